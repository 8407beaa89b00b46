"""Descents of maps by the rule "gradient", by the kernel that takes all their steps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.integrators.ensembles import Ensemble, flat
from doya.integrators.gradients import drive_of, is_bare
from doya.integrators.sensitivities import by_iteration
from doya.kernels.machinery.running import Call, Room, foresee, run
from doya.kernels.map import sensitivities as map_sensitivities
from doya.kernels.map.gradients import MOST_STEPS
from doya.kernels.training import descent, map_descents
from doya.kernels.training.descent import take_step
from doya.kernels.training.map_descents import RESTING, WAITING
from doya.training.end_records import AT_MOST, EndRecord
from doya.training.records import Record
from doya.training.rules import Rule
from doya.training.steps import Ends, Progress, Told

# Steps of the map in one call of the kernel: they take less than half a second.
IN_A_CALL = 20_000_000
# Where descents cross a wall, one step in some 600 needs numbers beyond the range of doubles.
MEET_SCALED = 600
# Long parts, as in each one the descents that wait take some milliseconds of Python.
CALLS = 3


def has_one_kernel(ends: Ends, rule: Rule) -> bool:
    """Return whether the kernel takes the steps of these descents."""
    penalties = any(np.any(rule.settings[name]) for name in ("l1", "l2"))
    return ends.is_plain and rule.number == descent.GRADIENT and not penalties


def descend_maps(
    ends: Ends, rule: Rule, record: Record | EndRecord, status: NDArray[np.int64],
    progress: Progress | None,
) -> None:  # fmt: skip
    """Take the steps of all neurons, with the bits of `steps.descend`."""
    size, steps = record.shape
    target, settings = flat(ends.target, ends.shape), rule.rows(ends.shape)
    told = Told(size * max(steps - 1, 1), progress)
    length = min(max(int(ends.last), 1), MOST_STEPS)

    def job(part: slice, call: Call) -> None:
        own, kept = Descents.of(ends, rule, part, target, settings, status), record.part(part)
        stride = min(max(IN_A_CALL // (length * own.taken.size), 1), kept.at_once)

        def tell() -> None:
            told.tell(part, int(np.minimum(own.taken, steps - 1).sum()))

        for begin in range(0, steps, stride):
            until = min(begin + stride, steps)
            window = kept.window(begin, until)
            try:
                own.go_on(window, until, steps - 1, call, tell)
            finally:  # also of a descent that is interrupted
                kept.keep(window, own.taken == steps)
            told.tell(part, min(until, steps - 1) * own.taken.size)

    work = {map_descents.descend: size * steps * length}
    foresee({map_sensitivities.iterate: size * steps * length // MEET_SCALED})
    run(job, size, work, at_most=AT_MOST, calls=CALLS)


@dataclass(frozen=True, eq=False)
class Descents:
    """Some descents: their maps, and arrays that the kernel changes."""

    ends: Ends
    rule: Rule
    group: Ensemble
    now: Floats  # biases and weights
    fixed: Floats
    target: Floats
    bare: NDArray[np.bool_]
    settings: Floats
    state: Floats
    taken: Counts
    status: NDArray[np.int64]

    @classmethod
    def of(
        cls, ends: Ends, rule: Rule, part: slice, target: Floats, settings: Floats,
        status: NDArray[np.int64],
    ) -> Descents:  # fmt: skip
        """Return those of a part, at their start."""
        group = ends.group.part(part)
        added, given = drive_of(group)
        rows = np.broadcast_arrays(group.epsilon, given, added, group.x0, target[part])
        own_settings = np.ascontiguousarray(settings[:, part])
        return cls(
            ends, rule, group, np.array([group.b, group.w]), np.array(rows), target[part],
            is_bare(*rows[:2]), own_settings, rule.first_state(len(ends.learn), own_settings),
            np.zeros(group.x0.size, dtype=np.int64), status[part],
        )  # fmt: skip

    def go_on(
        self, record: Record, until: int, last: int, call: Call, tell: Callable[[], None]
    ) -> None:
        """Take the steps up to one, into a record that has room for them.

        `last` is the last of all steps.  `tell` is called after each step for which the kernel
        alone is not enough.
        """
        lanes = np.flatnonzero((self.taken < until) & (self.status == descent.DONE))
        while lanes.size:
            self._by_kernel(record, lanes, until, last, call)
            waiting = lanes[self.status[lanes] == WAITING]
            if waiting.size:
                self._by_scaled_numbers(record, waiting, last, call)
                tell()
            going_on = (self.taken < until) & (self.status == descent.DONE)
            lanes = waiting[going_on[waiting] | (self.status[waiting] == RESTING)]

    def _by_kernel(self, record: Record, lanes: Counts, until: int, last: int, call: Call) -> None:
        learn, size = self.ends.learn, self.taken.size
        bare = self.bare[lanes]
        if "w" not in learn and bare.any() and not bare.all():
            for kind in (lanes[bare], lanes[~bare]):
                self._by_kernel(record, kind, until, last, call)
            return
        places = (learn.index(name) if name in learn else -1 for name in ("b", "w"))
        limits = self.settings[[descent.CLIP, descent.CLIP_VALUE]]
        value, shift = np.zeros((2, len(learn), size))
        call(
            map_descents.descend, self.now, self.fixed, int(self.ends.last), *places,
            self.rule.nesterov, bool((limits < math.inf).any()), self.settings, value, shift,
            self.state, lanes, until, self.taken, self.status, record.first, last,
            record.numbers.reshape(-1), record.clipped, Room(map_descents.ROOM),
        )  # fmt: skip

    def _by_scaled_numbers(self, record: Record, lanes: Counts, last: int, call: Call) -> None:
        """Take a step of each descent whose gradient the kernel does not tell."""
        group = dataclasses.replace(self.group, b=self.now[0], w=self.now[1])
        found = by_iteration(group.at(lanes, math.inf), int(self.ends.last), by_epsilon=False)
        losses = self.ends.of_ends(found, found.x, self.target[lanes])
        at_last = self.taken[lanes] == last
        for is_last in (False, True):
            which = np.flatnonzero(at_last == is_last)
            if which.size:
                rows = losses.of(which).rows(self.ends.learn)
                self._take(record, lanes[which], rows, is_last, call)

    def _take(self, record: Record, lanes: Counts, losses: Any, is_last: bool, call: Call) -> None:
        """Take a step along a known gradient; find which descents are at rest."""
        rows = np.array([("b", "w").index(name) for name in self.ends.learn])
        before = np.take(self.now[rows], lanes, axis=1)
        now, settings = before.copy(), np.take(self.settings, lanes, axis=1)
        state, status = np.take(self.state, lanes, axis=1), np.zeros(lanes.size, dtype=np.int64)
        report = np.empty((descent.FIRST + 2 * len(now), lanes.size))
        call(
            take_step, *self.ends.manner(self.rule), is_last, settings, *losses, now, state,
            status, report,
        )  # fmt: skip
        self.now[np.ix_(rows, lanes)], self.state[:, lanes] = now, state
        record.write_at(lanes, self.taken[lanes], report)
        self.taken[lanes] += 1
        may_rest = (settings[descent.MOMENTUM] == 0.0) & (settings[descent.CLIP] != descent.BY_MEAN)
        rests = (now == before).all(axis=0) & may_rest & (status == descent.DONE)
        self.status[lanes] = np.where(rests & (not is_last), RESTING, status)
        for lane in lanes[status != descent.DONE]:
            record.numbers[lane, :, self.taken[lane] - record.first :] = math.nan
