"""Meshes of a loss over two parameters, whose lines meet along a wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats

if TYPE_CHECKING:
    from doya.landscapes.landscape import Landscape
    from doya.landscapes.wall import Wall

Mesh = tuple[Floats, Floats, Floats]

# Largest number of lines in each direction: more cannot be distinguished.
MOST = 80
# Part of the jump by which the nearest grid values may differ from the limits at the wall.
NEAR = 0.3
# Part of a cell within which a grid value counts as on the wall.
BESIDE = 0.02
# Smallest number of lines on each side of a wall.
FEW = 2


def mesh_of(landscape: Landscape) -> Mesh:
    """Return the first parameter, the second one and the loss at the corners of a mesh.

    A mesh of the grid's own lines crosses a wall with slanted faces, which look like teeth.  So
    where a single wall crosses the whole landscape, the lines across it are cut at it: they have a
    corner at its foot and another one at its top.
    """
    if len(landscape.walls) == 1:
        cut = _cut(landscape, landscape.walls[0])
        if cut is not None:
            return cut
    first, second = landscape.axes.values()
    rows, columns = _some(first.size), _some(second.size)
    grid = np.meshgrid(first[rows], second[columns], indexing="ij")
    return grid[0], grid[1], landscape.loss[np.ix_(rows, columns)]


def _cut(landscape: Landscape, wall: Wall) -> Mesh | None:
    """Return a mesh that is cut along the wall, or None if the wall does not cross every line.

    None too if the loss at the finite T is still far from the limits at the wall.
    """
    names = [*landscape.axes]
    along = next(name for name in names if name != wall.over)
    swapped = names[0] == wall.over
    across_axis, along_axis = landscape.axes[wall.over], landscape.axes[along]
    loss = landscape.loss.T if swapped else landscape.loss
    order = np.argsort(wall.values[along])
    known, path = wall.values[along][order], wall.values[wall.over][order]
    reaches = known[0] <= along_axis[0] and along_axis[-1] <= known[-1]
    if not (reaches and np.all(np.diff(known) > 0.0)):
        return None
    rows = _some(along_axis.size)
    lines = along_axis[rows]
    at, below, above = (
        np.interp(lines, known, each) for each in (path, wall.below[order], wall.above[order])
    )
    # A grid value on the wall itself belongs to neither side.
    beside = BESIDE * float(np.diff(across_axis).min())
    left, right = (np.searchsorted(across_axis, at + side * beside) for side in (-1.0, 1.0))
    if left.min() < FEW or right.max() > across_axis.size - FEW:
        return None
    here = np.arange(lines.size)
    sides = np.stack([loss[rows][here, left - 1] - below, loss[rows][here, right] - above])
    if not np.all(np.nanmedian(np.abs(sides), axis=1) < NEAR * np.nanmax(np.abs(above - below))):
        return None
    size = _some(across_axis.size).size
    few = min(max(round(size * float(np.mean(left)) / across_axis.size), FEW), size - FEW)
    part, rest = np.linspace(0.0, 1.0, few), np.linspace(0.0, 1.0, size - few)
    low, high = across_axis[0], across_axis[-1]
    x = np.stack([np.append(low + part * (a - low), a + rest * (high - a)) for a in at])
    z = np.empty(x.shape)
    for k, row in enumerate(loss[rows]):
        n, m = left[k], right[k]
        z[k, :few] = np.interp(
            x[k, :few], np.append(across_axis[:n], at[k]), np.append(row[:n], below[k])
        )
        z[k, few:] = np.interp(
            x[k, few:], np.append(at[k], across_axis[m:]), np.append(above[k], row[m:])
        )
    y = np.repeat(lines[:, np.newaxis], size, axis=1)
    return (x.T, y.T, z.T) if swapped else (y, x, z)


def _some(size: int) -> NDArray[np.intp]:
    """Return at most MOST indices, evenly from the first to the last."""
    return np.unique(np.linspace(0, size - 1, min(size, MOST)).round().astype(np.intp))
