"""Gradients of networks: finite differences in 40 digits, JAX, and how far back they come from."""

import math

import numpy as np
import pytest
from mpmath import mp

import doya
import network_oracle as oracle

NAMES = ("W_rec", "W_in", "b", "a0")
LOG10_4 = math.log10(4.0)


def random_case(n, steps, scale=2.0):
    """Parameters in the order of NAMES, target and inputs."""
    rng = np.random.default_rng(100 * n + steps)
    shapes = ((n, n), (n, 2), (n,), (n,))
    values = [rng.normal(size=shape) for shape in shapes]
    values[0] *= scale / math.sqrt(n)
    return values, rng.uniform(size=n), rng.normal(size=(steps, 2))


def found_for(values, target, inputs, activation):
    weights, gains, b, a0 = values
    network = doya.SigmoidRNN(weights, gains, b, activation=activation)
    return doya.backpropagation(network, a0, target, len(inputs), inputs)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize(("n", "directions"), [(1, 4), (2, 6), (7, 3), (20, 2)])
def test_the_gradient_is_that_of_finite_differences_in_40_digits(n, directions, activation):
    """Along random directions in all parameters at once, and the loss itself."""
    values, target, inputs = random_case(n, 6)
    found = found_for(values, target, inputs, activation)
    case = [[part.tolist() for part in values], target.tolist(), inputs.tolist()]
    exact = oracle.numbers(case)
    assert found.loss == pytest.approx(float(oracle.loss(*exact, activation)), rel=1e-12)
    rng = np.random.default_rng(n)
    for _ in range(directions):
        along = [rng.normal(size=part.shape) for part in values]
        with mp.workdps(40):
            known = oracle.slope_along(*exact, [part.tolist() for part in along], activation)
        parts = [found.gradient[name] * by for name, by in zip(NAMES, along, strict=True)]
        size = sum(np.abs(part).sum() for part in parts)
        assert abs(sum(part.sum() for part in parts) - float(known)) <= 1e-12 * size


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_the_gradient_is_that_of_jax(activation):
    """Entry by entry to 1e-10 of the largest, for 1 to 20 units, in one padded computation."""
    jax = pytest.importorskip("jax")
    if not hasattr(jax, "enable_x64"):
        pytest.skip(f"JAX {jax.__version__} is too old")
    jnp, most, steps = jax.numpy, 20, 12
    phi = {"logistic": jax.nn.sigmoid, "tanh": jnp.tanh}[activation]

    def loss(parameters, target, inputs, present):
        weights, gains, b, a0 = parameters

        def step(a, u):
            return weights @ phi(a) + gains @ u + b, None

        last = jax.lax.scan(step, a0, inputs)[0]
        return (present * (target - phi(last)) ** 2).sum()

    with jax.enable_x64(True):
        gradient = jax.jit(jax.grad(loss))
        for n in (1, 2, 5, 13, 20):
            values, target, inputs = random_case(n, steps)
            padded = [np.zeros((most, *([most] if name == "W_rec" else part.shape[1:])))
                      for name, part in zip(NAMES, values, strict=True)]  # fmt: skip
            for wide, part in zip(padded, values, strict=True):
                wide[tuple(slice(size) for size in part.shape)] = part
            known = gradient(
                padded, np.resize(target, most), inputs, (np.arange(most) < n).astype(float)
            )
            found = found_for(values, target, inputs, activation).gradient
            for name, wide in zip(NAMES, known, strict=True):
                part = np.asarray(wide)[tuple(slice(size) for size in found[name].shape)]
                np.testing.assert_allclose(
                    found[name], part, rtol=0.0, atol=1e-10 * np.abs(part).max()
                )


def test_one_unit_has_the_gradient_of_the_map_by_the_chain_rule():
    """a[0] = w x0 + b depends on w and b too, and phi(a[T]) is x one step later."""
    w, b, x0, target, steps = 5.2, -2.7, 0.55, 0.7, 40
    network = doya.SigmoidRNN([[w]], b=b)
    found = doya.backpropagation(network, w * x0 + b, target, steps).gradient
    known = doya.sensitivity(doya.NeuronMap(w, b), x0, steps + 1)
    pull = -2.0 * (target - float(known.x))
    by_start = float(found["a0"][0])
    assert w * by_start == pytest.approx(pull * known.derivative["x0"], rel=1e-12)
    assert float(found["b"][0]) + by_start == pytest.approx(pull * known.derivative["b"], rel=1e-12)
    by_weight = float(found["W_rec"][0, 0]) + x0 * by_start
    assert by_weight == pytest.approx(pull * known.derivative["w"], rel=1e-12)


def test_the_error_surface_of_pascanu_on_its_wall():
    """w = 5: on the wall a stays 0.5, and da[50]/da[0] = m**50 = 3178.60, m = w sigma'(0.5)."""
    w = 5.0
    level = 1.0 / (1.0 + math.exp(-0.5))
    network = doya.SigmoidRNN([[w]], b=0.5 - w * level)
    found = doya.backpropagation(network, 0.5, 0.7, 50)
    m = w * level * (1.0 - level)
    pull = -2.0 * (0.7 - level) * level * (1.0 - level)
    assert found.gradient["a0"][0] / pull == pytest.approx(3178.60, abs=0.005)
    known = (m**50 - 1.0) / (m - 1.0)
    assert found.gradient["b"][0] / pull == pytest.approx(known, rel=1e-9)
    assert found.gradient["W_rec"][0, 0] / pull == pytest.approx(level * known, rel=1e-9)


def test_terms_add_up_to_the_gradient_and_each_is_its_product():
    """Term k is the gradient at the end times da[T]/da[T-k], multiplied out, times its source."""
    (weights, gains, b, a0), target, inputs = random_case(4, 30)
    found = found_for((weights, gains, b, a0), target, inputs, "tanh")
    states, product = found.states, np.eye(4)
    end = -2.0 * (target - np.tanh(states[-1])) / np.cosh(states[-1]) ** 2
    sums = {"W_rec": 0.0, "W_in": 0.0, "b": 0.0}
    for k in range(30):
        back = end @ product
        known = {"W_rec": np.outer(back, np.tanh(states[29 - k])), "b": back,
                 "W_in": np.outer(back, inputs[29 - k])}  # fmt: skip
        assert found.log10_adjoint[k] == pytest.approx(math.log10(np.linalg.norm(back)), abs=1e-12)
        for name, term in known.items():
            size = np.linalg.norm(term)
            np.testing.assert_allclose(found.term(name, k), term, rtol=0.0, atol=1e-12 * size)
            assert found.log10_norm[name][k] == pytest.approx(math.log10(size), abs=1e-12)
            sums[name] = sums[name] + found.term(name, k)
        product = product @ (weights / np.cosh(states[29 - k]) ** 2)
    for name, total in sums.items():
        np.testing.assert_allclose(found.gradient[name], total, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("m", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("part", [0.5, 0.99, 0.999])
def test_the_horizon_of_terms_that_shrink_by_a_factor(m, part):
    """At the fixed point a = 0 term k is m**k of the first: log(1 - part) / log(m) terms count."""
    network = doya.SigmoidRNN([[4.0 * m]], b=-2.0 * m)
    found = doya.backpropagation(network, 0.0, 1.0, 2000)
    known = math.ceil(math.log(1.0 - part) / math.log(m) - 1e-9)
    assert [found.horizon(part, name) for name in ("W_rec", "b")] == [known, known]
    assert found.log10_adjoint[-1] == pytest.approx(2000 * math.log10(m) - LOG10_4, rel=1e-12)


def test_gradients_beyond_all_doubles_are_told_by_their_logarithm():
    """Exploding over 2,000 steps: infinite, without a warning; and all from the first steps."""
    network = doya.SigmoidRNN(3.0 * np.eye(2), np.ones((2, 1)), activation="tanh")
    found = doya.backpropagation(network, 0.0, 1.0, 2000)
    assert np.isneginf(found.gradient["b"]).all()
    np.testing.assert_array_equal(found.gradient["W_rec"], 0.0)
    np.testing.assert_array_equal(found.gradient["W_in"], 0.0)
    known = math.log10(2.0) * 1.5 + 2000 * math.log10(3.0)
    assert found.log10_adjoint[-1] == pytest.approx(known, rel=1e-12)
    assert found.horizon(name="b") == 2000
    assert found.horizon() == 0


def test_nothing_comes_back_through_weights_of_0_or_over_no_steps():
    """Terms but the last are 0; without steps the gradient by a0 is all there is."""
    found = doya.backpropagation(doya.SigmoidRNN(np.zeros((3, 3))), 0.3, 1.0, 5)
    assert np.isneginf(found.log10_norm["b"]).tolist() == [False, True, True, True, True]
    assert found.horizon() == 1
    found = doya.backpropagation(doya.SigmoidRNN([[2.0]]), 0.0, 1.0, 0)
    assert (found.gradient["a0"].tolist(), found.gradient["b"].tolist()) == ([-0.25], [0.0])
    assert (found.horizon(), found.log10_norm["W_rec"].size) == (0, 0)


def test_wrong_questions_of_a_gradient_are_told_in_one_sentence():
    found = doya.backpropagation(doya.SigmoidRNN([[2.0]]), 0.0, 1.0, 5)
    with pytest.raises(ValueError, match=r"^part must be above 0 and at most 1, got 1\.5"):
        found.horizon(1.5)
    with pytest.raises(ValueError, match=r"^name must be one of W_rec, b, got 'W_in'$"):
        found.horizon(name="W_in")
    with pytest.raises(ValueError, match=r"^k must be a whole number from 0 to 4, got 5$"):
        found.term("b", 5)
    with pytest.raises(ValueError, match=r"^target must be a number or an array of shape \(1,\)"):
        doya.backpropagation(found.network, 0.0, [1.0, 2.0], 5)


def test_far_in_saturation_the_adjoint_is_a_number():
    """There tanh' is about exp(-1e100), beside which a factor of 1e100 is nothing."""
    weights = 1e100 * np.random.default_rng(0).uniform(0.5, 1.0, (3, 3))
    network = doya.SigmoidRNN(weights, activation="tanh")
    found = doya.backpropagation(network, 1.0, -1e100, 20)
    steps = np.arange(1, 20)
    np.testing.assert_allclose(
        np.diff(found.log10_adjoint[:20]) / np.log10(np.e),
        -2.0 * found.network.simulate(1.0, 20)[-1 - steps].min(axis=1), rtol=1e-12,
    )  # fmt: skip


@pytest.mark.parametrize("small", [1e-100, 1e-170, 1e-310])
def test_terms_whose_squares_are_below_all_doubles_keep_their_size(small):
    """Inputs so small: each halving of the adjoint back in time is one of the term."""
    network = doya.SigmoidRNN(0.5 * np.eye(2), [[1.0], [1.0]], activation="tanh")
    found = doya.backpropagation(network, 0.0, 1.0, 3, [[small]] * 3)
    known = math.log10(small) + math.log10(2.0) * (1.5 - np.arange(3.0))
    np.testing.assert_allclose(found.log10_norm["W_in"], known, rtol=1e-14)
    np.testing.assert_allclose(found.gradient["W_in"], -3.5 * small, rtol=1e-14)
    assert found.horizon(name="W_in") == 3
    assert np.isneginf(found.log10_norm["W_rec"]).tolist() == [False, False, True]


def test_terms_of_a_unit_below_all_doubles_keep_their_size():
    """phi(-1000) = phi'(-1000) = e**-1000, and the term by the weight has one of each."""
    network = doya.SigmoidRNN([[1.0]], b=-1000.0)
    found = doya.backpropagation(network, -1000.0, 1.0, 2)
    known = math.log10(2.0) - 2000.0 * math.log10(math.e)
    assert found.log10_norm["W_rec"][0] == pytest.approx(known, rel=1e-12)
    assert found.horizon() == 1


def test_a_target_reached_to_rounding_leaves_a_loss_and_a_gradient():
    """1 - phi(50) = e**-50, where 1 - 1.0 would be 0; of tanh it is 2 e**-100; and far beyond."""
    for activation, gap, slope in [
        ("logistic", math.exp(-50.0), math.exp(-50.0)),
        ("tanh", 2.0 * math.exp(-100.0), 4.0 * math.exp(-100.0)),
    ]:
        network = doya.SigmoidRNN([[0.0]], b=50.0, activation=activation)
        found = doya.backpropagation(network, 0.0, 1.0, 1)
        assert found.loss == pytest.approx(gap**2, rel=1e-13)
        assert found.gradient["b"][0] == pytest.approx(-2.0 * gap * slope, rel=1e-13)
    network = doya.SigmoidRNN([[0.0]], b=1e4)
    known = LOG10_4 / 2.0 - 2e4 * math.log10(math.e)
    found = doya.backpropagation(network, 0.0, 1.0, 1)
    assert (found.loss, found.log10_adjoint[0]) == (0.0, pytest.approx(known, rel=1e-13))
