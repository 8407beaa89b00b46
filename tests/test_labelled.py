"""Results as labelled arrays: axes and coordinates have names, and others can read them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import doya
from results import EXAMPLES

xarray = pytest.importorskip("xarray", reason="the extra sweep is not installed")
pandas = pytest.importorskip("pandas", reason="the extra sweep is not installed")

FLOW, MAP = doya.NeuronODE(5.0, -2.5), doya.NeuronMap(-20.0, 10.0, epsilon=0.9)
TASK = doya.Task([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]], targets=[0.85, 0.15])
OTHERS = {
    "sensitivity": lambda: doya.sensitivity(FLOW, [0.2, 0.6], 5.0, order=2),
    "crossing": lambda: doya.crossing_time(FLOW, 0.4, [0.2, 0.9]),
    "task gradient": lambda: doya.task_gradient(doya.NeuronMap(3.0, -1.0), TASK),
    "hessian": lambda: doya.loss_landscape(
        FLOW, {"b": [-3.0, -2.0], "w": [4.0, 5.0, 6.0]}, hessian=True
    ),
    "curve": lambda: EXAMPLES["draw_landscape"]().curve,
    "wall": lambda: EXAMPLES["draw_landscape"]().walls[0],
    "cycle": lambda: doya.cycles(MAP, 2)[0],
    "branch": lambda: EXAMPLES["draw_bifurcation_diagram"]().branches[0],
    "curve of folds": lambda: EXAMPLES["draw_bifurcation_curves"]().curves[0],
    "region": lambda: EXAMPLES["draw_bifurcation_curves"]().regions[0],
    "conversion": lambda: doya.equilibria(doya.from_tanh(2.0, 0.2)),
    "search": lambda: doya.search(FLOW, 0.855, {"b": (-3.0, -2.0)}, trials=4),
    "deep products": lambda: doya.deep_products("glorot", 3, 4, 2),
    "map": lambda: doya.simulate(MAP, [0.1, 0.2], 4),
}
ALL = {**EXAMPLES, **OTHERS}


@pytest.mark.parametrize("name", ALL)
def test_every_result_is_a_dataset_that_files_can_hold_and_a_table(name, tmp_path):
    result = ALL[name]()
    found = result.to_xarray()
    assert found.data_vars
    assert found.attrs["Conventions"].startswith("CF-1.")
    assert found.attrs["title"].startswith(type(result).__name__)
    for each in found.variables.values():
        assert each.attrs["units"] == "1"
        assert each.attrs["long_name"]
    found.to_netcdf(tmp_path / "x.nc", engine="scipy")
    with xarray.open_dataset(tmp_path / "x.nc", engine="scipy") as again:
        assert set(again.variables) == set(found.variables)
        for key, values in found.data_vars.items():
            if values.dtype.kind in "fi":
                assert np.array_equal(again[key].values, values.values, equal_nan=True), key
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == max(values.size for values in found[[*frame.columns]].values()) or (
        len(frame) == 1
    )


def test_the_axes_of_an_ensemble_are_named_after_what_varies():
    found = doya.equilibria(doya.NeuronODE([0.0, 5.0, 9.0], [[-3.0], [-2.5]])).to_xarray()
    assert found.x.dims == ("b", "w", "equilibrium")
    assert found.x.sel(b=-2.5, w=5.0).values[1] == 0.5
    assert found.input_weight.dims == ()


def test_parameters_that_vary_together_share_an_axis():
    found = doya.equilibria(doya.NeuronODE([4.0, 5.0], [-2.0, -2.5])).to_xarray()
    assert found["count"].dims == ("axis_0",)
    assert found.w.dims == found.b.dims == ("axis_0",)
    mixed = doya.train(doya.NeuronODE(b=[[-2.2, -2.3], [-2.4, -2.1]]), 0.5, 5.0, 0.8, steps=2)
    assert mixed.to_xarray().loss.dims == ("axis_0", "axis_1", "step")
    assert mixed.to_xarray().b.dims == ("axis_0", "axis_1")


def test_what_was_swept_is_an_axis_with_its_values():
    surface = EXAMPLES["draw_landscape_surface"]()
    found = surface.to_xarray()
    assert found.loss.dims == ("b", "w")
    assert np.array_equal(found.b, surface.axes["b"])
    assert np.array_equal(found.gradient_w, surface.gradient["w"])
    profile = doya.sensitivity_profile(FLOW, [0.3, 0.5], [10.0, 20.0], between=(-3, -2), points=5)
    assert profile.to_xarray().x.dims == ("x0", "t_end", "b")
    assert np.array_equal(profile.to_xarray().derivative_b, profile.derivative["b"])
    diagram = EXAMPLES["draw_orbit_diagram"]().to_xarray()
    assert diagram.x.dims == ("row", "w", "visit")
    assert diagram.row.values.tolist() == ["first start", "second start"]


PASEMANN = doya.from_pasemann(gamma=0.3, theta=1.0, w=5.0)


def test_along_a_letter_doyas_parameters_are_coordinates_where_they_differ():
    """Doya's w = w / (1 - gamma), b = theta / (1 - gamma) and epsilon = 1 - gamma of Pasemann."""
    over = {"over": "gamma", "between": (0.1, 0.5), "points": 5}
    found = doya.sensitivity_profile(PASEMANN, 0.5, 5, **over).to_xarray()
    for name, value in {"w": 5.0, "b": 1.0}.items():
        assert found[name].dims == ("gamma",)
        np.testing.assert_allclose(found[name], value / (1.0 - found.gamma), rtol=1e-15)
    np.testing.assert_allclose(found.epsilon, 1.0 - found.gamma, rtol=1e-15)
    assert found.input_weight.dims == ()
    assert found.x0.dims == ("gamma",)
    assert {"w", "b", "epsilon"} <= {*found.to_dataframe().columns}
    found = doya.sensitivity_profile(PASEMANN, 0.5, 5, **{**over, "over": "theta"}).to_xarray()
    assert found.b.dims == ("theta",)
    assert found.w.dims == found.epsilon.dims == ()
    assert found.epsilon == 0.7


BEER = doya.from_beer(w=5.0, theta=-3.0, input=0.4, tau=2.0)
# Neurons and letters that have no name of Doya's.
LETTERS = {
    "pasemann": (PASEMANN, {"theta": [0.0, 0.8, 2.0], "gamma": [0.2, 0.4, 0.6]}),
    "tanh": (doya.from_tanh(1.5, 0.1, 0.5), {"h": [-0.2, 0.1]}),
    "tanh, late": (doya.from_tanh(1.5, 0.1), {"h": [-0.2, 0.1]}),
    "beer": (BEER, {"theta": [-4.0, -3.0, -2.0], "input": [0.0, 0.5]}),
    "tanh-flow": (doya.from_tanh_flow(1.5, 0.1), {"h": [0.0, 0.1, 0.2]}),
}


def assert_x_follows(found, dynamics):
    """The end of the neurons, starts and times in the coordinates is x, in every cell."""
    kind = {"map": doya.NeuronMap, "flow": doya.NeuronODE}[dynamics]
    names = ["w", "b", "x0", "t_end", *["epsilon"] * (dynamics == "map")]
    cells = {name: (0.0 * found.x + found[name]).transpose(*found.x.dims).values for name in names}
    x0, end = cells.pop("x0"), cells.pop("t_end")
    np.testing.assert_allclose(doya.final_state(kind(**cells), x0, end), found.x, rtol=1e-13)


@pytest.mark.parametrize("name", LETTERS)
def test_along_letters_the_state_is_that_of_the_coordinates(name):
    """The start is one state of the author: Doya's x0 differs where a letter moves it."""
    model, axes = LETTERS[name]
    dynamics = model.neuron.dynamics
    found = doya.loss_landscape(model, axes, 0.3, 6).to_xarray()
    assert_x_follows(found, dynamics)
    for over, values in axes.items():
        along = {"over": over, "between": (values[0], values[-1]), "points": 5}
        found = doya.sensitivity_profile(model, 0.3, 6, **along).to_xarray()
        assert_x_follows(found, dynamics)


def test_along_the_unit_of_time_doyas_time_is_a_coordinate():
    """The profile is at one time of the author."""
    along = {"over": "tau", "between": (1.0, 3.0), "points": 5}
    found = doya.sensitivity_profile(BEER, 0.3, 6.0, **along).to_xarray()
    assert (found.t_end.dims, found.x0.dims) == (("tau",), ())
    np.testing.assert_allclose(found.t_end, 12.0 / found.tau, rtol=1e-15)
    assert_x_follows(found, "flow")


def test_lists_that_a_letter_moves_have_axes_in_the_authors_state_and_time():
    """Doya's x0 and T are then coordinates along both axes."""
    along = {"over": "gamma", "between": (0.2, 0.6), "points": 5}
    profile = doya.sensitivity_profile(PASEMANN, [0.3, 0.5], [4, 6], **along)
    found = profile.to_xarray()
    assert found.x.dims == ("start", "t_end", "gamma")
    assert found.start.values.tolist() == profile.start.tolist()
    assert found.x0.dims == ("start", "gamma")
    assert_x_follows(found, "map")
    along = {"over": "tau", "between": (1.0, 3.0), "points": 5}
    found = doya.sensitivity_profile(BEER, [0.3, 0.5], [4.0, 6.0], **along).to_xarray()
    assert found.x.dims == ("x0", "time", "tau")
    assert found.time.values.tolist() == [8.0, 12.0]
    assert_x_follows(found, "flow")


def test_an_ensemble_in_letters_has_coordinates_of_doyas_parameters_and_a_title_in_letters():
    found = doya.equilibria(doya.from_pasemann([0.3, 0.5], 1.0, 5.0)).to_xarray()
    assert found.epsilon.dims == found.b.dims == found.x.dims[:1]
    assert found.attrs["title"].endswith("pasemann gamma = [0.3, 0.5], theta = 1, w = 5")


def test_over_two_letters_doyas_parameters_are_along_those_that_move_them():
    """Doya's w of Pasemann has no place beside the letter w, which is an axis."""
    axes = {"theta": [0.5, 1.0, 2.0], "gamma": [0.2, 0.6]}
    found = doya.loss_landscape(PASEMANN, axes, task=TASK).to_xarray()
    assert (found.b.dims, found.w.dims) == (("theta", "gamma"), ("gamma",))
    assert found.b.sel(theta=2.0, gamma=0.6) == pytest.approx(5.0)
    axes = {"w": [4.0, 5.0], "gamma": [0.2, 0.6]}
    found = doya.loss_landscape(PASEMANN, axes, task=TASK).to_xarray()
    assert found.w.values.tolist() == [4.0, 5.0]
    assert found.b.dims == ("gamma",)


def test_a_table_of_branches_over_a_letter_has_no_constant_that_changes_along_it():
    beer = doya.from_beer(w=5.0, theta=-3.0, input=0.4, tau=2.0)
    found = doya.bifurcation_diagram(beer, "input").to_xarray()
    assert "b" not in found.coords
    assert found.w == 5.0


def test_what_was_searched_is_no_constant():
    """Neither the parameters nor those that an author's letters move."""
    found = ALL["search"]().to_xarray()
    assert ("b" in found.coords, found.w) == (False, 5.0)
    found = doya.search(PASEMANN, TASK, {"theta": (0.5, 1.5)}, trials=4).to_xarray()
    assert ("b" in found.coords, found.epsilon) == (False, 0.7)


def test_what_was_learned_is_no_constant():
    """Nor what the learned letters move; an ensemble still has the labels of its starts."""
    for keep in ("path", "end"):
        learned = {"learn": ("b", "x0"), "steps": 2, "keep": keep}
        found = doya.train(FLOW, 0.5, 5.0, 0.8, **learned).to_xarray()
        assert not {"b", "x0"} & {*found.coords}
        assert (found.w, found.t_end) == (5.0, 5.0)
        learned = {"steps": 2, "keep": keep}
        found = doya.train(PASEMANN, 0.5, 5, 0.8, learn="theta", **learned).to_xarray()
        assert "b" not in found.coords
        assert found.epsilon == 0.7
        found = doya.train(PASEMANN, 0.5, 5, 0.8, learn="gamma", **learned).to_xarray()
        assert not {"w", "b", "epsilon", "x0"} & {*found.coords}
        found = doya.train(doya.NeuronODE(5.0, [-2.0, -3.0]), 0.5, 5.0, 0.8, **learned)
        assert found.to_xarray().b.values.tolist() == [-2.0, -3.0]
    found = doya.train(doya.NeuronMap(3.0, -1.0), task=TASK, learn="b", steps=2).to_xarray()
    assert "b" not in found.coords


def test_branches_follow_one_another_in_one_table():
    diagram = EXAMPLES["draw_bifurcation_diagram"]()
    table = diagram.to_pandas()
    for k, branch in enumerate(diagram.branches, 1):
        rows = table[table.branch == k]
        assert np.array_equal(rows.x, branch.x)
        assert (rows.stable == branch.stable).all()
    special = diagram.to_xarray()
    assert special.special_kind.values.tolist() == ["LP", "LP"]
    assert special.special_value.values.tolist() == [each.value for each in diagram.special_points]


def test_statuses_are_flags_with_meanings():
    spoiled = doya.Table([0.0, 2.0], [[0.1, 0.2], [0.1, math.nan]])
    found = doya.simulate(FLOW, 0.5, 5.0, spoiled).to_xarray()
    assert found.status.values.tolist() == [0, 2]
    assert found.status.dtype == found.status.attrs["flag_values"].dtype == np.int8
    meaning = dict(
        zip(
            found.status.attrs["flag_values"].tolist(),
            found.status.attrs["flag_meanings"].split(),
            strict=True,
        )
    )
    assert meaning[2] == "not_finite"


@settings(settings.default, max_examples=20)
@given(st.lists(st.sampled_from([(), (1,), (3,), (2, 1), (2, 3)]), min_size=3, max_size=3))
def test_any_shapes_of_an_ensemble_have_names_for_all_axes(shapes):
    """Each coordinate has the values that were given."""
    w, b, x0 = (np.arange(1.0, 1.0 + math.prod(shape)).reshape(shape) for shape in shapes)
    found = doya.sensitivity(doya.NeuronODE(w, b), x0, 3.0)
    labelled = found.to_xarray()
    assert np.array_equal(labelled.x, found.x)
    for name, values in {"w": w, "b": b, "x0": x0}.items():
        assert labelled[name].values.ravel().tolist() == values.ravel().tolist()
        for dim in labelled[name].dims:
            assert dim in labelled.x.dims


def test_what_was_computed_and_kept_does_not_change_the_arrays():
    found = doya.chain_products(5, remedies=["logistic", "tanh"])
    before = found.to_xarray()
    assert all(chain.factor.size == 5 for chain in found.chains.values())
    assert found.to_xarray().identical(before)
