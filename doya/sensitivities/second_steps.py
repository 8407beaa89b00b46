"""The flow's second derivatives by its variational equations to second order, in steps of SciPy.

Beside x go ln G, G = dx/dx0, the derivatives of x with respect to b and w, those of ln G with
respect to x0, b and w, so that d2x/dx0dp = G dlnG/dp, and the second derivatives bb, bw and ww: the
numbers of a jet, see `kernels.flow.jets`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import LARGEST
from doya.inputs import value_of
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import spans
from doya.integrators.functions import by_scipy
from doya.kernels.flow import jets, steppers, variational
from doya.kernels.flow.jets import slopes
from doya.kernels.numbers.logistic import logistic
from doya.scaled import Scaled
from doya.sensitivities.both_orders import FLOW_PAIRS, Bent, Pair

# Tolerances of a step, relative and absolute, and the largest number of steps of a trajectory.
TOLERANCE, MOST_STEPS = 1e-12, 10**6
# x, and a jet.
PARTS = 1 + jets.PARTS


def rates(w: float, b: float, added: float, state: list[float]) -> list[float]:
    """Return d/dt of x and of its jet; dz/db is w dx/db + 1, and dz/dw is w dx/dw + x.

    `added` is the input outside sigma.
    """
    x, log_gain, by_b, by_w, _, _, _, bb, bw, ww = state
    slope, turn = slopes(w * x + b)
    change = w * slope - 1.0
    lean_b, lean_w = w * by_b + 1.0, w * by_w + x
    bent = w * turn
    return [
        logistic(w * x + b) - x + added,
        change,
        slope * lean_b - by_b,
        slope * lean_w - by_w,
        bent * w * math.exp(min(log_gain, 700.0)),
        bent * lean_b,
        bent * lean_w + slope,
        change * bb + turn * lean_b * lean_b,
        change * bw + turn * lean_b * lean_w + slope * by_b,
        change * ww + turn * lean_w * lean_w + 2.0 * slope * by_w,
    ]


def by_steps(
    group: Ensemble, end: Floats, u: Callable[[float], float] | None
) -> dict[Pair, Scaled]:
    """Return the second derivatives at a time of each trajectory's own; NaN where not reached.

    The input is that of the group, or a function u(t).
    """
    ends = np.broadcast_to(end, group.x0.shape)
    out = np.full((group.x0.size, PARTS), math.nan)
    for i in range(group.x0.size):
        state, status = _begin(group.x0[i]), steppers.DONE
        for p, begin, stop in spans(group.start):
            length = min(max(float(ends[i]) - begin, 0.0), stop - begin)
            if status == steppers.DONE:
                state, status = _advanced(group, i, u or _line(group, p, i), state, length)
        out[i] = state
    return _bent(out).second


def through(group: Ensemble, p: int, x0: Floats, local: Floats) -> tuple[Bent, Floats]:
    """Return the derivatives over a part of piece p, and x there; NaN where it was not reached.

    x0 holds the states at the start of the piece, `local` each trajectory's own time since then.
    """
    out = np.full((x0.size, PARTS), math.nan)
    for i in range(x0.size):
        length = float(local[i])
        out[i], _ = _advanced(group, i, _line(group, p, i), _begin(x0[i]), length)
    return _bent(out), np.ascontiguousarray(out[:, 0])


def _begin(x0: Any) -> list[float]:
    return [float(x0)] + [0.0] * jets.PARTS


def _advanced(
    group: Ensemble, i: int, u: Callable[[float], float], state: list[float], length: float
) -> tuple[list[float], int]:
    """Return the parts of trajectory i after a time, NaN where it was not reached, and a status."""
    if length == 0.0:
        return state, steppers.DONE
    times = np.array([length])
    found, status, _ = by_scipy(
        _rates_of(group, i, u), state, times, TOLERANCE, TOLERANCE, MOST_STEPS
    )
    return found[0].tolist(), status


def _bent(rows: Floats) -> Bent:
    """Return the derivatives from rows of x and a jet."""
    _, log_gain, by_b, by_w, of_x0, of_b, of_w, *second = np.ascontiguousarray(rows.T)
    none = np.zeros(len(rows))
    by = {"x0": Scaled(np.ones(len(rows)), log_gain)}
    by |= {"b": Scaled(by_b, none), "w": Scaled(by_w, none)}
    found = dict(zip((("b", "b"), ("b", "w"), ("w", "w")), second, strict=True))
    scaled = {pair: Scaled(row, none) for pair, row in found.items()}
    for name, row in (("x0", of_x0), ("b", of_b), ("w", of_w)):
        scaled["x0", name] = Scaled(row, log_gain)
    return Bent(by, {pair: scaled[pair] for pair in FLOW_PAIRS})


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
