"""doya equilibria"""

from __future__ import annotations

from typing import Any

from doya_cli import options


@options.command(
    "equilibria --w 5 --b -2.5",
    "equilibria --w -10 --b 3 --dynamics map --epsilon 0.8 --json",
    "equilibria --input 0.02",
)
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
    **output: Any,
) -> None:
    """List all equilibria with their eigenvalues and stability.

    The equilibria of the map are its fixed points.  Each has a multiplier in place of the
    eigenvalue.
    """
    neuron = options.neuron(dynamics, epsilon, w, b).replace(
        input_weight=input_weight, input_to=input_to
    )

    import doya
    from doya_cli.output import Answer, deliver
    from doya_cli.tables import table

    try:
        found = doya.equilibria(neuron, u)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    columns = {
        "x": found.x.tolist(),
        "eigenvalue": found.eigenvalue.tolist(),
        "stable": found.stable.tolist(),
    }
    rows = list(zip(*columns.values(), strict=True))
    answer = Answer(
        command="equilibria",
        parameters={
            "w": w,
            "b": b,
            **options.dynamics_parameters(neuron),
            **options.input_parameters(u, neuron),
        },
        result={
            "equilibria": [dict(zip(columns, row, strict=True)) for row in rows],
            "count": found.count,
        },
        table=table(["x", "multiplier" if dynamics == "map" else "eigenvalue", "stable"], rows),
        columns=columns,
        draw=lambda figure: doya.plots.draw_equilibria(found, figure.subplots()),
    )
    deliver(answer, **output)
