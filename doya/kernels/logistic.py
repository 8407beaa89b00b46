"""The logistic function: of one number inside kernels, and with its slope over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.kernels.exponential import exp_negative


def logistic(z: float) -> float:
    """sigma(z) = 1 / (1 + e**-z) of one number; within 3 ulp over all doubles, NaN for NaN."""
    e = exp_negative(-abs(z))
    return (1.0 if z > 0.0 else e) / (1.0 + e)


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
