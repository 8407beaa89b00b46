"""The figure `latch-task`."""

import re

import numpy as np
import pytest
from scipy.special import expit

import doya
from artists import texts
from doya.figures import FIGURES
from drawn import curve, drawn

LENGTHS = ((5, 6), (50, 60))
SHORT, LONG = (f"{least} to {most} steps" for least, most in LENGTHS)


def sequences(least, most):
    """Inputs, the last step, and the target of each sequence."""
    task = doya.tasks.latch(2, 0, sequences=20, steps=(least, most))
    known = np.isfinite(task.targets)
    return (
        np.asarray(task.inputs),
        (known * task.t_end).max(axis=1).astype(int),
        task.targets[known],
    )


def uniform(half, size):
    """Doya's w, b and input weight of tanh units that are uniform, a row for each of 32 seeds."""
    w, h, v = np.stack(
        [np.random.default_rng(seed).uniform(-half, half, (3, size)) for seed in range(32)], axis=1
    )
    return np.stack([4.0 * w, 2.0 * (h - w), 2.0 * v])


def ends(parameters, inputs, last, teacher, alpha):
    """The states at the ends, and their derivatives by w, b and v, for a unit in each row."""
    w, b, v = (each[..., np.newaxis] for each in parameters)
    x = np.full(np.broadcast_shapes(w.shape, last.shape), 0.5)
    by, found, slopes = np.zeros((3, *x.shape)), np.empty(x.shape), np.empty((3, *x.shape))
    for t in range(last.max()):
        if t > 0:  # the state at the start has no target
            x, by = (1.0 - alpha) * x + alpha * teacher, (1.0 - alpha) * by
        before, x = x, expit(w * x + b + v * inputs[:, t])
        direct = np.stack(np.broadcast_arrays(before, 1.0, inputs[:, t]))
        by = x * (1.0 - x) * (w * by + direct)
        stops = last == t + 1
        found[..., stops], slopes[..., stops] = x[..., stops], by[..., stops]
    return found, slopes


def fractions(solved):
    """The fraction of seeds that are solved up to each trial."""
    return np.mean(np.logical_or.accumulate(solved, axis=1), axis=0)


def shown(data, name):
    """The fraction after each trial from 1 to 1000."""
    trials, fraction = curve(data, name, "trials", "fraction_solved")
    return fraction[np.searchsorted(trials, np.arange(1.0, 1001.0), side="right") - 1]


@pytest.mark.each_third
@pytest.mark.parametrize("lengths", LENGTHS)
def test_guesses_are_judged_as_by_a_loop_over_the_steps(lengths):
    """A guess solves the task if all 20 sequences end on the right side of 1/2."""
    _, data = drawn("latch-task")
    inputs, last, target = sequences(*lengths)
    most = 240
    units = uniform(100.0, 1000)[:, :, :most]
    w, b, v = (each[..., np.newaxis] for each in units)
    x, found = np.full((32, most, 20), 0.5), np.empty((32, most, 20))
    for t in range(last.max()):
        x = expit(w * x + b + v * inputs[:, t])
        found[..., last == t + 1] = x[..., last == t + 1]
    solved = np.all(np.abs(found - target) < 0.5, axis=-1)
    name = f"guessing, {lengths[0]} to {lengths[1]} steps"
    assert shown(data, name)[:most] == pytest.approx(fractions(solved), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "alpha", "trials"), [("descent", 0.0, 600), ("forced, α = 0.2", 0.2, 300)]
)
def test_descents_are_those_of_the_gradient_of_the_mean_square(name, alpha, trials):
    """The gradient by forward sensitivities, the rate 1; solved is what the free unit solves.

    Some descents swing for a while, and rounding errors grow: the first trials differ by up to 6 %.
    """
    _, data = drawn("latch-task")
    inputs, last, target = sequences(*LENGTHS[0])
    now, solved = uniform(1.0, 1)[..., 0], np.zeros((32, trials), bool)
    for k in range(trials):
        x, by = ends(now, inputs, last, target, alpha)
        free = ends(now, inputs, last, target, 0.0)[0] if alpha else x
        solved[:, k] = np.all(np.abs(free - target) < 0.5, axis=-1)
        now = now - np.mean(2.0 * (x - target) * by, axis=-1)
    first = np.sort(1.0 + solved.argmax(axis=1)[solved.any(axis=1)])
    fraction = shown(data, f"{name}, {SHORT}")[:trials]
    seeds = np.round(32.0 * np.diff(fraction, prepend=0.0)).astype(int)
    assert np.repeat(np.arange(1.0, trials + 1.0), seeds) == pytest.approx(first, rel=0.06)
    assert first.size >= 9


def test_the_caption_has_the_numbers_of_the_data():
    """Trials for half of the seeds, and the fractions at the end."""
    _, data = drawn("latch-task")
    caption = FIGURES["latch-task"].caption

    def half(name):
        return int(np.argmax(shown(data, name) >= 0.5)) + 1

    guesses = [half(f"guessing, {each}") for each in (SHORT, LONG)]
    taught = [half(f"forced, α = 0.2, {each}") for each in (SHORT, LONG)]
    one, other = re.search(r"guessed within (\d+) trials .* within (\d+) for", caption).groups()
    assert [int(one), int(other)] == guesses
    assert "within {} and {} trials".format(*taught) in caption
    last = {name: shown(data, name)[-1] for name in np.unique(data["curve"])}
    assert f"solves {100 * last[f'descent, {SHORT}']:.0f} % of the short ones" in caption
    assert {name for name, part in last.items() if part == 1.0} == {
        f"guessing, {SHORT}", f"guessing, {LONG}", f"forced, α = 0.2, {SHORT}",
        f"forced, α = 0.2, {LONG}", f"forced, α = 0.5, {LONG}",
    }  # fmt: skip
    clipped, plain = (shown(data, f"{name}, {SHORT}") for name in ("clipped", "descent"))
    assert np.abs(clipped - plain).max() <= 1.0 / 32.0


@pytest.mark.parametrize("panel", [0, 1])
def test_each_way_has_a_line_of_its_own_and_its_name(panel):
    """Those that solve nothing are named below the line of 0."""
    figure, data = drawn("latch-task")
    ax, length = figure.axes[panel], (SHORT, LONG)[panel]
    names = [
        each.removesuffix(f", {length}") for each in np.unique(data["curve"]) if length in each
    ]
    assert len({(line.get_color(), str(line._dash_pattern), line.get_linewidth())
                for line in ax.lines}) == len(names) == len(ax.lines) == 8  # fmt: skip
    lines = [line.get_xydata().tolist() for line in ax.lines]
    words = " ".join(texts(ax)).replace("\n", " ").replace("or clipped", "clipped")
    (none,) = (each for each in texts(ax) if each.startswith("none: "))
    for name in names:
        trials, fraction = curve(data, f"{name}, {length}", "trials", "fraction_solved")
        assert np.c_[trials, fraction].tolist() in lines
        said = name if name in words else name.split(",")[0]
        assert said in words
        assert (said in none.replace("or clipped", "clipped")) == (fraction[-1] == 0.0)
