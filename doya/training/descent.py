"""Gradient descent on the loss L = (target - x(T))**2, and what is done against its explosions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import Parameter, check_count, checked, checked_names, checked_number
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.kernels.descent import CLIPPED, FIRST, FREE_LOSS, LOSS, NORM
from doya.landscapes.losses import checked_loss
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.settings import checked_end
from doya.training.rules import PART, checked_rule
from doya.training.steps import Ends, Progress, descend
from doya.training.verdict import verdict

MOST_STEPS = 10**6

# In words, by status.
MESSAGES = (
    "All steps were taken.",
    "The gradient is not finite.",
    "A parameter left the range from -1e100 to 1e100.",
    "The end of a trajectory was not reached.",
)


@dataclass(frozen=True, eq=False, repr=False)
class Training(Result):
    """A path of descent, of one neuron or of each of an ensemble; steps are the last axis.

    Attributes
    ----------
    parameters : dict of ndarray, shape (..., steps + 1)
        What was learned, by name, from the start on; NaN after a failure.
    loss : ndarray, shape (..., steps + 1)
        (target - x(T))**2 there, under teacher forcing if there is any.
    free_loss : ndarray, shape (..., steps + 1)
        The same without the teacher.
    gradient : dict of ndarray, shape (..., steps + 1)
        dL/dp by the name of p; infinite beyond the range of a double.
    gradient_norm : ndarray, shape (..., steps + 1)
        Its Euclidean norm, before clipping.
    clipped : ndarray of bool, shape (..., steps + 1)
        Where the step from there was shortened by clipping.
    status : int or ndarray of int, shape (...)
        0 where all steps were taken, 1 where the gradient was not finite, 2 where a parameter left
        its range, 3 where the end of the trajectory was not reached.
    neuron : NeuronODE or NeuronMap
        As it was at the start.
    x0, t_end, target : float or ndarray
    learn : tuple of str
    learning_rate : float
    clip : float or None
    momentum : float
    rule : {"gradient", "sign"}
    teacher_forcing : float
    u : float, array, Pulses, Table, function or None
    """

    _first: ClassVar[tuple[str, ...]] = ("verdict",)

    parameters: dict[str, Floats]
    loss: Floats
    free_loss: Floats
    gradient: dict[str, Floats]
    gradient_norm: Floats
    clipped: NDArray[np.bool_]
    status: Any
    neuron: Neuron
    x0: Parameter
    t_end: float
    target: Parameter
    learn: tuple[str, ...]
    learning_rate: float
    clip: float | None
    momentum: float
    rule: str
    teacher_forcing: float
    u: Input | None

    @property
    def message(self) -> Any:
        """How the descent went; for an ensemble an array with the status of each in words."""
        return self.verdict if np.ndim(self.status) == 0 else np.take(MESSAGES, self.status)

    @cached_property
    def verdict(self) -> str:
        """The end of one neuron's descent in a sentence, and the wall across which it was thrown.

        Raises ValueError for an ensemble, whose status has one of each.
        """
        if np.ndim(self.status):
            raise ValueError(
                f"an ensemble of shape {self.status.shape} has no single verdict: read `status`"
            )
        kept = slice(0, int(self.steps) + 1)
        x0, target = float(self.x0), float(self.target)
        loss = checked_loss(self.neuron, x0, self.t_end, target, self.u)
        path = {name: values[kept] for name, values in self.parameters.items()}
        reason = MESSAGES[self.status] if self.status else ""
        return verdict(loss, path, self.free_loss[kept], self.loss[kept], reason)

    @property
    def success(self) -> Any:
        """Whether all steps were taken."""
        return self.status == 0

    @property
    def steps(self) -> Any:
        """How many steps were taken."""
        return np.maximum(np.isfinite(self.loss).sum(axis=-1) - 1, 0)


def train(
    neuron: Neuron,
    x0: ArrayLike,
    t_end: float,
    target: ArrayLike,
    learn: str | Iterable[str] = ("b",),
    learning_rate: float = 1.0,
    steps: int = 100,
    clip: float | None = None,
    u: Input | None = None,
    *,
    momentum: float = 0.0,
    rule: str = "gradient",
    teacher_forcing: float = 0.0,
    progress: Progress | None = None,
) -> Training:
    """Descend the loss L = (target - x(T))**2 by its exact gradient g.

    By the rule "gradient" a step adds v to the parameters, v <- momentum v - learning_rate g; with
    `clip` = c a gradient with norm(g) > c counts as c g / norm(g).  By the rule "sign" only the
    signs of g count: each parameter has a step of its own, which is learning_rate at first, grows
    by 1.2 while the sign stays, halves when it turns, and is then left out once.

    With teacher forcing the state of the map is drawn to the target before each step,
    x <- (1 - alpha) x + alpha target, which multiplies the step's derivative mu by 1 - alpha:
    products of many do not explode if (1 - alpha) max(abs(mu)) <= 1.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron or an ensemble, where the descent starts.
    x0 : float or array
        State at the start of each trajectory, dimensionless, from -1e100 to 1e100.
    t_end : float
        T: for the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps.
    target : float or array
        What x(T) should be, dimensionless, from -1e100 to 1e100.
    learn : str or list of str, default ("b",)
        What is changed, of "b", "w" and "x0".
    learning_rate : float, default 1.0
        Greater than 0.
    steps : int, default 100
        From 0 to 10**6.
    clip : float, optional
        The largest norm that a gradient may have, greater than 0; by default any.
    u : float, array, Pulses, Table or function, optional
        Input, as for `final_state`.
    momentum : float, default 0.0
        At least 0 and less than 1.
    rule : {"gradient", "sign"}, default "gradient"
        "sign" takes neither clip nor momentum.
    teacher_forcing : float, default 0.0
        alpha, at least 0 and less than 1; for the map.
    progress : callable, optional
        Called now and then with the part that is done, up to 1.

    Returns
    -------
    Training
        Its arrays have the shape to which neuron, x0, target and u broadcast, and the steps along
        a last axis.  What fails ends with a status; the path until then is kept.

    Raises
    ------
    ValueError
        For an argument outside its range, or shapes that do not broadcast.

    Notes
    -----
    A gradient beyond the range of a double still has a direction, so a clipped step or one by sign
    is taken; a plain one ends with status 1.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), algorithm 1.
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm" (1993).
    C. Igel, M. Huesken, "Improving the Rprop learning algorithm" (2000), iRprop-.

    Examples
    --------
    The wall at b = -2.5 throws plain descent far away; clipped, it stays:

    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.2)
    >>> for clip in (None, 0.05):
    ...     path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=clip)
    ...     print(f"b = {path.parameters['b'][-1]:.4f}, loss {path.loss[-1]:.2g}")
    b = 28.2120, loss 0.021
    b = -2.4983, loss 5.6e-07
    """
    x0, target = checked("x0", x0), checked("target", target)
    end = checked_end(neuron, t_end)
    if end.ndim:
        raise ArgumentError("t_end", f"must be one number, got an array of shape {end.shape}")
    learn = _checked_learn(learn)
    rule_of_steps = checked_rule(learning_rate, clip, momentum, rule)
    steps = check_count("steps", steps, 0, MOST_STEPS)
    alpha = _checked_forcing(neuron, teacher_forcing)
    ends = Ends(neuron, x0, float(end), target, u, learn, alpha)

    m, shape = len(learn), ends.shape
    require_memory("steps", (*shape, steps + 1), FIRST + 2 * m)
    told = np.full((FIRST + 2 * m, math.prod(shape), steps + 1), math.nan)
    status = np.zeros(math.prod(shape), dtype=np.int64)
    descend(ends, rule_of_steps, told, status, progress)
    rows = told.reshape(len(told), *shape, steps + 1)
    return Training(
        dict(zip(learn, rows[FIRST : FIRST + m], strict=True)), rows[LOSS], rows[FREE_LOSS],
        dict(zip(learn, rows[FIRST + m :], strict=True)), rows[NORM], rows[CLIPPED] == 1.0,
        status.reshape(shape) if shape else int(status[0]), neuron, x0, float(end), target, learn,
        rule_of_steps.rate, None if clip is None else rule_of_steps.clip, rule_of_steps.momentum,
        rule, alpha, u,
    )  # fmt: skip


def _checked_learn(learn: str | Iterable[str]) -> tuple[str, ...]:
    allowed = ("b", "w", "x0")
    names = checked_names("learn", learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be among {', '.join(allowed)}, got {learn!r}")
    return names


def _checked_forcing(neuron: Neuron, teacher_forcing: float) -> float:
    alpha = checked_number("teacher_forcing", teacher_forcing, PART)
    if alpha and not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "teacher_forcing",
            f"is for the map; the flow has no steps, got {alpha!r}",
        )
    return alpha
