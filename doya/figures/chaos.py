"""The chaotic neuron: its settled states and its Lyapunov exponent against the constant a."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from doya.conversions.aihara import from_aihara, to_aihara
from doya.figures.marks import beside, painted
from doya.figures.recipes import Data, recipe
from doya.neurons import NeuronMap
from doya.orbits.diagrams import orbit_diagram
from doya.plots.orbits import write_periods
from doya.plots.pages import stretch
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.integer[Any]]

# The range of Aihara's constant a, the bias and external input together.
BETWEEN = (0.0, 1.0)
K, ALPHA, EPSILON = 0.7, 1.0, 0.02
# Markers for states of cycles; dust, for states of chaotic orbits, is finer.
DOT: dict[str, Any] = {
    "linestyle": "none", "marker": "o", "markeredgewidth": 0.0, "color": "ink", "rasterized": True
}  # fmt: skip
FOOT = -1.5
BELOW: dict[str, Any] = {
    "linestyle": "none", "marker": "v", "markersize": 4.0, "markeredgewidth": 0.0, "color": "ink",
    "clip_on": False, "zorder": 4,
}  # fmt: skip
CYCLE, DUST = {**DOT, "markersize": 0.9}, {**DOT, "markersize": 0.5, "alpha": 0.6}


@recipe(
    source='K. Aihara, T. Takabe, M. Toyoda (1990), "Chaotic neural networks": the single chaotic'
    ' neuron; F. Pasemann (1997), "A simple chaotic neuron": the same map in other letters',
    departs="The figure is ours and follows no single figure of the sources.  At each a the orbits"
    " start at the critical points of the map, from which every attractor is reached; here both"
    " orbits reach the same one.  Exponents of cycles are exact; the others are means over 10,000"
    " steps.",
)
def chaos(figure: Figure) -> Data:
    """Chaos in Aihara's neuron: its states and Lyapunov exponent against the constant a.

    y(t+1) = k y(t) - α f(y(t)) + a with f(y) = 1/(1 + exp(-y/ε)), k = 0.7, α = 1, ε = 0.02; a and ε
    are Aihara's, not Doya's.  Above: the states y on which its orbits settle, at 1001 values of a;
    the numbers at the top are the periods of stable cycles, printed where there is room.  Below:
    the Lyapunov exponent per step.  Where it is above the line at 0 (filled), neighbouring states
    separate on average: the neuron is chaotic, in about 30 % of the range of a.  The exponent falls
    to minus infinity where a cycle contains a critical point of the map; these dips are not drawn
    to their full depth, because the values of a are 0.001 apart.  Triangles: exponents below the
    panel.
    """
    stretch(figure, 1.4)
    upper, lower = figure.subplots(
        2, sharex=True, height_ratios=(1.6, 1.0), gridspec_kw={"hspace": 0.1}
    )
    first, last = map(_neuron, BETWEEN)
    found = orbit_diagram(first, "b", (float(first.b), float(last.b)), points=1001, kept=120)
    conversion = to_aihara(first.replace(b=found.value))
    a = np.asarray(conversion.parameters["a"])
    states = conversion.from_state(found.x[0]).astype(np.float32)
    lower.set_xlim(*BETWEEN)  # the periods stand within these limits
    at, y = _draw_states(upper, a, found.period[0], states)
    write_periods(upper, a, found.period)
    setting = f"k = {K:g}, α = {ALPHA:g}, ε = {EPSILON:g}"
    beside(upper, setting, (1.0, 0.0), (0, 4), ha="right", va="bottom", xycoords="axes fraction")
    below = _draw_exponents(lower, a, found.lyapunov[0])
    lower.set_xlabel("a", style="italic")
    exponents = {"a": a, "period": found.period[0], "lyapunov": found.lyapunov[0]}
    return {"state_a": a[at], "state_y": y, **exponents, "below_panel_a": below}


def _neuron(a: float) -> NeuronMap:
    """Convert Aihara's neuron with this a to Doya's map."""
    return cast(NeuronMap, from_aihara(k=K, alpha=ALPHA, a=a, epsilon=EPSILON).neuron)


def _draw_states(ax: Axes, a: Floats, period: Counts, states: Floats) -> tuple[Counts, Floats]:
    """Draw one round of each cycle and every state of other orbits; return their a and their y."""
    kept = states.shape[1]
    rounds = np.where(period > 0, period, kept)
    at, place = np.nonzero(np.arange(kept) < rounds[:, np.newaxis])
    y = states[at, place]
    cyclic = period[at] > 0
    ax.plot(a[at[cyclic]], y[cyclic], **painted(ax, CYCLE))
    ax.plot(a[at[~cyclic]], y[~cyclic], **painted(ax, DUST))
    ax.set_yticks([-0.5, 0.0, 0.5])
    ax.set_ylabel("y", style="italic")
    return at, y


def _draw_exponents(ax: Axes, a: Floats, exponent: Floats) -> Floats:
    """Draw the exponent, filled where positive; return the a at which it is below the panel."""
    ax.axhline(0.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    ax.fill_between(
        a, 0.0, exponent, where=exponent > 0.0, interpolate=True, linewidth=0, zorder=2,
        color=theme(ax).accent,
    )  # fmt: skip
    ax.plot(a, exponent, color=theme(ax).ink, linewidth=0.6, zorder=3)
    below = a[exponent < FOOT]
    ax.plot(below, np.full(below.size, FOOT), **painted(ax, BELOW))
    ax.set_ylim(FOOT, 0.65)
    ax.set_yticks([-1.0, 0.0])
    ax.set_ylabel("Lyapunov\nexponent")
    return below
