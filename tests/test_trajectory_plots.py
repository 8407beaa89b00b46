import itertools
import math

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

import doya
from doya import plots

SET_AND_RESET = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def levels(ax):
    """Height and style of the horizontal lines across the axes."""
    across = [line for line in ax.lines if line.get_transform() == ax.get_yaxis_transform()]
    return {float(line.get_ydata()[0]): line.get_linestyle() for line in across}


def paths(ax):
    return [line for line in ax.lines if line.get_transform() == ax.transData]


def seen(figure):
    """All texts, but the labels of ticks outside the limits."""
    for ax in figure.axes:
        yield from ax.texts
        for axis in (ax.xaxis, ax.yaxis):
            low, high = axis.get_view_interval()
            for label in axis.get_ticklabels():
                if label.get_visible() and low <= label.get_position()[axis is ax.yaxis] <= high:
                    yield label
            yield from (text for text in (axis.label, axis.get_offset_text()) if text.get_text())


def draw(ax, *arguments, **settings):
    result = doya.simulate(*arguments, **settings)
    return result, plots.draw_trajectory(result, ax)


def test_the_picture_shows_every_trajectory_through_its_states(ax):
    result, artists = draw(ax, doya.NeuronODE(), [0.3, 0.5, 0.7], 20.0)
    for line, x in zip(paths(ax), result.x, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[result.t, x])
    assert set(artists) == {*ax.lines, *ax.texts}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("t", "x")
    assert ax.texts[-1].get_text() == "w = 5, b = \u22122.5"
    assert ax.get_xlim() == (0.0, 20.0)


def test_equilibria_are_solid_or_dashed_and_named_on_the_right(ax):
    draw(ax, doya.NeuronODE(), 0.4, 20.0)
    low, middle, high = doya.equilibria(doya.NeuronODE()).x
    assert levels(ax) == {low: "-", middle: "--", high: "-"}
    assert [text.get_text() for text in ax.texts[:-1]] == ["0.145", "0.5", "0.855"]


def test_the_fixed_point_of_a_two_cycle_is_dashed(ax):
    result, _ = draw(ax, doya.NeuronMap(-10.0, 5.0), 0.3, 20)
    assert levels(ax) == {0.5: "--"}
    assert abs(result.x[-1] - result.x[-2]) > 0.9


def test_the_map_is_dots_and_the_flow_is_not(ax):
    """A state exists at whole steps only."""
    result, _ = draw(ax, doya.NeuronMap(epsilon=0.3), 0.4, 30)
    joining, dots = paths(ax)
    assert (dots.get_marker(), dots.get_linestyle()) == ("o", "None")
    assert dots.get_xydata().tolist() == np.c_[result.t, result.x].tolist()
    assert to_rgba(joining.get_color()) != to_rgba(dots.get_color())
    draw(other := Figure().subplots(), doya.NeuronODE(), 0.4, 30.0)
    assert paths(other)[0].get_marker() == "None"


def test_several_trajectories_of_a_map_differ_by_shape(ax):
    draw(ax, doya.NeuronMap(-10.0, 5.0), [0.3, 0.4, 0.6], 20)
    assert [line.get_marker() for line in paths(ax)[1::2]] == ["o", "s", "^"]


def test_the_input_is_below_in_steps_that_end_at_its_jumps(ax):
    result, artists = draw(ax, doya.NeuronODE(), 0.145, 45.0, SET_AND_RESET)
    _, below = ax.figure.axes
    assert below in artists
    (steps,) = paths(below)
    assert steps.get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(steps.get_xydata(), np.c_[result.t, result.u])
    assert (below.get_xlabel(), below.get_ylabel(), ax.get_xlabel()) == ("t", "u", "")
    assert [text.get_text() for text in below.get_yticklabels()] == ["\u22120.5", "0.5"]
    ax.figure.draw_without_rendering()
    assert below.bbox.y1 < ax.bbox.y0
    assert (below.bbox.x0, below.bbox.x1) == pytest.approx((ax.bbox.x0, ax.bbox.x1))


@pytest.mark.parametrize("u", [None, 0.0, doya.Pulses([(30.0, 40.0, 1.0)])])
def test_without_an_input_there_are_no_axes_for_it(ax, u):
    draw(ax, doya.NeuronODE(), 0.145, 20.0, u)
    assert ax.figure.axes == [ax]


def test_under_a_constant_input_the_equilibria_are_those_under_it(ax):
    result, _ = draw(ax, doya.NeuronODE(), 0.2, 100.0, 0.05)
    assert list(levels(ax)) == doya.equilibria(doya.NeuronODE(), 0.05).x.tolist()
    assert result.x[-1] == pytest.approx(max(levels(ax)))


def test_different_neurons_have_no_equilibria_in_common(ax):
    neuron = doya.NeuronODE(5.0, np.linspace(-3.0, -2.0, 5))
    draw(ax, neuron, 0.5, 20.0)
    assert levels(ax) == {}
    assert [text.get_text() for text in ax.texts] == ["w = 5, b from \u22123 to \u22122"]
    same = Figure().subplots()
    draw(same, doya.NeuronODE(5.0, [-2.5, -2.5]), [0.4, 0.6], 20.0)
    assert len(levels(same)) == 3


def test_an_infinite_time_stands_at_the_end_behind_a_gap(ax):
    """Solid until all is within a hundredth of its end, then dotted to the very equilibrium."""
    result, _ = draw(ax, doya.NeuronODE(), [0.49, 0.6], math.inf)
    last = ax.get_xlim()[1]
    for k, x in enumerate(result.x):
        solid, dotted, dot = paths(ax)[3 * k : 3 * k + 3]
        assert (solid.get_linestyle(), dotted.get_linestyle()) == ("-", ":")
        assert solid.get_xdata()[-1] < last
        assert abs(solid.get_ydata()[-1] - x[-1]) < 0.01
        assert dot.get_xydata().tolist() == [[last, x[-1]]]
    assert ax.get_xticklabels()[-1].get_text() == "\N{INFINITY}"
    assert ax.get_xticks()[-1] == last


def test_a_state_that_has_not_settled_is_not_shown_as_settled(ax):
    """Beside a fold it waits longer than any time but the infinite one tells."""
    result, _ = draw(ax, doya.NeuronODE(5.0, -2.3443), 0.1, math.inf)
    (_, dotted, _) = paths(ax)
    assert dotted.get_ydata().tolist() == result.x[-2:].tolist()
    assert result.x[-1] - result.x[-2] > 0.5
    assert dotted.get_xdata()[0] == result.t[-2]


CASES = {
    "one start": (doya.NeuronODE(), 0.4, 50.0),
    "eleven": (doya.NeuronODE(), np.linspace(0.0, 1.0, 11), 20.0),
    "pulses": (doya.NeuronODE(), 0.145, 50.0, SET_AND_RESET),
    "far": (doya.NeuronODE(), [3.0, -2.0], 10.0),
    "farther": (doya.NeuronODE(), [-100.0, 0.6], 10.0),
    "farthest": (doya.NeuronODE(), [1e100, -1e100], 10.0),
    "long": (doya.NeuronODE(), 0.4, 1e6),
    "infinity": (doya.NeuronODE(), 0.4, math.inf, SET_AND_RESET),
    "steep": (doya.NeuronODE(40.0, -20.0), 0.4, 10.0),
    "near the cusp": (doya.NeuronODE(4.001, -2.0005), 0.6, 50.0),
    "map": (doya.NeuronMap(5.1234, -2.5123, epsilon=0.30001, input_weight=2.0), 0.1, 40, 0.05),
    "cycle": (doya.NeuronMap(-10.0, 5.0), [0.3, 1.2], 40),
    "many steps": (doya.NeuronMap(-30.0, 10.0), 0.3, 1000),
    "no time": (doya.NeuronODE(), 0.4, 0.0),
}


@pytest.mark.each_third
@pytest.mark.parametrize("width", [3.346, 2.2])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_text_is_over_another_and_no_state_is_outside(ax, case, width):
    """At one column, and at two thirds of it."""
    ax.figure.set_figwidth(width)
    draw(ax, *case)
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    left, right = ax.get_xlim()
    for line in paths(ax):
        t, x = line.get_xydata().T
        assert left <= t.min() <= t.max() <= right
        assert low <= x.min() <= x.max() <= high
    texts = list(seen(ax.figure))
    boxes = [Text.get_window_extent(text) for text in texts]
    for one, other in itertools.combinations(range(len(boxes)), 2):
        assert not boxes[one].overlaps(boxes[other]), (texts[one], texts[other])
    frame = ax.figure.bbox
    assert all(box.y0 >= 0.0 and box.y1 <= frame.y1 for box in boxes)
    if width > 3.0:  # the style's left margin, of so many parts of the width, is for one column
        assert all(box.x0 >= 0.0 and box.x1 <= frame.x1 for box in boxes)


def test_lost_states_are_gaps(ax):
    neuron = doya.NeuronODE()
    result = doya.simulate(neuron, [0.5, 0.6], 900.0, method="euler", step=30.0)
    late = doya.simulate(neuron, [0.5, 0.6], 9000.0, method="euler", step=30.0)
    assert np.isfinite(result.x).all()
    assert np.isnan(late.x[1, -1])
    plots.draw_trajectory(late, ax)
    np.testing.assert_array_equal(paths(ax)[1].get_ydata(), late.x[1])
    assert np.isfinite(ax.get_ylim()).all()


@pytest.mark.parametrize(
    "result",
    [
        doya.simulate(doya.NeuronODE(), 0.4, 5.0, times=[]),
        doya.simulate(doya.NeuronODE(), 0.4, 5.0, times=[3.0]),
        doya.simulate(doya.NeuronODE(), 0.4, math.inf, times=[math.inf]),
        doya.simulate(doya.NeuronODE(), [], 5.0),
        doya.simulate(doya.NeuronODE([]), 0.4, 5.0),
    ],
    ids=["no time", "one time", "infinity alone", "no start", "no neuron"],
)
def test_what_is_nearly_nothing_is_drawn_all_the_same(ax, result):
    plots.draw_trajectory(result, ax)
    ax.figure.draw_without_rendering()


def test_pyplot_stays_on_the_axes_that_were_drawn_on():
    import matplotlib.pyplot

    with matplotlib.rc_context({"backend": "agg"}):
        figure, ax = matplotlib.pyplot.subplots()
        try:
            draw(ax, doya.NeuronODE(), 0.4, 50.0, SET_AND_RESET)
            assert matplotlib.pyplot.gca() is ax
        finally:
            matplotlib.pyplot.close(figure)
