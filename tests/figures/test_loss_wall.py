"""The figure `loss-wall`."""

import math

import mpmath
import numpy as np
import pytest
from matplotlib.colors import to_hex

from artists import points_from, texts
from drawn import curve, drawn

# The attractors at the wall, w = 5 and b = -2.5, and the target.
LOWER, UPPER, TARGET = 0.14479410825606481, 0.85520589174393519, 0.855
FINITE = (5.0, 10.0, 20.0, 50.0)


def test_after_an_infinite_time_the_loss_jumps():
    """Its limits are open, and what it is on the wall itself is filled."""
    figure, data = drawn("loss-wall")
    places = []
    for side, end, x in (("below", -1, LOWER), ("above", 0, UPPER), ("on", 0, 0.5)):
        b, loss = curve(data, f"T = infinity, {side} the wall", "b", "loss")
        assert b[end] == -2.5
        # To the rounding of x, as the loss is so small above.
        assert loss[end] == pytest.approx((TARGET - x) ** 2, rel=1e-14, abs=1e-18)
        places.append((-2.5, loss[end]))
    upper = figure.axes[0]
    circles = [line for line in upper.lines if line.get_marker() == "o"]
    faces = [to_hex(each.get_markerfacecolor()) for each in circles]
    assert faces == ["#ffffff", "#ffffff", "#000000"]
    for circle, place in zip(circles, places, strict=True):
        assert circle.get_xydata()[0].tolist() == [*place]


def test_the_loss_is_that_of_the_flow():
    """At T = 10 by 40-digit values of x(T), at T = 5 by small steps of order 4."""
    _, data = drawn("loss-wall")
    b, loss = curve(data, "T = 10", "b", "loss")
    for at, x in ((-2.3, 0.89357219029356486), (-2.7, 0.10642780968), (-2.45, 0.80025831685849358)):
        k = int(np.abs(b - at).argmin())
        assert b[k] == pytest.approx(at, rel=1e-14)
        assert loss[k] == pytest.approx((TARGET - x) ** 2, rel=1e-9)
    b, loss = curve(data, "T = 5", "b", "loss")

    def rate(x):
        return -x + 1.0 / (1.0 + np.exp(-(5.0 * x + b)))

    x, h = np.full(b.size, 0.5), 0.05
    for _ in range(100):
        k1 = rate(x)
        k2 = rate(x + 0.5 * h * k1)
        k3 = rate(x + 0.5 * h * k2)
        x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + rate(x + h * k3))
    assert loss == pytest.approx((TARGET - x) ** 2, abs=1e-7)


def test_walls_are_resolved_and_exponentially_thin():
    """x(T) rises by at most exp(T/4) - 1 per b, its slope on the wall."""
    _, data = drawn("loss-wall")
    for t_end in FINITE:
        _, loss = curve(data, f"T = {t_end:g}", "b", "loss")
        assert np.abs(np.diff(loss)).max() < 0.05
    b, loss = curve(data, "width, T = 50", "b", "loss")
    assert b.mean() == pytest.approx(-2.5, rel=1e-14)
    least = (UPPER - LOWER) / math.expm1(12.5)
    assert least < b[1] - b[0] < 1.15 * least
    all_b, all_loss = curve(data, "T = 50", "b", "loss")
    assert loss == pytest.approx(np.interp(b, all_b, all_loss), abs=1e-3)


def straightened(x):
    """Return (b + 2.5) exp(T/4) from which the flow reaches x at T, as T grows.

    Beside the wall x leaves 1/2 as (b + 5/2) exp(T/4); (x - 1/2) exp(integral of
    1/(4 f) - 1/(x - 1/2)) straightens the rest of its way.
    """

    def bend(y):
        rate = 1 / (1 + mpmath.exp(2.5 - 5 * y)) - y
        return 1 / (4 * rate) - 1 / (y - 0.5)

    side = 1e-9 if x > 0.5 else -1e-9
    return (x - 0.5) * float(mpmath.exp(mpmath.quad(bend, [0.5 + side, x])))


def test_stretched_by_the_growth_all_long_walls_have_one_shape():
    """The lower lines: L over (b + 2.5) exp(T/4), against the shape by quadrature at T = 50."""
    figure, data = drawn("loss-wall")
    upper, lower = figure.axes
    lines = [line for line in lower.lines if line.get_marker() == "None"]
    shapes = {}
    for line, above, t_end in zip(lines, upper.lines, FINITE, strict=False):
        b, loss = curve(data, f"T = {t_end:g}", "b", "loss")
        assert line.get_xdata() == pytest.approx((b + 2.5) * math.exp(t_end / 4.0), rel=1e-12)
        np.testing.assert_array_equal(line.get_ydata(), loss)
        assert line.get_linestyle() == above.get_linestyle()
        shapes[t_end] = line.get_xydata()
    assert len(lines) == 4
    assert lower.get_xlabel() == "(b + 2.5) exp(T/4)"
    for x in (0.2, 0.3, 0.4, 0.6, 0.7, 0.8):
        at = straightened(x)
        assert np.interp(at, *shapes[50.0].T) == pytest.approx((TARGET - x) ** 2, abs=5e-4)
    within = np.linspace(-2.0, 2.0, 41)
    apart = [np.abs(np.interp(within, *(shapes[t]).T) - np.interp(within, *shapes[50.0].T)).max()
             for t in (10.0, 20.0)]  # fmt: skip
    assert apart[1] < 0.01 < 5.0 * apart[1] < apart[0]
    low, high = lower.get_xlim()
    assert (low, high) == (-4.0, 4.0)
    (diamonds,) = [line for line in lower.lines if line.get_marker() == "D"]
    b, loss = curve(data, "width, T = 50", "b", "loss")
    assert diamonds.get_xdata() == pytest.approx((b + 2.5) * math.exp(12.5), rel=1e-12)
    np.testing.assert_array_equal(diamonds.get_ydata(), loss)


def test_lines_hold_the_curves_and_differ_in_their_style():
    """The legend names each style, and the words name w and x(0)."""
    figure, data = drawn("loss-wall")
    sides = [f"T = infinity, {side} the wall" for side in ("below", "above")]
    names = [*(f"T = {t_end:g}" for t_end in FINITE), *sides]
    upper = figure.axes[0]
    lines = [line for line in upper.lines if line.get_linestyle() != "None"]
    for line, name in zip(lines, names, strict=True):
        b, loss = curve(data, name, "b", "loss")
        np.testing.assert_array_equal(line.get_xydata(), np.c_[b, loss])
    assert len({(line.get_linestyle(), line.get_linewidth()) for line in lines}) == 5
    assert upper.get_xlim() == (-3.0, -2.0)
    assert upper.get_xlabel() == "b"
    for ax in figure.axes:
        assert ax.get_ylim()[0] < 0.0 < 0.62 < ax.get_ylim()[1]
    handles, labels = upper.get_legend_handles_labels()
    assert handles == list(upper.lines[:5])
    assert labels == [*names[:4], "T = \N{INFINITY}"]
    shown = upper.get_legend()
    assert [text.get_text() for text in shown.get_texts()] == labels
    looks = [[line.get_color() for line in each] for each in (shown.get_lines(), handles)]
    assert looks[0] == looks[1]
    assert points_from(texts(upper)["wall b = \N{MINUS SIGN}2.5"], -2.5, 0.64) < 8.0
    assert "w = 5, x(0) = 0.5" in texts(figure.axes[1])
