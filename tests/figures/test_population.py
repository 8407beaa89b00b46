"""The figure `population`."""

import numpy as np
import pytest

from artists import arrows, ends, points_from, texts
from drawn import curve, drawn


def response(s):
    return 1.0 / (1.0 + np.exp(-1.2 * (s - 2.8))) - 1.0 / (1.0 + np.exp(1.2 * 2.8))


def test_fixed_points_are_the_published_ones():
    """r = 0.042, 0.447 and 0.900, eigenvalues -0.583, 0.498 and -0.626, in the picture too."""
    figure, data = drawn("population")
    ax = figure.axes[0]
    r, change = curve(data, "change", "r", "rate")
    assert change == pytest.approx(-r + response(5.0 * r + 0.5), abs=1e-14)
    (rests,) = curve(data, "fixed points", "r")
    assert rests == pytest.approx(
        [0.0415366990133176482, 0.447119224089834466, 0.899717153856086567], rel=1e-12
    )
    minus = "\N{MINUS SIGN}"
    words = f"0.042\n({minus}0.583)", "0.447\n(0.498)", f"0.900\n({minus}0.626)"
    for rest, each in zip(rests, words, strict=True):
        assert points_from(texts(ax)[each], rest, 0.0) < 10.0


def test_arrows_lead_away_from_the_unstable_point():
    figure, _ = drawn("population")
    left, right = (ends(each) for each in arrows(figure.axes[0]))
    assert left[1][0] < left[0][0] < 0.447 < right[0][0] < right[1][0]


def test_the_diagram_holds_the_fixed_points_and_both_folds():
    """Solid where they are stable; folds at I = 0.1219 and 0.8138."""
    figure, data = drawn("population")
    ax = figure.axes[1]
    for name, dashes in (("silent", "-"), ("unstable", "--"), ("active", "-")):
        current, r = curve(data, name, "I", "r")
        assert r == pytest.approx(response(5.0 * r + current), abs=1e-9)
        (line,) = (each for each in ax.lines if np.array_equal(each.get_ydata(), r))
        assert line.get_linestyle() == dashes
    current, r = curve(data, "folds", "I", "r")
    assert sorted(current) == pytest.approx([0.121935357537362106, 0.813756875277463081], rel=1e-12)
    assert sorted(r) == pytest.approx([0.1777556421237046, 0.7551059113333304], rel=1e-9)
