import pathlib
import subprocess
import sys

import numpy as np

import doya
import oracles
from benchmarks.accuracy import worst_error
from benchmarks.opponents import by_auto
from benchmarks.opponents.presence import require
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

FOLDS = sorted(b for _, b in oracles.folds(5))
BY_BRAINPY = pathlib.Path(__file__).parent / "opponents/by_brainpy.py"


def ours():
    """600 points and both folds."""
    return doya.bifurcation_diagram(doya.NeuronODE(w=5.0))


def my_error():
    """Of the folds."""
    return worst_error(sorted(point.value for point in ours().special_points), FOLDS)


def program(*arguments):
    """Python's start and all imports included."""
    command = [sys.executable, *arguments]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def test_the_diagram_at_w_5_against_auto(report, tmp_path):
    """Folds and 600 points, at least 20 times faster than AUTO-07p's own time for about 200."""
    require("auto-07p")
    require("gfortran")
    auto = by_auto.Diagram(tmp_path)
    mine, theirs = least_seconds(15, timed(ours, times=20), auto.seconds)
    folds = sorted(b for kind, b in auto.points() if kind == 2)
    assert len(folds) == 2
    row = report(
        Task.DIAGRAM,
        f"AUTO-07p, {len(auto.points())} points, time of compiling not counted",
        [theirs / mine],
        20,
        (my_error(), worst_error(folds, FOLDS)),
    )
    assert row.errors[0] < 1e-14
    assert row.met


def test_the_diagram_at_w_5_against_brainpy(report, elsewhere, tmp_path):
    """Called, and as programs that write a picture."""
    brainpy, every = elsewhere("brainpy"), np.arange(-3.0, -2.0, 0.005)
    values, counts = np.unique(brainpy.call("equilibria", every)[0], return_counts=True)
    bistable = values[counts > 1]
    their_error = worst_error([bistable[0], bistable[-1]], FOLDS)
    errors = my_error(), f"{their_error:.0e}, where b has three; no fold is located"

    call, their_call, start, their_start = least_seconds(
        3,
        timed(ours, times=20),
        brainpy.timed("equilibria", every),
        program("-m", "doya_cli", "bifurcate", "--w", "5", "-o", tmp_path / "doya.png"),
        program(BY_BRAINPY, tmp_path / "brainpy.png"),
    )
    assert {path.name for path in tmp_path.iterdir()} == {"doya.png", "brainpy.png"}
    opponent = "BrainPy Bifurcation1D, b every 0.005, x every 0.01"
    report(Task.DIAGRAM, opponent, [their_call / call], errors=errors)
    report(Task.START, opponent, [their_start / start], errors=errors)
