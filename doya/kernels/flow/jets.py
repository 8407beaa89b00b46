"""Second-order jets: how x0, b and w change a state of the flow, to first and second order.

A jet is a row of nine numbers: ln G with G = dx/dx0; the derivatives of x with respect to b and w;
those of ln G with respect to x0, b and w, so that d2x/dx0dp = G dlnG/dp; and the second derivatives
bb, bw and ww.  Jets of stretches of the path that follow one another are joined by the chain rule.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.legs import steepness

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row

LN_G, BY_B, BY_W, GROWTH_X0, GROWTH_B, GROWTH_W, BB, BW, WW = range(9)
PARTS = 9
# ln G from which what stays at an unstable root is given in units of G.
LARGE_GROWTH = 300.0
# abs(lambda t) up to which the integrals of exponentials are series of this number of terms.
SMALL_GROWTH, TERMS = 0.5, 16


def clear(jet: Row) -> None:
    """Set the jet of no time."""
    for k in range(PARTS):
        jet[k] = 0.0


def join(total: Row, after: Row) -> None:
    """Continue `total` by a stretch; the chain rule."""
    gain = math.exp(min(after[LN_G], 700.0))
    by_b, by_w, by_x0 = total[BY_B], total[BY_W], math.exp(min(total[LN_G], 700.0))
    bend = gain * after[GROWTH_X0]
    cross_b, cross_w = gain * after[GROWTH_B], gain * after[GROWTH_W]
    total[BB] = gain * total[BB] + (bend * by_b * by_b + 2.0 * cross_b * by_b) + after[BB]
    total[BW] = gain * total[BW] + (bend * by_b * by_w + cross_b * by_w + cross_w * by_b)
    total[BW] += after[BW]
    total[WW] = gain * total[WW] + (bend * by_w * by_w + 2.0 * cross_w * by_w) + after[WW]
    total[GROWTH_B] += after[GROWTH_X0] * by_b + after[GROWTH_B]
    total[GROWTH_W] += after[GROWTH_X0] * by_w + after[GROWTH_W]
    total[GROWTH_X0] += after[GROWTH_X0] * by_x0
    total[BY_B] = gain * by_b + after[BY_B]
    total[BY_W] = gain * by_w + after[BY_W]
    total[LN_G] += after[LN_G]


def slopes(z: float) -> tuple[float, float]:
    """sigma'(z) and sigma''(z)."""
    less = math.expm1(-min(abs(z), 745.0))  # e**-abs(z) - 1
    turn = -less / (2.0 + less)
    slope = steepness(z, 0.0)
    return slope, slope * (-turn if z > 0.0 else turn)


def exponential_integrals(rate: float, time: float) -> tuple[float, float, float, float]:
    """Return U, V, U1 and U2 for u(t) = (e**(rate t) - 1) / rate.

    U = u(time), and V is the integral of u; U1 and U2 are those of e**(rate (time - t)) u(t) and of
    e**(rate (time - t)) u(t)**2.
    """
    growth = rate * time if rate != 0.0 else 0.0
    if time == math.inf:  # of a stable root; V has no meaning
        return -1.0 / rate, 0.0, 1.0 / (rate * rate), -1.0 / (rate * rate * rate)
    if abs(growth) < SMALL_GROWTH:
        u = v = u1 = u2 = 0.0
        factorial, power, double = 1.0, 1.0, 8.0
        for k in range(TERMS):
            factorial *= k + 1.0
            u += power / factorial
            v += power / (factorial * (k + 2.0))
            u1 += power * (k + 1.0) / (factorial * (k + 2.0))
            u2 += power * (double - 2.0 * (k + 3.0)) / (factorial * (k + 2.0) * (k + 3.0))
            power, double = power * growth, 2.0 * double
        return time * u, time * time * v, time * time * u1, time * time * time * u2
    grown = math.exp(growth)
    u = math.expm1(growth) / rate
    u1 = (time * grown - u) / rate
    u2 = (grown * u - 2.0 * time * grown + u) / (rate * rate)
    return u, (u - time) / rate, u1, u2


def stay(
    w: float, x: float, z: float, rate: float, time: float, jet: Row
) -> tuple[float, float, float]:
    """Fill the jet of a state that stays at a root x, where f' is `rate`.

    Return the logarithms of the factors of the derivatives by b and w, of those of ln G, and of the
    second derivatives: 0 unless G is beyond the range of doubles.
    """
    slope, turn = slopes(z)
    f_b, f_w, f_xx = slope, x * slope, w * w * turn
    f_xb, f_xw = w * turn, slope + w * x * turn
    growth = rate * time if rate != 0.0 else 0.0
    jet[LN_G] = growth
    if rate >= 0.0 and time == math.inf:
        for k in range(BY_B, PARTS):
            jet[k] = math.inf
        return 0.0, 0.0, 0.0
    if growth > LARGE_GROWTH:
        # To first and second order in G; all the rest is lost beside it.
        jet[BY_B], jet[BY_W] = f_b / rate, f_w / rate
        if f_xx == 0.0:
            jet[GROWTH_X0], jet[GROWTH_B], jet[GROWTH_W] = 0.0, f_xb * time, f_xw * time
            u1 = (time - 1.0 / rate) / rate
            jet[BB], jet[BW] = 2.0 * f_xb * f_b * u1, (f_xb * f_w + f_xw * f_b) * u1
            jet[WW] = 2.0 * f_xw * f_w * u1
            return growth, 0.0, growth
        jet[GROWTH_X0] = f_xx / rate
        jet[GROWTH_B], jet[GROWTH_W] = f_xx * f_b / (rate * rate), f_xx * f_w / (rate * rate)
        u2 = f_xx / (rate * rate * rate)
        jet[BB], jet[BW], jet[WW] = f_b * f_b * u2, f_b * f_w * u2, f_w * f_w * u2
        return growth, growth, 2.0 * growth
    u, v, u1, u2 = exponential_integrals(rate, time)
    jet[BY_B], jet[BY_W] = f_b * u, f_w * u
    jet[GROWTH_X0] = f_xx * u
    still = 0.0 if time == math.inf else time
    jet[GROWTH_B], jet[GROWTH_W] = f_xb * still + f_xx * f_b * v, f_xw * still + f_xx * f_w * v
    jet[BB] = f_xx * f_b * f_b * u2 + 2.0 * f_xb * f_b * u1 + turn * u
    jet[BW] = f_xx * f_b * f_w * u2 + (f_xb * f_w + f_xw * f_b) * u1 + x * turn * u
    jet[WW] = f_xx * f_w * f_w * u2 + 2.0 * f_xw * f_w * u1 + x * x * turn * u
    return 0.0, 0.0, 0.0
