"""How fast trajectories end, as ratios in the same run: pytest tests/benchmarks -s

128,000 neurons with w = 5 and b across [-3, -2], all from x = 0.5; as many threads on either side.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.integrate import solve_ivp

import doya
import oracles

W, X0 = 5.0, 0.5
B = np.linspace(-3.0, -2.0, 128_000)
# Those whose states are known to 30 digits, and heyoka's batches in the long run.
CHECKED = np.linspace(0, len(B) - 1, 40).round().astype(int)
BATCH = 8
EVERY_40TH_BATCH = B.reshape(-1, BATCH)[::40].ravel()

# Blocks of lanes that stay in the first cache; gcc calls libmvec's vector exp in the inner loop.
C_LOOP = """
#include <math.h>
#define LANES 64
void iterate(long count, long steps, double w, const double *b, double x0, double *x, int threads)
{
    #pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (long first = 0; first < count; first += LANES) {
        double y[LANES] __attribute__((aligned(64))), c[LANES] __attribute__((aligned(64)));
        long lanes = count - first < LANES ? count - first : LANES;
        for (long j = 0; j < LANES; j++) {
            y[j] = x0;
            c[j] = j < lanes ? -b[first + j] : 0.0;
        }
        for (long n = 0; n < steps; n++) {
            #pragma omp simd
            for (long j = 0; j < LANES; j++)
                y[j] = 1.0 / (1.0 + exp(c[j] - w * y[j]));
        }
        for (long j = 0; j < lanes; j++)
            x[first + j] = y[j];
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
    """iterate(steps, threads) -> x, compiled from C_LOOP."""
    if not shutil.which("gcc"):
        pytest.skip("needs gcc (Debian: gcc)")
    folder = tmp_path_factory.mktemp("c_loop")
    source, library = folder / "loop.c", folder / "loop.so"
    source.write_text(C_LOOP)
    command = ["gcc", "-Ofast", "-march=native", "-fopenmp", "-shared", "-fPIC", source, "-lm"]
    subprocess.run([*command, "-o", library], check=True)
    if b"_ZGV" not in library.read_bytes():
        pytest.skip("needs gcc with libmvec (glibc's vector exp)")

    function = ctypes.CDLL(str(library)).iterate
    array = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    long, double = ctypes.c_long, ctypes.c_double
    function.argtypes = [long, long, double, array, double, array, ctypes.c_int]
    function.restype = None

    def iterate(steps, threads):
        x = np.empty_like(B)
        function(len(B), steps, W, B, X0, x, threads)
        return x

    return iterate


@pytest.fixture(scope="module")
def heyoka_flow():
    """flow(b, end, threads) -> x, by heyoka's batch integrator."""
    heyoka = pytest.importorskip("heyoka", reason="needs heyoka (pip install heyoka)")
    x = heyoka.make_vars("x")
    # Its own sigmoid is faster than 1/(1 + exp(-z)).
    integrators = [
        heyoka.taylor_adaptive_batch(
            [(x, heyoka.sigmoid(W * x + heyoka.par[0]) - x)],
            state=np.full((1, BATCH), X0),
            pars=np.zeros((1, BATCH)),
            tol=1e-15,
        )
        for _ in range(2)
    ]

    def one_thread(integrator, b, end, x):
        state, parameters = integrator.state, integrator.pars
        for i in range(len(b)):
            integrator.set_time(0.0)
            state[:] = X0
            parameters[:] = b[i]
            integrator.propagate_until(end)
            x[i] = state

    def flow(b, end, threads):
        b = b.reshape(-1, BATCH)
        x = np.empty_like(b)
        shares = np.array_split(b, threads), [end] * threads, np.array_split(x, threads)
        if threads == 1:
            one_thread(integrators[0], b, end, x)
        else:  # it lets go of Python's lock; taking it again for each batch costs up to a third
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(one_thread, integrators, *shares))
        return x.ravel()

    return flow


# The map as one writes it, in a script of its own: there each temporary is new memory, which takes
# longer than the arithmetic.  In a process that has freed larger arrays NumPy is 4 times faster.
BY_NUMPY = f"""
import time
import numpy as np
b = np.linspace(-3.0, -2.0, {len(B)})
epsilon, times = 1.0, []
for _ in range(5):
    start = time.perf_counter()
    x = np.full_like(b, {X0})
    for _ in range(200):
        x = (1.0 - epsilon) * x + epsilon / (1.0 + np.exp(-({W} * x + b)))
    times.append(time.perf_counter() - start)
print(min(times), x.sum())
"""


def by_numpy():
    """Seconds, and the sum of the states."""
    done = subprocess.run([sys.executable, "-c", BY_NUMPY], capture_output=True, check=True)
    return map(float, done.stdout.split())


def by_scipy(b, end):
    """As one writes it."""

    def rate(t, x):
        return -x + 1.0 / (1.0 + np.exp(-(W * x + b)))

    return solve_ivp(rate, (0.0, end), [X0], method="DOP853", rtol=1e-12, atol=1e-12).y[0, -1]


@functools.cache
def exact_states(ends=(50.0, 1e4)):
    """{end: the CHECKED states}, by Taylor series of 40 terms in 40 digits."""
    states = {end: [] for end in ends}
    for b in B[CHECKED].tolist():
        t, x = mpf(0), mpf(X0)
        for end in ends:
            while t < end:
                z = W * x + b
                if abs(oracles.sigmoid(z) - x) < mpf("1e-35"):
                    break  # at rest
                # x' = s - x and s' = (s - s s) z', term by term.
                xs, ss, slopes, rates = [x], [oracles.sigmoid(z)], [], []
                for k in range(40):
                    slopes.append(ss[k] - mp.fdot(ss, ss[::-1]))
                    rates.append(W * (ss[k] - xs[k]))
                    xs.append((ss[k] - xs[k]) / (k + 1))
                    ss.append(mp.fdot(slopes, rates[::-1]) / (k + 1))
                last = max(abs(xs[-1]), abs(xs[-2]), mpf("1e-60"))
                step = min(end - t, (mpf("1e-32") / last) ** (mpf(1) / 40))
                x, t = mp.fdot(xs, [step**k for k in range(41)]), t + step
            states[end].append(x)
    return states


def worst_error(x, end):
    return max(float(abs(mpf(a) - b)) for a, b in zip(x.tolist(), exact_states()[end], strict=True))


def seconds(repeats, *calls):
    """The least time of each, which others on the machine disturb least; the calls take turns."""
    times = np.empty((repeats, len(calls)))
    for row in times:
        for i, call in enumerate(calls):
            time.sleep(0.02)  # until OpenMP's idle threads have stopped spinning
            start = time.perf_counter()
            call()
            row[i] = time.perf_counter() - start
    return times.min(axis=0).tolist()


def named(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def test_the_map_step_by_step_against_a_c_loop(threads, c_loop):
    """200 steps, none skipped, at 0.8 times the speed of gcc -Ofast or more."""
    neuron = doya.NeuronMap(W, B)

    def ours():
        return doya.final_state(neuron, X0, 200, early_stop=False)

    def c():
        return c_loop(200, threads)

    np.testing.assert_allclose(ours(), c(), rtol=0.0, atol=1e-8)
    mine, theirs = (s / (200 * len(B)) * 1e9 for s in seconds(25, ours, c))
    print(
        f"\nmap, 200 steps, {named(threads)}: {mine:.2f} ns a step,"
        f" C loop {theirs:.2f}: {theirs / mine:.2f} times"
    )
    assert theirs / mine >= 0.8


def test_the_map_step_by_step_against_numpy():
    """200 steps, none skipped, at least 8 times faster than NumPy, which has one thread."""
    neuron = doya.NeuronMap(W, B)

    def ours():
        return doya.final_state(neuron, X0, 200, early_stop=False)

    mine, theirs = np.min([(*seconds(5, ours), next(by_numpy())) for _ in range(5)], axis=0)
    assert ours().sum() == pytest.approx(list(by_numpy())[1], rel=1e-9)
    mine, theirs = (s / (200 * len(B)) * 1e9 for s in (mine, theirs))
    print(
        f"\nmap, 200 steps, all processors: {mine:.2f} ns a step,"
        f" NumPy {theirs:.2f}: {theirs / mine:.1f} times"
    )
    assert theirs / mine >= 8


def test_the_map_that_may_stop_early_against_a_c_loop(threads, c_loop):
    """5,000 steps, at least 5 times faster than a C loop that takes them all."""
    neuron = doya.NeuronMap(W, B)

    def ours():
        return doya.final_state(neuron, X0, 5000)

    def c():
        return c_loop(5000, threads)

    np.testing.assert_allclose(ours(), c(), rtol=0.0, atol=1e-8)
    mine, theirs = (s / (5000 * len(B)) * 1e9 for s in seconds(5, ours, c))
    print(
        f"\nmap, 5000 steps, {named(threads)}: {mine:.3f} ns a step,"
        f" C loop {theirs:.3f}: {theirs / mine:.1f} times"
    )
    assert theirs / mine >= 5


@pytest.mark.parametrize(
    ("end", "subset", "target"),
    [(50.0, B, 4), (1e4, EVERY_40TH_BATCH, 40)],
    ids=["T=50", "T=1e4"],
)
def test_the_flow_against_heyoka(end, subset, target, threads, heyoka_flow):
    """At least 4 times faster to T = 50 and 40 times to T = 1e4, and no less accurate."""
    neuron = doya.NeuronODE(W, B)

    def ours():
        return doya.final_state(neuron, X0, end)

    def heyoka():
        return heyoka_flow(subset, end, threads)

    my_error = worst_error(ours()[CHECKED], end)
    their_error = worst_error(heyoka_flow(B[CHECKED], end, 1), end)
    mine, theirs = seconds(9, ours, heyoka)
    mine, theirs = mine / len(B) * 1e6, theirs / len(subset) * 1e6
    print(
        f"\nflow to T = {end:g}, {named(threads)}: {mine:.3f} us a trajectory,"
        f" heyoka {theirs:.2f}: {theirs / mine:.1f} times;"
        f" errors {my_error:.1e} and {their_error:.1e}"
    )
    assert my_error <= their_error
    assert theirs / mine >= target


@pytest.mark.parametrize(("end", "count"), [(50.0, 200), (1e4, 40)], ids=["T=50", "T=1e4"])
def test_the_flow_against_scipy(end, count, monkeypatch):
    """At least 10,000 times faster than `solve_ivp` to 1e-12, one thread each."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "1")
    neuron = doya.NeuronODE(W, B)
    spread = np.linspace(0, len(B) - 1, count).round().astype(int)

    def ours():
        return doya.final_state(neuron, X0, end)

    def scipy():
        return [by_scipy(b, end) for b in B[spread].tolist()]

    np.testing.assert_allclose(ours()[spread], scipy(), rtol=0.0, atol=1e-9)
    mine, theirs = seconds(3, ours, scipy)
    mine, theirs = mine / len(B), theirs / count
    print(
        f"\nflow to T = {end:g}, 1 thread: {mine * 1e6:.3f} us a trajectory,"
        f" solve_ivp {theirs * 1e3:.2f} ms: {theirs / mine:.0f} times"
    )
    assert theirs / mine >= 10_000


def test_what_time_costs_the_flow(threads):
    """T = 1e6 takes at most 1.2 times as long as T = 50."""
    neuron = doya.NeuronODE(W, B)

    def near():
        return doya.final_state(neuron, X0, 50.0)

    def far():
        return doya.final_state(neuron, X0, 1e6)

    near(), far()
    near_time, far_time = (s / len(B) * 1e6 for s in seconds(15, near, far))
    print(
        f"\nflow, {named(threads)}: T = 50 in {near_time:.3f} us a trajectory,"
        f" T = 1e6 in {far_time:.3f} us: {far_time / near_time:.2f} times"
    )
    assert far_time / near_time <= 1.2
