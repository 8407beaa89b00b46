"""The map, step by step."""

from __future__ import annotations

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, stretches
from doya.kernels import map
from doya.kernels.running import Call, Room, run


def at_end(group: Ensemble, steps: int, early_stop: bool) -> Floats:
    """x of the map after so many steps."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    return _iterate(group, group.u, lengths, 1, early_stop)[:, 0]


def on_grid(group: Ensemble, times: Floats) -> Floats:
    """x of the map, shape (trajectories, times), after whole numbers of steps, ascending."""
    edges, u, columns = stretches(group, times)
    x = _iterate(group, u, np.diff(edges).astype(np.int64), edges.size - 1, True)
    return np.column_stack([group.x0, x])[:, columns]


def _iterate(group: Ensemble, u: Floats, lengths: Counts, columns: int, early_stop: bool) -> Floats:
    """x of the map after each stretch of lengths[p] steps under u[p]; the last `columns`."""
    out = np.empty((group.x0.size, columns))
    driven = group.under(u)

    def job(part: slice, call: Call) -> None:
        own = driven.part(part)
        call(
            map.iterate, own.w, own.b, own.epsilon, own.gain, own.u, lengths, early_stop, own.x0,
            lengths.size - columns, out[part], Room(map.ROWS, map.BLOCK),
        )  # fmt: skip

    run(job, len(out), {map.iterate: len(out) * max(int(lengths.sum()), 1)})
    return out
