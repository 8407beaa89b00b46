"""How fast landscapes are, as ratios in the same run: pytest tests/benchmarks -s

The error surface of Pascanu, Mikolov and Bengio (2013), Fig. 6: a million cells of w and b, 50
steps of the map with epsilon = 1, with the gradient.
"""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import doya
from benchmarks.timing import least_seconds

W, B = np.linspace(4.5, 5.5, 1000), np.linspace(-2.9, -1.9, 1000)
X0, STEPS, TARGET = float(1.0 / (1.0 + np.exp(-0.5))), 50, 0.7


def ours():
    found = doya.loss_landscape(doya.NeuronMap(), {"w": W, "b": B}, X0, STEPS, TARGET)
    return found.loss, found.gradient["w"], found.gradient["b"]


def told_by(script):
    """Of a script in a process of its own, as one would run it: its lines, as numbers."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=400
    )
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def race(names, script, least):
    """Each at least so many times slower, and with the same sums; the others are only told."""
    (mine,) = least_seconds(15, ours)
    sums = [part.sum() for part in ours()]
    print(f"\na million cells: {1e3 * mine:.1f} ms")
    for name, (other, *theirs), ratio in zip(names, told_by(script), least, strict=True):
        print(f"    {name}: {1e3 * other:.0f} ms, {other / mine:.1f} times")
        assert sums == pytest.approx(theirs, rel=1e-6)
        assert other / mine >= ratio


TIMED = """
import time
def race(call):
    loss, by_w, by_b = call()
    times = []
    for _ in range(7):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    print(min(times), float(loss.sum()), float(by_w.sum()), float(by_b.sum()))
"""

BY_NUMPY = f"""{TIMED}
import numpy as np

def surface(sparse, epsilon=1.0):
    w, b = np.linspace({W[0]}, {W[-1]}, {W.size}), np.linspace({B[0]}, {B[-1]}, {B.size})
    w, b = np.meshgrid(w, b, indexing="ij", sparse=sparse)
    x = np.full(({W.size}, {B.size}), {X0})
    by_w, by_b = np.zeros_like(x), np.zeros_like(x)
    for _ in range({STEPS}):
        level = 1.0 / (1.0 + np.exp(-(w * x + b)))
        slope = level * (1.0 - level)
        mu = 1.0 - epsilon + epsilon * w * slope
        by_w = mu * by_w + epsilon * slope * x
        by_b = mu * by_b + epsilon * slope
        x = (1.0 - epsilon) * x + epsilon * level
    error = x - {TARGET}
    return error**2, 2.0 * error * by_w, 2.0 * error * by_b

race(lambda: surface(False))
race(lambda: surface(True))
"""


def test_landscapes_against_numpy():
    """At least 20 times faster than NumPy doing the same recursion on arrays of a million cells.

    Where w and b are broadcast, which spares NumPy memory, the ratio is only told.
    """
    race(("NumPy", "NumPy, w and b broadcast"), BY_NUMPY, (20.0, 0.0))


# Reverse mode, as one writes it; forward mode; and the derivatives' own recursion.
BY_JAX = f"""{TIMED}
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
w, b = jnp.linspace({W[0]}, {W[-1]}, {W.size}), jnp.linspace({B[0]}, {B[-1]}, {B.size})

def loss(w, b):
    step = lambda x, _: (jax.nn.sigmoid(w * x + b), None)
    return (jax.lax.scan(step, {X0}, None, length={STEPS})[0] - {TARGET}) ** 2

def reverse(w, b):
    value, (by_w, by_b) = jax.value_and_grad(loss, (0, 1))(w, b)
    return value, by_w, by_b

def forward(w, b):
    value, by_w = jax.jvp(loss, (w, b), (1.0, 0.0))
    return value, by_w, jax.jvp(loss, (w, b), (0.0, 1.0))[1]

def carried(w, b):
    def step(carry, _):
        x, by_w, by_b = carry
        level = jax.nn.sigmoid(w * x + b)
        slope = level * (1.0 - level)
        return (level, slope * (w * by_w + x), slope * (w * by_b + 1.0)), None
    x, by_w, by_b = jax.lax.scan(step, ({X0}, 0.0, 0.0), None, length={STEPS})[0]
    pull = 2.0 * (x - {TARGET})
    return (x - {TARGET}) ** 2, pull * by_w, pull * by_b

for each in (reverse, forward, carried):
    surface = jax.jit(jax.vmap(jax.vmap(each, (None, 0)), (0, None)))
    race(lambda: jax.block_until_ready(surface(w, b)))
"""


def test_landscapes_against_jax():
    """At least 2 times faster than JAX's compiled scan, however the gradient is taken."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("needs jax (pip install jax)")
    names = ("JAX, reverse mode", "JAX, forward mode", "JAX, derivatives carried along")
    race(names, BY_JAX, (2.0, 2.0, 2.0))


MEMORY = """
import doya, numpy as np, re

def kilobytes(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])

def surface(size):
    over = {"w": np.linspace(4.5, 5.5, size), "b": np.linspace(-2.9, -1.9, size)}
    return doya.loss_landscape(doya.%s(), over, 0.62, 50, 0.7)

surface(200)  # compiles
open("/proc/self/clear_refs", "w").write("5")  # the peak is what it is now
before = kilobytes("VmHWM")
found = surface(2000)
print((1024 * (kilobytes("VmHWM") - before) - 4 * found.loss.nbytes) / 1e6)
"""


@pytest.mark.parametrize("kind", ["NeuronMap", "NeuronODE"])
def test_memory_of_landscapes(kind):
    """The peak of four million cells is at most 64 MB above their four arrays (Linux)."""
    ((more,),) = told_by(MEMORY % kind)
    print(f"\n{kind}: {more:.1f} MB besides the arrays")
    assert more <= 64.0
