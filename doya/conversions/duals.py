"""Numbers that carry their partial derivatives through a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Dual:
    """A number or an array, and its partial derivatives by name; those not listed are 0.

    The rules of differentiation are exact, so that the derivatives of a formula are exact to
    rounding.
    """

    value: Any
    by: Mapping[str, Any] = field(default_factory=dict)

    # An array on the left leaves the operation to the dual number on the right.
    __array_ufunc__ = None

    def __neg__(self) -> Dual:
        return self.through(lambda value: -value, lambda value: -1.0)

    def __add__(self, other: Any) -> Dual:
        other = _dual(other)
        return Dual(self.value + other.value, _joined(self, other, 1.0, 1.0))

    def __sub__(self, other: Any) -> Dual:
        other = _dual(other)
        return Dual(self.value - other.value, _joined(self, other, 1.0, -1.0))

    def __mul__(self, other: Any) -> Dual:
        other = _dual(other)
        return Dual(self.value * other.value, _joined(self, other, other.value, self.value))

    def __truediv__(self, other: Any) -> Dual:
        other = _dual(other)
        quotient = self.value / other.value
        return Dual(quotient, _joined(self, other, 1.0 / other.value, -quotient / other.value))

    def __radd__(self, other: Any) -> Dual:
        return _dual(other) + self

    def __rsub__(self, other: Any) -> Dual:
        return _dual(other) - self

    def __rmul__(self, other: Any) -> Dual:
        return _dual(other) * self

    def __rtruediv__(self, other: Any) -> Dual:
        return _dual(other) / self

    def through(self, function: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Dual:
        """Return a function of the number, given the derivative of the function."""
        rate = slope(self.value)
        return Dual(function(self.value), {name: rate * each for name, each in self.by.items()})


def _dual(value: Any) -> Dual:
    return value if isinstance(value, Dual) else Dual(value)


def _joined(one: Dual, two: Dual, gain: Any, other_gain: Any) -> dict[str, Any]:
    """Return the derivatives of a function of both numbers, with its partial derivatives."""
    total = {name: gain * each for name, each in one.by.items()}
    for name, each in two.by.items():
        total[name] = total.get(name, 0.0) + other_gain * each
    return total
