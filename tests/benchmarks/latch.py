"""The latch task, variant 2, by several ways of learning: the fraction solved against trials.

`python tests/benchmarks/latch.py`, with the folder of the package on PYTHONPATH, writes latch.md
beside this file; it takes some minutes.  Each seed makes a task and a start of its own.  The ways
are those of the figure latch-task, and some more.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

import doya
from doya.figures import latch_trials
from doya.figures.latch_trials import BOX, GUESSING, NEAR, RIGHT, SMALL, Way

TRIALS = (1, 3, 10, 30, 100)
SEEDS = 100
# Lengths of the sequences: those of the source, and short ones.
LENGTHS = ((500, 600), (10, 12))
WAYS = (
    latch_trials.DESCENT,
    Way("descent", BOX, {}),
    latch_trials.CLIPPED,
    Way("descent, clip auto", SMALL, {"clip": "auto"}),
    latch_trials.OMEGA,
    latch_trials.SMALL_ADAM,
    latch_trials.ADAM,
    Way("signs, first step 0.1", SMALL, {"rule": "sign", "learning_rate": 0.1}),
    latch_trials.FORCED,
    latch_trials.HALF_FORCED,
)


def solved(seed: int, trials: int, **size: Any) -> Iterator[tuple[str, float, float]]:
    """Yield the way, the allowed error, and the first trial that solves the task of a seed."""
    task = doya.tasks.latch(2, seed, **size)
    for way in (GUESSING, *WAYS):
        tried = latch_trials.tried(way, task, range(seed, seed + 1), trials)
        for error in (RIGHT, NEAR):
            (first,) = latch_trials.first_solved(*tried, task, error)
            yield f"{way.name} | {way.start:g}", error, float(first)


def all_solved(seed: int, trials: int, size: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return the same as a list, for another process."""
    return list(solved(seed, trials, **size))


def table(found: list[tuple[str, float, float]], trials: tuple[int, ...]) -> str:
    """Return the fractions of the seeds that are solved up to each number of trials."""
    lines = [
        f"| way | starts within | error of y | {' | '.join(map(str, trials))} |",
        f"|---|---|---|{'---|' * len(trials)}",
    ]
    for name, error in dict.fromkeys((name, error) for name, error, _ in found):
        firsts = np.array([first for *own, first in found if own == [name, error]])
        shares = latch_trials.share(firsts, np.array(trials))
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
