"""Where training ends from a grid of starts: the ends of single descents, and their picture."""

from __future__ import annotations

import csv
import json
import tracemalloc
import weakref

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.style import context

import doya
from doya import plots
from doya.kernels.machinery.running import always, as_machine_code
from doya.plots import STYLE
from doya.training import initialisation_maps
from overlaps import boxes, faults
from promises import made_again, refused
from shell import answer, doya_

FLOW = doya.NeuronODE(5.0)
B = np.linspace(-3.0, -1.0, 9)
W = np.array([3.0, 5.0, 7.0])
SETTINGS = {"learning_rate": 2.0, "clip": 0.05}


@pytest.mark.parametrize(
    ("neuron", "axes", "given"),
    [
        (FLOW, {"w": W, "b": B}, {"x0": 0.5, "t_end": 50.0, "target": 0.855}),
        (FLOW, {"x0": [0.2, 0.7]}, {"t_end": 50.0, "target": 0.855, "learn": "b"}),
        (
            doya.NeuronMap(5.0, -2.2), {"epsilon": [0.5, 1.0], "input_weight": [0.2, 1.0]},
            {"x0": 0.5, "t_end": 9, "target": 0.855, "u": 0.1, "learn": ("b", "input_weight")},
        ),
        (
            doya.NeuronMap(5.0, -2.2), {"w": W},
            {"task": doya.Task([[0.5, 0.0], [-0.5, 0.0]], [0.8, 0.2])},
        ),
    ],
    ids=["plane", "start", "input", "task"],
)  # fmt: skip
def test_each_cell_is_the_end_of_its_own_descent(neuron, axes, given, monkeypatch):
    """Also in blocks of a few starts."""
    monkeypatch.setattr(initialisation_maps, "AT_ONCE", 4000)
    found = doya.initialisation_map(neuron, axes, **given, steps=12, **SETTINGS)
    names = list(axes)
    assert found.loss.shape == tuple(len(axes[name]) for name in names)
    learn = found.learn
    for cell in np.ndindex(found.loss.shape):
        start = {name: float(axes[name][k]) for name, k in zip(names, cell, strict=True)}
        own = {**given, "learn": learn}
        if "x0" in start:
            own["x0"] = start.pop("x0")
        path = doya.train(neuron.replace(**start), **own, steps=12, **SETTINGS)
        for name in learn:
            assert found.final[name][cell] == path.parameters[name][-1]
        assert found.loss[cell] == path.free_loss[-1]
        assert found.largest_gradient[cell] == path.gradient_norm.max()
        assert (found.steps_taken[cell], found.status[cell]) == (path.steps, path.status)


def test_outcomes_are_those_of_the_definition():
    """Solved, still falling by 1 % in the last tenth of the steps, stuck, and stopped early."""
    found = doya.initialisation_map(
        doya.NeuronODE(5.0), {"b": np.linspace(-3.0, 3.0, 21)}, 0.5, 50.0, 0.855,
        learning_rate=2.0, steps=40,
    )  # fmt: skip
    for k, b in enumerate(found.axes["b"]):
        path = doya.train(FLOW.replace(b=b), 0.5, 50.0, 0.855, learning_rate=2.0, steps=40)
        end, before = path.free_loss[[-1, -5]]
        expected = 0 if end <= 1e-3 else 1 if end <= 0.99 * before else 2
        assert found.outcome[k] == expected
    assert sum(found.counts.values()) == 21
    assert min(found.counts[name] for name in ("solved", "falling", "stuck")) > 0
    assert found.verdict.startswith(f"{found.counts['solved']} of 21 descents ended")
    np.testing.assert_array_equal(found.success, found.outcome == 0)
    gone = doya.initialisation_map(
        FLOW, {"x0": [1e97, 1e98]}, None, 0.0, -1e98, learning_rate=2.0, steps=9
    )
    assert gone.outcome.tolist() == [3, 3]
    assert "stopped early" in gone.verdict


def test_walls_and_bifurcations_are_those_of_the_starts():
    """b = -2.5 is the wall of the geometric model, between the folds of THEORY.md."""
    found = doya.initialisation_map(FLOW, {"b": B}, 0.5, 50.0, 0.855, steps=1)
    assert [wall.values["b"].item() for wall in found.walls] == [-2.5]
    assert [each.value for each in found.special_points] == [
        pytest.approx(-2.3443896613693), pytest.approx(-2.6556103386307)
    ]  # fmt: skip
    assert found.curves is None
    plane = doya.initialisation_map(FLOW, {"b": B, "w": W}, 0.5, 50.0, 0.855, u=0.1, steps=1)
    assert [{*wall.values} for wall in plane.walls] == 2 * [{"b", "w"}]
    assert [point.kind for point in plane.curves.special_points] == ["CP"]
    assert plane.curves.u == 0.1
    start = doya.initialisation_map(FLOW, {"x0": [0.1, 0.9]}, None, 50.0, 0.855, learn="b", steps=1)
    assert (start.special_points, start.curves) == ((), None)
    assert [wall.values["x0"].item() for wall in start.walls] == [pytest.approx(0.5)]


def test_memory_does_not_grow_with_the_paths(monkeypatch):
    """Paths of a few starts are kept at once, and none of them by the result."""
    sizes, paths = [], []

    def seen(*arguments, **given):
        path = doya.train(*arguments, **given)
        sizes.append(6 * path.loss.nbytes)  # 4 rows, and 2 of b
        paths.append(weakref.ref(path))
        return path

    monkeypatch.setattr(initialisation_maps, "AT_ONCE", 20_000)
    monkeypatch.setattr(initialisation_maps, "train", seen)
    axes = {"b": np.linspace(-3.0, -2.0, 20)}
    found = doya.initialisation_map(doya.NeuronMap(5.0), axes, 0.5, 1, 0.855, steps=50)
    assert len(sizes) == 3
    assert max(sizes) <= 20_000
    assert [path() for path in paths] == [None] * 3
    assert all(np.size(each.base) <= 3 * 20 for each in (found.loss, found.final["b"]))


def test_progress_rises_to_one(monkeypatch):
    monkeypatch.setattr(initialisation_maps, "AT_ONCE", 2000)
    parts = []
    doya.initialisation_map(FLOW, {"b": B}, 0.5, 5.0, 0.855, steps=4, progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert 0.0 < parts[0] < 0.5


WRONG = [
    ({"neuron": doya.from_tanh(1.25, 0.1)}, "neuron must not be a Conversion"),
    ({"neuron": doya.NeuronODE(w=W)}, "ensemble"),
    ({"over": {"u": B}}, "over must be among .*, got 'u'"),
    ({"over": {"b": [1.0, 0.0]}}, "over must have at least two ascending values of b"),
    ({"over": {"x0": [0.1, 0.9]}, "learn": "b"}, "x0 must not be given where it is in over"),
    ({"learn": "c"}, "learn must be among"),
    ({"clip": [1.0, 2.0]}, "clip must be one number for all starts, got an array of shape"),
    ({"solved": np.nan}, "solved must be finite"),
    ({"rule": "sgd"}, "rule must be one of"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG)
def test_wrong_arguments_are_named(changed, words):
    given = {"neuron": FLOW, "over": {"b": B}, "x0": 0.5, "t_end": 5.0, "target": 0.855}
    with pytest.raises(doya.ArgumentError, match=words):
        doya.initialisation_map(**{**given, **changed})


def drawing(axes, size=None, **given):
    """Return a result and the axes with its picture."""
    given = {"x0": None if "x0" in axes else 0.5, "t_end": 50.0, "target": 0.855, **given}
    found = doya.initialisation_map(FLOW, axes, learning_rate=2.0, **given)
    with context([STYLE, {"figure.dpi": 72}]):
        ax = Figure(figsize=size).subplots()
        artists = plots.draw_initialisation_map(found, ax)
        assert faults(ax.figure) == []
    return found, ax, artists


def test_a_plane_is_hatched_where_the_loss_is_not_small():
    """A start in a hatched ground is one that is not solved; the legend names what is there."""
    found, ax, artists = drawing(
        {"w": np.linspace(2.0, 8.0, 25), "b": np.linspace(-6.0, 1.0, 29)}, steps=60
    )
    grounds = [each for each in artists if isinstance(each, ContourSet)]
    assert len(grounds) == sum(found.counts[name] > 0 for name in ("falling", "stuck", "stopped"))
    top = found.outcome[-1, -1]
    assert top == 2
    inside = [ground.get_paths()[0].contains_point((7.9, 0.9)) for ground in grounds]
    assert inside == [False, True]
    shown = [text.get_text() for text, _ in boxes(ax.figure)]
    assert {"solved", "falling", "stuck", "fold (LP)", "wall"} <= {*shown}
    assert "stopped" not in shown


def test_over_one_parameter_marks_are_filled_where_solved():
    """Each start has one mark in each panel, or a triangle at the edge."""
    found, ax, _ = drawing({"b": np.linspace(-3.0, -1.0, 21)}, steps=60)
    upper, lower = ax.figure.axes
    solved, falling, stuck, _ = (line for line in lower.lines if line.get_linestyle() == "None")
    assert solved.get_xdata().size == found.counts["solved"]
    assert falling.get_fillstyle() == "none"
    assert (solved.get_marker(), stuck.get_marker()) == ("o", "x")
    marks = [line for line in upper.lines if line.get_linestyle() == "None"]
    assert sum(line.get_xdata().size for line in marks) == 21
    above = ("LP \N{MINUS SIGN}2.6556", "wall \N{MINUS SIGN}2.5", "LP \N{MINUS SIGN}2.3444")
    assert {*above} <= {text.get_text() for text, _ in boxes(ax.figure)}


def test_pictures_over_other_starts_can_be_read():
    """Over x0; over b and x0, where folds are upright lines; and with all descents thrown away."""
    _, ax, _ = drawing({"x0": np.linspace(0.1, 0.9, 9)}, learn="b", steps=9)
    assert ax.get_ylabel() == "b at the end"
    found, ax, _ = drawing({"b": B, "x0": [0.1, 0.5, 0.9]}, learn="b", steps=9)
    upright = [line for line in ax.lines if np.ptp(line.get_xdata()) == 0.0]
    folds = [*found.special_points, *(wall for wall in found.walls if wall.kind == "fold")]
    assert len(upright) == 2 * len(folds) == 8  # each on a line of paper
    shown = {text.get_text() for text, _ in boxes(ax.figure)}
    assert {"fold (LP)", "wall", "wall (fold)"} <= shown
    drawing({"x0": [1e97, 1e98]}, t_end=0.0, target=-1e98, steps=9)


def test_the_command_answers_with_counts_and_a_row_for_each_start(here):
    """The pinned values of --over are those of the library, and the data make themselves again."""
    line = "train --over w 3 7 --over b -4 -1 --points 5 --steps 9"
    whole = answer(f"{line} --json")
    assert whole["parameters"]["over"] == [["w", 3.0, 7.0], ["b", -4.0, -1.0]]
    assert whole["parameters"]["learn"] == ["w", "b"]
    assert (whole["parameters"]["w"], whole["parameters"]["points"]) == (None, 5)
    axes = {"w": np.linspace(3.0, 7.0, 5), "b": np.linspace(-4.0, -1.0, 5)}
    found = doya.initialisation_map(FLOW, axes, 0.5, 50.0, 0.855, steps=9, learning_rate=2.0)
    result = whole["result"]
    assert {name: result[name] for name in found.counts} == found.counts
    assert result["cells"] == 25
    assert result["least"]["loss"] == found.loss.min()
    assert {each["kind"] for each in result["special_points"]} == {"CP"}
    data = made_again(line)
    rows = list(csv.DictReader(line for line in data.splitlines() if line[0] != "#"))
    assert [float(row["loss"]) for row in rows] == found.loss.ravel().tolist()
    assert [int(row["outcome"]) for row in rows] == found.outcome.ravel().tolist()
    assert doya_(f"{line} --quiet -o a.npz -o a.json -o a.png").exit_code == 0
    with np.load("a.npz") as arrays:
        np.testing.assert_array_equal(arrays["final_b"], found.final["b"].ravel())
    assert len(json.loads((here / "a.json").read_text())["data"]["b"]) == 25


def test_all_inputs_and_parameters_may_be_swept():
    """A task too; the command in the data makes them again."""
    for more in (
        "--over x0 0.1 0.9 --learn b",
        "--over input_weight 0.1 1 --input 0.2 --learn input_weight --learn b",
        "--dynamics map --over epsilon 0.2 1 --t-end 9 --rule adam",
        "--task oscillate --over b 0 4 --over w -9 -1 --length 6",
    ):
        made_again(f"train {more} --points 3 --steps 4")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--over c 0 1", r"'--over': 'c' is not one of 'b', 'w', .*"),
        ("--over epsilon 0.1 1", "--over epsilon needs --dynamics map: .*"),
        (
            "--over b 0 1 --over w 0 1 --over x0 0 1",
            "--over has starts of .*: give it at most twice",
        ),
        ("--over b 0 1 --equilibria", "--equilibria shows one path, and --over many: .*"),
        ("--over b 0 1 -o a.gif", "an animation shows one path .*: remove --over"),
        ("tanh w=1 --over h 0 1", "--over needs Doya's parameters: remove AUTHOR and its letters"),
        ("--task delay --over x0 0 1", "--over x0 is for one TARGET: a --task has starts .*"),
    ],
)
def test_wrong_usage_is_one_sentence(here, options, words):
    assert refused(f"train {options}", words)
    done = doya_("train --points 5 --steps 1 --json")
    assert done.stderr.strip() == "--points has no effect without --over."


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": -1}, "steps must be a whole number from 0 to 1000000, got -1"),
        ({"steps": None}, "steps must be a whole number from 0 to 1000000, got None"),
        ({"learn": 5}, "learn must be among b, w, x0, input_weight, epsilon, got 5"),
        ({"target": [0.1, 0.2]}, "target must be one number for all starts, got an array of shape"),
        ({"u": [50 * [0.0], 50 * [1.0]]}, "u must be one input for all starts, got inputs of"),
    ],
    ids=lambda given: "" if isinstance(given, str) else str(*given),
)
def test_arguments_that_fit_no_map_of_starts_are_refused_by_name(given, words):
    axes = {"w": np.linspace(1.0, 6.0, 2), "b": np.linspace(-3.0, 0.0, 2)}
    with pytest.raises(doya.ArgumentError, match=words):
        doya.initialisation_map(doya.NeuronMap(), axes, 0.5, 50, **{"target": 0.8, **given})


@pytest.mark.machine_code
def test_a_map_of_many_starts_takes_little_memory_besides_its_arrays():
    """100,000 descents: at most 64 MB and the arrays of the answer."""
    axes = {"w": np.linspace(3.0, 7.0, 400), "b": np.linspace(-4.0, -1.0, 250)}
    given = (0.5, 2, 0.855, ("b", "w"), 8)
    with always(as_machine_code):
        doya.initialisation_map(doya.NeuronMap(), {"b": axes["b"][:2]}, *given)
        tracemalloc.start()
        found = doya.initialisation_map(doya.NeuronMap(), axes, *given)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    arrays = (
        *found.final.values(), found.loss, found.largest_gradient, found.steps_taken,
        found.outcome, found.status,
    )  # fmt: skip
    assert {each.shape for each in arrays} == {(400, 250)}
    assert (found.steps_taken == 8).all()
    assert peak - sum(each.nbytes for each in arrays) < 64e6
