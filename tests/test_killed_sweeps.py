"""Sweeps whose processes are killed at random moments lose only the chunks at which they worked.

DOYA_KILLS=30 kills more of them.
"""

import _thread
import os
import random
import sys
import threading
import time

import pytest

import doya
from doya.kernels.machinery.parallel import processor_count
from killed_sweeps import Cluster, driver, killed, lines_of, swept, wait_for
from test_sweep_stores import chunks_in

pytest.importorskip("zarr", reason="the extra sweep is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

KILLS = int(os.environ.get("DOYA_KILLS", "0"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "x.zarr"
    assert swept(path).is_complete
    return chunks_in(path)


def assert_the_same(store, undisturbed, log, most):
    found = doya.open_sweep(store)
    assert found.is_complete
    assert chunks_in(store) == undisturbed
    assert not list(store.glob("*/*.partial"))
    begun = lines_of(log)
    assert len(set(begun)) == found.chunks
    assert len(begun) <= found.chunks + most


def test_a_killed_sweep_goes_on_and_computes_again_only_what_was_at_work(tmp_path, undisturbed):
    store, log = tmp_path / "x.zarr", tmp_path / "log"
    moments, kills = random.Random(1), KILLS or 2
    for _ in range(kills):
        run = driver(store, log)
        _wait_for_work(log, run)
        time.sleep(moments.uniform(0.0, 1.5 / kills))
        killed(run)
    out, _ = driver(store, log).communicate(timeout=120)
    assert out == ""
    # Those that are computed, and one that is written.
    assert_the_same(store, undisturbed, log, kills * (processor_count() + 1))


@pytest.mark.cluster
def test_a_cluster_whose_processes_are_killed_makes_the_same_store(tmp_path, undisturbed):
    """Driver, a worker, both workers, the scheduler; the same call goes on after each."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    store, log = tmp_path / "x.zarr", tmp_path / "log"
    moments, kills = random.Random(2), KILLS or 4
    cluster = Cluster(tmp_path, log)
    run = driver(store, log, cluster.address)
    try:
        for k in range(kills):
            _wait_for_work(log, run)
            time.sleep(moments.uniform(0.0, 3.0 / kills))
            _kill(("driver", "worker", "workers", "scheduler")[k % 4], run, cluster, moments)
            cluster.begin()
            if run.poll() is not None:
                run = driver(store, log, cluster.address)
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0, out
    finally:
        run.kill()
        cluster.end()
    print(f"{kills} kills, {len(lines_of(log))} chunks begun")
    assert_the_same(store, undisturbed, log, 4 * kills)


def _wait_for_work(log, run):
    """Wait until one more chunk is begun, or the run has ended."""
    before = len(lines_of(log))
    wait_for(lambda: len(lines_of(log)) > before or run.poll() is not None)


def _kill(target, run, cluster, moments):
    match target:
        case "driver":
            killed(run)
        case "worker":
            cluster.kill(moments.choice(["one", "two"]))
        case "workers":
            cluster.kill("one", "two")
        case "scheduler":
            cluster.kill("scheduler")
            out, _ = run.communicate(timeout=60)
            assert run.returncode == 0 or "chunks are done; the same call goes on" in out


def test_ctrl_c_while_a_store_is_made_leaves_nothing(tmp_path, monkeypatch):
    """Also where a thread of zarr goes on to write after the interruption."""

    def write(folder, plan):
        def write_late():
            time.sleep(0.2)
            (folder / "x").mkdir(parents=True)

        thread = threading.Thread(target=write_late)
        thread.start()
        time.sleep(0.1)  # the main thread waits by then
        _thread.interrupt_main()
        thread.join()

    monkeypatch.setattr("doya.sweeps.stores._write_empty", write)
    with pytest.raises(KeyboardInterrupt):
        doya.sweep(doya.NeuronODE(), {"b": [-3.0, -2.0]}, "state", tmp_path / "x.zarr")
    time.sleep(0.3)
    assert list(tmp_path.iterdir()) == []
