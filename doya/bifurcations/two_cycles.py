"""Cycles of period 2 of one map along a parameter, in closed form.

With z = w x + b at the two states, m the middle and h > 0 half the distance of the two z, the
equations of a 2-cycle become

    cosh m + cosh h = -eps w sinh h / (2 (2 - eps) h),
    b = m - w/2 (1 + sinh m / (cosh m + cosh h)),

since sigma(m + h) + sigma(m - h) = 1 + sinh m / (cosh m + cosh h).  So h is the natural parameter
of the family; it is 0 at the flips.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.swept import Swept
from doya.kernels.logistic import sigmoid_slope
from doya.neurons import NeuronMap
from doya.shifts import without_input

# Halvings of an interval as wide as 1e100, down to the last bits of a double.
HALVINGS = 400
# Beyond this m, cosh m is e**m / 2 in a double.
LARGE = 20.0
# Exponents are cut here: the parameter is then far beyond every range.
BEYOND = 400.0
# A positive number that is 0 for the eye.
TINY = 1e-300


class TwoCycles(NamedTuple):
    """A run of 2-cycles along a parameter, from one end of the family to the other.

    Attributes
    ----------
    value : ndarray, shape (n,)
        Values of the parameter, dimensionless.
    low, high : ndarray, shape (n,)
        The two states, dimensionless.
    multiplier : ndarray, shape (n,)
        Product of the derivatives at the two states, dimensionless.
    stable : bool
        Whether all of these cycles attract: abs(multiplier) < 1.
    """

    value: Floats
    low: Floats
    high: Floats
    multiplier: Floats
    stable: bool


def two_cycles(
    neuron: NeuronMap, over: str, between: tuple[float, float], points: int = 400
) -> tuple[TwoCycles, ...]:
    """Return the 2-cycles of one map within a range of b, w or epsilon, by stability."""
    w, b, epsilon = float(neuron.w), float(neuron.b), float(neuron.epsilon)
    steepest = -between[0] if over == "w" else -w
    largest = between[1] if over == "epsilon" else epsilon
    # h coth(h/2) = -eps w / (2 (2 - eps)) where m = 0; this is above h and above 2.
    quotient = 0.5 * steepest * largest / (2.0 - largest)
    if not quotient > 2.0:
        return ()
    h = _inverse(quotient) * np.sin(np.linspace(0.0, 0.5 * np.pi, points + 1)[1:])
    weight, step, bias = np.full(h.size, w), np.full(h.size, epsilon), np.full(h.size, b)
    if over == "b":
        m = _middle(-0.5 * epsilon * w / (2.0 - epsilon), h)
        h, m = np.append(h, h[-2::-1]), np.append(-m, m[-2::-1])
        weight, step = np.full(h.size, w), np.full(h.size, epsilon)
        value = bias = m - 0.5 * w * (1.0 + _ratio(m, h))
    elif over == "w":
        scale = 2.0 * (2.0 - epsilon) / epsilon

        def term(m: Floats) -> Floats:
            return np.asarray(0.5 * scale * (_sum(m, h) + _difference(m, h)))

        start = np.minimum(b, h)
        m = _root(lambda m: m + term(m) - b, start - term(start), np.full(h.size, b))
        value = weight = -scale * _sum(m, h)
    else:

        def above(m: Floats) -> Any:
            return m - 0.5 * w * (1.0 + _ratio(m, h)) - b

        m = _root(above, np.full(h.size, b + w), np.full(h.size, b))
        part = -2.0 * _sum(m, h) / w  # eps / (2 - eps)
        value = step = 2.0 * part / (1.0 + part)
    low, high = (m + h - bias) / weight, (m - h - bias) / weight
    slopes = [1.0 - step + step * weight * sigmoid_slope(m + sign * h) for sign in (1.0, -1.0)]
    inside = (between[0] <= value) & (value <= between[1])
    return _runs(value, low, high, slopes[0] * slopes[1], inside)


def two_cycles_under_input(swept: Swept, between: tuple[float, float]) -> tuple[TwoCycles, ...]:
    """Return the 2-cycles along b, u or epsilon under a constant input, by stability.

    x - w' u obeys the map without input and with the bias b + w w' u.
    """
    neuron = swept.neuron
    assert isinstance(neuron, NeuronMap)
    if swept.over == "w":
        return ()
    if swept.over == "epsilon":
        found = two_cycles(without_input(neuron, swept.u)[0], "epsilon", between)
    else:
        low, high = sorted(swept.at(end)[1] for end in between)
        found = two_cycles(neuron, "b", (low, high))
    moved = []
    for each in found:
        value = each.value
        if swept.over == "b":
            value = value - float(neuron.w) * swept.shift
        elif swept.over == "u":
            value = (value - float(neuron.b)) / swept.slope
        shift = swept.shifts(value)
        moved.append(each._replace(value=value, low=each.low + shift, high=each.high + shift))
    return tuple(moved)


def _middle(scale: float, h: Floats) -> Floats:
    """Return m >= 0 with cosh m = scale sinh(h)/h - cosh h, 0 where there is none."""
    shrink = np.exp(-2.0 * h)
    rest = 0.5 * (scale * (1.0 - shrink) / h - (1.0 + shrink))  # cosh m = rest e**h
    size = h + np.log(np.maximum(rest, TINY))
    return np.where(size > LARGE, size + np.log(2.0), np.arccosh(np.exp(np.clip(size, 0.0, LARGE))))


# The next three are written in exponentials of numbers that are at most 0: cosh h alone leaves the
# range of a double for h > 710.
def _ratio(m: Floats, h: Floats) -> Floats:
    """Return sinh m / (cosh m + cosh h)."""
    size = np.abs(m)
    top = np.maximum(size, h)
    rise, fall = np.exp(size - top), np.exp(-size - top)
    ratio = (rise - fall) / (rise + fall + np.exp(h - top) + np.exp(-h - top))
    return np.asarray(np.copysign(ratio, m))


def _sum(m: Floats, h: Floats) -> Floats:
    """Return h (cosh m + cosh h) / sinh h."""
    size, shrink = np.abs(m), np.exp(-2.0 * h)
    both = np.exp(np.minimum(size - h, BEYOND)) + np.exp(-size - h)
    return np.asarray(h * (both + 1.0 + shrink) / -np.expm1(-2.0 * h))


def _difference(m: Floats, h: Floats) -> Floats:
    """Return h sinh m / sinh h."""
    size = np.abs(m)
    rise = np.exp(np.minimum(size - h, BEYOND)) - np.exp(-size - h)
    return np.asarray(np.copysign(h * rise / -np.expm1(-2.0 * h), m))


def _inverse(quotient: float) -> float:
    """Return h > 0 with h coth(h/2) = quotient, for a quotient above 2."""
    low, high = 0.0, quotient
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        low, high = (middle, high) if middle < quotient * np.tanh(0.5 * middle) else (low, middle)
    return low


def _root(above: Callable[[Floats], Any], low: Floats, high: Floats) -> Floats:
    """Return the root of an increasing function of m, element by element, by bisection."""
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if np.all((middle <= low) | (middle >= high)):
            break
        right = above(middle) < 0.0
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    return np.asarray(0.5 * (low + high))


def _runs(
    value: Floats, low: Floats, high: Floats, multiplier: Floats, inside: NDArray[np.bool_]
) -> tuple[TwoCycles, ...]:
    """Return the runs of neighbours that are inside and equally stable."""
    kind = np.where(inside, np.where(np.abs(multiplier) < 1.0, 2, 1), 0)
    starts = np.append(0, np.flatnonzero(np.diff(kind)) + 1)
    stops = np.append(starts[1:], kind.size)
    runs = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        if kind[start] and stop - start > 1:
            # A run ends where the next one begins, so that no gap is drawn between them.
            touches = stop < kind.size and kind[stop] > 0
            run = slice(start, stop + int(touches))
            stable = bool(kind[start] == 2)
            runs.append(TwoCycles(value[run], low[run], high[run], multiplier[run], stable))
    return tuple(runs)
