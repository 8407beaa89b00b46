"""The time in which the flow passes from a start to a level: the integral of dx/f between the two.

The way is divided as in `formula.path`, but nothing has to be solved: the places are known, and
each part gives its time.

- The rest of the way is one panel where its poles can be taken out: they give logarithms.
- Before that come panels as long as the zeros of f around them allow.
- Where sigma is constant to rounding, and beside a pair of roots that merges, the time has a closed
  form.

The level is measured from the target, like the start from the root behind, in about 30 digits (see
`separations`): on which side of a rounded equilibrium it lies is decided by f.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.departures import (
    CONSTANT,
    PART,
    SHORT,
    bounded,
    inverse_rates,
    is_large,
    smooth,
)
from doya.kernels.flow.departures import LONGEST as LONGEST_DEPARTURE
from doya.kernels.flow.formula import (
    APART,
    BLURRED,
    CANCELLED,
    CREEPS,
    LONGEST,
    MERGED,
    PANELS,
    SATURATED,
    creeping,
    in_one_tail,
    leaving_tail,
    panel,
)
from doya.kernels.flow.nearest_roots import (
    NEAR,
    moved,
    nearest_anchor,
    neighbours,
    other_roots,
    pre_activation,
)
from doya.kernels.flow.panels import (
    NODE,
    ORDER,
    ROOM,
    derivatives,
    integral,
    inverse_speeds,
    noise,
    resolved,
    root_anchor,
    speed,
)
from doya.kernels.flow.separations import separation
from doya.kernels.machinery.kinds import Distances, Poles
from doya.kernels.machinery.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Anchor, IntRow, Row, Rows

# A way shorter than this part of the distance from the nearest root is one plain panel: the
# logarithms of poles would cancel.
SHORT_WAY = 0.3


def shrinking(d: float, c: float, way: float) -> float:
    """Return ln(d / c), where the distance d from a fixed state shrinks to c by a known way."""
    return -math.log1p(way / d) if abs(way) < 0.5 * abs(d) else math.log(d / c)


def creep_time(d: float, c: float, way: float, growth: float, w: float, z: float) -> float:
    """Return the time from d to c, both on one side of a pair that is merged, or of the cusp.

    There the distance changes as `formula.creep` has it: at the rate growth d + w**2 f2 d**2 / 2,
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


def distance_from_target(
    w: float, b: float, z: Row, x: Row, eigenvalue: Row, first: int, count: int, target: int,
    level: float,
) -> float:  # fmt: skip
    """Return the level less the target: by f itself where the target's rounding matters."""
    c = level - x[target]
    if abs(c) > NEAR * abs(level) or w == 0.0 or eigenvalue[target] == 0.0:
        return c
    room = math.inf
    for k in range(first, first + count):
        if k != target:
            room = min(room, abs(z[k] - z[target]))
    exact, certain = separation(w, b, level, z[target], eigenvalue[target], room)
    return exact if certain else c


def without_the_poles(d: float, s: float, poles: Poles, anchor: Anchor, rule: Rows) -> None:
    """1/f less its poles, into the room, at the nodes from d to d + s; the target is at 0."""
    inverse_speeds(d, s, -math.copysign(1.0, d), anchor, rule)
    gauss, room = rule[NODE], rule[ROOM]
    rate, pull, pole, pull_2, pole_2 = poles
    for k in range(ORDER):
        v = d + gauss[k] * s
        a, c = v - pole, v - pole_2
        room[k] -= (v * (pull * c + pull_2 * a) - a * c / rate) / (v * a * c)


def by_poles(
    d: float, c: float, way: float, e: float, poles: Poles, anchor: Anchor, rule: Rows
) -> float:
    """Return the time from d to c, where 1/f less its poles is in the room; e as in `formula`."""
    rate, pull, _, pull_2, pole_2 = poles
    time = shrinking(d, c, way) / rate + integral(way, rule[ROOM], rule)
    if pull != 0.0:
        time += pull * math.log(abs((e + way) / e))
    if pull_2 != 0.0:
        time += pull_2 * math.log1p(way / (d - pole_2))
    return time


def speed_near(
    away: Distances, w: float, b: float, z: Row, x: Row, target: int, beside: int
) -> float:
    """Return f where the distances are known, from the nearest anchor."""
    v, _, anchor = nearest_anchor(away, w, b, z, x, target, beside)
    return speed(v, anchor)


def passage(
    w: float,
    b: float,
    z: Row,
    x: Row,
    eigenvalue: Row,
    first: int,
    count: int,
    x0: float,
    level: float,
    rule: Rows,
) -> tuple[float, float, float]:
    """Return the time from x0 to the level, infinite if it is never reached, and f at both.

    The neuron's roots are z[first], ..., as in `formula.path`.  NaN if the panels do not reach it.
    """
    target, behind, off = neighbours(w, b, z, x, eigenvalue, first, count, x0)
    xt, zt, way = x[target], z[target], level - x0
    if target == behind and (way == 0.0 or eigenvalue[target] >= 0.0):
        return (0.0 if way == 0.0 else math.inf), 0.0, 0.0
    if target == behind:  # to rounding
        behind = -1
    d = distance_from_target(w, b, z, x, eigenvalue, first, count, target, x0)
    beside, poles, apart = other_roots(x, eigenvalue, first, count, target, behind, d)
    e = d - poles.pole
    if beside >= 0:
        e = off if behind >= 0 else x0 - x[beside]
    away = Distances(d, e, x0, x0 - 1.0)
    f0 = speed_near(away, w, b, z, x, target, beside)
    if way == 0.0:
        return 0.0, f0, f0
    c = distance_from_target(w, b, z, x, eigenvalue, first, count, target, level)
    if way * d >= 0.0 or c * d <= 0.0:
        return math.inf, f0, 0.0
    end = Distances(c, e + way, level, level - 1.0)
    f1 = speed_near(end, w, b, z, x, target, beside)
    z0 = pre_activation(w, b, z, x, target, behind, off, x0)
    z1 = pre_activation(w, b, z, x, target, behind, off + way if behind >= 0 else 0.0, level)
    saturated = SATURATED
    if max(abs(z0), abs(zt)) > SATURATED - 1.0:
        saturated += math.log(max(1.0, abs(w)))
    if abs(w * d) < 1e-17 or in_one_tail(z0, zt, saturated):
        return shrinking(d, c, way), f0, f1
    if in_one_tail(z0, z1, saturated):
        tail = 1.0 if z0 > 0.0 else 0.0
        return shrinking(x0 - tail, level - tail, way), f0, f1

    low, high, now = x0, x0 - 1.0, 0.0
    if abs(z0) > saturated:
        edge = math.copysign(saturated, z0)
        if min(abs(edge - b), abs(edge - (w + b)), abs(edge - zt)) > BLURRED:
            edge = 0.0
        tail = 1.0 if z0 > 0.0 else 0.0
        before, after = x0 - tail, (edge - (w * tail + b)) / w
        if after * before > 0.0 and abs(after) <= abs(before) * (1.0 + 1e-15):
            if (level - tail) * before > 0.0 and abs(level - tail) >= abs(after):
                return shrinking(before, level - tail, way), f0, f1
            now, d, low, high = leaving_tail(w, z0, edge, x0, after, xt, zt)
            e, way = d - poles.pole, c - d
    rate, creeps = poles.rate, behind >= 0 and eigenvalue[behind] < MERGED
    room = rule[ROOM]
    for _ in range(PANELS):
        short = abs(way) < SHORT_WAY * min(abs(d), abs(e))
        if rate > 0.0 and abs(w * d) < LONGEST and not short:
            anchor, taken = root_anchor(w, zt, d), poles
            if apart < APART * abs(d):
                taken = Poles(rate, 0.0, poles.pole, 0.0, poles.pole_2)
            large = 1.0 / rate + abs(taken.pull) + abs(taken.pull_2)
            exact = abs(speed(d, anchor)) * large <= CANCELLED * max(1.0, abs(d))
            if exact:
                without_the_poles(d, way, taken, anchor, rule)
                if resolved(room, zt, 1.0 / abs(rate * d), rule):
                    return now + by_poles(d, c, way, e, taken, anchor, rule), f0, f1
        if abs(w * d) < (1e-4 if rate == 0.0 and w <= 4.0 else 1e-8):
            return now + creep_time(d, c, way, -rate, w, zt), f0, f1
        if creeps and abs(w * e) < CREEPS < 0.25 * abs(w * d):
            out = math.copysign(CREEPS / w, e)
            if abs(e + way) <= abs(out):
                growth = eigenvalue[behind]
                return now + creep_time(e, e + way, way, growth, w, z[behind]), f0, f1
            now += creeping(e, out, eigenvalue[behind], w, z[behind])
            way -= out - e
            d, e, low, high = moved(Distances(d, e, low, high), e, out)
        distances = Distances(d, e, low, high)
        v, _, anchor = nearest_anchor(distances, w, b, z, x, target, beside)
        if in_one_tail(anchor.z + w * v, zt, saturated) or abs(w * v) > BLURRED:
            return now + shrinking(d, c, way), f0, f1
        s = panel(d, v, anchor)
        if abs(s) > abs(way):
            s = way
        inverse_speeds(v, s, -math.copysign(1.0, d), anchor, rule)
        while not resolved(room, anchor.z, noise(v, room, rule), rule):
            if abs(s) <= 1e-15 * abs(v):
                break
            s *= 0.5
            inverse_speeds(v, s, -math.copysign(1.0, d), anchor, rule)
        now += integral(s, room, rule)
        if s == way:
            return now, f0, f1
        way -= s
        d, e, low, high = moved(distances, v, v + s)
    return math.nan, f0, f1


@kernel(interpreted=130e-6, compiled=0.3e-6)
def passages(
    w: Row,
    b: Row,
    z: Row,
    x: Row,
    eigenvalue: Row,
    count: IntRow,
    x0: Row,
    level: Row,
    time: Row,
    first_speed: Row,
    last_speed: Row,
    rule: Rows,
) -> None:
    """`passage` for neurons i = 0, 1, ..., one after the other."""
    for i in range(len(w)):
        time[i], first_speed[i], last_speed[i] = passage(
            w[i], b[i], z, x, eigenvalue, 3 * i, count[i], x0[i], level[i], rule
        )


def departure(
    w: float, b: float, shift: float, x0: float, level: float, rule: Rows
) -> tuple[float, float, float]:
    """Return the way under a large input as in `depart`, its duration, and the time to the level.

    That time is NaN if the level is not on this way.
    """
    y0, z = x0 - shift, w * x0 + b
    end, way, now, longest = -PART * y0, 0.0, 0.0, LONGEST_DEPARTURE
    wanted = level - x0
    there = wanted * end >= 0.0 and abs(wanted) <= abs(end)
    last = wanted if there else end
    while way != last:
        rest, y = last - way, y0 + way
        inwards = (w * rest > 0.0) == (z < 0.0)
        if abs(z) > CONSTANT or (abs(z) == CONSTANT and not inwards):
            edge = math.copysign(CONSTANT, z)
            s = bounded(abs(z - edge), rest, w) if inwards else rest
            now -= math.log1p(s / (y - (1.0 if z > 0.0 else 0.0)))
            z = edge
        else:
            s = bounded(longest, rest, w)
            inverse_rates(z, y, s, w, rule)
            while abs(w * s) > SHORT and not smooth(y, rule):
                longest = 0.5 * abs(w * s)
                s *= 0.5
                inverse_rates(z, y, s, w, rule)
            now += integral(s, rule[ROOM], rule)
            z, longest = z + w * s, 2.0 * longest
        way = last if s == rest else way + s
    return last, now, now if there else math.nan


@kernel(interpreted=300e-6, compiled=0.4e-6)
def depart_to(
    w: Row, b: Row, shift: Row, x0: Row, level: Row, way: Row, passed: Row, time: Row, rule: Rows
) -> None:  # fmt: skip
    """`departure` for neurons i = 0, 1, ...; a way of 0 and NaN where none is needed."""
    for i in range(len(w)):
        way[i], passed[i], time[i] = 0.0, 0.0, math.nan
        if is_large(shift[i], x0[i]):
            way[i], passed[i], time[i] = departure(w[i], b[i], shift[i], x0[i], level[i], rule)
