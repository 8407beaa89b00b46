"""The figure `composition`."""

import math

import numpy as np
import pytest

from drawn import curve, drawn

NEURONS = {"step": (8.0, -4.0), "cycle": (-20.0, 10.0), "chaos": (-80.0, 10.0)}


def after(w, b, x, n):
    for _ in range(n):
        x = 0.5 * x + 0.5 / (1.0 + math.exp(-(w * x + b)))
    return x


def test_each_curve_is_the_map_applied_n_times():
    """With numbers, at every twentieth state; drawn in its row and column, over the diagonal."""
    figure, data = drawn("composition")
    axes = iter(figure.axes)
    for name, (w, b) in NEURONS.items():
        for n in (1, 2, 4, 8):
            x, y = curve(data, f"{name}, n = {n}", "x", "Fn")
            now = [after(w, b, each, n) for each in x[::20].tolist()]
            assert y[::20] == pytest.approx(now, abs=1e-9)
            diagonal, line = next(axes).lines
            assert diagonal.get_xydata().tolist() == [[0.0, 0.0], [1.0, 1.0]]
            assert np.array_equal(line.get_xydata(), np.c_[x, y])
    assert [ax.get_xlabel()[-6:-1] for ax in figure.axes[-4:]] == [f"n = {n}" for n in (1, 2, 4, 8)]


def test_the_chaotic_map_folds_more_with_every_composition():
    """The rising map never folds; that with a cycle has flat parts at the states of its cycle."""
    _, data = drawn("composition")

    def folds(name, n):
        _, y = curve(data, f"{name}, n = {n}", "x", "Fn")
        changes = np.diff(y)[np.abs(np.diff(y)) > 1e-9]
        return np.count_nonzero(np.diff(np.sign(changes)))

    assert [folds("step", n) for n in (1, 2, 4, 8)] == [0, 0, 0, 0]
    assert [folds(name, 1) for name in ("cycle", "chaos")] == [2, 2]
    counts = [folds("chaos", n) for n in (1, 2, 4, 8)]
    assert counts[1] > 3
    assert counts[2] > 2 * counts[1]
    assert counts[3] > 2 * counts[2]
    _, y = curve(data, "cycle, n = 8", "x", "Fn")
    low, high = np.quantile(y, [0.2, 0.8])
    assert after(-20.0, 10.0, low, 1) == pytest.approx(high, abs=1e-3)
    assert np.mean((np.abs(y - low) < 0.01) | (np.abs(y - high) < 0.01)) > 0.9


def test_curves_have_no_gaps():
    """Neighbouring points are close together, except where the curve is steeper than the pen."""
    _, data = drawn("composition")
    for name in ("step", "cycle"):
        for n in (1, 2, 4):
            x, y = curve(data, f"{name}, n = {n}", "x", "Fn")
            assert np.hypot(np.diff(x), np.diff(y)).max() < 0.1
