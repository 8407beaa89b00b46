"""When trajectories cross a level: the flow by formula with derivatives, the map by iteration."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from doya.arrays import Counts, Floats
from doya.equilibria import solved
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import (
    any_large,
    at_its_end,
    has_large_input,
    rule,
    shifted,
    spans,
)
from doya.integrators.sensitivities import Carried, carried, formula_of, work_of_formula
from doya.kernels.equilibria import solve
from doya.kernels.flow import passages
from doya.kernels.flow import sensitivities as flow_sensitivities
from doya.kernels.machinery.registry import Kernel
from doya.kernels.machinery.running import Call, Work, run
from doya.kernels.map import crossings as map_crossings
from doya.kernels.numbers.logistic import sigmoid

# Steps of the map for which a search is counted as work, whatever its limit.
TYPICAL = 1000


class Passage(NamedTuple):
    """Times to the level, infinite where never, and dx/dt at the start and at the level."""

    time: Floats
    first: Floats
    last: Floats


class Found(NamedTuple):
    """Times and derivatives, in arrays to which the parts of a job write."""

    time: Floats
    by: dict[str, Floats]


def by_formula(group: Ensemble, level: Floats) -> Found:
    """Return the flow's times and their derivatives with respect to x0, level, b and w."""
    size = group.x0.size
    found = Found(np.empty(size), {name: np.empty(size) for name in ("x0", "level", "b", "w")})

    def job(part: slice, call: Call) -> None:
        with np.errstate(over="ignore"):  # beside an equilibrium a derivative may be infinite
            time, by = _crossings_of(group.part(part), np.array(level[part]), call)
        found.time[part] = time
        for name, values in by.items():
            found.by[name][part] = values

    run(job, size, _work_of(group), calls=group.start.size)
    return found


def by_iteration(group: Ensemble, level: Floats, most: int) -> Counts:
    """Return the map's numbers of steps, at most `most`; or NEVER or GAVE_UP of the kernel."""
    steps = np.empty(group.x0.size, dtype=np.int64)
    start = group.start[: max(int(np.searchsorted(group.start, most)), 1)]
    lengths = np.diff(start, append=most).astype(np.int64)

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            map_crossings.count_steps, own.w, own.b, own.epsilon, own.gain, own.u, own.inside,
            lengths, own.x0, np.array(level[part]), steps[part],
        )  # fmt: skip

    run(job, steps.size, {map_crossings.count_steps: steps.size * min(most, TYPICAL)})
    return steps


def _work_of(group: Ensemble) -> Work:
    """Return the work of the flow's times: several pieces need states and derivatives besides."""
    pieces = group.x0.size * group.start.size
    needed: list[Kernel] = [solve, passages.passages, flow_sensitivities.along_all]
    if group.start.size == 1 and not has_large_input(group):
        return dict.fromkeys(needed, pieces)
    needed += [passages.depart_to] if has_large_input(group) else []
    return {**dict.fromkeys(needed, pieces), **work_of_formula(group)}


def _crossings_of(group: Ensemble, level: Floats, call: Call) -> Found:
    """Return the times of a part of the trajectories, with derivatives."""
    _, shift = shifted(group, 0)
    if group.start.size == 1 and not any_large(shift, group.x0):
        passage, moved = _on_one_piece(group, level, call)
        return _differentiated(passage.time, passage.last, moved, -1.0 / _or_nan(passage.first))
    time, last, first = _piece_by_piece(group, level, call)
    moved = formula_of(group, np.where(np.isfinite(time), time, 0.0), call)
    by_x0 = np.where(
        np.isnan(first), -moved.by["x0"].numbers() / _or_nan(last), -1.0 / _or_nan(first)
    )
    return _differentiated(time, last, moved, by_x0)


def _differentiated(time: Floats, last: Floats, moved: Carried, by_x0: Floats) -> Found:
    """Return the time with its derivatives: -(dx/dp) / (dx/dt) at the level; NaN where never.

    `last` is dx/dt at the level, `moved` holds the derivatives of the state at that time.
    """
    crossed = np.where(np.isfinite(time), 1.0, math.nan)
    inverse = crossed / _or_nan(last)
    by = {name: moved.by[name].times(-inverse).numbers() + 0.0 for name in ("b", "w")}
    return Found(time, {"x0": by_x0 * crossed, "level": inverse, **by})


def _or_nan(speed: Floats) -> Floats:
    """Return the speeds, NaN for 0: a state that rests on the level has no derivative."""
    return np.where(speed == 0.0, math.nan, speed)


def _on_one_piece(group: Ensemble, level: Floats, call: Call) -> tuple[Passage, Carried]:
    """Return the passage under a constant input, and the derivatives of the state at the level."""
    b, shift = shifted(group, 0)
    x0, end = group.x0 - shift, level - shift
    neurons = group.w, b, *solved(group.w, b, call)
    passage = Passage(*np.full((3, end.size), math.nan))
    call(passages.passages, *neurons, x0, end, *passage, rule())
    crossed = np.isfinite(passage.time)
    rows = np.full((4, end.size), math.nan)
    there, time = np.where(crossed, end, math.nan), np.where(crossed, passage.time, 0.0)
    call(flow_sensitivities.along_all, *neurons, x0, time, there, *rows, rule())
    moved = carried(level, *rows)
    by_w = moved.by["w"] + moved.by["b"].times(shift) if shift.any() else moved.by["w"]
    return passage, Carried(level, moved.by | {"w": by_w})


def _piece_by_piece(group: Ensemble, level: Floats, call: Call) -> tuple[Floats, Floats, Floats]:
    """Return times, dx/dt at the level, and dx/dt at the start (NaN from the second piece on)."""
    x, side = group.x0, np.sign(level - group.x0)
    time, last, first = np.full(x.size, math.inf), *np.full((2, x.size), math.nan)
    for p, begin, stop in spans(group.start):
        # Rounding may have carried the state to the level: it crosses if it goes on.
        there = (side * (x - level) >= 0.0) & (p > 0)
        passage = passage_on(group, p, np.where(there, level, x), level, call)
        stays = there & (passage.first * side <= 0.0)
        now = np.isinf(time) & ~stays & ~(passage.time > stop - begin)
        time = np.where(now, begin + passage.time, time)
        last = np.where(now, passage.last, last)
        first = np.where(now, passage.first, first) if p == 0 else first
        if stop == math.inf or not np.isinf(time).any():
            break
        x = at_its_end(group, p, x, stop - begin, call)
    return time, last, first


def passage_on(group: Ensemble, p: int, x: Floats, level: Floats, call: Call) -> Passage:
    """Return the passage under the input of one piece, which never stops here."""
    b, shift = shifted(group, p)
    passage = Passage(*np.full((3, x.size), math.nan))
    if not any_large(shift, x):
        neurons = group.w, b, *solved(group.w, b, call)
        call(passages.passages, *neurons, x - shift, level - shift, *passage, rule())
        return passage
    way, passed, soon = np.zeros((3, x.size))
    call(passages.depart_to, group.w, group.b, shift, x, level, way, passed, soon, rule())
    neurons = group.w, b, *solved(group.w, b, call)
    call(passages.passages, *neurons, (x - shift) + way, level - shift, *passage, rule())
    large = way != 0.0
    speeds = (sigmoid(group.w * at + group.b) - at + shift for at in (x, level))
    first, last = (np.where(large, mine, f) for mine, f in zip(speeds, passage[1:], strict=True))
    left_behind = (level - x) * way < 0.0
    later = np.where(left_behind, math.inf, passed + passage.time)
    # `soon` is NaN where the departure does not come to the level, or none was needed.
    return Passage(np.where(np.isnan(soon), later, soon), first, last)
