"""Panels of the flow's way, on which its `second_derivatives` are integrated.

On a panel the variable is y, in which roots are infinitely far: d = d(0) e**-y is the distance
from the target, or, with a root behind, e/d = e(0)/d(0) e**y.  So a panel may have several
e-foldings, and 16 Gauss nodes integrate it; K_p at the nodes is that of the collocation, so that
the double integrals have the order of Gauss's rule too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.panels import (
    LEAST_SPEED,
    NODE,
    NODES,
    ORDER,
    ROUNDING,
    TABLES,
    TINY,
    WEIGHT,
    WEIGHTS,
    derivatives,
    highest,
    legendre,
    speed,
    weighted,
)
from doya.kernels.machinery.registry import apart
from doya.kernels.numbers.exponential import exp_negative, expm1_negative

if TYPE_CHECKING:
    from doya.kernels.flow.records import Anchor
    from doya.kernels.machinery.kinds import Row, Rows


def running_weights(j: int) -> list[float]:
    """Return the shares of node j in the integrals from 0 to each node.

    They are those of the polynomial through the values, by Legendre's polynomials, whose integrals
    are (P_{n+1} - P_{n-1}) / (2 (2 n + 1)).
    """

    def rise(n: int, at: float) -> float:
        if n == 0:
            return 0.5 * (at + 1.0)
        return 0.5 * (legendre(n + 1, at) - legendre(n - 1, at))

    places = [2.0 * node - 1.0 for node in NODES]
    heights = [legendre(n, places[j]) for n in range(ORDER)]
    return [
        WEIGHTS[j] * sum(height * rise(n, at) for n, height in enumerate(heights)) for at in places
    ]


# Rows of the rule: the tables of `panels`, the running weights, and room for values at the nodes.
RUNNING = len(TABLES)
JET_TABLES = (*TABLES, *map(running_weights, range(ORDER)))
_FIRST = len(JET_TABLES)
JET_ROWS = _FIRST + 23
STRIDE, INVERSE, SLOPE, TURN, STATE, K_B, K_W, VALUES, SIZES, JET, TOTAL = range(
    _FIRST, _FIRST + 11
)
LEFT, GONE, AWAY, BESIDE, WAY, BELOW, ABOVE, CODE, PLACE, Z, SMALL, PART = range(
    _FIRST + 11, JET_ROWS
)
# The anchors, by their codes.
TARGET, BEHIND, ZERO, ONE = 0.0, 1.0, 2.0, 3.0

# Panels: their first, longest and shortest length in y, and their largest length in z.
FIRST, LONGEST, SHORTEST, LONGEST_IN_Z = 2.0, 9.0, 1e-7, 4.0
# In z: nearer to the target all integrands are sums of exponentials of y, which 16 nodes integrate
# to rounding up to this length in y.
EASY, LONGEST_EASY = 1e-2, 11.0
# Largest coefficients of degree 14 and 15, relative to the size of an integrand.
ENOUGH = 1e-7
# z**2 up to which tanh(z/2) is its series.
FLAT = 1e-4
# How much nearer than a root 0 or 1 must be, as the distance from a root is exact to rounding.
NEARER = 0.5
# In z: up to this distance from a root f is its series.
SERIES = 1e-3
# Distance from the target, in units of z and of x, from which on a state stays there.
ARRIVED = 1e-14
PANELS = 3000
# Fills of a panel: halvings of its length, and Newton's steps for the last one.
ATTEMPTS = 60
# Relative change of a length up to which it gives the time.
CLOSED = 1e-13


def series(w: float, z: float, eigenvalue: float) -> tuple[float, float, float]:
    """Return the coefficients of f / v after the eigenvalue, at a root, by powers of h = w v."""
    if w == 0.0:
        return 0.0, 0.0, 0.0
    _, f2, f3 = derivatives(w, z)
    f4 = f2 * (1.0 - 12.0 * ((eigenvalue + 1.0) / w))
    return w * f2 / 2.0, w * f3 / 6.0, w * f4 / 24.0


def moved_by(y: float, d: float, e: float) -> tuple[float, float]:
    """Return d and e after the way y; e is 0 where there is no root behind."""
    left = math.exp(-y)
    if e == 0.0:
        return d * left, 0.0
    scale = (abs(d) + abs(e)) / (abs(d) * left + abs(e))
    return d * (left * scale), e * scale


def stride_at(d: float, e: float) -> float:
    """Return dx/dy."""
    return -d if e == 0.0 else e * (abs(d) / (abs(d) + abs(e)))


def way_of(y: float, d: float, e: float) -> float:
    """Return the change of x over the way y."""
    if e == 0.0:
        return d * math.expm1(-y)
    return -e * math.expm1(-y) * (abs(d) / (abs(d) * math.exp(-y) + abs(e)))


def rest_of(d: float, e: float, last: float, off: float) -> float:
    """Return y from d and e to the end of the path, whose distances are `last` and `off`.

    They are known to the rounding of a state, so that it is a guess beside the target.
    """
    ratio = d / last if last != 0.0 else math.inf
    if e != 0.0:
        ratio *= off / e
    return math.log(ratio) if 1.0 < ratio < math.inf else math.inf


def speed_at(
    d: float, e: float, low: float, high: float, near: float, far: float, arriving: Anchor,
    leaving: Anchor, zero: Anchor, one: Anchor,
) -> float:  # fmt: skip
    """Return f where the distances from the target, the root behind, 0 and 1 are known."""
    w, anchor, v, eigenvalue = arriving.w, arriving, d, near
    if e != 0.0 and abs(e) < abs(v):
        anchor, v, eigenvalue = leaving, e, far
    least = NEARER * abs(v)
    root = least <= min(abs(low), abs(high))
    if abs(low) < least:
        anchor, v = zero, low
    if abs(high) < least:
        anchor, v = one, high
    h = w * v
    f = speed(v, anchor)
    if root and abs(h) < SERIES:
        c2, c3, c4 = series(w, anchor.z, eigenvalue)
        f = v * (eigenvalue + h * (c2 + h * (c3 + h * c4)))
    toward = -math.copysign(1.0, d)
    return toward * max(toward * f, LEAST_SPEED * abs(v) + TINY)


def go(length: float, d: float, e: float, rule: Rows) -> None:
    """Fill the room with the distances from target and root behind, and the way, at the nodes."""
    gauss, left, gone = rule[NODE], rule[LEFT], rule[GONE]
    away, beside, way = rule[AWAY], rule[BESIDE], rule[WAY]
    size = len(gauss)
    for k in range(size):
        left[k] = exp_negative(-length * gauss[k])
    for k in range(size):
        gone[k] = expm1_negative(-length * gauss[k])
    if e == 0.0:
        for k in range(size):
            away[k] = d * left[k]
            way[k] = d * gone[k]
        return
    near, far = abs(d), abs(e)
    total = near + far
    for k in range(size):
        beside[k] = e * (total / (near * left[k] + far))
    away_unit, way_unit = d / e, near / total
    for k in range(size):
        away[k] = away_unit * left[k] * beside[k]
    for k in range(size):
        way[k] = -gone[k] * (beside[k] * way_unit)


def from_end(now: float, way: float, root: float, away: float) -> float:
    """Return the distance from 0 or 1: from that before, or that of the target, the more exact."""
    return root + away if abs(root) + abs(away) < abs(now) else now + way


def anchor_nodes(
    e: float, low: float, high: float, low_t: float, high_t: float, w: float, arriving: Anchor,
    leaving: Anchor, zero: Anchor, one: Anchor, rule: Rows,
) -> None:  # fmt: skip
    """Fill the room with the nearest anchor, the distance from it, z and e**-abs(z).

    low and high are the distances from 0 and 1, low_t and high_t those of the target.
    """
    away, beside, way, code = rule[AWAY], rule[BESIDE], rule[WAY], rule[CODE]
    place, z, small, below, above = rule[PLACE], rule[Z], rule[SMALL], rule[BELOW], rule[ABOVE]
    size = len(away)
    z_t, z_b, z_0, z_1 = arriving.z, leaving.z, zero.z, one.z
    for k in range(size):
        below[k] = from_end(low, way[k], low_t, away[k])
    for k in range(size):
        above[k] = from_end(high, way[k], high_t, away[k])
    if e == 0.0:
        for k in range(size):
            beside[k] = math.inf
    for k in range(size):
        least, name = abs(away[k]), TARGET
        name = BEHIND if abs(beside[k]) < least else name
        least = abs(beside[k]) if abs(beside[k]) < least else least
        least *= NEARER
        name = ZERO if abs(below[k]) < least else name
        code[k] = ONE if abs(above[k]) < least else name
    for k in range(size):
        root = beside[k] if code[k] == BEHIND else away[k]
        end = above[k] if code[k] == ONE else below[k]
        place[k] = root if code[k] < ZERO else end
    for k in range(size):
        root = z_b if code[k] == BEHIND else z_t
        end = z_1 if code[k] == ONE else z_0
        z[k] = (root if code[k] < ZERO else end) + w * place[k]
    for k in range(size):
        small[k] = exp_negative(-abs(z[k]))


@apart
def fill(
    length: float, d: float, e: float, low: float, high: float, low_t: float, high_t: float,
    shift: float, near: float, far: float, arriving: Anchor, leaving: Anchor, zero: Anchor,
    one: Anchor, rule: Rows,
) -> tuple[float, float]:  # fmt: skip
    """Fill the room with what the integrands need at the nodes of a panel of this length in y.

    near and far are f' at the target and at the root behind.  f is measured from the nearest
    anchor.  Return the duration, and the mean rounding of f, relative to f.  A loop writes one row,
    and its length is that of a row: else it is not vectorised, or unrolled instead.
    """
    w, z_t, side_t, rest_t, _ = arriving
    _, z_b, side_b, rest_b, _ = leaving
    go(length, d, e, rule)
    anchor_nodes(e, low, high, low_t, high_t, w, arriving, leaving, zero, one, rule)
    stride, inverse, slope, turn = rule[STRIDE], rule[INVERSE], rule[SLOPE], rule[TURN]
    state, values, sizes, code = rule[STATE], rule[VALUES], rule[SIZES], rule[CODE]
    away, beside, below, place = rule[AWAY], rule[BESIDE], rule[BELOW], rule[PLACE]
    z, small = rule[Z], rule[SMALL]
    t2, t3, t4 = series(w, z_t, near)
    b2, b3, b4 = series(w, z_b, far)
    toward, size, part = -math.copysign(1.0, d), len(z), rule[PART]
    for k in range(size):
        part[k] = 1.0 / (1.0 + small[k])
    for k in range(size):
        v, name = place[k], code[k]
        h = w * v
        leaves = name == BEHIND
        side = side_b if leaves else side_t
        side = (1.0 if name == ZERO else -1.0) if name >= ZERO else side
        rest = 0.0 if name >= ZERO else (rest_b if leaves else rest_t)
        lift = 1.0 if name >= ZERO else 0.0
        level = (1.0 if side * z[k] > 0.0 else small[k]) * part[k]
        f = side * level * (lift - rest * expm1_negative(-abs(h))) - v
        bent = (b2 if leaves else t2) + h * ((b3 if leaves else t3) + h * (b4 if leaves else t4))
        close = v * ((far if leaves else near) + h * bent)
        f = close if (name < ZERO) & (abs(h) < SERIES) else f
        least = LEAST_SPEED * abs(v) + TINY
        inverse[k] = toward / (toward * f if toward * f > least else least)
    for k in range(size):
        slope[k] = small[k] * part[k] * part[k]
    for k in range(size):
        # sigma'' = -sigma' tanh(z/2), by a series where the difference would cancel.
        square, tanh = z[k] * z[k], (1.0 - small[k]) * part[k]
        near_0 = 0.5 * z[k] * (1.0 - square / 12.0 * (1.0 - square / 10.0))
        turn[k] = -slope[k] * (near_0 if square < FLAT else (tanh if z[k] > 0.0 else -tanh))
    if e == 0.0:
        for k in range(size):
            stride[k] = -away[k]
    else:
        total = abs(d) + abs(e)
        for k in range(size):
            stride[k] = beside[k] * (abs(away[k]) / total)
    for k in range(size):
        state[k] = below[k] + shift
    for k in range(size):
        values[k] = stride[k] * inverse[k]
    for k in range(size):
        sizes[k] = abs(place[k] * inverse[k])
    weights = rule[WEIGHT]
    return length * weighted(weights, values), weighted(weights, sizes)


def run_up(values: Row, length: float, out: Row, rule: Rows) -> None:
    """Integrate from the start of a panel to each node."""
    size = len(out)
    for k in range(size):
        out[k] = 0.0
    for j in range(0, ORDER, 4):
        a, b = length * values[j], length * values[j + 1]
        c, d = length * values[j + 2], length * values[j + 3]
        first, second = rule[RUNNING + j], rule[RUNNING + j + 1]
        third, fourth = rule[RUNNING + j + 2], rule[RUNNING + j + 3]
        for k in range(size):
            out[k] += (first[k] * a + second[k] * b) + (third[k] * c + fourth[k] * d)


def integrated(values: Row, length: float, rule: Rows) -> float:
    """Integrate over a panel."""
    return length * weighted(rule[WEIGHT], values)


def is_resolved(values: Row, noise: float, rule: Rows) -> bool:
    """Return whether 16 nodes are enough for these values."""
    sizes = rule[SIZES]
    for k in range(ORDER):
        sizes[k] = abs(values[k])
    return highest(values, rule) <= (ENOUGH + ROUNDING * noise) * weighted(rule[WEIGHT], sizes)
