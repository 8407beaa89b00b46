"""Networks of N units, a[t] = W_rec phi(a[t-1]) + W_in u[t] + b, by loops over mpmath numbers.

Matrices are lists of rows; digits are those of the caller.  Nothing here imports doya.
"""

from __future__ import annotations

from mpmath import mp, mpf

PHI = {
    "logistic": lambda a: 1 / (1 + mp.exp(-a)),
    "tanh": mp.tanh,
}
SLOPE = {
    "logistic": lambda a: 1 / (2 + mp.exp(a) + mp.exp(-a)),
    "tanh": lambda a: 1 / mp.cosh(a) ** 2,
}


def numbers(array):
    """An array of doubles as lists of mpmath numbers."""
    if isinstance(array, list):
        return [numbers(each) for each in array]
    return mpf(array)


def simulate(weights, input_weights, b, a, inputs, activation):
    """a[0] to a[T]; inputs holds a row for each step, which may be empty."""
    states = [a]
    for u in inputs:
        phi = [PHI[activation](each) for each in states[-1]]
        states.append(
            [
                mp.fdot(row, phi) + mp.fdot(gains, u) + bias
                for row, gains, bias in zip(weights, input_weights, b, strict=True)
            ]
        )
    return states


def loss(parameters, target, inputs, activation):
    """Sum of (target - phi(a[T]))**2; parameters are W_rec, W_in, b and a0."""
    last = simulate(*parameters, inputs, activation)[-1]
    return sum((aim - PHI[activation](a)) ** 2 for aim, a in zip(target, last, strict=True))


def slope_along(parameters, target, inputs, direction, activation):
    """The loss's derivative along a direction in all parameters, by central differences."""
    step = mpf(10) ** -13

    def moved(value, by, sign):
        if isinstance(value, list):
            return [moved(*pair, sign) for pair in zip(value, by, strict=True)]
        return value + sign * step * by

    ends = [
        loss([moved(*pair, sign) for pair in zip(parameters, direction, strict=True)],
             target, inputs, activation)
        for sign in (1, -1)
    ]  # fmt: skip
    return (ends[0] - ends[1]) / (2 * step)


def log10_singular_values(factors, rank=None):
    """Of the product of matrices, given as lists of rows, those above 0; in enough digits."""
    rank, digits = len(factors[0]) if rank is None else rank, 60
    while True:
        with mp.workdps(digits):
            product = mp.matrix(factors[0])
            for factor in factors[1:]:
                product = product * mp.matrix(factor)
            values = sorted(mp.svd_r(product, compute_uv=False), reverse=True)[:rank]
            if values[-1] > values[0] * mpf(10) ** (30 - digits):
                return [float(mp.log10(value)) for value in values]
        digits *= 3
