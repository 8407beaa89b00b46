"""The (w, b) plane: fold and flip curves, the cusp, and how many equilibria are stable where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from doya.curves import BifurcationCurves
from doya.plots.style import ACCENT, BAND, CURVE, MARKER, PATCH, SYMBOL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

LINE = {"LP": "-", "PD": "-."}


def draw_bifurcation_curves(result: BifurcationCurves, ax: Axes) -> list[Artist]:
    """Fold curves solid, flip curves dash-dotted, each enclosed region with its stable equilibria.

    Parameters
    ----------
    result : BifurcationCurves
    ax : matplotlib Axes

    Returns
    -------
    list of Artist

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_bifurcation_curves(
    ...     doya.bifurcation_curves(doya.NeuronODE()), ax)
    >>> sorted(text.get_text() for text in ax.texts)
    ['1 stable', '2 stable', 'CP', 'LP', 'LP']
    """
    artists: list[Artist] = []
    ax.set_xlim(*result.w)
    ax.set_ylim(*result.b)
    for region in result.regions:
        if region.w.size:
            artists += ax.fill(region.w, region.b, color=BAND, linewidth=0, zorder=0)
        artists.append(_text(ax, f"{region.stable} stable", *region.inside, color=CURVE))
    for curve in result.curves:
        artists += ax.plot(curve.w, curve.b, LINE[curve.kind], color=CURVE, zorder=2)
        # Two thirds of the way along w the two halves are well apart.
        away = np.argmin(
            np.abs(3.0 * curve.w - 2.0 * max(curve.w, key=abs) - min(curve.w, key=abs))
        )
        artists.append(_text(ax, curve.kind, curve.w[away], curve.b[away], color=ACCENT))
    for point in result.special_points:
        artists += ax.plot(point.w, point.b, color=CURVE, zorder=3, **MARKER[point.kind])
        artists.append(
            ax.annotate(
                point.kind, (point.w, point.b), xytext=(-5, -3), textcoords="offset points",
                ha="right", va="top", color=ACCENT, fontsize="small",
            )
        )  # fmt: skip
    ax.set_xlabel(SYMBOL["w"], style="italic")
    ax.set_ylabel(SYMBOL["b"], style="italic")
    return artists


def _text(ax: Axes, text: str, w: float, b: float, color: str) -> Artist:
    return ax.text(
        w, b, text, ha="center", va="center", color=color, bbox=PATCH, fontsize="small", zorder=4
    )
