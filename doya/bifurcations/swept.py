"""One neuron under a constant input, and the parameter of it that changes."""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import DIGITS, exact_bias
from doya.kernels.logistic import sigmoid
from doya.neurons import Neuron
from doya.shifts import lifted_bias, shifted_bias


@dataclass(frozen=True, eq=False)
class Swept:
    """A neuron, the constant input u, and the name of the parameter that changes.

    The neuron without input that has the same z = w x + b has the bias b + w w' u; each of its
    equilibria is y = sigma(z) = x - w' u.  Where the input is inside sigma, the bias is b + w' u
    and no state is shifted.
    """

    neuron: Neuron
    over: str
    u: float

    def there(self, value: float) -> dict[str, float]:
        """Return all parameters of the neuron, and u, at a value of the swept parameter."""
        own = {name: float(each) for name, each in self.neuron.parameters.items()}
        return {**own, "u": self.u, self.over: value}

    def at(self, value: float) -> tuple[float, float, float]:
        """Return w, the bias without input and the shift x - y at a value of the parameter."""
        there = self.there(value)
        shift = there["input_weight"] * there["u"]
        if self.inside:
            return there["w"], float(lifted_bias(there["b"], shift)), 0.0
        return there["w"], float(shifted_bias(there["b"], there["w"], shift)), shift

    @property
    def inside(self) -> bool:
        """Return whether the input is inside sigma."""
        return self.neuron.input_inside

    @property
    def shift(self) -> float:
        """Return w' u of the neuron's own input; 0 where it is inside sigma."""
        return 0.0 if self.inside else self._given

    @property
    def lift(self) -> float:
        """Return w' u of the neuron's own input inside sigma; 0 where it is outside."""
        return self._given if self.inside else 0.0

    @property
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

    def value(self, z: Floats) -> Floats:
        """Return the swept parameter (b, w or u) at which z is an equilibrium.

        b = z - w (sigma(z) + w' u), w = (z - b) / (sigma(z) + w' u), and u follows from b.  Inside
        sigma w' u is subtracted from b instead.
        """
        w, b = float(self.neuron.w), float(self.neuron.b)
        value: Floats
        if self.over == "w":
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                value = (z - (b + self.lift)) / self._state(z)
        elif self.over == "b":
            value = z - w * sigmoid(z) - w * self.shift - self.lift
        else:
            value = (z - w * sigmoid(z) - b) / self.slope
        return value

    def _state(self, z: Floats) -> Floats:
        """Return sigma(z) + w' u, without cancellation beside the pole of w."""
        pole = self.pole
        if math.isnan(pole):
            state: Floats = sigmoid(z) + self.shift
            return state
        # sigma(p) - sigma(q) = sigma(p) sigma(-q) (1 - e**(q - p)), from the side with q < p.
        upper, lower = np.maximum(z, pole), np.minimum(z, pole)
        size = sigmoid(upper) * sigmoid(-lower) * -np.expm1(lower - upper)
        return np.asarray(np.where(z > pole, size, -size))

    @property
    def pole(self) -> float:
        """Return z at which w goes to infinity along the equilibria: x = sigma(z) + w' u = 0.

        NaN where there is none: along b and u, and unless -1 < w' u < 0.
        """
        if self.over != "w" or not -1.0 < self.shift < 0.0:
            return math.nan
        return math.log(-self.shift) - math.log1p(self.shift)

    @property
    def is_pitchfork(self) -> bool:
        """Return whether w moves along b + w w' u = -w/2, on which three equilibria meet at w = 4.

        Only then is the pole at z = b, where x = 0 is an equilibrium for each w.
        """
        return (
            self.over == "w" and float(self.neuron.b) == 0.0 and self.exact_shift == Decimal("-0.5")
        )

    @property
    def beyond_pole(self) -> float:
        """Return pole - b, of which the sign is exact: beyond the pole w has the same sign."""
        with decimal.localcontext(DIGITS):
            shift = self.exact_shift
            return float((-shift / (1 + shift)).ln() - Decimal(float(self.neuron.b)))
