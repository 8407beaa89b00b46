"""doya orbit"""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Any

import click

from doya_cli import options, values

if TYPE_CHECKING:
    from doya import CycleBifurcation, OrbitDiagram

# Values at which cycles are looked for, and lines of the table about them, at most.
MOST_SEARCHED, MOST_LINES = 2000, 16
# Periods whose part of the values is lines.
MOST_PERIODS = 6
MOST_STEPS = 10**9


@options.command(
    "orbit --epsilon 0.5 --b 10 --over w -600 10",
    "orbit --follow",
)
@options.weight_and_bias
@options.dynamics_from("map")
@options.sweep(
    "b",
    "w",
    "epsilon",
    text="Parameter to sweep (b, w or epsilon) and its range."
    "  [default: b, around all folds and flips of fixed points]",
)
@options.points("Values of the parameter", default=1000)
@click.option(
    "--x0", type=values.Parameter("x0"), multiple=True,
    help="State at the start; repeat it for several.  [default: the two critical points, from"
    " which every attractor is reached]",
)  # fmt: skip
@click.option(
    "--follow", is_flag=True,
    help="Begin each value where the one before has ended, once rising and once falling: where"
    " the two differ there is hysteresis.",
)  # fmt: skip
@click.option(
    "--transient", type=values.Count(0, MOST_STEPS), metavar="N", default=10_000,
    show_default=True, help="Steps left out, at most 1e9.",
)  # fmt: skip
@click.option(
    "--steps", type=values.Count(16, MOST_STEPS), metavar="N", default=10_000,
    show_default=True, help="Steps for the Lyapunov exponent of an orbit in no cycle, 16 to 1e9.",
)  # fmt: skip
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    over: dict[str, tuple[float, float]],
    points: int,
    x0: tuple[float, ...],
    follow: bool,
    transient: int,
    steps: int,
    **output: Any,
) -> None:
    """Orbit diagram and Lyapunov exponents of the map.

    All that its orbits come to, cycles and chaos, over one parameter; with the flips (PD) and
    folds (LP) of its cycles.
    """
    if dynamics == "flow":
        raise click.UsageError(
            "--dynamics must be map: the flow ends in equilibria only, as doya bifurcate shows."
        )
    if len(over) > 1:
        raise click.UsageError("--over sweeps one parameter: give it once.")
    name, between = next(iter(over.items()), ("b", None))

    import doya
    from doya_cli.output import Answer, asks_for_data, deliver
    from doya_cli.progress import progress

    neuron = doya.NeuronMap(w, b, epsilon=1.0 if epsilon is None else epsilon)
    try:
        with progress(output["quiet"]) as tell:
            diagram = doya.orbit_diagram(
                neuron, name, between, points=points, x0=x0 or None, follow=follow,
                transient=transient, steps=steps,
            )  # fmt: skip
            tell(0.5)
            special = doya.cycle_bifurcations(
                neuron, name, diagram.between, points=min(points, MOST_SEARCHED)
            )
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page

        doya.plots.draw_orbit_diagram(diagram, page(figure, tall=1.4))

    answer = Answer(
        command="orbit",
        parameters={
            "w": w,
            "b": b,
            **options.dynamics_parameters(neuron),
            name: None,  # swept
            "over": [name, *diagram.between],
            "points": points,
            "x0": x0,
            "follow": follow,
            "transient": transient,
            "steps": steps,
        },
        result=_result(diagram, special),
        table=_table(diagram, special),
        columns=_columns(diagram) if asks_for_data(output["outputs"]) else {},
        draw=draw,
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
        "special_points": [dataclasses.asdict(point) for point in special],
    }


def _strongest(diagram: OrbitDiagram) -> tuple[Any, Any, Any]:
    """Exponents, errors and periods of the first row, or of the largest exponent of several."""
    import numpy as np

    row = np.where(diagram.attractors > 1, diagram.lyapunov.argmax(axis=0), 0)
    at = np.arange(diagram.value.size)
    rows = (diagram.lyapunov, diagram.lyapunov_error, diagram.period)
    lyapunov, error, period = (each[row, at] for each in rows)
    return lyapunov, error, period


def _table(diagram: OrbitDiagram, special: list[CycleBifurcation]) -> str:
    """Where cycles change, and then what there is."""
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
        else f"no bifurcation of cycles for {over} from {number(low)} to {number(high)}"
    ]
    rest = [point.period for point in shortest[MOST_LINES:]]
    if rest:
        lines.append(f"and {len(rest)} more, of periods {rest[0]} to {rest[-1]}: --json has all")
    header, *others = _summary(diagram)
    return "\n".join([*lines, "", table(header, others)])


def _summary(diagram: OrbitDiagram) -> list[list[str]]:
    """The largest exponent, and the shares of the values with chaos, each period, attractors."""
    from doya_cli.tables import number

    value, over, size = diagram.value, diagram.over, diagram.value.size
    lyapunov, error, period = _strongest(diagram)
    most = int(lyapunov.argmax())
    largest = f"{lyapunov[most]:.4g} +- {error[most]:.1g}"
    lines = [
        ["Lyapunov exponent", f"at most {largest}, at {over} = {number(value[most])}"],
        ["chaos", f"{_part((lyapunov > error).sum(), size)}: an exponent above its error"],
    ]
    counts = collections.Counter(period[period > 0].tolist()).most_common(MOST_PERIODS)
    parts = [f"{each} {_part(count, size)}" for each, count in counts]
    rest = size - int((period == 0).sum()) - sum(count for _, count in counts)
    parts += [f"others {_part(rest, size)}"] if rest else []
    lines.append(["periods", ", ".join(parts) or "none found"])
    several = diagram.attractors > 1
    if several.any():
        ranges = int(several[0]) + int((several[1:] & ~several[:-1]).sum())
        within = "" if ranges == 1 else f" in {ranges} ranges"
        ends = f"{over} from {number(value[several].min())} to {number(value[several].max())}"
        lines.append(
            [
                "attractors",
                f"{diagram.attractors.max()} {_part(several.sum(), size)}{within}, {ends}",
            ]
        )
    return lines


def _part(count: int, size: int) -> str:
    return f"at {100.0 * count / size:.3g} %"


def _columns(diagram: OrbitDiagram) -> dict[str, Any]:
    """A line a state: one round of a cycle, or all that there are of what is in none."""
    import numpy as np

    kept = diagram.x.shape[-1]
    count = np.where(diagram.period > 0, diagram.period, kept)
    shown = np.arange(kept) < count[..., np.newaxis]
    row, at, _ = np.nonzero(shown)
    return {
        diagram.over: diagram.value[at],
        "row": row + 1,
        "start": np.array(diagram.rows)[row],
        "period": diagram.period[row, at],
        "lyapunov": diagram.lyapunov[row, at],
        "lyapunov_error": diagram.lyapunov_error[row, at],
        "x": diagram.x[shown],
    }


def _notices(diagram: OrbitDiagram) -> list[str]:
    """Where it is open what an orbit comes to."""
    open_ = ((diagram.period == 0) & ~(diagram.lyapunov > diagram.lyapunov_error)).any(axis=0)
    if not open_.any():
        return []
    return [
        f"At {open_.sum()} of {open_.size} values no cycle was found, nor an exponent above its"
        " error: the period is above 64, or --transient or --steps too short."
    ]
