"""The figure `memory`."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from artists import arrows, ends, middle, points_from, texts
from drawn import curve, drawn

KEPT = 0.14479410825606481, 0.5, 0.85520589174393519
FOLD = (2.5 - 2.344389661369312) / 5.0


def by_runge_kutta(x, times, step, u):
    """States of dx/dt = -x + sigma(5 x - 2.5) + u(t), by equal steps of order 4."""

    def rate(x, t):
        return -x + 1.0 / (1.0 + math.exp(2.5 - 5.0 * x)) + u(t)

    states, t = [x], 0.0
    for stop in times[1:]:
        while t < stop - 0.5 * step:
            # Just before its end the step does not see what the input jumps to.
            half, end = t + 0.5 * step, t + (1.0 - 1e-9) * step
            k1 = rate(x, t)
            k2 = rate(x + 0.5 * step * k1, half)
            k3 = rate(x + 0.5 * step * k2, half)
            k4 = rate(x + step * k3, end)
            x, t = x + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), t + step
            t = round(t / step) * step
        states.append(x)
    return states


def test_pulses_set_and_reset_the_bit():
    """The state is that of equal steps, and between the pulses at the other attractor."""
    figure, data = drawn("memory")
    t, u, x = curve(data, "state under pulses", "t", "u", "x")

    def pulses(at):
        return 0.5 * (5.0 <= at < 8.0) - 0.5 * (25.0 <= at < 28.0)

    assert x == pytest.approx(by_runge_kutta(x[0], t, 0.0125, pulses), abs=1e-8)
    assert u.tolist() == [pulses(at) for at in t]
    assert x[[0, -1]] == pytest.approx(KEPT[0], abs=2e-3)
    assert x[t == 25.0] == pytest.approx(KEPT[2], abs=2e-3)
    path, below, _ = figure.axes
    np.testing.assert_array_equal(path.lines[0].get_xydata(), np.c_[t, x])
    none, steps = below.lines
    np.testing.assert_array_equal(steps.get_xydata(), np.c_[t, u])
    assert steps.get_drawstyle() == "steps-post"
    t, u, _ = curve(data, "no input", "t", "u", "x")
    assert (list(t), list(u)) == ([0.0, 45.0], [0.0, 0.0])
    assert list(none.get_ydata()) == [0.0, 0.0]
    assert below.get_xlim() == path.get_xlim() == (0.0, 45.0)
    for ax in (path, below):
        assert ax.get_ylim()[0] < ax.dataLim.y0 < ax.dataLim.y1 < ax.get_ylim()[1]
    for word, end, height in (("set", 8.0, 0.25), ("reset", 28.0, -0.25)):
        assert points_from(texts(below)[word], end, height) < 6.0
        assert middle(texts(below)[word])[0] > end


def test_the_sweep_is_solved_and_jumps_late():
    """The state of the loop is that of equal steps, and leaves its branch beyond each fold."""
    figure, data = drawn("memory")
    t, u, x = curve(data, "state under the sweep", "t", "u", "x")

    def triangle(at):
        return np.interp(at, [0.0, 600.0, 1200.0], [-0.06, 0.06, -0.06])

    assert u == pytest.approx(triangle(t), abs=1e-15)
    some = slice(0, None, 20)
    assert x[some] == pytest.approx(by_runge_kutta(x[0], t[some], 0.25, triangle), abs=1e-5)
    late = u[np.abs(np.diff(x, append=x[-1])).argmax()]
    assert FOLD < abs(late) < 1.5 * FOLD
    (line,) = [line for line in figure.axes[2].lines if len(line.get_xdata()) == u.size]
    np.testing.assert_array_equal(line.get_xydata(), np.c_[u, x])


def test_the_loop_is_run_through_in_the_direction_of_its_arrows():
    """Up on the right and down on the left; on the lower branch to the right, on the upper back."""
    figure, data = drawn("memory")
    known = np.stack(curve(data, "state under the sweep", "t", "u", "x"), axis=-1).tolist()
    seen = set()
    for k, each in enumerate(arrows(figure.axes[2]), 1):
        t, u, x = curve(data, f"direction {k}", "t", "u", "x")
        assert t[0] < t[1]
        for state in zip(t, u, x, strict=True):
            assert list(state) in known
        assert ends(each) == ((u[0], x[0]), (u[1], x[1]))
        jumps = abs(x[1] - x[0]) > 0.05
        upper = np.mean(x) > 0.5 if not jumps else np.mean(u) < 0.0
        assert np.sign(x[1] - x[0] if jumps else u[0] - u[1]) == (-1.0 if jumps else 1.0) * (
            1.0 if upper else -1.0
        )
        seen.add((jumps, bool(upper)))
    assert len(seen) == 4


def test_equilibria_of_both_panels():
    """They are at rest, meet at the folds, and those without input are lines in both panels."""
    figure, data = drawn("memory")
    path, _, loop = figure.axes
    names = "lower attractor", "unstable equilibrium", "upper attractor"
    for name, style in zip(names, ("-", "--", "-"), strict=True):
        _, u, x = curve(data, name, "t", "u", "x")
        assert 1.0 / (1.0 + np.exp(2.5 - 5.0 * x)) + u == pytest.approx(x, abs=1e-14)
        assert np.abs(u[[0, -1]]).min() == pytest.approx(FOLD, rel=1e-12)
        (line,) = [line for line in loop.lines if np.array_equal(line.get_xydata(), np.c_[u, x])]
        assert line.get_linestyle() == style
    assert loop.get_xticks() == pytest.approx([-FOLD, 0.0, FOLD], rel=1e-12)
    for ax in (path, loop):
        levels = [line for line in ax.lines if line.get_transform() == ax.get_yaxis_transform()]
        assert [line.get_ydata()[0] for line in levels] == pytest.approx(KEPT, rel=1e-14)
        assert [line.get_linestyle() for line in levels] == ["-", "--", "-"]


def test_circles_numbers_and_the_shaded_range_of_the_loop():
    figure, data = drawn("memory")
    loop = figure.axes[2]
    circles = [line for line in loop.lines if line.get_marker() == "o"]
    assert [circle.get_xydata().tolist() for circle in circles] == [
        [[0.0, pytest.approx(x, rel=1e-14)]] for x in KEPT
    ]
    faces = [to_hex(circle.get_markerfacecolor()) for circle in circles]
    assert faces == ["#000000", "#ffffff", "#000000"]
    assert curve(data, "equilibria without input", "x")[0] == pytest.approx(KEPT, rel=1e-14)
    for x in KEPT:
        assert points_from(texts(loop)[f"{x:.3g}"], loop.get_xlim()[1], x) < 6.0
    (shaded,) = [each for each in loop.patches if isinstance(each, Rectangle)]
    edges = shaded.get_x() + np.array([0.0, shaded.get_width()])
    assert edges == pytest.approx([-FOLD, FOLD], rel=1e-12)
    assert sorted(curve(data, "folds", "u")[0]) == pytest.approx([-FOLD, FOLD], rel=1e-12)
    assert loop.get_xlim()[0] < -0.06 < 0.06 < loop.get_xlim()[1]
