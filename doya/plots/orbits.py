"""Orbit diagrams: the settled states against a parameter, and below them Lyapunov exponents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.orbits.diagrams import OrbitDiagram
from doya.plots.arguments import check_drawing
from doya.plots.attractors import DOT, Attractor, distinguished, draw_marks, in_legend
from doya.plots.labels import WIDE, box
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import ends_of, setting_in, state_symbol, swept_label
from doya.plots.limits import include
from doya.plots.lyapunov import draw_exponents
from doya.plots.panels import set_numbers, stack
from doya.plots.rows import Key, Line, Row
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.typing import ColorType


# Smallest and largest diameter of a dot (a state of a cycle), in points.
STATE, LARGEST = 0.8, 2.0
# Diameter of a grain of dust (a state of an orbit without a cycle), in points.
GRAIN = 0.5
# Above this number of dots, vector files contain them as an image.
MANY = 20_000
# Largest number of grains that is drawn: more cannot be seen.
MOST = 1_000_000
# Darkness of dust where it is as dense as in the mean, from 0 to 1.
SHADE = 0.5
UNSTABLE: dict[str, Any] = {"linewidth": 0.9, "linestyle": (0, (4, 2))}


def draw_orbit_diagram(
    result: OrbitDiagram, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the settled states against a parameter, and below them the Lyapunov exponent.

    Dots are the states of a cycle.  Dust is the states of an orbit without a cycle: the denser, the
    more often the orbit visits them.  Dashed lines are unstable fixed points.  Numbers above the
    axes are the periods of wide ranges.  Where rows reach different attractors, these differ by
    colour and by the marks along them.

    Bands about the exponents are their errors.  A line marks the exponent 0.  A triangle at the
    foot stands for an exponent below the axes, as where a cycle comes near a critical point.

    Parameters
    ----------
    result : OrbitDiagram
        Result of `orbit_diagram`.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for those
        below.  A figure 1.4 times as tall as the style's has room for both.
    color : color, optional
        Colour of the first attractor; by default that of matplotlib's text.
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
    >>> ax = Figure(figsize=(3.3, 3.5)).subplots()
    >>> neuron = doya.NeuronMap(b=10.0, epsilon=0.5)
    >>> diagram = doya.orbit_diagram(neuron, "w", (-40.0, -10.0), points=100)
    >>> artists = doya.plots.draw_orbit_diagram(diagram, ax)
    >>> [each.get_ylabel() for each in ax.figure.axes]
    ['x', 'Lyapunov\\nexponent']
    """
    check_drawing("result", result, OrbitDiagram, "orbit_diagram", ax)
    look = theme(ax, color)
    found = distinguished(result, look)
    upper, lower = stack(ax, [1.0, 0.55])
    include(upper, result.between)
    upper.xaxis.set_major_locator(Ticks(5, (1, 2, 2.5, 5, 10)))

    artists: list[Artist] = [
        lower,
        *_states(upper, result, found, look),
        *draw_exponents(lower, found),
    ]
    for each in found:
        artists += draw_marks(upper, lower, each)
    if label is not None:
        artists += upper.plot([], [], label=label, color=look.curve, markersize=LARGEST, **DOT)
    upper.set_ylabel(state_symbol(result.conversion), style="italic")
    lower.set_xlabel(swept_label(result.over, result.conversion), style="italic")
    return drawn([*artists, *_heading(upper, result, found)])


def _states(ax: Axes, result: OrbitDiagram, found: list[Attractor], look: Theme) -> list[Artist]:
    """Draw dots and dust, and the unstable fixed points among them."""
    unstable = [branch for branch in result.equilibria.branches if not branch.stable]
    x = np.concatenate([result.state.ravel(), *(branch.state for branch in unstable)])
    low, high = ends_of(x)
    near = 0.03 * (high - low)
    if result.conversion is None:  # the axes include the ends of [0, 1] if these are near
        low, high = (
            min(low, 0.0) if low < near else low,
            max(high, 1.0) if high > 1 - near else high,
        )
    set_numbers(ax, np.array([low, high]), most=5)

    artists: list[Artist] = []
    for branch in unstable:
        # The edge makes the line visible in dust.
        edge = withStroke(linewidth=1.9, foreground=look.paper)
        artists += ax.plot(
            branch.value, branch.state, color=look.accents[1], path_effects=[edge], zorder=3.5,
            **UNSTABLE,
        )  # fmt: skip
    for each in found:
        artists += _dots(ax, each)
        artists += _dust(ax, each)
    return artists


def _dots(ax: Axes, each: Attractor) -> list[Artist]:
    """Draw one round of each cycle."""
    places = np.arange(each.x.shape[1]) < each.period[:, np.newaxis]
    at, place = np.nonzero(places & each.there[:, np.newaxis])
    if not at.size:
        return []
    size = float(np.clip(box(ax)[0] / each.value.size, STATE, LARGEST))
    return [
        *ax.plot(
            each.value[at], each.x[at, place], color=each.colour, markersize=size, clip_on=False,
            zorder=3, rasterized=at.size > MANY, **DOT,
        )
    ]  # fmt: skip


def _dust(ax: Axes, each: Attractor) -> list[Artist]:
    """Draw the states of aperiodic orbits; vector files contain them as an image."""
    at = np.flatnonzero(each.there & (each.period == 0))
    if not at.size:
        return []
    x = each.x[at, :: 1 + each.x.size // MOST]
    (width, tall), grains = box(ax), each.value.size * x.shape[1]
    layers = grains * 0.25 * math.pi * GRAIN**2 / (width * tall)
    alpha = max(1.0 - (1.0 - SHADE) ** (1.0 / layers), 0.02)
    return [
        *ax.plot(
            np.repeat(each.value[at], x.shape[1]), x.ravel(), color=each.colour,
            markersize=GRAIN, alpha=alpha, rasterized=True, zorder=2, **DOT,
        )
    ]  # fmt: skip


class Periods(Row):
    """The period above each range in which all rows share it, where there is room."""

    def __init__(self, ax: Axes, value: Floats, period: NDArray[np.int_]) -> None:
        words = write_periods(ax, value, period, everywhere=True)
        super().__init__(words, [(word.get_text(),) for word in words])
        self.ranges = [*_ranges(value, period), None][: len(words)]

    def spans(
        self, ax: Axes, left: float, renderer: Any
    ) -> tuple[list[tuple[float, float]], float]:
        """Show the periods whose ranges are wider than their numbers, and the name before them."""
        frame, tall, shown = ax.get_window_extent(), 0.0, False
        for word, where in zip(self.words, self.ranges, strict=True):
            extent = Text.get_window_extent(word, renderer)
            tall = max(tall, extent.height)
            if where is None:
                word.set_visible(shown and frame.x0 - 1.2 * extent.width >= left)
                continue
            low, high = ax.transData.transform([(end, 0.0) for end in where[:2]])[:, 0]
            word.set_visible(bool(high - low > 1.3 * extent.width))
            shown = shown or word.get_visible()
        return ([(frame.x0, frame.x1)] if shown else []), tall

    def move(self, ax: Axes, foot: float) -> None:
        """Move the numbers to this height."""
        for word in self.words:
            word.set_position((word.get_position()[0], foot * 72.0 / ax.figure.dpi))


def _ranges(value: Floats, period: NDArray[np.int_]) -> list[tuple[float, float, int]]:
    """Return the first and last value of each range in which all rows share a period, and this."""
    alike = np.where(np.ptp(period, axis=0) == 0, period[0], 0)
    starts = np.flatnonzero(np.diff(alike, prepend=-1))
    ends = np.append(starts[1:], alike.size) - 1
    return [
        (float(value[start]), float(value[end]), int(alike[start]))
        for start, end in zip(starts, ends, strict=True)
        if alike[start]
    ]


def write_periods(
    ax: Axes, value: Floats, period: NDArray[np.int_], *, everywhere: bool = False
) -> list[Annotation]:
    """Write the period above each range in which all rows share it, where there is room."""
    left, right = ax.get_xlim()
    style: dict[str, Any] = {
        "xycoords": ax.get_xaxis_transform(), "textcoords": "offset points", "va": "bottom",
        "fontsize": 0.833 * rcParams["font.size"], "color": theme(ax).shade(0.65),
    }  # fmt: skip
    words = []
    for low, high, number in _ranges(value, period):
        text, room = f"{number}", (high - low) / (right - left) * box(ax)[0]
        if everywhere or WIDE * len(text) + 2.0 <= room:
            middle = (0.5 * low + 0.5 * high, 1.0)
            words.append(ax.annotate(text, middle, xytext=(0, 3), ha="center", **style))
    if words:
        words.append(ax.annotate("period", (left, 1.0), xytext=(-4, 3), ha="right", **style))
    return words


def _heading(ax: Axes, result: OrbitDiagram, found: list[Attractor]) -> list[Artist]:
    """Write the periods, and above them the legend and the constant parameters."""
    words, handles = layout_of(ax).words, in_legend(found)
    periods = Periods(ax, result.value, result.period)
    words.above(ax, periods)
    artists: list[Artist] = [*periods.words]
    if handles:
        legend = ax.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(handles),
            handlelength=1.0, columnspacing=1.0, handletextpad=0.3, borderpad=0.0,
            borderaxespad=0.0,
        )  # fmt: skip
        words.above(ax, Key(legend, "left"))
        artists.append(legend)
    line = Line(ax, setting_in(result.neuron, result.conversion, (result.over,), result.u))
    words.above(ax, line)
    return [*artists, *line.words]
