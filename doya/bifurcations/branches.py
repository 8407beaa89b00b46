"""The curve of equilibria along one parameter, cut into branches of one stability.

The curve is explicit in z, b = z - w sigma(z) at fixed w and w = (z - b) / sigma(z) at fixed b,
so no continuation step can miss a branch or overshoot a fold.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import Tangency
from doya.equilibria import roots
from doya.kernels.logistic import sigmoid, sigmoid_slope
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.results import Result

# Arrays in use, as large as all points of the branches, measured.
IN_USE = 9
STRAIGHT = 1e-8  # length in z below which the curve is a line to rounding: up to 4e-8


@dataclass(frozen=True, eq=False, repr=False)
class Branch(Result):
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

    value: Floats
    x: Floats
    eigenvalue: Floats
    stable: bool


def curve_branches(
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
    require_memory("points", (len(stretches), points), IN_USE)
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


def _ends(cuts: list[Tangency]) -> tuple[Floats, ...]:
    """z, x, value and flow eigenvalue, a column each."""
    return tuple(np.array(part)[:, np.newaxis] for part in list(zip(*cuts, strict=True))[1:])


def constant_branches(
    neuron: Neuron, over: str, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Equilibria do not move with epsilon; each is cut where its multiplier passes -1."""
    flips = {cut.z: cut.value for cut in special}
    branches = []
    found = roots(float(neuron.w), float(neuron.b))
    require_memory("points", (2 * len(found), points), IN_USE)
    for z, x, flow_eigenvalue in found:
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
