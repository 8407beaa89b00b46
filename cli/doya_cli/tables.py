"""Tables as text: columns aligned under their names, numbers with the digits of --digits."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Width of a terminal, in characters.
WIDTH = 80
# Significant digits that a number computed from its logarithm has at least.
EXACT = 12
# Columns that the last cell of a row has at least, however wide the others are.
NARROWEST = 20

_digits: ContextVar[int] = ContextVar("digits", default=6)


@contextmanager
def written_with(digits: int) -> Iterator[None]:
    """Have the tables that are made inside show numbers with `digits` significant digits."""
    token = _digits.set(digits)
    try:
        yield
    finally:
        _digits.reset(token)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return the rows under their header; None is a dash, True and False are yes and no."""
    cells = [list(header)] + [[_cell(each) for each in row] for row in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    begin = sum(width + 2 for width in widths[:-1])
    lines = []
    for row in cells:
        left = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        first, *more = _wrapped(row[-1], max(WIDTH - begin, NARROWEST)) or [""]
        lines += [f"{left[:begin]}{first}".rstrip(), *(f"{'':{begin}}{line}" for line in more)]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if value is True or value is False:
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else str(value)


def number(value: float, most: int = 17) -> str:
    """Return a number with the digits of --digits, `most` at most, in the shorter of two forms."""
    return f"{value:.{min(_digits.get(), most)}g}"


def paragraph(text: str, indent: str = "") -> str:
    """Return the text in lines that fit a terminal; words are not broken: paths can be copied."""
    return "\n".join(f"{indent}{line}" for line in _wrapped(text, WIDTH - len(indent)))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def size(logarithm: float, value: float = math.nan) -> str:
    """Return a number of any size from its decimal logarithm, or from its value if known."""
    if abs(logarithm) < 300.0:
        return number(10.0**logarithm, EXACT) if math.isnan(value) else number(value)
    if logarithm == -math.inf:
        return "0"
    return f"10^{logarithm:.0f}" if abs(logarithm) < 1e9 else f"10^{logarithm:.3g}"
