"""The figure `gradient-explosion`."""

import mpmath
import numpy as np
import pytest

from drawn import curve, drawn

LIMIT = "100 times the spacing of doubles"


def rate_of_x(x):
    """dx/dt at w = 5, b = -2.5."""
    return 1 / (1 + mpmath.exp(-(5 * x - mpmath.mpf(5) / 2))) - x


def largest_of_the_law():
    """The limit of max |dL/db| exp(-T/4), without the flow's solver.

    Beside the wall x leaves 1/2 as (b + 5/2)/(4 lambda) exp(lambda t), and the coordinate
    u(x) = (x - 1/2) exp(integral of lambda/f - 1/(x - 1/2)) straightens the rest of its way; so
    b + 5/2 = 4 lambda u(x(T)) exp(-lambda T), and dx(T)/db = f(x) / (4 lambda**2 u) exp(lambda T).
    """
    rate, half = mpmath.mpf(1) / 4, mpmath.mpf(1) / 2

    def size(x):
        bend = mpmath.quad(lambda y: rate / rate_of_x(y) - 1 / (y - half), [half - 1e-12, x])
        u = (x - half) * mpmath.exp(bend)
        return 2 * (mpmath.mpf("0.855") - x) * rate_of_x(x) / (4 * rate**2 * u)

    top = mpmath.findroot(lambda x: mpmath.diff(size, x), 0.4276)
    return float(size(top))


def test_the_gradient_on_the_wall_grows_by_the_law():
    """Its rate is 1/4; its factor by quadrature, and in the words beside the line."""
    figure, data = drawn("gradient-explosion")
    factor = largest_of_the_law()
    assert factor == pytest.approx(0.78649, abs=1e-5)
    t, largest = curve(data, "largest gradient", "t_end", "size")
    assert np.array_equal(t, np.arange(5.0, 121.0, 5.0))
    long = t >= 60.0
    # Where the wall is few ulp wide, so are the steps in b near its steepest place.
    assert largest[long] == pytest.approx(factor * np.exp(t[long] / 4), rel=5e-5)
    t, law = curve(data, "law of the gradient", "t_end", "size")
    assert law == pytest.approx(factor * np.exp(t / 4), rel=2e-6)
    words = {text.get_text(): text for text in figure.axes[0].texts}[f"{factor:.4f} exp(T/4)"]
    assert words.xy == pytest.approx((57.0, np.interp(60.0, t, law)))


def test_the_width_is_the_jump_over_the_slope():
    """Of x(T) where the loss is steepest, by a sweep at T = 20; it falls as exp(-T/4)."""
    _, data = drawn("gradient-explosion")
    t, width = curve(data, "width of the wall", "t_end", "size")
    lowest, highest = (float(mpmath.findroot(rate_of_x, start)) for start in (0.1, 0.9))
    b = np.linspace(-2.51, -2.49, 2001)
    x, h = np.full(b.size, 0.5), 20.0 / 800
    for _ in range(800):
        slopes = []
        for share in (0.0, 0.5, 0.5, 1.0):
            at = x + share * h * slopes[-1] if slopes else x
            slopes.append(1.0 / (1.0 + np.exp(-(5.0 * at + b))) - at)
        x = x + h / 6.0 * (slopes[0] + 2.0 * slopes[1] + 2.0 * slopes[2] + slopes[3])
    steepest = np.abs(np.gradient((0.855 - x) ** 2, b)).argmax()
    slope = np.gradient(x, b)[steepest]
    assert width[t == 20.0] == pytest.approx([(highest - lowest) / slope], rel=2e-3)
    long = t >= 60.0
    t, law = curve(data, "law of the width", "t_end", "size")
    assert np.diff(np.log(law)) == pytest.approx(-5.0 / 4.0, rel=1e-12)
    assert width[long] == pytest.approx(law[11:24], rel=5e-5)


def test_beside_the_wall_the_gradient_settles():
    """2 (x - target) / (1/(x (1 - x)) - w), at the equilibrium; each line has its own name."""
    figure, data = drawn("gradient-explosion")
    names = {text.get_text(): text for text in figure.axes[0].texts}
    for b, start in ((-3, 0.05), (-2, 0.95)):
        x = mpmath.findroot(lambda x, b=b: mpmath.log(x / (1 - x)) - 5 * x - b, start)
        slope = abs(2 * (x - 0.855) / (1 / (x * (1 - x)) - 5))
        _, size = curve(data, f"gradient at b = {b}", "t_end", "size")
        assert size[-1] == pytest.approx(float(slope), rel=1e-9)
        assert names[f"b = \N{MINUS SIGN}{-b}"].xy == pytest.approx((120.0, size[-1]))


def test_nothing_is_said_where_the_wall_is_not_resolved():
    """Narrower than 100 ulp of 2.5; there the range is shaded, and no circle stands."""
    figure, data = drawn("gradient-explosion")
    thin = 100.0 * 2.0**-51
    t, law = curve(data, "law of the width", "t_end", "size")
    (start, end), dashed = (
        curve(data, "shaded", "t_end")[0],
        curve(data, LIMIT, "t_end", "size"),
    )
    assert np.interp(start, t, np.log(law)) == pytest.approx(np.log(thin), abs=1e-6)
    assert np.array_equal(dashed[1], [thin, thin])
    for name in ("largest gradient", "width of the wall"):
        assert curve(data, name, "t_end")[0].max() < start
    assert curve(data, "width of the wall", "size")[0].min() >= thin
    for ax in figure.axes:
        shaded = ax.patches[0].get_extents().transformed(ax.transData.inverted())
        assert (shaded.x0, shaded.x1) == pytest.approx((start, end))
        assert ax.get_xlim()[1] == pytest.approx(end)
        assert ax.get_yscale() == "log"


def test_every_line_of_both_panels_is_in_the_data():
    """Circles filled, laws solid, the rest broken; the gradient above and the width below."""
    figure, data = drawn("gradient-explosion")
    expected = (
        {
            "law of the gradient": "-", "largest gradient": "None",
            "gradient at b = -3": "--", "gradient at b = -2": ":",
        },
        {"law of the width": "-", "width of the wall": "None", LIMIT: "--"},
    )  # fmt: skip
    for ax, curves in zip(figure.axes, expected, strict=True):
        for line, (name, style) in zip(ax.lines, curves.items(), strict=True):
            assert np.array_equal(line.get_xydata(), np.c_[curve(data, name, "t_end", "size")])
            assert line.get_linestyle() == style
            assert line.get_marker() == ("o" if style == "None" else "None")
    assert [ax.get_ylabel() for ax in figure.axes] == ["|dL/db|", "width of the wall"]
    assert figure.axes[0].get_position().y0 > figure.axes[1].get_position().y1
