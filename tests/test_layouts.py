"""No text of any picture overlaps another one or leaves the page, wherever it is drawn."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.style import context
from matplotlib.text import Text

import doya
from doya import plots
from doya.plots import curve_names
from doya.plots.labels import box
from doya.plots.words import extents_of
from overlaps import boxes, faults
from results import EXAMPLES, draw, drawn_on

every_drawing = pytest.mark.parametrize("name", EXAMPLES)
PAPER = [plots.STYLE, {"figure.dpi": 72}]


@pytest.mark.each_third
@every_drawing
def test_a_picture_can_be_read_after_each_change(name):
    """On a page of its own, with a title, in a tight layout, and as files are written from it."""
    with context(PAPER):
        figure = drawn_on(name)
        assert faults(figure) == []
        figure.axes[0].set_title("A title over the whole width")
        assert faults(figure) == []
        figure.axes[0].set_title("A title")
        assert faults_under("tight", figure) == []
        assert faults_under("none", figure) == []  # as matplotlib does while it writes a file


@pytest.mark.each_third
@every_drawing
def test_a_picture_with_a_title_can_be_read_in_large_letters(name):
    """In a constrained layout on matplotlib's default page."""
    with context([{"font.size": 16, "figure.dpi": 50}]):
        figure = drawn_on(name, Figure(layout="constrained"))
        figure.axes[0].set_title("A title")
        assert faults(figure) == []
        assert faults_under("none", figure) == []


def faults_under(engine, figure):
    """Return the faults of a figure that is drawn again, under another layout engine."""
    figure.set_layout_engine(engine)
    figure.stale = True
    return faults(figure)


@pytest.mark.each_third
@pytest.mark.parametrize("first", range(0, len(EXAMPLES), 6))
@pytest.mark.parametrize(
    ("engine", "style"),
    [
        ("constrained", "default"),
        ("tight", "default"),
        (None, "dark_background"),
    ],
)
def test_a_grid_of_all_pictures_can_be_read(engine, style, first):
    """Six on 3 x 3 of matplotlib's page; each picture still has its axes and their labels."""
    with context([style, {"figure.dpi": 50}]):
        figure = Figure(layout=engine)
        for place, name in enumerate([*EXAMPLES][first : first + 6], 1):
            solid = {"projection": "3d"} if name == "draw_landscape_surface" else {}
            draw(name, figure.add_subplot(3, 3, place, **solid))
        assert faults(figure) == []
        if engine:
            assert faults_under("none", figure) == []
    sizes = [box(ax) for ax in figure.axes]
    assert min(wide for wide, _ in sizes) > 15.0
    assert min(tall for _, tall in sizes) > 5.0
    assert all(ax.yaxis.label.get_text() for ax in figure.axes)


@pytest.mark.each_third
@pytest.mark.parametrize("engine", [None, "constrained", "tight"])
@pytest.mark.parametrize("title", ["before", "after", "left"])
def test_a_title_stands_above_the_words_above_the_axes(engine, title):
    """Whether it is set before or after the picture is drawn."""
    with context(PAPER):
        figure = Figure(layout=engine)
        ax = figure.subplots()
        if title == "before":
            ax.set_title("Two folds")
        draw("draw_bifurcation_diagram", ax)
        if title != "before":
            ax.set_title("Two folds", loc="left" if title == "left" else "center")
        assert faults(figure) == []
        known = {text.get_text(): box for text, box in boxes(figure)}
    assert known["Two folds"].y0 >= known["LP \N{MINUS SIGN}2.6556"].y1


def test_rows_of_words_have_axes_of_their_own_only_where_these_make_room():
    """A title needs them, also one that is set after the first drawing."""
    with context(PAPER):
        figure = drawn_on("draw_bifurcation_diagram")
        figure.draw_without_rendering()
        assert figure.axes[0].child_axes == []
        for _ in range(2):
            figure.axes[0].set_title("Two folds")
            figure.draw_without_rendering()
            assert [each.get_label() for each in figure.axes[0].child_axes] == ["words"]


def test_a_label_that_is_not_drawn_takes_no_room():
    """Matplotlib leaves out a label whose point is outside the axes; its line takes no room."""
    ax = Figure().subplots()
    word = ax.annotate(
        "LP", (2.0, 2.0), xytext=(0.5, 0.5), textcoords="axes fraction", arrowprops={}
    )
    ax.figure.draw_without_rendering()
    assert extents_of(word) == []
    word.xy = (0.9, 0.9)
    (extent,) = extents_of(word)
    assert extent.bounds == Text.get_window_extent(word).bounds


def test_distances_of_names_are_those_of_a_loop():
    """From the box of a name to the nearest point; points far away give no warning."""
    rng = np.random.default_rng(1)
    centres, points, half = rng.uniform(0, 99, (9, 2)), rng.uniform(0, 99, (30, 2)), (9.0, 4.0)
    expected = [
        min(
            math.hypot(
                *(max(abs(c - p) - h, 0.0) for c, p, h in zip(centre, at, half, strict=True))
            )
            for at in points
        )
        for centre in centres
    ]
    found = curve_names._distance(centres, np.array(half), points)
    assert found == pytest.approx(expected, abs=1e-12)
    far = curve_names._distance(centres, np.array(half), np.array([[1e300, -1e308]]))
    assert far.tolist() == [curve_names.FAR] * 9


@pytest.mark.long
def test_tight_layout_and_margins_can_be_set_afterwards():
    """`tight_layout`, `subplots_adjust` and another size are followed without a warning."""
    with context(PAPER):
        figure = drawn_on("draw_sensitivity_profile")
        for change in (
            lambda: figure.set_size_inches(5.0, 4.0),
            lambda: figure.subplots_adjust(top=0.99, left=0.02),
            figure.tight_layout,
            lambda: figure.set_dpi(200),
        ):
            change()
            assert faults(figure) == []


def test_panels_are_parts_of_the_place_that_was_given():
    """The lower panel is in the same cell of the grid, below the upper one."""
    figure = Figure()
    axes = figure.subplots(2, 2)
    draw("draw_trajectory", axes[0, 1])
    *_, below = figure.axes
    upper, lower = (ax.get_subplotspec() for ax in (axes[0, 1], below))
    assert upper.get_gridspec() is lower.get_gridspec()
    assert upper.get_topmost_subplotspec() == lower.get_topmost_subplotspec()
    assert upper.get_topmost_subplotspec().colspan.start == 1
    figure.draw_without_rendering()
    assert below.bbox.y1 < axes[0, 1].bbox.y0
    assert below.bbox.y0 > axes[1, 1].bbox.y1


@pytest.mark.each_third
@pytest.mark.parametrize("make", ["add_axes", "inset_axes", "subfigure", "mosaic"])
@pytest.mark.parametrize("name", ["draw_bifurcation_diagram", "draw_landscape", "draw_trajectory"])
def test_axes_of_any_kind_can_be_drawn_on(name, make):
    """Those outside a grid, inside other axes, of a part of a figure, and of a mosaic."""
    with context(PAPER):
        figure = Figure(figsize=(6.0, 5.0))
        if make == "add_axes":
            ax = figure.add_axes((0.2, 0.2, 0.7, 0.6))
        elif make == "inset_axes":
            ax = figure.subplots().inset_axes((0.3, 0.3, 0.6, 0.6))
        elif make == "subfigure":
            ax = figure.subfigures(1, 2)[1].subplots()
        else:
            ax = figure.subplot_mosaic("AB;CB")["B"]
        draw(name, ax)
        found = faults(figure)
    assert found == [] or make == "inset_axes"


@pytest.mark.long
def test_pyplot_draws_without_a_warning():
    """Its current axes are still those that were drawn on."""
    figure, ax = plt.subplots()
    try:
        for name in ("draw_landscape", "draw_trajectory"):
            figure, ax = plt.subplots(layout="constrained")
            draw(name, ax)
            assert plt.gca() is ax
            figure.draw_without_rendering()
    finally:
        plt.close("all")


def test_a_second_result_is_drawn_on_the_panels_of_the_first():
    """Two trajectories share the axes of the input; other panels than these are refused."""
    with context(PAPER):
        figure = drawn_on("draw_trajectory")
        first, _ = figure.axes
        draw("draw_trajectory", first, color="C0", label="again")
        assert len(figure.axes) == 2
        assert faults(figure) == []
        with pytest.raises(doya.ArgumentError, match="ax must be without panels, or have 3"):
            draw("draw_sensitivity_profile", first)


def test_two_diagrams_on_one_axes_can_be_read():
    """Their special points and parameters stand above the axes without overlap."""
    with context(PAPER):
        ax = Figure().subplots()
        for w in (5.0, 7.0):
            plots.draw_bifurcation_diagram(doya.bifurcation_diagram(doya.NeuronODE(w=w)), ax)
        assert faults(ax.figure) == []
    assert sum(text.get_text().startswith("LP") for text in ax.texts if text.get_visible()) == 4


def _move_a_label(figure):
    texts = [text for text in figure.axes[0].texts if text.get_text().startswith("LP")]
    (one, box), (other, beside) = [(text, box) for text, box in boxes(figure) if text in texts]
    gap = beside.x0 - box.x1 - 9.0
    one.set_position((one.get_position()[0] + gap / figure.axes[0].bbox.width, 1.03))
    figure.draw_without_rendering()
    assert faults(figure) == []
    one.set_position((one.get_position()[0] + 10.0 / figure.axes[0].bbox.width, 1.03))
    return f"{one.get_text()!r} overlaps {other.get_text()!r}"


def _add_a_title(figure):
    figure.axes[0].set_title("A title over the whole width", y=1.0, pad=2.0)
    return "'A title over the whole width' overlaps"


def _add_a_text(figure):
    figure.text(0.99, 0.5, "Too long")
    return "'Too long' leaves the page"


@pytest.mark.parametrize("fault", [_move_a_label, _add_a_title, _add_a_text])
def test_the_check_finds_a_seeded_fault(fault):
    """A label moved by 10 pixels onto another, a title over labels, and words beyond the page."""
    with context(PAPER):
        diagram = doya.bifurcation_diagram(doya.NeuronODE(w=4.6))
        ax = Figure().subplots()
        plots.draw_bifurcation_diagram(diagram, ax)
        assert faults(ax.figure) == []
        expected = fault(ax.figure)
        assert any(expected in each for each in faults(ax.figure))
