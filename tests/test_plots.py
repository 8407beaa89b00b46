import inspect
import io
import itertools
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver
from matplotlib.text import Text

import doya
from doya import plots
from doya.plots.labels import numbers


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def labels(ax):
    """All texts but the neuron's parameters, which stand beside the label of the abscissa."""
    return [text for text in ax.texts if text.xycoords == "data"]


def texts(ax):
    return [text.get_text() for text in labels(ax)]


def test_the_diagram_draws_each_branch_solid_or_dashed_through_its_data(ax):
    """Lines carry the branches' own numbers, unstable ones dashed, folds labelled by value."""
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0))
    artists = plots.draw_bifurcation_diagram(diagram, ax)
    for line, branch in zip(ax.lines, diagram.branches, strict=False):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[branch.value, branch.x])
        assert line.get_linestyle() == ("-" if branch.stable else "--")
    assert texts(ax) == ["LP \u22122.6556", "LP \u22122.3444"]
    assert set(artists) >= {*ax.lines, *ax.patches, *ax.texts, *ax.collections}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("b", "x")
    assert ax.texts[-1].get_text() == "w = 5"


def test_the_bistable_band_is_shaded_between_the_folds(ax):
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w=5.0))
    plots.draw_bifurcation_diagram(diagram, ax)
    (band,) = ax.patches
    upper, lower = (point.value for point in diagram.special_points)
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((lower, upper))


@pytest.mark.parametrize(
    ("neuron", "over"),
    [
        (doya.NeuronODE(w=0.0), "b"),
        (doya.NeuronODE(w=4.0), "b"),
        (doya.NeuronODE(w=1e6), "b"),
        (doya.NeuronODE(w=-1e6), "b"),
        (doya.NeuronODE(b=-2.5), "w"),
        (doya.NeuronMap(w=-10.0, epsilon=0.8), "b"),
        (doya.NeuronMap(w=-10.0, b=3.0), "epsilon"),
    ],
    ids=str,
)
def test_no_branch_and_no_special_point_is_outside_the_axes(ax, neuron, over):
    """The limits hold every line, whole."""
    diagram = doya.bifurcation_diagram(neuron, over)
    plots.draw_bifurcation_diagram(diagram, ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for line in ax.lines:
        value, x = line.get_xydata().T
        assert left <= value.min()
        assert value.max() <= right
        assert bottom <= x.min()
        assert x.max() <= top


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("w", "between"),
    [(w, None) for w in (4.0, 4.001, 4.05, 5.0, 7.0, 8.0, 15.0, 40.0, 1e3, 1e6)]
    + [(5.0, (-2.7, -2.3)), (5.0, (-2.35, -2.344)), (5.0, (-3.5, -2.3))]
    + [(5.0, (-2.344389661369316, -2.344389661369310))],
)
def test_labels_stand_above_the_axes_apart_and_within_the_page(ax, w, between):
    """No label can hide a branch, another label or an axis."""
    diagram = doya.bifurcation_diagram(doya.NeuronODE(w), between=between)
    plots.draw_bifurcation_diagram(diagram, ax)
    ax.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in labels(ax)]
    assert len(boxes) == len(diagram.special_points) > 0
    assert len(set(texts(ax))) == len(boxes)
    for k, box in enumerate(boxes):
        assert box.y0 > ax.bbox.y1
        assert ax.figure.bbox.x0 <= box.x0 < box.x1 <= ax.figure.bbox.x1
        assert box.y1 <= ax.figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


@pytest.mark.parametrize(("w", "b"), [(5.0, -2.345), (4.05, -2.025), (20.0, -10.0), (8.0, -3.0)])
def test_the_numbers_of_the_phase_line_ascend_and_stand_apart(ax, w, b):
    """Each over its own equilibrium, or with a line to it."""
    found = doya.equilibria(doya.NeuronODE(w, b))
    plots.draw_equilibria(found, ax)
    ax.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in labels(ax)]
    assert [text.xy[0] for text in labels(ax)] == found.x.tolist()
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
    assert boxes[-1].x1 <= ax.figure.bbox.x1


def test_where_two_branches_are_stable_the_ground_is_shaded_even_between_the_folds(ax):
    diagram = doya.bifurcation_diagram(doya.NeuronODE(5.0), between=(-2.6, -2.4))
    plots.draw_bifurcation_diagram(diagram, ax)
    (band,) = ax.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-2.6, -2.4))


@pytest.mark.parametrize(("w", "b"), [(-10.0, 5.0), (-3.9, 1.95)])
def test_no_arrow_leads_to_a_fixed_point_that_the_state_jumps_across(ax, w, b):
    """Its multiplier is negative, stable or not."""
    neuron = doya.NeuronMap(w, b)
    plots.draw_equilibria(doya.equilibria(neuron), ax)
    assert not ax.collections
    motion = doya.bifurcation_diagram(neuron, between=(-20.0, 30.0)).motion()
    for value in motion.value:
        assert doya.equilibria(neuron.replace(b=value)).eigenvalue[0] >= 0.0


def test_the_phase_line_fills_stable_equilibria_and_arrows_point_to_them(ax):
    found = doya.equilibria(doya.NeuronODE())
    plots.draw_equilibria(found, ax)
    markers = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in markers] == found.x.tolist()
    faces = [to_hex(line.get_markerfacecolor()) for line in markers]
    assert faces == ["#000000", "#ffffff", "#000000"]
    (arrows,) = (artist for artist in ax.collections if isinstance(artist, Quiver))
    assert np.sign(arrows.U).tolist() == [1.0, -1.0, 1.0, -1.0]


def test_the_phase_line_of_a_driven_map_is_its_step(ax):
    """y is F(x) - x with the input in it."""
    neuron = doya.NeuronMap(w=-6.0, b=3.0, epsilon=0.5)
    plots.draw_equilibria(doya.equilibria(neuron, u=0.5), ax)
    x, y = ax.lines[1].get_xydata().T
    np.testing.assert_allclose(y, neuron.step(x, 0.5) - x, atol=1e-15)
    assert ax.get_ylabel() == "x[t+1] \u2212 x[t]"


def test_the_plane_shows_curves_cusp_and_what_is_stable_where(ax):
    found = doya.bifurcation_curves(doya.NeuronMap(), w=(-12.0, 12.0), b=(-8.0, 8.0))
    plots.draw_bifurcation_curves(found, ax)
    for line, curve in zip(ax.lines, found.curves, strict=False):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[curve.w, curve.b])
        assert line.get_linestyle() == ("-" if curve.kind == "LP" else "-.")
    assert sorted(texts(ax)) == ["CP", "LP", "LP", "PD", "PD"]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["0", "1", "2 stable fixed points"]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-12.0, 12.0), (-8.0, 8.0))


def test_an_ensemble_has_no_phase_line(ax):
    for found in (
        doya.equilibria(doya.NeuronODE([1.0, 5.0])),
        doya.equilibria(doya.NeuronODE(), u=np.array([0.1, 0.2])),
    ):
        with pytest.raises(ValueError, match=r"result must be of one neuron, got .* \(2,\)"):
            plots.draw_equilibria(found, ax)


def test_the_style_is_one_column_wide_and_readable():
    """85 mm, no letter under 6.5 points."""
    rc = matplotlib.rc_params_from_file(plots.STYLE, use_default_template=False)
    assert rc["figure.figsize"][0] == pytest.approx(85 / 25.4, abs=0.001)
    sizes = [rc[name] for name in ("font.size", "axes.labelsize", "xtick.labelsize")]
    assert min(*sizes, 0.833 * rc["font.size"]) >= 6.5


def test_the_style_can_be_used_by_name():
    with matplotlib.style.context("doya.plots.paper"):
        assert matplotlib.rcParams["savefig.dpi"] == 300


@pytest.mark.each_third
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_drawing_twice_gives_the_same_bytes(suffix):
    def picture():
        buffer = io.BytesIO()
        with matplotlib.rc_context(fname=plots.STYLE):
            figure = Figure()
            diagram = doya.bifurcation_diagram(doya.NeuronODE())
            plots.draw_bifurcation_diagram(diagram, figure.subplots())
            dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
            figure.savefig(buffer, format=suffix, metadata=dates.get(suffix))
        return buffer.getvalue()

    assert picture() == picture()


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [(1234.56789, 1.0, "1234.568"), (0.123456789, 1.0, "0.12346"), (1234.56789, 1e3, "1234.6")],
)
def test_a_number_has_three_digits_more_than_the_width_of_the_axis(value, width, text):
    """And at least five."""
    assert numbers([value], width) == [text]


FLOW = doya.NeuronODE(w=5.0)
NETWORK = doya.SigmoidRNN([[1.0, 2.0], [0.5, -1.0]])
# A small result for each drawing function; a function without one fails the tests below.
MADE = {
    "draw_bifurcation_curves": lambda: doya.bifurcation_curves(FLOW),
    "draw_bifurcation_diagram": lambda: doya.bifurcation_diagram(FLOW),
    "draw_chain_product": lambda: doya.chain_product("gru", 5, 2.0, 0.0),
    "draw_chain_products": lambda: doya.chain_products(5, 2.0),
    "draw_deep_products": lambda: doya.deep_products("glorot", 3, 5, 2),
    "draw_equilibria": lambda: doya.equilibria(FLOW),
    "draw_initialisation_map": lambda: doya.initialisation_map(
        FLOW, {"b": [-3.0, -2.0], "w": [4.0, 5.0]}, 0.5, 3.0, 0.8, steps=2
    ),
    "draw_jacobian_products": lambda: doya.jacobian_products(NETWORK, a0=0.0, steps=3),
    "draw_landscape": lambda: doya.loss_landscape(FLOW, {"b": [-3.0, -2.0]}),
    "draw_landscape_surface": lambda: doya.loss_landscape(
        FLOW, {"b": [-3.0, -2.0], "w": [4.5, 5.5]}
    ),
    "draw_orbit_diagram": lambda: doya.orbit_diagram(
        doya.NeuronMap(b=10.0, epsilon=0.5), "w", (-20.0, -10.0), points=5
    ),
    "draw_sensitivity_profile": lambda: doya.sensitivity_profile(
        FLOW, 0.5, 3.0, over="b", points=5
    ),
    "draw_training": lambda: doya.train(FLOW, 0.5, 3.0, 0.8, learning_rate=1.0, steps=2),
    "draw_training_equilibria": lambda: doya.train(FLOW, 0.5, 3.0, 0.8, learning_rate=1.0, steps=2),
    "draw_training_path": lambda: doya.train(FLOW, 0.5, 3.0, 0.8, learning_rate=1.0, steps=2),
    "draw_trajectory": lambda: doya.simulate(FLOW, 0.5, 3.0),
}
every_drawing = pytest.mark.parametrize("name", [n for n in dir(plots) if n.startswith("draw_")])


@every_drawing
def test_a_drawing_function_refuses_what_is_no_result_of_its_kind(name, ax):
    """One error with the argument, the function that makes such a result, and what was given."""
    draw = getattr(plots, name)
    argument = next(iter(inspect.signature(draw).parameters))
    other = doya.NeuronMap() if name == "draw_equilibria" else doya.equilibria(FLOW)
    for given, described in ((1, "1"), (None, "None"), (other, "an object of type")):
        with pytest.raises(doya.ArgumentError) as caught:
            draw(given, None if given == 1 else ax)
        assert caught.value.argument == argument
        expected = rf"{argument} must be a result of doya\.[a-z_]+, got {described}"
        assert re.match(expected, str(caught.value))
    (maker,) = re.findall(r"doya\.(\w+)", str(caught.value))
    made = inspect.signature(getattr(doya, maker)).return_annotation
    assert type(MADE[name]()).__name__ in made.split(" | ")


@every_drawing
def test_a_drawing_function_refuses_what_is_no_axes(name):
    """None, a figure, an array of axes, or axes of the other number of dimensions."""
    draw, result = getattr(plots, name), MADE[name]()
    solid = name == "draw_landscape_surface"
    other = Figure().add_subplot(projection=None if solid else "3d")
    for given in (None, Figure(), Figure().subplots(2), other):
        with pytest.raises(doya.ArgumentError, match=r"^ax must be .*Axes.*, got ") as caught:
            draw(result, given)
        assert caught.value.argument == "ax"
        assert ("3d" in str(caught.value).split(", got")[0]) == solid
