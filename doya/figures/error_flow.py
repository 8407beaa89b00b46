"""Hochreiter's factor of the error flow through one unit, and the fold at which it is 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.diagrams import bifurcation_diagram
from doya.bifurcations.points import bifurcation_points
from doya.figures.marks import FILLED, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.kernels.numbers.logistic import sigmoid_slope
from doya.neurons import NeuronMap
from doya.plots.labels import number, write_above
from doya.plots.pages import two_below
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

# The activations that feed the unit, and the style of each curve.
ACTIVATIONS: dict[float, Any] = {0.2: "-", 0.5: (0, (3.5, 1.5)), 1.0: (0, (1.0, 1.2))}
# net at the largest factor: the root of net tanh(net/2) = 1.
NET = 1.5434046384182084
W, BETWEEN = 5.0, (-3.0, -2.0)


@recipe(
    source="S. Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen (1991): |f'(net) w|"
    " multiplies an error in each step back, and is largest at w = coth(net/2)/y",
    departs="The figure is ours.  Hochreiter writes 1/y coth(net/2) for a net input w y; that a"
    " constant error flow is Doya's fold is ours.",
)
def error_flow(figure: Figure) -> Data:
    """The error flow through a unit: large weights do not help, a fold keeps its factor at 1.

    An error that goes back through a logistic unit f is multiplied by |f'(net) w| in each step.
    Above: this factor over the weight w, with net = w y, for the activations y = 0.2 (solid), 0.5
    (dashed) and 1 (dotted) of the unit that the weight comes from.  A large w makes net large, and
    f is flat there.  Dots: the largest factor, 0.2239/y, at w = 1.543/y.  Below: a unit that feeds
    itself, x = f(net) with net = w x + b at w = 5: the factor f'(net) w at its equilibria, over b,
    solid where they are stable, dashed where unstable.  Half-filled circles: Hochreiter's condition
    for a constant error flow, f'(net) w = 1 (grey line), which is w x (1 - x) = 1: these are Doya's
    folds, where two equilibria meet and vanish.  An error flow that is kept exactly needs a neuron
    on the edge of its memory.
    """
    above, below = two_below(figure, tall=1.8, share=0.5)
    return stacked({**_draw_factors(above), **_draw_equilibria(below)})


def _factor(w: Any, y: float) -> Floats:
    found: Floats = np.abs(sigmoid_slope(w * y) * w)
    return found


def _draw_factors(ax: Axes) -> dict[str, Part]:
    w = np.linspace(0.0, 20.0, 161)
    parts: dict[str, Part] = {}
    ax.axhline(1.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    for y, dashes in ACTIVATIONS.items():
        size = _factor(w, y)
        ax.plot(w, size, linestyle=dashes, color=theme(ax).ink, zorder=2)
        top = _factor(NET / y, y)
        ax.plot(NET / y, top, **painted(ax, FILLED, markersize=3.5))
        parts[f"y = {y:g}"] = {"w": w, "b": np.nan, "factor": size}
        parts[f"largest, y = {y:g}"] = {"w": [NET / y], "b": np.nan, "factor": [float(top)]}
        beside(ax, f"y = {y:g}", (NET / y, float(top)), (7, 2), ha="left", va="bottom")
    ax.set(xlim=(0.0, 20.0), ylim=(0.0, 1.4), xticks=range(0, 21, 5))
    ax.set_xlabel(SYMBOL["w"], style="italic")
    ax.set_ylabel("|f ′(w y) w|", style="italic")
    return parts


def _draw_equilibria(ax: Axes) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    ax.axhline(1.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    found = bifurcation_diagram(NeuronMap(w=W, epsilon=1.0), "b", BETWEEN, points=120)
    for name, branch in zip(("lower", "unstable", "upper"), found.branches, strict=True):
        factor = W * branch.x * (1.0 - branch.x)
        ax.plot(branch.value, factor, "-" if branch.stable else "--", color=theme(ax).ink, zorder=2)
        parts[f"{name} equilibrium"] = {"w": W, "b": branch.value, "factor": factor}
    points = bifurcation_points(NeuronMap(w=W, epsilon=1.0), "b")
    circle: Part = {"color": "ink", "linestyle": "none", "markerfacecoloralt": "paper", "zorder": 5}
    folds = [point for point in points if point.kind == "LP"]
    b = [point.value for point in folds]
    ax.plot(b, np.ones(len(b)), **painted(ax, circle, **MARKER["LP"]))
    parts["folds"] = {"w": W, "b": b, "factor": 1.0}
    for point in folds:
        upper = point.x > 0.5
        text = f"fold, {SYMBOL['b']} =\n{number(point.value, 4)}"
        side = "right" if upper else "left"
        beside(ax, text, (point.value, 1.0), (-7 if upper else 7, 4), ha=side, va="bottom")
    ax.set_xlim(*BETWEEN)
    ax.set_ylim(0.2, 1.4)
    ax.set_xlabel(SYMBOL["b"], style="italic")
    ax.set_ylabel("f ′(net) w", style="italic")
    write_above(ax, f"w = {number(W)}")
    return parts
