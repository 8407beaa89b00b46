"""Orbits, cycles and exponents in authors' letters, against loops of the authors' equations."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from authors import converted

EQUATIONS = {
    "pasemann": (
        lambda a, of, gamma, theta, w: gamma * a + theta + w / (1 + of.exp(-a)),
        lambda a, of, gamma, theta, w: gamma + w / (1 + of.exp(-a)) / (1 + of.exp(a)),
    ),
    "aihara": (
        lambda y, of, k, alpha, a, epsilon: k * y - alpha / (1 + of.exp(-y / epsilon)) + a,
        lambda y, of, k, alpha, a, epsilon: (
            k - alpha / epsilon / (1 + of.exp(-y / epsilon)) / (1 + of.exp(y / epsilon))
        ),
    ),
    "tanh": (
        lambda a, of, w, h, epsilon: (1 - epsilon) * a + epsilon * (w * of.tanh(a) + h),
        lambda a, of, w, h, epsilon: 1 - epsilon + epsilon * w * (1 - of.tanh(a) ** 2),
    ),
}
LINES = [
    ("pasemann", {"gamma": 0.5, "theta": 5.0, "w": -18.0}, "gamma", (0.0, 1.0)),
    ("pasemann", {"gamma": 0.5, "theta": 5.0, "w": -18.0}, "w", (-22.0, 5.0)),
    ("pasemann", {"gamma": 0.5, "theta": 5.0, "w": -18.0}, "theta", (-2.0, 20.0)),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.05}, "epsilon", (0.025, 0.2)),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.05}, "k", (0.1, 0.9)),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.05}, "alpha", (0.0, 1.5)),
    ("tanh", {"w": -9.35, "h": -4.3, "epsilon": 0.5}, "w", (-12.0, 3.0)),
    ("tanh", {"w": -9.35, "h": -4.3, "epsilon": 0.5}, "epsilon", (0.1, 0.55)),
]


@pytest.mark.parametrize(("author", "letters", "letter", "between"), LINES)
def test_orbits_along_a_letter_obey_the_authors_equation(author, letters, letter, between):
    """Each kept state leads to the next, in the author's state and with the letter's value."""
    step, _ = EQUATIONS[author]
    diagram = doya.orbit_diagram(converted(author, letters), letter, between, points=24, kept=64)
    assert (diagram.over, diagram.value[0]) == (letter, between[0])
    assert diagram.value[-1] == pytest.approx(between[1], abs=1e-15)
    # Near 1 the step 1 - gamma is tiny, and 1/epsilon magnifies rounding in Aihara's y.
    inside = slice(0, 23) if between[1] == 1.0 else slice(None)
    for k, value in enumerate(diagram.value[inside].tolist()):
        state = diagram.state[:, k]
        there = {**letters, letter: value}
        if not np.isfinite(state).all():
            continue
        size = 1.0 + np.abs(state).max()
        np.testing.assert_allclose(
            step(state[:, :-1], np, **there), state[:, 1:], rtol=0, atol=1e-9 * size
        )


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "letter", "between"), LINES)
def test_bifurcations_of_cycles_along_a_letter(author, letters, letter, between):
    """Each is the root of both equations, of the cycle and of its multiplier, in 40 digits."""
    step, factor = EQUATIONS[author]
    found = doya.cycle_bifurcations(
        converted(author, letters), letter, between, longest=8, points=200
    )
    assert {each.period for each in found} >= {2}
    for each in found:
        assert each.parameter == letter
        if each.kind not in ("LP", "PD"):
            continue
        known = {name: mpf(value) for name, value in letters.items()}

        def equations(s, value, each=each, known=known):
            there, product, start = {**known, letter: value}, mpf(1), s
            for _ in range(each.period):
                product *= factor(s, mp, **there)
                s = step(s, mp, **there)
            return [s - start, product - (1 if each.kind == "LP" else -1)]

        exact = mp.findroot(equations, (mpf(float(each.state[0])), mpf(each.value)))
        assert abs(exact[1] - each.value) <= 1e-12 * abs(exact[1]), each
        assert abs(exact[0] - each.state[0]) <= 1e-7 * (1 + abs(exact[0]))
    ones = [(each.kind, each.value) for each in found if each.period == 1]
    points = doya.bifurcation_points(converted(author, letters), letter, between)
    assert ones == sorted(((p.kind, p.value) for p in points), key=lambda one: one[1])


def test_pasemanns_published_flip_over_gamma():
    """W = -6, theta = 1: gamma = 0.2237, in 40 digits; below it a 2-cycle attracts."""
    diagram = doya.orbit_diagram(doya.from_pasemann(0.0, 1.0, -6.0), "gamma", (0, 1), points=101)
    assert diagram.between[1] == math.nextafter(1.0, 0.0)
    flip = diagram.equilibria.special_points[0].value
    assert flip == pytest.approx(0.223708504412485897, rel=1e-14)
    assert diagram.period[0].tolist() == [2 if value < flip else 1 for value in diagram.value]


def test_a_slow_ramp_of_the_weight_has_hysteresis():
    """theta = -2.4, gamma = 0: between the folds 4.638 and 5.208 the two ways differ."""
    led = doya.orbit_diagram(
        doya.from_pasemann(0.0, -2.4, 5.0), "w", (3.0, 7.0), points=401, follow=True
    )
    apart = np.abs(led.state[0, :, 0] - led.state[1, :, 0]) > 0.01
    inside = (led.value > 4.637730694949675) & (led.value < 5.207829017902959)
    assert np.array_equal(apart, inside)


def test_cycles_and_exponents_are_those_of_the_equation():
    """The states of each cycle return, and the exponent is the mean of ln|mu| of a loop."""
    letters = {"k": 0.7, "alpha": 1.0, "a": 0.3968, "epsilon": 0.01}
    neuron = doya.from_aihara(**letters)
    step, factor = EQUATIONS["aihara"]
    for period in (1, 2, 3, 4):
        for cycle in doya.cycles(neuron, period):
            after = step(cycle.state, np, **letters)
            np.testing.assert_allclose(after, np.roll(cycle.state, -1), rtol=0, atol=1e-10)
    y, total = neuron.from_state(0.3), 0.0
    for k in range(60_000):
        total += math.log(abs(factor(y, np, **letters))) if k >= 10_000 else 0.0
        y = step(y, np, **letters)
    assert doya.lyapunov_exponent(neuron, steps=50_000, transient=10_000) == pytest.approx(
        total / 50_000, abs=0.02
    )


def test_trajectories_and_sensitivities_stand_beside_the_authors_state():
    """x0 and x are Doya's; the state follows the author's equation."""
    letters = {"gamma": [[0.3], [0.6]], "theta": [1.0, 2.0, 3.0], "w": -4.0}
    neuron = doya.from_pasemann(**letters)
    found = doya.simulate(neuron, neuron.to_state(0.5), 12)
    assert found.state.shape == found.x.shape == (2, 3, 13)
    step, _ = EQUATIONS["pasemann"]
    gamma, theta = np.array(letters["gamma"])[..., None], np.array(letters["theta"])[:, None]
    after = step(found.state[..., :-1], np, gamma, theta, -4.0)
    np.testing.assert_allclose(after, found.state[..., 1:], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.state[..., 0], 0.5, rtol=1e-14)
    start = neuron.to_state(0.5)
    assert np.array_equal(doya.final_state(neuron, start, 12), found.x[..., -1])
    derivatives = doya.sensitivity(neuron, start, 12)
    np.testing.assert_allclose(derivatives.state, found.state[..., -1], rtol=1e-14)
    plain = doya.sensitivity(neuron.neuron, start, 12)
    assert plain.state is plain.x


def test_equilibria_of_an_ensemble_have_the_authors_states():
    """r of a grid of inputs, each as if alone."""
    inputs = np.linspace(0.0, 1.0, 7)
    found = doya.equilibria(doya.from_wilson_cowan(5.0, 2.8, 1.2, inputs))
    assert found.state.shape == found.x.shape
    for row, each in zip(found.state, inputs, strict=True):
        alone = doya.equilibria(doya.from_wilson_cowan(5.0, 2.8, 1.2, each)).state
        assert np.array_equal(row[: alone.size], alone)
    assert found.state[0, 0] == 0.0


def test_flows_have_no_orbit_diagram_in_any_letters():
    with pytest.raises(doya.ArgumentError, match="must be a NeuronMap, got a NeuronODE"):
        doya.orbit_diagram(doya.from_tanh_flow(1.0, 0.0), "w")
