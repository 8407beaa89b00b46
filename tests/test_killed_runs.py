"""Ctrl-C, SIGKILL, and two runs at once."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from doya_cli import progress
from killed_sweeps import wait_for
from shell import doya_

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

# Of every kind of output, and one which lasts for years, nearly all of them in machine code.
ENDLESS = "landscape --dynamics map --t-end 1e15 --over b -3 -2 --over w 4 6 --points 9 -o a.csv"
LINES = {
    "figures": "figures bifurcation --format svg --dpi 60 -o out",
    "films": "figures --animate loss-wall --dpi 40 -o new/out",
    "starts": "train --over w 2 8 --points 5 -o a.csv -o a.nc -o a.png --dpi 60",
    "labelled": "landscape --over b -3 -2 --points 9 -o a.nc -o a.zarr -o a.csv",
    "files": "sensitivity --points 20 -o a.csv -o a.npz -o a.png --dpi 60",
    "motion": "train --steps 5 --frames 6 --dpi 60 -o a.gif -o a.csv",
    "printed": "simulate --points 20000 -o -",
    "endless": ENDLESS,
}
SHORT = [name for name in LINES if name != "endless"]


def started(command_line, folder, *flags, **environment):
    """In a group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, *flags, "-m", "doya_cli", *command_line.split()],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def begun(command_line, folder, **environment):
    """Started, and returned when its own modules are imported."""
    run = started(command_line, folder, "-X", "importtime", **environment)
    while not run.stderr.readline().rstrip().endswith(" doya_cli"):
        assert run.poll() is None
    return run


def ended(run):
    """What is on standard output, and on standard error besides times of imports.

    And besides word of machine code that had to be made.
    """
    try:
        out, err = run.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        raise
    said = [line for line in err.splitlines() if not line.startswith("import time:")]
    return out, [line for line in said if line and line != progress.ONCE]


def files(folder):
    """The bytes of each file by its name, and None for each empty folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


@pytest.fixture(scope="module")
def once():
    """Files of undisturbed runs, by their lines."""
    return {}


@pytest.fixture
def whole(tmp_path, monkeypatch, once):
    """What an undisturbed run of a line writes."""

    def write(line):
        if line not in once:
            folder = tmp_path / "whole"
            folder.mkdir()
            monkeypatch.chdir(folder)
            assert doya_(line).exit_code == 0
            once[line] = files(folder)
        monkeypatch.chdir(tmp_path)
        return once[line]

    return write


@pytest.mark.each_third
@pytest.mark.parametrize("moment", [0, 1])
@pytest.mark.parametrize("name", LINES)
def test_ctrl_c_ends_a_run_at_any_moment(name, moment, tmp_path, whole):
    """Soon, with a line or none, and whole files or none: exit 1, or the signal itself.

    The latter before the run, while modules are imported, and after it.
    """
    is_endless = name == "endless"
    expected = {} if is_endless else whole(LINES[name])
    (tmp_path / "run").mkdir()
    run = begun(LINES[name], tmp_path / "run")
    time.sleep(random.Random(f"{name} {moment}").uniform(0.05, 1.2))
    os.killpg(run.pid, signal.SIGINT)
    _, said = ended(run)
    assert run.returncode in ((1, -signal.SIGINT) if is_endless else (0, 1, -signal.SIGINT))
    if not any(line.startswith("Wrote") for line in said):  # just too late
        assert said in ([], ["Error: interrupted."])
    assert files(tmp_path / "run") in ([expected] if run.returncode == 0 else [{}, expected])


@pytest.mark.parametrize("name", SHORT)
def test_a_killed_run_leaves_no_part_of_a_file_under_its_name(name, tmp_path, whole):
    expected = whole(LINES[name])
    (tmp_path / "run").mkdir()
    run = begun(LINES[name], tmp_path / "run")
    time.sleep(random.Random(name).uniform(0.05, 1.2))
    os.killpg(run.pid, signal.SIGKILL)
    ended(run)
    found = files(tmp_path / "run")
    assert found == {name: expected.get(name) for name in found}
    assert None not in found.values()


# Ctrl-C comes amidst source text, as where a dataclass is made.
AMIDST_TEXT = """
import signal
from doya_cli import __main__, main

def press(*words, **named):
    exec("signal.raise_signal(signal.SIGINT)", {"signal": signal})

main.DoyaGroup._run = press
__main__.run()
"""


def test_the_exit_code_is_1_also_where_ctrl_c_comes_amidst_source_text(tmp_path):
    words = [sys.executable, "-c", AMIDST_TEXT]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: interrupted.\n")


# Half of its second file is written, or the first has just been given its name.
AMIDST = """
import os, pathlib, sys
from doya_cli.__main__ import run

sent, method = int(sys.argv.pop()), sys.argv.pop()
function, calls = getattr(pathlib.Path, method), []

def call(path, argument):
    calls.append(path)
    if len(calls) == 2:
        if method == "write_bytes":
            function(path, argument[: len(argument) // 2])
        os.kill(os.getpid(), sent)
    return function(path, argument)

setattr(pathlib.Path, method, call)
run()
"""


@pytest.mark.long
@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_run_killed_while_it_writes_leaves_hidden_files_at_most(method, sent, tmp_path, whole):
    """After Ctrl-C not even those, and what is left does not disturb the next run."""
    line = "equilibria -o a.csv -o a.json"
    expected = whole(line)
    words = [sys.executable, "-c", AMIDST, *line.split(), method, str(int(sent))]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    found = {path.name for path in tmp_path.iterdir() if path.is_file()}
    hidden = {name for name in found if name.startswith(".doya-")}
    assert bool(hidden) == (sent == signal.SIGKILL)
    assert (
        found - hidden
        == {
            ("write_bytes", signal.SIGKILL): set(),
            ("write_bytes", signal.SIGINT): set(),
            ("replace", signal.SIGKILL): {"a.csv"},
            ("replace", signal.SIGINT): {"a.csv", "a.json"},  # it comes too late
        }[method, sent]
    )
    assert doya_(line).exit_code == 0
    assert {name: (tmp_path / name).read_bytes() for name in expected} == expected


def children_of(process):
    """The processes that it has started, and those that these have started, by their numbers."""
    by_parent, found, todo = {}, [], [process]
    for each in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            parent = each.read_text().rpartition(")")[2].split()[1]
            by_parent.setdefault(int(parent), []).append(int(each.parent.name))
    while todo:
        children = by_parent.get(todo.pop(), [])
        found, todo = [*found, *children], [*todo, *children]
    return found


def is_running(process):
    with contextlib.suppress(OSError):
        return (
            pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    return False


@pytest.mark.long
@pytest.mark.machine_code
@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="no /proc")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("line", ["compile", "explore --no-browser", f"{ENDLESS} --json"])
def test_no_process_outlives_a_run_that_is_ended(line, sent, tmp_path):
    """While it has machine code made, into an empty cache; the page ends by Ctrl-C, so well."""
    folder = tmp_path / "here"
    folder.mkdir()
    run = started(line, folder, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    wait_for(lambda: children_of(run.pid))
    children = children_of(run.pid)
    run.send_signal(sent)
    _, said = ended(run)
    well = line.startswith("explore")
    assert run.returncode == (-sent if sent == signal.SIGKILL else 0 if well else 1)
    assert said == ([] if sent == signal.SIGKILL or well else ["Error: interrupted."])
    wait_for(lambda: not any(map(is_running, children)))
    assert files(folder) == {}


@pytest.mark.long
def test_two_runs_at_once_do_not_disturb_each_other(tmp_path, whole):
    """Which write one file, and compile the same kernel into one empty cache."""
    line = "simulate --dynamics map --t-end 100000 -o a.csv -o a.npz"
    expected = whole(line)
    environment = {"HOME": str(tmp_path / "home"), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    folder = tmp_path / "here"
    folder.mkdir()
    runs = [begun(line, folder, **environment) for _ in range(2)]
    for run in runs:
        _, said = ended(run)
        assert (run.returncode, said) == (0, ["Wrote a.csv", "Wrote a.npz"])
    assert files(folder) == expected
