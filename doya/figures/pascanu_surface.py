"""The error surface of Pascanu et al. (2013), Fig. 6, and two descents over it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.conversions.pascanu import from_pascanu
from doya.landscapes.landscape import loss_landscape
from doya.landscapes.wall import Wall
from doya.neurons import NeuronMap, NeuronODE
from doya.plots.labels import number
from doya.training.descent import train
from doya.trajectories import final_state

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
    x = final_state(NeuronMap(w[:, np.newaxis], b), X0, T_END)
    return w, b, (x - TARGET) ** 2


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
        for each, column in zip(("w", "b", "E"), path.T, strict=True)
    }
