"""Options that mean the same in every command, and the checks that need no computing."""

from __future__ import annotations

import functools
import pathlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import click
from click.core import ParameterSource

from doya_cli import completion, tables, values
from doya_cli.authors import wrong_range
from doya_cli.files import distinct, require_writable
from doya_cli.looks import PLAIN, look
from doya_cli.motions import FRAMES, MOST_FRAMES, MOTION_SUFFIXES, are_moving
from doya_cli.motions import check as check_motion
from doya_cli.progress import compiling
from doya_cli.sentences import in_options, subject
from doya_cli.suggestions import did_you_mean
from doya_cli.usage import NOTICES, Command, options_as_given
from doya_cli.words import Words

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")
DATA_SUFFIXES = (".csv", ".json", ".npz", ".nc", ".zarr")
# Those of them that need the extra sweep.
LABELLED_SUFFIXES = (".nc", ".zarr")

# An example for the errors of --over, by the first parameter that it may sweep.
RANGES = {"b": "b -3 -2", "w": "w 4 7"}

Function = TypeVar("Function", bound=Callable[..., Any])


def weight_and_bias(function: Function) -> Function:
    """Add --w and --b."""
    return weight_and_bias_from(-2.5)(function)


def weight_and_bias_from(b: float) -> Callable[[Function], Function]:
    """Add --w and --b, with another default for the bias."""

    def add(function: Function) -> Function:
        function = click.option(
            "--b", type=values.Parameter("b"), default=b, show_default=True, help="Bias."
        )(function)
        return click.option(
            "--w", type=values.Parameter("w"), default=5.0, show_default=True,
            help="Weight of the connection from the neuron to itself.",
        )(function)  # fmt: skip

    return add


def dynamics(function: Function) -> Function:
    """Add --dynamics and --epsilon."""
    return _dynamics(
        "flow",
        "flow: continuous time; map: discrete time.",
        "Step size of the map, from 1e-100 to 1; not for the flow.  [default: 1]",
    )(function)


def dynamics_of_maps(function: Function) -> Function:
    """Add --dynamics and --epsilon to a command for maps only; it answers the flow itself."""
    return _dynamics(
        "map",
        "Only map: the flow has neither cycles nor chaos.",
        "Step size of the map, from 1e-100 to 1.  [default: 1]",
        metavar="map",
    )(function)


def _dynamics(
    kind: str, text: str, step: str, metavar: str | None = None
) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        function = click.option("--epsilon", type=values.Parameter("epsilon"), help=step)(function)
        return click.option(
            "--dynamics", type=values.Choice(["flow", "map"]), default=kind, show_default=True,
            metavar=metavar, help=text,
        )(function)  # fmt: skip

    return add


def together(*added: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """Return a decorator that adds several options, in the order of the help."""

    def add(function: Any) -> Any:
        for option in reversed(added):
            function = option(function)
        return function

    return add


def task_until(ends: str) -> Callable[[Function], Function]:
    """Add --x0, --t-end and --target; `ends` is the help of --t-end."""
    return together(
        click.option(
            "--x0", type=values.Parameter("x0"), default=0.5, show_default=True,
            help="State at the start.",
        ),
        click.option(
            "--t-end", type=values.Number(), metavar="NUMBER", default=50.0, show_default=True,
            help=ends,
        ),
        click.option(
            "--target", type=values.Parameter("target"), default=0.855, show_default=True,
            help="Value that x(T) should reach.",
        ),
    )  # fmt: skip


task = task_until("End time T: 0 to inf for the flow, a whole number of steps for the map.")


def points(text: str, default: int = 200, more: str = "") -> Callable[[Function], Function]:
    """Add --points; `more` is a further sentence of its help."""
    return click.option(
        "--points", type=values.Count(2, 1_000_000), metavar="N", default=default,
        show_default=True, help=f"{text}, 2 to 1000000.{more}",
    )  # fmt: skip


def sweep(*names: str, text: str, alone: str = "", **rest: Any) -> Callable[[Function], Function]:
    """Add --over NAME LOW HIGH; `over` becomes a dict from each name to its range.

    `alone` is the parameter that is swept where --over is not given, if there is one, and
    `rest` are the arguments of `SweptName`.
    """
    return click.option(
        "--over", cls=Words, multiple=True, metavar="NAME LOW HIGH", alone=alone,
        type=(values.SweptName(names, **rest), values.Number(), values.Number()),
        example=RANGES[names[0]], callback=values.checked_ranges, help=text,
        shell_complete=completion.first_of(names),
    )  # fmt: skip


def animated(*names: str) -> Callable[[Function], Function]:
    """Add --animate NAME LOW HIGH; `animate` becomes a dict from the name to its range."""
    return click.option(
        "--animate", cls=Words, type=(click.Choice(names), values.Number(), values.Number()),
        multiple=True, metavar="NAME LOW HIGH", example="w 3 7", callback=values.checked_ranges,
        shell_complete=completion.first_of(names),
        help="Parameter that changes in an animation, and its range.  The table, and the files that"
        " are not animations, show the diagram at the value HIGH.",
    )  # fmt: skip


# What every number of a command is in, unless its help says otherwise.
UNITS = "Numbers are dimensionless, from -1e100 to 1e100 unless an option says otherwise."
TIMES = "  Times are in time constants for the flow, and in steps for the map."


def command(
    *examples: str, python: str = "", cls: type[Command] = Command
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command, whose help ends with units, names of `python`, and examples."""

    def add(function: Callable[..., Any]) -> click.Command:
        # Words that belong to no option are answered by the command itself.
        settings = {"allow_extra_args": True}
        made: click.Command = click.command(cls=cls, context_settings=settings)(function)
        given = [each for each in made.params if isinstance(each, click.Option)]
        for each in given:
            own = f"doya-{function.__module__.rpartition('.')[2]}."
            each.help = each.help and each.help.replace("doya-COMMAND.", own)
        notes = UNITS * any(isinstance(each.type, values.Number) for each in given)
        notes += TIMES * any(each.name == "t_end" for each in given)
        named = f"In Python: {python}." if python else ""
        listed = "\n".join(["\b", "Examples:", *(f"  doya {line}" for line in examples)])
        made.epilog = "\n\n".join(filter(None, [notes, named, listed]))
        return made

    return add


def input_weight(function: Function) -> Function:
    """Add --input-weight and --input-to."""
    function = click.option(
        "--input-to", type=values.Choice(["state", "bias"]), default="state", show_default=True,
        help="Where the input is added.  state: to the state, outside \u03c3; bias: to the bias,"
        " inside \u03c3.",
    )(function)  # fmt: skip
    return click.option(
        "--input-weight", type=values.Parameter("input_weight"), default=1.0, show_default=True,
        help="Weight w' of the input.",
    )(function)  # fmt: skip


def constant_input(function: Function) -> Function:
    """Add --input as a number, and --input-weight."""
    return click.option(
        "--input", "u", type=values.Parameter("u"), default=0.0, show_default=True,
        help="Constant input u.  With w' from --input-weight it acts like two changes: w w' u is"
        " added to b, and w' u is added to each state.  With --input-to bias it acts like one"
        " change: w' u is added to b.",
    )(input_weight(function))  # fmt: skip


def pulses(function: Function) -> Function:
    """Add --pulse, --ramp, --input-weight and --input-to."""
    function = click.option(
        "--ramp", cls=Words, type=(values.Number(),) * 4, metavar="START STOP LOW HIGH",
        example="5 20 0 0.5", callback=values.checked_ramp,
        help="Let the input rise linearly from LOW at START to HIGH at STOP; before START and"
        " after STOP it is constant.",
    )(function)  # fmt: skip
    return click.option(
        "--pulse", "pulses", cls=Words, type=(values.Number(),) * 3, multiple=True,
        metavar="START STOP AMPLITUDE", example="5 8 0.5", callback=values.checked_pulses,
        help="Add AMPLITUDE to the input from START until STOP.  Repeat the option for more pulses."
        "  Amplitudes of pulses that overlap are added.",
    )(input_weight(function))  # fmt: skip


def any_input(function: Function) -> Function:
    """Add --pulse, --ramp, --input-weight, --input-to, and --input as a number or a file."""
    return pulses(
        click.option(
            "--input", "u", metavar="NUMBER|FILE", callback=values.number_or_path,
            shell_complete=completion.path,
            help="Constant input, or a CSV file with columns t and u.  Each u holds until the"
            " next t.  For the map the file may have u alone, one value per step.",
        )(function)
    )  # fmt: skip


def check_one_input(pulses: tuple[Any, ...], u: Any, ramp: tuple[float, ...] | None) -> None:
    """Refuse two of pulses, a ramp and another input."""
    given = [("--pulse", bool(pulses)), ("--ramp", ramp is not None), ("--input", u is not None)]
    several = [option for option, is_given in given if is_given]
    if len(several) > 1:
        raise click.UsageError(f"{' and '.join(several[:2])} both define the input: choose one.")


def check_swept_input(pulses: tuple[Any, ...], ramp: tuple[float, ...] | None) -> None:
    """Refuse pulses and a ramp where --over u sweeps the input."""
    for option, given in (("--pulse", pulses), ("--ramp", ramp)):
        if given:
            raise click.UsageError(f"{option} and --over u both define the input: choose one.")


def wrong_usage(error: ValueError) -> click.UsageError:
    """Return the library's own sentence, with options in place of its arguments."""
    from doya.errors import ArgumentError

    argument = getattr(error, "argument", "")
    context = click.get_current_context()
    own = {
        **options_as_given(),
        "store": "STORE",
        "cluster": "--address",
        "over": "--over" if context.info_name == "sweep" else "--points",  # ranges are checked
    }
    # Names that are no option's, and the option by which their values are set.
    set_by = {
        "W_rec": "--factor",  # a matrix is checked before
        "b + w w' u": own["u"],
        "b + w' u": own["u"],
    }
    if isinstance(error, ArgumentError) and (found := wrong_range(context, error)):
        return found
    letters = () if (author := values.author_in(context)) is None else author.letters
    known = {**own, **set_by}.keys() - letters
    if isinstance(error, ArgumentError) and argument in known:
        option = {**own, **set_by}[argument]
        first = argument if argument in set_by else subject(argument, option)
        words = f"{first} {in_options(error.words)}".rstrip(".")
        return click.BadParameter(f"{words}.", param_hint=f"'{option}'")
    return click.UsageError(f"{in_options(str(error)).rstrip('.')}.")


def output(function: Function) -> Function:
    """Add -o/--output, --size, --dpi, --style, --yes, --json, --quiet and --digits."""
    return _output(
        (*FIGURE_SUFFIXES, *DATA_SUFFIXES),
        f"a figure ({' '.join(FIGURE_SUFFIXES)}) or the data",
        "  [default: doya-COMMAND.png; with --json, no file]",
    )(function)


def output_moving(function: Function) -> Function:
    """Add the options of `output`, animations among the outputs, and --frames."""
    add = _output(
        (*FIGURE_SUFFIXES, *MOTION_SUFFIXES, *DATA_SUFFIXES),
        f"a figure ({' '.join(FIGURE_SUFFIXES)}), an animation ({' '.join(MOTION_SUFFIXES)}) or the"
        " data",
        "  .mp4 and .webm need the program ffmpeg.  [default: doya-COMMAND.png; with --json, no"
        " file]",
    )
    frames = click.option(
        "--frames", type=values.Count(2, MOST_FRAMES), metavar="N", default=FRAMES,
        show_default=True, help=f"Maximum number of frames in an animation, 2 to {MOST_FRAMES}.",
    )  # fmt: skip

    @functools.wraps(function)
    def checked(*arguments: Any, frames: int, **given: Any) -> Any:
        check_motion(given["outputs"], given["look"], frames)
        ctx = click.get_current_context()
        is_given = ctx.get_parameter_source("frames") is ParameterSource.COMMANDLINE
        if is_given and not are_moving(given["outputs"]):
            ctx.meta[NOTICES].append("--frames has no effect, because no animation is written.")
        return function(*arguments, frames=frames, **given)

    return add(frames(cast(Function, checked)))


def output_undrawn(function: Function) -> Function:
    """Add the same options, except those of pictures, to a command that draws nothing."""
    return _output(DATA_SUFFIXES, "the data")(function)


def _output(
    suffixes: tuple[str, ...], contents: str, default: str = ""
) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        @functools.wraps(function)
        def checked(*arguments: Any, **given: Any) -> Any:
            if default and not given["outputs"] and not given["as_json"]:
                suffix = ".gif" if given.get("animate") else ".png"
                given["outputs"] = (f"doya-{click.get_current_context().info_name}{suffix}",)
            require_room(given["outputs"], given["as_json"])
            _notice_unseen(given)
            return function(*arguments, **given)

        seen = look if default else _as_it_is
        yes = click.option("--yes", is_flag=True, help="Allow CSV files larger than 200 MB.")
        return click.option(
            "-o", "--output", "outputs", metavar="PATH", multiple=True,
            callback=functools.partial(_check_suffixes, suffixes), shell_complete=completion.path,
            help=f"Write {contents} ({' '.join(DATA_SUFFIXES)}).  The suffix of PATH decides."
            f"  With - for PATH, CSV goes to standard output.  Repeat for several files.{default}",
        )(seen(yes(printed(cast(Function, checked)))))  # fmt: skip

    return add


def _as_it_is(function: Function) -> Function:
    return function


def _notice_unseen(given: Mapping[str, Any]) -> None:
    """Note that --size, --dpi and --style have no effect where no picture is written."""
    seen = given.get("look", PLAIN).options
    suffixes = {pathlib.PurePath(path).suffix.lower() for path in given["outputs"]}
    if seen and suffixes.isdisjoint((*FIGURE_SUFFIXES, *MOTION_SUFFIXES)):
        verb = "have" if " and " in seen else "has"
        notice = f"{seen} {verb} no effect, because no picture is written."
        click.get_current_context().meta[NOTICES].append(notice)


def printed(function: Function) -> Function:
    """Add --json, --quiet and --digits, and a notice while the command waits for machine code."""

    @functools.wraps(function)
    def heard(*arguments: Any, digits: int, **given: Any) -> Any:
        with compiling(given["quiet"]), tables.written_with(digits):
            return function(*arguments, **given)

    digits = click.option(
        "--digits", type=values.Count(1, 17), metavar="N", default=6, show_default=True,
        help="Significant digits in the table, 1 to 17.  JSON and data files keep all digits.",
    )  # fmt: skip
    quiet = click.option("--quiet", is_flag=True, help="Print no table and no notices.")
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object instead of the table."
    )
    return cast(Function, digits(as_json(quiet(heard))))


def _check_suffixes(
    known: tuple[str, ...], ctx: click.Context, param: click.Parameter, value: Any
) -> Any:
    for path in value:
        suffix = pathlib.PurePath(path).suffix.lower()
        if path != "-" and suffix not in known:
            raise click.BadParameter(
                f"{path!r} has {f'the suffix {suffix}' if suffix else 'no suffix'}; use one of"
                f" {', '.join(known)}, or - for CSV on standard output"
                f"{did_you_mean(suffix, known) or '.'}"
            )
    return value


def require_room(outputs: Sequence[str], as_json: bool) -> None:
    """Refuse outputs that cannot be written or printed, before any work is done."""
    if as_json and "-" in outputs:
        raise click.UsageError("--json and -o - both print to standard output: choose one.")
    if sys.stdout is None and (as_json or "-" in outputs):
        raise click.ClickException("there is no standard output to print to.")
    if any(path.lower().endswith(LABELLED_SUFFIXES) for path in outputs):
        from doya_cli.labelled import require_labelled

        require_labelled()
    require_writable(distinct([pathlib.Path(path) for path in outputs if path != "-"]))
