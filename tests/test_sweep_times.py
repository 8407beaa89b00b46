"""The states of a sweep over the time: those of all times from one way along a trajectory."""

import math

import numpy as np
import pytest

import doya
from doya.sweeps import quantities
from doya.sweeps.computing import arrays_of
from doya.sweeps.plans import Plan
from test_sweeps import mesh

TIMES = [7.0, 0.0, 1000.0, 3.0, 40.0]
PULSES = doya.Pulses([(2.0, 5.0, -1.5), (30.0, 31.0, 2.0)])
LARGE = [1e6, -1e6]
TABLE, RAMP = doya.Table([0.0, 4.0], [1.0, -0.5]), doya.Ramp(1.0, 39.0, -0.5, 1.0)


def whole(neuron, over, names, **settings):
    """The arrays of all cells."""
    plan = Plan.of(neuron, over, names, settings, 1e9)
    return arrays_of(plan, tuple(slice(0, n) for n in plan.shape))


@pytest.mark.parametrize("u", [None, 0.3, PULSES, TABLE, RAMP])
@pytest.mark.parametrize("model", [doya.NeuronODE, doya.NeuronMap])
def test_states_at_all_times_have_the_bits_of_single_calls(model, u):
    """Times in any order, the infinite one too; beside the wall, in long and slow maps."""
    rng = np.random.default_rng(5)
    over = {
        # Under a ramp a flow with a large w takes seconds.
        "w": np.concatenate([rng.uniform(-9.0, 9.0, 9), [4.0, 5.0], [] if u is RAMP else LARGE]),
        "t_end": np.array(TIMES + [math.inf] * (model is doya.NeuronODE)),
        "b": np.concatenate([rng.uniform(-5.0, 3.0, 5), [-2.5, -2.0, np.nextafter(-2.5, 0)]]),
        "x0": np.array([0.0, 0.5, 1.0]),
    }
    if model is doya.NeuronMap:
        over["epsilon"] = np.array([1.0, 0.4, 1e-4])
    x = whole(model(), over, "state", u=u)["x"]
    at = mesh(over)
    x0, t_end = at.pop("x0"), at.pop("t_end")
    assert np.array_equal(x, doya.final_state(model(**at), x0, t_end, u), equal_nan=True)


def test_an_axis_that_states_do_not_depend_on_repeats_them():
    """An axis of another quantity may stand between the time and those of the neuron."""
    over = {"target": [0.1, 0.9], "t_end": [5.0, 1.0, 2.0], "b": [-2.7, -2.5, -2.2, -2.0]}
    x = whole(doya.NeuronODE(), over, ("state", "loss"), x0=0.4)["x"]
    right = doya.final_state(
        doya.NeuronODE(b=over["b"]), 0.4, np.array(over["t_end"])[:, np.newaxis]
    )
    assert np.array_equal(x, [right, right])
    assert np.array_equal(
        whole(doya.NeuronODE(), {"t_end": TIMES}, "state", x0=0.4)["x"],
        doya.final_state(doya.NeuronODE(), 0.4, TIMES),
    )


def test_each_trajectory_is_gone_along_once(monkeypatch):
    """However many times the sweep has."""
    calls, simulate = [], quantities.simulate
    monkeypatch.setattr(quantities, "final_state", None)
    monkeypatch.setattr(
        quantities, "simulate", lambda *a, **k: calls.append(k) or simulate(*a, **k)
    )
    whole(doya.NeuronMap(), {"b": [-2.6, -2.4], "t_end": TIMES}, "state", x0=0.5)
    assert [call["times"].tolist() for call in calls] == [sorted(TIMES)]
