"""The figure `spectrum`."""

import numpy as np
import pytest

from drawn import curve, drawn


def network():
    """The weights and biases of the figure, and the Jacobians of its last 30 steps of 60."""
    random = np.random.default_rng(1)
    weights = random.standard_normal((16, 16))
    weights *= 1.2 / max(abs(np.linalg.eigvals(weights)))
    a = b = random.standard_normal(16)
    jacobians = []
    for _ in range(60):
        jacobians.append(weights @ np.diag(1.0 - np.tanh(a) ** 2))
        a = weights @ np.tanh(a) + b
    return weights, jacobians[::-1][:30]


def test_norms_and_radii_are_those_of_the_products():
    """P(k) = J[T-1] ... J[T-k], multiplied out; W has the spectral radius 1.2."""
    _, data = drawn("spectrum")
    weights, jacobians = network()
    product, norms, radii = np.eye(16), [1.0], [1.0]
    for jacobian in jacobians:
        product = product @ jacobian
        norms.append(np.linalg.norm(product, 2))
        radii.append(max(abs(np.linalg.eigvals(product))))
    assert curve(data, "norm, 16 units", "log10_size")[0] == pytest.approx(
        np.log10(norms), abs=1e-6
    )
    assert curve(data, "radius, 16 units", "log10_size")[0] == pytest.approx(
        np.log10(radii), abs=1e-6
    )
    real, imaginary = curve(data, "eigenvalues of W", "real", "imaginary")
    assert real.sum() == pytest.approx(np.trace(weights), abs=1e-10)
    assert np.hypot(real, imaginary).max() == pytest.approx(1.2, rel=1e-12)
    real, imaginary = curve(data, "eigenvalues of P(1)", "real", "imaginary")
    assert real.sum() == pytest.approx(np.trace(jacobians[0]), abs=1e-8)


def test_two_units_vanish_with_a_spectral_radius_above_1():
    """(W D) to an even power is (2δc²) to half of it, times I; W has √(2δ) > 1."""
    _, data = drawn("spectrum")
    k, norm = curve(data, "norm, 2 units", "k", "log10_size")
    _, own = curve(data, "radius, 2 units", "k", "log10_size")
    even = k % 2 == 0
    assert norm[even] == pytest.approx(0.5 * k[even] * np.log10(2.0 * 0.6 * 0.64), abs=1e-12)
    assert own == pytest.approx(0.5 * k * np.log10(2.0 * 0.6 * 0.64), abs=1e-12)
    assert norm[1] == pytest.approx(np.log10(2.0 * 0.8), abs=1e-12)
    assert np.all(norm >= own - 1e-12)
    _, power = curve(data, "power, 2 units", "k", "log10_size")
    assert power == pytest.approx(0.5 * k * np.log10(1.2), abs=1e-12)


def test_panels_show_eigenvalues_with_the_unit_circle_and_three_lines():
    figure, data = drawn("spectrum")
    *planes, left, right = figure.axes
    for ax, name in zip(planes, ("W", "P(1)", "P(4)", "P(16)"), strict=True):
        circle, dots = ax.lines
        assert np.hypot(*circle.get_data()) == pytest.approx(1.0)
        known = np.stack(curve(data, f"eigenvalues of {name}", "real", "imaginary"), -1)
        assert np.array_equal(dots.get_xydata(), known)
        assert ax.get_title() == name
    for ax in (left, right):
        assert len({str(line._dash_pattern) for line in ax.lines[1:]}) == 3
