"""The path of a descent: parameters, loss and gradient by step, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.two_cycles import CyclesAt, cycles_at
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion, from_letters, in_doya
from doya.equilibria import Equilibria, equilibria
from doya.landscapes.losses import Loss, checked_loss
from doya.neurons import Neuron, NeuronMap
from doya.training.bifurcations import PassedBifurcation, at_last_input, passed_bifurcations
from doya.training.descents import Descent
from doya.training.letters import loss_of
from doya.training.records import norm_of
from doya.training.statuses import TrainingStatus
from doya.training.verdict import verdict


@dataclass(frozen=True, eq=False, repr=False)
class Training(Descent):
    """Path of a gradient descent, for one neuron or an ensemble; the last axis counts the steps.

    Attributes
    ----------
    parameters : dict of ndarray, shape (..., steps + 1)
        The learned parameters by name, from the start on; NaN after a failure.  Names of
        `task.shared` are values of the task's input.
    loss : ndarray, shape (..., steps + 1)
        (target - x(T))**2, or the loss of the task, at these parameters, without any penalty; with
        teacher forcing if it is used.
    free_loss : ndarray, shape (..., steps + 1)
        The same loss without teacher forcing.
    gradient : dict of ndarray, shape (..., steps + 1)
        dL/dp by the name of p, with the penalty; infinite beyond the range of a double.
    clipped : ndarray of bool, shape (..., steps + 1)
        True where clipping shortened the step that begins there.
    status : int or ndarray of int, shape (...)
        0: all steps were taken.  1: the gradient was not finite.  2: a parameter left the range
        from -1e100 to 1e100.  3: a trajectory did not reach T.  4: a letter left its range.  5: it
        was interrupted.
    neuron : NeuronODE or NeuronMap
        The neuron at the start of the descent.
    x0, t_end, target : float, ndarray or None
        None for a task.
    learn : tuple of str
    learning_rate, momentum : float or ndarray
    clip : float, ndarray, "auto" or None
    rule : {"gradient", "sign", "adagrad", "rmsprop", "adam"}
    teacher_forcing : float
    u : float, array, Pulses, Table, Ramp, function or None
    clip_value : float, ndarray or None
    nesterov : bool
    penalty : dict or None
    conversion : Conversion or None
        The neuron in the author's letters; then the parameters are letters, and the target is a
        value of the author's state.
    task : Task or None
    forcing_every : int
    truncate : int or None
    """

    _first: ClassVar[tuple[str, ...]] = (
        "verdict", "parameters", "loss", "free_loss", "gradient_norm",
    )  # fmt: skip
    _hidden: ClassVar[tuple[str, ...]] = ("gradient", "clipped")  # room for the verdict

    parameters: dict[str, Floats]
    loss: Floats
    free_loss: Floats
    gradient: dict[str, Floats]
    clipped: NDArray[np.bool_]

    @property
    def message(self) -> Any:
        """Return the verdict of one neuron, or an array with the status of each in words."""
        return TrainingStatus.explain(self.status) if np.ndim(self.status) else self.verdict

    @cached_property
    def verdict(self) -> str:
        """Return how the descent of one neuron went, in sentences that name any wall it crossed.

        Walls of the loss of a task are not known, and not named.

        Raises ValueError for an ensemble: read `message` or `status` there.
        """
        loss, path = self._loss_and_path()
        kept = slice(0, int(self.steps) + 1)
        status = TrainingStatus(self.status)
        return verdict(
            None if self.task else loss, path, self.free_loss[kept], self.loss[kept], status,
            float(self.gradient_norm[kept].max()),
        )  # fmt: skip

    @cached_property
    def bifurcations(self) -> tuple[PassedBifurcation, ...]:
        """Return the bifurcations and walls that the path of one neuron crosses, in its order.

        They are those of the neuron whose input keeps its last value; for a task, those of the
        neuron without input, and no walls.  A step is a straight line
        between two neurons, and may cross several.  If both w and input_weight are learned, or
        epsilon, a step is searched in 32 parts, and two crossings in one part may be missed.

        Raises ValueError for an ensemble.
        """
        return tuple(passed_bifurcations(*self._loss_and_neurons(), with_walls=self.task is None))

    @cached_property
    def equilibria(self) -> Equilibria:
        """Return the equilibria of each neuron on the path of one, under the last input.

        For a task they are those without input.

        Raises ValueError for an ensemble.
        """
        return equilibria(*self._neurons_on_path())

    @cached_property
    def two_cycles(self) -> CyclesAt:
        """Return the 2-cycle of each map on the path of one, under the last input.

        Its states `low` and `high`, the author's with a `Conversion`, and the `multiplier` are NaN
        where there is no 2-cycle, as for the flow.  A 2-cycle attracts if abs(multiplier) < 1.

        Raises ValueError for an ensemble.
        """
        found, u = self._neurons_on_path()
        neuron = in_doya(found)
        size = int(self.steps) + 1
        if not isinstance(neuron, NeuronMap):
            return CyclesAt(*np.full((3, size), np.nan))
        w, b, epsilon, given = (
            np.array(np.broadcast_to(each, size), dtype=np.float64)
            for each in (neuron.w, neuron.b, neuron.epsilon, neuron.input_weight * u)
        )
        shift = 0.0 * given if neuron.input_inside else given
        bias = b + (given if neuron.input_inside else w * given)
        low, high, multiplier = cycles_at(w, bias, epsilon)
        low, high = low + shift, high + shift
        if isinstance(found, Conversion):
            from_x = AUTHORS[found.author].from_x
            low, high = (np.asarray(from_x(x, **found.parameters)) for x in (low, high))
        return CyclesAt(np.minimum(low, high), np.maximum(low, high), multiplier)

    def _neurons_on_path(self) -> tuple[Neuron | Conversion, float]:
        """Return the neurons on the path of one as an ensemble, and their last input."""
        loss, path = self._loss_and_neurons()
        size = next(iter(path.values())).size
        values = {name: row for name, row in path.items() if name != "x0"}
        if self.conversion:
            letters = {**self.conversion.parameters, **values}
            first = next(iter(letters))  # an array also where the start alone is learned
            letters[first] = np.full(size, letters[first])
            return from_letters(AUTHORS[self.conversion.author], letters), 0.0
        neurons = self.neuron.replace(**{"b": np.full(size, float(self.neuron.b)), **values})
        return neurons, at_last_input(loss).last_value

    def _loss_and_path(self) -> tuple[Loss, dict[str, Floats]]:
        """Return the loss of one neuron, and the parameters up to the last step that was taken."""
        if np.ndim(self.status):
            raise ValueError(
                f"an ensemble of shape {self.status.shape} has no single path: read `parameters`"
                " and `status`"
            )
        loss: Loss
        if self.task and self.conversion:  # the neuron alone, without input
            loss = loss_of(self.conversion, 0.5, 0.0, 0.0)
        elif self.task:
            loss = Loss(self.neuron, 0.0, 0.0, 0.0, None)
        elif self.conversion:
            loss = loss_of(self.conversion, float(self.x0), self.t_end, float(self.target))
        else:
            numbers = float(self.x0), self.t_end, float(self.target)
            loss = checked_loss(self.neuron, *numbers, self.u)
        kept = slice(0, int(self.steps) + 1)
        return loss, {name: values[kept] for name, values in self.parameters.items()}

    def _loss_and_neurons(self) -> tuple[Loss, dict[str, Floats]]:
        """Return the same, of the parameters without the inputs of the task; b if none is left."""
        loss, path = self._loss_and_path()
        if self.task is None:
            return loss, path
        own = {name: row for name, row in path.items() if name not in self.task.shared}
        if not own:
            values = self.conversion.parameters if self.conversion else {"b": self.neuron.b}
            name = next(iter(values))
            own[name] = np.full(next(iter(path.values())).size, float(values[name]))
        return loss, own

    @cached_property
    def gradient_norm(self) -> Floats:
        """Return the Euclidean norm of the gradient before clipping, shape (..., steps + 1)."""
        return norm_of(tuple(self.gradient.values()))

    @property
    def mean_gradient_norm(self) -> Any:
        """Return the mean norm of the gradient over the path of each neuron, before clipping.

        Pascanu, Mikolov and Bengio (2013) advise to clip from half to ten times this mean.
        """
        known = np.isfinite(self.loss)
        total = np.where(known, self.gradient_norm, 0.0).sum(axis=-1)
        with np.errstate(invalid="ignore"):
            return total / known.sum(axis=-1)

    @property
    def steps(self) -> Any:
        """Return the number of steps that were taken, for each neuron."""
        return np.maximum(np.isfinite(self.loss).sum(axis=-1) - 1, 0)
