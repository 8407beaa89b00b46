"""Panels one below another with a shared abscissa, and ordinates with powers of ten."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from doya.arrays import Floats
from doya.plots.labels import NAME, ROW, axis_label, box, numbers, power, raised
from doya.plots.style import MOTION
from doya.sensitivities.profiles import SensitivityProfile

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Distance between two panels, in points.
GAP = 7.0
# Smallest and largest power of ten on a logarithmic axis, a little within the range of a double.
LEAST, LARGEST = -300, 300


class Panel(NamedTuple):
    """The curves of one of the axes, one a row: values of x, or logarithms of sizes."""

    name: str
    rows: Floats
    signs: Floats
    differences: Floats
    settled: Floats


def stacked(
    ax: Axes, profile: SensitivityProfile, panels: list[Panel], first: int | None, whole: bool
) -> list[Axes]:
    """Make the axes of all panels with limits and labels, and room for a legend above `first`."""
    size = "120%" if panels[0].name == "x" else "100%"
    axes, divider = stack(ax, [size] * (len(panels) - 1), {first: 1} if first is not None else {})
    low, high = profile.between
    ax.set_xlim(low, high if high > low else low + 1.0)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=whole))
    for each, panel in zip(axes, panels, strict=True):
        _set_ordinate(each, panel)
    axes[-1].set_xlabel(axis_label(profile.over), style="italic")
    align_labels(axes, divider)
    return axes


def stack(ax: Axes, sizes: Sequence[str], rows: Mapping[int, int]) -> tuple[list[Axes], Any]:
    """Make axes of these sizes below, with room for rows of text; return them and the divider.

    The lowest axes have the labels of the shared abscissa.
    """
    from mpl_toolkits.axes_grid1 import (  # type: ignore[import-untyped]
        axes_size,
        make_axes_locatable,
    )

    divider = make_axes_locatable(ax)
    axes = [ax]
    for k, size in enumerate(sizes, 1):
        pad = (GAP + ROW * rows.get(k, 0)) / 72.0
        axes.append(divider.append_axes("bottom", size=size, pad=pad, sharex=ax))
    ax.figure.sca(ax)  # still pyplot's current axes
    for each in axes:
        each.tick_params(labelbottom=each is axes[-1])
    if rows.get(0):
        divider.new_vertical(size=axes_size.Fixed(ROW * rows[0] / 72.0), pad=0.0)
    return axes, divider


def set_numbers(ax: Axes, values: Floats, most: int = 4) -> None:
    """Set limits a little beyond the values, and numbers on the ordinate."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    high = high if high > low else low + max(1.0, 1e-3 * abs(low))
    ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    most = min(max(int(box(ax)[1] / 14.0), 1), most)
    ticks = np.array(MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high))
    ticks = ticks[(low <= ticks) & (ticks <= high)]
    ax.set_yticks(ticks, map(raised, numbers(ticks.tolist(), high - low)))


def set_powers(ax: Axes, values: Floats, room: float = 0.0) -> None:
    """Set a logarithmic ordinate of whole decades, with `room` points above the largest value."""
    known = values[np.isfinite(values) & (values > 0.0)]
    ends = np.log10([known.min(), known.max()]) if known.size else np.zeros(2)
    low, high = max(math.floor(ends[0]), LEAST), min(math.ceil(ends[1]), LARGEST)
    high = max(high, low + 1)
    tall = box(ax)[1]
    above = max(high, min(ends[1] + room / tall * (high - low), LARGEST))
    ax.set_yscale("log")
    ax.set_ylim(10.0 ** (low - 0.03 * (high - low)), 10.0 ** (above + 0.03 * (high - low)))
    most = min(max(int(tall / 14.0), 1), 5)
    ticks = MaxNLocator(most, steps=[1, 2, 5, 10], integer=True).tick_values(low, high)
    ticks = [float(each) for each in ticks if low <= each <= high]
    ax.set_yticks([10.0**each for each in ticks], [power(each) for each in ticks])
    ax.yaxis.set_minor_locator(NullLocator())


def _set_ordinate(ax: Axes, panel: Panel) -> None:
    """Set limits that show all values, for derivatives whole decades, and the label."""
    span = [panel.rows, panel.differences, panel.settled, np.zeros(int(panel.name == "x0"))]
    values = np.concatenate([each.ravel() for each in span])
    if panel.name == "x":
        set_numbers(ax, values)
        ax.set_ylabel("x(T)", style="italic")
        return
    set_logarithms(ax, values)
    ax.set_ylabel(
        f"|\N{PARTIAL DIFFERENTIAL}x/\N{PARTIAL DIFFERENTIAL}{NAME[panel.name]}|",
        style="italic",
    )


def set_logarithms(ax: Axes, values: Floats) -> None:
    """Set limits about logarithms of any size, and powers of ten on the linear ordinate."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    low, high = math.floor(low), math.ceil(high)
    high = high if high > low else low + max(1.0, 1e-3 * abs(low))
    ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    most = min(max(int(box(ax)[1] / 14.0), 1), 5)
    ax.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10], integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(power))


def draw_threshold(ax: Axes) -> list[Artist]:
    """Draw a line at 1 on an axis of logarithms, with words for gradients above and below it."""
    artists: list[Artist] = [ax.axhline(0.0, color=MOTION, linewidth=0.6, zorder=1)]
    low, high = ax.get_ylim()
    above, below = (part / (high - low) * box(ax)[1] for part in (high, -low))
    # The word above may reach into the margin of the next panel, the one below only into labels.
    for word, side, fits in (("explodes", 1, above > 4.0), ("vanishes", -1, below > 32.0)):
        if fits:
            artists.append(
                ax.annotate(
                    word, (1.0, 0.0), xycoords=ax.get_yaxis_transform(), xytext=(4, 2 * side),
                    textcoords="offset points", rotation=90, ha="left",
                    va="bottom" if side > 0 else "top", fontsize="small", color="0.35",
                )
            )  # fmt: skip
    return artists


def align_labels(axes: list[Axes], divider: Any) -> None:
    """Align the ordinates' labels; long powers need more room than the style's margin."""
    from mpl_toolkits.axes_grid1 import axes_size

    font = FontProperties(size=rcParams["ytick.labelsize"])
    widest = max(
        text_to_path.get_text_width_height_descent(label.get_text(), font, ismath=False)[0]
        for ax in axes
        for label in ax.get_yticklabels()
    )
    beside = 1.06 * widest + rcParams["ytick.major.pad"] + 5.0  # hinting may widen them
    needed = beside + 1.2 * FontProperties(size=rcParams["axes.labelsize"]).get_size_in_points()
    ax = axes[0]
    margin = 72.0 * ax.get_position(original=True).x0 * ax.figure.bbox.width / ax.figure.dpi
    if needed > margin:
        room = axes_size.Fixed((needed - margin) / 72.0)
        divider.new_horizontal(size=room, pad=0.0, pack_start=True)
    width, _ = box(ax)
    for each in axes:
        each.yaxis.set_label_coords(-beside / width, 0.5)
