"""Lyapunov exponents along a parameter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.plots.attractors import Attractor, spread
from doya.plots.labels import box
from doya.plots.layout import layout_of
from doya.plots.panels import set_numbers
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Part of the exponents that may lie below the axes.
HIDDEN = 0.05
# The foot of the axes is no higher than this exponent.
LEVEL = -1.0
# The foot is at least this many times as far below 0 as the highest exponent is above it.
DOWN = 2.5
# Exponents are cut off only if the lowest is more than this many times as far below 0 as the foot.
DEEP = 1.5
# Distance between triangles, in points.
APART = 4.0


def draw_exponents(ax: Axes, found: list[Attractor]) -> list[Artist]:
    """Draw a line for each exponent, a band for its error, and triangles below the foot."""
    foot = _set_limits(ax, np.concatenate([each.lyapunov[each.there] for each in found]))
    artists: list[Artist] = [ax.axhline(0.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)]
    for each in found:
        artists += _line(ax, each, foot)
        low = spread(ax, each.value, _lowest(each, foot), APART)
        if low.size:
            artists += ax.plot(
                each.value[low], np.full(low.size, 2.0 / box(ax)[1]), "v", color=each.colour,
                markersize=3.0, markeredgewidth=0.0, transform=ax.get_xaxis_transform(),
                clip_on=False, zorder=4,
            )  # fmt: skip
    ax.set_ylabel("Lyapunov\nexponent")
    layout_of(ax).words.add(ax.yaxis.label, "exponent")
    return artists


def _set_limits(ax: Axes, exponents: Floats) -> float:
    """Set limits that show 0 and all but a few very low exponents; return the lower limit."""
    finite = exponents[np.isfinite(exponents)]
    lowest, highest = finite.min(initial=0.0), finite.max(initial=0.0)
    if finite.size:
        most = np.quantile(finite, HIDDEN, method="lower")
        foot = min(most, LEVEL, -DOWN * highest)
        lowest = foot if lowest < DEEP * foot else lowest
    else:
        lowest = LEVEL
    set_numbers(ax, np.array([lowest, highest]))
    return float(lowest)


def _line(ax: Axes, each: Attractor, foot: float) -> list[Artist]:
    """Draw the exponents and their errors; a line to minus infinity leaves far below the axes."""
    far = foot - 10.0 * (ax.get_ylim()[1] - foot)
    row = np.where(each.there, np.maximum(each.lyapunov, far), math.nan)
    style: dict[str, Any] = {"color": each.colour, "zorder": 3}
    artists: list[Artist] = [*ax.plot(each.value, row, linewidth=0.6, **style)]
    band = each.there & (each.period == 0) & np.isfinite(each.lyapunov)
    if band.any():
        low, high = np.where(band, [row - each.error, row + each.error], math.nan)
        artists.append(ax.fill_between(each.value, low, high, alpha=0.3, linewidth=0, **style))
    return artists


def _lowest(each: Attractor, foot: float) -> NDArray[np.bool_]:
    """Return a mask of the local minima below the foot."""
    row = np.where(each.there, each.lyapunov, math.inf)
    left, right = np.append(math.inf, row[:-1]), np.append(row[1:], math.inf)
    bottom: NDArray[np.bool_] = (row < foot) & (row <= left) & (row <= right)
    return bottom
