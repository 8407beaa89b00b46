"""Artists of an animation that a frame moves, and places for its axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import rcParams

from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

# Several states are distinguished by shapes.
SHAPES = "os^Dv"


class Part(NamedTuple):
    """Artists of one of the axes, and the function that moves them to a frame."""

    artists: list[Artist]
    move: Callable[[int], None]


def grid(figure: Figure, rows: int, columns: int, **given: Any) -> GridSpec:
    """Return a grid for axes with room for labels, in letters of the current size."""
    em = rcParams["font.size"] / 72.0
    width, height = figure.get_size_inches() if hasattr(figure, "get_size_inches") else (6.4, 4.2)
    margins = {
        "left": 6.0 * em / width, "right": 1.0 - 4.5 * em / width,
        "bottom": 4.5 * em / height, "top": 1.0 - 3.5 * em / height,
    }  # fmt: skip
    return figure.add_gridspec(rows, columns, **{**margins, **given})


def moving_line(ax: Axes, **style: Any) -> Line2D:
    """Add a line without points, which a frame gives it."""
    (line,) = ax.plot([], [], **{"color": theme(ax).accent, "zorder": 4, **style})
    line.set_in_layout(False)  # without points it would count as one at the corner of the page
    return line


def moving_dot(ax: Axes, shape: str = "o", **style: Any) -> Line2D:
    """Add a mark without a place, which a frame gives it."""
    looks = {
        "marker": shape, "linestyle": "none", "markersize": 6.0, "markeredgecolor": theme(ax).paper,
        "markeredgewidth": 0.6, "clip_on": False, "zorder": 6,
    }  # fmt: skip
    return moving_line(ax, **{**looks, **style})


def equilibrium_marks(ax: Axes) -> tuple[Line2D, Line2D]:
    """Add marks for stable equilibria, filled, and for unstable ones, open."""
    looks: dict[str, Any] = {
        "color": theme(ax).ink,
        "markeredgecolor": theme(ax).ink,
        "markeredgewidth": 1.0,
    }
    looks |= {"markersize": 5.0, "zorder": 5}
    stable = moving_dot(ax, **{**looks, "markerfacecolor": theme(ax).ink})
    return stable, moving_dot(ax, **{**looks, "markerfacecolor": theme(ax).paper})


def words_above(ax: Axes, *, right: bool = False, text: str = "") -> Annotation:
    """Add a line of words above the axes, at the left or the right end."""
    at = 1.0 if right else 0.0
    return ax.annotate(
        text, (at, 1.0), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
        ha="right" if right else "left", va="bottom", color=theme(ax).ink, annotation_clip=False,
    )  # fmt: skip


def limits(*values: Any, margin: float = 0.05) -> tuple[float, float]:
    """Return a range that holds all finite values, with a margin on both sides."""
    every = np.concatenate([np.ravel(each) for each in values]).astype(float)
    every = every[np.isfinite(every)]
    low, high = float(every.min(initial=np.inf)), float(every.max(initial=-np.inf))
    if not low < high:
        low = low if np.isfinite(low) else 0.0
        low, high = low - 0.5, low + 0.5
    return low - margin * (high - low), high + margin * (high - low)
