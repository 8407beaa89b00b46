"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and what they enclose.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit in z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import bias_on_curve, tangencies_at_bias
from doya.bifurcations.points import (
    CUSP_B,
    BifurcationPoint,
    bifurcation_points,
    check_range,
    check_single,
    levels,
    tangencies_at_weight,
)
from doya.checks import LARGEST, check_count
from doya.equilibria import equilibria
from doya.kernels.equilibria import tangency
from doya.kernels.logistic import sigmoid
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result

# What the curves of each of `levels` enclose.
ENCLOSED = ("between the folds", "between the flips")

# Arrays in use, as large as a curve's points, measured where a window cuts the curves most often.
IN_USE = 30
SAMPLES = 400  # values of w at which regions are measured

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationCurve(Result):
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
    w: Floats
    b: Floats
    x: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Region(Result):
    """The part of the window that one kind of curve encloses, or, with an empty outline, the rest.

    Attributes
    ----------
    name : {"between the folds", "between the flips", "elsewhere"}
    equilibria, stable : int
        How many equilibria there are in the region, and how many of them are stable.
    inside : pair of float
        (w, b) of a point inside, where it is widest in b and they were counted.
    w, b : ndarray, shape (n,)
        Its outline.
    """

    name: str
    equilibria: int
    stable: int
    inside: tuple[float, float]
    w: Floats
    b: Floats


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationCurves(Result):
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

    _first: ClassVar[tuple[str, ...]] = ("special_points",)

    curves: tuple[BifurcationCurve, ...]
    special_points: tuple[BifurcationPoint, ...]
    regions: tuple[Region, ...]
    neuron: Neuron
    w: Span
    b: Span


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

    Notes
    -----
    Each point of a curve is an exact one of which w, b and x have been rounded, each by at most 4
    units in the last place.  Outlines of regions are for drawing and less exact.

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
    points = check_count("points", points, 2)
    require_memory("points", (points,), IN_USE)
    window = check_range(neuron, "w", w), check_range(neuron, "b", b)
    cusp = bifurcation_points(neuron.replace(b=CUSP_B), "w", window[0])
    return BifurcationCurves(
        curves=tuple(_curves(neuron, *window, points)),
        special_points=tuple(
            point for point in cusp if point.kind == "CP" and window[1][0] <= CUSP_B <= window[1][1]
        ),
        regions=tuple(_regions(neuron, *window)),
        neuron=neuron,
        w=window[0],
        b=window[1],
    )


def default_window(neuron: Neuron) -> tuple[Span, Span]:
    """w and b that show the cusp and, for the map, the tip of its flips and as much again."""
    if not isinstance(neuron, NeuronMap):
        return (0.0, 10.0), (-8.0, 1.0)
    kappa = max(1.0 - 2.0 / float(neuron.epsilon), -0.1 * LARGEST)
    return (8.0 * kappa, 10.0), (-8.0, 1.0 - 8.0 * kappa)


def _curves(neuron: Neuron, w: Span, b: Span, points: int) -> Iterator[BifurcationCurve]:
    """Each curve, cut at its tip and wherever it meets an edge of the window."""
    for kind, kappa in levels(neuron):
        # z of each cut, with the parameters there to the last bits.
        cuts = {0.0: (float(4 * kappa), float(-2 * kappa))}
        for edge in w:
            cuts |= {at.z: (at.w, at.b) for at in tangencies_at_weight(edge, kind, kappa)}
        for edge in b:
            cuts |= {at.z: (at.w, at.b) for at in tangencies_at_bias(edge, kappa)}
        for start, stop in itertools.pairwise(sorted(cuts)):
            middle_w, middle_b = _on_curve(kappa, np.array(0.5 * (start + stop)))
            if w[0] <= middle_w <= w[1] and b[0] <= middle_b <= b[1]:
                z = np.linspace(start, stop, points)
                along_w, along_b = _on_curve(kappa, z)
                _resolve(along_b, kappa, z)
                for end in (0, -1):
                    along_w[end], along_b[end] = cuts[float(z[end])]
                yield BifurcationCurve(kind, np.clip(along_w, *w), np.clip(along_b, *b), sigmoid(z))


def _on_curve(kappa: Decimal, z: Floats) -> tuple[Floats, Floats]:
    level = float(kappa)
    with np.errstate(over="ignore"):
        return 4.0 * level * np.cosh(0.5 * z) ** 2, z - level * (1.0 + np.exp(z))


def _resolve(b: Floats, kappa: Decimal, z: Floats) -> None:
    """Compute b anew where its terms cancel more than a bit: on flip curves near b = 0."""
    for k in np.flatnonzero(np.abs(z) > np.abs(b)):
        b[k] = bias_on_curve(float(z[k]), kappa)


def _band(kappa: Decimal, w: Floats) -> tuple[Floats, Floats]:
    """The two b on the curve at each w, lower first; NaN where w does not reach it."""
    level = float(kappa)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        s = np.sqrt((w - 4.0 * level) / w)
        z = np.log1p(0.5 * s * (1.0 + s) * (w / level))
    one = -z - 2.0 * level / (1.0 + s)
    return np.minimum(one, -w - one), np.maximum(one, -w - one)


def _regions(neuron: Neuron, w: Span, b: Span) -> Iterator[Region]:
    """What each kind of curve encloses, and the rest, each counted where it is widest in b."""
    bands = list(zip(ENCLOSED, levels(neuron), strict=False))
    # Even in w, and in z, where the bands have their tips.
    along_w = np.linspace(*w, SAMPLES)
    for _, (_, kappa) in bands:
        begin, end = (tangency(max(edge / float(kappa), 4.0), 1.0)[1] for edge in w)
        along_w = np.union1d(along_w, _on_curve(kappa, np.linspace(begin, end, SAMPLES))[0])
    along_w = np.unique(np.clip(along_w, *w))

    below, above = np.full(along_w.size, b[1]), np.full(along_w.size, b[1])
    for name, (_, kappa) in bands:
        low, high = (np.clip(edge, *b) for edge in _band(kappa, along_w))
        there = high > low
        below, above = np.where(there, low, below), np.where(there, high, above)
        if there.any():
            widest = int(np.nanargmax(high - low))
            yield _region(
                name,
                neuron.replace(w=along_w[widest], b=0.5 * (low[widest] + high[widest])),
                np.concatenate([along_w[there], along_w[there][::-1]]),
                np.concatenate([low[there], high[there][::-1]]),
            )
    under, over = below - b[0], b[1] - above
    room = np.maximum(under, over)
    # Of several the middle one: the first and the last are tips of the bands.
    widest = int(np.median(np.flatnonzero(room == room.max())))
    if max(under[widest], over[widest]) > 0.0:
        edge, start = (b[0], below) if under[widest] >= over[widest] else (b[1], above)
        outside = neuron.replace(w=along_w[widest], b=0.5 * (edge + start[widest]))
        yield _region("elsewhere", outside, np.empty(0), np.empty(0))


def _region(name: str, inside: Neuron, outline_w: Floats, outline_b: Floats) -> Region:
    found = equilibria(inside)
    return Region(
        name=name,
        equilibria=int(found.count),
        stable=int(np.sum(found.stable)),
        inside=(float(inside.w), float(inside.b)),
        w=outline_w,
        b=outline_b,
    )
