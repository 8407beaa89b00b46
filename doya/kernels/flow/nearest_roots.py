"""The roots of f(x) = sigma(w x + b) - x around a state of the flow, and the distances from them.

Rounding must not move a state to the other side of a root.  So a state is represented by its
distance from the nearest of the roots, 0 and 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from doya.kernels.flow.panels import FAR, root_anchor, tail_anchor
from doya.kernels.flow.records import Distances, Poles
from doya.kernels.flow.separations import separation

if TYPE_CHECKING:
    from doya.kernels.flow.records import Anchor
    from doya.kernels.machinery.kinds import Row

# Relative distance from the rounded unstable root up to which its rounding counts.
NEAR = 1e-7


def neighbours(
    w: float,
    b: float,
    z: Row,
    x: Row,
    eigenvalue: Row,
    first: int,
    count: int,
    x0: float,
) -> tuple[int, int, float]:
    """Return the index of the target, that of the root behind, and x0 less the root behind.

    The state moves from the root behind (-1: there is none) to the target.  For a start at a root,
    both are this root.  f is positive below all roots and changes its sign at each root, but not at
    a pair merged in a fold, which has count = 2 and eigenvalue 0.  Close to the unstable one of
    three roots, f itself decides, because the root is rounded: see `separations`.
    """
    if count == 3 and abs(x0 - x[first + 1]) <= NEAR * abs(x0):
        middle = first + 1
        room = min(z[middle] - z[first], z[middle + 1] - z[middle])
        off, certain = separation(w, b, x0, z[middle], eigenvalue[middle], room)
        if certain and off == 0.0:
            return middle, middle, 0.0
        if certain and z[first] - z[middle] < w * off < z[first + 2] - z[middle]:
            return (first if off < 0.0 else first + 2), middle, off
    rising = True
    below = -1
    for k in range(first, first + count):
        if x[k] == x0:
            return k, k, 0.0
        if x[k] > x0:
            if rising:
                return k, below, (x0 - x[below] if below >= 0 else 0.0)
            return below, k, x0 - x[k]
        if not (count == 2 and eigenvalue[k] == 0.0):
            rising = not rising
        below = k
    return below, -1, 0.0


def pre_activation(
    w: float, b: float, z: Row, x: Row, target: int, behind: int, off: float, state: float
) -> float:
    """Return w x + b, measured from the nearest of 0, 1 and the two roots.

    `off` is the distance from the root behind.  So rounding cannot move the result to the other
    side of a root, however large w is.
    """
    root, away, end = target, state - x[target], state - 1.0
    if behind >= 0 and abs(off) < abs(away):
        root, away = behind, off
    if abs(away) <= abs(end) and abs(away) < abs(state):
        return z[root] + w * away
    return (w + b) + w * end if abs(end) < abs(state) else w * state + b


def root_beside(first: int, count: int, target: int, behind: int) -> int:
    """Return the root beside the target: the root behind, else the root beyond it, else -1."""
    if behind >= 0 or count == 1:
        return behind
    return target - 1 if target > first else target + 1


def other_roots(
    x: Row, eigenvalue: Row, first: int, count: int, target: int, behind: int, d: float
) -> tuple[int, Poles, float]:
    """Return the root beside the target, the poles of 1/f, and the distance between roots.

    A root that does not exist has its pole far behind.  A merged pair has no pole.
    """
    far = math.copysign(FAR, -d)
    pull, pole, pull_2, pole_2 = 0.0, far, 0.0, far
    beside = root_beside(first, count, target, behind)
    if beside >= 0:
        pole = x[beside] - x[target]
        pull = 1.0 / eigenvalue[beside] if eigenvalue[beside] != 0.0 else 0.0
    apart = abs(pole)
    if count == 3:
        third = 3 * first + 3 - target - beside
        pull_2, pole_2 = 1.0 / eigenvalue[third], x[third] - x[target]
        apart = min(apart, abs(pole_2 - pole))
    return beside, Poles(-eigenvalue[target], pull, pole, pull_2, pole_2), apart


def nearest_anchor(
    away: Distances, w: float, b: float, z: Row, x: Row, target: int, beside: int
) -> tuple[float, float, Anchor]:
    """Return the distance from the nearest anchor, its place, and the anchor.

    Anchors are the target, the root beside it, 0 and 1.
    """
    d, e, low, high = away
    nearer, root = (e, beside) if abs(e) < abs(d) else (d, target)
    v, position, anchor = nearer, x[root], root_anchor(w, z[root], nearer)
    if abs(low) < abs(v):
        v, position, anchor = low, 0.0, tail_anchor(w, b, 0.0)
    if abs(high) < abs(v):
        v, position, anchor = high, 1.0, tail_anchor(w, b, 1.0)
    return v, position, anchor


def moved(away: Distances, before: float, after: float) -> Distances:
    """Return the distances after one of them changes from `before` to `after`, which is exact."""
    d, e, low, high = away
    return Distances(
        after + (d - before), after + (e - before), after + (low - before), after + (high - before)
    )
