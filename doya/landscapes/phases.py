"""Walls between the phases of a cycle of the map with w < 0.

Under a constant input u, y = x - w' u obeys the map without input and with the bias b + w w' u.
Where the multiplier at the fixed point c is below -1, states on its two sides settle in opposite
phases of a 2-cycle, or of the attractor that grew out of the 2-cycle.  So there is a wall where the
y of the start is c itself: where b = ln(c / (1 - c)) - w (c + w' u) and
w c (1 - c) < 1 - 2/epsilon.  An input inside sigma is a part of b: b + w' u takes the place of
b, and no state is shifted.

At epsilon = 1 the map falls everywhere, and there are no other walls with w < 0.  With epsilon < 1
other states are mapped to the fixed point too, and each of them separates phases as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.closed_forms import (
    bias_through,
    input_through,
    resting_start,
    weight_through,
)
from doya.bifurcations.points import CUSP_W
from doya.checks import Parameter
from doya.equilibria import equilibria
from doya.kernels.logistic import sigmoid, sigmoid_slope
from doya.landscapes.losses import Loss
from doya.neurons import Neuron, NeuronMap, NeuronODE, split_all

# How often [0, 1] is halved, to compute a state of a cycle down to rounding.
HALVINGS = 64
BY_FUNCTION = "The input is a function of time: walls may exist; they are not searched."
BY_PREIMAGES = (
    "The map has w < 0 and epsilon < 1: further walls may exist, as at preimages of the fixed"
    " point; they are not searched."
)
BY_CHANGES = (
    "The map has w < 0 and its input changes: walls between the phases of a cycle may exist; they"
    " are not searched."
)


def may_oscillate(w: Parameter, epsilon: Parameter) -> Any:
    """Return whether a fixed point can have a multiplier below -1; otherwise each state settles."""
    return w < 4.0 * flip_slope(epsilon)


def flip_slope(epsilon: Parameter) -> Any:
    """Return w sigma' at a flip, where the multiplier is -1: 1 - 2/epsilon."""
    return 1.0 - 2.0 / epsilon


def place(loss: Loss, over: str, values: Mapping[str, Floats]) -> Floats:
    """Return the value of `over` at which the start is a fixed point with multiplier below -1.

    NaN where there is none.  `values` replace parameters of the loss, shape (n,).
    """
    w, b, epsilon, x0, shift, lift = parameters(loss, values)
    if over == "x0":
        x0 = equilibria(NeuronODE(w, b + lift), shift).x[:, 0]
    c = x0 - shift
    value = x0
    if over == "b":
        value = each(bias_through, w, x0, shift, lift)
    elif over == "u":
        c = x0 if loss.neuron.input_inside else each(resting_start, w, b, x0)
        value = each(of_input(input_through, loss), w, b, x0)
    elif over == "w":
        value = w = each(weight_through, b + lift, x0, shift)
    with np.errstate(over="ignore", invalid="ignore"):
        repels = (c > 0.0) & (c < 1.0) & (w * c * (1.0 - c) < flip_slope(epsilon))
    return np.where(repels & np.isfinite(value), value, np.nan)


def each(function: Callable[..., float], *rows: Floats) -> Floats:
    """Return the function of each place, shape (n,)."""
    places = zip(*(row.tolist() for row in rows), strict=True)
    return np.array([function(*place) for place in places])


def of_input(function: Callable[..., float], loss: Loss) -> Callable[..., float]:
    """Return a function of w, b and x0 that has w' and the kind of the input besides."""
    return functools.partial(
        function, input_weight=loss.last_value, inside=loss.neuron.input_inside
    )


def sides(loss: Loss, over: str, values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return x - w' u on the 2-cycle at step T, for `over` just below and just above the wall.

    The state has settled by then; the step is even where T is even.  NaN where the map does not
    fall all the way between the two states of the cycle.  Then the cycle may have another period,
    or the side of the start may not determine the phase.
    """
    w, b, epsilon, x0, shift, lift = parameters(loss, values)
    lower, upper = _two_cycle(w, b + w * shift + lift, epsilon, x0 - shift)
    # The fixed point rises with b, and with w where x0 > 0.  Over u it is compared with the start.
    falls = (over == "x0") | ((over == "u") & (loss.last_value < 0.0))
    lower_below = np.full(x0.size, falls) | ((over == "w") & (x0 < 0.0))
    if loss.t_end % 2.0:
        lower_below = ~lower_below
    return np.where(lower_below, lower, upper), np.where(lower_below, upper, lower)


def parameters(loss: Loss, values: Mapping[str, Floats]) -> tuple[Floats, ...]:
    """Return w, b, epsilon, x0, the shift w' u and the lift w' u, each of shape (n,)."""
    neuron, x0 = loss.at(values)
    assert isinstance(neuron, NeuronMap)
    size = next((value.size for value in values.values()), 1)
    given = loss.shift(values), loss.lift(values)
    every = (neuron.w, neuron.b, neuron.epsilon, x0, *given)
    return tuple(np.broadcast_to(np.asarray(part), size) for part in every)


def _two_cycle(w: Floats, b: Floats, epsilon: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Return the states of the 2-cycle around the fixed point c, or NaN.

    NaN where the map does not fall between the two states.  Where it falls, the second iterate
    rises.  It has at most 3 fixed points (negative Schwarzian derivative): c and the two states of
    the cycle, which attract.  The second iterate moves a state left of the lower one up, and a
    state between the lower one and c down.
    """
    keep, fade = split_all(epsilon)

    def step(y: Floats) -> Floats:
        stepped: Floats = (epsilon * sigmoid(w * y + b) - fade * y) + keep * y
        return stepped

    def falls(y: Floats) -> Any:
        slope = keep + (epsilon * w * sigmoid_slope(w * y + b) - fade)
        return (slope < 0.0) | (epsilon == 1.0)  # the slope may be too small for a double

    low, high = np.zeros(c.size), c.copy()
    for _ in range(HALVINGS):
        middle = low + 0.5 * (high - low)
        is_left = ~falls(middle) | (step(step(middle)) > middle)
        low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
    upper = step(low)
    known = falls(low) & falls(upper)
    return np.where(known, low, np.nan), np.where(known, upper, np.nan)


def may_oscillate_within(neuron: Neuron, axes: Mapping[str, Floats]) -> bool:
    """Return whether a map in these ranges can have a fixed point with a multiplier below -1."""
    return isinstance(neuron, NeuronMap) and bool(
        may_oscillate(_end(neuron, axes, "w", np.min), _end(neuron, axes, "epsilon", np.max))
    )


def _end(neuron: Neuron, axes: Mapping[str, Floats], name: str, which: Callable[..., Any]) -> float:
    """Return the smallest or the largest value of a parameter."""
    return float(which(axes[name] if name in axes else getattr(neuron, name)))


def further_walls(loss: Loss, axes: Mapping[str, Floats]) -> str:
    """Return a sentence why there may be walls that are not searched; empty if there are none."""
    neuron = loss.neuron
    if not isinstance(neuron, NeuronMap):
        is_searched = loss.pieces is not None or _end(neuron, axes, "w", np.max) <= CUSP_W
        return "" if is_searched else BY_FUNCTION
    if not may_oscillate_within(neuron, axes):
        return ""
    if _end(neuron, axes, "epsilon", np.min) < 1.0:
        return BY_PREIMAGES
    assert loss.pieces is not None
    return BY_CHANGES if loss.pieces.start.size > 1 else ""
