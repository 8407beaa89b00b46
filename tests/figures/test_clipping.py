"""The figure `clipping`."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

import pascanu_oracle
from drawn import drawn


def places(data, name):
    """w and b, a row a point."""
    return np.stack([data[f"{name}_w"], data[f"{name}_b"]], axis=-1)


def test_the_paths_are_those_of_error_surface():
    """Left solid, until the step that leaves; right dashed, every point a dot; circle, square."""
    figure, data = drawn("clipping")
    _, surface = drawn("error-surface")
    assert all(np.array_equal(data[name], surface[name]) for name in surface if "wire" not in name)
    left, right, _ = figure.axes
    for ax, name, style in ((left, "plain", "-"), (right, "clipped", "--")):
        (line,) = (
            each for each in ax.lines if each.get_marker() == "o" and len(each.get_xdata()) > 1
        )
        assert line.get_linestyle() == style
        assert np.array_equal(line.get_xydata(), places(data, name))
        (start,) = (
            each for each in ax.lines if each.get_marker() == "o" and len(each.get_xdata()) == 1
        )
        assert to_hex(start.get_markerfacecolor()) == "#ffffff"
        assert np.array_equal(start.get_xydata(), places(data, "plain")[:1])
        words = "without clipping" if ax is left else "with clipping"
        assert ax.get_title(loc="left") == words
    (square,) = (each for each in right.lines if each.get_marker() == "s")
    assert np.array_equal(square.get_xydata(), places(data, "clipped")[-1:])


def test_the_arrow_goes_where_the_step_goes():
    """From the last point to the top of the window, and the words to the place where it lands."""
    figure, data = drawn("clipping")
    left = figure.axes[0]
    (arrow,) = (text for text in left.texts if text.arrow_patch)
    assert arrow.arrowprops["arrowstyle"].startswith("-|>")
    assert np.array_equal([arrow.xyann, arrow.xy], places(data, "arrow"))
    start, edge = places(data, "arrow")
    assert np.array_equal(start, places(data, "plain")[-1])
    assert edge[1] == pytest.approx(-1.9, abs=1e-12)
    (landing,) = places(data, "thrown_to")
    assert np.divide(*(edge - start)) == pytest.approx(np.divide(*(landing - start)), rel=1e-9)
    (words,) = (text for text in left.texts if text.get_text().startswith("step"))
    step = len(data["plain_w"])
    assert words.get_text() == f"step {step} to w = {landing[0]:.0f}, b = {landing[1]:.0f}"
    assert words.xy == arrow.xy


def test_the_clipped_path_stays_beside_the_wall():
    """In the window; where the gradient is longer than 0.16, the step is 0.048 long."""
    _, data = drawn("clipping")
    path = places(data, "clipped")
    assert np.all((path[:, 0] > 4.5) & (path[:, 0] < 5.5))
    assert np.all((path[:, 1] > -2.9) & (path[:, 1] < -1.9))
    steps = np.hypot(*np.diff(path, axis=0).T)
    slopes = [pascanu_oracle.error_and_slopes(w, b)[1:] for w, b in path[:-1]]
    longer = np.hypot(*np.transpose(slopes)) > 0.16
    assert longer[len(data["plain_w"]) - 1]
    assert steps[longer] == pytest.approx(0.048, rel=1e-12)
    assert (steps[~longer] < 0.048).all()


def test_the_wall_is_the_straight_line_of_the_formula():
    """b = 0.5 - sigma(0.5) w; E beside it is that of the caption; its name is below it."""
    figure, data = drawn("clipping")
    w, b = data["wall_w"], data["wall_b"]
    assert b == pytest.approx(0.5 - pascanu_oracle.logistic(0.5) * w, rel=1e-12)
    assert b.min() == pytest.approx(-2.9, abs=1e-9)
    assert w.min() == 4.5
    for ax in figure.axes[:2]:
        pale, dark = ax.lines[:2]
        assert to_hex(pale.get_color()) == "#ffffff"
        assert dark.is_dashed()
        assert np.array_equal(pale.get_xydata(), np.c_[w, b])
        assert np.array_equal(dark.get_xydata(), np.c_[w, b])
    for offset, (low, high) in ((-0.02, (0.25, 0.4)), (0.02, (0.0, 0.03))):
        beside = zip(w, b + offset, strict=True)
        errors = [pascanu_oracle.error_and_slopes(*each)[0] for each in beside]
        assert low < min(errors) < max(errors) < high
    left = figure.axes[0]
    (name,) = (text for text in left.texts if text.get_text() == "wall")
    at, above = left.transData.inverted().transform(name.get_window_extent().get_points())
    assert above[1] < 0.5 - pascanu_oracle.logistic(0.5) * at[0]


def test_greys_and_contours_are_levels_of_the_error():
    """E at every vertex of a contour is its level; darker is higher."""
    figure, data = drawn("clipping")
    assert data["contours"] == pytest.approx((0.05 * np.arange(14)) ** 2)
    for ax in figure.axes[:2]:
        bands, lines = ax.collections
        assert np.array_equal(bands.levels, data["contours"])
        assert np.array_equal(lines.levels, data["contours"])
        drawn_at = [*zip(lines.levels, lines.levels, lines.get_paths(), strict=True)]
        drawn_at += zip(bands.levels, bands.levels[1:], bands.get_paths(), strict=False)
        for low, high, outline in drawn_at:
            for w, b in outline.vertices[::9]:
                if abs(b - 0.5 + pascanu_oracle.logistic(0.5) * w) > 0.02:
                    error = pascanu_oracle.error_and_slopes(w, b)[0]
                    assert low - 1e-4 < error < high + 1e-4
        shades = bands.to_rgba(np.array([0.0, 0.04, 0.2, 0.4]))[:, 0]
        assert np.all(np.diff(shades) < -0.05)
        assert ax.get_xlim() == (4.5, 5.5)
        assert ax.get_ylim() == (-2.9, -1.9)
