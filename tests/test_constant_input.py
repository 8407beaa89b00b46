"""The constant input as a setting and as the swept parameter of bifurcations, flow and map.

The truth is the shift in 40 digits: x - w' u obeys the neuron without input, with b + w w' u.
"""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from mpmath import mp, mpf

import doya
import oracles

CASES = 300


def units(value, truth):
    """The error in units in the last place of the truth."""
    return float(abs(mpf(value) - truth) / mpf(math.ulp(float(truth))))


def small(rng, least):
    return float(10.0 ** rng.uniform(math.log10(least), 0.0))


def drawn(rng):
    """A neuron of either kind, with folds or flips, and its kappas by kind."""
    w = float(rng.choice([rng.uniform(4.0, 60.0), -rng.uniform(4.0, 60.0), 4.0 + small(rng, 1e-9)]))
    input_weight = float(rng.normal())
    if rng.integers(2):
        return doya.NeuronODE(w, rng.normal(), input_weight=input_weight), {"LP": mpf(1)}
    epsilon = float(rng.uniform(0.3, 1.0))
    neuron = doya.NeuronMap(w, rng.normal(), input_weight=input_weight, epsilon=epsilon)
    return neuron, {"LP": mpf(1), "PD": 1 - 2 / mpf(epsilon)}


def at_weight(w, kappas):
    """(kind, x, b) of each fold and flip without input, by ascending x."""
    found = [
        (kind, *at)
        for kind, kappa in kappas.items()
        if mpf(w) / kappa > 4
        for at in oracles.tangencies(w, kappa)
    ]
    return sorted(found, key=lambda at: at[1])


def test_the_folds_over_a_current():
    """w = 5, b = -2.5, w' = 1: in 40-digit arithmetic, u = (b* + 2.5)/5 and x = y + u."""
    points = doya.bifurcation_points(doya.NeuronODE(5.0, -2.5), "u")
    values = mpf("0.0311220677261375906"), mpf("-0.0311220677261375906")
    states = mpf("0.307515269976158621"), mpf("0.692484730023841379")
    for point, value, x in zip(points, values, states, strict=True):
        assert (point.kind, point.parameter, point.w, point.b) == ("LP", "u", 5.0, -2.5)
        assert point.u == point.value
        assert units(point.value, value) <= 1
        assert units(point.x, x) <= 1


def test_folds_and_flips_over_u_keep_every_digit():
    """u = (b* - b)/(w w') and x = y + w' u, also where b* and b nearly cancel."""
    rng = np.random.default_rng(1)
    for _ in range(CASES):
        neuron, kappas = drawn(rng)
        truth = at_weight(neuron.w, kappas)
        if truth and rng.integers(2):
            neuron = neuron.replace(b=float(truth[0][2]) * (1.0 + small(rng, 1e-17)))
        truth = [
            (kind, (b - mpf(neuron.b)) / (mpf(neuron.w) * mpf(neuron.input_weight)), y)
            for kind, y, b in truth
        ]
        truth = truth[:: 1 if neuron.w > 0.0 else -1]  # by ascending x = (z - b)/w
        found = doya.bifurcation_points(neuron, "u")
        assert [point.kind for point in found] == [kind for kind, _, _ in truth]
        for point, (_, u, y) in zip(found, truth, strict=True):
            assert units(point.value, u) <= 0.51, neuron
            assert units(point.x, y + mpf(neuron.input_weight) * u) <= 0.51, neuron


def test_folds_and_flips_over_b_under_an_input_keep_every_digit():
    """b = b* - w w' u and x = y + w' u, also where they nearly cancel."""
    rng = np.random.default_rng(2)
    for _ in range(CASES):
        neuron, kappas = drawn(rng)
        truth = at_weight(neuron.w, kappas)
        u = float(rng.normal())
        if truth and rng.integers(2):
            u = float(truth[0][2] / (mpf(neuron.w) * mpf(neuron.input_weight)))
        shift = mpf(neuron.input_weight) * mpf(u)
        found = doya.bifurcation_points(neuron, "b", u=u)
        assert [point.kind for point in found] == [kind for kind, _, _ in truth]
        for point, (_, y, b) in zip(found, truth, strict=True):
            assert point.u == u
            assert units(point.value, b - mpf(neuron.w) * shift) <= 0.51, (neuron, u)
            assert units(point.x, y + shift) <= 0.51, (neuron, u)


@pytest.mark.long
def test_no_fold_or_flip_over_w_under_an_input_is_missing():
    """Along w the bias b + w w' u moves on a line: up to three folds, against a dense scan."""
    rng = np.random.default_rng(3)
    counts = set()
    for _ in range(CASES):
        neuron, kappas = drawn(rng)
        u = float(rng.choice([rng.normal(), -rng.random(), 1e-3 * rng.normal()]))
        neuron = neuron.replace(b=float(rng.normal() * rng.choice([0.1, 5.0])), input_weight=1.0)
        truth = [
            (kind, *at)
            for kind, kappa in kappas.items()
            for at in oracles.points_on_line(neuron.b, u, kappa)
        ]
        truth = sorted((each for each in truth if abs(each[2]) < 1e15), key=lambda at: at[1])
        found = [
            point for point in doya.bifurcation_points(neuron, "w", u=u) if abs(point.w) < 1e15
        ]
        assert [point.kind for point in found] == [kind for kind, _, _ in truth], (neuron, u)
        counts.add(sum(point.kind == "LP" for point in found))
        for point, (_, y, w) in zip(found, truth, strict=True):
            assert units(point.value, w) <= 0.51, (neuron, u)
            assert units(point.x, y + mpf(u)) <= 0.51, (neuron, u)
    assert counts == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("numbers", "input_to", "epsilon"),
    [
        ((-1e40, 1.3e40, 1.0, 0.3), "state", 2.0262850714747391e-22),
        ((-1e100, 3e99, 1.0, 0.3), "state", 9.608190156243418e-84),
        ((-1e100, 3e98, -1e98, 3.0), "bias", 1.3177747429038154e-82),
    ],
)
def test_flips_over_epsilon_where_a_huge_input_cancels_b(numbers, input_to, epsilon):
    """The rounded bias is far from the exact one: in 400 digits."""
    w, b, weight, u = numbers
    neuron = doya.NeuronMap(w, b, input_weight=weight, input_to=input_to)
    (flip,) = doya.bifurcation_points(neuron, "epsilon", u=u)
    assert flip.value == pytest.approx(epsilon, rel=1e-14)


def test_flips_over_epsilon_under_an_input():
    """epsilon = 2/(1 - w sigma'(z)) at each root of z = w sigma(z) + b + w w' u."""
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(60):
        w, input_weight = -float(rng.uniform(4.0, 60.0)), float(rng.normal())
        u = float(rng.normal())
        neuron = doya.NeuronMap(w, -0.5 * w + rng.normal(), input_weight=input_weight)
        shift = mpf(input_weight) * mpf(u)
        if rng.integers(2):  # b and w w' u nearly cancel
            neuron = neuron.replace(b=float(-w * shift) * (1.0 + small(rng, 1e-16)))
        (z,) = oracles.equilibria(w, mpf(neuron.b) + mpf(w) * shift)
        y = oracles.sigmoid(z)
        epsilon = 2 / (1 - mpf(w) * y * (1 - y))
        points = doya.bifurcation_points(neuron, "epsilon", u=u)
        assert len(points) == (epsilon <= 1)
        for point in points:
            found += 1
            assert units(point.value, epsilon) <= 0.51
            assert abs(mpf(point.x) - y - shift) <= 4e-16 * (1 + abs(shift))
    assert found > 20


@pytest.mark.each_third
@pytest.mark.parametrize("over", ["b", "w", "u", "epsilon"])
def test_diagrams_hold_every_equilibrium_and_nothing_else(over):
    """At any value of the swept parameter the branches pass through each root, of its stability."""
    rng = np.random.default_rng(5)
    for _ in range(25):
        neuron, _ = drawn(rng)
        if over == "epsilon":
            neuron = doya.NeuronMap(neuron.w, neuron.b, input_weight=neuron.input_weight)
        u = float(rng.choice([rng.normal(), -rng.random() / neuron.input_weight]))
        diagram = doya.bifurcation_diagram(neuron, over, u=u, points=400)
        inside = {point.value for point in diagram.special_points}
        low, high = diagram.between
        for value in rng.uniform(low, high, 3).tolist():
            if any(abs(value - each) < 1e-2 * (high - low) for each in inside):
                continue
            there = {**vars(neuron), "u": u, over: value}
            shift = there["input_weight"] * there["u"]
            roots = oracles.equilibria(there["w"], there["b"] + there["w"] * shift)
            own = neuron.replace(**{over: value}) if over != "u" else neuron
            truth = [(float(oracles.sigmoid(z)) + shift, _attracts(own, z)) for z in roots]
            found = []
            for branch in diagram.branches:
                ends = branch.value[[0, -1]]
                if ends.min() <= value <= ends.max():
                    way = 1 if ends[0] < ends[1] else -1
                    x = np.interp(value, branch.value[::way], branch.x[::way])
                    found.append((float(x), branch.stable))
            assert [stable for _, stable in sorted(found)] == [stable for _, stable in truth]
            assert np.allclose([x for x, _ in sorted(found)], [x for x, _ in truth], atol=0.02)


def _attracts(neuron, z):
    slope = float(mpf(neuron.w) * oracles.sigmoid(z) * oracles.sigmoid(-z)) - 1.0
    return abs(1.0 + neuron.epsilon * slope) < 1.0 if neuron.dynamics == "map" else slope < 0.0


@pytest.mark.parametrize("over", ["b", "w", "u", "epsilon"])
def test_points_of_branches_are_equilibria(over):
    """x = sigma(w x + b) + w' u to rounding, at each point of each branch, in 40 digits."""
    rng = np.random.default_rng(6)
    for _ in range(20):
        neuron, _ = drawn(rng)
        if over == "epsilon":
            neuron = doya.NeuronMap(neuron.w, neuron.b, input_weight=neuron.input_weight)
        u = float(rng.choice([rng.normal(), -rng.random() / neuron.input_weight]))
        for branch in doya.bifurcation_diagram(neuron, over, u=u, points=12).branches:
            for value, x in zip(branch.value.tolist(), branch.x.tolist(), strict=True):
                there = {**vars(neuron), "u": u, over: value}
                w, b, shift = (
                    mpf(there["w"]), mpf(there["b"]),
                    mpf(there["input_weight"]) * mpf(there["u"]),
                )  # fmt: skip
                off = oracles.sigmoid(w * x + b) + shift - x
                slope = w * oracles.sigmoid(w * x + b) * oracles.sigmoid(-w * x - b)
                size = 1 + abs(shift) + abs(slope) * (1 + (abs(b) + abs(w * x)) / abs(w))
                assert abs(off) <= 1e-14 * size, (neuron, u, value)


def test_a_weight_on_the_line_through_the_cusp_has_a_pitchfork():
    """b = 0 and w' u = -1/2: x = 0 for each w, and x = tanh(w x/2)/2 branches from it at w = 4."""
    neuron = doya.NeuronMap(b=0.0, epsilon=0.5)
    diagram = doya.bifurcation_diagram(neuron, "w", (-20.0, 9.0), u=-0.5)
    kinds = [(point.kind, point.value, point.x) for point in diagram.special_points]
    assert kinds == [("PD", -12.0, 0.0), ("CP", 4.0, 0.0)]
    lower, flipped, between, beyond, upper = diagram.branches
    assert [each.stable for each in diagram.branches] == [True, False, True, False, True]
    for each, ends in ((flipped, (-20.0, -12.0)), (between, (-12.0, 4.0)), (beyond, (4.0, 9.0))):
        assert (each.value[0], each.value[-1]) == ends
        assert not each.x.any()
    assert np.allclose(upper.x, 0.5 * np.tanh(0.5 * upper.value * upper.x), rtol=1e-13, atol=0.0)
    assert np.allclose(upper.x, -lower.x[::-1], rtol=1e-14)


def test_curves_are_moved_by_the_input():
    """w x(1 - x) = kappa at y = x - w' u, b = ln(y/(1 - y)) - w x; the cusp is at -2 - 4 w' u."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        neuron, kappas = drawn(rng)
        u = float(rng.normal())
        shift = mpf(neuron.input_weight) * mpf(u)
        low = float(-2 - 4 * shift)
        found = doya.bifurcation_curves(neuron, (-60.0, 60.0), (low - 50, low + 30), points=9, u=u)
        (cusp,) = found.special_points
        assert units(cusp.b, -2 - 4 * shift) <= 0.51
        assert cusp.u == found.u == u
        assert found.curves
        for curve in found.curves:
            kappa = kappas[curve.kind]
            for w, b, x in zip(curve.w.tolist(), curve.b.tolist(), curve.x.tolist(), strict=True):
                y = mpf(x) - shift
                # The point differs from an exact one by rounding of w, x and b.
                if kappa / mpf(w) < mpf("0.2499"):
                    root = mp.sqrt(1 - 4 * kappa / mpf(w))
                    exact = min(((1 - root) / 2, (1 + root) / 2), key=lambda one: abs(one - y))
                    assert abs(exact - y) <= 1e-15 * (4 + abs(shift))
                    truth = mp.log(exact / (1 - exact)) - mpf(w) * (exact + shift)
                    assert abs(truth - b) <= 1e-15 * (abs(w) * (1 + abs(shift)) + abs(b) + 4)


def test_regions_under_an_input_count_its_equilibria():
    """Between the folds there are three equilibria, elsewhere one."""
    found = doya.bifurcation_curves(doya.NeuronODE(), (0.0, 10.0), (-12.0, 1.0), u=0.3)
    assert [(each.name, each.equilibria) for each in found.regions] == [
        ("between the folds", 3), ("elsewhere", 1),
    ]  # fmt: skip
    for region in found.regions:
        w, b = region.inside
        assert len(oracles.equilibria(w, mpf(b) + mpf(w) * mpf("0.3"))) == region.equilibria


def test_motion_under_an_input_leads_to_the_equilibria():
    """Between two neighbours dx/dt has the sign of the motion, and vanishes at the equilibria."""
    neuron = doya.NeuronODE(5.0, -2.5, input_weight=-2.0)
    for over, u in (("u", 0.0), ("b", 0.4), ("w", 0.1)):
        motion = doya.bifurcation_diagram(neuron, over, u=u).motion()
        assert motion.value.size
        for value, below, above, rises in zip(*(each.tolist() for each in motion), strict=True):
            there = neuron if over == "u" else neuron.replace(**{over: value})
            drive = value if over == "u" else u
            assert (there.rate(0.5 * (below + above), drive) > 0.0) == rises
            ends = doya.equilibria(there, drive).x.tolist()
            ends += [-2.0 * drive, 1.0 - 2.0 * drive]
            for end in (below, above):
                assert min(abs(end - each) for each in ends) < 1e-12


@pytest.mark.parametrize("b", [1e-30, 1e-40, -1e-300])
def test_folds_beside_the_pitchfork_come_to_an_end(b):
    """At w' u = -1/2 and b = 0 three equilibria meet at w = 4; for b beside it rounding decides."""
    points = doya.bifurcation_points(doya.NeuronODE(5.0, b), "w", u=-0.5)
    assert [point.value for point in points] == pytest.approx([4.0] * len(points), rel=1e-12)


@pytest.mark.parametrize(("over", "u"), [("u", 0.0), ("b", 0.3), ("epsilon", 0.3)])
def test_two_cycles_under_an_input_return(over, u):
    """Two steps of x' = (1 - eps) x + eps sigma(w x + b) + eps w' u lead back to each state."""
    neuron = doya.NeuronMap(-10.0, 11.0, epsilon=0.9, input_weight=2.0)
    found = doya.bifurcation_diagram(neuron, over, u=u).two_cycles
    assert found
    for each in found:
        for value, low, high in zip(each.value, each.low, each.high, strict=True):
            there = neuron if over == "u" else neuron.replace(**{over: float(value)})
            drive = float(value) if over == "u" else u
            assert np.allclose(there.step([low, high], drive), [high, low], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: doya.bifurcation_points(doya.NeuronODE(w=0.0), "u"),
            "over must not be 'u' where w w' = 0: .* got w = 0 and w' = 1",
        ),
        (
            lambda: doya.bifurcation_diagram(doya.NeuronMap(input_weight=0.0), "u"),
            "over must not be 'u' where w w' = 0: .* got w = 5 and w' = 0",
        ),
        (lambda: doya.bifurcation_points(doya.NeuronODE(), u=math.nan), "u must be finite, .* nan"),
        (
            lambda: doya.bifurcation_points(doya.NeuronODE(), u=[0.1, 0.2]),
            "u must be one number, .*",
        ),
        (
            lambda: doya.bifurcation_diagram(doya.NeuronODE(1e60), "b", (-1.0, 1.0), u=1e60),
            "b . w w' u must be from -1e100 to 1e100, got 9.9.*e.119: use a u closer to 0",
        ),
        (
            lambda: doya.bifurcation_diagram(doya.NeuronODE(1e60), u=1e60),
            "u must be closer to 0: all bifurcations are beyond 1e100",
        ),
        (
            lambda: doya.bifurcation_curves(doya.NeuronODE(), (0.0, 1e60), u=1e60),
            "b . w w' u must be from -1e100",
        ),
    ],
)
def test_wrong_inputs_are_named(call, words):
    """The argument, its range and a remedy."""
    with pytest.raises(doya.ArgumentError, match=words):
        call()


def test_results_show_their_input():
    """As one of the settings."""
    neuron = doya.NeuronODE()
    assert "u = 0.25" in repr(doya.bifurcation_diagram(neuron, u=0.25))
    assert "u = 0.25" in repr(doya.bifurcation_curves(neuron, u=0.25))


def test_pictures_name_the_input_and_hold_its_states():
    """The axis is labelled "input u", the setting lists u and w', and each branch is inside."""
    neuron = doya.NeuronMap(-10.0, 4.0, epsilon=0.8, input_weight=2.0)
    swept, fixed = Figure().subplots(1, 2)
    doya.plots.draw_bifurcation_diagram(doya.bifurcation_diagram(neuron, "u"), swept)
    doya.plots.draw_bifurcation_diagram(doya.bifurcation_diagram(neuron, u=1.5), fixed)
    assert (swept.get_xlabel(), fixed.get_xlabel()) == ("input u", "b")
    assert "w = \N{MINUS SIGN}10, b = 4, ε = 0.8, w\N{PRIME} = 2" in _texts(swept)
    assert "w = \N{MINUS SIGN}10, ε = 0.8, u = 1.5, w\N{PRIME} = 2" in _texts(fixed)
    for ax in (swept, fixed):
        low, high = ax.get_ylim()
        assert all(low < line.get_ydata().min() for line in ax.lines)
        assert all(line.get_ydata().max() < high for line in ax.lines)
    curves, orbits = Figure().subplots(), Figure(figsize=(3.3, 3.5)).subplots()
    doya.plots.draw_bifurcation_curves(doya.bifurcation_curves(neuron, u=1.5), curves)
    assert "ε = 0.8, u = 1.5, w\N{PRIME} = 2" in _texts(curves)
    doya.plots.draw_orbit_diagram(doya.orbit_diagram(neuron, "u", points=20), orbits)
    assert orbits.figure.axes[-1].get_xlabel() == "input u"


def _texts(ax):
    return [text.get_text() for text in ax.texts]
