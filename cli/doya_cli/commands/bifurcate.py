"""doya bifurcate"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from doya_cli import options

if TYPE_CHECKING:
    from doya import BifurcationDiagram


@options.command(
    "bifurcate --w 5 -o diagram.pdf -o diagram.csv",
    "bifurcate --b -2.5 --over w 4 7",
    "bifurcate --w -10 --dynamics map --epsilon 0.8",
    "bifurcate --over u -0.1 0.1",
)
@options.weight_and_bias
@options.dynamics
@options.constant_input
@options.sweep(
    "b",
    "w",
    "epsilon",
    "u",
    text="Parameter to sweep (b, w, epsilon of the map, or the input u) and its range."
    "  [default: b, in a range around its folds, flips and cusp]",
    alone="b",
)
@options.points("Number of points on each branch")
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    u: float,
    input_weight: float,
    over: dict[str, tuple[float, float]],
    points: int,
    **output: Any,
) -> None:
    """Draw equilibria against a parameter: the bifurcation diagram.

    Lists the folds (LP), the flips (PD) and the cusp (CP), each computed in closed form, and the
    branches between them.  Give no value for the parameter that --over sweeps.
    """
    neuron = options.neuron(dynamics, epsilon, w, b).replace(input_weight=input_weight)
    if len(over) > 1:
        raise click.UsageError("--over sweeps one parameter: give it once.")
    name, between = next(iter(over.items()), ("b", None))
    if name == "epsilon" and dynamics == "flow":
        raise click.UsageError("--over epsilon needs --dynamics map; the flow has no step.")
    options.require_effect(name, neuron)

    import doya
    from doya_cli.output import Answer, deliver

    try:
        diagram = doya.bifurcation_diagram(neuron, name, between, points=points, u=u)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    special = [dataclasses.asdict(point) for point in diagram.special_points]
    branches = [
        {
            "stable": branch.stable,
            "from": float(branch.value[0]),
            "to": float(branch.value[-1]),
            "x_from": float(branch.x[0]),
            "x_to": float(branch.x[-1]),
        }
        for branch in diagram.branches
    ]
    answer = Answer(
        command="bifurcate",
        parameters={
            "w": w,
            "b": b,
            **options.dynamics_parameters(neuron),
            **options.input_parameters(u, input_weight),
            options.own_option(name): None,  # swept
            "over": [name, *diagram.between],
            "points": points,
        },
        result={"special_points": special, "branches": branches},
        table=_table(diagram, special, branches),
        columns=_columns(diagram),
        draw=lambda figure: doya.plots.draw_bifurcation_diagram(diagram, figure.subplots()),
    )
    deliver(answer, **output)


def _table(
    diagram: BifurcationDiagram, special: list[dict[str, Any]], branches: list[dict[str, Any]]
) -> str:
    from doya import NeuronMap
    from doya_cli.kinds import meaning, none_because
    from doya_cli.tables import number, table

    name, (low, high) = diagram.over, diagram.between
    neuron = diagram.neuron
    is_map = isinstance(neuron, NeuronMap)
    points = table(
        ["kind", name, "x", "coefficient", "meaning"],
        [
            [point[key] for key in ("kind", "value", "x", "coefficient")]
            + [meaning(point["kind"], is_map=is_map)]
            for point in special
        ],
    )
    ends = table(
        ["stable", f"{name} from", f"{name} to", "x from", "x to"],
        [list(branch.values()) for branch in branches],
    )
    if not special:
        points = f"no bifurcation for {name} from {number(low)} to {number(high)}"
        epsilon = float(neuron.epsilon) if isinstance(neuron, NeuronMap) else None
        has_input = float(neuron.input_weight) * diagram.u != 0.0
        reason = none_because(float(neuron.w), float(neuron.b), name, epsilon, has_input)
        points += f"\n{reason}" * bool(reason)
    return f"{points}\n\n{ends}"


def _columns(diagram: BifurcationDiagram) -> dict[str, Any]:
    """Return the branches, one after the other, with labels at the points where they meet."""
    import numpy as np

    branches = diagram.branches
    value, x = (np.concatenate([getattr(b, name) for b in branches]) for name in ("value", "x"))
    labels = {(point.value, point.x): point.kind for point in diagram.special_points}
    return {
        "branch": np.repeat(np.arange(1, len(branches) + 1), [b.value.size for b in branches]),
        "stable": np.repeat([b.stable for b in branches], [b.value.size for b in branches]),
        diagram.over: value,
        "x": x,
        "eigenvalue": np.concatenate([b.eigenvalue for b in branches]),
        "label": [labels.get(at, "") for at in zip(value.tolist(), x.tolist(), strict=True)],
    }
