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

from doya.kernels.exponential import exp_negative
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


def running_weights(k: int) -> list[float]:
    """Return weights of a sum over the nodes: the integral from 0 to node k.

    That of the polynomial through the values, by Legendre's polynomials, whose integral is
    (P_{n+1} - P_{n-1}) / (2 (2 n + 1)).
    """
    at = 2.0 * NODES[k] - 1.0
    rises = [NODES[k]] + [
        0.5 * (legendre(n + 1, at) - legendre(n - 1, at)) for n in range(1, ORDER)
    ]
    return [
        weight * sum(legendre(n, 2.0 * node - 1.0) * rise for n, rise in enumerate(rises))
        for node, weight in zip(NODES, WEIGHTS, strict=True)
    ]


# Rows of the rule: the tables of `panels`, the running weights, and room for values at the nodes.
RUNNING = len(TABLES)
JET_TABLES = (*TABLES, *map(running_weights, range(ORDER)))
_FIRST = len(JET_TABLES)
JET_ROWS = _FIRST + 11
STRIDE, INVERSE, SLOPE, TURN, STATE, K_B, K_W, VALUES, SIZES, JET, TOTAL = range(_FIRST, JET_ROWS)

# Panels: their first, longest and shortest length in y, and their largest length in z.
FIRST, LONGEST, SHORTEST, LONGEST_IN_Z = 2.0, 4.0, 1e-7, 4.0
# Largest coefficients of degree 14 and 15, relative to the size of an integrand.
ENOUGH = 1e-8
# In z: up to this distance from a root f is its series.
SERIES = 1e-3
# Distance from the target, in units of z and of x, from which on a state stays there.
ARRIVED = 1e-14
PANELS = 3000
NEWTON = 30


def speed_from(v: float, eigenvalue: float, anchor: Anchor) -> float:
    """f at the distance v from a root, by its series where that is small."""
    w, z, _, _, _ = anchor
    h = w * v
    if abs(h) > SERIES:
        return speed(v, anchor)
    _, f2, f3 = derivatives(w, z) if w != 0.0 else (0.0, 0.0, 0.0)
    slope = (eigenvalue + 1.0) / w if w != 0.0 else 0.0
    f4 = f2 * (1.0 - 12.0 * slope)
    return v * (eigenvalue + w * h * (f2 / 2.0 + h * (f3 / 6.0 + h * f4 / 24.0)))


def place(y: float, d: float, e: float) -> tuple[float, float]:
    """Return the way from the start of a panel, d from the target and e from the root behind.

    And its derivative by y.  e is 0 where there is no root behind.
    """
    if e == 0.0:
        way = d * math.expm1(-y)
        return way, -(d + way)
    grown, near, far = math.exp(y), abs(d), abs(e)
    total = near + far * grown
    way = e * (math.expm1(y) * (near / total))
    return way, (e * grown * ((near + far) / total)) * (near / total)


def fill(
    length: float, d: float, e: float, low: float, high: float, shift: float, w: float, far: float,
    near: float, target: Anchor, behind: Anchor, zero: Anchor, one: Anchor, rule: Rows,
) -> tuple[float, float, float]:  # fmt: skip
    """Fill the room with what the integrands need at the nodes of a panel of this length in y.

    far and near are f' at the root behind and at the target.  Return f at the panel's end, the
    duration, and the largest rounding of f, relative to f.
    """
    gauss, weights = rule[NODE], rule[WEIGHT]
    stride, inverse, slope, turn = rule[STRIDE], rule[INVERSE], rule[SLOPE], rule[TURN]
    state, values = rule[STATE], rule[VALUES]
    toward, noise, last = -math.copysign(1.0, d), 0.0, 0.0
    for k in range(ORDER + 1):
        way, rise = place(length * (gauss[k] if k < ORDER else 1.0), d, e)
        v, z = d + way, target.z
        if abs(low + way) < abs(v) or abs(high + way) < abs(v) or abs(e + way) < abs(v):
            begin, end, leave = abs(low + way), abs(high + way), abs(e + way)
            if e != 0.0 and leave <= begin and leave <= end:
                v = e + way
                f, z = speed_from(v, far, behind), behind.z
            elif begin <= end:
                v = low + way
                f, z = speed(v, zero), zero.z
            else:
                v = high + way
                f, z = speed(v, one), one.z
        else:
            f = speed_from(v, near, target)
        f = toward * max(toward * f, LEAST_SPEED * abs(v) + TINY)
        if k == ORDER:
            last = f
            break
        z += w * v
        small = exp_negative(-abs(z))
        part = 1.0 / (1.0 + small)
        slope[k] = small * part * part
        turn[k] = slope[k] * (1.0 - small) * (-part if z > 0.0 else part)
        stride[k], inverse[k] = rise, 1.0 / f
        state[k] = low + way + shift
        values[k] = rise / f
        noise = max(noise, abs(v / f))
    return last, length * weighted(weights, values), noise


def integrated(values: Row, length: float, rule: Rows) -> float:
    """Integrate over a panel."""
    return length * weighted(rule[WEIGHT], values)


def is_resolved(values: Row, noise: float, rule: Rows) -> bool:
    """Return whether 16 nodes are enough for these values."""
    sizes = rule[SIZES]
    for k in range(ORDER):
        sizes[k] = abs(values[k])
    return highest(values, rule) <= (ENOUGH + ROUNDING * noise) * weighted(rule[WEIGHT], sizes)


def measure(length: float, w: float, first: float, last: float, noise: float, rule: Rows) -> bool:
    """Fill the panel's jet; return whether its integrands are resolved."""
    stride, inverse, slope, turn = rule[STRIDE], rule[INVERSE], rule[SLOPE], rule[TURN]
    state, k_b, k_w, values, jet = rule[STATE], rule[K_B], rule[K_W], rule[VALUES], rule[JET]
    if not is_resolved(values, noise, rule):  # of the time
        return False
    jet[LN_G] = math.log(last / first)
    for k in range(ORDER):
        values[k] = slope[k] * inverse[k] * (inverse[k] * stride[k])
    if not is_resolved(values, noise, rule):
        return False
    jet[BY_B] = last * integrated(values, length, rule)
    for k in range(ORDER):
        k_b[k] = length * weighted(rule[RUNNING + k], values)
    for k in range(ORDER):
        values[k] *= state[k]
    jet[BY_W] = last * integrated(values, length, rule)
    for k in range(ORDER):
        k_w[k] = length * weighted(rule[RUNNING + k], values)
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
    if not is_resolved(values, noise, rule):
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
    zero, one = tail_anchor(w, b, 0.0), tail_anchor(w, b, 1.0)
    length = FIRST
    for _ in range(PANELS):
        here = zt + w * d
        tail = abs(here) > outer and abs(zt) > abs(here) and (zt > 0.0) == (here > 0.0)
        settled = (
            abs(w * d) < ARRIVED * min(1.0, abs(near))
            and abs(d) <= ARRIVED * abs(xt + shift) + TINY
        )
        if left == 0.0:
            return 0.0, 0.0, 0.0
        if tail or settled:
            stay(w, xt + shift, zt, near, left, jet)
            join(total, jet)
            return 0.0, 0.0, 0.0
        if abs(w * d) > BLURRED:
            break
        pace = abs(w * d) if e == 0.0 else abs(w * e) * (abs(d) / (abs(d) + abs(e)))
        length = min(length, max(LONGEST_IN_Z / pace, SHORTEST) if pace > 1.0 else LONGEST)
        begin = place_speed(d, e, low, high, far, near, arriving, leaving, zero, one)
        while True:
            last, passed, noise = fill(
                length, d, e, low, high, shift, w, far, near, arriving, leaving, zero, one, rule
            )
            done = passed >= left
            if done:
                for _ in range(NEWTON):
                    rise = length * (left / passed)
                    if passed > 0.0 and abs(passed - left) <= 1e-15 * left:
                        break
                    _, stride = place(length, d, e)
                    step = (left - passed) * (last / stride)
                    rise = length + step
                    if not 0.0 < rise <= 2.0 * length:
                        rise = length * (left / passed)
                    if rise == length:
                        break
                    length = rise
                    last, passed, noise = fill(
                        length, d, e, low, high, shift, w, far, near, arriving, leaving, zero, one,
                        rule,
                    )  # fmt: skip
                    if abs(step) <= 1e-9 * length:
                        break
            scale = noise + abs(arriving.z) + abs(w * d)
            if measure(length, w, begin, last, scale, rule) or length <= SHORTEST:
                break
            length *= 0.5
        join(total, jet)
        if done:
            return 0.0, 0.0, 0.0
        left -= passed
        way, _ = place(length, d, e)
        if e != 0.0:
            grown, size = math.exp(length), abs(d) + abs(e)
            rest = abs(d) + abs(e) * grown
            d, e = d * (size / rest), e * grown * (size / rest)
        else:
            d *= math.exp(-length)
        low, high = low + way, high + way
        length = min(2.0 * length, LONGEST)
    total[LN_G] = math.nan
    return 0.0, 0.0, 0.0


def place_speed(
    d: float, e: float, low: float, high: float, far: float, near: float, target: Anchor,
    behind: Anchor, zero: Anchor, one: Anchor,
) -> float:  # fmt: skip
    """f where the distances from the target, the root behind, 0 and 1 are d, e, low and high."""
    v, f = d, 0.0
    if e != 0.0 and abs(e) < abs(v):
        v = e
    if abs(low) < abs(v) and abs(low) <= abs(high):
        f, v = speed(low, zero), low
    elif abs(high) < abs(v):
        f, v = speed(high, one), high
    elif e != 0.0 and abs(e) < abs(d):
        f = speed_from(e, far, behind)
    else:
        f = speed_from(d, near, target)
    toward = -math.copysign(1.0, d)
    return toward * max(toward * f, LEAST_SPEED * abs(v) + TINY)


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
