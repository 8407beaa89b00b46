"""Folds and flips of cycles along a parameter, and cascades of doublings."""

import itertools

import numpy as np
import pytest

import doya
import orbit_oracle

# eps = 0.5, b = 10: w at the flips of cycles with period 1, 2, 4, ..., 64, where the product of
# 1 - eps + eps w sigma'(z) around the cycle is -1, in 40-digit arithmetic (`orbit_oracle`).
CASCADE = {
    1: -13.70064427013690,
    2: -32.11485386147331,
    4: -36.86689451428006,
    8: -37.37305091890881,
    16: -37.47073241437159,
    32: -37.49104858302980,
    64: -37.49538304632299,
}
# Of a distance between two flips to the next.
RATIOS = [3.875, 9.388, 5.182, 4.808, 4.687]


def sweeps(count, seed):
    """Random neurons with a parameter and its range."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        w, epsilon = -rng.uniform(5.0, 150.0), rng.uniform(0.15, 0.9)
        neuron = doya.NeuronMap(w=w, b=-w * rng.uniform(0.1, 0.9), epsilon=epsilon)
        over = str(rng.choice(["b", "w", "epsilon"]))
        yield neuron, over, {"b": (0.0, -w), "w": (w, 0.2 * w), "epsilon": (0.05, 1.0)}[over]


def test_the_cascade_is_located_to_period_64():
    """Every flip within 1e-10 of its value in 40 digits, and the ratios of their distances."""
    points = doya.cycle_bifurcations(
        doya.NeuronMap(b=10.0, epsilon=0.5), "w", (-37.496, -10.0), points=50
    )
    assert [point.kind for point in points] == ["PD"] * 7
    found = {point.period: point.value for point in points}
    assert found == pytest.approx(CASCADE, abs=1e-13, rel=0.0)
    steps = np.diff([found[2**k] for k in range(7)])
    assert (steps[:-1] / steps[1:]).round(3).tolist() == RATIOS


def test_every_point_solves_its_equations_in_40_digits():
    """F^n(x) = x and (F^n)'(x) = 1 or -1 hold at the value told, within a few units of rounding."""
    checked = 0
    for neuron, over, between in sweeps(4, seed=1):
        for point in doya.cycle_bifurcations(neuron, over, between, points=60, longest=24):
            if point.kind == "MX":
                continue
            parameters = {name: getattr(point, name) for name in ("w", "b", "epsilon")}
            exact = orbit_oracle.bifurcation(point.kind, over, point.x[0], parameters, point.period)
            assert abs(float(exact - point.value)) <= 1e-12 * max(1.0, abs(point.value))
            states = orbit_oracle.step(point.x, point.w, point.b, point.epsilon)
            np.testing.assert_allclose(states, np.roll(point.x, -1), rtol=0.0, atol=1e-11)
            checked += 1
    assert checked > 20


def test_no_change_of_a_period_is_without_its_point():
    """Between neighbouring values of different period there is a fold or flip of one of them."""
    changes = 0
    for neuron, over, between in sweeps(5, seed=2):
        diagram = doya.orbit_diagram(neuron, over, between, points=100)
        points = doya.cycle_bifurcations(neuron, over, between, points=100)
        ends = sorted((point.value, point.period, point.kind) for point in points)
        for row in diagram.period:
            for k, (one, other) in enumerate(itertools.pairwise(row.tolist())):
                if one == other or (one == 0 and other == 0):
                    continue
                low, high = diagram.value[k : k + 2]
                here = {(p, kind) for value, p, kind in ends if low <= value <= high}
                for period in (one, other):
                    flipped_from = period % 2 == 0 and (period // 2, "PD") in here
                    ends_here = {(period, "LP"), (period, "PD")} & here or flipped_from
                    assert period == 0 or ends_here, (neuron, over, low, high, one, other)
                changes += 1
    assert changes > 20


def test_a_cycle_that_ends_in_the_flip_it_was_born_in_has_no_fold_there():
    """The 12-cycle below b = 25.296 comes from the 6-cycle, and from there on there is one."""
    neuron = doya.NeuronMap(w=-115.33282012197316, epsilon=0.20171230850494198)
    points = doya.cycle_bifurcations(neuron, "b", (25.1, 25.4), points=5, longest=12)
    assert [(point.kind, point.period) for point in points] == [("PD", 6)]
    value = points[0].value
    diagram = doya.orbit_diagram(neuron, "b", (value - 1e-7, value + 1e-7), points=21)
    assert set(diagram.attractors) == {1}


def test_a_narrow_window_has_its_fold_to_rounding():
    """In a window 5e-5 wide in epsilon Newton's steps are small long before they are done."""
    neuron = doya.NeuronMap(w=-89.8231884570361, b=58.75798869778597)
    points = doya.cycle_bifurcations(neuron, "epsilon", (0.05, 1.0), points=150, longest=9)
    (fold,) = [point for point in points if abs(point.value - 0.203015) < 1e-5]
    parameters = {"w": fold.w, "b": fold.b, "epsilon": fold.epsilon}
    exact = orbit_oracle.bifurcation("LP", "epsilon", fold.x[0], parameters, 9)
    assert abs(float(exact - fold.value)) < 1e-14


def test_period_one_is_told_in_closed_form():
    """Folds and flips of equilibria are the doubles of `bifurcation_points`."""
    for neuron in (doya.NeuronMap(w=5.0), doya.NeuronMap(w=-30.0, epsilon=0.4)):
        known = sorted((p.value, p.kind) for p in doya.bifurcation_points(neuron))
        low, high = known[0][0] - 1.0, known[-1][0] + 1.0
        points = doya.cycle_bifurcations(neuron, "b", (low, high), points=50, longest=1)
        assert [(point.value, point.kind) for point in points] == known


def test_mirrored_points_come_in_pairs():
    """(x, b) -> (1 - x, -w - b) turns the list around."""
    points = doya.cycle_bifurcations(
        doya.NeuronMap(w=-50.0, epsilon=0.5), "b", (0.0, 50.0), points=200, longest=16
    )
    values = [point.value for point in points]
    assert len(points) > 30
    np.testing.assert_allclose(values, [50.0 - value for value in values[::-1]], atol=1e-11)
    kinds = [(point.kind, point.period) for point in points]
    assert sorted(kinds[: len(kinds) // 2]) == sorted(kinds[(len(kinds) + 1) // 2 :])


def test_a_window_that_doubles_and_halves_again_is_whole():
    """The 9-cycle between b = 13.24 and 13.32 doubles, halves again, and ends in its fold."""
    points = doya.cycle_bifurcations(
        doya.NeuronMap(w=-50.0, epsilon=0.5), "b", (13.24, 13.32), points=5, longest=18
    )
    nine = [(point.kind, round(point.value, 4)) for point in points if point.period == 9]
    assert nine == [("PD", 13.2466), ("PD", 13.2885), ("PD", 13.3041), ("LP", 13.3158)]


@pytest.mark.long
def test_families_are_followed_across_every_value_of_the_grid():
    """Where a step ends a few ulps before a value, and where a value is the flip's own."""
    for neuron, over, between, points in (
        (doya.NeuronMap(w=-50.0, epsilon=0.5), "b", (0.0, 50.0), 1000),
        (doya.NeuronMap(w=-254.0, epsilon=0.15), "b", (0.0, 254.0), 300),
        (doya.NeuronMap(w=-20.0, b=10.0), "epsilon", (0.05, 1.0), 400),
    ):
        found = doya.cycle_bifurcations(neuron, over, between, points=points, longest=16)
        assert found
        assert "MX" not in {point.kind for point in found}


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("neuron", "over", "between"),
    [
        (doya.NeuronMap(w=-1e6, epsilon=0.5), "b", (-700.0, 1e6)),
        (doya.NeuronMap(w=-1e7, epsilon=1e-6), "b", (0.0, 1e7)),
        (doya.NeuronMap(b=1e99, epsilon=0.5), "w", (-1e100, -1e99)),
        (doya.NeuronMap(w=-8.0), "b", (-700.0, 700.0)),
        (doya.NeuronMap(w=-12.0, epsilon=0.5), "b", (5.0, 7.0)),
    ],
)
def test_extreme_neurons_lose_no_cycle_unseen(neuron, over, between):
    """What cannot be followed within rounding is told as MX, in range and with its states."""
    points = doya.cycle_bifurcations(neuron, over, between, points=20, longest=8)
    for point in points:
        assert point.kind in ("LP", "PD", "MX")
        assert between[0] <= point.value <= between[1]
        assert point.x.shape == (point.period,)
        assert np.all((point.x >= 0.0) & (point.x <= 1.0))


def test_wrong_arguments_are_named():
    """The longest period has a range; the rest is as for orbit diagrams."""
    neuron = doya.NeuronMap(w=-50.0, epsilon=0.5)
    with pytest.raises(ValueError, match="longest must be a whole number from 1 to 64, got 65"):
        doya.cycle_bifurcations(neuron, longest=65)
    with pytest.raises(ValueError, match="over must be"):
        doya.cycle_bifurcations(neuron, over="x0")
