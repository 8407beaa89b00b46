import math

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import doya
from doya import plots
from doya.plots import sensitivities
from doya.plots.pages import stretch
from pictures import no_text_is_over_another

ODE, MAP = doya.NeuronODE(), doya.NeuronMap(epsilon=0.5)
NEGATIVE = doya.NeuronMap(-10.0, 5.0, epsilon=0.5)
PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])
CROSS = sensitivities.CROSS["marker"]


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def draw(ax, *arguments, **options):
    """The profile, and the axes from top to bottom by their labels, on a page of its height."""
    profile = doya.sensitivity_profile(*arguments, **options)
    stretch(ax.figure, sensitivities.height(profile))
    artists = plots.draw_sensitivity_profile(profile, ax)
    ax.figure.draw_without_rendering()
    return profile, {each.get_ylabel(): each for each in ax.figure.axes}, artists


def exact_color(ax):
    return sensitivities.styles(ax).exact["color"]


def exact(ax):
    return [line for line in ax.lines if line.get_color() == exact_color(ax)]


def crosses(ax):
    return [line for line in ax.lines if line.get_marker() == CROSS]


def dashes(ax):
    return [line for line in ax.lines if line.get_linestyle() == "--"]


def test_the_panels_show_x_and_the_logarithms_of_derivatives(ax):
    """Exact ones whole, finite differences at some of their points, settled ones dashed."""
    profile, panels, artists = draw(ax, ODE, 0.5, 50.0)
    assert list(panels) == ["x(T)", "|∂x/∂b|", "|∂x/∂x₀|"]
    rows = profile.x, profile.log10_abs["b"], profile.log10_abs["x0"]
    for panel, row in zip(panels.values(), rows, strict=True):
        (line,) = exact(panel)
        np.testing.assert_array_equal(line.get_xydata(), np.c_[profile.value, row])
    middle = panels["|∂x/∂b|"]
    (differences,), (settled,) = crosses(middle), dashes(middle)
    points = np.c_[profile.value, np.log10(np.abs(profile.finite_difference["b"]))]
    assert {*map(tuple, differences.get_xydata())} < {*map(tuple, points)}
    np.testing.assert_array_equal(settled.get_ydata(), np.log10(profile.settled["b"]))
    assert not crosses(panels["|∂x/∂x₀|"])
    assert {*artists} >= {line for panel in panels.values() for line in panel.lines}
    assert [panel.get_xlabel() for panel in panels.values()] == ["", "", "b"]
    assert ax.get_xlim() == (-3.0, -2.0)
    legend = [text.get_text() for text in middle.get_legend().get_texts()]
    assert legend == ["exact", "difference, Δ = 10⁻⁶", "settled"]


def test_over_time_derivatives_stand_side_by_side_with_their_names(ax):
    _, panels, _ = draw(ax, ODE, [0.5, 0.6], 50.0, over="t")
    assert list(panels) == ["|∂x/∂x₀|", "|∂x/∂b|"]
    for panel in panels.values():
        assert len(exact(panel)) == 2
        assert {"x₀ = 0.5", "x₀ = 0.6"} <= {text.get_text() for text in panel.texts}
    assert {"explodes", "vanishes"} <= {text.get_text() for text in panels["|∂x/∂x₀|"].texts}
    assert "w = 5, b = \u22122.5" in {text.get_text() for text in ax.texts}


def test_derivatives_beyond_the_range_of_a_double_are_drawn(ax):
    profile, panels, _ = draw(ax, ODE, [0.5, 0.6], 1e6, over="t")
    panel = panels["|∂x/∂x₀|"]
    high, low = (line.get_ydata()[-1] for line in exact(panel))
    assert (high, low) == tuple(profile.log10_abs["x0"][:, -1])
    assert high == pytest.approx(1e6 / 4.0 / math.log(10.0))
    ticks = [text.get_text() for text in panel.get_yticklabels()]
    assert {"10⁻¹⁰⁰⁰⁰⁰", "1", "10¹⁰⁰⁰⁰⁰"} <= {*ticks}


def test_what_is_negative_is_thin_and_of_the_map_over_time_open(ax):
    profile, panels, _ = draw(ax, NEGATIVE, 0.3, 51)
    wide, thin = exact(panels["|∂x/∂x₀|"])
    assert wide.get_linewidth() > 2.0 * thin.get_linewidth()
    negative = profile.sign["x0"] < 0.0
    assert np.isnan(wide.get_ydata()[negative]).all()
    assert np.isfinite(thin.get_ydata()[negative]).all()
    profile, panels, _ = draw(Figure().subplots(), NEGATIVE, 0.3, 12, over="t")
    filled, hollow = exact(panels["|∂x/∂x₀|"])
    assert to_hex(hollow.get_markerfacecolor()) == "#ffffff"
    assert filled.get_markerfacecolor() == exact_color(ax)
    assert hollow.get_xdata().tolist() == profile.value[profile.sign["x0"] < 0.0].tolist()
    assert "negative" in [t.get_text() for t in panels["|∂x/∂b|"].get_legend().get_texts()]


def test_an_infinite_time_has_arrows_at_its_walls_and_zeros_in_words(ax):
    profile, panels, _ = draw(ax, ODE, 0.5, math.inf)
    for name, panel in (("b", panels["|∂x/∂b|"]), ("x0", panels["|∂x/∂x₀|"])):
        arrows = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "^"]
        assert arrows == profile.value[profile.log10_abs[name] == math.inf].tolist() != []
    assert "|∂x/∂x₀| = 0" in {text.get_text() for text in panels["|∂x/∂x₀|"].texts}


def test_curves_that_look_alike_share_a_name(ax):
    """By symmetry, those from 0.4 and 0.6 at b = -w/2."""
    _, panels, _ = draw(ax, ODE, [0.4, 0.5, 0.6], 50.0, over="t")
    assert "x₀ = 0.4, 0.6" in {text.get_text() for text in panels["|∂x/∂x₀|"].texts}


def test_the_ground_is_shaded_while_there_is_an_input(ax):
    draw(ax, ODE, 0.145, 45.0, over="t", u=PULSES)
    for panel in ax.figure.axes:
        spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in panel.patches]
        assert spans == [(5.0, 8.0), (25.0, 28.0)]
    draw(other := Figure().subplots(), ODE, 0.145, 45.0, over="t", u=0.1)
    assert not other.patches


CASES = {
    "against T": ((ODE, 0.5, 50.0), {"over": "t"}),
    "starts": ((ODE, [0.4, 0.5, 0.51], 50.0), {"over": "t"}),
    "b": ((ODE, 0.5, [10.0, 50.0]), {}),
    "starts and ends": ((ODE, [0.4, 0.5], [10.0, 50.0]), {}),
    "eleven": ((ODE, np.linspace(0.0, 1.0, 11), 20.0), {}),
    "w": ((ODE, 0.5, 50.0), {"over": "w", "between": (3.0, 7.0), "wrt": "w"}),
    "x0": ((ODE, 0.5, [5.0, 100.0]), {"over": "x0", "wrt": ("x0", "b")}),
    "x0 alone": ((ODE, 0.5, 50.0), {"over": "t", "wrt": "x0"}),
    "three": ((NEGATIVE, 0.3, 50), {"over": "epsilon", "wrt": ("b", "w", "epsilon")}),
    "negative": ((NEGATIVE, 0.3, 51), {}),
    "map": ((NEGATIVE, [0.3, 0.4], 50), {"over": "t"}),
    "many steps": ((MAP, 0.5, 3000), {"over": "t"}),
    "chaos": ((doya.NeuronMap(-100.0, 10.0, epsilon=0.5), 0.3, 50), {"between": (9.0, 11.0)}),
    "long": ((ODE, [0.5, 0.6], 1e6), {"over": "t"}),
    "longer": ((ODE, 0.55, 1e6), {}),
    "infinity": ((ODE, 0.5, [50.0, math.inf]), {}),
    "pulses": ((ODE, 0.145, 45.0), {"over": "t", "u": PULSES}),
    "driven": ((doya.NeuronMap(5.1234, epsilon=0.30001, input_weight=2.0), 0.1, 40), {"u": 0.05}),
    "tiny": ((ODE, 0.5, 50.0), {"between": (-2.5 - 1e-12, -2.5 + 1e-12)}),
    "two values": ((ODE, 0.5, 50.0), {"between": (-2.5, np.nextafter(-2.5, 0.0))}),
    "huge": ((ODE, 0.5, 50.0), {"between": (-1e100, 1e100)}),
    "far": ((ODE, [1e100, 0.3], 50.0), {}),
    "steep": ((doya.NeuronODE(1e100, -1e100), 0.4, 10.0), {"over": "t"}),
    "no time": ((ODE, 0.5, 0.0), {"over": "t"}),
    "no time over b": ((ODE, 0.5, 0.0), {}),
}


@pytest.mark.each_third
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_text_is_over_another_and_no_value_is_outside(ax, case):
    """On a page of one column, and as tall as `height` says."""
    arguments, options = case
    _, panels, _ = draw(ax, *arguments, **options)
    for panel in panels.values():
        (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
        for line in panel.lines:
            if line.get_transform() == panel.transData:
                value, row = line.get_xydata()[np.isfinite(line.get_ydata())].T
                assert np.all((left <= value) & (value <= right))
                assert np.all((low <= row) & (row <= high))
    no_text_is_over_another(ax.figure)


def test_pyplot_stays_on_the_axes_that_were_drawn_on():
    import matplotlib.pyplot

    with matplotlib.rc_context({"backend": "agg"}):
        figure, ax = matplotlib.pyplot.subplots()
        try:
            draw(ax, ODE, 0.5, 50.0)
            assert matplotlib.pyplot.gca() is ax
        finally:
            matplotlib.pyplot.close(figure)
