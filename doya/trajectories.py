"""Where the state is at given times: the flow by formula or by steps, the map step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import Parameter, checked
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Input, every_piece, in_pieces, inputs_at
from doya.integrators import formula, functions, iteration, steps
from doya.integrators.ensembles import Ensemble, flat
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.settings import (
    MESSAGES,
    ORDER,
    checked_end,
    checked_method,
    checked_settings,
    checked_times,
    common_shape,
    default_times,
    require_finite,
)

# Arrays in use, as large as the states at all times, measured.
IN_USE = 6


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Result):
    """States at times, of one neuron or of each of an ensemble.

    Attributes
    ----------
    t : ndarray, shape (time,)
        In units of the flow's time constant, or steps of the map.
    x : ndarray, shape (..., time)
        States, dimensionless; NaN from where a trajectory failed.
    u : ndarray, shape (..., time)
        Input from these times on, dimensionless: where it jumps the value after the jump, also at
        the end.  An array of one value a step of the map has none for the end, and keeps its last.
    status : int or ndarray of int, shape (...)
        0 where the end was reached, 1 where the limit on steps, or on panels of the formula, was,
        2 where input or state is not finite.
    nfev : int or ndarray of int, shape (...)
        Evaluations of the right-hand side; steps of the map; 0 by formula.
    neuron : NeuronODE or NeuronMap
    x0 : float or ndarray
    method : str
        "formula", "euler", "rk4" or "dop853"; "map" for the map.
    """

    t: Floats
    x: Floats
    u: Floats
    status: Any
    nfev: Any
    neuron: Neuron
    x0: Parameter
    method: str

    @property
    def success(self) -> Any:
        """Whether the end was reached."""
        return self.status == 0

    @property
    def message(self) -> Any:
        """The status in a sentence; for an ensemble an array of sentences."""
        return (
            MESSAGES[self.status] if np.ndim(self.status) == 0 else np.take(MESSAGES, self.status)
        )


def final_state(
    neuron: Neuron,
    x0: ArrayLike,
    t_end: ArrayLike,
    u: Input | None = None,
    *,
    early_stop: bool = True,
) -> Floats:
    """The state after the time t_end, from x0.

    The flow dx/dt = f(x) is solved by formula: t_end is the integral of dx/f from x0 to x(t_end),
    whose poles at the equilibria are integrated exactly; the cost does not depend on t_end.  An
    input that is constant piece by piece is taken piece by piece.  The map is iterated.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    x0 : float or array
        State at the start, dimensionless, from -1e100 to 1e100.
    t_end : float or array
        For the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps, at least 0.
    u : float, array, Pulses, Table or function, optional
        Input, dimensionless, finite; 0 by default.  Mind what an array means: to the flow, inputs
        that are constant in time, one for each neuron; to the map, one value a step along the last
        axis.  A Table says either.  A function u(t) of the time is integrated numerically, to about
        1e-10, and slowly: one trajectory takes milliseconds; what it does for less than 0.25 time
        constants may be missed, which Pulses and tables are not.
    early_stop : bool, default True
        Stop iterating the map where states repeat bit for bit, with period 1 or 2; the answer is
        the same.

    Returns
    -------
    ndarray
        x(t_end), of the shape to which neuron, x0, t_end and u broadcast; in an ensemble NaN where
        a state fails.

    Raises
    ------
    ValueError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single state fails: by formula no neuron is known to do that, and under a function the
        limit on steps may be reached.

    Notes
    -----
    For the flow the error stays below 1e-14 times the problem's own condition number, the largest
    of 1, abs(x) and the derivatives of x with respect to x0, b and w on its way, however large and
    short the input is.  After an infinite time the state is the equilibrium that the start leads
    to.  A start beside an unstable equilibrium leaves to the side on which the given doubles of w,
    b and x0 put it, and when they do, also where it equals that equilibrium as `equilibria` rounds
    it; it stays where sigma(w x0 + b) = x0 exactly.  Under a constant input w, b + w w' u and
    x0 - w' u are rounded first.

    The error of the map, in `simulate` too, stays below 1e-14 times its own condition number, what
    x changes by for a small relative change of x0, b, w and epsilon, plus 2e-14 (1 + abs(x)):
    measured on 2,000 random maps near flips, with multipliers down to -1 + 1e-6, and with epsilon
    from 1e-8, up to millions of steps.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=[-2.7, -2.3])
    >>> doya.final_state(neuron, x0=0.5, t_end=10.0)
    array([0.10642781, 0.89357219])
    >>> doya.final_state(doya.NeuronMap(w=5.0, b=-2.3), x0=0.5, t_end=[0, 1, 2])
    array([0.5       , 0.549834  , 0.61044187])
    """
    x0 = checked("x0", x0)
    end = checked_end(neuron, t_end)
    is_map = isinstance(neuron, NeuronMap)
    if callable(u) and not is_map:
        return _final_state_under_function(neuron, x0, end, u)
    last = float(end.max(initial=0.0))
    pieces = in_pieces(u, is_map, last)
    require_finite(pieces, last)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=end.shape, u=pieces.shape)
    group = Ensemble.of(neuron, x0, pieces, shape)
    if not is_map:
        ends = end.reshape(-1) if end.size == 1 else flat(end, shape)
        x = formula.at_end(group, ends)
        if not shape and np.isnan(x[0]):
            raise ConvergenceError("the state was not reached by any panels")
        return x.reshape(shape)
    if end.size == 1:
        return iteration.at_end(group, int(last), early_stop).reshape(shape)
    counts = flat(end, shape)
    x = np.empty(counts.size)
    for count in np.unique(counts):
        which = counts == count
        x[which] = iteration.at_end(group.at(which, count), int(count), early_stop)
    return x.reshape(shape)


def simulate(
    neuron: Neuron,
    x0: ArrayLike,
    t_end: float,
    u: Input | None = None,
    *,
    times: ArrayLike | None = None,
    points: int | None = None,
    method: str | None = None,
    step: float = 0.1,
    rtol: float = 1e-12,
    atol: float = 1e-12,
    max_steps: int = 1_000_000,
) -> Trajectory:
    """The states on the way from x0 to the time t_end.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    x0 : float or array
        State at the start, dimensionless, from -1e100 to 1e100.
    t_end : float
        For the flow a time in units of the time constant, at least 0, infinity allowed by formula;
        for the map a whole number of steps, at least 0.
    u : float, array, Pulses, Table or function, optional
        Input, as for `final_state`.
    times : array, optional
        When to tell the state: ascending, from 0 to t_end; whole steps of the map.  By default
        every step of the map, of "euler" and of "rk4"; else as `points` says.
    points : int, default 201
        How many times, at least 2, evenly spread over the flow's t, besides those at which the
        input jumps; to an infinite t_end so many until the last jump, and then over t/(1 + t).
    method : {"formula", "euler", "rk4", "dop853"}, optional
        How to solve the flow: by formula, exact to rounding and the default; by equal steps of
        order 1 or 4; by Dormand and Prince's pair of order 8(5,3) with step control and dense
        output.  A function u(t) needs "dop853", its default, and goes through SciPy's
        `scipy.integrate.DOP853`.  Steps end where the input jumps.
    step : float, default 0.1
        Longest step of "euler" and "rk4", positive, in units of the time constant.
    rtol, atol : float, default 1e-12
        Tolerances of a step of "dop853": its error is kept below atol + rtol abs(x), from 1e-15
        and 0 on.
    max_steps : int, default 1,000,000
        Most steps a trajectory may take with "euler", "rk4" or "dop853".

    Returns
    -------
    Trajectory
        Its x has the shape to which neuron, x0 and u broadcast, with the times as last axis.

    Raises
    ------
    ValueError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single trajectory fails; in an ensemble `status` tells which did.

    References
    ----------
    E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations I" (1993),
    sections II.1 and II.10.

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> by_formula = doya.simulate(neuron, x0=[0.4, 0.6], t_end=10.0, times=[0.0, 5.0, 10.0])
    >>> by_formula.x
    array([[0.4       , 0.25680254, 0.16813313],
           [0.6       , 0.74319746, 0.83186687]])
    >>> by_steps = doya.simulate(neuron, x0=0.4, t_end=10.0, method="euler", step=0.01)
    >>> by_steps.x.shape, by_steps.nfev
    ((1001,), 1000)
    """
    x0 = checked("x0", x0)
    end = checked_end(neuron, t_end)
    if end.ndim:
        raise ArgumentError("t_end", f"must be one number, got an array of shape {end.shape}")
    last = float(end)
    chosen = checked_method(neuron, method, last, callable(u))
    step, rtol, atol, max_steps = checked_settings(step, rtol, atol, max_steps)
    if chosen in ORDER and last > step * max_steps:
        raise ArgumentError(
            "step", f"must be at least t_end / max_steps = {last / max_steps}, got {step}"
        )

    function = u if callable(u) and chosen != "map" else None
    every = every_piece(0.0 if function else u, chosen == "map", last)
    pieces = every.until(last)
    shape = common_shape(neuron, x0=np.shape(x0), u=pieces.shape)
    if not shape:
        require_finite(pieces, last)
    given = default_times(chosen, last, step, points, pieces) if times is None else times
    at = checked_times(given, last, chosen)
    require_memory("x at all times", (*shape, at.size), IN_USE)
    group = Ensemble.of(neuron, x0, pieces, shape)

    status, nfev = np.zeros(group.x0.size, dtype=np.int64), np.zeros(group.x0.size, dtype=np.int64)
    if chosen == "map":
        x, nfev = iteration.on_grid(group, at), nfev + int(at.max(initial=0.0))
    elif function:
        states, status, nfev = functions.under_function(group, at, function, rtol, atol, max_steps)
        x = states[..., 0]
    elif chosen == "formula":
        x = formula.on_grid(group, at)
        status[np.isnan(x).any(axis=1)] = 1
    elif chosen == "dop853":
        x, status, nfev = steps.adaptive(group, at, rtol, atol, max_steps)
    else:
        x, nfev = steps.equal(group, at, ORDER[chosen], step)

    lost = ~np.isfinite(x) | (at > flat(pieces.spoiled, shape)[:, np.newaxis])
    status[lost.any(axis=1) & (status == 0)] = 2
    if not shape and status[0]:
        raise ConvergenceError(MESSAGES[status[0]])
    inputs = inputs_at(u, every, at, chosen == "map", last)
    return Trajectory(
        t=at,
        x=np.where(lost, math.nan, x).reshape(*shape, at.size),
        u=np.broadcast_to(inputs, (*shape, at.size)),
        status=status.reshape(shape) if shape else int(status[0]),
        nfev=nfev.reshape(shape) if shape else int(nfev[0]),
        neuron=neuron,
        x0=x0,
        method=chosen,
    )


def _final_state_under_function(neuron: Neuron, x0: Parameter, end: Floats, u: Any) -> Floats:
    """The end of a numerical solution at each of the times asked for."""
    times = np.unique(end)
    found = simulate(neuron, x0, float(times.max(initial=0.0)), u, times=times)
    shape = np.broadcast_shapes(found.x.shape[:-1], end.shape)
    if not shape and not found.success:
        raise ConvergenceError(found.message)
    which = np.broadcast_to(np.searchsorted(times, end), shape)[..., np.newaxis]
    x = np.broadcast_to(found.x, (*shape, times.size))
    return np.take_along_axis(x, which, axis=-1)[..., 0]
