"""Descents of one neuron from many starts: how many, and their losses at the start in 40 digits."""

import numpy as np
from mpmath import mp, mpf

MAPS, FLOWS = 100_000, 1_000
W, X0, END, TARGET, RATE, STEPS = 5.0, 0.5, 50, 0.855, 0.5, 100
B = np.random.default_rng(0).uniform(-2.7, -2.0, MAPS)
CHECKED = 20


def first_losses():
    """The loss of maps at the start of the descents that are checked."""
    with mp.workdps(40):
        losses = []
        for b in B[:CHECKED]:
            x = mpf(X0)
            for _ in range(END):
                x = 1 / (1 + mp.exp(-(W * x + mpf(b))))
            losses.append(float((x - mpf(TARGET)) ** 2))
    return np.array(losses)
