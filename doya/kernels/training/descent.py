"""One step of descent for many neurons: its report, and the change by the rule.

The gradient comes as value e**shift, as it may be beyond the range of a double and still has a
direction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Rules: against the gradient, by its sign alone, or divided by a mean of its past sizes.
GRADIENT, SIGN, ADAGRAD, RMSPROP, ADAM = range(5)
# Rows of a rule's settings, a number for each neuron.
RATE, CLIP, CLIP_VALUE, MOMENTUM, L1, L2 = range(6)
# Status: all steps were taken; the gradient is not finite; a parameter has left its range; the end
# of the trajectory was not reached.
DONE, NOT_FINITE, GONE, NOT_REACHED = range(4)
# Rows of the report of a step, before the parameters and the derivatives.
LOSS, FREE_LOSS, NORM, CLIPPED, FIRST = range(5)
# Beyond this a parameter is out of range; the map's step is kept in its own.
LARGEST, LEAST_EPSILON = 1e100, 1e-100
# iRprop-: factors of a step while the sign stays, and when it turns; the bounds of a step.
FASTER, SLOWER, LEAST_STEP, LARGEST_STEP = 1.2, 0.5, 1e-15, 50.0
# Shares that running means keep at each step: rmsprop's, and both of adam.  What is added to a root
# before it divides.
KEPT, KEPT_FIRST, KEPT_SECOND, ADDED = 0.9, 0.9, 0.999, 1e-8
# The setting CLIP for a limit by the mean norm so far, and the limit relative to it.
BY_MEAN, TIMES_MEAN = 0.0, 10.0
# Rows of a rule's state for each parameter: the velocity, first mean or step's size; the root of
# the second mean, or the last sign; the clipped gradient.  Rows after those: the weights of adam's
# means so far, the sum of the norms, the number of steps.
EACH, WEIGHT_FIRST, WEIGHT_SECOND, NORMS, STEPS, MORE = 3, 0, 1, 2, 3, 4
# ln of the largest double, about.
RANGE = 700.0


def plain(value: float, shift: float) -> float:
    """Return value e**shift as a double: 0 or infinite beyond its range."""
    half = math.exp(min(0.5 * shift, RANGE))  # in halves, as one may be out of range
    return value * half * half if value != 0.0 else 0.0


def log_size(value: float, shift: float) -> float:
    """Return ln |value e**shift|."""
    return math.log(abs(value)) + shift if value != 0.0 else -math.inf


def norm_of_two(one: float, other: float) -> float:
    """Return the Euclidean norm of two numbers, without overflow."""
    larger, smaller = max(abs(one), abs(other)), min(abs(one), abs(other))
    if larger == 0.0 or not larger < math.inf:
        return larger
    ratio = smaller / larger
    return larger * math.sqrt(1.0 + ratio * ratio)


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


def clip_norm(clip: float, value: Rows, shift: Rows, step: Rows, i: int) -> float:
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


def clip_values(most: float, step: Rows, i: int) -> float:
    """Bring every derivative to at most `most` in size; return whether any was larger, 1 or 0."""
    clipped = 0.0
    for k in range(len(step)):
        if abs(step[k][i]) > most:
            step[k][i] = math.copysign(most, step[k][i])
            clipped = 1.0
    return clipped


def clip(settings: Rows, value: Rows, shift: Rows, step: Rows, more: Rows, i: int) -> float:
    """Clip the gradient in `step`, by norm and then by value; return whether it was, 1 or 0."""
    limit, clipped = settings[CLIP][i], 0.0
    by_mean = limit == BY_MEAN
    if by_mean:
        limit = math.inf
        if more[NORMS][i] > 0.0:
            limit = TIMES_MEAN * (more[NORMS][i] / more[STEPS][i])
    if limit < math.inf:
        clipped = clip_norm(limit, value, shift, step, i)
    if by_mean:
        more[NORMS][i] += length(step, 0, len(step), i)
        more[STEPS][i] += 1.0
    if settings[CLIP_VALUE][i] < math.inf:
        clipped = max(clipped, clip_values(settings[CLIP_VALUE][i], step, i))
    return clipped


def penalize(
    by_size: float, by_square: float, weight: float, value: Row, shift: Row, i: int
) -> None:
    """Add the derivative of the penalty, by_size |w| + by_square w**2, to that of the loss."""
    added = by_size * sign_of(weight) + 2.0 * by_square * weight
    if added == 0.0:
        return
    if shift[i] > 0.0:
        value[i] += added * math.exp(-shift[i])
    else:
        value[i], shift[i] = plain(value[i], shift[i]) + added, 0.0


def by_sign(rate: float, sign: float, size: Row, before: Row, i: int) -> float:
    """Return the change of a parameter by iRprop-, which keeps the step's size and last sign."""
    turned = sign * before[i]
    size[i] *= FASTER if turned > 0.0 else (SLOWER if turned < 0.0 else 1.0)
    size[i] = min(max(size[i], LEAST_STEP), max(LARGEST_STEP, rate))
    before[i] = 0.0 if turned < 0.0 else sign
    return -before[i] * size[i]


def sign_of(value: float) -> float:
    """Return -1, 0 or 1; NaN for NaN."""
    if value == 0.0 or value != value:
        return value
    return 1.0 if value > 0.0 else -1.0


def running_root(rule: int, before: float, slope: float) -> float:
    """Return the root of the sum, or of the running mean, of the squares of a derivative."""
    if rule == ADAGRAD:
        return norm_of_two(before, slope)
    kept = KEPT if rule == RMSPROP else KEPT_SECOND
    return norm_of_two(math.sqrt(kept) * before, math.sqrt(1.0 - kept) * slope)


def by_adam(slope: float, mean: Row, root: Row, more: Rows, i: int) -> float:
    """Return the direction of adam: the mean over the root, each without its bias to 0."""
    mean[i] = KEPT_FIRST * mean[i] + (1.0 - KEPT_FIRST) * slope
    root[i] = running_root(ADAM, root[i], slope)
    unbiased = root[i] / math.sqrt(more[WEIGHT_SECOND][i])
    return mean[i] / more[WEIGHT_FIRST][i] / (unbiased + ADDED)


def direction_of(rule: int, slope: float, root: Row, i: int) -> float:
    """Return the derivative, over the root of its squares so far by the rules that want it."""
    if rule == GRADIENT:
        return slope
    root[i] = running_root(rule, root[i], slope)
    if rule == RMSPROP:
        return slope / (root[i] + ADDED)
    return slope / root[i] if root[i] != 0.0 else 0.0


def change_of(
    rule: int, nesterov: bool, settings: Rows, sign: float, count: int, k: int, state: Rows, i: int
) -> float:
    """Return the change of parameter k by the rule."""
    rate, momentum, slope = settings[RATE][i], settings[MOMENTUM][i], state[2 * count + k][i]
    if rule == SIGN:
        return by_sign(rate, sign, state[k], state[count + k], i)
    if rule == ADAM:
        return -rate * by_adam(slope, state[k], state[count + k], state[EACH * count :], i)
    move = rate * direction_of(rule, slope, state[count + k], i)
    state[k][i] = momentum * state[k][i] - move
    return momentum * state[k][i] - move if nesterov else state[k][i]


@kernel(interpreted=8e-6, compiled=40e-9)
def take_step(
    rule: int,
    nesterov: bool,
    weight: int,
    epsilon: int,
    last: bool,
    settings: Rows,
    loss: Row,
    free_loss: Row,
    value: Rows,
    shift: Rows,
    now: Rows,
    state: Rows,
    status: IntRow,
    report: Rows,
) -> int:
    """Report the loss and its gradient of each neuron; take the step unless it is the last.

    weight and epsilon are the places of w and of the map's step among the parameters, or -1.  loss
    is with the teacher, free_loss without; value e**shift is the gradient of the loss, a row each
    parameter; now is the parameters, and receives the next.  settings and state have the rows named
    above.
    report is FIRST rows and two for each parameter: all parameters, then all derivatives; NaN for
    neurons whose status was not DONE before.  Returns how many neurons go on.
    """
    count, going_on = len(value), 0
    step, more = state[2 * count : EACH * count], state[EACH * count :]
    for i in range(len(loss)):
        for r in range(len(report)):
            report[r][i] = math.nan
        if status[i] != DONE:
            continue
        for k in range(count):
            report[FIRST + k][i] = now[k][i]
        if not loss[i] < math.inf:
            status[i] = NOT_REACHED
            continue
        report[LOSS][i], report[FREE_LOSS][i] = loss[i], free_loss[i]
        if weight >= 0:
            penalize(
                settings[L1][i], settings[L2][i], now[weight][i], value[weight], shift[weight], i
            )
        for k in range(count):
            step[k][i] = plain(value[k][i], shift[k][i])
            report[FIRST + count + k][i] = step[k][i]
        report[NORM][i], report[CLIPPED][i] = length(report, FIRST + count, count, i), 0.0
        if last:
            continue
        if rule != SIGN:
            report[CLIPPED][i] = clip(settings, value, shift, step, more, i)
        if rule == ADAM:
            more[WEIGHT_FIRST][i] += (1.0 - KEPT_FIRST) * (1.0 - more[WEIGHT_FIRST][i])
            more[WEIGHT_SECOND][i] += (1.0 - KEPT_SECOND) * (1.0 - more[WEIGHT_SECOND][i])
        for k in range(count):
            change = change_of(rule, nesterov, settings, sign_of(value[k][i]), count, k, state, i)
            step[k][i] = change
            if not abs(change) < math.inf:
                status[i] = NOT_FINITE
            elif status[i] == DONE and k != epsilon and not abs(now[k][i] + change) <= LARGEST:
                status[i] = GONE
        if status[i] == DONE:
            for k in range(count):
                now[k][i] += step[k][i]
            if epsilon >= 0:
                now[epsilon][i] = min(max(now[epsilon][i], LEAST_EPSILON), 1.0)
            going_on += 1
    return going_on
