"""JAX's compiled scan on all processors: the error surface with its gradients, taken three ways."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems.surface import CHECKED, STEPS, TARGET, X0, B, W

jax.config.update("jax_enable_x64", True)


def loss(w, b):
    def step(x, _):
        return jax.nn.sigmoid(w * x + b), None

    return (jax.lax.scan(step, X0, None, length=STEPS)[0] - TARGET) ** 2


def reverse(w, b):
    """As one writes it."""
    value, (by_w, by_b) = jax.value_and_grad(loss, (0, 1))(w, b)
    return value, by_w, by_b


def forward(w, b):
    value, by_w = jax.jvp(loss, (w, b), (1.0, 0.0))
    return value, by_w, jax.jvp(loss, (w, b), (0.0, 1.0))[1]


def carried(w, b):
    """The derivatives' own recursion, by hand."""

    def step(carry, _):
        x, by_w, by_b = carry
        level = jax.nn.sigmoid(w * x + b)
        slope = level * (1.0 - level)
        return (level, slope * (w * by_w + x), slope * (w * by_b + 1.0)), None

    x, by_w, by_b = jax.lax.scan(step, (X0, 0.0, 0.0), None, length=STEPS)[0]
    pull = 2.0 * (x - TARGET)
    return (x - TARGET) ** 2, pull * by_w, pull * by_b


SURFACES = {
    way.__name__: jax.jit(jax.vmap(jax.vmap(way, (None, 0)), (0, None)))
    for way in (reverse, forward, carried)
}


def surface(way):
    """The checked cells of the loss and of its gradient."""
    found = jax.block_until_ready(SURFACES[way](jnp.asarray(W), jnp.asarray(B)))
    return np.array([np.asarray(part)[CHECKED] for part in found])
