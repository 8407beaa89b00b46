"""Gradient descent on the loss L = (target - x(T))**2, with remedies for exploding gradients."""

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
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.kernels.descent import CLIPPED, FIRST, FREE_LOSS, LOSS, NORM
from doya.landscapes.losses import checked_loss
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.training.letters import checked_ends, loss_of
from doya.training.rules import PART, checked_rule
from doya.training.statuses import TrainingStatus
from doya.training.steps import Ends, Progress, descend
from doya.training.verdict import verdict
from doya.trajectory_checks import checked_end

MOST_STEPS = 10**6


@dataclass(frozen=True, eq=False, repr=False)
class Training(Result):
    """Path of a gradient descent, for one neuron or an ensemble; the last axis counts the steps.

    Attributes
    ----------
    parameters : dict of ndarray, shape (..., steps + 1)
        The learned parameters by name, from the start on; NaN after a failure.
    loss : ndarray, shape (..., steps + 1)
        (target - x(T))**2 at these parameters, dimensionless; with teacher forcing if it is used.
    free_loss : ndarray, shape (..., steps + 1)
        The same loss without teacher forcing.
    gradient : dict of ndarray, shape (..., steps + 1)
        dL/dp by the name of p; infinite beyond the range of a double.
    gradient_norm : ndarray, shape (..., steps + 1)
        Euclidean norm of the gradient, before clipping.
    clipped : ndarray of bool, shape (..., steps + 1)
        True where clipping shortened the step that begins there.
    status : int or ndarray of int, shape (...)
        0: all steps were taken.  1: the gradient was not finite.  2: a parameter left the range
        from -1e100 to 1e100.  3: a trajectory did not reach T.  4: a letter left its range.
    neuron : NeuronODE or NeuronMap
        The neuron at the start of the descent.
    x0, t_end, target : float or ndarray
    learn : tuple of str
    learning_rate : float
    clip : float or None
    momentum : float
    rule : {"gradient", "sign"}
    teacher_forcing : float
    u : float, array, Pulses, Table, Ramp, function or None
    conversion : Conversion or None
        The neuron in the author's letters; then the parameters are letters, and the target is a
        value of the author's state.
    """

    _first: ClassVar[tuple[str, ...]] = ("verdict",)
    _hidden: ClassVar[tuple[str, ...]] = ("gradient", "clipped")  # room for the verdict

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
    conversion: Conversion | None = None

    @property
    def message(self) -> Any:
        """Return the verdict of one neuron, or an array with the status of each in words."""
        return TrainingStatus.explain(self.status) if np.ndim(self.status) else self.verdict

    @cached_property
    def verdict(self) -> str:
        """Return how the descent of one neuron went, in sentences that name any wall it crossed.

        Raises ValueError for an ensemble: read `message` or `status` there.
        """
        if np.ndim(self.status):
            raise ValueError(
                f"an ensemble of shape {self.status.shape} has no single verdict: read `status`"
            )
        kept = slice(0, int(self.steps) + 1)
        x0, target = float(self.x0), float(self.target)
        loss = checked_loss(self.neuron, x0, self.t_end, target, self.u)
        if self.conversion:
            loss = loss_of(self.conversion, x0, self.t_end, target)
        path = {name: values[kept] for name, values in self.parameters.items()}
        status = TrainingStatus(self.status)
        return verdict(loss, path, self.free_loss[kept], self.loss[kept], status)

    @property
    def success(self) -> Any:
        """Return True where all steps were taken."""
        return self.status == 0

    @property
    def steps(self) -> Any:
        """Return the number of steps that were taken, for each neuron."""
        return np.maximum(np.isfinite(self.loss).sum(axis=-1) - 1, 0)


def train(
    neuron: Neuron | Conversion,
    x0: ArrayLike,
    t_end: float,
    target: ArrayLike,
    learn: str | Iterable[str] | None = None,
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
    """Descend the loss L = (target - x(T))**2 along its exact gradient g.

    With the rule "gradient" each step adds v to the parameters, where
    v <- momentum v - learning_rate g.  With `clip` = c, a gradient with norm(g) > c is replaced by
    c g / norm(g).

    With the rule "sign" only the signs of g count.  Each parameter has its own step size, which is
    learning_rate at first.  The step size grows by the factor 1.2 while the sign stays the same.
    When the sign changes, the step size is halved and one step is left out.

    With teacher forcing the state of the map is moved toward the target before each step:
    x <- (1 - alpha) x + alpha target.  This multiplies the derivative mu of the step by 1 - alpha.
    Products of many such derivatives do not explode if (1 - alpha) max(abs(mu)) <= 1.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble, where the descent starts.  With a `Conversion` the descent is in
        its letters, and the loss is (target - s(T))**2 with the author's state s, from the s of x0
        at these letters; x0 and t_end are Doya's.
    x0 : float or array
        State at the start of each trajectory, dimensionless, from -1e100 to 1e100.
    t_end : float
        T: for the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps.
    target : float or array
        Desired value of x(T), dimensionless, from -1e100 to 1e100; with a `Conversion`, of the
        author's state.
    learn : str or list of str, default ("b",)
        Names of the parameters to learn: one or more of "b", "w" and "x0".  With a `Conversion`:
        its letters except for the unit of time, by default the one that moves b alone.
    learning_rate : float, default 1.0
        Factor between gradient and step, or the first step size of "sign"; greater than 0 and at
        most 1e100.
    steps : int, default 100
        Number of steps, from 0 to 10**6.
    clip : float, optional
        Largest norm of a gradient, greater than 0 and at most 1e100.  By default there is no limit.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`; not with a `Conversion`.
    momentum : float, default 0.0
        Share of the last step that the next one keeps, at least 0 and less than 1, dimensionless.
    rule : {"gradient", "sign"}, default "gradient"
        How a step is computed.  "sign" allows neither clip nor momentum.
    teacher_forcing : float, default 0.0
        alpha, at least 0 and less than 1, dimensionless; for the flow, and with a `Conversion`, it
        must be 0.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.

    Returns
    -------
    Training
        Its arrays have the shape to which neuron, x0, target and u broadcast, with a last axis for
        the steps.  A descent that fails ends with a status; its path up to there is kept.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.

    Notes
    -----
    A gradient beyond the range of a double still has a direction.  So a clipped step, or a step of
    the rule "sign", is taken even then; a step without clipping ends with status 1.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), algorithm 1.
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    K. Doya, "Bifurcations in the learning of recurrent neural networks" (1992), and F. Hess,
    Z. Monfared, M. Brenner, D. Durstewitz, "Generalized teacher forcing for learning chaotic
    dynamics" (2023): teacher forcing with a factor alpha.
    M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm" (1993).
    C. Igel, M. Huesken, "Improving the Rprop learning algorithm" (2000), iRprop-.

    Examples
    --------
    The wall at b = -2.5 throws the descent far away; with clipping it stays close:

    >>> import doya
    >>> neuron = doya.NeuronODE(w=5.0, b=-2.2)
    >>> for clip in (None, 0.05):
    ...     path = doya.train(neuron, 0.5, 50.0, 0.855, learning_rate=2.0, clip=clip)
    ...     print(f"b = {path.parameters['b'][-1]:.3f}, loss {path.loss[-1]:.2g}")
    b = 28.212, loss 0.021
    b = -2.498, loss 5.6e-07
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    x0, target = checked("x0", x0), checked("target", target)
    end = checked_end(neuron, t_end)
    if end.ndim:
        raise ArgumentError("t_end", f"must be one number, got an array of shape {end.shape}")
    rule_of_steps = checked_rule(learning_rate, clip, momentum, rule)
    steps = check_count("steps", steps, 0, MOST_STEPS)
    alpha = _checked_forcing(neuron, teacher_forcing)
    if conversion:
        ends: Ends = checked_ends(conversion, x0, float(end), target, u, learn, alpha)
    else:
        ends = Ends(neuron, x0, float(end), target, u, _checked_learn(learn), alpha)

    learn = ends.learn
    m, shape = len(learn), ends.shape
    require_memory("steps", (*shape, steps + 1), FIRST + 2 * m)
    record = np.full((FIRST + 2 * m, math.prod(shape), steps + 1), math.nan)
    status = np.zeros(math.prod(shape), dtype=np.int64)
    descend(ends, rule_of_steps, record, status, progress)
    rows = record.reshape(len(record), *shape, steps + 1)
    return Training(
        dict(zip(learn, rows[FIRST : FIRST + m], strict=True)), rows[LOSS], rows[FREE_LOSS],
        dict(zip(learn, rows[FIRST + m :], strict=True)), rows[NORM], rows[CLIPPED] == 1.0,
        TrainingStatus.of(status, shape), neuron, x0, float(end), target, learn,
        rule_of_steps.rate, None if clip is None else rule_of_steps.clip, rule_of_steps.momentum,
        rule, alpha, u, conversion,
    )  # fmt: skip


def _checked_learn(learn: str | Iterable[str] | None) -> tuple[str, ...]:
    allowed = ("b", "w", "x0")
    names = checked_names("learn", "b" if learn is None else learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be one or more of {', '.join(allowed)}, got {learn!r}")
    return names


def _checked_forcing(neuron: Neuron, teacher_forcing: float) -> float:
    alpha = checked_number("teacher_forcing", teacher_forcing, PART)
    if alpha and not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "teacher_forcing",
            f"must be 0 for the flow, which has no steps, got {alpha!r}; use a NeuronMap",
        )
    return alpha
