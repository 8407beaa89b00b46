"""Walls between the phases of a cycle of the map with w < 0.

Under a constant input u, y = x - w' u obeys the map without input and with the bias b + w w' u.
Where the multiplier at the fixed point c is below -1, states on its two sides settle in opposite
phases of a 2-cycle, or of the attractor that grew out of the 2-cycle.  So there is a wall where the
y of the start is c itself: where b = ln(c / (1 - c)) - w (c + w' u) and
w c (1 - c) < 1 - 2/epsilon.  An input inside sigma is a part of b: b + w' u takes the place of
b, and no state is shifted.

At epsilon = 1 the map falls everywhere, and there are no other walls with w < 0.  With epsilon < 1
other states are mapped to the fixed point too, and each of them separates phases as well: see
`preimages`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.bifurcations.closed_forms import (
    bias_through,
    input_through,
    resting_start,
    weight_through,
)
from doya.checks import Parameter
from doya.equilibria import equilibria
from doya.landscapes.losses import Loss
from doya.landscapes.phase_cycles import two_cycle
from doya.neurons import Neuron, NeuronMap, NeuronODE

Flags: TypeAlias = NDArray[np.bool_]


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


def sides(
    loss: Loss, values: Mapping[str, Floats], upper_below: Flags, steps: Any = 0
) -> tuple[Floats, Floats]:
    """Return x - w' u on the 2-cycle at step T, for the parameter just below and above the wall.

    On the wall the start reaches the fixed point after some steps.  `upper_below` is whether the
    state at that step is above the fixed point, for the parameter just below the wall.  At T the
    states have settled; the step is even where T is even.  NaN where the states beside the fixed
    point do not settle in one 2-cycle.
    """
    w, b, epsilon, x0, shift, lift = parameters(loss, values)
    c = (fixed_point(loss, values) if np.any(steps) else x0) - shift
    lower, upper = two_cycle(w, b + w * shift + lift, epsilon, c)
    upper_below = upper_below ^ ((loss.t_end - steps) % 2.0 == 1.0)
    return np.where(upper_below, upper, lower), np.where(upper_below, lower, upper)


def fixed_point(loss: Loss, values: Mapping[str, Floats]) -> Floats:
    """Return the fixed point with w < 0, as a state x."""
    w, b, _, _, shift, lift = parameters(loss, values)
    return equilibria(NeuronODE(w, b + lift), shift).x[:, 0]


def starts_above(loss: Loss, over: str, values: Mapping[str, Floats]) -> Flags:
    """Return whether the start is above the fixed point for `over` just below its `place`."""
    x0 = parameters(loss, values)[3]
    # The fixed point rises with b, and with w where x0 > 0.  Over u it is compared with the start.
    falls = (over == "x0") | ((over == "u") & (loss.last_value < 0.0))
    return ~(np.full(x0.size, falls) | ((over == "w") & (x0 < 0.0)))


def parameters(loss: Loss, values: Mapping[str, Floats]) -> tuple[Floats, ...]:
    """Return w, b, epsilon, x0, the shift w' u and the lift w' u, each of shape (n,)."""
    neuron, x0 = loss.at(values)
    assert isinstance(neuron, NeuronMap)
    size = next((value.size for value in values.values()), 1)
    given = loss.shift(values), loss.lift(values)
    every = (neuron.w, neuron.b, neuron.epsilon, x0, *given)
    return tuple(np.broadcast_to(np.asarray(part), size) for part in every)


def may_oscillate_within(neuron: Neuron, axes: Mapping[str, Floats]) -> bool:
    """Return whether a map in these ranges can have a fixed point with a multiplier below -1."""
    return isinstance(neuron, NeuronMap) and bool(
        may_oscillate(end_of(neuron, axes, "w", np.min), end_of(neuron, axes, "epsilon", np.max))
    )


def end_of(
    neuron: Neuron, axes: Mapping[str, Floats], name: str, which: Callable[..., Any]
) -> float:
    """Return the smallest or the largest value of a parameter."""
    return float(which(axes[name] if name in axes else getattr(neuron, name)))
