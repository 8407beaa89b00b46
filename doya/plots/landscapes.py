"""Loss landscapes with their walls: a curve with its gradient below it, or a heat map."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from doya.arrays import Floats
from doya.landscapes.landscape import Landscape
from doya.landscapes.statuses import WallStatus
from doya.landscapes.wall import Wall
from doya.plots.arguments import check_drawing
from doya.plots.heat_maps import heat_map
from doya.plots.labels import (
    NAME,
    axis_label,
    box,
    conditions,
    label_above,
    loss_formula,
    numbers,
    readable,
    write_above,
)
from doya.plots.panels import align_labels, set_numbers, set_powers, stack
from doya.plots.style import ACCENT, CURVE, WALL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Room above the largest value on powers of ten, in points: for words and the arrows of a path.
ROOM = 12.0


def draw_landscape(
    landscape: Landscape, ax: Axes, *, gradient: bool = True, powers: bool = False
) -> list[Artist]:
    """Draw the loss over one parameter with its gradient below it, or over two as a heat map.

    Over one parameter, a wall is a broken line, and its value stands above the axes.  At T =
    infinity the loss jumps there from one open circle to the other.  The ordinate of the gradient
    is logarithmic.  The diamond is the largest gradient, found by refinement, as a grid misses it;
    it is approximate where doubles do not resolve the wall.

    Over two parameters, thin lines are contours of the loss.

    A wall is dashed where the start lies on the boundary of two basins, dotted where the start's
    attractor vanishes in a fold, and dash-dotted where the start lies between two phases of a
    cycle.

    Parameters
    ----------
    landscape : Landscape
        Result of `loss_landscape`; its first parameter is the abscissa.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for the
        gradient or the colour bar.
    gradient : bool, default True
        Whether the gradient is drawn; only for one parameter.
    powers : bool, default False
        Whether the ordinate of the loss is logarithmic; only for one parameter.

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
    >>> import doya, numpy as np
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_landscape(
    ...     doya.loss_landscape(doya.NeuronODE(w=5.0), {"b": np.linspace(-3, -2, 101)}), ax)
    >>> [text.get_text() for text in ax.texts][1]
    'w = 5, x₀ = 0.5, T = 50'
    >>> [each.get_ylabel() for each in ax.figure.axes][1]
    '|dL/db|'
    """
    check_drawing("landscape", landscape, Landscape, "loss_landscape", ax)
    if len(landscape.axes) == 2:
        return heat_map(landscape, ax)
    ((name, value),) = landscape.axes.items()
    walls = [(wall.values[name].item(), wall) for wall in landscape.walls]
    jumps = walls if math.isinf(landscape.t_end) else []
    axes, divider = stack(ax, ["80%"] * gradient, {0: int(bool(walls))})
    ax.set_xlim(value[0], value[-1])
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    limits = [each for _, wall in jumps for each in (wall.below.item(), wall.above.item())]
    shown = np.append(landscape.loss, limits)
    if powers:
        set_powers(ax, shown, room=ROOM)
    else:
        set_numbers(ax, np.append(shown, 0.0))
    ax.set_ylabel(loss_formula(landscape.target), style="italic")
    artists: list[Artist] = [*axes[1:]]
    artists += _curve(ax, value, landscape.loss, jumps)
    if gradient:
        artists += _gradient(axes[1], landscape, name)
    for each in axes:
        artists += [
            each.axvline(at, color=CURVE, linewidth=0.7, linestyle=WALL[wall.kind], zorder=2)
            for at, wall in walls
        ]
    places = numbers([at for at, _ in walls], value[-1] - value[0])
    top = ax.get_ylim()[1]
    texts = [
        f"wall{f' ({wall.kind})' * (wall.kind != 'boundary')} {NAME[name]} = {place}"
        for place, (_, wall) in zip(places, walls, strict=True)
    ]
    artists += label_above(ax, [(at, top) for at, _ in walls], texts)
    text = conditions(landscape.neuron, landscape.x0, landscape.t_end, landscape.u, (name,))
    artists.append(write_above(ax, text, int(bool(walls))))
    axes[-1].set_xlabel(axis_label(name), style="italic")
    align_labels(axes, divider)
    return artists


def _curve(ax: Axes, value: Floats, loss: Floats, jumps: list[tuple[float, Wall]]) -> list[Artist]:
    """Draw the loss, broken where it jumps: open circles at both limits, filled on the wall."""
    artists: list[Artist] = []
    edges = [-math.inf, *(at for at, _ in jumps), math.inf]
    ends = [math.nan, *(each for _, wall in jumps for each in (wall.below, wall.above)), math.nan]
    for k, (low, high) in enumerate(pairwise(edges)):
        inside = (low < value) & (value < high)
        at = np.concatenate([[low], value[inside], [high]])
        row = np.concatenate([[ends[2 * k]], loss[inside], [ends[2 * k + 1]]], axis=None)
        known = np.isfinite(at)
        artists += ax.plot(at[known], row[known], color=CURVE, clip_on=False, zorder=3)
    for at_wall, wall in jumps:
        limits = [wall.below.item(), wall.above.item()]
        on = loss[value == at_wall]
        style: dict[str, Any] = {"color": CURVE, "clip_on": False, "zorder": 4}
        artists += ax.plot([at_wall] * 2, limits, "o", markerfacecolor="white", **style)
        artists += ax.plot([at_wall] * on.size, on, "o", **style)
    return artists


def _gradient(ax: Axes, landscape: Landscape, name: str) -> list[Artist]:
    """Draw the size of the gradient on the grid, and the largest gradient with its value."""
    ((name, value),) = landscape.axes.items()
    row = np.abs(landscape.gradient[name])
    row = np.where(np.isfinite(row), row, math.nan)
    largest = landscape.largest_gradient
    set_powers(ax, np.append(row, largest.value), room=ROOM)
    ax.set_ylabel(f"|dL/d{NAME[name]}|", style="italic")
    artists: list[Artist] = []
    artists += ax.plot(value, row, color=CURVE, clip_on=False, zorder=3)
    at = largest.at[name]
    if largest.value == 0.0:
        text = f"{ax.get_ylabel()} = 0"
        return [*artists, ax.annotate(text, (0.5, 0.5), xycoords="axes fraction", ha="center")]
    style: dict[str, Any] = {"color": ACCENT, "clip_on": False, "zorder": 4}
    if math.isinf(largest.value):
        artists += ax.plot(
            at, 1.0 - 3.0 / box(ax)[1], "^", transform=ax.get_xaxis_transform(), **style
        )
        return artists
    artists += ax.plot(at, largest.value, "D", markersize=3.5, **style)
    left = at < 0.5 * value[0] + 0.5 * value[-1]
    about = (
        "about "
        if any(wall.status.item() == WallStatus.NOT_RESOLVED for wall in landscape.walls)
        else ""
    )
    artists.append(
        ax.annotate(
            about + readable(largest.value), (at, largest.value), textcoords="offset points",
            xytext=(4 if left else -4, 2), ha="left" if left else "right", va="bottom",
            fontsize="small",
        )
    )  # fmt: skip
    return artists
