"""The bifurcation diagram of the neuron, and the two b at which a small change moves x(T) far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.diagrams import BifurcationDiagram, bifurcation_diagram
from doya.bifurcations.points import BifurcationPoint
from doya.equilibria import equilibria
from doya.figures.marks import FILLED, OPEN, arrow, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.neurons import NeuronODE
from doya.plots.diagrams import arrows_of
from doya.plots.labels import number, numbers
from doya.plots.pages import page
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Parts = dict[str, dict[str, Any]]

# Starts that meet the boundary of the basins, each at a b of its own between the folds.
STARTS = (0.6, 0.5, 0.4)
# Distance from a wall, relative to b, that is surely beside it.
BESIDE = 1e-12
# Number of columns of arrows: even, so that no arrow covers the fall in the middle.
COLUMNS = 8
JUMP: dict[str, Any] = {
    "color": "accent", "linestyle": "-", "linewidth": 1.6, "zorder": 4,
    "arrowstyle": "-|>,head_length=5,head_width=2.5",
}  # fmt: skip
FALL: dict[str, Any] = {**JUMP, "linewidth": 0.8, "arrowstyle": "-|>,head_length=4,head_width=2"}
HELD: dict[str, Any] = {
    "color": "accent",
    "linestyle": (0, (1.0, 1.6)),
    "linewidth": 0.7,
    "zorder": 2,
}


@recipe(
    source="K. Doya (1993); R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3; Wikipedia,"
    ' "Vanishing gradient problem", Dynamical systems model',
    departs="The three starts are our choice; the rise at b₁ is added to the fall at b₂.",
)
def bifurcation(figure: Figure) -> Data:
    """Equilibria x of the flow against b at w = 5, and the b at which x(∞) jumps.

    The flow is dx/dt = -x + σ(w x + b), with the logistic function σ(z) = 1/(1 + exp(-z)).  Bold:
    attractors.  Dashed: the unstable equilibrium, which is the boundary of their basins.  Grey
    dashed arrows: the direction in which the state moves in time.  Dotted vertical lines: the folds
    b₂ and b₁, where two equilibria meet and vanish.  In the shaded range between them there are two
    attractors.  Bold vertical arrows from filled circles: hysteresis.  As b decreases, a state on
    the upper attractor falls at b₂; as b increases, a state on the lower one rises at b₁.
    Horizontal dotted lines: three starts x(0).  Each one crosses the boundary of the basins at its
    open circle.  The thin arrow through the circle shows that x(∞) falls from the upper to the
    lower attractor when b decreases past the circle; it is not a motion in time.  The folds are two
    values of b, but such crossings occur at each b between them: every x(0) from 0.276 to 0.724 has
    its own value of b.  At a finite T each jump is a steep slope.  For x(0) = 0.5 its steepness at
    b = -2.5 is ∂x(T)/∂b = exp(T/4) - 1: it grows exponentially, at a rate of 1/4, which is the
    eigenvalue of the unstable equilibrium.  At the fold b₂, from x(0) = 0.9, ∂x(T)/∂b grows only
    like a power of T: like T/15 at b = b₂, and like T³ at its largest, which is at b ≈ b₂ - 44/T².
    """
    ax = page(figure, tall=1.1)
    figure.subplots_adjust(right=0.88)  # for the values of the starts
    diagram = bifurcation_diagram(NeuronODE(w=5.0), "b", (-3.0, -2.0))
    parts = _equilibria(ax, diagram)
    folds = sorted(diagram.special_points, key=lambda point: -point.value)
    texts = numbers([fold.value for fold in folds], np.ptp(diagram.between))
    for k, (fold, text) in enumerate(zip(folds, texts, strict=True), 1):
        ax.axvline(fold.value, color=theme(ax).hairline, linestyle=":", linewidth=0.8, zorder=1)
        above = {"xycoords": ax.get_xaxis_transform(), "va": "bottom"}
        beside(ax, f"b{'₁₂'[k - 1]} = {text}", (fold.value, 1.0), (0, 3), **above)
        parts |= {f"fold b{k}": {"b": fold.value, "x": fold.x}, **_jump(ax, diagram, fold, k)}
    for x0 in STARTS:
        parts |= _fall(ax, diagram, x0)
    starts = ax.secondary_yaxis("right")
    starts.set_yticks(STARTS, [number(x0) for x0 in STARTS])
    starts.tick_params(length=0.0, pad=1.5)
    starts.spines["right"].set_visible(False)
    low, high = diagram.between
    beside(ax, "x(0)", (high, 0.68), (1.5, 0), ha="left", annotation_clip=False)
    beside(ax, f"w = {number(float(diagram.neuron.w))}", (low, 1.0), (4, 0), ha="left")
    ax.set_xlabel(SYMBOL["b"], style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    return stacked(parts)


def _equilibria(ax: Axes, diagram: BifurcationDiagram) -> Parts:
    """Draw the branches, arrows of motion between them, and the range of two attractors."""
    ax.set_xlim(*diagram.between)
    ax.set_ylim(-0.03, 1.03)  # every equilibrium lies in (0, 1)
    for low, high in diagram.bistable():
        ax.axvspan(low, high, color=theme(ax).band, linewidth=0, zorder=0)
    parts: Parts = {}
    for branch in sorted(diagram.branches, key=lambda branch: branch.x.min()):
        looks: dict[str, Any] = {"linewidth": 2.2} if branch.stable else {"linestyle": "--"}
        ax.plot(branch.value, branch.x, color=theme(ax).ink, zorder=3, **looks)
        which = "lower" if branch.x.max() < 0.5 else "upper"
        name = f"{which} attractor" if branch.stable else "basin boundary"
        parts[name] = {"b": branch.value, "x": branch.x}
    for k, (b, start, reach) in enumerate(zip(*arrows_of(diagram.motion(COLUMNS)), strict=True), 1):
        ends = start, start + reach
        arrow(ax, (b, ends[0]), (b, ends[1]))
        parts[f"motion {k}"] = {"b": b, "x": ends}
    return parts


def _jump(ax: Axes, diagram: BifurcationDiagram, fold: BifurcationPoint, k: int) -> Parts:
    """Draw the jump of a state whose attractor vanishes in a fold, to the other attractor."""
    # Beyond the fold one equilibrium remains: away from the bistable range.
    others = equilibria(diagram.neuron.replace(b=fold.value))
    to = float(others.x[np.abs(others.x - fold.x).argmax()])
    arrow(ax, (fold.value, fold.x), (fold.value, to), **JUMP)
    ax.plot(fold.value, fold.x, **painted(ax, FILLED))
    return {f"jump at b{k}": {"b": [fold.value, fold.value], "x": [fold.x, to]}}


def _fall(ax: Axes, diagram: BifurcationDiagram, x0: float) -> Parts:
    """Draw the fall of x(infinity) of a start that meets the boundary, and the start."""
    neuron = diagram.neuron
    (wall,) = loss_landscape(neuron, {"b": list(diagram.between)}, x0).walls
    at = float(wall.values["b"][0])
    sides = at * np.array([1.0 - BESIDE, 1.0 + BESIDE])
    above, below = final_state(neuron.replace(b=sides), x0, np.inf)
    arrow(ax, (at, above), (at, below), **FALL)
    ax.plot([at, diagram.between[1]], [x0, x0], **painted(ax, HELD))
    ax.plot(at, x0, **painted(ax, OPEN))
    return {
        f"fall from x(0) = {x0}": {"b": [at, at], "x": [above, below]},
        f"start x(0) = {x0}": {"b": [at, diagram.between[1]], "x": [x0, x0]},
    }
