"""The states of a task of the map, column by column in lockstep: the sweep forward.

See `task_gradients`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.kept import split
from doya.kernels.numbers.logistic import levels
from doya.kernels.training.task_columns import (
    A_STEP,
    LARGE,
    LEVEL,
    REST,
    SMALL,
    SMALL_STEP,
    STATE,
    Aims,
    Drive,
    is_tame,
    neuron_of,
    sequence_of,
    write_aims,
    write_input,
    write_teacher,
)

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row, Rows

# Rows of the working space: parameters, where the input adds GAIN u to the next state, OUTER u to
# the rate, and INNER u to the bias; the state; the loss and Omega of the sequence; 1 while all
# numbers are tame, else 0; the adjoint, 0 for a column that has left; the sums for b, w, eps and
# the input's weight.
W, B, EPSILON, GAIN, OUTER, INNER, KEEP, FADE, X, LOSS, OMEGA, TAME, P = range(13)
BY_B, BY_W, BY_EPSILON, BY_WEIGHT = range(13, 17)
# z of a step, what it adds to the sum for b, and its input; loops of few rows are vectorised.
Z, PUSH, GIVEN = range(17, 20)
# The variable that has targets is SLOPE x + HEIGHT.  The unit of the adjoint and of the sums is
# UNIT**POWER.
SLOPE, HEIGHT, POWER = range(20, 23)
# The target of a step and its weight, KEPT and DRAWN, and the number of its shared input.
AIM, PART, KEEPS, ADDS, NUMBER = range(23, 28)
# A row more for each shared value of the input: the sum for it.
ROWS = 28
# Largest z of a plain sweep, without and with Omega.
LARGEST_Z, LARGEST_PENALISED = 420.0, 100.0


def enter(
    w: Row, b: Row, epsilon: Row, weight: Row, slope: Row, height: Row, inside: bool, drive: Drive,
    rows: Rows, size: int,
) -> None:  # fmt: skip
    """Write the neuron of each column."""
    for i in range(size):
        n = neuron_of(drive, i)
        rows[W][i], rows[B][i], rows[EPSILON][i] = w[n], b[n], epsilon[n]
        rows[KEEP][i], rows[FADE][i] = split(epsilon[n])
        rows[OUTER][i], rows[INNER][i] = weight[n], 0.0
        if inside:
            rows[OUTER][i], rows[INNER][i] = 0.0, weight[n]
        rows[GAIN][i] = epsilon[n] * rows[OUTER][i]
        rows[SLOPE][i], rows[HEIGHT][i] = slope[n], height[n]


def begin(x0: Row, moved: Row, weight: Row, drive: Drive, rows: Rows, size: int) -> None:
    """Write the start of each column, and whether its numbers are tame."""
    calm = True
    for i in range(size):
        n, s = neuron_of(drive, i), sequence_of(drive, i)
        rows[X][i] = x0[s] + moved[n]
        rows[LOSS][i], rows[OMEGA][i] = 0.0, 0.0
        rows[KEEPS][i], rows[ADDS][i] = 1.0, 0.0
        if i == 0 or drive.wide:
            calm = True
            for t in range(len(drive.u[s])):
                calm = calm and is_tame(drive.u[s][t])
        own = rows[EPSILON][i] >= SMALL_STEP and is_tame(rows[W][i]) and is_tame(weight[n])
        for k in range(len(drive.values)):
            own = own and is_tame(drive.values[k][n])
        rows[TAME][i] = 1.0 if own and calm else 0.0


def forward(
    drive: Drive, aims: Aims, penalised: bool, steps: int, trace: Rows, rows: Rows, size: int
) -> None:
    """Take all steps from the states in the working space; write the trace, loss and Omega."""
    use_widest_vectors()
    w, b, epsilon, keep, fade = rows[W], rows[B], rows[EPSILON], rows[KEEP], rows[FADE]
    gain, inner, x, loss, tame = rows[GAIN], rows[INNER], rows[X], rows[LOSS], rows[TAME]
    omega, z, given = rows[OMEGA], rows[Z], rows[GIVEN]
    slope, height = rows[SLOPE], rows[HEIGHT]
    y, c, kept, drawn = rows[AIM], rows[PART], rows[KEEPS], rows[ADDS]
    largest = LARGEST_PENALISED if penalised else LARGEST_Z
    for t in range(steps + 1):
        state = trace[A_STEP * t + STATE]
        for i in range(size):
            state[i] = x[i]
        if write_aims(drive, aims, t, y, c, size):
            for i in range(size):
                error = (slope[i] * x[i] + height[i]) - y[i]
                loss[i] += c[i] * (error * error) if c[i] > 0.0 else 0.0
        if t == steps:
            break
        write_input(drive, t, given, rows[NUMBER], size)
        write_teacher(drive, aims, t, kept, drawn, size)
        level, rest = trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        for i in range(size):
            z[i] = w[i] * (kept[i] * x[i] + drawn[i]) + (b[i] + inner[i] * given[i])
        for i in range(size):
            level[i], rest[i] = levels(z[i])
        for i in range(size):
            far = abs(kept[i] * x[i] + drawn[i])
            calm = (abs(z[i]) < largest) & ((far == 0.0) | ((far > SMALL) & (far < LARGE)))
            tame[i] = tame[i] if calm else 0.0
        for i in range(size):
            start = kept[i] * x[i] + drawn[i]
            gone = start if fade[i] > 0.0 else 0.0
            x[i] = epsilon[i] * (level[i] - gone) + (keep[i] * start + gain[i] * given[i])
        if penalised:
            for i in range(size):
                mu = keep[i] + (epsilon[i] * w[i] * (level[i] * rest[i]) - fade[i])
                beyond = abs(mu) - 1.0
                omega[i] += beyond * beyond
