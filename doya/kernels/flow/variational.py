"""The variational equation in steps: the flow and what changes of its parameters do to it.

Beside dx/dt = f + drive go ln G, whose rate is f', and the derivatives by b and w, with the rates
f' s + sigma' and f' s + sigma' x; and that by the input's weight, with f' s + u, or f' s + sigma' u
where the input is inside sigma.  Dormand and Prince's 8(5,3) pair as in `steppers`, with the
largest error of all parts deciding.  Within a stretch the input may rise in a line.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.step_control import error_of, step_factor
from doya.kernels.flow.steppers import (
    DONE,
    FIFTH,
    GAVE_UP,
    INSTANTS,
    NOT_FINITE,
    STAGES,
    STRETCHABLE,
    THIRD,
    TINY,
)
from doya.kernels.machinery.registry import kernel
from doya.kernels.numbers.logistic import both_levels

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# x, ln G, and the derivatives by b, w and the input's weight.
STATE, LOG_GAIN, BY_B, BY_W, BY_INPUT_WEIGHT = range(5)
# All but the last.
PARTS = 4
# Larger derivatives are not reported.
LARGEST = 1e250
# Rows of the working space: the rates of the stages, the state, and a stage's state.
NOW, TRIAL = STAGES, STAGES + 1
ROWS = STAGES + 2


def rates(
    w: float, b: float, weight: float, u: float, inside: bool, state: Row, out: Row
) -> None:  # fmt: skip
    """d/dt of x, ln G, and the derivatives, of which `out` has as many parts, under the input u."""
    x, given = state[STATE], weight * u
    bias, drive = b, given
    if inside:
        bias, drive = b + given, 0.0
    level, rest = both_levels(w * x + bias)
    slope = level * rest
    change = w * slope - 1.0
    out[STATE] = (level - x) + drive
    if len(out) > 1:
        out[LOG_GAIN] = change
        out[BY_B] = change * state[BY_B] + slope
        out[BY_W] = change * state[BY_W] + slope * x
    if len(out) > PARTS:
        source = slope * u if inside else u
        out[BY_INPUT_WEIGHT] = change * state[BY_INPUT_WEIGHT] + source


def attempt(
    w: float, b: float, weight: float, u: float, rise: float, inside: bool, h: float,
    tableau: Rows, room: Rows,
) -> None:  # fmt: skip
    """The rates of all stages of a step h, at whose begin the input is u."""
    now, trial, instants = room[NOW], room[TRIAL], tableau[INSTANTS]
    for s in range(STAGES):
        for c in range(len(now)):
            total = 0.0
            for r in range(s):
                total += tableau[s][r] * room[r][c]
            trial[c] = now[c] + h * total
        rates(w, b, weight, u + rise * (instants[s] * h), inside, trial, room[s])


def combined(row: Row, c: int, room: Rows) -> float:
    """The sum of the stages' rates of part c with these factors."""
    total = 0.0
    for s in range(STAGES):
        total += row[s] * room[s][c]
    return total


def judged(h: float, u: float, rtol: float, atol: float, tableau: Rows, room: Rows) -> float:
    """The largest error over the allowed error; the state after the step is left in the room."""
    now, trial = room[NOW], room[TRIAL]
    worst, of_b = 0.0, 0.0
    for c in range(len(now)):
        rise = combined(tableau[STAGES], c, room)
        low, high = combined(tableau[THIRD], c, room), combined(tableau[FIFTH], c, room)
        trial[c] = now[c] + h * rise
        size = max(abs(now[c]), abs(trial[c]))
        # The derivatives may be tiny; that by w passes through 0 where x does, and that by the
        # input's weight where u does.
        more = 0.0
        if c == BY_W:
            more = of_b * abs(now[STATE])
        elif c == BY_INPUT_WEIGHT:
            more = of_b * abs(u)
        allowed = rtol * size + (atol if c < BY_B else 0.0) + more + TINY
        error = error_of(now[c], h, rise, low, high, 0.0, allowed)
        worst = worst if error <= worst else error
        of_b = allowed if c == BY_B else of_b
    return worst


def stretch(
    w: float,
    b: float,
    weight: float,
    u: float,
    rise: float,
    inside: bool,
    length: float,
    rtol: float,
    atol: float,
    max_steps: int,
    tableau: Rows,
    room: Rows,
) -> int:
    """Advance the state in the room; DONE, GAVE_UP or NOT_FINITE.

    The input is u at first and rises at the rate `rise`.
    """
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
        h, given = end - time, u + rise * time
        attempt(w, b, weight, given, rise, inside, h, tableau, room)
        error = judged(h, given, rtol, atol, tableau, room)
        factor = step_factor(error)
        wanted = h * (min(factor, 1.0) if rejected else factor)
        rejected = not error < 1.0
        if not rejected:
            time = end
            for c in range(len(now)):
                now[c] = trial[c]
                if not abs(now[c]) < LARGEST:
                    return NOT_FINITE
    return GAVE_UP if time < length else DONE


@kernel(interpreted=8e-6, compiled=15e-9)
def advance(
    w: Row,
    b: Row,
    weight: Row,
    u: Rows,
    rises: Row,
    inside: bool,
    lengths: Rows,
    rtol: float,
    atol: float,
    max_steps: int,
    states: Rows,
    status: IntRow,
    tableau: Rows,
    room: Rows,
) -> None:
    """Advance each neuron's parts, in place, through stretches of its own lengths.

    The parts are one, PARTS, or with the derivative by the input's weight PARTS + 1.  u is a row a
    stretch, the input at its begin, of one number for all or one a neuron; in stretch p it rises at
    the rate rises[p].  `lengths` is a row a stretch; `room` is ROWS rows as long as the parts.
    """
    for i in range(len(w)):
        for c in range(len(states[i])):
            room[NOW][c] = states[i][c]
        status[i] = DONE
        for p in range(len(lengths)):
            if status[i] == DONE and lengths[p][i] > 0.0:
                given = u[p][i if len(u[p]) > 1 else 0]
                status[i] = stretch(
                    w[i], b[i], weight[i], given, rises[p], inside, lengths[p][i], rtol, atol,
                    max_steps, tableau, room,
                )  # fmt: skip
        for c in range(len(states[i])):
            states[i][c] = room[NOW][c] if status[i] == DONE else math.nan
