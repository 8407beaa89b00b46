"""One step of descent for many neurons: its report, and the change by the rule.

The gradient comes as value e**shift, as it may be beyond the range of a double and still has a
direction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.kinds import IntRow, Row, Rows

# Rules: against the gradient, or by its sign alone.
GRADIENT, SIGN = range(2)
# Status: all steps were taken; the gradient is not finite; a parameter has left its range; the end
# of the trajectory was not reached.
DONE, NOT_FINITE, GONE, NOT_REACHED = range(4)
# Rows of the report of a step, before the parameters and the derivatives.
LOSS, FREE_LOSS, NORM, CLIPPED, FIRST = range(5)
# Beyond this a parameter is out of range.
LARGEST = 1e100
# iRprop-: factors of a step while the sign stays, and when it turns; the bounds of a step.
FASTER, SLOWER, LEAST_STEP, LARGEST_STEP = 1.2, 0.5, 1e-15, 50.0
# ln of the largest double, about.
RANGE = 700.0


def plain(value: float, shift: float) -> float:
    """Return value e**shift as a double: 0 or infinite beyond its range."""
    half = math.exp(min(0.5 * shift, RANGE))  # in halves, as one may be out of range
    return value * half * half if value != 0.0 else 0.0


def log_size(value: float, shift: float) -> float:
    """Return ln |value e**shift|."""
    return math.log(abs(value)) + shift if value != 0.0 else -math.inf


def length(rows: Rows, first: int, count: int, i: int) -> float:
    """Return the Euclidean norm of entry i of `count` rows."""
    largest, total = 0.0, 0.0
    for k in range(first, first + count):
        size: float = abs(rows[k][i])
        if size != size:
            return size
        largest = size if size > largest else largest
    if largest == 0.0 or not largest < math.inf:
        return largest
    for k in range(first, first + count):
        total += (rows[k][i] / largest) * (rows[k][i] / largest)
    return largest * math.sqrt(total)


def clip_gradient(clip: float, value: Rows, shift: Rows, step: Rows, i: int) -> float:
    """Shorten a gradient whose norm is above `clip`, in `step`; return whether it was, 1 or 0.

    In logarithms, as the norm may be beyond the range of a double.
    """
    top = -math.inf
    for k in range(len(value)):
        top = max(top, log_size(value[k][i], shift[k][i]))
    total = 0.0
    for k in range(len(value)):
        each = log_size(value[k][i], shift[k][i])
        part = math.exp(each - top) if each < top else 1.0
        total += part * part
    if not top + 0.5 * math.log(total) > math.log(clip):
        return 0.0
    for k in range(len(value)):
        each = log_size(value[k][i], shift[k][i])
        part = math.exp(each - top) if each < top else 1.0
        step[k][i] = math.copysign(clip * (part / math.sqrt(total)), value[k][i])
    return 1.0


def by_sign(rate: float, k: int, sign: float, rule_state: Rows, i: int) -> float:
    """Return the change of parameter k by iRprop-, whose state is the step's size and last sign."""
    size, before = rule_state[2 * k][i], rule_state[2 * k + 1][i]
    turned = sign * before
    size *= FASTER if turned > 0.0 else (SLOWER if turned < 0.0 else 1.0)
    size = min(max(size, LEAST_STEP), max(LARGEST_STEP, rate))
    sign = 0.0 if turned < 0.0 else sign
    rule_state[2 * k][i], rule_state[2 * k + 1][i] = size, sign
    return -sign * size


def sign_of(value: float) -> float:
    """Return -1, 0 or 1; NaN for NaN."""
    if value == 0.0 or value != value:
        return value
    return 1.0 if value > 0.0 else -1.0


@kernel(interpreted=8e-6, compiled=40e-9)
def take_step(
    rule: int,
    rate: float,
    clip: float,
    momentum: float,
    last: bool,
    error: Row,
    free_error: Row,
    value: Rows,
    shift: Rows,
    now: Rows,
    rule_state: Rows,
    status: IntRow,
    report: Rows,
) -> int:
    """Report the loss and its gradient of each neuron; take the step unless it is the last.

    error is x(T) - target, with the teacher and without; value e**shift the derivatives of x(T),
    a row each parameter, and receives the loss's; now is the parameters, and receives the next.
    rule_state has two rows for each parameter: the velocity and room, or the step's size and last
    sign.
    report is FIRST rows and two for each parameter: all parameters, then all derivatives; NaN for
    neurons whose status was not DONE before.  Returns how many neurons go on.
    """
    count, going_on = len(value), 0
    for i in range(len(error)):
        for r in range(len(report)):
            report[r][i] = math.nan
        if status[i] != DONE:
            continue
        for k in range(count):
            report[FIRST + k][i] = now[k][i]
        if not abs(error[i]) < math.inf:
            status[i] = NOT_REACHED
            continue
        report[LOSS][i], report[FREE_LOSS][i] = error[i] * error[i], free_error[i] * free_error[i]
        pull = 2.0 * error[i]
        for k in range(count):
            value[k][i] = pull * value[k][i] if pull != 0.0 else 0.0
            report[FIRST + count + k][i] = plain(value[k][i], shift[k][i])
        report[NORM][i], report[CLIPPED][i] = length(report, FIRST + count, count, i), 0.0
        if last:
            continue
        if rule == GRADIENT:
            step = rule_state[count:]
            for k in range(count):
                step[k][i] = report[FIRST + count + k][i]
            if clip < math.inf:
                report[CLIPPED][i] = clip_gradient(clip, value, shift, step, i)
        for k in range(count):
            if rule == GRADIENT:
                rule_state[k][i] = momentum * rule_state[k][i] - rate * rule_state[count + k][i]
                change = rule_state[k][i]
            else:
                change = by_sign(rate, k, sign_of(value[k][i]), rule_state, i)
            if not abs(change) < math.inf:
                status[i] = NOT_FINITE
            elif status[i] == DONE and not abs(now[k][i] + change) <= LARGEST:
                status[i] = GONE
        if status[i] == DONE:
            for k in range(count):
                if rule == GRADIENT:
                    now[k][i] += rule_state[k][i]
                else:
                    now[k][i] += -rule_state[2 * k + 1][i] * rule_state[2 * k][i]
            going_on += 1
    return going_on
