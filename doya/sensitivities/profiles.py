"""Sensitivities of x(T) along one axis, a parameter or T itself, with every wall resolved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.bifurcations.points import check_single, checked_sweep
from doya.checks import Parameter, check_count, checked, checked_names
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion, in_doya
from doya.conversions.rates import start_of
from doya.errors import ArgumentError
from doya.inputs import Input, Pieces, in_pieces
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.sensitivities.letter_sweeps import LetterSweep
from doya.sensitivities.letters import InLetters
from doya.sensitivities.sweeps import Sweep, over_time, refined, spread
from doya.trajectory_checks import checked_end

# Arrays of the size of x(T) in use at once, measured.
IN_USE = 52
# Relative rounding error of a state (half an ulp), and least jump of x that counts as a wall.
ROUNDING, JUMP = 1.1e-16, 0.01


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityProfile(Result):
    """The state x(T) and its sensitivities along one axis, the last axis of every array.

    Attributes
    ----------
    value : ndarray, shape (n,)
        Swept values in ascending order: the grid, and added values where the curves are steep.
    x : ndarray, shape (..., n)
        x(T), dimensionless; the leading axes are the axis of x0, then the axis of t_end.
    derivative, sign, log10_abs : dict of ndarray, shape (..., n)
        The exact derivatives by name, as in `Sensitivity`.
    finite_difference : dict of ndarray, shape (..., n)
        (x(T; p + delta) - x(T; p)) / delta by name of p.
    settled : dict of ndarray, shape (..., n)
        The derivatives of the settled state by name; NaN where the state does not settle on a
        stable equilibrium.
    neuron : NeuronODE or NeuronMap
        The neuron.
    over : {"b", "w", "x0", "epsilon", "u", "t"}
        Name of the swept variable.
    between : pair of float
        Range of the swept variable.
    x0 : float or ndarray
        State at the start, dimensionless.
    t_end : float or ndarray
        The time T.
    wrt : tuple of str
        The names given as `wrt`.  The dicts have "x0" in addition.
    delta : float
        Change of p in the finite difference, dimensionless.
    u : float, array, Pulses, Table, Ramp, function or None
        The input; None where u is swept.
    conversion : Conversion or None
        The neuron in the author's letters; then the derivatives, finite differences and settled
        values are those of `state`, and over may be a letter.
    """

    _hidden: ClassVar[tuple[str, ...]] = ("_state",)

    value: Floats
    x: Floats
    derivative: dict[str, Floats]
    sign: dict[str, Floats]
    log10_abs: dict[str, Floats]
    finite_difference: dict[str, Floats]
    settled: dict[str, Floats]
    neuron: Neuron
    over: str
    between: tuple[float, float]
    x0: Parameter
    t_end: Any
    wrt: tuple[str, ...]
    delta: float
    u: Input | None
    conversion: Conversion | None = None
    _state: Floats | None = None

    @property
    def state(self) -> Floats:
        """Return x(T) in the author's state; x itself in Doya's parameters."""
        return self.x if self._state is None else self._state

    @property
    def start(self) -> Parameter:
        """Return x0 in the author's state; x0 itself in Doya's parameters."""
        return self.x0 if self.conversion is None else start_of(self.conversion, self.x0)

    @cached_property
    def driven(self) -> tuple[tuple[float, float], ...]:
        """Return the ranges of T within which the input is not 0, in a profile over T.

        There are none for an input that is a function of time or constant.
        """
        u = self.u
        if self.over != "t" or u is None or callable(u):
            return ()
        last = self.between[1]
        pieces = in_pieces(u, isinstance(self.neuron, NeuronMap), last)
        if np.unique(pieces.value).size < 2 and not pieces.rise.any():
            return ()
        edges = np.append(pieces.start, last)
        on = (pieces.value != 0.0) | (pieces.rise != 0.0)
        starts = edges[:-1][np.diff(on, prepend=False) & on]
        stops = edges[1:][np.diff(on, append=False) & on]
        return tuple(zip(starts.tolist(), stops.tolist(), strict=True))

    def rounded_away(self, name: str) -> NDArray[np.bool_]:
        """Return where the finite difference is only rounding error.

        Parameters
        ----------
        name : str
            Name of the variable p: a key of `finite_difference`.

        Returns
        -------
        ndarray of bool, shape (..., n)
            True where the derivative is smaller than the rounding error of the finite difference.
        """
        quotient, exact = self.finite_difference[name], self.derivative[name]
        size = np.abs(exact)
        with np.errstate(over="ignore", invalid="ignore"):
            noise = np.abs(self.state) + size * np.abs(self._at(name))
            lost: NDArray[np.bool_] = size < ROUNDING * noise / abs(self.delta)
        lost &= quotient != exact
        return lost

    def torn(self, name: str) -> NDArray[np.bool_]:
        """Return where the finite difference spans a wall: x jumps between p and p + delta.

        Parameters
        ----------
        name : str
            Name of the variable p: a key of `finite_difference`.

        Returns
        -------
        ndarray of bool, shape (..., n)
            True where x changes by more than 0.01 and the finite difference is far off the
            derivative.
        """
        quotient, exact = self.finite_difference[name], self.derivative[name]
        with np.errstate(invalid="ignore"):
            off = np.abs(quotient - exact) > 0.1 * np.minimum(np.abs(quotient), np.abs(exact))
            jumps: NDArray[np.bool_] = off & (np.abs(quotient * self.delta) > JUMP)
        return jumps

    def _at(self, name: str) -> Floats:
        """Return the variable of that name along the profile; it broadcasts against x."""
        if name == self.over:
            return self.value
        if name == "x0":
            return spread(self.start, np.ndim(self.t_end) + 1)
        if self.conversion is not None:
            return np.asarray(self.conversion.parameters[name])
        return np.asarray(getattr(self.neuron, name))


def sensitivity_profile(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    t_end: ArrayLike,
    wrt: str | Iterable[str] | None = None,
    over: str | None = None,
    between: Sequence[float] | None = None,
    *,
    points: int = 200,
    delta: float = 1e-6,
    u: Input | None = None,
) -> SensitivityProfile:
    """Compute the sensitivities of x(T) along one axis: over a parameter at fixed T, or over T.

    They are the exact derivatives dx(T)/dx0 and dx(T)/dp, the finite difference of the papers,
    (x(T; p + delta) - x(T; p)) / delta, and the derivatives of the settled state, without input
    dx*/db = 1 / (1/(x* (1 - x*)) - w).

    At a wall x(T) jumps within a width of exp(-lambda T), which a grid misses.  So values are added
    by bisection, down to neighbouring doubles.  They are added between two neighbours that differ
    by more than 2 % of the range of x, or whose derivatives differ by more than a factor of 2, and
    around the largest derivative until it is accurate to one part in a thousand.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron; its own value of the swept parameter is not used.  With a `Conversion` the
        curves are of the author's state, from a fixed state of the author, at a fixed time of the
        author; x0 and t_end are Doya's at its own letters.
    x0 : float or array of shape (starts,)
        State at the start, dimensionless, from -1e100 to 1e100.  For over = "x0" it must be one
        number, which is not used.
    t_end : float or array of shape (ends,)
        The time T: for the flow at least 0, in units of the time constant, and infinity is allowed;
        for the map a whole number of steps.  For over = "t" it is the last T, one finite number.
    wrt : str or list of str, default ("b",)
        Names of the variables p to differentiate with respect to, in addition to x0: "b", "w",
        "x0", "input_weight", and for the map "epsilon".  With a `Conversion`: its letters and
        "x0", the author's state at the start; the default is the letter that changes only b.
    over : {"b", "w", "x0", "epsilon", "u", "t"}, default "b"
        The variable to sweep; "epsilon" for the map only, and "u", the constant input, unless
        w w' = 0.  With a `Conversion`: a letter, by default the one that changes only b, "x0", "u"
        or "t".
    between : pair of float, optional
        Range of the swept variable, low < high.  The default is the one of `bifurcation_diagram`,
        and [0, 1] for x0.  Letters that move w and b along a curve, and the unit of time, have
        none.  For over = "t" it must not be given: T runs from 0 to t_end.
    points : int, default 200
        Number of values on the even grid, at least 2.  Over a parameter or x0, up to 4000 values
        are added.  Over T the flow also has the times at which the input jumps, and the map has
        `points` whole steps, evenly spaced, or every step if there are fewer.
    delta : float, default 1e-6
        Change of p in the finite difference, dimensionless, positive or negative, not 0, from
        -1e100 to 1e100.  Where p + delta is outside the range of p, as where epsilon + delta > 1,
        the change is -delta.
    u : float, array, Pulses, Table, Ramp or function, optional
        One input, as for `final_state`.  If it varies in time, the settled state is the one that
        follows from x(T) under the last value of the input before T.  For over = "u" it must not be
        given.

    Returns
    -------
    SensitivityProfile
        Its arrays have the axis of x0, the axis of t_end, and the axis of the swept values.

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown name, an argument outside its range, or more than one axis of
        x0 or t_end.
    ConvergenceError
        If a state could not be computed.

    See Also
    --------
    sensitivity : The derivatives of x(T), with order=2 also the second.
    sweep : Quantities over a grid of parameters, on disk.
    plots.draw_sensitivity_profile : The picture.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), section 2.2.

    Examples
    --------
    For x0 = 0.5 the wall is at b = -2.5, where dx(T)/db = exp(T/4) - 1:

    >>> import doya
    >>> profile = doya.sensitivity_profile(doya.NeuronODE(w=5.0), x0=0.5, t_end=50.0)
    >>> at = int(profile.derivative["b"].argmax())
    >>> print(f"{profile.derivative['b'][at]:.1f} at b = {profile.value[at]:.9f}")
    268336.3 at b = -2.500000000
    >>> profile.settled["b"][[0, -1]].round(6)
    array([0.085935, 0.085935])
    """
    model, neuron = neuron, in_doya(neuron)
    check_single(neuron)
    over, wrt = _checked_names(model, over, wrt)
    points = check_count("points", points, 2)
    delta = _checked_delta(delta)
    x0, end = checked("x0", x0), checked_end(neuron, t_end)
    _check_axes(over, x0, end)
    if over == "u":
        checked_sweep(model, over, 0.0)
        if u is not None:
            raise ArgumentError("u", f"must not be given for over = 'u', got {u!r}")
    names = tuple(dict.fromkeys(("x0", *wrt)))
    if over == "t" and isinstance(neuron, NeuronMap):
        points = min(points, int(end) + 1)  # every step
    require_memory("points", (np.size(x0), end.size, points), IN_USE)
    sweep = Sweep(neuron, x0, end, over, names, u)
    if isinstance(model, Conversion):
        InLetters.of(model, x0, t_end, names, u)  # raises for wrong arguments
        sweep = LetterSweep(neuron, x0, end, over, names, u, model)
    pieces = _pieces(neuron, end, u)

    if over == "t":
        if between is not None:
            raise ArgumentError(
                "between", f"must not be given for over='t', got {between!r}: set t_end instead"
            )
        span = (0.0, float(end))
        found = over_time(sweep, _times(neuron, float(end), points, pieces), pieces)
    else:
        span = sweep.span(between)
        found = refined(sweep.exact, np.unique(np.linspace(*span, points)))
    return SensitivityProfile(
        value=found.value,
        x=sweep.in_doya(found.value, found.x),
        derivative={name: each.numbers() for name, each in found.by.items()},
        sign={name: each.sign() for name, each in found.by.items()},
        log10_abs={name: each.log10_abs() for name, each in found.by.items()},
        finite_difference={name: sweep.difference(found.value, name, delta) for name in names},
        settled=sweep.settled(found.value, found.x, pieces),
        neuron=neuron,
        over=over,
        between=span,
        x0=x0,
        t_end=t_end,
        wrt=wrt,
        delta=delta,
        u=u,
        conversion=model if isinstance(model, Conversion) else None,
        _state=found.x if isinstance(model, Conversion) else None,
    )


def _checked_names(
    model: Neuron | Conversion, over: str | None, wrt: str | Iterable[str] | None
) -> tuple[str, tuple[str, ...]]:
    """Return the swept variable and the names to differentiate by; raise for unknown ones."""
    if isinstance(model, Conversion):
        own, alone = tuple(model.parameters), AUTHORS[model.author].drive
        whose = AUTHORS[model.author].called
    else:
        own, alone, whose = model.sweepable, "b", f"the {model.dynamics}"
    weight = () if isinstance(model, Conversion) else ("input_weight",)
    over, axes = alone if over is None else over, (*own, "x0", "u", "t")
    if over not in axes:
        allowed = ", ".join(repr(name) for name in axes)
        raise ArgumentError("over", f"must be one of {allowed} for {whose}, got {over!r}")
    return over, checked_names("wrt", alone if wrt is None else wrt, (*own, "x0", *weight))


def _checked_delta(delta: float) -> float:
    """Return the change of the finite difference as one number that is not 0."""
    step = checked("delta", delta)
    if not isinstance(step, float):
        raise ArgumentError("delta", f"must be one number, got an array of shape {step.shape}")
    if step == 0.0:
        raise ArgumentError("delta", "must not be 0, got 0.0")
    return step


def _check_axes(over: str, x0: Parameter, end: Floats) -> None:
    """Raise unless x0 and t_end have the axes that a sweep over `over` allows."""
    for name, shape, swept in (("x0", np.shape(x0), "x0"), ("t_end", end.shape, "t")):
        axes = len(shape)
        if axes and over == swept:
            words = f"must be one number for over={over!r}, got {math.prod(shape)} numbers"
            raise ArgumentError(name, words)
        if axes > 1:
            raise ArgumentError(name, f"must be a number or a list, got an array with {axes} axes")
    if over == "t" and np.isinf(end):
        raise ArgumentError("t_end", "must be finite for over='t', got inf")


def _pieces(neuron: Neuron, end: Floats, u: Input | None) -> Pieces | None:
    """Return the input in pieces, or None if it is a function of the flow's time."""
    is_map = isinstance(neuron, NeuronMap)
    if callable(u) and not is_map:
        return None
    pieces = in_pieces(u, is_map, float(end.max(initial=0.0)))
    if pieces.shape:
        raise ArgumentError("u", f"must be one input, got inputs of shape {pieces.shape}")
    return pieces


def _times(neuron: Neuron, last: float, points: int, pieces: Pieces | None) -> Floats:
    """Return times from 0 to the last: even, and jumps of the input; whole steps of the map."""
    even = np.linspace(0.0, last, points)
    if isinstance(neuron, NeuronMap):
        even = np.round(even)
    jumps = pieces.start if pieces and pieces.start.size <= points else np.empty(0)
    return np.union1d(even, jumps[jumps <= last])
