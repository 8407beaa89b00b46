"""An error names the argument, what it may be, and what it is; the shell names the option."""

from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest

import doya

FLOW, MAP = doya.NeuronODE(), doya.NeuronMap()

WRONG = {
    "w": (
        lambda: doya.NeuronODE([1.0, math.nan]),
        "w must be finite, from -1e100 to 1e100, got nan at index 1",
    ),
    "b": (
        lambda: doya.NeuronODE(1.0, [[1.0, 2.0], [3.0, 1e101]]),
        "b must be from -1e100 to 1e100, got 1e+101 at index 1, 1",
    ),
    "t_end": (
        lambda: doya.final_state(FLOW, 0.4, math.inf, u=math.sin),
        "t_end must be finite for an input that is a function, got inf",
    ),
    "epsilon": (
        lambda: FLOW.replace(epsilon=0.5),
        "epsilon is not a parameter of the flow, which has w, b, input_weight",
    ),
    "u": (
        lambda: doya.final_state(FLOW, 0.4, 5.0, u=lambda: 0),
        "u must be a function of one number, the time, but u(0) raised: ",
    ),
    "times": (
        lambda: doya.simulate(FLOW, 0.4, 5.0, times=[0.0, 5.000000000001]),
        "times must be at most t_end = 5.0, got 5.000000000001",
    ),
    "delta": (
        lambda: doya.finite_difference(MAP, 0.4, 5, wrt="epsilon"),
        "delta = 1e-06 makes epsilon + delta = 1.000001, but epsilon must be from 1e-100 to 1:"
        " use a negative delta, for example -1e-06",
    ),
    "x0": (
        lambda: doya.final_state(doya.NeuronODE([1, 2]), [1, 2, 3], 5.0),
        "x0 must broadcast with the neuron of shape (2,)",
    ),
    "between": (
        lambda: doya.bifurcation_diagram(FLOW, "b", (3, 1)),
        "between must have low < high for b, got 3.0 and 1.0",
    ),
    "pulses": (
        lambda: doya.Pulses([(3, 1, 2)]),
        "pulses must each have 0 <= start < stop, got start 3.0 and stop 1.0",
    ),
    "input_weight": (
        lambda: doya.NeuronODE(input_weight=np.ma.array([1.0, 2.0], mask=[0, 1])),
        "input_weight must have no masked cells, got one at index 1: fill or remove them",
    ),
}


@pytest.mark.parametrize("argument", WRONG)
def test_an_error_names_the_argument_the_range_and_the_value(argument):
    """As a ValueError, which survives a pickle."""
    call, words = WRONG[argument]
    with pytest.raises(doya.ArgumentError, match=re.escape(words)) as caught:
        call()
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.argument == argument
    again = pickle.loads(pickle.dumps(error))
    assert (again.argument, str(again)) == (argument, str(error))


def test_a_masked_array_without_masked_cells_is_an_array():
    assert doya.NeuronODE(np.ma.array([1.0, 2.0])).w.tolist() == [1.0, 2.0]
