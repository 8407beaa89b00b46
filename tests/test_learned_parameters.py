"""All that can be learned, settings that make ensembles, and walls of a weight of the input."""

from __future__ import annotations

import numpy as np
import pytest

import doya


@pytest.mark.parametrize("dynamics", [doya.NeuronODE, doya.NeuronMap])
@pytest.mark.parametrize("site", ["state", "bias"])
def test_a_step_on_every_parameter_is_a_difference_of_the_loss(dynamics, site):
    """One step of rate 1 on b, w, x0, the weight of the input and, for the map, epsilon."""
    values = {"b": -2.2, "w": 4.5, "input_weight": 0.5}
    values |= {"epsilon": 0.5} if dynamics is doya.NeuronMap else {}
    start, u, end, target, step = 0.4, 0.3, 6, 0.8, 1e-5

    def loss(values):
        given = dict(values)
        x0 = given.pop("x0")
        return (doya.final_state(dynamics(**given, input_to=site), x0, end, u) - target) ** 2

    here = {**values, "x0": start}
    path = doya.train(
        dynamics(**values, input_to=site), start, end, target, tuple(here), 0.01, 2, u=u
    )
    for name, value in here.items():
        high, low = (loss(here | {name: value + d}) for d in (step, -step))
        slope = (high - low) / (2.0 * step)
        assert path.gradient[name][0] == pytest.approx(slope, rel=1e-7)
        assert path.parameters[name][1] == pytest.approx(value - 0.01 * slope, rel=1e-9)
    # The second step begins at the neuron that the first has made.
    moved = {name: float(path.parameters[name][1]) for name in here}
    assert path.loss[1] == pytest.approx(loss(moved), rel=1e-12)
    for name in here:
        high, low = (loss(moved | {name: moved[name] + d}) for d in (step, -step))
        assert path.gradient[name][1] == pytest.approx((high - low) / (2.0 * step), rel=1e-6)


def test_settings_of_the_rule_make_an_ensemble():
    """Each descent is the one with its own settings."""
    neuron, rates, clips = doya.NeuronODE(5.0, -2.2), [1.0, 2.0], [[0.01], [0.05], [0.5]]
    many = doya.train(neuron, 0.5, 50.0, 0.855, "b", rates, 30, clip=clips, momentum=0.5)
    assert many.loss.shape == (3, 2, 31)
    for i, (clip,) in enumerate(clips):
        for j, rate in enumerate(rates):
            one = doya.train(neuron, 0.5, 50.0, 0.855, "b", rate, 30, clip=clip, momentum=0.5)
            assert np.array_equal(one.loss, many.loss[i, j])
    assert np.array_equal(many.mean_gradient_norm, many.gradient_norm.mean(axis=-1))


def test_a_verdict_names_the_wall_that_the_weight_of_the_input_crosses():
    """With w' u inside sigma the bias is b + w' u, so that the wall b = -2.5 is at w' = -0.6."""
    neuron = doya.NeuronODE(5.0, -2.2, input_weight=-0.5, input_to="bias")
    path = doya.train(neuron, 0.5, 50.0, 0.1, "input_weight", 50.0, 8, u=0.5)
    assert "the wall at input_weight = -0.6" in path.verdict


def test_plain_descents_of_a_map_keep_derivatives_beyond_doubles():
    """On the wall dx/db = (5/4)**T - 1 and dx/dw is half of it; far away sigma' is e**-700.

    The clipped step has the direction (1, 1/2), and the members are those of the ensemble.
    """
    b = np.array([-2.5, -700.0, -2.2])
    settings = {"learn": ("b", "w"), "learning_rate": 1.0, "steps": 3, "clip": 0.05}
    whole = doya.train(doya.NeuronMap(5.0, b), 0.5, 5000, 0.855, **settings)
    assert whole.gradient["b"][0, 0] == -np.inf
    steps = [whole.parameters[name][0, 1] - whole.parameters[name][0, 0] for name in ("b", "w")]
    assert steps == pytest.approx([0.05 / 1.25**0.5, 0.025 / 1.25**0.5], rel=1e-12)
    # x(T) = sigma(b), to rounding, and dx/db = sigma(b).
    slope = -2.0 * 0.855 * np.exp(-700.0)
    assert whole.gradient["b"][1, 0] == pytest.approx(slope, rel=1e-12)
    for k in range(3):
        alone = doya.train(doya.NeuronMap(5.0, b[k]), 0.5, 5000, 0.855, **settings)
        for name in ("b", "w"):
            assert np.array_equal(alone.parameters[name], whole.parameters[name][k])
            assert np.array_equal(alone.gradient[name], whole.gradient[name][k])
