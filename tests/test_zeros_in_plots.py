"""A value of 0 has no height on a logarithmic ordinate: no line to it crosses the page."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya

# A descent that reaches its target to the last bit, so that its loss and gradient become 0.
START = doya.from_tanh(w=1.25, h=0.1)
TO_ZERO = {"target": 1.2, "learn": "h", "learning_rate": 0.1}


def lines_that_cross_the_page(figure):
    """Those without clipping that have a value of at most 0 on a logarithmic ordinate."""
    logarithmic = [ax for ax in figure.axes if ax.get_yscale() == "log"]
    assert logarithmic
    return [
        line
        for ax in logarithmic
        for line in ax.get_lines()
        if line.get_linestyle() != "None"
        and line.get_transform() == ax.transData
        and not line.get_clip_on()
        and np.any(np.asarray(line.get_ydata()) <= 0.0)
    ]


def test_a_loss_of_0_is_an_arrow_at_the_edge_and_its_line_ends_there():
    path = doya.train(START, START.to_state(0.0), 50, **TO_ZERO)
    assert path.loss[-1] == path.gradient_norm[-1] == 0.0
    figure = Figure()
    doya.plots.draw_training(path, figure.subplots())
    assert lines_that_cross_the_page(figure) == []


@pytest.mark.parametrize("target", [0.855, 1.0])
def test_a_gradient_that_is_too_small_for_a_double_stays_within_its_axes(target):
    landscape = doya.loss_landscape(
        doya.NeuronODE(), {"b": np.linspace(-3e3, 3e3, 201)}, t_end=50.0, target=target
    )
    assert np.any(landscape.curve.gradient["b"] == 0.0)
    figure = Figure()
    doya.plots.draw_landscape(landscape, figure.subplots(), powers=True)
    assert lines_that_cross_the_page(figure) == []


def test_the_loss_of_an_animation_stays_within_its_axes():
    neuron = doya.NeuronODE(w=5.0, b=-2.2)
    path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=0.05, steps=30)
    path = dataclasses.replace(path, free_loss=np.where(np.arange(31) < 25, path.free_loss, 0.0))
    landscape = doya.loss_landscape(neuron, {"b": np.linspace(-2.6, -2.1, 21)}, t_end=50.0)
    figure = Figure()
    animation = doya.animations.animate_training(path, landscape, figure)
    animation.draw(animation.frames - 1)
    assert lines_that_cross_the_page(figure) == []
