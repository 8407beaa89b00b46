"""Gradients of tasks of the map against JAX's `grad` of the same loss."""

import numpy as np
import pytest

import doya

jax = pytest.importorskip("jax")
if not hasattr(jax, "enable_x64"):
    pytest.skip(f"JAX {jax.__version__} is too old", allow_module_level=True)


@pytest.mark.parametrize("inside", [False, True])
def test_gradients_agree_with_automatic_differentiation(inside):
    """40 random tasks of 1 or 200 steps; within 1e-10 of the largest derivative.

    All sequences share their first input, which is a number to differentiate by too.
    """
    jnp = jax.numpy

    def loss(numbers, u, targets, weights):
        w, b, epsilon, weight, x0, first = numbers
        u = u.at[:, 0].set(first)

        def step(x, given):
            z = w * x + b + (weight * given if inside else 0.0)
            added = 0.0 if inside else weight * given
            x = (1.0 - epsilon) * x + epsilon * (jax.nn.sigmoid(z) + added)
            return x, x

        def of_one(u, target, share):
            _, path = jax.lax.scan(step, x0, u)
            return jnp.sum(share * (path - target) ** 2)

        return jnp.mean(jax.vmap(of_one)(u, targets, weights))

    rng = np.random.default_rng(5)
    names = ("w", "b", "epsilon", "input_weight", "x0", "first")
    with jax.enable_x64(True):
        differentiate = jax.jit(jax.value_and_grad(loss))
        for steps in rng.choice([1, 200], 40).tolist():
            sizes = (3, steps)
            numbers = [
                rng.uniform(-6.0, 6.0), rng.uniform(-4.0, 3.0), rng.choice([1.0, 0.3]),
                rng.normal(), rng.uniform(), rng.normal(),
            ]  # fmt: skip
            u, targets = rng.normal(size=sizes), rng.uniform(size=sizes)
            weights = rng.choice([0.0, 1.0, 2.0], sizes)
            known, slopes = differentiate(tuple(map(float, numbers)), u, targets, weights)
            w, b, epsilon, weight, x0, u[:, 0] = numbers
            shared = {"first": np.arange(steps) == 0}
            to = "bias" if inside else "state"
            neuron = doya.NeuronMap(w, b, epsilon=epsilon, input_weight=weight, input_to=to)
            found = doya.task_gradient(
                neuron, doya.Task(u, targets, weights, x0, shared=shared), names
            )
            assert found.loss == pytest.approx(float(known), rel=1e-12)
            largest = max(1.0, *(abs(float(slope)) for slope in slopes))
            for name, slope in zip(names, slopes, strict=True):
                assert abs(found.gradient[name] - float(slope)) < 1e-10 * largest, name
