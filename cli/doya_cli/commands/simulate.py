"""doya simulate"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import models, options, values
from doya_cli.authors import authored, variable
from doya_cli.motions import are_moving
from doya_cli.sentences import in_options

if TYPE_CHECKING:
    from doya import Conversion, Equilibria, Trajectory
    from doya.arrays import Floats

# The source of a value that the command line does not give.
USUAL = ParameterSource.DEFAULT
METHODS = ("formula", "euler", "rk4", "dop853")
STEPPED = ("euler", "rk4")
MOST_STEPS = 1_000_000


@options.command(
    "simulate --x0 0.145 --pulse 5 8 0.5 --pulse 25 28 -0.5",
    "simulate --pulse 5 8 0.5 -o memory.gif",
    "simulate --input input.csv -o states.csv",
    "simulate --dynamics map --epsilon 0.5 --t-end 30",
    "simulate wilson-cowan w=5 theta=2.8 a=1.2 input=0.5 --x0 0.1 --x0 0.5",
    python="doya.simulate, doya.final_state, doya.crossing_time",
)
@authored
@options.weight_and_bias
@options.dynamics
@click.option(
    "--x0", type=values.Parameter("x0"), multiple=True, default=[0.4, 0.6],
    help="State at the start; repeat for several trajectories.  [default: 0.4 and 0.6]",
)  # fmt: skip
@click.option(
    "--t-end", type=values.Number(), metavar="NUMBER", default=50.0, show_default=True,
    help="End time T: 0 to inf for the flow, a whole number of steps for the map.",
)  # fmt: skip
@options.any_input
@click.option(
    "--cross", type=values.Parameter("level"), multiple=True, metavar="LEVEL",
    help="List the time at which the state first reaches this level, also if that is"
    " later than T; repeat for several.",
)  # fmt: skip
@click.option(
    "--points", type=values.Count(2, 1_000_000), metavar="N",
    help="Number of time points of the flow, 2 to 1000000.  Further points are added at the"
    " jumps of the input.  [default: 201; with euler and rk4, every step]",
)  # fmt: skip
@click.option(
    "--method", type=values.Choice(METHODS),
    help="Method for the flow.  [default: formula, exact up to rounding errors]",
)  # fmt: skip
@click.option(
    "--step",
    type=values.Number(),
    metavar="NUMBER",
    help="Step size of euler and rk4, above 0.  [default: 0.1]",
)
@options.output_moving
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    x0: tuple[float, ...],
    t_end: float,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | str | None,
    input_weight: float,
    input_to: str,
    cross: tuple[float, ...],
    points: int | None,
    method: str | None,
    step: float | None,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Compute trajectories: the state against time.

    One trajectory begins at each --x0.  Without --pulse, --ramp and --input there is no input.
    An animation shows the state on the phase line, on the bifurcation diagram and over time.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, all states and times, also --x0, --t-end and --step,
    are in the author's units.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, w, b, input_weight, input_to)
    is_map = dynamics == "map" if conversion is None else conversion.neuron.dynamics == "map"
    if conversion and (pulses or ramp or u is not None):
        raise click.UsageError(
            "--pulse, --ramp and --input need Doya's parameters: remove AUTHOR and its letters, or"
            " give the author's own constant input as a letter."
        )
    if conversion and are_moving(output["outputs"]):
        raise click.UsageError("animations need Doya's parameters: remove AUTHOR and its letters.")
    options.check_one_input(pulses, u, ramp)
    if cross and ramp and not is_map:
        raise click.UsageError(
            "--cross needs an input that is constant in pieces: give the ramp as a staircase by"
            " --input FILE."
        )
    if step is not None and method not in STEPPED:
        raise click.UsageError(f"--step needs --method {' or '.join(STEPPED)}.")
    if points is not None and is_map:
        raise click.UsageError(
            "--points is for the flow. The map shows every step: remove --points."
        )
    if is_map and MOST_STEPS < t_end < math.inf:
        raise click.BadParameter(
            f"the map shows every step, so T must be at most {MOST_STEPS}, got {t_end:g}.",
            param_hint="'--t-end'",
        )
    longest = (0.1 if step is None else step) * MOST_STEPS
    if method in STEPPED and 0.0 < longest < t_end < math.inf:
        least = t_end / MOST_STEPS
        raise click.BadParameter(
            f"at most {MOST_STEPS} steps are allowed, so with --t-end {t_end:g} the length of a"
            f" step must be at least {least:g}, got {0.1 if step is None else step:g}. Use a larger"
            " --step or a smaller --t-end.",
            param_hint="'--step'",
        )
    if points is None and not is_map and method not in STEPPED:
        points = 201

    import numpy as np

    import doya
    from doya_cli.commands.equilibria import columns_of
    from doya_cli.inputs import driven_by
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress
    from doya_cli.tables import table

    driven = driven_by(pulses, u, is_map, ramp)
    try:
        if conversion and click.get_current_context().get_parameter_source("x0") == USUAL:
            x0 = tuple(np.round(conversion.from_state(np.array(x0)), 6).tolist())
        starts = np.array(x0) if conversion is None else conversion.to_state(np.array(x0))
        unit = 1.0 if conversion is None else float(conversion.from_time(1.0))
        with progress(output["quiet"]):
            result = doya.simulate(
                neuron, starts, t_end / unit, driven,
                points=points, method=method, step=(0.1 if step is None else step) / unit,
            )  # fmt: skip
        states = _states(result, x0)
        found = _equilibria(result)
        crossings = _crossings(result, x0, cross, driven)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    for start, done, message in zip(x0, result.success, result.message, strict=True):
        if not done:
            raise click.ClickException(f"x0 = {start}: {in_options(message)}")

    final, rest = states[:, -1], found.state
    own = variable(conversion)
    nearest_name = ("nearest fixed point" if is_map else "nearest equilibrium") + (
        f" at u = {found.u:g}" if result.u.any() else ""
    )
    nearest = abs(final[:, None] - rest).argmin(axis=1)
    equilibria = columns_of(found)
    answer = Answer(
        command="simulate",
        parameters={
            **models.parameters_of(neuron, w, b),
            "x0": x0,
            "t_end": int(t_end) if is_map else t_end,
            "pulse": tuple(map(list, pulses)),
            "ramp": list(ramp) if ramp else None,
            **models.input_parameters(u, neuron),
            "cross": cross,
            "points": points,
            "method": None if is_map else result.method,
            "step": 0.1 if step is None and method in STEPPED else step,
        },
        result={
            "equilibria_u": found.u,
            "t": result.t * unit,
            "u": result.u[0],
            "x0": x0,
            "x": result.x,
            **({"state": states} if conversion else {}),
            "final": final,
            "equilibria": [
                dict(zip(equilibria, row, strict=True))
                for row in zip(*equilibria.values(), strict=True)
            ],
            **({"crossings": crossings} if cross else {}),
        },
        table="\n\n".join(
            [
                table(
                    [f"{own}0", f"final {own}", nearest_name, "stable", "distance"],
                    [
                        [start, end, rest[k], bool(found.stable[k]), abs(end - rest[k])]
                        for start, end, k in zip(x0, final, nearest, strict=True)
                    ],
                ),
                *_listed(crossings),
            ]
        ),
        labelled=lambda: _labelled(result, states),
        columns=_columns(result, states, x0, unit, own),
        arguments=("author", "letters"),
        draw=lambda figure: doya.plots.draw_trajectory(result, figure.subplots()),
        animate=lambda figure, most: doya.animations.animate_trajectory(
            result, figure, frames=most
        ),
    )
    deliver(answer, **output)


def _states(result: Trajectory, x0: tuple[float, ...]) -> Floats:
    """Return the author's states; at t = 0 those given, which have not been rounded to x."""
    import numpy as np

    states = np.array(result.state)
    states[:, 0] = x0
    return states


def _labelled(result: Trajectory, states: Floats) -> Any:
    """Return the result as labelled arrays, with these states of the author."""
    found = result.to_xarray()
    return found.assign(state=found.state.copy(data=states)) if result.conversion else found


def _columns(
    result: Trajectory, states: Floats, x0: tuple[float, ...], unit: float, own: str
) -> dict[str, Any]:
    """Return the trajectories one after another; with the start of each if there are several."""
    import numpy as np

    size = result.t.size
    starts = {"x0": np.repeat(np.array(x0), size)} if len(x0) > 1 else {}
    return {
        **starts,
        "t": np.tile(result.t * unit, len(x0)),
        "u": np.tile(result.u[0], len(x0)),
        own: states.ravel(),
    }


def _crossings(
    result: Trajectory, x0: tuple[float, ...], levels: tuple[float, ...], u: Any
) -> list[dict[str, Any]]:
    """Return when each trajectory first reaches each level, with the derivatives of the flow."""
    import doya

    if not levels:
        return []
    starts, conversion = result.x[:, 0], result.conversion
    if conversion is not None:
        found = doya.crossing_time(
            conversion, starts[:, None], conversion.to_state(list(levels)), u
        )
        times = conversion.from_time(found.t)
        return [
            {"x0": start, "level": level, "t": float(times[i, k])}
            for i, start in enumerate(x0)
            for k, level in enumerate(levels)
        ]
    found = doya.crossing_time(result.neuron, starts[:, None], list(levels), u)
    names = [f"dt_d{name}" for name in found.derivative]
    rows = [found.t, *found.derivative.values()]
    return [
        {"x0": float(start), "level": level}
        | {name: float(row[i, k]) for name, row in zip(["t", *names], rows, strict=True)}
        for i, start in enumerate(starts)
        for k, level in enumerate(levels)
    ]


def _listed(crossings: list[dict[str, Any]]) -> list[str]:
    """Return a table of the crossings, if there are any."""
    from doya_cli.tables import table

    if not crossings:
        return []
    words = {math.inf: "never"}
    header = [name.replace("dt_d", "dt/d") for name in crossings[0]]
    header[header.index("t")] = "first at t"
    rows = [
        [None if math.isnan(value) else words.get(value, value) for value in each.values()]
        for each in crossings
    ]
    return [table(header, rows)]


def _equilibria(result: Trajectory) -> Equilibria:
    """Return the equilibria under the last input before the end."""
    import doya

    last = -1 if result.u_rises else -2  # a ramp does not jump at the end
    return doya.equilibria(result.conversion or result.neuron, float(result.u[0, last:][0]))
