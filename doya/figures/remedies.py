"""The product of Jacobians against depth, with each remedy for vanishing gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.networks.chains import chain_product
from doya.networks.random_networks import deep_products
from doya.networks.remedies import COMPARED
from doya.plots.labels import TALL, box, leader, power, spread
from doya.plots.pages import two_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = dict[str, Any]

W, B = 1.0, 0.0
DEPTH, LAYERS, UNITS, NETWORKS, BATCH = 100, 30, 50, 60, 64

DASHES, DOTS = (0, (3.5, 1.5)), (0, (1.0, 1.2))
PLAIN: Curve = {"color": "ink", "linewidth": 1.3}
GREY: Curve = {"color": "grey", "linewidth": 1.3}
COLOURED: Curve = {"color": "accent", "linewidth": 1.3}

# Name of each curve: the remedy in COMPARED, and its line.
CHAINS: dict[str, tuple[str, Curve]] = {
    "logistic": ("logistic", PLAIN),
    "clipping": ("clipping", PLAIN),
    "tanh": ("tanh", {**PLAIN, "linestyle": DOTS}),
    "ReLU": ("relu", {**PLAIN, "linestyle": DASHES}),
    "residual": ("residual", GREY),
    "leak": ("leak", {**GREY, "linestyle": DASHES}),
    "LSTM, bias 0": ("lstm_0", {**COLOURED, "linestyle": DOTS}),
    "LSTM, bias 1": ("lstm_1", {**COLOURED, "linestyle": (0, (3.5, 1.2, 1.0, 1.2))}),
    "LSTM, bias 3": ("lstm_3", {**COLOURED, "linestyle": (0, (3.5, 1.2, 1.0, 1.2, 1.0, 1.2))}),
}
# Name of each curve: the scheme of weights, further arguments, and its line.
SCHEMES: dict[str, tuple[str, dict[str, Any], Curve]] = {
    "Glorot": ("glorot", {}, PLAIN),
    "Kumar": ("kumar", {}, {**PLAIN, "linestyle": DASHES}),
    "Yilmaz, Poli": ("yilmaz-poli", {}, COLOURED),
    "batch norm": ("glorot", {"batch": BATCH}, GREY),
    "Glorot, tanh": ("glorot", {"activation": "tanh"}, {**PLAIN, "linestyle": DOTS}),
}
# Powers of ten at the lower ends of the axes.
LOWEST, DEEPEST = -10.0, -19.0


@recipe(
    source='The list of remedies is that of Wikipedia, "Vanishing gradient problem".  One unit:'
    " R. Pascanu, T. Mikolov, Y. Bengio (2013), clipping; S. Hochreiter, J. Schmidhuber (1997) and"
    " F. Gers, J. Schmidhuber, F. Cummins (2000), LSTM; X. Glorot, A. Bordes, Y. Bengio (2011),"
    " ReLU; K. He, X. Zhang, S. Ren, J. Sun (2016), residual; H. Jaeger, M. Lukosevicius,"
    " D. Popovici, U. Siewert (2007), leak.  Many units: X. Glorot, Y. Bengio (2010);"
    " S. K. Kumar (2017); A. Yilmaz, R. Poli (2022); S. Ioffe, C. Szegedy (2015), batch"
    " normalisation",
    departs="The figure is ours: each source describes one remedy, and here all are measured on the"
    " same unit, with the same weight in every layer and no input, and on the same kind of"
    " network.  Yilmaz and Poli give the mean of the weights; the standard deviation, 0.1, is our"
    " choice.",
)
def remedies(figure: Figure) -> Data:
    """The product of Jacobians that multiplies a gradient, with each remedy.

    Above: layers of one unit, with z = w x + b, w = 1, b = 0 and x(0) = 0.5; shown is the size of
    the product of the first k layers.  Black, solid: the logistic chain, which loses a factor of
    more than 4 a layer.  Clipping bounds the step of the descent and leaves the product as it is,
    so its line is the same.  Black, dotted: tanh, whose state approaches 0.  Black, dashed: ReLU,
    which is active and multiplies by w.  Grey: a residual path, x + σ(z).  Grey, dashed: a leak
    with ε = 0.1.  Coloured: an LSTM cell whose forget gate has the bias 0 (dotted), 1 (dash-dotted)
    or 3 (dashes and two dots); x is its cell state, and its gates have the weight w.  Below: random
    networks of 50 units a layer before learning; shown is the 2-norm of the product, its median
    over 60 networks, shaded from 10 to 90 %.  Logistic units have the weights of Glorot and Bengio
    (black, solid), of Kumar (black, dashed), or of Yilmaz and Poli, with a negative mean (coloured;
    their activations are high in one layer and low in the next).  Grey: logistic units with
    Glorot's weights and batch normalisation, whose mean and variance are computed once from 64
    samples.  Black, dotted: tanh units with Glorot's weights.
    """
    figure.subplots_adjust(right=0.765)
    above, below = two_below(figure, tall=2.0, share=0.5, gap=0.62)
    return stacked({**_draw_chains(above), **_draw_networks(below)})


def _draw_chains(ax: Axes) -> dict[str, Curve]:
    """Draw the products of chains with one unit a layer."""
    _set_axes(
        ax,
        DEPTH,
        (LOWEST, 0.8),
        2,
        f"One unit a layer: w = {W:g}, b = {B:g}, x(0) = 0.5",
        "|∂x(k)/∂x(0)|",
    )
    parts, ends = {}, {}
    for name, (remedy, style) in CHAINS.items():
        kind, given = COMPARED[remedy]
        found = chain_product(kind, DEPTH, W, B, **given)
        ax.plot(found.k, found.log10_abs, **painted(ax, style))
        parts[name] = _part(found.k, found.log10_abs)
        ends[name] = float(found.log10_abs[-1])
    _write_ends(ax, {name: end for name, end in ends.items() if end > LOWEST})
    plain, near = parts["logistic"], LOWEST + 1.0
    at = np.interp(-near, -plain["log10 product"], plain["k"])
    beside(ax, "logistic,\nalso with clipping", (float(at), near), (6, 0), ha="left")
    return parts


def _draw_networks(ax: Axes) -> dict[str, Curve]:
    """Draw the norms of products in random networks with many units a layer."""
    _set_axes(ax, LAYERS, (DEEPEST, 1.5), 3, f"{UNITS} units a layer", "‖∂a(k)/∂a(0)‖")
    parts, ends = {}, {}
    for name, (scheme, given, style) in SCHEMES.items():
        found = deep_products(scheme, LAYERS, UNITS, NETWORKS, **given)
        low, median, high = found.quantiles()
        (line,) = ax.plot(found.k, median, **painted(ax, style))
        ax.fill_between(found.k, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        parts[name] = _part(found.k, median, low, high)
        ends[name] = float(median[-1])
    _write_ends(ax, ends)
    return parts


def _part(k: Any, log10: Any, low: Any = np.nan, high: Any = np.nan) -> Curve:
    return {"k": k, "log10 product": log10, "10 %": low, "90 %": high}


def _set_axes(
    ax: Axes, depth: int, ends: tuple[float, float], apart: int, title: str, label: str
) -> None:
    """Set the axes: every `apart`-th power of ten against depth."""
    ax.set(xlim=(0.0, depth), ylim=ends)
    ax.set_title(title, loc="left", pad=3.0)
    ax.set_xlabel("k", style="italic")
    decades = range(0, int(ends[0]) - 1, -apart)
    ax.set_yticks(decades, [power(each) for each in decades])
    ax.set_ylabel(label, style="italic")
    move_label(ax, 31.0)


def _write_ends(ax: Axes, ends: dict[str, float]) -> None:
    """Write the name of each curve beside its end, in the margin, apart from the others."""
    low, high = ax.get_ylim()
    height = {name: (end - low) / (high - low) for name, end in ends.items()}
    names = sorted(height, key=lambda name: height[name])
    room = [1.1 * TALL / box(ax)[1]] * len(names)
    for name, centre in zip(names, spread([height[each] for each in names], room), strict=True):
        ax.annotate(
            name, (1.0, height[name]), (1.06, centre), xycoords="axes fraction",
            textcoords="axes fraction", va="center", fontsize="small",
            arrowprops={**leader(ax), "linestyle": "-", "shrinkB": 0},
        )  # fmt: skip
