"""The figure `cobweb`."""

import math

import numpy as np
import pytest

from artists import points_from, texts
from drawn import curve, drawn


def step(x):
    return 0.5 * x + 0.5 / (1.0 + np.exp(4.0 - 8.0 * x))


def test_paths_go_to_the_curve_and_to_the_line():
    """In turn; up to 0.98 from one start and down to 0.02 from the other."""
    figure, data = drawn("cobweb")
    ax = figure.axes[0]
    for name, end in (("path from 0.56", 0.98), ("path from 0.4", 0.02)):
        across, along = curve(data, name, "from", "to")
        assert along[1::2] == pytest.approx(step(across[1::2]), rel=1e-13)
        assert np.array_equal(across[2::2], along[1:-1:2])
        assert along[-1] == pytest.approx(end, abs=0.03)
        assert any(np.array_equal(line.get_xydata(), np.c_[across, along]) for line in ax.lines)
    x, following = curve(data, "map", "from", "to")
    assert following == pytest.approx(step(x), rel=1e-13)


def test_circles_are_on_the_three_fixed_points():
    """Filled where the slope of the map is below 1, open where it is above."""
    figure, data = drawn("cobweb")
    ax = figure.axes[0]
    assert curve(data, "repelling", "from")[0].tolist() == [0.5]
    outer = curve(data, "attracting", "from")[0]
    assert outer == pytest.approx([0.021247987961365630, 0.97875201203863437], rel=1e-13)
    filled = [line for line in ax.lines if line.get_marker() == "o"]
    faces = {len(line.get_xdata()): line.get_markerfacecolor() for line in filled}
    assert faces[2] != faces[1]
    for place, word in ((outer[0], "0.02"), (0.5, "0.50"), (outer[1], "0.98")):
        assert points_from(texts(ax)[word], place, place) < 14.0


def test_the_line_at_h_star_is_a_tangent():
    """h* = √(w(w - 1)) - artanh √((w - 1)/w) at w = 2; the other lines cross 3 times and once."""
    figure, data = drawn("cobweb")
    ax = figure.axes[1]
    limit = math.sqrt(2.0) - math.atanh(math.sqrt(0.5))
    (a,), (tanh,) = curve(data, "tangent", "from", "to")
    assert tanh == pytest.approx(math.tanh(a), rel=1e-14)
    assert 1.0 - tanh**2 == pytest.approx(0.5, rel=1e-12)  # the slope of the line, 1/w
    ends, line = curve(data, "h = h*", "from", "to")
    assert line == pytest.approx((ends - limit) / 2.0, rel=1e-12)
    assert np.interp(a, ends, line) == pytest.approx(tanh, rel=1e-12)
    for name, h, count in (("0", 0.0, 3), ("1.4", 1.4, 1)):
        a, tanh = curve(data, f"crossings, h = {name}", "from", "to")
        assert a.size == count
        assert (a - h) / 2.0 == pytest.approx(np.tanh(a), abs=1e-12)
        assert tanh == pytest.approx(np.tanh(a), abs=1e-12)
    assert {"h = 0", "h = h*", "h = 1.4"} <= set(texts(ax))
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len({str(line._dash_pattern) for line in lines}) == 3
