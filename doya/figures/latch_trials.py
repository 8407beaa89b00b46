"""The latch task by several ways of learning: which trial of each is the first that solves it.

A trial is one evaluation of the loss of all sequences, with or without its gradient.  No setting is
tuned: rates are 1, or what the source of the rule advises; clipping and Omega have the numbers of
Pascanu et al.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.neurons import NeuronMap
from doya.tasks.task import Task
from doya.training.descent import train
from doya.trajectories import final_state

# Largest error of x at the end that counts: the right sign of y, and the source's 0.1 of y.
RIGHT, NEAR = 0.5, 0.05
# Half the range of w, h and v: that of the source for guessing, and a usual one for descents.
BOX, SMALL = 100.0, 1.0
LEARN = ("b", "w", "input_weight")
X0 = 0.5


class Way(NamedTuple):
    """A way of learning: its name, the range of its starts, and the settings of `train`."""

    name: str
    start: float
    settings: dict[str, Any]


GUESSING = Way("random guessing", BOX, {})
DESCENT = Way("descent", SMALL, {})
CLIPPED = Way("descent, clip 1", SMALL, {"clip": 1.0})
OMEGA = Way("descent, Omega 4, clip 1", SMALL, {"clip": 1.0, "penalty": {"omega": 4.0}})
SMALL_ADAM = Way("adam, rate 0.001", SMALL, {"rule": "adam", "learning_rate": 0.001})
ADAM = Way("adam, rate 1", SMALL, {"rule": "adam"})
FORCED = Way("descent, teacher 0.2", SMALL, {"teacher_forcing": 0.2})
HALF_FORCED = Way("descent, teacher 0.5", SMALL, {"teacher_forcing": 0.5})


def unit(w: Any, h: Any, v: Any) -> NeuronMap:
    """Return the source's unit, y' = tanh(w y + h + v u), in Doya's parameters."""
    w, h, v = np.asarray(w), np.asarray(h), np.asarray(v)
    return NeuronMap(4.0 * w, 2.0 * (h - w), input_weight=2.0 * v, input_to="bias")


def starts(seed: int, half: float, size: int) -> NeuronMap:
    """Return units whose w, h and v are uniform from -half to half."""
    return unit(*np.random.default_rng(seed).uniform(-half, half, (3, size)))


def taught(task: Task) -> Task:
    """Return the task with the target of each sequence at all times up to its end, for a teacher.

    Only the target at the end has a weight, so that the loss is the same.
    """
    targets, _ = task.rows()
    known, times = np.isfinite(targets), np.arange(1.0, task.last + 1.0)
    end, wanted = (each[known][:, np.newaxis] for each in (task.times + 0.0 * targets, targets))
    every = np.where(times <= end, wanted, np.nan)
    return Task(task.inputs, every, np.where(times == end, 1.0, 0.0), task.x0, times)


def tried(way: Way, task: Task, seeds: range, trials: int) -> tuple[NeuronMap, Floats]:
    """Return the units of all trials, and their losses without penalties and teacher.

    Each has a row for each seed; trials that a descent did not reach are NaN.
    """
    size = trials if way is GUESSING else 1
    drawn = [starts(seed, way.start, size) for seed in seeds]
    rows = {name: np.stack([getattr(each, name) for each in drawn]) for name in LEARN}
    if way is GUESSING:
        units = drawn[0].replace(**rows)
        return units, _mean_squares(units, task)
    one = drawn[0].replace(**{name: row[:, 0] for name, row in rows.items()})
    own = taught(task) if "teacher_forcing" in way.settings else task
    path = train(one, task=own, learn=LEARN, steps=trials - 1, **way.settings)
    return one.replace(**path.parameters), path.free_loss


def first_solved(units: NeuronMap, loss: Floats, task: Task, error: float) -> Floats:
    """Return the first trial of each row, from 1, in which all sequences end within the error.

    NaN: there is none.  The loss is a mean of squares: it is below error**2 in such a trial, and if
    it is below error**2 / n for n sequences, the trial is one.
    """
    found = np.full(len(loss), np.nan)
    for k, row in enumerate(loss):
        sure = np.flatnonzero(row < error**2 / len(task.inputs))
        stop = int(sure[0]) if sure.size else row.size
        may = np.flatnonzero(row[:stop] < error**2)
        some = units.replace(**{name: getattr(units, name)[k, may] for name in LEARN})
        solves = may[_solves(some, task, error)]
        if solves.size or sure.size:
            found[k] = 1.0 + (solves[0] if solves.size else stop)
    return found


def share(first: Floats, trials: NDArray[np.int64]) -> Floats:
    """Return the fraction of the seeds that are solved up to each number of trials."""
    found: Floats = np.mean(first[:, np.newaxis] <= trials, axis=0)
    return found


def _mean_squares(units: NeuronMap, task: Task) -> Floats:
    """Return the loss of each unit."""
    ends = range(task.times.size)
    total: Floats = sum(np.sum(_error(units, task, end) ** 2, axis=-1) for end in ends)
    return total / len(task.inputs)


def _solves(units: NeuronMap, task: Task, error: float) -> NDArray[np.bool_]:
    """Return whether all sequences of each unit of a row end within the error."""
    solves = np.zeros(units.shape, dtype=np.bool_)
    left = np.arange(solves.size)
    for end in range(task.times.size):
        some = units.replace(**{name: getattr(units, name)[left] for name in LEARN})
        left = left[np.all(_error(some, task, end) < error, axis=-1)]
        if not left.size:
            break
    solves[left] = True
    return solves


def _error(units: NeuronMap, task: Task, end: int) -> Floats:
    """Return the errors of x of the sequences with one of the ends, along the last axis."""
    wanted = task.rows()[0][:, end]
    which, time = np.flatnonzero(np.isfinite(wanted)), int(task.times[end])
    each = units.replace(**{name: getattr(units, name)[..., np.newaxis] for name in LEARN})
    x = final_state(each, X0, time, np.asarray(task.inputs)[which, :time])
    return np.abs(x - wanted[which])
