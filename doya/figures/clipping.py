"""Two descents over the error surface, seen from above: without clipping and with clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import PowerNorm

from doya.figures import pascanu_surface as pascanu
from doya.figures.marks import THROWN, beside, painted
from doya.figures.recipes import Data, recipe
from doya.plots.pages import two_beside
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.plots.training_paths import marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


POINTS = 161
# Levels of E, evenly spaced in |x(T) - 0.7| like the greys, so that the valley is visible.
LEVELS = (0.05 * np.arange(14)) ** 2
# E at which a grey would be the ink itself, so far above all E that lines are visible on each grey.
INK_AT = 3.6
PATH: dict[str, Any] = {"linewidth": 0.7, "marker": "o", "markersize": 1.6, "zorder": 4}


@recipe(
    source="I. Goodfellow, Y. Bengio, A. Courville, Deep Learning (2016), Fig. 10.17",
    departs="The source shows, in perspective, the surface of a recurrent network with two"
    " parameters w and b, adapted from Pascanu et al. (2013).  Ours shows the surface and the two"
    " paths of the figure error-surface, after Pascanu et al., from above.",
)
def clipping(figure: Figure) -> Data:
    """Gradient descent on the error surface, seen from above: without and with clipping.

    The error is E = (σ(a(50)) - 0.7)² with a(t+1) = w σ(a(t)) + b and a(0) = 0.5; this is Doya's
    map of x = σ(a) with ε = 1, after T = 50 steps.  E and the paths are those of the figure
    error-surface.  Grey shades and contour lines: E over w and b, at levels whose square roots are
    evenly spaced.  The colour bar labels every second level.  Thick dashes: the wall; E is more
    than 0.25 just below the line and less than 0.03 just above it.  Dots: the points of the descent
    from the open circle, w = 5.36, b = -2.23, with the learning rate 0.3.  Left, without clipping:
    one step ends on the face of the wall.  The next step, the arrow, leaves the window; the w and b
    at which it ends are printed beside the arrow.  Right, dashed: gradients longer than 0.16 are
    shortened to 0.16.  The path is the same up to the wall.  Then it zigzags across the wall,
    towards smaller w, in steps of at most 0.048.  Square: the point after 72 steps.  The figure is
    two columns wide.
    """
    left, right, bar = two_beside(figure, tall=1.336)  # w and b on one scale
    w, b, error = pascanu.error_grid(POINTS)
    wall = pascanu.wall()
    for ax in left, right:
        pascanu.draw_shades(ax, w, b, error, LEVELS, PowerNorm(0.5, 0.0, INK_AT))
    _draw_bar(figure, left.collections[0], bar)
    right.tick_params(labelleft=False)
    left.set_ylabel(SYMBOL["b"], style="italic")

    third = wall.values["w"].size // 3
    at = (wall.values["w"][third], wall.values["b"][third])
    beside(left, "wall", at, (-3, -3), ha="right", va="top")

    plain, clipped = pascanu.descent(), pascanu.descent(pascanu.CLIP)
    throw = pascanu.throw(plain)
    left.plot(*plain[: throw.step, :2].T, "-", color=theme(left).ink, **PATH)
    (*start, _), (*edge, _) = throw.start.tolist(), throw.edge.tolist()
    left.annotate("", edge, start, arrowprops=painted(left, THROWN, linewidth=0.9))
    beside(left, f"step {throw.step} to {throw.landing}", edge, (4, 3), ha="right", va="bottom")
    right.plot(*clipped[:, :2].T, "--", color=theme(right).accent, **PATH)
    right.plot(*clipped[-1:, :2].T, **marks(right).end)
    for ax, title in ((left, "without clipping"), (right, "with clipping")):
        ax.plot(*plain[:1, :2].T, **marks(ax).start)
        ax.set_title(title, loc="left", pad=3.0)
    return {
        "w": w, "b": b, "loss": error, "contours": LEVELS, **pascanu.columns(plain, clipped),
        "wall_w": wall.values["w"], "wall_b": wall.values["b"],
    }  # fmt: skip


def _draw_bar(figure: Figure, bands: Any, bar: Axes) -> None:
    numbered = LEVELS[::2].tolist()
    figure.colorbar(bands, cax=bar).set_ticks(numbered, labels=[f"{each:.2g}" for each in numbered])
    bar.set_ylim(0.0, 0.4)
    bar.hlines(LEVELS, 0.0, 1.0, colors=theme(bar).ink, linewidths=0.3)
    bar.set_ylabel("E", style="italic")
