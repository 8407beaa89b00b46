"""Arguments of `train`: the names to learn, and the ends of trajectories with a target."""

from __future__ import annotations

from collections.abc import Iterable

from doya.checks import Parameter, checked_names
from doya.conversions.conversion import Conversion
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.neurons import Neuron, NeuronMap
from doya.tasks.step_tasks import Forcing
from doya.tasks.task import Task
from doya.training.letters import checked_ends
from doya.training.rules import Rule
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
