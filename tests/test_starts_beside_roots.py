"""Flows that start within 3 ulp of the unstable equilibrium, against 160 digits (start_oracle)."""

import math

import numpy as np
import pytest

import doya
import start_oracle
from doya.kernels.flow import separations
from doya.kernels.machinery import running

LN_10 = math.log(10.0)


def cases(seed, count, largest):
    rng = np.random.default_rng(seed)
    return [start_oracle.case(rng, largest) for _ in range(count)]


@pytest.mark.long
@pytest.mark.parametrize(("largest", "count"), [(3.0, 60), (100.0, 60)])
def test_the_state_leaves_to_the_side_of_its_own_doubles_and_when_they_do(largest, count):
    """Whatever w from 10 to 1e100, though the equilibrium itself is known to its rounding only."""
    for w, b, x0, time, z in cases(1, count, largest):
        truth, *_ = start_oracle.flow(w, b, x0, time, z)
        assert doya.final_state(doya.NeuronODE(w, b), x0, time) == pytest.approx(
            truth, rel=0.0, abs=1e-13
        )


@pytest.mark.long
def test_derivatives_there_are_those_of_the_same_path():
    """In logarithms, to what the rounded state allows."""
    compared = 0
    for w, b, x0, time, z in cases(2, 80, 4.0):
        _, by_x0, by_b, ratio = start_oracle.flow(w, b, x0, time, z)
        if math.isnan(by_x0):
            continue
        compared += 1
        found = doya.sensitivity(doya.NeuronODE(w, b), x0, time, ("x0", "b", "w"))
        assert found.log10_abs["x0"] * LN_10 == pytest.approx(by_x0, abs=1e-7)
        assert found.log10_abs["b"] * LN_10 == pytest.approx(by_b, abs=1e-8)
        assert (found.log10_abs["w"] - found.log10_abs["b"]) * LN_10 == pytest.approx(
            math.log(ratio), abs=1e-8
        )
    assert compared > 30


@pytest.mark.long
def test_all_of_an_ensemble_are_answered_on_the_right_side():
    """The side is the sign of f in 160 digits.  3,000 pass too, which takes half a minute."""
    w, b, x0, _, z = zip(*cases(3, 300, 100.0), strict=True)
    with start_oracle.mp.workdps(start_oracle.DIGITS):
        upper = [
            start_oracle.mpf(start) > start_oracle.sigma(each)
            for start, each in zip(x0, z, strict=True)
        ]
    neuron = doya.NeuronODE(w, b)
    limit = doya.equilibria(neuron).x[np.arange(300), np.where(upper, 2, 0)]
    np.testing.assert_array_equal(doya.final_state(neuron, x0, math.inf), limit)
    found = doya.sensitivity(neuron, x0, 1.0)
    assert np.isfinite(found.x).all()
    for name in ("x0", "b", "w"):
        assert not np.isnan(found.log10_abs[name]).any()


def test_a_neuron_of_weight_1e22_falls_in_its_ensemble():
    """w x0 + b = -4089.8 in exact arithmetic: sigma is 0 and the state x0 e^-t."""
    neuron = doya.NeuronODE([5.0, 1e22], [-2.5, -2.080662903204292e19])
    x0 = [0.3, 0.002080662903204292]
    found = doya.simulate(neuron, x0, 1.0)
    assert found.status.tolist() == [0, 0]
    assert found.x[1, -1] == pytest.approx(0.000765433106096946, rel=1e-14)


def test_only_an_exact_equilibrium_keeps_its_start():
    """1/2 is one for b = -w/2; b an ulp less is a fall that takes ln(1e16)/lambda."""
    w = np.array([5.0, 7.0, 1e3, 1e50])
    assert (doya.final_state(doya.NeuronODE(w, -0.5 * w), 0.5, math.inf) == 0.5).all()
    lower = np.nextafter(-0.5 * w, -np.inf)
    assert (doya.final_state(doya.NeuronODE(w, lower), 0.5, math.inf) < 0.15).all()


def test_machine_code_has_the_same_bits():
    w, b, x0, time, _ = zip(*cases(4, 100, 100.0), strict=True)
    answers = []
    for call in (running.interpret, running.as_machine_code):
        with running.always(call):
            found = doya.sensitivity(doya.NeuronODE(w, b), x0, time)
        answers.append([found.x, *found.log10_abs.values()])
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize("seed", range(3))
def test_pairs_of_doubles_hold_30_digits(seed):
    """Products and sums exactly, exponentials to 1e-30, and f where all but 1e-25 cancels."""
    mp, mpf = start_oracle.mp, start_oracle.mpf
    rng = np.random.default_rng(seed)
    with mp.workdps(60):
        for _ in range(100):
            a, c = (float(rng.normal() * 10.0 ** rng.uniform(-20, 20)) for _ in range(2))
            assert sum(map(mpf, separations.two_product(a, c))) == mpf(a) * mpf(c)
            assert sum(map(mpf, separations.two_sum(a, c))) == mpf(a) + mpf(c)
            high = -(10.0 ** rng.uniform(-3, 2.3))
            pair = high, high * 2.0**-54 * rng.uniform(-1, 1)
            truth = mp.exp(mpf(pair[0]) + mpf(pair[1]))
            assert abs(sum(map(mpf, separations.exp_pair(pair))) / truth - 1) < 1e-30
            x = float(rng.uniform(0.001, 0.999))
            exact = mp.log(mpf(x) / (1 - mpf(x))) * (1 + mpf(10) ** int(rng.integers(-25, -5)))
            z = float(exact), float(exact - mpf(float(exact)))
            f = start_oracle.sigma(mpf(z[0]) + mpf(z[1])) - mpf(x)
            assert separations.exact_speed(z, x) == pytest.approx(float(f), rel=1e-3)
            assert abs(separations.exact_speed(z, x) - f) < 2e-30 + 1e-15 * abs(f)
    assert separations.exp_pair((0.0, 0.0)) == (1.0, 0.0)
