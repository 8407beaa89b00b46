"""The flow by steps in time, equal or adaptive ones."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, interpreted, own, own_columns, stretches
from doya.kernels import steppers
from doya.kernels.compilation import compiled
from doya.kernels.parallel import in_chunks

# Rates that the interpreter has computed, at 2 us each, before numba would have started.
INTERPRETED_RATES = 100_000


def equal(group: Ensemble, times: Floats, order: int, step: float) -> tuple[Floats, Counts]:
    """x of the flow at ascending times by steps of order 1 or 4, none longer than `step`; nfev.

    Each stretch between two times or breakpoints is divided into equal steps.
    """
    edges, u, columns = stretches(group, times)
    lengths = np.diff(edges)
    counts = np.ceil(lengths / step * (1.0 - 1e-12)).astype(np.int64)
    w, b, drive, x0 = group.w, group.b, drive_of(group, u), group.x0
    calls = order * int(counts.sum())
    if interpreted(steppers.fixed_steps, w.size * calls, INTERPRETED_RATES):
        states = [[math.nan] * lengths.size for _ in range(w.size)]
        room = [[0.0] * min(steppers.BLOCK, w.size) for _ in range(steppers.FIXED_ROWS)]
        steppers.fixed_steps(
            w.tolist(), b.tolist(), drive.tolist(), x0.tolist(), lengths.tolist(), counts.tolist(),
            order, states, room,
        )  # fmt: skip
        out = np.array(states).reshape(w.size, lengths.size)
    else:
        out = np.empty((w.size, lengths.size))
        kernel = compiled(steppers.fixed_steps)

        def work(part: slice) -> None:
            kernel(
                *own(part, w, b), own_columns(drive, part), *own(part, x0), lengths, counts, order,
                out[part], np.empty((steppers.FIXED_ROWS, steppers.BLOCK)),
            )  # fmt: skip

        in_chunks(work, w.size)
    return np.column_stack([x0, out])[:, columns], np.full(w.size, calls)


def adaptive(
    group: Ensemble, times: Floats, rtol: float, atol: float, max_steps: int
) -> tuple[Floats, Counts, Counts]:
    """x of the flow at ascending times by Dormand and Prince's 8(5,3) pair; status and nfev."""
    size, stop = group.x0.size, float(times.max(initial=0.0))
    start = group.start[group.start < stop]
    # Times on a breakpoint belong to the stretch before it.
    stretch = np.maximum(np.searchsorted(start, times, side="left") - 1, 0)
    first = np.searchsorted(stretch, np.arange(start.size + 1))
    lengths = np.diff(start, append=stop)
    if stop == 0.0:
        zeros = np.zeros(size, dtype=np.int64)
        return np.repeat(group.x0[:, np.newaxis], times.size, axis=1), zeros, zeros.copy()
    offsets = np.minimum(times - start[stretch], lengths[stretch])
    w, b, drive, x0 = group.w, group.b, drive_of(group, group.u[: start.size]), group.x0
    tableau = steppers.coefficients()

    # Stability limits a step to about 6 of the fastest relaxation's times.
    rates = 12.0 * size * (20.0 + stop * (1.0 + 0.25 * np.abs(w).max(initial=0.0)) / 6.0)
    if interpreted(steppers.dormand_prince, int(min(rates, 1e9)), INTERPRETED_RATES):
        states = [[math.nan] * times.size for _ in range(size)]
        done, calls = [0] * size, [0] * size
        lanes = min(size, steppers.BLOCK)
        steppers.dormand_prince(
            w.tolist(), b.tolist(), drive.tolist(), x0.tolist(), lengths.tolist(), first.tolist(),
            offsets.tolist(), rtol, atol, max_steps, states, done, calls, tableau,
            [[0.0] * lanes for _ in range(steppers.ROWS)],
            [[0] * lanes for _ in range(steppers.PLACES)],
        )  # fmt: skip
        return np.array(states).reshape(size, times.size), np.array(done), np.array(calls)

    out = np.empty((size, times.size))
    status, nfev = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    kernel = compiled(steppers.dormand_prince)
    table = np.array(tableau)

    def work(part: slice) -> None:
        kernel(
            *own(part, w, b), own_columns(drive, part), *own(part, x0), lengths, first, offsets,
            rtol, atol, max_steps, out[part], status[part], nfev[part], table,
            np.empty((steppers.ROWS, steppers.BLOCK)),
            np.empty((steppers.PLACES, steppers.BLOCK), dtype=np.int64),
        )  # fmt: skip

    in_chunks(work, size)
    return out, status, nfev


def drive_of(group: Ensemble, u: Floats) -> Floats:
    """What the input adds to the rate: a row a stretch, of one number where all have the same."""
    if u.shape[1] == 1 and (group.gain == group.gain[:1]).all():
        return u * group.gain[:1]
    return u * group.gain
