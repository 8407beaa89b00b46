"""pytest tests/benchmarks: how fast and how exact, beside named opponents, in one table.

`--table FILE` writes it to a file too.
"""

import contextlib
import os
import pathlib

import pytest

from benchmarks.opponents.presence import Elsewhere
from benchmarks.report import LEGEND, Row, machine, table

collect_ignore = ["opponents", "scale.py"]  # what may be missing; a script beside its modules
ROWS = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--table", type=pathlib.Path, help="a file for the table of benchmarks")


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture
def report(pytestconfig):
    """Adds a row to the table, and hands it back."""

    def add(task, opponent, ratios, at_least=None, errors=("", "")):
        row = Row(task, opponent, ratios, at_least, errors)
        pytestconfig.stash[ROWS].append(row)
        return row

    return add


@pytest.fixture
def elsewhere():
    """Opponents by name, each in a process of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(Elsewhere(name))


@pytest.fixture
def on_threads(monkeypatch):
    """What a function of the number of threads answers for one and for two, if there are two."""

    def each(function):
        answers = []
        for threads in range(1, min(2, os.cpu_count() or 1) + 1):
            monkeypatch.setenv("DOYA_NUM_THREADS", str(threads))
            answers.append(function(threads))
        return answers

    return each


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setenv("DOYA_NUM_THREADS", "1")


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    skipped = {each.longrepr[2] for each in terminalreporter.stats.get("skipped", [])}
    lines = [machine(), "", table(rows), "", LEGEND] if rows else []
    lines += sorted(each.replace("Skipped", "skipped") for each in skipped)
    terminalreporter.section("benchmarks")
    terminalreporter.write_line("\n".join(lines))
    if config.option.table:
        config.option.table.write_text("\n".join(lines) + "\n", encoding="utf-8")
