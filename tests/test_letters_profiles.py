"""Profiles of sensitivities along authors' letters, from a fixed state of the author."""

import math

import numpy as np
import pytest

import author_oracle
import doya
from authors import converted

POPULATION = {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 3.0}
PASEMANN = {"gamma": 0.4, "theta": 1.0, "w": -6.0}
LINES = [
    ("wilson-cowan", POPULATION, "theta", (2.0, 3.5), 0.3, 12.0),
    ("wilson-cowan", POPULATION, "tau", (1.0, 5.0), 0.3, 12.0),
    ("wilson-cowan", POPULATION, "w", (3.0, 6.0), 0.3, 12.0),
    ("pasemann", PASEMANN, "gamma", (0.0, 0.9), 0.2, 9),
    ("pasemann", PASEMANN, "w", (-7.0, -3.0), 0.2, 9),
    ("tanh", {"w": 1.25, "h": 0.05, "epsilon": 1.0}, "w", (0.5, 2.0), 0.2, 20),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "letter", "between", "start", "end"), LINES)
def test_the_state_at_the_start_and_the_authors_time_stay_constant(
    author, letters, letter, between, start, end
):
    """States and derivatives at three values of the letter, in 40 digits."""
    neuron = converted(author, letters)
    wrt = [name for name in letters if (author, name) != ("tanh", "epsilon")]
    found = doya.sensitivity_profile(
        neuron, neuron.to_state(start), neuron.to_time(float(end)), wrt, letter, between, points=20
    )
    assert (found.over, found.between, found.wrt) == (letter, between, tuple(wrt))
    for k in (0, found.value.size // 2, -1):
        there = {**letters, letter: float(found.value[k])}
        exact = float(author_oracle.state(author, there, start, end))
        assert found.state[k] == pytest.approx(exact, rel=1e-12, abs=1e-14)
        alone = converted(author, there)
        assert found.x[k] == pytest.approx(float(alone.to_state(exact)), rel=1e-12)
        for name in ("x0", *wrt):
            exact = float(author_oracle.derivative(author, there, start, end, name))
            assert found.derivative[name][k] == pytest.approx(exact, rel=1e-9, abs=1e-11), name
            assert found.finite_difference[name][k] == pytest.approx(exact, rel=1e-3, abs=1e-5)


def test_settled_values_and_walls_along_a_letter():
    """tanh flow, y(0) = 0: the wall over h is at 0; dy/dt is (w - 1) y + h near it."""
    neuron = doya.from_tanh_flow(1.25, 0.3)
    found = doya.sensitivity_profile(neuron, 0.5, 50.0, "h", "h", (-0.2, 0.2))
    at = int(found.derivative["h"].argmax())
    assert abs(found.value[at]) < 1e-7
    wall = math.expm1(0.25 * 50.0) / 0.25
    assert found.derivative["h"][at] == pytest.approx(wall, rel=2e-3)
    y = math.tanh(1.25 * found.state[-1] + 0.2)
    slope = 1.0 - y * y
    assert found.settled["h"][-1] == pytest.approx(slope / (1.0 - 1.25 * slope), rel=1e-9)
    assert found.torn("h").any()


@pytest.mark.long
def test_profiles_over_the_start_and_over_time():
    """The start is the author's state; over T each piece of an input follows the one before."""
    neuron = converted("wilson-cowan", POPULATION)
    over_start = doya.sensitivity_profile(
        neuron, 0.5, 4.0, ("input", "x0"), "x0", (0.1, 0.4), points=4
    )
    assert over_start.value[[0, -1]].tolist() == [0.1, 0.4]
    for k, start in enumerate(over_start.value.tolist()):
        exact = author_oracle.derivative("wilson-cowan", POPULATION, start, 12.0, "input")
        assert over_start.derivative["input"][k] == pytest.approx(float(exact), rel=1e-9)
    pulse = doya.Pulses([(1.0, 2.0, 0.3)])
    over_time = doya.sensitivity_profile(neuron, 0.3, 5.0, ("input", "w"), "t", u=pulse, points=21)
    for k in (5, 12, -1):
        alone = doya.sensitivity(
            neuron, 0.3, float(over_time.value[k]), ("x0", "input", "w"), pulse
        )
        assert over_time.state[k] == pytest.approx(float(alone.state), rel=1e-12)
        for name in ("x0", "input", "w"):
            assert over_time.derivative[name][k] == pytest.approx(
                float(alone.derivative[name]), rel=1e-11
            )
            assert over_time.finite_difference[name][k] == pytest.approx(
                float(alone.derivative[name]), rel=1e-4
            )
    steps = doya.sensitivity_profile(converted("pasemann", PASEMANN), 0.3, 9, "gamma", "t")
    start = converted("pasemann", PASEMANN).from_state(0.3)
    for k, step in enumerate(steps.value.tolist()):
        exact = author_oracle.derivative("pasemann", PASEMANN, start, step, "gamma")
        assert steps.derivative["gamma"][k] == pytest.approx(float(exact), rel=1e-10, abs=1e-13)


def test_the_default_letter_is_the_one_that_moves_b_alone():
    """Its range is that of the bifurcation diagram; several starts and ends have axes."""
    neuron = converted("wilson-cowan", POPULATION)
    found = doya.sensitivity_profile(neuron, [0.2, 0.5], [1.0, 9.0, math.inf], points=9)
    assert (found.over, found.wrt) == ("input", ("input",))
    assert found.between == doya.bifurcation_diagram(neuron, "input").between
    assert found.state.shape == (2, 3, found.value.size)
    away = np.abs(found.settled["input"][:, 2]) < 0.5  # folds and walls are infinitely steep
    assert away.mean() > 0.8
    assert np.allclose(
        found.derivative["input"][:, 2][away], found.settled["input"][:, 2][away], rtol=1e-9
    )


BEER = doya.from_beer(5.0, -3.0, 0.7, 2.0)
REFUSED = [
    (
        {"over": "w", "between": (-1.0, 1.0)},
        "w must not be 0 within the range, since the author's state y does not .*, got -1 to 1",
    ),
    ({"over": "tau"}, "between must be given for over = 'tau', whose range has no default"),
    ({"over": "b"}, "over must be one of 'w', 'theta', 'input', 'tau', 'x0', 'u', 't' for Beer's"),
    ({"wrt": "b"}, "wrt must be among w, theta, input, tau, x0, got 'b'"),
    (
        {"wrt": "tau", "over": "t", "u": doya.Pulses([(1.0, 2.0, 0.1)])},
        "wrt must not have the unit of time",
    ),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_profiles_that_do_not_exist_are_refused(options, words):
    """One sentence that names the argument."""
    with pytest.raises(doya.ArgumentError, match=words):
        doya.sensitivity_profile(BEER, 0.5, 3.0, **options)
