"""Generalised teacher forcing: a map whose state is drawn to a teacher is equivalent to a map."""

from __future__ import annotations

import dataclasses

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import FLOW_NAMES, Carried, iteration_of
from doya.kernels.machinery.running import Call
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from doya.neurons import split_all
from doya.scaled import Scaled


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
