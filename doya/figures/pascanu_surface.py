"""The error surface of Pascanu et al. (2013), Fig. 6, and two descents over it."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from doya.arrays import Floats
from doya.conversions.pascanu import from_pascanu
from doya.landscapes.loss_landscape import loss_landscape
from doya.landscapes.searches import crossing
from doya.landscapes.wall import Wall
from doya.neurons import NeuronMap, NeuronODE
from doya.plots.heat_maps import draw_line
from doya.plots.labels import number
from doya.plots.style import SYMBOL, WALL
from doya.plots.theme import theme
from doya.training.descent import train
from doya.trajectories import final_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WINDOW = {"w": (4.5, 5.5), "b": (-2.9, -1.9)}
T_END, TARGET = 50, 0.7
# The start of both descents: from here a plain step ends on the face of the wall, not beyond it.
PASCANU = from_pascanu(w=5.36, b=-2.23)
X0 = float(PASCANU.to_state(0.5))
LEARNING_RATE = 0.3
# Number of steps: with more the clipped path would leave the window.
STEPS = 72
# Threshold of clipping: every gradient before the wall is shorter, nearly all on it are longer.
CLIP = 0.16
# Heights of the lines along the face of the wall, as shares of E at its head; 0 is the valley, from
# which E rises again to the foot of the wall.
HEIGHTS = (0.0, 0.25, 0.5, 0.75, 0.99)
# Height of the line along the foot, as a share of E beside the wall.
NEAR = 0.97
# Distance from the wall within which lines across it have points close together.
BESIDE = 0.03
# Distance from the wall within which the lines along it are searched, in w and in b.
REACH = 0.15


class Throw(NamedTuple):
    """The step that leaves the window: its number, start, point on the window's edge, and end.

    Each point is (w, b, E).
    """

    step: int
    start: Floats
    edge: Floats
    stop: Floats

    @property
    def landing(self) -> str:
        """Return the w and b of the end, in words."""
        w, b, _ = self.stop
        return f"w = {number(w, 4)}, b = {number(b, 4)}"


def error_grid(points: int) -> tuple[Floats, Floats, Floats]:
    """Return w and b, `points` values each, and E over them; Doya's x is sigma(a)."""
    w, b = (np.linspace(*ends, points) for ends in WINDOW.values())
    return w, b, (_state(w[:, np.newaxis], b) - TARGET) ** 2


def draw_shades(ax: Axes, w: Floats, b: Floats, height: Floats, levels: Any, norm: Any) -> None:
    """Draw a surface over the window from above: grey shades, contour lines, and the wall."""
    look = theme(ax)
    greys = LinearSegmentedColormap.from_list("greys", [look.paper, look.ink])
    ax.contourf(w, b, height.T, levels=levels, cmap=greys, norm=norm, zorder=0)
    ax.contour(w, b, height.T, levels=levels, colors=[look.ink], linewidths=0.3, zorder=1)
    found = wall()
    draw_line(ax, found.values["w"], found.values["b"], WALL[found.kind], look)
    ax.set(xlim=WINDOW["w"], ylim=WINDOW["b"])
    ax.set_xticks(np.arange(23, 28) / 5)
    ax.set_yticks(np.arange(-14, -9) / 5)
    ax.set_xlabel(SYMBOL["w"], style="italic")


def wires(points: int, every: int) -> list[Floats]:
    """Return lines on the surface, each with rows w, b, E: a mesh that follows the wall.

    The lines of the plane stand at every `every`-th of `points` values of w and of b.  Those of
    constant b end at the head of the wall and go on from its foot; those of constant w run down its
    face.  Further lines run along the foot, and along the face at each of HEIGHTS.
    """
    w, b, _ = error_grid(points)
    faces = [_on_surface(w, _bias_where(w, k)) for k in range(1 + len(HEIGHTS))]
    lines = [_inside(face) for face in faces]
    for at in w[::every]:
        on_faces = np.array([face[face[:, 0] == at, 1].item() for face in faces])
        near = np.linspace(on_faces[0] - BESIDE, on_faces[0] + BESIDE, 61)
        along = np.unique(np.concatenate([b, near, on_faces]))
        lines.append(_inside(_on_surface(np.full(along.size, at), along)))
    for at in b[::every]:
        for k, side in ((0, 1.0), (len(HEIGHTS), -1.0)):
            edge = _weight_where(at, k)
            along = np.unique(np.append(w[side * (w - edge) > 0.0], edge))
            along = along[(w[0] <= along) & (along <= w[-1])]
            lines.append(_on_surface(along, np.full(along.size, at)))
    return [line for line in lines if len(line) > 1]


def _aim(w: Floats, k: int) -> Floats:
    """Return x(T) on the lines along the wall: on its foot for k = 0, else on HEIGHTS[k - 1]."""
    found = wall()
    loss = np.interp(w, found.values["w"], found.below if k else found.above)
    return TARGET - np.sqrt(HEIGHTS[k - 1] * loss) if k else TARGET + np.sqrt(NEAR * loss)


def _bias_where(w: Floats, k: int) -> Floats:
    """Return the b of a line along the wall: x(T) rises with b."""
    aim, middle = _aim(w, k), math.log(X0) - math.log1p(-X0) - w * X0
    _, b = crossing(lambda b: _state(w, b) > aim, middle - REACH, middle + REACH)
    return b


def _weight_where(b: float, k: int) -> float:
    """Return the w at which a line along the wall has this b: x(T) rises with w."""
    middle = np.array([(math.log(X0) - math.log1p(-X0) - b) / X0])
    _, w = crossing(lambda w: _state(w, b) > _aim(w, k), middle - REACH, middle + REACH)
    return float(w[0])


def _state(w: Floats, b: Any) -> Floats:
    return final_state(NeuronMap(w, b), X0, T_END)


def _on_surface(w: Floats, b: Floats) -> Floats:
    """Return rows w, b, E."""
    return np.stack([w, b, (_state(w, b) - TARGET) ** 2], axis=-1)


def _inside(line: Floats) -> Floats:
    """Return the points of a line within the window."""
    low, high = WINDOW["b"]
    return line[(low <= line[:, 1]) & (line[:, 1] <= high)]


@functools.cache  # the lines along the wall ask for it two thousand times
def wall() -> Wall:
    """Return the wall, where x(infinity) jumps: for w > 0 map and flow settle at the same state."""
    (found,) = loss_landscape(NeuronODE(), WINDOW, X0, math.inf, TARGET).walls
    return found


def descent(clip: float | None = None) -> Floats:
    """Return w, b and E along gradient descent, one row a point, with or without clipping."""
    path = train(PASCANU.neuron, X0, T_END, TARGET, ("w", "b"), LEARNING_RATE, STEPS, clip)
    return np.stack([path.parameters["w"], path.parameters["b"], path.loss], axis=-1)


def throw(path: Floats) -> Throw:
    """Return the first step that leaves the window, as a straight line."""
    low, high = np.transpose(list(WINDOW.values()))
    inside = np.all((low <= path[:, :2]) & (path[:, :2] <= high), axis=-1)
    step = int(inside.argmin())
    start, stop = path[step - 1 : step + 1]
    way = stop - start
    share = ((np.where(way[:2] > 0.0, high, low) - start[:2]) / way[:2]).min()
    return Throw(step, start, start + share * way, stop)


def columns(plain: Floats, clipped: Floats) -> dict[str, Floats]:
    """Return w, b and E of both paths, the plain one up to its throw, and of the drawn arrow."""
    thrown = throw(plain)
    paths = {
        "plain": plain[: thrown.step],
        "clipped": clipped,
        "arrow": np.stack([thrown.start, thrown.edge]),
        "thrown_to": thrown.stop[np.newaxis],
    }
    return {
        f"{name}_{each}": column
        for name, path in paths.items()
        for each, column in zip(("w", "b", "loss"), path.T, strict=True)
    }
