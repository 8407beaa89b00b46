"""doya regions"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from doya_cli import models, options
from doya_cli.authors import authored, require_plain

if TYPE_CHECKING:
    from doya import BifurcationCurves, BifurcationPoint, Conversion
    from doya.neurons import Neuron


@options.command(
    "regions --over w 3 6 --over b -4 -1",
    "regions --dynamics map --epsilon 0.8",
    "regions tanh --over w 0 3 --over h -1 1",
    python="doya.bifurcation_curves",
)
@authored
@options.dynamics
@options.constant_input
@options.sweep(
    "w",
    "b",
    text="Range of w or of b, or of a letter of AUTHOR; repeat the option to set both."
    "  [default: w 0 10 and b -8 1; for the map and for AUTHOR, ranges that show the curves]",
    alone="w b",
)
@options.points(
    "Number of points on each part of a curve",
    more="  Fold curves have two parts, which meet at the cusp.  Flip curves have two parts too,"
    " which meet at their largest w.",
)
@options.output
def command(
    dynamics: str,
    epsilon: float | None,
    u: float,
    input_weight: float,
    input_to: str,
    over: dict[str, tuple[float, float]],
    points: int,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Draw the fold and flip curves in the (w, b) plane.

    Draws the fold curves (LP), the flip curves (PD) and the cusp (CP).  For each region between
    the curves, lists the number of equilibria (fixed points of the map) and the number of stable
    ones.  The row "elsewhere" is for the rest of the window.

    In place of --dynamics and --epsilon you can give an AUTHOR and the values of the author's
    parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert --help
    lists the authors.  With an AUTHOR, the plane is that of two letters: one that changes w, and
    one that changes only b; for tanh these are w and h.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, 5.0, -2.5, input_weight, input_to)
    require_plain(conversion, input=u != 0.0)

    import doya
    from doya.columns import of_curves
    from doya_cli.kinds import meaning
    from doya_cli.output import Answer, deliver
    from doya_cli.tables import table

    try:
        found = _found(neuron, over, points, u)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    names = list(found.window)
    curves = [
        {
            "kind": curve.kind,
            **{name: row.tolist() for name, row in zip(names, curve.places, strict=True)},
            "x": curve.x.tolist(),
            **({"state": curve.state.tolist()} if conversion else {}),
        }
        for curve in found.curves
    ]
    special = [_as_dict(found, point) for point in found.special_points]
    regions = [
        {
            "name": region.name,
            "equilibria": region.equilibria,
            "stable": region.stable,
            "inside": dict(zip(names, region.inside, strict=True)),
        }
        for region in found.regions
    ]
    is_map = models.is_map(neuron)
    ends = [
        [
            *(each["kind"], *(each[name][k] for k in (0, -1) for name in names)),
            meaning(each["kind"], is_map=is_map),
        ]
        for each in curves
    ]
    states = "fixed points" if is_map else "equilibria"
    header = ["curve", *(f"{name} {end}" for end in ("from", "to") for name in names), "meaning"]
    lines = [
        table(["region", states, "stable"], [list(each.values())[:3] for each in regions]),
        "",
        table(header, ends) if ends else "no curve here",
        *(
            f"\n{point.kind} at {_place(found, point)}, {meaning(point.kind, is_map=is_map)}"
            for point in found.special_points
        ),
    ]
    answer = Answer(
        command="regions",
        parameters={
            **_model_parameters(neuron, names),
            **models.input_parameters(u, neuron),
            "over": [[name, *ends] for name, ends in found.window.items()],
            "points": points,
        },
        result={"special_points": special, "curves": curves, "regions": regions},
        table="\n".join(lines),
        arguments=("author", "letters"),
        labelled=found.to_xarray,
        columns=of_curves(found),
        draw=lambda figure: doya.plots.draw_bifurcation_curves(found, figure.subplots()),
    )
    deliver(answer, **output)


def _found(
    neuron: Neuron | Conversion, over: dict[str, tuple[float, float]], points: int, u: float
) -> BifurcationCurves:
    """Return the bifurcation set; a range that is not given is one that shows the curves."""
    import doya
    from doya.bifurcations.curves import default_window
    from doya.bifurcations.letter_curves import partner
    from doya.conversions.conversion import Conversion

    if not isinstance(neuron, Conversion):
        window = dict(zip(("w", "b"), default_window(neuron, u), strict=True)) | over
        return doya.bifurcation_curves(neuron, window["w"], window["b"], points=points, u=u)
    ranges: dict[str, tuple[float, float] | None] = {**over}
    if len(over) == 1:
        ranges[partner(neuron, *over)] = None
    return doya.bifurcation_curves(neuron, points=points, over=ranges or None)


def _as_dict(found: BifurcationCurves, point: BifurcationPoint) -> dict[str, Any]:
    """Return the fields of a point, and with AUTHOR both letters of it."""
    fields = dataclasses.asdict(point)
    return {**fields, "letters": found.place_of(point)} if found.conversion else fields


def _model_parameters(model: Neuron | Conversion, names: list[str]) -> dict[str, Any]:
    """Return AUTHOR and its letters besides those of the plane, or --dynamics and --epsilon."""
    from doya.conversions.conversion import Conversion

    if isinstance(model, Conversion):
        return models.parameters_of(model, 0.0, 0.0, names)
    return models.dynamics_parameters(model)


def _place(found: BifurcationCurves, point: BifurcationPoint) -> str:
    """Return the place of a special point in words."""
    from doya_cli.tables import number

    return ", ".join(f"{name} = {number(value)}" for name, value in found.place_of(point).items())
