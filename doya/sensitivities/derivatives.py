"""Exact derivatives of x(T) with respect to x0, b, w, epsilon, the input weight, past inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import checked, checked_names
from doya.conversions.conversion import Conversion
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Input, in_pieces
from doya.integrators import functions
from doya.integrators import sensitivities as integrators
from doya.integrators.ensembles import Ensemble, flat
from doya.kernels.flow import steppers, variational
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.sensitivities.letters import InLetters
from doya.sensitivities.past_inputs import by_past_inputs
from doya.sensitivities.records import WRT, Sensitivity
from doya.sensitivities.second_order import TOLERANCE, check_order, second_of
from doya.statuses import Status
from doya.trajectory_checks import (
    MOST_STEPS,
    checked_end,
    common_shape,
    given_or_usual,
    require_finite,
)
from doya.trajectory_statuses import FormulaStatus, StepsStatus

SENSITIVITY_METHODS = ("formula", "dop853")
# Arrays in use at once, measured: of the size of the ensemble, and of all its past inputs.
IN_USE, IN_USE_BY_INPUTS = 27, 10

SHORTEN = "Shorten t_end, or use method='formula', for which a function u(t) is given as a Table."


class SensitivityStatus(Status):
    """Status of a trajectory with its derivatives that was computed in steps."""

    DONE = steppers.DONE, StepsStatus.DONE.message
    GAVE_UP = steppers.GAVE_UP, StepsStatus.GAVE_UP.message, SHORTEN
    NOT_FINITE = (
        steppers.NOT_FINITE,
        "The input, the state or a derivative left the range of a double in steps.",
        SHORTEN,
    )


def sensitivity(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str | Iterable[str] | None = None,
    u: Input | None = None,
    *,
    method: str | None = None,
    order: int = 1,
) -> Sensitivity:
    """Compute x(T) and its derivatives with respect to parameters, the start or past inputs.

    With z = w x + b, one step of the map multiplies a small change of the state by
    mu = 1 - eps + eps w sigma'(z).  In the flow such a change grows at the rate
    f' = w sigma'(z) - 1.  A change of b by db adds eps sigma'(z) db per step of the map, and
    sigma'(z) db per unit of time in the flow; a change of w by dw adds x dw in place of db.  A
    change of the input's weight w' by dw' adds u dw' in place of sigma'(z) db; with
    input_to="bias", where z = w x + b + w' u, it adds sigma'(z) u dw'.

    The map computes the derivatives step by step, together with the state.  The flow has formulas
    for any time: dx(T)/dx0 = f(x(T))/f(x0), and dx(T)/db is f(x(T)) times the integral of
    sigma'/f**2 over x from x0 to x(T).  The double poles at the equilibria are integrated exactly.
    The pieces of an input are joined by the chain rule.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` the derivatives are those of the author's
        state, with respect to its letters and its value at the start; x0 and t_end are Doya's.
    x0 : float or array
        State at the start, dimensionless, from -1e100 to 1e100.
    t_end : float or array
        The time T: for the flow at least 0, in units of the time constant, and infinity is allowed;
        for the map a whole number of steps, at least 0.
    wrt : str or list of str, default ("x0", "b", "w")
        Names of the variables to differentiate with respect to: these and "input_weight".  The map
        also has "epsilon", and for a single T "u": all past inputs, u(0) to u(T-1), along the last
        axis.  With a `Conversion`: "x0", which is then the author's state at the start, and its
        letters; by default all of them.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`.
    method : {"formula", "dop853"}, optional
        Method for the flow.  "formula" is the default.  "dop853" solves the variational equation in
        steps of order 8(5,3) with tolerance 1e-12; T must be finite.  A function u(t) needs
        "dop853", which is then the default.
    order : {1, 2}, default 1
        2 computes all second derivatives with respect to the names in `wrt` too, except for "u".
        The map then takes at most 10**7 steps.  1 with a `Conversion`.

    Returns
    -------
    Sensitivity
        Its arrays have the shape to which neuron, x0, t_end and u broadcast.  For "u" the past
        inputs are one more axis, the last.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single state could not be computed, or left the range of a double in steps of "dop853".
        In an ensemble the state and its derivatives are NaN instead.

    See Also
    --------
    sensitivity_profile : The derivatives of x(T) along a parameter or T.
    finite_difference : The same as a difference of two states.
    settled_sensitivity : The derivatives of the equilibrium that is reached.
    crossing_time : The time at which the state reaches a level.
    loss_landscape : The loss over one or two parameters, with its walls.

    Notes
    -----
    The condition number of a derivative is its change per small relative change of x0, b and w. The
    error of the formula and of the map is about 1e-14 times this number.  Within an ulp of a fold
    it is less than 1e-10 times this number.  For the map, changes of epsilon count too, and the
    error may be larger by 2e-14 (1 + abs(D)), where D is the derivative.  This bound was measured
    on 2,000 random maps near flips, with multipliers down to -1 + 1e-6, and with epsilon from 1e-8,
    up to millions of steps.

    With "dop853" only derivatives with a size from 1e-300 to 1e250 are computed.  A product of
    10**6 factors can be beyond the range of a double.  Then `derivative` is 0 or infinite, but
    `log10_abs` is exact.  The exception is the derivative with respect to w
    where x itself is smaller than any double.

    The second derivatives of the flow are integrals too.  For x0 they are
    d2x(T)/dx0dx0 = (f(x(T))/f(x0))**2 (f'(x(T)) - f'(x0)) / f(x(T)); for b and w the sources of the
    first derivatives are differentiated.  Their error is less than 1e-9 times their condition
    number, and about 1e-13 times it on most paths.  An input w' u much larger than the state
    multiplies it by this ratio.  The map and "dop853" solve the variational equations to second
    order.  With respect to epsilon the error may also be 1e-14 times the largest second derivative.

    A letter of an author moves w, b, epsilon, the start of a given state, and the state read from
    x, and a time constant moves T; the chain rule adds these parts up.  Where the author's state is
    a logit of x, it is read as z = w x(T-1) + b, which has digits where x(T) is near 1; such a
    neuron takes no input.

    A wall of the kind "boundary" is where x0 equals the unstable equilibrium.  There the
    derivatives explode like exp(lambda T).  A start next to the unstable equilibrium is at the wall
    only if it is exactly there (see `final_state`).  On a stable equilibrium dx(T)/dx0 vanishes and
    dx(T)/db settles.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 2.

    Examples
    --------
    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> on_the_wall = doya.sensitivity(neuron, x0=0.5, t_end=[10.0, 1e6])
    >>> on_the_wall.derivative["b"].round(9)
    array([11.18249396,         inf])
    >>> on_the_wall.log10_abs["b"].round(9)
    array([1.04853867e+00, 1.08573620e+05])
    >>> float(doya.sensitivity(neuron, x0=0.6, t_end=50.0, wrt="b").derivative["b"].round(8))
    0.32513307
    >>> found = doya.sensitivity(neuron.replace(b=-2.3), 0.5, 5.0, ("b", "w"), order=2)
    >>> found.second["b", "w"].round(8)
    np.float64(-2.56999401)

    In the letters of a' = 1.2 tanh(a) + h, da(3)/dh is 1 + 1.2 + 1.2**2 at a = 0:

    >>> tanh = doya.from_tanh(w=1.2, h=0.0)
    >>> doya.sensitivity(tanh, tanh.to_state(0.0), 3, "h").derivative["h"].round(9)
    np.float64(3.64)
    """
    if isinstance(neuron, Conversion):
        own = InLetters.of(neuron, x0, t_end, wrt, u, order)
        plain = sensitivity(neuron.neuron, own.x0, own.before, own.needs, u, method=method)
        return own.sensitivity(plain)
    x0 = checked("x0", x0)
    end = checked_end(neuron, t_end)
    is_map = isinstance(neuron, NeuronMap)
    allowed = ("x0", *neuron.sweepable, "input_weight", *(("u",) if is_map else ()))
    names = checked_names("wrt", WRT if wrt is None else wrt, allowed)
    by_weight = "input_weight" in names
    method = _checked_method(method, is_map, callable(u), end)
    check_order(order, names, is_map, end)
    if "u" in names and (end.ndim or end > MOST_STEPS):
        raise ArgumentError(
            "t_end", f"must be one number up to {MOST_STEPS} for wrt = 'u', got {t_end!r}"
        )
    last = float(end.max(initial=0.0))
    function = u if callable(u) and not is_map else None
    pieces = in_pieces(0.0 if function else u, is_map, last)
    require_finite(pieces, last)
    shape = common_shape(neuron, x0=np.shape(x0), t_end=end.shape, u=pieces.shape)
    require_memory("the ensemble", shape, IN_USE)
    if "u" in names:
        require_memory("wrt = 'u'", (*shape, int(last)), IN_USE_BY_INPUTS)
    group = Ensemble.of(neuron, x0, pieces, shape)
    ends = end.reshape(-1) if end.size == 1 else flat(end, shape)

    if function:
        found, status = under_function(group, ends, function, by_weight)
        found = _where_done(found, status, shape)
    elif is_map:
        found = _at_each(group, ends, "epsilon" in names, by_weight)
    elif method == "formula":
        found = integrators.by_formula(group, ends, by_weight)
    else:
        found, status = integrators.by_steps(
            group, ends, TOLERANCE, TOLERANCE, MOST_STEPS, by_weight
        )
        found = _where_done(found, status, shape)
    bent = second_of(group, ends, names, method, function) if order == 2 else {}
    derivatives = *found.by.values(), *bent.values()
    if not shape and np.isnan([found.x, *(each.value for each in derivatives)]).any():
        family = FormulaStatus if method == "formula" else SensitivityStatus
        raise ConvergenceError(family.GAVE_UP.sentences)
    scaled = {name: found.by[name].reshape(shape) for name in names if name != "u"}
    if "u" in names:
        scaled["u"] = by_past_inputs(group, int(last), shape)
    kept = {pair: each.reshape(shape) for pair, each in bent.items()}
    ended = end if end.ndim else last
    return Sensitivity(
        found.x.reshape(shape), neuron, x0, ended, scaled, kept, u=u, wrt=names, method=method
    )


def _at_each(
    group: Ensemble, counts: Floats, by_epsilon: bool, by_weight: bool
) -> integrators.Carried:
    """Return states and derivatives of maps, each after its own number of steps."""
    numbers = np.unique(counts)
    if numbers.size <= 1:
        return _after(group, int(counts.max(initial=0.0)), by_epsilon, by_weight)
    x = np.empty(counts.size)
    names = integrators.MAP_NAMES[: 3 + by_epsilon] + ("input_weight",) * by_weight
    by = {name: Scaled.constant(0.0, counts.size) for name in names}
    for count in numbers:
        which = counts == count
        part = _after(group.at(which, count), int(count), by_epsilon, by_weight)
        x[which] = part.x
        for name, each in part.by.items():
            by[name].put(which, each)
    return integrators.Carried(x, by)


def _after(group: Ensemble, steps: int, by_epsilon: bool, by_weight: bool) -> integrators.Carried:
    """Return states and derivatives of maps after some steps."""
    found = integrators.by_iteration(group, steps, by_epsilon)
    if by_weight:
        found.by["input_weight"] = integrators.weight_of_input(group, steps)
    return found


def under_function(
    group: Ensemble, ends: Floats, u: Any, by_weight: bool = False
) -> tuple[integrators.Carried, NDArray[np.int64]]:
    """Return states and derivatives under a function u(t), and the status of each trajectory.

    They are NaN where the end was not reached.
    """
    times = np.unique(ends)
    states, status, _ = functions.under_function(
        group, times, u, TOLERANCE, TOLERANCE, MOST_STEPS, parts=variational.PARTS + by_weight
    )
    at = np.broadcast_to(np.searchsorted(times, ends), group.x0.shape)
    return integrators.from_states(states[np.arange(group.x0.size), at]), status


def _checked_method(method: str | None, is_map: bool, function: bool, end: Floats) -> str:
    """Return the method to use; raise for one that neuron, input or end do not allow."""
    method = given_or_usual(method, is_map, function)
    if is_map:
        return method
    if method not in SENSITIVITY_METHODS or (function and method == "formula"):
        allowed = "'dop853' for a function u(t)" if function else "'formula' or 'dop853'"
        raise ArgumentError("method", f"must be {allowed}, got {method!r}")
    if method == "dop853" and np.any(np.isinf(end)):
        raise ArgumentError("t_end", "must be finite for the method 'dop853', got inf")
    return method


def _where_done(
    found: integrators.Carried, status: NDArray[np.int64], shape: tuple[int, ...]
) -> integrators.Carried:
    """Replace what was not reached, status not 0, by NaN; raise for a single trajectory."""
    if not status.any():
        return found
    if not shape:
        raise ConvergenceError(SensitivityStatus.explain(status[0]))
    lost = np.where(status == SensitivityStatus.DONE, 1.0, math.nan)
    by = {name: each.times(lost) for name, each in found.by.items()}
    return integrators.Carried(found.x * lost, by)
