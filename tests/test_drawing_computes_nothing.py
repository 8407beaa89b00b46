"""Drawing functions compute nothing: results carry what is drawn."""

import contextlib
import functools
import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya import plots
from doya.kernels.machinery import running
from doya.results import Result
from results import EXAMPLES, FLOW, MAP, PULSES, B, W, axes_for

# Modules whose functions a picture may use: none of them solves anything.
PLAIN = ("doya.arrays", "doya.checks", "doya.errors", "doya.neurons", "doya.results", "doya.plots")
MORE = {
    "draw_landscape": [
        lambda: doya.loss_landscape(FLOW, {"w": W, "b": B}),
        lambda: doya.loss_landscape(FLOW, {"b": B}, t_end=np.inf),
    ],
    "draw_sensitivity_profile": [
        lambda: doya.sensitivity_profile(FLOW, 0.145, 45.0, over="t", u=PULSES),
    ],
    "draw_trajectory": [
        lambda: doya.simulate(FLOW, 0.5, np.inf),
        lambda: doya.simulate(MAP, 0.5, 20),
        lambda: doya.simulate(doya.NeuronODE(b=[-3.0, -2.0]), 0.5, 20.0),
    ],
    "draw_equilibria": [lambda: doya.equilibria(MAP, 0.1)],
    "draw_bifurcation_diagram": [lambda: doya.bifurcation_diagram(MAP)],
}
CASES = [(name, make) for name in EXAMPLES for make in (EXAMPLES[name], *MORE.get(name, []))]


def read(result):
    """Have a result compute everything that it computes when it is first read, at any depth."""
    for name, value in inspect.getmembers_static(type(result)):
        if isinstance(value, functools.cached_property):
            with contextlib.suppress(ValueError):  # not every landscape has a curve
                getattr(result, name)
    for value in vars(result).copy().values():
        values = value.values() if isinstance(value, dict) else value
        for each in values if isinstance(value, (dict, tuple)) else (value,):
            if isinstance(each, Result):
                read(each)


@pytest.mark.each_third
@pytest.mark.parametrize(("name", "make"), CASES, ids=[name for name, _ in CASES])
def test_no_kernel_runs_while_a_result_is_drawn(name, make, monkeypatch):
    """Every run of a kernel raises meanwhile, and so does every function that solves a neuron."""
    result = make()
    read(result)

    def refuse(*_, **__):
        raise AssertionError("computed while drawing")

    monkeypatch.setattr(running, "_answers", refuse)
    getattr(plots, name)(result, axes_for(name, Figure()))


@pytest.mark.parametrize("module", [each.name for each in pkgutil.iter_modules(plots.__path__)])
def test_no_function_that_computes_is_imported_where_results_are_drawn(module):
    """Only classes of results, and functions that solve nothing."""
    for name, value in vars(importlib.import_module(f"doya.plots.{module}")).items():
        home = getattr(value, "__module__", "")
        if inspect.isfunction(value) and home.startswith("doya."):
            assert home.startswith(PLAIN), name


def test_a_trajectory_carries_the_equilibria_of_its_neuron():
    """Those under its input where that is constant, and none for different neurons."""
    neuron = doya.NeuronODE()
    assert doya.simulate(neuron, 0.2, 9.0).equilibria == doya.equilibria(neuron)
    assert doya.simulate(neuron, 0.2, 9.0, 0.05).equilibria == doya.equilibria(neuron, 0.05)
    assert doya.simulate(neuron, 0.2, 45.0, PULSES).equilibria == doya.equilibria(neuron)
    assert doya.simulate(doya.NeuronODE(b=[-3.0, -2.0]), 0.2, 9.0).equilibria is None
    alike = doya.simulate(doya.NeuronODE(b=[-2.5, -2.5]), 0.2, 9.0).equilibria
    assert alike.x == pytest.approx(doya.equilibria(neuron).x, rel=1e-15)


def test_an_orbit_diagram_carries_its_fixed_points():
    """x = 1/2 at b = -w/2, which is unstable beyond the flip at w = -12 for epsilon = 1/2."""
    found = doya.orbit_diagram(
        doya.NeuronMap(-40.0, epsilon=0.5), "b", (19.0, 21.0), points=3, steps=16, transient=0
    ).equilibria
    (branch,) = found.branches
    at = np.argmin(np.abs(branch.value - 20.0))
    assert branch.x[at] == pytest.approx(0.5 + (branch.value[at] - 20.0) / 44.0, abs=1e-3)
    assert not branch.stable


def test_equilibria_carry_the_phase_line():
    """dx/dt = -x + sigma(w x + b) + w' u of the flow, epsilon times this for a step of the map."""
    x, change = doya.equilibria(doya.NeuronMap(-6.0, 3.0, epsilon=0.5), u=0.5).phase_line
    expected = 0.5 * (0.5 - x + 1.0 / (1.0 + np.exp(6.0 * x - 3.0)))
    np.testing.assert_allclose(change, expected, atol=1e-15)
    with pytest.raises(doya.ArgumentError, match="must be of one neuron"):
        doya.equilibria(doya.NeuronODE([1.0, 5.0])).phase_line  # noqa: B018


def test_a_profile_over_time_carries_the_times_of_its_input():
    """The pulses last from 5 to 8 and from 25 to 28; a constant input has no such range."""
    driven = doya.sensitivity_profile(FLOW, 0.145, 45.0, over="t", u=PULSES, points=5).driven
    assert driven == ((5.0, 8.0), (25.0, 28.0))
    assert doya.sensitivity_profile(FLOW, 0.5, 9.0, over="t", u=0.1, points=5).driven == ()
    assert doya.sensitivity_profile(FLOW, 0.5, 9.0, u=PULSES, points=5).driven == ()
