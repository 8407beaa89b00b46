"""The map's Lyapunov exponents, step by step."""

from __future__ import annotations

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery.running import Call, Room, run
from doya.kernels.map import lyapunov as lyapunov_kernels


def growth(group: Ensemble, steps: int) -> tuple[Floats, Floats, Floats]:
    """Return the mean of ln |mu| of the map without input over some steps, its error, and x.

    There must be at least `kernels.map.lyapunov.BATCHES` steps.
    """
    x, means, errors = np.array(group.x0), *np.empty((2, group.x0.size))

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            lyapunov_kernels.iterate, own.w, own.b, own.epsilon, x[part], steps, means[part],
            errors[part], Room(lyapunov_kernels.ROOM),
        )  # fmt: skip

    run(job, x.size, {lyapunov_kernels.iterate: x.size * steps})
    return means, errors, x
