"""The map x' = (1 - eps) x + eps (sigma(w x + b) + w' u), many neurons in lockstep, time outside.

- One step has the same form in all kernels, see `advance`: 1 - eps is not rounded in it, as the
  state would drift by that rounding over eps.
- A block whose states all repeat after two steps, bit for bit, has reached fixed points or 2-cycles
  and stops early with the exact answer.
- A neuron near a stable fixed point that it approaches slowly is followed by its distance from that
  point: see `deviations`.  Looks for such neurons are after fixed numbers of steps under the same
  input, for all output times.

All of this depends on the neuron alone, not on the neurons beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.deviations import FIRST_LOOK, faded, has_settled, may_be_slow, risen
from doya.kernels.map.inputs import drive_lanes
from doya.kernels.map.kept import split
from doya.kernels.map.led_lanes import (
    BLOCK,
    DISTANCE,
    DRIVE,
    EPSILON,
    FADE,
    FAR,
    KEEP,
    LANE,
    LANES,
    LED,
    LED_EPSILON,
    LED_FADE,
    LED_KEEP,
    LED_W,
    NEAR,
    OWN,
    POINT,
    RISE,
    B,
    W,
    X,
    clear,
    look,
)
from doya.kernels.numbers.logistic import logistic

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Rows of the working space besides those of `led_lanes`: the state after one and two steps.  They
# stay in the first cache, and do not overlap, which the vector units ask for.  A store delays loads
# from rows 8 before it, 4096 bytes away; so these are not 8 or 16 rows behind a parameter's.
ONCE, TWICE = OWN + 4, OWN + 5
ROWS = OWN + 6
# Whether epsilons are below `kept.SMALL_STEP`: of none in a block, of all, or of some; or whether
# they all are 1, and nothing is given.
LARGE, SMALL, MIXED, BARE = range(4)
# Steps between two looks for a repetition: a look costs as much as two steps.
STRIDE = 32


def advance(
    x: float, w: float, b: float, keep: float, fade: float, epsilon: float, drive: float
) -> float:
    """One step; keep and fade are of `kept.split`, drive is epsilon w' u."""
    gone = x if fade > 0.0 else 0.0
    return epsilon * (logistic(w * x + b) - gone) + (keep * x + drive)


def stride_on(steps: int, kind: int, now: Row, rows: Rows, size: int) -> None:
    """Take steps of the states `now` in all lanes; those of one kind with fewer operations."""
    use_widest_vectors()
    w, b, keep, fade = rows[W], rows[B], rows[KEEP], rows[FADE]
    epsilon, drive = rows[EPSILON], rows[DRIVE]
    if kind == BARE:  # with the bits of LARGE
        for _ in range(steps):
            for i in range(size):
                now[i] = logistic(w[i] * now[i] + b[i])
    elif kind == LARGE:
        for _ in range(steps):
            for i in range(size):
                level = logistic(w[i] * now[i] + b[i])
                now[i] = epsilon[i] * level + (keep[i] * now[i] + drive[i])
    elif kind == SMALL:
        for _ in range(steps):
            for i in range(size):
                level = logistic(w[i] * now[i] + b[i])
                now[i] = epsilon[i] * (level - now[i]) + (now[i] + drive[i])
    else:
        for _ in range(steps):
            for i in range(size):
                now[i] = advance(now[i], w[i], b[i], keep[i], fade[i], epsilon[i], drive[i])


def march(steps: int, early_stop: bool, kind: int, any_led: bool, rows: Rows, size: int) -> bool:
    """Take steps in all lanes; return whether the states of those that are not led repeat."""
    now, once, twice, led = rows[X], rows[ONCE], rows[TWICE], rows[LED]
    left = steps
    while left > 0:
        stride = min(STRIDE, left) if early_stop else left
        stride_on(stride, kind, now, rows, size)
        left -= stride
        if left < 2:
            continue
        changed = 0
        for i in range(size):
            once[i] = now[i]
        stride_on(1, kind, once, rows, size)
        for i in range(size):
            twice[i] = once[i]
        stride_on(1, kind, twice, rows, size)
        for i in range(size):
            changed += now[i] != twice[i]
        if any_led:
            changed = 0
            for i in range(size):
                changed += (now[i] != twice[i]) & (led[i] == 0.0)
        if changed == 0:
            if left % 2 == 1:
                turn(rows, size)
            return True
        for i in range(size):
            now[i] = twice[i]
        left -= 2
    return False


def turn(rows: Rows, size: int) -> None:
    """Take an odd number of steps in lanes whose states repeat after two."""
    now, once = rows[X], rows[ONCE]
    for i in range(size):
        now[i], once[i] = once[i], now[i]


def march_led(steps: int, count: int, rows: Rows) -> None:
    """Take steps of the distances, until they are too small to change a state."""
    w, keep, fade, epsilon = rows[LED_W], rows[LED_KEEP], rows[LED_FADE], rows[LED_EPSILON]
    point, near, far, distance = rows[POINT], rows[NEAR], rows[FAR], rows[DISTANCE]
    rise, size = rows[RISE], (count + LANES - 1) // LANES * LANES
    left = steps
    while left > 0:
        moving = 0
        for i in range(size):
            moving += not has_settled(distance[i], point[i])
        if moving == 0:
            return
        stride = min(STRIDE, left)
        for _ in range(stride):
            for i in range(size):  # one loop over all these rows does not vectorise
                rise[i] = risen(w[i] * distance[i], near[i], far[i])
            for i in range(size):
                distance[i] = faded(distance[i], keep[i], fade[i], epsilon[i], rise[i])
        left -= stride


def land(count: int, rows: Rows) -> None:
    """Return to the states of lanes that are led, as their input changes."""
    for j in range(count):
        rows[X][int(rows[LANE][j])] = rows[POINT][j] + rows[DISTANCE][j]
    clear(rows)


@kernel(interpreted=1.5e-6, compiled=2.5e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    gain: Row,
    u: Rows,
    inside: bool,
    lengths: IntRow,
    fresh: IntRow,
    early_stop: bool,
    x: Row,
    skipped: int,
    out: Rows,
    rows: Rows,
) -> None:
    """Take lengths[p] steps from the states x under the input u[p], stretch after stretch p.

    gain is epsilon w'; where the input is `inside` sigma, gain is w', and gain u[p] is added to b.
    u[p] holds one number a neuron, or one for all.  fresh[p] is 0 where u[p] is u[p - 1] going on.
    out[i] receives the states at the ends of the stretches, the first `skipped` left out.  `rows`
    is room.
    """
    for first in range(0, len(x), BLOCK):
        size = min(BLOCK, len(x) - first)
        small, whole, careful = 0, 0, False
        for i in range(size):
            n = first + i
            rows[W][i], rows[B][i], rows[EPSILON][i], rows[X][i] = w[n], b[n], epsilon[n], x[n]
            rows[KEEP][i], rows[FADE][i] = split(epsilon[n])
            small += rows[FADE][i] > 0.0
            whole += epsilon[n] == 1.0
            careful = careful or may_be_slow(w[n], epsilon[n])
        kind = LARGE if small == 0 else (SMALL if small == size else MIXED)
        if careful:
            clear(rows)
        age, next_look, led, repeats, done = 0, FIRST_LOOK, 0, False, not careful
        for p in range(len(lengths)):
            drive_lanes(b, gain, u, inside, p, first, rows, size)
            if whole == size:
                given = 0
                for i in range(size):
                    given += rows[DRIVE][i] != 0.0
                kind = LARGE if given > 0 else BARE
            if fresh[p] != 0:
                if led > 0:
                    land(led, rows)
                age, next_look, led, repeats, done = 0, FIRST_LOOK, 0, False, not careful
            left = lengths[p]
            while left > 0:
                if age == next_look and not done:
                    led = look(led, rows, size)
                    next_look *= 2
                    # States that repeat would look the same next time.
                    done = repeats or led == size
                part = left if done else min(left, next_look - age)
                if repeats:
                    if part % 2 == 1:
                        turn(rows, size)
                elif led < size:
                    repeats = march(part, early_stop, kind, led > 0, rows, size)
                if led > 0:
                    march_led(part, led, rows)
                age, left = age + part, left - part
            if p >= skipped:
                for i in range(size):
                    out[first + i][p - skipped] = rows[X][i]
                for j in range(led):
                    n = first + int(rows[LANE][j])
                    out[n][p - skipped] = rows[POINT][j] + rows[DISTANCE][j]
