"""The flow under an input that is any function of time, by SciPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from doya.arrays import Counts, Floats
from doya.checks import LARGEST
from doya.inputs import value_of
from doya.integrators.ensembles import Ensemble
from doya.kernels.flow import steppers, variational
from doya.kernels.numbers.logistic import logistic

# SciPy's steppers may not see an input that is shorter than their steps.
LONGEST_STEP = 0.25
LEAST_RTOL = 3e-14


def under_function(
    group: Ensemble,
    times: Floats,
    u: Callable[[float], float],
    rtol: float,
    atol: float,
    max_steps: int,
    *,
    parts: int = 1,
) -> tuple[Floats, Counts, Counts]:
    """The state at ascending times, shape (trajectories, times, parts); status and nfev.

    One part is x; variational.PARTS are x, ln of its derivative by x0, and those by b and w; one
    more is that by the input's weight.
    """
    out = np.full((group.x0.size, times.size, parts), math.nan)
    status, nfev = np.zeros(group.x0.size, dtype=np.int64), np.zeros(group.x0.size, dtype=np.int64)
    for i in range(group.x0.size):
        w, b, gain, x0 = (float(row[i]) for row in (group.w, group.b, group.gain, group.x0))

        def rates(t: float, state: Any, w: float = w, b: float = b, gain: float = gain) -> Any:
            given = value_of(u, float(t))
            added = gain * given
            if not abs(added) <= LARGEST:
                raise FloatingPointError
            if parts == 1:
                x = float(state[0])
                bias, added = (b + added, 0.0) if group.inside else (b, added)
                return [logistic(w * x + bias) - x + added]
            if not max(map(abs, state)) < variational.LARGEST:
                raise FloatingPointError
            rows = [0.0] * parts
            variational.rates(w, b, gain, given, group.inside, state.tolist(), rows)
            return rows

        start = [x0] + [0.0] * (parts - 1)
        out[i], status[i], nfev[i] = by_scipy(rates, start, times, rtol, atol, max_steps)
    return out, status, nfev


def by_scipy(
    rates: Callable[[float, Any], Any],
    start: list[float],
    times: Floats,
    rtol: float,
    atol: float,
    max_steps: int,
) -> tuple[Floats, int, int]:
    """Return the states at ascending times, shape (times, parts), the status and nfev."""
    from scipy.integrate import DOP853  # takes half a second

    out = np.full((times.size, len(start)), math.nan)
    out[times == 0.0] = start
    stop = float(times.max(initial=0.0))
    try:
        solver = DOP853(
            rates, 0.0, start, stop, max_step=LONGEST_STEP, rtol=max(rtol, LEAST_RTOL), atol=atol
        )
        for _ in range(max_steps):
            solver.step()
            passed = (solver.t_old < times) & (times <= solver.t)
            if passed.any():
                out[passed] = solver.dense_output()(times[passed]).T
            if solver.status != "running":
                break
    except FloatingPointError:
        return out, steppers.NOT_FINITE, 0
    return out, steppers.DONE if solver.status == "finished" else steppers.GAVE_UP, solver.nfev
