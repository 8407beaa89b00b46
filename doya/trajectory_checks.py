"""Checks of the settings of a trajectory: its end, its times, its method and tolerances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import (
    Range,
    check_count,
    check_one_of,
    checked_number,
    everywhere,
    joint_shape,
    numbers,
)
from doya.errors import ArgumentError
from doya.inputs import Pieces, Ramp
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, check_neuron

METHODS = ("formula", "euler", "rk4", "dop853")
ORDER = {"euler": 1, "rk4": 4}
POINTS = 201
# Largest number of steps of a map whose states are all returned: they take 800 MB.
MOST_STEPS = 10**8
# Arrays of the size of the times in use at once while times are made and checked.
IN_USE = 4

POSITIVE = Range(lambda value: 0.0 < value < math.inf, "a positive, finite number")
RELATIVE = Range(lambda value: 1e-15 <= value < 1.0, "a number, at least 1e-15 and less than 1")
ABSOLUTE = Range(lambda value: 0.0 <= value < math.inf, "a finite number, at least 0")


def default_times(
    method: str, last: float, step: float, points: int | None, pieces: Pieces
) -> Floats:
    """Return the times at which `simulate` computes the state if none are given."""
    if method == "map":
        if points is not None:
            raise ArgumentError(
                "points", f"is for the flow only, got {points}: remove it, or give times"
            )
        if last > MOST_STEPS:
            raise ArgumentError(
                "t_end", f"must be at most {MOST_STEPS} unless times are given, got {last:g}"
            )
        require_memory("t_end", (int(last) + 1,), IN_USE)
        return np.arange(last + 1.0)
    if points is None and method in ORDER:
        require_memory("step", (math.ceil(last / step),), IN_USE)
        return np.append(step * np.arange(math.ceil(last / step * (1.0 - 1e-12))), last)
    points = check_count("points", POINTS if points is None else points, 2)
    require_memory("points", (points,), IN_USE)
    if last < math.inf:
        return np.union1d(np.linspace(0.0, last, points), pieces.start)
    part = np.arange(points) / (points - 1)
    jump = pieces.start[-1]
    with np.errstate(divide="ignore"):
        after = jump + part / (1.0 - part)
    return np.concatenate([np.union1d(np.linspace(0.0, jump, points), pieces.start)[:-1], after])


def checked_times(times: ArrayLike, last: float, method: str) -> Floats:
    """Return the times as an array; raise unless they ascend within 0 to the end."""
    values = numbers("times", times)
    allowed = f"must be a list of ascending times from 0 to t_end = {last}"
    if values.ndim != 1:
        raise ArgumentError("times", f"{allowed}, got an array of shape {values.shape}")
    wrong = ~((values >= 0.0) & (values <= last))
    wrong[1:] |= np.diff(values) < 0.0
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        if values[place] > last:
            words = f"must be at most t_end = {last}, got {values[place]} at index {place}"
            raise ArgumentError("times", words)
        before = f" after {values[place - 1]}" if place else ""
        raise ArgumentError("times", f"{allowed}, got {values[place]}{before} at index {place}")
    if method == "map" and not np.all(values == np.floor(values)):
        place = int(np.flatnonzero(values != np.floor(values))[0])
        words = f"must be whole numbers for the map, got {values[place]} at index {place}"
        raise ArgumentError("times", words)
    return values


def checked_end(neuron: Neuron, t_end: ArrayLike) -> Floats:
    """Return the end or ends as an array: times of a flow, whole numbers of steps of a map."""
    check_neuron(neuron)
    values = numbers("t_end", t_end)
    allowed = values >= 0.0
    kind = "a time from 0 to inf"
    if isinstance(neuron, NeuronMap):
        allowed &= (values == np.floor(values)) & (values <= 2.0**53)
        kind = "a whole number of steps, from 0 to 2**53"
    if not everywhere(allowed):
        raise ArgumentError("t_end", f"must be {kind}, got {values[~allowed].flat[0]}")
    return values


def given_or_usual(method: str | None, is_map: bool, function: bool) -> str:
    """Return the method, or the usual one if none is given; raise for any method of the map."""
    if method is None:
        return "map" if is_map else "dop853" if function else "formula"
    if is_map:
        raise ArgumentError(
            "method", f"is for the flow only, got {method!r}: remove it, the map is iterated"
        )
    return method


def checked_method(neuron: Neuron, method: str | None, last: float, u: Any) -> str:
    """Return the method to use; raise for one that neuron, end or input do not allow."""
    function, is_map = callable(u), isinstance(neuron, NeuronMap)
    method = given_or_usual(method, is_map, function)
    if is_map:
        return method
    check_one_of("method", method, METHODS)
    if function and method != "dop853":
        raise ArgumentError(
            "method", f"must be 'dop853' for an input that is a function, got {method!r}"
        )
    if isinstance(u, Ramp) and method != "formula":
        raise ArgumentError(
            "method",
            "must be 'formula' for a Ramp, which goes through the rise in steps of order 8, got"
            f" {method!r}",
        )
    if last == math.inf and method != "formula":
        words = "an input that is a function" if function else f"the method {method!r}"
        raise ArgumentError("t_end", f"must be finite for {words}, got inf: give a finite time")
    return method


def checked_settings(
    step: Any, rtol: Any, atol: Any, max_steps: Any
) -> tuple[float, float, float, int]:
    """Return the settings of the steps as numbers within their ranges."""
    return (
        checked_number("step", step, POSITIVE),
        checked_number("rtol", rtol, RELATIVE),
        checked_number("atol", atol, ABSOLUTE),
        check_count("max_steps", max_steps, 1),
    )


def require_finite(pieces: Pieces, last: float) -> None:
    """Raise if the input has a value before the end that is not finite."""
    spoiled = pieces.spoiled
    since = float(spoiled.min(initial=math.inf) if spoiled.ndim else spoiled)
    if since < last:
        raise ArgumentError("u", f"must be finite, got a value that is not finite at t = {since:g}")


def common_shape(neuron: Neuron, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which the neuron and all arguments broadcast."""
    try:
        return joint_shape((neuron.shape, *shapes.values()))
    except ValueError:
        first, *others = shapes
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        partners = " and with ".join([f"the neuron of shape {neuron.shape}", *others])
        raise ArgumentError(first, f"must broadcast with {partners}, got shapes {listed}") from None
