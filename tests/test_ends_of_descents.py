"""Descents whose trajectories end at times of their own: each is the single one, bit for bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import doya
from doya.training.statuses import TrainingStatus

ENDS = np.array([[3.0, 7.0, 3.0], [0.0, 2.0, 12.0]])
BY_STEP = np.sin(np.arange(12.0))
FLOW_INPUTS = {
    "none": None,
    "pulses": doya.Pulses([(1.0, 2.5, 0.4), (6.0, 8.0, -0.3)]),
    "ramp": doya.Ramp(1.0, 3.0, 0.0, 0.3),
    "function": lambda t: 0.1 * math.sin(t),
    "rows": doya.Table([0.0, 2.0, 6.0], [[0.1, 0.2, 0.0], [0.3, -0.1, 0.2], [0.0, 0.0, 0.4]]),
}
MAP_INPUTS = {
    "none": None,
    "by step": BY_STEP,
    "pulses": doya.Pulses([(1.0, 3.0, 0.4), (6.0, 8.0, -0.3)]),
    "function": lambda t: 0.1 * math.sin(t),
}


def single_input(u, row, end):
    """The input of one neuron, and by step up to its own end."""
    if isinstance(u, doya.Table):
        return doya.Table(u.time, u.value[row])
    return u[: int(end)] if isinstance(u, np.ndarray) else u


def check_each(many, train, biases, u=None):
    """Each path of the ensemble over ENDS is that of a single call."""
    assert many.loss.shape == (*ENDS.shape, many.loss.shape[-1])
    for place in np.ndindex(ENDS.shape):
        end = float(ENDS[place])
        one = train(float(biases[place[1]]), end, single_input(u, place[1], end))
        for name, path in one.parameters.items():
            assert np.array_equal(path, many.parameters[name][place], equal_nan=True), place
            assert np.array_equal(one.gradient[name], many.gradient[name][place], equal_nan=True)
        assert np.array_equal(one.loss, many.loss[place], equal_nan=True)
        assert np.array_equal(one.free_loss, many.free_loss[place], equal_nan=True)
        assert np.array_equal(one.clipped, many.clipped[place])
        assert one.status == many.status[place]


BIASES = np.array([-2.2, -2.4, -2.6])


@pytest.mark.parametrize("kind", FLOW_INPUTS)
def test_flows_with_an_end_each_are_single_descents(kind):
    """Under a constant input, pieces, a rise, a function, and an input of each neuron's own."""
    u, settings = FLOW_INPUTS[kind], {"learning_rate": 0.3, "steps": 2, "clip": 0.5}
    learn = ("b", "input_weight") if kind in ("pulses", "rows") else ("b", "w", "x0")

    def train(b, end, u):
        return doya.train(doya.NeuronODE(5.0, b), 0.5, end, 0.8, learn, u=u, **settings)

    check_each(train(BIASES, ENDS, u), train, BIASES, u)


@pytest.mark.parametrize("kind", MAP_INPUTS)
@pytest.mark.parametrize(
    ("learn", "settings"),
    [
        (("b", "w"), {}),
        (("w",), {"rule": "adam"}),
        (("b", "x0"), {"teacher_forcing": 0.2}),
        (("epsilon", "input_weight"), {}),
        (("b", "w"), {"truncate": 2, "penalty": {"omega": 0.3}}),
    ],
)
def test_maps_with_an_end_each_are_single_descents(kind, learn, settings):
    """By the kernel that takes all steps, by others, with a teacher, and with a short memory."""

    def train(b, end, u):
        neuron = doya.NeuronMap(5.0, b, epsilon=0.5)
        return doya.train(neuron, 0.5, end, 0.8, learn, 0.3, 4, u=u, **settings)

    check_each(train(BIASES, ENDS, MAP_INPUTS[kind]), train, BIASES, MAP_INPUTS[kind])


@pytest.mark.parametrize("convert", [doya.from_pascanu, doya.from_tanh_flow])
def test_letters_with_an_end_each_are_single_descents(convert):
    """Pascanu's state is read one step before the end; the flow's at the end itself."""

    def train(b, end, u):
        return doya.train(convert(3.0, b), 0.5, end, 0.7, ("w",), 0.2, 3)

    check_each(train(BIASES, ENDS, None), train, BIASES)


def test_settings_and_targets_go_with_their_end():
    """Rates, limits, starts and targets broadcast with the ends."""
    neuron, rates, targets = doya.NeuronODE(5.0, -2.3), [[0.1], [0.4]], [0.7, 0.8, 0.9]
    many = doya.train(neuron, 0.5, ENDS, targets, "b", rates, 3, clip=[[0.1], [math.inf]])
    for i, j in np.ndindex(ENDS.shape):
        clip = (0.1, math.inf)[i]
        one = doya.train(neuron, 0.5, ENDS[i, j], targets[j], "b", rates[i][0], 3, clip=clip)
        assert np.array_equal(one.loss, many.loss[i, j])
        assert np.array_equal(one.clipped, many.clipped[i, j])
    assert np.array_equal(many.t_end, ENDS)


def test_an_input_that_is_not_finite_after_an_end_is_no_error():
    """A table that is spoiled from t = 5 on serves ends before, and no other."""
    u = doya.Table([0.0, 5.0], [[0.1, 0.2], [0.1, math.nan]])
    neuron = doya.NeuronODE(5.0, -2.3)
    many = doya.train(neuron, 0.5, [9.0, 4.0], 0.8, steps=2, u=u)
    one = doya.train(neuron, 0.5, 4.0, 0.8, steps=2, u=0.1)
    assert np.array_equal(many.loss[1], one.loss)
    with pytest.raises(doya.ArgumentError, match=r"u must be finite, got a value .* at t = 5"):
        doya.train(neuron, 0.5, [4.0, 9.0], 0.8, steps=2, u=u)


@pytest.mark.parametrize("dynamics", [doya.NeuronODE, doya.NeuronMap])
def test_an_interruption_keeps_the_ends_that_are_done(dynamics):
    """The listener hears rising parts up to 1; where it ends the descent, later ends are NaN."""
    parts = []
    u = doya.Pulses([(2.0, 4.0, 0.1)])
    doya.train(dynamics(5.0, -2.3), 0.5, [1.0, 3.0], 0.8, "b", 0.1, 9, u=u, progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0)

    def stop(part):
        if part > 0.6:
            raise StopIteration

    path = doya.train(dynamics(5.0, -2.3), 0.5, [1.0, 3.0], 0.8, "b", 0.1, 9, u=u, progress=stop)
    assert path.status.tolist() == [TrainingStatus.DONE, TrainingStatus.INTERRUPTED]
    assert np.isfinite(path.loss[0]).all()
    assert np.isnan(path.loss[1, -1])


def test_an_empty_ensemble_of_ends_has_no_paths():
    """No end, no descent."""
    path = doya.train(doya.NeuronODE(5.0, -2.3), 0.5, np.zeros(0), 0.8, steps=2)
    assert path.loss.shape == (0, 3)
