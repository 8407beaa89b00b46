"""The bifurcation diagram: state against parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doya.bifurcations import BifurcationPoint
from doya.diagrams import BifurcationDiagram
from doya.plots.style import ACCENT, ARROW, BAND, CURVE, MARKER, MOTION, PATCH, SYMBOL, number

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def draw_bifurcation_diagram(diagram: BifurcationDiagram, ax: Axes) -> list[Artist]:
    """Branches of equilibria, solid where stable and dashed where not, with their special points.

    Between two folds the range with two attractors is shaded; grey arrows show which way the state
    moves.

    Parameters
    ----------
    diagram : BifurcationDiagram
    ax : matplotlib Axes

    Returns
    -------
    list of Artist

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_bifurcation_diagram(
    ...     doya.bifurcation_diagram(doya.NeuronODE(w=5.0)), ax)
    >>> [line.get_linestyle() for line in ax.lines[:3]]
    ['-', '--', '-']
    """
    artists: list[Artist] = []
    ax.set_xlim(*diagram.between)
    ax.set_ylim(-0.03, 1.03)  # every equilibrium lies in (0, 1)
    folds = sorted(point.value for point in diagram.special_points if point.kind == "LP")
    if len(folds) == 2:
        artists.append(ax.axvspan(*folds, color=BAND, linewidth=0, zorder=0))

    arrows = diagram.motion()
    artists.append(
        ax.quiver(
            arrows.value, arrows.start, 0.0 * arrows.value, arrows.stop - arrows.start,
            color=MOTION, zorder=1, **ARROW,
        )
    )  # fmt: skip
    for branch in diagram.branches:
        style = "-" if branch.stable else "--"
        artists += ax.plot(branch.value, branch.x, style, color=CURVE, zorder=3)
    for point in diagram.special_points:
        artists += ax.plot(
            point.value, point.x, linestyle="none", color=CURVE, markerfacecoloralt="white",
            zorder=4, **MARKER[point.kind],
        )  # fmt: skip
        artists.append(_label(ax, point))
    ax.set_xlabel(SYMBOL[diagram.over], style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    return artists


def _label(ax: Axes, point: BifurcationPoint) -> Artist:
    """Kind and value, where no branch runs: before a fold's nose, else above to the left."""
    place: dict[str, Any]
    if point.kind == "LP":
        side = 1 if point.coefficient > 0.0 else -1
        place = {"xytext": (6 * side, 0), "ha": "left" if side > 0 else "right", "va": "center"}
    else:
        place = {"xytext": (-5, 4), "ha": "right", "va": "bottom"}
    return ax.annotate(
        f"{point.kind}\n{SYMBOL[point.parameter]} = {number(point.value)}",
        (point.value, point.x),
        textcoords="offset points",
        color=ACCENT,
        bbox=PATCH,
        fontsize="small",
        zorder=5,
        **place,
    )
