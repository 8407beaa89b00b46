"""A trajectory that moves on the phase line and on the bifurcation diagram, and grows with time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from doya.animations.animation import FRAMES, Animation, check_figure, check_frames, evenly
from doya.animations.artists import (
    SHAPES,
    Part,
    equilibrium_marks,
    grid,
    limits,
    moving_dot,
    moving_line,
    words_above,
)
from doya.arrays import Floats
from doya.bifurcations.diagrams import BifurcationDiagram, bifurcation_diagram, default_range
from doya.bifurcations.points import bifurcation_points
from doya.bifurcations.swept import Swept
from doya.checks import LARGEST
from doya.equilibria import Equilibria, equilibria
from doya.errors import ArgumentError
from doya.neurons import Neuron, NeuronMap, flow_rate
from doya.plots.diagrams import curves_of
from doya.plots.labels import MINUS, label_above, number, numbers, readable, setting
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme
from doya.trajectories import Trajectory

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A state counts as settled for the eye within this part of the range of states from its end.
SETTLED = 0.01
# Folds within this multiple of the input's range are shown too.
NEAR = 3.0
# Number of states at which the rate of change is drawn, and points of each branch.
POINTS = 401
# Distance of two numbers on the right, as a part of the axes, at least.
APART = 0.09
# Change of b, relative to b or 1, from which a diagram over the input is drawn.
RESOLVED = 1e-9
# Part of the allowed range of b + w w' u that a diagram over u may fill.
ALLOWED = 1.0 - 1e-12
# Largest number of times that the lines are made from.
MOST_TIMES = 5000


def animate_trajectory(result: Trajectory, figure: Figure, *, frames: int = FRAMES) -> Animation:
    """Animate the states of one neuron on the phase line, the bifurcation diagram and over time.

    Above on the left is the rate of change dx/dt over x, under the input of the moment (for the map
    x[t+1] - x[t]), with its equilibria and the state.  On the right is the bifurcation diagram over
    the input u, or over b where the input does not change, with the way of the state.  Below, x(t)
    and the input grow with the time t.

    Parameters
    ----------
    result : Trajectory
        Result of `simulate` for one neuron; several starts move together.
    figure : Figure
        Figure without axes to draw on, in the current style.
    frames : int, default 101
        Largest number of frames, at least 2.  Each shows a time of the result; they are spaced as
        evenly as its times allow.

    Returns
    -------
    Animation

    Raises
    ------
    ValueError
        For an ensemble of different neurons or inputs, a state that was not reached, frames < 2, or
        a figure that has axes already.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> result = doya.simulate(
    ...     doya.NeuronODE(w=5.0, b=-2.5), 0.145, 20.0, doya.Pulses([(5.0, 8.0, 0.5)]))
    >>> animation = doya.animations.animate_trajectory(result, Figure(figsize=(6.4, 4.2)))
    >>> animation.frames
    101
    """
    course = _course(result, check_frames(frames))
    check_figure(figure)
    rows = grid(figure, 2, 2, height_ratios=(1.15, 1.0), hspace=0.52, wspace=0.3)
    line, plane = figure.add_subplot(rows[0, 0]), figure.add_subplot(rows[0, 1])
    below = rows[1, :].subgridspec(2, 1, height_ratios=(3.0, 1.0), hspace=0.16)
    time = figure.add_subplot(below[0] if course.is_driven else rows[1, :])
    parts = [_phase_line(line, course), _plane(plane, course), _time(time, course)]
    if course.is_driven:
        time.tick_params(labelbottom=False)
        parts.append(_input(figure.add_subplot(below[1], sharex=time), course))
    figure.axes[-1].set_xlabel("t", style="italic")

    def move(k: int) -> None:
        for part in parts:
            part.move(k)

    moving = [artist for part in parts for artist in part.artists]
    move(0)
    return Animation(figure, course.places, tuple(sorted(moving, key=_depth)), move)


@dataclass(frozen=True)
class _Course:
    """The numbers of an animation: rows of states, all times, and those of the frames."""

    neuron: Neuron
    t: Floats
    x: Floats  # starts, times
    u: Floats
    places: Any
    found: Equilibria  # under the input of each frame
    kept: Equilibria  # under the input 0, or the constant one
    rises: bool  # whether the input changes linearly between the times

    @property
    def is_map(self) -> bool:
        return isinstance(self.neuron, NeuronMap)

    @property
    def is_driven(self) -> bool:
        return bool(np.ptp(self.u) > 0.0)

    @property
    def reach(self) -> tuple[float, float]:
        """Range of x that holds all states and equilibria."""
        return limits(self.x, self.found.x, self.kept.x, [0.0, 1.0])


def _depth(artist: Artist) -> float:
    return float(artist.get_zorder())


def _course(result: object, frames: int) -> _Course:
    """Return the numbers that are shown; raise an ArgumentError for any that cannot be."""
    if not isinstance(result, Trajectory):
        raise ArgumentError("result", "must be a result of doya.simulate")
    neuron = result.neuron
    rows = math.prod(result.x.shape[:-1])
    inputs = np.unique(result.u.reshape(-1, result.t.size), axis=0)
    if neuron.shape or len(inputs) != 1:
        raise ArgumentError("result", "must be of one neuron under one input, got an ensemble")
    x, u = result.x.reshape(rows, -1), inputs[0]
    if not (np.isfinite(x).all() and np.isfinite(u).all()):
        raise ArgumentError("result", "must have finite states and inputs at all times")
    shown = _shown(result.t, x, u)
    t, x, u = result.t[shown], x[:, shown], u[shown]
    some = evenly(t, MOST_TIMES) if t.size > MOST_TIMES else np.arange(t.size)
    t, x, u = t[some], x[:, some], u[some]
    places = evenly(t, frames)
    constant = float(u[0]) if np.ptp(u) == 0.0 else 0.0
    return _Course(
        neuron, t, x, u, places, equilibria(neuron, u[places]), equilibria(neuron, constant),
        result.u_rises,
    )  # fmt: skip


def _shown(t: Floats, x: Floats, u: Floats) -> Any:
    """Return a mask of the times until all states look settled, if the last time is infinite."""
    shown = np.isfinite(t)
    if shown.all():
        return shown
    low, high = limits(x)
    moves = np.any(np.abs(x - x[:, -1:]) > SETTLED * (high - low), axis=0) | (u != u[-1])
    last = 1.1 * np.max(t[shown & moves], initial=1.0)
    return shown & ((t <= last) | (t == t[0]))


def _phase_line(ax: Axes, course: _Course) -> Part:
    """Draw the rate of change over the state, with the equilibria of the moment and the states."""
    neuron, u = course.neuron, course.u[course.places, np.newaxis]
    x = np.linspace(*course.reach, POINTS)
    states = course.x[:, course.places]
    rate, at = _rate(neuron, x, u), _rate(neuron, states, u[:, 0])
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(limits(rate, [0.0]))
    words_above(ax, text=setting(neuron))
    ax.axhline(0.0, color=theme(ax).shade(0.4), linewidth=0.6, zorder=1)
    ax.set_xlabel(SYMBOL["x"], style="italic")
    ax.set_ylabel("x[t+1] \u2212 x[t]" if course.is_map else "dx/dt", style="italic")
    curve = moving_line(ax, color=theme(ax).ink, zorder=2)
    stable, unstable = equilibrium_marks(ax)
    dots = [moving_dot(ax, shape) for shape, _ in zip(cycle(SHAPES), states, strict=False)]

    def move(k: int) -> None:
        curve.set_data(x, rate[k])
        where, kind = course.found.x[k], course.found.stable[k]
        stable.set_data(where[kind], 0.0 * where[kind])
        open_ = np.isfinite(where) & ~kind
        unstable.set_data(where[open_], 0.0 * where[open_])
        for dot, state, height in zip(dots, states, at, strict=True):
            dot.set_data(state[k : k + 1], height[k : k + 1])

    return Part([curve, stable, unstable, *dots], move)


def _rate(neuron: Neuron, x: Floats, u: Floats) -> Floats:
    """Return dx/dt of the flow, or the next step of the map."""
    step = float(neuron.epsilon) if isinstance(neuron, NeuronMap) else 1.0
    return step * np.asarray(flow_rate(neuron, x, u))


def _plane(ax: Axes, course: _Course) -> Part:
    """Draw the bifurcation diagram, over u or b, and on it the way of the states."""
    neuron = course.neuron
    gain = Swept(neuron, "u", 0.0).slope
    # A change of the input that b does not resolve has no diagram over it.
    over_u = abs(gain) * np.ptp(course.u) > RESOLVED * max(abs(float(neuron.b)), 1.0)
    name = "u" if over_u else SYMBOL["b"]
    diagram = _over_u(course, gain) if over_u else _over_b(course)
    low, high = diagram.between
    look, points = theme(ax), diagram.special_points
    for curve in curves_of(diagram):
        ax.plot(
            curve.value, curve.x, curve.style, color=look.ink, linewidth=curve.width,
            zorder=curve.zorder,
        )  # fmt: skip
    for point in points:
        ax.plot(
            point.value, point.x, color=look.ink, markerfacecoloralt=look.paper, linestyle="none",
            zorder=4, **MARKER[point.kind],
        )  # fmt: skip
    ax.set_xlim(low, high)
    ax.set_ylim(*course.reach)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_xlabel(name, style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    texts = numbers([point.value for point in points], high - low)
    label_above(
        ax,
        [(point.value, point.x) for point in points],
        [f"{point.kind} {text}" for point, text in zip(points, texts, strict=True)],
    )
    u = course.u if over_u else np.full(course.u.size, float(neuron.b))
    now = moving_line(ax, color=theme(ax).shade(0.4), linewidth=0.8, zorder=2)
    # The input jumps at a constant state.
    across = np.append(u[0], np.stack([u[:-1], u[1:]], axis=-1))
    along = [np.append(row[0], np.repeat(row[1:], 2)) for row in course.x]
    if course.rises:  # both change together
        across, along = u, list(course.x)
    count = 1 if course.rises else 2
    ways = [moving_line(ax, linewidth=0.8, alpha=0.7) for _ in course.x]
    dots = [moving_dot(ax, shape) for shape, _ in zip(cycle(SHAPES), course.x, strict=False)]

    def move(k: int) -> None:
        place = course.places[k]
        now.set_data([u[place]] * 2, course.reach)
        for way, dot, states, row in zip(ways, dots, along, course.x, strict=True):
            way.set_data(across[: count * place + 1], states[: count * place + 1])
            dot.set_data(u[place : place + 1], row[place : place + 1])

    return Part([now, *ways, *dots], move)


def _over_u(course: _Course, gain: float) -> BifurcationDiagram:
    """Return the diagram over the constant input u, with folds that are near its range."""
    neuron = course.neuron
    low, high = limits(course.u, [0.0], margin=0.15)
    folds = [point.value for point in bifurcation_points(neuron, "u")]
    near = [u for u in folds if abs(u) < NEAR * (high - low)]
    low, high = limits([low, high], near, margin=0.0 if not near else 0.05)
    room = ALLOWED * (LARGEST - abs(float(neuron.b))) / abs(gain)
    return bifurcation_diagram(neuron, "u", (max(low, -room), min(high, room)), points=POINTS)


def _over_b(course: _Course) -> BifurcationDiagram:
    """Return the diagram over b under the constant u, with the neuron's own b."""
    neuron, u = course.neuron, float(course.kept.u)
    low, high = limits(default_range(neuron, "b", u), [float(neuron.b)], margin=0.0)
    return bifurcation_diagram(neuron, "b", (low, high), points=POINTS, u=u)


def _time(ax: Axes, course: _Course) -> Part:
    """Draw x(t) until the moment, and thin lines at the equilibria without input."""
    ax.set_xlim(course.t[0], course.t[-1] if course.t[-1] > course.t[0] else course.t[0] + 1.0)
    ax.set_ylim(*course.reach)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=course.is_map))
    ax.set_ylabel(SYMBOL["x"], style="italic")
    written: list[float] = []
    for x, stable in zip(course.kept.x, course.kept.stable, strict=True):
        ax.axhline(
            x,
            linestyle="-" if stable else "--",
            color=theme(ax).shade(0.4),
            linewidth=0.6,
            zorder=1,
        )
        height = (x - course.reach[0]) / (course.reach[1] - course.reach[0])
        if all(abs(height - other) > APART for other in written):
            written.append(height)
            ax.annotate(
                number(x, 3), (1.0, x), xycoords=ax.get_yaxis_transform(), xytext=(7, 0),
                textcoords="offset points", va="center", fontsize="small", color=theme(ax).ink,
                annotation_clip=False,
            )  # fmt: skip
    words = words_above(ax)
    joined = {"linewidth": 0.6, "marker": ".", "markersize": 3.0} if course.is_map else {}
    lines = [moving_line(ax, clip_on=False, **joined) for _ in course.x]
    dots = [moving_dot(ax, shape) for shape, _ in zip(cycle(SHAPES), course.x, strict=False)]
    places = 0 if course.is_map else 2

    def move(k: int) -> None:
        place = course.places[k]
        now = slice(place, place + 1)
        for line, dot, row in zip(lines, dots, course.x, strict=True):
            line.set_data(course.t[: place + 1], row[: place + 1])
            dot.set_data(course.t[now], row[now])
        states = ", ".join(_state(row[place]) for row in course.x[:5])
        given = f"    u = {number(course.u[place], 3)}" if course.u.any() else ""
        words.set_text(f"t = {course.t[place]:.{places}f}{given}    x = {states}")

    return Part([*lines, *dots, words], move)


def _state(x: float) -> str:
    """Return a state with four decimals, or in five digits where it is large."""
    return f"{x:.4f}".replace("-", MINUS) if abs(x) < 1e4 else readable(x)


def _input(ax: Axes, course: _Course) -> Part:
    """Draw the whole input thin, and until the moment in ink."""
    low, high = limits(course.u, [0.0], margin=0.2)
    ax.set_ylim(low, high)
    ends = sorted({0.0, float(course.u.min()), float(course.u.max())})
    ends = [each for each in ends if each in (ends[0], ends[-1])]
    ax.set_yticks(ends, [number(each, 3) for each in ends])
    ax.set_ylabel("u", style="italic")
    look = theme(ax)
    form: dict[str, Any] = {} if course.rises else {"drawstyle": "steps-post"}
    ax.plot(course.t, course.u, color=look.shade(0.35), linewidth=0.7, zorder=1, **form)
    line = moving_line(ax, color=look.ink, linewidth=1.2, clip_on=False, **form)
    dot = moving_dot(ax, color=look.ink, markersize=4.0)

    def move(k: int) -> None:
        place = course.places[k]
        line.set_data(course.t[: place + 1], course.u[: place + 1])
        dot.set_data(course.t[place : place + 1], course.u[place : place + 1])

    return Part([line, dot], move)
