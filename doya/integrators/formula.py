"""The flow by formula: exact at any time, piece by piece where the input is constant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import checked
from doya.equilibria import solve_all
from doya.integrators.ensembles import Ensemble, interpreted, own
from doya.kernels import departures, flow, panels
from doya.kernels.compilation import compiled
from doya.kernels.equilibria import solve
from doya.kernels.parallel import CHUNK, in_chunks

# States that the interpreter has done, at 0.1 to 0.3 ms each, before numba would have started.
INTERPRETED_STATES = 1000


def at_end(group: Ensemble, end: Floats) -> Floats:
    """x of the flow at one time, or at a time of each trajectory's own."""
    x = group.x0
    for p, begin, stop in spans(group.start):
        local = np.broadcast_to(np.clip(end - begin, 0.0, stop - begin), x.shape)[:, np.newaxis]
        x = _piece_by_formula(group, p, x, local, x.size * len(group.start))[:, 0]
    return x


def on_grid(group: Ensemble, times: Floats) -> Floats:
    """x of the flow, shape (trajectories, times), at ascending times."""
    x = group.x0
    out = np.full((x.size, times.size), math.nan)
    states = x.size * (times.size + len(group.start))
    for p, begin, stop in spans(group.start):
        # Times on a breakpoint belong to the piece before it.
        first = np.searchsorted(times, begin, side="right") if p else 0
        last = np.searchsorted(times, stop, side="right")
        local = np.append(np.minimum(times[first:last] - begin, stop - begin), stop - begin)
        found = _piece_by_formula(group, p, x, np.broadcast_to(local, (x.size, local.size)), states)
        out[:, first:last], x = found[:, :-1], found[:, -1]
    return out


def spans(start: Floats) -> Iterator[tuple[int, float, float]]:
    """Number, start and stop of each piece; the last one never stops."""
    edges = [*start.tolist(), math.inf]
    yield from zip(range(start.size), edges[:-1], edges[1:], strict=True)


def shifted(group: Ensemble, p: int) -> tuple[Floats, Floats]:
    """The bias of piece p, whose input w' u only shifts x and b, and that shift of x."""
    shift = group.gain * group.u[p]
    if not shift.any():
        return group.b, shift
    return np.asarray(checked("b + w w' u", group.b + group.w * shift)), shift


def _piece_by_formula(group: Ensemble, p: int, x: Floats, local: Floats, expected: int) -> Floats:
    """x at times since the start of a piece, from x there."""
    b, shift = shifted(group, p)
    if not shift.any():
        found = _relax(group.w, b, x, local, expected)
    elif not any_large(shift, x):
        found = _relax(group.w, b, x - shift, local, expected) + shift[:, np.newaxis]
    else:
        found, way, passed = departed(group, shift, x, local)
        if np.isnan(found).any():
            left = np.maximum(local - passed[:, np.newaxis], 0.0)
            later = _relax(group.w, b, (x - shift) + way, left, expected) + shift[:, np.newaxis]
            found = np.where(np.isnan(found), later, found)
    return found if local.all() else np.where(local == 0.0, x[:, np.newaxis], found)


def any_large(shift: Floats, x0: Floats) -> bool:
    """Whether an input is so large beside the state that a departure is needed."""
    return bool((np.abs(shift) > departures.LARGE * np.maximum(1.0, np.abs(x0))).any())


def departed(
    group: Ensemble, shift: Floats, x0: Floats, times: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of large inputs: x at the times that their departures reach, else NaN; ways and durations."""
    out, each = np.full(times.shape, math.nan), times.shape[1]
    way, passed = np.zeros((2, x0.size))
    if interpreted(departures.depart_all, times.size, INTERPRETED_STATES):
        rows = [row.ravel().tolist() for row in (group.w, group.b, shift, x0, times)]
        states, ways, durations = ([math.nan] * size for size in (out.size, x0.size, x0.size))
        room: list[Any] = [*panels.TABLES, [0.0] * panels.ORDER, [0.0] * panels.ORDER]
        departures.depart_all(*[*rows, each, states, ways, durations, *room])
        return np.array(states).reshape(times.shape), np.array(ways), np.array(durations)
    kernel = compiled(departures.depart_all)
    tables = [np.array(table) for table in panels.TABLES]

    def work(part: slice) -> None:
        *neurons, own_times = own(part, group.w, group.b, shift, x0, times)
        kernel(
            *neurons, own_times.reshape(-1), each, out[part].reshape(-1), way[part], passed[part],
            *tables, np.empty(panels.ORDER), np.empty(panels.ORDER),
        )  # fmt: skip

    in_chunks(work, x0.size)
    return out, way, passed


def _relax(w: Floats, b: Floats, x0: Floats, times: Floats, expected: int) -> Floats:
    """x of the flow without input, at times of shape (trajectories, times), ascending.

    `expected` tells how many states this will be asked for in all.
    """
    each = times.shape[1]
    if interpreted(flow.paths, expected, INTERPRETED_STATES):
        z, x, eigenvalue, count = (part.tolist() for part in solve_all(w, b))
        states = [math.nan] * times.size
        flow.paths(
            w.tolist(), b.tolist(), z, x, eigenvalue, count, x0.tolist(), times.ravel().tolist(),
            each, states, *panels.TABLES, [0.0] * panels.ORDER, [0.0] * panels.ORDER,
        )  # fmt: skip
        return np.array(states).reshape(times.shape)

    out = np.full(times.shape, math.nan)
    kernel = compiled(flow.paths)
    if w.size > CHUNK:
        compiled(solve)  # so that the roots of no chunk are interpreted
    tables = [np.array(table) for table in panels.TABLES]

    def work(part: slice) -> None:
        own_w, own_b, own_x0, own_times = own(part, w, b, x0, times)
        kernel(
            own_w, own_b, *solve_all(own_w, own_b), own_x0, own_times.reshape(-1), each,
            out[part].reshape(-1), *tables, np.empty(panels.ORDER), np.empty(panels.ORDER),
        )  # fmt: skip

    in_chunks(work, w.size)
    return out
