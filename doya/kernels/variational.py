"""The variational equation in steps: the flow and what changes of x0, b and w do to it.

Beside dx/dt = f + drive go ln G, whose rate is f', and the derivatives by b and w, with the rates
f' s + sigma' and f' s + sigma' x.  Dormand and Prince's 8(5,3) pair as in `steppers`, with the
largest error of the four deciding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.logistic import both_levels
from doya.kernels.registry import kernel
from doya.kernels.steppers import (
    DONE,
    FIFTH,
    GAVE_UP,
    NOT_FINITE,
    STAGES,
    STRETCHABLE,
    THIRD,
    TINY,
    error_of,
    step_factor,
)

if TYPE_CHECKING:
    from doya.kernels.kinds import IntRow, Row, Rows

# x, ln G, and the derivatives by b and w.
PARTS = 4
# From this part on.
DERIVATIVES = 2
# Larger derivatives are not reported.
LARGEST = 1e250
# Rows of the working space: the rates of the stages, the state, and a stage's state.
NOW, TRIAL = STAGES, STAGES + 1
ROWS = STAGES + 2


def rates(w: float, b: float, drive: float, state: Row, out: Row) -> None:
    """d/dt of x, ln G, and the derivatives by b and w."""
    x = state[0]
    z = w * x + b
    level, rest = both_levels(z)
    slope = level * rest
    change = w * slope - 1.0
    out[0] = (level - x) + drive
    out[1] = change
    out[2] = change * state[2] + slope
    out[3] = change * state[3] + slope * x


def attempt(w: float, b: float, drive: float, h: float, tableau: Rows, room: Rows) -> None:
    """The rates of all stages of a step h."""
    now, trial = room[NOW], room[TRIAL]
    for s in range(STAGES):
        for c in range(PARTS):
            total = 0.0
            for r in range(s):
                total += tableau[s][r] * room[r][c]
            trial[c] = now[c] + h * total
        rates(w, b, drive, trial, room[s])


def combined(row: Row, c: int, room: Rows) -> float:
    """The sum of the stages' rates of part c with these factors."""
    total = 0.0
    for s in range(STAGES):
        total += row[s] * room[s][c]
    return total


def judged(h: float, rtol: float, atol: float, tableau: Rows, room: Rows) -> float:
    """The largest error over the allowed error; the state after the step is left in the room."""
    now, trial = room[NOW], room[TRIAL]
    worst, before = 0.0, 0.0
    for c in range(PARTS):
        rise = combined(tableau[STAGES], c, room)
        low, high = combined(tableau[THIRD], c, room), combined(tableau[FIFTH], c, room)
        trial[c] = now[c] + h * rise
        size = max(abs(now[c]), abs(trial[c]))
        # The derivatives may be tiny; that by w passes through 0 where x does.
        allowed = rtol * size + (atol if c < DERIVATIVES else 0.0) + before + TINY
        error = error_of(now[c], h, rise, low, high, 0.0, allowed)
        worst = worst if error <= worst else error
        before = allowed * abs(now[0]) if c == DERIVATIVES else 0.0
    return worst


def stretch(
    w: float,
    b: float,
    drive: float,
    length: float,
    rtol: float,
    atol: float,
    max_steps: int,
    tableau: Rows,
    room: Rows,
) -> int:
    """Advance the state in the room; DONE, GAVE_UP or NOT_FINITE."""
    now, trial = room[NOW], room[TRIAL]
    time = 0.0
    wanted = math.sqrt(math.sqrt(math.sqrt(rtol + atol))) / (1.0 + 0.25 * abs(w))
    rejected = False
    for _ in range(max_steps):
        if not time < length:
            return DONE
        last = time + STRETCHABLE * wanted >= length
        end = length if last else time + wanted
        if end == time:
            return GAVE_UP
        h = end - time
        attempt(w, b, drive, h, tableau, room)
        error = judged(h, rtol, atol, tableau, room)
        factor = step_factor(error)
        wanted = h * (min(factor, 1.0) if rejected else factor)
        rejected = not error < 1.0
        if not rejected:
            time = end
            for c in range(PARTS):
                now[c] = trial[c]
                if not abs(now[c]) < LARGEST:
                    return NOT_FINITE
    return GAVE_UP if time < length else DONE


@kernel(interpreted=8e-6, compiled=15e-9)
def advance(
    w: Row,
    b: Row,
    drive: Rows,
    lengths: Rows,
    rtol: float,
    atol: float,
    max_steps: int,
    states: Rows,
    status: IntRow,
    tableau: Rows,
    room: Rows,
) -> None:
    """Advance each neuron's four parts, in place, through stretches of its own lengths.

    `drive` is a row a stretch, of one number for all or one a neuron, and `lengths` a row a
    stretch; `room` is ROWS rows of PARTS numbers.
    """
    for i in range(len(w)):
        for c in range(PARTS):
            room[NOW][c] = states[i][c]
        status[i] = DONE
        for p in range(len(lengths)):
            if status[i] == DONE and lengths[p][i] > 0.0:
                added = drive[p][i if len(drive[p]) > 1 else 0]
                status[i] = stretch(
                    w[i], b[i], added, lengths[p][i], rtol, atol, max_steps, tableau, room
                )
        for c in range(PARTS):
            states[i][c] = room[NOW][c] if status[i] == DONE else math.nan
