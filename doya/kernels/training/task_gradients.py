"""The loss of a task of the map, and its gradient, by one sweep forward and one back.

Neurons go in lockstep, a block of columns; the sequences follow one another.  Forward, the state
before each step is kept, with sigma(z) and sigma(-z).  Back, the adjoint p[t] = dL/dx[t] obeys

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
- Steps that share a value of the input can have one of each neuron's own: see `Drive`.
- Omega = sum (|mu[t]| - 1)**2 over all steps is the penalty of Pascanu et al. (2013), with the
  derivatives through the states.
- With truncation to k steps each term of the loss and of Omega has a sweep of its own, over at most
  k steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.kept import split
from doya.kernels.map.x_number_sensitivities import propagated
from doya.kernels.numbers.logistic import levels
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
from doya.kernels.training.task_plans import (
    A_STEP,
    DRAWN,
    KEPT,
    LARGE,
    LEVEL,
    REST,
    SHARE,
    SMALL,
    SMALL_STEP,
    STATE,
    TARGET,
    Drive,
    is_tame,
    make_plan,
    write_input,
)
from doya.kernels.training.task_sweeps import back, back_briefly

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, IntRows, Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber

# Rows of the working space, one neuron a column: parameters, where the input adds GAIN u to the
# next state, OUTER u to the rate, and INNER u to the bias; the state; the loss and Omega of the
# sequence; 1 while all numbers are tame, else 0; the adjoint, 0 for a neuron that has left; the
# sums for b, w, eps and the input's weight.
W, B, EPSILON, GAIN, OUTER, INNER, KEEP, FADE, X, LOSS, OMEGA, TAME, P = range(13)
BY_B, BY_W, BY_EPSILON, BY_WEIGHT = range(13, 17)
# The variable that has targets is SLOPE x + HEIGHT.
SLOPE, HEIGHT = 19, 20
# z of a step, what it adds to the sum for b, and its input; loops of few rows are vectorised.
Z, PUSH, GIVEN = 17, 18, 21
# The unit of the adjoint and of the sums is UNIT**POWER.
POWER = 22
# A row more for each shared value of the input: the sum for it.
ROWS = 23
# Sizes within which a sweep is plain: of the adjoint, where it is not 0, and of z, without and with
# Omega.  With those of states, inputs and parameters no product leaves the range of doubles.
LEAST, LARGEST = 2.0**-150, 2.0**300
# Three of them are the base of X-numbers.
UNIT, INVERSE_UNIT = 2.0**320, 2.0**-320
LARGEST_Z, LARGEST_PENALISED = 420.0, 100.0


def forward(
    drive: Drive, plan: Rows, penalised: bool, steps: int, trace: Rows, rows: Rows, size: int
) -> None:
    """Take all steps from the states in the working space; write the trace, loss and Omega."""
    use_widest_vectors()
    w, b, epsilon, keep, fade = rows[W], rows[B], rows[EPSILON], rows[KEEP], rows[FADE]
    gain, inner, x, loss, tame = rows[GAIN], rows[INNER], rows[X], rows[LOSS], rows[TAME]
    omega, z, given = rows[OMEGA], rows[Z], rows[GIVEN]
    slope, height = rows[SLOPE], rows[HEIGHT]
    largest = LARGEST_PENALISED if penalised else LARGEST_Z
    for t in range(steps + 1):
        state, y, c = trace[A_STEP * t + STATE], plan[TARGET][t], plan[SHARE][t]
        for i in range(size):
            state[i] = x[i]
        if c > 0.0:
            for i in range(size):
                error = (slope[i] * x[i] + height[i]) - y
                loss[i] += c * (error * error)
        if t == steps:
            break
        write_input(drive, t, given, size)
        kept, drawn = plan[KEPT][t], plan[DRAWN][t]
        level, rest = trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        for i in range(size):
            z[i] = w[i] * (kept * x[i] + drawn) + (b[i] + inner[i] * given[i])
        for i in range(size):
            level[i], rest[i] = levels(z[i])
        for i in range(size):
            far = abs(kept * x[i] + drawn)
            calm = (abs(z[i]) < largest) & ((far == 0.0) | ((far > SMALL) & (far < LARGE)))
            tame[i] = tame[i] if calm else 0.0
        for i in range(size):
            start = kept * x[i] + drawn
            gone = start if fade[i] > 0.0 else 0.0
            x[i] = epsilon[i] * (level[i] - gone) + (keep[i] * start + gain[i] * given[i])
        if penalised:
            for i in range(size):
                mu = keep[i] + (epsilon[i] * w[i] * (level[i] * rest[i]) - fade[i])
                beyond = abs(mu) - 1.0
                omega[i] += beyond * beyond


def back_together(
    drive: Drive, plan: Rows, inside: bool, rho: float, steps: int, trace: Rows, rows: Rows,
    size: int, by: Rows, scale: Rows,
) -> None:  # fmt: skip
    """Add the derivatives of one sequence; those of column i go to by[drive.first + i]."""
    use_widest_vectors()
    w, epsilon, keep, fade, outer = rows[W], rows[EPSILON], rows[KEEP], rows[FADE], rows[OUTER]
    p, tame, push, given = rows[P], rows[TAME], rows[PUSH], rows[GIVEN]
    inner, gain, first, count = rows[INNER], rows[GAIN], drive.first, len(drive.values)
    slope, height = rows[SLOPE], rows[HEIGHT]
    by_b, by_w, by_epsilon, by_weight = (
        rows[BY_B], rows[BY_W], rows[BY_EPSILON], rows[BY_WEIGHT]
    )  # fmt: skip
    state = trace[A_STEP * steps + STATE]
    y, c = plan[TARGET][steps], plan[SHARE][steps]
    for i in range(size):
        p[i] = 2.0 * c * ((slope[i] * state[i] + height[i]) - y) * slope[i]
        rows[POWER][i] = 0.0
        clear(i, count, rows)
    for i in range(size):
        if tame[i] == 0.0:
            leave(i, steps, drive, plan, inside, rho, trace, rows, by[first + i], scale[first + i])
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
                    leave(
                        i, t + 1, drive, plan, inside, rho, trace, rows, by[first + i],
                        scale[first + i],
                    )  # fmt: skip
                else:
                    moved += rows[POWER][i] == 0.0
                    change_unit(i, count, by[first + i], scale[first + i], rows)
        if moved > 0 and plan[SHARE][t] > 0.0:
            moved = 0
            for i in range(size):
                if rows[POWER][i] != 0.0:
                    leave(
                        i, t + 1, drive, plan, inside, rho, trace, rows, by[first + i],
                        scale[first + i],
                    )  # fmt: skip
        number = write_input(drive, t, given, size)
        kept, drawn = plan[KEPT][t], plan[DRAWN][t]
        state, level, rest = (
            trace[A_STEP * t + STATE], trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        )  # fmt: skip
        for i in range(size):
            push[i] = p[i] * (epsilon[i] * (level[i] * rest[i]))
        for i in range(size):
            by_b[i] += push[i]
            by_w[i] += push[i] * (kept * state[i] + drawn)
        for i in range(size):
            by_epsilon[i] += p[i] * ((level[i] - (kept * state[i] + drawn)) + outer[i] * given[i])
        if inside:
            for i in range(size):
                by_weight[i] += push[i] * given[i]
        else:
            for i in range(size):
                by_weight[i] += p[i] * epsilon[i] * given[i]
        if number >= 0:
            by_shared = rows[ROWS + number]
            for i in range(size):
                by_shared[i] += push[i] * inner[i] + p[i] * gain[i]
        for i in range(size):
            m = epsilon[i] * w[i] * (level[i] * rest[i]) - fade[i]
            p[i] = propagated(keep[i], fade[i], m, p[i])
        if rho > 0.0:
            for i in range(size):
                start, steep = kept * state[i] + drawn, level[i] * rest[i]
                mu = keep[i] + (epsilon[i] * w[i] * steep - fade[i])
                q = pressure(mu, rho) * tame[i]
                bend = q * (epsilon[i] * w[i] * steep) * (rest[i] - level[i])
                by_b[i] += bend
                by_w[i] += q * (epsilon[i] * steep) + bend * start
                by_epsilon[i] += q * (w[i] * steep - 1.0)
                by_weight[i] += bend * given[i] if inside else 0.0
                if number >= 0:
                    rows[ROWS + number][i] += bend * inner[i]
                p[i] += bend * w[i]
        y, c = plan[TARGET][t], plan[SHARE][t]
        for i in range(size):
            error = (slope[i] * state[i] + height[i]) - y
            p[i] = kept * p[i] + 2.0 * c * error * slope[i] * tame[i]
    for i in range(size):
        land(i, count, by[first + i], scale[first + i], rows)
        add(whole(p[i], rows[POWER][i]), FOR_X0, by[first + i], scale[first + i])


def add_direct(
    plan: Rows, steps: int, trace: Rows, rows: Rows, i: int, by: Row, scale: Row
) -> None:
    """Add the derivatives by slope and height, in each term of the loss."""
    for t in range(steps + 1):
        c = plan[SHARE][t]
        if c > 0.0:
            x = trace[A_STEP * t + STATE][i]
            error = (rows[SLOPE][i] * x + rows[HEIGHT][i]) - plan[TARGET][t]
            direct = x_number(2.0 * c * error)
            add(direct, FOR_HEIGHT, by, scale)
            add(times(direct, x_number(x)), FOR_SLOPE, by, scale)


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
    i: int, t: int, drive: Drive, plan: Rows, inside: bool, rho: float, trace: Rows, rows: Rows,
    by: Row, scale: Row,
) -> None:  # fmt: skip
    """Take neuron i from x[t] to x[0] in X-numbers, and out of the lockstep."""
    land(i, len(drive.values), by, scale, rows)
    p = whole(rows[P][i], rows[POWER][i])
    p = back(unit_of(i, rho, rows), i, inside, True, t, 0, p, drive, plan, trace, by, scale)
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
    plan: Rows,
    trace: Rows,
    rows: Rows,
) -> None:
    """Write the loss of each neuron, Omega, and the gradient of loss + rho Omega.

    Sequence s of neuron n starts at x0[s] + moved[n], has the input u[s], a number a step or one
    for all, or values[k][n] where k = shared[s][t] >= 0, and the targets targets[s], NaN for none,
    with the weights shares[s], after places[k] steps, ascending, of slope[n] x + height[n].  All
    answers are means over the sequences; Omega is 0 unless rho > 0.  by[n] e**scale[n] are the
    derivatives by x0, b, w, eps, the input's weight, slope and height, which are 0 unless `direct`,
    and the values.  alpha and every are of the teacher; most is the number of steps back, below 0
    for the loss alone.  The rest is room: plan with steps + 1 columns, trace with A_STEP
    (steps + 1) rows; trace and rows have a column for each neuron of a block.
    """
    part, block = 1.0 / len(x0), len(rows[0])
    for first in range(0, len(w), block):
        size = min(block, len(w) - first)
        for i in range(size):
            n = first + i
            rows[W][i], rows[B][i], rows[EPSILON][i] = w[n], b[n], epsilon[n]
            rows[KEEP][i], rows[FADE][i] = split(epsilon[n])
            rows[OUTER][i], rows[INNER][i] = weight[n], 0.0
            if inside:
                rows[OUTER][i], rows[INNER][i] = 0.0, weight[n]
            rows[GAIN][i] = epsilon[n] * rows[OUTER][i]
            rows[SLOPE][i], rows[HEIGHT][i] = slope[n], height[n]
            loss[n], omega[n] = 0.0, 0.0
            for k in range(len(by[n])):
                by[n][k], scale[n][k] = ZERO
        for s in range(len(x0)):
            make_plan(targets[s], shares[s], places, alpha, every, steps, plan)
            drive = Drive(u[s], shared[s], values, first)
            calm = True
            for t in range(len(u[s])):
                calm = calm and is_tame(u[s][t])
            for i in range(size):
                n = first + i
                rows[X][i] = x0[s] + moved[n]
                rows[LOSS][i], rows[OMEGA][i] = 0.0, 0.0
                own = epsilon[n] >= SMALL_STEP and is_tame(w[n]) and is_tame(weight[n])
                for k in range(len(values)):
                    own = own and is_tame(values[k][n])
                rows[TAME][i] = 1.0 if own and calm else 0.0
            forward(drive, plan, rho > 0.0, steps, trace, rows, size)
            for i in range(size):
                loss[first + i] += rows[LOSS][i]
                omega[first + i] += rows[OMEGA][i]
            if most < 0:
                continue
            if direct:
                for i in range(size):
                    add_direct(plan, steps, trace, rows, i, by[first + i], scale[first + i])
            if most >= steps:
                back_together(drive, plan, inside, rho, steps, trace, rows, size, by, scale)
                continue
            for i in range(size):
                n = first + i
                back_briefly(
                    unit_of(i, rho, rows), i, inside, steps, most, drive, plan, trace, by[n],
                    scale[n],
                )  # fmt: skip
        for n in range(first, first + size):
            loss[n] *= part
            omega[n] *= part
            for k in range(len(by[n])):
                by[n][k], scale[n][k] = report(times((by[n][k], scale[n][k]), x_number(part)))
