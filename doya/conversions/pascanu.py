"""Pascanu's neuron: the map at epsilon = 1, with its pre-activation as the state."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.checks import FINITE
from doya.conversions.author import BETWEEN, ONE, Author, Move
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.kernels.numbers.logistic import logit, sigmoid
from doya.neurons import Neuron, NeuronMap

PASCANU = Author(
    name="pascanu",
    called="Pascanu's neuron",
    equation="a' = w sigma(a) + b",
    letters={"w": FINITE, "b": FINITE},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda w, b: {"w": w, "b": b},
    from_doya=lambda w, b, epsilon: {"w": w, "b": b},
    to_x=lambda a, w, b: sigmoid(a),
    from_x=lambda x, w, b: logit(x),
    at_rest=lambda z, w, b: z,
    readout=lambda x, w, b: w * x + b,
    moves={"w": Move.LINE, "b": Move.LINE},
    drive="b",
    needs={"epsilon": ONE},
    states=lambda w, b: BETWEEN,
    steepness=1.0,
)


def from_pascanu(w: ArrayLike, b: ArrayLike) -> Conversion:
    """Convert Pascanu's neuron, a' = w sigma(a) + b, to Doya's parameters.

    Doya's map has epsilon = 1 and the same w and b; its state is x = sigma(a).

    Parameters
    ----------
    w, b : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, or for shapes that do not broadcast.

    See Also
    --------
    to_pascanu : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    Notes
    -----
    The state is converted back by a = logit(x), for 0 < x < 1.  Near x = 1 this magnifies the
    rounding of x.  The state a of the next step, w x + b, does not have this error.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), Fig. 6.

    Examples
    --------
    >>> import doya
    >>> pascanu = doya.from_pascanu(w=5.0, b=-2.4)
    >>> pascanu.neuron
    NeuronMap(w=5.0, b=-2.4, input_weight=1.0, epsilon=1.0)
    >>> x = doya.final_state(pascanu.neuron, pascanu.to_state(0.5), 50)
    >>> round(float(pascanu.from_state(x)), 12)
    2.008360353972
    """
    return from_letters(PASCANU, {"w": w, "b": b})


def to_pascanu(neuron: Neuron) -> Conversion:
    """Convert Doya's map at epsilon = 1 to Pascanu's neuron, a' = w sigma(a) + b.

    Pascanu's w and b are Doya's.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with epsilon = 1.

    Returns
    -------
    Conversion
        Pascanu's neuron without input; a = logit(x).

    Raises
    ------
    ArgumentError
        For a flow, or for an epsilon other than 1: Pascanu's neuron keeps no part of its state.

    See Also
    --------
    from_pascanu : The other way.
    NeuronMap : The map.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), Fig. 6.

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_pascanu(doya.NeuronMap(w=5.0, b=-2.4)).parameters)
    {'w': 5.0, 'b': -2.4}
    """
    return from_neuron(PASCANU, neuron)
