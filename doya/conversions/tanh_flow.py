"""The tanh neuron in continuous time: the flow with tanh as its activation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import FINITE
from doya.conversions.author import POSITIVE, Author, Move
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.neurons import Neuron, NeuronODE

TANH_FLOW = Author(
    name="tanh-flow",
    called="the tanh flow",
    equation="tau dy/dt = -y + tanh(w y + h)",
    letters={"w": FINITE, "h": FINITE, "tau": POSITIVE},
    variable="y",
    neuron=NeuronODE,
    to_doya=lambda w, h, tau: {"4 w": 4 * w, "2 h - 2 w": 2 * (h - w)},
    from_doya=lambda w, b: {
        "w = w / 4": 0.25 * w,
        "h = b / 2 + w / 4": 0.5 * b + 0.25 * w,
        "tau": 1.0,
    },
    to_x=lambda y, w, h, tau: 0.5 + 0.5 * y,
    from_x=lambda x, w, h, tau: 2.0 * x - 1.0,
    at_rest=lambda z, w, h, tau: np.tanh(0.5 * z),
    readout=lambda x, w, h, tau: 2.0 * x - 1.0,
    moves={"w": Move.LINE, "h": Move.LINE, "tau": Move.TIME},
    drive="h",
    defaults={"tau": 1.0},
    time_unit="tau",
)


def from_tanh_flow(w: ArrayLike, h: ArrayLike, tau: ArrayLike = 1.0) -> Conversion:
    """Convert the tanh neuron in continuous time, tau dy/dt = -y + tanh(w y + h), to Doya's.

    Doya's flow has the weight 4 w, the bias 2 h - 2 w, the time t / tau, and the state
    x = (1 + y) / 2.

    Parameters
    ----------
    w, h : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.
    tau : float or array, default 1.0
        Time constant, in units of the author's time, from 1e-100 to 1e100.

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
    to_tanh_flow : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    Notes
    -----
    The variable a = w y + h obeys tau da/dt = -a + w tanh(a) + h, which is the form of Hopfield.
    `from_tanh` converts the tanh neuron in discrete time.

    References
    ----------
    J. J. Hopfield, "Neurons with graded response have collective computational properties like
    those of two-state neurons" (1984).

    Examples
    --------
    >>> import doya
    >>> tanh = doya.from_tanh_flow(w=2.0, h=0.1)
    >>> tanh.neuron
    NeuronODE(w=8.0, b=-3.8, input_weight=1.0)
    >>> tanh.from_state(doya.equilibria(tanh.neuron).x).round(6)
    array([-0.945964, -0.100339,  0.966254])
    """
    return from_letters(TANH_FLOW, {"w": w, "h": h, "tau": tau})


def to_tanh_flow(neuron: Neuron) -> Conversion:
    """Convert Doya's flow to the tanh neuron in continuous time, tau dy/dt = -y + tanh(w y + h).

    The weight of the tanh neuron is w / 4, h is b / 2 + w / 4, with Doya's w and b, and tau is 1.

    Parameters
    ----------
    neuron : NeuronODE
        One neuron or an ensemble.

    Returns
    -------
    Conversion
        The tanh neuron without input; y = 2 x - 1.

    Raises
    ------
    ArgumentError
        For a map, which `to_tanh` converts.

    See Also
    --------
    from_tanh_flow : The other way.
    NeuronODE : The flow.

    References
    ----------
    J. J. Hopfield, "Neurons with graded response have collective computational properties like
    those of two-state neurons" (1984).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_tanh_flow(doya.NeuronODE(w=5.0, b=-2.5)).parameters)
    {'w': 1.25, 'h': 0.0, 'tau': 1.0}
    """
    return from_neuron(TANH_FLOW, neuron)
