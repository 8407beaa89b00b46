"""The loss of a task and its gradient, for one neuron or an ensemble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import checked_names
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.errors import ArgumentError, ConvergenceError
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.results import Result
from doya.scaled import Scaled, ScaledByName
from doya.statuses import Status
from doya.tasks.letters import LetterTask, letters_of, rows_of, usual_letters
from doya.tasks.slopes import slopes_of_task
from doya.tasks.statuses import TaskStatus
from doya.tasks.task import Task

# Arrays of the size of the ensemble in use at once.
IN_USE = 27
# Why a letter is no name in `wrt`, and what to do.
OF_DOYA = (
    "the targets are of Doya's neuron, so names are Doya's; for letters, give the task targets of"
    ' the author\'s state, Task(..., variable="state")'
)


@dataclass(frozen=True, eq=False, repr=False)
class TaskGradient(ScaledByName, Result):
    """The loss of a task and its gradient, in dicts whose keys are the names in `wrt`.

    Attributes
    ----------
    loss : ndarray
        The mean loss of the sequences, dimensionless; times a unit of time for targets along time.
    gradient : dict of ndarray
        The derivative of the loss with respect to each name; 0 or infinite if it is beyond the
        range of a double.
    sign : dict of ndarray
        Sign of the derivative: -1, 0 or 1.
    log10_abs : dict of ndarray
        Decimal logarithm of the absolute value of the derivative, also beyond the range of a
        double; -inf for 0.
    status : int or ndarray of int
        0 where all was computed; 1 where an integral along time did not reach its relative accuracy
        of 1e-12; 2 where a state was not reached: loss and gradient are NaN there; 3 where the
        author's state is a logit of x and a letter changes epsilon: its derivative is NaN there.
    neuron : NeuronODE or NeuronMap
        The neuron.
    task : Task
        The task.
    conversion : Conversion or None
        The neuron in the author's letters.
    """

    _first: ClassVar[tuple[str, ...]] = ("loss", "gradient", "log10_abs")
    _hidden: ClassVar[tuple[str, ...]] = ("_scaled",)

    loss: Floats
    status: Any
    neuron: Neuron
    task: Task
    _scaled: dict[str, Scaled]
    conversion: Conversion | None = None

    @cached_property
    def gradient(self) -> dict[str, Floats]:
        """Return the derivatives by name; 0 or infinite beyond the range of a double."""
        return {name: np.asarray(each.numbers()) for name, each in self._scaled.items()}

    @property
    def _family(self) -> type[Status]:
        return TaskStatus

    @property
    def message(self) -> Any:
        """Return the status in words, with its remedy; for an ensemble an array of them."""
        return TaskStatus.explain(self.status)


def task_gradient(
    neuron: Neuron | Conversion,
    task: Task,
    wrt: str | Iterable[str] | None = None,
) -> TaskGradient:
    """Compute the loss of a task and its exact gradient.

    The loss is the mean over the sequences of L = sum_k c[k] (x[k] - y[k])**2, or of the integral
    of c(t) (x(t) - y(t))**2; with targets of another variable, with that in place of x.  Its
    gradient is a sum of the sensitivities of the states at all these times.  For the map it is
    computed backwards in time: the adjoint p[t] = dL/dx[t] obeys

        p[t] = mu[t] p[t + 1] + 2 c[t] (x[t] - y[t]),  mu = 1 - eps + eps w sigma'(z),

    and dL/db is the sum of p[t + 1] eps sigma'(z[t]); a change of w adds x[t] dw in place of db.
    The flow has the formulas of `sensitivity` at each time.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` too, states and names are Doya's, except for
        targets of the author's state: then derivatives are with respect to letters, and "x0" is the
        author's state at the start.
    task : Task
        The sequences and their targets.  The map takes inputs by step, or a list of inputs, which
        it reads at whole times, and targets at whole times; at most 10**6 steps.  The flow takes a
        list of inputs.
    wrt : str or list of str, optional
        Names of the variables to differentiate with respect to: "b", "w", "x0", "input_weight", the
        default, for the map "epsilon", and the names of `task.shared`.  With targets of an author's
        state: "x0", letters, without the unit of time, and the names of `task.shared`; by default
        all letters, but for that of epsilon where the state is a logit of x.  The derivative with
        respect to "x0" is for a common change of the starts of all sequences.

    Returns
    -------
    TaskGradient
        Its arrays have the shape of the ensemble.

    Raises
    ------
    ArgumentError
        For an unknown name, or a task that does not fit the neuron.
    ConvergenceError
        If a state of a single neuron could not be computed.  In an ensemble loss and gradient are
        NaN there, with status 2.

    See Also
    --------
    Task : Sequences with targets, for `train` and others.
    tasks.latch : A ready task; others are flip_flop, delay and oscillate.
    train : Gradient descent, to a target or on a task.
    loss_landscape : The loss over one or two parameters, with its walls.

    Notes
    -----
    The condition number of a derivative is its change per small relative change of all numbers.
    The error is about 1e-14 times this number and the sizes of the terms in the sum.  Products of
    many factors may be beyond the range of a double.  Then `gradient` is 0 or infinite, but `sign`
    and `log10_abs` are exact.

    Integrals along time are sums over panels with 15 nodes each, which follow the path: from the
    times at which the state crosses levels between the start and the end of each piece of the
    input.  So a fast passage is not missed.  Their relative error is at most 1e-12 of the integral
    of the absolute value, else the status says so.  Where x is within a hundredth of the target,
    that hundredth counts in place of x - y.  The errors of the sensitivities at the nodes come on
    top: about 1e-14 times their own condition numbers, which are large behind the ghost of a fold.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 1.1: the gradient as a sum over time.
    R. Piessens, E. de Doncker-Kapenga, C. Ueberhuber, D. Kahaner, "QUADPACK" (1983): the rules of
    Gauss and Kronrod.

    Examples
    --------
    >>> import doya
    >>> task = doya.Task(inputs=[[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]], targets=[0.85, 0.15])
    >>> found = doya.task_gradient(doya.NeuronMap(w=5.0, b=-2.5), task, wrt=("b", "w"))
    >>> found.loss.round(6), found.gradient["b"].round(6), found.gradient["w"].round(6)
    (np.float64(0.00515), np.float64(0.0), np.float64(0.00545))
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    check_neuron(neuron)
    if not isinstance(task, Task):
        raise ArgumentError("task", f"must be a Task, got {task!r}")
    shape = neuron.shape if conversion is None else conversion.shape
    require_memory("the ensemble", shape, IN_USE)
    if conversion is not None and task.variable == "state":
        allowed = ("x0", *letters_of(conversion), *task.shared)
        names = checked_names("wrt", usual_letters(conversion) if wrt is None else wrt, allowed)
        own = LetterTask.of(conversion, task, names, 0.0)
        loss, by, status = own.slopes(rows_of(conversion), own.starts(shape), names)
    else:
        usual = ("b", "w", "x0", "input_weight")
        allowed = ("x0", *neuron.sweepable, "input_weight", *task.shared)
        try:
            names = checked_names("wrt", usual if wrt is None else wrt, allowed)
        except ArgumentError as error:
            if conversion is None:
                raise
            raise ArgumentError("wrt", f"{error.words}: {OF_DOYA}") from None
        loss, by, status = slopes_of_task(neuron, task, None, "input_weight" in names)
    if not shape and status.item() == TaskStatus.NOT_REACHED:
        raise ConvergenceError(TaskStatus.NOT_REACHED.sentences)
    scaled = {name: by[name].reshape(shape) for name in names}
    found = TaskStatus.of(status, shape)
    return TaskGradient(loss.reshape(shape), found, neuron, task, scaled, conversion)
