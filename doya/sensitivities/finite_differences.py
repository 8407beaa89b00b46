"""Finite differences of x(T), which the papers use as sensitivities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import check_one_of, checked
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import (
    Conversion,
    is_late,
    require_determined,
    require_no_input,
)
from doya.conversions.rates import moved, readout, start_of, time_rates_of, x_of
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.integrators.ensembles import IN_USE
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.trajectories import final_state
from doya.trajectory_checks import checked_end, common_shape

Changed = TypeVar("Changed")


def finite_difference(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str | None = None,
    delta: ArrayLike = 1e-6,
    u: Input | None = None,
) -> Floats:
    """Compute the finite difference (x(T; p + delta) - x(T; p)) / delta, as in Doya (1993).

    p is the variable named by `wrt`: b, w, x0, epsilon or the input's weight.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` the state is the author's, at a fixed time
        of the author and from a fixed state of the author; x0 and t_end are Doya's.
    x0 : float or array
        State at the start, dimensionless.
    t_end : float or array
        The time T, as for `final_state`.
    wrt : {"b", "w", "x0", "epsilon", "input_weight"}, default "b"
        Name of the variable p; "epsilon" for the map only.  With a `Conversion`: a letter, or
        "x0", the author's state at the start; the default is the letter that changes only b.
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

    See Also
    --------
    sensitivity : The derivatives of x(T), with order=2 also the second.

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
    if isinstance(neuron, Conversion):
        letter = AUTHORS[neuron.author].drive if wrt is None else wrt
        return _in_letters(neuron, x0, t_end, letter, delta, u)
    check_neuron(neuron)
    wrt = "b" if wrt is None else wrt
    check_one_of("wrt", wrt, (*neuron.sweepable, "x0", "input_weight"))
    step = _checked_delta(neuron, x0, t_end, delta)
    before = final_state(neuron, x0, t_end, u)
    if wrt == "x0":
        after = final_state(neuron, checked("x0", x0) + step, t_end, u)
    else:
        changed = _in_range(
            wrt, step, lambda step: neuron.replace(**{wrt: getattr(neuron, wrt) + step})
        )
        after = final_state(changed, x0, t_end, u)
    return np.asarray((after - before) / step)


def _in_letters(
    conversion: Conversion,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str,
    delta: ArrayLike,
    u: Input | None,
) -> Floats:
    """Return the finite difference of the author's state."""
    check_one_of("wrt", wrt, ("x0", *conversion.parameters))
    if not conversion.shape:
        require_determined(conversion)
    require_no_input(conversion, u)
    step = _checked_delta(conversion.neuron, x0, t_end, delta)
    start, end = start_of(conversion, checked("x0", x0)), checked_end(conversion.neuron, t_end)
    before = end_state(conversion, start, end, u)
    if wrt == "x0":
        return np.asarray((end_state(conversion, start + step, end, u) - before) / step)
    changed = _in_range(
        wrt, step, lambda step: moved(conversion, **{wrt: conversion.parameters[wrt] + step})
    )
    if wrt in time_rates_of(conversion):
        end = end * (conversion.parameters[wrt] / changed.parameters[wrt])
    return np.asarray((end_state(changed, start, end, u) - before) / step)


def end_state(conversion: Conversion, start: Any, end: Any, u: Input | None) -> Any:
    """Return the author's state at Doya's time `end`, from the author's state at the start."""
    stepped = is_late(conversion) & (end >= 1.0)
    before = np.where(stepped, end - 1.0, end) if np.any(stepped) else end
    x = final_state(conversion.neuron, x_of(conversion, start), before, u)
    found = start_of(conversion, x)
    return np.where(stepped, readout(conversion, x), found) if np.any(stepped) else found


def _checked_delta(neuron: Neuron, x0: ArrayLike, t_end: ArrayLike, delta: ArrayLike) -> Any:
    """Return the change as a float or an array; raise for 0, or where shapes do not broadcast."""
    checked_delta = checked("delta", delta)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=np.shape(t_end), delta=np.shape(delta))
    require_memory("the ensemble", shape, IN_USE)
    if np.any(np.equal(checked_delta, 0.0)):
        raise ArgumentError("delta", "must not be 0, got 0.0")
    return checked_delta


def _in_range(wrt: str, delta: Any, changed: Callable[[Any], Changed]) -> Changed:
    """Return what `changed` makes of delta; raise about delta where `wrt` leaves its range."""
    try:
        return changed(delta)
    except ArgumentError as error:
        allowed, _, got = error.words.rpartition(", got ")
        made = f"= {delta} makes" if np.ndim(delta) == 0 else "makes"
        words = f"{made} {wrt} + delta = {got}, but {wrt} {allowed}: {_remedy(delta, changed)}"
    raise ArgumentError("delta", words)


def _remedy(delta: Any, changed: Callable[[Any], Any]) -> str:
    """Return which delta to use in place of one that leads out of the range."""
    if np.ndim(delta):
        return "use a delta of the other sign or nearer to 0"
    try:
        changed(-delta)
    except ArgumentError:
        return "use a delta nearer to 0"
    return f"use a {'negative' if delta > 0.0 else 'positive'} delta, for example {-delta}"
