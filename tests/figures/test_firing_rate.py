"""The figure `firing-rate`."""

from fractions import Fraction

import numpy as np
import pytest

from artists import points_from, texts
from drawn import curve, drawn


def threshold_rate(a):
    """The rate of the neuron of Nagumo and Sato, y' = 0.7 y - [y >= 0] + a, by iteration."""
    y, fired = 0.1 + 0.0 * a, 0.0
    for k in range(2400):
        spikes = (y >= 0.0).astype(float)
        y = 0.7 * y - spikes + a
        fired = fired + spikes * (k >= 400)
    return fired / 2000.0


def test_a_narrow_f_gives_the_staircase_of_nagumo_and_sato():
    """On cycles the rates agree, except near the ends of a step."""
    _, data = drawn("firing-rate")
    a, period, rate = curve(data, "epsilon = 0.001", "a", "period", "rate")
    inside = (period > 0) & (period <= 5)
    inside &= np.convolve(inside, np.ones(9), "same") == 9.0
    assert inside.sum() > 200
    assert rate[inside] == pytest.approx(threshold_rate(a[inside]), abs=2e-3)


def test_rates_are_means_of_the_output():
    """By iteration of Aihara's neuron; on a cycle to rounding."""
    _, data = drawn("firing-rate")
    a, period, rate = curve(data, "epsilon = 0.02", "a", "period", "rate")
    for k in np.flatnonzero((period > 0) & (period < 13))[::25]:
        y, outputs = 0.0, []
        for _ in range(4000):
            f = 1.0 / (1.0 + np.exp(-y / 0.02))
            outputs.append(f)
            y = 0.7 * y - f + a[k]
        assert np.mean(outputs[-int(period[k]) * 10 :]) == pytest.approx(rate[k], abs=1e-6)


def test_chaos_is_between_the_steps_and_fractions_are_on_them():
    figure, data = drawn("firing-rate")
    upper, lower = figure.axes
    for ax, name in ((upper, "epsilon = 0.02"), (lower, "epsilon = 0.001")):
        a, period, rate, exponent = curve(data, name, "a", "period", "rate", "lyapunov")
        circles, diamonds = (
            next(line for line in ax.lines if line.get_marker() == shape) for shape in "oD"
        )
        assert np.array_equal(circles.get_xydata(), np.c_[a, rate][period > 0])
        assert np.array_equal(diamonds.get_xydata(), np.c_[a, rate][period == 0])
        assert np.all(exponent[period > 0] <= 0.0)
        assert np.mean(exponent[period == 0] > 0.0) > 0.9
    fractions = {key: text for key, text in texts(lower).items() if "/" in key}
    assert {"1/4", "1/3", "1/2", "2/3", "3/4"} == set(fractions)
    for words, text in fractions.items():
        on = np.abs(rate - float(Fraction(words))) < 1e-3
        assert points_from(text, a[on], rate[on]) < 10.0
