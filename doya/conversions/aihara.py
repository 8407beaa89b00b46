"""Aihara's chaotic neuron: the map with w < 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE, FRACTION
from doya.conversions.author import NEGATIVE, NOT_NEGATIVE, POSITIVE, Author, Move, as_kept
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.conversions.sums import product, total
from doya.neurons import Neuron, NeuronMap

AIHARA = Author(
    name="aihara",
    called="Aihara's neuron",
    equation="y' = k y - alpha sigma(y / epsilon) + a",
    letters={"k": FRACTION, "alpha": NOT_NEGATIVE, "a": FINITE, "epsilon": POSITIVE},
    variable="y",
    neuron=NeuronMap,
    to_doya=lambda k, alpha, a, epsilon: {
        "-alpha / (epsilon (1 - k))": -alpha / (epsilon * (1 - k)),
        "a / (epsilon (1 - k))": a / (epsilon * (1 - k)),
        "1 - k": 1 - k,
    },
    from_doya=lambda w, b, epsilon: {  # the unit of y is free; here alpha = 1
        "k = 1 - epsilon": 1.0 - epsilon,
        "alpha": 1.0,
        "a = -b / w": -b / w,
        "epsilon = -1 / (epsilon w)": np.divide(-1.0, as_kept(epsilon) * w),
    },
    to_x=lambda y, k, alpha, a, epsilon: total(a, -y, *product(k, y)) / alpha,
    from_x=lambda x, k, alpha, a, epsilon: total(a, *product(-alpha, x)) / (1.0 - k),
    at_rest=lambda z, k, alpha, a, epsilon: epsilon * z,
    readout=lambda x, k, alpha, a, epsilon: (a - alpha * x) / (1.0 - k),
    moves={"k": Move.KEPT, "alpha": Move.LINE, "a": Move.LINE, "epsilon": Move.INVERSE},
    drive="a",
    needs={"w": NEGATIVE},
    loses="alpha",
    lost=lambda k, alpha, a, epsilon: alpha == 0.0,
)


def from_aihara(k: ArrayLike, alpha: ArrayLike, a: ArrayLike, epsilon: ArrayLike) -> Conversion:
    """Convert Aihara's chaotic neuron, y' = k y - alpha sigma(y/epsilon) + a, to Doya's parameters.

    Doya's map has the step 1 - k, w = -alpha / (epsilon (1 - k)) and b = a / (epsilon (1 - k)),
    where epsilon is Aihara's.  Aihara's y is that epsilon times Doya's w x + b.

    Parameters
    ----------
    k : float or array
        Decay of the refractoriness, dimensionless, at least 0 and less than 1.
    alpha : float or array
        Scale of the refractoriness, in units of y, 0 or from 1e-100 to 1e100.  Where it is 0, y
        does not determine x, so that y cannot be converted to x.
    a : float or array
        Bias and external input together, in units of y, from -1e100 to 1e100.
    epsilon : float or array
        Width of the logistic function, in units of y, from 1e-100 to 1e100.

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
    to_aihara : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    References
    ----------
    K. Aihara, T. Takabe, M. Toyoda, "Chaotic neural networks" (1990).

    Examples
    --------
    >>> import doya
    >>> doya.from_aihara(k=0.5, alpha=1.0, a=0.75, epsilon=0.25).neuron
    NeuronMap(w=-8.0, b=6.0, input_weight=1.0, epsilon=0.5)
    """
    return from_letters(AIHARA, {"k": k, "alpha": alpha, "a": a, "epsilon": epsilon})


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

    See Also
    --------
    from_aihara : The other way.
    NeuronMap : The map.

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
    return from_neuron(AIHARA, neuron)
