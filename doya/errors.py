"""The errors of doya: wrong arguments, and computations that miss their accuracy."""

from __future__ import annotations


class ArgumentError(ValueError):
    """Error for a wrong argument; it states the argument, the allowed values and the given value.

    Parameters
    ----------
    argument : str
        Name of the argument.
    words : str
        The message after the name: the allowed range, the value, and a remedy where there is one.

    Attributes
    ----------
    argument : str
        Name of the argument.
    words : str
        The message after the name.

    Examples
    --------
    >>> import doya
    >>> try:
    ...     doya.NeuronMap(epsilon=2.0)
    ... except doya.ArgumentError as error:
    ...     print(error.argument, "|", error)
    epsilon | epsilon must be from 1e-100 to 1, got 2.0
    """

    def __init__(self, argument: str, words: str) -> None:
        super().__init__(argument, words)  # both, so that the error can be pickled
        self.argument, self.words = argument, words

    def __str__(self) -> str:
        return " ".join(self.args)


class ConvergenceError(ArithmeticError):
    """Error for a computation that misses its accuracy; the message says what to do."""
