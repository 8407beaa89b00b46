"""doya train and doya landscape of a ready task, and of a map with a teacher."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest

import doya
from doya_cli.tasks import SHARED, TASKS
from promises import made_again, refused
from shell import answer, doya_, in_a_line

SMALL = "--sequences 3 --length 6 --seed 2"


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("latch", lambda **more: doya.tasks.latch(steps=(6, 7), **more)),
        ("flip_flop", lambda **more: doya.tasks.flip_flop(steps=6, **more)),
        ("delay", lambda **more: doya.tasks.delay(steps=6, **more)),
        ("oscillate", lambda **more: doya.tasks.oscillate(steps=6, **more)),
    ],
)
def test_a_task_is_trained_and_drawn_as_by_the_library(name, task, here):
    """Noise, seed, number and length of the sequences; b and w are learned by default."""
    given = f"--task {name} {SMALL} --noise 0.1 --w 3 --b -1 --input-to bias"
    whole = answer(f"train {given} --rule adam --learning-rate 0.1 --steps 4 --json")
    own = task(seed=2, sequences=3, variance=0.1)
    neuron = doya.NeuronMap(3.0, -1.0, input_to="bias")
    path = doya.train(neuron, task=own, learn=("b", "w"), rule="adam", learning_rate=0.1, steps=4)
    assert whole["result"]["path"]["loss"] == path.loss.tolist()
    assert whole["result"]["path"]["w"] == path.parameters["w"].tolist()
    parameters = whole["parameters"]
    assert [parameters[key] for key in ("task", "seed", "sequences", "length", "noise")] == [
        *(name, 2, 3, 6, 0.1)
    ]
    assert parameters["dynamics"] == "map"
    assert parameters["x0"] is parameters["t_end"] is parameters["target"] is None
    ground = answer(f"landscape {given} --over b -2 0 --over w 2 5 --points 4 --json")
    axes = {"b": np.linspace(-2.0, 0.0, 4), "w": np.linspace(2.0, 5.0, 4)}
    found = doya.loss_landscape(neuron, axes, task=own)
    assert ground["result"]["minimum"] == found.minimum
    assert ground["result"]["further_walls"] == "The walls of the loss of a task are not searched."
    said = doya_(f"landscape {given} --over b -2 0 --points 4 -o a.csv").stdout
    assert "The walls of the loss of a task are not searched." in said
    assert "no wall" not in said  # as none was sought


def test_every_ready_task_is_a_choice():
    assert {*TASKS} == {*doya.tasks.__all__}


def test_the_first_inputs_of_a_latch_are_learned(here):
    """up and down, alone or beside w, with the bits of the library; other tasks have none."""
    line = f"train --task latch {SMALL} --w 6 --b -3 --input-to bias"
    whole = answer(f"{line} --learn up --learn w --learn down --steps 3 --json")
    task = doya.tasks.latch(seed=2, sequences=3, steps=(6, 7))
    assert {*task.shared} == {*SHARED}
    neuron = doya.NeuronMap(6.0, -3.0, input_to="bias")
    path = doya.train(neuron, task=task, learn=("up", "w", "down"), learning_rate=2, steps=3)
    final = {name: row[-1] for name, row in path.parameters.items()}
    assert whole["result"]["final"]["parameters"] == final
    assert doya_(f"{line} --learn up --steps 2 -o up.png --equilibria --dpi 50").exit_code == 0
    data = made_again(f"{line} --learn up --steps 2")
    assert data.splitlines()[3].startswith("step,up,loss,")
    refused(f"train --task delay {SMALL} --learn up", ".*epsilon, got 'up'")
    refused("train --learn up", "w, x0, input_weight, got 'up'")
    refused("train tanh w=2 h=0 --learn up", "learn must be among w, h, epsilon, got 'up'")


def test_the_command_in_the_data_makes_it_again(here):
    """Of a path, of a landscape over one and over two parameters, and over the input weight."""
    data = made_again(f"train --task delay {SMALL} --steps 3 --truncate 2 --omega 0.1")
    rows = list(csv.DictReader(line for line in data.splitlines() if line[0] != "#"))
    assert len(rows) == 4
    data = made_again(f"landscape --task latch {SMALL} --points 5 --input-to bias")
    assert data.splitlines()[3] == "b,loss,gradient_b"
    data = made_again(
        f"landscape --task flip_flop {SMALL} --over input_weight 0 5 --over x0 0 1 --points 3"
    )
    assert data.splitlines()[3] == "input_weight,x0,loss,gradient_input_weight,gradient_x0"
    made_again("landscape --dynamics map --teacher-forcing 0.3 --input 0.1 --points 4")


@pytest.mark.long
def test_a_picture_of_a_task_has_its_landscape_and_its_equilibria(here):
    """Each takes the place of the other; a task with one learned parameter too."""
    line = f"train --task flip_flop {SMALL} --steps 5 --quiet --dpi 50"
    for number, more in enumerate(("", "--equilibria", "--learn input_weight", "--learn x0")):
        assert doya_(f"{line} {more} -o {number}.png").exit_code == 0
    contents = [(here / f"{number}.png").read_bytes() for number in range(4)]
    assert len({*contents}) == 4
    assert doya_(f"{line} -o a.gif --frames 2").exit_code == 0


def test_a_long_task_has_a_coarse_landscape(monkeypatch):
    """Its cells have 2e8 steps of all sequences at most, and 21 x 21 cells at least."""
    from doya_cli import descents

    path = doya.train(doya.NeuronMap(), task=doya.tasks.delay(sequences=2, steps=10), steps=0)
    assert descents._sizes(path) == (descents.ALONG, descents.ACROSS)
    monkeypatch.setattr(descents, "MOST_TASK_STEPS", 20 * 50**2)
    assert descents._sizes(path) == (descents.ALONG, 50)
    monkeypatch.setattr(descents, "MOST_TASK_STEPS", 1)
    assert descents._sizes(path) == (descents.ALONG, 21)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train --seed 3", "--seed needs a task: add --task latch"),
        ("landscape --length 9 --noise 1", "--length and --noise need a task: .*"),
        ("train --task delay --dynamics flow", "--task needs --dynamics map: its inputs .*"),
        (
            "train --task delay --x0 0.1 --pulse 1 2 3",
            "--task has its own starts, inputs and targets: remove --x0 and --pulse",
        ),
        ("train --task latch --sequences 1", "--sequences must be .* from 2 to 1000000, got 1"),
        ("train --task delay --noise -1", "--noise must be from 0 to 1e100, got -1.0"),
        ("landscape --over input_weight 0 1", "--over input_weight is for a --task: .*"),
        ("landscape --task delay --over u 0 1", "--over u has no meaning with --task: sweep b .*"),
        ("landscape --task delay --hessian", "--hessian has no meaning with --task: .*"),
        (
            "landscape --teacher-forcing 0.2",
            "'--teacher-forcing': it must be 0 for the flow, .*; add --dynamics map",
        ),
        (
            "landscape --dynamics map --teacher-forcing 1",
            "'--teacher-forcing': it must be at least 0 and less than 1, got 1.0",
        ),
        (
            "landscape tanh w=1.2 --teacher-forcing 0.2",
            "--teacher-forcing needs Doya's parameters or a task: .*, or add --task delay",
        ),
        (
            "train tanh w=1.2 h=0 --forcing-every 2 --teacher-forcing 0.2",
            "--teacher-forcing and --forcing-every need .*, or add --task delay",
        ),
        ("train tanh w=1.2 h=0 --truncate 2", "--truncate needs .*, or add --task latch"),
    ],
)
def test_wrong_usage_is_one_sentence(here, line, words):
    assert refused(line, words)


TAUGHT = "has no effect on --task latch, because none of its steps begins at a state with a target."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train --task latch --teacher-forcing 0.5 --steps 2", f"--teacher-forcing {TAUGHT}"),
        ("train pasemann gamma=0.4 theta=-1 w=3 --task latch --teacher-forcing 0.5 --steps 2", ""),
        ("landscape --task latch --teacher-forcing 0.5 --points 3", f"--teacher-forcing {TAUGHT}"),
        (
            "train --task delay --teacher-forcing 0.5 --forcing-every 9 --steps 2",
            "none of the steps of --forcing-every beg",
        ),
    ],
)
def test_a_teacher_that_moves_nothing_has_a_notice(line, words):
    """Latch has targets at the ends alone; the ninth step is after the end of the sequence."""
    given = SMALL if "--task" in line else ""
    done = doya_(f"{line} {given} --json")
    assert done.exit_code == 0
    assert (words or TAUGHT) in in_a_line(done.stderr)
    assert doya_(f"{line} {given} --json --quiet").stderr == ""


def test_the_task_that_an_error_recommends_has_states_that_a_teacher_moves():
    line = "train pasemann gamma=0.4 theta=-1 w=3 --teacher-forcing 0.5 --steps 2 --json"
    task = re.search("add (--task .*)[.]", doya_(line).stderr).group(1)
    done = doya_(f"{line} {task} {SMALL}")
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["flip_flop", "delay", "oscillate"])
def test_a_teacher_that_changes_the_loss_has_none(name):
    for more in ("", "--forcing-every 2"):
        line = f"train --task {name} --length 6 --sequences 3 --steps 1 --json"
        taught = doya_(f"{line} --teacher-forcing 0.5 {more}")
        assert "no effect" not in taught.stderr
        losses = [json.loads(each.stdout)["result"]["path"]["loss"][0] for each in (
            taught, doya_(line),
        )]  # fmt: skip
        assert losses[0] != losses[1]


def test_a_teacher_hides_the_wall_and_the_table_says_so(here):
    """The landscape of THEORY.md section 14: alpha = 0.2, w = 5, epsilon = 1."""
    line = "landscape --dynamics map --over b -3 -2"
    free, taught = (answer(f"{line} {more} --json") for more in ("", "--teacher-forcing 0.2"))
    assert [wall["b"] for wall in free["result"]["walls"]] == [-2.5]
    assert taught["result"]["walls"] == []
    assert taught["result"]["further_walls"] is None
    assert taught["result"]["max_gradient"]["value"] < 10.0
    assert free["result"]["max_gradient"]["value"] > 1e4
    assert taught["parameters"]["teacher_forcing"] == 0.2
    text = doya_(f"{line} --teacher-forcing 0.2").stdout
    assert "no wall for b from -3 to -2" in text
    assert "refined" not in text
