"""One excitatory population of Wilson and Cowan: its fixed points and its diagram."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.diagrams import bifurcation_diagram
from doya.conversions.wilson_cowan import from_wilson_cowan
from doya.equilibria import equilibria
from doya.figures.marks import FILLED, OPEN, arrow, beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.neurons import flow_rate
from doya.plots.labels import label_above, number, write_above
from doya.plots.pages import two_below
from doya.plots.style import MARKER
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

HEAD: Part = {
    "color": "accent", "linewidth": 0.0, "linestyle": "-", "zorder": 3,
    "arrowstyle": "-|>,head_length=5.0,head_width=2.5",
}  # fmt: skip
LETTERS, INPUT, BETWEEN = {"w": 5.0, "theta": 2.8, "a": 1.2}, 0.5, (-0.3, 1.3)


@recipe(
    source="H. R. Wilson, J. D. Cowan (1972), as taught by Neuromatch Academy, Computational"
    " Neuroscience, W2D4, tutorial 1: one excitatory population",
    departs="The source finds the fixed points with a root finder from starts that are guessed;"
    " here they are all found, as the population is Doya's flow.  The diagram over I is added.",
)
def population(figure: Figure) -> Data:
    """A population of Wilson and Cowan: three rates at which it rests, and its folds over I.

    τ dr/dt = -r + F(w r + I) with F(s) = σ(a (s - θ)) - σ(-a θ), w = 5, a = 1.2, θ = 2.8 and τ = 1.
    With r + 0.0336 in place of x it is Doya's flow at w = 6, b = 1.2 I - 3.561.  Above: the change
    dr/dt over the rate r at I = 0.5; arrows point where r goes.  Filled circles: stable fixed
    points; open circle: the unstable one.  Beside each circle are its rate r and, in brackets, the
    eigenvalue, which is the slope of the curve there.  Below: the fixed points over the current I,
    solid stable, dashed unstable; dotted: I = 0.5 with the circles from above.  At the folds
    (half-filled circles), I = 0.1219 and 0.8138, two equilibria meet and vanish: between them the
    population is silent or active, and its past decides which.
    """
    above, below = two_below(figure, tall=1.85, share=0.48)
    return stacked({**_draw_change(above), **_draw_diagram(below)})


def _draw_change(ax: Axes) -> dict[str, Part]:
    known = from_wilson_cowan(**LETTERS, input=INPUT)
    found = equilibria(known)
    r = np.linspace(-0.03, 1.0, 104)
    change = np.asarray(flow_rate(known.neuron, known.to_state(r)))
    look = theme(ax)
    ax.axhline(0.0, color=look.hairline, linewidth=0.6, zorder=1)
    ax.plot(r, change, color=look.ink, zorder=2)
    parts = {"change": _part(INPUT, r, change)}
    for which, circle in ((found.stable, FILLED), (~found.stable, OPEN)):
        ax.plot(found.state[which], 0.0 * found.state[which], **painted(ax, circle))
    parts["fixed points"] = _part(INPUT, found.state, 0.0)
    for state, slope in zip(found.state.tolist(), found.eigenvalue.tolist(), strict=True):
        words = f"{state:.3f}\n({number(slope, 3)})"
        right = state < 0.2
        away = (6 if right else -6, -4 if state > 0.8 else 4)
        beside(ax, words, (state, 0.0), away, ha="left" if right else "right",
               va="top" if state > 0.8 else "bottom")  # fmt: skip
    _point_the_way(ax, r, change)
    ax.set(xlim=(r[0], r[-1]), ylim=(-0.16, 0.16), yticks=(-0.1, 0.0, 0.1))
    ax.set_xlabel("r", style="italic")
    ax.set_ylabel("dr/dt", style="italic")
    w, theta, a = (number(LETTERS[name]) for name in ("w", "theta", "a"))
    write_above(ax, f"w = {w}, θ = {theta}, a = {a}, I = {number(INPUT)}")
    return parts


def _point_the_way(ax: Axes, r: Floats, change: Floats) -> None:
    """Draw an arrow head on the line of zero in the middle between two fixed points."""
    crossed = np.flatnonzero(np.diff(np.sign(change)))
    for start, stop in itertools.pairwise(crossed.tolist()):
        k = (start + stop) // 2
        way = 0.03 * float(np.sign(change[k]))
        arrow(ax, (float(r[k]), 0.0), (float(r[k]) + way, 0.0), **HEAD)


def _draw_diagram(ax: Axes) -> dict[str, Part]:
    diagram = bifurcation_diagram(from_wilson_cowan(**LETTERS), "input", BETWEEN, points=80)
    look, parts = theme(ax), {}
    names = "silent", "unstable", "active"
    for name, branch in zip(names, diagram.branches, strict=True):
        style, width = ("-", 2.0) if branch.stable else ("--", 1.4)
        ax.plot(branch.value, branch.state, style, color=look.ink, linewidth=width, zorder=2)
        parts[name] = _part(branch.value, branch.state)
    folds = diagram.special_points
    parts["folds"] = _part([each.value for each in folds], [each.state for each in folds])
    circle: Part = {"color": "ink", "linestyle": "none", "markerfacecoloralt": "paper", "zorder": 5}
    ax.plot(parts["folds"]["I"], parts["folds"]["r"], **painted(ax, circle, **MARKER["LP"]))
    found = equilibria(from_wilson_cowan(**LETTERS, input=INPUT))
    ax.axvline(INPUT, color=look.hairline, linewidth=0.8, linestyle=":", zorder=1)
    for which, shape in ((found.stable, FILLED), (~found.stable, OPEN)):
        ax.plot(
            np.full(which.sum(), INPUT), found.state[which], **painted(ax, shape, markersize=4.0)
        )
    texts = [f"fold I = {number(each.value, 4)}" for each in folds]
    label_above(ax, [(each.value, each.state) for each in folds], texts)
    ax.set(xlim=BETWEEN, ylim=(-0.03, 1.0))
    ax.set_xlabel("I", style="italic")
    ax.set_ylabel("r", style="italic")
    beside(ax, "silent", (BETWEEN[0], float(diagram.branches[0].state[0])), (4, 7), ha="left")
    beside(ax, "active", (BETWEEN[1], 0.93), (-4, -10), ha="right")
    return parts


def _part(current: Any, r: Any, change: Any = np.nan) -> Part:
    return {"I": current, "r": r, "rate": change}
