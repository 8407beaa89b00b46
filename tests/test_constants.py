"""Constants of the numerics, each by an answer that changes with it, known from a closed form."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import doya
from doya.kernels.flow.sensitivities import linear
from doya.landscapes.losses import Loss


def at(x, w, b):
    """sigma(w x + b) and sigma'(w x + b) of exact doubles."""
    level = 1 / (1 + mpmath.exp(-(mpf(w) * mpf(x) + mpf(b))))
    return level, level * (1 - level)


@pytest.mark.parametrize(("over", "between"), [("b", (-2.3, -2.299)), ("w", (4.9, 4.901))])
def test_points_of_a_short_branch_lie_on_the_curve_and_not_on_its_chord(over, between):
    """b = ln(x / (1 - x)) - w x at each of them; the branch is 0.006 long in z."""
    with mpmath.workdps(40):
        for branch in doya.bifurcation_diagram(doya.NeuronODE(), over, between, points=5).branches:
            for value, x in zip(branch.value.tolist(), map(mpf, branch.x.tolist()), strict=True):
                pulled = mpmath.log(x / (1 - x)) - (mpf(value) if over == "w" else 5) * x
                assert abs(pulled - (mpf(value) if over == "b" else mpf(-2.5))) < 3e-15


@pytest.mark.parametrize("d", [2.0**-30, -(2.0**-30), 2.0**-28])
def test_the_flow_creeps_to_the_cusp_as_a_cube(d):
    """At w = 4, b = -2, f = -4/3 d**3, so d(T) = d / sqrt(1 + 8/3 d**2 T): half after this T."""
    time = 9.0 / 8.0 / d**2
    assert doya.final_state(doya.NeuronODE(4.0, -2.0), 0.5 + d, time) == 0.5 + 0.5 * d


@pytest.mark.parametrize("growth", [-0.031, -0.0299, -0.01, -1e-3, 1e-3, 0.01, 0.0299, 0.031])
@pytest.mark.parametrize("off", [-0.140625, 2.0**-20, 2.0**-50])
def test_derivatives_beside_a_root_are_exact_for_short_times(growth, off):
    """s' = lambda s + sigma' (x + off e**(lambda t)), of which both terms are integrals."""
    rate, slope, x = math.copysign(0.375, growth), 0.125, 0.140625
    time = growth / rate
    with mpmath.workdps(40):
        g = mpf(rate) * mpf(time)
        by_b = slope * mpmath.expm1(g) / rate
        exact = x * by_b + off * slope * mpf(time) * mpmath.exp(g)
        _, found_b, found_w, _ = linear(rate, slope, x, off, time)
        assert abs(found_b / by_b - 1) < 1e-15
        assert abs(found_w / exact - 1) < (5e-14 if off == -x and abs(growth) > 0.03 else 2e-15)


@pytest.mark.parametrize("time", [0.001, 0.01, 0.0299, 0.0301, 0.2])
def test_the_derivative_by_w_from_0_is_exact_for_short_times(time):
    """With w = 0, x = sigma (1 - e**-t): dx/dw = sigma' sigma (1 - e**-T - T e**-T)."""
    with mpmath.workdps(40):
        level, slope = at(0.0, 0.0, -50.0)
        left = mpmath.exp(-mpf(time))
        exact = slope * level * (1 - left - mpf(time) * left)
        found = doya.sensitivity(doya.NeuronODE(0.0, -50.0), 0.0, time).derivative["w"]
        # b = -50 is a condition number of 100.
        assert abs(float(found) / exact - 1) < 1e-12


@pytest.mark.parametrize(("steps", "sign"), [(1, 1.0), (2, -1.0), (3, 1.0)])
def test_an_input_far_back_has_its_sign_where_the_slope_is_below_all_doubles(steps, sign):
    """mu = w sigma'(-800) at each step, sigma'(-800) = e**-800 to rounding; none at the last."""
    found = doya.sensitivity(doya.NeuronMap(-2000.0, -800.0), 1.0, steps, "u")
    decades = (steps - 1) * (math.log10(2000.0) - 800.0 / math.log(10.0))
    assert found.sign["u"][0] == sign
    assert found.log10_abs["u"][0] == pytest.approx(decades, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(("left", "settles"), [(0.05, True), (0.45, True), (0.55, False)])
def test_a_map_counts_as_settled_if_half_the_steps_halve_its_distance(left, settles):
    """With w = -4 (2 - delta), x* = 1/2 and mu = -(1 - delta); delta is chosen for 50,000 steps."""
    delta = -math.expm1(math.log(left) / 50_000)
    neuron = doya.NeuronMap(-4.0 * (1.0 - delta), 2.0 * (1.0 - delta))
    found = doya.settled_sensitivity(neuron, 0.5 + 1e-6 / left**2)
    # dx*/db = sigma' / (1 - w sigma'), sigma' = 1/4.
    exact = 0.25 / (2.0 - delta) if settles else math.nan
    assert found.derivative["b"] == pytest.approx(exact, rel=1e-12, nan_ok=True)


def test_a_loss_at_its_target_has_no_gradient_however_steep_x_is():
    """At b = -2.5, x0 = 1/2 stays, and dx/db = e**(T/4) - 1 is beyond doubles for T = 4000."""
    over = {"b": np.array([-2.5, -2.0])}
    for target, slope in ((0.5, 0.0), (0.75, -math.inf), (0.25, math.inf)):
        found = doya.loss_landscape(doya.NeuronODE(), over, 0.5, 4000.0, target)
        assert found.gradient["b"][0] == slope
        path = doya.train(doya.NeuronODE(), 0.5, 4000.0, target, steps=0)
        assert path.gradient["b"][0] == path.gradient_norm[0] * np.sign(slope) == slope
        # For ever, dx/db itself is infinite in any scale.
        path = doya.train(doya.NeuronODE(), 0.5, math.inf, target, steps=0)
        assert path.gradient["b"][0] == slope
        loss = Loss(doya.NeuronODE(), 0.5, 4000.0, target, None)
        assert loss.gradient(np.array([0.5]), {"b": np.array([math.inf])})["b"][0] == slope
    for end in (4000.0, math.inf):
        path = doya.train(doya.NeuronODE(), 0.5, end, 0.5, steps=5)
        assert path.loss.tolist() == [0.0] * 6


@pytest.mark.parametrize(
    ("rate", "sizes"),
    [
        (80.0, [80.0, 80.0, 80.0]),
        (45.0, [50.0, 50.0, 50.0]),
        (10.0, [12.0, 14.4, 17.28]),
        (40.0, [48.0, 50.0, 50.0]),
    ],
)
def test_steps_by_sign_grow_to_50_or_stay_at_a_larger_rate(rate, sizes):
    """At T = 0, x = x0: the sign of the gradient stays.  The first step is the rate."""
    path = doya.train(doya.NeuronODE(), 1000.0, 0.0, 0.0, "x0", rate, len(sizes) + 1, rule="sign")
    assert -np.diff(path.parameters["x0"]) == pytest.approx([rate, *sizes], rel=1e-14)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk4", 4)])
@pytest.mark.parametrize(("end", "step", "count"), [(2.1, 0.7, 3), (0.3, 0.1, 3), (2.2, 0.7, 4)])
def test_rounding_adds_no_step_to_those_that_fit(method, order, end, step, count):
    """2.1 / 0.7 is a hair more than 3 in doubles."""
    found = doya.simulate(doya.NeuronODE(), 0.3, end, method=method, step=step)
    assert found.t.tolist() == [*(k * step for k in range(count)), end]
    assert found.nfev == order * count
    straight = doya.simulate(doya.NeuronODE(), 0.3, end, method=method, step=step, times=[end])
    assert straight.nfev == order * count
