"""The learning rate that the shell and the explorer use where none is given."""

from __future__ import annotations

# A rate, and one for rules whose first steps have about its length.
RATE, LENGTH = 2.0, 0.1
BY_LENGTH = ("adagrad", "rmsprop", "adam")


def usual_rate(rule: str) -> float:
    """Return the usual learning rate of a rule."""
    return LENGTH if rule in BY_LENGTH else RATE
