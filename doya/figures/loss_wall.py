"""The loss of the geometric model: a wall that becomes steeper with T, and a jump at infinity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import FILLED, OPEN, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.landscapes.wall import Wall
from doya.neurons import NeuronODE
from doya.plots.labels import label_above, loss_formula, number, readable
from doya.plots.pages import two_below
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns T, b and loss of each curve or point, by name.
Parts: TypeAlias = dict[str, dict[str, Any]]

NEURON, START, TARGET = NeuronODE(w=5.0), 0.5, 0.855
LOW, HIGH = -3.0, -2.0
# The T whose width is marked.
LONG = 50.0
# The curves of the last two differ only at the wall: so a thin line lies on a bold one, and the
# bold one lies below the others, which it meets in the lower axes.
LINES: dict[float, dict[str, Any]] = {
    5.0: {"linestyle": (0, (1.0, 1.2)), "linewidth": 1.6, "color": "accent 3"},
    10.0: {"linestyle": (0, (4.0, 1.2, 1.0, 1.2)), "linewidth": 1.4, "color": "accent"},
    20.0: {"linestyle": (0, (4.0, 1.5)), "linewidth": 1.3, "color": "accent 2"},
    50.0: {"linestyle": "-", "linewidth": 2.6, "color": "pale", "zorder": 2.5},
    math.inf: {"linestyle": "-", "linewidth": 0.9, "color": "ink"},
}
# Largest stretched distance from the wall, (b - wall) exp(T/4), in the lower axes.
FAR = 4.0


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Geometric model',
    departs="The original shows one long time; the other T and the lower panel are added.",
)
def loss_wall(figure: Figure) -> Data:
    """The wall of the loss over b becomes thinner as T grows, and at T = ∞ it is a jump.

    L = (0.855 - x(T))² of the flow dx/dt = -x + σ(w x + b) at w = 5 from x(0) = 0.5; the target
    0.855 is the upper attractor at the wall, b = -2.5.  Thin solid: T = ∞, where the loss jumps at
    the wall from one open circle to the other.  At b = -2.5 itself the start is the unstable
    equilibrium and stays there (filled circle).  Bold solid: T = 50; dashed: T = 20; dash-dotted: T
    = 10; dotted: T = 5.  Below: the same losses at finite T against the distance of b from the
    wall, stretched by exp(T/4); each curve ends where b = -3 or b = -2.  The curves for T = 20 and
    T = 50 nearly coincide: for every large T the wall has the same shape, so its width falls like
    exp(-T/4).  The width is the jump of x(∞) divided by ∂x(T)/∂b where the loss is steepest.  The
    two diamonds on the curve for T = 50 are this width apart, symmetrically about the wall.
    """
    wall = _wall(LONG)
    at, below, above = (float(each[0]) for each in (wall.values["b"], wall.below, wall.above))
    curves = _finite(at) | _infinite(at, below, above)
    mark = _mark(at, wall)
    upper, lower = two_below(figure, tall=1.8, share=0.5)
    *lines, on = curves.values()
    for k, line in enumerate(lines):
        # The two parts of T = infinity share one entry of the legend.
        name = None if k == len(lines) - 1 else f"T = {readable(line['t_end'])}"
        look = painted(upper, {"zorder": 3, **LINES[line["t_end"]]})
        upper.plot(line["b"], line["loss"], label=name, **look)
        if line["t_end"] < math.inf:
            lower.plot(_stretched(line, at), line["loss"], **look)
    for line, end, circle in ((lines[-2], -1, OPEN), (lines[-1], 0, OPEN), (on, 0, FILLED)):
        upper.plot(line["b"][end], line["loss"][end], **painted(upper, circle, markersize=4.0))
    diamond: dict[str, Any] = {"color": theme(lower).ink, "markersize": 3.0, "zorder": 4}
    lower.plot(_stretched(mark, at), mark["loss"], "D", **diamond)
    for ax in (upper, lower):
        ax.set_ylim(-0.02, 0.64)
    # One label for both: they may be less high than it is long.
    figure.supylabel(loss_formula(TARGET), style="italic", size=upper.yaxis.label.get_fontsize())
    upper.set_xlim(LOW, HIGH)
    upper.set_xlabel(SYMBOL["b"], style="italic")
    upper.legend(loc="upper right", borderaxespad=0.0, handlelength=2.6)
    label_above(upper, [(at, below)], [f"wall b = {number(at)}"])
    setting = f"w = {number(float(NEURON.w))}, x(0) = {number(START)}"
    corner = {"xycoords": "axes fraction", "ha": "right", "va": "top"}
    beside(lower, setting, (1.0, 1.0), (0, 0), **corner)
    lower.set_xlim(-FAR, FAR)
    lower.set_xlabel(f"(b + {number(-at)}) exp(T/4)", style="italic")
    return stacked(curves | {f"width, T = {LONG:g}": mark})


def _wall(t_end: float) -> Wall:
    (wall,) = loss_landscape(NEURON, {"b": [LOW, HIGH]}, START, t_end, TARGET).walls
    return wall


def _loss(b: Floats, t_end: float) -> Floats:
    return (TARGET - final_state(NEURON.replace(b=b), START, t_end)) ** 2


def _grid(at: float, t_end: float) -> Floats:
    """Return values of b over the whole range, and close together across the wall of this T."""
    b = np.linspace(LOW, HIGH, 101)
    if t_end < math.inf:
        b = np.append(b, at + np.linspace(-1.5 * FAR, 1.5 * FAR, 241) * math.exp(-0.25 * t_end))
    b = np.unique(np.append(b, at))
    return b[(b >= LOW) & (b <= HIGH)]


def _stretched(part: dict[str, Any], at: float) -> Floats:
    """Return the distance from the wall times exp(T/4)."""
    distance: Floats = (part["b"] - at) * math.exp(0.25 * part["t_end"])
    return distance


def _finite(at: float) -> Parts:
    """Return the curve of each finite T."""
    return {
        f"T = {t:g}": {"t_end": t, "b": _grid(at, t), "loss": _loss(_grid(at, t), t)}
        for t in LINES
        if t < math.inf
    }


def _infinite(at: float, below: float, above: float) -> Parts:
    """Return the curve of T = infinity on both sides of the wall, and the loss on the wall."""
    t_end, wall = math.inf, np.array([at])
    grid = _grid(at, t_end)
    left, right = grid[grid < at], grid[grid > at]
    parts = {
        "below": (np.append(left, at), np.append(_loss(left, t_end), below)),
        "above": (np.append(at, right), np.append(above, _loss(right, t_end))),
        "on": (wall, _loss(wall, t_end)),
    }
    return {
        f"T = infinity, {side} the wall": {"t_end": t_end, "b": b, "loss": loss}
        for side, (b, loss) in parts.items()
    }


def _mark(at: float, wall: Wall) -> dict[str, Any]:
    """Return the two points half the width of the wall below and above its middle."""
    b = at + 0.5 * float(wall.width[0]) * np.array([-1.0, 1.0])
    return {"t_end": LONG, "b": b, "loss": _loss(b, LONG)}
