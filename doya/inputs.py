"""Inputs u(t) that are piecewise constant, pulses and tables of values, and ramps."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.by_value import ByValue, shape_and_numbers
from doya.checks import FINITE, Range, checked_number, numbers
from doya.errors import ArgumentError
from doya.memory import require_memory

TIME = Range(lambda value: 0.0 <= value < math.inf, "a finite time, at least 0")


@dataclass(frozen=True, eq=False, init=False)
class Table(ByValue):
    """An input that is constant between given times: u(t) = value[k] from time[k] to time[k + 1].

    It is 0 before the first time, and keeps its last value after the last time.  The map reads it
    at whole times only: step t takes u(t).  Two tables are equal if their times and values have the
    same shapes and numbers.  Arrays are copied.

    Parameters
    ----------
    time : array, shape (k,)
        Times in ascending order, finite, each at least 0, in units of the flow's time constant or
        in steps of the map.
    value : array, shape (..., k)
        Values, dimensionless; the leading axes broadcast against the ensemble.

    Raises
    ------
    ArgumentError
        If the times do not ascend or one is negative or infinite, or if the shapes do not fit.

    Examples
    --------
    >>> import doya
    >>> u = doya.Table(time=[0.0, 1.0, 3.0], value=[0.0, 0.5, 0.0])
    >>> doya.final_state(doya.NeuronODE(w=5.0, b=-2.5), x0=0.145, t_end=20.0, u=u)
    array(0.85543549)
    """

    time: Floats
    value: Floats

    def __init__(self, time: ArrayLike, value: ArrayLike) -> None:
        time, value = numbers("time", time), numbers("value", value)
        if time.ndim != 1 or value.ndim < 1 or value.shape[-1] != time.size:
            raise ArgumentError(
                "value",
                "must have one number per time along its last axis, got a value of shape"
                f" {value.shape} and a time of shape {time.shape}",
            )
        if not (np.all(time >= 0.0) and np.all(np.diff(time) > 0.0) and np.all(time < math.inf)):
            raise ArgumentError("time", f"must be finite, ascending and at least 0, got {time}")
        for name, array in (("time", time), ("value", value)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def _key(self) -> tuple[Any, ...]:
        return (*shape_and_numbers(self.time), *shape_and_numbers(self.value))


@dataclass(frozen=True, eq=False, init=False)
class Pulses(ByValue):
    """An input of rectangular pulses: u(t) = amplitude for start <= t < stop, 0 elsewhere.

    Where pulses overlap, their amplitudes are added.  The map reads the input at whole times only:
    step t takes u(t).  Two inputs are equal if they have the same pulses in the same order, with
    amplitudes of the same shapes and values.  An array of amplitudes is copied.

    Parameters
    ----------
    pulses : iterable of (start, stop, amplitude)
        0 <= start < stop, in units of the flow's time constant or in steps of the map; stop may be
        infinite.  The amplitude is a number, or an array that broadcasts against the ensemble,
        dimensionless.

    Raises
    ------
    ArgumentError
        Unless each pulse has 0 <= start < stop and a number or an array as its amplitude.

    See Also
    --------
    Ramp, Table : Other inputs.

    Examples
    --------
    One pulse sets the one-bit memory, and another resets it:

    >>> import doya
    >>> u = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.5)
    >>> doya.simulate(neuron, x0=0.145, t_end=45.0, u=u, times=[0.0, 25.0, 45.0]).x
    array([0.145     , 0.85554328, 0.14445676])
    """

    pulses: tuple[tuple[float, float, Any], ...]

    def __init__(self, pulses: Iterable[Sequence[Any]]) -> None:
        if not isinstance(pulses, Iterable):
            raise ArgumentError(
                "pulses", f"must be a list of (start, stop, amplitude), got {pulses!r}"
            )
        checked = []
        for pulse in pulses:
            try:
                start, stop, amplitude = pulse
                start, stop = float(start), float(stop)
            except (TypeError, ValueError):
                raise ArgumentError(
                    "pulses", f"must each be three numbers, (start, stop, amplitude), got {pulse!r}"
                ) from None
            if not 0.0 <= start < stop:
                raise ArgumentError(
                    "pulses", f"must each have 0 <= start < stop, got start {start} and stop {stop}"
                )
            array = numbers("amplitude", amplitude)
            array.setflags(write=False)
            checked.append((start, stop, array if array.ndim else amplitude))
        object.__setattr__(self, "pulses", tuple(checked))

    @property
    def _key(self) -> tuple[Any, ...]:
        return tuple((*ends, *shape_and_numbers(amplitude)) for *ends, amplitude in self.pulses)

    def table(self) -> Table:
        """Return the same input as a `Table`."""
        if not self.pulses:
            return Table(np.zeros(1), np.zeros(1))
        amplitudes = [numbers("amplitude", amplitude) for _, _, amplitude in self.pulses]
        shapes = [each.shape for each in amplitudes]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            raise ArgumentError(
                "pulses", f"must have amplitudes that broadcast together, got shapes {shapes}"
            ) from None
        ends = {end for start, stop, _ in self.pulses for end in (start, stop)}
        time = np.array(sorted(ends - {math.inf}))
        require_memory("pulses", (*shape, time.size), 3)
        value = np.zeros((*shape, time.size))
        for (start, stop, _), amplitude in zip(self.pulses, amplitudes, strict=True):
            with np.errstate(over="ignore"):  # `Pieces` finds the values that are not finite
                value[..., (start <= time) & (time < stop)] += amplitude[..., np.newaxis]
        return Table(time, value)


@dataclass(frozen=True, eq=False, init=False)
class Ramp(ByValue):
    """An input that rises linearly: u(t) = low until start, high from stop on, a line between.

    The map reads it at whole times only: step t takes u(t).  The flow goes through the rise in
    steps of order 8 with a tolerance of 1e-14 each, and before and after it by formula.  high may
    be less than low.

    Parameters
    ----------
    start, stop : float
        0 <= start < stop, both finite, in units of the flow's time constant or in steps of the map.
    low, high : float
        The input before and after the rise, dimensionless, from -1e100 to 1e100.

    Raises
    ------
    ArgumentError
        Unless 0 <= start < stop, and low and high are numbers in their range.

    See Also
    --------
    Pulses, Table : Other inputs.

    Examples
    --------
    A ramp of the bias from -3 to -2, slower than the neuron, passes the fold at -2.344 with delay:

    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-3.0, input_to="bias")
    >>> u = doya.Ramp(start=0.0, stop=256.0, low=0.0, high=1.0)
    >>> doya.simulate(neuron, x0=0.0625, t_end=256.0, u=u, times=[0.0, 160.0, 256.0]).x
    array([0.0625    , 0.19615744, 0.93527926])
    """

    start: float
    stop: float
    low: float
    high: float

    def __init__(self, start: float, stop: float, low: float, high: float) -> None:
        for name, time in (("start", start), ("stop", stop)):
            object.__setattr__(self, name, checked_number(name, time, TIME))
        for name, value in (("low", low), ("high", high)):
            object.__setattr__(self, name, checked_number(name, value, FINITE))
        if not self.start < self.stop:
            raise ArgumentError(
                "stop", f"must be greater than start, got start {self.start} and stop {self.stop}"
            )

    @property
    def _key(self) -> tuple[Any, ...]:
        return tuple(
            number for each in (self.start, self.stop, self.low, self.high)
            for number in shape_and_numbers(each)
        )  # fmt: skip

    @property
    def rise(self) -> float:
        """Return the rate at which the input rises between start and stop."""
        return self.high / (self.stop - self.start) - self.low / (self.stop - self.start)

    def at(self, time: ArrayLike) -> Floats:
        """Return u at these times.

        Parameters
        ----------
        time : float or array
            Times, in units of the flow's time constant or in steps of the map.

        Returns
        -------
        ndarray
            u, dimensionless, of the same shape.
        """
        part = np.clip(numbers("time", time) - self.start, 0.0, self.stop - self.start)
        part = np.asarray(part / (self.stop - self.start))
        # Each end is met exactly.
        return np.where(part < 1.0, (1.0 - part) * self.low + part * self.high, self.high)

    def table(self, t_end: float) -> Table:
        """Return what the map reads until t_end: u at whole times.

        Parameters
        ----------
        t_end : float
            Number of steps.

        Returns
        -------
        Table
            The values at each whole time of the rise, and one before and one after it.
        """
        first, last = math.floor(self.start), min(math.ceil(self.stop), max(t_end, 0.0))
        require_memory("u", (max(int(last) - first, 0) + 2,), 4)
        time = np.append(0.0, np.arange(max(float(first), 1.0), last + 1.0))
        return Table(time, self.at(time))


Input: TypeAlias = ArrayLike | Table | Pulses | Ramp | Callable[[float], float]


@dataclass(frozen=True, eq=False)
class Pieces:
    """An input as the integrators take it: value[p] from start[p] on, with start[0] = 0.

    From there on it rises at the rate rise[p], which is 0 except in the middle of a `Ramp`, for the
    flow.  Every value is finite: a value that is not finite is replaced by 0.  `spoiled` is the
    time of the first replaced value of each trajectory, infinite where there is none.
    """

    start: Floats
    value: Floats
    spoiled: Floats
    rise: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape[1:]

    def at(self, time: Floats) -> Floats:
        """Return u at the times, along the last axis; NaN from the first non-finite value on."""
        piece = np.searchsorted(self.start, time, side="right") - 1
        sampled = self.value[piece]
        if self.rise.any():
            rising = self.rise[piece] != 0.0
            since = np.where(rising, time - self.start[piece], 0.0)
            sampled = sampled + self.rise[piece] * since
        good = (time < self.spoiled[..., np.newaxis]) | np.isinf(self.spoiled[..., np.newaxis])
        return np.where(good, np.moveaxis(sampled, 0, -1), math.nan)

    def until(self, stop: float) -> Pieces:
        """Return only the pieces that start before the time, at least the first."""
        if self is NO_INPUT:
            return self
        return self.of(slice(max(int(np.searchsorted(self.start, stop)), 1)))

    def of(self, kept: Any) -> Pieces:
        """Return some of the pieces."""
        return dataclasses.replace(
            self, start=self.start[kept], value=self.value[kept], rise=self.rise[kept]
        )


# No input at all, in arrays that all calls share and none can write to.
_ZERO = np.broadcast_to(0.0, 1)
NO_INPUT = Pieces(_ZERO, _ZERO, np.broadcast_to(math.inf, ()), _ZERO)


def in_pieces(u: Any, is_map: bool, t_end: float) -> Pieces:
    """Return the pieces on which a state at t_end depends: those that start before t_end."""
    return every_piece(u, is_map, t_end).until(t_end)


def every_piece(u: Any, is_map: bool, t_end: float) -> Pieces:
    """Return all pieces of the input, also those of a table that start at t_end or later.

    For the flow an array is constant in time, one value per neuron.  For the map its last axis is
    time, one value per step; at t_end, where no step reads the input, it keeps the last value.  A
    function of the map's time is sampled at each step, and keeps its last value too.
    """
    if u is None:
        return NO_INPUT
    if callable(u) and is_map:
        require_memory("u", (int(t_end),), 4)
        steps = range(int(t_end))
        u = np.fromiter((value_of(u, float(step)) for step in steps), np.float64, len(steps))
    if isinstance(u, Ramp):
        if not is_map:
            kept = slice(1 if u.start == 0.0 else 0, None)
            return Pieces(
                start=np.array([0.0, u.start, u.stop])[kept],
                value=np.array([u.low, u.low, u.high])[kept],
                spoiled=np.array(math.inf),
                rise=np.array([0.0, u.rise, 0.0])[kept],
            )
        u = u.table(t_end)
    if isinstance(u, Pulses):
        u = u.table()
    if isinstance(u, Table):
        start, value = u.time, np.moveaxis(u.value, -1, 0)
        if start.size == 0 or start[0] > 0.0:
            start = np.concatenate([[0.0], start])
            value = np.concatenate([np.zeros((1, *value.shape[1:])), value])
        if is_map:  # step t takes the last value set at or before t
            start = np.ceil(start)
            latest = np.append(np.diff(start) > 0.0, True)
            start, value = start[latest], value[latest]
    else:
        value = numbers("u", u)
        if is_map and value.ndim:
            if value.shape[-1] != t_end:
                axis = " along its last axis" if value.ndim > 1 else ""
                words = f"must have {t_end:.0f} values{axis}, one for each step of the map, got"
                raise ArgumentError("u", f"{words} {value.shape[-1]}")
            value = np.moveaxis(value, -1, 0) if t_end > 0 else np.zeros((1, *value.shape[:-1]))
            start = np.arange(float(len(value)))
        else:
            start, value = np.zeros(1), value[np.newaxis]

    wrong = ~np.isfinite(value)
    first_wrong = start[np.argmax(wrong, axis=0)]
    return Pieces(
        start=start,
        value=np.where(wrong, 0.0, value),
        spoiled=np.where(wrong.any(axis=0), first_wrong, math.inf),
        rise=np.zeros(start.size),
    )


def inputs_at(u: Any, pieces: Pieces, time: Floats, is_map: bool, t_end: float) -> Floats:
    """Return the input from these times on, along the last axis.

    No step of the map calls a function u(t) at t_end, so it is called for t_end here.  If it then
    raises a LookupError, as at the end of a list, the input keeps its last value.
    """
    if not callable(u):
        return pieces.at(time)
    if not is_map:
        return np.array([value_of(u, t) for t in time.tolist()])
    values, at_end = pieces.at(time), time == t_end
    if at_end.any():
        with contextlib.suppress(LookupError):
            values[at_end] = value_of(u, t_end)
    return values


def value_of(u: Callable[[float], float], time: float) -> float:
    """Return u(t) of an input that is a function."""
    try:
        value: Any = u(time)
    except TypeError as error:
        words = f"must be a function of one number, the time, but u({time:g}) raised: {error}"
        raise ArgumentError("u", words) from error
    try:
        return float(value)
    except (TypeError, ValueError):
        words = f"must return one number, got {value!r} at t = {time:g}: for one input per neuron"
        raise ArgumentError("u", f"{words} use a doya.Table with several rows") from None
