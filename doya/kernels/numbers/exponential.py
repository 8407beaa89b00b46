"""The exponential on the negative axis, with the same bits interpreted and compiled.

Only operations that IEEE 754 rounds in one way are used, and no branch, so
that compiled loops run it on several numbers at once, which they cannot do
with the C library's exp.
"""

from __future__ import annotations

import math

LOG2_E = 1.4426950408889634
LOG10_2 = 0.30102999566398120
# ln 2 in two parts; the first ends in zero bits, so that k LN2_HIGH is exact for |k| < 2**11.
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 * 2**52 rounds to the nearest integer, which then stands in the last bits.
ROUNDER = 6755399441055744.0
# exp underflows to zero below -745.14.
UNDERFLOW = -746.0


# |x| beyond which e**-|x|, beside 1, is nothing.
NOTHING = 40.0
# tanh(r/2) for |r| <= 0.3466, by Remez's algorithm, off by 6.2e-19, is the quotient of
# r (ODD_1 + ODD_3 r**2 + ODD_5 r**4) and SCALE + EVEN_2 r**2 + EVEN_4 r**4.  SCALE, a power of two,
# keeps both normal numbers also after a product with e**UNDERFLOW.
SCALE = 2.0**64
ODD_1, ODD_3, ODD_5 = SCALE * 0.5, SCALE * 0.013887332809313648, SCALE * 3.304286863933054e-05
EVEN_2, EVEN_4 = SCALE * 0.11110799895195841, SCALE * 0.0009917523167587352


def times_power_of_two(p: float, rounded: float) -> float:
    """Multiply p by 2**k, where rounded = ROUNDER + k; p and the product are normal and positive.

    Compiled, k is shifted from the last bits of `rounded` to where the exponent of a double is, and
    added to that of p: see `machinery.compilation`.  The result for NaN has no meaning.
    """
    return math.ldexp(p, int(rounded - ROUNDER)) if rounded == rounded else math.nan


def power_of_two(rounded: float) -> float:
    """2**k, subnormal results included, where rounded = ROUNDER + k and k is from -1080 to 0."""
    return times_power_of_two(SCALE, rounded) * (1.0 / SCALE)


def odds(x: float) -> tuple[float, float]:
    """Return two numbers whose quotient is e**x, for x from UNDERFLOW to NOTHING.

    With x = k ln 2 + r as in `exp_negative`, e**r = (1 + t) / (1 - t), t = tanh(r/2).
    """
    rounded = x * LOG2_E + ROUNDER
    k = rounded - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    rr = r * r
    odd = r * (ODD_1 + rr * (ODD_3 + rr * ODD_5))
    even = SCALE + rr * (EVEN_2 + rr * EVEN_4)
    return times_power_of_two(even + odd, rounded), even - odd


def exp_tail(r: float) -> float:
    """(e**r - 1 - r) / r**2 for |r| <= 0.35, by its best polynomial of degree 9.

    Found by Remez's algorithm; what it adds to the error of e**r is below 1.1e-17.  Terms are
    paired, and pairs paired again, so that few of them wait for one another.
    """
    r2 = r * r
    r4 = r2 * r2
    first = 0.5000000000000011 + r * 0.16666666666666413
    first += r2 * (0.041666666666530155 + r * 0.008333333333494472)
    second = 0.0013888888943630264 + r * 0.00019841269506560774
    second += r2 * (2.4801493098700975e-05 + r * 2.7557586386765752e-06)
    third = 2.7630248463652823e-07 + r * 2.5000058318903707e-08
    return first + r4 * (second + r4 * third)


def exp_negative(x: float) -> float:
    """e**x for x <= 0, subnormal results included; within 1 ulp.  NaN for NaN.

    Cody-Waite reduction x = k ln 2 + r, |r| <= 0.35.
    """
    x = UNDERFLOW if x < UNDERFLOW else x
    rounded = x * LOG2_E + ROUNDER
    k = rounded - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    scaled = SCALE * (1.0 + (r + (r * r) * exp_tail(r)))  # see `power_of_two`
    return times_power_of_two(scaled, rounded) * (1.0 / SCALE)


def expm1_negative(x: float) -> float:
    """e**x - 1 for x <= 0, accurate near 0; like `exp_negative`."""
    x = -40.0 if x < -40.0 else x
    rounded = x * LOG2_E + ROUNDER
    k = rounded - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    scale = power_of_two(rounded)
    return scale * (r + (r * r) * exp_tail(r)) + (scale - 1.0)
