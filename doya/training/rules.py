"""The rules that compute the steps of a descent, in the form that the kernel takes."""

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
    """Number of the rule, learning rate, largest norm of a gradient before clipping, momentum."""

    number: int
    rate: float
    clip: float
    momentum: float

    def first_state(self, parameters: int, size: int) -> Floats:
        """Return what the rule keeps from step to step; "sign" begins with the first step sizes."""
        rule_state = np.zeros((2 * parameters, size))
        if self.number == SIGN:
            rule_state[::2] = self.rate
        return rule_state


def checked_rule(learning_rate: float, clip: float | None, momentum: float, rule: str) -> Rule:
    """Return the rule with these numbers; raise ArgumentError for one outside its range."""
    rate = checked_number("learning_rate", learning_rate, RATE)
    shortest = math.inf if clip is None else checked_number("clip", clip, RATE)
    momentum = checked_number("momentum", momentum, PART)
    check_one_of("rule", rule, RULES)
    if rule == "sign" and (clip is not None or momentum):
        both = {"clip": clip, "momentum": momentum or None}
        given = {name: value for name, value in both.items() if value is not None}
        listed = " and ".join(f"{name}={value!r}" for name, value in given.items())
        raise ArgumentError(
            "rule",
            f"must be 'gradient' with {' and '.join(given)}, got 'sign' with {listed}:"
            f" remove {' and '.join(given)}, or use rule='gradient'",
        )
    return Rule(RULES[rule], rate, shortest, momentum)
