"""The map x' = (1 - eps) x + eps (sigma(w x + b) + w' u), many neurons in lockstep, time outside.

A block whose states all repeat after two steps, bit for bit, has reached fixed points or 2-cycles
and stops early with the exact answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doya.kernels.logistic import logistic
from doya.kernels.registry import kernel

if TYPE_CHECKING:
    from doya.kernels.kinds import Counts, Floats, Rows

# Rows of the working space, one neuron a column: parameters, then the state now and after one and
# two steps.  They stay in the first cache, and do not overlap, which the vector units ask for.
BLOCK = 64
ROWS = 8
# Steps between two looks for a repetition: a look costs as much as two steps.
STRIDE = 32


def advance(x: float, w: float, b: float, keep: float, epsilon: float, drive: float) -> float:
    """One step; keep is 1 - epsilon, drive epsilon w' u."""
    return epsilon * logistic(w * x + b) + (keep * x + drive)


@kernel(interpreted=1.5e-6, compiled=2.5e-9)
def iterate(
    w: Floats,
    b: Floats,
    epsilon: Floats,
    gain: Floats,
    u: Rows,
    lengths: Counts,
    early_stop: bool,
    x: Floats,
    skipped: int,
    out: Rows,
    rows: Rows,
) -> None:
    """From the states x, lengths[p] steps under the input u[p], stretch after stretch p.

    gain is epsilon w'; u[p] holds one number a neuron, or one for all.  out[i] receives the states
    at the ends of the stretches, the first `skipped` left out.  `rows` is room.
    """
    row_w, row_b, keep, row_epsilon, drive = rows[0], rows[1], rows[2], rows[3], rows[4]
    now, once, twice = rows[5], rows[6], rows[7]
    for first in range(0, len(x), BLOCK):
        size = min(BLOCK, len(x) - first)
        for i in range(size):
            row_w[i], row_b[i] = w[first + i], b[first + i]
            keep[i], row_epsilon[i] = 1.0 - epsilon[first + i], epsilon[first + i]
            now[i] = x[first + i]
        for p in range(len(lengths)):
            for i in range(size):
                drive[i] = gain[first + i] * u[p][first + i if len(u[p]) > 1 else 0]
            left = lengths[p]
            while left > 0:
                stride = min(STRIDE, left) if early_stop else left
                for _ in range(stride):
                    for i in range(size):
                        now[i] = advance(
                            now[i], row_w[i], row_b[i], keep[i], row_epsilon[i], drive[i]
                        )
                left -= stride
                if left < 2:
                    continue
                changed = 0
                for i in range(size):
                    once[i] = advance(now[i], row_w[i], row_b[i], keep[i], row_epsilon[i], drive[i])
                    twice[i] = advance(
                        once[i], row_w[i], row_b[i], keep[i], row_epsilon[i], drive[i]
                    )
                    changed += now[i] != twice[i]
                for i in range(size):
                    now[i] = once[i] if changed == 0 and left % 2 == 1 else twice[i]
                left = left - 2 if changed else 0
            if p >= skipped:
                for i in range(size):
                    out[first + i][p - skipped] = now[i]
