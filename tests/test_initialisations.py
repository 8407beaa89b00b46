"""Initial weights and the random networks made of them, against their laws and mpmath."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp

import doya
from oracles import sigmoid

SCHEMES = ("glorot", "kumar", "yilmaz-poli")


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


@pytest.mark.parametrize("batch", [None, 5])
@pytest.mark.parametrize("name", ["logistic", "tanh"])
def test_the_norm_is_that_of_the_product(name, batch):
    """Multiplied out in 40 digits, its singular values by mpmath; of one network of each scheme."""
    phi, dphi = {
        "logistic": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
        "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    }[name]
    for scheme in SCHEMES:
        found = doya.deep_products(
            scheme, 6, units=3, networks=2, activation=name, batch=batch, seed=9
        )
        random = np.random.default_rng(9)
        inputs = random.standard_normal((2, 3, batch or 1))
        columns = [mp.matrix(inputs[1, :, j].tolist()) for j in range(batch or 1)]
        product = mp.eye(3)
        for k in range(1, 7):
            weights = mp.matrix(doya.initial_weights(scheme, (2, 3, 3), random)[1].tolist())
            columns = [weights * column for column in columns]
            jacobian = weights.copy()
            for i in range(3):
                row = [column[i] for column in columns]
                m, s = 0, 1
                if batch:
                    m = mp.fsum(row) / batch
                    s = mp.sqrt(mp.fsum((z - m) ** 2 for z in row) / batch + 1e-5)
                for column in columns:
                    column[i] = phi((column[i] - m) / s)
                jacobian[i, :] *= dphi((row[0] - m) / s) / s
            product = jacobian * product
            norm = max(mp.svd_r(product, compute_uv=False))
            assert found.log10_norm[1, k] == pytest.approx(float(mp.log10(norm)), abs=1e-12)


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
        ({"scheme": "he"}, "scheme must be one of glorot, kumar, yilmaz-poli, got 'he'"),
        ({"activation": "relu"}, "activation must be one of logistic, tanh, got 'relu'"),
        ({"depth": -1}, "depth must be a whole number from 0 .* got -1"),
        ({"units": 0}, "units must be a whole number from 1 .* got 0"),
        ({"networks": 1.5}, "networks must be a whole number from 1 .* got 1.5"),
        ({"batch": 1}, "batch must be a whole number from 2 .* got 1"),
        ({"units": 10**8}, "the networks asks for"),
        ({"depth": 10**13}, "the networks asks for .* PB"),
        ({"depth": 2**53}, "the networks asks for .* PB"),
        ({"scheme": ["kumar"]}, r"scheme must be one of .*, got \['kumar'\]"),
        ({"activation": ["tanh"]}, r"activation must be one of logistic, tanh, got \['tanh'\]"),
        ({"seed": "a"}, "seed must be a whole number, at least 0, or a NumPy Generator, got 'a'"),
        ({"seed": -1}, "seed must be a whole number, at least 0, .* got -1"),
        ({"seed": 1.5}, "seed must be a whole number, at least 0, .* got 1.5"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.deep_products(**{"scheme": "glorot", "depth": 2, **arguments})


@pytest.mark.parametrize(("depth", "units", "networks"), [(2000, 1, 20), (20, 100, 8)])
def test_the_networks_take_no_more_memory_than_is_asked_for(depth, units, networks, monkeypatch):
    """Whether the layers take most of it or the norms of each layer: the peak as it is traced."""
    asked = []
    monkeypatch.setattr(
        "doya.networks.random_networks.require_memory",
        lambda name, shape, arrays: asked.append(8 * arrays * math.prod(shape)),
    )
    doya.deep_products("glorot", 2, units=2, networks=2)
    tracemalloc.start()
    doya.deep_products("glorot", depth, units=units, networks=networks)
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
