"""The flow's second derivatives by its variational equations to second order, in steps of SciPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from doya.arrays import Counts, Floats
from doya.checks import LARGEST
from doya.inputs import value_of
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import spans
from doya.integrators.functions import by_scipy
from doya.integrators.second_sensitivities import FLOW_PAIRS, Pair
from doya.kernels import steppers, variational
from doya.kernels.jets import slopes
from doya.kernels.logistic import logistic
from doya.scaled import Scaled

# x; the derivatives by x0, b and w; those of second order, as FLOW_PAIRS has them.
FIRST, SECOND = 1, 4
PARTS = SECOND + len(FLOW_PAIRS)
NUMBERS = {"x0": 0, "b": 1, "w": 2}


def rates(w: float, b: float, added: float, state: list[float]) -> list[float]:
    """Return d/dt of x and of its derivatives; dz/dp is w dx/dp + (0, 1, x).

    `added` is the input outside sigma.
    """
    x, first, second = state[0], state[FIRST:SECOND], state[SECOND:]
    slope, turn = slopes(w * x + b)
    lean = [w * first[0], w * first[1] + 1.0, w * first[2] + x]
    out = [logistic(w * x + b) - x + added]
    out += [slope * tilt - s for tilt, s in zip(lean, first, strict=True)]
    for (one, other), value in zip(FLOW_PAIRS, second, strict=True):
        p, q = NUMBERS[one], NUMBERS[other]
        bent = w * value + (first[q] if p == 2 else 0.0) + (first[p] if q == 2 else 0.0)
        out.append(turn * lean[p] * lean[q] + slope * bent - value)
    return out


def by_steps(
    group: Ensemble, end: Floats, u: Callable[[float], float] | None, tolerance: float, most: int
) -> tuple[dict[Pair, Scaled], Counts]:
    """Return the second derivatives at a time of each trajectory's own, and the steps' status.

    The input is that of the group, or a function u(t).
    """
    size = group.x0.size
    ends = np.broadcast_to(end, group.x0.shape)
    out, status = np.full((size, PARTS), math.nan), np.zeros(size, dtype=np.int64)
    for i in range(size):
        state = [float(group.x0[i]), 1.0] + [0.0] * (PARTS - 2)
        for p, begin, stop in spans(group.start):
            length = min(max(float(ends[i]) - begin, 0.0), stop - begin)
            if status[i] != steppers.DONE or length == 0.0:
                continue
            slope = _rates_of(group, i, u or _line(group, p, i))
            found, status[i], _ = by_scipy(
                slope, state, np.array([length]), tolerance, tolerance, most
            )
            state = found[0].tolist()
        out[i] = state
    rows = np.ascontiguousarray(out[:, SECOND:].T)
    return dict(zip(FLOW_PAIRS, [Scaled(row, np.zeros(size)) for row in rows], strict=True)), status


def _line(group: Ensemble, p: int, i: int) -> Callable[[float], float]:
    """Return the input of a trajectory over the time since its piece has begun."""
    level = float(group.u[p][i if group.u.shape[1] > 1 else 0])
    rise = float(group.rise[p]) if group.rises(p) else 0.0
    return lambda t: level + rise * t


def _rates_of(group: Ensemble, i: int, u: Callable[[float], float]) -> Callable[[float, Any], Any]:
    """Return the function of the time and the state that SciPy integrates."""
    w, b, gain = (float(row[i]) for row in (group.w, group.b, group.gain))

    def found(t: float, state: Any) -> Any:
        added = gain * value_of(u, float(t))
        if not abs(added) <= LARGEST or not max(map(abs, state)) < variational.LARGEST:
            raise FloatingPointError
        bias, added = (b + added, 0.0) if group.inside else (b, added)
        return rates(w, bias, added, state.tolist())

    return found
