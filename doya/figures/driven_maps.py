"""Two paths under the same maps F_t of a driven neuron, and a page with time downwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import beside
from doya.landscapes.loss_landscape import loss_landscape
from doya.neurons import NeuronMap
from doya.plots.labels import MINUS
from doya.plots.pages import page
from doya.plots.style import SYMBOL
from doya.trajectories import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# At w = 5 no step between the attractors is longer than 0.02 without input: too short for an arrow.
NEURON = NeuronMap(w=8.0, b=-4.0, epsilon=0.6)
# The first input carries one of the two starts across the boundary of the basins.
INPUTS = np.array([-0.12, -0.08, 0.12, -0.10, 0.12, -0.12, 0.10])
# Distance of the two starts.
APART = 0.04

LEFT: dict[str, Any] = {"color": "accent 1", "marker": "o", "markersize": 4.0}
RIGHT: dict[str, Any] = {"color": "accent", "marker": "s", "markersize": 3.8}
BOUNDARY: dict[str, Any] = {"color": "ink", "linestyle": (0, (1.0, 1.5)), "linewidth": 1.1}
# Distance between a state and the ends of its arrows, in points.
CLEAR = 2.6
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Paths(NamedTuple):
    """States at t = 0, 1, ..., T of three starts; one ends on the boundary of the basins."""

    left: Floats
    boundary: Floats
    right: Floats


def paths() -> Paths:
    """Return the paths of two starts APART, and of the start between them on the boundary."""
    end = INPUTS.size
    # With no input after T, a wall over x0 is the start that is on the boundary at T.
    over, then_none = {"x0": np.array([0.0, 1.0])}, np.append(INPUTS, 0.0)
    (wall,) = loss_landscape(NEURON, over, t_end=end + 1, u=then_none).walls
    starts = float(wall.values["x0"][0]) + 0.5 * APART * np.array([-1.0, 0.0, 1.0])
    return Paths(*simulate(NEURON, starts, end, INPUTS).x)


def page_of_steps(figure: Figure, tall: float, above: float, below: float) -> Axes:
    """Make axes with states to the right and steps downwards; room above and below is in steps."""
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
    """Write the inputs beside the axes, one a row from the height `first`, below their symbol."""
    column: dict[str, Any] = {
        "away": (29, 0), "xycoords": ax.get_yaxis_transform(), "ha": "right",
        "annotation_clip": False,
    }  # fmt: skip
    beside(ax, "uₜ", (1.0, first - 1.0), **column, style="italic")
    for t, u in enumerate(INPUTS):
        beside(ax, f"{u:+.2f}".replace("-", MINUS), (1.0, first + t), **column)


def write(ax: Axes, text: str, at: tuple[float, float], side: float, **style: Any) -> None:
    """Write a text to the right of a point (side 1), to the left (-1) or below (0)."""
    looks = {"ha": ("center", "left", "right")[int(side)], "style": "italic", **style}
    beside(ax, text, at, (6.0 * side, 5.0 * abs(side) - 5.0), **looks)


def indexed(name: str, t: int) -> str:
    """Return the name with a number as subscript."""
    return name + str(t).translate(SUBSCRIPT)
