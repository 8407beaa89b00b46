"""The map where it settles slowly: near flips, whose multiplier is -1, and with small epsilons."""

import math
import os

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import oracles
from map_oracle import recursion

ULP = 2.0**-52
FLIP = oracles.flip_weight(10, 0.5)[1]


def settled(w, b, epsilon, near):
    """x*, dx*/db and dx*/dw in 60 digits, and the multiplier: of the fixed point near a state."""
    with mp.workdps(60):
        w, b, z = mpf(w), mpf(b), mpf(w) * mpf(near) + mpf(b)
        for _ in range(12):
            level = 1 / (1 + mp.exp(-z))
            z -= (z - w * level - b) / (1 - w * level * (1 - level))
        x = 1 / (1 + mp.exp(-z))
        pull = x * (1 - x) / (1 - w * x * (1 - x))
        return x, pull, x * pull, 1 - mpf(epsilon) * (1 - w * x * (1 - x))


def answers(neuron, x0, steps):
    """x, dx/db and dx/dw as `sensitivity` has them; all others have the same x."""
    found = doya.sensitivity(neuron, x0, steps, ("b", "w"))
    assert found.x == doya.final_state(neuron, x0, steps)
    assert found.x == doya.final_state(neuron, x0, steps, early_stop=False)
    times = sorted({0, steps // 3, steps // 2, steps})
    assert found.x == doya.simulate(neuron, x0, steps, times=times).x[-1]
    return [float(found.x), float(found.derivative["b"]), float(found.derivative["w"])]


@pytest.mark.parametrize(
    ("beside", "steps"), [(0.01, 30167), (1e-3, 300_000), (1e-4, 3_000_000), (2.0, 30_167)]
)
def test_settled_near_a_flip(beside, steps):
    """To a few roundings: 60 digits; x0 also on the double of the fixed point."""
    w = float(FLIP + mpf(beside))
    neuron = doya.NeuronMap(w, 10.0, epsilon=0.5)
    for x0 in (0.3, float(doya.equilibria(neuron).x[0])):
        found = answers(neuron, x0, steps)
        exact = settled(w, 10.0, 0.5, found[0])
        for value, truth in zip(found, exact, strict=False):
            assert abs(value - truth) <= 40 * ULP * abs(truth)


def test_settled_with_a_small_epsilon():
    """Exact in 60 digits: x 0.8816720707944960237, dx/db 0.21808829917152228."""
    neuron = doya.NeuronMap(5.0, -2.4, epsilon=1e-4)
    found = doya.sensitivity(neuron, 0.9, 1_000_000, ("b", "w"))
    exact = settled(5.0, -2.4, 1e-4, 0.9)
    assert mp.nstr(exact[0], 19) == "0.8816720707944960237"
    assert float(found.x) == pytest.approx(float(exact[0]), rel=8 * ULP, abs=0.0)
    assert float(found.derivative["b"]) == pytest.approx(float(exact[1]), rel=40 * ULP, abs=0.0)
    assert float(found.derivative["w"]) == pytest.approx(float(exact[2]), rel=40 * ULP, abs=0.0)
    surface = doya.loss_landscape(neuron, {"b": [-2.4, -2.3]}, x0=0.9, t_end=1_000_000)
    assert surface.x[0] == pytest.approx(float(found.x), rel=8 * ULP, abs=0.0)


def slow_maps(seed, n):
    """w, b, epsilon, x0: multipliers -1 + 1e-6 to -1 + 1e-1, then epsilons from 1e-8 to 0.25."""
    rng = np.random.default_rng(seed)
    flips = np.arange(n) % 2 == 0
    epsilon = np.where(
        flips, rng.choice([1.0, 0.9, 0.5, 0.2, 0.02], n), 10 ** rng.uniform(-8, -0.6, n)
    )
    point = rng.uniform(0.1, 0.9, n)
    slope = point * (1.0 - point)
    gap = 10.0 ** rng.uniform(-6.0, -1.0, n)
    w = np.where(flips, (gap - 2.0 + epsilon) / (epsilon * slope), rng.uniform(-6.0, 7.0, n))
    b = np.log(point / (1.0 - point)) - w * point
    return w, b, epsilon, np.where(flips, point + 0.02 * rng.normal(size=n), rng.uniform(size=n))


def conditions(w, b, epsilon, x0, steps):
    """How x, dx/db and dx/dw change by relative changes of w, b, epsilon and x0; in doubles.

    By their recursions: with s the derivatives by x0, b, w and epsilon, and h those of s_b and s_w.
    """
    x, s, h = x0, [1.0, 0.0, 0.0, 0.0], [[0.0] * 4, [0.0] * 4]
    for _ in range(steps):
        z = w * x + b
        level, rest = 1.0 / (1.0 + math.exp(-z)), 1.0 / (1.0 + math.exp(z))
        slope, bend = level * rest, level * rest * (rest - level)
        mu = 1.0 - epsilon + epsilon * w * slope
        for k in range(4):
            rise = w * s[k] + (0.0, 1.0, x, 0.0)[k]
            mu_k = epsilon * (w * bend * rise) + (0.0, 0.0, epsilon * slope, w * slope - 1.0)[k]
            pull = epsilon * bend * rise + (slope if k == 3 else 0.0)
            h[0][k] = mu * h[0][k] + mu_k * s[1] + pull
            h[1][k] = mu * h[1][k] + mu_k * s[2] + pull * x + epsilon * slope * s[k]
        sources = 0.0, epsilon * slope, epsilon * slope * x, level - x
        s = [mu * each + source for each, source in zip(s, sources, strict=True)]
        x = (1.0 - epsilon) * x + epsilon * level
    sizes = abs(x0), abs(b), abs(w), epsilon
    return [sum(abs(a) * size for a, size in zip(row, sizes, strict=True)) for row in (s, *h)]


def error_over_bound(w, b, epsilon, x0, steps):
    """The largest error of x, dx/db and dx/dw over what is documented; all steps in 60 digits.

    That is 1e-14 of the condition number, and 2e-14 (1 + |D|), D the answer.
    """
    found = answers(doya.NeuronMap(w, b, epsilon=epsilon), x0, steps)
    with mp.workdps(60):
        exact = recursion(w, b, epsilon, 1.0, x0, [0] * steps)
        worst = 0.0
        truths = exact.x, exact.by_b, exact.by_w
        for value, truth, size in zip(
            found, truths, conditions(w, b, epsilon, x0, steps), strict=True
        ):
            bound = 1e-14 * size + 2e-14 * (1 + abs(truth))
            worst = max(worst, float(abs(value - truth) / bound))
    return worst


@pytest.mark.each_third
@pytest.mark.parametrize("seed", range(12))
def test_slow_maps_are_right_to_the_documented_bound(seed):
    """Random maps near flips and with small epsilons, against all steps in 60 digits."""
    rows = slow_maps(seed, 2)
    for i in range(2):
        assert error_over_bound(*(float(row[i]) for row in rows), 300 + 50 * seed) <= 1.0


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("gap", "epsilon", "steps"), [(2e-3, 0.9, 6000), (3e-3, 0.5, 5000), (None, 1e-5, 9000)]
)
def test_thousands_of_steps_add_no_drift(gap, epsilon, steps):
    """Near a flip, by `gap`, and with a small epsilon, all steps in 60 digits."""
    point, x0 = (0.6, 0.61) if gap else (0.7, 0.2)
    w = (gap - 2.0 + epsilon) / (epsilon * point * (1.0 - point)) if gap else 3.0
    b = math.log(point / (1.0 - point)) - w * point
    assert error_over_bound(w, b, epsilon, x0, steps) <= 1.0


@pytest.mark.skipif("DOYA_SLOW_MAPS" not in os.environ, reason="takes minutes")
def test_two_thousand_slow_maps_are_right_to_the_documented_bound():
    """The same of as many maps as the environment variable DOYA_SLOW_MAPS says, 10 to 4,000 steps.

    The worst ratio is printed.
    """
    n = int(os.environ["DOYA_SLOW_MAPS"])
    rows, steps = slow_maps(100, n), 10 ** np.random.default_rng(7).uniform(1.0, 3.6, n)
    ratios = [error_over_bound(*(float(row[i]) for row in rows), int(steps[i])) for i in range(n)]
    print(f"worst ratio of error to bound {max(ratios):.3f}, of map {int(np.argmax(ratios))}")
    assert max(ratios) <= 1.0


def test_derivatives_by_past_inputs_do_not_drift_with_a_small_epsilon():
    """With w = 0 they are eps (1 - eps)**k, k steps before the last, whatever T; 60 digits."""
    epsilon, steps = 1e-6, 20_000
    found = doya.sensitivity(doya.NeuronMap(0.0, epsilon=epsilon), 0.3, steps, "u").derivative["u"]
    with mp.workdps(60):
        first = mpf(epsilon) * (1 - mpf(epsilon)) ** (steps - 1)
    assert float(found[0]) == pytest.approx(float(first), rel=1e-13, abs=0.0)


def test_one_minus_epsilon_is_rounded_nowhere():
    """A start on a fixed point stays there, for any epsilon, in the neuron's step and in orbits."""
    for epsilon in (1e-3, 0.1, 0.2, 0.3, 0.7, 1.0):
        neuron = doya.NeuronMap(0.0, 0.0, epsilon=epsilon)
        assert float(neuron.step(0.5)) == 0.5
        assert doya.final_state(neuron, 0.5, 1000) == 0.5
    quick = doya.NeuronMap(-3.0, 1.0)
    level = 1.0 / (1.0 + math.exp(-(-3.0 * 1e-30 + 1.0)))
    assert float(quick.step(1e-30)) == pytest.approx(level, rel=2 * ULP)
