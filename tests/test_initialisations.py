"""Initial weights and the random networks made of them, against their laws and mpmath."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from oracles import sigmoid

SCHEMES = ("glorot", "he", "kumar", "yilmaz-poli")


def gaussian_mean(function, deviation):
    """Of the function of a normal number with mean 0."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    return weights @ function(deviation * nodes) / math.sqrt(2.0 * math.pi)


def activation(z):
    return 1.0 / (1.0 + np.exp(-z))


def slope(z):
    return activation(z) * (1.0 - activation(z))


@pytest.mark.parametrize(
    ("scheme", "shape", "mean", "deviation"),
    [
        ("glorot", (100, 300), 0.0, math.sqrt(2.0 / 400.0)),
        ("he", (300, 100), 0.0, math.sqrt(0.02)),
        ("he", (100, 400), 0.0, math.sqrt(0.005)),
        ("kumar", (300, 100), 0.0, 0.36),
        ("kumar", (100, 400), 0.0, 0.18),
        ("yilmaz-poli", (300, 100), -0.08, 0.1),
        ("yilmaz-poli", (100, 400), -0.02, 0.1),
        ("yilmaz-poli", (5000, 4), -1.0, 0.1),
    ],
)
def test_weights_have_the_mean_and_deviation_they_say(scheme, shape, mean, deviation):
    """Within 4 standard errors; the tails are those of a uniform or a normal number."""
    found = doya.initial_weights(scheme, shape, seed=5)
    assert found.shape == shape
    error = deviation / math.sqrt(found.size)
    assert found.mean() == pytest.approx(mean, abs=4.0 * error)
    assert found.std() == pytest.approx(deviation, abs=4.0 * error)
    away = np.abs(found - mean) / deviation
    if scheme == "glorot":
        assert 0.999 * math.sqrt(3.0) < away.max() <= math.sqrt(3.0)
    else:
        assert np.mean(away < 1.0) == pytest.approx(math.erf(math.sqrt(0.5)), abs=0.015)
        assert away.max() > 3.5


def test_a_seed_tells_the_weights_and_a_generator_goes_on():
    one, again, other = (doya.initial_weights("kumar", (3, 4), seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    random = np.random.default_rng(1)
    assert np.array_equal(doya.initial_weights("kumar", (3, 4), random), one)
    assert not np.array_equal(doya.initial_weights("kumar", (3, 4), random), one)


def moments(numbers):
    """The mean, and the root of the variance and 1e-5."""
    m = mp.fsum(numbers) / len(numbers)
    return m, mp.sqrt(mp.fsum((z - m) ** 2 for z in numbers) / len(numbers) + mpf("1e-5"))


def passed(column, weights, phi, batch, layer_norm, residual):
    """One sample after a layer; `batch` has the moments of each unit, or is None."""
    z = [mp.fsum(w * x for w, x in zip(row, column, strict=True)) for row in weights]
    if batch:
        z = [(each - m) / s for each, (m, s) in zip(z, batch, strict=True)]
    if layer_norm:
        m, s = moments(z)
        z = [(each - m) / s for each in z]
    a = map(phi, z)
    return [x + y for x, y in zip(column, a, strict=True)] if residual else list(a)


PHI = {
    "logistic": sigmoid,
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mpf(0)),
    "leaky-relu": lambda z: max(z, mpf(0.01) * z),
}


@pytest.mark.each_third
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"batch": 5},
        {"layer_norm": True},
        {"residual": True},
        {"batch": 5, "residual": True},
        {"layer_norm": True, "residual": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", PHI)
def test_the_norm_is_that_of_the_product(name, given):
    """Jacobians are central differences in 70 digits, with a batch's moments held; of one network.

    Singular values are by mpmath.
    """
    samples, delta = given.get("batch", 1), mpf(10) ** -30
    for scheme in SCHEMES:
        found = doya.deep_products(scheme, 5, 3, networks=2, activation=name, seed=9, **given)
        random = np.random.default_rng(9)
        inputs = random.standard_normal((2, 3, samples))[1]
        with mp.workdps(70):
            columns = [[mpf(x) for x in column] for column in inputs.T]
            product = mp.eye(3)
            for k in range(1, 6):
                drawn = doya.initial_weights(scheme, (2, 3, 3), random)[1]
                weights = [[mpf(w) for w in row] for row in drawn]
                batch = None
                if "batch" in given:
                    z = [passed(each, weights, lambda z: z, None, False, False) for each in columns]
                    batch = [moments(unit) for unit in zip(*z, strict=True)]
                settings = (
                    weights, PHI[name], batch,
                    given.get("layer_norm", False), given.get("residual", False),
                )  # fmt: skip
                jacobian = mp.matrix(3, 3)
                for j in range(3):
                    ends = []
                    for sign in (1, -1):
                        moved = [x + sign * delta * (i == j) for i, x in enumerate(columns[0])]
                        ends.append(passed(moved, *settings))
                    for i in range(3):
                        jacobian[i, j] = (ends[0][i] - ends[1][i]) / (2 * delta)
                columns = [passed(each, *settings) for each in columns]
                product = jacobian * product
                norm = max(mp.svd_r(product, compute_uv=False))
                if norm < mpf(10) ** -25:  # no rectified unit is on
                    assert found.log10_norm[1, k] == -math.inf
                else:
                    # A layer norm cancels almost all of what one rectified unit alone passes on.
                    cancels = "layer_norm" in given and name == "relu"
                    error = max(1e-12, float(1e-15 / norm)) if cancels else 1e-12
                    assert found.log10_norm[1, k] == pytest.approx(float(mp.log10(norm)), abs=error)


@pytest.mark.parametrize(
    ("scheme", "size", "name"),
    [("glorot", 1.0, "logistic"), ("kumar", 12.96, "logistic"), ("glorot", 1.0, "batch")],
)
def test_wide_networks_follow_the_mean_field(scheme, size, name):
    """A layer multiplies the gradient's square by N var(W) E[phi'(z)**2], z normal.

    Its variance is the fixed point of q = N var(W) E[phi(z)**2]; batch normalisation makes it 1,
    and divides by N var(W) var(phi(z)).
    """
    q = 1.0
    if name == "batch":
        spread = gaussian_mean(lambda z: activation(z) ** 2, q) - 0.25
        factor = gaussian_mean(lambda z: slope(z) ** 2, q) / spread
    else:
        for _ in range(100):
            q = size * gaussian_mean(lambda z: activation(z) ** 2, math.sqrt(q))
        factor = size * gaussian_mean(lambda z: slope(z) ** 2, math.sqrt(q))
    batch = 128 if name == "batch" else None
    found = doya.deep_products(scheme, 25, units=100, networks=4, batch=batch).log10_norm
    rate = np.mean(found[:, 25] - found[:, 5]) / 20.0
    assert rate == pytest.approx(0.5 * math.log10(factor), abs=0.02)


def test_he_weights_keep_the_norm_of_rectified_networks():
    """A layer multiplies the gradient's square by N (2 / N) E[phi'(z)**2] = 1; by Glorot's 1/2."""
    for scheme, factor in (("he", 1.0), ("glorot", 0.5)):
        found = doya.deep_products(scheme, 15, units=100, networks=8, activation="relu").log10_norm
        rate = np.mean(found[:, 15] - found[:, 5]) / 10.0
        assert rate == pytest.approx(0.5 * math.log10(factor), abs=0.03)


def test_a_layer_norm_makes_the_size_of_the_weights_irrelevant():
    """By the mean field one layer multiplies by the same factor for any variance of weights."""
    rates = []
    for scheme in ("glorot", "kumar", "he"):
        given = {"activation": "tanh", "layer_norm": True}
        found = doya.deep_products(scheme, 15, units=100, networks=8, **given).log10_norm
        rates.append(np.mean(found[:, 15] - found[:, 5]) / 10.0)
    variance = gaussian_mean(lambda z: np.tanh(z) ** 2, 1.0)
    factor = gaussian_mean(lambda z: np.cosh(z) ** -4.0, 1.0) / variance
    assert rates == pytest.approx([0.5 * math.log10(factor)] * 3, abs=0.03)


def test_a_layer_norm_of_one_unit_leaves_nothing():
    """The unit minus its mean is 0; a residual path keeps 1."""
    found = doya.deep_products("he", 3, units=1, networks=2, layer_norm=True)
    assert np.isneginf(found.log10_norm[:, 1:]).all()
    kept = doya.deep_products("he", 3, units=1, networks=2, layer_norm=True, residual=True)
    assert not kept.log10_norm.any()


@pytest.mark.parametrize("residual", [False, True])
def test_rectified_networks_of_any_depth_are_numbers(residual):
    """With Kumar's weights activations grow beyond all doubles, and the norm is still known."""
    found = doya.deep_products(
        "kumar", 1000, units=8, networks=3, activation="leaky-relu", residual=residual
    ).log10_norm
    assert np.isfinite(found).all()
    assert (found[:, -1] > 300.0).all()


def test_networks_whose_units_are_all_off_have_the_product_0():
    """Half of the networks of one unit lose it in a layer; quantiles of such are -inf."""
    found = doya.deep_products("he", 1, units=1, networks=400, activation="relu")
    off = np.isneginf(found.log10_norm[:, 1]).mean()
    assert off == pytest.approx(0.5, abs=0.1)
    low, most = found.quantiles((0.25, 1.0))[:, 1]
    assert (low, most) == (-math.inf, found.log10_norm[:, 1].max())
    assert np.isneginf(found.quantiles((0.0, off))[:, 1]).all()
    deep = doya.deep_products("he", 40, units=1, networks=3, activation="relu").log10_norm
    assert np.isneginf(deep[:, -1]).all()


def test_a_tree_has_the_layers_of_a_short_path():
    """With k + 1 leaves as many as halvings of them until one is left."""
    given = {"units": 4, "networks": 3, "seed": 8}
    tree = doya.deep_products("kumar", 9, binary_tree=True, **given)
    chain = doya.deep_products("kumar", 4, **given)
    levels = [0, 1, 2, 2, 3, 3, 3, 3, 4, 4]
    assert np.array_equal(tree.log10_norm, chain.log10_norm[:, levels])
    assert tree.k.tolist() == list(range(10))


def test_a_seed_tells_the_networks_whatever_their_depth():
    """The first layers of a deeper network are those of a shallower one."""
    arguments = {"units": 4, "networks": 3, "seed": 8}
    deep, shallow = (doya.deep_products("kumar", k, **arguments).log10_norm for k in (9, 4))
    assert np.array_equal(deep[:, :5], shallow)
    assert not np.array_equal(doya.deep_products("kumar", 4, 4, 3).log10_norm, shallow)


def test_quantiles_are_over_the_networks():
    found = doya.deep_products("glorot", 3, units=2, networks=5)
    assert found.k.tolist() == [0, 1, 2, 3]
    assert np.array_equal(found.quantiles()[1], np.sort(found.log10_norm, axis=0)[2])
    assert np.array_equal(found.quantiles((0.0,))[0], found.log10_norm.min(axis=0))
    assert not found.log10_norm[:, 0].any()


def test_ten_thousand_layers_are_a_number():
    """One unit: the norm is the product of single factors, thousands of decades below 1."""
    found = doya.deep_products("glorot", 10_000, units=1, networks=1, seed=2).log10_norm[0]
    assert -15_000.0 < found[-1] < -3_000.0
    assert np.all(np.diff(found) < math.log10(math.sqrt(3.0) / 4.0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scheme": "lecun"}, "scheme must be one of glorot, he, kumar, .*, got 'lecun'"),
        ({"activation": "elu"}, "activation must be one of logistic, tanh, relu, .*, got 'elu'"),
        ({"depth": -1}, "depth must be a whole number from 0 .* got -1"),
        ({"units": 0}, "units must be a whole number from 1 .* got 0"),
        ({"networks": 1.5}, "networks must be a whole number from 1 .* got 1.5"),
        ({"batch": 1}, "batch must be a whole number from 2 .* got 1"),
        ({"units": 10**8}, "the networks asks for"),
        ({"depth": 10**13}, "the networks asks for .* PB"),
        ({"depth": 2**53}, "the networks asks for .* PB"),
        ({"scheme": ["kumar"]}, r"scheme must be one of .*, got \['kumar'\]"),
        ({"activation": ["tanh"]}, r"activation must be one of logistic, .*, got \['tanh'\]"),
        ({"batch": 8, "layer_norm": True}, "layer_norm must be False with a batch, got True"),
        ({"seed": "a"}, "seed must be a whole number, at least 0, or a NumPy Generator, got 'a'"),
        ({"seed": -1}, "seed must be a whole number, at least 0, .* got -1"),
        ({"seed": 1.5}, "seed must be a whole number, at least 0, .* got 1.5"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.deep_products(**{"scheme": "glorot", "depth": 2, **arguments})


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("depth", "units", "networks", "given"),
    [
        (2000, 1, 20, {}),
        (20, 100, 8, {}),
        (20, 100, 8, {"layer_norm": True, "residual": True}),
        (5, 50, 8, {"batch": 300, "residual": True, "activation": "relu"}),
        (5, 50, 8, {"batch": 300}),
        (5, 50, 8, {"activation": "leaky-relu", "residual": True}),
    ],
)
def test_the_networks_take_no_more_memory_than_is_asked_for(
    depth, units, networks, given, monkeypatch
):
    """Whether the layers take most of it or the norms of each layer: the peak as it is traced."""
    asked = []
    monkeypatch.setattr(
        "doya.networks.random_networks.require_memory",
        lambda name, shape, arrays: asked.append(8 * arrays * math.prod(shape)),
    )
    doya.deep_products("glorot", 2, units=2, networks=2)
    tracemalloc.start()
    doya.deep_products("glorot", depth, units=units, networks=networks, **given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.5 * asked[-1] <= peak <= asked[-1]


@pytest.mark.parametrize("shape", [(), (3,), (3, 0), (3, 2.0), 5, None, "34"])
def test_weights_have_the_shape_of_matrices(shape):
    with pytest.raises(ValueError, match="shape"):
        doya.initial_weights("glorot", shape)


@pytest.mark.parametrize("seed", ["a", -1, 1.5, None])
def test_weights_need_a_seed_that_can_be_told_again(seed):
    with pytest.raises(ValueError, match="seed must be a whole number, at least 0, or a NumPy"):
        doya.initial_weights("glorot", (2, 2), seed)


def test_a_normalised_residual_network_is_that_of_jax():
    """Its `standardize` and leaky ReLU, differentiated by itself."""
    jax = pytest.importorskip("jax")
    if not hasattr(jax, "enable_x64"):
        pytest.skip(f"JAX {jax.__version__} is too old")
    random = np.random.default_rng(4)
    start = random.standard_normal((1, 7, 1))[0, :, 0]
    weights = [doya.initial_weights("he", (1, 7, 7), random)[0] for _ in range(5)]

    def network(a):
        for each in weights:
            a = a + jax.nn.leaky_relu(jax.nn.standardize(each @ a, epsilon=1e-5), 0.01)
        return a

    with jax.enable_x64(True):
        truth = np.linalg.norm(jax.jacobian(network)(start), 2)
    found = doya.deep_products(
        "he", 5, 7, 1, activation="leaky-relu", layer_norm=True, residual=True, seed=4
    )
    assert 10.0 ** found.log10_norm[0, -1] == pytest.approx(truth, rel=1e-12)
