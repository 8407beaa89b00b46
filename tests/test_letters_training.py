"""Descents in authors' letters, against loops with his own equation in 40 digits."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from mpmath import mp, mpf

import author_oracle
import doya
from authors import converted
from doya import plots
from promises import refused
from shell import answer, doya_

POPULATION = {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.3, "tau": 2.0}
DESCENTS = [
    ("tanh", {"w": 1.25, "h": 0.1, "epsilon": 1.0}, ("w", "h"), 0.2, 12, 0.7, 0.05),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": -4.0}, ("gamma", "w"), 0.2, 7, 0.5, 0.05),
    ("pascanu", {"w": 5.0, "b": -2.3}, ("b",), 0.2, 9, 1.5, 0.1),
    ("wilson-cowan", POPULATION, ("theta", "a", "input"), 0.3, 6.0, 0.6, 0.2),
    ("aihara", {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.3}, ("epsilon",), 0.2, 7, 0.4, 0.05),
]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letters", "learn", "start", "end", "target", "rate"), DESCENTS)
def test_each_step_goes_against_the_gradient_of_the_authors_loss(
    author, letters, learn, start, end, target, rate
):
    """Five steps of L <- L - rate 2 (s - target) ds/dL, from the same state of the author."""
    neuron = converted(author, letters)
    t_end = float(neuron.to_time(float(end)))
    path = doya.train(neuron, neuron.to_state(start), t_end, target, learn, rate, 5)
    there = dict(letters)
    for k in range(6):
        state = float(author_oracle.state(author, there, start, end))
        assert path.loss[k] == pytest.approx((state - target) ** 2, rel=1e-9, abs=1e-20)
        for name in learn:
            assert path.parameters[name][k] == pytest.approx(there[name], rel=1e-10)
        slopes = {
            name: float(author_oracle.derivative(author, there, start, end, name)) for name in learn
        }
        for name in learn:
            step = 2.0 * (state - target) * slopes[name]
            assert path.gradient[name][k] == pytest.approx(step, rel=1e-8, abs=1e-12)
            there[name] -= rate * step
    assert (path.learn, path.conversion.author, path.success) == (learn, author, True)


def test_the_verdict_names_the_wall_in_letters():
    """tanh from a = 0: the wall is at h = 0 for each w, and the clipped descent crosses it once."""
    neuron = doya.from_tanh(1.25, 0.1)
    path = doya.train(neuron, 0.5, 50, -0.8, "h", 0.1, 40, clip=0.05)
    h = path.parameters["h"]
    crossing = int(np.argmax(h < -1e-12))
    assert f"the first of them step {crossing}" in path.verdict
    assert "crossed the wall at h = " in path.verdict
    sign = doya.train(neuron, 0.5, 50, -0.8, ("w", "h"), 0.1, 30, rule="sign")
    assert "w = " in sign.verdict
    assert "h = " in sign.verdict


def test_x0_keeps_its_digits_where_the_authors_state_rounds_them():
    """a = (w x + theta) / (1 - gamma), with a w far below theta; the second step moves w."""
    rng = np.random.default_rng(8)
    for _ in range(6):
        w, gamma, theta, x0, target = 10.0 ** rng.uniform(-14.0, -6.0), *rng.uniform(0.2, 0.9, 4)
        task = doya.Task([None], [target], x0=x0, t_end=2)
        neuron, rate = doya.from_pasemann(gamma, theta, w), 0.1 * w * w
        path = doya.train(neuron, task=task, learn="w", learning_rate=rate, steps=1)
        values, losses = path.parameters["w"].tolist(), path.loss.tolist()
        assert values[1] != w
        with mp.workdps(40):
            for moved, loss in zip(values, losses, strict=True):
                a = (mpf(w) * mpf(x0) + mpf(theta)) / (1 - mpf(gamma))
                for _ in range(2):
                    a = mpf(gamma) * a + mpf(theta) + mpf(moved) / (1 + mp.exp(-a))
                x = ((1 - mpf(gamma)) * a - mpf(theta)) / mpf(moved)
                assert loss == pytest.approx(float((x - mpf(target)) ** 2), rel=1e-12, abs=0.0)


def test_a_letter_that_leaves_its_range_ends_the_descent():
    """gamma cannot be negative; the path up to there is kept, and the others go on."""
    neuron = doya.from_pasemann(0.3, 0.1, [2.0, 1.0])
    path = doya.train(neuron, 0.5, 10, [0.5, -1.0], ("gamma",), 0.05, 60)
    assert path.status.tolist().count(4) >= 1
    for status, gamma, words in zip(
        path.status, path.parameters["gamma"], path.message, strict=True
    ):
        kept = gamma[np.isfinite(gamma)]
        assert np.all((kept >= 0.0) & (kept < 1.0))
        if status == 4:
            assert kept.size < 61
            assert "A letter left the range of its values." in words


def test_an_ensemble_learns_as_each_neuron_alone():
    """Letters, starts and targets broadcast."""
    w, targets = np.array([1.25, 0.8]), np.array([[0.5], [-0.4]])
    whole = doya.train(doya.from_tanh(w, 0.1), 0.6, 12, targets, ("h",), 0.1, 6)
    assert whole.loss.shape == (2, 2, 7)
    for i, j in np.ndindex(2, 2):
        alone = doya.train(doya.from_tanh(w[j], 0.1), 0.6, 12, targets[i, 0], ("h",), 0.1, 6)
        np.testing.assert_allclose(whole.parameters["h"][i, j], alone.parameters["h"], rtol=1e-13)


def test_a_descent_is_drawn_in_letters():
    """Over the landscape of the same letters; |dL/dh| below it."""
    neuron = doya.from_tanh_flow(1.25, 0.1)
    path = doya.train(neuron, 0.5, 20.0, -0.5, "h", 0.02, 20, clip=0.5)
    landscape = doya.loss_landscape(neuron, {"h": np.linspace(-0.3, 0.2, 31)}, 0.5, 20.0, -0.5)
    ax = Figure().subplots()
    plots.draw_landscape(landscape, ax, gradient=False, powers=True)
    plots.draw_training_path(path, ax)
    below = Figure().subplots()
    plots.draw_training(path, below)
    assert "|dL/dh|" in [each.get_ylabel() for each in below.figure.axes]
    with pytest.raises(doya.ArgumentError, match="must be in Doya's parameters"):
        doya.animations.animate_training(path, landscape, Figure())


BEER = doya.from_beer(5.0, -3.0, 0.7, 2.0)
REFUSED = [
    ({"learn": "b"}, "learn must be among w, theta, input, got 'b'"),
    ({"learn": "tau"}, "learn must be among w, theta, input, got 'tau'"),
    ({"learn": ()}, "learn must be one or more of w, theta, input"),
    ({"u": 0.1}, "u must not be given for a Conversion, got 0.1"),
    ({"neuron": doya.from_beer([1.0, 0.0], 0.0, 0.7, 2.0)}, "w must be other than 0 .* at index 1"),
    (
        {"neuron": doya.from_beer([1.0, 2.0], 0.0, 0.7, 2.0), "clip": [1.0, 2.0, 3.0]},
        r"neuron must broadcast with x0, t_end, target and clip, got shapes neuron \(2,\), x0 \(\),"
        r" t_end \(\), target \(\), clip \(3,\)",
    ),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_descents_that_do_not_exist_are_refused(options, words):
    """One sentence that names the argument."""
    with pytest.raises(doya.ArgumentError, match=words):
        doya.train(**{"neuron": BEER, "x0": 0.5, "t_end": 5.0, "target": 1.0, **options})
    forced = doya.from_pasemann(0.3, 0.1, 2.0)
    with pytest.raises(doya.ArgumentError, match="teacher_forcing must be 0 for a Conversion"):
        doya.train(forced, 0.5, 5, 1.0, teacher_forcing=0.5)


@pytest.mark.long
def test_the_command_trains_in_letters(here):
    """doya train tanh ... is the same descent, in the author's states."""
    words = (
        "train tanh w=1.25 h=0.1 --x0 0.3 --target 0.2 --t-end 12 --learning-rate 0.05 --steps 9"
    )
    result = answer(f"{words} --learn h --learn w --json")["result"]
    neuron = doya.from_tanh(1.25, 0.1)
    path = doya.train(neuron, neuron.to_state(0.3), 12, 0.2, ("h", "w"), 0.05, 9)
    for name in ("h", "w"):
        assert result["final"]["parameters"][name] == pytest.approx(
            path.parameters[name][-1], rel=1e-14
        )
    shown = doya_(words)
    assert shown.exit_code == 0
    assert shown.stdout.split("\n")[0].split() == ["step", "h", "loss", "|gradient|"]
    theta = "train wilson-cowan w=5 theta=2.8 a=1.2 input=0.3 --learn theta --steps 3 -o a.svg"
    assert doya_(theta).exit_code == 0
    assert refused("train tanh w=1 h=0 --learn b", "'b' is not one of 'w', 'h', 'epsilon'.*")
    assert refused(
        "train tanh w=1 h=0 --teacher-forcing 0.2",
        "--teacher-forcing needs Doya's parameters or a task: remove AUTHOR .*",
    )
