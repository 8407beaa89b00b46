"""The figure `bifurcation`."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import doya
from artists import arrows, ends, points_from, texts
from drawn import curve, drawn

B1 = -2.344389661369312, 0.27639320225002103
B2 = -2.655610338630688, 0.723606797749979
FALLS = {0.5: (-2.5, 0.5), 0.9: B2}


def rest_at(x):
    """The b at which x is an equilibrium at w = 5."""
    return np.log(x / (1.0 - x)) - 5.0 * x


def test_the_curves_end_in_the_exact_folds():
    """Attractors are solid and bold, the boundary between them dashed."""
    figure, data = drawn("bifurcation")
    (ax,) = figure.axes
    names = ("lower attractor", "basin boundary", "upper attractor")
    styles = (("-", 2.2), ("--", 1.4), ("-", 2.2))
    outer = ({-1: B1}, {0: B1, -1: B2}, {0: B2})
    for line, name, style, meets in zip(ax.lines[:3], names, styles, outer, strict=True):
        b, x = curve(data, name, "b", "x")
        for end, fold in meets.items():
            assert (b[end], x[end]) == pytest.approx(fold, rel=1e-14)
        np.testing.assert_allclose(b, rest_at(x), atol=1e-13)
        np.testing.assert_array_equal(line.get_xydata(), np.c_[b, x])
        assert line.get_linestyle() == style[0]
        assert line.get_linewidth() == pytest.approx(style[1], abs=0.3)
    assert ax.get_xlim() == (-3.0, -2.0)
    assert ax.get_ylim()[0] < 0.0 < 1.0 < ax.get_ylim()[1]


def test_both_folds_are_labelled_and_shaded_between():
    figure, data = drawn("bifurcation")
    (ax,) = figure.axes
    said = texts(ax)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    for k, fold, text in ((1, B1, "b₁ = −2.3444"), (2, B2, "b₂ = −2.6556")):  # noqa: RUF001
        assert curve(data, f"fold b{k}", "b", "x") == pytest.approx(fold, rel=1e-14)
        assert list(dotted[k - 1].get_xdata()) == pytest.approx([fold[0]] * 2, rel=1e-14)
        assert points_from(said[text], fold[0], ax.get_ylim()[1]) < 5.0
    (shaded,) = [each for each in ax.patches if isinstance(each, Rectangle)]
    assert shaded.get_x() == pytest.approx(B2[0], rel=1e-14)
    assert shaded.get_x() + shaded.get_width() == pytest.approx(B1[0], rel=1e-14)


def test_circles_are_where_the_state_falls():
    """Open where the start crosses the boundary, filled where its attractor vanishes."""
    figure, data = drawn("bifurcation")
    (ax,) = figure.axes
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    faces = [to_hex(circle.get_markerfacecolor()) for circle in circles]
    assert faces == ["#ffffff", "#000000"]
    for circle, kind, (x0, at) in zip(circles, ("boundary", "fold"), FALLS.items(), strict=True):
        assert circle.get_xydata()[0] == pytest.approx(at, rel=1e-12)
        assert curve(data, f"crossing of the {kind}", "b", "x") == pytest.approx(at, rel=1e-12)
        assert points_from(texts(ax)[f"x(0)\n= {x0}"], *at) < 8.0
        b, (above, below) = curve(data, f"fall from x(0) = {x0}", "b", "x")
        assert b == pytest.approx(at[0], rel=1e-12)
        assert above > at[1] - 1e-5 > 0.25 > below
        for x in (above, below):
            assert rest_at(x) == pytest.approx(at[0], abs=1e-10)


def test_arrows_lead_the_way_the_state_moves():
    """Grey and dashed towards attractors, by the sign of dx/dt; solid down the two falls."""
    figure, data = drawn("bifurcation")
    drawn_arrows = arrows(figure.axes[0])
    motion = [name for name in dict.fromkeys(data["curve"]) if name.startswith("motion")]
    assert len(motion) == 12
    names = [*motion, *(f"fall from x(0) = {x0}" for x0 in FALLS)]
    for each, name in zip(drawn_arrows, names, strict=True):
        b, x = curve(data, name, "b", "x")
        assert ends(each) == ((b[0], x[0]), (b[1], x[1]))
        if name in motion:
            assert each.get_linestyle() != "-"
            along = np.linspace(*x, 9)
            rate = 1.0 / (1.0 + np.exp(-5.0 * along - b[0])) - along
            assert np.all(rate * (x[1] - x[0]) > 0.0)
        else:
            assert each.get_linestyle() == "-"


def test_derivatives_explode_as_the_caption_says():
    """exp(T/4) - 1 where the start meets the boundary; T/15 at the fold, and T³ just below it."""

    def slope(b, x0, t_end):
        return doya.sensitivity(doya.NeuronODE(w=5.0, b=b), x0, t_end, "b").derivative["b"]

    assert slope(-2.5, 0.5, 40.0) == pytest.approx(math.expm1(10.0), rel=1e-12)
    assert slope(B2[0], 0.9, 2000.0) == pytest.approx(2000.0 / 15.0, rel=5e-3)
    largest = []
    for t_end in (1000.0, 2000.0):
        below = np.linspace(43.6, 44.1, 51)
        slopes = slope(B2[0] - below / t_end**2, 0.9, t_end)
        largest.append(slopes.max())
        assert below[slopes.argmax()] == pytest.approx(44.0, abs=0.3)
    assert largest[1] / largest[0] == pytest.approx(8.0, rel=0.01)
