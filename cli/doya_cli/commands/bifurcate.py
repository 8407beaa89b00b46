"""doya bifurcate"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options
from doya_cli.authors import (
    authored,
    is_given,
    swept_alone,
    variable,
)
from doya_cli.motions import are_moving

if TYPE_CHECKING:
    from doya import BifurcationDiagram, BifurcationPoint, Branch, Conversion
    from doya.neurons import Neuron

ENDS = {"from": 0, "to": -1}
# Room beside the special points of an animation, as a part of their range.
ROOM = 0.4


@options.command(
    "bifurcate --w 5 -o diagram.pdf -o diagram.csv",
    "bifurcate --b -2.5 --over w 4 7",
    "bifurcate --w -10 --dynamics map --epsilon 0.8",
    "bifurcate --over u -0.1 0.1",
    "bifurcate --animate w 3 7 -o cusp.gif",
    "bifurcate tanh h=0.2 --over w 0 3",
    "bifurcate wilson-cowan w=5 theta=2.8 a=1.2 input=0.5",
    python="doya.bifurcation_diagram, doya.bifurcation_points",
)
@authored
@options.weight_and_bias
@options.dynamics
@options.constant_input
@options.sweep(
    "b",
    "w",
    "epsilon",
    "u",
    text="Parameter to sweep (b, w, epsilon of the map, the input u, or a letter of AUTHOR) and its"
    " range.  [default: b, or the letter of AUTHOR that corresponds to it, in a range around"
    " its folds, flips and cusp]",
    alone="b",
    lines=True,
)
@options.animated("w", "b", "epsilon")
@options.points("Number of points on each branch")
@options.output_moving
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    u: float,
    input_weight: float,
    input_to: str,
    over: dict[str, tuple[float, float]],
    animate: dict[str, tuple[float, float]],
    points: int,
    frames: int,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Draw equilibria against a parameter: the bifurcation diagram.

    Lists the folds (LP), the flips (PD) and the cusp (CP), each computed in closed form, and the
    branches between them.  BP is a branch point, at which two branches cross; it occurs only where
    a letter of AUTHOR is swept.  The coefficient is that of the normal form: at a fold, half the
    second derivative of dx/dt with respect to x (of x[t+1] with respect to x[t] for the map).  At a
    flip it is positive if the new 2-cycle is stable.

    The diagram does not depend on a value of the parameter that --over sweeps.  --animate shows how
    the diagram changes with a further parameter.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, states are the author's, and the coefficient is still
    that of x.  If you give the swept letter a value too, the diagram stays the same, and the
    equilibria at this value are listed below it.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, w, b, input_weight, input_to)
    name, between = swept_alone(over, conversion)
    if name == "epsilon" and dynamics == "flow" and not conversion:
        raise click.UsageError("--over epsilon needs --dynamics map; the flow has no step.")
    models.require_effect(name, neuron)

    if conversion and animate:
        raise click.UsageError("--animate needs Doya's parameters: remove AUTHOR and its letters.")
    _check_animation(animate, name, neuron, output["outputs"])

    import doya
    from doya_cli.output import Answer, deliver

    stages = _stages(neuron, animate, frames)
    neuron = stages[-1]
    try:
        if animate and between is None:
            between = _reach(stages, name, u)
        diagrams = [
            doya.bifurcation_diagram(each, name, between, points=points, u=u) for each in stages
        ]
    except ValueError as error:
        raise options.wrong_usage(error) from None
    diagram = diagrams[-1]
    special = [_as_dict(point, conversion) for point in diagram.special_points]
    branches = [_ends(branch, conversion) for branch in diagram.branches]
    rest = _at_rest(conversion, name, u)
    answer = Answer(
        command="bifurcate",
        parameters={
            **models.parameters_of(neuron, w, b, [name]),
            **models.input_parameters(None if name == "u" else u, neuron),
            **dict.fromkeys(animate),
            "over": [name, *diagram.between],
            "animate": next(([each, *ends] for each, ends in animate.items()), None),
            "points": points,
        },
        result={"special_points": special, "branches": branches, **rest[0]},
        table=_table(diagram, special, branches) + rest[1],
        arguments=("author", "letters"),
        labelled=diagram.to_xarray,
        columns=_columns(diagram),
        draw=lambda figure: doya.plots.draw_bifurcation_diagram(diagram, figure.subplots()),
        animate=lambda figure, most: doya.animations.animate_bifurcation_diagrams(diagrams, figure),
    )
    deliver(answer, frames=frames, **output)


def _as_dict(point: BifurcationPoint, conversion: Conversion | None) -> dict[str, Any]:
    """Return the fields of a point; the state is x itself in Doya's parameters."""
    fields = dataclasses.asdict(point)
    if conversion is None:
        del fields["state"]
    return fields


def _ends(branch: Branch, conversion: Conversion | None) -> dict[str, Any]:
    """Return the ends of a branch, in x and, with AUTHOR, in its state."""
    rows = {"": branch.value, "x_": branch.x}
    if conversion:
        rows["state_"] = branch.state
    ends = {f"{name}{end}": float(row[k]) for name, row in rows.items() for end, k in ENDS.items()}
    return {"stable": branch.stable, **ends}


def _at_rest(conversion: Conversion | None, name: str, u: float) -> tuple[dict[str, Any], str]:
    """Return the equilibria at the value of the swept letter, if it has one, and their table."""
    if conversion is None or not is_given(name):
        return {}, ""
    import doya
    from doya_cli.commands.equilibria import columns_of, rows_of
    from doya_cli.tables import number, table

    found = doya.equilibria(conversion, u)
    columns = columns_of(found)
    listed = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    at = number(float(conversion.parameters[name]))
    return {"equilibria": listed}, f"\n\nAt {name} = {at}:\n{table(*rows_of(found))}"


def _check_animation(
    animate: dict[str, Any], over: str, neuron: Neuron | Conversion, outputs: tuple[str, ...]
) -> None:
    """Raise an error unless one other parameter is animated where an animation is written."""
    if len(animate) > 1:
        raise click.UsageError("--animate moves one parameter: give it once.")
    moving = [path for path in outputs if are_moving([path])]
    if moving and not animate:
        raise click.UsageError(
            f"{moving[0]!r} needs a parameter that changes, for example --animate w 3 7."
        )
    if animate and not moving:
        raise click.UsageError("--animate needs -o PATH with .gif, .mp4 or .webm.")
    if over in animate:
        raise click.UsageError(f"--animate and --over both change {over}: choose two parameters.")
    if "epsilon" in animate and "epsilon" not in getattr(neuron, "sweepable", ()):
        raise click.UsageError("--animate epsilon needs --dynamics map; the flow has no step.")


def _stages(
    neuron: Neuron | Conversion, animate: dict[str, tuple[float, float]], frames: int
) -> list[Neuron | Conversion]:
    """Return the neuron of each frame, or the one neuron where nothing is animated."""
    import numpy as np

    from doya.conversions.conversion import in_doya

    own = in_doya(neuron)
    frames_of: list[Neuron | Conversion] = [
        own.replace(**{name: value})
        for name, ends in animate.items()
        for value in np.linspace(*ends, frames).tolist()
    ]
    return frames_of or [neuron]


def _reach(stages: Sequence[Neuron | Conversion], over: str, u: float) -> tuple[float, float]:
    """Return a range that holds the special points of all frames, and room for their labels."""
    import numpy as np

    import doya
    from doya.bifurcations.diagrams import default_range
    from doya.checks import LARGEST

    points = [point.value for each in stages for point in doya.bifurcation_points(each, over, u=u)]
    if not points or over in ("epsilon", "u"):
        ends = np.array([default_range(each, over, u) for each in (stages[0], stages[-1])])
        return float(ends[:, 0].min()), float(ends[:, 1].max())
    size = max(max(points) - min(points), 1.0)
    step = 10.0 ** np.floor(np.log10(size) - 1.0)
    low = step * np.floor((min(points) - ROOM * size) / step)
    high = step * np.ceil((max(points) + ROOM * size) / step)
    return max(float(f"{low:.12g}"), -LARGEST), min(float(f"{high:.12g}"), LARGEST)


def _table(
    diagram: BifurcationDiagram, special: list[dict[str, Any]], branches: list[dict[str, Any]]
) -> str:
    from doya import NeuronMap
    from doya_cli.kinds import meaning, none_because
    from doya_cli.tables import number, table

    name, (low, high) = diagram.over, diagram.between
    neuron = diagram.neuron
    is_map = isinstance(neuron, NeuronMap)
    author = diagram.conversion
    state, own = variable(author), "x" if author is None else "state"
    points = table(
        ["kind", name, state, "coefficient", "meaning"],
        [
            [point[key] for key in ("kind", "value", own, "coefficient")]
            + [meaning(point["kind"], is_map=is_map)]
            for point in special
        ],
    )
    ends = table(
        ["stable", f"{name} from", f"{name} to", f"{state} from", f"{state} to"],
        [
            [branch[key] for key in ("stable", "from", "to", f"{own}_from", f"{own}_to")]
            for branch in branches
        ],
    )
    if not special:
        points = f"No bifurcation for {name} from {number(low)} to {number(high)}"
        epsilon = float(neuron.epsilon) if isinstance(neuron, NeuronMap) else None
        has_input = float(neuron.input_weight) * diagram.u != 0.0
        reason = none_because(float(neuron.w), float(neuron.b), name, epsilon, has_input)
        points += f"\n{reason}" * bool(reason and author is None)
    return f"{points}\n\n{ends}"


def _columns(diagram: BifurcationDiagram) -> dict[str, Any]:
    """Return the branches, one after the other, with labels at the points where they meet."""
    from doya.columns import of_branches

    columns = of_branches(diagram)
    labels = {(point.value, point.x): point.kind for point in diagram.special_points}
    places = zip(columns[diagram.over].tolist(), columns["x"].tolist(), strict=True)
    return {**columns, "label": [labels.get(at, "") for at in places]}
