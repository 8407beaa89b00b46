"""The figure `chaos-gradient`."""

import math

import numpy as np
import pytest

from drawn import curve, drawn


def step(x, a):
    """Doya's form of Aihara's neuron, k = 0.7, α = 1, ε = 0.02, and the factor of the step."""
    w, b = -1.0 / (0.02 * 0.3), a / (0.02 * 0.3)
    s = 1.0 / (1.0 + math.exp(-(w * x + b)))
    return 0.7 * x + 0.3 * s, 0.7 + 0.3 * w * s * (1.0 - s)


@pytest.mark.parametrize(("kind", "a"), [("chaotic", 0.93), ("regular", 0.5)])
def test_logarithms_are_the_sums_along_the_orbit(kind, a):
    """Multiplied out with numbers, from the state after 1000 steps."""
    _, data = drawn("chaos-gradient")
    x = 0.3
    for _ in range(1000):
        x, _ = step(x, a)
    total, truth = 0.0, [0.0]
    for _ in range(20):  # chaos soon enlarges the rounding of the first 1000 steps
        x, factor = step(x, a)
        total += math.log(abs(factor))
        truth.append(total)
    t, size = curve(data, f"{kind}, x(1000) from 0.3", "t_end", "logarithm")
    assert t.tolist() == list(range(201))
    if kind == "regular":
        assert size[:21] == pytest.approx(truth, abs=1e-6)
    else:  # another orbit of the same attractor
        assert size[-1] / 200.0 == pytest.approx(0.5024, abs=0.06)


def test_the_lines_have_the_slope_of_the_exponent():
    """0.5024 for a = 0.93 in THEORY.md, and ln 0.7 for a = 0.5, far from the steep part of f."""
    figure, data = drawn("chaos-gradient")
    for kind, exponent, off in (("chaotic", 0.5024, 0.005), ("regular", math.log(0.7), 1e-3)):
        t, line = curve(data, f"{kind}, exponent", "t_end", "logarithm")
        assert line[1] / t[1] == pytest.approx(exponent, abs=off)
        row = figure.axes[0].lines
        assert any(np.array_equal(each.get_xydata(), np.c_[t, line]) for each in row)


def test_two_starts_part_at_the_rate_of_the_exponent():
    """From 1e-12 to the size of the attractor in about ln(1e11)/0.502 = 50 steps."""
    figure, data = drawn("chaos-gradient")
    t, logarithm = curve(data, "distance", "t_end", "logarithm")
    assert logarithm[0] == pytest.approx(math.log(1e-12), abs=1e-3)
    assert 35 < t[np.argmax(logarithm > math.log(0.02))] < 70
    assert logarithm.max() < 0.0
    words = [text.get_text() for text in figure.axes[1].texts]
    assert words == ["doubled in ln 2/0.503 = 1.4 steps"]
