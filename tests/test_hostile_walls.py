import dataclasses

import pytest

import doya
import hostile_walls

LINE = (5.0, -2.5, 1.0, 1.0, 0.0, False)


def test_walls_of_hostile_lines_are_those_of_400_digits():
    """20 of those that `python tests/hostile_walls.py 10000` checks."""
    seen, bad = hostile_walls.check(seed=0, count=20)
    assert not bad
    assert sum(seen.values()) >= 15  # where w w' = 0 there is no line along u


@pytest.mark.parametrize(
    ("over", "given", "x0"),
    [
        ("u", (1.2128551602388143e79, -1.2128551602388143e79, 1.0, -0.79, 0.0, False), 2.0),
        ("u", (9.070651831954456e40, -9.070651831954456e40, 1.0, -2.325, 0.0, True), 2.0),
        ("b", (1e80, -1e80, 1.0, -5e79, 1.0, True), 0.5),
        ("b", (1e80, -1e80, 1.0, -1e80, 1.0, True), 2.0),
    ],
)
def test_terms_that_cancel_in_any_number_of_digits_leave_the_last_bits(over, given, x0):
    assert not hostile_walls.faults(over, given, x0, is_map=False)


@pytest.mark.parametrize("x0", [0.5, 0.9])
@pytest.mark.parametrize("fault", ["missing", "kind", "at", "sides"])
def test_the_check_finds_a_seeded_fault(monkeypatch, fault, x0):
    """In the wall over b at w = 5, a boundary or a fold."""
    assert not hostile_walls.faults("b", LINE, x0, is_map=False)
    truth = doya.loss_landscape

    class Changed:
        def __init__(self, *given, **named):
            (wall,) = truth(*given, **named).walls
            changes = {
                "kind": {"kind": "phase"},
                "at": {"values": {"b": wall.values["b"] + 2e-15}},
                "sides": {"below": wall.above, "above": wall.below},
            }
            changed = dataclasses.replace(wall, **changes.get(fault, {}))
            self.walls = () if fault == "missing" else (changed,)

    monkeypatch.setattr(doya, "loss_landscape", Changed, raising=False)
    (words,) = hostile_walls.faults("b", LINE, x0, is_map=False)
    assert (fault if fault in ("at", "sides") else "walls") in words
