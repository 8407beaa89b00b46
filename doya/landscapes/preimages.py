"""Walls of the map where the start reaches the repelling fixed point after some steps.

With w < 0 and epsilon < 1 the map F rises, falls and rises again.  So other states than the fixed
point c are mapped to c, and each of them separates two phases as c itself does.  Over a parameter p
the walls are the roots of h(p) = F**k(y) - c for k = 1, 2, ..., where y = x0 - w' u and c repels.

Over x0 the roots are the preimages of c, found one k after the other on each of the three monotone
parts of the map.  None is missed.

Over another parameter h is scanned on many samples: see `preimage_scan`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Counts, Floats
from doya.equilibria import equilibria
from doya.kernels.numbers.logistic import sigmoid
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.phase_cycles import critical_point
from doya.landscapes.preimage_scan import Root, scanned
from doya.landscapes.searches import crossing
from doya.neurons import NeuronMap, NeuronODE

# Largest number of steps to the fixed point, and of walls.
MOST_STEPS, MOST_WALLS = 100, 40
# Largest number of preimages of c that are followed, in the swept range or not.
MOST_PREIMAGES = 10_000


@dataclass(frozen=True, eq=False)
class Preimages:
    """Values of a parameter, ascending, at which the start reaches the fixed point in some steps.

    All from 1 to `reached` steps were searched.  Each value has its number of steps, and whether
    the state at this step is above the fixed point where the parameter is just below the value.
    `has_more` is True where the search ended because there were too many.
    """

    value: Floats
    steps: Counts
    upper_below: NDArray[np.bool_]
    reached: int
    has_more: bool


def search(loss: Loss, axes: Mapping[str, Floats]) -> Preimages | None:
    """Search for the preimages over one parameter, under a constant input.

    Return None where there are none, at epsilon = 1 and where no fixed point repels, and where they
    are not searched.
    """
    neuron, (over, *others) = loss.neuron, axes
    if not isinstance(neuron, NeuronMap) or others or not loss.is_constant:
        return None
    low, high = _repelling_range(neuron, over, (float(axes[over][0]), float(axes[over][-1])))
    if not low < high or (over != "epsilon" and float(neuron.epsilon) == 1.0):
        return None
    known = phases.place(loss, over, {}) if over != "epsilon" else np.empty(0)
    known = known[(low <= known) & (known <= high)]
    last = int(min(loss.t_end, MOST_STEPS))
    levels = _inverses(loss, low, high) if over == "x0" else scanned(loss, over, low, high, known)
    roots: list[Root] = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for k, found in enumerate(itertools.islice(levels, last)):
            if found is None or len(roots) + len(found) > MOST_WALLS:
                return _preimages(roots, k, has_more=True)
            roots += found
    late = any(root.steps > MOST_STEPS // 2 for root in roots)
    return _preimages(roots, last, has_more=late and loss.t_end > last)


def _preimages(roots: list[Root], reached: int, has_more: bool) -> Preimages:
    """Return the roots in ascending order."""
    roots = sorted(roots)
    return Preimages(
        np.array([root.value for root in roots]),
        np.array([root.steps for root in roots], dtype=np.int64),
        np.array([root.upper_below for root in roots], dtype=np.bool_), reached, has_more,
    )  # fmt: skip


def _repelling_range(
    neuron: NeuronMap, over: str, between: tuple[float, float]
) -> tuple[float, float]:
    """Return the part of the range in which some fixed point of the map may repel."""
    low, high = between
    w, epsilon = float(neuron.w), float(neuron.epsilon)
    if over == "w":
        high = min(high, 4.0 * float(phases.flip_slope(epsilon)))
    elif over == "epsilon":
        low = max(low, 2.0 / (1.0 - w / 4.0)) if w < 0.0 else high
    elif not phases.may_oscillate(w, epsilon):
        low = high
    return low, high


def _inverses(loss: Loss, low: float, high: float) -> Iterator[list[Root] | None]:
    """Yield the starts that reach c after 1, 2, ... steps; None where there are too many."""
    w, b, epsilon, _, shift, lift = (row[0] for row in phases.parameters(loss, {}))
    bias = b + w * shift + lift
    c = equilibria(NeuronODE(w, bias)).x[0]
    if (1.0 - epsilon) + epsilon * w * c * (1.0 - c) >= -1.0:
        return
    # The preimages of a state outside [0, 1] are farther from [0, 1].
    ends = min(0.0, low - shift), max(1.0, high - shift)
    critical = (np.array([1.0, -1.0]) * critical_point(w, epsilon) - bias) / w
    edges = np.clip([ends[0], *np.sort(critical), ends[1]], *ends)

    def step(y: Floats) -> Floats:
        stepped: Floats = (1.0 - epsilon) * y + epsilon * sigmoid(w * y + bias)
        return stepped

    level, upper_below = np.array([c]), np.array([False])
    for k in itertools.count(1):
        parts = [0, 1, 2] if k > 1 else [0, 2]  # on the falling part c is mapped to itself
        found = [_inverse(step, level, edges[part], edges[part + 1]) for part in parts]
        turned = [upper_below ^ (part == 1) for part in parts]
        level, upper_below = np.concatenate(found), np.concatenate(turned)
        known = np.isfinite(level)
        level, upper_below = level[known], upper_below[known]
        if level.size > MOST_PREIMAGES:
            yield None
        if not level.size:
            return
        inside = (low <= level + shift) & (level + shift <= high)
        starts = zip((level + shift)[inside].tolist(), upper_below[inside].tolist(), strict=True)
        yield [Root(value, k, upper) for value, upper in starts]


def _inverse(step: Callable[[Floats], Floats], values: Floats, low: float, high: float) -> Floats:
    """Return the states between low and high that the map, monotone there, maps to the values."""
    ends = np.full(values.size, low), np.full(values.size, high)
    above = [step(end) > values for end in ends]
    _, found = crossing(lambda y: step(y) > values, *ends)
    return np.where((above[0] != above[1]) & (low < high), found, math.nan)
