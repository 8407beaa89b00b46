"""The largest gradient and the largest curvature of the loss against the horizon T."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import FILLED, OPEN, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.neurons import NeuronODE
from doya.plots.labels import number, power, write_above
from doya.plots.pages import page
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEURON, X0, TARGET, BETWEEN = NeuronODE(w=5.0), 0.5, 0.855, (-3.0, -2.0)
HORIZONS = np.arange(4.0, 81.0, 4.0)
# Both laws have the factor that is measured at this T.
LAW_AT = 60.0
CIRCLE: dict[str, Any] = {"markersize": 3.5, "markeredgewidth": 0.8, "zorder": 4}


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), section 2.3: they suppose that where"
    " gradients explode, the curvature along the same direction explodes too",
    departs="The figure is ours.  In the linear example of the source, gradient and curvature grow"
    " at the same rate; at the wall of this loss they do not.",
)
def curvature(figure: Figure) -> Data:
    """At the wall of a loss its curvature explodes twice as fast as its gradient.

    L = (0.855 - x(T))² of the flow dx/dt = -x + σ(w x + b) at w = 5, x(0) = 0.5; its wall is at b =
    -2.5.  Filled circles: the largest gradient, |dL/db|, against the time T at which the loss is
    taken.  Open circles: the largest curvature, |d²L/db²|.  Both are beside the wall, within its
    width.  Solid line: a multiple of exp(T/4); dashed line: a multiple of exp(T/2), the square of
    it; the factors are those measured at T = 60.  x(0) = 0.5 is the unstable equilibrium at the
    wall, whose eigenvalue is w/4 - 1 = 1/4: the width of the wall falls like exp(-T/4), and the
    loss rises and levels off within it.
    """
    ax = page(figure, tall=1.15)
    found = [
        loss_landscape(NEURON, {"b": BETWEEN}, X0, t, TARGET, hessian=True)
        for t in HORIZONS.tolist()
    ]
    sizes = {
        "gradient": np.array([each.largest_gradient.value for each in found]),
        "curvature": np.array([each.largest_curvature.value for each in found]),
    }
    (wall,) = found[-1].walls
    rate = float(NEURON.replace(b=float(wall.values["b"][0])).eigenvalue(X0))
    curves: dict[str, dict[str, Floats]] = {}
    names = {"gradient": "|dL/db|", "curvature": "|d²L/db²|"}
    looks = {"gradient": (1.0, "-", FILLED), "curvature": (2.0, "--", OPEN)}
    for name, (times, dashes, circle) in looks.items():
        law, factor = _law(sizes[name], times * rate)
        ax.plot(HORIZONS, law, dashes, **painted(ax, {"color": "accent", "linewidth": 1.0}))
        ax.plot(HORIZONS, sizes[name], **painted(ax, circle, **CIRCLE))
        curves |= {f"law of the {name}": _part(law), f"largest {name}": _part(sizes[name])}
        at = (44.0, float(np.interp(44.0, HORIZONS, np.log(law))))
        text = f"{names[name]}\n{number(factor, 4)} exp(T/{1.0 / (times * rate):g})"
        side, away = ("right", (-6, 8)) if times > 1.0 else ("left", (6, -10))
        beside(ax, text, (at[0], float(np.exp(at[1]))), away, ha=side)
    ax.axhline(1.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    decades = range(0, 19, 3)
    ax.set(yscale="log", xlim=(0.0, 84.0), ylim=(0.3, 3e18), xlabel="T")
    ax.set_yticks([10.0**k for k in decades], [power(k) for k in decades])
    ax.set_yticks([], minor=True)
    ax.set_ylabel("largest size")
    ax.xaxis.label.set_fontstyle("italic")
    setting = f"w = {number(float(NEURON.w))}, x(0) = {number(X0)}, target {number(TARGET)}"
    write_above(ax, setting)
    return stacked(curves)


def _law(size: Floats, rate: float) -> tuple[Floats, float]:
    """Return exp(rate T) with the factor measured at LAW_AT, and that factor."""
    factor = float(size[HORIZONS == LAW_AT][0]) * np.exp(-rate * LAW_AT)
    law: Floats = factor * np.exp(rate * HORIZONS)
    return law, float(factor)


def _part(size: Floats) -> dict[str, Floats]:
    return {"t_end": HORIZONS, "size": size}
