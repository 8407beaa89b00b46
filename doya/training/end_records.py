"""The record of many descents without their paths: where each one is, and what it has passed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.kernels.training import descent
from doya.training.records import Record, norm_of

# Steps whose numbers are in memory at once, of the descents of a part.
WINDOW = 64
# Descents of a part, so that a window takes few megabytes.
AT_MOST = 4096


@dataclass(frozen=True, eq=False)
class EndRecord:
    """The last step of each descent: parameters, loss, and the loss without the teacher.

    `largest` is the largest norm of the gradient so far, and `count` the number of steps, with the
    start, at which the loss is known.
    """

    parameters: Floats
    loss: Floats
    free_loss: Floats
    largest: Floats
    count: NDArray[np.int32]
    steps: int

    @classmethod
    def empty(cls, size: int, learned: int, steps: int, teacher: bool) -> Self:
        """Return room for so many descents and parameters."""
        loss, largest = np.full((2, size), math.nan)
        free = np.full(size, math.nan) if teacher else loss
        count = np.zeros(size, dtype=np.int32)
        return cls(np.full((learned, size), math.nan), loss, free, largest, count, steps)

    @staticmethod
    def rows_of(learned: int, teacher: bool) -> int:
        """Return the number of rows of one descent."""
        return learned + teacher + 3

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of descents, and of their steps with the start."""
        return self.loss.size, self.steps + 1

    @property
    def is_cut(self) -> NDArray[np.bool_]:
        """Return whether each descent ended before its last step."""
        cut: NDArray[np.bool_] = self.count <= self.steps
        return cut

    def part(self, lanes: slice) -> EndRecord:
        """Return the record of some descents, which is written to as this one."""
        return self._at(lanes)

    def copy_of(self, lanes: NDArray[np.int64]) -> EndRecord:
        """Return a copy of some descents, by their numbers; `put` writes it back."""
        return self._at(lanes)

    def put(self, lanes: NDArray[np.int64], own: EndRecord) -> None:
        """Write the record of some descents, by their numbers."""
        self.parameters[:, lanes] = own.parameters
        self.loss[lanes], self.free_loss[lanes] = own.loss, own.free_loss
        self.largest[lanes], self.count[lanes] = own.largest, own.count

    def _at(self, lanes: Any) -> EndRecord:
        loss = self.loss[lanes]
        free = loss if self.free_loss is self.loss else self.free_loss[lanes]
        more = self.largest[lanes], self.count[lanes], self.steps
        return EndRecord(self.parameters[:, lanes], loss, free, *more)

    def begin(self) -> None:
        """Have NaN where nothing is written."""

    def end_at(self, step: int) -> None:
        """Have NaN from a step on; nothing, as no step is kept."""

    def write(self, begin: int, reports: Floats) -> None:
        """Take over the reports of some steps in a row, shape (steps, rows, descents)."""
        size = len(self.parameters)
        own, slopes = (
            reports[:, first : first + size] for first in (descent.FIRST, descent.FIRST + size)
        )
        self._take(
            begin, reports[:, descent.LOSS], reports[:, descent.FREE_LOSS],
            own.swapaxes(0, 1), slopes.swapaxes(0, 1),
        )  # fmt: skip

    @property
    def at_once(self) -> int:
        """Return how many steps a window has room for."""
        return WINDOW

    @cached_property
    def _room(self) -> tuple[Any, Any]:
        cells = self.loss.size * min(WINDOW, self.steps + 1)
        rows = Record.rows_of(len(self.parameters), False)
        return np.empty(cells * rows), np.empty(cells, dtype=np.bool_)

    def window(self, begin: int, until: int) -> Record:
        """Return a record to which the steps from `begin` up to `until` are written."""
        rows, cells = Record.rows_of(len(self.parameters), False), self.loss.size * (until - begin)
        numbers, clipped = self._room
        numbers, clipped = numbers[: cells * rows], clipped[:cells]
        numbers.fill(math.nan)
        clipped.fill(False)
        return Record(
            numbers.reshape(self.loss.size, rows, until - begin),
            clipped.reshape(self.loss.size, until - begin), len(self.parameters), begin,
        )  # fmt: skip

    def keep(self, window: Record, have_ended: NDArray[np.bool_]) -> None:
        """Take over a window; descents that have ended, or are at rest, took all steps."""
        loss = window.loss.T
        self._take(
            window.first, loss, loss, window.parameters.swapaxes(1, 2),
            window.gradient.swapaxes(1, 2),
        )  # fmt: skip
        self.count[have_ended] = self.steps + 1

    def _take(
        self, begin: int, loss: Floats, free: Floats, parameters: Floats, gradient: Floats
    ) -> None:
        """Take over some steps in a row: losses (steps, descents), others (names, ...)."""
        if not len(loss):
            return
        if begin == 0:  # also of a descent whose first loss is not known
            self.parameters[...] = parameters[:, 0]
        known = np.isfinite(loss)
        count = known.sum(axis=0)
        lanes = np.flatnonzero(count)
        last = count[lanes] - 1
        self.loss[lanes] = loss[last, lanes]
        self.free_loss[lanes] = free[last, lanes]
        self.parameters[:, lanes] = parameters[:, last, lanes]
        norm = np.where(known, norm_of(tuple(gradient)), math.nan)
        np.fmax(self.largest, np.fmax.reduce(norm, axis=0), out=self.largest)
        self.count[...] += count.astype(np.int32)
