"""The population of Wilson and Cowan: the flow, with its input inside the sigmoid."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from doya.checks import FINITE
from doya.conversions.author import POSITIVE, Author, Move
from doya.conversions.conversion import Conversion, from_letters, from_neuron
from doya.conversions.duals import Dual
from doya.kernels.numbers.logistic import sigmoid, sigmoid_difference, sigmoid_slope
from doya.neurons import Neuron, NeuronODE

# Beyond this size of a theta, c is 0 or 1 to thousands of digits.
FARTHEST = 10_000


def _silence(a: Any, theta: Any) -> Any:
    """Return c = sigma(-a theta), which F subtracts so that F(0) = 0."""
    if isinstance(a, Dual):
        return (-a * theta).through(sigmoid, sigmoid_slope)
    from decimal import Decimal  # takes longer to import than all authors

    if isinstance(a, Decimal):
        power = min(max(a * theta, -FARTHEST), FARTHEST)
        return 1 / (1 + Decimal(power).exp())
    return sigmoid(-a * theta)


WILSON_COWAN = Author(
    name="wilson-cowan",
    called="Wilson and Cowan's neuron",
    equation="tau dr/dt = -r + sigma(a(w r + input - theta)) - sigma(-a theta)",
    letters={"w": FINITE, "theta": FINITE, "a": POSITIVE, "input": FINITE, "tau": POSITIVE},
    variable="r",
    neuron=NeuronODE,
    to_doya=lambda w, theta, a, input, tau: {
        "a w": a * w,
        "a (input - theta - w sigma(-a theta))": a * (input - theta) - a * w * _silence(a, theta),
    },
    from_doya=lambda w, b: {  # a and theta are free; here a = 1 and theta = 0
        "w": w,
        "theta": 0.0,
        "a": 1.0,
        "input = b + w / 2": b + 0.5 * w,
        "tau": 1.0,
    },
    to_x=lambda r, w, theta, a, input, tau: r + _silence(a, theta),
    from_x=lambda x, w, theta, a, input, tau: x - _silence(a, theta),
    at_rest=lambda z, w, theta, a, input, tau: sigmoid_difference(z, -a * theta),
    readout=lambda x, w, theta, a, input, tau: x - _silence(a, theta),
    moves={
        "w": Move.LINE,
        "theta": Move.CURVE,
        "a": Move.CURVE,
        "input": Move.LINE,
        "tau": Move.TIME,
    },
    drive="input",
    defaults={"input": 0.0, "tau": 1.0},
    time_unit="tau",
)


def from_wilson_cowan(
    w: ArrayLike,
    theta: ArrayLike,
    a: ArrayLike,
    input: ArrayLike = 0.0,
    tau: ArrayLike = 1.0,
) -> Conversion:
    """Convert one population of Wilson and Cowan, tau dr/dt = -r + F(w r + input), to Doya's.

    F(s) = sigma(a (s - theta)) - sigma(-a theta), so that F(0) = 0.  With c = sigma(-a theta),
    Doya's flow has the weight a w, the bias a (input - theta - w c), the time t / tau, and the
    state x = r + c.

    Parameters
    ----------
    w : float or array
        Weight of the population onto itself, dimensionless, from -1e100 to 1e100.
    theta : float or array
        Threshold of F, in units of the input, from -1e100 to 1e100.
    a : float or array
        Gain of F, per unit of the input, from 1e-100 to 1e100.
    input : float or array, default 0.0
        Constant external input, from -1e100 to 1e100.
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
    to_wilson_cowan : The same neuron in this author's parameters.
    Conversion : What it returns: a neuron in letters.

    Notes
    -----
    States are converted to within a few units in the last place of the larger of r and c.

    References
    ----------
    H. R. Wilson, J. D. Cowan, "Excitatory and inhibitory interactions in localized populations of
    model neurons" (1972), without the refractory term.  Neuromatch Academy, Computational
    Neuroscience, "Dynamic networks", tutorial 1: w = 5, theta = 2.8, a = 1.2, input = 0.5 has the
    fixed points 0.042, 0.447 and 0.900.

    Examples
    --------
    >>> import doya
    >>> population = doya.from_wilson_cowan(w=5.0, theta=2.8, a=1.2, input=0.5)
    >>> population.from_state(doya.equilibria(population.neuron).x).round(3)
    array([0.042, 0.447, 0.9  ])
    """
    return from_letters(WILSON_COWAN, {"w": w, "theta": theta, "a": a, "input": input, "tau": tau})


def to_wilson_cowan(neuron: Neuron) -> Conversion:
    """Convert Doya's flow to one population of Wilson and Cowan, tau dr/dt = -r + F(w r + input).

    F(s) = sigma(a (s - theta)) - sigma(-a theta).  Its gain and threshold are free; here a = 1,
    theta = 0 and tau = 1.  w is Doya's, input is b + w / 2, and r is x - 1/2.

    Parameters
    ----------
    neuron : NeuronODE
        One neuron or an ensemble.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a map.

    See Also
    --------
    from_wilson_cowan : The other way.
    NeuronODE : The flow.

    References
    ----------
    H. R. Wilson, J. D. Cowan, "Excitatory and inhibitory interactions in localized populations of
    model neurons" (1972), without the refractory term.

    Examples
    --------
    >>> import doya
    >>> dict(doya.to_wilson_cowan(doya.NeuronODE(w=5.0, b=-2.5)).parameters)
    {'w': 5.0, 'theta': 0.0, 'a': 1.0, 'input': 0.0, 'tau': 1.0}
    """
    return from_neuron(WILSON_COWAN, neuron)
