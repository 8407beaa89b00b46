"""The steps of a descent, for all neurons of an ensemble at once."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import Parameter
from doya.inputs import Input, Pieces, in_pieces
from doya.integrators import iteration
from doya.integrators.ensembles import Ensemble, flat
from doya.integrators.gradients import carried_of, work_of_gradients
from doya.integrators.sensitivities import (
    Carried,
    formula_of,
    iteration_of,
    relaxing,
    work_of_formula,
    work_of_iteration,
)
from doya.kernels.machinery.running import Call, Work, run
from doya.kernels.map import input_sensitivities
from doya.kernels.map import iteration as map_kernel
from doya.kernels.training.descent import FIRST, take_step
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.sensitivities.derivatives import under_function
from doya.tasks.teacher_forcing import forced_of
from doya.training.end_records import EndRecord
from doya.training.records import Record
from doya.training.rules import Rule
from doya.trajectory_checks import common_shape, require_finite

# Steps that are written to the record at once, as many as lie side by side in the cache.
AT_ONCE = 8

Progress: TypeAlias = Callable[[float], object]


class Losses(NamedTuple):
    """Loss of each neuron, the same without the teacher, and the gradient of the first by name."""

    loss: Floats
    free: Floats
    gradient: dict[str, Scaled]

    def of(self, lanes: Any) -> Losses:
        """Return those of some neurons, by their numbers."""
        gradient = {name: each.at(lanes) for name, each in self.gradient.items()}
        return Losses(self.loss[lanes], self.free[lanes], gradient)

    def rows(self, learn: tuple[str, ...]) -> tuple[Floats, Floats, Floats, Floats]:
        """Return them as `take_step` takes them."""
        value = np.array([self.gradient[name].value for name in learn])
        shift = np.array([self.gradient[name].shift for name in learn])
        return self.loss, self.free, value, shift


class Told:
    """How much of the work is done, told to the caller in its own thread."""

    def __init__(self, whole: int, progress: Progress | None) -> None:
        self._whole, self._progress = whole, progress
        self._caller = threading.get_ident()
        self._done: dict[int, int] = {}  # by part

    def tell(self, part: slice, done: int) -> None:
        """Take note of what is done in a part."""
        self._done[part.start] = done
        if self._progress and threading.get_ident() == self._caller:
            self._progress(min(sum(list(self._done.values())) / self._whole, 1.0))


def learned_of(rows: dict[str, Floats], learn: tuple[str, ...]) -> Floats:
    """Return the rows that are learned as one array, and share it: the steps change its rows."""
    now = np.array([rows[name] for name in learn])
    rows |= dict(zip(learn, now, strict=True))
    return now


@dataclass(eq=False)
class Learners:
    """Some neurons with what they have learned so far, the weights of their inputs, and T."""

    group: Ensemble
    weight: Floats
    end: Floats
    _relax: Callable[[], Carried] | None = None

    def relaxed(self, call: Call) -> Carried:
        """Return the ends of the flow without input; the arrays of all steps are made once."""
        if self._relax is None:
            group = self.group
            self._relax = relaxing(group.w, group.b, group.x0, self.end, call)
        return self._relax()


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of the trajectories of an ensemble while it learns, and their targets.

    alpha is the share of the teacher in each state; 0 without teacher forcing.  The steps of maps,
    and of inputs that are functions, need one t_end: see `grouped_ends`.
    """

    neuron: Neuron
    x0: Parameter
    t_end: Parameter
    target: Parameter
    u: Input | Pieces | None
    learn: tuple[str, ...]
    alpha: float
    settings: dict[str, tuple[int, ...]]  # the shapes of arrays among the rule's settings

    @property
    def special(self) -> tuple[str, str]:
        """Return the names of what a penalty is on, and of what is kept in the range of epsilon."""
        return "w", "epsilon"

    def manner(self, rule: Rule) -> tuple[int, bool, int, int]:
        """Return how `take_step` is to take a step: the rule, and places of special parameters."""
        places = (self.learn.index(name) if name in self.learn else -1 for name in self.special)
        return (rule.number, rule.nesterov, *places)  # type: ignore[return-value]

    @property
    def is_map(self) -> bool:
        return isinstance(self.neuron, NeuronMap)

    @property
    def last(self) -> float:
        """Return the largest t_end."""
        return float(np.max(self.t_end, initial=0.0))

    @property
    def function(self) -> Any:
        """Return the input if it is a function of time for the flow, else None."""
        return self.u if callable(self.u) and not self.is_map else None

    @cached_property
    def pieces(self) -> Pieces:
        if isinstance(self.u, Pieces):
            return self.u
        pieces = in_pieces(0.0 if self.function else self.u, self.is_map, self.last)
        if not np.ndim(self.t_end):
            require_finite(pieces, self.last)
        return pieces

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return common_shape(
            self.neuron, x0=np.shape(self.x0), t_end=np.shape(self.t_end),
            target=np.shape(self.target), u=self.pieces.shape, **self.settings,
        )  # fmt: skip

    @cached_property
    def group(self) -> Ensemble:
        return Ensemble.of(self.neuron, self.x0, self.pieces, self.shape)

    @cached_property
    def rows(self) -> dict[str, Floats]:
        """Return the parameters that can be learned at the start, a value for each neuron."""
        group = self.group
        rows = {name: getattr(group, name) for name in ("b", "w", "x0", "epsilon")}
        return {**rows, "input_weight": flat(self.neuron.input_weight, self.shape)}

    @property
    def calls(self) -> int:
        """Return the number of calls of kernels in a row, in one evaluation."""
        return self.pieces.start.size

    @property
    def work(self) -> Work:
        """Return the work of one evaluation of the loss and its gradient."""
        if self.function:
            return {}
        if not self.is_map:
            return work_of_formula(self.group)
        if self.is_plain:
            return work_of_gradients(self.group.x0.size, int(self.last))
        work = dict(work_of_iteration(self.group, int(self.last)))
        if "input_weight" in self.learn:
            work[input_sensitivities.iterate] = self.group.x0.size * max(self.last, 1.0)
        free: Work = {map_kernel.iterate: self.group.x0.size * max(self.last, 1.0)}
        return {**work, **free} if self.alpha else work

    @property
    def is_plain(self) -> bool:
        """Return whether b and w alone are learned, of maps under a constant input."""
        return (
            self.is_map and {*self.learn} <= {"b", "w"} and not self.alpha
            and self.pieces.start.size == 1
        )  # fmt: skip

    def first(self, part: slice) -> tuple[Any, Floats]:
        """Return some of the neurons, and the rows of their parameters that the steps change."""
        rows = {name: np.array(each[part]) for name, each in self.rows.items()}
        now = learned_of(rows, self.learn)
        weight = rows.pop("input_weight")
        changed: dict[str, Any] = {**rows, "gain": np.array(self.group.gain[part])}
        end = np.array(flat(self.t_end, self.shape)[part])
        return Learners(dataclasses.replace(self.group.part(part), **changed), weight, end), now

    def settle(self, learners: Any, now: Floats, status: NDArray[np.int64]) -> None:
        """Stop the neurons whose parameters have left a range that the steps do not check."""

    def losses(self, learners: Any, target: Floats, call: Call) -> Losses:
        """Return the losses of some neurons, (target - x(T))**2, and their gradient."""
        found, free = self.at(learners, target, call)
        return self.of_ends(found, free, target)

    def of_ends(self, found: Carried, free: Floats, target: Floats) -> Losses:
        """Return the losses of neurons whose ends are known, with and without the teacher."""
        with np.errstate(over="ignore", invalid="ignore"):
            error = found.x - target
            free_error = error if free is found.x else free - target
            pull = 2.0 * error
            gradient = {name: found.by[name].times(pull) for name in self.learn}
        for each in gradient.values():  # at the target no derivative matters
            each.value[error == 0.0] = 0.0
        return Losses(error * error, free_error * free_error, gradient)

    def at(self, learners: Any, target: Floats, call: Call) -> tuple[Carried, Floats]:
        """Return x(T) of some neurons with its derivatives, and x(T) without the teacher."""
        group, by_input_weight = learners.group, "input_weight" in self.learn
        if by_input_weight or "epsilon" in self.learn:
            factor = group.epsilon if self.is_map and not group.inside else 1.0
            np.multiply(learners.weight, factor, out=group.gain)
        if self.function:
            end = np.array([self.last])
            found, _ = under_function(group, end, self.function, by_input_weight)
        elif not self.is_map and group.is_free and not by_input_weight:
            found = learners.relaxed(call)
        elif not self.is_map:
            found = formula_of(group, learners.end, call, by_input_weight)
        elif self.is_plain:
            found = carried_of(group, int(self.last), "w" in self.learn, call)
        elif self.alpha:
            free = iteration.end_of(group, int(self.last), call)
            return forced_of(group, int(self.last), target, self.alpha, call), free
        else:
            by_epsilon = "epsilon" in self.learn
            if by_input_weight:  # which moves the states
                group = dataclasses.replace(group, x0=np.array(group.x0))
            found = iteration_of(group, int(self.last), by_epsilon, call, by_input_weight)
        return found, found.x


def descend(
    ends: Ends, rule: Rule, record: Record | EndRecord, status: NDArray[np.int64],
    progress: Progress | None,
) -> None:  # fmt: skip
    """Take the steps of all neurons; `take_step` fills `record` and `status` for each step."""
    size, steps = record.shape
    target, settings = flat(ends.target, ends.shape), rule.rows(ends.shape)
    told = Told(size * max(steps - 1, 1), progress)

    def job(part: slice, call: Call) -> None:
        own_target, own_status, own = np.array(target[part]), status[part], record.part(part)
        learners, now = ends.first(part)
        own_settings = np.ascontiguousarray(settings[:, part])
        state = rule.first_state(len(now), own_settings)
        rows = np.empty((AT_ONCE, FIRST + 2 * len(now), own_target.size))
        written, taken = 0, 0
        try:
            for k in range(steps):
                losses = ends.losses(learners, own_target, call)
                going_on = call(
                    take_step, *ends.manner(rule), k == steps - 1, own_settings,
                    *losses.rows(ends.learn), now, state, own_status, rows[k % AT_ONCE],
                )  # fmt: skip
                taken = k + 1
                if taken % AT_ONCE == 0:
                    own.write(written, rows)
                    written = taken
                ends.settle(learners, now, own_status)
                if not going_on:
                    own.end_at(taken)
                    break
                told.tell(part, taken * own_target.size)
        finally:  # also of a descent that is interrupted
            own.write(written, rows[: taken - written])

    work = {kernel: units * steps for kernel, units in ends.work.items()}
    run(job, size, {**work, take_step: size * steps}, calls=steps * ends.calls)
