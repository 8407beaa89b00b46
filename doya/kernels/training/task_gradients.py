"""The loss of a task of the map, and its gradient, by one sweep forward and one back.

Columns go in lockstep, a block of them: neurons, while the sequences follow one another, or the
sequences of one neuron.  Forward, the state before each step is kept, with sigma(z) and sigma(-z).
Back, the adjoint p[t] = dL/dx[t] obeys

    p[t] = mu[t] p[t + 1] + 2 c[t] (x[t] - y[t]),    mu[t] = 1 - eps + eps w sigma'(z[t]),

and each step adds p[t + 1] times its own change with a parameter to the derivative with respect to
that parameter.  Long products leave the range of doubles both ways.  As soon as the adjoint of a
neuron is very large or very small, its sums so far are kept as X-numbers, and it goes on in another
unit, a power of UNIT; when a term of the loss is to be added to such an adjoint, or from the start
where a factor might be too large or too small, that neuron leaves the others, and its sweep goes on
in X-numbers.

- Targets are of SLOPE x + HEIGHT, which is z for w and b: there are derivatives by these two.
- With a teacher the step is taken from X = (1 - alpha) x + alpha y, in each `every`-th step for
  which there is a target y.  The loss takes x itself.
- The sums of a sequence are added to those of its neuron in the order of the sequences.
- Steps that share a value of the input can have one of each neuron's own: see `Drive`.
- Omega = sum (|mu[t]| - 1)**2 over all steps is the penalty of Pascanu et al. (2013), with the
  derivatives through the states.
- With truncation to k steps each term of the loss and of Omega has a sweep of its own, over at most
  k steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import apart, kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.x_number_sensitivities import propagated
from doya.kernels.numbers.x_numbers import ZERO, report, times, x_number
from doya.kernels.training.omega import (
    FOR_B,
    FOR_EPSILON,
    FOR_HEIGHT,
    FOR_SHARED,
    FOR_SLOPE,
    FOR_W,
    FOR_WEIGHT,
    FOR_X0,
    Unit,
    add,
    pressure,
)
from doya.kernels.training.task_columns import (
    A_STEP,
    LEVEL,
    REST,
    STATE,
    Aims,
    Drive,
    aim_of,
    find_places,
    neuron_of,
    write_aims,
    write_input,
    write_teacher,
)
from doya.kernels.training.task_states import (
    ADDS,
    AIM,
    BY_B,
    BY_EPSILON,
    BY_W,
    BY_WEIGHT,
    EPSILON,
    FADE,
    GAIN,
    GIVEN,
    HEIGHT,
    INNER,
    KEEP,
    KEEPS,
    LOSS,
    NUMBER,
    OMEGA,
    OUTER,
    PART,
    POWER,
    PUSH,
    ROWS,
    SLOPE,
    TAME,
    B,
    P,
    W,
    begin,
    enter,
    forward,
)
from doya.kernels.training.task_sweeps import back, back_briefly

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, IntRows, Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber

# Sizes within which the adjoint of a plain sweep is, where it is not 0.  With those of states,
# inputs, parameters and z no product leaves the range of doubles.
LEAST, LARGEST = 2.0**-150, 2.0**300
# Three of them are the base of X-numbers.
UNIT, INVERSE_UNIT = 2.0**320, 2.0**-320


def back_together(
    drive: Drive, aims: Aims, inside: bool, rho: float, steps: int, trace: Rows, rows: Rows,
    size: int, by: Rows, scale: Rows,
) -> None:  # fmt: skip
    """Add the derivatives of each column to its row of `by`."""
    use_widest_vectors()
    w, epsilon, keep, fade, outer = rows[W], rows[EPSILON], rows[KEEP], rows[FADE], rows[OUTER]
    p, tame, push, given = rows[P], rows[TAME], rows[PUSH], rows[GIVEN]
    inner, gain, count = rows[INNER], rows[GAIN], len(drive.values)
    slope, height, number = rows[SLOPE], rows[HEIGHT], rows[NUMBER]
    y, c, kept, drawn = rows[AIM], rows[PART], rows[KEEPS], rows[ADDS]
    by_b, by_w, by_epsilon, by_weight = (
        rows[BY_B], rows[BY_W], rows[BY_EPSILON], rows[BY_WEIGHT]
    )  # fmt: skip
    state = trace[A_STEP * steps + STATE]
    is_aimed = write_aims(drive, aims, steps, y, c, size)
    for i in range(size):
        p[i] = 0.0
        if is_aimed:
            p[i] = 2.0 * c[i] * ((slope[i] * state[i] + height[i]) - y[i]) * slope[i]
        rows[POWER][i] = 0.0
        clear(i, count, rows)
    for i in range(size):
        if tame[i] == 0.0:
            leave(i, steps, drive, aims, inside, rho, trace, rows, by[i], scale[i])
    moved = 0
    for t in range(steps - 1, -1, -1):
        leaving = 0
        for i in range(size):
            far = abs(p[i])
            leaving += (far != 0.0) & ((far <= LEAST) | (far >= LARGEST))
        if leaving > 0:
            for i in range(size):
                far = abs(p[i])
                if far == 0.0 or not (far <= LEAST or far >= LARGEST):
                    continue
                if rho > 0.0:
                    leave(i, t + 1, drive, aims, inside, rho, trace, rows, by[i], scale[i])
                else:
                    moved += rows[POWER][i] == 0.0
                    change_unit(i, count, by[i], scale[i], rows)
        is_aimed = write_aims(drive, aims, t, y, c, size)
        if moved > 0 and is_aimed:
            for i in range(size):
                if c[i] > 0.0 and rows[POWER][i] != 0.0:
                    moved -= 1
                    leave(i, t + 1, drive, aims, inside, rho, trace, rows, by[i], scale[i])
        is_shared = write_input(drive, t, given, number, size)
        write_teacher(drive, aims, t, kept, drawn, size)
        state, level, rest = (
            trace[A_STEP * t + STATE], trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        )  # fmt: skip
        for i in range(size):
            push[i] = p[i] * (epsilon[i] * (level[i] * rest[i]))
        for i in range(size):
            by_b[i] += push[i]
            by_w[i] += push[i] * (kept[i] * state[i] + drawn[i])
        for i in range(size):
            start = kept[i] * state[i] + drawn[i]
            by_epsilon[i] += p[i] * ((level[i] - start) + outer[i] * given[i])
        if inside:
            for i in range(size):
                by_weight[i] += push[i] * given[i]
        else:
            for i in range(size):
                by_weight[i] += p[i] * epsilon[i] * given[i]
        if is_shared:
            for k in range(count):
                by_shared = rows[ROWS + k]
                for i in range(size):
                    by_shared[i] += (push[i] * inner[i] + p[i] * gain[i]) if number[i] == k else 0.0
        for i in range(size):
            m = epsilon[i] * w[i] * (level[i] * rest[i]) - fade[i]
            p[i] = propagated(keep[i], fade[i], m, p[i])
        if rho > 0.0:
            for i in range(size):
                start, steep = kept[i] * state[i] + drawn[i], level[i] * rest[i]
                mu = keep[i] + (epsilon[i] * w[i] * steep - fade[i])
                q = pressure(mu, rho) * tame[i]
                bend = q * (epsilon[i] * w[i] * steep) * (rest[i] - level[i])
                by_b[i] += bend
                by_w[i] += q * (epsilon[i] * steep) + bend * start
                by_epsilon[i] += q * (w[i] * steep - 1.0)
                by_weight[i] += bend * given[i] if inside else 0.0
                p[i] += bend * w[i]
                push[i] = bend
            if is_shared:
                for i in range(size):
                    if number[i] >= 0.0:
                        rows[ROWS + int(number[i])][i] += push[i] * inner[i]
        if aims.alpha > 0.0:
            for i in range(size):
                p[i] *= kept[i]
        if is_aimed:
            for i in range(size):
                error = (slope[i] * state[i] + height[i]) - y[i]
                p[i] += 2.0 * c[i] * error * slope[i] * tame[i]
    for i in range(size):
        land(i, count, by[i], scale[i], rows)
        add(whole(p[i], rows[POWER][i]), FOR_X0, by[i], scale[i])


def add_direct(
    drive: Drive, aims: Aims, steps: int, trace: Rows, rows: Rows, i: int, by: Row, scale: Row
) -> None:
    """Add the derivatives by slope and height, in each term of the loss."""
    for t in range(steps + 1):
        y, c = aim_of(drive, aims, t, i)
        if c > 0.0:
            x = trace[A_STEP * t + STATE][i]
            error = (rows[SLOPE][i] * x + rows[HEIGHT][i]) - y
            direct = x_number(2.0 * c * error)
            add(direct, FOR_HEIGHT, by, scale)
            add(times(direct, x_number(x)), FOR_SLOPE, by, scale)


@apart
def land(i: int, count: int, by: Row, scale: Row, rows: Rows) -> None:
    """Add the sums of a neuron to its derivatives; `count` is that of shared values."""
    power = rows[POWER][i]
    add(whole(rows[BY_B][i], power), FOR_B, by, scale)
    add(whole(rows[BY_W][i], power), FOR_W, by, scale)
    add(whole(rows[BY_EPSILON][i], power), FOR_EPSILON, by, scale)
    add(whole(rows[BY_WEIGHT][i], power), FOR_WEIGHT, by, scale)
    for k in range(count):
        add(whole(rows[ROWS + k][i], power), FOR_SHARED + k, by, scale)


def clear(i: int, count: int, rows: Rows) -> None:
    """Set the sums of a neuron to 0."""
    rows[BY_B][i], rows[BY_W][i], rows[BY_EPSILON][i], rows[BY_WEIGHT][i] = 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        rows[ROWS + k][i] = 0.0


def whole(value: float, power: float) -> XNumber:
    """Return value UNIT**power."""
    thirds = power % 3.0
    found = times(x_number(value), (1.0, (power - thirds) / 3.0))
    found = times(found, (UNIT if thirds > 0.0 else 1.0, 0.0))
    return times(found, (UNIT if thirds > 1.0 else 1.0, 0.0))


def change_unit(i: int, count: int, by: Row, scale: Row, rows: Rows) -> None:
    """Bring the adjoint of a neuron back into its range, after its sums are kept."""
    land(i, count, by, scale, rows)
    clear(i, count, rows)
    while abs(rows[P][i]) <= LEAST:
        rows[P][i] *= UNIT
        rows[POWER][i] -= 1.0
    while LARGEST <= abs(rows[P][i]) < math.inf:
        rows[P][i] *= INVERSE_UNIT
        rows[POWER][i] += 1.0


def leave(
    i: int, t: int, drive: Drive, aims: Aims, inside: bool, rho: float, trace: Rows, rows: Rows,
    by: Row, scale: Row,
) -> None:  # fmt: skip
    """Take neuron i from x[t] to x[0] in X-numbers, and out of the lockstep."""
    land(i, len(drive.values), by, scale, rows)
    p = whole(rows[P][i], rows[POWER][i])
    p = back(unit_of(i, rho, rows), i, inside, True, t, 0, p, drive, aims, trace, by, scale)
    add(p, FOR_X0, by, scale)
    rows[P][i], rows[TAME][i], rows[POWER][i] = 0.0, 0.0, 0.0
    clear(i, len(drive.values), rows)


def unit_of(i: int, rho: float, rows: Rows) -> Unit:
    """Return the neuron of a column."""
    return Unit(
        rows[W][i], rows[B][i], rows[EPSILON][i], rows[OUTER][i], rows[INNER][i], rows[KEEP][i],
        rows[FADE][i], rho, rows[SLOPE][i], rows[HEIGHT][i],
    )  # fmt: skip


@kernel(interpreted=15e-6, compiled=10e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    weight: Row,
    x0: Row,
    moved: Row,
    u: Rows,
    shared: IntRows,
    values: Rows,
    slope: Row,
    height: Row,
    inside: bool,
    wide: bool,
    direct: bool,
    steps: int,
    targets: Rows,
    shares: Rows,
    places: IntRow,
    alpha: float,
    every: int,
    most: int,
    rho: float,
    loss: Row,
    omega: Row,
    by: Rows,
    scale: Rows,
    at: IntRow,
    trace: Rows,
    rows: Rows,
    own_by: Rows,
    own_scale: Rows,
) -> None:
    """Write the loss of each neuron, Omega, and the gradient of loss + rho Omega.

    Sequence s of neuron n starts at x0[s] + moved[n], has the input u[s], a number a step or one
    for all, or values[k][n] where k = shared[s][t] >= 0, and the targets targets[s], NaN for none,
    with the weights shares[s], after places[k] steps, ascending, of slope[n] x + height[n].  All
    answers are means over the sequences; Omega is 0 unless rho > 0.  by[n] e**scale[n] are the
    derivatives by x0, b, w, eps, the input's weight, slope and height, which are 0 unless `direct`,
    and the values.  alpha and every are of the teacher; most is the number of steps back, below 0
    for the loss alone.

    If wide, sequences of one neuron go side by side, else neurons with one sequence: with the same
    bits.  The rest is room: `at` with steps + 1 entries, trace with A_STEP (steps + 1) rows; trace
    and rows have the columns of a block; own_by and own_scale have a row for each.
    """
    part, block, count = 1.0 / len(x0), len(rows[0]), len(w)
    find_places(places, steps, at)
    aims = Aims(targets, shares, at, alpha, every)
    for n in range(count):
        loss[n], omega[n] = 0.0, 0.0
        for k in range(len(by[n])):
            by[n][k], scale[n][k] = ZERO
    for first in range(0, count, 1 if wide else block):
        size = min(block, count - first)
        for s in range(0, len(x0), block if wide else 1):
            drive = Drive(u, shared, values, s, first, wide)
            if wide:
                size = min(block, len(x0) - s)
            if s == 0:
                enter(w, b, epsilon, weight, slope, height, inside, drive, rows, size)
            begin(x0, moved, weight, drive, rows, size)
            forward(drive, aims, rho > 0.0, steps, trace, rows, size)
            for i in range(size):
                n = neuron_of(drive, i)
                loss[n] += rows[LOSS][i]
                omega[n] += rows[OMEGA][i]
            if most < 0:
                continue
            for i in range(size):
                for k in range(len(own_by[i])):
                    own_by[i][k], own_scale[i][k] = ZERO
            if direct:
                for i in range(size):
                    add_direct(drive, aims, steps, trace, rows, i, own_by[i], own_scale[i])
            if most >= steps:
                back_together(drive, aims, inside, rho, steps, trace, rows, size, own_by, own_scale)
            else:
                for i in range(size):
                    back_briefly(
                        unit_of(i, rho, rows), i, inside, steps, most, drive, aims, trace,
                        own_by[i], own_scale[i],
                    )  # fmt: skip
            for i in range(size):
                n = neuron_of(drive, i)
                for k in range(len(by[n])):
                    add((own_by[i][k], own_scale[i][k]), k, by[n], scale[n])
    for n in range(count):
        loss[n] *= part
        omega[n] *= part
        for k in range(len(by[n])):
            by[n][k], scale[n][k] = report(times((by[n][k], scale[n][k]), x_number(part)))
