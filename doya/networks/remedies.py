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

# A rectified state that shrinks without end keeps this size, so that it does not lose its sign.
SMALLEST = 5e-324
# A weight below this size times a negative slope may be below all doubles.
SMALL = 1e-200

LOGISTIC, TANH = ACTIVATIONS["logistic"], ACTIVATIONS["tanh"]
LN_2 = math.log(2.0)


class Unit(NamedTuple):
    """Parameters of every layer of a chain: numbers, or arrays that broadcast."""

    w: Parameter
    b: Parameter
    epsilon: Parameter
    negative_slope: Parameter
    forget_bias: Parameter
    update_bias: Parameter

    def z(self, x: Floats) -> Floats:
        """Return the pre-activation w x + b."""
        return np.asarray(self.w * x + self.b)


def every_layer(distances: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of layers on the path over each distance in a chain: the distance."""
    return distances


def levels(distances: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ceil(log2(k + 1)), the levels of a balanced binary tree with k + 1 leaves.

    It is the number of binary digits of k.
    """
    return np.frexp(distances)[1].astype(np.int64)


class Remedy(NamedTuple):
    """A layer that maps x[k-1] to x[k], its Jacobian dx[k]/dx[k-1], its formula and source.

    `layers` returns the number of layers on the path of a gradient over each distance.
    """

    formula: str
    source: str
    step: Callable[[Floats, Unit], Floats]
    factor: Callable[[Floats, Unit], Scaled]
    layers: Callable[[NDArray[np.int64]], NDArray[np.int64]] = every_layer


def _value(phi: Activation, a: Floats) -> Scaled:
    """Return phi(a), also where it is below all doubles."""
    value, exponent = phi.scaled_value(a)
    return Scaled(value, LN_2 * exponent)


def _slope(phi: Activation, a: Floats) -> Scaled:
    """Return phi'(a), also where it is below all doubles."""
    value, exponent = phi.scaled_slope(a)
    return Scaled(value, LN_2 * exponent)


def _weighted_slope(phi: Activation, x: Floats, unit: Unit) -> Scaled:
    """Return w phi'(z)."""
    return _slope(phi, unit.z(x)).times(np.asarray(unit.w))


def _plain(factor: Any) -> Scaled:
    return Scaled(np.asarray(factor), np.zeros(np.shape(factor)))


def _normal(numbers: Scaled) -> Scaled:
    """Return the same numbers with values near 1, so that products of them are not lost."""
    value, exponent = np.frexp(numbers.value)
    return Scaled(value, numbers.shift + LN_2 * exponent)


def _sign_of_z(x: Floats, unit: Unit) -> Floats:
    """Return the sign of z, also where z is below all doubles."""
    return np.asarray(np.sign(np.where(unit.b == 0.0, np.sign(unit.w) * x, unit.z(x))))


def _rectified(x: Floats, unit: Unit) -> Floats:
    """Return z where z > 0, else 0."""
    return np.maximum(0.0, _linear(x, unit, 1.0))


def _linear(x: Floats, unit: Unit, negative_slope: Parameter) -> Floats:
    """Return z where z > 0, else the slope times z."""
    sign = _sign_of_z(x, unit)
    size = np.abs(unit.z(x)) * np.where(sign < 0.0, negative_slope, 1.0)
    return np.asarray(sign * np.maximum(SMALLEST, size))


def _leaky_factor(x: Floats, unit: Unit) -> Scaled:
    """Return w where z > 0, else the slope times w, of any size."""
    slope = np.where(_sign_of_z(x, unit) > 0.0, 1.0, unit.negative_slope)
    value, exponent = np.frexp(np.broadcast_to(unit.w, slope.shape))
    # Products of normal numbers are left as they are, to the last bit.
    is_small = np.abs(unit.w) < SMALL
    return Scaled(
        np.where(is_small, value, unit.w), np.where(is_small, LN_2 * exponent, 0.0)
    ).times(slope)


def _cell(c: Floats, unit: Unit) -> Floats:
    h = np.tanh(c)
    z = unit.z(h)
    forget = LOGISTIC.value(unit.w * h + unit.forget_bias)
    return np.asarray(forget * c + LOGISTIC.value(z) * np.tanh(z))


def _cell_slope(c: Floats, unit: Unit) -> Scaled:
    """Return the derivative of the cell: the forget gate, and a term through output and gates."""
    h = np.tanh(c)
    z, z_forget = unit.z(h), unit.w * h + unit.forget_bias
    by_gates = _slope(LOGISTIC, z_forget).times(c) + _slope(LOGISTIC, z).times(np.tanh(z))
    by_candidate = _value(LOGISTIC, z) * _slope(TANH, z)
    by_output = _slope(TANH, c).times(np.asarray(unit.w)) * _normal(by_gates + by_candidate)
    return _value(LOGISTIC, z_forget) + by_output


def _gated(h: Floats, unit: Unit) -> Floats:
    keep = unit.w * h + unit.update_bias
    candidate = np.tanh(unit.z(LOGISTIC.value(unit.z(h)) * h))
    return np.asarray(LOGISTIC.value(keep) * h + LOGISTIC.value(-keep) * candidate)


def _gated_slope(h: Floats, unit: Unit) -> Scaled:
    """Return the derivative of the unit: the update gate, and terms through gates and candidate."""
    z, keep = unit.z(h), unit.w * h + unit.update_bias
    inner = unit.z(LOGISTIC.value(z) * h)
    by_update = _slope(LOGISTIC, keep).times(unit.w * (h - np.tanh(inner)))
    by_reset = _value(LOGISTIC, z) + _slope(LOGISTIC, z).times(unit.w * h)
    by_candidate = _value(LOGISTIC, -keep) * _slope(TANH, inner) * _normal(by_reset)
    return _value(LOGISTIC, keep) + by_update + by_candidate.times(np.asarray(unit.w))


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
        lambda x, unit: _plain(np.where(_sign_of_z(x, unit) > 0.0, unit.w, 0.0)),
    ),
    "leaky-relu": Remedy(
        "x' = z where z > 0, else s z, factor w where z > 0, else s w, s the negative slope",
        "A. Maas, A. Hannun, A. Ng (2013)",
        lambda x, unit: _linear(x, unit, unit.negative_slope),
        _leaky_factor,
    ),
    "leaky-integrator": Remedy(
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
    "gru": Remedy(
        "h' = u h + (1 - u) g, u = sigma(w h + b_u), r = sigma(w h + b), g = tanh(w r h + b),"
        " factor u + w u (1 - u) (h - g) + w (1 - u) (1 - g^2) (r + w r (1 - r) h)",
        "K. Cho, B. van Merrienboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk,"
        " Y. Bengio (2014)",
        _gated,
        _gated_slope,
    ),
}  # fmt: skip
REMEDIES["binary-tree"] = REMEDIES["logistic"]._replace(
    formula="x' = sigma(z) at each of the ceil(log2(k + 1)) levels of a balanced binary tree with"
    " k + 1 leaves, factor w sigma'(z) where a level is added, else 1",
    source="F. Morin, Y. Bengio (2005)",
    layers=levels,
)
REMEDIES["clipping"] = REMEDIES["logistic"]._replace(
    formula=REMEDIES["logistic"].formula + "; clipping bounds the step of the descent, not this",
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013)",
)

# The remedies that are compared, by name: the kind, and its further arguments.
COMPARED: dict[str, tuple[str, dict[str, float]]] = {
    **{kind: (kind, {}) for kind in ("logistic", "clipping", "tanh", "relu")},
    "leaky_relu": ("leaky-relu", {"negative_slope": 0.01}),
    "residual": ("residual", {}),
    "leaky_integrator": ("leaky-integrator", {"epsilon": 0.1}),
    **{f"lstm_{bias:g}": ("lstm", {"forget_bias": bias}) for bias in (0.0, 1.0, 3.0)},
    **{f"gru_{bias:g}": ("gru", {"update_bias": bias}) for bias in (1.0, 3.0)},
    "binary_tree": ("binary-tree", {}),
}
