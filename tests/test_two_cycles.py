"""Cycles of period 2 of the map along a parameter, against the map itself."""

import math

import numpy as np
import pytest

import doya

CASES = [
    (doya.NeuronMap(-10.0, epsilon=0.8), "b", None),
    (doya.NeuronMap(-9.0), "b", None),
    (doya.NeuronMap(b=3.0, epsilon=0.8), "w", (-30.0, 0.0)),
    (doya.NeuronMap(-10.0, 3.0), "epsilon", (0.1, 1.0)),
    (doya.NeuronMap(-600.0, 10.0, epsilon=0.5), "b", None),
    # Here cosh h is beyond the range of a double.
    (doya.NeuronMap(-1e4), "b", None),
    (doya.NeuronMap(b=4000.0, epsilon=0.9), "w", (-3e4, -5000.0)),
    (doya.NeuronMap(-1e4, 4000.0), "epsilon", (0.5, 1.0)),
    # Ranges that are small beside all 2-cycles, or wide beside those in them.
    (doya.NeuronMap(-6.0), "b", (2.99, 3.01)),
    (doya.NeuronMap(-6.0), "b", (3.0, 3.0 + 1e-9)),
    (doya.NeuronMap(b=10.0, epsilon=0.5), "w", (-600.0, 10.0)),
]


def sigma(z):
    return 1.0 / (1.0 + math.exp(-z)) if z > -700.0 else 0.0


@pytest.mark.parametrize(("neuron", "over", "between"), CASES, ids=str)
def test_each_state_of_a_two_cycle_is_the_step_from_the_other(neuron, over, between):
    """x' = (1 - eps) x + eps sigma(w x + b), in plain arithmetic; the two states differ."""
    diagram = doya.bifurcation_diagram(neuron, over, between)
    parameters = {name: float(getattr(neuron, name)) for name in ("w", "b", "epsilon")}
    count = 0
    for run in diagram.two_cycles:
        for value, one, other, multiplier in zip(*run[:4], strict=True):
            w, b, epsilon = (parameters | {over: value}).values()
            slopes = 1.0
            for start, end in ((one, other), (other, one)):
                s = sigma(w * start + b)
                assert (1.0 - epsilon) * start + epsilon * s == pytest.approx(end, abs=1e-9)
                slopes *= 1.0 - epsilon + epsilon * w * s * (1.0 - s)
            assert multiplier == pytest.approx(slopes, rel=1e-6, abs=1e-9)
            assert one < other
            assert diagram.between[0] <= value <= diagram.between[1]
            count += 1
    assert count > 50


def test_two_cycles_begin_at_the_flips_and_attract_between_them():
    """At w = -10 and epsilon = 0.8 the fixed point flips at b = 0.34673 and 9.6533 (`PD`)."""
    diagram = doya.bifurcation_diagram(doya.NeuronMap(-10.0, epsilon=0.8))
    flips = [point.value for point in diagram.special_points]
    (run,) = diagram.two_cycles
    assert run.stable
    assert [run.value[0], run.value[-1]] == pytest.approx(flips, abs=1e-3)
    assert np.abs(run.multiplier).max() < 1.0


@pytest.mark.parametrize("beyond", [1e-8, 1e-10, 1e-12])
def test_just_below_w_minus_4_all_attract_and_lie_between_the_flips(beyond):
    """The flips are the closed forms of `bifurcation_points`; no 2-cycle is beyond them."""
    diagram = doya.bifurcation_diagram(doya.NeuronMap(-4.0 - beyond, 2.0))
    first, last = sorted(point.value for point in diagram.special_points)
    (run,) = diagram.two_cycles
    assert run.stable
    assert first <= run.value[0] < run.value[-1] <= last


@pytest.mark.parametrize("w", [-1e6, -1e8, -1e12, -1e100])
def test_states_of_the_steepest_maps_are_between_0_and_1(w):
    """At epsilon = 1 each is the sigma of the other; the states of a 2-cycle lie in (0, 1)."""
    for run in doya.bifurcation_diagram(doya.NeuronMap(w)).two_cycles:
        assert run.low.min() >= 0.0
        assert run.high.max() <= 1.0
        assert np.all(run.low <= run.high)


def test_two_cycles_along_w_under_an_input_are_those_of_the_shifted_map():
    """x - w' u obeys the map with the bias b + w w' u; the steps are in plain arithmetic."""
    neuron = doya.NeuronMap(b=3.0, input_weight=1.0)
    runs = doya.bifurcation_diagram(neuron, "w", (-10.0, 0.0), u=0.3).two_cycles
    assert runs
    for run in runs:
        for w, low, high in zip(*run[:3], strict=True):
            assert sigma(w * low + 3.0) + 0.3 == pytest.approx(high, abs=1e-12)
            assert sigma(w * high + 3.0) + 0.3 == pytest.approx(low, abs=1e-12)


def test_a_default_range_far_below_the_tip_has_its_two_cycles():
    diagram = doya.bifurcation_diagram(doya.NeuronMap(b=-1.5, epsilon=0.3), "w")
    assert [point.kind for point in diagram.special_points] == ["PD"]
    assert diagram.two_cycles


def test_there_are_none_without_flips():
    """The flow has no cycle, nor has a map with w >= 4 - 8/epsilon."""
    assert doya.bifurcation_diagram(doya.NeuronODE(-10.0)).two_cycles == ()
    assert doya.bifurcation_diagram(doya.NeuronMap(-5.9, epsilon=0.8)).two_cycles == ()
    assert doya.bifurcation_diagram(doya.NeuronMap(5.0)).two_cycles == ()


@pytest.mark.parametrize("w", [-1e4, -1e6])
def test_two_cycles_of_steep_maps_are_found(w):
    """The states saturate at 0 and epsilon / (2 - epsilon) of the way, in closed form.

    With sigma(z) = 0 and 1: low = (1 - eps) high, and high = (1 - eps) low + eps.
    """
    epsilon = 0.8
    runs = doya.bifurcation_diagram(doya.NeuronMap(w, epsilon=epsilon)).two_cycles
    low, high = (np.concatenate([getattr(run, name) for run in runs]) for name in ("low", "high"))
    middle = low.size // 2
    expected = epsilon / (1.0 - (1.0 - epsilon) ** 2)
    assert high[middle] == pytest.approx(expected, rel=1e-3)
    assert low[middle] == pytest.approx((1.0 - epsilon) * expected, rel=2e-3)


def test_two_cycles_are_drawn_solid_where_they_attract():
    """Both states as thin lines; beyond the flip of the cycle they are dashed."""
    from matplotlib.figure import Figure

    neuron = doya.NeuronMap(-60.0, epsilon=0.5)
    diagram = doya.bifurcation_diagram(neuron)
    ax = Figure().subplots()
    doya.plots.draw_bifurcation_diagram(diagram, ax)
    styles = {run.stable for run in diagram.two_cycles}
    assert styles == {True, False}
    for run in diagram.two_cycles:
        lines = [line for line in ax.lines if np.array_equal(line.get_ydata(), run.low)]
        assert [line.get_linestyle() for line in lines] == ["-" if run.stable else "--"]
