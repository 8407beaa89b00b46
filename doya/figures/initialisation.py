"""The ends of descents on a memory task, from each w and b."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.transforms import Bbox

from doya.figures.learning import RATES, STARTS, STEPS, task
from doya.figures.marks import arrow, painted
from doya.figures.recipes import Data, recipe
from doya.plots.heat_maps import draw_line
from doya.plots.initialisation_maps import CURVE, draw_initialisation_map
from doya.plots.labels import write_above
from doya.plots.pages import several
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.training.initialisation_maps import InitialisationMap, initialisation_map
from doya.training.statuses import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

GRID = {"w": np.linspace(-2.0, 8.0, 81), "b": np.linspace(-6.0, 2.0, 65)}
# One start in EVERY has an arrow, or a cross if its descent ends nearer than LEAST.
EVERY, LEAST = 8, 0.15
SOLVED: Part = {"color": "accent", "linewidth": 1.4, "zorder": 3}
OTHER: Part = {"color": "grey", "linewidth": 0.6, "zorder": 2}
CROSS: Part = {"color": "ink", "marker": "x", "markersize": 2.6, "clip_on": False, "zorder": 5}


@recipe(
    source="K. Doya (1993), for bifurcations that stand in the way of descents",
    departs="The figure is ours: it is the memory of the figure learning, from all starts.",
)
def initialisation(figure: Figure) -> Data:
    """A memory is learned from starts near the cusp; from small weights its gradient vanishes.

    Each point of the (w, b) plane is the start of a descent on the memory task of the figure
    learning: after a pulse of 1 or -1 and nine steps more, Doya's map x[t+1] = σ(w x[t] + b) + u[t]
    shall be at 0.85 or at 0.15.  The learning rate is 0.5, each descent takes 200 steps, and all
    starts of a grid are taken; the one of the figure learning is w = 3, b = -1.  Above: shades are
    the loss at the end.  No hatching: solved, the loss is at most 0.001.  Dots, falling: it is
    larger, and fell by 1 % or more in the last 20 steps.  Hatching by lines, stuck: it fell by
    less; between the folds it is about 0.01 there.  Solid lines: the folds, which meet at the cusp
    w = 4, b = -2; between them the map has two attractors.  Below: arrows from every eighth start
    to the end of its descent, thick and coloured where it is solved.  Crosses: starts that move by
    less than 0.15.  The plane falls into basins of training.  From starts around the cusp descents
    come together between the folds.  From small weights they stop near the line b = -w/2, where
    both sequences end at 0.5 and the loss is 0.35² = 0.1225: the pulse is forgotten, and its
    gradient has vanished.  At the upper right and at the bottom x is near 1 or 0 after each pulse,
    and the descent hardly moves, or moves b alone.
    """
    above, below = several(figure, 2.3, (1.0, 1.0))
    found = initialisation_map(
        STARTS["memory"], GRID, task=task("memory"), learn=("b", "w"), steps=STEPS,
        learning_rate=RATES["memory"],
    )  # fmt: skip
    draw_initialisation_map(found, above)
    _draw_ends(below, found)
    below.set_axes_locator(partial(_below, above))
    ends = {f"final_{name}": row for name, row in found.final.items()}
    return {**found.axes, **ends, "loss": found.loss, "outcome": found.outcome}


def _below(upper: Axes, ax: Axes, renderer: Any) -> Bbox:
    """Return the place of axes, as wide as those above them, which have a colour bar beside."""
    own, first = (each.get_position(original=True) for each in (ax, upper))
    across = upper.get_position() if own.x0 == first.x0 else own
    return Bbox.from_extents(across.x0, own.y0, across.x1, own.y1)


def _draw_ends(ax: Axes, found: InitialisationMap) -> None:
    """Draw an arrow from some of the starts to where their descents end, and the folds."""
    assert found.curves is not None
    for curve in found.curves.curves:
        for line in draw_line(ax, curve.w, curve.b, CURVE[curve.kind], theme(ax)):
            line.set_zorder(4)
    w, b = found.axes.values()
    for i, j in np.ndindex(found.loss.shape):
        if i % EVERY or j % EVERY:
            continue
        start = float(w[i]), float(b[j])
        stop = float(found.final["w"][i, j]), float(found.final["b"][i, j])
        if math.dist(start, stop) < LEAST:
            ax.plot(*start, **painted(ax, CROSS))
        else:
            style = SOLVED if found.outcome[i, j] == Outcome.SOLVED else OTHER
            arrow(ax, start, stop, linestyle="-", **style)
    ax.set(xlim=w[[0, -1]], ylim=b[[0, -1]], xticks=range(-2, 9, 2), yticks=range(-6, 3, 2))
    write_above(ax, "arrow: start to end, thick: solved; cross: stays")
    ax.set_xlabel(SYMBOL["w"], style="italic")
    ax.set_ylabel(SYMBOL["b"], style="italic")
