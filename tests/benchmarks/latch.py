"""The latch task, variant 2, by several ways of learning: the fraction solved against trials.

`python tests/benchmarks/latch.py`, with the folder of the package on PYTHONPATH, writes latch.md
beside this file; it takes some minutes.  No setting is tuned: rates are 1, or what the source of
the rule advises; clipping and Omega have Pascanu's numbers.  A trial is one evaluation of the loss
of all sequences, with or without its gradient.  Each seed makes a task and a start of its own.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np

import doya

TRIALS = (1, 3, 10, 30, 100)
SEEDS = 100
# Lengths of the sequences: those of the source, and short ones.
LENGTHS = ((500, 600), (10, 12))
# Largest error of x at the end that counts: the right sign of y, and the source's 0.1 of y.
RIGHT, NEAR = 0.5, 0.05
# Half the range of w, h and v: that of the source for guessing, and a usual one for descents.
BOX, SMALL = 100.0, 1.0
LEARN = ("b", "w", "input_weight")


class Way(NamedTuple):
    """A way of learning: its name, the range of its starts, and the settings of `train`."""

    name: str
    start: float
    settings: dict[str, Any]


WAYS = (
    Way("descent", SMALL, {}),
    Way("descent", BOX, {}),
    Way("descent, clip 1", SMALL, {"clip": 1.0}),
    Way("descent, clip auto", SMALL, {"clip": "auto"}),
    Way("descent, Omega 4, clip 1", SMALL, {"clip": 1.0, "penalty": {"omega": 4.0}}),
    Way("adam, rate 0.001", SMALL, {"rule": "adam", "learning_rate": 0.001}),
    Way("adam, rate 1", SMALL, {"rule": "adam"}),
    Way("signs, first step 0.1", SMALL, {"rule": "sign", "learning_rate": 0.1}),
)
GUESSING = Way("random guessing", BOX, {})


def unit(w: Any, h: Any, v: Any) -> doya.NeuronMap:
    """Return the source's unit, y' = tanh(w y + h + v u), in Doya's parameters."""
    w, h, v = np.asarray(w), np.asarray(h), np.asarray(v)
    return doya.NeuronMap(4.0 * w, 2.0 * (h - w), input_weight=2.0 * v, input_to="bias")


def starts(seed: int, half: float, size: int) -> doya.NeuronMap:
    """Return units whose w, h and v are uniform from -half to half."""
    return unit(*np.random.default_rng(seed).uniform(-half, half, (3, size)))


def neurons_tried(way: Way, task: doya.Task, seed: int, trials: int) -> tuple[Any, Any]:
    """Return the units of all trials, and their losses without penalties."""
    if way is GUESSING:
        units = starts(seed, way.start, trials)
        return units, doya.task_gradient(units, task, "b").loss
    start = starts(seed, way.start, 1)
    one = start.replace(**{name: float(getattr(start, name)[0]) for name in LEARN})
    path = doya.train(one, task=task, learn=LEARN, steps=trials - 1, **way.settings)
    taken = slice(0, int(path.steps) + 1)
    return one.replace(**{name: path.parameters[name][taken] for name in LEARN}), path.loss[taken]


def first_solved(units: Any, losses: Any, task: doya.Task, error: float) -> int | None:
    """Return the first trial, counted from 1, in which all sequences end within the error.

    The loss is a mean of squares: it is below error**2 in such a trial, and if it is below
    error**2 / n for n sequences, the trial is one.
    """
    count = len(task.inputs)
    for k in np.flatnonzero(losses < error**2).tolist():
        if losses[k] < error**2 / count or is_solved(units, k, task, error):
            return k + 1
    return None


def is_solved(units: Any, k: int, task: doya.Task, error: float) -> bool:
    """Return whether all sequences of trial k end within the error."""
    one = units.replace(**{name: float(getattr(units, name)[k]) for name in LEARN})
    times, (targets, _) = task.times.astype(int), task.rows()
    for row, wanted in zip(np.asarray(task.inputs), targets, strict=True):
        (at,) = np.flatnonzero(np.isfinite(wanted))
        end = int(times[at])
        if not abs(float(doya.final_state(one, 0.5, end, row[:end])) - wanted[at]) < error:
            return False
    return True


def solved(seed: int, trials: int, **size: Any) -> Iterator[tuple[str, float, int | None]]:
    """Yield the way, the allowed error, and the first trial that solves the task of a seed."""
    task = doya.tasks.latch(2, seed, **size)
    for way in (GUESSING, *WAYS):
        tried = neurons_tried(way, task, seed, trials)
        for error in (RIGHT, NEAR):
            yield f"{way.name} | {way.start:g}", error, first_solved(*tried, task, error)


def all_solved(seed: int, trials: int, size: dict[str, Any]) -> list[tuple[str, float, int | None]]:
    """Return the same as a list, for another process."""
    return list(solved(seed, trials, **size))


def table(found: list[tuple[str, float, int | None]], trials: tuple[int, ...]) -> str:
    """Return the fractions of the seeds that are solved up to each number of trials."""
    lines = [
        f"| way | starts within | error of y | {' | '.join(map(str, trials))} |",
        f"|---|---|---|{'---|' * len(trials)}",
    ]
    for name, error in dict.fromkeys((name, error) for name, error, _ in found):
        firsts = [first for *own, first in found if own == [name, error]]
        shares = [np.mean([k is not None and k <= most for k in firsts]) for most in trials]
        cells = " | ".join(f"{share:.2f}" for share in shares)
        lines.append(f"| {name} | {'< 1' if error == RIGHT else '< 0.1'} | {cells} |")
    return "\n".join(lines)


HEAD = """# The latch task by several ways of learning

Made by `latch.py`, doya {version}: variant 2, 100 sequences, {seeds} seeds. The numbers are the
fractions of the seeds whose task is solved within 1, 3, ... trials. The error is that of y at the
end of each sequence: below 1 the sign is right, and 0.1 is the source's limit. w, h and v of the
starts, and of guessing, are uniform from minus to plus the number in the second column.
"""


def section(lengths: tuple[int, int], seeds: int) -> str:
    """Return a heading, and the table of sequences of these lengths."""
    run = functools.partial(all_solved, trials=TRIALS[-1], size={"steps": lengths})
    with ProcessPoolExecutor() as pool:
        found = [each for some in pool.map(run, range(seeds)) for each in some]
    return f"\n## {lengths[0]} to {lengths[1]} steps\n\n{table(found, TRIALS)}\n"


def main(seeds: int = SEEDS) -> None:
    """Write the tables."""
    parts = [HEAD.format(version=doya.__version__, seeds=seeds)]
    parts += [section(lengths, seeds) for lengths in LENGTHS]
    pathlib.Path(__file__).with_name("latch.md").write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
