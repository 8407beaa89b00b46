"""Sweeps of sensitivities in an author's letters, from a given state of the author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.diagrams import default_range
from doya.bifurcations.points import check_range
from doya.checks import FINITE, Parameter
from doya.conversions.author import AUTHORS, Author, Move
from doya.conversions.conversion import Conversion, is_late
from doya.conversions.rates import (
    moved,
    require_determined_along,
    start_of,
    time_rates_of,
    x_of,
)
from doya.errors import ArgumentError
from doya.inputs import Pieces
from doya.neurons import Neuron, NeuronMap
from doya.sensitivities.derivatives import sensitivity
from doya.sensitivities.finite_differences import finite_difference
from doya.sensitivities.sweeps import Curves, Sweep, spread
from doya.trajectories import simulate

# Starts of a state that is a logit of x, by default.
LOGIT_STARTS = (0.01, 0.99)


@dataclass(frozen=True, eq=False)
class LetterSweep(Sweep):
    """A sweep of a letter, of the author's state at the start, of u or of T.

    The author's state at the start stays the same along a letter, and so does the author's T.  The
    states of the curves are the author's.
    """

    conversion: Conversion

    @property
    def model(self) -> Conversion:
        """Return the neuron as the user has given it."""
        return self.conversion

    @property
    def start(self) -> Floats:
        """Return the author's states at the start."""
        return np.asarray(start_of(self.conversion, self.x0))

    @property
    def sweeps_letter(self) -> bool:
        """Return whether a letter is swept."""
        return self.over in self.conversion.parameters

    def there(self, value: Floats) -> Conversion:
        """Return the neurons at the swept values."""
        if self.sweeps_letter:
            return moved(self.conversion, **{self.over: value})
        return self.conversion

    def at(self, value: Floats) -> tuple[Neuron | Conversion, Parameter, Floats]:
        """Return neurons, starts and ends in shapes that broadcast to (x0, t_end, value)."""
        if self.over == "x0":
            return self.conversion, x_of(self.conversion, value), self.end[..., np.newaxis]
        if not self.sweeps_letter:
            _, x0, end = super().at(value)
            return self.conversion, x0, end
        there, end = self.there(value), self.end[..., np.newaxis]
        if self.over in time_rates_of(self.conversion):
            end = end * (self.conversion.parameters[self.over] / value)
        return there, x_of(there, spread(self.start, self.end.ndim + 1)), end

    def exact(self, value: Floats) -> Curves:
        """Return the author's state and its derivatives at the swept values."""
        found = sensitivity(*self.at(value), self.names, self.input_at(value))
        return Curves(value, found.state, found._scaled)

    def in_doya(self, value: Floats, state: Floats) -> Floats:
        """Return x of the author's states along the sweep."""
        return np.asarray(x_of(self.there(value), state))

    def difference(self, value: Floats, name: str, delta: float) -> Floats:
        """Return the finite difference with respect to that variable at the swept values."""
        conversion, x0, end = self.at(value)
        assert isinstance(conversion, Conversion)
        allowed = self._author.letters.get(name, FINITE)
        before: Any = self.start if name == "x0" else conversion.parameters[name]
        after = before + delta
        inside = (allowed.ends[0] <= after) & (after <= allowed.ends[1])
        step = np.where(inside, delta, -delta)
        if self.over != "t" or isinstance(self.neuron, NeuronMap):
            if name == "x0" and self.over != "x0":
                step = spread(step, self.end.ndim + 1)
            return finite_difference(conversion, x0, end, name, step, self.input_at(value))
        # One simulation gives all times; `finite_difference` would start again for each time.
        ratio, changed, start = 1.0, conversion, self.start
        if name == "x0":
            start = start + step
        else:
            changed = moved(conversion, **{name: before + float(step)})
        if name in time_rates_of(conversion):
            ratio = float(before / changed.parameters[name])
        later = self._states(changed, start, ratio * value)
        change: Floats = later - self._states(conversion, self.start, value)
        return change / spread(step, 1)

    def _states(self, conversion: Conversion, start: Floats, times: Floats) -> Floats:
        x0 = x_of(conversion, start)
        return simulate(conversion, x0, float(times[-1]), self.u, times=times).state

    def settled(self, value: Floats, x: Floats, pieces: Pieces | None) -> dict[str, Floats]:
        """Return the derivatives settled under the last input, of the author's state."""
        return super().settled(value, self.in_doya(value, x), pieces)

    @property
    def _author(self) -> Author:
        return AUTHORS[self.conversion.author]

    def span(self, between: Sequence[float] | None) -> tuple[float, float]:
        """Return the given range, or the default one of the swept variable; raise for a wrong one.

        The author's state must determine x in all of it.
        """
        author, over = self._author, self.over
        if over == "x0":
            if between is not None:
                return check_range(self.neuron, over, between)
            ends = LOGIT_STARTS if np.any(is_late(self.conversion)) else (0.0, 1.0)
            low, high = sorted(start_of(self.conversion, np.array(ends)).tolist())
            return low, high
        if between is None:
            if author.moves.get(over) in (Move.CURVE, Move.TIME):
                words = f"must be given for over = {over!r}, whose range has no default"
                raise ArgumentError("between", words)
            span = default_range(self.conversion, over)
        else:
            span = check_range(self.conversion, over, between)
        require_determined_along(self.conversion, over, *span)
        return span
