import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mpf

import doya
import oracles
from doya.bifurcations.diagrams import default_range
from doya.kernels.numbers.logistic import sigmoid_slope
from doya.neurons import flow_rate
from doya.plots.diagrams import arrows_of
from strategies import biases, epsilons, weights

FLOW_AND_MAP = [
    (doya.NeuronODE(5.0), "b"),
    (doya.NeuronODE(40.0), "b"),
    (doya.NeuronODE(b=-2.5), "w"),
    (doya.NeuronODE(4.0), "b"),
    (doya.NeuronODE(1.0), "b"),
    (doya.NeuronMap(-9.0), "b"),
    (doya.NeuronMap(5.0, epsilon=0.2), "b"),
    (doya.NeuronMap(b=3.0, epsilon=0.8), "w"),
    (doya.NeuronMap(b=-5.0), "w"),
    (doya.NeuronMap(-10.0, 3.0), "epsilon"),
    (doya.NeuronMap(5.0, -2.5), "epsilon"),
]


def test_the_diagram_of_the_paper():
    """w = 5 over [-3, -2]: two stable branches joined by an unstable one."""
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0))
    upper, lower = (point.value for point in diagram.special_points)
    assert diagram.between == (-3.0, -2.0)
    assert [branch.stable for branch in diagram.branches] == [True, False, True]
    ends = [(branch.value[0], branch.value[-1]) for branch in diagram.branches]
    assert ends == [(-3.0, upper), (upper, lower), (lower, -2.0)]


@pytest.mark.parametrize(("neuron", "over"), FLOW_AND_MAP, ids=str)
def test_branches_meet_to_the_bit_at_every_special_point(neuron, over):
    """Value, x and eigenvalue of the point are those of the branches that end in it."""
    diagram = doya.bifurcation_diagram(neuron, over)
    critical = {"LP": 1.0, "CP": 1.0, "PD": -1.0}
    for point in diagram.special_points:
        ends = [
            (branch, k)
            for branch in diagram.branches
            for k in (0, -1)
            if (branch.value[k], branch.x[k]) == (point.value, point.x)
        ]
        assert len(ends) == 2
        for branch, k in ends:
            eigenvalue = critical[point.kind] - (1.0 if neuron.dynamics == "flow" else 0.0)
            assert branch.eigenvalue[k] == pytest.approx(eigenvalue, abs=1e-14)


@pytest.mark.parametrize(("neuron", "over"), FLOW_AND_MAP, ids=str)
def test_every_point_is_an_equilibrium_with_its_stability(neuron, over):
    """All points satisfy x = sigma(w x + b), and the stable flag tells their eigenvalues."""
    diagram = doya.bifurcation_diagram(neuron, over)
    for branch in diagram.branches:
        there = neuron.replace(**{over: branch.value})
        slope = np.abs(there.w * sigmoid_slope(there.w * branch.x + there.b))
        assert np.max(np.abs(flow_rate(there, branch.x)) / (1.0 + slope)) < 1e-14
        np.testing.assert_allclose(branch.eigenvalue, there.eigenvalue(branch.x), atol=1e-12)
        inner = branch.eigenvalue[1:-1]
        inside = inner < 0.0 if neuron.dynamics == "flow" else np.abs(inner) < 1.0
        assert (inside == branch.stable).all()


@given(w=weights, b=biases, low=st.floats(-1e3, 1e3), width=st.floats(1e-9, 1e3))
def test_no_branch_is_missing_over_any_range(w, b, low, width):
    """At any value within the range the branches are as many as 40-digit bisection finds."""
    for over, other in (("b", {"w": w}), ("w", {"b": b})):
        neuron = doya.NeuronODE(**other)
        high = low + width
        assume(low < high)
        diagram = doya.bifurcation_diagram(neuron, over, (low, high), points=5)
        value = low + 0.381966 * (high - low)
        points = doya.bifurcation_points(neuron, over)
        beside = [abs(value - p.value) <= 1e-12 * (1 + abs(value)) for p in points]
        assume(not any(beside))
        there = neuron.replace(**{over: value})
        crossing = sum(
            min(branch.value) <= value <= max(branch.value) for branch in diagram.branches
        )
        assert crossing == doya.equilibria(there).count
        if abs(there.w) < 1e3 and abs(there.b) < 1e3:
            assert crossing == len(oracles.equilibria(there.w, there.b))


@given(epsilon=epsilons, w=st.floats(-100.0, 100.0), b=st.floats(-100.0, 100.0))
def test_over_epsilon_equilibria_stay_and_flip(epsilon, w, b):
    """x does not change; stability does where 1 + epsilon lambda passes -1."""
    diagram = doya.bifurcation_diagram(doya.NeuronMap(w, b), "epsilon")
    for branch in diagram.branches:
        assert np.ptp(branch.x) == 0.0
        low, high = branch.value[[0, -1]]
        if low < epsilon < high:
            there = doya.NeuronMap(w, b, epsilon=epsilon)
            assert branch.stable == (abs(there.eigenvalue(branch.x[0])) < 1.0)


@pytest.mark.parametrize(
    ("w", "between"),
    [(1e6, (-2e6, 1e6)), (-1e6, (-1e6, 2e6)), (5.0, (-700.0, 700.0)), (0.0, (-10.0, 10.0))],
)
def test_extreme_ranges_are_traced_from_end_to_end(w, between):
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w), between=between)
    assert diagram.branches[0].value[0] == between[0]
    assert diagram.branches[-1].value[-1] == between[1]
    for branch in diagram.branches:
        assert np.isfinite([branch.value, branch.x, branch.eigenvalue]).all()
        assert (np.diff(branch.x) >= 0.0).all()
        steps = np.diff(branch.value)
        assert (steps >= 0.0).all() or (steps <= 0.0).all()


def test_a_range_that_ends_on_a_fold_keeps_it():
    """The fold's double as an end: both branches that meet there are drawn."""
    neuron = doya.NeuronODE(w=5.0)
    upper, lower = (point.value for point in doya.bifurcation_points(neuron))
    diagram = doya.bifurcation_diagram(neuron, between=(lower, upper))
    assert [point.value for point in diagram.special_points] == [upper, lower]
    assert [branch.stable for branch in diagram.branches] == [True, False, True]


@given(
    b=st.floats(-22.0, 30.0),
    epsilon=st.floats(0.05, 1.0),
    ulps=st.integers(-16, 16),
    over=st.sampled_from(["b", "w"]),
    w=st.floats(-60.0, 60.0),
)
def test_ranges_that_end_within_rounding_of_a_special_point_lose_no_branch(
    b, epsilon, ulps, over, w
):
    """At the middle of the range the branches are as many as the equilibria."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    values = [point.value for point in doya.bifurcation_points(neuron, over)]
    for value in values:
        edge = value + ulps * np.spacing(value)
        gaps = [abs(value - other) for other in values if other != value]
        reach = 0.4 * min([1.0 + abs(value), *gaps])
        assume(reach > 1e-6 * abs(value))
        for between in ((edge - reach, edge), (edge, edge + reach)):
            diagram = doya.bifurcation_diagram(neuron, over, between, points=3)
            middle = 0.5 * (between[0] + between[1])
            crossing = [
                branch.stable
                for branch in diagram.branches
                if min(branch.value) <= middle <= max(branch.value)
            ]
            found = doya.equilibria(neuron.replace(**{over: middle}))
            assert crossing == found.stable.tolist()


@given(
    w=weights,
    b=biases,
    epsilon=epsilons,
    low=biases,
    width=st.floats(1e-6, 1.0),
    over=st.sampled_from(["b", "w"]),
)
def test_no_branch_is_missing_or_made_up_at_any_magnitude(w, b, epsilon, low, width, over):
    """Over ranges up to 1e100, flow and map cover a middle value once an equilibrium."""
    high = low + width * (1.0 + abs(low))
    assume(abs(high) <= 1e100)
    value = 0.5 * (low + high)
    for neuron in (doya.NeuronODE(w, b), doya.NeuronMap(w, b, epsilon=epsilon)):
        points = doya.bifurcation_points(neuron, over)
        assume(not any(abs(value - p.value) <= 1e-9 * (1 + abs(value)) for p in points))
        diagram = doya.bifurcation_diagram(neuron, over, (low, high), points=3)
        crossing = [
            branch for branch in diagram.branches if min(branch.value) <= value <= max(branch.value)
        ]
        assert len(crossing) == doya.equilibria(neuron.replace(**{over: value})).count


def test_far_out_no_fold_at_infinity_makes_up_a_branch():
    """There z of the flip and of a fold beyond all w round to one number."""
    diagram = doya.bifurcation_diagram(doya.NeuronMap(b=-4e16), "w", (0.0, 10.0))
    assert [branch.stable for branch in diagram.branches] == [True]


def test_a_fold_touched_from_outside_is_no_special_point_of_the_range():
    """Its branches lie beyond the end; table, picture and data agree that nothing is there."""
    _, lower = doya.bifurcation_points(doya.NeuronODE(w=5.0))
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0), between=(-3.0, lower.value))
    assert (len(diagram.branches), diagram.special_points) == (1, ())


def test_two_points_a_branch_are_enough_to_tell_stability():
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0), points=2)
    assert [branch.stable for branch in diagram.branches] == [True, False, True]


@pytest.mark.parametrize(
    ("neuron", "over"),
    [
        (doya.NeuronMap(b=0.0, epsilon=0.05), "w"),
        (doya.NeuronODE(0.0, -1e17), "w"),
        (doya.NeuronMap(w=4 * (1 - 2 / 1e-16), epsilon=1e-16), "b"),
        (doya.NeuronMap(-1e6, 5e5, epsilon=0.5), "epsilon"),
    ],
    ids=str,
)
def test_default_ranges_hold_special_points_of_any_size(neuron, over):
    points = doya.bifurcation_points(neuron, over)
    assert doya.bifurcation_diagram(neuron, over).special_points == tuple(points)
    assert points


def test_the_curve_is_smooth_enough_to_draw():
    """No step between neighbours exceeds 3 % of the picture's diagonal, w = 5 to w = 40."""
    for w in (4.5, 5.0, 8.0, 40.0):
        diagram = doya.bifurcation_diagram(doya.NeuronODE(w))
        low, high = diagram.between
        for branch in diagram.branches:
            steps = np.hypot(np.diff(branch.value) / (high - low), np.diff(branch.x))
            assert steps.max() < 0.03


@pytest.mark.parametrize(
    ("neuron", "over"),
    [*FLOW_AND_MAP, (doya.NeuronODE(1e6), "b"), (doya.NeuronODE(b=0.0), "w")],
    ids=str,
)
def test_the_default_range_holds_every_special_point(neuron, over):
    """With room to either side."""
    low, high = default_range(neuron, over)
    for point in doya.bifurcation_points(neuron, over):
        assert low < point.value < high


def test_the_default_range_of_w_is_wide_enough_for_what_the_folds_join():
    """b = -2.5: folds at w = 4.78 and 5.62, and half a unit to either side, to whole numbers."""
    assert default_range(doya.NeuronODE(b=-2.5), "w") == (4.0, 7.0)


def test_a_fixed_point_is_stable_up_to_its_flip_in_epsilon():
    """w = -12, b = 6: at x = 1/2 lambda = -4, so mu = 1 - 4 epsilon passes -1 at 1/2 exactly."""
    diagram = doya.bifurcation_diagram(doya.NeuronMap(-12.0, 6.0), "epsilon", (0.25, 0.75))
    ends = [(branch.value[0], branch.value[-1], branch.stable) for branch in diagram.branches]
    assert ends == [(0.25, 0.5, True), (0.5, 0.75, False)]
    assert [branch.eigenvalue[0] for branch in diagram.branches] == [0.0, -1.0]


def test_motion_is_between_neighbouring_equilibria():
    """At w = 5, b = -2.5 the equilibria are 0.1448, 0.5 and 0.8552; the ends are 0 and 1."""
    motion = doya.bifurcation_diagram(doya.NeuronODE(w=5.0)).motion()
    there = np.abs(motion.value + 2.5) < 1e-12
    edges = np.array([0.0, *map(float, map(oracles.sigmoid, oracles.equilibria(5.0, -2.5))), 1.0])
    for found, expected in ((motion.below, edges[:-1]), (motion.above, edges[1:])):
        assert found[there] == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_arrows_of_motion_keep_clear_of_the_equilibria():
    """Each is 0.6 of the way from one to the next, at most 0.12 and at least 0.08."""
    motion = doya.bifurcation_diagram(doya.NeuronODE(w=5.0)).motion()
    gap = motion.above - motion.below
    wide = 0.3 * gap > 0.04
    value, start, reach = arrows_of(motion)
    assert value.tolist() == motion.value[wide].tolist()
    assert start + 0.5 * reach == pytest.approx(
        0.5 * (motion.below + motion.above)[wide], rel=1e-12, abs=0.0
    )
    assert np.abs(reach) == pytest.approx(2.0 * np.minimum(0.3 * gap, 0.06)[wide], rel=1e-12)
    assert ((reach > 0.0) == motion.rises[wide]).all()


def test_motion_points_towards_stable_equilibria():
    """Between two equilibria the state moves the way 40-digit arithmetic says."""
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0))
    motion = diagram.motion()
    assert motion.value.size >= 12
    for b, below, above, rises in zip(*motion, strict=True):
        middle = mpf(below + above) / 2
        rate = oracles.sigmoid(5 * middle + mpf(b)) - middle
        assert rises == (rate > 0)


@pytest.mark.parametrize("points", [1, 2.5, "x"])
def test_too_few_points_are_refused(points):
    with pytest.raises(ValueError, match="points must be a whole number from 2"):
        doya.bifurcation_diagram(doya.NeuronODE(), points=points)
