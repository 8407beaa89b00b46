"""The words of pictures in an author's letters, or in Doya's parameters."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.conversions import AUTHORS
from doya.conversions.conversion import Conversion
from doya.inputs import Input
from doya.neurons import Neuron
from doya.plots.labels import (
    NAME,
    axis_label,
    conditions,
    input_words,
    loss_formula,
    number,
    readable,
    setting,
)
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


def variable_symbol(name: str, conversion: Conversion | None) -> str:
    """Return the name of a parameter, a letter, the state at the start, T or u in a sentence."""
    if conversion is None:
        return NAME.get(name, name)  # an input of a task has a name of its own
    if name == "x0":
        return f"{state_symbol(conversion)}\N{SUBSCRIPT ZERO}"
    known = LETTER if name in conversion.parameters else NAME
    return known.get(name, name)


def time_unit(conversion: Conversion | None) -> float:
    """Return the author's time in units of Doya's; 1 where an ensemble has several."""
    if conversion is None or conversion.shape:
        return 1.0
    return float(np.asarray(conversion.from_time(1.0)))


def conditions_in(
    neuron: Neuron,
    conversion: Conversion | None,
    start: Any,
    t_end: Any,
    u: Input | None,
    besides: Collection[str],
) -> str:
    """Return the conditions that a whole picture shares, as in w = 5, h = 0, a₀ = 0.5."""
    if conversion is None:
        return conditions(neuron, start, t_end, u, besides)
    texts = [setting_in(neuron, conversion, besides)]
    for name, value in (("x0", start), ("t", np.asarray(t_end) * time_unit(conversion))):
        if name not in besides and np.size(value) == 1:
            symbol = variable_symbol(name, conversion)
            texts.append(f"{symbol} = {readable(np.asarray(value).item())}")
    return ", ".join([*texts, *input_words(neuron, u)])


def conditions_of(result: Any, besides: Collection[str]) -> str:
    """Return the conditions that the picture of a profile or of a landscape shares."""
    if getattr(result, "task", None):
        texts = [setting_in(result.neuron, result.conversion, besides)]
    else:
        own = result.start, result.t_end, result.u
        texts = [conditions_in(result.neuron, result.conversion, *own, besides)]
    return ", ".join(filter(None, [*texts, teacher_of(result)]))


def teacher_of(result: Any) -> str:
    """Return the strength of the teacher, nothing without one."""
    alpha = getattr(result, "teacher_forcing", 0.0)
    return f"teacher {LETTER['alpha']} = {number(alpha)}" if alpha else ""


def formula_of(landscape: Any) -> str:
    """Return the formula of the loss, with the target and the name of the state; L for a task."""
    if landscape.task:
        return "L"
    return loss_formula(landscape.target, state_symbol(landscape.conversion))


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
