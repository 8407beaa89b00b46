"""The map's attracting cycles, found from states that have come near them.

A state that has nearly settled on an attracting cycle of period p is nearly a root of F^p(y) - y,
and Newton's method makes it one.  What it finds is the orbit's own attractor if it attracts,
|multiplier| <= 1, and all further rounds bring the orbit nearer to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.equilibria import tangency
from doya.kernels.machinery.registry import kernel
from doya.kernels.map.iteration import advance
from doya.kernels.map.kept import split
from doya.kernels.numbers.exponential import exp_negative
from doya.kernels.numbers.logistic import both_levels

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

ULP = 2.0**-52
# The longest period that is found.
MOST_PERIOD = 64
# A period is tried where it brings the orbit back as near as this, as a part of the orbit's own
# spread, or at all.
NEAR, NEARBY = 0.05, 1e-3
NEWTON_STEPS = 40
# Times two rounds that must all bring an orbit nearer to its cycle: chaos would not.
ROUNDS = 32
# States that are the same, as a part of the orbit's spread, besides so many times what rounding
# does; a step of Newton's method, as a part of the state, that is the last.
SHORT, FUZZ, ROUNDING = 1e-9, 32.0, 1e-16
# The multiplier of a cycle on its fold, as rounding leaves it.
NEUTRAL = 1.0 + 1e-9


def moved(x: float, w: float, b: float, epsilon: float) -> tuple[float, float]:
    """F(x), and mu there."""
    z = w * x + b
    level, rest = both_levels(z)
    keep, fade = split(epsilon)
    mu = keep + (epsilon * w * (level * rest) - fade)
    return (epsilon * level - fade * x) + keep * x, mu


def stretched(x: float, w: float, b: float, epsilon: float) -> tuple[float, float]:
    """ln |mu|, and how far it may be off as x, z and the terms of mu are rounded."""
    size, terms = abs(w * x + b), 4.0 + 4.0 * abs(w * x) + abs(b)
    if epsilon == 1.0 and w != 0.0:  # also where sigma' underflows
        growth = math.log(abs(w)) - size - 2.0 * math.log1p(exp_negative(-size))
        return growth, ULP * (abs(growth) + terms)
    _, mu = moved(x, w, b, epsilon)
    keep = 1.0 - epsilon
    doubt = ULP * (keep + abs(mu - keep) * terms)
    if mu == 0.0:
        return -math.inf, (math.inf if doubt > 0.0 else 0.0)
    return math.log(abs(mu)), doubt / abs(mu)


def around(y: float, w: float, b: float, epsilon: float, period: int) -> tuple[float, float]:
    """F^period(y) and its derivative."""
    product = 1.0
    for _ in range(period):
        y, mu = moved(y, w, b, epsilon)
        product *= mu
    return y, product


def polished(start: float, w: float, b: float, epsilon: float, period: int, short: float) -> float:
    """The state of an attracting cycle near the start, by Newton's method; NaN if it finds none."""
    y = start
    for _ in range(NEWTON_STEPS):
        end, slope = around(y, w, b, epsilon, period)
        if not abs(slope) < 1e6 or slope == 1.0:
            return math.nan
        step = (end - y) / (1.0 - slope)
        y += step
        if abs(step) <= ROUNDING * abs(y):
            break
    # Also of the last step's state.
    end, slope = around(y, w, b, epsilon, period)
    return y if abs(end - y) <= short and attracts(slope) else math.nan


def attracts(multiplier: float) -> bool:
    """Return whether a cycle with this multiplier attracts, or may attract on its rounded fold.

    Beyond -1 the doubled cycle attracts, however small it is: that side is known to rounding.
    """
    return -1.0 <= multiplier <= NEUTRAL


def joined(
    x: float, y: float, w: float, b: float, epsilon: float, period: int, short: float
) -> bool:
    """Return whether no two rounds lead the orbit of x away from the cycle through y."""
    distance = abs(x - y)
    for _ in range(ROUNDS):
        if distance <= short:
            return True
        x, _ = around(x, w, b, epsilon, 2 * period)
        if abs(x - y) > distance + 1e-6 * short:
            return False
        distance = abs(x - y)
    return True


def attracting_cycle(x: float, w: float, b: float, epsilon: float, room: Row) -> int:
    """The period of the attracting cycle that the orbit of x has joined, or 0; room[0] is on it.

    A round begins after the state where the map is flattest, as what rounding does before is
    squeezed there.
    """
    slopes, keep = room[MOST_PERIOD + 1 :], 1.0 - epsilon
    room[0] = x
    low, high, fuzz = x, x, 0.0
    for i in range(MOST_PERIOD):
        room[i + 1], mu = moved(room[i], w, b, epsilon)
        slopes[i] = abs(mu)
        low, high = min(low, room[i + 1]), max(high, room[i + 1])
        # What the rounding of z and of the state itself does to the next.
        wide = abs(room[i]) + abs(b / w) if w != 0.0 else 0.0
        fuzz = max(fuzz, ULP * (abs(room[i]) + abs(mu - keep) * wide))
    near, short = max(NEAR * (high - low), NEARBY), SHORT * (high - low) + FUZZ * fuzz
    flattest = 0
    for period in range(1, MOST_PERIOD + 1):
        flattest = period - 1 if slopes[period - 1] < slopes[flattest] else flattest
        if abs(room[period] - x) <= near:
            start = room[flattest + 1]
            y = polished(start, w, b, epsilon, period, short)
            if y == y and joined(start, y, w, b, epsilon, period, short):
                least = least_period(y, w, b, epsilon, period, short)
                if least < period:  # its state is better known
                    better = polished(y, w, b, epsilon, least, short)
                    y = better if better == better else y
                room[0], least = shortest(y, w, b, epsilon, least, short)
                return least
    return 0


def shortest(
    y: float, w: float, b: float, epsilon: float, period: int, short: float
) -> tuple[float, int]:
    """The state of the shortest cycle that y may be on, and its period.

    Beside a flip y, as a root of F^(2 p)(y) - y, is not known well enough to be distinguished from
    the cycle of period p that flips.  That is a root of F^p(y) - y with a slope near -2, known to
    rounding; and its multiplier decides: from -1 up it attracts, and the doubled cycle does not
    exist.
    """
    while period % 2 == 0:
        half = period // 2
        _, whole = around(y, w, b, epsilon, period)
        z = flipping(y, w, b, epsilon, half, short)
        _, slope = around(z, w, b, epsilon, half)
        away = abs(z - y) * max(1.0 - whole, 0.0)
        if not (away <= FUZZ * short and -1.0 <= slope < 0.0):
            break
        y, period = z, half
    return y, period


def flipping(y: float, w: float, b: float, epsilon: float, period: int, short: float) -> float:
    """The state near y of a cycle whose multiplier is about -1, by Newton's method; or NaN."""
    for _ in range(NEWTON_STEPS):
        end, slope = around(y, w, b, epsilon, period)
        if not -2.0 <= slope <= 0.0:
            return math.nan
        step = (end - y) / (1.0 - slope)
        y += step
        # Newton's method ends in steps of a few units, or goes around where nothing flips.
        if abs(step) <= max(8.0 * ULP * abs(y), 1e-3 * short):
            return y
    return math.nan


def least_period(y: float, w: float, b: float, epsilon: float, period: int, short: float) -> int:
    """Return the least period of a state that returns to itself after `period` steps."""
    x, product = y, 1.0
    for i in range(1, period):
        x, mu = moved(x, w, b, epsilon)
        product *= mu
        # Beside a cycle that repels there may be one of twice its period.
        if period % i == 0 and abs(x - y) <= short and attracts(product):
            return i
    return period


@kernel(interpreted=5e-3, compiled=10e-6)
def find(
    w: Row,
    b: Row,
    epsilon: Row,
    x: Row,
    period: IntRow,
    exponent: Row,
    doubt: Row,
    cycle: Rows,
    room: Row,
) -> None:
    """Find each orbit's attracting cycle: its period, mean of ln|mu| with rounding, and states.

    The period is 0 where there is none within MOST_PERIOD.  cycle[i] is room for MOST_PERIOD
    states, `room` for twice as many and 1.
    """
    for i in range(len(x)):
        period[i] = attracting_cycle(x[i], w[i], b[i], epsilon[i], room)
        y, growth, doubts, product = room[0], 0.0, 0.0, 1.0
        for k in range(period[i]):
            cycle[i][k] = y
            part, off = stretched(y, w[i], b[i], epsilon[i])
            growth, doubts = growth + part, doubts + off + ULP * abs(part)
            y, mu = moved(y, w[i], b[i], epsilon[i])
            product *= abs(mu)
        if period[i] > 0:
            exponent[i] = growth / period[i]
            # States of a cycle that attracts but weakly are less well known.
            known = max(1.0 - product, NEUTRAL - 1.0)
            doubt[i] = doubts / period[i] * (2.0 + 1.0 / known)


@kernel(interpreted=2e-6, compiled=40e-9)
def turning(w: Row, kappa: Row, z: Row) -> None:
    """Fill z with the positive one where w sigma'(z) = kappa."""
    for i in range(len(w)):
        _, z[i], _ = tangency(w[i], kappa[i])


@kernel(interpreted=40e-6, compiled=1.5e-6)
def alternate(one: Rows, other: Rows, changes: IntRow) -> None:
    """Count how often the numbers of two rows alternate when they are sorted together.

    Each row is ascending.  Of equal numbers those of `one` come first.
    """
    for n in range(len(changes)):
        size, both = len(one[n]), len(one[n]) + len(other[n])
        i, count, was_other = 0, 0, False
        for k in range(both):
            j = k - i
            is_other = i == size or (j < both - size and other[n][j] < one[n][i])
            count += k > 0 and is_other != was_other
            i += not is_other
            was_other = is_other
        changes[n] = count


@kernel(interpreted=1e-6, compiled=15e-9)
def follow(w: Row, b: Row, epsilon: Row, steps: int, x0: float, kick: float, x: Row) -> None:
    """Fill x with the states after `steps` steps at each neuron, from the state of the one before.

    The kick takes it off a fixed point that has lost its stability, on which it would rest.
    """
    y = x0
    for i in range(len(x)):
        keep, fade = split(epsilon[i])
        for _ in range(steps):
            y = advance(y, w[i], b[i], keep, fade, epsilon[i], 0.0)
        x[i] = y
        y += kick
