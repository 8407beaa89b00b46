"""The curve of equilibria along one parameter, cut into branches of constant stability.

The curve is explicit in z: b = z - w x at fixed w, and w = (z - b) / x at fixed b, where
x = sigma(z) + w' u.  It needs no continuation, whose steps could miss a branch or pass a fold.

Along w the curve has a pole where x = 0.  Without input there is none; for -1 < w' u < 0 it cuts
the curve into two parts.  With b = 0 and w' u = -1/2 the pole is at z = b: x = 0 is an equilibrium
for each w, from which two others branch in a pitchfork at w = 4.  An author's letter may move w and
b along such a line too.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.swept import End, Swept, Tangency
from doya.equilibria import roots
from doya.kernels.numbers.logistic import sigmoid_and_slope
from doya.memory import require_memory
from doya.results import Result

# Arrays of the size of all points of the branches in use at once, measured.
IN_USE = 9
NEAR_POLE = 1e-14  # relative distance within which a root beyond the pole is the pole
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
    state : ndarray, shape (n,)
        The equilibrium in the author's state; x itself for a neuron in Doya's parameters.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("state",)

    value: Floats
    x: Floats
    eigenvalue: Floats
    stable: bool
    state: Floats


class Stretch(NamedTuple):
    """A part of the curve of equilibria between two points, and whether it is between folds."""

    start: Tangency
    stop: Tangency
    is_saddle: bool


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
            turned ^= isinstance(start, Tangency) and start is not begin and start.kind == "LP"
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
    branches = _trace(swept, stretches, points) if stretches else ()
    if not math.isnan(swept.crossing):
        branches = (*branches, *_middle_branches(swept, span, special, points))
        return tuple(sorted(branches, key=lambda each: float(each.x[0] + each.x[-1])))
    return tuple(map(_reversed, branches[::-1])) if swept.is_mirrored else branches


def _parts(
    swept: Swept, special: list[Tangency]
) -> Iterator[tuple[Tangency | End, Tangency | End, bool]]:
    """Yield the ends of each part of the curve, and whether its first equilibria are saddles."""
    cross = swept.crossing
    # Where the curve crosses the equilibrium that exists for each w.
    met = next((at for at in special if at.z == cross and at.kind in ("CP", "BP")), None)
    below = sum(at.kind == "LP" and at.z < cross for at in special)
    below += met is not None and met.kind == "BP"
    for start, stop, is_saddle in swept.parts(below):
        ends = [met if each.z == cross and met else each for each in (start, stop)]
        yield ends[0], ends[1], is_saddle


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
    found = roots(w, b)
    if len(found) > 1 and not math.isnan(swept.crossing):  # one is on the middle branches
        found.remove(min(found, key=lambda root: abs(root[0] - swept.crossing)))
    away, z, y, eigenvalue = min(
        (max(start.z - z, z - stop.z, 0.0), z, y, rate) for z, y, rate in found
    )
    if away > 0.0:  # the end of the curve is the pole to rounding, if no special point is passed
        passed = start if z < start.z else stop
        if not isinstance(passed, Tangency) and away <= NEAR_POLE * abs(passed.z):
            away, z = 0.0, passed.z
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
    eigenvalue = swept.weights(value) * slope - 1.0
    middle, halfway = eigenvalue[:, -1], value[:, -1]
    value, x, eigenvalue, z = value[:, :-1], x[:, :-1], eigenvalue[:, :-1], z[:, :-1]
    for row, first, last in (
        (value, value0, value1),
        (z, z0, z1),
        (x, x0, x1),
        (eigenvalue, eigenvalue0, eigenvalue1),
    ):
        row[:, :1], row[:, -1:] = first, last

    # Between two folds lambda > 0 and elsewhere lambda < 0, also where rounding hides it.
    is_saddle = np.array([each.is_saddle for each in stretches])
    stable = ~is_saddle & swept.is_stable(np.minimum(middle, -sys.float_info.min), halfway)
    own = swept.eigenvalue(eigenvalue, value)
    state = swept.state_at_rest(value, x, z)
    return tuple(
        Branch(value[i], x[i], own[i], bool(stable[i]), state[i]) for i in range(len(stretches))
    )


def _middle_branches(
    swept: Swept, span: tuple[float, float], special: list[Tangency], points: int
) -> Iterator[Branch]:
    """Yield the branches of the equilibrium that exists for each w, and that the others cross.

    Its z is constant, so that lambda = w sigma'(z) - 1.
    """
    z = np.full(points, swept.crossing)
    y, slope = sigmoid_and_slope(z)
    cuts = [at.value for at in special if at.z == swept.crossing and span[0] < at.value < span[1]]
    for low, high in itertools.pairwise([span[0], *sorted(set(cuts)), span[1]]):
        value, middle = np.linspace(low, high, points), np.array([0.5 * low + 0.5 * high])
        x = y + swept.shifts(value)
        rate, halfway = (
            np.asarray(swept.weights(each)) * slope[:1] - 1.0 for each in (value, middle)
        )
        stable = bool(swept.is_stable(halfway, middle)[0])
        state = swept.state_at_rest(value, x, z)
        yield Branch(value, x, swept.eigenvalue(rate, value), stable, state)


def _ends(cuts: list[Tangency]) -> tuple[Floats, ...]:
    """Return z, x, value and flow eigenvalue of the cuts, each as a column."""
    return tuple(np.array([each[1:] for each in cuts]).T[:, :, np.newaxis])


def _reversed(branch: Branch) -> Branch:
    """Return the same branch in the opposite order."""
    value, x, eigenvalue = branch.value[::-1], branch.x[::-1], branch.eigenvalue[::-1]
    return Branch(value, x, eigenvalue, branch.stable, branch.state[::-1])


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
            value, along = np.linspace(low, high, points), np.full(points, x)
            multiplier = swept.eigenvalue(flow_eigenvalue, value)
            stable = bool(swept.is_stable(flow_eigenvalue, 0.5 * (low + high)))
            state = swept.state_at_rest(value, along, np.full(points, z))
            branches.append(Branch(value, along, multiplier, stable, state))
    return tuple(branches)
