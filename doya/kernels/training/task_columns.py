"""The columns of a block in the kernels of tasks of the map: inputs, targets, and the trace."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, IntRows, Row, Rows

# Rows of the trace for each step: x[t]; sigma(z) and sigma(-z).
STATE, LEVEL, REST = range(3)
A_STEP = 3
# Sizes within which a sweep is plain: of states, inputs and parameters, where they are not 0.
SMALL, LARGE, SMALL_STEP = 2.0**-200, 2.0**100, 2.0**-50


class Drive(NamedTuple):
    """The inputs of the columns of a block, and which sequence and neuron each column has.

    Columns are neurons from number `neuron` on, with the one sequence `sequence`; or, if `wide`,
    sequences from that number on, with the one neuron.  Sequence s has the input u[s], a number a
    step or one for all.  Where shared[s][t] >= 0 the input of neuron n is values[shared[s][t]][n]
    in its place; no entry stands for no such step.
    """

    u: Rows
    shared: IntRows
    values: Rows
    sequence: int
    neuron: int
    wide: bool


class Aims(NamedTuple):
    """The targets of all sequences, NaN for none, and their weights, at some places.

    Step t has the place at[t]; below 0 there is none.  In each `every`-th step with a target y the
    step is taken from (1 - alpha) x + alpha y.
    """

    targets: Rows
    shares: Rows
    at: IntRow
    alpha: float
    every: int


def sequence_of(drive: Drive, i: int) -> int:
    """Return the sequence of a column."""
    return drive.sequence + (i if drive.wide else 0)


def neuron_of(drive: Drive, i: int) -> int:
    """Return the neuron of a column."""
    return drive.neuron + (0 if drive.wide else i)


def shared_at(drive: Drive, t: int, i: int) -> int:
    """Return the number of the shared value that is the input of a step; below 0 for none."""
    own = drive.shared[sequence_of(drive, i)]
    return own[0 if len(own) == 1 else t] if len(own) > 0 else -1


def input_at(drive: Drive, t: int, i: int) -> float:
    """Return the input of a step for a column."""
    number = shared_at(drive, t, i)
    if number >= 0:
        return drive.values[number][neuron_of(drive, i)]
    own = drive.u[sequence_of(drive, i)]
    return own[0 if len(own) == 1 else t]


def write_input(drive: Drive, t: int, given: Row, number: Row, size: int) -> bool:
    """Write the input of a step for each column; return whether one has a shared value.

    Only then the numbers of these are written too.
    """
    at = 0 if len(drive.u[0]) == 1 else t
    if drive.wide:
        for i in range(size):
            given[i] = drive.u[drive.sequence + i][at]
    else:
        value = drive.u[drive.sequence][at]
        for i in range(size):
            given[i] = value
    is_shared = False
    if len(drive.shared[0]) > 0:
        for i in range(size if drive.wide else 1):
            is_shared = is_shared or shared_at(drive, t, i) >= 0
    if is_shared:
        for i in range(size):
            number[i] = shared_at(drive, t, i)
            given[i] = input_at(drive, t, i)
    return is_shared


def is_tame(value: float) -> bool:
    """Return whether a factor is 0, or far from the ends of the range of doubles."""
    return value == 0.0 or SMALL < abs(value) < LARGE


def aim_of(drive: Drive, aims: Aims, t: int, i: int) -> tuple[float, float]:
    """Return the target of a column after t steps and its weight, 0 where there is none."""
    k, s = aims.at[t], sequence_of(drive, i)
    if k < 0 or aims.targets[s][k] != aims.targets[s][k]:
        return 0.0, 0.0
    return aims.targets[s][k], aims.shares[s][k]


def teacher_of(drive: Drive, aims: Aims, t: int, i: int) -> tuple[float, float]:
    """Return KEPT and DRAWN: a column takes step t from KEPT x + DRAWN."""
    k = aims.at[t] if aims.alpha > 0.0 and t % aims.every == 0 else -1
    y = aims.targets[sequence_of(drive, i)][k] if k >= 0 else math.nan
    return (1.0 - aims.alpha, aims.alpha * y) if y == y else (1.0, 0.0)


def write_aims(drive: Drive, aims: Aims, t: int, y: Row, c: Row, size: int) -> bool:
    """Write the targets after t steps and their weights; return whether a weight is above 0.

    At a step without a place nothing is written.
    """
    k = aims.at[t]
    if k < 0:
        return False
    if not drive.wide:
        aim, share = aim_of(drive, aims, t, 0)
        for i in range(size):
            y[i], c[i] = aim, share
        return share > 0.0
    count, first = 0, drive.sequence
    for i in range(size):
        aim = aims.targets[first + i][k]
        y[i] = aim if aim == aim else 0.0
        c[i] = aims.shares[first + i][k] if aim == aim else 0.0
    for i in range(size):
        count += c[i] > 0.0
    return count > 0


def write_teacher(drive: Drive, aims: Aims, t: int, kept: Row, drawn: Row, size: int) -> None:
    """Write KEPT and DRAWN of each column for step t; they stay as they are without a teacher."""
    if aims.alpha > 0.0 and drive.wide:
        for i in range(size):
            kept[i], drawn[i] = teacher_of(drive, aims, t, i)
    elif aims.alpha > 0.0:
        all_kept, all_drawn = teacher_of(drive, aims, t, 0)
        for i in range(size):
            kept[i], drawn[i] = all_kept, all_drawn


def find_places(places: IntRow, steps: int, at: IntRow) -> None:
    """Write the place of each step, -1 for none, of places in ascending order."""
    k = 0
    for t in range(steps + 1):
        is_place = k < len(places) and places[k] == t
        at[t] = k if is_place else -1
        k += is_place
