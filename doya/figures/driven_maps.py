"""Two paths under the same maps F_t of a driven neuron, and the page on which they run down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import beside
from doya.landscapes.landscape import loss_landscape
from doya.neurons import NeuronMap
from doya.plots.labels import MINUS
from doya.plots.pages import page
from doya.plots.style import ACCENT, BLUE, CURVE, SYMBOL
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# At w = 5 no step between the attractors is longer than 0.02 without input, too short an arrow.
NEURON = NeuronMap(w=8.0, b=-4.0, epsilon=0.6)
# The first push carries one of the two starts across the boundary of the basins, the other not.
INPUTS = np.array([-0.12, -0.08, 0.12, -0.10, 0.12, -0.12, 0.10])
APART = 0.04

LEFT: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 4.0}
RIGHT: dict[str, Any] = {"color": ACCENT, "marker": "s", "markersize": 3.8}
BOUNDARY: dict[str, Any] = {"color": CURVE, "linestyle": (0, (1.0, 1.5)), "linewidth": 1.1}
# Points between a state and the arrows that start and end there.
CLEAR = 2.6
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Paths(NamedTuple):
    """States at t = 0, 1, ..., T of three starts; one ends on the boundary of the basins."""

    left: Floats
    boundary: Floats
    right: Floats


def paths() -> Paths:
    """Under the inputs, from two starts APART, in whose middle the basins part."""
    end = INPUTS.size
    # With no input after T, a wall over x0 is the start that is on the boundary at T.
    over, then_none = {"x0": np.array([0.0, 1.0])}, np.append(INPUTS, 0.0)
    (wall,) = loss_landscape(NEURON, over, t_end=end + 1, u=then_none).walls
    starts = float(wall.values["x0"][0]) + 0.5 * APART * np.array([-1.0, 0.0, 1.0])
    return Paths(*simulate(NEURON, starts, end, INPUTS).x)


def page_of_steps(figure: Figure, tall: float, above: float, below: float) -> Axes:
    """States to the right, steps down, with so many steps of room above the first and the last."""
    ax = page(figure, tall)
    figure.subplots_adjust(left=0.115, right=0.855)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(INPUTS.size + below, -above)
    ax.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.5", "0.75", "1"])
    ax.set_yticks(range(INPUTS.size + 1))
    ax.spines.left.set_bounds(0, INPUTS.size)
    ax.set_xlabel(SYMBOL["x"], style="italic")
    ax.set_ylabel("t", style="italic", rotation=0.0, va="center")
    ax.yaxis.set_label_coords(-0.085, 0.5 * INPUTS.size, transform=ax.get_yaxis_transform())
    return ax


def list_inputs(ax: Axes, first: float) -> None:
    """Beside the axes, below their symbol: one each step from the height of the first."""
    column: dict[str, Any] = {
        "away": (29, 0), "xycoords": ax.get_yaxis_transform(), "ha": "right",
        "annotation_clip": False,
    }  # fmt: skip
    beside(ax, "uₜ", (1.0, first - 1.0), **column, style="italic")
    for t, u in enumerate(INPUTS):
        beside(ax, f"{u:+.2f}".replace("-", MINUS), (1.0, first + t), **column)


def write(ax: Axes, text: str, at: tuple[float, float], side: float, **style: Any) -> None:
    """To the right of a point where the side is 1, to the left where it is -1, below it at 0."""
    looks = {"ha": ("center", "left", "right")[int(side)], "style": "italic", **style}
    beside(ax, text, at, (6.0 * side, 5.0 * abs(side) - 5.0), **looks)


def indexed(name: str, t: int) -> str:
    """The name with a number below it."""
    return name + str(t).translate(SUBSCRIPT)
