"""The plan of a sweep from its options."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options
from doya_cli.authors import require_plain
from doya_cli.sentences import in_options, listed, subject
from doya_cli.usage import options_as_given

if TYPE_CHECKING:
    from doya import Conversion

# Number of values from which one is sought that divides a range into whole steps.
MOST_PARTS = 10**6


def plan_of(conversion: Conversion | None, given: dict[str, Any]) -> Any:
    """Return the plan that the options define."""
    from doya.conversions.conversion import in_doya
    from doya.sweeps.plans import Plan

    own = (given[name] for name in ("dynamics", "epsilon", "w", "b", "input_weight", "input_to"))
    neuron = models.model_of(conversion, *own)
    inputs = {"pulse": given["pulses"], "ramp": given["ramp"], "input": given["u"] is not None}
    require_plain(conversion, **inputs)
    options.check_one_input(given["pulses"], given["u"], given["ramp"])
    over, settings = _axes(given, in_doya(neuron)), _settings(given)
    _check_settings(settings, over, given["quantities"], with_input=conversion is None)
    return Plan.of(neuron, over, given["quantities"], settings, given["chunk_bytes"])


def _axes(given: dict[str, Any], neuron: Any) -> dict[str, Any]:
    """Return the values of each axis."""
    import numpy as np

    from doya.memory import require_memory

    for name, (*ends, many) in given["over"].items():
        _check_ends(neuron, name, ends)
        require_memory(name, (many,), 3)
    over = {name: np.linspace(*each) for name, each in given["over"].items()}
    over |= {name: np.geomspace(*given["over"][name]) for name in _logarithmic(given)}
    if neuron.dynamics == "map" and "t_end" in over:
        over["t_end"] = _whole(over["t_end"], given["over"]["t_end"], "t_end" in given["log"])
    for name, values in over.items():
        if np.any(values[1:] <= values[:-1]):
            words = f"LOW and HIGH are too close to each other for {values.size} values"
            raise _wrong_range(f"{name} has the same value twice: {words}")
    return over


def _check_ends(neuron: Any, name: str, ends: Iterable[float]) -> None:
    """Raise for an end of a range that a setting may not have; others are checked before."""
    from doya.checks import checked
    from doya.errors import ArgumentError
    from doya.sweeps.plans import RANGES
    from doya.trajectory_checks import checked_end

    try:
        for end in ends:
            if name == "t_end" and neuron.dynamics == "flow":
                checked_end(neuron, end)
            elif name in ("learning_rate", "clip", "momentum"):
                checked(name, end, RANGES[name])
    except ArgumentError as error:
        raise _wrong_range(f"{name} {error.words}") from None


def _wrong_range(sentence: str) -> click.BadParameter:
    return click.BadParameter(f"{sentence}.", param_hint="'--over'")


def wrong_range(error: ValueError) -> click.BadParameter | None:
    """Return the library's sentence about the values of an axis, or None for another."""
    name = getattr(error, "argument", "")
    if name not in click.get_current_context().params["over"]:
        return None
    words = error.words.partition(" at index ")[0]  # type: ignore[attr-defined]  # no option's
    return _wrong_range(f"{name} {in_options(words).rstrip('.')}")


def _check_settings(
    settings: Iterable[str], over: Mapping[str, Any], quantities: Sequence[str], with_input: bool
) -> None:
    """Refuse settings that no quantity has, and those that are swept, by their options."""
    from doya.sweeps.quantities import QUANTITIES

    written = options_as_given()
    known = dict.fromkeys(key for name in quantities for key in QUANTITIES[name].settings)
    for name in settings:
        option = written[name]
        if name not in known:
            has = "has" if len(quantities) == 1 else "have"
            own = [written[key] for key in known if key in written and (key != "u" or with_input)]
            words = f"is not a setting of {listed(quantities)}, which {has} {listed(own)}"
            first = subject(name, option)
            raise click.BadParameter(f"{first} {words}.", param_hint=f"'{option}'")
        if name in over:
            defined = "the input" if name == "u" else "one setting"
            raise click.UsageError(f"{option} and --over {name} both define {defined}: choose one.")


def _whole(values: Any, swept: tuple[float, float, int], is_rounded: bool) -> Any:
    """Return numbers of steps of the map, rounded or whole; raise for parts of a step."""
    import numpy as np

    low, high, many = swept
    line = f"--over t_end {low:.15g} {high:.15g}"
    if not (low.is_integer() and high.is_integer()):
        raise click.UsageError(f"{line} {many} needs whole LOW and HIGH for the steps of a map.")
    steps = np.rint(values)
    parts = values[values != steps]
    if not is_rounded and parts.size:
        fewer = next(n for n in range(min(many, MOST_PARTS), 1, -1) if (high - low) % (n - 1) == 0)
        words = f"{parts[0]:g}, and the map takes whole steps: write {line} {fewer}"
        raise click.UsageError(f"{line} {many} has the value {words}.")

    def has_one_twice(n: int) -> bool:
        return bool(np.unique(np.rint(np.geomspace(low, high, n))).size < n)

    if is_rounded and has_one_twice(many):
        fewer = bisect.bisect(range(1, many), False, key=has_one_twice)  # one more has one twice
        words = f"{line} {many} --log t_end gives the same number of steps twice"
        raise click.UsageError(f"{words}: write {line} {fewer} --log t_end.")
    return steps


def _logarithmic(given: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of axes whose values are even in their logarithm; raise for others."""
    names: tuple[str, ...] = given["log"]
    for name in names:
        if name not in given["over"]:
            raise click.UsageError(f"--log {name} needs a range: add --over {name} LOW HIGH N.")
        low, high, _ = given["over"][name]
        if not 0.0 < low <= high < math.inf:
            raise click.UsageError(
                f"--log {name} needs LOW > 0 and a finite HIGH, got {low:g} and {high:g}."
            )
    return names


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the quantities that are given."""
    from doya_cli.inputs import driven_by

    names = ("x0", "t_end", "target", "wrt", "steps", "transient", "learn", "learning_rate")
    chosen = {name: given[name] for name in (*names, "clip", "momentum", "level")}
    is_map = given["dynamics"] == "map"
    chosen["u"] = driven_by(given["pulses"], given["u"], is_map, given["ramp"])
    return {name: value for name, value in chosen.items() if value not in (None, ())}
