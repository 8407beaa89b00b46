"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and what they enclose.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit in z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.bifurcations import (
    CUSP_B,
    BifurcationPoint,
    bifurcation_points,
    check_range,
    check_single,
    levels,
    tangent_pre_activations,
)
from doya.equilibria import equilibria
from doya.kernels.equilibria import tangency
from doya.kernels.logistic import sigmoid
from doya.neurons import Neuron

# What the curves of each of `levels` enclose.
ENCLOSED = ("between the folds", "between the flips")

Range: TypeAlias = tuple[float, float]
Curve: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BifurcationCurve:
    """Half a fold or flip curve, from its tip outwards or inwards, within the window.

    Attributes
    ----------
    kind : {"LP", "PD"}
    w, b : ndarray, shape (n,)
        Parameters on the curve, x ascending.
    x : ndarray, shape (n,)
        The equilibrium that bifurcates there.
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
    w, b : ndarray
        Its outline.
    """

    name: str
    equilibria: int
    stable: int
    inside: tuple[float, float]
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
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points}")
    window = check_range(neuron, "w", w), check_range(neuron, "b", b)
    cusp = bifurcation_points(neuron.replace(b=CUSP_B), "w", window[0])
    curves = tuple(_curves(neuron, *window, points))
    return BifurcationCurves(
        curves=curves,
        special_points=tuple(
            point for point in cusp if point.kind == "CP" and window[1][0] <= CUSP_B <= window[1][1]
        ),
        regions=tuple(_regions(neuron, *window, curves, points)),
        neuron=neuron,
        w=window[0],
        b=window[1],
    )


def _curves(neuron: Neuron, w: Range, b: Range, points: int) -> Iterator[BifurcationCurve]:
    """Each curve, cut at its tip and wherever it meets an edge of the window."""
    for kind, kappa in levels(neuron):
        sides = [tangency(edge, kappa)[1] for edge in w if edge / kappa > 4.0]
        cuts = {0.0, *sides, *(-side for side in sides)}
        for edge in b:
            cuts.update(tangent_pre_activations(kappa, edge))
        ordered = sorted(cuts)
        for start, stop in itertools.pairwise(ordered):
            middle = np.array([0.5 * (start + stop)])
            if all(
                low <= value[0] <= high
                for value, (low, high) in zip(_on_curve(kappa, middle), (w, b), strict=True)
            ):
                z = np.linspace(start, stop, points)
                along_w, along_b = _on_curve(kappa, z)
                yield BifurcationCurve(kind, np.clip(along_w, *w), np.clip(along_b, *b), sigmoid(z))


def _on_curve(kappa: float, z: Curve) -> tuple[Curve, Curve]:
    with np.errstate(over="ignore"):
        return 4.0 * kappa * np.cosh(0.5 * z) ** 2, z - kappa * (1.0 + np.exp(z))


def _regions(
    neuron: Neuron, w: Range, b: Range, curves: Sequence[BifurcationCurve], points: int
) -> Iterator[Region]:
    """What each kind of curve encloses, and the rest, each counted at its roomiest point."""
    grid_w, grid_b = np.meshgrid(*(np.linspace(*edges, 35)[1:-1] for edges in (w, b)))
    room = _room(grid_w, grid_b, w, b, curves)
    rest = np.ones(room.shape, dtype=bool)
    for name, (_, kappa) in zip(ENCLOSED, levels(neuron), strict=False):
        inner, outer = sorted(max(edge / kappa, 4.0) for edge in w)
        z = np.linspace(tangency(inner, 1.0)[1], tangency(outer, 1.0)[1], points)
        along_w, one = _on_curve(kappa, z)
        _, other = _on_curve(kappa, -z)
        low, high = np.minimum(one, other), np.maximum(one, other)
        turn = 1 if kappa > 0.0 else -1  # np.interp wants w ascending
        inside = (
            (grid_w / kappa > 4.0)
            & (grid_b > np.interp(grid_w, along_w[::turn], low[::turn]))
            & (grid_b < np.interp(grid_w, along_w[::turn], high[::turn]))
        )
        rest &= ~inside
        if inside.any():
            outline_b = np.clip(np.concatenate([low, high[::-1]]), *b)
            outline_w = np.concatenate([along_w, along_w[::-1]])
            best = np.argmax(np.where(inside, room, -1.0))
            yield _region(name, neuron, grid_w.flat[best], grid_b.flat[best], outline_w, outline_b)
    if rest.any():
        best = np.argmax(np.where(rest, room, -1.0))
        nothing = np.empty(0)
        yield _region("elsewhere", neuron, grid_w.flat[best], grid_b.flat[best], nothing, nothing)


def _room(
    grid_w: Curve, grid_b: Curve, w: Range, b: Range, curves: Sequence[BifurcationCurve]
) -> Curve:
    """Distance from each point to the nearest curve or edge, for a label twice as wide as high."""

    def scaled(at_w: Curve, at_b: Curve) -> Curve:
        return np.stack([0.5 * (at_w - w[0]) / (w[1] - w[0]), (at_b - b[0]) / (b[1] - b[0])], -1)

    here = scaled(grid_w, grid_b)
    room: Curve = np.minimum(here, np.array([0.5, 1.0]) - here).min(axis=-1)
    for curve in curves:
        there = scaled(curve.w[::4], curve.b[::4])
        gaps = np.linalg.norm(here[..., np.newaxis, :] - there, axis=-1)
        room = np.minimum(room, gaps.min(axis=-1))
    return room


def _region(
    name: str, neuron: Neuron, w: float, b: float, outline_w: Curve, outline_b: Curve
) -> Region:
    found = equilibria(neuron.replace(w=w, b=b))
    return Region(
        name,
        int(found.count),
        int(np.sum(found.stable)),
        (float(w), float(b)),
        outline_w,
        outline_b,
    )
