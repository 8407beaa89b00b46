"""diffrax's Dopri8 to 1e-12 on one thread, compiled by JAX for the whole ensemble at once."""

import os

# Before JAX looks.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import diffrax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.problems import ensemble  # noqa: E402

jax.config.update("jax_enable_x64", True)

TERM = diffrax.ODETerm(lambda t, x, b: jax.nn.sigmoid(ensemble.W * x + b) - x)
CONTROLLER = diffrax.PIDController(rtol=1e-12, atol=1e-12)


def end(x0, b):
    return diffrax.diffeqsolve(
        TERM, diffrax.Dopri8(), 0.0, 50.0, 0.1, x0, b, stepsize_controller=CONTROLLER,
        adjoint=diffrax.ForwardMode(), max_steps=100_000,
    ).ys[0]  # fmt: skip


def end_and_derivatives(x0, b):
    x, by_x0 = jax.jvp(end, (x0, b), (1.0, 0.0))
    return x, by_x0, jax.jvp(end, (x0, b), (0.0, 1.0))[1]


def bent(x0, b, w):
    """The Hessian of x(T) by x(0), b and w, in forward mode twice."""

    def final(parameters):
        start, bias, weight = parameters
        term = diffrax.ODETerm(lambda t, x, args: jax.nn.sigmoid(weight * x + bias) - x)
        return diffrax.diffeqsolve(
            term, diffrax.Dopri8(), 0.0, 50.0, 0.1, start, stepsize_controller=CONTROLLER,
            adjoint=diffrax.ForwardMode(), max_steps=100_000,
        ).ys[0]  # fmt: skip

    return jax.jacfwd(jax.jacfwd(final))(jnp.array([x0, b, w]))


solve_bent = jax.jit(jax.vmap(bent, (None, 0, None)))
solve = jax.jit(jax.vmap(end))
solve_derivatives = jax.jit(jax.vmap(end_and_derivatives))


def states():
    """Of the ensemble at T = 50, the checked ones."""
    b = jnp.asarray(ensemble.B)
    return np.asarray(solve(jnp.full_like(b, ensemble.X0), b))[ensemble.CHECKED]


def sensitivities():
    """x(50) of the smaller ensemble, and its derivatives by x(0) and b, the checked ones."""
    b = jnp.asarray(ensemble.FEWER_B)
    found = jax.block_until_ready(solve_derivatives(jnp.full_like(b, ensemble.X0), b))
    return np.array(found)[:, ensemble.FEWER_CHECKED]


def second_derivatives():
    """The second derivative of x(50) by b of the smaller ensemble, the checked ones."""
    found = solve_bent(ensemble.X0, jnp.asarray(ensemble.FEWER_B), ensemble.W)
    return np.asarray(jax.block_until_ready(found))[ensemble.FEWER_CHECKED, 1, 1]
