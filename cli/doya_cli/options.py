"""Options that mean the same in every command, and the checks that need no computing."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from doya import NeuronMap, NeuronODE

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")
DATA_SUFFIXES = (".csv", ".json", ".npz")

Function = TypeVar("Function", bound=Callable[..., Any])


class FiniteNumber(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A float, no NaN or infinity, within the range that a neuron's parameters may have."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a number.", param, ctx)
        if not math.isfinite(number) or abs(number) > 1e100:
            self.fail(f"{value} is not a finite number from -1e100 to 1e100.", param, ctx)
        return number


class Epsilon(FiniteNumber):
    """The step of the map."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not 1e-100 <= number <= 1.0:
            self.fail(f"{value} is not in the range 0 < epsilon <= 1.", param, ctx)
        return number


def weight_and_bias(function: Function) -> Function:
    """--w and --b."""
    function = click.option(
        "--b", type=FiniteNumber(), default=-2.5, show_default=True, help="Bias."
    )(function)
    return click.option(
        "--w", type=FiniteNumber(), default=5.0, show_default=True,
        help="Weight of the neuron onto itself.",
    )(function)  # fmt: skip


def dynamics(function: Function) -> Function:
    """--dynamics and --epsilon."""
    function = click.option(
        "--epsilon", type=Epsilon(), help="Step of the map, 0 < EPSILON <= 1.  [default: 1]"
    )(function)
    return click.option(
        "--dynamics", type=click.Choice(["flow", "map"]), default="flow", show_default=True,
        help="Continuous or discrete time.",
    )(function)  # fmt: skip


def points(default: int) -> Callable[[Function], Function]:
    """--points."""
    return click.option(
        "--points", type=click.IntRange(2, 1_000_000), default=default, show_default=True,
        help="Points on each branch.",
    )  # fmt: skip


def sweep(*names: str, multiple: bool = False, text: str) -> Callable[[Function], Function]:
    """--over NAME LOW HIGH."""
    return click.option(
        "--over", type=(click.Choice(names), FiniteNumber(), FiniteNumber()), multiple=multiple,
        metavar="NAME LOW HIGH", callback=_check_ranges, help=text,
    )  # fmt: skip


def output(function: Function) -> Function:
    """-o/--output, --json and --quiet."""
    function = click.option("--quiet", is_flag=True, help="Print nothing but errors.")(function)
    function = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object instead of the table."
    )(function)
    return click.option(
        "-o", "--output", "outputs", metavar="PATH", multiple=True, callback=_check_outputs,
        help=f"Write a figure ({' '.join(FIGURE_SUFFIXES)}) or the data"
        f" ({' '.join(DATA_SUFFIXES)}), by suffix; - writes CSV to standard output. Repeatable.",
    )(function)  # fmt: skip


def neuron(w: float, b: float, dynamics: str, epsilon: float | None) -> NeuronODE | NeuronMap:
    """The neuron that the model options name."""
    import doya

    if dynamics == "map":
        return doya.NeuronMap(w, b, epsilon=1.0 if epsilon is None else epsilon)
    if epsilon is not None:
        raise click.UsageError(
            "--epsilon is the step of the map: give it with --dynamics map; the flow has none."
        )
    return doya.NeuronODE(w, b)


def dynamics_parameters(neuron: NeuronODE | NeuronMap) -> dict[str, Any]:
    """What --dynamics and --epsilon came to."""
    return {"dynamics": neuron.dynamics, "epsilon": getattr(neuron, "epsilon", None)}


def _check_ranges(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """LOW < HIGH, and every value within the range of the parameter."""
    for name, low, high in value if param.multiple else [value] if value else []:
        if not low < high:
            raise click.BadParameter(f"{name} needs LOW < HIGH, got {low:g} and {high:g}.")
        if name == "epsilon":
            for end in (low, high):
                Epsilon().convert(end, param, ctx)
    return value


def _check_outputs(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    known = (*FIGURE_SUFFIXES, *DATA_SUFFIXES)
    for path in value:
        suffix = pathlib.PurePath(path).suffix.lower()
        if path != "-" and suffix not in known:
            raise click.BadParameter(
                f"{path!r} ends in {suffix or 'no suffix'}; known are {', '.join(known)}, and -."
            )
    return value
