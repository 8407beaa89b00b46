"""The flow dx/dt = -x + sigma(w x + b) by formula, for constant input: time as an integral over x.

From the start the state moves monotonically towards the next root of f(x) = sigma(w x + b) - x, so
t(x) is the integral of dx/f, and x(T) solves t(x) = T.

- 1/f has a pole at every root.  Without them it is smooth, and 16 Gauss nodes integrate it from the
  start to the target; the poles give logarithms.
- Where that is not enough, which its coefficients in Legendre's polynomials show, a complex zero
  of f is near (the ghost of a fold), or roots are too close to be distinguished.  Then panels come
  first, each as long as the zeros around it allow, and checked in the same way.
- Where |z| > 40 sigma is constant to rounding and the path exponential.

So the cost does not depend on the time.  A state is measured by its distance from the nearest
anchor (see `panels`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.merged_pairs import CREEPS, MERGED, creep, creeping
from doya.kernels.flow.nearest_roots import (
    moved,
    nearest_anchor,
    neighbours,
    other_roots,
    pre_activation,
)
from doya.kernels.flow.panels import (
    ROOM,
    clearance,
    derivatives,
    integral,
    inverse_speeds,
    noise,
    resolved,
    root_anchor,
    speed,
    without_poles,
)
from doya.kernels.flow.records import Distances, Poles
from doya.kernels.flow.tails import (
    BLURRED,
    beginning,
    edge_of,
    fading,
    in_one_tail,
    leaving_tail,
    relaxed,
)
from doya.kernels.machinery.registry import kernel
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.flow.records import Anchor
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# How far apart roots must be for their poles to be taken out, in lengths of the last panel: the
# pulls of a close pair are large and opposite.
APART = 0.5
CANCELLED = 3.0  # how much larger than the answer the terms of the last panel may be
SETTLED = 14.0  # e-foldings after which one correction gives the state to the last bit
NEWTON = 60  # Newton takes 2 to 5 steps; the bisection that guards it, no more than this
LONGEST = 30.0  # in z, beyond which one panel is not tried
PANELS = 5000  # a few; hundreds where |w| is beyond 1e50


def panel(d: float, v: float, anchor: Anchor) -> float:
    """Return the panel from v to the target that the zeros of f seen from both ends allow."""
    least = 1e-15 * abs(v)
    step = min(2.0 / 3.0 * abs(d), max(clearance(d, v, anchor), least))
    while True:
        s = -math.copysign(step, d)
        clear = clearance(d + s, v + s, anchor)
        if step <= clear or step <= least:
            break
        step = max(0.5 * step, min(clear, 0.99 * step))
    # Both may see nothing but rounding.
    if step <= 10.0 * least and abs(speed(v, anchor)) <= 4.0 * least:
        s = -math.copysign(min(2.0 / 3.0 * abs(d), 0.5 * abs(v)), d)
    return s


def shortened(s: float, v: float, d: float, anchor: Anchor, rule: Rows) -> float:
    """Return s, halved until 16 nodes resolve 1/f from v to v + s, which is in the room then."""
    room, toward = rule[ROOM], -math.copysign(1.0, d)
    inverse_speeds(v, s, toward, anchor, rule)
    while not resolved(room, anchor.z, noise(v, room, rule), rule):
        if abs(s) <= 1e-15 * abs(v):
            break
        s *= 0.5
        inverse_speeds(v, s, toward, anchor, rule)
    return s


def to_take_out(poles: Poles, apart: float, d: float, anchor: Anchor) -> tuple[Poles, bool]:
    """Return the poles to take out of 1/f on a last panel from d, and whether that is exact.

    Logarithms and the rest cancel, and what rounding leaves of them moves the state.
    """
    if apart < APART * abs(d):
        poles = Poles(poles.rate, 0.0, poles.pole, 0.0, poles.pole_2)
    large = 1.0 / poles.rate + abs(poles.pull) + abs(poles.pull_2)
    return poles, abs(speed(d, anchor)) * large <= CANCELLED * max(1.0, abs(d))


def within_panel(
    wanted: float, part: float, v: float, s: float, anchor: Anchor, rule: Rows
) -> float:
    """Return the way from v in the wanted time, less than s; part is a guess."""
    toward, room = math.copysign(1.0, s), rule[ROOM]
    for _ in range(NEWTON):
        inverse_speeds(v, part, toward, anchor, rule)
        passed = integral(part, room, rule)
        change = (wanted - passed) * speed(v + part, anchor)
        ratio = (part + change) / s
        if ratio < 0.0:
            change = -0.5 * part
        elif ratio > 1.0:
            change = 0.5 * (s - part)
        part += change
        if abs(change) <= 1e-8 * abs(part):
            break
    return part


def within_approach(
    wanted: float,
    d: float,
    e: float,
    far: float,
    bend: float,
    poles: Poles,
    anchor: Anchor,
    rule: Rows,
) -> float:
    """y such that the state comes from x* + d to x* + d e**-y in the wanted time.

    e is the distance from the first pole, far the smooth part up to d, and bend the limit at x* of
    1/f less the target's pole.
    """
    rate, pull, pole, pull_2, pole_2 = poles
    e_2 = d - pole_2
    # Far from the poles their logarithms are constant, and a first correction is enough.
    constant = wanted + far
    if pull != 0.0:
        constant -= pull * math.log(abs(pole / e))
    if pull_2 != 0.0:
        constant -= pull_2 * math.log(abs(pole_2 / e_2))
    y = rate * constant
    if y > SETTLED:
        return y - rate * bend * d * math.exp(-y)
    if y < 1.0 and pull > 0.0:  # beside the root behind the distance from it grows as e**t
        y = -math.log1p(max(e / d * math.expm1(min(wanted / pull, 700.0)), -0.6))
    y = max(y, 0.0)
    low, high = 0.0, math.inf
    for _ in range(NEWTON):
        shrunk = math.expm1(-y)
        left = d * (1.0 + shrunk)
        if left == 0.0:
            break
        behind = e + d * shrunk
        without_poles(0.0, left, -math.copysign(1.0, left), poles, anchor, rule)
        smooth = integral(left, rule[ROOM], rule)
        excess = y / rate + smooth - far - wanted
        if pull != 0.0:
            excess += pull * math.log(abs(behind / e))
        if pull_2 != 0.0:
            excess += pull_2 * math.log(abs((e_2 + d * shrunk) / e_2))
        if excess > 0.0:
            high = y
        else:
            low = y
        change = excess * speed(left, anchor) / left
        if abs(change) <= 1e-8 * min(1.0, abs(behind / left)):
            return min(max(y + change, low), high)
        y += change
        if not low <= y <= high:
            y = 0.5 * (low + high) if high < math.inf else 2.0 * low + 1.0
    return y


def path(
    w: float,
    b: float,
    z: Row,
    x: Row,
    eigenvalue: Row,
    first: int,
    count: int,
    x0: float,
    times: Row,
    j: int,
    stop: int,
    out: Row,
    rule: Rows,
) -> None:
    """x at times[j], ..., times[stop - 1], ascending, into the same places of `out`.

    The neuron's roots are z[first], ..., z[first + count - 1], and likewise x and eigenvalue, as
    the equilibria's `solve` gives them.
    """
    target, behind, off = neighbours(w, b, z, x, eigenvalue, first, count, x0)
    xt, zt = x[target], z[target]
    z0 = pre_activation(w, b, z, x, target, behind, off, x0)
    saturated = beginning(w, z0, zt)
    if target == behind or abs(w * (x0 - xt)) < 1e-17 or in_one_tail(z0, zt, saturated):
        # At rest, or sigma is constant along the whole path.
        for k in range(j, stop):
            out[k] = relaxed(x0, xt, times[k])
        return

    while stop > j and times[stop - 1] == math.inf:
        stop -= 1
        out[stop] = xt
    # So soon two terms of a Taylor series are enough.
    soon = 1e-8 / (1.0 + 0.25 * abs(w))
    while j < stop and times[j] <= soon:
        slope, _, _ = derivatives(w, z0)
        out[j] = x0 + times[j] * (logistic(z0) - x0) * (1.0 + 0.5 * times[j] * w * slope)
        j += 1

    # The distances from the target, 0 and 1, and the time, when the path leaves sigma's tail.
    d, low, high, now, fresh = x0 - xt, x0, x0 - 1.0, 0.0, True
    if abs(z0) > saturated:
        level = 1.0 if z0 > 0.0 else 0.0
        edge = edge_of(saturated, w, b, z0, zt)
        before, after = x0 - level, (edge - (w * level + b)) / w
        # Where sigma matters before that it goes by panels.
        if after * before > 0.0 and abs(after) <= abs(before) * (1.0 + 1e-15):
            now, d, low, high = leaving_tail(w, z0, edge, x0, after, xt, zt)
            fresh = False
            while j < stop and times[j] <= now:
                out[j] = relaxed(x0, level, times[j])
                j += 1

    beside, poles, apart = other_roots(x, eigenvalue, first, count, target, behind, d)
    rate, creeps = poles.rate, behind >= 0 and eigenvalue[behind] < MERGED
    e = d - poles.pole
    if beside >= 0 and fresh:
        e = off if behind >= 0 else x0 - x[beside]
    anchor, taken, far, room = root_anchor(w, zt, d), poles, 0.0, rule[ROOM]
    for _ in range(PANELS):
        if j == stop:
            return
        # Is the rest of the way one panel?
        if rate > 0.0 and abs(w * d) < LONGEST:
            anchor = root_anchor(w, zt, d)
            taken, exact = to_take_out(poles, apart, d, anchor)
            without_poles(0.0, d, -math.copysign(1.0, d), taken, anchor, rule)
            if exact and resolved(room, zt, 1.0 / abs(rate * d), rule):
                far = integral(d, room, rule)
                break
        if abs(w * d) < (1e-4 if rate == 0.0 and w <= 4.0 else 1e-8):
            for k in range(j, stop):
                out[k] = xt + creep(d, times[k] - now, rate, w, zt)
            return

        # f cannot be resolved between a pair that is merged, or might be, and here.
        if creeps and abs(w * e) < CREEPS < 0.25 * abs(w * d):
            away = math.copysign(CREEPS / w, e)
            duration = creeping(e, away, eigenvalue[behind], w, z[behind])
            while j < stop and times[j] <= now + duration:
                part = creep(e, times[j] - now, -eigenvalue[behind], w, z[behind])
                out[j] = x[behind] + part
                j += 1
            now, fresh = now + duration, False
            d, e, low, high = moved(Distances(d, e, low, high), e, away)
        distances = Distances(d, e, low, high)
        v, position, anchor = nearest_anchor(distances, w, b, z, x, target, beside)
        if in_one_tail(anchor.z + w * v, zt, saturated) or abs(w * v) > BLURRED:
            for k in range(j, stop):
                out[k] = fading(xt, d, low, times[k] - now)
            return
        s = shortened(panel(d, v, anchor), v, d, anchor, rule)
        duration = integral(s, room, rule)
        while j < stop and times[j] <= now + duration:
            guess = s * ((times[j] - now) / duration)
            part = within_panel(times[j] - now, guess, v, s, anchor, rule)
            out[j] = x0 + part if fresh else position + (v + part)
            j += 1
        now, fresh = now + duration, False
        d, e, low, high = moved(distances, v, v + s)
    else:
        return

    bend = -0.5 * w * ((1.0 - rate) / rate) * ((1.0 - 2.0 * xt) / rate)  # -f''/(2 rate**2)
    for k in range(j, stop):
        wanted = times[k] - now
        y = within_approach(wanted, d, e, far, bend, taken, anchor, rule)
        if y > 0.5:
            out[k] = xt + d * math.exp(-y)
            continue
        part = d * math.expm1(-y)
        if abs(part) < 0.5 * abs(e):  # a short way is known better without the root behind
            part = within_panel(wanted, part, d, -d, anchor, rule)
        out[k] = x0 + part if fresh else xt + (d + part)


@kernel(interpreted=130e-6, compiled=0.3e-6)
def paths(
    w: Row,
    b: Row,
    z: Row,
    x: Row,
    eigenvalue: Row,
    count: IntRow,
    x0: Row,
    times: Row,
    each: int,
    out: Row,
    rule: Rows,
) -> None:
    """`path` for neurons i = 0, 1, ..., one after the other, at `each` times of their own."""
    for i in range(len(w)):
        path(
            w[i], b[i], z, x, eigenvalue, 3 * i, count[i], x0[i], times, each * i, each * (i + 1),
            out, rule,
        )  # fmt: skip
