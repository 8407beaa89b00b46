"""Tables as text: columns aligned under their names, numbers with the digits that are asked for."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Columns of a terminal that the shell makes no wish about.
WIDTH = 80

_digits: ContextVar[int] = ContextVar("digits", default=6)


@contextmanager
def written_with(digits: int) -> Iterator[None]:
    """Have the tables made inside show numbers with so many significant digits."""
    token = _digits.set(digits)
    try:
        yield
    finally:
        _digits.reset(token)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return the rows under their header; None is a dash, True and False are yes and no."""
    cells = [list(header)] + [[_cell(each) for each in row] for row in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if value is True or value is False:
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """Return a number with the digits that are asked for, in the shorter of two forms."""
    return f"{value:.{_digits.get()}g}"


def paragraph(text: str, indent: str = "") -> str:
    """Return the text in lines that fit a terminal; no word is broken, so paths can be copied."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def size(logarithm: float, value: float = math.nan) -> str:
    """Return a number of any size from its decimal logarithm, and its value where that is known."""
    if abs(logarithm) < 300.0:
        return f"{10.0**logarithm:.3g}" if math.isnan(value) else number(value)
    if logarithm == -math.inf:
        return "0"
    return f"10^{logarithm:.0f}" if abs(logarithm) < 1e9 else f"10^{logarithm:.3g}"
