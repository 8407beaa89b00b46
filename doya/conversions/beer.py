"""Beer's neuron: the flow, with a time constant."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.checks import FINITE
from doya.conversions.author import ANY_BUT_ZERO, POSITIVE, Author, Move
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.conversions.sums import product, total
from doya.neurons import Neuron, NeuronODE

BEER = Author(
    name="beer",
    called="Beer's neuron",
    equation="tau dy/dt = -y + w sigma(y + theta) + input",
    letters={"w": FINITE, "theta": FINITE, "input": FINITE, "tau": POSITIVE},
    variable="y",
    neuron=NeuronODE,
    to_doya=lambda w, theta, input, tau: {"w": w, "theta + input": theta + input},
    from_doya=lambda w, b: {"w": w, "theta": 0.0, "input = b": b, "tau": 1.0},
    to_x=lambda y, w, theta, input, tau: (y - input) / w,
    from_x=lambda x, w, theta, input, tau: total(*product(w, x), input),
    at_rest=lambda z, w, theta, input, tau: z - theta,
    readout=lambda x, w, theta, input, tau: w * x + input,
    moves={"w": Move.LINE, "theta": Move.LINE, "input": Move.LINE, "tau": Move.TIME},
    drive="input",
    needs={"w": ANY_BUT_ZERO},
    loses="w",
    lost=lambda w, theta, input, tau: w == 0.0,
    time_unit="tau",
)


def from_beer(w: ArrayLike, theta: ArrayLike, input: ArrayLike, tau: ArrayLike) -> Conversion:
    """Convert Beer's neuron, tau dy/dt = -y + w sigma(y + theta) + input, to Doya's parameters.

    Doya's flow has the same w, b = theta + input, and the time t / tau.  Beer's y is w x + input.

    Parameters
    ----------
    w : float or array
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100.  Where it is 0, y
        does not determine x, so that y cannot be converted to x.
    theta : float or array
        Bias, dimensionless, from -1e100 to 1e100.
    input : float or array
        Constant input, dimensionless, from -1e100 to 1e100.
    tau : float or array
        Time constant, in units of Beer's time, from 1e-100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, for abs(theta + input) > 1e100, or for shapes that do
        not broadcast.

    See Also
    --------
    to_beer : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    References
    ----------
    R. D. Beer, "On the dynamics of small continuous-time recurrent neural networks" (1995).

    Examples
    --------
    >>> import doya
    >>> beer = doya.from_beer(w=5.0, theta=-3.0, input=0.7, tau=2.0)
    >>> x = doya.final_state(beer.neuron, beer.to_state(0.0), beer.to_time(8.0))
    >>> round(float(beer.from_state(x)), 12)
    1.419446307928
    """
    return from_letters(BEER, {"w": w, "theta": theta, "input": input, "tau": tau})


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

    See Also
    --------
    from_beer : The other way.
    NeuronODE : The flow.

    References
    ----------
    R. D. Beer, "On the dynamics of small continuous-time recurrent neural networks" (1995).

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_beer(doya.NeuronODE(w=5.0, b=-2.5)).parameters)
    {'w': 5.0, 'theta': 0.0, 'input': -2.5, 'tau': 1.0}
    """
    return from_neuron(BEER, neuron)
