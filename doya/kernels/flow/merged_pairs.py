"""The flow beside a pair of equilibria that is merged, or might be, and at the cusp."""

from __future__ import annotations

import math

from doya.kernels.flow.panels import derivatives

MERGED = 1e-13  # eigenvalue below which an unstable equilibrium may be a pair that merges
CREEPS = 1e-8  # in z, up to where f is that of `creep`
# Below what rounding may leave of the share of a time that `crept` has not passed.
NEVER = 1e-60


def creep(d: float, time: float, rate: float, w: float, z: float) -> float:
    """d after the time, so near a pair that is merged, or might be, or the cusp.

    There f = -rate d + w**2 f2 d**2 / 2, and at the cusp f = w**3 f3 d**3 / 6.
    """
    _, f2, f3 = derivatives(w, z)
    if rate == 0.0 and w <= 4.0:
        return d / math.sqrt(1.0 - w * w * w * f3 * d * d * time / 3.0)
    passed = -math.expm1(-rate * time) / rate if rate != 0.0 else time
    left = math.exp(-rate * time) if rate != 0.0 else 1.0
    return d * left / (1.0 - 0.5 * w * w * f2 * d * passed)


def creeping(e: float, to: float, growth: float, w: float, z: float) -> float:
    """The time from e to `to`, away from such a pair, where growth is -rate.

    0 where rounding has it that the pair attracts.
    """
    _, f2, _ = derivatives(w, z)
    bend = 0.5 * w * w * f2
    if bend * e <= 0.0:
        return 0.0
    if growth == 0.0:
        return (1.0 - e / to) / (bend * e)
    return math.log1p(growth * (to / e - 1.0) / (growth + bend * to)) / growth


def creep_time(d: float, c: float, way: float, growth: float, w: float, z: float) -> float:
    """Return the time from d to c, both on one side of a pair that is merged, or of the cusp.

    There the distance changes as `creep` has it: at the rate growth d + w**2 f2 d**2 / 2,
    and at the cusp w**3 f3 d**3 / 6.
    """
    _, f2, f3 = derivatives(w, z)
    if growth == 0.0 and w <= 4.0:
        return 3.0 * (1.0 / (c * c) - 1.0 / (d * d)) / (-w * w * w * f3)
    bend = 0.5 * w * w * f2
    if growth == 0.0:
        return way / (bend * d * c)
    first, last = growth + bend * d, growth + bend * c
    if first * last <= 0.0:  # there is a root between the two, to rounding
        return math.inf
    if abs(way) < 0.5 * abs(d):
        return math.log1p(way / d * (growth / last)) / growth
    return (math.log(c / d) + math.log(first / last)) / growth


def crept(
    e: float, time: float, growth: float, w: float, z: float, slope: float
) -> tuple[float, float]:
    """ln G and the derivative by b, as close to a pair that is merged, or might be, as `creep` is.

    de/dt = growth e + bend e**2, along which sigma' stays `slope`.
    """
    _, f2, _ = derivatives(w, z)
    bend = 0.5 * w * w * f2 * e
    if abs(growth * time) < 0.1:
        part = bend * time
        passed = max(1.0 - part, NEVER)
        if part < -1e90:  # the rest of the sum is lost beside it, and its square out of range
            return -2.0 * (math.log(-bend) + math.log(time)), slope * time / 3.0
        scale = 1.0 / (passed * passed)
        return math.log(scale), slope * time * (scale * (1.0 - part + part * part / 3.0))
    grown = math.expm1(growth * time)
    ratio = bend / growth
    passed, factor = max(1.0 - ratio * grown, NEVER), grown + 1.0
    for_b = (1.0 + ratio) * (1.0 + ratio) * grown + ratio * ratio * factor * grown
    for_b -= 2.0 * ratio * (1.0 + ratio) * (growth * time) * factor
    return growth * time - 2.0 * math.log(passed), slope / growth * (for_b / passed / passed)
