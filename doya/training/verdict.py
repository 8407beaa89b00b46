"""How a descent went, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.landscapes.losses import Loss
from doya.landscapes.walls import walls_within

# Beyond so many times the least loss of the path, its end is worse than a step on the way.
WORSE = 2.0


def verdict(
    loss: Loss, parameters: Mapping[str, Floats], free: Floats, forced: Floats, reason: str
) -> str:
    """Return how the descent of one neuron went: walls crossed, where it ended, and its loss.

    `parameters`, `free` and `forced`, the loss with the teacher, are those of the steps that were
    taken; `reason` is why it stopped early, or "".
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
    if reason:
        cause = reason[0].lower() + reason.rstrip(".")[1:]
        events.append(f"stopped after {steps} steps, as {cause}")
    event = ", then ".join(filter(None, events)) or f"took {steps} steps"
    return f"{event[0].upper()}{event[1:]}: {words}."


def _crossing(loss: Loss, name: str, values: Floats) -> str:
    """Return words for the longest step across a wall, "" if no step crosses one."""
    low, high = float(values.min()), float(values.max())
    if not low < high:
        return ""
    places = [float(w.values[name][0]) for w in walls_within(loss, {name: np.array([low, high])})]
    crossings = [(k, place) for place in places for k in _across(values, place).tolist()]
    if not crossings:
        return ""
    length = np.abs(np.diff(values))
    k, place = max(crossings, key=lambda crossing: float(length[crossing[0]]))
    # A step longer than the whole way to the wall, not one of many small ones around it.
    how = "thrown across" if length[k] > abs(values[0] - place) else "crossed"
    return f"{how} the wall at {name} = {place:.6g} in step {k + 1}"


def _across(values: Floats, place: float) -> NDArray[np.int64]:
    """Return the steps after which the values are on the other side."""
    sides: NDArray[np.int64] = np.flatnonzero((values[:-1] < place) != (values[1:] < place))
    return sides
