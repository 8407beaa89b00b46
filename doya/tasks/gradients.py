"""The loss of a task and its gradient, for one neuron or an ensemble."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import checked_names
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Pieces, Table, in_pieces
from doya.integrators import flow_tasks, step_tasks
from doya.integrators.ensembles import Ensemble, flat
from doya.integrators.flow_tasks import Line
from doya.kernels.registry import Kernel
from doya.kernels.running import Work
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, check_neuron
from doya.results import Result
from doya.scaled import Scaled, ScaledByName
from doya.statuses import Status
from doya.tasks.task import Task, check_teacher

# Arrays of the size of the ensemble in use at once.
IN_USE = 27
# Largest number of steps of a sequence of the map: all its states are kept.
MOST_STEPS = 10**6


class TaskStatus(Status):
    """Status of a loss with its gradient."""

    DONE = 0, "The loss and its gradient were computed."
    COARSE = (
        1,
        "An integral along time did not reach its relative accuracy of 1e-12.",
        "Give targets at times instead, or a shorter t_end.",
    )
    NOT_REACHED = (
        2,
        "A state was not reached by any panels of the formula.",
        "Use a shorter t_end; for a Ramp, a shorter rise or a w closer to 0.",
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
        of 1e-12; 2 where a state was not reached: loss and gradient are NaN there.
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
    wrt: str | Iterable[str] = ("b", "w", "x0", "input_weight"),
) -> TaskGradient:
    """Compute the loss of a task and its exact gradient.

    The loss is the mean over the sequences of L = sum_k c[k] (x[k] - y[k])**2, or of the integral
    of c(t) (x(t) - y(t))**2; with targets of z, with z = w x + b in place of x.  Its gradient is a
    sum of the sensitivities of the states at all these times.  For the map it is computed backwards
    in time: the adjoint p[t] = dL/dx[t] obeys

        p[t] = mu[t] p[t + 1] + 2 c[t] (x[t] - y[t]),  mu = 1 - eps + eps w sigma'(z),

    and dL/db is the sum of p[t + 1] eps sigma'(z[t]); a change of w adds x[t] dw in place of db.
    The flow has the formulas of `sensitivity` at each time.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` too, states and names are Doya's.
    task : Task
        The sequences and their targets.  The map takes inputs by step, or a list of inputs, which
        it reads at whole times, and targets at whole times; at most 10**6 steps.  The flow takes a
        list of inputs.
    wrt : str or list of str, default ("b", "w", "x0", "input_weight")
        Names of the variables to differentiate with respect to: these, for the map "epsilon", and
        the names of `task.shared`.  The derivative with respect to "x0" is for a common change of
        the starts of all sequences.

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
    allowed = ("x0", *neuron.sweepable, "input_weight", *task.shared)
    names = checked_names("wrt", wrt, allowed)
    require_memory("the ensemble", neuron.shape, IN_USE)
    loss, by, status = slopes_of_task(neuron, task, None, "input_weight" in names)
    shape = neuron.shape
    if not shape and status.item() == TaskStatus.NOT_REACHED:
        raise ConvergenceError(TaskStatus.NOT_REACHED.sentences)
    scaled = {name: by[name].reshape(shape) for name in names}
    found = TaskStatus.of(status, shape)
    return TaskGradient(loss.reshape(shape), found, neuron, task, scaled, conversion)


Slopes = tuple[Floats, dict[str, Scaled], Any]


def slopes_of_task(
    neuron: Neuron,
    task: Task,
    x0: Floats | None,
    by_weight: bool,
    alpha: float = 0.0,
    shared: Mapping[str, Floats] | None = None,
) -> Slopes:
    """Return losses, derivatives and statuses; x0 of each neuron, if given, is as `starts_of` says.

    With by_weight there are derivatives with respect to the weight of the input; maps have all.
    alpha is the share of the teacher in each state of the map that has a target.  `shared` has
    values of the input for each neuron, by name; others are those of the task.
    """
    check_teacher(task, alpha)
    if isinstance(neuron, NeuronMap):
        return _of_map(neuron, step_task(task), task, x0, alpha, shared or {})
    return _of_flow(neuron, task, x0, by_weight)


def starts_of(task: Task) -> tuple[float, Floats]:
    """Return a start that can be changed, and what it is added to in each sequence.

    The start is that of all sequences, or 0 if they have starts of their own.
    """
    if np.ndim(task.x0):
        return 0.0, task.starts
    return float(task.x0), np.zeros(len(task.inputs))


def _of_map(
    neuron: Neuron, by_step: step_tasks.StepTask, task: Task, x0: Floats | None, alpha: float,
    shared: Mapping[str, Floats],
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
    found = step_tasks.by_iteration(maps, by_step, step_tasks.Forcing(alpha))
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
        raise ArgumentError(
            "task", "must have a list of inputs for the flow, one per sequence, got inputs by step"
        )
    return [in_pieces(u, False, task.last) for u in task.inputs]


def slopes_of_flow(
    task: Task, groups: Iterable[Ensemble], size: int, by_weight: bool, line: Line | None = None
) -> Slopes:
    """Return the same of `size` flows, given as an ensemble for each sequence.

    Targets are of the line of each flow, if it is given; then there are derivatives by it.
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
