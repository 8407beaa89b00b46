"""Folds and flips on a line b = alpha + beta w of the parameter plane, none missing.

A weight w that changes under a constant input moves along such a line: the neuron without input has
the bias b + w w' u.  A point with w sigma'(z) = kappa is on the line where G(z) = alpha, with
e = e**z and

    G(z) = z - kappa (1 + 2 beta + (1 + beta) e + beta/e),  w = kappa (2 + e + 1/e),
    e G'(z) = beta kappa + e - kappa (1 + beta) e**2.

The quadratic has at most two positive roots e, so G is monotone on at most three pieces.  Each of
them is searched on its own.
"""

from __future__ import annotations

import decimal
import itertools
import math
from decimal import Decimal

from doya.bifurcations.closed_forms import DIGITS, EVERY_DIGIT, FOLD, ONE, TWO, ExactPoint
from doya.checks import LARGEST

# Beyond this abs(z) a point with kappa = 1 has w > 1e100, and so has each point with kappa <= -1.
FARTHEST = 1.0 + math.log(LARGEST)
# Newton's method ends with a step this small, relative to z or absolute: its error is the square.
SETTLED, SMALL = Decimal("1e-25"), Decimal("1e-35")
# Bisections of a piece in doubles before Newton's method begins.
# Newton steps at most: beside a pitchfork rounding in all digits is larger than SETTLED.
MOST_STEPS = 100
HALVINGS = 60


def points_on_line(alpha: Decimal, beta: Decimal, kappa: Decimal) -> list[ExactPoint]:
    """Return the points of the line with w sigma'(z) = kappa and abs(w) <= 1e100, by ascending z.

    A point in which the line touches the curve is returned once.
    """
    with decimal.localcontext(DIGITS):
        line = Line(alpha, beta, kappa)
        far = Decimal(FARTHEST)
        edges = [-far, *(z for z in line.turns() if abs(z) < far), far]
        found = [z for low, high in itertools.pairwise(edges) for z in line.roots(low, high)]
        return [line.point(z) for z in dict.fromkeys(found)]


class Line:
    """The line b = alpha + beta w, and the level kappa of w sigma'(z)."""

    def __init__(self, alpha: Decimal, beta: Decimal, kappa: Decimal) -> None:
        self.alpha, self.beta, self.kappa = alpha, beta, kappa
        self._doubles = float(alpha), float(beta), float(kappa)

    def turns(self) -> list[Decimal]:
        """Return z at which G turns, ascending: at most two."""
        if self.kappa == FOLD:  # the quadratic is (1 - e)((1 + beta) e + beta)
            levels = [ONE] if not -1 < self.beta < 0 else [ONE, -self.beta / (ONE + self.beta)]
        else:
            levels = _positive_roots(-self.kappa * (ONE + self.beta), self.kappa * self.beta)
        # Zero exactly for e = 1, where the cusp is.
        return sorted({level.ln() for level in levels})

    def roots(self, low: Decimal, high: Decimal) -> list[Decimal]:
        """Return the z at which G = alpha between two points, one at most: G is monotone there."""
        if low < 0 < high and self.excess(Decimal(0))[0] == 0:
            return [Decimal(0)]  # exactly, as at the cusp and at the tip of the flips
        sides = [self.excess(z)[0] for z in (low, high)]
        for z, side in zip((low, high), sides, strict=True):
            if side == 0:
                return [z]
        if (sides[0] < 0) == (sides[1] < 0):
            return []
        return [self._root(low, high, rises=sides[0] < 0)]

    def excess(self, z: Decimal) -> tuple[Decimal, Decimal]:
        """Return G(z) - alpha and G'(z); at z = 0, where the cusp is, without rounding."""
        if z == 0:
            with decimal.localcontext(EVERY_DIGIT):
                return -self.alpha - self.kappa * (TWO + 4 * self.beta), ONE - self.kappa
        e = z.exp()
        rising, falling = (ONE + self.beta) * e, self.beta / e
        terms = ONE + 2 * self.beta + rising + falling
        return z - self.alpha - self.kappa * terms, ONE - self.kappa * (rising - falling)

    def point(self, z: Decimal) -> ExactPoint:
        """Return the point of the line at this z."""
        e = z.exp()
        w = self.kappa * (TWO + e + ONE / e)
        return ExactPoint(w, self.alpha + self.beta * w, z, e / (ONE + e))

    def _root(self, low: Decimal, high: Decimal, rises: bool) -> Decimal:
        """Return the root between two points on either side of it, by Newton's method."""
        z = self._guess(float(low), float(high), rises)
        z = min(max(z, low), high)
        for _ in range(MOST_STEPS):
            value, slope = self.excess(z)
            after = z - value / slope if slope != 0 else low
            if abs(after - z) <= max(SETTLED * abs(z), SMALL):
                return after
            low, high = (z, high) if (value < 0) == rises else (low, z)
            z = after if low < after < high else (low + high) / 2
        return z

    def _guess(self, low: float, high: float, rises: bool) -> Decimal:
        """Return the root by bisection, as far as doubles resolve it."""
        alpha, beta, kappa = self._doubles
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            e = math.exp(middle)
            terms = 1.0 + 2.0 * beta + (1.0 + beta) * e + beta / e
            value = middle - alpha - kappa * terms
            low, high = (middle, high) if (value < 0.0) == rises else (low, middle)
        return Decimal(low)


def _positive_roots(a: Decimal, c: Decimal) -> list[Decimal]:
    """Return the positive roots of a e**2 + e + c, at most two."""
    if a == 0:
        return [-c] * (c < 0)
    square = ONE - 4 * a * c
    if square < 0:
        return []
    part = -(ONE + square.sqrt()) / 2  # does not cancel
    return [e for e in (part / a, c / part) if e > 0]
