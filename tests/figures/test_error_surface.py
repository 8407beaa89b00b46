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
    return np.stack([data[f"{name}_{each}"] for each in ("w", "b", "E")], axis=-1)


def beyond_the_wall(w, b):
    """How far above THEORY's wall b is."""
    return b - (0.5 - pascanu_oracle.logistic(0.5) * w)


def test_the_surface_is_the_error():
    """Values in 40 digits, and every wire is drawn on it, over its w and b."""
    figure, data = drawn("error-surface")
    for (w, b), error in KNOWN.items():
        row, column = np.abs(data["w"] - w).argmin(), np.abs(data["b"] - b).argmin()
        assert (data["w"][row], data["b"][column]) == pytest.approx((w, b), abs=1e-12)
        assert data["E"][row, column] == pytest.approx(error, rel=1e-9)
    (ax,) = figure.axes
    assert np.ptp(data["w"]) == np.ptp(data["b"]) == 1.0
    (wires,) = ax.collections
    points = np.concatenate(wires._segments3d)
    rows, columns = (np.searchsorted(data[k], points[:, i]) for i, k in enumerate("wb"))
    assert np.array_equal(
        points, np.c_[data["w"][rows], data["b"][columns], data["E"][rows, columns]]
    )
    assert len(wires._segments3d) == 2 * (160 // 8 + 1)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("w", "b", "E")
    for limits, ends in ((ax.get_xlim(), (4.5, 5.5)), (ax.get_ylim(), (-2.9, -1.9))):
        assert limits == pytest.approx(ends)


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
    assert ends["o"] == pytest.approx([*START.values(), data["clipped_E"][0]], rel=1e-12)
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
    said = "Of {} starts above the wall, 0.02 apart, {} take a step longer than 20 within 72"
    departs = FIGURES["error-surface"].departs
    assert said.format(*counts[:2]) in departs
    assert f"and {counts[2]} one longer than 100" in departs
    assert farthest[CLIP].max() < 0.0481
