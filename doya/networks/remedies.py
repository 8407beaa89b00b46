"""Remedies for vanishing gradients in one unit: the layer and its Jacobian."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import Parameter
from doya.networks.activations import ACTIVATIONS, Activation
from doya.scaled import Scaled

# A rectified state that shrinks without end stays at least this, so that it remains positive.
SMALLEST = 5e-324

LOGISTIC, TANH = ACTIVATIONS["logistic"], ACTIVATIONS["tanh"]


class Unit(NamedTuple):
    """Parameters of every layer of a chain: numbers, or arrays that broadcast."""

    w: Parameter
    b: Parameter
    epsilon: Parameter
    forget_bias: Parameter

    def z(self, x: Floats) -> Floats:
        """Return the pre-activation w x + b."""
        return np.asarray(self.w * x + self.b)


class Remedy(NamedTuple):
    """A layer that maps x[k-1] to x[k], its Jacobian dx[k]/dx[k-1], its formula and source."""

    formula: str
    source: str
    step: Callable[[Floats, Unit], Floats]
    factor: Callable[[Floats, Unit], Scaled]


def _weighted_slope(phi: Activation, x: Floats, unit: Unit) -> Scaled:
    """Return w phi'(z), also where phi' is below all doubles."""
    value, exponent = phi.scaled_slope(unit.z(x))
    return Scaled(unit.w * value, math.log(2.0) * exponent)


def _plain(factor: Any) -> Scaled:
    return Scaled(np.asarray(factor), np.zeros(np.shape(factor)))


def _is_active(x: Floats, unit: Unit) -> NDArray[np.bool_]:
    """Return True where z > 0, also where z is below all doubles."""
    return np.asarray(np.where(unit.b == 0.0, np.sign(unit.w) * x, unit.z(x)) > 0.0)


def _rectified(x: Floats, unit: Unit) -> Floats:
    return np.where(_is_active(x, unit), np.maximum(SMALLEST, unit.z(x)), 0.0)


def _cell(c: Floats, unit: Unit) -> Floats:
    h = np.tanh(c)
    z = unit.z(h)
    forget = LOGISTIC.value(unit.w * h + unit.forget_bias)
    return np.asarray(forget * c + LOGISTIC.value(z) * np.tanh(z))


def _cell_slope(c: Floats, unit: Unit) -> Scaled:
    """Return the derivative of the cell: the forget gate, and a term through output and gates."""
    h = np.tanh(c)
    z, z_forget = unit.z(h), unit.w * h + unit.forget_bias
    by_gates = LOGISTIC.slope(z_forget) * c + LOGISTIC.slope(z) * np.tanh(z)
    by_candidate = LOGISTIC.value(z) * TANH.slope(z)
    by_output = unit.w * TANH.slope(c) * (by_gates + by_candidate)
    return _plain(LOGISTIC.value(z_forget) + by_output)


# sigma is the logistic function, z = w x + b, eps epsilon.
REMEDIES = {
    "logistic": Remedy(
        "x' = sigma(z), factor w sigma'(z) = w x' (1 - x')",
        "S. Hochreiter (1991)",
        lambda x, unit: LOGISTIC.value(unit.z(x)),
        lambda x, unit: _weighted_slope(LOGISTIC, x, unit),
    ),
    "tanh": Remedy(
        "x' = tanh(z), factor w tanh'(z) = w (1 - x'^2)",
        "Y. LeCun, L. Bottou, G. Orr, K.-R. Mueller (1998)",
        lambda x, unit: TANH.value(unit.z(x)),
        lambda x, unit: _weighted_slope(TANH, x, unit),
    ),
    "relu": Remedy(
        "x' = max(0, z), factor w where z > 0, else 0",
        "X. Glorot, A. Bordes, Y. Bengio (2011)",
        _rectified,
        lambda x, unit: _plain(np.where(_is_active(x, unit), unit.w, 0.0)),
    ),
    "leak": Remedy(
        "x' = (1 - eps) x + eps sigma(z), factor 1 - eps + eps w sigma'(z)",
        "H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert (2007)",
        lambda x, unit: (1.0 - unit.epsilon) * x + unit.epsilon * LOGISTIC.value(unit.z(x)),
        lambda x, unit: (
            _plain(1.0 - unit.epsilon)
            + _weighted_slope(LOGISTIC, x, unit).times(np.asarray(unit.epsilon))
        ),
    ),
    "residual": Remedy(
        "x' = x + sigma(z), factor 1 + w sigma'(z)",
        "K. He, X. Zhang, S. Ren, J. Sun (2016)",
        lambda x, unit: x + LOGISTIC.value(unit.z(x)),
        lambda x, unit: _plain(1.0) + _weighted_slope(LOGISTIC, x, unit),
    ),
    "lstm": Remedy(
        "c' = f c + i g, f = sigma(w h + b_f), i = sigma(w h + b), g = tanh(w h + b),"
        " h = tanh(c), factor f + w h' (f (1 - f) c + i (1 - i) g + i (1 - g^2)), h' = 1 - h^2",
        "S. Hochreiter, J. Schmidhuber (1997); F. Gers, J. Schmidhuber, F. Cummins (2000)",
        _cell,
        _cell_slope,
    ),
}  # fmt: skip
REMEDIES["clipping"] = REMEDIES["logistic"]._replace(
    formula=REMEDIES["logistic"].formula + "; clipping bounds the step of the descent, not this",
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013)",
)

# The remedies that are compared, by name: the kind, and its further arguments.
COMPARED: dict[str, tuple[str, dict[str, float]]] = {
    **{kind: (kind, {}) for kind in ("logistic", "clipping", "tanh", "relu", "residual")},
    "leak": ("leak", {"epsilon": 0.1}),
    **{f"lstm_{bias:g}": ("lstm", {"forget_bias": bias}) for bias in (0.0, 1.0, 3.0)},
}
