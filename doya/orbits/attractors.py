"""Attractors of the map: cycles are computed exactly, other attractors are sampled."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.integrators import iteration
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery.running import Call, Room, run
from doya.kernels.map import attractors as attractor_kernels
from doya.kernels.map.attractors import MOST_PERIOD
from doya.neurons import NeuronMap, nondecreasing
from doya.orbits.lyapunov import growth
from doya.results import Result

NAMES = ("w", "b", "epsilon")
# Two cycles are the same if their lowest states differ by no more than this.
SAME = 1e-9
# Further difference allowed to a cycle that attracts weakly, times |ln |multiplier||.
KNOWN = 1e-13
# Number of states that are compared, for orbits without a cycle.
SAMPLE = 200
# Steps between these states: intermittent chaos stays in one place for a long time.
APART = 97
# Two orbits share their bands if at least this part of the neighbours, after sorting the states of
# both together, come from different orbits.
MIXED = 0.25
# Maps whose orbits are compared together, so that these states take few megabytes.
TOGETHER = 1024


@dataclass(frozen=True, eq=False, repr=False)
class Attractors(Result):
    """Attractors of several orbits, one entry each.

    `x` holds consecutive states of each orbit, shape (orbits, states).  On a cycle, states and
    Lyapunov exponent are exact to rounding.  The period is 0 where no cycle of at most MOST_PERIOD
    states was found.  `lowest` is the lowest state of a cycle, by which cycles are distinguished;
    it is NaN without a cycle.
    """

    x: Floats
    period: Counts
    exponent: Floats
    error: Floats
    lowest: Floats

    def put(self, which: NDArray[np.bool_], some: Attractors) -> None:
        """Replace the entries of some of the orbits."""
        for name, values in vars(self).items():
            values[which] = getattr(some, name)


def new_of(found: Attractors, group: Ensemble, rows: int) -> NDArray[np.bool_]:
    """Return where each row of orbits is on an attractor that no row above it reached.

    `group` has the orbits' maps, row after row.
    """
    period = found.period.reshape(rows, -1)
    new = np.full(period.shape, True)
    for first in range(0, period.shape[1], TOGETHER):
        some = np.arange(first, min(first + TOGETHER, period.shape[1]))
        states = _Wandering(found, group, period, some)
        for k in range(rows):
            for above in range(k):
                new[k, some] &= ~_meet(found, period, some, (k, above), states)
    return new


class _Wandering:
    """States of the orbits without a cycle where there are several, ascending, for some maps."""

    def __init__(
        self, found: Attractors, group: Ensemble, period: Counts, some: NDArray[np.int64]
    ) -> None:
        wanders = period[:, some] == 0
        self.where = wanders & (np.count_nonzero(wanders, axis=0) > 1)
        row, column = np.nonzero(self.where)
        orbits = row * period.shape[1] + some[column]
        later = dataclasses.replace(group.at(orbits, 0.0), x0=found.x[orbits, 0])
        self.states = np.zeros((0, SAMPLE))
        if orbits.size:
            self.states = iteration.on_grid(later, APART * np.arange(float(SAMPLE)))
        self.states.sort(axis=1)
        self.place = np.cumsum(self.where).reshape(self.where.shape) - 1

    def are_mixed(self, one: int, other: int) -> NDArray[np.bool_]:
        """Return whether the orbits of two rows share their bands; False where one has a cycle."""
        both = self.where[one] & self.where[other]
        mixed = np.zeros(both.size, dtype=bool)
        pairs = (self.states[self.place[row, both]] for row in (one, other))
        mixed[both] = alternations(*pairs) >= MIXED * SAMPLE
        return mixed


def _meet(
    found: Attractors, period: Counts, some: NDArray[np.int64], pair: tuple[int, int],
    states: _Wandering,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return whether the orbits of two rows are on the same attractor, for some of the maps."""
    one, other = (row * period.shape[1] + some for row in pair)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = SAME + KNOWN / np.abs(found.period[one] * found.exponent[one])
    close = np.abs(found.lowest[one] - found.lowest[other]) <= near
    same = np.where(found.period[one] > 0, close, states.are_mixed(*pair))
    together: NDArray[np.bool_] = same & (found.period[one] == found.period[other])
    return together


def alternations(one: Floats, other: Floats) -> Counts:
    """Return how often two rows of states alternate when they are sorted together.

    Each row, along the last axis, is ascending.
    """
    changes = np.zeros(len(one), dtype=np.int64)

    def job(part: slice, call: Call) -> None:
        call(attractor_kernels.alternate, np.array(one[part]), np.array(other[part]), changes[part])

    run(job, changes.size, {attractor_kernels.alternate: changes.size})
    return changes


def critical_states(neuron: NeuronMap) -> Floats:
    """Return two states of [0, 1] from which all attractors of each map are reached.

    They are the critical points, where sigma'(z) = (1 - eps) / (eps abs(w)), or 0 and 1 where there
    are none.  A critical point outside [0, 1] is replaced by the nearer end.  The shape is
    (2, maps).
    """
    w, b, epsilon = (np.broadcast_to(getattr(neuron, name), neuron.shape).ravel() for name in NAMES)
    states = np.array([np.zeros(w.size), np.ones(w.size)])
    bends = ~nondecreasing(w, epsilon) & (epsilon < 1.0)
    z = turning_points(w[bends], 1.0 - 1.0 / epsilon[bends])
    states[:, bends] = np.clip((np.array([z, -z]) - b[bends]) / w[bends], 0.0, 1.0)
    return states


def turning_points(w: Floats, kappa: Floats) -> Floats:
    """Return the positive z where w sigma'(z) = kappa, for each of several neurons."""
    z = np.empty(w.size)

    def job(part: slice, call: Call) -> None:
        call(attractor_kernels.turning, np.array(w[part]), np.array(kappa[part]), z[part])

    run(job, w.size, {attractor_kernels.turning: w.size})
    return z


def attractors(group: Ensemble, steps: int, kept: int) -> Attractors:
    """Return the attractors of orbits after their transients.

    Lyapunov exponents are means over `steps` steps; `kept` is the number of states to return.
    """
    exponent, error, x = growth(group, steps)
    period, exact, doubt, cycle = attracting_cycles(dataclasses.replace(group, x0=x))
    cyclic = period > 0
    exponent[cyclic], error[cyclic] = exact[cyclic], doubt[cyclic]
    rests = nondecreasing(group.w, group.epsilon)
    period[rests], cycle[rests], cycle[rests, 0] = 1, math.nan, group.x0[rests]

    places = np.arange(kept) % np.maximum(period, 1)[:, np.newaxis]
    states = np.take_along_axis(cycle, places, axis=1)
    lowest = np.fmin.reduce(cycle, axis=1)
    wanders = period == 0
    if np.any(wanders):
        later = dataclasses.replace(group, x0=x).at(wanders, 0.0)
        states[wanders] = iteration.on_grid(later, np.arange(float(kept)))
    return Attractors(states, period, exponent, error, lowest)


def attracting_cycles(group: Ensemble) -> tuple[Counts, Floats, Floats, Floats]:
    """Return period, exponent, its error and states of the attracting cycle each orbit is on.

    The period is 0 where there is none up to MOST_PERIOD.  The states have the shape
    (orbits, MOST_PERIOD), NaN after the last one.
    """
    size = group.x0.size
    period = np.zeros(size, dtype=np.int64)
    exponent, doubt = np.full((2, size), math.nan)
    cycle = np.full((size, MOST_PERIOD), math.nan)

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            attractor_kernels.find, own.w, own.b, own.epsilon, own.x0, period[part], exponent[part],
            doubt[part], cycle[part], Room(2 * MOST_PERIOD + 1),
        )  # fmt: skip

    run(job, size, {attractor_kernels.find: size})
    return period, exponent, doubt, cycle
