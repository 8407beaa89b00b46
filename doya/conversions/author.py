"""The record of an author who wrote Doya's neuron with other parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from doya.checks import FINITE, LARGEST, Parameter, Range, broadcast_shape, checked
from doya.errors import ArgumentError
from doya.neurons import Neuron

ANY_BUT_ZERO = Range(lambda value: value != 0.0, "other than 0")
NEGATIVE = Range(lambda value: value < 0.0, "less than 0")
POSITIVE = Range(
    lambda value: (value >= 1.0 / LARGEST) & (value <= LARGEST),
    "greater than 0, from 1e-100 to 1e100",
    (1.0 / LARGEST, LARGEST),
)
NOT_NEGATIVE = Range(
    lambda value: (value == 0.0) | POSITIVE.holds(value),
    "0, or from 1e-100 to 1e100",
    (0.0, LARGEST),
)
ONE = Range(lambda value: value == 1.0, "1")
BETWEEN = Range(lambda value: (value > 0.0) & (value < 1.0), "greater than 0 and less than 1")


class Move(Enum):
    """The way in which one letter L moves Doya's w, b and epsilon, with the others constant.

    In the first three cases w = w0 + w1 p and b = b0 + b1 p, with a function p of L.
    """

    LINE = "p = L"
    INVERSE = "p = 1 / L"
    KEPT = "p = 1 / (1 - L), and epsilon = 1 - L"
    STEP = "epsilon = L"
    # The others move no line: a curve in w and b, or the unit of time.
    CURVE = "curve"
    TIME = "time"


@dataclass(frozen=True)
class Author:
    """One author's form of the neuron: its parameters (letters), its state, and the conversions.

    Every rule takes letters as keyword arguments.  `to_doya` returns w, b and epsilon, also of
    Decimals; `from_doya` returns the author's letters in their order.  The keys of both results
    are the formulas that errors quote.  `to_x` and `from_x` take the state first, and convert it at
    the same instant.  `at_rest` returns the state at the equilibrium with this z = w x + b, where x
    may be too near 0 or 1 to be resolved.  `readout` is the formula of the state that is
    differentiated: it takes x first, of dual numbers too.  Where epsilon = 1 and `steepness` is not
    0, the state is logit(x) / steepness, and the formula gives it from x of the step before.
    `moves` says how each letter moves the neuron, and `drive` is the letter that the author varies
    as an input, which moves b alone.
    """

    name: str
    called: str
    equation: str
    letters: Mapping[str, Range]
    variable: str
    neuron: type[Neuron]
    to_doya: Callable[..., dict[str, Any]]
    from_doya: Callable[..., dict[str, Any]]
    to_x: Callable[..., Any]
    from_x: Callable[..., Any]
    at_rest: Callable[..., Any]
    readout: Callable[..., Any]
    moves: Mapping[str, Move]
    drive: str
    needs: Mapping[str, Range] = field(default_factory=dict)  # of Doya's parameters
    defaults: Mapping[str, float] = field(default_factory=dict)
    # Where a letter is 0 the state may not determine x: the letter, and a test of all letters.
    loses: str = ""
    lost: Callable[..., Any] = lambda **letters: False
    # The x that have a state of the author.
    states: Callable[..., Range] = lambda **letters: FINITE
    # The state is this part of a logit of x where epsilon = 1; 0 where it is no logit.
    steepness: float = 0.0
    time_unit: str | None = None  # the letter that is the author's unit of time

    def checked_letters(self, given: Mapping[str, Any]) -> dict[str, Parameter]:
        """Return the letters; raise an ArgumentError if one is outside its range.

        An array's place is named.
        """
        letters = {name: checked(name, given[name], each) for name, each in self.letters.items()}
        broadcast_shape(letters)
        return letters

    def neuron_of(self, letters: Mapping[str, Parameter]) -> Neuron:
        """Return Doya's neuron with these letters."""
        found = zip(("w", "b", "epsilon"), self.to_doya(**letters).items(), strict=False)
        return self.neuron(**{name: checked(formula, value) for name, (formula, value) in found})

    def letters_of(self, neuron: Neuron) -> dict[str, Parameter]:
        """Return the letters of Doya's neuron; raise an ArgumentError if there are none."""
        if not isinstance(neuron, self.neuron):
            given = f"a {neuron.dynamics}" if isinstance(neuron, Neuron) else repr(neuron)
            raise ArgumentError(
                "neuron", f"must be a {self.neuron.dynamics} for {self.called}, got {given}"
            )
        doya = doya_parameters(neuron)
        for name, need in self.needs.items():
            checked(name, doya[name], Range(need.holds, f"{need.words} for {self.called}"))
        with np.errstate(all="ignore"):
            found = self.from_doya(**doya).items()
        return {
            name: checked(formula, value, allowed)
            for (name, allowed), (formula, value) in zip(self.letters.items(), found, strict=True)
        }


def doya_parameters(neuron: Neuron) -> dict[str, Parameter]:
    """Return w, b and, for a map, epsilon; the input has no part in a conversion."""
    return {name: value for name, value in neuron.parameters.items() if name != "input_weight"}


def as_kept(epsilon: Any) -> Any:
    """Return epsilon as it is recovered from the author's letter 1 - epsilon, which rounds.

    The other letters use this value too.  So w, b and every equilibrium are kept to rounding.
    """
    return 1.0 - (1.0 - epsilon)


# Every author by name.  The package fills this table before any of its modules can be used.
AUTHORS: dict[str, Author] = {}
