"""Hypothesis: the same examples in every run, and no deadline on a shared machine.

HYPOTHESIS_PROFILE=search tries many more, new ones each time.

Without machine code, to count the lines of kernels that the tests run (CONTRIBUTING.md says how),
a test that takes too long is skipped.
"""

import gc
import importlib.util
import os
import pathlib
import signal
from collections import Counter

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from browsers import reason_to_skip
from doya_cli import progress
from doya_cli.looks import Look

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=3000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# A process has one core for itself: threads of its linear algebra would wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
WITH_STORES = importlib.util.find_spec("zarr") and importlib.util.find_spec("xarray")
WITHOUT_MACHINE_CODE = os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"
# Seconds of a test without it.
PATIENCE = 5
# Processes that tests start import the doya that the tests do, as installed: not one in the folder
# where they start, which a clone of the repository is.
os.environ.setdefault("PYTHONSAFEPATH", "1")
# They keep their byte code beside the machine code, so that not each of them compiles all of doya.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Pixels per inch of pictures that nobody looks at.
COARSE = 40.0
# Files whose tests share pictures, or kernels that they compile; and the figures with their tests.
SHARING = {"test_compile_command", "test_example_pictures", "test_kernels", "test_killed_runs"}
FIGURES = {
    path.stem.removeprefix("test_").replace("_", "-")
    for path in pathlib.Path(__file__).with_name("figures").glob("test_*.py")
}
# Processes at most: each of them has to import everything.
MOST_WORKERS = 4


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def unannounced():
    """Commands in this process say the same whether machine code is there or has to be made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "_announce", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def coarse():
    """Pictures of commands in this process have few pixels where no option says how many."""
    resolution = Look.resolution

    def few(look, *page):
        return resolution(look, *page) if look.size or look.dpi else COARSE

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Look, "resolution", few)
        yield resolution


@pytest.fixture
def fine(coarse, monkeypatch):
    """Pictures of commands have as many pixels as a user gets."""
    monkeypatch.setattr(Look, "resolution", coarse)


@pytest.fixture(scope="session", autouse=True)
def unserved():
    """The command `doya explore` in this process checks everything, and then serves nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("doya_cli.commands.explore._serve", lambda *given, **named: None)
        yield


def pytest_configure():
    """Hear Ctrl-C, also where a shell has pytest in its background and has it ignored.

    Processes that tests start would ignore it too.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config):
    """Benchmarks have the machine for themselves."""
    if any("benchmarks" in str(each) for each in config.args):
        return 0
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


class TooLong(BaseException):
    """Passes through what catches exceptions, mostly."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    if not WITHOUT_MACHINE_CODE:
        return (yield)
    is_late = False

    def give_up(*_):
        nonlocal is_late
        is_late = True
        raise TooLong

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        return (yield)
    except BaseException:
        if is_late:
            pytest.skip(f"takes over {PATIENCE} s without machine code")
        raise
    finally:
        signal.alarm(0)


def pytest_collection_finish():
    """Freeze the collected tests, which stay to the end: no collection of garbage looks at them.

    And collect less often: a figure has ten thousands of objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what -m does
def pytest_collection_modifyitems(config, items):
    cases = Counter()
    for item in items:
        if item.get_closest_marker("each_third"):
            if cases[item.function] % 3:
                item.add_marker("long")
            cases[item.function] += 1
    is_asked_for = "browser" in config.option.markexpr
    missing = reason_to_skip() if is_asked_for else "is in a browser: pytest -m browser"
    for item in items:
        if missing and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(missing))
        if not WITH_STORES and item.name.startswith("doya.sweeps.sweep."):
            item.add_marker(pytest.mark.skip("the extra sweep is not installed"))
        if WITHOUT_MACHINE_CODE and item.get_closest_marker("machine_code"):
            item.add_marker(pytest.mark.skip("is about machine code"))


class Together(LoadScopeScheduling):
    """Tests go to processes one by one; those that share a figure, or a file below, together.

    By their names: with pytest 9.2 xdist does not see its own groups.
    """

    def _split_scope(self, nodeid):
        path = pathlib.PurePosixPath(nodeid.partition("::")[0])
        parameter = nodeid.partition("[")[2].removesuffix("]")
        if path.parent.name == "figures":
            return path.stem.removeprefix("test_").replace("_", "-")
        if path.stem in SHARING:
            return path.stem
        return parameter if parameter in FIGURES else nodeid


def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
