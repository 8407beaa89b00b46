"""The derivatives of maps with respect to each past input."""

from __future__ import annotations

import numpy as np

from doya.integrators import iteration
from doya.integrators.ensembles import Ensemble
from doya.scaled import Scaled


def by_past_inputs(group: Ensemble, steps: int, shape: tuple[int, ...]) -> Scaled:
    """Return the derivatives of maps with respect to each past input.

    Each is eps w' times the product of the multipliers of the later steps, and times sigma' of its
    own step where the input is inside sigma.
    """
    w, b, epsilon, gain = (
        row[:, np.newaxis] for row in (group.w, group.b, group.epsilon, group.gain)
    )  # fmt: skip
    x = iteration.on_grid(group, np.arange(float(steps)))
    bias = b
    if group.inside:
        piece = np.searchsorted(group.start, np.arange(float(steps)), side="right") - 1
        bias = b + (group.gain * group.u[piece]).T
    z = w * x + bias
    # The logarithm ln sigma', since sigma' itself may be out of range.
    steep = -np.abs(z) - 2.0 * np.log1p(np.exp(-np.abs(z)))
    with np.errstate(divide="ignore"):
        # Near 1 mu would be rounded in the same way at each step.
        change = epsilon * (w * np.exp(steep) - 1.0)
        mu = (1.0 - epsilon) + epsilon * w * np.exp(steep)
        size = np.where(change > -0.5, np.log1p(np.fmax(change, -0.5)), np.log(np.abs(mu)))
        size = np.where(epsilon == 1.0, np.log(np.abs(w)) + steep, size)
    sign = np.where(epsilon == 1.0, np.sign(w), np.sign(mu))
    later = np.zeros((group.w.size, steps))
    value = np.broadcast_to(epsilon * gain if group.inside else gain, later.shape).copy()
    later[:, :-1] = np.cumsum(size[:, :0:-1], axis=1)[:, ::-1]
    value[:, :-1] *= np.cumprod(sign[:, :0:-1], axis=1)[:, ::-1]
    if group.inside:
        later += steep
    return Scaled(value, later).reshape((*shape, steps))
