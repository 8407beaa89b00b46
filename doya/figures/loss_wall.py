"""The loss of the geometric model: a wall that becomes steeper with T, and a jump at infinity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import FILLED, OPEN
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.landscape import loss_landscape
from doya.landscapes.wall import Wall
from doya.neurons import NeuronODE
from doya.plots.labels import MINUS, label_above, leader, loss_formula, number, power, readable
from doya.plots.pages import two_below
from doya.plots.style import ACCENT, CURVE, GREEN, PURPLE, SKY, SYMBOL
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Columns T, b and loss of each curve or point, by name.
Parts: TypeAlias = dict[str, dict[str, Any]]

NEURON, START, TARGET = NeuronODE(w=5.0), 0.5, 0.855
LOW, HIGH = -3.0, -2.0
# The curves of the last two differ only at the wall: so a thin line lies on a bold one.
LINES: dict[float, dict[str, Any]] = {
    5.0: {"linestyle": (0, (1.0, 1.2)), "linewidth": 1.6, "color": PURPLE},
    10.0: {"linestyle": (0, (4.0, 1.2, 1.0, 1.2)), "linewidth": 1.4, "color": ACCENT},
    20.0: {"linestyle": (0, (4.0, 1.5)), "linewidth": 1.3, "color": GREEN},
    50.0: {"linestyle": "-", "linewidth": 2.6, "color": SKY},
    math.inf: {"linestyle": "-", "linewidth": 0.9, "color": CURVE},
}
# The loss, in the lower axes, at which the name of each finite T is written above its mark.
NAMED_AT = {5.0: 0.36, 10.0: 0.28, 20.0: 0.20, 50.0: 0.20}
# Smallest computed distance from the wall, and the one above which the lower axis is logarithmic.
NEAREST, SPREAD = 1e-9, 1e-7
DECADES = (-1, -3, -5)


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Geometric model',
    departs="The original shows one long time; the other T and the lower panel are added.",
)
def loss_wall(figure: Figure) -> Data:
    """The wall of the loss over b becomes thinner as T grows, and a jump at T = ∞.

    L = (0.855 - x(T))² of the flow at w = 5 from x(0) = 0.5.  Thin solid: T = ∞, where the loss
    jumps at b = -2.5 from one open circle to the other.  At b = -2.5 itself the start is the
    unstable equilibrium and stays there (filled circle).  Bold solid: T = 50; dashed: T = 20;
    dash-dotted: T = 10; dotted: T = 5.  Below: the same curves against the distance of b from the
    wall, on a scale that is logarithmic above about 10⁻⁷ on either side and linear between.
    Diamonds: half the width of the wall from its middle, -2.5.  The width is the jump of x(∞)
    divided by ∂x(T)/∂b where the loss is steepest; it falls like exp(-T/4).
    """
    walls = {t_end: _wall(t_end) for t_end in NAMED_AT}
    # The loss on both sides is that of T = infinity, for every T.
    wall = next(iter(walls.values()))
    at, below, above = (float(each[0]) for each in (wall.values["b"], wall.below, wall.above))
    curves = _finite(at) | _infinite(at, below, above)
    marks = _marks(at, walls)
    upper, lower = two_below(figure, tall=1.8, share=0.5)
    for ax, origin in ((upper, 0.0), (lower, at)):
        _draw(ax, curves, origin)
        ax.set_ylim(-0.02, 0.64)
        ax.set_ylabel(loss_formula(TARGET), style="italic")
    upper.set_xlim(LOW, HIGH)
    upper.set_xlabel(SYMBOL["b"], style="italic")
    upper.legend(loc="upper right", borderaxespad=0.0, handlelength=2.6)
    label_above(upper, [(at, below)], [f"wall b = {number(at)}"])
    _spread_about_wall(lower, at)
    _name(lower, at, marks)
    return stacked(curves | marks)


def _wall(t_end: float) -> Wall:
    (wall,) = loss_landscape(NEURON, {"b": [LOW, HIGH]}, START, t_end, TARGET).walls
    return wall


def _loss(b: Floats, t_end: float) -> Floats:
    return (TARGET - final_state(NEURON.replace(b=b), START, t_end)) ** 2


def _grid(at: float) -> Floats:
    """Return values of b that are dense about the wall."""
    near = np.geomspace(NEAREST, HIGH - LOW, 120)
    b = np.concatenate([np.linspace(LOW, HIGH, 101), at - near, [at], at + near])
    return np.unique(b[(b >= LOW) & (b <= HIGH)])


def _finite(at: float) -> Parts:
    """Return the curve of each finite T."""
    b = _grid(at)
    return {f"T = {t:g}": {"T": t, "b": b, "loss": _loss(b, t)} for t in LINES if t < math.inf}


def _infinite(at: float, below: float, above: float) -> Parts:
    """Return the curve of T = infinity on both sides of the wall, and the loss on the wall."""
    grid, t_end, wall = _grid(at), math.inf, np.array([at])
    left, right = grid[grid < at], grid[grid > at]
    parts = {
        "below": (np.append(left, at), np.append(_loss(left, t_end), below)),
        "above": (np.append(at, right), np.append(above, _loss(right, t_end))),
        "on": (wall, _loss(wall, t_end)),
    }
    return {
        f"T = infinity, {side} the wall": {"T": t_end, "b": b, "loss": loss}
        for side, (b, loss) in parts.items()
    }


def _marks(at: float, walls: dict[float, Wall]) -> Parts:
    """Return the points of each finite T half the width of its wall below and above the middle."""
    parts: Parts = {}
    for t_end, wall in walls.items():
        b = at + 0.5 * float(wall.width[0]) * np.array([-1.0, 1.0])
        parts[f"width, T = {t_end:g}"] = {"T": t_end, "b": b, "loss": _loss(b, t_end)}
    return parts


def _draw(ax: Axes, curves: Parts, origin: float) -> None:
    """Draw the lines, and circles where the line of T = infinity jumps."""
    *lines, on = curves.values()
    for line in lines:
        # The two parts of T = infinity share one entry of the legend.
        name = None if line is lines[-1] else f"T = {readable(line['T'])}"
        ax.plot(line["b"] - origin, line["loss"], label=name, **LINES[line["T"]], zorder=3)
    for line, end, circle in ((lines[-2], -1, OPEN), (lines[-1], 0, OPEN), (on, 0, FILLED)):
        ax.plot(line["b"][end] - origin, line["loss"][end], **{**circle, "markersize": 4.0})


def _spread_about_wall(ax: Axes, at: float) -> None:
    """Set an abscissa of distances from the wall: logarithmic except for the smallest."""
    ax.set_xscale("asinh", linear_width=SPREAD)
    ax.set_xlim(LOW - at, HIGH - at)
    ticks = [side * 10.0**each for side in (-1, 1) for each in DECADES]
    names = [sign + power(each) for sign in (MINUS, "") for each in DECADES]
    ax.set_xticks([*ticks, 0.0], [*names, "0"])
    ax.minorticks_off()
    ax.set_xlabel(f"b + {number(-at)}", style="italic")


def _name(ax: Axes, at: float, marks: Parts) -> None:
    """Mark half the width on the curve of each finite T, and write its T above the upper mark."""
    for mark, height in zip(marks.values(), NAMED_AT.values(), strict=True):
        distance, loss = mark["b"] - at, mark["loss"]
        ax.plot(distance, loss, "D", color=CURVE, markersize=2.5, zorder=4)
        ax.annotate(
            f"T = {readable(mark['T'])}", (distance[1], loss[1]), xytext=(distance[1], height),
            ha="right", va="bottom", fontsize="small",
            arrowprops={**leader(ax), "relpos": (1.0, 0.0)},
        )  # fmt: skip
