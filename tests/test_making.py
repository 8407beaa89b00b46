"""Processes that make machine code: what they share, and when they are started."""

import itertools
import os

import pytest

from doya.kernels.equilibria import solve
from doya.kernels.flow.formula import paths
from doya.kernels.flow.second_derivatives import jets_along
from doya.kernels.flow.sensitivities import along_all
from doya.kernels.machinery import making, running
from test_compile_command import run

pytestmark = pytest.mark.machine_code

WITHOUT_NUMBA = """
import os, sys
from doya.kernels.machinery import compilation
from doya.kernels.map.returns import returned

folder = compilation._plain_folder()
print(compilation.is_on_disk(returned), "numba" in sys.modules)
kept = str(compilation.cache_folder(returned))
print(folder is None or os.path.commonpath([kept, os.path.abspath(folder)]) == folder)
"""


@pytest.mark.parametrize("named", [True, False], ids=["named", "beside the sources"])
def test_that_no_kernel_is_on_disk_is_seen_without_numba(tmp_path, named):
    """The folder that is looked at is the one that numba uses."""
    (tmp_path / "cache").mkdir()
    more = {} if named else {"NUMBA_CACHE_DIR": ""}
    done = run(WITHOUT_NUMBA, tmp_path, **more)
    assert done.stdout.splitlines()[-1] == "True", done.stderr
    assert not named or done.stdout == "False False\nTrue\n"


DIVIDED = """
import os, time
from doya.kernels.machinery import dividing, lean_compiler
from doya.kernels.machinery.registry import name_of
from doya.kernels.map.attractors import follow
from doya.kernels.map.returns import returned

def fail():
    raise BlockingIOError

if {fails}:
    os.fork = fail

def compile(kernel):
    for _ in range(2):  # once more, as where the disk is full
        for act in list(lean_compiler.at_types):
            act()
    time.sleep(0.1)
    os.write(1, f"{{kernel.__name__}} {{os.getpid()}}\\n".encode())

dividing.compile_here = compile
dividing.make(map(name_of, (follow, returned)), {is_alone})
os.write(1, f"all {{os.getpid()}}\\n".encode())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize(
    ("is_alone", "fails", "processes"),
    [(False, False, 3), (True, False, 1), (False, True, 1)],
    ids=["divided", "alone", "no more processes"],
)
def test_a_maker_has_each_kernel_finished_by_a_process_and_ends_after_them(
    tmp_path, is_alone, fails, processes
):
    """A maker translates once for all its kernels; one that is to be alone forks none."""
    done = run(DIVIDED.format(is_alone=is_alone, fails=fails), tmp_path)
    names, numbers = zip(*(line.split() for line in done.stdout.splitlines()), strict=True)
    assert (sorted(names[:2]), names[2]) == (["follow", "returned"], "all")
    assert len(set(numbers)) == processes


IGNORED = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
AT_ONCE = """
import os, time
from doya.kernels.machinery import dividing, lean_compiler
from doya.kernels.machinery.registry import every_kernel, name_of

def compile(kernel):
    os.write(1, b"+")
    for act in list(lean_compiler.at_types):
        act()
    time.sleep(0.05)
    os.write(1, b"-")

dividing.compile_here = compile
dividing.make([name_of(kernel) for kernel in every_kernel()[:9]], False)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("before", ["", IGNORED], ids=["as usual", "SIGCHLD ignored"])
def test_a_maker_has_two_processes_at_a_time(tmp_path, before):
    """Each needs the memory of a compiler: one of them finishes a kernel, the other goes on.

    A shell or a scheduler may have its programs ignore SIGCHLD.
    """
    told = run(before + AT_ONCE, tmp_path).stdout
    at_work = list(itertools.accumulate(1 if each == "+" else -1 for each in told))
    assert (told.count("+"), max(at_work), at_work[-1]) == (9, 2, 0)


def test_makers_divide_the_work_and_take_together_what_shares_much(monkeypatch):
    """A process translates a function once for all its kernels."""
    monkeypatch.setattr(making, "Maker", lambda kernels, is_alone: (*kernels, is_alone))
    assert making.makers([along_all, paths, solve], 2) == [
        (along_all, False),
        (paths, solve, False),
    ]
    assert making.makers([along_all, paths, jets_along, solve], 2) == [
        (jets_along, False),
        (along_all, paths, solve, False),
    ]
    assert making.makers([along_all, paths], 1) == [(along_all, paths, True)]


CUT_OFF = """
import glob, os, sys
from doya.kernels.machinery import compilation
from doya.kernels.map.returns import returned

def size():
    (file,) = glob.glob(f"{os.environ['NUMBA_CACHE_DIR']}/**/*{sys.argv[1]}", recursive=True)
    return file, os.path.getsize(file)

if sys.argv[2] == "cut":
    compilation.compiled(returned)
    file, whole = size()
    os.truncate(file, whole // 2)
    print(whole)
else:
    compilation.is_on_disk(returned)
    compilation.compiled(returned)
    print(size()[1])
"""


@pytest.mark.parametrize("ending", [".nbc", ".nbi"], ids=["code", "index"])
def test_a_file_of_the_disk_cache_that_was_cut_off_is_made_again(tmp_path, ending):
    """A disk that lost its power leaves such files; they cost one compilation."""
    cut, *later = (run(CUT_OFF, tmp_path, ending, each) for each in ("cut", "again", "again"))
    for each in later:
        assert (each.stderr, each.returncode) == ("", 0)
        assert abs(int(each.stdout) - int(cut.stdout)) < 0.01 * int(cut.stdout)


def test_kernels_are_loaded_while_another_thread_starts_makers(monkeypatch):
    """The table of makers may grow meanwhile."""

    class Busy:
        def is_done(self):
            running._makers[object()] = self
            return False

    monkeypatch.setattr(running, "_makers", {solve: Busy(), paths: Busy()})
    running._load_made()
    assert len(running._makers) == 4
