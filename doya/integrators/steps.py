"""The flow by steps in time, equal or adaptive ones."""

from __future__ import annotations

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, stretches
from doya.kernels.flow import steppers
from doya.kernels.machinery.running import Call, Room, run


def equal(group: Ensemble, times: Floats, order: int, step: float) -> tuple[Floats, Counts]:
    """x of the flow at ascending times by steps of order 1 or 4, none longer than `step`; nfev.

    Each stretch between two times or breakpoints is divided into equal steps.
    """
    edges, u, columns = stretches(group, times)
    lengths = np.diff(edges)
    counts = np.ceil(lengths / step * (1.0 - 1e-12)).astype(np.int64)
    out = np.empty((group.x0.size, lengths.size))
    driven = group.under(u)

    def job(part: slice, call: Call) -> None:
        own = driven.part(part)
        room = Room(steppers.FIXED_ROWS, min(steppers.BLOCK, own.x0.size))
        call(
            steppers.fixed_steps, own.w, own.b, drive_of(own, own.u), own.inside, own.x0, lengths,
            counts, order, out[part], room,
        )  # fmt: skip

    calls = order * int(counts.sum())
    run(job, len(out), {steppers.fixed_steps: len(out) * max(calls, 1)})
    return np.column_stack([group.x0, out])[:, columns], np.full(len(out), calls)


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
    status, nfev = np.zeros((2, size), dtype=np.int64)
    if stop == 0.0:
        return np.repeat(group.x0[:, np.newaxis], times.size, axis=1), status, nfev
    offsets = np.minimum(times - start[stretch], lengths[stretch])
    out, tableau = np.empty((size, times.size)), np.array(steppers.coefficients())
    driven = group.under(group.u[: start.size])

    def job(part: slice, call: Call) -> None:
        own = driven.part(part)
        lanes = min(steppers.BLOCK, own.x0.size)
        call(
            steppers.dormand_prince, own.w, own.b, drive_of(own, own.u), own.inside, own.x0,
            lengths, first, offsets, rtol, atol, max_steps, out[part], status[part], nfev[part],
            tableau, Room(steppers.ROWS, lanes), Room(steppers.PLACES, lanes, dtype=np.int64),
        )  # fmt: skip

    # Stability limits a step to about 6 of the fastest relaxation's times.
    steps = 20.0 + stop * (1.0 + 0.25 * np.abs(group.w).max(initial=0.0)) / 6.0
    run(job, size, {steppers.dormand_prince: float(12.0 * size * steps)})
    return out, status, nfev


def drive_of(group: Ensemble, u: Floats) -> Floats:
    """Return the part of the rate, or of the bias inside sigma, that the input adds.

    A row a stretch, of one number where all have the same.
    """
    if u.shape[1] == 1 and (group.gain == group.gain[:1]).all():
        return u * group.gain[:1]
    return u * group.gain
