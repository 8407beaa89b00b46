"""Fixed points of the iterate Phi = F**n on one lap, the points with a given itinerary.

F has a negative Schwarzian derivative: with k = 1 - eps, q = eps |w| and p = sigma'(z),
2 F' F''' - 3 F''**2 = -q w**2 p (2 k (1 - 6 p) + q p) < 0, since p <= 1/4 and q > 4 k.  So has
Phi, which makes |Phi'|**(-1/2) convex: the slope D = |Phi'| has one peak on a lap and no other
turn.  On a falling lap h = Phi(z) - z falls, and has at most one root.  On a rising lap h falls
until D = 1, rises, and falls again from D = 1 on: it has at most three roots, of which the outer
two attract and the inner one repels.

The outer ones: h is convex where D rises and concave where it falls, so Newton's iterates from an
end of the lap approach the first root from one side; where D > 1 or past the peak there is none.
They go ahead, from a critical point, where rounding errors shrink first.

The inner one, and that of a falling lap, is looked for backward: T, the inverses of the branches in
turn, continued by constants where they end, is continuous and monotone on the whole line, and
z - T(z) changes sign at the root alone.  Errors shrink there even where Phi lets them grow by 1e20
and the lap is narrower than a rounding unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from doya.orbits.bimodal import LOW, MIDDLE, Bimodal, ahead, back, multiplier, steepness

# Newton takes a dozen steps, and beside a fold of cycles 50, as each halves the distance.
NEWTON_STEPS = 60
# Where a step back is longer than this part of the last, the bracket is halved; or rounding is
# all that is left, if the last was as short as NEAR.
SHRINK, NEAR = 0.75, 1e-9
ROUNDING = 2.0**-52
TINY = 1e-300

Item = TypeVar("Item")


class Sweep(NamedTuple):
    """Where the steps from a point lead: the last point, D and dD/dz, and a bound on its error."""

    end: float
    slope: float
    bend: float
    noise: float


def falls(word: Sequence[int]) -> bool:
    """Whether the map falls along a word."""
    return word.count(MIDDLE) % 2 == 1


def orbit(z: float, steps: int, neuron: Bimodal) -> list[float]:
    """z and the points after it, so many in all."""
    points = [z]
    for _ in range(steps - 1):
        points.append(ahead(points[-1], neuron))
    return points


def product(cycle: Sequence[float], neuron: Bimodal) -> float:
    """The multiplier of a cycle."""
    return math.prod(multiplier(z, neuron) for z in cycle)


def rounding(z: float, image: float, neuron: Bimodal) -> float:
    """A bound on the error of a step from z."""
    terms = abs(z - neuron.rest) + abs(image - neuron.rest)
    return ROUNDING * (abs(neuron.rest) + 3.0 * terms)


def on_branch(z: float, branch: int, neuron: Bimodal) -> bool:
    """Whether z is on the branch or at an end of it."""
    if branch == MIDDLE:
        return abs(z) <= neuron.critical
    return z <= -neuron.critical if branch == LOW else z >= neuron.critical


def sweep(word: Sequence[int], z: float, neuron: Bimodal) -> Sweep | None:
    """The steps from z along a word on which the map rises; None where they leave it."""
    slope, curl, noise = 1.0, 0.0, 0.0
    for branch in word:
        if not on_branch(z, branch, neuron):
            return None
        steep = steepness(z, neuron)
        mu = neuron.keep + steep
        mu = mu if mu != 0.0 else TINY  # which dD/dz does not depend on
        # The derivative of ln |mu|; sigma'' = -sigma' tanh(z/2).
        curl -= slope * (steep * math.tanh(0.5 * z) / mu)
        slope *= mu
        image = ahead(z, neuron)
        noise = abs(mu) * noise + rounding(z, image, neuron)
        z = image
    return Sweep(z, slope, slope * curl, noise)


def root_ahead(
    word: Sequence[int], z: float, direction: float, neuron: Bimodal
) -> tuple[float, bool] | None:
    """The attracting fixed point next to the end z of a rising lap, if there is one.

    And whether it is clear of the inner one, which it meets at a fold of cycles: where rounding
    cannot tell them apart they count as one.
    """
    near = None
    for _ in range(NEWTON_STEPS):
        at = sweep(word, z, neuron)
        if at is None:
            break
        lag, pull = direction * (at.end - z), 1.0 - at.slope
        if abs(lag) <= at.noise:
            near = z, False
        if not (pull > 0.0 and direction * at.bend >= 0.0):
            break
        after = z + direction * lag / pull
        if lag <= 0.0 or after == z:
            return z, pull * pull > 4.0 * abs(at.bend) * at.noise
        z = after
    return near


def sweep_back(word: Sequence[int], z: float, neuron: Bimodal) -> tuple[list[float], float]:
    """The points that lead to z along a word, and dT/dz, where T(z) is the first of them."""
    points, slope = [], 1.0
    for branch in reversed(word):
        z, inside = back(branch, z, neuron)
        points.append(z)
        mu = multiplier(z, neuron)
        slope = slope / mu if inside and mu != 0.0 else 0.0
    return points[::-1], slope


def bracket(word: Sequence[int], neuron: Bimodal) -> tuple[float, float]:
    """Two points of a lap, most often its ends, with all its fixed points between them."""
    # z reaches |w| from z* at most, as x is between 0 and 1.
    far = (neuron.rest - neuron.span, neuron.rest + neuron.span)
    ends = (sweep_back(word, end, neuron)[0][0] for end in far)
    lower, upper = sorted(ends)
    return lower, upper


def root_back(word: Sequence[int], lower: float, upper: float, neuron: Bimodal) -> list[float]:
    """The cycle at the root of z - T(z), where that rises through 0 once between two points.

    The root lies between z and T(z) where T falls, and beyond T(z) where it rises.
    """
    rises = not falls(word)
    z, last = lower + 0.5 * (upper - lower), math.inf
    while True:
        points, slope = sweep_back(word, z, neuron)
        first = points[0]
        if first > z:
            lower, upper = (max(lower, first), upper) if rises else (z, min(upper, first))
        else:
            lower, upper = (lower, min(upper, first)) if rises else (max(lower, first), z)
        after = z + (first - z) / (1.0 - slope) if slope < 1.0 else first
        size = 1.0 + abs(z)
        if not lower < upper or abs(after - z) <= ROUNDING * size:
            return points
        if not (lower <= after <= upper and abs(after - z) <= SHRINK * last):
            if last <= NEAR * size:
                return points
            after = lower + 0.5 * (upper - lower)
        z, last = after, abs(after - z)


def turned(cycle: Sequence[Item], step: int) -> list[Item]:
    """The same points, or letters, from another one on."""
    return [*cycle[step:], *cycle[:step]]


def settled(cycle: Sequence[float], neuron: Bimodal) -> list[float]:
    """An attracting cycle to the last bits, by Newton's method from where it contracts most."""
    step = min(range(len(cycle)), key=lambda i: abs(multiplier(cycle[i], neuron)))
    z, last = cycle[step], math.inf
    while True:
        points = orbit(z, len(cycle) + 1, neuron)
        change = (points[-1] - z) / (1.0 - product(points[:-1], neuron))
        if not abs(change) < last:
            return turned(points[:-1], len(cycle) - step)
        z, last = z + change, abs(change)


def is_same(cycle: Sequence[float], other: Sequence[float], neuron: Bimodal) -> bool:
    """Whether an attracting cycle is another, but for ten times what rounding explains."""
    error = 0.0
    for z in cycle:
        error = abs(multiplier(z, neuron)) * error + rounding(z, ahead(z, neuron), neuron)
    for z, there in zip(cycle, other, strict=True):
        if abs(z - there) > 10.0 * error:
            return False
        error = abs(multiplier(z, neuron)) * error + rounding(z, ahead(z, neuron), neuron)
    return True
