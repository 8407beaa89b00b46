import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given

import doya
from strategies import biases, epsilons, weights


def test_rate_is_the_right_hand_side_of_the_flow():
    neuron = doya.NeuronODE(w=3.0, b=-1.0, input_weight=2.0)
    by_hand = -0.3 + 1.0 / (1.0 + math.exp(-(3.0 * 0.3 - 1.0))) + 2.0 * 0.25
    assert neuron.rate(0.3, u=0.25) == pytest.approx(by_hand, rel=1e-15)


@given(w=weights, b=biases, epsilon=epsilons)
def test_a_step_of_the_map_is_an_euler_step_of_the_flow(w, b, epsilon):
    """x + epsilon f(x) and F(x) agree to rounding."""
    flow, map_ = doya.NeuronODE(w, b), doya.NeuronMap(w, b, epsilon=epsilon)
    assert map_.step(0.3, 0.7) == pytest.approx(0.3 + epsilon * flow.rate(0.3, 0.7), abs=1e-15)
    assert map_.eigenvalue(0.3) == pytest.approx(1.0 + epsilon * flow.eigenvalue(0.3), rel=1e-15)


@pytest.mark.parametrize(("w", "epsilon"), [(-4.0, 1.0), (-12.0, 0.5)])
def test_on_a_flip_itself_the_fixed_point_is_not_stable(w, epsilon):
    """At x = 1/2, where sigma' = 1/4, mu = 1 - eps + eps w/4 is -1 exactly: abs(mu) < 1 fails."""
    found = doya.equilibria(doya.NeuronMap(w, -0.5 * w, epsilon=epsilon))
    assert found.x.tolist() == [0.5]
    assert found.eigenvalue.tolist() == [-1.0]
    assert found.stable.tolist() == [False]
    before = w * (1.0 - 1e-15)
    found = doya.equilibria(doya.NeuronMap(before, -0.5 * before, epsilon=epsilon))
    assert found.stable.tolist() == [True]


def test_arrays_make_an_ensemble_that_broadcasts_and_cannot_be_changed():
    neuron = doya.NeuronMap(w=np.arange(3.0), b=np.zeros((2, 1)), epsilon=0.5)
    assert neuron.shape == (2, 3)
    assert neuron.step(0.5).shape == (2, 3)
    with pytest.raises(ValueError, match="read-only"):
        neuron.w[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        neuron.w = 1.0


TAKE_A_NEURON = {
    "equilibria": (),
    "bifurcation_points": (),
    "bifurcation_diagram": (),
    "bifurcation_curves": (),
    "final_state": (0.5, 2.0),
    "simulate": (0.5, 2.0),
    "sensitivity": (0.5, 2.0),
    "finite_difference": (0.5, 2.0),
    "settled_sensitivity": (0.5,),
    "sensitivity_profile": (0.5, 2.0),
    "loss_landscape": ({"b": [-3.0, -2.0]}, 0.5, 2.0),
    "train": (0.5, 2.0, 0.8),
}


@pytest.mark.parametrize("function", TAKE_A_NEURON)
def test_what_is_no_neuron_is_named(function):
    """A weight alone, say."""
    with pytest.raises(ValueError, match=r"neuron must be a NeuronODE or a NeuronMap, got 5\.0$"):
        getattr(doya, function)(5.0, *TAKE_A_NEURON[function])


def test_the_callers_array_is_copied():
    w = np.array([1.0, 2.0])
    neuron = doya.NeuronODE(w=w)
    w[0] = 9.0
    assert neuron.w[0] == 1.0


def test_equal_parameters_make_equal_neurons():
    assert doya.NeuronODE(5, -2.5) == doya.NeuronODE()
    assert doya.NeuronODE([1, 2]) == doya.NeuronODE([1.0, 2.0])
    assert doya.NeuronODE(5.0) != doya.NeuronODE(5.0, -2.0)
    assert doya.NeuronODE() != doya.NeuronMap()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"w": math.nan}, "w must be finite, from -1e100 to 1e100, got nan"),
        ({"b": math.inf}, "b must be finite.*got inf"),
        ({"b": [0.0, -math.inf]}, "b must be finite.*got -inf"),
        ({"w": "five"}, "w must be a number or an array of numbers, got 'five'"),
        ({"w": 10**400}, "w must be a number"),
        ({"epsilon": 0.0}, "epsilon must be from 1e-100 to 1, got 0.0"),
        ({"epsilon": 1.5}, "epsilon must be .* got 1.5"),
        ({"epsilon": [0.5, math.nan]}, "epsilon must be .* got nan"),
        ({"input_weight": 1e300}, "input_weight must be from -1e100 to 1e100, got 1e.300"),
        (
            {"w": [1.0, 2.0], "b": [1.0, 2.0, 3.0]},
            r"w must broadcast with b, .*, got shapes w \(2,\), b \(3,\)",
        ),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value_and_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.NeuronMap(**arguments)
