"""The activations of networks: logistic function, tanh and rectifiers, with their slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.kernels.numbers.exponential import LOG2_E
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope

# exp(-size) is a normal double up to this size.
PLAIN = 700.0


class Activation(NamedTuple):
    """An activation phi with the slope phi'(a) = s**2 sigma'(s a), sigma the logistic function.

    The stretch s is 1 for the logistic function, and 2 for tanh(a) = 2 sigma(2 a) - 1.
    """

    value: Callable[[Floats], Floats]
    stretch: float

    @property
    def steepest(self) -> float:
        """Return phi'(0), the largest slope."""
        return 0.25 * self.stretch**2

    def slope(self, a: Floats) -> Floats:
        """Return phi'(a); 0 where it is below all doubles."""
        return self.stretch**2 * sigmoid_slope(self.stretch * a)

    def scaled_slope(self, a: Floats) -> tuple[Floats, Floats]:
        """Return value and exponent of phi'(a) = value 2**exponent, of any size.

        Values are from 1/2 to 1; exponents are whole numbers.
        """
        rest, halvings = _split(self.stretch * np.abs(a))
        value, exponent = np.frexp(self.stretch**2 * sigmoid_slope(rest))
        return value, exponent - halvings

    def scaled_value(self, a: Floats, less: Floats | float = 0.0) -> tuple[Floats, Floats]:
        """Return value and exponent of phi(a) - less = value 2**exponent, of any size.

        The size of a value is 0 or from 1/2 to 1; exponents are whole numbers.
        """
        size = self.stretch * np.abs(a)
        rest, halvings = _split(size)
        # In saturation phi differs from its limit, 1 or 1 - s, by a tail s sigma(-s abs(a)).
        limit = np.where(a > 0.0, 1.0, 1.0 - self.stretch)
        tail = np.where(a > 0.0, -self.stretch, self.stretch) * sigmoid(-rest)
        gap = limit - less
        with np.errstate(under="ignore"):
            saturated = gap + tail * np.exp2(-halvings)
        plain = np.where(size > 1.0, saturated, self.value(a) - less)
        value, exponent = np.frexp(np.where(gap == 0.0, tail, plain))
        return value, exponent - np.where(gap == 0.0, halvings, 0.0)


class Rectifier(NamedTuple):
    """An activation phi(a) = a where a > 0, else the negative slope times a."""

    negative_slope: float

    def value(self, a: Floats) -> Floats:
        """Return phi(a)."""
        return a * self.slope(a)

    def slope(self, a: Floats) -> Floats:
        """Return phi'(a): 1 where a > 0, else the negative slope."""
        return np.where(a > 0.0, 1.0, self.negative_slope)


def _split(size: Floats) -> tuple[Floats, Floats]:
    """Return rest and halvings with e**-size = e**-rest 2**-halvings.

    e**-rest is a normal double, and halvings are whole numbers.

    Beyond PLAIN both sigma(-size) and sigma'(size) are e**-size.
    """
    halvings = np.where(size > PLAIN, np.rint(LOG2_E * (size - PLAIN)), 0.0)
    rest = np.minimum(size, np.clip(size - halvings / LOG2_E, PLAIN - 1.0, PLAIN + 1.0))
    return rest, halvings


ACTIVATIONS = {"logistic": Activation(sigmoid, 1.0), "tanh": Activation(np.tanh, 2.0)}
# Maas, Hannun and Ng (2013) give the leaky one the slope 0.01.
RECTIFIERS = {"relu": Rectifier(0.0), "leaky-relu": Rectifier(0.01)}
