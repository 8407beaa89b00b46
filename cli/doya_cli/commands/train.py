"""doya train"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options, values
from doya_cli.authors import authored, require_plain, swept_by_default
from doya_cli.motions import are_moving
from doya_cli.sentences import in_options

if TYPE_CHECKING:
    from doya import Conversion, Landscape, Training
    from doya.training.bifurcations import PassedBifurcation

RULES = ("gradient", "sign", "adagrad", "rmsprop", "adam")
LEARNED = ("b", "w", "x0", "input_weight", "epsilon")
MOST_STEPS = 1_000_000
# Largest number of crossed bifurcations that the table names.
MOST_LISTED = 4
# Number of values of the landscape under the path, along one parameter.
ALONG = 401
# Largest number of the path's own values that are added to them.
MOST_POINTS = 2000
# Number of values along each of two parameters.
ACROSS = 101


@options.command(
    "train --clip 0.05",
    "train --clip 0.05 -o descent.gif",
    "train --learn b --learn w --rule sign --steps 50",
    "train tanh w=1.25 h=0.1 --target 1.2 --learn h --learning-rate 0.1",
)
@authored
@options.weight_and_bias_from(-2.2)  # at -2.5 the default start is on the wall
@options.dynamics
@options.task
@click.option(
    "--learn", type=values.Learned(LEARNED), multiple=True,
    help="Parameter to learn, or letter of AUTHOR; repeat for several.  [default: b, or the letter"
    " that corresponds to it]",
)  # fmt: skip
@click.option(
    "--learning-rate", type=values.Number(), metavar="NUMBER", default=2.0, show_default=True,
    help="Length of a step per unit of the gradient, above 0; with --rule sign, the first step"
    " size; with adagrad, rmsprop and adam, about the length of the first steps.",
)  # fmt: skip
@click.option(
    "--steps", type=values.Count(0, MOST_STEPS), metavar="N", default=100, show_default=True,
    help="Number of steps of the descent, 0 to 1000000.",
)  # fmt: skip
@click.option(
    "--clip", type=values.NumberOrWord("auto"), metavar="NUMBER|auto",
    help="Largest norm of a gradient, above 0; not with --rule sign.  Longer gradients are"
    " shortened to it.  auto: ten times the mean norm of the gradients of all earlier steps, each"
    " after its own clipping; the first step is not clipped.  [default: no limit]",
)  # fmt: skip
@click.option(
    "--clip-value", type=values.Number(), metavar="NUMBER",
    help="Largest size of each derivative, above 0; not with --rule sign.  Larger ones are cut to"
    " it.  [default: no limit]",
)  # fmt: skip
@click.option(
    "--momentum", type=values.Number(), metavar="NUMBER", default=0.0, show_default=True,
    help="Fraction of each step that is added to the next step, at least 0 and less than 1; with"
    " --rule gradient or rmsprop.",
)  # fmt: skip
@click.option(
    "--nesterov", is_flag=True,
    help="Take the gradient not where the step begins but at the point to which the momentum alone"
    " would lead.  It needs a --momentum above 0.",
)  # fmt: skip
@click.option(
    "--rule", type=values.Choice(RULES), default="gradient", show_default=True,
    help="gradient: steps proportional to the gradient.  sign: steps that use only its sign and"
    " adapt their size (resilient backpropagation, in the variant called iRprop minus).  adagrad:"
    " each derivative is divided by the root of the sum of its squares so far.  rmsprop: it is"
    " divided by the root of a running mean of its squares.  adam: the same, and the derivative is"
    " replaced by its own running mean.",
)  # fmt: skip
@click.option(
    "--l1", type=values.Number(), metavar="NUMBER", default=0.0,
    help="Penalty: descend the loss plus NUMBER times |w|.  The losses that are printed are without"
    " it.",
)  # fmt: skip
@click.option(
    "--l2", type=values.Number(), metavar="NUMBER", default=0.0,
    help="Penalty: descend the loss plus NUMBER times w^2.  The losses that are printed are without"
    " it.",
)  # fmt: skip
@click.option(
    "--omega", type=values.Number(), metavar="RHO", default=0.0,
    help="Penalty for the map: add RHO times the sum over all steps of (|mu| - 1)^2 with the"
    " derivative mu of a step.",
)  # fmt: skip
@click.option(
    "--teacher-forcing", type=values.Number(), default=0.0, show_default=True, metavar="ALPHA",
    help="Before each step of the map, move the state by the fraction ALPHA of the way to the"
    " target; at least 0 and less than 1.  The descent reduces the loss with the teacher.  The free"
    " loss is the loss without it.",
)  # fmt: skip
@click.option(
    "--forcing-every", type=values.Count(1, MOST_STEPS), default=1, show_default=True, metavar="N",
    help="With --teacher-forcing: move the state only before every N-th step, that is before"
    " steps 1, N + 1, 2 N + 1 and so on.",
)  # fmt: skip
@click.option(
    "--truncate", type=values.Count(1, MOST_STEPS), metavar="K",
    help="For the map: let the gradient go back only K steps from the end.  [default: to the"
    " start]",
)  # fmt: skip
@options.any_input
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
    learning_rate: float,
    steps: int,
    clip: float | str | None,
    clip_value: float | None,
    momentum: float,
    nesterov: bool,
    rule: str,
    l1: float,
    l2: float,
    omega: float,
    teacher_forcing: float,
    forcing_every: int,
    truncate: int | None,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | str | None,
    input_weight: float,
    input_to: str,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Train by gradient descent on the loss (TARGET - x(T))^2.

    The descent begins at the given parameters.  A wall of the loss is where x(T), for large T,
    jumps to another attractor, or to another state of the map's cycle, as the parameters change.
    On a wall the gradient can be so large that one step from there throws the parameters far away.
    --clip shortens such gradients.  The verdict below the table names the walls that were crossed,
    and the loss at the end.  The column |gradient| is the norm of the gradient before clipping.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, --learn names letters, states and times are in the
    author's units, also --x0, --target and --t-end, and the loss is that of the author's state.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, w, b, input_weight, input_to)
    is_map = models.is_map(neuron)
    learn = tuple(dict.fromkeys(learn or (swept_by_default(conversion, "b"),)))
    require_plain(
        conversion, pulse=pulses, ramp=ramp, input=u is not None, teacher_forcing=teacher_forcing,
        forcing_every=forcing_every > 1, truncate=truncate is not None, omega=omega,
    )  # fmt: skip
    options.check_one_input(pulses, u, ramp)
    if conversion is None and "epsilon" in learn and not is_map:
        raise click.UsageError("--learn epsilon needs --dynamics map: the flow has no epsilon.")
    if conversion and are_moving(output["outputs"]):
        raise click.UsageError("animations need Doya's parameters: remove AUTHOR and its letters.")
    if not _can_be_drawn(learn) and are_moving(output["outputs"]):
        raise click.UsageError(
            "an animation shows the landscape of one or two of b, w, x0 and epsilon, got"
            f" {', '.join(dict.fromkeys(learn))}: give --learn at most twice, and without"
            " input_weight."
        )

    import functools

    import doya
    from doya_cli.inputs import driven_by
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress

    driven = driven_by(pulses, u, is_map, ramp)
    try:
        (x0, target), (start, aim) = models.states_of(conversion, x0=x0, target=target)
        end, aim = (t_end, aim) if conversion is None else (conversion.to_time(t_end), target)
        with progress(output["quiet"]) as tell:
            path = doya.train(
                neuron, start, end, aim, learn, learning_rate, steps, clip, driven,
                momentum=momentum, rule=rule, teacher_forcing=teacher_forcing,
                forcing_every=forcing_every, truncate=truncate, clip_value=clip_value,
                nesterov=nesterov, penalty={"l1": l1, "l2": l2, "omega": omega}, progress=tell,
            )  # fmt: skip
    except ValueError as error:
        raise options.wrong_usage(error) from None
    if path.steps < min(steps, 1):
        raise click.ClickException(in_options(path.message))

    rows = _rows(path)
    landscape = functools.cache(lambda: _landscape(path, output["quiet"]))
    answer = Answer(
        command="train",
        parameters={
            **models.parameters_of(neuron, w, b),
            "x0": x0,
            "t_end": int(t_end) if is_map else t_end,
            "target": target,
            "learn": path.learn,
            "learning_rate": learning_rate,
            "steps": steps,
            "clip": clip,
            "clip_value": clip_value,
            "momentum": momentum,
            "nesterov": nesterov,
            "rule": rule,
            "l1": l1,
            "l2": l2,
            "omega": omega,
            "teacher_forcing": teacher_forcing,
            "forcing_every": forcing_every,
            "truncate": truncate,
            "pulse": tuple(map(list, pulses)),
            "ramp": list(ramp) if ramp else None,
            **models.input_parameters(u, neuron),
        },
        result={
            "steps": path.steps,
            "final": {
                "parameters": {name: rows[name][-1] for name in path.learn},
                "loss": rows["loss"][-1],
            },
            "largest_gradient": rows["gradient_norm"].max(),
            "mean_gradient": path.mean_gradient_norm,
            "clipped": rows["clipped"].sum(),
            "bifurcations": [_passed(each) for each in path.bifurcations],
            "status": path.status,
            "message": in_options(path.message),
            "path": rows,
        },
        table=_table(path, rows),
        labelled=path.to_xarray,
        columns=rows,
        arguments=("author", "letters"),
        draw=lambda figure: _draw(path, figure, landscape),
        animate=lambda figure, most: doya.animations.animate_training(
            path, landscape(), figure, frames=most
        ),
    )
    deliver(answer, **output)


def _can_be_drawn(learn: Sequence[str]) -> bool:
    """Return whether a landscape can be drawn over these of Doya's parameters."""
    return len(set(learn)) <= 2 and "input_weight" not in learn


def _rows(path: Training) -> dict[str, Any]:
    """Return a row for each step, from the start to the last step that was taken."""
    import numpy as np

    size = int(path.steps) + 1
    columns = {
        "step": np.arange(size),
        **path.parameters,
        "loss": path.loss,
        "free_loss": path.free_loss,
        **{f"gradient_{name}": each for name, each in path.gradient.items()},
        "gradient_norm": path.gradient_norm,
        "clipped": path.clipped,
    }
    return {name: each[:size] for name, each in columns.items()}


def _table(path: Training, rows: dict[str, Any]) -> str:
    """Return the start, the least loss, the largest gradient, the end, and the verdict."""
    from doya_cli.tables import paragraph, table

    # Under teacher forcing the loss of the neuron on its own comes first.
    losses = ["free_loss", "loss"] if path.teacher_forcing else ["loss"]
    heads = ["free loss", "loss with teacher"] if path.teacher_forcing else ["loss"]
    names = ["step", *path.learn, *losses, "gradient_norm"]
    places = {
        "start": 0,
        f"least {heads[0]}": int(rows[losses[0]].argmin()),
        "largest gradient": int(rows["gradient_norm"].argmax()),
        "end": -1,
    }
    lines = table(
        ["", "step", *path.learn, *heads, "|gradient|"],
        [[where, *(rows[name][k].item() for name in names)] for where, k in places.items()],
    )
    cut = int(rows["clipped"].sum())
    cut_words = (
        f"In {cut} of {path.steps} steps the gradient was clipped; |gradient| is its norm before"
        " clipping."
    )
    clipped = (
        f"\n\n{paragraph(cut_words)}"
        if path.clip is not None or path.clip_value is not None
        else ""
    )
    passed = _bifurcations(path)
    return f"{lines}{clipped}\n\n{paragraph(in_options(path.verdict))}{passed}"


def _passed(each: PassedBifurcation) -> dict[str, Any]:
    return {"step": each.step, "kind": each.kind, "parameters": each.place, "x": each.x}


def _bifurcations(path: Training) -> str:
    """Return a sentence about each fold, flip and cusp that is crossed; empty if there are none."""
    from doya_cli.kinds import crossed
    from doya_cli.tables import paragraph

    passed = [each for each in path.bifurcations if each.kind != "wall"]
    if not passed:
        return ""
    is_map = path.neuron.dynamics == "map"
    sentences = [
        f"Step {each.step} crossed {crossed(each.kind, each.where, each.enters, is_map=is_map)}."
        for each in passed[:MOST_LISTED]
    ]
    more = len(passed) - MOST_LISTED
    if more > 0:
        sentences.append(f"{more} more crossings are listed by --json.")
    return f"\n\n{paragraph('  '.join(sentences))}"


def _landscape(path: Training, quiet: bool) -> Landscape:
    """Return the landscape under the path of one or two parameters."""
    import numpy as np

    import doya
    from doya.plots.training_paths import visited
    from doya_cli.progress import progress

    axes = {}
    for name in path.learn:
        values = path.parameters[name][: path.steps + 1]
        low, high = _within(path, name, visited(values), values)
        if len(path.learn) == 1:  # so that its points lie on the curve, however narrow a valley
            inside = values[(low <= values) & (values <= high)]
            some = inside[:: inside.size // MOST_POINTS + 1]
            axes[name] = np.unique([*np.linspace(low, high, ALONG), *some])
        else:
            axes[name] = np.unique(np.linspace(low, high, ACROSS))
    x0, target = (np.asarray(each).item() for each in (path.x0, path.target))
    with progress(quiet) as tell:
        model = path.conversion or path.neuron
        return doya.loss_landscape(model, axes, x0, path.t_end, target, path.u, progress=tell)


def _within(
    path: Training, name: str, ends: tuple[float, float], values: Any
) -> tuple[float, float]:
    """Return the range of a landscape, within that of the letter and on its side of 0."""
    from doya.conversions.author import AUTHORS

    low, high = ends
    if path.conversion is None:
        return low, high
    author = AUTHORS[path.conversion.author]
    least, most = author.letters[name].ends
    if name == author.loses and low <= 0.0 <= high:
        low, high = float(values.min()), float(values.max())
    return max(low, least), min(high, most)


def _has_landscape(path: Training) -> bool:
    """Return whether there is a landscape under the path: over one or two parameters or lines."""
    if path.conversion is None:
        return _can_be_drawn(path.learn)
    from doya.conversions.author import AUTHORS, Move

    moves = AUTHORS[path.conversion.author].moves
    return len(path.learn) <= 2 and Move.CURVE not in [moves[name] for name in path.learn]


def _draw(path: Training, figure: Any, landscape: Callable[[], Landscape]) -> None:
    """Draw the path over its landscape, and below it loss and gradient against the step."""
    import doya
    from doya.plots.pages import page, two_below

    if not _has_landscape(path):
        doya.plots.draw_training(path, page(figure, tall=1.4))
        return
    above, below = two_below(figure, 2.1, 0.47)
    doya.plots.draw_landscape(landscape(), above, gradient=False, powers=True)
    doya.plots.draw_training_path(path, above)
    doya.plots.draw_training(path, below)
