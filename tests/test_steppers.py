import math
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf
from scipy.integrate import DOP853, solve_ivp

import flow_oracle
import oracles
from doya.kernels.flow import steppers
from doya.kernels.flow.step_control import error_of
from doya.kernels.flow.steppers import DONE, GAVE_UP, NOT_FINITE
from doya.kernels.machinery.compilation import compiled

REFERENCE = pathlib.Path(__file__).parent / "references" / "flow.npz"
TABLEAU = steppers.coefficients()
PLENTY = 10**9


def fixed(w, b, drive, x, lengths, counts, order, machine_code=False, inside=False):
    """Last states and states at the ends of stretches, (n,) and (n, P)."""
    size, room = len(w), min(len(w), steppers.BLOCK)
    arguments = [
        *(np.array(part, dtype=float) for part in (w, b, drive)),
        inside,
        *(np.array(part, dtype=float) for part in (x, lengths)),
        np.array(counts, dtype=np.int64),
        order,
        np.zeros((size, len(lengths))),
        np.zeros((steppers.FIXED_ROWS, room)),
    ]
    if machine_code:
        compiled(steppers.fixed_steps)(*arguments)
    else:
        arguments = [part.tolist() if isinstance(part, np.ndarray) else part for part in arguments]
        steppers.fixed_steps(*arguments)
    return np.array(arguments[4]), np.array(arguments[8])


def adaptive(
    w, b, drive, x, lengths, times, rtol, atol, max_steps=PLENTY, machine_code=False, lanes=64,
    inside=False,
):  # fmt: skip
    """Last states, outputs, status, evaluations; times[p] are the output times of stretch p."""
    size, lanes = len(w), min(len(w), lanes)
    arguments = [
        *(np.array(part, dtype=float) for part in (w, b, drive)),
        inside,
        *(np.array(part, dtype=float) for part in (x, lengths)),
        np.cumsum([0, *map(len, times)]),
        np.array([offset for stretch in times for offset in stretch], dtype=float),
        rtol,
        atol,
        max_steps,
        np.zeros((size, sum(map(len, times)))),
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.array(TABLEAU),
        np.zeros((steppers.ROWS, lanes)),
        np.zeros((steppers.PLACES, lanes), dtype=np.int64),
    ]
    if machine_code:
        compiled(steppers.dormand_prince)(*arguments)
    else:
        arguments = [part.tolist() if isinstance(part, np.ndarray) else part for part in arguments]
        steppers.dormand_prince(*arguments)
    return tuple(np.array(arguments[place]) for place in (4, 11, 12, 13))


def driven(w, b, drive, x, time):
    """The state to 30 digits: with the drive v, x - v obeys the undriven flow of bias b + w v."""
    w, b, drive = mpf(float(w)), mpf(float(b)), mpf(float(drive))
    return drive + flow_oracle.final_state(w, b + w * drive, mpf(x) - drive, float(time))


def ensemble(seed, size, stretches, own_drive):
    """Parameters, drives and states with all kinds of time scales, and output times."""
    rng = np.random.default_rng(seed)
    w = rng.uniform(-40.0, 40.0, size)
    lengths = rng.uniform(0.0, 3.0, stretches) * (rng.uniform(size=stretches) < 0.8)
    times = [np.sort(rng.uniform(0.0, length, rng.integers(0, 4))) for length in lengths]
    times = [[0.0, *part, length] for part, length in zip(times, lengths, strict=True)]
    drive = rng.normal(size=(stretches, size if own_drive else 1))
    return w, -0.5 * w + rng.normal(size=size), drive, rng.uniform(-1.0, 2.0, size), lengths, times


def orders(errors):
    """Orders of convergence, seen each time the step is halved."""
    return np.log2(np.array(errors[:-1], dtype=float) / np.array(errors[1:], dtype=float))


@pytest.mark.parametrize("order", [1, 4])
def test_halving_equal_steps_shows_the_order(order):
    """Euler 1, classical Runge-Kutta 4, against 30 digits."""
    truth = driven(5.0, -2.0, 0.125, 0.25, 3.0)
    counts = [128, 256, 512, 1024]
    states = [fixed([5.0], [-2.0], [[0.125]], [0.25], [3.0], [n], order)[0].item() for n in counts]
    np.testing.assert_allclose(orders([abs(x - truth) for x in states]), order, atol=0.05)


def one_step(w, b, drive, x, h):
    """Working space after one step of order 8 that is extended too."""
    room = [[0.0] for _ in range(steppers.ROWS)]
    room[steppers.W][0], room[steppers.B][0], room[steppers.DRIVE][0] = w, b, drive
    room[steppers.X][0], room[steppers.STEP][0] = x, h
    steppers.attempt(TABLEAU, room, 1)
    steppers.extend(TABLEAU, room, [[1]] * steppers.PLACES, 1)
    return [row[0] for row in room]


def inside(room, h, q):
    start, end = room[0], room[steppers.STAGES]
    terms = room[steppers.TERMS : steppers.TERMS + 4]
    return room[steppers.X] + h * steppers.within(q, room[steppers.RISE], start, end, *terms)


def test_halving_the_adaptive_methods_step_shows_order_8():
    """Equal steps of it, against 30 digits."""
    truth = driven(20.0, -9.0, 0.125, 0.25, 1.0)
    errors = []
    for count in (2, 4, 8, 16):
        x, h = 0.25, 1.0 / count
        for _ in range(count):
            x += h * one_step(20.0, -9.0, 0.125, x, h)[steppers.RISE]
        errors.append(abs(x - truth))
    np.testing.assert_allclose(orders(errors), 8.0, atol=0.5)


def test_the_continuous_extension_is_of_order_7_and_meets_both_ends():
    """Over one step its error falls like h**8; at the ends it is the step's own."""
    errors = []
    for h in (0.5, 0.25, 0.125):
        room = one_step(20.0, -9.0, 0.125, 0.25, h)
        assert inside(room, h, 0.0) == 0.25
        assert inside(room, h, 1.0) == 0.25 + h * room[steppers.RISE]
        fractions = [0.125, 0.375, 0.625, 0.875]
        truths = [driven(20.0, -9.0, 0.125, 0.25, q * h) for q in fractions]
        states = [inside(room, h, q) for q in fractions]
        errors.append(max(abs(x - truth) for x, truth in zip(states, truths, strict=True)))
    np.testing.assert_allclose(orders(errors), 8.0, atol=1.0)


@pytest.mark.parametrize(("w", "b", "h"), [(5.0, -2.0, 1.0), (-60.0, 31.0, 0.1), (0.0, 1.0, 3.0)])
def test_a_step_and_its_extension_are_those_of_scipys_dop853(w, b, h):
    """The same formulas, so the same numbers to rounding, however inexact."""
    room = one_step(w, b, 0.125, 0.25, h)
    solver = DOP853(
        lambda _, x: 1.0 / (1.0 + np.exp(-(w * x + b))) - x + 0.125,
        0.0, [0.25], h, first_step=h, rtol=1e3, atol=1e3,
    )  # fmt: skip
    solver.step()
    theirs = solver.dense_output()
    for q in np.linspace(0.0, 1.0, 9):
        assert inside(room, h, q) == pytest.approx(theirs(q * h).item(), abs=1e-14)


@pytest.mark.each_third
@pytest.mark.parametrize("tolerance", [1e-6, 1e-9, 1e-12])
def test_500_flows_are_as_exact_as_asked(tolerance):
    """Within 10 tolerances times the condition number, walls and ghosts included.

    Most are within one; in one of a thousand an estimate of a step's error is fooled by that much.
    The longest takes 50,000 steps: beside a stable equilibrium only stability limits them.
    """
    with np.load(REFERENCE) as data:
        reference = dict(data)
    errors = []
    for w, b, x0, end in zip(*(reference[name] for name in ("w", "b", "x0", "T")), strict=True):
        x, _, status, _ = adaptive(
            [w], [b], [[0.0]], [x0], [end], [[]], tolerance, tolerance, machine_code=True
        )
        assert status == DONE
        errors.append(x.item())
    errors = np.abs((np.array(errors) - reference["hi"]) - reference["lo"])
    derivatives = [np.abs(reference[name]) for name in ("by_x0", "by_b", "by_w")]
    assert np.max(errors / np.maximum.reduce([np.ones(500), *derivatives])) <= 10.0 * tolerance


JUMPS = [0.5, -0.75, 0.25, 0.25, -0.5, 1.0]
LENGTHS = [0.75, 0.25, 1.5, 0.0, 0.125, 2.0]


@pytest.mark.each_third
@pytest.mark.parametrize(("w", "b"), [(5.0, -2.5), (-30.0, 12.0), (0.0, 1.0), (80.0, -43.0)])
@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-12])
def test_a_drive_that_jumps_costs_no_accuracy(w, b, tolerance):
    """Outputs at, between and beside the jumps, against 30 digits."""
    fractions = [0.0, 0.01, 0.3, 0.5, 0.9, 1.0]
    times = [[q * length for q in fractions] for length in LENGTHS]
    drive = [[v] for v in JUMPS]
    last, out, status, _ = adaptive([w], [b], drive, [0.375], LENGTHS, times, tolerance, tolerance)
    assert status == DONE
    x, worst = mpf(0.375), 0
    for p in range(len(LENGTHS)):
        for j, offset in enumerate(times[p]):
            truth = driven(w, b, JUMPS[p], x, offset)
            worst = max(worst, abs(out[0, len(fractions) * p + j] - truth))
        x = truth
    assert out[0, -1] == last[0]
    assert worst <= 30.0 * tolerance


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_outputs_inside_steps_are_as_exact_as_the_steps(tolerance):
    """Also beside stable equilibria and across steep thresholds, where scipy's err by far more.

    1000 outputs of each of 200 neurons with w < 0, whose flow contracts; against 20,000 classical
    Runge-Kutta steps, good to 1e-10.
    """
    rng = np.random.default_rng(4)
    w = -(10.0 ** rng.uniform(0.0, 2.0, 200))
    b, x = -0.5 * w + rng.normal(size=200), rng.uniform(0.0, 1.0, 200)
    times = [np.linspace(0.0, 10.0, 1001)[1:]]
    counts, lengths, drive = [20] * 1000, [0.01] * 1000, [[0.125]] * 1000
    _, truth = fixed(w, b, drive, x, lengths, counts, 4, machine_code=True)
    _, out, status, _ = adaptive(
        w, b, drive[:1], x, [10.0], times, tolerance, tolerance, machine_code=True
    )
    assert (status == DONE).all()
    assert np.abs(out - truth).max() <= 10.0 * tolerance


def test_stretches_end_where_they_should():
    """An offset as long as the stretch gets, to the bit, what the stretches so far lead to."""
    w, b, drive, x, lengths, times = ensemble(1, 40, 6, own_drive=True)
    _, out, _, _ = adaptive(w, b, drive, x, lengths, times, 1e-7, 1e-7)
    ends = np.cumsum([len(part) for part in times]) - 1
    for p in range(6):
        last, _, status, _ = adaptive(
            w, b, drive[: p + 1], x, lengths[: p + 1], times[: p + 1], 1e-7, 1e-7
        )
        np.testing.assert_array_equal(out[:, ends[p]], last)
        assert (status == DONE).all()


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-10])
def test_it_takes_no_more_evaluations_than_scipys_dop853(tolerance):
    """The same step control; here one more evaluation a rejected step and a cheaper start."""
    rng = np.random.default_rng(2)
    ours = theirs = 0
    for w, b, x0 in rng.uniform([-40.0, -3.0, 0.0], [40.0, 3.0, 1.0], (20, 3)):
        b -= 0.5 * w

        def f(_, x, w=w, b=b):
            return 1.0 / (1.0 + np.exp(-(w * x + b))) - x

        theirs += solve_ivp(f, (0.0, 5.0), [x0], "DOP853", rtol=tolerance, atol=tolerance).nfev
        *_, nfev = adaptive([w], [b], [[0.0]], [x0], [5.0], [[]], tolerance, tolerance)
        ours += nfev.item()
    assert ours <= 1.05 * theirs


def test_stretches_cut_steps_short_but_not_the_steps_after_them():
    """Short and very short stretches take one step each, and so does one a little too long."""
    lengths = [0.05, 1e-9] * 50
    *_, nfev = adaptive([1.0], [0.0], [[0.1]] * 100, [0.5], lengths, [[]] * 100, 1e-6, 1e-6)
    assert nfev == 12 * 100
    first = 2e-6**0.125
    *_, nfev = adaptive([0.0], [0.0], [[0.1]], [0.5], [1.005 * first], [[]], 1e-6, 1e-6)
    assert nfev == 12


def test_only_steps_with_outputs_inside_pay_for_them():
    """Outputs at the ends are free; any number inside one step costs 4 evaluations."""

    def evaluations(times):
        return adaptive([1.0], [0.0], [[0.1]], [0.5], [0.05], [times], 1e-6, 1e-6)[3].item()

    free = evaluations([])
    assert evaluations([0.0, 0.05]) == free
    assert evaluations([0.0, 0.01, 0.02, 0.03, 0.05]) == free + 4


@given(
    w=st.floats(-50.0, 50.0),
    b=st.floats(-40.0, 40.0),
    x=st.floats(-1.0, 2.0),
    epsilon=st.floats(0.0, 1.0),
    drive=st.floats(-1.0, 1.0),
)
def test_a_step_of_euler_is_a_step_of_the_map(w, b, x, epsilon, drive):
    """(1 - epsilon) x + epsilon (sigma(w x + b) + drive), to rounding."""
    last, _ = fixed([w], [b], [[drive]], [x], [epsilon], [1], 1)
    step = (1 - mpf(epsilon)) * mpf(x) + epsilon * (oracles.sigmoid(mpf(w) * x + b) + mpf(drive))
    assert abs(last.item() - step) <= 2.0**-52 * (2.0 + abs(x) + abs(w * x) + abs(b))


@given(
    w=st.floats(-1e3, 1e3),
    b=st.floats(-1e3, 1e3),
    x=st.floats(-10.0, 10.0),
    drive=st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=4),
)
def test_the_state_stays_between_what_the_drives_allow(w, b, x, drive):
    """From the least of x0 and the drives to the largest of x0 and 1 + the drives."""
    tolerance = 1e-6
    stretches = len(drive)
    lengths, times = [0.7] * stretches, [[0.1, 0.35, 0.7]] * stretches
    rows = [[v] for v in drive]
    _, out, status, _ = adaptive([w], [b], rows, [x], lengths, times, tolerance, tolerance)
    assert status == DONE
    slack = 100 * tolerance * (1 + abs(x))
    assert out.min() >= min(x, *drive) - slack
    assert out.max() <= max(x, 1.0 + max(drive)) + slack


def test_a_neuron_that_runs_out_of_steps_keeps_what_it_has():
    """GAVE_UP; outputs beyond are NaN, and its neighbours are served."""
    times = [[1.0, 2.0, 3.0, 1000.0]]
    last, out, status, nfev = adaptive(
        [1.0, -160.0], [0.0, 80.0], [[0.0]], [0.25, 0.25], [1000.0], times, 1e-6, 1e-6, 400
    )
    assert status.tolist() == [DONE, GAVE_UP]
    assert np.isfinite(last).tolist() == [True, False]
    assert np.isnan(out).tolist() == [[False] * 4, [False] * 3 + [True]]
    assert out[1, 2] == pytest.approx(float(driven(-160.0, 80.0, 0.0, 0.25, 3.0)), abs=1e-5)
    assert 400 * 12 <= nfev[1] <= 400 * 12 + 10 * 4
    *_, nfev = adaptive([-160.0], [80.0], [[0.0]], [0.25], [1000.0], [[]], 1e-6, 1e-6, 400)
    assert nfev == 400 * 12


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_drive_or_state_that_is_not_finite_is_told(broken):
    """NOT_FINITE from there on; neighbours and what came before stand."""
    drive = [[0.0, 0.0, 0.0], [0.0, broken, 0.0], [0.0, 0.0, 0.0]]
    times = [[0.5, 1.0]] * 3
    last, out, status, _ = adaptive(
        [5.0] * 3, [-2.0] * 3, drive, [0.5, 0.5, broken], [1.0] * 3, times, 1e-6, 1e-6
    )
    assert status.tolist() == [DONE, NOT_FINITE, NOT_FINITE]
    assert np.isnan(last).tolist() == [False, True, True]
    assert np.isnan(out).tolist() == [[False] * 6, [False] * 2 + [True] * 4, [True] * 6]
    np.testing.assert_array_equal(out[1, :2], out[0, :2])


def test_a_tolerance_that_cannot_be_met_ends_the_run():
    """Steps too short to advance: GAVE_UP.  But a state that stays 0 needs no absolute one."""
    _, _, status, nfev = adaptive([5.0], [-2.0], [[0.0]], [0.5], [1.0], [[]], 0.0, 0.0)
    assert (status, nfev) == (GAVE_UP, 0)
    _, out, status, _ = adaptive([0.0], [-800.0], [[0.0]], [0.0], [9.0], [[5.0]], 1e-9, 0.0)
    assert (status, out) == (DONE, 0.0)


@pytest.mark.parametrize("machine_code", [False, True])
def test_nothing_to_do(machine_code):
    """No neurons, no stretches, stretches without length or steps, no output times."""
    one = [5.0], [-2.0]
    for w, b, drive, x, lengths, times in [
        ([], [], np.zeros((2, 1)), [], [1.0, 1.0], [[], [0.5]]),
        (*one, np.zeros((0, 1)), [0.25], [], []),
        (*one, np.zeros((2, 1)), [0.25], [0.0, 0.0], [[0.0, 0.0], []]),
    ]:
        last, out, status, nfev = adaptive(
            w, b, drive, x, lengths, times, 1e-6, 1e-6, machine_code=machine_code
        )
        assert last.tolist() == x
        assert (out == 0.25).all()
        assert out.size == len(w) * sum(map(len, times))
        assert not status.any()
        assert not nfev.any()
        last, out = fixed(w, b, drive, x, lengths, [0] * len(lengths), 4, machine_code)
        assert last.tolist() == x
        assert (out == 0.25).all()


@pytest.mark.parametrize("own_drive", [False, True])
def test_the_same_bits_interpreted_and_compiled_alone_and_in_lockstep(own_drive):
    """Lists or arrays, and whoever is in the lanes beside it; broken neurons too."""
    w, b, drive, x, lengths, times = ensemble(3, 150, 8, own_drive)
    x[7], b[20], w[30], x[40] = math.nan, math.inf, -1e12, 1e12
    counts = [3, 0, 7, 1, 4, 2, 5, 10]
    for order in (1, 4):
        answers = [fixed(w, b, drive, x, lengths, counts, order, code) for code in (False, True)]
        for one, other in zip(*answers, strict=True):
            np.testing.assert_array_equal(one, other)
        own = drive[:, [100]] if own_drive else drive
        alone, _ = fixed(w[[100]], b[[100]], own, x[[100]], lengths, counts, order)
        assert alone == answers[0][0][100]
    answers = [
        adaptive(w, b, drive, x, lengths, times, 1e-5, 1e-5, 20, machine_code, lanes)
        for machine_code, lanes in [(False, 64), (False, 1), (True, 64), (True, 7)]
    ]
    assert set(answers[0][2]) == {DONE, GAVE_UP, NOT_FINITE}
    for other in answers[1:]:
        for one, another in zip(answers[0], other, strict=True):
            np.testing.assert_array_equal(one, another)


def test_the_error_of_a_step_is_that_of_order_5_weighed_by_that_of_order_3():
    """h err5**2 / sqrt(err5**2 + err3**2 / 100) over what is allowed, also out of range."""
    rng = np.random.default_rng(5)
    for far in [0.0] * 100 + [170.0] * 100:
        h, allowed = 10.0 ** rng.uniform(-3.0 - far, 0.0 - far), 10.0 ** rng.uniform(-12.0, 0.0)
        both = (10.0 ** rng.uniform(far - 3.0, far + 3.0, 2) * rng.choice([-1.0, 1.0], 2)).tolist()
        other, size = (mpf(each) / mpf(allowed) for each in both)
        truth = mpf(h) * size**2 / (size**2 + other**2 / 100) ** 0.5
        assert error_of(0.3, h, 0.0, *both, 0.0, allowed) == pytest.approx(float(truth), 1e-13)
