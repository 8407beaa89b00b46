"""The figure `driven`."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from artists import arrows, ends, middle, points_from, texts
from drawn import curve, drawn

W, B, EPSILON = 8.0, -4.0, 0.6
RESTS = [0.02124798796136563, 0.5, 0.97875201203863437]
CONSTANT = "F\N{COMBINING TILDE}"
both = pytest.mark.parametrize("side", ["left", "right"])


def undriven(x):
    """Doya's map without input, as it is written."""
    return (1.0 - EPSILON) * x + EPSILON / (1.0 + math.exp(-(W * x + B)))


@both
def test_each_step_is_the_map_without_input_and_then_the_input(side):
    """Together they are the paths of the figure basin-crossing."""
    _, data = drawn("driven")
    states, between = curve(data, f"F, {side}", "start", "stop")
    pushed, stops, u = curve(data, f"U, {side}", "start", "stop", "u")
    assert between.tolist() == pytest.approx([undriven(x) for x in states.tolist()], rel=1e-14)
    assert pushed.tolist() == between.tolist()
    assert stops[:-1].tolist() == states[1:].tolist()
    x, inputs = curve(drawn("basin-crossing")[1], side, "x", "u")
    assert np.append(states[0], stops).tolist() == x.tolist()
    assert u.tolist() == inputs[:-1].tolist()
    assert stops - pushed == pytest.approx(EPSILON * u, rel=1e-12)


@both
def test_arrows_are_the_two_parts_of_each_step(side):
    """F is dashed and U solid, from state to state by way of the row between."""
    figure, data = drawn("driven")
    (ax,) = figure.axes
    (marks,) = [line for line in ax.lines if line.get_marker() == ("o", "s")[side == "right"]][-1:]
    t, states, between = curve(data, f"F, {side}", "t", "start", "stop")
    (stops,) = curve(data, f"U, {side}", "stop")
    rows = np.append(states, stops[-1]), np.append(t, 7)
    np.testing.assert_array_equal(marks.get_xydata(), np.transpose(rows))
    own = [each for each in arrows(ax) if each.get_edgecolor() == to_rgba(marks.get_color())]
    for k in range(7):
        constant, pushed = own[2 * k : 2 * k + 2]
        assert ends(constant) == ((states[k], k), (between[k], k + 0.5))
        assert ends(pushed) == ((between[k], k + 0.5), (stops[k], k + 1))
        assert constant.get_linestyle() != "-"
        assert pushed.get_linestyle() == "-"
        at = 0.5 * (between[k] + stops[k]), k + 0.75
        names = [each for each in ax.texts if each.get_text() == "U" + "₀₁₂₃₄₅₆"[k]]
        (name,) = [each for each in names if points_from(each, *at) < 8.0]
        assert (middle(name)[0] < at[0]) == (side == "left")


def test_only_an_input_crosses_the_boundary_and_carries_one_path_across():
    """The first; between the attractors, where all states are, F moves away from the boundary."""
    _, data = drawn("driven")
    for side, crossings in (("left", [0]), ("right", [])):
        start, stop = curve(data, f"F, {side}", "start", "stop")
        assert np.all((start > RESTS[0]) & (start < RESTS[2]))
        assert np.all((start - 0.5) * (stop - start) > 0.0)
        start, stop = curve(data, f"U, {side}", "start", "stop")
        assert np.flatnonzero((start > 0.5) != (stop > 0.5)).tolist() == crossings


def test_the_map_without_input_stands_above():
    """Attractors filled, the unstable point open, on the dotted boundary; and five steps each."""
    figure, data = drawn("driven")
    (ax,) = figure.axes
    low, high = ax.get_ylim()
    assert low > 7.0 > 0.0 > -0.8 > high
    (attractors,), (unstable,) = (curve(data, name, "start") for name in ("attractor", "boundary"))
    assert sorted([*attractors, *unstable]) == pytest.approx(RESTS, rel=1e-14)
    dotted, *circles = ax.lines[:4]
    assert dotted.get_xdata() == pytest.approx([0.5, 0.5], rel=1e-14)
    assert dotted.get_linestyle() not in ("-", "None")
    assert points_from(texts(ax)["boundary of F\N{COMBINING TILDE}"], 0.5, 7.0) < 8.0
    faces = [to_hex(line.get_markerfacecolor()) for line in circles]
    assert faces == ["#000000", "#ffffff", "#000000"]
    places = [line.get_xydata().tolist() for line in circles]
    assert places == [[[pytest.approx(x, rel=1e-14), -0.8]] for x in RESTS]
    start, stop = curve(data, "direction", "start", "stop")
    for each, first, last in zip(arrows(ax)[:2], start.tolist(), stop.tolist(), strict=True):
        assert ends(each) == ((first, -0.8), (last, -0.8))
        assert each.get_linestyle() != "-"
        for _ in range(5):
            first = undriven(first)
        assert last == pytest.approx(first, rel=1e-14)
    assert start == pytest.approx([0.44, 0.56], rel=1e-14)
    under = [middle(each)[0] for each in ax.texts if each.get_text() == CONSTANT]
    assert sorted(under) == pytest.approx(sorted(0.5 * (start + stop)), abs=0.02)


def test_inputs_stand_in_the_rows_of_their_arrows():
    figure, data = drawn("driven")
    column = [each for each in figure.axes[0].texts if each.get_text()[1:2] == "0"]
    said = [float(each.get_text().replace("\N{MINUS SIGN}", "-")) for each in column]
    assert said == curve(data, "U, left", "u")[0].tolist()
    assert [middle(each)[1] for each in column] == pytest.approx(0.75 + np.arange(7.0), abs=0.1)
