"""The map's last state and its derivatives by b and w in plain doubles, for many neurons.

- A lane goes step by step, see `marches`, until it is near a stable fixed point, and the rest
  of the way in closed form: see `koenigs`.  Looks are few, as they take long.
- Where numbers may leave the range of doubles, or no fixed point is near after MOST_STEPS, the
  derivatives are NaN: `sensitivities` finds them.

All of this depends on the lane alone, not on the lanes beside it.  For the derivative by b alone
the caller must keep bare lanes, see `is_bare`, and others apart.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.map.kept import split
from doya.kernels.map.koenigs import (
    approach,
    away,
    level_at,
    multiplier,
    ready,
    rest_of_the_way,
)
from doya.kernels.map.marches import (
    BLOCK,
    EPSILON,
    EVEN,
    FADE,
    FREE,
    INPUT,
    KEPT,
    LARGEST_Z,
    ODD,
    OWN,
    ROUNDED,
    S_B,
    S_W,
    STEEP,
    B,
    W,
    X,
    look_up,
    march,
    shares,
)

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row

# Besides the rows of `marches`: 1 - eps; sigma(z) and sigma(-z) at a look; x and S where the
# lane was ready, both sigmas, and how many steps were left there, -1 before.
KEEP, LEVEL, REST, END_X, END_B, END_W = range(FREE, FREE + 6 * BLOCK, BLOCK)
END_LEVEL, END_REST, LEFT = range(OWN, OWN + 3 * BLOCK, BLOCK)
# At looks: the distance of x*, a bound on mu, its power, and room for n.
STEP, RATE, POWER, COUNT = range(OWN + 3 * BLOCK, OWN + 7 * BLOCK, BLOCK)
# At the end: x* and mu.
POINT, MU = STEP, RATE
ROOM = OWN + 7 * BLOCK

# Looks are after 24, 35, 49, 68, 93, ... steps, and none less than SHORT before the end: with what
# follows they take as long as 20 to 30 steps.
FIRST_LOOK, SHORT = 24, 32
MOST_STEPS = 512
# Derivatives below LEAST may have lost digits.
LEAST = 1e-290
# Products of fewer than MOST_STEPS multipliers are either below LARGEST or seen not to be.
# They are multiplied by 2 (x - target), up to 4e100.
LARGEST = 1e190


def spread(values: Row, first: int, rows: Row, row: int, size: int) -> None:
    """A block's part of the values, or the only one."""
    if len(values) > 1:
        part = values[first : first + size]
        for i in range(size):
            rows[row + i] = part[i]
    else:
        for i in range(size):
            rows[row + i] = values[0]


def begin(rows: Row, size: int) -> None:
    """S = 0.  Lanes that may leave the range of doubles get LEFT NaN, and do not wait."""
    for i in range(size):
        largest = max(abs(rows[X + i]), 1.0 + abs(rows[INPUT + i]))
        trusted = abs(rows[W + i]) * largest + abs(rows[B + i]) <= LARGEST_Z
        share = 1.0 if trusted else 0.0
        rows[LEFT + i] = -1.0 if trusted else math.nan
        rows[W + i] *= share
        rows[B + i] *= share
        rows[X + i] *= share
    for i in range(size):
        rows[S_B + i], rows[S_W + i], rows[END_X + i] = 0.0, 0.0, math.nan


def prepare(rows: Row, size: int) -> None:
    """What follows from eps, for steps that are not bare and for looks."""
    for i in range(size):
        rows[KEEP + i], rows[STEEP + i] = 1.0 - rows[EPSILON + i], rows[EPSILON + i] * rows[W + i]
        rows[KEPT + i], rows[FADE + i] = split(rows[EPSILON + i])


def keep_all(rows: Row, size: int) -> None:
    """Keep the last state of lanes that were never ready."""
    for i in range(size):
        left = rows[LEFT + i]
        x, s_b, s_w = rows[END_X + i], rows[END_B + i], rows[END_W + i]
        new_x, new_s_b, new_s_w = rows[X + i], rows[S_B + i], rows[S_W + i]
        rows[END_X + i] = new_x if left < 0.0 else x
        rows[END_B + i] = new_s_b if left < 0.0 else s_b
        rows[END_W + i] = new_s_w if left < 0.0 else s_w
        rows[LEFT + i] = 0.0 if left < 0.0 else left


def look(left: int, rows: Row, size: int) -> int:
    """Keep the state of lanes that are ready, `left` steps before the end; return how many wait."""
    if left == 0:
        keep_all(rows, size)
        return 0
    close, waiting = 0, 0
    look_up(rows, size)
    for i in range(size):
        rows[LEVEL + i], rows[REST + i] = shares(rows[ROUNDED + i], rows[ODD + i], rows[EVEN + i])
    for i in range(size):
        rows[STEP + i], rows[RATE + i] = approach(
            rows[KEEP + i], rows[EPSILON + i], rows[STEEP + i], rows[W + i], rows[INPUT + i],
            rows[X + i], rows[LEVEL + i], rows[REST + i],
        )  # fmt: skip
    for i in range(size):
        close += (rows[RATE + i] < 1.0) & (rows[LEFT + i] < 0.0)
    if close > 0:
        for i in range(size):
            rows[COUNT + i] = left
        raise_all(left, rows, size)
        for i in range(size):
            now = (rows[LEFT + i] < 0.0) & ready(
                rows[KEEP + i], rows[EPSILON + i], rows[STEEP + i], rows[W + i], rows[X + i],
                rows[S_B + i], rows[S_W + i], rows[LEVEL + i], rows[REST + i],
                rows[STEP + i], rows[RATE + i], rows[POWER + i], left,
            )  # fmt: skip
            rows[END_X + i] = rows[X + i] if now else rows[END_X + i]
            rows[END_B + i] = rows[S_B + i] if now else rows[END_B + i]
            rows[END_W + i] = rows[S_W + i] if now else rows[END_W + i]
            rows[END_LEVEL + i] = rows[LEVEL + i] if now else rows[END_LEVEL + i]
            rows[END_REST + i] = rows[REST + i] if now else rows[END_REST + i]
            rows[LEFT + i] = left if now else rows[LEFT + i]
    for i in range(size):
        waiting += rows[LEFT + i] < 0.0
    return waiting


def raised(power: float, base: float, left: float, bit: float) -> tuple[float, float]:
    """power**64 base**n and left - n, where n is what six bits of left, from `bit` down, make."""
    for _ in range(6):
        taken = left >= bit
        power *= power * (base if taken else 1.0)
        left -= bit if taken else 0.0
        bit *= 0.5
    return power, left


def raise_all(most: float, rows: Row, size: int) -> None:
    """POWER becomes RATE**COUNT; COUNT is at most `most`, and becomes 0."""
    bit = 32.0
    while 2.0 * bit <= most:
        bit *= 64.0
    for i in range(size):
        rows[POWER + i] = 1.0
    while bit >= 1.0:
        for i in range(size):
            rows[POWER + i], rows[COUNT + i] = raised(
                rows[POWER + i], rows[RATE + i], rows[COUNT + i], bit
            )
        bit /= 64.0


def finish(steps: int, rows: Row, size: int) -> None:
    """Take each lane from where it was ready to its end."""
    for i in range(size):
        rows[POINT + i] = rows[END_X + i] + away(
            rows[EPSILON + i], rows[STEEP + i], rows[W + i], rows[INPUT + i], rows[END_X + i],
            rows[END_LEVEL + i], rows[END_REST + i],
        )  # fmt: skip
    for i in range(size):
        _, near, far = level_at(
            rows[EPSILON + i], rows[STEEP + i], rows[W + i], rows[B + i], rows[INPUT + i],
            rows[POINT + i],
        )  # fmt: skip
        rows[END_LEVEL + i], rows[END_REST + i] = near, far
        rows[MU + i] = multiplier(rows[KEEP + i], rows[STEEP + i] * (near * far))
    for i in range(size):
        rows[COUNT + i] = rows[LEFT + i]
    raise_all(steps, rows, size)
    for i in range(size):
        x, s_b, s_w = rest_of_the_way(
            rows[KEEP + i], rows[EPSILON + i], rows[STEEP + i], rows[W + i], rows[END_X + i],
            rows[END_B + i], rows[END_W + i], rows[END_LEVEL + i] + rows[INPUT + i],
            rows[END_LEVEL + i], rows[END_REST + i], rows[POWER + i], rows[LEFT + i],
        )  # fmt: skip
        rows[END_X + i] = x if rows[LEFT + i] > 0.0 else rows[END_X + i]
        rows[END_B + i] = s_b if rows[LEFT + i] > 0.0 else rows[END_B + i]
        rows[END_W + i] = s_w if rows[LEFT + i] > 0.0 else rows[END_W + i]


def report(by_w: bool, rows: Row, size: int) -> None:
    """END_B and END_W become s = eps S, or NaN."""
    for i in range(size):
        largest = abs(rows[END_B + i])
        largest = max(largest, abs(rows[END_W + i])) if by_w else largest
        known = (largest <= LARGEST) & (rows[LEFT + i] >= 0.0)
        rows[END_B + i] = rows[EPSILON + i] * rows[END_B + i] if known else math.nan
        rows[END_W + i] = rows[EPSILON + i] * rows[END_W + i] if known else math.nan


def to_the_end(steps: int, bare: bool, by_w: bool, rows: Row, size: int) -> None:
    """Take a block from X to END_X, END_B and, if `by_w`, END_W."""
    begin(rows, size)
    if not bare or steps >= FIRST_LOOK + SHORT:
        prepare(rows, size)
    done, waiting, stride = 0, size, FIRST_LOOK
    if steps == 0:
        keep_all(rows, size)
    while waiting > 0 and done < min(steps, MOST_STEPS):
        if steps - done < stride + SHORT:
            stride = steps - done
        march(stride, bare, by_w, rows, size)
        done += stride
        waiting = look(steps - done, rows, size)
        stride = 3 + done // 3
    early = 0
    for i in range(size):
        early += rows[LEFT + i] > 0.0
    if early > 0:
        finish(steps, rows, size)
    report(by_w, rows, size)


def is_bare(rows: Row, size: int) -> bool:
    """Return whether in all lanes nothing is kept and nothing given."""
    bare = 0
    for i in range(size):
        bare += (rows[EPSILON + i] == 1.0) & (rows[INPUT + i] == 0.0)
    return bare == size


@kernel(interpreted=3e-6, compiled=1.5e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    given: Row,
    x: Row,
    steps: int,
    by_w_too: bool,
    out: Row,
    by_b: Row,
    by_w: Row,
    rows: Row,
) -> None:
    """Take steps from the states x under the constant input `given`, w' u.

    out, by_b and, if `by_w_too`, by_w receive the last states and their derivatives; each of the
    others holds one number a neuron, or one for all.  Where by_b is NaN, nothing is reported.
    `rows` is room: ROOM numbers.
    """
    for first in range(0, len(out), BLOCK):
        size = min(BLOCK, len(out) - first)
        spread(w, first, rows, W, size)
        if first == 0 or len(epsilon) > 1:
            spread(epsilon, first, rows, EPSILON, size)
        if first == 0 or len(given) > 1:
            spread(given, first, rows, INPUT, size)
        spread(b, first, rows, B, size)
        spread(x, first, rows, X, size)
        to_the_end(steps, is_bare(rows, size), by_w_too, rows, size)
        for i in range(size):
            out[first + i] = rows[END_X + i]
        for i in range(size):
            by_b[first + i] = rows[END_B + i]
        if by_w_too:
            for i in range(size):
                by_w[first + i] = rows[END_W + i]
