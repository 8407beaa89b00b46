"""Bifurcations, orbits and cycles under an input inside sigma: those of the bias b + w' u."""

import math

import numpy as np
import pytest

import doya
from doya.kernels.machinery.compilation import compiled
from doya.kernels.map import input_sensitivities
from doya.kernels.map import sensitivities as map_sensitivities
from doya.kernels.map.led_lanes import BLOCK
from doya.kernels.map.tangents import ROWS

U, WEIGHT = -0.7, 0.5
LIFT = U * WEIGHT
FLOW = doya.NeuronODE(5.5, -2.6, input_weight=WEIGHT, input_to="bias")
MAP = doya.NeuronMap(5.5, -2.6, epsilon=0.6, input_weight=WEIGHT, input_to="bias")
FALLING = doya.NeuronMap(-20.0, 10.0, epsilon=0.5, input_weight=WEIGHT, input_to="bias")


def alike(neuron, over):
    """The neuron without input and its parameter, and the bias or parameter as a function."""
    if over == "u":
        return neuron.replace(input_to="state"), "b", lambda value: neuron.b + WEIGHT * value
    twin = neuron.replace(b=neuron.b + LIFT, input_to="state")
    return twin, over, lambda value: value + LIFT * (over == "b")


CASES = [
    (neuron, over)
    for neuron in (FLOW, MAP, FALLING)
    for over in ("b", "w", "u", *(("epsilon",) if neuron.dynamics == "map" else ()))
]


@pytest.mark.parametrize(("neuron", "over"), CASES)
def test_diagrams_are_those_of_the_bias(neuron, over):
    """Branches and special points, in the letters of the neuron with its input."""
    u = 0.0 if over == "u" else U
    found = doya.bifurcation_diagram(neuron, over, u=u, points=30)
    twin, own, moved = alike(neuron, over)
    same = doya.bifurcation_diagram(twin, own, tuple(map(moved, found.between)), points=30)
    assert len(found.branches) == len(same.branches)
    for branch, other in zip(found.branches, same.branches, strict=True):
        np.testing.assert_allclose(moved(branch.value), other.value, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(branch.x, other.x, rtol=1e-12)
        assert branch.stable == other.stable
    for point, other in zip(found.special_points, same.special_points, strict=True):
        assert point.kind == other.kind
        assert moved(point.value) == pytest.approx(other.value, rel=2e-15)
        assert point.x == pytest.approx(other.x, rel=1e-14)
        assert point.b + WEIGHT * point.u == pytest.approx(other.b, rel=1e-14)
        assert point.u == (point.value if over == "u" else U)
    assert len(found.motion().value) == len(same.motion().value)


def test_folds_over_the_input_are_those_of_section_3():
    """w = 5, b = -2.5: b + u at -2.344389661369312 and -2.655610338630688, x as there."""
    lower, upper = doya.bifurcation_points(doya.NeuronODE(input_to="bias"), "u")
    assert lower.value == pytest.approx(2.5 - 2.344389661369312, rel=1e-14)
    assert upper.value == pytest.approx(2.5 - 2.655610338630688, rel=1e-14)
    assert (lower.x, upper.x) == pytest.approx((0.27639320225002103, 0.72360679774997897))


def test_curves_move_by_the_input():
    """Fold and flip curves, cusp and regions are lower by w' u in b, with the same states."""
    for neuron in (FLOW, FALLING):
        found = doya.bifurcation_curves(neuron, u=U, points=30)
        twin = neuron.replace(input_to="state")
        same = doya.bifurcation_curves(twin, b=(-8.0 + LIFT, 1.0 + LIFT), points=30)
        for curve, other in zip(found.curves, same.curves, strict=True):
            np.testing.assert_allclose(curve.b + LIFT, other.b, rtol=1e-13, atol=1e-13)
            np.testing.assert_allclose(curve.x, other.x, rtol=1e-13)
        for region, other in zip(found.regions, same.regions, strict=True):
            assert (region.name, region.stable) == (other.name, other.stable)
        assert [point.b for point in found.special_points] == [-2.0 - LIFT]


@pytest.mark.parametrize("over", ["b", "w", "u", "epsilon"])
def test_orbits_and_cascades_are_those_of_the_bias(over):
    """Orbit diagram and bifurcations of cycles."""
    u, span = 0.0 if over == "u" else U, {"u": (-16.0, 16.0), "epsilon": (0.3, 0.6)}
    between = span.get(over, (-30.0, -10.0) if over == "w" else (2.0, 19.0))
    settings = {"points": 12, "transient": 300, "steps": 300}
    found = doya.orbit_diagram(FALLING, over, between, u=u, **settings)
    twin, own, moved = alike(FALLING, over)
    ends = tuple(map(moved, between))
    same = doya.orbit_diagram(twin, own, ends, **settings)
    np.testing.assert_array_equal(found.period, same.period)
    np.testing.assert_allclose(found.x, same.x, rtol=1e-9)
    points = doya.cycle_bifurcations(FALLING, over, between, u=u, points=12, longest=2)
    others = doya.cycle_bifurcations(twin, own, ends, points=12, longest=2)
    assert len(points) == len(others) > 0
    for point, other in zip(points, others, strict=True):
        assert moved(point.value) == pytest.approx(other.value, rel=1e-12)
        np.testing.assert_allclose(point.x, other.x, rtol=1e-7)


def test_cycles_and_exponents_are_those_of_the_bias():
    """The states of cycles are not shifted."""
    twin, _, _ = alike(FALLING, "w")
    for period in (1, 2, 3):
        found, same = doya.cycles(FALLING, period, u=U), doya.cycles(twin, period)
        assert len(found) == len(same)
        for cycle, other in zip(found, same, strict=True):
            np.testing.assert_array_equal(cycle.x, other.x)
    exponents = (
        doya.lyapunov_exponent(FALLING, u=U, steps=200, transient=100),
        doya.lyapunov_exponent(twin, steps=200, transient=100),
    )
    assert exponents[0] == exponents[1]


def test_an_input_without_weight_cannot_be_swept():
    """w = 0 is no obstacle inside sigma, w' = 0 is."""
    assert doya.bifurcation_diagram(doya.NeuronODE(w=0.0, input_to="bias"), "u").branches
    with pytest.raises(ValueError, match=r"must not be 'u' where w' = 0: .* the bias b \+ w' u"):
        doya.bifurcation_points(doya.NeuronODE(input_weight=0.0, input_to="bias"), "u")


def test_kernels_of_the_map_have_the_same_bits_interpreted_and_compiled():
    """70 neurons under inputs inside sigma: stretches long and short, epsilon small and 1."""
    rng = np.random.default_rng(3)
    n, lengths = 70, np.array([300, 1, 2, 40])
    epsilon = rng.choice([1.0, 0.3, 1e-5], n)
    rows = [rng.uniform(-12.0, 12.0, n), rng.uniform(-6.0, 6.0, n), epsilon, rng.normal(size=n)]
    u, x = rng.normal(size=(4, n)), rng.uniform(size=n)
    for kernel, more in (
        (map_sensitivities.iterate, [*np.full((2, n, 4), math.nan), np.empty((ROWS, BLOCK))]),
        (input_sensitivities.iterate, [*np.full((2, n), math.nan)]),
    ):
        early = [True] if kernel is map_sensitivities.iterate else []
        arguments = [*rows, u, True, lengths, *early, x.copy(), *more]
        lists = [each.tolist() if isinstance(each, np.ndarray) else each for each in arguments]
        kernel(*lists)
        compiled(kernel)(*arguments)
        for place in range(7 + len(early), 10 + len(early)):
            np.testing.assert_array_equal(lists[place], arguments[place])
