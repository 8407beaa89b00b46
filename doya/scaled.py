"""Numbers beyond the range of a double, over arrays: value e**shift, and rows of a matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from doya.arrays import Floats
from doya.kernels.exponential import LOG10_2

# A power of two beyond the range of doubles, and beyond what turns one double into any other.
FAR = 4096.0


@dataclass(frozen=True, eq=False)
class Scaled:
    """value e**shift, entry by entry; NaN where unknown."""

    value: Floats
    shift: Floats

    @classmethod
    def constant(cls, value: float, shape: int | tuple[int, ...]) -> Self:
        return cls(np.full(shape, value), np.zeros(shape))

    def __mul__(self, other: Scaled) -> Scaled:
        return Scaled(self.value * other.value, self.shift + other.shift)

    def times(self, factor: Floats) -> Scaled:
        return Scaled(self.value * factor, self.shift)

    def __add__(self, other: Scaled) -> Scaled:
        # Beyond the range of doubles in units of the larger: the smaller may vanish.
        larger = np.maximum(self.ln_abs(), other.ln_abs())
        unit = np.where((np.abs(larger) > 600.0) & np.isfinite(larger), larger, 0.0)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            total = self.over(unit) + other.over(unit)
        return Scaled(total, unit)

    def reshape(self, shape: tuple[int, ...]) -> Scaled:
        return Scaled(self.value.reshape(shape), self.shift.reshape(shape))

    def ln_abs(self) -> Floats:
        """-inf for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(np.abs(self.value)) + self.shift

    def over(self, unit: Floats) -> Floats:
        """In units of e**unit."""
        half = np.exp(0.5 * (self.shift - unit))  # in halves, as one may be out of range
        return np.where(self.value == 0.0, 0.0, self.value * half * half)

    def numbers(self) -> Floats:
        """As doubles: 0 and infinite beyond their range."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return self.over(np.zeros(()))

    def sign(self) -> Floats:
        return np.sign(self.value)

    def log10_abs(self) -> Floats:
        """-inf for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm: Floats = np.log10(np.abs(self.value)) + self.shift / math.log(10.0)
        return logarithm


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a matrix, or one: values 2**exponents, the largest value of a row from 1/2 to 1.

    Beside that one those below 1e-300 of it count as 0.  The exponents are whole numbers, one for
    each row; 0 of a row of zeros.
    """

    values: Floats
    exponents: Floats

    @classmethod
    def of(cls, values: Floats, exponents: Floats) -> Self:
        """From entries each with an exponent of its own."""
        parts, powers = np.frexp(values)
        powers = powers + exponents
        top = powers.max(axis=-1, keepdims=True, initial=-math.inf, where=values != 0.0)
        top = np.where(top > -math.inf, top, 0.0)
        return cls(times_two_to(powers - top, parts), top[..., 0])

    def log10_sizes(self) -> Floats:
        """Of the roots of the sums of squares; -inf for 0."""
        with np.errstate(divide="ignore"):
            logarithms = np.log10(np.linalg.norm(self.values, axis=-1))
        return np.asarray(logarithms + LOG10_2 * self.exponents)


def times_two_to(exponents: Floats | float, values: Floats) -> Floats:
    """values 2**exponents as doubles: 0 and infinite beyond their range."""
    powers = np.clip(exponents, -FAR, FAR).astype(np.int64)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(values, powers))


def running_sum(logarithms: Floats) -> Floats:
    """Their sums from the first on, along the last axis; of a million terms to rounding.

    Multiples of 2**-20 add up without rounding, and the rest is too small for its own to matter.
    """
    coarse = np.rint(logarithms * 2.0**20) / 2.0**20
    fine = np.subtract(logarithms, coarse, out=np.zeros_like(coarse), where=np.isfinite(logarithms))
    total: Floats = np.cumsum(coarse, axis=-1) + np.cumsum(fine, axis=-1)
    return total
