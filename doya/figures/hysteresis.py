"""Hysteresis: b ramped up and down across both folds, and the delay of the jump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.diagrams import bifurcation_diagram
from doya.bifurcations.points import BifurcationPoint, bifurcation_points
from doya.equilibria import equilibria
from doya.figures.marks import arrow, beside, draw_law, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.inputs import Ramp
from doya.neurons import NeuronODE
from doya.plots.labels import MINUS, label_above, number, power
from doya.plots.pages import two_below
from doya.plots.style import MARKER, SYMBOL
from doya.plots.theme import theme
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

W, LOW, HIGH = 5.0, -3.2, -1.8
# State at which a jump counts as made.
LEVEL = 0.5
# Change of b in a unit of time: of the loops with their lines, and of all jumps that are timed.
LOOPS: dict[float, Part] = {
    1.0 / 16.0: {"color": "accent 1", "linewidth": 1.0, "linestyle": (0, (1.0, 1.2))},
    1.0 / 64.0: {"color": "accent", "linewidth": 1.1, "linestyle": (0, (3.5, 1.2, 1.0, 1.2))},
    1.0 / 1024.0: {"color": "accent", "linewidth": 1.1, "linestyle": "-"},
}
SPEEDS = 2.0 ** -np.arange(4.0, 15.0)
# The first zero of Airy's function Ai(-s): the passage through a fold ends there.
AIRY = 2.338107410459767
HEAD: Part = {
    "linewidth": 0.0, "linestyle": "-", "zorder": 4,
    "arrowstyle": "-|>,head_length=4.4,head_width=2.2",
}  # fmt: skip


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Dynamical systems model: the caption of its'
    " diagram of the equilibria describes the two jumps; K. Doya (1993)",
    departs="The ramps are ours, and so are the delays and their law, which is that of a slow"
    " passage through a fold: R. Haberman (1979).",
)
def hysteresis(figure: Figure) -> Data:
    """Hysteresis: b rises and falls across both folds, and the faster it moves, the later x jumps.

    The flow is dx/dt = -x + σ(w x + b) at w = 5.  Above, black: its equilibria over b, solid stable
    and dashed unstable; half-filled circles are the folds b₁ and b₂, where two equilibria meet and
    vanish.  Coloured: x while b rises from -3.2 to -1.8 and falls back, in the direction of the
    arrows, at the speed 1/16 (dotted), 1/64 (dash-dotted) or 1/1024 (solid) in a unit of time.  On
    the way up x jumps beyond b₁, on the way down beyond b₂.  Between the folds the state depends on
    where b came from.  Below: the delay of the jump up, which is the distance from b₁ to the b at
    which x = 0.5, against the speed r of b; filled circles are the loops above.  Line: the law
    2.338 ∛(r²/(σ′ a)) for small r, with the slope σ′ = 0.2 of σ, the coefficient a = 1.118 of the
    normal form, both at the fold, and the first zero 2.338 of Airy's function.
    """
    fold = max(bifurcation_points(NeuronODE(w=W)), key=lambda point: point.value)
    above, below = two_below(figure, tall=1.8, share=0.56)
    return stacked({**_draw_loops(above), **_draw_delays(below, fold)})


def _ramp(speed: float, *, rises: bool) -> tuple[NeuronODE, float, Ramp]:
    """Return a neuron whose input is added to b, its start at rest, and the ramp of b."""
    start, stop = (LOW, HIGH) if rises else (HIGH, LOW)
    neuron = NeuronODE(w=W, b=start, input_to="bias")
    return (
        neuron,
        float(equilibria(neuron).x[0]),
        Ramp(0.0, (HIGH - LOW) / speed, 0.0, stop - start),
    )


def _draw_loops(ax: Axes) -> dict[str, Part]:
    """Draw the equilibria, and x over b on the way up and on the way down."""
    parts: dict[str, Part] = {}
    branches = bifurcation_diagram(NeuronODE(w=W), "b", (LOW, HIGH), points=60).branches
    names = "lower attractor", "unstable equilibrium", "upper attractor"
    for name, branch in zip(names, branches, strict=True):
        dashes, width = ("-", 2.0) if branch.stable else ("--", 1.2)
        ax.plot(branch.value, branch.x, dashes, color=theme(ax).ink, linewidth=width, zorder=2)
        parts[name] = _part(b=branch.value, x=branch.x)
    points = sorted(bifurcation_points(NeuronODE(w=W)), key=lambda point: -point.value)
    parts["folds"] = _part(b=[each.value for each in points], x=[each.x for each in points])
    circle: Part = {"color": "ink", "linestyle": "none", "markerfacecoloralt": "paper", "zorder": 5}
    ax.plot(parts["folds"]["b"], parts["folds"]["x"], **painted(ax, circle, **MARKER["LP"]))
    for speed, style in LOOPS.items():
        for way, rises in (("up", True), ("down", False)):
            part = parts[f"{way} at {speed:g}"] = _loop(speed, rises=rises)
            ax.plot(part["b"], part["x"], **painted(ax, style, zorder=3))
            _point_the_way(ax, part, painted(ax, HEAD, color=style["color"]))
        _write_speed(ax, parts[f"up at {speed:g}"], speed)
    ax.set_xlim(LOW, HIGH)
    ax.set_ylim(0.0, 1.0)
    ax.set_xlabel(SYMBOL["b"], style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    texts = [
        f"fold {SYMBOL['b']}{index} = {number(point.value, 4)}"
        for index, point in zip("₁₂", points, strict=True)
    ]
    label_above(ax, [(point.value, point.x) for point in points], texts)
    setting, corner = f"{SYMBOL['w']} = {number(W)}", {"xycoords": "axes fraction", "ha": "right"}
    beside(ax, setting, (1.0, 0.0), (0, 7), **corner)
    return parts


def _loop(speed: float, *, rises: bool) -> Part:
    """Return x over b on one way, close together where x jumps."""
    neuron, x0, ramp = _ramp(speed, rises=rises)
    fold = max(bifurcation_points(NeuronODE(w=W)), key=lambda point: point.value)
    # Both ways are alike: x and b on one are 1 - x and -w - b on the other.
    near = (fold.value - LOW + _delay(fold, speed)) / speed + np.linspace(-15.0, 15.0, 61)
    times = np.unique([*np.linspace(0.0, ramp.stop, 71), *near])
    times = times[(times >= 0.0) & (times <= ramp.stop)]
    found = simulate(neuron, x0, ramp.stop, ramp, times=times)
    return _part(speed=speed, b=float(neuron.b) + found.u, x=found.x)


def _point_the_way(ax: Axes, part: Part, style: Part) -> None:
    """Draw an arrow head where x jumps."""
    k = int(np.argmin(np.abs(part["x"] - LEVEL)))
    (start, stop) = ((float(part["b"][i]), float(part["x"][i])) for i in (k, k + 1))
    arrow(ax, start, stop, **style)


def _write_speed(ax: Axes, part: Part, speed: float) -> None:
    """Write the speed beside the jump up, on its free side."""
    x = 0.3 if speed == max(LOOPS) else 0.6
    at = float(np.interp(x, part["x"], part["b"]))
    text = f"{'r = ' * (speed == max(LOOPS))}1/{1.0 / speed:g}"
    left = speed == min(LOOPS)
    beside(ax, text, (at, x), (-3 if left else 3, 0), ha="right" if left else "left")


def _draw_delays(ax: Axes, fold: BifurcationPoint) -> dict[str, Part]:
    """Draw the delay of the jump up against the speed of b, with its law."""
    law = _law(fold, SPEEDS)
    delay = np.array([_delay(fold, speed) for speed in SPEEDS.tolist()])
    ax.set(xscale="log", yscale="log", ylim=(1e-3, 2.0))
    draw_law(ax, SPEEDS, law, delay, np.isin(SPEEDS, [*LOOPS]))
    beside(ax, f"{number(_law(fold, 1.0), 4)} ∛r²", (SPEEDS[5], law[5]), (-4, 7), ha="right")
    for axis, exponents in ((ax.xaxis, range(-4, 0)), (ax.yaxis, range(-3, 1))):
        axis.set_ticks([10.0**k for k in exponents], [power(k) for k in exponents])
        axis.set_ticks([], minor=True)
    ax.set_xlabel("r", style="italic")
    ax.set_ylabel(f"{SYMBOL['b']} {MINUS} {SYMBOL['b']}₁ at x = {LEVEL:g}", style="italic")
    return {
        "delay": _part(speed=SPEEDS, b=fold.value + delay, x=LEVEL, delay=delay),
        "law": _part(speed=SPEEDS, b=fold.value + law, delay=law),
    }


def _law(fold: BifurcationPoint, speed: Any) -> Any:
    """Return the distance in b at which dy/dt = σ′ r t + a y² becomes infinite."""
    slope = fold.x * (1.0 - fold.x)
    return AIRY * np.cbrt(speed**2 / (slope * abs(fold.coefficient)))


def _delay(fold: BifurcationPoint, speed: float) -> float:
    """Return how far b is beyond the fold when x reaches LEVEL, on two grids below the law."""
    neuron, x0, ramp = _ramp(speed, rises=True)
    low, high = 0.5, 1.05
    for points in (61, 16):
        delays = np.linspace(low, high, points)
        times = (fold.value - LOW + delays * _law(fold, speed)) / speed
        times = times[times < ramp.stop]
        x = simulate(neuron, x0, ramp.stop, ramp, times=times).x
        k = int(np.searchsorted(x, LEVEL))
        low, high = delays[k - 1], delays[k]
    return float(np.interp(LEVEL, x[k - 1 : k + 1], [low, high]) * _law(fold, speed))


def _part(speed: Any = np.nan, b: Any = np.nan, x: Any = np.nan, delay: Any = np.nan) -> Part:
    return {"speed": speed, "b": b, "x": x, "delay": delay}
