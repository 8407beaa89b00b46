"""Pictures take ink, paper and accents from matplotlib's settings, and a colour and a label."""

import inspect
import itertools

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.style import context as style_context

import doya
from doya import plots
from doya.figures import FIGURES
from doya.plots.theme import contrast, theme
from drawn import SLIDE, drawn
from overlaps import boxes
from results import EXAMPLES, axes_for, drawn_on

STYLES = {
    "white": [plots.STYLE],
    "black": ["dark_background"],
    "black, at one column": [plots.STYLE, "dark_background"],
    "default": [],
    "grey": ["ggplot"],
    "clear": [{"axes.facecolor": "none", "figure.facecolor": "black", "text.color": "white"}],
}
every_style = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
every_drawing = pytest.mark.parametrize("name", EXAMPLES)


def linear(colour):
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]


def ratio(one, other):
    """Contrast of WCAG 2.1 (section 1.4.3, definitions of contrast ratio, relative luminance)."""
    levels = sorted(np.dot(linear(each), [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (levels[1] + 0.05) / (levels[0] + 0.05)


def ground(ax):
    clear = ax.patch.get_alpha() == 0.0 or ax.get_facecolor()[3] == 0.0
    return (ax.figure if clear else ax).get_facecolor()


def shown_lines(figure):
    for ax in figure.axes:
        for line in ax.lines:
            if len(line.get_xdata()) and line.get_linestyle() != "None":
                yield line


@every_style
def test_accents_are_readable_and_differ_in_grey(style):
    """WCAG 2.1 asks for a contrast of 3 with the paper; two of them differ by a quarter at least.

    A difference in luminance is seen with any colour blindness too.
    """
    with style_context(style):
        ax = Figure().subplots()
        look = theme(ax)
    assert ratio(look.ink, look.paper) >= 4.5
    for each in look.accents:
        assert ratio(each, ground(ax)) >= 2.99
    for one, other in itertools.combinations([look.ink, *look.accents], 2):
        assert ratio(one, other) >= 1.24
        assert contrast(one, other) == pytest.approx(ratio(one, other))


@pytest.mark.parametrize("style", [[plots.STYLE], [plots.STYLE, "dark_background"]], ids=str)
def test_accents_differ_for_colour_blind_readers(style):
    """In the sRGB of a dichromat (Machado, Oliveira, Fernandes 2009), severity 1."""
    blind = {
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                   [-0.011820, 0.042940, 0.968881]],
    }  # fmt: skip
    with style_context(style):
        look = theme(Figure().subplots())
    for matrix in blind.values():
        seen = [np.array(matrix) @ linear(each) for each in (look.ink, *look.accents[:3])]
        for one, other in itertools.combinations(seen, 2):
            assert np.abs(one - other).max() > 0.05


@pytest.mark.each_third
@every_style
@every_drawing
def test_every_curve_is_visible_on_its_paper(name, style):
    """Lines have a contrast with the ground; hairlines behind the curves may have less."""
    with style_context(style):
        figure = drawn_on(name)
        seen = [line for ax in figure.axes for line in ax.lines if len(line.get_xdata())]
        on_map = name.endswith(("surface", "initialisation_map")) or any(
            ax.collections for ax in figure.axes[1:]
        )
        for line in seen:
            on_paper = to_hex(line.get_color()) == to_hex(ground(line.axes))
            assert ratio(line.get_color(), ground(line.axes)) >= 1.3 or (on_map and on_paper)
        strong = [line for line in seen if ratio(line.get_color(), ground(line.axes)) >= 2.99]
        assert strong


def colours_of(figure):
    """Return the colour of every line, arrow, marker and text."""
    for ax in figure.axes:
        for line in ax.lines:
            if line.get_linestyle() != "None":
                yield line.get_color()
            if line.get_marker() not in ("None", "", None) and len(line.get_xdata()):
                edged = line.get_markeredgewidth() > 0.0
                yield line.get_markeredgecolor() if edged else line.get_markerfacecolor()
        for arrow in ax.findobj(FancyArrowPatch):
            yield arrow.get_edgecolor()
        for spine in ax.spines.values():
            yield spine.get_edgecolor()
    for text, _ in boxes(figure):
        yield text.get_color()


@pytest.mark.parametrize("figure_name", FIGURES)
def test_every_figure_is_visible_on_black(figure_name):
    """Contrast of 3 with the paper for all but hairlines; lines on a map may have its colour."""
    with style_context([plots.STYLE, "dark_background"]):
        figure, _ = drawn(figure_name, **SLIDE)
        look = theme(figure.axes[0])
    assert to_hex(look.paper) == "#000000"
    on_map = figure_name in ("clipping", "initialisation", "lyapunov-map", "regularizer")
    allowed = {to_hex(look.hairline), *(["#000000"] if on_map else [])}
    seen = [(to_hex(color), ratio(color, look.paper)) for color in colours_of(figure)]
    assert len(seen) > 10
    assert {each for each, far in seen if far < 2.99 and each not in allowed} == set()
    assert max(far for _, far in seen) == pytest.approx(21.0)


@pytest.mark.each_third
@every_drawing
def test_every_picture_takes_a_colour_and_a_name_for_the_legend(name):
    """The name stands once, beside a line of that colour."""
    draw = getattr(plots, name)
    assert {"color", "label"} <= set(inspect.signature(draw).parameters)
    with style_context([plots.STYLE]):
        ax = axes_for(name)
        draw(EXAMPLES[name](), ax, color="#123456", label="mine")
    handles, labels = ax.get_legend_handles_labels()
    (handle,) = [each for each, label in zip(handles, labels, strict=True) if label == "mine"]
    assert to_hex(handle.get_color()) == "#123456"


def test_two_diagrams_on_one_axes_have_a_legend():
    """The limits hold both, and each has its own colour."""
    ax = Figure().subplots()
    for w, color in ((5.0, "C0"), (7.0, "C1")):
        diagram = doya.bifurcation_diagram(doya.NeuronODE(w=w))
        plots.draw_bifurcation_diagram(diagram, ax, color=color, label=f"w = {w:g}")
    texts = [text.get_text() for text in ax.legend().get_texts()]
    assert texts == ["w = 5", "w = 7"]
    low, high = ax.get_xlim()
    values = np.concatenate([line.get_xdata() for line in ax.lines if len(line.get_xdata()) > 1])
    assert low <= values.min()
    assert values.max() <= high
