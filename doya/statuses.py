"""The base of all statuses: whole numbers that carry a message and a remedy."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Self

import numpy as np


class Status(IntEnum):
    """A whole number that says how a computation ended; 0 is success.

    Each room has a family, a subclass.  Kernels and arrays hold the numbers, and a member equals
    its number.

    Attributes
    ----------
    message : str
        How the computation ended, one sentence.
    remedy : str
        What to do next, one sentence; "" where nothing is to be done.
    """

    message: str
    remedy: str

    def __new__(cls, number: int, message: str = "", remedy: str = "") -> Self:
        member = int.__new__(cls, number)
        member._value_ = number
        member.message, member.remedy = message, remedy
        return member

    @property
    def sentences(self) -> str:
        """Message and remedy."""
        return f"{self.message} {self.remedy}".rstrip()

    @classmethod
    def of(cls, numbers: Any, shape: tuple[int, ...]) -> Any:
        """Return the member of one number where the shape is (), else the numbers in that shape."""
        return numbers.reshape(shape) if shape else cls(int(numbers.item()))

    @classmethod
    def explain(cls, status: Any) -> Any:
        """Return message and remedy of a status; of an array of statuses an array of these."""
        if np.ndim(status) == 0:
            return cls(int(status)).sentences
        words = {int(member): member.sentences for member in cls}
        return np.take([words.get(number, "") for number in range(max(words) + 1)], status)
