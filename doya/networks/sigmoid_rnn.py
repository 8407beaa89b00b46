"""A network of N sigmoid units, and the bound of its gradients from the norm of its weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from doya.arrays import Floats
from doya.by_value import ByValue, shape_and_numbers
from doya.checks import check_count, check_one_of, checked
from doya.errors import ArgumentError
from doya.memory import require_memory
from doya.networks.activations import ACTIVATIONS


@dataclass(frozen=True, eq=False, init=False)
class SigmoidRNN(ByValue):
    """A recurrent network of N units, a[t] = W_rec phi(a[t-1]) + W_in u[t] + b.

    The state is the pre-activation a, and phi is the logistic function or tanh.  A step back in
    time multiplies a gradient by the Jacobian W_rec diag(phi'(a)).  Its norm is at most `factor`,
    the norm of W_rec times the steepest slope of phi.  A single logistic unit is `NeuronMap` with
    epsilon = 1, whose pre-activation w x + b is a.  Two networks are equal if their weights, biases
    and activations are.

    Parameters
    ----------
    W_rec : array, shape (N, N)
        Weights from unit to unit, dimensionless, from -1e100 to 1e100; N is at least 1.
    W_in : array, shape (N, inputs), optional
        Weights of the inputs, dimensionless, within the same range; none by default.
    b : float or array, shape (N,), default 0.0
        Biases, dimensionless, within the same range.
    activation : {"logistic", "tanh"}, default "logistic"
        The activation phi.

    Raises
    ------
    ArgumentError
        For a weight or bias outside its range, for shapes that do not fit, or for an unknown
        activation.

    See Also
    --------
    jacobian_products : The products through which gradients go back.
    backpropagation : The gradient, split by the steps that it goes back.
    initial_weights : Random weights by a published rule.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks"
    (2013), equation 2.

    Examples
    --------
    The verdict depends on the norm, not on the spectral radius:

    >>> import doya
    >>> network = doya.SigmoidRNN([[0.0, 2.0], [0.6, 0.0]], activation="tanh")
    >>> network.norm, round(network.spectral_radius, 6), network.factor
    (2.0, 1.095445, 2.0)
    >>> print(network.verdict)
    Exploding is possible but not certain: one step back multiplies a gradient's norm by at most 2.
    """

    W_rec: Floats
    W_in: Floats | None
    b: Floats
    activation: str

    def __init__(
        self,
        W_rec: ArrayLike,  # noqa: N803
        W_in: ArrayLike | None = None,  # noqa: N803
        b: ArrayLike = 0.0,
        *,
        activation: str = "logistic",
    ) -> None:
        weights = np.asarray(checked("W_rec", W_rec))
        shape = weights.shape
        if weights.ndim != 2 or shape[0] != shape[1] or not weights.size:
            raise ArgumentError(
                "W_rec", f"must be a square matrix, at least 1 x 1, got {_of(shape)}"
            )
        object.__setattr__(self, "W_rec", weights)
        inputs = None if W_in is None else np.asarray(checked("W_in", W_in))
        if inputs is not None and (
            inputs.ndim != 2 or len(inputs) != len(weights) or not inputs.size
        ):
            raise ArgumentError(
                "W_in",
                f"must be a matrix with a row for each of the {len(weights)} units and a"
                f" column for each input, got {_of(inputs.shape)}",
            )
        object.__setattr__(self, "W_in", inputs)
        object.__setattr__(self, "b", of_units(self, "b", b))
        check_one_of("activation", activation, ACTIVATIONS)
        object.__setattr__(self, "activation", activation)

    @property
    def _key(self) -> tuple[Any, ...]:
        inputs = () if self.W_in is None else shape_and_numbers(self.W_in)
        arrays = (shape_and_numbers(self.W_rec), inputs, shape_and_numbers(self.b))
        return (*arrays, self.activation)

    @property
    def units(self) -> int:
        """Return the number of units N."""
        return len(self.W_rec)

    @cached_property
    def norm(self) -> float:
        """Return the 2-norm of W_rec, its largest singular value."""
        return float(np.linalg.norm(self.W_rec, 2))

    @cached_property
    def spectral_radius(self) -> float:
        """Return the size of the largest eigenvalue of W_rec, which is at most the norm."""
        return float(np.abs(np.linalg.eigvals(self.W_rec)).max())

    @property
    def steepest(self) -> float:
        """Return the largest slope phi'(0): 1/4 for the logistic function, 1 for tanh."""
        return ACTIVATIONS[self.activation].steepest

    @property
    def factor(self) -> float:
        """Return the norm times the steepest slope, the largest factor of a gradient in a step."""
        return self.norm * self.steepest

    @property
    def verdict(self) -> str:
        """Return in words whether gradients vanish or may explode, from the factor."""
        # The norm is accurate to about N units in the last place.
        if abs(self.factor - 1.0) <= self.units * np.spacing(2.0):
            return (
                "Exploding is impossible, and vanishing is not certain: one step back multiplies a"
                " gradient's norm by at most 1, apart from rounding."
            )
        if self.factor < 1.0:
            return (
                "Vanishing is certain: one step back multiplies a gradient's norm by at most"
                f" {_unlike_1(self.factor)}."
            )
        return (
            "Exploding is possible but not certain: one step back multiplies a gradient's norm"
            f" by at most {_unlike_1(self.factor)}."
        )

    def simulate(self, a0: ArrayLike, steps: int, u: ArrayLike | None = None) -> Floats:
        """Simulate the network, and return its states a[0] to a[steps].

        Parameters
        ----------
        a0 : float or array, shape (N,)
            State at the start, dimensionless, from -1e100 to 1e100.
        steps : int
            Number of steps, at least 0.
        u : array, shape (steps, inputs), optional
            Inputs, by default 0: row t - 1 drives a[t].

        Returns
        -------
        ndarray, shape (steps + 1, N)

        Raises
        ------
        ArgumentError
            For an argument outside its range, for shapes that do not fit, or for more states than
            fit into memory.

        Examples
        --------
        >>> import doya
        >>> network = doya.SigmoidRNN([[4.0]], b=-2.0)
        >>> network.simulate(0.0, steps=2).tolist()
        [[0.0], [0.0], [0.0]]
        """
        steps = check_count("steps", steps, 0)
        require_memory("the network", (steps + 1, self.units + inputs_per_step(self)), 2)
        states = np.empty((steps + 1, self.units))
        states[0] = of_units(self, "a0", a0)
        states[1:] = self.b
        if (inputs := inputs_of(self, u, steps)) is not None:
            states[1:] += inputs @ self.W_in.T  # type: ignore[union-attr]
        activate = ACTIVATIONS[self.activation].value
        for t in range(steps):
            states[t + 1] += self.W_rec @ activate(states[t])
        return states


def of_units(network: SigmoidRNN, name: str, value: ArrayLike) -> Floats:
    """Return a number for each unit."""
    values, shape = np.asarray(checked(name, value)), (network.units,)
    if values.shape not in ((), shape):
        raise ArgumentError(name, f"must be a number or {_of(shape)}, got {_of(values.shape)}")
    return np.broadcast_to(values, shape)


def inputs_per_step(network: SigmoidRNN) -> int:
    return 0 if network.W_in is None else network.W_in.shape[1]


def inputs_of(network: SigmoidRNN, u: ArrayLike | None, steps: int) -> Floats | None:
    """Return the inputs of each step, shape (steps, inputs); None without W_in."""
    if network.W_in is None:
        if u is not None:
            raise ArgumentError("u", "must be None for a network without W_in")
        return None
    shape = (steps, inputs_per_step(network))
    if u is None:
        return np.zeros(shape)
    values = np.asarray(checked("u", u))
    if values.shape != shape:
        raise ArgumentError(
            "u", f"must be {_of(shape)}, a row for each step, got {_of(values.shape)}"
        )
    return values


def _unlike_1(number: float) -> str:
    """Return the number in six digits, or in more where they are needed to differ from 1."""
    texts = (f"{number:.{digits}g}" for digits in range(6, 18))
    return next(text for text in texts if text != "1")


def _of(shape: tuple[int, ...]) -> str:
    return f"an array of shape {shape}" if shape else "a number"
