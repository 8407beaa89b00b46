"""Second derivatives of the flow's x(T) with respect to x0, b and w, for constant input.

The path is cut in panels, each with a jet of its own (see `jets`).  With x as the variable, and
K_p the integral of f_p / f**2 from the start of a panel, so that dx/dp = f K_p,

    dlnG/dx0 = 1/f(x0) integral of f'' dx,
    dlnG/dp  = integral of f'_p / f + f'' K_p dx,
    d2x/dpdq = f(x(T)) integral of f'' K_p K_q + (f'_p K_q + f'_q K_p) / f + f_pq / f**2 dx.

On a panel the variable is y, in which roots are infinitely far: d = d(0) e**-y is the distance
from the target, or, with a root behind, e/d = e(0)/d(0) e**y.  So a panel may have several
e-foldings, and 16 Gauss nodes integrate it; K_p at the nodes is that of the collocation, so that
the double integrals have the order of Gauss's rule too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.exponential import exp_negative, expm1_negative
from doya.kernels.flow import BLURRED, leaving_tail
from doya.kernels.jets import (
    BB,
    BW,
    BY_B,
    BY_W,
    GROWTH_B,
    GROWTH_W,
    GROWTH_X0,
    LN_G,
    PARTS,
    WW,
    clear,
    join,
    stay,
)
from doya.kernels.legs import BEYOND, NOTHING
from doya.kernels.logistic import logistic
from doya.kernels.nearest_roots import neighbours, pre_activation
from doya.kernels.panels import (
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
    root_anchor,
    speed,
    tail_anchor,
    weighted,
)
from doya.kernels.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.kinds import Anchor, IntRow, Row, Rows


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


def measure(
    length: float, w: float, first: float, last: float, noise: float, easy: bool, rule: Rows
) -> bool:  # fmt: skip
    """Fill the panel's jet; return whether its integrands are resolved."""
    stride, inverse, slope, turn = rule[STRIDE], rule[INVERSE], rule[SLOPE], rule[TURN]
    state, k_b, k_w, values, jet = rule[STATE], rule[K_B], rule[K_W], rule[VALUES], rule[JET]
    if not (easy or is_resolved(values, noise, rule)):  # of the time
        return False
    jet[LN_G] = math.log(last / first)
    for k in range(ORDER):
        values[k] = slope[k] * inverse[k] * (inverse[k] * stride[k])
    jet[BY_B] = last * integrated(values, length, rule)
    run_up(values, length, k_b, rule)
    for k in range(ORDER):
        values[k] *= state[k]
    jet[BY_W] = last * integrated(values, length, rule)
    run_up(values, length, k_w, rule)
    for k in range(ORDER):
        values[k] = stride[k] * slope[k] * inverse[k] * k_b[k]
    mixed = integrated(values, length, rule)
    for k in range(ORDER):
        values[k] = stride[k] * slope[k] * inverse[k] * k_w[k]
    doubled = 2.0 * integrated(values, length, rule)
    for k in range(ORDER):
        k_b[k] = w * k_b[k] + inverse[k]
        k_w[k] = w * k_w[k] + state[k] * inverse[k]
        turn[k] *= stride[k]
    for k in range(ORDER):
        values[k] = turn[k] * k_b[k] * k_b[k]
    # The first has its weight at the end of the panel, the other at its start.
    if not (easy or (is_resolved(values, noise, rule) and is_resolved(turn, noise, rule))):
        return False
    jet[BB] = last * integrated(values, length, rule)
    for k in range(ORDER):
        values[k] = turn[k] * k_b[k] * k_w[k]
    jet[BW] = last * (integrated(values, length, rule) + mixed)
    for k in range(ORDER):
        values[k] = turn[k] * k_w[k] * k_w[k]
    jet[WW] = last * (integrated(values, length, rule) + doubled)
    jet[GROWTH_X0] = w / first * (w * integrated(turn, length, rule))
    for k in range(ORDER):
        values[k] = turn[k] * k_b[k]
    jet[GROWTH_B] = w * integrated(values, length, rule)
    for k in range(ORDER):
        values[k] = w * turn[k] * k_w[k] + stride[k] * slope[k] * inverse[k]
    jet[GROWTH_W] = integrated(values, length, rule)
    return True


def jet_along(
    w: float,
    b: float,
    shift: float,
    z: Row,
    x: Row,
    eigenvalue: Row,
    first: int,
    count: int,
    x0: float,
    time: float,
    end: float,
    rule: Rows,
) -> tuple[float, float, float]:
    """Leave the jet of the path in rule[TOTAL]; return the logarithms of its factors as `stay`.

    x0 and `end` are states less the shift that the input makes, as in `flow_sensitivities`.
    """
    total, jet = rule[TOTAL], rule[JET]
    clear(total)
    if time == 0.0:
        return 0.0, 0.0, 0.0
    if end != end:
        total[LN_G] = math.nan
        return 0.0, 0.0, 0.0
    target, behind, off = neighbours(w, b, z, x, eigenvalue, first, count, x0)
    xt, zt, near = x[target], z[target], eigenvalue[target]
    if target == behind:
        return stay(w, xt + shift, zt, near, time, total)
    off_end = off + (end - x0) if behind >= 0 else 0.0
    z0 = pre_activation(w, b, z, x, target, behind, off, x0)
    z1 = pre_activation(w, b, z, x, target, behind, off_end, end)
    least = min(abs(z0), abs(z1)) if (z0 > 0.0) == (z1 > 0.0) else 0.0
    if least > BEYOND:
        total[LN_G] = -time
        return 0.0, 0.0, 0.0
    d, low, high, left = x0 - xt, x0, x0 - 1.0, time
    outer = NOTHING
    if max(abs(z0), abs(z1), abs(zt)) > NOTHING:
        outer += max(least, math.log(max(abs(w), 1.0)))
    e, far = 0.0, 0.0
    if behind >= 0 and off != 0.0:
        e, far = off, eigenvalue[behind]
    if abs(z0) > outer + 1.0:
        inner = math.copysign(outer, z0)
        level = 1.0 if z0 > 0.0 else 0.0
        after = (inner - (w * level + b)) / w
        passed, d, low, high = leaving_tail(w, z0, inner, x0, after, xt, zt)
        passed = min(passed, left)
        left -= passed
        total[LN_G] = -passed
        if e != 0.0:
            e = d + (xt - x[behind])
    arriving, leaving = root_anchor(w, zt, d), root_anchor(w, zt, d)
    if e != 0.0:
        leaving = root_anchor(w, z[behind], e)
    zero, one, high_t = tail_anchor(w, b, 0.0), tail_anchor(w, b, 1.0), -logistic(-zt)
    length = FIRST if e != 0.0 else 0.5 * FIRST
    begin = speed_at(d, e, low, high, near, far, arriving, leaving, zero, one)
    for _ in range(PANELS):
        here = zt + w * d
        tail = abs(here) > outer and abs(zt) > abs(here) and (zt > 0.0) == (here > 0.0)
        settled = abs(w * d) < ARRIVED * min(1.0, abs(near))
        if left == 0.0:
            return 0.0, 0.0, 0.0
        if tail or (settled and abs(d) <= ARRIVED * abs(xt + shift) + TINY):
            stay(w, xt + shift, zt, near, left, jet)
            join(total, jet)
            return 0.0, 0.0, 0.0
        if abs(w * d) > BLURRED:
            break
        pace = abs(w * stride_at(d, e))
        easy = abs(w * d) < EASY
        longest = LONGEST_EASY if easy else LONGEST
        if easy and length >= LONGEST:
            length = longest
        length = min(length, max(LONGEST_IN_Z / pace, SHORTEST) if pace > 1.0 else longest)
        rest = rest_of(d, e, end - xt, off_end)
        closing = rest < 1.01 * length
        length = rest if closing else length
        passed, last, beyond, leave, low_1, high_1 = 0.0, begin, d, e, low, high
        for _ in range(ATTEMPTS):
            passed, noise = fill(
                length, d, e, low, high, xt, high_t, shift, near, far, arriving, leaving, zero,
                one, rule,
            )  # fmt: skip
            beyond, leave = moved_by(length, d, e)
            way = way_of(length, d, e)
            low_1 = from_end(low, way, xt, beyond)
            high_1 = from_end(high, way, high_t, beyond)
            last = speed_at(beyond, leave, low_1, high_1, near, far, arriving, leaving, zero, one)
            closing = closing or passed >= left
            change = (left - passed) * (last / stride_at(beyond, leave)) if closing else 0.0
            if abs(change) > CLOSED * length:
                length = length + change if change > -length else length * (left / passed)
                if length <= longest:
                    continue
                length, closing = longest, False
                continue
            if measure(length, w, begin, last, noise + abs(zt) + abs(w * d), easy, rule):
                break
            if length <= SHORTEST:
                break
            length, closing = 0.5 * length, False
        join(total, jet)
        if closing:
            return 0.0, 0.0, 0.0
        left, begin = left - passed, last
        d, e, low, high = beyond, leave, low_1, high_1
        length = min(2.0 * length, LONGEST)
    total[LN_G] = math.nan
    return 0.0, 0.0, 0.0


@kernel(interpreted=2e-3, compiled=5e-6)
def jets_along(
    w: Row,
    b: Row,
    shift: Row,
    z: Row,
    x: Row,
    eigenvalue: Row,
    count: IntRow,
    x0: Row,
    time: Row,
    end: Row,
    jets: Rows,
    factors: Rows,
    rule: Rows,
) -> None:
    """`jet_along` for neurons i = 0, 1, ..., to jets[i], with the logarithms to factors[i]."""
    for i in range(len(w)):
        factors[i][0], factors[i][1], factors[i][2] = jet_along(
            w[i], b[i], shift[i], z, x, eigenvalue, 3 * i, count[i], x0[i], time[i], end[i], rule
        )
        for k in range(PARTS):
            jets[i][k] = rule[TOTAL][k]
        if rule[TOTAL][LN_G] != rule[TOTAL][LN_G]:
            for k in range(PARTS):
                jets[i][k] = math.nan
