"""Closed forms against 60-digit arithmetic, where their terms nearly cancel and everywhere else.

The truth is `oracles.tangencies`: at given w and kappa = 1 - 2/epsilon (1 for folds) the
equilibrium has w x (1 - x) = kappa, and b = ln(x/(1 - x)) - w x.  Where w or epsilon is what is
asked for, the b of that curve a few units in the last place to either side must enclose the given
one: no equation is solved.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import oracles
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.wall_values import wall_bias, wall_weight

# Of each kind.  20,000 of each pass too, which takes a minute.
CASES = 1_000
UNITS = 4


@pytest.fixture(autouse=True)
def sixty_digits():
    with mp.workdps(60):
        yield


def units(value, truth):
    """The error in units in the last place of the truth."""
    return float(abs(mpf(value) - truth) / mpf(math.ulp(float(truth))))


def beside(value, count):
    """The double `count` units in the last place away."""
    return mpf(value) + count * mpf(math.ulp(value))


def small(rng, least):
    """A number from `least` to 1, its magnitude uniform."""
    return float(10.0 ** rng.uniform(math.log10(least), 0.0))


def steps(rng):
    """epsilon near 1, anywhere, and down to 1e-100."""
    kind = rng.integers(4)
    if kind == 0:
        return 1.0 - small(rng, 1e-16)
    return small(rng, 1e-100) if kind == 1 else 1.0 if kind == 2 else float(rng.uniform(0.02, 1.0))


def fold_weights(rng):
    """w beside the cusp, moderate, and up to 1e100."""
    kind = rng.integers(3)
    if kind == 0:
        return 4.0 + 4.0 * small(rng, 1e-15)
    return float(rng.uniform(4.0, 60.0)) if kind == 1 else 4.0 * small(rng, 1e-98) * 1e98


def flip_neurons(rng):
    """(w, epsilon): beside the tip, where b is nearly 0, moderate, and up to 1e100."""
    kind = rng.integers(4)
    if kind == 0:
        # b = -Z - kappa (1 - s) = 0 with s = tanh(Z/2), up to a few units in the last place
        big_z = float(rng.uniform(1.6, 30.0) if rng.random() < 0.5 else rng.uniform(30.0, 120.0))
        s = math.tanh(0.5 * big_z)
        kappa = -0.5 * big_z * (1.0 + s)
        w = kappa * (2.0 + 2.0 * math.cosh(big_z))
        return w * (1.0 + rng.integers(-3, 4) * 2.0**-52), 2.0 / (1.0 - kappa)
    epsilon = steps(rng)
    tip = 4.0 * (1.0 - 2.0 / epsilon)
    factor = (1.0 + small(rng, 1e-16), 1.0 / small(rng, 1e-3), 1e100 * small(rng, 1e-100))[kind - 1]
    return max(tip * max(factor, 1.0), -1e100), epsilon


def test_the_flip_at_which_four_thousand_units_were_lost():
    """b = 0.000784294632945262031, in 40-digit arithmetic from these doubles."""
    neuron = doya.NeuronMap(-5.867952473027938, epsilon=0.9999783296049114)
    flip = doya.bifurcation_points(neuron)[0]
    assert flip.value == 0.000784294632945262031
    assert flip.value == float(oracles.flips(neuron.w, neuron.epsilon)[0][1])


def test_flips_along_b_keep_every_digit():
    """However nearly -Z and -w sigma(-Z) cancel, and however close the tip is."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(CASES):
        w, epsilon = flip_neurons(rng)
        points = doya.bifurcation_points(doya.NeuronMap(w, epsilon=epsilon))
        inside = mpf(w) < 4 * (1 - 2 / mpf(epsilon))
        assert len(points) in ((2,) if inside else (0, 1))
        for point, (x, b) in zip(points, oracles.flips(w, epsilon) if inside else (), strict=False):
            assert units(point.value, b) <= 0.51, (w, epsilon)
            assert units(point.x, x) <= 0.51, (w, epsilon)
            found += 1
    assert found > CASES


def test_folds_and_walls_along_b_are_within_four_units():
    """And at the very double of a fold there are two equilibria, as `equilibria` promises."""
    rng = np.random.default_rng(2)
    w = np.array([fold_weights(rng) for _ in range(CASES)])
    w[w <= 4.0] = 5.0
    values = []
    for each in w.tolist():
        upper, lower = doya.bifurcation_points(doya.NeuronODE(each))
        values.append((upper.value, lower.value))
        truth = oracles.folds(each)
        for point, (x, b) in zip((upper, lower), truth, strict=True):
            assert max(units(point.value, b), units(point.x, x)) <= UNITS, each
        start = mpf(float(rng.random() if rng.random() < 0.5 else 0.5 + 0.5 * small(rng, 1e-15)))
        start = start if rng.random() < 0.5 else 1 - start
        if 0 < start < 1:
            start = mpf(float(start))
            x = min(max(start, truth[0][0]), truth[1][0])
            clipped = {truth[0][0]: truth[0][1], truth[1][0]: truth[1][1]}
            b = clipped[x] if x in clipped else mp.log(x / (1 - x)) - each * x
            assert units(wall_bias(each, float(start)), b) <= UNITS, (each, start)
    values = np.array(values)
    apart = values[:, 0] > values[:, 1]
    neurons = doya.NeuronODE(w[apart, np.newaxis], values[apart])
    assert np.all(doya.equilibria(neurons).count == 2)
    assert apart.sum() > 0.7 * CASES


def enclosed(b, edges):
    """Whether b lies within the range of these b."""
    return min(edges) <= b <= max(edges)


def test_folds_and_walls_along_w_are_within_four_units():
    """The fold at w - 4 units and w + 4 units has b on either side of the given one."""
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(CASES):
        kind = rng.integers(3)
        b = -2.0 - (small(rng, 1e-15), float(rng.uniform(0, 228)), 1e100 * small(rng, 1e-100))[kind]
        for point in doya.bifurcation_points(doya.NeuronODE(b=max(b, -1e100)), "w"):
            lower = point.x > 0.5
            ends = [beside(point.w, k) for k in (-UNITS, UNITS)]
            if ends[0] <= 4:  # the cusp is within reach, and both halves with it
                edges = [mpf(-2), *(edge for _, edge in oracles.folds(ends[1]))]
            else:
                edges = [oracles.folds(w)[lower][1] for w in ends]
            assert enclosed(point.b, edges), b
            found += 1
            start = small(rng, 1e-100) if rng.random() < 0.5 else float(rng.random())
            wall = wall_weight(point.b, start)
            x = mpf(start)
            truth = (mp.log(x / (1 - x)) - mpf(point.b)) / x
            if truth * x * (1 - x) > 1 + mpf(10) ** -14 and truth < 1e100:
                assert units(wall, truth) <= 0.51, (b, start)
            elif not math.isnan(wall) and (start > 0.5) == lower:
                assert abs(wall - point.w) <= UNITS * math.ulp(wall), (b, start)
    assert found > CASES


def test_flips_along_w_are_within_four_units():
    """The flip at w - 4 units and w + 4 units has b on either side of the given one."""
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(CASES):
        epsilon = steps(rng)
        kappa = 1 - 2 / mpf(epsilon)
        share = (-2, -1, 1)[rng.integers(3)]
        b = float(share * kappa * (1 + float(rng.choice([-1, 1])) * mpf(small(rng, 1e-17))))
        b = b if abs(b) <= 1e100 and rng.random() < 0.8 else float(rng.uniform(-240.0, 1e3))
        for point in doya.bifurcation_points(doya.NeuronMap(b=b, epsilon=epsilon), "w"):
            if point.kind == "PD":
                found += 1
                ends = [beside(point.w, k) for k in (-UNITS, UNITS)]
                there = [oracles.tangencies(w, kappa) for w in ends if w < 4 * kappa]
                if len(there) == 2:
                    edges = [pair[point.x > 0.5][1] for pair in there]
                else:  # the tip is within reach, and both halves with it
                    edges = [-2 * kappa, *(edge for pair in there for _, edge in pair)]
                assert enclosed(b, edges), (b, epsilon)
    assert found > CASES // 2


def test_flips_along_epsilon_are_within_four_units():
    """There is one just where b lies between the flips of epsilon = 1; its b encloses the given."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(CASES):
        beyond = small(rng, 1e-15), 50.0 * rng.random(), 1e99 * small(rng, 1e-99)
        w = max(-4.0 * (1.0 + beyond[rng.integers(3)]), -1e100)
        # b within the band of epsilon = 1, beside its edges more often than not
        (_, low), (_, high) = oracles.flips(w, 1.0)
        low, high = min(low, high), max(low, high)
        share = mpf(small(rng, 1e-17))
        b = float(low + (high - low) * (share if rng.random() < 0.5 else 1 - share))
        points = doya.bifurcation_points(doya.NeuronMap(w, b), "epsilon")
        assert len(points) == (low <= b <= high), (w, b)
        for point in points:
            found += 1
            ends = [beside(point.epsilon, k) for k in (-UNITS, UNITS)]
            there = [oracles.flips(w, end) for end in ends if w < 4 * (1 - 2 / end)]
            if len(there) == 2:
                edges = [pair[point.x > 0.5][1] for pair in there]
            else:
                edges = [-mpf(w) / 2, *(edge for pair in there for _, edge in pair)]
            assert enclosed(b, edges), (w, b)
    assert found > CASES // 2


@pytest.mark.parametrize("epsilon", [1.0, 0.9999783296049114, 0.3, 1e-3])
def test_points_of_the_curves_lie_on_them(epsilon):
    """Within four units of w the exact curve has a b within four units of the one given."""
    kappa = {"LP": mpf(1), "PD": 1 - 2 / mpf(epsilon)}
    tip = float(kappa["PD"])
    window = (10.0 * tip, 10.0), (-10.0, -11.0 * tip)
    found = doya.bifurcation_curves(doya.NeuronMap(epsilon=epsilon), *window)
    assert {curve.kind for curve in found.curves} == {"LP", "PD"}
    for curve in found.curves:
        level = kappa[curve.kind]
        for w, b, x in zip(curve.w.tolist(), curve.b.tolist(), curve.x.tolist(), strict=True):
            there = [beside(w, k) for k in (-UNITS, UNITS)]
            there = [oracles.tangencies(end, level) for end in there if end / level >= 4]
            halves = [x > 0.5] if len(there) == 2 else [False, True]
            edges = [pair[half][1] for pair in there for half in halves]
            reach = UNITS * math.ulp(b)
            assert min(edges) - reach <= b <= max(edges) + reach, (w, b)


def test_walls_under_an_input_keep_every_digit():
    """b = ln(c / (1 - c)) - w x0, c = x0 - w' u, or the fold's b - w w' u, also beside 0."""
    rng = np.random.default_rng(9)
    for _ in range(CASES // 4):
        w, c = fold_weights(rng), float(rng.uniform(0.01, 0.99))
        if w > 1e6:
            continue
        # Such that b is about 0, or anything.
        shift = float(rng.normal())
        if rng.integers(2):
            shift = float((mp.log(mpf(c) / (1 - mpf(c))) - w * mpf(c)) / w)
        x0 = c + shift
        exact = mpf(x0) - mpf(shift)
        if float(w * exact * (1 - exact)) >= 1.0 + 1e-9:
            truth = mp.log(exact / (1 - exact)) - mpf(w) * mpf(x0)
        elif float(w * exact * (1 - exact)) <= 1.0 - 1e-9:
            truth = oracles.folds(w)[1 if exact > 0.5 else 0][1] - mpf(w) * mpf(shift)
        else:
            continue
        assert units(wall_bias(w, x0, shift), truth) <= UNITS, (w, x0, shift)


def test_walls_between_phases_keep_every_digit():
    """b = ln(c / (1 - c)) - w x0 beside 0, where w < 0 makes its terms cancel."""
    rng = np.random.default_rng(10)
    for _ in range(CASES // 20):
        x0 = float(rng.uniform(0.05, 0.45))
        w = float(mp.log(mpf(x0) / (1 - mpf(x0))) / mpf(x0)) * (1.0 + small(rng, 1e-15))
        loss = Loss(doya.NeuronMap(w, 0.0), x0, 51.0, 0.7, None)
        truth = mp.log(mpf(x0) / (1 - mpf(x0))) - mpf(w) * mpf(x0)
        (found,) = phases.place(loss, "b", {})
        if not math.isnan(found):  # mu < -1
            assert units(found, truth) <= UNITS, (w, x0)
