"""Each author's state at T by his own equation, and its derivatives by differences, in 40 digits.

Nothing imports doya.  Maps are loops of the author's equation.  The flows are those of
`flow_oracle`, with the letters converted in 40 digits.
"""

from __future__ import annotations

from mpmath import mp, mpf

import flow_oracle

# Step of the central differences.
STEP = mpf(10) ** -11


def sigma(z):
    return 1 / (1 + mp.exp(-z))


STEPS = {
    "pascanu": lambda s, w, b: w * sigma(s) + b,
    "pasemann": lambda s, gamma, theta, w: gamma * s + theta + w * sigma(s),
    "aihara": lambda s, k, alpha, a, epsilon: k * s - alpha * sigma(s / epsilon) + a,
    "tanh": lambda s, w, h, epsilon: (1 - epsilon) * s + epsilon * (w * mp.tanh(s) + h),
}


def silence(p):
    return sigma(-p["a"] * p["theta"])


# By author: w, b, x of the state s, and s of x.
FLOWS = {
    "beer": (
        lambda p: p["w"],
        lambda p: p["theta"] + p["input"],
        lambda s, p: (s - p["input"]) / p["w"],
        lambda x, p: p["w"] * x + p["input"],
    ),
    "wilson-cowan": (
        lambda p: p["a"] * p["w"],
        lambda p: p["a"] * (p["input"] - p["theta"] - p["w"] * silence(p)),
        lambda s, p: s + silence(p),
        lambda x, p: x - silence(p),
    ),
    "tanh-flow": (
        lambda p: 4 * p["w"],
        lambda p: 2 * (p["h"] - p["w"]),
        lambda s, p: (1 + s) / 2,
        lambda x, p: 2 * x - 1,
    ),
}


READ = {
    "pascanu": lambda x, p: mp.log(x / (1 - x)),
    "pasemann": lambda x, p: (p["w"] * x + p["theta"]) / (1 - p["gamma"]),
    "aihara": lambda x, p: (p["a"] - p["alpha"] * x) / (1 - p["k"]),
    "tanh": lambda x, p: (
        mp.log(x / (1 - x)) / 2 if p["epsilon"] == 1 else p["w"] * (2 * x - 1) + p["h"]
    ),
}


def state_of(author, letters, x):
    """The author's state of Doya's x."""
    mp.dps = 40
    p = {name: mpf(each) for name, each in letters.items()}
    read = READ[author] if author in READ else FLOWS[author][3]
    return read(mpf(x), p)


def state(author, letters, start, end):
    """The author's state after the time or the number of steps `end`."""
    mp.dps = 40  # another module may have changed it
    p = {name: mpf(each) for name, each in letters.items()}
    s = mpf(start)
    if author in STEPS:
        for _ in range(int(end)):
            s = STEPS[author](s, **p)
        return s
    weight, bias, to_x, from_x = FLOWS[author]
    horizon = mpf(end) / p["tau"]
    x = flow_oracle.final_state(weight(p), bias(p), to_x(s, p), horizon)
    mp.dps = 40
    return from_x(x, p)


def derivative(author, letters, start, end, name):
    """The derivative with respect to a letter, or to the start where the name is x0."""
    mp.dps = 40

    def at(step):
        if name == "x0":
            return state(author, letters, mpf(start) + step, end)
        return state(author, {**letters, name: mpf(letters[name]) + step}, start, end)

    return (at(STEP) - at(-STEP)) / (2 * STEP)


def mean_loss(author, letters, starts, times, targets, weights, name=None):
    """The mean over sequences of sum c (s - y)**2, y NaN for none, or its derivative by a letter.

    Rows of targets y and weights c are sequences; the author's state s has them at the times.
    """
    total = mpf(0)
    for start, ys, cs in zip(starts, targets, weights, strict=True):
        for end, y, c in zip(times, ys, cs, strict=True):
            if y == y:
                error = state(author, letters, start, end) - y
                slope = derivative(author, letters, start, end, name) if name else error / 2
                total += 2 * c * error * slope
    return float(total / len(starts))
