"""Arguments that the ready tasks share, and the noise on their inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import FINITE, LARGEST, Range, check_count, checked_number
from doya.errors import ArgumentError
from doya.memory import require_memory

MOST_SEQUENCES = 10**6
# Largest number of steps of a sequence of the map: `task_gradient` keeps all its states.
MOST_STEPS = 10**6
VARIANCE = Range(lambda value: 0.0 <= value <= LARGEST, "from 0 to 1e100")


def checked_shape(sequences: Any, steps: Any, least: int = 1) -> tuple[int, int]:
    """Return the numbers of sequences and of steps; raise if they are out of range."""
    shape = (
        check_count("sequences", sequences, least, MOST_SEQUENCES),
        check_count("steps", steps, 1, MOST_STEPS),
    )
    require_memory("sequences", shape, 4)
    return shape


def generator(seed: Any) -> np.random.Generator:
    """Return the generator of random numbers of a seed."""
    return np.random.default_rng(check_count("seed", seed, 0))


def noise(numbers: np.random.Generator, variance: Any, shape: tuple[int, int]) -> Floats:
    """Return Gaussian noise of mean 0; all 0 without a draw for a variance of 0."""
    width = math.sqrt(checked_number("variance", variance, VARIANCE))
    return width * numbers.standard_normal(shape) if width else np.zeros(shape)


def checked_levels(name: str, pair: Any) -> tuple[float, float]:
    """Return a low and a high number."""
    try:
        first, second = pair
    except (TypeError, ValueError):
        raise ArgumentError(name, f"must be two numbers, low and high, got {pair!r}") from None
    low, high = (checked_number(name, each, FINITE) for each in (first, second))
    if not low < high:
        raise ArgumentError(name, f"must be a lower and then a higher number, got {pair!r}")
    return low, high
