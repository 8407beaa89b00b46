"""Numbers beyond the range of a double: value e**shift, over arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
