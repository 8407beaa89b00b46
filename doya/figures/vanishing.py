"""Products of Jacobians of random networks, between their bound and zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.networks.products import JacobianProducts, jacobian_products
from doya.networks.sigmoid_rnn import SigmoidRNN
from doya.plots.labels import MINUS, power
from doya.plots.pages import stretch
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = dict[str, Any]

# The norm of W times the steepest slope: below, at and above 1.
FACTORS = (0.7, 1.0, 3.0)
UNITS, STEPS, NETWORKS = 10, 30, 5
# Standard deviation of the biases, and the line of such networks.
STATES: dict[str, tuple[float, Curve]] = {
    "at rest": (0.0, {"color": "ink", "linewidth": 0.8}),
    "biased": (2.0, {"color": "accent", "linewidth": 0.9, "linestyle": (0, (2.0, 0.8))}),
}
BOUND: Curve = {"color": "ink", "linewidth": 1.3, "linestyle": (0, (3.5, 1.5))}
# Decimal logarithms at the ends of the axes.
LOWEST, HIGHEST = -20.0, 15.5


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), section 2.1",
    departs="The figure is ours: the source states the bound. The bound holds for any network;"
    " these have ten units and random weights.",
)
def vanishing(figure: Figure) -> Data:
    """Below ‖W‖ max φ' = 1 gradients vanish; above it they may explode, or vanish as well.

    The norm of ∂a(T)/∂a(T - k), T = 30, against k, of random networks a(t) = W tanh(a(t-1)) + b of
    ten units.  Five random normal matrices W are used, each scaled so that ‖W‖ max φ' is 0.7, 1 or
    3; ‖W‖ is the 2-norm, and max φ' = 1 is the largest slope of tanh.  Black, dashed: the bound,
    which is that number to the power k; all products are in the shaded range below it.  Solid:
    networks at rest, b = 0 and a = 0, where every unit is at its steepest.  Coloured, dashed: the
    same weights with random normal biases b of standard deviation 2, from a(0) = b.  These biases
    hold the units where φ' is small.  Some curves go on below the panels.
    """
    stretch(figure, 1.15)
    figure.subplots_adjust(right=0.86, top=0.86, wspace=0.12)
    axes = figure.subplots(1, len(FACTORS), sharey=True)
    parts: dict[str, Curve] = {}
    for ax, factor in zip(axes, FACTORS, strict=True):
        parts |= _draw(ax, factor)
    _write_labels(axes)
    for name, at in _ends(parts).items():
        beside(axes[-1], name, (STEPS, at), (3.0, 0.0), ha="left")
    return stacked(parts)


def _products(factor: float, deviation: float, seed: int) -> JacobianProducts:
    random = np.random.default_rng(seed)
    weights = random.standard_normal((UNITS, UNITS))
    b = deviation * random.standard_normal(UNITS)
    weights *= factor / np.linalg.norm(weights, 2)
    network = SigmoidRNN(weights, b=b, activation="tanh")
    return jacobian_products(network, b, STEPS)


def _draw(ax: Axes, factor: float) -> dict[str, Curve]:
    """Draw all networks with weights of one norm, below their bound."""
    parts = {}
    for name, (deviation, style) in STATES.items():
        for seed in range(NETWORKS):
            found = _products(factor, deviation, seed)
            ax.plot(found.k, found.log10_norm, **painted(ax, style))
            parts[f"{name} {seed + 1}, {factor:g}"] = _part(found.k, found.log10_norm)
    bound = found.log10_bound
    ax.plot(found.k, bound, **painted(ax, BOUND))
    ax.fill_between(found.k, bound, LOWEST, color=theme(ax).band, zorder=0, linewidth=0)
    ax.axhline(0.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    return {f"bound, {factor:g}": _part(found.k, bound), **parts}


def _part(k: Any, log10: Any) -> Curve:
    return {"k": k, "log10_norm": log10}


def _ends(parts: dict[str, Curve]) -> dict[str, float]:
    """Return the ends of the last panel's curves: the bound, and the median of each kind."""
    last = {name: each["log10_norm"][-1] for name, each in parts.items() if name.endswith(", 3")}
    return {
        kind: float(np.median([end for name, end in last.items() if name.startswith(kind)]))
        for kind in ("bound", *STATES)
    }


def _write_labels(axes: Any) -> None:
    """Write the factor above each panel, and its formula above all of them."""
    first, middle, _ = axes
    for ax, factor in zip(axes, FACTORS, strict=True):
        ax.set(xlim=(0.0, STEPS), ylim=(LOWEST, HIGHEST), xticks=(0, 10, 20))
        ax.set_title(f"{factor:g}", pad=3.0)
    middle.annotate(
        "\u2016W\u2016 max φ\N{PRIME}", (0.5, 1.0), (0, 15), xycoords="axes fraction",
        textcoords="offset points", ha="center",
    )  # fmt: skip
    decades = range(int(LOWEST), int(HIGHEST) + 1, 5)
    first.set_yticks(decades, [power(each) for each in decades])
    first.set_ylabel(f"\u2016∂a(T)/∂a(T{MINUS}k)\u2016", style="italic")
    move_label(first, 31.0)
    middle.set_xlabel("k", style="italic")
