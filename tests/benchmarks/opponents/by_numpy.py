"""NumPy on one thread, as one writes it.

In a process of its own each temporary is new memory, which takes longer than the arithmetic.  In
one that has freed larger arrays NumPy is up to 4 times faster; so only a few answers come back.
"""

import numpy as np

from benchmarks.problems import ensemble, plane
from benchmarks.problems import surface as cells


def states(steps, epsilon=1.0):
    """Of the map's ensemble, the checked ones."""
    x = np.full_like(ensemble.B, ensemble.X0)
    for _ in range(steps):
        x = (1.0 - epsilon) * x + epsilon / (1.0 + np.exp(-(ensemble.W * x + ensemble.B)))
    return x[ensemble.CHECKED]


def surface(broadcast, epsilon=1.0):
    """The checked cells of the loss and of its gradient; broadcast w and b spare memory."""
    w, b = np.meshgrid(cells.W, cells.B, indexing="ij", sparse=broadcast)
    x = np.full((cells.W.size, cells.B.size), cells.X0)
    by_w, by_b = np.zeros_like(x), np.zeros_like(x)
    for _ in range(cells.STEPS):
        level = 1.0 / (1.0 + np.exp(-(w * x + b)))
        slope = level * (1.0 - level)
        mu = 1.0 - epsilon + epsilon * w * slope
        by_w = mu * by_w + epsilon * slope * x
        by_b = mu * by_b + epsilon * slope
        x = (1.0 - epsilon) * x + epsilon * level
    error = x - cells.TARGET
    found = error**2, 2.0 * error * by_w, 2.0 * error * by_b
    return np.array([part[cells.CHECKED] for part in found])


def exponents(steps, w=plane.W, b=plane.B, epsilon=plane.EPSILON):
    """Of the plane, or of other cells, the first ones."""
    x, total = np.full_like(w, plane.X0), np.zeros_like(w)
    for _ in range(steps):
        level = 1.0 / (1.0 + np.exp(-(w * x + b)))
        total += np.log(np.abs(1.0 - epsilon + epsilon * w * level * (1.0 - level)))
        x = (1.0 - epsilon) * x + epsilon * level
    return (total / steps)[: plane.CHECKED.size]


def blocked_exponents(steps, w=plane.W, b=plane.B, epsilon=plane.EPSILON, size=4000):
    """In blocks that stay in the cache, in place, with ln of the products of 16 factors."""
    mean = np.empty(w.size)
    for first in range(0, w.size, size):
        part = slice(first, first + size)
        minus_w, minus_b, steep = -w[part], -b[part], epsilon * w[part]
        x, total = np.full(minus_w.size, plane.X0), np.zeros(minus_w.size)
        level, mu, product = np.empty_like(x), np.empty_like(x), np.ones_like(x)
        for step in range(1, steps + 1):
            np.multiply(minus_w, x, out=level)
            level += minus_b
            np.exp(level, out=level)
            level += 1.0
            np.divide(1.0, level, out=level)
            np.subtract(1.0, level, out=mu)
            mu *= level
            mu *= steep
            mu += 1.0 - epsilon
            product *= mu
            x *= 1.0 - epsilon
            level *= epsilon
            x += level
            if step % 16 == 0 or step == steps:
                total += np.log(np.abs(product))
                product.fill(1.0)
        mean[part] = total / steps
    return mean[: plane.CHECKED.size]
