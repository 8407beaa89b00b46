"""Orbit diagrams of the map: what orbits come to over a range of one parameter."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Counts, Floats
from doya.bifurcations.diagrams import default_range
from doya.bifurcations.points import check_range, check_sweep
from doya.checks import check_count, checked
from doya.errors import ArgumentError
from doya.inputs import in_pieces
from doya.integrators.attractors import led_along
from doya.integrators.ensembles import Ensemble
from doya.kernels import attractors as attractor_kernels
from doya.kernels import exponents
from doya.kernels import map as map_kernel
from doya.kernels.attractors import MOST_PERIOD
from doya.kernels.exponents import BATCHES
from doya.kernels.running import foresee
from doya.memory import require_memory
from doya.neurons import NeuronMap, NeuronODE, nondecreasing
from doya.orbits.attractors import SAMPLE, Attractors, attractors, critical_states
from doya.orbits.lyapunov import settled
from doya.orbits.small_steps import Enlarged
from doya.results import Result
from doya.trajectories import final_state

# What takes a state that is followed off a fixed point that no longer attracts it.
KICK = 1e-7
# Starts at most, and times as many steps for an orbit without a cycle where another has one.
MOST, PATIENCE = 100, 100


@dataclass(frozen=True, eq=False, repr=False)
class OrbitDiagram(Result):
    """What orbits of the map come to over a range of one parameter, a row each.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The swept parameter.
    x : ndarray, shape (rows, n, states)
        States as each orbit goes on, once its transient is over, dimensionless; on a cycle exact.
    period : ndarray of int, shape (rows, n)
        Of the attracting cycle; 0, aperiodic, where there is none up to 64.
    lyapunov : ndarray, shape (rows, n)
        Lyapunov exponent, the mean of ln abs(mu) a step; on a cycle ln abs(multiplier) / period.
    lyapunov_error : ndarray, shape (rows, n)
        How far it may be off: rounding on a cycle, else as `lyapunov_exponent` tells.
    new : ndarray of bool, shape (rows, n)
        Whether the row has come to an attractor to which no row above it has.
    rows : tuple of str
        What each row began with: "first start" and "second start", the critical points or, without
        them, 0 and 1; "up" and "down"; or "x0 = 0.3" and so on.
    neuron : NeuronMap
    over : {"b", "w", "epsilon"}
        The swept parameter.
    between : pair of float
        Its range.
    transient, steps : int
        Steps left out, and steps for Lyapunov exponents.
    """

    value: Floats
    x: Floats
    period: Counts
    lyapunov: Floats
    lyapunov_error: Floats
    new: NDArray[np.bool_]
    rows: tuple[str, ...]
    neuron: NeuronMap
    over: str
    between: tuple[float, float]
    transient: int
    steps: int

    @property
    def attractors(self) -> Counts:
        """How many different attractors the rows have come to, shape (n,)."""
        return np.asarray(np.count_nonzero(self.new, axis=0))


def orbit_diagram(
    neuron: NeuronMap,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 400,
    x0: ArrayLike | None = None,
    follow: bool = False,
    transient: int = 10_000,
    steps: int = 10_000,
    kept: int = 200,
) -> OrbitDiagram:
    """All attractors of the map x' = (1 - eps) x + eps sigma(w x + b) over one parameter.

    For w < -4 (1 - eps) / eps the map has two critical points and a negative Schwarzian
    derivative, so every attractor is reached from one of them, and there are at most two (Singer
    1978).  Other maps end in the equilibria or 2-cycles that are reached from 0 and 1.

    Parameters
    ----------
    neuron : NeuronMap
        One neuron; its own value of the swept parameter does not matter, and there is no input.
    over : {"b", "w", "epsilon"}, default "b"
        The parameter to sweep.
    between : pair of float, optional
        Its range; by default all folds and flips of equilibria with a margin.
    points : int, default 400
        Values in the range, ends included, at least 2.
    x0 : float or array, optional
        Start at every value from these states instead, a row each.
    follow : bool, default False
        Follow one attractor: each value begins where the one before has ended, from low to high in
        the first row ("up") and from high to low in the second ("down"), beginning from x0, or else
        a critical point.  Where the rows differ there is hysteresis.
    transient : int, default 10,000
        Steps left out before each answer; 100 times as many more where one start ends in a cycle
        and another does not.
    steps : int, default 10,000
        Steps over which the Lyapunov exponent of an orbit that ends in no cycle is taken.
    kept : int, default 200
        States that are told, from 64 on.

    Returns
    -------
    OrbitDiagram

    Raises
    ------
    ValueError
        For an ensemble, a flow, or an argument outside its range.

    Notes
    -----
    A cycle is found by Newton's method from where the orbit is, tells its own period and exponent,
    and is the orbit's if it attracts and the orbit comes nearer.  Period 0 may also be a transient
    that is longer than `transient`, or a cycle longer than 64.  Nondecreasing maps end in an
    equilibrium, which is solved for.  Beside a flip the multiplier of the cycle that flips decides
    which period attracts.  Where epsilon < 7e-9 rounding would hide the orbit in x; from the
    critical points it is found with the larger step 7e-9 and the same epsilon w, which changes an
    exponent by about 1e-7.  Two orbits without cycles count as on one attractor if their
    states, sorted together, alternate.

    References
    ----------
    F. Pasemann, "Dynamics of a single model neuron" (1993).  D. Singer, "Stable orbits and
    bifurcation of maps of the interval" (1978).

    Examples
    --------
    >>> import doya
    >>> diagram = doya.orbit_diagram(doya.NeuronMap(b=10.0, epsilon=0.5), "w", (-38, -10), points=8)
    >>> diagram.period[0]
    array([0, 4, 2, 2, 2, 2, 2, 1])
    """
    if not isinstance(neuron, NeuronMap):
        raise ArgumentError("neuron", "must be a NeuronMap: the flow has equilibria only")
    check_sweep(neuron, over)
    check_count("points", points, 2)
    span = default_range(neuron, over) if between is None else check_range(neuron, over, between)
    check_count("transient", transient, 0)
    check_count("steps", steps, BATCHES)
    check_count("kept", kept, MOST_PERIOD)
    starts = None if x0 is None else np.atleast_1d(checked("x0", x0))
    if starts is not None and (starts.ndim > 1 or not 1 <= starts.size <= (1 if follow else MOST)):
        allowed = "one state to be followed" if follow else f"1 to {MOST} states in a row"
        raise ArgumentError("x0", f"must be {allowed}, got {x0!r}")
    require_memory("points", (2 if starts is None else starts.size, points, kept + 2 * SAMPLE), 5)

    value = np.linspace(*span, points)
    asked = neuron.replace(**{over: value})
    # Starts of the user's own are states of the neurons asked for.
    enlarged = Enlarged(asked) if starts is None else None
    swept = enlarged.neuron if enlarged else asked
    orbits = points * (2 if starts is None else starts.size)
    way = attractor_kernels.follow if follow else map_kernel.iterate
    foresee({
        way: orbits * transient, exponents.iterate: orbits * steps, attractor_kernels.tell: orbits,
    })  # fmt: skip
    rows: tuple[str, ...]
    if follow:
        rows, group = ("up", "down"), _led(swept, starts, transient)
    elif starts is None:
        rows = ("first start", "second start")
        group = _group(swept, critical_states(swept))
    else:
        rows = tuple(f"x0 = {start}" for start in starts.tolist())
        group = _group(swept, starts[:, np.newaxis])
    found = attractors(settled(group, 0 if follow else transient), steps, kept)
    shape = (len(rows), points)
    late = _late(found.period.reshape(shape))
    if not follow and np.any(late):
        on = dataclasses.replace(group.at(late, 0.0), x0=found.x[late, -1])
        found.put(late, attractors(settled(on, PATIENCE * transient), steps, kept))
    x, error = found.x.reshape(*shape, kept), found.error.reshape(shape)
    if enlarged:
        x, error = enlarged.own(x), enlarged.doubt(error)
    return OrbitDiagram(
        value=value,
        x=x,
        period=found.period.reshape(shape),
        lyapunov=found.exponent.reshape(shape),
        lyapunov_error=error,
        new=_new(found, len(rows)),
        rows=rows,
        neuron=neuron,
        over=over,
        between=span,
        transient=transient,
        steps=steps,
    )


def _group(swept: NeuronMap, x0: Floats) -> Ensemble:
    """Orbits from x0, of shape (rows, values) or (rows, 1), row after row."""
    shape = (len(x0), *swept.shape)
    return Ensemble.of(swept, x0, in_pieces(None, True, 0.0), shape)


def _led(swept: NeuronMap, x0: Floats | None, transient: int) -> Ensemble:
    """The orbits led up and down, once they have gone so many steps at each value."""
    group = _group(swept, np.zeros((2, 1)))
    starts = critical_states(swept)[0] if x0 is None else np.broadcast_to(x0, swept.shape)
    w, b, epsilon = (rows[: starts.size] for rows in (group.w, group.b, group.epsilon))
    up, down = (
        _led_along(w[::way], b[::way], epsilon[::way], float(starts[::way][0]), transient)[::way]
        for way in (1, -1)
    )
    return dataclasses.replace(group, x0=np.concatenate([up, down]))


def _led_along(w: Floats, b: Floats, epsilon: Floats, x: float, transient: int) -> Floats:
    """States at each neuron, from where the one before has come; nondecreasing maps to the end."""
    states = np.empty(w.size)
    rests = nondecreasing(w, epsilon)
    edges = [0, *(np.flatnonzero(np.diff(rests)) + 1).tolist(), w.size]
    for part in map(slice, edges[:-1], edges[1:]):
        if rests[part.start]:
            for k in range(part.start, part.stop):
                kick = KICK / (1.0 + abs(float(w[k])))
                x = float(final_state(NeuronODE(w[k], b[k]), x + kick, math.inf))
                states[k] = x
        else:
            kick = KICK / (1.0 + float(np.abs(w[part]).max()))
            states[part] = led_along(w[part], b[part], epsilon[part], transient, x + kick, kick)
            x = float(states[part.stop - 1])
    return states


def _late(period: Counts) -> NDArray[np.bool_]:
    """The orbits that may yet end in a cycle, as one from another start does at the same value."""
    cyclic = period > 0
    late: NDArray[np.bool_] = (~cyclic & cyclic.any(axis=0)).ravel()
    return late


def _new(found: Attractors, rows: int) -> NDArray[np.bool_]:
    """Whether each row has come to an attractor to which no row above it has."""
    length = found.period.size // rows
    parts = [found.at(slice(k * length, (k + 1) * length)) for k in range(rows)]
    new = np.full((rows, length), True)
    for k, part in enumerate(parts):
        for above in parts[:k]:
            new[k] &= ~part.meet(above)
    return new
