"""Legends in one row above the axes, at their right end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from doya.plots.layout import layout_of
from doya.plots.rows import Key

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

KEY: dict[str, Any] = {
    "columnspacing": 1.0,
    "handletextpad": 0.5,
    "borderpad": 0.0,
    "borderaxespad": 0.0,
    "loc": "lower right",
    "bbox_to_anchor": (1.0, 1.0),
}


def write_key(ax: Axes, handles: Sequence[Artist], length: float = 1.6) -> Legend:
    """Write the legend of the axes, of artists with labels; its lines have this length in ems."""
    legend = ax.legend(handles=handles, ncols=len(handles), handlelength=length, **KEY)
    layout_of(ax).words.above(ax, Key(legend))
    return legend
