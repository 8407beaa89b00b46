"""Losses of tasks of the neurons of an ensemble while they learn an author's letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import checked_names
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion
from doya.conversions.rates import Start, moved
from doya.errors import ArgumentError
from doya.integrators.ensembles import flat
from doya.kernels.machinery.running import Call
from doya.tasks.letters import LetterTask, letters_of
from doya.tasks.step_tasks import Forcing
from doya.tasks.task import Task
from doya.training.letters import LetterEnds, LetterGroup
from doya.training.steps import Losses, learned_of
from doya.training.tasks import LOSS_ALONE, shape_of


@dataclass(frozen=True, eq=False)
class TaskGroup(LetterGroup):
    """Some neurons, the author's states at the starts of the task's parts, and shared inputs."""

    starts: list[Start]
    shared: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class LetterTaskEnds(LetterEnds):
    """Losses of a task, from fixed states of the author."""

    task: LetterTask
    shared: dict[str, float]
    forcing: Forcing

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Return the shape to which the letters and the settings of the rule broadcast."""
        return shape_of(self, self.conversion.shape)

    def first(self, part: slice) -> tuple[TaskGroup, Floats]:
        """Return some of the neurons, and the rows of letters and inputs that the steps change."""
        values = {**self.conversion.parameters, **self.shared}
        rows = {
            name: np.array(flat(np.asarray(each), self.shape)[part])
            for name, each in values.items()
        }
        now = learned_of(rows, self.learn)
        letters = {name: rows[name] for name in self.conversion.parameters}
        starts = [each.of(part) for each in self.task.starts(self.shape)]
        shared = {name: rows[name] for name in self.shared}
        return TaskGroup(letters, starts[0].state, now.copy(), starts, shared), now

    def losses(self, group: Any, target: Floats, call: Call) -> Losses:
        """Return the losses of some neurons and their gradient by letters and inputs."""
        letters = {name: each.copy() for name, each in group.letters.items()}
        here = moved(self.conversion, **letters), group.starts
        loss, by, _ = self.task.slopes(*here, self.learn, self.forcing, group.shared)
        free = loss
        if self.forcing.alpha:
            free, _, _ = self.task.slopes(*here, (), LOSS_ALONE, group.shared)
        return Losses(loss, free, by)


def letter_task_ends(
    conversion: Conversion, task: Task, learn: str | Iterable[str] | None,
    settings: dict[str, tuple[int, ...]], manner: Forcing,
) -> LetterTaskEnds:  # fmt: skip
    """Return the losses of a task; raise for names or a task that letters do not have."""
    allowed = (*letters_of(conversion), *task.shared)
    usual = AUTHORS[conversion.author].drive
    names = checked_names("learn", usual if learn is None else learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be one or more of {', '.join(allowed)}, got {learn!r}")
    own = LetterTask.of(conversion, task, names, manner.alpha)
    return LetterTaskEnds(
        conversion.neuron, 0.0, task.last, 0.0, None, names, manner.alpha, settings, conversion,
        own, task.shared_values, manner,
    )  # fmt: skip
