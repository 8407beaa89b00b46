"""How fast sensitivities are, as ratios in the same run: pytest tests/benchmarks -s

20,000 neurons with w = 5 and b across [-3, -2], all from x0 = 0.5 to T = 50, with the derivatives
of x(T) by x0 and b; one thread each.
"""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import doya
from benchmarks.timing import least_seconds

W, X0, END = 5.0, 0.5, 50.0
B = np.linspace(-3.0, -2.0, 20_000)
BATCH = 8


def ours():
    found = doya.sensitivity(doya.NeuronODE(W, B), X0, END, wrt=("x0", "b"))
    return found.x, found.derivative["x0"], found.derivative["b"]


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setenv("DOYA_NUM_THREADS", "1")
    ours()


def test_sensitivities_against_heyoka(one_thread):
    """At least 4 times faster than its variational integrator in batches of 8, to 1e-15."""
    heyoka = pytest.importorskip("heyoka", reason="needs heyoka (pip install heyoka)")
    x = heyoka.make_vars("x")
    system = heyoka.var_ode_sys(
        [(x, heyoka.sigmoid(W * x + heyoka.par[0]) - x)], [x, heyoka.par[0]], order=1
    )
    integrator = heyoka.taylor_adaptive_batch(
        system, state=np.full((1, BATCH), X0), pars=np.zeros((1, BATCH)), tol=1e-15
    )
    start, batches = integrator.state.copy(), B.reshape(-1, BATCH)

    def theirs():
        found = np.empty((3, *batches.shape))
        state, parameters = integrator.state, integrator.pars
        for i in range(len(batches)):
            integrator.set_time(0.0)
            state[:] = start
            parameters[:] = batches[i]
            integrator.propagate_until(END)
            found[:, i] = integrator.state
        return found.reshape(3, -1)

    np.testing.assert_allclose(theirs(), ours(), rtol=1e-9, atol=1e-11)
    mine, other = (s / B.size * 1e6 for s in least_seconds(15, ours, theirs))
    print(
        f"\nx(T) with two derivatives: {mine:.3f} us, heyoka's variational equations"
        f" {other:.2f} us: {other / mine:.1f} times"
    )
    assert other / mine >= 4


# In a process of its own, so that it has one thread.
BY_DIFFRAX = f"""
import os, time
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
import diffrax, jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_enable_x64", True)
term = diffrax.ODETerm(lambda t, x, b: jax.nn.sigmoid({W} * x + b) - x)
controller = diffrax.PIDController(rtol=1e-12, atol=1e-12)

def end(x0, b):
    return diffrax.diffeqsolve(
        term, diffrax.Dopri8(), 0.0, {END}, 0.1, x0, b, stepsize_controller=controller,
        adjoint=diffrax.ForwardMode(), max_steps=100_000,
    ).ys[0]

def both(x0, b):
    x, by_x0 = jax.jvp(end, (x0, b), (1.0, 0.0))
    return x, by_x0, jax.jvp(end, (x0, b), (0.0, 1.0))[1]

solve = jax.jit(jax.vmap(both))
b = jnp.linspace(-3.0, -2.0, {B.size})
x0 = jnp.full_like(b, {X0})
found = jax.block_until_ready(solve(x0, b))
times = []
for _ in range(3):
    start = time.perf_counter()
    jax.block_until_ready(solve(x0, b))
    times.append(time.perf_counter() - start)
away = jnp.abs(b + 2.5) > 0.01
print(min(times), *(float(jnp.sum(jnp.where(away, part, 0.0))) for part in found))
"""


def test_sensitivities_against_diffrax(one_thread):
    """At least 20 times faster than its forward mode by Dopri8, to 1e-12, compiled already."""
    if importlib.util.find_spec("diffrax") is None:
        pytest.skip("needs diffrax (pip install diffrax)")
    done = subprocess.run(
        [sys.executable, "-c", BY_DIFFRAX], capture_output=True, check=True, timeout=400
    )
    other, *sums = map(float, done.stdout.split())
    away = np.abs(B + 2.5) > 0.01
    assert [part[away].sum() for part in ours()] == pytest.approx(sums, rel=1e-6, abs=1e-5)
    (mine,) = (s / B.size * 1e6 for s in least_seconds(15, ours))
    other = other / B.size * 1e6
    print(
        f"\nx(T) with two derivatives: {mine:.3f} us, diffrax in forward mode"
        f" {other:.1f} us: {other / mine:.0f} times"
    )
    assert other / mine >= 20
