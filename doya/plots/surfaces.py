"""The loss over two parameters as a surface, with its walls."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.landscapes.landscape import Landscape
from doya.plots.arguments import check_drawing
from doya.plots.heat_maps import COLOURS, scale_of
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import conditions_of, formula_of, swept_label
from doya.plots.meshes import mesh_of
from doya.plots.style import WALL
from doya.plots.theme import theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.typing import ColorType
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]

# View from this angle above the plane, in degrees, at matplotlib's distance.
ELEVATION, ZOOM = 26.0, 1.0
# Angles of view around the vertical that leave room for labels, in degrees.
AZIMUTHS = np.array([-150.0, -120.0, -60.0, -30.0, 30.0, 60.0, 120.0, 150.0])
# Largest number of intervals between ticks.
MOST_TICKS = 4


def draw_landscape_surface(
    landscape: Landscape, ax: Axes3D, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the loss over two parameters as a surface, with lines along the foot and top of walls.

    Parameters
    ----------
    landscape : Landscape
        Result of `loss_landscape` over two parameters.
    ax : matplotlib Axes3D
        Axes to draw on, made with projection="3d"; the limits, labels and view are set.
    color : color, optional
        Colour of the walls; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For a landscape over one parameter, a result of another type, or an `ax` that is not
        three-dimensional matplotlib axes.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), Fig. 6.

    Examples
    --------
    >>> import doya, numpy as np
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot(projection="3d")
    >>> axes = {"w": np.linspace(4.5, 5.5, 20), "b": np.linspace(-2.9, -1.9, 20)}
    >>> artists = doya.plots.draw_landscape_surface(
    ...     doya.loss_landscape(doya.NeuronODE(), axes), ax)
    >>> ax.get_xlabel(), ax.get_ylabel(), len(ax.lines)
    ('w', 'b', 2)
    """
    check_drawing("landscape", landscape, Landscape, "loss_landscape", ax, solid=True)
    if len(landscape.axes) != 2:
        raise ArgumentError(
            "landscape", f"must be over two parameters, got {', '.join(landscape.axes)}"
        )
    names, (first, second) = list(landscape.axes), landscape.axes.values()
    scale = scale_of(landscape.loss)
    mesh = mesh_of(landscape)
    loss = mesh[2]
    # A face has the colour of its highest corner, so that a wall has a single colour.
    highest = np.maximum(
        np.maximum(loss[1:, 1:], loss[1:, :-1]), np.maximum(loss[:-1, 1:], loss[:-1, :-1])
    )
    colours = colormaps[COLOURS](scale.norm(np.ma.masked_invalid(highest)))
    ax.computed_zorder = False  # walls lie in the surface, and are drawn after it
    artists: list[Artist] = [
        ax.plot_surface(
            *mesh,
            facecolors=np.pad(colours, ((0, 1), (0, 1), (0, 0))), rstride=1, cstride=1,
            shade=False, linewidth=0.0, antialiased=False, rasterized=True, zorder=1,
        )
    ]  # fmt: skip
    look = theme(ax, color)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((*look.shade(0.06), 0.5))
    for k, wall in enumerate(landscape.walls):
        for level in (wall.below, wall.above):
            artists += ax.plot(
                wall.values[names[0]], wall.values[names[1]], level, color=look.curve,
                linewidth=1.0, linestyle=WALL[wall.kind], zorder=2,
                label=label if k == 0 and level is wall.below else None,
            )  # fmt: skip
    low, high = scale.norm.vmin, scale.norm.vmax
    ax.set_zlim(low, high)
    ax.view_init(ELEVATION, _azimuth(landscape.loss))
    ax.set_box_aspect((1.0, 1.0, 0.75), zoom=ZOOM)
    for axis, value in ((ax.xaxis, first), (ax.yaxis, second)):
        axis.set_view_interval(value[0], value[-1], ignore=True)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(Ticks(MOST_TICKS))
    ax.tick_params(pad=-3.0)
    ax.set_xlabel(swept_label(names[0], landscape.conversion), style="italic", labelpad=-5.0)
    ax.set_ylabel(swept_label(names[1], landscape.conversion), style="italic", labelpad=-4.0)
    ax.zaxis.set_rotate_label(False)
    ax.set_zlabel(
        formula_of(landscape),
        style="italic",
        labelpad=-4.0,
        rotation=90.0,
    )
    text = conditions_of(landscape, names)
    word = ax.annotate(
        text, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4),
        textcoords="offset points", ha="right", va="top", fontsize="small",
    )  # fmt: skip
    artists.append(word)
    layout = layout_of(ax)
    layout.words.add(ax.zaxis.label, "L")
    layout.words.add(word)
    layout.place_by(partial(_thin, ax))
    return drawn(artists)


def _thin(ax: Axes3D, renderer: Any) -> None:
    """Take as many ticks along each axis as have room beside each other."""
    axes = (ax.xaxis, ax.yaxis, ax.zaxis)
    used = renderer or ax.figure._get_renderer()
    ax.M = ax.get_proj()
    ax.invM = np.linalg.inv(ax.M)
    for axis in axes:
        for count in range(MOST_TICKS, 0, -1):
            axis.get_major_locator().count = count
            # Places the labels, which matplotlib 3.10 does nowhere else, and draws nothing.
            with used._draw_disabled():
                axis.draw(used)
            ticks = axis.majorTicks[: len(axis.get_majorticklocs())]
            boxes = [tick.label1.get_window_extent(renderer) for tick in ticks]
            if not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2)):
                break


def _azimuth(loss: Floats) -> float:
    """Return the angle of view from the side of low loss, so that the face of a wall is visible."""
    weights = [np.linspace(-1.0, 1.0, size) for size in loss.shape]
    finite = np.isfinite(loss)
    known = np.where(finite, loss - np.mean(loss[finite]), 0.0) if finite.any() else 0.0 * finite
    slopes = weights[0] @ known.sum(axis=1), weights[1] @ known.sum(axis=0)
    away = AZIMUTHS - np.degrees(np.arctan2(-slopes[1], -slopes[0]))
    return float(AZIMUTHS[np.argmin(np.abs((away + 180.0) % 360.0 - 180.0))])
