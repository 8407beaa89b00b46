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


def naive(w, h, v, row, end):
    """The end of one sequence, y' = tanh(w y + h + v u), in a loop; as x = (1 + y) / 2."""
    y = 0.0
    for u in row[:end]:
        y = np.tanh(w * y + h + v * u)
    return 0.5 * (1.0 + y)


@pytest.mark.parametrize("variant", [1, 2])
def test_the_first_solved_trial_is_that_of_a_naive_loop(latch, variant):
    """For guesses, and for a descent, with both limits of the error."""
    task = doya.tasks.latch(variant, 4, sequences=4, steps=(3, 5))
    targets = np.nanmax(task.targets, axis=1), np.isfinite(task.targets)
    for way in (latch.GUESSING, latch.WAYS[-1]):
        free, losses = latch.tried(variant, way, task, 4, 60)
        assert {*free} == {*latch.FREE[variant]}
        for error in (latch.RIGHT[variant], latch.NEAR):
            solved = []
            for k in range(len(losses)):
                one = {name: float(row[k]) for name, row in free.items()}
                inputs = np.array(task.inputs)
                if variant == 1:
                    inputs[::2, 0], inputs[1::2, 0] = one["up"], one["down"]
                unit = one["w"], one.get("h", 0.0), one.get("v", 1.0)
                ends = [
                    naive(*unit, row, int(task.t_end[known][0]))
                    for row, known in zip(inputs, targets[1], strict=True)
                ]
                solved.append(np.max(np.abs(ends - targets[0])) < error)
            first = int(np.argmax(solved)) + 1 if any(solved) else None
            assert latch.first_solved(variant, free, losses, task, error) == first


def test_the_table_has_fractions_that_rise(latch):
    found = [("a | 1", 0.5, 2), ("a | 1", 0.5, None), ("a | 1", 0.05, 9), ("a | 1", 0.05, 1)]
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
        for way in (latch.GUESSING, *latch.WAYS):
            assert text.count(f"| {way.name} | {way.start:g} | < {error} |") == 2
