"""The rules by which a descent takes its steps, as the kernel takes them."""

from __future__ import annotations

import math
from numbers import Real
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.checks import LARGEST, check_one_of
from doya.kernels.descent import GRADIENT, SIGN

RULES = {"gradient": GRADIENT, "sign": SIGN}


class Rule(NamedTuple):
    """Which rule, its learning rate, the norm at which gradients are clipped, and its momentum."""

    number: int
    rate: float
    clip: float
    momentum: float

    def memory(self, parameters: int, size: int) -> Floats:
        """What the rule keeps from step to step; by sign it begins with the first step's size."""
        memory = np.zeros((2 * parameters, size))
        if self.number == SIGN:
            memory[::2] = self.rate
        return memory


def checked_rule(learning_rate: float, clip: float | None, momentum: float, rule: str) -> Rule:
    for name, value in (("learning_rate", learning_rate), ("clip", clip)):
        if value is not None and not (isinstance(value, Real) and 0.0 < value <= LARGEST):
            raise ValueError(f"{name} must be a number greater than 0, up to 1e100, got {value!r}")
    if not (isinstance(momentum, Real) and 0.0 <= momentum < 1.0):
        raise ValueError(f"momentum must be at least 0 and less than 1, got {momentum!r}")
    check_one_of("rule", rule, RULES)
    if rule == "sign" and (clip is not None or momentum):
        raise ValueError("rule 'sign' takes steps of its own: neither clip nor momentum")
    shortest = math.inf if clip is None else float(clip)
    return Rule(RULES[rule], float(learning_rate), shortest, float(momentum))
