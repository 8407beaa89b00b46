"""Ticks whose number follows from the room that their labels have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import Formatter, MaxNLocator

from doya.plots.labels import numbers, power, raised

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# Intervals by which a larger number is exceeded where a single tick would be within the limits.
RELAXED = 2
# Distance between the labels of two ticks, in points.
APART = 2.0


class Ticks(MaxNLocator):
    """Round values, at most `most` intervals, and fewer where labels would overlap."""

    def __init__(self, most: int, steps: Sequence[float] = (1, 2, 5, 10), **options: Any) -> None:
        super().__init__(most, steps=[*steps], min_n_ticks=1, **options)
        self.most = self.count = most

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the ticks within the limits."""
        low, high = sorted([vmin, vmax])
        ticks = self._within(low, high, self.count)
        # Round values may begin and end outside the limits.
        for more in range(1, RELAXED + 1) if self.count > RELAXED else ():
            if ticks.size > 1:
                break
            ticks = self._within(low, high, self.count + more)
        return ticks

    def _within(self, low: float, high: float, count: int) -> Any:
        self.set_params(nbins=count)
        ticks = np.asarray(super().tick_values(low, high), dtype=np.float64)
        slack = 1e-9 * (high - low)
        return ticks[(low - slack <= ticks) & (ticks <= high + slack)]


class Powers(Ticks):
    """Whole powers of ten on a logarithmic axis."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the powers within the limits."""
        if not (vmin > 0.0 and vmax > 0.0):
            return np.empty(0)
        exponents = super().tick_values(math.log10(vmin), math.log10(vmax))
        return np.asarray(10.0**exponents)


class Numbers(Formatter):
    """Numbers with as many digits as they need to differ, and a power of ten instead of an e."""

    def __call__(self, value: float, position: int | None = None) -> str:
        """Return the label of one tick."""
        return raised(numbers([value], abs(value) or 1.0)[0])

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks."""
        axis: Any = self.axis
        low, high = axis.get_view_interval()
        return [raised(text) for text in numbers([*map(float, values)], abs(high - low) or 1.0)]


class WholePowers(Formatter):
    """Powers of ten on a logarithmic axis."""

    def __call__(self, value: float, position: int | None = None) -> str:
        """Return the label of one tick."""
        return power(math.log10(value))


def thin(ax: Axes, renderer: Any, *, anew: bool = True) -> None:
    """Set as many ticks as have room for their labels; only those of doya's own locators.

    Unless `anew`, there are at most as many as before.
    """
    for axis in (ax.xaxis, ax.yaxis):
        locator = axis.get_major_locator()
        if isinstance(locator, Ticks):
            for count in range(locator.most if anew else locator.count, 0, -1):
                locator.count = count
                if not _crowded(axis, renderer):
                    break


def shown_labels(axis: Axis) -> list[Any]:
    """Return the labels of the ticks within the limits of an axis in the plane."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    return [
        label
        for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
        if label.get_visible() and label.get_text() and low - slack <= place <= high + slack
    ]


def _crowded(axis: Axis, renderer: Any) -> bool:
    """Return whether the labels of two ticks overlap or touch."""
    labels = shown_labels(axis)
    pad = 0.5 * APART * axis.figure.dpi / 72.0
    boxes = [label.get_window_extent(renderer).padded(pad) for label in labels]
    return any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
