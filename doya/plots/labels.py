"""Labels in a row above the axes, each with a line to its point: they can hide nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from doya.neurons import Neuron
from doya.plots.style import MOTION, SYMBOL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# The line from a label to its point.
LEADER: dict[str, Any] = {
    "arrowstyle": "-",
    "color": MOTION,
    "linewidth": 0.5,
    "linestyle": ":",
    "shrinkA": 0,
    "shrinkB": 3,
}


def number(value: float, digits: int = 5) -> str:
    """A number for a label, with a true minus sign."""
    return f"{value:.{digits}g}".replace("-", "\u2212")


def numbers(values: Sequence[float], width: float) -> list[str]:
    """Numbers for labels on an axis so wide, with digits enough to place and to tell them apart."""
    largest = max(map(abs, values), default=0.0)
    places = math.ceil(math.log10(largest / width)) if largest > 0.0 else 0
    for digits in range(min(max(5, places + 3), 17), 18):
        texts = [number(value, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def label_above(
    ax: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]
) -> list[Artist]:
    """Write texts above the axes in the order of their points' abscissae, without overlap."""
    left, right = ax.get_xlim()
    rows = sorted(zip(points, texts, strict=True))
    centres = spread(
        [(point[0] - left) / (right - left) for point, _ in rows],
        [0.024 * len(text) + 0.04 for _, text in rows],
    )
    return [
        ax.annotate(
            text,
            point,
            xytext=(centre, 1.03),
            textcoords="axes fraction",
            ha="center",
            va="bottom",
            fontsize="small",
            arrowprops=LEADER,
        )
        for (point, text), centre in zip(rows, centres, strict=True)
    ]


def spread(centres: list[float], widths: list[float]) -> list[float]:
    """Ascending centres moved apart, and within [0, 1], by as little as a sweep each way gives."""
    placed = list(centres)
    edge = 0.0
    for k, width in enumerate(widths):
        placed[k] = max(placed[k], edge + 0.5 * width)
        edge = placed[k] + 0.5 * width
    edge = 1.0
    for k in reversed(range(len(widths))):
        placed[k] = min(placed[k], edge - 0.5 * widths[k])
        edge = placed[k] - 0.5 * widths[k]
    return placed


def setting(neuron: Neuron, besides: str = "") -> str:
    """The parameters that stay: w = 5, ε = 0.5."""
    names = [name for name in ("w", "b", "epsilon") if name != besides and hasattr(neuron, name)]
    given = (f"{SYMBOL[name]} = {number(getattr(neuron, name))}" for name in names)
    return ", ".join(given)


def write_setting(ax: Axes, text: str) -> Artist:
    """Write it beside the label of the abscissa, at its left end; the right may hold a power."""
    return ax.annotate(
        text,
        (0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, -18),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize="small",
    )
