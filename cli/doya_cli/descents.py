"""The answer of a descent: its rows, its table, the landscape under it, and its picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli.sentences import in_options

if TYPE_CHECKING:
    from doya import Conversion, Landscape, Training
    from doya.neurons import Neuron
    from doya.training.bifurcations import PassedBifurcation
    from doya_cli.output import Answer

# Largest number of crossed bifurcations that the table names.
MOST_LISTED = 4
# Number of values of the landscape under the path, along one parameter.
ALONG = 401
# Largest number of the path's own values that are added to them.
MOST_POINTS = 2000
# Number of values along each of two parameters.
ACROSS = 101


# Largest number of steps of all sequences in all cells of the landscape of a task; and values along
# each parameter that it has at least.
MOST_TASK_STEPS, FEW = 2e8, 21
# The status of a descent that Ctrl-C ended.
INTERRUPTED = 5


def of_descent(
    neuron: Neuron | Conversion, given: dict[str, Any], quiet: bool, equilibria: bool
) -> Answer:
    """Train, and return the answer without the values of its options.

    Ctrl-C ends the descent; the path up to there is the answer.  Before its first step, as while
    machine code is made, Ctrl-C ends the run.
    """
    import functools

    import doya
    from doya.columns import of_training
    from doya.kernels.machinery.running import listening
    from doya_cli import interruption
    from doya_cli.output import Answer
    from doya_cli.progress import progress

    with progress(quiet) as tell, interruption.postponed() as was_pressed:
        has_begun = False

        def tell_or_stop(part: float) -> None:
            nonlocal has_begun
            has_begun = True
            tell(part)
            if was_pressed():
                raise StopIteration

        def end_before_it_begins() -> None:
            if was_pressed() and not has_begun:
                raise KeyboardInterrupt

        with listening(end_before_it_begins):
            path = doya.train(neuron, **given, progress=tell_or_stop)
    if path.steps < min(given["steps"], 1):
        if path.status == INTERRUPTED:
            raise KeyboardInterrupt
        raise click.ClickException(in_options(path.message))
    rows = of_training(path)
    landscape = functools.cache(lambda: landscape_of(path, quiet))
    return Answer(
        command="train",
        parameters={},
        result={
            "steps": path.steps,
            "final": {
                "parameters": {name: rows[name][-1] for name in path.learn},
                "loss": rows["loss"][-1],
            },
            "largest_gradient": rows["gradient_norm"].max(),
            "mean_gradient": path.mean_gradient_norm,
            "clipped": rows["clipped"].sum(),
            "bifurcations": [passed_by(each) for each in path.bifurcations],
            "status": path.status,
            "message": in_options(path.message),
            "path": rows,
        },
        table=table_of(path, rows),
        labelled=path.to_xarray,
        columns=rows,
        arguments=("author", "letters"),
        draw=lambda figure: draw_descent(path, figure, None if equilibria else landscape),
        animate=lambda figure, most: doya.animations.animate_training(
            path, landscape(), figure, frames=most
        ),
    )


def can_be_drawn(learn: Sequence[str]) -> bool:
    """Return whether a landscape can be drawn over these of Doya's parameters."""
    return len(set(learn)) <= 2 and {*learn} <= {"b", "w", "x0", "epsilon"}


def table_of(path: Training, rows: dict[str, Any]) -> str:
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


def passed_by(each: PassedBifurcation) -> dict[str, Any]:
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
    return f"\n\n{paragraph(' '.join(sentences))}"


def landscape_of(path: Training, quiet: bool) -> Landscape:
    """Return the landscape under the path of one or two parameters."""
    import numpy as np

    import doya
    from doya.landscapes.loss_landscape import landscape_of_task
    from doya.plots.training_paths import visited
    from doya_cli.progress import progress

    axes, (along, across) = {}, _sizes(path)
    for name in path.learn:
        values = path.parameters[name][: path.steps + 1]
        low, high = _within(path, name, visited(values), values)
        if len(path.learn) == 1:  # so that its points lie on the curve, however narrow a valley
            inside = values[(low <= values) & (values <= high)]
            some = inside[:: inside.size // MOST_POINTS + 1]
            axes[name] = np.unique([*np.linspace(low, high, along), *some])
        else:
            axes[name] = np.unique(np.linspace(low, high, across))
    model = path.conversion or path.neuron
    with progress(quiet) as tell:
        if path.task:
            # The picture has no gradient.
            given = path.neuron, path.conversion, path.task, axes, 0.0, tell
            return landscape_of_task(*given, with_gradient=False)
        x0, target = (np.asarray(each).item() for each in (path.x0, path.target))
        return doya.loss_landscape(model, axes, x0, path.t_end, target, path.u, progress=tell)


def _sizes(path: Training) -> tuple[int, int]:
    """Return the numbers of values along one and along each of two parameters.

    They are smaller for a long task, whose landscape would take too long.
    """
    if path.task is None:
        return ALONG, ACROSS
    cells = max(int(MOST_TASK_STEPS / (len(path.task.inputs) * path.task.last)), FEW**2)
    return min(ALONG, cells), min(ACROSS, math.isqrt(cells))


def _within(
    path: Training, name: str, ends: tuple[float, float], values: Any
) -> tuple[float, float]:
    """Return the range of a landscape, within that of the letter and on its side of 0."""
    from doya.checks import STEP
    from doya.conversions.author import AUTHORS

    low, high = ends
    if path.conversion is None:
        least, most = STEP.ends if name == "epsilon" else ends
        return max(low, least), min(high, most)
    author = AUTHORS[path.conversion.author]
    least, most = author.letters[name].ends
    if name == author.loses and low <= 0.0 <= high:
        low, high = float(values.min()), float(values.max())
    return max(low, least), min(high, most)


def _has_landscape(path: Training) -> bool:
    """Return whether there is a landscape under the path: over one or two parameters or letters.

    There is none across a value of a letter at which the author's state does not determine x.
    """
    if path.conversion is None:
        return can_be_drawn(path.learn)
    from doya.conversions.author import AUTHORS, Move
    from doya.conversions.rates import is_determined_along

    moves = AUTHORS[path.conversion.author].moves
    if len(path.learn) > 2 or not {*path.learn} <= {*moves}:
        return False
    for name in path.learn:
        values = path.parameters[name][: path.steps + 1]
        if not is_determined_along(path.conversion, name, values.min(), values.max()):
            return False
    return path.task is not None or Move.CURVE not in [moves[name] for name in path.learn]


def draw_descent(path: Training, figure: Any, landscape: Callable[[], Landscape] | None) -> None:
    """Draw the path over its landscape, and below it loss and gradient against the step.

    Without a landscape the equilibria at each step are drawn in its place.  The landscape is that
    of the loss without a teacher, and its label says so where there is one.
    """
    import doya
    from doya.plots.landscapes import name_free
    from doya.plots.pages import page, two_below

    if landscape and not _has_landscape(path):
        doya.plots.draw_training(path, page(figure, tall=1.4))
        return
    above, below = two_below(figure, 2.1, 0.47)
    if landscape:
        doya.plots.draw_landscape(landscape(), above, gradient=False, powers=True)
        if path.teacher_forcing:
            name_free(above)
        doya.plots.draw_training_path(path, above)
    else:
        doya.plots.draw_training_equilibria(path, above)
    doya.plots.draw_training(path, below)
