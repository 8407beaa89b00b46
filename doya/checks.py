"""Checks of arguments; each error states the argument, its range and the value given."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.memory import require_memory

Parameter: TypeAlias = float | Floats

# Largest size of a number: products of two or three such numbers stay below a double's 1.8e308.
LARGEST = 1e100
# Largest count: a double holds every whole number up to this one.
LARGEST_COUNT = 2**53


class Range(NamedTuple):
    """A range of numbers: a test, for arrays too, the same range in words, and its ends."""

    holds: Callable[[Any], Any]
    words: str
    ends: tuple[float, float] = (-LARGEST, LARGEST)

    def words_for(self, value: Any) -> str:
        """Return the range in words; for a finite number it need not say "finite"."""
        number = float(value) if isinstance(value, (Real, np.generic)) else math.nan
        return self.words.removeprefix("finite, ") if math.isfinite(number) else self.words


FINITE = Range(lambda value: abs(value) <= LARGEST, "finite, from -1e100 to 1e100")
STEP = Range(
    lambda value: (value >= 1.0 / LARGEST) & (value <= 1.0),
    "from 1e-100 to 1",
    (1.0 / LARGEST, 1.0),
)
FRACTION = Range(
    lambda value: (value >= 0.0) & (value < 1.0),
    "at least 0 and less than 1",
    (0.0, math.nextafter(1.0, 0.0)),
)


def checked(name: str, value: Any, allowed: Range | None = None) -> Parameter:
    """Return a number or array as a float or a read-only array; raise if it is out of range."""
    values: Any
    values = float(value) if isinstance(value, float) else numbers(name, value)
    if allowed is None:
        allowed = STEP if name == "epsilon" else FINITE
    inside = allowed.holds(values)
    if not everywhere(inside):
        first = tuple(np.argwhere(np.logical_not(inside))[0].tolist())
        place = f" at index {', '.join(map(str, first))}" if first else ""
        wrong = np.asarray(values)[first]
        raise ArgumentError(name, f"must be {allowed.words_for(wrong)}, got {wrong}{place}")
    if isinstance(values, float) or values.ndim == 0:
        return float(values)
    array: Floats = values
    array.setflags(write=False)
    return array


def everywhere(inside: Any) -> bool:
    """Return whether a test holds, of one number or of all of an array."""
    return bool(inside.all() if isinstance(inside, np.ndarray) else inside)


def numbers(name: str, value: Any) -> Floats:
    """Return a new array of doubles from numbers; raise if it would not fit in memory."""
    if isinstance(value, np.ndarray):
        require_memory(name, value.shape, 3)  # the array, and room to compare
        if type(value) is np.ndarray and value.dtype == np.float64:
            return value.copy(order="K")
        if np.ma.is_masked(value):
            place = ", ".join(map(str, np.argwhere(np.ma.getmaskarray(value))[0]))
            words = f"must have no masked cells, got one at index {place}: fill or remove them"
            raise ArgumentError(name, words)
    try:
        if isinstance(value, (float, int)):
            return np.array(float(value))
        array = np.array(float(value) if isinstance(value, Real) else value)
        if array.dtype.kind not in "buif":
            raise TypeError
        with np.errstate(over="ignore"):  # a long double may become infinite
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(
            name, f"must be a number or an array of numbers, got {value!r}"
        ) from None


def checked_number(name: str, value: Any, allowed: Range) -> float:
    """Return one number of any type as a float; raise if it is out of range."""
    if isinstance(value, float):
        number = float(value)
    else:
        try:
            array = numbers(name, value)
        except ValueError:
            number = math.nan
        else:
            if array.ndim:
                words = f"must be one number, {allowed.words.removeprefix('a number ')}"
                raise ArgumentError(name, f"{words}, got {value!r}")
            number = float(array)
    if not allowed.holds(number):
        raise ArgumentError(name, f"must be {allowed.words_for(number)}, got {value!r}")
    return number


def broadcast_shape(values: Mapping[str, Parameter]) -> tuple[int, ...]:
    """Return the shape to which parameters broadcast, () for numbers."""
    shapes = [value.shape for value in values.values() if not isinstance(value, float)]
    try:
        return joint_shape(shapes)
    except ValueError:
        first, *others = values
        listed = ", ".join(f"{name} {np.shape(value)}" for name, value in values.items())
        words = f"must broadcast with {', '.join(others)}"
        raise ArgumentError(first, f"{words}, got shapes {listed}") from None


def joint_shape(shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the shape to which shapes broadcast; at once where all arrays have the same."""
    different = {shape for shape in shapes if shape}
    return different.pop() if len(different) == 1 else np.broadcast_shapes(*different)


def check_count(name: str, count: Any, least: int, most: int = LARGEST_COUNT) -> int:
    """Return a whole number of any type as an int; raise if it is out of range."""
    whole = isinstance(count, Integral) or (
        isinstance(count, (np.ndarray, np.bool_)) and count.ndim == 0 and count.dtype.kind in "bui"
    )
    if not whole or not least <= int(count) <= most:
        last = "2**53" if most == LARGEST_COUNT else most
        raise ArgumentError(name, f"must be a whole number from {least} to {last}, got {count!r}")
    return int(count)


def check_one_of(name: str, value: Any, allowed: Collection[str]) -> None:
    """Raise unless the value is one of the allowed names."""
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(name, f"must be one of {', '.join(allowed)}, got {value!r}")


def checked_names(name: str, value: Any, allowed: Collection[str]) -> tuple[str, ...]:
    """Return one allowed name or several as a tuple, without repetition; raise for others."""
    several = isinstance(value, Iterable) and not isinstance(value, str)
    names = tuple(value) if several else (value,)
    for each in names:
        if not isinstance(each, str) or each not in allowed:
            raise ArgumentError(name, f"must be among {', '.join(allowed)}, got {each!r}")
    return tuple(dict.fromkeys(names))
