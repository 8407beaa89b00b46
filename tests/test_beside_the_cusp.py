"""Equilibria, folds and derivatives beside the cusp w = 4, b = -2, against 60 digits.

There z - (w/2) tanh(z/2) = b + w/2: its left side is a cubic of z whose terms cancel.
"""

import itertools
import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya


@pytest.fixture(autouse=True)
def sixty_digits():
    with mp.workdps(60):
        yield


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def eigenvalue(w, z):
    return mpf(w) * sigma(z) * sigma(-z) - 1


def exact(w, b):
    """z of every equilibrium, by bisection of z - w sigma(z) = b on its monotone pieces."""
    w, b = mpf(w), mpf(b)
    fold = [2 * mp.atanh(mp.sqrt(1 - 4 / w))] if w > 4 else []
    edges = [mpf(-1), *(-z for z in fold), *fold, mpf(1)]
    found = []
    for low, high in itertools.pairwise(edges):
        starts = low - w * sigma(low) > b
        if starts == (high - w * sigma(high) > b):
            continue
        for _ in range(170):
            middle = (low + high) / 2
            same = starts == (middle - w * sigma(middle) > b)
            low, high = (middle, high) if same else (low, middle)
        found.append(low)
    return found


def folds(w):
    """b at the two folds of w > 4, rounded; none up to the cusp."""
    if w <= 4.0:
        return []
    s = mp.sqrt(1 - 4 / mpf(w))
    away = 2 * s / (1 - s * s) - 2 * mp.atanh(s)
    return [float(away - mpf(w) / 2), float(-away - mpf(w) / 2)]


def beside(rng):
    """w within ulps to 1e-2 of 4; b within ulps to 1e-3 of -w/2 and of the folds."""
    w = 4.0 + int(rng.integers(-6, 7)) * 2.0**-50
    if rng.uniform() < 0.7:
        w = 4.0 + rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-15.5, -2.1)
    b = float(rng.choice([-0.5 * w, *folds(w)]))
    if rng.uniform() < 0.5:
        return float(w), b + int(rng.integers(-4, 5)) * 2.0**-51
    return float(w), b + float(rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-16.0, -3.1))


def test_number_states_and_stability_are_exact():
    """But on a fold's own double, where the pair is one by convention."""
    rng = np.random.default_rng(1)
    counts = []
    for w, b in (beside(rng) for _ in range(120)):
        if b in folds(w) or (w, b) == (4.0, -2.0):
            continue
        truth, found = exact(w, b), doya.equilibria(doya.NeuronODE(w, b))
        counts.append(found.count)
        assert found.count == len(truth), (w, b)
        for k, z in enumerate(truth):
            value = eigenvalue(w, z)
            assert found.x[k] == pytest.approx(float(sigma(z)), rel=2e-12, abs=0.0)
            assert found.eigenvalue[k] == pytest.approx(float(value), rel=1e-4, abs=0.0)
            assert found.stable[k] == (value < 0)
    assert min(counts.count(1), counts.count(3)) > 10


def test_an_ulp_from_the_cusp():
    """Its mirror image is the nearest double below, in which an ulp is twice as long."""
    above = doya.equilibria(doya.NeuronODE(4.0, -1.9999999999999998))
    assert above.x.tolist() == [pytest.approx(0.50000346588247836, abs=1e-16)]
    assert above.stable.tolist() == [True]
    below = doya.equilibria(doya.NeuronODE(4.0, -2.0000000000000004))
    truth = float(sigma(exact(4.0, -2.0000000000000004)[0]))
    assert below.x.tolist() == [pytest.approx(truth, abs=1e-16)]
    assert below.stable.tolist() == [True]


def test_folds_along_b_are_the_nearest_doubles():
    rng = np.random.default_rng(2)
    for w in 4.0 + 10.0 ** rng.uniform(-15.3, -2.1, 100):
        points = doya.bifurcation_points(doya.NeuronODE(w))
        assert [point.value for point in points] == folds(w)


@pytest.mark.parametrize("over", ["w", "b"])
def test_the_folds_coefficient_keeps_every_digit(over):
    """f_xx / 2 = -(w/2) tanh(z/2); along w z solves z - e^z = b + 1, by Newton from +-sqrt(2 d)."""
    rng = np.random.default_rng(3)
    for distance in 10.0 ** rng.uniform(-15.3, 0.0, 60):
        if over == "w":
            neuron = doya.NeuronODE(b=-2.0 - distance)
        else:
            neuron = doya.NeuronODE(w=4.0 + distance)
        points = doya.bifurcation_points(neuron, over)
        assert [point.kind for point in points] == ["LP", "LP"]
        for point, side in zip(points, (-1, 1), strict=True):
            w = mpf(point.w)
            z = side * 2 * mp.atanh(mp.sqrt(1 - 4 / w))
            if over == "w":
                target = mpf(float(neuron.b)) + 2
                z = side * mp.sqrt(-2 * target)
                for _ in range(60):
                    z -= (z - mp.expm1(z) - target) / (1 - mp.exp(z))
                w = 1 / (sigma(z) * sigma(-z))
                assert point.value == pytest.approx(float(w), rel=3e-16)
            truth = float(-w * mp.tanh(z / 2) / 2)
            assert point.coefficient == pytest.approx(truth, rel=1e-15, abs=0.0)


@pytest.mark.parametrize(
    ("w", "b"),
    [(5.0, -900.0), (5.0, -400.0), (5.0, 900.0), (-30.0, -2000.0), (4.0, -1.9999999999999998)],
)
def test_settled_derivatives_have_logarithms_beyond_the_range_of_a_double(w, b):
    """sigma'/(1 - w sigma') and sigma times that, in 500 digits beyond where sigma underflows."""
    found = doya.settled_sensitivity(doya.NeuronODE(w, b), 0.5)
    with mp.workdps(500 if abs(b) < 1000 else 2000):
        z = exact(w, b)[0] if abs(b) < 3 else mpf(b) + (w if b > 0 else 0)
        for _ in range(8):
            z -= (z - mpf(w) * sigma(z) - mpf(b)) / -eigenvalue(w, z)
        by_b = sigma(z) * sigma(-z) / -eigenvalue(w, z)
        truth = {"b": float(mp.log10(by_b)), "w": float(mp.log10(sigma(z) * by_b))}
    for name, value in truth.items():
        assert found.log10_abs[name] == pytest.approx(value, rel=1e-14)
    assert found.log10_abs["x0"] == -math.inf


def test_settled_derivatives_under_an_input_know_that_x_is_not_sigma():
    """x = sigma(z) + w' u = 1/8 there, with sigma(z) = e^-899.375."""
    found = doya.settled_sensitivity(doya.NeuronODE(5.0, -900.0), 0.5, u=0.125)
    assert found.log10_abs["w"] - found.log10_abs["b"] == pytest.approx(math.log10(0.125))
