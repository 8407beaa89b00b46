"""The latch task in both variants, by several ways of learning: the fraction solved.

`python tests/benchmarks/latch.py`, with the folder of the package on PYTHONPATH, writes latch.md
beside this file; it takes some minutes.  `latch.py 1 30` runs variant 1 with 30 seeds, and the
sections of variant 2 stay.  No setting is tuned: rates are 1, or what the source of the rule
advises; clipping and Omega have Pascanu's numbers.  A trial is one evaluation of the loss of all
sequences, with or without its gradient.  Each seed makes a task and a start of its own.
"""

from __future__ import annotations

import functools
import pathlib
import sys
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
RIGHT, NEAR = {1: 0.4, 2: 0.5}, 0.05
# Half the range of starts: that of the source for guessing, and a usual one for descents.
BOX, SMALL = 100.0, 1.0
# What the source leaves free in each variant.
FREE = {1: ("w", "up", "down"), 2: ("w", "h", "v")}
# The same as learned: the letter w of the tanh unit, whose h stays 0; and Doya's parameters.
LEARN = {1: FREE[1], 2: ("w", "b", "input_weight")}


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


# Bengio's unit, y' = tanh(w y + u), of which guesses change w.
TANH = doya.to_tanh(unit(1.0, 0.0, 1.0))


def starts(variant: int, seed: int, half: float, size: int) -> dict[str, Any]:
    """Return what is free, uniform from -half to half."""
    rows = np.random.default_rng(seed).uniform(-half, half, (3, size))
    return dict(zip(FREE[variant], rows, strict=True))


def tried(
    variant: int, way: Way, task: doya.Task, seed: int, trials: int
) -> tuple[dict[str, Any], Any]:
    """Return what was free in all trials, and their losses without penalties."""
    free = starts(variant, seed, way.start, trials if way is GUESSING else 1)
    if way is GUESSING and variant == 1:
        found = doya.search(
            TANH, task, dict.fromkeys(free, (-BOX, BOX)), "random", seed, trials=trials
        )
        return found.trials, found.losses
    if way is GUESSING:
        return free, doya.task_gradient(unit(**free), task, "b").loss
    if variant == 1:
        own = with_inputs(task, float(free["up"][0]), float(free["down"][0]))
        start: Any = doya.to_tanh(unit(float(free["w"][0]), 0.0, 1.0))
    else:
        own, start = task, unit(*(float(row[0]) for row in free.values()))
    path = doya.train(start, task=own, learn=LEARN[variant], steps=trials - 1, **way.settings)
    taken = slice(0, int(path.steps) + 1)
    rows = {name: path.parameters[name][taken] for name in LEARN[variant]}
    if variant == 2:
        w, b, weight = (rows[name] for name in LEARN[2])
        rows = {"w": 0.25 * w, "h": 0.5 * b + 0.25 * w, "v": 0.5 * weight}
    return rows, path.loss[taken]


def with_inputs(task: doya.Task, up: float, down: float) -> doya.Task:
    """Return the task with other first inputs."""
    inputs = np.array(task.inputs)
    for name, value in (("up", up), ("down", down)):
        inputs[task.shared[name]] = value
    return doya.Task(inputs, task.targets, t_end=task.t_end, shared=task.shared)


def first_solved(
    variant: int, free: dict[str, Any], losses: Any, task: doya.Task, error: float
) -> int | None:
    """Return the first trial, counted from 1, in which all sequences end within the error.

    The loss is a mean of squares: it is below error**2 in such a trial, and if it is below
    error**2 / n for n sequences, the trial is one.
    """
    count = len(task.inputs)
    for k in np.flatnonzero(losses < error**2).tolist():
        one = {name: float(row[k]) for name, row in free.items()}
        if losses[k] < error**2 / count or is_solved(variant, one, task, error):
            return k + 1
    return None


def is_solved(variant: int, one: dict[str, float], task: doya.Task, error: float) -> bool:
    """Return whether all sequences of a trial end within the error."""
    if variant == 1:
        task, neuron = with_inputs(task, one["up"], one["down"]), unit(one["w"], 0.0, 1.0)
    else:
        neuron = unit(**one)
    times, (targets, _) = task.times.astype(int), task.rows()
    for row, wanted in zip(np.asarray(task.inputs), targets, strict=True):
        (at,) = np.flatnonzero(np.isfinite(wanted))
        end = int(times[at])
        if not abs(float(doya.final_state(neuron, 0.5, end, row[:end])) - wanted[at]) < error:
            return False
    return True


def solved(
    variant: int, seed: int, trials: int, **size: Any
) -> Iterator[tuple[str, float, int | None]]:
    """Yield the way, the allowed error, and the first trial that solves the task of a seed."""
    task = doya.tasks.latch(variant, seed, **size)
    for way in (GUESSING, *WAYS):
        found = tried(variant, way, task, seed, trials)
        for error in (RIGHT[variant], NEAR):
            yield f"{way.name} | {way.start:g}", error, first_solved(variant, *found, task, error)


def all_solved(
    seed: int, variant: int, trials: int, size: dict[str, Any]
) -> list[tuple[str, float, int | None]]:
    """Return the same as a list, for another process."""
    return list(solved(variant, seed, trials, **size))


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
    for variant in LEARN:
        for lengths in LENGTHS:
            kept = known.get(heading(variant, lengths))
            found = section(variant, lengths, seeds) if variant in variants else kept
            made += [found] if found else []
    path.write_text("\n".join(made), encoding="utf-8")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main((given[0],) if given else (1, 2), given[1] if len(given) > 1 else SEEDS)
