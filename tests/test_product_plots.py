import math

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import doya
from doya import plots
from pictures import no_text_is_over_another

RNG = np.random.default_rng(3)
NORMAL = RNG.standard_normal((6, 6))
# A step further each time, and out after four.
SHIFT = np.diag([3.0, 3.0, 3.0], 1)


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def draw(ax, weights, a0=0.0, steps=40, **options):
    network = doya.SigmoidRNN(weights, **options)
    products = doya.jacobian_products(network, a0, steps)
    artists = plots.draw_jacobian_products(products, ax)
    ax.figure.draw_without_rendering()
    return products, artists


def lines(ax):
    """Those of curves, but the line at 1: dashed, solid and grey, by their data."""
    return [line for line in ax.lines if line.get_marker() == "None" and len(line.get_xdata()) > 2]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_norm_bound_and_smallest_singular_value_are_drawn_against_k(ax):
    """Solid, dashed, and thin and grey; named, with a line at 1."""
    products, artists = draw(ax, NORMAL)
    bound, norm, smallest = lines(ax)
    for line, row in (
        (bound, products.log10_bound),
        (norm, products.log10_norm),
        (smallest, products.log10_singular_values[:, -1]),
    ):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[np.arange(41), row])
    assert [line.is_dashed() for line in (bound, norm, smallest)] == [True, False, False]
    assert smallest.get_linewidth() < norm.get_linewidth()
    assert len({norm.get_color(), smallest.get_color()}) == 2
    assert {"norm", "bound", "smallest singular value"} <= set(texts(ax))
    (one,) = [line for line in ax.lines if set(line.get_ydata()) == {0.0}]
    assert {one, bound, norm, smallest} <= set(artists)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("k", "‖∂a(T)/∂a(T\u2212k)‖")
    assert ax.get_xlim() == (0.0, 40.0)


def test_a_name_is_seen_also_where_its_curve_has_just_left_the_axes(ax):
    """It stands within them; matplotlib leaves it out where the point it belongs to does not."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((20, 20))
    draw(
        ax,
        weights * 6.0 / np.linalg.norm(weights, 2),
        a0=random.standard_normal(20),
        steps=50,
    )
    (name,) = [text for text in ax.texts if text.get_text() == "smallest singular value"]
    assert name.xy[1] < ax.get_ylim()[0]
    canvas = FigureCanvasAgg(ax.figure)
    pictures = []
    for seen in (True, False):
        name.set_visible(seen)
        canvas.draw()
        pictures.append(np.array(canvas.buffer_rgba()))
    assert (pictures[0] != pictures[1]).any()


def test_the_norm_and_its_bound_are_within_the_axes_and_the_rest_may_leave_them(ax):
    products, _ = draw(ax, NORMAL)
    low, high = ax.get_ylim()
    for row in (products.log10_norm, products.log10_bound):
        assert low < row.min()
        assert row.max() < high
    assert products.log10_singular_values.min() < low


def test_the_network_is_named_above(ax):
    network = doya.SigmoidRNN(NORMAL, activation="tanh")
    draw(ax, 2.5 / network.factor * NORMAL, activation="tanh")
    assert "tanh, N = 6, T = 40, ‖W‖ max φ\N{PRIME} = 2.5" in texts(ax)


def test_products_of_any_size_have_powers_of_ten(ax):
    """sigma'(300) = exp(-300), and 150 of them."""
    _, _ = draw(ax, [[1.0]], a0=300.0, b=300.0, steps=150)
    bottom = -150 * 300 / math.log(10.0)
    (_, norm), (low, _) = lines(ax), ax.get_ylim()
    assert norm.get_ydata()[-1] == pytest.approx(bottom, rel=1e-2)
    assert low < bottom
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert {"1", "10⁻¹⁰⁰⁰⁰"} <= set(labels)
    no_text_is_over_another(ax.figure)


def test_zero_is_triangles_at_the_foot(ax):
    """From k = 4 on no change comes through; a unit gets none from the first step on."""
    draw(ax, SHIFT, activation="tanh", steps=20)
    grey, black = sorted(
        (line for line in ax.lines if line.get_marker() == "v"),
        key=lambda line: line.get_xdata()[0],
    )
    assert (grey.get_xdata()[0], black.get_xdata()[0]) == (1.0, 4.0)
    assert black.get_xdata()[-1] == 20.0
    assert max(black.get_ydata()) < 0.03
    norm = lines(ax)[1]
    assert norm.get_ydata()[:4] == pytest.approx(np.arange(4) * math.log10(3.0))
    assert np.isnan(norm.get_ydata()[4:]).all()


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("weights", "steps"),
    [
        ([[3.0]], 50),
        (np.zeros((3, 3)), 50),
        (np.eye(2), 12),
        (SHIFT, 20),
        (NORMAL, 1),
        (NORMAL, 0),
        (1e100 * NORMAL / 10.0, 30),
    ],
    ids=["one unit", "zeros", "identity", "shift", "one step", "no step", "huge"],
)
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_no_text_is_over_another(ax, weights, steps, activation):
    draw(ax, weights, steps=steps, activation=activation)
    no_text_is_over_another(ax.figure)
    legend = ax.get_legend()
    told = texts(ax) if legend is None else [text.get_text() for text in legend.get_texts()]
    words = ", ".join(told)
    assert "norm" in words
    assert "bound" in words
