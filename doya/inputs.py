"""Inputs u(t) that are constant piece by piece: pulses, and tables of values."""

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
from doya.checks import numbers
from doya.errors import ArgumentError
from doya.memory import require_memory


@dataclass(frozen=True, eq=False, init=False)
class Table:
    """An input that holds each value until the time of the next: u(t) = value[k] from time[k] on.

    It is 0 before the first time, and keeps its last value for ever.  The map sees it at whole
    times only: step t takes u(t).

    Parameters
    ----------
    time : array, shape (k,)
        Ascending, each at least 0; in units of the flow's time constant, or steps of the map.
    value : array, shape (..., k)
        Dimensionless; leading axes broadcast against the ensemble.

    Raises
    ------
    ValueError
        For times that do not ascend from 0 or later, or shapes that do not fit.

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
                f"must have as many numbers along its last axis as time, got {value.shape} and"
                f" time {time.shape}",
            )
        if not (np.all(time >= 0.0) and np.all(np.diff(time) > 0.0) and np.all(time < math.inf)):
            raise ArgumentError("time", f"must be finite, ascending and at least 0, got {time}")
        for name, array in (("time", time), ("value", value)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)


@dataclass(frozen=True, eq=False, init=False)
class Pulses:
    """An input of rectangular pulses: u(t) = amplitude for start <= t < stop, 0 elsewhere.

    Where pulses overlap they add up.  The map sees them at whole times only: step t takes u(t).
    Two inputs are equal if they have the same pulses in the same order, each with an amplitude of
    the same shape and values.  An array of amplitudes is copied.

    Parameters
    ----------
    pulses : iterable of (start, stop, amplitude)
        0 <= start < stop, in units of the flow's time constant, or steps of the map; stop may be
        infinite.  An amplitude is a number or an array that broadcasts against the ensemble,
        dimensionless.

    Raises
    ------
    ValueError
        For a pulse that does not start at 0 or later and stop after that.

    Examples
    --------
    A pulse sets the one-bit memory, another resets it:

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
                    "pulses", f"must be (start, stop, amplitude), three numbers each, got {pulse!r}"
                ) from None
            if not 0.0 <= start < stop:
                raise ArgumentError(
                    "pulses", f"must have 0 <= start < stop each, got {start} and {stop}"
                )
            array = numbers("amplitude", amplitude)
            array.setflags(write=False)
            checked.append((start, stop, array if array.ndim else amplitude))
        object.__setattr__(self, "pulses", tuple(checked))

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Pulses) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        """The pulses as plain numbers, of each array its shape and values."""
        arrays = [np.asarray(amplitude, dtype=np.float64) for _, _, amplitude in self.pulses]
        return tuple(
            (start, stop, array.shape, tuple(array.ravel().tolist()))
            for (start, stop, _), array in zip(self.pulses, arrays, strict=True)
        )

    def table(self) -> Table:
        """The same input as a table."""
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
            with np.errstate(over="ignore"):  # what is not finite is told later
                value[..., (start <= time) & (time < stop)] += amplitude[..., np.newaxis]
        return Table(time, value)


Input: TypeAlias = ArrayLike | Table | Pulses | Callable[[float], float]


@dataclass(frozen=True, eq=False)
class Pieces:
    """An input as the integrators take it: value[p] from start[p] on; start[0] = 0.

    Every value is finite.  Where the input itself is not, `spoiled` tells from when on, per
    trajectory; it is infinite where it always is.
    """

    start: Floats
    value: Floats
    spoiled: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape[1:]

    def at(self, time: Floats) -> Floats:
        """u at the times, along the last axis; NaN from where it is not finite."""
        sampled = self.value[np.searchsorted(self.start, time, side="right") - 1]
        good = (time < self.spoiled[..., np.newaxis]) | np.isinf(self.spoiled[..., np.newaxis])
        return np.where(good, np.moveaxis(sampled, 0, -1), math.nan)

    def until(self, stop: float) -> Pieces:
        """Only what starts before the time."""
        kept = max(int(np.searchsorted(self.start, stop)), 1)
        return dataclasses.replace(self, start=self.start[:kept], value=self.value[:kept])


def in_pieces(u: Any, is_map: bool, t_end: float) -> Pieces:
    """The input from 0 to t_end, as far as a state at t_end depends on it."""
    return every_piece(u, is_map, t_end).until(t_end)


def every_piece(u: Any, is_map: bool, t_end: float) -> Pieces:
    """The input from 0 to t_end, with what begins there or later.

    An array is constant in time, one value a neuron; for the map its last axis is time, one value
    a step.  It keeps the last one at t_end, where no step takes any; so does a function.
    """
    if u is None:
        return Pieces(np.zeros(1), np.zeros(1), np.array(math.inf))
    if callable(u) and is_map:
        require_memory("u", (int(t_end),), 4)
        steps = range(int(t_end))
        u = np.fromiter((value_of(u, float(step)) for step in steps), np.float64, len(steps))
    if isinstance(u, Pulses):
        u = u.table()
    if isinstance(u, Table):
        start, value = u.time, np.moveaxis(u.value, -1, 0)
        if start.size == 0 or start[0] > 0.0:
            start = np.concatenate([[0.0], start])
            value = np.concatenate([np.zeros((1, *value.shape[1:])), value])
        if is_map:  # a step sees the latest value that has come
            start = np.ceil(start)
            latest = np.append(np.diff(start) > 0.0, True)
            start, value = start[latest], value[latest]
    else:
        value = numbers("u", u)
        if is_map and value.ndim:
            if value.shape[-1] != t_end:
                raise ArgumentError(
                    "u",
                    f"must have one value a step along its last axis, {t_end:.0f},"
                    f" got {value.shape[-1]}",
                )
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
    )


def inputs_at(u: Any, pieces: Pieces, time: Floats, is_map: bool, t_end: float) -> Floats:
    """The input from these times on, along the last axis.

    No step of the map takes a function u(t) at t_end, so it is called for that here; if it looks up
    a list that has no more, its last value stays.
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
    """u(t) of an input that is a function."""
    try:
        value: Any = u(time)
    except TypeError as error:
        words = f"must be a function of one number, the time, but u({time:g}) raised: {error}"
        raise ArgumentError("u", words) from error
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            "u",
            f"must return a number, got {value!r} at t = {time:g}; a doya.Table has several rows",
        ) from None
