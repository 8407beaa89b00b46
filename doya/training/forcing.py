"""Generalised teacher forcing: the map whose state is drawn to a teacher is a map again."""

from __future__ import annotations

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter
from doya.inputs import Input, Table, in_pieces
from doya.kernels.logistic import sigmoid_slope
from doya.neurons import NeuronMap
from doya.scaled import Scaled
from doya.sensitivities.derivatives import sensitivity


def forced_sensitivity(
    neuron: NeuronMap,
    x0: Parameter,
    steps: float,
    wrt: tuple[str, ...],
    u: Input | None,
    teacher: Parameter,
    alpha: float,
) -> tuple[Floats, dict[str, Scaled]]:
    """x after so many steps, with x <- (1 - alpha) x + alpha teacher before each; its derivatives.

    Drawn to the teacher, the state X = (1 - alpha) x + alpha teacher obeys

        X' = (1 - alpha) ((1 - eps) X + eps sigma(w X + b) + eps w' u) + alpha teacher.

    So y = X / s, s = (1 - alpha) eps / E, is Doya's neuron with the step
    E = 1 - (1 - alpha) (1 - eps), the weight s w, the bias b, and the input
    w' u + alpha teacher / ((1 - alpha) eps).  From the last X, x comes by a step of the map itself:
    X forgets x as alpha nears 1.
    """
    if steps == 0:
        shape = np.shape(x0)
        return np.asarray(x0), {n: Scaled.constant(float(n == "x0"), shape) for n in wrt}
    free = 1.0 - alpha
    epsilon = alpha + free * np.asarray(neuron.epsilon)
    scale = free * neuron.epsilon / epsilon
    drawn = alpha * np.asarray(teacher)
    pieces = in_pieces(u, True, steps)
    drive = np.moveaxis(pieces.value, 0, -1) * np.expand_dims(neuron.input_weight, -1)
    drive = drive + np.expand_dims(drawn / (free * neuron.epsilon), -1)
    found = sensitivity(
        NeuronMap(neuron.w * scale, neuron.b, epsilon=epsilon),
        (free * x0 + drawn) / scale, steps - 1, wrt, Table(pieces.start, drive),
    )  # fmt: skip
    x = np.asarray(scale * found.x)
    slope = neuron.epsilon * sigmoid_slope(neuron.w * x + neuron.b)
    mu = 1.0 - neuron.epsilon + neuron.w * slope
    factor = {"x0": np.asarray(free), "b": scale, "w": scale * scale}
    own = {"x0": 0.0 * x, "b": slope + 0.0 * x, "w": slope * x}
    by = {
        name: each.times(mu * factor[name]) + Scaled(own[name], np.zeros(x.shape))
        for name, each in found.scaled.items()
    }
    return np.asarray(neuron.step(x, np.moveaxis(pieces.value[-1:], 0, -1)[..., 0])), by
