"""All equilibria of the neuron: the search misses none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Counts, Floats, nans
from doya.checks import checked
from doya.conversions.conversion import (
    Conversion,
    conversion_of,
    in_doya,
    require_no_input,
    states_of,
)
from doya.errors import ArgumentError, ConvergenceError
from doya.kernels.equilibria import BLOCK, ROWS, SWEEPS, solve
from doya.kernels.machinery.running import (
    Call,
    Room,
    as_machine_code,
    interpret,
    repeated,
    run,
    way_of_one,
)
from doya.memory import require_memory
from doya.neurons import (
    Neuron,
    NeuronMap,
    check_neuron,
    flow_rate,
    from_flow_eigenvalue,
    is_stable,
)
from doya.results import Result
from doya.shifts import under_input

# Arrays of the size of the ensemble in use at once, measured; nine of them are the answer.
IN_USE = 21

# z, x, flow eigenvalue and count of each neuron.
Solved: TypeAlias = tuple[Floats, Floats, Floats, Counts]


class PhaseLine(NamedTuple):
    """The motion of one neuron along its states.

    Attributes
    ----------
    x : ndarray, shape (401,)
        States, ascending, dimensionless.
    change : ndarray, shape (401,)
        dx/dt of the flow, x[t+1] - x[t] of the map.
    """

    x: Floats
    change: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Equilibria(Result):
    """Every equilibrium of a neuron, or of each neuron of an ensemble.

    Attributes
    ----------
    x : ndarray, shape (..., k)
        The equilibria, ascending, dimensionless.  k <= 3 is the largest count in the ensemble; a
        neuron with fewer has NaN in the last places.
    z : ndarray, shape (..., k)
        Pre-activation w x + b, dimensionless; with input_to="bias" it is w x + b + w' u.  It
        resolves x near 0 and 1 better than x itself: 1 - x = sigma(-z) - w' u, without w' u for
        input_to="bias".
    eigenvalue : ndarray, shape (..., k)
        For the flow lambda = -1 + w sigma'(z), per unit of time; for the map the multiplier
        1 + eps lambda, per step.
    stable : ndarray of bool, shape (..., k)
        Whether lambda < 0 (flow) or abs(multiplier) < 1 (map).  False where x is NaN, and exactly
        on a fold or on the cusp.
    count : int or ndarray of int, shape (...)
        Number of equilibria: 1 or 3, and 2 where b is exactly the number that
        `bifurcation_points` returns for a fold.
    neuron : NeuronODE or NeuronMap
    u : float or ndarray
        The constant input.
    conversion : Conversion or None
        The neuron in the author's letters.
    """

    x: Floats
    z: Floats
    eigenvalue: Floats
    stable: NDArray[np.bool_]
    count: Any
    neuron: Neuron
    u: float | Floats
    conversion: Conversion | None = None

    @property
    def state(self) -> Floats:
        """Return the equilibria in the author's state; x itself in Doya's parameters."""
        if self.conversion is None:
            return self.x
        z = None if np.any(self.neuron.input_weight * self.u) else self.z  # z of the author
        state: Floats = states_of(self.conversion, self.x, z, axes=1)
        return state

    @cached_property
    def phase_line_of_state(self) -> PhaseLine:
        """Return the same in the author's state and time; that of x in Doya's parameters."""
        if self.conversion is None:
            return self.phase_line
        unit = float(np.asarray(self.conversion.from_time(1.0)))
        if isinstance(self.neuron, NeuronMap):
            rest = self.state
            room = 0.2 * max(float(np.ptp(rest)), 1.0 / max(1.0, abs(float(self.neuron.w))))
            state = np.linspace(rest.min() - room, rest.max() + room, 401)
            x = self.conversion.to_state(state)
            after = x + float(self.neuron.epsilon) * flow_rate(self.neuron, x, self.u)
            return PhaseLine(state, states_of(self.conversion, after) - state)
        x, change = self.phase_line
        ends = states_of(
            self.conversion, np.array([0.0, 1.0])
        )  # the flows' states are straight in x
        return PhaseLine(states_of(self.conversion, x), change * (ends[1] - ends[0]) / unit)

    @cached_property
    def phase_line(self) -> PhaseLine:
        """Return how fast the state moves along x, for one neuron.

        The states reach from a little below the smallest possible equilibrium, w' u, to a little
        above the largest, 1 + w' u; with input_to="bias" from 0 to 1.
        """
        if np.ndim(self.count):
            raise ArgumentError(
                "result", f"must be of one neuron, got one of shape {self.count.shape}"
            )
        shift = float(under_input(self.neuron, self.u)[1])
        x = np.linspace(shift - 0.05, shift + 1.05, 401)
        step = float(self.neuron.epsilon) if isinstance(self.neuron, NeuronMap) else 1.0
        return PhaseLine(x, step * flow_rate(self.neuron, x, self.u))


def equilibria(neuron: Neuron | Conversion, u: ArrayLike = 0.0) -> Equilibria:
    """Find every equilibrium, x = sigma(w x + b) + w' u; flow and map have the same ones.

    With z = w x + b the equation is z = w sigma(z) + b + w w' u.  For input_to="bias" the
    equilibria are x = sigma(z) with z = w sigma(z) + b + w' u.  The function z - w sigma(z) is
    monotone between the folds, which cut it into at most three pieces.  Each piece is searched on
    its own, so that no equilibrium is missed.  Newton's method, kept inside the piece, finds the
    root to the last bits.  The relative error of x and of 1 - x is a few ulp times the
    condition number of the problem, abs(z) + (abs(b) + abs(w x)) / abs(1 - w sigma'(z)).

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble.
    u : float or array, default 0.0
        Constant input, dimensionless, finite; broadcasts against the neuron.

    Returns
    -------
    Equilibria

    Raises
    ------
    ArgumentError
        If u is not finite or does not broadcast, or abs(b + w w' u) > 1e100; for
        input_to="bias", abs(b + w' u) > 1e100.
    ConvergenceError
        If Newton's method does not settle to the last bits; no neuron is known for which it fails.

    See Also
    --------
    bifurcation_diagram : The equilibria along a parameter.
    bifurcation_points : Folds, flips and the cusp along a parameter.
    attractors : The attractors of each map of an ensemble.
    sweep : Quantities over a grid of parameters, on disk.
    plots.draw_equilibria : The picture.

    Notes
    -----
    The two folds in b are computed to within one or two units in the last place.  Where b is that
    close to a fold, the count may be that of the other side.  Where b is exactly the number that
    `bifurcation_points` returns for the fold, the count is 2: the merging pair is returned once,
    with eigenvalue 0 (multiplier 1 for the map).  Next to the cusp, where both folds round to one
    double, b = -w/2 has all three equilibria.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3.

    Examples
    --------
    >>> import doya
    >>> found = doya.equilibria(doya.NeuronODE(w=5.0, b=-2.5))
    >>> found.x
    array([0.14479411, 0.5       , 0.85520589])
    >>> found.stable
    array([ True, False,  True])
    >>> doya.equilibria(doya.NeuronODE(w=5.0, b=[-3.0, -2.5, -2.0])).count
    array([1, 3, 1])

    The fixed points of a population of Wilson and Cowan, in its own state:

    >>> doya.equilibria(doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5)).state.round(3)
    array([0.042, 0.447, 0.9  ])
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    check_neuron(neuron)
    u = checked("u", u)
    require_no_input(conversion, u)
    try:
        shape = np.broadcast_shapes(neuron.shape, np.shape(u))
    except ValueError:
        raise ArgumentError(
            "u", f"must broadcast with the neuron of shape {neuron.shape}, got {np.shape(u)}"
        ) from None
    require_memory("the ensemble", shape, IN_USE)
    bias, input_state = under_input(neuron, u)
    w = np.broadcast_to(neuron.w, shape)
    b = np.broadcast_to(bias, shape)

    z, x, flow_eigenvalue, count = _solve_all(w.ravel(), b.ravel())
    widest = int(count.max(initial=1))
    # The neuron's arrays broadcast against the last axes, so the axis of the roots is the first
    # one here, and moves to the end only in the result.
    z, x, flow_eigenvalue = (
        np.moveaxis(part.reshape(*shape, 3)[..., :widest], -1, 0)
        for part in (z, x, flow_eigenvalue)
    )
    return Equilibria(
        x=np.moveaxis(x + input_state if np.any(input_state) else x, 0, -1),
        z=np.moveaxis(z, 0, -1),
        eigenvalue=np.moveaxis(from_flow_eigenvalue(neuron, flow_eigenvalue), 0, -1),
        stable=np.moveaxis(np.asarray(is_stable(neuron, flow_eigenvalue)), 0, -1),
        count=count.reshape(shape) if shape else int(count[0]),
        neuron=neuron,
        u=u,
        conversion=conversion,
    )


def roots(w: float, b: float) -> list[tuple[float, float, float]]:
    """Return (z, sigma(z), flow eigenvalue) of every equilibrium of one neuron, ascending."""
    if way_of_one(solve) is interpret:  # on lists from the start, in half the time
        z, x, eigenvalue = ([math.nan] * 3 for _ in range(3))
        count, slots = [0], [[0.0] * 3 for _ in range(ROWS)]
        _require_settled(solve([w], [b], z, x, eigenvalue, count, slots))
    else:
        found = solved(np.array([float(w)]), np.array([float(b)]), as_machine_code)
        z, x, eigenvalue, count = (each.tolist() for each in found)
    return list(zip(z, x, eigenvalue, strict=True))[: count[0]]


def solved(w: Floats, b: Floats, call: Call) -> Solved:
    """Return z, x and flow eigenvalue, 3 per neuron padded with NaN, and the counts."""
    found, room = _unsolved(w.size)
    _require_settled(call(solve, w, b, *found, room))
    return found


def solving(w: Floats, b: Floats, call: Call) -> tuple[Solved, Callable[[], None]]:
    """Return the arrays of `solved`, and a function that fills them from w and b as they are."""
    found, room = _unsolved(w.size)
    again = repeated(call, solve, w, b, *found, room)

    def solve_again() -> None:
        for each in found[:3]:
            each.fill(math.nan)
        _require_settled(again())

    return found, solve_again


def _unsolved(size: int) -> tuple[Solved, Room]:
    """Return arrays for what `solve` finds, full of NaN, and its room."""
    z, x, eigenvalue = nans((3, 3 * size))
    found = z, x, eigenvalue, np.zeros(size, dtype=np.int64)
    return found, Room(ROWS, 3 * min(size, BLOCK))


def _solve_all(w: Floats, b: Floats) -> Solved:
    """Return z, x, flow eigenvalue and count of any number of neurons, in parallel jobs."""
    z, x, eigenvalue = np.empty((3, w.size, 3))
    count = np.empty(w.size, dtype=np.int64)

    def job(part: slice, call: Call) -> None:
        *found, count[part] = solved(np.array(w[part]), np.array(b[part]), call)
        for whole, each in zip((z, x, eigenvalue), found, strict=True):
            whole[part] = each.reshape(-1, 3)

    run(job, w.size, {solve: w.size})
    return z, x, eigenvalue, count


def _require_settled(missed: int) -> None:
    """Raise if some roots did not settle."""
    if missed:
        raise ConvergenceError(
            f"{missed} equilibria did not settle within {SWEEPS} Newton steps, which no neuron is"
            " known to do: please report its parameters"
        )
