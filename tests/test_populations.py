"""Wilson and Cowan's population and the tanh neuron with memory, against their own equations."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.integrate import solve_ivp

import doya
from authors import FROM

TUTORIAL = {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 1.0}


def silence(letters):
    """c = sigma(-a theta) in 40 digits."""
    with mp.workdps(40):
        return 1 / (1 + mp.exp(mpf(letters["a"]) * mpf(letters["theta"])))


def test_the_three_fixed_points_of_the_neuromatch_tutorial():
    """Published: .042, .447, .900 with eigenvalues -.583, .498, -.626.

    w = 1.2 * 5, b = 1.2 (0.5 - 2.8 - 5 c), r = x - c, in 40-digit arithmetic.
    """
    population = doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5)
    assert population.parameters == TUTORIAL
    assert population.neuron.w == 6.0
    assert population.neuron.b == pytest.approx(-2.961415339688895, rel=1e-15)
    found = doya.equilibria(population.neuron)
    truth = [0.0415366990133176482, 0.447119224089834466, 0.899717153856086567]
    np.testing.assert_allclose(population.from_state(found.x), truth, rtol=1e-13)
    eigenvalues = [-0.583209863613714, 0.497762383610418, -0.626422507677999]
    np.testing.assert_allclose(found.eigenvalue, eigenvalues, rtol=1e-13)


def test_the_fixed_points_of_the_tanh_flow():
    """V = 2, c = 0.1: roots of x = tanh(2 x + 0.1), in 40-digit arithmetic."""
    tanh = doya.from_tanh_flow(2.0, 0.1)
    found = doya.equilibria(tanh.neuron)
    truth = [-0.945963582424508106, -0.100338781490417454, 0.966253709393269567]
    np.testing.assert_allclose(tanh.from_state(found.x), truth, rtol=1e-13)
    eigenvalues = [-0.789694198546818, 0.979864257858037, -0.867292461832506]
    np.testing.assert_allclose(found.eigenvalue, eigenvalues, rtol=1e-13)


RATES = {
    "wilson-cowan": lambda r, w, theta, a, input, tau: (
        (-r + 1 / (1 + math.exp(-a * (w * r + input - theta))) - 1 / (1 + math.exp(a * theta)))
        / tau
    ),
    "tanh-flow": lambda y, w, h, tau: (-y + math.tanh(w * y + h)) / tau,
}


@pytest.mark.parametrize(
    ("author", "letters", "start"),
    [
        ("wilson-cowan", TUTORIAL | {"tau": 2.5}, 0.45),
        ("wilson-cowan", {"w": -4.0, "theta": 0.7, "a": 3.0, "input": 1.2, "tau": 0.4}, -0.1),
        ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 2.5}, -0.1),
        ("tanh-flow", {"w": -3.0, "h": 0.4, "tau": 0.3}, 0.9),
    ],
)
def test_flows_are_those_of_the_authors_own_equation(author, letters, start):
    """Solved by steps, in the author's state and time."""
    times = np.array([0.3, 1.0, 4.0, 20.0])
    solved = solve_ivp(
        lambda t, y: [RATES[author](y[0], **letters)], (0.0, 20.0), [start], t_eval=times,
        method="DOP853", rtol=1e-13, atol=1e-14,
    )  # fmt: skip
    found = FROM[author](**letters)
    x = doya.final_state(found.neuron, found.to_state(start), found.to_time(times))
    np.testing.assert_allclose(found.from_state(x), solved.y[0], rtol=0, atol=1e-11)


def test_states_of_a_population_are_x_less_c():
    """r = x - c and x = r + c, to a few units of the larger, in 40 digits."""
    rng = np.random.default_rng(3)
    for _ in range(300):
        letters = {
            "w": rng.normal(), "theta": 5.0 * rng.normal(), "a": 10.0 ** rng.uniform(-2, 2),
        }  # fmt: skip
        population, c = doya.from_wilson_cowan(**letters), silence(letters)
        x = float(rng.random())
        # The rounding of a theta moves c by c (1 - c) times its own size.
        slack = 4e-16 * (1 + abs(letters["a"] * letters["theta"])) * float(c)
        assert population.from_state(x) == pytest.approx(float(mpf(x) - c), rel=4e-16, abs=slack)
        assert population.to_state(x) == pytest.approx(float(mpf(x) + c), rel=4e-16, abs=slack)


@pytest.mark.parametrize("epsilon", [0.2, 0.75])
def test_both_forms_of_the_tanh_neuron_with_memory(epsilon):
    """a' = (1 - eps) a + eps (w tanh a + h); y' = (1 - eps) y + eps tanh(w y + h), y = 2 x - 1."""
    w, h = 1.7, -0.15
    tanh = doya.from_tanh(w, h, epsilon)
    a = 0.4
    y = (a - h) / w
    x = doya.simulate(tanh.neuron, tanh.to_state(a), 60).x
    for state, each in zip(tanh.from_state(x), x, strict=True):
        assert state == pytest.approx(a, rel=1e-12)
        assert 2.0 * each - 1.0 == pytest.approx(y, rel=1e-12)
        a = (1.0 - epsilon) * a + epsilon * (w * math.tanh(a) + h)
        y = (1.0 - epsilon) * y + epsilon * math.tanh(w * y + h)


def test_grids_may_end_at_lawful_neurons():
    """alpha = 0 and w = 0 are neurons with w = 0: x settles at sigma(b) = 1/2 for b = 0."""
    for each in (
        doya.from_aihara(0.5, np.linspace(0.0, 1.0, 3), 0.0, 0.1),
        doya.from_pasemann(0.5, 0.0, np.linspace(-1.0, 0.0, 3)),
        doya.from_beer(np.linspace(0.0, 1.0, 3), 0.0, 0.0, 1.0),
        doya.from_wilson_cowan(np.linspace(0.0, 1.0, 3), 0.0, 1.0),
        doya.from_tanh(np.linspace(0.0, 1.0, 3), 0.0, 0.5),
    ):
        at = int(np.flatnonzero(each.neuron.w == 0.0)[0])
        assert doya.equilibria(each.neuron).x[at, 0] == 0.5
        assert np.isfinite(each.from_state(0.5)).all()


def test_the_place_of_a_letter_without_a_neuron_is_named():
    """k = 1 keeps the state for ever: epsilon = 0."""
    with pytest.raises(doya.ArgumentError, match=r"k must be .* got 1.0 at index 4$"):
        doya.from_aihara(np.linspace(0.0, 1.0, 5), 1.0, 0.3, 0.1)
    with pytest.raises(doya.ArgumentError, match=r"gamma must be .* got 1.0 at index 1, 0$"):
        doya.from_pasemann([[0.0], [1.0]], [1.0, 2.0], -6.0)
