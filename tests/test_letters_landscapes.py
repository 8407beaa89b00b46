"""Landscapes over authors' letters: cells in 40 digits, walls by a scan of his own equation."""

import math

import numpy as np
import pytest

import author_oracle
import doya
from authors import converted
from iterating import iterated

POPULATION = {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 2.0}


def sigma(q):
    return 0.5 * (1.0 + np.tanh(0.5 * q))


# One small step of each author's equation; the maps as they are, the flows in steps of tau/5.
EQUATIONS = {
    "pascanu": lambda s, w, b: w * sigma(s) + b,
    "pasemann": lambda s, gamma, theta, w: gamma * s + theta + w * sigma(s),
    "aihara": lambda s, k, alpha, a, epsilon: k * s - alpha * sigma(s / epsilon) + a,
    "tanh": lambda s, w, h, epsilon: (1.0 - epsilon) * s + epsilon * (w * np.tanh(s) + h),
    "beer": lambda s, w, theta, input, tau: s + 0.2 * (-s + w * sigma(s + theta) + input),
    "tanh-flow": lambda s, w, h, tau: s + 0.2 * (-s + np.tanh(w * s + h)),
    "wilson-cowan": lambda s, w, theta, a, input, tau: (
        s + 0.2 * (-s + sigma(a * (w * s + input - theta)) - sigma(-a * theta))
    ),
}


def settled(author, letters, start, steps=4000):
    def step(s, *values):
        return EQUATIONS[author](s, **dict(zip(letters, values, strict=True)))

    return iterated(step, start, steps, *letters.values())


CELLS = [
    ("tanh", {"w": 1.25, "h": 0.1, "epsilon": 1.0}, {"w": [0.9, 1.4], "h": [-0.1, 0.3]}, 0.2, 12),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": -6.0}, {"gamma": [0.1, 0.6]}, 0.4, 9),
    ("wilson-cowan", POPULATION, {"input": [0.3, 0.7], "w": [4.0, 6.0]}, 0.3, 6.0),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.1}, {"epsilon": [0.1, 0.3]}, 0.2, 7),
]


@pytest.mark.parametrize(("author", "letters", "over", "start", "end"), CELLS)
def test_loss_and_gradient_of_the_authors_state(author, letters, over, start, end):
    """(target - s)**2 and 2 (s - target) ds/dL in each corner, in 40 digits."""
    neuron = converted(author, letters)
    x0, t_end = neuron.to_state(start), float(neuron.to_time(float(end)))
    target = 0.37
    found = doya.loss_landscape(neuron, over, x0, t_end, target)
    assert (list(found.axes), found.conversion.author) == (list(over), author)
    assert found.start == pytest.approx(start, rel=1e-14)
    for cell in np.ndindex(*found.loss.shape):
        there = {**letters, **{name: over[name][k] for name, k in zip(over, cell, strict=True)}}
        state = float(author_oracle.state(author, there, start, end))
        assert found.state[cell] == pytest.approx(state, rel=1e-12)
        assert found.loss[cell] == pytest.approx((target - state) ** 2, rel=1e-11)
        assert found.x[cell] == pytest.approx(
            float(converted(author, there).to_state(state)), rel=1e-11
        )
        for name in over:
            slope = float(author_oracle.derivative(author, there, start, end, name))
            assert found.gradient[name][cell] == pytest.approx(
                2.0 * (state - target) * slope, rel=1e-10
            )


# (author, letters, letter, range, start)
LINES = [
    ("pascanu", {"w": 6.0, "b": -3.0}, "b", (-5.0, -1.0), 0.3),
    ("pascanu", {"w": 6.0, "b": -3.0}, "b", (-5.0, -1.0), 3.0),
    ("pascanu", {"w": 6.0, "b": -3.3}, "w", (3.0, 9.0), 0.2),
    ("pascanu", {"w": 6.0, "b": -3.3}, "w", (3.0, 9.0), -4.0),
    ("pasemann", {"gamma": 0.5, "theta": -1.6, "w": 3.0}, "gamma", (0.0, 0.9), -0.3),
    ("pasemann", {"gamma": 0.5, "theta": -1.6, "w": 3.0}, "gamma", (0.0, 0.9), 4.0),
    ("pasemann", {"gamma": 0.5, "theta": -1.6, "w": 3.0}, "w", (2.0, 5.0), -0.3),
    ("pasemann", {"gamma": 0.5, "theta": -1.6, "w": 3.0}, "theta", (-3.0, 0.0), 0.4),
    ("beer", {"w": 6.0, "theta": 0.0, "input": -3.0, "tau": 1.0}, "input", (-5.0, -1.0), 0.2),
    ("beer", {"w": 6.0, "theta": -2.0, "input": -1.0, "tau": 1.0}, "theta", (-4.0, 0.0), 2.2),
    ("beer", {"w": 6.0, "theta": -2.0, "input": -1.0, "tau": 1.0}, "theta", (-4.0, 0.0), -6.0),
    ("beer", {"w": 6.0, "theta": -2.0, "input": -1.0, "tau": 1.0}, "w", (3.0, 9.0), 2.2),
    ("wilson-cowan", POPULATION, "input", (0.0, 1.0), 0.4),
    ("wilson-cowan", POPULATION, "input", (0.0, 1.0), -0.1),
    ("wilson-cowan", POPULATION, "w", (3.0, 9.0), 0.4),
    ("wilson-cowan", POPULATION, "w", (3.0, 9.0), 0.95),
    ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 1.0}, "w", (0.5, 3.0), -0.2),
    ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 1.0}, "w", (0.5, 3.0), -0.9),
    ("tanh-flow", {"w": 2.0, "h": 0.1, "tau": 1.0}, "h", (-0.8, 0.8), -0.9),
    ("tanh", {"w": 2.0, "h": 0.2, "epsilon": 1.0}, "w", (0.5, 3.0), -1.0),
    ("tanh", {"w": 2.0, "h": 0.2, "epsilon": 0.5}, "h", (-0.8, 0.8), 0.3),
    ("tanh", {"w": -2.0, "h": 0.2, "epsilon": 1.0}, "h", (-0.8, 0.8), 0.1),
    ("tanh", {"w": -2.0, "h": 0.2, "epsilon": 1.0}, "w", (-3.0, -0.5), 0.1),
    ("pascanu", {"w": -6.0, "b": 3.0}, "b", (1.0, 5.0), 0.2),
    ("pascanu", {"w": -6.0, "b": 3.0}, "w", (-9.0, -3.0), 0.2),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "letter", "between", "start"), LINES)
def test_walls_are_where_the_authors_state_jumps(author, letters, letter, between, start):
    """Both ways: no jump of a scan without a wall, and no wall of some size without a jump."""
    neuron = converted(author, letters)
    target, end = 0.3, 60
    found = doya.loss_landscape(
        neuron, {letter: np.linspace(*between, 5)}, neuron.to_state(start), end, target
    )
    assert found.further_walls == ""
    grid = np.linspace(*between, 4002)  # no cell is an end of a wall
    state = settled(author, {**letters, letter: grid}, start)
    jumps = np.flatnonzero(np.abs(np.diff(state)) > 0.08)
    walls = [wall for wall in found.walls if wall.size[0] > 0.1]
    assert len(walls) == len(jumps), (jumps, found.walls)
    step = grid[1] - grid[0]
    for wall, k in zip(walls, jumps, strict=True):
        value = float(wall.values[letter][0])
        assert grid[k] - step <= value <= grid[k + 1] + step
        # Beside the wall the state settles slowly, at a fold.
        beside = 1e-5 if wall.kind == "fold" else 1e-7
        near = 0.03 if wall.kind == "fold" else 1e-6
        sides = [
            settled(author, {**letters, letter: value + away * beside}, start, 60_000)
            for away in (-1.0, 1.0)
        ]
        for loss, side in zip((wall.below, wall.above), sides, strict=True):
            assert loss[0] == pytest.approx((target - float(side)) ** 2, abs=20.0 * near)


def test_boundaries_and_phases_in_closed_form():
    """h of tanh's wall is a0 - w tanh(a0), and w is (a0 - h)/tanh(a0)."""
    a0 = 0.3
    neuron = doya.from_tanh(2.0, 0.1)
    h = doya.loss_landscape(neuron, {"h": [-0.9, 0.9]}, neuron.to_state(a0), 50).walls
    assert [wall.kind for wall in h] == ["boundary"]
    assert h[0].values["h"][0] == pytest.approx(a0 - 2.0 * math.tanh(a0), rel=1e-14)
    w = doya.loss_landscape(neuron, {"w": [0.5, 3.0]}, neuron.to_state(-0.3), 50).walls
    assert w[0].values["w"][0] == pytest.approx((-0.3 - 0.1) / math.tanh(-0.3), rel=1e-14)
    inhibited = doya.from_tanh(-2.0, 0.1)
    (phase,) = doya.loss_landscape(inhibited, {"h": [-0.9, 1.9]}, inhibited.to_state(a0), 50).walls
    assert phase.kind == "phase"
    assert phase.values["h"][0] == pytest.approx(a0 + 2.0 * math.tanh(a0), rel=1e-14)


def test_the_wall_over_input_is_that_of_doyas_bias():
    """Beer's neuron with theta = 0: y = w x + input, so y - y* is 5 (x - x*) on the wall."""
    beer = doya.from_beer(5.0, 0.0, -2.5, 1.0)
    grid = np.linspace(-3.0, -2.0, 101)
    plain = doya.loss_landscape(beer.neuron, {"b": grid})
    found = doya.loss_landscape(beer, {"input": grid})
    assert found.target == pytest.approx(5.0 * 0.855 - 2.5, rel=1e-15)
    (own,), (wall,) = found.walls, plain.walls
    assert own.values["input"][0] == wall.values["b"][0] == -2.5
    assert own.below[0] == pytest.approx(25.0 * wall.below[0], rel=1e-9)
    assert own.size[0] == pytest.approx(5.0 * wall.size[0], rel=1e-12)
    # y(0) = 0 for all inputs, where x(0) = 1/2 would be y(0) = 2.5 + input: exp(T/4) grows alike.
    assert own.largest_gradient[0] / wall.largest_gradient[0] == pytest.approx(20.0, rel=0.01)
    assert found.minimum["loss"] == 0.0


@pytest.mark.long
def test_walls_over_two_letters_are_curves_of_equilibria():
    """On each boundary the state at the start is an unstable equilibrium of his equation."""
    neuron = doya.from_tanh_flow(2.0, 0.0)
    axes = {"w": np.linspace(0.8, 3.0, 12), "h": np.linspace(-1.0, 1.0, 11)}
    start = 0.3
    found = doya.loss_landscape(neuron, axes, neuron.to_state(start), 30.0)
    kinds = {wall.kind for wall in found.walls}
    assert kinds == {"boundary", "fold"}
    for wall in found.walls:
        assert wall.over == "h"
        w, h = wall.values["w"], wall.values["h"]
        if wall.kind == "boundary":
            np.testing.assert_allclose(np.tanh(w * start + h), start, rtol=1e-12)
            assert np.all(w * (1.0 - start**2) >= 1.0 - 1e-9)
        else:  # y = -sqrt(1 - 1/w) or its opposite, in 16 digits
            y = np.sqrt(1.0 - 1.0 / w)
            fold = np.arctanh(y) - w * y
            np.testing.assert_allclose(np.abs(h), np.abs(fold), rtol=1e-7, atol=1e-12)
    assert found.largest_gradient.value >= found.largest_gradient.on_grid


def test_the_curve_and_the_minimum_are_in_the_authors_state():
    """The loss is 0 where a(T) is the target."""
    neuron = doya.from_tanh(1.25, 0.0)
    found = doya.loss_landscape(neuron, {"h": np.linspace(-0.2, 0.3, 41)}, 0.6, 30, 1.1)
    curve = found.curve
    np.testing.assert_allclose(curve.loss, (1.1 - curve.state) ** 2, rtol=1e-12)
    np.testing.assert_allclose(curve.x, neuron.to_state(curve.state), rtol=1e-14)
    best = doya.from_tanh(1.25, found.minimum["h"])
    a = float(best.from_state(doya.final_state(best.neuron, best.to_state(found.start), 30)))
    assert a == pytest.approx(1.1, rel=1e-13)
    assert found.minimum["loss"] == 0.0


def test_walls_that_are_not_searched_are_said():
    """Pasemann's neuron with gamma > 0 and w < 0: the start may reach the fixed point later."""
    found = doya.loss_landscape(
        doya.from_pasemann(0.2, 3.0, -8.0), {"theta": np.linspace(2.0, 4.0, 5)}, 0.4, 21, 0.7
    )
    assert "over letters they are not searched" in found.further_walls
    assert found.largest_gradient.is_lower_bound


BEER = doya.from_beer(5.0, -3.0, 0.7, 2.0)
REFUSED = [
    ({"over": {"b": [-3.0, -2.0]}}, "over must be among w, theta, input, tau for Beer's neuron"),
    ({"over": {"tau": [1.0, 2.0]}}, "over must not be 'tau': it is the unit of time"),
    ({"over": {"w": [-1.0, 2.0]}}, "w must not be 0 within the range"),
    ({"over": {"input": [0.0, 1.0]}, "u": 0.1}, "u must not be given for a Conversion, got 0.1"),
    ({"over": {"input": [0.0, 1.0]}, "hessian": True}, "hessian must be False for a Conversion"),
    ({"over": {"input": [1.0, 0.0]}}, "over must have at least two ascending values of input"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_landscapes_that_do_not_exist_are_refused(options, words):
    """One sentence that names the argument."""
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(BEER, **options)
