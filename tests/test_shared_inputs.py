"""Values of the input that steps of a task share: learned, searched and differentiated."""

from __future__ import annotations

import copy
import pickle

import matplotlib.pyplot as plt
import numpy as np
import pytest
from mpmath import mp, mpf

import doya

U = np.array([[0.9, 0.1, -0.2, 0.3], [-0.7, 0.2, 0.9, 0.1]])
UP = np.array([[1, 0, 0, 0], [0, 0, 1, 0]], dtype=bool)
DOWN = np.array([[0, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
TASK = doya.Task(U, [[0.8, 0.6, 0.7, 0.9], [0.2, 0.1, 0.6, 0.4]], shared={"up": UP, "down": DOWN})
SITES = ["state", "bias"]


def with_values(up, down):
    """The same task with other values of the shared inputs."""
    u = np.where(UP, up, np.where(DOWN, down, U))
    return doya.Task(u, TASK.targets, shared=TASK.shared)


def neuron(site, b=-2.2):
    return doya.NeuronMap(4.5, b, epsilon=0.6, input_weight=0.8, input_to=site)


def naive_loss(site, up, down, b=-2.2):
    """The loss of the task, by a loop in mpmath."""
    total = mpf(0)
    for s in range(2):
        x = mpf(0.5)
        for t in range(4):
            u = up if UP[s, t] else down if DOWN[s, t] else mpf(float(U[s, t]))
            given, inside = mpf(0.8) * u, site == "bias"
            z = mpf(4.5) * x + b + (given if inside else 0)
            x += mpf(0.6) * (1 / (1 + mp.exp(-z)) - x + (0 if inside else given))
            total += (x - mpf(float(TASK.targets[s, t]))) ** 2
    return total / 2


@pytest.mark.parametrize("site", SITES)
def test_a_descent_follows_differences_in_40_digits(site):
    """At the start and after each step; both values, beside b and a clipped norm."""
    path = doya.train(
        neuron(site), task=TASK, learn=("up", "b", "down"), learning_rate=0.5, steps=3, clip=0.3
    )
    assert path.parameters["up"][0] == 0.9
    assert path.parameters["down"][0] == -0.7
    with mp.workdps(40):
        h = mpf(10) ** -15
        for k in range(4):
            at = {name: mpf(float(row[k])) for name, row in path.parameters.items()}
            assert path.loss[k] == pytest.approx(float(naive_loss(site, **at)), rel=1e-13)
            for name in at:
                high, low = (naive_loss(site, **at | {name: at[name] + d}) for d in (h, -h))
                slope = float((high - low) / (2 * h))
                assert path.gradient[name][k] == pytest.approx(slope, rel=1e-12), name
    sizes = np.sqrt(sum(np.diff(row) ** 2 for row in path.parameters.values()))
    assert sizes == pytest.approx(0.5 * np.minimum(path.gradient_norm[:-1], 0.3), rel=1e-12)


def test_each_neuron_of_an_ensemble_learns_values_of_its_own():
    """The ensemble has the bits of single descents, also where one stops early."""
    biases, rates = np.array([-2.2, -1.0, 0.5]), [0.1, 1.0, 1e99]
    given = {"task": TASK, "learn": ("down", "up"), "steps": 4}
    many = doya.train(neuron("bias", biases), learning_rate=rates, **given)
    for k, (b, rate) in enumerate(zip(biases, rates, strict=True)):
        one = doya.train(neuron("bias", b), learning_rate=rate, **given)
        for name, row in one.parameters.items():
            assert np.array_equal(row, many.parameters[name][k], equal_nan=True)
        assert one.status == many.status[k]


@pytest.mark.parametrize("site", SITES)
def test_the_gradient_is_that_of_the_task_with_other_values(site):
    """By name; the loss of a trial of a search is that of its task."""
    found = doya.task_gradient(neuron(site), TASK, ("up", "b"))
    high, low = (
        doya.task_gradient(neuron(site), with_values(0.9 + d, -0.7)) for d in (1e-5, -1e-5)
    )
    assert found.gradient["up"] == pytest.approx((high.loss - low.loss) / 2e-5, rel=1e-8)
    assert {*found.gradient} == {"up", "b"}
    tried = doya.search(
        neuron(site), TASK, {"down": (-2.0, 0.0), "b": (-3.0, 0.0), "up": (0.0, 2.0)}, trials=20
    )
    rows = (tried.trials[name].tolist() for name in ("up", "down", "b"))
    for (up, down, b), loss in zip(zip(*rows, strict=True), tried.losses, strict=True):
        one = doya.task_gradient(neuron(site, b), with_values(up, down)).loss
        assert loss == pytest.approx(float(one), rel=1e-14)


def test_inputs_alone_move_no_equilibrium():
    """The path has the equilibria of one neuron, no bifurcation, and a verdict with the values."""
    path = doya.train(neuron("state"), task=TASK, learn="up", steps=2)
    assert path.bifurcations == ()
    assert path.equilibria.x.shape[0] == 3
    assert np.ptp(path.equilibria.x[:, 0]) == 0.0
    assert f"up = {path.parameters['up'][-1]:.6g}" in path.verdict
    moved = doya.train(neuron("state"), task=TASK, learn=("up", "b"), learning_rate=20.0, steps=1)
    assert {each.kind for each in moved.bifurcations} <= {"LP"}
    assert all({*each.place} == {"b"} for each in moved.bifurcations)


def test_paths_of_inputs_are_drawn_by_their_names():
    """The gradient is |dL/dup|; on a plane of b and an input no bifurcation has a place."""
    _, (left, right) = plt.subplots(1, 2)
    one = doya.train(neuron("state"), task=TASK, learn="up", steps=2)
    doya.plots.draw_training(one, left)
    assert "|dL/dup|" in {text.get_text() for text in left.figure.findobj(plt.Text)}
    both = doya.train(neuron("state"), task=TASK, learn=("b", "up"), learning_rate=20.0, steps=1)
    doya.plots.draw_training_path(both, right)
    plt.close("all")


def test_the_latch_learns_its_first_inputs():
    """By the unit's weight and both inputs; more than one first input have a number each."""
    task = doya.tasks.latch(1, sequences=4, steps=(8, 9))
    assert task.shared_values == {"up": 1.0, "down": -1.0}
    unit = doya.NeuronMap(4.0, -2.0, input_weight=2.0, input_to="bias")
    path = doya.train(unit, task=task, learn=("w", "up", "down"), rule="adam", steps=30)
    assert path.loss[-1] < 0.6 * path.loss[0]
    longer = doya.tasks.latch(1, first=[[1.0, 0.5], [-1.0, 0.25]], sequences=3, steps=(8, 9))
    assert longer.shared_values == {"up_0": 1.0, "up_1": 0.5, "down_0": -1.0, "down_1": 0.25}
    assert [row.sum() for row in longer.shared.values()] == [2, 2, 1, 1]


def test_tasks_with_shared_inputs_compare_by_value():
    """By the places and the names of the values; they are read-only, and copied."""
    other = doya.Task(U, TASK.targets, shared={"up": UP})
    renamed = doya.Task(U, TASK.targets, shared={"up": UP, "low": DOWN})
    plain = doya.Task(U, TASK.targets)
    assert len({TASK, other, renamed, plain}) == 4
    assert pickle.loads(pickle.dumps(TASK)) == copy.deepcopy(TASK) == with_values(0.9, -0.7)
    with pytest.raises(ValueError, match="read-only"):
        TASK.shared["up"][:] = True


WRONG = [
    (U, ["up"], "must be a dict"),
    (U, {"w": UP}, "names other than b, w, x0, input_weight, epsilon"),
    (U, {"a b": UP}, "names other than"),
    (U, {"up": UP[:, :3]}, r"must be True somewhere for up, in an array of bool of shape \(2, 4\)"),
    (U, {"up": np.zeros((2, 4), bool)}, "must be True somewhere for up"),
    (U, {"up": UP.astype(float)}, "got float64 of shape"),
    (U, {"up": UP | DOWN}, "one value, for up, got values from -0.7 to 0.9"),
    (U, {"up": UP, "down": UP}, "at most one value for each step"),
    ([0.5, 0.5], {"up": True}, "needs inputs by step"),
]


@pytest.mark.parametrize(("inputs", "shared", "words"), WRONG)
def test_a_wrong_argument_is_named(inputs, shared, words):
    end = None if isinstance(inputs, np.ndarray) else 4.0
    with pytest.raises(doya.ArgumentError, match=words) as raised:
        doya.Task(inputs, [0.8, 0.2], t_end=end, shared=shared)
    assert raised.value.argument == "shared"


def test_names_that_a_task_does_not_have_are_refused():
    """By `train`, `task_gradient` and `search`, each with the names that there are."""
    with pytest.raises(doya.ArgumentError, match="epsilon, up, down"):
        doya.train(neuron("bias"), task=TASK, learn="left")
    with pytest.raises(doya.ArgumentError, match="left"):
        doya.task_gradient(neuron("bias"), TASK, "left")
    with pytest.raises(doya.ArgumentError, match="up, down"):
        doya.search(neuron("bias"), TASK, {"left": (0.0, 1.0)})
