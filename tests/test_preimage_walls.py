"""Walls where the start reaches the repelling fixed point of the map after some steps.

The truth is a naive iteration over dense grids, and mpmath; nothing of it imports doya.
"""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.landscapes.losses import checked_loss
from doya.landscapes.phase_cycles import all_settle
from doya.landscapes.preimage_scan import Family
from doya.landscapes.searches import crossing
from iterating import iterated
from promises import made_again
from shell import answer, doya_, in_a_line

TARGET = 0.7
NAMES = ["x0", "b", "w", "epsilon", "u"]


def landscape(over, between, t_end, w, b, epsilon, x0=0.3, weight=1.0, inside="state"):
    neuron = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=weight, input_to=inside)
    return doya.loss_landscape(neuron, {over: np.linspace(*between, 9)}, x0, t_end, TARGET)


def naive(values, steps):
    """y = x - w' u of each map after some steps, its fixed point by bisection, and its multiplier.

    `values` hold w, b, epsilon, x0, u, weight and inside.
    """
    drive = values["weight"] * values["u"]
    shift, lift = (0.0 * drive, drive) if values["inside"] else (drive, 0.0 * drive)
    w, epsilon, y = values["w"], values["epsilon"], values["x0"] - shift
    bias = values["b"] + w * shift + lift
    low = 0.0 * (y + bias + epsilon)
    high = low + 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        rises = 1.0 / (1.0 + np.exp(-w * middle - bias)) > middle
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    y = advanced(y + 0.0 * low, w, bias, epsilon, steps)
    return y, low, 1.0 - epsilon + epsilon * w * low * (1.0 - low), shift


def advanced(y, w, bias, epsilon, steps):
    return iterated(
        lambda y, w, bias, epsilon: (1.0 - epsilon) * y + epsilon / (1.0 + np.exp(-w * y - bias)),
        y, steps, w, bias, epsilon,
    )  # fmt: skip


def settled(over, at, w, b, epsilon, x0, weight=1.0, inside=False, steps=2000):
    values = {"w": w, "b": b, "epsilon": epsilon, "x0": x0, "u": 0.0}
    values |= {"weight": weight, "inside": inside, over: at}
    return naive(values, steps)


def odd_gaps(places, at):
    """Gaps of the grid that hold an odd number of places."""
    count = np.bincount(np.searchsorted(at, places), minlength=at.size + 1)
    return np.flatnonzero(count[1:-1] % 2)


@pytest.mark.parametrize("end", [50, 51])
@pytest.mark.parametrize(
    ("between", "neuron", "steps"),
    [
        ((-2.0, 3.0), (-12.0, 6.0, 0.6), [1, 0, 1]),
        # Of the five some are reached by the falling part of the map, which swaps the phases.
        ((0.0, 1.0), (-32.336, 23.962, 0.356), [2, 1, 0, 2, 2]),
    ],
)
def test_over_x0_each_state_that_is_mapped_to_the_fixed_point_is_a_wall(
    between, neuron, steps, end
):
    """Naive states change phase at each wall and nowhere else, and settle in the losses named."""
    found = landscape("x0", between, end, *neuron)
    assert [wall.steps for wall in found.walls] == steps
    assert {wall.kind for wall in found.walls} == {"phase"}
    assert found.further_walls == ""
    at = np.linspace(*between, 5001) + 1e-7
    x, *_ = settled("x0", at, *neuron, at, steps=2000 + end)
    jumps = np.flatnonzero(np.abs(np.diff(x)) > 0.1)
    places = [wall.values["x0"][0] for wall in found.walls]
    assert odd_gaps(places, at).tolist() == jumps.tolist()
    for wall, k in zip(found.walls, jumps, strict=True):
        loss = (TARGET - x[[k, k + 1]]) ** 2
        assert [wall.below[0], wall.above[0]] == pytest.approx(list(loss), rel=1e-9)
        assert wall.size[0] == pytest.approx(abs(x[k + 1] - x[k]), rel=1e-9)
        assert wall.status.tolist() == [0]


def test_walls_beside_the_states_of_the_map_are_not_between_0_and_1():
    assert len(landscape("x0", (0.0, 1.0), 50, -12.0, 6.0, 0.6).walls) == 1


@pytest.mark.parametrize("over", ["b", "w", "epsilon"])
def test_derivatives_of_the_scanned_states_are_differences(over):
    """Of the states after five naive steps, and of the fixed point."""
    neuron = {"w": -9.0, "b": 4.0, "epsilon": 0.6}
    loss = checked_loss(doya.NeuronMap(**neuron), 0.3, 50, TARGET, None)
    family = Family.of(loss, over, np.array([neuron[over]]))
    step = 1e-6
    at = neuron[over] + np.array([-step, step])
    y, c, *_ = settled(over, at, *(neuron[name] for name in ("w", "b", "epsilon")), 0.3, steps=5)
    assert family.after(5).slope[0] == pytest.approx(np.diff(y)[0] / (2.0 * step), rel=1e-7)
    if over != "epsilon":  # of which the fixed point does not depend
        assert family.c_slope[0] == pytest.approx(np.diff(c)[0] / (2.0 * step), rel=1e-7)


def test_place_and_largest_gradient_are_those_of_40_digits():
    """The root of F(F(x0)) = c, and the largest |dL/dx0| beside it."""
    found = landscape("x0", (-5.0, -1.0), 50, -12.0, 5.0, 0.6)
    (wall,) = found.walls
    assert wall.steps == 2
    w, b, epsilon = -12, 5, mpf(0.6)

    def after(x, steps):
        slope = mpf(1)
        for _ in range(steps):
            s = 1 / (1 + mp.exp(-(w * x + b)))
            slope *= 1 - epsilon + epsilon * w * s * (1 - s)
            x = (1 - epsilon) * x + epsilon * s
        return x, slope

    with mp.workdps(40):
        c = mp.findroot(lambda x: after(x, 1)[0] - x, 0.4)
        exact = mp.findroot(lambda x: after(x, 2)[0] - c, -2.5)
        assert wall.values["x0"][0] == pytest.approx(float(exact), rel=1e-15)

        def steepness(offset):
            x, slope = after(exact + offset, 50)
            return abs(2 * (x - mpf(TARGET)) * slope)

        # From the wall itself, whose double is off by rounding.
        offset = mpf(float(wall.at[0])) - exact
        largest = max(steepness(offset * k / 20) for k in range(-60, 61))
    assert wall.largest_gradient[0] == pytest.approx(float(largest), rel=1e-2)


@pytest.mark.each_third
@pytest.mark.parametrize("over", NAMES)
def test_a_naive_phase_changes_where_the_walls_are_and_nowhere_else(over):
    """Random maps with 2-cycles; the phase is the side of the fixed point at a late even step."""
    rng = np.random.default_rng(sum(map(ord, over)))
    after_steps = 0
    for _ in range(6):
        epsilon = rng.uniform(0.4, 0.9)
        w = 4.0 * (1.0 - 2.0 / epsilon) * rng.uniform(1.1, 1.6)
        b, x0 = -w * rng.uniform(0.35, 0.65), rng.choice([-0.3, 1.3]) + rng.uniform(-0.3, 0.3)
        weight, inside = rng.choice([-1.5, 1.0]), rng.random() < 0.5
        between = {
            "x0": (-3.0, 4.0), "b": (0.1 * -w, 0.9 * -w), "w": (1.3 * w, 0.8 * w),
            "epsilon": (0.4, 0.95), "u": (-0.5, 0.5),
        }[over]  # fmt: skip
        found = landscape(
            over, between, 40, w, b, epsilon, x0, weight, "bias" if inside else "state"
        )
        at = np.linspace(*between, 2001) + 1e-7
        y, c, multiplier, _ = settled(over, at, w, b, epsilon, x0, weight, inside)
        upper, repels = y > c, multiplier < -1.02
        changes = (upper[1:] != upper[:-1]) & repels[1:] & repels[:-1]
        places = np.array([wall.values[over][0] for wall in found.walls])
        odd = odd_gaps(places, at)
        odd = odd[repels[odd] & repels[odd + 1]]
        assert odd.tolist() == np.flatnonzero(changes).tolist(), (w, b, epsilon, x0)
        after_steps += sum(wall.steps > 0 for wall in found.walls)
    assert after_steps >= 2


@pytest.mark.each_third
@pytest.mark.parametrize("over", NAMES)
def test_the_losses_on_both_sides_are_those_of_naive_states(over):
    """Both sides settle in one 2-cycle there; the walls alternate between its phases."""
    between, x0 = {
        "x0": ((-2.0, 3.0), 0.0), "b": ((2.0, 8.0), 1.3), "w": ((-18.0, -9.0), 1.2),
        "epsilon": ((0.45, 0.95), 1.2), "u": ((-1.0, 1.0), 1.3),
    }[over]  # fmt: skip
    known = 0
    for end in (30, 31):
        for wall in landscape(over, between, end, -12.0, 5.5, 0.6, x0).walls:
            at = wall.values[over][0] + np.array([-1e-8, 1e-8])
            y, _, multiplier, shift = settled(over, at, -12.0, 5.5, 0.6, x0, steps=20_000 + end)
            if multiplier.max() > -1.05 or np.isnan(wall.size[0]):
                continue
            known += wall.steps > 0
            loss = (TARGET - y - shift) ** 2
            assert [wall.below[0], wall.above[0]] == pytest.approx(list(loss), abs=1e-6)
    assert known >= 2


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("over", "between"), [("x0", (0.0, 1.0)), ("b", (9.0, 11.0)), ("epsilon", (0.45, 0.55))]
)
def test_in_chaos_all_walls_up_to_some_number_of_steps_are_listed(over, between):
    """At w = -40, b = 10, epsilon = 0.5: where naive states of these steps pass the fixed point."""
    found = landscape(over, between, 50, -40.0, 10.0, 0.5)
    assert len(found.walls) > 10
    reached = max(wall.steps for wall in found.walls)
    assert f"reaches the fixed point within {reached} steps" in found.further_walls
    assert "no end" in found.further_walls
    at = np.linspace(*between, 50_001) + 1e-9
    y, c, *_ = settled(over, at, -40.0, 10.0, 0.5, 0.3, steps=0)
    values = {"b": 10.0, "epsilon": 0.5} | {over: at}
    for k in range(reached + 1):
        upper = y > c
        places = [wall.values[over][0] for wall in found.walls if wall.steps <= k]
        assert odd_gaps(places, at).tolist() == np.flatnonzero(np.diff(upper)).tolist()
        y = advanced(y, -40.0, values["b"], values["epsilon"], 1)
    assert found.largest_gradient.is_lower_bound


def test_a_wall_takes_no_more_steps_than_there_are():
    """And after them the state is at the fixed point."""
    for end, steps in ((0, [0]), (1, [1, 0, 1]), (2, [2, 1, 0, 1, 2]), (9, [2, 1, 0, 1, 2])):
        found = landscape("x0", (-4.0, 5.0), end, -12.0, 5.0, 0.6)
        assert [wall.steps for wall in found.walls] == steps
        for wall in found.walls:
            place = wall.values["x0"]
            y, c, *_ = settled("x0", place, -12.0, 5.0, 0.6, place, steps=wall.steps)
            assert y == pytest.approx(c, abs=1e-14)


def test_a_start_at_the_fixed_point_for_each_epsilon_has_no_wall_over_it():
    """At w = -12, b = 6, x0 = 1/2 all states are 1/2."""
    assert landscape("epsilon", (0.3, 1.0), 50, -12.0, 6.0, 0.6, 0.5).walls == ()


def test_where_all_states_are_said_to_settle_in_a_2_cycle_they_do():
    """States of a dense grid end on two values; the answer is also often yes."""
    rng = np.random.default_rng(9)
    yes = 0
    for _ in range(40):
        epsilon = rng.uniform(0.3, 0.95)
        w = 4.0 * (1.0 - 2.0 / epsilon) * rng.uniform(1.05, 3.0)
        b = -w * rng.uniform(0.2, 0.8)
        at = np.linspace(-1.0, 2.0, 200) + 1e-9
        y, c, multiplier, _ = settled("x0", at, w, b, epsilon, at, steps=0)
        if multiplier[0] > -1.05 or not all_settle(w, b, epsilon, float(c[0])):
            continue
        y = advanced(y, w, b, epsilon, 8000)
        yes += 1
        lower, upper = y[y < c], y[y > c]
        assert max(np.ptp(lower), np.ptp(upper)) < 1e-9
        again, *_ = settled("x0", y, w, b, epsilon, y, steps=2)
        assert np.abs(again - y).max() < 1e-9
    assert yes > 10


@pytest.mark.parametrize(
    ("words", "over", "between", "changed"),
    [
        ("", "x0", (-2.0, 3.0), {}),
        ("within 9 steps.  Further walls may exist between two samples", "b", (5.0, 7.0), {}),
        ("within 9 steps.  Further walls may exist between two samples", "u", (0.0, 0.1), {}),
        ("within 1 step.  Further", "b", (5.0, 7.0), {"t_end": 1}),
        (
            "too many walls to list; they may have no end",
            "x0",
            (0.0, 1.0),
            {"w": -40.0, "b": 10.0, "epsilon": 0.5},
        ),
        ("", "b", (5.0, 7.0), {"epsilon": 1.0}),
    ],
)
def test_it_is_said_which_walls_are_not_listed(words, over, between, changed):
    arguments = {"t_end": 9, "w": -12.0, "b": 6.0, "epsilon": 0.6} | changed
    said = landscape(over, between, **arguments).further_walls
    assert (words in said) if words else said == ""


def test_the_command_lists_the_walls_with_their_steps(here):
    """And says that there are others, in the table and in JSON; nowhere that there is none."""
    options = "--dynamics map --w -12 --b 6 --epsilon 0.6 --over x0 -2 3 --points 9"
    result = answer(f"landscape {options} --json")["result"]
    assert [wall["steps"] for wall in result["walls"]] == [1, 0, 1]
    assert result["further_walls"] is None
    lines = doya_(f"landscape {options}").stdout.splitlines()
    assert (here / "doya-landscape.png").exists()
    assert [line.split()[:2] for line in lines[4:8]] == [
        ["kind", "steps"], ["phase", "1"], ["phase", "0"], ["phase", "1"],
    ]  # fmt: skip
    assert made_again(f"landscape {options}")
    more = "--dynamics map --w -40 --b 10 --epsilon 0.5 --over x0 0 1 --points 9"
    said = answer(f"landscape {more} --json")["result"]["further_walls"]
    assert "within 7 steps" in said
    done = doya_(f"landscape {more} -o a.csv")
    assert said.replace("  ", " ") in in_a_line(done.stdout)
    none = "--dynamics map --w -12 --b 6 --epsilon 0.6 --over b 20 21 --points 9"
    assert "no wall was found for b from 20 to 21" in doya_(f"landscape {none} -o a.csv").stdout


def test_over_two_parameters_walls_of_one_or_more_steps_are_not_listed():
    """And a sentence reports it."""
    neuron = doya.NeuronMap(-12.0, 6.0, epsilon=0.6)
    axes = {"x0": np.linspace(-2.0, 3.0, 5), "b": np.linspace(5.0, 7.0, 5)}
    found = doya.loss_landscape(neuron, axes, 0.3, 9, TARGET)
    assert {wall.steps for wall in found.walls} == {0}
    assert "over two parameters they are not searched" in found.further_walls
    assert math.isfinite(found.largest_gradient.value)


def test_the_peaks_on_all_walls_are_those_of_each_wall_alone():
    """To the last bit, where the landscape searches them together and a wall itself."""
    together, alone = (landscape("x0", (-4.0, 5.0), 30, -12.0, 5.0, 0.6) for _ in range(2))
    assert together.largest_gradient.value > 0.0
    for one, other in zip(together.walls, alone.walls, strict=True):
        assert one.largest_gradient == other.largest_gradient
        assert (one.at, one.width) == (other.at, other.width)


@pytest.mark.parametrize("ahead", [2, 3, 5])
def test_several_halvings_at_once_lead_to_the_same_doubles(ahead):
    """Also where an answer changes several times within an interval, or never."""
    level, low = np.random.default_rng(3).uniform(-1.2, 1.2, 40), np.linspace(0.0, 0.1, 40)
    high = low + np.geomspace(1e-17, 1.0, 40)
    ends = crossing(lambda at: np.sin(40.0 * at) > level, low, high)
    found = crossing(lambda at: np.sin(40.0 * at) > level, low, high, ahead)
    np.testing.assert_array_equal(found, ends)


def test_the_sensitivity_profile_is_steep_at_the_same_walls():
    """Its derivative beside each wall is as large as x jumps there within 1e-5."""
    found = landscape("x0", (-2.0, 3.0), 50, -12.0, 6.0, 0.6)
    neuron = doya.NeuronMap(-12.0, 6.0, epsilon=0.6)
    profile = doya.sensitivity_profile(neuron, 0.5, 50, over="x0", between=(-2.0, 3.0))
    slope = np.abs(profile.derivative["x0"])
    steep = profile.value[slope > 1e5]
    places = np.array([wall.values["x0"][0] for wall in found.walls])
    nearest = np.abs(steep[:, np.newaxis] - places)
    assert nearest.min(axis=0).max() < 1e-5  # each wall
    assert nearest.min(axis=1).max() < 1e-5  # and nowhere else
