"""The script of the table of the latch task, on a small task."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import pytest

import doya
from doya.figures import latch_trials

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


def test_the_first_solved_trial_is_that_of_a_naive_loop():
    """For guesses, and for a descent, of two seeds, with both limits of the error."""
    task = doya.tasks.latch(2, 4, sequences=4, steps=(3, 5))
    known, found = np.isfinite(task.targets), []
    for way in (latch_trials.GUESSING, latch_trials.ADAM):
        units, losses = latch_trials.tried(way, task, range(4, 6), 60)
        ends = np.empty((2, 60, 4))
        for k, row in enumerate(np.asarray(task.inputs)):
            (end,) = task.t_end[known[k]]
            for place in np.ndindex(2, 60):
                one = units.replace(
                    **{name: getattr(units, name)[place] for name in latch_trials.LEARN}
                )
                ends[(*place, k)] = naive(one, row, int(end))
        errors = np.abs(ends - task.targets[known])
        assert losses == pytest.approx(np.mean(errors**2, axis=-1), rel=1e-9, abs=1e-15)
        for error in (latch_trials.RIGHT, latch_trials.NEAR):
            solved = np.max(errors, axis=-1) < error
            first = np.where(solved.any(axis=-1), 1.0 + solved.argmax(axis=-1), np.nan)
            again = latch_trials.first_solved(units, losses, task, error)
            np.testing.assert_array_equal(again, first)
            found += first.tolist()
    assert np.isnan(found).any()
    assert np.isfinite(found).any()


def test_a_taught_task_has_the_same_loss_and_a_target_at_each_step_before_the_end():
    """The gradient too; after the end of a sequence there is no target."""
    task = doya.tasks.latch(2, 1, sequences=6, steps=(3, 9))
    taught = latch_trials.taught(task)
    units = latch_trials.starts(0, 1.0, 5)
    one, other = (doya.task_gradient(units, each, latch_trials.LEARN) for each in (task, taught))
    assert other.loss == pytest.approx(one.loss, rel=1e-12)
    for name in latch_trials.LEARN:
        assert other.gradient[name] == pytest.approx(one.gradient[name], rel=1e-9)
    for row, short in zip(taught.targets, task.targets, strict=True):
        (end,) = task.t_end[np.isfinite(short)].astype(int)
        assert set(row[:end]) == set(short[np.isfinite(short)])
        assert np.isnan(row[end:]).all()


def test_the_table_has_fractions_that_rise(latch):
    found = [("a | 1", 0.5, 2), ("a | 1", 0.5, np.nan), ("a | 1", 0.05, 9), ("a | 1", 0.05, 1)]
    lines = latch.table(found, (1, 3, 10)).splitlines()
    assert lines[2] == "| a | 1 | < 1 | 0.00 | 0.50 | 0.50 |"
    assert lines[3] == "| a | 1 | < 0.1 | 0.50 | 0.50 | 1.00 |"
    ways = {name for name, _, _ in latch.solved(0, 2, sequences=2, steps=(3, 4))}
    assert len(ways) == len(latch.WAYS) + 1


def test_the_committed_table_is_that_of_these_ways(latch):
    text = PATH.with_name("latch.md").read_text(encoding="utf-8")
    for way in (latch.GUESSING, *latch.WAYS):
        assert f"| {way.name} | {way.start:g} | < 1 |" in text
