"""Folds and flips along each author's letters, by a dense scan of his own equation.

Nothing imports doya.  At rest the equation gives the letter as an explicit function of q, the
argument of his sigma or tanh.  Then each change of sign of (multiplier - 1), (multiplier + 1) or,
for a flow, of the eigenvalue, along 20,001 values of q is bisected in 40 digits.
"""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

mp.dps = 40
REACH, SAMPLES = 40.0, 20_001
# Distances from a pole at which the scan looks too.
BESIDE = np.concatenate([-np.logspace(-13, 0, 400), np.logspace(-13, 0, 400)])


class Doubles:
    """Functions of arrays of doubles."""

    tanh, exp = staticmethod(np.tanh), staticmethod(np.exp)


def sigma(q, of):
    return 1 / (1 + of.exp(-q))


def slope(q, of):
    return 1 / (1 + of.exp(-q)) / (1 + of.exp(q))


def steep(q, of):
    return 1 / of.cosh(q) ** 2 if of is mp else 1 / np.cosh(q) ** 2


# By author: the letter as a function of q, the other letters and the functions `of`; the derivative
# of one step (map) or of the rate times tau (flow); and the state.
LETTERS = {
    "pascanu": {
        "w": lambda q, of, b, **_: (q - b) / sigma(q, of),
        "b": lambda q, of, w, **_: q - w * sigma(q, of),
    },
    "pasemann": {
        "gamma": lambda q, of, theta, w, **_: 1 - (theta + w * sigma(q, of)) / q,
        "theta": lambda q, of, gamma, w, **_: q * (1 - gamma) - w * sigma(q, of),
        "w": lambda q, of, gamma, theta, **_: (q * (1 - gamma) - theta) / sigma(q, of),
    },
    "aihara": {
        "k": lambda q, of, alpha, a, epsilon, **_: 1 - (a - alpha * sigma(q, of)) / (epsilon * q),
        "alpha": lambda q, of, k, a, epsilon, **_: (a - (1 - k) * epsilon * q) / sigma(q, of),
        "a": lambda q, of, k, alpha, epsilon, **_: (1 - k) * epsilon * q + alpha * sigma(q, of),
        "epsilon": lambda q, of, k, alpha, a, **_: (a - alpha * sigma(q, of)) / (1 - k) / q,
    },
    "beer": {
        "w": lambda q, of, theta, input, **_: (q - theta - input) / sigma(q, of),
        "theta": lambda q, of, w, input, **_: q - w * sigma(q, of) - input,
        "input": lambda q, of, w, theta, **_: q - theta - w * sigma(q, of),
    },
    "wilson-cowan": {
        "w": lambda q, of, theta, a, input, **_: (
            (q / a + theta - input) / (sigma(q, of) - sigma(-a * theta, of))
        ),
        "input": lambda q, of, w, theta, a, **_: (
            q / a + theta - w * (sigma(q, of) - sigma(-a * theta, of))
        ),
    },
    "tanh": {
        "w": lambda q, of, h, **_: (q - h) / of.tanh(q),
        "h": lambda q, of, w, **_: q - w * of.tanh(q),
    },
    "tanh-flow": {
        "w": lambda q, of, h, **_: (q - h) / of.tanh(q),
        "h": lambda q, of, w, **_: q - w * of.tanh(q),
    },
}
FACTORS = {
    "pascanu": lambda q, of, w, **_: w * slope(q, of),
    "pasemann": lambda q, of, gamma, w, **_: gamma + w * slope(q, of),
    "aihara": lambda q, of, k, alpha, epsilon, **_: k - alpha / epsilon * slope(q, of),
    "beer": lambda q, of, w, **_: w * slope(q, of),
    "wilson-cowan": lambda q, of, w, a, **_: a * w * slope(q, of),
    "tanh": lambda q, of, w, epsilon, **_: 1 - epsilon + epsilon * w * steep(q, of),
    "tanh-flow": lambda q, of, w, **_: w * steep(q, of),
}
POLES = {
    ("aihara", "epsilon"): [lambda p: 0.0, lambda p: _logit(p["a"] / p["alpha"])],
    ("aihara", "k"): [lambda p: 0.0],
    ("pasemann", "gamma"): [lambda p: 0.0],
    ("wilson-cowan", "w"): [lambda p: -p["a"] * p["theta"]],
    ("tanh", "w"): [lambda p: 0.0],
    ("tanh-flow", "w"): [lambda p: 0.0],
}
FLOWS = ("beer", "wilson-cowan", "tanh-flow")
STATES = {
    "pascanu": lambda q, **_: q,
    "pasemann": lambda q, **_: q,
    "aihara": lambda q, epsilon, **_: epsilon * q,
    "beer": lambda q, theta, **_: q - theta,
    "wilson-cowan": lambda q, theta, a, **_: sigma(q, mp) - sigma(-a * theta, mp),
    "tanh": lambda q, **_: q,
    "tanh-flow": lambda q, **_: mp.tanh(q),
}


def _logit(x):
    return float(np.log(x / (1.0 - x))) if 0.0 < x < 1.0 else 0.0


def at(author, letter, letters, q, of):
    """The letter at rest with this q, and the factor there."""
    value = LETTERS[author][letter](q, of, **letters)
    return value, FACTORS[author](q, of, **{**letters, letter: value})


def points(author, letter, letters, low, high):
    """(kind, value, state) of each fold and flip with low <= value <= high, in 40 digits."""
    exact = {name: mpf(each) for name, each in letters.items()}
    # No q is 0, where some letters are 0/0.  A root may be near a pole of the letter.
    near = [pole(letters) + BESIDE for pole in POLES.get((author, letter), ())]
    grid = np.unique(np.concatenate([np.linspace(-REACH, REACH, SAMPLES) + 1e-5, *near]))
    with np.errstate(all="ignore"):
        _, factor = at(author, letter, letters, grid, Doubles)
    found = []
    for kind, level in (("LP", 1), ("PD", -1)):
        if kind == "PD" and author in FLOWS:
            continue
        signs = np.sign(factor - level)
        for k in np.flatnonzero(signs[1:] * signs[:-1] < 0):
            q = bisected(
                lambda q, level=level: at(author, letter, exact, q, mp)[1] - level,
                mpf(float(grid[k])),
                mpf(float(grid[k + 1])),
            )
            value, there = at(author, letter, exact, q, mp)
            # At a pole of the letter the factor changes its sign too.
            if abs(there - level) < mpf(10) ** -15 and low <= value <= high:
                found.append((kind, value, STATES[author](q, **{**exact, letter: value})))
    return sorted(found, key=lambda each: (each[1], each[0]))


def bisected(function, low, high):
    mp.dps = 40  # another module may have changed it
    rises = function(low) < 0
    while high - low > mpf(10) ** -36:
        middle = (low + high) / 2
        try:
            below = (function(middle) < 0) == rises
        except ZeroDivisionError:  # the very pole of a letter
            return middle + mpf(10) ** -36
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2
