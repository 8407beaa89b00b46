"""Ready tasks: their sequences and targets, neurons that solve them, and the published figures."""

import math
import subprocess
import sys

import numpy as np
import pytest

import doya

TASKS = {
    "latch": lambda **more: doya.tasks.latch(sequences=6, steps=(5, 9), **more),
    "flip_flop": lambda **more: doya.tasks.flip_flop(sequences=3, steps=40, **more),
    "delay": lambda **more: doya.tasks.delay(3, sequences=3, steps=40, **more),
    "oscillate": lambda **more: doya.tasks.oscillate(sequences=3, steps=40, **more),
}
# Bengio's unit y' = tanh(w y + h + v u) as Doya's map, with h = 0 and v = 1.
UNIT = doya.to_tanh(doya.NeuronMap(8.0, -4.0, input_weight=2.0, input_to="bias"))


def test_ready_tasks_are_there_after_import_doya():
    """A module of the room may be imported first."""
    for first in ("doya", "doya.tasks.latches, doya", "doya.tasks.task, doya"):
        code = f"import {first}; doya.tasks.latch(); doya.tasks.flip_flop(); doya.Task"
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_repeats_a_task_and_its_noise(name):
    make = TASKS[name]
    assert make(seed=3, variance=0.2) == make(seed=3, variance=0.2)
    assert make(seed=3, variance=0.2) != make(seed=4, variance=0.2)
    assert isinstance(make(), doya.Task)


@pytest.mark.parametrize("name", TASKS)
def test_noise_is_added_to_the_inputs_and_not_to_the_targets(name):
    """Inputs with and without it differ by numbers of mean 0 and of the variance given."""
    size = {"steps": (400, 400)} if name == "latch" else {"steps": 400}
    make = getattr(doya.tasks, name)
    quiet, noisy = (make(seed=2, sequences=100, variance=each, **size) for each in (0.0, 0.09))
    np.testing.assert_array_equal(quiet.targets, noisy.targets)
    difference = (noisy.inputs - quiet.inputs)[:, 1:]
    # Standard errors of 39,900 numbers: 0.0015 of the mean, 0.00064 of the variance.
    assert abs(difference.mean()) < 0.006
    assert abs(difference.var() - 0.09) < 0.0026


@pytest.mark.parametrize(("variant", "y"), [(1, 0.8), (2, 1.0)])
def test_each_latch_sequence_has_the_target_of_its_class_at_its_own_end(variant, y):
    task = doya.tasks.latch(variant, 7, first=(3.0, -2.0), sequences=60, steps=(20, 30))
    assert task.x0 == 0.5
    assert 20 <= task.times[0] < task.times[-1] <= 30
    assert (np.isfinite(task.targets).sum(axis=1) == 1).all()
    for k, (u, targets) in enumerate(zip(task.inputs, task.targets, strict=True)):
        assert u[0] == (3.0, -2.0)[k % 2]
        assert np.nanmax(targets) == (0.5 * (1.0 + y), 0.5 * (1.0 - y))[k % 2]


def test_several_first_inputs_of_a_latch_can_be_given():
    task = doya.tasks.latch(first=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], sequences=4, steps=(3, 9))
    assert task.inputs[:, :3].tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] * 2


def ends(task, w, h, v):
    """Return y at the end of each sequence, of y' = tanh(w y + h + v u) from y = 0."""
    found = np.empty(len(task.inputs))
    for k, (u, targets) in enumerate(zip(task.inputs, task.targets, strict=True)):
        y = 0.0
        for each in u[: int(task.times[np.isfinite(targets)][0])]:
            y = math.tanh(w * y + h + v * each)
        found[k] = y
    return found


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize(("w", "h", "v"), [(2.0, 0.0, 1.0), (-1.5, 0.3, 2.0), (0.7, -0.2, 0.5)])
def test_the_loss_of_a_latch_is_a_quarter_of_that_of_the_tanh_unit(variant, w, h, v):
    task = doya.tasks.latch(variant, 1, sequences=10, steps=(10, 20))
    wanted = {1: 0.8, 2: 1.0}[variant] * np.array([1.0, -1.0] * 5)
    neuron = doya.from_tanh(w, h).neuron.replace(input_weight=2.0 * v, input_to="bias")
    expected = 0.25 * np.mean((ends(task, w, h, v) - wanted) ** 2)
    assert doya.task_gradient(neuron, task).loss == pytest.approx(expected, rel=1e-11)


@pytest.mark.long
def test_random_guessing_solves_the_latch_in_as_few_trials_as_published():
    """Mean of 40 searches: 6 trials (Schmidhuber, Hochreiter, Bengio 2001), within a factor of 2.

    w and both first inputs are uniform from -100 to 100.  A trial succeeds if each sequence ends
    with the right sign of y.  The sequences are shorter than in the source, to be fast; with
    lengths of 500 to 600 the mean is the same.
    """
    box = dict.fromkeys(("w", "up", "down"), (-100.0, 100.0))
    needed = []
    for seed in range(40):
        size = {"sequences": 20, "steps": (20, 30)}
        found = doya.search(UNIT, doya.tasks.latch(1, seed, **size), box, seed=seed, trials=45)
        # One wrong sequence of 20 alone adds 0.9**2 / 20 = 0.04; all right ones at most 0.01.
        needed.append(int(np.argmax(found.losses < 0.03)) + 1)
        w, up, down = (each[needed[-1] - 1] for each in found.trials.values())
        solved = doya.tasks.latch(1, seed, first=(up, down), **size)
        assert (np.sign(ends(solved, w, 0.0, 1.0)) == [1.0, -1.0] * 10).all()
    assert 3.0 <= np.mean(needed) <= 12.0
    assert np.mean(needed) == pytest.approx(6.95, abs=1.0)


def test_variant_2_of_the_latch_is_solved_where_the_first_input_outweighs_the_rest():
    """abs(h) < v, and w keeps the high state from the lowest noise, the low from the highest.

    With m the largest size of all noise that is abs(h) + m v < w; in short sequences the noise that
    pushes to the other state counts alone.
    """
    task = doya.tasks.latch(2, 3, sequences=6, steps=(20, 30))
    w, h, v = np.random.default_rng(1).uniform(-100.0, 100.0, (3, 3000))
    units = doya.NeuronMap(4.0 * w, 2.0 * (h - w), input_weight=2.0 * v, input_to="bias")
    solved = doya.task_gradient(units, task, "b").loss < 0.1  # one wrong sequence adds 1/6
    lowest, highest = math.inf, -math.inf
    for k, (row, targets) in enumerate(zip(task.inputs, task.targets, strict=True)):
        noise = row[1 : int(task.t_end[np.isfinite(targets)][0])]
        lowest, highest = (lowest, max(highest, noise.max())) if k % 2 else (
            min(lowest, noise.min()), highest
        )  # fmt: skip
    expected, clear = (
        (np.abs(h) + less < v) & (less - h - v * lowest < w) & (less + h + v * highest < w)
        for less in (0.0, 5.0)
    )
    assert solved[clear].all()
    assert np.mean(solved != expected) < 0.003
    assert 0.01 < np.mean(solved) < 0.03  # one of 22 trials is 0.045


def test_a_flip_flop_remembers_the_last_pulse():
    """Targets by a loop over the inputs."""
    task = doya.tasks.flip_flop(5, sequences=30, steps=60, chance=0.2, height=2.0)
    assert np.isin(task.inputs, [-2.0, 0.0, 2.0]).all()
    assert 0.15 < np.mean(task.inputs[:, 1:] != 0.0) < 0.25
    for u, targets in zip(task.inputs, task.targets, strict=True):
        assert u[0] != 0.0
        bit = math.nan
        for each, target in zip(u, targets, strict=True):
            bit = {0.0: bit, 2.0: 0.9, -2.0: 0.1}[each]
            assert target == bit


def test_two_stable_equilibria_solve_the_flip_flop():
    """Equilibria 0.1 and 0.9 of w = ln(9) / 0.4, b = -w / 2; a large pulse puts x near 0 or 1.

    The deviation of at most 0.1 after a pulse shrinks by w x(1-x) = 0.494 a step.
    """
    w = math.log(9.0) / 0.4
    neuron = doya.NeuronMap(w, -0.5 * w, input_weight=100.0, input_to="bias")
    task = doya.tasks.flip_flop(1, sequences=10, steps=200, chance=0.05)
    pulses = np.count_nonzero(task.inputs) / 10
    assert doya.task_gradient(neuron, task).loss <= pulses * 0.1**2 / (1.0 - 0.494**2)
    forgetful = neuron.replace(w=2.0, b=-1.0)  # its only equilibrium is 0.5
    assert doya.task_gradient(forgetful, task).loss > 200 * 0.3**2


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_delay_asks_for_the_input_k_steps_before(k):
    task = doya.tasks.delay(k, 4, sequences=3, steps=30, between=(-2.0, 3.0))
    assert np.isnan(task.targets[:, : k - 1]).all()
    for u, targets in zip(task.inputs, task.targets, strict=True):
        assert -2.0 <= u.min() < -1.0
        assert 2.0 < u.max() <= 3.0
        for t in range(30 - k + 1):
            assert targets[t + k - 1] == u[t]  # x[t + k]


def test_a_neuron_without_sigma_solves_the_delay_of_one_step():
    """x[t+1] = sigma(-1000) + u[t] = u[t]; a constant state has the spread of the inputs."""
    task = doya.tasks.delay(1, sequences=50, steps=100)
    assert doya.task_gradient(doya.NeuronMap(0.0, -1e3), task).loss == 0.0
    constant = doya.NeuronMap(0.0, 0.0, input_weight=0.0)  # x = 0.5
    spread = np.mean(np.sum((task.inputs - 0.5) ** 2, axis=1))
    loss = doya.task_gradient(constant, task).loss
    assert loss == pytest.approx(spread, rel=1e-13)
    assert loss == pytest.approx(100 / 12, rel=0.04)  # the variance of uniform numbers


@pytest.mark.parametrize("levels", [(0.1, 0.9), (0.25, 0.75)])
def test_a_2_cycle_solves_the_oscillation(levels):
    """States x and 1 - x have w = ln(x / (1 - x)) / (1/2 - x) and b = -w / 2."""
    low, high = levels
    w = math.log(high / low) / (0.5 - high)
    task = doya.tasks.oscillate(levels=levels, x0=low, steps=9)
    assert task.targets.tolist() == [[high, low] * 4 + [high]]
    assert doya.task_gradient(doya.NeuronMap(w, -0.5 * w), task).loss < 1e-25
    from_inside = doya.tasks.oscillate(levels=levels, steps=400)
    assert doya.task_gradient(doya.NeuronMap(w, -0.5 * w), from_inside).loss < 1.0


def test_a_map_before_its_flip_does_not_oscillate():
    """Up to w = -4 the state ends at 0.5: each later step adds (0.9 - 0.5)**2."""
    task = doya.tasks.oscillate(steps=400)
    assert doya.task_gradient(doya.NeuronMap(-3.0, 1.5), task).loss > 390 * 0.4**2


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("latch", "variant", 0),
        ("latch", "variant", 3),
        ("latch", "variant", "bengio"),
        ("latch", "first", 1.0),
        ("latch", "first", (1.0, 2.0, 3.0)),
        ("latch", "first", np.zeros((2, 0))),
        ("latch", "first", np.zeros((2, 501))),
        ("latch", "first", (1.0, math.nan)),
        ("latch", "sequences", 1),
        ("latch", "steps", 50),
        ("latch", "steps", (50, 40)),
        ("latch", "steps", (0, 40)),
        ("latch", "steps", (1, 2, 3)),
        ("latch", "steps", (10, 10**6 + 1)),
        ("flip_flop", "chance", 0.0),
        ("flip_flop", "chance", 1.1),
        ("flip_flop", "height", math.inf),
        ("flip_flop", "levels", (0.9, 0.1)),
        ("flip_flop", "levels", 0.5),
        ("delay", "k", 0),
        ("delay", "k", 101),
        ("delay", "between", (1.0, 1.0)),
        ("oscillate", "levels", (0.1, math.nan)),
        ("oscillate", "levels", (0.1,)),
        ("oscillate", "x0", "low"),
        *((name, "seed", -1) for name in TASKS),
        *((name, "variance", -0.1) for name in TASKS),
        *((name, "sequences", 0) for name in TASKS),
        *((name, "steps", 0) for name in TASKS),
    ],
)
def test_a_wrong_argument_is_one_sentence_that_names_it(name, argument, value):
    with pytest.raises(doya.ArgumentError) as caught:
        getattr(doya.tasks, name)(**{argument: value})
    assert caught.value.argument == argument
    assert str(caught.value).startswith(f"{argument} must ")
    assert "\n" not in str(caught.value)
