"""Finite differences of x(T), which the papers use as sensitivities."""

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
from doya.trajectories import final_state
from doya.trajectory_checks import common_shape


def finite_difference(
    neuron: Neuron,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str = "b",
    delta: ArrayLike = 1e-6,
    u: Input | None = None,
) -> Floats:
    """Compute the finite difference (x(T; p + delta) - x(T; p)) / delta, as in Doya (1993).

    p is the variable named by `wrt`: b, w, x0, epsilon or the input's weight.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    x0 : float or array
        State at the start, dimensionless.
    t_end : float or array
        The time T, as for `final_state`.
    wrt : {"b", "w", "x0", "epsilon", "input_weight"}, default "b"
        Name of the variable p; "epsilon" for the map only.
    delta : float or array, default 1e-6
        Change of p, dimensionless, positive or negative, not 0, from -1e100 to 1e100.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`.

    Returns
    -------
    ndarray
        The finite difference, of the shape to which neuron, x0, t_end, delta and u broadcast.

    Raises
    ------
    ArgumentError
        For an argument outside its range, p + delta outside the range of p, or shapes that do not
        broadcast.
    ConvergenceError
        If a single state could not be computed, as for `final_state`.

    Notes
    -----
    The finite difference differs from the derivative D of `sensitivity` in two ways.

    - Its truncation error is about delta/2 times the second derivative.
    - Its rounding error is about 1e-16 (1 + abs(D p)) / abs(delta).  So a delta smaller than 1e-8
      loses digits, and a delta smaller than 1e-16 abs(p) does not change p at all.  Where D
      vanishes, the finite difference is only rounding error.

    If a wall that is much narrower than delta is between p and p + delta, x changes from one
    attractor to the other.  The finite difference is then this change divided by delta, and does
    not depend on the derivative.  Near a wall, within its width exp(-lambda T), the second
    derivative explodes too.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    Away from the wall it is close to the derivative; on the wall of the flow it depends on delta:

    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=[-2.4, -2.5])
    >>> doya.finite_difference(neuron, x0=0.5, t_end=50.0).round(4)
    array([2.18100000e-01, 2.05382383e+05])
    >>> doya.sensitivity(neuron, x0=0.5, t_end=50.0).derivative["b"].round(4)
    array([2.18100000e-01, 2.68336286e+05])
    """
    check_neuron(neuron)
    check_one_of("wrt", wrt, (*neuron.sweepable, "x0", "input_weight"))
    delta = checked("delta", delta)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=np.shape(t_end), delta=np.shape(delta))
    require_memory("the ensemble", shape, IN_USE)
    if np.any(np.equal(delta, 0.0)):
        raise ArgumentError("delta", "must not be 0, got 0.0")
    before = final_state(neuron, x0, t_end, u)
    if wrt == "x0":
        after = final_state(neuron, checked("x0", x0) + delta, t_end, u)
    else:
        try:
            changed = neuron.replace(**{wrt: getattr(neuron, wrt) + delta})
        except ArgumentError as error:
            words = f"must keep {wrt} + delta in its range, got {delta}, but with it {error}."
            words += " Try a delta of the other sign."
            raise ArgumentError("delta", words) from None
        after = final_state(changed, x0, t_end, u)
    return np.asarray((after - before) / delta)
