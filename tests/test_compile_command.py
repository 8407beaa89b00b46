"""doya compile, and what commands say while machine code is made."""

import json
import os
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import doya
from doya.kernels.equilibria import solve
from doya.kernels.machinery import making
from doya.kernels.machinery.compilation import cache_folder, compiled
from doya.kernels.map.attractors import follow
from doya.kernels.products import follow as follow_products
from doya_cli import progress
from shell import in_a_line

pytestmark = pytest.mark.machine_code

# The two kernels that are compiled soonest stand for all of them.
COMPILE = """
import sys
from doya.kernels.machinery import making
from doya.kernels.machinery import registry
from doya.kernels.map.attractors import follow
from doya.kernels.map.returns import returned

registry.every_kernel = making.every_kernel = lambda: [follow, returned]
{more}
from doya_cli.main import main
main(["compile", *sys.argv[1:]])
"""
ONE = "registry.every_kernel = making.every_kernel = lambda: [returned]\n"
# A small question is worth machine code; on one processor it waits for it.  Nothing else is
# imported meanwhile.
WAIT = """
import sys
from doya.kernels.machinery import compilation
from doya.kernels.machinery import making
from doya.kernels.machinery import running
from doya_cli import progress

running.START = running.LOAD = running.MAKE = 0.0
progress.prepare = lambda: None
{more}
from doya_cli.main import main
main(sys.argv[1:])
"""
# Instead of a process that compiles for seconds, one that takes some time to copy the code.
COPY = """
from doya.kernels.machinery import compilation
from doya.kernels.equilibria import solve

folders = {source!r}, str(compilation.cache_folder(solve))
making.SCRIPT = "import shutil, time; time.sleep({seconds}); shutil.copytree(*%r, dirs_exist_ok=1)"
making.SCRIPT %= (folders,)
"""
# Seconds in which the moving line is drawn several times.
A_WHILE = 1.0
# Compiling takes no time.
AT_ONCE = "compilation.compile_here = compilation._as_compiled"
NO_FOLDER = "no folder for machine code can be written"
REMEDY = "set NUMBA_CACHE_DIR to a folder that can be written."


def words(code, *arguments):
    return [sys.executable, "-W", "error", "-c", code, *arguments]


def environment(cache, **more):
    return {**os.environ, "NUMBA_CACHE_DIR": str(cache), "DOYA_NUM_THREADS": "1", **more}


def run(code, folder, *arguments, **more):
    return subprocess.run(
        words(code, *arguments),
        env=environment(folder / "cache", **more),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def compile_(folder, *arguments, more="", **environment):
    return run(COMPILE.format(more=more), folder, *arguments, **environment)


@pytest.fixture
def nowhere(tmp_path):
    """An environment in which numba finds no folder that it may write to."""
    shutil.copytree(
        Path(doya.__file__).parent, tmp_path / "doya", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "doya" / "kernels" / "__pycache__").touch()  # a file: no folder can be here
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "folder")
    path = os.pathsep.join([str(tmp_path), str(Path(progress.__file__).parents[1])])
    return {
        **dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"), folder),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The answer that both kernels are made, and a folder with a cache that has them alone."""
    folder = tmp_path_factory.mktemp("both")
    return compile_(folder, "--json"), folder


@pytest.fixture
def copied(both, tmp_path):
    """The folder of both kernels in a cache of this test's own."""
    shutil.copytree(both[1] / "cache", tmp_path / "cache")
    (index,) = (tmp_path / "cache").rglob("*.attractors.*.nbi")
    return index.parent


@pytest.fixture
def copying(tmp_path):
    """`WAIT` with `COPY` of some seconds: of the kernels of `equilibria` and of `network`."""
    for kernel in (solve, follow_products):
        compiled(kernel)
    folder = cache_folder(solve)
    if folder is None:  # nothing to copy
        return lambda seconds: WAIT.format(more="")
    source = tmp_path / "made"
    source.mkdir()
    for kernel in (solve, follow_products):
        name = f"{kernel.__module__.rpartition('.')[2]}.{kernel.__name__}_"
        for path in folder.glob(f"*.{name}*.nb[ci]"):
            shutil.copy(path, source)
    return lambda seconds: WAIT.format(more=COPY.format(source=str(source), seconds=seconds))


def ages(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_kernels_are_made_once_and_those_that_are_missing_again(both, copied, tmp_path):
    """Number and folder are printed; what is in the folder stays as it is."""
    done, made_in = both
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)["result"]
    assert result == {"kernels": 2, "folder": result["folder"]}
    folder = copied
    assert Path(result["folder"]).relative_to(made_in) == folder.relative_to(tmp_path)
    before = ages(folder)
    assert sorted(re.sub("_[0-9a-f]{16}-.*", name[-4:], name) for name in before) == [
        *("__init__.map.attractors.follow.nbc", "__init__.map.attractors.follow.nbi"),
        *("__init__.map.returns.returned.nbc", "__init__.map.returns.returned.nbi"),
    ]

    done = compile_(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"kernels  folder\n2        {folder}\n"
    assert ages(folder) == before

    (lost,) = (path for path in folder.glob("*.attractors.*.nbc"))
    lost.unlink()
    done = compile_(tmp_path, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    after = ages(folder)
    assert set(after) == set(before)
    assert [name for name in after if after[name] != before[name]] == [lost.name]


ON_DISK = """
from doya.kernels import products
from doya.kernels.map import attractors
from doya.kernels.machinery.compilation import is_on_disk
print(is_on_disk(attractors.follow), is_on_disk(products.follow))
"""


@pytest.mark.usefixtures("copied")
def test_a_kernel_is_on_disk_only_under_its_own_name_for_this_processor(tmp_path):
    """Neither a namesake's code nor that of another kind of processor can be loaded."""
    assert run(ON_DISK, tmp_path).stdout == "True False\n"
    assert run(ON_DISK, tmp_path, NUMBA_CPU_NAME="generic").stdout == "False False\n"


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "more"),
    [
        (2, "making.SCRIPT = 'raise SystemExit(1)'"),
        (
            1,
            ONE
            + """
import numba.core.caching as caching
def save(*arguments):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile.save, making.makers = save, lambda *arguments: []
""",
        ),
    ],
    ids=["the process fails", "the disk is full"],
)
def test_kernels_that_cannot_be_made_are_exit_1_and_a_remedy(tmp_path, number, more):
    """Also where no process can be started and this one compiles."""
    done = compile_(tmp_path, more=more)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"Error: {number} of {number} kernels could not be kept in '{tmp_path}/cache/.*':"
        " make room there, or"
        rf" {re.escape(REMEDY)}\n",
        done.stderr,
    )


@pytest.mark.long
def test_without_other_processes_this_one_compiles(tmp_path):
    done = compile_(tmp_path, "--json", more=ONE + "making.makers = lambda *arguments: []")
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(json.loads(done.stdout)["result"]["folder"])
    assert len(list(folder.glob("*.nbi"))) == 1


@pytest.mark.long
def test_without_a_folder_nothing_is_made_and_the_remedy_is_named(tmp_path, nowhere):
    done = compile_(tmp_path, **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: {NO_FOLDER}: {REMEDY}\n"


@pytest.mark.long
def test_another_folder_than_the_one_named_is_said(tmp_path):
    """It is numba that goes on to the next place where it may write."""
    (tmp_path / "file").touch()
    wanted = str(tmp_path / "file" / "cache")
    done = compile_(tmp_path, "--json", NUMBA_CACHE_DIR=wanted)
    folder = json.loads(done.stdout)["result"]["folder"]
    assert in_a_line(done.stderr) == (
        f"NUMBA_CACHE_DIR is {wanted!r}, which cannot be written: {folder!r} is used instead."
    )
    assert compile_(tmp_path, "--quiet", NUMBA_CACHE_DIR=wanted).stderr == ""


def test_where_numba_is_switched_off_there_is_nothing_to_compile(tmp_path):
    done = compile_(tmp_path, NUMBA_DISABLE_JIT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: NUMBA_DISABLE_JIT switches machine code off: unset it.\n"


def test_an_interruption_ends_the_processes(monkeypatch):
    """The kernels that they were at are left to the next run."""
    monkeypatch.setattr(making, "SCRIPT", "import time; time.sleep(600)")
    monkeypatch.setattr(making, "is_saved", lambda kernel: False)
    monkeypatch.setattr(making, "every_kernel", lambda: [follow])
    before = set(making._running)

    def interrupt(done):
        assert (done, len(making._running - before)) == (0.0, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making.make_all(interrupt)
    assert making._running == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_run_leaves_no_process_that_compiles(tmp_path):
    """The maker and one that it forks write into a pipe, which ends when they do."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    kept = f"import time; kept = open({str(pipe)!r}, 'w'); os.fork(); time.sleep(600)"
    more = f"making.SCRIPT = making.SCRIPT.replace('make({{names!r}}, {{is_alone!r}})', {kept!r})"
    code = COMPILE.format(more=f"{more}\nmaking.is_saved = lambda kernel: False")
    run = subprocess.Popen(words(code), env=environment(tmp_path / "cache"))
    reader = os.open(pipe, os.O_RDONLY)  # it is opened by both
    try:
        assert not select.select([reader], [], [], 0.2)[0]
        run.kill()
        run.wait()
        assert select.select([reader], [], [], 30.0)[0]
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_a_pipe_is_told_once_that_machine_code_is_made(tmp_path, copying):
    """Unless the code is there."""
    first, second = (run(copying(0.1), tmp_path, "equilibria", "--json") for _ in range(2))
    assert (first.returncode, first.stderr) == (0, f"{progress.ONCE}\n")
    assert (second.returncode, second.stderr) == (0, "")
    assert first.stdout == second.stdout


@pytest.mark.long
def test_a_pipe_of_a_quiet_run_stays_empty(tmp_path, copying):
    done = run(copying(0.1), tmp_path, "equilibria", "--json", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert any((tmp_path / "cache").rglob("*.nbc"))


@pytest.mark.long
def test_a_pipe_is_told_what_to_do_about_code_that_cannot_be_kept(tmp_path, nowhere):
    for _ in range(2):
        done = run(WAIT.format(more=AT_ONCE), tmp_path, "equilibria", "--json", **nowhere)
        assert (done.returncode, done.stderr) == (0, f"{progress.EACH_TIME}\n")


def on_terminal(folder, *arguments, **more):
    """What a terminal is sent, by both standard output and standard error."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        words(*arguments),
        env=environment(folder / "cache", **more),
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        sent = b""
        while part := _read(ours):
            sent += part
    os.close(ours)
    assert process.returncode == 0
    return sent.decode().replace("\r\n", "\n")


def _read(file):
    try:
        return os.read(file, 4096)
    except OSError:  # Linux says so at the end
        return b""


@pytest.mark.long
@pytest.mark.parametrize(("command", "percent"), [("equilibria", ""), ("network", "   0%")])
def test_a_terminal_has_one_moving_line_which_is_wiped_before_the_answer(
    tmp_path, copying, command, percent
):
    """A block that moves in the bar, also where the command has a bar of its own."""
    sent = on_terminal(tmp_path, copying(A_WHILE), *command.split(), "-o", "a.csv")
    *drawn, blank, rest = sent.split("\r")[1:]
    assert blank.strip(" ") == ""
    shown = ""  # as a terminal shows the line, where a shorter text leaves the end of a longer
    for line in (*drawn, blank):
        shown = line + shown[len(line) :]
    assert shown.strip(" ") == ""
    assert rest.endswith("Wrote a.csv\n")
    assert rest.count("\n") >= 3
    blocks = set()
    for line in drawn:
        found = re.fullmatch(rf"\[(-*######-*)\]{percent} compiling \(once\) \.\.\. *", line)
        if found:
            blocks.add(found.group(1))
        else:
            assert re.fullmatch(r"\[#*-*\] {1,3}\d+% *| *", line), line
    assert len(blocks) > 5
    assert {len(block) for block in blocks} == {progress.WIDTH}
    if not percent:
        assert "compiling" not in on_terminal(tmp_path, copying(A_WHILE), command, "-o", "a.csv")


@pytest.mark.long
def test_a_terminal_of_a_quiet_run_stays_still(tmp_path, copying):
    assert on_terminal(tmp_path, copying(A_WHILE), "equilibria", "--quiet", "-o", "a.csv") == ""


def test_a_terminal_shows_how_many_kernels_are_made(tmp_path, both, copied):
    """Half of them are there from the start; the other one is copied after a moment."""
    source = both[1] / copied.relative_to(tmp_path)
    for path in copied.glob("*.attractors.*"):
        path.unlink()
    sent = on_terminal(tmp_path, COMPILE.format(more=COPY.format(source=str(source), seconds=0.8)))
    *drawn, blank, rest = sent.split("\r")[1:]
    assert blank.strip(" ") == ""
    assert rest.startswith("kernels  folder\n2        ")
    parts = [re.fullmatch(r"\[#*-*\] {1,3}(\d+)% *", line).group(1) for line in drawn]
    assert parts == sorted(parts, key=int)
    assert "50" in parts
    assert len(list(copied.glob("*.attractors.*.nb[ci]"))) == 2
