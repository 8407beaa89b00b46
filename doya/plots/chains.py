"""Products of derivatives along a chain of layers of one unit, with each remedy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from doya.errors import ArgumentError
from doya.networks.chains import ChainProduct
from doya.plots.arguments import check_drawing
from doya.plots.labels import leader
from doya.plots.layout import drawn, layout_of
from doya.plots.limits import include
from doya.plots.panels import draw_threshold, set_logarithms
from doya.plots.theme import theme
from doya.plots.ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

# Lines of the chains on the same axes, one after another.
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (2, 2)))
# Name of the group of artists by which the chains on the same axes are counted.
CHAIN = "doya chain"


def draw_chain_product(
    result: ChainProduct, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the size of dx[k]/dx[0] against the number of layers k, as powers of ten.

    Above the line at 1 a gradient explodes, below it a gradient vanishes.  The name of the remedy
    stands beside the end of its curve.  Several chains on the same axes have different lines.

    Parameters
    ----------
    result : ChainProduct
        Result of `chain_product` for one unit.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the curve; by default that of matplotlib's text.
    label : str, optional
        Name beside the curve and in a legend, instead of the remedy's.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ValueError
        For an ensemble, a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> for kind in ("logistic", "residual"):
    ...     artists = doya.plots.draw_chain_product(doya.chain_product(kind, 50, 1.0, 0.0), ax)
    >>> [text.get_text() for text in ax.texts if text.get_text() in ("logistic", "residual")]
    ['logistic', 'residual']
    """
    check_drawing("result", result, ChainProduct, "chain_product", ax)
    row = result.log10_abs
    if row.ndim > 1:
        raise ArgumentError("result", f"must be of one unit, got one of shape {row.shape[:-1]}")
    look, k = theme(ax, color), result.k.astype(np.float64)
    before = sum(line.get_gid() == CHAIN for line in ax.lines)
    include(ax, (0.0, max(float(k[-1]), 1.0)))
    ax.xaxis.set_major_locator(Ticks(5, integer=True))
    set_logarithms(ax, np.append(row, [-1.0, 1.0]))
    artists: list[Artist] = [] if before else draw_threshold(ax, named=False)
    shown = np.where(np.isfinite(row), row, math.nan)
    name = label or result.kind
    artists += ax.plot(
        k, shown, linestyle=LINES[before % len(LINES)], color=look.curve, linewidth=1.0,
        gid=CHAIN, label=name, zorder=3,
    )  # fmt: skip
    known = shown[np.isfinite(shown)]
    if known.size:
        word = ax.annotate(
            name, (1.0, known[-1]), xycoords=ax.get_yaxis_transform(), xytext=(1.03, 0.5),
            textcoords="axes fraction", ha="left", va="center", fontsize="small",
            arrowprops={**leader(ax), "shrinkB": 1, "relpos": (0.0, 0.5)},
        )  # fmt: skip
        layout_of(ax).words.beside(ax, word)
        artists.append(word)
    ax.set_xlabel("k", style="italic")
    partial = "\N{PARTIAL DIFFERENTIAL}"
    ax.set_ylabel(f"|{partial}x(k)/{partial}x(0)|", style="italic")
    layout_of(ax).words.add(ax.yaxis.label, f"{partial}x")
    return drawn(artists)
