"""Ctrl-C ends a descent, and keeps its path so far."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import doya
from doya.kernels.machinery import compilation, running
from doya_cli import interruption
from shell import doya_

MAP = doya.NeuronMap(5.0, -2.2)


def stopped_after(calls, **given):
    """Return a training whose progress ends it."""
    heard = []

    def progress(part):
        heard.append(part)
        if len(heard) == calls:
            raise StopIteration

    return doya.train(MAP, 0.5, 9, 0.855, rule="adam", progress=progress, **given)


def test_progress_can_end_a_descent():
    """The path so far is that of the whole descent, and its steps count; the rest is NaN."""
    path = stopped_after(40, steps=90)
    whole = doya.train(MAP, 0.5, 9, 0.855, rule="adam", steps=90)
    assert path.status == 5
    assert 0 < path.steps <= 40
    kept = int(path.steps) + 1
    np.testing.assert_array_equal(path.loss[:kept], whole.loss[:kept])
    assert np.isnan(path.loss[kept:]).all()
    assert f"Stopped after {path.steps} steps, because it was interrupted." in path.verdict
    assert len(path.bifurcations) == len([each for each in whole.bifurcations if each.step < kept])


def test_what_had_failed_before_keeps_its_status():
    """One of two neurons leaves the range of its parameters; the other is interrupted."""
    heard = []

    def progress(part):
        heard.append(part)
        if len(heard) == 40:
            raise StopIteration

    path = doya.train(
        doya.NeuronODE(), [1e98, 0.5], 0.0, -1e98, "x0", [2.0, 1e-3], 90, progress=progress
    )
    assert path.status.tolist() == [2, 5]


def test_other_errors_of_progress_are_not_kept():
    def progress(part):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        doya.train(MAP, 0.5, 9, 0.855, progress=progress)


def test_the_first_ctrl_c_is_postponed_and_the_second_is_not():
    """After the block all is as before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with interruption.postponed() as was_pressed:
            assert not was_pressed()
            signal.raise_signal(signal.SIGINT)
            assert was_pressed()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        with interruption.postponed() as was_pressed:
            assert not was_pressed()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("has_it_ignored", [False, True])
def test_tests_hear_ctrl_c_also_in_the_background_of_a_shell(has_it_ignored, pytestconfig):
    """There it is ignored from the start, and each process of the tests hears it all the same."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    (conftest,) = (
        each
        for each in pytestconfig.pluginmanager.get_plugins()
        if getattr(each, "__file__", None) == str(pathlib.Path(__file__).with_name("conftest.py"))
    )
    if has_it_ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    conftest.pytest_configure()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupted_descent_is_an_answer_with_exit_code_1(here, monkeypatch):
    """The table, and all files asked for, hold the path so far; Ctrl-C comes after 20 steps."""
    train = doya.train

    def interrupted(*arguments, progress, **given):
        heard = []

        def press(part):
            heard.append(part)
            if len(heard) == 20:
                signal.raise_signal(signal.SIGINT)
            progress(part)

        return train(*arguments, progress=press, **given)

    monkeypatch.setattr(doya, "train", interrupted, raising=False)
    done = doya_("train --dynamics map --t-end 9 --rule adam -o a.csv -o a.png -o a.json")
    assert done.exit_code == 1
    assert "because it was interrupted." in " ".join(done.stdout.split())
    assert done.stderr.splitlines() == ["Wrote a.csv", "Wrote a.png", "Wrote a.json"]
    whole = json.loads((here / "a.json").read_text())["result"]
    assert (whole["status"], 0 < whole["steps"] <= 20) == (5, True)
    rows = [line for line in (here / "a.csv").read_text().splitlines() if line[0] != "#"]
    assert len([*csv.DictReader(rows)]) == whole["steps"] + 1


class NeverDone:
    """A maker of machine code; Ctrl-C is pressed at its third look."""

    def __init__(self, kernels):
        self.kernels, self.looks = tuple(kernels), 0

    def is_done(self):
        self.looks += 1
        if self.looks == 3:
            signal.raise_signal(signal.SIGINT)
        assert self.looks < 50
        return False


@pytest.mark.machine_code
def test_ctrl_c_ends_the_run_while_machine_code_is_made(here, monkeypatch):
    """No step has been taken, so no path is lost."""
    monkeypatch.setattr(running, "_makers", {})
    monkeypatch.setattr(compilation, "_machine_code", {})
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: False)
    monkeypatch.setattr(running, "makers", lambda kernels, processes: [NeverDone(kernels)])
    done = doya_("train --dynamics map --steps 100000 -o p.csv")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "Error: interrupted."
    assert list(here.iterdir()) == []


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no signal to a process")
def test_ctrl_c_in_a_process_of_its_own_leaves_whole_files(tmp_path):
    """The watcher of lost signals does not end the run while it draws and writes."""
    line = "train --steps 1000000 --learning-rate 0.001 -o a.csv"
    run = subprocess.Popen(
        [sys.executable, "-m", "doya_cli", *line.split()], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    time.sleep(2.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1, err
    if "Error: interrupted." not in err:  # it had begun
        assert "because it was interrupted" in " ".join(out.split())
        assert err == "Wrote a.csv\n"


def stop_after(count):
    """Return a progress that asks for the end at its call of this number."""
    calls = iter(range(1, count))

    def progress(part):
        if next(calls, None) is None:
            raise StopIteration

    return progress


def test_an_interrupted_ensemble_has_statuses_of_the_table_alone():
    """Also lanes that wait for their gradient, or rest, when another thread is stopped."""
    chosen = np.random.default_rng(1)
    w, b = chosen.choice([-40.0, -60.0, 5.0, 1e6], 400), chosen.uniform(10.0, 20.0, 400)
    neuron = doya.NeuronMap(w=w, b=b, epsilon=0.2)
    given = {"learn": ("b", "w"), "steps": 2000, "learning_rate": 1e-3, "clip": 0.1}
    path = doya.train(neuron, 0.3, 2000, 0.9, progress=stop_after(1), **given)
    assert set(np.unique(path.status)) <= {0, 5}
    assert np.isfinite(path.loss[path.status == 0]).all()


def test_every_step_that_was_taken_is_kept():
    neuron = doya.NeuronMap(w=5.0, b=-2.3)
    whole = doya.train(neuron, 0.5, 50, 0.855, rule="adam")
    for count in (1, 5, 8, 13):
        path = doya.train(neuron, 0.5, 50, 0.855, rule="adam", progress=stop_after(count))
        assert (path.status, path.steps) == (5, count - 1)
        assert np.array_equal(path.loss[:count], whole.loss[:count])
        assert "teacher" not in path.verdict


def test_an_interrupted_map_of_starts_begins_no_other_descent():
    axes = {"w": np.linspace(2.0, 8.0, 60), "b": np.linspace(-6.0, 1.0, 60)}
    found = doya.initialisation_map(
        doya.NeuronMap(w=5.0), axes, 0.5, 50, 0.8, steps=1000, progress=stop_after(1)
    )
    assert (found.status[-30:] == 5).all()
