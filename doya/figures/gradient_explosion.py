"""The largest gradient of the loss, and the width of its wall, against the horizon T."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import NullLocator

from doya.arrays import Floats
from doya.figures.marks import FILLED, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.landscapes.statuses import WallStatus
from doya.landscapes.wall import THIN
from doya.neurons import NeuronODE
from doya.plots.labels import number, power
from doya.plots.pages import two_below
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = dict[str, Floats]

NEURON, X0, TARGET, ENDS = NeuronODE(w=5.0), 0.5, 0.855, (-3.0, -2.0)
HORIZONS = np.arange(5.0, 131.0, 5.0)
# Narrower walls are not resolved.
LIMIT = f"{THIN:g} times the spacing of doubles"
NAME = {"gradient": "largest gradient", "width": "width of the wall"}
# Both laws are fitted at this T: exp(-T/4) is only 3e-7, and doubles still resolve the wall.
LAW_AT = 60.0
EDGE = HORIZONS[-1] + 3.0
CIRCLE: dict[str, Any] = {**FILLED, "markersize": 3.0, "markeredgewidth": 0.8}


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Geometric model',
    departs="The source has the loss and its wall.  The figure is ours: it measures the rate at"
    " which the wall becomes steep.",
)
def gradient_explosion(figure: Figure) -> Data:
    """The largest gradient of a loss grows with T as exp(T/4), and its wall narrows as fast.

    L = (0.855 - x(T))² of the flow dx/dt = -x + σ(w x + b) at w = 5, x(0) = 0.5; its wall is at b =
    -2.5, where 0.855 is the upper attractor.  Above: the size of the gradient dL/db against the
    time T at which the loss is taken.  Circles: the largest gradient, which is within the width of
    the wall.  Solid line: its law, proportional to exp(T/4), with the factor that is computed at T
    = 60.  Dashed and dotted: the gradient at b = -3 and at b = -2, on either side of the wall; both
    soon settle.  Below: the width of the wall in b, which is the jump of x divided by dx(T)/db
    where dL/db is largest.  Solid line: its law, proportional to exp(-T/4).  Dashed line: 100 times
    the spacing of double-precision numbers at b = -2.5.  In the shaded range the wall is narrower
    than that, and double precision does not resolve it, so there are no circles.
    """
    upper, lower = two_below(figure, tall=1.5, share=0.6, gap=0.15)
    curves, rate, at = _found()
    dashes = dict(zip(ENDS, ("--", ":"), strict=True))
    for ax, name in ((upper, "gradient"), (lower, "width")):
        ax.axvspan(*curves["shaded"]["t_end"], color=theme(ax).band, linewidth=0, zorder=0)
        ax.plot(*curves[f"law of the {name}"].values(), color=theme(ax).accent, linewidth=1.0)
        ax.plot(*curves[NAME[name]].values(), **painted(ax, CIRCLE))
    thin = curves[LIMIT]
    ink = theme(lower).ink
    lower.plot(*thin.values(), color=ink, linewidth=0.6, linestyle="--", zorder=1)
    _set_axes(upper, lower)
    beside(lower, LIMIT, (5.0, thin["size"][0]), (0, 3), ha="left", va="bottom")
    for (end, style), side in zip(dashes.items(), ("bottom", "top"), strict=True):
        row = curves[f"gradient at b = {end:g}"]
        upper.plot(*row.values(), style, color=ink, linewidth=1.0)
        place, away = (120.0, row["size"][-1]), (0, 3 if side == "bottom" else -3)
        beside(upper, f"b = {number(end)}", place, away, ha="right", va=side)
    law = _at(curves["law of the gradient"], LAW_AT)
    text = f"{number(law * math.exp(-rate * LAW_AT), 4)} exp(T/{number(1.0 / rate)})"
    beside(upper, text, (LAW_AT - 3.0, law), (0, 3), ha="right", va="bottom")
    setting = f"w = {number(float(NEURON.w))}, x(0) = {number(X0)}, wall at b = {number(at)}"
    beside(upper, setting, (1.0, 1.0), (0, 4), ha="right", va="bottom", xycoords="axes fraction")
    return stacked(curves)


def _found() -> tuple[dict[str, Curve], float, float]:
    """Return all curves, each a size against T, the eigenvalue at the start, and b of the wall."""
    found = [loss_landscape(NEURON, {"b": ENDS}, X0, t, TARGET) for t in HORIZONS.tolist()]
    walls = [each.walls[0] for each in found]
    largest, width, status = (
        np.concatenate([getattr(wall, name) for wall in walls])
        for name in ("largest_gradient", "width", "status")
    )
    seen = status == WallStatus.FOUND
    measured = {"gradient": largest, "width": width}
    circles = {name: {"t_end": HORIZONS[seen], "size": row[seen]} for name, row in measured.items()}

    at = float(walls[0].values["b"][0])
    rate = float(NEURON.replace(b=at).eigenvalue(X0))
    growth = np.exp(rate * (HORIZONS - LAW_AT))
    law = {
        "gradient": _at(circles["gradient"], LAW_AT) * growth,
        "width": _at(circles["width"], LAW_AT) / growth,
    }
    thin = THIN * float(np.spacing(abs(at)))
    narrow = LAW_AT + math.log(_at(circles["width"], LAW_AT) / thin) / rate
    beside = np.abs([each.gradient["b"] for each in found])
    curves = {
        **{NAME[name]: circle for name, circle in circles.items()},
        **{f"law of the {name}": {"t_end": HORIZONS, "size": row} for name, row in law.items()},
        **{
            f"gradient at b = {end:g}": {"t_end": HORIZONS, "size": row}
            for end, row in zip(ENDS, beside.T, strict=True)
        },
        LIMIT: {"t_end": np.array([0.0, EDGE]), "size": np.full(2, thin)},
        "shaded": {"t_end": np.array([narrow, EDGE]), "size": np.full(2, np.nan)},
    }
    return curves, rate, at


def _at(row: Curve, t: float) -> float:
    """Return the size at one T."""
    return float(row["size"][row["t_end"] == t][0])


def _set_axes(upper: Axes, lower: Axes) -> None:
    """Set the axes: powers of ten against T."""
    above, below = (range(-3, 16, 3), (1e-4, 1e15)), (range(-15, 1, 5), (3e-16, 2.0))
    for ax, (exponents, ends) in ((upper, above), (lower, below)):
        ax.set(yscale="log", xlim=(0.0, EDGE), ylim=ends)
        ax.set_yticks([10.0**k for k in exponents], [power(k) for k in exponents])
        ax.yaxis.set_minor_locator(NullLocator())
    upper.tick_params(labelbottom=False)
    upper.set_ylabel("|dL/db|", style="italic")
    lower.set_ylabel("width of the wall")
    lower.set_xlabel("T", style="italic")
