"""Where training ends, from a grid of starts: the ends of one descent from each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.bifurcations.curve_records import BifurcationCurves
from doya.bifurcations.curves import bifurcation_curves
from doya.bifurcations.points import BifurcationPoint, bifurcation_points, check_single
from doya.checks import FINITE, check_count, checked_number
from doya.conversions.conversion import Conversion
from doya.errors import ArgumentError
from doya.inputs import Input, in_pieces
from doya.kernels.training.descent import FIRST
from doya.landscapes.axes import checked_axes
from doya.landscapes.loss_landscape import loss_landscape
from doya.landscapes.losses import checked_loss
from doya.landscapes.wall import Wall
from doya.memory import DOUBLE, require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.tasks.task import Task
from doya.training.arguments import checked_learn
from doya.training.bifurcations import at_last_input
from doya.training.descent import MOST_STEPS, train
from doya.training.statuses import Outcome, TrainingStatus
from doya.training.steps import Progress
from doya.training.training import Training
from doya.trajectory_checks import checked_end

# Bytes of the paths that are kept at once; only their ends stay.
AT_ONCE = 2**23
# The last part of the steps, in which a loss that falls by less than LITTLE of itself is stuck.
LAST, LITTLE = 0.1, 0.01
# Parameters on which the equilibria depend.
OF_EQUILIBRIA = ("b", "w", "epsilon")


@dataclass(frozen=True, eq=False, repr=False)
class InitialisationMap(Result):
    """Ends of descents from a grid of starts.

    Attributes
    ----------
    axes : dict of ndarray
        The starts by name, in the order of the axes of the arrays (index order ij).
    final : dict of ndarray, shape (n,) or (n, m)
        The learned parameters after the last step that was taken, by name.
    loss : ndarray, shape (n,) or (n, m)
        The loss there, without any penalty or teacher.
    largest_gradient : ndarray, shape (n,) or (n, m)
        The largest norm of the gradient on the path, before clipping; NaN without any step.
    steps_taken : ndarray of int, shape (n,) or (n, m)
    outcome : ndarray of int, shape (n,) or (n, m)
        0: the loss is at most `solved`.  1: it is larger, and fell by 1 % or more in the last tenth
        of the steps.  2: it is larger, and fell by less.  3: the descent stopped early.
    status : ndarray of int, shape (n,) or (n, m)
        As `Training.status`.
    neuron : NeuronODE or NeuronMap
        The neuron that gives the parameters that are not on an axis.
    x0, t_end, target : float or None
        None for a task.
    u : float, array, Pulses, Table, Ramp, function or None
    learn : tuple of str
    steps : int
    solved : float
    task : Task or None
    settings : dict
        The further arguments of `train`.
    """

    _first: ClassVar[tuple[str, ...]] = ("verdict",)

    axes: dict[str, Floats]
    final: dict[str, Floats]
    loss: Floats
    largest_gradient: Floats
    steps_taken: NDArray[np.int64]
    outcome: NDArray[np.int64]
    status: NDArray[np.int64]
    neuron: Neuron
    x0: Any
    t_end: Any
    target: Any
    u: Input | None
    learn: tuple[str, ...]
    steps: int
    solved: float
    task: Task | None
    settings: dict[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of starts with each outcome, by its name in lower case."""
        return {each.name.lower(): int((self.outcome == each).sum()) for each in Outcome}

    @property
    def verdict(self) -> str:
        """Return how many descents had which outcome, in a sentence."""
        found = self.counts
        return (
            f"{found['solved']} of {self.loss.size} descents ended with a loss of at most"
            f" {self.solved:g}. Above it, {found['falling']} still fell, {found['stuck']} no longer"
            f" fell, and {found['stopped']} stopped early."
        )

    @property
    def message(self) -> Any:
        """Return the outcome of each start in words, with its remedy."""
        return Outcome.explain(self.outcome)

    @property
    def success(self) -> Any:
        """Return True where the descent ended with a loss of at most `solved`."""
        return self.outcome == Outcome.SOLVED

    @cached_property
    def walls(self) -> tuple[Wall, ...]:
        """Return the walls of the loss over the starts; none for a task or over input_weight."""
        if self.task or "input_weight" in self.axes:
            return ()
        start = None if "x0" in self.axes else self.x0
        found = loss_landscape(self.neuron, self.axes, start, self.t_end, self.target, self.u)
        return found.walls

    @cached_property
    def curves(self) -> BifurcationCurves | None:
        """Return folds, flips and the cusp where the starts are over w and b; otherwise None.

        They are those of the neuron whose input keeps its last value; for a task, those of the
        neuron without input.
        """
        if {*self.axes} != {"w", "b"}:
            return None
        w, b = ((float(axis[0]), float(axis[-1])) for axis in (self.axes["w"], self.axes["b"]))
        return bifurcation_curves(self.neuron, w, b, u=self._last_input)

    @cached_property
    def special_points(self) -> tuple[BifurcationPoint, ...]:
        """Return folds, flips and cusps along b, w or epsilon, if one of them is on an axis.

        They are those of the neuron whose input keeps its last value, as for `curves`.  There are
        none where a second axis moves them too.
        """
        moving = [name for name in self.axes if name != "x0"]
        if len(moving) != 1 or moving[0] not in OF_EQUILIBRIA:
            return ()
        (name,) = moving
        ends = float(self.axes[name][0]), float(self.axes[name][-1])
        return tuple(bifurcation_points(self.neuron, name, ends, u=self._last_input))

    @property
    def _last_input(self) -> float:
        if self.task:
            return 0.0
        start = 0.5 if "x0" in self.axes else self.x0
        loss = checked_loss(self.neuron, start, self.t_end, self.target, self.u)
        return float(at_last_input(loss).last_value)


def initialisation_map(
    neuron: Neuron,
    over: Mapping[str, ArrayLike],
    x0: float | None = None,
    t_end: float | None = None,
    target: float | None = None,
    learn: str | Iterable[str] | None = None,
    steps: int = 100,
    u: Input | None = None,
    *,
    task: Task | None = None,
    solved: float = 1e-3,
    progress: Progress | None = None,
    **settings: Any,
) -> InitialisationMap:
    """Train from each start on a grid, and return where the descents end.

    The descents are those of `train`, one for each cell of the grid.  Only their ends are kept, so
    that the memory does not grow with the number of steps.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron.  Its own values of the parameters in `over` are ignored.
    over : dict of array
        The starts: one or two of "b", "w", "x0", "input_weight" and, for the map, "epsilon", each
        with at least two values in ascending order; with a task, no "x0".  A pair (-3, -2) is two
        values and no range; a range is np.linspace(-3, -2, 101).
    x0, t_end, target : float
        As for `train`.  x0 must not be given if it is in `over`.
    learn : str or list of str, optional
        Names of the parameters to learn, as for `train`; by default those of `over`.
    steps : int, default 100
        Number of steps of each descent, from 0 to 10**6.
    u : float, array, Pulses, Table, Ramp or function, optional
        One input, as for `train`.
    task : Task, optional
        Sequences with targets, as for `train`, in place of x0, t_end, target and u.
    solved : float, default 1e-3
        Largest loss of a descent that counts as solved, dimensionless, from -1e100 to 1e100.
    progress : callable, optional
        Called from time to time with the fraction that is done, from 0 to 1.
    **settings
        Further arguments of `train`, each one for all starts: learning_rate, clip, momentum, rule,
        teacher_forcing, forcing_every, truncate, clip_value, nesterov and penalty.

    Returns
    -------
    InitialisationMap

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown name, an argument outside its range, or a grid that does not fit
        in memory.

    See Also
    --------
    train : Gradient descent, to a target or on a task.
    search : Search for parameters without gradients.
    sweep : Quantities over a grid of parameters, on disk.
    plots.draw_initialisation_map : The picture.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    Most descents reach the foot of the wall at b = -2.5; one is thrown far away:

    >>> import doya, numpy as np
    >>> starts = {"b": np.linspace(-3.0, -2.05, 20)}
    >>> found = doya.initialisation_map(
    ...     doya.NeuronODE(w=5.0), starts, 0.5, 50.0, 0.855, learning_rate=0.2)
    >>> found.counts
    {'solved': 18, 'falling': 1, 'stuck': 1, 'stopped': 0}
    >>> starts["b"][found.outcome == 2].round(2), found.final["b"].max().round()
    (array([-2.5]), np.float64(38101.0))
    """
    if isinstance(neuron, Conversion):
        raise ArgumentError("neuron", "must not be a Conversion: use its attribute neuron")
    check_single(neuron)
    axes = checked_axes(neuron, over, ("input_weight",) if task else ("x0", "input_weight"))
    limit = checked_number("solved", solved, FINITE)
    steps = check_count("steps", steps, 0, MOST_STEPS)
    _check_one_for_all({"x0": x0, "t_end": t_end, "target": target, **settings})
    if u is not None and t_end is not None:
        inputs = in_pieces(u, isinstance(neuron, NeuronMap), float(checked_end(neuron, t_end)))
        if inputs.shape and not callable(u):
            words = f"must be one input for all starts, got inputs of shape {inputs.shape}"
            raise ArgumentError("u", words)
    if "x0" in axes and x0 is not None:
        raise ArgumentError("x0", f"must not be given where it is in over, got {x0!r}")
    learned = checked_learn(neuron, tuple(axes) if learn is None else learn, task)
    shape = tuple(axis.size for axis in axes.values())
    require_memory("over", shape, 7 + len(axes) + len(learned))

    def descents(starts: dict[str, Floats], tell: Progress | None) -> Training:
        own: dict[str, Any] = dict(starts)
        start = own.pop("x0", x0)
        size = next(iter(starts.values())).size
        many = neuron.replace(**(own or {"w": np.full(size, neuron.w)}))
        path: Training = train(
            many, start, t_end, target, learned, steps=steps, u=u, task=task, progress=tell,
            **settings,
        )  # fmt: skip
        return path

    ends = _Ends.empty(learned, math.prod(shape))
    cells = np.meshgrid(*axes.values(), indexing="ij")
    rows = {name: each.ravel() for name, each in zip(axes, cells, strict=True)}
    size = max(int(AT_ONCE / (DOUBLE * (FIRST + 2 * len(learned)) * (steps + 1))), 1)
    for first in range(0, ends.loss.size, size):
        part = slice(first, min(first + size, ends.loss.size))
        tell = _within(progress, part, ends.loss.size)
        path = descents({name: row[part] for name, row in rows.items()}, tell)
        ends.take(part, path, limit)
        if (path.status == TrainingStatus.INTERRUPTED).any():  # so are the starts that are left
            ends.status[part.stop :] = TrainingStatus.INTERRUPTED
            ends.outcome[part.stop :] = Outcome.STOPPED
            break
    found = ends.in_shape(shape)
    return InitialisationMap(
        axes, found.final, found.loss, found.largest_gradient, found.steps_taken, found.outcome,
        found.status, neuron, None if "x0" in axes else path.x0, path.t_end,
        path.target, u, path.learn, steps, limit, task, dict(settings),
    )  # fmt: skip


def _check_one_for_all(given: Mapping[str, Any]) -> None:
    """Raise for arrays, of which each start would get another number."""
    for name, value in given.items():
        if np.ndim(value):
            words = f"must be one number for all starts, got an array of shape {np.shape(value)}"
            raise ArgumentError(name, words)


@dataclass(frozen=True)
class _Ends:
    """The ends of all descents, in one row for each quantity."""

    final: dict[str, Floats]
    loss: Floats
    largest_gradient: Floats
    steps_taken: NDArray[np.int64]
    outcome: NDArray[np.int64]
    status: NDArray[np.int64]

    @classmethod
    def empty(cls, learned: tuple[str, ...], size: int) -> _Ends:
        """Return rows without values."""
        final = {name: np.full(size, math.nan) for name in learned}
        floats, counts = np.full((2, size), math.nan), np.zeros((3, size), dtype=np.int64)
        return cls(final, *floats, *counts)

    def in_shape(self, shape: tuple[int, ...]) -> _Ends:
        """Return the ends as arrays of the shape of the grid."""
        final = {name: row.reshape(shape) for name, row in self.final.items()}
        floats = (self.loss.reshape(shape), self.largest_gradient.reshape(shape))
        counts = (self.steps_taken, self.outcome, self.status)
        return _Ends(final, *floats, *(row.reshape(shape) for row in counts))

    def take(self, part: slice, path: Training, solved: float) -> None:
        """Keep the ends of the paths of some starts."""
        taken = np.asarray(path.steps)
        last = taken[:, np.newaxis]

        def at(row: Floats, step: NDArray[np.int64]) -> Floats:
            return np.take_along_axis(row, step, axis=1)[:, 0]

        for name, row in path.parameters.items():
            self.final[name][part] = at(row, last)
        loss = at(path.free_loss, last)
        before = at(path.free_loss, last - np.ceil(LAST * last).astype(np.int64))
        known = np.where(np.isfinite(path.loss), path.gradient_norm, -math.inf).max(axis=1)
        stuck = ~(loss <= (1.0 - LITTLE) * before)
        outcome = np.where(stuck, Outcome.STUCK, Outcome.FALLING)
        outcome = np.where(loss <= solved, Outcome.SOLVED, outcome)
        outcome[path.status != TrainingStatus.DONE] = Outcome.STOPPED
        self.loss[part] = loss
        self.largest_gradient[part] = np.where(known == -math.inf, math.nan, known)
        self.steps_taken[part], self.outcome[part], self.status[part] = taken, outcome, path.status


def _within(progress: Progress | None, part: slice, size: int) -> Progress | None:
    """Return the progress of all descents from that of a part of them."""
    if progress is None:
        return None
    return lambda done: progress((part.start + done * (part.stop - part.start)) / size)
