"""Slow and obvious answers about orbits of the map; nothing here imports doya."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from iterating import iterated

mp.dps = 40


def step(x, w, b, epsilon):
    with np.errstate(over="ignore"):
        return (1.0 - epsilon) * x + epsilon / (1.0 + np.exp(-(w * x + b)))


def settled_period(x, w, b, epsilon, steps=40_000, longest=64, near=1e-10):
    """Return the period of a state after a number of steps; 0 if above the longest period."""
    x = iterated(step, x, steps, w, b, epsilon)
    start, period = x, np.zeros(np.shape(x), dtype=int)
    for n in range(1, longest + 1):
        x = step(x, w, b, epsilon)
        period = np.where((period == 0) & (np.abs(x - start) < near), n, period)
    return period


def around(x, w, b, epsilon, period):
    """F^period(x) and its derivative, in 40 digits."""
    product = mpf(1)
    for _ in range(period):
        level = 1 / (1 + mp.exp(-(w * x + b)))
        product *= 1 - epsilon + epsilon * w * level * (1 - level)
        x = (1 - epsilon) * x + epsilon * level
    return x, product


def multiplier(states, w, b, epsilon):
    """Of the cycle near these states, in 40 digits; and its first state."""
    w, b, epsilon, period = mpf(w), mpf(b), mpf(epsilon), len(states)
    x = mpf(states[0])
    for _ in range(8):
        end, product = around(x, w, b, epsilon, period)
        x -= (end - x) / (product - 1)
    return around(x, w, b, epsilon, period)[1], x


def bifurcation(kind, over, x, parameters, period):
    """The value, in 40 digits, at which the cycle of a state near x has the multiplier 1 or -1.

    The parameters may have an input u with its weight: x - w' u obeys the map with b + w w' u.
    """
    return state_and_value(kind, over, x, parameters, period)[1]


def state_and_value(kind, over, x, parameters, period):
    """The state too."""
    target = {"LP": 1, "PD": -1}[kind]
    parameters = {"u": 0, "input_weight": 0, **parameters}

    def shift(value):
        there = {**parameters, over: value}
        return there["input_weight"] * mpf(there["u"])

    def off(state, value):
        there = {**parameters, over: value}
        b = there["b"] + there["w"] * shift(value)
        end, product = around(state, there["w"], b, there["epsilon"], period)
        return end - state, product - target

    value = mpf(parameters[over])
    start = mpf(x) - shift(value), value
    state, value = mp.findroot(off, start, tol=1e-50, maxsteps=60, verify=False)
    return state + shift(value), value
