"""Results of gradient descents: the settings that all have, and the ends without the paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from doya.checks import Parameter
from doya.conversions.conversion import Conversion
from doya.inputs import Input
from doya.neurons import Neuron
from doya.results import Result
from doya.statuses import Status
from doya.tasks.task import Task
from doya.training.statuses import TrainingStatus


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Descent(Result):
    """Settings of a gradient descent, and how it ended; `Training` describes them."""

    status: Any
    neuron: Neuron
    x0: Any
    t_end: Any
    target: Any
    learn: tuple[str, ...]
    learning_rate: Parameter
    clip: Parameter | str | None
    momentum: Parameter
    rule: str
    teacher_forcing: float
    u: Input | None
    clip_value: Parameter | None = None
    nesterov: bool = False
    penalty: dict[str, Parameter] | None = None
    conversion: Conversion | None = None
    task: Task | None = None
    forcing_every: int = 1
    truncate: int | None = None

    @property
    def _family(self) -> type[Status]:
        return TrainingStatus

    @property
    def success(self) -> Any:
        """Return True where all steps were taken."""
        return self.status == 0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TrainingEnds(Descent):
    """Ends of gradient descents, for one neuron or an ensemble, without the paths.

    Attributes
    ----------
    parameters : dict of float or ndarray, shape (...)
        The learned parameters by name, after the last step that was taken.
    loss, free_loss : float or ndarray, shape (...)
        The loss there, with teacher forcing if it is used, and without it; NaN if not even the
        first is known.
    largest_gradient : float or ndarray, shape (...)
        Largest norm of the gradient at any step, before clipping; NaN if none is known.
    steps : int or ndarray of int, shape (...)
        Number of steps that were taken.
    status, neuron, x0, t_end, target, learn, learning_rate, clip, momentum, rule, teacher_forcing,
    u, clip_value, nesterov, penalty, conversion, task, forcing_every, truncate
        As for `Training`.
    """

    _first: ClassVar[tuple[str, ...]] = (
        "parameters", "loss", "free_loss", "largest_gradient", "steps",
    )  # fmt: skip
    _OF_PATHS: ClassVar[tuple[str, ...]] = (
        "gradient", "gradient_norm", "mean_gradient_norm", "clipped", "verdict", "bifurcations",
        "equilibria", "two_cycles",
    )  # fmt: skip

    parameters: dict[str, Any]
    loss: Any
    free_loss: Any
    largest_gradient: Any
    steps: Any

    @property
    def message(self) -> Any:
        """Return the status of each neuron in words."""
        return TrainingStatus.explain(self.status)

    def __getattr__(self, name: str) -> Any:
        if name in TrainingEnds._OF_PATHS:
            words = f"{name} needs the path of the descent: call train with keep='path'"
            raise AttributeError(words)
        words = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(words)
