"""The parameters that other authors give to Doya's neuron."""

from __future__ import annotations

from doya.conversions.conversion import Conversion, from_neuron
from doya.neurons import Neuron


def to_pascanu(neuron: Neuron) -> Conversion:
    """Pascanu's name for Doya's neuron, a' = w sigma(a) + b: the same w and b.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with epsilon = 1.

    Returns
    -------
    Conversion
        Without input; a = logit(x).

    Raises
    ------
    ValueError
        For a flow, or epsilon other than 1: Pascanu's neuron keeps nothing of its state.

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
    """Pasemann's name for Doya's neuron, a' = gamma a + theta + w sigma(a).

    gamma = 1 - epsilon, theta = epsilon b, and Pasemann's w is epsilon times Doya's.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with w not 0.

    Returns
    -------
    Conversion
        Without input; a = w x + b.

    Raises
    ------
    ValueError
        For a flow, w = 0, or an epsilon so small that gamma would round to 1.

    Notes
    -----
    gamma rounds: it tells epsilon to within 6e-17.  theta and w are rounded so that the equilibria
    stay as they are.

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
    """Aihara's name for Doya's neuron, y' = k y - alpha sigma(y/epsilon) + a, with alpha = 1.

    k is 1 less Doya's epsilon, a = -b/w, and Aihara's epsilon is -1 / (epsilon w).  y, alpha, a
    and Aihara's epsilon may be multiplied by any positive number.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with w < 0.

    Returns
    -------
    Conversion
        Without input; y is Aihara's epsilon times w x + b.

    Raises
    ------
    ValueError
        For a flow, w >= 0 (Aihara's neuron inhibits itself), an epsilon so small that k would
        round to 1, or w so small that a or Aihara's epsilon would exceed 1e100.

    Notes
    -----
    k rounds: it tells Doya's epsilon to within 6e-17.  The others are rounded so that the
    equilibria stay as they are.

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
    """Beer's name for Doya's neuron, tau dy/dt = -y + w sigma(y + theta) + input.

    The same w, input = b, theta = 0, and tau = 1.

    Parameters
    ----------
    neuron : NeuronODE
        One neuron or an ensemble, with w not 0.

    Returns
    -------
    Conversion
        Without another input; y = w x + b.

    Raises
    ------
    ValueError
        For a map, or w = 0.

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
    """The tanh neuron that is Doya's neuron, a' = w tanh(a) + h.

    Its weight is w/4, h = b/2 + w/4.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron or an ensemble, with epsilon = 1.

    Returns
    -------
    Conversion
        Without input; a = artanh(2 x - 1).

    Raises
    ------
    ValueError
        For a flow, or epsilon other than 1: the tanh neuron keeps nothing of its state.

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
