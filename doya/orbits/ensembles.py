"""The attractors of each map of an ensemble."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Counts, Floats
from doya.checks import check_count, checked
from doya.conversions.conversion import Conversion, conversion_of, in_doya, require_no_input
from doya.kernels.map.lyapunov import BATCHES
from doya.memory import require_memory
from doya.neurons import NeuronMap
from doya.orbits.attractors import attractors as attractors_of
from doya.orbits.attractors import critical_states, new_of
from doya.orbits.diagrams import PATIENCE, check_map, group_of, late_of
from doya.orbits.lyapunov import settled
from doya.orbits.small_steps import Enlarged
from doya.results import Result
from doya.shifts import under_input
from doya.trajectory_checks import common_shape

# Arrays of the size of the ensemble in use at once.
IN_USE = 16
# Maps whose orbits are in memory at once, with the states that distinguish attractors.
TOGETHER = 2**13


@dataclass(frozen=True, eq=False, repr=False)
class MapAttractors(Result):
    """The attractors of a map, or of each map of an ensemble: one or two.

    Attributes
    ----------
    count : int or ndarray of int, shape (...)
        Number of attractors, 1 or 2.
    period : ndarray of int, shape (..., 2)
        Period of each attracting cycle, from 1 to 64; 0 where no such cycle was found: chaos, a
        longer cycle, or a longer transient; -1 where there is no second attractor.
    exponent : ndarray, shape (..., 2)
        Lyapunov exponent per step; NaN where there is no second attractor.
    error : ndarray, shape (..., 2)
        Error of the exponent, as of `lyapunov_exponent`.
    neuron : NeuronMap
    u : float or ndarray
        The constant input.
    transient, steps : int
        Numbers of steps before the Lyapunov exponent and for it.
    conversion : Conversion or None
        The neuron in the author's letters.
    """

    count: Any
    period: Counts
    exponent: Floats
    error: Floats
    neuron: NeuronMap
    u: float | Floats
    transient: int
    steps: int
    conversion: Conversion | None = None


def attractors(
    neuron: NeuronMap | Conversion,
    u: ArrayLike = 0.0,
    *,
    transient: int = 10_000,
    steps: int = 10_000,
) -> MapAttractors:
    """Find the attractors of the map, at most two, each with its period and Lyapunov exponent.

    Every attractor is reached from one of the two critical points of the map, or from 0 and 1 where
    it has none; see `orbit_diagram`, which has the states too, along one parameter.

    Parameters
    ----------
    neuron : NeuronMap or Conversion
        One neuron or an ensemble.
    u : float or array, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; broadcasts against the neuron.
    transient : int, default 10,000
        Number of steps before those of the Lyapunov exponent, from 0 to 2**53.  If one start
        reaches a cycle and the other does not, the other takes 100 times this number.
    steps : int, default 10,000
        Number of steps for the Lyapunov exponent, from 16 to 2**53.

    Returns
    -------
    MapAttractors

    Raises
    ------
    ArgumentError
        For a NeuronODE, an argument outside its range, or an ensemble that does not fit in memory.

    See Also
    --------
    lyapunov_exponent : The Lyapunov exponent of an orbit.
    cycles : All cycles of a period.
    orbit_diagram : Orbits of the map along a parameter.
    sweep : Quantities over a grid of parameters, on disk.

    References
    ----------
    D. Singer, "Stable orbits and bifurcation of maps of the interval" (1978).

    Examples
    --------
    One cycle of period 2, two fixed points, and chaos:

    >>> import doya
    >>> found = doya.attractors(doya.NeuronMap(w=[-10.0, 5.0, -80.0], b=[5.0, -2.5, 10.0],
    ...                                        epsilon=[0.9, 1.0, 0.5]))
    >>> found.count
    array([1, 2, 1])
    >>> found.period
    array([[ 2, -1],
           [ 1,  1],
           [ 0, -1]])
    """
    conversion, model = conversion_of(neuron), in_doya(neuron)
    check_map(model)
    assert isinstance(model, NeuronMap)
    check_count("transient", transient, 0)
    check_count("steps", steps, BATCHES)
    u = checked("u", u)
    require_no_input(conversion, u)
    shape = common_shape(model, u=np.shape(u))
    require_memory("the ensemble", shape, IN_USE)
    bias, _ = under_input(model, u)
    w, b, epsilon = (
        np.broadcast_to(each, shape).ravel() for each in (model.w, bias, model.epsilon)
    )
    period = np.empty((w.size, 2), dtype=np.int64)
    exponent, error = np.empty((2, *period.shape))
    for first in range(0, len(period), TOGETHER):
        part = slice(first, first + TOGETHER)
        own = NeuronMap(w[part], b[part], epsilon=epsilon[part])
        found = _attractors(own, int(transient), int(steps))
        period[part], exponent[part], error[part] = found
    count = np.count_nonzero(period >= 0, axis=1)
    return MapAttractors(
        count=count.reshape(shape) if shape else int(count[0]),
        period=period.reshape(*shape, 2),
        exponent=exponent.reshape(*shape, 2),
        error=error.reshape(*shape, 2),
        neuron=model,
        u=u,
        transient=int(transient),
        steps=int(steps),
        conversion=conversion,
    )


def _attractors(neuron: NeuronMap, transient: int, steps: int) -> tuple[Counts, Floats, Floats]:
    """Return period, exponent and error of both attractors of each map, shape (maps, 2)."""
    enlarged = Enlarged(neuron)
    group = group_of(enlarged.neuron, critical_states(enlarged.neuron))
    found = attractors_of(settled(group, transient), steps, 1)
    late = late_of(found.period.reshape(2, -1))
    if np.any(late):
        on = dataclasses.replace(group.at(late, 0.0), x0=found.x[late, -1])
        found.put(late, attractors_of(settled(on, PATIENCE * transient), steps, 1))
    is_there = new_of(found, group, 2)
    period = np.where(is_there, found.period.reshape(2, -1), -1)
    exponent = np.where(is_there, found.exponent.reshape(2, -1), math.nan)
    error = np.where(is_there, enlarged.doubt(found.error.reshape(2, -1)), math.nan)
    return period.T, exponent.T, error.T
