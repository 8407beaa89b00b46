import itertools
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.kernels.flow import formula as flow
from doya.kernels.flow import sensitivities as flow_sensitivities
from doya.kernels.machinery import running
from doya.landscapes.cells import parameters_of

REFERENCES = pathlib.Path(__file__).parent / "references"
# Of Pascanu, Mikolov and Bengio (2013), Fig. 6.
START = 1.0 / (1.0 + math.exp(-0.5))


def pascanu(w, b):
    return doya.loss_landscape(doya.NeuronMap(), {"w": w, "b": b}, START, 50, 0.7)


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCES / "losses.npz") as data:
        return dict(data)


# Pascanu's error surface.

# Every number about it is printed by references/largest.py or pascanu_oracle.error_and_slopes.
SURFACE = [
    (5.0, -2.0, 0.0555854941195942),
    (5.0, -2.4, 0.0330047413067568),
    (5.0, -2.6, 0.0120952113677659),
    (5.0, -2.7, 0.360543205231195),
    (5.0, -2.9, 0.392291230609541),
    (4.5, -2.9, 0.396703755575013),
    (5.5, -1.9, 0.0721117087819526),
]


def test_pascanus_surface_has_his_values():
    """Seven within 1e-12, and two gradients."""
    for w, b, loss in SURFACE:
        assert pascanu([w, w + 0.1], [b, b + 0.1]).loss[0, 0] == pytest.approx(loss, abs=1e-12)
    for b, by_w, by_b in (
        (-2.0, 0.0379183435, 0.0405211914),
        (-2.7, -0.0194195785, -0.1950785164),
    ):
        gradient = pascanu([5.0, 6.0], [b, 0.0]).gradient
        assert gradient["w"][0, 0] == pytest.approx(by_w, abs=6e-11)
        assert gradient["b"][0, 0] == pytest.approx(by_b, abs=6e-11)


def test_pascanus_surface_has_its_walls():
    """On b = 0.5 - 0.62246 w for w > 4.25525, below it on the fold.

    0.62246 is x = sigma(1/2), 4.25525 is 1/(x (1 - x)), and the fold at w = 4.2 oracles.folds(4.2).
    """
    landscape = pascanu(np.linspace(3.5, 5.5, 21), np.linspace(-2.9, -1.9, 11))
    fold, line = sorted(landscape.walls, key=lambda wall: wall.values["w"][0])
    assert (fold.kind, line.kind) == ("fold", "boundary")
    w, b = line.values["w"], line.values["b"]
    np.testing.assert_allclose(b, 0.5 - 0.6224593312018546 * w, rtol=0, atol=2e-15)
    assert w[0] == pytest.approx(4.255251930412761, abs=4e-15)
    assert fold.values["w"][-1] == np.nextafter(w[0], 0.0)
    assert fold.values["w"][0] == np.nextafter(4.0, 5.0)
    at = int(np.argmin(np.abs(fold.values["w"] - 4.2)))
    assert fold.values["w"][at] == pytest.approx(4.2, abs=1e-15)
    assert fold.values["b"][at] == pytest.approx(-2.1146893, abs=5e-8)
    # The range ends at w = 5.5, where b is above -2.9235.
    assert w[-1] == pytest.approx((0.5 + 2.9) / 0.6224593312018546, rel=1e-15)
    assert pascanu([4.5, 5.5], [-3.0, -1.9]).walls[0].values["w"][-1] == 5.5


def test_the_largest_gradient_along_b_on_pascanus_surface():
    """157.0072, 6773.125 and 3.888510e5 at w = 4.5, 5 and 5.5: references/largest.py."""
    (wall,) = pascanu([4.5, 5.0, 5.5], [-3.0, -1.9]).walls
    for w, largest, b in (
        (4.5, 157.007202808, -2.3029652792),
        (5.0, 6773.12546131, -2.61234135793),
        (5.5, 388851.035358, -2.92352710271),
    ):
        (k,) = np.flatnonzero(wall.values["w"] == w)
        assert wall.largest_gradient[k] == pytest.approx(largest, rel=1e-5)
        assert wall.at[k] == pytest.approx(b, abs=1e-6)


# Gradients.


def cell(reference, i, names):
    """The gradient of the stored cell i by two names, of a landscape."""
    w, b, epsilon, x0, end, target, is_map = (
        float(reference[name][i]) for name in ("w", "b", "epsilon", "x0", "T", "target", "is_map")
    )
    neuron = doya.NeuronMap(w, b, epsilon=epsilon) if is_map else doya.NeuronODE(w, b)
    ends = {"w": w + 1.0, "b": b + 1.0, "x0": x0 + 1.0, "epsilon": 1.0}
    over = {name: [float(reference[name][i]), ends[name]] for name in names}
    if "epsilon" in over and epsilon == 1.0:
        over["epsilon"] = [0.5, 1.0]
    landscape = doya.loss_landscape(neuron, over, x0, int(end) if is_map else end, target)
    corner = tuple(-1 if over[name][1] == reference[name][i] else 0 for name in names)
    return {name: landscape.gradient[name][corner] for name in names}


def test_200_gradients_are_those_of_differences_in_high_precision(reference):
    """Relative to their condition within 1e-13, and so within 1e-9 in all but ill ones."""
    errors, well = [], 0
    for i in range(reference["w"].size):
        names = [("b", "w"), ("x0", "epsilon") if reference["is_map"][i] else ("x0", "b")]
        for name, found in [pair for both in names for pair in cell(reference, i, both).items()]:
            exact, condition = reference[f"grad_{name}"][i], reference[f"cond_{name}"][i]
            if abs(exact) < 1e-30:  # the differences have no digit of it
                assert abs(found) < 1e-25
                continue
            error = abs(found - exact) / abs(exact)
            errors.append(error / (1.0 + condition))
            well += bool(error <= 1e-9)
    assert len(errors) > 650
    assert max(errors) <= 1e-13
    assert well > 0.9 * len(errors)


@pytest.mark.long
def test_the_stored_gradients_are_what_their_script_computes(reference):
    """Ten of the cheaper cells again, half of them flows."""
    sys.path.insert(0, str(REFERENCES))
    try:
        import losses
    finally:
        sys.path.remove(str(REFERENCES))
    rng = np.random.default_rng(8)
    for is_map in (0, 1):
        cheap = np.argsort(np.where(reference["is_map"] == is_map, reference["seconds"], np.inf))
        for i in rng.choice(cheap[:30], 5, replace=False):
            case = {name: reference[name][i] for name in (*losses.DATA, "w", "T", "target")}
            case["is_map"] = is_map
            name = "b" if is_map == 0 else rng.choice(losses.DATA)
            with mp.workprec(500):
                at = {each: mpf(float(case[each])) for each in losses.DATA[: 3 + is_map]}
                exact = float(losses.slope(case, at, name))
            assert exact == pytest.approx(reference[f"grad_{name}"][i], rel=1e-13, abs=1e-30)


def test_no_walls_under_a_function_of_time_and_the_loss_is_that_of_the_state():
    landscape = doya.loss_landscape(
        doya.NeuronODE(), {"b": [-2.6, -2.4]}, 0.5, 5.0, 0.8, lambda t: 0.125
    )
    same = doya.loss_landscape(doya.NeuronODE(), {"b": [-2.6, -2.4]}, 0.5, 5.0, 0.8, 0.125)
    assert landscape.walls == ()
    np.testing.assert_allclose(landscape.loss, same.loss, rtol=1e-8)
    np.testing.assert_allclose(landscape.gradient["b"], same.gradient["b"], rtol=1e-8)


def test_what_is_not_reached_is_a_status():
    """The other cells are there, and so is the smallest loss on the grid."""
    landscape = doya.loss_landscape(
        doya.NeuronODE(40.0), {"b": [-21.0, -20.0]}, 0.5, 66.0, 0.8, lambda t: 0.0
    )
    assert landscape.status.tolist() == [0, 1]
    assert np.isnan(landscape.loss).tolist() == [False, True]
    assert landscape.minimum_on_grid["b"] == -21.0


def test_walls_and_gradients_are_those_of_what_is_reached(monkeypatch):
    """Without panels only starts on an equilibrium are answered."""
    over = {"b": np.linspace(-3.0, -2.0, 5)}
    whole = doya.loss_landscape(doya.NeuronODE(), over, t_end=20.0)
    for module in (flow, flow_sensitivities):  # the second has a copy of its own
        monkeypatch.setattr(module, "PANELS", 0)
    with running.always(running.interpret):
        landscape = doya.loss_landscape(doya.NeuronODE(), over, t_end=20.0)
        assert 0 < landscape.status.sum() < landscape.status.size
        (wall,), top = landscape.walls, landscape.largest_gradient
    np.testing.assert_array_equal(wall.values["b"], whole.walls[0].values["b"])
    assert np.isfinite(wall.largest_gradient).all()
    assert set(wall.status.tolist()) == {0}
    assert top.value >= top.on_grid > 0.0


def test_a_wall_beside_which_nothing_is_reached_says_so(monkeypatch):
    """Its place and its jump are closed forms all the same."""
    for module in (flow, flow_sensitivities):  # the second has a copy of its own
        monkeypatch.setattr(module, "PANELS", 0)
    with running.always(running.interpret):
        landscape = doya.loss_landscape(
            doya.NeuronODE(5.0, -2.4), {"x0": np.linspace(0.0, 1.0, 5)}, t_end=20.0
        )
        (wall,), top = landscape.walls, landscape.largest_gradient
        assert landscape.status.tolist() == [1] * 5
        assert wall.status.tolist() == [3]
        assert "not known" in wall.message[0]
    assert np.isnan([top.on_grid, top.value]).all()
    assert wall.values["x0"] == pytest.approx([0.39334725981364177])


# Landscapes as arrays.


def test_arrays_have_the_axes_in_the_order_asked_for():
    """Index order ij; each cell is what sensitivity and final_state say."""
    b, w = np.linspace(-3.0, -2.0, 4), np.linspace(4.0, 6.0, 3)
    landscape = doya.loss_landscape(doya.NeuronODE(), {"b": b, "w": w}, 0.4, 9.0, 0.7, 0.1)
    ensemble = doya.NeuronODE(w, b[:, np.newaxis])
    found = doya.sensitivity(ensemble, 0.4, 9.0, ("b", "w"), 0.1)
    assert list(landscape.axes) == ["b", "w"]
    np.testing.assert_array_equal(landscape.x, found.x)
    np.testing.assert_array_equal(landscape.loss, (0.7 - found.x) ** 2)
    for name in ("b", "w"):
        np.testing.assert_allclose(
            landscape.gradient[name], -2.0 * (0.7 - found.x) * found.derivative[name], rtol=1e-15
        )
    at = np.unravel_index(landscape.loss.argmin(), landscape.loss.shape)
    assert landscape.minimum_on_grid == {"b": b[at[0]], "w": w[at[1]], "loss": landscape.loss.min()}


@pytest.mark.parametrize("dynamics", ["flow", "map"])
def test_the_same_bits_on_any_number_of_threads_and_alone(dynamics, monkeypatch):
    """Chunks are not seen, nor is what is computed beside a cell."""
    neuron, end = (
        (doya.NeuronODE(), 7.5) if dynamics == "flow" else (doya.NeuronMap(epsilon=0.75), 30)
    )
    ranges = {"b": (-6.0, 2.0), "w": (3.5, 9.0), "x0": (-0.5, 1.5)}
    for axes in (("b", "w"), ("x0", "b")):
        over = {name: np.linspace(*ranges[name], 150 + 31 * k) for k, name in enumerate(axes)}
        several = []
        for threads in ("1", "2"):
            monkeypatch.setenv("DOYA_NUM_THREADS", threads)
            several.append(doya.loss_landscape(neuron, over, 0.3, end, 0.8))
        one, two = several
        np.testing.assert_array_equal(one.loss, two.loss)
        for name in axes:
            np.testing.assert_array_equal(one.gradient[name], two.gradient[name])
        for i, j in ((0, 0), (75, 90), (149, 180), (33, 77)):
            few = {
                name: [values[k], values[k] + 1.0]
                for (name, values), k in zip(over.items(), (i, j), strict=True)
            }
            alone = doya.loss_landscape(neuron, few, 0.3, end, 0.8)
            assert alone.loss[0, 0] == one.loss[i, j]
            for name in axes:
                assert alone.gradient[name][0, 0] == one.gradient[name][i, j]


MEASURE = """
import resource, sys
import numpy as np, doya
neuron = {neuron}
def make(n):
    over = {{"b": np.linspace(-3.0, -2.0, n), "w": np.linspace(4.0, 6.0, 700)}}
    return doya.loss_landscape(neuron, over, 0.4, {end}, 0.8)
make(60)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
large = make(1500)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) / 1024.0, 4 * large.loss.nbytes / 2**20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in kB on Linux")
@pytest.mark.parametrize(
    ("neuron", "end"), [("doya.NeuronODE()", 50.0), ("doya.NeuronMap()", 20)], ids=["flow", "map"]
)
def test_a_landscape_takes_its_arrays_and_at_most_64_megabytes(neuron, end):
    """A million cells: 32 MB of loss, x and derivatives; the peak of a process of its own."""
    code = MEASURE.format(neuron=neuron, end=end)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    grown, arrays = map(float, done.stdout.split())
    assert grown <= arrays + 64.0


def test_a_grid_that_does_not_fit_is_told_with_its_size():
    """Before any of it is made."""
    values = np.linspace(-3.0, -2.0, 10**7)
    with pytest.raises(ValueError, match=r"over asks for 10000000 x 10000000 cells, .* 3.2 PB"):
        doya.loss_landscape(doya.NeuronODE(), {"b": values, "w": values + 7.0})


def test_progress_rises_to_one():
    seen = []
    over = {"b": np.linspace(-3.0, -2.0, 300), "w": np.linspace(4.0, 6.0, 300)}
    doya.loss_landscape(doya.NeuronODE(), over, t_end=1.0, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


ODE, MAP = doya.NeuronODE(), doya.NeuronMap()
B = {"b": [-3.0, -2.0]}
WRONG = [
    ((doya.NeuronODE([4.0, 5.0]), B), {}, r"neuron must be one neuron, .* \(2,\)"),
    (
        (ODE, {"epsilon": [0.1, 1.0]}),
        {},
        "over must be among b, w, x0, u for the flow, got 'epsilon'",
    ),
    ((MAP, {"c": [0.1, 1.0]}), {}, "over must be among b, w, epsilon, x0, u for the map, got 'c'"),
    ((ODE, "b"), {}, "over must be a dict of one or two of b, w, x0, u, got 'b'"),
    ((ODE, {}), {}, "over must be a dict of one or two"),
    ((ODE, B | {"w": [4.0, 5.0], "x0": [0.0, 1.0]}), {}, "over must be a dict of one or two"),
    ((ODE, {"b": [-2.0, -3.0]}), {}, "over must have at least two ascending values of b"),
    ((ODE, {"b": [-2.0, -2.0]}), {}, "over must have at least two ascending values of b"),
    ((ODE, {"b": [-2.0]}), {}, "over must have at least two ascending values of b"),
    ((ODE, {"b": -2.0}), {}, "over must have at least two ascending values of b"),
    ((ODE, {"b": np.zeros((2, 2))}), {}, "over must have at least two ascending values of b"),
    ((ODE, {"b": [-2.0, math.nan]}), {}, "b must be finite, .*got nan"),
    ((ODE, {"b": ["a", "b"]}), {}, "b must be a number or an array of numbers"),
    ((MAP, {"epsilon": [0.0, 1.0]}), {"t_end": 9}, "epsilon must be from 1e-100 to 1"),
    ((ODE, B), {"x0": [0.1, 0.2]}, r"x0 must be one number, got an array of shape \(2,\)"),
    ((ODE, B), {"x0": math.nan}, "x0 must be finite"),
    ((ODE, B), {"target": [0.1, 0.2]}, r"target must be one number, .* \(2,\)"),
    ((ODE, B), {"target": math.inf}, "target must be finite, .*got inf"),
    ((ODE, B), {"t_end": [1.0, 2.0]}, r"t_end must be one number, .* \(2,\)"),
    ((ODE, B), {"t_end": -1.0}, "t_end must be a time from 0 to inf, got -1.0"),
    ((MAP, B), {"t_end": 1.5}, "t_end must be a whole number of steps"),
    ((MAP, B), {"t_end": math.inf}, "t_end must be a whole number of steps"),
    ((ODE, B), {"u": np.array([0.1, 0.2])}, r"u must be one input, .* \(2,\)"),
    ((MAP, B), {"t_end": 9, "u": np.zeros((2, 9))}, r"u must be one input, .* \(2,\)"),
    ((MAP, B), {"t_end": 9, "u": np.zeros(8)}, "u must have 9 values"),
    ((ODE, B), {"u": math.nan}, "u must be finite"),
    ((ODE, B), {"t_end": math.inf, "u": math.sin}, "t_end must be finite for an input that is a"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), WRONG, ids=range(len(WRONG)))
def test_what_has_no_landscape_is_refused_in_a_sentence(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        doya.loss_landscape(*arguments, **options)


@pytest.mark.parametrize("sizes", [(7,), (1, 1), (5, 1), (1, 9), (4, 6), (3, 2, 4), (2, 1, 3)])
def test_each_cell_has_its_own_parameters_whatever_job_it_is_in(sizes):
    """Jobs begin and end anywhere in a row."""
    rng, count = np.random.default_rng(1), math.prod(sizes)
    axes = {name: rng.standard_normal(size) for name, size in zip("wbu", sizes, strict=False)}
    index = np.unravel_index(np.arange(count), sizes)
    for first, end in itertools.combinations(range(count + 1), 2):
        found = parameters_of(axes, slice(first, end))
        assert list(found) == list(axes)
        for (name, axis), k in zip(axes.items(), index, strict=True):
            np.testing.assert_array_equal(found[name], axis[k[first:end]])
