"""The bifurcation diagram: equilibria against a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.diagrams import BifurcationDiagram, Motion
from doya.plots.arguments import check_drawing
from doya.plots.labels import numbers
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import ends_of, setting_in, state_symbol, swept_label
from doya.plots.limits import include
from doya.plots.rows import Line, Marks
from doya.plots.style import ARROW, MARKER
from doya.plots.theme import theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# Width of the lines of 2-cycles, in points.
CYCLE = 0.8
# Half the length of the shortest and of the longest arrow, in x.
SHORTEST, LONGEST = 0.04, 0.06


def draw_bifurcation_diagram(
    diagram: BifurcationDiagram,
    ax: Axes,
    *,
    color: ColorType | None = None,
    label: str | None = None,
) -> list[Artist]:
    """Draw the branches of equilibria: solid where stable, dashed where unstable.

    Special points carry their kind and value: LP is a fold, PD a flip (period doubling).  The range
    with two stable equilibria is shaded.  Thin lines are the states of the 2-cycles of a map, also
    solid where stable.  Grey arrows show in which direction the state moves.

    Parameters
    ----------
    diagram : BifurcationDiagram
        Result of `bifurcation_diagram`.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the branches; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

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
    look = theme(ax, color)
    artists: list[Artist] = []
    over = diagram.over
    include(ax, diagram.between, states_of(diagram))
    for low, high in diagram.bistable():
        artists.append(ax.axvspan(low, high, color=look.band, linewidth=0, zorder=0))

    low, high = states_of(diagram)
    unit = 1.0 if diagram.conversion is None else (high - low) / 1.06
    value, start, reach = arrows_of(motion_of(diagram), unit)
    artists.append(
        ax.quiver(value, start, 0.0 * value, reach, color=look.hairline, zorder=1, **ARROW)
    )
    curves = curves_of(diagram)
    named = next((k for k, curve in enumerate(curves) if curve.stable), 0)
    for k, curve in enumerate(curves):
        artists += ax.plot(
            curve.value, curve.x, curve.style, color=look.curve, linewidth=curve.width,
            zorder=curve.zorder, label=label if k == named else None,
        )  # fmt: skip
    points = diagram.special_points
    for point in points:
        artists += ax.plot(
            point.value, point.state, linestyle="none", color=look.curve,
            markerfacecoloralt=look.paper,
            zorder=4, clip_on=False, **MARKER[point.kind],
        )  # fmt: skip
    values = numbers([point.value for point in points], diagram.between[1] - diagram.between[0])
    marks = Marks(
        ax,
        [(point.value, point.state) for point in points],
        [
            (f"{point.kind} {value}", point.kind)
            for point, value in zip(points, values, strict=True)
        ],
    )
    author = diagram.conversion
    setting_line = Line(ax, setting_in(diagram.neuron, author, (over,), diagram.u))
    words = layout_of(ax).words
    words.above(ax, marks)
    words.above(ax, setting_line)
    artists += [*marks.words, *setting_line.words]
    ax.set_xlabel(swept_label(over, author), style="italic")
    if over == "u":
        ax.xaxis.set_major_locator(Ticks(5, (1, 2, 5, 10)))  # its numbers are long
    ax.set_ylabel(state_symbol(author), style="italic")
    return drawn(artists)


class Curve(NamedTuple):
    """States along the parameter: equilibria, or one of the two states of 2-cycles."""

    value: Floats
    x: Floats
    stable: bool
    width: float | None = None  # in points; None is the width of the style
    zorder: float = 3.0

    @property
    def style(self) -> Literal["-", "--"]:
        return "-" if self.stable else "--"


def curves_of(diagram: BifurcationDiagram) -> list[Curve]:
    """Return what a diagram shows as lines: its branches, and thin the states of its 2-cycles."""
    branches = [Curve(each.value, each.state, each.stable) for each in diagram.branches]
    cycles = [
        Curve(each.value, diagram.swept.state(each.value, x), each.stable, CYCLE, 2.9)
        for each in diagram.two_cycles
        for x in (each.low, each.high)
    ]
    return branches + cycles


def states_of(diagram: BifurcationDiagram) -> tuple[float, float]:
    """Return a range that holds every equilibrium, which lies in (0, 1) + w' u.

    Where the input is inside sigma it lies in (0, 1).  In an author's state it is that of the
    equilibria and 2-cycles of the diagram.
    """
    if diagram.conversion is not None:
        low, high = ends_of(np.concatenate([curve.x for curve in curves_of(diagram)]))
        return low - 0.03 * (high - low), high + 0.03 * (high - low)
    u = np.array(diagram.between) if diagram.over == "u" else np.array([diagram.u])
    shift = 0.0 * u if diagram.neuron.input_inside else float(diagram.neuron.input_weight) * u
    low, high = float(shift.min()), 1.0 + float(shift.max())
    margin = 0.03 * (high - low)
    return low - margin, high + margin


def motion_of(diagram: BifurcationDiagram) -> Motion:
    """Return the motion between the equilibria, in the author's state where there is one."""
    motion, (low, high) = diagram.motion(), states_of(diagram)
    if diagram.conversion is None:
        return motion
    ends = [
        np.clip(diagram.swept.state(motion.value, x), low, high)
        for x in (motion.below, motion.above)
    ]
    falls = ends[0] > ends[1]  # as Aihara's y, which falls as x rises
    return Motion(motion.value, np.minimum(*ends), np.maximum(*ends), motion.rises ^ falls)


def arrows_of(motion: Motion, unit: float = 1.0) -> tuple[Floats, Floats, Floats]:
    """Return the abscissa, the start and the signed length of an arrow in each wide enough gap."""
    gap = motion.above - motion.below
    reach = np.minimum(0.3 * gap, LONGEST * unit)
    wide = reach > SHORTEST * unit
    middle, reach = 0.5 * (motion.below + motion.above), np.where(motion.rises, reach, -reach)
    return motion.value[wide], (middle - reach)[wide], 2.0 * reach[wide]
