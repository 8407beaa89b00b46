"""Ends of the map's trajectories, their derivatives with respect to b and w, in plain doubles."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import Carried, by_iteration
from doya.kernels.machinery.running import Call, Room, Work
from doya.kernels.map import gradients as map_gradients
from doya.scaled import Scaled

Gradients: TypeAlias = tuple[Floats, Floats, Floats]


def work_of_gradients(size: int, steps: int) -> Work:
    """Return the work of some ends of trajectories with their derivatives."""
    return {map_gradients.iterate: size * min(max(steps, 1), map_gradients.MOST_STEPS)}


def gradients_of(group: Ensemble, steps: int, call: Call) -> Gradients:
    """x of some trajectories, its derivatives with respect to b and w; 0 or inf out of range.

    The input is constant.  Arrays of the ensemble may also hold one number for all, instead of one
    a trajectory.
    """
    found = _by_kernel(group, steps, True, call)
    unknown = np.isnan(found[1])
    if unknown.any():  # the kernel does not tell
        others = by_iteration(_filled(group).at(unknown, math.inf), steps, by_epsilon=False)
        for row, values in zip(found, plain(others), strict=True):
            row[unknown] = values
    return found


def carried_of(group: Ensemble, steps: int, by_w: bool, call: Call) -> Carried:
    """Return the same with derivatives beyond the range of doubles, that by w if it is wanted.

    Arrays hold one number a lane.  Derivatives near the ends of this range, or 0, are computed
    anew.
    """
    x, *found = _by_kernel(group, steps, by_w, call)
    names = ("b", "w")[: 1 + by_w]
    size = np.abs(found[: len(names)])
    far: Any = ~((size > map_gradients.LEAST) & (size < math.inf)).all(axis=0)
    by = {name: Scaled(each, np.zeros(x.size)) for name, each in zip(names, found, strict=False)}
    if far.any():
        others = by_iteration(group.at(far, math.inf), steps, by_epsilon=False)
        x[far] = others.x
        for name, each in by.items():
            each.put(far, others.by[name])
    return Carried(x, by)


def _by_kernel(group: Ensemble, steps: int, by_w: bool, call: Call) -> Gradients:
    """The same, with NaN where the kernel has no answer; that by w only if it is wanted."""
    added, given = drive_of(group)
    rows: Any = group.w, group.b + added, group.epsilon, given, group.x0
    found = np.full((3, np.broadcast(*rows).size), math.nan)
    bare = is_bare(group.epsilon, given)
    if by_w or bare.all() or not bare.any():
        call(map_gradients.iterate, *rows, steps, by_w, *found, Room(map_gradients.ROOM))
    else:
        rows = np.broadcast_arrays(*rows)
        for kind in (bare, ~bare):
            lanes = np.flatnonzero(np.broadcast_to(kind, found.shape[1:]))
            own, some = [row[lanes] for row in rows], np.take(found, lanes, axis=1)
            call(map_gradients.iterate, *own, steps, by_w, *some, Room(map_gradients.ROOM))
            found[:, lanes] = some
    x, by_b, by_w_row = found
    return x, by_b, by_w_row


def is_bare(epsilon: Floats, given: Floats) -> NDArray[np.bool_]:
    """Return where epsilon is 1 and no input is added to sigma.

    Blocks of such lanes alone have steps of their own for the derivative by b, with roundings of
    their own.  So that the bits of a lane do not depend on others, it is never in another block.
    """
    bare: NDArray[np.bool_] = (epsilon == 1.0) & (given == 0.0)
    return bare


def drive_of(group: Ensemble) -> tuple[Floats, Floats]:
    """Return what a constant input adds to the bias, and to sigma."""
    given = group.gain * group.u[0]
    return (given, np.zeros(1)) if group.inside else (np.zeros(1), given / group.epsilon)


def plain(found: Carried) -> Gradients:
    """As doubles."""
    return found.x, found.by["b"].numbers(), found.by["w"].numbers()


def _filled(group: Ensemble) -> Ensemble:
    """With one number a trajectory in each array but u."""
    names = "w", "b", "epsilon", "gain", "x0"
    values = np.broadcast_arrays(*(getattr(group, name) for name in names), group.u[0])
    rows: Any = dict(zip(names, values, strict=False))
    return dataclasses.replace(group, **rows)
