"""The steps of a descent, for all neurons of an ensemble at once."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import Parameter
from doya.inputs import Input, Pieces, in_pieces
from doya.integrators import iteration
from doya.integrators.ensembles import Ensemble, flat
from doya.integrators.sensitivities import (
    Carried,
    formula_of,
    iteration_of,
    work_of_formula,
    work_of_iteration,
)
from doya.kernels import map as map_kernel
from doya.kernels.descent import take_step
from doya.kernels.running import Call, Work, run
from doya.neurons import Neuron, NeuronMap
from doya.sensitivities.derivatives import under_function
from doya.training.forcing import forced_of
from doya.training.rules import Rule
from doya.trajectory_checks import common_shape, require_finite

Progress: TypeAlias = Callable[[float], object]


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of the trajectories of an ensemble while it learns, and their targets.

    alpha is the share of the teacher in each state; 0 without teacher forcing.
    """

    neuron: Neuron
    x0: Parameter
    t_end: float
    target: Parameter
    u: Input | None
    learn: tuple[str, ...]
    alpha: float

    @property
    def is_map(self) -> bool:
        return isinstance(self.neuron, NeuronMap)

    @property
    def function(self) -> Any:
        """Return the input if it is a function of time for the flow, else None."""
        return self.u if callable(self.u) and not self.is_map else None

    @cached_property
    def pieces(self) -> Pieces:
        pieces = in_pieces(0.0 if self.function else self.u, self.is_map, self.t_end)
        require_finite(pieces, self.t_end)
        return pieces

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return common_shape(
            self.neuron, x0=np.shape(self.x0), target=np.shape(self.target), u=self.pieces.shape
        )

    @cached_property
    def group(self) -> Ensemble:
        return Ensemble.of(self.neuron, self.x0, self.pieces, self.shape)

    @property
    def work(self) -> Work:
        """Return the work of one evaluation of the loss and its gradient."""
        if self.function:
            return {}
        if not self.is_map:
            return work_of_formula(self.group)
        work = work_of_iteration(self.group, int(self.t_end))
        free: Work = {map_kernel.iterate: self.group.x0.size * max(self.t_end, 1.0)}
        return {**work, **free} if self.alpha else work

    def first(self, part: slice) -> tuple[Any, Floats]:
        """Return some of the neurons, and the rows of their parameters that the steps change."""
        group = self.group.part(part)
        now = np.array([getattr(group, name) for name in self.learn])
        return dataclasses.replace(group, **dict(zip(self.learn, now, strict=True))), now

    def settle(self, group: Any, now: Floats, status: NDArray[np.int64]) -> None:
        """Stop the neurons whose parameters have left a range that the steps do not check."""

    def at(self, group: Any, target: Floats, call: Call) -> tuple[Carried, Floats]:
        """Return x(T) of some neurons with its derivatives, and x(T) without the teacher."""
        if self.function:
            found, _ = under_function(group, np.array([self.t_end]), self.function)
        elif not self.is_map:
            found = formula_of(group, np.full(target.size, self.t_end), call)
        elif self.alpha:
            free = iteration.end_of(group, int(self.t_end), call)
            return forced_of(group, int(self.t_end), target, self.alpha, call), free
        else:
            found = iteration_of(group, int(self.t_end), False, call)
        return found, found.x


def descend(
    ends: Ends, rule: Rule, record: Floats, status: NDArray[np.int64], progress: Progress | None
) -> None:
    """Take the steps of all neurons; `take_step` fills `record` and `status` for each step."""
    size, steps = status.size, record.shape[2]
    target = flat(ends.target, ends.shape)
    caller = threading.get_ident()
    done: dict[int, int] = {}  # neurons times steps, by part

    def job(part: slice, call: Call) -> None:
        own_target, own_status = np.array(target[part]), status[part]
        group, now = ends.first(part)
        rule_state = rule.first_state(len(now), own_target.size)
        row = np.empty((len(record), own_target.size))
        for k in range(steps):
            found, free = ends.at(group, own_target, call)
            value = np.array([found.by[name].value for name in ends.learn])
            shift = np.array([found.by[name].shift for name in ends.learn])
            going_on = call(
                take_step, *rule, k == steps - 1, found.x - own_target, free - own_target,
                value, shift, now, rule_state, own_status, row,
            )  # fmt: skip
            record[:, part, k] = row
            ends.settle(group, now, own_status)
            if not going_on:
                break
            done[part.start] = (k + 1) * own_target.size
            if progress and threading.get_ident() == caller:
                progress(min(sum(list(done.values())) / (size * max(steps - 1, 1)), 1.0))

    work = {kernel: units * steps for kernel, units in ends.work.items()}
    run(job, size, {**work, take_step: size * steps}, calls=steps * ends.pieces.start.size)
