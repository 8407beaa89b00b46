"""Flows at the edge of what doubles hold: very large weights, starts within ulps of equilibria."""

import math
from fractions import Fraction

import numpy as np
import pytest

import doya
from doya.kernels.machinery import running

SIGNS = (-1.0, 1.0)


def ulps_beside(rng, x):
    for _ in range(rng.integers(0, 6)):
        x = math.nextafter(x, rng.choice(SIGNS) * math.inf)
    return x


def hostile(rng):
    """w, b, x0 and T; b by the closed forms of equilibria and folds, rounded."""
    size = rng.uniform(-2.0, 3.0) if rng.uniform() < 0.3 else rng.uniform(0.0, 100.0)
    w = rng.choice(SIGNS) * 10.0**size
    kind = rng.choice(["equilibrium", "tail", "fold", "middle", "far", "any"])
    if kind == "fold":
        w = max(abs(w), 4.000001)
        x = 0.5 * (1.0 + math.sqrt(1.0 - 4.0 / w)) if w < 1e15 else 1.0
        x = rng.choice([x, 1.0 / w / x])
        rest = 1.0 / w / x if x > 0.5 else 1.0 - x
        b = ulps_beside(rng, math.log(x / rest) - w * x)
    elif kind == "far":
        b, x = rng.choice(SIGNS, 2) * 10.0 ** rng.uniform(-100.0, 100.0, 2)
    elif kind == "any":
        b, x = rng.normal(0.0, 10.0), rng.normal(0.0, 2.0)
    else:
        x = {"equilibrium": rng.uniform(), "middle": 0.5, "tail": 10.0 ** rng.uniform(-100.0, -0.1)}
        x = x[kind]
        b = math.log(x / (1.0 - x)) - w * x
    chance = rng.uniform()
    x0 = ulps_beside(rng, x)
    if chance < 0.1:
        x0 = x * (1.0 + rng.choice(SIGNS) * 10.0 ** rng.uniform(-16.0, 0.0))
    elif chance < 0.15:
        x0 = rng.choice(SIGNS) * 10.0 ** rng.uniform(-100.0, 100.0)
    end = 10.0 ** (rng.uniform(-300.0, 300.0) if rng.uniform() < 0.5 else rng.uniform(-3.0, 3.0))
    if rng.uniform() < 0.3:
        end /= max(1.0, abs(w))
    if rng.uniform() < 0.05:
        end = math.inf
    return [*np.clip([w, b, x0], -1e100, 1e100).tolist(), end]


def many(seed, count):
    rng = np.random.default_rng(seed)
    return np.array([hostile(rng) for _ in range(count)])


def as_a_switch(w, b, x0, end):
    """x(end), ln of its derivative by x0, and that by b, where sigma is a step; None where unknown.

    The state relaxes to the step's level until it crosses the threshold -b/w.  Unknown are starts
    within rounding of the threshold or where sigma is no step, and the two derivatives where the
    state stays on the threshold.
    """
    z0, threshold = Fraction(w) * Fraction(x0) + Fraction(b), -Fraction(b) / Fraction(w)
    steps = min(abs(b), abs(Fraction(w) + Fraction(b)))
    blur = Fraction(6e-14) * (abs(Fraction(b)) + abs(Fraction(w) * Fraction(x0)))
    if steps < 5000 or abs(z0) < max(2000, blur):
        return None
    level = int(z0 > 0)
    before, at = Fraction(x0) - level, threshold - level
    stays = level + float(before) * math.exp(-end), -end, 0.0
    if at * before <= 0 or abs(at) >= abs(before):
        return stays
    way = float((at - before) / before)
    crossing = -math.log1p(way) if way > -0.5 else math.log(before / at)
    if abs(end - crossing) <= 1e-6 * crossing:
        return None
    if end < crossing:
        return stays
    after = threshold - (1 - level)
    if at * after < 0:
        return float(threshold), None, None
    left = end - crossing
    if abs(after * Fraction(w)) * Fraction(min(left, 1.0)) < 5000:  # it hardly moves on
        return None
    log_gain = math.log(after / at) - end
    return (
        1 - level + float(after) * math.exp(-left), log_gain, math.exp(-left) / abs(w * float(at))
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_no_flow_runs_out_of_panels_however_hostile(seed):
    """Finite states between start and limit, and derivatives that are numbers, of 10,000 flows."""
    w, b, x0, end = many(seed, 5000).T
    neuron = doya.NeuronODE(w, b)
    found = doya.sensitivity(neuron, x0, end, ("x0", "b", "w"))
    limit = doya.final_state(neuron, x0, math.inf)
    low, high = np.minimum(x0, limit), np.maximum(x0, limit)
    slack = 1e-15 * np.maximum(1.0, abs(x0))
    assert ((low - slack <= found.x) & (found.x <= high + slack)).all()
    for name in ("x0", "b", "w"):
        assert not np.isnan(found.log10_abs[name]).any()
    assert (found.sign["x0"] >= 0.0).all()
    assert (found.sign["b"] >= 0.0).all()


@pytest.mark.long
def test_hostile_flows_are_right_where_a_switch_tells():
    """Beyond abs(w) = 1e8 against a step in exact fractions, to what its steepness allows."""
    compared = 0
    for w, b, x0, end in many(3, 8000):
        truth = as_a_switch(w, b, x0, end) if abs(w) > 1e8 else None
        if truth is None:
            continue
        compared += 1
        x, log_gain, by_b = truth
        steep = float(min(abs(b), abs(Fraction(w) + Fraction(b))))
        soft, exact = 2000.0 / steep, 1e-14 * abs(b) / steep
        found = doya.sensitivity(doya.NeuronODE(w, b), x0, end, ("x0", "b"))
        assert abs(found.x - x) <= 1e-14 * max(1.0, abs(x0)) + soft
        if log_gain is None or end == math.inf:
            continue
        ln_by = found.log10_abs["x0"] * math.log(10.0)
        assert abs(ln_by - log_gain) <= 1e-12 * (1.0 + end) + 50.0 * soft + exact
        if by_b > 1e-250:
            assert found.derivative["b"] == pytest.approx(by_b, rel=1e-9 + 50.0 * soft + exact)
    assert compared > 700


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("w", "b", "x0", "end"),
    [
        (1e24, -1.1700427342623009e19, 1.1700427342623004e-05, 1.0),
        (1.6612463774876582e45, -5.2128170295867164e35, 3.137895197381968e-10, 2.07e102),
        (9.593822160145452e57, -1.3434233103128777e51, 1.4003004098759632e-07, 2.06e-61),
        (6.8383184300205625e25, -4.603533673302739e18, 6.731967398729181e-08, 51.18495336836676),
        (1.120073000120627e93, -1.1200730001206271e93, 1.0000000000000002, 0.011883231198201576),
        (7.876017293615813e53, -125.10083228519477, 1.2696772527538617e-54, 2.0854762961376934e285),
        (11.640177391742586, -8.28030284776322, 0.9050810490799672, 1.0247215078655888e242),
        (92.91186347977894, -87.3910929946376, 0.9891187093029341, 1.3447101866273e264),
        (-7.141245691224352e77, -61069.09374402149, 1.5605200338856733, 5.769341061591246e266),
        (-6.6359730414155695e97, 0.21627504922023055, 0.5431531169233397, 3.5766163446112695e246),
    ],
)
def test_starts_within_ulps_of_an_equilibrium_end_somewhere(w, b, x0, end):
    """Rounding decides the side; each was without an answer once.  Machine code has the same."""
    neuron = doya.NeuronODE(w, b)
    with running.always(running.interpret):
        x = doya.final_state(neuron, x0, end)
        found = doya.sensitivity(neuron, x0, end, ("x0", "b", "w"))
    assert found.x == x
    limits = [x0, *doya.equilibria(neuron).x]
    assert min(limits) - 1e-15 <= x <= max(limits) + 1e-15
    ensemble = doya.NeuronODE(np.full(2000, w), b)
    with running.always(running.as_machine_code):
        np.testing.assert_array_equal(doya.final_state(ensemble, x0, end), x)
        many_times = doya.sensitivity(ensemble, x0, end, ("x0", "b", "w"))
    for name in ("x0", "b", "w"):
        assert not math.isnan(found.log10_abs[name])
        np.testing.assert_array_equal(many_times.log10_abs[name], found.log10_abs[name])


def test_a_short_way_through_a_steep_tail_keeps_its_derivatives():
    """The derivative by x0 is e^-T: sigma is 1, although a root of eigenvalue 1.5e14 is near."""
    neuron = doya.NeuronODE(613261359465767.2, -306630679732883.6)
    found = doya.sensitivity(neuron, 0.5000068242653032, 7.55849100547765e-14, "x0")
    assert found.derivative["x0"] == pytest.approx(math.exp(-7.55849100547765e-14), abs=1e-15)
