"""Ends of trajectories with their derivatives: the flow by formula or steps, the map by steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from doya.arrays import Counts, Floats
from doya.equilibria import solve_all
from doya.integrators.ensembles import Ensemble, interpreted, own, own_columns
from doya.integrators.formula import any_large, departed, shifted, spans
from doya.integrators.iteration import INTERPRETED_STEPS
from doya.integrators.steps import INTERPRETED_RATES, drive_of
from doya.kernels import (
    departures,
    flow,
    flow_sensitivities,
    map_sensitivities,
    panels,
    steppers,
    variational,
)
from doya.kernels.compilation import compiled
from doya.kernels.equilibria import solve
from doya.kernels.parallel import CHUNK, in_chunks
from doya.scaled import Scaled

# States and derivatives that the interpreter has done, at 0.2 to 0.6 ms each, before numba would
# have started.
INTERPRETED_STATES = 500
MAP_NAMES = ("x0", "b", "w", "epsilon")


@dataclass(frozen=True)
class Carried:
    """x at the end, and its derivatives by x0, b, w, and for the map epsilon."""

    x: Floats
    by: dict[str, Scaled]

    def then(self, after: Carried) -> Carried:
        """One stretch of time after another, by the chain rule."""
        gain = after.by["x0"]
        by = {name: gain * self.by[name] + after.by[name] for name in self.by if name != "x0"}
        return Carried(after.x, {"x0": gain * self.by["x0"]} | by)


def by_formula(group: Ensemble, end: Floats) -> Carried:
    """Of the flow, piece by piece, at one time or at a time of each trajectory's own."""
    done: Carried | None = None
    x = group.x0
    for p, begin, stop in spans(group.start):
        local = np.broadcast_to(np.clip(end - begin, 0.0, stop - begin), x.shape)
        piece = _piece_by_formula(group, p, x, local)
        x, done = piece.x, piece if done is None else done.then(piece)
    assert done is not None  # there is at least one piece
    return done


def _piece_by_formula(group: Ensemble, p: int, x0: Floats, local: Floats) -> Carried:
    """Of one piece, at times since its start, from x0 there."""
    expected = x0.size * group.start.size
    b, shift = shifted(group, p)
    if not any_large(shift, x0):
        piece = _relax(group.w, b, x0 - shift, local, expected)
        return _unshifted(piece, shift, x0, local) if shift.any() else piece
    found, way, passed = departed(group, shift, x0, local[:, np.newaxis])
    x = found[:, 0]
    first = _departing(group, shift, x0, way, x)
    over = np.isnan(x)
    if not over.any():
        return first
    left = np.where(over, local - passed, 0.0)
    later = _relax(group.w, b, (x0 - shift) + way, left, expected)
    later = _unshifted(later, shift, np.where(over, x0, x), left)
    return first.then(later)


def _unshifted(piece: Carried, shift: Floats, x0: Floats, local: Floats) -> Carried:
    """From x - shift and b + w shift to x and b; no time, no change of x0."""
    by_w = piece.by["w"] + piece.by["b"].times(shift)  # z = w (x - shift) + (b + w shift)
    return Carried(np.where(local > 0.0, piece.x + shift, x0), piece.by | {"w": by_w})


def _departing(group: Ensemble, shift: Floats, x0: Floats, way: Floats, x: Floats) -> Carried:
    """Of the departures of large inputs, whose ways are known; of others nothing yet."""
    size = x0.size
    if interpreted(departures.carry_all, size, INTERPRETED_STATES):
        rows: list[Any] = [row.tolist() for row in (group.w, group.b, shift, x0, way)]
        parts: list[Any] = [[math.nan] * size for _ in range(4)]
        room: list[Any] = [*panels.TABLES, *([0.0] * panels.ORDER for _ in range(2))]
        departures.carry_all(*[*rows, *parts, *room])
        return carried(x, *map(np.array, parts))
    found = np.full((4, size), math.nan)
    kernel = compiled(departures.carry_all)
    tables = [np.array(table) for table in panels.TABLES]

    def work(part: slice) -> None:
        neurons = own(part, group.w, group.b, shift, x0, way)
        room = [*tables, *(np.empty(panels.ORDER) for _ in range(2))]
        kernel(*neurons, *(row[part] for row in found), *room)

    in_chunks(work, size)
    return carried(x, *found)


def _relax(w: Floats, b: Floats, x0: Floats, time: Floats, expected: int) -> Carried:
    """Of the flow without input; `expected` tells how many states this will be asked for in all."""
    size = w.size
    if interpreted(flow_sensitivities.along_all, expected, INTERPRETED_STATES):
        neurons: list[Any] = [part.tolist() for part in (w, b, *solve_all(w, b), x0, time)]
        x: list[float]
        parts: list[Any]
        x, *parts = ([math.nan] * size for _ in range(5))
        room: list[Any] = [*panels.TABLES, *([0.0] * panels.ORDER for _ in range(5))]
        flow.paths(*[*neurons, 1, x, *room[:6]])
        flow_sensitivities.along_all(*[*neurons, x, *parts, *room])
        return carried(np.array(x), *map(np.array, parts))

    end, *rows = np.full((5, size), math.nan)
    path, carry = compiled(flow.paths), compiled(flow_sensitivities.along_all)
    if size > CHUNK:
        compiled(solve)  # so that the roots of no chunk are interpreted
    tables = [np.array(table) for table in panels.TABLES]

    def work(part: slice) -> None:
        own_w, own_b, own_x0, own_time = own(part, w, b, x0, time)
        neurons = own_w, own_b, *solve_all(own_w, own_b), own_x0, own_time
        room = [*tables, *(np.empty(panels.ORDER) for _ in range(5))]
        path(*neurons, 1, end[part], *room[:6])
        carry(*neurons, end[part], *(row[part] for row in rows), *room)

    in_chunks(work, size)
    return carried(end, *rows)


def carried(x: Floats, log_gain: Floats, by_b: Floats, by_w: Floats, shift: Floats) -> Carried:
    """From the kernels' rows; shift belongs to the derivatives by b and w."""
    gain = Scaled(np.ones(x.size), log_gain)
    return Carried(x, {"x0": gain, "b": Scaled(by_b, shift), "w": Scaled(by_w, shift)})


def from_states(states: Floats) -> Carried:
    """From the parts of the variational equation, shape (trajectories, parts)."""
    x, log_gain, by_b, by_w = np.ascontiguousarray(states.T)
    return carried(x, log_gain, by_b, by_w, np.zeros(x.size))


def by_iteration(group: Ensemble, steps: int, by_epsilon: bool) -> Carried:
    """Of the map after so many steps; that by epsilon takes half as long again."""
    w, b, epsilon, gain, u, x0 = (
        group.w, group.b, group.epsilon, group.gain, group.u, group.x0
    )  # fmt: skip
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    names = len(MAP_NAMES) if by_epsilon else len(MAP_NAMES) - 1
    if interpreted(map_sensitivities.iterate, x0.size * int(lengths.sum()), INTERPRETED_STEPS // 2):
        states = x0.tolist()
        by, shift = ([[0.0] * names for _ in states] for _ in range(2))
        rows = [[0.0] * map_sensitivities.BLOCK for _ in range(map_sensitivities.ROWS)]
        map_sensitivities.iterate(
            w.tolist(), b.tolist(), epsilon.tolist(), gain.tolist(), u.tolist(), lengths.tolist(),
            True, states, by, shift, rows,
        )  # fmt: skip
        x, values, shifts = np.array(states), np.array(by), np.array(shift)
    else:
        x, values, shifts = np.array(x0), np.empty((x0.size, names)), np.empty((x0.size, names))
        kernel = compiled(map_sensitivities.iterate)

        def work(part: slice) -> None:
            kernel(
                *own(part, w, b, epsilon, gain), own_columns(u, part), lengths, True, x[part],
                values[part], shifts[part],
                np.empty((map_sensitivities.ROWS, map_sensitivities.BLOCK)),
            )  # fmt: skip

        in_chunks(work, x0.size)
    values, shifts = values.reshape(-1, names).T, shifts.reshape(-1, names).T
    return Carried(x, dict(zip(MAP_NAMES, map(Scaled, values, shifts), strict=False)))


def by_steps(
    group: Ensemble, end: Floats, rtol: float, atol: float, max_steps: int
) -> tuple[Carried, Counts]:
    """Of the flow, by the variational equation; and the stepper's status."""
    size, parts = group.x0.size, variational.PARTS
    ends = [(begin, stop) for _, begin, stop in spans(group.start)]
    lengths = np.array([np.broadcast_to(np.clip(end - t, 0.0, s - t), size) for t, s in ends])
    w, b, drive = group.w, group.b, drive_of(group, group.u)
    states = np.zeros((size, parts))
    states[:, 0] = group.x0
    tableau = steppers.coefficients()
    rates = 12.0 * parts * size * (20.0 + lengths.sum() * (1.0 + 0.25 * np.abs(w).max(initial=0.0)))
    if interpreted(variational.advance, int(min(rates, 1e9)), INTERPRETED_RATES):
        rows, done = states.tolist(), [0] * size
        room = [[0.0] * parts for _ in range(variational.ROWS)]
        variational.advance(
            w.tolist(), b.tolist(), drive.tolist(), lengths.tolist(), rtol, atol, max_steps, rows,
            done, tableau, room,
        )  # fmt: skip
        states, status = np.array(rows).reshape(size, parts), np.array(done, dtype=np.int64)
    else:
        status = np.empty(size, dtype=np.int64)
        kernel, table = compiled(variational.advance), np.array(tableau)

        def work(part: slice) -> None:
            kernel(
                *own(part, w, b), own_columns(drive, part), np.ascontiguousarray(lengths[:, part]),
                rtol, atol, max_steps, states[part], status[part], table,
                np.empty((variational.ROWS, parts)),
            )  # fmt: skip

        in_chunks(work, size)
    return from_states(states), status
