"""The mean of ln |mu| along the map, mu = 1 - eps + eps w sigma'(w x + b), in lockstep.

- ln is taken of products of factors, chunk after chunk.  Where a chunk's product may have left the
  range of doubles on its way, the lane takes its steps one by one, with ln of each factor.
- A lane whose state after a whole chunk is the same, bit for bit, is on a cycle, which repeats for
  all chunks to come.
- The sums over BATCHES batches of chunks show how exact the mean is.

All of this depends on the lane alone, not on the lanes beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.machinery.registry import kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.map.deviations import TINY_STEP
from doya.kernels.map.koenigs import halves
from doya.kernels.numbers.exponential import LOG2_E

if TYPE_CHECKING:
    from doya.kernels.machinery.kinds import Row

BLOCK, BATCHES = 64, 16
# Where in the working space each row begins, one neuron a column; one array, so that machine code
# need not ask whether rows overlap.  Parameters, w and b over ln 2, and eps w; the least product to
# trust; the state, and that at the start of the chunk; the product over the chunk, that carried
# over from earlier ones, and whether the chunk needs a closer look; what a chunk adds on a cycle,
# NaN before; 1 - eps is KEEP - FADE; from SUMS on, the sum of ln |mu| over each batch.
W, B, KEEP, EPSILON, STEEP, LEAST, X, START = range(0, 8 * BLOCK, BLOCK)
P, CARRIED, SPECIAL, CYCLE, FADE, SUMS = range(8 * BLOCK, 14 * BLOCK, BLOCK)
ROOM = SUMS + BATCHES * BLOCK
# At the end: the mean, the sum of the squares of what batches differ from it, and over the first
# half the sum of that.
MEAN, SQUARES, DRIFT = START, P, CARRIED

# Steps of a chunk; 1, 2, 3, 4, 6, 8, 12 and 24 divide it, so cycles of these periods repeat.
STRIDE = 24
# The carried product stays from SMALL to LARGE.  A chunk's product is above TINY times the largest
# that its factors can be, or else may have underflown on its way, and below HUGE.
SMALL, LARGE, TINY, HUGE = 2.0**-300, 2.0**300, 2.0**-700, 2.0**700
# |z| / ln 2 beyond which sigma' is below all doubles.
FAR = 1080.0
# Of Student's t with BATCHES - 1 degrees of freedom, the quantile 0.975.
STUDENT = 2.131449545559323


def begin(w: Row, b: Row, epsilon: Row, x: Row, first: int, rows: Row, size: int) -> None:
    for i in range(size):
        n = first + i
        rows[W + i], rows[B + i], rows[X + i] = LOG2_E * w[n], LOG2_E * b[n], x[n]
        # A mean does not feel the drift of larger steps, below 1e-14.
        tiny = epsilon[n] < TINY_STEP
        rows[KEEP + i] = 1.0 if tiny else 1.0 - epsilon[n]
        rows[FADE + i] = epsilon[n] if tiny else 0.0
        rows[EPSILON + i], rows[STEEP + i] = epsilon[n], epsilon[n] * w[n]
        most = max(abs(1.0 - epsilon[n] + 0.25 * rows[STEEP + i]), 1.0)
        rows[LEAST + i] = TINY
        for _ in range(STRIDE):
            rows[LEAST + i] *= most
        rows[CARRIED + i], rows[CYCLE + i], rows[SUMS + i] = 1.0, math.nan, 0.0


def march(steps: int, rows: Row, size: int) -> None:
    """Take a chunk of steps in each lane."""
    use_widest_vectors()
    faded = 0
    for i in range(size):
        rows[START + i], rows[P + i] = rows[X + i], 1.0
        faded += rows[FADE + i] > 0.0
    if faded > 0:
        march_slowly(steps, rows, size)
        return
    for _ in range(steps):
        for i in range(size):
            z = rows[W + i] * rows[X + i] + rows[B + i]
            large, small = halves(min(abs(z), FAR))
            rows[P + i] *= rows[KEEP + i] + rows[STEEP + i] * (large * small)
            level = large if z > 0.0 else small
            rows[X + i] = rows[KEEP + i] * rows[X + i] + rows[EPSILON + i] * level


def march_slowly(steps: int, rows: Row, size: int) -> None:
    """`march` of small epsilons; with the same bits where FADE is 0."""
    use_widest_vectors()
    for _ in range(steps):
        for i in range(size):
            z = rows[W + i] * rows[X + i] + rows[B + i]
            large, small = halves(min(abs(z), FAR))
            m = rows[STEEP + i] * (large * small)
            rise = (m - rows[FADE + i]) * rows[P + i]
            product = rows[P + i] * (rows[KEEP + i] + m)
            # KEEP is 1: mu would be rounded in the same way at each step.
            rows[P + i] = rows[P + i] + rise if rows[FADE + i] > 0.0 else product
            level = large if z > 0.0 else small
            rise = rows[EPSILON + i] * level - rows[FADE + i] * rows[X + i]
            rows[X + i] = rows[KEEP + i] * rows[X + i] + rise


def one_by_one(steps: int, i: int, rows: Row) -> float:
    """ln of a chunk's product in one lane: -inf only of 0, not where sigma' underflows."""
    keep, steep, x, growth = rows[KEEP + i], rows[STEEP + i], rows[START + i], 0.0
    fade = rows[FADE + i]
    for _ in range(steps):
        z = rows[W + i] * x + rows[B + i]
        large, small = halves(min(abs(z), FAR))
        m = steep * (large * small) - fade
        factor = abs(keep + m) if keep > 0.0 else abs(steep)
        growth += math.log(factor) if factor > 0.0 else -math.inf
        if keep == 0.0:  # ln sigma' = -|z| - 2 ln(1 + e**-|z|)
            growth += 2.0 * math.log(large) - abs(z) / LOG2_E
        x = keep * x + (rows[EPSILON + i] * (large if z > 0.0 else small) - fade * x)
    return growth


def open_batch(chunks: int, sums: int, rows: Row, size: int) -> None:
    """Add the chunks of the batch in lanes on a cycle, and 0 in others."""
    for i in range(size):
        rows[sums + i] = chunks * rows[CYCLE + i] if rows[CYCLE + i] == rows[CYCLE + i] else 0.0


def close_chunk(steps: int, left: int, sums: int, moving: int, rows: Row, size: int) -> int:
    """Carry the chunk's product over; how many of the moving lanes are still on no cycle."""
    special = 0
    for i in range(size):
        product, moves = abs(rows[P + i]), rows[CYCLE + i] != rows[CYCLE + i]
        carried = rows[CARRIED + i] * product
        plain = (
            (product >= rows[LEAST + i])
            & (product <= HUGE)
            & (carried >= SMALL)
            & (carried <= LARGE)
            & (rows[X + i] != rows[START + i])
        )
        rows[CARRIED + i] = carried if moves & plain else rows[CARRIED + i]
        rows[SPECIAL + i] = 1.0 if moves & (not plain) else 0.0
        special += rows[SPECIAL + i] > 0.0
    if special > 0:
        for i in range(size):
            if rows[SPECIAL + i] > 0.0:
                moving -= look(steps, left, sums, i, rows)
    return moving


def look(steps: int, left: int, sums: int, i: int, rows: Row) -> int:
    """Add to the batch all of a lane so far, and on a cycle the rest; return whether it is on one.

    A chunk that is not as long as the others, for which left is -1, does not show a cycle.
    """
    product = abs(rows[P + i])
    trusted = rows[LEAST + i] <= product <= HUGE
    growth = math.log(product) if trusted else one_by_one(steps, i, rows)
    rows[sums + i] += math.log(rows[CARRIED + i]) + growth
    rows[CARRIED + i] = 1.0
    if left < 0 or rows[X + i] != rows[START + i]:
        return 0
    rows[CYCLE + i] = growth
    rows[sums + i] += left * growth if left > 0 else 0.0
    return 1


def close_batch(sums: int, rows: Row, size: int) -> None:
    """Add ln of the carried product."""
    for i in range(size):
        rows[sums + i] += math.log(rows[CARRIED + i])
        rows[CARRIED + i] = 1.0


def batch_end(k: int, steps: int) -> int:
    """Steps from the start to the end of batch k - 1, all but the first of whole chunks."""
    stride = min(STRIDE, steps // BATCHES)
    chunks = steps // stride
    return steps - stride * (chunks - chunks * k // BATCHES) if k > 0 else 0


def report(steps: int, first: int, x: Row, exponent: Row, error: Row, rows: Row, size: int) -> None:
    """The mean over all, and how far it is to be trusted."""
    for i in range(size):
        rows[MEAN + i], rows[SQUARES + i], rows[DRIFT + i] = 0.0, 0.0, 0.0
    for k in range(BATCHES):
        for i in range(size):
            rows[MEAN + i] += rows[SUMS + k * BLOCK + i] / steps
    for k in range(BATCHES):
        length = batch_end(k + 1, steps) - batch_end(k, steps)
        for i in range(size):
            off = rows[SUMS + k * BLOCK + i] - length * rows[MEAN + i]
            rows[SQUARES + i] += off * off
            rows[DRIFT + i] += off if 2 * k < BATCHES else 0.0
    middle = batch_end(BATCHES // 2, steps)
    for i in range(size):
        spread = math.sqrt(rows[SQUARES + i] * (BATCHES / (BATCHES - 1))) * (STUDENT / steps)
        drift = abs(rows[DRIFT + i]) * (steps / (middle * (steps - middle)))
        x[first + i], exponent[first + i] = rows[X + i], rows[MEAN + i]
        # A product with a factor 0 is 0.
        error[first + i] = max(spread, drift) if rows[MEAN + i] > -math.inf else 0.0


@kernel(interpreted=1.5e-6, compiled=2e-9)
def iterate(
    w: Row,
    b: Row,
    epsilon: Row,
    x: Row,
    steps: int,
    exponent: Row,
    error: Row,
    rows: Row,
) -> None:
    """Take steps from the states x, at least BATCHES; x receives the last states.

    exponent receives the means of ln |mu|.  error receives the half-width of a 95 % confidence
    interval, by Student's t from the sums over batches; or the difference of the means over the
    two halves where that is larger.  `rows` is room: ROOM numbers.
    """
    stride = min(STRIDE, steps // BATCHES)
    chunks = steps // stride
    for first in range(0, len(x), BLOCK):
        size = min(BLOCK, len(x) - first)
        begin(w, b, epsilon, x, first, rows, size)
        march(steps % stride, rows, size)
        moving = close_chunk(steps % stride, -1, SUMS, size, rows, size)
        for k in range(BATCHES):
            sums, left = SUMS + k * BLOCK, chunks * (k + 1) // BATCHES - chunks * k // BATCHES
            if k > 0:
                open_batch(left, sums, rows, size)
            while left > 0 and moving > 0:
                march(stride, rows, size)
                left -= 1
                moving = close_chunk(stride, left, sums, moving, rows, size)
            if moving > 0:
                close_batch(sums, rows, size)
        report(steps, first, x, exponent, error, rows, size)
