"""Landscapes of tasks over an author's letters, in the author's own equation."""

from __future__ import annotations

import csv
import dataclasses
import math
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from mpmath import mp, mpf

import author_oracle
import doya
from authors import converted
from promises import made_again, refused
from shell import answer, doya_, in_a_line

# The author's states at the starts of two sequences, his times, targets and weights.
STARTS, TIMES = (0.2, 0.4), (2, 5)
TARGETS = np.array([[0.5, math.nan], [0.3, 0.7]])
WEIGHTS = np.array([[1.0, 1.0], [0.5, 2.0]])
POPULATION = {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.3, "tau": 2.0}
# (author, letters, over)
STATES = [
    ("pascanu", {"w": 5.0, "b": -2.3}, {"b": [-2.6, -2.0], "w": [4.0, 6.0]}),
    ("tanh", {"w": 1.2, "h": 0.1, "epsilon": 0.6}, {"epsilon": [0.3, 0.9], "h": [-0.1, 0.2]}),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": -4.0}, {"gamma": [0.1, 0.5]}),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.3}, {"epsilon": [0.2, 0.4]}),
    ("beer", {"w": 5.0, "theta": -3.0, "input": 0.4, "tau": 2.0}, {"input": [0.1, 0.6]}),
    ("wilson-cowan", POPULATION, {"a": [1.0, 1.4], "theta": [2.5, 3.0]}),
]


def task_of(conversion, tau):
    """The task of the author's state, in Doya's x and times."""
    x0 = [float(conversion.to_state(start)) for start in STARTS]
    times = [each / tau for each in TIMES]
    return doya.Task([None] * 2, TARGETS, WEIGHTS, x0, times, "state")


def exact(author, letters, name=None):
    """The loss in 40 digits from fixed states of the author, or its derivative by a letter."""
    return author_oracle.mean_loss(author, letters, STARTS, TIMES, TARGETS, WEIGHTS, name)


@pytest.mark.parametrize(("author", "letters", "over"), STATES)
def test_cells_with_targets_of_the_authors_state_are_those_of_his_equation(author, letters, over):
    """In 40 digits; each cell starts at the author's states at the neuron's own letters."""
    conversion = converted(author, letters)
    task = task_of(conversion, letters.get("tau", 1.0))
    found = doya.loss_landscape(conversion, over, task=task)
    assert (list(found.axes), found.conversion, found.task) == (list(over), conversion, task)
    assert found.x is found.state is found.start is found.target is None
    for cell in np.ndindex(*found.loss.shape):
        there = {**letters, **{name: over[name][k] for name, k in zip(over, cell, strict=True)}}
        assert found.loss[cell] == pytest.approx(exact(author, there), rel=1e-11)
        for name in over:
            slope = exact(author, there, name)
            assert found.gradient[name][cell] == pytest.approx(slope, rel=1e-9, abs=1e-13)


# Inputs of Doya's neuron by step, and targets after steps 2 and 4.
U = [[1.0, 0.0, 0.3, 0.0], [-1.0, 0.2, 0.0, 0.0]]
AIMS = [[0.8, 0.6], [0.3, 0.2]]


def naive(variable, alpha, own, gamma, theta, w):
    """Pasemann's a' = gamma a + theta + w (sigma(a) + u) from the a of x = 0.5 at `own` letters.

    His a is (w x + theta) / (1 - gamma), which is z; u is added outside sigma.
    """
    total = mpf(0)
    start = (own["w"] * mpf(0.5) + own["theta"]) / (1 - mpf(own["gamma"]))
    for row, aims in zip(U, AIMS, strict=True):
        a, by_time = start, dict(zip((2, 4), aims, strict=True))
        for t in range(len(row) + 1):
            x = (a * (1 - gamma) - theta) / w
            if t in by_time:
                total += ((x if variable == "x" else a) - mpf(by_time[t])) ** 2
                if alpha:
                    x = (1 - mpf(alpha)) * x + mpf(alpha) * mpf(by_time[t])
                    a = (w * x + theta) / (1 - gamma)
            if t < len(row):
                a = gamma * a + theta + w * (1 / (1 + mp.exp(-a)) + mpf(row[t]))
    return total / len(U)


@pytest.mark.parametrize(("variable", "alpha"), [("x", 0.0), ("x", 0.3), ("z", 0.0), ("state", 0)])
def test_cells_with_targets_of_x_z_and_the_state_agree_with_a_naive_loop(variable, alpha):
    """Sequences with inputs; derivatives are differences in 40 digits."""
    own = {"gamma": 0.3, "theta": 1.0, "w": -4.0}
    over = {"theta": [0.5, 1.5], "gamma": [0.2, 0.3, 0.6]}
    task = doya.Task(U, AIMS, None, 0.5, [2, 4], variable)
    neuron = doya.from_pasemann(**own)
    found = doya.loss_landscape(neuron, over, task=task, teacher_forcing=alpha)
    assert found.teacher_forcing == alpha
    with mp.workdps(40):
        h = mpf(10) ** -15
        for i, j in np.ndindex(2, 3):
            at = {"w": mpf(-4), "theta": mpf(over["theta"][i]), "gamma": mpf(over["gamma"][j])}
            there = float(naive(variable, alpha, own, **at))
            assert found.loss[i, j] == pytest.approx(there, rel=1e-13)
            for name in over:
                more, less = (
                    naive(variable, alpha, own, **{**at, name: at[name] + d}) for d in (h, -h)
                )
                slope = float((more - less) / (2 * h))
                assert found.gradient[name][i, j] == pytest.approx(slope, rel=1e-11, abs=1e-14)


def test_a_state_that_is_a_logit_of_x_in_some_cells_has_no_derivative_by_epsilon_there():
    """At epsilon = 1 the tanh neuron's state is read from the step before; the loss is known."""
    letters = {"w": 1.2, "h": 0.1, "epsilon": 0.6}
    conversion = converted("tanh", letters)
    task = task_of(conversion, 1.0)
    found = doya.loss_landscape(conversion, {"epsilon": [0.6, 1.0], "h": [0.1, 0.2]}, task=task)
    for k, h in enumerate((0.1, 0.2)):
        there = {**letters, "h": h}
        assert found.loss[0, k] == pytest.approx(exact("tanh", there), rel=1e-12)
        assert found.gradient["epsilon"][0, k] == pytest.approx(
            exact("tanh", there, "epsilon"), rel=1e-10
        )
    assert np.isnan(found.gradient["epsilon"][1]).all()
    assert np.isfinite(found.loss).all()
    assert np.isfinite(found.gradient["h"]).all()
    assert found.status.max() == 0
    assert found.largest_gradient.at["epsilon"] == 0.6


def test_chunks_curves_pictures_and_paths_are_as_for_doyas_parameters(monkeypatch):
    """Over one letter, over two, and as a surface."""
    unit, latch = doya.from_tanh(1.2, 0.05), doya.tasks.latch(sequences=4, steps=(8, 9))
    for over in ({"h": np.linspace(-0.2, 0.2, 21)}, {"h": [-0.2, 0.2], "w": [1.0, 1.2, 1.4]}):
        whole = doya.loss_landscape(unit, over, task=latch)
        monkeypatch.setattr("doya.landscapes.task_cells.AT_ONCE", 4)
        found = doya.loss_landscape(unit, over, task=latch)
        np.testing.assert_array_equal(found.loss, whole.loss)
        np.testing.assert_array_equal(found.gradient["h"], whole.gradient["h"])
        assert found.walls == ()
        assert found.further_walls == "The walls of the loss of a task are not searched."
        ax = Figure().subplots()
        assert doya.plots.draw_landscape(found, ax)
        words = " ".join(text.get_text() for text in ax.texts)
        assert ("w = 1.2" in words, "ε = 1" in words) == (len(over) == 1, True)
        path = doya.train(unit, task=latch, learn=tuple(over), steps=3)
        assert doya.plots.draw_training_path(path, ax)
        ax.figure.draw_without_rendering()
    assert doya.plots.draw_landscape_surface(found, Figure().add_subplot(projection="3d"))


TANH, STATE = doya.from_tanh(1.2, 0.0), doya.Task([0.1], [0.5], t_end=5, variable="state")
BEER = doya.from_beer(5.0, -3.0, 0.4, 2.0)


@pytest.mark.parametrize(
    ("neuron", "over", "task", "words"),
    [
        (TANH, {"b": [0, 1]}, doya.tasks.oscillate(), "must be among w, h, epsilon for the tanh"),
        (BEER, {"tau": [1, 2]}, doya.Task([None], [0.5], t_end=2), "among w, theta, input for"),
        (BEER, {"w": [1, 2]}, doya.tasks.oscillate(), "must have a list of inputs for the flow"),
        (BEER, {"w": [-1, 1]}, doya.Task([None], [0.5], t_end=2), "w must not be 0 within"),
        (TANH, {"h": [0, 1]}, STATE, "must have no input for targets of the state of the tanh"),
        (TANH, {"epsilon": [0.5, 1.0]}, STATE, "must have no input for targets of the state of"),
        (TANH, {"h": [[0, 1]]}, STATE, "over must have at least two ascending values of h"),
        (TANH, {}, STATE, "over must be a dict of one or two of w, h, epsilon"),
        (
            doya.from_pasemann(0.3, 1.0, 0.0), {"theta": [0, 1]}, doya.tasks.oscillate(),
            "w must be other than 0",
        ),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(neuron, over, task, words):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.loss_landscape(neuron, over, task=task)
    with pytest.raises(doya.ArgumentError, match="hessian must be False for a task"):
        doya.loss_landscape(neuron, over, task=task, hessian=True)
    with pytest.raises(doya.ArgumentError, match="remove x0, or the task"):
        doya.loss_landscape(neuron, over, 0.5, task=task)


def test_a_teacher_needs_targets_of_x():
    task = doya.Task(np.zeros((1, 5)), [0.5], variable="state")
    with pytest.raises(doya.ArgumentError, match="teacher_forcing must be 0 for targets of state"):
        doya.loss_landscape(TANH, {"h": [0.0, 1.0]}, task=task, teacher_forcing=0.1)


SMALL = "--sequences 3 --length 6 --seed 2"


def test_the_shell_learns_a_task_in_letters_and_draws_its_landscape(here):
    """With the bits of the library; the letters that correspond to b and w by default."""
    given = f"--task latch {SMALL} --input-to bias"

    def inside(unit):
        return dataclasses.replace(unit, neuron=unit.neuron.replace(input_to="bias"))

    task = doya.tasks.latch(seed=2, sequences=3, steps=(6, 7))
    own = inside(doya.from_pasemann(0.4, -1.0, 3.0))
    line = f"train pasemann gamma=0.4 theta=-1 w=3 {given} --steps 4"
    path = doya.train(own, task=task, learn=("theta", "w"), learning_rate=2.0, steps=4)
    whole = answer(f"{line} --json")
    assert whole["result"]["path"]["loss"] == path.loss.tolist()
    assert whole["result"]["path"]["theta"] == path.parameters["theta"].tolist()
    assert whole["parameters"]["author"] == "pasemann"
    assert whole["parameters"]["x0"] is whole["parameters"]["target"] is None
    more = {"truncate": 2, "teacher_forcing": 0.2}
    path = doya.train(own, task=task, learn=("up", "w"), learning_rate=2.0, steps=4, **more)
    whole = answer(f"{line} --learn up --learn w --truncate 2 --teacher-forcing 0.2 --json")
    assert whole["result"]["path"]["up"] == path.parameters["up"].tolist()
    rows = list(csv.DictReader(each for each in made_again(line).splitlines() if each[0] != "#"))
    assert [*rows[0]][:3] == ["step", "theta", "w"]
    line = f"landscape pasemann gamma=0.4 {given} --over theta -2 0 --over w 2 5 --points 4"
    axes = {"theta": np.linspace(-2.0, 0.0, 4), "w": np.linspace(2.0, 5.0, 4)}
    start = inside(doya.from_pasemann(0.4, -2.0, 2.0))  # letters that are swept are at the low end
    found = doya.loss_landscape(start, axes, task=task)
    assert answer(f"{line} --json")["result"]["minimum"] == found.minimum
    assert made_again(line).splitlines()[3] == "theta,w,loss,gradient_theta,gradient_w"
    taught = doya.loss_landscape(start, axes, task=task, teacher_forcing=0.3)
    said = answer(f"{line} --teacher-forcing 0.3 --json")
    assert said["result"]["minimum"] == taught.minimum


def test_a_swept_letter_still_says_where_the_sequences_start(here):
    """The command in the data has it, and makes the same data again."""
    line = f"landscape pasemann gamma=0.4 w=3 --task flip_flop {SMALL} --over theta -4 2 --points 3"
    data = made_again(line.replace("w=3", "theta=-1 w=3"))
    assert "theta=-1" in data
    assert data.splitlines()[4:] != made_again(line).splitlines()[4:]


@pytest.mark.parametrize("command", ["landscape", "sensitivity"])
def test_a_swept_letter_that_is_left_out_sets_the_start_by_its_low_value_as_the_help_says(command):
    """Pasemann's state of x = 0.5 is (w / 2 + theta) / (1 - gamma)."""
    line = f"{command} pasemann theta=-2 w=10 {{}} --over gamma 0.2 0.8 --points 3 --json"
    for letter, start in (("", 3.75), ("gamma=0.2", 3.75), ("gamma=0.5", 6.0)):
        assert np.ravel(answer(line.format(letter))["parameters"]["x0"]) == pytest.approx([start])
    words = in_a_line(doya_(f"{command} --help").stdout)
    assert "For this each letter has one value, also one that is swept." in words
    assert re.search(r"You may leave out (a|the) swept letter: then this value is LOW", words)


@pytest.mark.parametrize("given", ["", "h=0"])
def test_without_over_the_letter_that_is_left_out_is_0(here, given):
    line = f"landscape tanh w=1.2 epsilon=0.6 {given} --points 3 --task delay {SMALL} --json"
    assert answer(line)["parameters"]["letters"]["h"] == 0.0
    assert "or 0 without --over" in in_a_line(doya_("landscape --help").stdout)


@pytest.mark.parametrize("task", [f"--task delay {SMALL}", "--learn w --target -3"])
def test_a_path_across_w_0_is_drawn_without_a_landscape(here, task):
    """There Pasemann's state does not determine x, and the range of a landscape would have it."""
    line = f"train pasemann gamma=0.4 theta=-1 w=1 {task} --learning-rate 50 --dpi 50 -o a.png"
    done = answer(f"{line} --json")
    assert min(done["result"]["path"]["w"]) < 0.0 < max(done["result"]["path"]["w"])
    assert (here / "a.png").exists()


@pytest.mark.parametrize("more", ["", "--learn gamma", "--learn up", "--equilibria"])
def test_a_picture_of_a_task_in_letters_has_its_landscape(here, more):
    line = f"train pasemann gamma=0.4 theta=-1 w=3 --task latch {SMALL} --steps 3 --quiet --dpi 50"
    assert doya_(f"{line} {more} -o a.png").exit_code == 0
    line = f"landscape tanh w=1.2 --task delay {SMALL} --points 5 --quiet --dpi 50"
    assert doya_(f"{line} -o b.png").exit_code == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "train beer w=5 theta=-3 input=0 tau=1 --task delay",
            "--task needs the map of pascanu, .*tanh or Doya, and beer is a flow",
        ),
        ("landscape tanh-flow w=1 --task delay", "--task needs .* and tanh-flow is a flow"),
        ("landscape tanh w=1 --task delay --over input_weight 0 1", ".*input_weight.*"),
        ("train tanh w=1 h=0 --task delay --over h 0 1", "--over needs Doya's parameters: .*"),
        ("train tanh w=1 h=0 --truncate 3", "--truncate needs Doya's parameters or a task: .*"),
        (
            "train beer w=5 theta=-3 input=0 tau=1 --truncate 3",
            "--truncate needs Doya's parameters: remove AUTHOR and its letters",
        ),
        ("landscape tanh w=1 h=0 --task delay --over u 0 1", "--over u has no .*: sweep h instead"),
        ("landscape tanh w=1 --task delay --hessian", "--hessian has no meaning with --task: .*"),
    ],
)
def test_wrong_usage_is_one_sentence(here, line, words):
    assert refused(line, words)
