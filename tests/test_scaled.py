"""Numbers beyond the range of a double, and sums of very many logarithms."""

import math
from fractions import Fraction

import numpy as np
import pytest

import doya
from doya.scaled import Scaled, ScaledRows, running_sum


@pytest.mark.parametrize("part", [0.3, 0.25, 0.9])
def test_a_million_logarithms_add_up_to_rounding(part):
    """Against fractions; plain sums are wrong by 10,000 units in the last place and more."""
    logarithm = math.log10(part)
    found = running_sum(np.full((2, 10**6), logarithm))
    for count in (1, 1000, 10**6):
        exact = float(Fraction(logarithm) * count)
        assert np.abs(found[:, count - 1] - exact).max() <= np.spacing(abs(exact))


def test_a_sum_goes_on_from_minus_infinity():
    assert running_sum(np.array([-1.0, -math.inf, 2.0])).tolist() == [-1.0, -math.inf, -math.inf]


@pytest.mark.parametrize("shift", [-1e5, -700.0, -500.0, 0.0, 500.0, 700.0, 1e5])
def test_sums_are_right_whatever_the_scale(shift):
    """3 e**s + 2 e**s = 5 e**s, and 3 e**s + e**(s - 1)."""
    three = Scaled(np.array([3.0, 3.0]), np.array([shift, shift]))
    other = Scaled(np.array([2.0, 1.0]), np.array([shift, shift - 1.0]))
    expected = shift + np.log([5.0, 3.0 + math.exp(-1.0)])
    assert (three + other).ln_abs() == pytest.approx(expected, rel=1e-14, abs=0.0)
    assert (three + other).sign().tolist() == [1.0, 1.0]


def test_derivatives_beyond_doubles_pass_a_change_of_the_input():
    """On the wall of w = 5 dx/dx0 = e**(T/4), dx/db = e**(T/4) - 1; the pulse is of 0."""
    u = doya.Pulses([(3000.0, 4000.0, 0.0)])
    found = doya.sensitivity(doya.NeuronODE(5.0, -2.5), 0.5, 8000.0, ("x0", "b"), u)
    for name in ("x0", "b"):
        assert found.log10_abs[name] == pytest.approx(2000.0 / math.log(10.0), rel=1e-14)


@pytest.mark.parametrize("exponent", [-1e6, -1100.0, 0.0, 1100.0, 1e6])
def test_rows_keep_their_entries_whatever_their_common_scale(exponent):
    """The largest of (0.75, 0.375) 2**n stays 0.75; its size is 0.75 2**n sqrt(5)/2."""
    rows = ScaledRows.of(np.array([[0.75, 0.375, 0.0]]), np.full((1, 3), exponent))
    assert rows.values.tolist() == [[0.75, 0.375, 0.0]]
    assert rows.exponents.tolist() == [exponent]
    size = math.log10(0.375 * math.sqrt(5.0)) + exponent * math.log10(2.0)
    assert rows.log10_sizes() == pytest.approx([size], rel=1e-14, abs=0.0)
