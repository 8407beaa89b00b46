"""The error surface of one neuron with its wall, as Pascanu et al. draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]
from mpl_toolkits.mplot3d.proj3d import proj_transform  # type: ignore[import-untyped]

from doya.figures import pascanu_surface as pascanu
from doya.figures.marks import THROWN, painted
from doya.figures.recipes import Data, recipe
from doya.plots.pages import stretch
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.plots.training_paths import marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A wire at every 8th of 161 values of w and of b.
POINTS, EVERY = 161, 8
# Angles of view in degrees, from which no part of the surface is hidden.
ELEVATION, AZIMUTH = 30.0, 30.0
# Short dashes, as the steps of the clipped descent are short.
DASHES = (0, (2.4, 1.0))


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 6",
    departs="The paper's lines depict what descent might do.  Ours are computed; the start, the"
    " learning rate and the threshold are our choice.  The start is a special one: one of its"
    " steps lands on the face of the wall, while most paths jump over the wall.  Of 1780 starts"
    " with b larger than at the wall, on a grid of spacing 0.02, 230 take a step longer than 20"
    " within 72 steps, and 36 of these a step longer than 100; the step shown is 2100 long.  With"
    " clipping no path is thrown far away.",
)
def error_surface(figure: Figure) -> Data:
    """The error of one neuron over w and b, its wall, and two descents that meet the wall.

    The error E is the loss, E = (σ(a(50)) - 0.7)² with a(t+1) = w σ(a(t)) + b and a(0) = 0.5; this
    is Doya's map of x = σ(a) with ε = 1, from x(0) = σ(0.5) = 0.622.  The steep face is the wall:
    on it x(0) lies on the boundary of two basins.  The w axis runs towards the viewer.  Thin grey
    lines on the surface: at constant w, at constant b, and, on the face, parallel to the wall.
    Both descents start at the open circle, w = 5.36, b = -2.23, with the learning rate 0.3.  They
    are the same until step 22, which lands on the face of the wall.  Solid: plain gradient descent.
    The gradient on the face is so large that the next step leaves the surface; the arrow shows only
    its direction.  Dashed: descent with clipping, where a gradient longer than 0.16 is shortened to
    0.16.  Its steps are at most 0.048 long, and it zigzags across the wall, along the foot of the
    face, towards smaller w.  Square: the point after 72 steps.  Step 22, which lands on the face,
    is the first step across the wall.  It is not shortened, because its gradient is shorter than
    0.16.  All later steps across the wall are shortened.  Lines join successive points at their
    height E.  The figure clipping shows the same paths from above.
    """
    ax = _axes(figure)
    w, b, error = pascanu.error_grid(POINTS)
    plain, clipped = pascanu.descent(), pascanu.descent(pascanu.CLIP)
    throw = pascanu.throw(plain)
    wires = pascanu.wires(POINTS, EVERY)
    look = theme(ax)
    mesh = Line3DCollection(wires, colors=[look.hairline], linewidths=0.35, zorder=1)
    ax.add_collection3d(mesh)
    ax.plot(
        *clipped.T, color=look.accent, linewidth=0.7, linestyle=DASHES, zorder=3,
        label=f"clipped, {pascanu.STEPS} steps",
    )  # fmt: skip
    ax.plot(
        *plain[: throw.step].T, color=look.ink, linewidth=1.3, zorder=4,
        label=f"plain: step {throw.step} ends at {throw.landing}",
    )  # fmt: skip
    start, edge = (proj_transform(*at, ax.get_proj())[:2] for at in (throw.start, throw.edge))
    ax.annotate("", edge, start, arrowprops=painted(ax, THROWN), annotation_clip=False, zorder=4)
    ax.plot(*plain[:1].T, **marks(ax).start)
    ax.plot(*clipped[-1:].T, **marks(ax).end)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles[::-1], labels[::-1], loc="upper right", bbox_to_anchor=(0.98, 0.99),
        bbox_transform=figure.transFigure, borderaxespad=0.0, handlelength=2.4,
    )  # fmt: skip
    figure.text(
        0.98, 0.88, "ε = 1, a(0) = 0.5, T = 50", ha="right", va="top", fontsize="small"
    )  # fmt: skip
    gap = np.full((1, 3), np.nan)
    rows = np.concatenate([each for wire in wires for each in (wire, gap)]).T
    table = {f"wire_{name}": row for name, row in zip(("w", "b", "loss"), rows, strict=True)}
    return {"w": w, "b": b, "loss": error, **table, **pascanu.columns(plain, clipped)}


def _axes(figure: Figure) -> Any:
    """Make axes of w, b and E, seen from the side of low E, without panes behind the wires."""
    stretch(figure, 1.1)
    ax: Any = figure.add_axes((0.05, 0.04, 0.92, 0.88), projection="3d")
    ax.computed_zorder = False  # the paths lie in the surface, and are drawn after it
    ax.set(xlim=pascanu.WINDOW["w"], ylim=pascanu.WINDOW["b"], zlim=(0.0, 0.4))
    ax.view_init(ELEVATION, AZIMUTH)
    ax.set_box_aspect((1.0, 1.0, 0.62), zoom=1.1)
    ax.grid(visible=False)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((1.0, 1.0, 1.0, 0.0))
    # No ticks at the ends of w and b, where the labels of the other axes stand.
    ax.set(xticks=np.arange(23, 28) / 5, yticks=np.arange(-14, -9) / 5, zticks=np.arange(5) / 10)
    ax.tick_params(pad=-3.0)
    ax.set_xlabel(SYMBOL["w"], style="italic", labelpad=-6.0)
    ax.set_ylabel(SYMBOL["b"], style="italic", labelpad=-5.0)
    ax.zaxis.set_rotate_label(False)
    ax.set_zlabel("E", style="italic", labelpad=-6.0, rotation=0.0)
    return ax
