"""States against time, with the equilibria as lines and the input below."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.conversions.conversion import Conversion
from doya.neurons import Neuron, NeuronMap
from doya.plots.arguments import check_drawing
from doya.plots.curve_names import name_curves
from doya.plots.labels import number, write_beside
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import LETTER, state_symbol, time_unit
from doya.plots.limits import extent, include
from doya.plots.panels import stack
from doya.plots.rows import Line
from doya.plots.style import SYMBOL
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks
from doya.trajectories import Trajectory

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


# A state counts as settled for the eye within this part of the range of states from its end.
SETTLED = 0.01
# Place of infinity on the axis of time, as a multiple of the last finite time.
GAP = 1.12
# Largest number of trajectories whose starts are written.
MOST_NAMED = 8
# Largest number of steps of a map whose dots are joined by lines: more would cover the dots.
STEPS_JOINED = 300
# Trajectories of a map jump across each other; they are distinguished by shapes.
SHAPES = "os^Dv"


def draw_trajectory(
    result: Trajectory, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw states against time, the equilibria as thin lines, and the input below unless it is 0.

    The line of an equilibrium is solid if stable and dashed if unstable; its state stands at the
    right end.  The equilibria belong to the input if it is constant, and to the input 0 otherwise.
    They are not drawn for an ensemble of different neurons.  Each of a few starts stands beside its
    trajectory.

    The states of a flow are a line.  Those of a map are dots, joined by thin lines while they are
    few.  An infinite time stands at the right end of the axis.  Dotted lines lead to it from the
    time at which all states look settled, or from the last finite time.

    Parameters
    ----------
    result : Trajectory
        Result of `simulate`, of one neuron or an ensemble.
    ax : matplotlib Axes
        Axes to draw on.  The limits and labels are set; the axes shrink to make room for the states
        of the equilibria on the right and for the input below.
    color : color, optional
        Colour of the states and the input; by default that of matplotlib's text.
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
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> pulses = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_trajectory(
    ...     doya.simulate(neuron, x0=0.145, t_end=45.0, u=pulses), ax)
    >>> [line.get_linestyle() for line in ax.lines]
    ['-', '--', '-', '-']
    >>> [below.get_ylabel() for below in ax.figure.axes]
    ['x', 'u']
    """
    check_drawing("result", result, Trajectory, "simulate", ax)
    shown, time = _abscissa(result)
    time = time * time_unit(result.conversion)
    author = result.conversion
    x, u = _rows(result.state)[:, shown], _rows(result.u)[:, shown]
    endless = bool(np.isinf(result.t).any())
    driven = bool(np.any(u != 0.0))
    is_map = isinstance(result.neuron, NeuronMap)
    found = result.equilibria
    look = theme(ax, color)
    thin: dict[str, Any] = {"color": look.hairline, "linewidth": 0.6}
    # States that look alike share a label.
    states = {number(round(state, 3)): state for state in (found.state.tolist() if found else [])}
    panels = stack(ax, [1.0, 0.28] if driven else [1.0])
    below = panels[1] if driven else None

    artists: list[Artist] = []
    rest = found.state if found else np.empty(0)
    # Every equilibrium lies in (0, 1) for Doya's x.
    low, high = _limits(np.append(x, [0.0, 1.0] if author is None else rest))
    margin = 0.03 * (high - low)
    include(ax, _limits(time), (low - margin, high + margin))
    ax.xaxis.set_major_locator(Ticks(6, integer=is_map))
    if found:
        for state, stable in zip(found.state, found.stable, strict=True):
            artists.append(ax.axhline(state, linestyle="-" if stable else "--", zorder=1, **thin))
        artists += _write_states(ax, states)
    artists += _paths(ax, time, x, is_map, endless, look)
    lines = [np.full(time.size, state) for state in found.x.tolist()] if found else []
    artists += _name_starts(ax, result, time, x, lines)
    if label is not None:
        artists += ax.plot([], [], "o" if is_map else "-", color=look.curve, label=label)
    if below:
        artists += [below, *_input(below, time, u, look, result.u_rises)]

    foot = below or ax
    if endless:
        ticks = [tick for tick in foot.get_xticks() if 0.0 <= tick <= time[-1] / GAP]
        foot.set_xticks([*ticks, time[-1]], [*map(number, ticks), "\N{INFINITY}"])
    foot.set_xlabel("t", style="italic")
    ax.set_ylabel(state_symbol(author), style="italic")
    line = Line(ax, _setting(result.neuron, driven, author))
    layout_of(ax).words.above(ax, line)
    artists += line.words
    return drawn(artists)


def _abscissa(result: Trajectory) -> tuple[NDArray[np.bool_], Floats]:
    """Return a mask of the times that are shown, and their places on the axis."""
    t = result.t
    shown = np.isfinite(t)
    if shown.all():
        return shown, t
    x, u = _rows(result.state), _rows(result.u)
    low, high = _limits(x)
    with np.errstate(invalid="ignore"):  # infinity - infinity
        moving = np.any(np.abs(x - x[:, -1:]) > SETTLED * (high - low), axis=0)
    moving |= np.any(u != u[:, -1:], axis=0)
    last = 1.1 * np.max(t[shown & moving], initial=1.0)
    longest = np.max(t[shown], initial=0.0)
    stop = np.min(t[shown & (t >= last)], initial=longest) or 1.0
    shown &= t <= stop
    shown[-1] = True
    return shown, np.append(t[shown][:-1], GAP * stop)


def _rows(values: Floats) -> Floats:
    """Return the values as an array of two axes, one row for each trajectory."""
    return values.reshape(math.prod(values.shape[:-1]), values.shape[-1])


def _limits(values: Floats) -> tuple[float, float]:
    """Return the smallest and the largest finite value, made to differ."""
    low, high = extent(values)
    return low, high if low < high else low + 1.0


def _write_states(ax: Axes, states: dict[str, float]) -> list[Artist]:
    """Write the equilibria's states on the right, moved apart where they would overlap."""
    words = [write_beside(ax, text, state) for text, state in states.items()]
    for word in words:
        layout_of(ax).words.beside(ax, word)
    return [*words]


def _name_starts(
    ax: Axes, result: Trajectory, time: Floats, x: Floats, lines: list[Floats]
) -> list[Artist]:
    """Write the start of each of a few trajectories beside its curve, and on none of the lines."""
    starts = np.broadcast_to(result.x0, result.x.shape[:-1]).ravel()
    if result.conversion is not None:
        starts = result.state[..., 0].ravel()
    name = state_symbol(result.conversion)
    if not 1 < np.unique(starts).size == starts.size <= MOST_NAMED:
        return []
    names = [f"{name}(0) = {number(start)}" for start in starts.tolist()]
    return name_curves(ax, time, [*x], names, lines)


def _paths(
    ax: Axes, time: Floats, x: Floats, is_map: bool, endless: bool, look: Theme
) -> list[Artist]:
    """Draw a line or dots for each trajectory, and a dot at an infinite time."""
    artists: list[Artist] = []
    dot: dict[str, Any] = {
        "color": look.curve,
        "markeredgewidth": 0.0,
        "clip_on": False,
        "zorder": 3,
    }
    last = time.size - endless
    for shape, row in zip(itertools.cycle(SHAPES), x, strict=False):
        if is_map and time.size <= STEPS_JOINED:
            artists += ax.plot(time, row, color=look.shade(0.2), linewidth=0.5, zorder=2)
        if is_map:
            size = 3.0 if time.size <= 80 else 1.5
            artists += ax.plot(time, row, shape, markersize=size, **dot)
        elif last > 1:
            artists += ax.plot(time[:last], row[:last], color=look.curve, clip_on=False, zorder=3)
        else:
            artists += ax.plot(time[:1], row[:1], "o", markersize=3.0, **dot)
        if endless:
            artists += ax.plot(time[-2:], row[-2:], ":", color=look.curve, linewidth=0.8, zorder=2)
            artists += ax.plot(time[-1:], row[-1:], "o", markersize=3.0, **dot)
    return artists


def _input(ax: Axes, time: Floats, u: Floats, look: Theme, rises: bool) -> list[Artist]:
    """Draw every different input: constant from each time to the next, or a line if it rises."""
    artists: list[Artist] = [ax.axhline(0.0, color=look.hairline, linewidth=0.6, zorder=1)]
    for row in np.unique(u, axis=0):
        artists += ax.plot(
            time, row, drawstyle="default" if rises else "steps-post", color=look.curve,
            linewidth=1.0, zorder=2,
        )  # fmt: skip
    low, high = _limits(np.append(u, 0.0))
    ax.set_ylim(low - 0.2 * (high - low), high + 0.2 * (high - low))
    ax.set_yticks([low, high], [number(low, 3), number(high, 3)])
    ax.set_ylabel("u", style="italic")
    return artists


def _setting(neuron: Neuron, driven: bool, conversion: Conversion | None) -> str:
    """Return the parameters as a text, as a range where the neurons differ."""
    names = {**SYMBOL, "input_weight": "w\N{PRIME}"}
    known = {name: getattr(neuron, name, []) for name in ("w", "b", "epsilon")}
    if conversion is not None:
        names, known = {**names, **LETTER}, {**conversion.parameters}
    texts = []
    for name, each in {**known, "input_weight": neuron.input_weight}.items():
        values = np.unique(each)
        if values.size == 1 and (name != "input_weight" or (driven and values[0] != 1.0)):
            texts.append(f"{names.get(name, name)} = {number(values[0])}")
        elif values.size > 1:
            texts.append(
                f"{names.get(name, name)} from {number(values[0])} to {number(values[-1])}"
            )
    if driven and neuron.input_inside:
        texts.append("u inside \u03c3")
    return ", ".join(texts)
