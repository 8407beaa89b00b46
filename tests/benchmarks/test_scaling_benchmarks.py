"""What a neuron costs in a call of any size, on any number of threads, whatever ran before."""

import subprocess
import sys

import numpy as np
import pytest

import doya
from benchmarks.problems.scaling import CASES, THREADS, question
from benchmarks.report import Task
from benchmarks.scaling import costs, load, seconds
from benchmarks.timing import least_seconds, timed

# By how much a cost may rise where it should not.
RISE = 2.0


@pytest.fixture(scope="module", autouse=True)
def machine_code_at_hand():
    load()


@pytest.mark.parametrize(("name", "dynamics"), CASES)
def test_a_neuron_costs_no_more_in_a_larger_call(name, dynamics, report):
    """From 1 to 10**6, within a factor 2; and no more on 16 threads than on 2."""
    table = {threads: costs(name, dynamics, threads) for threads in THREADS}
    worst = 0.0
    for line in table.values():
        values = list(line.values())
        worst = max(worst, *(b / min(values[: k + 1]) for k, b in enumerate(values[1:])))
    crowded = max(
        line[size] / table[2][size] for line in table.values() for size in line if size >= 40_000
        and line is not table[1]
    )  # fmt: skip
    task = Task.SCALE if dynamics == "flow" else Task.MAP_SCALE
    sizes = f"{name}: the best smaller call / the worst larger, 1 to 16 threads"
    one = report(task, sizes, [1.0 / worst], 1.0 / RISE)
    two = report(task, f"{name}: 2 threads / 4 to 16 threads", [1.0 / crowded], 1.0 / RISE)
    assert one.met
    assert two.met


@pytest.mark.parametrize("name", ["final_state", "sensitivity"])
def test_calls_of_some_hundreds_cost_at_most_three_times(name, report):
    """300, 1,500 and 4,500 flows, a neuron, against 40,000."""
    sizes = 40_000, 300, 1_500, 4_500
    calls = (timed(question(name, "flow", size), 40_000 // size) for size in sizes)
    told = least_seconds(10, *calls)
    many, *few = (each / size for each, size in zip(told, sizes, strict=True))
    for size, cost in zip(sizes[1:], few, strict=True):
        row = report(Task.FEW, f"{name}: 40,000 / {size:,}", [many / cost], 1.0 / 3.0)
        assert row.met


def test_a_landscape_is_as_fast_on_more_threads_than_processors(report, monkeypatch):
    """400 x 400 cells of the flow with 8 and 16 threads against 2."""
    axes = {"b": np.linspace(-3.0, -2.0, 400), "w": np.linspace(4.5, 5.5, 400)}

    def landscape(threads):
        def call():
            monkeypatch.setenv("DOYA_NUM_THREADS", str(threads))
            doya.loss_landscape(doya.NeuronODE(), axes)

        return timed(call)

    two, *more = least_seconds(20, *map(landscape, (2, 8, 16)))
    row = report(Task.CROWDED, "2 threads / 8 and 16 threads", [two / max(more)], 1.0 / 1.3)
    assert row.met


TRAINING = """
import sys, time
import numpy as np, doya

if sys.argv[1] == "after":
    for _ in range(3):
        doya.equilibria(doya.NeuronODE(np.linspace(-9.0, 9.0, 200_000), -2.0))

def train():
    start = time.perf_counter()
    doya.train(doya.NeuronODE(5.0, -2.2), np.linspace(0.1, 0.9, 1200), 50.0, 0.855)
    return time.perf_counter() - start

print(min(train() for _ in range(4)))
"""


def test_training_does_not_depend_on_what_ran_before(report):
    """1,200 starts, in a new process, against the same after large calls of `equilibria`."""
    told = {"before": [], "after": []}
    for _ in range(3):
        for when, each in told.items():
            answer = subprocess.run(
                [sys.executable, "-c", TRAINING, when], capture_output=True, text=True, check=True
            )
            each.append(float(answer.stdout))
    alone, after = (min(each) for each in told.values())
    row = report(Task.UNRELATED, "the same alone", [alone / after], 1.0 / 1.5)
    assert row.met


def test_noise_in_many_pieces(report):
    """500 flows under inputs of 2,000 pieces each, against 10**6 flows without one."""
    pieces, rows = 2_000, 500
    noise = 0.1 * np.random.default_rng(0).normal(size=(rows, pieces))
    u = doya.Table(0.05 * np.arange(pieces), noise)
    driven = seconds(lambda: doya.final_state(doya.NeuronODE(), 0.5, 100.0, u))
    plain = seconds(lambda: doya.final_state(doya.NeuronODE(np.full(pieces * rows, 5.0)), 0.5, 50))
    opponent = "the same number of states without input"
    row = report(Task.NOISE, opponent, [plain / driven], 1.0 / 15.0)
    assert row.met


def test_one_descent_and_one_wall(report):
    """100 steps of one neuron, and the place of a wall, against what they consist of."""
    neuron, steps = doya.NeuronODE(5.0, -2.2), 100
    gradient, descent = least_seconds(
        20,
        timed(lambda: doya.sensitivity(neuron, 0.5, 50.0, "b")),
        timed(lambda: doya.train(neuron, 0.5, 50.0, 0.855, steps=steps)),
    )
    row = report(Task.DESCENT, "100 calls of sensitivity", [steps * gradient / descent], 2)
    assert row.met

    def landscape():
        return doya.loss_landscape(neuron, {"b": np.linspace(-3.0, -2.0, 101)})

    grid, with_wall = least_seconds(20, timed(landscape), timed(lambda: landscape().walls))
    row = report(Task.WALL, "the landscape without it", [grid / with_wall], 0.5)
    assert row.met
