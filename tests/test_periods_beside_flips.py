"""Periods of orbits beside period doublings: the multiplier of the shorter cycle decides."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import orbit_oracle

# A state of the cycle that flips, the value of w or b there, and its period: roots of
# F^p(x) = x with (F^p)'(x) = -1, which `orbit_oracle.bifurcation` solves in 40 digits.
FLIPS = [
    ("w", {"w": -13.70064427, "b": 10.0, "epsilon": 0.5}, 1, -1),
    ("w", {"w": -32.11485386, "b": 10.0, "epsilon": 0.5}, 2, -1),
    ("w", {"w": -36.86689451, "b": 10.0, "epsilon": 0.5}, 4, -1),
    ("b", {"w": -14.0, "b": -0.26479654, "epsilon": 0.8}, 1, 1),
    ("b", {"w": -14.0, "b": 14.26479654, "epsilon": 0.8}, 1, -1),
    ("b", {"w": -6.0, "b": -0.04900966, "epsilon": 1.0}, 1, 1),
    ("b", {"w": -6.0, "b": 6.04900966, "epsilon": 1.0}, 1, -1),
]


def exact_flip(over, there, period):
    """The value of the parameter at the flip, from where a naive orbit has nearly settled."""
    x, (w, b, epsilon) = 0.5, there.values()
    for _ in range(200_000):
        x = (1.0 - epsilon) * x + epsilon / (1.0 + math.exp(-(w * x + b)))
    parameters = {name: mpf(value) for name, value in there.items()}
    return float(orbit_oracle.bifurcation("PD", over, x, parameters, period))


@pytest.mark.each_third
@pytest.mark.parametrize(("over", "there", "period", "doubled"), FLIPS)
def test_the_period_changes_at_the_flip_itself(over, there, period, doubled):
    """From 1e-4 to 1e-10 on both sides; `doubled` is the side on which twice the period attracts.

    All flips are supercritical, so the cycle that flips attracts on the other side.
    """
    flip = exact_flip(over, there, period)
    neuron = doya.NeuronMap(**there)
    for distance in 10.0 ** -np.arange(4.0, 11.0):
        for side in (-1, 1):
            between = sorted(flip + side * distance * factor for factor in (1.0, 1.1))
            found = doya.orbit_diagram(neuron, over, between, points=3)
            expected = 2 * period if side == doubled else period
            assert np.all(found.period == expected), (distance, side)
            assert np.all(found.lyapunov <= found.lyapunov_error)


def test_the_states_of_a_fixed_point_beside_its_flip_are_known_to_rounding():
    """Against 40 digits, 1e-4 to 1e-10 from the flip, where the orbit has not settled."""
    for distance in (1e-4, 1e-6, 1e-8, 1e-10):
        between = sorted(-13.700644270136898 + distance * factor for factor in (1.0, 1.1))
        found = doya.orbit_diagram(doya.NeuronMap(b=10.0, epsilon=0.5), "w", between, points=3)
        for w, x, lyapunov in zip(found.value, found.x[0, :, 0], found.lyapunov[0], strict=True):
            c = mpmath.findroot(
                lambda y, w=w: 1 / (1 + mp.exp(-(mpf(w) * y + 10))) - y, mpf(float(x))
            )
            assert abs(float(c - mpf(float(x)))) < 3e-16
            mu = mpf("0.5") + mpf("0.5") * mpf(w) * c * (1 - c)
            assert lyapunov == pytest.approx(float(mp.log(abs(mu))), abs=3e-15)
