"""Derivatives of Doya's neuron and of the author's state by each of the author's letters."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion, from_letters, is_late
from doya.conversions.duals import Dual
from doya.errors import ArgumentError

# The name of Doya's state among the partial derivatives; no letter is called so.
STATE = "x"


class Start(NamedTuple):
    """An author's state at the start, and what its rounding leaves out, in the same unit.

    Where s = A x + B with a B much larger than A, rounding s to a double would lose digits of x.
    """

    state: Any
    rest: Any

    def of(self, lanes: slice) -> Start:
        """Return those of some neurons."""
        return Start(np.array(self.state[lanes]), np.array(self.rest[lanes]))

    def x_of(self, conversion: Conversion) -> Any:
        """Return x of the state in these letters."""
        x = x_of(conversion, self.state)
        if not np.any(self.rest):
            return x
        with np.errstate(all="ignore"):
            slope = np.where(self.rest == 0.0, 1.0, readout_rates(conversion, x).by_state)
            return x + self.rest / slope


class StateRates(NamedTuple):
    """The partial derivatives of one state with respect to the other state, and by letter."""

    by_state: Any
    by_letter: dict[str, Any]


def rates_of(conversion: Conversion) -> dict[str, dict[str, Any]]:
    """Return the derivatives of w, b and, for a map, epsilon by letter; those not listed are 0."""
    with np.errstate(all="ignore"):
        found = AUTHORS[conversion.author].to_doya(**_duals(conversion)).values()
    rates: dict[str, dict[str, Any]] = {name: {} for name in conversion.parameters}
    for doya, each in zip(("w", "b", "epsilon"), found, strict=False):
        for name, rate in (each.by if isinstance(each, Dual) else {}).items():
            rates[name][doya] = rate
    return rates


def time_rates_of(conversion: Conversion) -> dict[str, Any]:
    """Return by letter d ln T: the relative change of Doya's T for one author's time."""
    letter = AUTHORS[conversion.author].time_unit
    return {letter: -1.0 / np.asarray(conversion.parameters[letter])} if letter else {}


def readout(conversion: Conversion, x: Any) -> Any:
    """Return the author's state by its formula of x, which is the state one step before if late."""
    with np.errstate(all="ignore"):
        return AUTHORS[conversion.author].readout(x, **conversion.parameters)


def readout_rates(conversion: Conversion, x: Any) -> StateRates:
    """Return how the author's state changes with x and the letters, where it is their formula.

    Where `is_late`, x is the state one step before.
    """
    with np.errstate(all="ignore"):
        found = AUTHORS[conversion.author].readout(Dual(x, {STATE: 1.0}), **_duals(conversion))
    by = {name: rate for name, rate in found.by.items() if name != STATE}
    return StateRates(found.by.get(STATE, 0.0), by)


def start_rates(conversion: Conversion, x0: Any) -> StateRates:
    """Return how the start x0 changes with the author's state there and with the letters.

    NaN where the author's state does not determine x0.
    """
    author, late = AUTHORS[conversion.author], is_late(conversion)
    slope, by = readout_rates(conversion, x0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        gain = np.where(np.equal(slope, 0.0), np.nan, 1.0 / np.asarray(slope))
        steep = author.steepness * np.asarray(x0) * (1.0 - np.asarray(x0))
        return StateRates(
            np.where(late, steep, gain),
            {name: np.where(late, 0.0, -gain * each) for name, each in by.items()},
        )


def moved(conversion: Conversion, **letters: Any) -> Conversion:
    """Return the neuron with other values of some letters, and the same weight of the input."""
    author = AUTHORS[conversion.author]
    found = from_letters(author, {**conversion.parameters, **letters})
    own = conversion.neuron
    neuron = found.neuron.replace(input_weight=own.input_weight, input_to=own.input_to)
    return Conversion(author.name, found.parameters, neuron)


def is_determined_along(conversion: Conversion, letter: str, low: float, high: float) -> bool:
    """Return whether the author's state determines x for a letter from low to high."""
    author = AUTHORS[conversion.author]
    if letter != author.loses or not low <= 0.0 <= high:
        return True
    return not np.any(author.lost(**{**conversion.parameters, letter: 0.0}))


def require_determined_along(conversion: Conversion, letter: str, low: float, high: float) -> None:
    """Raise if the author's state does not determine x for a letter from low to high."""
    author = AUTHORS[conversion.author]
    if not is_determined_along(conversion, letter, low, high):
        words = "must not be 0 within the range, since the author's state"
        words += f" {author.variable} does not determine x there, got"
        raise ArgumentError(letter, f"{words} {low:g} to {high:g}")


def start_of(conversion: Conversion, x0: Any) -> Any:
    """Return the author's state of x0; all shapes broadcast as in NumPy."""
    with np.errstate(all="ignore"):
        return AUTHORS[conversion.author].from_x(x0, **conversion.parameters)


def whole_start_of(conversion: Conversion, x0: Any, shape: tuple[int, ...]) -> Start:
    """Return the author's state of x0 with all digits of x0, for each neuron of a shape."""
    state = start_of(conversion, x0)
    with np.errstate(all="ignore"):
        rest = (x0 - x_of(conversion, state)) * readout_rates(conversion, x0).by_state
    rest = np.where(is_late(conversion) | ~np.isfinite(rest), 0.0, rest)
    return Start(*(np.broadcast_to(each, shape).reshape(-1) for each in (state, rest)))


def x_of(conversion: Conversion, state: Any) -> Any:
    """Return x of the author's state; all shapes broadcast as in NumPy."""
    with np.errstate(all="ignore"):
        return AUTHORS[conversion.author].to_x(state, **conversion.parameters)


def _duals(conversion: Conversion) -> dict[str, Dual]:
    return {name: Dual(value, {name: 1.0}) for name, value in conversion.parameters.items()}
