"""Gradients of the map's last state in plain doubles: right, the same bits everywhere, no gap."""

import dataclasses
import math

import numpy as np
import pytest
from mpmath import mp, mpf

from doya.integrators import gradients
from doya.integrators.ensembles import ROWS, Ensemble
from doya.integrators.sensitivities import by_iteration
from doya.kernels.machinery import running
from doya.kernels.machinery.compilation import compiled
from doya.kernels.machinery.running import CHUNK
from doya.kernels.map import gradients as map_gradients
from doya.kernels.map.gradients import MOST_STEPS, ROOM
from doya.kernels.map.marches import LARGEST_Z
from map_oracle import derivatives, recursion


def ensemble(seed, n):
    """w, b, epsilon, w' u and x0: walls, folds, flips, superstable points, weights of all sizes."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 6, n)
    epsilon = rng.choice([1.0, 1.0, 0.9, 0.5, 0.1, 1e-3], n)
    w = rng.uniform(-15.0, 15.0, n)
    w[kind == 1] = 10.0 ** rng.uniform(-12.0, 2.0, np.sum(kind == 1))
    b = np.where(rng.uniform(size=n) < 0.6, -w * rng.uniform(size=n), rng.uniform(-15, 15, n))
    x = rng.uniform(-0.2, 1.2, n)
    point = rng.uniform(0.05, 0.95, n)
    slope, at = point * (1.0 - point), np.log(point / (1.0 - point))
    near = 10.0 ** rng.uniform(-12.0, -1.0, n) * rng.choice([-1.0, 1.0], n)
    fold, wall, flip, superstable = (kind == k for k in (2, 3, 4, 5))
    w = np.where(fold, 1.0 / slope, w)
    w = np.where(flip, (0.98 * near - 2.0 + epsilon) / (epsilon * slope), w)
    w = np.where(superstable, ((near < 0.0) * near - (1.0 - epsilon)) / (epsilon * slope), w)
    w = np.where(wall, rng.uniform(4.5, 9.0, n), w)
    settled = fold | wall | flip | superstable
    b = np.where(settled, at - w * point + np.where(fold, near, 0.0), b)
    x = np.where(settled, point + np.where(fold, 0.3, near), x)
    given = np.where(settled, 0.0, rng.choice([0.0, 0.0, 1.0], n) * rng.normal(size=n))
    return w, b, epsilon, given, x


def group_of(w, b, epsilon, given, x):
    rows = [np.array(part, dtype=float).reshape(-1) for part in (w, b, epsilon, given, x)]
    return Ensemble(*rows[:3], rows[2] * rows[3], rows[4], np.zeros(1), np.ones((1, 1)))


def kernel(rows, steps, machine_code=True):
    """x and its derivatives, shape (3, n), NaN where the kernel does not tell."""
    n = max(len(row) for row in rows)
    if machine_code:
        out = np.empty((3, n))
        compiled(map_gradients.iterate)(*rows, steps, True, *out, np.empty(ROOM))
        return out
    lists = [[math.nan] * n for _ in range(3)]
    room = [0.0] * ROOM
    map_gradients.iterate(*[row.tolist() for row in rows], steps, True, *lists, room)
    return np.array(lists)


def of_map(group, steps):
    """x and its derivatives by b and w of all trajectories, as `loss_landscape` asks for them."""
    rows = {name: getattr(group, name) for name in ROWS}
    size = np.broadcast(*rows.values()).size
    found = np.empty((3, size))

    def job(part, call):
        own = {name: row[part] if row.size > 1 else row for name, row in rows.items()}
        some = dataclasses.replace(group, **own).writeable()
        found[:, part] = gradients.gradients_of(some, steps, call)

    running.run(job, size, gradients.work_of_gradients(size, steps))
    return found


def in_scaled_numbers(group, steps):
    found = by_iteration(group, steps, by_epsilon=False)
    return np.array([found.x, found.by["b"].numbers(), found.by["w"].numbers()])


def with_change(w, b, epsilon, given, x, steps):
    """The exact answer, and how much it changes when each number changes by itself."""
    case = [mpf(float(part)) for part in (w, b, epsilon, given, x)]
    truth = derivatives(*case, [1.0] * steps)
    change, small = [abs(truth.x), abs(truth.by_b), abs(truth.by_w)], mpf(2) ** -60
    with mp.workprec(400):
        for k in range(5):
            for sign in (-1, 1):
                moved = list(case)
                moved[k] *= 1 + sign * small
                other = recursion(*moved, [1.0] * steps)
                for i, (a, b) in enumerate(
                    ((other.x, truth.x), (other.by_b, truth.by_b), (other.by_w, truth.by_w))
                ):
                    change[i] += abs(a - b) / small / 2
    return (truth.x, truth.by_b, truth.by_w), change


@pytest.mark.each_third
@pytest.mark.parametrize(("steps", "n"), [(1, 20), (2, 20), (7, 30), (23, 20), (50, 10), (200, 2)])
def test_gradients_are_right_to_a_few_roundings_of_the_data(steps, n):
    """40 digits: walls, folds, flips, superstable points, inputs, small weights and epsilons."""
    rows = ensemble(steps, n)
    with np.errstate(over="ignore", under="ignore"):
        found = of_map(group_of(*rows), steps)
    told = 0
    for i in range(n):
        truth, change = with_change(*(row[i] for row in rows), steps)
        if change[0] > 1e9:  # chaos leaves too little
            continue
        told += 1
        for k in range(3):
            allowed = (4e-15 + 1e-16 * steps) * change[k]
            assert abs(mpf(float(found[k][i])) - truth[k]) <= allowed
    assert told >= 0.8 * n


@pytest.mark.parametrize("steps", [0, 1, 3, 50, 300, MOST_STEPS + 1, 10**5])
def test_gradients_agree_with_scaled_numbers(steps):
    """500 neurons where x(T) is not sensitive and the multiplier not near -1."""
    rows = ensemble(7, 500)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        found, exact = (
            of_map(group_of(*rows), steps),
            in_scaled_numbers(group_of(*rows), steps),
        )
        nudged = in_scaled_numbers(
            group_of(*(row * (1.0 + 1e-7) for row in rows[:2]), *rows[2:]), steps
        )
    change = np.abs(nudged - exact) * 1e7 + np.abs(exact)
    calm = (change < 1e3).all(axis=0) & (rows[0] * rows[2] > rows[2] - 6.0)
    assert calm.sum() > 250
    for values, known, size in zip(found, exact, change, strict=True):
        # Near a fold or flip a state repeats, and scaled numbers stop, before it has settled.
        allowed = 1e-12 if steps < 10**5 else 1e-10
        assert (np.abs(values - known) <= allowed * size)[calm].all()


@pytest.mark.parametrize("steps", [0, 1, 5, 6, 7, 50, 400])
def test_same_bits_interpreted_compiled_alone_and_in_any_company(steps):
    """Also beside neurons out of trust; NaN stands at the same places."""
    rows = ensemble(3, 150)
    rows[0][5], rows[0][6], rows[1][7], rows[0][8] = 1e100, -1e100, 300.0, 0.0
    many = kernel(rows, steps)
    order = np.random.default_rng(4).permutation(150)
    np.testing.assert_array_equal(kernel([row[order] for row in rows], steps), many[:, order])
    few = kernel([row[:70] for row in rows], steps, machine_code=False)
    np.testing.assert_array_equal(few[1:, ~np.isnan(few[1])], many[1:, :70][:, ~np.isnan(few[1])])
    np.testing.assert_array_equal(np.isnan(few), np.isnan(many[:, :70]))
    for i in range(0, 150, 29):
        np.testing.assert_array_equal(
            kernel([row[i : i + 1] for row in rows], steps)[:, 0], many[:, i]
        )


def test_same_bits_in_any_number_of_chunks_and_with_shared_numbers(monkeypatch):
    """One thread or three, in one array or with epsilon, input and start told once, or few."""
    rows = [np.resize(row, 3 * CHUNK + 5) for row in ensemble(5, 1000)]
    rows[2][:], rows[3][:], rows[4][:] = 0.9, 0.1, 0.3
    group = group_of(*rows)
    answers = []
    for threads in ("1", "3"):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        answers.append(np.array(of_map(group, 20)))
    short = group_of(*rows[:2], 0.9, 0.1, 0.3)
    answers.append(np.array(of_map(short, 20)))
    few = np.array(of_map(group_of(*(row[:100] for row in rows)), 20))
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    np.testing.assert_array_equal(answers[0][:, :100], few)


def test_what_the_kernel_does_not_tell_comes_from_scaled_numbers():
    """Chaos and 2-cycles in long times, weights out of trust, derivatives out of range."""
    w = np.array([-20.0, -20.0, 1e100, -1e100, 3.0, 5.0, 13.0, 2.0])
    b = np.array([7.0, 10.0, 0.0, 3e99, 1e50, -2.5, -6.5, -1.0])
    x = np.array([0.2, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 1e90])
    group = group_of(w, b, [1.0] * 8, [0.0] * 8, x)
    with np.errstate(over="ignore", under="ignore"):
        for steps in (1000, 5000):
            untold = np.isnan(kernel([w, b, np.ones(8), np.zeros(8), x], steps)[1])
            assert untold.all()
            np.testing.assert_array_equal(of_map(group, steps), in_scaled_numbers(group, steps))
        mixed = group_of([*w, 5.0], [*b, -2.0], 1.0, 0.0, [*x, 0.5])
        found = np.array(of_map(mixed, 5000))
        np.testing.assert_array_equal(found[:, :-1], in_scaled_numbers(group, 5000))
    assert np.isfinite(found[:, -1]).all()
    assert np.isinf(found[1, 5])


@pytest.mark.parametrize("steps", [1000, 10**6, 2**53])
@pytest.mark.parametrize("epsilon", [1.0, 0.4])
def test_long_after_it_has_settled(steps, epsilon):
    """s = sigma' / (1 - w sigma') and x times that, also at w = 0 and for multipliers below 0."""
    w = np.array([5.0, -3.5, 0.0, 1e-30, -3.0, 100.0, 1.0])
    b = np.array([-2.2, 1.0, 0.3, -1.0, -20.0, -70.0, 50.0])
    x, by_b, by_w = kernel([w, b, np.array([epsilon]), np.zeros(1), np.array([0.62])], steps)
    for i in range(w.size):
        with mp.workdps(60):
            point = mpf(float(x[i]))
            for _ in range(8):
                level = 1 / (1 + mp.exp(-(mpf(w[i]) * point + b[i])))
                slope = level * (1 - level)
                point += (level - point) / (1 - mpf(w[i]) * slope)
            settled = slope / (1 - mpf(w[i]) * slope)
        size = 1 + abs(b[i]) + abs(w[i] * x[i])
        assert abs(x[i] - point) <= 1e-15 * size * point
        assert abs(by_b[i] - settled) <= 3e-15 * size * settled
        assert abs(by_w[i] - point * settled) <= 3e-15 * size * point * settled


@pytest.mark.parametrize("epsilon", [1e-100, 1e-12, 1e-5])
def test_slow_neurons(epsilon):
    """x hardly moves: n eps sigma', and x times that, to the order of n eps."""
    steps, x, z = 400, 0.25, 5.0 * 0.25 - 2.0
    slope = math.exp(z) / (1.0 + math.exp(z)) ** 2
    group = group_of(5.0, -2.0, epsilon, 0.0, x)
    last, by_b, by_w = of_map(group, steps)
    near = 10.0 * steps * epsilon + 1e-14
    assert last[0] == pytest.approx(x, abs=near)
    assert by_b[0] == pytest.approx(steps * epsilon * slope, rel=near)
    assert by_w[0] == pytest.approx(steps * epsilon * slope * x, rel=near)


def test_no_neuron_and_no_step():
    """Empty arrays; and x0 itself, which answers to neither b nor w."""
    empty = of_map(group_of([], [], [], [], []), 50)
    assert [row.shape for row in empty] == [(0,)] * 3
    x, by_b, by_w = of_map(group_of(5.0, -2.5, 1.0, 0.0, [0.3, -2.0]), 0)
    assert (x.tolist(), by_b.tolist(), by_w.tolist()) == ([0.3, -2.0], [0.0, 0.0], [0.0, 0.0])


def test_the_range_that_is_trusted():
    """There sigma' is far from underflow: the kernel needs no scale; just outside, NaN."""
    assert math.exp(-LARGEST_Z) ** 3 > 1e-300
    w, b = np.array([LARGEST_Z / 2.0, -LARGEST_Z / 2.0]), np.array([-LARGEST_Z / 2.0] * 2)
    inside = kernel([w, b, np.ones(1), np.zeros(1), np.array([1.0])], 10)
    outside = kernel([w, 1.0001 * b, np.ones(1), np.zeros(1), np.array([1.0])], 10)
    assert np.isfinite(inside[1:]).all()
    assert np.isnan(outside[1:]).all()
