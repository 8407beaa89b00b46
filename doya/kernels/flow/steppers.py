"""Steps in time for dx/dt = -x + sigma(w x + b) + drive, where the drive jumps between stretches.

- Euler's and the classical Runge-Kutta method in equal steps.
- Dormand and Prince's 8(5,3) pair with step control and its continuous extension of order 7
  (Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, 2nd ed. 1993, sections
  II.5, II.6 and II.10; their code DOP853).

Many neurons go in lockstep, so that the vector units can do them, and none sees another: each has
its own steps.  Time counts from the start of a stretch; within one nothing depends on time, so the
instants of the stages do not matter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.step_control import LARGEST_FACTOR, error_of, step_factor
from doya.kernels.machinery.registry import apart, kernel
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, IntRows, Row, Rows

# Neurons in lockstep: enough for the vector units, few enough for the first cache.
BLOCK = 64
# Rows of the working space of equal steps.
FIXED_ROWS = 4

# Stages of a step, and of one that is extended.
STAGES, ALL_STAGES = 12, 16
# Rows of the tableau after those of the stages (the step itself leads to stage 12): two error
# estimates, four of what the continuous extension adds to cubic Hermite interpolation, and the
# instants of the first stages, as parts of the step.
THIRD, FIFTH, HIGHER = range(ALL_STAGES, ALL_STAGES + 3)
INSTANTS = HIGHER + 4

# Rows of the working space after those of the stages' rates, one lane a neuron: weight, bias,
# drive, state; time, end of the step, its length, the wanted length of the next one.
W, B, DRIVE, X, TIME, END, STEP, NEXT = range(ALL_STAGES, ALL_STAGES + 8)
# Combinations of the stages' rates (within a stage, and like the tableau's rows), and the error.
SUM, RISE, LOW, HIGH, TERMS = range(NEXT + 1, NEXT + 6)
ERROR = TERMS + 4
ROWS = ERROR + 1
# Rows of whole numbers: neuron, stretch, next output, whether it lies inside the step, steps tried,
# whether the last one was rejected.
NEURON, STRETCH, OUTPUT, INSIDE, TRIED, REJECTED = range(6)
PLACES = 6

# A step this much longer is taken where it ends the stretch.
STRETCHABLE = 1.01
TINY = 1e-300  # allowed too, for a state that stays 0

DONE, GAVE_UP, NOT_FINITE, GOES_ON = range(4)


def rate(w: float, b: float, drive: float, x: float) -> float:
    """dx/dt."""
    return (logistic(w * x + b) - x) + drive


def euler(w: float, b: float, drive: float, h: float, x: float) -> float:
    """x after a step h of order 1."""
    return x + h * rate(w, b, drive, x)


def runge_kutta(w: float, b: float, drive: float, h: float, x: float) -> float:
    """x after a step h of order 4."""
    half = 0.5 * h
    k1 = rate(w, b, drive, x)
    k2 = rate(w, b, drive, x + half * k1)
    k3 = rate(w, b, drive, x + half * k2)
    k4 = rate(w, b, drive, x + h * k3)
    return x + h * (((k1 + k4) + 2.0 * (k2 + k3)) / 6.0)


@kernel(interpreted=1.5e-6, compiled=3e-9)
def fixed_steps(
    w: Row,
    b: Row,
    drive: Rows,
    inside: bool,
    x: Row,
    lengths: Row,
    counts: IntRow,
    order: int,
    out: Rows,
    room: Rows,
) -> None:
    """Advance the n states x, in place, through P stretches by equal steps of order 1 or 4.

    Stretch p takes counts[p] steps of length lengths[p] / counts[p]; none, and the state stays.
    `drive` is P rows of n numbers, or of one for all; where it is `inside` sigma, it is added to b.
    `out`, n rows of P numbers, receives the
    states at the ends of the stretches.  `room` is FIXED_ROWS rows of BLOCK numbers, fewer for
    fewer neurons.
    """
    row_w, row_b, row_drive, now = room[0], room[1], room[2], room[3]
    for first in range(0, len(x), BLOCK):
        size = min(BLOCK, len(x) - first)
        for i in range(size):
            row_w[i], row_b[i], now[i] = w[first + i], b[first + i], x[first + i]
        for p in range(len(lengths)):
            for i in range(size):
                row_drive[i] = drive[p][first + i if len(drive[p]) > 1 else 0]
            if inside:
                for i in range(size):
                    row_b[i], row_drive[i] = b[first + i] + row_drive[i], 0.0
            h = lengths[p] / max(counts[p], 1)
            for _ in range(counts[p]):
                if order == 1:
                    for i in range(size):
                        now[i] = euler(row_w[i], row_b[i], row_drive[i], h, now[i])
                else:
                    for i in range(size):
                        now[i] = runge_kutta(row_w[i], row_b[i], row_drive[i], h, now[i])
            for i in range(size):
                out[first + i][p] = now[i]
        for i in range(size):
            x[first + i] = now[i]


def coefficients() -> list[list[float]]:
    """The tableau of the 8(5,3) pair: TABLEAU_ROWS rows of ALL_STAGES numbers."""
    from scipy.integrate import DOP853  # takes half a second

    parts = (
        DOP853.A, [DOP853.B], DOP853.A_EXTRA, [DOP853.E3], [DOP853.E5], DOP853.D, [DOP853.C]
    )  # fmt: skip
    rows = [[float(entry) for entry in row] for part in parts for row in part]
    return [row + [0.0] * (ALL_STAGES - len(row)) for row in rows]


@apart
def combine(factors: Row, count: int, room: Rows, into: int, size: int) -> None:
    """Sum factors[s] times the rate of stage s in each lane, s < count."""
    total = room[into]
    for lane in range(size):
        total[lane] = 0.0
    for s in range(count):
        factor = factors[s]
        if factor != 0.0:  # a third of them vanish
            rates = room[s]
            for lane in range(size):
                total[lane] += factor * rates[lane]


def evaluate(s: int, tableau: Rows, room: Rows, size: int) -> None:
    """Find the rate of stage s in each lane from those of the stages before it."""
    combine(tableau[s], s, room, SUM, size)
    w, b, drive, x = room[W], room[B], room[DRIVE], room[X]
    step, total, rates = room[STEP], room[SUM], room[s]
    for lane in range(size):
        rates[lane] = rate(w[lane], b[lane], drive[lane], x[lane] + step[lane] * total[lane])


def attempt(tableau: Rows, room: Rows, size: int) -> None:
    """Find in each lane the mean rate over the step, and two estimates of its error."""
    for s in range(STAGES):
        evaluate(s, tableau, room, size)
    combine(tableau[STAGES], STAGES, room, RISE, size)
    combine(tableau[THIRD], STAGES, room, LOW, size)
    combine(tableau[FIFTH], STAGES, room, HIGH, size)


def extend(tableau: Rows, room: Rows, places: IntRows, size: int) -> None:
    """Find in each lane the stages of the continuous extension, if any lane needs it."""
    inside = places[INSIDE]
    needed = 0
    for lane in range(size):
        needed += inside[lane]
    if needed > 0:
        for s in range(STAGES, ALL_STAGES):
            evaluate(s, tableau, room, size)
        for m in range(4):
            combine(tableau[HIGHER + m], ALL_STAGES, room, TERMS + m, size)


def within(
    q: float, rise: float, start: float, end: float, t0: float, t1: float, t2: float, t3: float
) -> float:
    """Return the change at a fraction q of an extended step, by mean, first and last rate."""
    r = 1.0 - q
    higher = (t0 + (t1 + (t2 + t3 * q) * r) * q) * r
    hermite = (start - rise) + ((2.0 * rise - (start + end)) + higher) * q
    return (rise + hermite * r) * q


def judge(rtol: float, atol: float, room: Rows, places: IntRows, size: int) -> None:
    """Find in each lane the error of the step just tried, and the length of the next one."""
    x, step, wanted, errors = room[X], room[STEP], room[NEXT], room[ERROR]
    rise, low, high, last_term = room[RISE], room[LOW], room[HIGH], room[TERMS + 3]
    inside, rejected = places[INSIDE], places[REJECTED]
    for lane in range(size):
        h = step[lane]
        allowed = atol + rtol * max(abs(x[lane]), abs(x[lane] + h * rise[lane])) + TINY
        term = last_term[lane] if inside[lane] else 0.0
        error = error_of(x[lane], h, rise[lane], low[lane], high[lane], term, allowed)
        errors[lane] = error
        factor = step_factor(error)
        if error < 1.0:
            grown = h * (min(factor, 1.0) if rejected[lane] else factor)
            # A step cut short by the end of its stretch does not shorten those of the next.
            wanted[lane] = max(wanted[lane], grown) if factor == LARGEST_FACTOR else grown
            rejected[lane] = 0
        else:
            wanted[lane] = h * factor
            rejected[lane] = 1


def settle(
    first: IntRow,
    offsets: Row,
    out: Rows,
    nfev: IntRow,
    room: Rows,
    places: IntRows,
    size: int,
) -> None:
    """Take the step in each lane where it is accepted, with the outputs inside it."""
    x, time, end, step, rise = room[X], room[TIME], room[END], room[STEP], room[RISE]
    begins, ends, errors = room[0], room[STAGES], room[ERROR]
    t0, t1, t2, t3 = room[TERMS], room[TERMS + 1], room[TERMS + 2], room[TERMS + 3]
    neuron, stretch, output = places[NEURON], places[STRETCH], places[OUTPUT]
    inside = places[INSIDE]
    for lane in range(size):
        i = neuron[lane]
        nfev[i] += ALL_STAGES if inside[lane] else STAGES
        if not abs(begins[lane]) < math.inf:
            x[lane] = math.nan
        if errors[lane] < 1.0:
            if inside[lane]:
                j = output[lane]
                while j < first[stretch[lane] + 1] and offsets[j] < end[lane]:
                    out[i][j] = x[lane] + step[lane] * within(
                        (offsets[j] - time[lane]) / step[lane], rise[lane], begins[lane],
                        ends[lane], t0[lane], t1[lane], t2[lane], t3[lane],
                    )  # fmt: skip
                    j += 1
                output[lane] = j
            x[lane] += step[lane] * rise[lane]
            time[lane] = end[lane]


def lay_out(
    b: Row,
    drive: Rows,
    to_bias: bool,
    lengths: Row,
    first: IntRow,
    offsets: Row,
    max_steps: int,
    out: Rows,
    status: IntRow,
    room: Rows,
    places: IntRows,
    size: int,
) -> None:
    """Prepare the next step in each lane, in the next stretch if need be, or set its status."""
    drives, x, time, end = room[DRIVE], room[X], room[TIME], room[END]
    step, wanted = room[STEP], room[NEXT]
    neuron, stretch, output = places[NEURON], places[STRETCH], places[OUTPUT]
    inside, tried = places[INSIDE], places[TRIED]
    for lane in range(size):
        i, p, j, t = neuron[lane], stretch[lane], output[lane], time[lane]
        if not abs(x[lane]) < math.inf:
            status[i] = NOT_FINITE
            continue
        while p < len(lengths) and not t < lengths[p]:
            while j < first[p + 1]:
                out[i][j] = x[lane]
                j += 1
            p += 1
            t = 0.0
        if p == len(lengths):
            status[i] = DONE
            continue
        while j < first[p + 1] and offsets[j] <= t:
            out[i][j] = x[lane]
            j += 1
        last = t + STRETCHABLE * wanted[lane] >= lengths[p]
        end[lane] = lengths[p] if last else t + wanted[lane]
        # A step too short to advance would be tried without end.
        status[i] = GAVE_UP if tried[lane] == max_steps or end[lane] == t else GOES_ON
        drives[lane] = drive[p][i if len(drive[p]) > 1 else 0]
        if to_bias:
            room[B][lane], drives[lane] = b[i] + drives[lane], 0.0
        time[lane], step[lane] = t, end[lane] - t
        stretch[lane], output[lane] = p, j
        inside[lane] = 1 if j < first[p + 1] and offsets[j] < end[lane] else 0
        tried[lane] += 1


def clear(x: Row, status: IntRow, room: Rows, places: IntRows, size: int) -> int:
    """Close the lanes of neurons that are through; how many are left."""
    neuron = places[NEURON]
    for lane in range(size - 1, -1, -1):
        i = neuron[lane]
        if status[i] != GOES_ON:
            x[i] = room[X][lane] if status[i] == DONE else math.nan
            size -= 1
            for r in range(W, NEXT + 1):
                room[r][lane] = room[r][size]
            for r in range(PLACES):
                places[r][lane] = places[r][size]
    return size


@kernel(interpreted=4e-6, compiled=6e-9)
def dormand_prince(
    w: Row,
    b: Row,
    drive: Rows,
    inside: bool,
    x: Row,
    lengths: Row,
    first: IntRow,
    offsets: Row,
    rtol: float,
    atol: float,
    max_steps: int,
    out: Rows,
    status: IntRow,
    nfev: IntRow,
    tableau: Rows,
    room: Rows,
    places: IntRows,
) -> None:
    """Advance the n states x, in place, through P stretches by steps of order 8.

    The estimated error of each step, and of outputs inside it, stays below atol + rtol |x|.  Steps
    end where stretches end.  `drive` is P rows of n numbers, or of one for all; where it is
    `inside` sigma, it is added to b.  The outputs of
    stretch p are the states at the times offsets[first[p]], ..., offsets[first[p + 1] - 1] after
    its start, ascending, from 0 to lengths[p]; `out` is n rows of as many numbers as there are
    offsets, and `first` has P + 1.

    status[i] is DONE, GAVE_UP (max_steps tried, rejected ones too, or steps too short to advance)
    or NOT_FINITE (the state or its rate); the outputs missing then, and the state, are NaN.
    nfev[i] counts the rates needed: 12 a step tried, 16 with outputs inside.

    `tableau` is from `coefficients`.  `room` is ROWS rows and `places`, of whole numbers, PLACES
    rows, all as long as neurons shall go in lockstep: BLOCK, or n if that is less.
    """
    wanted, tried, rejected = room[NEXT], places[TRIED], places[REJECTED]
    shortest = min(math.sqrt(math.sqrt(math.sqrt(rtol + atol))), 1.0)
    size = waiting = 0
    while size > 0 or waiting < len(w):
        while size < len(wanted) and waiting < len(w):
            room[W][size], room[B][size], room[X][size] = w[waiting], b[waiting], x[waiting]
            # The error is of order 8 in h, and f' at most 1 + |w|/4 in size.
            wanted[size] = shortest / (1.0 + 0.25 * abs(w[waiting]))
            room[TIME][size] = 0.0
            places[NEURON][size] = waiting
            places[STRETCH][size] = places[OUTPUT][size] = tried[size] = rejected[size] = 0
            nfev[waiting] = 0
            for j in range(len(offsets)):
                out[waiting][j] = math.nan
            size += 1
            waiting += 1
        lay_out(
            b, drive, inside, lengths, first, offsets, max_steps, out, status, room, places, size
        )  # fmt: skip
        size = clear(x, status, room, places, size)
        attempt(tableau, room, size)
        extend(tableau, room, places, size)
        judge(rtol, atol, room, places, size)
        settle(first, offsets, out, nfev, room, places, size)
