"""All steps of the descents of many maps by the rule "gradient", in one call.

A block of lanes takes its steps side by side.  A descent that has ended leaves its place to the
next one, so that the places are full; each counts its own steps.  What a step takes is computed in
loops over the places, which the vector units take several at a time, with the bits of
`descent.take_step`.  Clipping is left to `descent.clip`.

A descent is left WAITING where `map.gradients` does not tell its gradient.  One whose parameters
no longer change is at rest: what it has at this step it has to the end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map import gradients as map_gradients
from doya.kernels.map.gradients import END_B, END_W, END_X, LEAST, is_bare, to_the_end
from doya.kernels.map.marches import BLOCK, EPSILON, INPUT, B, W, X
from doya.kernels.training.descent import (
    BY_MEAN,
    CLIP,
    CLIP_VALUE,
    DONE,
    EACH,
    GONE,
    LARGEST,
    MOMENTUM,
    NOT_FINITE,
    RATE,
    clip,
)

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Flags, IntRow, Row, Rows

# Status of a descent that waits for its gradient; of one at rest whose record is to be filled.
WAITING, RESTING = -1, -2
# Rows of the record of a descent, before the parameters and the derivatives.
LOSS, FIRST = range(2)
# Rows of what stays: the map's step, the input w' u outside and inside sigma, start and target.
OWN_EPSILON, OUTSIDE, INSIDE, START, TARGET = range(5)

# Where in the working space each row begins, one place a column, besides those of `map.gradients`:
# the descent's number, parameters and velocities; what stays; its settings, and whether it may be
# at rest; its steps so far, and where it writes to.
LANE, WEIGHT, BIAS, V_B, V_W, ADDED, BEGIN, AIM, ETA, KEPT, MAY_REST, TAKEN, HERE = range(
    map_gradients.ROOM, map_gradients.ROOM + 13 * BLOCK, BLOCK
)
# Of one step: loss, derivatives, a bound on their norm; those after clipping, and then the changes;
# the next parameters.
ERROR, SLOPE_B, SLOPE_W, SIZE, CHANGE_B, CHANGE_W, NEXT_B, NEXT_W = range(
    map_gradients.ROOM + 13 * BLOCK, map_gradients.ROOM + 21 * BLOCK, BLOCK
)
ROOM = map_gradients.ROOM + 21 * BLOCK
# A norm below this part of the limit is below the limit, whatever is rounded.
CLEARLY = 0.999


def enter(
    n: int, i: int, now: Rows, fixed: Rows, place_b: int, place_w: int, settings: Rows,
    state: Rows, taken: IntRow, first: int, whole: int, rows: Row,
) -> None:  # fmt: skip
    """Descent n takes place i."""
    rows[LANE + i], rows[BIAS + i], rows[WEIGHT + i] = n, now[0][n], now[1][n]
    rows[EPSILON + i], rows[INPUT + i] = fixed[OWN_EPSILON][n], fixed[OUTSIDE][n]
    rows[ADDED + i], rows[BEGIN + i] = fixed[INSIDE][n], fixed[START][n]
    rows[AIM + i], rows[TAKEN + i] = fixed[TARGET][n], taken[n]
    rows[HERE + i] = n * whole + taken[n] - first
    rows[V_B + i] = state[place_b][n] if place_b >= 0 else 0.0
    rows[V_W + i] = state[place_w][n] if place_w >= 0 else 0.0
    rows[ETA + i], rows[KEPT + i] = settings[RATE][n], settings[MOMENTUM][n]
    may_rest = settings[MOMENTUM][n] == 0.0 and settings[CLIP][n] != BY_MEAN
    rows[MAY_REST + i] = 1.0 if may_rest else 0.0


def leave(
    i: int, size: int, stands: int, now: Rows, place_b: int, place_w: int, state: Rows,
    taken: IntRow, status: IntRow, rows: Row,
) -> int:  # fmt: skip
    """Keep where the descent in place i is, and give this place to the last; return one less."""
    n = int(rows[LANE + i])
    now[0][n], now[1][n] = rows[BIAS + i], rows[WEIGHT + i]
    taken[n], status[n] = int(rows[TAKEN + i]), stands
    if place_b >= 0:
        state[place_b][n] = rows[V_B + i]
    if place_w >= 0:
        state[place_w][n] = rows[V_W + i]
    for row in range(map_gradients.ROOM, ROOM, BLOCK):
        rows[row + i] = rows[row + size - 1]
    for row in (EPSILON, INPUT, END_X, END_B, END_W):
        rows[row + i] = rows[row + size - 1]
    return size - 1


def evaluate(t_end: int, by_w: bool, rows: Row, size: int) -> int:
    """Find the ends and their derivatives; return how many are not known."""
    for i in range(size):
        rows[W + i], rows[X + i] = rows[WEIGHT + i], rows[BEGIN + i]
        rows[B + i] = rows[BIAS + i] + rows[ADDED + i]
    to_the_end(t_end, is_bare(rows, size), by_w, rows, size)
    unknown = 0
    for i in range(size):
        unknown += not is_known(by_w, rows, i)
    return unknown


def is_known(by_w: bool, rows: Row, i: int) -> bool:
    """Return whether the derivatives of the end are told, and far from the least doubles."""
    end_b, end_w = abs(rows[END_B + i]), abs(rows[END_W + i])
    known: bool = (end_b > LEAST) & (end_b < math.inf)
    known &= (not by_w) | ((end_w > LEAST) & (end_w < math.inf))
    return known


def measure(by_b: bool, by_w: bool, rows: Row, size: int) -> None:
    """Find the loss, its derivatives, 0 by what is not learned, and a bound on their norm."""
    for i in range(size):
        error = rows[END_X + i] - rows[AIM + i]
        pull = 2.0 * error
        slope_b = (rows[END_B + i] * pull if by_b else 0.0) + 0.0  # never -0
        slope_w = (rows[END_W + i] * pull if by_w else 0.0) + 0.0
        rows[ERROR + i] = error * error
        rows[SLOPE_B + i], rows[SLOPE_W + i] = slope_b, slope_w
        rows[CHANGE_B + i], rows[CHANGE_W + i] = slope_b, slope_w
        rows[SIZE + i] = abs(slope_b) + abs(slope_w)


def write(
    place_b: int, place_w: int, count: int, length: int, record: Row, rows: Row, size: int
) -> None:
    """Write this step of each descent into its record."""
    begin_b, begin_w = (FIRST + place_b) * length, (FIRST + place_w) * length
    for i in range(size):
        now = int(rows[HERE + i])
        record[now + LOSS * length] = rows[ERROR + i]
        if place_b >= 0:
            record[now + begin_b] = rows[BIAS + i]
            record[now + begin_b + count * length] = rows[SLOPE_B + i]
        if place_w >= 0:
            record[now + begin_w] = rows[WEIGHT + i]
            record[now + begin_w + count * length] = rows[SLOPE_W + i]


def shorten(
    place_b: int, place_w: int, settings: Rows, value: Rows, shift: Rows, state: Rows,
    first: int, clipped: Flags, rows: Row, size: int,
) -> None:  # fmt: skip
    """Clip the gradients that may be too long."""
    count = len(value)
    step, more = state[2 * count : EACH * count], state[EACH * count :]
    for i in range(size):
        n = int(rows[LANE + i])
        limit = settings[CLIP][n]
        short = limit != BY_MEAN and rows[SIZE + i] < CLEARLY * limit
        if short and rows[SIZE + i] <= settings[CLIP_VALUE][n]:
            continue
        if place_b >= 0:
            value[place_b][n], step[place_b][n] = rows[SLOPE_B + i], rows[SLOPE_B + i]
        if place_w >= 0:
            value[place_w][n], step[place_w][n] = rows[SLOPE_W + i], rows[SLOPE_W + i]
        now = int(rows[TAKEN + i]) - first
        clipped[n][now] = clip(settings, value, shift, step, more, n) != 0.0
        if place_b >= 0:
            rows[CHANGE_B + i] = step[place_b][n]
        if place_w >= 0:
            rows[CHANGE_W + i] = step[place_w][n]


def take(nesterov: bool, rows: Row, size: int) -> int:
    """Find the change and the next parameters in each place; return how many are not usual."""
    for i in range(size):
        move_b, move_w = rows[ETA + i] * rows[CHANGE_B + i], rows[ETA + i] * rows[CHANGE_W + i]
        rows[V_B + i] = rows[KEPT + i] * rows[V_B + i] - move_b
        rows[V_W + i] = rows[KEPT + i] * rows[V_W + i] - move_w
        if nesterov:
            rows[CHANGE_B + i] = rows[KEPT + i] * rows[V_B + i] - move_b
            rows[CHANGE_W + i] = rows[KEPT + i] * rows[V_W + i] - move_w
        else:
            rows[CHANGE_B + i], rows[CHANGE_W + i] = rows[V_B + i], rows[V_W + i]
    unusual = 0
    for i in range(size):
        rows[NEXT_B + i] = rows[BIAS + i] + rows[CHANGE_B + i]
        rows[NEXT_W + i] = rows[WEIGHT + i] + rows[CHANGE_W + i]
        rows[TAKEN + i] += 1.0
        rows[HERE + i] += 1.0
    for i in range(size):
        unusual += (not is_inside(rows, i)) | is_at_rest(rows, i)
    return unusual


def is_inside(rows: Row, i: int) -> bool:
    """Return whether the next parameters are in their range."""
    inside: bool = (abs(rows[NEXT_B + i]) <= LARGEST) & (abs(rows[NEXT_W + i]) <= LARGEST)
    return inside


def is_at_rest(rows: Row, i: int) -> bool:
    """Return whether this step and all that follow change nothing."""
    stays = (rows[NEXT_B + i] == rows[BIAS + i]) & (rows[NEXT_W + i] == rows[WEIGHT + i])
    rests: bool = stays & (rows[MAY_REST + i] != 0.0)
    return rests


def end(i: int, first: int, last: int, record: Row, clipped: Flags, rows: Row) -> int:
    """End the record of a descent that is at rest or has failed; return its status."""
    n, step = int(rows[LANE + i]), int(rows[TAKEN + i])
    if is_inside(rows, i):
        fill(n, step, True, first, last, record, clipped)
        rows[TAKEN + i] = last + 1.0
        return DONE
    fill(n, step, False, first, last, record, clipped)
    finite = abs(rows[CHANGE_B + i]) < math.inf and abs(rows[CHANGE_W + i]) < math.inf
    return GONE if finite else NOT_FINITE


def fill(
    n: int, step: int, rests: bool, first: int, last: int, record: Row, clipped: Flags
) -> None:
    """Fill the record of a descent from a step on: with the step before, or NaN."""
    length, here = len(clipped[n]), step - first
    whole = len(record) // len(clipped)
    for begin in range(n * whole, (n + 1) * whole, length):
        for k in range(begin + here, begin + length):
            record[k] = record[begin + here - 1] if rests else math.nan
    if rests:
        for k in range(here, min(length, last - first)):  # there is no step from the last
            clipped[n][k] = clipped[n][here - 1]


def count_at(step: int, rows: Row, size: int) -> int:
    """Return how many descents are at this step, or beyond."""
    count = 0
    for i in range(size):
        count += rows[TAKEN + i] >= step
    return count


@kernel(interpreted=4e-6, compiled=1.2e-9)
def descend(
    now: Rows,
    fixed: Rows,
    t_end: int,
    place_b: int,
    place_w: int,
    nesterov: bool,
    clips: bool,
    settings: Rows,
    value: Rows,
    shift: Rows,
    state: Rows,
    lanes: IntRow,
    until: int,
    taken: IntRow,
    status: IntRow,
    first: int,
    last: int,
    record: Row,
    clipped: Flags,
    rows: Row,
) -> None:
    """Take the steps of the descents `lanes`, each from its step taken[n], up to step `until`.

    now is the biases and the weights, and receives those of the next step; fixed has the rows named
    above.  place_b and place_w are the places of b and w among the learned parameters, or -1.
    settings and state are those of `descent`; value is room, shift is 0.  record has, for each
    descent, the rows named above, the parameters and the derivatives; all are NaN after a failure.
    A row begins with step `first`, and `until` is not beyond its end; `last` is the last of all
    steps.  clipped must be False.  `rows` is room: ROOM numbers.
    """
    by_b, by_w, length = place_b >= 0, place_w >= 0, len(clipped[0])
    whole = len(record) // len(clipped)
    size, queued = 0, 0
    while True:
        while size < BLOCK and queued < len(lanes):
            n, queued = lanes[queued], queued + 1
            if status[n] == RESTING:
                fill(n, taken[n], True, first, last, record, clipped)
                taken[n], status[n] = last + 1, DONE
                continue
            enter(n, size, now, fixed, place_b, place_w, settings, state, taken, first, whole, rows)
            size += 1
        if size == 0:
            return
        if evaluate(t_end, by_w, rows, size) > 0:
            for i in range(size - 1, -1, -1):
                if not is_known(by_w, rows, i):
                    size = leave(
                        i, size, WAITING, now, place_b, place_w, state, taken, status, rows
                    )
        measure(by_b, by_w, rows, size)
        write(place_b, place_w, len(value), length, record, rows, size)
        if count_at(last, rows, size) > 0:
            for i in range(size - 1, -1, -1):
                if rows[TAKEN + i] == last:
                    rows[TAKEN + i] += 1.0
                    size = leave(i, size, DONE, now, place_b, place_w, state, taken, status, rows)
        if clips:
            shorten(place_b, place_w, settings, value, shift, state, first, clipped, rows, size)
        if take(nesterov, rows, size) > 0:
            for i in range(size - 1, -1, -1):
                if not is_inside(rows, i) or is_at_rest(rows, i):
                    how = end(i, first, last, record, clipped, rows)
                    size = leave(i, size, how, now, place_b, place_w, state, taken, status, rows)
        for i in range(size):
            rows[BIAS + i], rows[WEIGHT + i] = rows[NEXT_B + i], rows[NEXT_W + i]
        if count_at(until, rows, size) > 0:
            for i in range(size - 1, -1, -1):
                if rows[TAKEN + i] >= until:
                    size = leave(i, size, DONE, now, place_b, place_w, state, taken, status, rows)
