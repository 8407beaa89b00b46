"""The flow from a start beside its unstable equilibrium, to about 13 digits; doya is not imported.

The equilibria are found with 160 digits, so that the start's distance e from the unstable one, r,
is exact to a double.  With the attractor a on that side, x = r + (a - r) p and p = 1/(1 + e**-q),
the time is the integral of (a - r) p (1 - p) / f dq, which is smooth and of the order of 1 in q:
16 Gauss nodes on each half.
"""

from __future__ import annotations

import math

import numpy as np
from mpmath import mp, mpf

DIGITS = 160
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def newton(w, b, z):
    for _ in range(80):
        x = sigma(z)
        step = (z - w * x - b) / (1 - w * x * (1 - x))
        z -= step
        if abs(step) < mpf(10) ** (20 - DIGITS) * abs(z):
            break
    return z


def unstable(w, b):
    """z of the equilibrium between the folds, by bisection; None if there is none."""
    with mp.workdps(DIGITS):
        w, b = mpf(w), mpf(b)
        high = 2 * mp.atanh(mp.sqrt(1 - 4 / w))
        low = -high
        if not low - w * sigma(low) - b > 0 > high - w * sigma(high) - b:
            return None
        for _ in range(60):
            middle = (low + high) / 2
            rises = middle - w * sigma(middle) - b > 0
            low, high = (middle, high) if rises else (low, middle)
        return newton(w, b, (low + high) / 2)


def attractor(w, b, upper):
    """z of the outer equilibrium; Newton's iterates fall to it from outside."""
    w, b = mpf(w), mpf(b)
    fold = mpf("1.0000001") * 2 * mp.atanh(mp.sqrt(1 - 4 / w))
    return newton(w, b, max(w + b, fold) if upper else min(b, -fold))


def logistic(z):
    return np.where(z > 0, 1.0, np.exp(-np.abs(z))) / (1 + np.exp(-np.abs(z)))


def rate(e, w, z):
    """f at the distance e from an equilibrium of pre-activation z."""
    p = z + w * e
    high, low = np.maximum(p, z), np.minimum(p, z)
    return -np.sign(w * e) * logistic(high) * logistic(-low) * np.expm1(-np.abs(w * e)) - e


def flow(w, b, x0, time, z):
    """x(T), ln dx(T)/dx0, ln dx(T)/db and the ratio of the derivatives by w and b.

    z is that of the unstable equilibrium.  The derivatives are NaN where the state has arrived.
    """
    with mp.workdps(DIGITS):
        root = sigma(z)
        e = mpf(x0) - root
        zt = attractor(w, b, e > 0)
        target = sigma(zt)
        p = e / (target - root)
        if p >= 1:
            return float(target + (mpf(x0) - target) * mp.exp(-time)), math.nan, math.nan, math.nan
        start = float(mp.log(p / (1 - p)))
        z, zt, span, root, target = map(float, (z, zt, target - root, root, target))

    def parts(q):
        """x, z, dx/dq, f."""
        p, rest = 1 / (1 + np.exp(-q)), 1 / (1 + np.exp(q))
        near = p < 0.5
        f = np.where(near, rate(span * p, w, z), rate(-span * rest, w, zt))
        x = np.where(near, root + span * p, target - span * rest)
        return x, np.where(near, z + w * span * p, zt - w * span * rest), span * p * rest, f

    def integral(of, begin, end):
        middle, half = 0.5 * (end + begin), 0.5 * (end - begin)
        return (of(middle[:, np.newaxis] + half[:, np.newaxis] * NODES) * WEIGHTS).sum(1) * half

    def pace(q):
        _, _, dx, f = parts(q)
        return dx / f

    edges = start + 0.5 * np.arange(2 * (int(abs(start)) + 45))
    passed = np.concatenate([[0.0], np.cumsum(integral(pace, edges[:-1], edges[1:]))])
    k = int(np.searchsorted(passed, time))
    if k == len(passed):
        return target, math.nan, math.nan, math.nan
    begin = edges[k - 1 : k]
    q = begin + (time - passed[k - 1]) / pace(begin)
    for _ in range(50):
        step = (time - passed[k - 1] - integral(pace, begin, q)) / pace(q)
        q = q + step
        if abs(step) < 1e-15 * max(1.0, abs(q)):
            break
    ends = np.append(edges[:k], q)

    def source(q):
        _, at, dx, f = parts(q)
        return dx / f / f * logistic(at) * logistic(-at)

    by_b = integral(source, ends[:-1], ends[1:]).sum()
    by_w = integral(lambda q: source(q) * parts(q)[0], ends[:-1], ends[1:]).sum()
    x, _, _, last = parts(q)
    first = parts(np.array([start]))[3]
    log_gain = math.log(last[0] / first[0])
    log_b = math.log(abs(last[0])) + math.log(abs(by_b)) if by_b else -math.inf
    return float(x[0]), log_gain, log_b, by_w / by_b if by_b else math.nan


def case(rng, largest):
    """w from 10, b, x0 within 3 ulp of the unstable equilibrium, T, and its z."""
    while True:
        w = 10.0 ** rng.uniform(1.0, largest)
        high = 2.0 * math.acosh(0.5 * math.sqrt(w))
        z = rng.uniform(-high, high) if rng.uniform() < 0.3 else rng.normal(0.0, 1.5)
        with mp.workdps(DIGITS):
            z = mpf(float(np.clip(z, -0.98 * high, 0.98 * high)))
            b = float(z - mpf(w) * sigma(z))
            z = unstable(w, b)
            if z is None:
                continue
            x0 = float(sigma(z))
            eigenvalue = float(mpf(w) * sigma(z) * sigma(-z) - 1)
        ulps = int(rng.integers(-3, 4))
        for _ in range(abs(ulps)):
            x0 = math.nextafter(x0, math.copysign(math.inf, ulps))
        time = (
            10.0 ** rng.uniform(-3, 3) if rng.uniform() < 0.5 else rng.uniform(0, 80) / eigenvalue
        )
        return w, b, x0, time, z
