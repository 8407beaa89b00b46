"""What a trajectory may be asked for: its end, its times, and how to compute it."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.inputs import Pieces
from doya.neurons import Neuron, NeuronMap, check_neuron

METHODS = ("formula", "euler", "rk4", "dop853")
ORDER = {"euler": 1, "rk4": 4}
POINTS = 201
# More states of a map than anyone means.
MOST_STEPS = 10**8

# In words, by status.
MESSAGES = (
    "The end was reached.",
    "The step limit was reached before the end.",
    "The input or the state is not finite.",
)


def default_times(
    method: str, last: float, step: float, points: int | None, pieces: Pieces
) -> Floats:
    if method == "map":
        if points is not None:
            raise ValueError(f"points is for the flow; the map shows every step, got {points}")
        if last > MOST_STEPS:
            raise ValueError(f"t_end must be at most {MOST_STEPS} without times, got {last:g}")
        return np.arange(last + 1.0)
    if points is None and method in ORDER:
        return np.append(step * np.arange(math.ceil(last / step * (1.0 - 1e-12))), last)
    points = POINTS if points is None else points
    check_count("points", points, 2)
    if last < math.inf:
        return np.union1d(np.linspace(0.0, last, points), pieces.start)
    part = np.arange(points) / (points - 1)
    jump = pieces.start[-1]
    with np.errstate(divide="ignore"):
        after = jump + part / (1.0 - part)
    return np.concatenate([np.union1d(np.linspace(0.0, jump, points), pieces.start)[:-1], after])


def checked_times(times: ArrayLike, last: float, method: str) -> Floats:
    try:
        values = np.array(times, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"times must be numbers, got {times!r}") from None
    inside = np.all((values >= 0.0) & (values <= last))
    if values.ndim != 1 or not inside or not np.all(np.diff(values) >= 0.0):
        raise ValueError(f"times must be a list that ascends from 0 or later to t_end = {last}")
    if method == "map" and not np.all(values == np.floor(values)):
        raise ValueError("times must be whole numbers of steps of the map")
    return values


def checked_end(neuron: Neuron, t_end: ArrayLike) -> Floats:
    check_neuron(neuron)
    try:
        values = np.asarray(t_end)
    except ValueError:  # ragged
        values = np.array(None)
    if values.dtype.kind not in "buif":
        raise ValueError(f"t_end must be a number or an array of numbers, got {t_end!r}")
    values = values.astype(np.float64)
    allowed = values >= 0.0
    kind = "a time, at least 0"
    if isinstance(neuron, NeuronMap):
        allowed &= (values == np.floor(values)) & (values <= 2.0**53)
        kind = "a whole number of steps, from 0 to 2**53"
    if not allowed.all():
        raise ValueError(f"t_end must be {kind}, got {values[~allowed].flat[0]}")
    return values


def checked_method(neuron: Neuron, method: str | None, last: float, function: bool) -> str:
    if isinstance(neuron, NeuronMap):
        if method is not None:
            raise ValueError(f"method is for the flow; the map is iterated, got {method!r}")
        return "map"
    if method is None:
        method = "dop853" if function else "formula"
    check_one_of("method", method, METHODS)
    if function and method != "dop853":
        raise ValueError(f"method must be 'dop853' for an input that is a function, got {method!r}")
    if last == math.inf and method != "formula":
        raise ValueError(f"t_end must be finite for the method {method!r}")
    return method


def check_settings(step: float, rtol: float, atol: float, max_steps: int) -> None:
    if not (isinstance(step, Real) and 0.0 < step < math.inf):
        raise ValueError(f"step must be a positive, finite number, got {step!r}")
    if not (isinstance(rtol, Real) and 1e-15 <= rtol < 1.0):
        raise ValueError(f"rtol must be a number from 1e-15 to 1, got {rtol!r}")
    if not (isinstance(atol, Real) and 0.0 <= atol < math.inf):
        raise ValueError(f"atol must be a finite number, at least 0, got {atol!r}")
    check_count("max_steps", max_steps, 1)


def require_finite(pieces: Pieces, last: float) -> None:
    since = float(np.min(pieces.spoiled, initial=math.inf))
    if since < last:
        raise ValueError(f"u must be finite, got a value that is not at t = {since:g}")


def common_shape(neuron: Neuron, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(neuron.shape, *shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{listed} must broadcast with the neuron {neuron.shape}") from None
