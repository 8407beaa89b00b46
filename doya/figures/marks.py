"""Marks that several figures share: arrows, open and filled circles, and small words.

A style names its colours, as in {"color": "accent"}; `painted` puts those of the axes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.patches import FancyArrowPatch
from matplotlib.transforms import ScaledTranslation

from doya.plots.theme import theme

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from numpy.typing import NDArray

    from doya.arrays import Floats

OPEN: dict[str, Any] = {
    "color": "ink", "linestyle": "none", "marker": "o", "markersize": 5.5,
    "markerfacecolor": "paper", "markeredgewidth": 1.0, "clip_on": False, "zorder": 5,
}  # fmt: skip
FILLED: dict[str, Any] = {**OPEN, "markerfacecolor": "ink"}

# Arrow of a step that leaves the axes.
THROWN: dict[str, Any] = {
    "arrowstyle": "-|>,head_length=0.35,head_width=0.18", "color": "ink", "linewidth": 1.3,
    "shrinkA": 0.0, "shrinkB": 0.0,
}  # fmt: skip


def painted(ax: Axes, style: Mapping[str, Any], **further: Any) -> dict[str, Any]:
    """Return the style and further settings, with the colours of `ax` in place of their names."""
    look = theme(ax)
    colours = {
        "ink": look.ink, "paper": look.paper, "hairline": look.hairline, "band": look.band,
        "grey": look.shade(0.5), "pale": look.pale(look.accents[1]), "accent": look.accent,
        **{f"accent {k}": each for k, each in enumerate(look.accents)},
    }  # fmt: skip
    return {
        key: colours.get(value, value) if isinstance(value, str) else value
        for key, value in {**style, **further}.items()
    }


def move_label(ax: Axes, away: float) -> None:
    """Centre the label of the ordinate at a distance in points from the axes, of any width."""
    left = ScaledTranslation(-away / 72.0, 0.0, ax.figure.dpi_scale_trans)
    ax.yaxis.set_label_coords(0.0, 0.5, transform=ax.transAxes + left)


def arrow(
    ax: Axes, start: tuple[float, float], stop: tuple[float, float], **style: Any
) -> FancyArrowPatch:
    """Draw an arrow from one point of the data to another; by default it is dashed and grey."""
    looks: dict[str, Any] = {
        "color": "hairline", "linewidth": 0.8, "linestyle": (0, (2.5, 1.5)),
        "arrowstyle": "-|>,head_length=2.6,head_width=1.3", "mutation_scale": 1.0,
        "shrinkA": 0.0, "shrinkB": 0.0, "zorder": 1, **style,
    }  # fmt: skip
    patch = FancyArrowPatch(start, stop, **painted(ax, looks))
    ax.add_patch(patch)
    return patch


def draw_law(ax: Axes, at: Floats, law: Floats, found: Any, known: NDArray[np.bool_]) -> None:
    """Draw a law as a line, and what was found as circles, filled where `known`."""
    ax.plot(at, law, color=theme(ax).ink, linewidth=1.0, zorder=2)
    for which, circle in ((~known, OPEN), (known, FILLED)):
        ax.plot(at[which], found[which], **painted(ax, circle, markersize=4.0))


def beside(
    ax: Axes, text: str, at: tuple[float, float], away: tuple[float, float], **style: Any
) -> Annotation:
    """Write small words at an offset in points from a place; by default they are centred there."""
    looks = {"ha": "center", "va": "center", "fontsize": "small", **style}
    return ax.annotate(text, at, xytext=away, textcoords="offset points", **looks)
