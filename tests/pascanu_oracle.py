"""Pascanu's neuron and gradient descent on its error, step by step; imports nothing from doya."""

import math

import numpy as np


def logistic(a):
    return 1.0 / (1.0 + math.exp(-a))


def error_and_slopes(w, b):
    """E = (sigma(a(50)) - 0.7)**2, dE/dw and dE/db."""
    a, by_w, by_b = 0.5, 0.0, 0.0
    for _ in range(50):
        x = logistic(a)
        slope = x * (1.0 - x)
        a, by_w, by_b = w * x + b, x + w * slope * by_w, 1.0 + w * slope * by_b
    x = logistic(a)
    pull = 2.0 * (x - 0.7) * x * (1.0 - x)
    return (x - 0.7) ** 2, pull * by_w, pull * by_b


def descent(w, b, rate, steps, clip=math.inf):
    """w, b and E, a row a point."""
    rows = []
    for _ in range(steps + 1):
        error, *slopes = error_and_slopes(w, b)
        rows.append((w, b, error))
        size = math.hypot(*slopes)
        share = clip / size if size > clip else 1.0
        w, b = w - rate * share * slopes[0], b - rate * share * slopes[1]
    return np.array(rows)
