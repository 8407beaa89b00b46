"""Pasemann's neuron: the map, with its pre-activation as the state."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.checks import FINITE, FRACTION
from doya.conversions.author import ANY_BUT_ZERO, Author, Move, as_kept
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.conversions.sums import product, total
from doya.neurons import Neuron, NeuronMap

PASEMANN = Author(
    name="pasemann",
    called="Pasemann's neuron",
    equation="a' = gamma a + theta + w sigma(a)",
    letters={"gamma": FRACTION, "theta": FINITE, "w": FINITE},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda gamma, theta, w: {
        "w / (1 - gamma)": w / (1 - gamma),
        "theta / (1 - gamma)": theta / (1 - gamma),
        "1 - gamma": 1 - gamma,
    },
    from_doya=lambda w, b, epsilon: {
        "gamma = 1 - epsilon": 1.0 - epsilon,
        "theta = epsilon b": as_kept(epsilon) * b,
        "w = epsilon w": as_kept(epsilon) * w,
    },
    to_x=lambda a, gamma, theta, w: total(a, *product(-gamma, a), -theta) / w,
    from_x=lambda x, gamma, theta, w: total(*product(w, x), theta) / (1.0 - gamma),
    at_rest=lambda z, gamma, theta, w: z,
    readout=lambda x, gamma, theta, w: (w * x + theta) / (1.0 - gamma),
    moves={"gamma": Move.KEPT, "theta": Move.LINE, "w": Move.LINE},
    drive="theta",
    needs={"w": ANY_BUT_ZERO},
    loses="w",
    lost=lambda gamma, theta, w: w == 0.0,
)


def from_pasemann(gamma: ArrayLike, theta: ArrayLike, w: ArrayLike) -> Conversion:
    """Convert Pasemann's neuron, a' = gamma a + theta + w sigma(a), to Doya's parameters.

    Doya's map has epsilon = 1 - gamma, the weight w / epsilon and the bias theta / epsilon.
    Pasemann's a is Doya's w x + b.

    Parameters
    ----------
    gamma : float or array
        Part of the activity a that is kept in a step, dimensionless, at least 0 and less than 1.
    theta : float or array
        Bias and external input together, dimensionless, from -1e100 to 1e100.
    w : float or array
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100.  Where it is 0, a
        does not determine x, so that a cannot be converted to x.

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
    to_pasemann : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    Notes
    -----
    At gamma = 0 the equation is Pascanu's, but the states differ by one step: here a = w x + b,
    whereas Pascanu's a gives x = sigma(a).

    References
    ----------
    F. Pasemann, "Dynamics of a single model neuron" (1993); "A simple chaotic neuron" (1997).

    Examples
    --------
    >>> import doya
    >>> doya.from_pasemann(gamma=0.5, theta=5.0, w=-50.0).neuron
    NeuronMap(w=-100.0, b=10.0, input_weight=1.0, epsilon=0.5)
    """
    return from_letters(PASEMANN, {"gamma": gamma, "theta": theta, "w": w})


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

    See Also
    --------
    from_pasemann : The other way.
    NeuronMap : The map.

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
    return from_neuron(PASEMANN, neuron)
