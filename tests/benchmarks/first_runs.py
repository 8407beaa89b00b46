"""First runs of commands, while machine code is being made, beside second runs.

`python tests/benchmarks/first_runs.py`, with the folders of the package and of the command on
PYTHONPATH, writes first_runs.md beside this file, in some minutes.  `first_runs.py landscape` runs
the commands that contain the word, and prints their lines alone.  Each run is a process of its own.
Run it on an idle machine: times are those of the clock.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numba

import doya
from doya.kernels.machinery.parallel import processor_count

ROUNDS = 3
COMMANDS = (
    "equilibria",
    "bifurcate",
    "bifurcate --dynamics map --w -10 --epsilon 0.8",
    "regions",
    "simulate",
    "simulate --pulse 5 8 0.5",
    "sensitivity --over b -3 -2",
    "landscape --over b -3 -2",
    "landscape --over b -6 1 --over w 1 9",
    "landscape --over b -6 1 --over w 1 9 --dynamics map",
    "landscape --over b -6 1 --over w 1 9 --hessian",
    "train",
    "train --clip 0.05",
    "train --dynamics map --clip 0.05",
    "orbit",
    "orbit --w -20 --epsilon 0.5",
    "network",
    "sweep planes.zarr --quantity state --over b -3 -2 401 --over x0 0 1 101",
    "figures chaos",
)
HEAD = """# First runs

Made by `first_runs.py`, doya {version}: seconds from start to end with an empty cache, in which no
machine code is, and of the next run; medians of {rounds}. Python {python}, numba {numba},
{processors} processors.
"""


def seconds(command: str, cache: str) -> float:
    """Return how long a command takes, in an empty folder, that keeps machine code in another."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "doya_cli", *command.split()],
            env={**os.environ, "NUMBA_CACHE_DIR": cache}, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return time.perf_counter() - begin


def first_and_second(command: str) -> tuple[float, float]:
    """Return the seconds of the first run with an empty cache, and of the next."""
    with tempfile.TemporaryDirectory() as cache:
        return seconds(command, cache), seconds(command, cache)


def line(command: str) -> str:
    """Return the command's line of the table."""
    runs = [first_and_second(command) for _ in range(ROUNDS)]
    first, second = (statistics.median(each) for each in zip(*runs, strict=True))
    return f"| `doya {command}` | {first:.1f} | {second:.1f} | {first / second:.1f} |"


def main(word: str = "") -> None:
    """Print the lines of the commands that contain the word; write the file if all do."""
    lines = ["| command | first, s | second, s | ratio |", "|---|---|---|---|"]
    for command in COMMANDS:
        if word in command:
            lines.append(line(command))
            print(lines[-1], flush=True)
    if word:
        return
    head = HEAD.format(
        version=doya.__version__, rounds=ROUNDS, python=sys.version.split()[0],
        numba=numba.__version__, processors=processor_count(),
    )  # fmt: skip
    text = "\n".join([head, *lines, ""])
    pathlib.Path(__file__).with_name("first_runs.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
