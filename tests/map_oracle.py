"""The map x[t+1] = (1-eps) x[t] + eps sigma(w x[t] + b) + eps w' u[t] and all its derivatives.

Plain recursions in floating point of as many bits as it takes: where the map is chaotic errors
grow, and at rest -x + sigma(z) cancels.  Nothing here imports doya.
"""

from __future__ import annotations

from typing import NamedTuple

from mpmath import mp, mpf

ACCURACY = 120  # bits to which each answer is right, relative to itself


class Derivatives(NamedTuple):
    """x(T), and its derivatives; by_inputs holds that by u[t] for t = 0 to T - 1."""

    x: mpf
    by_x0: mpf
    by_b: mpf
    by_w: mpf
    by_epsilon: mpf
    by_inputs: list


def recursion(w, b, epsilon, input_weight, x0, inputs):
    """The derivatives in the current precision, by s' = mu(x) s + source."""
    w, b, epsilon, input_weight, x = map(mpf, (w, b, epsilon, input_weight, x0))
    by_x0, by_b, by_w, by_epsilon, multipliers = mpf(1), mpf(0), mpf(0), mpf(0), []
    for u in inputs:
        rise = mp.exp(w * x + b)
        sigma, slope = rise / (1 + rise), 1 / (2 + rise + 1 / rise)
        mu = 1 - epsilon + epsilon * w * slope
        change = -x + sigma + input_weight * mpf(u)
        by_x0 = mu * by_x0
        by_b = mu * by_b + epsilon * slope
        by_w = mu * by_w + epsilon * slope * x
        by_epsilon = mu * by_epsilon + change
        multipliers.append(mu)
        x = (1 - epsilon) * x + epsilon * sigma + epsilon * input_weight * mpf(u)
    by_inputs, gain = [], epsilon * input_weight
    for mu in reversed(multipliers):
        by_inputs.append(gain)
        gain = gain * mu
    return Derivatives(x, by_x0, by_b, by_w, by_epsilon, by_inputs[::-1])


def agree(coarse, fine, accuracy):
    """Whether every answer is within 2^-accuracy of the finer one."""
    pairs = zip((*coarse[:-1], *coarse[-1]), (*fine[:-1], *fine[-1]), strict=True)
    return all(abs(rough - exact) <= mp.ldexp(abs(exact), -accuracy) for rough, exact in pairs)


def derivatives(w, b, epsilon, input_weight, x0, inputs, accuracy=ACCURACY):
    """The same, with twice the bits until none changes by more than 2^-accuracy of itself."""
    bits, coarse = 2 * accuracy, None
    while True:
        with mp.workprec(bits):
            fine = recursion(w, b, epsilon, input_weight, x0, inputs)
            if coarse and agree(coarse, fine, accuracy):
                return fine
        bits, coarse = 2 * bits, fine
