"""The verdict of a descent in a few sentences: walls crossed, a throw, its end, its loss."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.checks import STEP
from doya.landscapes.crossings import crossings
from doya.landscapes.losses import Loss
from doya.training.statuses import TrainingStatus

# The least loss of the path is mentioned if the last loss is larger than this factor times it.
WORSE = 2.0
# The part of a throw by which the descent at least is away from the wall at its end.
HALF = 0.5
# The range in which a descent holds epsilon.
RANGE = STEP.words.removeprefix("from ")


class Crossing(NamedTuple):
    """A step that crosses a wall, counted from 1, and the parameters at which it does."""

    step: int
    place: dict[str, float]


def verdict(
    loss: Loss | None,
    parameters: Mapping[str, Floats],
    free: Floats,
    forced: Floats,
    status: TrainingStatus,
    largest: float,
) -> str:
    """Return how the descent of one neuron went: walls crossed, where it ended, and its loss.

    `parameters`, `free` (the loss) and `forced` (the loss with teacher forcing) cover the steps
    that were taken; `largest` is the largest norm of the gradient in these.  Walls are those of
    `loss`; no wall is named if it is None.  `status` says why the descent stopped early; its remedy
    follows.
    """
    sentences = [
        *_events(_crossings(loss, parameters) if loss else [], parameters, free.size - 1, status),
        *_losses(parameters, free, forced),
        _unmoved(parameters, free.size - 1, largest, loss is None or loss.in_doya),
        status.remedy,
    ]
    return " ".join(filter(None, sentences))


def _events(
    found: list[Crossing], path: Mapping[str, Floats], steps: int, status: TrainingStatus
) -> Iterator[str]:
    """Yield a sentence about the walls, one about a throw, and why the descent stopped early."""
    taken = f"{steps} step{'s' * (steps != 1)}"
    thrown = _throw(found, path) if found else None
    crossing = [each.step for each in found]
    if thrown is None or thrown.step not in crossing:
        yield _crossed(found, steps)
    if thrown is not None:
        yield _thrown(thrown, crossing, " and ".join(path))
    if status:
        cause = status.message[0].lower() + status.message.rstrip(".")[1:]
        yield f"Stopped after {taken}, because {cause}."
    elif not found:
        yield f"Took {taken}."


def _losses(path: Mapping[str, Floats], free: Floats, forced: Floats) -> Iterator[str]:
    """Yield a sentence about the end, and one about the least loss if it was much lower."""
    places = ", ".join(f"{name} = {values[-1]:.6g}" for name, values in path.items())
    loss = f"loss {free[-1]:.2g}"
    is_forced = bool((forced != free)[~np.isnan(free)].any())
    if is_forced:
        loss = f"free {loss}, loss with teacher {forced[-1]:.2g}"
    yield f"At the end (step {free.size - 1}): {places}, {loss}."
    least = int(free.argmin())
    if free[-1] > WORSE * free[least]:
        yield f"Least {'free ' * is_forced}loss: {free[least]:.2g}, after step {least}."


def _unmoved(path: Mapping[str, Floats], steps: int, largest: float, in_doya: bool) -> str:
    """Return a sentence about a descent in which no parameter changed; empty for others."""
    if steps == 0 or any((values != values[0]).any() for values in path.values()):
        return ""
    if largest == 0.0:
        return "No step changed the parameters: the gradient is 0."
    if in_doya and "epsilon" in path and path["epsilon"][0] in STEP.ends:  # Doya's is held there
        return f"No step changed the parameters: epsilon is at the end of its range, {RANGE}."
    return (
        f"No step changed the parameters: the largest gradient is {largest:.2g}, and each step was"
        " smaller than half a unit in the last place of its parameter."
    )


def _crossings(loss: Loss, path: Mapping[str, Floats]) -> list[Crossing]:
    """Return all steps across walls in their order, each once."""
    first: dict[int, Crossing] = {}
    # For a loss u is the weight of its input.
    path = {"u" if name == "input_weight" else name: row for name, row in path.items()}
    for steps, places in crossings(loss, path):
        for k, step in enumerate(steps.tolist()):
            place = {
                "input_weight" if name == "u" else name: float(values[k])
                for name, values in places.items()
            }
            first.setdefault(step + 1, Crossing(step + 1, place))
    return [first[step] for step in sorted(first)]


def _crossed(found: list[Crossing], steps: int) -> str:
    """Return a sentence about the crossings; empty if there are none."""
    if not found:
        return ""
    step, place = found[0]
    where = _where(place)
    if len(found) == 1:
        return f"Step {step} crossed the wall at {where}."
    some = f"{len(found)} of {steps} steps crossed"
    if len({_where(each.place) for each in found}) == 1:
        return f"{some} the wall at {where}, the first of them step {step}."
    return f"{some} a wall, the first of them step {step} at {where}."


def _throw(found: list[Crossing], path: Mapping[str, Floats]) -> Crossing | None:
    """Return the longest step, and the wall from which it threw the descent; None if it did not.

    A throw is longer than the way from the start to the wall and than its own way to the wall.  The
    descent ends farther from the wall than it began, and by half of the throw or more.  So a long
    step that was taken back, as with the rule of signs, is no throw.
    """
    length = _distance({name: np.diff(values) for name, values in path.items()})
    longest = int(length.argmax())

    def away(k: int, place: Mapping[str, float]) -> float:
        return float(_distance({name: path[name][k] - each for name, each in place.items()}))

    crossing = {each.step: each.place for each in found}
    nearest = min(crossing.values(), key=lambda place: away(longest, place))
    place = crossing.get(longest + 1, nearest)
    way = away(0, place)
    is_long = length[longest] > max(way, away(longest, place))
    is_thrown = is_long and away(-1, place) > max(way, HALF * length[longest])
    return Crossing(longest + 1, place) if is_thrown else None


def _thrown(thrown: Crossing, crossing: list[int], names: str) -> str:
    """Return a sentence about a throw, and which of the crossings it is."""
    step, place = thrown
    wall = f"wall at {_where(place)}"
    if step not in crossing:
        return f"Step {step} threw {names} away from the {wall}."
    if len(crossing) == 1:
        return f"Step {step} threw {names} across the {wall}."
    number, size = crossing.index(step) + 1, len(crossing)
    which = f"the last of {size} crossings" if number == size else f"crossing {number} of {size}"
    return f"Step {step} threw {names} across the {wall}, {which}."


def _where(place: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in place.items())


def _distance(differences: Mapping[str, Any]) -> Any:
    """Return the Euclidean distance between parameters, from their differences by name."""
    return functools.reduce(np.hypot, map(np.abs, differences.values()))
