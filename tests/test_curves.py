import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import doya
import oracles


def test_the_window_of_the_flow():
    """Both halves of the fold curve from the cusp to the folds of w = 10.

    b = ln(x/(1 - x)) - 10 x with x = (1 -+ sqrt(0.6))/2, in 40-digit arithmetic.
    """
    found = doya.bifurcation_curves(doya.NeuronODE())
    assert [curve.kind for curve in found.curves] == ["LP", "LP"]
    (cusp,) = found.special_points
    assert (cusp.kind, cusp.w, cusp.b) == ("CP", 4.0, -2.0)
    upper, lower = found.curves
    assert (upper.w[-1], upper.b[-1]) == (lower.w[0], lower.b[0]) == (4.0, -2.0)
    np.testing.assert_allclose(
        [upper.b[0], lower.b[-1]], [-3.1904537226881437, -6.8095462773118563], rtol=1e-14
    )


@pytest.mark.parametrize("epsilon", [1.0, 0.5, 0.3])
def test_every_point_of_every_curve_is_the_closed_form(epsilon):
    """w x (1 - x) = kappa and b = ln(x/(1 - x)) - w x, by mpmath."""
    kappa = {"LP": mpf(1), "PD": 1 - 2 / mpf(epsilon)}
    found = doya.bifurcation_curves(
        doya.NeuronMap(epsilon=epsilon), w=(-60.0, 20.0), b=(-20.0, 40.0)
    )
    assert {curve.kind for curve in found.curves} == {"LP", "PD"}
    for curve in found.curves:
        for w, b in zip(curve.w[::20], curve.b[::20], strict=True):
            pairs = (oracles.folds if curve.kind == "LP" else _flips(epsilon))(
                w if abs(w) > abs(4 * kappa[curve.kind]) else 4 * kappa[curve.kind]
            )
            assert min(abs(mpf(b) - truth) for _, truth in pairs) < 1e-6 * (1 + abs(b))
            assert -60.0 <= w <= 20.0
            assert -20.0 <= b <= 40.0


def _flips(epsilon):
    return lambda w: oracles.flips(w, epsilon)


def test_no_digit_of_b_is_lost_where_its_terms_cancel():
    """Flips at epsilon = 2/21 near b = 0, where z is -20: b = z - kappa (1 + e**z) by mpmath."""
    epsilon = 2.0 / 21.0
    kappa = 1 - 2 / mpf(epsilon)
    (curve,) = doya.bifurcation_curves(
        doya.NeuronMap(epsilon=epsilon), w=(-1e99, 0.0), b=(-1e-3, 1e-3)
    ).curves
    for w, b in zip(curve.w, curve.b, strict=True):
        z = -2 * mp.acosh(mp.sqrt(mpf(w) / (4 * kappa)))
        assert abs(b - (z - kappa * (1 + mp.exp(z)))) < 1e-15


def test_a_region_that_only_touches_the_window_is_not_in_it():
    """The band between the folds lies below b = -2."""
    (region,) = doya.bifurcation_curves(doya.NeuronODE(), w=(5.0, 10.0), b=(0.0, 1.0)).regions
    assert region.name == "elsewhere"


def test_regions_hold_as_many_equilibria_as_they_say():
    """Between the folds 3 and 2 stable; between the flips none stable; elsewhere one."""
    found = doya.bifurcation_curves(doya.NeuronMap(), w=(-12.0, 12.0), b=(-8.0, 8.0))
    told = {region.name: (region.equilibria, region.stable) for region in found.regions}
    assert told == {
        "between the folds": (3, 2),
        "between the flips": (1, 0),
        "elsewhere": (1, 1),
    }
    for region in found.regions:
        assert len(oracles.equilibria(*region.inside)) == region.equilibria


def test_a_window_without_curves_is_one_region():
    found = doya.bifurcation_curves(doya.NeuronODE(), w=(-5.0, 3.0), b=(-1.0, 1.0))
    assert found.curves == found.special_points == ()
    assert [region.name for region in found.regions] == ["elsewhere"]


def test_a_window_between_the_folds_is_one_region():
    found = doya.bifurcation_curves(doya.NeuronODE(), w=(8.0, 9.0), b=(-4.5, -4.0))
    assert [(region.name, region.stable) for region in found.regions] == [("between the folds", 2)]


@pytest.mark.parametrize(
    ("w", "b"),
    [
        ((600.0, 1000.0), (-300.0, -2.0)),
        ((1.6, 23.9), (-2.86, -2.0)),
        ((4.0001, 4.0002), (-3.0, -1.0)),
        ((3.9, 4.1), (-100.0, 100.0)),
        ((0.0, 1e6), (-3.0, 1.0)),
    ],
)
def test_no_region_is_too_thin_to_be_found(w, b):
    """However few points the curves have."""
    for points in (2, 200):
        found = doya.bifurcation_curves(doya.NeuronODE(), w, b, points=points)
        told = [(region.name, region.equilibria, region.stable) for region in found.regions]
        assert told == [("between the folds", 3, 2), ("elsewhere", 1, 1)]
        for region in found.regions:
            assert w[0] <= region.inside[0] <= w[1]
            assert b[0] <= region.inside[1] <= b[1]


@given(
    w=st.tuples(st.floats(-60.0, 60.0), st.floats(0.1, 60.0)),
    b=st.tuples(st.floats(-60.0, 60.0), st.floats(0.1, 60.0)),
    at=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)),
    epsilon=st.floats(0.1, 1.0),
)
def test_what_is_found_anywhere_in_the_window_is_told_by_a_region(w, b, at, epsilon):
    """Counts at a random point are those of one of the regions."""
    neuron = doya.NeuronMap(epsilon=epsilon)
    window = (w[0], w[0] + w[1]), (b[0], b[0] + b[1])
    found = doya.bifurcation_curves(neuron, *window, points=2)
    here = doya.equilibria(neuron.replace(w=w[0] + at[0] * w[1], b=b[0] + at[1] * b[1]))
    told = {(region.equilibria, region.stable) for region in found.regions}
    assert (here.count, int(here.stable.sum())) in told


def test_a_curve_is_cut_exactly_at_the_window():
    """The fold leaves through b = -2.5 at the w that `bifurcation_points` gives."""
    found = doya.bifurcation_curves(doya.NeuronODE(), w=(0.0, 10.0), b=(-2.5, 1.0))
    leaves = sorted(point.w for point in doya.bifurcation_points(doya.NeuronODE(b=-2.5), "w"))
    assert sorted(max(curve.w) for curve in found.curves) == pytest.approx(leaves, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"w": (3, 3)}, "range of w must have low < high, got 3.0 and 3.0"),
        ({"b": (1, 0)}, "range of b must have low < high"),
        ({"b": (0, np.inf)}, "b must be finite"),
        ({"points": 1}, "points must be a whole number from 2"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        doya.bifurcation_curves(doya.NeuronODE(), **arguments)


def test_no_region_is_counted_on_a_tip():
    """The middle of this window in b is that of the flips, at which no fixed point is stable."""
    found = doya.bifurcation_curves(doya.NeuronMap(epsilon=1.0), (-12.0, 12.0), (-12.0, 16.0))
    assert {region.name: region.stable for region in found.regions} == {
        "between the folds": 2,
        "between the flips": 0,
        "elsewhere": 1,
    }
