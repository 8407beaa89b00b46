"""The figure `error-flow`."""

import mpmath
import numpy as np
import pytest

from artists import points_from, texts
from drawn import curve, drawn


def slope(net):
    return 1.0 / (4.0 * np.cosh(0.5 * net) ** 2)


def test_the_factor_is_largest_where_hochreiter_says():
    """w = coth(net/2)/y with net = w y; 0.2238716023 at w = 1.5434046384 for y = 1."""
    figure, data = drawn("error-flow")
    ax = figure.axes[0]
    for y in (0.2, 0.5, 1.0):
        w, factor = curve(data, f"y = {y:g}", "w", "factor")
        assert factor == pytest.approx(np.abs(slope(w * y) * w), rel=1e-12, abs=1e-15)
        (at,), (top,) = curve(data, f"largest, y = {y:g}", "w", "factor")
        root = float(mpmath.findroot(lambda w, y=y: w * y - mpmath.coth(w * y / 2), 1.5 / y))
        assert at == pytest.approx(root, rel=1e-12)
        assert top >= factor.max()
        assert points_from(texts(ax)[f"y = {y:g}"], at, top) < 12.0
    assert (at, top) == pytest.approx((1.5434046384, 0.2238716023), rel=1e-9)
    assert len({str(line._dash_pattern) for line in ax.lines if line.get_marker() != "o"}) == 3


def test_a_constant_error_flow_is_doyas_fold():
    """f'(net) w at equilibria x = f(net) is w x (1 - x); it is 1 at the two folds of w = 5."""
    figure, data = drawn("error-flow")
    ax = figure.axes[1]
    for name, dashes in (("lower", "-"), ("unstable", "--"), ("upper", "-")):
        b, factor = curve(data, f"{name} equilibrium", "b", "factor")
        x = 0.5 + np.multiply.outer([-1.0, 1.0], np.sqrt(np.maximum(0.25 - factor / 5.0, 0.0)))
        off = np.abs(np.log(x / (1.0 - x)) - 5.0 * x - b).min(axis=0)
        assert off == pytest.approx(0.0, abs=1e-6)
        (line,) = (each for each in ax.lines if np.array_equal(each.get_ydata(), factor))
        assert line.get_linestyle() == dashes
        inside = factor[1:-1]  # at its ends a branch may be a fold
        assert np.all((inside > 1.0) == (name == "unstable"))
    b, factor = curve(data, "folds", "b", "factor")
    assert sorted(b) == pytest.approx([-2.655610338630688, -2.344389661369312], rel=1e-13)
    assert factor.tolist() == [1.0, 1.0]
