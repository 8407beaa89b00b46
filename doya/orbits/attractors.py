"""Attractors of the map: cycles are computed exactly, other attractors are sampled."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.integrators import iteration
from doya.integrators import lyapunov as lyapunov_integrators
from doya.integrators.attractors import attracting_cycles
from doya.integrators.ensembles import Ensemble
from doya.kernels.equilibria import tangency
from doya.kernels.map.attractors import MOST_PERIOD
from doya.neurons import NeuronMap, nondecreasing
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


@dataclass(frozen=True, eq=False, repr=False)
class Attractors(Result):
    """Attractors of several orbits, one entry each.

    `x` holds consecutive states of each orbit, shape (orbits, states).  On a cycle, states and
    Lyapunov exponent are exact to rounding.  The period is 0 where no cycle of at most MOST_PERIOD
    states was found.  `sample`, shape (orbits, SAMPLE), distinguishes attractors: it holds states
    of the orbit, or one round of the cycle.
    """

    x: Floats
    period: Counts
    exponent: Floats
    error: Floats
    sample: Floats

    def at(self, which: slice) -> Attractors:
        """Return the entries of some of the orbits."""
        return Attractors(*(each[which] for each in vars(self).values()))

    def put(self, which: NDArray[np.bool_], some: Attractors) -> None:
        """Replace the entries of some of the orbits."""
        for name, values in vars(self).items():
            values[which] = getattr(some, name)

    def meet(self, other: Attractors) -> NDArray[np.bool_]:
        """Return whether each orbit is on the same attractor as the matching orbit of `other`."""
        lowest, others = (np.fmin.reduce(each.sample, axis=1) for each in (self, other))
        both = np.concatenate([self.sample, other.sample], axis=1)
        whose = np.argsort(both, axis=1, kind="stable") >= SAMPLE
        mixed = np.count_nonzero(np.diff(whose, axis=1), axis=1) >= MIXED * SAMPLE
        with np.errstate(divide="ignore", invalid="ignore"):
            near = SAME + KNOWN / np.abs(self.period * self.exponent)
        same = np.where(self.period > 0, np.abs(lowest - others) <= near, mixed)
        together: NDArray[np.bool_] = same & (self.period == other.period)
        return together


def critical_states(neuron: NeuronMap) -> Floats:
    """Return two states of [0, 1] from which all attractors of each map are reached.

    They are the critical points, where sigma'(z) = (1 - eps) / (eps abs(w)), or 0 and 1 where there
    are none.  A critical point outside [0, 1] is replaced by the nearer end.  The shape is
    (2, maps).
    """
    w, b, epsilon = (np.broadcast_to(getattr(neuron, n), neuron.shape) for n in NAMES)
    states = np.array([np.zeros(w.size), np.ones(w.size)])
    for i in np.flatnonzero(~nondecreasing(w, epsilon) & (epsilon < 1.0)):
        _, z, _ = tangency(float(w[i]), 1.0 - 1.0 / float(epsilon[i]))
        states[:, i] = np.clip((np.array([z, -z]) - b[i]) / w[i], 0.0, 1.0)
    return states


def attractors(group: Ensemble, steps: int, kept: int) -> Attractors:
    """Return the attractors of orbits after their transients.

    Lyapunov exponents are means over `steps` steps; `kept` is the number of states to return.
    """
    exponent, error, x = lyapunov_integrators.growth(group, steps)
    period, exact, doubt, cycle = attracting_cycles(dataclasses.replace(group, x0=x))
    cyclic = period > 0
    exponent[cyclic], error[cyclic] = exact[cyclic], doubt[cyclic]
    rests = nondecreasing(group.w, group.epsilon)
    period[rests], cycle[rests], cycle[rests, 0] = 1, math.nan, group.x0[rests]

    places = np.arange(kept) % np.maximum(period, 1)[:, np.newaxis]
    states = np.take_along_axis(cycle, places, axis=1)
    sample = np.full((x.size, SAMPLE), math.nan)
    sample[:, :MOST_PERIOD] = cycle
    wanders = period == 0
    if np.any(wanders):
        later = dataclasses.replace(group, x0=x).at(wanders, 0.0)
        states[wanders] = iteration.on_grid(later, np.arange(float(kept)))
        sample[wanders] = iteration.on_grid(later, APART * np.arange(float(SAMPLE)))
    return Attractors(states, period, exponent, error, sample)
