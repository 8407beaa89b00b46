"""Landscapes of tasks: each cell is the loss of its neuron, with its gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya.landscapes.loss_landscape import landscape_of_task

U = [[1.0] + 9 * [0.0], [-1.0] + 9 * [0.0]]
LATCH = doya.Task(U, [0.85, 0.15])
FLOW = doya.Task([doya.Pulses([(0.0, 2.0, 0.5)]), None], [0.8, 0.3], x0=[0.4, 0.6], t_end=9.0)
ALONG = doya.Task([0.1], [doya.Table([2.0], [0.8])], t_end=7.0)


def naive(w, b, x0, weight):
    """The mean loss of the latch, in a loop."""
    total = 0.0
    for row, target in zip(U, (0.85, 0.15), strict=True):
        x = x0
        for u in row:
            x = 1.0 / (1.0 + math.exp(-(w * x + b))) + weight * u
        total += (x - target) ** 2
    return total / len(U)


def test_cells_of_a_map_are_those_of_a_naive_loop_with_central_differences():
    """Over b and w, and over the start and the weight of the input."""
    for axes in (
        {"b": [-3.0, -2.4, -2.0], "w": [4.0, 5.0]},
        {"x0": [0.2, 0.5, 0.6], "input_weight": [0.25, 1.0]},
    ):
        found = doya.loss_landscape(doya.NeuronMap(4.5, -2.2), axes, task=LATCH)
        assert found.loss.shape == (3, 2)
        names, h = list(axes), 1e-6

        def loss(at, d=(0.0, 0.0), names=names):
            values = {"w": 4.5, "b": -2.2, "x0": 0.5, "input_weight": 1.0}
            values |= {name: each + more for name, each, more in zip(names, at, d, strict=True)}
            return naive(values["w"], values["b"], values["x0"], values["input_weight"])

        for i, j in np.ndindex(3, 2):
            at = axes[names[0]][i], axes[names[1]][j]
            assert found.loss[i, j] == pytest.approx(loss(at), rel=1e-13)
            for k, name in enumerate(names):
                more = [h * (n == k) for n in (0, 1)]
                slope = (loss(at, more) - loss(at, [-each for each in more])) / (2 * h)
                assert found.gradient[name][i, j] == pytest.approx(slope, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("task", [FLOW, ALONG])
def test_cells_of_a_flow_are_those_of_single_neurons(task):
    """Where sequences have starts of their own, x0 is added to each of them."""
    axes = {"x0": [-0.1, 0.0, 0.2], "b": [-2.5, -2.2]}
    found = doya.loss_landscape(doya.NeuronODE(4.5), axes, task=task)
    for i, moved in enumerate(axes["x0"]):
        for j, b in enumerate(axes["b"]):
            x0 = np.asarray(task.x0) + moved if np.ndim(task.x0) else moved
            own = doya.Task(task.inputs, task.targets, task.weights, x0, task.t_end)
            one = doya.task_gradient(doya.NeuronODE(4.5, b), own, ("x0", "b"))
            assert found.loss[i, j] == pytest.approx(float(one.loss), rel=1e-13)
            for name in ("x0", "b"):
                slope = float(one.gradient[name])
                assert found.gradient[name][i, j] == pytest.approx(slope, rel=1e-11, abs=1e-15)


def test_a_landscape_in_chunks_is_one_in_a_piece(monkeypatch):
    """Progress is reported after each chunk."""
    axes, parts = {"b": np.linspace(-3.0, -2.0, 7), "w": np.linspace(4.0, 6.0, 5)}, []
    whole = doya.loss_landscape(doya.NeuronMap(), axes, task=LATCH)
    monkeypatch.setattr("doya.landscapes.task_cells.AT_ONCE", 8)
    some = doya.loss_landscape(doya.NeuronMap(), axes, task=LATCH, progress=parts.append)
    np.testing.assert_array_equal(some.loss, whole.loss)
    np.testing.assert_array_equal(some.gradient["w"], whole.gradient["w"])
    assert parts == [8 / 35, 16 / 35, 24 / 35, 32 / 35, 1.0]


@pytest.mark.parametrize(
    ("neuron", "over"),
    [(doya.NeuronMap(), {"b": [-3.0, -2.0]}), (doya.from_tanh(1.2, 0.1), {"h": [-0.1, 0.2, 0.3]})],
)
def test_the_losses_alone_have_the_same_bits(neuron, over):
    """As the picture of a descent wants them, in Doya's parameters and in letters."""
    whole = doya.loss_landscape(neuron, over, task=LATCH)
    own = whole.neuron, whole.conversion, LATCH, over, 0.0, None
    alone = landscape_of_task(*own, with_gradient=False)
    np.testing.assert_array_equal(alone.loss, whole.loss)
    assert alone.gradient == {}
    assert doya.plots.draw_landscape(alone, Figure().subplots(), gradient=False, powers=True)


def test_nothing_is_refined_between_cells_and_no_walls_are_searched():
    """Minimum, largest gradient and curve are those of the grid."""
    axes = {"b": np.linspace(-3.0, -2.0, 101)}
    found = doya.loss_landscape(doya.NeuronMap(5.0), axes, task=LATCH)
    assert found.walls == ()
    assert found.further_walls == "The walls of the loss of a task are not searched."
    assert (found.x, found.x0, found.t_end, found.target, found.u) == (None,) * 5
    at = int(found.loss.argmin())
    assert found.minimum == {"b": axes["b"][at], "loss": found.loss[at]}
    assert not found.minimum_is_refined
    steep = int(np.abs(found.gradient["b"]).argmax())
    assert found.largest_gradient.value == abs(found.gradient["b"][steep])
    assert found.largest_gradient.at == {"b": axes["b"][steep]}
    assert found.largest_gradient.is_lower_bound
    np.testing.assert_array_equal(found.curve.loss, found.loss)
    assert "task = Task(2 sequences of 10 steps, targets at the end)" in " ".join(
        str(found).split()
    )


def test_landscapes_of_tasks_are_drawn_and_a_path_over_them():
    """Over one parameter, over two, and as a surface."""
    for over in (
        {"b": np.linspace(-3.0, -2.0, 21)},
        {"b": [-3.0, -2.0], "w": [4.0, 5.0, 6.0]},
        {"x0": [0.4, 0.6], "input_weight": [0.5, 1.0, 1.5]},
    ):
        ax, path_neuron = Figure().subplots(), doya.NeuronMap(5.0, -2.2)
        found = doya.loss_landscape(path_neuron, over, task=LATCH)
        assert doya.plots.draw_landscape(found, ax)
        path = doya.train(path_neuron, task=LATCH, learn=tuple(over), steps=3)
        assert doya.plots.draw_training_path(path, ax)
        ax.figure.draw_without_rendering()
    solid = Figure().add_subplot(projection="3d")
    assert doya.plots.draw_landscape_surface(found, solid)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x0": 0.5}, "task has its own x0.*: remove x0"),
        ({"target": 0.5, "u": 0.0}, "remove target and u"),
        ({"hessian": True}, "hessian must be False for a task"),
        ({"task": 1}, "task must be a Task, got 1"),
        ({"over": {"u": [0.0, 1.0]}}, "over must be among .*input_weight.*got 'u'"),
    ],
)
def test_what_a_task_has_no_use_for_is_refused(given, words):
    settings = {"over": {"b": [-3.0, -2.0]}, "task": LATCH, **given}
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(doya.NeuronMap(), **settings)
