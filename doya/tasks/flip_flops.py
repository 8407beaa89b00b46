"""The flip-flop task: set and reset one bit by pulses, and keep it between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from doya.checks import FINITE, Range, checked_number
from doya.tasks.sequences import checked_levels, checked_shape, generator, noise
from doya.tasks.task import Task

PART = Range(lambda value: 0.0 < value <= 1.0, "greater than 0 and at most 1")


def flip_flop(
    seed: int = 0,
    *,
    sequences: int = 20,
    steps: int = 100,
    chance: float = 0.1,
    height: float = 1.0,
    levels: Sequence[float] = (0.1, 0.9),
    variance: float = 0.0,
) -> Task:
    """Return the flip-flop task: pulses set and reset one bit, which is kept between them.

    A pulse lasts one step and has the height u = +height, which sets the bit, or u = -height, which
    resets it, with equal chances.  Step 0 of each sequence has a pulse.  The target of x[t+1] is
    the high level if the last pulse up to step t was a set, and the low level otherwise.

    The neuron needs two stable equilibria, one near each level, and pulses that push the state
    across the unstable one between them.  With b = -w / 2 its equilibria are at x and 1 - x for
    w = ln(x / (1 - x)) / (x - 1/2), which is 5.4931 for the default levels.

    A tanh unit with the state y = 2 x - 1 has a quarter of this w (see `from_tanh`) and the targets
    2 x - 1, which are -0.8 and 0.8 by default.  An input with the weight v inside tanh is one with
    w' = 2 v and input_to="bias".

    Parameters
    ----------
    seed : int, default 0
        Seed of pulses and noise, a whole number of at least 0.
    sequences : int, default 20
        Number of sequences, from 1 to 10**6.
    steps : int, default 100
        Length of each sequence, from 1 to 10**6 steps.
    chance : float, default 0.1
        Probability of a pulse in each step after step 0, greater than 0 and at most 1.
    height : float, default 1.0
        Height of the pulses, dimensionless, from -1e100 to 1e100.
    levels : pair of float, default (0.1, 0.9)
        Targets of x for a reset and a set bit, dimensionless.
    variance : float, default 0.0
        Variance of Gaussian noise that is added to each input, dimensionless, from 0 to 1e100.

    Returns
    -------
    Task
        For `NeuronMap`, with x[0] = 0.5 and a target after each step.

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
    D. Sussillo, O. Barak, "Opening the black box: low-dimensional dynamics in high-dimensional
    recurrent neural networks" (2013): the task of three bits; this is one of them.

    Examples
    --------
    >>> import doya
    >>> task = doya.tasks.flip_flop(sequences=2, steps=50)
    >>> task
    Task(2 sequences of 50 steps, targets at 50 times)
    >>> memory = doya.NeuronMap(w=5.5, b=-2.75, input_weight=5.0, input_to="bias")
    >>> forgetful = memory.replace(w=2.0, b=-1.0)
    >>> [doya.task_gradient(each, task).loss.round(2).item() for each in (memory, forgetful)]
    [0.04, 5.82]
    """
    shape = checked_shape(sequences, steps)
    low, high = checked_levels("levels", levels)
    tall = checked_number("height", height, FINITE)
    part = checked_number("chance", chance, PART)
    numbers = generator(seed)
    is_pulse = numbers.random(shape) < part
    is_pulse[:, 0] = True
    is_set = numbers.random(shape) < 0.5
    # The step of the last pulse up to each step.
    last = np.maximum.accumulate(np.where(is_pulse, np.arange(shape[1]), 0), axis=1)
    targets = np.where(np.take_along_axis(is_set, last, axis=1), high, low)
    u = np.where(is_pulse, np.where(is_set, tall, -tall), 0.0)
    return Task(u + noise(numbers, variance, shape), targets)
