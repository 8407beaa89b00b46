"""The cobweb: the next state over the state, its crossings with the diagonal, and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import bifurcation_points
from doya.conversions.tanh import from_tanh, to_tanh
from doya.equilibria import equilibria
from doya.figures.marks import FILLED, OPEN, arrow, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.plots.labels import MINUS, number, write_above
from doya.plots.pages import two_below
from doya.plots.style import MARKER
from doya.plots.theme import theme
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

NEURON = NeuronMap(w=8.0, b=-4.0, epsilon=0.5)
STARTS, STEPS = {0.56: "-", 0.4: (0, (3.5, 1.2, 1.0, 1.2))}, 12
# Weight of the tanh unit, and the range of its state.
V, REACH = 2.0, 3.8
HEAD: Part = {
    "color": "accent", "linewidth": 0.0, "linestyle": "-", "zorder": 3,
    "arrowstyle": "-|>,head_length=4.4,head_width=2.2",
}  # fmt: skip
PATH: Part = {"color": "accent", "linewidth": 0.9, "zorder": 3}


@recipe(
    source="Y. Bengio, P. Simard, P. Frasconi (1994): tanh(a), and the line a/w that crosses it at"
    " the equilibria; below, their threshold h* as a tangent",
    departs="The lines for h = h* and beyond, and Doya's map with paths, are ours; its step is ε ="
    " 0.5, so that the eye can follow a path.",
)
def cobweb(figure: Figure) -> Data:
    """Where the next state is the state: three crossings, and an input that leaves only one.

    Above: a step of Doya's map, x[t+1] = (1 - ε) x[t] + ε σ(w x[t] + b) at w = 8, b = -4, ε = 0.5
    (black), and the line on which x[t+1] = x[t] (grey).  They cross at the fixed points: filled
    circles attract, the open circle repels.  Coloured: two paths, from x(0) = 0.56 (solid) and from
    x(0) = 0.4 (dash-dotted).  A path goes up or down to the curve, which gives the next state, and
    across to the line, which makes it the state; so it moves away from the open circle.  Below: the
    tanh unit of Bengio et al., a[t+1] = w tanh(a[t]) + h at w = 2.  It is at rest where tanh(a)
    (black) crosses the line (a - h)/w.  Without input, h = 0, there are three crossings (solid
    line).  At h = h* = 0.533 (dashed) the line is a tangent, and two of them meet and vanish
    (half-filled circle).  An input of h = 1.4 (dotted) leaves one crossing, to which every state
    goes: the bit is set.
    """
    figure.subplots_adjust(right=0.85)
    above, below = two_below(figure, tall=1.95, share=0.5, gap=0.62)
    return stacked({**_draw_map(above), **_draw_lines(below)})


def _draw_map(ax: Axes) -> dict[str, Part]:
    x = np.linspace(0.0, 1.0, 101)
    following = _next(x)
    ax.plot(x, x, color=theme(ax).hairline, linewidth=0.8, zorder=1)
    ax.plot(x, following, color=theme(ax).ink, zorder=2)
    parts = {"map": {"from": x, "to": following}}
    for x0, style in STARTS.items():
        path = np.repeat(simulate(NEURON, x0, STEPS).x, 2)
        across, along = path[:-1], np.append(0.0, path[2:])
        ax.plot(across, along, **painted(ax, PATH, linestyle=style))
        arrow(ax, (x0, 0.2), (x0, 0.25), **HEAD)
        parts[f"path from {x0:g}"] = {"from": across, "to": along}
        right = x0 > 0.5
        words = f"{'x(0) = ' * right}{number(x0)}"
        away, side = ((3, 5), "left") if right else ((-3, 5), "right")
        beside(ax, words, (x0, 0.0), away, ha=side)
    found = equilibria(NEURON)
    for name, which, circle in (
        ("attracting", found.stable, FILLED),
        ("repelling", ~found.stable, OPEN),
    ):
        ax.plot(found.x[which], found.x[which], **painted(ax, circle))
        parts[name] = {"from": found.x[which], "to": found.x[which]}
    for place, away, side in zip(
        found.x, ((9, -1), (-6, 7), (-9, 2)), ("left", "right", "right"), strict=True
    ):
        beside(ax, f"{place:.2f}", (place, place), away, ha=side)
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    ax.set_xlabel("x[t]", style="italic")
    ax.set_ylabel("x[t+1]", style="italic")
    w, b, step = (number(float(each)) for each in (NEURON.w, NEURON.b, NEURON.epsilon))
    write_above(ax, f"w = {w}, b = {b}, ε = {step}")
    return parts


def _next(x: Floats) -> Floats:
    """Return the states after one step."""
    return np.asarray(simulate(NEURON, x, 1).x[:, -1])


def _tangent() -> tuple[float, float]:
    """Return the input h* > 0, and the state where its line touches the curve."""
    point = max(bifurcation_points(from_tanh(V, 0.0), "h"), key=lambda each: each.value)
    state = to_tanh(NeuronMap(4.0 * V, 2.0 * point.value - 2.0 * V)).from_state(point.x)
    return float(point.value), float(state)


def _draw_lines(ax: Axes) -> dict[str, Part]:
    a = np.linspace(-REACH, REACH, 121)
    ax.plot(a, np.tanh(a), color=theme(ax).ink, zorder=2)
    parts: dict[str, Part] = {"tanh": {"from": a, "to": np.tanh(a)}}
    limit, touch = _tangent()
    ends = np.array([-REACH, REACH])
    for h, style, name in ((0.0, "-", "0"), (limit, "--", "h*"), (1.4, ":", "1.4")):
        up = {"0": 2, "h*": -1}.get(name, 0)
        line = (ends - h) / V
        ax.plot(ends, line, **painted(ax, {"color": "accent", "linewidth": 1.0}, linestyle=style))
        parts[f"h = {name}"] = {"from": ends, "to": line}
        beside(ax, f"h = {name}", (ends[1], line[1]), (4, up), ha="left")
        found = equilibria(from_tanh(V, h))
        rests = np.asarray(from_tanh(V, h).from_state(found.x))
        if h != limit:
            for which, shape in ((found.stable, FILLED), (~found.stable, OPEN)):
                ax.plot(rests[which], np.tanh(rests[which]), **painted(ax, shape, markersize=4.5))
            parts[f"crossings, h = {name}"] = {"from": rests, "to": np.tanh(rests)}
    circle: Part = {"color": "ink", "linestyle": "none", "markerfacecoloralt": "paper", "zorder": 5}
    ax.plot(touch, np.tanh(touch), **painted(ax, circle, **MARKER["LP"]))
    parts["tangent"] = {"from": [touch], "to": [np.tanh(touch)]}
    ax.set(xlim=(-REACH, REACH), ylim=(-1.9, 1.9))
    ax.set_xlabel("a", style="italic")
    ax.set_ylabel(f"tanh(a),  (a {MINUS} h)/w", style="italic")
    write_above(ax, f"w = {number(V)}, h* = {number(limit, 3)}")
    return parts
