"""Where cycles of the map are born and double: their folds and flips along one parameter.

In one dimension a fold of cycles makes one that attracts, and a flip takes its attraction from one:
every such point is an end of a range over which a cycle attracts.  So the attracting cycles of an
orbit diagram are followed both ways to their ends, and past each flip the cycle of twice, or half,
the period.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import bifurcation_points
from doya.checks import check_count
from doya.kernels.attractors import MOST_PERIOD
from doya.kernels.exponents import BATCHES
from doya.neurons import NeuronMap
from doya.orbits.diagrams import OrbitDiagram, orbit_diagram
from doya.orbits.families import LOST, Family, Place, beyond, followed
from doya.results import Result

# States, and values of the parameter, that are the same.
SAME = 1e-7
# A multiplier that changes no faster, relative to the parameter, touches -1 and turns back.
TOUCHES = 1e-6
# States of cycles that differ though their parameters do not, as mirror images do.
APART = 1e-4


@dataclass(frozen=True, eq=False, repr=False)
class CycleBifurcation(Result):
    """A cycle of the map that is born, or doubles, as a parameter changes.

    Attributes
    ----------
    kind : {"LP", "PD", "CP", "MX"}
        LP, fold: an attracting and a repelling cycle meet and vanish; multiplier 1.  PD, flip: one
        of twice the period is born; multiplier -1.  CP, cusp, of equilibria: two folds meet.
        MX: from here on a cycle could not be followed to the end of its attraction, as where that
        takes less of the parameter than its rounding tells.
    parameter : {"b", "w", "epsilon"}
        The parameter that changes.
    value : float
        Its value there.
    period : int
        Of the cycle, before it doubles.
    x : ndarray, shape (period,)
        Its states, in the order in which they are visited, beginning with the least.
    w, b, epsilon : float
        The neuron there.
    """

    kind: str
    parameter: str
    value: float
    period: int
    x: Floats
    w: float
    b: float
    epsilon: float


def cycle_bifurcations(
    neuron: NeuronMap,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 400,
    longest: int = MOST_PERIOD,
) -> list[CycleBifurcation]:
    """Folds and flips of cycles of the map along one parameter, and whole cascades of doublings.

    A cycle of n states is a root of F^n(x) = x; it folds where its multiplier (F^n)'(x) is 1 and
    flips where it is -1, and both equations are solved together, to rounding.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron; its own value of the swept parameter does not matter, and there is no input.
    over : {"b", "w", "epsilon"}, default "b"
        The parameter that changes.
    between : pair of float, optional
        Its range; by default all folds and flips of equilibria with a margin.
    points : int, default 400
        Values in the range at which attractors are looked for, at least 2.
    longest : int, default 64
        Longest period of a cycle that is told, from 1 to 64.

    Returns
    -------
    list of CycleBifurcation
        By ascending value; those of period 1 are those of `bifurcation_points`.

    Raises
    ------
    ValueError
        For an ensemble, a flow, or an argument outside its range.

    Notes
    -----
    Every such point is an end of a range in which a cycle attracts.  Found are the ends of every
    range that holds one of the `points` values, and of those that follow by doubling or halving
    the period; of narrower ones chaos has no end.

    References
    ----------
    F. Pasemann, "Dynamics of a single model neuron" (1993).  M. J. Feigenbaum, "Quantitative
    universality for a class of nonlinear transformations" (1978).

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronMap(b=10.0, epsilon=0.5)
    >>> for point in doya.cycle_bifurcations(neuron, "w", (-37.4, -10.0), longest=8):
    ...     print(f"{point.kind} of period {point.period} at w = {point.value:.12f}")
    PD of period 8 at w = -37.373050918909
    PD of period 4 at w = -36.866894514280
    PD of period 2 at w = -32.114853861473
    PD of period 1 at w = -13.700644270137
    """
    check_count("longest", longest, 1, MOST_PERIOD)
    diagram = orbit_diagram(neuron, over, between, points=points, steps=BATCHES)
    found = Search(diagram, longest).run()
    return sorted(filter(_needed(found), found), key=lambda each: (each.value, each.period))


def _needed(found: list[CycleBifurcation]) -> Callable[[CycleBifurcation], bool]:
    """All but where a family was lost because it ends there, or begins in a flip."""
    ends = [(each.value, each.period) for each in found if each.kind != LOST]

    def needed(point: CycleBifurcation) -> bool:
        near = SAME * max(1.0, abs(point.value))
        return point.kind != LOST or not any(
            abs(value - point.value) <= near and point.period in (period, 2 * period)
            for value, period in ends
        )

    return needed


class Search:
    """The ends of every range of attraction that holds one of the diagram's values."""

    def __init__(self, diagram: OrbitDiagram, longest: int) -> None:
        self.diagram, self.longest = diagram, longest
        self.found: list[CycleBifurcation] = []
        # Those that no family has passed.
        self.open = (diagram.period > 1) & (diagram.period <= longest)

    def run(self) -> list[CycleBifurcation]:
        diagram = self.diagram
        rest = Family(diagram.neuron, diagram.over, 1)
        for point in bifurcation_points(diagram.neuron, diagram.over, diagram.between):
            self._tell(point.kind, rest, point.x, point.value)
            flip = rest.where(-1.0, point.x, point.value) if point.kind == "PD" else None
            if flip and abs(flip.drift) * max(1.0, abs(flip.value)) > TOUCHES:
                self._go_on(rest, flip, 2)
        while np.any(self.open):
            row, k = (int(each[0]) for each in np.nonzero(self.open))
            self.open[row, k] = False
            family = rest.of_period(int(diagram.period[row, k]))
            place = family.corrected(float(diagram.x[row, k, 0]), float(diagram.value[k]))
            if place and abs(place.multiplier) <= 1.0:
                self._follow(family, place, 1)
                self._follow(family, place, -1)
            else:
                self._tell(LOST, family, float(diagram.x[row, k, 0]), float(diagram.value[k]))
        return self.found

    def _follow(self, family: Family, place: Place, way: int) -> None:
        """Up (1) or down (-1), and on past flips."""
        values = self.diagram.value[::way]
        stops = values[(values - place.value) * way > 0.0].tolist()
        for kind, of, at in followed(family, place, stops):
            if not kind:
                self._close(family, at)
            elif self._tell(kind, of, at.x, at.value) and kind == "PD" and of.period > 1:
                self._go_on(of, at, of.period if family is not of else 2 * of.period)

    def _go_on(self, flips: Family, flip: Place, period: int) -> None:
        """Past a flip, with the cycle of this period."""
        if period <= self.longest:
            found = beyond(flips, flip, period)
            if found:
                self._follow(*found, 1 if found[1].value > flip.value else -1)
            else:
                self._tell(LOST, flips.of_period(period), flip.x, flip.value)

    def _close(self, family: Family, at: Place) -> None:
        """The diagram's orbits on this very cycle need not be followed."""
        k = int(np.abs(self.diagram.value - at.value).argmin())
        for row in np.flatnonzero(self.open[:, k]):
            states = self.diagram.x[row, k, : family.period]
            same = self.diagram.period[row, k] == family.period
            if same and np.abs(states - at.x).min() <= SAME:
                self.open[row, k] = False

    def _tell(self, kind: str, family: Family, x: float, value: float) -> bool:
        """Whether it is new."""
        states = family.states(x, value)
        states = np.roll(states, -int(states.argmin()))
        for each in self.found:
            alike = each.kind == kind and each.period == family.period
            near = alike and abs(each.value - value) <= SAME * max(1.0, abs(value))
            if near and np.abs(each.x - states).max() <= APART:
                return False
        w, b, epsilon = family.parameters(value)
        self.found.append(
            CycleBifurcation(kind, family.over, value, family.period, states, w, b, epsilon)
        )
        return True
