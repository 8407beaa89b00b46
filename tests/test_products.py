"""Products of Jacobians: every singular value, however small, against closed forms and mpmath."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import network_oracle as oracle
from doya.kernels import products as kernels
from doya.kernels.machinery import running
from doya.kernels.machinery.compilation import compiled

LOG10_2 = math.log10(2.0)


def random_network(rng, n, scale, activation):
    weights = scale * rng.normal(size=(n, n)) / math.sqrt(n)
    return doya.SigmoidRNN(weights, b=rng.normal(size=n), activation=activation)


def factors_of(products):
    """W_rec diag(phi'(a)) at the states of doubles, the last first, in 40 digits."""
    slope = oracle.SLOPE[products.network.activation]
    weights = products.network.W_rec.tolist()
    return [
        [[mpf(w) * s for w, s in zip(row, slopes, strict=True)] for row in weights]
        for slopes in ([slope(mpf(a)) for a in state] for state in products.states[-2::-1].tolist())
    ]


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize(("n", "scale"), [(1, 3.0), (2, 40.0), (3, 2.0), (4, 15.0), (6, 1.0)])
def test_singular_values_are_those_of_mpmath_however_small(n, scale, activation):
    """With saturated units too: down to 1e-300 and less of the largest."""
    rng = np.random.default_rng(n)
    network = random_network(rng, n, scale, activation)
    products = doya.jacobian_products(network, rng.normal(size=n), 24)
    with mp.workdps(400):
        factors = factors_of(products)
    for k in (1, 2, 24):
        known = oracle.log10_singular_values(factors[:k])
        np.testing.assert_allclose(products.log10_singular_values[k], known, rtol=1e-15, atol=1e-13)


@pytest.mark.each_third
@pytest.mark.parametrize("n", [2, 5, 20])
def test_the_product_of_all_singular_values_is_the_determinant(n):
    """Over 10,000 steps, where the smallest is down to 1e-10000 of the largest."""
    rng = np.random.default_rng(n)
    weights, slopes = rng.normal(size=(n, n)), rng.uniform(1e-3, 1.0, (10_000, n))
    found = doya.matrix_products(weights, slopes).log10_singular_values
    steps = np.linalg.slogdet(weights)[1] / math.log(10.0) + np.log10(slopes).sum(axis=1)
    known = np.append(0.0, np.cumsum(steps))
    np.testing.assert_allclose(found.sum(axis=1), known, rtol=1e-12, atol=1e-12)
    assert (np.diff(found, axis=1) <= 0.0).all()


@pytest.mark.long
def test_norms_are_those_of_products_multiplied_out():
    """Over 10,000 steps of 20 units: of numpy, kept within range by powers of two."""
    rng = np.random.default_rng(3)
    network = random_network(rng, 20, 2.0, "tanh")
    products = doya.jacobian_products(network, 0.1, 10_000)
    assert np.isfinite(products.log10_singular_values).all()
    product, exponent = np.eye(20), 0
    for k, a in enumerate(products.states[-2::-1], 1):
        product = product @ (network.W_rec / np.cosh(a) ** 2)
        shift = int(np.frexp(np.abs(product).max())[1])
        product, exponent = np.ldexp(product, -shift), exponent + shift
        if k % 500 == 0:
            known = math.log10(np.linalg.norm(product, 2)) + exponent * LOG10_2
            assert products.log10_norm[k] == pytest.approx(known, rel=1e-13, abs=1e-11)


@pytest.mark.long
def test_no_product_exceeds_its_bound():
    """Of 1,000 random networks, a few ulp a step of slack; some reach it: orthogonal W at a = 0."""
    rng = np.random.default_rng(4)
    reached = 0
    for i in range(1000):
        n, activation = int(rng.integers(1, 21)), ("logistic", "tanh")[i % 2]
        network = random_network(rng, n, 10.0 ** rng.uniform(-2.0, 2.0), activation)
        a0 = rng.normal(size=n)
        if i % 5 == 0:
            weights = np.linalg.qr(network.W_rec)[0] * 10.0 ** rng.uniform(-2.0, 2.0)
            rest = np.full(n, {"logistic": 0.5, "tanh": 0.0}[activation])
            network = doya.SigmoidRNN(weights, b=-weights @ rest, activation=activation)
            a0 = np.zeros(n)
        products = doya.jacobian_products(network, a0, 6)
        above = products.log10_norm - products.log10_bound
        slack = 4.0 * np.spacing(np.maximum(np.abs(products.log10_bound), 1.0)) * (products.k + 1.0)
        assert (above <= slack).all()
        reached += i % 5 == 0 and abs(above[-1]) <= slack[-1]
    assert reached == 200


def test_over_many_steps_the_norm_keeps_to_its_bound_but_for_rounding():
    """Which grows with k: of orthogonal W and slopes of 1 both are 1."""
    rotation = np.linalg.qr(np.random.default_rng(9).normal(size=(5, 5)))[0]
    found = doya.matrix_products(rotation, np.ones((100_000, 5)))
    drift = np.abs(found.log10_norm - found.log10_bound)
    assert (drift <= 1e-15 * (found.k + 1.0)).all()


@pytest.mark.parametrize(("w", "b", "x0"), [(5.0, -2.5, 0.5), (3.0, 1.0, 0.2), (-7.0, 2.0, 0.9),
                                            (0.3, -0.1, -1.0), (900.0, -20.0, 0.4)])  # fmt: skip
def test_one_unit_has_the_sensitivity_of_the_map(w, b, x0):
    """da[T]/da[0] = dx(T)/dx0 at epsilon = 1, as a = w x + b in both states."""
    network = doya.SigmoidRNN([[w]], b=b)
    for steps in (0, 1, 7, 300):
        known = doya.sensitivity(doya.NeuronMap(w, b), x0, steps, wrt="x0").log10_abs["x0"]
        found = doya.jacobian_products(network, w * x0 + b, steps).log10_norm[-1]
        assert found == pytest.approx(float(known), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("delta", [0.6, 3.0, 1e-30])
@pytest.mark.parametrize("c", [0.05, 0.5, 0.9, 0.99])
def test_the_spectral_radius_tells_nothing(delta, c):
    """W = [[0, 2], [d, 0]], D = c I: (W D)**2n = (2 d c**2)**n I vanishes or explodes with c."""
    found = doya.matrix_products([[0.0, 2.0], [delta, 0.0]], [[c, c]] * 10_000)
    n = np.array([1, 10, 500, 5000])
    known = n * float(mp.log10(2 * mpf(delta) * mpf(c) ** 2))
    for j in range(2):
        np.testing.assert_allclose(
            found.log10_singular_values[2 * n, j], known, rtol=1e-15, atol=2e-12
        )
    np.testing.assert_allclose(
        found.log10_bound, np.arange(10_001) * math.log10(max(2.0, delta) * c), rtol=1e-12
    )


def test_a_network_whose_gradient_vanishes_though_the_spectral_radius_is_above_1():
    """The counterexample as a network of tanh units, at its stable fixed point."""
    weights, c = np.array([[0.0, 2.0], [0.6, 0.0]]), 0.8
    a0 = np.full(2, math.atanh(math.sqrt(1.0 - c)))
    network = doya.SigmoidRNN(weights, b=a0 - weights @ np.tanh(a0), activation="tanh")
    assert network.spectral_radius > 1.0
    assert network.verdict.startswith("Exploding is possible")
    found = doya.jacobian_products(network, a0, 2000).log10_norm[-1]
    assert found == pytest.approx(1000.0 * math.log10(1.2 * c**2), rel=1e-12)


def test_closed_singular_values():
    """Of powers of a shear, [[1, k], [0, 1]], and of rotations, alone and almost alone."""
    found = doya.matrix_products([[1.0, 1.0], [0.0, 1.0]], np.ones((10_000, 2)))
    large = np.arcsinh(found.k / 2.0) / math.log(10.0)
    np.testing.assert_allclose(
        found.log10_singular_values, np.stack([large, -large], axis=1), rtol=0.0, atol=1e-11
    )
    rng = np.random.default_rng(5)
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    found = doya.matrix_products(rotation, np.full((100, 8), 0.25))
    known = -2.0 * LOG10_2 * found.k[:, np.newaxis] * np.ones(8)
    np.testing.assert_allclose(found.log10_singular_values, known, rtol=1e-13, atol=1e-13)
    near = 1.0 - rng.uniform(0.0, 1e-9, (3, 8))
    factors = [[[mpf(w) * s for w, s in zip(row, d, strict=True)] for row in rotation.tolist()]
               for d in near.tolist()]  # fmt: skip
    found = doya.matrix_products(rotation, near).log10_singular_values[3]
    known = oracle.log10_singular_values(factors)
    np.testing.assert_allclose(found, known, rtol=0.0, atol=1e-14)


def test_matrices_of_their_own_and_sizes_beyond_doubles():
    """Diagonal matrices in turn: one direction grows first, the other later."""
    there, back = np.diag([1e9, 1e-90]), np.diag([1e-99, 1e80])
    found = doya.matrix_products([there] * 40 + [back] * 60, np.ones((100, 2)))
    np.testing.assert_allclose(found.log10_singular_values[40], [360.0, -3600.0], rtol=1e-14)
    np.testing.assert_allclose(found.log10_singular_values[100], [1200.0, -5580.0], rtol=1e-14)
    np.testing.assert_allclose(found.log10_bound[[40, 100]], [360.0, 5160.0], rtol=1e-14)


def test_a_slope_of_0_takes_one_singular_value_for_good():
    """The others are those of mpmath; all are 0 once each slope of a step is."""
    rng = np.random.default_rng(6)
    weights, slopes = rng.normal(size=(4, 4)), rng.uniform(0.0, 1.0, (9, 4))
    slopes[3, 2] = slopes[6, 1] = 0.0
    slopes[8] = 0.0
    found = doya.matrix_products(weights, slopes).log10_singular_values
    np.testing.assert_array_equal(np.isneginf(found).sum(axis=1), [0, 0, 0, 0, 1, 1, 1, 1, 1, 4])
    factors = [[[mpf(w) * s for w, s in zip(row, d, strict=True)] for row in weights.tolist()]
               for d in slopes.tolist()]  # fmt: skip
    for k in (4, 8):
        known = oracle.log10_singular_values(factors[:k], rank=3)
        np.testing.assert_allclose(found[k, :3], known, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("rank", [0, 1, 2, 4])
def test_singular_weights_leave_as_many_singular_values_as_their_rank(rank):
    """To rounding; rows and columns may differ in size by 1e30."""
    rng = np.random.default_rng(rank)
    weights = rng.normal(size=(5, rank)) @ rng.normal(size=(rank, 5))
    for scale in (np.ones(5), 10.0 ** np.array([30.0, 10.0, 0.0, -10.0, -30.0])):
        for scaled in (scale[:, np.newaxis] * weights, weights * scale):
            found = doya.matrix_products(scaled, rng.uniform(0.1, 1.0, (3, 5)))
            finite = np.isfinite(found.log10_singular_values).sum(axis=1)
            np.testing.assert_array_equal(finite, [5, rank, rank, rank])
    network = doya.SigmoidRNN(weights)
    found = doya.jacobian_products(network, 0.0, 2)
    assert np.isfinite(found.log10_norm).tolist() == [True, rank > 0, rank > 0]
    assert not np.isnan(found.log10_bound).any()


def test_a_small_singular_value_of_orders_of_size_apart_is_no_rounding():
    """[[0, 2], [1e-90, 0]] has rank 2, and so have its products."""
    found = doya.matrix_products([[0.0, 2.0], [1e-90, 0.0]], np.ones((3, 2)))
    known = [[LOG10_2, -90.0], [LOG10_2 - 90.0] * 2, [2 * LOG10_2 - 90.0, LOG10_2 - 180.0]]
    np.testing.assert_allclose(found.log10_singular_values[1:], known, rtol=1e-15)


def test_a_regular_matrix_may_be_singular_to_rounding():
    """1 on the diagonal and -1 above it: of determinant 1, the smallest singular value 1e-18."""
    found = doya.matrix_products(np.eye(60) - np.triu(np.ones((60, 60)), 1), np.ones((1, 60)))
    assert np.isneginf(found.log10_singular_values[1]).sum() == 1


@pytest.mark.parametrize("n", [20, 40])
def test_many_close_singular_values(n):
    """Of an almost unit matrix; Jacobi's method takes the most sweeps for these."""
    matrix = np.eye(n) + 1e-3 * np.random.default_rng(n).normal(size=(n, n))
    found = doya.matrix_products(matrix, np.ones((1, n))).log10_singular_values[1]
    known = np.log10(np.linalg.svd(matrix, compute_uv=False))
    np.testing.assert_allclose(found, known, rtol=0.0, atol=4e-15)


@pytest.mark.parametrize(
    ("small", "power"), [(1e-300, -990), (1e-290, -950), (1e-308, -1050), (2.0**-1072, -1074)]
)
def test_a_tiny_part_of_a_singular_vector_counts_where_the_rest_is_cut(small, power):
    """[[1, 1], [0, 1]] diag(1, small) diag(2**power, 1): down to 1e-300."""
    shear, slopes = [[1.0, 1.0], [0.0, 1.0]], [[1.0, small], [2.0**power, 1.0]]
    found = doya.matrix_products([shear, np.eye(2)], slopes).log10_singular_values[2]
    factors = [[[mpf(w) * s for w, s in zip(row, d, strict=True)] for row in matrix]
               for matrix, d in zip([shear, np.eye(2).tolist()], slopes, strict=True)]  # fmt: skip
    known = oracle.log10_singular_values(factors)
    np.testing.assert_allclose(found, known, rtol=1e-15 if small >= 1e-300 else 1e-3)


def test_blocks_of_steps_change_no_bit_and_are_told(monkeypatch):
    """Interpreted and compiled, with one matrix and with many."""
    rng = np.random.default_rng(11)
    for n in (2, 5):
        slopes = rng.uniform(0.0, 1.0, (2000, n))
        for matrices in (rng.normal(size=(n, n)), rng.normal(size=(2000, n, n))):
            told = []
            with monkeypatch.context() as patch:
                patch.setattr("doya.networks.products.BLOCK", 600 * (n**3 + 8))
                parts = doya.matrix_products(matrices, slopes, progress=told.append)
            whole = doya.matrix_products(matrices, slopes)
            np.testing.assert_array_equal(parts.log10_singular_values, whole.log10_singular_values)
            assert told == [0.3, 0.6, 0.9, 1.0]
    told = []
    doya.jacobian_products(doya.SigmoidRNN([[2.0]]), 0.0, 5, progress=told.append)
    assert told == [1.0]


@pytest.mark.long
def test_memory_is_asked_for_what_is_used(monkeypatch):
    """The most that is taken at once is at most what was asked for, and half of it at least."""
    network, steps = doya.SigmoidRNN(np.eye(5), np.ones((5, 1))), 5000
    asks = [
        lambda steps: doya.jacobian_products(network, 0.1, steps),
        lambda steps: doya.backpropagation(network, 0.1, 0.2, steps),
        lambda steps: doya.matrix_products(np.eye(5), np.ones((steps, 5))),
    ]
    asked: list[int] = []
    for module in ("sigmoid_rnn", "products", "backpropagation"):
        monkeypatch.setattr(
            f"doya.networks.{module}.require_memory",
            lambda name, shape, arrays: asked.append(8 * arrays * math.prod(shape)),
        )
    for ask in asks:
        with running.always(running.as_machine_code):  # not loaded while memory is traced
            ask(500)
            asked.clear()
            tracemalloc.start()
            ask(steps)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert 0.5 * max(asked) <= peak <= max(asked)


@pytest.mark.machine_code
def test_one_unit_needs_no_machine_code_of_its_own():
    """The arrays are of the same kinds for 1 unit and for more."""
    for n in (1, 3):
        doya.matrix_products(np.eye(n), np.ones((50_000, n)))
    stats = compiled(kernels.follow).stats
    assert len({*stats.cache_hits, *stats.cache_misses}) == 1


def test_the_kernel_has_the_same_bits_interpreted_and_compiled():
    """Also with slopes of 0, and below all doubles."""
    rng = np.random.default_rng(8)
    for n in (1, 2, 4):
        matrices, ranks = rng.normal(size=(9, n, n)), np.full(9, n)
        slopes, exponents = (
            rng.uniform(0.5, 1.0, (9, n)),
            np.rint(-(10.0 ** rng.uniform(0, 4, (9, n)))),
        )
        slopes[6, 0] = 0.0
        log10 = np.empty((9, n))
        arrays = (
            matrices, ranks, slopes, exponents, log10,
            0.5 * np.eye(n), np.ones(n), *np.empty((2, n, n)), np.empty(n),
        )  # fmt: skip
        lists = [array.tolist() for array in arrays]
        rank = compiled(kernels.follow)(n, *arrays)
        assert kernels.follow(n, *lists) == rank == n - 1
        np.testing.assert_array_equal(log10, lists[4])


def test_no_factors_leave_the_identity():
    for matrices in (np.eye(3), np.empty((0, 3, 3))):
        found = doya.matrix_products(matrices, np.empty((0, 3)))
        np.testing.assert_array_equal(found.log10_singular_values, np.zeros((1, 3)))
        assert (found.k.tolist(), found.log10_bound.tolist()) == ([0], [0.0])


@pytest.mark.parametrize(
    ("matrices", "slopes", "message"),
    [
        ([[1.0]], [1.0], r"slopes must be of shape \(K, N\), got \(1,\)"),
        ([[1.0]], [[-0.5]], "slopes must be at least 0, got -0.5"),
        ([[1.0]], [[math.nan]], "slopes must be finite"),
        ([[1.0, 2.0]], [[1.0]], r"matrices must be of shape \(1, 1\) or \(1, 1, 1\), got \(1, 2\)"),
        (np.ones((2, 1, 1)), [[1.0]], "matrices must be of shape"),
        ([[math.inf]], [[1.0]], "matrices must be finite"),
    ],
)
def test_wrong_products_are_told_in_one_sentence(matrices, slopes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        doya.matrix_products(matrices, slopes)
