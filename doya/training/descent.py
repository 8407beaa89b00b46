"""Gradient descent on the loss L = (target - x(T))**2, with remedies for exploding gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import Parameter, check_count, checked, checked_names, checked_number
from doya.conversions.author import AUTHORS
from doya.conversions.conversion import Conversion, conversion_of, from_letters, in_doya
from doya.equilibria import Equilibria, equilibria
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.kernels.descent import CLIPPED, FIRST, FREE_LOSS, LOSS, NORM
from doya.landscapes.losses import Loss, checked_loss
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.training.bifurcations import PassedBifurcation, at_last_input, passed_bifurcations
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
        (target - x(T))**2 at these parameters, dimensionless, without any penalty; with teacher
        forcing if it is used.
    free_loss : ndarray, shape (..., steps + 1)
        The same loss without teacher forcing.
    gradient : dict of ndarray, shape (..., steps + 1)
        dL/dp by the name of p, with the penalty; infinite beyond the range of a double.
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
    learning_rate, momentum : float or ndarray
    clip : float, ndarray, "auto" or None
    rule : {"gradient", "sign", "adagrad", "rmsprop", "adam"}
    teacher_forcing : float
    u : float, array, Pulses, Table, Ramp, function or None
    clip_value : float, ndarray or None
    nesterov : bool
    penalty : dict or None
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

    @property
    def message(self) -> Any:
        """Return the verdict of one neuron, or an array with the status of each in words."""
        return TrainingStatus.explain(self.status) if np.ndim(self.status) else self.verdict

    @cached_property
    def verdict(self) -> str:
        """Return how the descent of one neuron went, in sentences that name any wall it crossed.

        Raises ValueError for an ensemble: read `message` or `status` there.
        """
        loss, path = self._loss_and_path()
        kept = slice(0, int(self.steps) + 1)
        status = TrainingStatus(self.status)
        return verdict(loss, path, self.free_loss[kept], self.loss[kept], status)

    @cached_property
    def bifurcations(self) -> tuple[PassedBifurcation, ...]:
        """Return the bifurcations and walls that the path of one neuron crosses, in its order.

        They are those of the neuron whose input keeps its last value.  A step is a straight line
        between two neurons, and may cross several.  If both w and input_weight are learned, or
        epsilon, a step is searched in 32 parts, and two crossings in one part may be missed.

        Raises ValueError for an ensemble.
        """
        return tuple(passed_bifurcations(*self._loss_and_path()))

    @cached_property
    def equilibria(self) -> Equilibria:
        """Return the equilibria of each neuron on the path of one, under the last input.

        Raises ValueError for an ensemble.
        """
        loss, path = self._loss_and_path()
        values = {name: row for name, row in path.items() if name != "x0"}
        if self.conversion:
            letters = {**self.conversion.parameters, **values}
            return equilibria(from_letters(AUTHORS[self.conversion.author], letters))
        neuron = self.neuron.replace(**values) if values else self.neuron
        return equilibria(neuron, at_last_input(loss).last_value)

    def _loss_and_path(self) -> tuple[Loss, dict[str, Floats]]:
        """Return the loss of one neuron, and the parameters up to the last step that was taken."""
        if np.ndim(self.status):
            raise ValueError(
                f"an ensemble of shape {self.status.shape} has no single path: read `parameters`"
                " and `status`"
            )
        x0, target = float(self.x0), float(self.target)
        if self.conversion:
            loss: Loss = loss_of(self.conversion, x0, self.t_end, target)
        else:
            loss = checked_loss(self.neuron, x0, self.t_end, target, self.u)
        kept = slice(0, int(self.steps) + 1)
        return loss, {name: values[kept] for name, values in self.parameters.items()}

    @property
    def mean_gradient_norm(self) -> Any:
        """Return the mean norm of the gradient over the path of each neuron, before clipping.

        Pascanu, Mikolov and Bengio (2013) advise to clip from half to ten times this mean.
        """
        known = np.isfinite(self.loss)
        total = np.where(known, self.gradient_norm, 0.0).sum(axis=-1)
        with np.errstate(invalid="ignore"):
            return total / known.sum(axis=-1)

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
    learning_rate: ArrayLike = 1.0,
    steps: int = 100,
    clip: ArrayLike | str | None = None,
    u: Input | None = None,
    *,
    momentum: ArrayLike = 0.0,
    rule: str = "gradient",
    teacher_forcing: float = 0.0,
    clip_value: ArrayLike | None = None,
    nesterov: bool = False,
    penalty: Mapping[str, ArrayLike] | None = None,
    progress: Progress | None = None,
) -> Training:
    """Descend the loss L = (target - x(T))**2 along its exact gradient g.

    Each rule computes the change of a parameter p from its derivative g = dL/dp, with eta for
    learning_rate, m for momentum, and all running values 0 at first:

    - "gradient": v <- m v - eta g, then p <- p + v.
    - "adagrad": s <- s + g**2, then p <- p - eta g / sqrt(s).
    - "rmsprop": s <- 0.9 s + 0.1 g**2, v <- m v - eta g / (sqrt(s) + 1e-8), then p <- p + v.
    - "adam": a <- 0.9 a + 0.1 g, s <- 0.999 s + 0.001 g**2, then in step k, which counts from 1,
      p <- p - eta A / (sqrt(S) + 1e-8) with A = a / (1 - 0.9**k) and S = s / (1 - 0.999**k).
    - "sign": only the sign of g counts.  Each parameter has its own step size, which is eta at
      first.  The step size grows by the factor 1.2 while the sign stays the same.  When the sign
      changes, the step size is halved and one step is left out.

    With `nesterov` the rules with v change p by m v - eta g instead of v, with the new v.  So p is
    always the point to which the momentum alone would lead, and the gradient is taken there.

    With `clip` = c, a gradient with norm(g) > c is replaced by c g / norm(g) before the rule sees
    it.  With `clip_value` = c, each derivative is brought into the range from -c to c.  With both,
    the norm comes first.  clip="auto" takes ten times the mean norm of the gradients in the steps
    before, each as it was after clipping; the first step is not clipped.

    A penalty {"l1": c} or {"l2": c} adds c abs(w) or c w**2 to what is descended.

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
        Names of the parameters to learn: one or more of "b", "w", "x0", "input_weight" and, for the
        map, "epsilon", which is kept from 1e-100 to 1.  With a `Conversion`: its letters except for
        the unit of time, by default the one that changes only b.
    learning_rate : float or array, default 1.0
        eta, the factor between gradient and step, or the first step size of "sign"; greater than 0
        and at most 1e100.
    steps : int, default 100
        Number of steps, from 0 to 10**6.
    clip : float or array or "auto", optional
        Largest norm of a gradient, greater than 0 and at most 1e100.  By default there is no limit.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`; not with a `Conversion`.
    momentum : float or array, default 0.0
        m, the share of the last step that the next one keeps, at least 0 and less than 1,
        dimensionless; for the rules "gradient" and "rmsprop".
    rule : {"gradient", "sign", "adagrad", "rmsprop", "adam"}, default "gradient"
        How a step is computed.  "sign" allows no clipping.
    teacher_forcing : float, default 0.0
        alpha, at least 0 and less than 1, dimensionless; it must be 0 for the flow, with a
        `Conversion`, and to learn input_weight or epsilon.
    clip_value : float or array, optional
        Largest size of each derivative, greater than 0 and at most 1e100.
    nesterov : bool, default False
        Whether the gradient is taken at the point to which the momentum alone would lead; needs a
        momentum greater than 0.
    penalty : dict, optional
        Factors of the penalties by name, "l1" and "l2", each at least 0 and at most 1e100.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.

    Returns
    -------
    Training
        Its arrays have the shape to which neuron, x0, target, u and the settings of the rule
        broadcast, with a last axis for the steps.  A descent that fails ends with a status; its
        path up to there is kept.

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
    (2013), algorithm 1; its section 3.2 advises a limit from half to ten times the mean norm.
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    K. Doya, "Bifurcations in the learning of recurrent neural networks" (1992), and F. Hess,
    Z. Monfared, M. Brenner, D. Durstewitz, "Generalized teacher forcing for learning chaotic
    dynamics" (2023): teacher forcing with a factor alpha.
    M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm" (1993).
    C. Igel, M. Huesken, "Improving the Rprop learning algorithm" (2000), iRprop-.
    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011), figure 1 with delta = 0.
    T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6.5 (2012): rmsprop.
    D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
    I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum
    in deep learning" (2013): Nesterov's momentum.

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
    found = checked_rule(rule, learning_rate, clip, clip_value, momentum, nesterov, penalty)
    steps = check_count("steps", steps, 0, MOST_STEPS)
    if conversion:
        alpha = _checked_forcing(neuron, (), teacher_forcing)
        ends: Ends = checked_ends(conversion, x0, float(end), target, u, learn, alpha, found.shapes)
    else:
        learn = _checked_learn(neuron, learn)
        alpha = _checked_forcing(neuron, learn, teacher_forcing)
        ends = Ends(neuron, x0, float(end), target, u, learn, alpha, found.shapes)

    learn = ends.learn
    m, shape = len(learn), ends.shape
    require_memory("steps", (*shape, steps + 1), FIRST + 2 * m)
    record = np.full((FIRST + 2 * m, math.prod(shape), steps + 1), math.nan)
    status = np.zeros(math.prod(shape), dtype=np.int64)
    descend(ends, found, record, status, progress)
    rows = record.reshape(len(record), *shape, steps + 1)
    return Training(
        dict(zip(learn, rows[FIRST : FIRST + m], strict=True)), rows[LOSS], rows[FREE_LOSS],
        dict(zip(learn, rows[FIRST + m :], strict=True)), rows[NORM], rows[CLIPPED] == 1.0,
        TrainingStatus.of(status, shape), neuron, x0, float(end), target, learn,
        found.settings["learning_rate"],
        clip if clip is None or isinstance(clip, str) else found.settings["clip"],
        found.settings["momentum"], rule, alpha, u,
        None if clip_value is None else found.settings["clip_value"], found.nesterov,
        {name: found.settings[name] for name in penalty} if penalty else None, conversion,
    )  # fmt: skip


def _checked_learn(neuron: Neuron, learn: str | Iterable[str] | None) -> tuple[str, ...]:
    allowed = ("b", "w", "x0", "input_weight", *["epsilon"] * isinstance(neuron, NeuronMap))
    names = checked_names("learn", "b" if learn is None else learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be one or more of {', '.join(allowed)}, got {learn!r}")
    return names


def _checked_forcing(neuron: Neuron, learn: tuple[str, ...], teacher_forcing: float) -> float:
    alpha = checked_number("teacher_forcing", teacher_forcing, PART)
    if alpha and not isinstance(neuron, NeuronMap):
        raise ArgumentError(
            "teacher_forcing",
            f"must be 0 for the flow, which has no steps, got {alpha!r}; use a NeuronMap",
        )
    more = [name for name in learn if name not in ("b", "w", "x0")]
    if alpha and more:
        raise ArgumentError(
            "teacher_forcing", f"must be 0 to learn {' and '.join(more)}, got {alpha!r}"
        )
    return alpha
