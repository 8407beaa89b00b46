"""What orbits of the map come to: cycles, exactly, or else as they go on."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.integrators import exponents, iteration
from doya.integrators.attractors import attracting_cycles
from doya.integrators.ensembles import Ensemble
from doya.kernels.attractors import MOST_PERIOD
from doya.kernels.equilibria import tangency
from doya.neurons import NeuronMap, nondecreasing
from doya.results import Result

NAMES = ("w", "b", "epsilon")
# Lowest states of cycles that are the same; where one attracts but weakly, it is less well known,
# as this over |ln |multiplier||.
SAME, KNOWN = 1e-9, 1e-13
# To compare orbits without cycles, so many of their states, so many steps apart: intermittent chaos
# stays for long in one place.
SAMPLE, APART = 200, 97
# Of two orbits in the same bands, sorted together, neighbours are of different ones this often.
MIXED = 0.25


@dataclass(frozen=True, eq=False, repr=False)
class Attractors(Result):
    """What orbits, one an entry, come to: x is their states as they go on, shape (orbits, states).

    On a cycle states and exponent are exact to rounding; the period is 0 where there is none up to
    MOST_PERIOD.  `sample`, shape (orbits, SAMPLE), tells attractors apart: states of the orbit, or
    one round of the cycle.
    """

    x: Floats
    period: Counts
    exponent: Floats
    error: Floats
    sample: Floats

    def at(self, which: slice) -> Attractors:
        """Some of the orbits."""
        return Attractors(*(each[which] for each in vars(self).values()))

    def put(self, which: NDArray[np.bool_], some: Attractors) -> None:
        """What some of the orbits have come to instead."""
        for name, values in vars(self).items():
            values[which] = getattr(some, name)

    def meet(self, other: Attractors) -> NDArray[np.bool_]:
        """Whether each orbit has come to the same attractor as the other's."""
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
    """Two states of [0, 1] from which every attractor of each map is reached, shape (2, maps).

    They are the critical points, sigma'(z) = (1 - eps) / (eps abs(w)), or 0 and 1 where there are
    none.  For a critical point outside stands the end of [0, 1] beside it.
    """
    w, b, epsilon = (np.broadcast_to(getattr(neuron, n), neuron.shape) for n in NAMES)
    states = np.array([np.zeros(w.size), np.ones(w.size)])
    for i in np.flatnonzero(~nondecreasing(w, epsilon) & (epsilon < 1.0)):
        _, z, _ = tangency(float(w[i]), 1.0 - 1.0 / float(epsilon[i]))
        states[:, i] = np.clip((np.array([z, -z]) - b[i]) / w[i], 0.0, 1.0)
    return states


def attractors(group: Ensemble, steps: int, kept: int) -> Attractors:
    """Of orbits whose transients are over: so many steps for exponents, and so many states."""
    exponent, error, x = exponents.growth(group, steps)
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
