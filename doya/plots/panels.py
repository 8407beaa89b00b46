"""Panels one below another with a shared abscissa, and ordinates with powers of ten."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, NullLocator

from doya.arrays import Floats
from doya.conversions.conversion import Conversion
from doya.plots.labels import ROW, box, power
from doya.plots.layout import layout_of
from doya.plots.letters import state_symbol, swept_label, time_unit, variable_symbol
from doya.plots.limits import extent, include
from doya.plots.theme import theme
from doya.plots.ticks import Numbers, Powers, Ticks, WholePowers
from doya.sensitivities.profiles import SensitivityProfile

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation


# Distance between two panels, in points.
GAP = 7.0
# Distance above a panel to which a word beside it may reach, in points.
BEYOND = 30.0
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
    shares = [1.2 if panels[0].name == "x" else 1.0] + [1.0] * (len(panels) - 1)
    axes = stack(ax, shares, None if first == 0 else first)
    low, high = np.multiply(profile.between, abscissa_unit(profile)).tolist()
    include(ax, (low, high if high > low else low + 1.0))
    ax.xaxis.set_major_locator(Ticks(5, integer=whole))
    for each, panel in zip(axes, panels, strict=True):
        _set_ordinate(each, panel, profile.conversion)
    axes[-1].set_xlabel(_abscissa(profile), style="italic")
    return axes


def stack(ax: Axes, shares: list[float], legend: int | None = None) -> list[Axes]:
    """Make panels with these shares of the height, and room for a row of text above one of them.

    The lowest axes have the labels of the shared abscissa.
    """
    gaps = [GAP + ROW * (k == legend) for k in range(1, len(shares))]
    return layout_of(ax).split(shares, gaps)


def set_numbers(ax: Axes, values: Floats, most: int = 4) -> None:
    """Set limits a little beyond the values, and numbers on the ordinate."""
    _include_around(ax, *extent(values))
    ax.yaxis.set_major_locator(Ticks(most))
    ax.yaxis.set_major_formatter(Numbers())


def _include_around(ax: Axes, low: float, high: float) -> None:
    """Include a little more than this range of the ordinate, made one where it is a point."""
    high = high if high > low else low + max(1.0, 1e-3 * abs(low))
    include(ax, y=(low - 0.03 * (high - low), high + 0.03 * (high - low)))


def set_counts(ax: Axes, k: Floats) -> None:
    """Set the limits and whole numbers of an abscissa that counts layers or steps up to k[-1]."""
    include(ax, (0.0, max(float(k[-1]), 1.0)))
    ax.xaxis.set_major_locator(Ticks(5, integer=True))


def set_powers(ax: Axes, values: Floats, room: float = 0.0) -> None:
    """Set a logarithmic ordinate of whole decades, with `room` points above the largest value."""
    known = values[np.isfinite(values) & (values > 0.0)]
    ends = np.log10([known.min(), known.max()]) if known.size else np.zeros(2)
    low, high = max(math.floor(ends[0]), LEAST), min(math.ceil(ends[1]), LARGEST)
    high = max(high, low + 1)
    above = max(high, min(ends[1] + room / box(ax)[1] * (high - low), LARGEST))
    ax.set_yscale("log")
    margin = 0.03 * (high - low)
    include(ax, y=(10.0 ** (low - margin), 10.0 ** (above + margin)))
    ax.yaxis.set_major_locator(Powers(5, integer=True))
    ax.yaxis.set_major_formatter(WholePowers())
    ax.yaxis.set_minor_locator(NullLocator())


def abscissa_unit(profile: SensitivityProfile) -> float:
    """Return the unit of the swept values: over T the author's unit of time."""
    return time_unit(profile.conversion) if profile.over == "t" else 1.0


def _abscissa(profile: SensitivityProfile) -> str:
    """Return the label of the shared abscissa."""
    if profile.over == "x0":
        return variable_symbol("x0", profile.conversion)
    return swept_label(profile.over, profile.conversion)


def _set_ordinate(ax: Axes, panel: Panel, conversion: Conversion | None) -> None:
    """Set limits that show all values, for derivatives whole decades, and the label."""
    span = [panel.rows, panel.differences, panel.settled, np.zeros(int(panel.name == "x0"))]
    values = np.concatenate([each.ravel() for each in span])
    state = state_symbol(conversion)
    if panel.name == "x":
        set_numbers(ax, values)
        ax.set_ylabel(f"{state}(T)", style="italic")
        layout_of(ax).words.add(ax.yaxis.label, state)
        return
    set_logarithms(ax, values)
    name = variable_symbol(panel.name, conversion)
    ax.set_ylabel(
        f"|\N{PARTIAL DIFFERENTIAL}{state}/\N{PARTIAL DIFFERENTIAL}{name}|", style="italic"
    )
    layout_of(ax).words.add(ax.yaxis.label, f"\N{PARTIAL DIFFERENTIAL}{name}", name)


def set_logarithms(ax: Axes, values: Floats) -> None:
    """Set limits about logarithms of any size, and powers of ten on the linear ordinate."""
    low, high = extent(values)
    _include_around(ax, math.floor(low), math.ceil(high))
    ax.yaxis.set_major_locator(Ticks(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(power))


def draw_threshold(ax: Axes, *, named: bool = True) -> list[Artist]:
    """Draw a line at 1 on an axis of logarithms, with words for gradients above and below it."""
    look, layout = theme(ax), layout_of(ax)
    artists: list[Artist] = [ax.axhline(0.0, color=look.hairline, linewidth=0.6, zorder=1)]
    if not named:
        return artists
    words = [
        ax.annotate(
            word, (1.0, 0.0), xycoords=ax.get_yaxis_transform(), xytext=(4, 2 * side),
            textcoords="offset points", rotation=90, ha="left",
            va="bottom" if side > 0 else "top", fontsize="small", color=look.shade(0.65),
        )
        for word, side in (("explodes", 1), ("vanishes", -1))
    ]  # fmt: skip
    for word in words:
        layout.words.add(word)
    layout.place_by(partial(_show_sides, ax, words))
    return [*artists, *words]


def _show_sides(ax: Axes, words: list[Annotation], renderer: Any) -> None:
    """Show the words of the sides that the axes contain, in the middle of a high side."""
    low, high = ax.get_ylim()
    sides = [part / (high - low) * box(ax)[1] for part in (high, -low)]
    # The word above may reach into the margin of the next panel, the one below only into labels.
    for word, room, sign, beyond in zip(words, sides, (1.0, -1.0), (BEYOND, 0.0), strict=True):
        tall = Text.get_window_extent(word, renderer).height * 72.0 / ax.figure.dpi
        word.set_visible(bool(room > 4.0 and tall <= room + beyond))
        # Beside the line at 1 the word would look like the name of a curve that ends there.
        away = max(0.5 * (room - tall), 2.0)
        word.set_position((4.0, sign * away))
