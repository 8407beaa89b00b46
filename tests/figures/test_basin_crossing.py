"""The figure `basin-crossing`."""

import itertools
import math

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from artists import arrows, ends, middle, points_from, texts
from drawn import curve, drawn

W, B, EPSILON = 8.0, -4.0, 0.6


def path(data, name):
    return curve(data, name, "x")[0].tolist()


def run(x, inputs):
    """Doya's map, as it is written."""
    states = [x]
    for u in inputs:
        x = (1.0 - EPSILON) * x + EPSILON / (1.0 + math.exp(-(W * x + B))) + EPSILON * u
        states.append(x)
    return states


def test_all_paths_are_of_the_same_maps():
    _, data = drawn("basin-crossing")
    for name in ("left", "boundary", "right"):
        inputs = curve(data, name, "u")[0][:-1]
        assert path(data, name) == pytest.approx(run(path(data, name)[0], inputs), rel=1e-12)
    left, right = path(data, "left"), path(data, "right")
    assert right[0] - left[0] == pytest.approx(0.04, rel=1e-12)
    assert right[-1] - left[-1] > 15.0 * 0.04


def test_basins_part_in_the_middle_of_the_starts():
    """The path from there ends on the unstable fixed point, 1/2 for b = -w/2; the others part."""
    _, data = drawn("basin-crossing")
    inputs = curve(data, "left", "u")[0][:-1].tolist()
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if run(middle, inputs)[-1] < 0.5 else (low, middle)
    assert path(data, "boundary")[0] == pytest.approx(low, rel=1e-12)
    assert path(data, "boundary")[-1] == pytest.approx(0.5, abs=1e-12)
    without = [0.0] * 100
    ends = [run(path(data, name)[-1], without)[-1] for name in ("left", "right")]
    assert ends == pytest.approx([0.02124798796136563, 0.97875201203863437], rel=1e-12)


@pytest.mark.parametrize("side", ["left", "right"])
def test_arrows_lead_from_state_to_state(side):
    """Left solid with circles, right dash-dotted with squares, each with its name outside."""
    figure, data = drawn("basin-crossing")
    (ax,) = figure.axes
    t, x = curve(data, side, "t", "x")
    line = ax.lines[1 if side == "left" else 2]
    np.testing.assert_array_equal(line.get_xydata(), np.c_[x, t])
    assert line.get_marker() == ("o" if side == "left" else "s")
    own = [each for each in arrows(ax)[:14] if each.get_edgecolor() == to_rgba(line.get_color())]
    states = list(zip(x.tolist(), t.tolist(), strict=True))
    assert [ends(each) for each in own] == list(itertools.pairwise(states))
    for each in own:
        assert (each.get_linestyle() == "-") == (side == "left")
    for step in range(7):
        at = 0.5 * (x[step] + x[step + 1]), step + 0.5
        names = [each for each in ax.texts if each.get_text() == "F" + "₀₁₂₃₄₅₆"[step]]
        (name,) = [each for each in names if points_from(each, *at) < 8.0]
        assert (middle(name)[0] < at[0]) == (side == "left")


def test_time_runs_down_beside_the_inputs_and_the_boundary_is_dotted():
    figure, data = drawn("basin-crossing")
    (ax,) = figure.axes
    low, high = ax.get_ylim()
    assert low > 7.0 > 0.0 > high
    t, u, x = curve(data, "boundary", "t", "u", "x")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.c_[x, t])
    assert ax.lines[0].get_linestyle() not in ("-", "None")
    assert points_from(texts(ax)["boundary"], x[-1], 7.0) < 8.0
    column = [each for each in ax.texts if each.get_text()[1:2] == "0"]
    said = [float(each.get_text().replace("\N{MINUS SIGN}", "-")) for each in column]
    assert said == u[:-1].tolist()
    assert [middle(each)[1] for each in column] == pytest.approx(0.5 + np.arange(7.0), abs=0.1)


def test_distances_are_those_of_the_starts_and_of_the_ends():
    """Each bar from one path to the other, with its number, above the first states or below."""
    figure, data = drawn("basin-crossing")
    (ax,) = figure.axes
    for bar, when, at in zip(arrows(ax)[14:], "0T", (0, -1), strict=True):
        left, right = (path(data, side)[at] for side in ("left", "right"))
        (x,) = curve(data, f"distance dx({when})", "x")
        assert x.tolist() == [left, right]
        (start, row), (stop, other) = ends(bar, "|-|")
        assert (start, stop) == (left, right)
        assert row == other
        assert (-1.0 < row < 0.0) if when == "0" else (7.0 < row < 8.0)
        assert points_from(texts(ax)[f"Δx({when}) = {right - left:.3f}"], x, row) < 60.0
        assert abs(middle(texts(ax)[f"Δx({when}) = {right - left:.3f}"])[1] - row) < 0.6
