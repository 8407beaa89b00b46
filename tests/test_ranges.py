"""The ends of what numbers may be, 1e100 and 1e-100, are allowed; a double further is refused."""

import math

import numpy as np
import pytest

import doya

BEYOND = "must be from -1e100 to 1e100"
POSITIVE = "must be greater than 0, from 1e-100 to 1e100"
STEP = "must be from 1e-100 to 1"
RATE = "must be a number greater than 0, up to 1e100"


def final_state(**given):
    return doya.final_state(doya.NeuronODE(), **{"x0": 0.5, "t_end": 0.0} | given)


def train(**given):
    return doya.train(doya.NeuronODE(), 0.5, 0.0, **{"target": 0.5, "steps": 0} | given)


def from_aihara(**given):
    return doya.from_aihara(**{"k": 0.0, "alpha": 1.0, "a": 0.0, "epsilon": 1.0} | given)


def from_beer(**given):
    return doya.from_beer(**{"w": 1.0, "theta": 0.0, "input": 0.0, "tau": 1.0} | given)


def input_of(**given):
    return doya.equilibria(doya.NeuronODE(w=0.0), **given)


# What takes the number, its name, the ends of its range, and the range in words.
ENDS = [
    *((doya.NeuronMap, name, (-1e100, 1e100), BEYOND) for name in ("w", "b", "input_weight")),
    (doya.NeuronMap, "epsilon", (1e-100, 1.0), STEP),
    (final_state, "x0", (-1e100, 1e100), BEYOND),
    (input_of, "u", (-1e100, 1e100), BEYOND),
    (train, "target", (-1e100, 1e100), BEYOND),
    (train, "learning_rate", (math.ulp(0.0), 1e100), RATE),
    (train, "clip", (math.ulp(0.0), 1e100), RATE),
    (from_aihara, "a", (-1e100, 1e100), BEYOND),
    (from_aihara, "alpha", (1e-100, 1e100), "must be 0, or from 1e-100 to 1e100"),
    (from_aihara, "epsilon", (1e-100, 1e100), POSITIVE),
    (from_beer, "w", (-1e100, 1e100), BEYOND),
    (from_beer, "tau", (1e-100, 1e100), POSITIVE),
]


@pytest.mark.parametrize(("take", "name", "ends", "words"), ENDS)
def test_an_end_of_a_range_is_allowed_and_a_double_further_is_not(take, name, ends, words):
    for end, beyond in zip(ends, (-math.inf, math.inf), strict=True):
        take(**{name: end})
        with pytest.raises(ValueError, match=f"{name} {words}"):
            take(**{name: float(np.nextafter(end, beyond))})


def test_a_descent_may_reach_1e100_and_goes_no_further():
    """At T = 0 dL/dx0 = 2 (x0 - target): a step of rate 1/2 from 0 is to the target."""
    at_the_end = doya.train(doya.NeuronODE(), 0.0, 0.0, 1e100, "x0", 0.5, 1)
    assert at_the_end.parameters["x0"].tolist() == [0.0, 1e100]
    assert at_the_end.success
    beyond = doya.train(doya.NeuronODE(), 0.0, 0.0, 1e100, "x0", 0.5 * (1.0 + 2.0**-52), 1)
    assert beyond.status == 2
