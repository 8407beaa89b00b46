"""Limits of axes that hold several results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from doya.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Range = tuple[float, float]


def extent(values: Floats) -> Range:
    """Return the smallest and the largest finite value; 0 and 0 if there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def falls_off(ax: Axes, values: Floats) -> bool:
    """Return whether a line through the values leaves the axes: to 0 on a logarithmic ordinate.

    A line that does must be clipped, or it would cross what is below the axes.
    """
    return ax.get_yscale() == "log" and bool(np.any(values <= 0.0))


def include(ax: Axes, x: Range | None = None, y: Range | None = None) -> None:
    """Set the limits to these ranges; on axes that already show data, widen them to hold these."""
    more = ax.has_data()
    if x is not None:
        low, high = ax.get_xlim() if more else x
        ax.set_xlim(min(low, x[0]), max(high, x[1]))
    if y is not None:
        low, high = ax.get_ylim() if more else y
        ax.set_ylim(min(low, y[0]), max(high, y[1]))
