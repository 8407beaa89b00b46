"""Where training ends, against the start: over one parameter or in a plane of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from doya.arrays import Floats
from doya.plots.arguments import check_drawing
from doya.plots.heat_maps import draw_line, scale_of, shade
from doya.plots.keys import KEY
from doya.plots.labels import conditions, numbers, readable, setting
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import swept_label, variable_symbol
from doya.plots.limits import include
from doya.plots.panels import set_numbers, set_powers, stack
from doya.plots.rows import Key, Line, Marks
from doya.plots.style import CALLED, WALL
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks
from doya.training.initialisation_maps import InitialisationMap
from doya.training.statuses import Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# Outcomes in words, the hatching of their ground, and the mark of one start.
WORDS = {
    Outcome.SOLVED: "solved",
    Outcome.FALLING: "falling",
    Outcome.STUCK: "stuck",
    Outcome.STOPPED: "stopped",
}
HATCHES = {Outcome.FALLING: "....", Outcome.STUCK: "/////", Outcome.STOPPED: "xxxxx"}
MARKS: dict[Outcome, dict[str, Any]] = {
    Outcome.SOLVED: {"marker": "o", "markersize": 3.0},
    Outcome.FALLING: {"marker": "o", "markersize": 3.0, "fillstyle": "none"},
    Outcome.STUCK: {"marker": "x", "markersize": 3.0},
    Outcome.STOPPED: {"marker": "+", "markersize": 4.0},
}
# Line of a fold and of a flip.
CURVE: dict[str, Any] = {"LP": "-", "PD": (0, (6.0, 1.5, 1.0, 1.5)), "CP": "-"}
# Share of the ink in the shade of the largest loss.
DARKEST = 0.45


def draw_initialisation_map(
    result: InitialisationMap,
    ax: Axes,
    *,
    color: ColorType | None = None,
    label: str | None = None,
) -> list[Artist]:
    """Draw where training ends from each start, with the bifurcations and walls between starts.

    Over two parameters, the shade of a start is the loss at the end: the darker, the larger.  The
    ground of starts whose loss is above the limit of a solution is hatched: lines where the loss
    fell no more, dots where it still fell, crosses where the descent stopped early.

    Over one parameter, the marks are the first learned parameter at the end, and the loss at the
    end below it.  A filled circle is a solution, an open circle a loss that still fell, a diagonal
    cross one that fell no more, and an upright cross a descent that stopped early.  A triangle at
    the edge stands for an end beyond the axes.  On a thin line the end is the start.

    Folds (LP) are solid lines, flips (PD) dash-dotted ones, and walls of the loss broken ones, as
    on a landscape.

    Parameters
    ----------
    result : InitialisationMap
        Result of `initialisation_map`; its first parameter is the abscissa.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for the loss
        or the shades.
    color : color, optional
        Colour of lines and marks; by default that of matplotlib's text.
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
    >>> starts = {"w": np.linspace(3.0, 7.0, 9), "b": np.linspace(-4.0, -1.0, 7)}
    >>> found = doya.initialisation_map(doya.NeuronODE(), starts, 0.5, 50.0, 0.855)
    >>> artists = doya.plots.draw_initialisation_map(found, ax)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('w', 'b')
    """
    check_drawing("result", result, InitialisationMap, "initialisation_map", ax)
    look = theme(ax, color)
    draw = _plane if len(result.axes) == 2 else _profile
    return drawn(draw(result, ax, look, label))


def _plane(result: InitialisationMap, ax: Axes, look: Theme, label: str | None) -> list[Artist]:
    names, (abscissa, ordinate) = list(result.axes), result.axes.values()
    shades = LinearSegmentedColormap.from_list("shades", [look.paper, look.shade(DARKEST)])
    mesh, bar = shade(ax, abscissa, ordinate, result.loss, scale_of(result.loss), shades)
    bar_axes = bar.ax
    bar_axes.set_ylabel("L at the end", style="italic")
    words = layout_of(ax).words
    words.add(bar_axes.yaxis.label, "L")
    artists: list[Artist] = [mesh, bar_axes]
    artists += _hatched(result, ax, look)
    lines = _lines_across(result, ax, look, names, label)
    artists += lines
    artists += _keys(result, ax, look)
    words.above(ax, line := Line(ax, _conditions(result)))
    ax.set_xlabel(swept_label(names[0], None), style="italic")
    ax.set_ylabel(swept_label(names[1], None), style="italic")
    return [*artists, *line.words]


def _hatched(result: InitialisationMap, ax: Axes, look: Theme) -> list[Artist]:
    """Hatch the ground of each outcome but the first."""
    artists: list[Artist] = []
    for outcome, hatch in HATCHES.items():
        is_there = (result.outcome == outcome).astype(float)
        if is_there.any():
            ground = ax.contourf(
                *result.axes.values(), is_there.T, levels=[0.5, 1.5], colors="none",
                hatches=[hatch], zorder=1,
            )  # fmt: skip
            ground.set_edgecolor(look.shade(0.7))
            ground.set_linewidth(0.0)
            artists.append(ground)
    return artists


def _lines_across(
    result: InitialisationMap, ax: Axes, look: Theme, names: list[str], label: str | None
) -> list[Artist]:
    """Draw folds, flips and walls in the plane."""
    artists: list[Artist] = []
    across, along = names
    curves = result.curves.curves if result.curves else ()
    for curve in curves:
        places = {"w": curve.w, "b": curve.b}
        artists += draw_line(ax, places[across], places[along], CURVE[curve.kind], look)
    for point in result.special_points:
        ends = {name: axis[[0, -1]] for name, axis in result.axes.items()}
        ends[point.parameter] = np.full(2, point.value)
        artists += draw_line(ax, ends[across], ends[along], CURVE[point.kind], look)
    for wall in result.walls:
        artists += draw_line(ax, wall.values[across], wall.values[along], WALL[wall.kind], look)
    if label is not None:
        artists += ax.plot([], [], color=look.curve, label=label)
    return artists


def _kinds(result: InitialisationMap) -> dict[str, Any]:
    """Return the words and the line of each kind of curve that the picture has."""
    curves = result.curves.curves if result.curves else ()
    special = {each.kind for each in curves} | {each.kind for each in result.special_points}
    lines = {CALLED[kind]: line for kind, line in CURVE.items() if kind in special}
    walls = {wall.kind for wall in result.walls}
    called = {kind: "wall" if kind == "boundary" else f"wall ({kind})" for kind in WALL}
    return lines | {called[kind]: line for kind, line in WALL.items() if kind in walls}


def _keys(result: InitialisationMap, ax: Axes, look: Theme) -> list[Artist]:
    """Write a legend of the outcomes, and one of the lines, in rows above the axes."""
    ink: dict[str, Any] = {"facecolor": look.paper, "edgecolor": look.shade(0.7), "linewidth": 0.5}
    there = [outcome for outcome in WORDS if (result.outcome == outcome).any()]
    patches = [Patch(label=WORDS[each], hatch=HATCHES.get(each), **ink) for each in there]
    legends = [
        Legend(
            ax, patches, [WORDS[each] for each in there], ncols=len(there), handlelength=1.4, **KEY
        )
    ]
    kinds = _kinds(result)
    if kinds:
        handles = [
            Line2D([], [], color=look.curve, lw=1.0, linestyle=each) for each in kinds.values()
        ]
        legends.append(Legend(ax, handles, list(kinds), ncols=len(kinds), handlelength=2.2, **KEY))
    for legend in legends:
        ax.add_artist(legend)
        layout_of(ax).words.above(ax, Key(legend))
    return [*legends]


def _profile(result: InitialisationMap, ax: Axes, look: Theme, label: str | None) -> list[Artist]:
    """Draw the first learned parameter and the loss at the end, against the start."""
    ((name, start),) = result.axes.items()
    learned = result.learn[0]
    axes = stack(ax, [1.0, 0.8])
    include(ax, (float(start[0]), float(start[-1])))
    ax.xaxis.set_major_locator(Ticks(5))
    final = result.final[learned]
    low, high = _ends(final, start if learned == name else final)
    shown = (low <= final) & (final <= high)
    set_numbers(axes[0], final[shown])
    set_powers(axes[1], np.append(result.loss, result.solved))
    artists: list[Artist] = [*axes[1:]]
    hair: dict[str, Any] = {"color": look.hairline, "linewidth": 0.6, "zorder": 1}
    if learned == name:
        artists += axes[0].plot(start, start, **hair)
        axes[0].set_ylim(*axes[0].get_ylim())
    artists.append(axes[1].axhline(result.solved, **hair))
    for outcome, mark in MARKS.items():
        at = result.outcome == outcome
        style = {"color": look.curve, "linestyle": "none", "zorder": 3, "clip_on": False, **mark}
        artists += axes[0].plot(start[at & shown], final[at & shown], **style)
        artists += axes[1].plot(
            start[at], np.maximum(result.loss[at], axes[1].get_ylim()[0]), **style
        )
    inset = 0.03
    for beyond, shape, height in ((final > high, "^", 1.0 - inset), (final < low, "v", inset)):
        artists += axes[0].plot(
            start[beyond], np.full(beyond.sum(), height), shape, color=look.accent, markersize=3.0,
            transform=axes[0].get_xaxis_transform(), clip_on=False, zorder=4,
        )  # fmt: skip
    artists += _lines_up(result, axes, name, look)
    if label is not None:
        artists += ax.plot([], [], color=look.curve, label=label)
    axes[0].set_ylabel(f"{variable_symbol(learned, None)} at the end", style="italic")
    axes[1].set_ylabel("L at the end", style="italic")
    words = layout_of(ax).words
    words.add(axes[0].yaxis.label, variable_symbol(learned, None))
    words.add(axes[1].yaxis.label, "L")
    axes[1].set_xlabel(f"{swept_label(name, None)} at the start", style="italic")
    words.add(axes[1].xaxis.label, swept_label(name, None))
    return artists


def _ends(final: Floats, near: Floats) -> tuple[float, float]:
    """Return a range of ends that leaves out those far from most of the values `near`."""
    near = near[np.isfinite(near)]
    if not near.size:
        return -1.0, 1.0
    low, high = np.quantile(near, [0.05, 0.95])
    width = (high - low) or max(abs(low), 1.0)
    inside = final[(low - width <= final) & (final <= high + width)]
    return (float(inside.min()), float(inside.max())) if inside.size else (float(low), float(high))


def _lines_up(result: InitialisationMap, axes: list[Axes], name: str, look: Theme) -> list[Artist]:
    """Draw folds, flips and walls as upright lines, and name them above the axes."""
    start, artists = result.axes[name], []
    at = [(point.value, CURVE[point.kind], point.kind) for point in result.special_points]
    at += [(float(wall.values[name][0]), WALL[wall.kind], "wall") for wall in result.walls]
    at.sort(key=lambda each: each[0])
    for ax in axes:
        artists += [
            ax.axvline(value, color=look.ink, linewidth=0.7, linestyle=style, zorder=2)
            for value, style, _ in at
        ]
    places = numbers([value for value, _, _ in at], float(start[-1] - start[0]))
    texts = [(f"{kind} {place}", kind) for place, (_, _, kind) in zip(places, at, strict=True)]
    top = axes[0].get_ylim()[1]
    marks = Marks(axes[0], [(value, top) for value, _, _ in at], texts)
    line = Line(axes[0], _conditions(result))
    for row in (marks, line):
        layout_of(axes[0]).words.above(axes[0], row)
    return [*artists, *marks.words, *line.words]


def _conditions(result: InitialisationMap) -> str:
    """Return the conditions that all descents share."""
    besides = tuple(result.axes)
    if result.task:
        texts = [setting(result.neuron, besides)]
    else:
        texts = [conditions(result.neuron, result.x0, result.t_end, result.u, besides)]
        texts.append(f"target {readable(float(result.target))}")
    return ", ".join([*filter(None, texts), f"{result.steps} steps"])
