"""The one table of all benchmarks: its tasks, its rows, and the machine they ran on."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import re
from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What is timed, in the table's order."""

    IMPORT = "start Python and import doya"
    FIRST = "import doya, start, and the equilibria of one neuron"
    EQUILIBRIA = "the three equilibria of a million neurons"
    FOLD = "the 600 equilibria of 200 neurons beside a fold"
    DIAGRAM = "the bifurcation diagram at w = 5, with both folds"
    START = "the diagram with its picture, as a program, with its start"
    STEPS = "128,000 maps, 200 steps, all of them taken"
    USUAL_STEPS = "128,000 maps, 200 steps"
    MANY_STEPS = "128,000 maps, 5,000 steps"
    FLOW = "128,000 flows to T = 50"
    LONG_FLOW = "128,000 flows to T = 10,000"
    ENDLESS_FLOW = "128,000 flows to T = 1,000,000"
    SENSITIVITIES = "20,000 flows to T = 50 with ∂x/∂x(0) and ∂x/∂b"
    BENT = "20,000 flows to T = 50 with second derivatives by x(0), b and w"
    CROSSING = "the times of a million flows to a level, with derivatives"
    INSIDE = "4,000 maps, 200 steps under an input that changes each step, inside σ"
    SURFACE = "Pascanu's error surface, a million cells with gradients"
    MAP_MEMORY = "memory of this surface, four million cells, without its arrays"
    FLOW_MEMORY = "memory of a surface of four million flows to T = 50, without its arrays"
    EXPONENTS = "Lyapunov exponents of a million maps, 1,000 steps"
    CHAOS = "Lyapunov exponents of chaotic maps alone, 1,000 steps"
    EXPONENTS_MEMORY = "memory of four million exponents, without their arrays"
    SCALE = "time per flow, calls of 1 to a million flows"
    MAP_SCALE = "time per map, calls of 1 to a million maps"
    FEW = "time per flow, calls of some hundreds or thousands"
    CROWDED = "a landscape of 400 x 400 flows"
    UNRELATED = "training of 1,200 starts, after large calls of equilibria"
    NOISE = "500 flows under inputs of 2,000 pieces"
    MAP_DESCENTS = "100,000 descents of 100 steps of maps, 50 steps each"
    FLOW_DESCENTS = "1,000 descents of 100 steps of flows to T = 50"
    DESCENTS_MEMORY = "memory of 100,000 descents of 100 steps of maps, without their arrays"
    DESCENT = "100 steps of descent of one flow"
    SWEEP = "a sweep of 2,560,000 flows over four axes, into a store"
    SWEEP_OF_MAPS = "a sweep of 2,560,000 maps over four axes, 50 steps, into a store"
    WALL = "a landscape of 101 flows with the place of its wall"


@dataclass(frozen=True)
class Row:
    """An opponent's time over doya's, by number of threads where there are several.

    An error is a number, or words where an opponent answers something else.
    """

    task: Task
    opponent: str
    ratios: list[float]
    at_least: float | None = None
    errors: tuple[float | str, float | str] = ("", "")

    @property
    def met(self):
        """Whether every ratio reaches the target; where there is none, it does."""
        return self.at_least is None or min(self.ratios) >= self.at_least

    def cells(self):
        ratios = " / ".join(map(three_digits, self.ratios)) + ("" if self.met else ", missed")
        target = "" if self.at_least is None else f"≥ {self.at_least:,.{2 * (self.at_least < 1)}f}"
        errors = [each if isinstance(each, str) else f"{each:.0e}" for each in self.errors]
        return self.task, self.opponent, ratios, target, *errors


def three_digits(ratio):
    """Of a large one; two of one below 1."""
    if ratio >= 100.0:
        return f"{float(f'{ratio:.3g}'):,.0f}"
    return f"{ratio:#.3g}" if ratio >= 1.0 else f"{ratio:#.2g}"


HEADER = "task", "opponent", "ratio", "target", "doya's error", "opponent's error"
LEGEND = """\
Ratio: the opponent's time divided by doya's.  Two ratios: one thread on each side / two threads.
Error: the largest |answer - exact| / max(1, |exact|) of some of the timed inputs; 40 exact digits.\
"""


def machine():
    """This one, what doya runs on, and the date."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    found = cpuinfo.exists() and re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.M)
    processor = found[1] if found else platform.processor() or platform.machine()
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in ("numba", "numpy")]
    return ", ".join(
        [processor, f"{os.cpu_count()} cores", *versions, datetime.date.today().isoformat()]
    )


def table(rows):
    """In Markdown."""
    order = list(Task)
    rows = sorted(rows, key=lambda row: order.index(row.task))
    lines = [HEADER, ["---"] * len(HEADER), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
