"""Gradient descent on a loss, with remedies for exploding gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from doya.checks import check_count, check_one_of, checked
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.tasks.task import Task, check_alone
from doya.training.arguments import checked_learn, checked_manner, ends_of
from doya.training.descents import TrainingEnds
from doya.training.end_records import EndRecord
from doya.training.grouped_ends import descend_all
from doya.training.letter_tasks import letter_task_ends
from doya.training.records import Record
from doya.training.rules import check_effect, checked_rule
from doya.training.statuses import TrainingStatus
from doya.training.steps import Progress
from doya.training.stops import Stopped, stoppable
from doya.training.tasks import task_ends
from doya.training.training import Training
from doya.trajectory_checks import checked_end

MOST_STEPS = 10**6
# Arrays of the size of the ensemble in use at once, besides those that are returned.
IN_USE = 22


@overload
def train(
    neuron: Neuron | Conversion,
    x0: ArrayLike | None = None,
    t_end: ArrayLike | None = None,
    target: ArrayLike | None = None,
    learn: str | Iterable[str] | None = None,
    learning_rate: ArrayLike = 1.0,
    steps: int = 100,
    clip: ArrayLike | str | None = None,
    u: Input | None = None,
    *,
    task: Task | None = None,
    momentum: ArrayLike = 0.0,
    rule: str = "gradient",
    teacher_forcing: float = 0.0,
    forcing_every: int = 1,
    truncate: int | None = None,
    clip_value: ArrayLike | None = None,
    nesterov: bool = False,
    penalty: Mapping[str, ArrayLike] | None = None,
    keep: Literal["path"] = "path",
    progress: Progress | None = None,
) -> Training: ...
@overload
def train(
    neuron: Neuron | Conversion,
    x0: ArrayLike | None = None,
    t_end: ArrayLike | None = None,
    target: ArrayLike | None = None,
    learn: str | Iterable[str] | None = None,
    learning_rate: ArrayLike = 1.0,
    steps: int = 100,
    clip: ArrayLike | str | None = None,
    u: Input | None = None,
    *,
    task: Task | None = None,
    momentum: ArrayLike = 0.0,
    rule: str = "gradient",
    teacher_forcing: float = 0.0,
    forcing_every: int = 1,
    truncate: int | None = None,
    clip_value: ArrayLike | None = None,
    nesterov: bool = False,
    penalty: Mapping[str, ArrayLike] | None = None,
    keep: Literal["end"],
    progress: Progress | None = None,
) -> TrainingEnds: ...
def train(
    neuron: Neuron | Conversion,
    x0: ArrayLike | None = None,
    t_end: ArrayLike | None = None,
    target: ArrayLike | None = None,
    learn: str | Iterable[str] | None = None,
    learning_rate: ArrayLike = 1.0,
    steps: int = 100,
    clip: ArrayLike | str | None = None,
    u: Input | None = None,
    *,
    task: Task | None = None,
    momentum: ArrayLike = 0.0,
    rule: str = "gradient",
    teacher_forcing: float = 0.0,
    forcing_every: int = 1,
    truncate: int | None = None,
    clip_value: ArrayLike | None = None,
    nesterov: bool = False,
    penalty: Mapping[str, ArrayLike] | None = None,
    keep: str = "path",
    progress: Progress | None = None,
) -> Training | TrainingEnds:
    """Descend the loss L = (target - x(T))**2, or that of a task, along its exact gradient g.

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

    A penalty {"l1": c} or {"l2": c} adds c abs(w) or c w**2 to what is descended.  For the map
    {"omega": c} adds c Omega, where Omega is the sum over all steps of (abs(mu) - 1)**2 with the
    derivative mu of the step; for a task it is the mean of these sums over the sequences.

    With teacher forcing the state of the map is moved toward the target before each step:
    x <- (1 - alpha) x + alpha target.  This multiplies the derivative mu of the step by 1 - alpha.
    Products of many such derivatives do not explode if (1 - alpha) max(abs(mu)) <= 1.  In a task
    only steps from a state that has a target are changed.  With `forcing_every` = n only the steps
    0, n, 2 n, ... are changed.

    With `truncate` = k the gradient is that of truncated backpropagation: the term of the loss at
    each time counts only as far as it depends on the k steps before it.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron or an ensemble, where the descent starts.  With a `Conversion` the descent is in
        its letters, and the loss is (target - s(T))**2 with the author's state s, or that of a
        task, from the s of x0 at these letters; x0 and t_end are Doya's.
    x0 : float or array
        State at the start of each trajectory, dimensionless, from -1e100 to 1e100.  With a `task`
        x0, t_end, target and u must not be given.
    t_end : float or array
        T: for the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps.  The map's input by step then has as many values as the largest
        T has steps; shorter descents take the first of them.
    target : float or array
        Desired value of x(T), dimensionless, from -1e100 to 1e100; with a `Conversion`, of the
        author's state.
    learn : str or list of str, default ("b",)
        Names of the parameters to learn: one or more of "b", "w", "x0", "input_weight" and, for the
        map, "epsilon", which is kept from 1e-100 to 1.  For a task "x0" is its start, or, if its
        sequences have several starts, a number that is added to all, 0 at first; and values of its
        input, by the names of `task.shared`.  With a `Conversion`: its letters except for the unit
        of time, by default the one that changes only b.
    learning_rate : float or array, default 1.0
        eta, the factor between gradient and step, or the first step size of "sign"; greater than 0
        and at most 1e100.  With "adagrad", "rmsprop" and "adam" it is about the length of the first
        steps, and 0.1 is usual.
    steps : int, default 100
        Number of steps, from 0 to 10**6.
    clip : float or array or "auto", optional
        Largest norm of a gradient, greater than 0 and at most 1e100.  Infinity, the default, is no
        limit.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`; not with a `Conversion`.
    task : Task, optional
        Sequences with targets, whose mean loss is descended.
    momentum : float or array, default 0.0
        m, the share of the last step that the next one keeps, at least 0 and less than 1,
        dimensionless; for the rules "gradient" and "rmsprop".
    rule : {"gradient", "sign", "adagrad", "rmsprop", "adam"}, default "gradient"
        How a step is computed.  "sign" allows no clipping.
    teacher_forcing : float, default 0.0
        alpha, at least 0 and less than 1, dimensionless; it must be 0 for the flow, and with a
        `Conversion` unless there is a task with targets of x.
    forcing_every : int, default 1
        Number of steps from one with the teacher to the next, from 1 to 2**53; needs
        `teacher_forcing`.
    truncate : int, optional
        k, the number of steps that the gradient goes back, from 1 to 2**53, for the map.  By
        default it goes back to the start.
    clip_value : float or array, optional
        Largest size of each derivative, greater than 0 and at most 1e100.
    nesterov : bool, default False
        Whether the gradient is taken at the point to which the momentum alone would lead; needs a
        momentum greater than 0.
    penalty : dict, optional
        Factors of the penalties by name, "l1", "l2" and, for the map, "omega", each at least 0 and
        at most 1e100; that of "omega" is one number.
    keep : {"path", "end"}, default "path"
        Whether each step is kept, or only the last one and the largest norm of the gradient.  With
        "end" the memory does not grow with the number of steps.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.  If it raises
        StopIteration, the descent ends there with status 5, and the path so far is returned.

    Returns
    -------
    Training or, with keep="end", TrainingEnds
        Its arrays have the shape to which neuron, x0, t_end, target, u and the settings of the rule
        broadcast, with a last axis for the steps of a path; a task adds no axis.  A descent that
        fails ends with a status; its path up to there is kept.

    Raises
    ------
    ArgumentError
        For an argument outside its range, or shapes that do not broadcast.

    See Also
    --------
    initialisation_map : Where descents end, from a grid of starts.
    search : Search for parameters without gradients.
    Task : Sequences with targets, for `train` and others.
    tasks.latch : A ready task; others are flip_flop, delay and oscillate.
    loss_landscape : The loss over one or two parameters, with its walls.
    plots.draw_training : The picture.

    Notes
    -----
    A gradient beyond the range of a double still has a direction.  So a clipped step, or a step of
    the rule "sign", is taken even then; a step without clipping ends with status 1.

    The map with `truncate`, `forcing_every`, the penalty "omega", or a teacher while input_weight
    or epsilon is learned takes at most 10**6 steps.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), algorithm 1; its section 3.2 advises a limit from half to ten times the mean norm.
    Its section 3.3 has Omega.
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    K. Doya, "Bifurcations in the learning of recurrent neural networks" (1992), and F. Hess,
    Z. Monfared, M. Brenner, D. Durstewitz, "Generalized teacher forcing for learning chaotic
    dynamics" (2023): teacher forcing with a factor alpha.
    J. M. Mikhaeil, Z. Monfared, D. Durstewitz, "On the difficulty of learning chaotic dynamics with
    RNNs" (2022): sparse teacher forcing.
    R. J. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of
    recurrent network trajectories" (1990): truncated backpropagation.
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

    Two sequences set and reset a one-bit memory, which the neuron must keep:

    >>> u = [[1.0] + 9 * [0.0], [-1.0] + 9 * [0.0]]
    >>> task = doya.Task(u, targets=[0.85, 0.15])
    >>> path = doya.train(doya.NeuronMap(w=3.0, b=-1.0), task=task, learn=("b", "w"))
    >>> print(path.verdict)
    Took 100 steps. At the end (step 100): b = -2.36548, w = 4.74443, loss 0.00059.
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    found = checked_rule(rule, learning_rate, clip, clip_value, momentum, nesterov, penalty)
    steps = check_count("steps", steps, 0, MOST_STEPS)
    manner = checked_manner(neuron, teacher_forcing, forcing_every, truncate, found)
    given: dict[str, Any] = {"x0": x0, "t_end": t_end, "target": target}
    if task is not None:
        check_alone(task, {**given, "u": u})
        ends = (
            task_ends(neuron, task, checked_learn(neuron, learn, task), found.shapes, manner)
            if conversion is None
            else letter_task_ends(conversion, task, learn, found.shapes, manner)
        )
    else:
        for name, value in given.items():
            if value is None:
                raise ArgumentError(name, "must be given unless there is a task")
        x0, target = checked("x0", given["x0"]), checked("target", given["target"])
        values = checked_end(neuron, given["t_end"])
        end = values if values.ndim else float(values)
        ends = ends_of(conversion, neuron, x0, end, target, u, learn, found, manner)

    learn = ends.learn
    check_effect(found, learn)
    check_one_of("keep", keep, ("path", "end"))
    m, shape = len(learn), ends.shape
    teacher = manner.alpha > 0.0
    size = math.prod(shape)
    copies = 2 if np.ndim(ends.t_end) else 1  # a group of descents has a record of its own
    record: Record | EndRecord
    if keep == "path":
        require_memory("steps", (*shape, steps + 1), copies * Record.rows_of(m, teacher) + 1)
        record = Record.empty(size, m, steps, teacher)
    else:
        rows = copies * EndRecord.rows_of(m, teacher)
        require_memory("the ensemble", shape, rows + IN_USE)
        record = EndRecord.empty(size, m, steps, teacher)
    status = np.zeros(size, dtype=np.int64)
    if progress:  # it may end the descent: what is not reached stays NaN
        record.begin()
    try:
        descend_all(ends, found, record, status, stoppable(progress))
    except Stopped:
        not_taken = record.is_cut & (status <= TrainingStatus.DONE)  # or waiting
        status[not_taken] = TrainingStatus.INTERRUPTED

    def shaped(row: Any) -> Any:
        whole = row.reshape(*shape, steps + 1) if keep == "path" else row.reshape(shape)
        return whole if whole.ndim else whole.item()

    clips = clip if clip is None or isinstance(clip, str) else found.settings["clip"]
    ended: dict[str, Any] = {
        "parameters": dict(zip(learn, map(shaped, record.parameters), strict=True)),
        "loss": shaped(record.loss), "free_loss": shaped(record.free_loss),
        "status": TrainingStatus.of(status, shape), "neuron": neuron, "x0": x0,
        "t_end": None if task else ends.t_end, "target": target, "learn": learn,
        "learning_rate": found.settings["learning_rate"], "clip": clips,
        "momentum": found.settings["momentum"], "rule": rule, "teacher_forcing": manner.alpha,
        "u": u, "clip_value": None if clip_value is None else found.settings["clip_value"],
        "nesterov": found.nesterov,
        "penalty": {name: found.settings[name] for name in penalty} if penalty else None,
        "conversion": conversion, "task": task, "forcing_every": manner.every,
        "truncate": None if truncate is None else manner.most,
    }  # fmt: skip
    if isinstance(record, EndRecord):
        taken = np.maximum(record.count - 1, 0)
        return TrainingEnds(largest_gradient=shaped(record.largest), steps=shaped(taken), **ended)
    gradient = dict(zip(learn, map(shaped, record.gradient), strict=True))
    return Training(gradient=gradient, clipped=shaped(record.clipped), **ended)
