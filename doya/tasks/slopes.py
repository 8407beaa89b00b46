"""The loss of a task, its derivatives with respect to Doya's parameters, neuron by neuron."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.inputs import Pieces, Table, in_pieces
from doya.integrators.ensembles import Ensemble, flat
from doya.kernels.machinery.registry import Kernel
from doya.kernels.machinery.running import Work
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.tasks import flow_tasks, step_tasks
from doya.tasks.flow_tasks import Line
from doya.tasks.sequences import MOST_STEPS
from doya.tasks.statuses import TaskStatus
from doya.tasks.task import Task, check_variable
from doya.tasks.teacher_forcing import check_teacher

Slopes = tuple[Floats, dict[str, Scaled], Any]


def slopes_of_task(
    neuron: Neuron,
    task: Task,
    x0: Floats | None,
    by_weight: bool,
    alpha: float = 0.0,
    shared: Mapping[str, Floats] | None = None,
    most: int = step_tasks.Forcing().most,
) -> Slopes:
    """Return losses, derivatives and statuses; x0 of each neuron, if given, is as `starts_of` says.

    With by_weight there are derivatives with respect to the weight of the input; maps have all.
    alpha is the share of the teacher in each state of the map that has a target.  `shared` has
    values of the input for each neuron, by name; others are those of the task.  With `most` below 0
    the derivatives of maps are 0.
    """
    check_teacher(task, alpha)
    check_variable(task)
    if isinstance(neuron, NeuronMap):
        forcing = step_tasks.Forcing(alpha, most=most)
        return _of_map(neuron, step_task(task), task, x0, forcing, shared or {})
    return _of_flow(neuron, task, x0, by_weight)


def starts_of(task: Task) -> tuple[float, Floats]:
    """Return a start that can be changed, and what it is added to in each sequence.

    The start is that of all sequences, or 0 if they have starts of their own.
    """
    if np.ndim(task.x0):
        return 0.0, task.starts
    return float(task.x0), np.zeros(len(task.inputs))


def _of_map(
    neuron: Neuron, by_step: step_tasks.StepTask, task: Task, x0: Floats | None,
    forcing: step_tasks.Forcing, shared: Mapping[str, Floats],
) -> Slopes:  # fmt: skip
    """Return losses, derivatives and statuses of maps."""
    rows = (neuron.w, neuron.b, getattr(neuron, "epsilon", 1.0), neuron.input_weight)
    w, b, epsilon, weight = (flat(value, neuron.shape) for value in rows)
    if x0 is not None:
        by_step = by_step._replace(x0=starts_of(task)[1])
    given: dict[str, Any] = {**by_step.values, **shared}
    values = {name: flat(each, neuron.shape) for name, each in given.items()}
    own = np.array([*values.values()]) if values else None
    maps = step_tasks.Maps(w, b, epsilon, weight, neuron.input_inside, x0, own)
    found = step_tasks.by_iteration(maps, by_step, forcing)
    return found.loss, found.by, np.zeros(found.loss.size, dtype=np.int64)


def step_task(task: Task) -> step_tasks.StepTask:
    """Return the task as the map takes it; raise if it is one for the flow only."""
    if isinstance(task.targets, tuple):
        raise ArgumentError("task", "must have numbers as targets for the map, got Tables")
    times = task.times
    if not (times == np.floor(times)).all() or times[-1] > MOST_STEPS:
        raise ArgumentError(
            "task", f"must have whole numbers of steps up to {MOST_STEPS} for the map, got"
            f" t_end = {task.t_end}",
        )  # fmt: skip
    steps = int(times[-1])
    targets, shares = task.rows()
    if isinstance(task.inputs, tuple):
        u = _by_step(task.inputs, steps)
    else:
        u = np.array(task.inputs[:, : max(steps, 1)], order="C")
    places, on_z = times.astype(np.int64), task.variable == "z"
    shared = None
    if task.shared:
        shared = np.full(u.shape, -1)
        for number, where in enumerate(task.shared.values()):
            shared[where[:, : u.shape[1]]] = number
    return step_tasks.StepTask(
        task.starts, u, steps, targets, shares, places, on_z, shared, task.shared_values
    )


def _by_step(inputs: tuple[Any, ...], steps: int) -> Floats:
    """Return a list of inputs as the map reads them, one number a step or one for all."""
    pieces = [in_pieces(u, True, float(steps)) for u in inputs]
    constant = all(each.start.size == 1 for each in pieces)
    width = 1 if constant else max(steps, 1)
    require_memory("inputs", (len(pieces), width), 3)
    time = np.arange(float(width))
    return np.array([each.at(time) for each in pieces])


def _of_flow(neuron: Neuron, task: Task, x0: Floats | None, by_weight: bool) -> Slopes:
    """Return losses, derivatives and statuses of flows."""
    moved, starts = (0.0, task.starts) if x0 is None else (x0, starts_of(task)[1])
    pairs = zip(flow_pieces(task), starts.tolist(), strict=True)
    groups = (Ensemble.of(neuron, moved + start, each, neuron.shape) for each, start in pairs)
    return slopes_of_flow(task, groups, math.prod(neuron.shape), by_weight)


def flow_pieces(task: Task) -> list[Pieces]:
    """Return the input of each sequence in pieces; raise if the task is one for the map only."""
    if not isinstance(task.inputs, tuple):
        words = "must have a list of inputs for the flow, one per sequence, got inputs by step"
        raise ArgumentError("task", f"{words}: use a NeuronMap")
    return [in_pieces(u, False, task.last) for u in task.inputs]


def slopes_of_flow(
    task: Task, groups: Iterable[Ensemble], size: int, by_weight: bool, line: Line | None = None
) -> Slopes:
    """Return the same of `size` flows, given as an ensemble for each sequence.

    Targets are of the line of each flow, if it is given; then there are derivatives with
    respect to it.
    """
    count, on_z = len(task.inputs), task.variable == "z"
    total = flow_tasks.Sums.zero(size, flow_tasks.names_of(by_weight, on_z or line is not None))
    for k, group in enumerate(groups):
        own_line = Line(group.w, group.b) if on_z else line
        if isinstance(task.targets, tuple):
            found = flow_tasks.along_time(group, _path_task(task, k), by_weight, own_line)
        else:
            target, share = (row[k] for row in task.rows())
            own = flow_tasks.FlowTask(task.times, target, share)
            found = flow_tasks.at_times(group, own, by_weight, own_line)
        total.add(found.loss, found.by)
        total.lost |= found.lost
        total.coarse |= found.coarse
    part = np.where(total.lost, math.nan, 1.0 / count)
    by = {name: each.times(part) for name, each in total.by.items()}
    if on_z:
        by["w"], by["b"] = by["w"] + by["slope"], by["b"] + by["height"]
    status = np.where(total.coarse, TaskStatus.COARSE, TaskStatus.DONE)
    status = np.where(total.lost, TaskStatus.NOT_REACHED, status)
    return total.loss * part, by, status.astype(np.int64)


def work_of_flow(task: Task, groups: Iterable[Ensemble]) -> Work:
    """Return the work of `slopes_of_flow`."""
    total: dict[Kernel, float] = {}
    for group in groups:
        along = isinstance(task.targets, tuple)
        own = (
            flow_tasks.work_along_time(group) if along
            else flow_tasks.work_at_times(group, task.times.size)
        )  # fmt: skip
        for kernel, units in own.items():
            total[kernel] = total.get(kernel, 0.0) + units
    return total


def _path_task(task: Task, k: int) -> flow_tasks.PathTask:
    """Return sequence k of a task with targets along time."""
    assert isinstance(task.targets, tuple)
    target = task.targets[k]
    share: Table | float = 1.0
    if isinstance(task.weights, tuple):
        share = task.weights[k]
    elif task.weights is not None:
        share = float(np.broadcast_to(task.weights, len(task.targets))[k])
    edges = [np.zeros(1), target.time]
    edges += [share.time] if isinstance(share, Table) else []
    start = np.unique(np.concatenate(edges))
    shares = (
        _values_at(share, start, 0.0) if isinstance(share, Table) else np.full(start.size, share)
    )
    return flow_tasks.PathTask(start, _values_at(target, start, math.nan), shares, task.last)


def _values_at(table: Table, time: Floats, before: float) -> Floats:
    """Return the values of a table at these times; `before` its first time."""
    values = np.append(before, table.value)
    return values[np.searchsorted(table.time, time, side="right")]
