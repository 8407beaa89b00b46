"""The 2-cycle of the map with w < 0 around its repelling fixed point c.

y obeys the map without input, F(y) = (1 - epsilon) y + epsilon sigma(w y + b).  With w < 0 and
epsilon < 1 it rises up to a critical point, falls through c, and rises again beyond another one.
Where c repels, its Schwarzian derivative is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from doya.neurons import split_all

# How often [0, 1] is halved, to compute a state of a cycle down to rounding.
HALVINGS = 64
# Largest distance from c, and number, of the states on each of its sides that are followed.
BESIDE, FOLLOWED = 1e-6, 9
# Largest factor in two steps by which they may leave c.
MOST_GROWTH = 1e6
# Steps after which they must have settled, taken in rounds, and how near to each other they are.
MOST_STEPS, ROUND, TOGETHER = 4000, 100, 1e-12
# Rounds of the images of intervals, and the width below which an interval counts as a point.
MOST_IMAGES, POINT = 2000, 1e-9


def step(w: Floats, b: Floats, epsilon: Floats, y: Floats) -> Floats:
    """Return the next state."""
    return _stepped(w, b, epsilon, *split_all(epsilon), y)


def _stepped(w: Floats, b: Floats, epsilon: Floats, keep: Any, fade: Any, y: Floats) -> Floats:
    stepped: Floats = (epsilon * sigmoid(w * y + b) - fade * y) + keep * y
    return stepped


def slope(w: Floats, b: Floats, epsilon: Floats, y: Floats) -> Floats:
    """Return the slope of the map."""
    keep, fade = split_all(epsilon)
    return np.asarray(keep + (epsilon * w * sigmoid_slope(w * y + b) - fade))


def critical_point(w: Floats, epsilon: Floats) -> Floats:
    """Return Z > 0: the slope 1 - epsilon + epsilon w sigma'(z) of the map is 0 at z = -Z and Z.

    sigma(Z) = (1 + s)/2 with s**2 = 1 - 4 sigma'(Z).  Infinite at epsilon = 1, and NaN where the
    slope is never 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        level = (1.0 - epsilon) / (-epsilon * w)
        s = np.sqrt(1.0 - 4.0 * level)
        return np.asarray(2.0 * np.log1p(s) - np.log(4.0 * level))


def two_cycle(w: Floats, b: Floats, epsilon: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Return the states of the 2-cycle in which all states beside c settle; NaN if there is none.

    Each argument has the shape (n,).
    """
    lower, upper = _falling_cycle(w, b, epsilon, c)
    unknown = np.isnan(lower)
    if unknown.any():
        rest = (each[unknown] for each in (w, b, epsilon, c))
        lower[unknown], upper[unknown] = _settled_cycle(*rest)
    return lower, upper


def _settled_cycle(w: Floats, b: Floats, epsilon: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Return the 2-cycle in which states on both sides of c settle, in opposite phases, or NaN.

    Two steps multiply a small distance from c by the square of the multiplier.  The states that
    are followed divide this range, so that they stand for all states beside c.  Where the
    multiplier is so large that rounding would decide their side, the answer is NaN.
    """
    w, b, epsilon, c = (each[:, np.newaxis] for each in (w, b, epsilon, c))
    growth = slope(w, b, epsilon, c) ** 2
    resolved = growth < MOST_GROWTH
    away = BESIDE * np.where(resolved, growth, 1.0) ** -(np.arange(FOLLOWED) / (FOLLOWED - 1))
    both = np.concatenate([c - away, c + away], axis=1)
    keep, fade = split_all(epsilon)
    for _ in range(0, MOST_STEPS, ROUND):
        before = both
        for _ in range(ROUND):
            both = _stepped(w, b, epsilon, keep, fade, both)
        below, above = both[:, :FOLLOWED], both[:, FOLLOWED:]
        lower, upper = below[:, :1], above[:, :1]
        together = (np.abs(below - lower) < TOGETHER) & (np.abs(above - upper) < TOGETHER)
        swapped = np.abs(step(w, b, epsilon, lower) - upper) < TOGETHER
        known = np.all(resolved & together & swapped & (lower < c) & (c < upper), axis=1)
        if np.all(known | ~resolved[:, 0]) or np.all(both == before):
            break
    return np.where(known, lower[:, 0], np.nan), np.where(known, upper[:, 0], np.nan)


def _falling_cycle(w: Floats, b: Floats, epsilon: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Return the states of the 2-cycle around the fixed point c, or NaN.

    NaN where the map does not fall between the two states.  Where it falls, the second iterate
    rises.  It has at most 3 fixed points (negative Schwarzian derivative): c and the two states of
    the cycle, which attract.  The second iterate moves a state left of the lower one up, and a
    state between the lower one and c down.
    """

    def next_of(y: Floats) -> Floats:
        return step(w, b, epsilon, y)

    def falls(y: Floats) -> Any:
        # At epsilon = 1 the slope may be too small for a double.
        return (slope(w, b, epsilon, y) < 0.0) | (epsilon == 1.0)

    low, high = np.zeros(c.size), c.copy()
    for _ in range(HALVINGS):
        middle = low + 0.5 * (high - low)
        is_left = ~falls(middle) | (next_of(next_of(middle)) > middle)
        low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
    upper = next_of(low)
    known = falls(low) & falls(upper)
    return np.where(known, low, np.nan), np.where(known, upper, np.nan)


def all_settle(w: float, b: float, epsilon: float, c: float) -> bool:
    """Return whether each state settles in one 2-cycle, except c and the states mapped to c.

    All states come into the image of [0, 1], and into the images of this image.  There, states
    below c must be mapped above c, and vice versa.  Then two steps map [m, c - d] into [m, c], and
    the images of this interval must shrink to one point.  States nearer to c leave c.
    """
    critical = (np.array([1.0, -1.0]) * critical_point(np.array(w), np.array(epsilon)) - b) / w
    left, right = np.sort(critical)

    def next_of(y: Any) -> Any:
        return step(np.asarray(w), np.asarray(b), np.asarray(epsilon), y)

    def image(low: float, high: float) -> tuple[float, float]:
        """Return the image of an interval; it has its ends at ends and at critical points."""
        within = [low, high, *(each for each in (left, right) if low < each < high)]
        ends = next_of(np.array(within))
        return float(ends.min()), float(ends.max())

    core = _last_image(
        image, (0.0, 1.0), lambda ends: bool(next_of(ends[0]) > c > next_of(ends[1]))
    )
    if core is None:
        return False
    near = 1e-3 * min(c - left, right - c)
    while next_of(c - near) > right:
        near *= 0.5
    if not next_of(next_of(c - near)) < c - near:
        return False
    shrunk = _last_image(
        lambda low, high: image(*image(low, high)), (core[0], c - near),
        lambda ends: ends[1] - ends[0] < POINT,
    )  # fmt: skip
    return shrunk is not None


def _last_image(
    image: Callable[[float, float], tuple[float, float]],
    ends: tuple[float, float],
    holds: Callable[[tuple[float, float]], bool],
) -> tuple[float, float] | None:
    """Return the first image of an interval for which an answer holds; None if none is found."""
    for _ in range(MOST_IMAGES):
        if holds(ends):
            return ends
        ends = image(*ends)
    return None
