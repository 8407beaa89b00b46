"""Targets of an author's state, and descents of tasks in letters, against the author's equation."""

from __future__ import annotations

import math

import numpy as np
import pytest

import author_oracle
import doya
from authors import converted
from doya.tasks.statuses import TaskStatus

AUTHORS = [
    ("pascanu", {"w": 5.0, "b": -2.3}, 1.0),
    ("tanh", {"w": 1.25, "h": 0.1, "epsilon": 1.0}, 1.0),
    ("tanh", {"w": 1.25, "h": 0.1, "epsilon": 0.6}, 1.0),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": -4.0}, 1.0),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.3}, 1.0),
    ("beer", {"w": 5.0, "theta": -3.0, "input": 0.4, "tau": 2.0}, 2.0),
    ("tanh-flow", {"w": 1.3, "h": 0.1, "tau": 2.0}, 2.0),
    ("wilson-cowan", {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.3, "tau": 2.0}, 2.0),
]
# The author's states at the starts of two sequences, his times, targets and weights.
STARTS, TIMES = (0.2, 0.4), (2, 5)
TARGETS = np.array([[0.5, math.nan], [0.3, 0.7]])
WEIGHTS = np.array([[1.0, 1.0], [0.5, 2.0]])


def task_of(conversion, tau, starts=STARTS):
    """The task in Doya's x and times."""
    x0 = np.array([conversion.to_state(start) for start in starts])
    count = len(starts)
    return doya.Task(
        [None] * count, TARGETS[:count], WEIGHTS[:count], x0 if count > 1 else float(x0[0]),
        [each / tau for each in TIMES], "state",
    )  # fmt: skip


def exact(author, letters, name=None):
    """The loss in 40 digits from fixed states of the author, or its derivative by a letter."""
    return author_oracle.mean_loss(author, letters, STARTS, TIMES, TARGETS, WEIGHTS, name)


@pytest.mark.parametrize(("author", "letters", "tau"), AUTHORS)
def test_loss_and_gradient_are_those_of_the_authors_equation(author, letters, tau):
    """By each letter but the unit of time, and by the author's state at the start."""
    conversion = converted(author, letters)
    names = [name for name in letters if name != "tau"]
    if letters.get("epsilon") == 1.0:  # the state is a logit of x for no other epsilon
        names.remove("epsilon")
    task = task_of(conversion, tau)
    found = doya.task_gradient(conversion, task)
    assert [*found.gradient] == names
    assert found.loss == pytest.approx(exact(author, letters), rel=1e-13)
    by_start = doya.task_gradient(conversion, task, "x0").gradient
    for name, slope in {**found.gradient, **by_start}.items():
        known = exact(author, letters, name)
        assert slope == pytest.approx(known, rel=1e-10, abs=1e-13), name


def test_the_loss_of_pascanu_is_a_target_of_his_state():
    """(a_50 - 1)**2 of a' = w sigma(a) + b from a_0 = 0.5, as for one target without a task."""
    weights, biases = np.array([5.0, 3.0])[:, np.newaxis], np.array([-2.2, -2.7])
    pascanu = doya.from_pascanu(weights, biases)
    task = doya.Task([None], [1.0], x0=1 / (1 + math.exp(-0.5)), t_end=50, variable="state")
    found = doya.task_gradient(pascanu, task, ("w", "b"))
    for i, j in np.ndindex(2, 2):
        a, w, b = 0.5, float(weights[i, 0]), float(biases[j])
        for _ in range(50):
            a = w / (1.0 + math.exp(-a)) + b
        assert found.loss[i, j] == pytest.approx((a - 1.0) ** 2, rel=1e-9)
    given = {"learn": ("b", "w"), "learning_rate": 0.01, "steps": 4, "clip": 1.0}
    one = doya.train(pascanu, task.x0, 50, 1.0, **given)
    other = doya.train(pascanu, task=task, **given)
    for name in given["learn"]:
        assert other.parameters[name] == pytest.approx(one.parameters[name], rel=1e-10)
        assert other.gradient[name] == pytest.approx(one.gradient[name], rel=1e-9)


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "tau"), AUTHORS)
def test_a_descent_begins_each_step_at_the_state_of_the_author(author, letters, tau):
    """Three steps; the start is fixed in the author's state, as without a task."""
    conversion, learn = converted(author, letters), [*letters][:2]
    task = task_of(conversion, tau)
    path = doya.train(conversion, task=task, learn=learn, learning_rate=0.01, steps=3)
    there = dict(letters)
    for k in range(4):
        assert path.loss[k] == pytest.approx(exact(author, there), rel=1e-11)
        for name in learn:
            slope = exact(author, there, name)
            assert path.gradient[name][k] == pytest.approx(slope, rel=1e-9, abs=1e-13)
        there |= {name: float(path.parameters[name][min(k + 1, 3)]) for name in learn}
    assert (path.conversion, path.task) == (conversion, task)


@pytest.mark.parametrize(
    ("unit", "convert"),
    [
        (doya.NeuronMap(5.0, -2.3), doya.to_tanh),
        (doya.NeuronODE(5.0, -2.3), doya.to_tanh_flow),
    ],
)
def test_a_task_of_z_in_letters_is_the_chain_rule(unit, convert):
    """Doya's w' = 4 w and b = 2 h - 2 w change; x at the start does not change with w and h."""
    task = doya.Task([0.1, None], [0.5, -0.7], None, [0.6, 0.3], 4, "z")
    own = doya.train(unit, task=task, learn=("w", "b"), steps=0).gradient
    tanh = doya.train(convert(unit), task=task, learn=("h", "w"), steps=0).gradient
    assert tanh["h"] == pytest.approx(2.0 * own["b"], rel=1e-12)
    assert tanh["w"] == pytest.approx(4.0 * own["w"] - 2.0 * own["b"], rel=1e-12)


def test_an_ensemble_of_letters_has_single_descents():
    """Some of them at epsilon = 1, where the state is read from the step before."""
    epsilons, rates = np.array([1.0, 0.6]), np.array([[0.01], [0.05]])
    many = doya.from_tanh(1.25, 0.1, epsilons)
    task = doya.Task([None], [[0.5, 0.7]], None, 0.6, [2, 5], "state")
    given = {"task": task, "learn": ("h", "w"), "steps": 3}
    path = doya.train(many, learning_rate=rates, **given)
    for i, j in np.ndindex(2, 2):
        own = doya.from_tanh(1.25, 0.1, epsilons[j])
        one = doya.train(own, learning_rate=rates[i, 0], **given)
        assert np.array_equal(one.parameters["h"], path.parameters["h"][i, j])
        assert np.array_equal(one.loss, path.loss[i, j])


@pytest.mark.parametrize("manner", [{}, {"truncate": 2}, {"penalty": {"omega": 0.4}}])
def test_a_task_of_x_in_letters_is_the_chain_rule(manner):
    """Of w' = 4 w and b = 2 h - 2 w, with inputs of the task beside the letters."""
    task = doya.tasks.latch(sequences=4, steps=(8, 9))
    unit = doya.NeuronMap(5.0, -2.2, input_weight=2.0, input_to="bias")
    path = doya.train(unit, task=task, learn=("w", "b", "up"), steps=0, **manner).gradient
    tanh = doya.train(doya.to_tanh(unit), task=task, learn=("h", "up", "w"), steps=0, **manner)
    assert tanh.gradient["w"] == pytest.approx(4.0 * path["w"] - 2.0 * path["b"], rel=1e-12)
    assert tanh.gradient["h"] == pytest.approx(2.0 * path["b"], rel=1e-12)
    assert tanh.gradient["up"] == pytest.approx(path["up"], rel=1e-12)


def test_shared_inputs_of_sequences_with_starts_of_their_own():
    """One value is in the first sequence alone; a third sequence has no target."""
    u = np.array([[0.5, 0.0, 0.0], [-0.5, 0.1, 0.0], [0.3, 0.2, 0.1]])
    places = {"up": u == 0.5, "down": u == -0.5}
    task = doya.Task(u, [0.8, 0.2, math.nan], x0=[0.4, 0.6, 0.5], shared=places)
    unit = doya.NeuronMap(5.0, -2.2, epsilon=0.7)
    own = doya.train(unit, task=task, learn=("up", "b", "down"), steps=0)
    letters = doya.train(doya.to_pasemann(unit), task=task, learn=("up", "down"), steps=0)
    assert letters.loss == pytest.approx(own.loss, rel=1e-13)
    for name in ("up", "down"):
        assert letters.gradient[name] == pytest.approx(own.gradient[name], rel=1e-12)


def test_a_start_that_is_no_logit_stays():
    """x0 = 1.2 has no state of a map at epsilon = 1, but a task of x begins there."""
    task = doya.Task(np.zeros((1, 3)), [0.8], x0=1.2)
    unit = doya.NeuronMap(5.0, -2.2)
    own, letters = (
        doya.train(each, task=task, learn=name, steps=0)
        for each, name in ((unit, "b"), (doya.to_tanh(unit), "h"))
    )
    assert letters.loss == pytest.approx(own.loss, rel=1e-13)
    assert letters.gradient["h"] == pytest.approx(2.0 * own.gradient["b"], rel=1e-12)


def test_a_teacher_of_letters_has_a_free_loss_too():
    """The loss with the teacher, and without, are those in Doya's parameters."""
    task = doya.tasks.oscillate()
    unit = doya.NeuronMap(-5.0, 2.2)
    one = doya.train(unit, task=task, learn="b", steps=1, teacher_forcing=0.2)
    own = doya.to_tanh(unit)
    two = doya.train(own, task=task, learn="h", learning_rate=0.25, steps=1, teacher_forcing=0.2)
    assert two.loss == pytest.approx(one.loss, rel=1e-12)
    assert two.free_loss == pytest.approx(one.free_loss, rel=1e-12)
    assert {each.kind for each in two.bifurcations} == {each.kind for each in one.bifurcations}


def test_latch_variant_1_is_learned_with_its_bias():
    """w of tanh and both first inputs; h stays 0, so that the equilibria stay symmetric."""
    unit = doya.to_tanh(doya.NeuronMap(4.8, -2.4, input_weight=2.0, input_to="bias"))
    task = doya.tasks.latch(1, sequences=4, steps=(8, 9), variance=0.02)
    path = doya.train(unit, task=task, learn=("w", "up", "down"), rule="adam", learning_rate=0.1)
    assert path.loss[-1] < 0.2 * path.loss[0]
    found = path.equilibria.x[-1]
    assert found[0] + found[2] == pytest.approx(1.0, abs=1e-12)
    alone = doya.train(unit, task=task, learn="up", steps=2)
    assert alone.bifurcations == ()


def test_a_search_tries_states():
    """Each trial has the loss of its own letters, from the same x0."""
    task = doya.Task([None], [[0.5, 0.7]], None, 0.6, [2, 5], "state")
    own = doya.from_pasemann(0.3, 1.0, -4.0)
    tried = doya.search(own, task, {"w": (-6.0, -2.0), "gamma": (0.1, 0.5)}, trials=8)
    rows = (tried.trials[name].tolist() for name in ("w", "gamma"))
    for (w, gamma), loss in zip(zip(*rows, strict=True), tried.losses, strict=True):
        one = doya.task_gradient(doya.from_pasemann(gamma, 1.0, w), task, "theta").loss
        assert loss == pytest.approx(float(one), rel=1e-13)


STATE = doya.Task([None], [0.5], t_end=5, variable="state")
TANH = doya.from_tanh(1.25, 0.1)
WRONG = [
    (lambda: doya.task_gradient(doya.NeuronMap(), STATE), "give the neuron as a Conversion"),
    (lambda: doya.train(doya.NeuronODE(), task=STATE), "give the neuron as a Conversion"),
    (lambda: doya.loss_landscape(doya.NeuronMap(), {"b": [0, 1]}, task=STATE), "as a Conversion"),
    (lambda: doya.task_gradient(TANH, STATE, "epsilon"), "at epsilon = 1 by the tanh neuron"),
    (lambda: doya.train(TANH, task=STATE, learn="b"), "learn must be .*w, h, epsilon"),
    (lambda: doya.train(TANH, task=STATE, learn=()), "learn must be one or more of w, h"),
    (lambda: doya.train(TANH, task=STATE, teacher_forcing=0.1), "must be 0 for targets of state"),
    (
        lambda: doya.train(TANH, task=doya.Task([0.1], [0.5], t_end=5, variable="state")),
        "must have no input for targets of the state of the tanh neuron",
    ),
    (
        lambda: doya.train(TANH, task=doya.Task([None], [0.5], t_end=0, variable="state")),
        "must have no target at time 0",
    ),
]


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_a_wrong_argument_is_named(call, words):
    with pytest.raises(doya.ArgumentError, match=words):
        call()


def test_a_state_that_is_no_logit_has_inputs_and_a_target_at_time_0():
    """Beer's y = w x + I under a pulse; at time 0 it is the start, which letters do not move."""
    beer = doya.from_beer(5.0, -3.0, 0.4, 1.0)
    u = doya.Pulses([(1.0, 2.0, 0.3)])
    task = doya.Task([u], [[0.5, 0.7]], None, 0.3, [0.0, 4.0], "state")
    found = doya.task_gradient(beer, task, ("w", "input", "x0"))
    y = 5.0 * np.array([0.3, float(doya.final_state(beer.neuron, 0.3, 4.0, u))]) + 0.4
    assert found.loss == pytest.approx(np.sum((y - [0.5, 0.7]) ** 2), rel=1e-13)
    late = doya.Task([u], [0.7], None, 0.3, 4.0, "state")
    after = doya.task_gradient(beer, late, ("w", "input", "x0")).gradient
    assert found.gradient["w"] == pytest.approx(after["w"], rel=1e-12)
    assert found.gradient["x0"] == pytest.approx(after["x0"] + 2 * (y[0] - 0.5), rel=1e-12)


def test_a_state_without_a_derivative_has_a_status():
    """At epsilon = 1, where it is a logit of x; the other derivatives are there."""
    task = doya.Task(np.zeros((2, 5)), [0.3, 0.2], variable="state")
    neurons = doya.from_tanh(1.2, 0.1, epsilon=[0.5, 1.0])
    found = doya.task_gradient(neurons, task, ("w", "h", "epsilon"))
    assert found.status.tolist() == [0, TaskStatus.NO_DERIVATIVE]
    assert np.isnan(found.gradient["epsilon"]).tolist() == [False, True]
    assert np.isfinite([found.gradient["w"], found.gradient["h"], found.loss]).all()
    assert doya.task_gradient(neurons, task, ("w", "h")).status.tolist() == [0, 0]
