"""The attractors of each map of an ensemble."""

import numpy as np
import pytest

import doya
from doya.orbits import attractors, ensembles
from doya.orbits.attractors import alternations


@pytest.mark.parametrize(
    ("neuron", "over", "u"),
    [
        (doya.NeuronMap(b=10.0, epsilon=0.5), ("w", -60.0, -10.0), 0.0),
        (doya.NeuronMap(w=5.0), ("b", -3.0, -2.0), 0.1),
        (doya.NeuronMap(w=-10.0, b=4.0), ("epsilon", 0.01, 1.0), 0.0),
    ],
)
def test_they_are_those_of_the_orbit_diagram(neuron, over, u):
    name, low, high = over
    diagram = doya.orbit_diagram(
        neuron, name, (low, high), points=40, transient=500, steps=200, kept=64, u=u
    )
    ensemble = neuron.replace(**{name: diagram.value})
    found = doya.attractors(ensemble, u, transient=500, steps=200)
    assert np.array_equal(found.count, diagram.attractors)
    there = diagram.new.T
    assert np.array_equal(np.where(there, diagram.period.T, -1), found.period)
    assert np.array_equal(
        np.where(there, diagram.lyapunov.T, np.nan), found.exponent, equal_nan=True
    )
    assert np.array_equal(np.isnan(found.error), ~there)


def test_one_neuron_has_numbers():
    found = doya.attractors(doya.NeuronMap(w=5.0, b=-2.5))
    assert found.count == 2
    assert found.period.tolist() == [1, 1]
    assert (found.exponent < 0.0).all()
    assert found.to_xarray().period.dims == ("attractor",)


def test_a_period_has_one_attractor_from_each_start():
    """The 2-cycle of a map without critical points, w < 0 and epsilon = 1."""
    found = doya.attractors(doya.NeuronMap(w=[[-10.0], [-3.0]], b=[5.0, 1.0]))
    assert found.count.shape == (2, 2)
    assert found.period[0, 0].tolist() == [2, -1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"neuron": doya.NeuronODE()}, "neuron must be a NeuronMap"),
        ({"transient": -1}, "transient must be a whole number"),
        ({"steps": 3}, "steps must be a whole number from 16"),
        ({"u": np.nan}, "u must be finite"),
    ],
)
def test_wrong_arguments_are_named(given, words):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.attractors(**{"neuron": doya.NeuronMap(), **given})


def test_rows_alternate_as_often_as_a_stable_sort_says():
    """Also where numbers are equal."""
    rows = np.random.default_rng(7).integers(0, 12, (2, 30, 9)).astype(float)
    rows[1, :10] += np.arange(10.0)[:, np.newaxis]
    rows.sort(axis=-1)
    whose = np.argsort(np.concatenate(rows, axis=1), axis=1, kind="stable") >= 9
    expected = np.count_nonzero(np.diff(whose, axis=1), axis=1)
    assert np.array_equal(alternations(*rows), expected)
    assert len({*expected.tolist()}) > 4


def test_attractors_do_not_depend_on_how_many_maps_are_computed_together(monkeypatch):
    maps = doya.NeuronMap(np.linspace(-90.0, 6.0, 23), 10.0, epsilon=0.5)
    whole = doya.attractors(maps, transient=300, steps=64)
    assert {0, 1, 2} <= {*whole.period.ravel()}
    monkeypatch.setattr(ensembles, "TOGETHER", 5)
    monkeypatch.setattr(attractors, "TOGETHER", 2)
    assert doya.attractors(maps, transient=300, steps=64) == whole
    chaotic = whole.exponent[:, 0] > 0.1
    assert (whole.count[chaotic] == 1).all()
    assert chaotic.sum() > 3
