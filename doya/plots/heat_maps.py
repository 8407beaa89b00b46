"""The loss over two parameters as a heat map, with contours and walls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from doya.arrays import Floats
from doya.landscapes.landscape import Landscape
from doya.plots.labels import (
    ROW,
    axis_label,
    conditions,
    loss_formula,
    numbers,
    raised,
    write_above,
)
from doya.plots.panels import align_labels
from doya.plots.style import CURVE, WALL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Perceptually uniform, and from dark to light in grey print too.
COLOURS = "viridis"
# Width of the colour bar, and its distance from the map, in points.
BAR = 6.0


def heat_map(landscape: Landscape, ax: Axes) -> list[Artist]:
    """Draw the loss over two parameters, the first along x; walls are broken black lines."""
    names, (abscissa, ordinate) = list(landscape.axes), landscape.axes.values()
    kinds = [kind for kind in WALL if any(wall.kind == kind for wall in landscape.walls)]
    loss = np.ma.masked_invalid(landscape.loss.T)
    scale = scale_of(landscape)
    bar_axes, divider = _beside(ax, scale, rows=int(bool(kinds)))
    for axis, value in ((ax.xaxis, abscissa), (ax.yaxis, ordinate)):
        axis.set_view_interval(value[0], value[-1], ignore=True)
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    mesh = ax.pcolormesh(
        _edges(abscissa), _edges(ordinate), loss, cmap=COLOURS, norm=scale.norm, rasterized=True,
        zorder=0,
    )  # fmt: skip
    artists: list[Artist] = [mesh, bar_axes]
    bar = ax.figure.colorbar(mesh, cax=bar_axes)
    bar.outline.set_linewidth(0.0)
    bar.set_ticks(scale.levels.tolist(), labels=scale.texts)
    bar.ax.minorticks_off()
    bar_axes.set_ylabel(loss_formula(landscape.target), style="italic")
    artists += _contours(ax, landscape, scale, bar_axes)
    for wall in landscape.walls:
        artists += draw_line(ax, wall.values[names[0]], wall.values[names[1]], WALL[wall.kind])
    if kinds:
        artists.append(
            ax.legend(
                handles=[
                    Line2D([], [], color=CURVE, linewidth=1.0, linestyle=WALL[kind], label=text)
                    for kind, text in _legend(kinds).items()
                ],
                loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(kinds), handlelength=2.2,
                columnspacing=1.0, handletextpad=0.5, borderpad=0.2, borderaxespad=0.0,
            )
        )  # fmt: skip
    text = conditions(landscape.neuron, landscape.x0, landscape.t_end, landscape.u, names)
    artists.append(write_above(ax, text, int(bool(kinds))))
    ax.set_xlabel(axis_label(names[0]), style="italic")
    ax.set_ylabel(axis_label(names[1]), style="italic")
    align_labels([ax], divider)
    return artists


def _legend(kinds: list[str]) -> dict[str, str]:
    """Return a text for each kind of wall; short ones for more than two, as room is limited."""
    if len(kinds) > 2:
        return {kind: kind if k else f"wall: {kind}" for k, kind in enumerate(kinds)}
    return {kind: f"wall ({kind})" for kind in kinds}


def draw_line(ax: Axes, x: Floats, y: Floats, linestyle: Any) -> list[Artist]:
    """Draw a black line on a white one, so that it is visible on every colour."""
    return [
        *ax.plot(x, y, color="white", linewidth=2.4, zorder=2, solid_capstyle="butt"),
        *ax.plot(x, y, color=CURVE, linewidth=1.0, linestyle=linestyle, zorder=2.1),
    ]


class Scale(NamedTuple):
    """The colours of losses, and levels of the loss with their texts."""

    norm: PowerNorm
    levels: Floats
    texts: list[str]


def scale_of(landscape: Landscape) -> Scale:
    """Return colours and levels, both uniform in |target - x(T)|, the root of the loss.

    So valleys beside walls are visible.
    """
    known = np.sqrt(landscape.loss[np.isfinite(landscape.loss)])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    low = 0.0 if low < 0.5 * high else low
    high = high if high > low else low + max(1e-3 * low, 1e-6)
    roots = np.array(MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high))
    levels = roots[(low <= roots) & (roots <= high)] ** 2
    texts = [raised(text) for text in numbers(levels.tolist(), high**2 - low**2)]
    return Scale(PowerNorm(0.5, low**2, high**2), levels, texts)


def _beside(ax: Axes, scale: Scale, rows: int) -> tuple[Axes, Any]:
    """Make axes for the colour bar, with room for its labels and for rows of text above the map."""
    from mpl_toolkits.axes_grid1 import (  # type: ignore[import-untyped]
        axes_size,
        make_axes_locatable,
    )

    divider = make_axes_locatable(ax)
    bar_axes: Axes = divider.append_axes("right", size=axes_size.Fixed(BAR / 72.0), pad=BAR / 72.0)
    ax.figure.sca(ax)  # still pyplot's current axes
    margin = 72.0 * (1.0 - ax.get_position(original=True).x1) * ax.figure.bbox.width
    labels = 4.6 * max(map(len, scale.texts), default=0) + 20.0
    room = axes_size.Fixed(max(labels - margin / ax.figure.dpi, 0.0) / 72.0)
    divider.set_horizontal([*divider.get_horizontal(), room])
    divider.new_vertical(size=axes_size.Fixed(ROW * rows / 72.0), pad=0.0)
    return bar_axes, divider


def _edges(value: Floats) -> Floats:
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
