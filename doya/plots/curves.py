"""The (w, b) plane: fold and flip curves, the cusp, and the number of stable equilibria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.curve_records import BifurcationCurve, BifurcationCurves
from doya.neurons import NeuronMap
from doya.plots.arguments import check_drawing
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import setting_in, swept_label
from doya.plots.limits import include
from doya.plots.rows import Key, Line
from doya.plots.style import MARKER
from doya.plots.theme import Theme, theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.patches import Polygon
    from matplotlib.text import Annotation
    from matplotlib.typing import ColorType

LINE = {"LP": "-", "PD": "-."}


def draw_bifurcation_curves(
    result: BifurcationCurves,
    ax: Axes,
    *,
    color: ColorType | None = None,
    label: str | None = None,
) -> list[Artist]:
    """Draw fold curves (LP) solid and flip curves (PD) dash-dotted, and mark the cusp (CP).

    The region between the folds is shaded and the region between the flips is hatched.  A legend
    gives the number of stable equilibria in each region.

    Parameters
    ----------
    result : BifurcationCurves
        Result of `bifurcation_curves`.
    ax : matplotlib Axes
        Axes to draw on; the limits and labels are set.
    color : color, optional
        Colour of the curves and the cusp; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For a result of another type, or an `ax` that is not matplotlib axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_bifurcation_curves(
    ...     doya.bifurcation_curves(doya.NeuronODE()), ax)
    >>> sorted(text.get_text() for text in ax.texts)
    ['CP', 'LP', 'LP']
    """
    check_drawing("result", result, BifurcationCurves, "bifurcation_curves", ax)
    look, words = theme(ax, color), layout_of(ax).words
    artists: list[Artist] = []
    (across, span), (along, rise) = result.window.items()
    include(ax, span, rise)
    artists += _regions(ax, result, look)
    for k, curve in enumerate(result.curves):
        artists += ax.plot(
            *curve.places, LINE[curve.kind], color=look.curve, zorder=2,
            label=None if k else label,
        )  # fmt: skip
        if curve.w.size:
            given = float(result.neuron.input_weight) * result.u
            name = _name(ax, curve, look, 0.0 if result.neuron.input_inside else given)
            words.add(name)
            artists.append(name)
    for point in result.special_points:
        at, high = result.place_of(point).values()
        artists += ax.plot(
            at, high, color=look.curve, zorder=3, clip_on=False, **MARKER[point.kind]
        )
        # No curve runs above the cusp or to its left; an edge of the window may.
        left = at - span[0] > 0.12 * (span[1] - span[0])
        above = rise[1] - high > 0.12 * (rise[1] - rise[0])
        name = ax.annotate(
                point.kind, (at, high), textcoords="offset points",
                xytext=(-5 if left else 0, 5 if above else -5), color=look.accent, fontsize="small",
                ha="right" if left else "left", va="bottom" if above else "top",
        )  # fmt: skip
        words.add(name)
        artists.append(name)
    ax.set_xlabel(swept_label(across, result.conversion), style="italic")
    text = setting_in(result.neuron, result.conversion, (across, along), result.u)
    if text:
        setting_line = Line(ax, text)
        words.above(ax, setting_line)
        artists += setting_line.words
    ax.set_ylabel(swept_label(along, result.conversion), style="italic")
    return drawn(artists)


def _regions(ax: Axes, result: BifurcationCurves, look: Theme) -> list[Artist]:
    """Fill each region with its own shade or hatching, and name them in a legend above the axes."""
    # A flow's attractors are its stable equilibria; a map has cycles besides its fixed points.
    noun = "stable fixed point" if isinstance(result.neuron, NeuronMap) else "attractor"
    line: dict[str, Any] = {"facecolor": look.paper, "edgecolor": look.shade(0.25)}
    fill: dict[str, dict[str, Any]] = {
        "between the folds": {"facecolor": look.band, "edgecolor": "none"},
        "between the flips": {**line, "hatch": "/////", "lw": 0},
        "elsewhere": {**line, "lw": 0.5},
    }
    filled: list[Polygon] = []
    for region in sorted(result.regions, key=lambda region: region.stable):
        label = f"{region.stable} {noun}{'' if region.stable == 1 else 's'}"
        filled += ax.fill(region.w, region.b, zorder=0, label=label, **fill[region.name])
    if len(filled) > 2:  # there is no room to repeat the noun three times
        for patch in filled[:-1]:
            patch.set_label(str(patch.get_label()).split()[0])
    legend = ax.legend(
        handles=filled, loc="lower center", bbox_to_anchor=(0.5, 0.99), ncols=len(filled),
        handlelength=1.4, columnspacing=1.2, borderpad=0.0, borderaxespad=0.0,
    )  # fmt: skip
    layout_of(ax).words.above(ax, Key(legend, "center"))
    return [*filled, legend]


def _rises(along: Floats, height: Floats) -> bool:
    """Return whether a piece of a curve rises from left to right."""
    return bool((along[-1] - along[0]) * (height[-1] - height[0]) > 0.0)


def _name(ax: Axes, curve: BifurcationCurve, look: Theme, shift: float) -> Annotation:
    """Write the curve's kind beside it, on the side that it does not enclose; shift is x - y."""
    along, height_of = curve.places
    tip, far = sorted((along[0], along[-1]), key=abs)
    at = int(np.argmin(np.abs(along - (0.4 * tip + 0.6 * far))))
    # x ascends along both curves; b falls with it at a fold's upper half and a flip's lower.
    upper = (curve.x[at] - shift < 0.5) == (curve.kind == "LP")
    left = curve.kind == "LP" and not upper
    if curve.letters:  # over letters both halves may rise, or fall
        near = slice(max(at - 1, 0), at + 2)
        left = _rises(along[near], height_of[near]) == upper
    # Beside an edge of the window there is room only within.
    bottom, top = ax.get_ylim()
    height = (height_of[at] - bottom) / (top - bottom)
    upper = height < 0.1 or (upper and height < 0.9)
    return ax.annotate(
        curve.kind, (along[at], height_of[at]), textcoords="offset points",
        xytext=(-3 if left else 3, 2 if upper else -2), color=look.accent, fontsize="small",
        ha="right" if left else "left", va="bottom" if upper else "top",
    )  # fmt: skip
