"""Where orbits of the map have settled, or have been led along a parameter."""

from __future__ import annotations

import math

import numpy as np

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery.running import Call, Room, run, run_once
from doya.kernels.map import attractors
from doya.kernels.map.attractors import MOST_PERIOD


def attracting_cycles(group: Ensemble) -> tuple[Counts, Floats, Floats, Floats]:
    """Of the attracting cycle that each orbit has joined: period, exponent, doubt, states.

    The period is 0 where there is none up to MOST_PERIOD; the rest of (orbits, MOST_PERIOD) states
    is NaN.
    """
    size = group.x0.size
    period = np.zeros(size, dtype=np.int64)
    exponent, doubt = np.full((2, size), math.nan)
    cycle = np.full((size, MOST_PERIOD), math.nan)

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            attractors.find, own.w, own.b, own.epsilon, own.x0, period[part], exponent[part],
            doubt[part], cycle[part], Room(2 * MOST_PERIOD + 1),
        )  # fmt: skip

    run(job, size, {attractors.find: size})
    return period, exponent, doubt, cycle


def turning_points(w: Floats, kappa: Floats) -> Floats:
    """Return the positive z where w sigma'(z) = kappa, for each of several neurons."""
    z = np.empty(w.size)

    def job(part: slice, call: Call) -> None:
        call(attractors.turning, np.array(w[part]), np.array(kappa[part]), z[part])

    run(job, w.size, {attractors.turning: w.size})
    return z


def alternations(one: Floats, other: Floats) -> Counts:
    """Return how often two rows of states alternate when they are sorted together.

    Each row, along the last axis, is ascending.
    """
    changes = np.zeros(len(one), dtype=np.int64)

    def job(part: slice, call: Call) -> None:
        call(attractors.alternate, np.array(one[part]), np.array(other[part]), changes[part])

    run(job, changes.size, {attractors.alternate: changes.size})
    return changes


def led_along(w: Floats, b: Floats, epsilon: Floats, steps: int, x0: float, kick: float) -> Floats:
    """The states after so many steps at each neuron, from where the one before has come."""
    x = np.empty(w.size)
    rows = map(np.array, (w, b, epsilon))
    run_once(attractors.follow, steps * w.size, *rows, steps, x0, kick, x)
    return x
