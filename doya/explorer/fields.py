"""The kinds of values in a query: how each is read, checked and written.

A reader gets one word of a query and returns its value, or raises a ValueError whose message goes
after the name of the option.  A writer returns the shortest word that is read back as the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from doya.checks import FINITE, STEP, Range

# A decimal number, as the shell reads it: no blanks, underscores or digits of other scripts.
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# Longest part of a wrong word that a message repeats.
SHOWN = 40

Triple = tuple[float, float, float]
Pair = tuple[float, float]


class Kind(Protocol):
    """A kind of value."""

    def read(self, word: str) -> Any:
        """Return the value of a word; raise a ValueError for a wrong one."""

    def write(self, value: Any) -> str:
        """Return the word of a value."""

    def check(self, value: Any) -> Any:
        """Return the value, plain and normal; raise a ValueError if it is out of range."""


def shown(word: object) -> str:
    """Return a wrong word in quotes, cut where it is long."""
    text = str(word)
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "\N{HORIZONTAL ELLIPSIS}")


def written(value: float) -> str:
    """Return the shortest decimal number that is read back as the same double.

    Examples
    --------
    >>> written(5.0), written(-2.4), written(1e-100)
    ('5', '-2.4', '1e-100')
    """
    return repr(value).removesuffix(".0")


def number(word: str) -> float:
    """Return the double nearest to a decimal number."""
    if not DECIMAL.fullmatch(word):
        raise ValueError(f"must be a number, got {shown(word)}")
    return float(word)


@dataclass(frozen=True)
class Number:
    """A number within a range."""

    allowed: Range = FINITE

    def read(self, word: str) -> float:
        return self.check(number(word))

    def write(self, value: float) -> str:
        return written(value)

    def check(self, value: Any) -> float:
        try:
            plain = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"must be a number, got {shown(value)}") from None
        if not self.allowed.holds(plain):
            raise ValueError(f"must be {self.allowed.words_for(plain)}, got {written(plain)}")
        return plain


@dataclass(frozen=True)
class NoneOr:
    """A value of a kind, or None, which is not written."""

    kind: Kind

    def read(self, word: str) -> Any:
        return self.kind.read(word)

    def write(self, value: Any) -> str:
        return self.kind.write(value)

    def check(self, value: Any) -> Any:
        return None if value is None else self.kind.check(value)


@dataclass(frozen=True)
class Whole:
    """A whole number within a range."""

    least: int
    most: int

    def read(self, word: str) -> int:
        return self.check(number(word))

    def write(self, value: int) -> str:
        return str(value)

    def check(self, value: Any) -> int:
        plain = Number(Range(lambda _: True, "")).check(value)
        if not self.least <= plain <= self.most or plain != math.floor(plain):
            words = f"must be a whole number from {self.least} to {self.most}"
            raise ValueError(f"{words}, got {written(plain)}")
        return int(plain)


@dataclass(frozen=True)
class Choice:
    """One of several names."""

    names: tuple[str, ...]

    def read(self, word: str) -> str:
        return self.check(word)

    def write(self, value: str) -> str:
        return value

    def check(self, value: Any) -> str:
        if value not in self.names:
            raise ValueError(f"must be one of {', '.join(self.names)}, got {shown(value)}")
        return str(value)


@dataclass(frozen=True)
class Numbers:
    """Several numbers, with commas between them; `needs` checks them together."""

    allowed: tuple[Range, ...]
    needs: Callable[[Sequence[float]], bool]
    words: str

    def read(self, word: str) -> tuple[float, ...]:
        words = word.split(",")
        if len(words) != len(self.allowed):
            raise ValueError(f"must be {self.words}, got {shown(word)}")
        return self.check([number(each) for each in words])

    def write(self, value: Sequence[float]) -> str:
        return ",".join(map(written, value))

    def check(self, value: Any) -> tuple[float, ...]:
        try:
            given = list(value)
        except TypeError:
            given = [value]
        if len(given) != len(self.allowed):
            raise ValueError(f"must be {self.words}, got {shown(value)}")
        plain = tuple(
            Number(allowed).check(each) for allowed, each in zip(self.allowed, given, strict=True)
        )
        if not self.needs(plain):
            raise ValueError(f"must be {self.words}, got {self.write(plain)}")
        return plain


# Narrowest range, as a part of its larger end: the points of a curve must be different doubles.
NARROWEST = 1e-9


def _is_wide(ends: Sequence[float]) -> bool:
    low, high = ends
    return high - low > NARROWEST * max(abs(low), abs(high))


SPAN = Numbers((FINITE, FINITE), _is_wide, "LOW,HIGH with LOW < HIGH, 1e-9 of them apart")
EPSILON = Number(STEP)
