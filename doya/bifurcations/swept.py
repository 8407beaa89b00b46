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
from doya.shifts import shifted_bias


@dataclass(frozen=True, eq=False)
class Swept:
    """A neuron, the constant input u, and the name of the parameter that changes.

    The neuron without input that has the same z = w x + b has the bias b + w w' u; each of its
    equilibria is y = sigma(z) = x - w' u.
    """

    neuron: Neuron
    over: str
    u: float

    def there(self, value: float) -> dict[str, float]:
        """Return all parameters of the neuron, and u, at a value of the swept parameter."""
        own = {name: float(each) for name, each in vars(self.neuron).items()}
        return {**own, "u": self.u, self.over: value}

    def at(self, value: float) -> tuple[float, float, float]:
        """Return w, the bias b + w w' u and the shift w' u at a value of the swept parameter."""
        there = self.there(value)
        w, b, shift = there["w"], there["b"], there["input_weight"] * there["u"]
        return w, float(shifted_bias(b, w, shift)) if shift else b, shift

    @property
    def shift(self) -> float:
        """Return w' u of the neuron's own input."""
        return float(self.neuron.input_weight) * self.u

    @property
    def exact_shift(self) -> Decimal:
        """Return w' u of the neuron's own input, as exact as the context."""
        return Decimal(float(self.neuron.input_weight)) * Decimal(self.u)

    @property
    def exact_bias(self) -> Decimal:
        """Return b + w w' u of the neuron's own parameters."""
        w, b, input_weight = (
            float(each) for each in (self.neuron.w, self.neuron.b, self.neuron.input_weight)
        )
        return exact_bias(w, b, input_weight, self.u)

    @property
    def slope(self) -> float:
        """Return w w', the rate at which the bias grows with u."""
        return float(self.neuron.w) * float(self.neuron.input_weight)

    @property
    def is_mirrored(self) -> bool:
        """Return whether x falls as z rises: along u, where x = (z - b)/w, for w < 0."""
        return self.over == "u" and float(self.neuron.w) < 0.0

    def shifts(self, value: Floats) -> Floats:
        """Return w' u along the swept parameter."""
        if self.over != "u":
            return np.full(value.shape, self.shift)
        return np.asarray(float(self.neuron.input_weight) * value)

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the swept parameter (b, w or u) at which z is an equilibrium; y = sigma(z).

        b = z - w (sigma(z) + w' u), w = (z - b) / (sigma(z) + w' u), and u follows from b.
        """
        w, b = float(self.neuron.w), float(self.neuron.b)
        value: Floats
        if self.over == "w":
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                value = (z - b) / self._state(z, y)
        elif self.over == "b":
            value = z - w * y - w * self.shift
        else:
            value = (z - w * y - b) / self.slope
        return value

    def _state(self, z: Floats, y: Floats) -> Floats:
        """Return sigma(z) + w' u, without cancellation beside the pole of w."""
        pole = self.pole
        if math.isnan(pole):
            return np.asarray(y + self.shift)
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
