"""The ready tasks by their names, with the few numbers that a command or a page sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from doya.tasks.delays import delay
from doya.tasks.flip_flops import flip_flop
from doya.tasks.latches import latch
from doya.tasks.oscillations import oscillate
from doya.tasks.sequences import MOST_STEPS
from doya.tasks.task import Task

MAKERS: Mapping[str, Callable[..., Task]] = {
    "latch": latch,
    "flip_flop": flip_flop,
    "delay": delay,
    "oscillate": oscillate,
}
# The lengths of the sequences of a latch, of which this is the largest in units of the least.
SPREAD = 1.2


@dataclass(frozen=True, kw_only=True)
class ReadyTask:
    """A ready task by its name; a number that is None has the default of the task.

    Parameters
    ----------
    name : {"latch", "flip_flop", "delay", "oscillate"}
    seed : int, default 0
        Seed of the random numbers in the sequences.
    sequences : int, optional
        Number of sequences.
    length : int, optional
        Steps in each sequence; for latch random lengths from `length` to 1.2 `length`.
    noise : float, optional
        Variance of the noise that is added to the inputs.

    Examples
    --------
    >>> ReadyTask(name="latch", sequences=20, length=50)
    doya.tasks.latch(seed=0, sequences=20, steps=(50, 60))
    >>> ReadyTask(name="delay", length=5).make()
    Task(20 sequences of 5 steps, targets at 5 times)
    """

    name: str
    seed: int = 0
    sequences: int | None = None
    length: int | None = None
    noise: float | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the task's function."""
        steps: Any = self.length
        if self.name == "latch" and steps is not None:
            steps = (steps, min(round(SPREAD * steps), MOST_STEPS))
        given = {"sequences": self.sequences, "steps": steps, "variance": self.noise}
        return {
            "seed": self.seed,
            **{name: value for name, value in given.items() if value is not None},
        }

    def make(self) -> Task:
        """Return the task; raise an ArgumentError for a number that it does not accept."""
        return MAKERS[self.name](**self.arguments)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"doya.tasks.{self.name}({listed})"
