"""The steepest place of a loss that has many walls, or walls whose places no formula gives.

Between two values of a parameter the mean of abs(dL/dp) is at least abs(L2 - L1) / abs(p2 - p1).
So the intervals over which the state changes most, relative to their length, are subdivided again
and again, down to neighbouring doubles.  This finds each wall that separates two of the first
samples, however narrow it is.  A wall that begins and ends between two samples may be missed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.landscapes.losses import Loss
from doya.landscapes.searches import LEAP, Peak, norm, steepest

# Number of first samples.
SAMPLES = 2049
# Number of intervals that are subdivided in one round.
WIDE = 128
# Number of parts into which each of them is cut.
PARTS = 4
# Rounds at most: 26 lead from any range to neighbouring doubles, as 4**26 = 2**52.
ROUNDS = 32
# Steps of the map in all; where they would be more, there are fewer samples and intervals.
MOST_STEPS = 1e8
# Smallest number of first samples, and of intervals in one round.
LEAST_SAMPLES, LEAST_WIDE = 129, 8
# Number of places from which the peak is refined.
REFINED = 8


def steepest_within(
    loss: Loss,
    names: Sequence[str],
    over: str,
    values: Mapping[str, float],
    between: tuple[float, float],
) -> Peak:
    """Search the range of `over` for the largest gradient with respect to `names`."""
    share = min(MOST_STEPS / (max(loss.t_end, 1.0) * (SAMPLES + ROUNDS * WIDE * PARTS)), 1.0)
    wide = max(int(share * WIDE), LEAST_WIDE)
    at = np.linspace(*between, max(int(share * SAMPLES), LEAST_SAMPLES))
    x, size, slope = _gradients(loss, names, over, values, at)
    best = _largest(at, size, slope)
    ends: tuple[Floats, ...]
    low, high, ends = at[:-1], at[1:], (x[:-1], x[1:], size[:-1], size[1:])
    for _ in range(ROUNDS):
        score = _promise(loss, high - low, *ends)
        order = np.argsort(-score)[:wide]
        order = order[_inner(low, high)[order]]
        if not order.size:
            break
        low, high, ends = low[order], high[order], tuple(each[order] for each in ends)
        at = np.linspace(low, high, PARTS + 1)
        x, size, slope = (
            each.reshape(PARTS - 1, -1)
            for each in _gradients(loss, names, over, values, at[1:-1].ravel())
        )
        best = _merged(best, _largest(at[1:-1].ravel(), size.ravel(), slope.ravel()))
        x, size = np.vstack([ends[0], x, ends[1]]), np.vstack([ends[2], size, ends[3]])
        low, high = at[:-1].ravel(), at[1:].ravel()
        ends = tuple(each.ravel() for each in (x[:-1], x[1:], size[:-1], size[1:]))
    if math.isinf(best.norm[0]):
        return _only(best)
    rows = {name: np.full(best.at.size, value) for name, value in values.items()}
    peak = steepest(loss, names, over, rows, best.at, between).or_larger(best)
    at_ends = {name: np.full(high.size, value) for name, value in values.items()}
    least = loss.resolution(over, at_ends | {over: high})
    return _only(_merged(peak, _leaps(loss, low, high, least, *ends)))


def _gradients(
    loss: Loss, names: Sequence[str], over: str, values: Mapping[str, float], at: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return x(T), the norm of the gradient, and dx/d(over); NaN where T was not reached."""
    rows = {name: np.full(at.size, value) for name, value in values.items()}
    x, by = loss.slopes({**rows, over: at}, tuple(dict.fromkeys((*names, over))))
    return x, norm(loss.gradient(x, {name: by[name] for name in names})), by[over]


def _promise(
    loss: Loss, width: Floats, x_low: Floats, x_high: Floats, size_low: Floats, size_high: Floats
) -> Floats:
    """Estimate how steep the loss is in an interval, from its ends and its mean change."""
    away = np.maximum(np.abs(x_low - loss.target), np.abs(x_high - loss.target))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = 2.0 * away * (np.abs(x_high - x_low) / width)
    promise: Floats = np.fmax.reduce([np.nan_to_num(mean, nan=0.0), size_low, size_high])
    return promise


def _inner(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Return whether there is a double between two values."""
    middle = low + 0.5 * (high - low)
    inside: NDArray[np.bool_] = (low < middle) & (middle < high)
    return inside


def _leaps(
    loss: Loss, low: Floats, high: Floats, least: Any, x_low: Floats, x_high: Floats, *sizes: Floats
) -> Peak:
    """Return the slope of the loss between neighbouring doubles that have a wall between them.

    Without a wall x changes too, by more than its slope predicts, since the map rounds each state.
    """
    thin = ~_inner(low, high) & (high > low) & (np.abs(x_high - x_low) > LEAP)
    with np.errstate(over="ignore"):
        slope = np.abs(x_high - x_low)[thin] / np.maximum(high - low, least)[thin]
        mean = slope * np.abs(x_low + x_high - 2.0 * loss.target)[thin]
    return Peak(mean, high[thin], slope)


def _largest(at: Floats, size: Floats, slope: Floats) -> Peak:
    """Return the largest of the samples, in descending order."""
    order = np.argsort(-np.nan_to_num(size, nan=-1.0, posinf=math.inf))[:REFINED]
    return Peak(size[order], at[order], slope[order])


def _merged(one: Peak, other: Peak) -> Peak:
    """Return the largest peaks of two lists, in descending order."""
    size, at, slope = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    return _largest(at, size, slope)


def _only(peaks: Peak) -> Peak:
    """Return the first of the peaks."""
    return Peak(*(each[:1] for each in peaks))
