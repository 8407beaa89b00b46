"""Each family of statuses, provoked member by member; the sentences say what to do next."""

import json
import math
import pickle

import numpy as np
import pytest

import doya
from doya.crossing_times import CrossingStatus
from doya.kernels.flow import formula as flow
from doya.kernels.flow import sensitivities as flow_sensitivities
from doya.kernels.flow import steppers
from doya.kernels.machinery import running
from doya.kernels.training import descent
from doya.landscapes.statuses import CellStatus, WallStatus
from doya.sensitivities import derivatives
from doya.sensitivities.derivatives import SensitivityStatus
from doya.statuses import Status
from doya.sweeps.statuses import SweepStatus
from doya.tasks.gradients import TaskStatus
from doya.training.statuses import Outcome, TrainingStatus
from doya.trajectory_statuses import FormulaStatus, MapStatus, StepsStatus
from doya_cli.sentences import in_options
from shell import doya_

FAMILIES = [
    StepsStatus, FormulaStatus, MapStatus, SensitivityStatus, TrainingStatus, CellStatus,
    WallStatus, CrossingStatus, TaskStatus, Outcome, SweepStatus,
]  # fmt: skip
MEMORY = doya.NeuronODE(5.0, -2.5)
SPOILED = doya.Table([0.0, 2.0], [[0.1, 0.2], [0.1, math.nan]])


def test_every_status_is_in_one_of_the_families():
    assert set(Status.__subclasses__()) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_members_are_whole_numbers_that_carry_sentences(family):
    """0 is success, the only one without a remedy."""
    assert family(0) == 0
    assert not family(0).remedy
    for member in family:
        assert member == int(member)
        assert isinstance(member, int)
        assert str(member) == json.dumps(member) == str(int(member))
        assert pickle.loads(pickle.dumps(member)) is member
        assert np.asarray([member, 0]).dtype == np.int64
        for sentence in filter(None, (member.message, member.remedy)):
            assert sentence.endswith(".")
            assert sentence[0].isupper()
        assert member == 0 or member.remedy
        assert family.explain(int(member)) == member.sentences
    everything = [int(member) for member in family]
    words = family.explain(np.array([everything, everything]))
    assert words.shape == (2, len(everything))
    assert words[1].tolist() == [member.sentences for member in family]


def test_the_numbers_are_those_of_the_kernels():
    """And those that earlier versions wrote."""
    kernel = steppers.DONE, steppers.GAVE_UP, steppers.NOT_FINITE
    for family in (StepsStatus, FormulaStatus, SensitivityStatus):
        assert (family.DONE, family.GAVE_UP, family.NOT_FINITE) == kernel == (0, 1, 2)
    assert (MapStatus.DONE, MapStatus.NOT_FINITE) == (0, 2)
    assert [*TrainingStatus] == [
        descent.DONE, descent.NOT_FINITE, descent.GONE, descent.NOT_REACHED, TrainingStatus.OUTSIDE,
        TrainingStatus.INTERRUPTED,
    ] == [0, 1, 2, 3, 4, 5]  # fmt: skip
    assert [*Outcome] == [0, 1, 2, 3]
    assert [*CellStatus] == [0, 1]
    assert [*WallStatus] == [0, 1, 2, 3]
    assert [*CrossingStatus] == [0, 1, 2]
    assert [*TaskStatus] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("neuron", "method", "family"),
    [
        (MEMORY, "formula", FormulaStatus),
        (MEMORY, "dop853", StepsStatus),
        (MEMORY, "rk4", StepsStatus),
        (doya.NeuronMap(), None, MapStatus),
    ],
)
def test_a_trajectory_has_the_status_of_its_method(neuron, method, family):
    found = doya.simulate(neuron, 0.5, 4.0, SPOILED, times=[1.0, 4.0], method=method)
    assert found.status.dtype == np.int64
    assert found.status.tolist() == [family.DONE, family.NOT_FINITE]
    assert found.message.tolist() == ["The end was reached.", family.NOT_FINITE.sentences]
    assert "Give an input u that is finite until t_end" in found.message[1]
    alone = doya.simulate(neuron, 0.5, 4.0, times=[1.0, 4.0], method=method)
    assert alone.status is family.DONE
    assert alone.message == "The end was reached."
    assert pickle.loads(pickle.dumps(alone)) == alone


def test_a_trajectory_that_gives_up_says_what_to_do():
    limited = doya.simulate(MEMORY, [0.5, 0.6], 50.0, method="dop853", max_steps=10)
    assert limited.status.tolist() == [0, StepsStatus.GAVE_UP]
    assert limited.message[1] == StepsStatus.GAVE_UP.sentences
    with pytest.raises(doya.ConvergenceError) as failure:
        doya.simulate(MEMORY, 0.6, 50.0, method="dop853", max_steps=10)
    assert str(failure.value) == StepsStatus.GAVE_UP.sentences
    for remedy in ("Raise max_steps", "shorten t_end", "method='formula'"):
        assert remedy in str(failure.value)


def test_a_state_that_overflows_in_steps_says_what_to_do():
    """Steps of 3 time constants double any state: 2**2000 is beyond doubles."""
    with pytest.raises(doya.ConvergenceError, match="take shorter steps"):
        doya.simulate(doya.NeuronODE(0.0), 0.6, 6000.0, method="euler", step=3.0)


def test_a_formula_without_panels_says_what_to_do(monkeypatch):
    for module in (flow, flow_sensitivities):  # the second has a copy of its own
        monkeypatch.setattr(module, "PANELS", 0)
    with running.always(running.interpret):
        found = doya.simulate(doya.NeuronODE(5.0, [-2.4, -2.5]), 0.5, 20.0, points=3)
        assert found.status.tolist() == [FormulaStatus.GAVE_UP, FormulaStatus.DONE]
        assert found.message[0] == FormulaStatus.GAVE_UP.sentences
        for function in (doya.final_state, doya.simulate, doya.sensitivity):
            with pytest.raises(doya.ConvergenceError, match="method='dop853'"):
                function(doya.NeuronODE(5.0, -2.4), 0.5, 20.0)
        over = {"x0": np.linspace(0.0, 1.0, 5)}
        landscape = doya.loss_landscape(doya.NeuronODE(5.0, -2.4), over, t_end=20.0)
        (wall,) = landscape.walls
        assert wall.message.tolist() == [WallStatus.NOT_REACHED.sentences]
        with pytest.raises(doya.ConvergenceError, match=r"No cell .* Shorten t_end"):
            _ = landscape.minimum


def test_derivatives_that_are_not_reached_say_what_to_do(monkeypatch):
    with pytest.raises(doya.ConvergenceError) as failure:
        doya.sensitivity(MEMORY, 0.5, 3e3, method="dop853")
    assert str(failure.value) == SensitivityStatus.NOT_FINITE.sentences
    monkeypatch.setattr(derivatives, "MOST_STEPS", 3)
    with pytest.raises(doya.ConvergenceError) as failure:
        doya.sensitivity(MEMORY, 0.6, 30.0, method="dop853")
    assert str(failure.value) == SensitivityStatus.GAVE_UP.sentences
    assert "method='formula'" in str(failure.value)


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("neuron", "t_end", "settings", "status"),
    [
        (MEMORY, 50.0, {}, TrainingStatus.DONE),
        (MEMORY, 1e4, {}, TrainingStatus.NOT_FINITE),
        (MEMORY, 50.0, {"learning_rate": 1e100}, TrainingStatus.GONE),
        (doya.NeuronODE(40.0, -20.0), 66.0, {"u": lambda t: 0.0}, TrainingStatus.NOT_REACHED),
    ],
)
def test_a_descent_ends_with_its_status_and_remedy(neuron, t_end, settings, status):
    """The verdict of one neuron ends with the remedy; members of an ensemble have it too."""
    alone = doya.train(neuron, 0.5, t_end, 0.8, steps=1, **settings)
    assert alone.status is status
    assert alone.message.endswith(f". {status.remedy}" if status.remedy else ".")
    whole = doya.train(neuron, [0.5], t_end, 0.8, steps=1, **settings)
    assert whole.status.tolist() == [status]
    assert whole.message.tolist() == [status.sentences]


def test_a_descent_of_an_earlier_version_still_explains_itself():
    """Its status is a plain whole number."""
    path = doya.train(MEMORY, 0.5, 1e4, 0.855)
    object.__setattr__(path, "status", 1)
    assert TrainingStatus.NOT_FINITE.remedy in path.message


@pytest.mark.long
def test_cells_and_walls_say_what_to_do():
    flat = doya.loss_landscape(
        doya.NeuronODE(40.0), {"b": [-21.0, -20.0]}, 0.5, 66.0, 0.8, lambda t: 0.0
    )
    assert flat.status.tolist() == [CellStatus.DONE, CellStatus.NOT_REACHED]
    assert flat.message[1] == CellStatus.NOT_REACHED.sentences
    for t_end, status in ((50.0, 0), (1e4, 1), (math.inf, 2)):
        (wall,) = doya.loss_landscape(MEMORY, {"b": [-3.0, -2.0]}, t_end=t_end).walls
        assert wall.status.dtype == np.int64
        assert wall.message.tolist() == [WallStatus(status).sentences]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            StepsStatus.GAVE_UP.remedy,
            "Shorten --t-end, or use --method formula.",
        ),
        (
            TrainingStatus.NOT_FINITE.remedy,
            "Set --clip, use --rule sign, or shorten --t-end.",
        ),
        (TrainingStatus.GONE.remedy, "Lower --learning-rate, or set --clip."),
    ],
)
def test_the_shell_names_its_options_in_a_remedy(words, expected):
    assert in_options(words) == expected


def test_a_failed_descent_of_the_shell_names_options():
    assert doya_("train --b -2.5 --t-end 1e4").stderr.endswith(
        "Set --clip, use --rule sign, or shorten --t-end.\n"
    )
