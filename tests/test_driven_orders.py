"""Crossing times and second derivatives where the input is inside sigma, or is a ramp."""

import numpy as np
import pytest

import doya

MAP = {"w": 5.0, "b": -2.3, "epsilon": 0.7}
U = np.array([0.3, -0.2, 0.1, 0.4, 0.0, -0.5, 0.2, 0.1])


def naive_steps(level, x=0.1, w=5.0, b=-2.3, epsilon=0.7):
    """Steps of the map until x is at the level, in plain Python."""
    for k, u in enumerate(np.tile(U, 20)):
        if x >= level:
            return k
        x = (1.0 - epsilon) * x + epsilon / (1.0 + np.exp(-(w * x + b + u)))
    return np.inf


def test_the_map_under_an_input_inside_sigma_crosses_as_a_naive_loop_does():
    neuron = doya.NeuronMap(**MAP, input_to="bias")
    levels = np.array([0.15, 0.3, 0.6, 0.8])
    found = doya.crossing_time(neuron, 0.1, levels, np.tile(U, 20))
    assert found.t.tolist() == [naive_steps(level) for level in levels]


def test_a_constant_input_inside_sigma_shifts_the_bias_of_a_crossing():
    """b + w' u in place of b; dt/db is the same."""
    inside = doya.NeuronODE(5.0, -2.4, input_weight=0.5, input_to="bias")
    found = doya.crossing_time(inside, 0.1, 0.5, 0.2)
    plain = doya.crossing_time(doya.NeuronODE(5.0, -2.3), 0.1, 0.5)
    assert found.t == pytest.approx(float(plain.t), rel=1e-12)
    assert found.derivative["b"] == pytest.approx(float(plain.derivative["b"]), rel=1e-12)


@pytest.mark.parametrize("epsilon", [1.0, 0.3])
def test_second_derivatives_under_inputs_inside_sigma_are_differences_of_the_first(epsilon):
    """Central differences of the first derivatives, whose error is the step squared."""
    neuron = doya.NeuronMap(5.0, -2.3, epsilon=epsilon, input_weight=0.8, input_to="bias")
    names, step = ("x0", "b", "w", "epsilon"), 1e-5
    if epsilon == 1.0:
        names = names[:3]
    found = doya.sensitivity(neuron, 0.4, 8, names, U, order=2)

    def first(**changes):
        x0 = changes.pop("x0", 0.4)
        return doya.sensitivity(neuron.replace(**changes), x0, 8, names, U).derivative

    for q in names:
        at = 0.4 if q == "x0" else getattr(neuron, q)
        high, low = first(**{q: at + step}), first(**{q: at - step})
        for p in names:
            quotient = (high[p] - low[p]) / (2.0 * step)
            assert found.second[p, q] == pytest.approx(quotient, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("input_to", ["state", "bias"])
def test_second_derivatives_of_the_flow_under_a_ramp_are_differences_of_the_first(input_to):
    neuron = doya.NeuronODE(5.0, -2.6, input_to=input_to)
    u, names, step = doya.Ramp(1.0, 4.0, 0.0, 0.3), ("x0", "b", "w"), 1e-5
    found = doya.sensitivity(neuron, 0.4, 6.0, names, u, order=2)

    def first(**changes):
        x0 = changes.pop("x0", 0.4)
        return doya.sensitivity(neuron.replace(**changes), x0, 6.0, names, u).derivative

    for q in names:
        at = 0.4 if q == "x0" else getattr(neuron, q)
        high, low = first(**{q: at + step}), first(**{q: at - step})
        for p in names:
            quotient = (high[p] - low[p]) / (2.0 * step)
            assert found.second[p, q] == pytest.approx(quotient, rel=1e-5, abs=1e-7)


def test_what_has_no_second_derivative_or_crossing_is_refused():
    flow = doya.NeuronODE()
    with pytest.raises(doya.ArgumentError, match="must be 1 for wrt = 'input_weight'"):
        doya.sensitivity(flow, 0.5, 1.0, "input_weight", order=2)
    with pytest.raises(doya.ArgumentError, match="must not be a Ramp here"):
        doya.crossing_time(flow, 0.1, 0.5, doya.Ramp(0.0, 1.0, 0.0, 1.0))
    with pytest.raises(doya.ArgumentError, match="must be False where u is swept"):
        doya.loss_landscape(flow, {"u": [0.0, 0.1]}, hessian=True)


def test_a_conversion_crosses_as_its_neuron_does():
    there = doya.from_wilson_cowan(w=5.0, theta=2.8, a=1.2, input=0.9)
    found = doya.crossing_time(there, 0.1, 0.5)
    assert found.t == doya.crossing_time(there.neuron, 0.1, 0.5).t


def test_a_start_that_rests_on_the_level_has_no_derivative_under_pulses_either():
    found = doya.crossing_time(doya.NeuronODE(5.0, -2.5), 0.5, 0.5, doya.Pulses([(1, 2, 0.5)]))
    assert found.t == 0.0
    assert all(np.isnan(each) for each in found.derivative.values())


def test_the_map_crosses_under_a_ramp_as_under_its_values():
    neuron, ramp = doya.NeuronMap(5.0, -3.0, input_to="bias"), doya.Ramp(0, 256, 0, 1)
    values = np.minimum(np.arange(1000) / 256.0, 1.0)
    expected = doya.crossing_time(neuron, 0.0625, 0.5, values).t
    assert doya.crossing_time(neuron, 0.0625, 0.5, ramp).t == expected < 1000
