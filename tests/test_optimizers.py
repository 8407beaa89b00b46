"""The rules of `train` are those of optax, on the same gradients."""

from __future__ import annotations

import numpy as np
import pytest

import doya

optax = pytest.importorskip("optax")
jax = pytest.importorskip("jax")


def by_adagrad(rate):
    """Return optax's adagrad with an accumulator of 0 at first and nothing added."""
    scale = optax.scale_by_rss(initial_accumulator_value=0.0, eps=0.0)
    return optax.chain(scale, optax.scale(-rate))


RULES = {
    "gradient": (lambda: optax.sgd(0.5), {"learning_rate": 0.5}),
    "momentum": (lambda: optax.sgd(0.2, 0.75), {"learning_rate": 0.2, "momentum": 0.75}),
    "nesterov": (
        lambda: optax.sgd(0.2, 0.75, nesterov=True),
        {"learning_rate": 0.2, "momentum": 0.75, "nesterov": True},
    ),
    "adagrad": (lambda: by_adagrad(0.05), {"rule": "adagrad", "learning_rate": 0.05}),
    "rmsprop": (
        lambda: optax.rmsprop(0.01, decay=0.9, eps=1e-8, eps_in_sqrt=False, momentum=0.5),
        {"rule": "rmsprop", "learning_rate": 0.01, "momentum": 0.5},
    ),
    "adam": (lambda: optax.adam(0.02), {"rule": "adam", "learning_rate": 0.02}),
    "clip": (
        lambda: optax.chain(optax.clip_by_global_norm(0.05), optax.sgd(1.0)),
        {"learning_rate": 1.0, "clip": 0.05},
    ),
    "clip_value": (
        lambda: optax.chain(optax.clip(0.05), optax.adam(0.02)),
        {"rule": "adam", "learning_rate": 0.02, "clip_value": 0.05},
    ),
}


@pytest.mark.each_third
@pytest.mark.parametrize("name", RULES)
def test_a_hundred_steps_are_those_of_optax_within_1e_12(name):
    """They change b and w, from before the wall at b = -2.5, by the gradients of the path."""
    make, settings = RULES[name]
    neuron = doya.NeuronMap(5.0, -2.3, epsilon=0.5)
    path = doya.train(neuron, 0.5, 20, 0.8, ("b", "w"), steps=100, **settings)
    assert path.success
    gradients = np.array([path.gradient["b"], path.gradient["w"]]).T
    with jax.enable_x64(True):
        rule = make()
        now = jax.numpy.array([-2.3, 5.0])
        state, steps = rule.init(now), [now]
        for gradient in gradients[:-1]:
            change, state = rule.update(jax.numpy.array(gradient), state, now)
            now = optax.apply_updates(now, change)
            steps.append(now)
        expected = np.array(steps)
    found = np.array([path.parameters["b"], path.parameters["w"]]).T
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
