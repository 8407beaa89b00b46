"""Jacobian products of chains of one unit, against derivatives of the composed layers."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.networks.remedies import REMEDIES
from oracles import sigmoid

KINDS = (
    "logistic", "tanh", "relu", "leaky-relu", "leaky-integrator", "residual", "lstm", "gru",
    "binary-tree", "clipping",
)  # fmt: skip
# Names and bounds of the parameters beside w and b.
FURTHER = {
    "epsilon": (0.01, 1.0),
    "negative_slope": (0.01, 1.0),
    "forget_bias": (-1.0, 4.0),
    "update_bias": (-1.0, 4.0),
}


def layer(kind, x, w, b, epsilon, negative_slope, forget_bias, update_bias):
    """The next state, in mpmath."""
    z = w * x + b
    if kind == "tanh":
        return mp.tanh(z)
    if kind == "relu":
        return max(mpf(0), z)
    if kind == "leaky-relu":
        return max(z, negative_slope * z)
    if kind == "leaky-integrator":
        return (1 - epsilon) * x + epsilon * sigmoid(z)
    if kind == "residual":
        return x + sigmoid(z)
    if kind == "lstm":
        h = mp.tanh(x)
        gates = sigmoid(w * h + forget_bias), sigmoid(w * h + b)
        return gates[0] * x + gates[1] * mp.tanh(w * h + b)
    if kind == "gru":
        update, reset = sigmoid(w * x + update_bias), sigmoid(z)
        return update * x + (1 - update) * mp.tanh(w * reset * x + b)
    return sigmoid(z)


def path(kind, depth):
    """Number of layers: in a tree, that of halvings of depth + 1 leaves until one is left."""
    if kind != "binary-tree":
        return depth
    leaves, levels = depth + 1, 0
    while leaves > 1:
        leaves, levels = (leaves + 1) // 2, levels + 1
    return levels


def derivative(kind, x0, depth, *parameters):
    """Of the last state by the first: a central quotient of differences, good to 30 digits."""
    with mp.workdps(90):
        delta, ends = mpf(10) ** -30, []
        parameters = [mpf(each) for each in parameters]
        for x in (mpf(x0) + delta, mpf(x0) - delta):
            for _ in range(path(kind, depth)):
                x = layer(kind, x, *parameters)
            ends.append(x)
        return (ends[0] - ends[1]) / (2 * delta)


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_is_the_derivative_of_the_composed_layers(kind):
    """By differences in 90 digits, w and b of either sign; and so is each factor."""
    random = np.random.default_rng(7)
    for _ in range(8):
        w, b, x0 = random.uniform(-3, 3), random.uniform(-1, 1), random.uniform(-1, 2)
        further = {name: random.uniform(*between) for name, between in FURTHER.items()}
        found = doya.chain_product(kind, 10, w, b, x0, **further)
        for k in (0, 1, 2, 7, 10):
            truth = derivative(kind, x0, k, w, b, *further.values())
            assert found.sign[k] == mp.sign(truth)
            if truth:
                assert found.log10_abs[k] == pytest.approx(float(mp.log10(abs(truth))), abs=1e-12)
        assert np.array_equal(found.k, np.arange(11))
        factors = [
            float(derivative(kind, x, path(kind, k) - path(kind, k - 1), w, b, *further.values()))
            for k, x in enumerate(found.state[:-1], 1)
        ]
        assert found.factor == pytest.approx(factors, rel=1e-10, abs=1e-15)


def test_the_logistic_chain_is_the_product_of_w_a_1_minus_a():
    """The net gradient, a the activations."""
    found = doya.chain_product("logistic", 40, w=[5.0, -7.0], b=[-2.2, 3.0], x0=0.4)
    a = found.state[:, 1:]
    net = np.prod([[5.0], [-7.0]] * a * (1.0 - a), axis=-1)
    assert found.sign[:, -1] * 10.0 ** found.log10_abs[:, -1] == pytest.approx(net, rel=1e-12)


def test_leaky_integrators_are_the_map():
    """Its product is the map's derivative by x0, at any epsilon; the logistic one that at 1."""
    random = np.random.default_rng(3)
    w, b, x0 = random.uniform(-9, 9, 20), random.uniform(-4, 4, 20), random.uniform(0, 1, 20)
    for kind, epsilon in (
        *(("leaky-integrator", each) for each in (0.1, 0.7, 1.0)),
        ("logistic", 1.0),
    ):
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


@pytest.mark.long
def test_without_weight_paths_alone_are_left():
    """w = 0: the residual path keeps 1, the leak 1 - epsilon, cells their forget or update gate."""
    biases = np.array([0.0, 1.0, 3.0])
    gate = 1.0 / (1.0 + np.exp(-biases))
    cell = doya.chain_product("lstm", 10_000, w=0.0, b=0.4, forget_bias=biases)
    assert cell.log10_abs[:, -1] == pytest.approx(10_000 * np.log10(gate), rel=1e-12)
    gated = doya.chain_product("gru", 10_000, w=0.0, b=0.4, update_bias=biases)
    assert gated.log10_abs[:, -1] == pytest.approx(10_000 * np.log10(gate), rel=1e-12)
    leak = doya.chain_product("leaky-integrator", 10_000, w=0.0, epsilon=0.25)
    assert leak.log10_abs[-1] == pytest.approx(10_000 * math.log10(0.75), rel=1e-12)
    assert not doya.chain_product("residual", 10_000, w=0.0).log10_abs.any()


def test_ten_thousand_layers_are_a_number():
    """On the fixed point 1/2, where every factor is w/4; also with tanh at 0, w."""
    found = doya.chain_product("logistic", 10_000, w=[-2.0, 40.0], b=[1.0, -20.0], x0=0.5)
    assert found.log10_abs[:, -1] == pytest.approx([-1e4 * math.log10(2.0), 1e4], rel=1e-12)
    assert found.sign[0, :4].tolist() == [1.0, -1.0, 1.0, -1.0]
    tanh = doya.chain_product("tanh", 10_000, w=-0.01, x0=0.0)
    assert tanh.log10_abs[-1] == pytest.approx(-2e4, rel=1e-12)


@pytest.mark.parametrize("kind", ["logistic", "tanh", "leaky-integrator"])
def test_a_factor_below_all_doubles_has_its_size(kind):
    """Far in saturation, where w phi' is 3 e**-10000 and less."""
    found = doya.chain_product(kind, 2, w=3.0, b=-1e4, x0=0.5, epsilon=1.0)
    x, truth = mpf(0.5), mpf(1)
    for _ in range(2):
        z = 3 * x - 10_000
        x = mp.tanh(z) if kind == "tanh" else sigmoid(z)
        truth *= 3 * (mp.sech(z) ** 2 if kind == "tanh" else sigmoid(z) * sigmoid(-z))
    assert found.log10_abs[-1] == pytest.approx(float(mp.log10(truth)), rel=1e-14)
    assert found.sign[-1] == 1.0
    assert found.factor.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("w", [3.0, 1e-60])
@pytest.mark.parametrize("b", [-1500.0, -590.0])
def test_closed_gates_have_their_size(kind, w, b):
    """Gates of e**-2000 and less: the product is that of the formulas in 3000 digits."""
    biases = {"forget_bias": -2000.0, "update_bias": -2000.0}
    found = doya.chain_product(kind, 2, w=w, b=b, x0=0.5, **biases)
    with mp.workdps(3000):
        x, truth, one, weight = mpf(0.5), mpf(1), mpf(1), mpf(w)
        for _ in range(2):
            h = mp.tanh(x) if kind == "lstm" else x
            gate, other = sigmoid(weight * h - 2000), sigmoid(weight * h + b)
            if kind == "lstm":
                g = mp.tanh(weight * h + b)
                inner = gate * (one - gate) * x + other * ((one - other) * g + one - g**2)
                truth *= gate + weight * (one - h**2) * inner
                x = gate * x + other * g
            else:
                g = mp.tanh(weight * other * h + b)
                reset = other + weight * other * (one - other) * h
                inner = gate * (one - gate) * (h - g) + (one - gate) * (one - g**2) * reset
                truth *= gate + weight * inner
                x = gate * x + (one - gate) * g
        size = float(mp.log10(abs(truth)))
    assert size < -500.0
    assert found.log10_abs[-1] == pytest.approx(size, rel=1e-13)
    assert found.sign[-1] == mp.sign(truth)


def test_a_leaky_rectifier_multiplies_by_w_or_by_a_part_of_it():
    """Signs alternate with w < 0, so half of the layers multiply by the slope; no state is lost."""
    found = doya.chain_product("leaky-relu", 10_000, w=-0.5, x0=1.0, negative_slope=0.1)
    assert found.log10_abs[-1] == pytest.approx(10_000 * math.log10(0.5) - 5_000, rel=1e-12)
    assert found.sign[:3].tolist() == [1.0, -1.0, 1.0]
    assert found.factor[-2:] == pytest.approx([-0.05, -0.5])
    least = doya.chain_product("leaky-relu", 2, w=-1e-250, x0=1.0, negative_slope=1e-100)
    assert least.log10_abs == pytest.approx([0.0, -350.0, -600.0])
    most = doya.chain_product("leaky-relu", 10, w=[1e100, -1e100], b=[[0.0], [-1e100]], x0=1e100)
    assert most.log10_abs[0, :, -1] == pytest.approx([1000.0, 990.0])
    assert not np.isnan(most.log10_abs).any()


@pytest.mark.parametrize("slope", [1e-100, 0.01, 1.0])
def test_leaky_rectifiers_lie_between_the_rectifier_and_a_line(slope):
    """While every z is positive they agree to the last bit; a slope of 1 is linear."""
    arguments = {"w": 0.7, "b": 0.2, "x0": 0.3}
    leaky = doya.chain_product("leaky-relu", 20, negative_slope=slope, **arguments)
    plain = doya.chain_product("relu", 20, **arguments)
    assert np.array_equal(leaky.state, plain.state)
    assert np.array_equal(leaky.log10_abs, plain.log10_abs)
    below = doya.chain_product("leaky-relu", 20, w=0.7, b=-0.2, x0=-0.3, negative_slope=slope)
    assert below.log10_abs[-1] == pytest.approx(20 * math.log10(0.7 * slope), rel=1e-13)


def test_an_open_update_gate_keeps_the_product():
    """With a bias of 1000 the state and its derivative stay, with one of -1000 the state is new."""
    kept = doya.chain_product("gru", 1000, w=2.0, b=0.3, x0=0.7, update_bias=1000.0)
    assert kept.log10_abs == pytest.approx(0.0, abs=1e-12)
    assert set(kept.state) == {0.7}
    new = doya.chain_product("gru", 1, w=2.0, b=0.3, x0=0.7, update_bias=-1000.0)
    reset = 1.0 / (1.0 + math.exp(-1.7))
    assert new.state[1] == pytest.approx(math.tanh(1.4 * reset + 0.3))


def test_a_path_through_a_tree_is_as_deep_as_its_leaves_have_binary_digits():
    """Powers of two add a level; on the fixed point 1/2 each multiplies by w/4."""
    found = doya.chain_product("binary-tree", 10**6, w=2.0, b=-1.0, x0=0.5)
    for k, levels in ((0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1023, 10), (1024, 11), (10**6, 20)):
        assert found.log10_abs[k] == pytest.approx(-levels * math.log10(2.0), rel=1e-12)
    chain = doya.chain_product("logistic", 4, w=1.3, b=0.2, x0=[0.1, 0.6])
    tree = doya.chain_product("binary-tree", 8, w=1.3, b=0.2, x0=[0.1, 0.6])
    levels = [0, 1, 2, 2, 3, 3, 3, 3, 4]
    for name in ("state", "log10_abs", "sign"):
        assert np.array_equal(getattr(tree, name), getattr(chain, name)[:, levels])
    assert (tree.factor[:, [2, 4, 5, 6]] == 1.0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_ends_of_every_range_give_numbers(kind):
    """Weights and biases of any size and sign; nothing is NaN, and k = 0 has the product 1."""
    w = np.array([0.0, 1.0, -1.0, 1e100, -1e100])[:, np.newaxis, np.newaxis]
    b = np.array([0.0, 1e100, -1e100])[:, np.newaxis]
    for x0 in (0.0, 1e100, -1e100):
        for low in (True, False):
            further = {
                "epsilon": 1e-100 if low else 1.0,
                "negative_slope": 1e-100 if low else 1.0,
                "forget_bias": -1e100 if low else 1e100,
                "update_bias": -1e100 if low else 1e100,
            }
            found = doya.chain_product(kind, 4, w, b, [x0, 0.5 * x0], **further)
            assert not np.isnan(found.log10_abs).any()
            assert not np.isnan(found.state).any()
            assert (found.log10_abs == np.inf).sum() == 0
            assert not found.log10_abs[..., 0].any()


def test_the_former_name_of_the_leaky_integrator_is_accepted():
    """The result has the new one."""
    former, now = (doya.chain_product(kind, 5, 2.0) for kind in ("leak", "leaky-integrator"))
    assert former == now
    assert former.kind == "leaky-integrator"


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
    """Many layers, or a single one."""
    asked = []
    monkeypatch.setattr(
        "doya.networks.chains.require_memory",
        lambda name, shape, arrays: asked.append(8 * arrays * math.prod(shape)),
    )
    for depth, members in ((50, 2000), (1, 20_000)):
        tracemalloc.start()
        doya.chain_product(kind, depth, np.linspace(0.5, 2.0, members))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most <= asked[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "elu"}, "kind must be one of logistic, tanh, .*, clipping, got 'elu'"),
        ({"kind": ["lstm"]}, r"kind must be one of .*, got \['lstm'\]"),
        ({"depth": -1}, "depth must be a whole number from 0 .* got -1"),
        ({"depth": 2.5}, "depth must be a whole number from 0 .* got 2.5"),
        ({"depth": 10**14}, "the chain asks for"),
        ({"w": math.nan}, "w must be finite.* got nan"),
        ({"x0": math.inf}, "x0 must be finite.* got inf"),
        ({"negative_slope": 0.0}, "negative_slope must be from 1e-100 to 1, got 0.0"),
        ({"update_bias": math.nan}, "update_bias must be finite.* got nan"),
        ({"epsilon": 0.0}, "epsilon must be from 1e-100 to 1, got 0.0"),
        ({"forget_bias": "one"}, "forget_bias must be a number"),
        ({"w": [1.0, 2.0], "b": [0.0] * 3}, "must broadcast with"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.chain_product(**{"kind": "logistic", "depth": 5, **arguments})


def test_the_products_are_those_of_jax():
    """By its own activations and differentiation; its ReLU at 0 is not met."""
    jax = pytest.importorskip("jax")
    if not hasattr(jax, "enable_x64"):
        pytest.skip(f"JAX {jax.__version__} is too old")
    nn, jnp, (w, b, depth) = jax.nn, jax.numpy, (-1.7, 0.3, 12)

    def gru(h):
        update, reset = nn.sigmoid(w * h + 1.0), nn.sigmoid(w * h + b)
        return update * h + (1.0 - update) * jnp.tanh(w * reset * h + b)

    steps = {
        "relu": lambda x: nn.relu(w * x + b),
        "leaky-relu": lambda x: nn.leaky_relu(w * x + b, 0.01),
        "residual": lambda x: x + nn.sigmoid(w * x + b),
        "gru": gru,
    }
    with jax.enable_x64(True):
        for kind, step in steps.items():

            def end(x, step=step):
                for _ in range(depth):
                    x = step(x)
                return x

            found = doya.chain_product(kind, depth, w, b, 0.2)
            truth = float(jax.grad(end)(0.2))
            assert found.sign[-1] * 10.0 ** found.log10_abs[-1] == pytest.approx(truth, rel=1e-11)
