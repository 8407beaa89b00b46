"""The gradient through a binary tree of logistic units, against the number of its leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.networks.chains import chain_product
from doya.networks.random_networks import deep_products
from doya.plots.labels import number, power, write_above
from doya.plots.pages import two_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

LEAVES, SHOWN = 1024, 64
W, B, X0 = 1.0, 0.0, 0.5
UNITS, NETWORKS = 50, 10
LOWEST = -11.0
CHAIN: Part = {"color": "ink", "linewidth": 1.3, "linestyle": "-"}
TREE: Part = {"color": "accent", "linewidth": 1.3, "linestyle": "-"}
RANDOM: Part = {"linestyle": (0, (3.5, 1.5))}
LAW: Part = {"color": "hairline", "linewidth": 0.9, "linestyle": ":", "zorder": 1}


@recipe(
    source="F. Morin, Y. Bengio (2005): the words of a language model as leaves of a binary tree",
    departs="The figure is ours.  The source uses the tree for speed, at the output of a network;"
    " here it is the path of a gradient.",
)
def tree_depth(figure: Figure) -> Data:
    """In a binary tree the gradient falls as a power of the number of leaves, not exponentially.

    Above: the number of layers between a leaf and the root, against the number n of leaves.  Black:
    a chain, in which the inputs are read one after another: n - 1 layers.  Coloured: a balanced
    binary tree, in which units join two branches each: log₂ n layers, rounded up.  Below: the size
    of the gradient that arrives at a leaf.  Solid: one logistic unit a layer, x[k+1] = σ(w x[k] +
    b) with w = 1, b = 0, x(0) = 0.5; dashed: 50 logistic units a layer with the weights of Glorot
    and Bengio, as the 2-norm of the product of Jacobians, the median of 10 networks.  Through the
    chain less than 1e-11 arrives from 20 leaves away.  Through the tree the gradient falls in
    steps, one for each layer, along a power of n (dotted), because each layer multiplies it by
    0.225: that is n^log₂(0.225) = n^-2.15.
    """
    above, below = two_below(figure, tall=1.75, share=0.42)
    n = np.arange(1, LEAVES + 1)
    # Few numbers of leaves are enough to draw steps.
    kept = (n <= SHOWN) | np.isin(n, [2**k + one for k in range(6, 11) for one in (0, 1)])
    unit, tree = (chain_product(kind, LEAVES - 1, W, B, X0) for kind in ("logistic", "binary-tree"))
    deep = deep_products("glorot", SHOWN - 1, UNITS, NETWORKS)
    deep_tree = deep_products("glorot", LEAVES - 1, UNITS, NETWORKS, binary_tree=True)
    layers = np.ceil(np.log2(n))
    factor = float(np.log10(_slope(float(unit.state[-1]))))
    law = factor * np.log2(n)
    parts = {
        "chain": _part(n[:SHOWN], n[:SHOWN] - 1, unit.log10_abs[:SHOWN]),
        "tree": _part(n[kept], layers[kept], tree.log10_abs[kept]),
        "chain, 50 units": _part(n[:SHOWN], n[:SHOWN] - 1, deep.quantiles()[1]),
        "tree, 50 units": _part(n[kept], layers[kept], deep_tree.quantiles()[1, kept]),
        "law": _part(n[[0, -1]], np.log2(n[[0, -1]]), law[[0, -1]]),
    }
    _draw_layers(above, parts)
    _draw_gradients(below, parts, factor)
    return stacked(parts)


def _slope(x: float) -> float:
    """Return the factor of a layer of the settled chain."""
    return W * x * (1.0 - x)


def _draw_layers(ax: Axes, parts: dict[str, Part]) -> None:
    for name, style in (("chain", CHAIN), ("tree", TREE)):
        ax.plot(parts[name]["n"], parts[name]["layers"], **painted(ax, style))
    ax.set(xscale="log", xlim=(1.0, LEAVES), ylim=(0.0, 32.0), yticks=(0, 10, 20, 30))
    beside(ax, "chain", (21.0, 20.0), (6, 0), ha="left")
    beside(ax, "binary tree", (200.0, 8.0), (0, 8))
    ax.set_ylabel("layers")
    move_label(ax, 30.0)
    _set_abscissa(ax)


def _draw_gradients(ax: Axes, parts: dict[str, Part], factor: float) -> None:
    for name, style in (("chain", CHAIN), ("tree", TREE)):
        for part, look in ((name, {}), (f"{name}, 50 units", RANDOM)):
            row = parts[part]
            ax.plot(row["n"], row["log10_abs"], **painted(ax, {**style, **look}))
    ax.plot(parts["law"]["n"], parts["law"]["log10_abs"], **painted(ax, LAW))
    ax.set(xscale="log", xlim=(1.0, LEAVES), ylim=(LOWEST, 0.8))
    decades = range(0, int(LOWEST), -3)
    ax.set_yticks(decades, [power(k) for k in decades])
    beside(ax, "chain", (11.0, -7.0), (-8, 0), ha="right")
    exponent = factor / np.log10(2.0)
    words = f"binary tree,\nclose to 1/n^{number(-exponent, 3)}"
    beside(ax, words, (100.0, float(factor * np.log2(100.0))), (4, 8), ha="left", va="bottom")
    ax.set_ylabel("size of the gradient")
    move_label(ax, 30.0)
    ax.set_xlabel("number of leaves n")
    write_above(ax, f"w = {W:g}, b = {B:g}, x(0) = {X0:g};  dashed: {UNITS} units a layer")
    _set_abscissa(ax)


def _set_abscissa(ax: Axes) -> None:
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.set_xticks([], minor=True)


def _part(n: Any, layers: Any, log10: Any) -> Part:
    return {"n": n, "layers": layers, "log10_abs": log10}
