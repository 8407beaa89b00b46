"""Losses of tasks of the flow and their gradients: at given times, or as integrals along time.

Each piece of the input is gone through by formula.  Inside a piece all states are found from its
start at once, since the cost does not depend on the time; the pieces are joined by the chain rule.

An integral along time is a sum over panels with the 7 and 15 nodes of Gauss and Kronrod, which
follow the path: see `path_panels`.  Panels whose two sums differ are halved.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import has_large_input, spans
from doya.integrators.sensitivities import FLOW_NAMES, Carried, piece_of, work_of_formula
from doya.kernels.flow import passages
from doya.kernels.machinery.running import Call, Work, run
from doya.scaled import Scaled
from doya.tasks.path_panels import ORDER, Integrals, Panels, memory

# Error of a panel, relative to the integral of the absolute value, up to which it is not halved;
# and up to which a panel that may not be halved any more counts as exact.
WANTED, ALLOWED = 1e-13, 1e-12
# The least error x - y to which these refer, as a part of |x| + |y|: nearer to
# the target it is the rounding of x that counts.
NEAR = 0.01
# ln of the size of an integral below which only its size is exact.
NOTHING = -600.0
# Panels of a trajectory in one piece: at most, and for an estimate of the work.
MOST_PANELS, USUAL_PANELS = 4096, 200
# Lengths, in times in which the fastest small deviation grows or fades by e: of the shortest halved
# panels, and of pieces of a rise.
SHORTEST, RISE = 2.0**-7, 4.0
MOST_RISES = 4096
# Derivatives with respect to what has targets, where it is not x.
LINE_NAMES = ("slope", "height")
# Trajectories of a part, where each has many states, and states that are found at once.
LANES, AT_ONCE = 64, 16384


class FlowTask(NamedTuple):
    """One sequence of a task of the flow: its targets, and their weights, at ascending times."""

    times: Floats
    target: Floats
    share: Floats


class PathTask(NamedTuple):
    """One sequence with a target along time: target[k] and share[k] from start[k] on, until `end`.

    NaN stands for no target; start[0] is 0.
    """

    start: Floats
    target: Floats
    share: Floats
    end: float


class Line(NamedTuple):
    """The quantity that has targets, slope x + height, with numbers for each trajectory.

    There are derivatives with respect to both then.
    """

    slope: Floats
    height: Floats

    def of(self, lanes: slice | NDArray[np.int64]) -> Line:
        """Return those of some trajectories."""
        return Line(self.slope[lanes], self.height[lanes])

    def read(self, found: Carried) -> Carried:
        """Return slope x + height in place of x, with its derivatives."""
        by = {name: each.times(self.slope) for name, each in found.by.items()}
        unit = np.zeros(found.x.size)
        by["slope"], by["height"] = Scaled(found.x, unit), Scaled(np.ones(unit.size), unit)
        return Carried(self.slope * found.x + self.height, by)


class Aim(NamedTuple):
    """The target along one piece, its weight, and what has it; None for x."""

    target: float
    share: float
    line: Line | None


OfPart: TypeAlias = Callable[[Ensemble, slice, Call], "Sums"]


@dataclasses.dataclass
class Sums:
    """Loss and derivatives as they are summed up, and what has gone wrong, of each trajectory."""

    loss: Floats
    by: dict[str, Scaled]
    lost: NDArray[np.bool_]
    coarse: NDArray[np.bool_]

    @classmethod
    def zero(cls, size: int, names: Sequence[str]) -> Sums:
        """Return sums of nothing."""
        nothing = {name: Scaled.constant(0.0, size) for name in names}
        no = np.zeros(size, dtype=np.bool_)
        return cls(np.zeros(size), nothing, no, no.copy())

    def add(self, loss: Floats, by: dict[str, Scaled]) -> None:
        """Add a loss and its derivatives."""
        self.loss = self.loss + loss
        self.by = {name: each + by[name] for name, each in self.by.items()}

    def write(self, part: slice, into: Sums) -> None:
        """Write to the places of a part."""
        into.loss[part], into.lost[part], into.coarse[part] = self.loss, self.lost, self.coarse
        for name, each in self.by.items():
            into.by[name].put(part, each)


def at_times(group: Ensemble, task: FlowTask, by_weight: bool, line: Line | None = None) -> Sums:
    """Return the loss of one sequence at times, with its derivatives."""
    names = names_of(by_weight, line is not None)
    known = ~np.isnan(task.target) & (task.share > 0.0)
    task = FlowTask(task.times[known], task.target[known], task.share[known])
    group = divided(group, task.times, rising=True)

    def of_part(own: Ensemble, part: slice, call: Call) -> Sums:
        sums = Sums.zero(own.x0.size, names)
        own_line = None if line is None else line.of(part)
        last = float(task.times.max(initial=0.0))
        for p, begin, stop, x, before in walk(own, last, sums, by_weight, call):
            # Times on a breakpoint belong to the piece before it.
            here = (task.times <= stop) & ((task.times > begin) | (p == 0))
            columns = np.flatnonzero(here)
            width = max(AT_ONCE // own.x0.size, 1)
            for first in range(0, columns.size, width):
                some = columns[first : first + width]
                local = np.minimum(task.times[some] - begin, stop - begin)
                lanes = np.repeat(np.arange(own.x0.size), some.size)
                found = _found(
                    own, p, x, before, lanes, np.tile(local, own.x0.size), by_weight, call
                )
                found = found if own_line is None else own_line.of(lanes).read(found)
                for k, column in enumerate(some.tolist()):
                    _add_target(sums, found.of(slice(k, None, some.size)), task, column)
        return sums

    lanes = max(AT_ONCE // max(task.times.size, 1), LANES)
    return _summed(group, of_part, work_at_times(group, task.times.size), names, lanes)


def work_at_times(group: Ensemble, times: int) -> Work:
    """Return the work of one sequence with targets at some times."""
    return work_of_formula(group, group.x0.size * (1 + times // group.start.size))


def along_time(group: Ensemble, task: PathTask, by_weight: bool, line: Line | None = None) -> Sums:
    """Return the integral of one sequence's loss along time, with its derivatives."""
    names = names_of(by_weight, line is not None)
    group = divided(group, task.start[task.start < task.end], rising=False)
    group = divided(group, _within_rises(group, task.end), rising=True)
    which = np.searchsorted(task.start, group.start, side="right") - 1
    targets, shares = task.target[which], task.share[which]

    def of_part(own: Ensemble, part: slice, call: Call) -> Sums:
        sums = Sums.zero(own.x0.size, names)
        own_line = None if line is None else line.of(part)
        for p, begin, stop, x, before in walk(own, task.end, sums, by_weight, call):
            y, c, length = float(targets[p]), float(shares[p]), min(stop, task.end) - begin
            if y == y and c > 0.0 and length > 0.0:
                panels = Panels.first(own, p, x, length, call)
                aim = Aim(y, c, own_line)
                _integrate(sums, panels, own, p, x, before, aim, by_weight, call)
        return sums

    return _summed(group, of_part, work_along_time(group), names, LANES)


def work_along_time(group: Ensemble) -> Work:
    """Return the work of one sequence with a target along time."""
    states = group.x0.size * group.start.size * USUAL_PANELS * ORDER
    work = {**work_of_formula(group, states // group.start.size)}
    if not group.rise.all():
        work[passages.passages] = states / ORDER
        work |= {passages.depart_to: states / ORDER} if has_large_input(group) else {}
    return work


def names_of(by_weight: bool, by_line: bool) -> tuple[str, ...]:
    """Return the names of the derivatives."""
    more = ("input_weight",) if by_weight else ()
    return (*FLOW_NAMES, *more, *(LINE_NAMES if by_line else ()))


def _summed(
    group: Ensemble, of_part: OfPart, work: Work, names: tuple[str, ...], at_most: int
) -> Sums:
    """Return the sums of all trajectories, found in parts of `at_most`."""
    sums = Sums.zero(group.x0.size, names)

    def job(part: slice, call: Call) -> None:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            of_part(group.part(part), part, call).write(part, sums)

    run(job, group.x0.size, work, at_most=at_most, calls=group.start.size)
    return sums


def divided(group: Ensemble, times: Floats, rising: bool) -> Ensemble:
    """Return the same trajectories with more pieces: cut at these times, `rising` pieces only."""
    inner = times[(times > 0.0) & np.isfinite(times)]
    rise = np.zeros(group.start.size)
    rise[: group.rise.size] = group.rise
    if rising:
        inner = inner[rise[np.searchsorted(group.start, inner, side="right") - 1] != 0.0]
    start = np.union1d(group.start, inner)
    piece = np.searchsorted(group.start, start, side="right") - 1
    since = np.where(rise[piece] != 0.0, start - group.start[piece], 0.0)
    u = group.u[piece] + (rise[piece] * since)[:, np.newaxis]
    return dataclasses.replace(group, start=start, u=u, rise=rise[piece])


def walk(
    group: Ensemble, end: float, sums: Sums, by_weight: bool, call: Call
) -> Iterator[tuple[int, float, float, Floats, Carried | None]]:
    """Yield each piece that begins before the end: its number, begin, stop, x and all before.

    Trajectories that are lost on the way are marked in the sums.
    """
    x, before = group.x0, None
    for p, begin, stop in spans(group.start):
        if begin > 0.0 and begin >= end:
            return
        yield p, begin, stop, x, before
        if stop >= end:
            return
        over = piece_of(group, p, x, np.full(x.size, stop - begin), call, by_weight)
        sums.lost |= np.isnan(over.x)
        before = over if before is None else before.then(over)
        x = np.where(sums.lost, 0.0, over.x)  # the formula needs a number


def _found(
    group: Ensemble, p: int, x: Floats, before: Carried | None, lanes: NDArray[np.int64],
    local: Floats, by_weight: bool, call: Call,
) -> Carried:  # fmt: skip
    """Return states and derivatives of some trajectories, at times since the start of a piece."""
    here = piece_of(group.at(lanes, math.inf), p, x[lanes], local, call, by_weight)
    return here if before is None else before.of(lanes).then(here)


def _add_target(sums: Sums, found: Carried, task: FlowTask, column: int) -> None:
    """Add the loss of one target, and its derivatives."""
    error = found.x - task.target[column]
    share = task.share[column]
    sums.lost |= np.isnan(found.x)
    pull = 2.0 * share * error
    sums.add(share * (error * error), {name: found.by[name].times(pull) for name in sums.by})


def _within_rises(group: Ensemble, end: float) -> Floats:
    """Return times that divide the rises of the input into short pieces."""
    edges = [*group.start.tolist(), end]
    longest = RISE * float(np.min(memory(group), initial=1.0))
    cuts = [
        np.linspace(begin, stop, min(math.ceil((stop - begin) / longest), MOST_RISES) + 1)[1:-1]
        for p, (begin, stop) in enumerate(zip(edges[:-1], np.minimum(edges[1:], end), strict=True))
        if group.rises(p) and stop > begin
    ]
    return np.concatenate([np.zeros(0), *cuts])


def _integrate(
    sums: Sums, panels: Panels, group: Ensemble, p: int, x: Floats, before: Carried | None,
    aim: Aim, by_weight: bool, call: Call,
) -> None:  # fmt: skip
    """Add the integral over one piece; mark trajectories whose accuracy is not reached."""
    done = _of_panels(sums, panels, group, p, x, before, aim, by_weight, call)
    shortest = SHORTEST * memory(group)
    while True:
        top = done.largest_unit(panels.lane, x.size)
        size = done.totals(done.size, panels.lane, top)
        with np.errstate(divide="ignore"):
            allowed = np.maximum(np.log(WANTED * size) + top, NOTHING)
            wrong = (np.log(done.error) + done.unit > allowed[:, panels.lane]).any(axis=0)
        wrong &= panels.end - panels.begin > shortest[panels.lane]
        wrong &= (np.bincount(panels.lane, minlength=x.size) < MOST_PANELS)[panels.lane]
        if not wrong.any():
            break
        new = panels.of(wrong).halved()
        more = _of_panels(sums, new, group, p, x, before, aim, by_weight, call)
        done = done.of_panels(~wrong).joined(more)
        panels = panels.of(~wrong).joined(new)
    order = np.lexsort((panels.begin, panels.lane))
    lane = panels.lane[order]
    done = done.of_panels(order)
    error, value = (done.totals(row, lane, top) for row in (done.error, done.value))
    sums.coarse |= ((error > ALLOWED * size) & (top > NOTHING)).any(axis=0)
    loss, *rest = map(Scaled, value, top)
    sums.add(loss.numbers(), dict(zip(sums.by, rest, strict=True)))


def _of_panels(
    sums: Sums, panels: Panels, group: Ensemble, p: int, x: Floats, before: Carried | None,
    aim: Aim, by_weight: bool, call: Call,
) -> Integrals:  # fmt: skip
    """Return the integrals over panels, as many of them at once as fit."""
    width, (target, share, line) = AT_ONCE // ORDER, aim
    parts = []
    for first in range(0, panels.lane.size, width):
        some = panels.of(slice(first, first + width))
        lanes, times = some.nodes()
        found = _found(group, p, x, before, lanes, times, by_weight, call)
        found = found if line is None else line.of(lanes).read(found)
        missing = np.isnan(found.x)
        sums.lost[lanes[missing]] = True
        state = np.where(missing, target, found.x)
        slopes = [_known(found.by[name]) for name in sums.by]
        error = state - target
        near = np.abs(error) + NEAR * (np.abs(state) + abs(target))
        values, sizes = (
            [_squared(share, each), *_pulled(share, each, slopes)] for each in (error, near)
        )
        parts.append(Integrals.of(some, values, sizes))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.joined(part)
    return whole


def _squared(share: float, error: Floats) -> Scaled:
    """Return the integrand of the loss."""
    return Scaled(share * (error * error), np.zeros(error.size))


def _pulled(share: float, error: Floats, slopes: list[Scaled]) -> list[Scaled]:
    """Return the integrands of its derivatives."""
    return [slope.times(2.0 * share * error) for slope in slopes]


def _known(slope: Scaled) -> Scaled:
    """Return the numbers, 0 in place of NaN."""
    unknown = np.isnan(slope.value)
    return Scaled(np.where(unknown, 0.0, slope.value), np.where(unknown, 0.0, slope.shift))
