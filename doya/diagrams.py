"""Bifurcation diagrams along one parameter: the curve of equilibria, cut where stability changes.

The curve is explicit in z, b = z - w sigma(z) at fixed w and w = (z - b) / sigma(z) at fixed b,
so no continuation step can miss a branch or overshoot a fold.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.bifurcations import (
    BifurcationPoint,
    Tangency,
    bifurcation_points,
    check_points,
    check_range,
    check_sweep,
    points_within,
    tangencies,
)
from doya.equilibria import roots
from doya.kernels.logistic import sigmoid, sigmoid_slope
from doya.neurons import LARGEST, Neuron

STRAIGHT = 1e-8  # length in z below which the curve is a line to rounding
LEAST_EPSILON = 0.01  # where the default range of epsilon begins


@dataclass(frozen=True, eq=False)
class Branch:
    """One piece of the curve of equilibria, of one stability throughout.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The swept parameter along the branch, in the order of ascending x.
    x : ndarray, shape (n,)
        The equilibrium.
    eigenvalue : ndarray, shape (n,)
        lambda of the flow, multiplier of the map.
    stable : bool
        Stability between the two ends, which may be bifurcation points.
    """

    value: NDArray[np.float64]
    x: NDArray[np.float64]
    eigenvalue: NDArray[np.float64]
    stable: bool


class Motion(NamedTuple):
    """Arrows along which the state moves: parameter value, and x at both ends, shape (n,) each."""

    value: NDArray[np.float64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BifurcationDiagram:
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
    check_points(points)
    span = default_range(neuron, over) if between is None else check_range(neuron, over, between)
    special = tangencies(neuron, over)
    trace = _constant_branches if over == "epsilon" else _curve_branches
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


def _curve_branches(
    neuron: Neuron, over: str, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """The curve z -> parameter, cut at its special points and where it leaves the range.

    The parameter comes from -infinity, turns at every fold, and goes to +infinity, monotone from
    one special point to the next; each such stretch is cut to the range on its own.
    """
    stretches = []
    turns = 0
    for start, stop in itertools.pairwise([None, *special, None]):
        turns += start is not None and start.kind == "LP"
        begin, end = (start.value if start else -math.inf), (stop.value if stop else math.inf)
        first, last = (min(max(value, span[0]), span[1]) for value in (begin, end))
        if first == last and not first == begin == end:
            continue  # outside the range
        stretches.append(
            (
                start if start and first == begin else _edge(neuron, over, first, start, stop),
                stop if stop and last == end else _edge(neuron, over, last, start, stop),
                turns == 1,
            )
        )
    return _trace(neuron, over, stretches, points)


def _edge(
    neuron: Neuron, over: str, value: float, start: Tangency | None, stop: Tangency | None
) -> Tangency:
    """Where the curve from start to stop meets an end of the range.

    Within rounding of either that root may have been found beyond it, or not at all; then the
    special point stands for it.
    """
    there = {**vars(neuron), over: value}
    low, high = (start.z if start else -math.inf), (stop.z if stop else math.inf)
    for z, x, eigenvalue in roots(there["w"], there["b"]):
        if low <= z <= high:
            return Tangency("", z, x, value, eigenvalue)
    nearest = min(filter(None, (start, stop)), key=lambda at: abs(at.value - value))
    return nearest._replace(kind="", value=value)


def _trace(
    neuron: Neuron, over: str, stretches: list[tuple[Tangency, Tangency, bool]], points: int
) -> tuple[Branch, ...]:
    """A branch for each stretch of the curve between two cuts, all at once, a row each."""
    z0, x0, value0, eigenvalue0 = _ends([start for start, _, _ in stretches])
    z1, x1, value1, eigenvalue1 = _ends([stop for _, stop, _ in stretches])
    # The middle of the stretch, which tells its stability, comes last.
    share = np.append(np.linspace(0.0, 1.0, points), 0.5)

    # Even in asinh z: dense where sigma bends, in proportion to |z| in the straight tails.
    a0, a1 = np.arcsinh(z0), np.arcsinh(z1)
    z = np.sinh(a0 + (a1 - a0) * share)
    x = sigmoid(z)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        w = float(neuron.w) if over == "b" else (z - neuron.b) / x
    # So short a stretch is straight, and z, for x near 0, too coarse to tell w.
    line = value0 + (value1 - value0) * share
    value = np.where(np.abs(z1 - z0) <= STRAIGHT, line, z - w * x if over == "b" else w)
    # The ends are known better than the curve's rounding; it must not carry points past them.
    value = np.clip(value, np.minimum(value0, value1), np.maximum(value0, value1))
    eigenvalue = (w if over == "b" else value) * sigmoid_slope(z) - 1.0
    middle = eigenvalue[:, -1]
    value, x, eigenvalue = value[:, :-1], x[:, :-1], eigenvalue[:, :-1]
    for row, first, last in (
        (value, value0, value1),
        (x, x0, x1),
        (eigenvalue, eigenvalue0, eigenvalue1),
    ):
        row[:, :1], row[:, -1:] = first, last

    # Between two folds lambda > 0, elsewhere < 0, whatever rounding makes of it.
    between_folds = np.array([falls for _, _, falls in stretches])
    stable = ~between_folds & neuron.is_stable(np.minimum(middle, -np.finfo(float).tiny))
    own = neuron.from_flow_eigenvalue(eigenvalue)
    return tuple(Branch(value[i], x[i], own[i], bool(stable[i])) for i in range(len(stretches)))


def _ends(cuts: list[Tangency]) -> tuple[NDArray[np.float64], ...]:
    """z, x, value and flow eigenvalue, a column each."""
    return tuple(np.array(part)[:, np.newaxis] for part in list(zip(*cuts, strict=True))[1:])


def _constant_branches(
    neuron: Neuron, over: str, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Equilibria do not move with epsilon; each is cut where its multiplier passes -1."""
    flips = {cut.z: cut.value for cut in special}
    branches = []
    for z, x, flow_eigenvalue in roots(float(neuron.w), float(neuron.b)):
        ends = [span[0], span[1]]
        if span[0] < flips.get(z, -1.0) < span[1]:
            ends.insert(1, flips[z])
        for low, high in itertools.pairwise(ends):
            value = np.linspace(low, high, points)
            multiplier = neuron.replace(**{over: value}).from_flow_eigenvalue(flow_eigenvalue)
            middle = neuron.replace(**{over: 0.5 * (low + high)})
            stable = bool(middle.is_stable(flow_eigenvalue))
            branches.append(Branch(value, np.full(points, x), multiplier, stable))
    return tuple(branches)
