"""First and second derivatives of the state of many trajectories, and their chain rule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from doya.scaled import Scaled

Pair: TypeAlias = tuple[str, str]


def pairs(names: Iterable[str]) -> list[Pair]:
    """Return the pairs of names, each pair once."""
    known = list(names)
    return [(p, q) for k, q in enumerate(known) for p in known[: k + 1]]


FLOW_PAIRS = pairs(("x0", "b", "w"))


@dataclass(frozen=True)
class Bent:
    """First and second derivatives by name and by pair of names."""

    by: dict[str, Scaled]
    second: dict[Pair, Scaled]

    def where(self, known: NDArray[np.bool_]) -> Bent:
        """Return the same derivatives, NaN where they are not known."""
        factor = np.where(known, 1.0, math.nan)
        by = {name: each.times(factor) for name, each in self.by.items()}
        return Bent(by, {pair: each.times(factor) for pair, each in self.second.items()})

    def then(self, after: Bent) -> Bent:
        """One stretch of time after another, by the chain rule."""
        gain, bend = after.by["x0"], after.second["x0", "x0"]
        by = {name: gain * each for name, each in self.by.items()}
        for name in ("b", "w"):
            by[name] = by[name] + after.by[name]
        second = {}
        for p, q in self.second:
            value = gain * self.second[p, q] + bend * (self.by[p] * self.by[q])
            for one, other in ((p, q), (q, p)):
                if other != "x0":
                    value = value + after.second["x0", other] * self.by[one]
            second[p, q] = value if "x0" in (p, q) else value + after.second[p, q]
        return Bent(by, second)
