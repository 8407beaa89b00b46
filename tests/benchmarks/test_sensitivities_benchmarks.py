import doya
from benchmarks.accuracy import worst_error
from benchmarks.opponents.presence import require
from benchmarks.problems.ensemble import FEWER_B, FEWER_CHECKED, X0, W, exact_sensitivities
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

END = 50.0


def ours(b=FEWER_B):
    """x(T) and its derivatives by x(0) and b."""
    found = doya.sensitivity(doya.NeuronODE(W, b), X0, END, wrt=("x0", "b"))
    return found.x, found.derivative["x0"], found.derivative["b"]


def errors(theirs):
    """Ours, and those of an opponent's answers, in units of the derivative or of 1."""
    exact, b = exact_sensitivities(END), FEWER_B[FEWER_CHECKED]
    return worst_error(ours(b), exact), worst_error(theirs, exact)


def test_sensitivities_against_heyoka(report, one_thread):
    """At least 4 times faster than its variational integrator."""
    require("heyoka")
    from benchmarks.opponents import by_heyoka

    theirs = by_heyoka.sensitivities(W, X0)
    mine, other = least_seconds(15, timed(ours), timed(lambda: theirs(FEWER_B, END)))
    row = report(
        Task.SENSITIVITIES,
        f"{by_heyoka.LABEL}, variational, one thread each",
        [other / mine],
        4,
        errors(theirs(FEWER_B[FEWER_CHECKED], END)),
    )
    assert max(row.errors) < 1e-8
    assert row.met


def test_sensitivities_against_diffrax(report, elsewhere, one_thread):
    """At least 20 times faster than its forward mode, compiled already."""
    diffrax = elsewhere("diffrax")
    theirs = diffrax.call("sensitivities")
    mine, other = least_seconds(3, timed(ours), diffrax.timed("sensitivities"))
    row = report(
        Task.SENSITIVITIES,
        "diffrax, Dopri8 to 1e-12, forward mode, one thread each",
        [other / mine],
        20,
        errors(theirs),
    )
    assert max(row.errors) < 1e-6
    assert row.met
