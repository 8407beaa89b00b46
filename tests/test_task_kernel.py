"""The kernel of tasks of the map: Omega, teacher, truncation, shared inputs, and its bits."""

import math
import tracemalloc

import numpy as np
import pytest
from mpmath import mp, mpf

from doya.kernels.machinery.running import always, as_machine_code, interpret
from doya.tasks.step_tasks import NAMES, Forcing, Maps, StepTask, by_iteration, slopes_of

LETTERS = ("w", "b", "epsilon", "input_weight")
# Values that steps of the input share, and the line slope x + height that has targets.
MORE = ("early", "late", "slope", "height")
MANNERS = [
    Forcing(),
    Forcing(rho=0.7),
    Forcing(alpha=0.2),
    Forcing(alpha=0.3, every=2, rho=0.5),
    Forcing(most=1),
    Forcing(most=3, rho=0.5),
    Forcing(alpha=0.4, every=3, most=4, rho=0.2),
]


def example(seed, size=3, sequences=2, steps=12):
    """Random neurons, as rows, and a task."""
    rng = np.random.default_rng(seed)
    rows = [
        rng.uniform(-7.0, 7.0, size), rng.uniform(-4.0, 3.0, size),
        rng.choice([1.0, 0.5, 0.1, 1e-3], size), rng.normal(size=size),
    ]  # fmt: skip
    targets = rng.uniform(0.0, 1.0, (sequences, steps))
    targets[rng.uniform(size=targets.shape) < 0.3] = math.nan
    shares = rng.choice([0.0, 1.0, 2.0], targets.shape)
    u, places = rng.normal(size=(sequences, steps)), np.arange(1, steps + 1)
    shared = np.full((sequences, steps), -1)
    shared[0, 0] = shared[-1, 2] = shared[-1, 5] = 0
    shared[0, 5], values = 1, {"early": 0.3, "late": -0.4}
    return rows, StepTask(
        rng.uniform(size=sequences), u, steps, targets, shares, places, False, shared, values
    )


def maps_of(rows, inside, seed=5):
    """Those neurons, with values and lines of their own, and these by name."""
    rng = np.random.default_rng(seed)
    more = dict(zip(MORE, rng.normal(size=(len(MORE), len(rows[0]))), strict=True))
    values = np.array([more["early"], more["late"]])
    maps = Maps(*rows, inside, None, values, more["slope"], more["height"])
    return maps, dict(zip(LETTERS, rows, strict=True)) | more


def naive(numbers, inside, task, manner, s):
    """Loss + rho Omega of one sequence in mpmath, of changed numbers and fixed ones.

    A term at t takes the changed numbers in its last `most` steps alone.
    """
    changed, fixed = numbers
    total = mpf(0)
    fixed_path = walk(fixed, fixed, inside, task, manner, s, 0, task.steps)
    for t in range(task.steps + 1):
        first = max(t - manner.most, 0)
        x = fixed_path[first] if first else changed["x0"]
        path = walk(changed, changed, inside, task, manner, s, first, t, x)
        total += terms(path[t], changed, inside, task, manner, s, t)
    return total


def target_at(task, s, t):
    """The target at a time and its weight; NaN for none."""
    found = np.flatnonzero(task.places == t)
    if not found.size:
        return math.nan, 0.0
    return float(task.targets[s, found[0]]), float(task.shares[s, found[0]])


def forced(x, task, manner, s, t):
    """The state from which a step is taken."""
    y, _ = target_at(task, s, t)
    if manner.alpha and t % manner.every == 0 and y == y:
        return (1 - mpf(manner.alpha)) * x + mpf(manner.alpha) * mpf(y)
    return x


def input_at(numbers, task, s, t):
    """The input of a step."""
    number = int(task.shared[s, t])
    return mpf(float(task.u[s, t])) if number < 0 else numbers[[*task.values][number]]


def walk(numbers, first_numbers, inside, task, manner, s, first, last, x=None):
    """The states from step `first` to step `last`, by step."""
    x = first_numbers["x0"] if x is None else x
    path = {first: x}
    for t in range(first, last):
        x = forced(x, task, manner, s, t)
        given = numbers["input_weight"] * input_at(numbers, task, s, t)
        z = numbers["w"] * x + numbers["b"] + (given if inside else 0)
        x += numbers["epsilon"] * (1 / (1 + mp.exp(-z)) - x + (0 if inside else given))
        path[t + 1] = x
    return path


def terms(x, numbers, inside, task, manner, s, t):
    """The terms of the loss and of rho Omega at one time."""
    y, c = target_at(task, s, t)
    variable = numbers["slope"] * x + numbers["height"]
    total = mpf(c) * (variable - mpf(y)) ** 2 if y == y else mpf(0)
    if manner.rho and t < task.steps:
        x = forced(x, task, manner, s, t)
        given = numbers["input_weight"] * input_at(numbers, task, s, t) if inside else 0
        level = 1 / (1 + mp.exp(-(numbers["w"] * x + numbers["b"] + given)))
        mu = 1 - numbers["epsilon"] + numbers["epsilon"] * numbers["w"] * level * (1 - level)
        total += mpf(manner.rho) * (abs(mu) - 1) ** 2
    return total


@pytest.mark.each_third
@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("inside", [False, True])
def test_every_manner_agrees_with_differences_in_50_digits(manner, inside):
    """Terms at t depend on the numbers from step t - k on alone, where truncated to k steps."""
    rows, task = example(1, steps=8)
    maps, named = maps_of(rows, inside)
    found = by_iteration(maps, task, manner)
    assert {*found.by} == {*NAMES, *task.values}
    change = mpf(10) ** -20
    with mp.workdps(50):
        for n in range(len(rows[0])):
            own = {name: mpf(row[n]) for name, row in named.items()}
            for name in found.by:
                total = mpf(0)
                for s, x0 in enumerate(task.x0.tolist()):
                    fixed = {**own, "x0": mpf(x0)}

                    def loss(sign, fixed=fixed, name=name, s=s):
                        moved = {**fixed, name: fixed[name] + sign * change}
                        return naive((moved, fixed), inside, task, manner, s)

                    total += (loss(1) - loss(-1)) / (2 * change)
                exact = float(total / task.x0.size)
                got = found.by[name].numbers()[n]
                assert got == pytest.approx(exact, rel=1e-12, abs=1e-13), name


def test_omega_is_that_of_the_literature_with_its_gradient():
    """w = 5, b = -2.6, a_0 = 0.5, k = 0..49 of a' = w sigma(a) + b: 1.6810327134.

    Doya's states are x[k] = sigma(a_k - ...): a = w x + b, so x[0] = (a_0 - b) / w, and the sum is
    over 50 steps.  The gradient is compared with differences in 40 digits, at fixed x[0].
    """
    w, b, steps = 5.0, -2.6, 50
    x0 = (0.5 - b) / w

    def omega(w, b, x):
        total = mpf(0)
        for _ in range(steps):
            level = 1 / (1 + mp.exp(-(w * x + b)))
            total += (abs(w * level * (1 - level)) - 1) ** 2
            x = level
        return total

    task = StepTask(
        np.array([x0]), np.zeros((1, 1)), steps, np.full((1, 1), math.nan), np.zeros((1, 1)),
        np.array([steps]),
    )  # fmt: skip
    rows = [np.array([value]) for value in (w, b, 1.0, 1.0)]
    found = by_iteration(Maps(*rows, False), task, Forcing(rho=1.0))
    assert found.loss == 0.0
    assert found.omega[0] == pytest.approx(1.6810327134, abs=1e-10)
    with mp.workdps(40):
        at, h = [mpf(w), mpf(b), mpf(x0)], mpf(10) ** -15
        for k, name in enumerate(("w", "b", "x0")):
            more, less = ([v + sign * h * (i == k) for i, v in enumerate(at)] for sign in (1, -1))
            slope = float((omega(*more) - omega(*less)) / (2 * h))
            assert found.by[name].numbers()[0] == pytest.approx(slope, rel=1e-12)


@pytest.mark.each_third
@pytest.mark.machine_code
@pytest.mark.parametrize("manner", MANNERS)
def test_machine_code_has_the_bits_of_the_interpreter(manner):
    """Of ordinary neurons, of saturated ones, and of steep ones whose adjoints leave doubles."""
    rows, task = example(2, size=24, steps=60)
    rows[1][:3] = 700.0, -700.0, -330.0
    rows[0][3:8] = 1e6, -1e6, 40.0, 1e-3, 0.0
    rows[1][5] = -20.0
    for inside in (False, True):
        one, other = (
            slopes_of(maps_of(rows, inside)[0], task, manner, call)
            for call in (interpret, as_machine_code)
        )
        np.testing.assert_array_equal(one.loss, other.loss)
        np.testing.assert_array_equal(one.omega, other.omega)
        for name in task.names:
            np.testing.assert_array_equal(one.by[name].value, other.by[name].value)
            np.testing.assert_array_equal(one.by[name].shift, other.by[name].shift)


@pytest.mark.machine_code
@pytest.mark.parametrize("manner", [Forcing(), Forcing(most=3, rho=0.5)])
def test_a_neuron_of_a_later_block_has_the_bits_of_one_alone(manner):
    """Of 70 neurons, of which 64 go together."""
    rows, task = example(4, size=70)
    maps, _ = maps_of(rows, inside=False)
    whole, alone = (
        slopes_of(maps.part(part), task, manner, as_machine_code)
        for part in (slice(70), slice(69, 70))
    )
    assert whole.loss[69] == alone.loss[0]
    for name in task.names:
        assert whole.by[name].value[69] == alone.by[name].value[0], name


@pytest.mark.machine_code
@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("call", [interpret, as_machine_code])
def test_sequences_side_by_side_have_the_bits_of_neurons_side_by_side(manner, call):
    """One neuron with 11 sequences, among them steep ones whose adjoints leave doubles."""
    rows, task = example(6, size=12, sequences=11, steps=40)
    task.shared[3:6, 7], task.targets[:5, :-1] = 1, math.nan
    task.u[7, :9] = 1e-250  # which takes its sequence, and it alone, out of the lockstep
    rows[1][:2], rows[0][2:4], rows[1][2], rows[0][4] = 700.0, (1e6, 40.0), -20.0, 1e-3
    for inside, each in ((False, task), (True, task._replace(shared=None, values={}))):
        maps, _ = maps_of(rows, inside)
        maps = maps if each.values else maps._replace(values=None)
        whole = slopes_of(maps, each, manner, call)
        for n in range(12):
            alone = slopes_of(maps.part(slice(n, n + 1)), each, manner, call)
            assert (whole.loss[n], whole.omega[n]) == (alone.loss[0], alone.omega[0])
            for name in each.names:
                one, other = whole.by[name], alone.by[name]
                assert (one.value[n], one.shift[n]) == (other.value[0], other.shift[0]), name


def test_a_sweep_that_leaves_doubles_joins_one_that_does_not():
    """Adjoints of (5/4)**n, n up to 4000: the sum for b is ((5/4)**n - 1) by its closed form.

    On the wall dx[n]/db = (5/4)**n - 1, so that targets at two times add two of them.
    """
    places = np.array([200, 4000])
    task = StepTask(
        np.array([0.5]), np.zeros((1, 1)), 4000, np.array([[0.8, 0.8]]), np.ones((1, 2)), places
    )
    rows = [np.array([value]) for value in (5.0, -2.5, 1.0, 1.0)]
    found = by_iteration(Maps(*rows, False), task).by["b"]
    with mp.workdps(30):
        exact = mpf(-0.6) * (mpf(1.25) ** 4000 + mpf(1.25) ** 200 - 2)
        size = float(mp.log10(abs(exact)))
    assert found.log10_abs()[0] == pytest.approx(size, rel=1e-14)
    assert found.sign()[0] == -1.0


def by_adjoint(w, b, weight, u, targets):
    """dL/dp by p in 60 digits, eps = 1, input inside sigma; targets by time."""
    w, b, weight = mpf(w), mpf(b), mpf(weight)
    x, slopes = [mpf(0.5)], []
    for each in u:
        size = mp.exp(w * x[-1] + b + weight * mpf(each))
        slopes.append(1 / (1 + size) / (1 + 1 / size))
        x.append(1 / (1 + 1 / size))
    found, p = dict.fromkeys(("b", "w", "input_weight", "early"), mpf(0)), mpf(0)
    for t in range(len(u), -1, -1):
        if t < len(u):
            push = p * slopes[t]
            found["b"] += push
            found["w"] += push * x[t]
            found["input_weight"] += push * mpf(u[t])
            found["early"] += push * weight if t == 0 else 0
            p = push * w
        p += 2 * (x[t] - mpf(targets[t])) if t in targets else 0
    return found | {"x0": p}


@pytest.mark.parametrize("last", [(240,), (120, 240), (3, 240)])
@pytest.mark.parametrize("w", [0.02, 80.0, 300.0])
def test_a_long_product_keeps_all_digits_as_its_unit_changes(last, w):
    """Down to 1e-20000 and up again, with z up to 400; a target on the way counts in that unit."""
    rng = np.random.default_rng(int(w))
    u = rng.normal(size=240) * 0.2 * w
    u[100:103] = -0.5  # where w x + b may be near 0 the product grows again
    targets = dict(zip(last, rng.uniform(size=len(last)).tolist(), strict=True))
    places, shared = np.array(last), np.full((1, 240), -1)
    shared[0, 0] = 0
    task = StepTask(
        np.array([0.5]), u[np.newaxis], 240, np.array([[*targets.values()]]),
        np.ones((1, len(last))), places, False, shared, {"early": float(u[0])},
    )  # fmt: skip
    rows = [np.array([value]) for value in (w, -0.5 * w, 1.0, 1.3)]
    found = by_iteration(Maps(*rows, True), task)
    with mp.workdps(60):
        exact = by_adjoint(w, -0.5 * w, 1.3, u.tolist(), targets)
        for name, each in exact.items():
            assert found.by[name].sign()[0] == mp.sign(each)
            size = float(mp.log(abs(each)))
            own = math.log(abs(found.by[name].value[0])) + found.by[name].shift[0]
            assert own == pytest.approx(size, rel=1e-15, abs=1e-9 + 4e-16 * abs(size)), name


@pytest.mark.machine_code
@pytest.mark.parametrize(("size", "steps"), [(2, 10**6), (50, 10**4), (20_000, 10)])
def test_a_task_takes_little_memory_besides_its_answers(size, steps):
    """At most 64 MB, and twice the output, of 12 numbers a neuron."""
    task = StepTask(
        np.array([0.5]), np.zeros((1, 1)), steps, np.array([[0.8]]), np.ones((1, 1)),
        np.array([steps]),
    )  # fmt: skip
    maps = Maps(*(np.full(size, value) for value in (5.0, -2.3, 1.0, 1.0)), False)
    with always(as_machine_code):
        by_iteration(maps, task._replace(steps=1, places=np.array([1])))
        tracemalloc.start()
        found = by_iteration(maps, task)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 64e6 + 2 * 12 * 8 * size
    assert np.ptp(found.by["b"].numbers()) == 0.0
