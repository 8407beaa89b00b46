"""The figure `lyapunov-map`."""

import numpy as np
import pytest

import doya
from drawn import drawn


def step(w, b, x):
    """The map's next state at epsilon = 0.5, and its multiplier."""
    s = 1.0 / (1.0 + np.exp(-w * x - b))
    return 0.5 * x + 0.5 * s, 0.5 + 0.5 * w * s * (1.0 - s)


def test_exponents_are_those_of_orbits():
    """Means of ln |mu| in some cells, from the same start; both signs are among them."""
    _, data = drawn("lyapunov-map")
    some = np.s_[5::20, 5::20]
    w, b = (each[some] for each in np.meshgrid(data["w"], data["b"]))
    x, total = np.full(w.shape, 0.3), 0.0
    for k in range(6_000):
        x, slope = step(w, b, x)
        total += np.log(np.abs(slope)) if k >= 2_000 else 0.0
    shown, mean = data["lyapunov"][some], total / 4_000
    chaotic = mean > 0.05
    assert 5 < chaotic.sum() < 0.5 * chaotic.size
    assert shown[chaotic] == pytest.approx(mean[chaotic], abs=0.08)
    settled = mean < -0.05
    assert np.abs(shown - mean)[settled] == pytest.approx(0.0, abs=0.02)


def test_chaos_is_darker_than_any_cycle():
    """In grey print the sign of the exponent is seen by light and dark, from just beside 0 on."""
    figure, _ = drawn("lyapunov-map")
    (image,) = figure.axes[0].images
    red, green, blue, _ = np.transpose(image.to_rgba(np.array([-5.0, -1.0, -1e-3, 1e-3, 0.2, 0.5])))
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    assert grey[:3].min() > grey[3:].max() + 0.05
    assert np.all(np.diff(grey[3:]) < -0.1)


def test_each_cell_is_where_its_parameters_are():
    """The first row at the foot, the first column at the left, on axes that are not inverted."""
    figure, data = drawn("lyapunov-map")
    ax = figure.axes[0]
    (image,) = ax.images
    assert np.array_equal(image.get_array(), data["lyapunov"])
    assert data["lyapunov"].shape == (data["b"].size, data["w"].size)
    assert image.origin == "lower"
    left, right, foot, top = image.get_extent()
    for axis, ends in (("w", (left, right)), ("b", (foot, top))):
        edges = np.linspace(*ends, data[axis].size + 1)
        assert data[axis] == pytest.approx(0.5 * (edges[1:] + edges[:-1]), abs=1e-12)
    assert ax.get_xlim() == pytest.approx((left, right))
    assert ax.get_ylim() == pytest.approx((foot, top))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "b")


def test_the_plane_is_symmetric_but_for_coexisting_attractors():
    """(x, b) -> (1 - x, -w - b): from 0.7 at the mirrored b the orbit is the mirror image."""
    figure, data = drawn("lyapunov-map")
    line = figure.axes[0].lines[1]
    assert np.array_equal(line.get_xydata(), np.c_[data["symmetry_w"], data["symmetry_b"]])
    assert data["symmetry_b"] == pytest.approx(-0.5 * data["symmetry_w"])
    assert line.get_linestyle() == ":"
    neuron = doya.NeuronMap(w=data["w"], b=data["b"][:, np.newaxis], epsilon=0.5)
    other = doya.lyapunov_exponent(neuron, x0=0.7, steps=2000, transient=2000)
    cyclic = (other < -0.05) | (data["lyapunov"] < -0.05)
    differ = cyclic & (np.abs(other - data["lyapunov"]) > 0.05)
    assert 0 < differ.sum() < 200


def test_flips_and_periods():
    """The flip curve is w x (1 - x) = -3, and orbits return after as many steps as is written."""
    figure, data = drawn("lyapunov-map")
    w, b = data["flip_w"], data["flip_b"]
    root = np.sqrt(np.maximum(1.0 + 12.0 / w, 0.0))
    x = 0.5 + 0.5 * np.copysign(root, np.arange(w.size) - 0.5 * w.size)
    assert b == pytest.approx(np.log(x / (1.0 - x)) - w * x, abs=1e-10)
    flips = figure.axes[0].lines[0]
    assert np.array_equal(flips.get_xydata(), np.c_[w, b])
    assert flips.get_linestyle() == "-."
    states = [np.full(data["period"].size, 0.7)]
    for _ in range(3_000):
        states.append(step(data["period_w"], data["period_b"], states[-1])[0])
    for k, period in enumerate(data["period"]):
        last = np.array(states)[-1 - period :, k]
        assert last[0] == pytest.approx(last[-1], abs=1e-12)
        assert np.unique(np.round(last, 6)).size == period
    texts = figure.axes[0].texts[: data["period"].size]
    assert [text.get_text().split()[-1] for text in texts] == [*map(str, data["period"])]
    for text, *at in zip(texts, data["period_w"], data["period_b"], strict=True):
        assert text.xy == pytest.approx(at)
        assert text.xyann == (0, 0)
