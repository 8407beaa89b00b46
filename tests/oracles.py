"""Slow and obvious answers to test against, in 40-digit arithmetic; nothing here imports doya."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

mp.dps = 40


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def folds(w):
    """(x, b) of both folds, w x (1 - x) = 1 and b = ln(x/(1 - x)) - w x, for w > 4."""
    return tangencies(w, mpf(1))


def flips(w, epsilon):
    """(x, b) of both period doublings of the map, w x (1 - x) = 1 - 2/epsilon."""
    return tangencies(w, 1 - 2 / mpf(epsilon))


def tangencies(w, kappa):
    """(x, b) where w x (1 - x) = kappa and b = ln(x/(1 - x)) - w x; the second mirrors the first.

    x = (1 - root)/2 is written without cancellation, so that 40 digits are enough for every w.
    """
    w = mpf(w)
    root = mp.sqrt(1 - 4 * kappa / w)
    x = 2 * kappa / (w * (1 + root))
    b = mp.log(x / (1 - x)) - w * x
    return [(x, b), (1 - x, -w - b)]


def fold_weights(b):
    """(z, w) of the folds along w at fixed b < -2, by both real branches of Lambert's W."""
    b = mpf(b)
    points = []
    for branch in (0, -1):
        z = b + 1 - mp.re(mp.lambertw(-mp.exp(b + 1), branch))
        points.append((z, (z - b) / sigmoid(z)))
    return points


def flip_weight(b, epsilon):
    """(z, w) of the period doubling along w at fixed b, by Lambert's W."""
    b = mpf(b)
    kappa = 1 - 2 / mpf(epsilon)
    z = b + kappa - mp.re(mp.lambertw(-kappa * mp.exp(b + kappa)))
    return z, (z - b) / sigmoid(z)


def points_on_line(alpha, beta, kappa, reach=40.0, samples=20_001):
    """(x, w) where the line b = alpha + beta w meets w x (1 - x) = kappa, by ascending x.

    Every change of sign of a dense scan in z = ln(x/(1 - x)), refined by bisection.
    """

    def excess(z, exp, alpha, beta, kappa):
        e = exp(z)
        return z - alpha - kappa * (1 + 2 * beta + (1 + beta) * e + beta / e)

    grid = np.linspace(-reach, reach, samples)
    signs = np.sign(excess(grid, np.exp, alpha, beta, float(kappa)))
    line = mpf(alpha), mpf(beta), mpf(kappa)
    found = []
    for k in np.flatnonzero(np.diff(signs)):
        low, high = mpf(float(grid[k])), mpf(float(grid[k + 1]))
        rises = signs[k] < 0
        while high - low > mpf(10) ** -38:
            middle = (low + high) / 2
            below = (excess(middle, mp.exp, *line) < 0) == rises
            low, high = (middle, high) if below else (low, middle)
        x = sigmoid((low + high) / 2)
        found.append((x, kappa / (x * (1 - x))))
    return found


def equilibria(w, b):
    """Every z with z = w sigma(z) + b, ascending: bisection of each monotone piece."""
    w, b = mpf(w), mpf(b)

    def g(z):
        return z - w * sigmoid(z) - b

    outer = [b + min(w, 0) - 1, b + max(w, 0) + 1]
    if w > 4:
        cuts = [mp.log(x / (1 - x)) for x, _ in folds(w)]
        pieces = [(outer[0], cuts[0]), (cuts[0], cuts[1]), (cuts[1], outer[1])]
    else:
        pieces = [(outer[0], outer[1])]
    roots = []
    for low, high in pieces:
        if low > high or g(low) * g(high) > 0:
            continue
        rising = g(high) > g(low)
        while high - low > mpf(10) ** -30 * (1 + abs(low)):
            middle = (low + high) / 2
            if (g(middle) < 0) == rising:
                low = middle
            else:
                high = middle
        roots.append((low + high) / 2)
    return roots
