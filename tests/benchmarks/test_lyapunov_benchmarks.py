"""How fast Lyapunov exponents are, as ratios in the same run: pytest tests/benchmarks -s

A million cells of w and b, of which one in nine is chaotic: 1,000 steps of the map with
epsilon = 0.5 from x = 0.3, none dropped.  Many others come to a cycle, which doya does not follow
to the end; so chaotic cells are timed by themselves too.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

import doya

W, B = np.linspace(-100.0, 0.0, 1000), np.linspace(0.0, 50.0, 1000)
EPSILON, X0, STEPS = 0.5, 0.3, 1000

# Blocks of lanes that stay in the first cache; gcc calls libmvec's vector exp and log.  Logarithms
# of products of many factors are faster; nothing looks whether these leave the range of doubles.
C_LOOP = """
#include <math.h>
#define LANES 64
void exponents(long count, long steps, const double *w, const double *b, double eps, double x0,
               double *mean, int threads)
{
    #pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (long first = 0; first < count; first += LANES) {
        double x[LANES] __attribute__((aligned(64))), v[LANES] __attribute__((aligned(64)));
        double c[LANES] __attribute__((aligned(64))), s[LANES] __attribute__((aligned(64)));
        double p[LANES] __attribute__((aligned(64)));
        long lanes = count - first < LANES ? count - first : LANES;
        for (long j = 0; j < LANES; j++) {
            x[j] = x0;
            s[j] = 0.0;
            p[j] = 1.0;
            v[j] = j < lanes ? -w[first + j] : 0.0;
            c[j] = j < lanes ? -b[first + j] : 0.0;
        }
        for (long n = 1; n <= steps; n++) {
            #pragma omp simd
            for (long j = 0; j < LANES; j++) {
                double e = exp(c[j] + v[j] * x[j]);
                double y = 1.0 / (1.0 + e);
                double mu = 1.0 - eps - eps * v[j] * e * y * y;
                x[j] = (1.0 - eps) * x[j] + eps * y;
                if (FACTORS == 1)
                    s[j] += log(fabs(mu));
                else
                    p[j] *= mu;
            }
            if (FACTORS > 1 && (n % FACTORS == 0 || n == steps)) {
                #pragma omp simd
                for (long j = 0; j < LANES; j++) {
                    s[j] += log(fabs(p[j]));
                    p[j] = 1.0;
                }
            }
        }
        for (long j = 0; j < lanes; j++)
            mean[first + j] = s[j] / steps;
    }
}
"""


@pytest.fixture(params=[1, 2], ids=["1-thread", "2-threads"])
def threads(request, monkeypatch):
    if request.param > (os.cpu_count() or 1):
        pytest.skip(f"needs {request.param} processors")
    monkeypatch.setenv("DOYA_NUM_THREADS", str(request.param))
    return request.param


@pytest.fixture(scope="module")
def c_loop(tmp_path_factory):
    """exponents(w, b, threads, factors), of as many factors together as C_LOOP is compiled for."""
    if not shutil.which("gcc"):
        pytest.skip("needs gcc (Debian: gcc)")
    folder = tmp_path_factory.mktemp("c_loop")
    source = folder / "loop.c"
    source.write_text(C_LOOP)
    array = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    long, double = ctypes.c_long, ctypes.c_double
    functions = {}
    for factors in (1, 32):
        library = folder / f"loop{factors}.so"
        command = ["gcc", "-Ofast", "-march=native", "-fopenmp", "-shared", "-fPIC"]
        command += [f"-DFACTORS={factors}", source, "-lm", "-o", library]
        subprocess.run(command, check=True)
        if b"_ZGV" not in library.read_bytes():
            pytest.skip("needs gcc with libmvec (glibc's vector exp and log)")
        functions[factors] = ctypes.CDLL(str(library)).exponents
        functions[factors].argtypes = [
            long, long, array, array, double, double, array, ctypes.c_int
        ]  # fmt: skip
        functions[factors].restype = None

    def exponents(w, b, threads, factors):
        mean = np.empty(w.size)
        functions[factors](w.size, STEPS, w, b, EPSILON, X0, mean, threads)
        return mean

    return exponents


def plane():
    w, b = np.meshgrid(W, B, indexing="ij")
    return w.ravel(), b.ravel()


def chaotic_cells():
    """Of the plane, with no other between them."""
    w, b = plane()
    chaotic = ours(w, b) > 0.05
    return w[chaotic], b[chaotic]


def ours(w, b, steps=STEPS):
    return doya.lyapunov_exponent(doya.NeuronMap(w, b, epsilon=EPSILON), X0, steps, 0)


def nanoseconds(repeats, steps, *calls):
    """The least time of each for a step, which others on the machine disturb least; in turns."""
    times = np.empty((repeats, len(calls)))
    for row in times:
        for i, call in enumerate(calls):
            time.sleep(0.02)  # until OpenMP's idle threads have stopped spinning
            start = time.perf_counter()
            call()
            row[i] = time.perf_counter() - start
    return (times.min(axis=0) / steps * 1e9).tolist()


@pytest.mark.parametrize("cells", [plane, chaotic_cells], ids=["plane", "chaotic-cells"])
def test_exponents_against_c_loops(cells, threads, c_loop):
    """At 0.8 times the speed of gcc -Ofast or more, with ln of every factor, or of 32 together."""
    w, b = cells()

    mine, theirs = ours(w, b), c_loop(w, b, threads, 1)
    assert np.median(np.abs(mine - theirs)) < 0.02
    assert mine.mean() == pytest.approx(theirs.mean(), abs=1e-3)
    mine, each, products = nanoseconds(
        3,
        STEPS * w.size,
        lambda: ours(w, b),
        lambda: c_loop(w, b, threads, 1),
        lambda: c_loop(w, b, threads, 32),
    )
    print(
        f"\n{w.size} {cells.__name__.replace('_', ' ')}, threads: {threads}: {mine:.2f} ns a step;"
        f" C loop, ln of each factor {each:.2f}: {each / mine:.2f} times;"
        f" of products {products:.2f}: {products / mine:.2f} times"
    )
    assert each / mine >= 0.8
    assert products / mine >= 0.8


# In a process of its own, as one would run it.  As one writes it; and in blocks that stay in the
# cache, in place, with ln of the products of 16 factors.
BY_NUMPY = f"""
import time
import numpy as np
w, b = np.meshgrid(
    np.linspace({W[0]}, {W[-1]}, {W.size}), np.linspace({B[0]}, {B[-1]}, {B.size}), indexing="ij"
)

def whole(steps, epsilon={EPSILON}):
    x, total = np.full_like(w, {X0}), np.zeros_like(w)
    for _ in range(steps):
        level = 1.0 / (1.0 + np.exp(-(w * x + b)))
        total += np.log(np.abs(1.0 - epsilon + epsilon * w * level * (1.0 - level)))
        x = (1.0 - epsilon) * x + epsilon * level
    return total / steps

def blocked(steps, epsilon={EPSILON}, size=4000):
    mean = np.empty(w.size)
    for first in range(0, w.size, size):
        part = slice(first, first + size)
        minus_w, minus_b, steep = -w.ravel()[part], -b.ravel()[part], epsilon * w.ravel()[part]
        x, total = np.full(minus_w.size, {X0}), np.zeros(minus_w.size)
        level, mu, product = np.empty_like(x), np.empty_like(x), np.ones_like(x)
        for step in range(1, steps + 1):
            np.multiply(minus_w, x, out=level)
            level += minus_b
            np.exp(level, out=level)
            level += 1.0
            np.divide(1.0, level, out=level)
            np.subtract(1.0, level, out=mu)
            mu *= level
            mu *= steep
            mu += 1.0 - epsilon
            product *= mu
            x *= 1.0 - epsilon
            level *= epsilon
            x += level
            if step % 16 == 0 or step == steps:
                total += np.log(np.abs(product))
                product.fill(1.0)
        mean[part] = total / steps
    return mean

for call, steps in (whole, 20), (blocked, 50):
    call(2)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        mean = call(steps)
        times.append(time.perf_counter() - start)
    print(min(times) / steps / w.size * 1e9, mean.mean())
"""


def test_exponents_against_numpy():
    """At least 10 times faster than NumPy, which has one thread; it takes fewer steps, each alike.

    Blocked NumPy is only told.
    """
    w, b = W[:, np.newaxis], B
    done = subprocess.run([sys.executable, "-c", BY_NUMPY], capture_output=True, check=True)
    (mine,) = nanoseconds(5, STEPS * W.size * B.size, lambda: ours(w, b))
    whole, mean, blocked, other = map(float, done.stdout.split())
    assert mean == pytest.approx(ours(w, b, 20).mean(), rel=1e-9)
    assert other == pytest.approx(ours(w, b, 50).mean(), rel=1e-4)
    print(
        f"\na million cells, all processors: {mine:.2f} ns a step; NumPy {whole:.1f}:"
        f" {whole / mine:.1f} times; blocked, by products {blocked:.1f}: {blocked / mine:.1f} times"
    )
    assert whole / mine >= 10.0


def test_the_same_bits_on_any_number_of_threads(monkeypatch):
    answers = []
    for threads in ("1", "2"):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        neuron = doya.NeuronMap(W[::5, np.newaxis], B, epsilon=EPSILON)
        answers.append(doya.lyapunov_exponent(neuron, X0, STEPS, 100, return_error=True))
    np.testing.assert_array_equal(*answers)


MEMORY = """
import doya, numpy as np, re

def kilobytes(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])

def exponents(size):
    neuron = doya.NeuronMap(np.linspace(-100, 0, size)[:, None], np.linspace(0, 50, size))
    return doya.lyapunov_exponent(neuron, 0.3, 100, 100, return_error=True)

exponents(300)  # compiles
open("/proc/self/clear_refs", "w").write("5")  # the peak is what it is now
before = kilobytes("VmHWM")
found = exponents(2000)
print((1024 * (kilobytes("VmHWM") - before) - 2 * found[0].nbytes) / 1e6)
"""


def test_memory_of_exponents():
    """The peak of four million cells is at most 32 MB above the answers (Linux)."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True)
    more = float(done.stdout)
    print(f"\n{more:.1f} MB besides the answers")
    assert more <= 32.0
