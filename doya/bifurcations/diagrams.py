"""Bifurcation diagrams: every equilibrium over a range of one parameter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.branches import Branch, constant_branches, curve_branches
from doya.bifurcations.points import (
    BifurcationPoint,
    bifurcation_points,
    check_range,
    check_sweep,
    points_within,
    tangencies,
)
from doya.checks import LARGEST, check_count
from doya.equilibria import roots
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.results import Result

LEAST_EPSILON = 0.01  # where the default range of epsilon begins


class Motion(NamedTuple):
    """Arrows along which the state moves: parameter value, and x at both ends, shape (n,) each."""

    value: Floats
    start: Floats
    stop: Floats


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationDiagram(Result):
    """All equilibria of a neuron over a range of one parameter.

    Attributes
    ----------
    branches : tuple of Branch
        In the order of ascending x, so that one after the other they trace the curve; two that
        meet at a special point share it to the last bit.
    special_points : tuple of BifurcationPoint
        Those that end a branch, in the same order; a fold that the range only touches from
        outside is not among them.
    neuron : NeuronODE or NeuronMap
    over : {"b", "w", "epsilon"}
        The swept parameter.
    between : pair of float
        Its range.
    """

    _first: ClassVar[tuple[str, ...]] = ("special_points",)

    branches: tuple[Branch, ...]
    special_points: tuple[BifurcationPoint, ...]
    neuron: Neuron
    over: str
    between: tuple[float, float]

    def bistable(self) -> list[tuple[float, float]]:
        """Ranges of the parameter over which two branches are stable."""
        spans = [
            (branch.value.min(), branch.value.max()) for branch in self.branches if branch.stable
        ]
        return [
            (float(max(one[0], other[0])), float(min(one[1], other[1])))
            for one, other in itertools.combinations(spans, 2)
            if max(one[0], other[0]) < min(one[1], other[1])
        ]

    def motion(self, columns: int = 7) -> Motion:
        """Which way the state moves in each gap between equilibria, at some values of `over`.

        None beside a fixed point of the map with a negative multiplier: the state jumps across it.
        """
        columns = check_count("columns", columns, 1)
        require_memory("columns", (columns,), 8)
        low, high = self.between
        value = np.linspace(low, high, 2 * columns + 1)[1::2]
        arrows = []
        for column in value:
            there = self.neuron.replace(**{self.over: float(column)})
            found = roots(float(there.w), float(there.b))
            if there.dynamics == "map" and any(
                there.from_flow_eigenvalue(rate) < 0.0 for _, _, rate in found
            ):
                continue
            edges = [0.0, *(x for _, x, _ in found), 1.0]
            for below, above in itertools.pairwise(edges):
                middle = 0.5 * (below + above)
                reach = min(0.3 * (above - below), 0.06)
                if reach > 0.04:
                    reach = math.copysign(reach, there.flow_rate(middle))
                    arrows.append((column, middle - reach, middle + reach))
        return Motion(*np.array(arrows).reshape(-1, 3).T)


def bifurcation_diagram(
    neuron: Neuron,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 200,
) -> BifurcationDiagram:
    """Every equilibrium over a range of one parameter, with its stability and bifurcations.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own value of the swept parameter does not matter.
    over : {"b", "w", "epsilon"}, default "b"
        The parameter to sweep; "epsilon" for the map only.
    between : pair of float, optional
        Its range; by default all special points with a margin, [-3, -2] at w = 5, and up to 1
        for epsilon.
    points : int, default 200
        Points on each branch, at least 2.  They crowd where sigma bends; the curve between them
        is for drawing, each of them is exact.

    Returns
    -------
    BifurcationDiagram

    Raises
    ------
    ValueError
        For an ensemble, an unknown parameter, an empty or non-finite range, or points < 2.

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
    """
    check_sweep(neuron, over)
    points = check_count("points", points, 2)
    span = default_range(neuron, over) if between is None else check_range(neuron, over, between)
    special = tangencies(neuron, over)
    trace = constant_branches if over == "epsilon" else curve_branches
    branches = trace(neuron, over, span, special, points)
    ends = {(b.value[k], b.x[k]) for b in branches for k in (0, -1)}
    return BifurcationDiagram(
        branches=branches,
        special_points=tuple(
            point
            for point in points_within(neuron, over, special, *span)
            if (point.value, point.x) in ends
        ),
        neuron=neuron,
        over=over,
        between=span,
    )


def default_range(neuron: Neuron, over: str) -> tuple[float, float]:
    """All special points with a margin, rounded outwards; without any, where sigma bends."""
    values = [point.value for point in bifurcation_points(neuron, over)]
    if over == "epsilon":
        return max(min([LEAST_EPSILON, *(0.5 * value for value in values)]), 1.0 / LARGEST), 1.0
    if values:
        low, high = min(values), max(values)
    elif over == "b":
        centre, reach = -0.5 * float(neuron.w), 4.0 + 0.5 * abs(float(neuron.w))
        low, high = centre - reach, centre + reach
    else:
        low, high = 0.0, 8.0
    # Half a range to the sides of w, a third for b, rounds to [-3, -2] at w = 5.
    size = max(1.0, high - low, 1e-3 * max(abs(low), abs(high)))
    margin = size / (2.0 if over == "w" else 3.0)
    step = 10.0 ** math.floor(math.log10(high - low + 2.0 * margin))
    low, high = step * math.floor((low - margin) / step), step * math.ceil((high + margin) / step)
    return max(float(f"{low:.12g}"), -LARGEST), min(float(f"{high:.12g}"), LARGEST)
