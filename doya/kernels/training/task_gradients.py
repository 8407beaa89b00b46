"""The loss of a task of the map, and its gradient, by one sweep forward and one back.

Neurons go in lockstep, a block of columns; the sequences follow one another.  Forward, the state
before each step is kept, with sigma(z) and sigma(-z).  Back, the adjoint p[t] = dL/dx[t] obeys

    p[t] = mu[t] p[t + 1] + 2 c[t] (x[t] - y[t]),    mu[t] = 1 - eps + eps w sigma'(z[t]),

and each step adds p[t + 1] times its own change with a parameter to the derivative with respect to
that parameter.  Long products leave the range of doubles both ways: as soon as the adjoint of a
neuron is very large or very small, or from the start where a term might be, that neuron leaves the
others, and its sweep goes on in X-numbers.

- Targets may be of z = w x + b: the variable is SLOPE x + HEIGHT, here with w and b.
- With a teacher the step is taken from X = (1 - alpha) x + alpha y, in each `every`-th step for
  which there is a target y.  The loss takes x itself.
- Omega = sum (|mu[t]| - 1)**2 over all steps is the penalty of Pascanu et al. (2013), with the
  derivatives through the states.
- With truncation to k steps each term of the loss and of Omega has a sweep of its own, over at most
  k steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.kept import split
from doya.kernels.map.x_number_sensitivities import propagated, x_levels
from doya.kernels.numbers.logistic import levels
from doya.kernels.numbers.x_numbers import ZERO, plus, report, times, x_number
from doya.kernels.training.omega import (
    DERIVATIVES,
    FOR_B,
    FOR_EPSILON,
    FOR_W,
    FOR_WEIGHT,
    FOR_X0,
    Unit,
    add,
    penalise,
    pressure,
)

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows
    from doya.kernels.numbers.x_numbers import XNumber

# Rows of the trace for each step, one neuron a column: x[t]; sigma(z) and sigma(-z).
STATE, LEVEL, REST = range(3)
A_STEP = 3
# Rows of the plan of a sequence, one step a column: the target, and its weight, 0 where there is
# none; the state from which the step is taken is KEPT x + DRAWN.
TARGET, SHARE, KEPT, DRAWN = range(4)
PLAN = 4
# Rows of the working space, one neuron a column: parameters, where the input adds GAIN u to the
# next state, OUTER u to the rate, and INNER u to the bias; the state; the loss and Omega of the
# sequence; 1 while all numbers are tame, else 0; the adjoint, 0 for a neuron that has left; the
# sums for b, w, eps and the input's weight.
W, B, EPSILON, GAIN, OUTER, INNER, KEEP, FADE, X, LOSS, OMEGA, TAME, P = range(13)
BY_B, BY_W, BY_EPSILON, BY_WEIGHT = range(13, 17)
# The variable that has targets is SLOPE x + HEIGHT.
SLOPE, HEIGHT = 19, 20
# z of a step; what a step adds to the sum for b.  Loops of few rows are made for vectors.
Z, PUSH = 17, 18
ROWS = 21
# Sizes within which a sweep is plain: of the adjoint; of z; and of states, inputs and parameters,
# where they are not 0.  No product of them leaves the range of doubles.
LEAST, LARGEST = 2.0**-300, 2.0**300
LARGEST_Z = 100.0
SMALL, LARGE, SMALL_STEP = 2.0**-200, 2.0**100, 2.0**-50


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


def forward(
    u: Row, plan: Rows, penalised: bool, steps: int, trace: Rows, rows: Rows, size: int
) -> None:
    """Take all steps from the states in the working space; write the trace, loss and Omega."""
    use_widest_vectors()
    w, b, epsilon, keep, fade = rows[W], rows[B], rows[EPSILON], rows[KEEP], rows[FADE]
    gain, inner, x, loss, tame = rows[GAIN], rows[INNER], rows[X], rows[LOSS], rows[TAME]
    omega, z, constant = rows[OMEGA], rows[Z], len(u) == 1
    slope, height = rows[SLOPE], rows[HEIGHT]
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
        given, kept, drawn = u[0 if constant else t], plan[KEPT][t], plan[DRAWN][t]
        level, rest = trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        for i in range(size):
            z[i] = w[i] * (kept * x[i] + drawn) + (b[i] + inner[i] * given)
        for i in range(size):
            level[i], rest[i] = levels(z[i])
        for i in range(size):
            far = abs(kept * x[i] + drawn)
            calm = (abs(z[i]) < LARGEST_Z) & ((far == 0.0) | ((far > SMALL) & (far < LARGE)))
            tame[i] = tame[i] if calm else 0.0
        for i in range(size):
            start = kept * x[i] + drawn
            gone = start if fade[i] > 0.0 else 0.0
            x[i] = epsilon[i] * (level[i] - gone) + (keep[i] * start + gain[i] * given)
        if penalised:
            for i in range(size):
                mu = keep[i] + (epsilon[i] * w[i] * (level[i] * rest[i]) - fade[i])
                beyond = abs(mu) - 1.0
                omega[i] += beyond * beyond


def back_together(
    u: Row, plan: Rows, inside: bool, rho: float, steps: int, trace: Rows, rows: Rows, size: int,
    by: Rows, scale: Rows, first: int,
) -> None:  # fmt: skip
    """Add the derivatives of one sequence; those of neuron i go to by[first + i]."""
    use_widest_vectors()
    w, epsilon, keep, fade, outer = rows[W], rows[EPSILON], rows[KEEP], rows[FADE], rows[OUTER]
    p, tame, push = rows[P], rows[TAME], rows[PUSH]
    slope, height = rows[SLOPE], rows[HEIGHT]
    by_b, by_w, by_epsilon, by_weight = (
        rows[BY_B], rows[BY_W], rows[BY_EPSILON], rows[BY_WEIGHT]
    )  # fmt: skip
    constant, state = len(u) == 1, trace[A_STEP * steps + STATE]
    y, c = plan[TARGET][steps], plan[SHARE][steps]
    for i in range(size):
        p[i] = 2.0 * c * ((slope[i] * state[i] + height[i]) - y) * slope[i]
        by_b[i], by_w[i], by_epsilon[i], by_weight[i] = 0.0, 0.0, 0.0, 0.0
    for i in range(size):
        if tame[i] == 0.0:
            leave(i, steps, u, plan, inside, rho, trace, rows, by[first + i], scale[first + i])
    for t in range(steps - 1, -1, -1):
        leaving = 0
        for i in range(size):
            far = abs(p[i])
            leaving += (far != 0.0) & ((far <= LEAST) | (far >= LARGEST))
        if leaving > 0:
            for i in range(size):
                far = abs(p[i])
                if far != 0.0 and (far <= LEAST or far >= LARGEST):
                    leave(
                        i, t + 1, u, plan, inside, rho, trace, rows, by[first + i], scale[first + i]
                    )  # fmt: skip
        given, kept, drawn = u[0 if constant else t], plan[KEPT][t], plan[DRAWN][t]
        state, level, rest = (
            trace[A_STEP * t + STATE], trace[A_STEP * t + LEVEL], trace[A_STEP * t + REST]
        )  # fmt: skip
        for i in range(size):
            push[i] = p[i] * (epsilon[i] * (level[i] * rest[i]))
        for i in range(size):
            by_b[i] += push[i]
            by_w[i] += push[i] * (kept * state[i] + drawn)
        for i in range(size):
            by_epsilon[i] += p[i] * ((level[i] - (kept * state[i] + drawn)) + outer[i] * given)
        if inside:
            for i in range(size):
                by_weight[i] += push[i] * given
        else:
            for i in range(size):
                by_weight[i] += p[i] * epsilon[i] * given
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
                by_weight[i] += bend * given if inside else 0.0
                p[i] += bend * w[i]
        y, c = plan[TARGET][t], plan[SHARE][t]
        for i in range(size):
            error = (slope[i] * state[i] + height[i]) - y
            p[i] = kept * p[i] + 2.0 * c * error * slope[i] * tame[i]
    for i in range(size):
        land(i, by[first + i], scale[first + i], rows)
        add(x_number(p[i]), FOR_X0, by[first + i], scale[first + i])


def pull(unit: Unit, x: float, y: float, c: float) -> XNumber:
    """Return the derivative of a term of the loss by its state."""
    return x_number(2.0 * c * ((unit.slope * x + unit.height) - y) * unit.slope)


def add_direct(
    plan: Rows, steps: int, trace: Rows, rows: Rows, i: int, by: Row, scale: Row
) -> None:
    """Add the derivatives of z = w x + b itself by w and b, in each term of the loss."""
    for t in range(steps + 1):
        c = plan[SHARE][t]
        if c > 0.0:
            x = trace[A_STEP * t + STATE][i]
            error = (rows[SLOPE][i] * x + rows[HEIGHT][i]) - plan[TARGET][t]
            direct = x_number(2.0 * c * error)
            add(direct, FOR_B, by, scale)
            add(times(direct, x_number(x)), FOR_W, by, scale)


def land(i: int, by: Row, scale: Row, rows: Rows) -> None:
    """Add the plain sums of a neuron to its derivatives."""
    add(x_number(rows[BY_B][i]), FOR_B, by, scale)
    add(x_number(rows[BY_W][i]), FOR_W, by, scale)
    add(x_number(rows[BY_EPSILON][i]), FOR_EPSILON, by, scale)
    add(x_number(rows[BY_WEIGHT][i]), FOR_WEIGHT, by, scale)


def leave(
    i: int, t: int, u: Row, plan: Rows, inside: bool, rho: float, trace: Rows, rows: Rows, by: Row,
    scale: Row,
) -> None:  # fmt: skip
    """Take neuron i from x[t] to x[0] in X-numbers, and out of the lockstep."""
    land(i, by, scale, rows)
    p = x_number(rows[P][i])
    p = back(unit_of(i, rho, rows), i, inside, True, t, 0, p, u, plan, trace, by, scale)
    add(p, FOR_X0, by, scale)
    rows[P][i], rows[TAME][i] = 0.0, 0.0
    rows[BY_B][i], rows[BY_W][i], rows[BY_EPSILON][i], rows[BY_WEIGHT][i] = 0.0, 0.0, 0.0, 0.0


def unit_of(i: int, rho: float, rows: Rows) -> Unit:
    """Return the neuron of a column."""
    return Unit(
        rows[W][i], rows[B][i], rows[EPSILON][i], rows[OUTER][i], rows[INNER][i], rows[KEEP][i],
        rows[FADE][i], rho, rows[SLOPE][i], rows[HEIGHT][i],
    )  # fmt: skip


def back(
    unit: Unit, i: int, inside: bool, seeds: bool, t: int, last: int, p: XNumber, u: Row,
    plan: Rows, trace: Rows, by: Row, scale: Row,
) -> XNumber:  # fmt: skip
    """Return the adjoint of x[last] from that of x[t], and add to the derivatives by parameters.

    With `seeds` the loss and Omega add to the adjoint on the way.  The neuron is column i.
    """
    constant, penalised = len(u) == 1, seeds and unit.rho > 0.0
    while t > last:
        t -= 1
        x, given, kept = trace[A_STEP * t + STATE][i], u[0 if constant else t], plan[KEPT][t]
        start = kept * x + plan[DRAWN][t]
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
        m = plus(times(x_number(unit.w), direct), (-unit.fade, 0.0))
        # With a small eps, 1 + m would be rounded in the same way at each step.
        less = plus((unit.keep, 0.0), m)
        p = plus(p, times(m, p)) if unit.fade > 0.0 else times(less, p)
        if penalised:
            p = plus(p, penalise(unit, inside, start, given, by, scale))
        p = times(p, x_number(kept))
        if seeds:
            p = plus(p, pull(unit, x, plan[TARGET][t], plan[SHARE][t]))
    return p


def back_briefly(
    unit: Unit, i: int, inside: bool, steps: int, most: int, u: Row, plan: Rows, trace: Rows,
    by: Row, scale: Row,
) -> None:  # fmt: skip
    """Add the derivatives, where each term of the loss and of Omega goes back `most` steps."""
    for t in range(steps, -1, -1):
        x = trace[A_STEP * t + STATE][i]
        p = pull(unit, x, plan[TARGET][t], plan[SHARE][t])
        if t < steps and unit.rho > 0.0:
            kept, given = plan[KEPT][t], u[0 if len(u) == 1 else t]
            own = penalise(unit, inside, kept * x + plan[DRAWN][t], given, by, scale)
            p = plus(times(own, x_number(kept)), p)
        if p[0] == 0.0:
            continue
        last = max(t - most, 0)
        p = back(unit, i, inside, False, t, last, p, u, plan, trace, by, scale)
        if last == 0:
            add(p, FOR_X0, by, scale)


@kernel(interpreted=15e-6, compiled=10e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    weight: Row,
    x0: Row,
    moved: Row,
    u: Rows,
    inside: bool,
    on_z: bool,
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
    for all, and the targets targets[s], NaN for none, with the weights shares[s], after places[k]
    steps, ascending; of z where on_z.  All answers are means over the sequences; Omega is 0 unless
    rho > 0.  by[n] e**scale[n] are the derivatives by x0, b, w, eps and the input's weight.  alpha
    and every are of the teacher; most is the number of steps back, below 0 for the loss alone.  The
    rest is room: plan with steps + 1 columns, trace with A_STEP (steps + 1) rows; trace and rows
    have a column for each neuron of a block.
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
            rows[SLOPE][i], rows[HEIGHT][i] = 1.0, 0.0
            if on_z:
                rows[SLOPE][i], rows[HEIGHT][i] = w[n], b[n]
            loss[n], omega[n] = 0.0, 0.0
            for k in range(DERIVATIVES):
                by[n][k], scale[n][k] = ZERO
        for s in range(len(x0)):
            make_plan(targets[s], shares[s], places, alpha, every, steps, plan)
            calm = True
            for t in range(len(u[s])):
                calm = calm and is_tame(u[s][t])
            for i in range(size):
                n = first + i
                rows[X][i] = x0[s] + moved[n]
                rows[LOSS][i], rows[OMEGA][i] = 0.0, 0.0
                own = epsilon[n] >= SMALL_STEP and is_tame(w[n]) and is_tame(weight[n])
                rows[TAME][i] = 1.0 if own and calm else 0.0
            forward(u[s], plan, rho > 0.0, steps, trace, rows, size)
            for i in range(size):
                loss[first + i] += rows[LOSS][i]
                omega[first + i] += rows[OMEGA][i]
            if most < 0:
                continue
            if on_z:
                for i in range(size):
                    add_direct(plan, steps, trace, rows, i, by[first + i], scale[first + i])
            if most >= steps:
                back_together(
                    u[s], plan, inside, rho, steps, trace, rows, size, by, scale, first
                )  # fmt: skip
                continue
            for i in range(size):
                n = first + i
                back_briefly(
                    unit_of(i, rho, rows), i, inside, steps, most, u[s], plan, trace, by[n],
                    scale[n],
                )  # fmt: skip
        for n in range(first, first + size):
            loss[n] *= part
            omega[n] *= part
            for k in range(DERIVATIVES):
                by[n][k], scale[n][k] = report(times((by[n][k], scale[n][k]), x_number(part)))
