"""Texts of labels, and the places of labels above and below axes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams

from doya.inputs import Input
from doya.neurons import Neuron
from doya.plots.style import SYMBOL
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation


MINUS = "\N{MINUS SIGN}"
SUPERSCRIPT = dict(zip(map(ord, "-0123456789"), "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
NAME = {**SYMBOL, "x0": "x₀", "t": "T", "input_weight": "w\N{PRIME}"}

# Style of the line from a label to its point.
LEADER: dict[str, Any] = {
    "arrowstyle": "-",
    "linewidth": 0.5,
    "linestyle": ":",
    "shrinkA": 0,
    "shrinkB": 3,
}

# Width and height of a letter of a label, in points.
WIDE, TALL = 3.9, 8.0
# Height of a row of text above axes, in points.
ROW = 11.0


def number(value: float, digits: int = 5) -> str:
    """Return a number for a label, with a true minus sign."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def readable(value: float, digits: int = 5) -> str:
    """Return a number for a label, with a power of ten instead of an e."""
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0.0 else "\u2212\N{INFINITY}"
    return raised(number(value, digits))


def raised(text: str) -> str:
    """Return a number in Python's notation with a power of ten instead of an e."""
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    ten = f"10{str(int(exponent.replace(MINUS, '-'))).translate(SUPERSCRIPT)}"
    return ten if mantissa == "1" else f"{mantissa}\u00d7{ten}"


def power(logarithm: float, position: int | None = None) -> str:
    """Return a whole power of ten as a label."""
    exponent = round(logarithm)
    if abs(exponent) >= 10**7:
        return f"10^{number(logarithm, 2).replace('e+', 'e')}"
    return str(10**exponent) if exponent in (0, 1) else f"10{str(exponent).translate(SUPERSCRIPT)}"


def numbers(values: Sequence[float], width: float, least: int = 5) -> list[str]:
    """Return numbers for labels on an axis of this width, with enough digits to differ.

    They have at least `least` digits, and 3 beyond the width.
    """
    largest = max(map(abs, values), default=0.0)
    places = math.ceil(math.log10(largest / width)) if largest > 0.0 else 0
    for digits in range(min(max(least, places + least - 2), 17), 18):
        texts = [number(value, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def leader(ax: Axes) -> dict[str, Any]:
    """Return the style of the line from a label to its point."""
    return {**LEADER, "color": theme(ax).hairline}


def write_beside(ax: Axes, text: str, height: float) -> Annotation:
    """Write a text on the right of the axes, with a line from a point at this height to it."""
    return ax.annotate(
        text, (1.0, height), xycoords=ax.get_yaxis_transform(), xytext=(1.03, 0.5),
        textcoords="axes fraction", ha="left", va="center", fontsize="small",
        arrowprops={**leader(ax), "shrinkB": 1, "relpos": (0.0, 0.5)},
    )  # fmt: skip


def label_above(
    ax: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]
) -> list[Artist]:
    """Write texts above the axes without overlap, in the order of their points' abscissae."""
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
            arrowprops=leader(ax),
        )
        for (point, text), centre in zip(rows, centres, strict=True)
    ]


def spread(centres: list[float], widths: list[float]) -> list[float]:
    """Return ascending centres moved apart within [0, 1], by one sweep in each direction."""
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


def axis_label(name: str) -> str:
    """Return the label of the axis along which a parameter is swept."""
    return "input u" if name == "u" else NAME[name]


def setting(neuron: Neuron, besides: Collection[str] = (), u: float = 0.0) -> str:
    """Return the parameters that stay constant, as in w = 5, ε = 0.5, and a constant input."""
    names = [name for name in ("w", "b", "epsilon") if name not in besides]
    given = [name for name in names if np.ndim(getattr(neuron, name, [])) == 0]
    texts = [f"{SYMBOL[name]} = {number(getattr(neuron, name))}" for name in given]
    if u != 0.0 and "u" not in besides:
        texts.append(f"u = {readable(u)}")
    if u != 0.0 or "u" in besides:
        texts += input_texts(neuron)
    return ", ".join(texts)


def conditions(
    neuron: Neuron, x0: Any, t_end: Any, u: Input | None, besides: Collection[str]
) -> str:
    """Return the conditions that a whole picture shares, as in w = 5, x₀ = 0.5, T = 50, u(t)."""
    fixed = setting(neuron, besides)
    texts = [fixed] if fixed else []
    for name, value in (("x0", x0), ("t", t_end)):
        if name not in besides and np.size(value) == 1:
            texts.append(f"{NAME[name]} = {readable(np.asarray(value).item())}")
    return ", ".join([*texts, *input_words(neuron, u)])


def input_words(neuron: Neuron, u: Input | None) -> list[str]:
    """Return u = 0.1 or u(t), and where the input enters; nothing without an input."""
    if u is None:
        return []
    values = np.asarray(u)
    constant = values.ndim == 0 and values.dtype.kind in "buif"
    return [f"u = {readable(values.item())}" if constant else "u(t)", *input_texts(neuron)]


def input_texts(neuron: Neuron) -> list[str]:
    """Return the weight of the input unless it is 1, and whether the input is inside sigma."""
    texts = []
    if np.ndim(neuron.input_weight) == 0 and neuron.input_weight != 1.0:
        texts.append(f"w\N{PRIME} = {number(float(neuron.input_weight))}")
    return [*texts, "u inside \u03c3"] if neuron.input_inside else texts


def loss_formula(target: Any, state: str = "x") -> str:
    """Return L = (0.7 - x(T))², with the number of the target if there is a single one."""
    aim = readable(np.asarray(target).item()) if np.size(target) == 1 else "target"
    return f"L = ({aim} \u2212 {state}(T))²"


def write_above(ax: Axes, text: str) -> Artist:
    """Write the text above the axes, at their right end."""
    # From the right end of the axes to the left edge of the page.
    room = ax.get_position(original=True).x1 * ax.figure.bbox.width * 72.0 / ax.figure.dpi
    size = min(1.0, room / (WIDE * len(text) + 1.0)) * 0.833 * rcParams["font.size"]
    return ax.annotate(
        text, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
        ha="right", va="bottom", fontsize=size,
    )  # fmt: skip


def box(ax: Axes) -> tuple[float, float]:
    """Return the width and height of the axes in points."""
    extent = ax.get_window_extent()
    return extent.width * 72.0 / ax.figure.dpi, extent.height * 72.0 / ax.figure.dpi
