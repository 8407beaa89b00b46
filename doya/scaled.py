"""Arrays of numbers beyond the range of a double: value e**shift, and rows of a matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from doya.arrays import Floats
from doya.kernels.numbers.exponential import LOG10_2

# Exponent of 2, larger than that of the ratio of any two doubles, which is at most 2**2098.
FAR = 4096.0


@dataclass(frozen=True, eq=False)
class Scaled:
    """An array of numbers value e**shift; NaN where a number is unknown."""

    value: Floats
    shift: Floats

    @classmethod
    def constant(cls, value: float, shape: int | tuple[int, ...]) -> Self:
        """Return an array of this shape with one value everywhere."""
        return cls(np.full(shape, value), np.zeros(shape))

    def at(self, where: Any) -> Scaled:
        """Return some of the numbers, by an index."""
        return Scaled(self.value[where], self.shift[where])

    def put(self, where: Any, some: Scaled) -> None:
        """Replace some of the numbers, by an index."""
        self.value[where], self.shift[where] = some.value, some.shift

    def __mul__(self, other: Scaled) -> Scaled:
        return Scaled(self.value * other.value, self.shift + other.shift)

    def times(self, factor: Floats) -> Scaled:
        """Return the numbers times doubles."""
        return Scaled(self.value * factor, self.shift)

    def times_or_0(self, factor: Any) -> Scaled:
        """Return the numbers times doubles; 0 times a number that is infinite or NaN is 0."""
        none = np.asarray(factor, dtype=np.float64) == 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            value = np.where(none, 0.0, self.value * factor)
        return Scaled(value, np.where(none, 0.0, np.broadcast_to(self.shift, value.shape)))

    def __add__(self, other: Scaled) -> Scaled:
        # Numbers near or out of range are added in units of the larger; the smaller may become 0.
        larger = np.maximum(self.ln_abs(), other.ln_abs())
        unit = np.where((np.abs(larger) > 600.0) & np.isfinite(larger), larger, 0.0)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            total = self.over(unit) + other.over(unit)
        return Scaled(total, unit)

    def reshape(self, shape: tuple[int, ...]) -> Scaled:
        """Return the same numbers in another shape."""
        return Scaled(self.value.reshape(shape), self.shift.reshape(shape))

    def ln_abs(self) -> Floats:
        """Return the natural logarithm of the absolute values, -inf for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(np.abs(self.value)) + self.shift

    def over(self, unit: Floats) -> Floats:
        """Return the numbers in units of e**unit, as doubles."""
        half = np.exp(0.5 * (self.shift - unit))  # as two factors, as one might overflow
        return np.where(self.value == 0.0, 0.0, self.value * half * half)

    def numbers(self) -> Floats:
        """Return the numbers as doubles: 0 below their range and infinite above it."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return self.over(np.zeros(()))

    def sign(self) -> Floats:
        """Return the signs, -1, 0 or 1."""
        return np.sign(self.value)

    def log10_abs(self) -> Floats:
        """Return the decimal logarithm of the absolute values, -inf for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm: Floats = np.log10(np.abs(self.value)) + self.shift / math.log(10.0)
        return logarithm


class ScaledByName:
    """Part of a result that has derivatives by name in `_scaled`: their signs and sizes."""

    _scaled: dict[str, Scaled]

    @cached_property
    def sign(self) -> dict[str, Floats]:
        """Return the signs of the derivatives by name: -1, 0 or 1."""
        return {name: np.asarray(each.sign()) for name, each in self._scaled.items()}

    @cached_property
    def log10_abs(self) -> dict[str, Floats]:
        """Return the decimal logarithms of the absolute derivatives by name; -inf for 0."""
        return {name: np.asarray(each.log10_abs()) for name, each in self._scaled.items()}


@dataclass(frozen=True, eq=False)
class ScaledRows:
    """One row of a matrix or several, as values 2**exponents.

    The exponents are whole numbers, one per row, and 0 for a row of zeros.  The largest absolute
    value of a row is from 1/2 to 1; values below 1e-300 of the largest count as 0.
    """

    values: Floats
    exponents: Floats

    @classmethod
    def of(cls, values: Floats, exponents: Floats) -> Self:
        """Return rows from entries that each have an exponent of their own."""
        parts, powers = np.frexp(values)
        powers = powers + exponents
        top = powers.max(axis=-1, keepdims=True, initial=-math.inf, where=values != 0.0)
        top = np.where(top > -math.inf, top, 0.0)
        return cls(times_two_to(powers - top, parts), top[..., 0])

    def log10_sizes(self) -> Floats:
        """Return the decimal logarithm of the Euclidean norm of each row, -inf for 0."""
        with np.errstate(divide="ignore"):
            logarithms = np.log10(np.linalg.norm(self.values, axis=-1))
        return np.asarray(logarithms + LOG10_2 * self.exponents)


def times_two_to(exponents: Floats | float, values: Floats) -> Floats:
    """Return values 2**exponents as doubles: 0 below their range and infinite above it."""
    powers = np.clip(exponents, -FAR, FAR).astype(np.int64)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(values, powers))


def running_sum(logarithms: Floats) -> Floats:
    """Return the running sums along the last axis, exact to rounding for a million terms.

    Multiples of 2**-20 are added without rounding.  The remainders are added apart, and are so
    small that their rounding does not matter.
    """
    coarse = np.rint(logarithms * 2.0**20) / 2.0**20
    fine = np.subtract(logarithms, coarse, out=np.zeros_like(coarse), where=np.isfinite(logarithms))
    total: Floats = np.cumsum(coarse, axis=-1) + np.cumsum(fine, axis=-1)
    return total
