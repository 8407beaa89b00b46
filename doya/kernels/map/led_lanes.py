"""Lanes of the map that are led: their states follow from the distance from a fixed point.

See `deviations`.  Neurons are the columns of a working space, and those that are led are also
packed one after the other, in rows of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.map.deviations import deviation, risen

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Rows

# Columns of a working space, and how many packed lanes go together.
BLOCK, LANES = 64, 8
# Rows that every working space of the map begins with, one neuron a column: parameters, where
# 1 - eps is KEEP - FADE and DRIVE is eps w' u; the state; 1 + its place among the packed lanes, or
# 0 where it is not led.
W, B, KEEP, FADE, EPSILON, DRIVE, X, LED = range(8)
# The packed lanes: which column, its parameters, the fixed point, sigma(z) and sigma(-z) there,
# the distance, and by how much sigma(z) exceeds the one there.
LANE, LED_W, LED_KEEP, LED_FADE, LED_EPSILON, POINT, NEAR, FAR, DISTANCE, RISE = range(8, 18)
# The first row that a working space has for other numbers.
OWN = 18


def clear(rows: Rows) -> None:
    """Lead no lane."""
    for i in range(BLOCK):
        rows[LED][i], rows[LED_W][i], rows[LED_EPSILON][i] = 0.0, 0.0, 0.0
        rows[LED_KEEP][i], rows[LED_FADE][i] = 0.0, 0.0
        rows[POINT][i], rows[NEAR][i], rows[FAR][i] = 0.0, 0.5, 0.5
        rows[DISTANCE][i], rows[RISE][i] = 0.0, 0.0


def look(led: int, rows: Rows, size: int) -> int:
    """Lead the lanes that are near a fixed point and slow; return how many are led.

    Lanes with epsilon 0 stand still and are not led.
    """
    w, b, epsilon, drive, x = rows[W], rows[B], rows[EPSILON], rows[DRIVE], rows[X]
    for i in range(size):
        if rows[LED][i] != 0.0 or epsilon[i] == 0.0:
            continue
        found, point, near, far, distance = deviation(x[i], w[i], b[i], epsilon[i], drive[i])
        if found != 0.0:
            rows[LANE][led], rows[LED_W][led], rows[LED_EPSILON][led] = i, w[i], epsilon[i]
            rows[LED_KEEP][led], rows[LED_FADE][led] = rows[KEEP][i], rows[FADE][i]
            rows[POINT][led], rows[NEAR][led], rows[FAR][led] = point, near, far
            rows[DISTANCE][led] = distance
            rows[RISE][led] = risen(w[i] * distance, near, far)
            led += 1
            rows[LED][i] = led
    return led
