"""Animations: their frames show the numbers of the result, over axes that stay as they are."""

import math

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import doya
from doya import animations, plots
from doya.animations.animation import evenly
from pictures import no_text_is_over_another

FLOW = doya.NeuronODE(w=5.0, b=-2.5)
# Equilibria of w = 5, b = -2.5 and its folds over a constant input, from 40-digit arithmetic.
EQUILIBRIA = (0.14479410825606481, 0.5, 0.85520589174393519)
FOLDS_OVER_U = {-0.0311220677261375906: 0.692484730023841379,
                0.0311220677261375906: 0.307515269976158621}  # fmt: skip
PULSE = doya.Pulses([(5.0, 8.0, 0.5)])


def sigma(z):
    return 1.0 / (1.0 + math.exp(-z))


@pytest.fixture
def figure():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure(figsize=(6.4, 4.267), dpi=150)


def memory(figure, frames=11):
    result = doya.simulate(FLOW, np.array([0.4, 0.6]), 50.0, PULSE)
    return result, animations.animate_trajectory(result, figure, frames=frames)


def descent(figure, frames=101, **settings):
    given = {"learning_rate": 2.0, "steps": 100, **settings}
    path = doya.train(FLOW.replace(b=-2.2), 0.5, 50.0, 0.855, **given)
    axes = {"b": np.linspace(-2.6, -1.2, 51)}
    if len(path.learn) == 2:
        axes |= {"w": np.linspace(4.5, 5.5, 5)}
    ground = doya.loss_landscape(FLOW, axes, 0.5, 50.0, 0.855)
    return path, animations.animate_training(path, ground, figure, frames=frames)


def unfolding(figure, weights=(3.0, 3.5, 4.0, 5.0, 7.0)):
    diagrams = [
        doya.bifurcation_diagram(doya.NeuronODE(w), "b", (-5.0, -1.0), points=20) for w in weights
    ]
    return diagrams, animations.animate_bifurcation_diagrams(diagrams, figure)


def marks(ax, **looks):
    """Lines of the axes that have one of these looks, and something to show."""
    return [
        line
        for line in ax.lines
        if line.get_visible()
        and len(line.get_xdata())
        and all(getattr(line, f"get_{name}")() == value for name, value in looks.items())
    ]


def test_frames_are_as_even_as_the_times_allow():
    """The first and the last time are among them; none is shown twice."""
    assert evenly(np.arange(101.0), 11).tolist() == list(range(0, 101, 10))
    assert evenly([0.0, 1.0, 2.0], 100).tolist() == [0, 1, 2]
    assert evenly([3.0], 5).tolist() == [0]
    assert evenly([0.0, 0.1, 0.2, 10.0], 3).tolist() == [0, 2, 3]
    assert evenly([2.0, 2.0], 4).tolist() == [0, 1]


def test_the_state_moves_on_the_phase_line(figure):
    """The curve is dx/dt = -x + sigma(5 x - 2.5) + u under the input of the moment."""
    result, animation = memory(figure)
    line = figure.axes[0]
    for k, place in enumerate(animation.places):
        animation.draw(k)
        u = 0.5 if 5.0 <= result.t[place] < 8.0 else 0.0
        curve, *_ = [each for each in line.lines if len(each.get_xdata()) > 100]
        x, rate = curve.get_data()
        expected = [-each + sigma(5.0 * each - 2.5) + u for each in x]
        np.testing.assert_allclose(rate, expected, atol=1e-13)
        states = [marks(line, marker=shape, markersize=6.0)[0].get_data() for shape in "os"]
        for (state, height), row in zip(states, result.x, strict=True):
            assert state.tolist() == [row[place]]
            expected = -row[place] + sigma(5.0 * row[place] - 2.5) + u
            assert height.tolist() == pytest.approx([expected], abs=1e-13)


def test_the_equilibria_are_those_under_the_input_of_the_moment(figure):
    """Without input two are stable, filled, and one is open; under the pulse there is one."""
    result, animation = memory(figure, frames=101)
    line = figure.axes[0]
    stable, unstable = [each for each in line.lines if each.get_markersize() == 5.0]
    animation.draw(0)
    assert stable.get_xdata().tolist() == pytest.approx(EQUILIBRIA[::2], abs=1e-14)
    assert unstable.get_xdata().tolist() == pytest.approx(EQUILIBRIA[1:2], abs=1e-14)
    assert stable.get_markerfacecolor() == (0.0, 0.0, 0.0)
    assert unstable.get_markerfacecolor() == (1.0, 1.0, 1.0)
    animation.draw(int(np.flatnonzero(result.t[animation.places] == 6.0)[0]))
    (x,) = stable.get_xdata()
    assert x == pytest.approx(sigma(5.0 * x - 2.5) + 0.5, abs=1e-14)
    assert not unstable.get_xdata().size


def test_the_diagram_over_the_input_has_the_folds_and_the_states(figure):
    """A constant u moves b by w w' u and x by w' u; solid branches are stable."""
    result, animation = memory(figure, frames=101)
    plane = figure.axes[1]
    assert plane.get_xlabel() == "u"
    folds = {line.get_xdata()[0]: line.get_ydata()[0] for line in marks(plane, fillstyle="left")}
    assert sorted(folds) == pytest.approx(sorted(FOLDS_OVER_U), abs=1e-14)
    assert [folds[u] for u in sorted(folds)] == pytest.approx([*FOLDS_OVER_U.values()], abs=1e-13)
    for branch in [line for line in plane.lines if len(line.get_xdata()) > 100][:3]:
        for u, x in branch.get_xydata()[1:-1:50]:
            assert x == pytest.approx(sigma(5.0 * x - 2.5) + u, abs=1e-12)
            slope = -1.0 + 5.0 * (x - u) * (1.0 - x + u)
            assert (slope < 1e-9) == (branch.get_linestyle() == "-")
    animation.draw(animation.frames - 1)
    # The way jumps at a constant state, when the pulse begins and ends.
    (way,) = {id(w): w for w in plane.lines if w.get_alpha() and w.get_ydata()[0] == 0.6}.values()
    u, x = way.get_data()
    assert sorted({*u.tolist()}) == [0.0, 0.5]
    jumps = np.flatnonzero(np.diff(u))
    assert jumps.size == 2
    np.testing.assert_array_equal(x[jumps], x[jumps + 1])
    assert x[jumps].tolist() == [result.x[1][result.t == t].item() for t in (5.0, 8.0)]


def test_time_grows_with_the_frames_and_ends_at_the_last_state(figure):
    """x(10) = 0.893572190293564818 from x(0) = 0.5 at b = -2.3, w = 5, in 40-digit arithmetic."""
    result = doya.simulate(FLOW.replace(b=-2.3), 0.5, 10.0)
    animation = animations.animate_trajectory(result, figure, frames=5)
    time = figure.axes[2]
    animation.draw(4)
    line = max(time.lines, key=lambda line: len(line.get_xdata()))
    for k, t in enumerate((0.0, 2.5, 5.0, 7.5, 10.0)):
        animation.draw(k)
        assert line.get_xdata()[-1] == t
    assert line.get_ydata()[[0, -1]].tolist() == pytest.approx([0.5, 0.8935721902935648], abs=1e-14)
    words = [text.get_text() for text in time.texts]
    assert "t = 10.00    x = 0.8936" in words
    plane = figure.axes[1]
    assert plane.get_xlabel() == "b"
    animation.draw(animation.frames - 1)
    assert [each.get_data() for each in marks(plane, markersize=6.0)][-1] == (
        [-2.3],
        [result.x[-1]],
    )


def test_a_map_moves_in_steps(figure):
    """A frame for each step; the ordinate is the next step, here of w = 5, b = -2.5 at 0.4."""
    result = doya.simulate(doya.NeuronMap(5.0, -2.5, epsilon=0.5), 0.4, 6)
    animation = animations.animate_trajectory(result, figure)
    assert animation.frames == 7
    line = figure.axes[0]
    assert line.get_ylabel() == "x[t+1] \u2212 x[t]"
    (dot,) = marks(line, markersize=6.0)
    assert dot.get_ydata()[0] == pytest.approx(0.5 * (sigma(5.0 * 0.4 - 2.5) - 0.4), abs=1e-15)


@pytest.mark.parametrize(
    ("neuron", "u", "t_end"),
    [
        (FLOW, None, math.inf),
        (FLOW, None, 0.0),
        (FLOW, 0.1, 5.0),
        (FLOW.replace(w=0.0), PULSE, 20.0),
        (FLOW, doya.Pulses([(4.0, 6.0, 1e-320)]), 20.0),
        (FLOW, doya.Pulses([(4.0, 6.0, 1e99)]), 20.0),
        (FLOW.replace(input_weight=0.0), PULSE, 20.0),
        (doya.NeuronODE(w=-3.0, b=40.0, input_weight=-2.0), PULSE, 20.0),
        (doya.NeuronMap(w=-40.0, b=20.0), None, 400),
    ],
    ids=str,
)
def test_any_trajectory_of_one_neuron_moves(figure, neuron, u, t_end):
    """All frames are drawn; the states stay within the axes."""
    result = doya.simulate(neuron, 0.3, t_end, u)
    animation = animations.animate_trajectory(result, figure, frames=6)
    for k in range(animation.frames):
        animation.draw(k)
    for ax in figure.axes[:3]:
        low, high = ax.get_ylim()
        for dot in marks(ax, markersize=6.0):
            assert low <= float(dot.get_ydata()[0]) <= high


def test_the_point_moves_over_the_landscape_to_where_the_wall_throws_it(figure):
    """It begins at b = -2.2, and ends at b = 28.2, beyond the axes: a triangle at their edge.

    At b = -2.2 the state has settled at T = 50, on the solution of x = sigma(5 x - 2.2).
    """
    path, animation = descent(figure)
    assert animation.frames == 101
    upper, lower = figure.axes[:2]
    x = 0.9
    for _ in range(300):
        x = sigma(5.0 * x - 2.2)
    (dot,) = marks(upper, markersize=8.0)
    assert dot.get_xdata()[0] == pytest.approx(-2.2, abs=1e-12)
    assert dot.get_ydata()[0] == pytest.approx((0.855 - x) ** 2, rel=1e-5)
    assert dot.get_marker() == "o"
    animation.draw(100)
    assert dot.get_xdata()[0] == pytest.approx(upper.get_xlim()[1], abs=1e-12)
    assert dot.get_marker() == ">"
    (line,) = [each for each in lower.lines if len(each.get_xdata()) == 101]
    np.testing.assert_array_equal(line.get_ydata(), path.loss)
    assert "step 100    b = 28.212    L = 0.021" in [each.get_text() for each in lower.texts]
    assert "wall b = \u22122.5" in [text.get_text() for text in upper.texts]


def test_a_descent_of_two_parameters_leaves_its_way_on_the_map(figure):
    """The way ends at the point of the moment."""
    path, animation = descent(figure, learn=("b", "w"), steps=6, learning_rate=0.1)
    animation.draw(4)
    (dot,) = marks(figure.axes[0], markersize=8.0)
    expected = [path.parameters[name][4] for name in ("b", "w")]
    np.testing.assert_allclose([*dot.get_xdata(), *dot.get_ydata()], expected, atol=1e-12)
    (way,) = marks(figure.axes[0], markersize=2.6)
    assert way.get_xydata()[-1].tolist() == pytest.approx(expected)
    assert len(way.get_xdata()) == 5


def test_a_step_that_is_thrown_far_has_a_line_while_it_is_shown(figure):
    """The 26th step of the plain descent crosses the wall."""
    _, animation = descent(figure)
    (throw,) = [each for each in figure.axes[0].lines if each.get_linestyle() == ":"]
    lengths = []
    for k in range(animation.frames):
        animation.draw(k)
        lengths.append(len(throw.get_xdata()))
    assert [k for k, length in enumerate(lengths) if length] == [26, 88]


def test_the_diagram_of_a_map_shows_its_2_cycles(figure):
    """At b = 5, w = -10, epsilon = 1 the map ends between two states; at w = -3 it does not."""
    weights = (-3.0, -10.0)
    diagrams = [doya.bifurcation_diagram(doya.NeuronMap(w), "b", (0.0, 10.0)) for w in weights]
    animation = animations.animate_bifurcation_diagrams(diagrams, figure)
    ax = figure.axes[0]

    def shown():
        thin = [line for line in ax.lines if line.get_linewidth() < 1.0 and line.get_visible()]
        thin = [line for line in thin if len(line.get_xdata()) > 2]
        return sorted(float(np.interp(5.0, *line.get_data())) for line in thin)

    assert shown() == []
    animation.draw(1)
    x = 0.1
    for _ in range(1000):
        x = sigma(-10.0 * x + 5.0)
    assert shown() == pytest.approx(sorted([x, sigma(-10.0 * x + 5.0)]), abs=1e-3)


def test_the_diagram_unfolds_from_the_cusp(figure):
    """Folds at x = (1 -+ sqrt(1 - 4/w))/2, b = ln(x/(1 - x)) - w x; none below w = 4, CP at it."""
    weights = (3.0, 3.5, 4.0, 5.0, 7.0)
    _, animation = unfolding(figure, weights)
    ax = figure.axes[0]
    for k, w in enumerate(weights):
        animation.draw(k)
        root = math.sqrt(1.0 - 4.0 / w) if w > 4.0 else 0.0
        states = [0.5 * (1.0 - root), 0.5 * (1.0 + root)] if w > 4.0 else [0.5] * (w == 4.0)
        expected = [(math.log(x / (1.0 - x)) - w * x, x) for x in states]
        shown = [line.get_xydata()[0] for line in marks(ax, markersize=6.0)]
        np.testing.assert_allclose(np.reshape(shown, (-1, 2)), np.reshape(expected, (-1, 2)),
                                   atol=1e-12)  # fmt: skip
        styles = [line.get_linestyle() for line in ax.lines if len(line.get_xdata()) == 20
                  and line.get_visible()]  # fmt: skip
        assert styles == (["-", "--", "-"] if w > 4.0 else ["-"] * len(styles))
        bands = [patch for patch in ax.patches if patch.get_visible()]
        assert len(bands) == (w > 4.0)
        for band in bands:
            ends = sorted(b for b, _ in expected)
            assert [band.get_x(), band.get_x() + band.get_width()] == pytest.approx(ends)
    assert "w = 7.000    LP b = \u22124.224, \u22122.776" in [t.get_text() for t in ax.texts]


def test_the_plane_of_w_and_b_shows_where_the_diagram_is_taken(figure):
    """A line at the w of the moment, with a point on each fold curve."""
    _, animation = unfolding(figure)
    animation.draw(3)
    plane = figure.axes[1]
    (dots,) = marks(plane, markersize=4.5, marker="o")
    folds = [-2.344389661369312, -2.655610338630688]
    assert sorted(dots.get_ydata()) == pytest.approx(sorted(folds), abs=1e-14)
    assert set(dots.get_xdata()) == {5.0}
    assert any(list(line.get_xdata()) == [5.0, 5.0] for line in plane.lines)


def test_a_plane_of_w_and_b_ends_where_the_parameters_do(figure):
    """Its margin does not go beyond 1e100, the largest weight."""
    _, animation = unfolding(figure, (5.0, 1e100))
    animation.draw(1)
    assert figure.axes[1].get_xlim()[1] == 1e100


MADE = {"trajectory": memory, "training": descent, "diagrams": unfolding}


@pytest.mark.parametrize("name", MADE)
def test_the_axes_stay_and_no_text_is_over_another(figure, name):
    """In each frame the limits are the same; first, middle and last are looked at for words."""
    _, animation = MADE[name](figure)
    figure.draw_without_rendering()
    held = [(ax.get_xlim(), ax.get_ylim(), ax.get_position().bounds) for ax in figure.axes]
    for k in (0, animation.frames // 2, animation.frames - 1):
        animation.draw(k)
        figure.draw_without_rendering()
        now = [(ax.get_xlim(), ax.get_ylim(), ax.get_position().bounds) for ax in figure.axes]
        assert now == held
        no_text_is_over_another(figure)


@pytest.mark.parametrize("name", MADE)
def test_the_images_are_the_frames(figure, name):
    """The first image after the last is the first again, and the artists are left as they were."""
    _, animation = MADE[name](figure)
    figure.set_dpi(40)
    last = animation.frames - 1
    one, two, three = animation.images([0, last, 0])
    assert one.shape == (170, 256, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, three)
    assert np.any(one != two)
    assert not any(artist.get_animated() for artist in animation.moving)
    assert len({*animation.moving}) == len(animation.moving)


def test_the_colours_are_those_of_the_callers_style(figure):
    """On a dark page no line is black, and open marks have the colour of the page."""
    dark = matplotlib.rc_params_from_file(
        plots.STYLE.with_name("dark.mplstyle"), use_default_template=False
    )
    for make in (memory, unfolding):
        with matplotlib.rc_context(rc=dict(dark)):
            page = Figure(figsize=(6.4, 4.267))
            _, animation = make(page)
        lines = [each for ax in page.axes for each in ax.lines if each in animation.moving]
        assert len(lines) > 5
        for line in lines:
            assert max(to_rgb(line.get_color())) > 0.3
            assert line.get_markerfacecolor() not in ("white", (1.0, 1.0, 1.0), "black")
        assert all(min(to_rgb(text.get_color())) > 0.9 for text in words(page))


def words(figure):
    """Return what moves or stands above the axes."""
    return [text for ax in figure.axes[:1] for text in ax.texts]


def test_what_cannot_be_animated_is_an_error_that_names_it(figure):
    """An ensemble, a result of another kind, a figure with axes, too few frames."""
    result, _ = memory(figure)
    path, _ = descent(Figure(), steps=2)
    ground = doya.loss_landscape(FLOW, {"w": [4.5, 5.5]})
    one = doya.bifurcation_diagram(FLOW)
    other = doya.bifurcation_diagram(FLOW, "w", (4.0, 6.0))
    ensemble = doya.simulate(doya.NeuronODE([4.0, 5.0]), 0.5, 3.0)
    made = animations.animate_bifurcation_diagrams
    for argument, words, attempt in (
        ("result", "must be a result of doya.simulate",
         lambda: animations.animate_trajectory(1, Figure())),
        ("result", "must be of one neuron",
         lambda: animations.animate_trajectory(ensemble, Figure())),
        ("figure", "without axes", lambda: animations.animate_trajectory(result, figure)),
        ("frames", "from 2 to",
         lambda: animations.animate_trajectory(result, Figure(), frames=1)),
        ("landscape", "over the learned parameters b, got one over w",
         lambda: animations.animate_training(path, ground, Figure())),
        ("training", "must be a result of doya.train",
         lambda: animations.animate_training(result, ground, Figure())),
        ("diagrams", "two or more results", lambda: made([one], Figure())),
        ("diagrams", "one parameter and one range", lambda: made([one, other], Figure())),
        ("diagrams", "one more of w, b and epsilon, got none", lambda: made([one, one], Figure())),
        ("k", "must be a whole number from 0 to 10, got 11", lambda: memory(Figure())[1].draw(11)),
    ):  # fmt: skip
        with pytest.raises(doya.ArgumentError, match=words) as caught:
            attempt()
        assert caught.value.argument == argument
