"""What a sweep computes in each cell: a table of quantities, each a call of the library."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from doya.checks import checked_names
from doya.conversions.conversion import Conversion, in_doya, states_of
from doya.crossing_times import crossing_time
from doya.equilibria import equilibria
from doya.errors import ArgumentError
from doya.inputs import Input, Pulses
from doya.neurons import Neuron, NeuronMap
from doya.orbits.ensembles import attractors
from doya.orbits.lyapunov import lyapunov_exponent
from doya.sensitivities.derivatives import sensitivity
from doya.sensitivities.records import WRT
from doya.sweeps.losses import slopes
from doya.sweeps.questions import OF_NEURON, Cells, Question, Variable, author_of
from doya.sweeps.statuses import SweepStatus
from doya.training.arguments import checked_learn
from doya.training.descent import train
from doya.training.statuses import TrainingStatus
from doya.trajectories import final_state, simulate

OF_END = (*OF_NEURON, "u", "x0", "t_end")
OF_TRAINING = ("learning_rate", "clip", "momentum")
# Settings of a trajectory where none are given.
USUAL: dict[str, Any] = {"x0": 0.5, "t_end": 50.0, "u": None}
AIM = {**USUAL, "target": 0.855}
# Cells that are computed at once, so that a run that is stopped ends soon; of slow quantities.
AT_ONCE, FEW = 2**16, 2**12


@dataclass(frozen=True)
class Quantity:
    """A quantity: the axes on which it depends, its settings, variables, and how it is computed.

    `compute` returns the arrays of the variables, and of the status unless all is well; they
    broadcast to the cells.  Along the axes of `loops` it takes one value at a time.  `bytes_a_cell`
    are those in use, times four: while one chunk is computed others are compressed and written.
    `at_once` is the number of cells that one call computes at most.  `seconds_a_step` is about the
    time of a core for a step of a cell, where the settings steps and transient count them, and
    `seconds_a_time` what each of the t_end steps of a map adds to it, if its orbit is chaotic.
    These are constants, so that chunks are the same on all machines.
    """

    axes: tuple[str, ...]
    settings: Mapping[str, Any]
    variables: Callable[[Question], dict[str, Variable]]
    compute: Callable[[Question, Cells], dict[str, Any]]
    bytes_a_cell: float
    at_once: int = AT_ONCE
    seconds_a_step: float = 0.0
    seconds_a_time: float = 0.0
    loops: tuple[str, ...] = ()
    for_map: bool = False
    required: tuple[str, ...] = field(default=())
    for_doya: bool = False

    def seconds(self, settings: Mapping[str, Any], t_end: float = 0.0) -> float:
        """Return about the time of a core for a cell of a map until `t_end`; 0 where it is short.

        For the flow `t_end` is 0: by its formula a long time takes no longer.
        """
        counts = (settings.get(name) for name in ("steps", "transient"))
        steps = sum(max(n, 0) for n in counts if isinstance(n, int))
        return (self.seconds_a_step + self.seconds_a_time * t_end) * steps if steps else 0.0

    def usual(self, neuron: Neuron | Conversion) -> dict[str, Any]:
        """Return the settings where none are given: an author's letters are learned by default."""
        author, found = author_of(neuron), dict(self.settings)
        if author and "learn" in found:
            found["learn"] = (author.drive,)
        if author and "wrt" in found:
            found["wrt"] = ("x0", author.drive)
        return found


def _lost(*values: Any) -> Any:
    """Return the status of cells of which a value is NaN."""
    lost = np.isnan(values[0])
    for each in values[1:]:
        lost = lost | np.isnan(each)
    return np.where(lost, SweepStatus.NOT_REACHED, 0)


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _state(question: Question, cells: Cells) -> dict[str, Any]:
    x = _ends(
        question.model(cells), question.at("x0", cells), question.at("t_end", cells),
        question.input(cells),
    )  # fmt: skip
    return {"x": x, **_of_author(question, cells, x), "status": _lost(x)}


def _ends(model: Any, x0: Any, t_end: Any, u: Input | None) -> Any:
    """Return what `final_state` does, with the same bits; where t_end is an axis, it is the first.

    All states of a trajectory are then found on one way along it, but under a ramp, where the steps
    begin anew at each time, and under a table, whose many pieces would take memory.
    """
    if np.size(t_end) == 1 or not (u is None or isinstance(u, (int, float, Pulses))):
        return final_state(model, x0, t_end, u)
    order = np.argsort(t_end, axis=None)
    times = t_end.ravel()[order]
    found = np.moveaxis(simulate(model, x0, float(times[-1]), u, times=times).x, -1, 0)
    x = np.empty(found.shape)
    x[order] = found
    more = (1,) * (t_end.ndim - x.ndim)
    return x.reshape(times.size, *more, *found.shape[1:])


def _of_author(question: Question, cells: Cells, x: Any) -> dict[str, Any]:
    """Return the author's state, if the neuron is in an author's letters."""
    return {"state": states_of(question.model(cells), x)} if question.author else {}


X = Variable("float64", "state at the end, x(T)")


def _state_variables(question: Question) -> dict[str, Variable]:
    own = {"state": Variable("float64", "author's state at the end")} if question.author else {}
    return {"x": X, **own}


def _sensitivity_variables(question: Question) -> dict[str, Variable]:
    found, state = _state_variables(question), _differentiated(question)
    for name in checked_names("wrt", question.settings["wrt"], question.learnable()):
        found[f"log10_abs_d{state}_d{name}"] = Variable(
            "float64", f"decimal logarithm of the size of d{state}(T)/d{name}"
        )
        found[f"sign_d{state}_d{name}"] = Variable("int8", f"sign of d{state}(T)/d{name}", 127)
    return found


def _differentiated(question: Question) -> str:
    """Return the name of the state that is differentiated: x, or the author's."""
    return "state" if question.author else "x"


def _sensitivity(question: Question, cells: Cells) -> dict[str, Any]:
    found = sensitivity(
        question.model(cells), question.at("x0", cells), question.at("t_end", cells),
        question.settings["wrt"], question.input(cells),
    )  # fmt: skip
    values: dict[str, Any] = {"x": found.x, **_of_author(question, cells, found.x)}
    state = _differentiated(question)
    for name, size in found.log10_abs.items():
        values[f"log10_abs_d{state}_d{name}"] = size
        values[f"sign_d{state}_d{name}"] = np.where(np.isnan(size), 127.0, found.sign[name])
    return {**values, "status": _lost(found.x, *found.log10_abs.values())}


def _loss_variables(question: Question) -> dict[str, Variable]:
    names = checked_names("wrt", question.settings["wrt"], question.learnable())
    slopes = {f"dL_d{name}": Variable("float64", f"derivative dL/d{name}") for name in names}
    return {"loss": Variable("float64", "loss L = (target - x(T))**2"), **slopes}


def _loss(question: Question, cells: Cells) -> dict[str, Any]:
    """Return the loss and its gradient with the landscape's own arithmetic."""
    names = _names(question.settings["wrt"])
    x, by = slopes(
        in_doya(question.neuron), cells, question.at("x0", cells), question.at("t_end", cells),
        question.settings["u"], names,
    )  # fmt: skip
    error = x - question.at("target", cells)
    values = {"loss": error * error}
    pull = error + error
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for name, slope in by.items():
            # At the target the gradient is 0, even where dx(T)/dp is infinite.
            values[f"dL_d{name}"] = np.where(pull == 0.0, 0.0, pull * slope)
    return {**values, "status": _lost(*values.values())}


def _lyapunov(question: Question, cells: Cells) -> dict[str, Any]:
    exponent, error = lyapunov_exponent(
        question.model(cells), question.at("x0", cells), question.settings["steps"],
        question.settings["transient"], u=question.at("u", cells), return_error=True,
    )  # fmt: skip
    return {"lyapunov": exponent, "lyapunov_error": error, "status": _lost(exponent)}


def _attractors(question: Question, cells: Cells) -> dict[str, Any]:
    found = attractors(
        question.model(cells), question.at("u", cells),
        transient=question.settings["transient"], steps=question.settings["steps"],
    )  # fmt: skip
    return {"attractors": found.count, "period": found.period}


def _equilibria(question: Question, cells: Cells) -> dict[str, Any]:
    found = equilibria(question.model(cells), question.at("u", cells))
    count = np.asarray(found.count)
    x = np.full((*count.shape, 3), math.nan)
    x[..., : found.x.shape[-1]] = found.x
    return {
        "equilibria": count,
        "attracting_equilibria": np.count_nonzero(found.stable, axis=-1),
        "x_equilibrium": x,
    }


def _learned(question: Question) -> tuple[str, ...]:
    """Return the names of the parameters or letters that are learned."""
    learn = question.settings["learn"]
    if question.author is None:
        return checked_learn(in_doya(question.neuron), learn)
    return checked_names("learn", learn, tuple(question.author.letters))


def _train_variables(question: Question) -> dict[str, Variable]:
    finals = {
        f"final_{name}": Variable("float64", f"{name} at the end of the descent")
        for name in _learned(question)
    }
    return {
        **finals,
        "final_loss": Variable("float64", "loss at the end of the descent"),
        "largest_gradient": Variable("float64", "largest norm of the gradient on the path"),
        "steps_taken": Variable("int32", "number of steps taken", -1),
    }


# Of statuses of a descent, those of a cell.
_OF_DESCENT = {
    TrainingStatus.DONE: SweepStatus.DONE,
    TrainingStatus.NOT_FINITE: SweepStatus.NOT_FINITE,
    TrainingStatus.GONE: SweepStatus.GONE,
    TrainingStatus.NOT_REACHED: SweepStatus.NOT_REACHED,
    TrainingStatus.OUTSIDE: SweepStatus.GONE,
}


def _train(question: Question, cells: Cells) -> dict[str, Any]:
    swept = {name: question.at(name, cells) for name in (*OF_TRAINING, "x0", "t_end", "target")}
    settings = {name: each for name, each in question.settings.items() if name not in swept}
    given = {**settings, **swept, "u": question.input(cells)}
    found = train(question.model(cells), keep="end", **given)
    if np.any(found.status == TrainingStatus.INTERRUPTED):
        raise KeyboardInterrupt  # so that the chunk is not done
    return {
        **{f"final_{name}": values for name, values in found.parameters.items()},
        "final_loss": found.loss,
        "largest_gradient": found.largest_gradient,
        "steps_taken": found.steps,
        "status": np.take(list(_OF_DESCENT.values()), found.status),
    }


def _crossing(question: Question, cells: Cells) -> dict[str, Any]:
    found = crossing_time(
        question.model(cells), question.at("x0", cells), question.at("level", cells),
        question.input(cells), max_steps=question.settings["max_steps"],
    )  # fmt: skip
    return {"t": found.t, "status": _lost(found.t)}


def _fixed(variables: dict[str, Variable]) -> Callable[[Question], dict[str, Variable]]:
    return lambda question: variables


QUANTITIES = {
    "state": Quantity(
        axes=OF_END,
        settings=USUAL,
        variables=_state_variables,
        compute=_state,
        bytes_a_cell=400.0,
    ),
    "sensitivity": Quantity(
        axes=OF_END,
        settings={**USUAL, "wrt": WRT},
        variables=_sensitivity_variables,
        compute=_sensitivity,
        bytes_a_cell=600.0,
    ),
    "loss": Quantity(
        axes=(*OF_END, "target"),
        for_doya=True,
        settings={**AIM, "wrt": ("b", "w")},
        variables=_loss_variables,
        compute=_loss,
        bytes_a_cell=600.0,
        loops=("t_end",),
    ),
    "lyapunov": Quantity(
        axes=(*OF_NEURON, "u", "x0"),
        settings={"x0": 0.3, "u": 0.0, "steps": 10_000, "transient": 1_000},
        variables=_fixed(
            {
                "lyapunov": Variable("float64", "Lyapunov exponent per step"),
                "lyapunov_error": Variable("float64", "error of the Lyapunov exponent"),
            }
        ),
        compute=_lyapunov,
        bytes_a_cell=600.0,
        seconds_a_step=6e-10,
        for_map=True,
    ),
    "equilibria": Quantity(
        axes=(*OF_NEURON, "u"),
        settings={"u": 0.0},
        variables=_fixed(
            {
                "equilibria": Variable("int8", "number of equilibria", -1),
                "attracting_equilibria": Variable("int8", "number of stable equilibria", -1),
                "x_equilibrium": Variable(
                    "float64", "equilibria, ascending", more=(("equilibrium", 3),)
                ),
            }
        ),
        compute=_equilibria,
        bytes_a_cell=400.0,
    ),
    "attractors": Quantity(
        axes=(*OF_NEURON, "u"),
        settings={"u": 0.0, "transient": 10_000, "steps": 10_000},
        variables=_fixed(
            {
                "attractors": Variable("int8", "number of attractors", -1),
                "period": Variable(
                    "int8",
                    "period of each attractor, 0: none, -1: no second attractor",
                    -1,
                    (("attractor", 2),),
                ),
            }
        ),
        compute=_attractors,
        bytes_a_cell=600.0,
        at_once=FEW,
        seconds_a_step=5e-9,
        for_map=True,
    ),
    "train": Quantity(
        axes=(*OF_END, "target", *OF_TRAINING),
        settings={
            **AIM,
            "learn": ("b",),
            "learning_rate": 1.0,
            "steps": 100,
            "clip": None,
            "momentum": 0.0,
            "rule": "gradient",
            "teacher_forcing": 0.0,
            "forcing_every": 1,
            "truncate": None,
            "clip_value": None,
            "nesterov": False,
            "penalty": None,
        },
        variables=_train_variables,
        compute=_train,
        bytes_a_cell=800.0,
        at_once=FEW,
        seconds_a_step=1.5e-6,
        seconds_a_time=5e-9,
    ),
    "crossing": Quantity(
        axes=(*OF_NEURON, "u", "x0", "level"),
        settings={"x0": 0.5, "u": None, "level": None, "max_steps": None},
        variables=_fixed({"t": Variable("float64", "time at which the level is crossed")}),
        compute=_crossing,
        bytes_a_cell=600.0,
        required=("level",),
    ),
}
# All parameters that may be swept.
AXES = tuple(dict.fromkeys(name for each in QUANTITIES.values() for name in each.axes))


def check_quantities(names: Any, neuron: Neuron | Conversion) -> tuple[str, ...]:
    """Return the names of quantities, each once; raise for one that the neuron does not have."""
    found = checked_names("quantities", names, QUANTITIES)
    if not found:
        raise ArgumentError(
            "quantities", f"must be one or more of {', '.join(QUANTITIES)}, got {names!r}"
        )
    for name in found:
        if QUANTITIES[name].for_doya and isinstance(neuron, Conversion):
            words = f"has {name!r}, which needs Doya's parameters: use another quantity"
            raise ArgumentError("quantities", words)
        if QUANTITIES[name].for_map and not isinstance(in_doya(neuron), NeuronMap):
            words = f"has {name!r}, which is for the map: use a NeuronMap, or another quantity"
            raise ArgumentError("quantities", words)
    return found
