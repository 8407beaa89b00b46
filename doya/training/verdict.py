"""One sentence about a descent: walls crossed, its end, its loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.landscapes.losses import Loss
from doya.landscapes.wall_search import walls_within
from doya.training.statuses import TrainingStatus

# The least loss of the path is mentioned if the last loss is larger than this factor times it.
WORSE = 2.0


def verdict(
    loss: Loss,
    parameters: Mapping[str, Floats],
    free: Floats,
    forced: Floats,
    status: TrainingStatus,
) -> str:
    """Return how the descent of one neuron went: walls crossed, where it ended, and its loss.

    `parameters`, `free` (the loss) and `forced` (the loss with teacher forcing) cover the steps
    that were taken.  `status` says why the descent stopped early; its remedy follows.
    """
    steps = free.size - 1
    places = " ".join(f"{name} {values[-1]:.6g}" for name, values in parameters.items())
    words = f"{places}, loss {free[-1]:.2g}"
    if forced[-1] != free[-1]:
        words += f" ({forced[-1]:.2g} with the teacher)"
    least = int(free.argmin())
    if free[-1] > WORSE * free[least]:
        words += f"; the least loss was {free[least]:.2g} in step {least}"
    events = [_crossing(loss, *next(iter(parameters.items())))] if len(parameters) == 1 else []
    if status:
        cause = status.message[0].lower() + status.message.rstrip(".")[1:]
        events.append(f"stopped after {steps} steps, as {cause}")
    event = ", then ".join(filter(None, events)) or f"took {steps} steps"
    return f"{event[0].upper()}{event[1:]}: {words}. {status.remedy}".rstrip()


def _crossing(loss: Loss, name: str, values: Floats) -> str:
    """Return words for the longest step across a wall; empty if no step crosses one."""
    low, high = float(values.min()), float(values.max())
    if not low < high:
        return ""
    places = [float(w.values[name][0]) for w in walls_within(loss, {name: np.array([low, high])})]
    crossings = [(k, place) for place in places for k in _across(values, place).tolist()]
    if not crossings:
        return ""
    length = np.abs(np.diff(values))
    k, place = max(crossings, key=lambda crossing: float(length[crossing[0]]))
    # Thrown: the step is longer than the distance from the start to the wall.
    how = "thrown across" if length[k] > abs(values[0] - place) else "crossed"
    return f"{how} the wall at {name} = {place:.6g} in step {k + 1}"


def _across(values: Floats, place: float) -> NDArray[np.int64]:
    """Return the steps after which the value is on another side of the place, or off it."""
    sides = np.sign(values - place)
    steps: NDArray[np.int64] = np.flatnonzero((sides[:-1] != sides[1:]) & (sides[1:] != 0.0))
    return steps
