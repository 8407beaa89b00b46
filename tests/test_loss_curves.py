"""The loss over one parameter: a curve that resolves its walls, and a refined minimum."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from doya.sensitivities.sweeps import MOST_ADDED

ODE, MAP = doya.NeuronODE(), doya.NeuronMap()
PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
# Largest |dL/db| of the geometric model by T, by references/largest.py.
LARGEST = {20.0: 116.056, 50.0: 211044.13, 100.0: 5.66312e10}


def landscape(points, t_end, neuron=ODE):
    return doya.loss_landscape(neuron, {"b": np.linspace(-3.0, -2.0, points)}, t_end=t_end)


@pytest.mark.parametrize("points", [2, 50, 101, 200, 201])
@pytest.mark.parametrize("t_end", LARGEST)
def test_the_curve_reaches_the_largest_gradient_on_any_grid(points, t_end):
    """The flow from 1/2 at w = 5, against references/largest.py."""
    curve = landscape(points, t_end).curve
    at = int(np.abs(curve.gradient["b"]).argmax())
    assert abs(curve.gradient["b"][at]) == pytest.approx(LARGEST[t_end], rel=1e-5)
    assert 0.0 < -2.5 - curve.value[at] < math.exp(-t_end / 4.0)


def slope(over, value, fixed, target, u):
    """dL/d(over) of the map step by step in 30 digits, for the exact doubles of its parameters."""
    at = {name: mpf(float(each)) for name, each in fixed.items()} | {over: value}
    w, b, epsilon, x = at["w"], at["b"], at["epsilon"], at["x0"]
    by = mpf(1 if over == "x0" else 0)
    for step in u:
        s = 1 / (1 + mp.exp(-w * x - b))
        own = {"w": epsilon * s * (1 - s) * x, "b": epsilon * s * (1 - s), "epsilon": s - x + step}
        by = (1 - epsilon + epsilon * s * (1 - s) * w) * by + own.get(over, 0)
        x = (1 - epsilon) * x + epsilon * (s + mpf(float(step)))
    return 2 * (x - mpf(float(target))) * by


def largest_between(low, high, *problem):
    """The largest size of the slope, where it rises and then falls between two values."""
    with mp.workdps(30):
        low, high = mpf(float(low)), mpf(float(high))
        for _ in range(45):
            third = (high - low) / 3
            sizes = [abs(slope(problem[0], at, *problem[1:])) for at in (low + third, high - third)]
            low, high = (low + third, high) if sizes[0] < sizes[1] else (low, high - third)
        return float(sizes[0])


STEPS = 40
DRIVEN = np.zeros(STEPS)
DRIVEN[5:8], DRIVEN[25:28] = 0.5, -0.5
MAPS = [
    ("b", (-3.0, -2.0), {}, None),
    ("w", (3.0, 7.0), {}, None),
    ("x0", (0.0, 1.0), {"epsilon": 0.7}, None),
    ("w", (3.0, 7.0), {"b": -2.4, "epsilon": 0.5}, None),
    ("b", (2.0, 4.0), {"w": -6.0}, None),
    ("epsilon", (0.1, 1.0), {"b": -2.4, "x0": 0.3}, DRIVEN),
    ("b", (-3.0, -2.0), {"x0": 0.145}, DRIVEN),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("over", "between", "changed", "u"), MAPS)
def test_each_wall_of_the_map_has_its_largest_gradient_on_the_curve(over, between, changed, u):
    """Within 1 % of a naive recursion in 30 digits, over each parameter and with several walls."""
    fixed = {"w": 5.0, "b": -2.5, "epsilon": 1.0, "x0": 0.5} | changed
    neuron = doya.NeuronMap(fixed["w"], fixed["b"], epsilon=fixed["epsilon"])
    found = doya.loss_landscape(
        neuron, {over: np.linspace(*between, 50)}, fixed["x0"], STEPS, 0.7, u
    )
    curve, driven = found.curve, np.zeros(STEPS) if u is None else u
    assert len(found.walls) == (2 if over == "epsilon" else 1)
    for wall in found.walls:
        (at,), (width,) = wall.at, wall.width
        reach = 0.5 * (width if np.isfinite(width) else 1e-6)
        near = np.abs(curve.value - at) <= reach
        drawn = np.abs(curve.gradient[over][near]).max()
        exact = largest_between(
            max(at - reach, between[0]), min(at + reach, between[1]), over, fixed, 0.7, driven
        )
        assert drawn == pytest.approx(exact, rel=0.01)


FLOWS = [
    ("b", (-3.0, -2.0), ODE, 0.5, None),
    ("b", (-3.0, -2.0), ODE, 0.9, None),
    ("w", (3.0, 7.0), ODE, 0.5, None),
    ("x0", (0.0, 1.0), ODE, 0.5, None),
    ("b", (-3.0, -2.0), ODE, 0.145, PULSES),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("over", "between", "neuron", "x0", "u"), FLOWS)
@pytest.mark.parametrize("points", [50, 201])
def test_neighbours_on_the_curve_of_a_flow_are_near(over, between, neuron, x0, u, points):
    """Lines through them miss nothing: steps of 4 % of the range of L, and of a factor of 2."""
    curve = doya.loss_landscape(neuron, {over: np.linspace(*between, points)}, x0, 45.0, u=u).curve
    assert np.all(np.diff(curve.value) > 0.0)
    assert np.abs(np.diff(curve.loss)).max() <= 0.04 * np.ptp(curve.loss)
    size, sign = np.log10(np.abs(curve.gradient[over])), np.sign(curve.gradient[over])
    assert np.abs(np.diff(size))[np.diff(sign) == 0.0].max() <= 0.31


def test_the_curve_has_the_values_of_the_grid_and_the_numbers_of_a_landscape():
    grid = np.linspace(-3.0, -2.0, 50)
    found = doya.loss_landscape(ODE, {"b": grid})
    curve = found.curve
    assert set(grid) <= set(curve.value)
    on_grid = np.isin(curve.value, grid)
    np.testing.assert_array_equal(curve.loss[on_grid], found.loss)
    again = doya.loss_landscape(ODE, {"b": curve.value})
    for name in ("loss", "x"):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))
    np.testing.assert_array_equal(again.gradient["b"], curve.gradient["b"])
    assert found.curve is curve


@pytest.mark.parametrize("points", [50, 101, 200, 201])
@pytest.mark.parametrize("x0", [0.5, 0.9])
def test_after_an_infinite_time_the_curve_is_interrupted_at_the_wall(points, x0):
    """NaN there, and on the neighbouring doubles the two limits, in closed form."""
    b = np.linspace(-3.0, -2.0, points)
    found = doya.loss_landscape(ODE, {"b": b}, x0, math.inf)
    curve, (wall,) = found.curve, found.walls
    (gap,) = np.flatnonzero(np.isnan(curve.loss))
    at = wall.values["b"][0]
    assert curve.value[gap - 1 : gap + 2].tolist() == [
        np.nextafter(at, -3.0), at, np.nextafter(at, 0.0)
    ]  # fmt: skip
    assert np.isnan([curve.x[gap], curve.gradient["b"][gap]]).all()
    # On a fold the settled state moves by the square root of an ulp.
    near = {"abs": 1e-13 if x0 == 0.5 else 1e-7}
    assert curve.loss[gap - 1] == pytest.approx(wall.below[0], **near)
    assert curve.loss[gap + 1] == pytest.approx(wall.above[0], **near)


@pytest.mark.long
def test_a_wall_with_chaos_beside_it_adds_a_limited_number_of_values():
    neuron = doya.NeuronMap(-100.0, 10.0, epsilon=0.5)
    found = doya.loss_landscape(neuron, {"b": np.linspace(9.0, 11.0, 101)}, t_end=50)
    assert found.curve.value.size <= 101 + 10 * len(found.walls) + MOST_ADDED + 1
    assert np.isfinite(found.curve.loss).all()


# The minimum.


@pytest.mark.parametrize("points", [2, 50, 101, 200, 201])
def test_over_one_parameter_the_minimum_is_refined(points):
    """x(50) = 0.855 at b = -2.4998985744: `flow_oracle`'s x(50) in 40 digits, bisected."""
    found = landscape(points, 50.0)
    assert found.minimum_is_refined
    assert found.minimum == {"b": pytest.approx(-2.4998985744, abs=5e-11), "loss": 0.0}
    assert found.minimum_on_grid["loss"] == found.loss.min() > 0.0


def test_a_minimum_that_misses_the_target_is_refined_too():
    """x(2) = sigma(w s + b), s = sigma(w x0 + b), is largest where 1 + w s (1 - s) = 0."""
    w, x0 = -12.0, 0.1
    s = 0.5 * (1.0 - math.sqrt(1.0 + 4.0 / w))
    b = math.log(s / (1.0 - s)) - w * x0
    largest = 1.0 / (1.0 + math.exp(-w * s - b))
    found = doya.loss_landscape(doya.NeuronMap(w), {"b": np.linspace(-3.0, 3.0, 7)}, x0, 2, 0.99)
    assert found.minimum["b"] == pytest.approx(b, abs=1e-7)
    assert found.minimum["loss"] == pytest.approx((0.99 - largest) ** 2, rel=1e-14)
    assert found.minimum["loss"] < found.minimum_on_grid["loss"]


def test_after_an_infinite_time_the_minimum_is_beside_the_jump():
    """The loss falls to (0.855 - x)^2 as b falls to the wall, x the upper equilibrium at -2.5."""
    upper = doya.equilibria(ODE).x[-1]
    minimum = landscape(200, math.inf).minimum
    assert minimum["b"] == np.nextafter(-2.5, 0.0)
    assert minimum["loss"] == pytest.approx((0.855 - upper) ** 2, abs=1e-15)


def test_over_two_parameters_the_minimum_is_that_of_the_grid():
    over = {"b": np.linspace(-3.0, -2.0, 9), "w": np.linspace(4.0, 6.0, 9)}
    found = doya.loss_landscape(ODE, over)
    assert not found.minimum_is_refined
    assert found.minimum == found.minimum_on_grid
    with pytest.raises(ValueError, match=r"A curve is over one parameter; .* over b, w"):
        _ = found.curve
