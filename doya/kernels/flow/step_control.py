"""The error of a step of Dormand and Prince's 8(5,3) pair, and the length of the next one.

Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, 2nd ed. 1993, sections II.4
and II.10.
"""

from __future__ import annotations

import math

SAFETY, LEAST_FACTOR, LARGEST_FACTOR = 0.9, 0.2, 10.0
# The continuous extension errs by no more than about this fraction of its last term's coefficient;
# found by experiment.  Left unchecked, as Hairer's code does, it errs by 50 tolerances where
# stability limits the steps, and by thousands in some that leap over the steep part of sigma.
EXTENSION = 1e-3


def error_of(
    x: float, h: float, rise: float, low: float, high: float, term: float, allowed: float
) -> float:
    """Return the error of a step, or of its extension if that is larger, over the allowed error.

    The step's is the estimate of order 5, weighed by that of order 3 so that it falls like h**8
    (Hairer, Norsett and Wanner, eq. II.10.17).  `term` is the extension's last, or 0 without it.
    """
    if not abs(x + h * rise) + abs(term) < math.inf:
        return math.inf
    low, high = low / allowed, high / allowed
    square = high * high
    both = square + 0.01 * (low * low)
    if both < math.inf:
        error = 0.0 if both == 0.0 else h * square / math.sqrt(both)
    else:  # rates over so small a size, or so short a step, are out of range; the error need not be
        low, high = h * low, h * high
        square = high * high
        both = square + 0.01 * (low * low)
        error = square / math.sqrt(both) if both < math.inf else math.inf
    extension = h * (EXTENSION * abs(term)) / allowed
    return extension if extension > error else error


def step_factor(error: float) -> float:
    """Return the factor for a step that made this error; below 1 for an error of 1 or more.

    Three square roots, because powers are not rounded in one way everywhere.
    """
    if error == 0.0:
        return LARGEST_FACTOR
    if not error < math.inf:
        return LEAST_FACTOR
    factor = SAFETY / math.sqrt(math.sqrt(math.sqrt(error)))
    return min(max(factor, LEAST_FACTOR), LARGEST_FACTOR)
