"""The phase line: the rate of change against the state, and the equilibria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from doya.equilibria import Equilibria
from doya.errors import ArgumentError
from doya.neurons import NeuronMap, flow_rate
from doya.plots.arguments import check_drawing
from doya.plots.labels import label_above, numbers, setting, write_setting
from doya.plots.style import ACCENT, ARROW, CURVE, MOTION, SYMBOL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def draw_equilibria(result: Equilibria, ax: Axes) -> list[Artist]:
    """Draw the rate of change against the state, with arrows of motion, and the equilibria.

    Filled circles are stable equilibria, open circles unstable ones.

    Parameters
    ----------
    result : Equilibria
        Result of `equilibria` for one neuron.
    ax : matplotlib Axes
        Axes to draw on; the limits in x and the labels are set.

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
    shift = float(neuron.input_weight * result.u)
    is_map = isinstance(neuron, NeuronMap)
    step = float(neuron.epsilon) if isinstance(neuron, NeuronMap) else 1.0

    # Every equilibrium lies in (0, 1) + w' u; look a little further than its ends.
    x = np.linspace(shift - 0.05, shift + 1.05, 401)
    ax.set_xlim(x[0], x[-1])
    artists: list[Artist] = [ax.axhline(0.0, color=MOTION, linewidth=0.6, zorder=1)]
    artists += ax.plot(x, step * flow_rate(neuron, x, result.u), color=CURVE, zorder=2)

    # Beside a negative multiplier there are no arrows: the state jumps across the fixed point.
    if not (is_map and np.any(result.eigenvalue < 0.0)):
        edges = np.array([x[0], *result.x, x[-1]])
        middle, room = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
        middle, room = middle[room > 0.1], room[room > 0.1]
        reach = np.copysign(np.minimum(0.35 * room, 0.06), flow_rate(neuron, middle, result.u))
        artists.append(
            ax.quiver(
                middle - reach, 0.0 * middle, 2.0 * reach, 0.0 * middle,
                color=ACCENT, zorder=3, **ARROW,
            )
        )  # fmt: skip
    for state, stable in zip(result.x, result.stable, strict=True):
        artists += ax.plot(
            state, 0.0, "o", color=CURVE, markerfacecolor=CURVE if stable else "white", zorder=4
        )
    texts = numbers(result.x.tolist(), width=1.0)
    artists += label_above(ax, [(state, 0.0) for state in result.x], texts)
    ax.set_xlabel(SYMBOL["x"], style="italic")
    artists.append(write_setting(ax, setting(neuron, u=float(result.u))))
    ax.set_ylabel("x[t+1] \u2212 x[t]" if is_map else "dx/dt", style="italic")
    return artists
