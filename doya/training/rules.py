"""The rules by which a descent takes its steps, as the kernel takes them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from doya.arrays import Floats
from doya.checks import LARGEST, Range, check_one_of, checked_number
from doya.errors import ArgumentError
from doya.kernels.descent import GRADIENT, SIGN

RULES = {"gradient": GRADIENT, "sign": SIGN}
RATE = Range(lambda value: 0.0 < value <= LARGEST, "a number greater than 0, up to 1e100")
PART = Range(lambda value: 0.0 <= value < 1.0, "at least 0 and less than 1")


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
    rate = checked_number("learning_rate", learning_rate, RATE)
    shortest = math.inf if clip is None else checked_number("clip", clip, RATE)
    momentum = checked_number("momentum", momentum, PART)
    check_one_of("rule", rule, RULES)
    if rule == "sign" and (clip is not None or momentum):
        raise ArgumentError("rule", "'sign' takes steps of its own: neither clip nor momentum")
    return Rule(RULES[rule], rate, shortest, momentum)
