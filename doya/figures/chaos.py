"""The chaotic neuron: what its states come to over the input, and the Lyapunov exponent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from doya.conversions.from_authors import from_aihara
from doya.conversions.to_authors import to_aihara
from doya.figures.recipes import Data, recipe
from doya.neurons import NeuronMap
from doya.orbits.diagrams import orbit_diagram
from doya.plots.orbits import write_periods
from doya.plots.pages import stretch
from doya.plots.style import ACCENT, CURVE, MOTION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.integer[Any]]

A = (0.0, 1.0)
# States of cycles, and the dust of chaos.
DOT: dict[str, Any] = {
    "linestyle": "none", "marker": "o", "markeredgewidth": 0.0, "color": CURVE, "rasterized": True
}  # fmt: skip
FOOT = -1.5
BELOW: dict[str, Any] = {
    "linestyle": "none", "marker": "v", "markersize": 4.0, "markeredgewidth": 0.0, "color": CURVE,
    "clip_on": False, "zorder": 4,
}  # fmt: skip
CYCLE, DUST = {**DOT, "markersize": 0.9}, {**DOT, "markersize": 0.5, "alpha": 0.6}


@recipe(
    source='K. Aihara, T. Takabe, M. Toyoda (1990), "Chaotic neural networks": the single chaotic'
    ' neuron; F. Pasemann (1997), "A simple chaotic neuron": the same map in other letters',
    departs="Drawn anew, not after one figure of the sources.  At each A the orbits start at the"
    " critical points of the map, from which every attractor is reached; here both come to the"
    " same.  Exponents of cycles are exact, the others means over 10,000 steps.",
)
def chaos(figure: Figure) -> Data:
    """Chaos in Aihara's neuron: its states and Lyapunov exponent against the input A.

    y(t+1) = k y(t) - α f(y(t)) + A with f(y) = 1/(1 + exp(-y/ε)), k = 0.7, α = 1, ε = 0.02.  Above:
    the states y that its orbits come to, at 1001 values of A; the numbers on top are the periods of
    the widest stable cycles.  Below: the Lyapunov exponent λ per step.  Where it is above the line
    at 0, filled, states that start side by side part, on average: chaos, over 0.3 of the range of
    A.  It dips to minus infinity wherever a cycle meets a critical point of the map; dips end where
    the steps of 0.001 in A end them, and triangles stand where the exponent is below the panel.
    """
    stretch(figure, 1.4)
    upper, lower = figure.subplots(
        2, sharex=True, height_ratios=(1.6, 1.0), gridspec_kw={"hspace": 0.1}
    )
    first, last = map(_neuron, A)
    found = orbit_diagram(first, "b", (float(first.b), float(last.b)), points=1001, kept=120)
    conversion = to_aihara(first.replace(b=found.value))
    a = np.asarray(conversion.parameters["a"])
    states = conversion.from_state(found.x[0]).astype(np.float32)
    at, y = _draw_states(upper, a, found.period[0], states)
    write_periods(upper, a, found.period)
    below = _draw_exponents(lower, a, found.lyapunov[0])
    lower.set_xlim(*A)
    lower.set_xlabel("A", style="italic")
    exponents = {"A": a, "period": found.period[0], "lyapunov": found.lyapunov[0]}
    return {"state_A": a[at], "state_y": y, **exponents, "below_panel_A": below}


def _neuron(a: float) -> NeuronMap:
    """Doya's name for Aihara's neuron."""
    return cast(NeuronMap, from_aihara(k=0.7, alpha=1.0, a=a, epsilon=0.02).neuron)


def _draw_states(ax: Axes, a: Floats, period: Counts, states: Floats) -> tuple[Counts, Floats]:
    """One round of each cycle, and all there is of other orbits: at which A, and where."""
    kept = states.shape[1]
    rounds = np.where(period > 0, period, kept)
    at, place = np.nonzero(np.arange(kept) < rounds[:, np.newaxis])
    y = states[at, place]
    cyclic = period[at] > 0
    ax.plot(a[at[cyclic]], y[cyclic], **CYCLE)
    ax.plot(a[at[~cyclic]], y[~cyclic], **DUST)
    ax.set_yticks([-0.5, 0.0, 0.5])
    ax.set_ylabel("y", style="italic")
    return at, y


def _draw_exponents(ax: Axes, a: Floats, exponent: Floats) -> Floats:
    """A line, filled where it is positive; and at which A it is below the panel."""
    ax.axhline(0.0, color=MOTION, linewidth=0.6, zorder=1)
    ax.fill_between(
        a, 0.0, exponent, where=exponent > 0.0, interpolate=True, color=ACCENT, linewidth=0,
        zorder=2,
    )  # fmt: skip
    ax.plot(a, exponent, color=CURVE, linewidth=0.6, zorder=3)
    below = a[exponent < FOOT]
    ax.plot(below, np.full(below.size, FOOT), **BELOW)
    ax.set_ylim(FOOT, 0.65)
    ax.set_yticks([-1.0, 0.0])
    ax.set_ylabel("\N{GREEK SMALL LETTER LAMDA}", style="italic")
    return below
