"""The loss over the constant input u: its walls, gradient, curve and minimum.

The truth is mpmath and a naive iteration; nothing of it imports doya.
"""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import doya
import oracles
from hostile_walls import InDoubt, walls
from iterating import iterated
from promises import made_again, refused
from shell import answer, doya_

# At w = 5, b = -2.5, w' = 1 the folds over u, in 40 digits.
FOLD = 0.0311220677261375906
KINDS = {"flow": doya.NeuronODE, "map": doya.NeuronMap}
PLACES = ["state", "bias"]


def naive(w, b, epsilon, x, weight, u, steps, inside):
    """The state of the map after some steps; the flow has the same walls and attractors."""
    shift, lift = (0.0, weight * u) if inside else (weight * u, 0.0)

    def step(x, shift, lift):
        return (1.0 - epsilon) * x + epsilon * (1.0 / (1.0 + np.exp(-w * x - b - lift)) + shift)

    return iterated(step, x, steps, shift, lift)


@pytest.mark.parametrize("dynamics", KINDS)
@pytest.mark.parametrize("weight", [1.0, -2.0])
def test_over_u_the_walls_of_starts_beyond_the_folds_are_the_folds(dynamics, weight):
    """u = +-0.0311220677261375906 / w', and the start 1/2 has its wall at u = 0."""
    neuron = KINDS[dynamics](5.0, -2.5, input_weight=weight)
    for x0, at, kind in ((0.9, -FOLD, "fold"), (0.1, FOLD, "fold"), (0.5, 0.0, "boundary")):
        found = doya.loss_landscape(neuron, {"u": np.linspace(-0.1, 0.1, 9)}, x0, 30)
        (wall,) = found.walls
        assert (wall.kind, wall.over, found.further_walls) == (kind, "u", "")
        assert wall.values["u"][0] == pytest.approx(at / weight, rel=1e-15)


@pytest.mark.parametrize("inside", PLACES)
@pytest.mark.parametrize("dynamics", KINDS)
def test_over_u_a_wall_is_where_a_naive_state_jumps(dynamics, inside):
    """For random neurons, starts, and weights of both signs; with the losses on both sides."""
    rng = np.random.default_rng(21)
    kinds = set()
    for _ in range(12):
        w, b = rng.uniform(4.5, 9.0), rng.uniform(-6.0, -1.0)
        weight, x0 = rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 2.0), rng.uniform(-0.2, 1.2)
        epsilon = 0.5
        neuron = KINDS[dynamics](w, b, input_weight=weight, input_to=inside)
        if dynamics == "map":
            neuron = neuron.replace(epsilon=epsilon)
        (wall,) = doya.loss_landscape(neuron, {"u": [-20.0, 20.0]}, x0, 5, 0.7).walls
        kinds.add(wall.kind)
        u = wall.values["u"][0] + np.array([-1e-3, 1e-3])
        x = naive(w, b, epsilon, x0, weight, u, 20_000, inside == "bias")
        assert abs(x[1] - x[0]) == pytest.approx(wall.size[0], abs=0.1)
        assert wall.size[0] > 0.2
        loss = (0.7 - x) ** 2
        assert [wall.below[0], wall.above[0]] == pytest.approx(list(loss), abs=0.1)
    assert kinds == {"boundary", "fold"}


@pytest.mark.parametrize("inside", PLACES)
def test_over_u_a_wall_is_that_of_the_closed_form_in_40_digits(inside):
    """c = sigma(w x0 + b) and u = (x0 - c)/w', or the fold; inside, the wall over b rescaled."""
    rng = np.random.default_rng(4)
    for _ in range(40):
        w, b, x0 = rng.uniform(4.2, 12.0), rng.uniform(-8.0, 2.0), rng.uniform(-1.0, 2.0)
        weight = rng.uniform(-3.0, 3.0)
        neuron = doya.NeuronODE(w, b, input_weight=weight, input_to=inside)
        (wall,) = doya.loss_landscape(neuron, {"u": [-1e3, 1e3]}, x0, 5.0).walls
        with mp.workdps(40):
            upper, lower = ((1 + side * mp.sqrt(1 - 4 / mpf(w))) / 2 for side in (1, -1))
            c = mpf(x0) if inside == "bias" else oracles.sigmoid(mpf(w) * mpf(x0) + mpf(b))
            at = min(max(c, lower), upper)
            rise = mpf(weight) * (1 if inside == "bias" else mpf(w))
            exact = (mp.log(at / (1 - at)) - mpf(w) * at - mpf(b)) / rise
            if inside == "state" and at == c:
                exact = (mpf(x0) - c) / mpf(weight)
        assert wall.values["u"][0] == pytest.approx(float(exact), rel=4e-16, abs=1e-300)
        assert wall.kind == ("boundary" if at == c else "fold")


@pytest.mark.parametrize("inside", PLACES)
def test_over_u_loss_and_gradient_are_those_of_40_digits(inside):
    """By a central difference of the iterated map."""
    w, b, weight, x0, epsilon, steps = 5.5, -2.5, -1.5, 0.45, 0.75, 12
    neuron = doya.NeuronMap(w, b, input_weight=weight, epsilon=epsilon, input_to=inside)
    found = doya.loss_landscape(neuron, {"u": np.linspace(-0.5, 0.5, 5)}, x0, steps, 0.7)
    assert found.u is None

    def loss(u):
        x = mpf(x0)
        for _ in range(steps):
            level = oracles.sigmoid(w * x + b + (weight * u if inside == "bias" else 0))
            x = (1 - epsilon) * x + epsilon * (level + (weight * u if inside == "state" else 0))
        return (mpf(0.7) - x) ** 2

    with mp.workdps(40):
        h = mpf(10) ** -12
        for u, value, slope in zip(
            found.axes["u"].tolist(), found.loss, found.gradient["u"], strict=True
        ):
            assert value == pytest.approx(float(loss(mpf(u))), rel=1e-12)
            exact = (loss(u + h) - loss(u - h)) / (2 * h)
            assert slope == pytest.approx(float(exact), rel=1e-11)
    flow = doya.NeuronODE(w, b, input_weight=weight, input_to=inside)
    found = doya.loss_landscape(flow, {"u": [-0.25, 0.0, 0.5], "x0": [0.2, 0.6]}, 0.0, 3.0, 0.7)
    for i, u in enumerate(found.axes["u"]):
        h = 1e-5
        x = doya.final_state(flow, found.axes["x0"], 3.0, u)
        ends = [doya.final_state(flow, found.axes["x0"], 3.0, u + side) for side in (h, -h)]
        np.testing.assert_allclose(found.x[i], x, rtol=1e-14)
        slope = 2.0 * (x - 0.7) * (ends[0] - ends[1]) / (2.0 * h)
        np.testing.assert_allclose(found.gradient["u"][i], slope, rtol=1e-7)


@pytest.mark.parametrize("dynamics", KINDS)
def test_over_u_the_largest_gradient_curve_and_minimum_resolve_the_wall(dynamics):
    """The wall is as steep as a finite difference of states beside it says; a grid misses it."""
    neuron = KINDS[dynamics](5.0, -2.4, input_weight=2.0)
    found = doya.loss_landscape(neuron, {"u": np.linspace(-0.1, 0.1, 20)}, 0.5, 30, 0.6)
    (wall,) = found.walls
    largest = found.largest_gradient
    assert largest.value == wall.largest_gradient[0] > 100.0 * largest.on_grid
    assert not largest.is_lower_bound
    at, h = largest.at["u"], 1e-2 * wall.width[0]
    high, low = (doya.final_state(neuron, 0.5, 30, at + side) for side in (h, -h))
    assert abs((high - 0.6) ** 2 - (low - 0.6) ** 2) / (2 * h) == pytest.approx(
        largest.value, rel=1e-3
    )
    curve = found.curve
    assert curve.over == "u"
    assert at in curve.value
    assert np.abs(curve.gradient["u"]).max() == pytest.approx(largest.value, rel=1e-12)
    assert np.abs(np.diff(curve.x)).max() < 0.03
    assert found.minimum["loss"] == 0.0
    x = doya.final_state(neuron, 0.5, 30, found.minimum["u"])
    assert x == pytest.approx(0.6, abs=1e-9)


@pytest.mark.parametrize("end", [50, 51])
@pytest.mark.parametrize("weight", [1.25, -0.8])
@pytest.mark.parametrize("inside", PLACES)
def test_over_u_a_two_cycle_has_a_wall_between_its_phases(inside, weight, end):
    """At w = -6, b = 3: u = (x0 - c)/w' with c = sigma(3 - 6 x0), or the shift of b."""
    x0 = 0.45
    neuron = doya.NeuronMap(-6.0, 3.0, input_weight=weight, input_to=inside)
    (wall,) = doya.loss_landscape(neuron, {"u": [-1.0, 1.0]}, x0, end, 0.7).walls
    exact = (x0 - float(oracles.sigmoid(mpf(3) - 6 * mpf(x0)))) / weight
    if inside == "bias":
        exact = (math.log(x0 / (1.0 - x0)) + 6.0 * x0 - 3.0) / weight
    assert wall.kind == "phase"
    assert wall.values["u"][0] == pytest.approx(exact, rel=1e-13)
    for loss, side in ((wall.below, -1e-7), (wall.above, 1e-7)):
        x = naive(-6.0, 3.0, 1.0, x0, weight, exact + side, 2000 + end, inside == "bias")
        assert loss[0] == pytest.approx((0.7 - x) ** 2, abs=1e-4)
    assert wall.largest_gradient[0] > 1e6
    assert wall.status.tolist() == [0]


@pytest.mark.parametrize("other", ["w", "b", "x0", "epsilon"])
def test_over_u_and_another_parameter_the_wall_is_a_curve(other):
    """At each of its points it is the wall over one of them."""
    between = {"w": (3.0, 7.0), "b": (-3.0, -2.0), "x0": (0.0, 1.0), "epsilon": (0.25, 1.0)}[other]
    neuron = doya.NeuronMap(5.0, -2.4, input_weight=-2.0)
    axes = {other: np.linspace(*between, 9), "u": np.linspace(-0.5, 0.5, 9)}
    found = doya.loss_landscape(neuron, axes, 0.5, 9)
    assert found.walls
    for wall in found.walls:
        assert wall.over == ("b" if other == "b" else "u")
        for k in (0, wall.below.size // 2, -1):
            u, value = float(wall.values["u"][k]), float(wall.values[other][k])
            x0 = value if other == "x0" else 0.5
            own = neuron if other == "x0" else neuron.replace(**{other: value})
            if own.w <= 4.001 or not abs(u) < 0.4999:
                continue
            (alone,) = doya.loss_landscape(own, {"u": [-0.5, 0.5]}, x0, 9).walls
            assert alone.values["u"][0] == pytest.approx(u, abs=1e-12)
            sides = [wall.below[k], wall.above[k]]
            sides = sides[::-1] if other == "b" else sides  # b rises where w' u falls
            assert [alone.below[0], alone.above[0]] == pytest.approx(sides, abs=1e-6)


@pytest.mark.parametrize(
    ("neuron", "u", "words"),
    [
        (doya.NeuronODE(), 0.1, "u must not be given where u is swept, got 0.1"),
        (doya.NeuronODE(), doya.Pulses([(1.0, 2.0, 0.5)]), "u must not be given where u is swept"),
        (doya.NeuronMap(), math.sin, "u must not be given where u is swept"),
        (doya.NeuronODE(input_weight=0.0), None, "over must not have 'u' where w' = 0"),
        (doya.NeuronODE(1e100, 0.0, input_weight=1e9), None, "b . w w' u must be .*closer to 0"),
    ],
)
def test_a_swept_input_is_the_only_one_and_has_an_effect(neuron, u, words):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(neuron, {"u": [-0.1, 0.1]}, 0.5, 9, u=u)


def test_the_command_sweeps_the_input(here):
    """From x0 = 0.9 the wall is the fold; the data hold u, and the command makes them again."""
    whole = answer("landscape --over u -0.1 0.1 --x0 0.9 --points 20 --json")
    assert whole["parameters"]["over"] == [["u", -0.1, 0.1]]
    assert whole["parameters"]["input"] is None
    (wall,) = whole["result"]["walls"]
    assert (wall["kind"], wall["over"]) == ("fold", "u")
    assert wall["u"] == pytest.approx(-FOLD, rel=1e-15)
    assert {*whole["result"]["curve"]} == {"u", "loss", "x", "gradient_u"}
    assert made_again("landscape --over u -0.1 0.1 --x0 0.9 --points 9")
    assert made_again("landscape --over u -0.1 0.1 --over w 4 6 --points 5")
    done = doya_("landscape --over u -0.1 0.1 --input 0.5 --points 9 --json")
    assert "--input has no effect, because u is swept." in done.stderr
    assert refused(
        "landscape --over u -1 1 --pulse 1 2 3", "--pulse and --over u both define the input: .*"
    )
    assert refused(
        "landscape --over u -1 1 --ramp 1 2 3 4", "--ramp and --over u both define the input: .*"
    )
    assert refused(
        "landscape --over u -1 1 --input-weight 0", "--over u needs --input-weight other than 0"
    )


@given(
    st.floats(-6.0, 0.0),
    st.floats(-1.0, -1e-3) | st.floats(1e-3, 1.0),
    st.floats(-1.0, -0.01) | st.floats(0.01, 2.0),
    st.sampled_from([1e4, 4e99]),
)
@example(-2.0, -0.00126834, -0.6114451510942484, 1e8)
def test_no_wall_over_w_under_an_input_is_missed(b, shift, x0, end):
    """In a range of any size, two walls near each other too; the truth has 40 digits."""
    neuron = doya.NeuronODE(5.0, b, input_weight=shift)
    found = doya.loss_landscape(neuron, {"w": [-end, end]}, x0, math.inf, 0.855, 1.0)
    seen = sorted((wall.values["w"].item(), wall.kind) for wall in found.walls)
    with mp.workdps(40):
        try:
            true = walls("w", 5.0, b, 1e-300, shift, 1.0, False, x0)
        except InDoubt:
            return
    expected = sorted((float(at), kind) for kind, at in true if at <= end)
    assert [kind for _, kind in seen] == [kind for _, kind in expected]
    assert [at for at, _ in seen] == pytest.approx([at for at, _ in expected], rel=1e-12)


@pytest.mark.parametrize(
    ("b", "x0", "shift", "end"),
    [
        (24.791422652345318, 2.050021149457292, -0.9999999999999983, 1e12),
        (24.8, 2.0, -1.0 + 1e-12, 1e15),
        (-2.0, 1e-20, -0.5, 1e24),
        (2.0, -1e-20, -0.5, 1e24),
    ],
)
def test_over_w_the_losses_beside_a_wall_are_on_their_sides(b, x0, shift, end):
    """Also where rounding of b + w w' u is larger than its change beside the wall.

    b + w w' u + w c - ln(c / (1 - c)) grows with w at the rate x = c + w' u.
    """
    found = doya.loss_landscape(doya.NeuronODE(5.0, b), {"w": [4.5, end]}, x0, math.inf, 0.5, shift)
    assert found.walls
    for wall in found.walls:
        with mp.workdps(60):
            w, c = mpf(float(wall.values["w"][0])), mpf(x0) - mpf(shift)
            folds = [y for y, _ in oracles.folds(w)]
            if wall.kind == "fold":
                c = min(folds, key=lambda y: abs(w * (y + shift) + b - mp.log(y / (1 - y))))
            states = [oracles.sigmoid(z) for z in oracles.equilibria(w, b + w * mpf(shift))]
            sides = sorted({min(*states, c), max(*states, c)}, reverse=c + mpf(shift) < 0)
            truth = [float((0.5 - y - shift) ** 2) for y in sides]
        assert [wall.below[0], wall.above[0]] == pytest.approx(truth, abs=1e-6)


def test_over_w_the_cusp_is_no_wall():
    """At b = -2 - 4 w' u exactly both folds meet at w = 4, and the state does not jump there."""
    neuron, u = doya.NeuronODE(5.0, -0.9166907209007), -0.270827319774825
    assert neuron.b == -2.0 - 4.0 * u
    found = doya.loss_landscape(neuron, {"w": [4.0, 100.0]}, 0.25724526696242, math.inf, 0.855, u)
    assert found.walls == ()
    kinds = [point.kind for point in doya.bifurcation_points(neuron, "w", (3.9, 4.1), u=u)]
    assert kinds == ["CP"]  # 4 w' u has more digits than are carried elsewhere
