"""The map, step by step."""

from __future__ import annotations

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, stretches
from doya.kernels.machinery.running import Call, Room, run
from doya.kernels.map import iteration
from doya.kernels.map.led_lanes import BLOCK


def at_end(group: Ensemble, steps: int, early_stop: bool) -> Floats:
    """Return x of the map after a number of steps."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    return _iterate(group, group.u, lengths, np.ones_like(lengths), 1, early_stop)[:, 0]


def on_grid(group: Ensemble, times: Floats) -> Floats:
    """x of the map, shape (trajectories, times), after whole numbers of steps, ascending."""
    edges, u, columns = stretches(group, times)
    fresh = np.isin(edges[:-1], group.start).astype(np.int64)
    x = _iterate(group, u, np.diff(edges).astype(np.int64), fresh, edges.size - 1, True)
    return np.column_stack([group.x0, x])[:, columns]


def end_of(group: Ensemble, steps: int, call: Call) -> Floats:
    """The same of a part of the trajectories."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    out = np.empty((group.x0.size, 1))
    _iterate_part(group, lengths, np.ones_like(lengths), True, out, call)
    return out[:, 0]


def _iterate(
    group: Ensemble, u: Floats, lengths: Counts, fresh: Counts, columns: int, early_stop: bool
) -> Floats:
    """x of the map after each stretch of lengths[p] steps under u[p]; the last `columns`.

    fresh[p] is 0 where a stretch goes on with the piece of the input before it.
    """
    out = np.empty((group.x0.size, columns))
    driven = group.under(u)

    def job(part: slice, call: Call) -> None:
        _iterate_part(driven.part(part), lengths, fresh, early_stop, out[part], call)

    run(job, len(out), {iteration.iterate: len(out) * max(int(lengths.sum()), 1)})
    return out


def _iterate_part(
    group: Ensemble, lengths: Counts, fresh: Counts, early_stop: bool, out: Floats, call: Call
) -> None:
    call(
        iteration.iterate, group.w, group.b, group.epsilon, group.gain, group.u, group.inside,
        lengths, fresh, early_stop, group.x0, lengths.size - out.shape[1], out,
        Room(iteration.ROWS, BLOCK),
    )  # fmt: skip
