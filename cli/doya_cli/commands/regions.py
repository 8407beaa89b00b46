"""doya regions"""

from __future__ import annotations

import dataclasses
from typing import Any

from doya_cli import models, options


@options.command(
    "regions --over w 3 6 --over b -4 -1",
    "regions --dynamics map --epsilon 0.8",
)
@options.dynamics
@options.constant_input
@options.sweep(
    "w",
    "b",
    text="Range of w or of b; repeat the option to set both."
    "  [default: w 0 10 and b -8 1; for the map, ranges that show its flips]",
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
    **output: Any,
) -> None:
    """Draw the fold and flip curves in the (w, b) plane.

    Draws the fold curves (LP), the flip curves (PD) and the cusp (CP).  For each region between
    the curves, lists the number of equilibria (fixed points of the map) and the number of stable
    ones.  The row "elsewhere" is for the rest of the window.
    """
    neuron = models.neuron_of(dynamics, epsilon).replace(
        input_weight=input_weight, input_to=input_to
    )

    import doya
    from doya.bifurcations.curves import default_window
    from doya_cli.kinds import meaning
    from doya_cli.output import Answer, deliver
    from doya_cli.tables import number, table

    try:
        window = dict(zip(("w", "b"), default_window(neuron, u), strict=True)) | over
        found = doya.bifurcation_curves(neuron, window["w"], window["b"], points=points, u=u)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    curves = [
        {
            "kind": curve.kind,
            "w": curve.w.tolist(),
            "b": curve.b.tolist(),
            "x": curve.x.tolist(),
        }
        for curve in found.curves
    ]
    special = [dataclasses.asdict(point) for point in found.special_points]
    regions = [
        {
            "name": region.name,
            "equilibria": region.equilibria,
            "stable": region.stable,
            "inside": {"w": region.inside[0], "b": region.inside[1]},
        }
        for region in found.regions
    ]
    is_map = dynamics == "map"
    ends = [
        [
            *(each["kind"], *(each[name][k] for k in (0, -1) for name in ("w", "b"))),
            meaning(each["kind"], is_map=is_map),
        ]
        for each in curves
    ]
    states = "fixed points" if is_map else "equilibria"
    header = ["curve", "w from", "b from", "w to", "b to", "meaning"]
    lines = [
        table(["region", states, "stable"], [list(each.values())[:3] for each in regions]),
        "",
        table(header, ends) if ends else "no curve here",
        *(
            f"\n{each['kind']} at w = {number(each['w'])}, b = {number(each['b'])},"
            f" {meaning(each['kind'], is_map=is_map)}"
            for each in special
        ),
    ]
    answer = Answer(
        command="regions",
        parameters={
            **models.dynamics_parameters(neuron),
            **models.input_parameters(u, neuron),
            "over": [[name, *window[name]] for name in ("w", "b")],
            "points": points,
        },
        result={"special_points": special, "curves": curves, "regions": regions},
        table="\n".join(lines),
        columns={
            "curve": [k for k, each in enumerate(curves, 1) for _ in each["w"]],
            "kind": [each["kind"] for each in curves for _ in each["w"]],
            **{name: [v for each in curves for v in each[name]] for name in ("w", "b", "x")},
        },
        draw=lambda figure: doya.plots.draw_bifurcation_curves(found, figure.subplots()),
    )
    deliver(answer, **output)
