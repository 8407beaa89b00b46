"""The flow under inputs that are large beside its state: tall, short pulses above all."""

import math
import pathlib

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import flow_oracle
import oracles
from doya.kernels.machinery import running

REFERENCE = pathlib.Path(__file__).parent / "references" / "large_inputs.npz"
TALL = doya.Pulses([(1.0, 1.0 + 2.0**-30, 2.0**29)])
# x(10) and its derivatives by x0, b and w for w = 5, b = -2.5, x0 = 1/8 under this pulse, from
# flow_oracle.large_pulses.
AT_10 = 0.83397585741161542241
BY_X0, BY_B, BY_W = 0.18390125396259750949, 0.60960424466457312612, 0.44986544761934950847
NEURON = doya.NeuronODE(5.0, -2.5)


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as data:
        return dict(data)


def test_sigma_counts_wherever_it_is_not_constant_to_rounding():
    """From z = 40 inwards, where sigma(-z) is 1e-17 and on the way 2e-9 and more, by `flow_oracle`.

    w = 40, b = 0, x(0) = 1 under u = -8, after 1/8.
    """
    x = doya.final_state(doya.NeuronODE(40.0, 0.0), 1.0, 0.125, -8.0)
    assert x == pytest.approx(0.05966785905787768585947, rel=4e-15, abs=0.0)


def cases(reference):
    """Neuron, x0, T and input of each case, with its number."""
    for i in range(reference["w"].size):
        pulses = [tuple(pulse) for pulse in reference["pulses"][i] if not np.isnan(pulse[0])]
        neuron = doya.NeuronODE(reference["w"][i], reference["b"][i])
        yield i, neuron, reference["x0"][i], reference["T"][i], doya.Pulses(pulses)


def test_a_tall_short_pulse_keeps_every_digit():
    """The state at the end and on a grid, and its derivatives."""
    assert doya.final_state(NEURON, 0.125, 10.0, TALL) == pytest.approx(AT_10, abs=1e-15)
    found = doya.sensitivity(NEURON, 0.125, 10.0, ("x0", "b", "w"), TALL)
    assert found.x == pytest.approx(AT_10, abs=1e-15)
    for name, value in (("x0", BY_X0), ("b", BY_B), ("w", BY_W)):
        assert found.derivative[name] == pytest.approx(value, rel=1e-14)
    times = [0.5, 1.0, 1.0 + 2.0**-32, 1.0 + 2.0**-31, 1.0 + 2.0**-30, 10.0]
    x = doya.simulate(NEURON, 0.125, 10.0, TALL, times=times).x
    assert x[-1] == pytest.approx(AT_10, abs=1e-15)
    # In 2^-30 nothing else moves the state by more than 1e-9.
    assert np.diff(x[1:5]) == pytest.approx([0.125, 0.125, 0.25], abs=2e-9)


@pytest.mark.long
def test_the_values_of_the_tall_short_pulse_are_what_the_oracle_computes():
    truth = flow_oracle.large_pulses(5.0, -2.5, 0.125, 10.0, [(1.0, 1.0 + 2.0**-30, 2.0**29)])
    for value, exact in zip((AT_10, BY_X0, BY_B, BY_W), truth, strict=False):
        assert abs(value - exact) < 1e-15


def test_losses_and_training_see_the_same_state():
    """loss_landscape and train go through the derivatives."""
    over = {"b": np.array([-2.5, -2.4])}
    found = doya.loss_landscape(NEURON, over=over, x0=0.125, t_end=10.0, target=0.5, u=TALL)
    assert found.x[0] == pytest.approx(AT_10, abs=1e-15)
    slope = 2.0 * (AT_10 - 0.5) * BY_B
    assert found.gradient["b"][0] == pytest.approx(slope, rel=1e-13)
    training = doya.train(
        NEURON, x0=0.125, t_end=10.0, target=0.5, learning_rate=0.5, steps=1, u=TALL
    )
    assert training.parameters["b"][-1] == pytest.approx(-2.5 - 0.5 * slope, abs=1e-14)


def test_the_same_bits_alone_and_in_an_ensemble():
    """Rows with a large input beside rows with a small one or none, interpreted and compiled."""
    rng = np.random.default_rng(29)
    w, b, x0 = rng.uniform(-9.0, 9.0, 3000), rng.uniform(-6.0, 3.0, 3000), rng.uniform(-1, 2, 3000)
    amplitude = rng.choice([-1.0, 0.0, 1.0], 3000) * 10.0 ** rng.uniform(-3.0, 12.0, 3000)
    ends = rng.choice([0.0, 0.5, 1.0, 1.0 + 1e-9, 1.0 + 1e-6, 7.0, math.inf], 3000)
    pulse = doya.Pulses([(1.0, 1.0 + 1e-6, amplitude)])
    neuron = doya.NeuronODE(w, b)
    with running.always(running.as_machine_code):
        x = doya.final_state(neuron, x0, ends, pulse)
        found = doya.sensitivity(neuron, x0, ends, ("x0", "b", "w"), pulse)
    assert np.isfinite(x).all()
    np.testing.assert_array_equal(found.x, x)
    for i in range(0, 3000, 97):
        alone, u = doya.NeuronODE(w[i], b[i]), doya.Pulses([(1.0, 1.0 + 1e-6, amplitude[i])])
        with running.always(running.interpret):
            assert doya.final_state(alone, x0[i], ends[i], u) == x[i]
            one = doya.sensitivity(alone, x0[i], ends[i], ("x0", "b", "w"), u)
        for name in ("x0", "b", "w"):
            assert one.log10_abs[name] == found.log10_abs[name][i]


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("size", [10.0, 1e5, 1e20, 1e60, 1e98])
@pytest.mark.parametrize("moved", [1e-6, 0.3, 40.0, 1e5])
def test_an_opposite_pulse_brings_the_state_back(sign, size, moved):
    """Of a neuron that w = 0 makes linear, and of one that does not see so short a time."""
    length = moved / size
    u = doya.Table([0.0, length, 2.0 * length], [sign * size, -sign * size, 0.0])
    level = float(oracles.sigmoid(1.0))
    with mp.workdps(120):
        gone = mp.exp(-mpf(length))
        half = 0.25 * gone + (level + sign * mpf(size)) * (1 - gone)
        exact = half * gone + (level - sign * mpf(size)) * (1 - gone)
        allowed = 1e-14 * max(1, abs(half))
        linear = doya.final_state(doya.NeuronODE(0.0, 1.0), 0.25, 2.0 * length, u)
        assert abs(linear - exact) <= allowed
        if size >= 1e20:
            x = doya.final_state(NEURON, 0.25, 2.0 * length, u)
            assert abs(x - exact) <= allowed


def test_large_inputs_end_where_30_digits_say(reference):
    """Within 1e-14 times the condition number, at all amplitudes, durations and sequences."""
    ratios = [
        abs(float(doya.final_state(neuron, x0, end, u)) - reference["x"][i])
        / reference["largest"][i]
        for i, neuron, x0, end, u in cases(reference)
    ]
    assert len(ratios) == 120
    assert max(ratios) <= 1e-14


def test_derivatives_under_large_inputs_are_exact_to_their_condition(reference):
    """Those beyond 1e-30, to what the rounding of z, in units of w x and b, makes of them."""
    compared = 0
    for i, neuron, x0, end, u in cases(reference):
        found = doya.sensitivity(neuron, x0, end, ("x0", "b", "w"), u)
        rounding = 1.0 + abs(neuron.b) + abs(neuron.w) * reference["largest"][i]
        for name in ("x0", "b", "w"):
            truth = reference[f"by_{name}"][i]
            if abs(truth) > 1e-30 and rounding < 1e10:
                compared += 1
                assert found.derivative[name] == pytest.approx(truth, rel=2e-14 * rounding)
    assert compared > 150


@pytest.mark.long
def test_the_reference_of_large_inputs_is_what_its_oracle_computes(reference):
    """Three of its cases again."""
    for i, neuron, x0, end, u in list(cases(reference))[::80]:
        digits = 60 + int(math.log10(max(abs(pulse[2]) for pulse in u.pulses)))
        x, *by, _ = flow_oracle.large_pulses(neuron.w, neuron.b, x0, end, u.pulses, digits)
        with mp.workdps(40):
            assert abs(reference["x"][i] - x) <= 2e-16 * abs(x)
            for name, exact in zip(("x0", "b", "w"), by, strict=True):
                assert abs(reference[f"by_{name}"][i] - exact) <= 2e-16 * abs(exact)
