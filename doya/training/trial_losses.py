"""Losses of the trials of a search, and the names and ranges of its parameters."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.checks import FINITE, STEP, Parameter, Range, checked_number
from doya.conversions.author import AUTHORS, Move
from doya.conversions.conversion import Conversion, from_letters
from doya.conversions.rates import moved
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.neurons import Neuron
from doya.tasks.gradients import task_gradient
from doya.tasks.letters import LetterTask, check_shared
from doya.tasks.slopes import slopes_of_task
from doya.tasks.step_tasks import Forcing
from doya.tasks.task import Task
from doya.training.trials import Losses
from doya.trajectories import final_state

Target: TypeAlias = Task | float | Callable[..., Task]


def checked_bounds(
    neuron: Neuron | Conversion, target: Target, bounds: Any
) -> dict[str, tuple[float, float]]:
    """Return the range of each parameter; raise for unknown names and wrong ranges."""
    allowed = _ranges(neuron)
    if callable(target):
        allowed |= dict.fromkeys(_arguments(target), FINITE)
    elif isinstance(target, Task):
        if isinstance(neuron, Conversion):
            check_shared(neuron, target)
        allowed |= dict.fromkeys(target.shared, FINITE)
    else:
        allowed["x0"] = FINITE
    if not isinstance(bounds, Mapping) or not bounds:
        words = "must be a dict such as {'b': (-4.0, 0.0)}"
        raise ArgumentError("bounds", f"{words}, got {bounds!r}")
    return {name: _checked_pair(name, pair, allowed) for name, pair in bounds.items()}


def _ranges(neuron: Neuron | Conversion) -> dict[str, Range]:
    """Return the allowed range of each parameter of the neuron by name."""
    if isinstance(neuron, Conversion):
        author = AUTHORS[neuron.author]
        letters = {
            name: each for name, each in author.letters.items()
            if author.moves.get(name) is not Move.TIME
        }  # fmt: skip
        return {"input_weight": FINITE} | letters
    return {name: STEP if name == "epsilon" else FINITE for name in neuron.parameters}


def _arguments(function: Callable[..., Task]) -> Collection[str]:
    """Return the names of the arguments of a function."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        words = "must be a function with named arguments"
        raise ArgumentError("target", f"{words}, got {function!r}") from None


def _checked_pair(name: Any, pair: Any, allowed: Mapping[str, Range]) -> tuple[float, float]:
    """Return the least and the largest value of one parameter."""
    if name not in allowed:
        raise ArgumentError("bounds", f"must be among {', '.join(allowed)}, got {name!r}")
    try:
        first, second = pair
    except (TypeError, ValueError):
        words = f"must have two numbers for {name}, the least and the largest"
        raise ArgumentError("bounds", f"{words}, got {pair!r}") from None
    own = allowed[name]
    in_words = own._replace(words=f"{own.words} for {name}")
    low, high = (checked_number("bounds", each, in_words) for each in (first, second))
    if not low < high:
        words = f"must have a lower and then a higher number for {name}"
        raise ArgumentError("bounds", f"{words}, got {pair!r}")
    return low, high


def losses_of(
    neuron: Neuron | Conversion, target: Target, x0: Any, t_end: Any, u: Input | None
) -> Losses:
    """Return the function that computes the losses of points."""
    if isinstance(target, Task):
        return lambda values: _of_shared(neuron, target, values)
    if callable(target):
        return _of_function(neuron, target)
    if isinstance(neuron, Conversion):
        words = f"must be a Task, or a function that returns one, for a Conversion, got {target!r}"
        raise ArgumentError("target", words)
    return _at_end(
        neuron, checked_number("target", target, FINITE), checked_number("x0", x0, FINITE), t_end, u
    )


def _moved(neuron: Neuron | Conversion, values: Mapping[str, Parameter]) -> Neuron:
    """Return the neuron, in Doya's parameters, with some of its parameters or letters changed."""
    if not isinstance(neuron, Conversion):
        return neuron.replace(**values) if values else neuron
    own = neuron.neuron
    letters = {name: values.get(name, each) for name, each in neuron.parameters.items()}
    # Letters say nothing of the input, which stays that of the neuron.
    return from_letters(AUTHORS[neuron.author], letters).neuron.replace(
        input_weight=values.get("input_weight", own.input_weight), input_to=own.input_to
    )


def _of_shared(neuron: Neuron | Conversion, task: Task, values: Mapping[str, Floats]) -> Floats:
    """Return the losses of an ensemble, where the task's inputs may have values of each neuron."""
    shared = {name: row for name, row in values.items() if name in task.shared}
    others: dict[str, Any] = {name: row for name, row in values.items() if name not in shared}
    if isinstance(neuron, Conversion) and task.variable == "state":
        return _of_state(neuron, task, others, shared)
    if not shared:
        return _of_task(_moved(neuron, values), task)
    moved = _moved(neuron, others)
    many = moved.replace(b=np.broadcast_to(moved.b, next(iter(shared.values())).shape))
    return slopes_of_task(many, task, None, False, shared=shared)[0]


def _of_state(
    conversion: Conversion, task: Task, values: Mapping[str, Floats], shared: Mapping[str, Floats]
) -> Floats:
    """Return the losses of an ensemble with targets of the author's state."""
    size = next(iter({**values, **shared}.values())).size
    letters = {
        name: np.broadcast_to(values.get(name, each), size)
        for name, each in conversion.parameters.items()
    }
    tried = moved(conversion, **letters)
    if "input_weight" in values:
        own = tried.neuron.replace(input_weight=values["input_weight"])
        tried = dataclasses.replace(tried, neuron=own)
    parts = LetterTask.of(tried, task, (), 0.0)
    return parts.slopes(tried, parts.starts((size,)), (), Forcing(most=-1), shared)[0]


def _of_task(neuron: Neuron, task: Task) -> Floats:
    """Return the losses of an ensemble."""
    return np.asarray(task_gradient(neuron, task, "b").loss)


def _of_function(neuron: Neuron | Conversion, function: Callable[..., Task]) -> Losses:
    """Return the losses of points of which each has its own task."""
    arguments = _arguments(function)

    def loss(values: dict[str, float]) -> float:
        task = function(**{name: value for name, value in values.items() if name in arguments})
        if not isinstance(task, Task):
            raise ArgumentError("target", f"must return a Task if it is a function, got {task!r}")
        others = {name: value for name, value in values.items() if name not in arguments}
        moved = _moved(neuron, others)
        # An ensemble of one: a state that is not reached is NaN, and no error ends the search.
        return float(_of_task(moved.replace(b=np.atleast_1d(moved.b)), task).item())

    def losses(values: dict[str, Floats]) -> Floats:
        points = zip(*(row.tolist() for row in values.values()), strict=True)
        return np.array([loss(dict(zip(values, point, strict=True))) for point in points])

    return losses


def _at_end(neuron: Neuron, target: float, x0: float, t_end: Any, u: Input | None) -> Losses:
    """Return the losses (target - x(T))**2."""
    if np.ndim(t_end):
        raise ArgumentError("t_end", f"must be one number, got an array of shape {np.shape(t_end)}")

    def losses(values: dict[str, Floats]) -> Floats:
        moved = _moved(neuron, {name: row for name, row in values.items() if name != "x0"})
        error: Any = final_state(moved, values.get("x0", x0), t_end, u) - target
        return np.asarray(error * error)

    return losses
