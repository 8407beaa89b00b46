"""Lyapunov exponents: published and closed values, honest errors, the same bits everywhere."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import doya.orbits.lyapunov
from doya.integrators.ensembles import Ensemble
from doya.kernels.machinery import running
from doya.kernels.machinery.compilation import compiled
from doya.kernels.map import lyapunov as kernels
from doya.orbits.lyapunov import growth

# Means of ln abs(1 - eps + eps w sigma'(z)) over 10**6 steps from x = 0.3 after 10**4, each within
# 0.005: by w at eps = 0.5, b = 10; and by k, alpha, e, A of Aihara et al. (1990) and Kanamaru.
CASCADE = {-20: -2.845, -50: -0.602, -80: 0.227, -100: 0.417, -600: 0.426}
CHAOTIC_NEURONS = {
    (0.7, 1.0, 0.02, 0.93): 0.502,
    (0.5, 1.0, 0.04, 0.8935): 0.413,
    (0.7, 0.9, 0.06, 0.655): 0.193,
}


def aihara(k, alpha, e, a):
    """y' = k y - alpha f(y) + A, f(y) = 1 / (1 + exp(-y/e)), where y = e (w x + b)."""
    scale = e * (1.0 - k)
    return -alpha / scale, np.divide(a, scale), 1.0 - k


def group_of(w, b, epsilon, x0):
    rows = np.broadcast_arrays(*(np.array(part, dtype=float) for part in (w, b, epsilon, x0)))
    w, b, epsilon, x0 = (row.reshape(-1).copy() for row in rows)
    return Ensemble(w, b, epsilon, np.zeros(w.size), x0, np.zeros(1), np.zeros((1, 1)))


def chaotic_and_not(seed, n):
    """w, b, epsilon of maps of which two in five are chaotic."""
    rng = np.random.default_rng(seed)
    epsilon, w = rng.choice([0.1, 0.2, 0.3, 0.4, 0.5], n), -rng.uniform(100.0, 400.0, n)
    return w, -w * rng.uniform(0.02, 0.2, n), epsilon


def test_published_and_other_known_exponents():
    """Within 0.005: Aihara's and Kanamaru's chaotic neurons, and a cascade into chaos."""
    rows = [aihara(*case) for case in CHAOTIC_NEURONS] + [(w, 10.0, 0.5) for w in CASCADE]
    w, b, epsilon = np.array(rows).T
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    known = [*CHAOTIC_NEURONS.values(), *CASCADE.values()]
    found, error = doya.lyapunov_exponent(neuron, 0.3, 10**6, 10**4, return_error=True)
    np.testing.assert_allclose(found, known, rtol=0.0, atol=0.005)
    assert (error < 0.003).all()


def test_a_published_share_of_chaos():
    """Aihara's neuron, k = 0.7, alpha = 1, e = 0.02, is chaotic for 0.30 of all A from 0 to 1."""
    w, b, epsilon = aihara(0.7, 1.0, 0.02, np.linspace(0.0, 1.0, 2001))
    found = doya.lyapunov_exponent(doya.NeuronMap(w, b, epsilon=epsilon), steps=4000)
    assert np.mean(found > 0.005) == pytest.approx(0.30, abs=0.01)


def test_a_stable_fixed_point_has_the_logarithm_of_its_multiplier():
    """For all epsilon; x* and the flow's eigenvalue there are chosen, the neuron follows."""
    rng = np.random.default_rng(1)
    x, rate = rng.uniform(0.02, 0.98, 500), rng.uniform(-1.95, -0.05, 500)
    epsilon = rng.choice([1e-6, 1e-3, 0.2, 0.5, 1.0], 500)
    w = (1.0 + rate) / (x * (1.0 - x))
    b = np.log(x / (1.0 - x)) - w * x
    found = doya.lyapunov_exponent(doya.NeuronMap(w, b, epsilon=epsilon), x)
    known = np.log(np.abs(1.0 + epsilon * rate))
    np.testing.assert_allclose(found, known, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize("w", [-4.5, -5.0, -8.0, -30.0, -600.0])
def test_a_2_cycle_has_half_the_logarithm_of_its_multiplier(w):
    """Epsilon = 1 and b = -w/2: the cycle 1/2 +- d, where d = tanh(|w| d / 2) / 2."""
    d = mp.findroot(lambda d: mp.tanh(-mpf(w) * d / 2) / 2 - d, 0.5)
    known = mp.log(-w * (mpf(1) / 4 - d * d) if d < 0.49 else -w / (2 * mp.cosh(w * d / 2)) ** 2)
    found, error = doya.lyapunov_exponent(doya.NeuronMap(w, -w / 2), return_error=True)
    assert float(found) == pytest.approx(float(known), rel=1e-12)
    assert error <= 1e-12 * abs(found)


@pytest.mark.parametrize(
    ("w", "b", "epsilon", "x0", "known"),
    [
        (0.0, 3.0, 0.5, 0.3, math.log(0.5)),
        (0.0, 3.0, 1.0, 0.3, -math.inf),
        (-4.0, 2.0, 0.5, 0.5, -math.inf),
        (5.0, -2.5, 1.0, 0.5, math.log(1.25)),
        (-80.0, 40.0, 0.5, 0.5, math.log(9.5)),
        (-1e6, 5e5, 1.0, 0.3, math.log(1e6) - 5e5),
        (1e6, -5e5, 1.0, 0.3, math.log(1e6) - 5e5),
        (1.0, 700.0, 1.0, 0.3, -701.0),
        (1.0, -700.0, 1.0, 0.3, -700.0),
        (1e-300, 1.0, 1.0, 0.3, math.log(1e-300) - 2.0 * math.log(2.0 * math.cosh(0.5))),
        (1e100, -1e99, 1.0, 1e100, -9e99),
        (-1e6, 5e5, 1.0 - 2.0**-53, 0.3, -53.0 * math.log(2.0)),
        (5.0, 0.0, 1e-100, 0.3, 0.0),
    ],
)
def test_closed_values_at_the_ends_of_the_range(w, b, epsilon, x0, known):
    """Nothing kept and nothing learnt, superstable, unstable fixed points, sigma' underflown."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    for copies in (1, 1000):  # interpreted and compiled
        found, error = doya.lyapunov_exponent(neuron, np.full(copies, x0), return_error=True)
        np.testing.assert_allclose(found, known, rtol=1e-13, atol=1e-15)
        assert (error <= 1e-12 * max(abs(known), 1e-3) if known > -math.inf else error == 0.0).all()


def mean_growth(w, b, epsilon, x, steps):
    """Of 80 digits, by the definition."""
    total = mpf(0)
    for _ in range(steps):
        rise = mp.exp(-abs(w * x + b))
        sigma = (1 if w * x + b > 0 else rise) / (1 + rise)
        total += mp.log(abs(1 - epsilon + epsilon * w * rise / (1 + rise) ** 2))
        x = (1 - epsilon) * x + epsilon * sigma
    return total / steps


def of_all_sizes(seed, n):
    rng = np.random.default_rng(seed)
    w = 10.0 ** rng.uniform(-8.0, 6.0, n) * rng.choice([-1.0, 1.0], n)
    b = np.where(rng.uniform(size=n) < 0.6, -w * rng.uniform(size=n), rng.uniform(-800, 800, n))
    epsilon = rng.choice([1.0, 1.0, 0.999, 0.7, 0.3, 1e-3, 1e-9], n)
    return w, b, epsilon, rng.uniform(-0.2, 1.2, n)


@pytest.mark.each_third
@pytest.mark.parametrize(("steps", "n"), [(16, 100), (17, 100), (60, 30)])
def test_exponents_are_right_to_a_few_roundings_of_the_data(steps, n):
    """80 digits; weights from 1e-8 to 1e6, where products leave the range of doubles too."""
    rows = of_all_sizes(steps, n)
    found = doya.lyapunov_exponent(
        doya.NeuronMap(*rows[:2], epsilon=rows[2]), rows[3], steps, transient=0
    )
    told = 0
    with mp.workdps(80):
        for *case, value in zip(*rows, found, strict=True):
            case = [mpf(float(part)) for part in case]
            truth, change, small = mean_growth(*case, steps), mpf(0), mpf(2) ** -90
            for k in range(4):
                moved = [part * (1 + small * (i == k)) for i, part in enumerate(case)]
                change += abs(mean_growth(*moved, steps) - truth) / small
            if change > 1e9:  # chaos leaves too little
                continue
            told += 1
            assert abs(mpf(float(value)) - truth) <= 2e-15 * (1 + abs(truth)) + 1e-15 * change
    assert told >= 0.75 * n


def test_cycles_are_told_as_if_all_their_steps_were_taken():
    """Against NumPy, step by step, in maps of which more than half are periodic."""
    w, b, epsilon = chaotic_and_not(2, 400)
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    x, total = doya.final_state(neuron, 0.3, 20_000), np.zeros(w.size)
    found, error = doya.lyapunov_exponent(neuron, x, 5003, 0, return_error=True)
    for _ in range(5003):
        rise = np.exp(-np.abs(w * x + b))
        total += np.log(np.abs(1.0 - epsilon + epsilon * w * rise / (1.0 + rise) ** 2))
        x = (1.0 - epsilon) * x + epsilon * np.where(w * x + b > 0.0, 1.0, rise) / (1.0 + rise)
    off = np.abs(found - total / 5003)
    calm = found < -0.05
    assert calm.mean() > 0.4
    assert (off[calm] < 1e-9).all()
    assert np.mean(off <= 2.0 * error + 1e-9) > 0.95  # chaos parts the two trajectories


@pytest.mark.each_third
@pytest.mark.parametrize("steps", [100, 1000, 10_000])
def test_errors_are_honest(steps):
    """A far longer run of 95 in 100 neurons, and of chaotic ones, is as near as the error tells.

    Of 98 in 100 within twice the error; and it is not told too large either.
    """
    w, b, epsilon = chaotic_and_not(3, 400)
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    found, error = doya.lyapunov_exponent(neuron, 0.3, steps, return_error=True)
    truth = doya.lyapunov_exponent(neuron, 0.3, 400_000, 20_000)
    ratio = np.abs(found - truth) / (error + 1e-9)
    chaotic = truth > 0.005
    assert 0.3 < chaotic.mean() < 0.5
    assert np.mean(ratio <= 1.0) >= 0.95
    assert np.mean(ratio[chaotic] <= 1.0) >= 0.95
    assert np.mean(ratio <= 2.0) >= 0.98
    assert np.median(ratio[chaotic]) > 0.15


@pytest.mark.parametrize(
    ("w", "b", "epsilon", "x", "drifts"),
    [(-80.0, 10.0, 0.5, 0.3, False), (5.0, -2.3, 0.125, 0.2, True)],
)
def test_the_error_is_half_of_students_interval_or_the_drift(w, b, epsilon, x, drifts):
    """Of 95 %, from 16 batches of 2 steps in 40 digits; or the means of both halves apart.

    The quantile 0.975 of Student's t with 15 degrees of freedom is 2.13145.
    """
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    found, error = doya.lyapunov_exponent(neuron, x, 32, 0, return_error=True)
    w, b, epsilon, x, growth = mpf(w), mpf(b), mpf(epsilon), mpf(x), []
    for _ in range(32):
        level = 1 / (1 + mp.exp(-w * x - b))
        growth.append(mp.log(abs(1 - epsilon + epsilon * w * level * (1 - level))))
        x = (1 - epsilon) * x + epsilon * level
    mean = mp.fsum(growth) / 32
    squares = mp.fsum((growth[k] + growth[k + 1] - 2 * mean) ** 2 for k in range(0, 32, 2))
    half_width = 2.131449545559323 * mp.sqrt(squares * 16 / 15) / 32
    drift = abs(mp.fsum(growth[:16]) - mp.fsum(growth[16:])) / 16
    assert (drift > half_width) == drifts
    assert found == pytest.approx(float(mean), rel=1e-9)
    assert error == pytest.approx(float(max(half_width, drift)), rel=1e-9)


def test_the_error_notices_a_transient_that_ends_in_the_run():
    """Just outside a fold the state lingers for a time of pi / sqrt(sigma' delta abs(a)).

    w = 5: sigma' = 1/5 and a = sqrt(5)/2, so 6.6437 / sqrt(delta); the fold is at
    b = ln(x/(1 - x)) - 5 x, x = (1 - sqrt(1/5))/2, in 40-digit arithmetic.
    """
    delta = 1e-5
    neuron = doya.NeuronMap(5.0, -2.344389661369312 + delta, epsilon=0.5)
    passage = int(6.6437 / math.sqrt(delta) / 0.5)
    found, error = doya.lyapunov_exponent(neuron, 0.2, 2 * passage, 0, return_error=True)
    settled = doya.lyapunov_exponent(neuron, 0.9, transient=10**5)
    assert abs(found - settled) > 0.1
    assert abs(found - settled) <= error


def by_kernel(rows, steps, machine_code=True):
    """The exponents, their errors and the last states."""
    w, b, epsilon, x = (np.array(row) for row in rows)
    mean, error = np.empty((2, x.size))
    if machine_code:
        compiled(kernels.iterate)(w, b, epsilon, x, steps, mean, error, np.empty(kernels.ROOM))
        return np.array([mean, error, x])
    lists = [part.tolist() for part in (w, b, epsilon, x, mean, error)]
    kernels.iterate(*lists[:4], steps, *lists[4:], [0.0] * kernels.ROOM)
    return np.array([*lists[4:], lists[3]])


@pytest.mark.parametrize("steps", [16, 40, 400, 1003])
def test_same_bits_interpreted_compiled_alone_and_in_any_company(steps):
    """Also beside neurons whose products leave the range of doubles, or that are on a cycle."""
    chaotic = *chaotic_and_not(4, 100), np.full(100, 0.3)
    rows = [np.concatenate(pair) for pair in zip(of_all_sizes(4, 100), chaotic, strict=True)]
    many = by_kernel(rows, steps)
    order = np.random.default_rng(5).permutation(200)
    np.testing.assert_array_equal(by_kernel([row[order] for row in rows], steps), many[:, order])
    few = by_kernel([row[60:140] for row in rows], steps, machine_code=False)
    np.testing.assert_array_equal(few, many[:, 60:140])
    for i in range(0, 200, 19):
        alone = by_kernel([row[i : i + 1] for row in rows], steps)
        np.testing.assert_array_equal(alone[:, 0], many[:, i])


def test_same_bits_in_any_number_of_threads_and_of_parts(monkeypatch):
    """One thread or two, all lanes at once or 100; the errors change nothing in the exponents."""
    w, b, epsilon = chaotic_and_not(6, 3000)
    monkeypatch.setattr(running, "LONGEST_PART", 2e-4)
    monkeypatch.setattr(running, "WORTH_A_THREAD", 1e-5)
    answers = []
    for threads, lanes in (("1", 2**18), ("2", 2**18), ("2", 100)):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        monkeypatch.setattr(doya.orbits.lyapunov, "LANES_AT_ONCE", lanes)
        neuron = doya.NeuronMap(w, b, epsilon=epsilon)
        answers.append(doya.lyapunov_exponent(neuron, 0.3, 300, 10, return_error=True))
        np.testing.assert_array_equal(doya.lyapunov_exponent(neuron, 0.3, 300, 10), answers[-1][0])
    for other in answers[1:]:
        np.testing.assert_array_equal(other, answers[0])


def test_growth_tells_the_state_it_ends_in():
    """Two runs in a row are one run; and it is the state of the map itself."""
    w, b, epsilon = chaotic_and_not(7, 50)
    first, _, x = growth(group_of(w, b, epsilon, 0.3), 48)
    then, _, x = growth(group_of(w, b, epsilon, x), 48)
    both, _, last = growth(group_of(w, b, epsilon, 0.3), 96)
    np.testing.assert_array_equal(x, last)
    np.testing.assert_allclose(0.5 * (first + then), both, rtol=1e-13, atol=1e-15)
    _, _, x = growth(group_of(-6.0, 2.0, 0.5, 0.3), 100)
    assert float(x[0]) == pytest.approx(1.0 / (1.0 + math.exp(6.0 * x[0] - 2.0)), abs=1e-15)


def test_answers_have_the_shape_to_which_neuron_and_start_broadcast():
    neuron = doya.NeuronMap(np.linspace(-90.0, -20.0, 4)[:, np.newaxis], [10.0, 20.0, 30.0])
    found = doya.lyapunov_exponent(neuron, np.full((2, 1, 1), 0.3), 100)
    assert found.shape == (2, 4, 3)
    assert float(found[1, 2, 0]) == float(
        doya.lyapunov_exponent(doya.NeuronMap(neuron.w[2, 0], 10.0), 0.3, 100)
    )
    assert doya.lyapunov_exponent(doya.NeuronMap(np.empty((0, 3)))).shape == (0, 3)
    assert doya.lyapunov_exponent(doya.NeuronMap(input_weight=np.ones(5))).shape == (5,)
    assert doya.lyapunov_exponent(doya.NeuronMap()).shape == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"neuron": doya.NeuronODE()}, "^neuron must be a NeuronMap, got a NeuronODE; .*ilibria`$"),
        ({"x0": math.nan}, "^x0 must be finite"),
        ({"x0": [0.1, 0.2, 0.3], "neuron": doya.NeuronMap([1.0, 2.0])}, "must broadcast"),
        ({"steps": 15}, r"^steps must be a whole number from 16 to 2\*\*53, got 15$"),
        ({"steps": 1e3}, "^steps must be a whole number from 16"),
        ({"steps": 2**53 + 1}, "^steps must be a whole number from 16"),
        ({"transient": -1}, r"^transient must be a whole number from 0 to 2\*\*53, got -1$"),
        ({"transient": "no"}, "^transient must be a whole number from 0"),
        (
            {"neuron": doya.NeuronMap(np.zeros((10**6, 1)), np.zeros(10**6))},
            "1000000 x 1000000 cells, which need 16 TB",
        ),
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        doya.lyapunov_exponent(**({"neuron": doya.NeuronMap()} | arguments))


def test_a_slow_map_that_never_falls_is_taken_to_its_equilibrium():
    """At eps = 1e-5 no transient is long enough to see that x grows away from no fixed point."""
    neuron = doya.NeuronMap(w=8.0, b=-2.4, epsilon=1e-5)
    exponent, error = doya.lyapunov_exponent(neuron, return_error=True)
    truth = np.log(doya.equilibria(neuron).eigenvalue[0])
    assert abs(exponent - truth) < 1e-15
    assert error < 1e-15
