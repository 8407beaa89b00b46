"""Stores of sweeps: resuming, parts, failures, refusals, and who reads them."""

import errno
import json
import math
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import doya
from doya.kernels.machinery.parallel import working_threads
from doya.sweeps import computing, runs, stores
from doya.sweeps.stores import Store

zarr = pytest.importorskip("zarr", reason="the extra sweep is not installed")
xarray = pytest.importorskip("xarray", reason="the extra sweep is not installed")

NEURON = doya.NeuronODE(5.0, -2.4)
OVER = {"b": np.linspace(-3.0, -2.0, 9), "x0": np.linspace(0.0, 1.0, 8), "w": [4.0, 5.0, 6.0]}
# In 40 chunks.
SIZE = 3700.0


def swept(path, **given):
    return doya.sweep(NEURON, OVER, ("state", "equilibria"), path, chunk_bytes=SIZE, **given)


def chunks_in(path):
    """The bytes of each file of a store, without what killed runs leave."""
    files = (each for each in path.rglob("*") if each.is_file() and each.suffix != ".partial")
    return {str(each.relative_to(path)): each.read_bytes() for each in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "x.zarr"
    found = swept(path)
    assert found.is_complete
    assert found.chunks > 10
    return path


def test_the_numbers_are_those_of_the_library(whole):
    b, x0, w = np.meshgrid(*OVER.values(), indexing="ij", sparse=True)
    found = doya.open_sweep(whole).to_xarray()
    assert np.array_equal(found.x, doya.final_state(NEURON.replace(w=w, b=b), x0, 50.0))
    assert found.x.dims == ("b", "x0", "w")
    assert found.x_equilibrium.dims == ("b", "x0", "w", "equilibrium")
    assert (found.status == 0).all()
    for name, values in OVER.items():
        assert np.array_equal(found[name], values)


def test_a_store_says_what_it_holds(whole):
    """In the words of the CF conventions."""
    found = doya.open_sweep(whole).to_xarray()
    assert found.attrs["Conventions"].startswith("CF-1.")
    assert found.attrs["source"] == f"doya {doya.__version__}"
    assert {"title", "history"} <= set(found.attrs)
    for variable in found.variables.values():
        assert variable.attrs["units"] == "1"
        assert variable.attrs["long_name"]
    flags = found.status.attrs
    assert len(flags["flag_meanings"].split()) == len(flags["flag_values"])
    assert flags["flag_values"][-1] == 127


def test_a_store_is_plain_zarr_3_that_other_languages_read(whole):
    """One array a variable, Blosc, no shards and no text; its metadata stand at one place."""
    root = zarr.open_group(str(whole), mode="r")
    about = json.loads((whole / "zarr.json").read_text())
    assert about["zarr_format"] == 3
    assert set(about["consolidated_metadata"]["metadata"]) == {*root.array_keys()}
    for name in ("x", "status", "x_equilibrium"):
        own = json.loads((whole / name / "zarr.json").read_text())
        assert [codec["name"] for codec in own["codecs"]] == ["bytes", "blosc"]
        assert own["chunk_key_encoding"]["configuration"] == {"separator": "."}
        assert own["dimension_names"][:3] == ["b", "x0", "w"]
    assert root["x"].dtype == np.float64
    assert root["status"].dtype == np.int8


def test_parts_at_once_and_threads_make_the_same_bytes(whole, tmp_path):
    """In any order, also where several make the store at the same time."""
    code = """
import sys
import threading
import time
sys.path[:0] = sys.argv[2:]
from test_sweep_stores import swept
swept(sys.argv[1], part=sys.stdin.readline().strip())
"""
    path = tmp_path / "x.zarr"
    here = os.path.dirname(__file__)
    others = [
        subprocess.Popen([sys.executable, "-c", code, path, here], stdin=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for other, part in zip(others, ("2/3", "3/3"), strict=True):
        other.stdin.write(f"{part}\n")
        other.stdin.close()
    found = swept(path, part=(1, 3))
    assert found.done < found.chunks or all(other.poll() == 0 for other in others)
    assert [other.wait() for other in others] == [0, 0]
    assert doya.open_sweep(path).is_complete
    assert chunks_in(path) == chunks_in(whole)
    assert [each.name for each in tmp_path.iterdir()] == ["x.zarr"]


def test_a_run_that_ends_early_goes_on_and_computes_nothing_twice(whole, tmp_path, monkeypatch):
    """Whoever opens the store meanwhile sees what is done: the status is 127 elsewhere."""
    path, begun = tmp_path / "x.zarr", []

    def counted(plan, chunk, told=None):
        begun.append(chunk)
        return computing.chunk_of(plan, chunk, told)

    def stop(part):
        if part > 0.4:
            raise KeyboardInterrupt

    monkeypatch.setattr(runs, "chunk_of", counted)
    with pytest.raises(KeyboardInterrupt):
        swept(path, progress=stop)
    early = doya.open_sweep(path)
    assert 0 < early.done < early.chunks
    seen = early.to_xarray()
    is_there = seen.status.values == 0
    assert 0 < is_there.sum() < is_there.size
    assert (seen.status.values[~is_there] == 127).all()
    assert np.array_equal(np.isnan(seen.x.values), ~is_there)
    parts = []
    assert swept(path, progress=parts.append).is_complete
    assert parts == sorted(parts)
    assert parts[0] >= 0.3
    assert parts[-1] == 1.0
    assert len(begun) <= early.chunks + runs.AHEAD * working_threads()
    assert chunks_in(path) == chunks_in(whole)
    begun.clear()
    swept(path)
    doya.open_sweep(path).go_on()
    assert begun == []


def test_a_chunk_that_fails_is_noted_and_the_others_go_on(whole, tmp_path, monkeypatch):
    path = tmp_path / "x.zarr"

    def failing(plan, chunk, told=None):
        if chunk in (3, 5):
            raise ZeroDivisionError("by chance")
        return computing.chunk_of(plan, chunk, told)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "chunk_of", failing)
        found = swept(path)
    assert found.failed == dict.fromkeys((3, 5), "ZeroDivisionError: by chance")
    assert found.done == found.chunks - 2
    again = swept(path)
    assert again.failed == {}
    assert again.is_complete
    assert chunks_in(path) == chunks_in(whole)


def test_a_full_disk_stops_the_run_and_loses_nothing(whole, tmp_path, monkeypatch):
    path, write = tmp_path / "x.zarr", Store.write

    def full(store, chunk, arrays):
        if store.done().sum() > 4:
            with stores.stopped_by_files(store.path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(store, chunk, arrays)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", full)
        with pytest.raises(OSError, match=r"cannot write into .*: No space left on device: \d+ of"):
            swept(path)
    assert 4 < doya.open_sweep(path).done < 27
    assert swept(path).is_complete
    assert chunks_in(path) == chunks_in(whole)


LIMITED = """
import resource, sys
sys.dont_write_bytecode = True  # it would be cut off too, without an error
import doya
from doya.kernels.machinery.parallel import working_threads
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
over = {"b": [-3.0 + k / 60 for k in range(60)], "w": [k / 10 for k in range(60)]}
doya.sweep(doya.NeuronODE(), over, "equilibria", sys.argv[1])
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_file_that_may_not_grow_stops_the_run(tmp_path):
    path = tmp_path / "x.zarr"
    command = [sys.executable, "-c", LIMITED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.endswith("File too large: 0 of 1 chunks are done; the same call goes on")
    assert doya.open_sweep(path).done == 0
    assert not list(path.glob("*/*.partial"))


def test_another_plan_is_refused_with_the_first_difference(whole):
    before = chunks_in(whole)
    words = r"store must hold the same sweep, but in '.*' t_end is not given: choose another path"
    with pytest.raises(doya.ArgumentError, match=words):
        swept(whole, t_end=3.0)
    assert chunks_in(whole) == before


def test_another_version_is_refused_unless_it_is_allowed(whole, monkeypatch):
    monkeypatch.setattr(doya, "__version__", "9.9.9")
    words = r"must be of doya 9.9.9, and '.*' is of doya 0.1.0, .* with any_version=True"
    for again in (swept, lambda path: doya.open_sweep(path).go_on()):
        with pytest.raises(doya.ArgumentError, match=words):
            again(whole)
    assert swept(whole, any_version=True).is_complete
    assert doya.open_sweep(whole).is_complete


@pytest.mark.parametrize("content", ["{}", "not json", '{"attributes": {"doya_plan": 1}}', None])
def test_what_is_no_store_is_left_alone(content, tmp_path):
    """Such as a folder of something else, or one that was half copied."""
    path = tmp_path / "x.zarr"
    path.mkdir()
    (path / ("other" if content is None else "zarr.json")).write_text(content or "")
    before = chunks_in(path)
    for call in (swept, doya.open_sweep):
        with pytest.raises(doya.ArgumentError, match=r"must be a folder of a sweep, and .* is"):
            call(path)
    assert chunks_in(path) == before


def test_a_store_that_is_not_there_cannot_be_opened(tmp_path):
    with pytest.raises(doya.ArgumentError, match=r"and '.*none' is not there"):
        doya.open_sweep(tmp_path / "none")


@pytest.mark.parametrize("name", ["x", "x_equilibrium", "status"])
def test_a_file_that_was_removed_is_noticed_and_computed_again(name, whole, tmp_path):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    sorted((path / name).glob("c.*"))[5].unlink()
    now = doya.open_sweep(path)
    assert now.done == now.chunks - 1
    assert not now.is_complete
    assert now.go_on().is_complete
    assert chunks_in(path) == chunks_in(whole)


def test_files_that_are_no_chunks_are_passed_over(whole, tmp_path):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    (path / "status" / "c.0.0.0").unlink()
    for name in ("c.0.0.0 (copy)", "c.99.0.0", "c.0.0.99", "c.0", "cc.0.0.0", "notes.txt"):
        for variable in doya.open_sweep(path).variables:
            ending = ".0" if variable == "x_equilibrium" else ""
            (path / variable / f"{name}{ending}").write_text("")
    assert doya.open_sweep(path).done == doya.open_sweep(whole).done - 1


def test_a_chunk_without_a_number_is_done_too(tmp_path):
    """zarr writes no file for a chunk that holds the fill value alone unless it is asked to."""
    over = {"w": [5.0, 1e99], "u": [0.0, 1e50]}
    found = doya.sweep(NEURON, over, "equilibria", tmp_path / "x.zarr", chunk_bytes=1.0)
    assert (found.done, found.chunks) == (4, 4)
    count = found.to_xarray().equilibria.values
    assert (count[0, 0], count[0, 1], count[1, 1]) == (3, 1, -1)


def plan_cut(path):
    about = json.loads((path / "zarr.json").read_text())
    about["attributes"]["doya_plan"] = about["attributes"]["doya_plan"][:50]
    (path / "zarr.json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (plan_cut, "a plan that cannot be read"),
        (lambda path: shutil.rmtree(path / "status"), "no array 'status'"),
        (lambda path: (path / "x" / "zarr.json").unlink(), "no array 'x'"),
        (lambda path: shutil.rmtree(path / "x0"), "no array 'x0'"),
    ],
)
def test_a_damaged_store_is_a_sentence(damage, words, whole, tmp_path):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    damage(path)
    for call in (swept, doya.open_sweep):
        with pytest.raises(
            doya.ArgumentError, match=rf"must be a whole store, and '.*' has {words}"
        ):
            call(path)


def test_a_long_axis_stands_in_its_array_alone(tmp_path):
    """The plan has a digest of it, by which another axis is noticed."""
    path, b = tmp_path / "x.zarr", np.linspace(-3.0, -2.0, 20_000)
    assert doya.sweep(NEURON, {"b": b}, "equilibria", path).is_complete
    assert (path / "zarr.json").stat().st_size < 10_000
    found = doya.open_sweep(path)
    assert np.array_equal(found.over["b"], b)
    assert doya.sweep(NEURON, {"b": b}, "equilibria", path) == found
    other = b.copy()
    other[7] = 0.5
    with pytest.raises(doya.ArgumentError, match=rf"b has {b[7].item()!r} at index 7, not 0\.5"):
        doya.sweep(NEURON, {"b": other}, "equilibria", path)
    values = np.fromfile(path / "b" / "c" / "0")
    values[[3, 4]] = values[[4, 3]]
    values.tofile(path / "b" / "c" / "0")
    with pytest.raises(doya.ArgumentError, match="has a plan that cannot be read"):
        doya.open_sweep(path)


def test_a_run_lists_its_store_before_and_after(whole, tmp_path, monkeypatch):
    """A store may have a million chunks.  Others may have written some of them meanwhile."""
    path, done, listed = tmp_path / "x.zarr", Store.done, []
    monkeypatch.setattr(Store, "done", lambda store: listed.append(None) or done(store))
    assert swept(path).is_complete
    assert len(listed) == 2
    assert chunks_in(path) == chunks_in(whole)


def test_what_killed_runs_have_half_written_is_removed_in_the_end(whole, tmp_path):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    half = path / "x" / "c.0.0.0.0123456789abcdef.partial"
    half.write_text("")
    (path / "status" / "c.0.0.0").unlink()
    assert doya.open_sweep(path).done == 39
    assert half.exists()
    assert swept(path).is_complete
    assert not half.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cannot write into '.*file.x.zarr': "):
        swept(tmp_path / "file" / "x.zarr")


def test_a_sweep_that_does_not_fit_on_the_disk_is_refused_before_the_first_file(tmp_path):
    axes = {"w": np.linspace(0.0, 9.0, 10**6), "b": np.linspace(0.0, 9.0, 10**6)}
    words = r"store asks for 1e\+12 cells in 2 arrays, 9 TB; .* are free: use fewer cells"
    with pytest.raises(doya.ArgumentError, match=words):
        doya.sweep(NEURON, axes, "state", tmp_path / "x.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_was_not_finished_does_not_hide_the_next(tmp_path):
    """A killed process leaves its half-made store beside the place, under another name."""
    (tmp_path / ".doya-0123456789ab").mkdir()
    assert swept(tmp_path / "x.zarr").is_complete


def test_the_record_says_how_far_the_sweep_is(whole):
    found = doya.open_sweep(whole)
    assert (found.cells, found.bytes) == (9 * 8 * 3, 9 * 8 * 3 * (8 + 1 + 1 + 24 + 1))
    assert found.variables[-1] == "status"
    assert "40" in repr(found)
    assert found == doya.open_sweep(whole)
    assert found.neuron == NEURON.replace(b=-2.5)  # swept, so of no account


def test_a_sweep_may_have_one_axis_and_infinite_times(tmp_path):
    over = {"t_end": [0.0, 1.0, math.inf]}
    found = doya.sweep(NEURON, over, "state", tmp_path / "x.zarr").to_xarray()
    assert np.array_equal(found.x, doya.final_state(NEURON, 0.5, over["t_end"]))
    assert found.x.sel(t_end=math.inf) == found.x[-1]


def test_letters_whose_first_values_are_no_neuron_make_a_store(tmp_path):
    """A letter alone may be in its range, and the neuron not."""
    neuron = doya.from_aihara(k=0.5, alpha=1.0, a=0.3, epsilon=0.3)
    for name, over in {
        "first": {"epsilon": [1e-100, 0.1]},
        "both": {"alpha": [1e60, 1.0], "epsilon": [1e-60, 0.1]},
    }.items():
        found = doya.sweep(neuron, over, "state", tmp_path / name, t_end=3, x0=0.2)
        assert found.done == found.chunks
        assert doya.open_sweep(tmp_path / name).to_xarray().status.values.ravel()[-1] == 0


def test_a_store_without_the_values_of_an_axis_is_refused(tmp_path):
    """Its numbers would stand at other places."""
    doya.sweep(doya.NeuronODE(), {"w": [1.0, 3.0, 7.0]}, "state", tmp_path / "s", t_end=3, x0=0.2)
    (tmp_path / "s" / "w" / "c" / "0").unlink()
    with pytest.raises(doya.ArgumentError, match="has other values of w, or none"):
        doya.open_sweep(tmp_path / "s")
