import math

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

import doya
from doya import plots
from doya.plots.training_paths import visited
from doya_cli.descents import draw_descent, landscape_of
from pictures import no_text_is_over_another

START = doya.NeuronODE(w=5.0, b=-2.2)
ON_WALL = doya.NeuronODE()


def descent(neuron=START, x0=0.5, t_end=50.0, target=0.855, **options):
    return doya.train(neuron, x0, t_end, target, **{"learning_rate": 2.0, **options})


PLAIN, CLIPPED = descent(), descent(clip=0.05)


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def over_landscape(path, ax, b):
    """The path over its landscape, and the artists of the path."""
    landscape = doya.loss_landscape(path.neuron, {"b": b}, path.x0, path.t_end, path.target)
    plots.draw_landscape(landscape, ax, gradient=False, powers=True)
    return plots.draw_training_path(path, ax)


def words(artists):
    return [each.get_text() for each in artists if isinstance(each, Annotation) and each.get_text()]


def arrows(artists):
    return [each for each in artists if isinstance(each, Annotation) and each.arrow_patch]


def test_loss_and_gradient_stand_against_the_step(ax):
    artists = plots.draw_training(PLAIN, ax)
    above, below = ax.figure.axes
    for panel, row in ((above, PLAIN.loss), (below, PLAIN.gradient_norm)):
        np.testing.assert_array_equal(panel.lines[0].get_xydata(), np.c_[np.arange(101), row])
        assert panel.get_yscale() == "log"
    assert (above.get_ylabel(), below.get_ylabel()) == ("L", "|dL/db|")
    assert (above.get_xlabel(), below.get_xlabel()) == ("", "step")
    assert {*artists} >= {below, *above.lines, *below.lines}


def stopped(at, **options):
    """A descent that ends after its first fraction `at`."""

    def progress(part):
        if part >= at:
            raise StopIteration

    return descent(steps=2000, learning_rate=0.1, progress=progress, **options)


def test_the_abscissa_ends_at_the_last_step_that_was_taken(ax):
    """Not at the number of steps that were asked for; of several neurons at the longest path."""
    path = stopped(0.02)
    assert 0 < path.steps < 150
    plots.draw_training(path, ax)
    for panel in ax.figure.axes:
        assert panel.lines[0].get_xdata()[-1] == path.steps == panel.get_xlim()[1]
        assert panel.lines[0].get_marker() == "o"  # few enough for dots
    several = doya.train(
        doya.NeuronODE(b=[-2.2, -2.3]), 0.5, 50.0, 0.855, steps=7, learning_rate=[0.1, 1e100]
    )
    plots.draw_training(several, other := Figure().subplots())
    assert other.get_xlim()[1] == np.max(several.steps)


@pytest.mark.parametrize("learn", ["b", ("b", "w")])
@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_the_landscape_under_a_path_with_a_teacher_says_that_it_is_free(ax, learn, alpha):
    """The panel below has the forced loss."""
    figure = ax.figure
    ax.remove()
    map_ = doya.NeuronMap(5.0, -2.2)
    path = descent(map_, t_end=50, teacher_forcing=alpha, learn=learn, steps=5)
    draw_descent(path, figure, lambda: landscape_of(path, quiet=True))
    figure.draw_without_rendering()
    labels = [each.get_ylabel() for each in (*figure.axes, *figure.axes[0].child_axes)]
    losses = [each for each in labels if each.startswith("L")]
    assert len(losses) == 2
    assert [each.endswith(", free") for each in losses].count(True) == (alpha > 0.0)
    assert [each.endswith(", forced") for each in losses].count(True) == (alpha > 0.0)
    no_text_is_over_another(figure)
    moving = Figure()
    doya.animations.animate_training(path, landscape_of(path, quiet=True), moving)
    labels = [each.get_ylabel() for each in (*moving.axes, *moving.axes[0].child_axes)]
    losses = [each for each in labels if each.startswith("L")]
    assert [each.endswith(", free") for each in losses] == [alpha > 0.0] * 2


def test_clipped_steps_have_a_shape_of_their_own_and_the_threshold_a_line(ax):
    plots.draw_training(CLIPPED, ax)
    steps = np.flatnonzero(CLIPPED.clipped)
    assert steps.size == 6
    for panel in ax.figure.axes:
        (marks,) = [line for line in panel.lines if line.get_marker() == "v" and len(line._x)]
        assert list(marks.get_xdata()) == list(steps)
    below = ax.figure.axes[1]
    assert [0.05, 0.05] in [list(line.get_ydata()) for line in below.lines]
    names = [text.get_text() for text in below.get_legend().get_texts()]
    assert names == ["clipped step", "clip = 0.05"]
    plots.draw_training(PLAIN, other := Figure().subplots())
    assert other.figure.axes[1].get_legend() is None


def test_without_decades_the_axes_are_even_and_infinity_is_an_arrow(ax):
    path = descent(ON_WALL, t_end=1e4)
    assert path.status == 1
    plots.draw_training(path, ax)
    above, below = ax.figure.axes
    assert above.get_yscale() == "linear"
    assert [line.get_marker() for line in below.lines if len(line.get_xdata())][-1] == "^"


def test_an_ensemble_has_a_curve_each(ax):
    path = descent(doya.NeuronODE(5.0, [-2.2, -2.3, -2.4]), learn=("b", "w"))
    plots.draw_training(path, ax)
    rows = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 101]
    np.testing.assert_array_equal(rows, path.loss)
    assert ax.figure.axes[1].get_ylabel() == "|\N{NABLA}L|"
    with pytest.raises(ValueError, match="of one neuron that learned one or two parameters"):
        plots.draw_training_path(path, ax)


def test_the_path_stands_on_the_loss_and_its_throws_are_arrows(ax):
    """Six clipped steps lead from the wall to the same place, 0.1 to its right."""
    artists = over_landscape(CLIPPED, ax, np.linspace(-2.55, -2.15, 101))
    dots = next(line for line in artists if getattr(line, "get_marker", str)() == "o")
    inner = np.c_[CLIPPED.parameters["b"], CLIPPED.loss][1:-1]
    shown = dots.get_xydata()
    np.testing.assert_array_equal(shown[:, 0], inner[:, 0])
    low = ax.get_ylim()[0]
    np.testing.assert_allclose(shown[:, 1], np.maximum(inner[:, 1], low), rtol=1e-9)
    assert words(artists) == ["start", "end", "6 steps alike", "LP"]
    assert len(arrows(artists)) == 1


def test_what_is_thrown_beyond_the_axes_is_a_triangle_with_its_value(ax):
    low, high = visited(PLAIN.parameters["b"])
    assert -2.7 < low < -2.5
    assert -1.3 < high < -1.1
    artists = over_landscape(PLAIN, ax, np.linspace(low, high, 101))
    assert words(artists) == ["start", "end, b = 28.212, from step 88", "step 26", "LP"]
    shapes = [line.get_marker() for line in artists if hasattr(line, "get_marker")]
    assert shapes == ["o", "o", ">", "o"]  # the last is a fold
    assert len(arrows(artists)) == 2


def test_the_range_keeps_the_start_and_leaves_out_none_of_a_few():
    assert visited(np.array([0.0, 100.0])) == (-10.0, 110.0)
    assert visited(np.array([1.0])) == pytest.approx((0.9, 1.1))
    thrown_at_once = np.array([0.0, 0.1, *[50.0] * 30])
    assert visited(thrown_at_once) == pytest.approx((-5.0, 55.0))
    settles_there = np.array([0.0, 0.1, 0.2, 0.3, 0.4, *(50.0 - 0.5 ** np.arange(30))])
    assert visited(settles_there)[1] > 50.0
    assert visited(np.array([0.0, 0.1, 0.2, 0.3, 0.4, math.nan])) == pytest.approx((-0.04, 0.44))


def test_of_two_parameters_the_points_are_joined(ax):
    path = descent(learn=("w", "b"))
    axes = {name: np.linspace(*visited(path.parameters[name]), 30) for name in ("w", "b")}
    plots.draw_landscape(doya.loss_landscape(path.neuron, axes), ax)
    artists = plots.draw_training_path(path, ax)
    line = artists[1].get_xydata()  # of the page
    points = (ax.transData - ax.transAxes).transform(
        np.c_[path.parameters["w"], path.parameters["b"]]
    )
    np.testing.assert_allclose(line, points, atol=1e-9)
    assert words(artists) == ["start", "end", "LP"]


@pytest.mark.parametrize(("w", "b"), [(5.0, -2.2), (5.2, -2.3)])
def test_words_leave_a_straight_path_in_sight(ax, w, b):
    """They stand on the side of their place where the path is not."""
    path = descent(doya.NeuronODE(w, b), learn=("b", "w"))
    axes = {name: np.linspace(*visited(path.parameters[name]), 30) for name in ("b", "w")}
    plots.draw_landscape(doya.loss_landscape(path.neuron, axes), ax)
    artists = plots.draw_training_path(path, ax)
    ax.figure.draw_without_rendering()
    ends = ax.transAxes.transform(artists[1].get_xydata()[[0, -1]])
    line = ends[0] + np.linspace(0.0, 1.0, 500)[:, None] * (ends[1] - ends[0])
    for each in artists:
        if isinstance(each, Annotation) and each.get_text() in ("start", "end"):
            box = Text.get_window_extent(each)
            inside = (line > box.min).all(axis=-1) & (line < box.max).all(axis=-1)
            assert each.get_visible()
            assert not inside.any()


CASES = {
    "plain": PLAIN,
    "clipped": CLIPPED,
    "one step": descent(steps=1),
    "no step": descent(steps=0),
    "on the wall": descent(ON_WALL, steps=30),
    "stopped": descent(ON_WALL, t_end=1e4),
    "endless": descent(t_end=math.inf, clip=0.05),
    "x0": descent(doya.NeuronODE(), 0.4, 20.0, learn="x0", learning_rate=0.1),
    "w and b": descent(learn=("w", "b")),
    "valley": descent(doya.NeuronODE(5.0, -2.4), target=0.7, learn=("w", "b"), clip=0.1),
    "three": descent(learn=("w", "b", "x0")),
    "sign": descent(rule="sign", learning_rate=0.01),
    "map": descent(
        doya.NeuronMap(5.1234, -2.51234, epsilon=0.30001, input_weight=2.5), 0.41234, 50,
        learn="x0", u=0.0123,
    ),
    "forced": descent(doya.NeuronMap(5.0, -2.2), t_end=50, teacher_forcing=0.2),
    "many steps": descent(steps=400, clip=0.05),
}  # fmt: skip


@pytest.mark.each_third
@pytest.mark.parametrize("path", CASES.values(), ids=CASES)
def test_no_text_of_the_command_s_picture_is_over_another(ax, path):
    figure = ax.figure
    ax.remove()
    draw_descent(path, figure, lambda: landscape_of(path, quiet=True))
    figure.draw_without_rendering()
    no_text_is_over_another(figure)


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_the_picture_of_a_descent_with_a_teacher_names_its_strength(alpha):
    """As the picture of a landscape does."""
    found = descent(doya.NeuronMap(5.0, -2.2), t_end=50, teacher_forcing=alpha, steps=5)
    ax = Figure().subplots()
    texts = [
        each.get_text() for each in doya.plots.draw_training(found, ax) if isinstance(each, Text)
    ]
    assert texts == ["teacher \N{GREEK SMALL LETTER ALPHA} = 0.2"] * (alpha > 0.0)
