"""Panels of time that follow the path of the flow, and Gauss's and Kronrod's sums over them.

In a piece of constant input x moves one way: the times at which its distance from the first or the
last state is 4**-k of the whole way are ends of panels, so that no fast part of the path is missed.
Derivatives may grow or fade while x rests; so panels also become longer step by step with the
distance from both ends and from the first and last of these times.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.integrators.crossings import passage_on
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import piece_of
from doya.kernels.machinery.running import Call
from doya.scaled import Scaled

# The positive nodes of Kronrod's rule with 15 nodes on (-1, 1), from the outermost to 0, and its
# weights; those of Gauss's with 7 nodes, which are every second of these. From QUADPACK (1983).
NODES = (
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144691693829, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0,
)  # fmt: skip
KRONROD = (
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
)  # fmt: skip
GAUSS = (
    0.0, 0.129484966168869693270611432679082, 0.0, 0.279705391489276667901467771423780,
    0.0, 0.381830050505118944950369775488975, 0.0, 0.417959183673469387755102040816327,
)  # fmt: skip
ORDER = 15
PLACES = np.array([*(-x for x in NODES), *NODES[-2::-1]])
FINE, COARSE = (np.array([*half, *half[-2::-1]]) for half in (KRONROD, GAUSS))
# Distances from the first and last state that end panels, as parts of the whole way.
PARTS = 0.25 ** np.arange(1.0, 27.0)
# Length of the shortest first panels, in times in which the fastest small deviation grows or fades
# by e.
FIRST = 0.5


def memory(group: Ensemble) -> Floats:
    """Return the time in which the fastest small deviation grows or fades by e, at least."""
    shortest: Floats = 1.0 / (1.0 + 0.25 * np.abs(group.w))
    return shortest


class Panels(NamedTuple):
    """Panels of several trajectories: whose they are, and where they begin and end in a piece."""

    lane: NDArray[np.int64]
    begin: Floats
    end: Floats

    @classmethod
    def first(cls, group: Ensemble, p: int, x: Floats, length: float, call: Call) -> Panels:
        """Return the panels that the path asks for."""
        unit = memory(group)[:, np.newaxis]
        times = np.zeros((x.size, 1))
        if not group.rises(p):
            times = _crossings(group, p, x, length, call)
        count = max(math.ceil(math.log2(max(length / float(unit.min()), 1.0))), 0) + 1
        away = unit * 2.0 ** np.arange(float(count))
        first, last = times[:, :1], times[:, -1:]
        edges = np.concatenate([times, away, length - away, first - away, last + away], axis=1)
        edges = np.sort(np.clip(edges, 0.0, length), axis=1)
        cell = np.floor(edges / (FIRST * unit))
        kept = np.diff(cell, axis=1, prepend=0.0) > 0.0
        kept &= length - edges > FIRST * unit
        lane = np.concatenate([np.arange(x.size), np.nonzero(kept)[0]])
        begin = np.concatenate([np.zeros(x.size), edges[kept]])
        order = np.lexsort((begin, lane))
        lane, begin = lane[order], begin[order]
        end = np.append(begin[1:], length)
        end[np.append(np.diff(lane) > 0, True)] = length
        return cls(lane, begin, end)

    def of(self, which: Any) -> Panels:
        """Return some of the panels."""
        return Panels(self.lane[which], self.begin[which], self.end[which])

    def joined(self, other: Panels) -> Panels:
        """Return these and others."""
        return Panels(
            np.concatenate([self.lane, other.lane]),
            np.concatenate([self.begin, other.begin]),
            np.concatenate([self.end, other.end]),
        )

    def nodes(self) -> tuple[NDArray[np.int64], Floats]:
        """Return whose each node is, and its time."""
        half = 0.5 * (self.end - self.begin)[:, np.newaxis]
        middle = 0.5 * (self.end + self.begin)[:, np.newaxis]
        return np.repeat(self.lane, ORDER), (middle + half * PLACES).reshape(-1)

    def halved(self) -> Panels:
        """Return the halves of all panels."""
        middle = 0.5 * (self.begin + self.end)
        return Panels(
            np.concatenate([self.lane, self.lane]),
            np.concatenate([self.begin, middle]),
            np.concatenate([middle, self.end]),
        )


def _crossings(group: Ensemble, p: int, x: Floats, length: float, call: Call) -> Floats:
    """Return ascending times at which each trajectory leaves its first and nears its last state."""
    last = piece_of(group, p, x, np.full(x.size, length), call, False).x
    way = (last - x)[:, np.newaxis]
    levels = np.concatenate([x[:, np.newaxis] + way * PARTS, last[:, np.newaxis] - way * PARTS], 1)
    lanes = np.repeat(np.arange(x.size), levels.shape[1])
    some = group.at(lanes, math.inf)
    time = passage_on(some, p, x[lanes], levels.reshape(-1), call).time
    time = np.where(np.isfinite(time), time, length).reshape(levels.shape)
    return np.sort(np.where(way == 0.0, 0.0, time), axis=1)


class Integrals(NamedTuple):
    """Integrals of the loss and its derivatives over panels, their sizes, and their errors.

    All have the shape (quantities, panels), in units of e**unit.
    """

    value: Floats
    size: Floats
    error: Floats
    unit: Floats

    @classmethod
    def of(cls, panels: Panels, integrands: list[Scaled], sizes: list[Scaled]) -> Integrals:
        """Return the integrals by both rules, of ORDER nodes a panel; sizes are at least those."""
        half = 0.5 * (panels.end - panels.begin)
        rows = []
        for each, largest in zip(integrands, sizes, strict=True):
            nodes, most = (scaled.reshape((half.size, ORDER)) for scaled in (each, largest))
            unit = np.max(most.ln_abs(), axis=1)
            unit = np.where(np.isfinite(unit), unit, 0.0)
            values, whole_values = (scaled.over(unit[:, np.newaxis]) for scaled in (nodes, most))
            fine, coarse, whole = np.zeros((3, half.size))
            for k in range(ORDER):
                fine = fine + FINE[k] * values[:, k]
                coarse = coarse + COARSE[k] * values[:, k]
                whole = whole + FINE[k] * np.abs(whole_values[:, k])
            part = np.abs(fine - coarse) / np.where(whole > 0.0, whole, 1.0)
            error = whole * np.minimum(part, (200.0 * part) ** 1.5)  # as QUADPACK has it
            rows.append((fine * half, whole * half, error * half, unit))
        value, size, error, unit = (np.array(row) for row in zip(*rows, strict=True))
        return cls(value, size, error, unit)

    def joined(self, other: Integrals) -> Integrals:
        """Return these and others."""
        pairs = zip(self, other, strict=True)
        return Integrals(*(np.concatenate(pair, axis=1) for pair in pairs))

    def of_panels(self, which: Any) -> Integrals:
        """Return those of some panels."""
        return Integrals(*(row[:, which] for row in self))

    def largest_unit(self, lane: NDArray[np.int64], count: int) -> Floats:
        """Return for each quantity and trajectory the unit of its largest panel."""
        top = np.full((len(self.unit), count), -math.inf)
        with np.errstate(divide="ignore"):
            sizes = self.unit + np.log(self.size)
        for row, size in zip(top, sizes, strict=True):
            np.maximum.at(row, lane, size)
        return np.where(np.isfinite(top), top, 0.0)

    def totals(self, row: Floats, lane: NDArray[np.int64], top: Floats) -> Floats:
        """Return the sums of value, size or error of each trajectory, in units of e**top."""
        parts = row * np.exp(np.minimum(self.unit - top[:, lane], 700.0))
        parts = np.where(row == 0.0, 0.0, parts)
        count = top.shape[1]
        return np.array([np.bincount(lane, weights=each, minlength=count) for each in parts])
