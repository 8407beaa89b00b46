"""The time to set a latch: the closer its input is to the threshold, the longer it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Counts, Floats
from doya.bifurcations.points import bifurcation_points
from doya.conversions.tanh import from_tanh
from doya.equilibria import equilibria
from doya.figures.marks import beside, draw_law, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.plots.labels import MINUS, number, power, write_above
from doya.plots.pages import two_below
from doya.plots.theme import theme
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

V = 1.25
BEYOND = np.array([1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2])
DRAWN = {0.1: "0.1", 1e-2: "0.01", 2e-3: "0.002"}


@recipe(
    source="Y. Bengio, P. Simard, P. Frasconi (1994): an input above a threshold h* sets a latched"
    " unit, and the more it exceeds h*, the fewer steps it needs",
    departs="The figure and the law are ours; the law is that of the passage beside a fold: S. H."
    " Strogatz, Nonlinear Dynamics and Chaos (1994), section 4.3.",
)
def set_time(figure: Figure) -> Data:
    """The closer an input is to the threshold h*, the longer it must last to set a latch.

    The tanh unit of Bengio et al., y[t+1] = tanh(w y[t] + h), at w = 1.25; h* = 0.0778.  Without
    input it is at rest at y = -0.710, 0 and 0.710.  Above: the state y from -0.710 under a constant
    input h = h* + δ, for three δ; dots are the steps.  It waits beside the state at which two
    equilibria met and vanished at h = h* (dashed line).  Once y > 0 the bit is set: the input may
    end, and y goes to 0.710.  Below: the number of steps until y exceeds 0.710 (upper line in the
    panel above), against δ; filled circles are the paths above.  Line: the law π/√(δ c) for small
    δ, where c = 0.447 is half the size of the second derivative of w tanh at the state of the
    dashed line.
    """
    above, below = two_below(figure, tall=1.8, share=0.5)
    return stacked({**_draw_states(above), **_draw_steps(below)})


def _limit() -> tuple[float, float, float]:
    """Return the threshold h*, the state y of its fold, and the coefficient c there."""
    point = max(bifurcation_points(from_tanh(V, 0.0), "h"), key=lambda each: each.value)
    y = 2.0 * point.x - 1.0
    return float(point.value), y, abs(V * y * (1.0 - y**2))


def _rest() -> float:
    """Return the state of rest above 0, without input."""
    return float(2.0 * equilibria(from_tanh(V, 0.0)).x[-1] - 1.0)


def _states(h: Any, steps: int) -> Floats:
    """Return y over the steps, from the lower rest without input, under these inputs."""
    x: Floats = simulate(from_tanh(V, h).neuron, 0.5 - 0.5 * _rest(), steps).x
    return 2.0 * x - 1.0


def _draw_states(ax: Axes) -> dict[str, Part]:
    (limit, touch, _), rest, steps = _limit(), _rest(), 120
    thin: Part = {"color": "hairline", "linewidth": 0.7, "zorder": 1}
    parts: dict[str, Part] = {}
    for name, y, dashes in (("fold", touch, "--"), ("set", 0.0, "-"), ("rest", rest, "-")):
        ax.axhline(y, **painted(ax, thin, linestyle=dashes))
        parts[name] = _part(np.nan, np.nan, y)
    for delta, name in DRAWN.items():
        path = _states(limit + delta, steps)
        shown = min(int(np.argmax(path > rest)) + 8, steps)
        t, path = np.arange(shown + 1), path[: shown + 1]
        ax.plot(t, path, ".-", color=theme(ax).ink, linewidth=0.7, markersize=2.5, zorder=2)
        parts[f"state, δ = {name}"] = _part(delta, t, path)
        at, right = float(np.interp(0.3, path, t)), delta == max(DRAWN)
        words = f"{'δ = ' * (delta == min(DRAWN))}{name}"
        beside(ax, words, (at, 0.3), (5 if right else -5, 0), ha="left" if right else "right")
    for y, words, place in ((touch, "y = ", "top"), (0.0, "set", "top"), (rest, "y = ", "bottom")):
        text = words if y == 0.0 else words + number(y, 3)
        at = 90.0 if y > 0.0 else steps  # free of the paths
        beside(ax, text, (at, y), (0, 2 if y > 0.0 else -2), ha="right", va=place)
    write_above(ax, f"w = {number(V)}, h* = {number(limit, 3)}, y(0) = {number(-rest, 3)}")
    ax.set(xlim=(0.0, steps), ylim=(-0.8, 0.9))
    ax.set_xlabel("t", style="italic")
    ax.set_ylabel("y", style="italic")
    return parts


def _count() -> Counts:
    """Return the number of steps until y is above its rest, for each input."""
    limit, _, _ = _limit()
    found: Counts = np.argmax(_states(limit + BEYOND, 600) > _rest(), axis=-1)
    return found


def _draw_steps(ax: Axes) -> dict[str, Part]:
    _, _, bend = _limit()
    law, steps = np.pi / np.sqrt(BEYOND * bend), _count()
    ax.set(xscale="log", yscale="log", ylim=(5.0, 900.0))
    draw_law(ax, BEYOND, law, steps, np.isin(BEYOND, [*DRAWN]))
    text = f"π/√(δ c) = {number(np.pi / np.sqrt(bend), 4)}/√δ"
    beside(ax, text, (BEYOND[4], law[4]), (8, 5), ha="left", va="bottom")
    ax.set_xticks([10.0**k for k in range(-4, 0)], [power(k) for k in range(-4, 0)])
    ax.set_yticks([10.0, 100.0], ["10", "100"])
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([], minor=True)
    ax.set_xlabel(f"δ = h {MINUS} h*", style="italic")
    ax.set_ylabel("steps until y > 0.710")
    return {"steps": _part(BEYOND, steps, np.nan), "law": _part(BEYOND, law, np.nan)}


def _part(delta: Any, t: Any, y: Any) -> Part:
    return {"delta": delta, "t": t, "y": y}
