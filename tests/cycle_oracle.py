"""Cycles of the map x' = (1 - eps) x + eps sigma(w x + b) by brute force; nothing imports doya.

[0, 1] is cut where an iterate is at a critical point, so that F**n is monotone between the cuts.
On each piece F**n(x) - x is sampled, ever finer where it comes near 0 without a change of sign, and
every change of sign is bisected.
"""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

SAMPLES, ZOOMS, HALVINGS = 24, 4, 52
# Roots nearer than this are one, and points of a cycle nearer than SHORTER have a shorter period.
SAME, SHORTER = 1e-12, 1e-7


class BruteForce:
    """One neuron in doubles; slopes of the iterates must stay well below 1e9."""

    def __init__(self, w, b, epsilon):
        self.w, self.b, self.epsilon = w, b, epsilon
        slope = (1.0 - epsilon) / (epsilon * -w) if w < 0.0 else 1.0
        self.critical = []
        if 0.0 < slope < 0.25:
            level = 0.5 * (1.0 - np.sqrt(1.0 - 4.0 * slope))
            z = np.log(level / (1.0 - level))
            self.critical = [(z - b) / w, (-z - b) / w]

    def iterate(self, x, steps):
        for _ in range(steps):
            sigma = 1.0 / (1.0 + np.exp(-(self.w * x + self.b)))
            x = (1.0 - self.epsilon) * x + self.epsilon * sigma
        return x

    def cuts(self, period):
        """The ends of the pieces of [0, 1] on which F**period is monotone."""
        edges = np.array([0.0, 1.0])
        for k in range(period):
            images = self.iterate(edges, k)
            found = [edges]
            for at in self.critical:
                within = np.flatnonzero((images[:-1] - at) * (images[1:] - at) < 0.0)
                found.append(bisected(lambda x, k=k, at=at: self.iterate(x, k) - at,
                                      edges[within], edges[within + 1]))  # fmt: skip
            edges = np.unique(np.concatenate(found))
        return edges

    def fixed_points(self, period):
        """Every root of F**period(x) - x, ascending."""

        def lag(x):
            return self.iterate(x, period) - x

        part = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, SAMPLES + 1))
        edges = self.cuts(period)[:, np.newaxis]
        low, high = edges[:-1], edges[1:]
        roots = []
        for _ in range(ZOOMS):
            x = low + (high - low) * part
            h = lag(x)
            change = h[:, :-1] * h[:, 1:] < 0.0
            roots += [bisected(lag, x[:, :-1][change], x[:, 1:][change]), x[h == 0.0]]
            size = np.abs(h)
            dip = (size[:, 1:-1] <= size[:, :-2]) & (size[:, 1:-1] <= size[:, 2:])
            dip &= ~change[:, :-1] & ~change[:, 1:]
            low, high = x[:, :-2][dip][:, np.newaxis], x[:, 2:][dip][:, np.newaxis]
        x = np.unique(np.concatenate(roots))
        return x[np.diff(x, prepend=-1.0) > SAME]

    def cycles(self, period):
        """The states of every cycle of that very period, in the order visited from the smallest."""
        x = self.fixed_points(period)
        for divisor in range(1, period):
            if period % divisor == 0:
                x = x[np.abs(self.iterate(x, divisor) - x) > SHORTER]
        after = [int(np.argmin(np.abs(x - image))) for image in self.iterate(x, 1)]
        assert sorted(after) == list(range(x.size))
        found, seen = [], set()
        for first in range(x.size):
            visited = [first]
            while after[visited[-1]] != first:
                visited.append(after[visited[-1]])
            if first not in seen:
                assert len(visited) == period
                found.append(x[visited])
            seen.update(visited)
        return found


def bisected(function, low, high):
    """Where a function changes sign, in each interval."""
    sign = np.sign(function(low))
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        same = np.sign(function(middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return 0.5 * (low + high)


def once_around(w, b, epsilon, x):
    """F(x_i) - x_(i+1) and the multiplier of each step."""
    lags, slopes = [], []
    for here, there in zip(x, [*x[1:], x[0]], strict=True):
        sigma, rest = 1 / (1 + mp.exp(-w * here - b)), 1 / (1 + mp.exp(w * here + b))
        lags.append((1 - epsilon) * here + epsilon * sigma - there)
        slopes.append(1 - epsilon + epsilon * w * sigma * rest)
    return lags, slopes


def refined(w, b, epsilon, x):
    """The cycle next to these states, and its multiplier, by Newton's method in 80 digits."""
    with mp.workdps(80):
        w, b, epsilon = mpf(w), mpf(b), mpf(epsilon)
        x = [mpf(float(each)) for each in x]
        for _ in range(7):
            # e' = mu e + lag along the cycle, and e returns to itself.
            lags, slopes = once_around(w, b, epsilon, x)
            change = mpf(0)
            for lag, slope in zip(lags, slopes, strict=True):
                change = slope * change + lag
            change /= 1 - mp.fprod(slopes)
            for i, (lag, slope) in enumerate(zip(lags, slopes, strict=True)):
                x[i] += change
                change = slope * change + lag
        return x, mp.fprod(slopes)


def where_multiplier(w, epsilon, period, multiplier, x, b):
    """State and b of a cycle with this multiplier, such as 1 at a fold, next to a guess."""
    w, epsilon, period = mpf(w), mpf(epsilon), range(period)

    def lack(x, b):
        points = [x]
        for _ in period:
            sigma = 1 / (1 + mp.exp(-w * points[-1] - b))
            points.append((1 - epsilon) * points[-1] + epsilon * sigma)
        _, slopes = once_around(w, b, epsilon, points[:-1])
        return [points[-1] - x, mp.fprod(slopes) - multiplier]

    return mp.findroot(lack, (mpf(x), mpf(b)))
