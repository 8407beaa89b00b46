import itertools
import shutil

import numpy as np
import pytest

import doya
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

pytest.importorskip("zarr", reason="the extra sweep is not installed")
xarray = pytest.importorskip("xarray", reason="the extra sweep is not installed")

LENGTH = 40
OVER = {
    "w": np.linspace(3.0, 7.0, LENGTH),
    "b": np.linspace(-3.0, -2.0, LENGTH),
    "x0": np.linspace(0.0, 1.0, LENGTH),
    "t_end": np.linspace(1.0, 100.0, LENGTH),
}
# Bytes of a chunk, for some 16 chunks; and cells that are called one by one.
CHUNK, ALONE = 65e6, 300


def plain(w, b, x0, t_end):
    return doya.final_state(doya.NeuronODE(w, b), x0, t_end)


def sweep(folder):
    shutil.rmtree(folder / "ours.zarr", ignore_errors=True)
    found = doya.sweep(doya.NeuronODE(), OVER, "state", folder / "ours.zarr", chunk_bytes=CHUNK)
    assert found.is_complete
    return found


def in_memory():
    return plain(*np.meshgrid(*OVER.values(), indexing="ij", sparse=True))


def by_apply_ufunc(folder):
    """As the documentation of xarray does it, with the same chunks, on dask's threads."""
    shutil.rmtree(folder / "theirs.zarr", ignore_errors=True)
    axes = {
        name: xarray.DataArray(values, dims=name).chunk({name: LENGTH // 2})
        for name, values in OVER.items()
    }
    x = xarray.apply_ufunc(plain, *axes.values(), dask="parallelized", output_dtypes=[float])
    x.to_dataset(name="x").to_zarr(folder / "theirs.zarr", zarr_format=3, consolidated=False)


def one_by_one():
    """Some cells in the order of loops, as xyzpy and itertools call a function."""
    cells = itertools.islice(itertools.product(*OVER.values()), 0, None, LENGTH**4 // ALONE)
    return [float(plain(*map(float, cell))) for cell in cells]


def test_sweeps_against_the_plain_call(report, tmp_path):
    """At most 1.1 times the time of the call that holds all arrays in memory; the same bits."""
    assert np.array_equal(sweep(tmp_path).to_xarray().x, in_memory())
    mine, theirs = least_seconds(3, timed(lambda: sweep(tmp_path)), timed(in_memory))
    assert report(Task.SWEEP, "final_state, arrays in memory", [theirs / mine], 0.9).met


def test_sweeps_against_apply_ufunc(report, tmp_path):
    pytest.importorskip("dask", reason="dask is not installed")
    sweep(tmp_path)
    mine, theirs = least_seconds(
        3, timed(lambda: sweep(tmp_path)), timed(lambda: by_apply_ufunc(tmp_path))
    )
    label = "xarray's apply_ufunc and to_zarr, dask's threads"
    assert report(Task.SWEEP, label, [theirs / mine], 0.9).met


def test_sweeps_against_a_call_for_each_cell(report, tmp_path):
    """At least 1,000 times faster, on three idle cores.

    A cell costs what it costs in the plain call.  One core computes some 400 cells in the time of
    one call.
    """
    sweep(tmp_path)
    mine, theirs = least_seconds(3, timed(lambda: sweep(tmp_path)), timed(one_by_one))
    ratio = (theirs / ALONE) / (mine / LENGTH**4)
    assert report(Task.SWEEP, "a call of final_state for each cell, as xyzpy", [ratio], 1000).met
