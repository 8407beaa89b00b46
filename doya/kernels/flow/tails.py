"""The tails of sigma, where it is constant to rounding, and the flow there."""

from __future__ import annotations

import math

from doya.kernels.numbers.logistic import logistic

SATURATED = 40.0  # |z|, less ln |w|, beyond which sigma(z) and w sigma'(z) are constant to rounding
# abs(w v) where all of sigma lies within the rounding of v: it jumps.
BLURRED = 8e15


def beginning(w: float, z0: float, zt: float) -> float:
    """Return the abs(z) from which a path from z0 to zt is in a tail."""
    if max(abs(z0), abs(zt)) > SATURATED - 1.0:
        return SATURATED + math.log(max(1.0, abs(w)))
    return SATURATED


def edge_of(outer: float, w: float, b: float, z0: float, zt: float) -> float:
    """Return the z at which a path leaves the tail of z0 that begins at abs(z) = outer.

    It is 0 where all of sigma is within the rounding of z.
    """
    edge = math.copysign(outer, z0)
    return 0.0 if min(min(abs(edge - b), abs(edge - (w + b))), abs(edge - zt)) > BLURRED else edge


def in_one_tail(z: float, other: float, saturated: float) -> bool:
    """Return whether sigma is constant between the two, to rounding."""
    return min(abs(z), abs(other)) > saturated - 1.0 and (z > 0.0) == (other > 0.0)


def relaxed(x0: float, level: float, time: float) -> float:
    """The solution of dx/dt = level - x."""
    if time < 0.7:
        return x0 - (level - x0) * math.expm1(-time)
    return level + (x0 - level) * math.exp(-time)


def fading(xt: float, d: float, x: float, time: float) -> float:
    """x, which is d from the target xt, after the time in which d shrinks as e**-t."""
    return x + d * math.expm1(-time) if time < 0.7 else xt + d * math.exp(-time)


def leaving_tail(
    w: float, z0: float, edge: float, x0: float, after: float, xt: float, zt: float
) -> tuple[float, float, float, float]:
    """Return the time from z0, in a tail of sigma, to z = edge, and there d, x and x - 1.

    The distance from 0 or 1, sigma's level in the tail, shrinks as e**-t; it is `after` at the
    edge.  A short way is known better than the difference of the two distances.
    """
    level = 1.0 if z0 > 0.0 else 0.0
    before, way, d = x0 - level, (edge - z0) / w, (edge - zt) / w
    if abs(way) < 0.5 * abs(before):
        time, after = max(-math.log1p(way / before), 0.0), before + way
    else:
        time = max(math.log(before / after), 0.0)
    if level == 1.0:
        return time, d, d + xt, after
    return time, d, after, d - logistic(-zt)
