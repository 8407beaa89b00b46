"""Steps of the map with the derivatives S_b and S_w in plain doubles, for a block of neurons.

With s = eps S,  S_b' = mu S_b + sigma'(z),  S_w' = mu S_w + sigma'(z) x,  mu = 1 - eps + eps w
sigma'(z), x before the step.

A step is taken in three loops over the neurons, whose results stay in the nearest cache.  In one
loop each number would wait for the one before it; the processor looks ahead over a few neurons of a
short loop, but not of a long one.  This halves the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.numbers.exponential import LOG2_E, ROUNDER, times_power_of_two

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row

BLOCK = 64
# Where in the working space each row begins, one neuron a column; one array, so that machine code
# need not ask whether rows overlap.  Parameters; what steps change; and what one loop of a step
# tells the next.  Then eps w, w' u, and 1 - eps in two parts, KEPT - FADE.  A store delays loads
# from rows 8 after it, 4096 bytes away, which are not among these.
W, B, X, S_B, S_W, ROUNDED, ODD, EVEN, EPSILON, STEEP = range(0, 10 * BLOCK, BLOCK)
INPUT, KEPT, FADE = range(16 * BLOCK, 19 * BLOCK, BLOCK)
# The rows between that are free, and the first one of those after.
FREE, OWN = 10 * BLOCK, 19 * BLOCK
HALF = BLOCK // 2
# Where |z| stays below, sigma' and all sources are above 1e-275, and so are the steps in range.
LARGEST_Z = 200.0
# 2**f is (even + odd) / (even - odd) as in `koenigs.halves`, here times another number, for which
# the last coefficient of `even` is 1.
ODD_1, ODD_3, ODD_5 = 1513.8603572515422, 20.201667274658167, 0.02309440844181786
EVEN_0, EVEN_2 = 4368.077660010389, 233.17769678806852


def reduced(z: float) -> tuple[float, float]:
    """Return z / ln 2 as a whole number, in the last bits of the first, and the rest."""
    size = z * LOG2_E
    rounded = size + ROUNDER
    return rounded, size - (rounded - ROUNDER)


def odd_and_even(f: float) -> tuple[float, float]:
    """Return the two parts of 2**f, |f| <= 1/2."""
    ff = f * f
    return f * (ODD_1 + ff * (ODD_3 + ff * ODD_5)), EVEN_0 + ff * (EVEN_2 + ff)


def shares(rounded: float, odd: float, even: float) -> tuple[float, float]:
    """Return sigma(z) and sigma(-z), |z| <= LARGEST_Z."""
    p, q = times_power_of_two(even + odd, rounded), even - odd
    over = 1.0 / (p + q)
    return p * over, q * over


def look_up(rows: Row, size: int) -> None:
    """Find the parts of sigma(z) in each lane."""
    for i in range(size):
        rows[ROUNDED + i], rows[ODD + i] = reduced(rows[W + i] * rows[X + i] + rows[B + i])
    for i in range(size):
        rows[ODD + i], rows[EVEN + i] = odd_and_even(rows[ODD + i])


def march(steps: int, bare: bool, by_w: bool, rows: Row, size: int) -> None:
    """Take steps of x, S_b and, if `by_w`, S_w in each lane.

    `bare` says that nothing is kept and nothing given, eps = 1, in all lanes: fewer operations with
    the same bits.
    """
    if bare and not by_w:
        march_bare_b(steps, rows, size)
    else:
        march_all(steps, bare, by_w, rows, size)


def march_all(steps: int, bare: bool, by_w: bool, rows: Row, size: int) -> None:
    """Take steps of x, S_b and, if `by_w`, S_w."""
    use_widest_vectors()
    if size == BLOCK:  # loops of known length are faster
        for _ in range(steps):
            pace_all(bare, by_w, rows, BLOCK)
    else:
        for _ in range(steps):
            pace_all(bare, by_w, rows, size)


def pace_all(bare: bool, by_w: bool, rows: Row, size: int) -> None:
    look_up(rows, size)
    if bare:
        for i in range(size):
            level, rest = shares(rows[ROUNDED + i], rows[ODD + i], rows[EVEN + i])
            slope = level * rest
            mu = rows[W + i] * slope
            rows[S_B + i] = mu * rows[S_B + i] + slope
            rows[S_W + i] = mu * rows[S_W + i] + slope * rows[X + i]
            rows[X + i] = level
        return
    for i in range(size):
        level, rest = shares(rows[ROUNDED + i], rows[ODD + i], rows[EVEN + i])
        slope = level * rest
        m = rows[STEEP + i] * slope - rows[FADE + i]
        x, s_b, s_w = rows[X + i], rows[S_B + i], rows[S_W + i]
        rows[S_B + i] = (m * s_b + slope) + rows[KEPT + i] * s_b
        if by_w:
            rows[S_W + i] = (m * s_w + slope * x) + rows[KEPT + i] * s_w
        rise = rows[EPSILON + i] * (level + rows[INPUT + i])
        rows[X + i] = (rise - rows[FADE + i] * x) + rows[KEPT + i] * x


def march_bare_b(steps: int, rows: Row, size: int) -> None:
    """Take steps of x and S_b where eps = 1, without input; at least one.

    Until the last one the rows hold z and w S_b, for which w S_b' = w sigma(z) sigma(-z)
    (w S_b + 1): its first product is wanted for z' too.  While one half of the lanes waits for its
    divisions, the other half takes the first part of its step.
    """
    use_widest_vectors()
    for i in range(size):
        rows[X + i] = rows[W + i] * rows[X + i] + rows[B + i]
        rows[S_B + i] *= rows[W + i]
    if size >= BLOCK:  # == would have the loops unrolled, which is slower
        half = size // 2
        for i in range(half):
            split_lane(rows, i)
        for _ in range(steps - 1):
            for i in range(half):
                split_lane(rows, HALF + i)
                step_lane(rows, i)
            for i in range(half):
                split_lane(rows, i)
                step_lane(rows, HALF + i)
        for i in range(half):
            split_lane(rows, HALF + i)
    else:
        for i in range(size):
            split_lane(rows, i)
        for _ in range(steps - 1):
            for i in range(size):
                step_lane(rows, i)
            for i in range(size):
                split_lane(rows, i)
    for i in range(size):
        p, q = rows[ODD + i], rows[EVEN + i]
        over = 1.0 / (p + q)
        level, rest = p * over, q * over
        rows[S_B + i] = (level * rest) * (rows[S_B + i] + 1.0)
        rows[X + i] = level


def split_lane(rows: Row, i: int) -> None:
    """Find two numbers whose shares in their sum are sigma(z) and sigma(-z)."""
    rounded, f = reduced(rows[X + i])
    odd, even = odd_and_even(f)
    rows[ODD + i], rows[EVEN + i] = times_power_of_two(even + odd, rounded), even - odd


def step_lane(rows: Row, i: int) -> None:
    """Take a step of z and w S_b; on a wall w x + b is 0 exactly."""
    p, q = rows[ODD + i], rows[EVEN + i]
    over = 1.0 / (p + q)
    drawn = rows[W + i] * (p * over)
    rows[S_B + i] = (drawn * (q * over)) * (rows[S_B + i] + 1.0)
    rows[X + i] = drawn + rows[B + i]
