import numpy as np
import pytest

import doya
from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed

B, STEPS = np.linspace(-3.0, 3.0, 4_000), 200
U = 0.3 * np.random.default_rng(0).standard_normal(STEPS)


@pytest.mark.parametrize("names", [("b", "w"), ("b", "w", "epsilon")])
def test_gradients_of_the_map_under_an_input_inside(report, one_thread, names):
    """At no more than 1.3 times the cost of the same input outside sigma."""

    def gradients(input_to):
        neuron = doya.NeuronMap(5.0, B, epsilon=0.5, input_to=input_to)
        return timed(lambda: doya.sensitivity(neuron, 0.5, STEPS, names, U))

    inside, outside = least_seconds(30, gradients("bias"), gradients("state"))
    opponent = f"the same input outside, derivatives by {', '.join(names)}"
    row = report(Task.INSIDE, opponent, [outside / inside], 1.0 / 1.3)
    assert row.met


def test_states_of_the_map_under_an_input_inside(report, one_thread):
    """At no more than 1.3 times the cost of the same input outside sigma."""

    def states(input_to):
        neuron = doya.NeuronMap(5.0, B, epsilon=0.5, input_to=input_to)
        return timed(lambda: doya.final_state(neuron, 0.5, STEPS, U))

    inside, outside = least_seconds(150, states("bias"), states("state"))
    row = report(Task.INSIDE, "the same input outside, states", [outside / inside], 1.0 / 1.3)
    assert row.met
