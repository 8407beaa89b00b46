import doya
from benchmarks.accuracy import worst_error
from benchmarks.opponents import by_gcc
from benchmarks.opponents.presence import require
from benchmarks.problems.ensemble import CHECKED, X0, B, W, exact_map
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

NEURON = doya.NeuronMap(W, B)
C_LOOP = "C loop, gcc -Ofast, OpenMP, libmvec"


def every_step():
    """200, none left out."""
    return doya.final_state(NEURON, X0, 200, early_stop=False)


def stopping_early(steps):
    """Less those after which states repeat, as a user calls it."""
    return lambda: doya.final_state(NEURON, X0, steps)


def against_c(ours, steps, repeats, on_threads, folder):
    """Ratios by threads, and the errors."""
    require("gcc")
    states = by_gcc.states(folder)

    def ratio(threads):
        mine, theirs = least_seconds(
            repeats, timed(ours), timed(lambda: states(W, B, X0, steps, threads))
        )
        return theirs / mine

    answers = ours(), states(W, B, X0, steps, 1)
    errors = tuple(worst_error(x[CHECKED], exact_map(steps)) for x in answers)
    assert max(errors) < 1e-8
    return on_threads(ratio), errors


def test_the_map_step_by_step_against_a_c_loop(report, on_threads, tmp_path):
    """At 0.85 times the speed of gcc -Ofast or more."""
    ratios, errors = against_c(every_step, 200, 25, on_threads, tmp_path)
    row = report(Task.STEPS, C_LOOP, ratios, 0.85, errors)
    assert row.met


def test_the_map_with_defaults_against_a_c_loop(report, on_threads, tmp_path):
    """At least as fast as gcc -Ofast, also where few steps are left out."""
    ratios, errors = against_c(stopping_early(200), 200, 25, on_threads, tmp_path)
    row = report(Task.USUAL_STEPS, C_LOOP, ratios, 1.0, errors)
    assert row.met


def test_the_map_step_by_step_against_numpy(report, elsewhere):
    """At least 8 times faster than NumPy, which has one thread, by all processors."""
    numpy = elsewhere("numpy")
    mine, theirs = least_seconds(25, timed(every_step), numpy.timed("states", 200))
    exact = exact_map(200)
    errors = (
        worst_error(every_step()[CHECKED], exact),
        worst_error(numpy.call("states", 200), exact),
    )
    row = report(Task.STEPS, "NumPy, which has one thread", [theirs / mine], 8, errors)
    assert row.met


def test_the_map_that_may_stop_early_against_a_c_loop(report, on_threads, tmp_path):
    """At least 5 times faster than a C loop that takes all steps."""
    ratios, errors = against_c(stopping_early(5000), 5000, 5, on_threads, tmp_path)
    row = report(Task.MANY_STEPS, C_LOOP, ratios, 5, errors)
    assert row.met
