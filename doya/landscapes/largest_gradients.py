"""The largest gradient of the loss, which a grid misses: refined at walls, and hunted for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.landscapes.hunts import steepest_within
from doya.landscapes.losses import Loss
from doya.landscapes.searches import largest_cell, norm, steepest
from doya.landscapes.wall import Wall, search_together, steepest_on

# How often the search goes along each of two axes, from the steepest place found so far.
TURNS = 2
LOWER_BOUND = (
    "The largest gradient is a lower bound: within the ranges the loss may be steeper where no"
    " search has looked."
)


class LargestGradient(NamedTuple):
    """Largest norm of the gradient: on the grid, and after refinement with its place.

    Attributes
    ----------
    on_grid : float
        The largest norm among the cells of the grid.
    value : float
        The largest norm found by refinement, at least `on_grid`.
    at : dict of float
        The parameters at which `value` is reached, by name.
    is_lower_bound : bool
        True where the loss may be steeper elsewhere within the ranges.  This is so where
        `further_walls` may exist, and for the map with w < 4 - 8/epsilon: no search finds all its
        walls.  The only exception is the map at epsilon = 1 over x0 alone, under a constant input.
    """

    on_grid: float
    value: float
    at: dict[str, float]
    is_lower_bound: bool

    @property
    def message(self) -> str:
        """Return a sentence that warns of a lower bound; empty if the value is none."""
        return LOWER_BOUND if self.is_lower_bound else ""


def largest_gradient(
    loss: Loss,
    axes: Mapping[str, Floats],
    gradient: Mapping[str, Floats],
    walls: Sequence[Wall],
    hunts: bool,
    is_lower_bound: bool,
) -> LargestGradient:
    """Return the largest norm of the gradient: on the grid, refined, and hunted for if asked."""
    on_grid, _, at, _ = largest_on_grid(axes, gradient)
    top, at = _refined(loss, axes, walls, on_grid, at)
    if hunts:
        top, at = _hunted(loss, axes, top, at)
    return LargestGradient(on_grid, top, {name: at[name] for name in axes}, is_lower_bound)


def largest_on_grid(axes: Mapping[str, Floats], gradient: Mapping[str, Floats]) -> LargestGradient:
    """Return the largest norm of the gradient among the cells, a lower bound."""
    top, at = largest_cell(axes, norm(gradient))
    return LargestGradient(top, top, at, True)


def _refined(
    loss: Loss, axes: Mapping[str, Floats], walls: Sequence[Wall], top: float, at: dict[str, float]
) -> tuple[float, dict[str, float]]:
    """Refine the largest gradient: on the steepest wall, or around the steepest cell."""
    search_together(walls)
    tops = [float(np.fmax.reduce(wall.largest_gradient)) for wall in walls]
    steep = [k for k, each in enumerate(tops) if each > top or (math.isnan(top) and each >= 0)]
    if steep:
        return steepest_on(walls[max(steep, key=tops.__getitem__)])
    if math.isfinite(top):
        for name, axis in axes.items():
            here = {other: np.array([value]) for other, value in at.items()}
            near, between = here.pop(name), (float(axis[0]), float(axis[-1]))
            peak = steepest(loss, tuple(axes), name, here, near, between)
            if peak.norm[0] > top:
                top, at = float(peak.norm[0]), at | {name: float(peak.at[0])}
    return top, at


def _hunted(
    loss: Loss, axes: Mapping[str, Floats], top: float, at: dict[str, float]
) -> tuple[float, dict[str, float]]:
    """Search for a larger gradient along each axis through the steepest place found so far."""
    for name in [*axes] * (1 if len(axes) == 1 else TURNS):
        if math.isinf(top):
            break
        here = {other: value for other, value in at.items() if other != name}
        between = float(axes[name][0]), float(axes[name][-1])
        peak = steepest_within(loss, tuple(axes), name, here, between)
        if peak.norm[0] > top:
            top, at = float(peak.norm[0]), at | {name: float(peak.at[0])}
    return top, at
