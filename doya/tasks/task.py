"""Tasks: sequences of inputs with targets, for one shared neuron."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.by_value import ByValue, shape_and_numbers
from doya.checks import FINITE, Parameter, check_one_of, checked, checked_number, numbers
from doya.errors import ArgumentError
from doya.inputs import Pulses, Ramp, Table

SequenceInput: TypeAlias = float | Pulses | Table | Ramp | None
Inputs: TypeAlias = Floats | tuple[SequenceInput, ...]
Targets: TypeAlias = Floats | tuple[Table, ...]

VARIABLES = ("x", "z")


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
    variable : {"x", "z"}, default "x"
        What has targets: the state x, or z = w x + b, the argument of sigma without the input.  At
        epsilon = 1 and without input it is the state of Pascanu's neuron (`from_pascanu`).

    Raises
    ------
    ArgumentError
        For an argument outside its range, shapes that do not fit, or a task without any target.

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

    >>> task = doya.Task([None], [1.0], x0=0.5, t_end=50, variable="z")
    >>> neuron = doya.NeuronMap(w=5.0, b=-2.2)
    >>> z = neuron.w * doya.final_state(neuron, 0.5, 50) + neuron.b
    >>> doya.task_gradient(neuron, task).loss.round(6), ((z - 1.0)**2).round(6)
    (np.float64(1.888395), np.float64(1.888395))
    """

    inputs: Inputs
    targets: Targets
    weights: Targets | None
    x0: Parameter
    t_end: Parameter | None
    variable: str

    def __init__(
        self,
        inputs: ArrayLike | Sequence[Any],
        targets: ArrayLike | Sequence[Table],
        weights: ArrayLike | Sequence[Table] | None = None,
        x0: ArrayLike = 0.5,
        t_end: ArrayLike | None = None,
        variable: str = "x",
    ) -> None:
        check_one_of("variable", variable, VARIABLES)
        own_inputs = _checked_inputs(inputs)
        count = len(own_inputs)
        end = _checked_end(t_end, own_inputs)
        own_targets = _checked_targets(targets, own_inputs, end)
        fields: dict[str, Any] = {
            "inputs": own_inputs,
            "targets": own_targets,
            "weights": None if weights is None else _checked_weights(weights, own_targets),
            "x0": _one_a_sequence("x0", checked("x0", x0), count),
            "t_end": end,
            "variable": variable,
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
            part for name in ("inputs", "targets", "weights", "x0", "t_end", "variable")
            for part in _values(getattr(self, name))
        )  # fmt: skip

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


def _values(value: Any) -> tuple[Any, ...]:
    """Return what counts of a field in a comparison."""
    if value is None or isinstance(value, str | ByValue):
        return (value,)
    if isinstance(value, tuple):
        return tuple(part for each in value for part in _values(each))
    return shape_and_numbers(value)


def _checked_inputs(inputs: Any) -> Inputs:
    """Return inputs by step as a read-only array, others as a tuple."""
    allowed = (
        "must be an array (sequences, steps) for the map, or a list with one number, None, Pulses,"
        " Table or Ramp per sequence"
    )
    if isinstance(inputs, np.ndarray) and inputs.ndim != 1:
        pass
    elif not isinstance(inputs, Sequence | np.ndarray) or isinstance(inputs, str):
        raise ArgumentError("inputs", f"{allowed}, got {inputs!r}")
    elif any(each is None or isinstance(each, ByValue) for each in inputs):
        return tuple(_checked_input(k, each) for k, each in enumerate(inputs))
    array = checked("inputs", inputs)
    if np.ndim(array) == 1 and np.size(array):
        return tuple(np.asarray(array).tolist())
    if np.ndim(array) != 2 or not np.size(array):
        raise ArgumentError("inputs", f"{allowed}, got an array of shape {np.shape(array)}")
    assert isinstance(array, np.ndarray)
    return array


def _checked_input(k: int, given: Any) -> SequenceInput:
    """Return one input of a list."""
    if isinstance(given, Pulses | Table):
        table = given.table() if isinstance(given, Pulses) else given
        if table.value.ndim > 1:
            words = f"must be one input per sequence, got {table.value.shape[:-1]} of them at index"
            raise ArgumentError("inputs", f"{words} {k}")
        checked("inputs", table.value)
        return given
    if given is None or isinstance(given, Ramp):
        return given
    return checked_number("inputs", given, FINITE)


def _checked_end(t_end: Any, inputs: Inputs) -> Parameter | None:
    """Return the end as a number or as ascending times."""
    by_step = isinstance(inputs, np.ndarray)
    if t_end is None:
        if by_step:
            return None
        raise ArgumentError("t_end", "must be given unless the inputs are an array by step")
    end = numbers("t_end", t_end)
    if end.ndim > 1 or end.size == 0 or not (np.diff(np.atleast_1d(end)) > 0.0).all():
        raise ArgumentError("t_end", f"must be a number or a list of ascending times, got {t_end}")
    if not (end >= 0.0).all():
        raise ArgumentError("t_end", f"must be at least 0, got {end[~(end >= 0.0)].flat[0]}")
    if isinstance(inputs, np.ndarray):
        steps = inputs.shape[1]
        good = (end == np.floor(end)) & (end <= steps)
        if not good.all():
            words = f"must be whole numbers of steps up to {steps}, that of the inputs"
            raise ArgumentError("t_end", f"{words}, got {end[~good].flat[0]:g}")
    if end.ndim == 0:
        return float(end)
    end.setflags(write=False)
    return end


def _checked_targets(targets: Any, inputs: Inputs, t_end: Parameter | None) -> Targets:
    """Return the targets as a read-only array or as a tuple of tables."""
    count = len(inputs)
    if _has_tables("targets", targets, count):
        if not isinstance(inputs, tuple):
            words = "must be numbers where the inputs are by step: Tables are for the flow"
            raise ArgumentError("targets", words)
        _check_end_of_path(t_end)
        known = [np.isfinite(each.value[each.time < t_end]).any() for each in targets]
        for each in targets:
            _check_values("targets", each.value)
        if not any(known):
            raise ArgumentError("targets", "must have a target before t_end, got none but NaN")
        return tuple(targets)
    array = numbers("targets", targets)
    _check_values("targets", array)
    times = 1 if t_end is None else np.size(t_end)
    by_step = t_end is None and isinstance(inputs, np.ndarray) and array.ndim == 2
    columns = inputs.shape[1] if by_step and isinstance(inputs, np.ndarray) else times
    at_end = array.shape in ((), (count,)) and times == 1
    if not at_end and times > 1 and array.shape != (count, columns):
        words = "must have the shape (sequences, times)"
        raise ArgumentError("targets", f"{words} = ({count}, {times}), got {array.shape}")
    if not at_end and array.shape != (count, columns):
        raise ArgumentError(
            "targets",
            f"must have the shape ({count},), for targets at the end, or ({count}, {columns}), got"
            f" {array.shape}",
        )
    if np.isnan(array).all():
        raise ArgumentError("targets", "must have at least one target, got none but NaN")
    if not array.ndim:
        array = np.full(count, float(array))
    array.setflags(write=False)
    return array


def _check_end_of_path(t_end: Parameter | None) -> None:
    """Raise unless the end is one finite time."""
    if not isinstance(t_end, float) or not 0.0 < t_end < math.inf:
        words = "must be one time, above 0 and finite, for targets along time"
        raise ArgumentError("t_end", f"{words}, got {t_end}")


def _check_values(name: str, values: Floats) -> None:
    """Raise unless each value is NaN or finite."""
    checked(name, np.where(np.isnan(values), 0.0, values))


def _has_tables(name: str, given: Any, count: int) -> bool:
    """Return whether tables are given; raise unless there is one per sequence."""
    if isinstance(given, Table):
        raise ArgumentError(name, "must be a list of Tables, one per sequence, got one Table")
    if not isinstance(given, Sequence) or not any(isinstance(each, Table) for each in given):
        return False
    if len(given) != count or not all(
        isinstance(each, Table) and each.value.ndim == 1 for each in given
    ):
        words = f"must be a list of {count} Tables, one per sequence, each with one row of values"
        raise ArgumentError(name, f"{words}, got a list of {len(given)}")
    return True


def _checked_weights(weights: Any, targets: Targets) -> Targets:
    """Return the weights as a read-only array or as a tuple of tables."""
    count = len(targets)
    if _has_tables("weights", weights, count):
        if not isinstance(targets, tuple):
            raise ArgumentError("weights", "must be numbers where the targets are numbers")
        for each in weights:
            _check_positive(checked("weights", each.value))
        return tuple(weights)
    values = np.array(checked("weights", weights))
    _check_positive(values)
    shape = (count,) if isinstance(targets, tuple) else targets.shape
    try:
        fits = np.broadcast_shapes(values.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        words = f"must broadcast to targets of shape {shape}, got shape {values.shape}"
        raise ArgumentError("weights", words)
    values.setflags(write=False)
    return values


def _check_positive(values: Any) -> None:
    """Raise unless each weight is at least 0."""
    if not np.all(np.asarray(values) >= 0.0):
        raise ArgumentError("weights", f"must be at least 0, got {np.min(values):g}")


def _one_a_sequence(name: str, value: Parameter, count: int) -> Parameter:
    """Return the value; raise unless it is one number or one per sequence."""
    if np.ndim(value) and np.shape(value) != (count,):
        raise ArgumentError(
            name, f"must be one number or one per sequence, {count}, got shape {np.shape(value)}"
        )
    return value


def check_teacher(task: Task, alpha: float) -> None:
    """Raise for a teacher where targets are of z: it moves the state x toward its target."""
    if alpha and task.variable != "x":
        raise ArgumentError("teacher_forcing", f"must be 0 for targets of z, got {alpha!r}")


def check_alone(task: Any, conversion: object, given: Mapping[str, Any]) -> None:
    """Raise unless the task is one, of a neuron in Doya's parameters, with nothing of its own."""
    if not isinstance(task, Task):
        raise ArgumentError("task", f"must be a Task, got {task!r}")
    if conversion:
        raise ArgumentError("task", "must not be given for a Conversion: use its attribute neuron")
    more = " and ".join(name for name, value in given.items() if value is not None)
    if more:
        words = f"has its own x0, t_end, targets and inputs: remove {more}, or the task"
        raise ArgumentError("task", words)
