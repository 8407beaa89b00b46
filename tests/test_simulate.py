import math
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya.kernels.flow import formula as flow
from doya.kernels.flow import sensitivities as flow_sensitivities
from doya.kernels.machinery import running
from strategies import epsilons

REFERENCE = pathlib.Path(__file__).parent / "references" / "flow.npz"

SET_AND_RESET = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
MEMORY = doya.NeuronODE(5.0, -2.5)

times = st.floats(0.0, 30.0)
pulses = st.lists(
    st.tuples(times, times, st.floats(-1.0, 1.0)).filter(lambda p: p[0] < p[1]), max_size=4
).map(doya.Pulses)


def test_a_pulse_sets_the_memory_and_another_resets_it():
    """w = 5, b = -2.5: between the pulses the state stays on the attractor it was pushed to."""
    for dynamics in (MEMORY, doya.NeuronMap(5.0, -2.5, epsilon=0.25)):
        scale = 1.0 if dynamics is MEMORY else 4.0
        u = doya.Pulses([(scale * a, scale * z, v) for a, z, v in SET_AND_RESET.pulses])
        found = doya.simulate(dynamics, 0.145, 45.0 * scale, u)
        off, _, on = doya.equilibria(dynamics).x
        at = np.searchsorted(found.t, scale * np.array([4.0, 24.0, 44.0]))
        assert found.x[at] == pytest.approx([off, on, off], abs=2e-3)
        assert found.success
        assert found.message == "The end was reached."


@given(w=st.floats(-30.0, 30.0), b=st.floats(-20.0, 20.0), x0=st.floats(-1.0, 2.0), u=pulses)
def test_states_on_the_way_are_final_states(w, b, x0, u):
    """simulate at any times is final_state at each, also on and between the input's jumps."""
    neuron = doya.NeuronODE(w, b, input_weight=0.7)
    jumps = [t for start, stop, _ in u.pulses for t in (start, stop)]
    at = np.sort([0.0, 1.0, 7.5, 30.0, *jumps])
    found = doya.simulate(neuron, x0, 30.0, u, times=at)
    assert found.x == pytest.approx(doya.final_state(neuron, x0, at, u), rel=1e-12, abs=1e-14)


@pytest.mark.long
@given(w=st.floats(-6.0, 3.5), b=st.floats(-9.0, 9.0), x0=st.floats(-1.0, 2.0), u=pulses)
def test_steps_under_pulses_agree_with_the_formula(w, b, x0, u):
    """Every breakpoint is hit, so that jumps cost no order."""
    neuron = doya.NeuronODE(w, b)
    exact = doya.simulate(neuron, x0, 30.0, u)
    for method, settings, error in [
        ("dop853", {}, 1e-10),
        ("rk4", {"step": 0.05}, 1e-5),
        ("euler", {"step": 0.01}, 5e-2),
    ]:
        found = doya.simulate(neuron, x0, 30.0, u, times=exact.t, method=method, **settings)
        assert found.x == pytest.approx(exact.x, abs=error)
        assert found.nfev > 0


def test_dormand_prince_agrees_with_the_formula_on_every_third_reference():
    """Of the 500, within ten times its tolerance, by the condition number."""
    with np.load(REFERENCE) as data:
        w, b, x0, end, *by = (data[k] for k in ("w", "b", "x0", "T", "by_x0", "by_b", "by_w"))
    condition = np.maximum.reduce([np.ones_like(w), *np.abs(by)])
    neuron = doya.NeuronODE(w, b)
    exact = doya.final_state(neuron, x0, end)
    for i in np.flatnonzero(end > 0.0)[::3]:
        one = doya.NeuronODE(w[i], b[i])
        x = doya.simulate(one, x0[i], end[i], times=[end[i]], method="dop853")
        assert abs(x.x[0] - exact[i]) <= 1e-11 * condition[i]


@pytest.mark.long
@given(
    w=st.floats(-3.0, 3.0),
    b=st.floats(-9.0, 9.0),
    x0=st.floats(-1.0, 2.0),
    epsilon=epsilons,
    steps=st.integers(0, 60),
    u=st.lists(st.floats(-1.0, 1.0), min_size=60, max_size=60),
)
def test_eulers_step_of_the_flow_is_the_map(w, b, x0, epsilon, steps, u):
    """Equal steps of length epsilon, also under an input, to rounding."""
    by_map = doya.simulate(doya.NeuronMap(w, b, epsilon=epsilon), x0, steps, np.array(u[:steps]))
    table = doya.Table(epsilon * np.arange(60.0), u)
    by_euler = doya.simulate(
        doya.NeuronODE(w, b), x0, epsilon * steps, table,
        times=epsilon * by_map.t, method="euler", step=1.5 * epsilon,
    )  # fmt: skip
    assert by_euler.x == pytest.approx(by_map.x, rel=1e-11, abs=1e-11)


def naive_map(neuron, x, u):
    """The states of one neuron, step by step in Python floats."""
    states = [x]
    for value in u:
        sigma = 1.0 / (1.0 + math.exp(-(neuron.w * x + neuron.b)))
        drive = neuron.epsilon * neuron.input_weight * value
        x = (1.0 - neuron.epsilon) * x + neuron.epsilon * sigma + drive
        states.append(x)
    return states


@pytest.mark.long
@given(
    w=st.floats(-3.0, 3.0),
    epsilon=epsilons,
    u=st.lists(st.floats(-1.0, 1.0), max_size=80),
    u_2=st.floats(-1.0, 1.0),
)
def test_the_map_takes_one_value_a_step(w, epsilon, u, u_2):
    """As an array, a table or a function, and one row a neuron in an ensemble."""
    neuron = doya.NeuronMap(w, -0.4, epsilon=epsilon, input_weight=0.5)
    steps = len(u)
    expected = naive_map(neuron, 0.3, u)
    forms = [np.array(u), lambda t: u[int(t)], doya.Table(range(steps), u)]
    for form in forms if steps else forms[:1]:
        found = doya.simulate(neuron, 0.3, steps, form)
        assert found.x == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert doya.final_state(neuron, 0.3, steps, form) == found.x[-1]
    rows = np.array([u, [u_2] * steps])
    both = doya.simulate(neuron, 0.3, steps, rows)
    assert both.x[0] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert both.x[1] == pytest.approx(naive_map(neuron, 0.3, rows[1]), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("method", "calls"), [("euler", 3), ("rk4", 12)])
def test_a_length_that_is_a_whole_number_of_steps_takes_no_more(method, calls):
    """2.1 / 0.7 rounds to more than 3: three steps of 0.7 all the same, written out for Euler."""
    neuron = doya.NeuronODE(3.0, -1.0)
    path = doya.simulate(neuron, 0.9, 2.1, times=[0.0, 2.1], method=method, step=0.7)
    assert path.nfev == calls
    x = 0.9
    for _ in range(3):
        x += 0.7 * (1.0 / (1.0 + math.exp(1.0 - 3.0 * x)) - x)
    assert path.x[-1] == pytest.approx(x, rel=1e-15 if method == "euler" else 0.1, abs=0.0)


def test_a_function_of_time_goes_through_scipy():
    """With w = 0 the answer is a closed form: x' = -x + 1/2 + sin t."""
    neuron = doya.NeuronODE(0.0, 0.0)
    found = doya.simulate(neuron, [0.2, 0.9], 12.0, math.sin)
    start = np.array([[0.2], [0.9]])
    t = found.t
    exact = 0.5 + 0.5 * (np.sin(t) - np.cos(t)) + (start - 0.5 + 0.5) * np.exp(-t)
    assert found.x == pytest.approx(exact, abs=1e-10)
    assert found.method == "dop853"
    np.testing.assert_allclose(found.u, np.broadcast_to(np.sin(t), found.x.shape))
    ends = doya.final_state(neuron, start, [0.0, 3.0, 12.0], math.sin)
    assert ends == pytest.approx(found.x[:, np.searchsorted(t, [0.0, 3.0, 12.0])], abs=1e-10)


def test_a_short_pulse_of_a_function_is_seen():
    """SciPy's steps are kept short."""
    found = doya.final_state(MEMORY, 0.145, 40.0, lambda t: 3.0 * (20.0 <= t < 20.4))
    assert found == pytest.approx(
        doya.final_state(MEMORY, 0.145, 40.0, doya.Pulses([(20.0, 20.4, 3.0)])), abs=1e-6
    )


def test_without_times_every_step_or_201_times_and_every_jump_are_told():
    assert doya.simulate(doya.NeuronMap(), 0.5, 7).t.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert doya.simulate(MEMORY, 0.5, 0.35, method="rk4").t == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.35]
    )
    found = doya.simulate(MEMORY, 0.5, 1.0, doya.Pulses([(0.123, 0.456, 1.0)]))
    assert found.t == pytest.approx(np.sort([*np.linspace(0.0, 1.0, 201), 0.123, 0.456]))
    assert found.u[np.searchsorted(found.t, [0.0, 0.123, 0.456])].tolist() == [0.0, 1.0, 0.0]
    for_ever = doya.simulate(MEMORY, 0.6, math.inf)
    assert for_ever.t[[0, 100, 200]].tolist() == [0.0, 1.0, math.inf]
    assert for_ever.x[-1] == doya.equilibria(MEMORY).x[2]


def test_no_time_at_all():
    """t_end = 0 gives the start, by any method."""
    for method in doya.trajectory_checks.METHODS:
        found = doya.simulate(MEMORY, [0.5, 0.1 + 0.2], 0.0, 0.7, method=method)
        assert (found.x == [[0.5], [0.1 + 0.2]]).all()
        assert doya.simulate(MEMORY, 0.3, 0.0, times=[], method=method).x.shape == (0,)
    assert doya.simulate(doya.NeuronMap(), 0.3, 0).x.tolist() == [0.3]


def test_in_an_ensemble_each_failure_is_a_status():
    """The others go on; what fails is NaN from there on and says why."""
    u = doya.Table([0.0, 2.0], [[0.1, 0.2], [0.1, math.nan]])
    for neuron, method in [
        (MEMORY, None),
        (MEMORY, "rk4"),
        (MEMORY, "dop853"),
        (doya.NeuronMap(), None),
    ]:
        found = doya.simulate(neuron, 0.5, 4.0, u, times=[1.0, 2.0, 3.0, 4.0], method=method)
        assert found.status.tolist() == [0, 2]
        assert found.message[1].startswith("The input or the state is not finite. ")
        assert np.isnan(found.u[1]).tolist() == [False, True, True, True]
        assert np.isnan(found.x).tolist() == [[False] * 4, [False, False, True, True]]
    limited = doya.simulate(MEMORY, [0.5, 0.6], 50.0, method="dop853", max_steps=10)
    assert limited.status.tolist() == [0, 1]
    assert limited.message[1].startswith("The step limit was reached before the end. ")
    assert np.isnan(limited.x[1, -1])
    exploding = doya.simulate(doya.NeuronODE([0.0, 1.0]), 0.5, 30_000.0, method="euler", step=3.0)
    assert exploding.status.tolist() == [2, 2]


def test_what_no_panels_reach_is_nan_in_an_ensemble(monkeypatch):
    """By formula, at the end and on the way, with derivatives too; alone it is raised."""
    for module in (flow, flow_sensitivities):  # the second has a copy of its own
        monkeypatch.setattr(module, "PANELS", 0)
    ensemble = doya.NeuronODE(5.0, [-2.4, -2.5])  # from 1/2 the second is at rest
    with running.always(running.interpret):
        found = doya.simulate(ensemble, 0.5, 20.0, points=3)
        assert found.status.tolist() == [1, 0]
        assert np.isnan(found.x).tolist() == [[False, True, True], [False] * 3]
        assert np.isnan(doya.final_state(ensemble, 0.5, 20.0)).tolist() == [True, False]
        slopes = doya.sensitivity(ensemble, 0.5, 20.0)
        for row in (slopes.x, *slopes.derivative.values()):
            assert np.isnan(row).tolist() == [True, False]
        for function in (doya.final_state, doya.simulate, doya.sensitivity):
            with pytest.raises(doya.ConvergenceError, match="reached"):
                function(doya.NeuronODE(5.0, -2.4), 0.5, 20.0)


def test_derivatives_under_a_function_are_nan_only_where_the_steps_end():
    """The second neuron is too stiff for SciPy's steps."""
    found = doya.sensitivity(doya.NeuronODE([5.0, 1e9], [-2.4, -5e8]), 0.3, 5.0, u=lambda t: 0.0)
    assert not np.isnan(found.derivative["b"][0])


def test_a_single_failure_is_raised():
    with pytest.raises(ValueError, match=r"u must be finite, .* not finite at t = 2"):
        doya.simulate(MEMORY, 0.5, 4.0, doya.Table([0.0, 2.0], [0.1, math.nan]))
    with pytest.raises(doya.ConvergenceError, match="step limit"):
        doya.simulate(MEMORY, 0.6, 50.0, method="dop853", max_steps=10)
    with pytest.raises(doya.ConvergenceError, match="not finite"):
        doya.simulate(MEMORY, 0.6, 5.0, lambda t: math.nan if t > 2.0 else 0.0)
    # What comes after the end is no concern.
    doya.simulate(MEMORY, 0.5, 2.0, doya.Table([0.0, 2.0], [0.1, math.nan]))


@pytest.mark.parametrize(
    ("neuron", "arguments", "settings", "words"),
    [
        (MEMORY, (0.5, [1.0, 2.0]), {}, r"t_end must be one number, got an array of shape \(2,\)"),
        (
            MEMORY,
            (0.5, 2.0),
            {"times": [0.0, 3.0]},
            "times must be at most t_end = 2.0, got 3.0 at",
        ),
        (MEMORY, (0.5, 2.0), {"times": [1.0, 0.5]}, "ascending"),
        (MEMORY, (0.5, 2.0), {"times": [[1.0]]}, "ascending"),
        (MEMORY, (0.5, 2.0), {"times": "now"}, "times must be a number or an array of"),
        (doya.NeuronMap(), (0.5, 2), {"times": [0.5]}, "whole numbers for the map, got 0.5 at"),
        (
            MEMORY,
            (0.5, 2.0),
            {"method": "magic"},
            "one of formula, euler, rk4, dop853, got 'magic'",
        ),
        (MEMORY, (0.5, 2.0, math.sin), {"method": "rk4"}, "'dop853' for an input that is a func"),
        (doya.NeuronMap(), (0.5, 2), {"method": "euler"}, "method is for the flow"),
        (MEMORY, (0.5, math.inf), {"method": "euler"}, "t_end must be finite for the method"),
        (
            MEMORY,
            (0.5, math.inf, math.sin),
            {},
            "t_end must be finite for an input that is a function",
        ),
        (MEMORY, (0.5, 2.0), {"step": 0.0}, "step must be a positive, finite number, got 0.0"),
        (MEMORY, (0.5, 2.0), {"method": "euler", "step": 1e-9}, "step must be at least t_end"),
        (MEMORY, (0.5, 2.0), {"points": 1}, "points must be a whole number from 2 .* got 1"),
        (MEMORY, (0.5, 2.0), {"points": 2.5}, "points must be a whole number from 2 .* got 2.5"),
        (MEMORY, (0.5, 2.0), {"points": "2"}, "points must be a whole number from 2 .* got '2'"),
        (MEMORY, (0.5, 2.0), {"rtol": 1e-16}, "rtol must be .* 1e-15 and less than 1, got 1e-16"),
        (
            MEMORY,
            (0.5, 2.0),
            {"atol": math.nan},
            "atol must be a finite number, at least 0",
        ),
        (MEMORY, (0.5, 2.0), {"max_steps": 0}, "max_steps must be a whole number from 1"),
        (
            doya.NeuronMap(),
            (0.5, 3, [0.1, 0.2]),
            {},
            "3 values, one for each step",
        ),
        (MEMORY, (0.5, 2.0), {"step": "small"}, "step must be a positive, finite number, got 'sm"),
        (MEMORY, (0.5, 2.0, lambda t: [t]), {}, r"u must return one number, got \[0.0\] at t = 0"),
        (doya.NeuronMap(), (0.5, 10**12), {}, "t_end must be at most 100000000 unless times"),
        (
            doya.NeuronMap(input_weight=1e90),
            (0.5, 3, 1e50),
            {},
            "u must keep w' u from -1e100",
        ),
        (MEMORY, (0.5, [[1.0], 2.0]), {}, "t_end must be a number or an array of numbers"),
        (MEMORY, (0.5, 2.0, 1e101), {}, "u must keep w' u from -1e100 to 1e100"),
    ],
)
def test_wrong_arguments_are_named(neuron, arguments, settings, words):
    with pytest.raises(ValueError, match=words):
        doya.simulate(neuron, *arguments, **settings)
