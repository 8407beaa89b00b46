"""The distance of a start from the unstable equilibrium beside it, in about 30 digits.

The rounded equilibrium is as far from the exact one as the start may be.  To which side the state
leaves, and when, is decided by f = sigma(w x0 + b) - x0 at the given doubles, which nearly cancels.
So f is computed in sums of two doubles each (Dekker 1971, Knuth), with no fused operation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.panels import TINY, derivatives, root_anchor, speed
from doya.kernels.numbers.exponential import LN2_HIGH, LOG2_E

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Pair

SPLITTER = 2.0**27 + 1.0
# Below this e**z is nothing beside a state.
LOWEST = -700.0
# ln 2 less LN2_HIGH, as a pair.
LN2_MIDDLE, LN2_LOW = 1.9082149292705877e-10, 1.1612227229362532e-26
HALVINGS = 6  # of the argument of the series, which is then below 0.0055
TERMS = 12  # of the series of an exponential: the next is below 1e-36
# In z: from there on two pre-activations, each known to its rounding, differ by enough.
PLAIN = 1e-3
# How much nearer the unstable equilibrium must be than any other, or they are a pair that merges.
ALONE = 10.0
NEWTON = 10  # Newton takes 2 or 3 steps


def two_sum(a: float, b: float) -> Pair:
    """Return a + b exactly."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: float, b: float) -> Pair:
    """Return a b exactly, where neither it nor its rest leaves the range of a double."""
    product = a * b
    c, d = SPLITTER * a, SPLITTER * b
    a_high, b_high = c - (c - a), d - (d - b)
    a_low, b_low = a - a_high, b - b_high
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, rest


def plus(a: Pair, b: Pair) -> Pair:
    """Return a + b to about 2**-104 of it, also where the two nearly cancel."""
    total, rest = two_sum(a[0], b[0])
    low, lowest = two_sum(a[1], b[1])
    total, rest = two_sum(total, rest + low)
    return two_sum(total, rest + lowest)


def times(a: Pair, b: Pair) -> Pair:
    """Return a b to about 2**-102 of it."""
    product, rest = two_product(a[0], b[0])
    return two_sum(product, rest + (a[0] * b[1] + a[1] * b[0]))


def exp_pair(z: Pair) -> Pair:
    """Return e**z to about 1e-30 of it, for z from -700 to 0; exactly 1 for 0, and 0 below.

    The argument is reduced by k ln 2 and halved; e**r - 1 by its series is doubled by
    (1 + y)**2 - 1 = y (2 + y).
    """
    if z[0] < LOWEST:
        return 0.0, 0.0
    k = math.floor(z[0] * LOG2_E + 0.5)
    middle = two_product(float(-k), LN2_MIDDLE)
    r = plus(plus(two_sum(z[0], -k * LN2_HIGH), middle), (z[1] - k * LN2_LOW, 0.0))
    scale = 0.5**HALVINGS
    r = r[0] * scale, r[1] * scale
    y, term = r, r
    for n in range(2, TERMS + 1):
        term = times(term, r)
        # To divide by n: a quotient, and that of its remainder.
        quotient = term[0] / n
        back = two_product(quotient, float(n))
        term = two_sum(quotient, ((term[0] - back[0]) - back[1] + term[1]) / n)
        y = plus(y, term)
    for _ in range(HALVINGS):
        y = times(y, plus((2.0, 0.0), y))
    grown = plus((1.0, 0.0), y)
    power = 2.0**k
    return grown[0] * power, grown[1] * power


def exact_speed(z: Pair, x: float) -> float:
    """Return sigma(z) - x, to the rounding of a double unless it is below 1e-29.

    With E = e**-abs(z) it is (E (1 - x) - x) / (1 + E) where z <= 0; else minus the same of -z and
    1 - x.
    """
    one, rest = (x, 0.0), two_sum(1.0, -x)
    if z[0] > 0.0:
        one, rest, z = rest, one, (-z[0], -z[1])
        e = exp_pair(z)
        return -plus(times(e, rest), (-one[0], -one[1]))[0] / (1.0 + e[0])
    e = exp_pair(z)
    return plus(times(e, rest), (-one[0], -one[1]))[0] / (1.0 + e[0])


def separation(
    w: float, b: float, x0: float, z: float, eigenvalue: float, room: float
) -> tuple[float, bool]:
    """Return x0 less the unstable equilibrium of pre-activation z, and whether that is certain.

    `room` is how far the nearest other equilibrium is, in z.  It is uncertain where the pair nearly
    merges, so that z is not known well enough.
    """
    there = plus(two_product(w, x0), (b, 0.0))
    away = (there[0] - z) + there[1]
    if abs(away) >= PLAIN:
        return away / w, True
    if ALONE * abs(away) > room:
        return away / w, False
    f = exact_speed(there, x0)
    e = f / eigenvalue
    for _ in range(NEWTON):
        if e == 0.0:
            break
        slope, _, _ = derivatives(w, z + w * e)
        change = (f - speed(e, root_anchor(w, z, e))) / (w * slope)
        e += change
        if abs(change) <= 1e-10 * abs(e) + TINY:
            break
    return e, True
