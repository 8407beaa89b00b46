"""What cannot be converted is refused in the letters of the author who was asked."""

from __future__ import annotations

import math

import pytest

import doya

FINITE = "must be finite, from -1e100 to 1e100"
BEYOND = "must be from -1e100 to 1e100"
POSITIVE = "must be greater than 0, from 1e-100 to 1e100, got"
KEPT = "must be at least 0 and less than 1, got"
TIME = "t must be a time, up to 1e100 in size or infinite, got"
FLOW, MAP = doya.NeuronODE(), doya.NeuronMap
pasemann, beer = doya.from_pasemann(0.5, 1.0, 2.0), doya.from_beer(5.0, 0.0, -2.5, 1e-3)
WRONG = [
    (lambda: doya.from_pascanu(math.nan, 1.0), f"w {FINITE}, got nan"),
    (lambda: doya.from_pascanu(1.0, "two"), "b must be a number or an array of numbers, got 'two'"),
    (
        lambda: doya.from_pascanu([1, 2], [1, 2, 3]),
        "w must broadcast with b, got shapes w (2,), b (3,)",
    ),
    (lambda: doya.from_pasemann(1.0, 0.0, 1.0), f"gamma {KEPT} 1.0"),
    (lambda: doya.from_pasemann(-0.1, 0.0, 1.0), f"gamma {KEPT} -0.1"),
    (lambda: doya.from_pasemann([0.1, math.nan], 0.0, 1.0), f"gamma {KEPT} nan"),
    (lambda: doya.from_pasemann(0.5, 0.0, math.inf), f"w {FINITE}, got inf"),
    (
        lambda: doya.from_pasemann(0.5, 0.0, 0.0).to_state(1.0),
        "w must be other than 0 where a is converted to x, which it does not determine otherwise,"
        " got 0.0",
    ),
    (
        lambda: doya.from_aihara(0.5, [0.0, 1.0], 0.0, 1.0).to_state(1.0),
        "alpha must be other than 0 where y is converted to x, .*, got 0.0",
    ),
    (lambda: doya.from_beer(0.0, 0.0, 0.0, 1.0).to_state(1.0), "w must be other than 0 where y .*"),
    (lambda: doya.from_tanh(0.0, 0.0, 0.5).to_state(1.0), "w must be other than 0 where a .*"),
    (lambda: doya.from_tanh(1.0, 0.0, [0.5, 0.0]), "epsilon must be from 1e-100 to 1, got 0.0"),
    (lambda: doya.from_wilson_cowan(1.0, 0.0, 0.0), f"a {POSITIVE} 0.0"),
    (lambda: doya.from_wilson_cowan(2.0**200, 0.0, 2.0**200), f"a w {BEYOND}, got 2.58.*e+120"),
    (lambda: doya.from_tanh_flow(1.0, 0.0, [1.0, -1.0]), f"tau {POSITIVE} -1.0"),
    (lambda: doya.from_aihara([0.5, 1.0], 1.0, 0.0, 1.0), f"k {KEPT} 1.0"),
    (lambda: doya.from_pasemann(0.75, 0.0, 1e100), f"w / (1 - gamma) {BEYOND}, got 4e+100"),
    (lambda: doya.from_pasemann(0.75, -1e100, 1.0), f"theta / (1 - gamma) {BEYOND}, got -4e+100"),
    (lambda: doya.from_aihara(1.0, 1.0, 0.0, 1.0), f"k {KEPT} 1.0"),
    (
        lambda: doya.from_aihara(0.5, -1.0, 0.0, 1.0),
        "alpha must be 0, or from 1e-100 to 1e100, got -1.0",
    ),
    (lambda: doya.from_aihara(0.5, 1.0, 0.0, -1.0), f"epsilon {POSITIVE} -1.0"),
    (
        lambda: doya.from_aihara(0.5, 1e50, 0.0, 1e-80),
        f"-alpha / (epsilon (1 - k)) {BEYOND}, got -2e+130",
    ),
    (lambda: doya.from_aihara(0, 1, 1e50, 1e-60), f"a / (epsilon (1 - k)) {BEYOND}, got 1e+110"),
    (lambda: doya.from_beer(1.0, 1e100, 1e100, 1.0), f"theta + input {BEYOND}, got 2e+100"),
    (lambda: doya.from_beer(1.0, 0.0, 0.0, 0.0), f"tau {POSITIVE} 0.0"),
    (lambda: doya.from_tanh(1e100, 0.0), f"4 w {BEYOND}, got 4e+100"),
    (lambda: doya.from_tanh(0.0, -1e100), f"2 h - 2 w {BEYOND}, got -2e+100"),
    (lambda: doya.to_pascanu(FLOW), "neuron must be a map for Pascanu's neuron, got a flow"),
    (lambda: doya.to_pasemann(FLOW), "neuron must be a map for Pasemann's neuron, got a flow"),
    (lambda: doya.to_aihara(FLOW), "neuron must be a map for Aihara's neuron, got a flow"),
    (lambda: doya.to_tanh(FLOW), "neuron must be a map for the tanh neuron, got a flow"),
    (lambda: doya.to_beer(5.0), "neuron must be a flow for Beer's neuron, got 5.0"),
    (lambda: doya.to_beer(MAP()), "neuron must be a flow for Beer's neuron, got a map"),
    (
        lambda: doya.to_pascanu(MAP(epsilon=[1.0, 0.5])),
        "epsilon must be 1 for Pascanu's neuron, got 0.5",
    ),
    (
        lambda: doya.to_tanh_flow(MAP()),
        "neuron must be a flow for the tanh flow, got a map",
    ),
    (
        lambda: doya.to_wilson_cowan(MAP()),
        "neuron must be a flow for Wilson and Cowan's neuron, got a map",
    ),
    (lambda: doya.to_pasemann(MAP(0.0)), "w must be other than 0 for Pasemann's neuron, got 0.0"),
    (lambda: doya.to_beer(FLOW.replace(w=0)), "w must be other than 0 for Beer's neuron, got .*"),
    (lambda: doya.to_aihara(MAP([-1.0, 5.0])), "w must be less than 0 for Aihara's .*, got 5.0"),
    (lambda: doya.to_pasemann(MAP(epsilon=1e-17)), f"gamma = 1 - epsilon {KEPT} 1.0"),
    (lambda: doya.to_aihara(MAP(-1.0, epsilon=1e-17)), f"k = 1 - epsilon {KEPT} 1.0"),
    (lambda: doya.to_aihara(MAP(-1e-99, 50.0)), f"a = -b / w {BEYOND}, got 5e+100"),
    (
        lambda: doya.to_aihara(MAP(-5e-324, 0.0, epsilon=1e-3)),
        f"epsilon = -1 / (epsilon w) {POSITIVE} inf",
    ),
    (lambda: pasemann.to_state(math.nan), f"a {FINITE}, got nan"),
    (lambda: pasemann.from_state(math.inf), f"x {FINITE}, got inf"),
    (lambda: pasemann.from_state(1e100), f"a {BEYOND}, got 4e+100"),
    (lambda: beer.to_state([1.0, None]), "y must be a number or an array of numbers, got .*"),
    (
        lambda: doya.from_pascanu([1.0, 2.0], 0.0).to_state([0.1, 0.2, 0.3]),
        "states or times must have the shape of the parameters, (2,), .*, (2, times); got (3,)",
    ),
    (lambda: doya.from_pascanu(1, 0).from_state([0.5, 1]), "x must be .* less than 1, got 1.0"),
    (lambda: doya.from_tanh(1, 0).from_state(0), "x must be greater than 0 .*, got 0.0"),
    (lambda: beer.to_time(math.nan), f"{TIME} nan"),
    (lambda: beer.to_time(1e100), f"{TIME} 1e+103"),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_named_in_the_letters_of_the_one_who_asked(call, words):
    pattern = words.translate({ord(c): "\\" + c for c in "()+"})
    with pytest.raises(ValueError, match=rf"^{pattern}( at index \d)?$"):
        call()
