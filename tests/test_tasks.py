"""Tasks: what they take, how they show themselves and compare, and what they refuse."""

import copy
import math
import pickle

import numpy as np
import pytest

import doya

PULSES = doya.Pulses([(1.0, 2.0, 0.5)])
TABLE = doya.Table([1.0, 3.0], [0.2, 0.8])
RAMP = doya.Ramp(1.0, 3.0, 0.0, 0.4)
U = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.5]])


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (doya.Task(U, [0.8, 0.2]), "Task(2 sequences of 3 steps, targets at the end)"),
        (doya.Task(U, U), "Task(2 sequences of 3 steps, targets at 3 times)"),
        (doya.Task([[0.5]], [1.0]), "Task(1 sequence of 1 step, targets at the end)"),
        (doya.Task([0.1, None], 0.5, t_end=9.5), "Task(2 sequences until 9.5, targets at the end)"),
        (doya.Task([RAMP], [[0.5]], t_end=[2.0]), "Task(1 sequence until 2, targets at 1 time)"),
        (doya.Task([PULSES], [TABLE], t_end=4.0), "Task(1 sequence until 4, targets along time)"),
    ],
)
def test_a_task_shows_its_sequences_and_targets(task, text):
    assert repr(task) == text


def different_tasks():
    """Tasks that differ in one field each."""
    return [
        doya.Task(U, [0.8, 0.2]),
        doya.Task(U, [0.8, math.nan]),
        doya.Task(2.0 * U, [0.8, 0.2]),
        doya.Task(U, [0.8, 0.2], weights=2.0),
        doya.Task(U, [0.8, 0.2], weights=[1.0, 2.0]),
        doya.Task(U, [0.8, 0.2], x0=0.1),
        doya.Task(U, [0.8, 0.2], x0=[0.1, 0.5]),
        doya.Task(U, [0.8, 0.2], t_end=2),
        doya.Task(U, [[0.8, 0.2], [math.nan, 0.1]], t_end=[1, 3]),
        doya.Task([PULSES, None], [0.8, 0.2], t_end=2.0),
        doya.Task([PULSES, 0.0], [0.8, 0.2], t_end=2.0),
        doya.Task([PULSES, None], [TABLE, TABLE], t_end=2.0),
        doya.Task([PULSES, None], [TABLE, TABLE], [TABLE, TABLE], t_end=2.0),
        doya.Task([PULSES, RAMP], [TABLE, TABLE], t_end=2.0),
    ]


def test_tasks_compare_by_value():
    """So do their pickles and copies; each differs from each other one."""
    tasks = different_tasks()
    assert len(set(tasks)) == len(tasks)
    for task, again in zip(tasks, different_tasks(), strict=True):
        assert task == again
        assert hash(task) == hash(again)
        assert pickle.loads(pickle.dumps(task)) == copy.deepcopy(task) == task
    assert tasks[0] != "a word"


def test_a_task_keeps_copies_that_cannot_be_changed():
    given = U.copy()
    task = doya.Task(given, [0.8, 0.2], weights=[1.0, 2.0], x0=[0.1, 0.5], t_end=[3])
    given[:] = 9.0
    assert np.array_equal(task.inputs, U)
    for each in (task.inputs, task.targets, task.weights, task.x0, task.t_end):
        with pytest.raises(ValueError, match="read-only"):
            each[...] = 0.0


NAN = math.nan
WRONG = [
    ("inputs", lambda: doya.Task(PULSES, 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task(0.5, 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task([], 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task(np.zeros((2, 0)), 0.5)),
    ("inputs", lambda: doya.Task(np.zeros((2, 2, 2)), 0.5)),
    ("inputs", lambda: doya.Task([[1.0, NAN]], 0.5)),
    ("inputs", lambda: doya.Task([None, "pulse"], 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task([None, math.sin], 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task([None, math.inf], 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task([doya.Table([0.0], [[1.0], [2.0]])], 0.5, t_end=2.0)),
    ("inputs", lambda: doya.Task([doya.Table([0.0], [NAN])], 0.5, t_end=2.0)),
    ("t_end", lambda: doya.Task([None], 0.5)),
    ("t_end", lambda: doya.Task([None], 0.5, t_end=-1.0)),
    ("t_end", lambda: doya.Task([None], 0.5, t_end=NAN)),
    ("t_end", lambda: doya.Task([None], [[0.5, 0.5]], t_end=[2.0, 1.0])),
    ("t_end", lambda: doya.Task(U, 0.5, t_end=4)),
    ("t_end", lambda: doya.Task(U, 0.5, t_end=1.5)),
    ("t_end", lambda: doya.Task([None], [TABLE], t_end=math.inf)),
    ("t_end", lambda: doya.Task([None], [TABLE], t_end=[1.0, 2.0])),
    ("targets", lambda: doya.Task(U, [0.5, 0.5, 0.5])),
    ("targets", lambda: doya.Task(U, np.zeros((2, 2)))),
    ("targets", lambda: doya.Task(U, [0.5, 0.5], t_end=[1, 2])),
    ("targets", lambda: doya.Task(U, [NAN, NAN])),
    ("targets", lambda: doya.Task(U, [math.inf, 0.5])),
    ("targets", lambda: doya.Task(U, ["high", "low"])),
    ("targets", lambda: doya.Task(U, [TABLE, TABLE])),
    ("targets", lambda: doya.Task([None], TABLE, t_end=2.0)),
    ("targets", lambda: doya.Task([None, None], [TABLE], t_end=2.0)),
    ("targets", lambda: doya.Task([None, None], [TABLE, 0.5], t_end=2.0)),
    ("targets", lambda: doya.Task([None], [doya.Table([0.0], [NAN])], t_end=2.0)),
    ("targets", lambda: doya.Task([None], [doya.Table([5.0], [0.5])], t_end=2.0)),
    ("weights", lambda: doya.Task(U, 0.5, weights=-1.0)),
    ("weights", lambda: doya.Task(U, 0.5, weights=[1.0, 2.0, 3.0])),
    ("weights", lambda: doya.Task(U, 0.5, weights=NAN)),
    ("weights", lambda: doya.Task(U, [0.5, 0.5], weights=[TABLE, TABLE])),
    ("weights", lambda: doya.Task([None], [TABLE], [doya.Table([0.0], [-1.0])], t_end=2.0)),
    ("x0", lambda: doya.Task(U, 0.5, x0=[0.1, 0.2, 0.3])),
    ("x0", lambda: doya.Task(U, 0.5, x0=NAN)),
]


@pytest.mark.parametrize("k", range(len(WRONG)))
def test_a_wrong_argument_is_refused_by_name_in_one_sentence(k):
    argument, make = WRONG[k]
    with pytest.raises(doya.ArgumentError) as error:
        make()
    assert error.value.argument == argument
    assert str(error.value).startswith(f"{argument} must ")
    assert "\n" not in str(error.value)


FLOW, MAP = doya.NeuronODE(), doya.NeuronMap()


@pytest.mark.parametrize(
    ("neuron", "task", "words"),
    [
        (FLOW, doya.Task(U, 0.5), "must have a list of inputs for the flow"),
        (MAP, doya.Task([None], [TABLE], t_end=3.0), "must have numbers as targets for the map"),
        (MAP, doya.Task([None], 0.5, t_end=1.5), "must have whole numbers of steps up to 1000000"),
        (MAP, doya.Task([None], 0.5, t_end=math.inf), "must have whole numbers of steps"),
        (MAP, 0.5, "must be a Task, got 0.5"),
    ],
)
def test_a_task_that_does_not_fit_the_neuron_is_refused(neuron, task, words):
    with pytest.raises(doya.ArgumentError, match=f"^task {words}") as error:
        doya.task_gradient(neuron, task)
    assert error.value.argument == "task"


def test_an_unknown_name_or_neuron_is_refused():
    task = doya.Task([None], 0.5, t_end=3)
    with pytest.raises(doya.ArgumentError, match=r"^wrt must be among x0, b, w, input_weight, got"):
        doya.task_gradient(FLOW, task, "epsilon")
    with pytest.raises(doya.ArgumentError, match=r"^neuron must be a NeuronODE or a NeuronMap"):
        doya.task_gradient(5.0, task)
