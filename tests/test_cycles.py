import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf
from scipy.optimize import brentq

import doya
import oracles
from cycle_oracle import BruteForce, once_around, refined, where_multiplier
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from strategies import biases, epsilons, folding_weights, weights

ULP = 2.0**-52
# Many cycles, with slopes that brute force can follow, in a window of period 3.
CHAOTIC = doya.NeuronMap(w=-60.0, b=10.0, epsilon=0.5)
# Three cycles of period 4 with one itinerary.
THREEFOLD = doya.NeuronMap(w=-63.903235, b=15.0242183, epsilon=0.63850989648)
# So steep that the falling branch is a jump, at x = 0.997, from 0.998 to 0.758.
STEEP = doya.NeuronMap(w=-1e6, b=9.97e5, epsilon=0.24)


def random_neurons(count):
    rng = np.random.default_rng(41)
    for k in range(count):
        if k % 4 == 0:  # any
            w, epsilon = rng.uniform(-60.0, 5.0), rng.choice([rng.uniform(0.3, 0.9), 1.0])
            b = -w * rng.uniform(0.0, 1.0) + rng.uniform(-3.0, 3.0)
        else:  # where many are chaotic
            w, epsilon, b = rng.uniform(-60.0, -25.0), rng.uniform(0.3, 0.7), rng.uniform(3.0, 12.0)
            b = b if k % 2 else -w - b
        yield doya.NeuronMap(float(w), float(b), epsilon=float(epsilon))


def steep_neurons(count):
    """Slopes of the iterates up to 1e17 and more, and eps down to 1e-6: nothing for brute force."""
    rng = np.random.default_rng(42)
    for _ in range(count):
        epsilon = rng.choice([rng.uniform(0.1, 0.9), 10.0 ** rng.uniform(-6, -1)])
        w = -4.0 * (1.0 - epsilon) / epsilon * 10.0 ** rng.uniform(0.5, 5.0)
        b = -w * 10.0 ** rng.uniform(-4, -0.5) + rng.uniform(-3.0, 10.0)
        yield doya.NeuronMap(float(w), float(b), epsilon=float(epsilon))


def allowed(neuron, x):
    """What rounding of z and of each state does to the states: a few ulp, times their condition."""
    w, b, epsilon = neuron.w, neuron.b, neuron.epsilon
    slope = sigmoid_slope(w * x + b)
    around = np.roll(np.eye(x.size), 1, axis=1) - np.diag(1.0 - epsilon + epsilon * w * slope)
    change = np.roll(x, -1) + epsilon * slope * (np.abs(b) + np.abs(w * x))
    return 4.0 * ULP * (np.abs(np.linalg.inv(around)) @ change + x)


def check_against_80_digits(neuron, cycle):
    """Each state and the multiplier are what doubles can tell of the exact ones."""
    w, b, epsilon = neuron.w, neuron.b, neuron.epsilon
    exact, multiplier = refined(w, b, epsilon, cycle.x)
    x = np.array(exact, dtype=float)
    off = [float(abs(mpf(value) - truth)) for value, truth in zip(cycle.x, exact, strict=True)]
    slope = sigmoid_slope(w * x + b)
    mu = 1.0 - epsilon + epsilon * w * slope
    bend = epsilon * w * w * slope * (1.0 - 2.0 * sigmoid(w * x + b))
    spread = np.sum(np.abs(bend / mu) * allowed(neuron, x)) + 10.0 * x.size * ULP
    assert np.all(off <= allowed(neuron, x))
    assert abs(mpf(cycle.multiplier) / multiplier - 1) <= 2.0 * spread


@pytest.mark.long
def test_brute_force_finds_the_same_cycles():
    """20 neurons, periods 1 to 6: none missing, none twice, at most two of all stable."""
    many = 0
    for neuron in random_neurons(20):
        brute, stable = BruteForce(neuron.w, neuron.b, neuron.epsilon), 0
        for period in range(1, 7):
            found, expected = doya.cycles(neuron, period), brute.cycles(period)
            assert len(found) == len(expected), (neuron, period)
            for cycle, x in zip(found, expected, strict=True):
                np.testing.assert_allclose(cycle.x, x, rtol=0.0, atol=1e-8)
            stable += sum(cycle.stable for cycle in found)
            many += len(found)
        assert stable <= 2
    assert many > 60


def test_states_and_multipliers_are_right_to_the_last_bits_that_rounding_leaves():
    """In 80 digits, for weights down to -1e10, multipliers up to 1e17 and periods up to 12."""
    rng = np.random.default_rng(43)
    checked = 0
    for neuron in itertools.chain(random_neurons(10), steep_neurons(20)):
        found = doya.cycles(neuron, int(rng.integers(2, 13)))
        for i in rng.permutation(len(found))[:2]:
            check_against_80_digits(neuron, found[i])
            checked += 1
    assert checked > 20


def test_each_state_leads_to_the_next():
    """F(x_i) - x_(i+1) in 40 digits, from the doubles themselves, is rounding."""
    found = doya.cycles(STEEP, 12)
    for cycle in found[::10]:
        x = [mpf(each) for each in cycle.x.tolist()]
        lags, slopes = once_around(mpf(STEEP.w), mpf(STEEP.b), mpf(STEEP.epsilon), x)
        for lag, slope in zip(lags, slopes, strict=True):
            assert abs(lag) <= 4 * ULP * (1 + abs(slope))


def test_a_steep_map_has_the_cycles_of_the_shift_on_two_letters():
    """After a jump the rising branch leads back to it in any number of steps: as many cycles of
    period n as primitive necklaces of n beads in two colours.
    """
    for period in range(2, 13):
        words = itertools.product("jr", repeat=period)
        necklaces = {min(word[k:] + word[:k] for k in range(period)) for word in words}
        shorter = [k for k in range(1, period) if period % k == 0]
        primitive = [
            word for word in necklaces if all(word != word[k:] + word[:k] for k in shorter)
        ]
        assert len(doya.cycles(STEEP, period)) == len(primitive)


@pytest.mark.parametrize("period", [7, 8])
def test_fixed_points_of_an_iterate_are_those_of_all_cycles_whose_period_divides(period):
    """Counted lap by lap."""
    count = sum(d * len(doya.cycles(CHAOTIC, d)) for d in range(1, period + 1) if period % d == 0)
    assert count == BruteForce(CHAOTIC.w, CHAOTIC.b, CHAOTIC.epsilon).fixed_points(period).size


steeply_negative = st.one_of(folding_weights, st.floats(4.0, 1e100)).map(lambda w: -w)


@given(w=st.one_of(steeply_negative, weights), part=st.floats(-0.1, 1.1), epsilon=epsilons)
def test_the_index_of_every_iterate_is_one(w, part, epsilon):
    """F**n - x crosses 0 once more downwards than upwards, whatever the neuron."""
    neuron = doya.NeuronMap(w, -part * w if abs(part * w) <= 1e100 else 0.0, epsilon=epsilon)
    for period in (2, 3, 4, 6):
        index = 0.0
        for divisor in (d for d in range(1, period + 1) if period % d == 0):
            for cycle in doya.cycles(neuron, divisor):
                sign = np.sign(cycle.multiplier) ** (period // divisor)
                index += divisor * np.sign(1.0 - sign * min(abs(cycle.multiplier), 2.0))
        assert index == 1.0


@given(w=weights, b=biases, epsilon=epsilons)
def test_states_are_states_whatever_the_magnitude(w, b, epsilon):
    """Within [0, 1], the smallest first, in order; at most one more is stable than unstable."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    for period in (1, 2, 3, 5):
        found = doya.cycles(neuron, period)
        for cycle in found:
            assert cycle.period == cycle.x.size == period
            assert np.all((cycle.x >= 0.0) & (cycle.x <= 1.0))
            assert cycle.x[0] == cycle.x.min()
            assert cycle.stable == (abs(cycle.multiplier) < 1.0) or period == 1
        smallest = [cycle.x[0] for cycle in found]
        assert smallest == sorted(smallest)


# Near b of a fold of cycles of the neuron w = -60, epsilon = 1/2, the side with two more, a state.
FOLDS = [(3, 5.2, 1), (3, 15.46, -1), (5, 3.85, 1), (6, 3.3, 1)]


@pytest.mark.parametrize(("period", "b", "side"), FOLDS)
def test_two_cycles_appear_in_a_fold(period, b, side):
    """1e-13 to either side of it; on its own double the pair is one."""
    near = doya.cycles(doya.NeuronMap(w=-60.0, b=b, epsilon=0.5), period)
    guess = min(near, key=lambda cycle: abs(cycle.multiplier - 1.0))
    x, fold = where_multiplier(-60.0, 0.5, period, 1, guess.x[0], b)
    found = []
    for offset in (-1e-13, 0.0, 1e-13):
        neuron = doya.NeuronMap(w=-60.0, b=float(fold) * (1.0 + side * offset), epsilon=0.5)
        cycles = doya.cycles(neuron, period)
        found.append([each for each in cycles if np.min(np.abs(each.x - float(x))) < 1e-3])
    assert [len(each) for each in found] == [0, 1, 2]
    assert sorted(cycle.stable for cycle in found[2]) == [False, True]
    assert found[1][0].multiplier == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("period", "b", "side"), FOLDS)
def test_the_pair_of_a_fold_is_told_apart_as_soon_as_rounding_lets_it(period, b, side):
    """20 ulp of b before the fold there is still one, as rounding moves it; 120 ulp past it two."""
    near = doya.cycles(doya.NeuronMap(w=-60.0, b=b, epsilon=0.5), period)
    guess = min(near, key=lambda cycle: abs(cycle.multiplier - 1.0))
    x, fold = where_multiplier(-60.0, 0.5, period, 1, guess.x[0], b)
    counts = []
    for ulps in (-20, 0, 20, 120):
        at = float(fold) + side * ulps * np.spacing(float(fold))
        cycles = doya.cycles(doya.NeuronMap(w=-60.0, b=at, epsilon=0.5), period)
        counts.append(sum(bool(np.min(np.abs(each.x - float(x))) < 1e-3) for each in cycles))
    assert counts[1:] == [1, 1, 2]
    assert counts[0] <= 1


def test_the_2_cycle_appears_in_the_flip_of_the_fixed_point():
    """The flip's b from its closed form; the amplitude grows as the square root."""
    _, flip = oracles.flips(-60.0, 0.5)[1]
    for offset in (1e-12, 1e-10, 1e-6):
        inside = doya.cycles(CHAOTIC.replace(b=float(flip) * (1.0 - offset)), 2)
        outside = doya.cycles(CHAOTIC.replace(b=float(flip) * (1.0 + offset)), 2)
        assert sorted([len(inside), len(outside)]) == [0, 1]
    (cycle,) = inside or outside
    assert cycle.stable
    assert 1e-4 < np.ptp(cycle.x) < 1e-2


def test_a_2_cycle_flips_to_a_4_cycle():
    """Where its multiplier is -1, in 40 digits."""
    (guess,) = doya.cycles(CHAOTIC.replace(b=2.15), 2)
    _, flip = where_multiplier(-60.0, 0.5, 2, -1, guess.x[0], 2.15)
    for offset in (1e-13, 1e-10, 1e-6):
        before = CHAOTIC.replace(b=float(flip) * (1.0 - offset))
        after = CHAOTIC.replace(b=float(flip) * (1.0 + offset))
        assert [each.stable for each in doya.cycles(before, 2)] == [True]
        assert [each.stable for each in doya.cycles(after, 2)] == [False]
        assert doya.cycles(before, 4) == []
        assert [each.stable for each in doya.cycles(after, 4)] == [True]


def test_the_cascade_of_period_doublings():
    """Along w at epsilon = 1/2, b = 10, its flips are known to 16 digits."""
    flips = [-13.70064427013690, -32.11485386147331, -36.86689451428006, -37.37305091890881]
    for period, w in zip((1, 2, 4, 8), flips, strict=True):
        (cycle,) = doya.cycles(doya.NeuronMap(w=w, b=10.0, epsilon=0.5), period)
        assert cycle.multiplier == pytest.approx(-1.0, abs=1e-12)


def critical_states(neuron):
    s = np.sqrt(1.0 - 4.0 * (1.0 - neuron.epsilon) / (neuron.epsilon * -neuron.w))
    return [(side * 2.0 * np.arctanh(s) - neuron.b) / neuron.w for side in (1.0, -1.0)]


@pytest.mark.each_third
@pytest.mark.parametrize("period", [2, 3, 5, 7, 8])
@pytest.mark.parametrize("critical", [0, 1])
def test_a_cycle_through_a_critical_point_is_there_once(period, critical):
    """Superstable to rounding: on its own double of b, and on those beside it."""

    def return_(b):
        neuron = doya.NeuronMap(w=-80.0, b=b, epsilon=0.4)
        x = start = critical_states(neuron)[critical]
        for _ in range(period):
            x = neuron.step(x)
        return x - start

    grid = np.linspace(0.0, 80.0, 1000)
    returns = np.array([return_(b) for b in grid])
    found = 0
    for i in np.flatnonzero(returns[:-1] * returns[1:] < 0.0)[:6]:
        b = brentq(return_, grid[i], grid[i + 1], xtol=1e-300, rtol=1e-15)
        if abs(return_(b)) > 1e-9:
            continue
        counts = set()
        for ulps in (-3000, -3, -1, 0, 1, 3, 3000):
            cycles = doya.cycles(
                doya.NeuronMap(-80.0, b + ulps * np.spacing(b), epsilon=0.4), period
            )
            tiny = [cycle for cycle in cycles if abs(cycle.multiplier) < 1e-4]
            counts.add((len(cycles), len(tiny)))
        assert len(counts) == 1
        found += counts.pop()[1] == 1
    assert found > 0


def test_a_cycle_through_both_critical_points_is_there_once():
    """On the line b = -w/2, where one critical point is the image of the other."""

    def lack(w):
        neuron = doya.NeuronMap(w, -0.5 * w, epsilon=0.5)
        one, other = critical_states(neuron)
        return neuron.step(one) - other

    exact = brentq(lack, -25.0, -15.0, xtol=1e-300, rtol=1e-15)
    for ulps in (-3000, -3, -2, -1, 0, 1, 2, 3, 3000):
        w = exact + ulps * np.spacing(exact)
        neuron = doya.NeuronMap(w, -0.5 * w, epsilon=0.5)
        (cycle,) = doya.cycles(neuron, 2)
        assert abs(cycle.multiplier) < 1e-15
        assert doya.cycles(neuron, 4) == []


def test_three_cycles_may_share_an_itinerary():
    """Two that attract and one between them, as brute force finds."""
    found = doya.cycles(THREEFOLD, 4)
    assert [cycle.stable for cycle in found] == [True, False, True]
    expected = BruteForce(THREEFOLD.w, THREEFOLD.b, THREEFOLD.epsilon).cycles(4)
    np.testing.assert_allclose([cycle.x for cycle in found], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("w", "b", "epsilon", "period"),
    [
        (-46.640398654770664, 25.577953300751048, 0.48187510648626763, 2),
        (-34.708287503725884, 4.548531591269353, 0.5623094096985078, 6),
    ],
    ids=["Newton's method would pass the peak of the slope", "the image ends within the lap"],
)
def test_rare_cases(w, b, epsilon, period):
    """Brute force finds the same."""
    found = doya.cycles(doya.NeuronMap(w, b, epsilon=epsilon), period)
    for cycle, x in zip(found, BruteForce(w, b, epsilon).cycles(period), strict=True):
        np.testing.assert_allclose(cycle.x, x, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("b", [10.0, 5.125, 30.0])
def test_reflection(b):
    """x -> 1 - x takes the cycles of (w, b) to those of (w, -w - b)."""
    for period in (2, 3, 6, 8):
        found = doya.cycles(CHAOTIC.replace(b=b), period)
        mirrored = doya.cycles(CHAOTIC.replace(b=60.0 - b), period)
        assert len(found) == len(mirrored)
        for cycle in mirrored:
            x = 1.0 - cycle.x
            x = np.roll(x, -np.argmin(x))
            assert any(np.allclose(x, each.x, rtol=0.0, atol=1e-12) for each in found)


@pytest.mark.parametrize(
    ("w", "b", "epsilon"),
    [(-1e6, 700.0, 0.5), (-1e8, 3e7, 1e-6), (-1e14, 1e13, 1e-12), (-5e4, 5e3, 1.0 - 2.0**-53)],
)
def test_extremes(w, b, epsilon):
    """Steep, slow, almost falling: states and multipliers right in 80 digits."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    found = [cycle for period in range(2, 7) for cycle in doya.cycles(neuron, period)]
    assert found
    for cycle in found:
        check_against_80_digits(neuron, cycle)


def test_a_map_that_falls_has_a_2_cycle_at_most():
    """epsilon = 1; its states keep their accuracy near 0, where x = sigma(z)."""
    neuron = doya.NeuronMap(w=-700.0, b=350.0)
    (cycle,) = doya.cycles(neuron, 2)
    level = sigmoid(350.0 - 700.0)
    np.testing.assert_allclose(cycle.x, [level, 1.0], rtol=1e-13)
    assert cycle.multiplier == pytest.approx((700.0 * level) ** 2, rel=1e-12)
    assert doya.cycles(neuron.replace(w=-5.0, b=350.0), 2) == []
    assert [doya.cycles(neuron, period) for period in range(3, 13)] == [[]] * 10


@pytest.mark.parametrize("w", [60.0, 0.0, -3.9999, -4.0])
def test_a_map_that_rises_has_only_fixed_points(w):
    """w >= -4 (1 - epsilon)/epsilon; the fixed points are the equilibria."""
    neuron = doya.NeuronMap(w, -0.5 * w, epsilon=0.5)
    assert [doya.cycles(neuron, period) for period in range(2, 13)] == [[]] * 11
    rest = doya.equilibria(neuron)
    found = doya.cycles(neuron, 1)
    assert [cycle.x.tolist() for cycle in found] == [[x] for x in rest.x]
    assert [cycle.multiplier for cycle in found] == rest.eigenvalue.tolist()
    assert [cycle.stable for cycle in found] == rest.stable.tolist()


def test_where_the_falling_branch_is_out_of_reach_there_are_only_fixed_points():
    """b = -700: sigma(z) is below e**-700 for all x >= 0."""
    neuron = doya.NeuronMap(w=-1e6, b=-700.0, epsilon=0.5)
    assert [len(doya.cycles(neuron, period)) for period in range(1, 13)] == [1] + [0] * 11


def test_a_multiplier_beyond_the_range_of_a_double_is_infinite():
    """Six steps on a branch with a slope of -1e98."""
    found = doya.cycles(doya.NeuronMap(w=-1e100, b=1e98, epsilon=0.5), 8)
    assert all(abs(cycle.multiplier) > 1e90 and not cycle.stable for cycle in found)
    assert any(np.isinf(cycle.multiplier) for cycle in found)


@pytest.mark.parametrize(
    ("neuron", "period", "message"),
    [
        (doya.NeuronODE(), 2, "must be a NeuronMap, got a NeuronODE; .* `equilibria`"),
        (doya.NeuronMap(w=[1.0, 2.0]), 2, "neuron must be one neuron"),
        (CHAOTIC, 0, "period must be a whole number from 1 to 12, got 0"),
        (CHAOTIC, 13, "period must be a whole number from 1 to 12, got 13"),
        (CHAOTIC, 2.0, "period must be a whole number from 1 to 12, got 2.0"),
    ],
)
def test_what_cannot_be_asked_is_refused(neuron, period, message):
    with pytest.raises(ValueError, match=message):
        doya.cycles(neuron, period)
