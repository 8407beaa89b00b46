import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import doya
import doya.landscapes.wall as wall_module
import oracles
import settled
from doya.landscapes.losses import Loss

# w x (1 - x) = 1 and b = ln(x/(1 - x)) - w x at w = 5, as oracles.folds(5) has them in 40 digits.
FOLD_BELOW, FOLD_ABOVE = -2.655610338630688, -2.344389661369312


def geometric(b, t_end, x0=0.5):
    return doya.loss_landscape(doya.NeuronODE(5.0), {"b": b}, x0, t_end, 0.855)


# The geometric model.


def test_the_geometric_model_has_its_wall_at_two_and_a_half_exactly():
    """4.23914e-8 just above, 0.5043924 just below, after an infinite time.

    (0.855 - x)**2 at the outer x of ln(x/(1 - x)) = 5 x - 2.5, 0.855205891743935 and 1 less that.
    """
    (wall,) = geometric(np.linspace(-3.0, -2.0, 101), math.inf).walls
    assert wall.values["b"].tolist() == [-2.5]
    assert (wall.kind, wall.over, wall.status.tolist()) == ("boundary", "b", [2])
    assert wall.above[0] == pytest.approx(4.23914e-8, rel=1e-6)
    assert wall.below[0] == pytest.approx(0.5043924, abs=5e-8)
    assert wall.jump[0] == wall.above[0] - wall.below[0]
    assert wall.largest_gradient[0] == math.inf
    assert wall.width[0] == 0.0
    beside = geometric([-2.5 - 1e-14, -2.5 + 1e-14], math.inf)
    assert beside.loss == pytest.approx([wall.below[0], wall.above[0]], rel=1e-12)


def test_from_a_start_beyond_the_folds_the_wall_is_the_fold():
    """At finite T displaced by about pi**2 / (sigma' abs(a) T**2)."""
    for x0, fold in ((0.9, FOLD_BELOW), (0.1, FOLD_ABOVE), (2.0, FOLD_BELOW), (-1.0, FOLD_ABOVE)):
        (wall,) = geometric(np.linspace(-3.0, -2.0, 11), math.inf, x0).walls
        assert wall.values["b"][0] == pytest.approx(fold, abs=5e-16)
        assert wall.kind == "fold"
    (wall,) = geometric([-3.0, -2.0], 400.0, x0=0.9).walls
    assert wall.values["b"][0] == pytest.approx(FOLD_BELOW, abs=5e-16)
    lag = math.pi**2 / (0.2 * 0.5 * math.sqrt(5.0) * 400.0**2)
    assert FOLD_BELOW - wall.at[0] == pytest.approx(lag, rel=0.1)


@pytest.mark.parametrize(
    ("end", "largest"), [(20, 116.055872), (50, 211044.303), (100, 56631233749.2)]
)
def test_the_largest_gradient_is_found_though_the_grid_misses_it(end, largest):
    """To 1e-6 and better, against references/largest.py."""
    landscape = geometric(np.linspace(-3.0, -2.0, 100), float(end))
    found = landscape.largest_gradient
    assert found.value == pytest.approx(largest, rel=2e-6)
    assert found.on_grid < 0.2 * largest
    assert -2.51 < found.at["b"] < -2.49
    assert landscape.walls[0].status.tolist() == [0]


@pytest.mark.parametrize("end", [150.0, 200.0, 300.0, 1e4, 1e6])
@pytest.mark.parametrize(
    ("dynamics", "over", "between", "x0"),
    [
        ("flow", "b", (-3.0, -2.0), 0.5),
        ("flow", "b", (-3.0, -2.0), 0.45),
        ("flow", "x0", (0.0, 1.0), math.nan),
        ("flow", "w", (4.5, 5.5), 0.45),
        ("map", "b", (-3.0, -2.0), 0.45),
    ],
)
def test_walls_thinner_than_rounding_say_so(dynamics, over, between, x0, end):
    """Status 1, and a gradient of about what the losses of neighbouring doubles tell."""
    if dynamics == "map" and end > 300.0:
        pytest.skip("the map is iterated: the same in more time")
    neuron = doya.NeuronMap() if dynamics == "map" else doya.NeuronODE()
    x0 = 0.4 if over == "x0" else x0
    (wall,) = doya.loss_landscape(neuron, {over: between}, x0, end, 0.855).walls
    assert wall.status.tolist() == [1]
    assert "less than 100 ulp" in wall.message[0]
    ulp = np.spacing(abs(wall.at[0]))
    assert wall.width[0] <= 100.0 * ulp
    assert wall.largest_gradient[0] >= 0.3 * abs(wall.jump[0]) / max(2.0 * ulp, wall.width[0])


@pytest.mark.parametrize("target", [0.2, 0.855])
def test_a_wall_between_two_doubles_is_as_steep_as_the_loss_jumps_over_an_ulp(target):
    """T = 300: on both doubles the state has settled, by `oracles.equilibria` at w = 5."""
    (wall,) = doya.loss_landscape(doya.NeuronODE(), {"b": [-3.0, -2.0]}, 0.45, 300.0, target).walls
    b = float(wall.values["b"][0])
    low, _, high = (oracles.sigmoid(z) for z in oracles.equilibria(5.0, b))
    jump = abs((target - low) ** 2 - (target - high) ** 2)
    assert wall.largest_gradient[0] == pytest.approx(float(jump / mpf(np.spacing(-b))), rel=1e-9)


# Walls, against bisection of a naive settled state.

SILENT = [(0.0, 0.0)]
INPUTS = {
    "none": (None, SILENT),
    "negative": (-0.3, [(0.0, -0.3)]),
    "pulse": (doya.Pulses([(1.0, 3.0, 0.25)]), [(1.0, 0.0), (2.0, 0.25), (0.0, 0.0)]),
    "pulses": (
        doya.Pulses([(0.0, 2.0, -0.5), (3.0, 4.0, 0.75)]),
        [(2.0, -0.5), (1.0, 0.0), (1.0, 0.75), (0.0, 0.0)],
    ),
    "to the end": (
        doya.Table(np.array([0.0, 2.0]), np.array([0.5, -0.125])), [(2.0, 0.5), (0.0, -0.125)],
    ),
}  # fmt: skip
RANGES = {"b": (-6.0, 2.0), "w": (3.5, 9.0), "x0": (-0.5, 1.5), "epsilon": (0.25, 1.0)}


def naive_walls(landscape, over, fixed, between, pieces):
    """Where the naive state jumps from low to high, w > 4."""
    neuron = landscape.neuron
    base = {"w": neuron.w, "b": neuron.b, "x0": landscape.x0}
    base["epsilon"] = neuron.epsilon if neuron.dynamics == "map" else None

    def holds(at):
        values = base | fixed | {over: at}
        return settled.is_upper(
            values["w"], values["b"], values["x0"] + 0.0 * at, pieces, values["epsilon"]
        )

    found = settled.jumps(holds, *between)
    return found[found > 4.02] if over == "w" else found


@pytest.mark.each_third
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("over", ["b", "w", "x0", "epsilon"])
@pytest.mark.parametrize("dynamics", ["flow", "map"])
def test_walls_over_one_parameter_are_where_the_settled_state_jumps(dynamics, over, name):
    """All of them and no other, for random neurons, with and without inputs."""
    if (dynamics, over) == ("flow", "epsilon"):
        pytest.skip("the flow has no epsilon")
    u, pieces = INPUTS[name]
    rng = np.random.default_rng(sum(map(ord, dynamics + over + name)))
    end = math.inf if dynamics == "flow" else 5
    for _ in range(2):
        w = rng.uniform(4.3, 8.0)
        drive = pieces[-1][1]
        b, x0 = -w * (0.5 + drive) + rng.uniform(-0.3, 0.3), rng.uniform(-0.2, 1.2)
        neuron = doya.NeuronODE(w, b)
        if dynamics == "map":
            neuron = doya.NeuronMap(w, b, epsilon=rng.uniform(0.3, 1.0))
        between = RANGES[over]
        landscape = doya.loss_landscape(neuron, {over: between}, x0, end, 0.8, u)
        truth = naive_walls(landscape, over, {}, between, pieces)
        found = sorted(float(wall.values[over][0]) for wall in landscape.walls)
        found = [value for value in found if over != "w" or value > 4.02]
        np.testing.assert_allclose(found, truth, rtol=0, atol=2e-5)


@pytest.mark.long
@pytest.mark.parametrize(
    ("pair", "name"),
    [
        (("w", "b"), "none"), (("w", "b"), "negative"), (("x0", "b"), "none"),
        (("x0", "b"), "negative"), (("w", "x0"), "none"), (("w", "x0"), "negative"),
        (("epsilon", "b"), "none"), (("epsilon", "b"), "negative"),
        (("epsilon", "b"), "pulse"), (("epsilon", "b"), "pulses"), (("epsilon", "b"), "to the end"),
    ],
)  # fmt: skip
def test_walls_over_two_parameters_are_where_the_settled_state_jumps(pair, name):
    """Each in its range; where the curves are, and where they are not."""
    u, pieces = INPUTS[name]
    rng = np.random.default_rng(sum(map(ord, "".join(pair) + name)))
    w, x0 = rng.uniform(4.5, 7.0), rng.uniform(0.0, 1.0)
    b = -w * (0.5 + pieces[-1][1])
    neuron = doya.NeuronMap(w, b, epsilon=0.75) if "epsilon" in pair else doya.NeuronODE(w, b)
    along, across = pair if "b" in pair else pair[::-1]
    values = rng.uniform(*RANGES[along], 4)
    values = values[(along != "w") | (values > 4.1)]
    over = {each: np.linspace(*RANGES[each], 9) for each in pair}
    over[along] = np.union1d(over[along], values)
    end = math.inf if neuron.dynamics == "flow" else 5
    landscape = doya.loss_landscape(neuron, over, x0, end, 0.8, u)
    for value in values:
        truth = naive_walls(landscape, across, {along: value}, RANGES[across], pieces)
        found = []
        for wall in landscape.walls:
            assert wall.over == across
            found += wall.values[across][wall.values[along] == value].tolist()
        np.testing.assert_allclose(sorted(found), truth, rtol=0, atol=2e-5)


@settings(max_examples=60)
@given(w=st.floats(4.01, 60.0), x0=st.floats(-1.0, 2.0), u=st.sampled_from([0.0, -0.4, 0.3]))
def test_the_wall_over_b_is_the_closed_form(w, x0, u):
    """b = ln(c/(1 - c)) - w (c + w' u), c the start's x - w' u, no less and no more than a fold."""
    root = mp.sqrt(1 - 4 / mpf(w))
    start = mpf(x0) - mpf(u)
    c = min(max(start, (1 - root) / 2), (1 + root) / 2)
    exact = float(mp.log(c / (1 - c)) - w * (c + mpf(u)))
    (wall,) = doya.loss_landscape(
        doya.NeuronODE(w), {"b": [exact - 1.0, exact + 1.0]}, x0, math.inf, 0.8, u
    ).walls
    assert wall.values["b"][0] == pytest.approx(exact, rel=1e-13, abs=1e-13)
    assert wall.kind == ("boundary" if c == start else "fold")


@pytest.mark.parametrize(
    ("x0", "end"),
    [(0.5, 50.0), *((x0, math.inf) for x0 in (0.5, 0.9, 0.1, 0.7236067977499789))],
)
def test_walls_at_the_very_ends_of_a_range_are_there(x0, end):
    """And a double further they are not; a range may be two doubles wide."""
    (wall,) = geometric([-3.0, -2.0], end, x0).walls
    b = float(wall.values["b"][0])
    below, above = np.nextafter(b, -9.0), np.nextafter(b, 9.0)
    for between in ([b, -2.0], [-3.0, b], [b, above], [below, b], [below, above]):
        (same,) = geometric(between, end, x0).walls
        assert same.values["b"].tolist() == [b]
        assert between[0] <= same.at[0] <= between[1]
    assert geometric([above, -2.0], end, x0).walls == ()
    assert geometric([-3.0, below], end, x0).walls == ()


@pytest.mark.parametrize("x0", [0.25, 0.75])
def test_a_start_on_the_fold_itself_is_on_the_boundary(x0):
    """w x (1 - x) = 1 at w = 16/3, x = 1/4 and 3/4: there b = -ln 3 - 4/3, mirrored ln 3 - 4.

    A little further out the start is beyond the fold.
    """
    neuron, between = doya.NeuronODE(16.0 / 3.0), {"b": [-4.0, -2.0]}
    (wall,) = doya.loss_landscape(neuron, between, x0, math.inf).walls
    exact = -math.log(3.0) - 4.0 / 3.0 if x0 < 0.5 else math.log(3.0) - 4.0
    assert wall.kind == "boundary"
    assert wall.values["b"][0] == pytest.approx(exact, rel=4e-16, abs=0.0)
    outside = x0 + math.copysign(1e-15, x0 - 0.5)
    (beyond,) = doya.loss_landscape(neuron, between, outside, math.inf).walls
    assert beyond.kind == "fold"


def test_no_walls_up_to_the_cusp_and_one_beyond():
    for w, count in ((-5.0, 0), (0.0, 0), (4.0, 0), (np.nextafter(4.0, 5.0), 1), (4.0 + 1e-12, 1)):
        for x0 in (0.1, 0.5, 0.9):
            landscape = doya.loss_landscape(doya.NeuronODE(w), {"b": [-3.0, -1.0]}, x0, math.inf)
            assert len(landscape.walls) == count
            if count:
                assert landscape.walls[0].values["b"][0] == pytest.approx(-2.0, abs=1e-9)
    corner = doya.loss_landscape(doya.NeuronODE(), {"w": [3.0, 4.0], "b": [-3.0, -2.0]}, 0.9)
    assert corner.walls == ()


def test_a_wall_along_the_edge_of_the_range_is_there():
    """The fold does not depend on the start."""
    (wall,) = geometric([-3.0, -2.0], 50.0, x0=0.9).walls
    fold = float(wall.values["b"][0])
    for between in ([fold, -2.0], [-3.0, fold]):
        over = {"x0": [0.8, 1.5], "b": between}
        (edge,) = doya.loss_landscape(doya.NeuronODE(), over, t_end=math.inf).walls
        assert edge.kind == "fold"
        assert np.all(edge.values["b"] == fold)
        assert edge.values["x0"][[0, -1]].tolist() == [0.8, 1.5]


def test_ends_and_changes_of_kind_are_exact():
    """Neighbouring doubles, where the start meets a fold, and on the rim of the range.

    The folds' states at w = 5 are (1 -+ sqrt(1/5))/2, 0.2764 and 0.7236.
    """
    over = {"x0": np.linspace(0.0, 1.0, 8), "b": np.linspace(-3.0, -2.0, 4)}
    low, middle, high = doya.loss_landscape(doya.NeuronODE(), over).walls
    assert [low.kind, middle.kind, high.kind] == ["fold", "boundary", "fold"]
    for one, other, x in ((low, middle, 0.276393202250021), (middle, high, 0.723606797749979)):
        assert np.nextafter(one.values["x0"][-1], 2.0) == other.values["x0"][0]
        assert other.values["x0"][0] == pytest.approx(x, abs=4e-16)
    assert (low.values["x0"][0], high.values["x0"][-1]) == (0.0, 1.0)
    # From 0.45 the wall b = ln(9/11) - 0.45 w enters at b = -2.3 and leaves at b = -2.6.
    over = {"w": np.linspace(4.1, 9.0, 5), "b": np.linspace(-2.6, -2.3, 4)}
    (wall,) = doya.loss_landscape(doya.NeuronODE(), over, 0.45).walls
    exact = [(math.log(9.0 / 11.0) - b) / 0.45 for b in (-2.3, -2.6)]
    assert wall.values["w"][[0, -1]] == pytest.approx(exact, rel=1e-15)


def test_a_wall_at_the_end_of_what_a_parameter_may_be_has_its_two_sides():
    """At w = 1e100, and between epsilon = 1 and the double before it."""
    over = {"w": np.linspace(1.0, 1e100, 50)}
    (wall,) = doya.loss_landscape(doya.NeuronODE(b=-5e99), over).walls
    assert (wall.values["w"][0], wall.jump[0] < 0.0) == (1e100, True)
    first = doya.NeuronMap(epsilon=1.0)
    # From just above the x0 from which one step at input 0.3 leads to the unstable equilibrium 1/2.
    x0 = (np.log(0.2 / 0.8) - first.b) / first.w + 1e-14
    u = np.append(0.3, np.zeros(49))
    landscape = doya.loss_landscape(first, {"epsilon": np.linspace(0.1, 1.0, 9)}, x0, 50, u=u)
    (wall,) = landscape.walls
    # Less than 1e-12 from the jump of the geometric model, above.
    assert 1.0 - 1e-12 < wall.values["epsilon"][0] <= 1.0
    assert wall.jump[0] == pytest.approx(-0.50439237)


def test_an_input_that_never_changes_is_one_number():
    """An array of equal values a step has the wall, kind and status of that value."""
    for end in (40, 1000):
        for value in (0.0, 0.125):
            one, many = (
                doya.loss_landscape(
                    doya.NeuronMap(), {"b": np.linspace(-4.0, -2.0, 9)}, 0.45, end, 0.8, u
                )
                for u in (doya.Table(np.zeros(1), np.full(1, value)), np.full(end, value))
            )
            np.testing.assert_array_equal(one.loss, many.loss)
            (wall,), (same,) = one.walls, many.walls
            assert same.values["b"] == pytest.approx(wall.values["b"], abs=2e-15)
            assert same.kind == wall.kind
            assert same.status.tolist() == wall.status.tolist()


# The place at once, the steepness when asked for.


def test_the_place_of_a_wall_takes_no_trajectory(monkeypatch):
    """Place, kind and both sides are closed forms; only what is at finite T takes states there."""
    landscapes = [
        doya.loss_landscape(neuron, {over: between}, x0)
        for neuron in (doya.NeuronODE(), doya.NeuronMap(epsilon=0.5))
        for over, between in (("b", [-3.0, -2.0]), ("w", [4.5, 5.5]), ("x0", [0.0, 1.0]))
        for x0 in (0.5, 0.9)
    ]
    asked = []

    def refuse(*_):
        asked.append(_)
        raise AssertionError("a state was asked for")

    for name in ("state", "rest", "slopes", "last_start"):
        monkeypatch.setattr(Loss, name, refuse)
    # From 0.9 the fold b = -2.656 is in its range, and so is the fold w of b = -2.5.
    walls = [wall for landscape in landscapes for wall in landscape.walls]
    assert len(walls) == len(landscapes)
    assert all(np.isfinite(wall.jump).all() for wall in walls)
    assert not asked
    with pytest.raises(AssertionError, match="a state was asked for"):
        walls[0].largest_gradient  # noqa: B018


def test_the_steepness_is_searched_once(monkeypatch):
    searched = []

    def count(*arguments):
        searched.append(arguments)
        return steepest_across(*arguments)

    steepest_across = wall_module.steepest_across
    monkeypatch.setattr(wall_module, "steepest_across", count)
    (wall,) = geometric([-3.0, -2.0], 20.0).walls
    assert not searched
    read = [(wall.largest_gradient, wall.at, wall.width, wall.status, wall.message) for _ in "ab"]
    assert len(searched) == 1
    assert read[0] == read[1]


@pytest.mark.parametrize("before", [False, True])
def test_a_wall_can_be_sent_to_another_process_and_copied(before):
    """Before its steepness was read, and after; with an input that could not be sent itself."""
    walls = [
        *geometric([-3.0, -2.0], 20.0).walls,
        *geometric([-3.0, -2.0], math.inf).walls,
        *doya.loss_landscape(doya.NeuronMap(), {"b": [-4.0, -2.0]}, t_end=9, u=lambda t: 0.1).walls,
    ]
    assert len(walls) == 3
    for wall in walls:
        if before:
            wall.largest_gradient  # noqa: B018
        for same in (pickle.loads(pickle.dumps(wall)), copy.copy(wall), copy.deepcopy(wall)):
            for name in ("below", "above", "largest_gradient", "at", "width", "status"):
                np.testing.assert_array_equal(getattr(same, name), getattr(wall, name))
        with pytest.raises(dataclasses.FrozenInstanceError):
            wall.kind = "fold"
        assert repr(wall).startswith("Wall\n  values  b [")
        assert f"kind = {wall.kind}, over = b" in repr(wall)
        assert "Loss" not in repr(wall)
