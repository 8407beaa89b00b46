"""The Lyapunov exponent over the (w, b) plane, positive where the neuron is chaotic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize

from doya.arrays import Floats
from doya.bifurcations.curves import bifurcation_curves
from doya.figures.marks import beside
from doya.figures.recipes import Data, recipe
from doya.neurons import NeuronMap
from doya.orbits.cycles import cycles
from doya.orbits.lyapunov import lyapunov_exponent
from doya.plots.curves import LINE
from doya.plots.labels import setting, write_above
from doya.plots.pages import stretch
from doya.plots.style import SYMBOL
from doya.plots.theme import BLACK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEURON = NeuronMap(epsilon=0.5)
# For larger w the map is nondecreasing, and every orbit settles on a fixed point.
W, B = (-100.0, -4.0), (-5.0, 55.0)
# Start, and number of steps of the mean; the same number before them is not counted.
X0, STEPS = 0.3, 2000
CELLS = {"w": 280, "b": 210}
EXPONENTS = Normalize(-1.0, 0.5)
# Colours of exponents from -1 to 0.5: light for cycles and dark for chaos, also in grey print, with
# a jump from white to orange at 0.
COLOURS = LinearSegmentedColormap.from_list(
    "chaos", [(0.0, "#A8D4F0"), (2 / 3, "white"), (2 / 3, "#F0A878"), (1.0, "#4A1500")], N=300
)
# The (w, b) at which the period of the stable cycle is written.
LABELLED_AT = ((-21.0, 38.0), (-64.0, 26.0), (-60.0, 8.5), (-64.0, 52.0), (-95.0, 19.5))
# The longest of those periods.
LONGEST = 3


@recipe(
    source='F. Pasemann (1997), "A simple chaotic neuron": the neuron',
    departs="The figure is ours and follows no single figure of the source.  It has Doya's"
    " parameters and a window of our choice.  Pasemann's gamma is 1 - epsilon; his w and theta are"
    " epsilon times Doya's w and b.  The flips are exact.",
)
def lyapunov_map(figure: Figure) -> Data:
    """The Lyapunov exponent of the map per step, over its weight w and bias b, at ε = 0.5.

    The map is x[t+1] = (1 - ε) x[t] + ε σ(w x[t] + b).  Dark (orange to brown): an exponent above
    0, chaos.  Light (white to blue): an exponent below 0, a stable cycle.  White is a cycle that is
    about to lose stability; the bluer the cell, the faster the cycle attracts, down to an exponent
    of -1.  White specks in the brown are narrow ranges with a stable cycle.  Numbers: the period of
    the cycle.  Dash-dotted: the flips of the fixed point, where its multiplier is -1; the fixed
    point is stable to the right of these curves and below them.  Each of 280 x 210 cells is a mean
    over 2000 steps, after 2000 steps from x(0) = 0.3 that are not counted.  Where two attractors
    coexist, the exponent is that of the one reached from this start.  Apart from such cells the
    plane is symmetric about the dotted line, b = -w/2.
    """
    stretch(figure, 1.12)
    ax, beside_map = figure.subplots(
        1, 2, width_ratios=(24.0, 1.0), gridspec_kw={"wspace": 0.08, "right": 0.85}
    )
    w, b = (_centres(span, CELLS[name]) for name, span in (("w", W), ("b", B)))
    exponent = lyapunov_exponent(
        NEURON.replace(w=w, b=b[:, np.newaxis]), x0=X0, steps=STEPS, transient=STEPS
    ).astype(np.float32)
    image = ax.imshow(
        exponent, cmap=COLOURS, norm=EXPONENTS, extent=(*W, *B), origin="lower", aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    bar = figure.colorbar(image, cax=beside_map, extend="min", ticks=[-1.0, -0.5, 0.0, 0.5])
    bar.outline.set_linewidth(0.4)
    beside_map.set_ylabel("Lyapunov exponent", labelpad=2.0)
    flips = _draw_lines(ax)
    periods = _write_periods(ax)
    ax.set_xlabel(SYMBOL["w"], style="italic")
    ax.set_ylabel(SYMBOL["b"], style="italic")
    write_above(ax, f"{setting(NEURON, besides=('w', 'b'))}, x(0) = {X0:g}, T = {STEPS} steps")
    return {"w": w, "b": b, "lyapunov": exponent, **flips, **periods}


def _draw_lines(ax: Axes) -> dict[str, Any]:
    """Draw the flips and the line of symmetry."""
    curves = bifurcation_curves(NEURON, W, B).curves
    w, b = np.concatenate([[curve.w, curve.b] for curve in curves], axis=1)
    ax.plot(w, b, LINE["PD"], color=BLACK, linewidth=1.0)
    symmetric = np.array(W)
    ax.plot(symmetric, -0.5 * symmetric, color=BLACK, linestyle=":", linewidth=0.6)
    return {
        "flip_w": w, "flip_b": b, "symmetry_w": symmetric, "symmetry_b": -0.5 * symmetric
    }  # fmt: skip


def _write_periods(ax: Axes) -> dict[str, Any]:
    """Write the periods of stable cycles where there is room."""
    periods = []
    for k, (w, b) in enumerate(LABELLED_AT):
        each = (cycles(NEURON.replace(w=w, b=b), period) for period in range(1, LONGEST + 1))
        (stable,) = (cycle for found in each for cycle in found if cycle.stable)
        periods.append(stable.x.size)
        word = "" if k else "period "
        beside(ax, f"{word}{periods[-1]}", (w, b), (0, 0), color=BLACK)
    at_w, at_b = np.transpose(LABELLED_AT)
    return {"period_w": at_w, "period_b": at_b, "period": np.array(periods)}


def _centres(span: tuple[float, float], cells: int) -> Floats:
    """Return the centres of equal cells that fill the span."""
    edges = np.linspace(*span, cells + 1)
    return 0.5 * (edges[1:] + edges[:-1])
