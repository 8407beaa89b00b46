"""Numbers of any size: the pair (m, i) is m B**i, B = 2**960, |m| from 2**-480 to 2**480, or 0.

The X-numbers of T. Fukushima (2012), "Numerical computation of spherical harmonics of arbitrary
degree and order by extending exponent of floating point numbers": most operations leave i alone
and then round as doubles do.  i is a whole double, so that e**-1e200 is a number too.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from doya.kernels.numbers.exponential import ROUNDER, exp_negative

XNumber: TypeAlias = tuple[float, float]

BASE, ROOT = 2.0**960, 2.0**480
INVERSE_BASE, INVERSE_ROOT = 2.0**-960, 2.0**-480
# ln B = 960 ln 2, in two parts like ln 2 itself, so that i LOG_BASE_HIGH is exact for |i| < 2**11.
LOG_BASE = 665.4212933375474
LOG_BASE_HIGH = 960.0 * 6.93147180369123816490e-01
LOG_BASE_LOW = 960.0 * 1.90821492927058770002e-10
# Size up to which a number is reported without a scale.
PLAIN = 1e250

ZERO: XNumber = (0.0, 0.0)
ONE: XNumber = (1.0, 0.0)


def x_number(m: float, i: float = 0.0) -> XNumber:
    """Return m B**i of any double m."""
    if INVERSE_ROOT <= abs(m) < ROOT or m == 0.0:
        return m, i
    return (m * BASE, i - 1.0) if abs(m) < 1.0 else (m * INVERSE_BASE, i + 1.0)


def times(a: XNumber, b: XNumber) -> XNumber:
    """Return a b."""
    return x_number(a[0] * b[0], a[1] + b[1])


def plus(a: XNumber, b: XNumber) -> XNumber:
    """Return a + b."""
    if a[1] == b[1]:
        return x_number(a[0] + b[0], a[1])
    if b[0] == 0.0:
        return a
    if a[0] == 0.0:
        return b
    larger, smaller = (a, b) if a[1] > b[1] else (b, a)
    if larger[1] - smaller[1] > 1.0:
        return larger
    return x_number(larger[0] + smaller[0] * INVERSE_BASE, larger[1])


def exp_x(x: float) -> XNumber:
    """Return e**x of any finite x."""
    i = (x / LOG_BASE + 0.5 + ROUNDER) - ROUNDER
    # From -ln B to 0; beyond 1e18 the rest has no meaning.
    r = min(max((x - i * LOG_BASE_HIGH) - i * LOG_BASE_LOW, -LOG_BASE), 0.25)
    return x_number(exp_negative(r), i)


def log_x(a: XNumber) -> float:
    """Return ln |a|, a != 0."""
    return math.log(abs(a[0])) + a[1] * LOG_BASE


def report(a: XNumber) -> XNumber:
    """Return (y, s) such that a = y e**s: s = 0 where |a| is from 1e-250 to 1e250, and of 0."""
    if a[0] == 0.0 or a[1] == 0.0:
        return a[0], 0.0
    if abs(a[1]) == 1.0:
        plain = a[0] * (BASE if a[1] > 0.0 else INVERSE_BASE)
        if 1.0 / PLAIN <= abs(plain) <= PLAIN:
            return plain, 0.0
    return a[0], a[1] * LOG_BASE


def power(a: XNumber, less_one: float, n: int) -> tuple[XNumber, XNumber]:
    """Return a**n and 1 + a + ... + a**(n - 1); less_one is a - 1, which a may hold too coarsely.

    The sum is (a**n - 1) / (a - 1).
    """
    if n == 0:
        return ONE, ZERO
    if a[0] == 0.0:
        return ZERO, ONE
    if less_one == 0.0:
        return ONE, x_number(float(n))
    if a[1] == 0.0 and 0.5 < abs(a[0]) < 2.0:
        exponent = n * math.log1p(less_one if a[0] > 0.0 else -2.0 - less_one)
    else:
        exponent = n * log_x(a)
    negative = a[0] < 0.0 and n % 2 == 1
    m, i = exp_x(exponent)
    raised = (-m if negative else m), i
    if abs(exponent) < 0.5 and not negative:
        rise = x_number(math.expm1(exponent))
    else:
        rise = plus(raised, (-1.0, 0.0))
    return raised, times(rise, x_number(1.0 / less_one))
