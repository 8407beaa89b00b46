"""Maps whose step is so small that 1 - eps, or a step of x, is lost in rounding."""

import math

import numpy as np
import pytest

import doya


@pytest.mark.each_third
@pytest.mark.parametrize("epsilon", [1e-8, 1e-12, 1e-15, 5e-17, 1e-40, 1e-98])
def test_a_step_below_the_rounding_of_1_has_the_cycles_of_its_limit(epsilon):
    """With eps w = -g and z' = z + g (x* - sigma(z)): counts and multipliers by a naive search.

    The limit map is iterated on a grid of z, and F**3(z) - z bisected where its sign changes.
    """
    g, share = 60.0, 0.3
    rest = math.log(share / (1.0 - share))  # z*, to 1 part in w

    def step(z):
        return z + g * (share - 1.0 / (1.0 + np.exp(-z)))

    def thrice(z):
        return step(step(step(z))) - z

    low = np.linspace(-60.0, 60.0, 2_000_001)
    low, high = (each[np.sign(thrice(low[:-1])) != np.sign(thrice(low[1:]))] for each in
                 (low[:-1], low[1:]))  # fmt: skip
    for _ in range(60):
        middle = 0.5 * (low + high)
        same = np.sign(thrice(middle)) == np.sign(thrice(low))
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    low = low[np.abs(low - rest) > 1e-3]
    slopes = np.ones(low.size)
    for _ in range(3):
        level = 1.0 / (1.0 + np.exp(-low))
        slopes, low = slopes * (1.0 - g * level * (1.0 - level)), step(low)
    found = doya.cycles(doya.NeuronMap(-g / epsilon, share * g / epsilon, epsilon=epsilon), 3)
    assert 3 * len(found) == low.size
    multipliers = np.sort([cycle.multiplier for cycle in found])
    np.testing.assert_allclose(multipliers, np.sort(slopes)[::3], rtol=3e-6)


@pytest.mark.long
def test_no_map_however_small_its_step_is_without_an_answer():
    """Among them the one that divided by 1 - (1 - eps) = 0; beside W = 4 too."""
    rng = np.random.default_rng(5)
    assert doya.cycles(doya.NeuronMap(-1e17, 5e16, epsilon=5e-17), 2) == []
    for _ in range(150):
        epsilon = min(10.0 ** -rng.uniform(0.0, 99.0), 1.0 - 1e-16)
        beyond = 10.0 ** rng.choice([0.0, 1e-15, 0.5, 2.0])
        w = max(-4.0 * (1.0 - epsilon) / epsilon * beyond, -1e100)
        for _ in range(rng.integers(3)):
            w = max(float(np.nextafter(w, -np.inf)), -1e100)
        for b in (-0.5 * w, -w * rng.uniform(0.0, 1.0), rng.uniform(-1e100, 1e100)):
            for period in (1, 2, 3, 4):
                for cycle in doya.cycles(doya.NeuronMap(w, b, epsilon=epsilon), period):
                    assert np.all((cycle.x >= 0.0) & (cycle.x <= 1.0))
                    assert not math.isnan(cycle.multiplier)


@pytest.mark.each_third
@pytest.mark.parametrize("epsilon", [1e-6, 1e-10, 1e-14, 1e-16, 1e-40, 1e-98])
def test_periods_of_small_steps_are_those_of_the_limit(epsilon):
    """v' = v + g (x* - sigma(z* + v)) for eps -> 0, by a naive orbit of 30,000 steps.

    Their exponents too, to eps and 1e-6; and the states are x* plus v / w, nearly x*.
    """
    for g, share in ((5.0, 0.5), (8.5, 0.5), (8.5, 0.3), (12.0, 0.3), (20.0, 0.3), (60.0, 0.3)):
        z = math.log(share / (1.0 - share)) + 0.1
        states, growth = [], []
        for _ in range(30_000):
            level = 1.0 / (1.0 + math.exp(-z))
            states.append(z)
            growth.append(math.log(abs(1.0 - g * level * (1.0 - level))))
            z += g * (share - level)
        period = next((n for n in range(1, 65) if abs(states[-1 - n] - states[-1]) < 1e-9), 0)
        w, b = -g / epsilon, share * g / epsilon
        found = doya.orbit_diagram(
            doya.NeuronMap(w, b, epsilon=epsilon), "b", (b, b * (1.0 + 1e-15)), points=2
        )
        assert set(found.period.flat) == {period}
        if period:
            np.testing.assert_allclose(
                found.lyapunov, np.mean(growth[-period:]), rtol=0.0, atol=1e-6 + 100.0 * epsilon
            )
        else:
            assert np.all(found.lyapunov > 0.1)
        np.testing.assert_allclose(found.x, share, rtol=0.0, atol=100.0 * epsilon + 1e-15)
