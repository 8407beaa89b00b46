import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import doya
import oracles
from strategies import folding_weights

ULP = 2.0**-52


def close(value, truth, tolerance):
    assert abs(mpf(value) - truth) <= tolerance * abs(truth)


def test_the_folds_of_the_paper():
    """w = 5: x = (1 -+ sqrt(1/5))/2, b = ln(x/(1 - x)) - 5 x, coefficient +-sqrt(5)/2.

    By ascending x; in 40-digit arithmetic.
    """
    points = doya.bifurcation_points(doya.NeuronODE(w=5.0))
    assert [(p.kind, p.parameter, p.w, p.epsilon) for p in points] == [("LP", "b", 5.0, None)] * 2
    for point, b, x, coefficient in zip(
        points,
        ("-2.344389661369312", "-2.655610338630688"),
        ("0.27639320225002103", "0.72360679774997897"),
        (math.sqrt(5) / 2, -math.sqrt(5) / 2),
        strict=True,
    ):
        close(point.value, mpf(b), 1e-15)
        close(point.x, mpf(x), 1e-15)
        close(point.coefficient, mpf(coefficient), 1e-15)
        assert point.b == point.value


@given(w=folding_weights, epsilon=st.floats(0.01, 1.0))
def test_folds_along_b_are_the_closed_form(w, epsilon):
    """Within two units in the last place, from the cusp to w = 1e6, flow and map alike."""
    truth = oracles.folds(w)
    for neuron in (doya.NeuronODE(w), doya.NeuronMap(w, epsilon=epsilon)):
        for point, (x, b) in zip(doya.bifurcation_points(neuron), truth, strict=True):
            close(point.value, b, 2 * ULP)
            close(point.x, x, (4 + abs(mp.log(x))) * ULP)


@pytest.mark.parametrize("w", [10.0, 20.0, 40.0, 1e3, 1e6])
def test_steep_neurons_have_both_folds(w):
    """Where continuation with fixed steps reports none."""
    points = doya.bifurcation_points(doya.NeuronODE(w))
    for point, (_, b) in zip(points, oracles.folds(w), strict=True):
        close(point.value, b, 1e-15)


@given(epsilon=st.floats(0.02, 1.0), factor=st.floats(1.0001, 1e3))
def test_flips_along_b_are_the_closed_form(epsilon, factor):
    """To the last bit, however nearly the terms of b = ln(x/(1-x)) - w x cancel."""
    w = 4.0 * (1.0 - 2.0 / epsilon) * factor
    points = doya.bifurcation_points(doya.NeuronMap(w, epsilon=epsilon))
    assert [point.kind for point in points] == ["PD", "PD"]
    for point, (x, b) in zip(points, oracles.flips(w, epsilon), strict=True):
        close(point.value, b, ULP)
        close(point.x, x, ULP)


@given(b=st.floats(-700.0, -2.0000001))
def test_folds_along_w_are_the_closed_form(b):
    """By both branches of Lambert's W, to the last bit."""
    points = doya.bifurcation_points(doya.NeuronODE(b=b), "w")
    truth = [(z, w) for z, w in oracles.fold_weights(b) if w <= 1e100]
    for point, (_, w) in zip(points, truth, strict=True):
        assert (point.kind, point.parameter, point.b) == ("LP", "w", b)
        close(point.w, w, ULP)


@given(b=st.floats(-100.0, 700.0), epsilon=st.floats(0.02, 1.0))
def test_the_flip_along_w_is_the_closed_form(b, epsilon):
    points = doya.bifurcation_points(doya.NeuronMap(b=b, epsilon=epsilon), "w")
    (flip,) = [point for point in points if point.kind == "PD"]
    _, w = oracles.flip_weight(b, epsilon)
    close(flip.w, w, ULP)


@given(w=st.floats(-200.0, -4.5), b=st.floats(-100.0, 200.0))
def test_the_flip_along_epsilon_is_the_closed_form(w, b):
    """epsilon = 2 / (1 - w sigma'(z)) at the equilibrium, if that is at most 1."""
    (z,) = oracles.equilibria(w, b)
    x = oracles.sigmoid(z)
    slope = 1 - mpf(w) * x * (1 - x)
    assume(abs(slope - 2) > 1e-6)
    points = doya.bifurcation_points(doya.NeuronMap(w, b, epsilon=0.5), "epsilon")
    assert len(points) == (slope >= 2)
    for point in points:
        assert point.kind == "PD"
        close(point.epsilon, 2 / slope, ULP)


def test_a_flip_at_epsilon_1_itself_is_there():
    """w = -4, b = 2: at x = 1/2 sigma' is 1/4, so 2 / (1 - w sigma') is 1 exactly."""
    (point,) = doya.bifurcation_points(doya.NeuronMap(-4.0, 2.0, epsilon=0.5), "epsilon")
    assert (point.kind, point.epsilon, point.x) == ("PD", 1.0, 0.5)


def test_the_cusp_along_either_parameter():
    """(x, w, b) = (1/2, 4, -2), coefficient f_xxx/6 = -4/3."""
    for over, neuron in (("b", doya.NeuronODE(w=4.0)), ("w", doya.NeuronODE(b=-2.0))):
        (point,) = doya.bifurcation_points(neuron, over)
        assert (point.kind, point.x, point.w, point.b) == ("CP", 0.5, 4.0, -2.0)
        assert point.coefficient == pytest.approx(-4.0 / 3.0, rel=1e-15)


@pytest.mark.parametrize("epsilon", [1.0, 0.5])
def test_the_tip_of_the_flips_is_given_once(epsilon):
    """w = 4 kappa, x = 1/2, b = -2 kappa."""
    kappa = 1.0 - 2.0 / epsilon
    along_b = doya.bifurcation_points(doya.NeuronMap(4.0 * kappa, epsilon=epsilon))
    along_w = doya.bifurcation_points(doya.NeuronMap(b=-2.0 * kappa, epsilon=epsilon), "w")
    for (point,) in (along_b, along_w):
        assert (point.kind, point.x, point.w, point.b) == ("PD", 0.5, 4.0 * kappa, -2.0 * kappa)


def derivative(point, order):
    """A derivative of the right-hand side at the point, by mpmath."""
    w, b, x = mpf(point.w), mpf(point.b), mpf(point.x)
    scale = 1 if point.epsilon is None else mpf(point.epsilon)

    def side(y):
        return scale * (oracles.sigmoid(w * y + b) - y)

    return mp.diff(side, x, order)


@pytest.mark.parametrize(
    "neuron",
    [
        doya.NeuronODE(5.0),
        doya.NeuronODE(40.0),
        doya.NeuronODE(4.0),
        doya.NeuronMap(9.0, epsilon=0.3),
        doya.NeuronMap(-9.0),
        doya.NeuronMap(-30.0, epsilon=0.5),
        doya.NeuronMap(-4.0),
    ],
    ids=str,
)
def test_coefficients_are_those_of_the_normal_forms(neuron):
    """f_xx/2 at LP, F_xx^2/4 + F_xxx/6 at PD, f_xxx/6 at CP; flips are all supercritical."""
    points = doya.bifurcation_points(neuron)
    assert points
    for point in points:
        second, third = derivative(point, 2), derivative(point, 3)
        truth = {"LP": second / 2, "PD": second**2 / 4 + third / 6, "CP": third / 6}[point.kind]
        close(point.coefficient, truth, 1e-12)
        if point.kind == "PD":
            assert point.coefficient >= point.w**2 / 12 * (1 - 1e-15)


def test_only_points_within_the_range_are_given():
    neuron = doya.NeuronODE(w=5.0)
    (point,) = doya.bifurcation_points(neuron, between=(-2.5, 0.0))
    assert point.value == doya.bifurcation_points(neuron)[0].value
    assert doya.bifurcation_points(neuron, between=(-1.0, 0.0)) == []
    assert doya.bifurcation_points(neuron, between=(point.value, 0.0)) == [point]


@pytest.mark.parametrize("w", [0.0, 3.99, -1e6])
def test_a_weakly_coupled_flow_has_no_bifurcation_along_b(w):
    assert doya.bifurcation_points(doya.NeuronODE(w)) == []


@pytest.mark.parametrize("b", [-1e90, -1e6, -300.0])
def test_folds_that_no_neuron_can_reach_are_left_out(b):
    """Far below, the first fold lies at w beyond 1e100; the second stays."""
    points = doya.bifurcation_points(doya.NeuronODE(b=b), "w")
    assert [point.kind for point in points] == ["LP"]
    assert np.isfinite(points[0].coefficient)


@pytest.mark.parametrize(
    ("neuron", "over", "between", "words"),
    [
        (doya.NeuronODE(), "q", None, "over must be 'b' or 'w' or 'u' for the flow, got 'q'"),
        (doya.NeuronODE(), "epsilon", None, "over must be 'b' or 'w' or 'u' for the flow"),
        (doya.NeuronMap(), "q", None, "over must be 'b' or 'w' or 'epsilon' or 'u' for the map"),
        (doya.NeuronODE([1.0, 2.0]), "b", None, r"one neuron, got an ensemble of shape \(2,\)"),
        (doya.NeuronODE(), "b", (-2, -3), "low < high for b, got -2.0 and -3.0"),
        (doya.NeuronODE(), "b", (-2, -2), "low < high"),
        (doya.NeuronODE(), "b", (math.nan, 1), "low < high for b, got nan"),
        (doya.NeuronODE(), "b", (0, math.inf), "b must be finite"),
        (doya.NeuronODE(), "b", (0, 1, 2), "two values of b"),
        (doya.NeuronMap(), "epsilon", (0, 1), "epsilon must be from 1e-100 to 1"),
    ],
)
def test_wrong_arguments_are_named(neuron, over, between, words):
    for function in (doya.bifurcation_points, doya.bifurcation_diagram):
        with pytest.raises(ValueError, match=words):
            function(neuron, over, between)
