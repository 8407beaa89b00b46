"""Where a neuron with w > 0 settles, from signs alone; where that jumps.  Nothing imports doya."""

from __future__ import annotations

import numpy as np

POINTS = 1001


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def driven(w, b, x, pieces, epsilon=None):
    """The state when the last piece of the input begins; pieces are (duration, w' u).

    The map by its own steps, the flow by 20 steps of Runge and Kutta per time constant.
    """
    for duration, shift in pieces[:-1]:
        if epsilon is not None:
            for _ in range(int(duration)):
                x = (1.0 - epsilon) * x + epsilon * (sigmoid(w * x + b) + shift)
            continue
        h = duration / np.ceil(20.0 * duration)

        def rate(x, shift=shift):
            return sigmoid(w * x + b) - x + shift

        for _ in range(int(np.ceil(20.0 * duration))):
            one = rate(x)
            two = rate(x + 0.5 * h * one)
            three = rate(x + 0.5 * h * two)
            x = x + h * (one + 2.0 * two + 2.0 * three + rate(x + h * three)) / 6.0
    return x


def is_upper(w, b, x0, pieces, epsilon=None):
    """Whether the state settles beyond 1/2 + w' u: whether its rate lets it pass there, or stay.

    On its way it meets no rate of 0; as many points of the way are looked at as it takes.  The map
    with w > 0 rises, so it does not leap over an equilibrium either.
    """
    middle = 0.5 + pieces[-1][1]
    w, b, x = np.broadcast_arrays(w, b, driven(w, b, x0, pieces, epsilon))
    way = x + (middle - x) * np.linspace(0.0, 1.0, POINTS)[:, np.newaxis]
    rate = sigmoid(w * way + b) - way + pieces[-1][1]
    return np.where(x < middle, rate.min(axis=0) > 0.0, rate.max(axis=0) > 0.0)


def jumps(holds, low, high, cells=100, rounds=4):
    """Every value from low to high at which `holds`, of a row of values, changes."""
    grid = np.linspace(low, high, cells + 1)
    at = holds(grid)
    found = []
    for k in np.flatnonzero(at[1:] != at[:-1]):
        left, right = grid[k], grid[k + 1]
        for _ in range(rounds):
            part = np.linspace(left, right, 33)
            first = int(np.argmax(holds(part) != at[k]))
            left, right = part[first - 1], part[first]
        found.append(0.5 * (left + right))
    return np.array(found)
