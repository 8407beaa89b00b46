"""Cycles of period 2 of one map along a parameter.

y = x - w' u obeys the map without input and with the bias B = b + w w' u.  With z = w y + B at the
two states, m the middle and h > 0 half the distance of the two z, the equations of a 2-cycle become

    cosh m + cosh h = C sinh(h)/h,  C = -eps w / (2 (2 - eps)),
    B + w/2 = m - w/2 sinh m / (cosh m + cosh h),

since sigma(m + h) + sigma(m - h) = 1 + sinh m / (cosh m + cosh h).  Along these cycles the right
side of the second equation falls from the flips, h = 0, to 0, where m = 0.  So at each parameter
there is at most one 2-cycle, and h is found by bisection.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.swept import Swept
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope

# Halvings of the interval of h, which is as wide as 1e100.
HALVINGS = 400
# Beyond this h, m is computed from logarithms: cosh h alone leaves the range of a double.
LARGE = 20.0
# Values of the parameter across its range.
POINTS = 400
# Values beside a flip, each half as far from it as the one before: the states part like a root.
BESIDE = 20


class TwoCycles(NamedTuple):
    """A run of 2-cycles along a parameter.

    Attributes
    ----------
    value : ndarray, shape (n,)
        Values of the parameter in ascending order, dimensionless.
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
    swept: Swept, between: tuple[float, float], flips: list[float]
) -> tuple[TwoCycles, ...]:
    """Return the 2-cycles of one map within a range of a parameter, by stability."""
    value = _values(between, flips)
    w, bias, epsilon, shift = swept.along(value)
    cycles = cycles_at(w, bias, epsilon)
    found = np.isfinite(cycles.low)
    if not found.any():
        return ()
    low, high = (each[found] + shift[found] for each in (cycles.low, cycles.high))
    return _runs(np.flatnonzero(found), value[found], low, high, cycles.multiplier[found])


class CyclesAt(NamedTuple):
    """The 2-cycle of each of some maps without input; NaN where there is none.

    Attributes
    ----------
    low, high : ndarray, shape (n,)
        The two states, dimensionless.
    multiplier : ndarray, shape (n,)
        Product of the derivatives at the two states, dimensionless.
    """

    low: Floats
    high: Floats
    multiplier: Floats


def cycles_at(w: Floats, bias: Floats, epsilon: Floats) -> CyclesAt:
    """Return the 2-cycles of maps without input, given by arrays of one shape (n,)."""
    answer = CyclesAt(*np.full((3, w.size), np.nan))
    scale = -0.5 * epsilon * w / (2.0 - epsilon)
    side = bias + 0.5 * w
    # The flips, h = 0, are at the largest |B + w/2| that has a cycle.
    found = (scale > 2.0) & (np.abs(side) < _distance(scale, w, np.zeros(w.shape)))
    if not found.any():
        return answer
    w, epsilon, scale, side = w[found], epsilon[found], scale[found], side[found]
    h = _half(scale, w, np.abs(side))
    inner, outer = _ends(w, h, np.abs(side))
    upper = np.where(side < 0.0, -inner, outer)  # the larger z, which has the smaller state
    lower = np.where(side < 0.0, -outer, inner)
    keep = 1.0 - epsilon
    above, below = sigmoid(upper), sigmoid(lower)
    low = (keep * above + below) / (2.0 - epsilon)
    high = (keep * below + above) / (2.0 - epsilon)
    slopes = [keep + epsilon * w * sigmoid_slope(z) for z in (upper, lower)]
    answer.low[found], answer.high[found] = np.minimum(low, high), np.maximum(low, high)
    answer.multiplier[found] = slopes[0] * slopes[1]
    return answer


def _values(between: tuple[float, float], flips: list[float]) -> Floats:
    """Return the values of the parameter, closer together beside each flip."""
    low, high = between
    steps = (0.5 * high - 0.5 * low) * 0.5 ** np.arange(BESIDE)
    beside = [flip + side * steps for flip in flips for side in (-1.0, 1.0)]
    value = np.unique(np.concatenate([np.linspace(low, high, POINTS), *beside]))
    return np.asarray(value[(low <= value) & (value <= high)])


def _half(scale: Floats, w: Floats, side: Floats) -> Floats:
    """Return h at the cycle with |B + w/2| = side: it is below C, as cosh m >= 1."""
    low, high = np.zeros(scale.shape), scale
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if np.all((middle <= low) | (middle >= high)):
            break
        beyond = _distance(scale, w, middle) < side
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.asarray(0.5 * (low + high))


def _distance(scale: Floats, w: Floats, h: Floats) -> Floats:
    """Return |B + w/2| at the cycle with this h, and -1 beyond the last."""
    m = _middle(scale, h)
    return np.where(m < 0.0, -1.0, m - 0.5 * w * _ratio(np.maximum(m, 0.0), h))


def _middle(scale: Floats, h: Floats) -> Floats:
    """Return m >= 0 with cosh m + cosh h = C sinh(h)/h, and 0 where there is none."""
    near, far = np.minimum(h, LARGE), np.maximum(h, LARGE)
    quotient = np.where(near > 0.0, np.sinh(near) / np.where(near > 0.0, near, 1.0), 1.0)
    over_1 = (scale - 2.0) + scale * (quotient - 1.0) - 2.0 * np.sinh(0.5 * near) ** 2
    small = 2.0 * np.arcsinh(np.sqrt(0.5 * np.maximum(over_1, 0.0)))
    rest = scale / far - 1.0  # cosh m = rest e**h / 2
    large = far + np.log(np.maximum(rest, np.finfo(float).tiny))
    return np.where(
        h > LARGE, np.where(large < 0.0, -1.0, large), np.where(over_1 < 0, -1.0, small)
    )


def _ends(w: Floats, h: Floats, side: Floats) -> tuple[Floats, Floats]:
    """Return m - h and m + h, with m from the second equation.

    Near m = 0 the first one determines only its square.
    """
    low, high = np.zeros(h.shape), side
    for _ in range(HALVINGS):
        m = 0.5 * (low + high)
        if np.all((m <= low) | (m >= high)):
            break
        beyond = m - 0.5 * w * _ratio(m, h) > side
        low, high = np.where(beyond, low, m), np.where(beyond, m, high)
    m = 0.5 * (low + high)
    return m - h, m + h


def _ratio(m: Floats, h: Floats) -> Floats:
    """Return sinh m / (cosh m + cosh h) for m >= 0, of exponentials that are at most 1."""
    top = np.maximum(m, h)
    rise, fall = np.exp(m - top), np.exp(-m - top)
    ratio = -rise * np.expm1(-2.0 * m) / (rise + fall + np.exp(h - top) + np.exp(-h - top))
    return np.asarray(ratio)


def _runs(
    place: NDArray[Any], value: Floats, low: Floats, high: Floats, multiplier: Floats
) -> tuple[TwoCycles, ...]:
    """Return the runs of neighbours that are equally stable."""
    stable = np.abs(multiplier) < 1.0
    apart = np.diff(place) > 1
    starts = np.append(0, np.flatnonzero(apart | (stable[1:] != stable[:-1])) + 1)
    runs = []
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), value.size], strict=True):
        # A run ends where the next one begins, so that no gap is drawn between them.
        touches = stop < value.size and not apart[stop - 1]
        run = slice(start, stop + int(touches))
        runs.append(
            TwoCycles(value[run], low[run], high[run], multiplier[run], bool(stable[start]))
        )
    return tuple(runs)
