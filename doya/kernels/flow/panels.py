"""Panels of the integral of dx/f, f(x) = sigma(w x + b) - x: speeds, zeros nearby, Gauss's rule.

A state is measured by its distance v from an anchor, so that v and f stay accurate: a root of f, or
0 or 1, where sigma's tails end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.records import Anchor
from doya.kernels.numbers.exponential import expm1_negative
from doya.kernels.numbers.logistic import both_levels, logistic

if TYPE_CHECKING:
    from doya.kernels.flow.records import Poles
    from doya.kernels.machinery.kinds import Row, Rows

ORDER = 16
# Gauss and Legendre's nodes x and weights for 16 points on [-1, 1], x > 0 (Abramowitz and Stegun
# 1964, table 25.4), and for [0, 1].
HALF = (
    (0.0950125098376374402, 0.1894506104550684963),
    (0.2816035507792589132, 0.1826034150449235889),
    (0.4580167776572273863, 0.1691565193950025382),
    (0.6178762444026437484, 0.1495959888165767321),
    (0.7554044083550030339, 0.1246289712555338720),
    (0.8656312023878317439, 0.0951585116824927848),
    (0.9445750230732325761, 0.0622535239386478929),
    (0.9894009349916499326, 0.0271524594117540949),
)
NODES = [0.5 - 0.5 * x for x, _ in HALF] + [0.5 + 0.5 * x for x, _ in HALF]
WEIGHTS = [0.5 * weight for _, weight in HALF] * 2


def legendre(degree: int, x: float) -> float:
    """P_n(x), by its recurrence."""
    below, value = 0.0, 1.0
    for n in range(degree):
        below, value = value, ((2 * n + 1) * x * value - n * below) / (n + 1)
    return value


def weighted_legendre(degree: int) -> list[float]:
    """Return weights of a sum over the nodes: a coefficient in P_0, P_1, ..., but for a factor."""
    return [
        weight * legendre(degree, 2.0 * node - 1.0)
        for node, weight in zip(NODES, WEIGHTS, strict=True)
    ]


TABLES = NODES, WEIGHTS, weighted_legendre(ORDER - 2), weighted_legendre(ORDER - 1)
# Rows of a rule.  The first four are the tables: nodes, weights, and weights times the Legendre
# polynomials of degree 14 and 15.  The others are room for values at the nodes: two rows of any
# values, and the integrands of ln G, and for b and w.
NODE, WEIGHT, DEGREE_14, DEGREE_15, ROOM, SPARE, GROWTH, BEND_B, BEND_W = range(9)
RULE_ROWS = BEND_W + 1

# Gauss's rule of 16 nodes is exact to rounding where the coefficients of degree 14 and 15 are so
# small: they fall like rho**-n, and its error like rho**-32.
ENOUGH = 1e-8
ROUNDING = 4e-15
LEAST_SPEED = 2.0**-54  # in units of v: f is not resolved below
TINY = 1e-300
FAR = 1e50  # where the pole of a root that is not there stands


def root_anchor(w: float, z: float, v: float) -> Anchor:
    """A root with pre-activation z, for states on v's side of it."""
    side = math.copysign(1.0, w * v)
    return Anchor(w, z, side, logistic(-side * z), 0.0)


def tail_anchor(w: float, b: float, end: float) -> Anchor:
    """x = 0 or x = 1."""
    return Anchor(w, w * end + b, 1.0 - 2.0 * end, 0.0, 1.0)


def speed(v: float, anchor: Anchor) -> float:
    """f at the distance v from an anchor; accurate for small v and f too.

    From a root, sigma(p) - sigma(q) = s sigma(s p) sigma(-s q) (1 - e**-|p - q|), where q and
    p = q + w v are the pre-activations and s is the sign of p - q: side is s, rest is sigma(-s q),
    lift 0.  From 0 and 1, where f = sigma(p) - v and f = -sigma(-p) - v, side is 1 and -1, rest 0
    and lift 1.
    """
    w, z, side, rest, lift = anchor
    p = side * (z + w * v)
    return side * logistic(p) * (lift - rest * expm1_negative(-abs(w * v))) - v


def derivatives(w: float, z: float) -> tuple[float, float, float]:
    """The first three derivatives of f by z = w x + b."""
    level, rest = both_levels(z)
    slope = level * rest
    turn = rest - level
    return slope - 1.0 / w, slope * turn, slope * (1.0 - 6.0 * slope)


def without_zero(
    d: float, f0: float, f1: float, f2: float, f3: float
) -> tuple[float, float, float, float]:
    """Value and derivatives of f / d from those of f, where d is the distance from a zero of f."""
    inverse = 1.0 / d
    r0 = f0 * inverse
    r1 = (f1 - r0) * inverse
    r2 = (f2 - 2.0 * r1) * inverse
    return r0, r1, r2, (f3 - 3.0 * r2) * inverse


def zero_bound(r0: float, r1: float, r2: float, r3: float) -> float:
    """Estimate the distance of the nearest zero of a function, by its derivatives.

    The smallest (k! |r_0 / r_k|)**(1/k), k = 1, 2, 3: never much less than the distance.
    """
    size = abs(r0)
    bound = min(size / (abs(r1) + TINY), math.sqrt(2.0 * size / (abs(r2) + TINY)))
    cube = 6.0 * size / (abs(r3) + TINY)
    return bound if cube >= bound * bound * bound else cube ** (1.0 / 3.0)


def strip(z: float) -> float:
    """Estimate the distance from z of the complex zeros of f with |Im z| > 2 pi."""
    return 6.0 + 0.5 * max(0.0, abs(z) - 15.0)


def clearance(d: float, v: float, anchor: Anchor) -> float:
    """Return the length that the zeros of f near v allow; the target, d away, does not count."""
    w = anchor.w
    z = anchor.z + w * v
    f1, f2, f3 = derivatives(w, z)
    r0, r1, r2, r3 = without_zero(w * d, speed(v, anchor), f1, f2, f3)
    return min(0.8 * zero_bound(r0, r1, r2, r3), strip(z)) / abs(w)


def weighted(weights: Row, values: Row) -> float:
    """The sum of 16 products, by fours, as the vector units can do it."""
    a = b = c = d = 0.0
    for k in range(0, ORDER, 4):
        a += weights[k] * values[k]
        b += weights[k + 1] * values[k + 1]
        c += weights[k + 2] * values[k + 2]
        d += weights[k + 3] * values[k + 3]
    return (a + c) + (b + d)


def highest(values: Row, rule: Rows) -> float:
    """Size of the coefficients of degree 14 and 15 in Legendre's polynomials."""
    return abs(weighted(rule[DEGREE_14], values)) + abs(weighted(rule[DEGREE_15], values))


def resolved(values: Row, z: float, scale: float, rule: Rows) -> bool:
    """Return whether 16 nodes are enough for a function of these values.

    They know z, which is large, to its rounding only, and are differences of numbers like scale.
    """
    spare = rule[SPARE]
    for k in range(ORDER):
        spare[k] = abs(values[k])
    size = weighted(rule[WEIGHT], spare)
    return highest(values, rule) <= (ENOUGH + ROUNDING * abs(z)) * size + ROUNDING * scale


def noise(v: float, values: Row, rule: Rows) -> float:
    """Return the error of 1/f near v in units of its rounding: f is known to the rounding of v."""
    spare = rule[SPARE]
    for k in range(ORDER):
        spare[k] = values[k] * values[k]
    return abs(v) * weighted(rule[WEIGHT], spare)


def integral(s: float, values: Row, rule: Rows) -> float:
    """Integrate a function of these values at the nodes over a length s."""
    return s * weighted(rule[WEIGHT], values)


def inverse_speeds(v: float, s: float, toward: float, anchor: Anchor, rule: Rows) -> None:
    """1/f, into the room, at the nodes from v to v + s; f has the sign of `toward` for certain."""
    gauss, room = rule[NODE], rule[ROOM]
    for k in range(ORDER):
        at = v + gauss[k] * s
        room[k] = toward / max(toward * speed(at, anchor), LEAST_SPEED * abs(at) + TINY)


def without_poles(
    v: float, s: float, toward: float, poles: Poles, anchor: Anchor, rule: Rows
) -> None:
    """1/f less its poles, into the room, as `inverse_speeds`; the target is at 0."""
    inverse_speeds(v, s, toward, anchor, rule)
    gauss, room = rule[NODE], rule[ROOM]
    rate, pull, pole, pull_2, pole_2 = poles
    for k in range(ORDER):
        at = v + gauss[k] * s
        a, c = at - pole, at - pole_2
        room[k] -= (at * (pull * c + pull_2 * a) - a * c / rate) / (at * a * c)
