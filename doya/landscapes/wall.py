"""A wall of the loss: its place, the loss on its two sides, and its steepness at the finite T."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import Parameter
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.searches import Peak, Ranges, largest, steepest_across
from doya.landscapes.statuses import WallStatus
from doya.results import Result

# Narrower walls are not resolved; in units in the last place.
THIN = 100.0
# How often the distance between points around the steepest is divided by 4, along a wall.
REFINED = 5


@dataclass(frozen=True, eq=False, repr=False)
class Wall(Result):
    """Wall of the loss: a point or curve of parameters across which the loss jumps at T = infinity.

    Attributes
    ----------
    kind : {"boundary", "fold", "phase"}
        "boundary": x0 equals the unstable equilibrium, the boundary of two basins.
        "fold": the attractor of the start vanishes in a fold.
        "phase": x0 equals a fixed point of the map with a multiplier below -1, or is mapped to it
        in `steps` steps.  This point separates the two phases of a 2-cycle, or of the attractor
        that grew out of the 2-cycle.
    values : dict of ndarray, shape (n,)
        The swept parameters along the wall, by name; n is 1 where one parameter is swept.
    over : str
        The parameter across the wall: `below` is at its smaller values, `above` at its larger.
    below, above : ndarray, shape (n,)
        The loss at T = infinity on the two sides of the wall, dimensionless.  On a cycle it is the
        loss after the state has settled, at an even step where T is even and at an odd step where T
        is odd.  NaN where the states beside the wall do not settle in one 2-cycle.
    size : ndarray, shape (n,)
        The jump of x at T = infinity, at least 0, dimensionless.  NaN where `below` is NaN.
    ranges : dict of pair of float
        The first and last value of each swept parameter.
    steps : int
        Number of steps after which the map is at the fixed point, for "phase"; 0 for other kinds.
    loss : Loss
        The loss to which the wall belongs: neuron, start, T, target and input.

    Notes
    -----
    The place of the wall and the loss on its two sides are known as soon as the wall is made.
    `largest_gradient`, `at`, `width` and `status` need a search at the finite T.  This search is
    made once, when one of them is first read.
    """

    kind: str
    values: dict[str, Floats]
    over: str
    below: Floats
    above: Floats
    size: Floats = field(repr=False)
    ranges: Ranges = field(repr=False)
    loss: Loss = field(repr=False)
    steps: int = field(default=0, repr=False)

    @cached_property
    def _steepest(self) -> Peak:
        """Return the largest gradient around each point of the wall, at the finite T."""
        return steepest_across(self.loss, self.ranges, self.over, self.values, self._middle)

    @property
    def _middle(self) -> Parameter | None:
        """Return the fixed point between two phases; None between two attractors."""
        if self.steps:
            return phases.fixed_point(self.loss, self.values)
        return self.loss.at(self.values)[1] if self.kind == "phase" else None

    @property
    def largest_gradient(self) -> Floats:
        """Return the largest norm of the gradient of the loss near the wall, shape (n,).

        The search changes only the parameter `over`, at the finite T and within the swept range.
        Only states that were reached count; NaN where there are none.
        """
        return self._steepest.norm

    @property
    def at(self) -> Floats:
        """Return the value of `over` with the largest gradient, shape (n,).

        At a finite T, the steepest place of a fold's wall lies beyond the fold itself.
        """
        return self._steepest.at

    @cached_property
    def width(self) -> Floats:
        """Return the width of the wall in units of `over`, shape (n,); 0 at T = infinity.

        The width is the jump of x divided by abs(dx/d(over)) at the steepest place, `at`.
        """
        with np.errstate(divide="ignore"):
            return self.size / np.abs(self._steepest.slope)

    @cached_property
    def status(self) -> NDArray[np.int64]:
        """Return how well the largest gradient is known, shape (n,).

        0: it was found.  1: the wall is narrower than 100 units in the last place, and
        `largest_gradient` is the largest that doubles resolve.  2: T is infinite.  3: no state
        near the wall was reached.
        """
        # Where the jump of x is not known, it is at most 1.
        with np.errstate(divide="ignore"):
            widest = np.where(np.isnan(self.size), 1.0 / np.abs(self._steepest.slope), self.width)
        thin = widest < THIN * np.spacing(np.abs(self.at))
        found = np.where(thin, WallStatus.NOT_RESOLVED, WallStatus.FOUND)
        found = np.where(np.isnan(self.largest_gradient), WallStatus.NOT_REACHED, found)
        return np.where(math.isinf(self.loss.t_end), WallStatus.JUMP, found)

    @property
    def jump(self) -> Floats:
        """Return `above` - `below`: the jump of the loss at T = infinity, shape (n,)."""
        return self.above - self.below

    @property
    def message(self) -> Any:
        """Return the status of each point and its remedy in words, shape (n,)."""
        return WallStatus.explain(self.status)


def search_together(walls: Sequence[Wall]) -> None:
    """Search for the largest gradients of all walls of one point by one search, which is faster."""
    searches: dict[Any, list[Wall]] = {}
    for wall in walls:
        if wall.steps and "_steepest" not in vars(wall):
            searches.setdefault((id(wall.loss), wall.over), []).append(wall)
    for first, *others in searches.values():
        rows = [(wall.values[wall.over], wall._middle) for wall in (first, *others)]
        places, middles = (np.concatenate(each) for each in zip(*rows, strict=True))
        every = steepest_across(first.loss, first.ranges, first.over, {first.over: places}, middles)
        for k, wall in enumerate((first, *others)):
            vars(wall)["_steepest"] = every.part(slice(k, k + 1))


def steepest_on(wall: Wall) -> tuple[float, dict[str, float]]:
    """Return the largest gradient on a wall, refined between its points, and its place."""
    k = largest(wall.largest_gradient)
    top, at = float(wall.largest_gradient[k]), float(wall.at[k])
    place = {name: float(value[k]) for name, value in wall.values.items()} | {wall.over: at}
    along = next((name for name in wall.values if name != wall.over), None)
    if along is None or math.isinf(top):
        return top, place
    known, across = wall.values[along], wall.values[wall.over]
    low, high = known[max(k - 1, 0)], known[min(k + 1, known.size - 1)]
    for _ in range(REFINED):
        trial = np.linspace(low, high, 9)
        near = np.interp(trial, known, across)
        # The search across such a wall covers a short range only.
        if wall.kind == "phase" and wall.loss.in_doya:
            exact = phases.place(wall.loss, wall.over, {along: trial})
            near = np.where(np.isnan(exact), near, np.clip(exact, *wall.ranges[wall.over]))
        trials = dataclasses.replace(wall, values={along: trial, wall.over: near})
        peak = trials._steepest
        k = largest(peak.norm)
        if peak.norm[k] > top:
            top = float(peak.norm[k])
            place = {along: float(trial[k]), wall.over: float(peak.at[k])}
        low, high = trial[max(k - 1, 0)], trial[min(k + 1, 8)]
    return top, place
