"""The oscillation task: alternate between two states without an input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from doya.checks import FINITE, checked_number
from doya.tasks.sequences import checked_levels, checked_shape, generator, noise
from doya.tasks.task import Task


def oscillate(
    seed: int = 0,
    *,
    sequences: int = 1,
    steps: int = 20,
    levels: Sequence[float] = (0.1, 0.9),
    x0: float = 0.4,
    variance: float = 0.0,
) -> Task:
    """Return the oscillation task: the state shall alternate between a high and a low level.

    The targets are x[1] = high, x[2] = low, x[3] = high, and so on.  The inputs are 0, or noise.
    The map can oscillate only with w < 0.  At epsilon = 1 a 2-cycle with the states x and 1 - x
    has b = -w / 2 and

        w = ln(x / (1 - x)) / (1/2 - x),

    which is -5.4931 for the default levels.  A neuron with w > -4 has no 2-cycle: on the way to the
    solution it passes a flip, 1 + w x(1-x) = -1, at which the fixed point loses its stability.

    A tanh unit, y = 2 x - 1, has a quarter of this w (see `from_tanh`) and the targets 2 x - 1,
    which are -0.8 and 0.8 by default.

    Parameters
    ----------
    seed : int, default 0
        Seed of the noise, a whole number of at least 0.
    sequences : int, default 1
        Number of sequences, from 1 to 10**6; without noise all are the same.
    steps : int, default 20
        Length of each sequence, from 1 to 10**6 steps.
    levels : pair of float, default (0.1, 0.9)
        Low and high target of x, dimensionless.
    x0 : float, default 0.4
        State at the start, dimensionless, from -1e100 to 1e100.  At an unstable fixed point, such
        as 0.5 for b = -w / 2, the map without noise would never begin to oscillate.
    variance : float, default 0.0
        Variance of the Gaussian noise that is the input, dimensionless, from 0 to 1e100.

    Returns
    -------
    Task
        For `NeuronMap`, with a target after each step.

    Raises
    ------
    ArgumentError
        For an argument outside its range.

    See Also
    --------
    Task : Sequences with targets, for `train` and others.
    train : Gradient descent, to a target or on a task.
    search : Search for parameters without gradients.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).
    F. Pasemann, "Dynamics of a single model neuron" (1993): the 2-cycles of the map.

    Examples
    --------
    >>> import doya
    >>> task = doya.tasks.oscillate(x0=0.1)
    >>> task
    Task(1 sequence of 20 steps, targets at 20 times)
    >>> w = -5.493061443340549  # ln(9) / (0.5 - 0.9)
    >>> doya.task_gradient(doya.NeuronMap(w, -0.5 * w), task).loss < 1e-25
    np.True_
    """
    shape = checked_shape(sequences, steps)
    low, high = checked_levels("levels", levels)
    start = checked_number("x0", x0, FINITE)
    u = noise(generator(seed), variance, shape)
    targets = np.where(np.arange(shape[1]) % 2 == 0, high, low)
    return Task(u, np.broadcast_to(targets, shape), x0=start)
