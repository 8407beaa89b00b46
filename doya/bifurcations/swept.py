"""One neuron under a constant input, and the parameter or letter of it that changes."""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import DIGITS, exact_bias
from doya.checks import Parameter
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion
from doya.kernels.numbers.logistic import sigmoid_difference
from doya.neurons import Neuron, NeuronMap
from doya.shifts import lifted_bias, shifted_bias, without_input


class End(NamedTuple):
    """An end of the curve of equilibria: its z and its value, where either may be infinite."""

    z: float
    value: float


class Part(NamedTuple):
    """A part of the curve of equilibria, and whether its first equilibria are saddles."""

    start: End
    stop: End
    is_saddle: bool


class Tangency(NamedTuple):
    """A bifurcation along one parameter, whose value may be out of range; x includes w' u."""

    kind: str
    z: float
    x: float
    value: float
    flow_eigenvalue: float


class Along(NamedTuple):
    """The parameters of the neuron without input along a sweep, and the shift x - y."""

    w: Floats
    bias: Floats
    epsilon: Floats
    shift: Floats


@dataclass(frozen=True, eq=False)
class Swept:
    """A neuron, the constant input u, and the name of the parameter that changes.

    The neuron without input that has the same z = w x + b has the bias b + w w' u; each of its
    equilibria is y = sigma(z) = x - w' u.  Where the input is inside sigma, the bias is b + w' u
    and no state is shifted.  With a conversion, states are the author's too.
    """

    neuron: Neuron
    over: str
    u: float
    conversion: Conversion | None = None

    @property
    def name(self) -> str:
        """Return the name of the parameter as the user has written it."""
        return self.over

    def letters(self, value: Any) -> dict[str, Parameter]:
        """Return the author's letters at a value of the swept parameter."""
        assert self.conversion is not None
        known = self.conversion.parameters
        return {**known, self.name: value} if self.name in known else known

    def state(self, value: Any, x: Any) -> Any:
        """Return the author's state of x at a value of the swept parameter; x itself for Doya."""
        if self.conversion is None:
            return x
        author = AUTHORS[self.conversion.author]
        with np.errstate(all="ignore"):
            return author.from_x(x, **self.letters(value))

    def state_at_rest(self, value: Any, x: Any, z: Any) -> Any:
        """Return the same at an equilibrium, of which z resolves more than x.

        Under an input z is not that of the author's equation.
        """
        if self.conversion is None or self.over == "u" or self.shift or self.lift:
            return self.state(value, x)
        return AUTHORS[self.conversion.author].at_rest(z, **self.letters(value))

    def there(self, value: float) -> dict[str, float]:
        """Return all parameters of the neuron, and u, at a value of the swept parameter."""
        return {**self._own, self.over: value}

    @cached_property
    def _own(self) -> dict[str, float]:
        """Return all parameters of the neuron, and u."""
        own = {name: float(each) for name, each in self.neuron.parameters.items()}
        return {**own, "u": self.u}

    def at(self, value: float) -> tuple[float, float, float]:
        """Return w, the bias without input and the shift x - y at a value of the parameter."""
        there = self.there(value)
        w, b, shift = there["w"], there["b"], there["input_weight"] * there["u"]
        if self.inside:
            return w, float(lifted_bias(b, shift)) if shift else b, 0.0
        return w, float(shifted_bias(b, w, shift)) if shift else b, shift

    def along(self, value: Floats) -> Along:
        """Return the parameters at each value of the swept parameter."""
        there = {name: np.broadcast_to(each, value.shape) for name, each in self.there(0.0).items()}
        there[self.over] = value
        w, shift = there["w"], there["input_weight"] * there["u"]
        epsilon = there.get("epsilon", np.ones(value.shape))
        if self.inside:
            return Along(w, np.asarray(lifted_bias(there["b"], shift)), epsilon, np.zeros(w.shape))
        return Along(w, np.asarray(shifted_bias(there["b"], w, shift)), epsilon, shift)

    def neurons(self, value: Floats) -> Neuron:
        """Return the neurons without input along the swept parameter, as an ensemble."""
        if self.over == "u":
            return without_input(self.neuron, value)[0]
        return without_input(self.neuron.replace(**{self.over: value}), self.u)[0]

    def weights(self, value: Floats) -> Any:
        """Return w along the swept parameter."""
        return value if self.over == "w" else float(self.neuron.w)

    def steps(self, value: Any) -> Any:
        """Return epsilon along the swept parameter; 1 for the flow."""
        if not isinstance(self.neuron, NeuronMap):
            return 1.0
        return value if self.over == "epsilon" else float(self.neuron.epsilon)

    def eigenvalue(self, flow_eigenvalue: Any, value: Any) -> Any:
        """Return the neuron's own eigenvalue: the flow's, or the map's multiplier."""
        if not isinstance(self.neuron, NeuronMap):
            return flow_eigenvalue
        return 1.0 + self.steps(value) * flow_eigenvalue

    def is_stable(self, flow_eigenvalue: Any, value: Any) -> Any:
        """Return whether an equilibrium attracts linearly, given the flow's eigenvalue there."""
        if not isinstance(self.neuron, NeuronMap):
            return flow_eigenvalue < 0.0
        change = self.steps(value) * flow_eigenvalue
        return (change < 0.0) & (change > -2.0)

    @property
    def inside(self) -> bool:
        """Return whether the input is inside sigma."""
        return self.neuron.input_inside

    @cached_property
    def shift(self) -> float:
        """Return w' u of the neuron's own input; 0 where it is inside sigma."""
        return 0.0 if self.inside else self._given

    @cached_property
    def lift(self) -> float:
        """Return w' u of the neuron's own input inside sigma; 0 where it is outside."""
        return self._given if self.inside else 0.0

    @cached_property
    def _given(self) -> float:
        return float(self.neuron.input_weight) * self.u

    @property
    def exact_shift(self) -> Decimal:
        """Return w' u of the neuron's own input outside sigma, as exact as the context."""
        return Decimal(0) if self.inside else self._exactly_given

    @property
    def exact_lift(self) -> Decimal:
        """Return w' u of the neuron's own input inside sigma, as exact as the context."""
        return self._exactly_given if self.inside else Decimal(0)

    @property
    def _exactly_given(self) -> Decimal:
        return Decimal(float(self.neuron.input_weight)) * Decimal(self.u)

    @property
    def exact_bias(self) -> Decimal:
        """Return the bias without input, b + w w' u or b + w' u, of the neuron's own parameters."""
        w, b, input_weight = (
            float(each) for each in (self.neuron.w, self.neuron.b, self.neuron.input_weight)
        )
        return exact_bias(1.0 if self.inside else w, b, input_weight, self.u)

    @property
    def slope(self) -> float:
        """Return w w', or w' inside sigma: the rate at which the bias grows with u."""
        weight = 1.0 if self.inside else float(self.neuron.w)
        return weight * float(self.neuron.input_weight)

    @property
    def exact_slope(self) -> Decimal:
        """Return the slope, as exact as the context."""
        weight = 1.0 if self.inside else float(self.neuron.w)
        return Decimal(weight) * Decimal(float(self.neuron.input_weight))

    @property
    def is_mirrored(self) -> bool:
        """Return whether x falls as z rises: along u, where x = (z - b)/w, for w < 0."""
        return self.over == "u" and not self.inside and float(self.neuron.w) < 0.0

    def shifts(self, value: Floats) -> Floats:
        """Return the shift x - y along the swept parameter."""
        if self.over != "u" or self.inside:
            return np.full(value.shape, self.shift)
        return np.asarray(float(self.neuron.input_weight) * value)

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the swept parameter (b, w or u) at which z is an equilibrium; y = sigma(z).

        b = z - w (sigma(z) + w' u), w = (z - b) / (sigma(z) + w' u), and u follows from b.  Inside
        sigma w' u is subtracted from b instead.
        """
        w, b = float(self.neuron.w), float(self.neuron.b)
        value: Floats
        if self.over == "w":
            value = self._weight(z, y)
        elif self.over == "b":
            value = z - w * y
            if self._given != 0.0:
                value = value - w * self.shift - self.lift
        else:
            value = (z - w * y - b) / self.slope
        return value

    def _weight(self, z: Floats, y: Floats) -> Floats:
        """Return w at which z is an equilibrium, along b = start + lean w."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return np.asarray((z - self.start) / self._state(z, y))

    def _state(self, z: Floats, y: Floats) -> Floats:
        """Return sigma(z) + lean, without cancellation beside the pole of w."""
        pole = self.pole
        if math.isnan(pole):
            return np.asarray(y + self.lean)
        return sigmoid_difference(z, pole)

    @property
    def start(self) -> float:
        """Return the bias without input at w = 0 of a sweep of w."""
        return float(self.neuron.b) + self.lift

    @property
    def lean(self) -> float:
        """Return the rate at which b + w w' u grows with w in a sweep of w."""
        return self.shift

    @property
    def pole(self) -> float:
        """Return z at which w goes to infinity along the equilibria: sigma(z) + lean = 0.

        NaN where there is none: along b and u, and unless -1 < lean < 0.
        """
        if self.over != "w" or not -1.0 < self.lean < 0.0:
            return math.nan
        return math.log(-self.lean) - math.log1p(self.lean)

    @property
    def crossing(self) -> float:
        """Return z of an equilibrium that exists for each w, which the curve of the others crosses.

        It is at the pole.  NaN where there is none.  Along w this needs b + w w' u = -w/2: then
        three equilibria meet in a pitchfork at w = 4.
        """
        is_pitchfork = (
            self.over == "w" and float(self.neuron.b) == 0.0 and self.exact_shift == Decimal("-0.5")
        )
        return 0.0 if is_pitchfork else math.nan

    @property
    def beyond_pole(self) -> float:
        """Return pole - start, of which the sign is exact: beyond the pole w has the same sign."""
        with decimal.localcontext(DIGITS):
            shift = self.exact_shift
            return float((-shift / (1 + shift)).ln() - Decimal(float(self.neuron.b)))

    def parts(self, folds_below: int) -> list[Part]:
        """Return the parts of the curve of equilibria by ascending z.

        Along b and u there is one part.  Along w, w goes to infinity at the pole.  `folds_below` is
        the number of folds, and of crossings that are no cusps, up to the crossing.
        """
        if self.over != "w":
            falls = self.over == "u" and self.slope < 0.0
            ends = (math.inf, -math.inf) if falls else (-math.inf, math.inf)
            return [Part(End(-math.inf, ends[0]), End(math.inf, ends[1]), False)]
        return self._parts_along_w(folds_below)

    def _parts_along_w(self, folds_below: int) -> list[Part]:
        """Return the same where the values are w."""
        low = End(-math.inf, math.inf if self.lean < 0.0 else -math.inf)
        pole = self.pole  # there is one for each lean above -1, also where it rounds to -1
        falls = math.isnan(pole) and self.lean <= -1.0
        high = End(math.inf, -math.inf if falls else math.inf)
        if math.isnan(pole):
            return [Part(low, high, False)]
        cross = self.crossing
        if not math.isnan(cross):
            middle = End(cross, math.nan)
            return [Part(low, middle, False), Part(middle, high, folds_below % 2 == 1)]
        side = math.copysign(math.inf, self.beyond_pole)
        # At the pole where w goes to infinity the eigenvalue is positive.
        return [
            Part(low, End(pole, -side), False),
            Part(End(pole, side), high, side > 0.0),
        ]
