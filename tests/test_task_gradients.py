"""Losses of tasks and their gradients, of map and flow."""

import math
import re

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
from task_cases import CASES, errors, neuron_of, task_of

FLOW, MAP = doya.NeuronODE(5.0, -2.3), doya.NeuronMap(5.0, -2.3)


@pytest.mark.parametrize("dynamics", ["map", "flow"])
def test_random_tasks_agree_with_40_digits(dynamics):
    """300 tasks, with sequences of 1 to 200 steps or times up to 8, from references/tasks.json.

    Within 1e-13 of value and condition number; every learnable, both places of the input.
    """
    cases = [case for case in CASES if case["dynamics"] == dynamics]
    assert len(cases) == 150
    assert max(max(errors(case).values()) for case in cases) < 1e-13


def test_the_tasks_cover_what_they_should():
    """Every kind of target and of input, one sequence and several, 1 and 200 steps."""
    kinds = {(case["dynamics"], case["kind"], case["input_to"]) for case in CASES}
    assert len(kinds) == 12
    lengths = {len(case["inputs"][0]) for case in CASES if case["dynamics"] == "map"}
    assert {1, 200} <= lengths
    assert {len(case["inputs"]) for case in CASES} == {1, 2, 3, 4}


@pytest.mark.parametrize("k", range(0, 30, 3))
def test_an_ensemble_gives_what_its_neurons_give(k):
    """To the last bit, in the shape of the ensemble."""
    case = CASES[k]
    one = doya.task_gradient(neuron_of(case), task_of(case))
    several = doya.task_gradient(neuron_of(case, (2, 3)), task_of(case))
    assert several.loss.shape == several.status.shape == (2, 3)
    assert (several.loss == one.loss).all()
    for name, each in several.gradient.items():
        assert each.shape == (2, 3)
        assert (each == one.gradient[name]).all()


@pytest.mark.parametrize(
    ("neuron", "u", "end"),
    [
        (FLOW, 0.2, 10.0),
        (FLOW, doya.Pulses([(2.0, 3.0, 0.4)]), 7.0),
        (FLOW.replace(input_to="bias"), doya.Ramp(1.0, 3.0, 0.0, 0.5), 7.0),
        (FLOW, None, math.inf),
        (MAP, 0.2, 10),
        (MAP.replace(epsilon=0.1, input_to="bias"), doya.Pulses([(2.0, 3.0, 0.4)]), 40),
    ],
)
def test_one_sequence_with_a_target_at_the_end_is_a_sensitivity(neuron, u, end):
    """L = (x(T) - y)**2 and dL/dp = 2 (x(T) - y) dx(T)/dp."""
    names = ("b", "w", "x0", "input_weight")
    found = doya.task_gradient(neuron, doya.Task([u], 0.7, t_end=end), names)
    known = doya.sensitivity(neuron, 0.5, end, names, u)
    assert found.loss == pytest.approx((known.x - 0.7) ** 2, rel=1e-14)
    for name in names:
        slope = 2.0 * (known.x - 0.7) * known.derivative[name]
        assert found.gradient[name] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("neuron", [FLOW, MAP, MAP.replace(epsilon=0.05)])
def test_one_sequence_with_a_target_at_the_end_has_the_loss_of_the_landscape(neuron):
    """Loss and gradient along b, the wall included."""
    b = np.linspace(-3.0, -2.0, 21)
    landscape = doya.loss_landscape(neuron, {"b": b}, 0.5, 20, 0.855)
    found = doya.task_gradient(neuron.replace(b=b), doya.Task([None], 0.855, t_end=20), "b")
    np.testing.assert_allclose(found.loss, landscape.loss, rtol=1e-11)
    np.testing.assert_allclose(found.gradient["b"], landscape.gradient["b"], rtol=1e-11)


def test_a_task_is_the_mean_of_its_sequences():
    """A list of equal sequences has their common loss; weights multiply it."""
    for neuron in (FLOW, MAP):
        one = doya.task_gradient(neuron, doya.Task([0.1], [[0.3, 0.9]], t_end=[2, 5]))
        more = doya.Task([0.1] * 3, [[0.3, 0.9]] * 3, weights=[[2.0, 2.0]], t_end=[2, 5])
        three = doya.task_gradient(neuron, more)
        assert three.loss == pytest.approx(2.0 * one.loss, rel=1e-14)
        for name, each in three.gradient.items():
            assert each == pytest.approx(2.0 * one.gradient[name], rel=1e-13)


def test_targets_of_nan_and_of_weight_0_count_for_nothing():
    """Nor does what the state does there."""
    for neuron in (FLOW, MAP):
        plain = doya.task_gradient(neuron, doya.Task([0.1], [[0.9]], t_end=[5]))
        given = doya.Task([0.1], [[math.nan, 0.9, 1e9]], [[1.0, 1.0, 0.0]], t_end=[2, 5, 9])
        assert doya.task_gradient(neuron, given).gradient == plain.gradient


def test_a_target_at_the_start_depends_on_the_start_alone():
    for neuron in (FLOW, MAP):
        found = doya.task_gradient(neuron, doya.Task([0.3], [[0.9]], x0=0.4, t_end=[0]))
        assert found.loss == pytest.approx(0.25)
        assert {name: float(each) for name, each in found.gradient.items()} == {
            "b": 0.0, "w": 0.0, "x0": pytest.approx(-1.0), "input_weight": 0.0,
        }  # fmt: skip


def test_a_target_that_is_met_has_no_gradient():
    """Even on the wall, where dx(T)/db is beyond the range of a double."""
    task = doya.Task([None], 0.5, t_end=1e5)
    found = doya.task_gradient(doya.NeuronODE(5.0, -2.5), task)
    assert found.loss == 0.0
    assert all(each == 0.0 for each in found.gradient.values())


def test_gradients_beyond_doubles_keep_sign_and_size():
    """On the wall dx(T)/dx0 = e**(T/4) in the flow, and (5/4)**n in the map."""
    task = doya.Task([None], 0.8, t_end=10_000)
    flow = doya.task_gradient(doya.NeuronODE(5.0, -2.5), task)
    steps = doya.task_gradient(doya.NeuronMap(5.0, -2.5), task)
    for found, size in ((flow, 2500.0 / math.log(10.0)), (steps, 10_000 * math.log10(1.25))):
        assert found.gradient["x0"] == -math.inf
        assert found.sign["x0"] == -1.0
        assert found.log10_abs["x0"] == pytest.approx(size + math.log10(0.6), rel=1e-13)


@pytest.mark.parametrize("b", [700.0, -700.0])
@pytest.mark.parametrize("epsilon", [1.0, 1e-6])
def test_a_saturated_map_agrees_with_400_digits(b, epsilon):
    """sigma' is e**-700, and dx(T)/dx0 far below all doubles where eps = 1."""
    task = doya.Task([0.1], [[0.2, 0.7]], t_end=[1, 3])
    names = ("b", "w", "x0", "input_weight", "epsilon")
    found = doya.task_gradient(doya.NeuronMap(5.0, b, epsilon=epsilon), task, names)
    with mp.workdps(1000):
        w, bias, weight, eps, x = map(mpf, (5.0, b, 1.0, epsilon, 0.5))
        by, total = {name: mpf(name == "x0") for name in names}, dict.fromkeys(names, mpf(0))
        for t in range(3):
            level = 1 / (1 + mp.exp(-(w * x + bias)))
            slope = level * (1 - level)
            own = {"b": eps * slope, "w": eps * slope * x, "x0": 0, "input_weight": eps * mpf(0.1)}
            own["epsilon"] = level - x + weight * mpf(0.1)
            by = {name: (1 - eps + eps * w * slope) * by[name] + own[name] for name in names}
            x += eps * (level - x + weight * mpf(0.1))
            y = {0: 0.2, 2: 0.7}.get(t)
            if y is not None:
                total = {name: total[name] + 2 * (x - mpf(y)) * by[name] for name in names}
        for name in names:
            size = float(mp.log10(abs(total[name])))
            assert found.sign[name] == mp.sign(total[name])
            assert found.log10_abs[name] == pytest.approx(size, rel=1e-12, abs=1e-9)


def test_a_steep_map_has_a_gradient():
    """w = 1e6: one step from x0 = 1e-6 beside the jump of sigma; sigma'(0) = 1/4."""
    neuron = doya.NeuronMap(1e6, -1.0)
    found = doya.task_gradient(neuron, doya.Task([[0.0]], 0.0, x0=1e-6))
    assert found.loss == pytest.approx(0.25, rel=1e-12)
    assert found.gradient["x0"] == pytest.approx(0.25e6, rel=1e-9)
    assert found.gradient["w"] == pytest.approx(0.25e-6, rel=1e-9)


def test_a_conversion_is_taken_in_place_of_its_neuron():
    converted = doya.from_pascanu(5.0, -2.3)
    task = doya.Task([[0.0] * 5], 0.8)
    found = doya.task_gradient(converted, task)
    assert found.conversion == converted
    assert found.gradient == doya.task_gradient(converted.neuron, task).gradient


@pytest.mark.parametrize("name", ["theta", "gamma", "foo"])
def test_a_letter_is_no_name_for_targets_of_x_and_the_error_says_when_it_is(name):
    """With targets of the author's state, on the other hand, b is none."""
    converted = doya.from_pasemann(0.3, 1.0, 5.0)
    names = "wrt must be among x0, b, w, epsilon, input_weight, got"
    remedy = ": the targets are of Doya's neuron, so names are Doya's; for letters, give the task"
    task = doya.Task([[0.0] * 5], 0.8)
    with pytest.raises(doya.ArgumentError, match=re.escape(f"{names} {name!r}{remedy}")):
        doya.task_gradient(converted, task, name)
    with pytest.raises(doya.ArgumentError, match=f"{names} {name!r}$"):
        doya.task_gradient(converted.neuron, task, name)
    task = doya.Task([[0.0] * 5], 0.8, variable="state")
    with pytest.raises(
        doya.ArgumentError, match=r"wrt must be among x0, gamma, theta, w, got 'b'$"
    ):
        doya.task_gradient(converted, task, "b")


def test_a_result_shows_its_loss_and_gradient():
    found = doya.task_gradient(MAP, doya.Task([[0.0] * 5], 0.8), "b")
    text = repr(found)
    assert text.startswith("TaskGradient of NeuronMap")
    assert "loss" in text
    assert "task = Task(1 sequence of 5 steps, targets at the end)" in text
    assert found.message == "The loss and its gradient were computed."
