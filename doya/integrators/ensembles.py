"""Trajectories in one row, and their input in stretches, as the kernels take them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Counts, Floats
from doya.checks import LARGEST
from doya.errors import ArgumentError
from doya.inputs import Pieces
from doya.memory import require_memory
from doya.neurons import Neuron

ROWS = ("w", "b", "epsilon", "gain", "x0")
# Arrays in use, as large as the ensemble: while states are computed, and for each piece of an input
# of their own, measured.
IN_USE, IN_USE_A_PIECE = 11, 4


@dataclass(frozen=True)
class Ensemble:
    """Trajectories, one an entry of each array, read only; the input u acts as gain u.

    It is added to each step of the state; where `inside`, it is added to the bias instead.  u has
    the shape (pieces, trajectories), or (pieces, 1) where all have the same; piece p starts at
    start[p].  In a piece of the flow's input u may rise, at the rate rise[p].
    """

    w: Floats
    b: Floats
    epsilon: Floats
    gain: Floats
    x0: Floats
    start: Floats
    u: Floats
    inside: bool = False
    rise: Floats = field(default_factory=lambda: np.zeros(1))

    @classmethod
    def of(cls, neuron: Neuron, x0: ArrayLike, pieces: Pieces, shape: tuple[int, ...]) -> Self:
        u = pieces.value
        own = len(u) if u.size > len(u) else 0
        require_memory("the ensemble", shape, IN_USE + IN_USE_A_PIECE * own)
        epsilon = getattr(neuron, "epsilon", 1.0)
        inside = neuron.input_inside
        gain = neuron.input_weight if inside else epsilon * neuron.input_weight
        values = neuron.w, neuron.b, epsilon, gain, x0
        if own:
            u = np.stack([np.broadcast_to(value, shape) for value in u])
        w, b, epsilon, gain, start_state = (flat(value, shape) for value in values)
        u = u.reshape(len(u), -1)
        group = cls(w, b, epsilon, gain, start_state, pieces.start, u, inside, pieces.rise)
        if group.largest_input > LARGEST:
            raise ArgumentError("u", "must keep w' u from -1e100 to 1e100")
        return group

    @cached_property
    def largest_input(self) -> float:
        """The largest weight times the largest input; no input is larger."""
        if not has_values(self.u):
            return 0.0
        return float(np.abs(self.gain).max(initial=0.0)) * float(np.abs(self.u).max(initial=0.0))

    def rises(self, p: int) -> bool:
        """Return whether the input rises in piece p."""
        return p < self.rise.size and bool(self.rise[p] != 0.0)

    @property
    def is_free(self) -> bool:
        """Return whether there is no input, in one stretch."""
        return self.start.size == 1 and not (has_values(self.u) or self.rises(0))

    def at(self, which: NDArray[Any], until: float) -> Self:
        """Some of the trajectories, by their numbers or a mask, and the pieces before a time."""
        kept = max(int(np.searchsorted(self.start, until)), 1)
        u = self.u[:kept, which] if self.u.shape[1] > 1 else self.u[:kept]
        return dataclasses.replace(
            self, start=self.start[:kept], u=np.ascontiguousarray(u), rise=self.rise[:kept],
            **{name: getattr(self, name)[which] for name in ROWS},
        )  # fmt: skip

    def under(self, u: Floats) -> Self:
        """The same trajectories, with the input of other stretches."""
        return dataclasses.replace(self, u=u)

    def part(self, lanes: slice) -> Self:
        """Copy the trajectories of a job's part, for kernels to take and to write to."""
        u = np.array(self.u[:, lanes] if self.u.shape[1] > 1 else self.u, order="C")
        rows: Any = {name: np.array(getattr(self, name)[lanes]) for name in ROWS}
        return type(self)(**rows, start=self.start, u=u, inside=self.inside, rise=self.rise)

    def writeable(self) -> Self:
        """The same, in arrays that kernels take; those of one number for all are copied too."""
        rows: Any = {name: np.require(getattr(self, name), None, ["C", "W"]) for name in ROWS}
        return dataclasses.replace(self, **rows)


def has_values(u: Floats) -> bool:
    """Whether any input is not 0; at once for the single 0 of no input."""
    return bool(u.item() if u.size == 1 else u.any())


def flat(values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """In one dimension; not copied where it need not be, as new memory takes time."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0:
        same = np.empty(math.prod(shape))
        same.fill(array)
        return same
    return (array if array.shape == shape else np.broadcast_to(array, shape)).reshape(-1)


def stretches(group: Ensemble, times: Floats) -> tuple[Floats, Floats, Counts]:
    """Times and breakpoints in one row from 0 on, u between them, and where the times are."""
    stop = times[-1] if times.size else 0.0
    edges = np.unique(np.concatenate([[0.0], group.start[group.start < stop], times]))
    piece = np.searchsorted(group.start, edges[:-1], side="right") - 1
    return edges, group.u[piece], np.searchsorted(edges, times)
