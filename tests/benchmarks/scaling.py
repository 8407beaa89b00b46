"""Measures what a neuron costs, over sizes and threads, and draws it.

`python -m benchmarks.scaling FILE`, in the folder `tests`, writes the picture; the benchmarks hold
the figures to their targets.
"""

import math
import os
import pathlib
import sys

from benchmarks.problems.scaling import CASES, THREADS, question, sizes
from benchmarks.timing import timed

# Seconds that the repeats of one call take together, about, and at most so many.
PATIENCE, REPEATS = 0.15, 40


def seconds(call):
    """The least of several runs, after two that load what is needed."""
    run = timed(call)
    least = min(run(), run())
    for _ in range(min(REPEATS, math.ceil(PATIENCE / least))):
        least = min(least, run())
    return least


def costs(name, dynamics, threads):
    """Return the seconds a neuron for each size, on a number of threads."""
    before = os.environ.get("DOYA_NUM_THREADS")
    os.environ["DOYA_NUM_THREADS"] = str(threads)
    try:
        return {size: seconds(question(name, dynamics, size)) / size for size in sizes(name)}
    finally:
        del os.environ["DOYA_NUM_THREADS"]
        if before is not None:
            os.environ["DOYA_NUM_THREADS"] = before


def load():
    """Have all kernels' machine code at hand, as after some large calls."""
    from doya.kernels.machinery.compilation import compiled
    from doya.kernels.machinery.registry import every_kernel

    for kernel in every_kernel():
        compiled(kernel)


def draw(path, table):
    """Cost a neuron against the number of neurons, a panel a function, a line a thread count."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 4, figsize=(12, 8), sharex=True, layout="constrained")
    for ax, (case, lines) in zip(axes.flat, table.items(), strict=False):
        for (threads, line), marker in zip(lines.items(), "osD^v", strict=True):
            ax.loglog(list(line), [1e6 * each for each in line.values()], marker=marker, ms=4,
                      label=f"{threads} thread{'s' * (threads > 1)}")  # fmt: skip
        ax.set_title(", ".join(case), fontsize=9)
        ax.grid(alpha=0.3)
    for ax in axes.flat[len(table) :]:
        ax.remove()
    axes.flat[0].legend(fontsize=7)
    figure.supxlabel("neurons")
    figure.supylabel("microseconds a neuron")
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    load()
    draw(
        pathlib.Path(sys.argv[1]),
        {case: {threads: costs(*case, threads) for threads in THREADS} for case in CASES},
    )
