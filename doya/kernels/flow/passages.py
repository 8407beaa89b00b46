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

from doya.kernels.flow.departures import CONSTANT, PART, is_large, next_part
from doya.kernels.flow.departures import LONGEST as LONGEST_DEPARTURE
from doya.kernels.flow.formula import LONGEST, PANELS, panel, shortened, to_take_out
from doya.kernels.flow.merged_pairs import CREEPS, MERGED, creep_time, creeping
from doya.kernels.flow.nearest_roots import (
    NEAR,
    moved,
    nearest_anchor,
    neighbours,
    other_roots,
    pre_activation,
)
from doya.kernels.flow.panels import ROOM, integral, resolved, root_anchor, speed, without_poles
from doya.kernels.flow.records import Distances, Poles
from doya.kernels.flow.separations import separation
from doya.kernels.flow.tails import BLURRED, beginning, edge_of, in_one_tail, leaving_tail
from doya.kernels.machinery.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# A way shorter than this part of the distance from the nearest root is one plain panel: the
# logarithms of poles would cancel.
SHORT_WAY = 0.3


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


def shrinking(d: float, c: float, way: float) -> float:
    """Return ln(d / c), where the distance d from a fixed state shrinks to c by a known way."""
    return -math.log1p(way / d) if abs(way) < 0.5 * abs(d) else math.log(d / c)


def by_poles(d: float, c: float, way: float, e: float, poles: Poles, rule: Rows) -> float:
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
    saturated = beginning(w, z0, zt)
    if abs(w * d) < 1e-17 or in_one_tail(z0, zt, saturated):
        return shrinking(d, c, way), f0, f1
    if in_one_tail(z0, z1, saturated):
        tail = 1.0 if z0 > 0.0 else 0.0
        return shrinking(x0 - tail, level - tail, way), f0, f1

    low, high, now = x0, x0 - 1.0, 0.0
    if abs(z0) > saturated:
        edge = edge_of(saturated, w, b, z0, zt)
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
            anchor = root_anchor(w, zt, d)
            taken, exact = to_take_out(poles, apart, d, anchor)
            if exact:
                without_poles(d, way, -math.copysign(1.0, d), taken, anchor, rule)
                if resolved(room, zt, 1.0 / abs(rate * d), rule):
                    return now + by_poles(d, c, way, e, taken, rule), f0, f1
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
        s = shortened(s if abs(s) <= abs(way) else way, v, d, anchor, rule)
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
        s, longest, constant = next_part(rest, longest, z, y, w, rule)
        if constant:
            now -= math.log1p(s / (y - (1.0 if z > 0.0 else 0.0)))
            z = math.copysign(CONSTANT, z)
        else:
            now += integral(s, rule[ROOM], rule)
            z += w * s
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
