"""Straight steps through several parameters cross a wall where closed forms or a naive loop say."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya.landscapes.crossings import crossings
from doya.landscapes.losses import Loss

FLOW = doya.NeuronODE()


def crossed(path, neuron=FLOW, x0=0.5, t_end=50.0, u=None):
    """Return step and place of each crossing, of all kinds of walls, in the order of the steps."""
    values = {name: np.array(each, dtype=float) for name, each in path.items()}
    loss = Loss(neuron, x0, t_end, 0.855, u)
    found = [
        (int(step), {name: float(each[k]) for name, each in place.items()})
        for steps, place in crossings(loss, values)
        for k, step in enumerate(steps)
    ]
    return sorted(found, key=lambda each: each[0])


weights = st.floats(4.5, 9.0)
biases = st.floats(-6.0, 0.0)


@given(w=st.tuples(weights, weights), b=st.tuples(biases, biases))
def test_a_step_from_one_half_crosses_where_b_is_minus_half_of_w(w, b):
    """From x0 = 1/2 the wall is the line b = -w/2, which a segment meets in one point."""
    above = [b[k] + w[k] / 2 for k in (0, 1)]
    found = crossed({"b": b, "w": w})
    if above[0] * above[1] >= 0.0:
        assert len(found) == (above[0] == 0.0 != above[1])
        return
    if min(map(abs, above)) < 1e-9:  # one end is on the wall, to rounding
        return
    part = above[0] / (above[0] - above[1])
    ((step, place),) = found
    assert step == 0
    for name, ends in (("b", b), ("w", w)):
        assert place[name] == pytest.approx(ends[0] + part * (ends[1] - ends[0]), abs=1e-9)


@pytest.mark.parametrize("x0", [0.9, -3.0, 0.2])
def test_a_step_crosses_a_fold_or_a_boundary_at_its_closed_form(x0):
    """The wall is b = ln(c/(1-c)) - w c, c = x0 limited to the folds' states (mpmath)."""
    mpmath.mp.dps = 40
    begin, end = {"b": -1.0, "w": 5.0}, {"b": -6.0, "w": 7.0}

    def above(part):
        b, w = (begin[name] + part * (end[name] - begin[name]) for name in ("b", "w"))
        root = mpmath.sqrt(1 - 4 / w)
        c = min(max(mpmath.mpf(x0), (1 - root) / 2), (1 + root) / 2)
        return b - (mpmath.log(c / (1 - c)) - w * c)

    part = float(mpmath.findroot(above, (0, 1), solver="anderson"))
    ((_, place),) = crossed({name: (begin[name], end[name]) for name in begin}, x0=x0)
    for name in begin:
        assert place[name] == pytest.approx(begin[name] + part * (end[name] - begin[name]))


def test_a_path_around_the_cusp_crosses_no_wall():
    """The line b = -w/2 is a wall for w > 4 only; the third step crosses it there."""
    path = {"b": [-1.9, -1.9, -2.2, -2.2, -4.0], "w": [5.0, 3.0, 3.0, 4.2, 9.0]}
    found = crossed(path)
    assert [step for step, _ in found] == [3]
    # b + w/2 goes from -0.1 to 0.5, so the crossing is at a sixth of the step.
    assert found[0][1]["b"] == pytest.approx(-2.2 - 1.8 / 6, rel=1e-9)
    assert found[0][1]["w"] == pytest.approx(4.2 + 4.8 / 6, rel=1e-9)
    # From w < 4 to w > 4: only what lies beyond w = 4 counts; the second goes through the cusp.
    assert crossed({"b": [-1.0, -3.5], "w": [3.0, 5.0]}) == []
    assert crossed({"b": [-1.0, -3.0], "w": [3.0, 5.0]}) == []
    ((_, place),) = crossed({"b": [-1.0, -4.0], "w": [3.0, 7.0]})
    # b + w/2 = 0.5 - s, so s = 1/2.
    assert place == {"b": pytest.approx(-2.5), "w": pytest.approx(5.0)}
    assert crossed({"b": [-9.0, 9.0], "w": [1.0, 4.0]}) == []


def test_a_step_changes_also_the_start_or_the_start_alone():
    """At w = 5, b = -2.5 the wall is at x0 = 1/2."""
    ((_, place),) = crossed({"x0": [0.1, 0.9]}, doya.NeuronODE(5.0, -2.5))
    assert place == {"x0": pytest.approx(0.5)}
    ((_, place),) = crossed({"x0": [0.3, 0.7], "b": [-2.6, -2.4], "w": [4.8, 5.2]})
    assert place == {"x0": pytest.approx(0.5), "b": pytest.approx(-2.5), "w": pytest.approx(5.0)}
    # Beyond the fold only one attractor is there, from whatever start.
    assert crossed({"x0": [-9.0, 9.0]}, doya.NeuronODE(5.0, -2.7)) == []


def test_leaving_the_wall_is_a_crossing_and_reaching_it_is_none():
    """In steps of b and w; the wall from x0 = 0.3 is computed by the same formula."""
    on = {"w": 6.0, "b": math.log(0.3) - math.log(0.7) - 6.0 * 0.3}
    for side in (-0.1, 0.1):
        path = {"w": [6.0, 6.0, 6.0], "b": [on["b"], on["b"] + side, on["b"]]}
        found = crossed(path, x0=0.3)
        assert [step for step, _ in found] == [0]
        assert found[0][1] == pytest.approx(on)


def test_a_step_crosses_a_wall_between_phases_only_where_the_fixed_point_repels():
    """At epsilon = 1 and x0 = 1/2 it is b = -w/2 for w < -4."""
    neuron = doya.NeuronMap(-6.0, 3.0)
    ((_, place),) = crossed({"b": [2.0, 4.0], "w": [-6.0, -5.0]}, neuron)
    # b + w/2 = -1 + 2.5 s.
    assert place == {"b": pytest.approx(2.8), "w": pytest.approx(-5.6)}
    assert crossed({"b": [1.0, 2.0], "w": [-3.0, -3.0]}, neuron) == []
    assert crossed({"b": [0.0, 3.0], "w": [-3.0, -4.5]}, neuron) == []
    assert crossed({"b": [0.0, 4.0], "w": [-3.0, -4.5]}, neuron) == []
    ((_, place),) = crossed({"b": [2.0, 3.0], "w": [-7.0, -3.5]}, neuron)
    assert place["b"] == pytest.approx(-place["w"] / 2)
    # From a start that is no fixed point with a multiplier below -1 there is none.
    assert crossed({"b": [2.0, 4.0], "w": [-6.0, -5.0]}, neuron, x0=0.02) == []


def test_a_step_under_pulses_crosses_where_a_naive_loop_jumps():
    """The loop iterates 400 steps of the map at 2001 points of the segment."""
    pulses = [(3, 6, 0.3), (8, 9, -0.2)]
    begin, end = {"b": -2.9, "w": 5.0, "x0": 0.4}, {"b": -2.2, "w": 5.5, "x0": 0.6}

    def settled(part):
        b, w, x = (begin[name] + part * (end[name] - begin[name]) for name in ("b", "w", "x0"))
        for t in range(400):
            u = sum(a for start, stop, a in pulses if start <= t < stop)
            x = 0.5 * x + 0.5 / (1.0 + math.exp(-(w * x + b))) + 0.5 * u
        return x

    parts = np.linspace(0.0, 1.0, 2001)
    states = np.array([settled(part) for part in parts.tolist()])
    (jump,) = np.flatnonzero(np.diff(states) > 0.3)
    path = {name: (begin[name], end[name]) for name in begin}
    neuron, u = doya.NeuronMap(epsilon=0.5), doya.Pulses(pulses)
    ((_, place),) = crossed(path, neuron, 0.5, 400, u)
    part = (place["b"] - begin["b"]) / (end["b"] - begin["b"])
    assert parts[jump] <= part <= parts[jump + 1]


def test_no_wall_is_named_under_a_function_of_time():
    assert crossed({"b": [-3.0, -2.0], "w": [5.0, 5.5]}, u=math.sin) == []


def test_the_verdict_names_the_wall_that_several_parameters_crossed_together():
    """Two parameters from beside the wall b = -w/2: the step and its place on that line."""
    path = doya.train(
        doya.NeuronODE(5.0, -2.49), 0.5, 50.0, 0.1, ("b", "w"), learning_rate=2.0, steps=40
    )
    above = path.parameters["b"] + path.parameters["w"] / 2
    steps = np.flatnonzero(np.sign(above[:-1]) != np.sign(above[1:]))
    length = np.hypot(*(np.diff(each) for each in path.parameters.values()))
    step = steps[length[steps].argmax()]
    (b, w) = (path.parameters[name][step : step + 2] for name in ("b", "w"))
    part = above[step] / (above[step] - above[step + 1])
    place = [each[0] + part * (each[1] - each[0]) for each in (b, w)]
    assert path.verdict.startswith(
        f"Step {step + 1} threw b and w across the wall at b = {place[0]:.6g}, w = {place[1]:.6g}"
    )
