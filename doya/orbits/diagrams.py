"""Orbit diagrams of the map: the attractors of its orbits over a range of one parameter."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Counts, Floats
from doya.bifurcations.diagrams import BifurcationDiagram, bifurcation_diagram, default_range
from doya.bifurcations.points import check_range, checked_sweep
from doya.bifurcations.swept import Swept
from doya.checks import check_count, checked
from doya.conversions.conversion import Conversion, in_doya
from doya.errors import ArgumentError
from doya.inputs import in_pieces
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery.running import foresee, run_once
from doya.kernels.map import attractors as attractor_kernels
from doya.kernels.map import iteration as map_kernel
from doya.kernels.map import lyapunov as lyapunov_kernels
from doya.kernels.map.attractors import MOST_PERIOD
from doya.kernels.map.lyapunov import BATCHES
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap, NeuronODE, nondecreasing
from doya.orbits.attractors import SAMPLE, attractors, critical_states, new_of
from doya.orbits.lyapunov import settled
from doya.orbits.small_steps import Enlarged
from doya.results import Result
from doya.trajectories import final_state

# Displacement of a followed state, so that it leaves a fixed point that no longer attracts.
KICK = 1e-7
# Largest number of starts.
MOST = 100
# Factor on the transient of an orbit without a cycle, where another start reaches a cycle.
PATIENCE = 100


@dataclass(frozen=True, eq=False, repr=False)
class OrbitDiagram(Result):
    """Attractors of the map over a range of one parameter, one row of orbits for each start.

    Attributes
    ----------
    value : ndarray, shape (n,)
        Values of the swept parameter, ascending, dimensionless.
    x : ndarray, shape (rows, n, states)
        Consecutive states of each orbit after its transient, dimensionless.  On a cycle they are
        exact to rounding.
    period : ndarray of int, shape (rows, n)
        Period of the attracting cycle, from 1 to 64; 0 where no such cycle was found: chaos, a
        longer cycle, or a longer transient.
    lyapunov : ndarray, shape (rows, n)
        Lyapunov exponent: the mean of ln abs(mu) per step.  On a cycle it is
        ln abs(multiplier) / period.
    lyapunov_error : ndarray, shape (rows, n)
        Error of the Lyapunov exponent: rounding on a cycle, otherwise the error that
        `lyapunov_exponent` returns.
    new : ndarray of bool, shape (rows, n)
        True where the row reached an attractor that no row above it reached.
    rows : tuple of str
        Name of each row after its start: "first start" and "second start" (the critical points, or
        0 and 1 where there are none); "up" and "down"; or "x0 = 0.3" and similar.
    neuron : NeuronMap
    over : str
        The swept parameter, or letter.
    between : pair of float
        First and last value of the swept parameter.
    transient, steps : int
        Number of steps left out, and number of steps for the Lyapunov exponents.
    u : float
        The constant input; not used where u is swept.
    conversion : Conversion or None
        The neuron in the author's letters, for which `over` is a letter.
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
    u: float
    conversion: Conversion | None = None

    @cached_property
    def state(self) -> Floats:
        """Return the author's states, of the shape of x; x itself in Doya's parameters.

        NaN at the end of a range at gamma = 1 or k = 1, where x does not resolve the state.
        """
        if self.conversion is None:
            return self.x
        swept = checked_sweep(self.conversion, self.over, self.u)
        state: Floats = swept.state(self.value[:, np.newaxis], self.x)
        return state

    @cached_property
    def equilibria(self) -> BifurcationDiagram:
        """Return the fixed points over the range, stable and unstable, with their bifurcations."""
        neuron = self.conversion or self.neuron
        return bifurcation_diagram(neuron, self.over, self.between, u=self.u)

    @property
    def attractors(self) -> Counts:
        """Return the number of different attractors that the rows reached, shape (n,)."""
        return np.asarray(np.count_nonzero(self.new, axis=0))


def orbit_diagram(
    neuron: NeuronMap | Conversion,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    points: int = 400,
    x0: ArrayLike | None = None,
    follow: bool = False,
    transient: int = 10_000,
    steps: int = 10_000,
    kept: int = 200,
    u: float = 0.0,
) -> OrbitDiagram:
    """Sweep one parameter of the map and find all its attractors at each value.

    The map is x' = (1 - eps) x + eps sigma(w x + b) + eps w' u with a constant input u.  Then
    x - w' u obeys the map without input and with the bias b + w w' u.  With input_to="bias" the
    bias is b + w' u, no state is shifted, and u can be swept unless w' = 0.

    For w < -4 (1 - eps) / eps the map has two critical points and a negative Schwarzian derivative.
    So each attractor is reached from one of the critical points, and there are at most two
    attractors (Singer 1978).  All other maps settle in equilibria or 2-cycles, which are reached
    from x - w' u = 0 and 1.

    Parameters
    ----------
    neuron : NeuronMap or Conversion
        One neuron.  Its own value of the swept parameter is ignored.
    over : str, default "b"
        The parameter to sweep: "b", "w", "epsilon", or "u", the constant input, unless w w' = 0.
        For a `Conversion` a letter of its author, or "u".  An end of the range at Pasemann's
        gamma = 1 or Aihara's k = 1 is replaced by the largest number below 1.
    between : pair of float, optional
        First and last value of this parameter, ascending.  By default the range holds all folds and
        flips of equilibria, with a margin.
    points : int, default 400
        Number of values in the range, both ends included, at least 2.
    x0 : float or array, optional
        States x to start from at each value, instead of the critical points; each makes one row.
        With a `Conversion` too they are Doya's.
        From 1 to 100 states; with `follow`, one state.
    follow : bool, default False
        Follow one attractor: at each value the orbit starts from the last state at the value
        before.  The first row ("up") goes from low to high values, the second ("down") from high to
        low.  Both begin from x0, by default from a critical point.  Where the two rows differ,
        there is hysteresis.
    transient : int, default 10,000
        Number of steps left out before the states are kept, at least 0.  Where one start reaches a
        cycle and another does not, the other takes up to 100 times this number of further steps.
    steps : int, default 10,000
        Number of steps for the Lyapunov exponent of an orbit without a cycle, at least 16.
    kept : int, default 200
        Number of states kept per value, at least 64.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; not used where u is swept.

    Returns
    -------
    OrbitDiagram

    Raises
    ------
    ArgumentError
        For an ensemble, a flow, an argument outside its range, an input with
        abs(b + w w' u) > 1e100 within the range, or over = "u" where w w' = 0.

    See Also
    --------
    cycles : All cycles of a period.
    cycle_bifurcations : Folds and flips of cycles along a parameter.
    attractors : The attractors of each map of an ensemble.
    plots.draw_orbit_diagram : The picture.

    Notes
    -----
    A cycle is found by Newton's method from the last state of the orbit.  It is accepted if it
    attracts and the orbit comes nearer to it; its period and exponent are then those of the cycle.
    Period 0 may also mean a transient longer than `transient`, or a cycle longer than 64 states.
    Nondecreasing maps settle in an equilibrium, which is computed directly.  Near a flip, the
    multiplier of the cycle that flips decides which period attracts.

    For epsilon < 7e-9 the rounding of x would hide the orbit.  An orbit from a critical point is
    then computed with the larger step 7e-9 and the same epsilon w, which changes a Lyapunov
    exponent by about 1e-7.  Two orbits without cycles count as one attractor if their states
    alternate when they are sorted together.

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
    check_map(neuron)
    swept = checked_sweep(neuron, over, u)
    check_count("points", points, 2)
    span = default_range(neuron, over, u) if between is None else check_range(neuron, over, between)
    check_count("transient", transient, 0)
    check_count("steps", steps, BATCHES)
    check_count("kept", kept, MOST_PERIOD)
    starts = None if x0 is None else np.atleast_1d(checked("x0", x0))
    if starts is not None and (starts.ndim > 1 or not 1 <= starts.size <= (1 if follow else MOST)):
        allowed = "one state with follow=True" if follow else f"1 to {MOST} states in a row"
        raise ArgumentError("x0", f"must be {allowed}, got {x0!r}")
    found = unshifted_diagram(swept, span, points, starts, follow, transient, steps, kept)
    if swept.over != "u" and not swept.shift:
        return found
    return dataclasses.replace(found, x=found.x + swept.shifts(found.value)[:, np.newaxis])


def check_map(neuron: Neuron | Conversion) -> None:
    """Raise unless the neuron is a map."""
    neuron = in_doya(neuron)
    if not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "neuron",
            f"must be a NeuronMap, got a {type(neuron).__name__}; the flow has no attractors but"
            " equilibria: use `bifurcation_diagram`",
        )


def unshifted_diagram(
    swept: Swept,
    span: tuple[float, float],
    points: int,
    starts: Floats | None = None,
    follow: bool = False,
    transient: int = 10_000,
    steps: int = 10_000,
    kept: int = 200,
) -> OrbitDiagram:
    """Return the orbit diagram of the states x - w' u; the starts are states x."""
    neuron = swept.neuron
    assert isinstance(neuron, NeuronMap)
    require_memory("points", (2 if starts is None else starts.size, points, kept + 2 * SAMPLE), 5)
    value = np.linspace(*span, points)
    shift = swept.shifts(value)
    asked = swept.neurons(value)
    assert isinstance(asked, NeuronMap)
    # The user's starts are states of the given neurons, not of those with an enlarged step.
    enlarged = Enlarged(asked) if starts is None else None
    alike = enlarged.neuron if enlarged else asked
    orbits = points * (2 if starts is None else starts.size)
    way = attractor_kernels.follow if follow else map_kernel.iterate
    foresee({
        way: orbits * transient,
        lyapunov_kernels.iterate: orbits * steps,
        attractor_kernels.find: orbits,
    })  # fmt: skip
    rows: tuple[str, ...]
    if follow:
        rows, group = ("up", "down"), _led(alike, starts, shift, transient)
    elif starts is None:
        rows = ("first start", "second start")
        group = group_of(alike, critical_states(alike))
    else:
        rows = tuple(f"x0 = {start}" for start in starts.tolist())
        group = group_of(alike, starts[:, np.newaxis] - shift)
    found = attractors(settled(group, 0 if follow else transient), steps, kept)
    shape = (len(rows), points)
    late = late_of(found.period.reshape(shape))
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
        new=new_of(found, group, len(rows)),
        rows=rows,
        neuron=neuron,
        over=swept.name,
        between=span,
        transient=transient,
        steps=steps,
        u=swept.u,
        conversion=swept.conversion,
    )


def group_of(swept: NeuronMap, x0: Floats) -> Ensemble:
    """Return the orbits from x0, of shape (rows, values) or (rows, 1), row after row."""
    shape = (len(x0), *swept.shape)
    return Ensemble.of(swept, x0, in_pieces(None, True, 0.0), shape)


def _led(swept: NeuronMap, x0: Floats | None, shift: Floats, transient: int) -> Ensemble:
    """Return the orbits led up and down the range, after `transient` steps at each value.

    The orbits are those of x - w' u, where `shift` is w' u at each value; x0 is a state x.
    """
    group = group_of(swept, np.zeros((2, 1)))
    starts = critical_states(swept)[0] if x0 is None else x0 - shift
    w, b, epsilon = (rows[: starts.size] for rows in (group.w, group.b, group.epsilon))
    up, down = (
        _led_along(
            w[::way], b[::way], epsilon[::way], shift[::way], float(starts[::way][0]), transient
        )[::way]
        for way in (1, -1)
    )
    return dataclasses.replace(group, x0=np.concatenate([up, down]))


def _led_along(
    w: Floats, b: Floats, epsilon: Floats, shift: Floats, x: float, transient: int
) -> Floats:
    """Return the state at each neuron, started from the last state at the neuron before.

    Nondecreasing maps go to their final equilibrium.  Where the shift changes, the same state x has
    another x - w' u.
    """
    states = np.empty(w.size)
    rests, moves = nondecreasing(w, epsilon), np.diff(shift, prepend=shift[0])
    edges = [0, *np.flatnonzero(np.diff(rests) | (moves[1:] != 0.0)) + 1, w.size]
    for part in map(slice, edges[:-1], edges[1:]):
        x -= float(moves[part.start])
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


def led_along(w: Floats, b: Floats, epsilon: Floats, steps: int, x0: float, kick: float) -> Floats:
    """Return the state after `steps` steps at each neuron, from the last one at that before."""
    x = np.empty(w.size)
    rows = map(np.array, (w, b, epsilon))
    run_once(attractor_kernels.follow, steps * w.size, *rows, steps, x0, kick, x)
    return x


def late_of(period: Counts) -> NDArray[np.bool_]:
    """Return the orbits without a cycle where another start reaches a cycle at the same value."""
    cyclic = period > 0
    late: NDArray[np.bool_] = (~cyclic & cyclic.any(axis=0)).ravel()
    return late
