"""The map's input in the lanes of a block.

A loop over the lanes takes a slice of an array, from `first` on: of an index first + i machine code
would ask each time whether it is negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.map.led_lanes import DRIVE, B

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows


def input_of(u: Rows, p: int, n: int) -> float:
    """Return the input of neuron n in stretch p."""
    return u[p][n if len(u[p]) > 1 else 0]


def spread_input(u: Rows, p: int, first: int, row: Row, size: int) -> None:
    """Write the input of stretch p into a row, one number a lane."""
    given = u[p]
    if len(given) > 1:
        part = given[first : first + size]
        for i in range(size):
            row[i] = part[i]
    else:
        for i in range(size):
            row[i] = given[0]


def drive_lanes(
    b: Row, gain: Row, u: Rows, inside: bool, p: int, first: int, rows: Rows, size: int
) -> None:
    """Set the input of stretch p in each lane: in its bias, or in what is added to its state."""
    bias, drive = rows[B], rows[DRIVE]
    own_gain = gain[first : first + size]
    spread_input(u, p, first, drive, size)
    if inside:
        own_b = b[first : first + size]
        for i in range(size):
            bias[i], drive[i] = own_b[i] + own_gain[i] * drive[i], 0.0
    else:
        for i in range(size):
            drive[i] *= own_gain[i]
