"""Losses of tasks of the map and their gradients, neuron by neuron."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from doya.arrays import Counts, Floats
from doya.kernels.machinery.running import Call, Room, run
from doya.kernels.training import task_columns, task_gradients, task_states
from doya.scaled import Scaled

# The derivatives, in the order of the kernel.
NAMES = ("x0", "b", "w", "epsilon", "input_weight", "slope", "height")
# Neurons that go together, at most, and what their trace takes in bytes, so that it stays in the
# cache; with more steps FEW go together, and with many more than that one.
MOST, FEW, CACHED, MUCH = 64, 8, 2**18, 2**22
# With more steps one thread takes all neurons, so that there is one trace, 32 bytes a
# step; and the number of calls in a row for which no other thread is started.
ONE_THREAD, ALL_CALLS = 10**5, 10**9


class Maps(NamedTuple):
    """Maps, one an entry of each row; weight is that of the input, `inside` sigma or outside.

    moved is added to the start of each sequence; None for 0.  values has a row for each value that
    steps of the input share; None for those of the task.  Targets are of slope x + height, if these
    are given; then there are derivatives with respect to them.
    """

    w: Floats
    b: Floats
    epsilon: Floats
    weight: Floats
    inside: bool
    moved: Floats | None = None
    values: Floats | None = None
    slope: Floats | None = None
    height: Floats | None = None

    def part(self, lanes: slice | Counts) -> Maps:
        """Copy some of the maps, for kernels to take."""
        w, b, epsilon, weight = (np.array(row[lanes]) for row in self[:4])
        moved, slope, height = (
            None if row is None else np.array(row[lanes])
            for row in (self.moved, self.slope, self.height)
        )
        values = None if self.values is None else np.array(self.values[:, lanes], order="C")
        return Maps(w, b, epsilon, weight, self.inside, moved, values, slope, height)

    def on_z(self) -> Maps:
        """Return the same maps with targets of z = w x + b."""
        return self._replace(slope=np.array(self.w), height=np.array(self.b))


class StepTask(NamedTuple):
    """A task of the map as the kernel takes it.

    u has the shape (sequences, steps), or (sequences, 1) where each input is constant; targets and
    shares, their weights, have the shape (sequences, places), x0 has one number a sequence.  Where
    on_z, targets are of z = w x + b in place of x.  Where shared, of the shape of u, is not below 0
    it is the number of a value, by name in `values`, that is the input there.
    """

    x0: Floats
    u: Floats
    steps: int
    targets: Floats
    shares: Floats
    places: Counts
    on_z: bool = False
    shared: Counts | None = None
    values: dict[str, float] = {}  # noqa: RUF012  # never changed

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the derivatives, in the order of the kernel."""
        return (*NAMES, *self.values)


class Forcing(NamedTuple):
    """Changes of the gradient on its way back; none by default.

    alpha is the share of the teacher in the state of each `every`-th step for which there is a
    target; an error goes back at most `most` steps, and rho is the weight of Omega.  With `most`
    below 0 only the loss is computed: all derivatives are 0.
    """

    alpha: float = 0.0
    every: int = 1
    most: int = 2**53
    rho: float = 0.0


class TaskSlopes(NamedTuple):
    """Losses, Omegas, and the derivatives of loss + rho Omega by name."""

    loss: Floats
    omega: Floats
    by: dict[str, Scaled]


def by_iteration(maps: Maps, task: StepTask, forcing: Forcing | None = None) -> TaskSlopes:
    """Return the losses of maps with their gradients."""
    size = maps.w.size
    loss, omega = np.empty((2, size))
    by, scale = np.empty((2, size, len(task.names)))

    def job(part: slice, call: Call) -> None:
        found = slopes_of(maps.part(part), task, forcing, call)
        loss[part], omega[part] = found.loss, found.omega
        for k, each in enumerate(found.by.values()):
            by[part, k], scale[part, k] = each.value, each.shift

    units = units_of(task, size)
    calls = 1 if task.steps <= ONE_THREAD else ALL_CALLS
    run(job, size, {task_gradients.iterate: units}, calls=calls)
    rows = map(Scaled, by.T, scale.T)
    return TaskSlopes(loss, omega, dict(zip(task.names, rows, strict=True)))


def units_of(task: StepTask, size: int) -> float:
    """Return the work of the kernel for `size` neurons."""
    return float(size * task.x0.size * max(task.steps, 1))


def slopes_of(maps: Maps, task: StepTask, forcing: Forcing | None, call: Call) -> TaskSlopes:
    """Return the same of the neurons of one part of a job."""
    alpha, every, most, rho = forcing or Forcing()
    if task.on_z:
        maps = maps.on_z()
    w, b, epsilon, weight, inside, moved, values, slope, height = maps
    direct = slope is not None
    if slope is None or height is None:
        slope, height = np.ones(w.size), np.zeros(w.size)
    moved = np.zeros(w.size) if moved is None else moved
    if values is None:
        values = np.repeat(np.array([*task.values.values()])[:, np.newaxis], w.size, axis=1)
    shared = np.zeros((len(task.u), 0), dtype=np.int64) if task.shared is None else task.shared
    loss, omega = np.empty((2, w.size))
    by, scale = np.empty((2, w.size, len(task.names)))
    most_lanes, count = lanes_of(task.steps), len(task.x0)
    wide = is_wide(w.size, count, most_lanes)
    block = min(most_lanes, max(count if wide else w.size, 1))
    at = np.empty(task.steps + 1, dtype=np.int64)
    trace = np.empty((task_columns.A_STEP * (task.steps + 1), block))
    call(
        task_gradients.iterate, w, b, epsilon, weight, task.x0, moved, task.u, shared, values,
        slope, height, inside, wide, direct, task.steps, task.targets, task.shares, task.places,
        alpha, every, most, rho, loss, omega, by, scale, at, trace,
        Room(task_states.ROWS + len(task.values), block), Room(block, len(task.names)),
        Room(block, len(task.names)),
    )  # fmt: skip
    rows = map(Scaled, np.ascontiguousarray(by.T), np.ascontiguousarray(scale.T))
    found = dict(zip(task.names, rows, strict=True))
    if task.on_z:
        found["w"], found["b"] = found["w"] + found["slope"], found["b"] + found["height"]
    return TaskSlopes(loss, omega, found)


def lanes_of(steps: int) -> int:
    """Return how many neurons go together."""
    a_lane = 8 * task_columns.A_STEP * (steps + 1)
    if a_lane * FEW > MUCH:
        return 1
    return max(min(CACHED // a_lane, MOST) // FEW * FEW, FEW)


def is_wide(size: int, sequences: int, lanes: int) -> bool:
    """Return whether sequences of a neuron go together, not neurons: with the same bits."""
    return size < min(sequences, lanes)
