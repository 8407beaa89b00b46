"""What orbits of the map come to over a parameter: periods, states, exponents, how many."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
import oracles
import orbit_oracle
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery import running
from doya.kernels.map.attractors import MOST_PERIOD
from doya.orbits.attractors import attracting_cycles
from doya.orbits.diagrams import led_along

SEED = np.random.default_rng(6)


def random_neurons(count):
    """Parameters of maps of which most have two critical points, as arrays."""
    w, epsilon = -SEED.uniform(4.0, 120.0, count), SEED.uniform(0.1, 1.0, count)
    return w, -w * SEED.uniform(0.1, 0.9, count), epsilon


@pytest.mark.long
def test_periods_are_those_of_long_orbits():
    """Wherever a plain orbit of 40,000 steps repeats, the diagram tells the same period."""
    missed, cycles = 0, 0
    for w, b, epsilon in zip(*random_neurons(8), strict=True):
        diagram = doya.orbit_diagram(
            doya.NeuronMap(w=w, epsilon=epsilon), "b", (0.1 * b, b), points=40, x0=0.3, steps=16
        )
        true = orbit_oracle.settled_period(np.full(40, 0.3), w, diagram.value, epsilon)
        cycles += np.count_nonzero(true)
        told = diagram.period[0]
        np.testing.assert_array_equal(told[true > 0], true[true > 0])
        missed += np.count_nonzero((true == 0) & (told > 0))
    assert cycles > 120
    assert missed < 0.02 * cycles  # slow to settle: the oracle has not yet seen them repeat


def test_states_of_a_cycle_are_exact_and_tell_the_exponent():
    """States and exponents of cycles against 40 digits, within rounding and what is told."""
    neuron = doya.NeuronMap(w=-50.0, epsilon=0.5)
    diagram = doya.orbit_diagram(neuron, "b", (0.0, 25.0), points=60)
    checked = 0
    for k, (b, period) in enumerate(zip(diagram.value, diagram.period[0], strict=True)):
        if period:
            states = diagram.x[0, k, :period]
            exact, start = orbit_oracle.multiplier(states.tolist(), -50.0, b, 0.5)
            assert abs(float(start - states[0])) < 1e-13
            truth = float(orbit_oracle.mp.log(abs(exact)) / int(period))
            off = abs(diagram.lyapunov[0, k] - truth)
            assert off <= 2.0 * diagram.lyapunov_error[0, k] + 1e-15
            np.testing.assert_array_equal(
                diagram.x[0, k, period:][: 2 * period], np.tile(states, 2)
            )
            checked += 1
    assert checked > 30


@pytest.mark.parametrize("beyond", [1e-3, 1e-4])
def test_the_error_covers_how_little_is_known_of_a_cycle_that_attracts_weakly(beyond):
    """Beside the flip, in 40 digits: rounding moves a state there by 1/(1 - abs(mu)) ulp."""
    _, flip = oracles.flip_weight(10.0, 0.5)
    between = (float(flip) + beyond, float(flip) + 2.0 * beyond)
    neuron = doya.NeuronMap(b=10.0, epsilon=0.5)
    diagram = doya.orbit_diagram(neuron, "w", between, points=20, transient=1000, steps=64, kept=64)
    assert (diagram.period[0] == 1).all()
    for w, found, error in zip(
        diagram.value, diagram.lyapunov[0], diagram.lyapunov_error[0], strict=True
    ):
        (z,) = oracles.equilibria(w, 10.0)
        mu = (1 + oracles.mpf(w) * oracles.sigmoid(z) * oracles.sigmoid(-z)) / 2
        assert abs(found - oracles.mp.log(-mu)) <= error
        assert error <= 1e-13 / (1.0 + mu)


def test_an_aperiodic_orbit_goes_on_as_the_map_says():
    """Where no cycle attracts each state follows from the one before."""
    neuron = doya.NeuronMap(w=-80.0, b=10.0, epsilon=0.5)
    diagram = doya.orbit_diagram(neuron, "w", (-82.0, -80.0), points=20)
    chaotic = diagram.period[0] == 0
    assert chaotic.any()
    x, w = diagram.x[0][chaotic], diagram.value[chaotic, np.newaxis]
    np.testing.assert_allclose(
        x[:, 1:], orbit_oracle.step(x[:, :-1], w, 10.0, 0.5), rtol=0.0, atol=1e-15
    )
    assert np.all(diagram.lyapunov[0][chaotic] > 0.1)
    assert np.all(diagram.lyapunov_error[0][chaotic] < 0.05)


def test_two_attractors_are_found_from_the_two_critical_points():
    """At b = 13.31 a 9-cycle attracts beside bands of chaos; at 13.25 there is one attractor."""
    diagram = doya.orbit_diagram(
        doya.NeuronMap(w=-50.0, epsilon=0.5), "b", (13.25, 13.31), points=2
    )
    assert diagram.attractors.tolist() == [1, 2]
    assert diagram.period.tolist() == [[9, 9], [9, 0]]


def test_two_cycles_of_one_period_are_two_attractors():
    """A bistable neuron has two fixed points, which attract from 0 and from 1."""
    diagram = doya.orbit_diagram(doya.NeuronMap(w=5.0), "b", (-3.0, -2.0), points=5)
    assert diagram.attractors.tolist() == [1, 1, 2, 1, 1]
    np.testing.assert_allclose(
        diagram.x[:, 2, 0], doya.equilibria(doya.NeuronMap(5.0, -2.5)).x[[0, 2]], rtol=1e-15
    )


@pytest.mark.long
@given(w=st.floats(-100.0, -5.0), share=st.floats(0.1, 0.9), epsilon=st.floats(0.2, 0.95))
def test_mirrored_neurons_have_mirrored_attractors(w, share, epsilon):
    """(x, b) -> (1 - x, -w - b) keeps periods, and turns cycles around."""
    found = [
        doya.orbit_diagram(
            doya.NeuronMap(w=w, epsilon=epsilon), "b", (b, b + 1e-9), points=2,
            transient=2000, steps=16, kept=64,
        )
        for b in (-w * share, -w - -w * share)
    ]  # fmt: skip
    one, other = (each.period[:, 0] for each in found)
    if np.all(one > 0) and np.all(np.abs(found[0].lyapunov[:, 0]) > 0.02):
        assert sorted(one) == sorted(other)
        lowest = sorted(found[0].x[row, 0].min() for row in (0, 1))
        highest = sorted(1.0 - found[1].x[row, 0].max() for row in (0, 1))
        np.testing.assert_allclose(lowest, highest, atol=1e-7)


@pytest.mark.parametrize("epsilon", [1.0, 0.3, 1e-6])
def test_hysteresis_shows_where_an_attractor_is_followed(epsilon):
    """At w = 5 the state led up jumps at the fold at -2.3444, led down at that at -2.6556."""
    neuron = doya.NeuronMap(w=5.0, epsilon=epsilon)
    diagram = doya.orbit_diagram(neuron, "b", (-3.0, -2.0), points=101, follow=True)
    up, down = diagram.x[:, :, 0]
    lower, upper = sorted(point.value for point in doya.bifurcation_points(neuron))[:2]
    np.testing.assert_array_equal(up > 0.5, diagram.value > upper)
    np.testing.assert_array_equal(down > 0.5, diagram.value > lower)
    assert diagram.rows == ("up", "down")
    between = (diagram.value > lower) & (diagram.value < upper)
    np.testing.assert_array_equal(diagram.attractors == 2, between)


def test_a_fixed_point_that_lost_its_stability_is_not_followed():
    """Over epsilon the fixed point does not move, yet the followed state leaves it at the flip."""
    neuron = doya.NeuronMap(w=-12.0, b=6.0)
    diagram = doya.orbit_diagram(neuron, "epsilon", (0.3, 0.7), points=41, follow=True)
    np.testing.assert_array_equal(diagram.period[0], np.where(diagram.value > 0.5, 2, 1))


def test_a_nondecreasing_map_ends_in_its_equilibria_however_slow():
    """With eps = 1e-6, and beside a fold, no number of steps tells what is solved for.

    The fold of w = 5 is at b = ln(x/(1 - x)) - 5 x, x = (1 - sqrt(1/5))/2; there the other
    attractor has the eigenvalue -0.5214, both in 40-digit arithmetic.
    """
    low, high = -2.344389661369312 - 1e-9, -2.344389661369312 + 1e-9
    diagram = doya.orbit_diagram(
        doya.NeuronMap(w=5.0, epsilon=1e-6), "b", (low, high), points=2, transient=0
    )
    assert diagram.attractors.tolist() == [2, 1]
    np.testing.assert_allclose(diagram.lyapunov[1], -1e-6 * np.array([0.5214, 0.5214]), rtol=1e-3)


def test_starts_of_the_users_own():
    """x0 is the start at every value, a row each."""
    diagram = doya.orbit_diagram(
        doya.NeuronMap(w=5.0), "b", (-2.6, -2.4), points=3, x0=[0.1, 0.2, 0.9]
    )
    assert diagram.rows == ("x0 = 0.1", "x0 = 0.2", "x0 = 0.9")
    assert (diagram.x[:, 1, 0] > 0.5).tolist() == [False, False, True]
    assert diagram.attractors.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("neuron", "over", "between"),
    [
        (doya.NeuronMap(w=-1e6), "b", (-700.0, 700.0)),
        (doya.NeuronMap(w=-1e6, epsilon=0.5), "b", (-700.0, 1e6)),
        (doya.NeuronMap(w=-1e7, epsilon=1e-6), "b", (0.0, 1e7)),
        (doya.NeuronMap(w=1e6, epsilon=0.5), "b", (-700.0, 700.0)),
        (doya.NeuronMap(b=1e99, epsilon=0.5), "w", (-1e100, -1e99)),
        (doya.NeuronMap(w=-50.0, b=25.0), "epsilon", (1e-12, 1.0)),
    ],
)
@pytest.mark.parametrize("follow", [False, True])
def test_extreme_neurons_have_finite_answers(neuron, over, between, follow):
    """Steep, saturated and slow maps: finite states in [0, 1], finite exponents."""
    diagram = doya.orbit_diagram(neuron, over, between, points=9, transient=500, follow=follow)
    assert np.all((diagram.x >= 0.0) & (diagram.x <= 1.0))
    assert np.all(np.isfinite(diagram.lyapunov))
    assert np.all(diagram.lyapunov_error >= 0.0)
    assert np.all((diagram.attractors == 1) | (diagram.attractors == 2))


def test_the_bits_are_the_same_interpreted_and_compiled():
    """Cycles of many orbits and of one, and states led along, on either way."""
    w, b, epsilon = random_neurons(300)
    x = SEED.uniform(0.0, 1.0, 300)
    for _ in range(3000):
        x = orbit_oracle.step(x, w, b, epsilon)
    group = Ensemble(w, b, epsilon, np.zeros(300), x, np.zeros(1), np.zeros((1, 1)))
    answers = []
    for call in (running.as_machine_code, running.interpret):
        with running.always(call):
            led = led_along(w, b, epsilon, 500, 0.3, 1e-7)
            answers.append([*attracting_cycles(group), led])
    compiled, interpreted = answers
    for one, other in zip(compiled, interpreted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0 < np.count_nonzero(compiled[0]) < 300
    assert compiled[3].shape == (300, MOST_PERIOD)


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("neuron", "over", "between"),
    [
        (doya.NeuronMap(b=-2.0, epsilon=0.5), "w", (-1e6, -1e3)),
        (doya.NeuronMap(w=-1e6, b=1e5), "epsilon", (1e-6, 1e-4)),
        (doya.NeuronMap(w=-1156.0, epsilon=0.0924), "b", (731.0, 732.0)),
    ],
)
def test_no_cycle_that_is_told_repels(neuron, over, between):
    """However small the range of an orbit's states, a cycle's exponent is not positive."""
    diagram = doya.orbit_diagram(neuron, over, between, points=400, steps=16)
    cyclic = diagram.period > 0
    assert cyclic.sum() > 5
    assert np.all(diagram.lyapunov[cyclic] <= diagram.lyapunov_error[cyclic])


def test_a_cycle_beside_one_of_half_its_period_keeps_its_own():
    """At w = -3.1e5 states half a round apart are nearer than 1e-9, and 28 states repel.

    Iterated 40,000 steps in 60 digits: after 28 steps the state is 9.4e-10 away, after 56 the same;
    the mean of ln abs(multiplier) is -0.01721.
    """
    b = -2.2618463230119477
    neuron = doya.NeuronMap(w=-310978.7700361661, epsilon=0.4896487157755724)
    diagram = doya.orbit_diagram(neuron, "b", (b, b + 1e-9), points=2)
    assert set(diagram.period.flat) == {56}
    np.testing.assert_allclose(diagram.lyapunov, -0.0172, atol=1e-4)


@pytest.mark.long
def test_an_orbit_that_is_slow_to_end_is_no_attractor_of_its_own():
    """Beside b = 29.958 chaos lasts for some 10,000 steps before the orbit joins a 16-cycle.

    So does the naive loop `orbit_oracle.settled_period` of 200,000 steps.
    """
    diagram = doya.orbit_diagram(
        doya.NeuronMap(w=-100.0, epsilon=0.5), "b", (28.0, 30.0), points=1000, x0=[0.3, 0.5, 1e100]
    )
    k = int(np.abs(diagram.value - 29.95796).argmin())
    assert diagram.period[:, k].tolist() == [16, 16, 16]
    assert diagram.attractors[k] == 1


def test_superstable_cycles_have_the_exponent_of_their_exact_product():
    """At eps = 1 far in the tails ln sigma' is told where sigma' itself is below all doubles."""
    diagram = doya.orbit_diagram(doya.NeuronMap(w=-1e6), "b", (4e5, 6e5), points=2)
    assert diagram.period.tolist() == [[2, 2], [2, 2]]
    expected = [math.log(1e6) - 0.5 * 1e6] * 2
    np.testing.assert_allclose(diagram.lyapunov[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"over": "x0"}, "over must be 'b' or 'w' or 'epsilon' or 'u' for the map, got 'x0'"),
        ({"between": (1.0, 0.0)}, "between must have low < high for b, got 1.0 and 0.0"),
        ({"points": 1}, "points must be a whole number from 2 .* got 1"),
        ({"transient": -1}, "transient must be a whole number from 0"),
        ({"steps": 2}, "steps must be a whole number from 16"),
        ({"kept": 10}, "kept must be a whole number from 64"),
        ({"x0": [[0.1]]}, "x0 must be 1 to 100 states in a row"),
        ({"x0": []}, "x0 must be 1 to 100 states in a row"),
        ({"x0": [0.1, 0.2], "follow": True}, "x0 must be one state"),
        ({"x0": math.nan}, "x0 must be finite"),
        ({"points": 10**10}, "points asks for"),
    ],
)
def test_wrong_arguments_are_named(arguments, sentence):
    """One sentence with the argument and its range."""
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        doya.orbit_diagram(doya.NeuronMap(w=-50.0, epsilon=0.5), **arguments)


def test_only_single_maps_have_orbit_diagrams():
    """A flow and an ensemble are turned away."""
    with pytest.raises(ValueError, match="neuron must be a NeuronMap"):
        doya.orbit_diagram(doya.NeuronODE())
    with pytest.raises(ValueError, match="neuron must be one neuron"):
        doya.orbit_diagram(doya.NeuronMap(w=[1.0, 2.0]))
