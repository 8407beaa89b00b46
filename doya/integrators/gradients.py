"""Ends of the map's trajectories with their derivatives by b and w, in plain doubles."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import Carried, by_iteration
from doya.kernels import map_gradients
from doya.kernels.running import Call, Room, Work

Gradients: TypeAlias = tuple[Floats, Floats, Floats]


def work_of_gradients(size: int, steps: int) -> Work:
    """Return the work of some ends of trajectories with their derivatives."""
    return {map_gradients.iterate: size * min(max(steps, 1), map_gradients.MOST_STEPS)}


def gradients_of(group: Ensemble, steps: int, call: Call) -> Gradients:
    """x of a part of the trajectories, and its derivatives by b and w; 0 or infinite out of range.

    The input is constant.  Arrays of the ensemble may also hold one number for all, instead of one
    a trajectory.
    """
    b, given = group.b, group.gain * group.u[0]
    if group.inside:
        b, given = b + given, np.zeros(1)
    rows = group.w, b, group.epsilon, given / group.epsilon, group.x0
    x, by_b, by_w = np.full((3, np.broadcast(*rows).size), math.nan)
    found = x, by_b, by_w
    call(map_gradients.iterate, *rows, steps, *found, Room(map_gradients.ROOM))
    unknown = np.isnan(found[1])
    if unknown.any():  # the kernel does not tell
        others = by_iteration(_filled(group).at(unknown, math.inf), steps, by_epsilon=False)
        for row, values in zip(found, plain(others), strict=True):
            row[unknown] = values
    return found


def plain(found: Carried) -> Gradients:
    """As doubles."""
    return found.x, found.by["b"].numbers(), found.by["w"].numbers()


def _filled(group: Ensemble) -> Ensemble:
    """With one number a trajectory in each array but u."""
    names = "w", "b", "epsilon", "gain", "x0"
    values = np.broadcast_arrays(*(getattr(group, name) for name in names), group.u[0])
    rows: Any = dict(zip(names, values, strict=False))
    return dataclasses.replace(group, **rows)
