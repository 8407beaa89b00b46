"""The delay task: give back each input some steps later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from doya.checks import check_count
from doya.errors import ArgumentError
from doya.tasks.sequences import checked_levels, checked_shape, generator, noise
from doya.tasks.task import Task


def delay(
    k: int = 1,
    seed: int = 0,
    *,
    sequences: int = 20,
    steps: int = 100,
    between: Sequence[float] = (0.0, 1.0),
    variance: float = 0.0,
) -> Task:
    """Return the delay task: the state shall repeat each input k steps later, x[t+k] = u[t].

    The inputs u[t] are independent and uniform between two numbers.  One neuron can solve k = 1
    exactly: with epsilon = 1, w = 0, b -> -infinity and w' = 1 it is x[t+1] = u[t].  For k > 1 the
    inputs in between disturb the state.  A constant state at the mean of the inputs has the loss
    var(u) = (high - low)**2 / 12 per target.

    Inputs and targets are in the units of x.  For a tanh unit with the state y = 2 x - 1 the
    targets are 2 u - 1 (see `from_tanh`); an input with the weight v inside tanh is one with
    w' = 2 v and input_to="bias".

    Parameters
    ----------
    k : int, default 1
        Delay in steps, from 1 to `steps`.
    seed : int, default 0
        Seed of inputs and noise, a whole number of at least 0.
    sequences : int, default 20
        Number of sequences, from 1 to 10**6.
    steps : int, default 100
        Length of each sequence, from 1 to 10**6 steps.
    between : pair of float, default (0.0, 1.0)
        Range of the inputs, dimensionless, from -1e100 to 1e100.
    variance : float, default 0.0
        Variance of Gaussian noise that is added to each input, but to no target, dimensionless,
        from 0 to 1e100.

    Returns
    -------
    Task
        For `NeuronMap`, with x[0] = 0.5 and a target after each step from step k on.

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
    H. Jaeger, "Short term memory in echo state networks" (2001).

    Examples
    --------
    >>> import doya
    >>> task = doya.tasks.delay(k=1)
    >>> task
    Task(20 sequences of 100 steps, targets at 100 times)
    >>> doya.task_gradient(doya.NeuronMap(w=0.0, b=-1e3), task).loss
    array(0.)
    """
    shape = checked_shape(sequences, steps)
    count = check_count("k", k, 1)
    if count > shape[1]:
        raise ArgumentError("k", f"must be at most the number of steps, {shape[1]}, got {k}")
    low, high = checked_levels("between", between)
    numbers = generator(seed)
    part = numbers.random(shape)
    u = low * (1.0 - part) + high * part
    targets = np.full(shape, np.nan)
    targets[:, count - 1 :] = u[:, : shape[1] - count + 1]
    return Task(u + noise(numbers, variance, shape), targets)
