"""Random weights of a layer before learning."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.errors import ArgumentError
from doya.memory import require_memory

Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]

# Standard deviation of the weights with Yilmaz and Poli's mean; it is our choice.
DEVIATION = 0.1


class Scheme(NamedTuple):
    """The distribution of initial weights of matrices (..., n_out, n_in), and its source."""

    formula: str
    source: str
    draw: Draw


def _glorot(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    limit = math.sqrt(6.0 / (shape[-1] + shape[-2]))
    return random.uniform(-limit, limit, shape)


def _he(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return random.normal(0.0, math.sqrt(2.0 / shape[-1]), shape)


def _kumar(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return random.normal(0.0, 3.6 / math.sqrt(shape[-1]), shape)


def _yilmaz_poli(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return random.normal(max(-1.0, -8.0 / shape[-1]), DEVIATION, shape)


SCHEMES = {
    "glorot": Scheme(
        "uniform within +-sqrt(6 / (n_in + n_out))", "X. Glorot, Y. Bengio (2010)", _glorot
    ),
    "he": Scheme(
        "normal, mean 0, standard deviation sqrt(2 / n_in)",
        "K. He, X. Zhang, S. Ren, J. Sun (2015)",
        _he,
    ),
    "kumar": Scheme(
        "normal, mean 0, standard deviation 3.6 / sqrt(n_in)", "S. K. Kumar (2017)", _kumar
    ),
    "yilmaz-poli": Scheme(
        "normal, mean max(-1, -8 / n_in), standard deviation 0.1",
        "A. Yilmaz, R. Poli (2022)",
        _yilmaz_poli,
    ),
}


def initial_weights(
    scheme: str, shape: tuple[int, ...], seed: int | np.random.Generator = 0
) -> Floats:
    """Return random weights of a layer, as they are before learning.

    ==============  =================================================================
    scheme          distribution of each weight, independent of the others
    ==============  =================================================================
    "glorot"        uniform within +-sqrt(6 / (n_in + n_out))
    "he"            normal, mean 0, standard deviation sqrt(2 / n_in), for rectified units
    "kumar"         normal, mean 0, standard deviation 3.6 / sqrt(n_in)
    "yilmaz-poli"   normal, mean max(-1, -8 / n_in), standard deviation 0.1, for logistic units
    ==============  =================================================================

    Parameters
    ----------
    scheme : {"glorot", "he", "kumar", "yilmaz-poli"}
        Name of the distribution.
    shape : tuple of int
        (..., n_out, n_in) for one matrix from n_in to n_out units, or for many; each at least 1.
    seed : int or numpy Generator, default 0
        The same number gives the same weights; a generator continues from its state.

    Returns
    -------
    ndarray
        The weights, in the given shape.

    Raises
    ------
    ArgumentError
        For an unknown scheme, for a shape with fewer than two axes, or for a seed that is neither a
        whole number from 0 nor a generator.

    See Also
    --------
    deep_products : Remedies in random networks.
    matrix_products : The same for matrices of any origin.
    SigmoidRNN : A network of N units.

    Notes
    -----
    Kumar's 3.6 / sqrt(N) and Yilmaz and Poli's mean max(-1, -8 / N) are given for layers of N
    units; here N is the number of units n_in from which the weights come.  The normal distribution
    and the standard deviation of 0.1 are our choice.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on ImageNet classification" (2015).
    S. K. Kumar, "On weight initialization in deep neural networks" (2017).
    A. Yilmaz, R. Poli, "Successfully and efficiently training deep multi-layer perceptrons with
    logistic activation function simply requires initializing the weights with an appropriate
    negative mean" (2022).

    Examples
    --------
    >>> import doya
    >>> weights = doya.initial_weights("yilmaz-poli", (400, 400), seed=1)
    >>> weights.mean().round(3), weights.std().round(3)
    (np.float64(-0.02), np.float64(0.1))
    """
    check_one_of("scheme", scheme, SCHEMES)
    if not isinstance(shape, (tuple, list)) or len(shape) < 2:
        raise ArgumentError("shape", f"must be (..., n_out, n_in), each at least 1, got {shape!r}")
    layer = tuple(check_count("each part of shape", size, 1) for size in shape)
    random = generator(seed)
    require_memory("the layer", layer, 2)
    return SCHEMES[scheme].draw(random, layer)


def generator(seed: int | np.random.Generator) -> np.random.Generator:
    """Return a generator of random numbers: a new one for a number, or the given generator."""
    if isinstance(seed, np.random.Generator):
        return seed
    if not isinstance(seed, Integral) or seed < 0:
        raise ArgumentError(
            "seed", f"must be a whole number, at least 0, or a NumPy Generator, got {seed!r}"
        )
    return np.random.default_rng(seed)
