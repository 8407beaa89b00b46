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
# Number of values for which a call takes about as long as for one.
FEW = 64
# How often the distance to the two sides of a wall between phases is doubled, from one ulp on.
DOUBLINGS = 40
# Smallest value whose ulp counts there, as a parameter near 0 is added to others.
LEAST_SCALE = 1e-3


class Peak(NamedTuple):
    """Peak of the gradient: its norm, its place, and dx/dp for the parameter of the search."""

    norm: Floats
    at: Floats
    slope: Floats

    def part(self, which: Any) -> Peak:
        """Return some of the peaks."""
        return Peak(*(row[which] for row in self))

    def or_larger(self, other: Peak) -> Peak:
        """Return the larger of two peaks, entry by entry."""
        larger = (other.norm > self.norm) | np.isnan(self.norm)
        return Peak(*(np.where(larger, *pair) for pair in zip(other, self, strict=True)))


def crossing(
    holds: Callable[[Floats], NDArray[np.bool_]], low: Floats, high: Floats, ahead: int = 1
) -> tuple[Floats, Floats]:
    """Return the neighbouring doubles between low and high at which `holds` changes.

    So many halvings `ahead` are asked for by one call: see `halved`.
    """
    at_low = holds(low)
    while _are_between(low, low + 0.5 * (high - low), high).any():
        low, high = halved(holds, at_low, low, high, ahead)
    return low, high


def halved(
    holds: Callable[[Floats], NDArray[np.bool_]],
    at_low: NDArray[np.bool_],
    low: Floats,
    high: Floats,
    ahead: int,
) -> tuple[Floats, Floats]:
    """Halve the intervals `ahead` times, by one call of `holds`.

    It gets all places to which the halvings may lead, shape (2**ahead - 1, n), or (n,) for one.
    """
    if ahead == 1:
        middle = low + 0.5 * (high - low)
        return _half(low, middle, high, holds(middle) == at_low)
    lows, highs, middles = [low], [high], []
    for k in range(2**ahead - 1):  # the places below and above the k-th are 2 k + 1 and 2 k + 2
        middles.append(lows[k] + 0.5 * (highs[k] - lows[k]))
        lows += [lows[k], middles[k]]
        highs += [middles[k], highs[k]]
    places = np.stack(middles)
    same = holds(places) == at_low
    every, row = np.arange(low.size), np.zeros(low.size, dtype=np.int64)
    for _ in range(ahead):
        low, high = _half(low, places[row, every], high, same[row, every])
        row = 2 * row + 1 + same[row, every]
    return low, high


def _half(
    low: Floats, middle: Floats, high: Floats, same: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return the half at whose lower end the answer is the same, if there is a double between."""
    is_open = _are_between(low, middle, high)
    return np.where(is_open & same, middle, low), np.where(is_open & ~same, middle, high)


def halvings_at_once(size: int, most: int) -> int:
    """Return how many halvings of so many intervals take no more than FEW places."""
    return max(min(int(math.log2(FEW / max(size, 1) + 1.0)), most), 1)


def _are_between(low: Floats, middle: Floats, high: Floats) -> NDArray[np.bool_]:
    return (low < middle) & (middle < high)


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


def largest_cell(axes: Mapping[str, Floats], size: Floats) -> tuple[float, dict[str, float]]:
    """Return the largest of the sizes on the grid of the axes, and its parameters."""
    cell = np.unravel_index(int(largest(size.ravel())), size.shape)
    at = {name: float(axis[k]) for (name, axis), k in zip(axes.items(), cell, strict=True)}
    return float(size[cell]), at


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
    # Under a function of time a value alone takes long.
    ahead = 1 if loss.pieces is None else halvings_at_once(wall.size, 3)
    found = crossing(is_upper, ends[0], ends[1], ahead)
    low, high = (np.where(passes, each, wall) for each in found)
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

    Near a wall the width of the peak is about 1 / (dx/dp).  Each search ends on its own, so its
    answer has the same bits without the others.
    """
    peak = steepest_of(loss, names, over, values, near[:, np.newaxis])
    with np.errstate(divide="ignore", over="ignore"):
        reach = WIDTHS / np.nan_to_num(np.abs(peak.slope), nan=0.0, posinf=np.inf)
    half = np.clip(reach, ULPS * np.spacing(np.abs(near)), between[1] - between[0])
    enough, searching = half * KNOWN, np.arange(near.size)
    for k in range(ROUNDS):
        here, wide = peak.part(searching), half[searching, np.newaxis]
        offsets = np.linspace(-1.0, 1.0, 2 * (SIDE if k else FIRST_SIDE) + 1)
        at = np.clip(here.at[:, np.newaxis] + wide * offsets, *between)
        given = {name: value[searching] for name, value in values.items()}
        here = steepest_of(loss, names, over, given, at)
        for row, part in zip(peak, here, strict=True):
            row[searching] = part
        rim = np.any(here.at[:, np.newaxis] == at[:, [0, -1]], axis=1)
        rim &= (here.at > between[0]) & (here.at < between[1])
        half[searching[~rim]] /= SHRINK
        searching = searching[half[searching] >= enough[searching]]
        if not searching.size:
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
