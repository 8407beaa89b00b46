"""The map composed with itself: a step, a few folds of the graph, and chaos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.plots.labels import number
from doya.plots.pages import stretch
from doya.plots.theme import theme
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The neurons with their names.
NEURONS = {
    "step": NeuronMap(w=8.0, b=-4.0, epsilon=0.5),
    "cycle": NeuronMap(w=-20.0, b=10.0, epsilon=0.5),
    "chaos": NeuronMap(w=-80.0, b=10.0, epsilon=0.5),
}
TIMES = (1, 2, 4, 8)
# The numbers of states at which F, its second, fourth and eighth iterate are computed.
POINTS = {1: 121, 2: 161, 4: 321, 8: 1201}


@recipe(
    source="I. Goodfellow, Y. Bengio, A. Courville, Deep Learning (2016), Fig. 10.15: repeated"
    " composition of a network makes it extremely nonlinear",
    departs="The original shows one direction of a random tanh network; ours shows the one unit,"
    " without projection, and three of its behaviours.",
)
def composition(figure: Figure) -> Data:
    """The map composed n times with itself: a step, a staircase, or many folds.

    F(x) = (1 - ε) x + ε σ(w x + b) is a step of Doya's map with ε = 0.5, Fⁿ(x) is the state after n
    steps from x, and each column has its n; grey lines: Fⁿ(x) = x.  Upper row, w = 8, b = -4: F
    rises, so Fⁿ rises too, and it becomes a step at the boundary of its two basins, x = 0.5.  There
    its slope, ∂x(n)/∂x(0), explodes; elsewhere it vanishes.  Middle row, w = -20, b = 10: F bends
    back twice, and each composition folds the graph again.  All states settle on one cycle of two
    states, so Fⁿ becomes flat, with steps.  Lower row, w = -80, b = 10: the orbits are chaotic, and
    Fⁿ has the more folds, and the steeper slopes, the larger n is.
    """
    stretch(figure, 1.28)
    figure.subplots_adjust(left=0.15, right=0.97, hspace=0.34, wspace=0.22)
    grid = figure.subplots(len(NEURONS), len(TIMES), sharex=True, sharey=True)
    parts = {}
    for row, (name, neuron) in zip(grid, NEURONS.items(), strict=True):
        for ax, n in zip(row, TIMES, strict=True):
            x, y = parts[f"{name}, n = {n}"] = _graph(neuron, n)
            _draw(ax, x, y)
        setting = f"w = {number(float(neuron.w))}, b = {number(float(neuron.b))}"
        row[0].set_title(setting, loc="left", pad=2.5)
    for ax, n in zip(grid[-1], TIMES, strict=True):
        ax.set_xlabel(f"x    (n = {n})", style="italic")
    grid[0, -1].set_title("ε = 0.5", loc="right", pad=2.5)
    grid[1, 0].set_ylabel("Fⁿ(x)", style="italic")
    return stacked({name: {"x": x, "Fn": y} for name, (x, y) in parts.items()})


def _graph(neuron: NeuronMap, n: int) -> tuple[Floats, Floats]:
    """Return states, close together where Fⁿ is steep, and what they are after n steps."""
    x = np.linspace(0.0, 1.0, POINTS[n])
    y = final_state(neuron, x, n)
    for _ in range(3):
        steep = np.flatnonzero(np.abs(np.diff(y)) > 0.08)
        x = np.unique(np.append(x, 0.5 * (x[steep] + x[steep + 1])))
        y = final_state(neuron, x, n)
    return x, y


def _draw(ax: Axes, x: Floats, y: Floats) -> None:
    style: dict[str, Any] = {"color": "hairline", "linewidth": 0.6, "zorder": 1}
    ax.plot([0.0, 1.0], [0.0, 1.0], **painted(ax, style))
    ax.plot(x, y, color=theme(ax).ink, linewidth=0.7, zorder=2)
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    ends = [0.0, 1.0]
    ax.set_xticks(ends, ["0", "1"])
    ax.set_yticks(ends, ["0", "1"])
