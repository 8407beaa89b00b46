"""What doya raises: wrong arguments, and computations that do not reach their accuracy."""

from __future__ import annotations


class ArgumentError(ValueError):
    """An argument outside its range; the message has the argument, the range and the value.

    Parameters
    ----------
    argument : str
        Name of the argument.
    words : str
        What it must be, and what it is; they follow its name.

    Attributes
    ----------
    argument : str

    Examples
    --------
    >>> import doya
    >>> try:
    ...     doya.NeuronMap(epsilon=2.0)
    ... except doya.ArgumentError as error:
    ...     print(error.argument, "|", error)
    epsilon | epsilon must be greater than 0 (at least 1e-100) and at most 1, got 2.0
    """

    def __init__(self, argument: str, words: str) -> None:
        super().__init__(argument, words)  # as a pickle needs them
        self.argument = argument

    def __str__(self) -> str:
        return " ".join(self.args)


class ConvergenceError(ArithmeticError):
    """A computation did not reach the accuracy it promises; the message says what to do."""
