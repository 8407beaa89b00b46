"""The equilibria at each step of a descent, and the bifurcations on its path, in pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.style import context

import doya
from doya import plots
from doya.plots import STYLE
from overlaps import faults

FLIP = doya.train(
    doya.NeuronMap(-2.0, 1.0), task=doya.tasks.oscillate(), learn=("b", "w"), rule="adam",
    learning_rate=0.1, steps=60,
)  # fmt: skip
FOLDS = doya.train(
    doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, ("b", "w"), 2.0, 50, rule="sign"
)  # fmt: skip
LETTERS = doya.train(
    doya.from_tanh(1.25, 0.1), 0.5, 50, 1.2, learning_rate=0.1, steps=5
)  # fmt: skip


def drawing(path):
    with context([STYLE, {"figure.dpi": 72}]):
        ax = Figure().subplots()
        plots.draw_training_equilibria(path, ax)
        assert faults(ax.figure) == []
    return ax


def is_of_steps(line):
    return np.all(np.asarray(line.get_xdata()) % 1.0 == 0.0)


def branches(ax):
    """Return the lines of equilibria: those of whole steps."""
    return [
        line
        for line in ax.lines
        if line.get_color() == "black" or line.get_linestyle() in ("-", "--")
        if is_of_steps(line) and np.ptp(line.get_ydata()) < 0.9
        if line.get_linewidth() > 0.6  # the thin ones are 2-cycles
    ]


@pytest.mark.parametrize("path", [FLIP, FOLDS], ids=["flip", "folds"])
def test_each_equilibrium_is_a_point_of_one_line_of_its_stability(path):
    """Roots of x = sigma(w x + b), by the sign of the slope; no line leads across a bifurcation."""
    ax = drawing(path)
    shown = {
        (int(step), round(float(x), 9)): line.get_linestyle() == "-"
        for line in branches(ax)
        for step, x in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if math.isfinite(x)
    }
    size = 0
    for step in range(int(path.steps) + 1):
        w, b = (path.parameters[name][step] for name in ("w", "b"))
        x = np.linspace(0.0, 1.0, 200_000)
        away = x - 1.0 / (1.0 + np.exp(-(w * x + b)))
        for k in np.flatnonzero(np.sign(away[:-1]) * np.sign(away[1:]) < 0.0):
            near = [place for place in shown if place[0] == step and abs(place[1] - x[k]) < 1e-5]
            assert len(near) == 1, (step, x[k])
            slope = w * x[k] * (1.0 - x[k])
            is_map = path.neuron.dynamics == "map"
            assert shown[near[0]] == (abs(slope) < 1.0 if is_map else slope < 1.0)
            size += 1
    assert size == len(shown)
    cuts = {each.step for each in path.bifurcations if each.kind != "wall"}
    for line in branches(ax):
        steps = np.asarray(line.get_xdata())
        assert not cuts & {*steps[1:].tolist()}


def test_bifurcations_are_marked_where_they_are_and_named_by_kind():
    """A flip at multiplier -1, as w falls below -4; the folds and walls of the other descent."""
    ax = drawing(FLIP)
    (flip,) = [each for each in FLIP.bifurcations if each.kind == "PD"]
    marks = [line for line in ax.lines if line.get_marker() == "D"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks] == [
        (flip.step - 0.5, flip.x)
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["flip (PD)"]
    ax = drawing(FOLDS)
    kinds = [each.kind for each in FOLDS.bifurcations]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fold (LP)", "wall"]
    halves = [line for line in ax.lines if line.get_fillstyle() == "left"]
    assert len(halves) == kinds.count("LP") > 0


@pytest.mark.parametrize("path", [FLIP, FOLDS], ids=["flip", "folds"])
def test_lines_leave_no_gap_at_a_bifurcation(path):
    """Each equilibrium beside it leads to the mark, or to the same point as one beyond.

    Of two bifurcations in one step, what is between them has no step of its own.
    """
    ax = drawing(path)
    halves = [line for line in ax.lines if np.ptp(line.get_xdata()) == 0.5]
    known = [each for each in path.bifurcations if each.kind != "wall"]
    steps = [each.step for each in known]
    alone = [each for each in known if steps.count(each.step) == 1]
    assert alone
    for each in alone:
        own = [line for line in halves if line.get_xdata()[1] == each.step - 0.5]
        marked = [line for line in own if line.get_ydata()[1] == each.x]
        assert len(marked) == {"LP": 2, "PD": 4}[each.kind]
        rest = [line.get_ydata()[1] for line in own if line not in marked]
        assert all(rest.count(end) == 2 for end in rest)
        for step in (each.step - 1, each.step):
            states = path.equilibria.x[step]
            begun = [
                line.get_ydata()[0] for line in own
                if line.get_xdata()[0] == step and line.get_linewidth() > 0.6
            ]  # fmt: skip
            assert sorted(begun) == states[np.isfinite(states)].tolist()


def test_a_step_across_both_folds_leaves_no_gap():
    """Lines lead to the fold in which the state vanishes, dashed to the other one, and on."""
    for b in (-2.0, -3.0):
        path = doya.train(
            doya.NeuronODE(5.0, b), 0.5, 50.0, 0.5, learning_rate=2.0, steps=3, rule="sign"
        )
        here = [each.x for each in path.bifurcations if each.step == 1 and each.kind == "LP"]
        folds = sorted(here, reverse=b > -2.5)  # the state falls with b
        x = path.equilibria.x[:2, 0]
        chain = [(x[0], folds[0], "-"), (folds[0], folds[1], "--"), (folds[1], x[1], "-")]
        drawn = [
            (*line.get_ydata(), line.get_linestyle())
            for line in drawing(path).lines
            if len(line.get_xdata()) == 2 and 0.5 in line.get_xdata() and line.get_xdata()[1] <= 1
        ]
        assert drawn[:3] == chain


def test_two_cycles_are_states_that_two_steps_repeat():
    """From the flip on; thin lines, and of the flow none."""
    cycles = FLIP.two_cycles
    (flip,) = FLIP.bifurcations
    w, b = (FLIP.parameters[name] for name in ("w", "b"))
    has = np.isfinite(cycles.low)
    assert np.flatnonzero(has).tolist() == list(range(flip.step, 61))
    for start, end in ((cycles.low, cycles.high), (cycles.high, cycles.low)):
        step = 1.0 / (1.0 + np.exp(-(w * start + b)))
        np.testing.assert_allclose(step[has], end[has], rtol=1e-12)
    slopes = w**2 * cycles.low * (1 - cycles.low) * cycles.high * (1 - cycles.high)
    np.testing.assert_allclose(cycles.multiplier, slopes, rtol=1e-9)
    lines = drawing(FLIP).lines
    thin = [line for line in lines if line.get_linewidth() < 0.6 and is_of_steps(line)]
    assert [line.get_ydata().tolist() for line in thin] == [
        cycles.low[has].tolist(), cycles.high[has].tolist()
    ]  # fmt: skip
    assert np.isnan(FOLDS.two_cycles.low).all()


def test_two_cycles_of_letters_are_in_the_author_s_state():
    """a' = w tanh(a) + h.  Under an input the states are moved."""
    path = doya.train(doya.from_tanh(-1.5, 0.1), 0.4, 30, 0.9, "w", 0.01, 3)
    own = path.two_cycles
    plain = doya.train(
        doya.NeuronMap(path.conversion.neuron.w, path.conversion.neuron.b), 0.4, 30, 0.9, steps=0,
        u=0.1,
    )  # fmt: skip
    for start, end in ((own.low, own.high), (own.high, own.low)):
        step = path.parameters["w"] * np.tanh(start) + 0.1
        np.testing.assert_allclose(step, end, rtol=1e-12)
    low, high = plain.two_cycles.low[0], plain.two_cycles.high[0]
    assert plain.neuron.step(low, 0.1) == pytest.approx(high, rel=1e-12)
    assert plain.neuron.step(high, 0.1) == pytest.approx(low, rel=1e-12)


def test_letters_and_a_descent_of_no_steps_are_drawn():
    ax = drawing(LETTERS)
    assert ax.get_ylabel() == "a"
    still = doya.train(doya.NeuronODE(), 0.5, 50.0, 0.855, steps=0)
    assert drawing(still).get_legend() is None


def test_an_ensemble_is_refused():
    many = doya.train(doya.NeuronODE(5.0, [-2.2, -2.3]), 0.5, 5.0, 0.855, steps=1)
    with pytest.raises(doya.ArgumentError, match="training must be of one neuron, got an ensemble"):
        plots.draw_training_equilibria(many, Figure().subplots())


@pytest.mark.parametrize("path", [FLIP, FOLDS], ids=["flip", "folds"])
def test_a_path_in_the_plane_has_a_mark_at_each_bifurcation(path):
    """Marks at one place share it; each kind is named once."""
    axes = {name: np.linspace(*_ends(path.parameters[name]), 9) for name in ("b", "w")}
    given = {"task": path.task} if path.task else {"x0": 0.5, "t_end": 50.0, "target": 0.855}
    with context([STYLE, {"figure.dpi": 72}]):
        ax = Figure().subplots()
        plots.draw_landscape(doya.loss_landscape(path.neuron, axes, **given), ax)
        artists = plots.draw_training_path(path, ax)
        assert faults(ax.figure) == []
    passed = [each for each in path.bifurcations if each.kind != "wall"]
    marks = [
        ax.transAxes.transform(line.get_xydata()[0])
        for line in artists
        if getattr(line, "get_transform", None) and getattr(line, "get_zorder", float)() == 5.2
    ]
    assert 0 < len(marks) <= len(passed)
    for each in passed:
        at = ax.transData.transform([each.place[name] for name in ("b", "w")])
        assert min(np.hypot(*(at - mark)) for mark in marks) < 0.03 * ax.bbox.width
    names = [each.get_text() for each in artists if hasattr(each, "get_text")]
    assert [name for name in names if name in ("LP", "PD")] == [
        *dict.fromkeys(each.kind for each in passed)
    ]


def _ends(values):
    return values.min() - 0.1, values.max() + 0.1


def test_a_descent_over_the_start_alone_has_equilibria_at_each_step():
    path = doya.train(doya.NeuronODE(), 0.5, 50.0, 0.855, learn="x0", steps=3)
    assert path.equilibria.x.shape == (4, 3)
    assert len(drawing(path).lines) >= 3


def test_two_cycles_under_an_input_inside_sigma_are_those_of_its_bias():
    """b = 2.5 with u = 0.5 inside is b = 3 without an input."""
    inside, plain = (
        doya.train(neuron, 0.4, 5, 0.8, learning_rate=0.1, steps=1, u=u)
        for neuron, u in (
            (doya.NeuronMap(-6.0, 2.5, input_to="bias"), 0.5), (doya.NeuronMap(-6.0, 3.0), None)
        )
    )  # fmt: skip
    assert np.isfinite(plain.two_cycles.low).all()
    assert inside.two_cycles.low == pytest.approx(plain.two_cycles.low, rel=1e-12)
    assert inside.two_cycles.high == pytest.approx(plain.two_cycles.high, rel=1e-12)


def test_marks_in_letters_are_at_the_authors_states():
    """Those of the folds that `bifurcation_points` finds."""
    own = doya.from_pasemann(0.4, -1.0, 3.0)
    path = doya.train(own, 0.5, 20.0, -2.0, "theta", learning_rate=0.2, steps=1)
    assert [each.kind for each in path.bifurcations if each.kind != "wall"] == ["LP", "LP"]
    ax = Figure().subplots()
    doya.plots.draw_training_equilibria(path, ax)
    marks = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "None"]
    expected = [each.state for each in doya.bifurcation_points(own, over="theta")]
    assert sorted(marks) == pytest.approx(sorted(expected), rel=1e-9)
