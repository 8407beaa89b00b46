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


def naive(w, h, v, row, end):
    """The end of one sequence, y' = tanh(w y + h + v u), in a loop; as x = (1 + y) / 2."""
    y = 0.0
    for u in row[:end]:
        y = np.tanh(w * y + h + v * u)
    return 0.5 * (1.0 + y)


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
                w, v = 0.25 * one.w, 0.5 * one.input_weight
                ends[(*place, k)] = naive(w, 0.5 * one.b + w, v, row, int(end))
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


def test_the_first_solved_trial_of_free_inputs_is_that_of_a_naive_loop(latch):
    """For guesses, and for a descent, with both limits of the error."""
    task = doya.tasks.latch(1, 4, sequences=4, steps=(3, 5))
    targets, known = np.nanmax(task.targets, axis=1), np.isfinite(task.targets)
    for way in (latch.GUESSING, latch.WAYS[-1]):
        free, losses = latch.tried_inputs(way, task, 4, 60)
        assert {*free} == {*latch.FREE}
        for error in (latch.RIGHT[1], latch.NEAR):
            solved = []
            for k in range(len(losses)):
                one = {name: float(row[k]) for name, row in free.items()}
                inputs = np.array(task.inputs)
                inputs[::2, 0], inputs[1::2, 0] = one["up"], one["down"]
                ends = [
                    naive(one["w"], 0.0, 1.0, row, int(task.t_end[which][0]))
                    for row, which in zip(inputs, known, strict=True)
                ]
                solved.append(np.max(np.abs(ends - targets)) < error)
            first = solved.index(True) + 1.0 if any(solved) else np.nan
            again = latch.first_solved(free, losses, task, error)
            np.testing.assert_array_equal(again, first)


def test_the_table_has_fractions_that_rise(latch):
    found = [("a | 1", 0.5, 2), ("a | 1", 0.5, np.nan), ("a | 1", 0.05, 9), ("a | 1", 0.05, 1)]
    lines = latch.table(found, (1, 3, 10)).splitlines()
    assert lines[2] == "| a | 1 | < 1 | 0.00 | 0.50 | 0.50 |"
    assert lines[3] == "| a | 1 | < 0.1 | 0.50 | 0.50 | 1.00 |"
    ways = {name for name, _, _ in latch.solved(1, 0, 2, sequences=2, steps=(3, 4))}
    assert len(ways) == len(latch.WAYS) + 1


def test_sections_of_other_variants_stay(latch, tmp_path, monkeypatch):
    """Those of variant 2, where variant 1 is run anew."""
    monkeypatch.setattr(latch, "__file__", str(tmp_path / "latch.py"))
    monkeypatch.setattr(latch, "section", lambda variant, lengths, seeds: f"## new {variant}\n")
    (tmp_path / "latch.md").write_text(
        "# Head\n\n## Variant 1, 10 to 12 steps\n\nold\n\n## Variant 2, 10 to 12 steps\n\nkept\n"
    )
    latch.main((1,))
    text = (tmp_path / "latch.md").read_text()
    assert text.count("## new 1") == 2
    assert text.endswith("## Variant 2, 10 to 12 steps\n\nkept\n")
    assert "old" not in text


def test_the_committed_table_is_that_of_these_ways(latch):
    text = PATH.with_name("latch.md").read_text(encoding="utf-8")
    for variant, error in ((1, 0.8), (2, 1)):
        for lengths in latch.LENGTHS:
            assert latch.heading(variant, lengths) in text
        teachers = latch.TEACHERS if variant == 2 else ()
        for way in (latch.GUESSING, *latch.WAYS, *teachers):
            assert text.count(f"| {way.name} | {way.start:g} | < {error} |") == 2
