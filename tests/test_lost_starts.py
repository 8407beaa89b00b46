"""Tasks of authors' letters that do not determine a start, or that name an input like a letter."""

import numpy as np
import pytest

import doya

NOWHERE = doya.Task([None], [0.8], t_end=3.0, x0=0.3, variable="state")


@pytest.mark.parametrize(
    "conversion",
    [
        doya.from_beer(w=[0.0, 1.0], theta=0.5, input=0.1, tau=1.0),
        doya.from_pasemann(gamma=0.5, theta=0.5, w=[0.0, 1.0]),
        doya.from_aihara(k=0.5, alpha=[0.0, 1.0], a=0.3, epsilon=0.3),
    ],
)
def test_a_start_that_the_letters_do_not_determine_is_a_status(conversion):
    """The other neurons of the ensemble are computed, also of many, by machine code."""
    found = doya.task_gradient(conversion, NOWHERE)
    assert found.status.tolist() == [2, 0]
    assert np.isnan(found.loss).tolist() == [True, False]
    assert doya.train(conversion, task=NOWHERE, steps=1).status.tolist() == [3, 0]


def test_one_lost_start_among_many_neurons_ends():
    w = np.linspace(-2.0, 2.0, 3000) + 1e-9
    w[5] = 0.0
    found = doya.task_gradient(doya.from_beer(w=w, theta=0.5, input=0.1, tau=1.0), NOWHERE)
    assert np.flatnonzero(found.status == 2).tolist() == [5]
    assert np.isnan(found.loss).sum() == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda neuron, task: doya.train(neuron, task=task, learn="w", steps=1),
        lambda neuron, task: doya.task_gradient(neuron, task, "theta"),
        lambda neuron, task: doya.search(neuron, task, {"theta": (0.0, 1.0)}, trials=2),
    ],
)
def test_an_input_cannot_have_the_name_of_a_letter(call):
    inputs = np.array([[0.9, 0.0, 0.0], [-0.7, 0.0, 0.0]])
    first = np.eye(2, 3) * [[1], [0]] > 0.0
    task = doya.Task(inputs, [0.8, 0.2], variable="state", shared={"theta": first})
    with pytest.raises(doya.ArgumentError, match="no input by the name of the letter theta"):
        call(doya.from_pasemann(gamma=0.5, theta=0.5, w=0.5), task)


@pytest.mark.parametrize("t_end", [np.inf, [1.0, np.inf]])
def test_no_descent_waits_for_a_function_without_end(t_end):
    with pytest.raises(doya.ArgumentError, match="t_end must be finite for an input that is a"):
        doya.train(doya.NeuronODE(5.0, -2.4), 0.3, t_end, 0.8, u=np.sin, steps=1)


def test_a_listener_that_is_no_function_is_refused():
    with pytest.raises(doya.ArgumentError, match="progress must be a function"):
        doya.train(doya.NeuronODE(), 0.3, 1.0, 0.8, steps=1, progress=3)


def test_places_of_rows_of_other_lengths_are_refused():
    inputs = np.zeros((2, 2))
    with pytest.raises(doya.ArgumentError, match="shared must be True somewhere for q"):
        doya.Task(inputs, [0.8, 0.2], shared={"q": [[True, False], [True]]})
