"""The map, step by step."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, interpreted, own, own_columns, stretches
from doya.kernels import map
from doya.kernels.compilation import compiled
from doya.kernels.parallel import in_chunks

# Steps that the interpreter has done, at 2 us each, before numba would have started.
INTERPRETED_STEPS = 100_000


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
    w, b, epsilon, gain, x0 = group.w, group.b, group.epsilon, group.gain, group.x0
    skipped = lengths.size - columns
    if interpreted(map.iterate, w.size * int(lengths.sum()), INTERPRETED_STEPS):
        states = [[math.nan] * columns for _ in range(w.size)]
        rows = [[0.0] * map.BLOCK for _ in range(map.ROWS)]
        map.iterate(
            w.tolist(), b.tolist(), epsilon.tolist(), gain.tolist(), u.tolist(), lengths.tolist(),
            early_stop, x0.tolist(), skipped, states, rows,
        )  # fmt: skip
        return np.array(states).reshape(w.size, columns)

    out = np.empty((w.size, columns))
    kernel = compiled(map.iterate)

    def work(part: slice) -> None:
        kernel(
            *own(part, w, b, epsilon, gain), own_columns(u, part), lengths, early_stop,
            *own(part, x0), skipped, out[part], np.empty((map.ROWS, map.BLOCK)),
        )  # fmt: skip

    in_chunks(work, w.size)
    return out
