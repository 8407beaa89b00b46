"""Options that mean the same in every command, and the checks that need no computing."""

from __future__ import annotations

import functools
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from doya_cli import completion, tables, values
from doya_cli.files import distinct, require_writable
from doya_cli.progress import compiling
from doya_cli.usage import Command, Words

if TYPE_CHECKING:
    from doya import NeuronMap, NeuronODE
    from doya.neurons import Neuron

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")
DATA_SUFFIXES = (".csv", ".json", ".npz")

# An example for the errors of --over, by the first parameter that it may sweep.
RANGES = {"b": "b -3 -2", "w": "w 4 7"}

Function = TypeVar("Function", bound=Callable[..., Any])


def weight_and_bias(function: Function) -> Function:
    """--w and --b."""
    return weight_and_bias_from(-2.5)(function)


def weight_and_bias_from(b: float) -> Callable[[Function], Function]:
    """--w and --b, where another bias is the better one to begin with."""

    def add(function: Function) -> Function:
        function = click.option(
            "--b", type=values.Parameter("b"), default=b, show_default=True, help="Bias."
        )(function)
        return click.option(
            "--w", type=values.Parameter("w"), default=5.0, show_default=True,
            help="Weight of the neuron onto itself.",
        )(function)  # fmt: skip

    return add


def dynamics(function: Function) -> Function:
    """--dynamics and --epsilon."""
    return dynamics_from("flow")(function)


def dynamics_from(kind: str) -> Callable[[Function], Function]:
    """--dynamics and --epsilon, where the other kind is the one to begin with."""

    def add(function: Function) -> Function:
        function = click.option(
            "--epsilon", type=values.Parameter("epsilon"),
            help="Step of the map, 0 < EPSILON <= 1.  [default: 1]",
        )(function)  # fmt: skip
        return click.option(
            "--dynamics", type=click.Choice(["flow", "map"]), default=kind, show_default=True,
            help="Continuous or discrete time.",
        )(function)  # fmt: skip

    return add


def task(function: Function) -> Function:
    """--x0, --t-end and --target."""
    function = click.option(
        "--target", type=values.Parameter("target"), default=0.855, show_default=True,
        help="What x(T) should be.",
    )(function)  # fmt: skip
    function = click.option(
        "--t-end", type=values.Number(), metavar="NUMBER", default=50.0, show_default=True,
        help="Time T at the end, 0 to inf; for the map a whole number of steps.",
    )(function)  # fmt: skip
    return click.option(
        "--x0", type=values.Parameter("x0"), default=0.5, show_default=True,
        help="State at the start.",
    )(function)  # fmt: skip


def points(text: str, default: int = 200) -> Callable[[Function], Function]:
    """--points."""
    return click.option(
        "--points", type=values.Count(2, 1_000_000), metavar="N", default=default,
        show_default=True, help=f"{text}, 2 to 1000000.",
    )  # fmt: skip


def sweep(*names: str, text: str) -> Callable[[Function], Function]:
    """--over NAME LOW HIGH; `over` becomes a dict from each name to its range."""
    return click.option(
        "--over", cls=Words, type=(click.Choice(names), values.Number(), values.Number()),
        multiple=True, metavar="NAME LOW HIGH", example=RANGES[names[0]],
        callback=values.checked_ranges, help=text, shell_complete=completion.first_of(names),
    )  # fmt: skip


def command(*examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command, whose help ends with examples."""
    epilog = "\n".join(["\b", "Examples:", *(f"  doya {line}" for line in examples)])
    # Words that belong to no option are answered by the command itself.
    return click.command(cls=Command, epilog=epilog, context_settings={"allow_extra_args": True})


def pulses(function: Function) -> Function:
    """--pulse and --input-weight."""
    function = click.option(
        "--input-weight", type=values.Parameter("input_weight"), default=1.0, show_default=True,
        help="Weight w' of the input.",
    )(function)  # fmt: skip
    return click.option(
        "--pulse", "pulses", cls=Words, type=(values.Number(),) * 3, multiple=True,
        metavar="START STOP AMPLITUDE", example="5 8 0.5", callback=values.checked_pulses,
        help="Input from START until STOP; repeat it for several, which add up.",
    )(function)  # fmt: skip


def any_input(function: Function) -> Function:
    """--pulse, --input-weight, and --input as a number or a file."""
    return pulses(
        click.option(
            "--input", "u", metavar="NUMBER|FILE", callback=values.number_or_path,
            shell_complete=completion.path,
            help="Constant input; or a CSV file with columns t and u, where u holds until the next"
            " t, or for the map u alone, one a step.",
        )(function)
    )  # fmt: skip


def check_one_input(pulses: tuple[Any, ...], u: Any) -> None:
    """Pulses or another input."""
    if pulses and u is not None:
        raise click.UsageError("--pulse and --input both say what the input is: choose one.")


def wrong_usage(error: ValueError) -> click.UsageError:
    """Return the library's own sentence, with the option that its argument belongs to."""
    argument = getattr(error, "argument", "")
    own = {
        **{each.name: each.opts[0] for each in click.get_current_context().command.params},
        **dict.fromkeys(("u", "b + w w' u"), "--input"),
        "W_rec": "--factor",  # a matrix is checked before
        "over": "--points",  # a range is checked before; a grid may be too large
    }
    if argument in own:
        return click.BadParameter(f"{error}.", param_hint=f"'{own[argument]}'")
    return click.UsageError(f"{error}.")


def output(function: Function) -> Function:
    """-o/--output, --json and --quiet."""
    return _output(
        (*FIGURE_SUFFIXES, *DATA_SUFFIXES),
        f"a figure ({' '.join(FIGURE_SUFFIXES)}) or the data",
        "  [default, without --json: doya-COMMAND.png]",
    )(function)


def output_undrawn(function: Function) -> Function:
    """The same for a command that draws nothing."""
    return _output(DATA_SUFFIXES, "the data")(function)


def _output(
    suffixes: tuple[str, ...], contents: str, default: str = ""
) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        @functools.wraps(function)
        def checked(*arguments: Any, **given: Any) -> Any:
            if default and not given["outputs"] and not given["as_json"]:
                given["outputs"] = (f"doya-{click.get_current_context().info_name}.png",)
            require_room(given["outputs"], given["as_json"])
            return function(*arguments, **given)

        yes = click.option("--yes", is_flag=True, help="Write CSV files above 200 MB as well.")
        return click.option(
            "-o", "--output", "outputs", metavar="PATH", multiple=True,
            callback=functools.partial(_check_suffixes, suffixes), shell_complete=completion.path,
            help=f"Write {contents} ({' '.join(DATA_SUFFIXES)}), by suffix; - writes CSV to"
            f" standard output. Repeatable.{default}",
        )(yes(printed(cast(Function, checked))))  # fmt: skip

    return add


def printed(function: Function) -> Function:
    """--json, --quiet and --digits, and word of the machine code that the command waits for."""

    @functools.wraps(function)
    def heard(*arguments: Any, digits: int, **given: Any) -> Any:
        with compiling(given["quiet"]), tables.written_with(digits):
            return function(*arguments, **given)

    digits = click.option(
        "--digits", type=values.Count(1, 17), metavar="N", default=6, show_default=True,
        help="Significant digits of the table, 1 to 17; JSON and files have all 17.",
    )  # fmt: skip
    quiet = click.option("--quiet", is_flag=True, help="No table and no notices.")
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object instead of the table."
    )
    return cast(Function, digits(as_json(quiet(heard))))


def neuron(
    dynamics: str, epsilon: float | None, w: float = 5.0, b: float = -2.5
) -> NeuronODE | NeuronMap:
    """The neuron that the model options name."""
    import doya

    if dynamics == "map":
        return doya.NeuronMap(w, b, epsilon=1.0 if epsilon is None else epsilon)
    if epsilon is not None:
        raise click.UsageError(
            "--epsilon is the step of the map: give it with --dynamics map; the flow has none."
        )
    return doya.NeuronODE(w, b)


def dynamics_parameters(neuron: Neuron) -> dict[str, Any]:
    """What --dynamics and --epsilon came to."""
    return {"dynamics": neuron.dynamics, "epsilon": getattr(neuron, "epsilon", None)}


def _check_suffixes(
    known: tuple[str, ...], ctx: click.Context, param: click.Parameter, value: Any
) -> Any:
    for path in value:
        suffix = pathlib.PurePath(path).suffix.lower()
        if path != "-" and suffix not in known:
            raise click.BadParameter(
                f"{path!r} ends in {suffix or 'no suffix'}; known are {', '.join(known)}, and -."
            )
    return value


def require_room(outputs: Sequence[str], as_json: bool) -> None:
    """What cannot be written or printed is told before any work."""
    if as_json and "-" in outputs:
        raise click.UsageError("--json and -o - both print to standard output: choose one.")
    if sys.stdout is None and (as_json or "-" in outputs):
        raise click.ClickException("there is no standard output to print to.")
    require_writable(distinct([pathlib.Path(path) for path in outputs if path != "-"]))
