"""The script of the table of the latch task, on a small task."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import pytest

import doya

PATH = pathlib.Path(__file__).parent / "benchmarks" / "latch.py"


@pytest.fixture(scope="module")
def latch():
    spec = importlib.util.spec_from_file_location("latch_script", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def naive(unit, row, end):
    """The end of one sequence, in a loop."""
    x = 0.5
    for u in row[:end]:
        z = float(unit.w) * x + float(unit.b) + float(unit.input_weight) * u
        x = 1.0 / (1.0 + np.exp(-z))
    return x


def test_the_first_solved_trial_is_that_of_a_naive_loop(latch):
    """For guesses, and for a descent, with both limits of the error."""
    task = doya.tasks.latch(2, 4, sequences=4, steps=(3, 5))
    targets = np.nanmax(task.targets, axis=1), np.isfinite(task.targets)
    for way in (latch.GUESSING, latch.WAYS[-1]):
        units, losses = latch.neurons_tried(way, task, 4, 60)
        for error in (latch.RIGHT, latch.NEAR):
            solved = []
            for k in range(len(losses)):
                one = units.replace(
                    **{name: float(getattr(units, name)[k]) for name in latch.LEARN}
                )
                ends = [
                    naive(one, row, int(task.t_end[known][0]))
                    for row, known in zip(np.asarray(task.inputs), targets[1], strict=True)
                ]
                solved.append(np.max(np.abs(ends - targets[0])) < error)
            first = int(np.argmax(solved)) + 1 if any(solved) else None
            assert latch.first_solved(units, losses, task, error) == first
    assert first is not None


def test_the_table_has_fractions_that_rise(latch):
    found = [("a | 1", 0.5, 2), ("a | 1", 0.5, None), ("a | 1", 0.05, 9), ("a | 1", 0.05, 1)]
    lines = latch.table(found, (1, 3, 10)).splitlines()
    assert lines[2] == "| a | 1 | < 1 | 0.00 | 0.50 | 0.50 |"
    assert lines[3] == "| a | 1 | < 0.1 | 0.50 | 0.50 | 1.00 |"
    ways = {name for name, _, _ in latch.solved(0, 2, sequences=2, steps=(3, 4))}
    assert len(ways) == len(latch.WAYS) + 1


def test_the_committed_table_is_that_of_these_ways(latch):
    text = PATH.with_name("latch.md").read_text(encoding="utf-8")
    for way in (latch.GUESSING, *latch.WAYS):
        assert f"| {way.name} | {way.start:g} | < 1 |" in text
