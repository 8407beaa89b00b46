"""Lyapunov exponents of the map: the mean rate at which neighbouring trajectories separate."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import check_count, checked
from doya.conversions.conversion import (
    Conversion,
    conversion_of,
    in_doya,
    require_no_input,
)
from doya.errors import ArgumentError
from doya.integrators import iteration
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery.running import Call, Room, run
from doya.kernels.map import lyapunov as lyapunov_kernels
from doya.kernels.map.lyapunov import BATCHES
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, NeuronODE, nondecreasing
from doya.shifts import lifted_bias, shifted_bias
from doya.trajectories import final_state
from doya.trajectory_checks import common_shape

# Number of trajectories in memory at one time, in addition to the results.
LANES_AT_ONCE = 2**18


@overload
def lyapunov_exponent(
    neuron: Neuron | Conversion,
    x0: ArrayLike = 0.3,
    steps: int = 10_000,
    transient: int = 1_000,
    *,
    u: ArrayLike = 0.0,
    return_error: Literal[False] = False,
) -> Floats: ...
@overload
def lyapunov_exponent(
    neuron: Neuron | Conversion,
    x0: ArrayLike = 0.3,
    steps: int = 10_000,
    transient: int = 1_000,
    *,
    u: ArrayLike = 0.0,
    return_error: Literal[True],
) -> tuple[Floats, Floats]: ...
@overload
def lyapunov_exponent(
    neuron: Neuron | Conversion,
    x0: ArrayLike = 0.3,
    steps: int = 10_000,
    transient: int = 1_000,
    *,
    u: ArrayLike = 0.0,
    return_error: bool,
) -> Floats | tuple[Floats, Floats]: ...
def lyapunov_exponent(
    neuron: Neuron | Conversion,
    x0: ArrayLike = 0.3,
    steps: int = 10_000,
    transient: int = 1_000,
    *,
    u: ArrayLike = 0.0,
    return_error: bool = False,
) -> Floats | tuple[Floats, Floats]:
    """Compute the Lyapunov exponent of the map: the mean of ln abs(mu) along its trajectory.

    mu = 1 - eps + eps w sigma'(w x + b) is the factor by which a small deviation of the state x
    grows in one step.  After the transient, a Lyapunov exponent that is positive by more than its
    error means chaos.  On a stable cycle the exponent is negative: ln abs(multiplier) / period.
    The logarithm is natural; divide by ln 2 for bits per step.  Under a constant input u, x - w' u
    obeys the map without input and with the bias b + w w' u; with input_to="bias" x itself obeys
    that with the bias b + w' u.

    Parameters
    ----------
    neuron : NeuronMap or Conversion
        One neuron or an ensemble.
    x0 : float or array, default 0.3
        State x at the start, dimensionless, from -1e100 to 1e100; Doya's also for a `Conversion`.
        Where there are several attractors, it decides which one is reached.  Avoid x0 = 1/2 where
        b = -w/2: this start is a fixed point even where it is unstable.  Its exponent
        ln abs(1 - eps + eps w/4) is not that of other starts.
    steps : int, default 10,000
        Number of steps for the mean, from 16 to 2**53.
    transient : int, default 1,000
        Number of steps before the mean begins, from 0 to 2**53.  They bring the state to its
        attractor: use at least 20 / epsilon, and many more near a bifurcation.  Unless
        this is 0, a nondecreasing map, w >= -4 (1 - eps) / eps, is set at once to the equilibrium
        that it tends to.
    u : float or array, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; broadcasts against the neuron.
    return_error : bool, default False
        Return the error as well.

    Returns
    -------
    exponent : ndarray
        Lyapunov exponent per step, of the shape to which neuron, x0 and u broadcast.  -inf where a
        factor mu is exactly 0, as for w = 0 and epsilon = 1.
    error : ndarray
        Only with return_error.  The half-width of the 95 % confidence interval of the mean, or the
        difference between the means over the first and the second half of the steps, where that is
        larger.  It does not include a transient that is longer than all the steps.  Nor does it
        include rounding, which is about 1e-15, and larger where mu is nearly 0.

    Raises
    ------
    ArgumentError
        For a NeuronODE, an argument outside its range, shapes that do not broadcast, an ensemble
        that does not fit in memory, or an input with abs(b + w w' u) > 1e100.

    See Also
    --------
    attractors : The attractors of each map of an ensemble.
    orbit_diagram : Orbits of the map along a parameter.
    sweep : Quantities over a grid of parameters, on disk.

    Notes
    -----
    The confidence interval is computed from the means over 16 batches of consecutive steps, with
    Student's t distribution.  The difference between the halves reveals drift: a transient that
    ends during these steps, or intermittency.  In a test with 1,600 chaotic neurons and 100 to
    100,000 steps, at least 95 of 100 exponents were within their error.  No estimate can include an
    event that did not happen in these steps, such as chaos that ends later.

    The exponent converges like 1/steps without chaos, and like 1/sqrt(steps) with chaos.  Once the
    state repeats to the last bit on a cycle of 1, 2, 3, 4, 6, 8, 12 or 24 steps, no further steps
    are computed.

    References
    ----------
    K. Aihara, T. Takabe, M. Toyoda, "Chaotic neural networks" (1990).
    F. Pasemann, "Dynamics of a single model neuron" (1993).

    Examples
    --------
    A periodic, a chaotic and a superstable neuron:

    >>> import doya
    >>> neuron = doya.NeuronMap(w=[-20.0, -80.0, 0.0], b=10.0, epsilon=[0.5, 0.5, 1.0])
    >>> doya.lyapunov_exponent(neuron).round(1)
    array([-2.8,  0.2, -inf])
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    if not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "neuron",
            f"must be a NeuronMap, got a {type(neuron).__name__}; a flow settles in an equilibrium,"
            " and its Lyapunov exponent is the eigenvalue there: use `equilibria`",
        )
    x0 = checked("x0", x0)
    check_count("steps", steps, BATCHES)
    check_count("transient", transient, 0)
    u = checked("u", u)
    require_no_input(conversion, u)
    shape = common_shape(neuron, x0=np.shape(x0), u=np.shape(u))
    require_memory("the ensemble", shape, 2)
    exponent, error = np.empty(shape), np.empty(shape)
    operands = neuron.w, neuron.b, neuron.epsilon, x0, neuron.input_weight * u
    modes: Any = len(operands) * [["readonly"]] + 2 * [["writeonly"]]
    with np.nditer(
        [*map(np.asarray, operands), exponent, error],
        flags=["buffered", "external_loop", "zerosize_ok"],
        op_flags=modes,
        order="C",
        buffersize=LANES_AT_ONCE,
    ) as lanes:
        for w, b, epsilon, x, moved, mean, spread in lanes:
            if moved.any():
                if neuron.input_inside:
                    b = np.asarray(lifted_bias(b, moved))
                else:
                    b, x = np.asarray(shifted_bias(b, w, moved)), x - moved
            group = Ensemble(w, b, epsilon, np.zeros(w.size), x, np.zeros(1), np.zeros((1, 1)))
            group = settled(group, int(transient)) if transient > 0 else group
            mean[...], spread[...], _ = growth(group, int(steps))
    return (exponent, error) if return_error else exponent


def growth(group: Ensemble, steps: int) -> tuple[Floats, Floats, Floats]:
    """Return the mean of ln |mu| of the map without input over some steps, its error, and x.

    There must be at least BATCHES steps.
    """
    x, means, errors = np.array(group.x0), *np.empty((2, group.x0.size))

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        call(
            lyapunov_kernels.iterate, own.w, own.b, own.epsilon, x[part], steps, means[part],
            errors[part], Room(lyapunov_kernels.ROOM),
        )  # fmt: skip

    run(job, x.size, {lyapunov_kernels.iterate: x.size * steps})
    return means, errors, x


def settled(group: Ensemble, transient: int) -> Ensemble:
    """Return the group after `transient` steps; nondecreasing maps at their final equilibrium."""
    rests = nondecreasing(group.w, group.epsilon)
    x = np.array(group.x0)
    x[rests] = final_state(NeuronODE(group.w[rests], group.b[rests]), x[rests], math.inf)
    x[~rests] = iteration.at_end(group.at(~rests, 0.0), transient, early_stop=True)
    return dataclasses.replace(group, x0=x)
