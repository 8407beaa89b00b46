"""Where orbits of the map have settled, or have been led along a parameter."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import interpreted, own
from doya.kernels import attractors
from doya.kernels.attractors import MOST_PERIOD
from doya.kernels.compilation import compiled
from doya.kernels.parallel import in_chunks

# Orbits in which the interpreter finds cycles, and steps it takes, before numba would have started.
INTERPRETED_ORBITS, INTERPRETED_STEPS = 20, 100_000


def attracting_cycles(
    w: Floats, b: Floats, epsilon: Floats, x: Floats
) -> tuple[Counts, Floats, Floats, Floats]:
    """Of the attracting cycle that each orbit has joined: period, exponent, doubt, states.

    The period is 0 where there is none up to MOST_PERIOD; the rest of (orbits, MOST_PERIOD) states
    is NaN.
    """
    room = 2 * MOST_PERIOD + 1
    if interpreted(attractors.tell, x.size, INTERPRETED_ORBITS):
        periods, exponents, doubts = [0] * x.size, [math.nan] * x.size, [math.nan] * x.size
        rows = [[math.nan] * MOST_PERIOD for _ in range(x.size)]
        attractors.tell(
            w.tolist(), b.tolist(), epsilon.tolist(), x.tolist(),
            periods, exponents, doubts, rows, [0.0] * room,
        )  # fmt: skip
        states = np.array(rows).reshape(x.size, MOST_PERIOD)
        return np.array(periods), np.array(exponents), np.array(doubts), states

    kernel = compiled(attractors.tell)
    period = np.zeros(x.size, dtype=np.int64)
    exponent, doubt = np.full(x.size, math.nan), np.full(x.size, math.nan)
    cycle = np.full((x.size, MOST_PERIOD), math.nan)

    def work(part: slice) -> None:
        told = period[part], exponent[part], doubt[part], cycle[part]
        kernel(*own(part, w, b, epsilon, x), *told, np.empty(room))

    in_chunks(work, x.size)
    return period, exponent, doubt, cycle


def led_along(w: Floats, b: Floats, epsilon: Floats, steps: int, x0: float, kick: float) -> Floats:
    """The states after so many steps at each neuron, from where the one before has come."""
    if interpreted(attractors.follow, steps * w.size, INTERPRETED_STEPS):
        states = [0.0] * w.size
        parameters = w.tolist(), b.tolist(), epsilon.tolist()
        attractors.follow(*parameters, steps, x0, kick, states)
        return np.array(states)
    x = np.empty(w.size)
    compiled(attractors.follow)(*own(slice(None), w, b, epsilon), steps, x0, kick, x)
    return x
