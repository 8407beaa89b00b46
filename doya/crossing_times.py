"""When the state first crosses a level, and how that time changes with x0, the level, b and w."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import Parameter, check_count, checked, numbers
from doya.conversions.conversion import Conversion, in_doya
from doya.errors import ArgumentError, ConvergenceError
from doya.inputs import Input, Pieces, Pulses, Ramp, Table, in_pieces
from doya.integrators import crossings
from doya.integrators.ensembles import Ensemble, flat
from doya.kernels.map import crossings as map_crossings
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, check_neuron
from doya.results import Result
from doya.statuses import Status
from doya.trajectory_checks import common_shape, require_finite

MOST_STEPS = 1_000_000
# Arrays of the size of the ensemble in use at once.
IN_USE = 30


class CrossingStatus(Status):
    """Status of a search for the time at which a level is crossed."""

    DONE = 0, "The state crosses the level."
    GAVE_UP = (
        1,
        "The limit was reached before the state crossed the level or repeated.",
        "Raise max_steps of crossing_time.",
    )
    NEVER = (
        2,
        "The state never crosses the level.",
        "Choose a level between the start and the equilibrium that the state approaches, or an"
        " input that carries the state there.",
    )


@dataclass(frozen=True, eq=False, repr=False)
class Crossing(Result):
    """The time at which the state first reaches a level, and its derivatives.

    Attributes
    ----------
    t : ndarray
        Time at which the state first reaches the level, in units of the flow's time constant or in
        steps of the map; 0 for a start on the level, infinite if the state never reaches it.
    derivative : dict of ndarray
        Derivatives of t with respect to "x0", "level", "b" and "w"; NaN where t is infinite, and
        where the state rests on the level.  Empty for the map, whose t is a whole number.
    status : int or ndarray of int
        0 if the level is reached; 2 if it never is; 1 if the map reached neither the level nor a
        repetition within max_steps, where t is NaN.
    neuron : NeuronODE or NeuronMap
        The neuron.
    x0 : float or ndarray
        State at the start, dimensionless.
    level : float or ndarray
        The level, dimensionless.
    """

    _first: ClassVar[tuple[str, ...]] = ("t", "derivative")

    t: Floats
    derivative: dict[str, Floats]
    status: Any
    neuron: Neuron
    x0: Parameter
    level: Parameter

    @property
    def _family(self) -> type[Status]:
        return CrossingStatus

    @property
    def message(self) -> Any:
        """Return the status in words, with its remedy; for an ensemble an array of them."""
        return CrossingStatus.explain(self.status)


def crossing_time(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    level: ArrayLike,
    u: Input | None = None,
    *,
    max_steps: int | None = None,
) -> Crossing:
    """Compute the time at which the state, from x0 at time 0, first reaches a level.

    For the flow dx/dt = f(x) it is the integral of dx/f from x0 to the level.  The poles of 1/f at
    the equilibria are integrated exactly, and the cost does not depend on the time.  If the input
    is piecewise constant, the pieces are taken one after another.  For the map it is the number of
    the first step whose state is at or beyond the level, seen from x0.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.  With a `Conversion` x0, level and t are still Doya's.
    x0 : float or array
        State at the start, dimensionless, from -1e100 to 1e100.
    level : float or array
        The level, dimensionless, from -1e100 to 1e100.
    u : float, array, Pulses or Table, optional
        Input, as for `final_state`, but no function, and for the flow no Ramp.  An array with one
        value per step of the map limits the search to these steps.
    max_steps : int, default 1,000,000
        Largest number of steps of the map; not for the flow.

    Returns
    -------
    Crossing
        Its arrays have the shape to which neuron, x0, level and u broadcast.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.
    ConvergenceError
        If a single map neither reaches the level nor repeats within max_steps.  In an ensemble
        `status` shows which.

    See Also
    --------
    simulate : The states at many times.
    sensitivity : The derivatives of x(T), with order=2 also the second.
    sweep : Quantities over a grid of parameters, on disk.

    Notes
    -----
    A start on the level has t = 0, whichever way the state leaves; its derivatives are those for
    levels ahead of the state.  A level at or beyond the equilibrium that the state approaches is
    never reached.  Which side of a rounded equilibrium x0 and the level are on is decided by the
    exact values of the doubles w, b, x0 and level.  A state that turns back at the level exactly
    when the input jumps may count as a crossing or not.

    With f at the level, the derivatives are 1/f for the level, and -(dx/dp)/f for p = x0, b and w,
    where dx/dp is the derivative of the state at that time.  Under a constant input dt/dx0 is
    -1/f(x0).  The error of t is about 1e-15 times its condition number: the largest of t, and of
    x0, level, b and w times the derivative with respect to it.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    >>> import doya
    >>> found = doya.crossing_time(doya.NeuronODE(w=5.0, b=-2.3), x0=0.1, level=[0.5, 0.95])
    >>> found.t.round(9)
    array([23.53686087,         inf])
    >>> found.derivative["b"].round(6)
    array([-351.154603,         nan])
    >>> doya.crossing_time(doya.NeuronMap(w=5.0, b=-2.3), x0=0.1, level=0.5).t
    array(24.)
    """
    neuron = in_doya(neuron)
    check_neuron(neuron)
    x0, level = checked("x0", x0), checked("level", level)
    is_map = isinstance(neuron, NeuronMap)
    if max_steps is not None and not is_map:
        raise ArgumentError("max_steps", f"is for the map only, got {max_steps!r}: remove it")
    most = check_count("max_steps", MOST_STEPS if max_steps is None else max_steps, 1)
    pieces, most, ends = _pieces_of(u, is_map, most)
    require_finite(pieces, math.inf)
    shape = common_shape(neuron, x0=np.shape(x0), level=np.shape(level), u=pieces.shape)
    require_memory("the ensemble", shape, IN_USE)
    group = Ensemble.of(neuron, x0, pieces, shape)
    levels = flat(level, shape)
    if is_map:
        steps = crossings.by_iteration(group, levels, most)
        gave_up, never = steps == map_crossings.GAVE_UP, steps == map_crossings.NEVER
        if ends:
            gave_up, never = np.zeros_like(gave_up), never | gave_up
        time = np.where(gave_up, math.nan, np.where(never, math.inf, steps.astype(np.float64)))
        by: dict[str, Floats] = {}
    else:
        time, by = crossings.by_formula(group, levels)
    status = np.zeros(time.size, dtype=np.int64)
    status[np.isinf(time)], status[np.isnan(time)] = CrossingStatus.NEVER, CrossingStatus.GAVE_UP
    if not shape and status[0] == CrossingStatus.GAVE_UP:
        raise ConvergenceError(CrossingStatus.GAVE_UP.sentences)
    return Crossing(
        t=time.reshape(shape),
        derivative={name: values.reshape(shape) for name, values in by.items()},
        status=CrossingStatus.of(status, shape),
        neuron=neuron,
        x0=x0,
        level=level,
    )


def _pieces_of(u: Any, is_map: bool, most: int) -> tuple[Pieces, int, bool]:
    """Return the input in pieces, the largest number of steps, and whether the input ends there.

    It does where an array has one value per step of the map.
    """
    if callable(u):
        raise ArgumentError("u", "must not be a function of time here: give its values as a Table")
    if isinstance(u, Ramp) and not is_map:
        raise ArgumentError(
            "u", "must not be a Ramp here: give a staircase of its values as a Table"
        )
    if is_map and u is not None and not isinstance(u, (Pulses, Ramp, Table)):
        values = numbers("u", u)
        steps = values.shape[-1] if values.ndim else most + 1
        if steps <= most:
            return in_pieces(values, True, float(steps)), steps, True
        if values.ndim:
            return in_pieces(values[..., :most], True, float(most)), most, False
    return in_pieces(u, is_map, math.inf), most, False
