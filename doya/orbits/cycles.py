"""All cycles of the map with one period, none missing.

The cycles of period 1 are the equilibria.  A rising map has no other cycles.  A falling map, with
eps = 1 and w < 0, has only cycles of period 2 besides, since F**2 rises.  Any other map has two
critical points, and so three monotone branches: see `bimodal`.

A cycle of period n visits the three branches in some order.  This order is its itinerary: a cyclic
word of n letters.  So no cycle is missed if, for each word, all fixed points of F**n with this
itinerary are found.

- If the word does not repeat a shorter word, these fixed points have the period n.  There are at
  most three of them, and `laps` finds them.
- If the word repeats a shorter word u, they belong to the monotone map along u.  This map has fixed
  points, whose period is shorter than n, and, if it falls, 2-cycles.  So the word u u is searched
  too where the map along u falls.  Its lap has at most three fixed points: the fixed point of u
  and, if that repels, a 2-cycle around it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import check_single
from doya.checks import check_count
from doya.conversions.conversion import (
    Conversion,
    conversion_of,
    in_doya,
    require_no_input,
    states_of,
)
from doya.equilibria import equilibria, roots
from doya.errors import ArgumentError
from doya.kernels.numbers.logistic import logistic
from doya.neurons import Neuron, NeuronMap, nondecreasing
from doya.orbits.bimodal import MIDDLE, Bimodal, bimodal, multiplier
from doya.orbits.itineraries import Kneading, Lap, Start, Word
from doya.orbits.laps import (
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
from doya.results import Result
from doya.shifts import checked_input, without_input

LONGEST = 12


@dataclass(frozen=True, eq=False, repr=False)
class Cycle(Result):
    """Cycle of the map: a finite sequence of states that the map visits again and again.

    Attributes
    ----------
    x : ndarray, shape (period,)
        The states of the neuron with its input, in the order of visits, beginning with the
        smallest, dimensionless.
    multiplier : float
        Product of mu = 1 - eps + eps w sigma'(w x + b) over the states, dimensionless.  A small
        deviation of the state is multiplied by it each time round the cycle.  Infinite where its
        absolute value exceeds 1.8e308.
    stable : bool
        True if abs(multiplier) < 1: the cycle attracts.
    conversion : Conversion or None
        The neuron in the author's letters.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("conversion",)

    x: Floats
    multiplier: float
    stable: bool
    conversion: Conversion | None = None

    @property
    def state(self) -> Floats:
        """Return the author's states, in the order of x; x itself in Doya's parameters."""
        state: Floats = self.x if self.conversion is None else states_of(self.conversion, self.x)
        return state

    @property
    def period(self) -> int:
        """Return the number of states of the cycle."""
        return self.x.size


def cycles(neuron: Neuron | Conversion, period: int, u: float = 0.0) -> list[Cycle]:
    """List all cycles of the map of exactly this period, stable and unstable, each once.

    A cycle is a sequence of `period` different states.  The map
    x' = (1 - eps) x + eps sigma(w x + b) takes each state to the next, and the last state to the
    first.  The itinerary of a cycle records for each state whether z = w x + b is low, in the
    middle or high: there the map rises, falls, and rises again.  The orbits of the two critical
    points decide which itineraries are possible.  For each possible itinerary, the monotone piece
    of the iterated map is searched separately, so no cycle is missed.

    Parameters
    ----------
    neuron : NeuronMap or Conversion
        One neuron without input.  A constant input u adds w w' u to b and w' u to each state x.
    period : int
        Number of states, from 1 to 12.  Period 1 lists the equilibria.

    Returns
    -------
    list of Cycle
        In ascending order of their smallest states.

    Raises
    ------
    ArgumentError
        For a flow (it has no cycles in one dimension), an ensemble, a period outside 1 to 12, or an
        input with abs(b + w w' u) > 1e100.

    See Also
    --------
    cycle_bifurcations : Folds and flips of cycles along a parameter.
    orbit_diagram : Orbits of the map along a parameter.
    attractors : The attractors of each map of an ensemble.

    Notes
    -----
    With input_to="bias" the input adds w' u to b, and no state is shifted.

    Periods other than 1 exist only for w < -4 (1 - eps)/eps.  At eps = 1 only the periods 1 and 2
    exist.  At most two cycles are stable, counted over all periods.

    The error of states and multiplier is a few rounding units times their own condition number.
    The same holds for the parameters at which cycles appear and vanish.  So, close to a fold, the
    two cycles that meet there may be indistinguishable in doubles.  Then they are returned as one
    cycle, and its `stable` has no meaning.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    D. Singer, "Stable orbits and bifurcation of maps of the interval" (1978).  J. Milnor and
    W. Thurston, "On iterated maps of the interval" (1988).  H. Fredricksen and J. Maiorana,
    "Necklaces of beads in k colors and k-ary de Bruijn sequences" (1978).

    Examples
    --------
    In a window of period 3, all other cycles repel:

    >>> import doya
    >>> neuron = doya.NeuronMap(w=-60.0, b=10.0, epsilon=0.5)
    >>> for cycle in doya.cycles(neuron, period=3):
    ...     print(cycle.x.round(4), round(cycle.multiplier, 4), cycle.stable)
    [0.1306 0.5137 0.2568] -0.4182 True
    [0.1565 0.4024 0.2012] 7.8499 False
    >>> [len(doya.cycles(neuron, period)) for period in range(1, 13)]
    [1, 1, 2, 1, 2, 2, 4, 5, 8, 11, 18, 25]
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    if not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "neuron",
            f"must be a NeuronMap, got a {type(neuron).__name__}; the flow has no cycles: use"
            " `equilibria`",
        )
    check_single(neuron)
    check_count("period", period, 1, LONGEST)
    u = checked_input(u)
    require_no_input(conversion, u)
    alike, shift = without_input(neuron, u)
    found = _without_input(alike, period)
    if not shift and conversion is None:
        return found
    return [dataclasses.replace(each, x=each.x + shift, conversion=conversion) for each in found]


def _without_input(neuron: NeuronMap, period: int) -> list[Cycle]:
    """Return the cycles of the neuron without input."""
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
    """Return the 2-cycle of a falling map, if it exists; such a map has no longer cycles."""
    if multiplier(neuron.rest, neuron) >= -1.0:
        return []
    root = root_ahead((MIDDLE, MIDDLE), outermost, -1.0, neuron)
    return [orbit(root[0], 2, neuron)] if root else []


def on_lap(lap: Lap, neuron: Bimodal) -> Iterator[list[float]]:
    """Yield the cycles on a lap whose period is the length of its word, as values of z."""
    word, half = lap.word, lap.word[: len(lap.word) // 2]
    if word == 2 * half:
        if product(only_cycle(half, neuron), neuron) < -1.0:
            yield from (each.cycle for each in attracting(lap, neuron)[:1])
    elif not lap.short:
        yield only_cycle(word, neuron)
    elif not falls(word):
        yield from up_to_three(lap, neuron)


def only_cycle(word: Word, neuron: Bimodal) -> list[float]:
    """Return the cycle of the only fixed point on a lap."""
    cycle = root_back(word, *bracket(word, neuron), neuron)
    return settled(cycle, neuron) if abs(product(cycle, neuron)) < 1.0 else cycle


class Attracting(NamedTuple):
    """Attracting cycle at an outer root, listed from the step next to a critical point."""

    start: Start
    cycle: list[float]
    clear: bool


def attracting(lap: Lap, neuron: Bimodal) -> list[Attracting]:
    """Return the cycles at the outer roots of a rising lap."""
    found = []
    for start in lap.short:
        word = turned(lap.word, start.step)
        root = root_ahead(word, start.z, start.direction, neuron)
        if root:
            z, clear = root
            found.append(Attracting(start, orbit(z, len(word), neuron), clear))
    return found


def up_to_three(lap: Lap, neuron: Bimodal) -> Iterator[list[float]]:
    """Yield the cycles on a rising lap that falls short at one end or at both.

    If it falls short at one end, there is no cycle, or an attracting and a repelling one.  If it
    falls short at both ends, there is one attracting cycle, or there are three cycles.
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
    """Return the cycles without duplicates, and without cycles that repeat a shorter cycle.

    Duplicates arise because the itinerary of a cycle through a critical point is ambiguous.
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
    """Convert a cycle from z to x.

    x is the mean of sigma(z) over the past, with weights that shrink by 1 - eps per step.  All
    terms are positive, so no digits cancel.
    """
    x, whole = 0.0, 0.0
    for z in cycle:
        x, whole = neuron.keep * x + epsilon * logistic(z), neuron.keep * whole + epsilon
    states = [x / whole]
    for z in cycle[:-1]:
        states.append(neuron.keep * states[-1] + epsilon * logistic(z))
    mu = product(cycle, neuron)
    return Cycle(np.array(turned(states, states.index(min(states)))), mu, abs(mu) < 1.0)
