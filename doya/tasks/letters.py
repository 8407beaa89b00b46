"""The loss of a task and its gradient in an author's letters, by the chain rule.

The author's state is s = A x + B, where A and B depend on the letters L; where it is a logit of x,
it is so of the x one step before.  With dL/dA and dL/dB, as if both were numbers,

    dL/dL = sum of dL/dp dp/dL over p = b, w, epsilon, x0, A, B.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.conversions.author import AUTHORS, Move
from doya.conversions.conversion import Conversion, is_late, require_determined
from doya.conversions.rates import (
    Start,
    moved,
    rates_of,
    readout,
    readout_rates,
    start_rates,
    whole_start_of,
)
from doya.errors import ArgumentError
from doya.integrators.ensembles import Ensemble, flat
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.tasks import step_tasks
from doya.tasks.flow_tasks import Line
from doya.tasks.slopes import Slopes, flow_pieces, slopes_of_flow, step_task
from doya.tasks.statuses import TaskStatus
from doya.tasks.step_tasks import Forcing, Maps, StepTask
from doya.tasks.task import Task
from doya.tasks.teacher_forcing import check_teacher


@dataclass(frozen=True, eq=False)
class LetterTask:
    """A task in parts of one start each, their shares, and the neurons at which letters begin."""

    parts: tuple[Task, ...]
    share: float
    conversion: Conversion

    @classmethod
    def of(
        cls, conversion: Conversion, task: Task, names: tuple[str, ...], alpha: float,
        along: tuple[Conversion, ...] = (),
    ) -> Self:  # fmt: skip
        """Return the task; raise if it, or a name, does not fit the author.

        The letters are those of `conversion`, or, at given starts, those of `along`.
        """
        check_teacher(task, alpha)
        check_shared(conversion, task)
        parts = tuple(task.sequences()) if np.ndim(task.x0) else (task,)
        found = cls(parts, 1.0 / len(task.inputs) if np.ndim(task.x0) else 1.0, conversion)
        if not conversion.shape and not along:
            require_determined(conversion)
        for there in along or (conversion,):
            if is_late(there).any():
                _check_late(there, task, names)
        for each in found.parts:  # raises for a task that is not one of this dynamics
            step_task(each) if isinstance(conversion.neuron, NeuronMap) else flow_pieces(each)
        return found

    @property
    def of_state(self) -> bool:
        """Return whether targets are of the author's state."""
        return self.parts[0].variable == "state"

    def starts(self, shape: tuple[int, ...]) -> list[Start]:
        """Return the author's state at the start of each part, for each neuron."""
        return [whole_start_of(self.conversion, float(each.x0), shape) for each in self.parts]

    def slopes(
        self, conversion: Conversion, starts: list[Start], names: tuple[str, ...],
        forcing: Forcing | None = None, shared: Mapping[str, Floats] | None = None,
    ) -> Slopes:  # fmt: skip
        """Return losses, derivatives with respect to letters, x0, shared inputs, and statuses.

        The conversion has a row for each letter; x0 is the author's state at the start.
        """
        size = starts[0].state.size
        loss, status = np.zeros(size), np.zeros(size, dtype=np.int64)
        by, share = {name: Scaled.constant(0.0, size) for name in names}, np.asarray(self.share)
        for task, start in zip(self.parts, starts, strict=True):
            x0 = self._x0(conversion, task, start)
            lost = ~np.isfinite(x0)  # the letters do not determine it
            unknown, x0 = np.where(lost, math.nan, 1.0), np.where(lost, 0.5, x0)
            found, own, failed = self._of_part(conversion, task, x0, forcing, shared or {})
            if not self.of_state:  # by b and w they have their part already
                own = {name: each for name, each in own.items() if name not in ("slope", "height")}
            chained = by_letters(conversion, x0, own, names)
            loss = loss + self.share * found * unknown
            by = {name: each + chained[name].times(share * unknown) for name, each in by.items()}
            status = np.maximum(status, np.where(lost, TaskStatus.NOT_REACHED, failed))
            if "slope" in own and {*names} & {*_turning(conversion)}:
                at_one = flat(is_late(conversion), x0.shape) > 0.0
                status = np.maximum(status, np.where(at_one, TaskStatus.NO_DERIVATIVE, 0))
        return loss, by, status

    def _x0(self, conversion: Conversion, task: Task, start: Start) -> Floats:
        """Return x at the start; where the state is a logit of x, it does not change."""
        late = flat(is_late(conversion), start.state.shape) > 0.0
        with np.errstate(invalid="ignore"):
            return np.where(late, float(task.x0), start.x_of(conversion))

    def _of_part(
        self, conversion: Conversion, task: Task, x0: Floats, forcing: Forcing | None,
        shared: Mapping[str, Floats],
    ) -> Slopes:  # fmt: skip
        """Return losses, derivatives by Doya's names and by the line, and statuses."""
        neuron, line = conversion.neuron, self._line(conversion, x0.size)
        if not isinstance(neuron, NeuronMap):
            groups = (Ensemble.of(neuron, x0, each, x0.shape) for each in flow_pieces(task))
            return slopes_of_flow(task, groups, x0.size, False, line)
        by_step = step_task(task)._replace(x0=np.zeros(len(task.inputs)))
        late = (flat(is_late(conversion), x0.shape) > 0.0) & self.of_state
        values = {name: shared.get(name, each) for name, each in by_step.values.items()}
        maps = _maps(neuron, x0, line, values)
        if not late.any():
            return _slopes(maps, by_step, forcing)
        return _joined(maps, by_step, late, forcing)

    def _line(self, conversion: Conversion, size: int) -> Line | None:
        """Return the author's state as a function of x."""
        if not self.of_state:
            return None
        slope = readout_rates(conversion, 0.0).by_state
        return Line(flat(slope, (size,)), flat(readout(conversion, 0.0), (size,)))


def check_shared(conversion: Conversion, task: Task) -> None:
    """Raise if an input of the task has the name of a letter."""
    for name in task.shared:
        if name in conversion.parameters:
            raise ArgumentError("task", f"must share no input by the name of the letter {name}")


def letters_of(conversion: Conversion) -> tuple[str, ...]:
    """Return the letters that can be learned: all but the unit of time."""
    moves = AUTHORS[conversion.author].moves
    return tuple(name for name, move in moves.items() if move is not Move.TIME)


def usual_letters(conversion: Conversion) -> tuple[str, ...]:
    """Return the letters with a derivative of the author's state."""
    turning = _turning(conversion) if is_late(conversion).any() else ()
    return tuple(name for name in letters_of(conversion) if name not in turning)


def _turning(conversion: Conversion) -> tuple[str, ...]:
    """Return the letters that change epsilon."""
    return tuple(name for name, each in rates_of(conversion).items() if "epsilon" in each)


def rows_of(conversion: Conversion) -> Conversion:
    """Return the conversion with a row for each letter."""
    letters = {
        name: flat(np.asarray(each), conversion.shape)
        for name, each in conversion.parameters.items()
    }
    return moved(conversion, **letters)


def _check_late(conversion: Conversion, task: Task, names: tuple[str, ...]) -> None:
    """Raise for what the author's state, where it is a logit of x, does not have."""
    if task.variable != "state":
        return
    turning = [name for name in names if name in _turning(conversion)]
    author = AUTHORS[conversion.author]
    if turning and not conversion.shape:
        words = f"must not be learned at epsilon = 1 by {author.called}: use its attribute neuron"
        raise ArgumentError(turning[0], words)
    if task.shared or any(np.any(each) for each in _inputs(task)):
        words = f"must have no input for targets of the state of {author.called} at epsilon = 1"
        raise ArgumentError("task", words)
    first = task.rows()[0][:, 0] if task.times[0] == 0.0 else np.zeros(0)
    if not np.isnan(first).all():
        words = "must have no target at time 0 for a state that is read from the step before"
        raise ArgumentError("task", words)


def _inputs(task: Task) -> list[Any]:
    """Return the inputs of the sequences; True stands for one that is no number."""
    if isinstance(task.inputs, np.ndarray):
        return [task.inputs]
    return [
        0.0 if each is None else each if isinstance(each, float) else True for each in task.inputs
    ]


def _maps(neuron: Neuron, x0: Floats, line: Line | None, values: Mapping[str, Any]) -> Maps:
    rows = (neuron.w, neuron.b, getattr(neuron, "epsilon", 1.0), neuron.input_weight)
    w, b, epsilon, weight = (np.array(flat(each, x0.shape)) for each in rows)
    own = np.array([flat(each, x0.shape) for each in values.values()]) if values else None
    slope, height = line or (None, None)
    return Maps(w, b, epsilon, weight, neuron.input_inside, x0, own, slope, height)


def _slopes(maps: Maps, task: StepTask, forcing: Forcing | None) -> Slopes:
    found = step_tasks.by_iteration(maps, task, forcing)
    return found.loss, found.by, np.zeros(found.loss.size, dtype=np.int64)


def _joined(maps: Maps, task: StepTask, late: NDArray[np.bool_], forcing: Forcing | None) -> Slopes:
    """Return those of maps, some of which have a state that is read from the step before."""
    before = task.places > 0
    earlier = task._replace(
        places=task.places[before] - 1, targets=np.ascontiguousarray(task.targets[:, before]),
        shares=np.ascontiguousarray(task.shares[:, before]),
    )  # fmt: skip
    loss = np.empty(late.size)
    value, shift = np.empty((2, len(task.names), late.size))
    for which, own in ((np.flatnonzero(late), earlier), (np.flatnonzero(~late), task)):
        if which.size:
            found, by, _ = _slopes(maps.part(which), own, forcing)
            loss[which] = found
            for k, name in enumerate(task.names):
                value[k, which], shift[k, which] = by[name].value, by[name].shift
    joined = dict(zip(task.names, map(Scaled, value, shift), strict=True))
    return loss, joined, np.zeros(late.size, dtype=np.int64)


def by_letters(
    conversion: Conversion, x0: Floats, by: Mapping[str, Scaled], names: tuple[str, ...]
) -> dict[str, Scaled]:
    """Return derivatives with respect to letters, x0 and others, from those of Doya's names."""
    rates, start = rates_of(conversion), start_rates(conversion, x0)
    at_zero, at_one = (readout_rates(conversion, x).by_letter for x in (0.0, 1.0))
    late = is_late(conversion)
    found = {}
    for name in names:
        if name == "x0":
            found[name] = by["x0"].times_or_0(start.by_state)
            continue
        if name not in rates:  # an input of the task, which other sequences may have
            found[name] = by.get(name, Scaled.constant(0.0, x0.size))
            continue
        factors = dict(rates[name])
        factors["x0"] = start.by_letter.get(name, 0.0)
        if "slope" in by and name in at_zero:
            factors["height"] = at_zero[name]
            factors["slope"] = np.asarray(at_one[name]) - at_zero[name]
        total = Scaled.constant(0.0, x0.size)
        for doya, rate in factors.items():
            total = total + by[doya].times_or_0(rate)
        if (
            "epsilon" in rates[name] and "slope" in by and late.any()
        ):  # where the state is a logit of x there is no derivative
            total = total.times(flat(np.where(late, math.nan, 1.0), x0.shape))
        found[name] = total
    return found
