"""Checks of the arguments of a task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.by_value import ByValue
from doya.checks import FINITE, Parameter, checked, checked_number, numbers
from doya.errors import ArgumentError
from doya.inputs import Pulses, Ramp, Table

SequenceInput: TypeAlias = float | Pulses | Table | Ramp | None
Inputs: TypeAlias = Floats | tuple[SequenceInput, ...]
Targets: TypeAlias = Floats | tuple[Table, ...]
Flags: TypeAlias = NDArray[np.bool_]

# Names that no shared value of the input can have.
OF_NEURON = ("b", "w", "x0", "input_weight", "epsilon")


def checked_inputs(inputs: Any) -> Inputs:
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


def checked_end(t_end: Any, inputs: Inputs) -> Parameter | None:
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


def checked_targets(targets: Any, inputs: Inputs, t_end: Parameter | None) -> Targets:
    """Return the targets as a read-only array or as a tuple of tables."""
    count = len(inputs)
    if _has_tables("targets", targets, count):
        if not isinstance(inputs, tuple):
            words = "must be numbers where the inputs are by step: Tables are for the flow"
            raise ArgumentError("targets", words)
        _check_end_of_path(t_end)
        known = [np.isfinite(each.value[each.time < t_end]).any() for each in targets]
        for each in targets:
            _check_targets(each.value)
        if not any(known):
            raise ArgumentError("targets", "must have a target before t_end, got none but NaN")
        return tuple(targets)
    array = numbers("targets", targets)
    _check_targets(array)
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


def _check_targets(values: Floats) -> None:
    """Raise unless each value is NaN or finite."""
    checked("targets", np.where(np.isnan(values), 0.0, values))


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


def checked_weights(weights: Any, targets: Targets) -> Targets:
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


def checked_start(x0: Any, count: int) -> Parameter:
    """Return the state at the start; raise unless it is one number or one per sequence."""
    start = checked("x0", x0)
    if np.ndim(start) and np.shape(start) != (count,):
        raise ArgumentError(
            "x0", f"must be one number or one per sequence, {count}, got shape {np.shape(start)}"
        )
    return start


def checked_shared(shared: Any, inputs: Inputs) -> dict[str, Flags]:
    """Return where each shared value is the input, as read-only arrays of the shape of inputs."""
    if shared is None:
        return {}
    if not isinstance(shared, Mapping):
        words = "must be a dict with an array of bool for each name"
        raise ArgumentError("shared", f"{words}, got {shared!r}")
    if shared and not isinstance(inputs, np.ndarray):
        raise ArgumentError("shared", "needs inputs by step, an array (sequences, steps)")
    places = {
        _checked_name(name): _checked_places(name, each, np.asarray(inputs))
        for name, each in shared.items()
    }
    if places and np.sum([*places.values()], axis=0).max() > 1:
        raise ArgumentError("shared", "must have at most one value for each step")
    return places


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.isidentifier() or name in OF_NEURON:
        words = f"must have names other than {', '.join(OF_NEURON)}, of letters and digits"
        raise ArgumentError("shared", f"{words}, got {name!r}")
    return name


def _checked_places(name: str, given: Any, inputs: Floats) -> Flags:
    """Return where one value is the input; raise unless the input has one value there."""
    try:
        array = np.asarray(given)
        places = np.array(np.broadcast_to(array, inputs.shape))
    except ValueError:
        array, places = np.empty(0, dtype=np.object_), None
    if places is None or places.dtype != np.bool_ or not places.any():
        words = f"must be True somewhere for {name}, in an array of bool of shape {inputs.shape}"
        raise ArgumentError("shared", f"{words}, got {array.dtype} of shape {array.shape}")
    low, high = inputs[places].min(), inputs[places].max()
    if low != high:
        words = f"must be where the input has one value, for {name}"
        raise ArgumentError("shared", f"{words}, got values from {low:g} to {high:g}")
    places.setflags(write=False)
    return places
