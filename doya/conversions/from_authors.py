"""Conversions from the parameters of other authors to Doya's."""

from __future__ import annotations

from numpy.typing import ArrayLike

from doya.conversions.conversion import Conversion, from_letters


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
    return from_letters("pascanu", {"w": w, "b": b})


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
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100.  It must not be 0:
        a would then not determine x.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, for a converted w or b above 1e100 in size, or for shapes
        that do not broadcast.

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
    return from_letters("pasemann", {"gamma": gamma, "theta": theta, "w": w})


def from_aihara(k: ArrayLike, alpha: ArrayLike, a: ArrayLike, epsilon: ArrayLike) -> Conversion:
    """Convert Aihara's chaotic neuron, y' = k y - alpha sigma(y/epsilon) + a, to Doya's parameters.

    Doya's map has the step 1 - k, w = -alpha / (epsilon (1 - k)) and b = a / (epsilon (1 - k)),
    where epsilon is Aihara's.  Aihara's y is that epsilon times Doya's w x + b.

    Parameters
    ----------
    k : float or array
        Decay of the refractoriness, dimensionless, at least 0 and less than 1.
    alpha : float or array
        Scale of the refractoriness, in units of y, from 1e-100 to 1e100.
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
    """Convert Beer's neuron, tau dy/dt = -y + w sigma(y + theta) + input, to Doya's parameters.

    Doya's flow has the same w, b = theta + input, and the time t / tau.  Beer's y is w x + input.

    Parameters
    ----------
    w : float or array
        Weight of the neuron onto itself, dimensionless, from -1e100 to 1e100.  It must not be 0:
        y would then not determine x.
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
    """Convert the tanh neuron, a' = w tanh(a) + h, to Doya's parameters.

    Doya's map has epsilon = 1, the weight 4 w and the bias 2 h - 2 w.  Its state is
    x = (1 + tanh(a)) / 2 = sigma(2 a).

    Parameters
    ----------
    w, h : float or array
        Weight and bias, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        For a parameter outside its range, for a converted w or b above 1e100 in size, or for shapes
        that do not broadcast.

    Notes
    -----
    For w > 1 the neuron keeps (latches) a bit while abs(h) < h*.  Bengio et al. show that such a
    threshold h* exists.  Its closed form, h* = sqrt(w (w - 1)) - artanh(sqrt(1 - 1/w)), is ours: h*
    and -h* are Doya's two folds.  The state is converted back by a = logit(x) / 2, for 0 < x < 1.
    Near x = 1 this magnifies the rounding of x.  The state a of the next step, w (2 x - 1) + h,
    does not have this error.

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
