"""Descents of which only the ends are kept: train(keep="end")."""

import tracemalloc

import numpy as np
import pytest

import doya
from doya.training import end_records

W, B = np.meshgrid([-20.0, 5.0, 8.0], [-4.0, -2.5, -2.2, 4.0], indexing="ij")
FLOW, MAP = doya.NeuronODE(W, B), doya.NeuronMap(W, B, epsilon=0.5)
AIMED = {"x0": 0.5, "t_end": 20.0, "target": 0.855}
LATCH = doya.tasks.latch(sequences=4, steps=(6, 7), seed=0)
CASES = [
    (MAP, AIMED | {"learning_rate": 2.0}),
    (MAP, AIMED | {"t_end": 200, "learn": ("b", "w"), "learning_rate": [[[1.0]], [[1e99]]]}),
    (MAP, AIMED | {"t_end": 2000, "learning_rate": 2.0}),
    (MAP, AIMED | {"learn": "w", "clip": "auto", "momentum": 0.5}),
    (MAP, AIMED | {"teacher_forcing": 0.3, "learning_rate": 2.0}),
    (MAP, {"task": LATCH, "learn": ("b", "w", "input_weight"), "rule": "adam"}),
    (FLOW, AIMED | {"learn": ("b", "x0"), "rule": "sign"}),
    (FLOW, AIMED | {"t_end": 1e4, "learning_rate": 5.0}),
    (FLOW, AIMED | {"t_end": [5.0, 20.0, 1e4, 20.0], "learning_rate": 2.0}),
    (MAP, AIMED | {"t_end": [5, 20, 2000, 20], "learning_rate": 2.0}),
    (doya.NeuronODE(5.0, -2.2), AIMED | {"learning_rate": 2.0, "clip": 0.05}),
    (doya.from_tanh([0.9, 1.2], 0.1), AIMED | {"target": 0.6, "learning_rate": 0.1}),
]


@pytest.mark.parametrize("steps", [0, 11])
@pytest.mark.parametrize(("neuron", "given"), CASES)
def test_the_ends_are_those_of_the_paths(neuron, given, steps, monkeypatch):
    """Bit by bit, also of descents that fail, rest or begin without a loss."""
    monkeypatch.setattr(end_records, "WINDOW", 4)
    path = doya.train(neuron, **given, steps=steps)
    ends = doya.train(neuron, **given, steps=steps, keep="end")
    last = np.asarray(path.steps)[..., np.newaxis]
    assert np.array_equal(ends.steps, path.steps)
    assert np.array_equal(ends.status, path.status)
    rows = {"loss": path.loss, "free_loss": path.free_loss, **path.parameters}
    found = {"loss": ends.loss, "free_loss": ends.free_loss, **ends.parameters}
    assert rows.keys() == found.keys()
    for name, row in rows.items():
        expected = np.take_along_axis(row, last, axis=-1)[..., 0]
        assert np.array_equal(found[name], expected, equal_nan=True), name
    norms = np.where(np.isfinite(path.loss), path.gradient_norm, np.nan)
    largest = np.fmax.reduce(norms, axis=-1)
    assert np.array_equal(ends.largest_gradient, largest, equal_nan=True)
    assert ends.learn == path.learn
    assert np.array_equal(ends.success, path.success)


def test_the_cases_have_descents_that_fail():
    found = [doya.train(*case[:1], **case[1], steps=11, keep="end").status for case in CASES]
    assert {*np.concatenate([np.ravel(each) for each in found])} >= {0, 1, 2}


def peak(steps, keep):
    """The most bytes that arrays take while 200 maps descend."""
    maps = doya.NeuronMap(np.linspace(3.0, 5.0, 200), epsilon=0.5)
    tracemalloc.start()
    doya.train(maps, 0.3, 1, 0.7, learning_rate=0.1, steps=steps, keep=keep)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_the_memory_does_not_grow_with_the_number_of_steps():
    peak(1500, "end")  # loads what is needed
    few, many, whole = peak(150, "end"), peak(1500, "end"), peak(1500, "path")
    assert many < 1.2 * few
    assert many < whole / 8


def test_one_neuron_has_numbers():
    ends = doya.train(doya.NeuronODE(5.0, -2.2), **AIMED, steps=5, keep="end")
    assert isinstance(ends.loss, float)
    assert isinstance(ends.parameters["b"], float)
    assert (ends.steps, ends.message) == (5, "All steps were taken.")
    assert "largest_gradient" in repr(ends)
    table = doya.train(FLOW, **AIMED, steps=5, keep="end").to_xarray()
    assert table.loss.shape == W.shape


def test_what_needs_the_path_says_so():
    ends = doya.train(FLOW, **AIMED, steps=2, keep="end")
    for name in ("verdict", "gradient", "gradient_norm", "clipped", "bifurcations", "equilibria"):
        with pytest.raises(AttributeError, match=rf"^{name} needs the path .* keep='path'$"):
            getattr(ends, name)
    with pytest.raises(AttributeError, match="no attribute 'losses'"):
        _ = ends.losses


@pytest.mark.parametrize("keep", ["all", None, 1])
def test_other_words_for_what_is_kept_are_refused(keep):
    with pytest.raises(doya.ArgumentError, match="keep must be one of path, end, got"):
        doya.train(FLOW, **AIMED, keep=keep)


@pytest.mark.parametrize("neuron", [MAP, FLOW])
def test_an_interrupted_descent_keeps_where_it_is(neuron):
    def stop(part):
        if part > 0.3:
            raise StopIteration

    ends = doya.train(neuron, **AIMED, steps=400, keep="end", progress=stop)
    cut = ends.status == 5
    assert cut.any()
    assert (ends.steps[cut] < 400).all()
    for steps in {*ends.steps[cut & (ends.steps > 0)].tolist()}:
        same = doya.train(neuron, **AIMED, steps=steps, keep="end")
        which = cut & (ends.steps == steps)
        assert np.array_equal(same.parameters["b"][which], ends.parameters["b"][which])
