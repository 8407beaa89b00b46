"""The words of pictures in an author's letters, or in Doya's parameters."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from doya.arrays import Floats
from doya.conversions import AUTHORS
from doya.conversions.conversion import Conversion
from doya.neurons import Neuron
from doya.plots.labels import NAME, axis_label, number, setting
from doya.plots.style import SYMBOL

LETTER = {
    "alpha": "\N{GREEK SMALL LETTER ALPHA}",
    "gamma": "\N{GREEK SMALL LETTER GAMMA}",
    "epsilon": "\N{GREEK SMALL LETTER EPSILON}",
    "theta": "\N{GREEK SMALL LETTER THETA}",
    "tau": "\N{GREEK SMALL LETTER TAU}",
}


def swept_label(over: str, conversion: Conversion | None) -> str:
    """Return the label of the axis along which a parameter or a letter is swept."""
    if conversion is None or over not in conversion.parameters:
        return axis_label(over)
    return LETTER.get(over, over)


def swept_symbol(over: str, conversion: Conversion | None) -> str:
    """Return the same within a sentence."""
    return NAME[over] if conversion is None else LETTER.get(over, over)


def state_symbol(conversion: Conversion | None) -> str:
    """Return the name of the state: x, or the author's variable."""
    return SYMBOL["x"] if conversion is None else AUTHORS[conversion.author].variable


def setting_in(
    neuron: Neuron,
    conversion: Conversion | None,
    besides: Collection[str] = (),
    u: float = 0.0,
) -> str:
    """Return the parameters or letters that stay constant, and a constant input."""
    if conversion is None:
        return setting(neuron, besides, u)
    texts = [
        f"{LETTER.get(name, name)} = {number(float(value))}"
        for name, value in conversion.parameters.items()
        if name not in besides and np.ndim(value) == 0
    ]
    more = setting(neuron, ("w", "b", "epsilon", *besides), u)
    return ", ".join([*texts, *([more] if more else [])])


def ends_of(states: Floats) -> tuple[float, float]:
    """Return the smallest and the largest finite state, made to differ."""
    finite = states[np.isfinite(states)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)
