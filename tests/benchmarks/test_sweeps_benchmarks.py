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
OF_MAPS = {
    "w": np.linspace(-60.0, 0.0, LENGTH),
    "b": np.linspace(0.0, 20.0, LENGTH),
    "epsilon": np.linspace(0.2, 1.0, LENGTH),
    "x0": np.linspace(0.0, 1.0, LENGTH),
}
STEPS = 50.0
# Bytes of a chunk, for some 16 chunks; and cells that are called one by one.
CHUNK, ALONE = 65e6, 300


def plain(w, b, x0, t_end):
    return doya.final_state(doya.NeuronODE(w, b), x0, t_end)


def plain_map(w, b, epsilon, x0):
    return doya.final_state(doya.NeuronMap(w, b, epsilon=epsilon), x0, STEPS)


def sweep(folder):
    return swept(folder, doya.NeuronODE(), OVER)


def sweep_of_maps(folder):
    return swept(folder, doya.NeuronMap(), OF_MAPS, t_end=STEPS)


def swept(folder, neuron, over, **settings):
    path = folder / "ours.zarr"
    shutil.rmtree(path, ignore_errors=True)
    found = doya.sweep(neuron, over, "state", path, chunk_bytes=CHUNK, **settings)
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


def one_by_one(call, over):
    """Some cells in the order of loops, as xyzpy and itertools call a function."""
    cells = itertools.islice(itertools.product(*over.values()), 0, None, LENGTH**4 // ALONE)
    return [float(call(*map(float, cell))) for cell in cells]


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


@pytest.mark.parametrize(
    ("task", "ours", "call", "over", "at_least"),
    [
        (Task.SWEEP, sweep, plain, OVER, None),
        (Task.SWEEP_OF_MAPS, sweep_of_maps, plain_map, OF_MAPS, 1000),
    ],
)
def test_sweeps_against_a_call_for_each_cell(task, ours, call, over, at_least, report, tmp_path):
    """At least 1,000 times faster, on all cores, where a cell itself is quick.

    Computing a flow takes about 0.9 µs, so that a core computes some 400 in the time of one call.
    """
    ours(tmp_path)
    mine, theirs = least_seconds(
        3, timed(lambda: ours(tmp_path)), timed(lambda: one_by_one(call, over))
    )
    ratio = (theirs / ALONE) / (mine / LENGTH**4)
    label = "a call of final_state for each cell, as xyzpy"
    assert report(task, label, [ratio], at_least).met
