"""The (w, b) plane: folds that end in a cusp, flips, and the number of attractors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.curve_records import BifurcationCurve, BifurcationCurves
from doya.bifurcations.curves import bifurcation_curves
from doya.figures.marks import beside
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.orbits.cycles import cycles
from doya.plots.curves import LINE
from doya.plots.labels import setting, write_above
from doya.plots.pages import page
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# At epsilon = 1 the map is monotone in x, so that no cycle of it is longer than 2.
NEURON, PERIODS = NeuronMap(epsilon=1.0), {1: "fixed point", 2: "2-cycle"}
W, B = (-12.0, 18.0), (-14.5, 13.5)
# The (w, b) at which attractors are counted and their number is written.
COUNTED_AT = ((-8.2, 2.9), (3.0, 4.0), (13.9, -5.7))
# The name of a curve, the w at which it is written, and on which side.
NAMES: dict[str, tuple[str, float, dict[str, Any]]] = {
    "LP": ("folds (LP)", 10.5, {"away": (-4, -2), "ha": "right", "va": "top"}),
    "PD": ("flips (PD)", -8.0, {"away": (4, 2), "ha": "left", "va": "bottom"}),
    "CP": ("cusp (CP)", 4.0, {"away": (-5, -3), "ha": "right", "va": "top"}),
}


@recipe(
    source='R. D. Beer (1995), "On the dynamics of small continuous-time recurrent neural'
    ' networks": one neuron',
    departs="Ours shows Doya's map at ε = 1 instead of the flow.  It has the same equilibria, folds"
    " and cusp.  For negative w it also has flips, which a flow of one neuron cannot have.",
)
def cusp(figure: Figure) -> Data:
    """The attractors over w and b at ε = 1: one fixed point, two fixed points, or a 2-cycle.

    The map is x[t+1] = σ(w x[t] + b).  Solid: folds (LP, limit points), where two fixed points meet
    and vanish.  The two curves end in the cusp (CP, square) at w = 4, b = -2.  Between them,
    shaded, two fixed points are stable and the one between them is unstable.  Dash-dotted: flips
    (PD, period doublings), where the multiplier w σ′ of the fixed point is -1; the curve turns at w
    = -4, b = 2.  To the left of the flips the fixed point is unstable, and a stable cycle of period
    2 has one state on either side of it.  Elsewhere there is one fixed point, and it is stable.
    Each printed number of attractors was computed at the place where it stands.
    """
    ax = page(figure, tall=1.3)
    ax.set_xlim(*W)
    ax.set_ylim(*B)
    found = bifurcation_curves(NEURON, W, B)
    (between,) = (each for each in found.regions if each.name == "between the folds")
    ax.fill(between.w, between.b, color=theme(ax).band, linewidth=0, zorder=0)
    parts = _curves(ax, found)
    parts[between.name] = {"w": between.w, "b": between.b, "attractors": between.stable}
    for w, b in COUNTED_AT:
        count, text = _attractors(w, b)
        beside(ax, text, (w, b), (0, 0))
        parts[text.replace("\n", " ")] = {"w": w, "b": b, "attractors": count}
    write_above(ax, setting(NEURON, besides=("w", "b")))
    ax.set_xlabel(SYMBOL["w"], style="italic")
    ax.set_ylabel(SYMBOL["b"], style="italic")
    return stacked(parts)


def _curves(ax: Axes, found: BifurcationCurves) -> dict[str, dict[str, Any]]:
    """Draw both halves of each curve as one line, and the cusp, with their names."""
    parts: dict[str, dict[str, Any]] = {}
    halves: dict[str, list[BifurcationCurve]] = {}
    for curve in found.curves:
        halves.setdefault(curve.kind, []).append(curve)
    for kind, curves in halves.items():
        w, b = np.concatenate([[curve.w, curve.b] for curve in curves], axis=1)
        ax.plot(w, b, LINE[kind], color=theme(ax).ink, zorder=2)
        # The last half, that of the larger x, is the outer one of folds and of flips.
        _name(ax, kind, curves[-1].w, curves[-1].b)
        parts[NAMES[kind][0]] = {"w": w, "b": b, "attractors": np.nan}
    for point in found.special_points:
        ax.plot(point.w, point.b, color=theme(ax).ink, zorder=3, **MARKER[point.kind])
        _name(ax, point.kind, np.array([point.w]), np.array([point.b]))
        parts[NAMES[point.kind][0]] = {"w": point.w, "b": point.b, "attractors": np.nan}
    return parts


def _name(ax: Axes, kind: str, w: Any, b: Any) -> None:
    text, where, place = NAMES[kind]
    at = np.argmin(np.abs(w - where))
    beside(ax, text, (w[at], b[at]), color=theme(ax).accent, **place)


def _attractors(w: float, b: float) -> tuple[int, str]:
    """Count the attractors; return their number and a text that names them."""
    each = [cycle for period in PERIODS for cycle in cycles(NEURON.replace(w=w, b=b), period)]
    kinds = [PERIODS[cycle.x.size] for cycle in each if cycle.stable]
    many = "s" if len(kinds) > 1 else ""
    return len(kinds), f"{len(kinds)} attractor{many}:\n{kinds[0]}{many}"
