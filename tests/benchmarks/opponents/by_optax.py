"""JAX's gradient of a compiled scan, descended by optax's sgd in another scan.

It uses the processors as it likes, or one thread if DOYA_NUM_THREADS is 1.
"""

import os

if os.environ.get("DOYA_NUM_THREADS") == "1":  # before JAX looks
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.problems.descents import END, FLOWS, RATE, STEPS, TARGET, X0, B, W

jax.config.update("jax_enable_x64", True)

# Steps of Runge and Kutta's method of order 4 in a unit of time: errors of x(T) are about 1e-8.
A_UNIT = 10
RULE = optax.sgd(RATE)


def map_end(b):
    return jax.lax.scan(lambda x, _: (jax.nn.sigmoid(W * x + b), None), X0, None, length=END)[0]


def flow_end(b):
    def rate(x):
        return jax.nn.sigmoid(W * x + b) - x

    def step(x, _):
        h = 1.0 / A_UNIT
        first = rate(x)
        second = rate(x + 0.5 * h * first)
        third = rate(x + 0.5 * h * second)
        fourth = rate(x + h * third)
        return x + h / 6.0 * (first + 2.0 * second + 2.0 * third + fourth), None

    return jax.lax.scan(step, X0, None, length=A_UNIT * END)[0]


def descent(end):
    def of_one(b):
        def step(carry, _):
            b, state = carry
            loss, slope = jax.value_and_grad(lambda b: (end(b) - TARGET) ** 2)(b)
            change, state = RULE.update(slope, state, b)
            return (optax.apply_updates(b, change), state), (b, loss, slope)

        return jax.lax.scan(step, (b, RULE.init(b)), None, length=STEPS + 1)[1]

    return jax.jit(jax.vmap(of_one))


MAP, FLOW = descent(map_end), descent(flow_end)


def maps():
    """The losses by step."""
    return np.asarray(jax.block_until_ready(MAP(jnp.asarray(B)))[1])


def flows():
    return np.asarray(jax.block_until_ready(FLOW(jnp.asarray(B[:FLOWS])))[1])
