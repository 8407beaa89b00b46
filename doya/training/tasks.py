"""Losses of the neurons of an ensemble while they learn a task, or one target with a teacher."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Counts, Floats
from doya.errors import ArgumentError
from doya.inputs import Pieces
from doya.integrators.ensembles import Ensemble, flat
from doya.kernels.machinery.running import Call, Work
from doya.kernels.training import task_gradients
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.tasks.sequences import MOST_STEPS
from doya.tasks.slopes import (
    flow_pieces,
    slopes_of_flow,
    starts_of,
    step_task,
    work_of_flow,
)
from doya.tasks.step_tasks import Forcing, Maps, StepTask, slopes_of, units_of
from doya.tasks.task import Task, check_variable
from doya.tasks.teacher_forcing import check_teacher
from doya.training.steps import Ends, Losses, learned_of

# The loss alone, without derivatives.
LOSS_ALONE = Forcing(most=-1)


class SharedTask(NamedTuple):
    """A task of the map, and the neurons of a part that have it."""

    which: Counts
    task: StepTask


class MapLearners(NamedTuple):
    """Some maps with what they have learned so far, rows of shared inputs too, and their tasks."""

    maps: Maps
    values: list[Floats]
    tasks: list[SharedTask]


@dataclass(frozen=True, eq=False)
class MapEnds(Ends):
    """Losses of maps with one target at the end, by the kernel of tasks.

    A target with a teacher is a target for each step, of weight 0 before the last one.
    """

    forcing: Forcing

    @property
    def shared(self) -> dict[str, float]:
        """Return the values of the input at the start that steps share, by name."""
        return {}

    @property
    def is_plain(self) -> bool:
        return False

    @property
    def calls(self) -> int:
        return 1

    @property
    def work(self) -> Work:
        steps = max(self.last, 1.0)
        return {task_gradients.iterate: math.prod(self.shape) * steps}

    def first(self, part: slice) -> tuple[Any, Floats]:
        """Return some of the neurons, and the rows of their parameters that the steps change."""
        rows = {name: np.array(each[part]) for name, each in self.rows.items()}
        now = learned_of(rows, self.learn)
        w, b, epsilon, weight, moved = (
            rows[name] for name in ("w", "b", "epsilon", "input_weight", "x0")
        )
        maps = Maps(w, b, epsilon, weight, self.neuron.input_inside, moved)
        values = [rows[name] for name in self.shared]
        return MapLearners(maps, values, list(self.tasks(part))), now

    def tasks(self, part: slice) -> Iterator[SharedTask]:
        """Yield the tasks of a part; neurons with the same target and input share one."""
        steps = int(self.last)
        target = flat(self.target, self.shape)[part, np.newaxis]
        known, label = np.unique(
            np.hstack([target, self._inputs(part)]), axis=0, return_inverse=True
        )
        teacher = self.forcing.alpha > 0.0
        places = np.arange(steps + 1) if teacher else np.array([steps])
        shares = np.zeros((1, places.size))
        shares[0, -1] = 1.0
        for k, row in enumerate(known):
            aim = np.full((1, places.size), row[0])
            u = np.array(row[np.newaxis, 1:])
            which = np.flatnonzero(label.ravel() == k)
            yield SharedTask(which, StepTask(np.zeros(1), u, steps, aim, shares, places))

    def _inputs(self, part: slice) -> Floats:
        """Return the input by step of each neuron of a part, one column if it is constant."""
        width = 1 if self.pieces.start.size == 1 else max(int(self.last), 1)
        u = self.pieces.at(np.arange(float(width)))
        if u.ndim == 1:
            size = flat(self.target, self.shape)[part].size
            return np.broadcast_to(u, (size, width))
        rows = np.broadcast_to(u, (*self.shape, width)).reshape(-1, width)
        return rows[part]

    def losses(self, learners: Any, target: Floats, call: Call) -> Losses:
        """Return the losses of some neurons and their gradient, that of rho Omega included."""
        maps = learners.maps
        if learners.values:
            maps = maps._replace(values=np.array(learners.values))
        if len(learners.tasks) == 1:
            return self._of_all(maps, learners.tasks[0].task, call)
        loss, free = np.empty((2, target.size))
        value, shift = np.empty((2, len(self.learn), target.size))
        for which, task in learners.tasks:
            own = maps.part(which)
            found = slopes_of(own, task, self.forcing, call)
            loss[which] = free[which] = found.loss
            if self.forcing.alpha:
                free[which] = slopes_of(own, task, LOSS_ALONE, call).loss
            for k, name in enumerate(self.learn):
                value[k, which], shift[k, which] = found.by[name].value, found.by[name].shift
        return Losses(loss, free, dict(zip(self.learn, map(Scaled, value, shift), strict=True)))

    def _of_all(self, maps: Maps, task: StepTask, call: Call) -> Losses:
        """Return the losses of maps that have one task, and their gradient."""
        found = slopes_of(maps, task, self.forcing, call)
        free = slopes_of(maps, task, LOSS_ALONE, call).loss if self.forcing.alpha else found.loss
        return Losses(found.loss, free, {name: found.by[name] for name in self.learn})


@dataclass(frozen=True, eq=False)
class MapTaskEnds(MapEnds):
    """Losses of maps with a task."""

    task: StepTask

    @property
    def shared(self) -> dict[str, float]:
        return self.task.values

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Return the shape to which the neuron and the settings of the rule broadcast."""
        return shape_of(self, self.neuron.shape)

    @cached_property
    def rows(self) -> dict[str, Floats]:
        values = {name: flat(each, self.shape) for name, each in self.shared.items()}
        return _rows_of(self) | values

    @property
    def work(self) -> Work:
        return {task_gradients.iterate: units_of(self.task, math.prod(self.shape))}

    def tasks(self, part: slice) -> Iterator[SharedTask]:
        """Yield the one task of all neurons of a part."""
        size = len(range(*part.indices(math.prod(self.shape))))
        yield SharedTask(np.arange(size), self.task)


@dataclass(frozen=True, eq=False)
class FlowTaskEnds(Ends):
    """Losses of flows with a task; starts has one state for each sequence, to which x0 is added."""

    task: Task
    starts: Floats
    inputs: list[Pieces]

    @property
    def calls(self) -> int:
        return 1

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Return the shape to which the neuron and the settings of the rule broadcast."""
        return shape_of(self, self.neuron.shape)

    @cached_property
    def rows(self) -> dict[str, Floats]:
        return _rows_of(self)

    @property
    def work(self) -> Work:
        return work_of_flow(self.task, self._groups(self.rows))

    def _groups(self, rows: dict[str, Floats]) -> Iterator[Ensemble]:
        """Yield an ensemble for each sequence."""
        names = ("w", "b", "input_weight")
        neuron = self.neuron.replace(**{name: rows[name] for name in names})
        for start, pieces in zip(self.starts.tolist(), self.inputs, strict=True):
            yield Ensemble.of(neuron, rows["x0"] + start, pieces, rows["x0"].shape)

    def first(self, part: slice) -> tuple[dict[str, Floats], Floats]:
        """Return the rows of some neurons, and those of them that the steps change."""
        rows = {name: np.array(each[part]) for name, each in self.rows.items()}
        return rows, learned_of(rows, self.learn)

    def losses(self, learners: Any, target: Floats, call: Call) -> Losses:
        """Return the losses of some neurons, twice as there is no teacher, and their gradient."""
        groups, by_weight = self._groups(learners), "input_weight" in self.learn
        loss, by, _ = slopes_of_flow(self.task, groups, target.size, by_weight)
        return Losses(loss, loss, {name: by[name] for name in self.learn})


def shape_of(ends: Ends, neuron: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which the neuron's shape and the settings of the rule broadcast."""
    try:
        return np.broadcast_shapes(neuron, *ends.settings.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in ends.settings.items())
        words = f"must broadcast with the settings of the rule, got {neuron} and {listed}"
        raise ArgumentError("neuron", words) from None


def _rows_of(ends: Ends) -> dict[str, Floats]:
    """Return the parameters that can be learned at the start, a value for each neuron."""
    neuron = ends.neuron
    values = {
        "b": neuron.b, "w": neuron.w, "x0": ends.x0,
        "epsilon": getattr(neuron, "epsilon", 1.0), "input_weight": neuron.input_weight,
    }  # fmt: skip
    return {name: flat(each, ends.shape) for name, each in values.items()}


def task_ends(
    neuron: Neuron, task: Task, learn: tuple[str, ...], settings: dict[str, tuple[int, ...]],
    manner: Forcing,
) -> Ends:  # fmt: skip
    """Return the losses of a task.  x0 is the one start of all sequences, or a shift of several."""
    check_teacher(task, manner.alpha)
    check_variable(task)
    x0, starts = starts_of(task)
    common = (neuron, x0, task.last, 0.0, None, learn, manner.alpha, settings)
    if isinstance(neuron, NeuronMap):
        by_step = step_task(task)._replace(x0=starts)
        return MapTaskEnds(*common, manner, by_step)
    return FlowTaskEnds(*common, task, starts, flow_pieces(task))


def forced_ends(ends: Ends, manner: Forcing) -> MapEnds:
    """Return the losses of maps with one target, by the kernel of tasks."""
    if ends.last > MOST_STEPS:
        words = f"must be at most {MOST_STEPS} steps with these settings, got {ends.last:g}"
        raise ArgumentError("t_end", words)
    fields: dict[str, Any] = {
        each.name: getattr(ends, each.name) for each in dataclasses.fields(Ends)
    }
    return MapEnds(**fields, forcing=manner)
