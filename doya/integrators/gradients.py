"""Ends of the map's trajectories with their derivatives by b and w, in plain doubles."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble, aligned, interpreted
from doya.integrators.iteration import INTERPRETED_STEPS
from doya.integrators.sensitivities import Carried, by_iteration
from doya.kernels import map_gradients
from doya.kernels.compilation import compiled
from doya.kernels.parallel import in_chunks

Gradients: TypeAlias = tuple[Floats, Floats, Floats]


def of_map(group: Ensemble, steps: int) -> Gradients:
    """x after so many steps, and its derivatives by b and w; 0 or infinite out of range.

    Arrays of the ensemble may also hold one number for all, instead of one a trajectory.
    """
    if len(group.start) > 1:
        return _plain(by_iteration(_filled(group), steps, by_epsilon=False))
    found = _by_kernel(group, steps)
    unknown = np.isnan(found[1])
    if unknown.any():
        others = by_iteration(_filled(group).at(unknown, math.inf), steps, by_epsilon=False)
        for row, values in zip(found, _plain(others), strict=True):
            row[unknown] = values
    return found


def _by_kernel(group: Ensemble, steps: int) -> Gradients:
    """NaN where the kernel does not tell."""
    rows = group.w, group.b, group.epsilon, group.gain * group.u[0] / group.epsilon, group.x0
    size = np.broadcast(*rows).size
    amount = size * min(steps, map_gradients.MOST_STEPS)
    if interpreted(map_gradients.iterate, amount, INTERPRETED_STEPS // 2):
        lists: list[Any] = [[math.nan] * size for _ in range(3)]
        room = [0.0] * map_gradients.ROOM
        values: list[Any] = [row.tolist() for row in rows]
        map_gradients.iterate(*[*values, steps, *lists, room])
        return np.array(lists[0]), np.array(lists[1]), np.array(lists[2])

    x, by_b, by_w = (np.empty(size) for _ in range(3))
    kernel = compiled(map_gradients.iterate)

    def work(part: slice) -> None:
        # Machine code for arrays that must not be written to would be code of its own.
        own = [np.require(row[part] if row.size > 1 else row, None, ["C", "W"]) for row in rows]
        kernel(*own, steps, x[part], by_b[part], by_w[part], aligned(map_gradients.ROOM))

    in_chunks(work, size)
    return x, by_b, by_w


def _filled(group: Ensemble) -> Ensemble:
    """With one number a trajectory in each array but u."""
    names = "w", "b", "epsilon", "gain", "x0"
    values = np.broadcast_arrays(*(getattr(group, name) for name in names), group.u[0])
    return dataclasses.replace(group, **dict(zip(names, values, strict=False)))


def _plain(found: Carried) -> Gradients:
    return found.x, found.by["b"].numbers(), found.by["w"].numbers()
