"""The bifurcation diagram: equilibria against a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from doya.bifurcations.diagrams import BifurcationDiagram
from doya.plots.arguments import check_drawing
from doya.plots.labels import axis_label, label_above, numbers, setting, write_setting
from doya.plots.style import ARROW, BAND, CURVE, MARKER, MOTION, SYMBOL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def draw_bifurcation_diagram(diagram: BifurcationDiagram, ax: Axes) -> list[Artist]:
    """Draw the branches of equilibria: solid where stable, dashed where unstable.

    Special points carry their kind and value: LP is a fold, PD a flip (period doubling).  The range
    with two stable equilibria is shaded.  Grey arrows show in which direction the state moves.

    Parameters
    ----------
    diagram : BifurcationDiagram
        Result of `bifurcation_diagram`.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For a result of another type, or an `ax` that is not matplotlib axes.

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
    check_drawing("diagram", diagram, BifurcationDiagram, "bifurcation_diagram", ax)
    artists: list[Artist] = []
    over = diagram.over
    ax.set_xlim(*diagram.between)
    ends = np.array(diagram.between) if over == "u" else np.array([diagram.u])
    shift = float(diagram.neuron.input_weight) * ends
    # Every equilibrium lies in (0, 1) + w' u.
    low, high = float(shift.min()), 1.0 + float(shift.max())
    ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    for low, high in diagram.bistable():
        artists.append(ax.axvspan(low, high, color=BAND, linewidth=0, zorder=0))

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
    points = diagram.special_points
    for point in points:
        artists += ax.plot(
            point.value, point.x, linestyle="none", color=CURVE, markerfacecoloralt="white",
            zorder=4, clip_on=False, **MARKER[point.kind],
        )  # fmt: skip
    values = numbers([point.value for point in points], diagram.between[1] - diagram.between[0])
    artists += label_above(
        ax,
        [(point.value, point.x) for point in points],
        [f"{point.kind} {value}" for point, value in zip(points, values, strict=True)],
    )
    ax.set_xlabel(axis_label(over), style="italic")
    if over == "u":
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))  # its numbers are long
    artists.append(write_setting(ax, setting(diagram.neuron, (over,), diagram.u)))
    ax.set_ylabel(SYMBOL["x"], style="italic")
    return artists
