"""All cycles of the map of one period, none lost.

Those of period 1 are the equilibria.  A rising map has no others, and a falling one, eps = 1 and
w < 0, only of period 2, as F**2 rises.  Any other map has two critical points: `kernels.bimodal`.
A cycle of period n visits the three branches in some order, its itinerary, a cyclic word of n
letters; so none is lost if for each word all fixed points of F**n with that itinerary are found.
Where the word does not repeat a shorter one they have period n; there are at most three, and
`kernels.laps` finds them.  Where it repeats u, they belong to the monotone map along u, which has
fixed points, of a shorter period, and if it falls 2-cycles.  So u u is looked at too, for falling
u: at most three fixed points are on its lap, that of u and, if it repels, a 2-cycle around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import check_single
from doya.checks import check_count
from doya.equilibria import equilibria, roots
from doya.errors import ArgumentError
from doya.kernels.bimodal import MIDDLE, Bimodal, bimodal, multiplier
from doya.kernels.laps import (
    bracket,
    falls,
    is_same,
    orbit,
    product,
    root_ahead,
    root_back,
    settled,
    turned,
)
from doya.kernels.logistic import logistic
from doya.neurons import Neuron, NeuronMap, nondecreasing
from doya.orbits.itineraries import Kneading, Lap, Start, Word
from doya.results import Result

LONGEST = 12


@dataclass(frozen=True, eq=False, repr=False)
class Cycle(Result):
    """States that the map visits in turn, for ever.

    Attributes
    ----------
    x : ndarray, shape (period,)
        The states in the order visited, beginning with the smallest, dimensionless.
    multiplier : float
        Product of mu = 1 - eps + eps w sigma'(w x + b) over the states: the factor by which a small
        deviation grows each time round.  Infinite where its size exceeds 1.8e308.
    stable : bool
        abs(multiplier) < 1.
    """

    x: Floats
    multiplier: float
    stable: bool

    @property
    def period(self) -> int:
        """The number of states."""
        return self.x.size


def cycles(neuron: Neuron, period: int) -> list[Cycle]:
    """Every cycle of the map of exactly this period: stable and unstable, each once, none missing.

    A cycle is a sequence of `period` different states, each of which the map
    x' = (1 - eps) x + eps sigma(w x + b) takes to the next, and the last to the first.  Its
    itinerary tells whether z = w x + b is low, in the middle or high, where the map rises, falls
    and rises.  For each itinerary that the orbits of the two critical points admit, each monotone
    piece of the map's iterate is searched on its own.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron, without input; a constant u adds w w' u to b and w' u to every x.
    period : int
        From 1 to 12; 1 is for the equilibria.

    Returns
    -------
    list of Cycle
        In the order of their smallest states.

    Raises
    ------
    ValueError
        For a flow, which has no cycles in one dimension, an ensemble, or another period.

    Notes
    -----
    Only w < -4 (1 - eps)/eps has periods other than 1, and eps = 1 only 1 and 2.  At most two
    cycles of all periods are stable.

    States and multiplier are found to a few rounding units times their own condition number.  So
    are the parameters at which cycles come and go: beside a fold of cycles the two that meet there
    are given as one where they cannot be told apart, which `stable` then means nothing for.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    D. Singer, "Stable orbits and bifurcation of maps of the interval" (1978).  J. Milnor and
    W. Thurston, "On iterated maps of the interval" (1988).  H. Fredricksen and J. Maiorana,
    "Necklaces of beads in k colors and k-ary de Bruijn sequences" (1978).

    Examples
    --------
    In a window of period 3, where all other cycles repel:

    >>> import doya
    >>> neuron = doya.NeuronMap(w=-60.0, b=10.0, epsilon=0.5)
    >>> for cycle in doya.cycles(neuron, period=3):
    ...     print(cycle.x.round(4), round(cycle.multiplier, 4), cycle.stable)
    [0.1306 0.5137 0.2568] -0.4182 True
    [0.1565 0.4024 0.2012] 7.8499 False
    >>> [len(doya.cycles(neuron, period)) for period in range(1, 13)]
    [1, 1, 2, 1, 2, 2, 4, 5, 8, 11, 18, 25]
    """
    if not isinstance(neuron, NeuronMap):
        raise ArgumentError("neuron", f"must be a NeuronMap, got a {type(neuron).__name__}")
    check_single(neuron)
    check_count("period", period, 1, LONGEST)
    if period == 1:
        rest = equilibria(neuron)
        states = zip(rest.x, rest.eigenvalue, rest.stable, strict=True)
        return [Cycle(np.array([x]), float(mu), bool(stable)) for x, mu, stable in states]
    w, b, epsilon = float(neuron.w), float(neuron.b), float(neuron.epsilon)
    if nondecreasing(w, epsilon):
        return []
    folded = bimodal(w, epsilon, roots(w, b)[0][0])
    if epsilon == 1.0:
        found = of_falling(folded, b) if period == 2 else []
    else:
        found = [cycle for lap in Kneading(folded, period).laps() for cycle in on_lap(lap, folded)]
    answer = [in_x(cycle, epsilon, folded) for cycle in distinct(found, folded)]
    return sorted(answer, key=lambda cycle: tuple(cycle.x))


def of_falling(neuron: Bimodal, outermost: float) -> list[list[float]]:
    """The 2-cycle of a map that falls, if there is one, which is all it can have."""
    if multiplier(neuron.rest, neuron) >= -1.0:
        return []
    root = root_ahead((MIDDLE, MIDDLE), outermost, -1.0, neuron)
    return [orbit(root[0], 2, neuron)] if root else []


def on_lap(lap: Lap, neuron: Bimodal) -> Iterator[list[float]]:
    """The cycles on a lap, as long as its word, in terms of z."""
    word, half = lap.word, lap.word[: len(lap.word) // 2]
    if word == 2 * half:
        if product(only_cycle(half, neuron), neuron) < -1.0:
            yield from (each.cycle for each in attracting(lap, neuron)[:1])
    elif not lap.short:
        yield only_cycle(word, neuron)
    elif not falls(word):
        yield from up_to_three(lap, neuron)


def only_cycle(word: Word, neuron: Bimodal) -> list[float]:
    """That of the one fixed point on a lap."""
    cycle = root_back(word, *bracket(word, neuron), neuron)
    return settled(cycle, neuron) if abs(product(cycle, neuron)) < 1.0 else cycle


class Attracting(NamedTuple):
    """A cycle at an outer root, from the step on in which it is next to a critical point."""

    start: Start
    cycle: list[float]
    clear: bool


def attracting(lap: Lap, neuron: Bimodal) -> list[Attracting]:
    """The cycles at the outer roots of a rising lap."""
    found = []
    for start in lap.short:
        word = turned(lap.word, start.step)
        root = root_ahead(word, start.z, start.direction, neuron)
        if root:
            z, clear = root
            found.append(Attracting(start, orbit(z, len(word), neuron), clear))
    return found


def up_to_three(lap: Lap, neuron: Bimodal) -> Iterator[list[float]]:
    """The cycles on a rising lap that falls short at an end, or both.

    At one: none, or an attracting and a repelling one.  At both: one that attracts, or three.
    """
    outer = attracting(lap, neuron)
    if not outer:
        return
    (step, _, direction), cycle, clear = outer[0]
    yield cycle
    word = turned(lap.word, step)
    if len(outer) == 2:
        far = turned(outer[1].cycle, (step - outer[1].start.step) % len(word))[0]
    elif len(lap.short) == 1 and clear:
        far = bracket(word, neuron)[1 if direction > 0.0 else 0]
    else:
        return
    inner = root_back(word, min(cycle[0], far), max(cycle[0], far), neuron)
    if product(inner, neuron) > 1.0:
        yield inner
        yield from (each.cycle for each in outer[1:])


def distinct(found: Sequence[list[float]], neuron: Bimodal) -> list[list[float]]:
    """The cycles without repetitions, of themselves or of each other.

    The itinerary of a cycle through a critical point is ambiguous.
    """
    kept: list[list[float]] = []
    for each in found:
        cycle = turned(each, each.index(max(each)))
        if abs(product(cycle, neuron)) < 0.5:
            others = [*kept, *(turned(cycle, k) for k in range(1, len(cycle)))]
            if any(is_same(cycle, other, neuron) for other in others):
                continue
        kept.append(cycle)
    return kept


def in_x(cycle: Sequence[float], epsilon: float, neuron: Bimodal) -> Cycle:
    """x is the mean of sigma(z) over the past, fading by 1 - eps a step: nothing cancels."""
    x, whole = 0.0, 0.0
    for z in cycle:
        x, whole = neuron.keep * x + epsilon * logistic(z), neuron.keep * whole + epsilon
    states = [x / whole]
    for z in cycle[:-1]:
        states.append(neuron.keep * states[-1] + epsilon * logistic(z))
    mu = product(cycle, neuron)
    return Cycle(np.array(turned(states, states.index(min(states)))), mu, abs(mu) < 1.0)
