"""Landscapes with a teacher: the forced loss in each cell, and no wall where steps contract."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya import plots

ALPHA = 0.3
U = [0.1, -0.2, 0.3]


def naive(w, b, x0, epsilon, steps, u):
    """The forced loss of one target, in a loop."""
    x = x0
    for k in range(steps):
        x = (1.0 - ALPHA) * x + ALPHA * 0.7
        x = (1.0 - epsilon) * x + epsilon * (1.0 / (1.0 + math.exp(-(w * x + b))) + u[k])
    return (x - 0.7) ** 2


def test_cells_are_those_of_a_naive_loop_with_central_differences():
    neuron = doya.NeuronMap(4.5, -2.2, epsilon=0.8)
    for axes in (
        {"b": [-3.0, -2.0], "w": [4.0, 6.0]}, {"x0": [0.2, 0.9], "epsilon": [0.5, 0.9]}
    ):  # fmt: skip
        found = doya.loss_landscape(neuron, axes, 0.4, 3, 0.7, U, teacher_forcing=ALPHA)
        names, h = list(axes), 1e-6

        def loss(at, names=names):
            values = {"w": 4.5, "b": -2.2, "x0": 0.4, "epsilon": 0.8}
            return naive(**(values | dict(zip(names, at, strict=True))), steps=3, u=U)

        for i, j in np.ndindex(2, 2):
            at = np.array([axes[names[0]][i], axes[names[1]][j]])
            assert found.loss[i, j] == pytest.approx(loss(at), rel=1e-12)
            for k, name in enumerate(names):
                step = h * np.eye(2)[k]
                slope = (loss(at + step) - loss(at - step)) / (2 * h)
                assert found.gradient[name][i, j] == pytest.approx(slope, rel=1e-6, abs=1e-10)
    assert found.x is None
    assert found.teacher_forcing == ALPHA


def test_a_task_has_a_teacher_where_it_has_targets():
    """The loss is that of `train` with the same teacher."""
    task = doya.tasks.flip_flop(sequences=3, steps=20)
    neuron, b = doya.NeuronMap(5.5, input_to="bias"), np.array([-3.0, -2.75])
    found = doya.loss_landscape(neuron, {"b": b}, task=task, teacher_forcing=ALPHA)
    path = doya.train(neuron.replace(b=b), task=task, steps=0, teacher_forcing=ALPHA)
    np.testing.assert_array_equal(found.loss, path.loss[:, 0])
    assert np.all(found.loss < doya.loss_landscape(neuron, {"b": b}, task=task).loss)


def test_no_step_and_no_teacher_change_nothing():
    axes = {"b": [-3.0, -2.0]}
    for given in ({"t_end": 0, "teacher_forcing": ALPHA}, {"t_end": 9, "teacher_forcing": 0.0}):
        found = doya.loss_landscape(doya.NeuronMap(), axes, **given)
        free = doya.loss_landscape(doya.NeuronMap(), axes, t_end=given["t_end"])
        np.testing.assert_allclose(found.loss, free.loss, rtol=1e-14)


@pytest.mark.parametrize(
    ("alpha", "axes", "is_free"),
    [
        (0.2, {"b": [-3.0, -2.0]}, True),  # (1 - 0.2) 5/4 = 1
        (0.19, {"b": [-3.0, -2.0]}, False),
        (0.2, {"w": [4.0, 5.0]}, True),
        (0.2, {"w": [4.0, 5.1]}, False),
        (0.2, {"w": [-5.1, 0.0]}, False),
        (0.01, {"epsilon": [0.01, 1.0], "w": [-4.0, 4.0]}, True),
    ],
)
def test_there_is_no_wall_where_no_step_brings_states_apart(alpha, axes, is_free):
    """(1 - alpha) max |mu| <= 1, and mu is between 1 - eps and 1 - eps + eps w/4."""
    found = doya.loss_landscape(doya.NeuronMap(), axes, 0.5, 5, 0.855, teacher_forcing=alpha)
    assert found.walls == ()
    assert (found.further_walls == "") == is_free
    assert found.largest_gradient.is_lower_bound
    assert found.minimum == found.minimum_on_grid


def test_a_picture_names_the_teacher():
    """Below the gradient there is no wall, and the words above have alpha."""
    ax = Figure().subplots()
    found = doya.loss_landscape(
        doya.NeuronMap(), {"b": np.linspace(-3.0, -2.0, 9)}, teacher_forcing=0.2
    )
    plots.draw_landscape(found, ax)
    assert any("teacher \N{GREEK SMALL LETTER ALPHA} = 0.2" in each.get_text() for each in ax.texts)


@pytest.mark.parametrize(
    ("neuron", "more", "words"),
    [
        (doya.NeuronODE(), {}, "teacher_forcing must be 0 for the flow"),
        (doya.NeuronMap(), {"teacher_forcing": 1.0}, "must be at least 0 and less than 1, got 1.0"),
        (doya.NeuronMap(), {"hessian": True}, "hessian must be False with a teacher"),
        (doya.NeuronMap(), {"t_end": 2_000_000}, "t_end must be at most 1000000 steps with a"),
        (doya.NeuronMap(), {"over": {"u": [0.0, 1.0]}}, "over must be among .* got 'u'"),
        (
            doya.from_tanh(1.25, 0.1), {"over": {"h": [0.0, 1.0]}},
            "teacher_forcing must be 0 for a Conversion",
        ),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(neuron, more, words):
    given = {"over": {"b": [-3.0, -2.0]}, "teacher_forcing": 0.2, **more}
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(neuron, **given)
