"""States at given times: of the flow by formula or by steps, of the map by iteration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import Parameter, checked
from doya.conversions.conversion import Conversion, conversion_of, in_doya, states_of
from doya.equilibria import Equilibria, equilibria
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Input, every_piece, in_pieces, inputs_at
from doya.integrators import formula, functions, iteration, steps
from doya.integrators.ensembles import Ensemble, flat
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.statuses import Status
from doya.trajectory_checks import (
    ORDER,
    checked_end,
    checked_method,
    checked_settings,
    checked_times,
    common_shape,
    default_times,
    require_finite,
)
from doya.trajectory_statuses import FormulaStatus, StepsStatus, statuses_of

# Arrays of the size of all states at all times in use at once, measured.
IN_USE = 6


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Result):
    """The states of one neuron, or of each neuron of an ensemble, at given times.

    Attributes
    ----------
    t : ndarray, shape (time,)
        Times, in units of the flow's time constant or in steps of the map.
    x : ndarray, shape (..., time)
        States, dimensionless; NaN from the time at which a trajectory failed.
    u : ndarray, shape (..., time)
        Input from these times on, dimensionless.  Where the input jumps, also at the end, it is the
        value after the jump.  An array with one value per step of the map has no value for the
        end; its last value is repeated there.
    status : int or ndarray of int, shape (...)
        0 if the end was reached; 1 if the limit on steps, or on panels of the formula, was reached
        first; 2 if the input or the state is not finite.
    nfev : int or ndarray of int, shape (...)
        Number of evaluations of the right-hand side, or of steps of the map; 0 by formula.
    neuron : NeuronODE or NeuronMap
        The neuron.
    x0 : float or ndarray
        State at the start, dimensionless.
    method : str
        The method used: "formula", "euler", "rk4" or "dop853" for the flow, "map" for the map.
    u_rises : bool
        Whether the input is a ramp of the flow, which changes linearly between the times.
    conversion : Conversion or None
        The neuron in the author's letters.
    t_end : float
        The end, in the units of t.
    step : float or None
        Longest step of "euler" and "rk4"; None for the other methods.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("nfev", "u_rises")

    t: Floats
    x: Floats
    u: Floats
    status: Any
    nfev: Any
    neuron: Neuron
    x0: Parameter
    method: str
    u_rises: bool = False
    conversion: Conversion | None = None
    t_end: float = math.nan
    step: float | None = None

    @property
    def state(self) -> Floats:
        """Return the author's states, of the shape of x; x itself in Doya's parameters.

        NaN or infinite where x has no state of the author.
        """
        if self.conversion is None:
            return self.x
        state: Floats = states_of(self.conversion, self.x, axes=1)
        return state

    @cached_property
    def equilibria(self) -> Equilibria | None:
        """Return the equilibria of the one neuron that all trajectories share, or None.

        They are under the input if that is constant, and under the input 0 otherwise.  The input at
        the last time does not count, as no state depends on it.  For an ensemble of different
        neurons the value is None.
        """
        own = self.neuron.parameters
        parameters = {name: np.unique(value) for name, value in own.items()}
        if any(values.size != 1 for values in parameters.values()):
            return None
        neuron: Neuron | Conversion
        neuron = self.neuron.replace(**{name: float(v[0]) for name, v in parameters.items()})
        if self.conversion is not None and not self.conversion.shape:
            neuron = self.conversion
        u = np.unique(self.u[..., : max(self.t.size - 1, 1)])
        return equilibria(neuron, float(u[0]) if u.size == 1 and np.isfinite(u[0]) else 0.0)

    @property
    def _family(self) -> type[Status]:
        return statuses_of(self.method)

    @property
    def success(self) -> Any:
        """Return whether the end was reached: status 0."""
        return self.status == 0

    @property
    def message(self) -> Any:
        """Return the status in words, with its remedy; for an ensemble an array of them."""
        return statuses_of(self.method).explain(self.status)


def final_state(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    t_end: ArrayLike,
    u: Input | None = None,
    *,
    early_stop: bool = True,
) -> Floats:
    """Compute the state x(t_end) that follows from the state x0 at time 0.

    The flow dx/dt = f(x) is solved by formula: t_end is the integral of dx/f from x0 to x(t_end).
    The poles of 1/f at the equilibria are integrated exactly, and the cost does not depend on
    t_end.  If the input is piecewise constant, the pieces are solved one after another.  The map
    is iterated.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.
    x0 : float or array
        State x at the start, dimensionless, from -1e100 to 1e100.  With a `Conversion` too, this x,
        the x that is returned, and times are Doya's.
    t_end : float or array
        For the flow a time, at least 0, in units of the time constant; infinity is allowed.  For
        the map a whole number of steps, at least 0.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, dimensionless, finite; 0 by default.  An array means different things to flow and
        map: for the flow it holds inputs that are constant in time, one per neuron; for the map its
        last axis is time, with one value per step.  A `Table` can express both.  For the flow a
        function u(t) of the time is integrated numerically, with an error of about 1e-10; one
        trajectory takes milliseconds.  A change of the function that lasts less than 0.25 time
        constants may be missed; `Pulses` and `Table` have no such limit.
    early_stop : bool, default True
        Whether to stop iterating the map when its states repeat exactly with period 1 or 2.  The
        result is the same.

    Returns
    -------
    ndarray
        x(t_end), of the shape to which neuron, x0, t_end and u broadcast.  In an ensemble a state
        that could not be computed is NaN.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single state could not be computed.  For a function u(t) the limit on steps may be
        reached; the formula is not known to fail for any neuron.

    See Also
    --------
    simulate, crossing_time, sensitivity, sweep

    Notes
    -----
    For the flow the error is less than 1e-14 times the condition number of the problem: the largest
    of 1, abs(x), and the derivatives of x with respect to x0, b and w, along the whole trajectory.
    This holds for large and short inputs too.  After an infinite time the state is the equilibrium
    that the trajectory approaches.

    Near an unstable equilibrium the exact values of the doubles w, b and x0 decide to which side
    the state leaves, and when.  This is so even where x0 equals the rounded equilibrium that
    `equilibria` returns.  The state stays only if sigma(w x0 + b) = x0 exactly.  Under a constant
    input, b + w w' u and x0 - w' u are rounded first; with input_to="bias", b + w' u.

    The condition number of the map is the change of x per small relative change of x0, b, w and
    epsilon.  The error, in `simulate` too, stays below 1e-14 times this number plus
    2e-14 (1 + abs(x)).  This was measured on 2,000 random maps near flips, with multipliers down to
    -1 + 1e-6, and with epsilon from 1e-8, up to millions of steps.

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
    neuron = in_doya(neuron)
    x0 = checked("x0", x0)
    end = checked_end(neuron, t_end)
    is_map = isinstance(neuron, NeuronMap)
    if callable(u) and not is_map:
        return _final_state_under_function(neuron, x0, end, u)
    last = float(end.max(initial=0.0) if end.ndim else end)
    pieces = in_pieces(u, is_map, last)
    require_finite(pieces, last)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=end.shape, u=pieces.shape)
    group = Ensemble.of(neuron, x0, pieces, shape)
    if not is_map:
        ends = end.reshape(-1) if end.size == 1 else flat(end, shape)
        x = formula.at_end(group, ends)
        if not shape and np.isnan(x[0]):
            raise ConvergenceError(FormulaStatus.GAVE_UP.sentences)
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
    neuron: Neuron | Conversion,
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
    """Compute the states at several times, from x0 at time 0 to the time t_end.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.
    x0 : float or array
        State x at the start, dimensionless, from -1e100 to 1e100.  With a `Conversion` too it is
        Doya's x, and times are Doya's: see `Conversion`.
    t_end : float
        For the flow a time, at least 0, in units of the time constant; with the method "formula"
        infinity is allowed.  For the map a whole number of steps, at least 0.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`.
    times : array, optional
        Times at which to compute the state, in ascending order, from 0 to t_end; for the map whole
        numbers.  By default every step of the map; every step of "euler" and "rk4" unless `points`
        is given; in all other cases, a number of times given by `points`.
    points : int, default 201
        Number of times, at least 2, evenly spaced from 0 to t_end; for the flow only.  Each time at
        which the input jumps is one more.  If t_end is infinite, this number of times is spread
        evenly up to the last jump, and the same number after it, evenly in s/(1 + s), where s is
        the time since that jump.
    method : {"formula", "euler", "rk4", "dop853"}, optional
        Method for the flow.  "formula", the default, is exact to rounding.  "euler" and "rk4" take
        steps of equal length and have the orders 1 and 4.  "dop853" is the pair of Dormand and
        Prince of order 8(5,3) with step control and dense output.  A function u(t) needs "dop853",
        which is then the default and uses `scipy.integrate.DOP853`.  Steps end where the input
        jumps.  A `Ramp` needs "formula", which goes through the rise in steps of order 8.
    step : float, default 0.1
        Longest step of "euler" and "rk4", positive, in units of the time constant.
    rtol, atol : float, default 1e-12
        Relative and absolute tolerance of "dop853", 1e-15 <= rtol < 1 and atol >= 0.  The error of
        each step is kept below atol + rtol abs(x).
    max_steps : int, default 1,000,000
        Largest number of steps of one trajectory with "euler", "rk4" or "dop853".

    Returns
    -------
    Trajectory
        Its x has the shape to which neuron, x0 and u broadcast, followed by the axis of the times.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single trajectory fails.  In an ensemble `status` shows which trajectories failed.

    See Also
    --------
    final_state, crossing_time, plots.draw_trajectory, animations.animate_trajectory

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
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    x0 = checked("x0", x0)
    end = checked_end(neuron, t_end)
    if end.ndim:
        raise ArgumentError("t_end", f"must be one number, got an array of shape {end.shape}")
    last = float(end)
    chosen = checked_method(neuron, method, last, u)
    step, rtol, atol, max_steps = checked_settings(step, rtol, atol, max_steps)
    if chosen in ORDER and last > step * max_steps:
        raise ArgumentError(
            "step",
            f"must be at least t_end / max_steps = {last / max_steps}, got {step}: use a longer"
            " step or a larger max_steps",
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
        status[np.isnan(x).any(axis=1)] = FormulaStatus.GAVE_UP
    elif chosen == "dop853":
        x, status, nfev = steps.adaptive(group, at, rtol, atol, max_steps)
    else:
        x, nfev = steps.equal(group, at, ORDER[chosen], step)
    lost = ~np.isfinite(x) | (at > flat(pieces.spoiled, shape)[:, np.newaxis])
    status[lost.any(axis=1) & (status == StepsStatus.DONE)] = StepsStatus.NOT_FINITE
    family = statuses_of(chosen)
    if not shape and status[0]:
        raise ConvergenceError(family.explain(status[0]))
    inputs = inputs_at(u, every, at, chosen == "map", last)
    return Trajectory(
        t=at,
        x=np.where(lost, math.nan, x).reshape(*shape, at.size),
        u=np.broadcast_to(inputs, (*shape, at.size)),
        status=family.of(status, shape),
        nfev=nfev.reshape(shape) if shape else int(nfev[0]),
        neuron=neuron,
        x0=x0,
        method=chosen,
        u_rises=bool(every.rise.any()),
        conversion=conversion,
        t_end=last,
        step=step if chosen in ORDER else None,
    )


def _final_state_under_function(neuron: Neuron, x0: Parameter, end: Floats, u: Any) -> Floats:
    """Return the states of a numerical solution at the ends of all trajectories."""
    times = np.unique(end)
    found = simulate(neuron, x0, float(times.max(initial=0.0)), u, times=times)
    shape = np.broadcast_shapes(found.x.shape[:-1], end.shape)
    if not shape and not found.success:
        raise ConvergenceError(found.message)
    which = np.broadcast_to(np.searchsorted(times, end), shape)[..., np.newaxis]
    x = np.broadcast_to(found.x, (*shape, times.size))
    return np.take_along_axis(x, which, axis=-1)[..., 0]
