import itertools
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf

import doya.kernels
from doya.kernels.equilibria import solve
from doya.kernels.machinery import parallel
from doya.kernels.machinery.compilation import _dispatchers, compiled, machine_code
from doya.kernels.machinery.parallel import each_of, thread_count
from doya.kernels.machinery.running import CHUNK, always, as_machine_code, interpret, run_once
from doya.kernels.machinery.running import run as run_job
from doya.kernels.map.returns import returned
from doya.kernels.numbers.exponential import exp_negative, expm1_negative
from doya.kernels.numbers.logistic import (
    both_levels,
    levels,
    logistic,
    sigmoid,
    sigmoid_and_slope,
    sigmoid_slope,
)


def test_exp_negative_is_within_one_ulp_everywhere():
    """From 0 to underflow, subnormal results included."""
    rng = np.random.default_rng(1)
    points = np.concatenate(
        [-rng.uniform(0, 1, 500), -rng.uniform(0, 745, 1500), -(10.0 ** rng.uniform(-300, 0, 200))]
    )
    for x in points.tolist():
        value, truth = exp_negative(x), mp.exp(mpf(x))
        assert abs(mpf(value) - truth) <= mpf(float(np.spacing(float(truth))))
    assert [exp_negative(x) for x in (0.0, -0.0, -746.0, -1e300)] == [1.0, 1.0, 0.0, 0.0]


def test_expm1_negative_is_within_two_ulp():
    """Near 0 and far from it."""
    rng = np.random.default_rng(2)
    for x in np.concatenate([-rng.uniform(0, 50, 1000), -(10.0 ** rng.uniform(-300, 0, 1000))]):
        value, truth = expm1_negative(float(x)), mp.expm1(mpf(float(x)))
        assert abs(mpf(value) - truth) <= 2 * mpf(float(np.spacing(-float(truth))))


def logistic_of_all(z: "Row", out: "Row"):  # noqa: F821  # as kernels are annotated
    for i in range(len(z)):
        out[i] = logistic(z[i])


def test_the_logistic_of_any_double_is_within_three_ulp_interpreted_and_compiled():
    """Random bit patterns and the range where it varies; subnormal results, infinities, NaN."""
    rng = np.random.default_rng(3)
    patterns = rng.integers(0, 2**64, 1000, dtype=np.uint64).view(np.float64)
    z = np.concatenate([patterns, rng.uniform(-750, 750, 1000), rng.normal(0.0, 3.0, 1000)])
    z = np.concatenate([z, [0.0, -0.0, 5e-324, -745.2, 709.8, math.inf, -math.inf, math.nan]])
    vectors = np.empty_like(z)
    compiled(logistic_of_all)(z, vectors)
    scalars = [logistic(float(each)) for each in z]
    np.testing.assert_array_equal(vectors, scalars)
    for at, value in zip(z.tolist(), scalars, strict=True):
        if math.isnan(at):
            assert math.isnan(value)
            continue
        truth = 1 / (1 + mp.exp(-mpf(at)))
        assert abs(mpf(value) - truth) <= 3 * mpf(float(np.spacing(float(truth))))


def test_both_sides_of_the_logistic_are_accurate_in_both_tails():
    """`levels` has the bits of `logistic`; by one division they are within 4 ulp."""
    rng = np.random.default_rng(4)
    z = np.concatenate([rng.uniform(-750, 750, 500), rng.normal(0.0, 3.0, 500), [0.0, -0.0, 1e300]])
    for at in z.tolist():
        assert levels(at) == (logistic(at), logistic(-at))
        for value, side in zip(both_levels(at), (at, -at), strict=True):
            truth = 1 / (1 + mp.exp(-mpf(side)))
            assert abs(mpf(value) - truth) <= 4 * mpf(float(np.spacing(float(truth))))
    assert all(map(math.isnan, (*levels(math.nan), *both_levels(math.nan))))


def test_the_logistic_ends_in_one_half_one_and_zero():
    """sigma(0) = 1/2; beyond 40 it is 1, and below -746 it is 0, as its nearest double."""
    assert logistic(0.0) == logistic(-0.0) == 0.5
    assert [logistic(z) for z in (40.0, 709.8, 1e308, math.inf)] == [1.0] * 4
    assert [logistic(z) for z in (-746.0, -1e308, -math.inf)] == [0.0] * 3


def test_sigmoid_and_slope_together_have_the_bits_that_they_have_alone():
    z = np.concatenate([np.linspace(-800.0, 800.0, 3201), [-0.0, math.inf, -math.inf, math.nan]])
    value, slope = sigmoid_and_slope(z)
    np.testing.assert_array_equal(value, sigmoid(z))
    np.testing.assert_array_equal(slope, sigmoid_slope(z))


WIDE = """
from llvmlite.binding import get_host_cpu_features
from doya.kernels.machinery.compilation import _dispatchers, compiled, machine_code
from doya.kernels.machinery.vectors import use_widest_vectors

def invert(z: "Row", out: "Row"):
    use_widest_vectors()
    for i in range(len(z)):
        out[i] = 1.0 / z[i]

assembly = "".join(compiled(invert).inspect_asm().values())
print(bool(get_host_cpu_features().get("avx512f")), "%zmm" in assembly)
"""


@pytest.mark.machine_code
def test_a_kernel_of_another_package_is_kept_nowhere():
    """What it is kept under says nothing of its source, so that an edit would not be seen."""
    assert _dispatchers(logistic_of_all).cached is None


@pytest.mark.machine_code
def test_a_loop_uses_the_widest_vectors_where_it_asks_for_them(tmp_path):
    """Those of 512 bits, on processors that have them."""
    has_them, uses_them = run(WIDE, tmp_path)
    assert uses_them == has_them


def test_sigmoid_and_its_slope_keep_their_accuracy_in_both_tails():
    """Relative to 40 digits, over z from -745 to 745."""
    z = np.linspace(-745.0, 745.0, 1491)
    for value, slope, at in zip(sigmoid(z), sigmoid_slope(z), z, strict=True):
        truth = 1 / (1 + mp.exp(-mpf(at)))
        assert abs(mpf(value) - truth) <= 2 * mpf(float(np.spacing(float(truth))))
        truth *= 1 / (1 + mp.exp(mpf(at)))
        assert abs(mpf(slope) - truth) <= 4 * mpf(float(np.spacing(float(truth))))


@pytest.mark.parametrize("length", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
@pytest.mark.parametrize("call", [interpret, as_machine_code])
def test_parts_cover_everything_once(length, call):
    with always(call):
        parts = run_job(lambda part, _: list(range(part.start, part.stop)), length, {solve: length})
    assert sorted(itertools.chain(*parts)) == list(range(length))


@pytest.mark.machine_code
def test_one_question_has_the_same_answer_as_machine_code():
    """By the short way too, once the process has the kernel."""
    question = (0.3, -5.0, 2.0, 0.5, 4, 1)
    interpreted = run_once(returned, 1.0, *question)
    with always(as_machine_code):
        assert run_once(returned, 1.0, *question) == interpreted
    assert machine_code(returned)
    assert run_once(returned, 1.0, *question) == interpreted


def test_parts_are_as_small_as_asked_for():
    """In whole blocks of lanes."""
    with always(as_machine_code):
        sizes = run_job(lambda part, _: part.stop - part.start, 1000, {solve: 1000}, at_most=128)
    assert max(sizes) <= 128
    assert sum(sizes) == 1000


def test_an_error_in_a_chunk_reaches_the_caller_and_ends_the_others(monkeypatch):
    monkeypatch.setenv("DOYA_NUM_THREADS", "3")
    begun = []

    def work(item):
        begun.append(item)
        if item == 5:
            raise ValueError("five")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="five"):
        list(each_of(work, range(10_000), thread_count()))
    assert len(begun) < 100


def test_where_no_more_threads_can_start_the_others_do_all(monkeypatch):
    """The caller's own, in the end; nothing runs when the call has ended."""
    monkeypatch.setattr(parallel, "_free", [])
    start, started = threading.Thread.start, []

    def refuse_the_third(thread):
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_the_third)
    answers = list(each_of(lambda item: (item, threading.get_ident()), range(10_000), 4))
    assert sorted(item for item, _ in answers) == list(range(10_000))
    assert len({thread for _, thread in answers}) <= 3


def test_calls_share_a_waiting_thread_that_ends_when_none_follows(monkeypatch):
    """Each call in turn finds the same helper free."""
    monkeypatch.setattr(parallel, "_free", [])
    monkeypatch.setattr(parallel, "IDLE", 0.05)
    both = threading.Barrier(2)

    def where(_):
        both.wait()  # each of the two items takes a thread
        return threading.current_thread()

    helpers = {thread for _ in range(50) for thread in each_of(where, range(2), 2)}
    helpers.discard(threading.current_thread())
    assert len(helpers) == 1
    helper = helpers.pop()
    assert helper.daemon  # a process may end beside it
    helper.join(timeout=60.0)
    assert not helper.is_alive()
    assert not parallel._free


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_has_threads_of_its_own():
    """The parent's waiting threads are not in it."""
    code = """
import os
from doya.kernels.machinery.parallel import each_of

def tell():  # in one write, as two processes share the pipe
    os.write(1, b"%d\\n" % sum(each_of(lambda item: item, range(100), 3)))

tell()
child = os.fork()
tell()
if child:
    os.waitpid(child, 0)
"""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["4950"] * 3


def test_a_helper_whose_task_never_comes_ends(monkeypatch):
    """As where an interruption comes after it was chosen and before it had the task."""
    monkeypatch.setattr(parallel, "_free", [])
    monkeypatch.setattr(parallel, "IDLE", 0.001)
    lost = parallel._Helper()
    lost.thread.join(timeout=60.0)
    assert not lost.thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_helpers_that_wait_end_before_a_fork(monkeypatch):
    """From Python 3.12 on, the fork of a process with threads is warned of."""
    monkeypatch.setattr(parallel, "IDLE", 60.0)
    all_three = threading.Barrier(3)

    def where(_):
        all_three.wait()
        return threading.current_thread()

    helpers = {*each_of(where, range(3), 3)} - {threading.current_thread()}
    assert [each.is_alive() for each in helpers] == [True] * 2
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    assert [each.is_alive() for each in helpers] == [False] * 2
    assert sum(each_of(lambda item: item, range(100), 3)) == 4950


@pytest.mark.parametrize(("wanted", "count"), [("3", 3), ("0", None), ("-1", None), ("x", None)])
def test_the_number_of_threads_can_be_set(monkeypatch, wanted, count):
    monkeypatch.setenv("DOYA_NUM_THREADS", wanted)
    if count is None:
        assert thread_count() >= 1
    else:
        assert thread_count() == count


MANY = """
import numpy as np
from doya.kernels.map.attractors import follow
from doya.kernels.machinery.compilation import _dispatchers, compiled, machine_code

w, b, epsilon, x = np.full(99, 5.0), np.linspace(-3, -2, 99), np.full(99, 0.5), np.empty(99)
compiled(follow)(w, b, epsilon, 5, 0.3, 0.0, x)
statistics = compiled(follow).stats
print(sum(statistics.cache_hits.values()), sum(statistics.cache_misses.values()))
print(x.tobytes().hex())
"""


def run(code, folder, **environment):
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.split()


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """States of two processes at once that find an empty cache, and the cache that they leave."""
    cache = tmp_path_factory.mktemp("cache")
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", MANY],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    states = set()
    for process in both:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        states.add(output.split()[2])
    assert len(states) == 1
    return states.pop(), cache


@pytest.mark.machine_code
def test_two_processes_at_once_share_an_empty_cache(usual):
    """Both compile or load, both get the same bits, and the next one compiles nothing."""
    states, cache = usual
    assert run(MANY, cache, NUMBA_CACHE_DIR=str(cache)) == ["1", "0", states]


@pytest.mark.machine_code
def test_an_edited_kernel_is_not_served_stale(tmp_path):
    """A change in a file that the compiled one only imports changes the numbers at once."""
    shutil.copytree(
        Path(doya.__file__).parent, tmp_path / "doya", ignore=shutil.ignore_patterns("__pycache__")
    )
    here = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    before = run(MANY, tmp_path, **here)
    assert before[:2] == ["0", "1"]
    source = tmp_path / "doya" / "kernels" / "numbers" / "exponential.py"
    text = source.read_text()
    assert text.count("SCALE * 0.5,") == 1
    source.write_text(text.replace("SCALE * 0.5,", "SCALE * 0.5001,"))
    after = run(MANY, tmp_path, **here)
    assert after[:2] == ["0", "1"]
    assert after[2] != before[2]


@pytest.mark.long
@pytest.mark.machine_code
def test_no_cache_folder_costs_only_speed(tmp_path, usual):
    """Where numba finds no folder that it may write to, it compiles anew; the numbers stay."""
    shutil.copytree(
        Path(doya.__file__).parent, tmp_path / "doya", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "doya" / "kernels" / "__pycache__").touch()  # a file: no folder can be here
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "folder")
    here = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"), nowhere)
    here |= {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run(MANY, tmp_path, **here)[2] == usual[0]
    assert not list((tmp_path / "doya").rglob("*.nb*"))


@pytest.mark.long
@pytest.mark.machine_code
def test_a_disk_that_fails_costs_only_speed(tmp_path, usual):
    """Machine code that cannot be saved, on a full disk say, is used all the same."""
    full = """
from numba.core import caching

def save(*arguments):
    raise OSError(28, "No space left on device")

caching.IndexDataCacheFile.save = save
"""
    assert run(full + MANY, tmp_path, NUMBA_CACHE_DIR=str(tmp_path))[2] == usual[0]
