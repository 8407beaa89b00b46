"""The neuron that a command is about, from its options or from AUTHOR and its letters."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from doya import Conversion, NeuronMap, NeuronODE
    from doya.neurons import Neuron


def neuron_of(
    dynamics: str, epsilon: float | None, w: float = 5.0, b: float = -2.5
) -> NeuronODE | NeuronMap:
    """Return the neuron that --w, --b, --dynamics and --epsilon define."""
    import doya

    if dynamics == "map":
        return doya.NeuronMap(w, b, epsilon=1.0 if epsilon is None else epsilon)
    if epsilon is not None:
        raise click.UsageError(
            "--epsilon is the step of the map, and the flow has none: add --dynamics map, or remove"
            " --epsilon."
        )
    return doya.NeuronODE(w, b)


def model_of(
    conversion: Conversion | None,
    dynamics: str,
    epsilon: float | None,
    w: float,
    b: float,
    input_weight: float = 1.0,
    input_to: str = "state",
    *,
    is_task: bool = False,
) -> Neuron | Conversion:
    """Return the neuron that AUTHOR and its letters define, or else the options.

    An author's own equation has an input as a letter at most; that of a task may be at both places.
    """
    if conversion is None:
        found = neuron_of(dynamics, epsilon, w, b)
        return found.replace(input_weight=input_weight, input_to=input_to)
    if input_to != "state" and not is_task:
        raise click.UsageError("--input-to needs Doya's parameters: remove AUTHOR and its letters.")
    if (input_weight, input_to) == (1.0, "state"):
        return conversion
    own = conversion.neuron.replace(input_weight=input_weight, input_to=input_to)
    return dataclasses.replace(conversion, neuron=own)


def is_map(model: Neuron | Conversion) -> bool:
    """Return whether the neuron is a map."""
    from doya.conversions.conversion import in_doya

    return in_doya(model).dynamics == "map"


def starts_of(
    conversion: Conversion | None, given: tuple[float, ...], usual: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the states at the start as they are written, and Doya's x of them.

    If none are given, they are those of `usual`, which are Doya's, in six digits of the author.
    """
    import numpy as np

    if conversion is None:
        return given or usual, given or usual
    own = given or tuple(np.round(conversion.from_state(np.array(usual)), 6).tolist())
    return own, tuple(np.atleast_1d(conversion.to_state(np.array(own))).tolist())


def states_of(
    conversion: Conversion | None, **given: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return states as they are written, and Doya's x of them.

    Those that the command line does not give are Doya's defaults, in six digits of the author.
    """
    from click.core import ParameterSource

    if conversion is None:
        return tuple(given.values()), tuple(given.values())
    source = click.get_current_context().get_parameter_source
    own = tuple(
        round(float(conversion.from_state(x)), 6) if source(name) is ParameterSource.DEFAULT else x
        for name, x in given.items()
    )
    return own, tuple(float(conversion.to_state(state)) for state in own)


def parameters_of(
    model: Neuron | Conversion, w: float, b: float, swept: Collection[str] = ()
) -> dict[str, Any]:
    """Return AUTHOR and its letters but the swept one, or --w, --b, --dynamics and --epsilon."""
    from doya import Conversion

    if isinstance(model, Conversion):
        kept = {name: value for name, value in model.parameters.items() if name not in swept}
        return {"author": model.author, "letters": kept}
    return {"w": w, "b": b, **dynamics_parameters(model), **dict.fromkeys(map(own_option, swept))}


def dynamics_parameters(neuron: Neuron) -> dict[str, Any]:
    """Return the values of --dynamics and --epsilon, for the answer's parameters."""
    return {"dynamics": neuron.dynamics, "epsilon": getattr(neuron, "epsilon", None)}


def input_parameters(u: float | str | None, model: Neuron | Conversion) -> dict[str, Any]:
    """Return --input, --input-weight and --input-to, for the answer's parameters."""
    from doya.conversions.conversion import in_doya

    neuron = in_doya(model)
    return {"input": u, "input_weight": neuron.input_weight, "input_to": neuron.input_to}


def own_option(name: str) -> str:
    """Return the key of a swept parameter among the answer's parameters."""
    return "input" if name == "u" else name


def require_effect(over: str, model: Neuron | Conversion) -> None:
    """Refuse a sweep of the input where it has no effect on the bias."""
    from doya.conversions.conversion import in_doya

    neuron = in_doya(model)
    if over != "u":
        return
    if neuron.input_to == "bias" and float(neuron.input_weight) == 0.0:
        raise click.UsageError(
            "--over u needs an --input-weight other than 0; with w' = 0 the input does not change"
            " the bias b + w' u."
        )
    if neuron.input_to == "state" and float(neuron.w) * float(neuron.input_weight) == 0.0:
        raise click.UsageError(
            "--over u needs --w and --input-weight other than 0; with w w' = 0 the input does not"
            " change the bias b + w w' u."
        )
