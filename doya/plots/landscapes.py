"""Loss landscapes with their walls: a curve with its gradient below it, or a heat map."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.landscapes.landscape import Landscape
from doya.landscapes.statuses import WallStatus
from doya.landscapes.wall import Wall
from doya.plots.arguments import check_drawing
from doya.plots.heat_maps import heat_map
from doya.plots.labels import (
    box,
    numbers,
    readable,
)
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import conditions_of, formula_of, swept_label, variable_symbol
from doya.plots.limits import falls_off, include
from doya.plots.panels import set_numbers, set_powers, stack
from doya.plots.rows import Line, Marks
from doya.plots.style import WALL
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# Room above the largest value on powers of ten, in points: for words and the arrows of a path.
ROOM = 12.0
# Circles where the loss jumps.
CIRCLE: dict[str, Any] = {"clip_on": False, "zorder": 4}


def draw_landscape(
    landscape: Landscape,
    ax: Axes,
    *,
    gradient: bool = True,
    powers: bool = False,
    color: ColorType | None = None,
    label: str | None = None,
) -> list[Artist]:
    """Draw the loss over one parameter with its gradient below it, or over two as a heat map.

    Over one parameter, the lines are `Landscape.curve`, which resolves every wall.  A wall is a
    broken line, and its value stands above the axes.  At T = infinity the loss jumps there from one
    open circle to the other, and both lines are interrupted.  The ordinate of the gradient is
    logarithmic.  The diamond is the largest gradient; it is approximate where doubles do not
    resolve the wall.

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
    color : color, optional
        Colour of the curves, or of the walls on a heat map; by default that of matplotlib's text.
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
        return heat_map(landscape, ax, color=color, label=label)
    look = theme(ax, color)
    ((name, value),) = landscape.axes.items()
    walls = [(wall.values[name].item(), wall) for wall in landscape.walls]
    jumps = walls if landscape.t_end == math.inf else []
    axes = stack(ax, [1.0, 0.8] if gradient else [1.0])
    include(ax, (float(value[0]), float(value[-1])))
    ax.xaxis.set_major_locator(Ticks(5))
    limits = [each for _, wall in jumps for each in (wall.below.item(), wall.above.item())]
    curve = landscape.curve
    shown = np.concatenate([curve.loss, landscape.loss, limits])
    if powers:
        set_powers(ax, shown, room=ROOM)
    else:
        set_numbers(ax, np.append(shown, 0.0))
    ax.set_ylabel(formula_of(landscape), style="italic")
    words = layout_of(ax).words
    words.add(ax.yaxis.label, "L")
    artists: list[Artist] = [*axes[1:]]
    artists += _curve(ax, curve.value, curve.loss, jumps, look, label)
    on_wall = np.isin(value, [at for at, _ in jumps])
    artists += ax.plot(value[on_wall], landscape.loss[on_wall], "o", color=look.curve, **CIRCLE)
    if gradient:
        artists += _gradient(axes[1], landscape, name, look)
    for each in axes:
        artists += [
            each.axvline(at, color=look.ink, linewidth=0.7, linestyle=WALL[wall.kind], zorder=2)
            for at, wall in walls
        ]
    symbol = variable_symbol(name, landscape.conversion)
    places = numbers([at for at, _ in walls], value[-1] - value[0])
    top = ax.get_ylim()[1]
    texts = [
        (f"{kind} {symbol} = {place}", f"{kind} {place}", kind)
        for place, kind in zip(places, [_named(wall) for _, wall in walls], strict=True)
    ]
    marks = Marks(ax, [(at, top) for at, _ in walls], texts)
    text = conditions_of(landscape, (name,))
    line = Line(ax, text)
    words.above(ax, marks)
    words.above(ax, line)
    artists += [*marks.words, *line.words]
    axes[-1].set_xlabel(swept_label(name, landscape.conversion), style="italic")
    return drawn(artists)


def name_free(ax: Axes) -> None:
    """Say at the label of the loss on `ax`, or on its colour bar, that it is without a teacher."""
    for each in (ax, *ax.child_axes):
        label = each.yaxis.label
        if label.get_text().startswith("L"):
            label.set_text(f"{label.get_text()}, free")
            layout_of(ax).words.add(label, "L, free", "L")


def _named(wall: Wall) -> str:
    return "wall" if wall.kind == "boundary" else f"wall ({wall.kind})"


def _curve(
    ax: Axes,
    value: Floats,
    loss: Floats,
    jumps: list[tuple[float, Wall]],
    look: Theme,
    label: str | None,
) -> list[Artist]:
    """Draw the loss, interrupted where it jumps between open circles at both limits."""
    artists: list[Artist] = []
    edges = [-math.inf, *(at for at, _ in jumps), math.inf]
    ends = [math.nan, *(each for _, wall in jumps for each in (wall.below, wall.above)), math.nan]
    for k, (low, high) in enumerate(pairwise(edges)):
        inside = (low < value) & (value < high)
        at = np.concatenate([[low], value[inside], [high]])
        row = np.concatenate([[ends[2 * k]], loss[inside], [ends[2 * k + 1]]], axis=None)
        known = np.isfinite(at)
        artists += ax.plot(
            at[known], row[known], color=look.curve, clip_on=falls_off(ax, loss), zorder=3,
            label=None if k else label,
        )  # fmt: skip
    for at_wall, wall in jumps:
        limits = [wall.below.item(), wall.above.item()]
        circle = {**CIRCLE, "color": look.curve, "markerfacecolor": look.paper}
        artists += ax.plot([at_wall] * 2, limits, "o", **circle)
    return artists


def _gradient(ax: Axes, landscape: Landscape, name: str, look: Theme) -> list[Artist]:
    """Draw the size of the gradient, and the largest gradient with its value."""
    value, row = landscape.curve.value, np.abs(landscape.curve.gradient[name])
    row = np.where(np.isfinite(row), row, math.nan)
    largest = landscape.largest_gradient
    set_powers(ax, np.append(row, largest.value), room=ROOM)
    symbol = variable_symbol(name, landscape.conversion)
    ax.set_ylabel(f"|dL/d{symbol}|", style="italic")
    layout_of(ax).words.add(ax.yaxis.label, f"d{symbol}")
    artists: list[Artist] = []
    artists += ax.plot(value, row, color=look.curve, clip_on=falls_off(ax, row), zorder=3)
    at = largest.at[name]
    if largest.value == 0.0:
        text = f"{ax.get_ylabel()} = 0"
        return [*artists, ax.annotate(text, (0.5, 0.5), xycoords="axes fraction", ha="center")]
    style: dict[str, Any] = {"color": look.accent, "clip_on": False, "zorder": 4}
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
    word = ax.annotate(
        about + readable(largest.value), (at, largest.value), textcoords="offset points",
        xytext=(4 if left else -4, 2), ha="left" if left else "right", va="bottom",
        fontsize="small",
    )  # fmt: skip
    layout_of(ax).words.add(word, readable(largest.value, 2))
    return [*artists, word]
