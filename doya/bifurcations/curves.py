"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and their regions.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit functions of z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).
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

# Names of the regions that the curves enclose, in the order of `levels`.
ENCLOSED = ("between the folds", "between the flips")

# Arrays of the size of a curve's points in use at once, measured for the window that cuts the
# curves most often.
IN_USE = 30
SAMPLES = 400  # values of w at which regions are measured

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False, repr=False)
class BifurcationCurve(Result):
    """A piece of a fold or flip curve, cut at its tip and at the edges of the window.

    Attributes
    ----------
    kind : {"LP", "PD"}
        "LP" for a fold, "PD" for a flip.
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
    """A part of the window: enclosed by one kind of curve, or the rest, which has no outline.

    Attributes
    ----------
    name : {"between the folds", "between the flips", "elsewhere"}
        Name of the region.
    equilibria, stable : int
        Number of equilibria, and number of stable ones, counted at the point `inside`.
    inside : pair of float
        (w, b) of a point in the region, where it is widest in b.
    w, b : ndarray, shape (n,)
        The outline, dimensionless; empty for "elsewhere".
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
        Fold curves and, for the map, flip curves.
    special_points : tuple of BifurcationPoint
        The cusp, if it is in the window.
    regions : tuple of Region
        The regions that the curves enclose, and the rest of the window.
    neuron : NeuronODE or NeuronMap
        The neuron.
    w, b : pair of float
        The window, dimensionless.
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
    """Compute the fold curves, flip curves (map) and cusp in a window of the (w, b) plane.

    The fold curve is w = 1 / (x (1 - x)), b = ln(x / (1 - x)) - 1 / (1 - x).  Its two halves meet
    at the cusp, (w, b) = (4, -2).  The two halves of the flip curve meet at its tip,
    (w, b) = (4 kappa, -2 kappa) with kappa = 1 - 2/epsilon.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own w and b are not used.
    w, b : pair of float, default (0, 10) and (-8, 1)
        The window, dimensionless, low < high, each from -1e100 to 1e100.
    points : int, default 200
        Number of points on each piece of a curve, at least 2.

    Returns
    -------
    BifurcationCurves

    Raises
    ------
    ArgumentError
        For an ensemble, an empty or non-finite window, or points < 2.

    Notes
    -----
    At each point of a curve w, b and x differ from an exact point by at most 4 units in the last
    place each.  The outlines of regions are for drawing and are less accurate.

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
    """Return a window in w and b that shows the cusp and, for the map, the tip of the flips."""
    if not isinstance(neuron, NeuronMap):
        return (0.0, 10.0), (-8.0, 1.0)
    kappa = max(1.0 - 2.0 / float(neuron.epsilon), -0.1 * LARGEST)
    return (8.0 * kappa, 10.0), (-8.0, 1.0 - 8.0 * kappa)


def _curves(neuron: Neuron, w: Span, b: Span, points: int) -> Iterator[BifurcationCurve]:
    """Yield the pieces of each curve, cut at its tip and at the edges of the window."""
    for kind, kappa in levels(neuron):
        # z of each cut, with w and b there accurate to the last bits.
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
    """Return w and b on the curve at each z."""
    level = float(kappa)
    with np.errstate(over="ignore"):
        return 4.0 * level * np.cosh(0.5 * z) ** 2, z - level * (1.0 + np.exp(z))


def _resolve(b: Floats, kappa: Decimal, z: Floats) -> None:
    """Compute b again, exactly, where its terms cancel: on flip curves near b = 0."""
    for k in np.flatnonzero(np.abs(z) > np.abs(b)):
        b[k] = bias_on_curve(float(z[k]), kappa)


def _band(kappa: Decimal, w: Floats) -> tuple[Floats, Floats]:
    """Return the lower and the upper b of the curve at each w; NaN where it has none."""
    level = float(kappa)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        s = np.sqrt((w - 4.0 * level) / w)
        z = np.log1p(0.5 * s * (1.0 + s) * (w / level))
    one = -z - 2.0 * level / (1.0 + s)
    return np.minimum(one, -w - one), np.maximum(one, -w - one)


def _regions(neuron: Neuron, w: Span, b: Span) -> Iterator[Region]:
    """Yield each enclosed region and the rest; count equilibria where each is widest in b."""
    bands = list(zip(ENCLOSED, levels(neuron), strict=False))
    # Evenly spaced in w, and in z too, for the tips of the bands.
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
    # If several are widest, the middle one is used: the first and the last are tips of the bands.
    widest = int(np.median(np.flatnonzero(room == room.max())))
    if max(under[widest], over[widest]) > 0.0:
        edge, start = (b[0], below) if under[widest] >= over[widest] else (b[1], above)
        outside = neuron.replace(w=along_w[widest], b=0.5 * (edge + start[widest]))
        yield _region("elsewhere", outside, np.empty(0), np.empty(0))


def _region(name: str, inside: Neuron, outline_w: Floats, outline_b: Floats) -> Region:
    """Return the region with the equilibria counted at a neuron inside it."""
    found = equilibria(inside)
    return Region(
        name=name,
        equilibria=int(found.count),
        stable=int(np.sum(found.stable)),
        inside=(float(inside.w), float(inside.b)),
        w=outline_w,
        b=outline_b,
    )
