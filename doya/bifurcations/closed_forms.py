"""Closed forms of bifurcation values, computed with 50 digits or more and rounded once.

With doubles, the two terms of a value may nearly cancel, and e**z multiplies the rounding error of
z, so that digits are lost.  Here each value is that of the given doubles, correct to the last bit.
One value costs as much as about 100 calls of `math.exp`; values that a kernel computes a million
times are computed in `doya.kernels.equilibria`.

All points lie on w sigma'(z) = kappa: kappa = 1 for folds, 1 - 2/epsilon for flips.
"""

from __future__ import annotations

import decimal
import functools
import math
from decimal import Decimal
from typing import NamedTuple

# For terms below 1e10 cancellation is not known to cost more than 30 of these digits.
DIGITS = decimal.Context(prec=50, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
# Enough digits for a sum of a double and a product of three doubles.
EVERY_DIGIT = decimal.Context(prec=4000, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
# Digits before the point that DIGITS allow for; terms that have more may cancel to a few.
BEFORE_THE_POINT = 10
# kappa of the folds.
FOLD = Decimal(1)
ONE, TWO = Decimal(1), Decimal(2)
# After a relative Newton step this small, the error is about its square.
SETTLED = Decimal("1e-14")
# |z| beyond which abs(w) sigma'(z) is below 1 for every w.
FAR = Decimal(250)
# A larger abs(z) has abs(w) > e**700 kappa, larger than any weight; w is then infinite.
FARTHEST = 700.0


class TangentPoint(NamedTuple):
    """A point of a fold or flip curve: w, b and the equilibrium x = sigma(z)."""

    w: float
    b: float
    z: float
    x: float


class ExactPoint(NamedTuple):
    """The same to 50 digits."""

    w: Decimal
    b: Decimal
    z: Decimal
    x: Decimal

    def rounded(self) -> TangentPoint:
        """Return the point in doubles."""
        return TangentPoint(*map(float, self))


def digits_for(*terms: float | Decimal) -> decimal.Context:
    """Return a context in which terms of any size may cancel: DIGITS, or more digits."""
    most = max(Decimal(term).adjusted() for term in terms)
    return DIGITS if most <= BEFORE_THE_POINT else _with_digits(DIGITS.prec + most)


@functools.lru_cache
def _with_digits(digits: int) -> decimal.Context:
    return decimal.Context(prec=digits, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)


def exact_bias(w: float, b: float, input_weight: float, u: float) -> Decimal:
    """Return b + w w' u of the given doubles, without rounding."""
    with decimal.localcontext(EVERY_DIGIT):
        return Decimal(b) + Decimal(w) * Decimal(input_weight) * Decimal(u)


def flip_level(epsilon: float) -> Decimal:
    """Return kappa = 1 - 2/epsilon."""
    with decimal.localcontext(digits_for(1.0 / epsilon)):
        return ONE - TWO / Decimal(epsilon)


def points_at_weight(w: float | Decimal, kappa: Decimal) -> list[ExactPoint]:
    """Return the points with w sigma'(z) = kappa at this w by ascending z.

    There are two points; one at the tip w = 4 kappa; none where abs(w) < 4 abs(kappa), or where w
    and kappa differ in sign.
    """
    with decimal.localcontext(digits_for(w)):
        weight = Decimal(w)
        if (weight - 4 * kappa) * kappa < 0:
            return []
        s = ((weight - 4 * kappa) / weight).sqrt()
        if s == 0:
            return [ExactPoint(weight, -weight / TWO, Decimal(0), ONE / TWO)]
        z = (ONE + s * (ONE + s) * weight / (2 * kappa)).ln()
        level = 2 * kappa / (ONE + s)
        b, x = -z - level, level / weight
        return [ExactPoint(weight, b, -z, x), ExactPoint(weight, -weight - b, z, ONE - x)]


def tangencies_at_bias(b: float, kappa: Decimal) -> list[TangentPoint]:
    """Return the points with w sigma'(z) = kappa at this b, by ascending z.

    They solve z - kappa e**z = b + kappa.  With Lambert's W the solution is
    z = b + kappa - W(-kappa e**(b + kappa)).  For kappa = 1 there are two points if b < -2, one if
    b = -2 (the cusp), and none otherwise; for kappa < 0 there is one.
    """
    with decimal.localcontext(DIGITS):
        constant = Decimal(b) + kappa
        starts = fold_guesses(b) if kappa > 0 else [_flip_guess(float(kappa), float(constant))]
        return [_tangency(b, kappa, constant, z) for z in starts]


def fold_weight(b: float, upper: bool) -> float:
    """Return w of the fold with x > 1/2 (upper) or with x < 1/2, for b < -2."""
    with decimal.localcontext(DIGITS):
        return _tangency(b, FOLD, Decimal(b) + FOLD, fold_guesses(b)[upper]).w


def _tangency(b: float, kappa: Decimal, constant: Decimal, guess: float) -> TangentPoint:
    """Solve z - kappa e**z = constant by Newton's method from the guess; return the point."""
    if abs(guess) > FARTHEST:
        return TangentPoint(math.copysign(math.inf, kappa), b, guess, 1.0 if guess > 0.0 else 0.0)
    if guess == 0.0 and constant == -kappa:
        return TangentPoint(float(4 * kappa), b, 0.0, 0.5)
    z = Decimal(guess)
    step, e = ONE, ONE
    while abs(step) > SETTLED * abs(z):
        e = z.exp()
        step = (z - kappa * e - constant) / (ONE - kappa * e)
        z -= step
    e *= ONE - step + step * step / 2
    w, x = kappa * (ONE + e) * (ONE + ONE / e), e / (ONE + e)
    return TangentPoint(float(w), b, float(z), float(x))


def fold_guesses(b: float) -> list[float]:
    """Return z of the folds at this b as doubles, ascending; none if b > -2, beyond the cusp.

    The equation solved is z - expm1(z) = b + 2, which loses no digits near the cusp.
    """
    target = b + 2.0

    def newton(z: float) -> float:
        # The function is convex or concave between start and root, so the iterates approach from
        # one side until rounding reverses a step.
        last = 0.0
        while True:
            residual = z - math.expm1(z) - target
            step = residual / (1.0 - math.exp(z)) if residual != 0.0 else 0.0
            if z - step == z or step * last < 0.0:
                return z
            z, last = z - step, step

    if target > 0.0:
        return []
    if target == 0.0:
        return [0.0]
    near = math.sqrt(-2.0 * target)
    return [newton(target - 1.0), newton(min(near, math.log1p(near - target)))]


def _flip_guess(kappa: float, constant: float) -> float:
    """Solve z - kappa e**z = constant for kappa < 0; with y = z + ln(-kappa), y + e**y = d."""
    shift = math.log(-kappa)
    d = constant + shift
    # The start is to the right of the root, so Newton's iterates decrease towards it.
    y = math.log(d) if d > 1.0 else d
    while True:
        e = math.exp(y)
        step = (y + e - d) / (1.0 + e)
        if not y - step < y:
            return y - shift
        y -= step


def flip_at_step(w: float, b: Decimal, z: float) -> tuple[float, float] | None:
    """Return the step epsilon at which the equilibrium flips, and its flow eigenvalue, for w < 0.

    z is near the pre-activation of the equilibrium.  Return None unless the value
    epsilon = 2 / (1 - w sigma'(z)) is positive and at most 1.
    """
    with decimal.localcontext(digits_for(w, b)):
        weight, bias, exact = Decimal(w), b, Decimal(z)
        if z > 0.0:  # the mirror image has sigma(z) near 0, not 1
            bias, exact = -(weight + bias), -exact
        # z - w sigma(z) - b rises at least as fast as z; beyond FAR there is no flip.
        low, high = -FAR, FAR
        if _off(weight, bias, low)[0] > 0 or _off(weight, bias, high)[0] < 0:
            return None
        exact = min(max(exact, low), high)
        error, fall = _off(weight, bias, exact)
        while abs(error) > SETTLED * fall:
            low, high = (low, exact) if error > 0 else (exact, high)
            exact -= error / fall
            if not low <= exact <= high:
                exact = (low + high) / 2
            error, fall = _off(weight, bias, exact)
        exact -= error / fall
        fall, _ = _fall(weight, exact)
        return (float(TWO / fall), -float(fall)) if fall >= TWO else None


def _off(w: Decimal, b: Decimal, z: Decimal) -> tuple[Decimal, Decimal]:
    """Return how far z is above that of an equilibrium, z - w sigma(z) - b, and its slope."""
    fall, x = _fall(w, z)
    return z - w * x - b, fall


def _fall(w: Decimal, z: Decimal) -> tuple[Decimal, Decimal]:
    """Return 1 - w sigma'(z), and sigma(z)."""
    e = z.exp()
    x = e / (ONE + e)
    return ONE - w * x / (ONE + e), x


def bias_on_curve(z: float, kappa: Decimal, shift: Decimal, lift: Decimal) -> float:
    """Return b = z - kappa (1 + e**z) - w w' u with w = kappa (2 + e**z + e**-z).

    The input w' u is the shift where it is outside sigma.  The lift, w' u inside sigma, is
    subtracted.
    """
    with decimal.localcontext(DIGITS):
        exact = Decimal(z)
        e = exact.exp()
        terms = ONE + 2 * shift + (ONE + shift) * e + shift / e
        return float(exact - kappa * terms - lift)


def fold_bias(w: float, upper: bool, shift: float, lift: float = 0.0) -> float:
    """Return b of the fold with x - shift > 1/2 (upper) or < 1/2 at w > 4.

    The input w' u is the shift where it is outside sigma, or the lift where it is inside.
    """
    given = exact_bias(w, lift, shift, 1.0)
    with decimal.localcontext(digits_for(w, given)):
        return float(points_at_weight(w, FOLD)[upper].b - given)


def bias_through(w: float, x: float, shift: float = 0.0, lift: float = 0.0) -> float:
    """Return b = ln(c / (1 - c)) - w x, for which x is an equilibrium; c = x - w' u.

    The shift is w' u.  Return NaN unless 0 < c < 1.
    """
    given = exact_bias(w, lift, x, 1.0)
    with decimal.localcontext(DIGITS):
        return float(_pre_activation(x, shift) - given)


def weight_through(b: float, x: float, shift: float = 0.0) -> float:
    """Return w = (ln(c / (1 - c)) - b) / x, for which x is an equilibrium; c = x - w' u.

    The shift is w' u.  Return NaN unless 0 < c < 1 and x is not 0.
    """
    with decimal.localcontext(DIGITS):
        exact = _pre_activation(x, shift) - Decimal(b)
        return float(exact / Decimal(x)) if x != 0.0 else math.nan


def resting_start(w: float, b: float, x0: float) -> float:
    """Return x0 - w' u for the input u under which x0 is an equilibrium: sigma(w x0 + b)."""
    return float(_state_at(w, b, x0))


def input_through(w: float, b: float, x: float, input_weight: float, inside: bool) -> float:
    """Return u for which x is an equilibrium.

    u = (x - sigma(w x + b)) / w', or inside sigma u = (ln(x / (1 - x)) - w x - b) / w', NaN there
    unless 0 < x < 1.
    """
    with decimal.localcontext(DIGITS):
        if inside:
            given = _pre_activation(x, 0.0) - exact_bias(w, b, x, 1.0)
        else:
            given = Decimal(x) - _state_at(w, b, x)
        return float(given / Decimal(input_weight))


def fold_input(w: float, b: float, upper: bool, input_weight: float, inside: bool) -> float:
    """Return u of the fold with x - w' u > 1/2 (upper) or < 1/2 at w > 4."""
    with decimal.localcontext(digits_for(w, b)):
        rise = Decimal(input_weight) * (ONE if inside else Decimal(w))
        return float((points_at_weight(w, FOLD)[upper].b - Decimal(b)) / rise)


def _state_at(w: float, b: float, x: float) -> Decimal:
    """Return sigma(w x + b)."""
    with decimal.localcontext(DIGITS):
        z = exact_bias(w, b, x, 1.0)
        if abs(z) > FARTHEST:  # sigma' is then smaller than the inverse of any weight
            return ONE if z > 0 else Decimal(0)
        return ONE / (ONE + (-z).exp())


def _pre_activation(x: float, shift: float) -> Decimal:
    """Return ln(c / (1 - c)) with c = x - shift, or NaN unless 0 < c < 1."""
    c = Decimal(x) - Decimal(shift)
    return (c / (ONE - c)).ln() if 0 < c < 1 else Decimal("NaN")
