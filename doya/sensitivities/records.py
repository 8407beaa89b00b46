"""The record of a state x(T) and its derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter
from doya.conversions.conversion import Conversion, states_of
from doya.neurons import Neuron
from doya.results import Result
from doya.scaled import Scaled, ScaledByName
from doya.sensitivities.both_orders import Pair
from doya.sensitivities.second_order import symmetric

# The names by which x(T) is differentiated by default.
WRT = ("x0", "b", "w")


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(ScaledByName, Result):
    """The state x(T) and its derivatives, in dicts whose keys are the names in `wrt`.

    With a conversion the derivatives are those of the author's state.

    Attributes
    ----------
    x : ndarray
        x(T), dimensionless.
    derivative : dict of ndarray
        The derivative of x(T) with respect to each name; 0 or infinite if it is beyond the range of
        a double.
    sign : dict of ndarray
        Sign of the derivative: -1, 0 or 1.
    log10_abs : dict of ndarray
        Decimal logarithm of the absolute value of the derivative, also beyond the range of a
        double; -inf for 0.
    second : dict of ndarray
        The second derivatives, by pairs of names such as ("b", "w"), in both orders; empty unless
        the order is 2.
    second_sign : dict of ndarray
        Signs of the second derivatives: -1, 0 or 1.
    second_log10_abs : dict of ndarray
        Decimal logarithms of their absolute values, also beyond the range of a double.
    neuron : NeuronODE or NeuronMap
        The neuron.
    x0 : float or ndarray
        State at the start, dimensionless.
    t_end : float or ndarray
        The time T, in units of the flow's time constant or in steps of the map.
    conversion : Conversion or None
        The neuron in the author's letters.
    u : float, array, Pulses, Table, Ramp, function or None
        The input.
    wrt : tuple of str
        The names of the derivatives.
    method : str
        The method used: "formula" or "dop853" for the flow, "map" for the map; "settled" for
        `settled_sensitivity`.
    """

    _first: ClassVar[tuple[str, ...]] = ("x", "derivative", "log10_abs")
    _hidden: ClassVar[tuple[str, ...]] = ("_scaled", "_bent", "_state")

    x: Floats
    neuron: Neuron
    x0: Parameter
    t_end: Any
    _scaled: dict[str, Scaled]  # value e**shift, which the others come from
    _bent: dict[Pair, Scaled] = field(default_factory=dict)
    conversion: Conversion | None = None
    _state: Floats | None = None  # where it resolves more than x
    u: Any = None
    wrt: tuple[str, ...] = ()
    method: str = ""

    @property
    def state(self) -> Floats:
        """Return x(T) in the author's state; x itself in Doya's parameters."""
        if self.conversion is None:
            return self.x
        if self._state is not None:
            return self._state
        state: Floats = states_of(self.conversion, self.x)
        return state

    @cached_property
    def derivative(self) -> dict[str, Floats]:
        """Return the derivatives by name; 0 or infinite beyond the range of a double."""
        return {name: np.asarray(each.numbers()) for name, each in self._scaled.items()}

    @cached_property
    def second(self) -> dict[Pair, Floats]:
        """Return the second derivatives by pair; 0 or infinite beyond the range of a double."""
        return symmetric({pair: np.asarray(each.numbers()) for pair, each in self._bent.items()})

    @cached_property
    def second_sign(self) -> dict[Pair, Floats]:
        """Return the signs of the second derivatives by pair: -1, 0 or 1."""
        return symmetric({pair: np.asarray(each.sign()) for pair, each in self._bent.items()})

    @cached_property
    def second_log10_abs(self) -> dict[Pair, Floats]:
        """Return the decimal logarithms of the absolute second derivatives by pair; -inf for 0.

        Those of the flow are -inf also where they are below the range of a double.
        """
        return symmetric({pair: np.asarray(each.log10_abs()) for pair, each in self._bent.items()})

    def _items(self) -> Iterator[tuple[str, Any]]:
        yield from super()._items()
        if self._bent:
            yield "second", {", ".join(pair): self.second[pair] for pair in self._bent}
