"""Every file of every command is read by those who read its kind."""

import csv
import gc
import json
import os

import numpy as np
import pytest

import doya
from doya_cli import labelled
from shell import ANSWERING, doya_

pandas = pytest.importorskip("pandas", reason="the extra sweep is not installed")
xarray = pytest.importorskip("xarray", reason="the extra sweep is not installed")
zarr = pytest.importorskip("zarr", reason="the extra sweep is not installed")

LINES = {
    "equilibria": "equilibria --b -2.4",
    "bifurcate": "bifurcate --points 20",
    "regions": "regions --points 20",
    "simulate": "simulate --points 20",
    "sensitivity": "sensitivity --over b -3 -2 --points 20",
    "landscape": "landscape --over b -3 -2 --over w 4 5 --points 8",
    "train": "train --steps 4",
    "orbit": "orbit --epsilon 0.5 --b 10 --over w -60 10 --points 8",
    "network": "network --units 3 --steps 4",
    "convert": "convert pasemann gamma=0.5 theta=5 w=-50",
}
FILES = [f"a{suffix}" for suffix in (".csv", ".json", ".npz", ".nc", ".zarr")]


@pytest.mark.parametrize("command", ANSWERING)
def test_xarray_pandas_polars_zarr_and_numpy_read_what_a_command_writes(command, here):
    line = f"{LINES[command]} {' '.join(f'-o {name}' for name in FILES)}"
    done = doya_(line)
    assert done.exit_code == 0, done.output
    assert sorted(each.name for each in here.iterdir()) == sorted(FILES)
    table = pandas.read_csv("a.csv", comment="#")
    with np.load("a.npz") as arrays:
        assert {*table.columns} <= {*arrays}
    columns = json.loads((here / "a.json").read_text())["data"]
    assert list(columns) == list(table.columns)
    root = zarr.open_group("a.zarr", mode="r")
    with (
        xarray.open_dataset("a.nc", engine="scipy") as one,
        xarray.open_zarr("a.zarr", consolidated=True) as other,
    ):
        assert {*one.variables} == {*other.variables} == {*root.array_keys()}
        for found in (one, other):
            assert found.attrs["source"] == f"doya {doya.__version__}"
            assert found.attrs["history"].startswith(f"doya {command}")
            assert json.loads(found.attrs["parameters"])
            assert found.attrs["Conventions"].startswith("CF-1.")
        for name, values in one.variables.items():
            if values.dtype.kind == "f":
                assert np.array_equal(values.values, other[name].values, equal_nan=True)
            elif name == "status":
                assert values.dtype == other[name].dtype == np.int8


@pytest.mark.parametrize("command", ANSWERING)
def test_polars_reads_numbers_as_numbers(command, here):
    """NaN is written as it is in R, Julia, pandas and polars."""
    polars = pytest.importorskip("polars", reason="polars is not installed")
    assert doya_(f"{LINES[command]} -o a.csv --quiet").exit_code == 0
    # pandas before 3.1 rounds the last digit of a number wrongly, so Python reads the numbers too.
    with open("a.csv", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    table = pandas.read_csv("a.csv", comment="#")
    same = polars.read_csv("a.csv", comment_prefix="#", infer_schema_length=None)
    assert same.columns == list(table.columns)
    for name in table.columns:
        if table[name].dtype.kind == "f":
            numbers = [float(row[name]) for row in rows]
            assert np.array_equal(numbers, same[name].to_numpy(), equal_nan=True), name


def test_a_store_is_replaced_whole_and_no_other_folder_is(here):
    for points in (5, 9):
        assert doya_(f"simulate --points {points} -o a.zarr").exit_code == 0
    assert xarray.open_zarr("a.zarr").t.size == 9
    assert [each.name for each in here.iterdir()] == ["a.zarr"]
    (here / "b.zarr").mkdir()
    done = doya_("simulate -o b.zarr")
    assert (done.exit_code, done.stderr) == (1, "Error: cannot write 'b.zarr': it is a folder.\n")
    doya.sweep(doya.NeuronODE(), {"b": [-2.0, -3.0]}, "equilibria", "c.zarr")
    assert doya_("simulate -o c.zarr").exit_code == 1
    assert doya.open_sweep("c.zarr").is_complete


def test_a_landscape_in_a_file_has_its_axes(here):
    assert doya_(f"{LINES['landscape']} -o a.nc --quiet").exit_code == 0
    with xarray.open_dataset("a.nc", engine="scipy") as found:
        assert found.loss.dims == ("b", "w")
        assert found.loss.shape == (8, 8)


def test_a_netcdf_file_made_in_memory_is_the_one_made_on_disk(here):
    """And nothing is left that complains when it is collected: such a complaint is an error."""
    found = doya.equilibria(doya.NeuronODE()).to_xarray()
    made = labelled.netcdf(found)
    gc.collect()
    found.to_netcdf("a.nc", engine="scipy")
    assert made == (here / "a.nc").read_bytes()


def test_a_missing_extra_is_a_sentence_before_anything_is_computed(here, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    done = doya_("simulate -o a.nc")
    assert done.exit_code == 1
    assert done.stderr == (
        "Error: a file with the suffix .nc or .zarr needs the package xarray:"
        " pip install 'doya[sweep]'.\n"
    )


def test_an_npz_of_a_landscape_holds_axes_grid_and_walls(here):
    axes = {"b": np.linspace(-3.0, -2.0, 8), "w": np.linspace(4.0, 5.0, 8)}
    landscape = doya.loss_landscape(doya.NeuronODE(), axes)
    assert doya_(f"{LINES['landscape']} -o a.npz --quiet").exit_code == 0
    with np.load("a.npz") as arrays:
        assert np.array_equal(arrays["axis_b"], axes["b"])
        assert np.array_equal(arrays["grid_loss"], landscape.loss)
        assert np.array_equal(arrays["grid_gradient_w"], landscape.gradient["w"])
        assert arrays["wall_kind"].tolist() == [wall.kind for wall in landscape.walls]
        for k, wall in enumerate(landscape.walls, 1):
            assert np.array_equal(arrays["wall_b"][arrays["wall"] == k], wall.values["b"])


def test_an_npz_of_a_task_has_no_states_as_its_landscape_has_none(here):
    line = "landscape --task oscillate --over b -2 6 --over w -9 0 --points 8 -o a.npz --quiet"
    assert doya_(line).exit_code == 0
    with np.load("a.npz") as arrays:
        assert {"grid_loss", "grid_gradient_b"} <= {*arrays} - {"grid_x", "x"}
        assert arrays["grid_loss"].shape == (8, 8)


def test_infinities_survive_json_as_words(here):
    assert doya_("sensitivity --over b -3 -2 --points 3 --t-end inf -o a.json").exit_code == 0
    data = json.loads((here / "a.json").read_text())["data"]
    profile = doya.sensitivity_profile(
        doya.NeuronODE(), 0.5, np.inf, "b", "b", (-3.0, -2.0), points=3
    )
    read = [np.nan if each is None else float(each) for each in data["log10_abs_x0"]]
    assert np.array_equal(read, profile.log10_abs["x0"], equal_nan=True)
    assert "-inf" in data["log10_abs_x0"]


def test_a_store_that_doya_has_not_written_is_not_replaced(here):
    (here / "a.zarr").mkdir()
    (here / "a.zarr" / "zarr.json").write_text('{"node_type": "group", "attributes": {}}')
    done = doya_("simulate -o a.zarr --quiet")
    assert (done.exit_code, [*os.listdir("a.zarr")]) == (1, ["zarr.json"])
    assert "it is a folder" in done.stderr
