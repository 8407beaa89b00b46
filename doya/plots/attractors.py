"""Attractors along a parameter, told apart by colour, and by marks where there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.orbits.diagrams import OrbitDiagram
from doya.plots.labels import NAME, box
from doya.plots.style import ACCENT, CURVE, GREEN, ORANGE, PURPLE, SKY

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Mask = NDArray[np.bool_]

# Of the first, the second, and so on, of those at one value.
COLOURS = (CURVE, ACCENT, GREEN, PURPLE, ORANGE, SKY)
SHAPES = "osDphX"
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markeredgewidth": 0.0}
MARK: dict[str, Any] = {"linestyle": "none", "markersize": 3.0, "markeredgewidth": 0.7}
# Points between marks along the abscissa, and states that are marked at most.
APART, MARKED = 9.0, 6


class Attractor(NamedTuple):
    """What the diagram's rows have come to: the k-th different attractor at each value.

    `there` tells where there is one, and `among` where there are others too.
    """

    value: Floats
    x: Floats
    period: NDArray[np.int_]
    lyapunov: Floats
    error: Floats
    there: Mask
    among: Mask
    label: str
    colour: str
    mark: dict[str, Any]


def told_apart(result: OrbitDiagram) -> list[Attractor]:
    """The attractors of a diagram, each with its own look."""
    several = result.attractors > 1
    found = []
    for k in range(int(result.attractors.max())):
        there = result.new & (np.cumsum(result.new, axis=0) == k + 1)
        row, at = there.argmax(axis=0), np.arange(result.value.size)
        found.append(
            Attractor(
                result.value, result.x[row, at], result.period[row, at],
                result.lyapunov[row, at], result.lyapunov_error[row, at],
                there.any(axis=0), there.any(axis=0) & several,
                _label(result, k), COLOURS[k % len(COLOURS)], _mark(result, k),
            )
        )  # fmt: skip
    return found


def _label(result: OrbitDiagram, k: int) -> str:
    if result.rows[k] in ("up", "down"):
        return f"{NAME[result.over]} {'rising' if result.rows[k] == 'up' else 'falling'}"
    return f"attractor {k + 1}"


def _mark(result: OrbitDiagram, k: int) -> dict[str, Any]:
    """Filled and up, or open and down, where one is followed; else none, or open."""
    colour = COLOURS[k % len(COLOURS)]
    style = {**MARK, "color": colour, "markerfacecolor": "white"}
    if result.rows[k] == "up":
        return {**style, "marker": "^", "markerfacecolor": colour}
    if result.rows[k] == "down":
        return {**style, "marker": "v"}
    return {**style, "marker": SHAPES[(k - 1) % len(SHAPES)]} if k else {}


def draw_marks(upper: Axes, lower: Axes, each: Attractor) -> list[Artist]:
    """Where there are others, on some of its states and on its exponent."""
    artists: list[Artist] = []
    for at in spread(upper, each.value, each.among & bool(each.mark), APART):
        states = np.unique(each.x[at, : each.period[at] or None])
        states = states[np.linspace(0, states.size - 1, min(states.size, MARKED)).astype(int)]
        value = each.value[at]
        artists += upper.plot(np.full(states.size, value), states, zorder=4, **each.mark)
        if np.isfinite(each.lyapunov[at]):
            artists += lower.plot(value, each.lyapunov[at], zorder=4, **each.mark)
    return artists


def spread(ax: Axes, value: Floats, which: Mask, apart: float) -> NDArray[np.intp]:
    """Some of the values, about so many points apart along the abscissa."""
    left, right = ax.get_xlim()
    known = np.flatnonzero(which)
    cell = (value[known] - left) / (right - left) * box(ax)[0] // apart
    return known[np.unique(cell, return_index=True)[1]]


def in_legend(found: list[Attractor]) -> list[Line2D]:
    """Whose the marks are, where there are several."""
    dot = {**DOT, "color": CURVE, "markersize": 2.0}
    handles = [Line2D([], [], label=each.label, **(each.mark or dot)) for each in found]
    return handles if len(handles) > 1 else []
