"""The figure `sensitivity`."""

import numpy as np
import pytest

from drawn import curve, drawn

W, X0, T = 5.0, 0.5, 50.0


def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))


def naive(b, steps=5000):
    """x(T), dx(T)/db and dx(T)/dx(0) by Runge and Kutta, all at once."""

    def rate(state):
        x, by_b, by_x0 = state
        at = sigma(W * x + b)
        slope = at * (1.0 - at)
        return np.array([at - x, (W * slope - 1.0) * by_b + slope, (W * slope - 1.0) * by_x0])

    state = np.array([np.full(b.shape, X0), np.zeros(b.shape), np.ones(b.shape)])
    h = T / steps
    for _ in range(steps):
        k1 = rate(state)
        k2 = rate(state + 0.5 * h * k1)
        k3 = rate(state + 0.5 * h * k2)
        k4 = rate(state + h * k3)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return state


NAMES = ("b", "x", "derivative_b", "derivative_x0")


@pytest.mark.parametrize("name", ["whole", "wall"])
def test_curves_are_those_of_a_naive_solver(name):
    """Through the wall too, where x(T) changes by 0.7 within 1e-5 of b."""
    _, data = drawn("sensitivity")
    b, *shown = (column[::7] for column in curve(data, name, *NAMES))
    x, by_b, by_x0 = naive(b)
    assert shown[0] == pytest.approx(x, abs=1e-6)
    assert shown[1] == pytest.approx(by_b, rel=1e-5)
    assert shown[2] == pytest.approx(by_x0, rel=1e-5)


def test_the_three_cases_are_where_their_words_say():
    """Exploding at the wall as exp(T/4), vanishing beside it, but not the settled dx(T)/db."""
    figure, data = drawn("sensitivity")
    b, x, *slopes, settled = curve(data, "whole", *NAMES, "settled_b")
    peak, away = b == -2.5, np.abs(b + 2.5) > 0.05
    exact = (np.expm1(T / 4.0), np.exp(T / 4.0))
    assert curve(data, "law on the wall", "b")[0] == -2.5
    for name, slope, largest in zip(NAMES[2:], slopes, exact, strict=True):
        assert slope.max() == slope[peak]
        assert slope[peak] == pytest.approx(largest, rel=1e-9)
        assert curve(data, "law on the wall", name)[0] == pytest.approx(largest, rel=1e-14)
    formula = 1.0 / (1.0 / (x * (1.0 - x)) - W)
    assert settled[away] == pytest.approx(formula[away], rel=1e-5)
    assert slopes[0][away] == pytest.approx(formula[away], rel=1e-5)
    assert slopes[1][away].max() < 1e-6
    words = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    assert words == [[], [], ["exploding", "well behaved"], [], ["exploding", "vanishing"],
                     ["w = 5\nx(0) = 0.5\nT = 50"]]  # fmt: skip
    exploding, well_behaved = (text.xy for text in figure.axes[2].texts)
    assert 10.0 < exploding[1] < exact[0]
    assert well_behaved == pytest.approx((-2.75, np.interp(-2.75, b, slopes[0])))
    above, below = (text.xy[1] for text in figure.axes[4].texts)
    assert below < 1e-3 < 1.0 < above < exact[1]


def test_every_line_of_all_panels_is_in_the_data():
    """Exact lines solid, settled dashed, crosses, rings that hide neither; grey at 1."""
    figure, data = drawn("sensitivity")
    for k, ax in enumerate(figure.axes):
        curve_name, quantity = ("whole", "wall")[k % 2], NAMES[1 + k // 2]
        b, exact = curve(data, curve_name, "b", quantity)
        expected = [("-", "None", np.c_[b, exact])]
        if quantity == "derivative_b":
            (settled,) = curve(data, curve_name, "settled_b")
            expected.append(("--", "None", np.c_[b, settled]))
        if quantity == "derivative_x0":
            _, grey = curve(data, "grey line", "b", quantity)
            assert np.array_equal(grey, [1.0, 1.0])
            expected.append(("-", "None", np.array([[0.0, 1.0], [1.0, 1.0]])))
        if quantity != "x":
            crosses = curve(data, curve_name, quantity.replace("derivative", "finite_difference"))[
                0
            ]
            expected.append(("None", "x", np.c_[b, crosses]))
        if quantity != "x" and k % 2:
            ring = np.c_[curve(data, "law on the wall", "b", quantity)]
            expected.append(("None", "o", ring))
        assert len(ax.lines) == len(expected)
        for line, (style, marker, points) in zip(ax.lines, expected, strict=True):
            assert line.get_linestyle() == style
            assert line.get_marker() == marker
            assert np.array_equal(line.get_xydata(), points, equal_nan=True)
            assert marker != "o" or line.get_markerfacecolor() == "none"
        low, high = ((-3.0, -2.0), (-2.5 - 1e-4, -2.5 + 1e-4))[k % 2]
        assert ax.get_xlim() == pytest.approx((low, high), abs=1e-12)
    labels = [ax.get_ylabel() for ax in figure.axes[::2]]
    assert labels == ["x(T)", "|Δx(T)/Δb|", "|Δx(T)/Δx(0)|"]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "exact", "Δ = 10⁻⁸", "settled",
    ]  # fmt: skip


def test_quotients_of_differences_agree_with_derivatives():
    """At seventeen b of each column, the wall among them; without those of rounding alone."""
    _, data = drawn("sensitivity")
    for name in ("whole", "wall"):
        b, exact, quotient = curve(data, name, "b", "derivative_b", "finite_difference_b")
        seen = np.isfinite(quotient)
        assert quotient[seen] == pytest.approx(exact[seen], rel=2e-3)
        assert seen.sum() == 17
        assert -2.5 in b[seen]
    exact, quotient = data["derivative_x0"], data["finite_difference_x0"]
    seen = np.isfinite(quotient)
    assert seen.sum() == 20
    assert exact[seen].min() > 1e-9
    assert quotient[seen] == pytest.approx(exact[seen], rel=0.1)
