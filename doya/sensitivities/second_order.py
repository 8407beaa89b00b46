"""The second derivatives of x(T), of all trajectories and for all pairs of names."""

from __future__ import annotations

from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.integrators.ensembles import Ensemble
from doya.integrators.sensitivities import MAP_NAMES
from doya.scaled import Scaled
from doya.sensitivities import second_derivatives, second_steps
from doya.sensitivities.both_orders import Pair, pairs

TOLERANCE = 1e-12
# Largest number of steps of a map with second derivatives, which take about 1 us each.
MOST_BENT_STEPS = 10**7


def symmetric(values: dict[Pair, Floats]) -> dict[Pair, Floats]:
    """Return the values with both orders of each pair as keys."""
    return {key: value for (p, q), value in values.items() for key in ((p, q), (q, p))}


def check_order(order: Any, names: tuple[str, ...], is_map: bool, end: Floats) -> None:
    """Raise unless the order is 1, or 2 and possible for these names and ends."""
    if order not in (1, 2):
        raise ArgumentError("order", f"must be 1 or 2, got {order!r}")
    first_only = {"u", "input_weight"} & {*names}
    if order == 2 and first_only:
        raise ArgumentError("order", f"must be 1 for wrt = {min(first_only)!r}, got 2")
    if order == 2 and is_map and end.max(initial=0.0) > MOST_BENT_STEPS:
        raise ArgumentError(
            "t_end", f"must be at most {MOST_BENT_STEPS} for order = 2, got {end.max():.0f}"
        )


def second_of(
    group: Ensemble, ends: Floats, names: tuple[str, ...], method: str, function: Any
) -> dict[Pair, Scaled]:
    """Return the second derivatives for the pairs of names; NaN where they were not reached."""
    if method == "map":
        known = MAP_NAMES[: 3 + ("epsilon" in names)]
        found = _second_at_each(group, ends, known)
    elif method == "formula":
        found = second_derivatives.by_formula(group, ends)
    else:
        found = second_steps.by_steps(group, ends, function)
    return {pair: each for pair, each in found.items() if set(pair) <= set(names)}


def _second_at_each(group: Ensemble, counts: Floats, names: tuple[str, ...]) -> dict[Pair, Scaled]:
    """Return the second derivatives of maps, each after its own number of steps."""
    numbers = np.unique(counts)
    if numbers.size <= 1:
        last = int(counts.max(initial=0.0))
        return second_derivatives.by_iteration(group, last, names)
    every = pairs(names)
    found = {pair: Scaled.constant(0.0, counts.size) for pair in every}
    for count in numbers:
        which = counts == count
        part = second_derivatives.by_iteration(group.at(which, count), int(count), names)
        for pair, each in part.items():
            found[pair].put(which, each)
    return found
