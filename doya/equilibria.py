"""All equilibria of the neuron, none lost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Counts, Floats
from doya.checks import LARGEST, checked
from doya.errors import ArgumentError, ConvergenceError
from doya.kernels.equilibria import BLOCK, ROWS, SWEEPS, solve
from doya.kernels.running import Call, Room, run
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.results import Result

# Arrays in use, as large as the ensemble, measured: nine are answered.
IN_USE = 21

# z, x, flow eigenvalue and count of each neuron.
Solved: TypeAlias = tuple[Floats, Floats, Floats, Counts]


@dataclass(frozen=True, eq=False, repr=False)
class Equilibria(Result):
    """Every equilibrium of a neuron, or of each neuron of an ensemble.

    Attributes
    ----------
    x : ndarray, shape (..., k)
        States at rest, ascending, dimensionless; NaN where a neuron has fewer than k, the largest
        count in the ensemble (k <= 3).
    z : ndarray, shape (..., k)
        Pre-activation w x + b, dimensionless; it resolves x near 0 and 1, where
        1 - x = sigma(-z) - w' u.
    eigenvalue : ndarray, shape (..., k)
        lambda = -1 + w sigma'(z) of the flow, per unit time; multiplier 1 + eps lambda of the map.
    stable : ndarray of bool, shape (..., k)
        lambda < 0 for the flow, abs(multiplier) < 1 for the map; False where x is NaN, and on a
        fold or the cusp itself.
    count : int or ndarray of int, shape (...)
        How many there are: 1 or 3, and 2 for b on a fold's own double.
    neuron : NeuronODE or NeuronMap
    u : float or ndarray
        The constant input.
    """

    x: Floats
    z: Floats
    eigenvalue: Floats
    stable: NDArray[np.bool_]
    count: Any
    neuron: Neuron
    u: float | Floats


def equilibria(neuron: Neuron, u: ArrayLike = 0.0) -> Equilibria:
    """Every equilibrium: x = sigma(w x + b) + w' u, the fixed points of flow and map alike.

    With z = w x + b this is z = w sigma(z) + b + w w' u.  z - w sigma(z) is monotone between the
    folds, so each of the at most three pieces is searched on its own and nothing can be
    missed: by Newton's method, clamped to the piece, to the last bits.  x and 1 - x carry a
    relative error of a few rounding units times the problem's own condition number,
    abs(z) + (abs(b) + abs(w x)) / abs(1 - w sigma'(z)).

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble.
    u : float or array, default 0.0
        Constant input, dimensionless, finite; broadcasts against the neuron.

    Returns
    -------
    Equilibria

    Raises
    ------
    ValueError
        If u is not finite, does not broadcast, or b + w w' u exceeds 1e100 in size.
    ConvergenceError
        If a root fails to settle to the last bits; no neuron is known to do that.

    Notes
    -----
    The two folds in b are known to one or two units in the last place, so for b that close to a
    fold the count may be that of the other side.  On the very double that `bifurcation_points`
    returns for the fold the count is 2: the merging pair is given once, with eigenvalue 0 (for the
    map 1).  Beside the cusp, where both folds round to one double, b = -w/2 has all three.

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
    """
    check_neuron(neuron)
    u = checked("u", u)
    try:
        shape = np.broadcast_shapes(neuron.shape, np.shape(u))
    except ValueError:
        raise ArgumentError(
            "u", f"must broadcast with the neuron of shape {neuron.shape}, got {np.shape(u)}"
        ) from None
    require_memory("the ensemble", shape, IN_USE)
    input_state = neuron.input_weight * u
    w = np.broadcast_to(neuron.w, shape)
    with np.errstate(over="ignore"):
        b = np.broadcast_to(neuron.b + neuron.w * input_state, shape)
    if not np.all(np.abs(b) <= LARGEST):
        raise ArgumentError("u", "is too large: b + w w' u must stay from -1e100 to 1e100")

    z, x, flow_eigenvalue, count = _solve_all(w.ravel(), b.ravel())
    widest = int(count.max(initial=1))
    # The neuron's arrays broadcast against the last axes, so the roots come first until the end.
    z, x, flow_eigenvalue = (
        np.moveaxis(part.reshape(*shape, 3)[..., :widest], -1, 0)
        for part in (z, x, flow_eigenvalue)
    )
    return Equilibria(
        x=np.moveaxis(x + input_state if np.any(input_state) else x, 0, -1),
        z=np.moveaxis(z, 0, -1),
        eigenvalue=np.moveaxis(neuron.from_flow_eigenvalue(flow_eigenvalue), 0, -1),
        stable=np.moveaxis(np.asarray(neuron.is_stable(flow_eigenvalue)), 0, -1),
        count=count.reshape(shape) if shape else int(count[0]),
        neuron=neuron,
        u=u,
    )


def roots(w: float, b: float) -> list[tuple[float, float, float]]:
    """Return (z, sigma(z), flow eigenvalue) of every equilibrium of one neuron, ascending."""
    z, x, eigenvalue = ([math.nan] * 3 for _ in range(3))
    count, slots = [0], [[0.0] * 3 for _ in range(ROWS)]
    _require_settled(solve([w], [b], z, x, eigenvalue, count, slots))
    return list(zip(z, x, eigenvalue, strict=True))[: count[0]]


def solved(w: Floats, b: Floats, call: Call) -> Solved:
    """Return z, x, flow eigenvalue (3 a neuron, NaN padded) and count of a job's neurons."""
    z, x, eigenvalue = np.full((3, 3 * w.size), math.nan)
    count = np.zeros(w.size, dtype=np.int64)
    room = Room(ROWS, 3 * min(w.size, BLOCK))
    _require_settled(call(solve, w, b, z, x, eigenvalue, count, room))
    return z, x, eigenvalue, count


def _solve_all(w: Floats, b: Floats) -> Solved:
    """Return the same of any number of neurons."""
    z, x, eigenvalue = np.empty((3, w.size, 3))
    count = np.empty(w.size, dtype=np.int64)

    def job(part: slice, call: Call) -> None:
        *found, count[part] = solved(np.array(w[part]), np.array(b[part]), call)
        for whole, each in zip((z, x, eigenvalue), found, strict=True):
            whole[part] = each.reshape(-1, 3)

    run(job, w.size, {solve: w.size})
    return z, x, eigenvalue, count


def _require_settled(missed: int) -> None:
    if missed:
        raise ConvergenceError(f"{missed} equilibria did not settle within {SWEEPS} Newton steps")
