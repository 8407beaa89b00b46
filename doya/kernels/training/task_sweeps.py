"""The adjoint of a task of the map on its way back, in X-numbers, for one neuron.

See `task_gradients`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import apart
from doya.kernels.map.x_number_sensitivities import x_levels
from doya.kernels.numbers.x_numbers import plus, times, x_number
from doya.kernels.training.omega import (
    FOR_B,
    FOR_EPSILON,
    FOR_SHARED,
    FOR_W,
    FOR_WEIGHT,
    FOR_X0,
    Unit,
    add,
    penalise,
)
from doya.kernels.training.task_columns import (
    A_STEP,
    LEVEL,
    REST,
    STATE,
    Aims,
    Drive,
    aim_of,
    input_at,
    shared_at,
    teacher_of,
)

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber

# The least sigma(z) or sigma(-z) that is taken from the trace.
LEAST = 2.0**-300


def pull(unit: Unit, x: float, aim: tuple[float, float]) -> XNumber:
    """Return the derivative of a term of the loss by its state."""
    y, c = aim
    return x_number(2.0 * c * ((unit.slope * x + unit.height) - y) * unit.slope)


@apart
def back(
    unit: Unit, i: int, inside: bool, seeds: bool, t: int, last: int, p: XNumber, drive: Drive,
    aims: Aims, trace: Rows, by: Row, scale: Row,
) -> XNumber:  # fmt: skip
    """Return the adjoint of x[last] from that of x[t], and add to the derivatives by parameters.

    With `seeds` the loss and Omega add to the adjoint on the way.  The neuron is column i.
    """
    penalised = seeds and unit.rho > 0.0
    while t > last:
        t -= 1
        x, given = trace[A_STEP * t + STATE][i], input_at(drive, t, i)
        kept, drawn = teacher_of(drive, aims, t, i)
        start = kept * x + drawn
        level, rest = (trace[A_STEP * t + LEVEL][i], 0.0), (trace[A_STEP * t + REST][i], 0.0)
        if min(level[0], rest[0]) < LEAST:
            level, rest = x_levels(unit.w * start + (unit.b + unit.inner * given))
        direct = times((unit.epsilon, 0.0), times(level, rest))
        push = times(p, direct)
        add(push, FOR_B, by, scale)
        add(times(push, x_number(start)), FOR_W, by, scale)
        rate = plus(plus(level, x_number(-start)), x_number(unit.outer * given))
        add(times(p, rate), FOR_EPSILON, by, scale)
        driven = push if inside else times(p, (unit.epsilon, 0.0))
        add(times(driven, x_number(given)), FOR_WEIGHT, by, scale)
        number = shared_at(drive, t, i)
        if number >= 0:
            weight = x_number(unit.inner if inside else unit.outer)
            add(times(driven, weight), FOR_SHARED + number, by, scale)
        m = plus(times(x_number(unit.w), direct), (-unit.fade, 0.0))
        # With a small eps, 1 + m would be rounded in the same way at each step.
        less = plus((unit.keep, 0.0), m)
        p = plus(p, times(m, p)) if unit.fade > 0.0 else times(less, p)
        if penalised:
            p = plus(p, penalise(unit, inside, start, given, number, by, scale))
        p = times(p, x_number(kept))
        if seeds:
            p = plus(p, pull(unit, x, aim_of(drive, aims, t, i)))
    return p


def back_briefly(
    unit: Unit, i: int, inside: bool, steps: int, most: int, drive: Drive, aims: Aims, trace: Rows,
    by: Row, scale: Row,
) -> None:  # fmt: skip
    """Add the derivatives, where each term of the loss and of Omega goes back `most` steps."""
    for t in range(steps, -1, -1):
        x = trace[A_STEP * t + STATE][i]
        p = pull(unit, x, aim_of(drive, aims, t, i))
        if t < steps and unit.rho > 0.0:
            kept, drawn = teacher_of(drive, aims, t, i)
            given, number = input_at(drive, t, i), shared_at(drive, t, i)
            own = penalise(unit, inside, kept * x + drawn, given, number, by, scale)
            p = plus(times(own, x_number(kept)), p)
        if p[0] == 0.0:
            continue
        last = max(t - most, 0)
        p = back(unit, i, inside, False, t, last, p, drive, aims, trace, by, scale)
        if last == 0:
            add(p, FOR_X0, by, scale)
