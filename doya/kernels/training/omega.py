"""Pascanu's penalty Omega of the map, (|mu| - 1)**2 at each step: its derivatives in X-numbers.

R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks" (2013),
equation 9, with the derivatives through the states.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from doya.kernels.map.x_number_sensitivities import x_levels
from doya.kernels.numbers.x_numbers import plus, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row
    from doya.kernels.numbers.x_numbers import XNumber

# The derivatives, in this order; from the last on by the values that steps of the input share.
FOR_X0, FOR_B, FOR_W, FOR_EPSILON, FOR_WEIGHT, FOR_SLOPE, FOR_HEIGHT, FOR_SHARED = range(8)
# A tiny mu with the sign of mu.
TINY = 1e-300


class Unit(NamedTuple):
    """A neuron, as in the working space, with the weight of Omega."""

    w: float
    b: float
    epsilon: float
    outer: float
    inner: float
    keep: float
    fade: float
    rho: float
    slope: float
    height: float


def pressure(mu: float, rho: float) -> float:
    """Return the derivative of rho (|mu| - 1)**2; 0 for mu = 0."""
    side = 1.0 if mu > 0.0 else (-1.0 if mu < 0.0 else 0.0)
    return 2.0 * rho * (abs(mu) - 1.0) * side


def add(value: XNumber, k: int, by: Row, scale: Row) -> None:
    """Add to derivative k."""
    by[k], scale[k] = plus((by[k], scale[k]), value)


def penalise(
    unit: Unit, inside: bool, x: float, given: float, number: int, by: Row, scale: Row
) -> XNumber:
    """Add the derivatives of one term of rho Omega by parameters; return that by its state x.

    The input `given` is a shared value with this number, if that is not below 0.
    """
    level, rest = x_levels(unit.w * x + (unit.b + unit.inner * given))
    slope = times(level, rest)
    steep, direct = times(x_number(unit.w), slope), times((unit.epsilon, 0.0), slope)
    mu = plus((unit.keep, 0.0), plus(times(x_number(unit.w), direct), (-unit.fade, 0.0)))
    # Of a tiny mu only the sign counts.
    size = mu[0] if mu[1] == 0.0 else math.copysign(TINY, mu[0])
    q = x_number(pressure(size, unit.rho))
    pull = times(q, direct)
    m, k = level
    bend = times(times(pull, x_number(unit.w)), plus(rest, (-m, k)))
    add(bend, FOR_B, by, scale)
    add(plus(pull, times(bend, x_number(x))), FOR_W, by, scale)
    add(times(q, plus(steep, (-1.0, 0.0))), FOR_EPSILON, by, scale)
    if inside:
        add(times(bend, x_number(given)), FOR_WEIGHT, by, scale)
        if number >= 0:
            add(times(bend, x_number(unit.inner)), FOR_SHARED + number, by, scale)
    return times(bend, x_number(unit.w))
