"""Bifurcation diagrams: every equilibrium over a range of one parameter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.branches import Branch, constant_branches, curve_branches
from doya.bifurcations.letter_sweeps import default_span, domain, unit
from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.points import (
    BifurcationPoint,
    check_range,
    checked_sweep,
    points_within,
    tangencies,
)
from doya.bifurcations.swept import Swept, Tangency
from doya.bifurcations.two_cycles import TwoCycles, two_cycles
from doya.checks import LARGEST, check_count
from doya.conversions.author import Move
from doya.conversions.conversion import Conversion
from doya.equilibria import roots
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, flow_rate
from doya.results import Result

# A range narrower than this part of its values is widened by ROOM, a part too.
NARROWEST, ROOM = 1e-9, 1e-6
LEAST_EPSILON = 0.01  # start of the default range of epsilon


class Motion(NamedTuple):
    """Direction of the motion between neighbouring equilibria, each array of shape (n,).

    Attributes
    ----------
    value : ndarray
        Values of the swept parameter.
    below, above : ndarray
        The equilibria, or the ends 0 and 1 of x - w' u, between which the state moves.
    rises : ndarray of bool
        Whether x rises there; otherwise it falls.
    """

    value: Floats
    below: Floats
    above: Floats
    rises: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationDiagram(Result):
    """All equilibria of a neuron over a range of one parameter.

    Attributes
    ----------
    branches : tuple of Branch
        The branches in the order of ascending x, so that together they trace the curve of
        equilibria.  Two branches that meet at a special point share its exact values.
    special_points : tuple of BifurcationPoint
        The special points at the ends of branches, in the same order.  A fold at an
        end of the range is not listed if no branch in the range reaches it.
    neuron : NeuronODE or NeuronMap
        The neuron.
    over : str
        Name of the swept parameter, or letter.
    between : pair of float
        Range of the swept parameter.
    u : float
        The constant input; not used where u is swept.
    conversion : Conversion or None
        The neuron in the author's letters, for which `over` is a letter.
    """

    _first: ClassVar[tuple[str, ...]] = ("special_points",)

    branches: tuple[Branch, ...]
    special_points: tuple[BifurcationPoint, ...]
    neuron: Neuron
    over: str
    between: tuple[float, float]
    u: float
    conversion: Conversion | None = None

    @cached_property
    def two_cycles(self) -> tuple[TwoCycles, ...]:
        """Return the cycles of period 2 of a map, by stability; none for the flow."""
        if not isinstance(self.neuron, NeuronMap):
            return ()
        flips = [point.value for point in self.special_points if point.kind == "PD"]
        return two_cycles(self.swept, self.between, flips)

    @cached_property
    def swept(self) -> Swept:
        """Return the neuron with its input and its swept parameter."""
        return checked_sweep(self.conversion or self.neuron, self.over, self.u)

    def bistable(self) -> list[tuple[float, float]]:
        """Return the ranges (low, high) of the parameter over which two branches are stable."""
        spans = [
            (branch.value.min(), branch.value.max()) for branch in self.branches if branch.stable
        ]
        return [
            (float(max(one[0], other[0])), float(min(one[1], other[1])))
            for one, other in itertools.combinations(spans, 2)
            if max(one[0], other[0]) < min(one[1], other[1])
        ]

    def motion(self, columns: int = 7) -> Motion:
        """Return how the state moves between the equilibria, at some values of the parameter.

        A map with a negative multiplier at some fixed point is left out at that parameter value,
        since its state jumps across the fixed point.

        Parameters
        ----------
        columns : int, default 7
            Number of values of the swept parameter, at least 1.

        Returns
        -------
        Motion
            The parameter `value`, the equilibria `below` and `above`, and whether x `rises` between
            them, shape (n,) each.
        """
        columns = check_count("columns", columns, 1)
        require_memory("columns", (columns,), 8)
        low, high = self.between
        swept = self.swept
        value = np.linspace(low, high, 2 * columns + 1)[1::2]
        gaps: list[tuple[float, float, float, bool]] = []
        for column in value:
            w, b, shift = swept.at(float(column))
            there = self.neuron.replace(w=w, b=b)
            found = roots(w, b)
            if there.dynamics == "map" and any(
                swept.eigenvalue(rate, float(column)) < 0.0 for _, _, rate in found
            ):
                continue
            edges = [0.0, *(y for _, y, _ in found), 1.0]
            for below, above in itertools.pairwise(edges):
                rises = bool(flow_rate(there, 0.5 * (below + above)) > 0.0)
                gaps.append((float(column), below + shift, above + shift, rises))
        at, below_it, above_it, rising = np.array(gaps, dtype=np.float64).reshape(-1, 4).T
        return Motion(at, below_it, above_it, rising > 0.0)


def bifurcation_diagram(
    neuron: Neuron | Conversion,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 200,
    u: float = 0.0,
) -> BifurcationDiagram:
    """Compute every equilibrium over a range of one parameter, with stability and bifurcations.

    Under a constant input u, x - w' u obeys the neuron without input and with the bias b + w w' u.
    With input_to="bias" the bias is b + w' u, and the state is not shifted.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron; its own value of the swept parameter is not used.
    over : str, default "b"
        The parameter to sweep: "b", "w", "epsilon" for the map only, or "u" unless w w' = 0.  For a
        `Conversion` a letter of its author, or "u".
    between : pair of float, optional
        Range of the swept parameter, low < high.  By default it holds all special points and a
        margin, for instance [-3, -2] for b at w = 5; for epsilon it ends at 1.
    points : int, default 200
        Number of points on each branch, at least 2.  They are dense where sigma bends.  Each point
        is exact; a line that joins them is for drawing.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; not used where u is swept.

    Returns
    -------
    BifurcationDiagram

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown parameter, an empty or non-finite range, points < 2, an input
        with abs(b + w w' u) > 1e100 within the range, or over = "u" where w w' = 0.

    See Also
    --------
    bifurcation_points : Folds, flips and the cusp along a parameter.
    bifurcation_curves : Folds and flips in the (w, b) plane.
    orbit_diagram : Orbits of the map along a parameter.
    plots.draw_bifurcation_diagram : The picture.
    animations.animate_bifurcation_diagrams : Diagrams in motion.

    References
    ----------
    K. Doya (1993); R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3.

    Examples
    --------
    >>> import doya
    >>> diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0))
    >>> diagram.between
    (-3.0, -2.0)
    >>> [branch.stable for branch in diagram.branches]
    [True, False, True]
    >>> float(diagram.branches[0].value[-1]) == diagram.special_points[0].value
    True
    >>> doya.bifurcation_diagram(doya.NeuronODE(w=5.0), "u").between
    (-0.1, 0.1)
    """
    swept = checked_sweep(neuron, over, u)
    points = check_count("points", points, 2)
    special = tangencies(swept)
    span = _range(swept, special) if between is None else check_range(neuron, over, between)
    trace = constant_branches if swept.over == "epsilon" else curve_branches
    branches = trace(swept, span, special, points)
    ends = {(b.value[k], b.x[k]) for b in branches for k in (0, -1)}
    return BifurcationDiagram(
        branches=branches,
        special_points=tuple(
            point
            for point in points_within(swept, special, *span)
            if (point.value, point.x) in ends
        ),
        neuron=swept.neuron,
        over=over,
        between=span,
        u=swept.u,
        conversion=swept.conversion,
    )


def default_range(neuron: Neuron | Conversion, over: str, u: float = 0.0) -> tuple[float, float]:
    """Return a range that holds all special points, or without any the bend of sigma."""
    swept = checked_sweep(neuron, over, u)
    return _range(swept, [] if over == "u" else tangencies(swept))


def _range(swept: Swept, special: list[Tangency]) -> tuple[float, float]:
    """Return the default range of the swept parameter, given all special points along it."""
    if isinstance(swept, SweptLetter):
        return _range_of_letter(swept)
    if swept.over == "u":
        return _range_of_input(swept)
    neuron, over = swept.neuron, swept.over
    values = [at.value for at in special if -LARGEST <= at.value <= LARGEST]
    if over == "epsilon":
        return max(min([LEAST_EPSILON, *(0.5 * value for value in values)]), 1.0 / LARGEST), 1.0
    if values:
        low, high = min(values), max(values)
    elif over == "b":
        centre, reach = -0.5 * float(neuron.w), 4.0 + 0.5 * abs(float(neuron.w))
        centre -= Swept(neuron, "u", 0.0).slope * swept.u
        low, high = centre - reach, centre + reach
    else:
        low, high = 0.0, 8.0
    # A margin of half the range for w and of a third for b, which rounds to [-3, -2] at w = 5.
    size = max(1.0, high - low, 1e-3 * max(abs(low), abs(high)))
    margin = size / (2.0 if over == "w" else 3.0)
    return _rounded(low - margin, high + margin)


def _range_of_letter(swept: SweptLetter) -> tuple[float, float]:
    """Return a range of a letter that holds all special points, with a margin."""
    least, most = domain(swept)
    values = [at.value for at in tangencies(swept) if least <= at.value <= most]
    low, high = default_span(swept, values)
    if swept.move is not Move.LINE:
        return low, high
    if values:
        size = max(unit(swept), high - low, 1e-3 * max(abs(low), abs(high)))
        margin = size / (3.0 if swept.is_steep else 2.0)
        low, high = low - margin, high + margin
    low, high = _rounded(low, high)
    return max(low, least), min(high, most)


def _range_of_input(swept: Swept) -> tuple[float, float]:
    """Return the range of u in which b + w w' u runs through the default range of b."""
    ends = default_range(swept.neuron, "b")
    low, high = sorted((end - float(swept.neuron.b)) / swept.slope for end in ends)
    return _rounded(low, high)


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Return a range that holds the given one, with ends of few digits."""
    if not (low < LARGEST and high > -LARGEST):
        raise ArgumentError("u", "must be closer to 0: all bifurcations are beyond 1e100")
    size = max(abs(low), abs(high))
    if high - low < NARROWEST * size:  # the ends would be the same number of few digits
        return max(low - ROOM * size, -LARGEST), min(high + ROOM * size, LARGEST)
    step = 10.0 ** math.floor(math.log10(high - low))
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    return max(float(f"{low:.12g}"), -LARGEST), min(float(f"{high:.12g}"), LARGEST)
