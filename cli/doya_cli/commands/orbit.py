"""doya orbit"""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Any, cast

import click

from doya_cli import models, options, values
from doya_cli.authors import authored, swept_alone

if TYPE_CHECKING:
    from doya import Conversion, CycleBifurcation, NeuronMap, OrbitDiagram

# Largest number of values at which cycles are searched.
MOST_SEARCHED = 2000
# Largest number of lines for bifurcations in the table.
MOST_LINES = 16
# Largest number of periods whose share of the values is shown.
MOST_PERIODS = 6
MOST_STEPS = 10**9


@options.command(
    "orbit --epsilon 0.5 --b 10 --over w -600 10",
    "orbit --follow",
    "orbit pasemann theta=1 w=-6 --over gamma 0 1",
    python="doya.orbit_diagram, doya.cycles, doya.cycle_bifurcations, doya.lyapunov_exponent, "
    "doya.attractors",
)
@authored
@options.weight_and_bias
@options.dynamics_of_maps
@options.constant_input
@options.sweep(
    "b",
    "w",
    "epsilon",
    "u",
    text="Parameter to sweep (b, w, epsilon, the input u, or a letter of AUTHOR) and its range."
    "  [default: b, or the letter of AUTHOR that corresponds to it, in a range around all folds"
    " and flips of fixed points, -10 to 10 if there are none]",
    alone="b",
)
@options.points("Number of values of the parameter", default=1000)
@click.option(
    "--x0", type=values.Parameter("x0"), multiple=True,
    help="State at the start; repeat for several.  [default: the two critical points of"
    " the map, or 0 and 1 if it has none; in both cases every attractor is reached]",
)  # fmt: skip
@click.option(
    "--follow", is_flag=True,
    help="Sweep the parameter up, then down.  At each value start from the last state at the"
    " previous value.  Where the two sweeps differ, there is hysteresis.",
)  # fmt: skip
@click.option(
    "--transient", type=values.Count(0, MOST_STEPS), metavar="N", default=10_000,
    show_default=True, help="Number of steps at the start that are not recorded, 0 to 1e9.",
)  # fmt: skip
@click.option(
    "--steps", type=values.Count(16, MOST_STEPS), metavar="N", default=10_000,
    show_default=True,
    help="Number of steps for the Lyapunov exponent of an orbit that reaches no cycle, 16 to 1e9.",
)  # fmt: skip
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    u: float,
    input_weight: float,
    input_to: str,
    over: dict[str, tuple[float, float]],
    points: int,
    x0: tuple[float, ...],
    follow: bool,
    transient: int,
    steps: int,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Draw the orbit diagram and Lyapunov exponents of the map.

    For each value of one parameter, shows where the orbits end: in cycles or in chaos.  A Lyapunov
    exponent above its error means chaos.  Lists the flips (PD) and the folds (LP) of the cycles.
    MX is the value at which doya can follow a cycle no further, although the cycle still attracts.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, states are the author's.
    """
    if follow and len(x0) > 1:
        raise click.UsageError(
            f"--follow takes at most one --x0, got {len(x0)}: give one, or remove --follow."
        )
    if dynamics == "flow" or (conversion and conversion.neuron.dynamics == "flow"):
        raise click.UsageError(
            "orbit needs --dynamics map. The flow ends in equilibria: doya bifurcate shows them."
        )
    name, between = swept_alone(over, conversion)
    if conversion and x0:
        raise click.UsageError(
            "--x0 needs Doya's parameters: a state of the author is another x at each value of the"
            " letter. Remove --x0, or AUTHOR."
        )

    import doya
    from doya.columns import of_orbits
    from doya_cli.output import Answer, asks_for_data, deliver
    from doya_cli.progress import progress

    epsilon = 1.0 if epsilon is None else epsilon
    neuron: NeuronMap | Conversion
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=input_weight, input_to=input_to)
    if conversion:
        neuron = cast(
            "Conversion",
            models.model_of(conversion, dynamics, None, w, b, input_weight, input_to),
        )
    models.require_effect(name, neuron)
    try:
        with progress(output["quiet"]) as tell:
            diagram = doya.orbit_diagram(
                neuron, name, between, points=points, x0=x0 or None, follow=follow,
                transient=transient, steps=steps, u=u,
            )  # fmt: skip
            tell(0.5)
            special = doya.cycle_bifurcations(
                neuron, name, diagram.between, points=min(points, MOST_SEARCHED), u=u
            )
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page

        doya.plots.draw_orbit_diagram(diagram, page(figure, tall=1.4))

    answer = Answer(
        command="orbit",
        parameters={
            **models.parameters_of(neuron, w, b, [name]),
            **models.input_parameters(None if name == "u" else u, neuron),
            "over": [name, *diagram.between],
            "points": points,
            "x0": x0,
            "follow": follow,
            "transient": transient,
            "steps": steps,
        },
        result=_result(diagram, special),
        table=_table(diagram, special),
        labelled=diagram.to_xarray,
        columns=of_orbits(diagram) if asks_for_data(output["outputs"]) else {},
        draw=draw,
        arguments=("author", "letters"),
        notices=_notices(diagram),
    )
    deliver(answer, **output)


def _result(diagram: OrbitDiagram, special: list[CycleBifurcation]) -> dict[str, Any]:
    lyapunov, _, periods = _strongest(diagram)
    return {
        "values": diagram.value,
        "lyapunov": lyapunov,
        "periods": periods,
        "attractors": diagram.attractors,
        "rows": [
            {
                "start": start,
                "periods": diagram.period[k],
                "lyapunov": diagram.lyapunov[k],
                "lyapunov_error": diagram.lyapunov_error[k],
            }
            for k, start in enumerate(diagram.rows)
        ],
        "special_points": [
            {
                name: value
                for name, value in dataclasses.asdict(point).items()
                if name != "state" or diagram.conversion
            }
            for point in special
        ],
    }


def _strongest(diagram: OrbitDiagram) -> tuple[Any, Any, Any]:
    """Return exponents, errors and periods of the first row, or where attractors are several, of
    the largest exponent.
    """
    import numpy as np

    row = np.where(diagram.attractors > 1, diagram.lyapunov.argmax(axis=0), 0)
    at = np.arange(diagram.value.size)
    rows = (diagram.lyapunov, diagram.lyapunov_error, diagram.period)
    lyapunov, error, period = (each[row, at] for each in rows)
    return lyapunov, error, period


def _table(diagram: OrbitDiagram, special: list[CycleBifurcation]) -> str:
    """Return the bifurcations of the cycles, and below them the summary."""
    from doya_cli.kinds import meaning
    from doya_cli.tables import number, table

    over, (low, high) = diagram.over, diagram.between
    shortest = sorted(special, key=lambda point: point.period)
    rows = [
        [point.kind, point.value, meaning(point.kind, point.period)]
        for point in shortest[:MOST_LINES]
    ]
    lines = [
        table(["kind", over, "meaning"], rows)
        if rows
        else f"No bifurcation of cycles was found for {over} from {number(low)} to {number(high)}."
    ]
    rest = [point.period for point in shortest[MOST_LINES:]]
    if rest:
        lines.append(f"and {len(rest)} more, of periods {rest[0]} to {rest[-1]}; --json lists all")
    header, *others = _summary(diagram)
    return "\n".join([*lines, "", table(header, others)])


def _summary(diagram: OrbitDiagram) -> list[list[str]]:
    """Return the largest exponent, and the shares of values with chaos, periods, attractors."""
    from doya_cli.tables import number

    value, over, size = diagram.value, diagram.over, diagram.value.size
    lyapunov, error, period = _strongest(diagram)
    most = int(lyapunov.argmax())
    largest = f"{number(lyapunov[most])} +- {error[most]:.1g}"

    def part(count: int) -> str:
        return f"at {100.0 * count / size:.3g} % of the values of {over}"

    lines = [
        ["largest Lyapunov exponent", f"{largest}, at {over} = {number(value[most])}"],
        ["chaos (exponent greater than its error)", part((lyapunov > error).sum())],
    ]
    counts = collections.Counter(period[period > 0].tolist()).most_common(MOST_PERIODS)
    lines += [[f"period {each}", part(count)] for each, count in counts]
    rest = size - int((period == 0).sum()) - sum(count for _, count in counts)
    lines += [["other periods", part(rest)]] if rest else []
    lines += [] if counts else [["periods", "none found"]]
    several = diagram.attractors > 1
    if several.any():
        ranges = int(several[0]) + int((several[1:] & ~several[:-1]).sum())
        within = "" if ranges == 1 else f" in {ranges} ranges"
        ends = f"from {number(value[several].min())} to {number(value[several].max())}"
        numbers = diagram.attractors[several]
        most_there = f"{'up to ' * bool(numbers.min() < numbers.max())}{numbers.max()} attractors"
        lines.append([most_there, f"{part(several.sum())}{within}, {ends}"])
    return lines


def _notices(diagram: OrbitDiagram) -> list[str]:
    """Return a sentence about orbits whose end is not known."""
    open_ = ((diagram.period == 0) & ~(diagram.lyapunov > diagram.lyapunov_error)).any(axis=0)
    if not open_.any():
        return []
    return [
        f"At {open_.sum()} of {open_.size} values neither a cycle nor an exponent above its error"
        " was found: the period exceeds 64, or --transient or --steps is too small."
    ]
