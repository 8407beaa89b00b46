"""Bifurcation points in closed form: folds (LP), flips (PD) and the cusp (CP)."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from doya.bifurcations.closed_forms import (
    EVERY_DIGIT,
    FOLD,
    TangentPoint,
    digits_for,
    flip_at_step,
    flip_level,
    points_at_weight,
    tangencies_at_bias,
)
from doya.bifurcations.letter_sweeps import check_letter_range, domain, letter_sweep
from doya.bifurcations.letters import SweptLetter
from doya.bifurcations.lines import points_on_line
from doya.bifurcations.swept import Swept, Tangency
from doya.checks import LARGEST, checked
from doya.conversions.conversion import Conversion, require_no_input
from doya.equilibria import roots
from doya.errors import ArgumentError
from doya.kernels.equilibria import fold_values, tangency
from doya.neurons import Neuron, NeuronMap, check_neuron
from doya.shifts import checked_input

# Weight and bias of the cusp: f = f_x = f_xx = 0 at x = 1/2.
CUSP_W, CUSP_B = 4.0, -2.0
# Largest weight of a flip, at epsilon = 1.
FIRST_FLIP = -4.0


@dataclass(frozen=True)
class BifurcationPoint:
    """An equilibrium that changes stability, or meets another one, as one parameter changes.

    Attributes
    ----------
    kind : {"LP", "PD", "CP", "BP"}
        LP, limit point or fold: two equilibria meet and vanish; eigenvalue 0 (flow) or
        multiplier 1 (map).
        PD, period doubling or flip (map only): multiplier -1; a 2-cycle is born.
        CP, cusp: the two folds meet.
        BP, branch point: two branches of equilibria cross and exchange their stability, as along w
        of Wilson and Cowan's neuron without input.
    parameter : {"b", "w", "epsilon", "u"}
        Name of the parameter that changes; an author's letter for a `Conversion`.
    value : float
        Value of that parameter or letter at the bifurcation.
    x : float
        The equilibrium of the neuron with its input, dimensionless.
    w, b : float
        Doya's weight and bias at the bifurcation; b is the neuron's own, without w w' u.
    epsilon : float or None
        Step of the map at the bifurcation; None for the flow.
    coefficient : float
        Normal-form coefficient of the right-hand side f (flow) or F (map): f_xx / 2 or F_xx / 2 at
        LP and BP, F_xx**2 / 4 + F_xxx / 6 at PD, and f_xxx / 6 or F_xxx / 6 at CP.  It is positive
        at a supercritical PD, where the 2-cycle attracts.
    u : float, default 0.0
        The constant input at the bifurcation.
    state : float
        The equilibrium in the author's state for a `Conversion`; otherwise x.
    """

    kind: str
    parameter: str
    value: float
    x: float
    w: float
    b: float
    epsilon: float | None
    coefficient: float
    u: float = 0.0
    state: float = math.nan

    def __str__(self) -> str:
        return f"{self.kind} at {self.parameter} = {self.value:.6g}"


def bifurcation_points(
    neuron: Neuron | Conversion,
    over: str = "b",
    between: Sequence[float] | None = None,
    *,
    u: float = 0.0,
) -> list[BifurcationPoint]:
    """Compute every bifurcation of equilibria along one parameter, to at most 2 ulp.

    The condition is w sigma'(z) = kappa, with kappa = 1 for the fold and 1 - 2/epsilon for the
    flip.  Without input:

    - Along b, x = (1 -+ sqrt(1 - 4 kappa / w)) / 2 and b = ln(x / (1 - x)) - w x.
    - Along w, z is a solution of z - kappa e**z = b + kappa, and w = 4 kappa cosh(z/2)**2.
    - Along epsilon, each equilibrium has epsilon = 2 / (1 - w sigma'(z)).

    Under a constant input u, y = x - w' u obeys the neuron without input and with the bias
    b + w w' u.

    - Along b each value is smaller by w w' u, and x is larger by w' u.
    - Along u, with b* the value along b without input, u = (b* - b) / (w w') and x = y + w' u.
    - Along w the bias changes too, and y is a solution of
      ln(y / (1 - y)) - kappa / (1 - y) - kappa w' u / (y (1 - y)) = b.

    An author's letter moves w and b along a line, b = alpha + beta w, where beta takes the place of
    w' u in the last equation, and alpha that of b.  Pasemann's gamma and Aihara's k move epsilon
    too: with their W = epsilon w and theta = epsilon b, a flip is the solution of
    z (2 + W y (1 - y)) = W y + theta, and epsilon = 2 + W y (1 - y).

    Parameters
    ----------
    neuron : NeuronODE, NeuronMap or Conversion
        One neuron; its own value of the swept parameter is not used.
    over : str, default "b"
        The parameter that changes: "b", "w", "epsilon" for the map only, or "u" unless w w' = 0.
        For a `Conversion` a letter of its author, or "u".
    between : pair of float, optional
        Range (low, high): only points with low <= value <= high are returned.  By default all
        points from -1e100 to 1e100.
    u : float, default 0.0
        Constant input, dimensionless, from -1e100 to 1e100; not used where u is swept.

    Returns
    -------
    list of BifurcationPoint
        The points in the order of ascending x along the curve of equilibria.

    Raises
    ------
    ArgumentError
        For an ensemble, an unknown parameter, an empty or non-finite range, an input that is not
        finite, over = "u" where w w' = 0, or a letter that moves no line: a unit of time, or Wilson
        and Cowan's theta and a.

    See Also
    --------
    bifurcation_diagram : The equilibria along a parameter.
    bifurcation_curves : Folds and flips in the (w, b) plane.
    cycle_bifurcations : Folds and flips of cycles along a parameter.

    Notes
    -----
    The parameters of the neuron and u are taken as exact doubles.  The values of folds along b
    without input are accurate to 2 units in the last place.  They are exactly the doubles at which
    `equilibria` counts two equilibria.  All other values are computed with 50 digits or
    more and are correct to the last bit, even where their terms nearly cancel.

    With input_to="bias" the input is inside sigma: b + w' u takes the place of b + w w' u, no state
    is shifted, and u can be swept unless w' = 0.

    Along b and u at exactly w = 4 kappa, and along w at exactly b = -2 kappa - 4 kappa w' u, two
    points coincide.  For kappa = 1 the cusp is returned instead; for the flip its tip is returned
    once.

    References
    ----------
    Folds: R. Pascanu, T. Mikolov, Y. Bengio (2013), Fig. 3.  Normal forms: Yu. A. Kuznetsov,
    "Elements of Applied Bifurcation Theory" (2004), sections 3.2, 4.5 and 8.2.

    Examples
    --------
    >>> import doya
    >>> for point in doya.bifurcation_points(doya.NeuronODE(w=5.0)):
    ...     print(f"{point.kind} at b = {point.value:.12f}, x = {point.x:.12f}")
    LP at b = -2.344389661369, x = 0.276393202250
    LP at b = -2.655610338631, x = 0.723606797750

    A current that is varied:

    >>> for point in doya.bifurcation_points(doya.NeuronODE(w=5.0, b=-2.5), "u"):
    ...     print(f"{point.kind} at u = {point.value:.12f}, x = {point.x:.12f}")
    LP at u = 0.031122067726, x = 0.307515269976
    LP at u = -0.031122067726, x = 0.692484730024

    The weight of the tanh neuron, and its fold in the author's state:

    >>> for point in doya.bifurcation_points(doya.from_tanh(w=1.0, h=0.2), "w"):
    ...     print(f"{point.kind} at w = {point.value:.12f}, a = {point.state:.12f}")
    LP at w = 1.486871192315, a = -0.650831799019
    PD at w = -1.009966908818, a = 0.099669306343
    """
    swept = checked_sweep(neuron, over, u)
    low, high = whole_range(swept) if between is None else check_range(neuron, over, between)
    return points_within(swept, tangencies(swept), low, high)


def points_within(
    swept: Swept, special: list[Tangency], low: float, high: float
) -> list[BifurcationPoint]:
    """Return the tangencies whose value is within the range as points by ascending x."""
    found = [_point(swept, at) for at in special if low <= at.value <= high]
    return found[::-1] if swept.is_mirrored else found


def tangencies(swept: Swept) -> list[Tangency]:
    """Return every bifurcation along the parameter by ascending z; values may be infinite."""
    if swept.over == "epsilon":
        found = _along_epsilon(swept)
    elif isinstance(swept, SweptLetter):
        found = swept.tangencies()
    elif swept.over == "u" or swept.shift or swept.lift:
        found = _under_input(swept)
    else:
        found = _along_w(swept.neuron) if swept.over == "w" else _along_b(swept.neuron)
    # Large z of a flip and of a fold may round to the same double; the curve meets the flip first.
    return sorted(found, key=lambda at: (at.z, at.flow_eigenvalue))


def whole_range(swept: Swept) -> tuple[float, float]:
    """Return the smallest and the largest value of the swept parameter."""
    return (-LARGEST, LARGEST) if swept.conversion is None else domain(swept)


def check_single(neuron: Neuron) -> None:
    """Raise unless the argument is one neuron in Doya's parameters, and no ensemble."""
    check_neuron(neuron)
    _check_shape(neuron.shape)


def check_one(neuron: Neuron | Conversion) -> None:
    """Raise unless the argument is one neuron, in Doya's parameters or an author's letters."""
    if not isinstance(neuron, Conversion):
        check_neuron(neuron)
    _check_shape(neuron.shape)


def _check_shape(shape: tuple[int, ...]) -> None:
    if shape != ():
        raise ArgumentError(
            "neuron", f"must be one neuron, got an ensemble of shape {shape}: call once per neuron"
        )


def checked_sweep(neuron: Neuron | Conversion, over: str, u: float) -> Swept:
    """Return the neuron with its input and its swept parameter; raise for a wrong one."""
    if isinstance(neuron, Conversion):
        _check_shape(neuron.shape)
        u = checked_input(u)
        require_no_input(neuron, u)
        swept = letter_sweep(neuron, over, u)
        _check_slope(swept)
        return swept
    check_single(neuron)
    allowed = (*neuron.sweepable, "u")
    if over not in allowed:
        words = " or ".join(map(repr, allowed))
        raise ArgumentError("over", f"must be {words} for the {neuron.dynamics}, got {over!r}")
    swept = Swept(neuron, over, checked_input(u))
    _check_slope(swept)
    return swept


def _check_slope(swept: Swept) -> None:
    """Raise where the input is swept and has no effect."""
    if swept.over == "u" and swept.slope == 0.0:
        w, input_weight = float(swept.neuron.w), float(swept.neuron.input_weight)
        slope, bias = ("w'", "b + w' u") if swept.inside else ("w w'", "b + w w' u")
        raise ArgumentError(
            "over",
            f"must not be 'u' where {slope} = 0: the input then does not change the bias {bias},"
            f" got w = {w:g} and w' = {input_weight:g}",
        )


def check_range(
    neuron: Neuron | Conversion, over: str, between: Sequence[float]
) -> tuple[float, float]:
    """Return the ends of a range as floats; raise unless low < high are allowed values."""
    try:
        low, high = (float(end) for end in between)
    except (TypeError, ValueError):
        raise ArgumentError(
            "between", f"must be two values of {over}, low < high, got {between!r}"
        ) from None
    if not low < high:
        raise ArgumentError("between", f"must have low < high for {over}, got {low} and {high}")
    if isinstance(neuron, Conversion) and over != "u":
        return check_letter_range(neuron, over, (low, high))
    for end in (low, high):
        checked(over, end)
    return low, high


def levels(neuron: Neuron) -> Iterator[tuple[str, Decimal]]:
    """Yield each kind of bifurcation the neuron can have, with its kappa = w sigma'(z)."""
    yield "LP", FOLD
    if isinstance(neuron, NeuronMap):
        yield "PD", flip_level(float(neuron.epsilon))


def tangencies_at_weight(w: float, kind: str, kappa: Decimal) -> list[TangentPoint]:
    """Return the points of a fold or flip curve at this w, by ascending z.

    The b of a fold is the double with which `equilibria` compares b, so that it counts two there.
    """
    if kind == "PD":
        return [at.rounded() for at in points_at_weight(w, kappa)]
    if w == CUSP_W:
        return [TangentPoint(CUSP_W, CUSP_B, 0.0, 0.5)]
    if w < CUSP_W:
        return []
    s, z, level = tangency(w, 1.0)
    upper, lower = fold_values(w, z, level)
    return [TangentPoint(w, upper, -z, level / w), TangentPoint(w, lower, z, 0.5 + 0.5 * s)]


def _along_b(neuron: Neuron) -> list[Tangency]:
    """Return the folds and flips at the neuron's w."""
    w = float(neuron.w)
    return [
        Tangency(_kind(kind, at), at.z, at.x, at.b, float(kappa) - 1.0)
        for kind, kappa in levels(neuron)
        for at in tangencies_at_weight(w, kind, kappa)
    ]


def _along_w(neuron: Neuron) -> list[Tangency]:
    """Return the folds and flips at the neuron's b."""
    b = float(neuron.b)
    return [
        Tangency(_kind(kind, at), at.z, at.x, at.w, float(kappa) - 1.0)
        for kind, kappa in levels(neuron)
        for at in tangencies_at_bias(b, kappa)
    ]


def _kind(kind: str, at: TangentPoint) -> str:
    """Return "CP" for the fold at the cusp, and otherwise the kind as it is."""
    return "CP" if kind == "LP" and (at.w, at.b) == (CUSP_W, CUSP_B) else kind


def _under_input(swept: Swept) -> list[Tangency]:
    """Return the folds and flips along b, w or u under a constant input, to 50 digits."""
    w, b = float(swept.neuron.w), float(swept.neuron.b)
    on_line, found = swept.over == "w", []
    with decimal.localcontext(EVERY_DIGIT):
        weight, bias, shift, lift = Decimal(w), Decimal(b), swept.exact_shift, swept.exact_lift
        start, given, slope = bias + lift, weight * shift + lift, swept.exact_slope
    with decimal.localcontext(digits_for(w, b, given)):
        for kind, kappa in levels(swept.neuron):
            points = points_on_line(start, shift, kappa) if on_line else points_at_weight(w, kappa)
            for at in points:
                if swept.over == "u":
                    value = (at.b - bias) / slope
                    x = at.x if swept.inside else (at.z - bias) / weight
                else:
                    value, x = at.w if on_line else at.b - given, at.x + shift
                name = "CP" if kind == "LP" and at.z == 0 else kind
                numbers = float(at.z), float(x), float(value), float(kappa) - 1.0
                found.append(Tangency(name, *numbers))
    return found


def _along_epsilon(swept: Swept) -> list[Tangency]:
    """Return the flips, where mu = 1 + epsilon lambda = -1: equilibria do not depend on epsilon."""
    w, b, shift = swept.at(1.0)  # the same for each epsilon
    if w > FIRST_FLIP:
        return []
    found = []
    for z, y, _ in roots(w, b):
        # z is that of the rounded bias; `flip_at_step` decides by the exact one.
        flip = flip_at_step(w, swept.exact_bias, z)
        if flip:
            found.append(Tangency("PD", z, y + shift, *flip))
    return found


def _point(swept: Swept, at: Tangency) -> BifurcationPoint:
    """Return the bifurcation point with its parameters and its normal-form coefficient."""
    there = swept.there(at.value)
    w, b, epsilon = there["w"], there["b"], there.get("epsilon")
    scale = 1.0 if epsilon is None else epsilon

    # sigma' = kappa/w, sigma'' = -sigma' tanh(z/2), sigma''' = sigma' (1 - 6 sigma').
    kappa = 1.0 + at.flow_eigenvalue
    second = -scale * w * kappa * math.tanh(0.5 * at.z)
    third = scale * w * kappa * (w - 6.0 * kappa)
    coefficient = {
        "LP": 0.5 * second,
        "BP": 0.5 * second,
        "PD": 0.25 * second * second + third / 6.0,
        "CP": third / 6.0,
    }[at.kind]
    state = float(swept.state_at_rest(at.value, at.x, at.z))
    return BifurcationPoint(
        at.kind, swept.name, at.value, at.x, w, b, epsilon, coefficient, there["u"], state
    )
