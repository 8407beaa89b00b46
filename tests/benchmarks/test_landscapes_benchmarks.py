import doya
from benchmarks.accuracy import worst_error
from benchmarks.problems.surface import CHECKED, STEPS, TARGET, X0, B, W, exact
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed


def ours():
    """The loss, and its derivatives by w and b."""
    found = doya.loss_landscape(doya.NeuronMap(), {"w": W, "b": B}, X0, STEPS, TARGET)
    return found.loss, found.gradient["w"], found.gradient["b"]


def race(report, opponent, ways, function, at_least):
    """A row for each way, and whether all reach their targets."""
    truth = exact()
    my_error = worst_error([part[CHECKED] for part in ours()], truth)
    their_errors = [worst_error(opponent.call(function, way), truth) for way in ways]
    assert max(my_error, *their_errors) < 1e-9
    mine, *theirs = least_seconds(7, timed(ours), *(opponent.timed(function, way) for way in ways))
    for label, other, target, error in zip(
        ways.values(), theirs, at_least, their_errors, strict=True
    ):
        yield report(Task.SURFACE, label, [other / mine], target, (my_error, error))


def test_landscapes_against_numpy(report, elsewhere):
    """At least 20 times faster than NumPy doing the same recursion on arrays of a million cells.

    Where w and b are broadcast, which spares NumPy memory, the ratio is only told.
    """
    ways = {False: "NumPy, which has one thread", True: "NumPy, w and b broadcast"}
    rows = list(race(report, elsewhere("numpy"), ways, "surface", (20, None)))
    assert all(row.met for row in rows)


def test_landscapes_against_jax(report, elsewhere):
    """At least 2 times faster than JAX's compiled scan, however the gradient is taken."""
    ways = {
        "reverse": "JAX, compiled, reverse mode",
        "forward": "JAX, compiled, forward mode",
        "carried": "JAX, compiled, derivatives carried along by hand",
    }
    rows = list(race(report, elsewhere("jax"), ways, "surface", (2, 2, 2)))
    assert all(row.met for row in rows)
