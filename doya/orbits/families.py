"""Families of cycles of the map: a cycle is followed along a parameter while it attracts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.swept import Swept
from doya.kernels.machinery.running import run_once
from doya.kernels.map.attractors import moved
from doya.kernels.map.returns import PARAMETERS, returned

# Kind of a place beyond which a family cannot be followed.
LOST = "MX"
# Largest change of the multiplier in one step along the parameter.
STEP = 0.3
# Largest difference between a change and its prediction from slopes, relative to the change.
AS_PREDICTED = 0.1
# Difference from the prediction that rounding may cause in addition.
ROUNDING = 1e-12
# From this multiplier on, the search for the birth of the family begins.
NEAR_BIRTH = 0.7
# Distance of the multiplier from -1 at which the other family is searched, beside a flip.
BESIDE_FLIP = 0.06
# How often this distance is halved.
HALVINGS = 8
# Largest number of steps of Newton's method.
NEWTON_STEPS = 40
# Shorter steps of Newton's method may be rounding alone.
FINE = 1e-11
# The last step of Newton's method must be no longer than this.
CLOSE = 1e-7
# Largest error of the multiplier after the last step.
OFF = 1e-4
# Shortest step along the parameter (relative above 1).
SHORTEST = 1e-13
# Two values of the parameter are the same if their relative difference is no larger.
ULPS = 1e-15
# Two states half a round apart are the same if they differ by no more.
SAME = 1e-9
# First distance from a cycle at which the doubled cycle is searched.
KICK = 1e-11
# Factor from each such distance to the next.
GROWTH = 1.2


class Place(NamedTuple):
    """Cycle of a family: one of its states, the value of the parameter, and the multiplier.

    `along` is dx/dp on the family; `drift` is the derivative of the multiplier with respect to p.
    """

    x: float
    value: float
    multiplier: float
    along: float
    drift: float


class Family:
    """Family of cycles of one period, along one parameter or letter.

    Its states are x - w' u and its bias is b + w w' u, where `shift` is w' u.
    """

    def __init__(self, swept: Swept, period: int) -> None:
        self.swept, self.over, self.period = swept, swept.over, period
        self.neuron, self.shift = swept.neuron, swept.shift

    def of_period(self, period: int) -> Family:
        """Return the family of another period, of the same neuron and parameter."""
        return Family(self.swept, period)

    def parameters(self, value: float) -> tuple[float, float, float]:
        """Return w, the bias b + w w' u and epsilon at this value of the parameter."""
        if isinstance(self.swept, SweptLetter):
            return self.swept.unchecked(value)
        there: Any = {**self.neuron.parameters, self.over: value}
        w, b = there["w"], there["b"]
        return w, b + w * self.shift if self.shift else b, there["epsilon"]

    def states(self, x: float, value: float) -> Floats:
        """Return the states of one round, from x on."""
        found = [x]
        for _ in range(self.period - 1):
            found.append(moved(found[-1], *self.parameters(value))[0])
        return np.array(found)

    def is_shorter(self, place: Place) -> bool:
        """Return whether the place is a cycle of half the period, passed twice."""
        if self.period % 2:
            return False
        return abs(self.opposite(place) - place.x) <= SAME

    def opposite(self, place: Place) -> float:
        """Return the state half a round later."""
        return float(self.states(place.x, place.value)[self.period // 2])

    def corrected(self, x: float, value: float) -> Place | None:
        """Return the cycle at this value near a state, by Newton's method; None if it fails."""
        return self._newton(x, value, None)

    def where(self, multiplier: float, x: float, value: float) -> Place | None:
        """Return the cycle with this multiplier near a state and a value, by Newton's method.

        None if Newton's method fails.
        """
        return self._newton(x, value, multiplier)

    def drawn_to(self, x: float, value: float) -> float:
        """Return a state above a repelling one, from which a round leads no further away."""
        away = KICK
        while away < 1.0 and self._at(x + away, value)[0] > x + away:
            away *= GROWTH
        return x + away

    def _newton(self, x: float, value: float, multiplier: float | None) -> Place | None:
        last = math.inf
        for _ in range(NEWTON_STEPS):
            end, a, by_p, by_xx, by_xp = self._at(x, value)
            gap = end - x
            if multiplier is None:
                step, change = (gap / (1.0 - a) if a != 1.0 else math.inf), 0.0
            else:
                # (a - 1) step + by_p change = -gap,  by_xx step + by_xp change = multiplier - a
                off = multiplier - a
                determinant = (a - 1.0) * by_xp - by_p * by_xx
                if determinant == 0.0:
                    return None
                step = (-gap * by_xp - by_p * off) / determinant
                change = ((a - 1.0) * off + by_xx * gap) / determinant
            size = max(abs(step), abs(change) / max(1.0, abs(value)))
            if not size < 1.0:
                return None
            if size <= FINE and size >= 0.5 * last:  # rounding
                break
            x, value, last = x + step, value + change, size
        _, a, by_p, by_xx, by_xp = self._at(x, value)
        if last > CLOSE or (multiplier is not None and abs(a - multiplier) > OFF):
            return None
        along = by_p / (1.0 - a) if a != 1.0 else math.inf
        return Place(x, value, a, along, by_xp + by_xx * along)

    def _at(self, x: float, value: float) -> tuple[float, float, float, float, float]:
        if isinstance(self.swept, SweptLetter):
            return self._by_letter(self.swept, x, value)
        there = self.parameters(value)
        end, a, by_p, by_xx, by_xp = self._returned(x, there, self.over)
        if self.over == "w" and self.shift:  # the bias b + w w' u changes with w too
            _, _, by_b, _, by_xb = self._returned(x, there, "b")
            by_p, by_xp = by_p + self.shift * by_b, by_xp + self.shift * by_xb
        return end, a, by_p, by_xx, by_xp

    def _by_letter(
        self, swept: SweptLetter, x: float, value: float
    ) -> tuple[float, float, float, float, float]:
        """Return the same along a letter, by the chain rule."""
        by_p, by_xp, there = 0.0, 0.0, self.parameters(value)
        for name, rate in swept.rates(value).items():
            end, a, by_one, by_xx, by_x_and_one = self._returned(x, there, name)
            by_p, by_xp = by_p + rate * by_one, by_xp + rate * by_x_and_one
        return end, a, by_p, by_xx, by_xp

    def _returned(self, x: float, there: tuple[float, ...], over: str) -> tuple[float, ...]:
        number = PARAMETERS.index(over)
        found: tuple[float, ...] = run_once(returned, self.period, x, *there, self.period, number)
        return found


def followed(
    family: Family, place: Place, stops: list[float]
) -> Iterator[tuple[str, Family, Place]]:
    """Yield the cycle at each stop ahead with the kind "", then the end of its attraction.

    The end has the kind of its bifurcation; a flip is reported for the cycle with the shorter
    period.  The kind is LOST where the cycle could not be followed further.  There is no end if
    the cycle still attracts at the last stop.
    """
    longest = math.inf
    for stop in stops:
        while abs(stop - place.value) > ULPS * abs(stop):
            way = stop - place.value
            step = math.copysign(min(longest, abs(way)), way)
            if place.multiplier > NEAR_BIRTH and place.drift * step > 0.0:
                birth = _birth_ahead(family, place, abs(stops[-1] - place.value))
                if birth:
                    yield birth
                    return
            ahead = stop if step == way else place.value + step
            new = family.corrected(place.x + place.along * step, ahead)
            if new is None or not _near(place, new) or family.is_shorter(new):
                longest = 0.5 * abs(step)
                if longest < SHORTEST * max(1.0, abs(stop)):
                    yield LOST, family, place
                    return
            elif abs(new.multiplier) > 1.0:
                yield _passed(family, place, new)
                return
            else:
                place, longest = new, 2.0 * longest
        yield "", family, place


def _near(place: Place, new: Place) -> bool:
    """Return whether two places belong to one family: the slopes predict both changes."""
    half = 0.5 * (new.value - place.value)
    along, drift = half * (place.along + new.along), half * (place.drift + new.drift)
    turn, way = new.multiplier - place.multiplier, new.x - place.x
    return (
        abs(turn) <= STEP
        and abs(turn - drift) <= AS_PREDICTED * abs(turn) + ROUNDING
        and abs(way - along) <= AS_PREDICTED * abs(way) + ROUNDING
    )


def _birth_ahead(family: Family, place: Place, room: float) -> tuple[str, Family, Place] | None:
    """Return the flip or fold in which the cycle was born, if it is not far ahead.

    The distance 1 - multiplier grows in proportion to the distance from a flip, and like its square
    root after a fold.
    """
    ahead = (1.0 - place.multiplier) / place.drift
    apart = math.inf
    if family.period % 2 == 0:
        half, other = family.of_period(family.period // 2), family.opposite(place)
        middle, apart = 0.5 * (place.x + other), abs(other - place.x)
        flip = half.where(-1.0, middle + place.along * ahead, place.value + ahead)
        if flip and flip.drift * ahead > 0.0 and abs(flip.value - place.value) <= room:
            back = place.value - flip.value
            between = abs(flip.x + flip.along * back - middle) <= apart
            if between and 0.3 < -back / ahead < 2.0:
                return "PD", half, flip
    fold = family.where(1.0, place.x + ahead * place.along, place.value + 0.5 * ahead)
    if (
        fold
        and 0.1 < (fold.value - place.value) / ahead < 1.0 + 1e-6
        and abs(fold.value - place.value) <= room
        and (apart == math.inf or abs(family.opposite(fold) - fold.x) > 0.5 * apart)
    ):
        return "LP", family, fold
    return None


def _passed(family: Family, place: Place, new: Place) -> tuple[str, Family, Place]:
    """Return the place between two cycles where the multiplier passes 1 or -1, with its kind."""
    target = math.copysign(1.0, new.multiplier)
    while abs(new.value - place.value) > SHORTEST * max(1.0, abs(place.value)):
        found = family.where(target, new.x, new.value)
        if found and (found.value - place.value) * (new.value - found.value) >= 0.0:
            return "PD" if target < 0.0 else "LP", family, found
        middle = 0.5 * (place.value + new.value)
        found = family.corrected(place.x + place.along * (middle - place.value), middle)
        if found is None:
            break
        place, new = (place, found) if abs(found.multiplier) > 1.0 else (found, new)
    return LOST, family, place


def beyond(flips: Family, flip: Place, period: int) -> tuple[Family, Place] | None:
    """Return the attracting cycle of this period beside a flip: the one that flips, or its double.

    None if it is not found.
    """
    doubled = period > flips.period
    ahead = (-BESIDE_FLIP if doubled else BESIDE_FLIP) / flip.drift
    for _ in range(HALVINGS):
        past = flips.corrected(flip.x + ahead * flip.along, flip.value + ahead)
        if past and (past.multiplier < -1.0) == doubled and past.multiplier < 0.0:
            if not doubled:
                return flips, past
            family = flips.of_period(period)
            place = family.corrected(family.drawn_to(past.x, past.value), past.value)
            if place and abs(place.multiplier) < 1.0 and not family.is_shorter(place):
                return family, place
        ahead *= 0.5
    return None
