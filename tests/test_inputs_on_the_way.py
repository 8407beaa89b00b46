"""`Trajectory.u` is the input from each time on, also where it jumps at the last one."""

import math

import numpy as np
import pytest

import doya

FLOWS = [("formula", {}), ("euler", {"step": 0.5}), ("rk4", {"step": 0.5}), ("dop853", {})]
MAP = doya.NeuronMap(epsilon=0.5)
PULSE = doya.Pulses([(5.0, 7.0, 1.0)])
# Start, end and input at the times 0, 5 and 7, as its definition says: u(t) = 1 for 5 <= t < 7.
FORMS = {
    "pulse": PULSE,
    "table": doya.Table([5.0, 7.0], [1.0, 0.0]),
    "function": lambda t: 1.0 if 5.0 <= t < 7.0 else 0.0,
}


@pytest.mark.parametrize("form", ["pulse", "table"])
@pytest.mark.parametrize(("method", "settings"), FLOWS)
def test_the_input_at_the_end_is_the_one_after_a_jump_there(method, settings, form):
    """By every method, at given times and by default; the states do not depend on it."""
    neuron, u = doya.NeuronODE(), FORMS[form]
    found = doya.simulate(neuron, 0.3, 7.0, u, times=[0, 5, 7], method=method, **settings)
    assert found.u.tolist() == [0.0, 1.0, 0.0]
    for end, after in ((5.0, 1.0), (7.0, 0.0)):
        at_end = doya.simulate(neuron, 0.3, end, u, times=[end], method=method, **settings)
        assert at_end.u.tolist() == [after]
        default = doya.simulate(neuron, 0.3, end, u, method=method, **settings)
        assert (default.t[-1], default.u[-1]) == (end, after)
        np.testing.assert_array_equal(default.u, [5.0 <= t < 7.0 for t in default.t])
        later = doya.simulate(neuron, 0.3, 9.0, u, times=[end], method="formula")
        if method == "formula":
            assert default.x[-1] == at_end.x[0] == later.x[0]


@pytest.mark.parametrize("form", FORMS)
def test_the_map_has_its_input_at_the_end_too(form):
    found = doya.simulate(MAP, 0.3, 7, FORMS[form], times=[0, 5, 7])
    assert found.u.tolist() == [0.0, 1.0, 0.0]
    assert doya.simulate(MAP, 0.3, 5, FORMS[form]).u.tolist() == [0.0] * 5 + [1.0]
    assert doya.simulate(MAP, 0.3, 5, FORMS[form], times=[5]).u.tolist() == [1.0]
    assert doya.simulate(MAP, 0.3, 5, FORMS[form], times=[4]).u.tolist() == [0.0]
    assert doya.simulate(MAP, 0.3, 7, FORMS[form]).x[-1] == doya.final_state(
        MAP, 0.3, 7, FORMS[form]
    )


def test_a_function_of_the_flow_has_its_value_at_the_end():
    found = doya.simulate(doya.NeuronODE(), 0.3, 7.0, FORMS["function"], times=[0, 5, 7])
    assert found.u.tolist() == [0.0, 1.0, 0.0]


def test_no_time_at_all_has_the_input_of_its_moment():
    """A pulse that begins at 0, whether a state depends on it or not."""
    u = doya.Pulses([(0.0, 1.0, 0.25)])
    for neuron in (doya.NeuronODE(), MAP):
        assert doya.simulate(neuron, 0.3, 0, u, times=[0]).u.tolist() == [0.25]
    assert doya.simulate(MAP, 0.3, 0, lambda t: 0.75).u.tolist() == [0.75]


def test_each_of_an_ensemble_has_its_own_input_at_the_end():
    u = doya.Table([0.0, 3.0], [[0.5, 0.25], [0.125, math.nan]])
    for neuron in (doya.NeuronODE(), MAP):
        found = doya.simulate(neuron, [0.3, 0.4], 3, u, times=[2, 3])
        np.testing.assert_array_equal(found.u, [[0.5, 0.25], [0.125, math.nan]])
        assert found.success.all()


def test_a_list_of_one_value_a_step_has_none_for_the_end_and_keeps_its_last():
    """As an array, and as a function that looks it up."""
    steps = [0.0, 0.5, 0.25]
    for u in (steps, lambda t: steps[int(t)], lambda t: dict(enumerate(steps))[int(t)]):
        assert doya.simulate(MAP, 0.3, 3, u).u.tolist() == [0.0, 0.5, 0.25, 0.25]


def test_equilibria_drawn_beside_a_pulse_are_those_under_it_until_the_end():
    """u is 1 all the way; that it ends with the picture moves no state."""
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    neuron = doya.NeuronODE()
    doya.plots.draw_trajectory(doya.simulate(neuron, 0.3, 7.0, doya.Pulses([(0.0, 7.0, 1.0)])), ax)
    (level, *_), x = ax.lines[0].get_ydata(), doya.equilibria(neuron, 1.0).x
    assert level == x[0]
