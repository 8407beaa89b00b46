"""The wall of a loss in closed form: its value of b, u or w, under a constant input.

With y = x - w' u, for w > 4 the equilibria have folds at y = c_- < 1/2 < c_+.

- From a start between the folds, the state goes to the attractor on its side of the unstable
  equilibrium.  The wall is where the unstable equilibrium is the start itself.
- From any other start only one attractor is reached, until this attractor vanishes in its fold.
  The wall is that fold.

So the wall is b = ln(c / (1 - c)) - w (c + w' u), where c is the y of the start, limited to the
range from c_- to c_+.  An input inside sigma is a part of b: no state is shifted, and the wall is
b = ln(c / (1 - c)) - w c - w' u.

Over w, b + w w' u changes too.  On a wall of the first kind ln(c / (1 - c)) = w x0 + b, so there is
one such w.  Folds under an input can be walls at several values of w.

Over u itself the start moves too, but b + w w' u + w y = b + w x0 does not.  So on a wall of the
first kind c = sigma(w x0 + b), and u = (x0 - c) / w'; on the others b + w w' u is that of the fold.
"""

from __future__ import annotations

import math
from typing import Any

from doya.bifurcations.closed_forms import (
    bias_through,
    fold_bias,
    fold_input,
    fold_weight,
    input_through,
    resting_start,
    weight_through,
)
from doya.bifurcations.points import CUSP_B, CUSP_W, bifurcation_points
from doya.checks import LARGEST
from doya.kernels.equilibria import fold_values, tangency
from doya.neurons import NeuronODE


def wall_bias(w: float, x0: float, shift: float = 0.0, lift: float = 0.0) -> float:
    """Return b of the wall from x0 under a constant input; NaN for w <= 4.

    The input w' u is the shift where it is outside sigma, or the lift where it is inside.

    The error is at most 2 units in the last place.  Without input the terms of b have opposite
    signs only for x0 > 1/2.  There abs(b) is at least w/2, so they cannot cancel.  With an input
    they can, and `bias_through` and `fold_bias` are used.
    """
    start = x0 - shift
    if w <= CUSP_W:
        return math.nan
    if is_boundary(w, start):
        if shift or lift:
            return bias_through(w, x0, shift, lift)
        return math.log(start) - math.log1p(-start) - w * start
    if shift or lift:
        return fold_bias(w, start > 0.5, shift, lift)
    _, z, level = tangency(w, 1.0)
    above, below = fold_values(w, z, level)
    return below if start > 0.5 else above


def wall_input(w: float, b: float, x0: float, input_weight: float, inside: bool) -> float:
    """Return u of the wall from x0; NaN for w <= 4."""
    if w <= CUSP_W:
        return math.nan
    c = x0 if inside else resting_start(w, b, x0)
    if is_boundary(w, c):
        return input_through(w, b, x0, input_weight, inside)
    return fold_input(w, b, c > 0.5, input_weight, inside)


def wall_weight(b: float, start: float) -> float:
    """Return w of the wall without input, to the last bit; NaN for b >= -2.

    The bias of the wall falls at the rate c as w grows, so there is one w for each b.
    """
    if b >= CUSP_B:
        return math.nan
    if 0.0 < start < 1.0:
        w = weight_through(b, start)
        if w <= LARGEST and w > CUSP_W and is_boundary(w, start):
            return w
    w = fold_weight(b, start > 0.5)
    return w if w <= LARGEST else math.nan


def weights_under_input(b: float, x0: float, shift: float, most: float) -> list[float]:
    """Return w of each wall under a constant input w' u outside sigma, ascending, up to `most`.

    With c = x0 - w' u the bias b + w w' u is that of the equilibrium c where w x0 = logit(c) - b.
    There is one such w; besides, each fold is a wall if the attractor of the start vanishes in it.
    """
    if not most > CUSP_W:
        return []
    start, w = x0 - shift, weight_through(b, x0, shift)
    found = [w] if CUSP_W < w <= most and is_boundary(w, start) else []
    for fold in bifurcation_points(NeuronODE(CUSP_W, b), "w", (CUSP_W, most), u=shift):
        if fold.kind == "LP" and fold.value > CUSP_W:
            meeting = 1.0 / (1.0 + math.exp(tangency(fold.value, 1.0)[1]))
            is_low = fold.x - shift < 0.5
            if start < meeting if is_low else start > 1.0 - meeting:
                found.append(fold.value)
    return sorted(found)


def is_boundary(w: Any, start: Any) -> Any:
    """Return whether the start lies between the folds, or on one."""
    return w * start * (1.0 - start) >= 1.0
