"""The mean output of the chaotic neuron over its constant input: a staircase."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Counts, Floats
from doya.conversions.aihara import from_aihara
from doya.figures.marks import beside, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.orbits.diagrams import OrbitDiagram, orbit_diagram
from doya.plots.orbits import write_periods
from doya.plots.pages import stretch
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

K, ALPHA = 0.7, 1.0
WIDTHS = (0.02, 0.001)
POINTS, KEPT = 701, 240
# Ranges of one period that are at least this wide get their rate as a fraction.
WIDE = 0.04
DOT: dict[str, Any] = {
    "linestyle": "none", "marker": "o", "markersize": 1.2, "markeredgewidth": 0.0, "color": "ink",
}  # fmt: skip
CHAOS = {**DOT, "color": "accent", "marker": "D", "markersize": 1.6}


@recipe(
    source="J. Nagumo, S. Sato (1972): a threshold in place of f, whose rate is a staircase;"
    " K. Aihara, T. Takabe, M. Toyoda (1990): the mean output of the chaotic neuron",
    departs="The figure is ours.  The parameters are those of the figure chaos, and a smaller ε"
    " that comes close to the threshold of Nagumo and Sato.",
)
def firing_rate(figure: Figure) -> Data:
    """The mean output of Aihara's neuron over its constant input a rises on a staircase.

    y(t+1) = k y(t) - α f(y(t)) + a with f(y) = 1/(1 + exp(-y/ε)), k = 0.7, α = 1.  Shown is the
    mean of the output f(y) on the settled orbit, at 701 values of a.  Black: the orbit is a cycle;
    coloured diamonds: no cycle of up to 64 states was found, as in chaos, and the mean is that of
    240 states.  Above, ε = 0.02: the periods of the cycles are printed at the top, where there is
    room; between the steps there is chaos.  Below, ε = 0.001: f is close to a threshold, and the
    neuron to that of Nagumo and Sato.  Nearly every orbit is a cycle, and on each step the rate is
    a fraction: at 2/5 two of five states are active.  Between two steps is one whose numerator and
    denominator are the sums of theirs.
    """
    stretch(figure, 1.6)
    upper, lower = figure.subplots(2, sharex=True, gridspec_kw={"hspace": 0.14})
    data = {}
    for ax, width in ((upper, WIDTHS[0]), (lower, WIDTHS[1])):
        found = _diagram(width)
        rate = _mean(found)
        ax.set(xlim=(0.0, 1.0), ylim=(-0.02, 1.02))
        _draw(ax, found, rate)
        beside(ax, f"ε = {width:g}", (1.0, 0.06), (0, 0), ha="right", xycoords="axes fraction")
        ax.set_ylabel("mean of f(y)", style="italic")
        data[f"epsilon = {width:g}"] = {
            "a": found.value, "period": found.period[0], "rate": rate,
            "lyapunov": found.lyapunov[0],
        }  # fmt: skip
    write_periods(upper, data["epsilon = 0.02"]["a"], data["epsilon = 0.02"]["period"][np.newaxis])
    _write_rates(lower, **{name: data["epsilon = 0.001"][name] for name in ("a", "period", "rate")})
    beside(
        lower, f"k = {K:g}, α = {ALPHA:g}", (0.0, 0.94), (6, 0), ha="left", xycoords="axes fraction"
    )
    lower.set_xlabel("a", style="italic")
    return stacked(data)


def _diagram(width: float) -> OrbitDiagram:
    neuron = from_aihara(k=K, alpha=ALPHA, a=0.5, epsilon=width)
    return orbit_diagram(
        neuron, "a", (0.0, 1.0), points=POINTS, x0=0.3, transient=2000, steps=1000, kept=KEPT
    )


def _mean(found: OrbitDiagram) -> Floats:
    """Return the mean of Doya's x, which is that of the output: over a round of a cycle, or all."""
    count = np.where(found.period[0] > 0, found.period[0], KEPT)
    part = np.arange(KEPT) < count[:, np.newaxis]
    mean: Floats = np.where(part, found.x[0], 0.0).sum(axis=-1) / count
    return mean


def _draw(ax: Axes, found: OrbitDiagram, rate: Floats) -> None:
    """Draw the rates, those of cycles and of other orbits, with the ends of the output behind."""
    for end in (0.0, 1.0):
        ax.axhline(end, color=theme(ax).hairline, linewidth=0.5, zorder=1)
    cyclic = found.period[0] > 0
    for which, style in ((cyclic, DOT), (~cyclic, CHAOS)):
        ax.plot(found.value[which], rate[which], **painted(ax, style))
    ax.set_yticks([0.0, 0.5, 1.0])


def _write_rates(ax: Axes, a: Floats, period: Counts, rate: Floats) -> None:
    """Write the rate as a fraction beside the wide steps."""
    changes = np.flatnonzero((np.diff(period) != 0) | (np.abs(np.diff(rate)) > 0.01))
    for run in np.split(np.arange(a.size), changes + 1):
        low, high = float(a[run[0]]), float(a[run[-1]])
        if high - low >= WIDE and period[run[0]] > 1:
            count = round(float(rate[run].mean()) * int(period[run[0]]))
            middle, height = 0.5 * (low + high), float(rate[run].mean())
            below = height > 0.5
            words = str(Fraction(count, int(period[run[0]])))
            beside(ax, words, (middle, height), (5, -7) if below else (-5, 7))
