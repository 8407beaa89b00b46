"""Checks of the swept parameters of a landscape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.bifurcations.letter_sweeps import letter_sweep
from doya.checks import checked
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion
from doya.conversions.rates import require_determined_along
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.neurons import Neuron
from doya.results import short
from doya.shifts import under_input
from doya.tasks.letters import letters_of


def checked_letters(
    conversion: Conversion, over: Mapping[str, ArrayLike], *, along_lines: bool = True
) -> dict[str, Floats]:
    """Return the values of one or two letters other than the unit of time.

    With `along_lines` they must move the neuron along a line.
    """
    author = AUTHORS[conversion.author]
    letters = tuple(author.letters) if along_lines else letters_of(conversion)
    if not isinstance(over, Mapping) or not 1 <= len(over) <= 2:
        words = f"must be a dict of one or two of {', '.join(letters)}, got {over!r}"
        raise ArgumentError("over", words)
    axes = {}
    for name, values in over.items():
        if name not in letters:
            words = f"must be among {', '.join(letters)} for {author.called}, got {name!r}"
            raise ArgumentError("over", words)
        if along_lines:
            letter_sweep(conversion, name, 0.0)  # raises for a letter that moves no line
        axis = _ascending(name, np.asarray(checked(name, values, author.letters[name])))
        require_determined_along(conversion, name, float(axis[0]), float(axis[-1]))
        axes[name] = axis
    return axes


def check_swept_input(neuron: Neuron, u: Input | None, axes: dict[str, Floats]) -> None:
    """Raise where another input is given, or the swept one is too large or has no effect."""
    if u is not None:
        raise ArgumentError("u", f"must not be given where u is swept, got {short(u)}")
    if float(neuron.input_weight) == 0.0:
        raise ArgumentError("over", "must not have 'u' where w' = 0: the input has no effect")
    largest_weight = float(np.max(np.abs(axes.get("w", np.asarray(neuron.w)))))
    under_input(neuron.replace(w=largest_weight), axes["u"])


def checked_axes(
    neuron: Neuron, over: Mapping[str, ArrayLike], more: tuple[str, ...] = ("x0", "u")
) -> dict[str, Floats]:
    """Return the values of one or two of Doya's parameters, or of those in `more`."""
    known = (*neuron.sweepable, *more)
    if not isinstance(over, Mapping) or not 1 <= len(over) <= 2:
        raise ArgumentError(
            "over", f"must be a dict of one or two of {', '.join(known)}, got {over!r}"
        )
    axes = {}
    for name, values in over.items():
        if name not in known:
            raise ArgumentError(
                "over",
                f"must be among {', '.join(known)} for the {neuron.dynamics}, got {name!r}",
            )
        axes[name] = _ascending(name, np.asarray(checked(name, values)))
    return axes


def _ascending(name: str, axis: Floats) -> Floats:
    """Return the values; raise unless they are two or more, one greater than the other."""
    if axis.ndim != 1 or axis.size < 2 or not np.all(np.diff(axis) > 0.0):
        raise ArgumentError(
            "over", f"must have at least two ascending values of {name}, got {short(axis)}"
        )
    return axis


def refuse_in_letters(u: Input | None, hessian: bool) -> None:
    """Raise for an input or a Hessian, which a landscape over letters does not have."""
    if u is not None:
        words = f"must not be given for a Conversion, got {short(u)}: its input is a letter"
        raise ArgumentError("u", words)
    if hessian:
        words = "must be False for a Conversion, got True: use its attribute `neuron`"
        raise ArgumentError("hessian", words)
