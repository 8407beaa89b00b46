"""State and slopes of the loss in any cells, by the arithmetic of a loss landscape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.errors import ArgumentError
from doya.landscapes.losses import checked_loss
from doya.neurons import Neuron

# What a landscape calls the parameters that may be swept; it multiplies input and weight.
NAMES = ("w", "b", "epsilon", "x0")


def slopes(
    neuron: Neuron, cells: Mapping[str, Floats], x0: Any, t_end: Any, u: Any, wrt: Sequence[str]
) -> tuple[Floats, dict[str, Floats]]:
    """Return x(T) and its derivatives, of the shape to which the cells without targets broadcast.

    t_end has one value.  Swept inputs and weights of the input are swept together, as w' u.
    """
    swept = {name: each for name, each in cells.items() if name in (*NAMES, "input_weight", "u")}
    shape = np.broadcast_shapes(*(each.shape for each in swept.values()))
    values = {name: each for name, each in swept.items() if name in NAMES}
    start = 0.5 if "x0" in values else x0
    loss = checked_loss(neuron, start, float(np.asarray(t_end).item()), 0.0, u)
    if "u" in swept:
        if "input_weight" in wrt:
            words = "has 'input_weight', but u is swept: sweep 'input_weight', with u = 1"
            raise ArgumentError("wrt", words)
        loss = checked_loss(neuron, start, loss.t_end, 0.0, None).over_input()
        values["u"] = swept["u"]
        if "input_weight" in swept:
            loss = checked_loss(neuron.replace(input_weight=1.0), start, loss.t_end, 0.0, 1.0)
            values["u"] = swept["u"] * swept["input_weight"]
    elif "input_weight" in swept:
        values["u"] = swept["input_weight"]
    if not values:
        values["b"] = np.asarray(neuron.b, dtype=np.float64)
    rows = {name: np.broadcast_to(each, shape).ravel() for name, each in values.items()}
    own = ["u" if name == "input_weight" else name for name in wrt]
    x, by = loss.slopes(rows, own)
    named = {name: by[key].reshape(shape) for name, key in zip(wrt, own, strict=True)}
    return x.reshape(shape), named
