"""One sentence about a descent: walls crossed, its end, its loss."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.landscapes.crossings import crossings
from doya.landscapes.losses import Loss
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
    places = ", ".join(f"{name} {values[-1]:.6g}" for name, values in parameters.items())
    words = f"{places}, loss {free[-1]:.2g}"
    if forced[-1] != free[-1]:
        words += f" ({forced[-1]:.2g} with the teacher)"
    least = int(free.argmin())
    if free[-1] > WORSE * free[least]:
        words += f"; the least loss was {free[least]:.2g} in step {least}"
    events = [_crossing(loss, parameters)]
    if status:
        cause = status.message[0].lower() + status.message.rstrip(".")[1:]
        events.append(f"stopped after {steps} steps, as {cause}")
    event = ", then ".join(filter(None, events)) or f"took {steps} steps"
    return f"{event[0].upper()}{event[1:]}: {words}. {status.remedy}".rstrip()


def _crossing(loss: Loss, path: Mapping[str, Floats]) -> str:
    """Return words for the longest step across a wall; empty if no step crosses one."""
    length = _distance({name: np.diff(values) for name, values in path.items()})
    longest, words = 0.0, ""
    for step, place in crossings(loss, path):
        if not step.size or length[step].max() <= longest:
            continue
        k = int(length[step].argmax())
        longest = float(length[step[k]])
        at = {name: float(values[k]) for name, values in place.items()}
        way = _distance({name: path[name][0] - value for name, value in at.items()})
        # Thrown: the step is longer than the distance from the start to the wall.
        how = "thrown across" if longest > way else "crossed"
        where = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
        words = f"{how} the wall at {where} in step {step[k] + 1}"
    return words


def _distance(differences: Mapping[str, Any]) -> Any:
    """Return the Euclidean distance between parameters, from their differences by name."""
    return functools.reduce(np.hypot, map(np.abs, differences.values()))
