"""Tasks: sequences of inputs with targets, for one shared neuron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.by_value import ByValue, shape_and_numbers
from doya.checks import Parameter, check_one_of
from doya.errors import ArgumentError
from doya.inputs import Table
from doya.tasks.arguments import (
    Flags,
    Inputs,
    Targets,
    checked_end,
    checked_inputs,
    checked_shared,
    checked_start,
    checked_targets,
    checked_weights,
)

VARIABLES = ("x", "z", "state")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Task(ByValue):
    """Sequences of inputs with targets for the state, which one neuron shall learn to follow.

    The loss of one sequence is a sum over the times k that have a target, weighted by c[k]:

        L = sum_k c[k] (x[k] - y[k])**2,

    or, for a target along time, the integral of c(t) (x(t) - y(t))**2 from 0 to t_end.  The loss of
    the task is the mean over its sequences.  Two tasks are equal if all their numbers are equal.
    Arrays are copied.

    Parameters
    ----------
    inputs : array of shape (sequences, steps), or list
        For the map the array u[t], dimensionless, finite.  For the flow, and for the map too, a
        list with one input per sequence: a number, None, `Pulses`, `Table` or `Ramp`.
    targets : float, array or list of Table
        Desired states y, dimensionless, finite; NaN stands for no target.  Shape (sequences,): at
        the end.  Shape (sequences, times): at the times `t_end`, or, for inputs by step without
        `t_end`, after each step, x[1] to x[steps].  A list of `Table`, one per sequence: along
        time, for the flow; there is no target before the first time of a table and where its value
        is NaN.
    weights : float, array or list of Table, optional
        Weights c of the targets, dimensionless, finite, at least 0; broadcast to targets.  With
        targets along time one number per sequence, or a list of `Table`.  By default 1.
    x0 : float or array, default 0.5
        State at the start, dimensionless, from -1e100 to 1e100: one for all sequences, or one per
        sequence.
    t_end : float or array, optional
        The end, or the ascending times of the targets: for the flow times of at least 0, in units
        of the time constant; for the map whole numbers of steps.  By default the end of inputs by
        step; a list of inputs needs it.  Infinity is allowed at the end, not along time.
    variable : {"x", "z", "state"}, default "x"
        What has targets: the state x; or z = w x + b, the argument of sigma without the input; or
        the author's state, for a `Conversion`.  Where that is a logit of x, as for Pascanu's neuron
        (`from_pascanu`), it is z of the step before; then inputs are 0, and no target is at t = 0.
    shared : dict of array of bool, optional
        Values of inputs by step that can be learned, by name: True where the value is the input,
        in an array of the shape of inputs or one that broadcasts to it.  The input has one value at
        these places.  The names go to `learn` of `train`, `wrt` of `task_gradient` and `bounds` of
        `search`.

    Raises
    ------
    ArgumentError
        For an argument outside its range, shapes that do not fit, or a task without any target.

    See Also
    --------
    tasks.latch : A ready task; others are flip_flop, delay and oscillate.
    task_gradient : The loss of a task, and its gradient.
    train : Gradient descent, to a target or on a task.
    search : Search for parameters without gradients.
    loss_landscape : The loss over one or two parameters, with its walls.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994): tasks with a target at the end of each sequence.

    Examples
    --------
    Two sequences of three steps, which set and reset a one-bit memory:

    >>> import doya
    >>> task = doya.Task(inputs=[[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]], targets=[0.85, 0.15])
    >>> task
    Task(2 sequences of 3 steps, targets at the end)
    >>> doya.Task([None], doya.Table([5.0], [0.85]), t_end=20.0)
    Traceback (most recent call last):
        ...
    doya.errors.ArgumentError: targets must be a list of Tables, one per sequence, got one Table
    >>> doya.Task([None], [doya.Table([5.0], [0.85])], t_end=20.0)
    Task(1 sequence until 20, targets along time)

    The loss (a - 1)**2 of Pascanu's neuron after 50 steps, for the weight 5 and the bias -2.2:

    >>> pascanu = doya.from_pascanu(w=5.0, b=-2.2)
    >>> task = doya.Task([None], [1.0], x0=pascanu.to_state(0.5), t_end=50, variable="state")
    >>> a = doya.sensitivity(pascanu, task.x0, 50).state
    >>> doya.task_gradient(pascanu, task).loss.round(6), ((a - 1.0)**2).round(6)
    (np.float64(1.888395), np.float64(1.888395))

    Learn the heights of the inputs that set and reset a memory:

    >>> u = [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]
    >>> first = [True, False, False]
    >>> places = {"set": [first, 3 * [False]], "reset": [3 * [False], first]}
    >>> task = doya.Task(u, targets=[0.85, 0.15], shared=places)
    >>> task.shared_values
    {'set': 1.0, 'reset': -1.0}
    >>> doya.task_gradient(doya.NeuronMap(w=5.0, b=-2.5), task, "set").gradient["set"] < 0.0
    np.False_
    """

    inputs: Inputs
    targets: Targets
    weights: Targets | None
    x0: Parameter
    t_end: Parameter | None
    variable: str
    shared: dict[str, Flags]

    def __init__(
        self,
        inputs: ArrayLike | Sequence[Any],
        targets: ArrayLike | Sequence[Table],
        weights: ArrayLike | Sequence[Table] | None = None,
        x0: ArrayLike = 0.5,
        t_end: ArrayLike | None = None,
        variable: str = "x",
        shared: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        check_one_of("variable", variable, VARIABLES)
        own_inputs = checked_inputs(inputs)
        count = len(own_inputs)
        end = checked_end(t_end, own_inputs)
        own_targets = checked_targets(targets, own_inputs, end)
        fields: dict[str, Any] = {
            "inputs": own_inputs,
            "targets": own_targets,
            "weights": None if weights is None else checked_weights(weights, own_targets),
            "x0": checked_start(x0, count),
            "t_end": end,
            "variable": variable,
            "shared": checked_shared(shared, own_inputs),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        count = len(self.inputs)
        what = f"{count} sequence{'s' if count > 1 else ''}"
        steps = self.steps
        if steps is not None:
            what += f" of {steps} step{'s' if steps > 1 else ''}"
        else:
            what += f" until {self.last:g}"
        of = "" if self.variable == "x" else f" of {self.variable}"
        if isinstance(self.targets, tuple):
            return f"Task({what}, targets{of} along time)"
        if self.targets.ndim < 2:
            return f"Task({what}, targets{of} at the end)"
        times = self.targets.shape[1]
        return f"Task({what}, targets{of} at {times} time{'s' if times > 1 else ''})"

    @property
    def _key(self) -> tuple[Any, ...]:
        return tuple(
            part
            for name in ("inputs", "targets", "weights", "x0", "t_end", "variable")
            for part in _values(getattr(self, name))
        ) + tuple((name, *_values(each)) for name, each in sorted(self.shared.items()))

    @property
    def steps(self) -> int | None:
        """Return the number of steps of inputs by step, up to the end; None for other inputs."""
        return None if isinstance(self.inputs, tuple) else int(self.last)

    @property
    def last(self) -> float:
        """Return the end of the sequences, in units of the time constant or in steps."""
        if self.t_end is None:
            assert not isinstance(self.inputs, tuple)
            return float(self.inputs.shape[1])
        return float(np.max(self.t_end))

    @property
    def times(self) -> Floats:
        """Return the times of the targets, of one row of them."""
        if self.t_end is None:
            assert isinstance(self.targets, np.ndarray)
            steps = self.last
            return np.arange(1.0, steps + 1.0) if self.targets.ndim == 2 else np.array([steps])
        return np.atleast_1d(np.asarray(self.t_end))

    @property
    def starts(self) -> Floats:
        """Return the state at the start of each sequence."""
        return np.array(np.broadcast_to(self.x0, len(self.inputs)))

    @property
    def shared_values(self) -> dict[str, float]:
        """Return the values of the input that steps share, by name."""
        inputs: Any = self.inputs
        return {name: float(inputs[where][0]) for name, where in self.shared.items()}

    def sequences(self) -> Iterator[Task]:
        """Yield a task for each sequence that has a target."""
        given = self.weights
        if given is None or isinstance(given, tuple):
            weights: Any = given
        else:
            shape = np.shape(self.targets) if isinstance(self.targets, np.ndarray) else (-1,)
            weights = np.broadcast_to(given, (len(self.inputs), *shape[1:]))
        for k, start in enumerate(self.starts.tolist()):
            one = slice(k, k + 1)
            if not _has_target(self.targets[k], self.last):
                continue
            own = {name: places[one] for name, places in self.shared.items() if places[k].any()}
            yield Task(
                self.inputs[one], self.targets[one], None if weights is None else weights[one],
                start, self.t_end, self.variable, own,
            )  # fmt: skip

    def rows(self) -> tuple[Floats, Floats]:
        """Return targets and weights, shape (sequences, times); not for targets along time."""
        assert isinstance(self.targets, np.ndarray)
        shape = len(self.inputs), self.times.size
        weights = 1.0 if self.weights is None else np.asarray(self.weights)
        targets = self.targets.reshape(-1, 1) if self.targets.ndim == 1 else self.targets
        if np.ndim(weights) == 1 and self.targets.ndim < 2:
            weights = np.reshape(weights, (-1, 1))
        return (
            np.array(np.broadcast_to(targets, shape), order="C"),
            np.array(np.broadcast_to(weights, shape), order="C"),
        )


def _has_target(targets: Any, last: float) -> bool:
    """Return whether a sequence has a target."""
    known = targets.value[targets.time < last] if isinstance(targets, Table) else targets
    return not bool(np.isnan(known).all())


def _values(value: Any) -> tuple[Any, ...]:
    """Return what counts of a field in a comparison."""
    if value is None or isinstance(value, str | ByValue):
        return (value,)
    if isinstance(value, tuple):
        return tuple(part for each in value for part in _values(each))
    return shape_and_numbers(value)


def check_variable(task: Task) -> None:
    """Raise for targets of an author's state, which a neuron in Doya's parameters does not have."""
    if task.variable == "state":
        words = "has targets of an author's state: give the neuron as a Conversion"
        raise ArgumentError("task", words)


def check_alone(task: Any, given: Mapping[str, Any]) -> None:
    """Raise unless the task is one, with nothing of its own given beside it."""
    if not isinstance(task, Task):
        raise ArgumentError("task", f"must be a Task, got {task!r}")
    more = " and ".join(name for name, value in given.items() if value is not None)
    if more:
        words = f"has its own x0, t_end, targets and inputs: remove {more}, or the task"
        raise ArgumentError("task", words)
