"""The logistic function: of one number inside kernels; over arrays with slope and inverse."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.kernels.numbers.exponential import NOTHING, UNDERFLOW, odds


def logistic(z: float) -> float:
    """sigma(z) = 1 / (1 + e**-z) of one number; within 3 ulp over all doubles, NaN for NaN."""
    z = UNDERFLOW if z < UNDERFLOW else z
    z = NOTHING if z > NOTHING else z
    p, q = odds(z)
    return p / (p + q)


def levels(z: float) -> tuple[float, float]:
    """sigma(z) and sigma(-z), with the bits of `logistic`; no smaller than the least double."""
    x = -abs(z)
    x = UNDERFLOW if x < UNDERFLOW else x
    small, large = odds(x)
    both = small + large
    small, large = small / both, large / both
    return (large if z > 0.0 else small), (small if z > 0.0 else large)


def both_levels(z: float) -> tuple[float, float]:
    """sigma(z) and sigma(-z) by one division, which is faster than `levels`; within 4 ulp."""
    x = -abs(z)
    x = UNDERFLOW if x < UNDERFLOW else x
    small, large = odds(x)
    over = 1.0 / (small + large)
    small, large = small * over, large * over
    return (large if z > 0.0 else small), (small if z > 0.0 else large)


def sigmoid(z: ArrayLike) -> NDArray[np.float64]:
    """sigma(z) = 1 / (1 + e**-z), accurate in both tails."""
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(-np.abs(z))
    x: NDArray[np.float64] = np.where(z < 0.0, e, 1.0) / (1.0 + e)
    return x


def sigmoid_slope(z: ArrayLike) -> NDArray[np.float64]:
    """sigma'(z) = sigma(z) sigma(-z)."""
    e = np.exp(-np.abs(np.asarray(z, dtype=np.float64)))
    slope: NDArray[np.float64] = e / (1.0 + e) / (1.0 + e)
    return slope


def sigmoid_difference(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """sigma(p) - sigma(q), without cancellation where p and q are close.

    With the larger and the smaller of the two, its size is
    sigma(larger) sigma(-smaller) (1 - e**(smaller - larger)).
    """
    larger, smaller = np.maximum(p, q), np.minimum(p, q)
    size = sigmoid(larger) * sigmoid(-smaller) * -np.expm1(smaller - larger)
    difference: NDArray[np.float64] = np.where(np.less(p, q), -size, size) + 0.0  # no -0
    return difference


def sigmoid_and_slope(z: Floats) -> tuple[Floats, Floats]:
    """sigma(z) and sigma'(z) by one exponential, with the bits that they have alone."""
    e = np.exp(-np.abs(z))
    whole = 1.0 + e
    rest = e / whole
    return np.where(z < 0.0, rest, 1.0 / whole), rest / whole


def logit(x: ArrayLike) -> NDArray[np.float64]:
    """ln(x / (1 - x)) for 0 < x < 1, to rounding also where it is near 0."""
    x = np.asarray(x, dtype=np.float64)
    # From 1/4 on 2 x - 1 is exact.
    near = 2.0 * np.arctanh(2.0 * np.maximum(x, 0.25) - 1.0)
    z: NDArray[np.float64] = np.where(x < 0.25, np.log(x / (1.0 - x)), near)
    return z
