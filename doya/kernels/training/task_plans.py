"""A sequence in the kernels of tasks of the map: its input, its plan, and its trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Rows of the trace for each step, one neuron a column: x[t]; sigma(z) and sigma(-z).
STATE, LEVEL, REST = range(3)
A_STEP = 3
# Rows of the plan of a sequence, one step a column: the target, and its weight, 0 where there is
# none; the state from which the step is taken is KEPT x + DRAWN.
TARGET, SHARE, KEPT, DRAWN = range(4)
PLAN = 4
# Sizes within which a sweep is plain: of states, inputs and parameters, where they are not 0.
SMALL, LARGE, SMALL_STEP = 2.0**-200, 2.0**100, 2.0**-50


class Drive(NamedTuple):
    """The input of a sequence, a number a step or one for all.

    Where shared[t] >= 0 the input of neuron n is values[shared[t]][n] in place of u[t]; no entry
    stands for no such step.  `first` is the neuron in the first column of the block.
    """

    u: Row
    shared: IntRow
    values: Rows
    first: int


def shared_at(drive: Drive, t: int) -> int:
    """Return the number of the shared value that is the input of a step; below 0 for none."""
    return drive.shared[0 if len(drive.u) == 1 else t] if len(drive.shared) > 0 else -1


def input_at(drive: Drive, t: int, i: int) -> float:
    """Return the input of a step for the neuron of a column."""
    number = shared_at(drive, t)
    if number >= 0:
        return drive.values[number][drive.first + i]
    return drive.u[0 if len(drive.u) == 1 else t]


def write_input(drive: Drive, t: int, given: Row, size: int) -> int:
    """Write the input of a step for each column; return the number of its shared value."""
    number, value = shared_at(drive, t), drive.u[0 if len(drive.u) == 1 else t]
    if number < 0:
        for i in range(size):
            given[i] = value
    else:
        for i in range(size):
            given[i] = drive.values[number][drive.first + i]
    return number


def is_tame(value: float) -> bool:
    """Return whether a factor is 0, or far from the ends of the range of doubles."""
    return value == 0.0 or SMALL < abs(value) < LARGE


def make_plan(
    target: Row, share: Row, places: IntRow, alpha: float, every: int, steps: int, plan: Rows
) -> None:
    """Write the plan of a sequence from its targets and their weights at some places."""
    k = 0
    for t in range(steps + 1):
        plan[TARGET][t], plan[SHARE][t], plan[KEPT][t], plan[DRAWN][t] = 0.0, 0.0, 1.0, 0.0
        if k < len(places) and places[k] == t:
            y = target[k]
            if y == y:
                plan[TARGET][t], plan[SHARE][t] = y, share[k]
                if alpha > 0.0 and t % every == 0:
                    plan[KEPT][t], plan[DRAWN][t] = 1.0 - alpha, alpha * y
            k += 1
