"""Ends of trajectories with their derivatives: the flow by formula or steps, the map by steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from doya.arrays import Counts, Floats
from doya.equilibria import solving
from doya.integrators import ramps
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import (
    any_large,
    departed,
    has_large_input,
    rule,
    shifted,
    spans,
    within,
)
from doya.integrators.formula import work_of as work_of_states
from doya.kernels.flow import departures, formula, steppers, variational
from doya.kernels.flow import sensitivities as flow_sensitivities
from doya.kernels.machinery.registry import Kernel
from doya.kernels.machinery.running import Call, Room, Work, interpret, repeated, run
from doya.kernels.map import input_sensitivities, tangents
from doya.kernels.map import sensitivities as map_sensitivities
from doya.kernels.map.led_lanes import BLOCK
from doya.scaled import Scaled

FLOW_NAMES = ("x0", "b", "w")
MAP_NAMES = (*FLOW_NAMES, "epsilon")


@dataclass(frozen=True)
class Carried:
    """x at the end, and its derivatives with respect to x0, b, w, epsilon and input_weight."""

    x: Floats
    by: dict[str, Scaled]

    @classmethod
    def joined(cls, parts: list[tuple[int, Self]]) -> Self:
        """The trajectories of a job's parts, each with where it begins."""
        (_, first), *more = sorted(parts, key=lambda part: part[0])
        if not more:
            return first
        every = [first, *(part for _, part in more)]
        by = {
            name: Scaled(
                np.concatenate([part.by[name].value for part in every]),
                np.concatenate([part.by[name].shift for part in every]),
            )
            for name in first.by
        }
        return cls(np.concatenate([part.x for part in every]), by)

    def of(self, lanes: Any) -> Carried:
        """Return those of some trajectories, by their numbers."""
        return Carried(self.x[lanes], {name: each.at(lanes) for name, each in self.by.items()})

    def then(self, after: Carried) -> Carried:
        """One stretch of time after another, by the chain rule."""
        gain = after.by["x0"]
        by = {name: gain * self.by[name] + after.by[name] for name in self.by if name != "x0"}
        return Carried(after.x, {"x0": gain * self.by["x0"]} | by)


def _joined(
    job: Callable[[slice, Call], tuple[int, Carried]], group: Ensemble, work: Work, calls: int = 1
) -> Carried:
    """Return all trajectories' derivatives, from a job that says where its part begins."""
    parts = run(job, group.x0.size, work, calls=calls)
    return Carried.joined(parts or [job(slice(0), interpret)])


def by_formula(group: Ensemble, end: Floats, by_input_weight: bool = False) -> Carried:
    """Of the flow, piece by piece, at one time or at a time of each trajectory's own."""

    def job(part: slice, call: Call) -> tuple[int, Carried]:
        ends = end[part] if end.size > 1 else end
        return part.start, formula_of(group.part(part), ends, call, by_input_weight)

    return _joined(job, group, work_of_formula(group), group.start.size)


def work_of_formula(group: Ensemble, cells: int | None = None) -> Work:
    """Return the work of the flow's derivatives, of the trajectories or of `cells` like them."""
    states = (group.x0.size if cells is None else cells) * group.start.size
    carries: list[Kernel] = [flow_sensitivities.along_all]
    carries += [departures.carry_all] if has_large_input(group) else []
    return {**work_of_states(group, states), **dict.fromkeys(carries, states)}


def formula_of(group: Ensemble, end: Floats, call: Call, by_input_weight: bool = False) -> Carried:
    """Return the derivatives of a part of the trajectories, each at its own time."""
    x, local, lost = group.x0, np.empty(group.x0.size), None
    if group.is_free and not by_input_weight:
        local[:] = end
        return _relax(group.w, group.b, x, local, call)
    done: Carried | None = None
    for p, begin, stop in spans(group.start):
        local[:] = within(end, begin, stop) if group.start.size > 1 else end
        piece = piece_of(group, p, x, local, call, by_input_weight)
        done = piece if done is None else done.then(piece)
        x = piece.x
        if group.rises(p):
            lost = np.isnan(x) if lost is None else lost | np.isnan(x)
        if lost is not None:
            x = np.where(lost, 0.0, x)  # the formula needs a number
    assert done is not None  # there is at least one piece
    return done if lost is None else Carried(np.where(lost, math.nan, done.x), done.by)


def piece_of(
    group: Ensemble, p: int, x0: Floats, local: Floats, call: Call, by_input_weight: bool
) -> Carried:
    """Return the derivatives over one piece alone, at times since its start, from x0 there."""
    if group.rises(p):
        parts = variational.PARTS + by_input_weight
        return from_states(ramps.through(group, p, x0, local, parts, call))
    piece = _piece_by_formula(group, p, x0, local, call)
    if by_input_weight:
        piece.by["input_weight"] = _by_weight_of_input(group, p, piece)
    return piece


def _by_weight_of_input(group: Ensemble, p: int, piece: Carried) -> Scaled:
    """Return the derivative with respect to w' of one piece, whose input is constant.

    Inside sigma w' u is a part of the bias.  Outside, with s = w' u, x - s depends on x0 - s and on
    b + w s, so that dx/ds = 1 - dx/dx0 + w dx/db.
    """
    by_s, gain = piece.by["b"], piece.by["x0"]
    if not group.inside:
        grown = gain.shift > 1.0
        with np.errstate(over="ignore", under="ignore"):
            rise = np.where(grown, -np.expm1(-gain.shift), np.expm1(gain.shift))
        by_s = by_s.times(group.w) + Scaled(-rise, np.where(grown, gain.shift, 0.0))
    return by_s.times(group.u[p])


def _piece_by_formula(group: Ensemble, p: int, x0: Floats, local: Floats, call: Call) -> Carried:
    """Of one piece, at times since its start, from x0 there."""
    b, shift = shifted(group, p) if group.u[p].any() else (group.b, None)
    if shift is None or not shift.any():
        return _relax(group.w, b, x0, local, call)
    if not any_large(shift, x0):
        return _unshifted(_relax(group.w, b, x0 - shift, local, call), shift, x0, local)
    found, way, passed = departed(group, shift, x0, local[:, np.newaxis], call)
    x = found[:, 0]
    rows = np.full((4, x0.size), math.nan)
    call(departures.carry_all, group.w, group.b, shift, x0, way, *rows, rule())
    first = carried(x, *rows)
    over = np.isnan(x)
    if not over.any():
        return first
    left = np.where(over, local - passed, 0.0)
    later = _relax(group.w, b, (x0 - shift) + way, left, call)
    return first.then(_unshifted(later, shift, np.where(over, x0, x), left))


def _unshifted(piece: Carried, shift: Floats, x0: Floats, local: Floats) -> Carried:
    """From x - shift and b + w shift to x and b; no time, no change of x0."""
    by_w = piece.by["w"] + piece.by["b"].times(shift)  # z = w (x - shift) + (b + w shift)
    return Carried(np.where(local > 0.0, piece.x + shift, x0), piece.by | {"w": by_w})


def _relax(w: Floats, b: Floats, x0: Floats, time: Floats, call: Call) -> Carried:
    """Of the flow without input."""
    return relaxing(w, b, x0, time, call)()


def relaxing(w: Floats, b: Floats, x0: Floats, time: Floats, call: Call) -> Callable[[], Carried]:
    """Return a function that follows the flow without input, from w, b, x0 and time as they are.

    It writes each time to the same arrays.
    """
    found, solve_again = solving(w, b, call)
    end, *by = rows = np.empty((5, w.size))
    follow = repeated(call, formula.paths, w, b, *found, x0, time, 1, end, rule())
    carry = repeated(call, flow_sensitivities.along_all, w, b, *found, x0, time, end, *by, rule())

    def relax() -> Carried:
        rows.fill(math.nan)
        solve_again()
        follow()
        carry()
        return carried(end, *by)

    return relax


def carried(x: Floats, log_gain: Floats, by_b: Floats, by_w: Floats, shift: Floats) -> Carried:
    """From the kernels' rows; shift belongs to the derivatives by b and w."""
    gain = Scaled(np.ones(x.size), log_gain)
    return Carried(x, {"x0": gain, "b": Scaled(by_b, shift), "w": Scaled(by_w, shift)})


def from_states(states: Floats) -> Carried:
    """From the parts of the variational equation, shape (trajectories, parts)."""
    x, log_gain, by_b, by_w, *more = np.ascontiguousarray(states.T)
    found = carried(x, log_gain, by_b, by_w, np.zeros(x.size))
    for by_input_weight in more:
        found.by["input_weight"] = Scaled(by_input_weight, np.zeros(x.size))
    return found


def by_iteration(group: Ensemble, steps: int, by_epsilon: bool) -> Carried:
    """Of the map after so many steps; that by epsilon takes half as long again."""

    def job(part: slice, call: Call) -> tuple[int, Carried]:
        return part.start, iteration_of(group.part(part), steps, by_epsilon, call)

    return _joined(job, group, work_of_iteration(group, steps))


def work_of_iteration(group: Ensemble, steps: int) -> Work:
    """Return the work of the map's steps with derivatives."""
    return {map_sensitivities.iterate: group.x0.size * max(steps, 1)}


def iteration_of(
    group: Ensemble, steps: int, by_epsilon: bool, call: Call, by_input_weight: bool = False
) -> Carried:
    """Return the map's derivatives of a part of the trajectories."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    names = MAP_NAMES[: 3 + by_epsilon]
    x = np.array(group.x0)
    by, shift = np.empty((2, x.size, len(names)))
    call(
        map_sensitivities.iterate, group.w, group.b, group.epsilon, group.gain, group.u,
        group.inside, lengths, True, x, by, shift, Room(tangents.ROWS, BLOCK),
    )  # fmt: skip
    found = Carried(x, dict(zip(names, map(Scaled, by.T, shift.T), strict=True)))
    if by_input_weight:
        rows = np.empty((2, x.size))
        _weight_of_input(group, steps, call, *rows)
        found.by["input_weight"] = Scaled(*rows)
    return found


def _weight_of_input(group: Ensemble, steps: int, call: Call, by: Floats, shift: Floats) -> None:
    """Write the derivatives by the input's weight, by e**shift; the states x0 are moved."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    call(
        input_sensitivities.iterate, group.w, group.b, group.epsilon, group.gain, group.u,
        group.inside, lengths, group.x0, by, shift,
    )  # fmt: skip


def weight_of_input(group: Ensemble, steps: int) -> Scaled:
    """Return the derivatives of the map's states by the input's weight after a number of steps."""
    by, shift = np.empty((2, group.x0.size))

    def job(part: slice, call: Call) -> None:
        _weight_of_input(group.part(part), steps, call, by[part], shift[part])

    run(job, by.size, {input_sensitivities.iterate: by.size * max(steps, 1)})
    return Scaled(by, shift)


def by_steps(
    group: Ensemble,
    end: Floats,
    rtol: float,
    atol: float,
    max_steps: int,
    by_input_weight: bool = False,
) -> tuple[Carried, Counts]:
    """Of the flow, by the variational equation; and the stepper's status."""
    size, parts = group.x0.size, variational.PARTS + by_input_weight
    ends = [(begin, stop) for _, begin, stop in spans(group.start)]
    lengths = np.array([np.broadcast_to(np.clip(end - t, 0.0, s - t), size) for t, s in ends])
    states, status = np.zeros((size, parts)), np.zeros(size, dtype=np.int64)
    states[:, 0] = group.x0
    tableau, rise = np.array(steppers.coefficients()), np.array(group.rise)

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            variational.advance, own.w, own.b, own.gain, own.u, rise, own.inside,
            np.array(lengths[:, part]), rtol, atol, max_steps, states[part], status[part], tableau,
            Room(variational.ROWS, parts),
        )  # fmt: skip

    rates = 12.0 * (20.0 * size + lengths.sum() * (1.0 + 0.25 * np.abs(group.w).max(initial=0.0)))
    run(job, size, {variational.advance: float(rates)})
    return from_states(states), status
