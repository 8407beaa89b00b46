"""doya sweep"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import completion, models, options, values
from doya_cli.authors import authored
from doya_cli.options import Function
from doya_cli.sweep_plans import plan_of, wrong_range
from doya_cli.usage import Argument
from doya_cli.words import Words

if TYPE_CHECKING:
    from doya import Conversion, Sweep

# Of the library, which help does not import: see doya.sweeps.quantities.
QUANTITIES = (
    "state",
    "sensitivity",
    "loss",
    "lyapunov",
    "equilibria",
    "attractors",
    "train",
    "crossing",
)
AXES = (
    *("w", "b", "epsilon", "input_weight", "u", "x0", "t_end", "target"),
    *("learning_rate", "clip", "momentum", "level"),
)
# Those for which the letters of an AUTHOR stand.
OF_DOYA = ("w", "b", "epsilon", "input_weight", "u")
WRT = ("x0", "b", "w", "epsilon", "input_weight")
# Options that do not belong to the plan, which a store that goes on has already.
OF_A_RUN = (
    *("store", "letters", "part", "address", "check", "any_version"),
    *("as_json", "quiet", "digits"),
)
MOST = 10**9


class _Axis(values.Choice):
    """A parameter that may be swept; with AUTHOR its letters in place of Doya's parameters."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        author = values.author_in(ctx)
        if author is None:
            return super().convert(value, param, ctx)
        others = (name for name in AXES if name not in OF_DOYA)
        return values.Choice((*author.letters, *others)).convert(value, param, ctx)


def _number(name: str, text: str) -> Callable[[Function], Function]:
    return click.option(f"--{name}", type=values.Number(), metavar="NUMBER", help=text)


@options.command(
    "sweep x.zarr --quantity state --over b -3 -2 401 --over x0 0 1 101",
    "sweep maps.zarr --dynamics map --quantity lyapunov --over w -60 0 601",
    "sweep x.zarr --quantity state --over t_end 1 1e6 61 --log t_end",
    "sweep x.zarr",
    "sweep x.zarr --part 1/8",
    python="doya.sweep; doya.open_sweep('x.zarr').to_xarray() reads the arrays of a store",
)
@click.argument("store", cls=Argument, metavar="STORE", shell_complete=completion.folder)
@authored
@options.weight_and_bias
@options.dynamics
@click.option(
    "--over", cls=Words, multiple=True, metavar="NAME LOW HIGH N", example="b -3 -2 401",
    type=(_Axis(AXES), values.Number(), values.Number(), values.Count(2, MOST)),
    callback=values.checked_ranges, shell_complete=completion.first_of(AXES),
    help="Parameter to sweep, its range, and the number of values, at least 2; repeat for more"
    " axes.  NAME is w, b, epsilon, input_weight, u (the constant input), x0, t_end, target,"
    " learning_rate, clip, momentum, level or a letter of AUTHOR.",
)  # fmt: skip
@click.option(
    "--log", type=_Axis(AXES), multiple=True, metavar="NAME",
    help="Space the values of this parameter evenly in their logarithm; its LOW must be above 0."
    "  Repeat for several.  Those of t_end are rounded for the map, which takes whole steps.",
)  # fmt: skip
@click.option(
    "--quantity", "quantities", type=values.Choice(QUANTITIES), multiple=True, metavar="NAME",
    help="Quantity to compute, a name of the list above; repeat for several.",
)  # fmt: skip
@click.option(
    "--x0", type=values.Parameter("x0"),
    help="State at the start.  [default: 0.5; for lyapunov 0.3]",
)  # fmt: skip
@_number(
    "t-end",
    "End time T: 0 to inf for the flow, a whole number of steps for the map.  [default: 50]",
)
@_number("target", "Value that x(T) should reach, for loss and train.  [default: 0.855]")
@click.option(
    "--wrt", type=values.Name(WRT), multiple=True,
    help="Differentiate with respect to this parameter, for sensitivity and loss; repeat for"
    " several.  [default: x0, b and w; for loss b and w; with AUTHOR x0 and the letter that"
    " corresponds to b]",
)  # fmt: skip
@click.option(
    "--steps", type=values.Count(0, MOST), metavar="N",
    help="Number of steps, 0 to 1e9: for the Lyapunov exponents at least 16, of a descent at most"
    " 1000000.  [default: 10000; for train 100]",
)  # fmt: skip
@click.option(
    "--transient", type=values.Count(0, MOST), metavar="N",
    help="Number of steps before those of the Lyapunov exponent, 0 to 1e9.  [default: 1000;"
    " for attractors 10000]",
)  # fmt: skip
@click.option(
    "--learn", type=values.Name(("b", "w", "x0", "input_weight", "epsilon")), multiple=True,
    help="Parameter to learn, for train; repeat for several.  [default: b, or the letter that"
    " corresponds to it]",
)  # fmt: skip
@_number(
    "learning-rate",
    "Length of a step per unit of the gradient, above 0, for train.  [default: 1]",
)
@_number("clip", "Largest norm of a gradient, above 0, for train.  [default: no limit]")
@_number(
    "momentum",
    "Fraction of each step that the next one keeps, at least 0 and less than 1, for train."
    "  [default: 0]",
)
@_number("level", "Level whose crossing time is computed, for crossing.")
@options.pulses
@click.option("--input", "u", type=values.Parameter("u"), help="Constant input u.")
@click.option(
    "--chunk-bytes", type=values.Number(), metavar="BYTES", default=256e6, show_default=False,
    help="Memory that a chunk may take while it is computed, in bytes, at least 1.  With a smaller"
    " number chunks have fewer cells, and a run that is killed loses less work.  Chunks of train,"
    " attractors and lyapunov also have few enough cells that a core computes one in about 10 s."
    "  [default: 256e6]",
)  # fmt: skip
@click.option(
    "--part", metavar="K/N",
    help="Compute part K of N, such as 1/8.  The N runs may be on any machines that share STORE.",
)  # fmt: skip
@click.option(
    "--address", metavar="ADDRESS",
    help="Compute on the workers of a scheduler of dask, such as tcp://HOST:8786.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Print the sizes, and compute and write nothing.")
@click.option(
    "--any-version", is_flag=True, help="Go on with a store that another version of doya made."
)
@options.printed
def command(
    store: str,
    part: str | None,
    address: str | None,
    check: bool,
    any_version: bool,
    conversion: Conversion | None,
    **given: Any,
) -> None:
    """Map any number of parameters, in chunks, on disk.

    Computes quantities over a grid of parameters.  STORE is a folder in the format zarr 3, which
    xarray and others read.  A run that is interrupted or killed loses only the chunks on which it
    was at work:

    \b
    doya sweep STORE    goes on with the sweep that STORE holds

    It needs the packages zarr and xarray: pip install 'doya[sweep]'.

    All processors of this machine are used.  Other runs may compute the same STORE at the same
    time: each takes a --part, or all of them serve the scheduler of --address.

    The quantities, each with its variables in the store:

    \b
    state        x, the state x(T)
    sensitivity  x, and size and sign of its derivatives
    loss         loss, (TARGET - x(T))^2, and its derivatives
    lyapunov     lyapunov, lyapunov_error, of the map
    equilibria   their numbers, and x_equilibrium
    attractors   attractors (their number), period, of the map
    train        parameters and loss at the end of a descent, and more
    crossing     t, the time at which the level is crossed

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  --x0 and --t-end stay Doya's x and T; --target is a value of the
    author's state, and so is the variable state.
    """
    output = {name: given.pop(name) for name in ("as_json", "quiet")}
    options.require_room((), output["as_json"])
    is_new = _is_new(store)

    from doya.extras import MissingExtraError
    from doya_cli.output import Answer, deliver

    try:
        plan = plan_of(conversion, given) if is_new else None
        found = _found(store, plan, part, address, check, any_version, output["quiet"])
    except MissingExtraError as error:
        raise click.ClickException(f"{error}.") from None
    except ValueError as error:
        raise wrong_range(error) or options.wrong_usage(error) from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error}.") from None
    if found["failed"]:
        chunk, why = next(iter(found["errors"].items()))
        raise click.ClickException(
            f"{found['failed']} of {found['chunks']} chunks failed, chunk {chunk} because:"
            f" {why.rstrip('.')}.  The same command tries them again."
        )
    answer = Answer(
        command="sweep",
        parameters={"store": store, **_parameters(conversion, given, is_new), "part": part},
        result={**found, "store": store},
        table=_table(found),
        columns={},
        arguments=("store", "author", "letters"),
    )
    deliver(answer, [], **output)


def _is_new(store: str) -> bool:
    """Return whether the options define a sweep; raise if only some do."""
    context = click.get_current_context()
    given = [
        each
        for each in context.command.params
        if each.name not in OF_A_RUN
        and context.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
    ]
    if not given and os.path.lexists(store):
        return False
    for option, example in (("over", "--over b -3 -2 401"), ("quantities", "--quantity state")):
        if not context.params[option]:
            words = f"{example.split()[0]} is missing, for example {example}"
            reason = f"{store!r} does not exist yet" if not given else "the options define a sweep"
            raise click.UsageError(f"{words}: {reason}.")
    return True


def _found(
    store: str, plan: Any, part: Any, address: Any, check: bool, any_version: bool, quiet: bool
) -> dict[str, Any]:
    """Compute what is missing unless that is only checked; return what there is."""
    from doya.sweeps.computing import check_cells
    from doya.sweeps.stores import Store
    from doya.sweeps.sweep import perform, record_of
    from doya_cli.progress import progress

    is_new = not os.path.lexists(store) or (os.path.isdir(store) and not os.listdir(store))
    if plan is not None and is_new:
        check_cells(plan)
    if check and plan is not None and is_new:
        sizes = {"cells": plan.cells, "chunks": plan.chunks, "done": 0, "failed": 0}
        return {**sizes, "bytes": plan.cells * plan.bytes_a_cell, "errors": {}}

    def opened() -> Store:
        return Store.create(store, plan, any_version) if plan else Store.open(store, any_version)

    if check:
        now = record_of(opened())
    else:
        cells = (plan or opened().plan).cells
        try:
            with progress(quiet, cells) as tell:
                now = perform(opened, part, address, tell)
        except KeyboardInterrupt:
            if not quiet and os.path.lexists(store):
                click.echo(_how_far(record_of(opened())), err=True)
            raise
    return {
        "cells": now.cells,
        "chunks": now.chunks,
        "done": now.done,
        "failed": len(now.failed),
        "bytes": now.bytes,
        "errors": now.failed,
    }


def _how_far(found: Sweep) -> str:
    return f"{found.done} of {found.chunks} chunks are done; the same command goes on."


def _table(found: dict[str, Any]) -> str:
    from doya.memory import in_words
    from doya_cli.tables import table

    names = ("cells", "chunks", "done", "failed")
    return table([*names, "size"], [[*(found[name] for name in names), in_words(found["bytes"])]])


def _parameters(
    conversion: Conversion | None, given: dict[str, Any], is_new: bool
) -> dict[str, Any]:
    """Return the options of a new sweep, for the answer."""
    if not is_new:
        return {}
    neuron = ("w", "b", "dynamics", "epsilon") if conversion is None else ()
    swept = given["over"]
    names = (*neuron, "x0", "t_end", "target", "wrt", "steps", "transient")
    more = ("learn", "learning_rate", "clip", "momentum", "level", "input_weight", "input_to")
    return {
        **(models.parameters_of(conversion, 0.0, 0.0, swept) if conversion else {}),
        **{name: given[name] for name in (*names, *more)},
        "over": tuple([name, *each] for name, each in given["over"].items()),
        "log": given["log"],
        "quantity": given["quantities"],
        "pulse": tuple(map(list, given["pulses"])),
        "ramp": list(given["ramp"]) if given["ramp"] else None,
        "input": given["u"],
        "chunk_bytes": given["chunk_bytes"],
    }
