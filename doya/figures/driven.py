"""The maps of a driven neuron, each split into a constant part and its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.equilibria import equilibria
from doya.figures.driven_maps import (
    BOUNDARY,
    CLEAR,
    INPUTS,
    LEFT,
    NEURON,
    RIGHT,
    indexed,
    list_inputs,
    page_of_steps,
    paths,
    write,
)
from doya.figures.marks import FILLED, OPEN, arrow, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.plots.theme import theme
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHED = (0, (2.5, 1.5))
# The row, above the first, in which the map without input is drawn.
ROW = -0.8
# Distance from the boundary at which its orbits start, and their number of steps.
ASIDE, ORBIT = 0.06, 5
CONSTANT = "F\N{COMBINING TILDE}"


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 5",
    departs="The original is a sketch. Ours is computed with Doya's map at w = 8, b = -4, ε = 0.6,"
    " with the inputs and starts of the figure basin-crossing. The inputs are listed, and the fixed"
    " points of the map without input are added.",
)
def driven(figure: Figure) -> Data:
    """A map moves two paths away from the boundary of its basins; an input carries one across.

    The paths are those of the figure basin-crossing.  Time t runs downwards, to T = 7, and each
    step has two parts.  F̃ (dashed arrows) is Doya's map without input, F̃(x) = (1 - ε) x + ε σ(w x
    + b) at w = 8, b = -4, ε = 0.6.  Uₜ (solid arrows) adds ε = 0.6 times the input uₜ of its row,
    and moves both paths by the same amount.  Top row: F̃ alone.  Filled circles are its attractors.
    The open circle is its unstable fixed point, and the dotted line through it is the boundary of
    the two basins of F̃.  The figure basin-crossing shows another boundary: that of the basins of
    the map with these inputs.  No path crosses that one.  Each arrow in the top row shows five
    steps of F̃, from a start at a distance of 0.06 from the boundary: F̃ moves states away from the
    boundary.  U₀ carries one path (circles, x(0) = 0.531) across the boundary of F̃.  The other
    path (squares, x(0) = 0.571) stays on its side.
    """
    ax = page_of_steps(figure, tall=1.5, above=1.15, below=0.4)
    rest = equilibria(NEURON)
    (boundary,) = rest.x[~rest.stable]
    ax.axvline(boundary, **painted(ax, BOUNDARY))
    write(ax, f"boundary of {CONSTANT}", (boundary, INPUTS.size), 1.0, style="normal")
    parts = _alone(ax, rest.x, rest.stable)
    found = paths()
    for name, x, marks, side in (
        ("left", found.left, LEFT, -1.0),
        ("right", found.right, RIGHT, 1.0),
    ):
        between = NEURON.step(x[:-1])
        _path(ax, x, between, marks, side)
        rows = {"t": np.arange(INPUTS.size), "u": INPUTS}
        parts[f"F, {name}"] = {**rows, "start": x[:-1], "stop": between}
        parts[f"U, {name}"] = {**rows, "start": between, "stop": x[1:]}
    list_inputs(ax, 0.75)
    return stacked(parts)


def _alone(ax: Axes, x: Floats, stable: Any) -> dict[str, dict[str, Any]]:
    """Draw the fixed points of the map without input, and an orbit on each side of the boundary."""
    for at, attracts in zip(x, stable, strict=True):
        ax.plot(at, ROW, **painted(ax, FILLED if attracts else OPEN))
        if attracts:
            write(ax, "attractor", (at, ROW + 0.1), 0.0, style="normal", va="top")
    sides = float(x[1]) + ASIDE * np.array([-1.0, 1.0])
    orbit = simulate(NEURON, sides, ORBIT).x
    for start, stop in orbit[:, [0, -1]]:
        arrow(ax, (start, ROW), (stop, ROW), color=theme(ax).ink)
        write(ax, CONSTANT, (0.5 * (start + stop), ROW + 0.1), 0.0, va="top")
    none = {"t": np.nan, "u": np.nan}
    return {
        "attractor": {**none, "start": x[stable], "stop": x[stable]},
        "boundary": {**none, "start": x[~stable], "stop": x[~stable]},
        "direction": {**none, "start": orbit[:, 0], "stop": orbit[:, -1]},
    }


def _path(ax: Axes, x: Floats, between: Floats, marks: dict[str, Any], side: float) -> None:
    """Draw states, with two arrows from each to the next."""
    ax.plot(x, range(x.size), linestyle="none", **painted(ax, marks))
    style = {"color": marks["color"], "linewidth": 1.0}
    for t in range(x.size - 1):
        middle = (between[t], t + 0.5)
        arrow(ax, (x[t], t), middle, shrinkA=CLEAR, linestyle=DASHED, **style)
        arrow(ax, middle, (x[t + 1], t + 1), shrinkB=CLEAR, linestyle="-", **style)
        write(ax, indexed("U", t), (0.5 * (between[t] + x[t + 1]), t + 0.75), side)
