"""The rules that compute the steps of a descent, in the form that the kernel takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.checks import FRACTION, LARGEST, Parameter, Range, check_one_of, checked, checked_number
from doya.errors import ArgumentError
from doya.kernels.training import descent

RULES = {
    "gradient": descent.GRADIENT,
    "sign": descent.SIGN,
    "adagrad": descent.ADAGRAD,
    "rmsprop": descent.RMSPROP,
    "adam": descent.ADAM,
}
# The rules whose steps keep a part of the last one.
WITH_MOMENTUM = ("gradient", "rmsprop")
PENALTIES = ("l1", "l2")
# The penalty that is computed with the loss.
OMEGA = "omega"
# The settings that may be arrays, in the order of the kernel's rows.
NAMES = ("learning_rate", "clip", "clip_value", "momentum", *PENALTIES)

RATE = Range(
    lambda value: (value > 0.0) & (value <= LARGEST), "a number greater than 0, up to 1e100"
)
LIMIT = Range(
    lambda value: (value > 0.0) & ((value <= LARGEST) | (value == math.inf)),
    "a number greater than 0, up to 1e100, or inf",
)
FACTOR = Range(lambda value: (value >= 0.0) & (value <= LARGEST), "at least 0, up to 1e100")


@dataclass(frozen=True)
class Rule:
    """Number of the rule, whether it looks ahead, and its settings, numbers or arrays by name."""

    number: int
    nesterov: bool
    settings: dict[str, Parameter]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the settings that are arrays."""
        return {name: np.shape(each) for name, each in self.settings.items() if np.ndim(each)}

    def rows(self, shape: tuple[int, ...]) -> Floats:
        """Return the settings of each neuron of an ensemble, a row each."""
        rows = [np.broadcast_to(self.settings[name], shape).ravel() for name in NAMES]
        return np.array(rows, dtype=np.float64)

    def first_state(self, parameters: int, settings: Floats) -> Floats:
        """Return what the rule keeps from step to step; "sign" begins with the first step sizes."""
        count = descent.EACH * parameters + descent.MORE
        state: Floats = np.zeros((count, settings.shape[1]))
        if self.number == descent.SIGN:
            state[:parameters] = settings[descent.RATE]
        return state


def checked_rule(
    rule: str,
    learning_rate: ArrayLike,
    clip: ArrayLike | str | None,
    clip_value: ArrayLike | None,
    momentum: ArrayLike,
    nesterov: bool,
    penalty: Mapping[str, ArrayLike] | None,
) -> Rule:
    """Return the rule with these settings; raise ArgumentError for one outside its range."""
    check_one_of("rule", rule, RULES)
    settings = {
        "learning_rate": checked("learning_rate", learning_rate, RATE),
        "clip": _checked_clip(clip),
        "clip_value": math.inf if clip_value is None else checked("clip_value", clip_value, RATE),
        "momentum": checked("momentum", momentum, FRACTION),
        **_checked_penalty(penalty),
    }
    _check_together(rule, clip, clip_value, settings["momentum"], nesterov)
    return Rule(RULES[rule], bool(nesterov), settings)


def check_effect(rule: Rule, learn: tuple[str, ...]) -> None:
    """Raise ArgumentError for a penalty on w where w is not learned."""
    for name in ("l1", "l2"):
        if "w" not in learn and np.any(rule.settings[name]):
            raise ArgumentError(name, "has an effect only on w: add 'w' to what is learned")


def _checked_clip(clip: ArrayLike | str | None) -> Parameter:
    if clip is None:
        return math.inf
    if isinstance(clip, str):
        if clip != "auto":
            raise ArgumentError("clip", f"must be a number or 'auto', got {clip!r}")
        return descent.BY_MEAN
    return checked("clip", clip, LIMIT)


def _checked_penalty(penalty: Mapping[str, ArrayLike] | None) -> dict[str, Parameter]:
    """Return the factors of the penalties by name, 0 for those not given."""
    if penalty is not None and not isinstance(penalty, Mapping):
        raise ArgumentError("penalty", f"must be a dict such as {{'l2': 0.01}}, got {penalty!r}")
    given = dict(penalty or {})
    for name in given:
        check_one_of("penalty", name, (*PENALTIES, OMEGA))
    rho = checked_number(OMEGA, given.get(OMEGA, 0.0), FACTOR)
    factors = {name: checked(name, given.get(name, 0.0), FACTOR) for name in PENALTIES}
    return {**factors, OMEGA: rho}


def _check_together(
    rule: str, clip: Any, clip_value: Any, momentum: Parameter, nesterov: bool
) -> None:
    """Raise ArgumentError for settings that the rule has no use for."""
    given = {"clip": clip, "clip_value": clip_value} if rule == "sign" else {}
    given["momentum"] = momentum if np.any(momentum) and rule not in WITH_MOMENTUM else None
    extra = {name: value for name, value in given.items() if value is not None}
    if extra:
        listed = " and ".join(f"{name}={value!r}" for name, value in extra.items())
        names = " and ".join(extra)
        use = WITH_MOMENTUM if "momentum" in extra else [name for name in RULES if name != "sign"]
        raise ArgumentError(
            "rule",
            f"must be one of {', '.join(use)} with {names}, got {rule!r} with {listed}: remove"
            f" {names}, or use rule='gradient'",
        )
    if nesterov and not np.any(momentum):
        raise ArgumentError("nesterov", "needs a momentum greater than 0: add momentum=0.9")
