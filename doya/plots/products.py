"""Products of a network's Jacobians against the number of steps back."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text

from doya.arrays import Floats
from doya.networks.products import JacobianProducts
from doya.plots.arguments import check_drawing
from doya.plots.curve_names import name_curves
from doya.plots.labels import MINUS, box, readable
from doya.plots.layout import drawn, layout_of
from doya.plots.panels import draw_threshold, set_counts, set_logarithms
from doya.plots.rows import Line
from doya.plots.theme import mixed, theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


NORM: dict[str, Any] = {"linewidth": 1.4, "zorder": 3}
BOUND: dict[str, Any] = {"linewidth": 0.9, "linestyle": "--", "zorder": 2.5}
SMALLEST: dict[str, Any] = {"linewidth": 0.7, "zorder": 2}
# Distance between triangles, in points.
APART = 6.0


def draw_jacobian_products(
    result: JacobianProducts, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the norm of da[T]/da[T-k] against k, with its bound, as powers of ten of any size.

    The norm is solid, and its bound factor**k is dashed.  The smallest singular value is thin and
    grey; it leaves the axes at their foot where it is far below the norm.  Above the line at 1 a
    gradient explodes, below it a gradient vanishes.  Triangles at the foot stand for 0.

    Parameters
    ----------
    result : JacobianProducts
        Result of `jacobian_products`.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the curves; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure(figsize=(3.3, 2.5)).subplots()
    >>> network = doya.SigmoidRNN([[3.0, 1.0], [-1.0, 3.0]], b=-2.0)
    >>> products = doya.jacobian_products(network, a0=0.0, steps=100)
    >>> artists = doya.plots.draw_jacobian_products(products, ax)
    >>> ax.get_xlabel(), ax.get_ylabel()[:7]
    ('k', '‖∂a(T)/')
    """
    check_drawing("result", result, JacobianProducts, "jacobian_products", ax)
    k, network = result.k.astype(np.float64), result.network
    look = theme(ax, color)
    solid, grey = {"color": look.curve}, {"color": mixed(look.paper, look.curve, 0.45)}
    curves: dict[str, tuple[Floats, dict[str, Any]]] = {
        "bound": (result.log10_bound, {**BOUND, **solid}),
        "norm": (result.log10_norm, {**NORM, **solid, "label": label}),
        "smallest singular value": (
            result.log10_singular_values[:, -1], {**SMALLEST, **grey},
        ),
    }  # fmt: skip
    if network.units == 1:
        del curves["smallest singular value"]
    layout = layout_of(ax)
    set_counts(ax, k)
    set_logarithms(ax, np.concatenate([[-1.0], result.log10_norm, result.log10_bound]))
    ax.set_xlabel("k", style="italic")
    partial = "\N{PARTIAL DIFFERENTIAL}"
    ax.set_ylabel(f"\u2016{partial}a(T)/{partial}a(T{MINUS}k)\u2016", style="italic")
    layout.words.add(ax.yaxis.label, "\u2016\u2026\u2016")

    artists = draw_threshold(ax)
    for logarithms, style in curves.values():
        artists += _curve(ax, k, logarithms, style)
    artists += _names(ax, k, curves)
    factor = f"\u2016W\u2016 max \N{GREEK SMALL LETTER PHI}\N{PRIME} = {readable(network.factor)}"
    text = f"{network.activation}, N = {network.units}, T = {result.k[-1]}, {factor}"
    line = Line(ax, text)
    layout.words.above(ax, line)
    return drawn([*artists, *line.words])


def _names(ax: Axes, k: Floats, curves: dict[str, tuple[Floats, dict[str, Any]]]) -> list[Artist]:
    """Write the names beside the curves, or in a legend where the curves are too close together."""
    rows = [np.where(np.isfinite(row), row, math.nan) for row, _ in curves.values()]
    names = name_curves(ax, k, rows, list(curves), [np.zeros(k.size)])
    handles = [Line2D([], [], **{**style, "label": name}) for name, (_, style) in curves.items()]
    legend = Legend(ax, handles, [*curves])
    ax.add_artist(legend)
    layout = layout_of(ax)
    layout.words.add(legend)
    layout.place_by(partial(_choose, names, [*curves], legend))
    return [*names, legend]


def _choose(names: list[Artist], wanted: list[str], legend: Legend, renderer: Any) -> None:
    """Show the legend if some curve has no name beside it."""
    shown = [each for each in names if isinstance(each, Text) and each.get_visible()]
    written = ", ".join(text.get_text() for text in shown)
    complete = all(name in written for name in wanted)
    legend.set_visible(not complete)
    for each in shown:
        each.set_visible(complete)


def _curve(ax: Axes, k: Floats, logarithms: Floats, style: dict[str, Any]) -> list[Artist]:
    """Draw a line, and triangles where it is at minus infinity."""
    finite = np.isfinite(logarithms)
    artists: list[Artist] = [*ax.plot(k, np.where(finite, logarithms, math.nan), **style)]
    width, tall = box(ax)
    none = k[~finite][:: math.ceil(APART * ax.get_xlim()[1] / width)]
    if none.size:
        artists += ax.plot(
            none, np.full(none.size, 2.0 / tall), "v", color=style["color"],
            markersize=3.0, markeredgewidth=0.0, transform=ax.get_xaxis_transform(),
            clip_on=False, zorder=style["zorder"],
        )  # fmt: skip
    return artists
