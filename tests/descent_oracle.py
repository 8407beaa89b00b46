"""A descent of the map on sequences with targets, by loops over numbers; it shares no code."""

import math


def loss_and_gradient(w, b, sequences):
    """The mean loss of (start, inputs, targets) and its derivatives; a target may be None."""
    loss = by_w = by_b = 0.0
    for x, inputs, targets in sequences:
        xw = xb = 0.0
        for u, target in zip(inputs, targets, strict=True):
            s = 1.0 / (1.0 + math.exp(-(w * x + b)))
            slope = s * (1.0 - s)
            xw, xb = slope * (x + w * xw), slope * (1.0 + w * xb)
            x = s + u
            if target is not None:
                loss += (x - target) ** 2
                by_w += 2.0 * (x - target) * xw
                by_b += 2.0 * (x - target) * xb
    size = len(sequences)
    return loss / size, by_w / size, by_b / size


def descend(w, b, sequences, rate, steps):
    """The w, the b and the loss before and after each step, in three lists."""
    path = []
    for _ in range(steps + 1):
        loss, by_w, by_b = loss_and_gradient(w, b, sequences)
        path.append((w, b, loss))
        w, b = w - rate * by_w, b - rate * by_b
    return tuple(map(list, zip(*path, strict=True)))


def memory(pulse, targets, steps):
    """The sequences that set and reset one bit with a pulse, from 1/2."""
    return [
        (0.5, [sign * pulse] + [0.0] * (steps - 1), [None] * (steps - 1) + [target])
        for sign, target in zip((1.0, -1.0), targets, strict=True)
    ]
