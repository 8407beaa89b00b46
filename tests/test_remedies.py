"""Jacobian products of chains of one unit, against derivatives of the composed layers."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.networks.remedies import REMEDIES
from oracles import sigmoid

KINDS = ("logistic", "tanh", "relu", "leak", "residual", "lstm", "clipping")


def layer(kind, x, w, b, epsilon, forget_bias):
    """The next state, in mpmath."""
    z = w * x + b
    if kind == "tanh":
        return mp.tanh(z)
    if kind == "relu":
        return max(mpf(0), z)
    if kind == "leak":
        return (1 - epsilon) * x + epsilon * sigmoid(z)
    if kind == "residual":
        return x + sigmoid(z)
    if kind == "lstm":
        h = mp.tanh(x)
        gates = sigmoid(w * h + forget_bias), sigmoid(w * h + b)
        return gates[0] * x + gates[1] * mp.tanh(w * h + b)
    return sigmoid(z)


def derivative(kind, x0, depth, *parameters):
    """Of the last state by the first: a central quotient of differences, good to 30 digits."""
    with mp.workdps(90):
        delta, ends = mpf(10) ** -30, []
        parameters = [mpf(each) for each in parameters]
        for x in (mpf(x0) + delta, mpf(x0) - delta):
            for _ in range(depth):
                x = layer(kind, x, *parameters)
            ends.append(x)
        return (ends[0] - ends[1]) / (2 * delta)


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_is_the_derivative_of_the_composed_layers(kind):
    """By differences in 90 digits, w and b of either sign; and so is each factor."""
    random = np.random.default_rng(7)
    for _ in range(8):
        w, b, x0 = random.uniform(-3, 3), random.uniform(-1, 1), random.uniform(-1, 2)
        epsilon, forget_bias = random.uniform(0.01, 1), random.uniform(-1, 4)
        found = doya.chain_product(kind, 10, w, b, x0, epsilon=epsilon, forget_bias=forget_bias)
        for k in (0, 1, 10):
            truth = derivative(kind, x0, k, w, b, epsilon, forget_bias)
            assert found.sign[k] == mp.sign(truth)
            if truth:
                assert found.log10_abs[k] == pytest.approx(float(mp.log10(abs(truth))), abs=1e-12)
        assert np.array_equal(found.k, np.arange(11))
        factors = [
            float(derivative(kind, x, 1, w, b, epsilon, forget_bias)) for x in found.state[:-1]
        ]
        assert found.factor == pytest.approx(factors, rel=1e-10, abs=1e-15)


def test_the_logistic_chain_is_the_product_of_w_a_1_minus_a():
    """The net gradient, a the activations."""
    found = doya.chain_product("logistic", 40, w=[5.0, -7.0], b=[-2.2, 3.0], x0=0.4)
    a = found.state[:, 1:]
    net = np.prod([[5.0], [-7.0]] * a * (1.0 - a), axis=-1)
    assert found.sign[:, -1] * 10.0 ** found.log10_abs[:, -1] == pytest.approx(net, rel=1e-12)


def test_the_leaky_chain_is_the_map():
    """Its product is the map's derivative by x0, at any epsilon; the logistic one that at 1."""
    random = np.random.default_rng(3)
    w, b, x0 = random.uniform(-9, 9, 20), random.uniform(-4, 4, 20), random.uniform(0, 1, 20)
    for kind, epsilon in (("leak", 0.1), ("leak", 0.7), ("leak", 1.0), ("logistic", 1.0)):
        neuron = doya.NeuronMap(w, b, epsilon=epsilon)
        truth = doya.sensitivity(neuron, x0, 50, "x0")
        found = doya.chain_product(kind, 50, w, b, x0, epsilon=epsilon)
        assert np.array_equal(found.sign[:, -1], truth.sign["x0"])
        # Relative to the derivative's condition: chaos magnifies the rounding of states.
        assert found.log10_abs[:, -1] == pytest.approx(truth.log10_abs["x0"], abs=1e-10)
        assert found.state[:, -1] == pytest.approx(truth.x, abs=1e-10)


def test_a_rectified_unit_multiplies_by_w_or_by_0():
    """w**k, whatever the state is, until it dies."""
    found = doya.chain_product("relu", 10_000, w=[2.0, 0.5, 1.0], x0=1.0)
    expected = 10_000 * np.log10([2.0, 0.5, 1.0])
    assert found.log10_abs[:, -1] == pytest.approx(expected, rel=1e-12)
    assert found.state[:, -1].tolist() == [math.inf, 5e-324, 1.0]
    dies = doya.chain_product("relu", 4, w=1.0, b=-0.2, x0=0.5)
    assert dies.factor.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert dies.log10_abs.tolist() == [0.0, 0.0, 0.0, -math.inf, -math.inf]
    assert dies.sign.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]


def test_without_weight_paths_alone_are_left():
    """w = 0: the residual path keeps 1, the leak 1 - epsilon, the cell its forget gate."""
    biases = np.array([0.0, 1.0, 3.0])
    gate = 1.0 / (1.0 + np.exp(-biases))
    cell = doya.chain_product("lstm", 10_000, w=0.0, b=0.4, forget_bias=biases)
    assert cell.log10_abs[:, -1] == pytest.approx(10_000 * np.log10(gate), rel=1e-12)
    leak = doya.chain_product("leak", 10_000, w=0.0, epsilon=0.25)
    assert leak.log10_abs[-1] == pytest.approx(10_000 * math.log10(0.75), rel=1e-12)
    assert not doya.chain_product("residual", 10_000, w=0.0).log10_abs.any()


def test_ten_thousand_layers_are_a_number():
    """On the fixed point 1/2, where every factor is w/4; also with tanh at 0, w."""
    found = doya.chain_product("logistic", 10_000, w=[-2.0, 40.0], b=[1.0, -20.0], x0=0.5)
    assert found.log10_abs[:, -1] == pytest.approx([-1e4 * math.log10(2.0), 1e4], rel=1e-12)
    assert found.sign[0, :4].tolist() == [1.0, -1.0, 1.0, -1.0]
    tanh = doya.chain_product("tanh", 10_000, w=-0.01, x0=0.0)
    assert tanh.log10_abs[-1] == pytest.approx(-2e4, rel=1e-12)


@pytest.mark.parametrize("kind", ["logistic", "tanh", "leak"])
def test_a_factor_below_all_doubles_has_its_size(kind):
    """Far in saturation, where w phi' is 3 e**-10000 and less."""
    found = doya.chain_product(kind, 2, w=3.0, b=-1e4, x0=0.5, epsilon=1.0)
    x, truth = mpf(0.5), mpf(1)
    for _ in range(2):
        z = 3 * x - 10_000
        x = layer(kind, x, 3, -10_000, 1, 0)
        truth *= 3 * (mp.sech(z) ** 2 if kind == "tanh" else sigmoid(z) * sigmoid(-z))
    assert found.log10_abs[-1] == pytest.approx(float(mp.log10(truth)), rel=1e-14)
    assert found.sign[-1] == 1.0
    assert found.factor.tolist() == [0.0, 0.0]


def test_clipping_leaves_the_product_as_it_is():
    """The logistic chain's, to the last bit."""
    clipped, plain = (
        doya.chain_product(kind, 100, w=6.0, b=-3.1) for kind in ("clipping", "logistic")
    )
    assert np.array_equal(clipped.log10_abs, plain.log10_abs)
    assert np.array_equal(clipped.state, plain.state)
    assert "step" in clipped.formula


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_chains_side_by_side(kind):
    """The same bits as alone, in the shape to which all arguments broadcast."""
    w, forget_bias = np.array([[0.5], [2.0]]), np.array([0.0, 1.0, 3.0])
    together = doya.chain_product(kind, 7, w, 0.1, [0.2, 0.3, 0.4], forget_bias=forget_bias)
    assert together.state.shape == together.sign.shape == together.log10_abs.shape == (2, 3, 8)
    assert together.factor.shape == (2, 3, 7)
    alone = doya.chain_product(kind, 7, 2.0, 0.1, 0.4, forget_bias=3.0)
    for name in ("state", "factor", "sign", "log10_abs"):
        assert np.array_equal(getattr(together, name)[1, 2], getattr(alone, name))


def test_every_remedy_tells_its_formula_and_whose_it_is():
    assert tuple(REMEDIES) == KINDS
    for kind in KINDS:
        found = doya.chain_product(kind, 0)
        assert found.log10_abs.tolist() == [0.0]
        assert "factor" in found.formula
        assert "(" in found.source


@pytest.mark.parametrize("kind", KINDS)
def test_no_chain_takes_more_memory_than_it_asks_for(kind, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "doya.networks.chains.require_memory",
        lambda name, shape, arrays: asked.append(8 * arrays * math.prod(shape)),
    )
    tracemalloc.start()
    doya.chain_product(kind, 50, np.linspace(0.5, 2.0, 2000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most <= asked[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "gru"}, "kind must be one of logistic, tanh, .*, clipping, got 'gru'"),
        ({"kind": ["lstm"]}, r"kind must be one of .*, got \['lstm'\]"),
        ({"depth": -1}, "depth must be a whole number from 0 .* got -1"),
        ({"depth": 2.5}, "depth must be a whole number from 0 .* got 2.5"),
        ({"depth": 10**14}, "the chain asks for"),
        ({"w": math.nan}, "w must be finite.* got nan"),
        ({"x0": math.inf}, "x0 must be finite.* got inf"),
        ({"epsilon": 0.0}, "epsilon must be from 1e-100 to 1, got 0.0"),
        ({"forget_bias": "one"}, "forget_bias must be a number"),
        ({"w": [1.0, 2.0], "b": [0.0] * 3}, "must broadcast with"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.chain_product(**{"kind": "logistic", "depth": 5, **arguments})
