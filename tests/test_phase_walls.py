"""Walls of the map with w < 0: the start lies between two phases of a cycle.

The truth is a naive iteration and mpmath in 40 digits; nothing of it imports doya.
"""

import csv
import math

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from mpmath import mp, mpf

import doya
from doya import plots
from iterating import iterated
from pictures import no_text_is_over_another
from promises import made_again
from shell import answer, doya_, in_a_line

# (x - 0.7)**2 in both phases at w = -6, b = 3: x = sigma(3 - 6 y) with y = 1 - x.
LOW, HIGH = 0.395993089744921656, 0.0525692350888775114
# Largest |dL/db| for b in [2, 4], and where: the maximum of `steepness`, and references/largest.py.
LARGEST = {
    51: (56428962.07443556, 2.9999999981788293),
    50: (37619307.9062827, 3.00000000273175608),
}


def landscape(over, t_end, w=-6.0, b=3.0, epsilon=1.0, x0=0.5, target=0.7, u=None):
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    return doya.loss_landscape(neuron, over, x0, t_end, target, u)


def steepness(value, steps, over="b"):
    """|dL/dp| for the target 0.7 at w = -6, b = 3 from x = 1/2 but for p, in 40 digits."""
    with mp.workdps(40):
        values = {"w": mpf(-6), "b": mpf(3), "x0": mpf(1) / 2} | {over: mpf(value)}
        w, b, x = values.values()
        slope = mpf(over == "x0")
        for _ in range(steps):
            source = {"b": 1, "w": x, "x0": 0}[over]
            x = 1 / (1 + mp.exp(-(w * x + b)))
            slope = x * (1 - x) * (w * slope + source)
        return abs(2 * (x - mpf(7) / 10) * slope)


def naive(w, b, epsilon, x, steps, shift=0.0):
    """The state after a number of steps."""
    return iterated(
        lambda x, b: (1.0 - epsilon) * x + epsilon * (1.0 / (1.0 + np.exp(-w * x - b)) + shift),
        x, steps, b,
    )  # fmt: skip


@pytest.mark.parametrize("end", LARGEST)
def test_a_two_cycle_has_a_wall_where_the_start_is_its_fixed_point(end):
    """Place, sides by the parity of T, and the largest gradient, which a grid misses."""
    found = landscape({"b": np.linspace(2.0, 4.0, 200)}, end)
    (wall,) = found.walls
    assert (wall.kind, wall.over, wall.values["b"].tolist()) == ("phase", "b", [3.0])
    below, above = (HIGH, LOW) if end % 2 == 0 else (LOW, HIGH)
    assert (wall.below[0], wall.above[0]) == pytest.approx((below, above), rel=1e-14)
    largest, at = LARGEST[end]
    assert found.largest_gradient.value == pytest.approx(largest, rel=1e-6)
    assert wall.largest_gradient[0] == pytest.approx(largest, rel=1e-6)
    assert wall.at[0] - 3.0 == pytest.approx(at - 3.0, rel=1e-3)
    assert wall.status.tolist() == [0]
    assert found.largest_gradient.on_grid < 1.0
    assert found.further_walls == ""


@pytest.mark.parametrize("end", LARGEST)
def test_the_largest_gradient_is_that_of_40_digits(end):
    """By thirds of the interval on the side of the wall on which it is."""
    largest, at = LARGEST[end]
    with mp.workdps(40):
        low, high = sorted((mpf(3), mpf(3) + 4 * (mpf(at) - 3)))
        for _ in range(100):
            third = (high - low) / 3
            if steepness(low + third, end) < steepness(high - third, end):
                low += third
            else:
                high -= third
    assert float(low) == at
    assert float(steepness(low, end)) == pytest.approx(largest, rel=1e-15)


@pytest.mark.parametrize(
    ("over", "between", "at"),
    [("w", (-8.0, -4.5), -6.0), ("x0", (0.0, 1.0), 0.5)],
)
@pytest.mark.parametrize("end", [50, 51])
def test_over_w_and_x0_the_wall_is_the_same_point(over, between, at, end):
    """And its sides and its largest gradient those of states beside it."""
    found = landscape({over: np.linspace(*between, 100)}, end)
    (wall,) = found.walls
    assert (wall.kind, wall.over, wall.values[over][0]) == ("phase", over, pytest.approx(at))
    for loss, side in ((wall.below, -1e-3), (wall.above, 1e-3)):
        values = {"w": -6.0, "x0": 0.5} | {over: at + side}
        x = naive(values["w"], 3.0, 1.0, values["x0"], 2000 + end)
        assert loss[0] == pytest.approx((0.7 - x) ** 2, abs=3e-4)
    # In 40 digits it is as steep as was found, and less so beside.
    offset = float(wall.at[0]) - at
    assert 0.0 < abs(offset) < 1e-7
    beside, there, beyond = (steepness(at + k * offset, end, over) for k in (0.9, 1.0, 1.1))
    assert max(beside, beyond) < there
    assert wall.largest_gradient[0] == pytest.approx(float(there), rel=1e-5)


@pytest.mark.long
@settings(max_examples=60)
@given(
    c=st.floats(0.05, 0.95),
    steep=st.floats(1.05, 4.0),
    u=st.sampled_from([0.0, -0.4, 0.3]),
    end=st.sampled_from([60, 61]),
)
def test_at_epsilon_1_the_wall_over_b_is_the_closed_form(c, steep, u, end):
    """b = ln(c/(1 - c)) - w (c + w' u) in mpmath; the loss on its sides that of naive states."""
    w = -steep / (c * (1.0 - c))
    x0 = c + u
    start = mpf(x0) - mpf(u)
    exact = float(mp.log(start / (1 - start)) - mpf(w) * (start + mpf(u)))
    over = {"b": [exact - 1.0, exact + 1.0]}
    (wall,) = landscape(over, end, w=w, x0=x0, u=u).walls
    size = abs(w) + abs(math.log(c / (1.0 - c)))
    assert wall.values["b"][0] == pytest.approx(exact, abs=4e-16 * size)
    assert wall.kind == "phase"
    for loss, side in ((wall.below, -1e-7), (wall.above, 1e-7)):
        x = naive(w, exact + side, 1.0, x0, 4000 + end, shift=u)
        assert loss[0] == pytest.approx((0.7 - x) ** 2, abs=1e-4)


def test_at_epsilon_1_there_is_no_other_jump():
    """At every w, the settled phase over b jumps on the wall alone, in a naive iteration."""
    rng = np.random.default_rng(18)
    walls = 0
    for _ in range(30):
        w, x0 = rng.uniform(-25.0, -2.0), rng.uniform(-0.2, 1.2)
        b = np.linspace(0.0, -w, 3001)
        state = naive(w, b, 1.0, np.full(b.size, x0), 1000)
        jumps = np.flatnonzero(np.abs(np.diff(state)) > 0.15)
        found = landscape({"b": b[[0, -1]]}, 50, w=w, x0=x0).walls
        # Beside a flip the cycle grows like a root, and its own wall is as low.
        places = [wall.values["b"][0] for wall in found if wall.size[0] > 0.3]
        assert len(places) == jumps.size
        for place, k in zip(places, jumps, strict=True):
            assert b[k] <= place <= b[k + 1]
        walls += len(places)
    assert walls > 10


def test_where_the_fixed_point_does_not_repel_there_is_no_wall():
    """w c (1 - c) < 1 - 2/epsilon is strict: up to the flip itself there is none."""
    c = 0.3
    for epsilon in (1.0, 0.5, 0.125):
        flip = (1.0 - 2.0 / epsilon) / (c * (1.0 - c))
        for factor, count in ((0.9, 0), (1.0 - 1e-9, 0), (1.0 + 1e-9, 1), (1.5, 1)):
            w = flip * factor
            b = math.log(c / (1.0 - c)) - w * c
            walls = landscape({"b": [b - 0.1, b + 0.1]}, 9, w=w, epsilon=epsilon, x0=c).walls
            assert len(walls) == count
    for x0 in (-0.1, 0.0, 1.0, 1.5):
        assert landscape({"b": [-9.0, 9.0]}, 9, x0=x0).walls == ()
    flow = doya.loss_landscape(doya.NeuronODE(-6.0), {"b": [2.0, 4.0]})
    assert (flow.walls, flow.further_walls) == ((), "")


@pytest.mark.long
def test_with_a_smaller_step_the_sides_are_those_of_the_cycle_or_unknown():
    """Known where states beside the wall settle in one 2-cycle; then naive states agree."""
    rng = np.random.default_rng(18)
    known = 0
    for end in (200, 201) * 8:
        epsilon, c = rng.uniform(0.5, 0.99), rng.uniform(0.2, 0.8)
        w = (1.0 - 2.0 / epsilon) / (c * (1.0 - c)) * rng.uniform(1.01, 3.0)
        b = math.log(c / (1.0 - c)) - w * c
        found = landscape({"b": [b - 0.1, b + 0.1]}, end, w=w, epsilon=epsilon, x0=c)
        (wall,) = [each for each in found.walls if each.steps == 0]
        assert "Further walls may exist" in found.further_walls or "no end" in found.further_walls
        if np.isnan(wall.below[0]):
            assert np.isnan(wall.size[0])
            continue
        known += 1
        for loss, side in ((wall.below, -1e-7), (wall.above, 1e-7)):
            x = naive(w, b + side, epsilon, c, 4000 + end)
            assert loss[0] == pytest.approx((0.7 - x) ** 2, abs=1e-3)
    assert 3 < known < 16


@pytest.mark.parametrize(
    ("over", "exact"),
    [
        ({"w": (-9.0, -2.0), "b": (-1.0, 5.0)}, lambda w, b: -0.5 * w),
        ({"x0": (0.1, 0.9), "b": (2.0, 4.0)}, lambda x0, b: np.log(x0 / (1 - x0)) + 6 * x0),
        ({"w": (-9.0, -2.0), "x0": (0.1, 0.9)}, lambda w, x0: None),
        ({"epsilon": (0.3, 1.0), "b": (-1.0, 5.0)}, lambda epsilon, b: np.full(b.size, 3.0)),
        ({"epsilon": (0.3, 1.0), "x0": (0.1, 0.9)}, lambda epsilon, x0: None),
        ({"epsilon": (0.3, 1.0), "w": (-9.0, -2.0)}, lambda epsilon, w: None),
    ],
)
def test_over_two_parameters_the_wall_is_a_curve_up_to_the_flip(over, exact):
    """On it the start is the fixed point; where it ends inside the range, the multiplier is -1."""
    axes = {name: np.linspace(*ends, 9) for name, ends in over.items()}
    (wall,) = landscape(axes, 21).walls
    assert wall.kind == "phase"
    values = {"w": -6.0, "b": 3.0, "epsilon": 1.0, "x0": 0.5} | wall.values
    w, b, epsilon, x0 = (values[name] for name in ("w", "b", "epsilon", "x0"))
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-w * x0 - b)), x0 + 0.0 * w, atol=1e-14)
    multiplier = 1.0 - epsilon + epsilon * w * x0 * (1.0 - x0)
    assert np.all(multiplier < -1.0 + 1e-12)
    place = exact(*wall.values.values())
    if place is not None:
        np.testing.assert_allclose(wall.values[wall.over], place, atol=1e-14)
    for k in (0, -1):
        inside = all(
            ends[0] + 1e-9 < wall.values[name][k] < ends[1] - 1e-9 for name, ends in over.items()
        )
        assert not inside or np.broadcast_to(multiplier, w_size(wall))[k] == pytest.approx(-1.0)
    assert np.all(wall.largest_gradient > 0.0)


def w_size(wall):
    return wall.values[wall.over].shape


@pytest.mark.long
def test_over_two_parameters_the_largest_gradient_is_on_the_wall():
    """At w = -8, b = 4 the multiplier is -2, the largest on the wall: 40 digits beside it."""
    over = {"w": np.linspace(-8.0, -3.0, 20), "b": np.linspace(1.5, 4.0, 20)}
    found = landscape(over, 21).largest_gradient
    assert found.at["w"] == -8.0
    assert found.on_grid < found.value

    def norm(b):
        with mp.workdps(40):
            x, by_b, by_w = mpf(1) / 2, mpf(0), mpf(0)
            for _ in range(21):
                new = 1 / (1 + mp.exp(8 * x - b))
                by_b = new * (1 - new) * (-8 * by_b + 1)
                by_w = new * (1 - new) * (-8 * by_w + x)
                x = new
            return abs(2 * (x - mpf(7) / 10)) * mp.hypot(by_b, by_w)

    assert found.value == pytest.approx(float(norm(mpf(found.at["b"]))), rel=1e-6)
    near = [norm(4 + (mpf(found.at["b"]) - 4) * mpf(k) / 20) for k in range(10, 40)]
    assert found.value >= 0.999 * float(max(near))


@pytest.mark.parametrize("over", ["b", "w", "x0"])
@pytest.mark.parametrize("end", [0, 1, 2, 120, 1000, 5000])
def test_a_wall_of_any_number_of_steps_has_an_answer(over, end):
    """Without a step there is nothing steep; from about 90 on doubles do not resolve it."""
    between = {"b": (2.0, 4.0), "w": (-7.0, -5.0), "x0": (0.2, 0.8)}[over]
    (wall,) = landscape({over: between}, end).walls
    assert wall.status.tolist() == [int(end > 90)]
    assert np.isfinite(wall.at).all()
    assert between[0] <= wall.at[0] <= between[1]
    if end > 90:
        jump = abs(wall.jump[0])
        assert wall.largest_gradient[0] >= 0.3 * jump / (200.0 * np.spacing(abs(wall.at[0])))


def test_it_is_said_where_further_walls_may_be():
    """Nowhere else: at epsilon = 1 the wall is the only one, and up to the flip there is none."""
    pulse = doya.Pulses([(2.0, 4.0, 0.1)])
    samples, changes, function = "two samples", "its input changes", "a function of time"
    for part, neuron, over, u in (
        ("", doya.NeuronMap(-6.0), {"b": (2.0, 4.0)}, None),
        ("", doya.NeuronMap(-6.0), {"b": (2.0, 4.0)}, 0.1),
        (changes, doya.NeuronMap(-6.0), {"b": (2.0, 4.0)}, pulse),
        ("", doya.NeuronMap(-3.9), {"b": (2.0, 4.0)}, pulse),
        ("", doya.NeuronMap(-11.9, epsilon=0.5), {"b": (2.0, 4.0)}, None),
        (samples, doya.NeuronMap(-12.1, epsilon=0.5), {"b": (2.0, 4.0)}, None),
        (changes, doya.NeuronMap(-12.1, epsilon=0.5), {"b": (2.0, 4.0)}, pulse),
        (samples, doya.NeuronMap(-6.0), {"epsilon": (0.1, 1.0)}, None),
        (samples, doya.NeuronMap(5.0, epsilon=0.5), {"w": (-20.0, 5.0)}, None),
        ("", doya.NeuronMap(5.0, epsilon=0.5), {"w": (-11.0, 5.0)}, None),
        ("", doya.NeuronMap(5.0, epsilon=0.5), {"b": (-3.0, -2.0)}, pulse),
        (function, doya.NeuronODE(5.0), {"b": (-3.0, -2.0)}, math.sin),
        ("", doya.NeuronODE(3.0), {"b": (-3.0, -2.0)}, math.sin),
        ("", doya.NeuronODE(5.0), {"b": (-3.0, -2.0)}, pulse),
    ):
        said = doya.loss_landscape(neuron, over, t_end=9, u=u).further_walls
        assert (part in said) if part else said == ""


def test_the_sensitivity_profile_resolves_the_wall():
    """d x(T)/db on the wall is (1 - mu**T) / (1 - mu) / 4, mu = -3/2."""
    profile = doya.sensitivity_profile(doya.NeuronMap(-6.0), 0.5, 51, between=(2.0, 4.0))
    at = int(np.argmax(profile.derivative["b"]))
    assert profile.value[at] == pytest.approx(3.0, abs=1e-8)
    assert profile.derivative["b"][at] == pytest.approx((1.0 + 1.5**51) / 10.0, rel=1e-3)


def test_the_command_lists_the_wall_and_says_what_it_does_not_search(here):
    options = "--dynamics map --w -6 --over b 2 4 --x0 0.5 --target 0.7"
    result = answer(f"landscape {options} --t-end 51 --json")["result"]
    (wall,) = result["walls"]
    assert (wall["kind"], wall["b"], wall["status"]) == ("phase", 3.0, 0)
    assert (wall["below"], wall["above"]) == pytest.approx((LOW, HIGH), rel=1e-14)
    assert result["max_gradient"]["value"] == pytest.approx(LARGEST[51][0], rel=1e-6)
    assert result["further_walls"] is None
    table = doya_(f"landscape {options} --t-end 51 -o a.csv").stdout
    assert "phase  3  " in table
    assert "no wall" not in table
    assert made_again(f"landscape {options} --t-end 51 --points 9")

    sentence = (
        "The map has w < 0 and epsilon < 1: walls are searched for where the start reaches the"
        " fixed point within 50 steps.  Further walls may exist between two samples of the search,"
        " or between other attractors."
    )
    more = "--dynamics map --w -60 --epsilon 0.5 --over b -5 -1"
    assert answer(f"landscape {more} --points 9 --json")["result"]["further_walls"] == sentence
    said = in_a_line(doya_(f"landscape {more} --points 9 -o a.csv").stdout)
    sentence = sentence.replace("  ", " ")
    assert f"no wall was found for b from -5 to -1 {sentence}" in said
    # An attractor that is no 2-cycle has no jump of the loss that is known.
    more = "--dynamics map --w -30 --epsilon 0.5 --over b 7 8 --x0 0.281272"
    (wall,) = answer(f"landscape {more} --points 9 --json")["result"]["walls"]
    assert (wall["kind"], wall["jump"], wall["below"]) == ("phase", None, None)
    lines = doya_(f"landscape {more} --points 9 -o a.csv").stdout.splitlines()
    assert lines[5].split()[::2][:2] == ["phase", "unknown"]
    assert sentence in in_a_line(" ".join(lines))
    rows = doya_(f"landscape {more} --points 9 -o -").stdout.splitlines()
    read = csv.DictReader(row for row in rows if row[0] != "#")
    assert {float(row["b"]) for row in read} >= {*np.linspace(7.0, 8.0, 9)}


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def test_a_picture_names_the_wall_and_its_line_is_dash_dotted(ax):
    plots.draw_landscape(landscape({"b": np.linspace(2.0, 4.0, 50)}, 51), ax)
    assert "wall (phase) b = 3" in [text.get_text() for text in ax.texts]
    ax.figure.draw_without_rendering()
    no_text_is_over_another(ax.figure)


def test_a_plane_with_all_three_kinds_has_them_in_its_legend(ax):
    """One row of it, above the map; from 0.3 all kinds are between w = -8 and w = 8."""
    over = {"w": np.linspace(-8.0, 8.0, 60), "b": np.linspace(-4.0, 4.0, 60)}
    found = landscape(over, 20, x0=0.3)
    assert {wall.kind for wall in found.walls} == {"boundary", "fold", "phase"}
    plots.draw_landscape(found, ax)
    ax.figure.draw_without_rendering()
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["wall: boundary", "fold", "phase"]
    no_text_is_over_another(ax.figure)


def test_a_surface_with_sides_that_are_not_known_is_drawn():
    with matplotlib.rc_context(fname=plots.STYLE):
        ax = Figure().add_subplot(projection="3d")
        over = {"w": np.linspace(-34.0, -26.0, 9), "b": np.linspace(6.0, 9.0, 9)}
        found = landscape(over, 51, epsilon=0.5, x0=0.28127)
        assert np.isnan(found.walls[0].below).any()
        plots.draw_landscape_surface(found, ax)
        ax.figure.draw_without_rendering()


def test_over_w_a_start_below_0_changes_the_sides():
    """x0 = -1/2 under w' u = -1: the fixed point falls as w grows, through x0 at w = 2 b = -6.

    x' = sigma(w x + b) - 1, a thousand steps beside the wall.
    """
    neuron = doya.NeuronMap(b=-3.0)
    (wall,) = doya.loss_landscape(neuron, {"w": [-7.0, -5.0]}, -0.5, 50, 0.0, -1.0).walls
    assert (wall.kind, wall.values["w"].tolist()) == ("phase", [-6.0])
    losses = []
    for w in (-6.0 - 1e-9, -6.0 + 1e-9):
        x = -0.5
        for _ in range(1000):
            x = 1.0 / (1.0 + math.exp(-w * x + 3.0)) - 1.0
        losses.append(x * x)
    assert [wall.below[0], wall.above[0]] == pytest.approx(losses, rel=1e-7)
    assert abs(losses[0] - losses[1]) > 0.5
