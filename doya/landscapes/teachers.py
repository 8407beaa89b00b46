"""Teacher forcing of a landscape: the map's state is moved toward the target before each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import Range, checked_number
from doya.errors import ArgumentError
from doya.inputs import Input, in_pieces
from doya.neurons import Neuron, NeuronMap
from doya.tasks.slopes import MOST_STEPS
from doya.tasks.task import Task

PART = Range(lambda value: 0.0 <= value < 1.0, "at least 0 and less than 1")


def checked_teacher(neuron: Neuron, alpha: Any) -> float:
    """Return the share of the teacher; raise for one outside its range, or for the flow."""
    share = checked_number("teacher_forcing", alpha, PART)
    if share and not isinstance(neuron, NeuronMap):
        words = f"must be 0 for the flow, which has no steps, got {share!r}; use a NeuronMap"
        raise ArgumentError("teacher_forcing", words)
    return share


def taught(x0: float, t_end: float, target: float, u: Input | None) -> Task:
    """Return the task of one target at the end, with the same target for the teacher at each step.

    Those before the end have the weight 0.
    """
    if t_end > MOST_STEPS:
        words = f"must be at most {MOST_STEPS} steps with a teacher, got {t_end:g}"
        raise ArgumentError("t_end", words)
    steps = int(t_end)
    inputs = in_pieces(u, True, t_end).at(np.arange(float(max(steps, 1))))
    row = np.broadcast_to(inputs, (1, max(steps, 1)))
    weights = np.zeros((1, steps + 1))
    weights[0, -1] = 1.0
    times: Any = np.arange(steps + 1.0) if steps else 0.0
    targets: Any = np.full((1, steps + 1), target)
    if not steps:  # one time is a number
        targets, weights = targets[:, 0], weights[:, 0]
    return Task(row, targets, weights, x0, times)


def is_contracting(neuron: Neuron, axes: Mapping[str, Floats], alpha: float) -> bool:
    """Return whether no step with the teacher brings states apart, anywhere within the axes.

    The derivative of a step, 1 - eps + eps w sigma', is between 1 - eps and 1 - eps + eps w/4.
    """
    w = np.atleast_1d(axes.get("w", np.asarray(neuron.w)))[:, np.newaxis]
    epsilon = np.atleast_1d(axes.get("epsilon", np.asarray(getattr(neuron, "epsilon", 1.0))))
    steepest = np.maximum(1.0 - epsilon, np.abs(1.0 - epsilon + 0.25 * epsilon * w))
    return bool(((1.0 - alpha) * steepest <= 1.0).all())
