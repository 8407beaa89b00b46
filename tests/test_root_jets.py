"""Legs of the flow's path to and from roots: exact second derivatives, and few legs a path."""

import numpy as np
import pytest

import doya
import second_oracle
from doya.kernels.flow import second_derivatives as flow_jets
from doya.kernels.machinery import running

ENSEMBLE = np.linspace(-3.0, -2.0, 41)


def answers_and_counts(monkeypatch, b, end):
    """Second derivatives by the interpreter, and how many panels and legs were tried."""
    counts = {"fill": 0, "leg_beside": 0}

    def counted(name):
        function = getattr(flow_jets, name)

        def call(*arguments):
            counts[name] += 1
            return function(*arguments)

        monkeypatch.setattr(flow_jets, name, call)

    for name in counts:
        counted(name)
    with running.always(running.interpret):
        found = doya.sensitivity(doya.NeuronODE(5.0, b), 0.5, end, order=2)
    return found, counts


@pytest.mark.parametrize("end", [50.0, 1e4])
def test_a_path_takes_one_leg_or_two_and_hardly_a_panel(monkeypatch, end):
    """Across both folds; the ensemble took 6.9 panels a path before there were legs."""
    _, counts = answers_and_counts(monkeypatch, ENSEMBLE, end)
    assert counts["leg_beside"] <= 1.5 * ENSEMBLE.size
    assert counts["fill"] <= 0.4 * ENSEMBLE.size


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("w", "b", "x0", "end"),
    [
        (5.0, -2.9, 0.5, 8.0),  # one leg to the only root
        (5.0, -2.49, 0.5, 30.0),  # a leg out of the root behind, and one to the target
        (5.0, -2.49, 0.5, 3.0),  # the end lies within the leg out of the root behind
        (5.0, -2.56, 0.5, 15.0),  # a panel through the ghost of the fold first
        (12.0, 1.9, -0.9, 4.0),  # from far outside
        (-9.0, 4.0, 1.2, 2.0),  # a negative weight
    ],
)
def test_legs_have_the_second_derivatives_of_taylor_series(w, b, x0, end):
    """Against series of the variational equations in mpmath's numbers of 25 digits."""
    _, _, exact = second_oracle.flow(w, b, x0, [(end, 0.0)], digits=25)
    found = doya.sensitivity(doya.NeuronODE(w, b), x0, end, order=2)
    for pair, value in exact.items():
        assert found.second[pair] == pytest.approx(float(value), rel=3e-12), pair


@pytest.mark.machine_code
def test_legs_have_the_same_bits_as_machine_code():
    """Across the folds, for ends within, between and after the legs."""
    answers = []
    for way in (running.interpret, running.as_machine_code):
        with running.always(way):
            found = doya.sensitivity(
                doya.NeuronODE(5.0, ENSEMBLE[:, np.newaxis]), 0.5, [3.0, 12.0, 50.0], order=2
            )
            answers.append([*found.second.values()])
    for one, other in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, other)
