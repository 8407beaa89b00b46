"""The tanh neuron: the map with tanh as its activation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE, STEP
from doya.conversions.author import BETWEEN, Author, Move
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.conversions.sums import product, total
from doya.kernels.numbers.logistic import logit, sigmoid
from doya.neurons import Neuron, NeuronMap


def _to_x(a: Any, w: Any, h: Any, epsilon: Any) -> Any:
    """Return (1 + tanh a) / 2 where epsilon = 1, and otherwise x of a = w (2 x - 1) + h."""
    divisor = np.where(epsilon == 1.0, 1.0, w)  # there w may be 0
    return np.where(epsilon == 1.0, sigmoid(2.0 * a), 0.5 * total(a, -h, w) / divisor)


def _from_x(x: Any, w: Any, h: Any, epsilon: Any) -> Any:
    """Return artanh(2 x - 1) where epsilon = 1, and otherwise a = w (2 x - 1) + h."""
    return np.where(epsilon == 1.0, 0.5 * logit(x), total(*product(2.0 * w, x), -w, h))


TANH = Author(
    name="tanh",
    called="the tanh neuron",
    equation="a' = (1 - epsilon) a + epsilon (w tanh(a) + h)",
    letters={"w": FINITE, "h": FINITE, "epsilon": STEP},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda w, h, epsilon: {"4 w": 4 * w, "2 h - 2 w": 2 * (h - w), "epsilon": epsilon},
    from_doya=lambda w, b, epsilon: {
        "w = w / 4": 0.25 * w,
        "h = b / 2 + w / 4": 0.5 * b + 0.25 * w,
        "epsilon": epsilon,
    },
    to_x=_to_x,
    from_x=_from_x,
    at_rest=lambda z, w, h, epsilon: 0.5 * z,
    readout=lambda x, w, h, epsilon: w * (2.0 * x - 1.0) + h,
    moves={"w": Move.LINE, "h": Move.LINE, "epsilon": Move.STEP},
    drive="h",
    defaults={"epsilon": 1.0},
    loses="w",
    lost=lambda w, h, epsilon: (w == 0.0) & (epsilon != 1.0),
    # A logit of x where epsilon = 1.
    states=lambda w, h, epsilon: BETWEEN if np.all(epsilon == 1.0) else FINITE,
    steepness=2.0,
)


def from_tanh(w: ArrayLike, h: ArrayLike, epsilon: ArrayLike = 1.0) -> Conversion:
    """Convert the tanh neuron, a' = (1 - epsilon) a + epsilon (w tanh(a) + h), to Doya's.

    Doya's map has the weight 4 w, the bias 2 h - 2 w, and the same epsilon.  At epsilon = 1 the
    equation is a' = w tanh(a) + h, and Doya's state is x = (1 + tanh(a)) / 2 = sigma(2 a).

    For epsilon < 1 there are two forms of the neuron, and both are the same map of Doya:

    - the form in the activation a, a' = (1 - epsilon) a + epsilon (w tanh(a) + h), which `to_state`
      and `from_state` convert, with a = w (2 x - 1) + h;
    - the form in tanh a, y' = (1 - epsilon) y + epsilon tanh(w y + h), with y = 2 x - 1, so that
      a = w y + h.

    Parameters
    ----------
    w, h : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.  Where w = 0 and epsilon < 1, a does
        not determine x, so that a cannot be converted to x.
    epsilon : float or array, default 1.0
        Step, dimensionless, from 1e-100 to 1.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, for a converted w or b above 1e100 in size, or for shapes
        that do not broadcast.

    See Also
    --------
    to_tanh : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    Notes
    -----
    For w > 1 the neuron keeps (latches) a bit while abs(h) < h*.  Bengio et al. show that such a
    threshold h* exists.  Its closed form, h* = sqrt(w (w - 1)) - artanh(sqrt(1 - 1/w)), is ours: h*
    and -h* are Doya's two folds.

    At epsilon = 1 the state is converted back by a = logit(x) / 2, for 0 < x < 1.  Near x = 1 this
    magnifies the rounding of x.  The state a of the next step, w (2 x - 1) + h, does not have this
    error.  This is also the a of the form for epsilon < 1: at epsilon = 1 it is one step ahead.  At
    an equilibrium both are equal.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).

    Examples
    --------
    >>> import doya
    >>> doya.from_tanh(w=1.25, h=0.0).neuron
    NeuronMap(w=5.0, b=-2.5, input_weight=1.0, epsilon=1.0)
    >>> leaky = doya.from_tanh(w=1.25, h=0.25, epsilon=0.5)
    >>> leaky.neuron
    NeuronMap(w=5.0, b=-2.0, input_weight=1.0, epsilon=0.5)
    >>> x = doya.final_state(leaky.neuron, leaky.to_state(0.25), 1)
    >>> round(float(leaky.from_state(x)), 12)  # 0.125 + 0.5 (1.25 tanh(0.25) + 0.25)
    0.403074164002
    """
    return from_letters(TANH, {"w": w, "h": h, "epsilon": epsilon})


def to_tanh(neuron: Neuron) -> Conversion:
    """Convert Doya's map to the tanh neuron, a' = (1 - epsilon) a + epsilon (w tanh(a) + h).

    The weight of the tanh neuron is w / 4, and h is b / 2 + w / 4, with Doya's w and b.  epsilon
    stays the same.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble.

    Returns
    -------
    Conversion
        The tanh neuron without input; a = artanh(2 x - 1) where epsilon = 1, and otherwise
        a = w (2 x - 1) + h, with the weight and h of the tanh neuron.

    Raises
    ------
    ArgumentError
        For a flow, which `to_tanh_flow` converts.

    See Also
    --------
    from_tanh : The other way.
    NeuronMap : The map.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_tanh(doya.NeuronMap(w=5.0, b=-2.5)).parameters)
    {'w': 1.25, 'h': 0.0, 'epsilon': 1.0}
    """
    return from_neuron(TANH, neuron)
