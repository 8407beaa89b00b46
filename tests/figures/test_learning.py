"""The figure `learning`."""

import math

import numpy as np
import pytest

from artists import texts
from descent_oracle import descend, memory
from drawn import curve, drawn

TASKS = {
    "memory": (3.0, -1.0, memory(1.0, (0.85, 0.15), 10), 0.5),
    "oscillation": (-2.0, 0.5, [(0.1, [0.0] * 20, [0.9, 0.1] * 10)], 0.1),
}


def step(w, b, x):
    return 1.0 / (1.0 + np.exp(-(w * x + b)))


@pytest.mark.parametrize("name", TASKS)
def test_the_descents_are_those_of_a_naive_loop(name):
    _, data = drawn("learning")
    path = np.array(descend(*TASKS[name], 200))
    for row, column in zip(path, ("w", "b", "loss"), strict=True):
        (known,) = curve(data, f"{name}, loss", column)
        assert known == pytest.approx(row, rel=1e-7, abs=1e-10)


def test_fixed_points_return_and_are_stable_by_their_slope():
    """x = F(x); the number of crossings of F(x) - x on a grid is that of the fixed points."""
    _, data = drawn("learning")
    grid = np.linspace(0.0, 1.0, 1001)
    for name in TASKS:
        w, b = curve(data, f"{name}, loss", "w", "b")
        count = np.zeros(w.size)
        for each in [key for key in np.unique(data["curve"]) if f"{name}, equil" in key]:
            x, stable = curve(data, each, "x", "stable")
            there = np.isfinite(x)
            count += there
            assert step(w, b, x)[there] == pytest.approx(x[there], rel=1e-12)
            slope = np.abs(w * x * (1.0 - x))[there]
            np.testing.assert_array_equal(stable[there] == 1.0, slope < 1.0)
        sign = step(w[:, np.newaxis], b[:, np.newaxis], grid) > grid
        np.testing.assert_array_equal(count, np.sum(sign[:, 1:] != sign[:, :-1], axis=1))


def test_a_2_cycle_exists_after_the_flip_and_returns_after_two_steps():
    _, data = drawn("learning")
    w, b, low = curve(data, "oscillation, 2-cycle, low", "w", "b", "x")
    high, stable = curve(data, "oscillation, 2-cycle, high", "x", "stable")
    (at,) = curve(data, "oscillation, PD", "step")[0]
    there = np.isfinite(low)
    np.testing.assert_array_equal(there, np.arange(low.size) > at)
    assert step(w, b, low)[there] == pytest.approx(high[there], rel=1e-11)
    assert step(w, b, high)[there] == pytest.approx(low[there], rel=1e-11)
    assert (stable[there] == 1.0).all()
    assert (low[-1], high[-1]) == pytest.approx((0.1, 0.9), abs=0.01)
    # At the solution w is ln 9 / (1/2 - 9/10), and b is -w/2.
    assert w[-1] == pytest.approx(math.log(9.0) / -0.4, rel=0.03)
    assert b[-1] == pytest.approx(-0.5 * w[-1], rel=0.03)


@pytest.mark.parametrize(
    ("name", "kind", "slope"), [("memory", "LP", 1), ("oscillation", "PD", -1)]
)
def test_bifurcations_are_on_their_step_where_the_slope_of_the_map_is_1_or_minus_1(
    name, kind, slope
):
    """w x(1-x) = 1 at a fold, -1 at a flip, at a fixed point between two neurons of the descent."""
    _, data = drawn("learning")
    at, w, b, x = (float(each[0]) for each in curve(data, f"{name}, {kind}", "step", "w", "b", "x"))
    assert step(w, b, x) == pytest.approx(x, rel=1e-9)
    assert w * x * (1.0 - x) == pytest.approx(slope, rel=1e-9)
    ws, bs, loss = curve(data, f"{name}, loss", "w", "b", "loss")
    before, after = math.floor(at), math.ceil(at)
    part = (w - ws[before]) / (ws[after] - ws[before])
    assert 0.0 <= part <= 1.0
    assert b == pytest.approx((1.0 - part) * bs[before] + part * bs[after], abs=1e-9)
    assert (np.argmin(np.diff(np.log(loss))) in range(before - 2, after + 2)) == (kind == "PD")


def test_the_losses_start_on_plateaus_and_the_memory_is_learned_before_the_fold():
    """The plateaus of a map that goes to 1/2; after 10 steps x is still far from its attractor."""
    _, data = drawn("learning")
    for name, plateau in (("memory", 0.35**2), ("oscillation", 20 * 0.4**2)):
        (loss,) = curve(data, f"{name}, loss", "loss")
        assert np.all((0.8 * plateau < loss[5:15]) & (loss[5:15] < plateau))
    at = math.floor(curve(data, "memory, LP", "step")[0][0])
    w, b, loss = (each[at] for each in curve(data, "memory, loss", "w", "b", "loss"))
    assert loss < 0.02
    ends = []
    for pulse in (1.0, -1.0):
        x = step(w, b, 0.5) + pulse
        for _ in range(9):
            x = step(w, b, x)
        ends.append(x)
        for _ in range(10_000):
            x = step(w, b, x)
        ends.append(x)
    high, high_after, low, low_after = ends
    assert low < 0.35 < 0.65 < high
    assert low_after == pytest.approx(high_after) == pytest.approx(0.69, abs=0.01)


def test_the_marks_and_words_are_in_the_panels():
    figure, data = drawn("learning")
    *above, lowest = figure.axes
    for ax, name, kind in zip(above, TASKS, ("LP", "PD"), strict=True):
        (at,) = curve(data, f"{name}, {kind}", "step")
        marks = [line.get_marker() for line in ax.lines if np.array_equal(line.get_xdata(), at)]
        assert marks == ["o" if kind == "LP" else "D"]
        (loss,) = (
            line
            for line in lowest.lines
            if line.get_linestyle() != "None"
            and np.array_equal(line.get_ydata(), curve(data, f"{name}, loss", "loss")[0])
        )
        assert (loss.get_linestyle() == "-") == (name == "memory")
        assert {name, "unstable"} <= set(texts(ax))
    assert set(texts(lowest)) == set(TASKS)
