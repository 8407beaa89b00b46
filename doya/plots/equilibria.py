"""The phase line: the rate of change against the state, and the equilibria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from doya.equilibria import Equilibria
from doya.errors import ArgumentError
from doya.neurons import NeuronMap
from doya.plots.arguments import check_drawing
from doya.plots.labels import numbers
from doya.plots.layout import drawn, layout_of
from doya.plots.letters import setting_in, state_symbol
from doya.plots.limits import include
from doya.plots.rows import Line, Marks
from doya.plots.style import ARROW
from doya.plots.theme import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


def draw_equilibria(
    result: Equilibria, ax: Axes, *, color: ColorType | None = None, label: str | None = None
) -> list[Artist]:
    """Draw the rate of change against the state, with arrows of motion, and the equilibria.

    Filled circles are stable equilibria, open circles unstable ones.

    Parameters
    ----------
    result : Equilibria
        Result of `equilibria` for one neuron.
    ax : matplotlib Axes
        Axes to draw on; the limits in x and the labels are set.
    color : color, optional
        Colour of the curve and the equilibria; by default that of matplotlib's text.
    label : str, optional
        Name in a legend.

    Returns
    -------
    list of Artist
        Every artist that was added.

    Raises
    ------
    ArgumentError
        For equilibria of an ensemble, a result of another type, or an `ax` that is not matplotlib
        axes.

    Examples
    --------
    >>> import doya
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> artists = doya.plots.draw_equilibria(doya.equilibria(doya.NeuronODE(w=5.0)), ax)
    >>> [text.get_text() for text in ax.texts][:3]
    ['0.14479', '0.5', '0.85521']
    """
    check_drawing("result", result, Equilibria, "equilibria", ax)
    neuron = result.neuron
    if np.ndim(result.count):
        raise ArgumentError(
            "result", f"must be of one neuron, got one of shape {result.count.shape}"
        )
    look = theme(ax, color)
    is_map = isinstance(neuron, NeuronMap)
    x, change = result.phase_line_of_state
    rest = result.state
    include(ax, (float(x[0]), float(x[-1])))
    artists: list[Artist] = [ax.axhline(0.0, color=look.hairline, linewidth=0.6, zorder=1)]
    artists += ax.plot(x, change, color=look.curve, zorder=2, label=label)

    # Beside a negative multiplier there are no arrows: the state jumps across the fixed point.
    if not (is_map and np.any(result.eigenvalue < 0.0)):
        unit = 1.0 if result.conversion is None else float(x[-1] - x[0]) / 1.1
        edges = np.array([x[0], *np.sort(rest), x[-1]])
        middle, room = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
        middle, room = middle[room > 0.1 * unit], room[room > 0.1 * unit]
        reach = np.copysign(np.minimum(0.35 * room, 0.06 * unit), np.interp(middle, x, change))
        artists.append(
            ax.quiver(
                middle - reach, 0.0 * middle, 2.0 * reach, 0.0 * middle,
                color=look.accent, zorder=3, **ARROW,
            )
        )  # fmt: skip
    for state, stable in zip(rest, result.stable, strict=True):
        artists += ax.plot(
            state, 0.0, "o", color=look.curve,
            markerfacecolor=look.curve if stable else look.paper, zorder=4,
        )  # fmt: skip
    fine, coarse = numbers(rest.tolist(), width=1.0), numbers(rest.tolist(), 1.0, 2)
    marks = Marks(ax, [(state, 0.0) for state in rest], [*zip(fine, coarse, strict=True)])
    setting_line = Line(ax, setting_in(neuron, result.conversion, u=float(result.u)))
    words = layout_of(ax).words
    words.above(ax, marks)
    words.above(ax, setting_line)
    artists += [*marks.words, *setting_line.words]
    name = state_symbol(result.conversion)
    ax.set_xlabel(name, style="italic")
    ax.set_ylabel(f"{name}[t+1] \u2212 {name}[t]" if is_map else f"d{name}/dt", style="italic")
    words.add(
        ax.yaxis.label, f"\N{GREEK CAPITAL LETTER DELTA}{name}" if is_map else f"{name}\u0307"
    )
    return drawn(artists)
