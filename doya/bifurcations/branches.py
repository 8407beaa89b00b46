"""The curve of equilibria along one parameter, cut into branches of constant stability.

The curve is explicit in z: b = z - w sigma(z) at fixed w, and w = (z - b) / sigma(z) at fixed b.
It needs no continuation, whose steps could miss a branch or pass a fold.
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
from doya.neurons import Neuron, from_flow_eigenvalue, is_stable
from doya.results import Result

# Arrays of the size of all points of the branches in use at once, measured.
IN_USE = 9
STRAIGHT = 1e-8  # length in z; a piece this short is straight to rounding, even up to 4e-8


@dataclass(frozen=True, eq=False, repr=False)
class Branch(Result):
    """A piece of the curve of equilibria on which the stability does not change.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The swept parameter along the branch, dimensionless, in the order of ascending x.
    x : ndarray, shape (n,)
        The equilibrium, dimensionless.
    eigenvalue : ndarray, shape (n,)
        Eigenvalue lambda of the flow, per unit of time, or multiplier of the map, per step.
    stable : bool
        Whether the equilibria between the two ends are stable.  The ends themselves may be
        bifurcation points.
    """

    value: Floats
    x: Floats
    eigenvalue: Floats
    stable: bool


def curve_branches(
    neuron: Neuron, over: str, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Return the branches of the curve z -> parameter within the range.

    The parameter rises from -infinity, turns at each fold, and rises to +infinity.  It is monotone
    from one special point to the next; each such stretch is cut to the range on its own.
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
    """Return the point at which the curve from start to stop meets an end of the range.

    If start or stop is within rounding of that end, the root may be found on the other side of the
    special point, or not at all.  The special point is then used in its place.
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
    """Return one branch per stretch; all are computed at once, one per row."""
    require_memory("points", (len(stretches), points), IN_USE)
    z0, x0, value0, eigenvalue0 = _ends([start for start, _, _ in stretches])
    z1, x1, value1, eigenvalue1 = _ends([stop for _, stop, _ in stretches])
    # The last column is the middle of the stretch, from which its stability is decided.
    share = np.append(np.linspace(0.0, 1.0, points), 0.5)

    # Evenly spaced in asinh z: dense where sigma bends, spaced as |z| in the straight tails.
    a0, a1 = np.arcsinh(z0), np.arcsinh(z1)
    z = np.sinh(a0 + (a1 - a0) * share)
    x = sigmoid(z)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        w = float(neuron.w) if over == "b" else (z - neuron.b) / x
    # A very short stretch is straight, and for x near 0 its z is too coarse to compute w from.
    line = value0 + (value1 - value0) * share
    value = np.where(np.abs(z1 - z0) <= STRAIGHT, line, z - w * x if over == "b" else w)
    # The ends are more accurate than the points, which rounding must not carry past them.
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

    # Between the two folds lambda > 0 and elsewhere lambda < 0, also where rounding hides it.
    between_folds = np.array([falls for _, _, falls in stretches])
    stable = ~between_folds & is_stable(neuron, np.minimum(middle, -np.finfo(float).tiny))
    own = from_flow_eigenvalue(neuron, eigenvalue)
    return tuple(Branch(value[i], x[i], own[i], bool(stable[i])) for i in range(len(stretches)))


def _ends(cuts: list[Tangency]) -> tuple[Floats, ...]:
    """Return z, x, value and flow eigenvalue of the cuts, each as a column."""
    return tuple(np.array(part)[:, np.newaxis] for part in list(zip(*cuts, strict=True))[1:])


def constant_branches(
    neuron: Neuron, over: str, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Return the branches over epsilon: constant x, cut where the multiplier passes -1."""
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
            multiplier = from_flow_eigenvalue(neuron.replace(**{over: value}), flow_eigenvalue)
            middle = neuron.replace(**{over: 0.5 * (low + high)})
            stable = bool(is_stable(middle, flow_eigenvalue))
            branches.append(Branch(value, np.full(points, x), multiplier, stable))
    return tuple(branches)
