"""Descents of tasks, with teacher, truncation and Omega, against a naive loop in mpmath."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya

LEARN = ("b", "w", "x0", "input_weight", "epsilon")
U = [[1.0, 0.0, -0.5, 0.25, 0.0, 0.5], [-1.0, 0.5, 0.0, 0.0, 0.25, -0.25]]
TARGETS = [[math.nan, 0.8, 0.7, math.nan, 0.6, 0.9], [0.2, math.nan, 0.1, 0.3, 0.2, 0.1]]
WEIGHTS = [[1.0, 2.0, 0.5, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 3.0, 1.0, 0.5]]
STARTS = [0.5, 0.25]
MANNERS = [
    {},
    {"teacher_forcing": 0.3},
    {"teacher_forcing": 0.4, "forcing_every": 2},
    {"truncate": 2},
    {"penalty": {"omega": 0.7}},
    {"teacher_forcing": 0.2, "forcing_every": 3, "truncate": 3, "penalty": {"omega": 0.3}},
]


def walk(numbers, x, u, targets, alpha, every, first, last):
    """States x[first] to x[last], and mu of each step; targets[t] is that of x[t], or NaN."""
    states, slopes = [x], []
    for t in range(first, last):
        if alpha and t % every == 0 and targets[t] == targets[t]:
            x = (1 - mpf(alpha)) * x + mpf(alpha) * mpf(targets[t])
        level = 1 / (1 + mp.exp(-(numbers["w"] * x + numbers["b"])))
        epsilon = numbers["epsilon"]
        slopes.append(1 - epsilon + epsilon * numbers["w"] * level * (1 - level))
        x = (1 - epsilon) * x + epsilon * (level + numbers["input_weight"] * mpf(u[t]))
        states.append(x)
    return states, slopes


def descended(changed, fixed, sequences, manner, alone=False):
    """The mean of loss + rho Omega; a term at t takes the changed numbers in its last k steps."""
    alpha, every = manner.get("teacher_forcing", 0.0), manner.get("forcing_every", 1)
    most = manner.get("truncate", 10**9)
    rho = 0.0 if alone else manner.get("penalty", {}).get("omega", 0.0)
    total = mpf(0)
    for start, u, targets, weights in sequences:
        past, _ = walk(fixed, fixed["x0"] + start, u, targets, alpha, every, 0, len(u))
        for t in range(len(u) + 1):
            first = max(t - most, 0)
            x = past[first] if first else changed["x0"] + start
            path, _ = walk(changed, x, u, targets, alpha, every, first, t)
            if targets[t] == targets[t]:
                total += mpf(weights[t]) * (path[-1] - mpf(targets[t])) ** 2
            if rho and t < len(u):
                _, (mu,) = walk(changed, path[-1], u, targets, alpha, every, t, t + 1)
                total += mpf(rho) * (abs(mu) - 1) ** 2
    return total / len(sequences)


def check(path, sequences, manner, rate):
    """Compare losses and gradients of the first and last step, and the first change."""
    with mp.workdps(40):
        for k in (0, -1):
            at = {name: mpf(float(path.parameters[name][k])) for name in LEARN}
            loss = float(descended(at, at, sequences, manner, alone=True))
            assert path.loss[k] == pytest.approx(loss, rel=1e-12)
            free = float(descended(at, at, sequences, {}))
            assert path.free_loss[k] == pytest.approx(free, rel=1e-12)
            h = mpf(10) ** -15
            for name in LEARN:
                high, low = (
                    descended(at | {name: at[name] + d}, at, sequences, manner) for d in (h, -h)
                )
                slope = float((high - low) / (2 * h))
                assert path.gradient[name][k] == pytest.approx(slope, rel=1e-11, abs=1e-14), name
    for name in LEARN:
        before, after = path.parameters[name][:2]
        assert after == pytest.approx(before - rate * path.gradient[name][0], rel=1e-15)


@pytest.mark.parametrize("manner", MANNERS)
def test_a_task_of_the_map_is_descended_as_in_a_naive_loop(manner):
    """Two sequences with starts of their own: x0 is what is added to both, 0 at first."""
    neuron = doya.NeuronMap(4.5, -2.1, epsilon=0.5, input_weight=0.75)
    task = doya.Task(U, TARGETS, WEIGHTS, STARTS)
    path = doya.train(neuron, task=task, learn=LEARN, learning_rate=0.05, steps=5, **manner)
    assert path.success
    assert path.parameters["x0"][0] == 0.0
    sequences = [
        (mpf(start), u, [math.nan, *targets], [0.0, *weights])
        for start, u, targets, weights in zip(STARTS, U, TARGETS, WEIGHTS, strict=True)
    ]
    check(path, sequences, manner, 0.05)


@pytest.mark.parametrize("manner", MANNERS[1:])
def test_one_target_is_a_task_whose_teacher_is_always_there(manner):
    """The teacher moves the state before each step toward the target, which counts at the end."""
    neuron = doya.NeuronMap(4.5, -2.1, epsilon=0.5, input_weight=0.75)
    path = doya.train(neuron, 0.5, 6, 0.8, LEARN, 0.05, 5, u=np.array(U[0]), **manner)
    sequences = [(mpf(0), U[0], [0.8] * 7, [0.0] * 6 + [1.0])]
    check(path, sequences, manner, 0.05)


def test_the_start_of_a_task_with_one_start_is_learned_itself():
    """At T = 1 and w = 0, epsilon = 1/2: dL/dx0 = 2 (x0/2 + 1/4 - y)/2."""
    task = doya.Task([[0.0], [0.0]], [0.8, 0.8], x0=0.5)
    path = doya.train(doya.NeuronMap(0.0, 0.0, epsilon=0.5), task=task, learn="x0", steps=1)
    assert path.gradient["x0"][0] == pytest.approx(0.5 - 0.8, rel=1e-15)
    assert path.parameters["x0"].tolist() == pytest.approx([0.5, 0.8], rel=1e-15)


FLOW_TASKS = {
    "end": doya.Task([None, 0.2], [0.8, 0.3], x0=[0.4, 0.6], t_end=7.0),
    "times": doya.Task(
        [doya.Pulses([(1.0, 2.0, 0.5)]), None], [[0.8, 0.7], [0.3, math.nan]], t_end=[3.0, 7.0]
    ),
    "time": doya.Task([0.1], [doya.Table([2.0], [0.8])], t_end=7.0),
}


@pytest.mark.parametrize("kind", FLOW_TASKS)
def test_a_task_of_the_flow_is_descended_along_its_gradient(kind):
    """Each step changes by the gradient of the task at the parameters of the path."""
    task, learn = FLOW_TASKS[kind], ("b", "w", "input_weight", "x0")
    neuron = doya.NeuronODE(4.5, [-2.1, -2.4], input_weight=0.5)
    path = doya.train(neuron, task=task, learn=learn, learning_rate=[[0.02], [0.05]], steps=3)
    assert path.loss.shape == (2, 2, 4)
    np.testing.assert_array_equal(path.free_loss, path.loss)
    for k in range(4):
        now = {name: path.parameters[name][..., k] for name in learn}
        for i in np.ndindex(2, 2):
            numbers = {name: float(each[i]) for name, each in now.items()}
            moved = numbers.pop("x0")
            starts = np.asarray(task.x0) + (moved if np.ndim(task.x0) else moved - task.x0)
            own = doya.Task(task.inputs, task.targets, task.weights, starts, task.t_end)
            found = doya.task_gradient(neuron.replace(**numbers), own, learn)
            assert path.loss[i][k] == pytest.approx(float(found.loss), rel=1e-12)
            for name in learn:
                assert path.gradient[name][i][k] == pytest.approx(
                    float(found.gradient[name]), rel=1e-10, abs=1e-14
                )


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("shared", [False, True])
def test_an_ensemble_is_its_members_bit_for_bit(manner, shared):
    """Of a task, and of targets and inputs that differ from neuron to neuron."""
    rng = np.random.default_rng(4)
    w, b = rng.uniform(3.0, 5.5, 9), rng.uniform(-2.7, -2.0, 9)
    target, u = rng.choice([0.2, 0.8], 9), rng.choice([0.0, 0.25], (9, 6))
    task = doya.Task(U, TARGETS, WEIGHTS, STARTS)
    settings = {"learn": LEARN, "learning_rate": 0.1, "steps": 4, **manner}

    def train(k):
        neuron = doya.NeuronMap(w[k], b[k], epsilon=0.5)
        if shared:
            return doya.train(neuron, task=task, **settings)
        return doya.train(neuron, 0.4, 6, target[k], u=u[k], **settings)

    whole = train(slice(None))
    for k in range(9):
        alone = train(k)
        for name in ("loss", "free_loss", "gradient_norm"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name)[k])
        for name in LEARN:
            np.testing.assert_array_equal(alone.parameters[name], whole.parameters[name][k])


def test_a_task_has_folds_on_its_way_but_no_walls():
    """From b = -2.2 to the memory of w = 5, the fold at b = -2.344389661369312 is passed."""
    task = doya.Task([[1.0] + 9 * [0.0], [-1.0] + 9 * [0.0]], [0.85, 0.15])
    path = doya.train(doya.NeuronMap(5.0, -2.2), task=task, learning_rate=0.5)
    assert path.task is task
    assert (path.x0, path.t_end, path.target, path.u) == (None,) * 4
    assert {each.kind for each in path.bifurcations} == {"LP"}
    assert path.bifurcations[0].place["b"] == pytest.approx(-2.344389661369312, rel=1e-12)
    assert path.verdict.startswith("Took 100 steps. At the end (step 100): b = -2.")
    assert path.equilibria.count[0] == 1
    assert path.equilibria.count[-1] == 3


TASK = doya.Task([[1.0, 0.0]], [0.8])
MAP = doya.NeuronMap(5.0, -2.2)


@pytest.mark.parametrize(
    ("neuron", "given", "words"),
    [
        (MAP, {"task": TASK, "x0": 0.5}, "task has its own x0.*: remove x0, or the task"),
        (MAP, {"task": TASK, "target": 0.5, "u": 1.0}, "remove target and u, or the task"),
        (MAP, {"task": 3}, "task must be a Task, got 3"),
        (MAP, {"x0": 0.5, "t_end": 9}, "target must be given unless there is a task"),
        (doya.NeuronODE(), {"task": TASK}, "task must have a list of inputs for the flow"),
        (MAP, {"task": TASK, "forcing_every": 2}, "forcing_every needs a teacher_forcing"),
        (MAP, {"task": TASK, "truncate": 0}, "truncate must be a whole number from 1"),
        (MAP, {"task": TASK, "penalty": {"omega": -1.0}}, "omega must be at least 0"),
        (MAP, {"task": TASK, "penalty": {"omega": [1.0, 2.0]}}, "omega must be one number, at"),
        (MAP, {"task": TASK, "penalty": {"omga": 1.0}}, "penalty must be .*omega"),
        (doya.NeuronODE(), {"truncate": 3}, "truncate must be left out for the flow"),
        (doya.NeuronODE(), {"penalty": {"omega": 1.0}}, "omega must be 0 for the flow"),
        (MAP.replace(b=[1.0, 2.0]), {"task": TASK, "clip": [1.0, 2.0, 3.0]}, "must broadcast"),
    ],
)
def test_what_a_task_or_the_flow_has_no_use_for_is_refused(neuron, given, words):
    if "task" not in given and "x0" not in given:
        given = {"x0": 0.5, "t_end": 9, "target": 0.8, **given}
    with pytest.raises(doya.ArgumentError, match=words):
        doya.train(neuron, **given)


def test_a_descent_of_letters_is_truncated_on_a_task_alone():
    with pytest.raises(doya.ArgumentError, match="truncate must be left out for a Conversion"):
        doya.train(doya.from_tanh(1.2, 0.0), 0.5, 5, 0.5, truncate=2)
