"""The map with the derivatives s of its state with respect to x0, b, w and epsilon, in lockstep.

s' = mu s + source: s starts at (1, 0, 0, 0), mu = 1 - eps + eps w sigma'(z), and the sources are 0,
eps sigma'(z), eps sigma'(z) x, and r = sigma(z) - x + w' u = (x' - x) / eps.

- Where x settles r cancels completely, long after which it still counts.  It is carried along:
  r' = (1 - eps) r + sigma(z') - sigma(z) + w' (u' - u), and sigma(z') - sigma(z) is
  sigma(z') sigma(-z) (1 - e**-h), where h = z' - z = eps w r.
- A chunk of a few dozen steps takes s to P s + C, which the lanes find in doubles.  s and r are
  kept in X-numbers, as products of many factors leave the range of doubles.
- Where something left that range inside a chunk, the neuron takes those steps in X-numbers.
- A neuron whose state repeats after two steps, bit for bit, goes to the end of the stretch in
  closed form, and stands still until the next one.
- One that approaches a fixed point slowly is led by its distance from there, from the same step on
  as in `iteration`: see `deviations`.  That it repeats before counts only if it will not be led.

All of this depends on the neuron alone, not on the neurons beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.deviations import FIRST_LOOK as FIRST_DEVIATION
from doya.kernels.map.deviations import deviate, deviation, has_settled, may_be_slow
from doya.kernels.map.input_jumps import JUMPS, jump_of_rate, look_ahead, turn
from doya.kernels.map.inputs import drive_lanes, input_of
from doya.kernels.map.kept import split
from doya.kernels.map.led_lanes import (
    BLOCK,
    DISTANCE,
    DRIVE,
    EPSILON,
    FADE,
    FAR,
    KEEP,
    LED,
    NEAR,
    POINT,
    B,
    W,
    X,
    clear,
    look,
)
from doya.kernels.map.tangents import (
    BEFORE,
    BENT,
    C_B,
    C_EPSILON,
    C_W,
    LEAST,
    LEVEL,
    NEXT_LEVEL,
    NEXT_REST,
    RATE,
    RATE_SCALE,
    REPEATS,
    REST,
    START,
    START_DISTANCE,
    START_RATE,
    STEEP,
    P,
    march,
    march_round,
)
from doya.kernels.map.x_number_sensitivities import (
    begin,
    compose,
    first_rate,
    repeat,
    scale,
    step,
)
from doya.kernels.numbers.logistic import levels
from doya.kernels.numbers.x_numbers import ROOT, plus, report, times, x_number

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import IntRow, Row, Rows

# Between steps: what one neuron's cycle does to s.
CYCLE_BY, CYCLE_SHIFT = NEXT_LEVEL, NEXT_REST

# In a long stretch chunks end, and repetitions are looked for, after 8, 16, 32, 64, 128, 256, ...
# steps.  Short stretches share chunks of at most 32 steps.
FIRST_LOOK, STRIDE, SHORT = 8, 128, 32
# A chunk is trusted within these bounds.  What underflows, below 1e-308, is off by up to 5e-324,
# which the factors after it multiply by no more than P / (the least product).
LEAST_TRUSTED, LARGEST_TRUSTED, UNDERFLOWN = 1e-280, 1e280, 1e-304
# Beyond, h may count although r is as small as its scale allows.
STEEPEST = 1e100


def move_all(epsilon: Row, first: int, rows: Rows, size: int) -> None:
    """Set what follows from epsilon, so that all lanes move again."""
    keep, own, steep = rows[KEEP], rows[EPSILON], rows[STEEP]
    for i in range(size):
        n = first + i
        keep[i], rows[FADE][i] = split(epsilon[n])
        own[i], steep[i] = epsilon[n], epsilon[n] * rows[W][i]


def enter(
    own_b: Row, gain: Row, u: Rows, inside: bool, epsilon: Row, p: int, before: int, steps: int,
    turned: bool, by_epsilon: bool, first: int, rows: Rows, size: int,
) -> None:  # fmt: skip
    """Set the input of stretch p, and r, which jumps with it from stretch `before`, -1 at first.

    `steps` of the chunk are done.  Where the last one has `turned`, sigma and r are known.
    """
    w, b, x, rate, rate_scale = rows[W], rows[B], rows[X], rows[RATE], rows[RATE_SCALE]
    drive = rows[DRIVE]
    drive_lanes(own_b, gain, u, inside, p, first, rows, size)
    jumps = rows[JUMPS]  # of r, where they are known in doubles
    if turned:
        return
    if inside:  # else the bias stays, and so does sigma(z)
        turn(gain, u, p, max(before, 0), by_epsilon, first, rows, size)
    if not by_epsilon:
        return
    for i in range(size):
        n = first + i
        if before < 0:
            rate[i], rate_scale[i] = first_rate(w[i], b[i], epsilon[n], drive[i], x[i])
            continue
        more = (jumps[i], 0.0)
        if not inside or not abs(jumps[i]) > LEAST_TRUSTED:
            more = jump_of_rate(
                w[i], own_b[n], gain, u, inside, epsilon[n], x[i], before, p, n
            )  # fmt: skip
        if steps == 0:
            rate[i], rate_scale[i] = plus((rate[i], rate_scale[i]), x_number(more[0], more[1]))
        elif more[0] != 0.0:  # out of scale, r is not to be trusted
            rate[i] += more[0] if rate_scale[i] == 0.0 and more[1] == 0.0 else math.inf


def open_chunk(led: int, rows: Rows, size: int) -> None:
    """Set P = 1 and C = 0 in each lane."""
    w, steep, x, start, product = rows[W], rows[STEEP], rows[X], rows[START], rows[P]
    least, c_b, c_w, c_epsilon = rows[LEAST], rows[C_B], rows[C_W], rows[C_EPSILON]
    rate, rate_scale, start_rate, bent = (
        rows[RATE], rows[RATE_SCALE], rows[START_RATE], rows[BENT]
    )  # fmt: skip
    for i in range(size):
        start[i], start_rate[i], product[i] = x[i], rate[i], 1.0
        c_b[i], c_w[i], c_epsilon[i] = 0.0, 0.0, 0.0
        plain = rate_scale[i] == 0.0
        bent[i] = steep[i] if plain else 0.0
        least[i] = 1.0 if plain or (rate_scale[i] < 0.0 and abs(w[i]) < STEEPEST) else 0.0
    for j in range(led):
        rows[START_DISTANCE][j] = rows[DISTANCE][j]


def trusted(product: float, least: float, c: float) -> bool:
    """Return whether P and C are not harmed by numbers that left the range of doubles."""
    return (
        least >= LEAST_TRUSTED
        and abs(product) <= LARGEST_TRUSTED
        and abs(c) <= LARGEST_TRUSTED
        and abs(c) >= UNDERFLOWN * (abs(product) / least)
    )


def close_chunk(
    own_b: Row, gain: Row, u: Rows, inside: bool, lengths: IntRow, p: int, steps: int, after: int,
    every: bool, by_epsilon: bool, first: int, by: Rows, shift: Rows, rows: Rows, size: int,
) -> None:  # fmt: skip
    """Find s after the chunk's steps in stretches p, ..., in lanes that move or repeat.

    Where r has jumped already with the input of the next stretch, that is `after`, else -1.
    """
    w, keep, epsilon, start = rows[W], rows[KEEP], rows[EPSILON], rows[START]
    product, c_b, c_w, c_epsilon = rows[P], rows[C_B], rows[C_W], rows[C_EPSILON]
    rate, rate_scale, start_rate = rows[RATE], rows[RATE_SCALE], rows[START_RATE]
    for i in range(size):
        n = first + i
        if epsilon[i] == 0.0 or not (every or rows[REPEATS][i] != 0.0):
            continue
        least = min(rows[LEAST][i], keep[i] + rows[LEVEL][i] * rows[REST][i])
        # On a wall r stays 0.
        still = start_rate[i] == 0.0 and rate[i] == 0.0 and c_epsilon[i] == 0.0
        if (
            trusted(product[i], least, c_b[i])
            and trusted(product[i], least, c_w[i])
            and (still or trusted(product[i], least, c_epsilon[i]))
            and (still or (trusted(product[i], least, rate[i]) and abs(rate[i]) < ROOT))
        ):
            factor = x_number(product[i])
            scale(factor, by[n], shift[n])
            step_x = x_number(epsilon[i])
            compose(factor, times(step_x, x_number(c_b[i])), by[n], shift[n], 1)
            compose(factor, times(step_x, x_number(c_w[i])), by[n], shift[n], 2)
            if by_epsilon:
                compose(factor, x_number(c_epsilon[i], rate_scale[i]), by[n], shift[n], 3)
                rate[i], rate_scale[i] = x_number(rate[i], rate_scale[i])
            continue
        x, r, left, before, q = start[i], (start_rate[i], rate_scale[i]), steps, p, p
        j = int(rows[LED][i]) - 1
        distance = rows[START_DISTANCE][max(j, 0)]
        while left > 0:
            part = min(lengths[q], left)
            if part > 0:
                if by_epsilon and q > p:
                    more = jump_of_rate(
                        w[i], own_b[n], gain, u, inside, epsilon[i], x, before, q, n
                    )  # fmt: skip
                    r = plus(r, x_number(more[0], more[1]))
                bias, drive = own_b[n], gain[n] * input_of(u, q, n)
                if inside:
                    bias, drive = bias + drive, 0.0
                for _ in range(part):
                    x, r = step(w[i], bias, epsilon[i], drive, x, r, by[n], shift[n])
                    if j >= 0:
                        distance = deviate(
                            distance, w[i], keep[i], rows[FADE][i], epsilon[i], rows[NEAR][j],
                            rows[FAR][j],
                        )  # fmt: skip
                        x = rows[POINT][j] + distance
                left, before = left - part, q
            q += 1
        if by_epsilon and after >= 0:
            more = jump_of_rate(
                w[i], own_b[n], gain, u, inside, epsilon[i], x, before, after, n
            )  # fmt: skip
            r = plus(r, x_number(more[0], more[1]))
        rate[i], rate_scale[i] = r


def mark(careful: bool, to_look: bool, rows: Rows, size: int) -> None:
    """Find the lanes whose state repeats; to_look is whether there will be another `look`."""
    for i in range(size):
        rows[REPEATS][i] = 1.0 if rows[X][i] == rows[BEFORE][i] else 0.0
    if not careful:
        return
    for i in range(size):
        j, repeats = int(rows[LED][i]) - 1, rows[REPEATS][i] != 0.0
        if j >= 0:
            repeats = has_settled(rows[DISTANCE][j], rows[POINT][j])
        elif repeats and to_look and rows[EPSILON][i] != 0.0:
            will_be_led, _, _, _, _ = deviation(
                rows[X][i], rows[W][i], rows[B][i], rows[EPSILON][i], rows[DRIVE][i]
            )
            repeats = will_be_led == 0.0
        rows[REPEATS][i] = 1.0 if repeats else 0.0


def settle(left: int, first: int, by: Rows, shift: Rows, rows: Rows, size: int) -> int:
    """Take lanes whose state repeats to the end of the stretch; how many others there are."""
    w, b, keep, epsilon, drive = rows[W], rows[B], rows[KEEP], rows[EPSILON], rows[DRIVE]
    x, rate, rate_scale = rows[X], rows[RATE], rows[RATE_SCALE]
    moving = 0
    for i in range(size):
        n = first + i
        if epsilon[i] != 0.0 and rows[REPEATS][i] != 0.0:
            x[i], (rate[i], rate_scale[i]) = repeat(
                w[i], b[i], epsilon[i], drive[i], x[i], (rate[i], rate_scale[i]),
                rows[LED][i] != 0.0, left, by[n], shift[n], rows[CYCLE_BY], rows[CYCLE_SHIFT],
            )  # fmt: skip
            rows[LEVEL][i], rows[REST][i] = levels(w[i] * x[i] + b[i])
            keep[i], epsilon[i], drive[i], rows[STEEP][i] = 1.0, 0.0, 0.0, 0.0
            rows[FADE][i] = 0.0
        moving += epsilon[i] != 0.0
    return moving


@kernel(interpreted=3e-6, compiled=5e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    gain: Row,
    u: Rows,
    inside: bool,
    lengths: IntRow,
    early_stop: bool,
    x: Row,
    by: Rows,
    shift: Rows,
    rows: Rows,
) -> None:
    """Take lengths[p] steps from the states x under the input u[p], stretch after stretch p.

    gain is epsilon w'; where the input is `inside` sigma, gain is w', and gain u[p] is added to b.
    u[p] holds one number a neuron, or one for all.  x receives the last states.
    Their derivatives with respect to x0, b, w and epsilon are by[i][k] e**shift[i][k], k < 4; shift
    is 0 where they are 0, or of a size from 1e-250 to 1e250.  Where `by` has only 3 columns, that
    for epsilon is left out, which is faster.  `rows` is room: ROWS of BLOCK.
    """
    row_w, row_b, row_x, level, rest = rows[W], rows[B], rows[X], rows[LEVEL], rows[REST]
    rate, rate_scale = rows[RATE], rows[RATE_SCALE]
    by_epsilon = len(by) > 0 and len(by[0]) > 3
    to_come = 0
    for p in range(len(lengths)):
        to_come += lengths[p]
    total = to_come
    for first in range(0, len(x), BLOCK):
        size = min(BLOCK, len(x) - first)
        quick, careful = True, False
        for i in range(size):
            row_w[i], row_b[i], row_x[i] = w[first + i], b[first + i], x[first + i]
            begin(by[first + i], shift[first + i])
            quick = quick and split(epsilon[first + i])[1] == 0.0
            careful = careful or may_be_slow(w[first + i], epsilon[first + i])
        for i in range(size):
            level[i], rest[i] = levels(row_w[i] * row_x[i] + row_b[i])
            rate[i], rate_scale[i] = 0.0, 0.0
        clear(rows)
        since, steps, before, to_come, led, turned = 0, 0, -1, total, 0, False
        some_stand = True
        for p in range(len(lengths)):
            if lengths[p] == 0:
                continue
            if some_stand:
                move_all(epsilon, first, rows, size)
                some_stand = False
            enter(
                b, gain, u, inside, epsilon, p, before, steps, turned, by_epsilon, first, rows,
                size,
            )  # fmt: skip
            before, turned = p, False
            to_come -= lengths[p]
            after = p + 1
            while to_come > 0 and lengths[after] == 0:
                after += 1
            left, long = lengths[p], lengths[p] > SHORT
            if led > 0:
                clear(rows)
            led, next_look = 0, FIRST_DEVIATION
            while left > 0:
                if careful and lengths[p] - left == next_look:
                    led = look(led, rows, size)
                    next_look *= 2
                if steps == 0:
                    since = p
                    open_chunk(led, rows, size)
                done = lengths[p] - left
                stride = STRIDE if not early_stop else min(max(done, FIRST_LOOK), STRIDE)
                stride = min(left, stride) if long else left
                turned = inside and led == 0 and stride == left and to_come > 0
                turned = turned and look_ahead(
                    b, gain, u, p, after, by_epsilon, first, rows, size
                )  # fmt: skip
                straight = stride - 1 if turned else stride
                march(straight, led, quick, by_epsilon, rows, size)
                if turned:
                    march_round(by_epsilon, rows, size)
                left, steps = left - stride, steps + stride
                if not long and to_come > 0 and steps + lengths[p + 1] <= SHORT:
                    continue
                full = left == 0 or steps >= STRIDE
                if early_stop:
                    mark(careful, careful and lengths[p] > next_look, rows, size)
                if full or early_stop:
                    close_chunk(
                        b, gain, u, inside, lengths, since, steps, after if turned else -1, full,
                        by_epsilon, first, by, shift, rows, size,
                    )  # fmt: skip
                if early_stop and left > 0:
                    some_stand = True
                    if settle(left, first, by, shift, rows, size) == 0:
                        left = 0
                if full or left == 0:
                    steps = 0
        for i in range(size):
            n = first + i
            x[n] = row_x[i]
            for k in range(len(by[n])):
                if shift[n][k] != 0.0:
                    by[n][k], shift[n][k] = report((by[n][k], shift[n][k]))
