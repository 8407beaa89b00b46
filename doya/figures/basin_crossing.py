"""Two starts beside the boundary of two basins, which the same maps carry far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.figures.driven_maps import (
    BOUNDARY,
    CLEAR,
    INPUTS,
    LEFT,
    RIGHT,
    indexed,
    list_inputs,
    page_of_steps,
    paths,
    write,
)
from doya.figures.marks import arrow, painted
from doya.figures.recipes import Data, recipe, stacked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASH_DOTTED = (0, (4.0, 1.2, 1.0, 1.2))
# Rows above the first states and below the last ones at which the distances are drawn.
BESIDE = 0.55


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 4",
    departs="The original is a sketch. Ours is computed with Doya's map at w = 8, b = -4, ε = 0.6:"
    " at w = 5 its steps without input are too short for arrows. The inputs are listed, and the"
    " boundary of the basins is added.",
)
def basin_crossing(figure: Figure) -> Data:
    """Two nearby starts, one on each side of a boundary: the same maps Fₜ carry them far apart.

    Time t runs downwards, to T = 7.  Each Fₜ is one step of Doya's map at w = 8, b = -4, ε = 0.6:
    x[t+1] = Fₜ(x[t]) = (1 - ε) x[t] + ε σ(w x[t] + b) + ε uₜ, where uₜ is the input of its row.
    After T there is no more input, and the map has two attractors, 0.02 and 0.98.  Dotted: the
    boundary between the states that go to one of them, under these inputs, and the states that go
    to the other.  This boundary is itself a path; the last input carries it to the unstable fixed
    point of the map without input, x = 0.5.  Circles and solid arrows: the path from x(0) =
    0.531, left of the boundary.  Squares and dash-dotted arrows: the path from x(0) = 0.571, right
    of the boundary.  No path crosses the boundary.  Bars: the distance between the two starts,
    Δx(0), and between the two ends, Δx(T).
    """
    ax = page_of_steps(figure, tall=1.4, above=1.0, below=1.35)
    found = paths()
    ax.plot(found.boundary, range(INPUTS.size + 1), **painted(ax, BOUNDARY))
    write(ax, "boundary", (found.boundary[-1], INPUTS.size), 1.0, style="normal")
    for x, marks, line, side in (
        (found.left, LEFT, "-", -1.0),
        (found.right, RIGHT, DASH_DOTTED, 1.0),
    ):
        _path(ax, x, marks, line, side)
    list_inputs(ax, 0.5)
    apart = {}
    for t, row, when in ((0, -BESIDE, "0"), (INPUTS.size, INPUTS.size + BESIDE, "T")):
        ends = found.left[t], found.right[t]
        _distance(ax, row, ends, when)
        apart[f"distance dx({when})"] = {"t": t, "u": np.nan, "x": ends}
    rows = {"t": np.arange(INPUTS.size + 1), "u": np.append(INPUTS, np.nan)}
    return stacked({name: {**rows, "x": x} for name, x in found._asdict().items()} | apart)


def _path(ax: Axes, x: Floats, marks: dict[str, Any], line: Any, side: float) -> None:
    """Draw states, with an arrow from each to the next and its name on the outer side."""
    ax.plot(x, range(x.size), linestyle="none", **painted(ax, marks))
    style = {"linestyle": line, "linewidth": 1.0, "color": marks["color"]}
    for t in range(x.size - 1):
        arrow(ax, (x[t], t), (x[t + 1], t + 1), shrinkA=CLEAR, shrinkB=CLEAR, **style)
        write(ax, indexed("F", t), (0.5 * (x[t] + x[t + 1]), t + 0.5), side)


def _distance(ax: Axes, row: float, ends: tuple[float, float], when: str) -> None:
    """Draw a distance between two bars, with its value beside them at the start, below at T."""
    bars = {"arrowstyle": "|-|,widthA=2.2,widthB=2.2", "linestyle": "-", "color": "ink"}
    arrow(ax, (ends[0], row), (ends[1], row), **bars)
    text = f"Δx({when}) = {ends[1] - ends[0]:.3f}"
    if when == "0":
        write(ax, text, (ends[1], row), 1.0)
    else:
        write(ax, text, (0.5 * sum(ends), row), 0.0, va="top")
