"""Accurate sums of products, also where their terms cancel.

They are error-free transformations: the rounding error of a sum or a product of two doubles is
itself a double.  Reference: T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product" (2005).
"""

from __future__ import annotations

from typing import Any

# Cuts a double into two halves of 26 bits, whose products are exact (Dekker 1971).
SPLITTER = 2.0**27 + 1.0


def product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the rounded product a b and its rounding error, for a and b up to 1e150 in size."""
    rounded = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    error = a_low * b_low - (((rounded - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return rounded, error


def total(*terms: Any) -> Any:
    """Return the sum to within one unit in the last place, unless more than 100 bits cancel."""
    left = list(terms)
    for _ in range(2):
        for k in range(1, len(left)):
            left[k], left[k - 1] = _two_sum(left[k], left[k - 1])
    return sum(left[:-1]) + left[-1]


def _halves(a: Any) -> tuple[Any, Any]:
    split = SPLITTER * a
    high = split - (split - a)
    return high, a - high


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    rounded = a + b
    part = rounded - a
    return rounded, (a - (rounded - part)) + (b - part)
