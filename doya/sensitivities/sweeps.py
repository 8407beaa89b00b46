"""Sensitivities as curves over a parameter or over T, with every wall resolved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.diagrams import default_range
from doya.bifurcations.points import check_range
from doya.checks import LARGEST, Parameter
from doya.conversions.conversion import Conversion
from doya.inputs import Input, Pieces, Table, value_of
from doya.neurons import Neuron, NeuronMap
from doya.scaled import Scaled
from doya.sensitivities.derivatives import sensitivity
from doya.sensitivities.finite_differences import finite_difference
from doya.sensitivities.settled import settled_sensitivity
from doya.trajectories import simulate

# Largest difference of two neighbours, as a fraction of the range of x.
NEAR_X = 0.02
# The same for log10 of a derivative, in decades.
NEAR_LOG = 0.3
# The same as a fraction of the range of log10, which may be thousands of decades.
NEAR_PART = 0.01
# The same in decades next to the largest derivative, which is then accurate to a thousandth.
NEAR_PEAK = 0.004
# Smallest interval, in grid steps, that is halved where a derivative changes sign: there its
# logarithm goes to -infinity, and halving would not end.
DIP = 2.0**-4
# That grid step is at most the range divided by this, however coarse the grid is.
DIPS = 200
# Largest number of values added to the grid; a chaotic map has infinitely many walls.
MOST_ADDED = 4000


@dataclass(frozen=True, eq=False)
class Curves:
    """The state and exact derivatives of a profile while it grows, of shape (..., value)."""

    value: Floats
    x: Floats
    by: dict[str, Scaled]

    def at(self, which: Any) -> Curves:
        """Return the curves at some of the values, or at all in another order."""
        by = {name: each.at((..., which)) for name, each in self.by.items()}
        return Curves(self.value[which], self.x[..., which], by)

    def joined(self, other: Curves) -> Curves:
        """Return both curves as one, in ascending order of the values."""
        value, x = (
            np.concatenate([one, two], axis=-1)
            for one, two in ((self.value, other.value), (self.x, other.x))
        )
        by = {
            name: Scaled(
                np.concatenate([each.value, other.by[name].value], axis=-1),
                np.concatenate([each.shift, other.by[name].shift], axis=-1),
            )
            for name, each in self.by.items()
        }
        return Curves(value, x, by).at(np.argsort(value))

    def then(self, after: Curves) -> Curves:
        """Return `after`, which starts where these end; the chain rule joins the derivatives."""
        gain = after.by["x0"]
        by = {
            name: gain * each if name == "x0" else gain * each + after.by[name]
            for name, each in self.by.items()
        }
        return Curves(after.value, after.x, by)


@dataclass(frozen=True, eq=False)
class Sweep:
    """A neuron, its starts and ends, and the name of the one that takes the swept values."""

    neuron: Neuron
    x0: Parameter
    end: Floats
    over: str
    names: tuple[str, ...]
    u: Input | None

    def at(self, value: Floats) -> tuple[Neuron | Conversion, Parameter, Floats]:
        """Return neuron, start and end in shapes that broadcast to (x0, t_end, value)."""
        neuron, x0, end = self.neuron, spread(self.x0, self.end.ndim + 1), self.end[..., None]
        if self.over == "x0":
            return neuron, value, end
        if self.over == "t":
            return neuron, spread(self.x0, 1), value
        if self.over == "u":
            return neuron, x0, end
        return neuron.replace(**{self.over: value}), x0, end

    @property
    def model(self) -> Neuron | Conversion:
        """Return the neuron as the user has given it."""
        return self.neuron

    def in_doya(self, value: Floats, state: Floats) -> Floats:
        """Return x of the states of curves along the sweep."""
        return state

    def span(self, between: Sequence[float] | None) -> tuple[float, float]:
        """Return the given range, or the default one of the swept variable."""
        if between is not None:
            return check_range(self.neuron, self.over, between)
        return (0.0, 1.0) if self.over == "x0" else default_range(self.neuron, self.over)

    def input_at(self, value: Floats) -> Input | None:
        """Return the input at the swept values: a constant one for each where u is swept."""
        return Table([0.0], value[:, np.newaxis]) if self.over == "u" else self.u

    def exact(self, value: Floats) -> Curves:
        """Return the state and its derivatives at the swept values."""
        found = sensitivity(*self.at(value), self.names, self.input_at(value))
        return Curves(value, found.x, found._scaled)

    def difference(self, value: Floats, name: str, delta: float) -> Floats:
        """Return the finite difference with respect to that variable at the swept values."""
        neuron, x0, end = self.at(value)
        assert not isinstance(neuron, Conversion)
        low, high = (1.0 / LARGEST, 1.0) if name == "epsilon" else (-LARGEST, LARGEST)
        before = x0 if name == "x0" else getattr(neuron, name)
        after = before + delta
        inside = (low <= after) & (after <= high)  # epsilon + delta may exceed 1
        step = np.where(inside, delta, -delta)
        if self.over != "t" or isinstance(neuron, NeuronMap):
            return finite_difference(neuron, x0, end, name, step, self.input_at(value))
        # One simulation gives all times; `finite_difference` would start again for each time.
        last, start = float(self.end), self.x0
        before = simulate(neuron, start, last, self.u, times=value).x
        if name == "x0":
            start = start + np.reshape(step, np.shape(start))
        else:
            neuron = neuron.replace(**{name: getattr(neuron, name) + float(step)})
        return (simulate(neuron, start, last, self.u, times=value).x - before) / step

    def settled(self, value: Floats, x: Floats, pieces: Pieces | None) -> dict[str, Floats]:
        """Return the derivatives settled under the last input, from x(T) if there were others."""
        neuron, x0, end = self.at(value)
        if self.over == "u":
            u = value
        elif pieces is None:
            u = np.array([value_of(cast(Any, self.u), float(t)) for t in end.flat])
            u = u.reshape(end.shape)
        else:
            piece = np.maximum(np.searchsorted(pieces.start, end) - 1, 0)
            u = pieces.value[piece]
            if pieces.rise.any():
                rising = pieces.rise[piece]
                u = u + rising * np.where(rising != 0.0, end - pieces.start[piece], 0.0)
        if pieces is None or pieces.start.size > 1:
            x0 = x
        rests = settled_sensitivity(neuron, x0, self.names, u)
        return {name: np.broadcast_to(each, x.shape) for name, each in rests.derivative.items()}


def over_time(sweep: Sweep, times: Floats, pieces: Pieces | None) -> Curves:
    """Return the curves over T; the flow solves each piece of its input only once."""
    whole = pieces is None or pieces.start.size == 1 or pieces.rise.any()
    if pieces is None or whole or isinstance(sweep.neuron, NeuronMap):
        return sweep.exact(times)
    parts: list[Curves] = []
    x0, before = spread(sweep.x0, 1), None
    edges = [*pieces.start.tolist(), float(times[-1])]
    for start, stop, u in zip(edges[:-1], edges[1:], pieces.value.tolist(), strict=True):
        inside = (times <= stop) & ((times > start) | (before is None))
        every = np.append(times[inside], stop)  # the start of the next piece
        found = sensitivity(sweep.model, x0, every - start, sweep.names, u)
        piece = Curves(every, found.state, found._scaled)
        piece = before.then(piece) if before else piece
        before = piece.at([-1])
        parts.append(piece.at(slice(None, -1)))
        x0 = sweep.in_doya(before.value, before.x)
    return functools.reduce(Curves.joined, parts)


def refined(
    exact: Callable[[Floats], Curves], grid: Floats, most_added: int = MOST_ADDED
) -> Curves:
    """Return the curves at the grid and at added values, until neighbours are close."""
    found = exact(grid)
    part = float(grid[-1] / DIPS - grid[0] / DIPS)
    dip = DIP * min(float(np.max(np.diff(grid), initial=0.0)), part)
    while True:
        value, room = found.value, grid.size + most_added - found.value.size
        width = np.diff(value)
        middle = value[:-1] + 0.5 * width
        between = (value[:-1] < middle) & (middle < value[1:])
        chosen = np.flatnonzero(between & _unresolved(found, width > dip))
        # The widest intervals come first; those left out when room ends are narrow already.
        chosen = chosen[np.argsort(-width[chosen], kind="stable")[:room]]
        if not chosen.size:
            return found
        found = found.joined(exact(np.sort(middle[chosen])))


def _unresolved(found: Curves, wide: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return between which neighbours any of the curves changes by more than allowed."""
    x = found.x.reshape(-1, found.value.size)
    # NaN, a state that was not reached, does not count.
    height = np.fmax.reduce(x, axis=-1) - np.fmin.reduce(x, axis=-1)
    reach = np.maximum(NEAR_X * height, 1e-12 * np.fmax.reduce(np.abs(x), axis=-1))
    differ: NDArray[np.bool_] = (np.abs(np.diff(x)) > reach[:, np.newaxis]).any(axis=0)
    for each in found.by.values():
        size, sign = each.log10_abs().reshape(x.shape), each.sign().reshape(x.shape)
        finite = np.isfinite(size)
        least = np.min(size, axis=-1, initial=np.inf, where=finite)
        most = np.max(size, axis=-1, initial=-np.inf, where=finite)
        reach = np.maximum(NEAR_LOG, NEAR_PART * (most - least))
        with np.errstate(invalid="ignore"):
            far = np.abs(np.diff(size)) > reach[:, np.newaxis]
        far &= wide | (np.diff(sign) == 0.0)
        differ |= far.any(axis=0)
        for row in size:
            top = int(np.nan_to_num(row, nan=-np.inf, posinf=np.inf).argmax())
            if 0 < top < row.size - 1:  # a maximum at an end of the range stays there
                below = row[top] - NEAR_PEAK
                differ[top - 1 : top + 1] |= min(row[top - 1], row[top + 1]) < below
    return differ


def spread(values: Parameter, axes: int) -> Floats:
    """Return the values with more axes of length 1 at the end."""
    array = np.asarray(values)
    return array.reshape(array.shape + (1,) * axes)
