"""The loss over a grid of one or two parameters, with its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.bifurcations.points import check_single
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.conversions.rates import start_of, x_of
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.kernels.machinery.running import foresee
from doya.landscapes.axes import (
    check_swept_input,
    checked_axes,
    checked_letters,
    refuse_in_letters,
)
from doya.landscapes.cells import cells_of
from doya.landscapes.curvatures import hessian_of, work_of_hessian
from doya.landscapes.landscape import Landscape
from doya.landscapes.letter_losses import LetterLoss
from doya.landscapes.losses import checked_loss
from doya.landscapes.task_cells import letter_task_cells, task_cells
from doya.memory import require_memory
from doya.neurons import Neuron
from doya.sensitivities.both_orders import Pair
from doya.tasks.task import Task, check_alone
from doya.tasks.teacher_forcing import checked_teacher, taught

# The target of x(T) by default.
AIM = 0.855


def loss_landscape(
    neuron: Neuron | Conversion,
    over: Mapping[str, ArrayLike],
    x0: float | None = None,
    t_end: float | None = None,
    target: float | None = None,
    u: Input | None = None,
    *,
    task: Task | None = None,
    teacher_forcing: float = 0.0,
    hessian: bool = False,
    progress: Callable[[float], object] | None = None,
) -> Landscape:
    """Compute the loss L = (target - x(T))**2 or that of a task, and its exact gradient, on a grid.

    The gradient is dL/dp = -2 (target - x(T)) dx(T)/dp.

    The loss has a wall where x(T) jumps as T grows: where the start meets the unstable equilibrium,
    or where the attractor of the start vanishes in a fold.  Where the start meets an equilibrium
    with the eigenvalue lambda, the gradient on the wall grows like exp(lambda T).  The width of the
    wall shrinks like exp(-lambda T), so a grid misses it.

    The map has another kind of wall: where the start meets a fixed point with a multiplier mu < -1,
    at once or after some steps, between the two phases of a cycle.  There the gradient grows like
    abs(mu)**T.

    `Landscape.walls` lists each wall, the jump of the loss there as T grows, and the largest
    gradient at T.

    The loss of a task is the mean over its sequences, with the gradient of `task_gradient`.  Its
    walls are not searched: `Landscape.walls` is empty, and neither the minimum nor the largest
    gradient is refined between cells.

    With teacher forcing the loss is that of the forced descent of `train`: before each step the
    state of the map is moved toward the target, x <- (1 - alpha) x + alpha target.  The derivative
    mu of a step is multiplied by 1 - alpha.  Where (1 - alpha) max(abs(mu)) <= 1, the loss has no
    wall; but the neuron on its own still has it.  Like for a task, nothing is refined.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron.  Its own values of the swept parameters are ignored.  With a `Conversion` the
        loss is (target - s(T))**2 with the author's state s.  Then its own letters, also those that
        are swept, set the start of all cells: the s of x0.  x0 and t_end are Doya's.
    over : dict of array
        One or two of "b", "w", "x0", "u" (the constant input) and, for the map, "epsilon".  Each
        has at least two values in ascending order.  A pair (-3, -2) is two values and no range; a
        range is np.linspace(-3, -2, 101).  For a task "input_weight" is allowed in place of "u",
        and "x0" is its start, or, if its sequences have several starts, a number that is added to
        all.  With a `Conversion`: one or two letters that move the neuron along a line; for a task,
        any but the unit of time.
    x0 : float, default 0.5
        State at the start, dimensionless, from -1e100 to 1e100.  With a `task` x0, t_end, target
        and u must not be given.
    t_end : float, default 50.0
        T: for the flow a time in units of the time constant, at least 0, infinity allowed; for the
        map a whole number of steps.
    target : float, default 0.855
        Desired value of x(T), dimensionless, from -1e100 to 1e100.  With a `Conversion` it is a
        value of the author's state, by default that of x = 0.855 at its own letters.
    u : float, array, Pulses, Table or function, optional
        One input, as for `final_state`.  Where u is swept, and with a `Conversion`, it must not be
        given.
    task : Task, optional
        Sequences with targets, whose mean loss is computed.  With a `Conversion` each sequence
        starts at the author's state of its x0 at the neuron's own letters.
    teacher_forcing : float, default 0.0
        alpha, at least 0 and less than 1, dimensionless; it must be 0 for the flow, and with a
        `Conversion` unless there is a task with targets of x.  In a task only steps from a state
        that has a target are changed.
    hessian : bool, default False
        Whether to compute the second derivatives d2L/dpdq in each cell too; not with a
        `Conversion`, a task or a teacher.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.

    Returns
    -------
    Landscape

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown name, an argument outside its range, a swept u where w' = 0, or
        a grid that does not fit in memory.

    See Also
    --------
    train : Gradient descent, to a target or on a task.
    Task : Sequences with targets, for `train` and others.
    task_gradient : The loss of a task, and its gradient.
    sweep : Quantities over a grid of parameters, on disk.
    plots.draw_landscape : The picture.

    Notes
    -----
    Cells are computed in chunks on all processors.  The arrays take 8 bytes per cell for each of
    loss, x and the derivatives.  Beyond these arrays the computation takes at most 64 MB.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), Fig. 6.
    K. Doya, "Bifurcations in the learning of recurrent neural networks" (1992), and F. Hess,
    Z. Monfared, M. Brenner, D. Durstewitz, "Generalized teacher forcing for learning chaotic
    dynamics" (2023): teacher forcing with a factor alpha.

    Examples
    --------
    The geometric model has a wall at b = -2.5.  After an infinite time the loss jumps there:

    >>> import doya, numpy as np
    >>> landscape = doya.loss_landscape(doya.NeuronODE(w=5.0), {"b": np.linspace(-3, -2, 101)})
    >>> (wall,) = landscape.walls
    >>> wall.values["b"], wall.below.round(7), wall.above.round(11)
    (array([-2.5]), array([0.5043924]), array([4.239e-08]))
    >>> print(f"{landscape.largest_gradient.value:.4e}")
    2.1104e+05

    A neuron that one pulse sets and another resets:

    >>> task = doya.Task([[1.0] + 9 * [0.0], [-1.0] + 9 * [0.0]], targets=[0.85, 0.15])
    >>> axes = {"b": np.linspace(-3, -2, 101), "w": np.linspace(4, 6, 81)}
    >>> landscape = doya.loss_landscape(doya.NeuronMap(), axes, task=task)
    >>> {name: round(value, 6) for name, value in landscape.minimum.items()}
    {'b': -2.46, 'w': 4.925, 'loss': 3e-06}

    The same over the letters of the tanh neuron, w = 4 V and b = 2 h - 2 V:

    >>> axes = {"h": np.linspace(-0.2, 0.2, 41), "w": np.linspace(1.0, 1.5, 51)}
    >>> landscape = doya.loss_landscape(doya.from_tanh(w=1.25, h=0.0), axes, task=task)
    >>> {name: round(value, 6) for name, value in landscape.minimum.items()}
    {'h': 0.0, 'w': 1.23, 'loss': 4e-06}
    """
    conversion, neuron = conversion_of(neuron), in_doya(neuron)
    check_single(neuron)
    alpha = checked_teacher(neuron, teacher_forcing)
    if task is not None:
        check_alone(task, {"x0": x0, "t_end": t_end, "target": target, "u": u})
        if hessian:
            raise ArgumentError("hessian", "must be False for a task, got True")
        return landscape_of_task(neuron, conversion, task, over, alpha, progress)
    aim = (AIM if conversion is None else start_of(conversion, AIM)) if target is None else target
    axes = checked_letters(conversion, over) if conversion else checked_axes(neuron, over)
    start, end = 0.5 if x0 is None else x0, 50.0 if t_end is None else t_end
    loss = checked_loss(neuron, start, end, aim, u)
    if alpha:
        _check_plain(conversion, hessian, alpha)
        axes = checked_axes(neuron, over, ("x0",))
        lesson = taught(loss.x0, loss.t_end, loss.target, u)
        forced, gradient = task_cells(neuron, lesson, axes, progress, alpha)
        return Landscape(
            axes, forced, None, gradient, neuron, loss.x0, loss.t_end, loss.target, u,
            teacher_forcing=alpha,
        )  # fmt: skip
    if conversion:
        refuse_in_letters(u, hessian)
        loss = LetterLoss(neuron, loss.x0, loss.t_end, loss.target, None, conversion)
    if "u" in axes and not conversion:
        check_swept_input(neuron, u, axes)
        if hessian:
            raise ArgumentError("hessian", "must be False where u is swept, got True")
        loss = loss.over_input()
    names, shape = tuple(axes), tuple(axis.size for axis in axes.values())
    if hessian:
        cells = math.prod(shape)
        foresee({**loss.work(cells, names), **work_of_hessian(loss, cells)})
    x, result, gradient = cells_of(loss, axes, progress)
    bent: dict[Pair, Floats] = {}
    if hessian:
        require_memory("over", shape, 2 * len(axes) ** 2)
        mesh = dict(zip(names, np.meshgrid(*axes.values(), indexing="ij"), strict=True))
        rows = {name: each.ravel() for name, each in mesh.items()}
        bent = {pair: each.reshape(shape) for pair, each in hessian_of(loss, rows, names).items()}
    numbers = loss.x0, loss.t_end, loss.target
    if isinstance(loss, LetterLoss):
        mesh = dict(zip(names, np.meshgrid(*axes.values(), indexing="ij"), strict=True))
        own = np.asarray(x_of(loss.there(mesh), x))
        return Landscape(axes, result, own, gradient, neuron, *numbers, u, bent, conversion, x)
    return Landscape(axes, result, x, gradient, neuron, *numbers, u, bent)


def _check_plain(conversion: Conversion | None, hessian: bool, alpha: float) -> None:
    """Raise for a Conversion or a Hessian, which a landscape with a teacher does not have."""
    if conversion:
        words = f"must be 0 for a Conversion, got {alpha!r}: use its attribute neuron"
        raise ArgumentError("teacher_forcing", words)
    if hessian:
        raise ArgumentError("hessian", "must be False with a teacher, got True")


def landscape_of_task(
    neuron: Neuron,
    conversion: Conversion | None,
    task: Task,
    over: Mapping[str, ArrayLike],
    alpha: float,
    progress: Callable[[float], object] | None,
    *,
    with_gradient: bool = True,
) -> Landscape:
    """Return the landscape of a task, without its gradient if only the losses are wanted."""
    if conversion:
        axes = checked_letters(conversion, over, along_lines=False)
        loss, gradient = letter_task_cells(conversion, task, axes, progress, alpha, with_gradient)
    else:
        axes = checked_axes(neuron, over, ("x0", "input_weight"))
        loss, gradient = task_cells(neuron, task, axes, progress, alpha, with_gradient)
    return Landscape(
        axes, loss, None, gradient, neuron, *(None,) * 4, conversion=conversion, task=task,
        teacher_forcing=alpha,
    )  # fmt: skip
