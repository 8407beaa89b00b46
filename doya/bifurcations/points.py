"""Bifurcation points in closed form: folds (LP), flips (PD) and the cusp (CP)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from doya.checks import LARGEST, checked
from doya.equilibria import roots
from doya.kernels.equilibria import fold_values, tangency
from doya.kernels.logistic import sigmoid
from doya.neurons import Neuron, NeuronMap, check_neuron

# Weight and bias of the cusp: f = f_x = f_xx = 0 at x = 1/2.
CUSP_W, CUSP_B = 4.0, -2.0


@dataclass(frozen=True)
class BifurcationPoint:
    """An equilibrium that gains or loses stability, or meets another, as a parameter changes.

    Attributes
    ----------
    kind : {"LP", "PD", "CP"}
        LP, limit point or fold: two equilibria meet and vanish; eigenvalue 0 (flow), 1 (map).
        PD, period doubling or flip (map): multiplier -1, a 2-cycle is born.
        CP, cusp: the two folds meet.
    parameter : {"b", "w", "epsilon"}
        The parameter that changes.
    value : float
        Its value there.
    x : float
        The equilibrium.
    w, b : float
        The neuron there.
    epsilon : float or None
        The map's step there; None for the flow.
    coefficient : float
        Normal-form coefficient of the right-hand side f (flow) or F (map): f_xx / 2 at LP,
        F_xx**2 / 4 + F_xxx / 6 at PD (positive: supercritical, the 2-cycle attracts),
        f_xxx / 6 at CP.
    """

    kind: str
    parameter: str
    value: float
    x: float
    w: float
    b: float
    epsilon: float | None
    coefficient: float


class Tangency(NamedTuple):
    """An equilibrium on a bifurcation along one parameter, its value in range or not."""

    kind: str
    z: float
    x: float
    value: float
    flow_eigenvalue: float


def bifurcation_points(
    neuron: Neuron, over: str = "b", between: Sequence[float] | None = None
) -> list[BifurcationPoint]:
    """Every bifurcation of equilibria along one parameter, in closed form.

    With kappa = 1 for the fold and 1 - 2/epsilon for the flip, the condition is
    w sigma'(z) = kappa.  Along b: x = (1 -+ sqrt(1 - 4 kappa / w)) / 2 and
    b = ln(x / (1 - x)) - w x.  Along w: z - kappa e**z = b + kappa, then
    w = 4 kappa cosh(z/2)**2.  Along epsilon: epsilon = 2 / (1 - w sigma'(z)) at each equilibrium.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap
        One neuron; its own value of the swept parameter does not matter.
    over : {"b", "w", "epsilon"}, default "b"
        The parameter that changes; "epsilon" for the map only.
    between : pair of float, optional
        Keep the points with low <= value <= high; by default all within -1e100 to 1e100.

    Returns
    -------
    list of BifurcationPoint
        In the order in which the curve of equilibria, x ascending, meets them.

    Raises
    ------
    ValueError
        For an ensemble, an unknown parameter, or an empty or non-finite range.

    Notes
    -----
    Along b at w = 4 kappa exactly, and along w at b = -2 kappa, two points have become one: the
    cusp for kappa = 1; for the flip its tip, which is given once.

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
    """
    check_sweep(neuron, over)
    low, high = (-LARGEST, LARGEST) if between is None else check_range(neuron, over, between)
    return points_within(neuron, over, tangencies(neuron, over), low, high)


def points_within(
    neuron: Neuron, over: str, special: list[Tangency], low: float, high: float
) -> list[BifurcationPoint]:
    """The tangencies whose value lies within the range, written out in full."""
    return [_point(neuron, over, at) for at in special if low <= at.value <= high]


def tangencies(neuron: Neuron, over: str) -> list[Tangency]:
    """Every bifurcation along the parameter, by ascending z; values may be infinite."""
    along = {"b": _along_b, "w": _along_w, "epsilon": _along_epsilon}[over]
    # Far out z of a flip and of a fold may round to one; the curve meets the flip first.
    return sorted(along(neuron), key=lambda at: (at.z, at.flow_eigenvalue))


def check_single(neuron: Neuron) -> None:
    """One neuron, no ensemble."""
    check_neuron(neuron)
    if neuron.shape != ():
        raise ValueError(f"neuron must be a single one, got an ensemble of shape {neuron.shape}")


def check_sweep(neuron: Neuron, over: str) -> None:
    """One neuron, and a parameter it has."""
    check_single(neuron)
    if over not in neuron.sweepable:
        allowed = " or ".join(repr(name) for name in neuron.sweepable)
        raise ValueError(f"over must be {allowed} for the {neuron.dynamics}, got {over!r}")


def check_range(neuron: Neuron, over: str, between: Sequence[float]) -> tuple[float, float]:
    """The two ends as floats: in order, and values that the parameter may have."""
    try:
        low, high = (float(end) for end in between)
    except (TypeError, ValueError):
        raise ValueError(
            f"the range of {over} must be two numbers, low < high, got {between!r}"
        ) from None
    if not low < high:
        raise ValueError(f"the range of {over} must have low < high, got {low} and {high}")
    for end in (low, high):
        checked(over, end)
    return low, high


def levels(neuron: Neuron) -> Iterator[tuple[str, float]]:
    """kappa = w sigma'(z) at each kind of bifurcation the neuron can have."""
    yield "LP", 1.0
    if isinstance(neuron, NeuronMap):
        yield "PD", 1.0 - 2.0 / float(neuron.epsilon)


def _along_b(neuron: Neuron) -> list[Tangency]:
    w = float(neuron.w)
    found = []
    for kind, kappa in levels(neuron):
        eigenvalue = kappa - 1.0
        if w == CUSP_W and kind == "LP":
            found.append(Tangency("CP", 0.0, 0.5, CUSP_B, eigenvalue))
        elif w == 4.0 * kappa:
            found.append(Tangency(kind, 0.0, 0.5, -0.5 * w, eigenvalue))
        elif w / kappa > 4.0:
            s, z, level = tangency(w, kappa)
            if kind == "LP":
                upper, lower = fold_values(w, z, level)
            else:
                upper, lower = -z - level, -w + z + level
            found.append(Tangency(kind, -z, level / w, upper, eigenvalue))
            found.append(Tangency(kind, z, 0.5 + 0.5 * s, lower, eigenvalue))
    return found


def _along_w(neuron: Neuron) -> list[Tangency]:
    b = float(neuron.b)
    found = []
    for kind, kappa in levels(neuron):
        for z in tangent_pre_activations(kappa, b):
            cusp = kind == "LP" and b == CUSP_B
            value = 4.0 * kappa * _cosh_squared(0.5 * z)
            x = float(sigmoid(z))
            found.append(Tangency("CP" if cusp else kind, z, x, value, kappa - 1.0))
    return found


def _along_epsilon(neuron: Neuron) -> list[Tangency]:
    # Equilibria do not move with epsilon; only flips occur, where mu = 1 + epsilon lambda = -1.
    return [
        Tangency("PD", z, x, -2.0 / eigenvalue, eigenvalue)
        for z, x, eigenvalue in roots(float(neuron.w), float(neuron.b))
        if eigenvalue <= -2.0
    ]


def tangent_pre_activations(kappa: float, b: float) -> list[float]:
    """Every z with z - kappa e**z = b + kappa, ascending: w sigma'(z) = kappa at this b.

    In terms of Lambert's W, z = b + kappa - W(-kappa e**(b + kappa)).  Solved directly, as
    z - kappa expm1(z) = b + 2 kappa, it neither overflows nor loses digits at the cusp.
    """
    target = b + 2.0 * kappa

    def newton(z: float) -> float:
        # Convex or concave from the start on, so the iterates come from one side until
        # rounding turns them back.
        last = 0.0
        while True:
            residual = z - kappa * math.expm1(z) - target
            step = residual / (1.0 - kappa * math.exp(z)) if residual != 0.0 else 0.0
            if z - step == z or step * last < 0.0:
                return z
            z, last = z - step, step

    if kappa < 0.0:
        above = target / (1.0 - kappa)
        return [newton(min(above, math.log1p(-target / kappa)) if target > 0.0 else above)]
    if target > 0.0:
        return []
    if target == 0.0:
        return [0.0]
    near = math.sqrt(-2.0 * target)
    return [newton(target - 1.0), newton(min(near, math.log1p(near - target)))]


def _cosh_squared(z: float) -> float:
    """cosh(z)**2, infinite where it overflows."""
    return math.cosh(z) ** 2 if abs(z) < 354.0 else math.inf


def _point(neuron: Neuron, over: str, at: Tangency) -> BifurcationPoint:
    there = {**vars(neuron), over: at.value}
    w, b, epsilon = there["w"], there["b"], there.get("epsilon")
    scale = 1.0 if epsilon is None else epsilon

    # sigma' = kappa/w, sigma'' = -sigma' tanh(z/2), sigma''' = sigma' (1 - 6 sigma').
    kappa = 1.0 + at.flow_eigenvalue
    second = -scale * w * kappa * math.tanh(0.5 * at.z)
    third = scale * w * kappa * (w - 6.0 * kappa)
    coefficient = {
        "LP": 0.5 * second,
        "PD": 0.25 * second * second + third / 6.0,
        "CP": third / 6.0,
    }[at.kind]
    return BifurcationPoint(at.kind, over, at.value, at.x, w, b, epsilon, coefficient)
