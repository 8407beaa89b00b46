"""The tanh neuron: the map at epsilon = 1, with tanh as its activation."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.checks import FINITE
from doya.conversions.author import BETWEEN, ONE, Author
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.kernels.logistic import logit, sigmoid
from doya.neurons import Neuron, NeuronMap

TANH = Author(
    name="tanh",
    called="the tanh neuron",
    equation="a' = w tanh(a) + h",
    letters={"w": FINITE, "h": FINITE},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda w, h: {"4 w": 4.0 * w, "2 h - 2 w": 2.0 * (h - w)},
    from_doya=lambda w, b, epsilon: {
        "w = w / 4": 0.25 * w,
        "h = b / 2 + w / 4": 0.5 * b + 0.25 * w,
    },
    to_x=lambda a, w, h: sigmoid(2.0 * a),
    from_x=lambda x, w, h: 0.5 * logit(x),
    needs={"epsilon": ONE},
    states=BETWEEN,
)


def from_tanh(w: ArrayLike, h: ArrayLike) -> Conversion:
    """Convert the tanh neuron, a' = w tanh(a) + h, to Doya's parameters.

    Doya's map has epsilon = 1, the weight 4 w and the bias 2 h - 2 w.  Its state is
    x = (1 + tanh(a)) / 2 = sigma(2 a).

    Parameters
    ----------
    w, h : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, for a converted w or b above 1e100 in size, or for shapes
        that do not broadcast.

    Notes
    -----
    For w > 1 the neuron keeps (latches) a bit while abs(h) < h*.  Bengio et al. show that such a
    threshold h* exists.  Its closed form, h* = sqrt(w (w - 1)) - artanh(sqrt(1 - 1/w)), is ours: h*
    and -h* are Doya's two folds.  The state is converted back by a = logit(x) / 2, for 0 < x < 1.
    Near x = 1 this magnifies the rounding of x.  The state a of the next step, w (2 x - 1) + h,
    does not have this error.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).

    Examples
    --------
    >>> import doya
    >>> doya.from_tanh(w=1.25, h=0.0).neuron
    NeuronMap(w=5.0, b=-2.5, input_weight=1.0, epsilon=1.0)
    """
    return from_letters(TANH, {"w": w, "h": h})


def to_tanh(neuron: Neuron) -> Conversion:
    """Convert Doya's map at epsilon = 1 to the tanh neuron, a' = w tanh(a) + h.

    The weight of the tanh neuron is w / 4, and h is b / 2 + w / 4, with Doya's w and b.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with epsilon = 1.

    Returns
    -------
    Conversion
        The tanh neuron without input; a = artanh(2 x - 1).

    Raises
    ------
    ArgumentError
        For a flow, or for an epsilon other than 1: the tanh neuron keeps no part of its state.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_tanh(doya.NeuronMap(w=5.0, b=-2.5)).parameters)
    {'w': 1.25, 'h': 0.0}
    """
    return from_neuron(TANH, neuron)
