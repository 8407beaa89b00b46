import numpy as np

import doya
from benchmarks.accuracy import worst_error
from benchmarks.opponents.presence import require
from benchmarks.problems.ensemble import FEWER_B, FEWER_CHECKED, X0, W, exact_second_derivatives
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

END, EXACT = 50.0, 4


def ours(b=FEWER_B):
    """The second derivative of x(T) by b, with all others by x(0), b and w."""
    return doya.sensitivity(doya.NeuronODE(W, b), X0, END, order=2).second["b", "b"]


def errors(theirs):
    """Ours, and those of an opponent's answers at the checked values, for some of them."""
    exact, some = exact_second_derivatives(END, EXACT)
    found = theirs[np.isin(FEWER_CHECKED, some)]
    return worst_error([ours(FEWER_B[some])], [exact]), worst_error([found], [exact])


def test_second_derivatives_against_heyoka(report, one_thread):
    """At least 4 times faster than its variational integrator of order 2."""
    require("heyoka")
    from benchmarks.opponents import by_heyoka

    theirs = by_heyoka.second_derivatives(W, X0)
    mine, other = least_seconds(7, timed(ours), timed(lambda: theirs(FEWER_B, END)))
    row = report(
        Task.BENT,
        f"{by_heyoka.LABEL}, variational of order 2, one thread each",
        [other / mine],
        4,
        errors(theirs(FEWER_B[FEWER_CHECKED], END)),
    )
    assert max(row.errors) < 1e-6
    assert row.met


def test_second_derivatives_against_jax(report, elsewhere, one_thread):
    """At least 20 times faster than a Hessian through diffrax, compiled already."""
    diffrax = elsewhere("diffrax")
    theirs = diffrax.call("second_derivatives")
    mine, other = least_seconds(3, timed(ours), diffrax.timed("second_derivatives"))
    row = report(
        Task.BENT,
        "JAX's Hessian of diffrax, Dopri8 to 1e-12, one thread each",
        [other / mine],
        20,
        errors(theirs),
    )
    assert max(row.errors) < 1e-4
    assert row.met


def test_crossing_times_against_final_states(report, one_thread):
    """No more than twice the time of the same flows' final states."""
    rng = np.random.default_rng(1)
    neuron = doya.NeuronODE(5.0, rng.uniform(-3.0, -2.0, 1_000_000))
    x0 = rng.uniform(0.0, 1.0, 1_000_000)
    end = doya.final_state(neuron, x0, np.inf)
    level = x0 + rng.uniform(0.1, 0.9, x0.size) * (end - x0)
    mine, other = least_seconds(
        3,
        timed(lambda: doya.crossing_time(neuron, x0, level)),
        timed(lambda: doya.final_state(neuron, x0, 20.0)),
    )
    row = report(
        Task.CROSSING, "doya's final states of the same flows at T = 20", [other / mine], 0.5
    )
    assert row.met
