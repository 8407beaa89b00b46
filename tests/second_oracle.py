"""Second derivatives of x(T) of the flow and of the map, in mpmath's numbers; doya is not imported.

The flow by Taylor series of its variational equations to second order, the map by its recursion
and products of jets.  Derivatives are keyed by pairs of "x0", "b", "w", for the map "epsilon" too.
"""

from itertools import combinations_with_replacement

from mpmath import mp, mpf

ORDER, DIGITS = 26, 34
NAMES = "x0", "b", "w"
PAIRS = tuple(combinations_with_replacement(range(3), 2))


def product(one, other, n):
    """The n-th coefficient of a product of series."""
    return mp.fdot(zip(one[: n + 1], reversed(other[: n + 1]), strict=True))


def horner(row, at):
    """The polynomial of these coefficients."""
    value = mpf(0)
    for coefficient in reversed(row):
        value = value * at + coefficient
    return value


class Series:
    """Taylor coefficients of x, its three first and its six second derivatives."""

    def __init__(self, w, b, drive, x, first, second, step):
        z = w * x + b
        s = 1 / (1 + mp.exp(-z))
        x, level = [x], [s]
        slope = [s / (1 + mp.exp(z))]  # sigma'
        tilt = [1 - 2 * s]
        turn = [slope[0] * tilt[0]]  # sigma''
        first, second = [[value] for value in first], [[value] for value in second]
        change = [w * slope[0] - 1]  # f'
        ones = {0: [mpf(0)], 1: [slope[0]], 2: [slope[0] * x[0]]}  # f_p
        # dz/dp = w s_p + z_p, where z_b = 1 and z_w = x: d2f/dpdq has sigma'' dz/dp dz/dq.
        lean = [[w * row[0] + (0, 1, x[0])[k]] for k, row in enumerate(first)]
        crosses = {pair: [] for pair in PAIRS}
        for n in range(ORDER):
            scale = step / (n + 1)
            next_second = []
            for (p, q), row in zip(PAIRS, second, strict=True):
                cross = crosses[p, q]
                cross.append(product(lean[p], lean[q], n))
                value = product(change, row, n) + product(turn, cross, n)
                # d2z/dpdq has s_q for p = w, beside w d2x/dpdq.
                for one, other in ((p, q), (q, p)):
                    if one == 2:
                        value += product(slope, first[other], n)
                next_second.append(value * scale)
            next_first = [
                (product(change, row, n) + ones[k][n]) * scale for k, row in enumerate(first)
            ]
            x.append((level[n] - x[n] + (drive if n == 0 else 0)) * scale)
            for row, value in zip([*first, *second], [*next_first, *next_second], strict=True):
                row.append(value)
            moved = [w * (k + 1) * x[k + 1] for k in range(n + 1)]
            level.append(product(slope, moved, n) / (n + 1))
            tilt.append(-2 * level[-1])
            slope.append(level[-1] - product(level, level, n + 1))
            turn.append(product(slope, tilt, n + 1))
            change.append(w * slope[-1])
            ones[0].append(mpf(0))
            ones[1].append(slope[-1])
            ones[2].append(product(slope, x, n + 1))
            for k, row in enumerate(lean):
                row.append(w * first[k][-1] + (x[-1] if k == 2 else 0))
        self.rows = [x, *first, *second]

    def reach(self, digits):
        """The fraction of the step that the last two coefficients allow."""
        fraction = mpf(1)
        for k, row in enumerate(self.rows):
            size = abs(row[0]) + abs(row[1]) + (1 if k == 0 else 0)
            for n in (ORDER, ORDER - 1):
                if row[n] != 0 and size != 0:
                    allowed = size * mpf(10) ** -digits / abs(row[n])
                    fraction = min(fraction, allowed ** (mpf(1) / n))
        return fraction

    def at(self, fraction):
        return [horner(row, fraction) for row in self.rows]


def flow(w, b, x0, pieces, digits=23):
    """Return x(T), the first and the second derivatives; pieces are (duration, w' u)."""
    with mp.workdps(DIGITS):
        w, b, x = mpf(w), mpf(b), mpf(x0)
        first, second = [mpf(1), mpf(0), mpf(0)], [mpf(0)] * 6
        for duration, drive in pieces:
            left = mpf(duration)
            step = 1 / (1 + abs(w) / 4)
            while left > 0:
                step = min(step, left)
                series = Series(w, b, mpf(drive), x, first, second, step)
                fraction = series.reach(digits)
                x, *rows = series.at(fraction)
                first, second = rows[:3], rows[3:]
                left -= step * fraction
                step *= 2 if fraction == 1 else fraction * mpf("1.3")
        named = {(NAMES[p], NAMES[q]): second[k] for k, (p, q) in enumerate(PAIRS)}
        return x, dict(zip(NAMES, first, strict=True)), named


def iterate(w, b, epsilon, x0, drives):
    """Return x, the first and the second derivatives of the map after a step for each w' u."""
    names = (*NAMES, "epsilon")
    pairs = list(combinations_with_replacement(range(4), 2))
    w, b, epsilon, x = mpf(w), mpf(b), mpf(epsilon), mpf(x0)
    first, second = [mpf(1), mpf(0), mpf(0), mpf(0)], dict.fromkeys(pairs, mpf(0))
    for drive in drives:
        z = w * x + b
        s = 1 / (1 + mp.exp(-z))
        slope = s / (1 + mp.exp(z))
        turn = slope * (1 - 2 * s)
        g = s - x + mpf(drive)
        lean = [w * value + (0, 1, x, 0)[k] for k, value in enumerate(first)]
        rise = [slope * tilt - value for tilt, value in zip(lean, first, strict=True)]
        bent = {}
        for p, q in pairs:
            both = w * second[p, q] + (first[q] if p == 2 else 0) + (first[p] if q == 2 else 0)
            change = turn * lean[p] * lean[q] + slope * both - second[p, q]
            bent[p, q] = second[p, q] + epsilon * change
            bent[p, q] += (rise[q] if p == 3 else 0) + (rise[p] if q == 3 else 0)
        first = [value + epsilon * change for value, change in zip(first, rise, strict=True)]
        first[3] += g
        x, second = x + epsilon * g, bent
    named = {(names[p], names[q]): value for (p, q), value in second.items()}
    return x, dict(zip(names, first, strict=True)), named
