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
STARTS = (0.6, 0.5, 0.4)


def rest_at(x):
    """The b at which x is an equilibrium at w = 5."""
    return np.log(x / (1.0 - x)) - 5.0 * x


def test_the_curves_end_in_the_exact_folds():
    """Attractors are solid and bold, the boundary between them dashed."""
    figure, data = drawn("bifurcation")
    ax = figure.axes[0]
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
    ax = figure.axes[0]
    said = texts(ax)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    for k, fold, text in ((1, B1, "b₁ = −2.3444"), (2, B2, "b₂ = −2.6556")):  # noqa: RUF001
        assert curve(data, f"fold b{k}", "b", "x") == pytest.approx(fold, rel=1e-14)
        assert list(dotted[k - 1].get_xdata()) == pytest.approx([fold[0]] * 2, rel=1e-14)
        assert points_from(said[text], fold[0], ax.get_ylim()[1]) < 5.0
    (shaded,) = [each for each in ax.patches if isinstance(each, Rectangle)]
    assert shaded.get_x() == pytest.approx(B2[0], rel=1e-14)
    assert shaded.get_x() + shaded.get_width() == pytest.approx(B1[0], rel=1e-14)


def test_circles_are_where_the_state_jumps():
    """Filled in the folds, open where a start crosses the boundary: at a b of its own."""
    figure, _ = drawn("bifurcation")
    ax = figure.axes[0]
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    faces = [to_hex(circle.get_markerfacecolor()) for circle in circles]
    assert faces == ["#000000"] * 2 + ["#ffffff"] * 3
    places = [B1, B2, *((rest_at(x0), x0) for x0 in STARTS)]
    for circle, at in zip(circles, places, strict=True):
        assert circle.get_xydata()[0] == pytest.approx(at, rel=1e-12)
    assert B2[0] < rest_at(0.6) < rest_at(0.5) == -2.5 < rest_at(0.4) < B1[0]


def test_a_start_is_labelled_at_its_own_height():
    """A dotted line leads from the number on the right to the circle, at x = x(0)."""
    figure, data = drawn("bifurcation")
    ax = figure.axes[0]
    (right,) = ax.child_axes
    labels = dict(zip(right.get_yticks(), right.get_yticklabels(), strict=True))
    assert {at: label.get_text() for at, label in labels.items()} == {x: str(x) for x in STARTS}
    for x0 in STARTS:
        b, x = curve(data, f"start x(0) = {x0}", "b", "x")
        assert b == pytest.approx([rest_at(x0), -2.0], rel=1e-12)
        assert x.tolist() == [x0, x0]
        box = labels[x0].get_window_extent()
        low, high = ax.transData.inverted().transform([(0, box.y0), (0, box.y1)])[:, 1]
        assert low < x0 < high
        assert any(np.array_equal(line.get_xydata(), np.c_[b, x]) for line in ax.lines)
    assert "x(0)" in texts(ax)
    assert "w = 5" in texts(ax)


def test_a_state_rises_at_one_fold_and_falls_at_the_other():
    """From the fold to the equilibrium that remains: the loop of hysteresis."""
    _, data = drawn("bifurcation")
    for k, fold in ((1, B1), (2, B2)):
        b, x = curve(data, f"jump at b{k}", "b", "x")
        assert b == pytest.approx([fold[0]] * 2, rel=1e-14)
        assert x[0] == pytest.approx(fold[1], rel=1e-14)
        assert rest_at(x[1]) == pytest.approx(fold[0], abs=1e-13)
    assert curve(data, "jump at b1", "x")[0][1] > 0.85
    assert curve(data, "jump at b2", "x")[0][1] < 0.15


def test_the_fall_of_a_start_is_from_one_attractor_to_the_other():
    _, data = drawn("bifurcation")
    for x0 in STARTS:
        b, (above, below) = curve(data, f"fall from x(0) = {x0}", "b", "x")
        assert b == pytest.approx(rest_at(x0), rel=1e-12)
        assert above > 0.75 > 0.25 > below
        for x in (above, below):
            assert rest_at(x) == pytest.approx(rest_at(x0), abs=1e-10)


def test_arrows_lead_the_way_the_state_moves():
    """Grey and dashed towards attractors, by the sign of dx/dt; solid along jumps and falls."""
    figure, data = drawn("bifurcation")
    drawn_arrows = arrows(figure.axes[0])
    motion = [name for name in dict.fromkeys(data["curve"]) if name.startswith("motion")]
    assert len(motion) == 12
    names = [*motion, "jump at b1", "jump at b2", *(f"fall from x(0) = {x0}" for x0 in STARTS)]
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
    jumps, falls = drawn_arrows[12:14], drawn_arrows[14:]
    assert min(each.get_linewidth() for each in jumps) > 1.5 * falls[0].get_linewidth()


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
