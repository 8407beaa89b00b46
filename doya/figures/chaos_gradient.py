"""Chaos is the exploding gradient: ∂x[T]/∂x[0] along regular and chaotic orbits."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from doya.conversions.aihara import from_aihara
from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import NeuronMap
from doya.orbits.lyapunov import lyapunov_exponent
from doya.plots.labels import number, power, write_above
from doya.plots.pages import two_below
from doya.plots.theme import theme
from doya.trajectories import final_state, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

AIHARA = {"k": 0.7, "alpha": 1.0, "epsilon": 0.02}
KINDS = {"chaotic": 0.93, "regular": 0.5}
STARTS, SETTLING, T, APART = (0.3, 0.31, 0.32), 1000, 200, 1e-12
LOOK: dict[str, Part] = {
    "chaotic": {"color": "accent", "linewidth": 0.8, "linestyle": "-"},
    "regular": {"color": "accent 1", "linewidth": 0.8, "linestyle": "-"},
}
LAW: Part = {"color": "ink", "linewidth": 1.0, "linestyle": (0, (3.5, 1.5)), "zorder": 4}


@recipe(
    source="J. M. Mikhaeil, Z. Monfared, D. Durstewitz (2022), theorem 2: on a chaotic orbit"
    " gradients explode at the rate of the Lyapunov exponent; the neuron is that of K. Aihara,"
    " T. Takabe, M. Toyoda (1990)",
    departs="The figure is ours: it shows the theorem on one neuron.",
)
def chaos_gradient(figure: Figure) -> Data:
    """Chaos is the exploding gradient: both grow at the rate of the Lyapunov exponent.

    Aihara's neuron with k = 0.7, α = 1 and ε = 0.02, which is Doya's map with the step 0.3.  Above:
    the logarithm of |∂x(T)/∂x(0)| against the number of steps T, from three states x(0) of each
    attractor.  Rising: a = 0.93, where the orbits are chaotic.  Falling: a = 0.5, where they are on
    a cycle, and the gradient vanishes.  Dashed: the Lyapunov exponent times T; the exponents are
    0.503 and -0.357 per step.  So no way of training removes the explosion from a neuron that is to
    be chaotic.  Below: the distance of two starts that are 1e-12 apart, at a = 0.93 (solid), and
    the same line.  It doubles in ln 2/0.503 = 1.4 steps in the mean.  When the distance is as large
    as the range of the states, the first state predicts nothing any more.
    """
    above, below = two_below(figure, tall=1.75, share=0.55)
    return stacked({**_draw_gradients(above), **_draw_distance(below)})


def _neuron(kind: str) -> NeuronMap:
    return cast(NeuronMap, from_aihara(a=KINDS[kind], **AIHARA).neuron)


@functools.cache
def _exponent(kind: str) -> float:
    return float(lyapunov_exponent(_neuron(kind), STARTS[0], 100_000))


def _start(kind: str, x0: float) -> float:
    """Return a state of the attractor, which a start has come to."""
    return float(final_state(_neuron(kind), x0, SETTLING))


def _draw_gradients(ax: Axes) -> dict[str, Part]:
    t = np.arange(T + 1)
    parts: dict[str, Part] = {}
    ax.axhline(0.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    for kind, look in LOOK.items():
        neuron = _neuron(kind)
        for x0 in STARTS:
            x = simulate(neuron, _start(kind, x0), T - 1).x
            size = np.append(0.0, np.cumsum(np.log(np.abs(neuron.eigenvalue(x)))))
            ax.plot(t, size, **painted(ax, look))
            parts[f"{kind}, x({SETTLING}) from {x0:g}"] = {"t_end": t, "logarithm": size}
        rate = _exponent(kind)
        ax.plot([0.0, T], [0.0, rate * T], **painted(ax, LAW))
        parts[f"{kind}, exponent"] = {"t_end": [0.0, T], "logarithm": [0.0, rate * T]}
        words = f"a = {number(KINDS[kind])}, {kind}:\nexponent {number(rate, 3)}"
        away, side = ((-6, 10), "right") if rate > 0.0 else ((6, 8), "left")
        beside(ax, words, (0.6 * T, 0.6 * T * rate), away, ha=side, va="bottom")
    ax.set(xlim=(0.0, T), ylim=(-80.0, 115.0))
    ax.set_xticks(range(0, T + 1, 50))
    ax.set_xlabel("T", style="italic")
    ax.set_ylabel("ln |∂x(T)/∂x(0)|", style="italic")
    move_label(ax, 28.0)
    k, alpha, epsilon = (f"{AIHARA[name]:g}" for name in ("k", "alpha", "epsilon"))
    write_above(ax, f"k = {k}, α = {alpha}, ε = {epsilon}")
    return parts


def _draw_distance(ax: Axes) -> dict[str, Part]:
    steps, rate = 100, _exponent("chaotic")
    x0 = _start("chaotic", STARTS[0])
    x = simulate(_neuron("chaotic"), [x0, x0 + APART], steps).x
    distance = np.abs(x[1] - x[0])
    t = np.arange(steps + 1)
    end = math.log(1.0 / APART) / rate
    law = {"t_end": np.array([0.0, end]), "logarithm": np.log([APART, 1.0])}
    ax.plot(t, np.log(distance), **painted(ax, LOOK["chaotic"]))
    ax.plot(*law.values(), **painted(ax, LAW))
    decades = np.arange(-12, 1, 3)
    ax.set_yticks(decades * math.log(10.0), [power(k) for k in decades.tolist()])
    ax.set(xlim=(0.0, steps), ylim=(math.log(3e-14), math.log(10.0)))
    words = f"doubled in ln 2/{number(rate, 3)} = {number(math.log(2.0) / rate, 2)} steps"
    beside(ax, words, (float(steps), math.log(1e-9)), (0, 0), ha="right")
    ax.set_xlabel("T", style="italic")
    ax.set_ylabel("distance")
    move_label(ax, 28.0)
    return {"distance": {"t_end": t, "logarithm": np.log(distance)}, "doubling": law}
