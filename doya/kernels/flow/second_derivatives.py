"""Second derivatives of the flow's x(T) with respect to x0, b and w, for constant input.

The path is cut in pieces, each with a jet of its own (see `jets`).  A path to a root is one leg,
and one out of the root behind is another, where 16 nodes resolve them: see `root_jets`.  The rest,
as the ghost of a fold, is cut in panels.  There, with x as the variable, and K_p the integral of
f_p / f**2 from the start of a panel, so that dx/dp = f K_p,

    dlnG/dx0 = 1/f(x0) integral of f'' dx,
    dlnG/dp  = integral of f'_p / f + f'' K_p dx,
    d2x/dpdq = f(x(T)) integral of f'' K_p K_q + (f'_p K_q + f'_q K_p) / f + f_pq / f**2 dx.

The integrals on a panel are those of `jet_panels`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.jet_panels import (
    ARRIVED,
    ATTEMPTS,
    CLOSED,
    EASY,
    FIRST,
    INVERSE,
    JET,
    K_B,
    K_W,
    LONGEST,
    LONGEST_EASY,
    LONGEST_IN_Z,
    PANELS,
    SHORTEST,
    SLOPE,
    STATE,
    STRIDE,
    TOTAL,
    TURN,
    VALUES,
    fill,
    from_end,
    integrated,
    is_resolved,
    moved_by,
    rest_of,
    run_up,
    speed_at,
    stride_at,
    way_of,
)
from doya.kernels.flow.jets import (
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
from doya.kernels.flow.legs import BEYOND, least_between, outermost
from doya.kernels.flow.nearest_roots import moved, neighbours, pre_activation
from doya.kernels.flow.panels import ORDER, TINY, root_anchor, tail_anchor
from doya.kernels.flow.records import Distances
from doya.kernels.flow.root_jets import leg_beside, root_of
from doya.kernels.flow.tails import BLURRED, leaving_tail
from doya.kernels.machinery.registry import apart, kernel
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# How near the root behind is, relative to the target, where a leg leaves it first.
ASIDE = 0.3
# In z, the length of that leg.
LONGEST_LEAVING = 8.0


@apart
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

    x0 and `end` are states less the shift that the input makes, as in `sensitivities`.
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
    least = least_between(z0, z1)
    if least > BEYOND:
        total[LN_G] = -time
        return 0.0, 0.0, 0.0
    d, low, high, left = x0 - xt, x0, x0 - 1.0, time
    outer = outermost(w, z0, z1, zt)
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
    root, leaves = root_of(w, zt, xt, xt + shift, near), e != 0.0
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
        if left < math.inf:
            if e == 0.0 or abs(e) > ASIDE * abs(d):
                exact, _, _ = leg_beside(d, end - xt, begin, left, root, rule)
                if exact:
                    join(total, jet)
                    return 0.0, 0.0, 0.0
            elif leaves:
                leaves = False
                middle = math.copysign(min(0.5 * (abs(d) + abs(e)), LONGEST_LEAVING / abs(w)), e)
                closing = abs(off_end) < abs(middle)
                exact, passed, _ = leg_beside(
                    e, off_end if closing else middle, begin, left if closing else math.inf,
                    root_of(w, z[behind], x[behind], x[behind] + shift, far), rule,
                )  # fmt: skip
                if exact and (closing or passed < left):
                    join(total, jet)
                    if closing:
                        return 0.0, 0.0, 0.0
                    left -= passed
                    d, e, low, high = moved(Distances(d, e, low, high), e, middle)
                    begin = speed_at(d, e, low, high, near, far, arriving, leaving, zero, one)
                    continue
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
