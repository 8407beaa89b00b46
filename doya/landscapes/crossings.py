"""Straight steps through parameters that cross a wall of the loss, and where they cross it.

A wall separates two sides, and on each side the start settles elsewhere.  Attractors have walls for
w > 4, phases of a cycle have walls for w below 4 (1 - 2/epsilon); see `wall_values` and `phases`.
On a straight step w is linear, so the part of the step within such a range is one segment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.points import CUSP_W
from doya.kernels.numbers.logistic import logit
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.searches import crossing
from doya.landscapes.wall_search import constant_input
from doya.neurons import NeuronMap

# Distance from a wall, in units of the rounding errors of its terms, that counts as none.
ROUNDINGS = 4.0

Path = Mapping[str, Floats]


class Family(NamedTuple):
    """Walls of one kind: the range of w where they are, and the side of the start.

    `side` is positive or negative, and 0 on the wall itself.  A sign that changes where `holds` is
    False belongs to no wall.
    """

    limit: float
    is_below: bool  # the walls are at w below the limit
    side: Callable[[Loss, Path], Floats]
    holds: Callable[[Loss, Path], NDArray[np.bool_]]


class Crossings(NamedTuple):
    """Steps that cross a wall, each with the parameters at which it does."""

    step: NDArray[np.int64]
    place: dict[str, Floats]


def crossings(loss: Loss, path: Path) -> Iterator[Crossings]:
    """Yield the steps of a path that end on another side of a wall, for each kind of wall.

    `path` holds parameters by name, shape (steps + 1,).  A step that begins on a wall and leaves it
    crosses it.
    """
    for family in _families(loss, path):
        yield _crossings_of(family, loss, path)


def _families(loss: Loss, path: Path) -> list[Family]:
    """Return the kinds of walls that the loss may have."""
    if loss.pieces is None:  # under a function of time walls are not searched
        return []
    side = _settled_side if constant_input(loss) is None else _attractor_side
    found = [Family(CUSP_W, False, side, _always)]
    if side is _settled_side:  # walls between phases are searched under a constant input only
        return found
    if isinstance(loss.neuron, NeuronMap):
        steps = path.get("epsilon", np.atleast_1d(loss.neuron.epsilon))
        limit = 4.0 * phases.flip_slope(float(steps.max()))  # `_repels` knows each step's own
        found.append(Family(limit, True, _phase_side, _repels))
    return found


def _crossings_of(family: Family, loss: Loss, path: Path) -> Crossings:
    begin = {name: values[:-1] for name, values in path.items()}
    end = {name: values[1:] for name, values in path.items()}
    first, last = (_within if loss.in_doya else _within_letters)(family, loss, begin, end)
    step = np.flatnonzero(first < last)

    def at(part: Floats, step: NDArray[np.int64]) -> Path:
        """Return the parameters at these parts of the steps, w within its range."""
        found = _part_of(begin, end, part, step)
        if "w" in found and loss.in_doya:
            limited = np.minimum if family.is_below else np.maximum
            found["w"] = limited(found["w"], family.limit)
        return found

    low, high = first[step], last[step]
    before, after = (family.side(loss, at(part, step)) for part in (low, high))
    known = np.isfinite(before) & np.isfinite(after)
    # A part that begins on the limit of w begins on no wall: there the wall ends.
    begins = (before != 0.0) | (low == 0.0)
    crosses = known & begins & (np.sign(before) != np.sign(after)) & (after != 0.0)
    step, low, high, after = (each[crosses] for each in (step, low, high, after))
    _, part = crossing(
        lambda middle: np.sign(family.side(loss, at(middle, step))) == np.sign(after), low, high
    )
    place = at(part, step)
    kept = family.holds(loss, place)
    return Crossings(step[kept], {name: values[kept] for name, values in place.items()})


def _within(family: Family, loss: Loss, begin: Path, end: Path) -> tuple[Floats, Floats]:
    """Return the first and the last part of each step, 0 to 1, at which w is in the range."""
    size = next(iter(begin.values())).size
    w = [np.broadcast_to(each.get("w", loss.neuron.w), size) for each in (begin, end)]
    depth = [(family.limit - each if family.is_below else each - family.limit) for each in w]
    with np.errstate(divide="ignore", invalid="ignore"):
        meeting = depth[0] / (depth[0] - depth[1])
    first = np.where(depth[0] > 0.0, 0.0, np.where(depth[1] > 0.0, meeting, 1.0))
    last = np.where(depth[1] > 0.0, 1.0, np.where(depth[0] > 0.0, meeting, 0.0))
    return first, last


def _within_letters(family: Family, loss: Loss, begin: Path, end: Path) -> tuple[Floats, Floats]:
    """Return the same where w and epsilon follow from letters: the range is met by bisection."""
    size = next(iter(begin.values())).size
    every = np.arange(size)

    def inside(part: Floats, step: NDArray[np.int64] = every) -> NDArray[np.bool_]:
        neuron, _ = loss.at(_part_of(begin, end, part, step))
        if not family.is_below:
            return np.broadcast_to(np.asarray(neuron.w) > family.limit, part.shape)
        assert isinstance(neuron, NeuronMap)
        slope = phases.flip_slope(np.asarray(neuron.epsilon))
        return np.broadcast_to(np.asarray(neuron.w) < 4.0 * slope, part.shape)

    first, last = np.zeros(size), np.ones(size)
    starts, stops = inside(first), inside(last)
    mixed = np.flatnonzero(starts != stops)
    before, after = crossing(lambda part: inside(part, mixed), first[mixed], last[mixed])
    first[mixed] = np.where(starts[mixed], 0.0, after)
    last[mixed] = np.where(starts[mixed], before, 1.0)
    return first, np.where(starts | stops, last, 0.0)


def _part_of(begin: Path, end: Path, part: Floats, step: NDArray[np.int64]) -> dict[str, Floats]:
    """Return the parameters at these parts of some of the steps."""
    return {name: between(begin[name][step], end[name][step], part) for name in begin}


def between(begin: Floats, end: Floats, part: Floats) -> Floats:
    """Return the values at these parts of the way, which rounding leads past neither end."""
    values = (1.0 - part) * begin + part * end
    return np.clip(values, np.minimum(begin, end), np.maximum(begin, end))


def _parameters(loss: Loss, values: Path) -> tuple[Floats, Floats, Floats]:
    """Return w, b, and the start as x0 - w' u."""
    neuron, x0 = loss.at(values)
    size = next(iter(values.values())).size
    each = (neuron.w, neuron.b, np.asarray(x0) - loss.shift(values))
    w, b, start = (np.broadcast_to(part, size) for part in each)
    return w, b, start


def _attractor_side(loss: Loss, values: Path) -> Floats:
    """Return the distance of b above the wall between the attractors, for w >= 4."""
    w, _, start = _parameters(loss, values)
    lower = 2.0 / (w * (1.0 + np.sqrt(1.0 - CUSP_W / w)))  # the state at the lower fold
    return _above(loss, values, np.clip(start, lower, 1.0 - lower))


def _phase_side(loss: Loss, values: Path) -> Floats:
    """Return the distance of b above the value at which the start is a fixed point."""
    _, _, start = _parameters(loss, values)
    inside = (start > 0.0) & (start < 1.0)
    return np.where(
        inside, _above(loss, values, np.where(inside, start, 0.5)), np.where(start < 0.5, 1.0, -1.0)
    )


def _above(loss: Loss, values: Path, c: Floats) -> Floats:
    """Return b minus the bias at which c is an equilibrium; 0 where they differ by rounding."""
    w, b, _ = _parameters(loss, values)
    shift, lift = w * loss.shift(values), np.broadcast_to(loss.lift(values), b.shape)
    terms = (b, -logit(c), w * c, shift, lift)
    distance: Floats = np.sum(terms, axis=0)
    error = ROUNDINGS * np.spacing(np.max(np.abs(terms), axis=0))
    return np.where(np.abs(distance) <= error, 0.0, distance)


def _settled_side(loss: Loss, values: Path) -> Floats:
    """Return how far above 1/2 the start settles if the input keeps its last value."""
    distance: Floats = loss.rest(values) - loss.shift(values) - 0.5
    return distance


def _repels(loss: Loss, values: Path) -> NDArray[np.bool_]:
    """Return whether the start is a fixed point with a multiplier below -1."""
    w, _, start = _parameters(loss, values)
    neuron, _ = loss.at(values)
    assert isinstance(neuron, NeuronMap)
    repels: Any = w * start * (1.0 - start) < phases.flip_slope(np.asarray(neuron.epsilon))
    return np.asarray(repels & (start > 0.0) & (start < 1.0))


def _always(loss: Loss, values: Path) -> NDArray[np.bool_]:
    return np.ones(next(iter(values.values())).size, dtype=np.bool_)
