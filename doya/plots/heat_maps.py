"""The loss over two parameters as a heat map, with contours and walls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from doya.arrays import Floats
from doya.landscapes.landscape import Landscape
from doya.plots.keys import write_key
from doya.plots.labels import numbers, raised
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import conditions_of, formula_of, swept_label
from doya.plots.rows import Line
from doya.plots.style import WALL
from doya.plots.theme import Theme, theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from matplotlib.typing import ColorType


# Perceptually uniform, and from dark to light in grey print too.
COLOURS = "viridis"
# Width of the colour bar, and its distance from the map, in points.
BAR = 6.0


def heat_map(
    landscape: Landscape, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the loss over two parameters, the first along x; walls are broken lines."""
    names, (abscissa, ordinate) = list(landscape.axes), landscape.axes.values()
    kinds = [kind for kind in WALL if any(wall.kind == kind for wall in landscape.walls)]
    look, scale = theme(ax, color), scale_of(landscape.loss)
    words = layout_of(ax).words
    mesh, bar = shade(ax, abscissa, ordinate, landscape.loss, scale, COLOURS)
    bar_axes = bar.ax
    artists: list[Artist] = [mesh, bar_axes]
    bar.outline.set_linewidth(0.0)
    bar_axes.set_ylabel(formula_of(landscape), style="italic")
    words.add(bar_axes.yaxis.label, "L")
    artists += _contours(ax, landscape, scale, bar_axes)
    for k, wall in enumerate(landscape.walls):
        artists += draw_line(
            ax, wall.values[names[0]], wall.values[names[1]], WALL[wall.kind], look,
            None if k else label,
        )  # fmt: skip
    if kinds:
        handles = [
            Line2D([], [], color=look.curve, lw=1.0, linestyle=WALL[kind], label=text)
            for kind, text in _legend(kinds).items()
        ]
        artists.append(write_key(ax, handles, 2.2))
    text = conditions_of(landscape, names)
    line = Line(ax, text)
    words.above(ax, line)
    artists += line.words
    ax.set_xlabel(swept_label(names[0], landscape.conversion), style="italic")
    ax.set_ylabel(swept_label(names[1], landscape.conversion), style="italic")
    return drawn(artists)


def _legend(kinds: list[str]) -> dict[str, str]:
    """Return a text for each kind of wall; short ones for more than two, as room is limited."""
    if len(kinds) > 2:
        return {kind: kind if k else f"wall: {kind}" for k, kind in enumerate(kinds)}
    return {kind: f"wall ({kind})" for kind in kinds}


def draw_line(
    ax: Axes, x: Floats, y: Floats, linestyle: Any, look: Theme, label: str | None = None
) -> list[Artist]:
    """Draw a line on a wider one in the colour of the paper, so that it is visible anywhere."""
    return [
        *ax.plot(x, y, color=look.paper, linewidth=2.4, zorder=2, solid_capstyle="butt"),
        *ax.plot(
            x, y, color=look.curve, linewidth=1.0, linestyle=linestyle, zorder=2.1, label=label
        ),
    ]


class Scale(NamedTuple):
    """The colours of losses, and levels of the loss with their texts."""

    norm: PowerNorm
    levels: Floats
    texts: list[str]


def scale_of(loss: Floats) -> Scale:
    """Return colours and levels, both uniform in |target - x(T)|, the root of the loss.

    So valleys beside walls are visible.
    """
    known = np.sqrt(loss[np.isfinite(loss)])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    low = 0.0 if low < 0.5 * high else low
    high = high if high > low else low + max(1e-3 * low, 1e-6)
    roots = np.array(MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high))
    levels = roots[(low <= roots) & (roots <= high)] ** 2
    texts = [raised(text) for text in numbers(levels.tolist(), high**2 - low**2)]
    return Scale(PowerNorm(0.5, low**2, high**2), levels, texts)


def shade(
    ax: Axes, abscissa: Floats, ordinate: Floats, loss: Floats, scale: Scale, colours: Any
) -> tuple[QuadMesh, Colorbar]:
    """Shade the plane by the loss, and draw a colour bar on the right of it; return both."""
    for axis, value in ((ax.xaxis, abscissa), (ax.yaxis, ordinate)):
        axis.set_view_interval(value[0], value[-1], ignore=True)
        axis.set_major_locator(Ticks(5))
    bar_axes: Axes = ax.inset_axes((1.0, 0.0, 0.1, 1.0))
    bar_axes.set_axes_locator(_Bar(ax))
    mesh = ax.pcolormesh(
        edges_of(abscissa), edges_of(ordinate), np.ma.masked_invalid(loss.T), cmap=colours,
        norm=scale.norm, rasterized=True, zorder=0,
    )  # fmt: skip
    bar = ax.figure.colorbar(mesh, cax=bar_axes)
    bar.set_ticks(scale.levels.tolist(), labels=scale.texts)
    bar.ax.minorticks_off()
    layout_of(ax).place_by(partial(_thin, bar_axes))
    return mesh, bar


def _thin(bar: Axes, renderer: Any) -> None:
    """Show as many numbers as the height of the bar has room for."""
    labels = bar.get_yticklabels()
    tall = max((label.get_window_extent(renderer).height for label in labels), default=1.0)
    most = max(int(bar.get_window_extent(renderer).height / (1.2 * tall)), 1)
    every = -(-len(labels) // most)
    for k, label in enumerate(labels):
        label.set_visible(k % every == 0)


class _Bar:
    """Locator of the colour bar: of the same width in points at any size of the map."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax

    def __call__(self, bar: Any, renderer: Any) -> Bbox:
        place, point = self.ax.get_position(), self.ax.figure.dpi / 72.0
        width = BAR * point / self.ax.figure.bbox.width
        return Bbox.from_bounds(place.x1 + width, place.y0, width, place.height)


def edges_of(value: Floats) -> Floats:
    """Return the edges of cells: halfway between values, and the first and the last value."""
    middle = value[:-1] + 0.5 * np.diff(value)
    return np.concatenate([value[:1], middle, value[-1:]])


def _contours(ax: Axes, landscape: Landscape, scale: Scale, bar_axes: Axes) -> list[Artist]:
    """Draw thin contours at the ticks of the colour bar, light on dark and dark on light."""
    low, high = scale.norm.vmin, scale.norm.vmax
    inner = [level for level in scale.levels.tolist() if low < level < high]
    known = landscape.loss[np.isfinite(landscape.loss)]
    if not (inner and known.size) or np.ptp(known) == 0.0:
        return []
    colors = ["white" if scale.norm(level) < 0.5 else "black" for level in inner]
    abscissa, ordinate = landscape.axes.values()
    style: dict[str, Any] = {"linewidths": 0.4, "alpha": 0.8}
    lines = ax.contour(
        abscissa, ordinate, np.ma.masked_invalid(landscape.loss.T), levels=inner, colors=colors,
        zorder=1, **style,
    )  # fmt: skip
    return [lines, bar_axes.hlines(inner, 0.0, 1.0, colors=colors, **style)]
