"""Comparison by value, of dataclasses that hold arrays."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np


class ByValue:
    """Base of dataclasses that compare by value; NaN equals NaN, and 0 equals -0."""

    @property
    def _key(self) -> tuple[Any, ...]:
        """Return all values that count, arrays by `shape_and_numbers`."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ByValue) or type(self) is not type(other):
            return NotImplemented
        return self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is made by __init__, so that its arrays are read-only and its hash cannot change.
        names = [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        return _made, (type(self), {name: getattr(self, name) for name in names})


def _made(kind: type[ByValue], values: dict[str, Any]) -> ByValue:
    return kind(**values)


def shape_and_numbers(values: Any) -> tuple[Any, ...]:
    """Return the shape of an array and the bytes of its numbers, equal for equal arrays."""
    array = np.asarray(values, dtype=np.float64)
    plain = np.where(np.isnan(array), math.nan, array) + 0.0  # one NaN, and 0 for -0
    return array.shape, plain.tobytes()
