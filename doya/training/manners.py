"""The manner in which the gradient of a descent goes back: teacher, truncation, penalty Omega."""

from __future__ import annotations

from doya.checks import check_count
from doya.errors import ArgumentError
from doya.neurons import Neuron, NeuronMap
from doya.tasks.step_tasks import Forcing
from doya.tasks.teacher_forcing import checked_teacher
from doya.training.rules import OMEGA, Rule


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
