"""Walls of the loss along an author's letters, in closed form.

Along a letter L, w = w0 + w1 p(L) and b = b0 + b1 p(L), and the state s0 at the start stays the
same.  The neuron rests at s0 where z = w sigma(z) + b for the z of s0, which does not change
with L.  As p moves monotonically with L, this is so at one L at most:

- If w sigma'(z) >= 1 there, s0 is the unstable equilibrium, and the wall is a boundary.
- If w sigma'(z) < 1 - 2/epsilon, s0 is a fixed point with a multiplier below -1, and the wall
  separates two phases.

At each fold of the line, an attractor vanishes.  There is a wall if the start goes to it: if the
equilibrium that vanishes is between the start and the other equilibrium.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.letter_sweeps import letter_sweep
from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.points import tangencies
from doya.checks import LARGEST
from doya.conversions.author import AUTHORS, Move
from doya.conversions.conversion import Conversion, is_late
from doya.conversions.rates import moved, rates_of, readout_rates, start_of, x_of
from doya.equilibria import roots
from doya.kernels.numbers.logistic import logit, sigmoid, sigmoid_slope
from doya.landscapes import phases
from doya.landscapes.letter_losses import LetterLoss
from doya.landscapes.searches import Ranges
from doya.landscapes.wall import Wall
from doya.landscapes.wall_search import curves_of
from doya.neurons import NeuronMap

KINDS = ("boundary", "phase", "fold", "fold", "fold", "fold")
BY_LETTERS = (
    "The map has w < 0 and epsilon < 1: further walls may exist where the start reaches the fixed"
    " point after one or more steps; over letters they are not searched."
)


class Place(NamedTuple):
    """A wall along a letter: its value, and the author's states on both sides as T grows."""

    value: float
    below: float
    above: float


NOWHERE = Place(math.nan, math.nan, math.nan)


def letter_walls(loss: LetterLoss, axes: Mapping[str, Floats]) -> tuple[Wall, ...]:
    """Return all walls within the ranges of one letter, or of two."""
    over = across(loss.conversion, tuple(axes))
    if over is None:
        return ()
    ranges = {name: (float(axis[0]), float(axis[-1])) for name, axis in axes.items()}
    along = next((name for name in axes if name != over), None)
    known: dict[float, list[Place]] = {}

    def places(value: float) -> list[Place]:
        if value not in known:
            conversion = moved(loss.conversion, **{along: value}) if along else loss.conversion
            known[value] = places_along(loss, conversion, over, ranges[over])
        return known[value]

    def solve(values: dict[str, Floats]) -> Floats:
        found = [places(value) for value in values[along].tolist()] if along else [places(0.0)]
        return np.array([[each.value for each in row] for row in found]).T

    walls: list[Wall] = []
    for k, kind in enumerate(KINDS):
        if along is None:
            row = solve({})[k]
            curves = [{over: row}] if np.isfinite(row).all() else []
        else:
            curves = curves_of(
                loss, over, along, axes[along], lambda values, k=k: solve(values)[k : k + 1],
                lambda values: np.zeros(values[over].size, dtype=np.int64),
            )  # fmt: skip
        for curve in curves:
            at = [places(value)[k] for value in (curve[along].tolist() if along else [0.0])]
            walls.append(_wall(loss, ranges, over, kind, curve, at))
    return tuple(sorted(walls, key=lambda wall: float(wall.values[over][0])))


def across(conversion: Conversion, names: tuple[str, ...]) -> str | None:
    """Return the letter across the walls: one that moves b alone if there is one, or None."""
    author = AUTHORS[conversion.author]
    moving = [name for name in names if author.moves[name] is not Move.STEP]
    alone = [name for name in moving if {*rates_of(conversion)[name]} == {"b"}]
    return next(iter([*alone, *moving]), None)


def _wall(
    loss: LetterLoss,
    ranges: Ranges,
    over: str,
    kind: str,
    values: dict[str, Floats],
    places: list[Place],
) -> Wall:
    """Return one wall, with the loss on both sides."""
    below, above = (
        np.array([getattr(place, side) for place in places]) for side in ("below", "above")
    )
    return Wall(
        kind=kind, values={name: values[name] for name in ranges}, over=over,
        below=(loss.target - below) ** 2, above=(loss.target - above) ** 2,
        size=np.abs(above - below), ranges=ranges, loss=loss,
    )  # fmt: skip


def places_along(
    loss: LetterLoss, conversion: Conversion, over: str, between: tuple[float, float]
) -> list[Place]:
    """Return the walls along one letter in the order of `KINDS`, NaN where there is none."""
    swept = letter_sweep(conversion, over, 0.0)
    assert isinstance(swept, SweptLetter)
    found = [*_at_rest(loss, swept, between), *_folds(loss, swept)]
    low, high = between
    return [each if low <= each.value <= high else NOWHERE for each in found]


def resting_z(swept: SweptLetter, start: float) -> float:
    """Return z = w x + b of an equilibrium with this state of the author; NaN if there is none.

    It is the same for all values of the letter.
    """
    conversion, author = swept.conversion, swept.author
    assert conversion is not None
    if not _keeps_x(conversion, swept.letter):
        at_zero, at_one = (float(author.at_rest(z, **conversion.parameters)) for z in (0.0, 1.0))
        return (start - at_zero) / (at_one - at_zero)
    x = float(x_of(conversion, start))
    return float(logit(x)) if 0.0 < x < 1.0 else math.nan


def _keeps_x(conversion: Conversion, letter: str) -> bool:
    """Return whether a state of the author has the same x for all values of the letter."""
    logit_of_x = bool(np.any(is_late(conversion)))
    return logit_of_x or letter not in readout_rates(conversion, 0.5).by_letter


def _at_rest(loss: LetterLoss, swept: SweptLetter, between: tuple[float, float]) -> list[Place]:
    """Return the places where the neuron rests at its start: a boundary, and one of phases."""
    z = resting_z(swept, loss.start)
    y = np.asarray(sigmoid(z))
    value = float(swept.value(np.asarray(z), y))
    if not between[0] <= value <= between[1]:
        return [NOWHERE, NOWHERE]
    w, bias, epsilon = swept.unchecked(value)
    level = w * float(sigmoid_slope(z))
    if level >= 1.0:
        zs = [z, *(root[0] for root in roots(w, bias))]
        return [_between(swept, value, float(y), min(zs), max(zs)), NOWHERE]
    if isinstance(swept.neuron, NeuronMap) and level < phases.flip_slope(epsilon):
        return [NOWHERE, _phases(loss, swept, value, float(y))]
    return [NOWHERE, NOWHERE]


def _folds(loss: LetterLoss, swept: SweptLetter) -> list[Place]:
    """Return the folds at which the attractor of the start vanishes, up to two of each branch."""
    assert swept.conversion is not None
    lower, upper = [NOWHERE, NOWHERE], [NOWHERE, NOWHERE]
    ranks = [0, 0]
    for at in tangencies(swept):
        if at.kind != "LP" or not abs(at.value) <= LARGEST:
            continue
        row = int(at.z > 0.0)
        rank, ranks[row] = ranks[row], ranks[row] + 1
        try:
            conversion = moved(swept.conversion, **{swept.letter: at.value})
        except ValueError:  # out of the letter's range
            continue
        w, bias, _ = swept.unchecked(at.value)
        z = max((root[0] for root in roots(w, bias)), key=lambda z: abs(z - at.z))
        start = float(x_of(conversion, loss.start))
        if (start - at.x) * (z - at.z) < 0.0 and rank < 2:
            place = _between(swept, at.value, at.x, min(z, at.z), max(z, at.z))
            (upper if row else lower)[rank] = place
    return [*lower, *upper]


def _between(swept: SweptLetter, value: float, y: float, low: float, high: float) -> Place:
    """Return the wall between the attractors with the smaller and the larger z."""
    states = [
        float(swept.author.at_rest(z, **{**_letters(swept), swept.letter: value}))
        for z in (low, high)
    ]
    return Place(value, *(states if _rise(swept, value, y) >= 0.0 else states[::-1]))


def _phases(loss: LetterLoss, swept: SweptLetter, value: float, y: float) -> Place:
    """Return the wall between two phases."""
    assert swept.conversion is not None
    conversion = moved(swept.conversion, **{swept.letter: value})
    # The start x moves with the letter, unless the letter keeps it: then the fixed point moves.
    keeps = _keeps_x(swept.conversion, swept.letter)
    above = (_rise(swept, value, y) > 0.0) == keeps
    x0 = float(x_of(conversion, loss.start))
    own = LetterLoss(conversion.neuron, x0, loss.t_end, loss.target, None, conversion)
    low, high = phases.sides(own, {}, np.array([above]))
    below, beyond = (float(start_of(conversion, each).item()) for each in (low, high))
    return Place(value, below, beyond)


def _rise(swept: SweptLetter, value: float, y: float) -> float:
    """Return the rate at which w y + b grows with the letter."""
    rates = swept.rates(value)
    return rates["b"] + rates["w"] * y


def _letters(swept: SweptLetter) -> dict[str, Any]:
    assert swept.conversion is not None
    return dict(swept.conversion.parameters)


def may_oscillate(loss: LetterLoss, axes: Mapping[str, Floats]) -> bool:
    """Return whether a fixed point of the map may have a multiplier below -1 in these ranges."""
    neuron = _every(loss, axes)
    if not isinstance(neuron, NeuronMap):
        return False
    return bool(phases.may_oscillate(np.min(neuron.w), np.max(neuron.epsilon)))


def further_walls(loss: LetterLoss, axes: Mapping[str, Floats]) -> str:
    """Return a sentence why there may be walls besides those listed; empty if there are none."""
    neuron = _every(loss, axes)
    if not may_oscillate(loss, axes) or not isinstance(neuron, NeuronMap):
        return ""
    return "" if np.min(neuron.epsilon) == 1.0 else BY_LETTERS


def _every(loss: LetterLoss, axes: Mapping[str, Floats]) -> Any:
    cells = np.meshgrid(*axes.values(), indexing="ij")
    return loss.there(dict(zip(axes, cells, strict=True))).neuron
