"""Sweeps on the workers of a scheduler of dask."""

import sys

import pytest

import doya
from test_sweep_stores import chunks_in, swept, whole

pytestmark = pytest.mark.cluster
pytest.importorskip("zarr", reason="the extra sweep is not installed")
distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

__all__ = ["whole"]


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as local:
        yield local


@pytest.mark.parametrize("of", ["cluster", "address", "client"])
def test_a_cluster_makes_the_same_bytes_as_threads(of, cluster, whole, tmp_path):
    client = distributed.Client(cluster, set_as_default=False)
    given = {"cluster": cluster, "address": cluster.scheduler_address, "client": client}[of]
    parts = []
    assert swept(tmp_path / "x.zarr", cluster=given, progress=parts.append).is_complete
    assert parts == sorted(parts)
    assert chunks_in(tmp_path / "x.zarr") == chunks_in(whole)
    assert client.status == "running"
    client.close()


def test_the_parts_of_a_sweep_may_use_a_cluster_too(cluster, whole, tmp_path):
    swept(tmp_path / "x.zarr", cluster=cluster, part="1/2")
    assert 0 < doya.open_sweep(tmp_path / "x.zarr").done < 40
    assert doya.open_sweep(tmp_path / "x.zarr").go_on(cluster=cluster).is_complete
    assert chunks_in(tmp_path / "x.zarr") == chunks_in(whole)


def test_a_chunk_that_fails_in_a_worker_is_noted(cluster, tmp_path, monkeypatch):
    from doya.sweeps import computing, runs

    def failing(plan, chunk, told=None):
        if chunk == 3:
            raise ZeroDivisionError("by chance")
        return computing.chunk_of(plan, chunk, told)

    monkeypatch.setattr(runs, "chunk_of", failing)
    found = swept(tmp_path / "x.zarr", cluster=cluster)
    assert found.failed == {3: "ZeroDivisionError: by chance"}
    assert found.done == found.chunks - 1


def test_a_scheduler_that_is_not_there_is_named_and_no_store_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("doya.sweeps.cluster.PATIENCE", 0.2)
    with pytest.raises(doya.ArgumentError, match=r"of a scheduler.*:1', where none answers$"):
        swept(tmp_path / "x.zarr", cluster="tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"a cluster needs .* distributed: pip install 'doya\[cl"):
        swept(tmp_path / "x.zarr", cluster="tcp://127.0.0.1:1")
