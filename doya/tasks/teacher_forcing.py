"""Teacher forcing: the map's state is moved toward the target before each step.

x is replaced by (1 - alpha) x + alpha target, where alpha is the share of the teacher.  So the
derivative of the step is multiplied by 1 - alpha.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import FRACTION, checked_number
from doya.errors import ArgumentError
from doya.inputs import Input, in_pieces
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import FLOW_NAMES, Carried, iteration_of
from doya.kernels.machinery.running import Call
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from doya.neurons import Neuron, NeuronMap, split_all
from doya.scaled import Scaled
from doya.tasks.sequences import MOST_STEPS
from doya.tasks.task import Task


def checked_teacher(neuron: Neuron, alpha: Any) -> float:
    """Return the share of the teacher; raise for one outside its range, or for the flow."""
    share = checked_number("teacher_forcing", alpha, FRACTION)
    if share and not isinstance(neuron, NeuronMap):
        words = f"must be 0 for the flow, which has no steps, got {share!r}; use a NeuronMap"
        raise ArgumentError("teacher_forcing", words)
    return share


def check_teacher(task: Task, alpha: float) -> None:
    """Raise for a teacher where targets are not of x: it moves x toward its target."""
    if alpha and task.variable != "x":
        words = f"must be 0 for targets of {task.variable}, got {alpha!r}"
        raise ArgumentError("teacher_forcing", words)


def is_contracting(neuron: Neuron, axes: Mapping[str, Floats], alpha: float) -> bool:
    """Return whether no step with the teacher brings states apart, anywhere within the axes.

    The derivative of a step, 1 - eps + eps w sigma', is between 1 - eps and 1 - eps + eps w/4.
    """
    w = np.atleast_1d(axes.get("w", np.asarray(neuron.w)))[:, np.newaxis]
    epsilon = np.atleast_1d(axes.get("epsilon", np.asarray(getattr(neuron, "epsilon", 1.0))))
    steepest = np.maximum(1.0 - epsilon, np.abs(1.0 - epsilon + 0.25 * epsilon * w))
    return bool(((1.0 - alpha) * steepest <= 1.0).all())


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


def forced_of(group: Ensemble, steps: int, teacher: Floats, alpha: float, call: Call) -> Carried:
    """Return x after `steps` steps with teacher forcing, and its derivatives.

    Before each step x is replaced by X = (1 - alpha) x + alpha teacher.  X obeys

        X' = (1 - alpha) ((1 - eps) X + eps sigma(w X + b) + eps w' u) + alpha teacher.

    So y = X / s, s = (1 - alpha) eps / E, is Doya's neuron with the step
    E = 1 - (1 - alpha) (1 - eps), the weight s w, the bias b, and the input
    w' u + alpha teacher / ((1 - alpha) eps).  Where the input is inside sigma, the part of the
    teacher is taken out as a shift of y, which adds w alpha teacher / E to the bias.

    The last x is computed from the last X by a step of the map itself, because X no longer
    determines x as alpha approaches 1.
    """
    if steps == 0:
        ones = {name: Scaled.constant(float(name == "x0"), group.x0.size) for name in FLOW_NAMES}
        return Carried(group.x0, ones)
    w, b, eps, free = group.w, group.b, group.epsilon, 1.0 - alpha
    epsilon = alpha + free * eps
    scale = free * eps / epsilon
    drawn = alpha * teacher
    if group.inside:
        away = drawn / epsilon
        twin = dataclasses.replace(
            group, w=w * scale, b=b + w * away, epsilon=epsilon,
            x0=(epsilon * group.x0 - drawn * (1.0 - eps)) / eps,
        )  # fmt: skip
        last, added = group.gain * group.u[-1], 0.0
    else:
        away = np.zeros_like(epsilon)
        drive = (group.gain * group.u + drawn / free) / eps
        twin = dataclasses.replace(
            group, w=w * scale, epsilon=epsilon, gain=epsilon, u=drive,
            x0=(free * group.x0 + drawn) / scale,
        )  # fmt: skip
        last, added = 0.0, group.gain * group.u[-1]
    found = iteration_of(twin, steps - 1, False, call)
    if group.inside:  # the bias of the twin depends on w too
        by_w = found.by["w"] + found.by["b"].times(away / scale)
        found = Carried(found.x + away / scale, found.by | {"w": by_w})
    x = scale * found.x
    z = w * x + (b + last)
    slope = eps * sigmoid_slope(z)
    mu = 1.0 - eps + w * slope
    factor = {"x0": np.full_like(x, free), "b": scale, "w": scale * scale}
    own = {"x0": np.zeros_like(x), "b": slope, "w": slope * x}
    by = {
        name: each.times(mu * factor[name]) + Scaled(own[name], np.zeros_like(x))
        for name, each in found.by.items()
    }
    keep, fade = split_all(eps)
    return Carried(((eps * sigmoid(z) - fade * x) + added) + keep * x, by)
