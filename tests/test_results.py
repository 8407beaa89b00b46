"""Results show themselves in a few lines, compare by value, and survive a pickle."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import doya
from doya.results import LINES, WIDTH, Result

FLOW, MAP = doya.NeuronODE(), doya.NeuronMap(-20.0, 10.0, epsilon=0.5)
RESULTS = {
    "equilibria": lambda: doya.equilibria(FLOW),
    "bifurcation_diagram": lambda: doya.bifurcation_diagram(FLOW, points=5),
    "bifurcation_curves": lambda: doya.bifurcation_curves(FLOW, points=5),
    "simulate": lambda: doya.simulate(FLOW, 0.4, 50.0),
    "sensitivity": lambda: doya.sensitivity(FLOW, 0.5, 50.0),
    "sensitivity_profile": lambda: doya.sensitivity_profile(FLOW, 0.5, 50.0, points=5),
    "loss_landscape": lambda: doya.loss_landscape(FLOW, {"b": [-3.0, -2.0]}),
    "walls": lambda: doya.loss_landscape(FLOW, {"b": [-3.0, -2.0]}).walls[0],
    "train": lambda: doya.train(doya.NeuronODE(5.0, [-2.2, -2.3]), 0.5, 50.0, 0.855, steps=3),
    "orbit_diagram": lambda: doya.orbit_diagram(MAP, "b", (0, 3), points=5),
    "cycles": lambda: doya.cycles(MAP, 2)[0],
    "cycle_bifurcations": lambda: doya.cycle_bifurcations(MAP, "b", (0, 3), points=9)[0],
    "task_gradient": lambda: doya.task_gradient(
        MAP, doya.Task([[0.1, 0.0], [0.0, 0.2]], [0.3, 0.8])
    ),
    "search": lambda: doya.search(FLOW, 0.855, {"b": (-3.0, -2.0)}, trials=9),
    "chain_product": lambda: doya.chain_product("logistic", 9),
    "chain_products": lambda: doya.chain_products(9, remedies=["relu", "gru_1"]),
    "deep_products": lambda: doya.deep_products("glorot", 3, 5, 2),
    "conversion": lambda: doya.from_pasemann(0.5, 5.0, -50.0),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself_in_at_most_ten_lines(name):
    """Its name and its neuron come first; in a notebook the same is a table."""
    result = RESULTS[name]()
    lines = repr(result).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith(type(result).__name__)
    table = result._repr_html_()
    assert table.startswith("<table>")
    assert table.count("<tr>") == sum(line[2] != " " for line in lines[1:])  # others go on


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_equals_what_a_pickle_and_a_second_call_give(name):
    """And differs from one of another kind, or with another number."""
    result = RESULTS[name]()
    assert isinstance(result, Result)
    assert pickle.loads(pickle.dumps(result)) == result
    assert copy.deepcopy(result) == result
    assert RESULTS[name]() == result
    assert result != "a word"
    assert result != doya.equilibria(doya.NeuronODE(6.0))


def test_results_with_other_numbers_differ():
    one = doya.sensitivity(FLOW, 0.5, 50.0)
    assert one != doya.sensitivity(FLOW, 0.5, 49.0)
    assert one != doya.sensitivity(FLOW.replace(b=np.nextafter(-2.5, 0.0)), 0.5, 50.0)


def test_a_sensitivity_shows_its_derivatives():
    """On the wall exp(T/4) and exp(T/4) - 1."""
    assert "derivative  x0 268337, b 268336, w 134168" in repr(doya.sensitivity(FLOW, 0.5, 50.0))


def test_a_diagram_shows_its_bifurcations_and_a_descent_its_verdict():
    assert "LP at b = -2.34439, LP at b = -2.65561" in repr(doya.bifurcation_diagram(FLOW))
    path = doya.train(doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, learning_rate=2.0)
    assert "Step 88 threw b across the wall at b = -2.5" in repr(path)


def test_one_neuron_can_be_a_key_and_an_ensemble_cannot():
    assert {doya.NeuronODE(): 1}[doya.NeuronODE(5.0, -2.5)] == 1
    assert len({doya.NeuronODE(), doya.NeuronMap(), doya.NeuronMap(epsilon=0.5)}) == 3
    with pytest.raises(TypeError, match=r"unhashable ensemble of shape \(2,\)"):
        hash(doya.NeuronODE([1.0, 2.0]))


def test_public_objects_hide_what_only_doya_uses():
    """Neurons have their own rate or step, and results no numbers of an internal kind."""
    hidden = {"flow_rate", "flow_eigenvalue", "from_flow_eigenvalue", "is_stable", "scaled"}
    chain = doya.chain_product("logistic", 3)
    for each in (FLOW, doya.NeuronMap(), *(make() for make in RESULTS.values()), chain):
        assert not hidden & set(dir(each))
        assert "_scaled" not in repr(each)


def test_a_trajectory_says_in_words_how_it_ended():
    """Numbers of a status, and counts of evaluations, are for programs."""
    text = repr(doya.simulate(FLOW, 0.4, 50.0))
    assert "status  The end was reached." in text
    assert "nfev" not in text


@pytest.mark.parametrize("u", [np.float64(0.25), np.float32(0.25)], ids=repr)
def test_a_result_shows_an_input_that_is_one_number_of_numpy(u):
    """NumPy compares its numbers with () entry by entry, which is neither true nor false."""
    assert "u = 0.25" in repr(doya.sensitivity(FLOW, 0.5, 2.0, u=u))


def test_a_descent_shows_its_verdict_whole():
    path = doya.train(doya.NeuronODE(b=-2.2), 0.5, 50.0, 0.855, learning_rate=2.0, steps=100)
    assert path.verdict in " ".join(repr(path).split())
