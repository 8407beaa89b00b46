"""The answer of descents from many starts: how many ended how, a row for each, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doya_cli.sentences import in_options

if TYPE_CHECKING:
    from doya import BifurcationPoint, Conversion, InitialisationMap
    from doya.neurons import Neuron
    from doya_cli.output import Answer


def of_starts(
    neuron: Neuron | Conversion,
    over: dict[str, tuple[float, float]],
    points: int,
    given: dict[str, Any],
    quiet: bool,
) -> Answer:
    """Train from each start, and return the answer without the values of its options."""
    import numpy as np

    import doya
    from doya.training.statuses import TrainingStatus
    from doya_cli.output import Answer
    from doya_cli.progress import progress

    # A range of neighbouring doubles has fewer values than points.
    axes = {name: np.unique(np.linspace(*ends, points)) for name, ends in over.items()}
    own = {name: value for name, value in given.items() if name not in axes}
    with progress(quiet) as tell:
        found = doya.initialisation_map(neuron, axes, **own, progress=tell)  # type: ignore[arg-type]
        found.walls, found.curves  # noqa: B018  # computed under the bar
    counts = found.counts
    if not np.isfinite(found.loss).any():
        raise click.ClickException(in_options(TrainingStatus(int(found.status.flat[0])).sentences))
    return Answer(
        command="train",
        parameters={},
        result={
            "cells": found.loss.size,
            **counts,
            "least": _least(found),
            "largest_gradient": np.nanmax(found.largest_gradient),
            "walls": [{"kind": wall.kind, **wall.values} for wall in found.walls],
            "special_points": [
                {"kind": each.kind, "w": each.w, "b": each.b, "x": each.x}
                for each in _points(found)
            ],
            "status": max(int(found.status.max()), 0),
            "message": found.verdict,
        },
        table=_table(found),
        labelled=found.to_xarray,
        columns=_columns(found),
        draw=lambda figure: _draw(found, figure),
    )


def _points(found: InitialisationMap) -> list[BifurcationPoint]:
    """Return the folds and flips on a line of starts, or the cusps of the curves in their plane."""
    return [*found.special_points, *(found.curves.special_points if found.curves else ())]


def _least(found: InitialisationMap) -> dict[str, Any]:
    """Return the start with the least loss at the end, that loss, and where it is reached."""
    import numpy as np

    cell = np.unravel_index(int(np.nanargmin(found.loss)), found.loss.shape)
    axes = found.axes.items()
    return {
        "start": {name: float(axis[k]) for (name, axis), k in zip(axes, cell, strict=True)},
        "parameters": {name: float(row[cell]) for name, row in found.final.items()},
        "loss": float(found.loss[cell]),
    }


def _table(found: InitialisationMap) -> str:
    """Return how many descents had which outcome, and the least loss at the end."""
    from doya_cli.tables import paragraph, table

    total = found.loss.size
    rows = [[name, count, f"{100.0 * count / total:.1f} %"] for name, count in found.counts.items()]
    least = _least(found)
    start = [f"{name} at the start" for name in found.axes]
    end = [f"{name} at the end" for name in found.final]
    best = [*least["start"].values(), *least["parameters"].values(), least["loss"]]
    outcomes = table(["outcome", "descents", "share"], rows)
    return "\n\n".join(
        [outcomes, table([*start, *end, "least loss"], [best]), paragraph(found.verdict)]
    )


def _columns(found: InitialisationMap) -> dict[str, Any]:
    """Return a row for each start, the last parameter fastest."""
    import numpy as np

    cells = np.meshgrid(*found.axes.values(), indexing="ij")
    starts = dict(zip(found.axes, cells, strict=True))
    ends = {f"final_{name}": row for name, row in found.final.items()}
    more = {
        "loss": found.loss,
        "largest_gradient": found.largest_gradient,
        "steps": found.steps_taken,
        "outcome": found.outcome,
        "status": found.status,
    }
    return {name: each.ravel() for name, each in {**starts, **ends, **more}.items()}


def _draw(found: InitialisationMap, figure: Any) -> None:
    import doya
    from doya.plots.pages import page

    tall = 1.4 if len(found.axes) == 1 else 1.1
    doya.plots.draw_initialisation_map(found, page(figure, tall=tall))
