"""Jumps of the map's input between stretches, and of sigma and of r with it.

r is that of `sensitivities`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.map.inputs import input_of, spread_input
from doya.kernels.map.led_lanes import B, W, X
from doya.kernels.map.tangents import (
    JUMP,
    LEVEL,
    NEXT_B,
    NEXT_LEVEL,
    NEXT_REST,
    RATE_SCALE,
    REST,
)
from doya.kernels.map.x_number_sensitivities import CLOSE, bend, x_levels
from doya.kernels.numbers.logistic import levels
from doya.kernels.numbers.x_numbers import ZERO, plus, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber

# Between steps: jumps of r that are known in doubles, and sigma(-z) before the jump.
JUMPS, REST_BEFORE = NEXT_LEVEL, NEXT_REST


def jump(gain: Row, u: Rows, epsilon: float, before: int, p: int, n: int) -> float:
    """Return the jump of w' u between two stretches."""
    return gain[n] * (input_of(u, p, n) - input_of(u, before, n)) / epsilon


def level_jump(z: float, h: float) -> XNumber:
    """Return sigma(z) - sigma(z - h), the jump of r where the bias jumps by h."""
    if h == 0.0:
        return ZERO
    level, rest = x_levels(z)
    level_before, rest_before = x_levels(z - h)
    if abs(h) <= CLOSE:
        return times(times(level, rest_before), x_number(h * bend(h)))
    lost, scale = times(level_before, rest)
    return plus(times(level, rest_before), (-lost, scale))


def jump_of_rate(
    w: float, b: float, gain: Row, u: Rows, inside: bool, epsilon: float, x: float, before: int,
    p: int, n: int,
) -> XNumber:  # fmt: skip
    """Return the jump of r from stretch `before` to p, where b is the neuron's own bias."""
    if not inside:
        return jump(gain, u, epsilon, before, p, n), 0.0
    h = gain[n] * (input_of(u, p, n) - input_of(u, before, n))
    return level_jump(w * x + (b + gain[n] * input_of(u, p, n)), h)


def turn(
    gain: Row, u: Rows, p: int, before: int, by_epsilon: bool, first: int, rows: Rows, size: int
) -> None:  # fmt: skip
    """Find sigma(z) and sigma(-z) under the bias of stretch p, and by how much sigma(z) jumps."""
    w, b, x, level, rest = rows[W], rows[B], rows[X], rows[LEVEL], rows[REST]
    jumps, rest_before = rows[JUMPS], rows[REST_BEFORE]
    if by_epsilon:
        for i in range(size):
            jumps[i], rest_before[i] = level[i], rest[i]
    for i in range(size):
        level[i], rest[i] = levels(w[i] * x[i] + b[i])
    if by_epsilon:
        raise_input(gain, u, before, p, first, rows, size)
        for i in range(size):
            h = rows[JUMP][i]
            cross = level[i] * rest_before[i]
            near, far = cross * (h * bend(h)), cross - jumps[i] * rest[i]
            jumps[i] = near if abs(h) <= CLOSE else far


def raise_input(
    gain: Row, u: Rows, before: int, p: int, first: int, rows: Rows, size: int
) -> None:  # fmt: skip
    """Write the input of stretch p to NEXT_B, and to JUMP by how much it raises the bias."""
    given, jump, own_gain = rows[NEXT_B], rows[JUMP], gain[first : first + size]
    spread_input(u, p, first, given, size)
    spread_input(u, before, first, jump, size)
    for i in range(size):
        jump[i] = own_gain[i] * (given[i] - jump[i])


def look_ahead(
    b: Row, gain: Row, u: Rows, p: int, after: int, by_epsilon: bool, first: int, rows: Rows,
    size: int,
) -> bool:  # fmt: skip
    """Find the bias in the stretch `after` p; return whether r is in plain doubles in all lanes."""
    next_b, scale = rows[NEXT_B], rows[RATE_SCALE]
    own_b, own_gain = b[first : first + size], gain[first : first + size]
    if by_epsilon:
        raise_input(gain, u, p, after, first, rows, size)
    else:
        spread_input(u, after, first, next_b, size)
    for i in range(size):
        next_b[i] = own_b[i] + own_gain[i] * next_b[i]
    if not by_epsilon:
        return True
    scaled = 0
    for i in range(size):
        scaled += scale[i] != 0.0
    return scaled == 0
