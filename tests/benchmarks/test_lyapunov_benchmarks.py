import numpy as np
import pytest

import doya
from benchmarks.accuracy import relative_errors
from benchmarks.opponents import by_gcc
from benchmarks.opponents.presence import require
from benchmarks.problems.plane import CHECKED, EPSILON, STEPS, X0, B, W, exact
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed


def ours(w, b):
    return doya.lyapunov_exponent(doya.NeuronMap(w, b, epsilon=EPSILON), X0, STEPS, 0)


def typical_errors(w, b, theirs):
    """Medians, as chaotic orbits in doubles leave the exact one, whoever computes them."""
    truth = [exact(*cell) for cell in zip(w.tolist(), b.tolist(), strict=True)]
    medians = [np.median(relative_errors(function(w, b), truth)) for function in (ours, theirs)]
    assert max(medians) < 0.02
    return tuple(f"{median:.0e} (median)" for median in medians)


def plane():
    return W, B, CHECKED


def chaotic_cells():
    """Of the plane, with no other between them; and which to check."""
    chaotic = ours(W, B) > 0.05
    w, b = W[chaotic], B[chaotic]
    return w, b, np.random.default_rng(2026).integers(0, w.size, CHECKED.size)


@pytest.mark.parametrize(("task", "cells"), [(Task.EXPONENTS, plane), (Task.CHAOS, chaotic_cells)])
@pytest.mark.parametrize(
    ("factors", "label"), [(1, "ln of each factor"), (32, "one ln for each product of 32 factors")]
)
def test_exponents_against_c_loops(task, cells, factors, label, report, on_threads, tmp_path):
    """At 0.8 times the speed of gcc -Ofast or more."""
    require("gcc")
    exponents = by_gcc.exponents(tmp_path, factors)
    w, b, checked = cells()

    def c_loop(w, b, threads=1):
        return exponents(w, b, EPSILON, X0, STEPS, threads)

    def ratio(threads):
        mine, theirs = least_seconds(
            2, timed(lambda: ours(w, b)), timed(lambda: c_loop(w, b, threads))
        )
        return theirs / mine

    errors = typical_errors(w[checked], b[checked], c_loop)
    row = report(task, f"C loop, {label}", on_threads(ratio), 0.8, errors)
    assert row.met


@pytest.mark.parametrize(
    ("function", "steps", "at_least", "label"),
    [
        ("exponents", 20, 10, "NumPy, which has one thread"),
        ("blocked_exponents", 50, None, "NumPy, in blocks, ln of products of 16"),
    ],
)
def test_exponents_against_numpy(function, steps, at_least, label, report, elsewhere):
    """At least 10 times faster than NumPy, which takes fewer steps, each alike.

    Blocked NumPy is only told.
    """
    numpy = elsewhere("numpy")
    mine, theirs = least_seconds(3, timed(lambda: ours(W, B)), numpy.timed(function, steps))

    def of_cells(w, b):
        return numpy.call(function, STEPS, w, b)

    errors = typical_errors(W[CHECKED], B[CHECKED], of_cells)
    row = report(Task.EXPONENTS, label, [(theirs / steps) / (mine / STEPS)], at_least, errors)
    assert row.met
