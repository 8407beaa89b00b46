"""Period doublings of equilibria: where they are, and on which side the 2-cycle lives."""

import numpy as np
import pytest
from mpmath import mpf

import doya
import oracles
import orbit_oracle

# Off -1, the multiplier where the 2-cycle is small and simulation still settles.
BESIDE = 0.02


@pytest.mark.parametrize("epsilon", [1.0, 0.5, 0.3])
def test_the_tip_and_both_flips_beyond_it_are_in_closed_form(epsilon):
    """Along w at b = -w/2 the tip is 4 (1 - 2/eps); both flips at 1.5 times that w, to 1e-14."""
    kappa = 1 - 2 / mpf(epsilon)
    (tip,) = doya.bifurcation_points(
        doya.NeuronMap(b=float(-2 * kappa), epsilon=epsilon), "w", (-1e3, 0.0)
    )
    assert tip.kind == "PD"
    assert tip.value == pytest.approx(float(4 * kappa), rel=1e-14)
    assert tip.x == pytest.approx(0.5, rel=1e-14)
    w = 1.5 * tip.value
    points = doya.bifurcation_points(doya.NeuronMap(w=w, epsilon=epsilon), "b")
    assert [point.kind for point in points] == ["PD", "PD"]
    for point, (x, b) in zip(points, oracles.flips(w, epsilon), strict=True):
        assert point.x == pytest.approx(float(x), rel=1e-14)
        assert point.value == pytest.approx(float(b), rel=1e-14)


def with_multiplier(mu, w, epsilon, upper):
    """Parameters of a map with a fixed point of this multiplier, above or below 1/2."""
    root = np.sqrt(1.0 - 4.0 * (mu - 1.0 + epsilon) / (epsilon * w))
    x = 0.5 * (1.0 + root) if upper else 0.5 * (1.0 - root)
    return w, np.log(x / (1.0 - x)) - w * x, epsilon


def flips_and_sides(count):
    """Flips along b, with the parameters of a neuron beyond each and of one before it."""
    rng = np.random.default_rng(3)
    for _ in range(count):
        epsilon = rng.uniform(0.1, 1.0)
        w = 4.0 * (1.0 - 2.0 / epsilon) * rng.uniform(1.05, 4.0)
        for point in doya.bifurcation_points(doya.NeuronMap(w=w, epsilon=epsilon), "b"):
            upper = point.x > 0.5
            sides = (with_multiplier(-1.0 + off, w, epsilon, upper) for off in (-BESIDE, BESIDE))
            yield point, *sides


def test_every_2_cycle_lives_on_the_side_that_the_coefficient_says():
    """All are supercritical: beyond the flip a 2-cycle attracts, of size sqrt(-(1 + mu) / c)."""
    points, beyond, before = zip(*flips_and_sides(40), strict=True)
    w, b, epsilon = np.array([beyond, before]).transpose(2, 0, 1)
    x = np.array([point.x for point in points]) + np.full((2, 1), 1e-4)
    for _ in range(2_000):
        x = orbit_oracle.step(x, w, b, epsilon)
    after = orbit_oracle.step(x, w, b, epsilon)
    assert np.all(np.abs(after - x)[0] > 1e-4)
    assert np.all(np.abs(after - x)[1] < 1e-12)
    for k, (point, parameters) in enumerate(zip(points, beyond, strict=True)):
        assert point.coefficient > 0.0
        there = doya.NeuronMap(*parameters[:2], epsilon=parameters[2])
        (cycle,) = doya.cycles(there, 2)
        assert cycle.stable
        np.testing.assert_allclose(np.sort([x[0, k], after[0, k]]), cycle.x, atol=1e-8)
        past = -1.0 - float(doya.equilibria(there).eigenvalue[0])
        half = 0.5 * abs(after[0, k] - x[0, k])
        assert half == pytest.approx(np.sqrt(past / point.coefficient), rel=0.1)
        there = doya.NeuronMap(*before[k][:2], epsilon=before[k][2])
        assert doya.cycles(there, 2) == []
        assert doya.equilibria(there).stable[0]
