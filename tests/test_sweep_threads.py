"""The threads of a sweep in one process."""

import itertools
import threading
import time

import numpy as np
import pytest

import doya
from doya.kernels.machinery import parallel
from doya.sweeps import runs
from doya.sweeps.computing import chunk_of

pytest.importorskip("zarr", reason="the extra sweep is not installed")


def test_a_task_can_be_limited_to_a_thread_of_its_own():
    """In its thread alone, while others use all of them."""
    free = parallel.thread_count()
    elsewhere = []
    with parallel.threads_at_most(1):
        assert parallel.thread_count() == 1
        other = threading.Thread(target=lambda: elsewhere.append(parallel.thread_count()))
        other.start()
        other.join()
        with parallel.threads_at_most(8):
            assert parallel.thread_count() == 1
    assert parallel.thread_count() == elsewhere[0] == free


def test_a_limit_may_change_from_call_to_call(monkeypatch):
    monkeypatch.setenv("DOYA_NUM_THREADS", "8")
    limits = iter([1, 3, 20])
    with parallel.threads_at_most(lambda: next(limits)):
        assert [parallel.thread_count() for _ in range(3)] == [1, 3, 8]


def test_no_more_threads_work_at_once_than_there_are_processors(monkeypatch):
    """A user may ask for more; fewer are as asked for."""
    monkeypatch.setattr(parallel, "processor_count", lambda: 4)
    for wanted, working in (("16", 4), ("4", 4), ("3", 3)):
        monkeypatch.setenv("DOYA_NUM_THREADS", wanted)
        assert parallel.working_threads() == working


def test_chunks_share_the_threads_and_the_last_has_them_all(tmp_path, monkeypatch):
    """Two processors compute two chunks at once, each on one thread."""
    monkeypatch.setattr(parallel, "processor_count", lambda: 2)
    monkeypatch.delenv("DOYA_NUM_THREADS", raising=False)
    lock, both, begun, shares = threading.Lock(), threading.Barrier(2), itertools.count(), []
    at_work = 0

    def counted(plan, chunk, told):
        nonlocal at_work
        with lock:
            at_work += 1
            turn = next(begun)
        if turn < 2:
            both.wait(60.0)
            shares.append((at_work, parallel.thread_count()))
            both.wait(60.0)
        else:
            end = time.monotonic() + 60.0
            while parallel.thread_count() < 2:
                assert time.monotonic() < end
            shares.append((at_work, parallel.thread_count()))
        with lock:
            at_work -= 1
        return chunk_of(plan, chunk, told)

    monkeypatch.setattr(runs, "chunk_of", counted)
    over = {"b": np.linspace(-3.0, -2.0, 9)}
    found = doya.sweep(
        doya.NeuronODE(), over, "state", tmp_path / "a.zarr", chunk_bytes=2000, t_end=5.0
    )
    assert (found.done, found.chunks, found.failed) == (3, 3, {})
    assert shares[:2] == [(2, 1), (2, 1)]
    assert shares[2:] == [(1, 2)]
