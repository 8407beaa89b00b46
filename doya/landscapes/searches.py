"""Searches on many rows at once: where an answer changes, and where a loss is steepest."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import Parameter
from doya.landscapes.losses import Loss

# The first and last value of each swept parameter.
Ranges: TypeAlias = dict[str, tuple[float, float]]

# Number of samples on each side of a peak, in the first round.
FIRST_SIDE = 32
# Number of samples on each side of the largest sample, in each further round.
SIDE = 8
# Factor by which the distance of the samples shrinks, unless the peak is at the rim.
SHRINK = 4.0
# The search ends when its range is this part of the first; the height is then known to its square.
KNOWN = 4.0**-5
# Largest number of rounds.
ROUNDS = 40
# First distance from a peak, in units of 1 / (dx/dp).  A wall lies within, as x changes by less
# than 1 across it.
WIDTHS = 4.0
# x differs by more than this between neighbouring doubles only if a wall is between them.
LEAP = 0.02
# Smallest distance from a peak, in units in the last place.
ULPS = 4.0
# How often the distance to the two sides of a wall between phases is doubled, from one ulp on.
DOUBLINGS = 40
# Smallest value whose ulp counts there, as a parameter near 0 is added to others.
LEAST_SCALE = 1e-3


class Peak(NamedTuple):
    """Peak of the gradient: its norm, its place, and dx/dp for the parameter of the search."""

    norm: Floats
    at: Floats
    slope: Floats

    def or_larger(self, other: Peak) -> Peak:
        """Return the larger of two peaks, entry by entry."""
        larger = (other.norm > self.norm) | np.isnan(self.norm)
        return Peak(*(np.where(larger, *pair) for pair in zip(other, self, strict=True)))


def crossing(
    holds: Callable[[Floats], NDArray[np.bool_]], low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Return the neighbouring doubles between low and high at which `holds` changes."""
    at_low = holds(low)
    while True:
        middle = low + 0.5 * (high - low)
        open_ = (low < middle) & (middle < high)
        if not open_.any():
            return low, high
        same = holds(middle) == at_low
        low, high = np.where(open_ & same, middle, low), np.where(open_ & ~same, middle, high)


def _beside(
    holds: Callable[[Floats], NDArray[np.bool_]], at: Floats, between: tuple[float, float]
) -> list[Floats]:
    """Return values on both sides at which `holds` differs; their distance grows by doubling."""
    reach = np.spacing(np.maximum(np.abs(at), LEAST_SCALE))
    for _ in range(DOUBLINGS):
        low, high = np.clip(at - reach, *between), np.clip(at + reach, *between)
        same = holds(low) == holds(high)
        if not same.any():
            break
        reach = np.where(same, 2.0 * reach, reach)
    return [low, high]


def largest(size: Floats) -> Any:
    """Return the index of the largest entry of each row; NaN counts as the smallest."""
    return np.nan_to_num(size, nan=-1.0, posinf=np.inf).argmax(axis=-1)


def norm(gradient: Mapping[str, Floats]) -> Floats:
    """Return the Euclidean norm, entry by entry."""
    with np.errstate(over="ignore", under="ignore"):
        return functools.reduce(np.hypot, (np.abs(each) for each in gradient.values()))


def steepest_across(
    loss: Loss,
    ranges: Ranges,
    over: str,
    values: Mapping[str, Floats],
    fixed_point: Parameter | None = None,
) -> Peak:
    """Search for the largest gradient around a wall.

    At finite T the wall is where x(T) passes the middle.  Between two attractors the middle is
    1/2 + w' u.  Between two phases the middle is the fixed point: x(T) passes it on the wall
    itself, and may pass it elsewhere too.
    """
    wall = values[over]
    if math.isinf(loss.t_end):
        endless = np.full(wall.size, math.inf)
        return Peak(endless, wall, endless)
    names, between = tuple(ranges), ranges[over]
    others = {name: value for name, value in values.items() if name != over}

    def state(at: Floats) -> Floats:
        return loss.state(others | {over: at})

    def is_upper(at: Floats) -> NDArray[np.bool_]:
        values = others | {over: at}
        if fixed_point is None:
            return np.asarray(loss.x_at(values) - loss.shift(values) > 0.5)
        return loss.x_at(values) > fixed_point

    ends = [np.full(wall.size, end) for end in between]
    if fixed_point is not None:
        ends = _beside(is_upper, wall, between)
    passes = is_upper(ends[0]) != is_upper(ends[1])
    low, high = (np.where(passes, each, wall) for each in crossing(is_upper, *ends))
    near = steepest(loss, names, over, others, high, between)
    # A wall a few ulp wide shows only at its own double, or as a jump between two doubles.
    own = steepest_of(loss, names, over, others, np.stack([wall, low, high], axis=1))
    before, after = state(low), state(high)
    leap = np.abs(after - before)
    least = loss.resolution(over, others | {over: high})
    slope = np.where(leap > LEAP, leap / np.maximum(high - low, least), 0.0)
    across = Peak(slope * np.abs(before + after - 2.0 * loss.target), high, slope)
    return near.or_larger(own).or_larger(across)


def steepest(
    loss: Loss,
    names: Sequence[str],
    over: str,
    values: Mapping[str, Floats],
    near: Floats,
    between: tuple[float, float],
) -> Peak:
    """Search for the largest gradient with respect to `names` near each of these values of `over`.

    Near a wall the width of the peak is about 1 / (dx/dp).
    """
    peak = steepest_of(loss, names, over, values, near[:, np.newaxis])
    with np.errstate(divide="ignore", over="ignore"):
        reach = WIDTHS / np.nan_to_num(np.abs(peak.slope), nan=0.0, posinf=np.inf)
    half = np.clip(reach, ULPS * np.spacing(np.abs(near)), between[1] - between[0])
    enough = half * KNOWN
    for k in range(ROUNDS):
        offsets = np.linspace(-1.0, 1.0, 2 * (SIDE if k else FIRST_SIDE) + 1)
        at = np.clip(peak.at[:, np.newaxis] + half[:, np.newaxis] * offsets, *between)
        peak = steepest_of(loss, names, over, values, at)
        rim = np.any(peak.at[:, np.newaxis] == at[:, [0, -1]], axis=1)
        rim &= (peak.at > between[0]) & (peak.at < between[1])
        half = np.where(rim, half, half / SHRINK)
        if np.all(half < enough):
            break
    return peak


def steepest_of(
    loss: Loss, names: Sequence[str], over: str, values: Mapping[str, Floats], at: Floats
) -> Peak:
    """Return the largest gradient among the values of `over` in each row."""
    rows = {name: np.repeat(value, at.shape[1]) for name, value in values.items()}
    x, by = loss.slopes({**rows, over: at.ravel()}, tuple(dict.fromkeys((*names, over))))
    size = norm(loss.gradient(x, {name: by[name] for name in names})).reshape(at.shape)
    row, best = np.arange(len(at)), largest(size)
    return Peak(size[row, best], at[row, best], by[over].reshape(at.shape)[row, best])
