"""The figure `initialisation`."""

import math

import numpy as np
import pytest

from artists import arrows, ends
from descent_oracle import descend, memory
from doya.training.statuses import Outcome
from drawn import drawn


def test_descents_end_where_a_naive_loop_ends():
    """For nine starts over the plane, with their losses and outcomes."""
    _, data = drawn("initialisation")
    sequences = memory(1.0, (0.85, 0.15), 10)
    for i in (8, 40, 72):
        for j in (4, 32, 60):
            start = float(data["w"][i]), float(data["b"][j])
            w, b, loss = descend(*start, sequences, 0.5, 200)
            known = [data[name][i, j] for name in ("final_w", "final_b", "loss")]
            assert known == pytest.approx([w[-1], b[-1], loss[-1]], rel=1e-6)
            falls = loss[-1] <= 0.99 * loss[-21]
            outcome = Outcome.FALLING if falls else Outcome.STUCK
            assert data["outcome"][i, j] == (Outcome.SOLVED if loss[-1] <= 1e-3 else outcome)


def test_solved_starts_are_around_the_cusp_and_end_between_the_folds():
    """The folds at w are b = ln(x/(1-x)) - w x with w x(1-x) = 1."""
    _, data = drawn("initialisation")
    w, b, solved = data["w"], data["b"], data["outcome"] == Outcome.SOLVED
    near = np.hypot(w[:, np.newaxis] - 4.0, b + 2.0) < 1.5
    assert solved[near].all()
    assert not solved[w < 1.5].any()
    end, bias = data["final_w"][solved], data["final_b"][solved]
    x = 0.5 * (1.0 - np.sqrt(1.0 - 4.0 / end))
    upper = np.log(x / (1.0 - x)) - end * x
    assert np.all((-end - upper < bias) & (bias < upper))


def test_small_weights_end_on_the_plateau_where_the_pulse_is_forgotten():
    """With both sequences at 1/2 the loss is 0.35²; with both at 1 or at 0, 0.3725."""
    _, data = drawn("initialisation")
    w, b, loss = data["w"][:, np.newaxis], data["b"], data["loss"]
    small = (np.abs(w) < 1.0) & (np.abs(b) < 2.0)
    assert loss[small] == pytest.approx(0.35**2, rel=0.01)
    off = data["final_b"] + 0.5 * data["final_w"]
    assert np.abs(off[small]).max() < 0.2
    extreme = (w > 6.0) & (b > 0.5) | (b < -5.5) & (w < 4.0)
    assert loss[extreme] == pytest.approx(0.5 * (0.15**2 + 0.85**2), rel=0.02)
    moved = np.abs(data["final_w"] - w)[(b < -5.5) & (w < 4.0)]
    assert moved.max() < 0.05


def test_each_eighth_start_has_an_arrow_to_its_end_or_a_cross():
    figure, data = drawn("initialisation")
    below = figure.axes[1]
    shown = [(i, j) for i in range(0, 81, 8) for j in range(0, 65, 8)]
    led = [ends(each) for each in arrows(below)]
    crosses = {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in below.lines
        if line.get_marker() == "x"
    }
    paths, thick = {}, set()
    for arrow, (start, stop) in zip(arrows(below), led, strict=True):
        paths[start] = stop
        if arrow.get_linewidth() > 1.0:
            thick.add(start)
    assert len(paths) + len(crosses) == len(shown)
    for i, j in shown:
        start = float(data["w"][i]), float(data["b"][j])
        stop = float(data["final_w"][i, j]), float(data["final_b"][i, j])
        assert (start in crosses) == (math.dist(start, stop) < 0.15)
        if start in paths:
            assert paths[start] == stop
            assert (start in thick) == (data["outcome"][i, j] == Outcome.SOLVED)


def test_the_panels_are_below_one_another_with_the_same_width():
    figure, _ = drawn("initialisation")
    above, below = (ax.get_position() for ax in figure.axes[:2])
    assert (above.x0, above.x1) == pytest.approx((below.x0, below.x1))
