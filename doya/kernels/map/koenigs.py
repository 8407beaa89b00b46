"""Koenigs' closed form of the map near a stable fixed point, one neuron, with derivatives.

Once x is near x*, the remaining n steps are taken at once.  Koenigs' function psi(d) of
d = x - x*, for which psi(F(d)) = mu psi(d), where F(d) = mu d + a2 d**2 + a3 d**3 + ..., is

    psi = d / (1 - c d - e d**2) + k d**4 + ...
    c = a2 / (mu - mu**2),  e = (a3 + 2 mu a2 c) / (mu - mu**3) - c**2

This quotient suits folds: c is large there, e and k much less than c**2 and c**3.  Then x[T] is
x* + d' with psi(d') = mu**n psi(d), and its derivatives S, in units of eps, follow by the chain
rule: those of x*, mu and c by the parameter, and that of d' by d times S - S* before.
"""

from __future__ import annotations

import math

from doya.kernels.numbers.exponential import LOG2_E, ROUNDER, SCALE, times_power_of_two

# |mu| below this counts as this.
LEAST_MU = 1e-200
# The terms that are left out, relative to those of the answer.
TOLERANCE = 1e-15
# Of `halves`.
ODD_1, ODD_3, ODD_5 = (
    SCALE * 0.34657359027997265, SCALE * 0.004624841600139985, SCALE * 5.287087419082868e-06
)  # fmt: skip
EVEN_2, EVEN_4 = SCALE * 0.053382223242687024, SCALE * 0.00022893365865606465


def halves(size: float) -> tuple[float, float]:
    """sigma(|z|) and sigma(-|z|), where size is |z| / ln 2, up to 1080.

    With |z| = (f - k) ln 2, |f| <= 1/2, e**-|z| is 2**k (1 - t) / (1 + t), t = tanh(f ln 2 / 2).
    t is odd / even, the best such quotient, by Remez's algorithm: off by 5e-18 of t.  Both stand
    here times SCALE, as in `odds`.
    """
    rounded = ROUNDER - size
    f = size + (rounded - ROUNDER)
    ff = f * f
    odd = f * (ODD_1 + ff * (ODD_3 + ff * ODD_5))
    even = SCALE + ff * (EVEN_2 + ff * EVEN_4)
    large, small = even + odd, times_power_of_two(even - odd, rounded)
    over = 1.0 / (large + small)
    return large * over, small * over


def sides(z: float) -> tuple[float, float]:
    """sigma(z) and sigma(-z), |z| < 700, as if z was rounded twice; faster than `levels`."""
    large, small = halves(abs(z) * LOG2_E)
    return (large if z > 0.0 else small), (small if z > 0.0 else large)


def inverse(p: float) -> float:
    """1 / p; of 0, which no lane that is ready has, 1."""
    return 1.0 / (p if p != 0.0 else 1.0)


def away(
    epsilon: float, steep: float, w: float, given: float, x: float, level: float, rest: float
) -> float:
    """x* - x up to the fifth power of its size: the series of Newton's step, reverted."""
    slope = level * rest
    bend = rest - level
    m = steep * slope
    over = inverse(epsilon - m)
    step = (epsilon * ((level - x) + given)) * over
    h = w * step
    p = m * over * h
    b2, b3 = 0.5 * (p * bend), p * h * ((1.0 - 6.0 * slope) * (1.0 / 6.0))
    b4 = p * (h * h) * (bend * (1.0 - 12.0 * slope) * (1.0 / 24.0))
    return step * (1.0 + (b2 + (b3 + 2.0 * (b2 * b2)) + (b4 + 5.0 * b2 * (b3 + b2 * b2))))


def level_at(
    epsilon: float, steep: float, w: float, b: float, given: float, point: float
) -> tuple[float, float, float]:
    """x* - point, and sigma(z) and sigma(-z) at x*, from a point that `away` has led near it."""
    near, far = sides(w * point + b)
    more = away(epsilon, steep, w, given, point, near, far)
    h, slope = w * more, near * far
    sharp = (1.0 - 6.0 * slope) * (1.0 / 6.0)
    rise = slope * (h * (1.0 + h * (0.5 * (far - near) + h * sharp)))
    return more, near + rise, far - rise


def approach(
    keep: float, epsilon: float, steep: float, w: float, given: float, x: float, level: float,
    rest: float,
) -> tuple[float, float]:  # fmt: skip
    """Newton's step to x*, and a bound on |mu| at x and x*; infinite where x* is not near.

    With y the change of z over the step, and as |sigma''| <= sigma', which grows by no more than
    e**(1.2 y) < 1 + 2 y over 1.2 steps, Kantorovich's theorem gives x* so near, and `away`, taken
    twice, reaches it to rounding.
    """
    slope = level * rest
    m = steep * slope
    pull = epsilon - m
    step = (epsilon * ((level - x) + given)) / (pull if pull > 0.0 else 1.0)
    h = w * step
    y = abs(h)
    bent = abs(m) * y
    near = (pull > 0.0) & (y <= 0.7) & (bent * (1.0 + 2.0 * y) <= 0.2 * pull)
    rate = abs(keep + m * (1.0 + (rest - level) * h)) + bent * (0.15 + 0.75 * y)
    return step, max(rate, abs(keep + m)) if near else math.inf


def ready(
    keep: float, epsilon: float, steep: float, w: float, x: float, s_b: float, s_w: float,
    level: float, rest: float, step: float, rate: float, power: float, left: float,
) -> bool:  # fmt: skip
    """Return whether the terms that psi leaves out are below TOLERANCE; power bounds |mu|**left.

    In z, psi leaves out k y**4, and its derivatives D y**3 by a shift of z, and O y**3 by w beside
    that.  With m = eps w sigma', a = |m| / |mu - mu**2| and q = (1 - eps) / |mu|, for m > 0
        |k| <= a (1 + a) (1 + 5 q) / 144,  |D|, |O| <= 13 times that,
    and for m < 0 they are less than 4 (1 + a) times these bounds: so on three million maps, scanned
    over mu, 1 - eps and sigma; some reach them.  The answer, S = S* + mu**n (S - S*) +
    ..., has psi in 4 k y**3 mu**n (S - S*), and in n mu**(n-1) dmu psi.
    """
    slope = level * rest
    m = steep * slope
    size, pull, y, h = abs(m), epsilon - m, abs(w * step), abs(step)
    low, gap = max(2.0 * abs(keep + m) - rate, LEAST_MU), 1.0 - rate
    j = 1.0 / (low * (gap if gap > 0.0 else 1.0))
    a = size * j
    lost = (1.0 + a) * j * (1.0 + 5.0 * (keep * (j * gap))) * (1.0 / 144.0)
    lost = (y * y) * power * (lost * (1.0 if m > 0.0 else 4.0 * (1.0 + a)))
    often = 16.0 + left * (a * gap) * y
    common = y * (4.0 * size + epsilon * often)
    old, old_w = abs(s_b) * pull, abs(s_w) * pull
    off = lost * (y * (4.0 * size * old) + slope * common)
    off_w = (abs(x) + level) * common + (h * pull) * often
    off_w = lost * (y * (4.0 * size * old_w) + slope * off_w)
    return (
        (rate < 1.0)
        & (power <= 0.75)
        & (left * power <= 100.0)
        & (off <= TOLERANCE * (slope + power * old))
        & (off_w <= TOLERANCE * (slope * level + power * old_w))
        & (lost * y * size * h <= TOLERANCE * level)
    )


def rest_of_the_way(
    keep: float, epsilon: float, steep: float, w: float, x: float, s_b: float, s_w: float,
    point: float, level: float, rest: float, fade: float, left: float,
) -> tuple[float, float, float]:  # fmt: skip
    """x, S_b and S_w after the steps that are left; x* and its sigma(z), sigma(-z); mu**left."""
    slope, bend = level * rest, rest - level
    m = steep * slope
    pull, mu = epsilon - m, multiplier(keep, m)
    both = inverse(mu * pull * (1.0 + mu))
    j = both * (1.0 + mu)
    sharp = 1.0 - 6.0 * slope
    c = 0.5 * w * m * bend * j
    e = (w * m * (w * sharp * (1.0 / 6.0) + mu * bend * c)) * both - c * c
    # mu is rounded, and pull not.
    fade = fade * (1.0 + left * ((1.0 - mu) - pull) * (pull * j)) if mu > 0.5 else fade

    d = x - point
    q, faded = 1.0 - d * (c + e * d), fade * d
    over = q + c * faded
    one = inverse(q * over)  # as a division takes as long as ten products
    under = one * over
    psi, y = d * under, faded * under
    last = faded * (one * q)
    curl = e * (last * last)
    last = last * (1.0 - curl * (1.0 - curl * (2.0 - 5.0 * curl)))
    q = 1.0 - last * (c + e * last)
    curl = e * (last * last)
    back = (q * q) * (1.0 - curl * (1.0 - curl * (1.0 - curl)))
    gain = fade * (1.0 + e * (d * d)) * (under * under) * back

    own = y * back
    rise = psi * (1.0 - fade) * j
    turn = c * (1.0 - 2.0 * mu)
    settled = slope * (mu * j)
    more = settled * (1.0 - gain)
    more += own * (m * (left * bend * j + rise * (mu * j) * (0.5 * w * sharp - turn * bend)))
    more_w = own * (slope * (left * (pull * j) + rise * (w * bend - turn)))
    return point + last, more + gain * s_b, point * more + (gain * s_w + more_w)


def multiplier(keep: float, m: float) -> float:
    """mu, or LEAST_MU for less."""
    mu = keep + m
    return mu if abs(mu) > LEAST_MU else LEAST_MU
