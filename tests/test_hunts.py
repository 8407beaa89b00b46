"""The largest gradient of maps with many walls: found where a naive scan finds one, or larger."""

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from shell import answer, doya_

RANGES = {"x0": (0.0, 1.0), "b": (0.0, 1.0), "w": (-2.0, 0.0), "epsilon": (0.2, 1.0)}


def naive(over, at, steps, target, w, b, epsilon, x0):
    """|dL/dp| at many values of one parameter, by the recursion s' = mu s + source."""
    values = {"w": w, "b": b, "epsilon": epsilon, "x0": x0} | {over: at}
    w, b, epsilon, x = (np.broadcast_to(values[name], at.shape) for name in values)
    s = np.full(at.shape, float(over == "x0"))
    for _ in range(steps):
        level = 1.0 / (1.0 + np.exp(-(w * x + b)))
        slope = level * (1.0 - level)
        source = {"x0": 0.0, "b": epsilon * slope, "w": epsilon * slope * x, "epsilon": level - x}
        s = (1.0 - epsilon + epsilon * w * slope) * s + source[over]
        x = (1.0 - epsilon) * x + epsilon * level
    return np.abs(2.0 * (x - target) * s)


def exact(over, at, steps, target, w, b, epsilon, x0):
    """The same at one value, in 60 digits."""
    with mp.workdps(60):
        values = {"w": w, "b": b, "epsilon": epsilon, "x0": x0} | {over: at}
        w, b, epsilon, x = (mpf(value) for value in values.values())
        s = mpf(over == "x0")
        for _ in range(steps):
            level = 1 / (1 + mp.exp(-(w * x + b)))
            slope = level * (1 - level)
            source = {"x0": 0, "b": epsilon * slope, "w": epsilon * slope * x, "epsilon": level - x}
            s = (1 - epsilon + epsilon * w * slope) * s + source[over]
            x = (1 - epsilon) * x + epsilon * level
        return abs(2 * (x - mpf(target)) * s)


def largest(over, axis, steps, target, w, b, epsilon, x0):
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    return doya.loss_landscape(neuron, {over: axis}, x0, steps, target).largest_gradient


def test_the_peak_at_the_fixed_point_of_a_falling_map_is_found_on_any_grid():
    """At epsilon = 1 dx(T)/dx0 has one peak, about mu**T: no lower bound.

    On the fixed point c of w = -9.85, b = 4.88 it is 2 |c - 0.855| |mu|**20, mu = w c (1 - c).
    """
    with mp.workdps(40):
        c = mp.findroot(lambda x: 1 / (1 + mp.exp(mpf(9.85) * x - mpf(4.88))) - x, mpf(0.5))
        at_c = float(2 * abs(c - mpf(0.855)) * abs(mpf(-9.85) * c * (1 - c)) ** 20)
    assert at_c == pytest.approx(4.81e7, rel=2e-3)
    values = 20, 0.855, -9.85, 4.88, 1.0, 0.5
    for points in (2, 3, 7, 100, 101, 1000):
        found = largest("x0", np.linspace(0.0, 1.0, points), *values)
        assert not found.is_lower_bound
        assert found.message == ""
        assert found.value >= at_c
        assert found.value == pytest.approx(float(exact("x0", found.at["x0"], *values)), rel=1e-6)
        # Beside it, as far as the peak is wide, all is lower.
        beside = found.at["x0"] + np.linspace(-1e-6, 1e-6, 2001)
        assert found.value >= (1.0 - 1e-6) * naive("x0", beside, *values).max()


@pytest.mark.each_third
@pytest.mark.parametrize("over", ["x0", "b", "w", "epsilon"])
def test_no_naive_scan_finds_a_steeper_place(over):
    """20,001 values each of random maps; and what is found is there in 60 digits.

    Of a peak that is nearly as narrow as doubles are, fewer digits are known.
    """
    rng = np.random.default_rng(["x0", "b", "w", "epsilon"].index(over))
    steeper = 0
    for k in range(8):
        epsilon = 1.0 if k % 4 == 0 else float(rng.uniform(0.3, 0.95))
        w = (4.0 - 8.0 / epsilon) * rng.uniform(1.05, 2.5)
        b, x0 = -w * rng.uniform(0.2, 0.8), rng.uniform(0.0, 1.0)
        values = int(rng.integers(10, 22)), float(rng.choice([0.855, 0.2])), w, b, epsilon, x0
        low, high = np.array(RANGES[over]) * {"b": -w, "w": -w}.get(over, 1.0)
        found = largest(over, np.linspace(low, high, int(rng.choice([2, 40]))), *values)
        scan = naive(over, np.linspace(low, high, 20_001), *values)
        assert found.value >= (1.0 - 1e-9) * scan.max()
        steeper += found.value > 2.0 * scan.max()
        assert low <= found.at[over] <= high
        rough = 1e-15 * found.value  # the part of its width that a unit in the last place is
        assert found.value == pytest.approx(
            float(exact(over, found.at[over], *values)), rel=max(1e-6, rough)
        )
        assert found.is_lower_bound == (over != "x0" or epsilon < 1.0)
    assert steeper > 0


def test_over_two_parameters_it_is_no_less_than_along_the_axes_through_it():
    """Naive scans of 20,001 values each through the place that was found."""
    neuron = doya.NeuronMap(-40.0, 20.0, epsilon=0.4)
    over = {"w": np.linspace(-44.0, -36.0, 9), "b": np.linspace(18.0, 22.0, 9)}
    found = doya.loss_landscape(neuron, over, 0.3, 18, 0.7).largest_gradient
    assert found.is_lower_bound
    place = {"w": -40.0, "b": 20.0, "epsilon": 0.4, "x0": 0.3} | found.at
    for name, axis in over.items():
        scan = naive(name, np.linspace(axis[0], axis[-1], 20_001), 18, 0.7, **place)
        assert found.value >= scan.max()


@pytest.mark.parametrize(
    ("neuron", "over", "bound"),
    [
        (doya.NeuronODE(5.0), {"b": (-3.0, -2.0)}, False),
        (doya.NeuronMap(5.0, epsilon=0.5), {"b": (-3.0, -2.0)}, False),
        (doya.NeuronMap(-11.9, epsilon=0.5), {"b": (2.0, 4.0)}, False),
        (doya.NeuronMap(-12.1, epsilon=0.5), {"b": (2.0, 4.0)}, True),
        (doya.NeuronMap(-6.0), {"b": (2.0, 4.0)}, True),
        (doya.NeuronMap(5.0), {"w": (-6.0, 5.0)}, True),
        (doya.NeuronMap(-6.0), {"x0": (0.0, 1.0)}, False),
    ],
)
def test_a_lower_bound_is_said_to_be_one(neuron, over, bound):
    """Where the map may oscillate; not over x0 at epsilon = 1, where there is one peak."""
    found = doya.loss_landscape(neuron, over, t_end=9).largest_gradient
    assert found.is_lower_bound == bound
    assert ("lower bound" in found.message) == bound


@pytest.mark.long
def test_in_chaos_after_many_steps_there_is_an_answer():
    """Where slopes leave all doubles behind; finite or infinite, it is no less than the grid's."""
    for end in (200, 5000):
        landscape = doya.loss_landscape(
            doya.NeuronMap(-100.0, 10.0, epsilon=0.5), {"b": (5.0, 15.0)}, t_end=end
        )
        found = landscape.largest_gradient
        assert found.value >= found.on_grid
        assert found.value > 1e20
        assert 5.0 <= found.at["b"] <= 15.0


def test_the_command_says_that_it_is_a_lower_bound(here):
    more = "landscape --dynamics map --w -30 --b 15 --epsilon 0.5 --over x0 0 1 --t-end 20"
    assert answer(f"{more} --points 9 --json")["result"]["max_gradient"]["is_lower_bound"]
    sentence = "The largest gradient is a lower bound: within the ranges the loss may be steeper"
    assert sentence in doya_(f"{more} --points 9").stdout
    plain = "landscape --w 5 --over b -3 -2 --t-end 20 --points 9"
    assert sentence not in doya_(plain).stdout
