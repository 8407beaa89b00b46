"""One letter of an author as the parameter that changes: it moves w and b along a line.

With a function p of the letter, w = w0 + w1 p and B = b0 + b1 p, where B = b + w w' u is the bias
of the neuron without input.  Each author says in `moves` which function p is.  Letters that move b
alone have w1 = 0.  All others have w0 = 0, so that the line is B = b0 + lean w, lean = b1/w1.

A letter such as Pasemann's gamma changes epsilon = 1 - gamma = 1/p as well, with b0 = 0.  A flip
then has w sigma'(z) = 1 - 2 p, which with z = w sigma(z) + B becomes H(z) = 0,

    H(z) = z (2 + w1 sigma'(z)) - w1 sigma(z) - b1,  epsilon = 2 + w1 sigma'(z),
    H'(z) = 2 - w1 z sigma'(z) tanh(z/2).

Flips need w1 < 0, and then H rises: there is one root.
"""

from __future__ import annotations

import decimal
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import (
    DIGITS,
    FOLD,
    ONE,
    TWO,
    ExactPoint,
    flip_level,
    points_at_weight,
)
from doya.bifurcations.lines import FARTHEST, points_on_line
from doya.bifurcations.swept import Along, End, Part, Swept, Tangency
from doya.conversions.author import AUTHORS, Author, Move
from doya.kernels.numbers.logistic import sigmoid
from doya.neurons import Neuron, NeuronMap, NeuronODE
from doya.shifts import shifted_bias

# Digits of the coefficients of a line, whose terms may cancel.
COEFFICIENTS = decimal.Context(prec=400, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
# Relative distance below which two z are equal: those of a crossing are computed with 50 digits.
SAME = Decimal("1e-40")
# Distance in z below which a root of the line is the crossing, where it touches the fold curve.
TOUCHES = Decimal("1e-15")
# Below this 1 - gamma, w x + theta has lost the digits that the state is made of.
UNRESOLVED = 1e-10
# A smaller lean has no effect for any w.
FLATTEST = Decimal("1e-101")
# Steps of Newton's method at most, and the relative size of the last one.
MOST_STEPS, SETTLED = 200, Decimal("1e-30")


Function: TypeAlias = Callable[[Decimal], tuple[Decimal, Decimal]]


class Way(NamedTuple):
    """The coefficients of w = w0 + w1 p and B = b0 + b1 p."""

    w0: Decimal
    w1: Decimal
    b0: Decimal
    b1: Decimal


@dataclass(frozen=True, eq=False)
class SweptLetter(Swept):
    """A neuron in an author's letters, and the letter that changes along a line."""

    letter: str = ""

    @property
    def author(self) -> Author:
        """Return the author."""
        assert self.conversion is not None
        return AUTHORS[self.conversion.author]

    @property
    def name(self) -> str:
        """Return the letter."""
        return self.letter

    @property
    def move(self) -> Move:
        """Return the function p of the letter."""
        return self.author.moves[self.letter]

    @cached_property
    def way(self) -> Way:
        """Return the coefficients of the line, under the constant input."""
        with decimal.localcontext(COEFFICIENTS):
            (w0, b0), (w1, b1) = self._exact(0), self._exact(1)
            if self.move is Move.LINE:
                w1, b1 = w1 - w0, b1 - b0
            else:  # p = 1
                w1, b1 = self._exact(1 if self.move is Move.INVERSE else 0)
                w0, b0 = Decimal(0), Decimal(0)
            shift = self.exact_shift
            return Way(w0, w1, b0 + w0 * shift, b1 + w1 * shift)

    def _exact(self, value: int) -> tuple[Decimal, Decimal]:
        """Return w and b without rounding at a value of the letter; zeros where it has none."""
        letters = {name: Decimal(float(each)) for name, each in self.letters(value).items()}
        try:
            w, b, *_ = self.author.to_doya(**letters).values()
        except (decimal.DivisionByZero, decimal.InvalidOperation):
            return Decimal(0), Decimal(0)
        return w, b

    @property
    def is_steep(self) -> bool:
        """Return whether b alone changes."""
        return self.way.w1 == 0

    def there(self, value: float) -> dict[str, float]:
        """Return all parameters of the neuron, and u, at a value of the letter."""
        found = self.author.neuron_of(self.letters(value)).replace(
            input_weight=self.neuron.input_weight
        )
        return {**{name: float(each) for name, each in found.parameters.items()}, "u": self.u}

    def along(self, value: Floats) -> Along:
        """Return the parameters at each value of the letter."""
        found = self.author.neuron_of(self.letters(value)).parameters
        w, b, epsilon = (
            np.broadcast_to(found.get(name, 1.0), value.shape) for name in ("w", "b", "epsilon")
        )
        shift = np.full(value.shape, self.shift)
        return Along(w, np.asarray(shifted_bias(b, w, shift)), epsilon, shift)

    def state(self, value: Any, x: Any) -> Any:
        """Return the author's state of x; NaN where 1 - gamma is too small for x to resolve it."""
        found = super().state(value, x)
        if self.move is not Move.KEPT:
            return found
        return np.where(1.0 - np.asarray(value) < UNRESOLVED, math.nan, found)

    def unchecked(self, value: float) -> tuple[float, float, float]:
        """Return w, B and epsilon for a value that may have no neuron, as in a search."""
        try:
            w, b, *_ = map(float, self.author.to_doya(**self.letters(value)).values())
        except ZeroDivisionError:
            return math.nan, math.nan, math.nan
        return w, b + w * self.shift, float(self.steps(value))

    def neurons(self, value: Floats) -> Neuron:
        """Return the neurons without input along the letter, as an ensemble."""
        w, bias, epsilon, _ = self.along(value)
        if isinstance(self.neuron, NeuronMap):
            return NeuronMap(w, bias, epsilon=epsilon)
        return NeuronODE(w, bias)

    def rates(self, value: float) -> dict[str, float]:
        """Return the derivatives of B, w and epsilon with respect to the letter."""
        by_p = 1.0
        if self.move is Move.INVERSE:
            by_p = -(value**-2.0) if value else 0.0
        elif self.move is not Move.LINE:
            by_p = (1.0 - value) ** -2.0
        rates = {"b": float(self.way.b1) * by_p, "w": float(self.way.w1) * by_p}
        return {**rates, "epsilon": -1.0} if self.move is Move.KEPT else rates

    def weights(self, value: Floats) -> Any:
        """Return w along the letter."""
        w0, w1 = float(self.way.w0), float(self.way.w1)
        if self.move is Move.LINE:
            return w0 + w1 * value
        return w1 / (value if self.move is Move.INVERSE else 1.0 - value)

    def steps(self, value: Any) -> Any:
        """Return epsilon along the letter; 1 for the flow."""
        return 1.0 - value if self.move is Move.KEPT else super().steps(value)

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the letter at which z is an equilibrium; y = sigma(z)."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            if self.is_steep:
                w0, b0, b1 = float(self.way.w0), float(self.way.b0), float(self.way.b1)
                p = (z - w0 * y - b0) / b1
            else:
                p = self._weight(z, y) / float(self.way.w1)
            if self.move is Move.LINE:
                return np.asarray(p)
            return np.asarray(1.0 / p if self.move is Move.INVERSE else 1.0 - 1.0 / p)

    def exact_value(self, p: Decimal) -> Decimal:
        """Return the letter of this p, which is positive unless it is the letter itself."""
        if self.move is Move.LINE:
            return p
        return 1 / p if self.move is Move.INVERSE else 1 - 1 / p

    @property
    def start(self) -> float:
        """Return B at w = 0."""
        return float(self.way.b0) if math.isnan(self.crossing) else self.pole

    @property
    def lean(self) -> float:
        """Return the rate at which B grows with w."""
        return float(self._lean)

    @cached_property
    def _lean(self) -> Decimal:
        with decimal.localcontext(COEFFICIENTS):  # it may be nearly -1
            lean = Decimal("NaN") if self.is_steep else self.way.b1 / self.way.w1
            return Decimal(0) if abs(lean) < FLATTEST else lean

    @cached_property
    def _pole(self) -> Decimal:
        """Return z at which w goes to infinity along the equilibria, NaN where there is none."""
        with decimal.localcontext(COEFFICIENTS):
            if self.is_steep or not -1 < self._lean < 0:
                return Decimal("NaN")
            return (-self._lean / (ONE + self._lean)).ln()

    @property
    def pole(self) -> float:
        """Return z at which w goes to infinity along the equilibria, NaN where there is none."""
        return float(self._pole)

    @cached_property
    def crossing(self) -> float:
        """Return z of an equilibrium that exists for each w, NaN where there is none.

        Wilson and Cowan's r = 0 without input is one, and so is 0 of the tanh neuron with h = 0.
        """
        with decimal.localcontext(DIGITS):
            away = abs(self._pole - self.way.b0)
            meets = not away.is_nan() and away <= SAME * (1 + abs(self._pole))
        return self.pole if meets else math.nan

    @property
    def beyond_pole(self) -> float:
        """Return pole - start, of which the sign is exact."""
        with decimal.localcontext(DIGITS):
            return float(self._pole - self.way.b0)

    def tangencies(self) -> list[Tangency]:
        """Return every fold and flip along the line, with values of the letter of any size."""
        with decimal.localcontext(DIGITS):
            return [
                Tangency(
                    kind,
                    float(at.z),
                    float(at.x + self.exact_shift),
                    float(self.exact_value(p)),
                    float(kappa) - 1.0,
                )
                for kind, at, p, kappa in self._tangent()
                if self.move is Move.LINE or p > 0
            ] + self._far_folds()

    def _far_folds(self) -> list[Tangency]:
        """Return the fold beyond every w, at which the curve turns, of a line B = b0 or b0 - w."""
        if self.is_steep or self.move is not Move.LINE:
            return []
        start, value = float(self.way.b0), math.copysign(math.inf, self.way.w1)
        if self._lean == 0 and start < 1.0 - FARTHEST:
            return [Tangency("LP", start + 1.0, self.shift, value, 0.0)]
        if self._lean == -1 and start > FARTHEST - 1.0:
            return [Tangency("LP", start - 1.0, 1.0 + self.shift, value, 0.0)]
        return []

    def _tangent(self) -> Iterator[tuple[str, ExactPoint, Decimal, Decimal]]:
        """Yield kind, point, p and kappa = w sigma'(z) of each fold and flip."""
        for at, p in self._points(FOLD):
            yield ("CP" if at.z == 0 else "LP"), at, p, FOLD
        if not math.isnan(self.crossing) and self._pole != 0:
            # The line touches the fold curve, but no equilibria vanish: two branches cross.
            e = self._pole.exp()
            w = TWO + e + 1 / e
            yield (
                "BP",
                ExactPoint(w, w * self._lean, self._pole, e / (1 + e)),
                w / self.way.w1,
                FOLD,
            )
        if self.move is Move.KEPT:
            yield from self._flips()
        elif isinstance(self.neuron, NeuronMap):
            kappa = flip_level(float(self.neuron.epsilon))
            for at, p in self._points(kappa):
                yield "PD", at, p, kappa

    def _points(self, kappa: Decimal) -> Iterator[tuple[ExactPoint, Decimal]]:
        """Yield the points of the line with w sigma'(z) = kappa, and their p."""
        w0, w1, b0, b1 = self.way
        if self.is_steep:
            for at in points_at_weight(w0, kappa):
                yield at, (at.b - b0) / b1
            return
        crossed = not math.isnan(self.crossing)
        for at in points_on_line(self._pole if crossed else b0, self._lean, kappa):
            touches = crossed and kappa == FOLD and abs(at.z - self._pole) <= TOUCHES
            if not touches or at.z == 0:
                yield at, at.w / w1

    def _flips(self) -> Iterator[tuple[str, ExactPoint, Decimal, Decimal]]:
        """Yield the flip along a letter that changes epsilon too, if there is one."""
        w1, b1 = self.way.w1, self.way.b1
        if w1 >= 0:
            return
        reach = abs(w1).ln() + 4 if abs(w1) > 1 else Decimal(4)
        z = _rising_root(lambda z: _excess(z, w1, b1), -reach, reach)
        if z is None:
            return
        slope, x = _slope(z)
        epsilon = 2 + w1 * slope
        if epsilon > 0:
            p, kappa = 1 / epsilon, 1 - 2 / epsilon
            yield "PD", ExactPoint(w1 * p, b1 * p, z, x), p, kappa

    def parts(self, folds_below: int) -> list[Part]:
        """Return the parts of the curve of equilibria by ascending z."""
        if self.move is not Move.LINE:
            return list(self._parts_of_positive_p(folds_below))
        if self.is_steep:
            rises = math.copysign(math.inf, self.way.b1)
            return [Part(End(-math.inf, -rises), End(math.inf, rises), False)]
        sign = math.copysign(1.0, self.way.w1)
        return [
            Part(
                start._replace(value=sign * start.value), stop._replace(value=sign * stop.value), s
            )
            for start, stop, s in self._parts_along_w(folds_below)
        ]

    def _parts_of_positive_p(self, folds_below: int) -> Iterator[Part]:
        """Yield the parts with p > 0: p = z / (w1 (sigma(z) + lean)) is 0 at z = 0."""
        far, near = (0.0, math.inf) if self.move is Move.INVERSE else (1.0, -math.inf)
        pole, crossed = self.pole, not math.isnan(self.crossing)
        cuts = sorted({0.0, *([] if math.isnan(pole) else [pole])})
        for low, high in itertools.pairwise([-math.inf, *cuts, math.inf]):
            inside = 0.5 * (low + high) if math.isfinite(high - low) else (
                high - 1.0 if math.isinf(low) else low + 1.0
            )  # fmt: skip
            if self._sign_of_p(inside) < 0.0:
                continue
            ends = [
                End(z, math.nan if crossed and z == 0.0 else near if z == 0.0 else far)
                for z in (low, high)
            ]
            saddle = folds_below % 2 == 1 if crossed else self.way.w1 > 0
            yield Part(ends[0], ends[1], bool(low == pole and saddle))

    def _sign_of_p(self, z: float) -> float:
        scale = self.way.b1 if self.is_steep else self.way.w1
        state = 1.0 if self.is_steep else float(sigmoid(z)) + self.lean
        return math.copysign(1.0, z) * math.copysign(1.0, scale) * math.copysign(1.0, state)


def _excess(z: Decimal, w1: Decimal, b1: Decimal) -> tuple[Decimal, Decimal]:
    """Return H(z) and H'(z)."""
    slope, x = _slope(z)
    e = (-abs(z)).exp()
    steep = abs(z) * (1 - e) / (1 + e)  # z tanh(z/2)
    return z * (2 + w1 * slope) - w1 * x - b1, 2 - w1 * slope * steep


def _slope(z: Decimal) -> tuple[Decimal, Decimal]:
    """Return sigma'(z) and sigma(z)."""
    e = z.exp()
    x = e / (1 + e)
    return x / (1 + e), x


def _rising_root(function: Function, low: Decimal, high: Decimal) -> Decimal | None:
    """Return the root of a function that rises, by Newton's method kept between two points."""
    if function(low)[0] > 0 or function(high)[0] < 0:
        return None
    if low < 0 < high and function(Decimal(0))[0] == 0:
        return Decimal(0)
    z = (low + high) / 2
    for _ in range(MOST_STEPS):
        value, slope = function(z)
        low, high = (z, high) if value < 0 else (low, z)
        after = z - value / slope
        if abs(after - z) <= SETTLED * abs(z):
            return after
        z = after if low < after < high else (low + high) / 2
    return z
