"""Targets of z = w x + b in place of x, against 40 digits, closed forms and definitions."""

from __future__ import annotations

import pickle

import mpmath as mp
import numpy as np
import pytest

import doya

NAMES = ("w", "b", "x0", "epsilon", "input_weight")


def exact(w, b, x0, epsilon, weight, u, times, targets, shares, inside):
    """The loss of a task of the map, in a loop of 40 digits."""
    total = mp.mpf(0)
    for row, wanted, parts in zip(u, targets, shares, strict=True):
        x = mp.mpf(x0)
        states = [x]
        for given in row:
            z = w * x + b + (weight * given if inside else 0)
            x = (1 - epsilon) * x + epsilon * (
                1 / (1 + mp.exp(-z)) + (0 if inside else weight * mp.mpf(given))
            )
            states.append(x)
        total += sum(
            c * (w * states[t] + b - y) ** 2 for t, y, c in zip(times, wanted, parts, strict=True)
        )
    return total / len(u)


@pytest.mark.parametrize("seed", range(8))
def test_loss_and_gradient_of_a_map_are_those_of_40_digits(seed):
    """Random tasks of 1 to 40 steps, the input inside or outside sigma."""
    rng, inside = np.random.default_rng(seed), bool(seed % 2)
    steps = int(rng.integers(1, 40))
    times = np.unique([0, *rng.integers(0, steps + 1, 3), steps])
    u, targets = rng.normal(size=(2, steps)), rng.normal(size=(2, times.size))
    shares = rng.uniform(0.1, 2.0, targets.shape)
    w, b, epsilon, weight = rng.uniform([-9.0, -5.0, 0.2, -1.0], [9.0, 3.0, 1.0, 1.0])
    neuron = doya.NeuronMap(
        w, b, epsilon=epsilon, input_weight=weight, input_to="bias" if inside else "state"
    )
    task = doya.Task(u, targets, shares, 0.4, times.astype(float), variable="z")
    found = doya.task_gradient(neuron, task, NAMES)
    at = [mp.mpf(float(each)) for each in (w, b, 0.4, epsilon, weight)]
    rest = (u, times, targets, shares, inside)
    with mp.workdps(40):
        assert found.loss == pytest.approx(float(exact(*at, *rest)), rel=1e-13)
        h = mp.mpf(10) ** -15
        for k, name in enumerate(NAMES):
            ends = [[each + side * h * (n == k) for n, each in enumerate(at)] for side in (1, -1)]
            slope = (exact(*ends[0], *rest) - exact(*ends[1], *rest)) / (2 * h)
            assert found.gradient[name] == pytest.approx(float(slope), rel=1e-11, abs=1e-12)


def test_a_gradient_beyond_the_range_of_doubles_is_in_logarithms():
    """On the repelling fixed point x = 1/2 every step has mu = w/4: dL/dx0 = 2 (z - y) w mu**T."""
    steps = 2000
    neuron = doya.NeuronMap(w=8.0, b=-4.0)
    task = doya.Task([None], [1.0], x0=0.5, t_end=steps, variable="z")
    found = doya.task_gradient(neuron, task, ("x0", "b"))
    expected = np.log10(2.0 * 1.0 * 8.0) + steps * np.log10(2.0)
    assert found.log10_abs["x0"] == pytest.approx(expected, rel=1e-12)
    assert found.sign["x0"] == -1
    # dx/db = (mu**T - 1)/(mu - 1)/4, and the 1 of dz/db beside w dx/db is far below it.
    assert found.log10_abs["b"] == pytest.approx(expected - np.log10(4.0), rel=1e-12)


def test_truncation_goes_back_k_steps_from_each_term():
    """Of the terms of z[t] the direct part w.r.t. b and w stays whole: a naive double loop."""
    steps, most = 6, 2
    u = np.random.default_rng(5).normal(size=(1, steps))
    targets = np.full((1, steps), 0.3)
    w, b = 3.0, -1.2
    path = doya.train(
        doya.NeuronMap(w, b), task=doya.Task(u, targets, x0=0.4, variable="z"), learn=("b", "w"),
        steps=0, truncate=most,
    )  # fmt: skip
    x, slopes = [0.4], []
    for given in u[0]:
        level = 1.0 / (1.0 + np.exp(-(w * x[-1] + b)))
        slopes.append(level * (1.0 - level))
        x.append(level + given)
    by = {"b": 0.0, "w": 0.0}
    for t in range(1, steps + 1):
        error = 2.0 * (w * x[t] + b - 0.3)
        by["b"] += error
        by["w"] += error * x[t]
        carried = error * w
        for s in range(t - 1, max(t - most, 0) - 1, -1):
            by["b"] += carried * slopes[s]
            by["w"] += carried * slopes[s] * x[s]
            carried *= w * slopes[s]
    for name, value in by.items():
        assert path.gradient[name][0] == pytest.approx(value, rel=1e-12)


ALONG = doya.Table([0.0, 3.0], [0.3, -0.5])
FLOWS = {
    "at times": ([doya.Pulses([(1.0, 2.0, 0.4)]), None], [[0.2, 1.0], [np.nan, 0.5]], [1.0, 6.0]),
    "along time": ([0.1, None], [ALONG, ALONG], 7.0),
}


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("inside", ["state", "bias"])
def test_a_flow_has_the_loss_of_a_transformed_target_and_its_differences(name, inside):
    """(w x + b - y)**2 = w**2 (x - (y - b)/w)**2; the gradient is that of central differences."""
    inputs, targets, times = FLOWS[name]
    neuron = doya.NeuronODE(4.2, -1.9, input_weight=0.8, input_to=inside)
    task = doya.Task(inputs, targets, x0=0.3, t_end=times, variable="z")
    moved = (
        [doya.Table(each.time, (each.value + 1.9) / 4.2) for each in targets]
        if name == "along time"
        else (np.array(targets) + 1.9) / 4.2
    )
    plain = doya.task_gradient(neuron, doya.Task(inputs, moved, x0=0.3, t_end=times))
    found = doya.task_gradient(neuron, task)
    assert found.loss == pytest.approx(4.2**2 * plain.loss, rel=1e-12)
    for each in ("x0", "input_weight"):
        assert found.gradient[each] == pytest.approx(4.2**2 * plain.gradient[each], rel=1e-11)
    h = 1e-5
    for each in ("w", "b"):
        low, high = (
            doya.task_gradient(neuron.replace(**{each: getattr(neuron, each) + side}), task).loss
            for side in (-h, h)
        )
        assert found.gradient[each] == pytest.approx((high - low) / (2 * h), rel=1e-7)


def test_training_and_landscapes_take_targets_of_z():
    """Pascanu's loss (a - 1)**2: its a is z, one step later than x."""
    task = doya.Task([None], [1.0], x0=0.5, t_end=20, variable="z")
    path = doya.train(doya.NeuronMap(3.0, -1.0), task=task, learn=("w", "b"), steps=60,
                      learning_rate=0.05)  # fmt: skip
    assert path.loss[-1] < 1e-10 < path.loss[0]
    w, b = (path.parameters[name][-1] for name in ("w", "b"))
    a = w * doya.final_state(doya.NeuronMap(w, b), 0.5, 20) + b
    assert a == pytest.approx(1.0, abs=1e-4)
    found = doya.loss_landscape(doya.NeuronMap(), {"b": [-1.0, 0.0]}, task=task)
    one = doya.task_gradient(doya.NeuronMap(5.0, -1.0), task, "b")
    assert found.loss[0] == pytest.approx(float(one.loss), rel=1e-14)
    assert found.gradient["b"][0] == pytest.approx(float(one.gradient["b"]), rel=1e-13)


def test_a_task_says_what_has_targets_and_compares_by_it():
    task = doya.Task([[0.0, 1.0]], [0.5], variable="z")
    assert repr(task) == "Task(1 sequence of 2 steps, targets of z at the end)"
    assert task != doya.Task([[0.0, 1.0]], [0.5])
    assert pickle.loads(pickle.dumps(task)) == task
    with pytest.raises(doya.ArgumentError, match="variable must be one of x, z, state, got 'a'"):
        doya.Task([[0.0]], [0.5], variable="a")


def test_a_teacher_of_z_is_refused():
    """It moves x toward its target."""
    task = doya.Task([[0.0, 1.0]], [0.5], variable="z")
    words = "teacher_forcing must be 0 for targets of z"
    with pytest.raises(doya.ArgumentError, match=words):
        doya.train(doya.NeuronMap(), task=task, teacher_forcing=0.2)
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(doya.NeuronMap(), {"b": [0.0, 1.0]}, task=task, teacher_forcing=0.2)
