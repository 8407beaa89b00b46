"""Ramps: an input that is constant, rises linearly, and is constant again."""

import copy
import math
import pickle

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya.integrators import ramps
from doya.sensitivities import second_steps

RAMP = doya.Ramp(0.0, 256.0, 0.0, 1.0)
NEURON = doya.NeuronODE(5.0, -3.0, input_to="bias")


def test_the_published_values_are_met():
    """b(t) = -3 + t/256, w = 5, x(0) = 1/16: THEORY.md section 11."""
    wanted = [0.1961574379493944905, 0.93527925731894349]
    final = doya.final_state(NEURON, 1.0 / 16.0, [160.0, 256.0], RAMP)
    np.testing.assert_allclose(final, wanted, rtol=1e-13)
    path = doya.simulate(NEURON, 1.0 / 16.0, 256.0, RAMP, times=[0.0, 160.0, 256.0])
    np.testing.assert_allclose(path.x[1:], wanted, rtol=1e-13)
    np.testing.assert_array_equal(path.u, [0.0, 0.625, 1.0])


def test_after_the_rise_the_state_settles():
    """At T = inf it is the equilibrium under the last input."""
    settled = doya.equilibria(NEURON, 1.0).x[0]
    assert doya.final_state(NEURON, 0.1, math.inf, RAMP) == pytest.approx(settled, rel=1e-15)
    path = doya.simulate(NEURON, 0.1, math.inf, RAMP, points=11)
    assert path.x[-1] == pytest.approx(settled, rel=1e-15)
    assert 256.0 in path.t
    assert path.success


@pytest.mark.parametrize("input_to", ["state", "bias"])
def test_a_ramp_is_the_function_that_it_names(input_to):
    """Derivatives agree with those under a function u(t), which SciPy integrates to 1e-10."""
    ramp = doya.Ramp(1.0, 4.0, 0.5, -1.0)
    neuron = doya.NeuronODE([3.0, -4.0], -1.0, input_weight=0.8, input_to=input_to)
    names = ("x0", "b", "w", "input_weight")
    found = doya.sensitivity(neuron, 0.3, [[2.0], [6.0]], names, ramp)
    same = doya.sensitivity(
        neuron, 0.3, [[2.0], [6.0]], names, lambda t: 0.5 - 1.5 * min(max((t - 1.0) / 3.0, 0.0), 1)
    )
    np.testing.assert_allclose(found.x, same.x, rtol=1e-9)
    for name in names:
        np.testing.assert_allclose(found.derivative[name], same.derivative[name], rtol=1e-7)


@pytest.mark.parametrize("input_to", ["state", "bias"])
def test_second_derivatives_after_a_rise_are_differences_of_the_first(input_to):
    """Central differences, which err by step**2 and rounding / step, both below 1e-7."""
    ramp, step = doya.Ramp(1.0, 1.5, 0.1, 0.6), 1e-5
    neuron = doya.NeuronODE(5.0, -2.6, input_weight=0.7, input_to=input_to)
    for end in (1.2, 4.0):
        found = doya.sensitivity(neuron, 0.4, end, u=ramp, order=2).second
        largest = max(abs(float(value)) for value in found.values())
        for name in ("x0", "b", "w"):
            sides = []
            for way in (-step, step):
                changed = {} if name == "x0" else {name: getattr(neuron, name) + way}
                moved = neuron.replace(**changed)
                start = 0.4 + way if name == "x0" else 0.4
                sides.append(doya.sensitivity(moved, start, end, u=ramp).derivative)
            for other in ("x0", "b", "w"):
                slope = (sides[1][other] - sides[0][other]) / (2.0 * step)
                assert abs(found[name, other] - slope) <= 3e-7 * largest


def test_only_the_rise_is_gone_through_in_steps(monkeypatch):
    """The right-hand side is asked as often for T = 10**6 as for T = 10; at infinity x0 is lost."""
    ramp, asked = doya.Ramp(1.0, 1.5, 0.1, 0.6), []

    def rates(*arguments):
        asked[-1] += 1
        return plain(*arguments)

    plain = second_steps.rates
    monkeypatch.setattr(second_steps, "rates", rates)
    neuron = doya.NeuronODE(5.0, -2.6)
    for end in (10.0, 1e6, math.inf):
        asked.append(0)
        found = doya.sensitivity(neuron, 0.4, end, u=ramp, order=2).second
    assert asked[0] == asked[1] == asked[2] > 0
    under_the_last = doya.sensitivity(neuron, 0.4, math.inf, u=0.6, order=2).second
    assert found["x0", "b"] == under_the_last["x0", "b"] == 0.0
    assert found["b", "w"] == pytest.approx(under_the_last["b", "w"], rel=1e-12)


@pytest.mark.parametrize("end", [1e-300, 1e-30])
def test_in_the_first_instant_of_a_rise_derivatives_are_sources_times_the_time(end):
    """To first order in T: x_b = T sigma', x_w = x0 x_b, bb = T sigma'', x0x0 = w**2 bb."""
    w, b, x0 = 5.0, -2.4, 0.3
    found = doya.sensitivity(
        doya.NeuronODE(w, b), x0, end, u=doya.Ramp(0.0, 3.0, 0.0, 1.0), order=2
    )
    level = 1.0 / (1.0 + math.exp(-(w * x0 + b)))
    slope = level * (1.0 - level)
    turn = slope * (1.0 - 2.0 * level)
    assert found.derivative["b"] == pytest.approx(slope * end, rel=1e-13, abs=0.0)
    assert found.derivative["w"] == pytest.approx(x0 * slope * end, rel=1e-13, abs=0.0)
    assert found.second["b", "b"] == pytest.approx(turn * end, rel=1e-13, abs=0.0)
    assert found.second["x0", "x0"] == pytest.approx(w * w * turn * end, rel=1e-13, abs=0.0)


def test_the_map_reads_a_ramp_at_whole_times():
    """Step t takes u(t), so that a list of these values gives the same states and derivatives."""
    ramp = doya.Ramp(2.5, 5.0, 0.0, 1.0)
    neuron = doya.NeuronMap(5.0, -3.0, input_to="bias")
    path = doya.simulate(neuron, 0.1, 8, ramp)
    values = [0.0, 0.0, 0.0, 0.2, 0.6, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(path.u, [*values, 1.0], rtol=1e-15)
    found = doya.sensitivity(neuron, 0.1, 8, ("b", "epsilon", "u"), ramp)
    same = doya.sensitivity(neuron, 0.1, 8, ("b", "epsilon", "u"), path.u[:8])
    for name in ("b", "epsilon", "u"):
        np.testing.assert_allclose(found.derivative[name], same.derivative[name], rtol=1e-14)
    assert not path.u_rises
    late = doya.final_state(neuron, 0.1, 10**9, doya.Ramp(10.0, 20.0, 0.0, 1.0))
    assert late == pytest.approx(doya.equilibria(neuron, 1.0).x[0], rel=1e-14)


def test_landscapes_and_walls_follow_a_ramp():
    """The wall over b is where x(inf) jumps; T in the rise takes the input that it has there."""
    ramp = doya.Ramp(1.0, 4.0, 0.0, 0.4)
    neuron = doya.NeuronODE(5.5, -2.6, input_to="bias")
    landscape = doya.loss_landscape(neuron, {"b": np.linspace(-4.0, -2.0, 21)}, 0.4, 40.0, u=ramp)
    (wall,) = landscape.walls
    at = float(wall.values["b"][0])
    beside = doya.final_state(neuron.replace(b=at + np.array([-1e-9, 1e-9])), 0.4, math.inf, ramp)
    assert beside[0] < 0.3 < 0.7 < beside[1]
    assert landscape.further_walls == ""
    early = doya.loss_landscape(neuron, {"b": np.linspace(-4.0, -2.0, 21)}, 0.4, 2.5, u=ramp)
    x = doya.final_state(neuron.replace(b=early.axes["b"]), 0.4, 2.5, ramp)
    np.testing.assert_allclose(early.x, x, rtol=1e-13)
    (wall,) = early.walls
    at = float(wall.values["b"][0])
    start = doya.final_state(neuron.replace(b=at), 0.4, 2.5, ramp)
    rest = doya.equilibria(neuron.replace(b=at), 0.2).x
    assert start == pytest.approx(rest[1], rel=1e-9)


def test_training_follows_a_ramp():
    """The first gradient is that of the sensitivity."""
    ramp = doya.Ramp(1.0, 4.0, 0.0, 0.4)
    path = doya.train(NEURON, 0.4, 6.0, 0.8, ("b", "w"), 0.1, 2, u=ramp)
    found = doya.sensitivity(NEURON, 0.4, 6.0, ("b", "w"), ramp)
    for name in ("b", "w"):
        want = 2.0 * (found.x - 0.8) * found.derivative[name]
        assert path.gradient[name][0] == pytest.approx(want, rel=1e-12)


def test_profiles_follow_a_ramp():
    """Over T the curve is that of single calls; the rise counts as driven."""
    ramp = doya.Ramp(1.0, 4.0, 0.0, 0.4)
    profile = doya.sensitivity_profile(NEURON, 0.4, 6.0, "b", "t", u=ramp, points=7)
    single = doya.sensitivity(NEURON, 0.4, profile.value, "b", ramp)
    np.testing.assert_allclose(profile.x, single.x, rtol=1e-13)
    np.testing.assert_allclose(profile.derivative["b"], single.derivative["b"], rtol=1e-12)
    assert profile.driven == ((1.0, 6.0),)
    rest = doya.settled_sensitivity(NEURON, profile.x[2], "b", u=ramp.at(2.0)).derivative["b"]
    assert profile.value[2] == 2.0
    assert profile.settled["b"][2] == pytest.approx(rest, rel=1e-12)


def test_a_ramp_is_drawn_as_a_ramp():
    """Its line joins the inputs; that of pulses goes in steps."""
    for u, style in ((doya.Ramp(1.0, 4.0, 0.0, 0.4), "default"), (0.3, "steps-post")):
        figure = Figure()
        doya.plots.draw_trajectory(doya.simulate(NEURON, 0.4, 6.0, u), figure.subplots())
        below = figure.axes[1]
        assert below.lines[-1].get_drawstyle() == style
        animation = doya.animations.animate_trajectory(
            doya.simulate(NEURON, 0.4, 6.0, doya.Ramp(1.0, 4.0, 0.0, 0.4)), Figure(), frames=3
        )
    assert animation.frames == 3


def test_methods_that_need_constant_pieces_say_so():
    """The default goes through the rise in steps by itself."""
    for method in ("euler", "rk4", "dop853"):
        with pytest.raises(ValueError, match="method must be 'formula' for a Ramp, which goes"):
            doya.simulate(NEURON, 0.4, 6.0, RAMP, method=method)
    by_steps = doya.sensitivity(NEURON, 0.4, 6.0, "b", RAMP, method="dop853")
    assert by_steps.x == pytest.approx(doya.final_state(NEURON, 0.4, 6.0, RAMP), rel=1e-11)


def test_a_rise_that_takes_too_many_steps_is_an_error(monkeypatch):
    """At w = -1e9 stability allows only steps of about 1e-8; in an ensemble the state is NaN."""
    monkeypatch.setattr(ramps, "MOST_STEPS", 1000)
    ramp = doya.Ramp(0.0, 50.0, 0.0, 1e6)
    with pytest.raises(doya.ConvergenceError, match="for a Ramp, a shorter rise or a w closer to"):
        doya.final_state(NEURON.replace(w=-1e9), 0.4, 60.0, ramp)
    states = doya.final_state(NEURON.replace(w=[5.0, -1e9]), 0.4, 60.0, ramp)
    np.testing.assert_array_equal(np.isnan(states), [False, True])
    path = doya.simulate(NEURON.replace(w=[5.0, -1e9]), 0.4, 60.0, ramp, points=4)
    assert path.success.tolist() == [True, False]
    found = doya.sensitivity(NEURON.replace(w=[5.0, -1e9]), 0.4, 60.0, "b", ramp)
    np.testing.assert_array_equal(np.isnan(found.derivative["b"]), [False, True])
    np.testing.assert_array_equal(np.isnan(found.x), [False, True])


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((-1.0, 2.0, 0.0, 1.0), "start must be a finite time, at least 0, got -1.0"),
        ((0.0, math.inf, 0.0, 1.0), "stop must be a finite time, at least 0, got inf"),
        ((3.0, 3.0, 0.0, 1.0), "stop must be greater than start, got start 3.0 and stop 3.0"),
        ((0.0, 1.0, math.nan, 1.0), "low must be finite, from -1e100 to 1e100, got nan"),
        ((0.0, 1.0, 0.0, [1.0, 2.0]), "high must be one number, finite, from -1e100 to 1e100"),
        ((0.0, 1.0, "a", 1.0), "low must be finite, from -1e100 to 1e100, got 'a'"),
    ],
)
def test_wrong_ramps_are_errors(numbers, words):
    """Each sentence names the argument, its range and the value."""
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        doya.Ramp(*numbers)


def test_ramps_compare_by_value():
    """Copies are equal, and have the same hash."""
    for twin in (copy.deepcopy(RAMP), pickle.loads(pickle.dumps(RAMP)), doya.Ramp(0, 256, 0, 1)):
        assert twin == RAMP
        assert hash(twin) == hash(RAMP)
    assert doya.Ramp(0.0, 256.0, 0.0, 2.0) != RAMP
    np.testing.assert_array_equal(doya.Ramp(1.0, 3.0, 0.1, 0.7).at([0, 1, 3, 9]), [
        0.1, 0.1, 0.7, 0.7,
    ])  # fmt: skip
