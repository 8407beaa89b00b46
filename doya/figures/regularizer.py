"""The regulariser of Pascanu et al. over (w, b), and descents with clipping alone and with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import PowerNorm

from doya.arrays import Floats
from doya.figures import pascanu_surface as pascanu
from doya.figures.marks import beside, painted
from doya.figures.recipes import Data, recipe
from doya.neurons import NeuronMap
from doya.plots.labels import number
from doya.plots.pages import two_beside
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.plots.training_paths import marks
from doya.training.descent import train
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


POINTS, WEIGHT = 101, 0.01
LEVELS = np.array([0.0, 1.0, 2.0, 4.0, *np.arange(8.0, 41.0, 4.0)])
# Ω at which a grey would be the ink itself, so that lines are visible on each grey.
INK_AT = 90.0
PATHS: dict[str, dict[str, Any]] = {
    "clipped": {"color": "ink", "linestyle": "--"},
    "regularised": {"color": "accent", "linestyle": "-"},
}
DOTS: dict[str, Any] = {"linewidth": 0.7, "marker": "o", "markersize": 1.6, "zorder": 4}


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), equation 9 for Ω, and Fig. 6 for the surface",
    departs="The source uses Ω in networks, with the weight 4.  Ours has one unit, on the surface"
    " of the figure error-surface, and the weight 0.01: with 4 the gradient of Ω alone is hundreds"
    " of times longer than the limit of clipping.  The factors are those of Doya's map of x ="
    " σ(a), whose steps are one later than those of a.",
)
def regularizer(figure: Figure) -> Data:
    """The regulariser Ω is small where gradients keep their size, and that is beside the wall.

    Ω = Σ (|w σ'(a(t))| - 1)², the sum over t = 1 to 50, of a(t+1) = w σ(a(t)) + b from a(0) = 0.5:
    it is small where the gradient neither vanishes nor explodes on its way back.  Grey shades and
    contour lines: Ω over w and b.  It is smallest beside the wall (thick dashes), where the state
    stays long at the boundary of the basins, and towards small w.  Dots: two descents of the error
    E of the figure error-surface from the open circle, w = 5.36, b = -2.23, with the learning rate
    0.3 and gradients longer than 0.16 shortened to 0.16; squares: the points after 72 steps.  Left:
    E alone.  Right: E + 0.01 Ω.  Printed are the number of steps that cross the wall, and the
    longest gradient of what is descended; it depends on how near to the wall a point happens to be.
    Ω leads the descent into the same narrow valley.  So on one unit it does not keep the descent on
    one side of its wall.  The figure is two columns wide.
    """
    left, right, bar = two_beside(figure, tall=1.336)
    w, b = (np.linspace(*ends, POINTS) for ends in pascanu.WINDOW.values())
    omega, wall = _omega(w[:, np.newaxis], b), pascanu.wall()
    data = {"w": w, "b": b, "omega": omega, "contours": LEVELS}
    titles = ("E with clipping", f"E + {WEIGHT:g} Ω with clipping")
    for ax, title, (name, look) in zip((left, right), titles, PATHS.items(), strict=True):
        pascanu.draw_shades(ax, w, b, omega, LEVELS, PowerNorm(0.8, 0.0, INK_AT))
        path, norm = _descent(WEIGHT if ax is right else None)
        ax.plot(path[0], path[1], **painted(ax, {**DOTS, **look}))
        ax.plot(path[0, -1:], path[1, -1:], **marks(ax).end)
        ax.plot(path[0, :1], path[1, :1], **marks(ax).start)
        ax.set_title(title, loc="left", pad=3.0)
        crossed, longest = _crossings(path), float(norm.max())
        words = f"{crossed} steps cross the wall,\nlongest gradient {number(longest, 4)}"
        beside(ax, words, (0.03, 0.05), (0, 0), ha="left", va="bottom", xycoords="axes fraction",
               bbox={"color": theme(ax).paper, "pad": 1.5})  # fmt: skip
        data |= {f"{name}_{each}": row for each, row in zip(("w", "b", "loss"), path, strict=True)}
        data |= {f"{name}_crossings": np.array([crossed]), f"{name}_gradient_norm": norm}
    right.tick_params(labelleft=False)
    left.set_ylabel(SYMBOL["b"], style="italic")
    beside(left, "wall", (5.3, float(np.interp(5.3, wall.values["w"], wall.values["b"]))),
           (3, 3), ha="left", va="bottom")  # fmt: skip
    figure.colorbar(left.collections[0], cax=bar).set_ticks([0.0, 2.0, *range(8, 41, 8)])
    bar.set_ylabel("Ω", style="italic")
    return {**data, "wall_w": wall.values["w"], "wall_b": wall.values["b"]}


def _omega(w: Floats, b: Floats) -> Floats:
    """Return the sum over the steps of the squared distance of their factor from 1."""
    x = simulate(NeuronMap(w, b), pascanu.X0, pascanu.T_END - 1).x
    neuron = NeuronMap(w[..., np.newaxis], b[..., np.newaxis])
    factor = np.abs(neuron.eigenvalue(x))
    found: Floats = np.sum((factor - 1.0) ** 2, axis=-1)
    return found


def _descent(weight: float | None) -> tuple[Floats, Floats]:
    """Return rows w, b and E of a clipped descent, with Ω if it has a weight, and gradients."""
    path = train(
        pascanu.PASCANU.neuron, pascanu.X0, pascanu.T_END, pascanu.TARGET, ("w", "b"),
        pascanu.LEARNING_RATE, pascanu.STEPS, pascanu.CLIP,
        penalty={"omega": weight} if weight else None,
    )  # fmt: skip
    rows = np.stack([path.parameters["w"], path.parameters["b"], path.loss])
    return rows, path.gradient_norm


def _crossings(path: Floats) -> int:
    """Return the number of steps from one side of the wall, b = 0.5 - σ(0.5) w, to the other."""
    above = path[1] > 0.5 - pascanu.X0 * path[0]
    return int(np.count_nonzero(np.diff(above)))
