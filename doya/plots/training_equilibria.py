"""The equilibria of the neuron at each step of a descent, and the bifurcations that it met."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.plots.arguments import check_drawing
from doya.plots.keys import write_key
from doya.plots.layout import drawn
from doya.plots.letters import ends_of, state_symbol
from doya.plots.limits import include
from doya.plots.panels import set_numbers
from doya.plots.style import CALLED, MARKER
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks
from doya.plots.trainings import STEPS_DOTTED
from doya.training.bifurcations import PassedBifurcation
from doya.training.training import Training

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

# Line of a wall, at which no equilibrium bifurcates.
WALL: dict[str, Any] = {"linestyle": (0, (3.5, 1.8)), "linewidth": 0.7, "zorder": 1}
# Room beyond the states, in x.
ROOM = 0.03
# Part of the width of lines, and of the size of dots, that 2-cycles have.
THIN = 0.6
# Number of equilibria that meet at a bifurcation, on the side with fewer and on that with more.
MEETING = {"LP": (0, 2), "CP": (1, 3), "PD": (1, 1)}
# Steps and states of a line's two ends, whether it is stable, and its part of the full width.
Joint: TypeAlias = tuple[tuple[float, float], tuple[float, float], bool, float]


def draw_training_equilibria(
    training: Training, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the equilibria at each step of a descent: solid where stable, dashed where unstable.

    They are those of `Training.equilibria`, filled points where stable, open ones where unstable.
    Thin lines with small points are the states of the 2-cycle of a map, `Training.two_cycles`.
    Each bifurcation of `Training.bifurcations` is a mark in the middle of its step, at the
    equilibrium that bifurcates: a fold (LP), a flip (PD) or the cusp (CP).  The lines that meet
    there end at the mark.  A wall is a broken upright line.

    Parameters
    ----------
    training : Training
        Result of `train` for one neuron.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the lines; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For an ensemble, a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    A descent from the side of one equilibrium passes a fold:

    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> path = doya.train(
    ...     doya.NeuronODE(w=5.0, b=-2.0), 0.5, 50.0, 0.855, learning_rate=2.0, steps=60)
    >>> artists = doya.plots.draw_training_equilibria(path, ax)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['fold (LP)', 'wall']
    """
    check_drawing("training", training, Training, "train", ax)
    if training.loss.ndim > 1:
        raise ArgumentError(
            "training", f"must be of one neuron, got an ensemble of {training.loss.shape[:-1]}"
        )
    look, found = theme(ax, color), training.equilibria
    size, passed = int(training.steps) + 1, _in_states(training)
    states = np.asarray(found.state).reshape(size, -1)
    stable = np.asarray(found.stable).reshape(size, -1)
    include(ax, (0.0, max(size - 1.0, 1.0)))
    ax.xaxis.set_major_locator(Ticks(6, integer=True))
    found_cycles = training.two_cycles
    cycles = np.stack([found_cycles.low, found_cycles.high])
    low, high = ends_of(np.concatenate([states, cycles, [[each.x] for each in passed]], axis=None))
    set_numbers(ax, np.array([low - ROOM, high + ROOM]))
    artists: list[Artist] = []
    for first, last in _pieces(np.sum(np.isfinite(states), axis=1), passed):
        for branch in range(states.shape[1]):
            row, kept = states[first:last, branch], stable[first:last, branch]
            artists += _branch(ax, np.arange(first, last), row, bool(kept[0]), size, look)
    attracts = np.abs(found_cycles.multiplier) < 1.0
    for first, last in _runs(np.isfinite(cycles[0]), attracts):
        for row in cycles:
            is_stable, at = bool(attracts[first]), np.arange(first, last)
            artists += _branch(ax, at, row[first:last], is_stable, size, look, THIN)
    for over, along, solid, thin in _joints(states, stable, cycles, attracts, passed):
        artists += _line(ax, over, along, solid, look, thin)
    if label is not None:
        artists += ax.plot([], [], color=look.curve, label=label)
    artists += _marked(ax, passed, look)
    ax.set_xlabel("step", style="italic")
    ax.set_ylabel(state_symbol(training.conversion), style="italic")
    return drawn(artists)


def _in_states(training: Training) -> tuple[PassedBifurcation, ...]:
    """Return the bifurcations, with the author's state in place of x if there is one."""
    conversion, passed = training.conversion, training.bifurcations
    if conversion is None:
        return passed
    return tuple(each.in_state_of(conversion) for each in passed)


def _pieces(
    count: NDArray[np.int64], passed: tuple[PassedBifurcation, ...]
) -> list[tuple[int, int]]:
    """Return the first step, and the one after the last, of pieces without a bifurcation."""
    changed = {int(step) + 1 for step in np.flatnonzero(np.diff(count))}
    cuts = sorted({each.step for each in passed if each.kind != "wall"} | changed)
    return list(pairwise([0, *cuts, len(count)]))


def _runs(exists: NDArray[np.bool_], attracts: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first step, and the one after the last, of runs of cycles of one stability."""
    kind = np.where(exists, 1 + attracts, 0)
    cuts = [0, *(np.flatnonzero(np.diff(kind)) + 1).tolist(), kind.size]
    return [(first, last) for first, last in pairwise(cuts) if kind[first]]


def _branch(
    ax: Axes, steps: NDArray[np.int64], row: Floats, is_stable: bool, size: int, look: Theme,
    thin: float = 1.0,
) -> list[Artist]:  # fmt: skip
    """Draw one state along a piece, with a dot at each step if there are few."""
    if not np.isfinite(row).any():
        return []
    dots: dict[str, Any] = {}
    if size <= STEPS_DOTTED or steps.size == 1:
        ground = look.curve if is_stable else look.paper
        dots |= {"marker": "o", "markersize": 2.5 * thin, "markerfacecolor": ground}
        dots["markeredgewidth"] = thin
    return _line(ax, steps, row, is_stable, look, thin, **dots)


def _line(
    ax: Axes, steps: Any, along: Any, is_stable: bool, look: Theme, thin: float, **style: Any
) -> list[Artist]:
    """Draw a line, dashed where unstable."""
    style |= {"color": look.curve, "linewidth": 0.8 * thin, "zorder": 3, "clip_on": False}
    return [*ax.plot(steps, along, "-" if is_stable else "--", **style)]


def _joints(
    states: Floats, stable: NDArray[np.bool_], cycles: Floats, attracts: NDArray[np.bool_],
    passed: tuple[PassedBifurcation, ...],
) -> Iterator[Joint]:  # fmt: skip
    """Yield the lines over each step with one bifurcation: to its mark, or to the other side.

    Over a step across both folds they lead to one mark, to the other and on.
    """
    known = [each for each in passed if each.kind != "wall"]
    steps = [each.step for each in known]
    for one, other in pairwise(known):
        before, after = (states[at][np.isfinite(states[at])] for at in (one.step - 1, one.step))
        if one.step != other.step or {one.kind, other.kind} != {"LP"} or before.size != after.size:
            continue
        if before.size > 1 or steps.count(one.step) > 2:
            continue
        first, last = sorted((one.x, other.x), key=lambda x: abs(x - before[0]))
        middle = one.step - 0.5
        yield (one.step - 1.0, middle), (before[0], first), True, 1.0
        yield (middle, middle), (first, last), False, 1.0
        yield (middle, one.step), (last, after[0]), True, 1.0
    for each in known:
        sides, middle = (each.step - 1, each.step), each.step - 0.5
        rows = [states[at][np.isfinite(states[at])] for at in sides]
        few, many = MEETING[each.kind]
        if steps.count(each.step) > 1 or abs(rows[0].size - rows[1].size) != many - few:
            continue
        sizes = (many, few) if rows[0].size > rows[1].size else (few, many)
        meet = [_nearest(row, each.x, size) for row, size in zip(rows, sizes, strict=True)]
        others = 0.5 * (rows[0][~meet[0]] + rows[1][~meet[1]])
        for at, row, here in zip(sides, rows, meet, strict=True):
            ends = np.full(row.size, each.x)
            ends[~here] = others
            for branch, end in enumerate(ends):
                yield (at, middle), (row[branch], end), bool(stable[at, branch]), 1.0
        has = [at for at in sides if each.kind == "PD" and np.isfinite(cycles[0, at])]
        for at in has if len(has) == 1 else ():
            for row in cycles:
                yield (at, middle), (row[at], each.x), bool(attracts[at]), THIN


def _nearest(row: Floats, x: float, size: int) -> NDArray[np.bool_]:
    """Return where the `size` neighbouring states are whose mean is nearest to x."""
    near = np.zeros(row.size, dtype=bool)
    if size:
        means = np.convolve(row, np.full(size, 1.0 / size), mode="valid")
        first = int(np.abs(means - x).argmin())
        near[first : first + size] = True
    return near


def _marked(ax: Axes, passed: tuple[PassedBifurcation, ...], look: Theme) -> list[Artist]:
    """Mark bifurcations and walls in the middle of their steps, with a legend of their kinds."""
    artists: list[Artist] = []
    handles: dict[str, Line2D] = {}
    ink: dict[str, Any] = {"color": look.accent, "markerfacecoloralt": look.paper}
    for each in passed:
        at = each.step - 0.5
        if each.kind == "wall":
            artists.append(ax.axvline(at, color=look.hairline, **WALL))
            handles.setdefault("wall", Line2D([], [], color=look.hairline, label="wall", **WALL))
        else:
            style = {"linestyle": "none", "markersize": 5.0, **ink, **MARKER[each.kind]}
            artists += ax.plot(at, each.x, zorder=4, clip_on=False, **style)
            name = CALLED[each.kind]
            handles.setdefault(name, Line2D([], [], label=name, **style))
    if not handles:
        return artists
    return [*artists, write_key(ax, [*handles.values()])]
