"""The curve of equilibria along one parameter, cut into branches of constant stability.

The curve is explicit in z: b = z - w x at fixed w, and w = (z - b) / x at fixed b, where
x = sigma(z) + w' u.  It needs no continuation, whose steps could miss a branch or pass a fold.

Along w the curve has a pole where x = 0.  Without input there is none; for -1 < w' u < 0 it cuts
the curve into two parts.  With b = 0 and w' u = -1/2 the pole is at z = b: x = 0 is an equilibrium
for each w, from which two others branch in a pitchfork at w = 4.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import Tangency
from doya.bifurcations.swept import Swept
from doya.equilibria import roots
from doya.kernels.logistic import sigmoid_and_slope
from doya.memory import require_memory
from doya.neurons import from_flow_eigenvalue, is_stable
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
        The equilibrium of the neuron with its input, dimensionless.
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


class Stretch(NamedTuple):
    """A part of the curve of equilibria between two points, and whether it is between folds."""

    start: Tangency
    stop: Tangency
    is_saddle: bool


class End(NamedTuple):
    """An end of the curve of equilibria: its z and its value, where either may be infinite."""

    z: float
    value: float


def curve_branches(
    swept: Swept, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Return the branches of the curve z -> parameter within the range.

    The parameter is monotone from one special point to the next; it turns at each fold.  Each such
    stretch is cut to the range on its own.
    """
    stretches: list[Stretch] = []
    for begin, end, is_saddle in _parts(swept, special):
        turned = is_saddle  # at the pole where w goes to infinity the eigenvalue is positive
        inside = [at for at in special if begin.z < at.z < end.z]
        for start, stop in itertools.pairwise([begin, *inside, end]):
            turned ^= isinstance(start, Tangency) and start.kind == "LP"
            first, last = (min(max(at.value, span[0]), span[1]) for at in (start, stop))
            if first == last and not first == start.value == stop.value:
                continue  # outside the range
            stretches.append(
                Stretch(
                    _cut(swept, first, start, start, stop),
                    _cut(swept, last, stop, start, stop),
                    turned,
                )
            )
    branches = _trace(swept, stretches, points)
    if swept.is_pitchfork:
        branches = (*branches, *_middle_branches(swept, span, special, points))
        return tuple(sorted(branches, key=lambda each: float(each.x[0] + each.x[-1])))
    return tuple(map(_reversed, branches[::-1])) if swept.is_mirrored else branches


def _parts(
    swept: Swept, special: list[Tangency]
) -> Iterator[tuple[Tangency | End, Tangency | End, bool]]:
    """Yield the ends of each part of the curve, and whether its first equilibria are saddles.

    Along b and u there is one part.  Along w, w goes to infinity at the pole.
    """
    low, high = -math.inf, math.inf
    rising = (-math.inf, math.inf)
    falls = {"u": swept.slope < 0.0, "w": swept.shift <= -1.0}
    if falls.get(swept.over, False):
        rising = rising[::-1]
    pole = swept.pole
    if math.isnan(pole):
        yield End(low, rising[0]), End(high, rising[1]), False
        return
    if swept.is_pitchfork:
        (cusp,) = (at for at in special if at.kind == "CP")
        yield End(low, math.inf), cusp, False
        yield cusp, End(high, math.inf), False
        return
    side = math.copysign(math.inf, swept.beyond_pole)
    yield End(low, math.inf), End(pole, -side), False
    yield End(pole, side), End(high, math.inf), side > 0.0


def _cut(
    swept: Swept, value: float, at: Tangency | End, start: Tangency | End, stop: Tangency | End
) -> Tangency:
    """Return one end of a stretch from start to stop, cut to a value at the end of the range.

    If a special point is within rounding of that value, the root may be found on the other side of
    the special point, or not at all.  The special point is then used in its place.
    """
    if isinstance(at, Tangency) and at.value == value:
        return at
    w, b, shift = swept.at(value)
    # Next to the pole the root may be on its other side.
    away, z, y, eigenvalue = min(
        (max(start.z - z, z - stop.z, 0.0), z, y, rate)
        for z, y, rate in roots(w, b)
        if z != 0.0 or not swept.is_pitchfork  # there z = 0 is on the middle branches
    )
    known = [each for each in (start, stop) if isinstance(each, Tangency)]
    if away > 0.0 and known:
        nearest = min(known, key=lambda each: abs(each.value - value))
        return nearest._replace(kind="", value=value)
    return Tangency("", z, y + shift, value, eigenvalue)


def _trace(swept: Swept, stretches: list[Stretch], points: int) -> tuple[Branch, ...]:
    """Return one branch per stretch; all are computed at once, one per row."""
    require_memory("points", (len(stretches), points), IN_USE)
    z0, x0, value0, eigenvalue0 = _ends([each.start for each in stretches])
    z1, x1, value1, eigenvalue1 = _ends([each.stop for each in stretches])
    # The last column is the middle of the stretch, from which its stability is decided.
    share = np.full(points + 1, 0.5)
    share[:-1] = np.linspace(0.0, 1.0, points)

    # Evenly spaced in asinh z: dense where sigma bends, spaced as |z| in the straight tails.
    a0, a1 = np.arcsinh(z0), np.arcsinh(z1)
    z = np.sinh(a0 + (a1 - a0) * share)
    y, slope = sigmoid_and_slope(z)
    value = swept.value(z, y)
    # A very short stretch is straight, and for x near 0 its z is too coarse to compute w from.
    straight = np.abs(z1 - z0) <= STRAIGHT
    if straight.any():
        value = np.where(straight, value0 + (value1 - value0) * share, value)
    # The ends are more accurate than the points, which rounding must not carry past them.
    low, high = np.minimum(value0, value1), np.maximum(value0, value1)
    value = np.minimum(np.maximum(value, low), high)
    x = y + swept.shifts(value) if swept.over == "u" or swept.shift else y
    w = value if swept.over == "w" else float(swept.neuron.w)
    eigenvalue = w * slope - 1.0
    middle = eigenvalue[:, -1]
    value, x, eigenvalue = value[:, :-1], x[:, :-1], eigenvalue[:, :-1]
    for row, first, last in (
        (value, value0, value1),
        (x, x0, x1),
        (eigenvalue, eigenvalue0, eigenvalue1),
    ):
        row[:, :1], row[:, -1:] = first, last

    # Between two folds lambda > 0 and elsewhere lambda < 0, also where rounding hides it.
    is_saddle = np.array([each.is_saddle for each in stretches])
    stable = ~is_saddle & is_stable(swept.neuron, np.minimum(middle, -sys.float_info.min))
    own = from_flow_eigenvalue(swept.neuron, eigenvalue)
    return tuple(Branch(value[i], x[i], own[i], bool(stable[i])) for i in range(len(stretches)))


def _middle_branches(
    swept: Swept, span: tuple[float, float], special: list[Tangency], points: int
) -> Iterator[Branch]:
    """Yield the branches of the equilibrium x = 0 that exists for each w, beside a pitchfork.

    Here z = b = 0, so that lambda = w/4 - 1.
    """
    cuts = [at.value for at in special if at.z == 0.0 and span[0] < at.value < span[1]]
    for low, high in itertools.pairwise([span[0], *sorted(cuts), span[1]]):
        value = np.linspace(low, high, points)
        eigenvalue = from_flow_eigenvalue(swept.neuron, 0.25 * value - 1.0)
        stable = bool(is_stable(swept.neuron, 0.125 * (low + high) - 1.0))
        yield Branch(value, np.zeros(points), eigenvalue, stable)


def _ends(cuts: list[Tangency]) -> tuple[Floats, ...]:
    """Return z, x, value and flow eigenvalue of the cuts, each as a column."""
    return tuple(np.array([each[1:] for each in cuts]).T[:, :, np.newaxis])


def _reversed(branch: Branch) -> Branch:
    """Return the same branch in the opposite order."""
    return Branch(branch.value[::-1], branch.x[::-1], branch.eigenvalue[::-1], branch.stable)


def constant_branches(
    swept: Swept, span: tuple[float, float], special: list[Tangency], points: int
) -> tuple[Branch, ...]:
    """Return the branches over epsilon: constant x, cut where the multiplier passes -1."""
    flips = {cut.z: cut for cut in special}
    branches = []
    w, b, shift = swept.at(span[0])
    found = roots(w, b)
    require_memory("points", (2 * len(found), points), IN_USE)
    for z, y, flow_eigenvalue in found:
        x, ends = y + shift, [span[0], span[1]]
        if z in flips and span[0] < flips[z].value < span[1]:
            ends.insert(1, flips[z].value)
        for low, high in itertools.pairwise(ends):
            value = np.linspace(low, high, points)
            neuron, over = swept.neuron, swept.over
            multiplier = from_flow_eigenvalue(neuron.replace(**{over: value}), flow_eigenvalue)
            middle = neuron.replace(**{over: 0.5 * (low + high)})
            stable = bool(is_stable(middle, flow_eigenvalue))
            branches.append(Branch(value, np.full(points, x), multiplier, stable))
    return tuple(branches)
