"""Search of parameters without gradients, by trials alone: the sources' universal search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import Parameter, check_count, check_one_of, checked
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.results import Result
from doya.tasks.gradients import task_gradient
from doya.tasks.task import Task
from doya.trajectories import final_state

METHODS = ("random", "evolution", "direct")
MOST_TRIALS = 10**7
# Neurons of one generation of the evolution, for each parameter.
GENERATION = 15


@dataclass(frozen=True, eq=False, repr=False)
class Search(Result):
    """Trials of a search, in their order, and the best of them.

    Attributes
    ----------
    loss : float
        The least loss of all trials; NaN if none was finite.
    parameters : dict of float
        The parameters of that trial, by name.
    best : ndarray, shape (trials,)
        The least loss up to each trial; NaN before the first finite one.
    trials : dict of ndarray, shape (trials,)
        The parameters of each trial, by name.
    losses : ndarray, shape (trials,)
        The loss of each trial; NaN where it could not be computed.
    neuron : NeuronODE or NeuronMap
        The neuron whose other parameters all trials have.
    bounds : dict of tuple
        The range of each parameter.
    method : {"random", "evolution", "direct"}
    seed : int
    """

    _first: ClassVar[tuple[str, ...]] = ("loss", "parameters", "best")
    _hidden: ClassVar[tuple[str, ...]] = ("losses",)

    trials: dict[str, Floats]
    losses: Floats
    neuron: Neuron
    bounds: dict[str, tuple[float, float]]
    method: str
    seed: int

    @cached_property
    def best(self) -> Floats:
        """Return the least loss up to each trial; NaN before the first finite one."""
        known = np.where(np.isfinite(self.losses), self.losses, math.inf)
        least: Floats = np.minimum.accumulate(known)
        return np.where(np.isfinite(least), least, math.nan)

    @property
    def _at(self) -> int:
        known = np.where(np.isfinite(self.losses), self.losses, math.inf)
        return int(known.argmin())

    @property
    def loss(self) -> float:
        """Return the least loss of all trials."""
        return float(self.best[-1])

    @property
    def parameters(self) -> dict[str, float]:
        """Return the parameters of the best trial, by name."""
        return {name: float(row[self._at]) for name, row in self.trials.items()}

    def first_below(self, loss: float) -> int | None:
        """Return the number of the first trial whose loss is below `loss`, from 1; None if none."""
        below = np.flatnonzero(self.losses < loss)
        return int(below[0]) + 1 if below.size else None


def search(
    neuron: Neuron,
    target: Task | float,
    bounds: Mapping[str, tuple[float, float]],
    method: str = "random",
    seed: int = 0,
    *,
    trials: int = 1000,
    x0: float = 0.5,
    t_end: float = 50.0,
    u: Input | None = None,
) -> Search:
    """Search the parameters with the least loss within bounds, by trials without gradients.

    "random" draws the parameters of each trial uniformly from the bounds.  "evolution" is
    differential evolution and "direct" divides the box of the bounds into smaller boxes; both are
    SciPy's.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; it gives the parameters that are not searched.
    target : Task or float
        The task, or the desired value of x(T), dimensionless, from -1e100 to 1e100, whose loss is
        L = (target - x(T))**2.
    bounds : dict of pair
        For each parameter to search its least and its largest value: "b", "w", "input_weight",
        "epsilon" (map), and "x0" unless the target is a task, which has its own starts.
    method : {"random", "evolution", "direct"}, default "random"
        How trials are chosen.
    seed : int, default 0
        Seed of the random numbers, a whole number of at least 0; "direct" needs none.
    trials : int, default 1000
        Number of trials, from 1 to 10**7.  "evolution" stops after the generation that reaches it,
        and "direct" may stop a few trials later or earlier.
    x0 : float, default 0.5
        State at the start, dimensionless; unused for a task.
    t_end : float, default 50.0
        T: for the flow a time in units of the time constant, for the map a whole number of steps;
        unused for a task.
    u : float, array, Pulses, Table, Ramp or function, optional
        Input, as for `final_state`; a task has its own.

    Returns
    -------
    Search
        All trials with their losses, and the best one.

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown name, or an argument outside its range.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994), and S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997), section
    2: random guessing solves such tasks with few trials.
    R. Storn, K. Price, "Differential evolution" (1997).
    D. R. Jones, C. D. Perttunen, B. E. Stuckman, "Lipschitzian optimization without the Lipschitz
    constant" (1993): direct.

    Examples
    --------
    >>> import doya
    >>> found = doya.search(doya.NeuronODE(w=5.0), 0.855, {"b": (-4.0, 0.0)}, trials=200)
    >>> found.loss < 1e-4, found.parameters["b"] > -2.5
    (True, True)
    """
    check_neuron(neuron)
    if neuron.shape:
        raise ArgumentError("neuron", f"must be one neuron, got an ensemble of {neuron.shape}")
    check_one_of("method", method, METHODS)
    seed, trials = check_count("seed", seed, 0), check_count("trials", trials, 1, MOST_TRIALS)
    own = _checked_bounds(neuron, bounds, isinstance(target, Task))
    require_memory("trials", (trials,), len(own) + 2)
    if isinstance(target, Task):
        loss_of = _loss_of_task(neuron, target)
    else:
        loss_of = _loss_at_end(neuron, checked("target", target), checked("x0", x0), t_end, u)
    box = Box(own, loss_of)
    CHOOSE[method](box, trials, seed)
    points, losses = box.tried(trials)
    return Search(dict(zip(own, points, strict=True)), losses, neuron, own, method, seed)


class Box:
    """The box of the bounds: computes the losses of its points, and remembers them in order."""

    def __init__(
        self,
        bounds: Mapping[str, tuple[float, float]],
        loss_of: Callable[[dict[str, Floats]], Floats],
    ) -> None:
        self.bounds, self._loss_of = bounds, loss_of
        self._points: list[Floats] = []
        self._losses: list[Floats] = []

    def losses(self, points: Floats) -> Floats:
        """Return the losses of points, shape (parameters, points); infinite where unknown."""
        values = dict(zip(self.bounds, points, strict=True))
        losses = self._loss_of(values)
        self._points.append(points.copy())
        self._losses.append(losses)
        return np.where(np.isfinite(losses), losses, math.inf)

    def tried(self, most: int) -> tuple[Floats, Floats]:
        """Return all points and losses so far, at most so many."""
        points, losses = np.concatenate(self._points, axis=1), np.concatenate(self._losses)
        return points[:, :most], losses[:most]

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Return the bounds without their names."""
        return list(self.bounds.values())


def _at_random(box: Box, trials: int, seed: int) -> None:
    low, high = np.array(box.pairs).T
    part = np.random.default_rng(seed).random((trials, low.size)).T
    box.losses(low[:, np.newaxis] * (1.0 - part) + high[:, np.newaxis] * part)


def _by_evolution(box: Box, trials: int, seed: int) -> None:
    from scipy.optimize import differential_evolution

    size = GENERATION * len(box.pairs)
    differential_evolution(
        box.losses, box.pairs, rng=seed, popsize=GENERATION, polish=False, vectorized=True,
        updating="deferred", tol=0.0, maxiter=max(-(-trials // size) - 1, 0),
    )  # fmt: skip


def _by_boxes(box: Box, trials: int, seed: int) -> None:
    from scipy.optimize import direct

    def loss(point: Floats) -> float:
        # A number for direct, which compares losses of boxes.
        return float(min(box.losses(point[:, np.newaxis])[0], 1e300))

    direct(
        loss, box.pairs, maxfun=trials, maxiter=trials, vol_tol=0.0, len_tol=0.0,
        locally_biased=False,
    )  # fmt: skip


CHOOSE: dict[str, Callable[[Box, int, int], None]] = {
    "random": _at_random, "evolution": _by_evolution, "direct": _by_boxes,
}  # fmt: skip


def _checked_bounds(
    neuron: Neuron, bounds: Mapping[str, tuple[float, float]], is_task: bool
) -> dict[str, tuple[float, float]]:
    allowed = ("b", "w", "input_weight", *neuron.parameters.keys() & {"epsilon"})
    allowed += () if is_task else ("x0",)
    if not isinstance(bounds, Mapping) or not bounds:
        raise ArgumentError(
            "bounds", f"must be a dict such as {{'b': (-4.0, 0.0)}}, got {bounds!r}"
        )
    return {name: _checked_pair(name, pair, allowed) for name, pair in bounds.items()}


def _checked_pair(name: Any, pair: Any, allowed: tuple[str, ...]) -> tuple[float, float]:
    if name not in allowed:
        raise ArgumentError("bounds", f"must be among {', '.join(allowed)}, got {name!r}")
    try:
        low, high = (checked(name, each) for each in pair)
        inside = bool(np.ndim(low) == np.ndim(high) == 0 and low < high)
    except TypeError:
        inside = False
    if not inside:
        raise ArgumentError(
            "bounds", f"must have a lower and a higher number for {name}, got {pair!r}"
        )
    return float(low), float(high)


def _loss_of_task(neuron: Neuron, task: Task) -> Callable[[dict[str, Floats]], Floats]:
    def loss(values: dict[str, Floats]) -> Floats:
        return np.asarray(task_gradient(neuron.replace(**values), task, "b").loss)

    return loss


def _loss_at_end(
    neuron: Neuron, target: Parameter, x0: Parameter, t_end: float, u: Input | None
) -> Callable[[dict[str, Floats]], Floats]:
    def loss(values: dict[str, Floats]) -> Floats:
        changed = {name: row for name, row in values.items() if name != "x0"}
        own = neuron.replace(**changed) if changed else neuron
        error: Any = final_state(own, values.get("x0", x0), t_end, u) - target
        return np.asarray(error * error)

    return loss
