"""The error surface of Pascanu, Mikolov and Bengio (2013), Fig. 6.

A million cells of w and b, 50 steps of the map with epsilon = 1, with the gradient of the loss.
"""

import numpy as np
from mpmath import mpf

import map_oracle

W, B = np.linspace(4.5, 5.5, 1000), np.linspace(-2.9, -1.9, 1000)
X0, STEPS, TARGET = float(1.0 / (1.0 + np.exp(-0.5))), 50, 0.7
CHECKED = tuple(np.random.default_rng(2026).integers(0, 1000, (2, 40)))


def exact():
    """The loss, and its derivatives by w and b, of the checked cells."""
    cells = []
    for w, b in zip(W[CHECKED[0]].tolist(), B[CHECKED[1]].tolist(), strict=True):
        found = map_oracle.derivatives(w, b, 1, 0, X0, [0] * STEPS)
        error = found.x - mpf(TARGET)
        cells.append((error**2, 2 * error * found.by_w, 2 * error * found.by_b))
    return list(zip(*cells, strict=True))
