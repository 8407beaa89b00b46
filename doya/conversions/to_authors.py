"""Conversions from Doya's parameters to those of other authors."""

from __future__ import annotations

from doya.conversions.conversion import Conversion, from_neuron
from doya.neurons import Neuron


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
    return from_neuron("pascanu", neuron)


def to_pasemann(neuron: Neuron) -> Conversion:
    """Convert Doya's map to Pasemann's neuron, a' = gamma a + theta + w sigma(a).

    gamma is 1 - epsilon, theta is epsilon b, and Pasemann's w is epsilon times Doya's w.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with w not 0.

    Returns
    -------
    Conversion
        Pasemann's neuron without input; a = w x + b, with Doya's w and b.

    Raises
    ------
    ArgumentError
        For a flow, for w = 0, or for an epsilon so small that gamma would round to 1.

    Notes
    -----
    The rounding of gamma changes epsilon by up to 6e-17.  theta and w are computed from the changed
    epsilon, so that the equilibria stay the same to rounding.

    References
    ----------
    F. Pasemann, "Dynamics of a single model neuron" (1993); "A simple chaotic neuron" (1997).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_pasemann(doya.NeuronMap(w=-100.0, b=10.0, epsilon=0.5)).parameters)
    {'gamma': 0.5, 'theta': 5.0, 'w': -50.0}
    """
    return from_neuron("pasemann", neuron)


def to_aihara(neuron: Neuron) -> Conversion:
    """Convert Doya's map to Aihara's neuron, y' = k y - alpha sigma(y/epsilon) + a, with alpha = 1.

    k is 1 - epsilon, a is -b / w, and Aihara's epsilon is -1 / (epsilon w), with Doya's w, b and
    epsilon on the right.  The unit of y is free: y, alpha, a and Aihara's epsilon may all be
    multiplied by the same positive number.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with w < 0.

    Returns
    -------
    Conversion
        Aihara's neuron; y is Aihara's epsilon times w x + b.

    Raises
    ------
    ArgumentError
        For a flow, for w >= 0 (Aihara's neuron inhibits itself), for an epsilon so small that k
        would round to 1, or for a w so small that a or Aihara's epsilon would exceed 1e100.

    Notes
    -----
    The rounding of k changes Doya's epsilon by up to 6e-17.  The other parameters are computed from
    the changed epsilon, so that the equilibria stay the same to rounding.

    References
    ----------
    K. Aihara, T. Takabe, M. Toyoda, "Chaotic neural networks" (1990).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_aihara(doya.NeuronMap(w=-8.0, b=6.0, epsilon=0.5)).parameters)
    {'k': 0.5, 'alpha': 1.0, 'a': 0.75, 'epsilon': 0.25}
    """
    return from_neuron("aihara", neuron)


def to_beer(neuron: Neuron) -> Conversion:
    """Convert Doya's flow to Beer's neuron, tau dy/dt = -y + w sigma(y + theta) + input.

    Beer's w is Doya's, input is b, theta is 0, and tau is 1.

    Parameters
    ----------
    neuron : NeuronODE
        One neuron or an ensemble, with w not 0.

    Returns
    -------
    Conversion
        Beer's neuron without another input; y = w x + b.

    Raises
    ------
    ArgumentError
        For a map, or for w = 0.

    References
    ----------
    R. D. Beer, "On the dynamics of small continuous-time recurrent neural networks" (1995).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_beer(doya.NeuronODE(w=5.0, b=-2.5)).parameters)
    {'w': 5.0, 'theta': 0.0, 'input': -2.5, 'tau': 1.0}
    """
    return from_neuron("beer", neuron)


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
    return from_neuron("tanh", neuron)
