"""Folds and flips of cycles of the map along one parameter: where cycles are born and double.

In one dimension a fold of cycles creates an attracting cycle, and at a flip a cycle stops
attracting.  So each fold and each flip is an end of a range over which a cycle attracts.  The
attracting cycles of an orbit diagram are therefore followed in both directions to the ends of their
ranges.  Beyond each flip the search goes on with the cycle of twice, or half, the period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.diagrams import default_range
from doya.bifurcations.points import bifurcation_points, check_range, checked_sweep
from doya.bifurcations.swept import Swept
from doya.checks import check_count
from doya.conversions.conversion import Conversion
from doya.kernels.map.attractors import MOST_PERIOD
from doya.kernels.map.lyapunov import BATCHES
from doya.neurons import NeuronMap
from doya.orbits.diagrams import OrbitDiagram, check_map, unshifted_diagram
from doya.orbits.families import LOST, Family, Place, beyond, followed
from doya.results import Result
from doya.shifts import without_input

# States that are closer count as equal; so do values of the parameter (relative above 1).
SAME = 1e-7
# A multiplier that changes more slowly than this, relative to the parameter, touches -1 and turns
# back.
TOUCHES = 1e-6
# Two cycles at one parameter value, as mirror images are, differ if their states differ by more.
APART = 1e-4


@dataclass(frozen=True, eq=False, repr=False)
class CycleBifurcation(Result):
    """Bifurcation of a cycle of the map over one parameter, or the end of a cycle that was lost.

    Attributes
    ----------
    kind : {"LP", "PD", "CP", "MX"}
        LP, fold: an attracting and a repelling cycle meet and vanish; the multiplier is 1.
        PD, flip: a cycle of twice the period is born; the multiplier is -1.
        CP, cusp of equilibria: two folds meet.
        MX, lost: the cycle could not be followed beyond this point, although it still attracts
        there.  This happens, for example, where the rest of its range is narrower than the rounding
        of the parameter.
    parameter : str
        The parameter that changes: "b", "w", "epsilon" or "u"; an author's letter for a
        `Conversion`.
    value : float
        The value of this parameter or letter at the bifurcation.
    period : int
        Number of states of the cycle, from 1 to 64; at a flip, before the doubling.
    x : ndarray, shape (period,)
        States of the cycle, of the neuron with its input, in the order of visits, beginning with
        the smallest, dimensionless.
    w, b, epsilon : float
        Parameters of the neuron at the bifurcation, dimensionless; b is the neuron's own, without
        w w' u.
    u : float, default 0.0
        The constant input at the bifurcation.
    state : ndarray, shape (period,)
        The author's states in the order of x; x itself in Doya's parameters.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("state",)

    kind: str
    parameter: str
    value: float
    period: int
    x: Floats
    w: float
    b: float
    epsilon: float
    u: float
    state: Floats


def cycle_bifurcations(
    neuron: NeuronMap | Conversion,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 400,
    longest: int = MOST_PERIOD,
    u: float = 0.0,
) -> list[CycleBifurcation]:
    """List the folds and flips of cycles of the map along one parameter, with their cascades.

    A cycle of n states is a root of F^n(x) = x, where F is one step of the map.  The cycle folds
    where its multiplier (F^n)'(x) is 1, and flips where its multiplier is -1.  The equation of the
    cycle and that of its multiplier are solved together, down to rounding.  Under a constant input
    u, x - w' u obeys the map without input and with the bias b + w w' u.  With input_to="bias" the
    bias is b + w' u, no state is shifted, and u can be swept unless w' = 0.

    Parameters
    ----------
    neuron : NeuronMap or Conversion
        One neuron.  Its own value of the swept parameter is ignored.
    over : str, default "b"
        The parameter to sweep: "b", "w", "epsilon", or "u", the constant input, unless w w' = 0.
        For a `Conversion` a letter of its author, or "u".
    between : pair of float, optional
        First and last value of this parameter, ascending.  By default the range holds all folds and
        flips of equilibria, with a margin.
    points : int, default 400
        Number of values in the range at which attractors are searched, at least 2.
    longest : int, default 64
        Longest period of the cycles to report, from 1 to 64.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; not used where u is swept.

    Returns
    -------
    list of CycleBifurcation
        In ascending order of `value`.  Those of period 1 are those of `bifurcation_points`.

    Raises
    ------
    ArgumentError
        For an ensemble, a flow, or an argument outside its range.

    See Also
    --------
    cycles : All cycles of a period.
    orbit_diagram : Orbits of the map along a parameter.
    bifurcation_points : Folds, flips and the cusp along a parameter.

    Notes
    -----
    Each fold and each flip is an end of a range in which a cycle attracts.  The search finds the
    ends of each range that holds one of the `points` values.  From there it goes on to the ranges
    that follow by doubling or halving the period.  Narrower ranges may be missed; where there is
    chaos, they are infinite in number.

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
    check_map(neuron)
    check_count("points", points, 2)
    swept = checked_sweep(neuron, over, u)
    span = default_range(neuron, over, u) if between is None else check_range(neuron, over, between)
    found = list(_under_input(swept, span, points, longest))
    return sorted(found, key=lambda each: (each.value, each.period))


def _under_input(
    swept: Swept, span: tuple[float, float], points: int, longest: int
) -> Iterator[CycleBifurcation]:
    """Yield the bifurcations of the neuron with its input, from those of x - w' u."""
    neuron, over, shift = swept.conversion or swept.neuron, swept.over, swept.shift
    if over != "u" and shift == 0.0 and swept.lift == 0.0:
        yield from _search(swept, span, points, longest)
        return
    for point in bifurcation_points(neuron, swept.name, span, u=swept.u):
        yield _bifurcation(swept, point.kind, point.value, np.array([point.x]))
    ends, neuron = span, swept.neuron
    if over in ("b", "u"):  # along the bias without input
        low, high = sorted(swept.at(end)[1] for end in span)
        ends = low, high
        alike = Swept(neuron, "b", 0.0)
    elif over == "epsilon" or swept.inside:
        alike = Swept(without_input(neuron, swept.u)[0], over, 0.0)
    else:
        alike = swept
    for each in _search(alike, ends, points, longest):
        if each.period > 1 or each.kind == LOST:
            value = each.value
            if over == "u":
                value = (value - float(neuron.b)) / swept.slope
            elif over == "b":
                value -= float(neuron.w) * shift + swept.lift
            value = min(max(value, span[0]), span[1])
            moved = float(swept.shifts(np.array(value)))
            yield _bifurcation(swept, each.kind, value, each.x + moved)


def _bifurcation(swept: Swept, kind: str, value: float, x: Floats) -> CycleBifurcation:
    """Return a bifurcation with the parameters of the neuron and its input."""
    there = swept.there(value)
    w, b, epsilon, u = (there[name] for name in ("w", "b", "epsilon", "u"))
    state = swept.state(value, x)
    return CycleBifurcation(kind, swept.name, value, x.size, x, w, b, epsilon, u, state)


def _search(
    swept: Swept, span: tuple[float, float], points: int, longest: int
) -> list[CycleBifurcation]:
    """Return the bifurcations of the cycles of x - w' u."""
    diagram = unshifted_diagram(swept, span, points, steps=BATCHES)
    found = Search(diagram, swept, longest).run()
    return list(filter(_needed(found), found))


def _needed(found: list[CycleBifurcation]) -> Callable[[CycleBifurcation], bool]:
    """Return a filter that drops a lost family (MX) where a known fold or flip explains the end."""
    ends = [(each.value, each.period) for each in found if each.kind != LOST]

    def needed(point: CycleBifurcation) -> bool:
        near = SAME * max(1.0, abs(point.value))
        return point.kind != LOST or not any(
            abs(value - point.value) <= near and point.period in (period, 2 * period)
            for value, period in ends
        )

    return needed


class Search:
    """Search for the ends of each range of attraction that holds one of the diagram's values."""

    def __init__(self, diagram: OrbitDiagram, swept: Swept, longest: int) -> None:
        self.diagram, self.swept, self.longest = diagram, swept, longest
        self.found: list[CycleBifurcation] = []
        # Cycles of the diagram that no followed family has reached yet.
        self.open = (diagram.period > 1) & (diagram.period <= longest)

    def run(self) -> list[CycleBifurcation]:
        """Return all bifurcations that the search finds, in the order in which it finds them."""
        diagram, shift, u = self.diagram, self.swept.shift, self.swept.u
        rest, neuron = Family(self.swept, 1), self.swept.conversion or diagram.neuron
        for point in bifurcation_points(neuron, diagram.over, diagram.between, u=u):
            x = point.x - shift
            self._append(point.kind, rest, x, point.value)
            flip = rest.where(-1.0, x, point.value) if point.kind == "PD" else None
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
                self._append(LOST, family, float(diagram.x[row, k, 0]), float(diagram.value[k]))
        return self.found

    def _follow(self, family: Family, place: Place, way: int) -> None:
        """Follow a cycle to larger (way 1) or smaller (-1) values, and further beyond flips."""
        values = self.diagram.value[::way]
        stops = values[(values - place.value) * way > 0.0].tolist()
        for kind, of, at in followed(family, place, stops):
            if not kind:
                self._close(family, at)
            elif self._append(kind, of, at.x, at.value) and kind == "PD" and of.period > 1:
                self._go_on(of, at, of.period if family is not of else 2 * of.period)

    def _go_on(self, flips: Family, flip: Place, period: int) -> None:
        """Continue beyond a flip with the cycle of this period, unless the period is too long."""
        if period <= self.longest:
            found = beyond(flips, flip, period)
            if found:
                self._follow(*found, 1 if found[1].value > flip.value else -1)
            else:
                self._append(LOST, flips.of_period(period), flip.x, flip.value)

    def _close(self, family: Family, at: Place) -> None:
        """Mark the diagram's orbits on this cycle as done: they need not be followed again."""
        k = int(np.abs(self.diagram.value - at.value).argmin())
        for row in np.flatnonzero(self.open[:, k]):
            states = self.diagram.x[row, k, : family.period]
            same = self.diagram.period[row, k] == family.period
            if same and np.abs(states - at.x).min() <= SAME:
                self.open[row, k] = False

    def _append(self, kind: str, family: Family, x: float, value: float) -> bool:
        """Append the bifurcation unless it is known; return whether it was new."""
        states = family.states(x, value)
        states = np.roll(states, -int(states.argmin()))
        for each in self.found:
            alike = each.kind == kind and each.period == family.period
            near = alike and abs(each.value - value) <= SAME * max(1.0, abs(value))
            if near and np.abs(each.x - states).max() <= APART:
                return False
        w, b, epsilon = family.parameters(value)
        self.found.append(
            CycleBifurcation(
                kind,
                self.swept.name,
                value,
                family.period,
                states,
                w,
                b,
                epsilon,
                0.0,
                self.swept.state(value, states),
            )
        )
        return True
