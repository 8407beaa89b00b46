"""The loss over one parameter as a curve: every wall is resolved, and the minimum is refined."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.conversions.rates import x_of
from doya.landscapes.letter_losses import LetterLoss
from doya.landscapes.losses import Loss
from doya.landscapes.searches import LEAP, crossing
from doya.landscapes.wall import Wall
from doya.neurons import NeuronMap
from doya.results import Result
from doya.scaled import Scaled
from doya.sensitivities.sweeps import MOST_ADDED, Curves, refined

# The nearest values beside a wall are this part of its width away; further ones twice as far each.
NEAREST = 1.0 / 32.0
# Largest number of walls whose sides get more values, each twice as far away as before.
FEW_WALLS = 8
# Steps of the map in all, for values that are added where the curve is steep; at least LEAST_ADDED
# are added.
MOST_STEPS, LEAST_ADDED = 1e8, 64
# Intervals that are searched for a minimum, those with the smallest loss at their ends; one where
# the input is a function of time, as each state then takes a thousand calls of it.
SEARCHED, SEARCHED_BY_STEPS = 8, 1

Answers: TypeAlias = Callable[[Floats], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False, repr=False)
class LossCurve(Result):
    """Loss, state and gradient over one parameter, with values of their own at every wall.

    At T = infinity the loss jumps at a wall: there `loss`, `x` and `gradient` are NaN, so that no
    line is drawn through the jump.  The values beside it are the neighbouring doubles.

    Attributes
    ----------
    value : ndarray, shape (n,)
        Values of the parameter in ascending order: the grid of the landscape, and added values
        where the curves are steep.  The largest gradient on each wall is among them.
    loss : ndarray, shape (n,)
        L = (target - x(T))**2, dimensionless; NaN where T was not reached.
    x : ndarray, shape (n,), or None
        The state x(T), dimensionless; None for a task.
    gradient : dict of ndarray, shape (n,)
        dL/dp by the name of the parameter p; infinite beyond the range of a double.
    over : {"b", "w", "x0", "epsilon", "u", "input_weight"}
        Name of the parameter.
    """

    value: Floats
    loss: Floats
    x: Any
    gradient: dict[str, Floats]
    over: str
    _state: Floats | None = None

    _hidden: ClassVar[tuple[str, ...]] = ("_state",)

    @property
    def state(self) -> Floats:
        """Return x(T) in the author's state; x itself in Doya's parameters."""
        return self.x if self._state is None else self._state


def loss_curve(
    loss: Loss, over: str, grid: Floats, walls: Sequence[Wall], steepest: float
) -> LossCurve:
    """Return the curve through the grid, the place of the largest gradient, and added values."""

    def exact(value: Floats) -> Curves:
        x, by = loss.slopes({over: value}, (over,))
        # State and loss are two rows of one profile, so that both are resolved.
        rows = np.stack([x, (x - loss.target) ** 2])
        slopes = np.stack([by[over], loss.gradient(x, by)[over]])
        return Curves(value, rows, {over: Scaled(slopes, np.zeros(slopes.shape))})

    ends = (float(grid[0]), float(grid[-1]))
    # Walls that are many have no smooth sides between them.
    doublings = math.inf if len(walls) <= FEW_WALLS else 0
    beside = [_beside(wall, ends, doublings) for wall in walls]
    seeds = np.unique(
        np.concatenate([grid, [steepest] if math.isfinite(steepest) else [], *beside])
    )
    most = MOST_ADDED
    if isinstance(loss.neuron, NeuronMap):
        most = int(min(most, max(MOST_STEPS / max(loss.t_end, 1.0), LEAST_ADDED)))
    elif callable(loss.u):
        most = LEAST_ADDED
    found = refined(exact, seeds, most)
    x, value = found.x
    gradient = found.by[over].value[1]
    if math.isinf(loss.t_end):
        jumps = np.isin(found.value, np.concatenate([[], *(wall.values[over] for wall in walls)]))
        x, value, gradient = (np.where(jumps, math.nan, row) for row in (x, value, gradient))
    if isinstance(loss, LetterLoss):
        own = np.asarray(x_of(loss.there({over: found.value}), x))
        return LossCurve(found.value, value, own, {over: gradient}, over, x)
    return LossCurve(found.value, value, x, {over: gradient}, over)


def _beside(wall: Wall, between: tuple[float, float], most: float) -> Floats:
    """Return values on both sides of a wall, each twice as far from its steepest place as before.

    `most` is the largest number of doublings.

    So one call computes all values that a narrow wall needs; bisection would need many.
    """
    middles = np.concatenate([wall.values[wall.over], wall.at])
    middles = middles[np.isfinite(middles)]
    known = np.isfinite(wall.width)
    unit = NEAREST * float(np.min(wall.width, initial=math.inf, where=known))
    ulp = float(np.min(np.spacing(np.maximum(np.abs(middles), np.spacing(0.0)))))
    unit = max(unit, ulp) if math.isfinite(unit) else ulp
    reach = between[1] - between[0]
    doublings = max(math.ceil(math.log2(reach / unit)), 0) if unit < reach else 0
    away = unit * 2.0 ** np.arange(min(doublings, most) + 1)
    nearest = np.concatenate([np.nextafter(middles, -math.inf), np.nextafter(middles, math.inf)])
    every = np.concatenate(
        [middles, nearest, *(middle + side * away for middle in middles for side in (-1.0, 1.0))]
    )
    return every[(between[0] <= every) & (every <= between[1])]


def lowest(loss: Loss, curve: LossCurve) -> tuple[float, float]:
    """Return the value with the smallest loss, refined between the values of the curve, and it.

    Where x(T) passes the target between neighbouring doubles, the smallest loss is 0.
    """
    k = int(np.nanargmin(curve.loss))
    best = (float(curve.value[k]), float(curve.loss[k]))
    if best[1] == 0.0:
        return best
    over = curve.over

    def passes_target(value: Floats) -> NDArray[np.bool_]:
        return loss.slopes({over: value}, ())[0] > loss.target

    def rises(value: Floats) -> NDArray[np.bool_]:
        x, by = loss.slopes({over: value}, (over,))
        return loss.gradient(x, by)[over] > 0.0

    slope = curve.gradient[over]
    for answers, changes in (
        (passes_target, _changes(curve.state > loss.target, curve.state)),
        (rises, _changes(slope > 0.0, slope) & (np.diff(np.sign(slope)) > 0.0)),
    ):
        for value, size in _refined(loss, curve, answers, changes):
            if size < best[1]:
                best = (value, size)
        if best[1] == 0.0:
            break
    return best


def _changes(holds: NDArray[np.bool_], row: Floats) -> NDArray[np.bool_]:
    """Return between which neighbours an answer changes; both are known."""
    known = ~np.isnan(row)
    changes: NDArray[np.bool_] = np.diff(holds) & known[1:] & known[:-1]
    return changes


def _refined(
    loss: Loss, curve: LossCurve, answers: Answers, changes: NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """Return value and loss where the answer changes, in the intervals with the smallest loss."""
    at = np.flatnonzero(changes)
    ends = np.fmin(curve.loss[at], curve.loss[at + 1])
    by_steps = callable(loss.u) and not isinstance(loss.neuron, NeuronMap)
    most = SEARCHED_BY_STEPS if by_steps else SEARCHED
    at = at[np.argsort(ends, kind="stable")[:most]]
    if not at.size:
        return []
    low, high = crossing(answers, curve.value[at], curve.value[at + 1])
    both = np.stack([low, high])
    off = (loss.slopes({curve.over: both.ravel()}, ())[0] - loss.target).reshape(both.shape)
    nearer = np.argmin(np.abs(off), axis=0)
    value, smallest = (np.take_along_axis(row, nearer[np.newaxis], 0)[0] for row in (both, off**2))
    # The state passes the target itself, unless a wall is between the two doubles.
    passed = (np.sign(off[0]) != np.sign(off[1])) & (np.abs(off[1] - off[0]) < LEAP)
    return list(zip(value.tolist(), np.where(passed, 0.0, smallest).tolist(), strict=True))
