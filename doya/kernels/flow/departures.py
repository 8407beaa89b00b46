"""The first part of the flow's way under a large constant input, in coordinates of its start.

While the input adds s = w' u, the distance y = x - s from the input obeys the neuron of bias
b + w s.  Where s is much larger than the state, y and that bias hold few digits of x and b.  So
until y has lost a third the way is measured from the start: x is x0 + v, and z is w x0 + b + w v.

There abs(y) >= 2, so that f = sigma(z) - y has no zero nearby and loses no digits.  The way is cut
in stretches: exponentials where sigma is constant to rounding, and 16 Gauss nodes elsewhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.legs import BEYOND, DEEP, NOTHING, least_between, steepness
from doya.kernels.flow.panels import (
    NODE,
    ORDER,
    ROOM,
    SPARE,
    WEIGHT,
    highest,
    integral,
    root_anchor,
    speed,
    weighted,
)
from doya.kernels.machinery.registry import kernel
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows

LARGE = 4.0  # how much larger than 1 and the state an input is large: then abs(y) >= 3 at first
PART = 1.0 / 3.0  # of y, after which x is of the input's size
CONSTANT = 40.0  # abs(z) from which sigma is constant to rounding
LONGEST = 80.0  # in z, of a panel: from one tail to the other
SHORT = 2.0  # in z: the poles of sigma are so far that 16 nodes are enough
# What the coefficients of degree 14 and 15 may be beside what sigma changes of 1/f, see `smooth`.
ENOUGH = 1e-8
ROUNDING = 2e-16
NEWTON = 60  # Newton takes 2 to 4 steps
SOURCE_PANEL = 3.0  # in z; sigma' has its poles at a distance of at least pi


def is_large(shift: float, x0: float) -> bool:
    """Return whether an input that shifts the state by `shift` needs a departure."""
    return abs(shift) > LARGE * max(1.0, abs(x0))


def inverse_rates(z: float, y: float, s: float, w: float, rule: Rows) -> None:
    """1/f, into the room, at the nodes from z and y to a distance s."""
    gauss, room = rule[NODE], rule[ROOM]
    for k in range(ORDER):
        v = gauss[k] * s
        room[k] = 1.0 / (logistic(z + w * v) - (y + v))


def reached(
    wanted: float, part: float, z: float, y: float, w: float, s: float, rule: Rows
) -> float:
    """Return the way of the state in the wanted time, at most s; part is a guess."""
    for _ in range(NEWTON):
        inverse_rates(z, y, part, w, rule)
        excess = wanted - integral(part, rule[ROOM], rule)
        change = excess * (logistic(z + w * part) - (y + part))
        if (part + change) / s > 1.0:
            change = s - part
        part += change
        if abs(change) <= 1e-8 * abs(part):
            break
    return part


def smooth(y: float, rule: Rows) -> bool:
    """Return whether 16 nodes are enough for 1/f in the room.

    sigma changes it by 1/abs(y) of itself.  Of that the highest coefficients are rho**-14, and the
    error rho**-32.
    """
    size = abs(weighted(rule[WEIGHT], rule[ROOM]))
    return highest(rule[ROOM], rule) <= (ENOUGH / math.sqrt(abs(y)) + ROUNDING) * size


def bounded(length: float, rest: float, w: float) -> float:
    """The way to go, at most `length` in z."""
    return rest if abs(w * rest) <= length else math.copysign(length / w, rest)


def next_part(
    rest: float, longest: float, z: float, y: float, w: float, rule: Rows
) -> tuple[float, float, bool]:
    """Return the next part of a way, the longest in z that may follow, and if sigma is constant.

    Where it is not, 1/f at the nodes of the part is in the room.
    """
    inwards = (w * rest > 0.0) == (z < 0.0)
    if abs(z) > CONSTANT or (abs(z) == CONSTANT and not inwards):
        edge = math.copysign(CONSTANT, z)
        return bounded(abs(z - edge), rest, w) if inwards else rest, longest, True
    s = bounded(longest, rest, w)
    inverse_rates(z, y, s, w, rule)
    while abs(w * s) > SHORT and not smooth(y, rule):
        longest = 0.5 * abs(w * s)
        s *= 0.5
        inverse_rates(z, y, s, w, rule)
    return s, 2.0 * longest, False


def depart(
    w: float,
    b: float,
    shift: float,
    x0: float,
    times: Row,
    j: int,
    stop: int,
    out: Row,
    rule: Rows,
) -> tuple[float, float]:
    """The way that the state goes, to the last time or until y has lost its part, and its duration.

    x at those of times[j], ..., times[stop - 1], ascending, that it reaches goes into the same
    places of `out`; the other places stay as they are.
    """
    y0, z = x0 - shift, w * x0 + b
    end, way, now, longest, part = -PART * y0, 0.0, 0.0, LONGEST, 0.0
    while j < stop:
        rest, y = end - way, y0 + way
        s, longest, constant = next_part(rest, longest, z, y, w, rule)
        if constant:
            before = y - (1.0 if z > 0.0 else 0.0)
            after = now - math.log1p(s / before)
            while j < stop and times[j] <= after:
                part = before * math.expm1(now - times[j])
                out[j] = x0 + (way + part)
                j += 1
            z = math.copysign(CONSTANT, z)
        else:
            duration = integral(s, rule[ROOM], rule)
            after = now + duration
            while j < stop and times[j] <= after:
                wanted = times[j] - now
                part = reached(wanted, s * (wanted / duration), z, y, w, s, rule)
                out[j] = x0 + (way + part)
                j += 1
            z += w * s
        if j == stop:
            break
        if s == rest:
            return end, after
        way, now = way + s, after
    return way + part, times[stop - 1]


@kernel(interpreted=300e-6, compiled=0.4e-6)
def depart_all(
    w: Row,
    b: Row,
    shift: Row,
    x0: Row,
    times: Row,
    each: int,
    out: Row,
    way: Row,
    passed: Row,
    rule: Rows,
) -> None:
    """`depart` for neurons i = 0, 1, ..., at `each` times of their own; 0 where none is needed."""
    for i in range(len(w)):
        way[i], passed[i] = 0.0, 0.0
        if is_large(shift[i], x0[i]):
            way[i], passed[i] = depart(
                w[i], b[i], shift[i], x0[i], times, each * i, each * (i + 1), out, rule
            )


def carry(
    w: float, b: float, shift: float, x0: float, way: float, rule: Rows
) -> tuple[float, float, float, float]:
    """ln G, the derivatives by b and w, and ln of a factor of both, along the way from x0.

    G = f(x1) / f(x0), and f(x1) times the integral of sigma' / f**2, for w of x sigma' / f**2.
    """
    if way == 0.0:
        return 0.0, 0.0, 0.0, 0.0
    z0, y0 = w * x0 + b, x0 - shift
    z1 = z0 + w * way
    first, last = logistic(z0) - y0, logistic(z1) - (y0 + way)
    log_gain = math.log1p(speed(way, root_anchor(w, z0, way)) / first)
    least = least_between(z0, z1)
    if least > BEYOND:
        return log_gain, 1.0, x0 if abs(z0) < abs(z1) else x0 + way, -least
    lift = least if least > DEEP else 0.0

    # From where sigma' matters first to where it does last.
    outer, z, begin = least + NOTHING, z0, 0.0
    if abs(z0) > outer:
        z = math.copysign(outer, z0)
        begin = (z - z0) / w
    length = way - begin
    if abs(z1) > outer:
        length = (math.copysign(outer, z1) - z) / w
    gauss, weights, room, spare = rule[NODE], rule[WEIGHT], rule[ROOM], rule[SPARE]
    count = max(1, math.ceil(abs(w * length) / SOURCE_PANEL))
    s = length / count
    by_b = by_w = 0.0
    for n in range(count):
        for k in range(ORDER):
            along = (n + gauss[k]) * s
            v = begin + along
            here = z + w * along
            inverse = 1.0 / (logistic(here) - (y0 + v))
            room[k] = steepness(here, lift) * (last * inverse) * inverse
            spare[k] = (x0 + v) * room[k]
        by_b += s * weighted(weights, room)
        by_w += s * weighted(weights, spare)
    return log_gain, by_b, by_w, -lift


@kernel(interpreted=200e-6, compiled=0.3e-6)
def carry_all(
    w: Row,
    b: Row,
    shift: Row,
    x0: Row,
    way: Row,
    log_gain: Row,
    by_b: Row,
    by_w: Row,
    factor: Row,
    rule: Rows,
) -> None:
    """`carry` for neurons i = 0, 1, ..., one after the other."""
    for i in range(len(w)):
        log_gain[i], by_b[i], by_w[i], factor[i] = carry(w[i], b[i], shift[i], x0[i], way[i], rule)
