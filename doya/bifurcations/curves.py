"""The bifurcation set in the (w, b) plane: fold and flip curves, the cusp, and their regions.

On the curve w sigma'(z) = kappa (kappa = 1 for folds, 1 - 2/epsilon for flips) both parameters are
explicit functions of z: w = 4 kappa cosh(z/2)**2 and b = z - kappa (1 + e**z).  Under a constant
input u this b is b + w w' u, and the equilibrium is x = sigma(z) + w' u.
"""

from __future__ import annotations

import dataclasses
import decimal
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np

from doya.arrays import Floats
from doya.bifurcations import letter_curves
from doya.bifurcations.closed_forms import (
    DIGITS,
    bias_on_curve,
    points_at_weight,
    tangencies_at_bias,
)
from doya.bifurcations.curve_records import BifurcationCurve, BifurcationCurves, Region, Span
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
from doya.conversions.conversion import Conversion
from doya.equilibria import Equilibria, equilibria
from doya.errors import ArgumentError
from doya.kernels.equilibria import tangency
from doya.kernels.numbers.logistic import sigmoid
from doya.memory import require_memory
from doya.neurons import Neuron, NeuronMap
from doya.shifts import checked_input, lifted_bias, shifted_bias

# Names of the regions that the curves enclose, in the order of `levels`.
ENCLOSED = ("between the folds", "between the flips")

# Arrays of the size of a curve's points in use at once, measured for the window that cuts the
# curves most often.
IN_USE = 30
SAMPLES = 400  # values of w at which regions are measured


def bifurcation_curves(
    neuron: Neuron | Conversion,
    w: Sequence[float] = (0.0, 10.0),
    b: Sequence[float] = (-8.0, 1.0),
    *,
    points: int = 200,
    u: float = 0.0,
    over: Mapping[str, Sequence[float] | None] | None = None,
) -> BifurcationCurves:
    """Compute the fold curves, flip curves (map) and cusp in a window of the (w, b) plane.

    The fold curve is w = 1 / (x (1 - x)), b = ln(x / (1 - x)) - 1 / (1 - x).  Its two halves meet
    at the cusp, (w, b) = (4, -2).  The two halves of the flip curve meet at its tip,
    (w, b) = (4 kappa, -2 kappa) with kappa = 1 - 2/epsilon.  Under a constant input u each b is
    smaller by w w' u, and each x is larger by w' u.  With input_to="bias" each b is smaller by
    w' u, and x stays.

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron; its own w and b are not used.  With a `Conversion` the plane is that of two
        letters, `over`, and neither w, b nor u is used.
    w, b : pair of float, default (0, 10) and (-8, 1)
        The window, dimensionless, low < high, each from -1e100 to 1e100.
    points : int, default 200
        Number of points on each piece of a curve, at least 2.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100.
    over : dict of pair of float, optional
        For a `Conversion`: the window of two letters, one that moves w at a fixed epsilon, and one
        that moves b alone.  None in place of a pair is a range that shows the curves.  The default
        is the first letter that moves w, and the author's input or bias.

    Returns
    -------
    BifurcationCurves

    Raises
    ------
    ArgumentError
        For an ensemble, an empty or non-finite window, points < 2, or an input with
        abs(b + w w' u) > 1e100 within the window.

    See Also
    --------
    bifurcation_diagram : The equilibria along a parameter.
    plots.draw_bifurcation_curves : The picture.

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
    >>> tanh = doya.from_tanh(w=1.0, h=0.0)
    >>> found = doya.bifurcation_curves(tanh, over={"w": (0.0, 3.0), "h": (-1.0, 1.0)})
    >>> found.place_of(found.special_points[0])
    {'w': 1.0, 'h': 0.0}
    """
    points = check_count("points", points, 2)
    require_memory("points", (points,), IN_USE)
    if isinstance(neuron, Conversion):
        return _in_letters(neuron, over, points)
    check_single(neuron)
    if over is not None:
        raise ArgumentError("over", f"is for a Conversion only, got {over!r}: give w and b")
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


def _in_letters(
    conversion: Conversion, over: Mapping[str, Sequence[float] | None] | None, points: int
) -> BifurcationCurves:
    """Return the bifurcation set in the plane of two letters."""
    check_single(conversion.neuron)
    plane = letter_curves.plane_of(conversion, None if over is None else tuple(over))
    weights = default_window(conversion.neuron)[0]
    window = letter_curves.checked_window(plane, over or {}, weights)
    corners = list(itertools.product(*window.values()))
    found = [plane.neuron(*corner) for corner in corners]
    w, b = ([float(getattr(each, name)) for each in found] for name in ("w", "b"))
    return BifurcationCurves(
        curves=tuple(
            BifurcationCurve(each.kind, each.w, each.b, each.x, each.letters, each.state)
            for each in letter_curves.pieces(plane, window, points)
        ),
        special_points=tuple(letter_curves.cusp(plane, window)),
        regions=tuple(_regions_of_letters(plane, window)),
        neuron=conversion.neuron,
        w=(min(w), max(w)),
        b=(min(b), max(b)),
        u=0.0,
        conversion=conversion,
        over=window,
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

    moved = along_w * swept.shift + swept.lift
    strips = []
    for name, (_, kappa) in bands:
        low, high = _band(kappa, along_w)
        strips.append((name, low - moved, high - moved))

    def count(w: float, b: float) -> Equilibria:
        return equilibria(neuron.replace(w=w, b=b), u)

    yield from _between(along_w, strips, b, count)


def _regions_of_letters(plane: letter_curves.Plane, window: dict[str, Span]) -> Iterator[Region]:
    """Yield the same regions over two letters."""
    across, alone = window.values()
    neuron = plane.conversion.neuron
    along = np.linspace(*across, SAMPLES)
    weights = np.asarray(plane.neuron(along, 0.0).w)
    for _, kappa in levels(neuron):
        begin, end = (
            tangency(max(float(edge) / float(kappa), 4.0), 1.0)[1] for edge in weights[[0, -1]]
        )
        z = np.linspace(begin, end, SAMPLES)
        more = plane.letters(*letter_curves.on_curve(float(kappa), z))[plane.across]
        along = np.union1d(along, more)
    along = np.unique(np.clip(along, *across))
    weights = np.asarray(plane.neuron(along, 0.0).w)
    strips = []
    for name, (_, kappa) in zip(ENCLOSED, levels(neuron), strict=False):
        edges = [plane.letters(weights, edge)[plane.alone] for edge in _band(kappa, weights)]
        low, high = np.sort(np.stack(edges), axis=0)
        strips.append((name, low, high))

    def count(first: float, second: float) -> Equilibria:
        return equilibria(plane.neuron(first, second))

    yield from _between(along, strips, alone, count)


def _between(
    along_w: Floats,
    strips: list[tuple[str, Floats, Floats]],
    b: Span,
    count: Callable[[float, float], Equilibria],
) -> Iterator[Region]:
    """Yield each enclosed region and the rest; count equilibria where each is widest in b.

    A strip has its name, and its smallest and its largest b along w.
    """
    below, above = np.full(along_w.size, b[1]), np.full(along_w.size, b[1])
    for name, least, most in strips:
        low, high = (np.clip(edge, *b) for edge in (least, most))
        there = high > low
        below, above = np.where(there, low, below), np.where(there, high, above)
        if there.any():
            widest = int(np.nanargmax(high - low))
            yield _region(
                name,
                (float(along_w[widest]), float(0.5 * (low[widest] + high[widest]))),
                count,
                np.concatenate([along_w[there], along_w[there][::-1]]),
                np.concatenate([low[there], high[there][::-1]]),
            )
    under, over = below - b[0], b[1] - above
    room = np.maximum(under, over)
    # If several are widest, the middle one is used: the first and the last are tips of the bands.
    widest = int(np.median(np.flatnonzero(room == room.max())))
    if max(under[widest], over[widest]) > 0.0:
        edge, start = (b[0], below) if under[widest] >= over[widest] else (b[1], above)
        outside = float(along_w[widest]), float(0.5 * (edge + start[widest]))
        yield _region("elsewhere", outside, count, np.empty(0), np.empty(0))


def _region(
    name: str,
    inside: Span,
    count: Callable[[float, float], Equilibria],
    outline_w: Floats,
    outline_b: Floats,
) -> Region:
    """Return the region with the equilibria counted at a neuron inside it."""
    found = count(*inside)
    return Region(
        name=name,
        equilibria=int(found.count),
        stable=int(np.sum(found.stable)),
        inside=inside,
        w=outline_w,
        b=outline_b,
    )
