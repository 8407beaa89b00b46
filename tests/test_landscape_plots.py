import functools
import math

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import doya
from doya import plots
from doya.plots.meshes import mesh_of
from doya.plots.pages import solid, stretch
from pictures import no_text_is_over_another

ODE, MAP = doya.NeuronODE(), doya.NeuronMap()
B, W, X0 = np.linspace(-3.0, -2.0, 60), np.linspace(4.5, 5.5, 40), np.linspace(0.0, 1.0, 40)
PULSES = doya.Pulses([(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)])


@functools.cache
def surface_of_pascanu():
    """Return it as that of Doya's map."""
    over = {"w": W, "b": np.linspace(-2.9, -1.9, 40)}
    return doya.loss_landscape(MAP, over, 0.6224593312018546, 50, 0.7)


@functools.cache
def two_kinds():
    """Return a landscape with walls of two kinds."""
    return doya.loss_landscape(ODE, {"x0": X0, "b": B})


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def draw(ax, landscape):
    """All axes of the figure and the artists, on a page of the command's height."""
    stretch(ax.figure, 1.4 if len(landscape.axes) == 1 else 1.0)
    artists = plots.draw_landscape(landscape, ax)
    ax.figure.draw_without_rendering()
    return ax.figure.axes, artists


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_over_one_parameter_the_loss_stands_above_its_gradient_with_the_wall_through_both(ax):
    """The lines carry the numbers of the curve, up to the diamond at the largest gradient."""
    landscape = doya.loss_landscape(ODE, {"b": B})
    (_, below), artists = draw(ax, landscape)
    known = landscape.curve
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.c_[known.value, known.loss])
    curve, diamond, wall = below.lines
    np.testing.assert_array_equal(curve.get_ydata(), np.abs(known.gradient["b"]))
    assert curve.get_ydata().max() == pytest.approx(diamond.get_ydata()[0], rel=1e-9)
    assert (diamond.get_marker(), wall.get_linestyle()) == ("D", "--")
    assert diamond.get_xydata()[0] == pytest.approx([-2.5, 2.1104e5], rel=1e-4)
    assert "2.1104\N{MULTIPLICATION SIGN}10⁵" in texts(below)
    assert list(wall.get_xdata()) == [-2.5, -2.5]
    assert texts(ax) == ["wall b = \N{MINUS SIGN}2.5", "w = 5, x₀ = 0.5, T = 50"]
    labels = [each.get_ylabel() for each in ax.figure.axes]
    assert labels == ["L = (0.855 \N{MINUS SIGN} x(T))²", "|dL/db|"]
    assert {*artists} >= {below, *ax.lines, *below.lines, *ax.texts, *below.texts}


@pytest.mark.each_third
@pytest.mark.parametrize("points", [50, 101, 200, 201])
@pytest.mark.parametrize(("t_end", "largest"), [(20.0, 116.056), (50.0, 211044.13)])
def test_the_largest_gradient_is_drawn_at_any_number_of_points(ax, points, t_end, largest):
    """By references/largest.py; the line rises to it, and crosses the whole jump of the loss."""
    b = np.linspace(-3.0, -2.0, points)
    (above, below), _ = draw(ax, doya.loss_landscape(ODE, {"b": b}, t_end=t_end))
    assert below.lines[0].get_ydata().max() == pytest.approx(largest, rel=1e-4)
    assert np.abs(np.diff(above.lines[0].get_ydata())).max() < 0.04


def test_after_an_infinite_time_the_loss_jumps_between_open_circles(ax):
    """Both limits in closed form, no line across, and an arrow where the gradient is infinite."""
    values = np.linspace(-3.0, -2.0, 61)
    (_, below), _ = draw(ax, doya.loss_landscape(ODE, {"b": values}, t_end=math.inf))
    left, right = (
        line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 2
    )
    limits, on_wall = (line for line in ax.lines if line.get_marker() == "o")
    faces = [to_hex(line.get_markerfacecolor()) for line in (limits, on_wall)]
    assert faces == ["#ffffff", "#000000"]
    x = doya.equilibria(ODE).x
    assert limits.get_ydata() == pytest.approx([(0.855 - x[0]) ** 2, (0.855 - x[2]) ** 2])
    assert left.get_xydata()[-1] == pytest.approx([-2.5, limits.get_ydata()[0]])
    assert right.get_xydata()[0] == pytest.approx([-2.5, limits.get_ydata()[1]])
    assert on_wall.get_ydata() == pytest.approx([(0.855 - 0.5) ** 2])
    assert [line.get_marker() for line in below.lines if len(line.get_xdata()) == 1] == ["^"]
    gradient = below.lines[0].get_xydata()
    assert np.isnan(gradient[gradient[:, 0] == -2.5, 1]).all()


def test_without_a_wall_the_largest_gradient_is_marked_and_none_is_said_to_be_0(ax):
    (_, below), _ = draw(ax, doya.loss_landscape(doya.NeuronODE(w=3.0), {"b": B}))
    assert texts(ax) == ["w = 3, x₀ = 0.5, T = 50"]
    assert len(below.texts) == 1
    other = Figure().subplots()
    (_, below), _ = draw(other, doya.loss_landscape(ODE, {"b": B}, t_end=0.0))
    assert texts(below) == ["|dL/db| = 0"]


def test_the_map_shows_cells_to_the_exact_ends_and_the_wall_over_them(ax):
    """The first parameter is the abscissa; the wall is the line b = 0.5 - 0.6225 w."""
    draw(ax, surface_of_pascanu())
    bar = ax.child_axes[0]
    mesh = ax.collections[0]
    np.testing.assert_array_equal(mesh.get_array(), surface_of_pascanu().loss.T)
    edges = mesh.get_coordinates()
    assert (*edges[0, 0], *edges[-1, -1]) == (4.5, -2.9, 5.5, -1.9)
    middles = [0.5 * (axis[0] + axis[1]) for axis in surface_of_pascanu().axes.values()]
    assert edges[1, 1].tolist() == pytest.approx(middles)  # a cell has its value in its middle
    assert mesh.get_rasterized()
    white, black = ax.lines
    w, b = black.get_xydata().T
    np.testing.assert_allclose(b, 0.5 - 0.6224593312018546 * w, rtol=1e-13)
    assert [to_hex(line.get_color()) for line in (white, black)] == ["#ffffff", "#000000"]
    assert white.get_linewidth() > 2.0 * black.get_linewidth()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "b")
    assert bar.get_ylabel() == "L = (0.7 \N{MINUS SIGN} x(T))²"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["wall (boundary)"]


def test_walls_of_two_kinds_differ_by_their_dashes_and_are_named(ax):
    draw(ax, two_kinds())
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["wall (boundary)", "wall (fold)"]
    one, other = ax.get_legend().get_lines()
    assert one._dash_pattern != other._dash_pattern


def test_colours_are_even_in_the_distance_from_the_target(ax):
    draw(ax, surface_of_pascanu())
    bar = ax.child_axes[0]
    ticks = np.sqrt(bar.get_yticks())
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0])
    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 1.0, 20))[:, :3]
    assert np.all(np.diff(colours @ [0.299, 0.587, 0.114]) > 0.0)  # in grey print too


def test_the_surface_has_each_wall_at_its_foot_and_its_head(ax):
    surface = solid(ax.figure)
    plots.draw_landscape_surface(surface_of_pascanu(), surface)
    surface.figure.draw_without_rendering()
    (wall,) = surface_of_pascanu().walls
    for line, level in zip(surface.lines, (wall.below, wall.above), strict=True):
        np.testing.assert_array_equal(line.get_data_3d()[2], level)
    assert (surface.get_xlabel(), surface.get_ylabel()) == ("w", "b")
    with pytest.raises(ValueError, match="over two parameters, got b"):
        plots.draw_landscape_surface(doya.loss_landscape(ODE, {"b": B}), surface)


CASES = {
    "b": ((ODE, {"b": B}), {}),
    "short": ((ODE, {"b": B}), {"t_end": 20.0}),
    "endless": ((ODE, {"b": B}), {"t_end": math.inf}),
    "fold": ((ODE, {"b": B}, 0.9), {}),
    "no wall": ((doya.NeuronODE(w=3.0), {"b": B}), {}),
    "x0": ((ODE, {"x0": X0}), {}),
    "w": ((ODE, {"w": np.linspace(3.0, 7.0, 40)}), {}),
    "at the edge": ((ODE, {"b": np.linspace(-2.5, -2.0, 40)}), {}),
    "epsilon": ((MAP, {"epsilon": np.linspace(0.1, 1.0, 40)}), {"t_end": 50}),
    "chaos": ((doya.NeuronMap(-100.0, 10.0, epsilon=0.5), {"b": np.linspace(9, 11, 40)}), {}),
    "huge": ((ODE, {"b": np.array([-1e100, -2.5, 1e100])}), {}),
    "far": ((ODE, {"x0": np.linspace(-1e100, 1e100, 9)}), {"t_end": 0.0}),
    "two values": ((ODE, {"b": np.array([-2.5, np.nextafter(-2.5, 0.0)])}), {}),
    "pulses": ((ODE, {"b": B}, 0.145, 45.0), {"u": PULSES}),
    "w and epsilon": ((MAP, {"w": W, "epsilon": np.linspace(0.1, 1.0, 30)}), {"t_end": 50}),
    "cusp": ((ODE, {"b": np.linspace(-4, -1, 40), "w": np.linspace(3, 8, 40)}, 0.8), {}),
    "endless map": ((ODE, {"b": B, "w": W}), {"t_end": math.inf}),
    "flat": ((ODE, {"b": B, "w": W}), {"t_end": 0.0}),
    "wide": ((ODE, {"b": np.linspace(-1e100, 1e100, 9), "w": np.linspace(-1e100, 1e100, 9)}), {}),
    "four cells": ((ODE, {"b": B[[0, -1]], "w": W[[0, -1]]}), {}),
}


@pytest.mark.each_third
@pytest.mark.parametrize("case", [*CASES, "surface", "two kinds"])
def test_no_text_is_over_another_and_no_value_is_outside(ax, case):
    """On a page of one column."""
    if case in CASES:
        arguments, options = CASES[case]
        landscape = doya.loss_landscape(*arguments, **options)
    else:
        landscape = surface_of_pascanu() if case == "surface" else two_kinds()
    panels, _ = draw(ax, landscape)
    for panel in panels:
        (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
        for line in panel.lines:
            if line.get_transform() == panel.transData:
                value, row = np.array(line.get_xydata())[np.isfinite(line.get_ydata())].T
                positive = (row > 0.0) | (panel.get_yscale() == "linear")
                assert np.all((left <= value) & (value <= right))
                assert np.all((low <= row[positive]) & (row[positive] <= high))
    no_text_is_over_another(ax.figure)


def test_pyplot_stays_on_the_axes_that_were_drawn_on():
    import matplotlib.pyplot

    with matplotlib.rc_context({"backend": "agg"}):
        for landscape in (doya.loss_landscape(ODE, {"b": B}), surface_of_pascanu()):
            figure, ax = matplotlib.pyplot.subplots()
            try:
                draw(ax, landscape)
                assert matplotlib.pyplot.gca() is ax
            finally:
                matplotlib.pyplot.close(figure)


@pytest.mark.parametrize("names", [("w", "b"), ("b", "w")])
@pytest.mark.parametrize("size", [21, 41])
def test_a_surface_meets_its_wall_without_teeth(names, size):
    """At w = 5 the wall is at b = -w/2: all corners there are at its foot or its top.

    Each line across it has one corner at each, and no other face spans more than a third of the
    jump.
    """
    axes = {"w": np.linspace(4.5, 5.5, size), "b": np.linspace(-3.0, -2.0, size)}
    landscape = doya.loss_landscape(ODE, {name: axes[name] for name in names})
    x, y, z = mesh_of(landscape)
    w, b = (x, y) if names == ("w", "b") else (y, x)
    on = np.isclose(b, -0.5 * w, rtol=0.0, atol=1e-6)
    across = names.index("b")
    assert (on.sum(axis=across) == 2).all()
    steps = np.abs(np.diff(z, axis=across))
    walls = np.logical_and(*(np.delete(on, end, axis=across) for end in (0, -1)))
    (wall,) = landscape.walls
    jump = np.abs(wall.below - wall.above)
    assert steps[walls].min() > 0.9 * jump.min()
    assert steps[~walls].max() < jump.min() / 3.0


def test_a_surface_of_a_short_time_has_no_wall_yet():
    """At T = 2 the loss is smooth: the mesh has the grid's own values."""
    landscape = doya.loss_landscape(ODE, {"w": W, "b": B}, t_end=2.0)
    x, y, z = mesh_of(landscape)
    np.testing.assert_array_equal(z, landscape.loss)
    np.testing.assert_array_equal(x[:, 0], W)
    np.testing.assert_array_equal(y[0], B)
