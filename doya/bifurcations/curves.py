"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and their regions.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit functions of z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).  Under a constant
input u this b is b + w w' u, and the equilibrium is x = sigma(z) + w' u.
"""

from __future__ import annotations

import dataclasses
import decimal
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, TypeAlias

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import (
    DIGITS,
    bias_on_curve,
    points_at_weight,
    tangencies_at_bias,
)
from doya.bifurcations.lines import points_on_line
from doya.bifurcations.points import (
    CUSP_W,
    BifurcationPoint,
    bifurcation_points,
    check_range,
    check_single,
    levels,
    tangencies_at_weight,
)
from doya.bifurcations.swept import Swept
from doya.checks import LARGEST, check_count
from doya.equilibria import equilibria
from doya.kernels.equilibria import tangency
from doya.kernels.logistic import sigmoid
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.results import Result
from doya.shifts import checked_input, lifted_bias, shifted_bias

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
        The equilibrium that bifurcates there, of the neuron with its input, dimensionless.
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
    u : float
        The constant input.
    """

    _first: ClassVar[tuple[str, ...]] = ("special_points",)

    curves: tuple[BifurcationCurve, ...]
    special_points: tuple[BifurcationPoint, ...]
    regions: tuple[Region, ...]
    neuron: Neuron
    w: Span
    b: Span
    u: float


def bifurcation_curves(
    neuron: Neuron,
    w: Sequence[float] = (0.0, 10.0),
    b: Sequence[float] = (-8.0, 1.0),
    *,
    points: int = 200,
    u: float = 0.0,
) -> BifurcationCurves:
    """Compute the fold curves, flip curves (map) and cusp in a window of the (w, b) plane.

    The fold curve is w = 1 / (x (1 - x)), b = ln(x / (1 - x)) - 1 / (1 - x).  Its two halves meet
    at the cusp, (w, b) = (4, -2).  The two halves of the flip curve meet at its tip,
    (w, b) = (4 kappa, -2 kappa) with kappa = 1 - 2/epsilon.  Under a constant input u each b is
    smaller by w w' u, and each x is larger by w' u.  With input_to="bias" each b is smaller by
    w' u, and x stays.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own w and b are not used.
    w, b : pair of float, default (0, 10) and (-8, 1)
        The window, dimensionless, low < high, each from -1e100 to 1e100.
    points : int, default 200
        Number of points on each piece of a curve, at least 2.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100.

    Returns
    -------
    BifurcationCurves

    Raises
    ------
    ArgumentError
        For an ensemble, an empty or non-finite window, points < 2, or an input with
        abs(b + w w' u) > 1e100 within the window.

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
    swept = Swept(neuron, "w", checked_input(u))
    for edge_w, edge_b in itertools.product(*window):
        shifted_bias(edge_b, edge_w, swept.shift)
        lifted_bias(edge_b, swept.lift)
    return BifurcationCurves(
        curves=tuple(_curves(swept, *window, points)),
        special_points=tuple(_cusp(swept, *window)),
        regions=tuple(_regions(swept, *window)),
        neuron=neuron,
        w=window[0],
        b=window[1],
        u=swept.u,
    )


def default_window(neuron: Neuron, u: float = 0.0) -> tuple[Span, Span]:
    """Return a window in w and b that shows the cusp and, for the map, the tip of the flips."""
    kappa = 1.0
    w, b = (0.0, 10.0), (-8.0, 1.0)
    if isinstance(neuron, NeuronMap):
        kappa = max(1.0 - 2.0 / float(neuron.epsilon), -0.1 * LARGEST)
        w, b = (8.0 * kappa, 10.0), (-8.0, 1.0 - 8.0 * kappa)
    # Under an input each b of the window without input is moved by -w w' u, or by -w' u.
    swept = Swept(neuron, "w", u)
    moved = [float(shifted_bias(swept.lift, edge, swept.shift)) for edge in w]
    return w, (max(b[0] - max(moved), -LARGEST), min(b[1] - min(moved), LARGEST))


def _cusp(swept: Swept, w: Span, b: Span) -> Iterator[BifurcationPoint]:
    """Yield the cusp, as a point along w, if it is in the window."""
    if w[0] <= CUSP_W <= w[1]:
        for point in bifurcation_points(swept.neuron.replace(w=CUSP_W), "b", b, u=swept.u):
            if point.kind == "CP":
                yield dataclasses.replace(point, parameter="w", value=CUSP_W)


def _curves(swept: Swept, w: Span, b: Span, points: int) -> Iterator[BifurcationCurve]:
    """Yield the pieces of each curve, cut at its tip and at the edges of the window."""
    for kind, kappa in levels(swept.neuron):
        cuts = _cuts(swept, kind, kappa, w, b)
        for start, stop in itertools.pairwise(sorted(cuts)):
            middle_w, middle_b = _on_curve(kappa, swept, np.array(0.5 * (start + stop)))
            if w[0] <= middle_w <= w[1] and b[0] <= middle_b <= b[1]:
                z = np.linspace(start, stop, points)
                along_w, along_b = _on_curve(kappa, swept, z)
                _resolve(along_w, along_b, kappa, swept, z)
                for end in (0, -1):
                    along_w[end], along_b[end] = cuts[float(z[end])]
                x = sigmoid(z) + swept.shift
                yield BifurcationCurve(kind, np.clip(along_w, *w), np.clip(along_b, *b), x)


def _cuts(
    swept: Swept, kind: str, kappa: Decimal, w: Span, b: Span
) -> dict[float, tuple[float, float]]:
    """Return z of each cut of a curve, with w and b there accurate to the last bits."""
    shift, lift = swept.exact_shift, swept.exact_lift
    if not shift and not lift:
        cuts = {0.0: (float(4 * kappa), float(-2 * kappa))}
        for edge in w:
            cuts |= {at.z: (at.w, at.b) for at in tangencies_at_weight(edge, kind, kappa)}
        for edge in b:
            cuts |= {at.z: (at.w, at.b) for at in tangencies_at_bias(edge, kappa)}
        return cuts
    with decimal.localcontext(DIGITS):
        cuts = {0.0: (float(4 * kappa), float(-2 * kappa - 4 * kappa * shift - lift))}
        for edge in w:
            found = points_at_weight(edge, kappa)
            cuts |= {float(at.z): (edge, float(at.b - at.w * shift - lift)) for at in found}
        for edge in b:
            found = points_on_line(Decimal(edge) + lift, shift, kappa)
            cuts |= {float(at.z): (float(at.w), edge) for at in found}
    return cuts


def _on_curve(kappa: Decimal, swept: Swept, z: Floats) -> tuple[Floats, Floats]:
    """Return w and b on the curve at each z."""
    level, shift = float(kappa), swept.shift
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z)
        terms = 1.0 + e if shift == 0.0 else 1.0 + 2.0 * shift + (1.0 + shift) * e + shift / e
        return 4.0 * level * np.cosh(0.5 * z) ** 2, z - level * terms - swept.lift


def _resolve(w: Floats, b: Floats, kappa: Decimal, swept: Swept, z: Floats) -> None:
    """Compute b again, exactly, where its terms cancel: on flip curves near b = 0, and by input."""
    largest = np.maximum(np.abs(z), np.abs(w * swept.shift + swept.lift))
    for k in np.flatnonzero(largest > np.abs(b)):
        b[k] = bias_on_curve(float(z[k]), kappa, swept.exact_shift, swept.exact_lift)


def _band(kappa: Decimal, w: Floats) -> tuple[Floats, Floats]:
    """Return the lower and the upper b of the curve at each w; NaN where it has none."""
    level = float(kappa)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        s = np.sqrt((w - 4.0 * level) / w)
        z = np.log1p(0.5 * s * (1.0 + s) * (w / level))
    one = -z - 2.0 * level / (1.0 + s)
    return np.minimum(one, -w - one), np.maximum(one, -w - one)


def _regions(swept: Swept, w: Span, b: Span) -> Iterator[Region]:
    """Yield each enclosed region and the rest; count equilibria where each is widest in b."""
    neuron, u = swept.neuron, swept.u
    bands = list(zip(ENCLOSED, levels(neuron), strict=False))
    # Evenly spaced in w, and in z too, for the tips of the bands.
    along_w = np.linspace(*w, SAMPLES)
    for _, (_, kappa) in bands:
        begin, end = (tangency(max(edge / float(kappa), 4.0), 1.0)[1] for edge in w)
        along_w = np.union1d(along_w, _on_curve(kappa, swept, np.linspace(begin, end, SAMPLES))[0])
    along_w = np.unique(np.clip(along_w, *w))

    below, above = np.full(along_w.size, b[1]), np.full(along_w.size, b[1])
    for name, (_, kappa) in bands:
        moved = along_w * swept.shift + swept.lift
        low, high = (np.clip(edge - moved, *b) for edge in _band(kappa, along_w))
        there = high > low
        below, above = np.where(there, low, below), np.where(there, high, above)
        if there.any():
            widest = int(np.nanargmax(high - low))
            yield _region(
                name,
                neuron.replace(w=along_w[widest], b=0.5 * (low[widest] + high[widest])),
                u,
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
        yield _region("elsewhere", outside, u, np.empty(0), np.empty(0))


def _region(name: str, inside: Neuron, u: float, outline_w: Floats, outline_b: Floats) -> Region:
    """Return the region with the equilibria counted at a neuron inside it."""
    found = equilibria(inside, u)
    return Region(
        name=name,
        equilibria=int(found.count),
        stable=int(np.sum(found.stable)),
        inside=(float(inside.w), float(inside.b)),
        w=outline_w,
        b=outline_b,
    )
