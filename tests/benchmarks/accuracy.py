"""How far answers are from those known to 40 digits."""

import numpy as np
from mpmath import mpf


def relative_errors(found, exact):
    """|found - exact| / max(1, |exact|) of each."""
    found, exact = np.ravel(found), np.ravel(np.array(exact, dtype=object))
    return [
        float(abs(mpf(float(one)) - other) / max(1, abs(other)))
        for one, other in zip(found, exact, strict=True)
    ]


def worst_error(found, exact):
    """NaN if any answer is."""
    return float(np.max(relative_errors(found, exact)))
