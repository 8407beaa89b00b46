"""The options of the explorer: the kind and range of each, and how a link writes it.

A query has the names of the shell's options, `?w=5&b=-2.4&t-end=50`.  An option of several numbers
has commas between them, and one that the shell repeats is repeated: `pulse=5,8,1&pulse=25,28,-1`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doya.checks import FINITE, FRACTION, Range
from doya.explorer.fields import (
    EPSILON,
    SPAN,
    Choice,
    Kind,
    NoneOr,
    Number,
    Numbers,
    Whole,
    shown,
)
from doya.inputs import TIME
from doya.neurons import INPUT_TO
from doya.tasks.ready import MAKERS
from doya.tasks.sequences import VARIANCE
from doya.training import rules

# Limits of what one view may ask for: points of a curve, steps of a descent or of the map, pulses.
MOST_POINTS, MOST_STEPS, MOST_PULSES = 2000, 10_000, 100
# The same for sequences of a task, and for the steps of all its sequences together.
MOST_SEQUENCES, MOST_TASK_STEPS = 1000, 100_000
# The numbers of sequences and of steps that a task has if none is given.
USUAL_SIZES = {
    "latch": (100, 500),
    "oscillate": (1, 20),
    "flip_flop": (20, 100),
    "delay": (20, 100),
}
# Largest seed; as a double it is no larger one rounded.
MOST_SEED = 2**53 - 1
# Longest query that is read, in characters.
LONGEST = 10_000

DYNAMICS = ("flow", "map")
RULES = tuple(rules.RULES)
TASKS = tuple(MAKERS)
# The numbers of a task, which are nothing without one.
OF_TASK = ("seed", "sequences", "length", "noise")
SECOND = ("phase", "plane", "orbit")
FOURTH = ("loss", "plane", "orbit")
GROUPS = ("presets", "neuron", "trajectory", "training")
STYLES = ("light", "dark")

HORIZON = Range(lambda value: 0.0 <= value <= MOST_STEPS, f"from 0 to {MOST_STEPS}")
POSITIVE = Range(lambda value: 0.0 < value <= 1e100, "above 0, at most 1e100")
PULSE = Numbers(
    (TIME, TIME, FINITE), lambda each: each[0] < each[1], "START,STOP,AMPLITUDE with START < STOP"
)

KINDS: Mapping[str, Kind] = {
    "dynamics": Choice(DYNAMICS),
    "w": Number(),
    "b": Number(),
    "epsilon": EPSILON,
    "input": Number(),
    "input_weight": Number(),
    "input_to": Choice(INPUT_TO),
    "pulse": PULSE,
    "x0": Number(),
    "t_end": Number(HORIZON),
    "target": Number(),
    "learn": Choice(("b", "w")),
    "start_b": Number(),
    "start_w": Number(),
    "learning_rate": Number(POSITIVE),
    "steps": Whole(0, MOST_STEPS),
    "clip": NoneOr(Number(POSITIVE)),
    "rule": Choice(RULES),
    "momentum": Number(FRACTION),
    "teacher_forcing": Number(FRACTION),
    "task": NoneOr(Choice(TASKS)),
    "seed": NoneOr(Whole(0, MOST_SEED)),
    "sequences": NoneOr(Whole(1, MOST_SEQUENCES)),
    "length": NoneOr(Whole(1, MOST_STEPS)),
    "noise": NoneOr(Number(VARIANCE)),
    "over": Choice(("b", "w")),
    "b_range": SPAN,
    "w_range": SPAN,
    "points": Whole(2, MOST_POINTS),
    "second": Choice(SECOND),
    "fourth": Choice(FOURTH),
    "hide": Choice(GROUPS),
    "style": Choice(STYLES),
}
# Options that may be given several times; and how often at most.
SEVERAL = {"pulse": MOST_PULSES, "learn": 2, "hide": len(GROUPS)}
# Fields that `over` of a query holds: the swept parameter with its range, then the other range.
RANGES = ("b_range", "w_range")


def option(name: str) -> str:
    """Return the option's name in a query and, after two dashes, in the shell."""
    return name.replace("_", "-")


def read_option(name: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the fields that one option sets."""
    if name not in KINDS or name in RANGES:
        raise ValueError("is not an option of the explorer")
    if name == "over":
        return _read_over(words)
    if name in SEVERAL:
        return {name: checked_option(name, [KINDS[name].read(word) for word in words])}
    if len(words) > 1:
        raise ValueError(f"must be given once, got {len(words)} values")
    return {name: KINDS[name].read(words[0])}


def _read_over(words: Sequence[str]) -> dict[str, Any]:
    """Return the swept parameter and the ranges of `over=b,-3,-2`."""
    found: dict[str, Any] = {}
    for word in words:
        swept, _, ends = word.partition(",")
        if swept not in ("b", "w") or f"{swept}_range" in found:
            raise ValueError(f"must be b,LOW,HIGH or w,LOW,HIGH, each once, got {shown(word)}")
        found = {"over": swept, f"{swept}_range": SPAN.read(ends)} | found
    return found


def checked_option(name: str, value: Any) -> Any:
    """Return the value of a field, plain and normal."""
    kind = KINDS[name]
    if name not in SEVERAL:
        return kind.check(value)
    several = [value] if isinstance(value, str) else list(value)
    several = list(dict.fromkeys(map(kind.check, several))) if name != "pulse" else several
    if len(several) > SEVERAL[name]:
        raise ValueError(f"must be given at most {SEVERAL[name]} times, got {len(several)}")
    if name == "learn" and not several:
        raise ValueError("must name b, w or both")
    return tuple(map(kind.check, several))
