"""The effect of small changes of b and of the start on x(T): exploding, vanishing, well behaved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from doya.figures.marks import OPEN, beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.landscapes.loss_landscape import loss_landscape
from doya.neurons import NeuronODE
from doya.plots.labels import MINUS, box, number, power, readable
from doya.plots.pages import stretch
from doya.plots.panels import set_numbers, set_powers
from doya.plots.sensitivities import styles
from doya.plots.style import SYMBOL
from doya.plots.theme import theme
from doya.sensitivities.profiles import sensitivity_profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

X0, T = 0.5, 50.0
BETWEEN = (-3.0, -2.0)
# Half the width of the range of b in the right column.
NEAR = 1e-4
# Small compared with the width of the wall, exp(-T/4), and large compared with rounding.
DELTA = 1e-8
# Exact values in a column, besides those that resolve the wall; every APART-th has a cross.
POINTS, APART = 81, 5
# Labels of the rows from top to bottom, by their columns of data.
LABEL = {"x": "x(T)", "derivative_b": "|Δx(T)/Δb|", "derivative_x0": "|Δx(T)/Δx(0)|"}
QUOTIENT = {f"derivative_{name}": f"finite_difference_{name}" for name in ("b", "x0")}
# Letters of these labels, at most, as a share of a panel's height; and points between two numbers.
LETTER, ROOM = 0.15, 11.0
# Ring about the peak of the line; the peak and its cross are visible inside.
RING: dict[str, Any] = {**OPEN, "markersize": 8.5, "markerfacecolor": "none"}


@recipe(
    source='Wikipedia, "Vanishing gradient problem", Dynamical systems model; after K. Doya (1993)',
    departs="The figure is ours: the source describes the three cases in words.  x(0) = 0.5, T = 50"
    " and the magnified column are our choice.",
)
def sensitivity(figure: Figure) -> Data:
    """The sensitivity of x(T) of the flow to b and to the start x(0), against b.

    The flow is dx/dt = -x + σ(w x + b) at w = 5, from x(0) = 0.5 to T = 50.  Left: b from -3 to -2.
    Right: the wall magnified; on it the start is the unstable equilibrium.  Top: x(T).  Below, wide
    lines: the exact derivatives dx(T)/db and dx(T)/dx(0).  Crosses: the finite differences Δx(T)/Δb
    and Δx(T)/Δx(0) with Δ = 10^-8; those that consist of rounding errors are left out; in the lower
    left panel only a few remain.  Dashed: 1/(1/(x(1 - x)) - w) with x the attractor, the value on
    which Δx(T)/Δb settles.  At the wall both derivatives explode.  There lines and crosses agree
    with the closed forms (open circles): (exp(λT) - 1) x(1 - x)/λ and exp(λT) with x = x(0), where
    λ = 1/4 is the eigenvalue of the unstable equilibrium.  Away from the wall Δx(T)/Δx(0) vanishes,
    and Δx(T)/Δb is well behaved.  The grey line is at 1.
    """
    neuron = NeuronODE(w=5.0)
    (found,) = loss_landscape(neuron, {"b": np.linspace(*BETWEEN, 3)}, X0, np.inf).walls
    wall = float(found.values["b"][0])
    ranges = {"whole": BETWEEN, "wall": (wall - NEAR, wall + NEAR)}
    parts = {name: _part(neuron, between) for name, between in ranges.items()}
    rate = float(neuron.replace(b=wall).eigenvalue(X0))
    peaks = {
        "derivative_b": np.expm1(rate * T) * X0 * (1.0 - X0) / rate,
        "derivative_x0": np.exp(rate * T),
    }

    stretch(figure, 1.75)
    space = {"wspace": 0.34, "hspace": 0.14}
    grid = figure.subplots(
        3, 2, sharex="col", sharey="row", width_ratios=(5, 3), height_ratios=(2, 3, 3),
        gridspec_kw=space,
    )  # fmt: skip
    for rows, part in zip(grid.T, parts.values(), strict=True):
        for ax, name in zip(rows, LABEL, strict=True):
            _draw(ax, part, name)
    for ax, name in zip(grid[1:, 1], peaks, strict=True):
        ax.plot(wall, peaks[name], **painted(ax, RING))
    _set_axes(grid, parts, wall)
    _write(grid, parts["whole"], wall, peaks)
    none = dict.fromkeys(parts["wall"], np.nan)
    parts["law on the wall"] = {**none, "b": [wall], **peaks}
    parts["grey line"] = {**none, "b": BETWEEN, "derivative_x0": 1.0}
    return stacked(parts)


def _part(neuron: NeuronODE, between: tuple[float, float]) -> dict[str, Any]:
    """Return the curves over a range of b, with quotients of differences where there is a cross."""
    found = sensitivity_profile(
        neuron, X0, T, over="b", between=between, points=POINTS, delta=DELTA
    )
    crossed = np.isin(found.value, np.linspace(*between, POINTS)[::APART])
    by_b, by_x0 = (
        np.where(crossed & ~found.rounded_away(name), found.finite_difference[name], np.nan)
        for name in ("b", "x0")
    )
    return {
        "b": found.value, "x": found.x,
        "derivative_b": found.derivative["b"], "derivative_x0": found.derivative["x0"],
        QUOTIENT["derivative_b"]: by_b, QUOTIENT["derivative_x0"]: by_x0,
        "settled_b": found.settled["b"],
    }  # fmt: skip


def _draw(ax: Axes, part: dict[str, Any], name: str) -> None:
    ax.plot(part["b"], part[name], **styles(ax).exact)
    if name == "derivative_b":
        ax.plot(part["b"], part["settled_b"], **styles(ax).settled)
    if name == "derivative_x0":
        ax.axhline(1.0, color=theme(ax).hairline, linewidth=0.6, zorder=1)
    if name != "x":
        ax.plot(part["b"], part[QUOTIENT[name]], clip_on=False, **styles(ax).cross)


def _set_axes(grid: Any, parts: dict[str, dict[str, Any]], wall: float) -> None:
    for (ax, _), (name, label) in zip(grid, LABEL.items(), strict=True):
        shown = np.concatenate([part[name] for part in parts.values()])
        if name == "x":
            set_numbers(ax, shown, most=min(4, int(box(ax)[1] / ROOM)))
        else:
            set_powers(ax, shown)
        ax.set_ylabel(label, style="italic")
        ax.yaxis.label.set_size(min(ax.yaxis.label.get_fontsize(), LETTER * box(grid[1, 0])[1]))
        move_label(ax, 28.0)
    for ax in grid[:, 1]:
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", left=False)
    left, right = grid[-1]
    left.set_xlim(*BETWEEN)
    ticks = [BETWEEN[0], wall, BETWEEN[1]]
    left.set_xticks(ticks, map(number, ticks))
    left.set_xlabel(SYMBOL["b"], style="italic")
    right.set_xlim(wall - NEAR, wall + NEAR)
    end = power(math.log10(NEAR))
    right.set_xticks([wall - NEAR, wall, wall + NEAR], [f"{MINUS}{end}", "0", end])
    sign = "+" if wall < 0.0 else MINUS
    right.set_xlabel(f"{SYMBOL['b']} {sign} {number(abs(wall))}", style="italic")


def _write(grid: Any, part: dict[str, Any], wall: float, peaks: dict[str, float]) -> None:
    """Write the names of the three cases at their places, and a legend of the lines."""
    looks = styles(grid[0, 0])
    lines = {
        "exact": looks.exact,
        f"Δ = {readable(DELTA)}": looks.cross,
        "settled": looks.settled,
    }
    grid[0, 0].legend(
        handles=[Line2D([], [], label=label, **style) for label, style in lines.items()],
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, handlelength=1.6,
        columnspacing=1.2, borderpad=0.2, borderaxespad=0.0,
    )  # fmt: skip
    setting = f"w = 5\nx(0) = {number(X0)}\nT = {number(T)}"
    beside(grid[2, 1], setting, (0.5, 0.35), (0, 0), xycoords="axes fraction", linespacing=1.5)
    left, right = (0.5 * (end + wall) for end in BETWEEN)
    for ax, peak in zip(grid[1:, 0], peaks.values(), strict=True):
        beside(ax, "exploding", (right, np.sqrt(peak)), (0, 0))
    by_b, by_x0 = (np.interp(left, part["b"], part[name]) for name in peaks)
    beside(grid[1, 0], "well behaved", (left, by_b), (0, 11))
    beside(grid[2, 0], "vanishing", (left, np.sqrt(by_x0)), (0, 0))
