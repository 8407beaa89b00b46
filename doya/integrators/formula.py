"""The flow by formula: exact at any time, piece by piece where the input is constant.

Pieces in which it rises are gone through in steps, see `ramps`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from doya.arrays import Floats, nans
from doya.equilibria import solved
from doya.integrators import ramps
from doya.integrators.ensembles import Ensemble, has_values
from doya.kernels.equilibria import solve
from doya.kernels.flow import departures, formula, panels, variational
from doya.kernels.machinery.registry import Kernel
from doya.kernels.machinery.running import Call, Room, Work, run
from doya.shifts import lifted_bias, shifted_bias


def at_end(group: Ensemble, end: Floats) -> Floats:
    """x of the flow at one time, or at a time of each trajectory's own."""
    x = np.empty(group.x0.size)

    def job(part: slice, call: Call) -> None:
        x[part] = end_of(group.part(part), end[part] if end.size > 1 else end, call)

    run(job, x.size, work_of(group, x.size * group.start.size), calls=group.start.size)
    return x


def on_grid(group: Ensemble, times: Floats) -> Floats:
    """x of the flow, shape (trajectories, times), at ascending times."""
    x = np.empty((group.x0.size, times.size))

    def job(part: slice, call: Call) -> None:
        x[part] = _on_grid(group.part(part), times, call)

    states = len(x) * (times.size + group.start.size)
    run(job, len(x), work_of(group, states), calls=group.start.size)
    return x


def work_of(group: Ensemble, states: int) -> Work:
    """Return the work of some states of the trajectories, each with the equilibria it needs."""
    needed: list[Kernel] = [solve, formula.paths]
    needed += [departures.depart_all] if has_large_input(group) else []
    work: Work = dict.fromkeys(needed, states)
    steps = ramps.work_of(group, states / group.start.size)
    return {**work, variational.advance: steps} if steps else work


def has_large_input(group: Ensemble) -> bool:
    """Whether any input may need a departure."""
    return not group.inside and group.largest_input > departures.LARGE


def spans(start: Floats) -> Iterator[tuple[int, float, float]]:
    """Number, start and stop of each piece; the last one never stops."""
    edges = [*start.tolist(), math.inf]
    yield from zip(range(start.size), edges[:-1], edges[1:], strict=True)


def shifted(group: Ensemble, p: int) -> tuple[Floats, Floats]:
    """The bias of piece p, whose input w' u only shifts x and b, and that shift of x.

    An input inside sigma shifts b alone.
    """
    shift = group.gain * group.u[p]
    if not shift.any():
        return group.b, shift
    if group.inside:
        return np.asarray(lifted_bias(group.b, shift)), np.zeros_like(shift)
    return np.asarray(shifted_bias(group.b, group.w, shift)), shift


def within(end: Floats, begin: float, stop: float) -> Floats:
    """Return the part of the time from 0 to `end` that lies in the piece from begin to stop."""
    return np.minimum(np.maximum(end - begin, 0.0), stop - begin)


def end_of(group: Ensemble, end: Floats, call: Call) -> Floats:
    """Return x of a part of the trajectories, at one time or each at its own."""
    x, local, lost = group.x0, np.empty(group.x0.size), None
    for p, begin, stop in spans(group.start):
        local[:] = within(end, begin, stop) if group.start.size > 1 else end
        if group.rises(p):
            x = ramps.through(group, p, x, local, 1, call)[:, 0]
            lost = np.isnan(x) if lost is None else lost | np.isnan(x)
            x = np.where(lost, 0.0, x)  # the formula needs a number
        else:
            x = _piece_by_formula(group, p, x, local[:, np.newaxis], call)[:, 0]
    return x if lost is None else np.where(lost, math.nan, x)


def _on_grid(group: Ensemble, times: Floats, call: Call) -> Floats:
    x, lost = group.x0, np.zeros(group.x0.size, dtype=np.bool_)
    out = np.full((x.size, times.size), math.nan)
    for p, begin, stop in spans(group.start):
        # Times on a breakpoint belong to the piece before it.
        first = np.searchsorted(times, begin, side="right") if p else 0
        last = np.searchsorted(times, stop, side="right")
        local = np.append(np.minimum(times[first:last] - begin, stop - begin), stop - begin)
        if group.rises(p):
            found = ramps.on_grid(group, p, x, local, call)
            lost |= np.isnan(found[:, -1]) & (stop < math.inf)
        else:
            found = _piece_by_formula(group, p, x, np.tile(local, (x.size, 1)), call)
            found[lost] = math.nan
        out[:, first:last] = found[:, :-1]
        x = np.where(lost, 0.0, found[:, -1])
    return out


def at_its_end(group: Ensemble, p: int, x: Floats, length: float, call: Call) -> Floats:
    """Return x at the end of a piece of this length, from x at its start."""
    return _piece_by_formula(group, p, x, np.full((x.size, 1), length), call)[:, 0]


def _piece_by_formula(group: Ensemble, p: int, x: Floats, local: Floats, call: Call) -> Floats:
    """x at times since the start of a piece, from x there."""
    b, shift = shifted(group, p) if has_values(group.u[p]) else (group.b, None)
    if shift is None or not shift.any():
        found = _relax(group.w, b, x, local, call)
    elif not any_large(shift, x):
        found = _relax(group.w, b, x - shift, local, call) + shift[:, np.newaxis]
    else:
        found, way, passed = departed(group, shift, x, local, call)
        if np.isnan(found).any():
            left = np.maximum(local - passed[:, np.newaxis], 0.0)
            later = _relax(group.w, b, (x - shift) + way, left, call) + shift[:, np.newaxis]
            found = np.where(np.isnan(found), later, found)
    return found if local.all() else np.where(local == 0.0, x[:, np.newaxis], found)


def any_large(shift: Floats, x0: Floats) -> bool:
    """Whether an input is so large beside the state that a departure is needed."""
    return bool((np.abs(shift) > departures.LARGE * np.maximum(1.0, np.abs(x0))).any())


def departed(
    group: Ensemble, shift: Floats, x0: Floats, times: Floats, call: Call
) -> tuple[Floats, Floats, Floats]:
    """Return x at times that the departures of large inputs reach, else NaN; ways, durations."""
    out, (way, passed) = np.full(times.shape, math.nan), np.zeros((2, x0.size))
    call(
        departures.depart_all, group.w, group.b, shift, x0, times.reshape(-1), times.shape[1],
        out.reshape(-1), way, passed, rule(),
    )  # fmt: skip
    return out, way, passed


def rule() -> Room:
    """Gauss's rule, with room for its values."""
    return Room(panels.RULE_ROWS, panels.ORDER, first=panels.TABLES)


def _relax(w: Floats, b: Floats, x0: Floats, times: Floats, call: Call) -> Floats:
    """x of the flow without input, at times of shape (trajectories, times), ascending."""
    out = nans(times.shape)
    call(
        formula.paths, w, b, *solved(w, b, call), x0, times.reshape(-1),
        times.shape[1], out.reshape(-1), rule(),
    )  # fmt: skip
    return out
