"""The map's Lyapunov exponents, step by step."""

from __future__ import annotations

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.kernels import exponents
from doya.kernels.running import Call, Room, run


def growth(group: Ensemble, steps: int) -> tuple[Floats, Floats, Floats]:
    """Of the map without input, over so many steps: the mean of ln |mu|, its error, and the state.

    There must be at least `exponents.BATCHES` steps.
    """
    x, means, errors = np.array(group.x0), *np.empty((2, group.x0.size))

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            exponents.iterate, own.w, own.b, own.epsilon, x[part], steps, means[part],
            errors[part], Room(exponents.ROOM),
        )  # fmt: skip

    run(job, x.size, {exponents.iterate: x.size * steps})
    return means, errors, x
