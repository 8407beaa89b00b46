"""Doya's neuron from the parameters of other authors."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.conversions.conversion import Conversion, from_letters


def from_pascanu(w: ArrayLike, b: ArrayLike) -> Conversion:
    """Doya's name for Pascanu's neuron, a' = w sigma(a) + b.

    epsilon = 1, the same w and b, x = sigma(a).

    Parameters
    ----------
    w, b : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ValueError
        For a parameter outside its range, or shapes that do not broadcast.

    Notes
    -----
    The way back is a = logit(x), for 0 < x < 1.  Where x is near 1 its own rounding is felt there;
    a one step later, w x + b, is exact from any x.

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
    return from_letters("pascanu", {"w": w, "b": b})


def from_pasemann(gamma: ArrayLike, theta: ArrayLike, w: ArrayLike) -> Conversion:
    """Doya's name for Pasemann's neuron, a' = gamma a + theta + w sigma(a).

    epsilon = 1 - gamma; Doya's weight and bias are w and theta, divided by it; a is Doya's w x + b.

    Parameters
    ----------
    gamma : float or array
        What is kept of the activity a, dimensionless, at least 0 and less than 1.
    theta : float or array
        Bias and external input, dimensionless, from -1e100 to 1e100.
    w : float or array
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100, not 0: x could not
        be told from a.

    Returns
    -------
    Conversion

    Raises
    ------
    ValueError
        For a parameter outside its range, one of Doya's that would be (abs(w) or abs(b) > 1e100),
        or shapes that do not broadcast.

    Notes
    -----
    At gamma = 0 the equation is Pascanu's, yet a = w x + b is Pascanu's a of one step later, where
    x is sigma(a).

    References
    ----------
    F. Pasemann, "Dynamics of a single model neuron" (1993); "A simple chaotic neuron" (1997).

    Examples
    --------
    >>> import doya
    >>> doya.from_pasemann(gamma=0.5, theta=5.0, w=-50.0).neuron
    NeuronMap(w=-100.0, b=10.0, input_weight=1.0, epsilon=0.5)
    """
    return from_letters("pasemann", {"gamma": gamma, "theta": theta, "w": w})


def from_aihara(k: ArrayLike, alpha: ArrayLike, a: ArrayLike, epsilon: ArrayLike) -> Conversion:
    """Doya's name for Aihara's chaotic neuron, y' = k y - alpha sigma(y/epsilon) + a.

    Doya's epsilon is 1 - k, and w = -alpha / (epsilon (1 - k)), b = a / (epsilon (1 - k)); y is
    Aihara's epsilon times Doya's w x + b.

    Parameters
    ----------
    k : float or array
        Decay of the refractoriness, dimensionless, at least 0 and less than 1.
    alpha : float or array
        Scale of the refractoriness, in units of y, from 1e-100 to 1e100.
    a : float or array
        Bias and external input, in units of y, from -1e100 to 1e100.
    epsilon : float or array
        Width of the logistic function, in units of y, from 1e-100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ValueError
        For a parameter outside its range, one of Doya's that would be (abs(w) or abs(b) > 1e100),
        or shapes that do not broadcast.

    References
    ----------
    K. Aihara, T. Takabe, M. Toyoda, "Chaotic neural networks" (1990).

    Examples
    --------
    >>> import doya
    >>> doya.from_aihara(k=0.5, alpha=1.0, a=0.75, epsilon=0.25).neuron
    NeuronMap(w=-8.0, b=6.0, input_weight=1.0, epsilon=0.5)
    """
    return from_letters("aihara", {"k": k, "alpha": alpha, "a": a, "epsilon": epsilon})


def from_beer(w: ArrayLike, theta: ArrayLike, input: ArrayLike, tau: ArrayLike) -> Conversion:
    """Doya's name for Beer's neuron, tau dy/dt = -y + w sigma(y + theta) + input.

    The flow in the time t / tau, with the same w, b = theta + input; y = w x + input.

    Parameters
    ----------
    w : float or array
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100, not 0: x could not
        be told from y.
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
    ValueError
        For a parameter outside its range, abs(theta + input) > 1e100, or shapes that do not
        broadcast.

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
    return from_letters("beer", {"w": w, "theta": theta, "input": input, "tau": tau})


def from_tanh(w: ArrayLike, h: ArrayLike) -> Conversion:
    """Doya's name for the tanh neuron, a' = w tanh(a) + h.

    epsilon = 1; Doya's weight is 4 w, his bias 2 h - 2 w; x = (1 + tanh(a)) / 2 = sigma(2 a).

    Parameters
    ----------
    w, h : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ValueError
        For a parameter outside its range, one of Doya's that would be (abs(w) or abs(b) > 1e100),
        or shapes that do not broadcast.

    Notes
    -----
    For w > 1 it latches a bit while abs(h) < sqrt(w (w - 1)) - artanh(sqrt(1 - 1/w)), between
    Doya's folds.  The way back is a = logit(x)/2, for 0 < x < 1; a one step later,
    w (2 x - 1) + h, is exact from any x.

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
    return from_letters("tanh", {"w": w, "h": h})
