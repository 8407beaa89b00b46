"""Legs of the flow's path, along which a change of x0, b or w is carried by integrals.

Where dt = dx/f, a deviation s of the state obeys ds/dt = f' s + g, with the source g = sigma'(z)
for b and x sigma'(z) for w.  So

    G = dx(T)/dx0 = exp(integral of f'/f dx),
    dx(T)/dp = f(x(T)) integral of g/f**2 dx,

and g/f**2 has double poles at the roots of f.  At a root the deviation settles on r = -g/f'.  For
a line q(x) that equals r at the roots, s - q has the integrand H/f, H = (f' q + g)/f - q', with
simple poles only, and those go with the known integrals of 1/f, the time, and of f'/f, ln G:
alpha + beta f' equals H at the roots.  What remains is smooth, and 16 Gauss nodes integrate it.

With nothing taken out a leg is a panel as in `panels`: every term has one sign.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.panels import (
    BEND_B,
    BEND_W,
    FAR,
    GROWTH,
    LEAST_SPEED,
    NODE,
    ORDER,
    ROOM,
    ROUNDING,
    SPARE,
    TINY,
    WEIGHT,
    highest,
    root_anchor,
    speed,
    weighted,
)
from doya.kernels.flow.records import Anchor, Growth, Line, Taken
from doya.kernels.numbers.exponential import exp_negative, expm1_negative
from doya.kernels.numbers.logistic import both_levels, logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Rows

NOTHING_TAKEN = Taken(
    Growth(0.0, 0.0, 0.0, FAR), Line(0.0, 0.0, 0.0, 0.0), Line(0.0, 0.0, 0.0, 0.0)
)
# The coefficients of degree 14 and 15, relative to the answer; the error is as much smaller again.
ENOUGH = 1e-7
# Rounding that a leg may leave, relative to the answer: terms may cancel.
ROUNDED = 1e-13

# In z: sigma' further out than this changes no digit of an integral.
NOTHING = 45.0
# abs(z) from which sigma'(z), over f squared, might leave the range of a double.
DEEP = 200.0
# abs(z) from which ln sigma'(z) is -abs(z) to rounding.
BEYOND = 1e12


def least_between(z0: float, z1: float) -> float:
    """Return the least abs(z) between the two."""
    return min(abs(z0), abs(z1)) if (z0 > 0.0) == (z1 > 0.0) else 0.0


def outermost(w: float, z0: float, z1: float, zt: float) -> float:
    """Return the abs(z) beyond which sigma' adds nothing on a path from z0 to z1 towards zt."""
    if max(max(abs(z0), abs(z1)), abs(zt)) > NOTHING:
        return NOTHING + max(least_between(z0, z1), math.log(max(abs(w), 1.0)))
    return NOTHING


def steepness(z: float, lift: float) -> float:
    """sigma'(z) e**lift; lift is 0, or large and at most abs(z), where sigma' would underflow."""
    if lift > 0.0:
        return exp_negative(min(lift - abs(z), 0.0))
    level, rest = both_levels(z)
    return level * rest


def at_root(w: float, x: float, eigenvalue: float, slope: float) -> tuple[float, float]:
    """r and H for b; x r and x H - r are those for w."""
    inverse = 1.0 / eigenvalue
    return -slope * inverse, -w * slope * (1.0 - 2.0 * x) * (inverse * inverse)


def out_of_one(w: float, z: float, x: float, eigenvalue: float, lift: float) -> Taken:
    """Return what is taken out for one root, the anchor."""
    if eigenvalue == 0.0:
        return NOTHING_TAKEN
    r, h = at_root(w, x, eigenvalue, steepness(z, lift))
    return Taken(
        Growth(eigenvalue, eigenvalue, 0.0, FAR),
        Line(r, 0.0, h, 0.0),
        Line(x * r, 0.0, x * h - r, 0.0),
    )


def out_of_two(
    w: float,
    z: float,
    x: float,
    eigenvalue: float,
    other_z: float,
    other_x: float,
    other_eigenvalue: float,
    end: float,
    lift: float,
) -> Taken:
    """Return what is taken out for the anchor and another root; the one near the end decides."""
    apart, change = other_x - x, other_eigenvalue - eigenvalue
    if apart == 0.0:  # to rounding
        apart = (other_z - z) / w
    if apart == 0.0:
        return out_of_one(w, z, x, eigenvalue, lift)
    r, h = at_root(w, x, eigenvalue, steepness(z, lift))
    s, k = at_root(w, other_x, other_eigenvalue, steepness(other_z, lift))
    beta_b, beta_w = (k - h) / change, ((other_x * k - s) - (x * h - r)) / change
    for_b = Line(r, (s - r) / apart, h - beta_b * eigenvalue, beta_b)
    for_w = Line(x * r, (other_x * s - x * r) / apart, (x * h - r) - beta_w * eigenvalue, beta_w)
    if abs(end - apart) < abs(end):
        growth = Growth(eigenvalue, other_eigenvalue, -change / eigenvalue, 0.0)
    else:
        growth = Growth(eigenvalue, eigenvalue, change / other_eigenvalue, apart)
    return Taken(growth, for_b, for_w)


def resolvable(f: float, v: float, toward: float) -> float:
    """Return f with the sign of `toward`, also where rounding gives another."""
    return toward * max(toward * f, LEAST_SPEED * abs(v) + TINY)


def speed_at(v: float, z: float, anchor: Anchor) -> float:
    """f where the distance from an anchor is v and the pre-activation z; see `speed`."""
    w, _, side, rest, lift = anchor
    return side * logistic(side * z) * (lift - rest * expm1_negative(-abs(w * v))) - v


def integrands(
    v: float,
    s: float,
    x: float,
    z: float,
    anchor: Anchor,
    taken: Taken,
    lift: float,
    rule: Rows,
) -> float:
    """Fill the room of the rule with 1/f, sigma' and the integrands; return f at v + s.

    The integrands are those of ln G, and for b and w, at the nodes from v, where the state is x and
    the pre-activation z, to v + s.
    """
    (_, rate, pull, pole), (q_b, rise_b, alpha_b, beta_b), (q_w, rise_w, alpha_w, beta_w) = taken
    gauss, inverse, slope = rule[NODE], rule[ROOM], rule[SPARE]
    growth, bend_b, bend_w = rule[GROWTH], rule[BEND_B], rule[BEND_W]
    w, base, side, rest, raised = anchor
    # A short way is measured from its start, so that f changes smoothly along it.
    begin, known, toward = v, 0.0, math.copysign(1.0, s)
    if abs(s) < 0.1 * abs(v):
        begin, known = 0.0, speed_at(v, z, anchor)
        w, base, side, rest, raised = root_anchor(w, z, s)
    for k in range(ORDER):  # f is known + `speed`
        at = begin + gauss[k] * s
        p = side * (base + w * at)
        level, other = both_levels(p)
        f = known + (side * level * (raised - rest * expm1_negative(-abs(w * at))) - at)
        inverse[k] = 1.0 / resolvable(f, v + gauss[k] * s, toward)
        slope[k] = level * other
    strength = w
    if lift > 0.0:
        strength = w * math.exp(-lift)
        for k in range(ORDER):
            slope[k] = steepness(base + w * (begin + gauss[k] * s), lift)
    for k in range(ORDER):
        at = gauss[k] * s
        change = strength * slope[k] - 1.0
        growth[k] = (change - rate) * inverse[k]
        source = change * (q_b + rise_b * (v + at)) + slope[k]
        bend_b[k] = (source * inverse[k] - rise_b - alpha_b - beta_b * change) * inverse[k]
        source = change * (q_w + rise_w * (v + at)) + (x + at) * slope[k]
        bend_w[k] = (source * inverse[k] - rise_w - alpha_w - beta_w * change) * inverse[k]
    if pull != 0.0:
        for k in range(ORDER):
            growth[k] -= pull / (v + gauss[k] * s - pole)
    last = known + speed(begin + s, Anchor(w, base, side, rest, raised))
    return resolvable(last, v + s, toward)


def duration(v: float, s: float, rate: float, rule: Rows) -> float:
    """The integral of 1/f, which is in the room; its pole at 0, if one is taken out, is 1/rate."""
    gauss, weights, inverse = rule[NODE], rule[WEIGHT], rule[ROOM]
    if rate == 0.0:
        return s * weighted(weights, inverse)
    for k in range(ORDER):
        inverse[k] -= 1.0 / (rate * (v + gauss[k] * s))
    return s * weighted(weights, inverse) + math.log((v + s) / v) / rate


def inconsistent(x: float, f: float, rate: float, w: float, lift: float, rule: Rows) -> bool:
    """Return whether time and length of a leg belong to different multiples of a root's f'.

    They do where `rate`, which is taken out, is far from f' at the end, x, and f there is known to
    the rounding of x.  sigma' is in the room still.
    """
    there = w * math.exp(-lift) * rule[SPARE][ORDER - 1] - 1.0
    return abs(rate) > 10.0 * abs(there) and ROUNDING * abs(rate * x) > ROUNDED * abs(f)


def lost_in_noise(v: float, s: float, by_b: float, anchor: Anchor, rule: Rows) -> bool:
    """Return whether the remainder of a leg without poles is rounding of f; 1/f is in the room."""
    gauss, weights, inverse = rule[NODE], rule[WEIGHT], rule[ROOM]
    total = abs(anchor.z) + abs(anchor.w * v)
    for k in range(ORDER):
        total += weights[k] * abs((v + gauss[k] * s) * inverse[k])
    return by_b >= 0.0 and highest(rule[GROWTH], rule) <= ENOUGH + ROUNDING * total


def leg(
    v: float,
    s: float,
    x: float,
    z: float,
    time: float,
    by_b: float,
    by_w: float,
    anchor: Anchor,
    taken: Taken,
    lift: float,
    rule: Rows,
) -> tuple[float, float, float, float, bool]:
    """Return the time from v to v + s, ln G, the derivatives by b and w, and whether it is exact.

    At v the state is x and the pre-activation z.  The derivatives start from those at v.  The
    time is given, or infinite where the integral gives it.
    """
    (here, rate, pull, pole), (q_b, rise_b, alpha_b, beta_b), (q_w, rise_w, alpha_w, beta_w) = taken
    weights, growth, bend_b, bend_w = rule[WEIGHT], rule[GROWTH], rule[BEND_B], rule[BEND_W]
    last = integrands(v, s, x, z, anchor, taken, lift, rule)
    length = s
    if time == math.inf:
        time = duration(v, s, rate, rule)
    elif rate == 0.0:  # the time is better known than the length
        length = time / weighted(weights, rule[ROOM])
    log_gain = length * weighted(weights, growth) + rate * time
    if pull != 0.0:
        if v == pole or v + s == pole:  # the interpreter would not divide
            log_gain = math.inf
        else:
            log_gain += pull * math.log(abs((v + s - pole) / (v - pole)))
    held = min(log_gain, 700.0)  # more is nonsense, which is not exact
    gain, end = math.exp(held), v + s
    grown = math.expm1(held) if abs(held) < 0.7 else gain - 1.0
    if rate != 0.0:
        last = resolvable(speed(v, anchor), v, math.copysign(1.0, s)) * gain
        if abs(anchor.w * end) < 1e-8:  # the distance is better known from its speed
            end = last / here

    # s - q grows as G does.
    moved = s - v * grown if gain > 0.5 else end - v * gain
    known_b = known_w = 0.0
    if last != 0.0:  # else their factor might be infinite
        known_b = last * (alpha_b * time + beta_b * log_gain)
        known_w = last * (alpha_w * time + beta_w * log_gain)
    after_b = gain * by_b + (rise_b * moved - q_b * grown + known_b)
    after_w = gain * by_w + (rise_w * moved - q_w * grown + known_w)
    after_b += last * (length * weighted(weights, bend_b))
    after_w += last * (length * weighted(weights, bend_w))

    size_b = abs(after_b) + TINY
    size_w = size_b * (abs(x) + abs(x + s)) + TINY
    span = abs(last * length)
    part_b, part_w = span / size_b, span / size_w
    for k in range(ORDER):  # each in proportion to what it adds up to
        growth[k] = length * growth[k] + (part_b * bend_b[k] + part_w * bend_w[k])
    lost_b = abs(rise_b * moved) + abs(q_b * grown) + abs(known_b)
    lost_w = abs(rise_w * moved) + abs(q_w * grown) + abs(known_w)
    blurred = ROUNDING * (abs(anchor.z) + abs(anchor.w * v))  # rounding of z
    exact = highest(growth, rule) <= ENOUGH + blurred
    exact &= (
        after_b >= 0.0
        and ROUNDING * lost_b <= ROUNDED * size_b
        and ROUNDING * lost_w <= ROUNDED * size_w
    )
    return time, log_gain, after_b, after_w, exact
