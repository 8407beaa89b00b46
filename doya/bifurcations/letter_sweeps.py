"""Sweeps of authors' letters: which letters may be swept, and over which ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.swept import Swept
from doya.checks import FRACTION, LARGEST, checked
from doya.conversions.author import AUTHORS, Move
from doya.conversions.conversion import Conversion
from doya.errors import ArgumentError


def letter_sweep(conversion: Conversion, over: str, u: float) -> Swept:
    """Return the sweep of one letter, or of doya's input u; raise for a letter that moves no line.

    The tanh neuron's epsilon is Doya's.
    """
    author, neuron = AUTHORS[conversion.author], conversion.neuron
    if over == "u":
        return Swept(neuron, "u", u, conversion)
    if over not in author.letters:
        words = " or ".join(map(repr, (*author.letters, "u")))
        raise ArgumentError("over", f"must be {words} for {author.called}, got {over!r}")
    move = author.moves[over]
    lines = " or ".join(repr(name) for name, each in author.moves.items() if _is_line(each))
    if move is Move.TIME:
        raise ArgumentError(
            "over",
            f"must not be {over!r}: it is the unit of time, and moves no equilibrium; use {lines}",
        )
    if move is Move.CURVE:
        raise ArgumentError(
            "over",
            f"must not be {over!r} for {author.called}: it moves w and b along a curve, for which"
            f" there is no closed form that finds every bifurcation; use {lines}",
        )
    if move is Move.STEP:
        return Swept(neuron, "epsilon", u, conversion)
    swept = SweptLetter(neuron, "letter", u, conversion, over)
    if swept.way.w1 == 0 and swept.way.b1 == 0:
        raise ArgumentError(
            "over",
            f"must not be {over!r} here: the other letters are 0, so it moves no equilibrium",
        )
    return swept


def _is_line(move: Move) -> bool:
    return move not in (Move.CURVE, Move.TIME)


def check_letter_range(
    conversion: Conversion, over: str, between: Sequence[float]
) -> tuple[float, float]:
    """Return the ends of a range of a letter; raise unless low < high are allowed values.

    An end of 1 that has no neuron, as of gamma, is replaced by the largest number below 1.
    """
    allowed = AUTHORS[conversion.author].letters[over]
    ends = []
    for end in between:
        open_end = allowed is FRACTION and end == 1.0
        ends.append(float(checked(over, math.nextafter(1.0, 0.0) if open_end else end, allowed)))
    return ends[0], ends[1]


def domain(swept: Swept) -> tuple[float, float]:
    """Return the smallest and the largest value of the letter."""
    assert swept.conversion is not None
    allowed = AUTHORS[swept.conversion.author].letters.get(swept.name)
    return (-LARGEST, LARGEST) if allowed is None else allowed.ends


def default_span(swept: SweptLetter, values: list[float]) -> tuple[float, float]:
    """Return a range of the letter, without a margin: the values, or the bend of sigma."""
    w0, w1, b0, b1 = map(float, swept.way)
    if swept.move is Move.KEPT:
        return domain(swept)
    if swept.move is Move.INVERSE:
        size = max(abs(w1), abs(b1))
        low, high = (0.5 * min(values), 2.0 * max(values)) if values else (size / 40.0, size)
        return float(f"{low:.1g}"), float(f"{high:.1g}")
    if values:
        return min(values), max(values)
    if swept.is_steep:
        centre, reach = -0.5 * w0, 4.0 + 0.5 * abs(w0)
        low, high = sorted(((centre - reach - b0) / b1, (centre + reach - b0) / b1))
    else:
        low, high = sorted((0.0, 8.0 / w1))
        if high <= domain(swept)[0]:  # as alpha, which has w < 0 only
            low, high = -high, -low
    return low, high


def unit(swept: SweptLetter) -> float:
    """Return the change of the letter that moves w or b by 1."""
    return 1.0 / abs(float(swept.way.b1 if swept.is_steep else swept.way.w1))
