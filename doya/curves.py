"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and what they enclose.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit in z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.bifurcations import (
    CUSP_B,
    BifurcationPoint,
    bifurcation_points,
    check_points,
    check_range,
    check_single,
    levels,
    tangent_pre_activations,
)
from doya.equilibria import equilibria
from doya.kernels.equilibria import tangency
from doya.kernels.logistic import sigmoid
from doya.neurons import LARGEST, Neuron, NeuronMap

# What the curves of each of `levels` enclose.
ENCLOSED = ("between the folds", "between the flips")

LABEL_ROOM = 0.06  # what a label needs around it, in heights of the window

Range: TypeAlias = tuple[float, float]
Curve: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BifurcationCurve:
    """Half a fold or flip curve, cut at its tip and at the edges of the window.

    Attributes
    ----------
    kind : {"LP", "PD"}
        Fold or flip.
    w, b : ndarray, shape (n,)
        Parameters on the curve, dimensionless, in the order of ascending x.
    x : ndarray, shape (n,)
        The equilibrium that bifurcates there, dimensionless.
    """

    kind: str
    w: Curve
    b: Curve
    x: Curve


@dataclass(frozen=True, eq=False)
class Region:
    """The part of the window that one kind of curve encloses, or, with an empty outline, the rest.

    Attributes
    ----------
    name : {"between the folds", "between the flips", "elsewhere"}
    equilibria, stable : int
        How many equilibria there are in the region, and how many of them are stable.
    inside : pair of float
        (w, b) of a point well inside, where they were counted.
    label : pair of float
        (w, b) where a label for it has room; outside it where it is too thin for one.
    w, b : ndarray, shape (n,)
        Its outline.
    """

    name: str
    equilibria: int
    stable: int
    inside: tuple[float, float]
    label: tuple[float, float]
    w: Curve
    b: Curve


@dataclass(frozen=True, eq=False)
class BifurcationCurves:
    """The bifurcation set of a neuron within a window of the (w, b) plane.

    Attributes
    ----------
    curves : tuple of BifurcationCurve
    special_points : tuple of BifurcationPoint
        The cusp, if the window holds it.
    regions : tuple of Region
    neuron : NeuronODE or NeuronMap
    w, b : pair of float
        The window.
    """

    curves: tuple[BifurcationCurve, ...]
    special_points: tuple[BifurcationPoint, ...]
    regions: tuple[Region, ...]
    neuron: Neuron
    w: Range
    b: Range


def bifurcation_curves(
    neuron: Neuron,
    w: Sequence[float] = (0.0, 10.0),
    b: Sequence[float] = (-8.0, 1.0),
    *,
    points: int = 200,
) -> BifurcationCurves:
    """Fold curves, flip curves (map) and the cusp within a window of the (w, b) plane.

    The two halves of the fold curve, w = 1 / (x (1 - x)), b = ln(x / (1 - x)) - 1 / (1 - x), meet
    in the cusp (w, b) = (4, -2); those of the flip curve meet at its tip, (4 kappa, -2 kappa) with
    kappa = 1 - 2/epsilon.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own w and b do not matter.
    w, b : pair of float, default (0, 10) and (-8, 1)
        The window, low < high.
    points : int, default 200
        Points on each half of a curve, at least 2.

    Returns
    -------
    BifurcationCurves

    Raises
    ------
    ValueError
        For an ensemble, an empty or non-finite window, or points < 2.

    References
    ----------
    R. D. Beer, "On the dynamics of small continuous-time recurrent neural networks" (1995).

    Examples
    --------
    >>> import doya
    >>> found = doya.bifurcation_curves(doya.NeuronODE())
    >>> [(curve.kind, len(curve.w)) for curve in found.curves]
    [('LP', 200), ('LP', 200)]
    >>> [(region.name, region.stable) for region in found.regions]
    [('between the folds', 2), ('elsewhere', 1)]
    """
    check_single(neuron)
    check_points(points)
    window = check_range(neuron, "w", w), check_range(neuron, "b", b)
    cusp = bifurcation_points(neuron.replace(b=CUSP_B), "w", window[0])
    curves = tuple(_curves(neuron, *window, points))
    return BifurcationCurves(
        curves=curves,
        special_points=tuple(
            point for point in cusp if point.kind == "CP" and window[1][0] <= CUSP_B <= window[1][1]
        ),
        regions=tuple(_regions(neuron, *window, curves)),
        neuron=neuron,
        w=window[0],
        b=window[1],
    )


def default_window(neuron: Neuron) -> tuple[Range, Range]:
    """w and b that show the cusp and, for the map, the tip of its flips and as much again."""
    if not isinstance(neuron, NeuronMap):
        return (0.0, 10.0), (-8.0, 1.0)
    kappa = max(1.0 - 2.0 / float(neuron.epsilon), -0.1 * LARGEST)
    return (8.0 * kappa, 10.0), (-8.0, 1.0 - 8.0 * kappa)


def _curves(neuron: Neuron, w: Range, b: Range, points: int) -> Iterator[BifurcationCurve]:
    """Each curve, cut at its tip and wherever it meets an edge of the window."""
    for kind, kappa in levels(neuron):
        # z of each cut, with the parameter that is known there to the last bit.
        cuts: dict[float, tuple[float | None, float | None]] = {0.0: (4.0 * kappa, -2.0 * kappa)}
        for edge in w:
            if edge / kappa > 4.0:
                side = tangency(edge, kappa)[1]
                cuts |= {-side: (edge, None), side: (edge, None)}
        for edge in b:
            cuts |= dict.fromkeys(tangent_pre_activations(kappa, edge), (None, edge))
        for start, stop in itertools.pairwise(sorted(cuts)):
            middle_w, middle_b = _on_curve(kappa, np.array(0.5 * (start + stop)))
            if w[0] <= middle_w <= w[1] and b[0] <= middle_b <= b[1]:
                z = np.linspace(start, stop, points)
                along_w, along_b = _on_curve(kappa, z)
                for end in (0, -1):
                    known_w, known_b = cuts[float(z[end])]
                    along_w[end] = along_w[end] if known_w is None else known_w
                    along_b[end] = along_b[end] if known_b is None else known_b
                yield BifurcationCurve(kind, np.clip(along_w, *w), np.clip(along_b, *b), sigmoid(z))


def _on_curve(kappa: float, z: Curve) -> tuple[Curve, Curve]:
    with np.errstate(over="ignore"):
        return 4.0 * kappa * np.cosh(0.5 * z) ** 2, z - kappa * (1.0 + np.exp(z))


def _band(kappa: float, w: Curve) -> tuple[Curve, Curve]:
    """The two b on the curve at each w, lower first; NaN where w does not reach it."""
    with np.errstate(invalid="ignore"):
        z = 2.0 * np.arccosh(np.sqrt(0.25 * w / kappa))
    one, other = _on_curve(kappa, z)[1], _on_curve(kappa, -z)[1]
    return np.minimum(one, other), np.maximum(one, other)


def _regions(
    neuron: Neuron, w: Range, b: Range, curves: Sequence[BifurcationCurve]
) -> Iterator[Region]:
    """What each kind of curve encloses, and the rest, each counted at its roomiest point."""
    grid_w, grid_b = np.meshgrid(*(np.linspace(*edges, 35)[1:-1] for edges in (w, b)))
    grid_room = _room(grid_w, grid_b, w, b, curves)
    rest = np.ones(grid_w.shape, dtype=bool)
    enclosed = []
    for name, (kind, kappa) in zip(ENCLOSED, levels(neuron), strict=False):
        low, high = _band(kappa, grid_w)
        rest &= ~((low < grid_b) & (grid_b < high))
        # Its middle line within the window, also where it is thinner than the grid.
        along_w = np.unique(
            np.concatenate([np.linspace(*w, 400), *(c.w for c in curves if c.kind == kind)])
        )
        low, high = (np.clip(edge, *b) for edge in _band(kappa, along_w))
        there = high > low
        if there.any():
            along_w, low, high = along_w[there], low[there], high[there]
            middle = 0.5 * (low + high)
            room = np.minimum(
                _room(along_w, middle, w, b, curves), 0.5 * (high - low) / (b[1] - b[0])
            )
            best = int(np.argmax(room))
            outline = np.concatenate([along_w, along_w[::-1]]), np.concatenate([low, high[::-1]])
            enclosed.append((name, along_w[best], middle[best], room[best], outline))

    roomiest = np.argmax(np.where(rest, grid_room, -1.0))
    label = float(grid_w.flat[roomiest]), float(grid_b.flat[roomiest])
    for name, inside_w, inside_b, room_there, outline in enclosed:
        inside = float(inside_w), float(inside_b)
        free = rest & (grid_room > LABEL_ROOM)
        free &= _gap((grid_w, grid_b), label, w, b) > 3.0 * LABEL_ROOM
        at = inside
        if room_there < LABEL_ROOM and free.any():
            away = np.where(free, _gap((grid_w, grid_b), inside, w, b), np.inf)
            at = float(grid_w.flat[np.argmin(away)]), float(grid_b.flat[np.argmin(away)])
        yield _region(name, neuron, inside, at, *outline)
    if rest.any():
        yield _region("elsewhere", neuron, label, label, np.empty(0), np.empty(0))


def _gap(
    one: tuple[Curve, Curve], other: tuple[Any, Any], w: Range, b: Range
) -> NDArray[np.float64]:
    """Distance in heights of the window, widths at half weight: labels are wider than high."""
    across = 0.5 * (one[0] - other[0]) / (w[1] - w[0])
    gap: NDArray[np.float64] = np.hypot(across, (one[1] - other[1]) / (b[1] - b[0]))
    return gap


def _room(
    at_w: Curve, at_b: Curve, w: Range, b: Range, curves: Sequence[BifurcationCurve]
) -> NDArray[np.float64]:
    """How far each point is from the nearest curve and from the edges of the window."""
    edges = [_gap((at_w, at_b), (edge, at_b), w, b) for edge in w]
    edges += [_gap((at_w, at_b), (at_w, edge), w, b) for edge in b]
    room: NDArray[np.float64] = np.min(edges, axis=0)
    for curve in curves:
        few = slice(None, None, 1 + curve.w.size // 60)
        gaps = _gap((at_w[..., None], at_b[..., None]), (curve.w[few], curve.b[few]), w, b)
        room = np.minimum(room, gaps.min(axis=-1))
    return room


def _region(
    name: str,
    neuron: Neuron,
    inside: tuple[float, float],
    label: tuple[float, float],
    outline_w: Curve,
    outline_b: Curve,
) -> Region:
    found = equilibria(neuron.replace(w=inside[0], b=inside[1]))
    stable = int(np.sum(found.stable))
    return Region(name, int(found.count), stable, inside, label, outline_w, outline_b)
