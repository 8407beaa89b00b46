"""What doya raises beside ValueError."""

from __future__ import annotations


class ConvergenceError(ArithmeticError):
    """A computation did not reach the accuracy it promises; the message tells how much of it."""
