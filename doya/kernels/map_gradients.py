"""The map's last state and its derivatives by b and w in plain doubles, for many neurons.

With s = eps S,  S_b' = mu S_b + sigma'(z),  S_w' = mu S_w + sigma'(z) x,  mu = 1 - eps + eps w
sigma'(z), both from 0, x before the step.

- A lane goes step by step until it is near a stable fixed point, and the rest of the way in closed
  form: see `koenigs`.  Looks are few, as one costs as much as two or three steps.
- Where numbers may leave the range of doubles, or no fixed point is near after MOST_STEPS, the
  derivatives are NaN: `map_sensitivities` finds them.

All of this depends on the lane alone, not on the lanes beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.kept import split
from doya.kernels.koenigs import (
    approach,
    away,
    level_at,
    multiplier,
    ready,
    rest_of_the_way,
    sides,
)
from doya.kernels.registry import kernel
from doya.kernels.vectors import use_widest_vectors

if TYPE_CHECKING:
    from doya.kernels.kinds import Row

BLOCK = 32
# Where in the working space each row begins, one neuron a column; one array, so that machine code
# need not ask whether rows overlap.  Parameters, 1 - eps, eps w; what steps change, with sigma(z)
# and sigma(-z); the same where the lane was ready, and how many steps were left there, -1 before.
W, B, KEEP, EPSILON, INPUT, STEEP, X, S_B, S_W, LEVEL, REST = range(0, 11 * BLOCK, BLOCK)
END_X, END_B, END_W, END_LEVEL, END_REST, LEFT = range(11 * BLOCK, 17 * BLOCK, BLOCK)
# At looks: the distance of x*, a bound on mu, its power, and room for n.
STEP, RATE, POWER, COUNT = range(17 * BLOCK, 21 * BLOCK, BLOCK)
# At the end: x* and mu.
POINT, MU = STEP, RATE
# 1 - eps in two parts, as a step takes it.
KEPT, FADE = range(21 * BLOCK, 23 * BLOCK, BLOCK)
ROOM = 23 * BLOCK

# Looks are after 6, 11, 17, 25, 36, 51, ... steps, and none less than SHORT before the end.
FIRST_LOOK, SHORT = 6, 8
MOST_STEPS = 512
# Where |z| stays below, sigma' and all sources are above 1e-275, and products of fewer than
# MOST_STEPS multipliers are either below LARGEST or seen not to be.
LARGEST_Z, LARGEST = 200.0, 1e280


def spread(values: Row, first: int, rows: Row, row: int, size: int) -> None:
    """A block's part of the values, or the only one."""
    if len(values) > 1:
        for i in range(size):
            rows[row + i] = values[first + i]
    else:
        for i in range(size):
            rows[row + i] = values[0]


def begin(rows: Row, size: int) -> None:
    """S = 0.  Lanes that may leave the range of doubles get NaN, and do not wait."""
    for i in range(size):
        largest = max(abs(rows[X + i]), 1.0 + abs(rows[INPUT + i]))
        trusted = abs(rows[W + i]) * largest + abs(rows[B + i]) <= LARGEST_Z
        rows[LEFT + i] = -1.0 if trusted else 0.0
        rows[B + i] = rows[B + i] if trusted else 0.0
        rows[X + i] = rows[X + i] if trusted else 0.0
    for i in range(size):
        rows[KEEP + i], rows[STEEP + i] = 1.0 - rows[EPSILON + i], rows[EPSILON + i] * rows[W + i]
        rows[KEPT + i], rows[FADE + i] = split(rows[EPSILON + i])
    for i in range(size):
        rows[S_B + i], rows[S_W + i] = 0.0, 0.0
        rows[END_X + i], rows[END_B + i], rows[END_W + i] = math.nan, math.nan, math.nan
    for i in range(size):
        rows[LEVEL + i], rows[REST + i] = sides(rows[W + i] * rows[X + i] + rows[B + i])


def march(steps: int, rows: Row, size: int) -> None:
    """Take steps of x, S_b and S_w in each lane."""
    use_widest_vectors()
    for _ in range(steps):
        for i in range(size):
            slope = rows[LEVEL + i] * rows[REST + i]
            m = rows[STEEP + i] * slope - rows[FADE + i]
            s_b, s_w = rows[S_B + i], rows[S_W + i]
            rows[S_B + i] = (m * s_b + slope) + rows[KEPT + i] * s_b
            rows[S_W + i] = (m * s_w + slope * rows[X + i]) + rows[KEPT + i] * s_w
            rise = rows[EPSILON + i] * (rows[LEVEL + i] + rows[INPUT + i])
            rows[X + i] = (rise - rows[FADE + i] * rows[X + i]) + rows[KEPT + i] * rows[X + i]
            rows[LEVEL + i], rows[REST + i] = sides(rows[W + i] * rows[X + i] + rows[B + i])


def march_bare(steps: int, rows: Row, size: int) -> None:
    """`march` where nothing is kept and nothing given, eps = 1: with the same bits."""
    use_widest_vectors()
    for _ in range(steps):
        for i in range(size):
            slope = rows[LEVEL + i] * rows[REST + i]
            mu = rows[W + i] * slope
            rows[S_B + i] = mu * rows[S_B + i] + slope
            rows[S_W + i] = mu * rows[S_W + i] + slope * rows[X + i]
            rows[X + i] = rows[LEVEL + i]
            rows[LEVEL + i], rows[REST + i] = sides(rows[W + i] * rows[X + i] + rows[B + i])


def keep_all(rows: Row, size: int) -> None:
    """Keep the last state of lanes that were never ready."""
    for i in range(size):
        now = rows[LEFT + i] < 0.0
        rows[END_X + i] = rows[X + i] if now else rows[END_X + i]
        rows[END_B + i] = rows[S_B + i] if now else rows[END_B + i]
        rows[END_W + i] = rows[S_W + i] if now else rows[END_W + i]
        rows[LEFT + i] = 0.0 if now else rows[LEFT + i]


def look(left: int, rows: Row, size: int) -> int:
    """Keep the state of lanes that are ready, `left` steps before the end; return how many wait."""
    if left == 0:
        keep_all(rows, size)
        return 0
    close, waiting = 0, 0
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


def report(
    first: int, out: Row, by_b: Row, by_w: Row, rows: Row, size: int
) -> None:  # fmt: skip
    """s = eps S, or NaN, in the block's part of the answers."""
    for i in range(size):
        known = max(abs(rows[END_B + i]), abs(rows[END_W + i])) <= LARGEST
        known &= rows[LEFT + i] >= 0.0
        rows[END_B + i] = rows[EPSILON + i] * rows[END_B + i] if known else math.nan
        rows[END_W + i] = rows[EPSILON + i] * rows[END_W + i]
    for i in range(size):
        out[first + i] = rows[END_X + i]
    for i in range(size):
        by_b[first + i] = rows[END_B + i]
    for i in range(size):
        by_w[first + i] = rows[END_W + i]


@kernel(interpreted=3e-6, compiled=3.5e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    given: Row,
    x: Row,
    steps: int,
    out: Row,
    by_b: Row,
    by_w: Row,
    rows: Row,
) -> None:
    """Take steps from the states x under the constant input `given`, w' u.

    out, by_b and by_w receive the last states and their derivatives; each of the others holds one
    number a neuron, or one for all.  Where by_b is NaN, nothing is reported.  `rows` is room:
    ROOM numbers.
    """
    for first in range(0, len(out), BLOCK):
        size = min(BLOCK, len(out) - first)
        if first == 0 or len(w) > 1:
            spread(w, first, rows, W, size)
        if first == 0 or len(epsilon) > 1:
            spread(epsilon, first, rows, EPSILON, size)
        if first == 0 or len(given) > 1:
            spread(given, first, rows, INPUT, size)
        spread(b, first, rows, B, size)
        spread(x, first, rows, X, size)
        begin(rows, size)
        bare = 0
        for i in range(size):
            bare += (rows[EPSILON + i] == 1.0) & (rows[INPUT + i] == 0.0)
        done, waiting, stride = 0, size, FIRST_LOOK
        if steps == 0:
            keep_all(rows, size)
        while waiting > 0 and done < min(steps, MOST_STEPS):
            if steps - done < stride + SHORT:
                stride = steps - done
            if bare == size:
                march_bare(stride, rows, size)
            else:
                march(stride, rows, size)
            done += stride
            waiting = look(steps - done, rows, size)
            stride = 3 + done // 3
        early = 0
        for i in range(size):
            early += rows[LEFT + i] > 0.0
        if early > 0:
            finish(steps, rows, size)
        report(first, out, by_b, by_w, rows, size)
