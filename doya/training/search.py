"""Search of parameters without gradients, by trials alone: the sources' universal search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from doya.arrays import Floats
from doya.checks import check_count, check_one_of
from doya.conversions.conversion import Conversion, conversion_of, in_doya
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.memory import require_memory
from doya.neurons import Neuron, check_neuron
from doya.results import Result
from doya.training.trial_losses import Target, checked_bounds, losses_of
from doya.training.trials import METHODS, Box

MOST_TRIALS = 10**7


@dataclass(frozen=True, eq=False, repr=False)
class Search(Result):
    """Trials of a search, in their order, and the best of them.

    Attributes
    ----------
    loss : float
        The least loss of all trials; NaN if none was finite.
    parameters : dict of float
        The parameters of that trial, by name; NaN if no loss was finite.
    best : ndarray, shape (trials,)
        The least loss up to each trial; NaN before the first finite one.
    trials : dict of ndarray, shape (trials,)
        The parameters of each trial, by name.
    losses : ndarray, shape (trials,)
        The loss of each trial; NaN where it could not be computed, infinite beyond the range of a
        double.
    neuron : NeuronODE or NeuronMap
        The neuron in Doya's parameters.  All trials share its parameters that are not searched.
    bounds : dict of tuple
        The range of each parameter.
    method : {"random", "evolution", "direct"}
        How the trials were chosen.
    seed : int
        Seed of the random numbers.
    conversion : Conversion or None
        The neuron in the author's letters.
    """

    _first: ClassVar[tuple[str, ...]] = ("loss", "parameters", "best")
    _hidden: ClassVar[tuple[str, ...]] = ("losses",)

    trials: dict[str, Floats]
    losses: Floats
    neuron: Neuron
    bounds: dict[str, tuple[float, float]]
    method: str
    seed: int
    conversion: Conversion | None = None

    @property
    def _known(self) -> Floats:
        return np.where(np.isfinite(self.losses), self.losses, math.inf)

    @cached_property
    def best(self) -> Floats:
        """Return the least loss up to each trial; NaN before the first finite one."""
        least: Floats = np.minimum.accumulate(self._known)
        return np.where(np.isfinite(least), least, math.nan)

    @property
    def loss(self) -> float:
        """Return the least loss of all trials."""
        return float(self.best[-1])

    @property
    def parameters(self) -> dict[str, float]:
        """Return the parameters of the best trial, by name."""
        if math.isnan(self.loss):
            return dict.fromkeys(self.trials, math.nan)
        first = int(self._known.argmin())
        return {name: float(row[first]) for name, row in self.trials.items()}


def search(
    neuron: Neuron | Conversion,
    target: Target,
    bounds: Mapping[str, Sequence[float]],
    method: str = "random",
    seed: int = 0,
    *,
    trials: int = 1000,
    x0: float = 0.5,
    t_end: float = 50.0,
    u: Input | None = None,
) -> Search:
    """Find the parameters with the least loss within bounds, by trials without gradients.

    "random" draws the parameters of each trial uniformly from the bounds: it is the random guessing
    of the sources.  "evolution" is differential evolution, and "direct" divides the box of the
    bounds into smaller boxes; both are SciPy's.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron; it gives the parameters that are not searched.  With a `Conversion` too, the
        states and times of a task are Doya's.
    target : Task, float or function
        The task; or, for a neuron in Doya's parameters, the desired value of x(T), dimensionless,
        from -1e100 to 1e100, with the loss L = (target - x(T))**2; or a function that returns a
        task.  The arguments of the function are searched too, for example inputs of the task.  It
        is called once per trial.
    bounds : dict of pair
        The least and the largest value of each parameter to search.  Its names are "b", "w",
        "input_weight" and "epsilon" (map), or, with a `Conversion`, the author's letters and
        "input_weight".  For a task the names of `task.shared` are allowed too, and for a number as
        target "x0".  For a function, names of its arguments are allowed too; one that is also a
        parameter of the neuron is the argument.
    method : {"random", "evolution", "direct"}, default "random"
        How trials are chosen.
    seed : int, default 0
        Seed of the random numbers, a whole number of at least 0; "direct" needs none.
    trials : int, default 1000
        Number of trials, from 1 to 10**7.  "direct" may stop earlier, when its boxes are too small
        to divide.
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

    See Also
    --------
    train : Gradient descent, to a target or on a task.
    initialisation_map : Where descents end, from a grid of starts.
    Task : Sequences with targets, for `train` and others.
    tasks.latch : A ready task; others are flip_flop, delay and oscillate.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult" (1994).
    J. Schmidhuber, S. Hochreiter, Y. Bengio, "Evaluating long-term dependency benchmark problems by
    random guessing" (2001).
    R. Storn, K. Price, "Differential evolution" (1997).
    D. R. Jones, C. D. Perttunen, B. E. Stuckman, "Lipschitzian optimization without the Lipschitz
    constant" (1993): direct.

    Examples
    --------
    >>> import doya
    >>> found = doya.search(doya.NeuronODE(w=5.0), 0.855, {"b": (-4.0, 0.0)}, trials=200)
    >>> found.loss < 1e-4, found.parameters["b"] > -2.5
    (True, True)

    A function of the input that shall set a memory of one bit, after 20 steps, to 0.85:

    >>> def pulse(height):
    ...     return doya.Task([doya.Pulses([(2, 4, height)])], 0.85, x0=0.145, t_end=20)
    >>> found = doya.search(doya.NeuronMap(), pulse, {"height": (0.0, 1.0)}, trials=50)
    >>> found.loss < 1e-4, found.parameters["height"] > 0.2
    (True, True)
    """
    conversion, own = conversion_of(neuron), in_doya(neuron)
    check_neuron(own)
    if neuron.shape:
        raise ArgumentError(
            "neuron", f"must be one neuron, got an ensemble of shape {neuron.shape}"
        )
    check_one_of("method", method, METHODS)
    seed, trials = check_count("seed", seed, 0), check_count("trials", trials, 1, MOST_TRIALS)
    ranges = checked_bounds(neuron, target, bounds)
    require_memory("trials", (trials,), len(ranges) + 2)
    box = Box(ranges, losses_of(neuron, target, x0, t_end, u))
    METHODS[method](box, trials, seed)
    points, losses = box.tried(trials)
    by_name = dict(zip(ranges, points, strict=True))
    return Search(by_name, losses, own, ranges, method, seed, conversion)
