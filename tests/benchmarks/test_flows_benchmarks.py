import numpy as np
import pytest
from scipy.integrate import solve_ivp

import doya
from benchmarks.accuracy import worst_error
from benchmarks.opponents.presence import require
from benchmarks.problems.ensemble import CHECKED, X0, B, W, exact_flow
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

NEURON = doya.NeuronODE(W, B)
# Whole batches of eight, for what takes long.
EVERY_40TH_BATCH = B.reshape(-1, 8)[::40].ravel()


def ours(end):
    return doya.final_state(NEURON, X0, end)


def by_scipy(b, end):
    """As one writes it."""

    def rate(t, x):
        return -x + 1.0 / (1.0 + np.exp(-(W * x + b)))

    return solve_ivp(rate, (0.0, end), [X0], method="DOP853", rtol=1e-12, atol=1e-12).y[0, -1]


@pytest.mark.parametrize(
    ("task", "end", "b", "at_least"),
    [(Task.FLOW, 50.0, B, 4), (Task.LONG_FLOW, 1e4, EVERY_40TH_BATCH, 40)],
    ids=["T=50", "T=1e4"],
)
def test_the_flow_against_heyoka(task, end, b, at_least, report, on_threads):
    """At least 4 times faster to T = 50 and 40 times to T = 1e4, and no less accurate."""
    require("heyoka")
    from benchmarks.opponents import by_heyoka

    states = by_heyoka.flow(W, X0)

    def ratio(threads):
        mine, theirs = least_seconds(
            9, timed(lambda: ours(end)), timed(lambda: states(b, end, threads))
        )
        return (theirs / b.size) / (mine / B.size)

    exact = exact_flow(end)
    mine, theirs = (worst_error(x, exact) for x in (ours(end)[CHECKED], states(B[CHECKED], end, 1)))
    row = report(task, by_heyoka.LABEL, on_threads(ratio), at_least, (mine, theirs))
    assert mine <= theirs
    assert row.met


def test_the_flow_against_diffrax(report, elsewhere, one_thread):
    diffrax = elsewhere("diffrax")
    exact = exact_flow(50.0)
    errors = (
        worst_error(ours(50.0)[CHECKED], exact),
        worst_error(diffrax.call("states"), exact),
    )
    mine, theirs = least_seconds(3, timed(lambda: ours(50.0)), diffrax.timed("states"))
    opponent = "diffrax, Dopri8 to 1e-12, one thread each"
    row = report(Task.FLOW, opponent, [theirs / mine], errors=errors)
    assert max(row.errors) < 1e-8


@pytest.mark.parametrize(
    ("task", "end", "count"),
    [(Task.FLOW, 50.0, 200), (Task.LONG_FLOW, 1e4, 40)],
    ids=["T=50", "T=1e4"],
)
def test_the_flow_against_scipy(task, end, count, report, one_thread):
    """At least 10,000 times faster than `solve_ivp`, one thread each."""
    spread = np.linspace(0, len(B) - 1, count).round().astype(int)

    def scipy(which):
        return [by_scipy(b, end) for b in B[which].tolist()]

    mine, theirs = least_seconds(3, timed(lambda: ours(end)), timed(lambda: scipy(spread)))
    exact = exact_flow(end)
    errors = worst_error(ours(end)[CHECKED], exact), worst_error(scipy(CHECKED), exact)
    ratio = (theirs / count) / (mine / B.size)
    row = report(task, "scipy solve_ivp, DOP853 to 1e-12, one thread each", [ratio], 10_000, errors)
    assert max(row.errors) < 1e-8
    assert row.met


def test_what_time_costs_the_flow(report, on_threads):
    """T = 1e6 takes at most 1.2 times as long as T = 50: 1/1.2 is 0.8334."""

    def ratio(threads):
        far, near = least_seconds(15, timed(lambda: ours(1e6)), timed(lambda: ours(50.0)))
        return near / far

    errors = tuple(worst_error(ours(end)[CHECKED], exact_flow(end)) for end in (1e6, 50.0))
    row = report(Task.ENDLESS_FLOW, "doya to T = 50", on_threads(ratio), 0.8334, errors)
    assert row.met
