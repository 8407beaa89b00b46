"""The one-bit memory: pulses set and reset the bit, which a hysteresis loop keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.diagrams import bifurcation_diagram
from doya.bifurcations.points import bifurcation_points
from doya.equilibria import Equilibria, equilibria
from doya.figures.marks import FILLED, OPEN, arrow, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.inputs import Pulses
from doya.neurons import NeuronODE
from doya.plots.labels import number
from doya.plots.pages import stretch
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.trajectories import Trajectory, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEURON = NeuronODE(w=5.0, b=-2.5)
PULSES, T_END = Pulses(((5.0, 8.0, 0.5), (25.0, 28.0, -0.5))), 45.0
# The sweep goes beyond both folds, so slowly that the state stays visibly on its branch.
LARGEST, PERIOD = 0.06, 1200.0
REACH = (-1.1 * LARGEST, 1.1 * LARGEST)

STATE: dict[str, Any] = {"color": "accent", "linewidth": 1.0, "zorder": 4}
HEAD: dict[str, Any] = {
    "color": "accent", "linewidth": 0.0, "linestyle": "-", "zorder": 4,
    "arrowstyle": "-|>,head_length=5.0,head_width=2.4",
}  # fmt: skip
THIN: dict[str, Any] = {"color": "hairline", "linewidth": 0.6, "zorder": 1}


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Dynamical systems model: the one-bit memory,'
    " and b = -2.5; the neuron is that of K. Doya (1993)",
    departs="The pulses and the loop are ours.  The loop sweeps the input u, not b:"
    " with a constant u, y = x - u obeys the flow without input, with b + w u in place of b.",
)
def memory(figure: Figure) -> Data:
    """One bit, set and reset by pulses of the input u, and the hysteresis loop that keeps it.

    Left: the state x of the flow dx/dt = -x + σ(w x + b) + u at w = 5, b = -2.5 (coloured) and
    below it the input u (black; the grey line is u = 0) against time t.  The first pulse, 0.5 high
    and 3 long, sets the bit, and the second, -0.5 high and 3 long, resets it.  After each pulse x
    stays near the attractor that it has reached.  During a pulse x may leave [0, 1], as the input
    is added outside σ.  Grey horizontal lines in the panels of x: the equilibria without input; the
    attractors are solid, and the unstable one between them is dashed.  Right: the loop.  Black:
    equilibria under a constant input u, solid stable, dashed unstable.  Circles: the equilibria at
    u = 0, filled stable, open unstable.  In the shaded range there are two attractors; its ends, at
    the outer ticks, are the folds, where two equilibria meet and vanish.  Coloured: x while u is
    swept slowly from -0.06 to 0.06 and back, once in 1200 time constants, in the direction of the
    arrows. x begins to leave its branch at the fold.  That takes some time, in which u moves on, so
    the jump is drawn a little beyond the fold.
    """
    stretch(figure, 1.16)
    grid = figure.add_gridspec(
        2, 2, width_ratios=(1.25, 1.0), wspace=0.1, height_ratios=(3.6, 1.0), hspace=0.14,
        right=0.89,
    )  # fmt: skip
    kept = equilibria(NEURON)
    path = figure.add_subplot(grid[0, 0])
    pulsed = _pulsed(path, figure.add_subplot(grid[1, 0], sharex=path), float(kept.x[0]))
    loop = figure.add_subplot(grid[0, 1], sharey=path)
    parts, swept = _curves(loop), _swept(loop)
    directions = _point_the_way(loop, swept)
    for ax in (path, loop):
        for x, stable in zip(kept.x, kept.stable, strict=True):
            ax.axhline(x, linestyle="-" if stable else "--", **painted(ax, THIN))
    _write_levels(loop, kept)
    w, b = float(NEURON.w), float(NEURON.b)
    setting = f"w = {number(w)}, b = {number(b)}, x(0) = {number(float(kept.x[0]), 3)}"
    beside(path, setting, (1.0, 1.0), (0, 4), ha="right", va="bottom", xycoords="axes fraction")
    return stacked({
        "state under pulses": {"t": pulsed.t, "u": pulsed.u, "x": pulsed.x},
        "state under the sweep": {"t": swept.t, "u": swept.u, "x": swept.x},
        **directions,
        **parts,
        "equilibria without input": {"t": np.nan, "u": 0.0, "x": kept.x},
        "no input": {"t": [0.0, T_END], "u": 0.0, "x": np.nan},
    })  # fmt: skip


def sweep(t: float) -> float:
    """Return the input of the loop at time t: linearly up to LARGEST and down, once a period."""
    return LARGEST * (1.0 - 2.0 * abs(2.0 * t / PERIOD - 1.0))


def _input_like(b: Any) -> Any:
    """Return the constant input u with the equilibria of this b, shifted by u."""
    return (b - NEURON.b) / NEURON.w


def _pulsed(path: Axes, below: Axes, x0: float) -> Trajectory:
    """Draw the state and the input against time."""
    found = simulate(NEURON, x0, T_END, PULSES)
    path.plot(found.t, found.x, **painted(path, STATE))
    path.set_xlim(0.0, T_END)
    path.set_xticks(np.arange(0.0, T_END, 10.0))
    path.set_ylim(-0.45, 1.45)
    path.set_yticks([0.0, 0.5, 1.0])
    path.set_ylabel(SYMBOL["x"], style="italic")
    path.tick_params(labelbottom=False)
    below.axhline(0.0, **painted(below, THIN))
    below.plot(found.t, found.u, drawstyle="steps-post", color=theme(below).ink, linewidth=1.0)
    for (_, stop, u), word in zip(PULSES.pulses, ("set", "reset"), strict=True):
        beside(below, word, (stop, 0.5 * u), (4, 0), ha="left")
    heights = sorted(float(u) for _, _, u in PULSES.pulses)
    below.set_yticks(heights, [number(u) for u in heights])
    below.set_ylim(1.4 * heights[0], 1.4 * heights[-1])
    below.set_ylabel("u", style="italic")
    below.set_xlabel("t", style="italic")
    return found


def _curves(ax: Axes) -> dict[str, dict[str, Any]]:
    """Draw the equilibria under constant input, and the range with two attractors."""
    parts = {}
    low, high = (float(NEURON.b + NEURON.w * u) for u in REACH)
    names = "lower attractor", "unstable equilibrium", "upper attractor"
    branches = bifurcation_diagram(NEURON, "b", (low, high)).branches
    for name, branch in zip(names, branches, strict=True):
        u = _input_like(branch.value)
        style, width = ("-", 2.2) if branch.stable else ("--", 1.4)
        ax.plot(u, branch.x + u, style, color=theme(ax).ink, linewidth=width, zorder=3)
        parts[name] = {"t": np.nan, "u": u, "x": branch.x + u}
    folds = {_input_like(point.value): point.x for point in bifurcation_points(NEURON, "b")}
    parts["folds"] = {"t": np.nan, "u": [*folds], "x": [x + u for u, x in folds.items()]}
    ax.axvspan(min(folds), max(folds), color=theme(ax).band, linewidth=0, zorder=0)
    ax.set_xlim(*REACH)
    ticks = sorted([*folds, 0.0])
    ax.set_xticks(ticks, [number(u, 2) for u in ticks])
    ax.set_xlabel("u", style="italic")
    ax.tick_params(left=False, labelleft=False)
    return parts


def _swept(ax: Axes) -> Trajectory:
    """Draw the state under the slow sweep."""
    x0 = float(equilibria(NEURON, sweep(0.0)).x[0])
    found = simulate(NEURON, x0, PERIOD, sweep, points=1201)
    ax.plot(found.u, found.x, **painted(ax, STATE))
    return found


def _point_the_way(ax: Axes, swept: Trajectory) -> dict[str, dict[str, Any]]:
    """Draw arrow heads on the loop: at its jumps, and on the way to each fold."""
    parts: dict[str, dict[str, Any]] = {}
    fold = max(ax.get_xticks())
    rises, dx = np.gradient(swept.u) > 0.0, np.abs(np.gradient(swept.x))
    for up, on_way in ((rises, 0.65 * fold), (~rises, -0.65 * fold)):
        for at in (np.argmax(dx * up), np.argmin(np.abs(swept.u - on_way) + ~up)):
            t, u, x = (each[at : at + 2] for each in (swept.t, swept.u, swept.x))
            arrow(ax, (u[0], x[0]), (u[1], x[1]), **HEAD)
            parts[f"direction {len(parts) + 1}"] = {"t": t, "u": u, "x": x}
    return parts


def _write_levels(ax: Axes, kept: Equilibria) -> None:
    """Draw circles on the equilibria without input, and write their states on the right."""
    for x, stable in zip(kept.x, kept.stable, strict=True):
        ax.plot(0.0, x, **painted(ax, FILLED if stable else OPEN))
        beside(ax, number(x, 3), (1.0, x), (3, 0), ha="left", xycoords=ax.get_yaxis_transform())
