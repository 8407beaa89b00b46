"""The constant input as a shift of the state and of the bias.

Under a constant input u the difference y = x - w' u obeys the neuron without input whose bias is
b + w w' u.  This holds for the flow and for the map, and it is exact.  So equilibria, cycles and
exponents under an input are those of another neuron, and each state is larger by w' u.

An input inside sigma, input_to="bias", shifts no state: the bias is b + w' u.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from doya.checks import FINITE, Parameter, checked, checked_number
from doya.errors import ArgumentError
from doya.neurons import Neuron

AnyNeuron = TypeVar("AnyNeuron", bound=Neuron)


def shifted_bias(b: Any, w: Any, shift: Any) -> Parameter:
    """Return b + w w' u, where `shift` is w' u; raise unless it is from -1e100 to 1e100."""
    with np.errstate(over="ignore"):
        bias = b + w * shift
    try:
        return checked("b + w w' u", bias)
    except ArgumentError as error:
        raise ArgumentError(error.argument, f"{error.args[1]}: use a u closer to 0") from None


def lifted_bias(b: Any, lift: Any) -> Parameter:
    """Return b + w' u, where `lift` is w' u; raise unless it is from -1e100 to 1e100."""
    try:
        return checked("b + w' u", b + lift)
    except ArgumentError as error:
        raise ArgumentError(error.argument, f"{error.args[1]}: use a u closer to 0") from None


def under_input(neuron: Neuron, u: Any) -> tuple[Parameter, Parameter]:
    """Return the bias of the neuron without input that y obeys, and the shift x - y."""
    given = neuron.input_weight * u
    if neuron.input_inside:
        return lifted_bias(neuron.b, given), 0.0 * given
    return shifted_bias(neuron.b, neuron.w, given), given


def without_input(neuron: AnyNeuron, u: Parameter) -> tuple[AnyNeuron, Parameter]:
    """Return the neuron that y obeys without input, and the shift x - y.

    The neuron itself is returned where w' u is 0.
    """
    given = neuron.input_weight * u
    if not np.any(given):
        return neuron, given
    bias, shift = under_input(neuron, u)
    return neuron.replace(b=bias, input_weight=1.0), shift


def checked_input(u: Any) -> float:
    """Return the constant input of one neuron as a float; raise unless it is one number."""
    return checked_number("u", u, FINITE)
