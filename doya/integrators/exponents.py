"""The map's Lyapunov exponents, step by step."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble, aligned, interpreted, own
from doya.integrators.iteration import INTERPRETED_STEPS
from doya.kernels import exponents
from doya.kernels.compilation import compiled
from doya.kernels.parallel import CHUNK, LANES, in_chunks

# Of all lanes of a chunk together, about 5 ms: fewer lanes are cut finer, or one thread had all.
STEPS_AT_ONCE = 2**22


def growth(group: Ensemble, steps: int) -> tuple[Floats, Floats, Floats]:
    """Of the map without input, over so many steps: the mean of ln |mu|, its error, and the state.

    There must be at least `exponents.BATCHES` steps.
    """
    w, b, epsilon, size = group.w, group.b, group.epsilon, group.x0.size
    if interpreted(exponents.iterate, size * steps, INTERPRETED_STEPS):
        states, mean, error = group.x0.tolist(), [math.nan] * size, [math.nan] * size
        exponents.iterate(
            w.tolist(), b.tolist(), epsilon.tolist(), states, steps, mean, error,
            [0.0] * exponents.ROOM,
        )  # fmt: skip
        return np.array(mean), np.array(error), np.array(states)

    x, means, errors = np.array(group.x0), np.empty(size), np.empty(size)
    kernel = compiled(exponents.iterate)

    def work(part: slice) -> None:
        kernel(
            *own(part, w, b, epsilon), x[part], steps, means[part], errors[part],
            aligned(exponents.ROOM),
        )  # fmt: skip

    in_chunks(work, size, max(min(CHUNK, STEPS_AT_ONCE // steps), LANES))
    return means, errors, x
