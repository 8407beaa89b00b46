"""The steps of a descent: against the gradient, clipped, with momentum, or by its sign alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from doya.arrays import Floats
from doya.checks import LARGEST, check_one_of
from doya.landscapes.searches import norm
from doya.scaled import Scaled

RULES = ("gradient", "sign")
# Of Rprop: what a step is multiplied by while the sign stays, and when it turns; its bounds.
FASTER, SLOWER, LEAST_STEP, LARGEST_STEP = 1.2, 0.5, 1e-15, 50.0


@dataclass(eq=False)
class AgainstGradient:
    """Steps against the gradient, clipped, with momentum."""

    rate: float
    clip: float | None
    momentum: float
    velocity: dict[str, Floats] = field(default_factory=dict)

    def __call__(self, gradient: dict[str, Scaled]) -> tuple[dict[str, Floats], Any]:
        step = {name: each.numbers() for name, each in gradient.items()}
        cut: Any = False
        if self.clip is not None:
            # In logarithms, as the norm may be beyond the range of a double.
            logarithm = {name: each.ln_abs() for name, each in gradient.items()}
            top = np.maximum.reduce(list(logarithm.values()))
            with np.errstate(invalid="ignore", under="ignore"):
                part = {
                    name: np.exp(np.where(each == top, 0.0, each - top))
                    for name, each in logarithm.items()
                }
                length = norm(part)
                cut = top + np.log(length) > math.log(self.clip)
                for name, each in gradient.items():
                    short = self.clip * each.sign() * (part[name] / length)
                    step[name] = np.where(cut, short, step[name])
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            self.velocity = {
                name: self.momentum * self.velocity.get(name, np.zeros(())) - self.rate * each
                for name, each in step.items()
            }
        return self.velocity, cut


@dataclass(eq=False)
class BySign:
    """Steps by the gradient's sign alone, each parameter's of its own size: iRprop-."""

    rate: float
    size: dict[str, Floats] = field(default_factory=dict)
    sign: dict[str, Floats] = field(default_factory=dict)

    def __call__(self, gradient: dict[str, Scaled]) -> tuple[dict[str, Floats], Any]:
        change = {}
        for name, each in gradient.items():
            sign, before = each.sign(), self.sign.get(name, np.zeros(()))
            factor = np.choose(1 + (sign * before).astype(int), [SLOWER, 1.0, FASTER])
            size = self.size.get(name, np.asarray(self.rate)) * factor
            self.size[name] = np.clip(size, LEAST_STEP, max(LARGEST_STEP, self.rate))
            self.sign[name] = np.where(sign * before < 0.0, 0.0, sign)
            change[name] = -self.sign[name] * self.size[name]
        return change, False


def checked_rule(
    learning_rate: float, clip: float | None, momentum: float, rule: str
) -> AgainstGradient | BySign:
    for name, value in (("learning_rate", learning_rate), ("clip", clip)):
        if value is not None and not (isinstance(value, Real) and 0.0 < value <= LARGEST):
            raise ValueError(f"{name} must be a number greater than 0, up to 1e100, got {value!r}")
    if not (isinstance(momentum, Real) and 0.0 <= momentum < 1.0):
        raise ValueError(f"momentum must be at least 0 and less than 1, got {momentum!r}")
    check_one_of("rule", rule, RULES)
    if rule == "gradient":
        return AgainstGradient(learning_rate, clip, momentum)
    if clip is not None or momentum:
        raise ValueError("rule 'sign' takes steps of its own: neither clip nor momentum")
    return BySign(learning_rate)
