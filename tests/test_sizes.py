"""What does not fit in memory is refused in a sentence, before any of it is made."""

import importlib
import tracemalloc

import numpy as np
import pytest

import doya

# An ensemble of 10**12 neurons that itself takes 16 MB at most, or nothing: views that broadcast.
SIDE = 10**6
ONE, OTHER = np.broadcast_to(0.5, SIDE), np.broadcast_to(-2.5, (SIDE, 1))
EACH_SIDE = f"{SIDE} x {SIDE}"
VIEW = np.broadcast_to(0.5, 10**14)
MANY = 10**13


@pytest.fixture(scope="module")
def flow():
    return doya.NeuronODE(5.0, OTHER)


@pytest.fixture(scope="module")
def step():
    return doya.NeuronMap(5.0, OTHER)


ENSEMBLES = {
    "equilibria": lambda neuron: doya.equilibria(neuron, ONE),
    "final_state": lambda neuron: doya.final_state(neuron, ONE, 3),
    "final_state t_end": lambda neuron: doya.final_state(neuron, 0.5, np.ones(SIDE)),
    "final_state u": lambda neuron: doya.final_state(neuron, 0.5, 3, doya.Pulses([(1, 2, ONE)])),
    "simulate": lambda neuron: doya.simulate(neuron, ONE, 3),
    "sensitivity": lambda neuron: doya.sensitivity(neuron, ONE, 3),
    "finite_difference": lambda neuron: doya.finite_difference(neuron, ONE, 3),
    "finite_difference delta": lambda neuron: doya.finite_difference(neuron, 0.5, 3, delta=ONE),
    "settled_sensitivity": lambda neuron: doya.settled_sensitivity(neuron, ONE),
    "train": lambda neuron: doya.train(neuron, ONE, 3, 0.8, steps=0),
}


@pytest.mark.parametrize("dynamics", ["flow", "step"])
@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_that_does_not_fit_is_refused_with_its_size(name, dynamics, request):
    """And with the number of cells that would, and with a way out."""
    neuron = request.getfixturevalue(dynamics)
    with pytest.raises(ValueError, match=f" asks for {EACH_SIDE}.* cells, which need .* [TP]B; "):
        ENSEMBLES[name](neuron)


def test_what_fits_and_what_to_do_next_are_said(flow):
    words = r"the ensemble asks for .* are free, enough for \S+ cells: use fewer cells, or "
    with pytest.raises(ValueError, match=words):
        doya.final_state(flow, ONE, 3)


ARRAYS = {
    "w": lambda: doya.NeuronODE(VIEW),
    "x0": lambda: doya.final_state(doya.NeuronODE(), VIEW, 1.0),
    "t_end": lambda: doya.final_state(doya.NeuronODE(), 0.5, VIEW),
    "u": lambda: doya.final_state(doya.NeuronODE(), 0.5, 1.0, VIEW),
    "times": lambda: doya.simulate(doya.NeuronODE(), 0.5, 1.0, times=VIEW),
    "delta": lambda: doya.finite_difference(doya.NeuronODE(), 0.5, 1.0, delta=VIEW),
    "target": lambda: doya.train(doya.NeuronODE(), 0.5, 1.0, VIEW),
    "amplitude": lambda: doya.Pulses([(0.0, 1.0, VIEW)]),
    "value": lambda: doya.Table([0.0], VIEW[:, np.newaxis]),
    "b": lambda: doya.loss_landscape(doya.NeuronODE(), {"b": VIEW}),
    "theta": lambda: doya.from_beer(5.0, VIEW, 0.0, 1.0),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_would_not_fit_once_copied_is_named(name):
    with pytest.raises(ValueError, match=rf"^{name} asks for {10**14}\b.* 2.4 PB; "):
        ARRAYS[name]()


FLOW, MAP = doya.NeuronODE(), doya.NeuronMap(-20.0, 10.0, epsilon=0.5)
COUNTS = {
    "simulate": lambda: doya.simulate(FLOW, 0.5, 1.0, points=MANY),
    "simulate for ever": lambda: doya.simulate(FLOW, 0.5, np.inf, points=MANY),
    "bifurcation_diagram": lambda: doya.bifurcation_diagram(FLOW, points=MANY),
    "of epsilon": lambda: doya.bifurcation_diagram(MAP, "epsilon", points=MANY),
    "bifurcation_curves": lambda: doya.bifurcation_curves(FLOW, points=MANY),
    "sensitivity_profile": lambda: doya.sensitivity_profile(FLOW, 0.5, 1.0, points=MANY),
    "of time": lambda: doya.sensitivity_profile(FLOW, 0.5, 1.0, over="t", points=MANY),
    "of steps": lambda: doya.sensitivity_profile(MAP, 0.5, MANY, over="t", points=MANY),
    "orbit_diagram": lambda: doya.orbit_diagram(MAP, "b", (9.0, 10.0), points=MANY),
}


@pytest.mark.parametrize("name", COUNTS)
def test_points_that_do_not_fit_are_refused(name):
    with pytest.raises(ValueError, match=rf"points asks for .*{MANY}\b.* cells, which need"):
        COUNTS[name]()


def test_other_counts_that_do_not_fit_are_refused():
    """Steps of a method, values of a function of the map, past inputs, columns of arrows."""
    with pytest.raises(ValueError, match="step asks for 10000000000000 cells"):
        doya.simulate(FLOW, 0.5, 1e13, method="euler", step=1.0, max_steps=MANY)
    with pytest.raises(ValueError, match="u asks for 10000000000000 cells"):
        doya.final_state(MAP, 0.5, MANY, lambda t: 0.0)
    with pytest.raises(ValueError, match=f"wrt = 'u' asks for {EACH_SIDE} cells"):
        doya.sensitivity(MAP, ONE, SIDE, "u")
    with pytest.raises(ValueError, match=f"x at all times asks for {EACH_SIDE} cells"):
        doya.simulate(FLOW, ONE, 1.0, points=SIDE)
    with pytest.raises(ValueError, match="columns asks for 10000000000000 cells"):
        doya.bifurcation_diagram(FLOW).motion(MANY)


def test_states_that_do_not_fit_are_refused(flow, step):
    """Of what is evaluated or converted at each of them."""
    for call in (flow.rate, flow.eigenvalue, step.step, step.eigenvalue):
        with pytest.raises(ValueError, match=f"x asks for {EACH_SIDE} cells"):
            call(ONE)
    with pytest.raises(ValueError, match=f"x asks for {EACH_SIDE} cells"):
        doya.NeuronODE().rate(ONE, OTHER)
    with pytest.raises(ValueError, match=f"x asks for {EACH_SIDE} cells"):
        doya.from_beer(ONE, OTHER, 0.0, 1.0).to_state(0.5)


def test_all_steps_of_the_map_may_be_fewer_than_its_points():
    found = doya.sensitivity_profile(MAP, 0.5, 3, over="t", points=MANY)
    assert found.value.tolist() == [0.0, 1.0, 2.0, 3.0]


ROWS, COLUMNS = np.linspace(4.5, 5.5, 200), np.linspace(0.0, 1.0, 250)[:, np.newaxis]
GRIDS = {
    "equilibria": lambda n: doya.equilibria(n, 0.01 * COLUMNS),
    "final_state": lambda n: doya.final_state(n, COLUMNS, 3),
    "final_state u": lambda n: doya.final_state(n, 0.5, 3, doya.Pulses([(1, 2, COLUMNS)])),
    "final_state t_end": lambda n: doya.final_state(n, COLUMNS, np.arange(200) // 100),
    "simulate": lambda n: doya.simulate(n, COLUMNS, 3, times=[3]),
    "simulate u": lambda n: doya.simulate(n, 0.5, 3, doya.Pulses([(1, 2, COLUMNS)]), times=[1, 3]),
    "sensitivity": lambda n: doya.sensitivity(n, COLUMNS, 3),
    "finite_difference": lambda n: doya.finite_difference(n, COLUMNS, 3),
    "settled_sensitivity": lambda n: doya.settled_sensitivity(n, COLUMNS),
    "diagram": lambda n: doya.bifurcation_diagram(n.replace(w=5.0), "w", points=50_000),
    "rate": lambda n: (n.rate if n.dynamics == "flow" else n.step)(COLUMNS, COLUMNS),
    "eigenvalue": lambda n: n.eigenvalue(COLUMNS),
    "to_state": lambda n: doya.from_aihara(0.5, 1.0, ROWS, 0.1).to_state(
        0.3 + 0.1 * np.outer(ROWS, COLUMNS)
    ),
    "curves": lambda n: doya.bifurcation_curves(n.replace(w=5.0), points=50_000),
}
ASKING = (
    "checks", "neurons", "inputs", "trajectory_checks", "equilibria", "trajectories",
    "conversions.conversion", "integrators.ensembles",
    "bifurcations.branches", "bifurcations.curves", "sensitivities.derivatives",
    "sensitivities.settled", "sensitivities.finite_differences",
)  # fmt: skip


@pytest.mark.each_third
@pytest.mark.parametrize("dynamics", [doya.NeuronODE, doya.NeuronMap])
@pytest.mark.parametrize("name", GRIDS)
def test_no_function_takes_more_memory_than_it_asks_for(name, dynamics, monkeypatch):
    """By Python's own account, with three megabytes for what is no array of the ensemble."""
    neuron, asked = dynamics(ROWS), []
    GRIDS[name](neuron)  # what is loaded once
    for each in ASKING:
        monkeypatch.setattr(
            importlib.import_module(f"doya.{each}"),
            "require_memory",
            lambda _, shape, arrays: asked.append(8 * arrays * int(np.prod(shape))),
        )
    tracemalloc.start()
    try:
        GRIDS[name](neuron)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= max(asked) + 3 * 2**20
