"""Sensitivities as the papers take them: what a small change makes of x(T), over the change."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import check_one_of, checked
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.integrators.ensembles import IN_USE
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.settings import common_shape
from doya.trajectories import final_state


def finite_difference(
    neuron: Neuron,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str = "b",
    delta: ArrayLike = 1e-6,
    u: Input | None = None,
) -> Floats:
    """The papers' quotient of differences, (x(T; b + delta) - x(T; b)) / delta, and its like.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    x0 : float or array
        State at the start, dimensionless.
    t_end : float or array
        T, as for `final_state`.
    wrt : {"b", "w", "x0", "epsilon"}, default "b"
        What is changed; epsilon of the map.
    delta : float or array, default 1e-6
        By how much: not 0, of either sign, in the units of what is changed (dimensionless).
    u : float, array, Pulses, Table or function, optional
        Input, as for `final_state`.

    Returns
    -------
    ndarray
        Of the shape to which neuron, x0, t_end, delta and u broadcast.

    Raises
    ------
    ValueError
        For an argument outside its range, or shapes that do not broadcast.

    Notes
    -----
    Against the derivative D of `sensitivity` it is off by about delta/2 times the second
    derivative, and by rounding: about 1e-16 (1 + abs(D p)) / abs(delta), where p is what is
    changed; a delta below 1e-16 abs(p) changes nothing.  So a delta below 1e-8 loses digits, and
    where D vanishes the quotient is rounding alone.  If a wall lies between p and p + delta, x
    jumps from one attractor to the other, and the quotient tells that jump over delta, whatever
    the derivative is; beside a wall, whose width is exp(-lambda T), the second derivative
    explodes too.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    Off the wall it is close; on the wall of the flow it depends on delta:

    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=[-2.4, -2.5])
    >>> doya.finite_difference(neuron, x0=0.5, t_end=50.0).round(4)
    array([2.18100000e-01, 2.05382383e+05])
    >>> doya.sensitivity(neuron, x0=0.5, t_end=50.0).derivative["b"].round(4)
    array([2.18100000e-01, 2.68336286e+05])
    """
    check_neuron(neuron)
    check_one_of("wrt", wrt, (*neuron.sweepable, "x0"))
    delta = checked("delta", delta)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=np.shape(t_end), delta=np.shape(delta))
    require_memory("the ensemble", shape, IN_USE)
    if np.any(np.equal(delta, 0.0)):
        raise ArgumentError("delta", "must not be 0")
    before = final_state(neuron, x0, t_end, u)
    if wrt == "x0":
        after = final_state(neuron, checked("x0", x0) + delta, t_end, u)
    else:
        try:
            changed = neuron.replace(**{wrt: getattr(neuron, wrt) + delta})
        except ArgumentError as error:
            words = f"must keep {wrt} + delta in its range, here {error}: try the other sign"
            raise ArgumentError("delta", words) from None
        after = final_state(changed, x0, t_end, u)
    return np.asarray((after - before) / delta)
