"""Descents whose trajectories end at times of their own, in groups that are descended together.

A group has the bits of single descents: maps and functions of time need one t_end, while flows go
together if they end after the same pieces of the input.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.checks import Parameter
from doya.conversions.rates import moved
from doya.errors import ArgumentError
from doya.inputs import Pieces
from doya.integrators.ensembles import flat
from doya.training.end_records import EndRecord
from doya.training.letters import LetterEnds
from doya.training.map_descents import descend_maps, has_one_kernel
from doya.training.records import Record
from doya.training.rules import NAMES, Rule
from doya.training.steps import Ends, Progress, descend
from doya.trajectory_checks import require_finite


class Group(NamedTuple):
    """Some descents by their numbers, with their ends and the settings of their rule."""

    lanes: Counts
    ends: Ends
    rule: Rule


def descend_all(
    ends: Ends, rule: Rule, record: Record | EndRecord, status: NDArray[np.int64],
    progress: Progress | None,
) -> None:  # fmt: skip
    """Take the steps of all descents; `record` and `status` are filled for each step."""
    if ends.function and np.any(np.isinf(ends.t_end)):
        raise ArgumentError("t_end", "must be finite for an input that is a function, got inf")
    if not np.ndim(ends.t_end):
        _descend(ends, rule, record, status, progress)
        return
    done, size = 0, status.size
    for group in list(grouped_ends(ends, rule)):  # all are checked before the first begins
        lanes = group.lanes
        own: Any = record.copy_of(lanes)
        own_status = status[lanes]
        try:
            tell = _after(progress, done, lanes.size, size)
            _descend(group.ends, group.rule, own, own_status, tell)
        finally:  # also of a descent that is interrupted
            record.put(lanes, own)
            status[lanes] = own_status
        done += lanes.size


def _descend(
    ends: Ends, rule: Rule, record: Record | EndRecord, status: NDArray[np.int64],
    progress: Progress | None,
) -> None:  # fmt: skip
    way = descend_maps if has_one_kernel(ends, rule) else descend
    way(ends, rule, record, status, progress)


def _after(progress: Progress | None, done: int, own: int, size: int) -> Progress | None:
    """Return the progress of `size` descents from that of a group of `own`, after `done` others."""
    if progress is None:
        return None
    return lambda part: progress((done + part * own) / size)


def grouped_ends(ends: Ends, rule: Rule) -> Iterator[Group]:
    """Yield the groups; raise for an input that is not finite before a trajectory ends."""
    t_end = flat(ends.t_end, ends.shape)
    apart = bool(ends.is_map or ends.function) or isinstance(ends, LetterEnds)
    last = t_end if apart else np.searchsorted(ends.pieces.start, t_end)
    for label in np.unique(last):
        lanes = np.flatnonzero(last == label)
        end: Parameter = float(t_end[lanes[0]]) if apart else t_end[lanes]
        yield Group(lanes, _part(ends, lanes, end), _rule_of(rule, ends.shape, lanes))


def _rule_of(rule: Rule, shape: tuple[int, ...], lanes: Counts) -> Rule:
    """Return the rule with the settings of some descents."""
    own = {name: flat(rule.settings[name], shape)[lanes] for name in NAMES}
    return dataclasses.replace(rule, settings={**rule.settings, **own})


def _part(ends: Ends, lanes: Counts, t_end: Parameter) -> Ends:
    """Return the ends of some trajectories."""

    def own(value: Any) -> Floats:
        return flat(value, ends.shape)[lanes]

    changed: dict[str, Any] = {"x0": own(ends.x0), "t_end": t_end, "target": own(ends.target)}
    if isinstance(ends, LetterEnds):
        letters = {name: own(each) for name, each in ends.conversion.parameters.items()}
        changed["conversion"] = moved(ends.conversion, **letters)
        changed["neuron"] = changed["conversion"].neuron
    else:
        numbers = {name: own(each) for name, each in ends.neuron.parameters.items()}
        changed["neuron"] = ends.neuron.replace(**numbers)
    if not ends.function:
        changed["u"] = _pieces_of(ends.pieces, ends.shape, lanes, t_end)
    return dataclasses.replace(ends, **changed, settings={})


def _pieces_of(pieces: Pieces, shape: tuple[int, ...], lanes: Counts, t_end: Parameter) -> Pieces:
    """Return the input of some trajectories, up to the last of their ends."""
    last = float(np.max(t_end))
    own = pieces.until(last)
    if pieces.shape:
        value = np.array([flat(row, shape)[lanes] for row in own.value])
        own = dataclasses.replace(own, value=value, spoiled=flat(own.spoiled, shape)[lanes])
    ends = np.broadcast_to(t_end, lanes.shape)
    # An input that is spoiled later than its own trajectory ends is as good as finite.
    late = np.where(own.spoiled < ends, own.spoiled, math.inf)
    own = dataclasses.replace(own, spoiled=late)
    require_finite(own, last)
    return own
