"""Peaks against the memory that is allowed, so that a ratio of 1 is the target."""

import pytest

from benchmarks.memory import megabytes
from benchmarks.report import Task

SURFACE = """
import doya, numpy as np

def answer(size):
    over = {{"w": np.linspace(4.5, 5.5, size), "b": np.linspace(-2.9, -1.9, size)}}
    found = doya.loss_landscape(doya.{kind}(), over, 0.62, 50, 0.7)
    return found.loss, found.x, *found.gradient.values()
"""
EXPONENTS = """
import doya, numpy as np

def answer(size):
    neuron = doya.NeuronMap(np.linspace(-100, 0, size)[:, None], np.linspace(0, 50, size))
    return doya.lyapunov_exponent(neuron, 0.3, 100, 100, return_error=True)
"""


@pytest.mark.parametrize(
    ("task", "allowed", "problem"),
    [
        (Task.MAP_MEMORY, 64.0, SURFACE.format(kind="NeuronMap")),
        (Task.FLOW_MEMORY, 64.0, SURFACE.format(kind="NeuronODE")),
        (Task.EXPONENTS_MEMORY, 32.0, EXPONENTS),
    ],
    ids=["map", "flow", "exponents"],
)
def test_memory_besides_the_answer(task, allowed, problem, report):
    """Of four million cells: at most 64 MB for landscapes, 32 MB for exponents."""
    taken = megabytes(problem)
    row = report(
        task, f"{allowed:g} MB allowed / {taken:.1f} MB used", [allowed / max(taken, 0.1)], 1
    )
    assert row.met
