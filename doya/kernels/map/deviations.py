"""The map near a stable fixed point x* that it approaches slowly: by its distance d from there.

d' = (1 - eps) d + eps (sigma(z* + w d) - sigma(z*)), in which the rounding of each step is one of d
and fades with d.  That of x would stay: it is as large as an ulp of x over 1 - |mu|, and where mu
is near -1 the derivatives, which swing with it, are off by one over the square.
"""

from __future__ import annotations

import math

from doya.kernels.map.koenigs import approach, away, level_at, sides
from doya.kernels.numbers.exponential import (
    LN2_HIGH,
    LN2_LOW,
    LOG2_E,
    ROUNDER,
    exp_tail,
    power_of_two,
)

# A lane is led where mu < -SLOW, as its rounding errors are multiplied by up to 1 / (1 - SLOW), and
# those of its derivatives by the square; where mu > 0 if eps is below TINY_STEP: else they are not
# larger than what roundings of b do.
SLOW, TINY_STEP = 0.95, 1.0 / 128.0
# Looks are after this many steps, and twice, four times, ... as many.
FIRST_LOOK = 256
# |z| for which sigma' and its products stay in the range of doubles.
LARGEST_Z = 200.0
# d / x* that changes no bit of x* + d.
SETTLED = 2.0**-55
# e**-|z| is e**LEAST at least, which adds nothing to 1.
LEAST = -700.0


def may_be_slow(w: float, epsilon: float) -> bool:
    """Return whether |mu| may be large enough: for w < 0 mu is at least 1 - eps + eps w / 4."""
    return epsilon < TINY_STEP or (1.0 - epsilon) + 0.25 * (epsilon * w) < -SLOW


def deviation(
    x: float, w: float, b: float, epsilon: float, drive: float
) -> tuple[float, float, float, float, float]:
    """1, x*, sigma(z*), sigma(-z*) and x - x*, if the neuron is to be led; or 0, 0, 1/2, 1/2, 0."""
    z, none = w * x + b, (0.0, 0.0, 0.5, 0.5, 0.0)
    if not (may_be_slow(w, epsilon) and abs(z) <= LARGEST_Z):
        return none
    keep, steep, given = 1.0 - epsilon, epsilon * w, drive / epsilon
    level, rest = sides(z)
    if not is_slow(steep * (level * rest), epsilon):
        return none
    _, rate = approach(keep, epsilon, steep, w, given, x, level, rest)
    if rate == math.inf:
        return none
    point = x + away(epsilon, steep, w, given, x, level, rest)
    more, _, _ = level_at(epsilon, steep, w, b, given, point)
    point += more
    more, near, far = level_at(epsilon, steep, w, b, given, point)
    change = epsilon * (w * (near * far) - 1.0)
    if not -2.0 < change < 0.0:
        return none
    return 1.0, point, near, far, (x - point) - more


def is_slow(m: float, epsilon: float) -> bool:
    """Return whether |mu| is large; m is eps w sigma'(z)."""
    mu = (1.0 - epsilon) + m
    return mu < -SLOW or (epsilon < TINY_STEP and mu > SLOW)


def deviate(
    d: float, w: float, keep: float, fade: float, epsilon: float, near: float, far: float
) -> float:
    """d after a step."""
    return faded(d, keep, fade, epsilon, risen(w * d, near, far))


def faded(d: float, keep: float, fade: float, epsilon: float, rise: float) -> float:
    """d after a step, where sigma(z* + w d) - sigma(z*) is known."""
    return (epsilon * rise - fade * d) + keep * d


def risen(h: float, near: float, far: float) -> float:
    """sigma(z* + h) - sigma(z*) to a few roundings of itself; near, far: sigma(z*), sigma(-z*).

    For h > 0 it is sigma(z*) sigma(-z*) (1 - e**-h) / (sigma(z*) + sigma(-z*) e**-h).
    """
    x = -abs(h)
    x = LEAST if x < LEAST else x
    rounded = x * LOG2_E + ROUNDER
    k = rounded - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    tail, scale = r + (r * r) * exp_tail(r), power_of_two(rounded)
    fallen = scale * tail + (scale - 1.0)
    e = scale + scale * tail
    stays, fades = (near if h > 0.0 else far), (far if h > 0.0 else near)
    part = (near * far) * fallen / (stays + fades * e)
    return -part if h > 0.0 else part


def has_settled(d: float, point: float) -> bool:
    """Return whether x* + d is x* from now on."""
    return abs(d) <= SETTLED * abs(point)
