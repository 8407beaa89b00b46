"""Networks: their states against 40 digits, and the sentence about the norm."""

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import network_oracle as oracle
from doya.networks.activations import ACTIVATIONS

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize("n", [1, 4])
def test_states_are_those_of_40_digits(n, activation):
    """With inputs, until the network itself has enlarged rounding errors."""
    weights, gains = RNG.normal(size=(n, n)), RNG.normal(size=(n, 2))
    b, a0, u = RNG.normal(size=n), RNG.normal(size=n), RNG.normal(size=(12, 2))
    network = doya.SigmoidRNN(weights, gains, b, activation=activation)
    known = oracle.simulate(
        *(oracle.numbers(part.tolist()) for part in (weights, gains, b, a0, u)), activation
    )
    found = network.simulate(a0, 12, u)
    assert found.shape == (13, n)
    np.testing.assert_allclose(found, np.array(known, dtype=float), rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(
        network.simulate(a0, 3), network.simulate(a0, 3, np.zeros((3, 2)))
    )


def test_one_unit_is_the_map_of_doya():
    """Epsilon = 1, and a = w x + b."""
    w, b, x0 = 5.0, -2.3, 0.4
    x = doya.simulate(doya.NeuronMap(w, b), x0, 100).x
    a = doya.SigmoidRNN([[w]], b=b).simulate(w * x0 + b, 100)
    np.testing.assert_allclose(a[:, 0], w * x + b, rtol=1e-13)


def test_norm_and_spectral_radius_of_the_counterexample():
    """W = [[0, 2], [d, 0]]: the norm is 2, the spectral radius sqrt(2 d)."""
    network = doya.SigmoidRNN([[0.0, 2.0], [0.6, 0.0]])
    assert network.norm == pytest.approx(2.0, rel=1e-15)
    assert network.spectral_radius == pytest.approx(1.2**0.5, rel=1e-15)
    assert network.factor == pytest.approx(0.5, rel=1e-15)
    tanh = doya.SigmoidRNN(network.W_rec, activation="tanh")
    assert (tanh.steepest, network.steepest) == (1.0, 0.25)


@pytest.mark.parametrize(("activation", "critical"), [("logistic", 4.0), ("tanh", 1.0)])
def test_the_verdict_turns_where_the_norm_times_the_steepest_slope_is_1(activation, critical):
    """Below it vanishing is certain; above, exploding possible; at it, to rounding, neither."""
    factors = set()
    for n in (2, 6, 40):
        turn = np.linalg.qr(RNG.normal(size=(n, n)))[0]
        for scale, beginning in [
            (0.999, "Vanishing is certain: "),
            (1.0 - 1e-12, "Vanishing is certain: "),
            (1.001, "Exploding is possible but not certain: "),
            (1.0 + 1e-12, "Exploding is possible but not certain: "),
            (1.0, "Exploding is impossible, and vanishing is not certain: "),
        ]:
            network = doya.SigmoidRNN(scale * critical * turn, activation=activation)
            assert network.verdict.startswith(beginning)
        factors.add(network.factor)
    assert factors != {1.0}


@pytest.mark.parametrize(
    ("factor", "told"),
    [(0.5, "0.5"), (1.0 - 1e-9, "0.999999999"), (1.0 + 1e-12, "1.000000000001"), (3e20, "3e+20")],
)
def test_the_verdict_tells_a_factor_from_1(factor, told):
    assert doya.SigmoidRNN([[factor]], activation="tanh").verdict.endswith(f" {told}.")


def test_slopes_keep_their_size_far_in_saturation():
    """log10 of the slope at a is -abs(a) log10(e), and of tanh, -2 abs(a) log10(e) + log10(4)."""
    for activation, stretch, shift in [("logistic", 1.0, 0.0), ("tanh", 2.0, np.log10(4.0))]:
        a = np.array([-1e5, -3e3, -360.0, 40.0, 699.9, 700.1, 1e5])
        value, exponent = ACTIVATIONS[activation].scaled_slope(a)
        found = np.log10(value) + exponent * np.log10(2.0)
        known = -stretch * np.abs(a) * np.log10(np.e) + shift
        np.testing.assert_allclose(found, known, rtol=1e-15)


@pytest.mark.each_third
@pytest.mark.parametrize("less", [0.0, 1.0, -1.0, 0.3, 0.75, 1e-20])
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_what_is_left_to_a_target_keeps_its_size_far_in_saturation(activation, less):
    """phi(a) - less, also where phi(a) is the target to rounding, or below all doubles."""
    size = np.array([0.0, 1e-30, 0.1, 0.49, 0.51, 0.99, 1.01, 5.0, 40.0, 360.0, 701.0, 1e4])
    states = np.concatenate([-size, size])
    values, exponents = ACTIVATIONS[activation].scaled_value(states, less)
    for a, value, exponent in zip(states, values, exponents, strict=True):
        with mp.workdps(60 + int(abs(a))):  # phi differs from its limit by e**(-2 |a|) or more
            phi = oracle.PHI[activation](mpf(float(a)))
            known, found = phi - mpf(less), mp.ldexp(mpf(float(value)), int(exponent))
        assert value == 0.0 or 0.5 <= abs(value) < 1.0
        # Where they differ by little both are as they are rounded.
        slack = 2e-12 if abs(a) > 300.0 else 1e-15
        allowed = slack * abs(known) + (3e-16 * min(abs(phi), 1.0) if less in (0.3, 0.75) else 0.0)
        assert abs(found - known) <= allowed


BAD = [
    ({"W_rec": [[1.0, 2.0]]}, r"W_rec must be a square matrix, .* got an array of shape \(1, 2\)"),
    ({"W_rec": 3.0}, "W_rec must be a square matrix, .* got a number"),
    (
        {"W_rec": np.empty((0, 0))},
        r"W_rec must be .*, at least 1 x 1, got .*\(0, 0\)",
    ),
    ({"W_rec": [[np.nan]]}, "W_rec must be finite, from -1e100 to 1e100, got nan"),
    ({"W_rec": [[1.0], [1.0, 2.0]]}, "W_rec must be a number or an array of numbers"),
    ({"W_rec": [["x"]]}, "W_rec must be a number or an array of numbers"),
    ({"W_in": [[1.0]]}, r"W_in must be .* 2 units .* got an array of shape \(1, 1\)"),
    ({"W_in": [1.0, 2.0]}, r"W_in must be .* 2 units .* got an array of shape \(2,\)"),
    ({"W_in": np.empty((2, 0))}, r"W_in must be .* got an array of shape \(2, 0\)"),
    ({"W_in": [[np.inf], [0.0]]}, "W_in must be finite, from -1e100 to 1e100, got inf"),
    ({"b": [1.0, 2.0, 3.0]}, r"b must be a number or an array of shape \(2,\), got .*\(3,\)"),
    ({"b": np.nan}, "b must be finite, from -1e100 to 1e100, got nan"),
    ({"activation": "relu"}, "activation must be one of logistic, tanh, got 'relu'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_what_is_no_network_is_told_in_one_sentence(change, message):
    """It names the argument, what it got and what is allowed."""
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        doya.SigmoidRNN(**{"W_rec": np.eye(2), **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a0": [1.0]}, r"a0 must be a number or an array of shape \(2,\), got .*\(1,\)"),
        ({"a0": np.inf}, "a0 must be finite"),
        ({"steps": -1}, r"steps must be a whole number from 0 to 2\*\*53, got -1"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"steps": 2**53}, "the network asks for"),
        ({"u": np.zeros((4, 1))}, r"u must be an array of shape \(3, 1\), .* got .*\(4, 1\)"),
        ({"u": 1.0}, r"u must be an array of shape \(3, 1\), a row for each step, got a number"),
        ({"u": [[np.nan]] * 3}, "u must be finite"),
    ],
)
def test_a_wrong_question_is_told_in_one_sentence(change, message):
    """By all three that follow the network."""
    network = doya.SigmoidRNN(np.eye(2), np.ones((2, 1)))
    asked = {"a0": 0.0, "steps": 3, **change}
    for ask in (
        network.simulate,
        lambda **asked: doya.jacobian_products(network, **asked),
        lambda **asked: doya.backpropagation(network, target=0.0, **asked),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            ask(**asked)


def test_inputs_need_weights():
    with pytest.raises(ValueError, match=r"^u must be None for a network without W_in$"):
        doya.SigmoidRNN([[1.0]]).simulate(0.0, 2, [[1.0], [1.0]])


def test_networks_compare_by_value():
    """By weights, biases and activation."""
    given = ([[1.0, 2.0], [0.5, -1.0]], [[1.0], [1.0]], [0.0, 0.1])
    network = doya.SigmoidRNN(*given)
    assert network == doya.SigmoidRNN(*map(np.array, given))
    assert len({network, doya.SigmoidRNN(*given)}) == 1
    for other in (
        doya.SigmoidRNN(given[0]),
        doya.SigmoidRNN(*given[:2]),
        doya.SigmoidRNN(given[0], [[1.0], [2.0]], given[2]),
        doya.SigmoidRNN(*given, activation="tanh"),
    ):
        assert network != other
