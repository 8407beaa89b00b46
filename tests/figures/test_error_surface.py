"""The figure `error-surface`."""

import numpy as np
import pytest
from mpl_toolkits.mplot3d.proj3d import proj_transform

import doya
import pascanu_oracle
from doya.figures import FIGURES
from drawn import drawn

START, RATE, STEPS, CLIP = {"w": 5.36, "b": -2.23}, 0.3, 72, 0.16
# THEORY's values of E, in 40 digits.
KNOWN = {
    (5.0, -2.0): 0.0555854941195942,
    (5.0, -2.4): 0.0330047413067568,
    (5.0, -2.6): 0.0120952113677659,
    (5.0, -2.7): 0.360543205231195,
    (5.0, -2.9): 0.392291230609541,
    (4.5, -2.9): 0.396703755575013,
    (5.5, -1.9): 0.0721117087819526,
}


def path(data, name):
    """w, b and E, a row a point."""
    return np.stack([data[f"{name}_{each}"] for each in ("w", "b", "loss")], axis=-1)


def beyond_the_wall(w, b):
    """How far above THEORY's wall b is."""
    return b - (0.5 - pascanu_oracle.logistic(0.5) * w)


def test_the_surface_is_the_error():
    """Values in 40 digits, and every wire is drawn on it, over its w and b."""
    figure, data = drawn("error-surface")
    for (w, b), error in KNOWN.items():
        row, column = np.abs(data["w"] - w).argmin(), np.abs(data["b"] - b).argmin()
        assert (data["w"][row], data["b"][column]) == pytest.approx((w, b), abs=1e-12)
        assert data["loss"][row, column] == pytest.approx(error, rel=1e-9)
    (ax,) = figure.axes
    assert np.ptp(data["w"]) == np.ptp(data["b"]) == 1.0
    (wires,) = ax.collections
    shown = np.concatenate(wires._segments3d)
    told = np.stack([data[f"wire_{each}"] for each in ("w", "b", "loss")], axis=-1)
    assert np.array_equal(shown, told[~np.isnan(told[:, 0])])
    assert np.isnan(told[:, 0]).sum() == len(wires._segments3d)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("w", "b", "E")
    for limits, ends in ((ax.get_xlim(), (4.5, 5.5)), (ax.get_ylim(), (-2.9, -1.9))):
        assert limits == pytest.approx(ends)


def wires():
    """The lines of the mesh, each with rows w, b, E."""
    _, data = drawn("error-surface")
    rows = np.stack([data[f"wire_{each}"] for each in ("w", "b", "loss")], axis=-1)
    ends = np.flatnonzero(np.isnan(rows[:, 0]))
    return [part[~np.isnan(part[:, 0])] for part in np.split(rows, ends) if len(part) > 1]


def test_the_wires_are_on_the_surface():
    """E of a plain loop, at some points of every wire: a tenth of an ulp of b moves E by 1e-11."""
    for wire in wires():
        for w, b, error in wire[:: max(len(wire) // 4, 1)]:
            exact, by_w, by_b = pascanu_oracle.error_and_slopes(w, b)
            rounding = 1e-13 * (abs(by_w) + abs(by_b))
            assert error == pytest.approx(exact, rel=1e-9, abs=1e-12 + rounding)


def test_the_wires_meet_the_wall_and_follow_it():
    """Along its foot and at five heights of its face; those of constant b end on it."""
    along, across = [], []
    for wire in wires():
        w, b, _ = wire.T
        if np.ptp(w) > 0.9 and np.ptp(b) > 0.5:
            along.append(wire)
            assert np.abs(beyond_the_wall(w, b)).max() < 0.04
        elif np.ptp(b) == 0.0:
            across.append(wire)
            crosses = beyond_the_wall(w, b)
            assert crosses.min() > -0.04 or crosses.max() < 0.04
    assert len(along) == 6
    foot, valley, *_, head = along
    assert valley[:, 2].max() < 1e-12
    for wire in across:
        w, b, _ = wire.T
        end, line = (wire[0], foot) if w[0] > 4.5 else (wire[-1], head)
        if line[-1, 1] < b[0] < line[0, 1]:  # it meets the wall
            assert end[0] == pytest.approx(np.interp(-end[1], -line[:, 1], line[:, 0]), abs=1e-4)
            assert end[2] == pytest.approx(np.interp(end[0], line[:, 0], line[:, 2]), abs=1e-4)
    steep = [wire for wire in wires() if np.ptp(wire[:, 0]) == 0.0 and wire[0, 0] < 5.45]
    assert len(steep) == 19
    for wire in steep:  # each runs down the face, through every line along it
        for line in along:
            (k,) = np.flatnonzero(np.isclose(line[:, 0], wire[0, 0], rtol=0.0, atol=1e-12))
            assert line[k].tolist() in wire.tolist()


def test_the_paths_over_the_surface_are_those_of_train():
    """Solid until the throw, dashed the clipped one; a circle at the start, a square at the end."""
    figure, data = drawn("error-surface")
    clipped, plain, *marks = figure.axes[0].lines
    assert plain.get_linestyle() == "-"
    assert clipped.get_linestyle() == "--"
    for line, name, clip in ((plain, "plain", None), (clipped, "clipped", CLIP)):
        found = doya.train(
            doya.NeuronMap(**START), pascanu_oracle.logistic(0.5), 50, 0.7, learn=("w", "b"),
            learning_rate=RATE, steps=STEPS, clip=clip,
        )  # fmt: skip
        every = np.stack([*found.parameters.values(), found.loss], axis=-1)
        told = path(data, name)
        assert told == pytest.approx(every[: len(told)], rel=1e-12)
        assert np.array_equal(np.transpose(line.get_data_3d()), told)
    ends = {line.get_marker(): np.ravel(line.get_data_3d()) for line in marks}
    assert ends["o"] == pytest.approx([*START.values(), data["clipped_loss"][0]], rel=1e-12)
    assert np.array_equal(ends["s"], path(data, "clipped")[-1])
    assert len(data["clipped_w"]) == STEPS + 1


def test_the_paths_are_those_of_a_plain_loop():
    """Pascanu's a, its derivatives and the steps, in Python's floats."""
    _, data = drawn("error-surface")
    for name, clip in (("plain", np.inf), ("clipped", CLIP)):
        loop = pascanu_oracle.descent(*START.values(), RATE, STEPS, clip)
        told = path(data, name)
        assert told == pytest.approx(loop[: len(told)], rel=1e-5, abs=1e-7)
    loop = pascanu_oracle.descent(*START.values(), RATE, len(data["plain_w"]))
    assert path(data, "thrown_to")[0] == pytest.approx(loop[-1], rel=1e-5)


def test_the_arrow_is_the_step_that_leaves_the_window():
    """From the face of the wall, where the solid line ends; the words say where it goes."""
    figure, data = drawn("error-surface")
    (ax,) = figure.axes
    (w, b, error), landing = path(data, "plain")[-1], path(data, "thrown_to")[0]
    assert abs(beyond_the_wall(w, b)) < 2e-3
    assert 0.02 < error < 0.34  # between its foot and its head
    assert np.hypot(*pascanu_oracle.error_and_slopes(w, b)[1:]) > 1000.0
    label = ax.get_legend().get_texts()[0].get_text()
    step = len(data["plain_w"])
    assert label == f"plain: step {step} ends at w = {landing[0]:.0f}, b = {landing[1]:.0f}"
    (arrow,) = (text for text in ax.texts if getattr(text, "arrow_patch", None))
    assert arrow.arrowprops["arrowstyle"].startswith("-|>")
    share = (-1.9 - b) / (landing[1] - b)
    start, edge = path(data, "arrow")
    assert np.array_equal(start, path(data, "plain")[-1])
    assert edge == pytest.approx(start + share * (landing - start), rel=1e-12)
    assert edge[0] < 5.5 < landing[0]
    for at, place in ((arrow.xyann, start), (arrow.xy, edge)):
        assert at == pytest.approx(proj_transform(*place, ax.get_proj())[:2], abs=1e-12)


def test_the_clipped_path_comes_down_the_valley():
    """The same up to the wall; clipped at every crossing but the first; lower at every return."""
    _, data = drawn("error-surface")
    step = len(data["plain_w"])
    assert np.array_equal(path(data, "clipped")[:step], path(data, "plain"))
    w, b, error = path(data, "clipped").T
    side = beyond_the_wall(w, b)
    crossing = np.flatnonzero(side[:-1] * side[1:] < 0.0)
    length = np.hypot(np.diff(w), np.diff(b))
    assert length.max() == pytest.approx(0.048, rel=1e-12)
    assert crossing[0] == step - 2
    assert length[crossing[1:]] == pytest.approx(0.048, rel=1e-12)
    foot = error[step:][side[step:] > 0.01]
    assert foot[0] > 0.015
    assert foot[-1] < 0.002
    assert error[-1] < 0.001
    assert np.abs(side[step:]).max() < 0.06
    assert 4.5 < w.min() < w[step - 1]


def test_how_many_starts_are_thrown():
    """Of those above the wall, as `departs` says; with clipping none leaves its starting range."""
    w, b = np.meshgrid(np.arange(4.51, 5.5, 0.02), np.arange(-2.89, -1.9, 0.02))
    above = beyond_the_wall(w, b) > 0.0
    w, b = start = w[above], b[above]
    farthest = {}
    for clip in (np.inf, CLIP):
        w, b = start
        farthest[clip] = np.zeros(w.size)
        for _ in range(72):
            a, by_w, by_b = 0.5, 0.0, 0.0
            for _ in range(50):
                x = 1.0 / (1.0 + np.exp(-np.maximum(a, -700.0)))
                slope = x * (1.0 - x)
                a, by_w, by_b = w * x + b, x + w * slope * by_w, 1.0 + w * slope * by_b
            x = 1.0 / (1.0 + np.exp(-np.maximum(a, -700.0)))
            pull = 2.0 * (x - 0.7) * x * (1.0 - x)
            size = np.abs(pull) * np.hypot(by_w, by_b)
            rate = RATE * np.where(size > clip, clip / np.maximum(size, 1e-300), 1.0)
            w, b = w - rate * pull * by_w, b - rate * pull * by_b
            farthest[clip] = np.maximum(farthest[clip], rate * size)
    plain = farthest[np.inf]
    counts = [plain.size, (plain > 20.0).sum(), (plain > 100.0).sum()]
    said = "Of {} starts with b larger than at the wall, on a grid of spacing 0.02, {} take a step"
    departs = FIGURES["error-surface"].departs
    assert said.format(*counts[:2]) in departs
    assert f"and {counts[2]} of these a step longer than 100" in departs
    assert farthest[CLIP].max() < 0.0481
