"""Jets of legs of the flow's path between a root and a place near it, by 16 nodes each.

The distance d = x - r(p) from a root r obeys dd/dt = F(d; p).  F(0; p) is 0, and F' there is l(p).
For a leg from d0 to d1 the time is T = L / l + integral of R, where L = ln(d1/d0), and
R = 1/F - 1/(l d) is smooth.  So are its derivatives at fixed d,

    R_p  = -F_p / F**2 + l_p / (l**2 d),
    R_pq = 2 F_p F_q / F**3 - F_pq / F**2 + (l_pq / l**2 - 2 l_p l_q / l**3) / d,

as F_p vanishes at the root too.  With A_p and A_pq, the derivatives of T at fixed d0 and d1, and
m = F_p / F at an end, the time stays T where

    u_p = (d0)_p / F0 - A_p,  (d1)_p = F1 u_p,  v_p = (d0)_p / F0,
    (d1)_pq / F1 = F'1 u_p u_q + m1_q u_p + m1_p u_q
                   - (F'0 v_p v_q + m0_q v_p + m0_p v_q) + (d0)_pq / F0 - A_pq,

and d0 = x0 - r(p).  Nothing is integrated twice.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from doya.kernels.flow.jet_panels import (
    ABOVE,
    AWAY,
    BELOW,
    CODE,
    GONE,
    INVERSE,
    JET,
    K_B,
    K_W,
    PART,
    PLACE,
    SLOPE,
    SMALL,
    STATE,
    TURN,
    VALUES,
    WAY,
    Z,
)
from doya.kernels.flow.jets import BB, BY_B, BY_W, GROWTH_B, GROWTH_W, GROWTH_X0, LN_G
from doya.kernels.flow.legs import steepness
from doya.kernels.flow.panels import LEAST_SPEED, NODE, TINY, WEIGHT, highest, weighted
from doya.kernels.machinery.registry import apart
from doya.kernels.numbers.exponential import exp_negative, expm1_negative
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows

# Rows of the room that hold something else here: sigma less that at the root, sigma' less that at
# the root, 1/d, and F_p / F.
RISE, CHANGE, POLE, PULL_B, PULL_W = STATE, AWAY, WAY, K_B, K_W
# R_bb, R_bw and R_ww.
TWICE_BB, TWICE_BW, TWICE_WW = BELOW, ABOVE, CODE
# In z, length of a leg up to which 16 nodes are tried.
LONGEST = 16.0
# Change of d, relative to d0, from which on the rounding of x(T) matters little.
SHORTEST = 0.1
# Coefficients of degree 14 and 15 relative to the answer; the error is as much smaller again.
ENOUGH = 1e-7
# Sum of the terms that may cancel, relative to the answer: its error is this many roundings.
CANCELLED = 300.0
# Sum of the weights over the nodes: the rounding of 1/d in an integral.
SPREAD = 7.0
# How near x(T) the end of a leg is, relative to its start.
CLOSE = 1e-8
# abs(w d) up to which F / d is the rate at the root to rounding.
AT_ROOT = 1e-17


class Root(NamedTuple):
    """A root of f, and the derivatives there with respect to b and w.

    `level` is r, `state` is r with the input's shift, `lean` is 1 - 2 r.  `x_*` are derivatives of
    the root, `z_*` those of its pre-activation, `rate_*` those of f' there, all at fixed input.
    """

    w: float
    z: float
    level: float
    state: float
    rate: float
    slope: float
    lean: float
    x_b: float
    x_w: float
    x_bb: float
    x_bw: float
    x_ww: float
    z_b: float
    z_w: float
    z_bb: float
    z_bw: float
    z_ww: float
    rate_b: float
    rate_w: float
    rate_bb: float
    rate_bw: float
    rate_ww: float


def root_of(w: float, z: float, level: float, state: float, rate: float) -> Root:
    """Return the root with its derivatives; r = sigma(w r + b) gives z_b = -1 / rate."""
    less = math.expm1(-min(abs(z), 745.0))  # e**-abs(z) - 1
    lean = less / (2.0 + less) if z > 0.0 else -less / (2.0 + less)
    slope = steepness(z, 0.0)
    turn, third = slope * lean, slope * (1.0 - 6.0 * slope)
    z_b = -1.0 / rate if rate != 0.0 else 0.0  # no leg goes to a merged pair
    z_w = state * z_b
    x_b = slope * z_b
    x_w = state * x_b
    x_bb = turn * z_b * z_b * z_b
    x_bw = state * x_bb + x_b * x_b
    x_ww = x_w * x_b + state * x_bw
    z_bb, z_bw, z_ww = w * x_bb, x_b + w * x_bw, 2.0 * x_w + w * x_ww
    return Root(
        w, z, level, state, rate, slope, lean, x_b, x_w, x_bb, x_bw, x_ww,
        z_b, z_w, z_bb, z_bw, z_ww,
        w * turn * z_b,
        slope + w * turn * z_w,
        w * (third * z_b * z_b + turn * z_bb),
        turn * z_b + w * (third * z_b * z_w + turn * z_bw),
        2.0 * turn * z_w + w * (third * z_w * z_w + turn * z_ww),
    )  # fmt: skip


def end_at(v: float, root: Root) -> tuple[float, float]:
    """Return sigma less that at the root, over v, and sigma', at the distance v from the root."""
    h = root.w * v
    z = root.z + h
    if abs(h) < AT_ROOT:
        return root.w * root.slope, root.slope
    side = math.copysign(1.0, h)
    rise = -side * logistic(side * z) * (logistic(-side * root.z) * expm1_negative(-abs(h)))
    return rise / v, steepness(z, 0.0)


def pulls_at(v: float, pace: float, lift: float, slope: float, root: Root) -> tuple[float, float]:
    """Return F_b / F and F_w / F at an end where F / v is `pace`; see `end_at`."""
    by_b = root.z_b * (lift / pace) * (root.lean - lift * v)
    return by_b, root.state * by_b + slope / pace


def visit(first: float, last: float, root: Root, rule: Rows) -> None:
    """Fill the room with 1/F, F_p / F, sigma' and sigma'' at the nodes of a leg."""
    gauss, place, z, small, part = rule[NODE], rule[PLACE], rule[Z], rule[SMALL], rule[PART]
    gone, rise, inverse, slope = rule[GONE], rule[RISE], rule[INVERSE], rule[SLOPE]
    turn, change, pole, pull_b, pull_w = (
        rule[TURN], rule[CHANGE], rule[POLE], rule[PULL_B], rule[PULL_W]
    )  # fmt: skip
    w, z_root, lean, state, z_b = root.w, root.z, root.lean, root.state, root.z_b
    size, gap = len(gauss), last - first
    toward, side = math.copysign(1.0, gap), math.copysign(1.0, w * (first + 0.5 * gap))
    rest = -side * logistic(-side * z_root)
    for k in range(size):
        place[k] = first + gauss[k] * gap
    for k in range(size):
        z[k] = z_root + w * place[k]
    for k in range(size):
        small[k] = exp_negative(-abs(z[k]))
    for k in range(size):
        gone[k] = expm1_negative(-abs(w * place[k]))
    for k in range(size):
        part[k] = 1.0 / (1.0 + small[k])
    for k in range(size):
        rise[k] = (1.0 if side * z[k] > 0.0 else small[k]) * part[k] * (rest * gone[k])
    for k in range(size):
        f, least = rise[k] - place[k], LEAST_SPEED * abs(place[k]) + TINY
        inverse[k] = toward / (toward * f if toward * f > least else least)
    for k in range(size):
        slope[k] = small[k] * part[k] * part[k]
    for k in range(size):
        turn[k] = slope[k] * (lean - 2.0 * rise[k])
    for k in range(size):
        change[k] = rise[k] * (lean - rise[k])
    for k in range(size):
        pole[k] = 1.0 / place[k]
    for k in range(size):
        pull_b[k] = z_b * change[k] * inverse[k]
    for k in range(size):
        pull_w[k] = state * pull_b[k] + place[k] * slope[k] * inverse[k]


def gathered(gap: float, values: Row, rule: Rows) -> tuple[float, float]:
    """Return the integral over the leg and what 16 nodes may miss of it."""
    return gap * weighted(rule[WEIGHT], values), abs(gap) * highest(values, rule)


def plain(inverse_rate: float, rule: Rows) -> None:
    """Fill in R."""
    values, inverse, pole = rule[VALUES], rule[INVERSE], rule[POLE]
    for k in range(len(values)):
        values[k] = inverse[k] - inverse_rate * pole[k]


def once(pull: Row, share: float, rule: Rows) -> None:
    """Fill in R_p."""
    values, inverse, pole = rule[VALUES], rule[INVERSE], rule[POLE]
    for k in range(len(values)):
        values[k] = share * pole[k] - pull[k] * inverse[k]


def twice(root: Root, share_bb: float, share_bw: float, share_ww: float, rule: Rows) -> None:
    """Fill in R_bb, R_bw and R_ww; the root's second derivatives are at fixed d."""
    place, inverse, turn = rule[PLACE], rule[INVERSE], rule[TURN]
    rise, change, pole, bent = rule[RISE], rule[CHANGE], rule[POLE], rule[GONE]
    pull_b, pull_w = rule[PULL_B], rule[PULL_W]
    bb, bw, ww = rule[TWICE_BB], rule[TWICE_BW], rule[TWICE_WW]
    z_b, z_w, z_bb, z_bw, z_ww = root.z_b, root.z_w, root.z_bb, root.z_bw, root.z_ww
    size, lean, double = len(place), root.lean, 2.0 * root.slope
    for k in range(size):  # sigma'' less that at the root
        bent[k] = change[k] * (lean - 2.0 * rise[k]) - double * rise[k]
    for k in range(size):
        f_bb = z_b * z_b * bent[k] + z_bb * change[k]
        bb[k] = inverse[k] * (2.0 * pull_b[k] * pull_b[k] - inverse[k] * f_bb) + share_bb * pole[k]
    for k in range(size):
        f_bw = z_b * (z_w * bent[k] + place[k] * turn[k]) + z_bw * change[k]
        bw[k] = inverse[k] * (2.0 * pull_b[k] * pull_w[k] - inverse[k] * f_bw) + share_bw * pole[k]
    for k in range(size):
        f_ww = z_w * z_w * bent[k] + z_ww * change[k]
        f_ww += place[k] * turn[k] * (2.0 * z_w + place[k])
        ww[k] = inverse[k] * (2.0 * pull_w[k] * pull_w[k] - inverse[k] * f_ww) + share_ww * pole[k]


def enough(missed: float, integral: float, factor: float, answer: float) -> bool:
    """Return whether an integral is exact to rounding of an answer that has it times `factor`."""
    least = ENOUGH * ENOUGH * abs(answer) * max(abs(integral), missed)
    return abs(factor) * missed * missed <= least


def kept(terms: float, answer: float) -> bool:
    """Return whether these terms, which may cancel, leave the digits of an answer."""
    return terms <= CANCELLED * abs(answer)


def turned_by(steep: float, p: float, q: float, m_p: float, m_q: float) -> float:
    """Return F' p q + m_q p + m_p q, the second derivative that an end has from two first ones."""
    return steep * p * q + (m_q * p + m_p * q)


@apart
def leg_beside(
    first: float, last: float, f0: float, time: float, root: Root, rule: Rows
) -> tuple[bool, float, float]:
    """Fill the jet of a leg; return whether it is exact, its time, and the distance at its end.

    The leg starts at the distance `first`, where f is f0.  Its time is given, and `last` is known
    to rounding; or the time is infinite, and `last` exact.
    """
    jet, rate = rule[JET], root.rate
    last = last if first * last > 0.0 else 0.0  # not beyond the root by rounding
    gap = last - first
    if rate == 0.0 or abs(gap) < SHORTEST * abs(first) or abs(root.w * gap) > LONGEST:
        return False, 0.0, 0.0
    visit(first, last, root, rule)
    inverse_rate = 1.0 / rate
    plain(inverse_rate, rule)
    smooth, missed = gathered(gap, rule[VALUES], rule)
    end = last
    if time < math.inf:
        log_ratio = rate * (time - smooth)
        end = first * math.exp(min(log_ratio, 700.0))
    else:
        log_ratio = math.log(last / first)
        time = log_ratio * inverse_rate + smooth
    if not (abs(end - last) <= CLOSE * abs(first) and enough(missed, smooth, rate * rate, 1.0)):
        return False, 0.0, 0.0
    lift0, slope0 = end_at(first, root)
    lift1, slope1 = end_at(end, root)
    pace0, pace1 = f0 / first, lift1 - 1.0
    if not pace0 * pace1 > 0.0:
        return False, 0.0, 0.0
    f1, i0 = end * pace1, 1.0 / f0
    steep0, steep1 = root.w * slope0 - 1.0, root.w * slope1 - 1.0
    m0_b, m0_w = pulls_at(first, pace0, lift0, slope0, root)
    m1_b, m1_w = pulls_at(end, pace1, lift1, slope1, root)
    jet[LN_G] = log_ratio + math.log(pace1 / pace0)
    jet[GROWTH_X0] = root.w * (slope1 - slope0) * i0
    spread = abs(log_ratio) + SPREAD * (1.0 + abs(inverse_rate))
    square = inverse_rate * inverse_rate

    share_b, share_w = root.rate_b * square, root.rate_w * square
    once(rule[PULL_B], share_b, rule)
    smooth_b, missed_b = gathered(gap, rule[VALUES], rule)
    once(rule[PULL_W], share_w, rule)
    smooth_w, missed_w = gathered(gap, rule[VALUES], rule)
    v_b, v_w = -root.x_b * i0, -root.x_w * i0
    u_b = v_b + (share_b * log_ratio - smooth_b)
    u_w = v_w + (share_w * log_ratio - smooth_w)
    jet[BY_B], jet[BY_W] = root.x_b + f1 * u_b, root.x_w + f1 * u_w
    jet[GROWTH_B] = (steep1 * u_b - steep0 * v_b) + (m1_b - m0_b)
    jet[GROWTH_W] = (steep1 * u_w - steep0 * v_w) + (m1_w - m0_w)
    size_b = abs(v_b) + abs(share_b) * spread + abs(smooth_b)
    size_w = abs(v_w) + abs(share_w) * spread + abs(smooth_w)
    lost_b = abs(steep1) * size_b + abs(steep0 * v_b) + abs(m1_b) + abs(m0_b)
    lost_w = abs(steep1) * size_w + abs(steep0 * v_w) + abs(m1_w) + abs(m0_w)
    if not (
        enough(missed_b, smooth_b, f1, jet[BY_B])
        and enough(missed_w, smooth_w, f1, jet[BY_W])
        and enough(missed_b, smooth_b, steep1, jet[GROWTH_B])
        and enough(missed_w, smooth_w, steep1, jet[GROWTH_W])
        and kept(lost_b, jet[GROWTH_B])
        and kept(lost_w, jet[GROWTH_W])
        and kept(abs(root.x_b) + abs(f1) * size_b, jet[BY_B])
        and kept(abs(root.x_w) + abs(f1) * size_w, jet[BY_W])
        and kept(abs(slope1) + abs(slope0), slope1 - slope0)
    ):
        return False, 0.0, 0.0

    double = 2.0 * square * inverse_rate
    once_bb, twice_bb = root.rate_bb * square, double * root.rate_b * root.rate_b
    once_bw, twice_bw = root.rate_bw * square, double * root.rate_b * root.rate_w
    once_ww, twice_ww = root.rate_ww * square, double * root.rate_w * root.rate_w
    twice(root, once_bb - twice_bb, once_bw - twice_bw, once_ww - twice_ww, rule)
    exact = True
    for part in range(3):
        # The numbers of bb, bw or ww.
        p_is_w, q_is_w = part == 2, part > 0
        u_p, u_q = (u_w if p_is_w else u_b), (u_w if q_is_w else u_b)
        v_p, v_q = (v_w if p_is_w else v_b), (v_w if q_is_w else v_b)
        m1_p, m1_q = (m1_w if p_is_w else m1_b), (m1_w if q_is_w else m1_b)
        m0_p, m0_q = (m0_w if p_is_w else m0_b), (m0_w if q_is_w else m0_b)
        size_p, size_q = (size_w if p_is_w else size_b), (size_w if q_is_w else size_b)
        x_pq, once_pq, twice_pq = root.x_bb, once_bb, twice_bb
        if part == 1:
            x_pq, once_pq, twice_pq = root.x_bw, once_bw, twice_bw
        elif part == 2:
            x_pq, once_pq, twice_pq = root.x_ww, once_ww, twice_ww
        smooth_pq, missed_pq = gathered(gap, rule[TWICE_BB + part], rule)
        turned = turned_by(steep1, u_p, u_q, m1_p, m1_q) - turned_by(steep0, v_p, v_q, m0_p, m0_q)
        # d0 = x0 - r has the second derivative -r_pq.
        rest = x_pq * i0 + ((twice_pq - once_pq) * log_ratio + smooth_pq)
        answer = x_pq + f1 * (turned - rest)
        lost = turned_by(abs(steep1), size_p, size_q, abs(m1_p), abs(m1_q))
        lost += turned_by(abs(steep0), abs(v_p), abs(v_q), abs(m0_p), abs(m0_q))
        lost += abs(x_pq * i0) + (abs(once_pq) + abs(twice_pq)) * spread + abs(smooth_pq)
        exact = exact and enough(missed_pq, smooth_pq, f1, answer)
        exact = exact and kept(abs(x_pq) + abs(f1) * lost, answer)
        jet[BB + part] = answer
    return exact, time, end
