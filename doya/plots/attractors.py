"""Attractors along a parameter, distinguished by colour and, where there are several, by marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.orbits.diagrams import OrbitDiagram
from doya.plots.labels import box
from doya.plots.letters import swept_symbol
from doya.plots.theme import Rgb, Theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Mask = NDArray[np.bool_]

SHAPES = "osDphX"
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markeredgewidth": 0.0}
MARK: dict[str, Any] = {"linestyle": "none", "markersize": 3.0, "markeredgewidth": 0.7}
# Distance between marks along the abscissa, in points.
APART = 9.0
# Largest number of states that are marked at one value.
MARKED = 6


class Attractor(NamedTuple):
    """The k-th different attractor that the diagram's rows reach at each value.

    `there` is True where it exists, and `among` where other attractors exist too.
    """

    value: Floats
    x: Floats
    period: NDArray[np.int_]
    lyapunov: Floats
    error: Floats
    there: Mask
    among: Mask
    label: str
    colour: Rgb
    mark: dict[str, Any]


def distinguished(result: OrbitDiagram, look: Theme) -> list[Attractor]:
    """Return the attractors of a diagram, each with its own colour and mark."""
    several = result.attractors > 1
    found = []
    for k in range(int(result.attractors.max())):
        there = result.new & (np.cumsum(result.new, axis=0) == k + 1)
        row, at = there.argmax(axis=0), np.arange(result.value.size)
        found.append(
            Attractor(
                result.value, result.state[row, at], result.period[row, at],
                result.lyapunov[row, at], result.lyapunov_error[row, at],
                there.any(axis=0), there.any(axis=0) & several,
                _label(result, k), _colour(look, k), _mark(result, k, look),
            )
        )  # fmt: skip
    return found


def _label(result: OrbitDiagram, k: int) -> str:
    if result.rows[k] in ("up", "down"):
        name = swept_symbol(result.over, result.conversion)
        return f"{name} {'rising' if result.rows[k] == 'up' else 'falling'}"
    return f"attractor {k + 1}"


def _colour(look: Theme, k: int) -> Rgb:
    """Return the colour of the first, the second or a further attractor at one value."""
    # The accent after the first one belongs to the unstable fixed points.
    colours = (look.curve, look.accents[0], *look.accents[2:])
    return colours[k % len(colours)]


def _mark(result: OrbitDiagram, k: int, look: Theme) -> dict[str, Any]:
    """Return the mark: up and filled for a sweep up, down and open for one down, else open.

    The first attractor has no mark unless it is swept.
    """
    colour = _colour(look, k)
    style = {**MARK, "color": colour, "markerfacecolor": look.paper}
    if result.rows[k] == "up":
        return {**style, "marker": "^", "markerfacecolor": colour}
    if result.rows[k] == "down":
        return {**style, "marker": "v"}
    return {**style, "marker": SHAPES[(k - 1) % len(SHAPES)]} if k else {}


def draw_marks(upper: Axes, lower: Axes, each: Attractor) -> list[Artist]:
    """Draw marks on some of its states and on its exponent, where there are other attractors."""
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
    """Return indices of some of the values, about `apart` points apart along the abscissa."""
    left, right = ax.get_xlim()
    known = np.flatnonzero(which)
    cell = (value[known] - left) / (right - left) * box(ax)[0] // apart
    return known[np.unique(cell, return_index=True)[1]]


def in_legend(found: list[Attractor]) -> list[Line2D]:
    """Return the handles of a legend for the marks; none for a single attractor."""
    dot = {**DOT, "markersize": 2.0}
    handles = [
        Line2D([], [], label=each.label, **(each.mark or {**dot, "color": each.colour}))
        for each in found
    ]
    return handles if len(handles) > 1 else []
