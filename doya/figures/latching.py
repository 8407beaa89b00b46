"""The (V, h) plane of the tanh neuron: the threshold of latching, which Doya's folds lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.curves import bifurcation_curves
from doya.bifurcations.points import bifurcation_points
from doya.conversions.tanh import from_tanh, to_tanh
from doya.equilibria import equilibria
from doya.figures.marks import beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.plots.labels import MINUS, number
from doya.plots.pages import page
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

# Room for the upper axis, in inches.
ABOVE = 0.41

V, H = (0.85, 1.6), (-0.3, 0.3)
# Doya's weights at which folds are shown, and the weight whose folds are labelled.
WEIGHTS, W = np.arange(4.5, 6.3, 0.25), 5.0
# Doya's biases that have a line.
BIASES = (-1.5, -2.0, -2.5, -3.0)
# Doya's (w, b), between those lines, at which attractors are counted and their number is written.
COUNTED = ((5.54, -2.73), (4.34, -1.74))
FOLD: dict[str, Any] = {
    "color": "accent", "linestyle": "none", "markerfacecoloralt": "paper", "zorder": 4,
    **MARKER["LP"],
}  # fmt: skip


def threshold(v: Floats) -> Floats:
    """Return the threshold h* of latching for V >= 1.

    Bengio et al. show that it exists; the closed form is ours.
    """
    found: Floats = np.sqrt(v * (v - 1.0)) - np.arctanh(np.sqrt((v - 1.0) / v))
    return found


@recipe(
    source="Y. Bengio, P. Simard, P. Frasconi (1994): a threshold h* exists, and for |h| < h* the"
    " neuron latches",
    departs="The closed form of h* and the figure are ours, with Doya's coordinates and folds.",
)
def latching(figure: Figure) -> Data:
    """Bengio's tanh neuron keeps a bit for |h| < h*, the range between Doya's two folds.

    The plane of the weight V and the input h of the map a[t+1] = V tanh(a[t]) + h.  Bengio et al.
    show that a threshold h* exists: a bit stays latched for |h| < h*.  Its closed form, h* = √(V(V
    - 1)) - artanh √((V - 1)/V), is ours.  Solid: h = h* and h = -h*.  Shaded: |h| < h*.
    Half-filled circles: folds of Doya's neuron, where two equilibria meet and vanish, computed from
    Doya's equations.  Filled square: its cusp, where the folds meet.  All of them lie on the solid
    lines.  Doya's coordinates are w = 4V, on the upper axis, and b = 2h - 2V, constant along each
    dotted line.  Dashed: w = 5, whose two folds are labelled.  Each printed number of attractors
    was computed at the place where it stands.
    """
    ax = page(figure, tall=1.25)
    figure.subplots_adjust(top=1.0 - ABOVE / figure.get_figheight())
    ax.set_xlim(*V)
    ax.set_ylim(*H)
    v = 1.0 + (V[1] - 1.0) * np.linspace(0.0, 1.0, 101) ** 2
    limit = threshold(v)
    ax.fill_between(v, -limit, limit, color=theme(ax).band, linewidth=0, zorder=0)
    for sign in (1.0, -1.0):
        ax.plot(v, sign * limit, color=theme(ax).ink, zorder=3)
    parts = {"h*": {"V": v, "h": limit}, "-h*": {"V": v, "h": -limit}}
    parts |= {**_lines_of_bias(ax), **_folds(ax), **_counts(ax)}
    ax.set_xlabel("V", style="italic")
    ax.set_ylabel("h", style="italic")
    ticks = [1.0, 1.25, 1.5]
    ax.set_xticks(ticks, map(number, ticks))
    above = ax.secondary_xaxis("top", functions=(_weight, _tanh_weight))
    above.set_xticks(_weight(ax.get_xticks()))
    above.set_xlabel(SYMBOL["w"], style="italic")
    return stacked(parts)


def _weight(v: Any) -> Any:
    """Return Doya's w for Bengio's V."""
    return from_tanh(v, 0.0).neuron.w


def _tanh_weight(w: Any) -> Any:
    return to_tanh(NeuronMap(w)).parameters["w"]


def _in_plane(w: Any, b: Any) -> Part:
    """Return Bengio's coordinates V and h for Doya's w and b."""
    found = to_tanh(NeuronMap(w, b)).parameters
    v, h = np.broadcast_arrays(found["w"], found["h"])
    return {"V": v, "h": h}


def _folds(ax: Axes) -> dict[str, Part]:
    """Draw Doya's folds and cusp, and label the folds at one weight."""
    points = [p for w in WEIGHTS.tolist() for p in bifurcation_points(NeuronMap(w))]
    (cusp,) = bifurcation_curves(NeuronMap()).special_points
    parts = {
        "fold": _in_plane(*np.array([(point.w, point.b) for point in points]).T),
        "cusp": _in_plane(cusp.w, cusp.b),
    }
    for name, style in (("fold", FOLD), ("cusp", {**FOLD, **MARKER["CP"]})):
        ax.plot(parts[name]["V"], parts[name]["h"], **painted(ax, style))
    beside(ax, "cusp", tuple(parts["cusp"].values()), (-5, 3), ha="right", va="baseline")
    parts[f"w = {number(W)}"] = line = {"V": np.full(2, _tanh_weight(W)), "h": np.array(H)}
    thin: dict[str, Any] = {"color": theme(ax).hairline, "linewidth": 0.8, "linestyle": "--"}
    ax.plot(line["V"], line["h"], zorder=1, **thin)
    upper, lower = (point for point in points if point.w == W)
    for point, name, side in ((upper, "h*", 1), (lower, f"{MINUS}h*", -1)):
        v, h = _in_plane(point.w, point.b).values()
        beside(
            ax, f"{name} = {number(h, 3)}\nfold {SYMBOL['b']} = {number(point.b)}", (v, h),
            (-6, 6 * side), ha="right", va="bottom" if side > 0 else "top",
            bbox={"color": theme(ax).paper, "pad": 0.5},
        )  # fmt: skip
    return parts


def _lines_of_bias(ax: Axes) -> dict[str, Part]:
    """Draw lines of constant b, each labelled at the end that is further from the dashed line."""
    parts = {}
    for b in BIASES:
        line = _in_plane(_weight(np.array(V)), b)
        v, h = _in_plane(_weight(np.interp(H, line["h"], line["V"])), b).values()
        parts[f"b = {b:g}"] = {"V": v, "h": h}
        ax.plot(v, h, color=theme(ax).hairline, linewidth=0.6, linestyle=":", zorder=1)
        at_start = abs(v[0] - _tanh_weight(W)) > abs(v[1] - _tanh_weight(W))
        label, room = f"{SYMBOL['b']} = {number(b)}", " " * 4
        ax.text(
            *((v[0], h[0]) if at_start else (v[1], h[1])),
            room + label if at_start else label + room, ha="left" if at_start else "right",
            va="bottom", rotation=45, rotation_mode="anchor", transform_rotates_text=True,
            fontsize="small", color=theme(ax).shade(0.65),
        )  # fmt: skip
    return parts


def _counts(ax: Axes) -> dict[str, Part]:
    """Write the number of attractors, counted among Doya's equilibria."""
    parts = {}
    for w, b in COUNTED:
        count = int(equilibria(NeuronMap(w, b)).stable.sum())
        name = f"{count} attractor{'s' * (count > 1)}"
        at = parts[name] = _in_plane(w, b)
        beside(ax, name, (float(at["V"]), float(at["h"])), (0, 0))
    return parts
