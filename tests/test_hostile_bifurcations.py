import pytest

import doya
import hostile_bifurcations

LINE = (5.0, -2.5, 1.0, 1.0, 0.0, False)


def test_folds_flips_and_cusps_of_hostile_lines_are_those_of_400_digits():
    """50 of those that `python tests/hostile_bifurcations.py 10000` checks."""
    seen, bad = hostile_bifurcations.check(seed=0, count=50)
    assert not bad
    assert sum(seen.values()) == 50


@pytest.mark.parametrize(
    ("over", "given"),
    [
        ("epsilon", (-1.8673563869341824e20, 1.8673563869341824e20, 1.0, 3.333, 0.553, True)),
        ("epsilon", (-3156894269487739.5, 3156894269487770.5, 1.0, 0.1157, -0.4565, True)),
        ("u", (1.2128551602388143e79, -1.2128551602388143e79, 1.0, -0.79, 0.0, False)),
        ("u", (9.070651831954456e40, -9.070651831954456e40, 1.0, -2.325, 0.0, True)),
        ("b", (1e80, -1e80, 1.0, -1.0, 1.0 - 2.0**-53, False)),
        ("w", (5.0, 1e90, 1.0, -1e90, 1.0, True)),
        ("w", (5.0, 7e90, 1.0, -1e70, 7e20, True)),
    ],
)
def test_terms_that_cancel_in_any_number_of_digits_leave_the_last_bit(over, given):
    """Weight or bias has up to 90 digits before the point, and their sum two."""
    assert not hostile_bifurcations.faults(over, given, is_map=True)


@pytest.mark.parametrize("fault", ["missing", "value", "x", "coefficient"])
def test_the_check_finds_a_seeded_fault(monkeypatch, fault):
    """In the flips along b at w = -6."""
    given = (-6.0, *LINE[1:])
    assert not hostile_bifurcations.faults("b", given, is_map=True)
    found = doya.bifurcation_points(doya.NeuronMap(-6.0), "b")
    if fault == "missing":
        found = found[1:]
    else:
        changed = {"value": found[0].value + 1e-15, "x": found[0].x + 1e-14, "coefficient": -1.0}
        found[0] = type(found[0])(**{**vars(found[0]), fault: changed[fault]})
    monkeypatch.setattr(doya, "bifurcation_points", lambda *given, **named: found, raising=False)
    (words,) = hostile_bifurcations.faults("b", given, is_map=True)
    assert ("kinds" if fault == "missing" else fault) in words
