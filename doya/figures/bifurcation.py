"""The bifurcation diagram of the neuron, and the two b at which a small change moves x(T) far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.diagrams import BifurcationDiagram, bifurcation_diagram
from doya.figures.marks import FILLED, OPEN, arrow, beside
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.landscape import loss_landscape
from doya.neurons import NeuronODE
from doya.plots.diagrams import arrows_of
from doya.plots.labels import numbers
from doya.plots.pages import page
from doya.plots.style import ACCENT, BAND, CURVE, MOTION, SYMBOL
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Parts = dict[str, dict[str, Any]]

# As b decreases, the first start meets the boundary of the basins; the second loses its attractor.
STARTS = (0.5, 0.9)
CIRCLE = {"boundary": OPEN, "fold": FILLED}
# Distance from a wall, relative to b, that is surely beside it.
BESIDE = 1e-12
# Number of columns of arrows: even, so that no arrow covers the fall in the middle.
COLUMNS = 8


@recipe(
    source="K. Doya (1993); R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3; Wikipedia,"
    ' "Vanishing gradient problem", Dynamical systems model',
    departs="The two starts are labelled: each of them meets one of the two events.",
)
def bifurcation(figure: Figure) -> Data:
    """Equilibria x of the flow against b at w = 5, and two falls of x(∞) as b decreases.

    Bold: attractors.  Dashed: the unstable equilibrium, which is the boundary of their basins.
    Grey dashed arrows: the direction in which the state moves.  Dotted: the folds b₂ and b₁, where
    two equilibria meet and vanish.  In the shaded range between them there are two attractors.
    Vertical arrows: falls of x(∞).  From x(0) = 0.5 it falls where the start meets the boundary of
    the basins (open circle, b = -2.5).  From x(0) = 0.9 it falls where its attractor vanishes in a
    fold (filled circle, b₂).  At a finite T both falls are steep slopes.  At the open circle
    ∂x(T)/∂b = exp(T/4) - 1, which grows exponentially, at the rate 1/4 of the unstable equilibrium.
    At b₂, from x(0) = 0.9, ∂x(T)/∂b grows only like a power of T: like T/15 at b₂ itself, and like
    T³ where it is largest, about 44/T² below b₂.
    """
    ax = page(figure)
    diagram = bifurcation_diagram(NeuronODE(w=5.0), "b", (-3.0, -2.0))
    parts = _equilibria(ax, diagram)
    for x0 in STARTS:
        parts |= _fall(ax, diagram, x0)
    folds = sorted(diagram.special_points, key=lambda point: -point.value)
    texts = numbers([fold.value for fold in folds], np.ptp(diagram.between))
    for k, (fold, text) in enumerate(zip(folds, texts, strict=True)):
        ax.axvline(fold.value, color=MOTION, linestyle=":", linewidth=0.8, zorder=1)
        above = {"xycoords": ax.get_xaxis_transform(), "va": "bottom"}
        beside(ax, f"b{'₁₂'[k]} = {text}", (fold.value, 1.0), (0, 3), **above)
        parts[f"fold b{k + 1}"] = {"b": fold.value, "x": fold.x}
    ax.set_xlabel(SYMBOL["b"], style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    return stacked(parts)


def _equilibria(ax: Axes, diagram: BifurcationDiagram) -> Parts:
    """Draw the branches, arrows of motion between them, and the range of two attractors."""
    ax.set_xlim(*diagram.between)
    ax.set_ylim(-0.03, 1.03)  # every equilibrium lies in (0, 1)
    for low, high in diagram.bistable():
        ax.axvspan(low, high, color=BAND, linewidth=0, zorder=0)
    parts: Parts = {}
    for branch in sorted(diagram.branches, key=lambda branch: branch.x.min()):
        looks: dict[str, Any] = {"linewidth": 2.2} if branch.stable else {"linestyle": "--"}
        ax.plot(branch.value, branch.x, color=CURVE, zorder=3, **looks)
        which = "lower" if branch.x.max() < 0.5 else "upper"
        name = f"{which} attractor" if branch.stable else "basin boundary"
        parts[name] = {"b": branch.value, "x": branch.x}
    for k, (b, start, reach) in enumerate(zip(*arrows_of(diagram.motion(COLUMNS)), strict=True), 1):
        ends = start, start + reach
        arrow(ax, (b, ends[0]), (b, ends[1]))
        parts[f"motion {k}"] = {"b": b, "x": ends}
    return parts


def _fall(ax: Axes, diagram: BifurcationDiagram, x0: float) -> Parts:
    """Draw the fall of x(infinity) of a start from one side of its wall to the other."""
    neuron = diagram.neuron
    b = np.linspace(*diagram.between, 201)
    (wall,) = loss_landscape(neuron, {"b": b}, x0).walls
    at = float(wall.values["b"][0])
    sides = at * np.array([1.0 - BESIDE, 1.0 + BESIDE])
    above, below = final_state(neuron.replace(b=sides), x0, np.inf)
    crossing = x0 if wall.kind == "boundary" else _nearest_fold(diagram, at)
    arrow(
        ax, (at, above), (at, below), color=ACCENT, linestyle="-", linewidth=1.2, zorder=4,
        arrowstyle="-|>,head_length=4,head_width=2",
    )  # fmt: skip
    ax.plot(at, crossing, **CIRCLE[wall.kind])
    beside(ax, f"x(0)\n= {x0}", (at, crossing), (-7, -3), ha="right")
    return {
        f"fall from x(0) = {x0}": {"b": [at, at], "x": [above, below]},
        f"crossing of the {wall.kind}": {"b": [at], "x": [crossing]},
    }


def _nearest_fold(diagram: BifurcationDiagram, b: float) -> float:
    return min(diagram.special_points, key=lambda point: abs(point.value - b)).x
