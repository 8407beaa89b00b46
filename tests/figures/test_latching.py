"""The figure `latching`."""

import mpmath
import numpy as np
import pytest

from artists import middle, points_from, texts
from drawn import curve, drawn


def bengio(v):
    v = mpmath.mpf(float(v))
    root = mpmath.sqrt((v - 1) / v)
    return float(mpmath.sqrt(v * (v - 1)) - mpmath.atanh(root))


def latched(v, h, start):
    """Where the tanh neuron goes from a start, by iteration."""
    a = start
    for _ in range(3000):
        a = v * np.tanh(a) + h
    return a


def test_doyas_folds_lie_on_bengios_line():
    """At w = 5 with h* = 0.0778; the cusp is at V = 1."""
    figure, data = drawn("latching")
    v, h = curve(data, "h*", "V", "h")
    assert h == pytest.approx([bengio(each) for each in v], rel=1e-9, abs=1e-15)
    folds_v, folds_h = curve(data, "fold", "V", "h")
    assert np.abs(folds_h) == pytest.approx([bengio(each) for each in folds_v], rel=1e-12)
    assert sorted(folds_h[folds_v == 1.25]) == pytest.approx(
        [-0.077805169315343977, 0.077805169315343977], rel=1e-13
    )
    assert [each.tolist() for each in curve(data, "cusp", "V", "h")] == [[1.0], [0.0]]
    (ax,) = figure.axes
    said, minus = texts(ax), "\N{MINUS SIGN}"
    labels = (
        f"h* = 0.0778\nfold b = {minus}2.3444",
        f"{minus}h* = {minus}0.0778\nfold b = {minus}2.6556",
    )
    for text, h in zip(labels, (folds_h.max(), folds_h.min()), strict=True):
        at = np.copysign(0.077805169315343977, h)
        assert points_from(said[text], 1.25, at) < 12.0
        assert abs(middle(said[text])[1]) > abs(at)


def test_circles_are_half_filled_on_the_folds_and_the_cusp_is_a_square():
    figure, data = drawn("latching")
    (ax,) = figure.axes
    (circles,), (square,) = (
        [line for line in ax.lines if line.get_marker() == each] for each in "os"
    )
    np.testing.assert_array_equal(circles.get_xydata(), np.stack(curve(data, "fold", "V", "h"), -1))
    assert circles.get_fillstyle() == "left"
    assert square.get_xydata().tolist() == [[1.0, 0.0]]
    assert square.get_fillstyle() == "full"
    assert points_from(texts(ax)["cusp"], 1.0, 0.0) < 8.0


def test_the_neuron_keeps_a_bit_within_the_line_only():
    """Iterated from both sides it stays apart just inside, and comes together just outside."""
    _, data = drawn("latching")
    v, h = curve(data, "fold", "V", "h")
    for inward, kept in ((0.98, True), (1.02, False)):
        low, high = (latched(v, inward * h, start) for start in (-3.0, 3.0))
        assert np.all((high - low > 0.1) == kept)


def test_attractors_are_counted_where_it_is_written_and_two_are_shaded():
    """As many as iteration from both sides comes to."""
    figure, data = drawn("latching")
    (ax,) = figure.axes
    (shaded,) = ax.collections
    (outline,) = shaded.get_paths()
    for name, apart in (("1 attractor", False), ("2 attractors", True)):
        (v,), (h,) = curve(data, name, "V", "h")
        assert middle(texts(ax)[name]) == pytest.approx((v, h), abs=0.006)
        assert (latched(v, h, 3.0) - latched(v, h, -3.0) > 0.1) == apart
    grid = np.meshgrid(np.linspace(0.9, 1.58, 18), np.linspace(-0.29, 0.29, 20))
    v, h = (each.ravel() for each in grid)
    two = latched(v, h, 3.0) - latched(v, h, -3.0) > 0.05
    assert 60 < two.sum() < 200
    assert np.array_equal(outline.contains_points(np.c_[v, h]), two)
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.85, 1.6), (-0.3, 0.3))


def test_the_coordinates_are_bengios_and_doyas():
    """w = 4V on the upper axis and on the dashed line, and b = 2h - 2V on the dotted lines."""
    figure, data = drawn("latching")
    (ax,) = figure.axes
    (above,) = ax.child_axes
    assert above.get_xlim() == pytest.approx(4.0 * np.array(ax.get_xlim()))
    assert above.get_xticks() == pytest.approx(4.0 * ax.get_xticks())
    dotted, dashed, solid = (
        [line for line in ax.lines if line.get_linestyle() == style] for style in (":", "--", "-")
    )
    for line, b in zip(dotted, (-1.5, -2.0, -2.5, -3.0), strict=True):
        v, h = curve(data, f"b = {b:g}", "V", "h")
        assert 2.0 * h - 2.0 * v == pytest.approx(b, rel=1e-14)
        np.testing.assert_array_equal(line.get_xydata(), np.c_[v, h])
        name = f"b = {b:g}".replace("-", "\N{MINUS SIGN}")
        (label,) = [text for text in ax.texts if text.get_text().strip() == name]
        x, y = middle(label)
        assert abs(2.0 * y - 2.0 * x - b) < 0.1
    v, h = curve(data, "w = 5", "V", "h")
    assert (v.tolist(), h.tolist()) == ([1.25, 1.25], [-0.3, 0.3])
    (line,) = dashed
    np.testing.assert_array_equal(line.get_xydata(), np.c_[v, h])
    for line, name in zip(solid, ("h*", "-h*"), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.stack(curve(data, name, "V", "h"), -1))
        assert np.all(line.get_ydata()[1:] * (1.0 if name == "h*" else -1.0) > 0.0)
