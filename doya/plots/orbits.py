"""Orbit diagrams: the settled states against a parameter, and below them Lyapunov exponents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.diagrams import bifurcation_diagram
from doya.orbits.diagrams import OrbitDiagram
from doya.plots.arguments import check_drawing
from doya.plots.attractors import DOT, Attractor, distinguished, draw_marks, in_legend
from doya.plots.labels import NAME, ROW, WIDE, axis_label, box, setting, write_above
from doya.plots.lyapunov import draw_exponents
from doya.plots.panels import align_labels, set_numbers, stack
from doya.plots.style import BLUE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


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
# The white edge makes the line visible in dust.
UNSTABLE: dict[str, Any] = {
    "color": BLUE,
    "linewidth": 0.9,
    "linestyle": (0, (4, 2)),
    "path_effects": [withStroke(linewidth=1.9, foreground="white")],
}


def draw_orbit_diagram(result: OrbitDiagram, ax: Axes) -> list[Artist]:
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
    ['x', 'λ']
    """
    check_drawing("result", result, OrbitDiagram, "orbit_diagram", ax)
    found = distinguished(result)
    (upper, lower), divider = stack(ax, ["55%"], {0: 1})
    upper.set_xlim(*result.between)
    upper.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))

    artists: list[Artist] = [lower, *_states(upper, result, found), *draw_exponents(lower, found)]
    for each in found:
        artists += draw_marks(upper, lower, each)
    upper.set_ylabel(NAME["x"], style="italic")
    lower.set_xlabel(axis_label(result.over), style="italic")
    align_labels([upper, lower], divider)
    periods = write_periods(upper, result.value, result.period)
    return [*artists, *periods, *_heading(upper, result, found, divider)]


def _states(ax: Axes, result: OrbitDiagram, found: list[Attractor]) -> list[Artist]:
    """Draw dots and dust, and the unstable fixed points among them."""
    diagram = bifurcation_diagram(result.neuron, result.over, result.between, u=result.u)
    unstable = [branch for branch in diagram.branches if not branch.stable]
    x = np.concatenate([result.x.ravel(), *(branch.x for branch in unstable)])
    low, high = float(x.min()), float(x.max())
    near = 0.03 * (high - low)
    # The axes include the ends of [0, 1] if these are near.
    low, high = min(low, 0.0) if low < near else low, max(high, 1.0) if high > 1 - near else high
    set_numbers(ax, np.array([low, high]), most=5)

    artists: list[Artist] = []
    for branch in unstable:
        artists += ax.plot(branch.value, branch.x, zorder=3.5, **UNSTABLE)
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


def write_periods(ax: Axes, value: Floats, period: NDArray[np.int_]) -> list[Artist]:
    """Write the period above each range in which all rows share it, where there is room."""
    alike = np.where(np.ptp(period, axis=0) == 0, period[0], 0)
    starts = np.flatnonzero(np.diff(alike, prepend=-1))
    ends = np.append(starts[1:], alike.size) - 1
    left, right = ax.get_xlim()
    style: dict[str, Any] = {
        "xycoords": ax.get_xaxis_transform(), "textcoords": "offset points", "va": "bottom",
        "fontsize": 0.833 * rcParams["font.size"], "color": "0.35",
    }  # fmt: skip
    artists: list[Artist] = []
    for start, end in zip(starts, ends, strict=True):
        low, high = value[[start, end]]
        text, room = f"{alike[start]}", (high - low) / (right - left) * box(ax)[0]
        if alike[start] and WIDE * len(text) + 2.0 <= room:
            middle = (0.5 * low + 0.5 * high, 1.0)
            artists.append(ax.annotate(text, middle, xytext=(0, 3), ha="center", **style))
    if artists:
        artists.append(ax.annotate("period", (left, 1.0), xytext=(-4, 3), ha="right", **style))
    return artists


def _heading(ax: Axes, result: OrbitDiagram, found: list[Attractor], divider: Any) -> list[Artist]:
    """Write the constant parameters above the periods, and the legend beside or below them."""
    from mpl_toolkits.axes_grid1 import axes_size  # type: ignore[import-untyped]

    text, handles = setting(result.neuron, (result.over,), result.u), in_legend(found)
    if not handles:
        return [write_above(ax, text, 1)]
    labels = [f"{handle.get_label()}   " for handle in handles]
    below = WIDE * len("".join([text, *labels])) > box(ax)[0]
    if below:
        divider.new_vertical(size=axes_size.Fixed(ROW / 72.0), pad=0.0)
    legend = ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0 + 13.0 / box(ax)[1]),
        ncols=len(handles), handlelength=1.0, columnspacing=1.0, handletextpad=0.3,
        borderpad=0.2, borderaxespad=0.0,
    )  # fmt: skip
    return [legend, write_above(ax, text, 2 if below else 1)]
