"""The verdict of a descent, against the sides of the wall on which its steps end."""

import numpy as np
import pytest

import doya
from doya.training.statuses import TrainingStatus
from doya.training.verdict import verdict


def crossed(b):
    """The steps, counted from 1, after which b is on the other side of -2.5."""
    return np.flatnonzero(np.sign(b[:-1] + 2.5) != np.sign(b[1:] + 2.5)) + 1


@pytest.mark.parametrize("settings", [{"clip": 0.05}, {"rule": "sign"}])
def test_the_verdict_counts_the_steps_across_a_wall(settings):
    """All of them, and the first; a descent that ends beside the wall was not thrown."""
    neuron = doya.NeuronODE(5.0, -2.2)
    path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, **settings)
    steps = crossed(path.parameters["b"])
    assert steps.size > 10
    assert path.verdict.startswith(
        f"{steps.size} of 100 steps crossed the wall at b = -2.5, the first of them step"
        f" {steps[0]}."
    )


def test_the_verdict_names_no_throw_that_was_taken_back():
    """The first step of 2 by the signs crosses the wall, and the descent ends 0.3 from it."""
    neuron = doya.NeuronODE(5.0, -2.3)
    path = doya.train(neuron, 0.5, 50.0, 0.1, ("b", "w"), 2.0, 60, rule="sign")
    steps = crossed(path.parameters["b"] + path.parameters["w"] / 2.0 - 2.5)
    words = f"{steps.size} of 60 steps crossed the wall at b = -2.43333, w = 4.86667, the first of"
    assert steps[0] == 1
    assert path.verdict.startswith(f"{words} them step 1.")


def test_the_verdict_counts_the_steps_across_a_wall_of_two_parameters():
    """The wall is the line b = -w/2 as far as the cusp, w = 4: each step crosses it elsewhere."""
    neuron = doya.NeuronODE(5.0, -2.6)
    path = doya.train(neuron, 0.5, 50.0, 0.855, ("b", "w"), 2.0, 60, clip=0.05)
    steps = crossed(path.parameters["b"] + path.parameters["w"] / 2.0 - 2.5)
    assert path.parameters["w"].min() > 4.0
    assert path.verdict.startswith(
        f"{steps.size} of 60 steps crossed a wall, the first of them step {steps[0]} at b ="
        " -2.50559,"
    )


def test_the_verdict_names_a_throw_that_crosses_no_wall():
    """From just above the wall, which step 2 has crossed, far upwards."""
    neuron = doya.NeuronMap(5.0, -3.0, epsilon=0.8)
    path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0)
    b = path.parameters["b"]
    step = int(np.argmax(np.abs(np.diff(b)))) + 1
    assert crossed(b).tolist() == [2]
    assert -2.5 < b[step - 1] < -2.4 < 3.0 < b[step]
    assert path.verdict.startswith(
        "Step 2 crossed the wall at b = -2.5."
        f" Step {step} threw b away from the wall at b = -2.5. At the end (step 100): b = 3.06"
    )


def test_the_verdict_names_the_longest_step_across_a_wall():
    """A throw, if it is longer than the way to the wall; none is named where none is crossed."""
    plain = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, learning_rate=2.0)
    b = plain.parameters["b"]
    step = int(np.argmax(np.abs(np.diff(b)))) + 1
    assert (b[step - 1] < -2.5, b[step] > -2.5) == (True, True)
    assert plain.verdict.startswith(
        f"Step {step} threw b across the wall at b = -2.5, the last of {crossed(b).size} crossings."
        " At the end (step 100): b = 28.2"
    )
    assert plain.message == plain.verdict
    near = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, learning_rate=2.0, steps=9)
    assert near.verdict.startswith("Took 9 steps. At the end (step 9): b = -2.")
    once = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, steps=1)
    assert once.verdict.startswith("Took 1 step. At the end (step 1): ")
    many = doya.train(doya.NeuronODE(5.0, [-2.2, -2.4]), 0.5, 50.0, 0.855, steps=1)
    assert many.message.tolist() == ["All steps were taken."] * 2
    with pytest.raises(ValueError, match="has no single path: read `parameters` and `status`"):
        many.verdict  # noqa: B018


@pytest.mark.parametrize("target", [0.855, 0.0])
def test_a_throw_from_the_wall_itself_is_named_in_both_directions(target):
    """Up towards a high target, and down."""
    path = doya.train(doya.NeuronODE(5.0, -2.5), 0.5, 50.0, target, learning_rate=2.0, steps=3)
    assert path.verdict.startswith("Step 1 threw b across the wall at b = -2.5. At the end ")


def test_a_least_loss_is_mentioned_if_the_last_is_more_than_twice_as_large():
    """Of 2, 1 and a last loss of 1.9 or 2.1."""
    for last, is_mentioned in ((1.9, False), (2.1, True)):
        loss = np.array([2.0, 1.0, last])
        words = verdict(None, {"b": np.arange(3.0)}, loss, loss, TrainingStatus.DONE, 1.0)
        assert ("Least loss: 1, after step 1." in words) == is_mentioned


@pytest.mark.parametrize(
    ("b", "settings", "words"),
    [
        (-400.0, {}, "the largest gradient is {:.2g}, and each step was smaller than half a"),
        (
            -400.0,
            {"rule": "adam"},
            "the largest gradient is {:.2g}, and each step was smaller than",
        ),
        (-2.2, {"clip": 1e-18}, "the largest gradient is {:.2g}, and each step was"),
        (-800.0, {}, "the gradient is 0."),
    ],
)
def test_a_descent_that_moved_nothing_says_so(b, settings, words):
    """Behind saturation, by a rule that divides by the gradient's size too, and by clipping."""
    path = doya.train(doya.NeuronMap(5.0, b), 0.5, 3, 0.8, steps=4, **settings)
    assert (path.parameters["b"] == b).all()
    largest = path.gradient_norm.max()
    assert f"No step changed the parameters: {words.format(largest)}" in path.verdict
    for moved in (doya.train(doya.NeuronMap(5.0, -2.2), 0.5, 3, 0.8, steps=4),
                  doya.train(doya.NeuronMap(5.0, b), 0.5, 3, 0.8, steps=0)):  # fmt: skip
        assert "No step changed" not in moved.verdict


@pytest.mark.parametrize(("epsilon", "target"), [(1.0, 5.0), (1e-100, -5.0)])
def test_a_step_of_the_map_that_is_held_at_the_end_of_its_range_says_so(epsilon, target):
    """The gradient is large, and leads out of the range."""
    neuron = doya.NeuronMap(2.0, 0.0, epsilon=epsilon)
    path = doya.train(neuron, 0.1, 1, target, "epsilon", steps=3)
    assert path.gradient_norm.max() > 1.0
    assert path.verdict.endswith(
        "No step changed the parameters: epsilon is at the end of its range, 1e-100 to 1."
    )


def test_a_letter_called_epsilon_is_not_held_in_the_range_of_doyas():
    """Aihara's is the steepness of his sigmoid; steps of 1e-30 do not change it."""
    unit = doya.from_aihara(k=0.5, alpha=1.0, a=0.3, epsilon=1.0)
    given = {"learn": "epsilon", "learning_rate": 1e-30, "steps": 2}
    verdict = doya.train(unit, 0.5, 5, 0.4, **given).verdict
    assert "each step was smaller than half a unit in the last place" in verdict
