"""The figure `ghost`."""

import mpmath
import numpy as np
import pytest
from matplotlib.colors import to_hex

from drawn import curve, drawn

W = 5
X = (1 + mpmath.sqrt(1 - mpmath.mpf(4) / W)) / 2
B2 = mpmath.log(X / (1 - X)) - W * X


COLUMNS = ("delta", "t", "x")


def passage(delta):
    """The time from 0.9 to 0.3, as the integral of dx / f(x), split about its sharp peak."""
    b, wide = B2 - mpmath.mpf(float(delta)), 3 * mpmath.sqrt(float(delta))
    cuts = [X - k * wide for k in (0, 1, 4, 16) if X - k * wide > 0.3]
    cuts += [X + k * wide for k in (1, 4, 16) if X + k * wide < 0.9]
    return mpmath.quad(
        lambda x: 1 / (x - 1 / (1 + mpmath.exp(-W * x - b))), sorted([0.3, 0.9, *cuts])
    )


def test_passage_times_are_integrals():
    """Below the law 6.6437 / sqrt(delta) by a time that tends to 3.89."""
    _, data = drawn("ghost")
    delta, time, x = curve(data, "passage", *COLUMNS)
    assert np.all(x == 0.3)
    assert time[::3] == pytest.approx([float(passage(each)) for each in delta[::3]], rel=1e-9)
    _, law, _ = curve(data, "law", *COLUMNS)
    assert law * np.sqrt(delta) == pytest.approx(6.6437, rel=1e-5)
    assert (law - time)[[0, -1]] == pytest.approx([3.8928, 5.0964], abs=1e-4)
    assert np.all(np.diff(law - time) > 0.0)


def test_states_linger_at_the_ghost():
    """Their slowest place is that of the fold, with the speed sigma' delta."""
    figure, data = drawn("ghost")
    above = figure.axes[0]
    ghost, *rest = above.lines
    assert np.array_equal(ghost.get_xydata(), np.c_[curve(data, "ghost", "t", "x")])
    assert ghost.get_ydata() == pytest.approx([float(X), float(X)])
    assert ghost.get_linestyle() == "--"
    for exponent, line in zip((-2, -3, -4), rest[::2], strict=True):
        delta, t, x = curve(data, f"state, delta = 1e{exponent}", *COLUMNS)
        assert np.array_equal(line.get_xydata(), np.c_[t, x])
        assert line.get_linestyle() == "-"
        assert x[0] == 0.9
        assert delta == pytest.approx(10.0**exponent)
        rate = 1.0 / (1.0 + np.exp(-5.0 * x - float(B2) + delta)) - x
        fast = x > 0.2
        slowest = np.abs(rate[fast]).argmin()
        assert x[fast][slowest] == pytest.approx(float(X), abs=0.01)
        assert rate[fast][slowest] == pytest.approx(-0.2 * delta[0], rel=0.1)
        k = int(np.flatnonzero(np.diff(x < 0.3))[0])
        assert np.diff(x[k : k + 2]) / np.diff(t[k : k + 2]) == pytest.approx(rate[k], rel=0.1)


def test_the_circles_of_both_panels_are_the_same_passages():
    """Filled at 0.3 above, and the same times filled below, at their delta; the others open."""
    figure, data = drawn("ghost")
    above, below = figure.axes
    delta, time, x = curve(data, "passage", *COLUMNS)
    shown = np.isin(delta.round(12), [1e-2, 1e-3, 1e-4])
    circles = [line for line in above.lines if line.get_marker() == "o"]
    assert all(to_hex(circle.get_markerfacecolor()) == "#000000" for circle in circles)
    ends = np.concatenate([circle.get_xydata() for circle in circles])
    assert ends[np.argsort(ends[:, 0])[::-1]] == pytest.approx(np.c_[time, x][shown])
    law, hollow, filled = below.lines
    assert to_hex(hollow.get_markerfacecolor()) == "#ffffff"
    assert to_hex(filled.get_markerfacecolor()) == "#000000"
    for line, which in ((hollow, ~shown), (filled, shown)):
        assert line.get_linestyle() == "None"
        assert np.array_equal(line.get_xydata(), np.c_[delta, time][which])
    assert np.array_equal(law.get_xydata(), np.c_[curve(data, "law", "delta", "t")])
    assert law.get_linestyle() == "-"
    assert below.get_xscale() == below.get_yscale() == "log"


def test_words_stand_beside_what_they_name():
    """Each delta right of its own curve, the ghost over its line, the law over its own."""
    figure, data = drawn("ghost")
    above, below = figure.axes
    delta, time, _ = curve(data, "passage", *COLUMNS)
    names = {"10⁻²": 1e-2, "10⁻³": 1e-3, "δ = 10⁻⁴": 1e-4}
    *deltas, ghost = above.texts
    assert {text.get_text() for text in deltas} == set(names)
    for text in deltas:
        (own,) = time[np.isclose(delta, names[text.get_text()])]
        left = above.transData.inverted().transform(text.get_window_extent().get_points())[0, 0]
        assert own < left < own + 40.0
    assert ghost.get_text() == f"ghost, x = {float(X):.4f}"
    assert ghost.xy[1] == pytest.approx(float(X))
    (law,) = below.texts
    assert law.get_text() == "π/√(σ′δ|a|) = 6.6437/√δ"
    assert law.xy[1] * np.sqrt(law.xy[0]) == pytest.approx(6.6437, rel=1e-5)
    assert (below.get_xlabel(), below.get_ylabel()) == ("δ = b₂ \N{MINUS SIGN} b", "T")
    assert (above.get_xlabel(), above.get_ylabel()) == ("t", "x")
