"""doya equilibria"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doya_cli import models, options
from doya_cli.authors import authored

if TYPE_CHECKING:
    from doya import Conversion, Equilibria


@options.command(
    "equilibria --w 5 --b -2.5",
    "equilibria --w -10 --b 3 --dynamics map --epsilon 0.8 --json",
    "equilibria --input 0.02",
    "equilibria wilson-cowan w=5 theta=2.8 a=1.2 input=0.5",
    python="doya.equilibria",
)
@authored
@options.weight_and_bias
@options.dynamics
@options.constant_input
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    u: float,
    input_weight: float,
    input_to: str,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """List all equilibria with their eigenvalues and stability.

    The equilibria of the map are its fixed points.  Each has a multiplier in place of the
    eigenvalue.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, states and eigenvalues are in the author's units of
    state and time.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, w, b, input_weight, input_to)

    import doya
    from doya_cli.output import Answer, deliver
    from doya_cli.tables import table

    try:
        found = doya.equilibria(neuron, u)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    columns = columns_of(found)
    rows = list(zip(*columns.values(), strict=True))
    answer = Answer(
        command="equilibria",
        parameters={
            **models.parameters_of(neuron, w, b),
            **models.input_parameters(u, neuron),
        },
        result={
            "equilibria": [dict(zip(columns, row, strict=True)) for row in rows],
            "count": found.count,
        },
        table=table(*rows_of(found)),
        labelled=found.to_xarray,
        columns=columns,
        arguments=("author", "letters"),
        draw=lambda figure: doya.plots.draw_equilibria(found, figure.subplots()),
    )
    deliver(answer, **output)


def columns_of(found: Equilibria) -> dict[str, Any]:
    """Return x, eigenvalue and stability; with AUTHOR its state too, and its unit of time."""
    from doya import NeuronMap

    unit = 1.0
    if found.conversion and not isinstance(found.neuron, NeuronMap):
        unit = float(found.conversion.from_time(1.0))
    columns = {
        "x": found.x.tolist(),
        "eigenvalue": (found.eigenvalue / unit).tolist(),
        "stable": found.stable.tolist(),
    }
    return {**columns, "state": found.state.tolist()} if found.conversion else columns


def rows_of(found: Equilibria) -> tuple[list[str], list[list[Any]]]:
    """Return the head and the rows of a table of equilibria."""
    from doya import NeuronMap
    from doya_cli.authors import variable

    columns = columns_of(found)
    rate = "multiplier" if isinstance(found.neuron, NeuronMap) else "eigenvalue"
    states = columns.get("state", columns["x"])
    rows = zip(states, columns["eigenvalue"], columns["stable"], strict=True)
    return [variable(found.conversion), rate, "stable"], list(map(list, rows))
