"""The exponential on the negative axis, with the same bits interpreted and compiled.

Only operations that IEEE 754 rounds in one way are used, and no branch, so
that compiled loops run it on several numbers at once, which they cannot do
with the C library's exp.
"""

from __future__ import annotations

import math

LOG2_E = 1.4426950408889634
# ln 2 in two parts; the first ends in zero bits, so that k LN2_HIGH is exact for |k| < 2**11.
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
# Adding and subtracting 1.5 * 2**52 rounds to the nearest integer.
ROUNDER = 6755399441055744.0
# exp underflows to zero below -745.14.
UNDERFLOW = -746.0


def power_of_two(exponent: float) -> float:
    """2**exponent for a whole exponent in [-1022, 1023]; compiled, one shift of its bits."""
    return math.ldexp(1.0, int(exponent))


def exp_negative(x: float) -> float:
    """e**x for x <= 0, subnormal results included; within 1 ulp.

    Cody-Waite reduction x = k ln 2 + r, |r| <= 0.35, then the Taylor series of
    e**r, whose first neglected term is 4e-18.  The scaling by 2**k takes two
    factors, because 2**k itself may be subnormal.
    """
    x = x if x > UNDERFLOW else UNDERFLOW
    k = (x * LOG2_E + ROUNDER) - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    q = 1.0 / 6227020800.0
    q = q * r + 1.0 / 479001600.0
    q = q * r + 1.0 / 39916800.0
    q = q * r + 1.0 / 3628800.0
    q = q * r + 1.0 / 362880.0
    q = q * r + 1.0 / 40320.0
    q = q * r + 1.0 / 5040.0
    q = q * r + 1.0 / 720.0
    q = q * r + 1.0 / 120.0
    q = q * r + 1.0 / 24.0
    q = q * r + 1.0 / 6.0
    q = q * r + 0.5
    half = (0.5 * k + ROUNDER) - ROUNDER
    return (1.0 + (r + (r * r) * q)) * power_of_two(half) * power_of_two(k - half)
