"""Targets along time: fast parts of a path are not missed, and what is not exact is reported."""

import json
import math
import pathlib

import numpy as np
import pytest

import doya
from doya.integrators import ramps
from doya.kernels.flow.separations import exp_pair
from task_cases import errors, neuron_of, task_of

HARD = pathlib.Path(__file__).parent / "references" / "hard_tasks.json"
CASES = json.loads(HARD.read_text())
FLOW = doya.NeuronODE(5.0, -2.5)


@pytest.mark.parametrize("k", range(len(CASES)))
def test_a_fast_part_of_a_long_path_is_not_missed(k):
    """Passages of ghosts, late departures from a wall, w = 1e3, pulses at 5000 of 10^4.

    From references/hard_tasks.json, in 40 digits, within 1e-12 of value and condition number.  In
    the first one dx(t)/dx0 of the formula is off by 4e-7, as it passes the ghost at 1e-6 from the
    fold and changes by 1e9 times a relative change of b.
    """
    case = CASES[k]
    off = errors(case)
    if k == 0:
        assert off.pop("x0") < 1e-7
    assert max(off.values()) < 1e-12
    assert doya.task_gradient(neuron_of(case), task_of(case)).status == 0


def test_the_gradient_with_respect_to_the_start_has_a_closed_form():
    """The integral of 2 (x - y) f(x(t)) / f(x0) is ((x(T) - y)**2 - (x0 - y)**2) / f(x0)."""
    for b, x0, end in ((-2.3, 0.1, 100.0), (-2.5, 0.4, 1e6), (-8.0, 30.0, 50.0), (2.0, 0.0, 1e-3)):
        neuron = FLOW.replace(b=b)
        task = doya.Task([None], [doya.Table([0.0], [0.3])], x0=x0, t_end=end)
        found = doya.task_gradient(neuron, task, "x0").gradient["x0"]
        last = doya.final_state(neuron, x0, end)
        exact = ((last - 0.3) ** 2 - (x0 - 0.3) ** 2) / neuron.rate(x0)
        assert found == pytest.approx(exact, rel=1e-11)


@pytest.mark.long
def test_a_passage_that_leaves_the_loss_as_it_was_is_not_missed():
    """The target is midway between the ghost of a fold and the last state.

    So (x - y)**2 is the same before and after the passage, at half of T = 9e4, and all of dL/dx0
    comes from the passage and the start.  The closed form is as above; the formula's own dx(t)/dx0
    is off by 1e-6 behind such a ghost, and the status says so.
    """
    w, x0, delta = 30.0, 0.99, 1e-8
    ghost = (1.0 + math.sqrt(1.0 - 4.0 / w)) / 2.0
    neuron = doya.NeuronODE(w, math.log(ghost / (1.0 - ghost)) - w * ghost - delta)
    curvature = 0.5 * w * w * (2.0 * ghost - 1.0) * (ghost * (1.0 - ghost)) ** 2
    end = 2.0 * math.pi / math.sqrt(delta * curvature)
    last = float(doya.final_state(neuron, x0, end))
    y = 0.5 * (ghost + last)
    found = doya.task_gradient(
        neuron, doya.Task([None], [doya.Table([0.0], [y])], x0=x0, t_end=end)
    )
    exact = ((last - y) ** 2 - (x0 - y) ** 2) / neuron.rate(x0)
    assert found.gradient["x0"] == pytest.approx(exact, rel=1e-5)
    assert found.status == 1


def test_at_rest_the_integral_is_a_product():
    """On the wall x stays at 1/2: L = T (1/2 - y)**2, dL/dx0 = 8 (1/2 - y) (e**(T/4) - 1)."""
    task = doya.Task([None], [doya.Table([0.0], [0.4])], t_end=1000.0)
    found = doya.task_gradient(FLOW, task, "x0")
    assert found.loss == pytest.approx(10.0, rel=1e-13)
    size = 250.0 / math.log(10.0) + math.log10(0.8)
    assert found.log10_abs["x0"] == pytest.approx(size, rel=1e-13)


def test_weights_along_time_multiply_the_integral():
    """A weight of 2 from 3 to 5 and 0 elsewhere leaves twice the integral over that time."""
    neuron, target = FLOW.replace(b=-2.3), doya.Table([0.0], [0.3])
    weighted = doya.Task([0.1], [target], [doya.Table([3.0, 5.0], [2.0, 0.0])], t_end=9.0)
    some = doya.Task([0.1], [doya.Table([3.0, 5.0], [0.3, math.nan])], 2.0, t_end=9.0)
    one, other = (doya.task_gradient(neuron, task) for task in (weighted, some))
    assert one.loss == pytest.approx(other.loss, rel=1e-13)
    until = [
        doya.task_gradient(neuron, doya.Task([0.1], [target], t_end=end)) for end in (3.0, 5.0)
    ]
    assert one.loss == pytest.approx(2.0 * (until[1].loss - until[0].loss), rel=1e-12)
    for name, each in one.gradient.items():
        wanted = 2.0 * (until[1].gradient[name] - until[0].gradient[name])
        assert each == pytest.approx(wanted, rel=1e-11)


def test_an_ensemble_has_the_bits_of_its_neurons_along_time():
    task = doya.Task([0.1, None], [doya.Table([1.0], [0.3])] * 2, t_end=50.0)
    b = np.linspace(-3.0, -2.0, 5)
    several = doya.task_gradient(FLOW.replace(b=b), task)
    for k, each in enumerate(b.tolist()):
        one = doya.task_gradient(FLOW.replace(b=each), task)
        assert several.loss[k] == one.loss
        assert all(several.gradient[name][k] == one.gradient[name] for name in one.gradient)


def test_a_state_that_is_not_reached_is_reported(monkeypatch):
    """An error for one neuron; in an ensemble a status, and NaN."""
    monkeypatch.setattr(ramps, "MOST_STEPS", 3)
    task = doya.Task([doya.Ramp(1.0, 30.0, 0.0, 0.5)], [[0.3]], t_end=[40.0])
    with pytest.raises(doya.ConvergenceError, match="A state was not reached"):
        doya.task_gradient(FLOW, task)
    found = doya.task_gradient(FLOW.replace(b=[-2.5, -2.3]), task)
    assert found.status.tolist() == [2, 2]
    assert np.isnan(found.loss).all()
    assert np.isnan(found.gradient["b"]).all()


def test_an_integral_that_is_not_exact_says_so():
    """A neuron of w = 1e100 beside its jump, whose derivatives are beyond e**1e80."""
    task = doya.Task([0.3], [doya.Table([0.0], [0.3])], x0=1e-300, t_end=1.0)
    found = doya.task_gradient(doya.NeuronODE(1e100, -700.0), task)
    assert found.status == 1
    assert found.message.startswith("An integral along time did not reach")


def test_an_exponential_below_all_doubles_is_0():
    """A distance from an equilibrium of w = 1e100 asks for it."""
    assert exp_pair((-1e99, 0.0)) == (0.0, 0.0)
    task = doya.Task([doya.Pulses([(30.0, 50.0, 0.5)])], [doya.Table([0.0], [0.3])], t_end=100.0)
    assert doya.task_gradient(doya.NeuronODE(1e100, 0.0), task).loss > 0.0
