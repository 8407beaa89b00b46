"""The latch task in both variants, by several ways of learning: the fraction solved.

`python tests/benchmarks/latch.py`, with the folder of the package on PYTHONPATH, writes latch.md
beside this file; it takes some minutes.  `latch.py 1 30` runs variant 1 with 30 seeds, and the
sections of variant 2 stay.  Each seed makes a task and a start of its own.  The ways are those of
the figure latch-task, and some more.
"""

from __future__ import annotations

import functools
import pathlib
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

import doya
from doya.figures import latch_trials
from doya.figures.latch_trials import BOX, GUESSING, NEAR, SMALL, Way, unit

TRIALS = (1, 3, 10, 30, 100)
SEEDS = 100
# Lengths of the sequences: those of the source, and short ones.
LENGTHS = ((500, 600), (10, 12))
# Largest error of x at the end for which y has the right sign.
RIGHT = {1: 0.4, 2: latch_trials.RIGHT}
# What variant 1 leaves free: the letter w of the tanh unit, whose h is 0, and both first inputs.
FREE = ("w", "up", "down")
WAYS = (
    latch_trials.DESCENT,
    Way("descent", BOX, {}),
    latch_trials.CLIPPED,
    Way("descent, clip auto", SMALL, {"clip": "auto"}),
    latch_trials.OMEGA,
    latch_trials.SMALL_ADAM,
    latch_trials.ADAM,
    Way("signs, first step 0.1", SMALL, {"rule": "sign", "learning_rate": 0.1}),
)
# A teacher has one target for each sequence, and none for its free first input.
TEACHERS = (latch_trials.FORCED, latch_trials.HALF_FORCED)
# Bengio's unit, y' = tanh(w y + u), of which guesses change w.
TANH = doya.to_tanh(unit(1.0, 0.0, 1.0))


def solved(variant: int, seed: int, trials: int, **size: Any) -> Iterator[tuple[str, float, float]]:
    """Yield the way, the allowed error, and the first trial that solves the task of a seed."""
    task = doya.tasks.latch(variant, seed, **size)
    for way in (GUESSING, *WAYS, *(TEACHERS if variant == 2 else ())):
        for error, first in firsts(variant, way, task, seed, trials):
            yield f"{way.name} | {way.start:g}", error, first


def firsts(
    variant: int, way: Way, task: doya.Task, seed: int, trials: int
) -> list[tuple[float, float]]:
    """Return each allowed error, and the first trial within it; NaN: there is none."""
    errors = (RIGHT[variant], NEAR)
    if variant == 2:
        tried = latch_trials.tried(way, task, range(seed, seed + 1), trials)
        found = [float(latch_trials.first_solved(*tried, task, error)[0]) for error in errors]
    else:
        free, losses = tried_inputs(way, task, seed, trials)
        found = [first_solved(free, losses, task, error) for error in errors]
    return list(zip(errors, found, strict=True))


def tried_inputs(way: Way, task: doya.Task, seed: int, trials: int) -> tuple[dict[str, Any], Any]:
    """Return what variant 1 leaves free in all trials, and their losses without penalties."""
    if way is GUESSING:
        box = dict.fromkeys(FREE, (-BOX, BOX))
        found = doya.search(TANH, task, box, "random", seed, trials=trials)
        return found.trials, found.losses
    w, up, down = np.random.default_rng(seed).uniform(-way.start, way.start, 3)
    start, own = doya.to_tanh(unit(w, 0.0, 1.0)), with_inputs(task, up, down)
    path = doya.train(start, task=own, learn=FREE, steps=trials - 1, **way.settings)
    taken = slice(0, int(path.steps) + 1)
    return {name: path.parameters[name][taken] for name in FREE}, path.loss[taken]


def with_inputs(task: doya.Task, up: float, down: float) -> doya.Task:
    """Return the task with other first inputs."""
    inputs = np.array(task.inputs)
    for name, value in (("up", up), ("down", down)):
        inputs[task.shared[name]] = value
    return doya.Task(inputs, task.targets, t_end=task.t_end, shared=task.shared)


def first_solved(free: dict[str, Any], losses: Any, task: doya.Task, error: float) -> float:
    """Return the first trial, counted from 1, in which all sequences end within the error, or NaN.

    The loss is a mean of squares: it is below error**2 in such a trial, and if it is below
    error**2 / n for n sequences, the trial is one.
    """
    count = len(task.inputs)
    for k in np.flatnonzero(losses < error**2).tolist():
        one = {name: float(row[k]) for name, row in free.items()}
        if losses[k] < error**2 / count or is_solved(one, task, error):
            return k + 1.0
    return float("nan")


def is_solved(one: dict[str, float], task: doya.Task, error: float) -> bool:
    """Return whether all sequences of a trial end within the error."""
    task, neuron = with_inputs(task, one["up"], one["down"]), unit(one["w"], 0.0, 1.0)
    times, (targets, _) = task.times.astype(int), task.rows()
    for row, wanted in zip(np.asarray(task.inputs), targets, strict=True):
        (at,) = np.flatnonzero(np.isfinite(wanted))
        end = int(times[at])
        if not abs(float(doya.final_state(neuron, 0.5, end, row[:end])) - wanted[at]) < error:
            return False
    return True


def all_solved(
    seed: int, variant: int, trials: int, size: dict[str, Any]
) -> list[tuple[str, float, float]]:
    """Return the same as a list, for another process."""
    return list(solved(variant, seed, trials, **size))


def table(found: list[tuple[str, float, float]], trials: tuple[int, ...]) -> str:
    """Return the fractions of the seeds that are solved up to each number of trials."""
    lines = [
        f"| way | starts within | error of y | {' | '.join(map(str, trials))} |",
        f"|---|---|---|{'---|' * len(trials)}",
    ]
    for name, error in dict.fromkeys((name, error) for name, error, _ in found):
        first = np.array([first for *own, first in found if own == [name, error]])
        shares = latch_trials.share(first, np.array(trials))
        cells = " | ".join(f"{share:.2f}" for share in shares)
        lines.append(f"| {name} | < {2.0 * error:g} | {cells} |")
    return "\n".join(lines)


HEAD = """# The latch task by several ways of learning

Made by `latch.py`, doya {version}, with 100 sequences. The numbers are the fractions of the seeds
whose task is solved within 1, 3, ... trials. The error is that of y at the end of each sequence:
below 0.8 in variant 1, and below 1 in variant 2, the sign is right, and 0.1 is the source's limit.
w and both first inputs (variant 1), or w, h and v (variant 2), of the starts and of guessing are
uniform from minus to plus the number in the second column.
"""


def section(variant: int, lengths: tuple[int, int], seeds: int) -> str:
    """Return a heading, and the table of sequences of these lengths."""
    run = functools.partial(all_solved, variant=variant, trials=TRIALS[-1], size={"steps": lengths})
    with ProcessPoolExecutor() as pool:
        found = [each for some in pool.map(run, range(seeds)) for each in some]
    return f"{heading(variant, lengths)}\n\n{seeds} seeds.\n\n{table(found, TRIALS)}\n"


def heading(variant: int, lengths: tuple[int, int]) -> str:
    """Return the heading of a section."""
    return f"## Variant {variant}, {lengths[0]} to {lengths[1]} steps"


def main(variants: tuple[int, ...] = (1, 2), seeds: int = SEEDS) -> None:
    """Write the tables of some variants; keep those of others."""
    path = pathlib.Path(__file__).with_name("latch.md")
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []
    known = {f"## {part.splitlines()[0]}": f"## {part.rstrip()}\n" for part in parts}
    made = [HEAD.format(version=doya.__version__)]
    for variant in RIGHT:
        for lengths in LENGTHS:
            kept = known.get(heading(variant, lengths))
            found = section(variant, lengths, seeds) if variant in variants else kept
            made += [found] if found else []
    path.write_text("\n".join(made), encoding="utf-8")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main((given[0],) if given else (1, 2), given[1] if len(given) > 1 else SEEDS)
