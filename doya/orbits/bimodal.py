"""The map in z = w x + b, and the inverses of its three branches.

For w < 0 the equilibrium z* is the only one, and about it b cancels:

    z' = z* + (1 - eps) (z - z*) + eps w (sigma(z) - sigma(z*)).

With W = -eps w / (1 - eps) the slope is (1 - eps)(1 - W sigma'(z)).  So for W > 4 the map is
bimodal: it rises up to the critical point -Z, falls to +Z and rises again, and for W <= 4 it rises
throughout.  z' on a branch is undone by solving z - W sigma(z) = c, which are the equilibria of a
neuron with weight W on one piece between its folds; so `kernels.equilibria` does it, as accurate in
the tails and beside the folds.  At eps = 1 the critical points are at infinity.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from doya.kernels.equilibria import (
    SWEEPS,
    fold_values,
    middle_root,
    outer_root,
    refine,
    tangency,
)
from doya.kernels.numbers.exponential import exp_negative, expm1_negative
from doya.kernels.numbers.logistic import logistic

# Branches in the order of z.
LOW, MIDDLE, HIGH = range(3)


class Bimodal(NamedTuple):
    """keep is 1 - eps, gain eps w, span |w|; rest z*, above and below sigma(z*) and sigma(-z*).

    critical is Z; weight is W, and s, level and fold are what `tangency` and `fold_values` tell of
    it.
    """

    keep: float
    gain: float
    span: float
    rest: float
    above: float
    below: float
    weight: float
    critical: float
    s: float
    level: float
    fold: float


def bimodal(w: float, epsilon: float, rest: float) -> Bimodal:
    """The map of a neuron with w < 0 and W > 4, of which `rest` is the equilibrium."""
    keep, gain = 1.0 - epsilon, epsilon * w
    both = logistic(rest), logistic(-rest)
    if keep == 0.0:
        return Bimodal(keep, gain, abs(w), rest, *both, math.inf, math.inf, 1.0, 1.0, -math.inf)
    weight = -gain / keep
    s, critical, level = tangency(weight, 1.0)
    fold, _ = fold_values(weight, critical, level)
    return Bimodal(keep, gain, abs(w), rest, *both, weight, critical, s, level, fold)


def ahead(z: float, neuron: Bimodal) -> float:
    """z', in which sigma(z) - sigma(z*) keeps its relative accuracy, and so does its mirror image.

    sigma(p) - sigma(q) = sigma(p) sigma(-q) (1 - e**(q - p)).
    """
    v = z - neuron.rest
    part = -expm1_negative(-abs(v))
    sides = logistic(z) * neuron.below if v > 0.0 else -(logistic(-z) * neuron.above)
    return neuron.rest + (neuron.keep * v + neuron.gain * (sides * part))


def steepness(z: float, neuron: Bimodal) -> float:
    """eps w sigma'(z), by which the multiplier differs from 1 - eps."""
    e = exp_negative(-abs(z))
    part = 1.0 / (1.0 + e)
    return neuron.gain * (e * part * part)


def multiplier(z: float, neuron: Bimodal) -> float:
    """mu = 1 - eps + eps w sigma'(z)."""
    return neuron.keep + steepness(z, neuron)


def back(branch: int, image: float, neuron: Bimodal) -> tuple[float, bool]:
    """Where on the branch z' = image, or the critical point next to it, and whether there is any.

    Solved as its mirror image where z > 0.
    """
    weight, fold, s, critical, level = (
        neuron.weight, neuron.fold, neuron.s, neuron.critical, neuron.level,
    )  # fmt: skip
    shift = (image - neuron.rest) / neuron.keep
    c = shift + (neuron.rest - weight * neuron.above)
    mirrored = -shift - (neuron.rest + weight * neuron.below)
    side = 1.0
    if branch == HIGH or (branch == MIDDLE and mirrored > c):
        side, c = -1.0, mirrored
    if c >= fold:
        return -side * critical, c == fold
    if branch == MIDDLE:
        _, lower, upper, z = middle_root(weight, c, fold, s, critical)
    else:
        _, lower, upper, z = outer_root(c, fold, s, critical, level)
    for _ in range(SWEEPS):
        if lower >= upper:
            break
        lower, upper, z = refine(weight, c, lower, upper, z)
    return side * z, True
