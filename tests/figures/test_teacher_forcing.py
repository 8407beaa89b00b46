"""The figure `teacher-forcing`."""

import math

import numpy as np
import pytest

from artists import texts
from drawn import curve, drawn


def loss_and_slope(b, alpha):
    """By iteration of the map and of its derivative, with numbers."""
    x, s = 0.5, 0.0
    for _ in range(50):
        x, s = (1.0 - alpha) * x + alpha * 0.855, (1.0 - alpha) * s
        x = 1.0 / (1.0 + math.exp(-(5.0 * x + b)))
        s = x * (1.0 - x) * (5.0 * s + 1.0)
    return (x - 0.855) ** 2, 2.0 * (x - 0.855) * s


def test_losses_and_gradients_are_those_of_the_iterated_map():
    _, data = drawn("teacher-forcing")
    for name, alpha in (("free", 0.0), ("forced", 0.2)):
        b, loss, slope = curve(data, f"{name}, curve", "b", "loss", "gradient_b")
        truth = np.array([loss_and_slope(each, alpha) for each in b[::3].tolist()])
        assert loss[::3] == pytest.approx(truth[:, 0], rel=1e-6, abs=1e-12)
        assert slope[::3] == pytest.approx(truth[:, 1], rel=1e-5, abs=1e-11)
        assert (np.abs(slope).max() > 1e4) == (name == "free")
    _, slope = curve(data, "forced, curve", "b", "gradient_b")
    assert np.abs(slope).max() < 1.0


def test_the_forced_descent_lands_behind_the_wall():
    """At b* = ln(.855/.145) - 4.275, where the free loss is 0.5047; the free one is thrown."""
    figure, data = drawn("teacher-forcing")
    b, loss, free = curve(data, "forced, descent", "b", "loss", "free_loss")
    assert b[0] == -2.2
    assert np.diff(b) == pytest.approx(
        [-loss_and_slope(each, 0.2)[1] for each in b[:-1].tolist()], abs=1e-10
    )
    assert b[-1] == pytest.approx(-2.50063, abs=1e-5)
    assert b[-1] == pytest.approx(math.log(0.855 / 0.145) - 4.275, abs=1e-5)
    assert loss[-1] < 1e-11
    assert free[-1] == pytest.approx(0.5047, abs=1e-4)
    (own,) = curve(data, "free, descent", "b")
    thrown = int(np.argmax(np.abs(np.diff(own)) > 0.1)) + 1
    said = texts(figure.axes[2])
    assert any(text.startswith(f"step {thrown} to b = ") for text in said)
    assert any("\N{MINUS SIGN}2.5006" in text and "0.50" in text for text in said)


def test_free_is_solid_and_forced_is_dashed_in_all_panels():
    figure, data = drawn("teacher-forcing")
    for ax in figure.axes:
        looks = {str(line._dash_pattern) for line in ax.lines if line.get_linewidth() > 1.0}
        assert len(looks) == 2
    upper, middle, _ = figure.axes
    for name in ("free", "forced"):
        b, loss, slope = curve(data, f"{name}, curve", "b", "loss", "gradient_b")
        for ax, row in ((upper, loss), (middle, np.abs(slope))):
            assert any(np.array_equal(line.get_xydata(), np.c_[b, row]) for line in ax.lines)
            assert name in texts(ax)
