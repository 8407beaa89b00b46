"""The product of Jacobians against depth, with each remedy for vanishing gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.networks import random_networks
from doya.networks.comparisons import chain_products
from doya.networks.random_networks import deep_products
from doya.plots.labels import TALL, box, leader, power, spread
from doya.plots.pages import two_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = dict[str, Any]

W, B = 1.0, 0.0
DEPTH, LAYERS, UNITS, NETWORKS = 100, 30, 50, 30

DASHES, DOTS, DASH_DOT = (0, (3.5, 1.5)), (0, (1.0, 1.2)), (0, (3.5, 1.2, 1.0, 1.2))
DASH_DOTS = (0, (3.5, 1.2, 1.0, 1.2, 1.0, 1.2))
PLAIN: Curve = {"color": "ink", "linewidth": 1.3}
GREY: Curve = {"color": "grey", "linewidth": 1.3}
COLOURED: Curve = {"color": "accent", "linewidth": 1.3}
SECOND: Curve = {"color": "accent 1", "linewidth": 1.3}

# Name of each curve: the remedy as in `chain_products`, and its line.
CHAINS: dict[str, tuple[str, Curve]] = {
    "logistic": ("logistic", PLAIN),
    "clipping": ("clipping", PLAIN),
    "tanh": ("tanh", {**PLAIN, "linestyle": DOTS}),
    "ReLU": ("relu", {**PLAIN, "linestyle": DASHES}),
    "leaky ReLU": ("leaky_relu", {**PLAIN, "linestyle": DASHES}),
    "residual": ("residual", GREY),
    "leaky integrator": ("leaky_integrator", {**GREY, "linestyle": DASHES}),
    "LSTM, bias 0": ("lstm_0", {**COLOURED, "linestyle": DOTS}),
    "LSTM, bias 1": ("lstm_1", {**COLOURED, "linestyle": DASH_DOT}),
    "LSTM, bias 3": ("lstm_3", {**COLOURED, "linestyle": DASH_DOTS}),
    "GRU, bias 1": ("gru_1", {**SECOND, "linestyle": DASH_DOT}),
    "GRU, bias 3": ("gru_3", {**SECOND, "linestyle": DASH_DOTS}),
    "binary tree": ("binary_tree", {**PLAIN, "linestyle": DASH_DOT}),
}
# Words beside a curve that two remedies share.
SHARED = {"ReLU": "ReLU, also leaky", "leaky ReLU": ""}
# Name of each curve: the remedy as in `random_networks.COMPARED`, and its line.
DEEP: dict[str, tuple[str, Curve]] = {
    "Glorot": ("glorot", PLAIN),
    "Kumar": ("kumar", {**PLAIN, "linestyle": DASHES}),
    "Yilmaz, Poli": ("yilmaz_poli", COLOURED),
    "batch norm": ("batch_norm", GREY),
    "layer norm": ("layer_norm", {**GREY, "linestyle": DASHES}),
    "Glorot, residual": ("residual", {**GREY, "linestyle": DOTS}),
    "Glorot, tanh": ("glorot_tanh", {**PLAIN, "linestyle": DOTS}),
    "He, ReLU": ("he_relu", SECOND),
    "He, leaky ReLU": ("he_leaky_relu", {**SECOND, "linestyle": DASHES}),
    "Glorot, tree": ("binary_tree", {**PLAIN, "linestyle": DASH_DOT}),
}
# Powers of ten at the lower ends of the axes.
LOWEST, DEEPEST = -10.0, -19.0


@recipe(
    source='Wikipedia, "Vanishing gradient problem", has a list of remedies; others are added.'
    "  One unit:"
    " R. Pascanu, T. Mikolov, Y. Bengio (2013), clipping; S. Hochreiter, J. Schmidhuber (1997) and"
    " F. Gers, J. Schmidhuber, F. Cummins (2000), LSTM; K. Cho and others (2014), GRU;"
    " X. Glorot, A. Bordes, Y. Bengio (2011), ReLU; A. Maas, A. Hannun, A. Ng (2013), leaky ReLU;"
    " K. He, X. Zhang, S. Ren, J. Sun (2016), residual; H. Jaeger, M. Lukosevicius, D. Popovici,"
    " U. Siewert (2007), leaky integrator; F. Morin, Y. Bengio (2005), binary tree.  Many units:"
    " X. Glorot, Y. Bengio (2010); K. He, X. Zhang, S. Ren, J. Sun (2015); S. K. Kumar (2017);"
    " A. Yilmaz, R. Poli (2022); S. Ioffe, C. Szegedy (2015), batch normalisation; J. L. Ba,"
    " J. R. Kiros, G. E. Hinton (2016), layer normalisation",
    departs="The figure is ours: each source describes one remedy, and here all are measured on the"
    " same unit, with the same weight in every layer and no input, and on the same kind of"
    " network.  Yilmaz and Poli give the mean of the weights; the standard deviation, 0.1, is our"
    " choice.  A residual block has one layer here.  Morin and Bengio use the tree for the output"
    " of a network; only the depth of its paths is taken from them.",
)
def remedies(figure: Figure) -> Data:
    """The product of Jacobians that multiplies a gradient, with each remedy.

    Above: layers of one unit, with z = w x + b, w = 1, b = 0 and x(0) = 0.5; shown is the size of
    the product of the first k layers.  Black, solid: the logistic chain, which loses a factor of
    more than 4 a layer.  Clipping bounds the step of the descent and leaves the product as it is,
    so its line is the same.  Black, dotted: tanh, whose state approaches 0.  Black, dashed: ReLU,
    which is active and multiplies by w; leaky ReLU does the same.  Black, dash-dotted: a path
    through a balanced binary tree with k + 1 leaves, which has as many layers as k has binary
    digits.  Grey: a residual path, x + σ(z).  Grey, dashed: a leaky integrator with ε = 0.1.  First
    colour: an LSTM cell whose forget gate has the bias 0 (dotted), 1 (dash-dotted) or 3 (dashes and
    two dots); x is its cell state, and its gates have the weight w.  Second colour: a GRU whose
    update gate has the bias 1 or 3 (lines as for the LSTM).  Below: random networks of 50 units a
    layer before learning; shown is the 2-norm of the product, its median over 30 networks, shaded
    from 10 to 90 %.  Logistic units have the weights of Glorot and Bengio (black, solid), of Kumar
    (black, dashed), or of Yilmaz and Poli, with a negative mean (first colour; their activations
    are high in one layer and low in the next).  Other logistic units have Glorot's weights and a
    remedy: batch normalisation, whose mean and variance are computed once from 64 samples (grey,
    solid), layer normalisation (grey, dashed), residual paths (grey, dotted), or the short paths of
    a binary tree (black, dash-dotted).  Layer normalisation helps these units little: their
    activations have the same mean for each sample, and only the batch shows how little they vary.
    Black, dotted: tanh units with Glorot's weights.  Second colour: rectified units with the
    weights of He et al., plain (solid) or leaky (dashed).
    """
    figure.subplots_adjust(right=0.71)
    above, below = two_below(figure, tall=2.2, share=0.5, gap=0.62)
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
    found = chain_products(DEPTH, W, B)
    for name, (remedy, style) in CHAINS.items():
        product = found.log10_abs[remedy]
        ax.plot(found.k, product, **painted(ax, style))
        parts[name] = _part(found.k, product)
        if (words := SHARED.get(name, name)) and product[-1] > LOWEST:
            ends[words] = float(product[-1])
    _write_ends(ax, ends)
    plain, near = parts["logistic"], LOWEST + 1.0
    at = np.interp(-near, -plain["log10_abs"], plain["k"])
    beside(ax, "logistic,\nalso with clipping", (float(at), near), (6, 0), ha="left")
    return parts


def _draw_networks(ax: Axes) -> dict[str, Curve]:
    """Draw the norms of products in random networks with many units a layer."""
    _set_axes(ax, LAYERS, (DEEPEST, 1.5), 3, f"{UNITS} units a layer", "‖∂a(k)/∂a(0)‖")
    parts, ends = {}, {}
    for name, (remedy, style) in DEEP.items():
        scheme, given = random_networks.COMPARED[remedy]
        found = deep_products(scheme, LAYERS, UNITS, NETWORKS, **given)
        low, median, high = found.quantiles()
        (line,) = ax.plot(found.k, median, **painted(ax, style))
        ax.fill_between(found.k, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        parts[name] = _part(found.k, median, low, high)
        ends[name] = float(median[-1])
    _write_ends(ax, ends)
    return parts


def _part(k: Any, log10: Any, low: Any = np.nan, high: Any = np.nan) -> Curve:
    return {"k": k, "log10_abs": log10, "log10_abs_10_percent": low, "log10_abs_90_percent": high}


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
            arrowprops={**leader(ax), "linestyle": "-", "shrinkB": 0, "relpos": (0.0, 0.5)},
        )  # fmt: skip
