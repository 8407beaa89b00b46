"""Panels one below the other on shared abscissae, with powers of ten on their ordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from doya.plots.labels import box, number, numbers
from doya.plots.style import SYMBOL
from doya.profiles import SensitivityProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

# A derivative spans thousands of decades: its logarithm is drawn, on an axis that tells powers.
SUPERSCRIPT = dict(zip(map(ord, "-0123456789"), "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
NAME = {**SYMBOL, "x0": "x₀", "t": "T"}
# Points between two panels, and of a row of text above one.
GAP, ROW = 7.0, 11.0


class Panel(NamedTuple):
    """What one of the axes shows: rows of x, or logarithms of sizes; one row a curve."""

    name: str
    rows: Floats
    signs: Floats
    differences: Floats
    settled: Floats


def stacked(
    ax: Axes, profile: SensitivityProfile, panels: list[Panel], first: int | None, whole: bool
) -> list[Axes]:
    """The axes of all panels with their limits and labels, and room for a legend above `first`."""
    from mpl_toolkits.axes_grid1 import (  # type: ignore[import-untyped]
        axes_size,
        make_axes_locatable,
    )

    divider = make_axes_locatable(ax)
    axes = [ax]
    for k in range(1, len(panels)):
        pad = (GAP + (ROW if k == first else 0.0)) / 72.0
        size = "120%" if panels[0].name == "x" else "100%"
        axes.append(divider.append_axes("bottom", size=size, pad=pad, sharex=ax))
    ax.figure.sca(ax)  # still pyplot's current axes
    low, high = profile.between
    ax.set_xlim(low, high if high > low else low + 1.0)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=whole))
    for each, panel in zip(axes, panels, strict=True):
        each.tick_params(labelbottom=each is axes[-1])
        _set_ordinate(each, panel)
    axes[-1].set_xlabel(NAME[profile.over], style="italic")

    if first == 0:
        divider.new_vertical(size=axes_size.Fixed(ROW / 72.0))
    _align_labels(axes, divider, axes_size.Fixed)
    return axes


def _set_ordinate(ax: Axes, panel: Panel) -> None:
    """Limits that hide nothing, of derivatives whole decades; and what is on the axis."""
    span = [panel.rows, panel.differences, panel.settled]
    values = np.concatenate([each.ravel() for each in span])
    if panel.name == "x0":
        values = np.append(values, 0.0)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if panel.name != "x":
        low, high = math.floor(low), math.ceil(high)
    high = high if high > low else low + max(1.0, 1e-3 * abs(low))
    ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    most = min(max(int(box(ax)[1] / 14.0), 1), 5)
    if panel.name == "x":
        ticks = np.array(MaxNLocator(min(most, 4), steps=[1, 2, 5, 10]).tick_values(low, high))
        ticks = ticks[(low <= ticks) & (ticks <= high)]
        texts = numbers(ticks.tolist(), high - low)
        ax.set_yticks(ticks, [text.replace("e+", "e") for text in texts])
        ax.set_ylabel("x(T)", style="italic")
    else:
        ax.set_ylabel(
            f"|\N{PARTIAL DIFFERENTIAL}x/\N{PARTIAL DIFFERENTIAL}{NAME[panel.name]}|",
            style="italic",
        )
        ax.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10], integer=True))
        ax.yaxis.set_major_formatter(FuncFormatter(_power))


def _power(logarithm: float, position: int | None = None) -> str:
    """A whole power of ten."""
    exponent = round(logarithm)
    if abs(exponent) >= 10**7:
        return f"10^{number(logarithm, 2).replace('e+', 'e')}"
    return str(10**exponent) if exponent in (0, 1) else f"10{str(exponent).translate(SUPERSCRIPT)}"


def _align_labels(stack: list[Axes], divider: Any, fixed: Any) -> None:
    """The ordinates' labels in one line; long powers need more room than the style's margin."""
    font = FontProperties(size=rcParams["ytick.labelsize"])
    widest = max(
        text_to_path.get_text_width_height_descent(label.get_text(), font, ismath=False)[0]
        for ax in stack
        for label in ax.get_yticklabels()
    )
    beside = 1.03 * widest + rcParams["ytick.major.pad"] + 5.0  # hinting may widen them
    needed = beside + 1.2 * FontProperties(size=rcParams["axes.labelsize"]).get_size_in_points()
    ax = stack[0]
    margin = 72.0 * ax.get_position(original=True).x0 * ax.figure.bbox.width / ax.figure.dpi
    if needed > margin:
        divider.new_horizontal(size=fixed((needed - margin) / 72.0), pack_start=True)
    width, _ = box(ax)
    for each in stack:
        each.yaxis.set_label_coords(-beside / width, 0.5)
