"""The flow through the rise of a ramp, by the variational equation in steps of order 8."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.kernels.flow import steppers, variational
from doya.kernels.machinery.running import Call, Room

# Tolerance of a step, relative and absolute.
FINE = 1e-14
# Largest number of steps of one trajectory through a rise.
MOST_STEPS = 10**6
# Length of a rise in which T lies, for an estimate of the work.
USUAL = 10.0


def work_of(group: Ensemble, cells: float) -> float:
    """Return the work of some trajectories through all rises, in rates of the right-hand side.

    Stability limits a step to about 6 of the fastest relaxation's times.
    """
    if not group.rise.any():
        return 0.0
    lengths = np.diff(group.start, append=group.start[-1] + USUAL)[group.rise != 0.0]
    steepest = 1.0 + 0.25 * float(np.abs(group.w).max(initial=0.0))
    return 12.0 * cells * float(np.sum(20.0 + lengths * steepest))


def through(group: Ensemble, p: int, x0: Floats, local: Floats, parts: int, call: Call) -> Floats:
    """Return the state, and its derivatives, at times since the start of piece p, from x0 there.

    The parts are those of `kernels.flow.variational`; NaN where the time was not reached.
    """
    return _advanced(group, p, _first(x0, parts), 0.0, local, call)


def on_grid(group: Ensemble, p: int, x0: Floats, local: Floats, call: Call) -> Floats:
    """Return x at times since the start of piece p, ascending and the same for all."""
    states, now = _first(x0, 1), 0.0
    out = np.full((x0.size, local.size), math.nan)
    for k, time in enumerate(local[local < math.inf].tolist()):  # the last piece never stops
        states = _advanced(group, p, states, now, np.full(x0.size, time - now), call)
        out[:, k], now = states[:, 0], time
    return out


def _first(x0: Floats, parts: int) -> Floats:
    states = np.zeros((x0.size, parts))
    states[:, 0] = x0
    return states


def _advanced(
    group: Ensemble, p: int, states: Floats, begin: float, local: Floats, call: Call
) -> Floats:
    """Return the parts after each trajectory's own time, from `begin` in the piece on."""
    rise = group.rise[p : p + 1]
    states, status = np.array(states), np.zeros(len(states), dtype=np.int64)
    call(
        variational.advance, group.w, group.b, group.gain, group.u[p : p + 1] + rise * begin,
        np.array(rise), group.inside, np.array(local[np.newaxis]), FINE, FINE, MOST_STEPS, states,
        status, np.array(steppers.coefficients()), Room(variational.ROWS, states.shape[1]),
    )  # fmt: skip
    states[status != steppers.DONE] = math.nan
    return states
