"""The neuron and the settings of a quantity, and the variables of its answer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.conversions.author import AUTHORS, Author
from doya.conversions.conversion import Conversion, from_letters, in_doya
from doya.inputs import Input, Table
from doya.neurons import Neuron, NeuronMap

# Swept parameters by name, in arrays that broadcast against one another.
Cells: TypeAlias = Mapping[str, Floats]

OF_NEURON = ("w", "b", "epsilon", "input_weight")


class Variable(NamedTuple):
    """An array of a store: its type, what it holds, and its axes besides those that are swept.

    `fill` is the value of cells that are not computed, or could not be.
    """

    dtype: str
    long_name: str
    fill: float = math.nan
    more: tuple[tuple[str, int], ...] = ()

    @property
    def bytes_a_cell(self) -> int:
        return np.dtype(self.dtype).itemsize * math.prod(length for _, length in self.more)


@dataclass(frozen=True)
class Question:
    """The neuron, in Doya's parameters or an author's letters, and the settings of one quantity."""

    neuron: Neuron | Conversion
    settings: Mapping[str, Any]

    @property
    def author(self) -> Author | None:
        """Return the author whose letters the neuron is in, or None."""
        return author_of(self.neuron)

    @property
    def is_map(self) -> bool:
        return isinstance(in_doya(self.neuron), NeuronMap)

    def model(self, cells: Cells) -> Any:
        """Return the neuron with its swept parameters changed."""
        changed = {name: cells[name] for name in self.neuron.parameters if name in cells}
        if not changed:
            return self.neuron
        if not isinstance(self.neuron, Conversion):
            return self.neuron.replace(**changed)
        own, letters = self.neuron.neuron, {**self.neuron.parameters, **changed}
        found = from_letters(AUTHORS[self.neuron.author], letters)
        moved = found.neuron.replace(input_weight=own.input_weight, input_to=own.input_to)
        return dataclasses.replace(found, neuron=moved)

    def at(self, name: str, cells: Cells) -> Any:
        """Return the values of a parameter, swept or not."""
        return cells[name] if name in cells else self.settings[name]

    def input(self, cells: Cells) -> Input | None:
        """Return the input; the map takes inputs of an ensemble as a table."""
        if "u" not in cells:
            given: Input | None = self.settings["u"]
            return given
        u = cells["u"]
        return Table([0.0], u[..., np.newaxis]) if self.is_map else u

    def depends_on(self, axes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the axes that the neuron has, of a quantity's: letters stand for w, b, epsilon.

        In an author's equation the input is a letter.
        """
        if self.author:
            doya = (*OF_NEURON, "u")
            return (*self.author.letters, *(name for name in axes if name not in doya))
        return tuple(name for name in axes if name != "epsilon" or self.is_map)

    def learnable(self) -> tuple[str, ...]:
        """Return the names by which the state at the end can be differentiated."""
        if self.author:
            return (*self.author.letters, "x0")
        return ("x0", "b", "w", "input_weight", *["epsilon"] * self.is_map)


def author_of(neuron: Any) -> Author | None:
    """Return the author in whose letters a neuron is, or None."""
    return AUTHORS[neuron.author] if isinstance(neuron, Conversion) else None
