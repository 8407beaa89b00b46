"""Products of derivatives along layers of one unit or of many, with each remedy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.networks.chains import ChainProduct
from doya.networks.comparisons import ChainProducts
from doya.networks.random_networks import DeepProducts
from doya.plots.arguments import check_drawing
from doya.plots.labels import write_beside
from doya.plots.layout import drawn, layout_of
from doya.plots.panels import draw_threshold, set_counts, set_logarithms
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

# Lines of the curves on the same axes, one after another; then again in another colour.
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (2, 2)))
# Name of the group of artists by which the curves on the same axes are counted.
CURVE = "doya remedy"
PARTIAL = "\N{PARTIAL DIFFERENTIAL}"


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
    ArgumentError
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
    _check_single(result)
    name = label or result.kind
    artists = _draw(ax, result.k, result.log10_abs, name, color, label=name)
    _label_axes(ax, f"|{PARTIAL}x(k)/{PARTIAL}x(0)|", f"{PARTIAL}x")
    return drawn(artists)


def draw_chain_products(
    result: ChainProducts, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the sizes of dx[k]/dx[0] with each remedy, as powers of ten.

    Above the line at 1 a gradient explodes, below it a gradient vanishes.  The name of each remedy
    stands beside the end of its curve; remedies with the same product share a curve.  The curves
    have different lines.

    Parameters
    ----------
    result : ChainProducts
        Result of `chain_products` for one unit.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of all curves; by default that of matplotlib's text, and further ones when there are
        more curves than kinds of lines.
    label : str, optional
        Name in a legend, of all curves together; by default each remedy has its own.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For an ensemble, a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> found = doya.chain_products(50, remedies=["logistic", "clipping", "gru_1", "gru_3"])
    >>> artists = doya.plots.draw_chain_products(found, ax)
    >>> [text.get_text() for text in ax.texts]
    ['logistic, clipping', 'gru, update bias 1', 'gru, update bias 3']
    """
    check_drawing("result", result, ChainProducts, "chain_products", ax)
    artists: list[Artist] = []
    for number, (name, chain) in enumerate(result.distinct().items()):
        _check_single(chain)
        own = name if label is None else ("_" if number else label)
        artists += _draw(ax, chain.k, chain.log10_abs, name, color, label=own)
    _label_axes(ax, f"|{PARTIAL}x(k)/{PARTIAL}x(0)|", f"{PARTIAL}x")
    return drawn(artists)


def draw_deep_products(
    result: DeepProducts, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the norms of da[k]/da[0] of random networks against depth, as powers of ten.

    The curve is the median over the networks; the range from 10 to 90 % is shaded.  Above the line
    at 1 a gradient explodes, below it a gradient vanishes.  The name stands beside the end of the
    curve.  Several results on the same axes have different lines.

    Parameters
    ----------
    result : DeepProducts
        Result of `deep_products`.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the curve; by default that of matplotlib's text, and further ones when there are
        more curves than kinds of lines.
    label : str, optional
        Name beside the curve and in a legend, instead of the scheme of the weights.

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
    >>> ax = Figure().subplots()
    >>> for scheme in ("glorot", "he"):
    ...     found = doya.deep_products(scheme, 9, units=5, networks=9, activation="relu")
    ...     artists = doya.plots.draw_deep_products(found, ax)
    >>> [text.get_text() for text in ax.texts]
    ['glorot', 'he']
    """
    check_drawing("result", result, DeepProducts, "deep_products", ax)
    low, median, high = result.quantiles()
    name = label or result.scheme
    artists = _draw(ax, result.k, median, name, color, label=name)
    (line,) = (each for each in artists if each.get_gid() == CURVE)
    known = np.isfinite(low)
    artists.append(
        ax.fill_between(
            result.k[known], low[known], high[known], color=line.get_color(),  # type: ignore[attr-defined]
            alpha=0.15, linewidth=0, zorder=0.5,
        )
    )  # fmt: skip
    set_logarithms(ax, np.append(low[known], high[known]))
    norm = "\u2016"
    _label_axes(ax, f"{norm}{PARTIAL}a(k)/{PARTIAL}a(0){norm}", f"{norm}\u2026{norm}")
    return drawn(artists)


def _check_single(chain: ChainProduct) -> None:
    if chain.log10_abs.ndim > 1:
        shape = chain.log10_abs.shape[:-1]
        raise ArgumentError("result", f"must be of one unit, got one of shape {shape}")


def _draw(
    ax: Axes, k: Any, row: Floats, name: str, color: ColorType | None, *, label: str
) -> list[Artist]:
    """Draw a curve of logarithms and its name at its end; before the first one the line at 1."""
    look = theme(ax, color)
    before = sum(line.get_gid() == CURVE for line in ax.lines)
    set_counts(ax, k)
    set_logarithms(ax, np.append(row, [-1.0, 1.0]))
    artists: list[Artist] = [] if before else draw_threshold(ax, named=False)
    shown = np.where(np.isfinite(row), row, math.nan)
    colours = (look.curve, *look.accents) if color is None else (look.curve,)
    artists += ax.plot(
        k.astype(np.float64), shown, linestyle=LINES[before % len(LINES)],
        color=colours[before // len(LINES) % len(colours)], linewidth=1.0, gid=CURVE, label=label,
        zorder=3,
    )  # fmt: skip
    known = shown[np.isfinite(shown)]
    if known.size:
        word = write_beside(ax, name, known[-1])
        layout_of(ax).words.beside(ax, word)
        artists.append(word)
    return artists


def _label_axes(ax: Axes, label: str, shorter: str) -> None:
    ax.set_xlabel("k", style="italic")
    ax.set_ylabel(label, style="italic")
    layout_of(ax).words.add(ax.yaxis.label, shorter)
