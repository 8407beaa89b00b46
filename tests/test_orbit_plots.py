import dataclasses
import io
import math

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya import plots
from doya.plots import attractors, orbits
from doya.plots.pages import stretch
from doya.plots.theme import theme
from pictures import no_text_is_over_another

CASCADE = doya.NeuronMap(b=10.0, epsilon=0.5)
MEMORY = doya.NeuronMap(epsilon=0.5)
LITTLE = {"points": 40, "transient": 200, "steps": 64, "kept": 64}


def diagram(neuron, *arguments, **options):
    return doya.orbit_diagram(neuron, *arguments, **{**LITTLE, **options})


@pytest.fixture
def ax():
    with matplotlib.rc_context(fname=plots.STYLE):
        yield Figure().subplots()


def draw(ax, result):
    """Both axes, and all artists, on a page of its height."""
    stretch(ax.figure, 1.4)
    artists = plots.draw_orbit_diagram(result, ax)
    ax.figure.draw_without_rendering()
    return *ax.figure.axes, artists


def clouds(ax):
    """Dots of cycles, and dust."""
    round_ = [line for line in ax.lines if line.get_marker() == "o"]
    found = [line for line in round_ if line.get_markeredgewidth() == 0.0]
    return [[line for line in found if bool(line.get_alpha()) == dust] for dust in (False, True)]


def marks(ax):
    """The states that carry a mark, by its shape."""
    found = [line for line in ax.lines if line.get_markersize() == attractors.MARK["markersize"]]
    return {
        shape: np.concatenate([line.get_xydata() for line in found if line.get_marker() == shape])
        for shape in {line.get_marker() for line in found}
    }


def legend(ax):
    shown = ax.get_legend()
    return [text.get_text() for text in shown.get_texts()] if shown else []


def test_cycles_are_dots_and_what_is_aperiodic_dust_that_is_an_image_in_files_of_vectors(ax):
    """A round of each cycle, every state of what is in none; one attractor is drawn once."""
    result = diagram(CASCADE, "w", (-100.0, -10.0))
    upper, lower, artists = draw(ax, result)
    (cycles,), (dust,) = clouds(upper)
    assert np.all(result.attractors == 1)
    for line, which in ((cycles, result.period[0] > 0), (dust, result.period[0] == 0)):
        rows = zip(result.value[which], result.x[0, which], result.period[0, which], strict=True)
        states = {(value, x) for value, row, period in rows for x in row[: period or None]}
        assert {*map(tuple, line.get_xydata())} == states
    assert dust.get_rasterized()
    assert not cycles.get_rasterized()
    assert dust.get_markersize() < cycles.get_markersize()
    assert {*artists} >= {lower, *upper.lines, *lower.lines, *upper.texts}
    assert [upper.get_ylabel(), lower.get_ylabel(), lower.get_xlabel()] == [
        "x",
        "Lyapunov\nexponent",
        "w",
    ]
    assert upper.get_xlim() == lower.get_xlim() == (-100.0, -10.0)


def test_unstable_fixed_points_are_dashed_and_stable_ones_are_not_drawn(ax):
    """x = 1/2 at b = -w/2, beyond the flip at w = -12."""
    upper, _, _ = draw(ax, diagram(doya.NeuronMap(-40.0, epsilon=0.5), "b", (-10.0, 50.0)))
    (dashed,) = [line for line in upper.lines if line.get_color() == theme(ax).accents[1]]
    assert dashed.is_dashed()
    b, x = dashed.get_xydata().T
    np.testing.assert_allclose(b, np.log(x / (1.0 - x)) + 40.0 * x, atol=1e-9)
    slope = np.sqrt(0.25 - 3.0 / 40.0)  # w x (1 - x) = -3
    assert [x.min(), x.max()] == pytest.approx([0.5 - slope, 0.5 + slope])


def test_exponents_are_a_line_with_their_errors_and_a_line_at_zero(ax):
    result = diagram(CASCADE, "w", (-100.0, -80.0), points=20)
    _, lower, _ = draw(ax, result)
    zero, line = lower.lines[:2]
    assert {*zero.get_ydata()} == {0.0}
    np.testing.assert_array_equal(line.get_xydata(), np.c_[result.value, result.lyapunov[0]])
    (band,) = lower.collections
    chaos = result.period[0] == 0
    for sign in (-1.0, 1.0):
        edge = result.lyapunov[0] + sign * result.lyapunov_error[0]
        corners = np.concatenate([path.vertices for path in band.get_paths()])
        for corner in np.c_[result.value, edge][chaos]:
            assert np.abs(corners - corner).sum(axis=1).min() < 1e-12


def test_what_lies_below_the_exponents_axes_is_a_triangle_at_the_foot(ax):
    """Deep dips do not press the others flat, and minus infinity is not left out."""
    result = diagram(CASCADE, "w", (-30.0, -15.0), points=60)
    lyapunov = np.tile(np.linspace(-0.5, 0.3, 60), (2, 1))
    lyapunov[:, 20], lyapunov[:, 40] = -40.0, -math.inf
    result = dataclasses.replace(result, lyapunov=lyapunov)
    _, lower, _ = draw(ax, result)
    (triangles,) = [line for line in lower.lines if line.get_marker() == "v"]
    assert triangles.get_xdata().tolist() == result.value[[20, 40]].tolist()
    low, high = lower.get_ylim()
    assert -1.5 < low < -0.5
    assert high > 0.3
    line = lower.lines[1].get_ydata()
    assert line[20] < low
    assert line[40] < low


def test_a_state_that_is_followed_has_marks_where_rising_and_falling_differ(ax):
    """Between the folds of w = 5; filled up and open down, below and above."""
    upper, lower, _ = draw(ax, diagram(MEMORY, "b", (-3.0, -2.0), follow=True, points=100))
    up, down = marks(upper)["^"], marks(upper)["v"]
    for b, x in (up.T, down.T):
        assert np.all((b > -2.6556103386) & (b < -2.3443896613))
        np.testing.assert_allclose(b, np.log(x / (1.0 - x)) - 5.0 * x, atol=1e-9)
    assert up[:, 1].max() < 0.28 < 0.72 < down[:, 1].min()
    assert {*marks(lower)} == {"^", "v"}
    assert legend(upper) == ["b rising", "b falling"]


def test_a_second_attractor_has_open_marks_and_where_there_is_none_there_is_no_legend(ax):
    upper, _, _ = draw(ax, diagram(MEMORY, "b", (-3.0, -2.0), x0=[0.1, 0.5, 0.9]))
    assert legend(upper) == ["attractor 1", "attractor 2"]
    (second,) = marks(upper).values()
    assert second[:, 1].min() > 0.72
    first, other = clouds(upper)[0]
    assert first.get_color() != other.get_color()
    assert {*map(tuple, second)} < {*map(tuple, other.get_xydata())}
    upper, _, _ = draw(Figure().subplots(), diagram(CASCADE, "w", (-30.0, -10.0), follow=True))
    assert (legend(upper), marks(upper)) == ([], {})


def test_periods_stand_above_wide_ranges(ax):
    """From w = -13.7 on 1, from -32.1 2, from -36.9 4."""
    upper, _, _ = draw(ax, diagram(CASCADE, "w", (-36.0, -10.0)))
    above = {text.get_text(): text.xy[0] for text in upper.texts}
    assert {"period", "1", "2", "4"} < {*above}
    assert above["4"] < -32.1148 < above["2"] < -13.7006 < above["1"]
    assert "b = 10, ε = 0.5" in above


def test_much_dust_is_thinned(ax, monkeypatch):
    monkeypatch.setattr(orbits, "MOST", 500)
    result = diagram(CASCADE, "w", (-100.0, -80.0))
    upper, _, _ = draw(ax, result)
    _, (dust,) = clouds(upper)
    assert dust.get_xdata().size < 0.3 * (result.period[0] == 0).sum() * 64


@pytest.mark.long
def test_a_file_of_vectors_stays_small(ax):
    draw(ax, diagram(CASCADE, "w", (-100.0, -80.0), points=400, kept=200))
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="pdf")
    assert buffer.tell() < 300_000


CASES = {
    "cascade": ((CASCADE, "w", (-100.0, -10.0)), {}),
    "long": ((CASCADE, "w", (-600.0, 10.0)), {}),
    "window": ((CASCADE, "w", (-95.0, -91.0)), {}),
    "b": ((doya.NeuronMap(-100.0, epsilon=0.5),), {"points": 300}),
    "two attractors": ((doya.NeuronMap(-100.0, epsilon=0.5), "b", (28.0, 30.0)), {}),
    "long numbers": ((doya.NeuronMap(-100.0123, epsilon=0.50001), "b", (28.0, 30.0)), {}),
    "epsilon": ((doya.NeuronMap(-50.0, 10.0), "epsilon", (0.05, 1.0)), {}),
    "folds": ((MEMORY,), {}),
    "followed": ((doya.NeuronMap(5.1234, epsilon=0.30001),), {"follow": True}),
    "starts": ((MEMORY,), {"x0": [0.1, 0.5, 0.9]}),
    "epsilon 1": ((doya.NeuronMap(-30.0),), {}),
    "steep": ((doya.NeuronMap(-5e3), "b", (0.0, 5e3)), {}),
    "tiny": ((CASCADE, "w", (-94.5, -94.4999999)), {}),
    "two values": ((MEMORY, "b", (-2.5, np.nextafter(-2.5, 0.0))), {}),
    "huge": ((doya.NeuronMap(1e100, -1e100),), {}),
    "far": ((doya.NeuronMap(-10.0, epsilon=1e-50),), {"x0": [1e100, 0.3]}),
    "near 0": ((doya.NeuronMap(), "b", (-700.0, -600.0)), {}),
}


@pytest.mark.each_third
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_text_is_over_another_and_no_state_is_outside(ax, case):
    """On a page of one column."""
    arguments, options = case
    result = diagram(*arguments, **options)
    upper, _, _ = draw(ax, result)
    (left, right), (low, high) = upper.get_xlim(), upper.get_ylim()
    assert left <= result.value[0] < result.value[-1] <= right
    assert low <= result.x.min() <= result.x.max() <= high
    no_text_is_over_another(ax.figure)


def test_pyplot_stays_on_the_axes_that_were_drawn_on():
    import matplotlib.pyplot

    with matplotlib.rc_context({"backend": "agg"}):
        figure, ax = matplotlib.pyplot.subplots()
        try:
            draw(ax, diagram(MEMORY))
            assert matplotlib.pyplot.gca() is ax
        finally:
            matplotlib.pyplot.close(figure)
