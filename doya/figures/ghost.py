"""The ghost of a fold: where an attractor has just vanished, the state lingers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.bifurcations.points import BifurcationPoint, bifurcation_points
from doya.figures.marks import FILLED, beside, draw_law, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronODE
from doya.plots.labels import MINUS, number, power
from doya.plots.pages import two_below
from doya.plots.panels import set_powers
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.trajectories import final_state, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

NEURON = NeuronODE(w=5.0)
# States on either side of the ghost, between which the passage is timed.
START, STOP = 0.9, 0.3
# Decimal logarithms of the distance from the fold: of all passages, and of those drawn over time.
ALL, DRAWN = np.arange(-18, -2) / 3.0, (-2, -3, -4)
# Additional times after the start and about the end of a passage, where the state moves fast.
CLOSE = np.linspace(0.0, 50.0, 101)


@recipe(
    source="S. H. Strogatz, Nonlinear Dynamics and Chaos (1994), section 4.3, on ghosts and"
    " bottlenecks; for the fold of this neuron R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3",
    departs="The figure is ours: the first source gives the law of the delay in general, the second"
    " the fold b₂ where the attractor vanishes.",
)
def ghost(figure: Figure) -> Data:
    """Slow passage of the flow just beyond the fold at which its upper attractor vanishes.

    The flow is dx/dt = -x + σ(w x + b) at w = 5, with b = b₂ - δ.  At the fold, b₂ = -2.6556, two
    equilibria meet and vanish.  Above: x(t) from x(0) = 0.9 stays for a long time where the
    attractor was, at its ghost (dashed).  Then it falls to the other attractor.  Filled circles: x
    passes 0.3.  Below: T, the time from t = 0 until x = 0.3 (circles; filled for the curves above).
    Line: the law π/√(σ′δ|a|), with the slope σ′ = 0.2 of σ and the coefficient a = -1.118 of the
    normal form, both at the fold.  The law is the time that a solution of the normal form needs
    from infinity to minus infinity; it is longer than T by 3.9 for small δ and by 5.1 for the
    largest δ.
    """
    fold = min(bifurcation_points(NEURON), key=lambda point: point.value)
    above, below = two_below(figure, tall=1.8, share=0.5)
    return stacked({**_draw_states(above, fold), **_draw_times(below, fold)})


def _beyond(fold: BifurcationPoint, distance: float) -> NeuronODE:
    """Return the neuron at this distance from the fold, on the side without the attractor."""
    return NEURON.replace(b=fold.value - distance)


def _law(fold: BifurcationPoint, distance: Any) -> Any:
    """Return the time of dy/dt = -(σ′ distance + |a| y²) from plus to minus infinity."""
    slope = fold.x * (1.0 - fold.x)
    return np.pi / np.sqrt(slope * distance * abs(fold.coefficient))


def _passage(fold: BifurcationPoint, distance: float) -> float:
    """Return the time from START to STOP."""
    from scipy.optimize import brentq

    neuron = _beyond(fold, distance)

    def ahead(t: float) -> float:
        return float(final_state(neuron, START, t)) - STOP

    return float(brentq(ahead, 0.0, 2.0 * _law(fold, distance), xtol=1e-9, rtol=1e-13))


def _draw_states(ax: Axes, fold: BifurcationPoint) -> dict[str, Part]:
    passed = {k: _passage(fold, 10.0**k) for k in DRAWN}
    end = 1.25 * max(passed.values())
    thin: dict[str, Any] = {"color": theme(ax).hairline, "linewidth": 0.8, "linestyle": "--"}
    ax.plot([0.0, end], [fold.x, fold.x], zorder=1, **thin)
    parts = {"ghost": {"delta": 0.0, "t": np.array([0.0, end]), "x": fold.x}}
    for k, time in passed.items():
        times = np.unique([*np.linspace(0.0, end, 101), *CLOSE, *(time - CLOSE), *(time + CLOSE)])
        found = simulate(_beyond(fold, 10.0**k), START, end, times=times[times >= 0.0])
        ax.plot(found.t, found.x, color=theme(ax).ink, zorder=2)
        ax.plot(time, STOP, **painted(ax, FILLED, markersize=4.0))
        text, middle = "δ = " * (k == DRAWN[-1]) + power(k), 0.5 * (fold.x + STOP)
        beside(ax, text, (time, middle), (4, 0), ha="left")
        parts[f"state, delta = 1e{k}"] = {"delta": 10.0**k, "t": found.t, "x": found.x}
    text = f"ghost, {SYMBOL['x']} = {number(fold.x, 4)}"
    beside(ax, text, (end, fold.x), (0, 3), ha="right", va="bottom")
    ax.set_xlim(0.0, end)
    ax.set_ylim(0.0, 1.0)
    text = f"{SYMBOL['w']} = {number(float(NEURON.w))}, {SYMBOL['x']}(0) = {number(START)}"
    ax.set_title(text, loc="right", pad=3.0)
    ax.set_xlabel("t", style="italic")
    ax.set_ylabel(SYMBOL["x"], style="italic")
    return parts


def _draw_times(ax: Axes, fold: BifurcationPoint) -> dict[str, Part]:
    distance = 10.0**ALL
    law = _law(fold, distance)
    times = np.array([_passage(fold, each) for each in distance.tolist()])
    ax.set_xscale("log")
    draw_law(ax, distance, law, times, np.isin(ALL, DRAWN))
    constant = float(_law(fold, 1.0))
    text, at = f"π/√(σ′δ|a|) = {number(constant)}/√δ", (distance[8], law[8])
    beside(ax, text, at, (8, 4), ha="left", va="bottom")
    set_powers(ax, np.append(law, times))
    ticks = range(round(ALL[0]), round(ALL[-1]) + 1)
    ax.set_xticks([10.0**k for k in ticks], map(power, ticks))
    ax.set_xticks([], minor=True)
    ax.set_xlabel(f"δ = {SYMBOL['b']}₂ {MINUS} {SYMBOL['b']}", style="italic")
    ax.set_ylabel("T", style="italic")
    return {
        "passage": {"delta": distance, "t": times, "x": STOP},
        "law": {"delta": distance, "t": law, "x": np.nan},
    }
