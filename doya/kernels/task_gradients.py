"""The loss of a task of the map, and its gradient, by one sweep forward and one back.

The sequences of a neuron are taken one after the other.  Forward, each step's state is kept, with
sigma(z) and sigma(-z) there.  Back, the adjoint p[t] = dL/dx[t] obeys

    p[t] = mu[t] p[t + 1] + 2 c[t] (x[t] - y[t]),    mu[t] = 1 - eps + eps w sigma'(z[t]),

and each step adds p[t + 1] times its own change with a parameter to the derivative with respect to
that parameter.  Long products leave the range of doubles both ways: as soon as the adjoint is very
large or very small, or from the start where a term might be, a sweep goes on in X-numbers.

- With a teacher the step is taken from X = (1 - alpha) x + alpha y, in each `every`-th step for
  which there is a target y.  The loss takes x itself.
- Omega = sum (|mu[t]| - 1)**2 over all steps is the penalty of Pascanu et al. (2013), with the
  derivatives through the states.
- With truncation to k steps each term of the loss and of Omega has a sweep of its own, over at most
  k steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doya.kernels.kept import split
from doya.kernels.logistic import levels
from doya.kernels.registry import kernel
from doya.kernels.x_number_sensitivities import propagated, x_levels
from doya.kernels.x_numbers import ZERO, plus, report, times, x_number

if TYPE_CHECKING:
    from doya.kernels.kinds import IntRow, Row, Rows
    from doya.kernels.x_numbers import XNumber

# Rows of the trace, one column a step: the state from which the step is taken, sigma(z) and
# sigma(-z) there; the loss's own derivative with respect to x[t]; the part of x[t] in that state.
STATE, LEVEL, REST, PULL, KEPT = range(5)
TRACE = 5
# The derivatives, in this order.
X0, B, W, EPSILON, WEIGHT = range(5)
DERIVATIVES = 5
# Sizes within which a sweep is plain: of the adjoint; of z; and of states, inputs and parameters,
# where they are not 0.  No product of them leaves the range of doubles.
LEAST, LARGEST = 2.0**-300, 2.0**300
LARGEST_Z = 100.0
SMALL, LARGE, SMALL_STEP = 2.0**-200, 2.0**100, 2.0**-50


class Unit(NamedTuple):
    """A neuron; what its input adds is `outer` u, and `inner` u in the bias: one of them is 0."""

    w: float
    b: float
    epsilon: float
    outer: float
    inner: float
    keep: float
    fade: float
    rho: float


def is_tame(value: float) -> bool:
    """Return whether a factor is 0, or far from the ends of the range of doubles."""
    return value == 0.0 or SMALL < abs(value) < LARGE


def factor(unit: Unit, level: float, rest: float) -> float:
    """Return mu = 1 - eps + eps w sigma'."""
    return unit.keep + (unit.epsilon * unit.w * (level * rest) - unit.fade)


def forward(
    unit: Unit, gain: float, x: float, u: Row, target: Row, share: Row, places: IntRow,
    alpha: float, every: int, steps: int, trace: Rows,
) -> tuple[float, float, bool]:  # fmt: skip
    """Write the trace; return the loss, Omega, and whether all numbers are tame.

    gain is eps times `outer`.
    """
    state, sides, others, pull, kept = (
        trace[STATE], trace[LEVEL], trace[REST], trace[PULL], trace[KEPT]
    )  # fmt: skip
    loss, omega, tame, k, constant = 0.0, 0.0, True, 0, len(u) == 1
    for t in range(steps + 1):
        pull[t], kept[t] = 0.0, 1.0
        if k < len(places) and places[k] == t:
            y, c = target[k], share[k]
            k += 1
            if y == y:
                error = x - y
                loss += c * (error * error)
                pull[t] = 2.0 * c * error
                if alpha > 0.0 and t % every == 0:
                    x = (1.0 - alpha) * x + alpha * y
                    kept[t] = 1.0 - alpha
        if t == steps:
            break
        given = u[0 if constant else t]
        z = unit.w * x + (unit.b + unit.inner * given)
        level, rest = levels(z)
        state[t], sides[t], others[t] = x, level, rest
        tame = tame and abs(z) < LARGEST_Z and is_tame(x) and is_tame(given)
        if unit.rho > 0.0:
            beyond = abs(factor(unit, level, rest)) - 1.0
            omega += beyond * beyond
        gone = x if unit.fade > 0.0 else 0.0
        x = unit.epsilon * (level - gone) + (unit.keep * x + gain * given)
    return loss, omega, tame


def add(value: XNumber, k: int, by: Row, scale: Row) -> None:
    """Add to derivative k."""
    by[k], scale[k] = plus((by[k], scale[k]), value)


def pressure(unit: Unit, level: float, rest: float) -> float:
    """Return the derivative of rho Omega's term with respect to mu; 0 for mu = 0."""
    mu = factor(unit, level, rest)
    side = 1.0 if mu > 0.0 else (-1.0 if mu < 0.0 else 0.0)
    return 2.0 * unit.rho * (abs(mu) - 1.0) * side


def penalise(unit: Unit, inside: bool, t: int, u: Row, trace: Rows, by: Row, scale: Row) -> XNumber:
    """Add the term's own derivatives by parameters; return that by the state of the step."""
    x, given = trace[STATE][t], u[0 if len(u) == 1 else t]
    q = x_number(pressure(unit, trace[LEVEL][t], trace[REST][t]))
    level, rest = x_levels(unit.w * x + (unit.b + unit.inner * given))
    slope = times(level, rest)
    pull = times(q, times((unit.epsilon, 0.0), slope))
    m, i = level
    bend = times(times(pull, x_number(unit.w)), plus(rest, (-m, i)))
    add(bend, B, by, scale)
    add(plus(pull, times(bend, x_number(x))), W, by, scale)
    steep = times(x_number(unit.w), slope)
    add(times(q, plus(steep, (-1.0, 0.0))), EPSILON, by, scale)
    if inside:
        add(times(bend, x_number(given)), WEIGHT, by, scale)
    return times(bend, x_number(unit.w))


def back(
    unit: Unit, inside: bool, tame: bool, seeds: bool, t: int, last: int, p: XNumber, u: Row,
    trace: Rows, by: Row, scale: Row,
) -> XNumber:  # fmt: skip
    """Return the adjoint of x[last] from that of x[t], and add to the derivatives by parameters.

    With `seeds` the loss and Omega add to the adjoint on the way.
    """
    state, sides, others, pull, kept = (
        trace[STATE], trace[LEVEL], trace[REST], trace[PULL], trace[KEPT]
    )  # fmt: skip
    w, epsilon, keep, fade = unit.w, unit.epsilon, unit.keep, unit.fade
    plain, constant, penalised = p[0], len(u) == 1, seeds and unit.rho > 0.0
    by_b, by_w, by_epsilon, by_weight = 0.0, 0.0, 0.0, 0.0
    is_plain = tame and p[1] == 0.0
    while is_plain and t > last and (plain == 0.0 or LEAST < abs(plain) < LARGEST):
        t -= 1
        x, level, rest, given = state[t], sides[t], others[t], u[0 if constant else t]
        slope = level * rest
        push = plain * (epsilon * slope)
        by_b += push
        by_w += push * x
        by_epsilon += plain * ((level - x) + unit.outer * given)
        by_weight += (push if inside else plain * epsilon) * given
        plain = propagated(keep, fade, epsilon * w * slope - fade, plain)
        if penalised:
            q = pressure(unit, level, rest)
            bend = q * (epsilon * w * slope) * (rest - level)
            by_b += bend
            by_w += q * (epsilon * slope) + bend * x
            by_epsilon += q * (w * slope - 1.0)
            by_weight += bend * given if inside else 0.0
            plain += bend * w
        plain *= kept[t]
        if seeds:
            plain += pull[t]
    if is_plain:
        p = x_number(plain)
        add(x_number(by_b), B, by, scale)
        add(x_number(by_w), W, by, scale)
        add(x_number(by_epsilon), EPSILON, by, scale)
        add(x_number(by_weight), WEIGHT, by, scale)
    while t > last:
        t -= 1
        x, given = state[t], u[0 if constant else t]
        side, other = x_levels(w * x + (unit.b + unit.inner * given))
        direct = times((epsilon, 0.0), times(side, other))
        shifted = times(p, direct)
        add(shifted, B, by, scale)
        add(times(shifted, x_number(x)), W, by, scale)
        rate = plus(plus(side, x_number(-x)), x_number(unit.outer * given))
        add(times(p, rate), EPSILON, by, scale)
        driven = shifted if inside else times(p, (epsilon, 0.0))
        add(times(driven, x_number(given)), WEIGHT, by, scale)
        m = plus(times(x_number(w), direct), (-fade, 0.0))
        p = plus(p, times(m, p)) if fade > 0.0 else times(plus((keep, 0.0), m), p)
        if penalised:
            p = plus(p, penalise(unit, inside, t, u, trace, by, scale))
        p = times(p, x_number(kept[t]))
        if seeds:
            p = plus(p, x_number(pull[t]))
    return p


def back_briefly(
    unit: Unit, inside: bool, tame: bool, steps: int, most: int, u: Row, trace: Rows, by: Row,
    scale: Row,
) -> None:  # fmt: skip
    """Add the derivatives, where each term of the loss and of Omega goes back `most` steps."""
    for t in range(steps, -1, -1):
        p = x_number(trace[PULL][t])
        if t < steps and unit.rho > 0.0:
            own = penalise(unit, inside, t, u, trace, by, scale)
            p = plus(times(own, x_number(trace[KEPT][t])), p)
        if p[0] == 0.0:
            continue
        last = max(t - most, 0)
        p = back(unit, inside, tame, False, t, last, p, u, trace, by, scale)
        if last == 0:
            add(p, X0, by, scale)


@kernel(interpreted=20e-6, compiled=25e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    weight: Row,
    x0: Row,
    u: Rows,
    inside: bool,
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
    trace: Rows,
) -> None:
    """Write the loss of each neuron, Omega, and the gradient of loss + rho Omega.

    Sequence s starts at x0[s], has the input u[s], a number a step or one for all, and the targets
    targets[s], NaN for none, with the weights shares[s], after places[k] steps, ascending.  All
    answers are means over the sequences; Omega is 0 unless rho > 0.  by[n] e**scale[n] are the
    derivatives by x0, b, w, eps and the input's weight.  alpha and every are of the teacher, most
    is the number of steps back.  trace is room, of TRACE rows with steps + 1 columns.
    """
    part = 1.0 / len(x0)
    for n in range(len(w)):
        keep, fade = split(epsilon[n])
        outer, inner = weight[n], 0.0
        if inside:
            outer, inner = 0.0, weight[n]
        unit = Unit(w[n], b[n], epsilon[n], outer, inner, keep, fade, rho)
        own = epsilon[n] >= SMALL_STEP and is_tame(w[n]) and is_tame(weight[n])
        loss[n], omega[n] = 0.0, 0.0
        for k in range(DERIVATIVES):
            by[n][k], scale[n][k] = ZERO
        for s in range(len(x0)):
            one, other, tame = forward(
                unit, epsilon[n] * outer, x0[s], u[s], targets[s], shares[s], places, alpha, every,
                steps, trace,
            )  # fmt: skip
            loss[n] += one
            omega[n] += other
            tame = tame and own
            if most >= steps:
                p = back(
                    unit, inside, tame, True, steps, 0, x_number(trace[PULL][steps]), u[s], trace,
                    by[n], scale[n],
                )  # fmt: skip
                add(p, X0, by[n], scale[n])
            else:
                back_briefly(unit, inside, tame, steps, most, u[s], trace, by[n], scale[n])
        loss[n] *= part
        omega[n] *= part
        for k in range(DERIVATIVES):
            by[n][k], scale[n][k] = report(times((by[n][k], scale[n][k]), x_number(part)))
