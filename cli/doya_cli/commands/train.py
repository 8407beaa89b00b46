"""doya train"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import models, options, values
from doya_cli.authors import authored, learned_by_default, require_plain, swept_by_default
from doya_cli.descent_options import arguments_of, descent
from doya_cli.descents import INTERRUPTED, can_be_drawn, of_descent
from doya_cli.initialisations import of_starts
from doya_cli.motions import are_moving
from doya_cli.tasks import SHARED, Ready, notice_idle_teacher, ready_task
from doya_cli.usage import notice

if TYPE_CHECKING:
    from doya import Conversion

LEARNED = ("b", "w", "x0", "input_weight", "epsilon")
# Number of starts along each parameter of --over.
STARTS = 101


@options.command(
    "train --clip 0.05",
    "train --clip 0.05 -o descent.gif",
    "train --learn b --learn w --rule sign --steps 50 --equilibria",
    "train --over w 2 8 --over b -6 1",
    "train --task oscillate --w -2 --b 1 --rule adam",
    "train tanh w=1.25 h=0.1 --target 1.2 --learn h --learning-rate 0.1",
    "train pasemann gamma=0.4 theta=-1 w=3 --task flip_flop --rule adam",
    python="doya.train, doya.initialisation_map, doya.Task, doya.tasks, and without gradients "
    "doya.search",
)
@authored
@options.weight_and_bias_from(-2.2)  # at -2.5 the default start is on the wall
@options.dynamics
@options.task
@click.option(
    "--learn", type=values.Learned(LEARNED, SHARED), multiple=True,
    help="Parameter to learn, or letter of AUTHOR; repeat for several.  up and down are the first"
    " inputs of both classes of --task latch.  [default: those of --over; otherwise b, with --task"
    " b and w, with AUTHOR the letters that correspond to these]",
)  # fmt: skip
@descent
@ready_task
@options.any_input
@options.sweep(
    *LEARNED,
    text="Train from each start in a range of b, w, x0, input_weight or epsilon, and show where the"
    " descents end.  Repeat the option for a plane of starts; the first is on the horizontal axis.",
)
@options.points("With --over: number of starts along each parameter", STARTS)
@click.option(
    "--equilibria", is_flag=True,
    help="Draw the equilibria at each step, and the 2-cycles of the map, in place of the landscape:"
    " filled where stable.",
)  # fmt: skip
@options.output_moving
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    x0: float,
    t_end: float,
    target: float,
    learn: tuple[str, ...],
    settings: dict[str, Any],
    ready: Ready,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | str | None,
    input_weight: float,
    input_to: str,
    over: dict[str, tuple[float, float]],
    points: int,
    equilibria: bool,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Train by gradient descent, to a target or on a task.

    The loss is (TARGET - x(T))^2, or that of the sequences of --task.  The descent begins at the
    given parameters.  A wall of the loss is where x(T), for large T, jumps to another attractor, or
    to another state of the map's cycle, as the parameters change.  On a wall the gradient can be so
    large that one step from there throws the parameters far away.  --clip shortens such gradients.
    The verdict below the table names the walls that were crossed, and the loss at the end.  The
    column |gradient| is the norm of the gradient before clipping.

    With --over one descent begins at each of many starts.  An end is solved if its loss is at most
    0.001.  Otherwise it is still falling if the loss fell by 1 % or more in the last tenth of the
    steps, stuck if it fell by less, and stopped early if the status is not 0.  Folds, flips and
    walls are those of the starts.

    Without --over, Ctrl-C ends a descent early: the path so far is the answer, and the exit code
    is 1.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, --learn names letters, states and times are in the
    author's units, also --x0, --target and --t-end, and the loss is that of the author's state.
    With --task the inputs and targets are those of Doya's x.
    """
    neuron = models.model_of(
        conversion, dynamics, epsilon, w, b, input_weight, input_to, is_task=ready.name is not None
    )
    is_map = models.is_map(neuron)
    alone = (swept_by_default(conversion),)
    usual = tuple(over) or (learned_by_default(conversion) if ready.name else alone)
    learn = tuple(dict.fromkeys(learn or usual))
    require_plain(conversion, pulse=pulses, ramp=ramp, input=u is not None, over=over)
    if not ready.name:
        require_plain(
            conversion, or_task=True, teacher_forcing=settings["teacher_forcing"],
            omega=settings["omega"], forcing_every=settings["forcing_every"] > 1,
            truncate=settings["truncate"] is not None,
        )  # fmt: skip
    options.check_one_input(pulses, u, ramp)
    if conversion is None:
        _check_epsilon(is_map, over=over, learn=learn)
    _check_starts(over, ready)
    if over and equilibria:
        raise click.UsageError("--equilibria shows one path, and --over many: remove one of them.")
    if are_moving(output["outputs"]):
        _check_moving(conversion, learn, over, equilibria)

    from doya_cli.inputs import driven_by
    from doya_cli.output import deliver

    driven = driven_by(pulses, u, is_map, ramp)
    task = ready.task() if ready.name else None
    teacher = settings["teacher_forcing"], settings["forcing_every"]
    notice_idle_teacher(task, ready.name, *teacher)
    try:
        (x0, target), (start, aim) = models.states_of(conversion, x0=x0, target=target)
        end = t_end if conversion is None else conversion.to_time(t_end)
        own = {"x0": start, "t_end": end, "target": target if conversion else aim, "u": driven}
        given = {"learn": learn, **({"task": task} if task else own), **arguments_of(settings)}
        quiet = output["quiet"]
        if over:
            answer = of_starts(neuron, over, points, given, quiet)
        else:
            answer = of_descent(neuron, given, quiet, equilibria)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    replaced = {} if task is None else dict.fromkeys(("x0", "t_end", "target"))
    parameters = {
        **models.parameters_of(neuron, w, b),
        "x0": x0,
        "t_end": int(t_end) if is_map else t_end,
        "target": target,
        **replaced,
        "learn": learn,
        **settings,
        **ready.parameters,
        "pulse": tuple(map(list, pulses)),
        "ramp": list(ramp) if ramp else None,
        **models.input_parameters(u, neuron),
        **dict.fromkeys(over),
        "over": [[name, *ends] for name, ends in over.items()] or None,
        "points": points if over else None,
        "equilibria": equilibria,
    }
    deliver(dataclasses.replace(answer, parameters=parameters), **output)
    if answer.result["status"] == INTERRUPTED:
        click.get_current_context().exit(1)


def _check_epsilon(is_map: bool, **names: Collection[str]) -> None:
    """Refuse epsilon for the flow."""
    for option, given in names.items():
        if "epsilon" in given and not is_map:
            words = f"--{option} epsilon needs --dynamics map: the flow has no epsilon."
            raise click.UsageError(words)


def _check_starts(over: Collection[str], ready: Ready) -> None:
    """Refuse ranges of starts that the library does not have."""
    if len(over) > 2:
        raise click.UsageError("--over has starts of one or two parameters: give it at most twice.")
    if ready.name and "x0" in over:
        raise click.UsageError("--over x0 is for one TARGET: a --task has starts of its own.")
    source = click.get_current_context().get_parameter_source("points")
    if not over and source is ParameterSource.COMMANDLINE:
        notice("--points has no effect without --over.")


def _check_moving(conversion: object, learn: Sequence[str], over: Any, equilibria: bool) -> None:
    """Refuse an animation of anything but a path over its landscape."""
    if conversion:
        raise click.UsageError("animations need Doya's parameters: remove AUTHOR and its letters.")
    if over or equilibria:
        option = "--over" if over else "--equilibria"
        raise click.UsageError(f"an animation shows one path over its landscape: remove {option}.")
    if not can_be_drawn(learn):
        raise click.UsageError(
            "an animation shows the landscape of one or two of b, w, x0 and epsilon, got"
            f" {', '.join(dict.fromkeys(learn))}: give --learn at most twice, and without"
            " input_weight, up or down."
        )
