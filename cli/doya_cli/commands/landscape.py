"""doya landscape"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options, values
from doya_cli.authors import authored, require_plain, swept_by_default
from doya_cli.landscape_data import arrays, columns
from doya_cli.sentences import in_options
from doya_cli.tasks import Ready, notice_idle_teacher, ready_task

if TYPE_CHECKING:
    from doya import Conversion, Landscape, Wall


@options.command(
    "landscape --t-end inf",
    "landscape --over b -3 -2 --over w 4.5 5.5 --surface",
    "landscape tanh w=1.25 --x0 0 --target 0.9 --over h -0.2 0.2",
    "landscape --dynamics map --teacher-forcing 0.2 --over b -3 -2",
    "landscape --task oscillate --over b -2 6 --over w -9 0 --points 80",
    python="doya.loss_landscape, doya.task_gradient",
)
@authored
@options.weight_and_bias
@options.dynamics
@options.task
@options.sweep(
    "b",
    "w",
    "x0",
    "epsilon",
    "u",
    "input_weight",
    text="Parameter to sweep (b, w, x0, epsilon of the map, the constant input u, with --task"
    " input_weight in its place, or a letter of AUTHOR) and its range.  Repeat the option to sweep"
    " two; the first is on the horizontal axis.  [default: b, or the letter of AUTHOR that"
    " corresponds to it, in a range around its folds and flips]",
    alone="b",
    besides=(),
    lines=True,
)
@options.points("Number of values of each swept parameter")
@ready_task
@click.option(
    "--teacher-forcing", type=values.Number(), default=0.0, show_default=True, metavar="ALPHA",
    help="Before each step of the map, move the state by the fraction ALPHA of the way to the"
    " target; at least 0 and less than 1.  In a --task only states that have a target are moved."
    "  The loss is that with this teacher.",
)  # fmt: skip
@options.any_input
@click.option(
    "--hessian", is_flag=True,
    help="Compute the second derivatives of the loss too, and its largest curvature, which is the"
    " largest absolute eigenvalue of the Hessian.",
)  # fmt: skip
@click.option("--surface", is_flag=True, help="Draw a surface instead of a heat map.")
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    x0: float,
    t_end: float,
    target: float,
    over: dict[str, tuple[float, float]],
    points: int,
    ready: Ready,
    teacher_forcing: float,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | str | None,
    input_weight: float,
    input_to: str,
    hessian: bool,
    surface: bool,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Draw the loss and its walls over parameters.

    The loss is (TARGET - x(T))^2, or that of a --task.  Sweeps one or two parameters.  A wall is a
    value of the parameter at which x(T), for large T, jumps to another attractor, or to another
    state of the map's cycle; so the gradient there grows with T without bound.  Its kind is
    "boundary" if the start is on the boundary of two basins, "fold" if the start's attractor
    vanishes, and "phase" if the map begins to visit the two states of its cycle in the opposite
    order.  On a wall of kind "phase" the start reaches the unstable fixed point after a number of
    steps; the table lists this number unless it is 0 for all walls.

    Lists each wall with the jump of the loss at T = infinity as the parameter rises, and with the
    largest gradient at T.  This gradient is usually between two points of the grid, so it is
    searched for separately.

    Over one parameter, pictures and data have extra points, so that every wall is resolved; "on the
    grid" in the table means without them.  The minimum is refined between the points.  With
    --t-end inf the data have no numbers at a wall, where the loss jumps (nan in CSV, null in
    JSON).

    With --task or --teacher-forcing the table has the loss and the gradient on the grid alone.
    Walls are not searched.  With --teacher-forcing there is none if (1 - ALPHA) times the largest
    derivative of a step is at most 1.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, states and times are in the author's units, also
    --x0, --target and --t-end, and the loss is that of the author's state.  With --task the inputs
    and targets are those of Doya's x.

    Without --x0 and --target, Doya's 0.5 and 0.855 are converted to states of the author, and so
    are the starts of --task.  For this each letter has one value, also one that is swept.  You may
    leave out a swept letter: then this value is LOW, or 0 without --over.
    """
    neuron = models.model_of(
        conversion, dynamics, epsilon, w, b, input_weight, input_to, is_task=ready.name is not None
    )
    is_map = models.is_map(neuron)
    _check_swept(over, ready, teacher_forcing, hessian, conversion)
    require_plain(
        conversion, pulse=pulses, ramp=ramp, input=u is not None, hessian=hessian,
        over_u=conversion and "u" in over, over_x0=conversion and "x0" in over,
    )  # fmt: skip
    if not ready.name:
        require_plain(conversion, or_task=True, teacher_forcing=teacher_forcing)
    options.check_one_input(pulses, u, ramp)
    if len(over) > 2:
        raise click.UsageError("--over sweeps one or two parameters: give it at most twice.")
    if "epsilon" in over and dynamics == "flow" and not conversion:
        raise click.UsageError("--over epsilon needs --dynamics map; the flow has no step.")
    if surface and len(over) != 2:
        raise click.UsageError("--surface needs two parameters: give --over twice.")
    if hessian and "u" in over:
        raise click.UsageError("--hessian has no derivatives with respect to u: sweep b instead.")
    if "u" in over:
        options.check_swept_input(pulses, ramp)
        if input_weight == 0.0:
            raise click.UsageError("--over u needs --input-weight other than 0.")
        u = None  # swept

    import numpy as np

    import doya
    from doya.bifurcations.diagrams import default_range
    from doya.landscapes.statuses import CellStatus
    from doya_cli.inputs import driven_by
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress

    alone = swept_by_default(conversion)
    driven = driven_by(pulses, u, is_map, ramp)
    task = ready.task() if ready.name else None
    notice_idle_teacher(task, ready.name, teacher_forcing)
    try:
        ranges = over or {alone: default_range(neuron, alone)}
        (x0, target), (start, aim) = models.states_of(conversion, x0=x0, target=target)
        end = t_end if conversion is None else float(conversion.to_time(t_end))
        # A range of neighbouring doubles has fewer values than points.
        axes = {name: np.unique(np.linspace(*ends, points)) for name, ends in ranges.items()}
        with progress(output["quiet"]) as tell:
            aim = aim if conversion is None else target
            own = {"x0": start, "t_end": end, "target": aim, "u": driven}
            found = doya.loss_landscape(
                neuron, axes, **({"task": task} if task else own), hessian=hessian,
                teacher_forcing=teacher_forcing, progress=lambda part: tell(0.5 * part),
            )  # fmt: skip
            missing = int(found.status.sum())
            if missing == found.loss.size:
                words = f"no trajectory could be computed up to T. {CellStatus.NOT_REACHED.remedy}"
                raise click.ClickException(in_options(words))
            # Found here, under the bar; all later readers have them at once.
            found.minimum  # noqa: B018
            steepest = found.largest_gradient._asdict() | {"at_on_grid": _steepest_cell(found)}
            sharpest = {}
            if hessian:
                sharpest = found.largest_curvature._asdict() | {"at_on_grid": _sharpest_cell(found)}
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page, solid

        if surface:
            doya.plots.draw_landscape_surface(found, solid(figure))
        else:
            doya.plots.draw_landscape(found, page(figure, tall=1.4 if len(axes) == 1 else 1.0))

    answer = Answer(
        command="landscape",
        parameters={
            **models.parameters_of(neuron, w, b, _left_out(ranges, conversion, ready)),
            **({} if "x0" in ranges or task else {"x0": x0}),
            "t_end": None if task else int(t_end) if is_map else t_end,
            "target": None if task else target,
            **ready.parameters,
            "teacher_forcing": teacher_forcing,
            "over": [[name, *ends] for name, ends in ranges.items()],
            "points": points,
            "pulse": tuple(map(list, pulses)),
            "ramp": list(ramp) if ramp else None,
            **models.input_parameters(u, neuron),
            **({"input_weight": None} if "input_weight" in ranges else {}),
            "hessian": hessian,
            "surface": surface,
        },
        result={
            "minimum": found.minimum,
            "minimum_is_refined": found.minimum_is_refined,
            "minimum_on_grid": found.minimum_on_grid,
            "walls": [_wall(wall) for wall in found.walls],
            "further_walls": found.further_walls or None,
            "max_gradient": steepest,
            **({"max_curvature": sharpest} if sharpest else {}),
            "curve": columns(found) if len(axes) == 1 else None,
        },
        table=_table(found),
        arguments=("author", "letters"),
        labelled=found.to_xarray,
        columns=columns(found),
        arrays=arrays(found),
        draw=draw,
        notices=_notices(found, missing),
    )
    deliver(answer, **output)


def _left_out(
    ranges: Collection[str], conversion: Conversion | None, ready: Ready
) -> Collection[str]:
    """Return the swept parameters whose own values do not count.

    The sequences of a task start at the author's states at all of his own letters.
    """
    if conversion and ready.name:
        return ()
    return [name for name in ranges if name != "u"]


def _check_swept(
    over: Collection[str], ready: Ready, alpha: float, hessian: bool, conversion: Conversion | None
) -> None:
    """Refuse sweeps and a Hessian that the loss of a task, or with a teacher, does not have."""
    if "input_weight" in over and not ready.name:
        raise click.UsageError("--over input_weight is for a --task: add --task, or sweep u.")
    if not (ready.name or (alpha and conversion is None)):
        return
    option, instead = "--task" if ready.name else "--teacher-forcing", swept_by_default(conversion)
    if "u" in over:
        raise click.UsageError(f"--over u has no meaning with {option}: sweep {instead} instead.")
    if hessian:
        raise click.UsageError(f"--hessian has no meaning with {option}: remove one of them.")


def _wall(wall: Wall) -> dict[str, Any]:
    """Return numbers where one parameter is swept, and lists along the wall where two are."""
    import numpy as np

    names = ("below", "above", "jump", "largest_gradient", "at", "width", "status", "message")
    arrays = {**wall.values} | {name: getattr(wall, name) for name in names}
    alone = len(wall.values) == 1
    arrays["message"] = np.array([in_options(words) for words in arrays["message"]])
    return {"kind": wall.kind, "steps": wall.steps, "over": wall.over} | {
        name: array.item() if alone else array for name, array in arrays.items()
    }


def _table(found: Landscape) -> str:
    """Return the minimum, each wall at its ends, and the largest gradient."""
    from doya.landscapes.landscape import NOT_SEARCHED, NOT_SEARCHED_FORCED
    from doya_cli.tables import number, paragraph, table

    names = list(found.axes)
    minima = {"on the grid": found.minimum_on_grid}
    if found.minimum_is_refined:
        minima["refined"] = found.minimum
    lowest = table(
        ["minimum", "loss", *(f"at {name}" for name in names)],
        [[where, each["loss"], *_of(each, names)] for where, each in minima.items()],
    )
    over = found.walls[0].over if found.walls else ""
    in_steps = any(wall.steps for wall in found.walls)
    header = [
        "kind",
        *["steps"] * in_steps,
        *names,
        f"loss jump as {over} rises",
        "largest gradient",
        f"at {over}",
    ]
    rows = [
        [wall.kind, *[wall.steps] * in_steps, *(float(wall.values[name][k]) for name in names)]
        + [_known(each[k]) for each in (wall.jump, wall.largest_gradient, wall.at)]
        for wall in found.walls
        for k in ((0,) if len(names) == 1 else (0, -1))
    ]
    ends = ", ".join(
        f"{name} from {number(axis[0])} to {number(axis[-1])}" for name, axis in found.axes.items()
    )
    further = found.further_walls
    none = f"no wall was found for {ends}" if further else f"no wall for {ends}"
    is_sought = further not in (NOT_SEARCHED, NOT_SEARCHED_FORCED)
    listed = [table(header, rows) if rows else none] * is_sought
    walls = "\n".join([*listed, *[paragraph(further)] * bool(further)])
    largest = found.largest_gradient
    steepest = table(
        ["largest gradient", "size", *(f"at {name}" for name in names)],
        [
            ["on the grid", largest.on_grid, *_of(_steepest_cell(found), names)],
            *[["refined", largest.value, *_of(largest.at, names)]] * (found.x is not None),
        ],
    )
    if largest.is_lower_bound:
        steepest = f"{steepest}\n{paragraph(largest.message)}"
    return "\n\n".join([lowest, walls, *_jumps(found), steepest, *_sharpest(found)])


def _sharpest(found: Landscape) -> list[str]:
    """Return a table of the largest curvature, if the landscape has a Hessian."""
    from doya_cli.tables import paragraph, table

    if not found.hessian:
        return []
    largest, names = found.largest_curvature, list(found.axes)
    rows: list[list[Any]] = [
        ["on the grid", largest.on_grid, *_of(_sharpest_cell(found), names)],
        ["refined", largest.value, *_of(largest.at, names)],
    ]
    shown = table(["largest curvature", "size", *(f"at {name}" for name in names)], rows)
    return [f"{shown}\n{paragraph(largest.message)}" if largest.is_lower_bound else shown]


def _jumps(found: Landscape) -> list[str]:
    """Return a sentence about each wall of one parameter, in one paragraph."""
    from doya_cli.tables import number, paragraph

    if len(found.axes) > 1:
        return []
    sentences = [
        paragraph(
            f"At T = infinity the loss jumps from {number(low)} to {number(high)}"
            f" as {wall.over} rises past {number(wall.values[wall.over][0])}."
        )
        for wall in found.walls
        for low, high in [(wall.below[0], wall.above[0])]
        if not math.isnan(wall.jump[0])
    ]
    return ["\n".join(sentences)] * bool(sentences)


def _steepest_cell(found: Landscape) -> dict[str, float]:
    """Return the parameters of the cell with the largest gradient."""
    from doya.landscapes.searches import largest_cell, norm

    return largest_cell(found.axes, norm(found.gradient))[1]


def _sharpest_cell(found: Landscape) -> dict[str, float]:
    """Return the parameters of the cell with the largest curvature."""
    from doya.landscapes.curvatures import curvature
    from doya.landscapes.searches import largest_cell

    return largest_cell(found.axes, curvature(found.hessian))[1]


def _known(value: float) -> float | str:
    """Return the number, or a word where it is not known, as for a cycle of unknown period."""
    return "unknown" if math.isnan(value) else float(value)


def _of(place: dict[str, float], names: list[str]) -> list[float]:
    return [place[name] for name in names]


def _notices(found: Landscape, missing: int) -> list[str]:
    """Return sentences about walls too narrow to resolve, and cells that have no value."""
    from doya.landscapes.statuses import CellStatus, WallStatus

    notices = []
    if missing:
        notices.append(
            f"In {missing} of {found.loss.size} cells the trajectory could not be computed up to T."
            f" {CellStatus.NOT_REACHED.remedy}"
        )
    unknown = WallStatus.NOT_RESOLVED
    thin = sum(int((wall.status == unknown).sum()) for wall in found.walls)
    if thin and len(found.axes) == 1:
        notices.append(unknown.sentences)
    elif thin:
        size = sum(wall.status.size for wall in found.walls)
        notices.append(
            f"At {thin} of {size} points the wall is too thin for floating-point numbers to show"
            f" its largest gradient (less than 100 ulp). {unknown.remedy}"
        )
    return list(map(in_options, notices))
