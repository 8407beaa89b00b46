"""How the flow carries a change of x0, b or w to x(T), by formula, for constant input.

The path from x0 to x(T) is cut in legs (see `legs`): one, if 16 nodes
resolve the whole rest of the way less its poles; else out of the root behind, with its pole taken
out; else by a panel as long as the zeros of f around it allow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.formula import PANELS, panel
from doya.kernels.flow.legs import (
    BEYOND,
    DEEP,
    NOTHING,
    NOTHING_TAKEN,
    inconsistent,
    least_between,
    leg,
    lost_in_noise,
    out_of_one,
    out_of_two,
    outermost,
    steepness,
)
from doya.kernels.flow.merged_pairs import CREEPS, MERGED, creeping, crept
from doya.kernels.flow.nearest_roots import (
    moved,
    nearest_anchor,
    neighbours,
    pre_activation,
    root_beside,
)
from doya.kernels.flow.panels import clearance, derivatives, root_anchor, speed
from doya.kernels.flow.records import Distances
from doya.kernels.flow.tails import BLURRED, edge_of, leaving_tail
from doya.kernels.machinery.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.flow.records import Anchor
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

LINEAR = 1e-14  # by what f' and sigma' may change, in their own units, on the rest of the way
# The kinds of a leg, tried one after the other.
WHOLE, LEAVING, PANEL = range(3)
LONGEST_WHOLE, LONGEST_PANEL = 16.0, 8.0  # in z
# abs(w) from which f' may differ much along a leg.
STEEP = 4e3
# In z: further from the anchor z is better known from where the state came from.
FAR_IN_Z = 1000.0
# Rounding of a state.
ROUNDED = 1e-16
# How near the root beside must be, relative to the target, for its pole to be taken out too.
BESIDE = 0.5
# How near that root is, relative to the target, where the distance from it is not a difference.
CLOSE = 1e-5


def linear(
    eigenvalue: float, slope: float, x: float, off: float, time: float
) -> tuple[float, float, float, float]:
    """ln G, the derivatives by b and w, and ln of a factor of both, where f' and sigma' stay.

    x is a root, or where the state hardly moves; the start is off it, where f' does not see it.
    """
    growth = eigenvalue * time if eigenvalue != 0.0 else 0.0
    if growth > NOTHING:
        return growth, slope / eigenvalue, slope / eigenvalue * x, growth
    by_b = slope * time
    if growth != 0.0:
        by_b = slope * (math.expm1(growth) / eigenvalue)
    if off == 0.0 or time == math.inf:
        return growth, by_b, x * by_b, 0.0
    # The state goes from x + off to x.
    left = math.exp(growth)
    lag = by_b - slope * time * left
    if abs(growth) < 0.03:
        # 1/n! - 1/(n + 1)! from n = 1 on, as the difference cancels.
        series = 1.0 / 144 + growth * (1.0 / 840 + growth * (1.0 / 5760 + growth / 45360))
        series = 1.0 / 8 + growth * (1.0 / 30 + growth * series)
        lag = -slope * time * growth * (1.0 / 2 + growth * (1.0 / 3 + growth * series))
    return growth, by_b, (x + off) * (slope * time * left) + x * lag, 0.0


def refined(gap: float, v: float, anchor: Anchor, z0: float, x0: float, time: float) -> float:
    """Return the way of the state, by its first two terms where they are more accurate."""
    w = anchor.w
    steep, turn, _ = derivatives(w, z0)
    growth = w * steep * time
    if abs(w * w * turn * gap * gap * time) < ROUNDED * abs(x0) and 0.0 < abs(growth) < 1.0:
        soon = speed(v, anchor) * (math.expm1(growth) / (w * steep))
        if soon != 0.0 and abs(soon - gap) < 8.0 * ROUNDED * abs(x0):
            return soon
    return gap


def reach(
    attempt: int,
    limit: float,
    gap: float,
    away: Distances,
    w: float,
    b: float,
    z: Row,
    x: Row,
    target: int,
    beside: int,
) -> tuple[float, float, Anchor]:
    """Return the distance v from the next leg's anchor, the length of the leg, and the anchor."""
    d, e, _, _ = away
    if attempt == WHOLE:
        return d, gap, root_anchor(w, z[target], d)
    longest = min(min(abs(gap), LONGEST_PANEL / abs(w)), limit)
    if attempt == LEAVING:
        anchor = root_anchor(w, z[beside], e)
        clear = min(clearance(e, e, anchor), 0.5 * abs(d))
        return e, math.copysign(min(clear, longest), gap), anchor
    v, _, anchor = nearest_anchor(away, w, b, z, x, target, beside)
    return v, math.copysign(min(abs(panel(d, v, anchor)), longest), gap), anchor


def along(
    w: float,
    b: float,
    z: Row,
    x: Row,
    eigenvalue: Row,
    first: int,
    count: int,
    x0: float,
    time: float,
    end: float,
    rule: Rows,
) -> tuple[float, float, float, float]:
    """ln G, the derivatives by b and w, and ln of a factor of both.

    `end` is x(time), NaN where it was not reached; the neuron's roots are z[first], ..., as in
    `formula.path`.
    """
    if end != end:
        return math.nan, math.nan, math.nan, 0.0
    target, behind, off = neighbours(w, b, z, x, eigenvalue, first, count, x0)
    xt, zt, decay = x[target], z[target], eigenvalue[target]
    off_end = off + (end - x0) if behind >= 0 else 0.0
    z0 = pre_activation(w, b, z, x, target, behind, off, x0)
    z1 = pre_activation(w, b, z, x, target, behind, off_end, end)
    least = least_between(z0, z1)
    lift = least if least > DEEP else 0.0
    slope = steepness(zt, lift)
    if target == behind or abs(w * (x0 - xt)) < 1e-17:
        growth, by_b, by_w, shift = linear(decay, slope, xt, x0 - xt, time)
        return growth, by_b, by_w, shift - lift
    if time == math.inf:
        by_b = -slope / decay if decay < 0.0 else math.inf
        return -math.inf, by_b, xt * by_b, -lift
    if least > BEYOND:
        return -time, 1.0, xt, -least
    if end == x0 or (end > x0) == (x0 > xt):  # it has not moved, to rounding
        steep, _, _ = derivatives(w, z0)
        growth, by_b, by_w, shift = linear(w * steep, steepness(z0, lift), x0, 0.0, time)
        return growth, by_b, by_w, shift - lift

    log_gain, by_b, by_w, left, gap = 0.0, 0.0, 0.0, time, end - x0
    d, low, high, fresh, here = x0 - xt, x0, x0 - 1.0, True, z0
    outer = outermost(w, z0, z1, zt)
    if abs(z0) > outer + 1.0:
        inner, fresh = edge_of(outer, w, b, z0, zt), False
        level = 1.0 if z0 > 0.0 else 0.0
        after = (inner - (w * level + b)) / w
        passed, d, low, high = leaving_tail(w, z0, inner, x0, after, xt, zt)
        log_gain = -passed
        gap, left, here = (z1 - inner) / w, time + log_gain, inner

    beside = root_beside(first, count, target, behind)
    e = math.inf
    if beside >= 0:
        e = low - x[beside] if fresh else (here - z[beside]) / w
        if fresh and behind >= 0:
            e = off
    # No pole of a pair that is merged can be taken out.
    simple = beside >= 0 and eigenvalue[beside] != 0.0
    leaves = simple and behind == beside
    arrives = abs(decay) < MERGED
    creeps = arrives or (behind >= 0 and eigenvalue[behind] < MERGED)
    one = both = out_of_one(w, zt, xt, decay, lift)
    if simple and decay != 0.0 and abs(e) < BESIDE * abs(d):
        both = out_of_two(w, zt, xt, decay, z[beside], x[beside], eigenvalue[beside], d + gap, lift)
    attempt, limit = WHOLE, math.inf
    if leaves and abs(e + gap) < 0.2 * abs(d + gap):
        attempt = LEAVING
    if fresh and abs(gap) < 0.1 * min(abs(d), abs(e)):
        # The rounding of so short a way matters less to a panel, whose time is known, unless f' is
        # that of the target.
        steep, _, _ = derivatives(w, z0)
        if abs(decay - w * steep) > abs(decay * w * steep * time):
            attempt = PANEL
        distances = Distances(d, e, low, high)
        v, _, anchor = nearest_anchor(distances, w, b, z, x, target, beside)
        gap = refined(gap, v, anchor, z0, x0, time)

    for _ in range(PANELS):
        if creeps and (abs(w * d) < CREEPS if arrives else abs(w * e) < CREEPS < 0.25 * abs(w * d)):
            # Only a closed form gives f beside a pair that is merged, or might be.
            root, away, passed = target, d, left
            if not arrives:
                root, away = behind, math.copysign(CREEPS / w, e)
                passed = min(creeping(e, away, eigenvalue[root], w, z[root]), left)
            gained, for_b = crept(
                d if arrives else e, passed, eigenvalue[root], w, z[root], steepness(z[root], lift)
            )
            gain = math.exp(gained)
            by_b, by_w = by_b * gain + for_b, by_w * gain + x[root] * for_b
            log_gain, left, gap = log_gain + gained, left - passed, gap - (away - e)
            if arrives or left == 0.0 or gap * d >= 0.0:  # the end is behind, at least to rounding
                return log_gain, by_b, by_w, -lift
            d, e, low, high = moved(Distances(d, e, low, high), e, away)
            fresh = False
        close = leaves and abs(e) < CLOSE * abs(d)
        if attempt == WHOLE and (decay == 0.0 or close or abs(w * gap) > LONGEST_WHOLE):
            attempt = LEAVING
        near = abs(w * e) < LONGEST_PANEL and abs(e) < 0.2 * abs(d)
        if attempt == LEAVING and not (leaves and near):
            attempt = PANEL
        distances = Distances(d, e, low, high)
        v, s, anchor = reach(attempt, limit, gap, distances, w, b, z, x, target, beside)
        if attempt == PANEL and abs(w * v) > BLURRED:
            # sigma jumps within the rounding of the state.
            before, after = -high if z0 > 0.0 else -low, -high if zt > 0.0 else -low
            faded = math.exp(-left)
            jump = 1.0 / abs(w * before) if (z0 > 0.0) != (zt > 0.0) else 0.0
            gathered = faded * jump + slope * (1.0 - faded)
            log_gain += math.log(abs(after / before)) - left
            return log_gain, gathered, low * gathered, -lift
        taken, wanted = NOTHING_TAKEN, left if fresh and s == gap else math.inf
        if attempt == WHOLE:
            taken, wanted = both if abs(e) < BESIDE * abs(d) else one, left
        elif attempt == LEAVING:
            taken = out_of_one(w, z[beside], x[beside], eigenvalue[beside], lift)
            if s == gap:  # beside the root the end is rounded, and the time is not
                wanted = left
        if abs(w * v) < FAR_IN_Z:
            here = anchor.z + w * v
        passed, gained, next_b, next_w, exact = leg(
            v, s, low, here, wanted, by_b, by_w, anchor, taken, lift, rule
        )
        if attempt == PANEL:
            exact = exact or lost_in_noise(v, s, next_b, anchor, rule)
        elif not exact or (
            abs(w) > STEEP
            and inconsistent(low + s, speed(v + s, anchor), taken.growth.rate, w, lift, rule)
        ):
            attempt += 1
            continue
        if end == xt and attempt == PANEL:  # so near that the time is better known
            exact &= passed <= left
            if left <= 1e-12 * time:
                return log_gain, by_b, by_w, -lift
        if not exact and abs(s) > 1e-15 * abs(v):
            limit = 0.5 * abs(s)
            continue
        log_gain, by_b, by_w, left = log_gain + gained, next_b, next_w, left - passed
        if s == gap:
            return log_gain, by_b, by_w, -lift
        d, e, low, high = moved(distances, v, v + s)
        gap, fresh, attempt, limit = gap - s, False, WHOLE, math.inf
        here += w * s
        tail = abs(here) > outer and abs(zt) > abs(here) and (zt > 0.0) == (here > 0.0)
        if tail or max(1.0, abs(w) * slope) * abs(w * d) < LINEAR * min(1.0, abs(decay)):
            # f' and sigma' stay, or what they still add is nothing.
            faded = math.exp(decay * left)
            settled = -slope / decay * (1.0 - faded)
            log_gain += decay * left
            return log_gain, by_b * faded + settled, by_w * faded + xt * settled, -lift
    return math.nan, math.nan, math.nan, 0.0


@kernel(interpreted=120e-6, compiled=0.3e-6)
def along_all(
    w: Row,
    b: Row,
    z: Row,
    x: Row,
    eigenvalue: Row,
    count: IntRow,
    x0: Row,
    time: Row,
    end: Row,
    log_gain: Row,
    by_b: Row,
    by_w: Row,
    shift: Row,
    rule: Rows,
) -> None:
    """`along` for neurons i = 0, 1, ..., one after the other."""
    for i in range(len(w)):
        gained, for_b, for_w, factor = along(
            w[i], b[i], z, x, eigenvalue, 3 * i, count[i], x0[i], time[i], end[i],
            rule,
        )  # fmt: skip
        log_gain[i], by_b[i], by_w[i], shift[i] = gained, for_b, for_w, factor
