"""Arguments of `train`: names to learn, how the gradient goes back, and ends with a target."""

from __future__ import annotations

from collections.abc import Iterable

from doya.checks import Parameter, check_count, checked_names
from doya.conversions.conversion import Conversion
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.neurons import Neuron, NeuronMap
from doya.tasks.step_tasks import Forcing
from doya.tasks.task import Task
from doya.tasks.teacher_forcing import checked_teacher
from doya.training.letters import checked_ends
from doya.training.rules import OMEGA, Rule
from doya.training.steps import Ends
from doya.training.tasks import forced_ends


def checked_learn(
    neuron: Neuron, learn: str | Iterable[str] | None, task: Task | None = None
) -> tuple[str, ...]:
    """Return the names of the parameters to learn; raise for others."""
    allowed = ["b", "w", "x0", "input_weight", *["epsilon"] * isinstance(neuron, NeuronMap)]
    allowed += task.shared if task else []
    names = checked_names("learn", "b" if learn is None else learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be one or more of {', '.join(allowed)}, got {learn!r}")
    return names


def checked_manner(
    neuron: Neuron, teacher_forcing: float, forcing_every: int, truncate: int | None, rule: Rule
) -> Forcing:
    """Return how the gradient goes back; raise for a flow that is to have a step of the map."""
    alpha = checked_teacher(neuron, teacher_forcing)
    every = check_count("forcing_every", forcing_every, 1)
    most = Forcing().most if truncate is None else check_count("truncate", truncate, 1)
    rho = float(rule.settings[OMEGA])
    if not isinstance(neuron, NeuronMap):
        no_steps = "for the flow, which has no steps"
        if truncate is not None:
            words = f"must be left out {no_steps}, got {truncate!r}; use a NeuronMap"
            raise ArgumentError("truncate", words)
        if rho:
            words = f"must be 0 {no_steps}, got {rho!r}; use a NeuronMap"
            raise ArgumentError(OMEGA, words)
    if every > 1 and not alpha:
        words = "needs a teacher_forcing greater than 0: add teacher_forcing=0.2"
        raise ArgumentError("forcing_every", words)
    return Forcing(alpha, every, most, rho)


def ends_of(
    conversion: Conversion | None, neuron: Neuron, x0: Parameter, end: Parameter, target: Parameter,
    u: Input | None, learn: str | Iterable[str] | None, rule: Rule, manner: Forcing,
) -> Ends:  # fmt: skip
    """Return the ends of trajectories with one target."""
    if conversion:
        if manner != Forcing(manner.alpha):
            words = (
                "must be left out for a Conversion, and so must penalty['omega']: use its neuron"
            )
            raise ArgumentError("truncate", words)
        return checked_ends(conversion, x0, end, target, u, learn, manner.alpha, rule.shapes)
    names = checked_learn(neuron, learn)
    ends = Ends(neuron, x0, end, target, u, names, manner.alpha, rule.shapes)
    more = manner.alpha and not {*names} <= {"b", "w", "x0"}
    return forced_ends(ends, manner) if more or manner != Forcing(manner.alpha) else ends
