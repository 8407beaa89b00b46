"""Sentences about walls that no search finds, or that are too many to list."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from doya.arrays import Floats
from doya.bifurcations.points import CUSP_W
from doya.landscapes import phases
from doya.landscapes.losses import Loss
from doya.landscapes.phase_cycles import all_settle
from doya.landscapes.preimages import Preimages
from doya.neurons import NeuronMap

BY_FUNCTION = "The input is a function of time: walls may exist; they are not searched."
BY_PREIMAGES = (
    "The map has w < 0 and epsilon < 1: further walls may exist where the start reaches the fixed"
    " point after one or more steps; over two parameters they are not searched."
)
BY_CHANGES = (
    "The map has w < 0 and its input changes: walls between the phases of a cycle may exist; they"
    " are not searched."
)
BY_NUMBER = (
    "The map has w < 0 and epsilon < 1, and there are too many walls to list; they may have no end,"
    " as in chaos.  Walls are listed only where the start reaches the fixed point within {steps}."
)
BY_SAMPLES = (
    "The map has w < 0 and epsilon < 1: walls are searched for where the start reaches the fixed"
    " point within {steps}.  Further walls may exist between two samples of the search, or between"
    " other attractors."
)
BY_ATTRACTORS = (
    "The map has w < 0 and epsilon < 1: all walls are listed where the start reaches the fixed"
    " point within {steps}.  Further walls may exist between other attractors."
)


def further_walls(loss: Loss, axes: Mapping[str, Floats], found: Preimages | None) -> str:
    """Return a sentence why there may be walls besides those listed; empty if there are none."""
    neuron = loss.neuron
    if not isinstance(neuron, NeuronMap):
        is_searched = loss.pieces is not None or phases.end_of(neuron, axes, "w", np.max) <= CUSP_W
        return "" if is_searched else BY_FUNCTION
    if not phases.may_oscillate_within(neuron, axes):
        return ""
    if not loss.is_constant:
        return BY_CHANGES
    if phases.end_of(neuron, axes, "epsilon", np.min) == 1.0:
        return ""
    return BY_PREIMAGES if found is None else _after_search(loss, axes, found)


def _after_search(loss: Loss, axes: Mapping[str, Floats], found: Preimages) -> str:
    """Return a sentence about walls besides those that the search has found."""
    steps = f"{found.reached} step{'s' * (found.reached != 1)}"
    if found.has_more:
        return BY_NUMBER.format(steps=steps)
    if "x0" not in axes:
        return BY_SAMPLES.format(steps=steps)
    w, b, epsilon, _, shift, lift = (float(row[0]) for row in phases.parameters(loss, {}))
    c = float(phases.fixed_point(loss, {})[0]) - shift
    return (
        "" if all_settle(w, b + w * shift + lift, epsilon, c) else BY_ATTRACTORS.format(steps=steps)
    )
