"""The figure `regularizer`."""

import math

import numpy as np
import pytest

import pascanu_oracle
from drawn import drawn


def omega(w, b, first=1):
    """Ω by iteration with numbers: 50 factors, from the one at a(first) on."""
    a, total = 0.5, 0.0
    for t in range(first + 50):
        s = 1.0 / (1.0 + math.exp(-a))
        total += (t >= first) * (abs(w) * s * (1.0 - s) - 1.0) ** 2
        a = w * s + b
    return total


def test_omega_is_the_sum_over_the_steps():
    """From a(0) on it is 1.6810327134 at w = 5, b = -2.6; the figure has it from a(1) on."""
    figure, data = drawn("regularizer")
    assert omega(5.0, -2.6, first=0) == pytest.approx(1.6810327134, rel=1e-10)
    for i in range(0, 101, 20):
        for j in range(0, 101, 20):
            assert data["omega"][i, j] == pytest.approx(omega(data["w"][i], data["b"][j]), rel=1e-7)
    for ax in figure.axes[:2]:
        bands, lines = ax.collections[:2]
        assert np.array_equal(bands.levels, data["contours"])
        assert np.array_equal(lines.levels, data["contours"])


def test_the_descents_are_those_of_the_loss_and_of_the_loss_with_omega():
    """Each step is against the gradient, shortened to 0.16; Ω's by differences of the sum."""
    _, data = drawn("regularizer")
    for name, weight in (("clipped", 0.0), ("regularised", 0.01)):
        w, b, loss = (data[f"{name}_{each}"] for each in ("w", "b", "loss"))
        norms = data[f"{name}_gradient_norm"]
        for k in range(8):
            error, *slopes = pascanu_oracle.error_and_slopes(w[k], b[k])
            assert loss[k] == pytest.approx(error, rel=1e-6)
            if weight:
                h = 1e-6
                own = [
                    (omega(w[k] + h, b[k]) - omega(w[k] - h, b[k])) / (2.0 * h),
                    (omega(w[k], b[k] + h) - omega(w[k], b[k] - h)) / (2.0 * h),
                ]
                slopes = np.add(slopes, np.multiply(weight, own))
            length = math.hypot(*slopes)
            assert norms[k] == pytest.approx(length, rel=1e-5)
            step = -0.3 * np.multiply(slopes, min(1.0, 0.16 / length))
            assert (w[k + 1] - w[k], b[k + 1] - b[k]) == pytest.approx(tuple(step), abs=1e-7)


def test_what_is_printed_is_counted():
    figure, data = drawn("regularizer")
    for ax, name in zip(figure.axes[:2], ("clipped", "regularised"), strict=True):
        w, b = (data[f"{name}_{each}"] for each in "wb")
        side = b > 0.5 - pascanu_oracle.logistic(0.5) * w
        crossed = int(np.count_nonzero(side[1:] != side[:-1]))
        said = [text.get_text() for text in ax.texts]
        assert any(text.startswith(f"{crossed} steps cross the wall,") for text in said)
        assert any(np.array_equal(line.get_xydata(), np.c_[w, b]) for line in ax.lines)
