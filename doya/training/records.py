"""The record of many descents: what each has at each step, as the kernels write it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.kernels.training import descent
from doya.kernels.training.map_descents import FIRST, LOSS


@dataclass(frozen=True, eq=False)
class Record:
    """Numbers of shape (descents, rows, steps + 1), and whether each gradient was clipped.

    The rows are the loss, the parameters, the derivatives and, with a teacher, the loss without it.
    A record of some of the steps begins with step `first`.
    """

    numbers: Floats
    clipped: NDArray[np.bool_]
    learned: int
    first: int = 0

    @classmethod
    def empty(cls, size: int, learned: int, steps: int, teacher: bool) -> Self:
        """Return room for so many descents and parameters."""
        rows = cls.rows_of(learned, teacher)
        clipped = np.zeros((size, steps + 1), dtype=np.bool_)
        return cls(np.empty((size, rows, steps + 1)), clipped, learned)

    @staticmethod
    def rows_of(learned: int, teacher: bool) -> int:
        """Return the number of rows of one descent."""
        return FIRST + 2 * learned + teacher

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of descents, and of the places for their steps."""
        size, steps = self.clipped.shape
        return size, steps

    @property
    def is_cut(self) -> NDArray[np.bool_]:
        """Return whether each descent ended before its last step."""
        return np.isnan(self.loss[:, -1])

    @property
    def loss(self) -> Floats:
        return self.numbers[:, LOSS]

    @property
    def free_loss(self) -> Floats:
        """Return the loss without the teacher; the same array where there is none."""
        return self.numbers[:, -1 if self._has_teacher else LOSS]

    @property
    def _has_teacher(self) -> bool:
        return bool(self.numbers.shape[1] > self.rows_of(self.learned, False))

    @property
    def parameters(self) -> Floats:
        """Return the parameters, shape (parameters, descents, steps + 1)."""
        return np.moveaxis(self.numbers[:, FIRST : FIRST + self.learned], 1, 0)

    @property
    def gradient(self) -> Floats:
        """Return the derivatives, shape (parameters, descents, steps + 1)."""
        begin = FIRST + self.learned
        return np.moveaxis(self.numbers[:, begin : begin + self.learned], 1, 0)

    def part(self, lanes: slice) -> Record:
        """Return the record of some descents, which is written to as this one."""
        return Record(self.numbers[lanes], self.clipped[lanes], self.learned)

    def begin(self) -> None:
        """Have NaN where nothing is written."""
        self.numbers.fill(math.nan)

    def end_at(self, step: int) -> None:
        """Have NaN from a step on."""
        self.numbers[:, :, step:] = math.nan

    @property
    def at_once(self) -> int:
        """Return how many steps a window has room for."""
        return self.shape[1]

    def window(self, begin: int, until: int) -> Record:
        """Return the record to which the steps from `begin` up to `until` are written."""
        return self

    def keep(self, window: Record, have_ended: NDArray[np.bool_]) -> None:
        """Take over a window; nothing, as it is this record."""

    def copy_of(self, lanes: NDArray[np.int64]) -> Record:
        """Return a copy of some descents, by their numbers; `put` writes it back."""
        return Record(self.numbers[lanes], self.clipped[lanes], self.learned)

    def put(self, lanes: NDArray[np.int64], own: Record) -> None:
        """Write the record of some descents, by their numbers."""
        self.numbers[lanes], self.clipped[lanes] = own.numbers, own.clipped

    def rows_in(self, reports: Floats) -> Floats:
        """Return the rows of reports of `descent.take_step`, shape (..., rows, descents)."""
        order = [descent.LOSS, *range(descent.FIRST, reports.shape[-2])]
        return reports[..., order + [descent.FREE_LOSS] * self._has_teacher, :]

    def write(self, begin: int, reports: Floats) -> None:
        """Write the reports of some steps in a row, shape (steps, rows, descents), from `begin`."""
        steps = slice(begin, begin + len(reports))
        self.numbers[:, :, steps] = self.rows_in(reports).T
        self.clipped[:, steps] = reports[:, descent.CLIPPED].T == 1.0

    def write_at(self, lanes: NDArray[np.int64], step: NDArray[np.int64], report: Floats) -> None:
        """Write a report of some descents, each at a step of its own."""
        self.numbers[lanes, :, step - self.first] = self.rows_in(report).T
        self.clipped[lanes, step - self.first] = report[descent.CLIPPED] == 1.0


def norm_of(gradient: Sequence[Floats]) -> Floats:
    """Return the Euclidean norm of a gradient from its derivatives, without overflow."""
    sizes = [np.abs(each) for each in gradient]
    largest: Floats = np.max(sizes, axis=0) if len(sizes) > 1 else sizes[0]
    if len(sizes) == 1:
        return largest
    usual = (largest > 0.0) & (largest < math.inf)
    unit = np.where(usual, largest, 1.0)
    root = np.sqrt(sum((each / unit) ** 2 for each in sizes))
    return np.where(usual, largest * root, largest)
