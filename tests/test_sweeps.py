"""Sweeps: the numbers of every quantity, chunks, threads and parts, and what can go wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import doya
from doya.sweeps.computing import arrays_of, chunk_of
from doya.sweeps.plans import Plan
from doya.sweeps.quantities import AXES, QUANTITIES
from doya.sweeps.statuses import SweepStatus

FLOW, MAP = doya.NeuronODE(5.0, -2.4), doya.NeuronMap(-20.0, 8.0, epsilon=0.5)

# Values of each axis, with some that are special.
VALUES = {
    "w": (-30.0, 0.0, 4.0, 5.0, 6.5),
    "b": (-2.7, -2.5, -2.3, 8.0),
    "epsilon": (0.2, 0.5, 1.0),
    "input_weight": (0.0, 1.0, 2.0),
    "u": (-0.1, 0.0, 0.3),
    "x0": (0.0, 0.3, 0.5, 0.9),
    "t_end": (0.0, 3.0, 40.0),
    "target": (0.1, 0.855),
    "learning_rate": (0.1, 2.0),
    "clip": (0.05, math.inf),
    "momentum": (0.0, 0.5),
    "level": (0.2, 0.6),
}
# Settings that make a quantity quick.
SETTINGS = {
    "state": {"t_end": 30.0},
    "sensitivity": {"t_end": 30.0, "wrt": ("x0", "b", "w", "input_weight")},
    "loss": {"t_end": 30.0, "wrt": ("x0", "b", "w")},
    "lyapunov": {"steps": 40, "transient": 30},
    "equilibria": {},
    "attractors": {"steps": 40, "transient": 30},
    "train": {"t_end": 5.0, "steps": 6, "learn": ("b", "w")},
    "crossing": {"level": 0.6},
}


def mesh(over):
    """The axes in arrays that broadcast."""
    return dict(zip(over, np.meshgrid(*over.values(), indexing="ij", sparse=True), strict=True))


def parts_of(neuron, cells, own):
    """The neuron with its swept parameters, and the other arguments."""
    changed = {name: cells[name] for name in ("w", "b", "epsilon", "input_weight") if name in cells}
    given = {"x0": 0.5, **own, **{name: cells[name] for name in cells if name not in changed}}
    if "u" in cells and isinstance(neuron, doya.NeuronMap):
        given["u"] = doya.Table([0.0], cells["u"][..., np.newaxis])
    return neuron.replace(**changed), given


def plain(name, neuron, over, own):
    """What the library's own call returns for the whole grid, by the names of the variables."""
    ensemble, given = parts_of(neuron, mesh(over), own)
    if name == "state":
        return {"x": doya.final_state(ensemble, **given)}
    if name == "sensitivity":
        found = doya.sensitivity(ensemble, **given)
        sizes = {f"log10_abs_dx_d{key}": each for key, each in found.log10_abs.items()}
        return {"x": found.x, **sizes, **{f"sign_dx_d{k}": v for k, v in found.sign.items()}}
    if name == "lyapunov":
        given["u"] = mesh(over).get("u", 0.0)
        given["x0"] = mesh(over).get("x0", 0.3)
        exponent, error = doya.lyapunov_exponent(ensemble, **given, return_error=True)
        return {"lyapunov": exponent, "lyapunov_error": error}
    if name == "equilibria":
        found = doya.equilibria(ensemble, mesh(over).get("u", 0.0))
        return {"equilibria": found.count, "attracting_equilibria": found.stable.sum(axis=-1)}
    if name == "attractors":
        found = doya.attractors(ensemble, mesh(over).get("u", 0.0), steps=40, transient=30)
        return {"attractors": found.count, "period": found.period}
    if name == "crossing":
        return {"t": doya.crossing_time(ensemble, **given).t}
    if name == "train":
        path = doya.train(ensemble, **{"target": 0.855, **given})
        last = path.steps[..., np.newaxis]
        rows = {**{f"final_{k}": v for k, v in path.parameters.items()}, "final_loss": path.loss}
        ends = {key: np.take_along_axis(row, last, -1)[..., 0] for key, row in rows.items()}
        return {**ends, "steps_taken": path.steps}
    raise AssertionError(name)


@st.composite
def grids(draw):
    """A neuron, a quantity, some axes that it has, and how large a chunk may be."""
    neuron = draw(st.sampled_from([FLOW, MAP]))
    is_map = neuron is MAP
    name = draw(st.sampled_from([q for q in QUANTITIES if is_map or not QUANTITIES[q].for_map]))
    allowed = [axis for axis in QUANTITIES[name].axes if is_map or axis != "epsilon"]
    names = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=3, unique=True))
    lengths = [draw(st.integers(1, len(VALUES[axis]))) for axis in names]
    over = {axis: np.array(VALUES[axis][:n]) for axis, n in zip(names, lengths, strict=True)}
    own = {key: value for key, value in SETTINGS[name].items() if key not in names}
    return neuron, name, over, own, draw(st.sampled_from([1.0, 600.0, 3000.0, 1e9]))


def whole(plan):
    """The arrays of all chunks, in their places."""
    arrays = arrays_of(plan, tuple(slice(0, n) for n in plan.shape))
    found = {name: np.zeros_like(each) for name, each in arrays.items()}
    for chunk in range(plan.chunks):
        for name, each in chunk_of(plan, chunk).items():
            found[name][plan.place(chunk)] = each
    return found


@settings(settings.default, max_examples=settings.default.max_examples * 4 // 10)
@given(grids())
def test_any_chunks_of_any_quantity_have_the_bits_of_the_plain_call(grid):
    neuron, name, over, own, size = grid
    plan = Plan.of(neuron, over, name, own, size)
    found = whole(plan)
    assert set(found) == {*plan.variables, "status"}
    if name == "loss":
        assert_loss(plan, found)
        return
    for key, values in plain(name, neuron, over, own).items():
        same = np.broadcast_to(values, found[key].shape)
        assert np.array_equal(found[key], same, equal_nan=True), key
    assert (found["status"] == 0).all() or name in ("train", "crossing")


def assert_loss(plan, found):
    """One cell is that of the landscape over b with the same other values."""
    cell = tuple(n // 2 for n in plan.shape)
    at = {name: float(axis[k]) for (name, axis), k in zip(plan.over.items(), cell, strict=True)}
    w, b = at.get("w", plan.neuron.w), at.get("b", plan.neuron.b)
    model = plan.neuron.replace(w=w, b=b, input_weight=at.get("input_weight", 1.0))
    if "epsilon" in at:
        model = model.replace(epsilon=at["epsilon"])
    axis = {"b": [b - 1.0, b, b + 1.0], "w": [w - 1.0, w, w + 1.0]}
    landscape = doya.loss_landscape(
        model, axis, at.get("x0", 0.5), at.get("t_end", 30.0), at.get("target", 0.855),
        at.get("u", 0.0),
    )  # fmt: skip
    assert found["loss"][cell] == pytest.approx(landscape.loss[1, 1], rel=1e-12, abs=1e-25)
    for name in ("b", "w"):
        there = landscape.gradient[name][1, 1]
        assert found[f"dL_d{name}"][cell] == pytest.approx(there, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("neuron", [FLOW, MAP])
def test_the_loss_has_the_bits_of_a_landscape(neuron):
    over = {"b": np.linspace(-3.0, -2.0, 17), "w": np.linspace(4.0, 6.0, 9)}
    landscape = doya.loss_landscape(neuron, over, 0.5, 30.0, 0.855)
    found = whole(Plan.of(neuron, over, "loss", {"t_end": 30.0}, 9000.0))
    assert np.array_equal(found["loss"], landscape.loss)
    assert np.array_equal(found["dL_db"], landscape.gradient["b"])
    assert np.array_equal(found["dL_dw"], landscape.gradient["w"])


def test_an_input_and_its_weight_are_swept_together():
    over = {"u": [0.1, -0.3], "input_weight": [1.0, 2.0]}
    found = whole(Plan.of(FLOW, over, "loss", {"t_end": 30.0}, 1e9))
    ensemble, given = parts_of(FLOW, mesh(over), {"t_end": 30.0})
    error = doya.final_state(ensemble, **given) - 0.855
    assert found["loss"] == pytest.approx(error * error, rel=1e-12)


def test_a_status_of_one_quantity_stays_where_the_next_is_well():
    over, own = {"b": [-2.5, -2.2]}, {"t_end": 1e4}
    found = whole(Plan.of(FLOW, over, ("train", "equilibria"), own, 1e9))
    assert found["status"].tolist() == [SweepStatus.NOT_FINITE, 0]
    assert found["equilibria"].tolist() == [3, 1]


def test_equilibria_and_several_quantities_share_a_grid():
    """A variable that two quantities have is stored once; each has only the axes that it needs."""
    over = {"target": [0.2, 0.8], "b": np.linspace(-3.0, -2.0, 5), "x0": [0.2, 0.7]}
    plan = Plan.of(FLOW, over, ("state", "sensitivity", "equilibria", "loss"), {}, 2000.0)
    found = whole(plan)
    assert list(plan.variables).count("x") == 1
    equilibria = doya.equilibria(FLOW.replace(b=over["b"]))
    assert np.array_equal(found["x_equilibrium"][1, :, 0], equilibria.x, equal_nan=True)
    assert np.array_equal(found["equilibria"][0, :, 1], equilibria.count)
    assert np.array_equal(found["x"][0], found["x"][1])
    assert np.array_equal(found["loss"], (found["x"] - np.reshape(over["target"], (2, 1, 1))) ** 2)


def test_a_cell_outside_the_range_of_a_quantity_has_a_status_and_no_neighbour_fails():
    over = {"w": [5.0, 1e99], "u": [0.0, 1.0, 1e50]}
    plan = Plan.of(FLOW, over, "equilibria", {}, 1e9)
    found = whole(plan)
    outside = found["status"] == SweepStatus.OUTSIDE
    assert outside.tolist() == [[False, False, False], [False, False, True]]
    assert np.array_equal(found["equilibria"] == -1, outside)
    assert np.array_equal(np.isnan(found["x_equilibrium"]).all(axis=-1), outside)


def test_a_descent_that_fails_has_a_status():
    found = whole(
        Plan.of(FLOW, {"b": [-2.5, -2.2], "clip": [0.05, np.inf]}, "train", {"t_end": 1e4}, 1e9)
    )
    assert found["status"].tolist() == [[0, SweepStatus.NOT_FINITE], [0, 0]]
    assert found["steps_taken"].tolist() == [[100, 0], [100, 100]]


# --- plans

PLANS = [
    (FLOW, {"b": [-3.0, -2.0]}, "state", {"u": doya.Pulses([(5, 8, 0.5)])}),
    (FLOW, {"t_end": [1.0, math.inf]}, ("state", "sensitivity"), {"u": doya.Table([0, 1], [1, 0])}),
    (MAP, {"clip": [1.0, math.inf]}, "train", {"learn": "b", "penalty": {"l2": 0.1}, "t_end": 3}),
    (MAP, {"b": [1.0]}, "state", {"u": [0.1, 0.2], "t_end": 2}),
]


@pytest.mark.parametrize(("neuron", "over", "names", "given_settings"), PLANS)
def test_a_plan_is_read_as_it_was_written(neuron, over, names, given_settings):
    plan = Plan.of(neuron, over, names, given_settings, 100.0)
    again = Plan.from_json(plan.as_json(), plan.over.get)
    assert again.digest == plan.digest
    assert plan.difference(again) == again.difference(plan) == ""
    for name, each in arrays_of(plan, plan.place(0)).items():
        assert np.array_equal(each, chunk_of(again, 0)[name], equal_nan=True)


CHANGES = [
    ({"neuron": doya.NeuronODE(5.0)}, "b is -2.5, not -2.4"),
    ({"neuron": FLOW.replace(input_to="bias")}, "input_to is 'bias', not 'state'"),
    ({"over": {"w": [1.0, 2.5], "x0": [0.1]}}, "w has 2.5 at index 1, not 2.0"),
    ({"over": {"w": [1.0], "x0": [0.1]}}, "w has 1 value, not 2"),
    ({"over": {"x0": [0.1], "w": [1.0, 2.0]}}, "the order is x0, w, not w, x0"),
    ({"names": "sensitivity"}, "quantities has 'sensitivity' at index 0, not 'state'"),
    ({"given": {"t_end": 4.0}}, "t_end is 4.0, not 3.0"),
    ({"given": {}}, "t_end is not given"),
    ({"names": ("state", "equilibria")}, "quantities has 2 values, not 1"),
    ({"size": 1.0}, "a chunk has 1 x 1 cells, and with this chunk_bytes it would have 2 x 1"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_the_first_difference_of_two_plans_is_named(change, words):
    usual = {
        "neuron": FLOW, "over": {"w": [1.0, 2.0], "x0": [0.1]}, "names": "state",
        "given": {"t_end": 3.0}, "size": 1e6,
    }  # fmt: skip
    one, other = Plan.of(*{**usual, **change}.values()), Plan.of(*usual.values())
    assert one.digest != other.digest
    assert one.difference(other) == words


@pytest.mark.parametrize("value", [0.0, -0.0])
def test_an_axis_may_have_the_value_zero_alone(tmp_path, value):
    """By itself zarr leaves out the file of a chunk that holds zeros alone."""
    path = tmp_path / "x.zarr"
    found = doya.sweep(doya.NeuronODE(), {"b": [value]}, "state", path)
    assert found.to_xarray().b.item() == 0.0
    assert doya.open_sweep(path).go_on().is_complete


def test_names_of_a_plan_differ_in_words():
    """A tuple of Python is no answer in the shell."""
    names = ("b",), ("b", "w"), ("b", "w", "x0")
    one, two, three = (
        Plan.of(FLOW, {"target": [0.5]}, "train", {"learn": each}, 1e6) for each in names
    )
    assert one.difference(two) == "learn is 'b', not 'b' and 'w'"
    assert two.difference(three) == "learn is 'b' and 'w', not 'b', 'w' and 'x0'"


PULSE = doya.Pulses([(1, 2, 3)])
WRONG = [
    (FLOW, {}, "state", {}, "over must be a dict such as"),
    (FLOW, {"q": [1.0]}, "state", {}, "over must be among w, b, input_weight, u, x0, t_end for"),
    (FLOW, {"epsilon": [1.0]}, "state", {}, "over must be among w, b, input_weight"),
    (FLOW, {"clip": [1.0]}, "state", {}, "over must be among .* for state, got 'clip'"),
    (FLOW, {"b": 1.0}, "state", {}, "b must be a list of values in `over`"),
    (FLOW, {"b": []}, "state", {}, "b must be a list of values in `over`"),
    (FLOW, {"b": [1.0, 1.0]}, "state", {}, "b must have each value once"),
    (FLOW, {"b": [math.nan]}, "state", {}, "b must be finite"),
    (FLOW, {"momentum": [1.0]}, "train", {}, "momentum must be at least 0 and less than 1"),
    (MAP, {"t_end": [1.5]}, "state", {}, "t_end must be a whole number of steps"),
    (FLOW, {"b": [1.0]}, "lyapunov", {}, "quantities has 'lyapunov', which is for the map"),
    (FLOW, {"b": [1.0]}, "losses", {}, "quantities must be among state, sensitivity"),
    (FLOW, {"b": [1.0]}, (), {}, "quantities must be one or more of"),
    (FLOW, {"b": [1.0]}, "state", {"steps": 3}, "steps is not a setting of state"),
    (
        FLOW,
        {"b": [1.0]},
        ("state", "loss"),
        {"steps": 3},
        "not a setting of state and loss, which have",
    ),
    (FLOW, {"b": [1.0]}, "state", {"w": 3}, "w is a parameter of the neuron"),
    (FLOW, {"x0": [1.0]}, "state", {"x0": 3}, "x0 is swept"),
    (FLOW, {"x0": [1.0]}, "crossing", {}, "level must be given or swept for 'crossing'"),
    (FLOW, {"b": [1.0]}, "state", {"x0": [0.1, 0.2]}, "x0 must be one number, or an axis in"),
    (FLOW, {"b": [1.0]}, "state", {"u": [0.1, 0.2]}, "u must be one input"),
    (FLOW, {"b": [1.0]}, "state", {"u": math.sin}, "u must not be a function in a sweep"),
    (FLOW, {"b": [1.0]}, "state", {"t_end": -1}, "t_end must be a time from 0 to inf"),
    (FLOW, {"b": [1.0]}, "train", {"learn": "q"}, "learn must be among"),
    (FLOW, {"b": [1.0]}, "train", {"learn": 3}, "learn must be among .*, got 3"),
    (FLOW, {"b": [1.0]}, "train", {"learn": ()}, "learn must be one or more of"),
    (FLOW, {"b": [1.0]}, "train", {"steps": "many"}, "steps must be a whole number from 0 to"),
    (FLOW, {"b": [1.0]}, "train", {"steps": 2.5}, "steps must be a whole number from 0 to"),
    (MAP, {"b": [1.0]}, "lyapunov", {"steps": None}, "steps must be a whole number from 16"),
    (FLOW, {"b": [1.0]}, "sensitivity", {"wrt": 3}, "wrt must be among"),
    (FLOW, {"b": [1.0]}, "loss", {"target": "high"}, "target must be finite, from"),
    (FLOW, {"b": [1.0]}, "loss", {"target": None}, "target must be finite, from"),
    (MAP, {"b": [1.0]}, "attractors", {"u": [0.1, 0.2]}, "u must be one number, finite"),
    (MAP, {"b": [1.0]}, "lyapunov", {"u": PULSE}, "u must be one number for lyapunov"),
    (FLOW, {"b": [1.0]}, ("state", "equilibria"), {"u": PULSE}, "u must be one number for equil"),
    (FLOW, {"b": [1.0]}, "train", {"clip_value": [1.0, 2.0]}, "clip_value must be one number"),
    (FLOW, {"b": [1.0]}, 3, {}, "quantities must be among"),
    (FLOW, {"u": [1.0]}, "loss", {"wrt": "input_weight"}, "wrt has 'input_weight', but u is swept"),
    (FLOW.replace(w=[1.0, 2.0]), {"b": [1.0]}, "state", {}, "neuron must be one neuron"),
    (doya.from_tanh([1.2, 2.0], 0.0), {"h": [1.0]}, "state", {}, "neuron must be one neuron"),
    (3, {"b": [1.0]}, "state", {}, "neuron must be a NeuronODE"),
]


@pytest.mark.parametrize(("neuron", "over", "names", "given_settings", "words"), WRONG)
def test_wrong_arguments_are_refused_before_a_file_is_there(
    neuron, over, names, given_settings, words, tmp_path
):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.sweep(neuron, over, names, tmp_path / "x.zarr", **given_settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "part", ["0/2", "3/2", "1", (1,), "a/b", 1, (1.5, "x"), (1.0, 2.0), (1, 2.5), "1.0/2"]
)
def test_a_part_is_k_of_n(part, tmp_path):
    with pytest.raises(doya.ArgumentError, match="part must be K/N with whole numbers"):
        doya.sweep(FLOW, {"b": [1.0]}, "state", tmp_path / "x.zarr", part=part)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0.5, math.inf, "much", None])
def test_the_bytes_of_a_chunk_are_a_number(size, tmp_path):
    with pytest.raises(doya.ArgumentError, match="chunk_bytes must be a number of bytes"):
        doya.sweep(FLOW, {"b": [1.0]}, "state", tmp_path / "x.zarr", chunk_bytes=size)


@pytest.mark.parametrize("store", [3, None, ["x.zarr"], ""])
def test_a_store_is_a_path(store):
    for call in (lambda path: doya.sweep(FLOW, {"b": [1.0]}, "state", path), doya.open_sweep):
        with pytest.raises(doya.ArgumentError, match=r"store must be a path such as 'x.zarr', got"):
            call(store)


def test_every_axis_and_quantity_is_tested():
    assert set(VALUES) == set(AXES)
    assert set(SETTINGS) == set(QUANTITIES)


def test_a_table_of_a_sweep_has_a_row_for_each_cell(tmp_path):
    over = {"b": [-2.6, -2.5, -2.4, -2.3], "x0": [0.2, 0.5, 0.8]}
    found = doya.sweep(doya.NeuronODE(), over, "state", tmp_path / "a.zarr", t_end=5.0)
    table = found.to_pandas()
    assert (len(table), table.index.names) == (12, ["b", "x0"])
    assert np.array_equal(table.x.to_numpy().reshape(4, 3), found.to_xarray().x)


def test_the_same_sweep_in_other_types_goes_on(tmp_path):
    for t_end in (50, 50.0):
        found = doya.sweep(doya.NeuronODE(), {"b": [1.0, 2]}, "state", tmp_path / "a", t_end=t_end)
    assert found.done == found.chunks
