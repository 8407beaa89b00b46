"""The figure `cusp`."""

import numpy as np
import pytest
from matplotlib.patches import Polygon

from artists import middle, points_from, texts
from drawn import curve, drawn


def settled(w, b):
    """States of the map at epsilon = 1, two steps in a row, after many from many starts."""
    x = np.linspace(0.0, 1.0, 21)[:, np.newaxis] + np.zeros_like(w)
    for _ in range(2000):
        x, before = 1.0 / (1.0 + np.exp(-w * x - b)), x
    return before, x


@pytest.mark.parametrize(("name", "level"), [("folds (LP)", 1.0), ("flips (PD)", -1.0)])
def test_curves_are_the_closed_forms(name, level):
    """At each w, x = (1 +- sqrt(1 - 4 level / w)) / 2 and b = ln(x / (1 - x)) - w x."""
    figure, data = drawn("cusp")
    w, b = curve(data, name, "w", "b")
    root = np.sqrt(np.maximum(1.0 - 4.0 * level / w, 0.0))
    x = 0.5 + 0.5 * np.copysign(root, np.arange(w.size) - 0.5 * w.size)
    assert b == pytest.approx(np.log(x / (1.0 - x)) - w * x, abs=1e-11)
    assert np.abs(w).min() == 4.0
    (line,) = [
        each
        for each in figure.axes[0].lines
        if each.get_xdata().size == w.size > 1 and np.array_equal(each.get_xydata(), np.c_[w, b])
    ]
    assert line.get_linestyle() == ("-" if name == "folds (LP)" else "-.")


def test_the_cusp_is_a_square_where_the_folds_end():
    figure, data = drawn("cusp")
    (square,) = [line for line in figure.axes[0].lines if line.get_marker() == "s"]
    w, b = curve(data, "cusp (CP)", "w", "b")
    assert (w, b) == (4.0, -2.0)
    assert square.get_xydata().tolist() == [[4.0, -2.0]]
    assert (figure.axes[0].get_xlim(), figure.axes[0].get_ylim()) == ((-12.0, 18.0), (-14.5, 13.5))


@pytest.mark.parametrize("name", ["folds (LP)", "flips (PD)", "cusp (CP)"])
def test_names_stand_beside_their_curves_where_there_is_one_fixed_point(name):
    """Nearer than any other; the cusp itself is on the folds."""
    figure, data = drawn("cusp")
    text = texts(figure.axes[0])[name]
    others = ["folds (LP)", "cusp (CP)"] if name == "flips (PD)" else ["flips (PD)"]
    own = points_from(text, *curve(data, name, "w", "b"))
    assert own < 7.0
    assert all(points_from(text, *curve(data, other, "w", "b")) > 1.5 * own for other in others)
    if name == "folds (LP)":
        assert points_from(text, 4.0, -2.0) > 30.0
    w, b = middle(text)
    assert np.ptp(np.stack(settled(np.array([w]), np.array([b])))) < 1e-3


def test_attractors_are_counted_where_it_is_written():
    """From many starts the map comes to as many fixed points, or to one cycle of two states."""
    figure, data = drawn("cusp")
    written = np.array(["attractor" in name for name in data["curve"]])
    assert written.sum() == 3
    said = texts(figure.axes[0])
    before, after = settled(data["w"][written], data["b"][written])
    for row, x, y in zip(np.flatnonzero(written), before.T, after.T, strict=True):
        at_rest = np.allclose(x, y, atol=1e-9)
        states = np.unique(np.round(y, 6)).size
        count = states if at_rest else states / 2
        assert count == data["attractors"][row]
        told = str(data["curve"][row]).replace(": ", ":\n")
        assert middle(said[told]) == pytest.approx((data["w"][row], data["b"][row]), abs=0.15)
        assert told.startswith(f"{int(count)} attractor")
        assert told.endswith(("fixed point", "fixed points") if at_rest else "2-cycle")


def test_two_attractors_are_where_it_is_shaded():
    figure, data = drawn("cusp")
    ax = figure.axes[0]
    (shaded,) = [patch for patch in ax.patches if isinstance(patch, Polygon)]
    w, b = np.meshgrid(np.linspace(0.3, 17.7, 24), np.linspace(-14.2, 2.0, 24))
    x = settled(w.ravel(), b.ravel())[1]
    inside = shaded.get_path().contains_points(np.c_[w.ravel(), b.ravel()])
    assert 20 < inside.sum() < 200
    assert np.array_equal(np.ptp(x, axis=0) > 1e-3, inside)
    outline = np.stack(curve(data, "between the folds", "w", "b"), axis=-1)
    np.testing.assert_array_equal(shaded.get_xy()[: outline.shape[0]], outline)
