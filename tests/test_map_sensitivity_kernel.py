import math
import pathlib

import numpy as np
import pytest
from mpmath import mp, mpf

from doya.kernels.machinery.compilation import compiled
from doya.kernels.map import iteration as map
from doya.kernels.map import sensitivities as map_sensitivities
from doya.kernels.map.kept import split
from doya.kernels.map.led_lanes import BLOCK
from doya.kernels.map.sensitivities import SHORT
from doya.kernels.map.tangents import ROWS
from doya.kernels.map.x_number_sensitivities import begin, first_rate, step
from doya.kernels.numbers.x_numbers import LOG_BASE, plus, x_number

ULP = mpf(2) ** -53
ALL = 0, 1, 2, 3
REFERENCES = pathlib.Path(__file__).parent / "references" / "sensitivities.npz"


def sensitivities(
    w, b, epsilon, gain, u, lengths, x, early_stop=True, machine_code=True, names=4, inside=False
):
    """Last states; by and shift of their derivatives, (n, names).  u[p] is a number, or one each.

    Without the last of 4 names that for epsilon is left out.
    """
    n = len(x)
    rows = [np.array(np.broadcast_to(part, n), dtype=float) for part in (w, b, epsilon, gain)]
    u = np.array(u, dtype=float).reshape(len(lengths), -1 if len(lengths) else 1)
    arguments = [
        *rows,
        np.array(u, order="C"),
        inside,
        np.array(lengths, dtype=np.int64),
        early_stop,
        np.array(x, dtype=float),
    ]
    arguments += [*np.full((2, n, names), math.nan), np.empty((ROWS, BLOCK))]
    if machine_code:
        compiled(map_sensitivities.iterate)(*arguments)
    else:
        arguments = [part.tolist() if isinstance(part, np.ndarray) else part for part in arguments]
        map_sensitivities.iterate(*arguments)
    return [np.array(part) for part in arguments[8:11]]


def number(by, shift):
    return mpf(float(by)) * mp.exp(mpf(float(shift)))


def truth(w, b, epsilon, gain, u, lengths, x):
    """The derivatives along the states that doubles go through, and what rounding may do to each.

    Each quantity is off by a few units in the last place of its terms; mu' and the sources also by
    as much as z is, and the source for epsilon by what x has gathered, of which the kernel's knows
    nothing.
    """
    x_off = mpf(0)
    w, b, epsilon, gain, x = (float(part) for part in (w, b, epsilon, gain, x))
    keep, s, off = 1 - mpf(epsilon), [mpf(1), mpf(0), mpf(0), mpf(0)], [mpf(0)] * 4
    for drive in np.repeat(gain * np.array(u, dtype=float), lengths).tolist():
        z = mpf(w) * x + mpf(b)
        e = mp.exp(-abs(z))
        level, slope = (1 if z > 0 else e) / (1 + e), e / (1 + e) ** 2
        pull, inexact = epsilon * slope, 8 + abs(mpf(w) * x) + abs(mpf(b))
        mu, source = keep + w * pull, (0, pull, pull * x, epsilon * (level - x) + drive)
        mu_off = 4 * abs(mu) + 2 * keep + abs(w * pull) * inexact
        terms = 4 * level + 2 * abs(x) + inexact * slope
        source_off = [0, pull * inexact, pull * abs(x) * inexact, epsilon * terms + 2 * abs(drive)]
        source_off[3] += abs(mu - 1) * x_off
        x_off = abs(mu) * x_off + 2 * abs(x)
        for k in ALL:
            off[k] = abs(mu) * off[k] + ULP * (mu_off * abs(s[k]) + 2 * source_off[k])
            s[k] = mu * s[k] + source[k]
        x = map.advance(x, w, b, *split(epsilon), epsilon, drive)
    s[3], off[3] = s[3] / epsilon, off[3] / epsilon
    return s, off


def ensemble(seed, n):
    """Weights of all sizes; fixed points, folds and chaos; saturated neurons; starts at 0."""
    rng = np.random.default_rng(seed)
    w = rng.uniform(-60.0, 60.0, n)
    w[: n // 8] *= 2e4
    b = np.where(rng.uniform(size=n) < 0.6, -w * rng.uniform(size=n), rng.uniform(-60, 60, n))
    x = rng.uniform(-0.5, 1.5, n)
    b[::9], b[1::9], b[2::9] = -0.5 * w[::9], 900.0, -700.0
    x[::9], x[3::9], w[4::9] = 0.5, 0.0, 0.0
    epsilon = rng.choice([1.0, 0.9, 0.5, 0.1, 1e-3], n)
    return w, b, epsilon, epsilon * rng.choice([0.0, 1.0, 3.0], n), x


STRETCHES = [[1], [300], [1] * 70, [40, 3, 1, 0, SHORT + 1, 20, 0], [0], []]


@pytest.mark.each_third
@pytest.mark.parametrize("lengths", STRETCHES)
@pytest.mark.parametrize("early_stop", [True, False])
def test_the_derivatives_are_right_to_what_rounding_must_do_to_them(lengths, early_stop):
    """40 digits along the same states, driven ones; inside the range of doubles and far outside."""
    w, b, epsilon, gain, x = ensemble(1, 27)
    u = np.random.default_rng(2).normal(size=(len(lengths), 27))
    _, by, shift = sensitivities(w, b, epsilon, gain, u, lengths, x, early_stop)
    for i in range(27):
        s, off = truth(w[i], b[i], epsilon[i], gain[i], u[:, i], lengths, x[i])
        for k in ALL:
            allowed = 5 * (off[k] + ULP * (1 + abs(shift[i, k])) * abs(s[k]))
            assert abs(number(by[i, k], shift[i, k]) - s[k]) <= allowed


def in_scaled_numbers(w, b, epsilon, gain, u, x):
    """by and shift of one neuron, all steps done as where doubles fail."""
    by, shift = [0.0] * 4, [0.0] * 4
    begin(by, shift)
    r, before = first_rate(w, b, epsilon, gain * u[0], x), u[0]
    for now in u:
        r, before = plus(r, x_number(gain * (now - before) / epsilon)), now
        x, r = step(w, b, epsilon, gain * now, x, r, by, shift)
    return np.array(by), np.array(shift) * LOG_BASE


def test_the_derivatives_agree_with_the_references():
    """ln |derivative| to a few roundings of it and of the data, unless chaos leaves no digit."""
    told = np.load(REFERENCES)
    case = {name: told[name][told["kind"] >= 2] for name in told if name != "pulses"}
    sign, high, low, condition = (
        np.column_stack([case[f"{part}_{name}"] for name in ("x0", "b", "w", "epsilon")])
        for part in ("sign", "log_hi", "log_lo", "cond")
    )
    size = 1.0 + condition + np.abs(high)
    clear = condition < 1e15
    assert (clear.sum(axis=0) >= 230).all()
    for i, steps in enumerate(case["T"].astype(int)):
        w, b, epsilon, weight, x = (
            float(case[name][i]) for name in ("w", "b", "epsilon", "input_weight", "x0")
        )
        u = case["inputs"][i, :steps]
        lengths = [1] * steps if u.any() else [steps]
        _, by, shift = sensitivities(
            w, b, epsilon, epsilon * weight, u[: len(lengths)], lengths, [x]
        )
        answers = [(by[0], shift[0])]
        answers.append(in_scaled_numbers(w, b, epsilon, epsilon * weight, u.tolist(), x))
        for value, scale in answers:
            there = clear[i] & (sign[i] != 0.0)
            np.testing.assert_array_equal(np.sign(value)[clear[i]], sign[i, clear[i]])
            logarithm = np.log(np.abs(value[there]))
            error = (scale[there] - high[i, there]) + logarithm - low[i, there]
            assert (np.abs(error) <= 5e-15 * size[i, there]).all()


@pytest.mark.each_third
@pytest.mark.parametrize(("w", "b", "epsilon"), [(5, -2, 0.5), (-40, 12, 0.02), (-3, 1.4, 1.0)])
@pytest.mark.parametrize("early_stop", [True, False])
def test_the_derivative_for_epsilon_fades_like_n_mu_to_the_n(w, b, epsilon, early_stop):
    """Long after x stands still, up to e**-400000: by 1000 steps in 600 digits, then in theory."""
    with mp.workdps(600):
        x, s, known = mpf("0.25"), mpf(0), 1000
        for _ in range(known):
            level = 1 / (1 + mp.exp(-(w * x + b)))
            mu, r = 1 + epsilon * (w * level * (1 - level) - 1), level - x
            s, x = mu * s + r, x + epsilon * r
        for n in (10**3, 10**4, 10**6):
            more = n - known
            exact = mu**more * s + more * mu ** (more - 1) * r * mu
            _, by, shift = sensitivities(w, b, epsilon, 0.0, [0.0], [n], [0.25], early_stop)
            assert mp.sign(exact) == by[0, 3] / abs(by[0, 3])
            assert abs((mp.log(abs(by[0, 3])) + shift[0, 3]) / mp.log(abs(exact)) - 1) < 1e-14


@pytest.mark.parametrize("epsilon", [1.0, 0.1])
@pytest.mark.parametrize("early_stop", [True, False])
def test_on_the_wall_the_derivatives_are_powers(epsilon, early_stop):
    """w = 5, b = -2.5, x = 1/2: (1 + eps/4)**n, the same less 1, half of that, and 0."""
    for n in (10, 100, 1000, 10**6):
        x, by, shift = sensitivities(5.0, -2.5, epsilon, 0.0, [0.0], [n], [0.5], early_stop)
        assert (x[0], by[0, 3], shift[0, 3]) == (0.5, 0.0, 0.0)
        grown = (1 + mpf(epsilon) / 4) ** n
        for k, exact in enumerate((grown, grown - 1, (grown - 1) / 2)):
            value = number(by[0, k], shift[0, k])
            if n <= 1000:
                assert abs(value - exact) <= 1e-13 * exact
                assert shift[0, k] == 0.0
            else:
                assert abs(mp.log(value) / mp.log(exact) - 1) <= 1e-14


def test_the_longest_times_cost_nothing_where_states_repeat():
    """2**53 steps, or one less: on the wall, at the cusp, at a fixed point, on a 2-cycle."""
    w, b = [5.0, 4.0, 5.0, -20.0, -20.0], [-2.5, -2.0, -2.0, 10.0, 10.0]
    answers = []
    for n in (2**53 - 1, 2**53):
        _, by, shift = sensitivities(w, b, 1.0, 0.0, [0.0], [n], [0.5, 0.5, 0.5, 0.3, 0.8])
        assert abs(4 * number(by[1, 1], shift[1, 1]) / n - 1) < 1e-15
        assert abs(mp.log(number(by[0, 0], shift[0, 0])) / n / mp.log(1.25) - 1) < 1e-15
        answers.append(by[3:, 1:])
    # At a fixed point dx/db = sigma' / (1 - w sigma'), and x sigma' / (1 - w sigma') for w.
    x = mp.findroot(lambda x: 1 / (1 + mp.exp(2 - 5 * x)) - x, 0.9)
    slope = x * (1 - x)
    assert abs(by[2, 1] - slope / (1 - 5 * slope)) < 1e-16
    assert abs(by[2, 2] - x * slope / (1 - 5 * slope)) < 1e-16
    np.testing.assert_allclose(answers[0][0], answers[1][1], rtol=1e-14)  # the other way round


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("w", "b", "epsilon", "x"),
    [(-40.0, 12.0, 0.9, 0.3), (5.0, -2.0, 0.5, 0.5), (0.3, -300.0, 1.0, 0.5), (-9.0, 4.0, 0.1, 0)],
)
def test_products_of_a_hundred_thousand_factors_are_numbers(w, b, epsilon, x):
    """Exploding and vanishing ones: their logarithm, as a sum, and their sign."""
    n, at, logarithm, negative = 100_000, x, [], 0
    for _ in range(n):
        z = w * at + b
        mu = (1.0 - epsilon) + epsilon * w * math.exp(-abs(z)) / (1.0 + math.exp(-abs(z))) ** 2
        logarithm.append(math.log(abs(mu)))
        negative += mu < 0.0
        at = map.advance(at, w, b, *split(epsilon), epsilon, 0.0)
    for early_stop in (True, False):
        last, by, shift = sensitivities(w, b, epsilon, 0.0, [0.0], [n], [x], early_stop)
        assert last[0] == at
        found = math.log(abs(by[0, 0])) + shift[0, 0]
        assert found == pytest.approx(math.fsum(logarithm), rel=1e-12)
        assert (by[0, 0] < 0.0) == (negative % 2 == 1)


@pytest.mark.long
def test_a_product_that_vanishes_grows_back():
    """An input that holds x where mu is 1/2, to 2**-1200, and then on a wall where mu is 2."""
    w, b, epsilon = 12.0, -6.0, 0.5
    x, u = 0.5, []
    for goal in [-9.0] * 1200 + [0.5] * 1201:
        rest = map.advance(x, w, b, *split(epsilon), epsilon, 0.0)
        u.append((goal - rest) / epsilon)
        x = map.advance(x, w, b, *split(epsilon), epsilon, epsilon * u[-1])
    for lengths in ([1] * len(u), [1, 1199, 1, 1200]):
        own = u if len(lengths) == len(u) else [u[0], u[1], u[1200], u[1201]]
        s, off = truth(w, b, epsilon, epsilon, own, lengths, 0.5)
        _, by, shift = sensitivities(w, b, epsilon, epsilon, own, lengths, [0.5])
        for k in ALL:
            allowed = 5 * (off[k] + ULP * (1 + abs(shift[0, k])) * abs(s[k]))
            assert abs(number(by[0, k], shift[0, k]) - s[k]) <= allowed
        assert 0.1 < by[0, 0] < 10.0


@pytest.mark.parametrize(
    ("w", "b", "x"), [(-3.0, -1e200, 0.5), (1e100, 1e100, 0.5), (-1e100, 7e99, 0.9), (1e-300, 0, 1)]
)
def test_single_factors_far_outside_the_range_of_doubles(w, b, x):
    """With eps = 1: the product of all w sigma'(z), by logarithms; x comes to rest or a 2-cycle."""
    for steps in (1, 2, 3, 40, 1000):
        at, logarithms = x, []
        for _ in range(min(steps, 40)):
            z = mpf(w) * at + mpf(b)
            logarithms.append(mp.log(abs(w)) - abs(z) - 2 * mp.log1p(mp.exp(-abs(z))))
            at = map.advance(at, w, b, 0.0, 0.0, 1.0, 0.0)
        logarithm = sum(logarithms) + (steps - len(logarithms)) * sum(logarithms[-2:]) / 2
        _, by, shift = sensitivities(w, b, 1.0, 0.0, [0.0], [steps], [x], early_stop=steps > 100)
        found = mp.log(abs(mpf(by[0, 0]))) + mpf(shift[0, 0])
        assert abs(found / logarithm - 1) <= 1e-14
        assert (by[0, 0] < 0.0) == (w < 0.0 and steps % 2 == 1)
        assert np.isfinite(by).all()
        assert np.isfinite(shift).all()


@pytest.mark.parametrize("machine_code", [False, True])
def test_derivatives_that_are_exactly_zero_have_no_shift(machine_code):
    """w = 0 with eps = 1 forgets; after no steps only x0 counts; no neurons, nothing."""
    for lengths in ([1], [9], [SHORT + 9], [1] * 99):
        _, by, shift = sensitivities(
            0.0, 0.0, 1.0, 0.0, np.zeros(len(lengths)), lengths, [0.25], True, machine_code
        )
        last = 0.25 if lengths == [1] else 0.5
        assert by.tolist() == [[0.0, 0.25, 0.25 * last, 0.5 - last]]
        assert not shift.any()
    for lengths in ([], [0], [0, 0]):
        x, by, shift = sensitivities(
            5.0, 1.0, 0.5, 1.0, np.ones(len(lengths)), lengths, [0.25], True, machine_code
        )
        assert (x.tolist(), by.tolist(), shift.any()) == ([0.25], [[1.0, 0.0, 0.0, 0.0]], False)
    assert sensitivities([], [], [], [], [0.0], [5], [], True, machine_code)[0].size == 0


@pytest.mark.parametrize("options", [{"early_stop": False}, {"names": 3}])
def test_options_change_only_the_last_digits(options):
    """To step to the end, or to leave out epsilon; relative to the number, or to its logarithm."""
    rng = np.random.default_rng(5)
    w = rng.uniform(-30.0, 30.0, 2000)
    b, x = -w * rng.uniform(size=2000), rng.uniform(size=2000)
    epsilon = rng.choice([1.0, 0.7, 0.3, 0.05], 2000)
    for lengths in ([50], [100], [301], [1] * 70, [9, 0, 400, 3, 40]):
        data = w, b, epsilon, 0.1, rng.normal(size=len(lengths)), lengths, x
        last, by, shift = sensitivities(*data)
        same, fewer, other = sensitivities(*data, **options)
        np.testing.assert_array_equal(last, same)
        names = fewer.shape[1]
        ratio = by[:, :names] / fewer * np.exp(shift[:, :names] - other)
        size = np.abs(np.log(np.abs(fewer)) + other)
        assert (np.abs(ratio - 1.0) <= 2e-13 + 3e-16 * size).all()


@pytest.mark.parametrize("lengths", [[300], [100, 3, 1, 40, 200]])
def test_the_same_bits_interpreted_and_compiled_alone_and_in_lockstep(lengths):
    """Lists or arrays, and whoever is in the lanes beside it; the states have those of the map."""
    w, b, epsilon, gain, x = ensemble(4, 150)
    u = np.random.default_rng(6).normal(size=(len(lengths), 150))
    together = sensitivities(w, b, epsilon, gain, u, lengths, x)
    some = np.arange(5, 150, 12)
    for machine_code in (False, True):
        answers = [w[some], b[some], epsilon[some], gain[some], u[:, some], lengths, x[some]]
        for one, other in zip(
            sensitivities(*answers, machine_code=machine_code), together, strict=True
        ):
            np.testing.assert_array_equal(one, other[some])
    alone = sensitivities(w[7:8], b[7:8], epsilon[7:8], gain[7:8], u[:, 7:8], lengths, x[7:8])
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[0], other[7])
    out, rows = np.empty((150, 1)), np.empty((map.ROWS, BLOCK))
    counts = np.array(lengths, dtype=np.int64)
    compiled(map.iterate)(
        w, b, epsilon, gain, u, False, counts, counts**0, False, x, len(lengths) - 1, out, rows
    )  # fmt: skip
    np.testing.assert_array_equal(together[0], out[:, 0])
