"""The Hessian of the loss, and the largest curvature, refined at walls.

L = (x(T) - target)**2 has d2L/dpdq = 2 dx/dp dx/dq + 2 (x - target) d2x/dpdq.  Its curvature is the
largest absolute eigenvalue: over one parameter abs(d2L/dp2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.kernels.flow import second_derivatives as flow_jets
from doya.kernels.machinery.running import Work
from doya.kernels.map import second_derivatives as map_jets
from doya.landscapes.losses import Loss
from doya.landscapes.searches import FIRST_SIDE, SHRINK, SIDE, ULPS, WIDTHS, largest, largest_cell
from doya.landscapes.wall import Wall
from doya.neurons import NeuronMap
from doya.sensitivities.both_orders import Pair
from doya.sensitivities.derivatives import sensitivity

# Cells whose second derivatives are computed at once.
CELLS = 2**14
# The search ends when its range is this part of the first; the height is then known to its square.
KNOWN = 4.0**-10
ROUNDS = 24
LOWER_BOUND = (
    "The largest curvature is a lower bound: within the ranges the loss may bend more where no"
    " search has looked."
)


class LargestCurvature(NamedTuple):
    """Largest curvature of the loss: on the grid, and after refinement with its place.

    Attributes
    ----------
    on_grid : float
        The largest among the cells of the grid.
    value : float
        The largest found by refinement, at least `on_grid`.
    at : dict of float
        The parameters at which `value` is reached, by name.
    is_lower_bound : bool
        True where the loss may bend more elsewhere within the ranges, as for `LargestGradient`.
    """

    on_grid: float
    value: float
    at: dict[str, float]
    is_lower_bound: bool

    @property
    def message(self) -> str:
        """Return a sentence that warns of a lower bound; empty if the value is none."""
        return LOWER_BOUND if self.is_lower_bound else ""


def work_of_hessian(loss: Loss, size: int) -> Work:
    """Return the work of the second derivatives in `size` cells."""
    if loss.pieces is None:
        return {}
    if isinstance(loss.neuron, NeuronMap):
        return {map_jets.iterate_jets: size * max(loss.t_end, 1.0)}
    return {flow_jets.jets_along: size * loss.pieces.start.size}


def hessian_of(
    loss: Loss, values: Mapping[str, Floats], names: Sequence[str]
) -> dict[Pair, Floats]:
    """Return the Hessian with respect to `names`, by both orders of each pair, shape (n,)."""
    size = max(value.size for value in values.values())
    pairs = [(p, q) for p in names for q in names]
    found = {pair: np.full(size, math.nan) for pair in pairs}
    for first in range(0, size, CELLS):
        part = slice(first, first + CELLS)
        some = {name: value[part] for name, value in values.items()}
        bent = sensitivity(*loss.at(some), loss.t_end, names, loss.u, order=2)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for p, q in pairs:
                slopes = bent.derivative[p] * bent.derivative[q]
                found[p, q][part] = 2.0 * (slopes + (bent.x - loss.target) * bent.second[p, q])
    return found


def curvature(hessian: Mapping[Pair, Floats]) -> Floats:
    """Return the largest absolute eigenvalue of the Hessian over one or two parameters."""
    names = list(dict.fromkeys(p for p, _ in hessian))
    first, last = (hessian[name, name] for name in (names[0], names[-1]))
    if len(names) == 1:
        return np.abs(first)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        half = np.hypot(0.5 * (first - last), hessian[names[0], names[1]])
        size: Floats = 0.5 * np.abs(first + last) + half
    return size


def largest_curvature(
    loss: Loss,
    axes: Mapping[str, Floats],
    hessian: Mapping[Pair, Floats],
    walls: Sequence[Wall],
    is_lower_bound: bool,
) -> LargestCurvature:
    """Return the largest curvature: on the grid, and refined at walls or around its cell."""
    names = tuple(axes)
    on_grid, at = largest_cell(axes, curvature(hessian))
    top = on_grid
    for wall in walls:
        value, place = sharpest_on(loss, wall, names)
        if value > top or math.isnan(top):
            top, at = value, place
    if top == on_grid and math.isfinite(top):
        for name, axis in axes.items():
            others = {other: np.array([at[other]]) for other in names if other != name}
            step = np.array([2.0 * float(np.diff(axis).max())])
            ends = float(axis[0]), float(axis[-1])
            tops, where = sharpest(loss, names, name, others, np.array([at[name]]), step, ends)
            if tops[0] > top:
                top, at = float(tops[0]), at | {name: float(where[0])}
    return LargestCurvature(on_grid, top, {name: at[name] for name in names}, is_lower_bound)


def sharpest_on(loss: Loss, wall: Wall, names: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Return the largest curvature around a wall, and its place.

    It is beside the largest gradient, at less than the width of the wall.  The search looks across
    the wall at each of its points.
    """
    others = {name: value for name, value in wall.values.items() if name != wall.over}
    if math.isinf(loss.t_end):
        return math.inf, {name: float(value[0]) for name, value in wall.values.items()}
    with np.errstate(divide="ignore"):
        reach = WIDTHS * np.where(wall.size > 0.0, wall.width / wall.size, wall.width)
    near = np.where(np.isfinite(wall.at), wall.at, wall.values[wall.over])
    reach = np.nan_to_num(reach, nan=0.0, posinf=math.inf)
    size, at = sharpest(loss, names, wall.over, others, near, reach, wall.ranges[wall.over])
    k = int(largest(size))
    place = {name: float(value[k]) for name, value in others.items()}
    return float(size[k]), place | {wall.over: float(at[k])}


def sharpest(
    loss: Loss,
    names: Sequence[str],
    over: str,
    values: Mapping[str, Floats],
    near: Floats,
    reach: Floats,
    between: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Search for the largest curvature within `reach` of these values of `over`, row by row."""
    half = np.clip(reach, ULPS * np.spacing(np.abs(near)), between[1] - between[0])
    enough, at, row = half * KNOWN, near, np.arange(near.size)
    for k in range(ROUNDS):
        offsets = np.linspace(-1.0, 1.0, 2 * (SIDE if k else FIRST_SIDE) + 1)
        trials = np.clip(at[:, np.newaxis] + half[:, np.newaxis] * offsets, *between)
        rows = {name: np.repeat(value, offsets.size) for name, value in values.items()}
        size = curvature(hessian_of(loss, {**rows, over: trials.ravel()}, names))
        size = size.reshape(trials.shape)
        best = largest(size)
        at, top = trials[row, best], size[row, best]
        rim = (best == 0) | (best == offsets.size - 1)
        half = np.where(rim & (at > between[0]) & (at < between[1]), half, half / SHRINK)
        if np.all((half < enough) | (half < np.spacing(np.abs(at)))):
            break
    return top, at
